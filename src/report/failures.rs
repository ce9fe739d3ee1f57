//! `failures.csv`: the jobs that left no outcome, and why.

use super::package::Resource;
use super::record::{Record, header, lines_of, table};
use crate::config::harmless;
use crate::folder::{OutputError, OutputFolder, PendingFile};

table! {
    /// Jobs that failed; their replications are left out of all other tables.
    pub struct JobFailureRow in "failures" by [point, replication, regime] {
        /// position of the parameter point in the plan, from 0
        point: u64;
        /// replication number, from 0
        replication: u64;
        /// policy regime, by its name in the scenario
        regime: String;
        /// why the job left no outcome
        error: String;
    }
}

/// The table as it is written, job by job; without a failed job there is none.
#[derive(Debug)]
pub struct FailureTable<'a> {
    folder: &'a OutputFolder,
    file: Option<PendingFile>,
}

impl<'a> FailureTable<'a> {
    /// A table of no failure yet.
    #[must_use]
    pub fn new(folder: &'a OutputFolder) -> Self {
        Self { folder, file: None }
    }

    /// Adds a job that failed.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn add(&mut self, point: usize, replication: u64, regime: &str, error: &str) -> Result<(), OutputError> {
        if self.file.is_none() {
            let mut file = self.folder.begin("tables/failures.csv")?;
            file.write(&lines_of([header(&JobFailureRow::fields())])?)?;
            self.file = Some(file);
        }
        let row =
            JobFailureRow { point: point as u64, replication, regime: regime.into(), error: harmless(error).into() };
        let line = lines_of([row.cells()])?;
        self.file.as_mut().map_or(Ok(()), |file| file.write(&line))
    }

    /// Publishes the table, if there is one, and describes it.
    ///
    /// # Errors
    /// [`OutputError`] when the disk refuses.
    pub fn finish(self) -> Result<Option<(std::path::PathBuf, Resource)>, OutputError> {
        let Some(file) = self.file else { return Ok(None) };
        Ok(Some((file.finish()?, Resource::of::<JobFailureRow>())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_quoted_and_no_failure_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(folder.path()).unwrap();
        assert!(FailureTable::new(&output).finish().unwrap().is_none());
        assert_eq!(std::fs::read_dir(folder.path().join("tables")).unwrap().count(), 0);
        let mut table = FailureTable::new(&output);
        table.add(0, 7, "imposed", "no inversion, residual 3e-2\nhelp: \"less\"").unwrap();
        table.add(0, 8, "imposed", "no \u{1b}[31mred").unwrap();
        let (path, _) = table.finish().unwrap().unwrap();
        let mut reader = csv::Reader::from_path(path).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows[0], vec!["0", "7", "imposed", "no inversion, residual 3e-2\nhelp: \"less\""]);
        assert_eq!(rows[1], vec!["0", "8", "imposed", "no \\u{1b}[31mred"]);
    }
}
