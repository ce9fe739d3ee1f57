//! Whose profits a region receives: ownership, not badge. Jaguar's go to Ford; half of Saab's to General Motors, its holder.

use crate::model::ids::{Id, ManufacturerId, RegionId};
use crate::model::market::Market;

/// Holdings that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidOwners {
    /// More than all of a manufacturer is held by others.
    #[error("holdings give away {share} of the profits of {held}, at most 1 can be")]
    MoreThanAll {
        /// The manufacturer held.
        held: String,
        /// Sum of the shares.
        share: f64,
    },
    /// Manufacturers that hold all of each other.
    #[error("{held} is held by manufacturers that it holds itself: its profits never reach a shareholder")]
    Circle {
        /// One of them.
        held: String,
    },
}

/// The part of each manufacturer's profit that is owned in each region; parts sum to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Owners {
    /// Region in which each manufacturer is at home.
    home: Vec<RegionId>,
    regions: usize,
    /// manufacturers x regions.
    part: Vec<f64>,
}

impl Owners {
    /// The owners of a market's manufacturers. A manufacturer is at home in the region whose badge most of its base-year volume
    /// carries, unless `given` says otherwise; a holder receives its share of the profits of the manufacturer it holds, where it
    /// is at home itself or is owned.
    ///
    /// # Errors
    /// [`InvalidOwners`] where holdings give away more than all of a manufacturer, or go in a circle.
    pub fn new(market: &Market, given: &[(ManufacturerId, RegionId)]) -> Result<Self, InvalidOwners> {
        let regions = market.regions.len();
        let home = |(maker, _): (ManufacturerId, &String)| {
            if let Some((_, region)) = given.iter().rev().find(|(named, _)| *named == maker) {
                return *region;
            }
            let mut volume = vec![0.0; regions];
            for model in market.models.iter().filter(|model| model.manufacturer == maker) {
                volume[model.region.index()] += model.base_volume;
            }
            // The first region wins a draw.
            let largest = (0..regions).rev().max_by(|a, b| volume[*a].total_cmp(&volume[*b])).unwrap_or(0);
            RegionId::from_index(largest)
        };
        let home: Vec<RegionId> = market.manufacturers.iter().map(home).collect();
        let mut owners = Self { regions, part: vec![0.0; home.len() * regions], home };
        let kept = owners.kept_by_shareholders(market)?;
        for earner in 0..owners.home.len() {
            owners.spread(market, earner, &kept)?;
        }
        Ok(owners)
    }

    /// Part of each manufacturer that no other manufacturer holds.
    fn kept_by_shareholders(&self, market: &Market) -> Result<Vec<f64>, InvalidOwners> {
        let mut kept = vec![1.0; self.home.len()];
        market.holdings.iter().for_each(|holding| kept[holding.held.index()] -= holding.share);
        match kept.iter().position(|part| *part < -1e-12) {
            None => Ok(kept.into_iter().map(|part| part.max(0.0)).collect()),
            Some(held) => {
                let name = market.manufacturers[ManufacturerId::from_index(held)].clone();
                Err(InvalidOwners::MoreThanAll { held: name, share: 1.0 - kept[held] })
            }
        }
    }

    /// Passes a manufacturer's profit on from holder to holder until it has all arrived at shareholders.
    fn spread(&mut self, market: &Market, earner: usize, kept: &[f64]) -> Result<(), InvalidOwners> {
        const ROUNDS: usize = 10_000;
        let mut passing = vec![0.0; kept.len()];
        passing[earner] = 1.0;
        let row = &mut self.part[earner * self.regions..(earner + 1) * self.regions];
        for _ in 0..ROUNDS {
            for (maker, part) in passing.iter().enumerate() {
                row[self.home[maker].index()] += part * kept[maker];
            }
            let mut next = vec![0.0; kept.len()];
            for holding in &market.holdings {
                next[holding.owner.index()] += passing[holding.held.index()] * holding.share;
            }
            passing = next;
            if passing.iter().sum::<f64>() < 1e-17 {
                let all: f64 = row.iter().sum();
                row.iter_mut().for_each(|part| *part /= all);
                return Ok(());
            }
        }
        Err(InvalidOwners::Circle { held: market.manufacturers[ManufacturerId::from_index(earner)].clone() })
    }

    /// Region in which a manufacturer is at home.
    #[must_use]
    pub fn home(&self, maker: ManufacturerId) -> RegionId {
        self.home[maker.index()]
    }
    /// Part of a manufacturer's profit owned in a region.
    #[must_use]
    pub fn part(&self, maker: ManufacturerId, region: RegionId) -> f64 {
        self.part[maker.index() * self.regions + region.index()]
    }
    /// Number of regions.
    #[must_use]
    pub fn regions(&self) -> usize {
        self.regions
    }
}
