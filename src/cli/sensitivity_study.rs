//! `stickershock sensitivity SCENARIO`: which of a scenario's uncertain values move its results.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use crate::config::Loaded;
use crate::folder::OutputFolder;
use crate::interface::worked::{self, Worked, Working};
use crate::report::page::readme;
use crate::report::record::shortest;
use crate::sensitivity::{Index, IndexEstimate, IndexPrecision, Scheme};
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy, SensitivityError};
use crate::study::sensitivity_request::{RequestRefused, SensitivityRequest};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CliError, ScenarioArgs};

/// A method on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum StudyMethod {
    /// Variance-based indices, with intervals from independent randomisations: 8 n (D + 2) points.
    Sobol,
    /// Elementary effects, for screening: n (D + 1) points.
    Morris,
    /// Each parameter alone at a low and a high quantile, a tornado: 2D + 1 points.
    Oat,
    /// Variance-based indices by Fourier amplitudes: n D points.
    Fast,
    /// First-order indices from a sample: n points.
    RbdFast,
    /// Kolmogorov-Smirnov distances: n points.
    Pawn,
    /// Borgonovo's delta: n points.
    Delta,
}

#[derive(Args)]
pub struct StudyArgs {
    /// Scenario file with `[[parameter]]` tables.
    scenario: Option<PathBuf>,
    /// Change a value of the scenario: `key=value`, as for `run`. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Folder below which the scenario may read other files; its own if absent.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The method.
    #[arg(long, value_name = "M", default_value = "sobol")]
    method: StudyMethod,
    /// Size: base points of each randomisation (sobol), trajectories (morris), points of a curve (fast), or points; a power of two but for
    /// fast [default: 16; fast 129; rbd_fast, pawn and delta 512].
    #[arg(long, value_name = "N")]
    n: Option<usize>,
    /// Double the design until every interval is narrow enough, up to this size [default: do not].
    #[arg(long, value_name = "N")]
    n_max: Option<usize>,
    /// Widest interval that is narrow enough, in units of an index.
    #[arg(long, value_name = "W", default_value_t = 0.05)]
    width: f64,
    /// The same as a share of the output's largest total index; the wider of the two holds.
    #[arg(long, value_name = "W", default_value_t = 0.10)]
    relative_width: f64,
    /// Replications at every point; with one, noise cannot be told from the parameters [default: 2, oat 8].
    #[arg(long, value_name = "R")]
    replications: Option<u64>,
    /// Metrics, columns of replications.csv, separated by commas [default: the scenario's headline].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Regimes, separated by commas [default: all but the baseline].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    regime: Vec<String>,
    /// Regime that the others are compared with in the same worlds, or `none` for their levels [default: the scenario's baseline].
    #[arg(long, value_name = "REGIME")]
    baseline: Option<String>,
    /// Period.
    #[arg(long, value_name = "P", default_value = "all")]
    period: String,
    /// Ask for pairs of parameters too (sobol): 8 n (2D + 2) points.
    #[arg(long)]
    second_order: bool,
    /// Independent randomisations (sobol).
    #[arg(long, value_name = "R", default_value_t = 8)]
    randomisations: usize,
    /// Levels of the grid (morris), an even number.
    #[arg(long, value_name = "P", default_value_t = 4)]
    levels: usize,
    /// Quantiles at which each parameter is put (oat).
    #[arg(long, value_name = "LOW,HIGH", value_delimiter = ',', default_values_t = [0.05, 0.95])]
    quantiles: Vec<f64>,
    /// Add a parameter that nothing depends on: what it gets is the noise of the estimator.
    #[arg(long)]
    dummy: bool,
    /// Level of intervals, between 0 and 1.
    #[arg(long, value_name = "L", default_value_t = 0.95)]
    level: f64,
    /// Seed of the design and of the worlds, instead of the scenario's.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Output folder; a study of the same scenario, design and outputs in it is continued [default: output/NAME-sensitivity-METHOD].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<usize>,
    /// Start over, whatever the output folder holds.
    #[arg(long)]
    fresh: bool,
    /// Write tables only.
    #[arg(long)]
    no_charts: bool,
    /// Print no progress and no summary.
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: &StudyArgs) -> Result<(), CliError> {
    let started = Instant::now();
    let Some(scenario) = &args.scenario else {
        return Err(CliError::Usage(
            "no scenario was given\nhelp: stickershock sensitivity SCENARIO, or sensitivity sample and analyze for another model".into(),
        ));
    };
    let seed: Vec<String> = args.seed.map(|seed| format!("run.seed={seed}")).into_iter().collect();
    let loaded =
        ScenarioArgs { scenario: scenario.clone(), set: args.set.clone(), root: args.root.clone() }.load(&seed)?;
    let asked = asked(args)?;
    let (study, sizes) = asked.study(&loaded).map_err(|refused| CliError::Usage(said(&refused, &loaded)))?;
    let rule = asked.precision;
    let default = || {
        let name = format!("{}-sensitivity-{}", loaded.scenario.name, study.scheme.name());
        PathBuf::from("output").join(name)
    };
    let folder = OutputFolder::create(&args.out.clone().unwrap_or_else(default))?;
    let pool = super::run::thread_pool(args.threads)?;
    let stop = super::signals::stop_flag();
    let bar = progress_bar(args.quiet);
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let working = Working { started, fresh: args.fresh, charts: loaded.scenario.outputs.charts && !args.no_charts };
    let worked: Result<_, CliError> =
        pool.install(|| worked::sensitivity(&study, sizes, rule, &folder, working, &*stop, &progress));
    bar.finish_and_clear();
    let Worked { finished, page, files } = worked?;
    super::warn_of_letters(folder.path(), &files);
    for warning in &finished.reading.analysis.warnings {
        tell!("warning: {warning}");
    }
    if args.quiet {
        return Ok(());
    }
    let mut out = format!("{}\n", readme::spoken(&page.told()));
    out.push_str(&summary(&study, &finished, rule));
    out.push_str(&super::written(folder.path(), &files, started.elapsed().as_secs_f64()));
    super::print(&out)
}

