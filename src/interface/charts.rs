//! Charts of a finished study, as SVG.

use super::error::Error;
use crate::config::figures::Figures;
use crate::report::charts::Svg;
use crate::report::draw::{Drawing, is_page_of};
use crate::report::point_tables::ShownByDraws;
use crate::study::{Finished, FinishedPoints};

/// Names of the charts of a run.
pub(super) fn names_of_run(finished: &Finished, look: &Figures) -> Vec<String> {
    Drawing::of(finished, look).charts().into_iter().map(|chart| chart.name).collect()
}

/// A chart of a study, over the reporting period or one that is named.
pub(super) fn of_run(
    finished: &Finished,
    name: &str,
    period: Option<&str>,
    look: &Figures,
) -> Result<Option<String>, Error> {
    let scenario = finished.study.scenario();
    let position = match period {
        None => None,
        Some(period) => Some(scenario.periods.iter().position(|known| known.name == period).ok_or_else(|| {
            let known: Vec<String> = scenario.periods.iter().map(|period| period.name.clone()).collect();
            Error::unknown("period", period, &known)
        })?),
    };
    let drawing = Drawing::over(finished, position, look);
    let charts = drawing.charts();
    if let Some(chart) = charts.iter().find(|chart| chart.name == name) {
        return Ok(chart.draw()?.map(|svg| svg.as_str().to_owned()));
    }
    let of_pages = charts.iter().filter(|chart| is_page_of(name, &chart.name));
    for chart in of_pages {
        if let Some((_, svg)) = chart.pages()?.into_iter().find(|(page, _)| page == name) {
            return Ok(Some(svg.as_str().to_owned()));
        }
    }
    let known: Vec<String> = charts.iter().map(|chart| chart.name.clone()).collect();
    Err(Error::unknown("chart", name, &known))
}

/// Names of the charts of a study of many points, those of its points first.
pub(super) fn names_of_points(points: &FinishedPoints, look: &Figures) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = own_charts(points, look)?.into_iter().map(|(name, _)| name).collect();
    names.extend(points.run.as_deref().map(|run| names_of_run(run, look)).unwrap_or_default());
    Ok(names)
}

/// A chart of a study of many points: one of its points, or of all of them as one run, which may be over a period that is named.
pub(super) fn of_points(
    points: &FinishedPoints,
    name: &str,
    period: Option<&str>,
    look: &Figures,
) -> Result<Option<String>, Error> {
    let unknown = || Error::unknown("chart", name, &names_of_points(points, look).unwrap_or_default());
    let own = own_charts(points, look)?.into_iter().find(|(own, _)| own == name);
    match (own, points.run.as_deref()) {
        (Some((_, svg)), _) => Ok(Some(svg.as_str().to_owned())),
        (None, Some(run)) => of_run(run, name, period, look).map_err(|error| match error.value() {
            Some(value) if value == name => unknown(),
            _ => error,
        }),
        (None, None) => Err(unknown()),
    }
}

/// The charts of the points themselves.
fn own_charts(points: &FinishedPoints, look: &Figures) -> Result<Vec<(String, Svg)>, Error> {
    let FinishedPoints { scenario, design, results, .. } = points;
    let shown = ShownByDraws::of(points);
    let charts = crate::report::draw_points::point_charts;
    Ok(charts(scenario, design, results, &shown.uncertainty, &shown.tables.effects, look)?)
}
