//! What a run in time leaves: weekly stock, prices and movements of cars, and purchases moved.

use super::dealers::sales;
use super::lots::{DealerWeek, Lots};
use super::owners::OwnerBook;
use super::slots::{DealerMetric, MoveMetric, TimedLayout};
use crate::model::accounts::{FIFTHS, JobBooks, Surplus};
use crate::model::outcome::{Layout, Outcome};
use crate::model::plan::RegimePlan;
use crate::model::sales::Sales;

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
            let lots = Lots { dealers: &self.dealers, sales: &self.sales, base_volume: layout.base_volumes() };
            timed.lots.fill(&mut outcome.values[timed.lots_start()..], &lots);
            timed.owners.fill(&mut outcome.values[timed.owners_start()..], &layout.periods, &self.owners, self.cars);
        }
        if let Some(accounts) = &layout.accounts {
            let books = JobBooks { plan, baseline, sales: &self.sales, cars: self.cars, surplus: &self.surplus };
            accounts.fill(&mut outcome.values, &books);
        }
        outcome
    }

    fn fill_dealers(&self, values: &mut [f64], layout: &Layout, timed: &TimedLayout, plan: &RegimePlan) {
        if self.dealers.is_empty() {
            values[timed.dealers()].fill(f64::NAN);
            return;
        }
        let cars = |grains: i64| sales(grains) * self.cars;
        for week in 0..layout.weeks as usize {
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
