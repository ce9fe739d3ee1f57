//! `stickershock negotiate`: the bargaining alone, in thousands of worlds.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use crate::folder::OutputFolder;
use crate::interface::worked::{self, Worked, Working};
use crate::model::governments::Setup;
use crate::report::page::readme;
use crate::study::bargained::{BargainingError, BargainingRequest, FinishedBargaining};
use clap::Args;

use super::{CliError, ScenarioArgs};

#[derive(Args)]
pub struct NegotiateArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Worlds to run.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    worlds: u64,
    /// Output folder [default: output/NAME-negotiation].
    #[arg(long, value_name = "DIR", env = "STICKERSHOCK_OUT")]
    out: Option<PathBuf>,
    /// Write signs.csv as well: one change at a time on the same worlds.
    #[arg(long)]
    signs: bool,
    /// Solve first for the reward of executing at which this share of worlds settles by the deadline [0.77 if no share is
    /// given].
    #[arg(long, value_name = "SHARE", num_args = 0..=1, require_equals = true, default_missing_value = "0.77")]
    solve_k: Option<f64>,
    /// Seed, instead of the scenario's.
    #[arg(long, value_name = "S", env = "STICKERSHOCK_SEED")]
    seed: Option<u64>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Start over, whatever the output folder holds.
    #[arg(long)]
    fresh: bool,
    /// Write tables only.
    #[arg(long)]
    no_charts: bool,
    /// Print all metrics as JSON.
    #[arg(long)]
    json: bool,
    /// Print nothing.
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn negotiate(args: &NegotiateArgs) -> Result<(), CliError> {
    let started = Instant::now();
    if let Some(share) = args.solve_k.filter(|share| !(*share > 0.0 && *share < 1.0)) {
        let message = format!("--solve-k: {share} is no share\nhelp: give a number between 0 and 1, such as 0.77");
        return Err(CliError::Usage(message));
    }
    let seed: Vec<String> = args.seed.map(|seed| format!("run.seed={seed}")).into_iter().collect();
    let loaded = args.scenario.load(&seed)?;
    let scenario = &loaded.scenario;
    let default = || PathBuf::from("output").join(format!("{}-negotiation", scenario.name));
    let folder = OutputFolder::create(&args.out.clone().unwrap_or_else(default))?;
    let pool = super::run::thread_pool(args.threads)?;
    let request = BargainingRequest { worlds: args.worlds, solve_for: args.solve_k, signs: args.signs };
    let working = Working { started, fresh: args.fresh, charts: !args.no_charts };
    let worked: Result<_, CliError> = pool.install(|| worked::bargaining(&loaded, &request, &folder, working));
    let Worked { finished: found, page, files } = worked?;
    super::warn_of_letters(folder.path(), &files);
    if args.quiet {
        return Ok(());
    }
    if args.json {
        return super::print(&json(args, scenario.seed, &found, &files));
    }
    let mut out = summary(args, &scenario.title, scenario.seed, &found, &readme::spoken(&page.told()));
    out.push('\n');
    out.push_str(&super::written(folder.path(), &files, started.elapsed().as_secs_f64()));
    super::print(&out)
}

impl From<BargainingError> for CliError {
    fn from(error: BargainingError) -> Self {
        match error {
            BargainingError::Study(error) => error.into(),
            BargainingError::NoReward(error) => error.into(),
        }
    }
}

/// A number, or `-` where it is not defined.
fn cell(number: f64, digits: usize) -> String {
    if number.is_finite() { format!("{number:.digits$}") } else { "-".into() }
}

fn summary(args: &NegotiateArgs, title: &str, seed: u64, found: &FinishedBargaining, answer: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{title}: {} worlds of bargaining, seed {seed}\n\n{answer}", args.worlds);
    if let Some(solved) = found.solved {
        let _ = writeln!(
            out,
            "A reward for executing of {:.4} billion USD settles {:.4} of the worlds by the deadline ({} bisections); used below.\n",
            solved.execution_reward, solved.settled_by_deadline, solved.iterations,
        );
    }
    if found.from_market {
        flows_table(&mut out, &found.setup);
    }
    let _ = writeln!(out, "{:<40} {:>10} {:>10} {:>9}", "metric", "mean", "std error", "worlds");
    for metric in &found.metrics {
        let (mean, error) = (cell(metric.mean, 4), cell(metric.std_error, 4));
        let _ = writeln!(out, "{:<40} {mean:>10} {error:>10} {:>9}", metric.name, metric.worlds);
    }
    if !found.signs.is_empty() {
        let _ = writeln!(out, "\n{:<52} {:>8} {:>7} {:>7} {:>7} {:>7}", "change", "dP", "+-", "dR_p", "dR_h", "dx");
    }
    for sign in &found.signs {
        let commitment = if sign.commitment.count() == 0 { f64::NAN } else { sign.commitment.mean() };
        let _ = writeln!(
            out,
            "{:<52} {:>8} {:>7} {:>7} {:>7} {:>7}",
            sign.change.description,
            cell(sign.settled.mean(), 3),
            cell(sign.settled.std_error(), 3),
            cell(sign.partner.mean(), 2),
            cell(sign.home.mean(), 2),
            cell(commitment, 2),
        );
    }
    out
}

/// The market's own flows beside the exchange rates they were worked out at.
fn flows_table(out: &mut String, setup: &Setup) {
    let _ = writeln!(out, "Market flows of the scenario, billion USD a year, with sanctions less without:\n");
    let _ = writeln!(
        out,
        "{:>5} {:>14} {:>16} {:>10} {:>11} {:>15} {:>13}",
        "rate", "partner's loss", "third parties'", "home gain", "extra duty", "consumers' loss", "dealers' loss"
    );
    for (rate, flows) in setup.flows.points() {
        let [partner, third, home, duty, consumers, dealers] = flows.values();
        let _ = writeln!(
            out,
            "{rate:>5} {partner:>14.3} {third:>16.3} {home:>10.3} {duty:>11.3} {consumers:>15.3} {dealers:>13.3}"
        );
    }
    out.push('\n');
}

fn json(args: &NegotiateArgs, seed: u64, found: &FinishedBargaining, files: &[PathBuf]) -> String {
    use serde_json::{Value, json};
    let finite = |number: f64| if number.is_finite() { Value::from(number) } else { Value::Null };
    let metrics: serde_json::Map<String, Value> = found
        .metrics
        .iter()
        .map(|m| {
            let entry = json!({ "mean": finite(m.mean), "std_error": finite(m.std_error), "worlds": m.worlds });
            (m.name.clone(), entry)
        })
        .collect();
    let signs: Vec<Value> = found
        .signs
        .iter()
        .map(|sign| {
            json!({
                "change": sign.change.name,
                "settled_by_deadline": finite(sign.settled.mean()),
                "std_error": finite(sign.settled.std_error()),
                "limit_partner": finite(sign.partner.mean()),
                "limit_home": finite(sign.home.mean()),
            })
        })
        .collect();
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    format!(
        "{:#}\n",
        json!({ "worlds": args.worlds, "seed": seed, "metrics": metrics, "signs": signs, "files": files })
    )
}
