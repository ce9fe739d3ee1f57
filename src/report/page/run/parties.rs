//! The regimes side by side; charts of who gains and who loses, of sales and of makers.

use super::facts::{RunFacts, moved};
use crate::model::accounts::FirmMetric;
use crate::report::account_rows::{AccountGroup, WelfareRow};
use crate::report::page::predicted::{Predicted, is_total};
use crate::report::page::words::different;
use crate::report::page::{
    Block, Chart, ChartForm, DataFrame, FrameColumn, FrameTable, FrameValue, Page, Pick, Section, Show,
};
use crate::report::words::region_label;
use crate::study::Arm;

/// Columns of the table of regimes that stand beside each other without scrolling, on a screen and on paper.
const MOST_COLUMNS: usize = 6;
/// Countries among them.
const MOST_COUNTRIES: usize = 3;

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
        for row in self.others().flat_map(|arm| self.accounts_of(arm, self.over[arm])).filter(|row| moved(row)) {
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
            let (label, show, _) = self.named_as(*metric, self.lead);
            add(&layout.headlines[*metric], &label, show);
        }
        columns.push(FrameColumn::text("period", "Period"));
        let mut frame = DataFrame::new("regimes", "tables/welfare.csv", columns);
        for arm in self.others() {
            let mut row: Vec<FrameValue> = vec![self.marked(arm).into()];
            for account in &accounts {
                let known = self.accounts_of(arm, self.over[arm]).find(|row| row.account == account.account);
                let change = known.map(WelfareRow::yearly);
                let [low, high] = change.map_or([f64::NAN; 2], |change| change.interval);
                row.extend([change.map_or(f64::NAN, |change| change.mean), low, high].map(FrameValue::from));
            }
            for slot in [sales, price].into_iter().flatten().map(|at| layout.headline(at, self.over[arm])) {
                let relative = self.report.results.paired(Arm(arm), slot).relative();
                let [low, high] = relative.fieller(self.quantile);
                row.extend([relative.estimate(), low, high].map(FrameValue::from));
            }
            for metric in &named {
                let (change, (_, _, rate)) = (self.named_change(*metric, arm), self.named_as(*metric, arm));
                let [low, high] = change.within(self.quantile);
                row.extend([change.mean() * rate, low * rate, high * rate].map(FrameValue::from));
            }
            row.push(self.period_label(self.over[arm]).into());
            frame.rows.push(row);
        }
        // Those that are seen without scrolling, and all others behind a choice.
        let with_interval = |column: &usize| frame.columns[*column].interval.is_some();
        let all: Vec<usize> = (1..frame.columns.len()).filter(with_interval).collect();
        let first = self.first_columns(&accounts, all.len());
        let [first, rest]: [Vec<usize>; 2] = [true, false].map(|wanted| {
            let own = all.iter().enumerate().filter(|(place, _)| first.contains(place) == wanted);
            own.map(|(_, column)| *column).collect()
        });
        let frame = page.add(frame);
        let table = |name: &str, what: &str, columns: Vec<usize>| {
            if columns.is_empty() {
                return Vec::new();
            }
            vec![Block::Table(FrameTable {
                name: name.into(),
                caption: format!(
                    "{what} against {}, {}.{} {}",
                    self.baseline(),
                    self.period_label(self.period),
                    self.note_of_marks(),
                    self.noise()
                ),
                columns: std::iter::once(0).chain(columns).collect(),
                frame,
                picks: Vec::new(),
                searched: false,
                most: usize::MAX,
            })]
        };
        blocks.extend(Block::one_of(
            "Columns",
            vec![
                ("countries, the parties that change most, and sales", table("regimes", "Changes", first)),
                ("all others", table("regimes_rest", "Other changes", rest)),
            ],
        ));
        blocks.push(self.in_words(page, predicted));
        page.sections.push(Section { title: "The regimes side by side".into(), blocks });
    }

    /// The answer for each regime in words: what draws say where there are some.
    fn in_words(&self, page: &mut Page, predicted: Option<&Predicted<'_>>) -> Block {
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
        Block::Table(FrameTable {
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
        })
    }

    /// Places, among the columns of the table of regimes, of those that are shown first: as many as there is room for on a screen and on paper. They
    /// are countries, the parties that change most under the regime that the page is about, and sales of the flagged models; the rest of the
    /// `columns` follows as there is room.
    fn first_columns(&self, accounts: &[&WelfareRow], columns: usize) -> Vec<usize> {
        let size = |place: &usize| {
            let own = self.accounts_of(self.lead, self.over[self.lead]);
            let same = own.filter(|row| row.account == accounts[*place].account);
            same.map(|row| row.change_usd_per_year.abs()).sum::<f64>()
        };
        let largest_first = |mut places: Vec<usize>| {
            places.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
            places
        };
        let of = |country: bool| {
            let own = |place: &usize| is_total(accounts[*place].account.account) == country;
            largest_first((0..accounts.len()).filter(own).collect())
        };
        // Countries are worth no more than half of the room.
        let countries = of(true).into_iter().take(MOST_COUNTRIES);
        let after = accounts.len()..columns;
        let sales = after.clone().take(1);
        let mut first: Vec<usize> = countries.chain(sales).collect();
        for place in of(false).into_iter().chain(after).chain(of(true)) {
            if first.len() < MOST_COLUMNS && !first.contains(&place) {
                first.push(place);
            }
        }
        first
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
        let mut across = DataFrame::new("across_regimes", "tables/welfare.csv", frame.columns.clone());
        for period in self.periods() {
            for arm in self.others() {
                let add = |frame: &mut DataFrame, label: String, of: usize| {
                    let mut rows: Vec<&WelfareRow> = self.accounts_of(arm, of).collect();
                    rows.sort_by_key(|row| row.order);
                    for row in rows {
                        let change = row.yearly();
                        let [low, high] = change.interval;
                        let words = [label.clone(), self.period_label(period), row.label.clone()];
                        let mut cells: Vec<FrameValue> = words.map(FrameValue::from).into();
                        cells.extend([change.mean, low, high].map(FrameValue::from));
                        frame.rows.push(cells);
                    }
                };
                if self.periods_of(arm).contains(&period) {
                    add(&mut frame, self.labels[arm].clone(), period);
                }
                // Beside the others a regime that imposes nothing is shown over the whole horizon, whichever is picked.
                let of = if self.over[arm] == self.period { period } else { 0 };
                add(&mut across, self.marked(arm), of);
            }
        }
        let first =
            self.welfare.iter().filter(|row| row.group == AccountGroup::Total.as_str()).map(|row| &row.label).next();
        let start = first.or_else(|| self.welfare.iter().map(|row| &row.label).next()).cloned().unwrap_or_default();
        let (frame, across) = (page.add(frame), page.add(across));
        let chart = |name: &str, title: &str, reading: String, (frame, note): (usize, String), y, picks| {
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
                foot: self.noise() + &note,
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
                (frame, self.note_of_whole()),
                2,
                vec![self.regime_pick(0), self.period_pick(1, true)],
            ),
            chart(
                "across_regimes",
                "One account under every regime",
                "The same numbers the other way round: pick a party or a total, and compare the regimes.".into(),
                (across, self.note_of_marks()),
                0,
                vec![Pick { column: 2, start }, self.period_pick(1, false)],
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
        frame.stands = self.divided(self.sales_columns());
        for period in self.periods() {
            let rate = 1.0 / self.years(period);
            for arm in self.others().filter(|arm| self.periods_of(*arm).contains(&period)) {
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
        let regions = vec![Block::Chart(Chart {
            name: "sales_by_region".into(),
            title: "Whose cars are sold in their place".into(),
            reading,
            frame,
            form: ChartForm::Intervals,
            x: 4,
            y: 2,
            series: None,
            picks: vec![self.regime_pick(0), self.period_pick(1, true)],
            most: None,
            foot: self.noise() + &self.note_of_whole(),
            events: Vec::new(),
        })];
        let makers = self.makers(page).into_iter().collect();
        let blocks = Block::one_of("Chart", vec![("sales by region", regions), ("profit of makers", makers)]);
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
            FrameColumn::text("period", "Period"),
        ];
        let mut frame = DataFrame::new("makers", "tables/firms.csv", columns);
        frame.stands = self.divided("column `profit_usd_change`");
        let accounted = |arm: usize| {
            let name = &self.report.layout().periods[self.over[arm]].name;
            accounts.periods().iter().position(|period| period.name == *name)
        };
        let named = accounts
            .firms
            .iter()
            .map(|firm| (market.manufacturers[firm.manufacturer].clone(), region_label(&market.regions[firm.region])));
        let makers = different(named);
        for arm in self.others() {
            let period = accounted(arm)?;
            let rate = 1.0 / accounts.periods()[period].years();
            for (f, maker) in makers.iter().enumerate() {
                let difference =
                    self.report.results.paired(Arm(arm), accounts.firm(FirmMetric::Profit, f, period)).difference;
                let [low, high] = difference.within(self.quantile);
                let mut cells: Vec<FrameValue> = vec![self.labels[arm].as_str().into(), maker.as_str().into()];
                cells.extend([difference.mean(), low, high].map(|flow| FrameValue::from(flow * rate)));
                cells.push(self.period_label(self.over[arm]).into());
                frame.rows.push(cells);
            }
        }
        Some(Block::Chart(Chart {
            name: "makers".into(),
            title: "Which makers earn more, and which less".into(),
            reading: format!(
                "Change of the makers' profit against {}, USD a year, {}.{}",
                self.baseline(),
                self.period_label(self.period),
                self.note_of_whole()
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
