//! The tables of a finished study of many points that are made when all of it is there.

use super::points::{
    DrawTables, EveryPointRows, PointFailureRow, UncertaintyRow, draw_rows, draw_tables, uncertainty_rows,
};
use super::study::LazyTable;
use crate::config::StudyDesign;
use crate::folder::OutputError;
use crate::platform::threads::join;
use crate::study::FinishedPoints;

/// What the draws of a study show, of which tables, charts and the report are made; nothing of a sweep.
#[derive(Debug, Default)]
pub struct ShownByDraws {
    /// Rows of `uncertainty.csv`.
    pub uncertainty: Vec<UncertaintyRow>,
    /// Rows of the other tables.
    pub tables: DrawTables,
}

impl ShownByDraws {
    /// What a study of draws shows.
    #[must_use]
    pub fn of(finished: &FinishedPoints) -> Self {
        let FinishedPoints { design, points, results, replications, .. } = finished;
        match design {
            StudyDesign::Uncertainty(draws) => {
                let (uncertainty, tables) = join(
                    || uncertainty_rows(results, *replications),
                    || draw_tables(draws, points, results, *replications),
                );
                Self { uncertainty, tables }
            }
            StudyDesign::Sweep(_) => Self::default(),
        }
    }
}

/// The tables of a study of many points beside that of every point ([`every_draw`]), each made when it is asked for. One without rows says
/// nothing and is none of them.
#[must_use]
pub fn point_tables<'a>(finished: &'a FinishedPoints, shown: &'a ShownByDraws) -> Vec<LazyTable<'a>> {
    let FinishedPoints { design, points, failures, .. } = finished;
    let mut tables = Vec::new();
    if let StudyDesign::Uncertainty(draws) = design {
        let DrawTables { widths, structures, effects } = &shown.tables;
        tables.push(LazyTable::of(|| shown.uncertainty.clone()));
        tables.push(LazyTable::of(|| draw_rows(draws, points)));
        tables.push(LazyTable::of(|| widths.clone()));
        if !structures.is_empty() {
            tables.push(LazyTable::of(|| structures.clone()));
        }
        if !effects.is_empty() {
            tables.push(LazyTable::of(|| effects.clone()));
        }
    }
    if !failures.is_empty() {
        let row = |(point, error): &(_, String)| PointFailureRow::new(point, error);
        tables.push(LazyTable::of(move || failures.iter().map(row).collect()));
    }
    tables
}

/// The table of every point of a study of draws, `draw_results.csv`.
///
/// # Errors
/// [`OutputError::Csv`] when it cannot be rendered.
pub fn every_draw(finished: &FinishedPoints) -> Result<(EveryPointRows, Vec<u8>), OutputError> {
    let rows = EveryPointRows::of(&finished.design);
    let mut csv = rows.header()?;
    for (draw, moments) in finished.results.points() {
        csv.extend(rows.lines(*draw, &[], finished.results.names(), moments)?);
    }
    Ok((rows, csv))
}