/// What the arguments ask for.
fn asked(args: &StudyArgs) -> Result<SensitivityRequest, CliError> {
    let scheme = match args.method {
        StudyMethod::Sobol => Scheme::Sobol { randomisations: args.randomisations, second_order: args.second_order },
        StudyMethod::Morris => Scheme::Morris { levels: args.levels },
        StudyMethod::Oat => match args.quantiles[..] {
            [low, high] => Scheme::OneAtATime { quantiles: [low, high] },
            _ => {
                let given: Vec<String> = args.quantiles.iter().map(f64::to_string).collect();
                let given = given.join(",");
                let help = "write 0.05,0.95";
                return Err(CliError::Usage(format!("--quantiles {given}: expected two probabilities\nhelp: {help}")));
            }
        },
        StudyMethod::Fast => Scheme::Fast,
        StudyMethod::RbdFast => Scheme::RbdFast,
        StudyMethod::Pawn => Scheme::Pawn,
        StudyMethod::Delta => Scheme::Delta,
    };
    Ok(SensitivityRequest {
        scheme,
        n: args.n,
        n_max: args.n_max,
        precision: IndexPrecision { absolute: args.width, relative: args.relative_width },
        replications: args.replications,
        metrics: args.metrics.clone(),
        regimes: args.regime.clone(),
        baseline: args.baseline.clone(),
        period: args.period.clone(),
        dummy: args.dummy,
        level: args.level,
    })
}

/// What cannot be asked, with options as they are written on the command line.
fn said(refused: &RequestRefused, loaded: &Loaded) -> String {
    let value = refused.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
    let (place, help) = match refused.option {
        Some(option) => {
            let written = format!("--{}", option.replace('_', "-"));
            let help = refused.help.replace(&format!("{option} = "), &format!("{written} "));
            (written, help)
        }
        None => (loaded.path.display().to_string(), refused.help.clone()),
    };
    format!("{place}{value}: {}\nhelp: {help}", refused.message)
}

