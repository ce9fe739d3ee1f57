//! What one job leaves behind: a flat vector of numbers, and the layout that says what each of them is.
//!
//! Every job of a study fills the same slots in the same order, so results can be averaged, paired, stored and merged
//! without knowing what they mean. Units are cars; money is USD; shares are fractions.

use super::accounts::{Account, AccountsLayout, parties};
use super::market::Market;
use super::plan::RegimePlan;
use super::quotes::QuoteLayout;
use super::scenario::Scenario;
use super::timing::record::TimedLayout;

pub use super::scenario::{Period, PeriodKind};

/// A group of models that the weekly table reports: one region, on the list or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Region of the badge, or `outside`.
    pub region: String,
    /// Whether its models carry the headline flag.
    pub flagged: bool,
}

macro_rules! metrics {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $name {
            /// All metrics, in the order of their slots.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}

pub(crate) use metrics;

metrics! {
    /// What is kept by model and period.
    ModelMetric {
        /// Cars sold, drawn.
        Units,
        /// Cars sold, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of all purchase events.
        EventShare,
        /// Drawn share of the cars sold.
        CarShare,
        /// Mean sticker price over the weeks, duty included, USD.
        StickerPrice,
        /// Mean of sticker price less duty over the weeks, USD.
        ProducerPrice,
        /// Mean duty owed per car over the weeks, USD.
        DutyPerCar,
        /// What buyers paid, USD.
        Outlay,
        /// What was left after duty, USD.
        ProducerRevenue,
        /// Duty owed, USD.
        Duty,
    }
}

metrics! {
    /// What is kept by region (and the outside option) and period.
    RegionMetric {
        /// Cars sold, or events without a purchase, drawn.
        Units,
        /// The same, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of all purchase events.
        EventShare,
        /// Drawn share of the cars sold; 0 for the outside option.
        CarShare,
        /// Mean sticker price with base-year volumes as weights, USD; 0 for the outside option.
        StickerPrice,
        /// What buyers paid, USD.
        Outlay,
        /// What was left after duty, USD.
        ProducerRevenue,
        /// Duty owed, USD.
        Duty,
    }
}

metrics! {
    /// What is kept by group and week.
    WeekMetric {
        /// Cars sold, or events without a purchase, drawn.
        Units,
        /// The same, summed choice probabilities.
        ExpectedUnits,
        /// Drawn share of the cars sold; 0 for the outside option.
        CarShare,
        /// Share of the expected cars sold; 0 for the outside option.
        ExpectedCarShare,
        /// Sticker price with base-year volumes as weights, USD; 0 for the outside option.
        StickerPrice,
    }
}

metrics! {
    /// What is kept of the negotiation behind one replication; not a number under a regime of dated events.
    NegotiatedMetric {
        /// 1 for a deal by the first deadline, else 0.
        SettledByDeadline,
        /// 1 where sanctions were imposed at the first deadline.
        Imposed,
        /// 1 where the home government backed down at the first deadline.
        Lapsed,
        /// Days from the first deadline to the first deal, negative before it; not a number without a deal.
        SettlementDays,
        /// Size of the first deal; not a number without one.
        Commitment,
        /// 1 where company plans replaced the criteria in it.
        CompanyPlans,
        /// Weeks of the market's horizon in which the duty was charged.
        SanctionsWeeks,
        /// Belief that a car will bear the duty, on the day of the open threat; this and the next not a number once settled.
        BeliefOpenThreat,
        /// The same on the day of the complaint.
        BeliefComplaint,
        /// The same 35 days before the deadline.
        BeliefFiveWeeksBefore,
        /// 21 days before.
        BeliefThreeWeeksBefore,
        /// 14 days before.
        BeliefTwoWeeksBefore,
        /// 7 days before.
        BeliefWeekBefore,
        /// Two days before.
        BeliefTwoDaysBefore,
        /// The day before.
        BeliefDayBefore,
        /// On the day.
        BeliefDeadline,
    }
}

/// Slots that negotiated regimes add to a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NegotiatedLayout {
    start: usize,
}

impl NegotiatedLayout {
    /// Slot of a metric.
    #[must_use]
    pub fn slot(self, metric: NegotiatedMetric) -> usize {
        self.start + metric as usize
    }
    /// Writes the metrics of one replication, or that there are none.
    pub fn fill(self, values: &mut [f64], metrics: Option<[f64; NegotiatedMetric::ALL.len()]>) {
        let metrics = metrics.unwrap_or([f64::NAN; NegotiatedMetric::ALL.len()]);
        values[self.start..self.start + metrics.len()].copy_from_slice(&metrics);
    }
}

/// A set of models summed into headline metrics.
#[derive(Clone, Debug, PartialEq)]
struct Aggregate {
    suffix: String,
    members: Vec<usize>,
    outside: bool,
    is_flag: bool,
    /// Whether its makers' profit is among the headlines.
    profits: bool,
}

impl Aggregate {
    /// The metrics that it contributes: of the outside option there are neither shares of cars nor prices.
    fn metrics(&self) -> &'static [(AggregateMetric, &'static str, &'static str)] {
        if self.outside { &AGGREGATE_METRICS[..2] } else { &AGGREGATE_METRICS }
    }
}

