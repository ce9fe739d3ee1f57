//! What is written of a bargaining that stands alone: its tables, its charts, and the package that describes them.

use std::path::PathBuf;

use super::bargaining::Bargain;
use super::negotiation::{MarketFlowsRow, MetricRow, SignRow};
use super::package::{Resource, data_package};
use super::record::TableData;
use crate::config::Loaded;
use crate::folder::{OutputError, OutputFolder};
use crate::study::bargained::FinishedBargaining;

/// Writes the tables; gives their files and what the package says of them.
///
/// # Errors
/// [`OutputError`] when the folder refuses.
pub fn write_tables(
    folder: &OutputFolder,
    finished: &FinishedBargaining,
) -> Result<(Vec<PathBuf>, Vec<Resource>), OutputError> {
    let bargain = Bargain::of(&finished.bargained);
    let metrics: Vec<MetricRow> = finished.metrics.iter().map(MetricRow::from).collect();
    let mut tables = vec![TableData::new(&metrics)?, TableData::new(&bargain.offers)?];
    if !bargain.dates.is_empty() {
        tables.push(TableData::new(&bargain.dates)?);
    }
    if finished.from_market {
        let rows: Vec<MarketFlowsRow> =
            finished.setup.flows.points().map(|(rate, flows)| MarketFlowsRow::new(rate, &flows)).collect();
        tables.push(TableData::new(&rows)?);
    }
    if !finished.signs.is_empty() {
        let signs: Vec<SignRow> = finished.signs.iter().map(SignRow::from).collect();
        tables.push(TableData::new(&signs)?);
    }
    let mut files = Vec::new();
    for table in &tables {
        files.push(folder.write(&format!("tables/{}.csv", table.name), &table.csv)?);
    }
    Ok((files, tables.iter().map(Resource::from).collect()))
}

/// Writes the charts; gives their files.
///
/// # Errors
/// [`ChartError`](super::charts::ChartError) when one cannot be drawn or written.
#[cfg(feature = "charts")]
pub fn write_charts(
    folder: &OutputFolder,
    loaded: &Loaded,
    finished: &FinishedBargaining,
) -> Result<Vec<PathBuf>, super::charts::ChartError> {
    let bargain = Bargain::of(&finished.bargained);
    let caption = caption(loaded, finished, &bargain);
    let charts = folder.below("charts");
    let mut files = Vec::new();
    for (name, chart) in super::charts::bargaining::both(&bargain.offers, &bargain.dates, &caption) {
        if let Some(svg) = chart? {
            files.extend(super::charts::write_into(&charts, &svg, name, loaded.look.written())?);
        }
    }
    Ok(files)
}

/// Writes the package of the tables, with what charts drawn of them again have to know.
///
/// # Errors
/// [`OutputError`] when the folder refuses.
#[cfg_attr(not(feature = "charts"), expect(unused_mut, unused_variables, reason = "there are no charts to speak of"))]
pub fn write_package(
    folder: &OutputFolder,
    loaded: &Loaded,
    finished: &FinishedBargaining,
    resources: &[Resource],
) -> Result<PathBuf, OutputError> {
    let mut package = data_package(&loaded.scenario.name, &loaded.scenario.title, resources);
    #[cfg(feature = "charts")]
    if let Ok(facts) = serde_json::to_value(caption(loaded, finished, &Bargain::of(&finished.bargained))) {
        package[super::redraw::BARGAINING] = facts;
    }
    folder.write("datapackage.json", format!("{package:#}\n").as_bytes())
}

#[cfg(feature = "charts")]
fn caption(loaded: &Loaded, finished: &FinishedBargaining, bargain: &Bargain) -> super::charts::bargaining::Caption {
    bargain.caption(&loaded.scenario, &loaded.look, "bargaining alone", &finished.setup)
}
