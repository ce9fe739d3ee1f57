//! The reports of studies of many points: sweeps, and draws of what is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::origin::{StudyOrigin, regimes_option};
use super::over::{MARK, shown_over, what_the_mark_means};
use super::words::{between, counted, dates, different, list, number};
use super::{
    Alternatives, Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show,
};
use crate::config::StudyDesign;
use crate::config::sweep::{Setting, Sweep, SweepKind};
use crate::config::uncertainty::Uncertainty;
use crate::config::warnings::warnings;
use crate::model::outcome::Period;
use crate::model::scenario::Scenario;
use crate::numerics::moments::Moments;
use crate::report::build::Report;
use crate::report::points::{DrawTables, NARROWS, StructureRow, WidthRow, chart_choice, setting_text, shown};
use crate::report::words::describe;
use crate::report::words::first_that_moves;
use crate::study::finished::FinishedPoints;
use crate::study::points::Names;

/// Level of the intervals of points.
const LEVEL: f64 = 0.95;
/// Rows of a frame; beyond, points at the end are left out.
const MOST_ROWS: usize = 12_000;

/// Sections of a run that stand before the widths of its draws: the regimes side by side, and who pays.
const FIRST_SECTIONS: usize = 2;

/// A metric as a page shows it.
struct Measured {
    /// Its place among the names.
    metric: usize,
    /// What it is.
    what: String,
    /// The same with its unit.
    label: String,
    show: Show,
    /// What turns a total of the period into what is shown.
    rate: f64,
    /// The same of the whole horizon.
    whole_rate: f64,
    /// Whether it is a sum over the period, so that the rate is not 1.
    is_flow: bool,
    /// Whether it is what a party gains.
    party: bool,
    /// Whether the study names it.
    named: bool,
}

/// The column of a frame of widths that has regimes as they stand beside each other.
const REGIME_SHOWN: usize = 5;

/// What the pages of points share.
struct Points<'a> {
    finished: &'a FinishedPoints,
    scenario: &'a Scenario,
    names: &'a Names,
    period: usize,
    labels: Vec<String>,
    measured: Vec<Measured>,
    /// Names of the regimes that impose nothing, which are shown over the whole horizon; where the study has the tables of a run.
    whole: Vec<String>,
    /// Name of the regime that the answer is about, where the study has the tables of a run.
    lead: Option<String>,
}

/// The report of a study of many points; `tables` are those of its draws.
#[must_use]
pub fn page(finished: &FinishedPoints, tables: &DrawTables, origin: Option<&StudyOrigin>) -> Page {
    let mut points = Points::of(finished);
    if finished.run.is_some() {
        // The accounts of all parties stand side by side there.
        points.measured.retain(|measured| !measured.party || measured.named);
    }
    if let Some(run) = &finished.run {
        let report = Report::of(run);
        let over = shown_over(&report);
        let arms = report.results.arms().filter(|arm| over[arm.0] != points.period && over[arm.0] == 0);
        points.whole = arms.map(|arm| report.regime_name(arm)).collect();
        let lead = super::predicted::Predicted::of(run, tables).lead();
        points.lead = lead.map(|place| run.study.scenario().regimes[run.regimes[place]].name.clone());
    }
    let (scenario, replications) = (points.scenario, finished.replications);
    let mut page = Page { title: scenario.title.clone(), warnings: warnings(scenario), ..Page::default() };
    if let Some((_, first)) = finished.failures.first() {
        page.warnings.push(format!(
            "{} of {} points have no result and are in none of the numbers (tables/failures.csv); the first: {}",
            finished.failures.len(),
            finished.points.len(),
            first.replace('\n', "; ")
        ));
    }
    match &finished.design {
        StudyDesign::Sweep(sweep) => points.sweep(sweep, &mut page),
        StudyDesign::Uncertainty(draws) => points.draws(draws, tables, &mut page),
    }
    if let Some(run) = &finished.run {
        page.kind = "Policy regimes compared, with what is not known of them".into();
        page.answer = super::predicted::answer(finished, run, tables);
        let widths = std::mem::take(&mut page.sections);
        super::run::add_to(run, &super::predicted::Predicted::of(run, tables), &mut page);
        // After the regimes and the parties, before sales.
        let at = page.sections.len().min(FIRST_SECTIONS);
        page.sections.splice(at..at, widths);
    }
    if let Some(origin) = origin {
        origin.section(&mut page);
        let regimes = regimes_option(points.names.regimes.iter().map(String::as_str), scenario.regimes.len());
        let rest = format!(" --seed {} --replications {replications}{regimes}", scenario.seed);
        let cited = format!(
            "{}, {} of {}, seed {}",
            scenario.name,
            counted(finished.points.len() as u64, "point"),
            counted(replications, "replication"),
            scenario.seed
        );
        page.again = origin.again("run", &rest, true, &cited);
    }
    page
}