/// A headline metric that the accounts give.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Booked {
    /// Makers' profit on some models.
    Profit(Vec<usize>),
    /// An account.
    Account(Account),
}

/// Which slot of an [`Outcome`] holds what.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Number of models.
    pub models: usize,
    /// Regions in the order of the market, then `outside`.
    pub regions: Vec<String>,
    /// Periods reported.
    pub periods: Vec<Period>,
    /// Weekly groups, `outside` last.
    pub groups: Vec<Group>,
    /// Weeks simulated.
    pub weeks: u32,
    /// Names of the headline metrics, with their units.
    pub headlines: Vec<String>,
    /// Slots that runs in time add at the end.
    pub timed: Option<TimedLayout>,
    /// Slots that negotiated regimes add after those.
    pub negotiated: Option<NegotiatedLayout>,
    /// Slots of the accounts, after those.
    pub accounts: Option<AccountsLayout>,
    /// Slots of prices and base year where every replication has its own, the last.
    pub quotes: Option<QuoteLayout>,
    group_of_model: Vec<usize>,
    region_of_model: Vec<usize>,
    base_volume: Vec<f64>,
    aggregates: Vec<Aggregate>,
    /// Headlines that the accounts give, by their places.
    pub(super) booked: Vec<(usize, Booked)>,
}

/// What a headline is, whatever set of models it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateMetric {
    /// Cars sold, or events without a purchase, drawn.
    Units,
    /// The same, summed choice probabilities.
    ExpectedUnits,
    /// Drawn share of the cars sold.
    CarShare,
    /// Mean sticker price with base-year volumes as weights, USD.
    StickerPrice,
    /// Makers' profit on the models, USD.
    Profit,
    /// What buyers paid, USD.
    Outlay,
    /// What was left after duty, USD.
    ProducerRevenue,
    /// Duty owed, USD.
    Duty,
    /// What a party of the accounts gains, USD.
    Account,
}

/// Metrics that each aggregate contributes to the headlines.
const AGGREGATE_METRICS: [(AggregateMetric, &str, &str); 4] = [
    (AggregateMetric::Units, "units", ""),
    (AggregateMetric::ExpectedUnits, "expected_units", ""),
    (AggregateMetric::CarShare, "car_share", ""),
    (AggregateMetric::StickerPrice, "sticker_price", "_usd"),
];

