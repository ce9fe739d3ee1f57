//! `stickershock sensitivity SCENARIO`: which of a scenario's uncertain values move its results.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

use crate::config::Loaded;
use crate::folder::OutputFolder;
use crate::folder::former::ResultKind;
use crate::model::ids::RegimeId;
use crate::model::outcome::Layout;
use crate::report::page;
use crate::report::record::shortest;
use crate::report::sensitivity::write_tables;
use crate::sensitivity::{Index, IndexEstimate, IndexPrecision, Resampling, Scheme};
use crate::study::manifest::{Manifest, WorkStanding};
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy, SensitivityError, targets};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

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

fn usage<T>(message: impl Into<String>) -> Result<T, CliError> {
    Err(CliError::Usage(message.into()))
}

/// Runs the command.
pub fn run(args: &StudyArgs) -> Result<(), CliError> {
    let started = Instant::now();
    let Some(scenario) = &args.scenario else {
        return usage(
            "no scenario was given\nhelp: stickershock sensitivity SCENARIO, or sensitivity sample and analyze for another model",
        );
    };
    let seed: Vec<String> = args.seed.map(|seed| format!("run.seed={seed}")).into_iter().collect();
    let loaded =
        ScenarioArgs { scenario: scenario.clone(), set: args.set.clone(), root: args.root.clone() }.load(&seed)?;
    let (study, sizes, rule) = study(args, &loaded)?;
    let default = || {
        let name = format!("{}-sensitivity-{}", loaded.scenario.name, study.scheme.name());
        PathBuf::from("output").join(name)
    };
    let folder = OutputFolder::create(&args.out.clone().unwrap_or_else(default))?;
    let pool = super::run::thread_pool(args.threads)?;
    let threads = pool.current_num_threads();
    let stop = super::signals::stop_flag();
    let regimes: Vec<RegimeId> = loaded
        .scenario
        .regimes
        .ids()
        .filter(|at| {
            let name = &loaded.scenario.regimes[*at].name;
            study.targets.iter().any(|target| target.regime == *name || target.baseline.as_ref() == Some(name))
        })
        .collect();
    super::make_way(&folder, ResultKind::Sensitivity, args.fresh)?;
    // Opened before anything is written: a folder of another study is left as it is.
    let log = study.open(&folder, sizes.0)?;
    let _lock = log.0.lock();
    let manifest = Manifest::new(&loaded, &regimes, threads).of_sensitivity(study.replications, study.identity());
    let mut standing = WorkStanding::begin(&folder, manifest, started)?;
    let bar = progress_bar(args.quiet);
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let finished = pool.install(|| study.run(log, sizes, rule, &stop, &progress));
    bar.finish_and_clear();
    let finished = standing.keep(finished, |error| matches!(error, SensitivityError::Interrupted { .. }))?;
    let mut details = study.identity();
    details.insert("n".into(), finished.n.into());
    details.insert("points".into(), finished.design.rows().into());
    details.insert("failed_points".into(), finished.failures.len().into());
    details.insert("level".into(), args.level.into());
    let rule_met = finished.worst <= 1.0;
    details.insert(
        "stop_rule".into(),
        json!({ "width": rule.absolute, "relative_width": rule.relative, "n_max": sizes.1, "met": rule_met }),
    );
    standing.manifest.insert("sensitivity", details.into());
    let mut files = write_tables(&folder, &study, &finished)?;
    #[cfg(feature = "charts")]
    if loaded.scenario.outputs.charts && !args.no_charts {
        files.extend(crate::report::draw_sensitivity::write_charts(&folder, &study, &finished)?);
    }
    let page = page::sensitivity::page(&study, &finished);
    page::write(&folder, &page, &mut files)?;
    files.sort();
    let files = standing.complete(files)?;
    for warning in &finished.reading.analysis.warnings {
        tell!("warning: {warning}");
    }
    if args.quiet {
        return Ok(());
    }
    let mut out = format!("{}\n", page::readme::spoken(&page.answer));
    out.push_str(&summary(&study, &finished, rule));
    out.push_str(&super::written(folder.path(), &files, started.elapsed().as_secs_f64()));
    super::print(&out)
}

/// The study that the arguments ask for, its sizes, and when it stops.
fn study<'a>(
    args: &StudyArgs,
    loaded: &'a Loaded,
) -> Result<(ScenarioStudy<'a>, (usize, usize), IndexPrecision), CliError> {
    let scheme = scheme(args)?;
    if loaded.parameters.is_empty() {
        let path = loaded.path.display();
        return usage(format!(
            "{path}: has no uncertain values\nhelp: write one [[parameter]] with key and distribution for each, as in \
             configs/sensitivity-1995.toml"
        ));
    }
    if scheme.needs_independence() && loaded.parameters.copula.is_some() {
        return usage(format!(
            "{}: has a [[correlation]], and the indices of {} are defined for independent parameters only: shares of dependent \
             ones overlap\nhelp: leave the correlation out, replace the correlated parameters by one that moves them all, or use --method oat",
            loaded.path.display(),
            scheme.name()
        ));
    }
    if args.dummy && loaded.parameters.list.iter().any(|item| item.name == crate::study::sensitivity::DUMMY) {
        return usage("--dummy: the scenario has a parameter of that name\nhelp: give that one another name");
    }
    if !(args.level > 0.0 && args.level < 1.0) {
        return usage(format!("--level {}: a level is between 0 and 1\nhelp: write 0.95 for 95%", args.level));
    }
    for (name, width) in [("--width", args.width), ("--relative-width", args.relative_width)] {
        if !(width >= 0.0 && width.is_finite()) {
            return usage(format!("{name} {width}: a width is a positive number\nhelp: write 0.05"));
        }
    }
    let replications = args.replications.unwrap_or(if args.method == StudyMethod::Oat { 8 } else { 2 });
    if replications == 0 || replications > 1_000_000 {
        return usage(format!(
            "--replications {replications}: expected 1 to 1,000,000\nhelp: 2 are enough to tell noise from parameters"
        ));
    }
    let sizes = sizes(args, scheme)?;
    let targets = chosen_targets(args, loaded)?;
    let resampling = Resampling { level: args.level, seed: loaded.scenario.seed, ..Resampling::default() };
    let rule = IndexPrecision { absolute: args.width, relative: args.relative_width };
    Ok((ScenarioStudy { loaded, scheme, targets, replications, dummy: args.dummy, resampling }, sizes, rule))
}