/// A setting as a chart's value: a number where it is one.
fn setting(setting: &Setting) -> FrameValue {
    match setting {
        Setting::Number(number) => FrameValue::Number(*number),
        other => FrameValue::Text(setting_text(other)),
    }
}

impl<'a> Points<'a> {
    fn of(finished: &'a FinishedPoints) -> Self {
        let (scenario, names) = (&finished.scenario, finished.results.names());
        let (period, mut metrics) = shown(names, chart_choice(&finished.design), scenario).unwrap_or((0, vec![0]));
        // Expected sales in place of drawn ones, where there are some.
        for metric in &mut metrics {
            let expected = format!("expected_{}", names.metrics[*metric]);
            let known = names.metrics.iter().position(|name| *name == expected);
            let finite = |at: &usize| {
                let point = finished.results.points().first();
                point.is_some_and(|(_, moments)| moments.level(names.place(0, period, *at)).mean().is_finite())
            };
            *metric = known.filter(finite).unwrap_or(*metric);
        }
        let label = |name: &String| {
            let regime = scenario.regimes.values().find(|regime| regime.name == *name);
            (regime.map_or(name.clone(), |regime| regime.label.clone()), name.clone())
        };
        let labels = different(names.regimes.iter().map(label));
        let years_of = |period: usize| scenario.periods.get(period).map_or(1.0, Period::years);
        let (years, whole_years) = (years_of(period), years_of(0));
        // What the study names, then what each party gains.
        let is_gain = |metric: &usize| describe(&names.metrics[*metric], scenario).is_gain;
        let parties = (0..names.metrics.len()).filter(|metric| is_gain(metric) && !metrics.contains(metric));
        let measured = metrics.iter().copied().chain(parties).enumerate().map(|(at, metric)| {
            let name = &names.metrics[metric];
            let described = describe(name, scenario);
            let (rate, unit) = described.yearly(years);
            let (whole_rate, _) = described.yearly(whole_years);
            let show = Show::of(&described);
            let unit = if unit.is_empty() || show == Show::Percent { String::new() } else { format!(", {unit}") };
            let label = format!("{}{unit}", described.what);
            let (party, named, is_flow) = (described.is_gain, at < metrics.len(), described.is_flow);
            Measured { metric, what: described.what, label, show, rate, whole_rate, is_flow, party, named }
        });
        let measured = measured.collect();
        Self { finished, scenario, names, period, labels, measured, whole: Vec::new(), lead: None }
    }

