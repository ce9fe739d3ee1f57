//! Buyers and dealers in time: who buys early, who waits, what stands on the lots, and which car owes the duty.
//!
//! A layer over the weekly purchase process. Buyers know which car they want at their next purchase and may move it;
//! dealers hold stock and price by it; cars take weeks from order to landing, and the landing date decides the duty.
//! Equations and parameters: section "Timing and dealers" of `docs/model.md`. A scenario without this layer takes the path
//! of [`super::simulation`], whose numbers the layer never touches.
//!
//! - [`buyers`]: early and late purchase, beliefs, hysteresis; [`holdings`]: what buyers have and plan;
//! - [`network`]: whose cars a buyer sees;
//! - [`calendar`]: who is due, and who considers buying early;
//! - [`dealers`]: transaction prices, shipments, orders; [`stock`]: lots by the duties that their cars owe, duty by landing date;
//! - [`lots`]: the lots over the whole horizon; [`owners`]: who owns which brand, and buys it again;
//! - [`policy`]: what each model faces in each week;
//! - [`shared`]: a job, and what those of a replication share; [`weekly`]: the week, step by step; [`together`]: regimes side by side; [`record`]: what they leave;
//!   [`slots`]: where it stands in an outcome.

pub mod buyers;
pub mod calendar;
pub mod dealers;
mod draws;
pub mod holdings;
pub mod lots;
pub mod network;
pub mod owners;
pub mod policy;
pub mod record;
mod rush;
pub mod shared;
pub mod slots;
pub mod stock;
pub mod together;
pub mod weekly;

use crate::model::ids::{IdTable, RegimeId};
use crate::model::trade::regime::{Stage, Standing};
use crate::numerics::elementary::exp;

/// Everything a scenario says about time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// When buyers move a purchase.
    pub anticipation: Anticipation,
    /// What buyers believe, one entry for each regime of the scenario.
    pub beliefs: IdTable<RegimeId, PublicBelief>,
    /// The week of the decision as announced; without it, that of the regime's own next decision.
    pub deadline_week: Option<u32>,
    /// Brands that stay spoilt after a threat.
    pub hysteresis: Hysteresis,
    /// Word of mouth.
    pub peers: Peers,
    /// Parts of the outside option and their fixed shares, which sum to one.
    pub outside_parts: Vec<(String, f64)>,
    /// Dealers and their shipments; without them every car is always there at its list price.
    pub dealers: Option<DealerParameters>,
    /// Whether each model's manufacturer stops ordering while a decision is open: one entry for each regime, each with one
    /// for each model.
    pub suspended: IdTable<RegimeId, Vec<bool>>,
}

/// When buyers move a purchase. Costs are USD, lognormal around medians.
#[derive(Clone, Debug, PartialEq)]
pub struct Anticipation {
    /// Chance a week that a buyer considers buying early.
    pub consider_per_week: f64,
    /// How many weeks ahead of the planned date he may, whole weeks.
    pub look_ahead_weeks: u32,
    /// Fixed cost of buying early.
    pub fixed_cost: Lognormal,
    /// Cost of each week of service given up.
    pub cost_per_week: Lognormal,
    /// Cost of waiting one more week, before it rises with the weeks waited.
    pub waiting_cost: Lognormal,
    /// Weeks after which waiting costs twice as much as at first.
    pub waiting_doubles_weeks: f64,
    /// Longest wait, weeks.
    pub longest_wait_weeks: u32,
    /// Mean of how long a buyer thinks that cars at the old price will last beyond the deadline, weeks.
    pub stock_lag_weeks: f64,
    /// Whether a lease can be ended early.
    pub leases_movable: bool,
    /// Share of a belief that is all or nothing.
    pub polarisation: f64,
    /// Part of a duty in dispute that buyers expect on top of the list prices without it; where absent they foresee what makers will charge.
    pub pass_through: Option<f64>,
}

/// A lognormal law by its median and the standard deviation of its logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    /// Median.
    pub median: f64,
    /// Standard deviation of the logarithm.
    pub log_sd: f64,
}

