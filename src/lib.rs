//! Agent-based simulation of differentiated-product markets under trade policy: random-coefficients logit demand, Bertrand-Nash prices,
//! dealers and buyers in time, and governments that bargain.
//!
//! A scenario file describes a market and its policy regimes. A study simulates the regimes on the same buyers, and compares them:
//!
//! ```no_run
//! use stickershock::{Error, Scenario, Study};
//!
//! fn main() -> Result<(), Error> {
//!     let scenario = Scenario::open("configs/showdown-1995.toml")?.with("instrument.sanctions.rate", 0.25)?;
//!     let results = Study::prepare(scenario)?.regimes(["imposed"])?.replications(100).run()?;
//!     for model in results.models("imposed")? {
//!         println!("{:<12}{:+.0} cars", model.name, model.units.change);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`Scenario`] reads files or, through a [`Source`], memory. [`Study`] solves the base year once and may serve several policies; where
//! the scenario draws what is not known, it runs all draws.
//! [`Results`] gives rows, tables and charts, without a folder; [`ResultFolder`] is a study worked off in one, of one point or of many, that
//! can be stopped and continued, a sensitivity study or calibration too, [`StudyPlan`] one in units for many machines. [`SolvedMarket`] is a static market, [`UncertainInputs`] the sensitivity of any model. Whatever goes wrong is an [`Error`] with file, place, value and remedy. An
//! [`Observer`] hears of progress and may stop a study. `examples/` has three whole programs.
//!
//! # Rooms
//!
//! Modules point one way, each may use those above it in this list:
//!
//! | room | what stands there |
//! |---|---|
//! | `numerics`, `platform` | arithmetic that gives the same bits on every machine; threads and a clock, or none |
//! | `model` | the economy: demand, supply, trade policy, welfare, time, governments; numbers in, numbers out |
//! | [`sensitivity`], [`calibration`] | designs, estimators and rankings; the simulated method of moments: for any model |
//! | `config` | scenario files into checked scenarios |
//! | `folder` | the one writer and reader of output folders |
//! | `study` | prepares, runs, resumes and reduces studies |
//! | `report` | results into rows, tables, charts and reports |
//! | `draft` | a scenario drafted from a table of products |
//! | `interface` | what this page lists |
//! | `cli` | the command line |
//!
//! The first three lines are the package `stickershock-core`, the next is `stickershock-scenarios`, the next two `stickershock-engine`, compiled apart from the rest. The rooms without a link are hidden from this page: the tests, benchmarks and the binary of this package reach into them, and they
//! change without notice.
//!
//! # Features
//!
//! `cli` (the command line), `charts` (SVG and PNG), `page` (`report.html`) and `parallel` (threads) are on by default, `parquet` (tables as Apache
//! Parquet) and `arrow` (tables as Apache Arrow, in memory) are not.
//! Without any the library has no command-line crates, no fonts and no threads, and gives the same numbers.
#![deny(unsafe_code)]
#![warn(missing_docs)]

// Hidden, not private: the tests and benchmarks of this package are crates of their own and test these rooms from inside.
#[cfg(feature = "cli")]
#[doc(hidden)]
#[allow(missing_docs, reason = "a program, not a library")]
pub mod cli;
#[doc(hidden)]
pub mod draft;
mod interface;
#[doc(hidden)]
pub mod report;

#[doc(inline)]
pub use stickershock_engine::{calibration, sensitivity};
#[doc(hidden)]
pub use stickershock_engine::{config, folder, model, numerics, platform, study};

pub use config::Source;
pub use interface::{
    EXAMPLES, Error, ErrorKind, Evidence, Example, Failure, FolderOptions, MarketFiles, MarketOptions, ModelResult,
    Place, ResultColumn, ResultFolder, ResultTable, Results, Scenario, SensitivityIndices, SensitivityRequest,
    SolvedMarket, Study, StudyPlan, Told, UncertainInputs, Value, files_beside, on_threads,
};
pub use report::rows::Summary;
pub use study::Observer;