/// A progress bar with the time left, on standard error, only where that is a terminal.
fn progress_bar(quiet: bool) -> ProgressBar {
    use std::io::IsTerminal;
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} points, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// A number and half the width of its interval, four digits of it.
fn figure(estimate: &IndexEstimate) -> String {
    let digits = match estimate.value.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 10.0 => 1,
        _ => 3,
    };
    let half = (estimate.interval[1] - estimate.interval[0]) / 2.0;
    match (estimate.value.is_finite(), half.is_finite()) {
        (true, true) => format!("{:.digits$} ± {half:.digits$}", estimate.value),
        (true, false) => format!("{:.digits$}", estimate.value),
        (false, _) => "-".into(),
    }
}

fn summary(study: &ScenarioStudy<'_>, finished: &FinishedSensitivity, rule: IndexPrecision) -> String {
    let mut out = String::new();
    let scenario = &study.loaded.scenario;
    let _ = writeln!(
        out,
        "{}: {}, n = {}: {} points of {} replications ({} run now, {} from the log), seed {}\n",
        scenario.title,
        study.scheme.name(),
        finished.n,
        finished.design.rows(),
        study.replications,
        finished.ran,
        finished.design.rows() - finished.ran,
        scenario.seed,
    );
    let columns: &[&str] = match study.scheme {
        Scheme::OneAtATime { .. } => &["low", "high", "swing"],
        Scheme::Morris { .. } => &["mu", "mu_star", "sigma"],
        scheme => scheme.monitored(),
    };
    let factors = finished.problem.factors();
    let width = factors.iter().map(|factor| factor.name.len()).max().unwrap_or(0).max(12);
    for target in &study.targets {
        let of = |index: &str, parameter: &str| {
            let matches = |row: &&Index| row.output == target.name && row.index == index && row.parameter == parameter;
            finished.reading.analysis.indices.iter().find(matches).map_or(IndexEstimate::UNDEFINED, |row| row.estimate)
        };
        let _ = write!(out, "{}\n  {:<width$}", target.name, "parameter");
        columns.iter().for_each(|column| {
            let _ = write!(out, "  {column:>18}");
        });
        let _ = writeln!(out);
        let mut names: Vec<&str> = factors.iter().map(|factor| factor.name.as_str()).collect();
        let leading = |name: &str| of(study.scheme.leading(), name).value.abs();
        names.sort_by(|a, b| leading(b).total_cmp(&leading(a)));
        for name in names {
            let _ = write!(out, "  {name:<width$}");
            for column in columns {
                let _ = write!(out, "  {:>18}", figure(&of(column, name)));
            }
            let _ = writeln!(out);
        }
        let share = of("replication_share", "");
        if share.value.is_finite() {
            let _ = writeln!(
                out,
                "  replication noise, removed above: {} of the variance of one replication",
                figure(&share)
            );
        }
        let _ = writeln!(out);
    }
    if !finished.failures.is_empty() {
        let _ = writeln!(
            out,
            "{} points could not be run and took {} units with them; the first, row {}: {}\n",
            finished.failures.len(),
            finished.reading.left_out,
            finished.failures[0].0,
            finished.failures[0].1.lines().next().unwrap_or_default(),
        );
    }
    if finished.damaged > 0 {
        let _ = writeln!(out, "{} lines of the log were torn or damaged and were run again\n", finished.damaged);
    }
    if finished.worst.is_finite() {
        let verdict = if finished.worst <= 1.0 {
            "narrow enough".to_owned()
        } else {
            format!("{} times too wide; --n-max lets the design grow", shortest((finished.worst * 10.0).round() / 10.0))
        };
        let _ = writeln!(
            out,
            "Widest interval: {verdict} (at most {} or {} of the largest index).",
            rule.absolute, rule.relative
        );
    }
    out
}

impl From<SensitivityError> for CliError {
    fn from(error: SensitivityError) -> Self {
        match error {
            SensitivityError::Output(error) => Self::Output(error),
            error => Self::Sensitivity(error),
        }
    }
}