fn scheme(args: &StudyArgs) -> Result<Scheme, CliError> {
    Ok(match args.method {
        StudyMethod::Sobol => {
            if !(2..=256).contains(&args.randomisations) {
                let given = args.randomisations;
                return usage(format!(
                    "--randomisations {given}: expected 2 to 256\nhelp: 8 give intervals with 7 degrees of freedom"
                ));
            }
            Scheme::Sobol { randomisations: args.randomisations, second_order: args.second_order }
        }
        StudyMethod::Morris => {
            if args.levels < 2 || args.levels % 2 == 1 || args.levels > 1024 {
                return usage(format!("--levels {}: expected an even number\nhelp: write 4", args.levels));
            }
            Scheme::Morris { levels: args.levels }
        }
        StudyMethod::Oat => match args.quantiles[..] {
            [low, high] if low > 0.0 && low < high && high < 1.0 => Scheme::OneAtATime { quantiles: [low, high] },
            _ => {
                let given: Vec<String> = args.quantiles.iter().map(f64::to_string).collect();
                return usage(format!(
                    "--quantiles {}: expected two probabilities between 0 and 1, the lower first\nhelp: write 0.05,0.95",
                    given.join(",")
                ));
            }
        },
        StudyMethod::Fast => Scheme::Fast,
        StudyMethod::RbdFast => Scheme::RbdFast,
        StudyMethod::Pawn => Scheme::Pawn,
        StudyMethod::Delta => Scheme::Delta,
    })
}

fn sizes(args: &StudyArgs, scheme: Scheme) -> Result<(usize, usize), CliError> {
    let n = args.n.unwrap_or(scheme.usual_size());
    let (least, name) = (scheme.least_size(), scheme.name());
    if n < least {
        return usage(format!("--n {n}: {name} needs {least} at least\nhelp: give a larger --n"));
    }
    if scheme.grows() && !n.is_power_of_two() {
        let (below, above) = ((n.next_power_of_two() / 2).max(least), n.next_power_of_two());
        return usage(format!(
            "--n {n}: the size of a design that grows is a power of two\nhelp: write --n {below} or --n {above}"
        ));
    }
    let most = args.n_max.unwrap_or(n);
    if most < n {
        return usage(format!("--n-max {most}: is below --n {n}\nhelp: give a larger --n-max"));
    }
    if args.n_max.is_some() && !scheme.grows() {
        return usage(format!("--n-max: a design of {name} does not grow\nhelp: leave it out, or use sobol or morris"));
    }
    Ok((n, most))
}

fn chosen_targets(args: &StudyArgs, loaded: &Loaded) -> Result<Vec<crate::study::response::ResponseTarget>, CliError> {
    let scenario = &loaded.scenario;
    let layout = Layout::new(&scenario.market, scenario.periods.clone(), scenario.weeks, &scenario.flag);
    let known = |option: &str, wanted: &[String], known: &[&str]| match wanted
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        Some(unknown) => {
            usage(format!("{option}: `{unknown}` is not known\nhelp: expected some of {}", known.join(", ")))
        }
        None => Ok(()),
    };
    let names: Vec<&str> = scenario.regimes.values().map(|regime| regime.name.as_str()).collect();
    let headlines: Vec<&str> = layout.headlines.iter().map(String::as_str).collect();
    let periods: Vec<&str> = layout.periods.iter().map(|period| period.name.as_str()).collect();
    known("--metrics", &args.metrics, &headlines)?;
    known("--regime", &args.regime, &names)?;
    known("--period", std::slice::from_ref(&args.period), &periods)?;
    let baseline = match args.baseline.as_deref() {
        Some("none") => None,
        Some(name) => {
            known("--baseline", &[name.to_owned()], &names)?;
            Some(name)
        }
        None => Some(scenario.regimes[scenario.baseline].name.as_str()),
    };
    let metrics = if args.metrics.is_empty() { vec![scenario.outputs.headline.clone()] } else { args.metrics.clone() };
    let mut regimes: Vec<String> = args.regime.clone();
    if regimes.is_empty() {
        let others = names.iter().filter(|name| Some(**name) != baseline);
        regimes = others.map(|name| (*name).to_owned()).collect();
    }
    if regimes.is_empty() {
        regimes.extend(names.first().map(|name| (*name).to_owned()));
    }
    let mut targets = targets(&metrics, &regimes, baseline, &args.period);
    let mut seen = std::collections::BTreeSet::new();
    targets.retain(|target| seen.insert(target.name.clone()));
    Ok(targets)
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