impl Layout {
    /// The layout of a scenario, without what depends on how it is run.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut layout = Self::new(&scenario.market, scenario.periods.clone(), scenario.weeks, &scenario.flag);
        let parties = parties(scenario);
        for metric in &scenario.outputs.metrics {
            let party = parties.iter().find(|(_, name)| name == metric);
            if let Some((account, name)) = party.filter(|(_, name)| !layout.headlines.contains(name)) {
                layout.booked.push((layout.headlines.len(), Booked::Account(*account)));
                layout.headlines.push(name.clone());
            }
        }
        layout
    }

    /// Names of all metrics of a scenario: the headlines, then what else each party gains, which is a headline where it is asked for.
    #[must_use]
    pub fn metrics(&self, scenario: &Scenario) -> Vec<String> {
        let others = parties(scenario).into_iter().map(|(_, name)| name);
        let others = others.filter(|name| !self.headlines.contains(name));
        self.headlines.iter().cloned().chain(others).collect()
    }

    /// The layout of a market over `weeks` weeks; `flag` names the headline list (`sanctioned`).
    #[must_use]
    pub fn new(market: &Market, periods: Vec<Period>, weeks: u32, flag: &str) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of_model = Vec::with_capacity(market.len());
        for model in &market.models {
            let group = Group { region: market.regions[model.region].clone(), flagged: model.flagged };
            let position = groups.iter().position(|known| *known == group).unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            });
            group_of_model.push(position);
        }
        groups.push(Group { region: "outside".into(), flagged: false });

        let all = (0..market.len()).collect();
        let flagged = (0..market.len()).filter(|j| market.models[*j].flagged).collect();
        let mut aggregates = vec![
            Aggregate { suffix: "all".into(), members: all, outside: false, is_flag: false, profits: false },
            Aggregate { suffix: flag.into(), members: flagged, outside: false, is_flag: true, profits: false },
        ];
        for (id, region) in market.regions.iter() {
            let members = (0..market.len()).filter(|j| market.models[*j].region == id).collect();
            aggregates.push(Aggregate {
                suffix: region.clone(),
                members,
                outside: false,
                is_flag: false,
                profits: false,
            });
        }
        for group in &market.groups {
            let (suffix, members) = (group.name.clone(), group.models.clone());
            aggregates.push(Aggregate { suffix, members, outside: false, is_flag: false, profits: true });
        }
        aggregates.retain(|aggregate| !aggregate.members.is_empty());
        aggregates.push(Aggregate {
            suffix: "outside".into(),
            members: Vec::new(),
            outside: true,
            is_flag: false,
            profits: false,
        });

        let (mut headlines, mut booked) = (Vec::new(), Vec::new());
        for aggregate in &aggregates {
            for (_, metric, unit) in aggregate.metrics() {
                headlines.push(format!("{metric}_{}{unit}", aggregate.suffix));
            }
            if aggregate.profits {
                booked.push((headlines.len(), Booked::Profit(aggregate.members.clone())));
                headlines.push(format!("profit_{}_usd", aggregate.suffix));
            }
        }
        headlines.extend(["outlay_usd", "producer_revenue_usd", "duty_usd"].map(String::from));

        let mut regions: Vec<String> = market.regions.as_slice().to_vec();
        regions.push("outside".into());
        Self {
            models: market.len(),
            regions,
            periods,
            groups,
            weeks,
            headlines,
            timed: None,
            negotiated: None,
            accounts: None,
            quotes: None,
            group_of_model,
            region_of_model: market.models.iter().map(|model| usize::from(model.region.0)).collect(),
            base_volume: market.models.iter().map(|model| model.base_volume).collect(),
            aggregates,
            booked,
        }
    }

    /// What each headline is, in the order of their names.
    #[must_use]
    pub fn headline_metrics(&self) -> Vec<AggregateMetric> {
        let mut metrics = Vec::with_capacity(self.headlines.len());
        for aggregate in &self.aggregates {
            metrics.extend(aggregate.metrics().iter().map(|(metric, ..)| *metric));
            metrics.extend(aggregate.profits.then_some(AggregateMetric::Profit));
        }
        metrics.extend([AggregateMetric::Outlay, AggregateMetric::ProducerRevenue, AggregateMetric::Duty]);
        // What else was asked for stands behind.
        metrics.resize(self.headlines.len(), AggregateMetric::Account);
        metrics
    }

    /// Sales of the flagged models, or of all where none is flagged: expected ones, or drawn ones where a run has no others.
    #[must_use]
    pub fn default_headline(&self, has_expected: bool) -> &str {
        let flagged = self.aggregates.iter().position(|aggregate| aggregate.is_flag).unwrap_or(0);
        &self.headlines[flagged * AGGREGATE_METRICS.len() + usize::from(has_expected)]
    }
    /// Adds the slots of runs in time.
    #[must_use]
    pub fn in_time(mut self, market: &Market) -> Self {
        self.timed = Some(TimedLayout::new(&self, market));
        self
    }

    /// Adds the slots of negotiated regimes.
    #[must_use]
    pub fn with_negotiation(mut self) -> Self {
        self.negotiated = Some(NegotiatedLayout { start: self.len() });
        self
    }
    /// Adds the slots of the accounts. `cost_usd` is each model's marginal cost, dealers' margin included.
    #[must_use]
    pub fn with_accounts(mut self, scenario: &Scenario, cost_usd: &[f64]) -> Self {
        self.accounts = Some(AccountsLayout::new(&self, scenario, cost_usd));
        self
    }

    /// The same slots with the marginal costs of another world in the accounts.
    #[must_use]
    pub fn with_costs(&self, scenario: &Scenario, cost_usd: &[f64]) -> Self {
        let mut layout = self.clone();
        if let Some(accounts) = &mut layout.accounts {
            accounts.set_costs(scenario, cost_usd);
        }
        layout
    }
    /// Adds the slots of prices and base year, after all others: `rows` stretches of weeks with the same prices.
    #[must_use]
    pub fn with_quotes(mut self, rows: usize) -> Self {
        self.quotes = Some(QuoteLayout::new(self.len(), self.models, rows));
        self
    }
    /// Slots whose quantiles are kept, not their moments alone: all but those of prices and base year.
    #[must_use]
    pub fn sampled(&self) -> usize {
        self.quotes.map_or_else(|| self.len(), QuoteLayout::start)
    }

    /// Weekly group of an option: a model, or the outside option after the last.
    #[must_use]
    pub fn group_of_option(&self, option: usize) -> usize {
        self.group_of_model.get(option).copied().unwrap_or(self.groups.len() - 1)
    }
    /// Base-year volume of a model, cars a year.
    #[must_use]
    pub fn base_volume(&self, model: usize) -> f64 {
        self.base_volume[model]
    }

    /// Slot of a model's metric in a period.
    #[must_use]
    pub fn model(&self, metric: ModelMetric, period: usize, model: usize) -> usize {
        (period * ModelMetric::ALL.len() + metric as usize) * self.models + model
    }
    /// Slot of a region's metric in a period; the outside option is the last region.
    #[must_use]
    pub fn region(&self, metric: RegionMetric, period: usize, region: usize) -> usize {
        self.region_start() + (period * RegionMetric::ALL.len() + metric as usize) * self.regions.len() + region
    }
    /// Slot of a headline metric in a period.
    #[must_use]
    pub fn headline(&self, headline: usize, period: usize) -> usize {
        self.headline_start() + period * self.headlines.len() + headline
    }
    /// Slots of all headline metrics in all periods.
    #[must_use]
    pub fn headline_slots(&self) -> std::ops::Range<usize> {
        self.headline_start()..self.week_start()
    }
    /// Slot of a group's metric in a week.
    #[must_use]
    pub fn week(&self, metric: WeekMetric, week: usize, group: usize) -> usize {
        self.week_start() + (week * WeekMetric::ALL.len() + metric as usize) * self.groups.len() + group
    }
    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        let plain = self.week_start() + self.weeks as usize * WeekMetric::ALL.len() * self.groups.len();
        let timed = self.timed.as_ref().map_or(0, TimedLayout::len);
        let negotiated = self.negotiated.map_or(0, |_| NegotiatedMetric::ALL.len());
        let accounts = self.accounts.as_ref().map_or(0, AccountsLayout::len);
        plain + timed + negotiated + accounts + self.quotes.map_or(0, QuoteLayout::len)
    }
    fn region_start(&self) -> usize {
        self.periods.len() * ModelMetric::ALL.len() * self.models
    }
    fn headline_start(&self) -> usize {
        self.region_start() + self.periods.len() * RegionMetric::ALL.len() * self.regions.len()
    }
    fn week_start(&self) -> usize {
        self.headline_start() + self.periods.len() * self.headlines.len()
    }
    fn outside_region(&self) -> usize {
        self.regions.len() - 1
    }
}

