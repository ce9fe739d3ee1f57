//! What the commands on plans and units share: options, progress, and how a finished study is printed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::report::build::Report;
use crate::report::page::run::warnings;
use crate::report::writer::{Formats, Said};
use crate::study::Observer;
use crate::study::work::{Done, Reduced};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{CliError, points, signals, summary};

/// How results are presented.
#[derive(Args, Clone)]
pub(super) struct Presentation {
    /// Write tables only.
    #[arg(long)]
    pub no_charts: bool,
    /// Form of the tables: csv, parquet, or both.
    #[arg(long, value_name = "F,G", value_delimiter = ',', value_enum, default_values_t = [TableFormat::Csv])]
    pub format: Vec<TableFormat>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print no progress and no summary.
    #[arg(long)]
    pub quiet: bool,
}

/// Form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TableFormat {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet, where the program is built with it.
    Parquet,
}

impl Presentation {
    /// Refuses what this program was built without, before anything runs.
    pub fn check(&self) -> Result<(), CliError> {
        if cfg!(feature = "parquet") || !self.format.contains(&TableFormat::Parquet) {
            return Ok(());
        }
        let help =
            "build it with `cargo build --release --features parquet`, or convert the CSV tables with another program";
        Err(CliError::Usage(format!("--format parquet: this program was built without Parquet\nhelp: {help}")))
    }

    /// Forms of the tables.
    pub fn formats(&self) -> Formats {
        let has = |form| self.format.contains(&form);
        Formats { csv: has(TableFormat::Csv), parquet: has(TableFormat::Parquet) }
    }

    /// Prints what became of a study; jobs that failed are an error of the command.
    pub fn print(&self, done: &Done, folder: &Path, said: &Said, started: Instant) -> Result<(), CliError> {
        super::warn_of_letters(folder, &done.files);
        let finished = match &done.reduced {
            Reduced::One(finished) => finished,
            Reduced::Points(_) if self.quiet => return Ok(()),
            Reduced::Points(finished) => {
                return points::print(finished, self.json, folder, said, &done.files, started);
            }
        };
        if !self.quiet {
            let report = Report::of(finished);
            for warning in warnings(&report) {
                tell!("warning: {warning}");
            }
            super::print(&if self.json {
                summary::json(&report, folder, &done.files)
            } else {
                summary::text(&report, folder, &said.answer, started.elapsed().as_secs_f64(), &done.files)
            })?;
        }
        if finished.failed_jobs > 0 {
            let table = folder.join("tables/failures.csv");
            return Err(CliError::FailedJobs { failed: finished.failed_jobs, total: done.jobs, table });
        }
        Ok(())
    }
}

/// A progress bar with the time left, on standard error, only where that is a terminal; and the signals that ask to stop.
pub(super) struct Terminal {
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
    quiet: bool,
}

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        Self { stop: signals::stop_flag(), bar: ProgressBar::hidden(), quiet }
    }
}

impl Observer for Terminal {
    fn begins(&self, jobs: u64, stored: u64) {
        use std::io::IsTerminal;
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} jobs, {eta} left") {
            self.bar.set_style(style);
        }
        self.bar.set_length(jobs);
        self.bar.set_message("simulating");
        self.bar.set_position(stored);
        self.bar.reset_eta();
    }
    fn jobs(&self, done: u64) {
        self.bar.inc(done);
    }
    fn expected(&self, jobs: u64) {
        self.bar.set_length(jobs);
    }
    fn ends(&self) {
        self.bar.finish_and_clear();
    }
    fn note(&self, text: &str) {
        if !self.quiet {
            tell!("{text}");
        }
    }
    fn warning(&self, text: &str) {
        tell!("warning: {text}");
    }
    fn cancelled(&self) -> bool {
        self.stop.cancelled()
    }
}
