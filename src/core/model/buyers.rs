//! The buyers: integration nodes of the random-coefficients logit, drawn once as a scrambled Sobol' set.
//!
//! Each buyer is one point of a low-discrepancy sequence over income, tastes, and the three uniforms that start the
//! purchase process, so that every week's entrants are a balanced sample of the population. Points are Joe and Kuo's
//! Sobol' sequence under nested uniform scrambling ([`crate::numerics::sobol`]).
//!
//! Incomes and tastes serve all replications. The three uniforms of the start are rotated (shifted modulo 1) by one draw
//! for each replication: balance stays, and the chance of one start averages out over replications instead of
//! standing in every one of them as an error that no interval shows.

use super::demand::kernel::choice::Instructions;
use super::market::{DemandParameters, HoldingParameters, Market};
use super::streams::{Purpose, Streams};
use crate::numerics::gamma::{Gamma, InvalidGamma};
use crate::numerics::normal;
use crate::numerics::sobol::{Coins, SobolSequence, TooManyDimensions};

/// Why a population cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuyersError {
    /// More dimensions (characteristics, regions and five more) than the sequence has.
    #[error("the population: {0}")]
    TooManyDimensions(#[from] TooManyDimensions),
    /// A holding-period parameter outside its range.
    #[error("holding period: {0}")]
    Holding(#[from] InvalidGamma),
}

/// Buyers in structure-of-arrays form; N buyers, K taste columns.
#[derive(Clone, Debug)]
pub struct Buyers {
    /// Price response per USD, N values, all positive.
    pub price_response: Vec<f64>,
    /// Income relative to the median, N values.
    pub income: Vec<f64>,
    /// Taste coefficients, N rows of K: characteristics, imports, one column for each region.
    pub tastes: Vec<f64>,
    /// Utility of the outside option, N values.
    pub outside: Vec<f64>,
    /// Its exponential, N values.
    pub outside_weight: Vec<f64>,
    /// Uniforms that start the purchase process before rotation: interval, residual, brand owned; N values.
    start: Vec<[f64; 3]>,
}

/// Buyers drawn at once: their points stay in the cache.
const AT_ONCE: usize = 512;

impl Buyers {
    /// Number of buyers, N.
    #[must_use]
    pub fn len(&self) -> usize {
        self.price_response.len()
    }
    /// Taste coefficients of buyer `i`, K values.
    #[must_use]
    pub fn tastes_of(&self, i: usize) -> &[f64] {
        let k = self.tastes.len() / self.len().max(1);
        &self.tastes[i * k..(i + 1) * k]
    }

    /// The uniforms that start each buyer's purchase process in one replication: interval, residual, brand owned.
    pub fn rotated_start(&self, streams: &Streams) -> impl Iterator<Item = [f64; 3]> {
        let mut stream = streams.at(Purpose::Start, 0, 0);
        let shift: [f64; 3] = std::array::from_fn(|_| stream.uniform_open());
        self.start.iter().map(move |u| std::array::from_fn(|d| rotate(u[d], shift[d])))
    }

    /// Draws `buyers` buyers; `key` selects the scrambling.
    ///
    /// # Errors
    /// [`BuyersError`] when the sequence has too few dimensions or the holding law is not a law.
    pub fn draw(buyers: usize, key: u64, market: &Market, demand: &DemandParameters) -> Result<Self, BuyersError> {
        let characteristics = demand.sigma_characteristics.len();
        let regions = market.regions.len();
        let tastes = characteristics + 1 + regions;
        let dimensions = 1 + tastes + 1 + 3;
        let instructions = Instructions::detect();
        let scramble = |column: &mut [u32], coins: &Coins| instructions.scramble_in_place(column, coins);
        let mut points = SobolSequence::scrambled(dimensions, key)?.for_points(buyers, scramble);

        let mut sd = demand.sigma_characteristics.clone();
        sd.push(demand.sigma_import);
        sd.extend(std::iter::repeat_n(demand.sigma_region, regions));

        let mut drawn = Self {
            price_response: Vec::with_capacity(buyers),
            income: Vec::with_capacity(buyers),
            tastes: Vec::with_capacity(buyers * tastes),
            outside: Vec::with_capacity(buyers),
            outside_weight: Vec::new(),
            start: Vec::with_capacity(buyers),
        };
        let [floor, cap] = demand.income_bounds;
        for first in (0..buyers).step_by(AT_ONCE) {
            let u = points.columns(AT_ONCE.min(buyers - first), scramble);
            let mut income: Vec<f64> = u[0].iter().map(|u| demand.income_log_sd * normal::quantile(*u)).collect();
            instructions.exp_in_place(&mut income);
            income.iter_mut().for_each(|income| *income = income.clamp(floor, cap));
            let mut response = income.clone();
            instructions.ln_in_place(&mut response);
            response.iter_mut().for_each(|log| *log *= -demand.eta);
            instructions.exp_in_place(&mut response);
            drawn.income.extend(income);
            drawn.price_response.extend(response.into_iter().map(|power| demand.alpha / 1000.0 * power));
            for i in 0..u[0].len() {
                drawn.tastes.extend(u[1..=tastes].iter().zip(&sd).map(|(u, sd)| sd * normal::quantile(u[i])));
                drawn.outside.push(demand.sigma_outside * normal::quantile(u[tastes + 1][i]));
                drawn.start.push([u[tastes + 2][i], u[tastes + 3][i], u[tastes + 4][i]]);
            }
        }
        drawn.outside_weight.clone_from(&drawn.outside);
        instructions.exp_in_place(&mut drawn.outside_weight);
        Ok(drawn)
    }
}

/// (u + shift) modulo 1, kept inside the open interval.
fn rotate(u: f64, shift: f64) -> f64 {
    let sum = u + shift;
    (if sum >= 1.0 { sum - 1.0 } else { sum }).clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

/// Time to the next event of a renewal process seen at a random moment: the interval is length-biased, the residual is
/// a uniform share of it.
#[derive(Clone, Debug)]
pub struct StationaryStart {
    holding: HoldingParameters,
    lease_probability: Vec<f64>,
    purchase: Gamma,
    /// Quantiles of a purchase interval at multiples of 1 / [`QUANTILE_CELLS`], without both ends.
    quantiles: Vec<f64>,
}

/// Cells of the table of quantiles: linear inside a cell, exact in the first and the last.
const QUANTILE_CELLS: usize = 4096;

impl StationaryStart {
    /// The law that the holding parameters imply.
    ///
    /// # Errors
    /// [`BuyersError::Holding`] when they imply none.
    pub fn new(holding: &HoldingParameters) -> Result<Self, BuyersError> {
        let mean = holding.mean_weeks();
        let each = holding.lease_share / holding.lease_weeks.len().max(1) as f64;
        let lease_probability = holding.lease_weeks.iter().map(|weeks| each * weeks / mean).collect();
        // Length-biasing a gamma law adds one to its shape and leaves its scale.
        let scale = holding.purchase_mean_weeks / holding.purchase_shape;
        let purchase = Gamma::new(holding.purchase_shape + 1.0, scale)?;
        let quantiles = (1..QUANTILE_CELLS).map(|i| purchase.quantile(i as f64 / QUANTILE_CELLS as f64)).collect();
        Ok(Self { holding: holding.clone(), lease_probability, purchase, quantiles })
    }

    /// Whether it is the law that these parameters imply.
    #[must_use]
    pub fn is_of(&self, holding: &HoldingParameters) -> bool {
        self.holding == *holding
    }

    /// Weeks to the next event.
    #[must_use]
    pub fn residual_weeks(&self, u_interval: f64, u_residual: f64) -> f64 {
        let mut below = 0.0;
        for (probability, weeks) in self.lease_probability.iter().zip(&self.holding.lease_weeks) {
            if u_interval < below + probability {
                return u_residual * weeks;
            }
            below += probability;
        }
        // The rest of the unit interval, rescaled, picks the length of a purchase interval.
        let rest = ((u_interval - below) / (1.0 - below)).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        u_residual * self.interval_weeks(rest)
    }

    /// Whether the interval that `u_interval` picks in [`Self::residual_weeks`] is a lease.
    #[must_use]
    pub fn is_lease(&self, u_interval: f64) -> bool {
        let mut below = 0.0;
        self.lease_probability.iter().any(|probability| {
            below += probability;
            u_interval < below
        })
    }

    fn interval_weeks(&self, probability: f64) -> f64 {
        let position = probability * QUANTILE_CELLS as f64;
        let cell = position as usize;
        match (cell.checked_sub(1).and_then(|below| self.quantiles.get(below)), self.quantiles.get(cell)) {
            (Some(below), Some(above)) => below + (position - cell as f64) * (above - below),
            _ => self.purchase.quantile(probability),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen at a random moment, the residual of a renewal process has mean E[L^2] / (2 E[L]).
    #[test]
    fn residual_time_has_the_mean_of_the_stationary_law() {
        let holding = HoldingParameters {
            lease_share: 0.35,
            lease_weeks: vec![104.0, 156.0],
            purchase_shape: 4.0,
            purchase_mean_weeks: 260.0,
        };
        assert!((holding.mean_weeks() - 214.5).abs() < 1e-12);
        let law = StationaryStart::new(&holding).unwrap();
        let n = 1 << 14;
        let mean = SobolSequence::scrambled(2, 3).unwrap().take(n).map(|u| law.residual_weeks(u[0], u[1])).sum::<f64>();
        let second_moment = 0.35 * (104.0 * 104.0 + 156.0 * 156.0) / 2.0 + 0.65 * 260.0 * 260.0 * 1.25;
        assert!((mean / n as f64 - second_moment / (2.0 * 214.5)).abs() < 0.02);
    }
}