/// Sales of one job by week and option: J models, then the outside option.
#[derive(Clone, Debug, PartialEq)]
pub struct Sales {
    options: usize,
    drawn: Vec<u32>,
    expected: Vec<f64>,
    /// What buyers paid, the duty charged, list prices of the cars sold, and the part of the duty in dispute, by week and model,
    /// USD, where prices are not the plan's.
    money: Option<Vec<[f64; 4]>>,
    /// Factor of trend and season on the households of a buyer, by week; empty where there is none.
    traffic: Vec<f64>,
}

impl Sales {
    /// No sales yet, for `weeks` weeks and `models` models.
    #[must_use]
    pub fn new(weeks: u32, models: usize) -> Self {
        let cells = weeks as usize * (models + 1);
        Self {
            options: models + 1,
            drawn: vec![0; cells],
            expected: vec![0.0; cells],
            money: None,
            traffic: Vec::new(),
        }
    }
    /// No sales yet in a market whose purchase events come and go with trend and season: a factor for each week, or none.
    #[must_use]
    pub fn with_traffic(weeks: u32, models: usize, traffic: &[f64]) -> Self {
        Self { traffic: traffic.to_vec(), ..Self::new(weeks, models) }
    }
    /// Factor on the households that a buyer of this week stands for.
    #[must_use]
    pub fn traffic(&self, week: usize) -> f64 {
        self.traffic.get(week).copied().unwrap_or(1.0)
    }
    /// No sales yet, for runs in which buyers do not pay the plan's prices. Expected sales are not defined there: buyers who
    /// move their purchases leave a selected sample behind, and its probabilities would count them twice.
    #[must_use]
    pub fn with_money(weeks: u32, models: usize) -> Self {
        let mut sales = Self::new(weeks, models);
        sales.expected.fill(f64::NAN);
        sales.money = Some(vec![[0.0; 4]; weeks as usize * models]);
        sales
    }
    /// Adds what one sale of `model` was paid with, and its list price, USD.
    pub fn pay(&mut self, week: usize, model: usize, outlay_usd: f64, list_usd: f64) {
        if let Some(money) = &mut self.money {
            let row = &mut money[week * (self.options - 1) + model];
            row[0] += outlay_usd;
            row[2] += list_usd;
        }
    }
    /// Adds duty on cars of `model`, of which `disputed_usd` is in dispute, USD.
    pub fn charge(&mut self, week: usize, model: usize, duty_usd: f64, disputed_usd: f64) {
        if let Some(money) = &mut self.money {
            let row = &mut money[week * (self.options - 1) + model];
            row[1] += duty_usd;
            row[3] += disputed_usd;
        }
    }
    /// What buyers paid, the duty charged, list prices of the cars sold and the part of the duty in dispute, USD, where they were
    /// recorded.
    #[must_use]
    pub fn money(&self, week: usize, model: usize) -> Option<[f64; 4]> {
        self.money.as_ref().map(|money| money[week * (self.options - 1) + model])
    }
    /// Counts one drawn choice of `option`.
    pub fn count(&mut self, week: usize, option: usize) {
        self.drawn[week * self.options + option] += 1;
    }
    /// Records the expected choices of one week: each model's, and the outside option's.
    pub fn expect(&mut self, week: usize, models: &[f64], outside: f64) {
        let row = &mut self.expected[week * self.options..(week + 1) * self.options];
        row[..models.len()].copy_from_slice(models);
        row[models.len()] = outside;
    }
    /// Drawn choices of one week, one count for each option.
    #[must_use]
    pub fn drawn(&self, week: usize) -> &[u32] {
        &self.drawn[week * self.options..(week + 1) * self.options]
    }
    /// Expected choices of one week.
    #[must_use]
    pub fn expected(&self, week: usize) -> &[f64] {
        &self.expected[week * self.options..(week + 1) * self.options]
    }
}

