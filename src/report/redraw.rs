//! The charts of a finished folder, drawn again from its tables.

use super::charts::{ChartError, PeriodContext, RegimeContext, Svg, bargaining};
use super::draw::{Drawing, is_page_of};
use super::draw_calibration::{self, CalibrationFacts, CalibrationRows, draw_calibration};
use super::draw_points::{self, PointChart, PointFacts, PointRows, draw_points};
use super::draw_sensitivity::{self, SensitivityFacts, SensitivityRows, draw_sensitivity};
use super::negotiation::{MetricRow, OffersRow, SettlementDateRow};
use super::recorded::{RecordedRun, Tables};
use crate::config::figures::{FigureForm, Figures, Palette};
use crate::config::suggest::one_of;
use crate::folder::OutputFolder;

/// What is drawn again.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Names of charts, or of their kinds (`who_pays` for that of every regime); all where there is none.
    pub only: Vec<String>,
    /// Names of regimes, shown beside the baseline; all where there is none.
    pub regimes: Vec<String>,
    /// The period, by its name; that of the study's own charts where there is none.
    pub period: Option<String>,
    /// The look of the charts; what it leaves open is as the study has it.
    pub look: Figures,
    /// The colours; those of the study where there is none.
    pub palette: Option<Palette>,
}

impl Wanted {
    /// Changes the look that the study has.
    fn dress(&self, look: &mut Figures) -> Result<(), ChartError> {
        let Figures { title, size_mm, font_size_pt, .. } = &self.look;
        look.title.clone_from(title);
        look.size_mm = size_mm.or(look.size_mm);
        look.font_size_pt = font_size_pt.or(look.font_size_pt);
        look.palette = self.palette.unwrap_or(look.palette);
        look.check().map_err(ChartError::Size)
    }
}

