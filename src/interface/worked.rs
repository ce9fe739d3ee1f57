//! Sensitivity studies, calibrations and bargaining alone worked off in a folder: its log, manifest, tables, charts and pages, for the command line and for other
//! programs.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

#[cfg(feature = "cli")]
use crate::config::Loaded;
use crate::config::calibration::Calibration;
use crate::folder::former::ResultKind;
#[cfg(feature = "cli")]
use crate::folder::former::differences;
use crate::folder::lock::{Lock, Sharing};
use crate::folder::{OutputError, OutputFolder};
use crate::model::ids::RegimeId;
use crate::platform::clock::Instant;
use crate::platform::threads;
#[cfg(feature = "cli")]
use crate::report::bargaining::Bargain;
#[cfg(feature = "cli")]
use crate::report::bargaining_study;
use crate::report::page::{self, Page};
use crate::sensitivity::IndexPrecision;
use crate::study::Observer;
#[cfg(feature = "cli")]
use crate::study::bargained::{BargainingError, BargainingRequest, FinishedBargaining};
use crate::study::calibration::{CalibrationError, CalibrationRun, FinishedCalibration, identity};
use crate::study::manifest::{Manifest, WorkStanding, from_scenario};
use crate::study::sensitivity::{FinishedSensitivity, ScenarioStudy, SensitivityError};

/// A chart that cannot be drawn.
#[cfg(not(feature = "charts"))]
pub(crate) use crate::folder::OutputError as DrawError;
#[cfg(feature = "charts")]
pub(crate) use crate::report::charts::ChartError as DrawError;

/// How a study is worked off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Working {
    /// When it began.
    pub started: Instant,
    /// Start over, whatever the folder holds.
    pub fresh: bool,
    /// Draw charts, too.
    pub charts: bool,
}

impl Working {
    /// Begins now.
    pub fn begin(fresh: bool, charts: bool) -> Self {
        Self { started: Instant::now(), fresh, charts }
    }
}

/// What came of a study.
pub(crate) struct Worked<F> {
    /// Its results.
    pub finished: F,
    /// Its page, whose answer is what is said first.
    pub page: Page,
    /// What it wrote.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the command line lists them"))]
    pub files: Vec<PathBuf>,
}

/// What makes two studies of the bargaining alone one, in their manifests.
#[cfg(feature = "cli")]
const SAME_BARGAINING: [(&str, &str); 7] = [
    ("/version", "the version"),
    ("/scenario/name", "the scenario"),
    ("/seed", "the seed"),
    ("/worlds", "the number of worlds"),
    ("/solve_k", "--solve-k"),
    ("/scenario/blake3", "the settings"),
    ("/data", "the data files"),
];

/// Makes way for a study whose log says by itself what its runs are of.
fn make_way(folder: &OutputFolder, kind: ResultKind, fresh: bool) -> Result<(), OutputError> {
    let _lock = Lock::take(folder, Sharing::Alone)?;
    folder.make_way(kind, fresh, |_| Vec::new())
}

/// Works a sensitivity study off on the threads of the current pool: of the given sizes, the first and the largest. What the folder has of it is not run again.
pub(crate) fn sensitivity<E: From<SensitivityError> + From<OutputError> + From<DrawError>>(
    study: &ScenarioStudy<'_>,
    sizes: (usize, usize),
    rule: IndexPrecision,
    folder: &OutputFolder,
    Working { started, fresh, charts }: Working,
    stop: &dyn Observer,
    progress: &(impl Fn(usize, usize) + Sync),
) -> Result<Worked<FinishedSensitivity>, E> {
    let loaded = study.loaded;
    let regimes: Vec<RegimeId> = loaded
        .scenario
        .regimes
        .ids()
        .filter(|at| {
            let name = &loaded.scenario.regimes[*at].name;
            study.targets.iter().any(|target| target.regime == *name || target.baseline.as_ref() == Some(name))
        })
        .collect();
    make_way(folder, ResultKind::Sensitivity, fresh)?;
    // Opened before anything is written: a folder of another study is left as it is.
    let log = study.open(folder, sizes.0)?;
    let _lock = log.0.lock();
    let manifest = Manifest::new(loaded, &regimes, threads::count(), crate::report::COMMIT)
        .of_sensitivity(study.replications, study.identity());
    let mut standing = WorkStanding::begin(folder, manifest, started)?;
    let finished = study.run(log, sizes, rule, stop, progress);
    let finished = standing.keep(finished, |error| matches!(error, SensitivityError::Interrupted { .. }))?;
    let mut details = study.identity();
    details.insert("n".into(), finished.n.into());
    details.insert("points".into(), finished.design.rows().into());
    details.insert("failed_points".into(), finished.failures.len().into());
    details.insert("level".into(), study.resampling.level.into());
    let met = finished.worst <= 1.0;
    details.insert(
        "stop_rule".into(),
        json!({ "width": rule.absolute, "relative_width": rule.relative, "n_max": sizes.1, "met": met }),
    );
    standing.manifest.insert("sensitivity", details.into());
    let mut files = crate::report::sensitivity::write_tables(folder, study, &finished)?;
    #[cfg(feature = "charts")]
    if charts {
        files.extend(crate::report::draw_sensitivity::write_charts(folder, study, &finished)?);
    }
    #[cfg(not(feature = "charts"))]
    let _ = charts;
    let page = page::sensitivity::page(study, &finished);
    page::write(folder, &page, &mut files)?;
    files.sort();
    let files = standing.complete(files)?;
    Ok(Worked { finished, page, files })
}