/// The result of one regime in one replication.
///
/// Two are equal when all their numbers are, to the bit: a number that is not defined is equal to itself.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One number for each slot of the [`Layout`].
    pub values: Vec<f64>,
    /// Buyers by the model they would have chosen at baseline prices (rows) and what they chose (columns, the outside
    /// option last), drawn, in cars; only choices that differ. J x (J + 1), row-major.
    pub switched: Vec<f64>,
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        let same =
            |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
        same(&self.values, &other.values) && same(&self.switched, &other.switched)
    }
}

impl Outcome {
    /// Fills every slot from the sales of one job; a buyer stands for `households` households.
    #[must_use]
    pub fn from_sales(layout: &Layout, plan: &RegimePlan, sales: &Sales, households: f64, switched: Vec<f64>) -> Self {
        let mut values = vec![0.0; layout.len()];
        for (p, period) in layout.periods.iter().enumerate() {
            fill_period(&mut values, layout, plan, sales, households, (p, period));
        }
        for week in 0..layout.weeks as usize {
            fill_week(&mut values, layout, plan, sales, households, week);
        }
        Self { values, switched }
    }
}

fn fill_period(
    values: &mut [f64],
    layout: &Layout,
    plan: &RegimePlan,
    sales: &Sales,
    households: f64,
    (p, period): (usize, &Period),
) {
    let models = layout.models;
    let mut units = vec![0.0; models + 1];
    let mut expected = vec![0.0; models + 1];
    let mut sums = vec![[0.0_f64; 6]; models]; // sticker, producer, duty per car; outlay, revenue, duty
    let mut weeks_off = vec![0_u32; models];
    for week in period.from as usize..period.to as usize {
        let phase = plan.phase(week);
        let households = households * sales.traffic(week);
        for (option, (count, probability)) in sales.drawn(week).iter().zip(sales.expected(week)).enumerate() {
            let sold = f64::from(*count) * households;
            units[option] += sold;
            expected[option] += probability * households;
            if option < models {
                let (sticker, producer, duty) =
                    (phase.sticker_price_usd[option], phase.producer_price_usd[option], phase.duty_usd[option]);
                let row = match sales.money(week, option) {
                    // A model that is not on sale has no price.
                    None if phase.on_sale.get(option) == Some(&0.0) => {
                        weeks_off[option] += 1;
                        [0.0; 6]
                    }
                    None => [sticker, producer, duty, sold * sticker, sold * producer, sold * duty],
                    Some([paid, charged, ..]) => [sticker, producer, duty, paid, paid - charged, charged],
                };
                sums[option].iter_mut().zip(row).for_each(|(sum, term)| *sum += term);
            }
        }
    }
    let events: f64 = units.iter().sum();
    let cars: f64 = units[..models].iter().sum();
    let weeks = f64::from(period.weeks());
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let weeks_on = |j: usize| f64::from(period.weeks() - weeks_off[j]);

    for j in 0..models {
        let [sticker, producer, duty, outlay, revenue, owed] = sums[j];
        let row = [
            units[j],
            expected[j],
            share(units[j], events),
            share(units[j], cars),
            sticker / weeks_on(j),
            producer / weeks_on(j),
            duty / weeks_on(j),
            outlay,
            revenue,
            owed,
        ];
        for (metric, value) in ModelMetric::ALL.iter().zip(row) {
            values[layout.model(*metric, p, j)] = value;
        }
        let region = layout.region_of_model[j];
        for (metric, value) in [
            (RegionMetric::Units, units[j]),
            (RegionMetric::ExpectedUnits, expected[j]),
            (RegionMetric::Outlay, outlay),
            (RegionMetric::ProducerRevenue, revenue),
            (RegionMetric::Duty, owed),
        ] {
            values[layout.region(metric, p, region)] += value;
        }
    }
    let outside = layout.outside_region();
    values[layout.region(RegionMetric::Units, p, outside)] = units[models];
    values[layout.region(RegionMetric::ExpectedUnits, p, outside)] = expected[models];
    let base_weighted = |members: &[usize]| {
        let weight = |j: usize| layout.base_volume[j] * (weeks_on(j) / weeks);
        let sold: Vec<usize> = members.iter().copied().filter(|j| weeks_on(*j) > 0.0).collect();
        let volume: f64 = sold.iter().map(|j| weight(*j)).sum();
        share(sold.iter().map(|j| weight(*j) * sums[*j][0] / weeks_on(*j)).sum(), volume)
    };
    for region in 0..layout.regions.len() {
        let sold = values[layout.region(RegionMetric::Units, p, region)];
        values[layout.region(RegionMetric::EventShare, p, region)] = share(sold, events);
        if region != outside {
            let members: Vec<usize> = (0..models).filter(|j| layout.region_of_model[*j] == region).collect();
            values[layout.region(RegionMetric::CarShare, p, region)] = share(sold, cars);
            values[layout.region(RegionMetric::StickerPrice, p, region)] = base_weighted(&members);
        }
    }
    let mut headline = 0;
    let mut put = |value: f64| {
        values[layout.headline(headline, p)] = value;
        headline += 1;
    };
    for aggregate in &layout.aggregates {
        if aggregate.outside {
            put(units[models]);
            put(expected[models]);
        } else {
            let sold: f64 = aggregate.members.iter().map(|j| units[*j]).sum();
            put(sold);
            put(aggregate.members.iter().map(|j| expected[*j]).sum());
            put(share(sold, cars));
            put(base_weighted(&aggregate.members));
            if aggregate.profits {
                put(f64::NAN); // the accounts know
            }
        }
    }
    for money in 3..6 {
        put(sums.iter().map(|sum| sum[money]).sum());
    }
}

