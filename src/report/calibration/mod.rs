//! The tables, overlays and the page of a calibration.

pub mod overlay;
pub mod page;
pub mod rows;

use std::path::PathBuf;

use self::rows::{EstimateDrawRow, FitRow, IdentificationRow, ParameterRow, StatisticRow, TraceRow, WarningRow};
use super::package::{Resource, data_package};
use super::record::TableData;
use super::sensitivity::table;
use crate::config::calibration::Calibration;
use crate::folder::{OutputError, OutputFolder};
use crate::study::calibration::FinishedCalibration;

/// Points drawn from the estimated distribution for `draws.csv`.
const DRAWS: usize = 256;

/// Writes tables, overlays and the data dictionary; returns their paths.
///
/// # Errors
/// [`OutputError`] when the disk refuses.
pub fn write_tables(
    folder: &OutputFolder,
    calibration: &Calibration,
    finished: &FinishedCalibration,
) -> Result<Vec<PathBuf>, OutputError> {
    let tables = [
        TableData::new(&FitRow::all(calibration, finished))?,
        TableData::new(&ParameterRow::all(calibration, finished))?,
        TableData::new(&IdentificationRow::all(calibration, finished))?,
        TableData::new(&StatisticRow::all(calibration, finished))?,
        TableData::new(&WarningRow::all(finished))?,
        table(
            TraceRow::TABLE,
            TraceRow::DESCRIPTION,
            TraceRow::KEY,
            TraceRow::fields(calibration),
            TraceRow::cells(calibration, finished).into_iter(),
        )?,
        table(
            EstimateDrawRow::TABLE,
            EstimateDrawRow::DESCRIPTION,
            EstimateDrawRow::KEY,
            EstimateDrawRow::fields(calibration),
            EstimateDrawRow::cells(&overlay::draws(calibration, finished, DRAWS)).into_iter(),
        )?,
    ];
    let mut paths = Vec::new();
    for table in &tables {
        paths.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
    }
    for (name, text) in overlay::files(calibration, finished) {
        paths.push(folder.write(&name, text.as_bytes())?);
    }
    let resources: Vec<Resource> = tables.iter().map(Resource::from).collect();
    let scenario = &calibration.scenarios[0].scenario;
    #[cfg_attr(not(feature = "charts"), expect(unused_mut, reason = "there are no charts to speak of"))]
    let mut package = data_package(&scenario.name, &scenario.title, &resources);
    #[cfg(feature = "charts")]
    {
        use super::draw_calibration::{CalibrationFacts, FACTS};
        package[FACTS] = serde_json::to_value(CalibrationFacts::of(calibration, finished)).unwrap_or_default();
    }
    paths.push(folder.write("datapackage.json", format!("{package:#}\n").as_bytes())?);
    Ok(paths)
}
