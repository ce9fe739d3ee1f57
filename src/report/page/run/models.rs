//! Charts and table of models, and where lost buyers went.

use std::collections::BTreeMap;

use super::facts::{MOST_ROWS, RunFacts};
use crate::model::outcome::ModelMetric;
use crate::report::page::words::{counted, different};
use crate::report::page::{
    Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show,
};
use crate::report::words::region_label;

/// Options of a model's lost buyers that are named.
const MOST_GAINERS: usize = 8;

impl RunFacts<'_> {
    /// Models that a page has room for, those whose sales change most under any regime first; and how many there are.
    pub(super) fn models_shown(&self) -> Vec<usize> {
        let count = self.report.layout().models;
        let regimes = self.others().count().max(1);
        let room = (MOST_ROWS / regimes).max(20);
        let mut order: Vec<usize> = (0..count).collect();
        if count > room {
            let metric = if self.expected { ModelMetric::ExpectedUnits } else { ModelMetric::Units };
            let largest: Vec<f64> = (0..count)
                .map(|j| {
                    self.others().map(|arm| self.model(metric, arm, j).difference.mean().abs()).fold(0.0, f64::max)
                })
                .collect();
            order.sort_by(|a, b| largest[*b].total_cmp(&largest[*a]).then(a.cmp(b)));
            order.truncate(room);
            order.sort_unstable();
        }
        order
    }

    /// Chart and table of models, and where lost buyers went.
    pub(super) fn models(&self, page: &mut Page) {
        let market = &self.scenario.market;
        let named = market.models.iter().map(|model| {
            let brand = &market.brands[model.brand];
            let name = if model.name.starts_with(brand.as_str()) {
                model.name.clone()
            } else {
                format!("{brand} {}", model.name)
            };
            (name, market.regions[model.region].clone())
        });
        let names = different(named);
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("model", "Model"),
            FrameColumn::text("region", "Region"),
            FrameColumn::text("flagged", "Group"),
            FrameColumn::new("sales_per_year", "Cars a year", Show::Count),
            FrameColumn::new("change_per_year", "Change, cars a year", Show::Count).change().within(6, 7),
            FrameColumn::new("low", "Lower end", Show::Count).change(),
            FrameColumn::new("high", "Upper end", Show::Count).change(),
            FrameColumn::new("relative_change", "Change of sales", Show::Percent).change(),
            FrameColumn::new("sticker_price_usd", "Sticker price, USD", Show::Price),
            FrameColumn::new("price_change_usd", "Change of price, USD", Show::Price).change(),
            FrameColumn::text("period", "Period"),
        ];
        let mut frame = DataFrame::new("models", "tables/models.csv", columns);
        let shown = self.models_shown();
        if shown.len() < names.len() {
            frame.left_out = format!(
                "{} of {} models, those whose sales change most under any regime; all are in tables/models.csv.",
                shown.len(),
                names.len()
            );
        }
        let metric = if self.expected { ModelMetric::ExpectedUnits } else { ModelMetric::Units };
        frame.stands = self.divided(self.sales_columns());
        let flagged = format!("Models {}", self.scenario.flag_label);
        for arm in self.others() {
            let rate = 1.0 / self.years(self.over[arm]);
            for j in &shown {
                let (sales, price) = (self.model(metric, arm, *j), self.model(ModelMetric::StickerPrice, arm, *j));
                let model = &market.models[*j];
                let [low, high] = sales.difference.within(self.quantile);
                let group = if model.flagged { flagged.as_str() } else { "Other models" };
                let words = [&self.labels[arm], &names[*j], &region_label(&market.regions[model.region]), group];
                let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
                let flows = [sales.arm.mean(), sales.difference.mean(), low, high].map(|flow| flow * rate);
                cells.extend(flows.map(FrameValue::from));
                cells.extend(
                    [sales.relative().estimate(), price.arm.mean(), price.difference.mean()].map(FrameValue::from),
                );
                cells.push(self.period_label(self.over[arm]).into());
                frame.rows.push(cells);
            }
        }
        let frame = page.add(frame);
        let chart = Block::Chart(Chart {
            name: "models".into(),
            title: "Which models win and lose sales".into(),
            reading: format!(
                "Change of {} against {}, cars a year, {}: the models with the largest changes.{}",
                self.sales_word(),
                self.baseline(),
                self.period_label(self.period),
                self.note_of_whole()
            ),
            frame,
            form: ChartForm::Intervals,
            x: 5,
            y: 1,
            series: Some(3),
            picks: vec![self.regime_pick(0)],
            most: Some(20),
            foot: self.noise(),
            events: Vec::new(),
        });
        let diversion = self.diversion(page, &names).into_iter().collect();
        let charts = vec![("which models win and lose", vec![chart]), ("where the lost buyers of one went", diversion)];
        let mut blocks = Block::one_of("Chart", charts);
        blocks.push(Block::Table(FrameTable {
            name: "models".into(),
            caption: format!(
                "Models under one regime: {} and prices, {}.{} {}",
                self.sales_word(),
                self.period_label(self.period),
                self.note_of_whole(),
                self.noise()
            ),
            frame,
            columns: vec![1, 2, 3, 4, 5, 8, 9, 10],
            picks: vec![self.regime_pick(0)],
            searched: true,
            most: 100,
        }));
        page.sections.push(Section { title: "Model by model".into(), blocks });
    }

    /// The chart of where lost buyers went.
    pub(super) fn diversion(&self, page: &mut Page, names: &[String]) -> Option<Block> {
        let market = &self.scenario.market;
        let rows = self.report.diversion();
        let place: BTreeMap<&str, usize> =
            market.models.iter().enumerate().map(|(j, model)| (model.name.as_str(), j)).collect();
        let label = |name: &str| place.get(name).map_or_else(|| region_label("outside"), |j| names[*j].clone());
        let regime: BTreeMap<String, usize> =
            self.report.results.arms().map(|arm| (self.report.regime_name(arm), arm.0)).collect();
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("model", "Model under the measure"),
            FrameColumn::text("gainer", "Where its lost buyers went"),
            FrameColumn::new("share_of_lost", "Share of them", Show::Percent).within(4, 5),
            FrameColumn::new("low", "Lower end", Show::Percent),
            FrameColumn::new("high", "Upper end", Show::Percent),
            FrameColumn::new("lost_units", "Buyers lost over the horizon", Show::Count),
        ];
        let mut frame = DataFrame::new("diversion", "tables/diversion.csv", columns);
        // Regimes by regime, models by buyers lost; as many as there is room for.
        let mut lost: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for row in &rows {
            if let (Some(arm), Some(j)) = (regime.get(&row.regime), place.get(row.model.as_str())) {
                lost.insert((*arm, *j), row.lost_units);
            }
        }
        let lost_most = lost.iter().filter(|((arm, _), _)| *arm == self.lead).max_by(|a, b| a.1.total_cmp(b.1));
        let start = lost_most.or_else(|| lost.iter().next()).map(|(key, _)| *key)?;
        let room = (MOST_ROWS / (MOST_GAINERS + 1) / self.others().count().max(1)).max(3);
        let mut kept: Vec<(usize, usize)> = Vec::new();
        let mut left_out = 0;
        for arm in self.others() {
            let mut models: Vec<(&(usize, usize), &f64)> = lost.iter().filter(|((of, _), _)| *of == arm).collect();
            models.sort_by(|a, b| b.1.total_cmp(a.1).then(a.0.cmp(b.0)));
            left_out += models.len().saturating_sub(room);
            kept.extend(models.into_iter().take(room).map(|(key, _)| *key));
        }
        if left_out > 0 {
            frame.left_out = format!(
                "Without {} under a measure that lose fewer buyers; all are in tables/diversion.csv.",
                counted(left_out as u64, "model")
            );
        }
        for row in &rows {
            let (Some(arm), Some(j)) = (regime.get(&row.regime), place.get(row.model.as_str())) else { continue };
            let within = row.rank as usize <= MOST_GAINERS;
            if !kept.contains(&(*arm, *j)) || (!within && row.rank as usize > MOST_GAINERS + 1) {
                continue;
            }
            let rest: f64 = if within {
                row.share_of_lost
            } else {
                let own = |other: &&crate::report::rows::DiversionRow| {
                    other.regime == row.regime && other.model == row.model && other.rank >= row.rank
                };
                rows.iter().filter(own).map(|other| other.share_of_lost).sum()
            };
            let gainer = if within { label(&row.gainer) } else { "All others together".into() };
            let mut cells: Vec<FrameValue> =
                vec![self.labels[*arm].as_str().into(), names[*j].as_str().into(), gainer.into()];
            let ends =
                [row.share_of_lost_ci_low, row.share_of_lost_ci_high].map(|end| if within { end } else { f64::NAN });
            cells.extend([rest, ends[0], ends[1], row.lost_units].map(FrameValue::from));
            frame.rows.push(cells);
        }
        let (arm, j) = start;
        Some(Block::Chart(Chart {
            name: "diversion".into(),
            title: "Where the lost buyers of one model went".into(),
            reading: format!(
                "Of the buyers who would have bought the model at the prices of {} and did not: the {MOST_GAINERS} options that gain most of them. Drawn \
                 choices over the whole horizon.",
                self.baseline()
            ),
            frame: page.add(frame),
            form: ChartForm::Intervals,
            x: 3,
            y: 2,
            series: None,
            picks: vec![
                Pick { column: 0, start: self.labels[arm].clone() },
                Pick { column: 1, start: names[j].clone() },
            ],
            most: None,
            foot: format!("{} What all others gain together is shown without an interval.", self.noise()),
            events: Vec::new(),
        }))
    }
}
