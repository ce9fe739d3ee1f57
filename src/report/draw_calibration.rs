//! The charts of a calibration, from its results.

use std::path::PathBuf;

use super::charts::calibration::{FitPoint, Heat, draw_fit, draw_identification};
use super::charts::{ChartError, write_into};
use crate::config::calibration::Calibration;
use crate::folder::OutputFolder;
use crate::study::calibration::FinishedCalibration;

/// Draws and writes the charts as SVG and PNG; returns their paths.
///
/// # Errors
/// [`ChartError`] when a chart cannot be drawn or written.
pub fn write_charts(
    folder: &OutputFolder,
    calibration: &Calibration,
    finished: &FinishedCalibration,
) -> Result<Vec<PathBuf>, ChartError> {
    let charts = folder.below("charts");
    let (problem, estimate) = (&calibration.problem, &finished.estimate);
    let title = &calibration.scenarios[0].scenario.title;
    let look = &calibration.scenarios[0].look;
    let label = |i: usize| calibration.evidence[calibration.fitted[i]].label.clone();
    let point = |i: usize| {
        let target = &problem.targets[i];
        let distance = |moment: f64| target.miss(moment) / target.std_error;
        FitPoint {
            label: label(i),
            unit: calibration.evidence[calibration.fitted[i]].unit.clone(),
            data: target.end(estimate.moments[i]),
            model: estimate.moments[i],
            distance: distance(estimate.moments[i]),
            noise: estimate.noise[(i, i)].sqrt() / target.std_error,
            start: distance(finished.at_start[i]),
        }
    };
    let points: Vec<FitPoint> = (0..problem.targets.len()).map(point).collect();
    let j = match estimate.degrees {
        0 => "exactly identified".to_owned(),
        degrees => {
            let p = if estimate.p_value < 1e-3 { "below 0.001".to_owned() } else { format!("{:.3}", estimate.p_value) };
            format!("J {:.1} with {degrees} degrees of freedom, p {p}", estimate.j)
        }
    };
    let footer = format!(
        "{title}: {} evaluations, {} seeds for the noise; {j}. Standard errors of the evidence are mostly tolerances.",
        finished.trace.len(),
        estimate.seeds
    );
    let mut paths = write_into(&charts, &draw_fit(&points, &footer, look)?, "fit", look.written())?;
    let cells = (0..problem.targets.len()).map(|i| {
        let target = &problem.targets[i];
        let scaled = |k: usize| {
            let free = &problem.free[k];
            // A later block's parameters are not asked of an earlier block's moments.
            let asked = free.block <= target.block;
            if asked { estimate.jacobian[(i, k)] * (free.high - free.low) / target.std_error } else { f64::NAN }
        };
        (0..problem.free.len()).map(scaled).collect()
    });
    let heat = Heat {
        rows: (0..problem.targets.len()).map(label).collect(),
        columns: calibration.labels.clone(),
        cells: cells.collect(),
    };
    paths.extend(write_into(&charts, &draw_identification(&heat, &footer, look)?, "identification", look.written())?);
    Ok(paths)
}
