//! What a run in time leaves: weekly stock, prices and movements of cars, and purchases moved.

use super::dealers::{Movement, sales};
use super::lots::{LotLayout, LotMetric};
use super::owners::{OwnerBook, OwnerLayout, OwnerMetric};
use crate::model::accounts::{FIFTHS, JobBooks, Surplus};
use crate::model::market::Market;
use crate::model::outcome::{Group, Layout, Outcome, Sales, metrics};
use crate::model::plan::RegimePlan;

metrics! {
    /// What is kept of the dealers by group and week.
    DealerMetric {
        /// Cars on the lots at the end of the week.
        Stock,
        /// Of those, cars that landed under liability.
        LiableStock,
        /// Cars ordered and not landed at the end of the week.
        InTransit,
        /// Stock over the mean of weekly first choices of late, days.
        DaysOfSupply,
        /// List price of the cars sold next at the start of the week, base-year volumes as weights, USD.
        StickerPrice,
        /// What buyers pay for them, USD.
        TransactionPrice,
        /// Cars ordered.
        Orders,
        /// Cars landed.
        Landings,
        /// First choices, whether in stock or not, cars.
        FirstChoices,
        /// Cars sold.
        Units,
        /// Duty in dispute charged this week, USD.
        DisputedDuty,
        /// Of that, duty on cars sold before the decision at the old price, USD.
        DutyBorneByImporter,
    }
}

metrics! {
    /// What is kept of purchases moved, by group, income and period.
    MoveMetric {
        /// Purchases (or events without one).
        Units,
        /// Of those, brought forward.
        Advanced,
        /// Of those, put off.
        Postponed,
        /// Share brought forward.
        AdvancedShare,
        /// Share put off.
        PostponedShare,
        /// Weeks by which purchases were brought forward, summed over cars.
        WeeksForward,
        /// Weeks by which purchases were put off, summed over cars.
        WeeksLate,
    }
}

/// Models that the dealers' table reports together.
#[derive(Clone, Debug, PartialEq)]
pub struct DealerGroup {
    /// Region and list.
    pub group: Group,
    /// Manufacturer; none for all of the region.
    pub manufacturer: Option<String>,
    members: Vec<usize>,
}

/// Slots that runs in time add to a [`Layout`].
#[derive(Clone, Debug)]
pub struct TimedLayout {
    /// Groups of the dealers' table: regions by list, then each manufacturer's models on the list.
    pub dealer_groups: Vec<DealerGroup>,
    /// Rows of the lots over the horizon.
    pub lots: LotLayout,
    /// Rows of the owners.
    pub owners: OwnerLayout,
    start: usize,
    weeks: usize,
    groups: usize,
    periods: usize,
}

impl TimedLayout {
    /// The slots that follow those of `layout`.
    #[must_use]
    pub fn new(layout: &Layout, market: &Market) -> Self {
        let of = |test: &dyn Fn(usize) -> bool| (0..market.len()).filter(|j| test(*j)).collect::<Vec<_>>();
        let mut dealer_groups: Vec<DealerGroup> = layout
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.region != "outside")
            .map(|(g, group)| DealerGroup {
                group: group.clone(),
                manufacturer: None,
                members: of(&|j| layout.group_of_option(j) == g),
            })
            .collect();
        for (id, manufacturer) in market.manufacturers.iter() {
            let members = of(&|j| market.models[j].manufacturer == id && market.models[j].flagged);
            let Some(first) = members.first() else { continue };
            let group = layout.groups[layout.group_of_option(*first)].clone();
            dealer_groups.push(DealerGroup { group, manufacturer: Some(manufacturer.clone()), members });
        }
        Self {
            dealer_groups,
            lots: LotLayout::new(layout, market),
            owners: OwnerLayout::new(layout, market.brands.len()),
            start: layout.len(),
            weeks: layout.weeks as usize,
            groups: layout.groups.len(),
            periods: layout.periods.len(),
        }
    }
    /// Slot of a group's dealer metric in a week.
    #[must_use]
    pub fn dealer(&self, metric: DealerMetric, week: usize, group: usize) -> usize {
        self.start + (week * DealerMetric::ALL.len() + metric as usize) * self.dealer_groups.len() + group
    }
    /// Slot of a metric of moved purchases: period, weekly group of the layout, and income class (0 all, then fifths).
    #[must_use]
    pub fn moved(&self, metric: MoveMetric, period: usize, group: usize, income: usize) -> usize {
        let before = self.start + self.weeks * DealerMetric::ALL.len() * self.dealer_groups.len();
        before + ((period * MoveMetric::ALL.len() + metric as usize) * self.groups + group) * (FIFTHS + 1) + income
    }
    /// Slot of a metric of the lots, by its row.
    #[must_use]
    pub fn lot(&self, metric: LotMetric, row: usize) -> usize {
        self.lots_start() + LotLayout::slot(metric, row)
    }
    /// Slot of a metric of the owners, by period and brand; one past the last brand for owners of none.
    #[must_use]
    pub fn owner(&self, metric: OwnerMetric, period: usize, brand: usize) -> usize {
        self.owners_start() + self.owners.slot(metric, period, brand)
    }
    fn lots_start(&self) -> usize {
        self.moved(MoveMetric::Units, self.periods, 0, 0)
    }
    fn owners_start(&self) -> usize {
        self.lots_start() + self.lots.len()
    }
    /// Number of slots added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners_start() + self.owners.len() - self.start
    }
}

