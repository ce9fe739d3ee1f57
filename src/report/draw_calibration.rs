//! The charts of a calibration, from its results or from the tables of its folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::calibration::rows::{FitRow, IdentificationRow};
use super::charts::calibration::{FitPoint, Heat, draw_fit, draw_identification};
use super::charts::{ChartError, Svg, write_into};
use super::draw_points::PointChart;
use super::record::read_rows;
use crate::calibration::Target;
use crate::config::calibration::Calibration;
use crate::config::figures::Figures;
use crate::folder::OutputFolder;
use crate::study::calibration::FinishedCalibration;

/// What the charts of a calibration say beside its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationFacts {
    /// The foot of its charts.
    pub footer: String,
    /// Blocks in the order in which they are estimated.
    pub blocks: Vec<String>,
    /// Name, label and block of each parameter, in the order of the tables.
    pub parameters: Vec<(String, String, usize)>,
    /// How charts are to look.
    pub look: Figures,
}

/// Key of the facts in `datapackage.json`.
pub const FACTS: &str = "calibration_charts";

impl CalibrationFacts {
    /// Those of a calibration.
    #[must_use]
    pub fn of(calibration: &Calibration, finished: &FinishedCalibration) -> Self {
        let (problem, estimate) = (&calibration.problem, &finished.estimate);
        let title = &calibration.scenarios[0].scenario.title;
        let j = match estimate.degrees {
            0 => "exactly identified".to_owned(),
            degrees => {
                let p =
                    if estimate.p_value < 1e-3 { "below 0.001".to_owned() } else { format!("{:.3}", estimate.p_value) };
                format!("J {:.1} with {degrees} degrees of freedom, p {p}", estimate.j)
            }
        };
        let footer = format!(
            "{title}: {} evaluations, {} seeds for the noise; {j}. Standard errors of the evidence are mostly tolerances.",
            finished.trace.len(),
            estimate.seeds
        );
        let named = problem.free.iter().zip(&calibration.labels);
        Self {
            footer,
            blocks: problem.blocks.clone(),
            parameters: named.map(|(free, label)| (free.name.clone(), label.clone(), free.block)).collect(),
            look: calibration.scenarios[0].look.clone(),
        }
    }
}

/// The rows that the charts of a calibration are drawn from.
#[derive(Clone, Debug)]
pub struct CalibrationRows {
    fit: Vec<FitRow>,
    identification: Vec<IdentificationRow>,
}

impl CalibrationRows {
    fn of(calibration: &Calibration, finished: &FinishedCalibration) -> Self {
        Self { fit: FitRow::all(calibration, finished), identification: IdentificationRow::all(calibration, finished) }
    }

    /// Those of the tables of a folder; `read` gives the text of one, nothing where there is none.
    ///
    /// # Errors
    /// [`ChartError`] where one cannot be read.
    pub fn read(read: impl Fn(&str) -> Result<Option<Vec<u8>>, ChartError>) -> Result<Self, ChartError> {
        Ok(Self {
            fit: read("fit")?.map_or_else(|| Ok(Vec::new()), |csv| read_rows(&csv))?,
            identification: read("identification")?.map_or_else(|| Ok(Vec::new()), |csv| read_rows(&csv))?,
        })
    }
}

/// Draws and writes the charts in the forms of the study; returns their paths.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(
    folder: &OutputFolder,
    calibration: &Calibration,
    finished: &FinishedCalibration,
) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let facts = CalibrationFacts::of(calibration, finished);
    let mut paths = Vec::new();
    for chart in draw_calibration(&facts, &CalibrationRows::of(calibration, finished))? {
        paths.extend(write_into(&charts, &chart.svg, &chart.name, facts.look.written())?);
    }
    Ok(paths)
}

/// The charts of rows and what is said beside them; those that have nothing to show are left out.
///
/// # Errors
/// [`ChartError`] when one cannot be drawn.
pub fn draw_calibration(facts: &CalibrationFacts, rows: &CalibrationRows) -> Result<Vec<PointChart>, ChartError> {
    let points: Vec<FitPoint> = rows.fit.iter().map(point).collect();
    let block = |name: &str| facts.blocks.iter().position(|known| known == name).unwrap_or(usize::MAX);
    let cells = |fit: &FitRow| {
        let cell = |(name, _, own): &(String, String, usize)| {
            // A later block's parameters are not asked of an earlier block's moments.
            let mut all = rows.identification.iter().filter(|_| *own <= block(&fit.block));
            let row = all.find(|row| row.moment == fit.moment && row.parameter == *name);
            row.map_or(f64::NAN, |row| row.scaled_derivative)
        };
        facts.parameters.iter().map(cell).collect()
    };
    let heat = Heat {
        rows: rows.fit.iter().map(|fit| fit.label.clone()).collect(),
        columns: facts.parameters.iter().map(|(_, label, _)| label.clone()).collect(),
        cells: rows.fit.iter().map(cells).collect(),
    };
    let drawn: [(&'static str, Result<Svg, ChartError>); 2] = [
        ("fit", draw_fit(&points, &facts.footer, &facts.look)),
        ("identification", draw_identification(&heat, &facts.footer, &facts.look)),
    ];
    let mut charts = Vec::new();
    for (kind, svg) in drawn {
        match svg {
            Ok(svg) => charts.push(PointChart { name: kind.to_owned(), kind, svg: svg.with_data(kind) }),
            Err(ChartError::Empty { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(charts)
}

/// A moment as the chart of the fit shows it.
fn point(row: &FitRow) -> FitPoint {
    let open = |end: f64, side: f64| if end.is_nan() { side } else { end };
    let range = [open(row.data_low, f64::NEG_INFINITY), open(row.data_high, f64::INFINITY)];
    let target = Target {
        name: row.moment.clone(),
        block: 0,
        range,
        std_error: row.data_std_error,
        weight: row.weight,
        solved: false,
    };
    FitPoint {
        label: row.label.clone(),
        unit: if row.unit == "none" { String::new() } else { row.unit.clone() },
        range,
        model: row.model,
        distance: target.miss(row.model) / row.data_std_error,
        noise: row.simulation_std_error / row.data_std_error,
        start: target.miss(row.model_at_start) / row.data_std_error,
    }
}
