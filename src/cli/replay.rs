//! `stickershock replay`: one job again, with what happened week by week.

use std::fmt::Write;
use std::path::PathBuf;

use crate::folder::OutputFolder;
use crate::folder::lock::Sharing;
use crate::model::ids::RegimeId;
use crate::model::outcome::{Outcome, WeekMetric};
use crate::report::record::{decimal, quoted};
use crate::study::Study;
use crate::study::units::Store;
use crate::study::units::drive::Studies;
use crate::study::units::verify::{Repeated, recorded, repeat};
use crate::study::work::open;
use clap::Args;

use super::CliError;

#[derive(Args)]
pub struct ReplayArgs {
    /// Folder of a plan or of a finished study.
    folder: PathBuf,
    /// Number of the job, from 0: point by point, replication by replication, regime by regime.
    #[arg(long, value_name = "K")]
    job: u64,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
}

/// Runs the command.
pub fn replay(args: &ReplayArgs) -> Result<(), CliError> {
    let (plan, loaded, regimes) = open(&OutputFolder::at(&args.folder))?;
    let Some((point, replication, arm)) = plan.job(args.job) else {
        let message = format!(
            "--job {}: the plan has jobs 0 to {}\nhelp: jobs count the regimes of a replication, the replications of a point, \
             and the points, in that order",
            args.job,
            plan.jobs().saturating_sub(1)
        );
        return Err(CliError::Usage(message));
    };
    let studies = Studies::new(&loaded, &plan);
    let pool = super::run::thread_pool(args.threads)?;
    let job = pool.install(|| repeat(&plan, &regimes, &studies, args.job));
    let Some(Repeated { job, hash: found }) = job else {
        return Err(CliError::Usage(format!("--job {}: there is no such job", args.job)));
    };
    tell!(
        "job {}: point {point}{}, replication {replication}, regime {}",
        args.job,
        studies.point(point).assignments.iter().fold(String::new(), |text, assignment| format!("{text} {assignment}")),
        plan.regimes[arm.0]
    );
    let store = Store::open(&args.folder, Sharing::WithUnits)?;
    let inventory = store.inventory(&plan)?;
    let record = pool.install(|| recorded(&store, &plan, &inventory, &studies))?;
    tell!(
        "BLAKE3 {found}, {}",
        match record.get(&args.job) {
            None => "nothing recorded to compare with",
            Some(earlier) if *earlier == found => "as recorded",
            Some(_) => "which is NOT what was recorded",
        }
    );
    let outcome = job.map_err(CliError::Job)?;
    let study = studies.get(point).map_err(CliError::Job)?;
    super::print(&trace(&study, regimes[arm.0], &outcome))?;
    match record.get(&args.job) {
        Some(earlier) if *earlier != found => Err(CliError::Unverified { differing: 1, repeated: 1 }),
        _ => Ok(()),
    }
}

/// A row for each week and group of models: its sales and prices, and the policy events of the week.
fn trace(study: &Study, regime: RegimeId, outcome: &Outcome) -> String {
    let (scenario, layout) = (study.scenario(), study.layout());
    let mut out =
        String::from("week,week_start,region,flagged,units,expected_units,car_share,sticker_price_usd,events\n");
    for week in 0..layout.weeks {
        let events: Vec<String> = scenario.regimes[regime]
            .events
            .iter()
            .filter(|event| event.week == week)
            .map(|event| format!("{} {}", scenario.instruments[event.instrument].name, event.action.as_str()))
            .collect();
        for (g, group) in layout.groups.iter().enumerate() {
            let value = |metric| decimal(outcome.values[layout.week(metric, week as usize, g)]);
            let _ = writeln!(
                out,
                "{week},{},{},{},{},{},{},{},{}",
                scenario.week_start(week),
                quoted(&group.region),
                group.flagged,
                value(WeekMetric::Units),
                value(WeekMetric::ExpectedUnits),
                value(WeekMetric::CarShare),
                value(WeekMetric::StickerPrice),
                quoted(&events.join("; ")),
            );
        }
    }
    out
}