fn fill_week(values: &mut [f64], layout: &Layout, plan: &RegimePlan, sales: &Sales, households: f64, week: usize) {
    let models = layout.models;
    let phase = plan.phase(week);
    let households = households * sales.traffic(week);
    let (drawn, expected) = (sales.drawn(week), sales.expected(week));
    let cars: f64 = drawn[..models].iter().map(|count| f64::from(*count)).sum();
    let expected_cars: f64 = expected[..models].iter().sum();
    let mut volume = vec![0.0; layout.groups.len()];
    for j in 0..models {
        let group = layout.group_of_model[j];
        values[layout.week(WeekMetric::Units, week, group)] += f64::from(drawn[j]) * households;
        values[layout.week(WeekMetric::ExpectedUnits, week, group)] += expected[j] * households;
        if phase.on_sale.get(j) != Some(&0.0) {
            values[layout.week(WeekMetric::StickerPrice, week, group)] +=
                layout.base_volume[j] * phase.sticker_price_usd[j];
            volume[group] += layout.base_volume[j];
        }
    }
    for group in 0..layout.groups.len() - 1 {
        values[layout.week(WeekMetric::StickerPrice, week, group)] /= volume[group];
        // Of no cars there are no shares.
        let share = |units: f64, of: f64| if of > 0.0 { units / (of * households) } else { f64::NAN };
        values[layout.week(WeekMetric::CarShare, week, group)] =
            share(values[layout.week(WeekMetric::Units, week, group)], cars);
        values[layout.week(WeekMetric::ExpectedCarShare, week, group)] =
            share(values[layout.week(WeekMetric::ExpectedUnits, week, group)], expected_cars);
    }
    let outside = layout.groups.len() - 1;
    values[layout.week(WeekMetric::Units, week, outside)] = f64::from(drawn[models]) * households;
    values[layout.week(WeekMetric::ExpectedUnits, week, outside)] = expected[models] * households;
}