/// One model's lots in one week, in grains, and its prices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DealerWeek {
    /// Clean and liable stock at the end of the week.
    pub stock: [i64; 2],
    /// In transit at the end of the week.
    pub in_transit: i64,
    /// What moved.
    pub moved: Movement,
    /// Mean of weekly first choices over the weeks that a forecast looks back, in sales of one buyer.
    pub pace: f64,
    /// List and transaction price of the car sold first, USD.
    pub price_usd: [f64; 2],
    /// First choices.
    pub first_choices: u32,
    /// Duty in dispute charged this week, and what of it the importer bears for cars sold before, USD.
    pub disputed_duty_usd: [f64; 2],
}

/// Purchases of one week, group and income class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moves {
    /// Purchases.
    pub units: u32,
    /// Brought forward.
    pub advanced: u32,
    /// Put off.
    pub postponed: u32,
    /// Weeks brought forward, summed.
    pub weeks_forward: f64,
    /// Weeks put off, summed.
    pub weeks_late: f64,
}

/// Everything that one run in time leaves, by week.
#[derive(Clone, Debug, PartialEq)]
pub struct TimingRecord {
    /// Sales and what was paid.
    pub sales: Sales,
    /// Buyers by what they would have bought at baseline prices and what they bought, in cars (see [`Outcome::switched`]).
    pub switched: Vec<f64>,
    /// Cars that one buyer stands for.
    pub cars: f64,
    /// Buyers who came to market each week.
    pub entrants: Vec<u32>,
    /// Purchases brought forward, by the week in which they were planned; the last entry counts plans beyond the horizon.
    pub plans_removed: Vec<u32>,
    /// Buyers still waiting when the horizon ends.
    pub waiting: u32,
    /// Lots by week and model; empty without dealers.
    pub dealers: Vec<DealerWeek>,
    /// What buyers gained by prices and stock against the baseline's list prices, less what moving purchases cost them.
    pub surplus: Surplus,
    /// Owners of each brand.
    pub owners: OwnerBook,
    moves: Vec<Moves>,
    groups: usize,
}

impl TimingRecord {
    /// An empty record.
    #[must_use]
    pub fn new(layout: &Layout, cars: f64, dealers: bool, owners: OwnerBook) -> Self {
        let (weeks, models, groups) = (layout.weeks as usize, layout.models, layout.groups.len());
        Self {
            sales: Sales::with_money(layout.weeks, models),
            switched: vec![0.0; models * (models + 1)],
            cars,
            entrants: vec![0; weeks],
            plans_removed: vec![0; weeks + 1],
            waiting: 0,
            dealers: if dealers { vec![DealerWeek::default(); weeks * models] } else { Vec::new() },
            surplus: Surplus::new(layout.weeks),
            owners,
            moves: vec![Moves::default(); weeks * groups * FIFTHS],
            groups,
        }
    }
    /// Purchases of a week by weekly group and income class (fifths from 0).
    #[must_use]
    pub fn moves(&self, week: usize, group: usize, income: usize) -> Moves {
        self.moves[(week * self.groups + group) * FIFTHS + income]
    }
    /// The same, to be written.
    pub fn moves_mut(&mut self, week: usize, group: usize, income: usize) -> &mut Moves {
        &mut self.moves[(week * self.groups + group) * FIFTHS + income]
    }
    /// Purchases brought forward over the horizon.
    #[must_use]
    pub fn advanced(&self) -> u32 {
        self.moves.iter().map(|moves| moves.advanced).sum()
    }

