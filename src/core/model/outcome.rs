//! What one job leaves behind: a flat vector of numbers, and the layout that says what each of them is.
//!
//! Every job of a study fills the same slots in the same order, so results can be averaged, paired, stored and merged
//! without knowing what they mean. Units are cars; money is USD; shares are fractions.

use super::accounts::slots::{Booked, Firm, FirmMetric};
use super::accounts::{AccountsLayout, parties};
use super::market::Market;
use super::plan::RegimePlan;
use super::quotes::QuoteLayout;
use super::sales::Sales;
use super::scenario::Scenario;
use super::timing::slots::{TimedFrame, TimedLayout};

pub use super::metrics::{Group, ModelMetric, NegotiatedMetric, RegionMetric, WeekMetric};
pub use super::scenario::{Period, PeriodKind};

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
    /// Headlines that it contributes.
    fn headlines(&self) -> usize {
        self.metrics().len() + usize::from(self.profits)
    }
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
    booked: Vec<(usize, Booked)>,
}

/// Numbers of an outcome that have one sum with others: a whole, and its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotSum {
    /// What they are, in words.
    pub name: String,
    /// Slots of the whole: one, or those of the weeks of a period.
    pub whole: Vec<usize>,
    /// Slots of its parts.
    pub parts: Vec<usize>,
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

    /// Numbers that are kept beside their parts: those of regions, weekly groups and sets of models beside those of the models themselves.
    #[must_use]
    pub fn sums(&self) -> Vec<SlotSum> {
        const COUNTED: [(RegionMetric, ModelMetric, &str); 5] = [
            (RegionMetric::Units, ModelMetric::Units, "cars"),
            (RegionMetric::ExpectedUnits, ModelMetric::ExpectedUnits, "expected cars"),
            (RegionMetric::Outlay, ModelMetric::Outlay, "outlay"),
            (RegionMetric::ProducerRevenue, ModelMetric::ProducerRevenue, "producer revenue"),
            (RegionMetric::Duty, ModelMetric::Duty, "duty"),
        ];
        let mut sums = Vec::new();
        for (p, period) in self.periods.iter().enumerate() {
            let mut add = |name: String, whole: Vec<usize>, parts: Vec<usize>| {
                sums.push(SlotSum { name: format!("{name} in period `{}`", period.name), whole, parts });
            };
            let of_models = |metric: ModelMetric, members: &[usize]| -> Vec<usize> {
                members.iter().map(|j| self.model(metric, p, *j)).collect()
            };
            for (r, region) in self.regions[..self.outside_region()].iter().enumerate() {
                for (metric, of_model, what) in COUNTED {
                    let parts = of_models(of_model, &self.members_of(r));
                    add(format!("{what} of region `{region}`"), vec![self.region(metric, p, r)], parts);
                }
            }
            for (g, group) in self.groups[..self.groups.len() - 1].iter().enumerate() {
                let weeks = period.from as usize..period.to as usize;
                let members: Vec<usize> = (0..self.models).filter(|j| self.group_of_model[*j] == g).collect();
                let listed = if group.flagged { ", flagged" } else { "" };
                let name = format!("cars by week of group `{}`{listed}", group.region);
                let whole = weeks.map(|week| self.week(WeekMetric::Units, week, g)).collect();
                add(name, whole, of_models(ModelMetric::Units, &members));
            }
            for (start, set) in self.headline_starts() {
                for (at, (metric, of_model, what)) in COUNTED[..2].iter().enumerate() {
                    let parts = match set.outside {
                        true => vec![self.region(*metric, p, self.outside_region())],
                        false => of_models(*of_model, &set.members),
                    };
                    add(format!("{what} of `{}`", set.suffix), vec![self.headline(start + at, p)], parts);
                }
            }
            let all: Vec<usize> = (0..self.models).collect();
            let money = self.headline_starts().map(|(start, set)| start + set.headlines()).last().unwrap_or(0);
            for (at, (_, of_model, what)) in COUNTED[2..].iter().enumerate() {
                add(format!("{what} of all models"), vec![self.headline(money + at, p)], of_models(*of_model, &all));
            }
        }
        sums
    }

    /// Cars of makers in the accounts, which are those of their models: drawn ones in time, expected ones otherwise.
    #[must_use]
    pub fn sums_of_makers(&self, market: &Market) -> Vec<SlotSum> {
        let Some(accounts) = &self.accounts else { return Vec::new() };
        let metric = if self.timed.is_some() { ModelMetric::Units } else { ModelMetric::ExpectedUnits };
        let sum = |(p, f): (usize, usize)| {
            let Firm { manufacturer, region, members } = &accounts.firms[f];
            let (maker, region) = (&market.manufacturers[*manufacturer], &market.regions[*region]);
            SlotSum {
                name: format!("cars of maker `{maker}` in {region} in period `{}`", self.periods[p].name),
                whole: vec![accounts.firm(FirmMetric::Units, f, p)],
                parts: members.iter().map(|j| self.model(metric, p, *j)).collect(),
            }
        };
        let firms = accounts.firms.len();
        (0..self.periods.len()).flat_map(|p| (0..firms).map(move |f| (p, f))).map(sum).collect()
    }

    /// Headlines of one period that are sums of others, by their places in it: all cars are those of the regions.
    #[must_use]
    pub fn headline_sums(&self) -> Vec<SlotSum> {
        let starts: Vec<(usize, &Aggregate)> = self.headline_starts().collect();
        // Behind all models and the flagged ones, if there are any; regions without models are left out.
        let regions = (0..self.outside_region()).filter(|r| !self.members_of(*r).is_empty()).count();
        let first = 1 + usize::from(starts.iter().any(|(_, set)| set.is_flag));
        let sum = |(at, what): (usize, &str)| SlotSum {
            name: format!("{what} of all models"),
            whole: vec![at],
            parts: starts[first..first + regions].iter().map(|(start, _)| start + at).collect(),
        };
        ["cars", "expected cars"].into_iter().enumerate().map(sum).collect()
    }

    /// The sets of models that headlines are of, each with the place of its first headline.
    fn headline_starts(&self) -> impl Iterator<Item = (usize, &Aggregate)> {
        self.aggregates.iter().scan(0, |next, set| {
            let start = *next;
            *next += set.headlines();
            Some((start, set))
        })
    }

    /// Models of a region.
    fn members_of(&self, region: usize) -> Vec<usize> {
        (0..self.models).filter(|j| self.region_of_model[*j] == region).collect()
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
        let frame = TimedFrame {
            start: self.len(),
            weeks: self.weeks as usize,
            periods: self.periods.len(),
            groups: &self.groups,
            group_of_model: &self.group_of_model,
        };
        self.timed = Some(TimedLayout::new(frame, market));
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
        let slots = |place: usize| (0..self.periods.len()).map(|period| self.headline(place, period)).collect();
        let booked = self.booked.iter().map(|(place, booked)| (booked.clone(), slots(*place))).collect();
        self.accounts = Some(AccountsLayout::new(self.len(), &self.periods, booked, scenario, cost_usd));
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
    /// Base-year volumes, cars a year.
    #[must_use]
    pub fn base_volumes(&self) -> &[f64] {
        &self.base_volume
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