/// Fits a scenario's free parameters on the threads of the current pool. Evaluations that the folder has are used again.
pub(crate) fn calibration<E: From<CalibrationError> + From<OutputError> + From<DrawError>>(
    calibration: &Calibration,
    folder: &OutputFolder,
    Working { started, fresh, charts }: Working,
    stop: &dyn Observer,
    progress: &(dyn Fn(usize, &str) + Sync),
) -> Result<Worked<FinishedCalibration>, E> {
    make_way(folder, ResultKind::Calibration, fresh)?;
    // Opened before anything is written: a folder of another calibration is left as it is.
    let run = CalibrationRun::open(calibration, folder, stop, progress)?;
    let _lock = run.lock();
    let loaded = &calibration.scenarios[0];
    let mut manifest = Manifest::new(loaded, &[], threads::count(), crate::report::COMMIT)
        .of_sensitivity(calibration.draws.replications, Map::new());
    manifest.insert("sensitivity", Value::Null);
    manifest.insert("calibration", Value::Object(identity(calibration)));
    manifest.insert(
        "targets",
        json!({ "path": from_scenario(&loaded.path, &calibration.targets.path), "blake3": calibration.targets.hash.to_hex().as_str() }),
    );
    let mut standing = WorkStanding::begin(folder, manifest, started)?;
    let finished = standing.keep(run.run(), |error| matches!(error, CalibrationError::Interrupted { .. }))?;
    let mut files = crate::report::calibration::write_tables(folder, calibration, &finished)?;
    #[cfg(feature = "charts")]
    if charts {
        files.extend(crate::report::draw_calibration::write_charts(folder, calibration, &finished)?);
    }
    #[cfg(not(feature = "charts"))]
    let _ = charts;
    let page = page::calibration::page(calibration, &finished);
    page::write(folder, &page, &mut files)?;
    files.sort();
    let files = standing.complete(files)?;
    Ok(Worked { finished, page, files })
}

/// The manifest of the bargaining alone.
#[cfg(feature = "cli")]
fn of_bargaining(loaded: &Loaded, request: &BargainingRequest) -> Manifest {
    let mut manifest =
        Manifest::new(loaded, &[], threads::count(), crate::report::COMMIT).of_negotiation(request.worlds);
    manifest.insert("solve_k", request.solve_for.into());
    manifest
}

/// Whether a folder has the same bargaining already, whole.
#[cfg(feature = "cli")]
pub(crate) fn bargained_before(loaded: &Loaded, request: &BargainingRequest, folder: &OutputFolder) -> bool {
    let own = of_bargaining(loaded, request);
    folder.manifest().is_some_and(|former| {
        former["status"] == "complete" && differences(&former, own.entries(), &SAME_BARGAINING).is_empty()
    })
}

/// Has the governments of a scenario bargain, without their market, on the threads of the current pool.
#[cfg(feature = "cli")]
pub(crate) fn bargaining<E: From<BargainingError> + From<OutputError> + From<DrawError>>(
    loaded: &Loaded,
    request: &BargainingRequest,
    folder: &OutputFolder,
    Working { started, fresh, charts }: Working,
) -> Result<Worked<FinishedBargaining>, E> {
    let _lock = Lock::take(folder, Sharing::Alone)?;
    let manifest = of_bargaining(loaded, request);
    folder
        .make_way(ResultKind::Negotiation, fresh, |former| differences(former, manifest.entries(), &SAME_BARGAINING))?;
    let mut standing = WorkStanding::begin(folder, manifest, started)?;
    let finished = standing.keep(FinishedBargaining::run(&loaded.scenario, request), |_| false)?;
    let (mut files, resources) = bargaining_study::write_tables(folder, &finished)?;
    #[cfg(feature = "charts")]
    if charts {
        files.extend(bargaining_study::write_charts(folder, loaded, &finished)?);
    }
    #[cfg(not(feature = "charts"))]
    let _ = charts;
    files.push(bargaining_study::write_package(folder, loaded, &finished, &resources)?);
    let scenario = &loaded.scenario;
    let bargain = Bargain::of(&finished.bargained);
    let bargained = page::negotiation::BargainingFacts {
        title: &scenario.title,
        name: &scenario.name,
        seed: scenario.seed,
        worlds: request.worlds,
        solved_for: request.solve_for,
        signs: request.signs,
        metrics: &finished.metrics,
        offers: &bargain.offers,
        dates: &bargain.dates,
    };
    let page = page::negotiation::page(&bargained, &page::origin::StudyOrigin::of(loaded));
    page::write(folder, &page, &mut files)?;
    let files = standing.complete(files)?;
    Ok(Worked { finished, page, files })
}
