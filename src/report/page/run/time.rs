//! Charts over time, and the dated events of the regimes.

use jiff::Span;
use jiff::civil::Date;

use super::facts::RunFacts;
use crate::model::outcome::WeekMetric;
use crate::report::contrasts::LEVEL;
use crate::report::page::{
    Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Section, Show,
};
use crate::report::setting_rows::policy_event_rows;
use crate::report::words::region_label;
use crate::study::Arm;

/// Rows of a frame over time: beyond, weeks are taken together.
const MOST_MOMENTS: usize = 8_000;

/// What an axis of such weeks is called.
fn at_their_middle(weeks: u32) -> String {
    match weeks {
        1 => "Weeks, at their middle".to_owned(),
        4 => "Four-week means, at their middle".to_owned(),
        13 => "Thirteen-week means, at their middle".to_owned(),
        other => format!("Means over {other} weeks, at their middle"),
    }
}

/// The middle of so many weeks: a mean that stands at their first day shows effects before their cause.
fn middle(first: Date, weeks: u32) -> Date {
    first.saturating_add(Span::new().days(i64::from(weeks) * 7 / 2))
}

impl RunFacts<'_> {
    /// Charts of sales and prices over time.
    pub(super) fn over_time(&self, page: &mut Page) {
        let (frame, weeks) = self.sales_frame();
        let kept = crate::study::results::QUANTILE_REPLICATIONS as u64;
        let each = if self.report.results.draw_size().is_some() { "draws" } else { "replications" };
        let of = match self.report.results.replications() > kept {
            true => format!(" Of the {kept} {each} that are kept whole."),
            false => String::new(),
        };
        let reading = format!(
            "Change of {} against {}, cars a week, mean over {weeks} weeks.",
            self.sales_word(),
            self.baseline()
        );
        let sales = self.lines(page, frame, "Sales over time", reading, format!("{}{of}", self.noise()));
        let (frame, weeks) = self.prices_frame();
        let of_weeks = if weeks == 1 { String::new() } else { format!(", mean over {weeks} weeks") };
        let reading = format!(
            "Change of the mean sticker price against {}{of_weeks}, weighted by base-year volumes.",
            self.baseline()
        );
        let each = if self.report.results.draw_size().is_some() { "draws" } else { "replications" };
        let foot = format!("Means over {each}, without intervals.");
        let prices = self.lines(page, frame, "Sticker prices over time", reading, foot);
        let [sales, prices] = [sales, prices].map(|chart| chart.into_iter().collect());
        let blocks = Block::one_of("Chart", vec![("sales", sales), ("sticker prices", prices)]);
        if !blocks.is_empty() {
            page.sections.push(Section { title: "Over time".into(), blocks });
        }
    }

    /// A chart of lines; none where nothing changes.
    fn lines(&self, page: &mut Page, frame: DataFrame, title: &str, reading: String, foot: String) -> Option<Block> {
        let changes = |row: &Vec<FrameValue>| row[3].number().is_finite() && row[3].number() != 0.0;
        if !frame.rows.iter().any(changes) {
            return None;
        }
        Some(Block::Chart(Chart {
            name: frame.name.clone(),
            title: title.into(),
            reading,
            frame: page.add(frame),
            form: ChartForm::Lines,
            x: 2,
            y: 3,
            series: Some(1),
            picks: vec![self.regime_pick(0)],
            most: None,
            foot,
            events: self.events(),
        }))
    }

    /// What is marked on charts over time.
    fn events(&self) -> Vec<[String; 3]> {
        let mut events = Vec::new();
        for arm in self.others() {
            let regime = self.report.regimes[arm];
            if self.report.study.negotiated(regime).is_some() {
                continue;
            }
            for event in &self.scenario.regimes[regime].events {
                events.push([self.labels[arm].clone(), event.date.to_string(), event.label.clone()]);
            }
        }
        events
    }

    /// The first number of weeks that may be taken together so that there are not too many rows.
    fn step(&self, steps: &[u32]) -> u32 {
        let layout = self.report.layout();
        let each = self.others().count().max(1) * layout.groups.len();
        let fits = |step: &&u32| (layout.weeks / **step) as usize * each <= MOST_MOMENTS;
        steps.iter().find(fits).copied().unwrap_or(13)
    }

    /// What readers are shown for a group of models.
    fn group_label(&self, group: usize) -> String {
        let groups = &self.report.layout().groups;
        let of = &groups[group];
        let parted = groups.iter().any(|other| other.region == of.region && other.flagged != of.flagged);
        match (parted, of.flagged) {
            (false, _) => region_label(&of.region),
            (true, true) => format!("{}, {}", region_label(&of.region), self.scenario.flag_label),
            (true, false) => format!("{}, others", region_label(&of.region)),
        }
    }

    /// Change of sales, and how many weeks are taken together.
    fn sales_frame(&self) -> (DataFrame, u32) {
        let layout = self.report.layout();
        let weeks = self.step(&[4, 13]);
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("group", "Models"),
            FrameColumn::new("middle", &at_their_middle(weeks), Show::Date),
            FrameColumn::new("change_per_week", "Change, cars a week", Show::Count).change().within(4, 5),
            FrameColumn::new("low", "Lower end", Show::Count).change(),
            FrameColumn::new("high", "Upper end", Show::Count).change(),
        ];
        let mut frame = DataFrame::new("sales_over_time", "tables/weekly.csv", columns);
        let metric = if self.expected { WeekMetric::ExpectedUnits } else { WeekMetric::Units };
        for arm in self.others() {
            for group in 0..layout.groups.len() {
                for from in (0..layout.weeks).step_by(weeks as usize) {
                    let to = (from + weeks).min(layout.weeks);
                    let (mean, [low, high]) = self.change_in_weeks(arm, metric, group, from..to);
                    let date = middle(self.scenario.week_start(from), to - from).to_string();
                    let mut cells: Vec<FrameValue> =
                        vec![self.labels[arm].as_str().into(), self.group_label(group).into(), date.into()];
                    cells.extend([mean, low, high].map(FrameValue::from));
                    frame.rows.push(cells);
                }
            }
        }
        (frame, weeks)
    }

    /// Change of sticker prices, and how many weeks are taken together.
    fn prices_frame(&self) -> (DataFrame, u32) {
        let (layout, results) = (self.report.layout(), self.report.results);
        let weeks = self.step(&[1, 4, 13]);
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("group", "Models"),
            FrameColumn::new("middle", &at_their_middle(weeks), Show::Date),
            FrameColumn::new("price_change", "Change of sticker price", Show::Percent).change(),
        ];
        let mut frame = DataFrame::new("prices_over_time", "tables/weekly.csv", columns);
        for arm in self.others() {
            for group in (0..layout.groups.len()).filter(|group| layout.groups[*group].region != "outside") {
                for from in (0..layout.weeks).step_by(weeks as usize) {
                    let to = (from + weeks).min(layout.weeks);
                    let price = |arm, week: u32| {
                        results.level(arm, layout.week(WeekMetric::StickerPrice, week as usize, group)).mean()
                    };
                    let sum = |arm| (from..to).map(|week| price(arm, week)).sum::<f64>();
                    let date = middle(self.scenario.week_start(from), to - from).to_string();
                    let mut cells: Vec<FrameValue> =
                        vec![self.labels[arm].as_str().into(), self.group_label(group).into(), date.into()];
                    cells.push((sum(Arm(arm)) / sum(results.baseline()) - 1.0).into());
                    frame.rows.push(cells);
                }
            }
        }
        (frame, weeks)
    }

    /// Change of a group's sales, cars a week, with its interval, from the replications that are kept whole.
    pub(super) fn change_in_weeks(
        &self,
        arm: usize,
        metric: WeekMetric,
        group: usize,
        weeks: std::ops::Range<u32>,
    ) -> (f64, [f64; 2]) {
        let results = &self.report.results;
        let count = f64::from(weeks.end - weeks.start);
        let mut sums: Vec<f64> = Vec::new();
        for week in weeks {
            let slot = self.report.layout().week(metric, week as usize, group);
            let (own, quiet) = (results.stored(Arm(arm), slot), results.stored(results.baseline(), slot));
            sums.resize(own.len(), 0.0);
            sums.iter_mut().zip(own.iter().zip(&quiet)).for_each(|(sum, ((_, own), (_, quiet)))| *sum += own - quiet);
        }
        let mut moments = crate::numerics::moments::Moments::default();
        sums.iter().for_each(|sum| moments.add(sum / count));
        (moments.mean(), moments.interval(LEVEL))
    }

    /// The dated events of the regimes.
    pub(super) fn policy(&self, page: &mut Page) {
        let rows = policy_event_rows(self.report.study, self.report.regimes);
        if rows.is_empty() {
            return;
        }
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::new("date", "Date", Show::Date),
            FrameColumn::text("event", "Event"),
            FrameColumn::text("instrument", "Instrument"),
            FrameColumn::text("kind", "Kind"),
            FrameColumn::new("models", "Models", Show::Count),
            FrameColumn::new("level_before", "Level before", Show::Number),
            FrameColumn::new("level_after", "Level after", Show::Number),
            FrameColumn::text("unit", "Unit"),
        ];
        let mut frame = DataFrame::new("policy_events", "tables/policy_events.csv", columns);
        for row in rows {
            let label = self.report.results.arms().find(|arm| self.report.regime_name(*arm) == row.regime);
            let regime = label.map_or(row.regime.clone(), |arm| self.labels[arm.0].clone());
            // What a schedule does has no label of its own.
            let event = match row.action {
                "scheduled" => "by its schedule".to_owned(),
                "runs_out" => "runs out".to_owned(),
                _ => row.label,
            };
            let words = [regime, row.date.to_string(), event, row.instrument, row.kind.to_owned()];
            let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
            cells.extend([row.models as f64, row.level_before, row.level_after].map(FrameValue::from));
            cells.push(row.level_unit.into());
            frame.rows.push(cells);
        }
        let table = FrameTable {
            name: "policy_events".into(),
            caption: "What happens when, and the level of the instrument before and after it.".into(),
            columns: (0..frame.columns.len()).collect(),
            frame: page.add(frame),
            picks: Vec::new(),
            searched: true,
            most: 200,
        };
        page.sections.push(Section { title: "The regimes, event by event".into(), blocks: vec![Block::Table(table)] });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four weeks from a Saturday have their middle on the Saturday two weeks later; a duty of that day is not seen before it.
    #[test]
    fn weeks_stand_at_their_middle() {
        let first = jiff::civil::date(1995, 6, 17);
        assert_eq!(middle(first, 4), jiff::civil::date(1995, 7, 1));
        assert_eq!(middle(first, 1), jiff::civil::date(1995, 6, 20));
        assert_eq!(middle(first, 13), jiff::civil::date(1995, 8, 1));
        assert!([1, 4, 13, 2].map(at_their_middle).iter().all(|axis| axis.ends_with("at their middle")));
    }
}
