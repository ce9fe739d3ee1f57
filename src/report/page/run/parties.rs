//! The regimes side by side; charts of who gains and who loses, of sales and of makers.

use super::facts::{RunFacts, moved};
use crate::model::accounts::FirmMetric;
use crate::report::account_rows::{AccountGroup, WelfareRow};
use crate::report::page::predicted::Predicted;
use crate::report::page::words::different;
use crate::report::page::{
    Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show,
};
use crate::report::words::region_label;
use crate::study::Arm;

impl RunFacts<'_> {
    /// The regimes beside each other, and the answer for each in words: what draws say where there are some.
    pub(super) fn side_by_side(&self, page: &mut Page, predicted: Option<&Predicted<'_>>) {
        let mut blocks = Vec::new();
        let mut columns = vec![FrameColumn::text("regime", "Regime")];
        let mut add = |name: &str, label: &str, show| {
            let at = columns.len();
            columns.push(FrameColumn::new(name, label, show).change().within(at + 1, at + 2));
            columns.push(FrameColumn::new(&format!("{name}_low"), &format!("{label}, lower end"), show).change());
            columns.push(FrameColumn::new(&format!("{name}_high"), &format!("{label}, upper end"), show).change());
        };
        // Accounts that change under some regime.
        let mut accounts: Vec<&WelfareRow> = Vec::new();
        for row in self.others().flat_map(|arm| self.accounts_of(arm, self.period)).filter(|row| moved(row)) {
            if !accounts.iter().any(|known| known.account == row.account) {
                accounts.push(row);
            }
        }
        accounts.sort_by_key(|row| row.order);
        for row in &accounts {
            add(&row.account.name, &format!("{}, USD a year", row.label), Show::Money);
        }
        let layout = self.report.layout();
        let word = if self.expected { "expected_units_" } else { "units_" };
        let headline = |name: String| layout.headlines.iter().position(|known| *known == name);
        let flag = &self.scenario.flag;
        let sales = headline(format!("{word}{flag}"));
        let price = headline(format!("sticker_price_{flag}_usd"));
        let flagged = format!("models {}", self.scenario.flag_label);
        if sales.is_some() {
            add("sales", &format!("Sales of {flagged}"), Show::Percent);
        }
        if price.is_some() {
            add("price", &format!("Sticker price of {flagged}"), Show::Percent);
        }
        let named = self.named();
        for metric in &named {
            let (label, show, _) = self.named_as(*metric);
            add(&layout.headlines[*metric], &label, show);
        }
        let mut frame = DataFrame::new("regimes", "tables/welfare.csv", columns);
        for arm in self.others() {
            let mut row: Vec<FrameValue> = vec![self.labels[arm].as_str().into()];
            for account in &accounts {
                let known = self.accounts_of(arm, self.period).find(|row| row.account == account.account);
                let change = known.map(WelfareRow::yearly);
                let [low, high] = change.map_or([f64::NAN; 2], |change| change.interval);
                row.extend([change.map_or(f64::NAN, |change| change.mean), low, high].map(FrameValue::from));
            }
            for slot in [sales, price].into_iter().flatten().map(|at| layout.headline(at, self.period)) {
                let relative = self.report.results.paired(Arm(arm), slot).relative();
                let [low, high] = relative.fieller(self.quantile);
                row.extend([relative.estimate(), low, high].map(FrameValue::from));
            }
            for metric in &named {
                let (change, (_, _, rate)) = (self.named_change(*metric, arm), self.named_as(*metric));
                let [low, high] = change.within(self.quantile);
                row.extend([change.mean() * rate, low * rate, high * rate].map(FrameValue::from));
            }
            frame.rows.push(row);
        }
        let shown = (0..frame.columns.len())
            .filter(|column| *column == 0 || frame.columns[*column].interval.is_some())
            .collect();
        blocks.push(Block::Table(FrameTable {
            name: "regimes".into(),
            caption: format!("Changes against {}. {}", self.baseline(), self.noise()),
            columns: shown,
            frame: page.add(frame),
            picks: Vec::new(),
            searched: false,
            most: usize::MAX,
        }));
        let columns = [("regime", "Regime"), ("who_pays", "Who pays"), ("who_gains", "Who gains")];
        let columns = columns.iter().map(|(name, label)| FrameColumn::text(name, label)).collect();
        let mut frame = DataFrame::new("in_words", "tables/welfare.csv", columns);
        for arm in self.others() {
            let [mut pays, gains] = match predicted.map(|predicted| predicted.under(arm)) {
                None => {
                    let [(_, pays), (_, gains), _] = self.answer(arm, None);
                    [pays, gains]
                }
                Some(mut words) => {
                    let others = words.split_off(1).into_iter().map(|(_, sentence)| sentence);
                    let others = others.collect::<Vec<_>>().join(" ");
                    [words.into_iter().map(|(_, sentence)| sentence).collect(), others]
                }
            };
            if let Some(paid_back) = self.paid_back_under(arm) {
                pays = format!("{paid_back} {pays}");
            }
            // Cells are shown as they are.
            let [pays, gains] = [pays, gains].map(|text| text.replace('`', ""));
            frame.rows.push(vec![self.labels[arm].as_str().into(), pays.into(), gains.into()]);
        }
        blocks.push(Block::Table(FrameTable {
            name: "in_words".into(),
            caption: format!(
                "The answer for each regime. The page begins with “{}”: the first, in the scenario's order, whose effect is at least a tenth of \
                 the largest.",
                self.labels[self.lead]
            ),
            columns: vec![0, 1, 2],
            frame: page.add(frame),
            picks: Vec::new(),
            searched: true,
            most: usize::MAX,
        }));
        page.sections.push(Section { title: "The regimes side by side".into(), blocks });
    }

    /// Charts of who gains and who loses.
    pub(super) fn accounts(&self, page: &mut Page) {
        if self.welfare.is_empty() {
            return;
        }
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("period", "Period"),
            FrameColumn::text("account", "Who"),
            FrameColumn::new("change_usd_per_year", "Change, USD a year", Show::Money).change().within(4, 5),
            FrameColumn::new("low", "Lower end", Show::Money).change(),
            FrameColumn::new("high", "Upper end", Show::Money).change(),
        ];
        let mut frame = DataFrame::new("who_pays", "tables/welfare.csv", columns);
        for period in self.periods() {
            for arm in self.others() {
                let mut rows: Vec<&WelfareRow> = self.accounts_of(arm, period).collect();
                rows.sort_by_key(|row| row.order);
                for row in rows {
                    let change = row.yearly();
                    let [low, high] = change.interval;
                    let words = [self.labels[arm].clone(), self.period_label(period), row.label.clone()];
                    let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
                    cells.extend([change.mean, low, high].map(FrameValue::from));
                    frame.rows.push(cells);
                }
            }
        }
        let first =
            self.welfare.iter().filter(|row| row.group == AccountGroup::Total.as_str()).map(|row| &row.label).next();
        let start = first.or_else(|| self.welfare.iter().map(|row| &row.label).next()).cloned().unwrap_or_default();
        let frame = page.add(frame);
        let chart = |name: &str, title: &str, reading: String, y, picks| {
            Block::Chart(Chart {
                name: name.into(),
                title: title.into(),
                reading,
                frame,
                form: ChartForm::Intervals,
                x: 3,
                y,
                series: None,
                picks,
                most: None,
                foot: self.noise(),
                events: Vec::new(),
            })
        };
        let blocks = vec![
            chart(
                "who_pays",
                "Who pays and who gains under one regime",
                format!(
                    "Change against {}, USD a year: to the left of zero is a loss. Parties above a total add up to it.",
                    self.baseline()
                ),
                2,
                vec![self.regime_pick(0), self.period_pick(1)],
            ),
            chart(
                "across_regimes",
                "One account under every regime",
                "The same numbers the other way round: pick a party or a total, and compare the regimes.".into(),
                0,
                vec![Pick { column: 2, start }, self.period_pick(1)],
            ),
        ];
        page.sections.push(Section { title: "Who pays, who gains".into(), blocks });
    }

    /// Charts of sales by region and of makers' profit.
    pub(super) fn sales(&self, page: &mut Page) {
        let layout = self.report.layout();
        let word = self.sales_word();
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("period", "Period"),
            FrameColumn::text("region", "Region"),
            FrameColumn::new("sales_per_year", "Cars a year", Show::Count),
            FrameColumn::new("change_per_year", "Change, cars a year", Show::Count).change().within(5, 6),
            FrameColumn::new("low", "Lower end", Show::Count).change(),
            FrameColumn::new("high", "Upper end", Show::Count).change(),
            FrameColumn::new("relative_change", "Change", Show::Percent).change().within(8, 9),
            FrameColumn::new("relative_low", "Lower end", Show::Percent).change(),
            FrameColumn::new("relative_high", "Upper end", Show::Percent).change(),
        ];
        let mut frame = DataFrame::new("sales_by_region", "tables/regions.csv", columns);
        for period in self.periods() {
            let rate = 1.0 / self.years(period);
            for arm in self.others() {
                for (region, name) in layout.regions.iter().enumerate() {
                    let paired = self.region(arm, period, region);
                    let ([low, high], relative) = (paired.difference.within(self.quantile), paired.relative());
                    let [relative_low, relative_high] = relative.fieller(self.quantile);
                    let words = [self.labels[arm].clone(), self.period_label(period), region_label(name)];
                    let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
                    let flows = [paired.arm.mean(), paired.difference.mean(), low, high].map(|flow| flow * rate);
                    cells.extend(flows.map(FrameValue::from));
                    cells.extend([relative.estimate(), relative_low, relative_high].map(FrameValue::from));
                    frame.rows.push(cells);
                }
            }
        }
        let frame = page.add(frame);
        let reading = format!(
            "Change of {word} by region of the badge, cars a year, against {}. “Outside” is another kind of car, or none.",
            self.baseline()
        );
        let mut blocks = vec![Block::Chart(Chart {
            name: "sales_by_region".into(),
            title: "Whose cars are sold in their place".into(),
            reading,
            frame,
            form: ChartForm::Intervals,
            x: 4,
            y: 2,
            series: None,
            picks: vec![self.regime_pick(0), self.period_pick(1)],
            most: None,
            foot: self.noise(),
            events: Vec::new(),
        })];
        blocks.extend(self.makers(page));
        page.sections.push(Section { title: "Sales and makers".into(), blocks });
    }

    /// The chart of makers' profit.
    pub(super) fn makers(&self, page: &mut Page) -> Option<Block> {
        let accounts = self.report.layout().accounts.as_ref()?;
        let market = &self.scenario.market;
        let columns = vec![
            FrameColumn::text("regime", "Regime"),
            FrameColumn::text("maker", "Maker"),
            FrameColumn::new("change_usd_per_year", "Change of profit, USD a year", Show::Money).change().within(3, 4),
            FrameColumn::new("low", "Lower end", Show::Money).change(),
            FrameColumn::new("high", "Upper end", Show::Money).change(),
        ];
        let mut frame = DataFrame::new("makers", "tables/firms.csv", columns);
        let name = &self.report.layout().periods[self.period].name;
        let period = accounts.periods().iter().position(|period| period.name == *name)?;
        let rate = 1.0 / accounts.periods()[period].years();
        let named = accounts
            .firms
            .iter()
            .map(|firm| (market.manufacturers[firm.manufacturer].clone(), region_label(&market.regions[firm.region])));
        let makers = different(named);
        for arm in self.others() {
            for (f, maker) in makers.iter().enumerate() {
                let difference =
                    self.report.results.paired(Arm(arm), accounts.firm(FirmMetric::Profit, f, period)).difference;
                let [low, high] = difference.within(self.quantile);
                let mut cells: Vec<FrameValue> = vec![self.labels[arm].as_str().into(), maker.as_str().into()];
                cells.extend([difference.mean(), low, high].map(|flow| FrameValue::from(flow * rate)));
                frame.rows.push(cells);
            }
        }
        Some(Block::Chart(Chart {
            name: "makers".into(),
            title: "Which makers earn more, and which less".into(),
            reading: format!(
                "Change of the makers' profit against {}, USD a year, the largest first.",
                self.baseline()
            ),
            frame: page.add(frame),
            form: ChartForm::Intervals,
            x: 2,
            y: 1,
            series: None,
            picks: vec![self.regime_pick(0)],
            most: Some(20),
            foot: self.noise(),
            events: Vec::new(),
        }))
    }
}