/// What was drawn.
#[derive(Clone, Debug, Default)]
pub struct Redrawn {
    /// The charts by their names; those that have nothing to show are left out.
    pub charts: Vec<(String, Svg)>,
    /// Names of charts that cannot be drawn from the folder, and why.
    pub left_out: Vec<(String, String)>,
    /// Names of charts drawn that do not show the period asked for, and what they show.
    pub other_period: Vec<(String, &'static str)>,
    /// Forms in which the study says that its charts are written; empty where it says nothing.
    pub forms: Vec<FigureForm>,
}

impl Redrawn {
    fn keep(
        &mut self,
        name: String,
        drawn: Result<Vec<(String, Svg)>, ChartError>,
        by_name: bool,
    ) -> Result<(), ChartError> {
        match drawn {
            Ok(pages) if pages.is_empty() && by_name => self.left_out.push((name, "it has nothing to show".to_owned())),
            Ok(pages) => self.charts.extend(pages),
            Err(ChartError::Unrecorded { reason, .. }) => self.left_out.push((name, reason)),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Draws the charts of a finished folder from its tables: at the settings of the study, to the byte what the study drew.
///
/// # Errors
/// [`ChartError::Choice`] for a chart, regime or period that the folder does not have; [`ChartError::Folder`] and [`ChartError::Table`]
/// where it cannot be read.
pub fn redraw(folder: &OutputFolder, wanted: &Wanted) -> Result<Redrawn, ChartError> {
    let tables = Tables::of(folder)?;
    let mut redrawn = Redrawn::default();
    let mut names: Vec<String> = Vec::new();
    let is_wanted =
        |name: &str, kind: &str| wanted.only.is_empty() || wanted.only.iter().any(|only| only == name || only == kind);
    let by_name = |name: &str| wanted.only.iter().any(|only| only == name);
    // Whether regimes and periods can be chosen here.
    let mut of_regimes = false;
    if let Some(mut facts) = tables.facts::<PointFacts>(draw_points::FACTS)? {
        of_regimes = true;
        wanted.dress(&mut facts.context.look)?;
        redrawn.forms.clone_from(&facts.context.look.forms);
        if let Some(period) = chosen_period(&facts.periods, wanted)? {
            facts.context.period = facts.periods[period].clone();
        }
        let mut rows = PointRows::read(&facts, |name| tables.read(name))?;
        if !wanted.regimes.is_empty() {
            known_regimes(&facts.context.regimes, wanted)?;
            let baseline = facts.context.baseline.clone();
            facts.regimes.retain(|regime| *regime == baseline || wanted.regimes.contains(regime));
            facts.context.regimes.retain(|regime| facts.regimes.contains(&regime.name));
            rows.choose(&facts.regimes);
        }
        for chart in draw_points(&facts, &rows)? {
            if is_wanted(&chart.name, chart.kind) {
                redrawn.charts.push((chart.name.clone(), chart.svg));
            }
            names.extend([chart.name, chart.kind.to_owned()]);
        }
    }
    if let Some(mut recorded) = RecordedRun::of(&tables)? {
        of_regimes = true;
        let facts = &mut recorded.facts;
        facts.bargains.iter_mut().try_for_each(|(_, caption)| wanted.dress(&mut caption.look))?;
        wanted.dress(&mut facts.context.look)?;
        redrawn.forms.clone_from(&facts.context.look.forms);
        let period = chosen_period(&facts.periods, wanted)?;
        if !wanted.regimes.is_empty() {
            known_regimes(&recorded.facts.context.regimes, wanted)?;
            recorded.choose(&wanted.regimes);
        }
        let drawing = Drawing::recorded(recorded, period);
        // Of a kind that was named those that have nothing to show are told where all have not: the baseline never has some.
        let mut empty: Vec<(&str, bool)> = Vec::new();
        for chart in drawing.charts() {
            if is_wanted(&chart.name, chart.kind) {
                let drawn = redrawn.charts.len();
                redrawn.keep(chart.name.clone(), chart.pages(), by_name(&chart.name))?;
                let is_empty = redrawn.charts.len() == drawn && chart.name != chart.kind;
                match empty.iter_mut().find(|(kind, _)| *kind == chart.kind) {
                    Some((_, all)) => *all &= is_empty,
                    None => empty.push((chart.kind, is_empty)),
                }
                if redrawn.charts.len() > drawn && wanted.period.is_some() {
                    redrawn.other_period.extend(chart.whatever_period.map(|shown| (chart.name.clone(), shown)));
                }
            }
            names.extend([chart.name, chart.kind.to_owned()]);
        }
        let nothing = empty.into_iter().filter(|(kind, all)| *all && by_name(kind));
        let told = nothing.map(|(kind, _)| (kind.to_owned(), "it has nothing to show".to_owned()));
        redrawn.left_out.extend(told);
    }
    if let Some(mut caption) = tables.facts::<bargaining::Caption>(BARGAINING)? {
        wanted.dress(&mut caption.look)?;
        redrawn.forms.clone_from(&caption.look.forms);
        for (name, drawn) in bargaining_alone(&tables, caption)? {
            if is_wanted(name, name) {
                let drawn = drawn.map(|svg| svg.map(|svg| (name.to_owned(), svg)).into_iter().collect());
                redrawn.keep(name.to_owned(), drawn, by_name(name))?;
            }
            names.push(name.to_owned());
        }
    }
    let mut kept = |charts: Vec<PointChart>, forms: Vec<FigureForm>, redrawn: &mut Redrawn| {
        redrawn.forms = forms;
        for chart in charts {
            if is_wanted(&chart.name, chart.kind) {
                redrawn.charts.push((chart.name.clone(), chart.svg));
            }
            names.extend([chart.name, chart.kind.to_owned()]);
        }
    };
    if let Some(mut facts) = tables.facts::<SensitivityFacts>(draw_sensitivity::FACTS)? {
        facts.outputs.iter_mut().try_for_each(|context| wanted.dress(&mut context.look))?;
        let forms = facts.outputs.first().map(|context| context.look.forms.clone());
        let rows = SensitivityRows::read(&facts, |name| tables.read(name))?;
        kept(draw_sensitivity(&facts, &rows)?, forms.unwrap_or_default(), &mut redrawn);
    }
    if let Some(mut facts) = tables.facts::<CalibrationFacts>(draw_calibration::FACTS)? {
        wanted.dress(&mut facts.look)?;
        let rows = CalibrationRows::read(|name| tables.read(name))?;
        kept(draw_calibration(&facts, &rows)?, facts.look.forms.clone(), &mut redrawn);
    }
    if !of_regimes {
        // Charts of other studies show one thing each.
        wanted.regimes.iter().try_for_each(|regime| known("regime", regime, std::iter::empty()))?;
        wanted.period.iter().try_for_each(|period| known("period", period, std::iter::empty()))?;
    }
    // What the folder has beside them.
    for name in stored(folder) {
        if !names.iter().any(|known| *known == name || is_page_of(&name, known)) {
            if is_wanted(&name, &name) {
                let reason = "this study's charts are drawn with the study alone, not from its tables";
                redrawn.left_out.push((name.clone(), reason.to_owned()));
            }
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    // Names that there might have been are known; those that the folder has are told.
    let there = stored(folder);
    let has = |name: &&String| there.is_empty() || there.iter().any(|chart| chart.starts_with(name.as_str()));
    let told: Vec<&str> = names
        .iter()
        .filter(has)
        .filter(|name| !names.iter().any(|of| is_page_of(name, of)))
        .map(String::as_str)
        .collect();
    for only in wanted.only.iter().filter(|only| !names.contains(only)) {
        known("chart", only, told.iter().copied())?;
    }
    Ok(redrawn)
}

/// Key of what charts of the bargaining alone say beside its tables.
pub const BARGAINING: &str = "bargaining_charts";

type DrawnAlone = (&'static str, Result<Option<Svg>, ChartError>);

/// The charts of `stickershock negotiate`.
fn bargaining_alone(tables: &Tables, mut caption: bargaining::Caption) -> Result<Vec<DrawnAlone>, ChartError> {
    let rows: Vec<MetricRow> = tables.rows()?;
    let mean = |metric: &str| rows.iter().find(|row| row.metric == metric).map_or(f64::NAN, |row| row.mean);
    caption.outcomes = bargaining::OUTCOMES.map(mean);
    let offers: Vec<OffersRow> = tables.rows()?;
    let dates: Vec<SettlementDateRow> = tables.rows()?;
    Ok(bargaining::both(&offers, &dates, &caption).into())
}

/// Names of the charts that stand in the folder, by its manifest.
fn stored(folder: &OutputFolder) -> Vec<String> {
    let manifest = folder.manifest().unwrap_or_default();
    let files = manifest["files"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    files.filter_map(|file| file.strip_prefix("charts/")?.strip_suffix(".svg")).map(str::to_owned).collect()
}

fn chosen_period(periods: &[PeriodContext], wanted: &Wanted) -> Result<Option<usize>, ChartError> {
    let Some(name) = &wanted.period else { return Ok(None) };
    known("period", name, periods.iter().map(|period| period.name.as_str()))?;
    Ok(periods.iter().position(|period| period.name == *name))
}

fn known_regimes(regimes: &[RegimeContext], wanted: &Wanted) -> Result<(), ChartError> {
    let names = || regimes.iter().map(|regime| regime.name.as_str());
    wanted.regimes.iter().try_for_each(|regime| known("regime", regime, names()))
}

fn known<'a>(what: &'static str, name: &str, names: impl Iterator<Item = &'a str>) -> Result<(), ChartError> {
    let names: Vec<&str> = names.collect();
    if names.contains(&name) {
        return Ok(());
    }
    let remedy = match names.is_empty() {
        true => format!("this folder has no {what} that can be drawn from its tables"),
        false => one_of(name, &names),
    };
    Err(ChartError::Choice { what, name: name.to_owned(), remedy })
}
