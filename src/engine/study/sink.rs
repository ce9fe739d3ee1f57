//! What takes the results of a study: the writer of a folder, or nobody.

use std::path::PathBuf;

use serde_json::Value;

use super::finished::{Finished, FinishedPoints};
use super::points::{Names, PointMoments};
use super::prepare::Study;
use crate::config::design::Point;
use crate::config::{Loaded, StudyDesign};
use crate::folder::OutputError;
use crate::model::ids::RegimeId;
use crate::model::outcome::Outcome;

/// What was written of a finished study.
#[derive(Debug, Default)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// What there is to say of the results in the manifest.
    pub manifest: Vec<(&'static str, Value)>,
}

/// Why a finished study cannot be written.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes results as they come: what grows with the number of replications or points goes through here and is not kept elsewhere, and
/// the rest comes at the end. Every method has a default that does nothing; [`()`](unit) takes nothing.
pub trait Sink: Send {
    /// The commit that the program was built from, for the manifest.
    fn commit(&self) -> &'static str {
        "unknown"
    }

    /// What a study was read from, before anything else is told of it.
    fn begins(&mut self, _loaded: &Loaded) {}

    /// A study of one point begins.
    ///
    /// # Errors
    /// [`OutputError`], here and below, when what is taken cannot be written; the study ends with it.
    fn study(&mut self, _study: &Study, _regimes: &[RegimeId]) -> Result<(), OutputError> {
        Ok(())
    }
    /// The outcomes of one replication, in the order of the regimes. Replications come in their order.
    ///
    /// # Errors
    /// As [`Sink::study`].
    fn replication(&mut self, _replication: u64, _outcomes: &[Outcome]) -> Result<(), OutputError> {
        Ok(())
    }
    /// A job that failed.
    ///
    /// # Errors
    /// As [`Sink::study`].
    fn failure(&mut self, _point: usize, _replication: u64, _regime: &str, _error: &str) -> Result<(), OutputError> {
        Ok(())
    }
    /// All jobs are over and there is no result.
    ///
    /// # Errors
    /// As [`Sink::study`].
    fn nothing(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
    /// The finished study of one point.
    ///
    /// # Errors
    /// [`SinkError`] when it cannot be written.
    fn finish(&mut self, _finished: &Finished) -> Result<Written, SinkError> {
        Ok(Written::default())
    }
    /// A study of many points begins.
    ///
    /// # Errors
    /// As [`Sink::study`].
    fn points(&mut self, _design: &StudyDesign) -> Result<(), OutputError> {
        Ok(())
    }
    /// A point is done. Points come in their order.
    ///
    /// # Errors
    /// As [`Sink::study`].
    fn point(
        &mut self,
        _at: usize,
        _point: &Point,
        _names: &Names,
        _moments: &PointMoments,
    ) -> Result<(), OutputError> {
        Ok(())
    }
    /// The finished study of many points.
    ///
    /// # Errors
    /// [`SinkError`] when it cannot be written.
    fn finish_points(&mut self, _finished: &FinishedPoints) -> Result<Written, SinkError> {
        Ok(Written::default())
    }
}

impl Sink for () {}
