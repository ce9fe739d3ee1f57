//! The slots that runs in time add to an outcome: dealers by week, purchases moved by period, lots and owners.

use super::lots::{LotLayout, LotMetric};
use super::owners::{OwnerLayout, OwnerMetric};
use crate::model::accounts::FIFTHS;
use crate::model::market::Market;
use crate::model::metrics::{Group, metrics};

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
    pub(super) members: Vec<usize>,
}

/// What the slots of runs in time stand behind, and what they are laid out by.
#[derive(Clone, Copy, Debug)]
pub struct TimedFrame<'a> {
    /// The first slot.
    pub start: usize,
    /// Weeks simulated.
    pub weeks: usize,
    /// Periods reported.
    pub periods: usize,
    /// Weekly groups, `outside` last.
    pub groups: &'a [Group],
    /// The group of each model.
    pub group_of_model: &'a [usize],
}

/// Slots that runs in time add to an outcome.
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
    /// The slots of a market in a frame.
    #[must_use]
    pub fn new(frame: TimedFrame<'_>, market: &Market) -> Self {
        let TimedFrame { start, weeks, periods, groups, group_of_model } = frame;
        let of = |test: &dyn Fn(usize) -> bool| (0..market.len()).filter(|j| test(*j)).collect::<Vec<_>>();
        let mut dealer_groups: Vec<DealerGroup> = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.region != "outside")
            .map(|(g, group)| DealerGroup {
                group: group.clone(),
                manufacturer: None,
                members: of(&|j| group_of_model[j] == g),
            })
            .collect();
        for (id, manufacturer) in market.manufacturers.iter() {
            let members = of(&|j| market.models[j].manufacturer == id && market.models[j].flagged);
            let Some(first) = members.first() else { continue };
            let group = groups[group_of_model[*first]].clone();
            dealer_groups.push(DealerGroup { group, manufacturer: Some(manufacturer.clone()), members });
        }
        Self {
            dealer_groups,
            lots: LotLayout::new(groups, group_of_model),
            owners: OwnerLayout::new(periods, market.brands.len()),
            start,
            weeks,
            groups: groups.len(),
            periods,
        }
    }
    /// Slots of all dealer metrics.
    #[must_use]
    pub fn dealers(&self) -> std::ops::Range<usize> {
        self.start..self.dealer(DealerMetric::Stock, self.weeks, 0)
    }
    /// Slot of a group's dealer metric in a week.
    #[must_use]
    pub fn dealer(&self, metric: DealerMetric, week: usize, group: usize) -> usize {
        self.start + (week * DealerMetric::ALL.len() + metric as usize) * self.dealer_groups.len() + group
    }
    /// Slot of a metric of moved purchases: period, weekly group of the layout, and income class (0 all, then fifths).
    #[must_use]
    pub fn moved(&self, metric: MoveMetric, period: usize, group: usize, income: usize) -> usize {
        self.dealers().end
            + ((period * MoveMetric::ALL.len() + metric as usize) * self.groups + group) * (FIFTHS + 1)
            + income
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
    pub(super) fn lots_start(&self) -> usize {
        self.moved(MoveMetric::Units, self.periods, 0, 0)
    }
    pub(super) fn owners_start(&self) -> usize {
        self.lots_start() + self.lots.len()
    }
    /// Number of slots added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners_start() + self.owners.len() - self.start
    }
}