    /// Whether regimes are compared with a baseline; else their levels are shown.
    fn compares(&self) -> bool {
        self.names.regimes.len() > 1
    }
    fn regimes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.names.regimes.len()).filter(|regime| !self.compares() || *regime != self.names.baseline)
    }
    fn moments(&self, point: usize, regime: usize, metric: usize) -> Moments {
        let (_, moments) = &self.finished.results.points()[point];
        let place = self.names.place(regime, self.period, metric);
        *if self.compares() { moments.difference(place) } else { moments.level(place) }
    }
    fn period_label(&self) -> String {
        self.label_of_period(self.period)
    }
    fn label_of_period(&self, period: usize) -> String {
        self.scenario.periods.get(period).map_or_else(String::new, |period| dates(self.scenario, period))
    }
    /// The period that a regime is shown over: the whole horizon for one that imposes nothing.
    fn period_of(&self, regime: &String) -> usize {
        if self.whole.contains(regime) { 0 } else { self.period }
    }
    fn rate_of(&self, measured: &Measured, regime: &String) -> f64 {
        if self.whole.contains(regime) { measured.whole_rate } else { measured.rate }
    }
    /// How a metric of a period stands in its table, where that is not as it is shown.
    fn stands(&self, measured: &Measured, columns: &str) -> String {
        if !measured.is_flow {
            return String::new();
        }
        let years = |period: usize| {
            number(self.scenario.periods.get(period).map_or(f64::NAN, Period::years), Show::Number, false)
        };
        let whole = match self.whole.is_empty() {
            true => String::new(),
            false => format!(", or the {} of the whole horizon", years(0)),
        };
        format!("{columns}: sums over the period, here divided by its {} years{whole}", years(self.period))
    }
    /// Which regimes are shown over another period, after a space; nothing if none is.
    fn note_of_whole(&self) -> String {
        let labels: Vec<String> = self.whole.iter().map(|name| format!("“{}”", self.label_of(name))).collect();
        match &labels[..] {
            [] => String::new(),
            [only] => format!(" {only} imposes nothing and is shown over {}.", self.label_of_period(0)),
            some => format!(" {} impose nothing and are shown over {}.", list(some), self.label_of_period(0)),
        }
    }
    fn change_word(&self) -> String {
        match self.compares() {
            true => format!("change against {}", self.labels[self.names.baseline]),
            false => "level".into(),
        }
    }

    fn asked(&self, first: String) -> Vec<String> {
        vec![
            first,
            format!("Numbers are of {}. Flows are yearly rates.", self.period_label()),
            format!(
                "{} of {}, seed {}.",
                counted(self.finished.results.points().len() as u64, "point"),
                counted(self.finished.replications, "replication"),
                self.scenario.seed
            ),
        ]
    }

    /// A number of a metric, in a sentence.
    fn said(&self, measured: &Measured, value: f64) -> String {
        number(value * measured.rate, measured.show, self.compares())
    }

    // ------------------------------------------------------------ sweeps

    fn sweep(&self, sweep: &Sweep, page: &mut Page) {
        page.kind = "A sweep over settings".into();
        let axes: Vec<String> = sweep.axes.iter().map(|axis| axis.label.clone()).collect();
        page.asked = self.asked(format!("How the {} depends on {}.", self.change_word(), list(&axes)));
        page.answer = self.sweep_answer(sweep);
        let n = self.finished.replications;
        page.intervals = vec![
            match n {
                1 => "Every point has one replication, so there are no intervals.".to_owned(),
                n => format!(
                    "Every interval is a 95% Student interval of a mean over the {n} replications of one point. It contains simulation noise only: not \
                     what is not known of the parameters that the sweep leaves where they are, nor of the model's structure."
                ),
            },
            "All points meet the same simulated worlds, so differences between points are known better than the intervals of each suggest.".into(),
        ];
        for (place, measured) in self.measured.iter().enumerate() {
            self.sweep_chart(sweep, place, measured, page);
        }
    }

    fn settings(&self, sweep: &Sweep, point: usize) -> String {
        let (index, _) = &self.finished.results.points()[point];
        let settings = sweep.settings.get(*index as usize).into_iter().flatten();
        let said =
            |(axis, of): (&crate::config::sweep::Axis, &Setting)| format!("{} = {}", axis.name, setting_text(of));
        sweep.axes.iter().zip(settings).map(said).collect::<Vec<_>>().join(", ")
    }

    /// The regime whose first metric moves most over the points.
    fn moves_most(&self, metric: usize) -> usize {
        let spread = |regime: usize| {
            let values =
                (0..self.finished.results.points().len()).map(|point| self.moments(point, regime, metric).mean());
            let [low, high] = values
                .filter(|value| value.is_finite())
                .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)]);
            if high >= low { high - low } else { 0.0 }
        };
        self.regimes()
            .fold((0, -1.0), |best, regime| if spread(regime) > best.1 { (regime, spread(regime)) } else { best })
            .0
    }

    fn sweep_answer(&self, sweep: &Sweep) -> Vec<(String, String)> {
        let Some(measured) = self.measured.first() else { return Vec::new() };
        let regime = self.moves_most(measured.metric);
        let of = |point: usize| self.moments(point, regime, measured.metric);
        let points = 0..self.finished.results.points().len();
        let known: Vec<usize> = points.filter(|point| of(*point).mean().is_finite()).collect();
        let by = |a: &&usize, b: &&usize| of(**a).mean().total_cmp(&of(**b).mean());
        let (Some(least), Some(most)) = (known.iter().min_by(by), known.iter().max_by(by)) else { return Vec::new() };
        let with_interval = |of: &Measured, point: usize| {
            let moments = self.moments(point, regime, of.metric);
            let ends = moments.interval(LEVEL).map(|end| end * of.rate);
            let interval = if ends[0].is_finite() && ends != [0.0, 0.0] {
                format!(" ({})", between(ends, of.show, self.compares()))
            } else {
                String::new()
            };
            format!("{}{interval}", self.said(of, moments.mean()))
        };
        let said = |point: usize| format!("{} at {}", with_interval(measured, point), self.settings(sweep, point));
        let label = &self.labels[regime];
        let word = self.change_word();
        let range = if of(*least).mean() == of(*most).mean() {
            format!("{}: under “{label}” the {word} is the same at all points, {}.", measured.label, said(*least))
        } else {
            // Which point is lowest is not known where the ends' intervals overlap.
            let told = match of(*most).interval(LEVEL)[0] <= of(*least).interval(LEVEL)[1] {
                true => " Their intervals overlap: which points are lowest and highest is not told.",
                false => "",
            };
            let [low, high] = [said(*least), said(*most)];
            format!("{}: under “{label}” the {word} goes from {low} to {high}.{told}", measured.label)
        };
        // The first party, which is the buyers, at the same points.
        let of_party = |other: &Measured, point: usize| self.moments(point, regime, other.metric).mean();
        let other =
            self.measured.iter().find(|other| other.party && of_party(other, *least).is_finite()).map(|other| {
                let at = |point: usize| with_interval(other, point);
                format!("{}: {} at the first of these points and {} at the second.", other.label, at(*least), at(*most))
            });
        let significant = known.iter().filter(|point| {
            let [low, high] = of(**point).interval(LEVEL);
            low > 0.0 || high < 0.0
        });
        let sure = match (self.finished.replications, self.compares()) {
            (1, _) => {
                "Each point has one replication: nothing here says how far chance alone moves these numbers.".to_owned()
            }
            (n, true) => format!(
                "At {} of {} the change stands out of simulation noise ({n} replications each); the intervals contain nothing else.",
                significant.count(),
                counted(known.len() as u64, "point")
            ),
            (n, false) => format!("The intervals are of simulation noise over {n} replications, and of nothing else."),
        };
        let mut answer = vec![("How much it moves".to_owned(), range)];
        answer.extend(other.map(|text| ("What buyers gain or lose".to_owned(), text)));
        answer.push(("How sure".to_owned(), sure));
        answer
    }

    fn sweep_chart(&self, sweep: &Sweep, place: usize, measured: &Measured, page: &mut Page) {
        let points = self.finished.results.points();
        let regimes: Vec<usize> = self.regimes().collect();
        let grid = sweep.kind == SweepKind::Grid;
        let at = |point: usize| sweep.settings.get(points[point].0 as usize).map_or(&[][..], Vec::as_slice);
        let numeric =
            |axis: usize| (0..points.len()).all(|point| matches!(at(point).get(axis), Some(Setting::Number(_))));
        // A grid has lines along its first axis of numbers, and picks for the others; other designs have dots.
        let along = (0..sweep.axes.len()).find(|axis| numeric(*axis));
        let mut columns = vec![FrameColumn::text("regime", "Regime")];
        for (axis, of) in sweep.axes.iter().enumerate() {
            let show = if Some(axis) == along || (!grid && numeric(axis)) { Show::Number } else { Show::Text };
            columns.push(FrameColumn::new(&of.name, &of.label, show));
        }
        let value = columns.len();
        let label = if self.compares() { format!("Change: {}", measured.label) } else { measured.label.clone() };
        let own = |name: &str, label: &str| {
            let column = FrameColumn::new(name, label, measured.show);
            if self.compares() { column.change() } else { column }
        };
        columns.push(own("value", &label).within(value + 1, value + 2));
        columns.push(own("low", "Lower end"));
        columns.push(own("high", "Upper end"));
        let name = format!("sweep_{}", self.names.metrics[measured.metric]);
        let mut frame = DataFrame::new(&name, "tables/sweep.csv", columns);
        let room = (MOST_ROWS / regimes.len().max(1)).max(1);
        if points.len() > room {
            frame.left_out = format!("The first {room} of {} points; all are in tables/sweep.csv.", points.len());
        }
        let mut moves = false;
        for &regime in &regimes {
            for point in 0..points.len().min(room) {
                let moments = self.moments(point, regime, measured.metric);
                let ends = moments.interval(LEVEL);
                moves |= moments.mean() != 0.0 && moments.mean().is_finite();
                let mut cells: Vec<FrameValue> = vec![self.labels[regime].as_str().into()];
                for axis in 0..sweep.axes.len() {
                    let of = at(point).get(axis).map_or_else(|| "".into(), setting);
                    let show = frame.columns[axis + 1].show;
                    cells.push(match (of, show) {
                        (FrameValue::Number(number), Show::Text) => setting_text(&Setting::Number(number)).into(),
                        (of, _) => of,
                    });
                }
                cells.extend([moments.mean(), ends[0], ends[1]].map(|number| FrameValue::from(number * measured.rate)));
                frame.rows.push(cells);
            }
        }
        if !moves {
            return;
        }
        let middle = |column: usize| {
            let mut seen: Vec<&str> = Vec::new();
            frame.rows.iter().for_each(|row| {
                if !seen.contains(&row[column].text()) {
                    seen.push(row[column].text());
                }
            });
            seen.get(seen.len() / 2).map_or_else(String::new, |text| (*text).to_owned())
        };
        let lead = self.moves_most(measured.metric);
        let (form, x, y, series, picks) = match along {
            Some(axis) if grid || sweep.axes.len() == 1 => {
                let others = (0..sweep.axes.len()).filter(|other| *other != axis);
                let picks = others.map(|other| Pick { column: other + 1, start: middle(other + 1) }).collect();
                (ChartForm::Lines, axis + 1, value, Some(0), picks)
            }
            Some(axis) => {
                (ChartForm::Points, axis + 1, value, None, vec![Pick { column: 0, start: self.labels[lead].clone() }])
            }
            None => {
                let mut picks: Vec<Pick> = vec![Pick { column: 0, start: self.labels[lead].clone() }];
                picks.extend((1..sweep.axes.len()).map(|other| Pick { column: other + 1, start: middle(other + 1) }));
                (ChartForm::Intervals, value, 1, None, picks)
            }
        };
        let foot = match self.finished.replications {
            1 => "One replication: no interval.".to_owned(),
            n => format!("95% interval of the mean over {n} replications of a point: simulation noise only."),
        };
        let columns: Vec<usize> = (0..=value).collect();
        let frame = page.add(frame);
        let mut blocks = vec![Block::Chart(Chart {
            name: name.clone(),
            title: measured.what.clone(),
            reading: format!("{}, at every point of the sweep.", measured.label),
            frame,
            form,
            x,
            y,
            series,
            picks,
            most: None,
            foot,
            events: Vec::new(),
        })];
        if place == 0 {
            blocks.push(Block::Table(FrameTable {
                name: name.clone(),
                caption: format!("{}: every point, with its 95% interval of simulation noise.", measured.label),
                frame,
                columns,
                picks: Vec::new(),
                searched: true,
                most: 100,
            }));
        }
        self.put(measured, blocks, page);
    }

    /// Puts what shows a metric into its section: that of the study's metrics, or that of the parties.
    fn put(&self, measured: &Measured, blocks: Vec<Block>, page: &mut Page) {
        let title = match (self.finished.run.is_some(), measured.party) {
            (true, _) => "How wide, and what each width contains",
            (false, true) => "What each party gains",
            (false, false) => "What the study is about",
        };
        let at = page.sections.iter().position(|section| section.title == title).unwrap_or_else(|| {
            page.sections.push(Section { title: title.into(), blocks: Vec::new() });
            page.sections.len() - 1
        });
        // One metric at a time: the first that the study names is shown, and the others when they are picked.
        let there = &mut page.sections[at].blocks;
        let option = (measured.what.clone(), blocks);
        match there.last_mut() {
            Some(Block::Choice(choice)) => choice.options.push(option),
            _ => there.push(Block::Choice(Alternatives { label: "Metric".into(), options: vec![option] })),
        }
    }

    // ------------------------------------------------------------ draws

    fn draws(&self, draws: &Uncertainty, tables: &DrawTables, page: &mut Page) {
        page.kind = "Draws of what is not known".into();
        let structured = draws.structures().len() > 1;
        page.asked = self.asked(format!(
            "How wide the {} is when what is not known of the parameters{} is drawn.",
            self.change_word(),
            if structured { " and of the model's structure" } else { "" }
        ));
        let DrawTables { widths, structures, .. } = tables;
        let shown_period = |regime: &String| self.names.periods.get(self.period_of(regime));
        let own =
            |row: &&WidthRow| Some(&row.period) == shown_period(&row.regime) && row.is_change() == self.compares();
        let widths: Vec<&WidthRow> = widths.iter().filter(own).collect();
        page.answer = self.draws_answer(&widths, structured);
        let all = widths.first().map_or(0, |row| row.draws);
        let lent = if structured && widths.iter().any(|row| row.parameter_draws == all) {
            " Under the structures that it is about there are few draws, so all draws lend it their spread, each as far from the mean of its own \
             structures as it is (tables/widths.csv, parameter_draws)."
        } else {
            ""
        };
        page.intervals = vec![
            format!(
                "Three widths stand beside each other, each the middle 90%. The first contains simulation noise: what chance leaves to the mean of \
                 one draw over its replications. The second contains simulation and parameters: the 5% and 95% quantiles over draws.{lent}"
            ),
            match structured {
                true => "The third contains simulation, parameters and structure: the same over all structures of the model that the scenario names, \
                         in proportion to their weights."
                    .to_owned(),
                false => "The scenario names one structure of the model, so no width contains what is not known of it.".to_owned(),
            },
            "What is drawn is in draws.csv. What is not drawn is held at one value, and no width contains it.".into(),
        ];
        if widths.iter().any(|row| row.narrows()) {
            page.intervals.push(NARROWS.to_owned());
        }
        for measured in &self.measured {
            let metric = &self.names.metrics[measured.metric];
            let own: Vec<&&WidthRow> = widths.iter().filter(|row| row.metric == *metric).collect();
            let parts: Vec<&StructureRow> = structures
                .iter()
                .filter(|row| {
                    row.metric == *metric
                        && Some(&row.period) == shown_period(&row.regime)
                        && (row.quantity == "change") == self.compares()
                })
                .collect();
            self.width_charts(draws, measured, &own, &parts, page);
        }
    }

    /// A regime's label beside others': marked if it is shown over the whole horizon.
    fn marked(&self, regime: &String) -> String {
        let mark = if self.whole.contains(regime) { MARK } else { "" };
        format!("{}{mark}", self.label_of(regime))
    }
    fn note_of_marks(&self) -> String {
        match self.whole.is_empty() {
            true => String::new(),
            false => format!(" {}", what_the_mark_means(&self.label_of_period(0))),
        }
    }

    /// Of which draws the rows of the three widths are, after a space: the first two are about one structure of several, whose draws may be few.
    fn of_which_draws(&self, draws: &Uncertainty, row: &WidthRow) -> String {
        if draws.structures().len() < 2 {
            return String::new();
        }
        let chosen = |draw: u64| draws.structures_of(draw).into_iter().map(|at| &draws.structures()[at]);
        let name = |draw: u64| chosen(draw).map(|structure| structure.name.as_str()).collect::<Vec<_>>().join(" + ");
        let mut of_it = self.finished.results.points().iter().filter(|(draw, _)| name(*draw) == row.structure);
        let Some((first, _)) = of_it.next() else { return String::new() };
        let label = chosen(*first).map(|structure| structure.label.clone()).collect::<Vec<_>>();
        let few = of_it.count() as u64 + 1;
        let lent = match row.parameter_draws > few {
            true => format!(", whose width with parameters takes the spread of all {}", row.parameter_draws),
            false => String::new(),
        };
        format!(
            " The rows without structure are about one structure alone, “{}”: {few} of {}{lent}; the row with structure is over all of them.",
            list(&label),
            counted(row.draws, "draw")
        )
    }

    fn label_of(&self, regime: &str) -> String {
        let at = self.names.regimes.iter().position(|name| name == regime);
        at.map_or_else(|| regime.to_owned(), |at| self.labels[at].clone())
    }

    /// Whether draws surely differ by less than the means of their replications do by chance: by the upper end of the interval of their variance.
    fn is_noise(&self, row: &WidthRow) -> bool {
        let at = |names: &[String], name: &str| names.iter().position(|known| known == name);
        let place = at(&self.names.regimes, &row.regime)
            .zip(at(&self.names.periods, &row.period).zip(at(&self.names.metrics, &row.metric)))
            .map(|(regime, (period, metric))| self.names.place(regime, period, metric));
        place.is_some_and(|place| {
            let replications = self.finished.replications;
            let parts = self.finished.results.over_points(place, row.is_change()).components(replications, LEVEL);
            parts.between.high <= parts.within.value / replications as f64
        })
    }

    fn draws_answer(&self, widths: &[&WidthRow], structured: bool) -> Vec<(String, String)> {
        let Some(measured) = self.measured.first() else { return Vec::new() };
        let metric = &self.names.metrics[measured.metric];
        let own = || widths.iter().filter(|row| row.metric == *metric && row.structure_median.is_finite());
        // The regime with the largest median, over all structures.
        let largest = own().max_by(|a, b| a.structure_median.abs().total_cmp(&b.structure_median.abs()));
        let Some(row) = largest else { return Vec::new() };
        let rate = self.rate_of(measured, &row.regime);
        let ends = |low: f64, high: f64| between([low * rate, high * rate], measured.show, self.compares());
        let label = self.label_of(&row.regime);
        let stands = match &self.stands(measured, "tables/widths.csv, column `structure_median`")[..] {
            "" => String::new(),
            some => format!(" ({some}.)"),
        };
        let what = format!(
            "{}: under “{label}”, where it is largest, the median {} is {}.{stands}",
            measured.label,
            self.change_word(),
            number(row.structure_median * rate, measured.show, self.compares())
        );
        let widths = [
            ("with simulation noise alone", row.simulation_low, row.simulation_high),
            ("with parameters too", row.parameters_low, row.parameters_high),
            ("with the structure of the model too", row.structure_low, row.structure_high),
        ];
        // Without draws of the first structure the first two are not known.
        let known = widths.iter().take(if structured { 3 } else { 2 }).filter(|(_, low, _)| low.is_finite());
        let known: Vec<String> = known.map(|(with, low, high)| format!("{} {with}", ends(*low, *high))).collect();
        let wide = match &known[..] {
            [] => "There are too few draws for a range.".to_owned(),
            some => format!("The middle 90% is {}.", list(some)),
        };
        let (low, high) = if structured {
            (row.structure_low, row.structure_high)
        } else {
            (row.parameters_low, row.parameters_high)
        };
        let sign = if low > 0.0 || high < 0.0 { "does not reach zero" } else { "reaches zero" };
        let share = |share: f64| number(share, Show::Percent, false);
        let parts = match row.told_shares() {
            Some([simulation, parameters, of_structure]) => {
                let structure = if structured { format!(", {} structure", share(of_structure)) } else { String::new() };
                let (simulation, parameters) = (share(simulation), share(parameters));
                format!(
                    "Of the variance between draws, {simulation} is simulation, {parameters} parameters{structure}."
                )
            }
            None if self.is_noise(row) => {
                "The draws differ by no more than simulation noise: more draws or replications would tell them apart."
                    .into()
            }
            None => format!(
                "{} {} too few to say how much of the variance between them is simulation{}.",
                counted(row.draws, "draw"),
                if row.draws == 1 { "is" } else { "are" },
                if structured { ", parameters or structure" } else { " or parameters" },
            ),
        };
        let sure = format!("The widest of these {sign}. {parts} What is not drawn is in none of them.");
        vec![("What it is".into(), what), ("How wide".into(), wide), ("How sure".into(), sure)]
    }

    /// Fills the rows of structures that have draws with results; a sentence names those that have none.
    fn fill_structures(
        &self,
        frame: &mut DataFrame,
        draws: &Uncertainty,
        measured: &Measured,
        parts: &[&StructureRow],
    ) -> String {
        let labels: BTreeMap<&str, &str> =
            draws.structures().iter().map(|item| (item.name.as_str(), item.label.as_str())).collect();
        let label_of =
            |row: &StructureRow| labels.get(row.structure.as_str()).copied().unwrap_or(&row.structure).to_owned();
        let (drawn, never): (Vec<&StructureRow>, Vec<_>) = parts.iter().copied().partition(|row| row.draws > 0);
        for row in drawn {
            let mut cells: Vec<FrameValue> = vec![self.label_of(&row.regime).into(), label_of(row).as_str().into()];
            let rate = self.rate_of(measured, &row.regime);
            cells.extend([row.q50, row.q05, row.q95].map(|number| FrameValue::from(number * rate)));
            frame.rows.push(cells);
        }
        let never: BTreeSet<String> = never.into_iter().map(label_of).collect();
        match never.is_empty() {
            true => String::new(),
            false => format!(" No draw with results: {}.", list(&never.into_iter().collect::<Vec<_>>())),
        }
    }

    fn width_charts(
        &self,
        draws: &Uncertainty,
        measured: &Measured,
        rows: &[&&WidthRow],
        parts: &[&StructureRow],
        page: &mut Page,
    ) {
        // The first regime that moves it.
        let medians: Vec<f64> = rows.iter().map(|row| row.structure_median).collect();
        let Some(first) = first_that_moves(&medians).map(|at| rows[at]) else { return };
        let about = rows.iter().find(|row| self.lead.as_ref() == Some(&row.regime));
        let lead = about.copied().unwrap_or(first);
        let metric = &self.names.metrics[measured.metric];
        let own = |name: &str, label: &str| {
            let column = FrameColumn::new(name, label, measured.show);
            if self.compares() { column.change() } else { column }
        };
        let value = if self.compares() { format!("Change: {}", measured.label) } else { measured.label.clone() };
        let columns = |first: &str, label: &str| {
            vec![
                FrameColumn::text("regime", "Regime"),
                FrameColumn::text(first, label),
                own("median", &value).within(3, 4),
                own("low", "5% quantile"),
                own("high", "95% quantile"),
            ]
        };
        let mut of_widths = columns("contains", "The interval contains");
        // As regimes stand beside each other.
        of_widths.push(FrameColumn::text("regime_shown", "Regime"));
        let mut frame = DataFrame::new(&format!("widths_{metric}"), "tables/widths.csv", of_widths);
        let structured = draws.structures().len() > 1;
        frame.stands = self.stands(
            measured,
            match structured {
                true => {
                    "columns `q50` or `structure_median` and those of the interval, such as `structure_low` and `structure_high`"
                }
                false => "column `q50` and those of the interval, such as `parameters_low` and `parameters_high`",
            },
        );
        for row in rows {
            let mut kinds = vec![
                ("simulation noise", row.q50, row.simulation_low, row.simulation_high),
                ("simulation and parameters", row.q50, row.parameters_low, row.parameters_high),
            ];
            if structured {
                let (low, high) = (row.structure_low, row.structure_high);
                kinds.push(("simulation, parameters and structure", row.structure_median, low, high));
            }
            for (contains, median, low, high) in kinds.into_iter().filter(|(_, _, low, _)| low.is_finite()) {
                let mut cells: Vec<FrameValue> = vec![self.label_of(&row.regime).into(), contains.into()];
                let rate = self.rate_of(measured, &row.regime);
                cells.extend([median, low, high].map(|number| FrameValue::from(number * rate)));
                cells.push(self.marked(&row.regime).into());
                frame.rows.push(cells);
            }
        }
        let widest = if structured { "simulation, parameters and structure" } else { "simulation and parameters" };
        let frame = page.add(frame);
        let of_what = self.of_which_draws(draws, lead);
        let lead = self.label_of(&lead.regime);
        let over = self.period_label();
        let chart = |name: String, title: String, frame, y, picks, foot: &str, rows: &str| {
            Block::Chart(Chart {
                name,
                title,
                reading: format!("{}, {over}: median over draws, and the middle 90%.{rows}", measured.label),
                frame,
                form: ChartForm::Intervals,
                x: 2,
                y,
                series: None,
                picks,
                most: None,
                foot: foot.into(),
                events: Vec::new(),
            })
        };
        let mut blocks = vec![
            chart(
                format!("widths_{metric}"),
                format!("{}: three widths", measured.what),
                frame,
                1,
                vec![Pick { column: 0, start: lead.clone() }],
                &format!("90% intervals; what each contains stands beside it.{}", self.note_of_whole()),
                &of_what,
            ),
            chart(
                format!("regimes_{metric}"),
                format!("{}: the regimes", measured.what),
                frame,
                REGIME_SHOWN,
                vec![Pick { column: 1, start: widest.into() }],
                &format!("90% intervals; what they contain is picked above.{}", self.note_of_marks()),
                "",
            ),
        ];
        if parts.len() > 1 && structured {
            let mut frame = DataFrame::new(
                &format!("structures_{metric}"),
                "tables/structures.csv",
                columns("structure", "Structure"),
            );
            frame.stands = self.stands(measured, "columns `q50`, `q05` and `q95`");
            let undrawn = self.fill_structures(&mut frame, draws, measured, parts);
            blocks.push(chart(
                format!("structures_{metric}"),
                format!("{}: structure by structure", measured.what),
                page.add(frame),
                1,
                vec![Pick { column: 0, start: lead }],
                &format!(
                    "90% intervals over the draws of one structure: simulation and parameters.{undrawn}{}",
                    self.note_of_whole()
                ),
                "",
            ));
        }
        self.put(measured, blocks, page);
    }
}