/// What the public believes under one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicBelief {
    /// Belief that the duty will bind, for each week; it counts only in weeks in which a decision is open. Governments that
    /// bargain can write it week by week.
    pub while_open: Vec<f64>,
    /// Belief that it goes on binding, once imposed.
    pub once_imposed: f64,
    /// Believed chance a week that an imposed duty is reversed.
    pub reversal_per_week: f64,
    /// Rate a year at which a purchase beyond the decision (under an imposed duty: beyond today) is believed to be safer,
    /// since the duty may have ended by then.
    pub fading_per_year: f64,
    /// Week in which an open decision is expected to fall, for each week; empty where it is that of [`Timing::deadline_week`]
    /// or of the regime's own decision.
    pub decision_weeks: Vec<u32>,
}

impl PublicBelief {
    /// A belief that does not depend on how far beyond the decision a purchase lies; a decision falls when the regime has it.
    #[must_use]
    pub fn constant(while_open: Vec<f64>, once_imposed: f64, reversal_per_week: f64) -> Self {
        Self { while_open, once_imposed, reversal_per_week, fading_per_year: 0.0, decision_weeks: Vec::new() }
    }

    /// Belief while a decision is open, week by week: `value` where an instrument is announced, none before. An open threat without list
    /// or date moves nobody.
    #[must_use]
    pub fn while_announced(course: &[Vec<Standing>], value: f64) -> Vec<f64> {
        let announced = |week: &Vec<Standing>| week.iter().any(|standing| standing.stage == Stage::Announced);
        course.iter().map(|week| if announced(week) { value } else { 0.0 }).collect()
    }

    /// Belief while a decision is open, from steps `(first week, value)` in order of their weeks: each holds until the next, and before the
    /// first there is none.
    #[must_use]
    pub fn stepwise(steps: &[(i64, f64)], weeks: u32) -> Vec<f64> {
        let at = |week: i64| steps.iter().rev().find(|(from, _)| *from <= week).map_or(0.0, |(_, value)| *value);
        (0..i64::from(weeks)).map(at).collect()
    }

    /// The belief `public` for a purchase `weeks` beyond the decision.
    #[must_use]
    pub fn at_purchase(&self, public: f64, weeks: f64) -> f64 {
        if self.fading_per_year == 0.0 {
            return public;
        }
        public * exp(-self.fading_per_year * weeks.max(0.0) / 52.0)
    }
}

/// From the announcement on, a share of buyers holds the dispute against the listed models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hysteresis {
    /// Share of buyers, chi; 0 switches it off.
    pub share: f64,
    /// Utility lost, psi.
    pub penalty: f64,
    /// Weeks in which the penalty halves.
    pub half_life_weeks: f64,
}

/// Word of mouth: a brand gains by its excess share among acquaintances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peers {
    /// Utility per unit of excess share, gamma; 0 switches it off.
    pub gamma: f64,
    /// Acquaintances of each buyer, an even number.
    pub neighbours: u32,
    /// Share of them that are far away.
    pub rewired: f64,
}

/// Dealers, their stock and its replacement. One value for each model where a list.
#[derive(Clone, Debug, PartialEq)]
pub struct DealerParameters {
    /// Stock aimed at, in weeks of forecast sales.
    pub target_weeks: f64,
    /// Stock in week 0, in weeks of base-year sales.
    pub start_weeks: Vec<f64>,
    /// Smallest target stock, in sales of one buyer: below it a model would flicker in and out of stock.
    pub least_sales: f64,
    /// Change of the price for a change of the logarithm of stock over target.
    pub discount_slope: f64,
    /// Deviation of that logarithm that leaves the price alone.
    pub dead_band: f64,
    /// Largest discount (negative) and premium, fractions of the list price.
    pub price_bounds: [f64; 2],
    /// Weeks over which the forecast of sales adapts.
    pub forecast_weeks: f64,
    /// Weeks over which a gap in stock or pipeline is closed.
    pub adjustment_weeks: f64,
    /// Part of what the next car costs more under a duty that dealers ask for one that escaped it; at 0 its lot is priced by itself alone.
    pub replacement_weight: f64,
    /// Most weeks of capacity that can be banked.
    pub banked_weeks: f64,
    /// Most weeks of sales that are shipped ahead of an announced duty, beyond the stock aimed at.
    pub ahead_weeks: f64,
    /// Weeks from order to landing.
    pub lag_weeks: Vec<u32>,
    /// Most cars that can be ordered in a week.
    pub capacity_per_week: Vec<f64>,
}