    /// The slots of an outcome; `baseline` are the prices that accounts are kept against.
    #[must_use]
    pub fn outcome(self, layout: &Layout, plan: &RegimePlan, baseline: &RegimePlan) -> Outcome {
        let switched = self.switched.clone();
        let mut outcome = Outcome::from_sales(layout, plan, &self.sales, self.cars, switched);
        if let Some(timed) = &layout.timed {
            self.fill_dealers(&mut outcome.values, layout, timed, plan);
            self.fill_moves(&mut outcome.values, layout, timed);
            timed.lots.fill(&mut outcome.values[timed.lots_start()..], layout, &self);
            timed.owners.fill(&mut outcome.values[timed.owners_start()..], layout, &self);
        }
        if let Some(accounts) = &layout.accounts {
            let books = JobBooks { plan, baseline, sales: &self.sales, cars: self.cars, surplus: &self.surplus };
            accounts.fill(&mut outcome.values, &books);
        }
        outcome
    }

    fn fill_dealers(&self, values: &mut [f64], layout: &Layout, timed: &TimedLayout, plan: &RegimePlan) {
        if self.dealers.is_empty() {
            let last = timed.dealer(DealerMetric::Stock, timed.weeks, 0);
            values[timed.start..last].fill(f64::NAN);
            return;
        }
        let cars = |grains: i64| sales(grains) * self.cars;
        for week in 0..timed.weeks {
            for (g, group) in timed.dealer_groups.iter().enumerate() {
                let mut sum = [0.0; DealerMetric::ALL.len()];
                let (mut pace, mut volume) = (0.0, 0.0);
                for &j in &group.members {
                    let lot = &self.dealers[week * layout.models + j];
                    let absent = plan.phase(week).on_sale.get(j) == Some(&0.0);
                    let weight = if absent { 0.0 } else { layout.base_volume(j) };
                    let sold = f64::from(self.sales.drawn(week)[j]) * self.cars;
                    let row = [
                        (DealerMetric::Stock, cars(lot.stock[0] + lot.stock[1])),
                        (DealerMetric::LiableStock, cars(lot.stock[1])),
                        (DealerMetric::InTransit, cars(lot.in_transit)),
                        (DealerMetric::StickerPrice, weight * lot.price_usd[0]),
                        (DealerMetric::TransactionPrice, weight * lot.price_usd[1]),
                        (DealerMetric::Orders, cars(lot.moved.ordered)),
                        (DealerMetric::Landings, cars(lot.moved.landed)),
                        (DealerMetric::FirstChoices, f64::from(lot.first_choices) * self.cars),
                        (DealerMetric::Units, sold),
                        (DealerMetric::DisputedDuty, lot.disputed_duty_usd[0]),
                        (DealerMetric::DutyBorneByImporter, lot.disputed_duty_usd[1]),
                    ];
                    row.iter().for_each(|(metric, value)| sum[*metric as usize] += value);
                    pace += lot.pace * self.cars;
                    volume += weight;
                }
                sum[DealerMetric::DaysOfSupply as usize] = 7.0 * sum[DealerMetric::Stock as usize] / pace;
                sum[DealerMetric::StickerPrice as usize] /= volume;
                sum[DealerMetric::TransactionPrice as usize] /= volume;
                for metric in DealerMetric::ALL {
                    values[timed.dealer(*metric, week, g)] = sum[*metric as usize];
                }
            }
        }
    }

    fn fill_moves(&self, values: &mut [f64], layout: &Layout, timed: &TimedLayout) {
        for (p, period) in layout.periods.iter().enumerate() {
            for group in 0..self.groups {
                for income in 0..=FIFTHS {
                    let classes = if income == 0 { 0..FIFTHS } else { income - 1..income };
                    let mut sum = [0.0_f64; 5];
                    for week in period.from as usize..period.to as usize {
                        for class in classes.clone() {
                            let m = self.moves(week, group, class);
                            let row = [
                                f64::from(m.units),
                                f64::from(m.advanced),
                                f64::from(m.postponed),
                                m.weeks_forward,
                                m.weeks_late,
                            ];
                            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                        }
                    }
                    let [units, advanced, postponed, forward, late] = sum.map(|count| count * self.cars);
                    let share = |part: f64| if units > 0.0 { part / units } else { 0.0 };
                    for (metric, value) in [
                        (MoveMetric::Units, units),
                        (MoveMetric::Advanced, advanced),
                        (MoveMetric::Postponed, postponed),
                        (MoveMetric::AdvancedShare, share(advanced)),
                        (MoveMetric::PostponedShare, share(postponed)),
                        (MoveMetric::WeeksForward, forward),
                        (MoveMetric::WeeksLate, late),
                    ] {
                        values[timed.moved(metric, p, group, income)] = value;
                    }
                }
            }
        }
    }
}
