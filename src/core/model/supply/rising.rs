//! Marginal cost that rises with what a maker ships.
//!
//! For each maker f and the models that it brings in from abroad, with c_j their cost at base-year volumes (exchange rate in it):
//!
//! ```text
//! Z_f = sum_j c_j q_j     C_f(q) = Z0 + Z0/(1+gamma) [(Z/Z0)^(1+gamma) - 1]     dC_f/dq_j = c_j (Z/Z0)^gamma
//! ```
//!
//! Z counts cars by what they cost, so that marginal costs are the gradient of C whatever path volumes take; a plain count of cars
//! would have that only where all cost the same. At base-year volumes marginal costs are c_j to the bit and the year costs sum c q0.
//! Models assembled at home, for which no maker is given, cost the same at any volume. What is worth less here may be shipped
//! elsewhere, or spares overtime: the meaning of gamma above zero.
//!
//! Cost and profit use C: marginal cost times cars is not total cost.

use nalgebra::DMatrix;

use crate::numerics::elementary::{exp, ln};

/// How the costs of a market rise with volumes; volumes are shares of purchase events.
#[derive(Clone, Debug, PartialEq)]
pub struct RisingCost {
    /// Elasticity of marginal cost to Z, at least zero.
    pub gamma: f64,
    /// The maker on whose volume each product's cost depends; none where it is constant.
    pub maker: Vec<Option<usize>>,
    /// c_j: marginal cost of each product at base volumes.
    pub unit_cost: Vec<f64>,
    /// Volume of each product in the base year.
    pub base_share: Vec<f64>,
}

impl RisingCost {
    /// The same with costs moved by a factor each: exchange rates.
    #[must_use]
    pub fn moved(&self, factor: &[f64]) -> Self {
        let unit_cost = self.unit_cost.iter().zip(factor).map(|(cost, factor)| cost * factor).collect();
        Self { unit_cost, ..self.clone() }
    }

    /// Z of each maker.
    fn volumes(&self, share: &[f64]) -> Vec<f64> {
        let makers = self.maker.iter().flatten().max().map_or(0, |last| last + 1);
        let mut sums = vec![0.0; makers];
        for (j, maker) in self.maker.iter().enumerate() {
            if let Some(maker) = maker {
                sums[*maker] += self.unit_cost[j] * share[j];
            }
        }
        sums
    }

    /// (Z/Z0)^gamma of each product's maker at these volumes: what its marginal cost is times that of the base year.
    #[must_use]
    pub fn factors(&self, share: &[f64]) -> Vec<f64> {
        let (base, now) = (self.volumes(&self.base_share), self.volumes(share));
        let factor = |maker: &Option<usize>| maker.map_or(1.0, |f| power(now[f] / base[f], self.gamma));
        self.maker.iter().map(factor).collect()
    }

    /// What marginal cost is beyond that of base volumes.
    #[must_use]
    pub fn beyond_base(&self, share: &[f64]) -> Vec<f64> {
        self.factors(share).iter().zip(&self.unit_cost).map(|(factor, cost)| cost * (factor - 1.0)).collect()
    }

    /// Cost that does not move with the last car: `C_f - sum_j c_j (Z/Z0)^gamma q_j`, shared out among a maker's products as Z is.
    /// With marginal costs times cars it makes up C.
    #[must_use]
    pub fn beyond_marginal(&self, share: &[f64]) -> Vec<f64> {
        let (base, now) = (self.volumes(&self.base_share), self.volumes(share));
        let of = |(j, maker): (usize, &Option<usize>)| {
            let Some(f) = *maker else { return 0.0 };
            let (x, gamma) = (now[f] / base[f], self.gamma);
            // C - marginal: Z0 gamma/(1+gamma) (1 - x^(1+gamma)); none at base volumes.
            let beyond = base[f] * gamma / (1.0 + gamma) * (1.0 - power(x, 1.0 + gamma));
            if now[f] > 0.0 { beyond * self.unit_cost[j] * share[j] / now[f] } else { 0.0 }
        };
        self.maker.iter().enumerate().map(of).collect()
    }

    /// Cost of each product's part of its maker's volumes, per unit of the buyers' weights: sums to C over a maker's products.
    #[must_use]
    pub fn total(&self, share: &[f64]) -> Vec<f64> {
        let factors = self.factors(share);
        let beyond = self.beyond_marginal(share);
        (0..share.len()).map(|j| (self.unit_cost[j] * factors[j]).mul_add(share[j], beyond[j])).collect()
    }

    /// d marginal cost of product j / d share of product k at these volumes.
    pub(crate) fn cost_by_share(&self, share: &[f64]) -> DMatrix<f64> {
        let (factors, now) = (self.factors(share), self.volumes(share));
        DMatrix::from_fn(share.len(), share.len(), |j, k| match (self.maker[j], self.maker[k]) {
            (Some(f), Some(g)) if f == g && now[f] > 0.0 => {
                self.gamma * factors[j] * self.unit_cost[j] * self.unit_cost[k] / now[f]
            }
            _ => 0.0,
        })
    }
}

/// x^y for x at or above zero and y above zero, or x = 1: one to the bit there.
fn power(x: f64, y: f64) -> f64 {
    if x > 0.0 { exp(y * ln(x)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two makers of three imports, and a car that is made at home.
    fn market(gamma: f64) -> RisingCost {
        RisingCost {
            gamma,
            maker: vec![Some(0), Some(0), None, Some(1)],
            unit_cost: vec![20_000.0, 12_000.0, 9_000.0, 15_000.0],
            base_share: vec![0.02, 0.05, 0.1, 0.03],
        }
    }

    #[test]
    fn at_base_volumes_costs_are_those_of_the_base_year() {
        let cost = market(0.5);
        assert_eq!(cost.factors(&cost.base_share), [1.0; 4]);
        assert_eq!(cost.beyond_base(&cost.base_share), [0.0; 4]);
        assert_eq!(cost.beyond_marginal(&cost.base_share), [0.0; 4]);
        let total = cost.total(&cost.base_share);
        let by_hand: Vec<f64> = cost.unit_cost.iter().zip(&cost.base_share).map(|(cost, share)| cost * share).collect();
        assert_eq!(total, by_hand);
    }

    /// One model: C = c q0 + c q0/(1+gamma) [(q/q0)^(1+gamma) - 1]. By hand at half the cars and gamma 1: 1 - .375 of the base cost.
    #[test]
    fn total_cost_by_hand() {
        let cost = market(1.0);
        let mut share = cost.base_share.clone();
        share[3] *= 0.5;
        let base = 15_000.0 * 0.03;
        assert!((cost.total(&share)[3] - 0.625 * base).abs() < 1e-12 * base);
        assert!((cost.factors(&share)[3] - 0.5).abs() < 1e-15);
        assert_eq!(cost.total(&share)[2], 900.0);
    }

    /// Marginal costs are the gradient of total cost, so what a change of volumes costs does not depend on its path.
    #[test]
    fn cost_has_no_path() {
        let cost = market(0.3);
        let sum = |share: &[f64]| cost.total(share).iter().sum::<f64>();
        let at = |t: f64, order: [f64; 4]| -> Vec<f64> {
            cost.base_share.iter().zip(order).map(|(share, change)| share * (1.0 + t * change)).collect()
        };
        // Derivative of the sum along a path, by marginal costs, integrated by Simpson's rule.
        let along = |from: &[f64], to: &[f64]| -> f64 {
            const STEPS: usize = 400;
            let point = |n: usize| -> Vec<f64> {
                let t = n as f64 / STEPS as f64;
                from.iter().zip(to).map(|(a, b)| a + t * (b - a)).collect()
            };
            let slope = |n: usize| -> f64 {
                let factors = cost.factors(&point(n));
                (0..4).map(|j| factors[j] * cost.unit_cost[j] * (to[j] - from[j])).sum()
            };
            let weight = |n: usize| {
                if n == 0 || n == STEPS {
                    1.0
                } else if n % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
            };
            (0..=STEPS).map(|n| weight(n) * slope(n)).sum::<f64>() / (3.0 * STEPS as f64)
        };
        let (start, end) = (at(0.0, [0.0; 4]), at(1.0, [-0.7, 0.4, -0.2, -0.6]));
        let corner = at(1.0, [-0.7, 0.0, 0.0, -0.6]);
        let (direct, round) = (along(&start, &end), along(&start, &corner) + along(&corner, &end));
        let change = sum(&end) - sum(&start);
        assert!(
            (direct / change - 1.0).abs() < 1e-12 && (round / change - 1.0).abs() < 1e-12,
            "{direct} {round} {change}"
        );
        // In two steps exactly what it is in one.
        let two = (sum(&corner) - sum(&start)) + (sum(&end) - sum(&corner));
        assert!((two / change - 1.0).abs() < 1e-12);
    }

    #[test]
    fn derivatives_of_marginal_cost_are_those_of_differences() {
        let cost = market(0.4);
        let share = [0.01, 0.06, 0.08, 0.02];
        let matrix = cost.cost_by_share(&share);
        for k in 0..4 {
            let moved = |by: f64| {
                let mut moved = share;
                moved[k] += by;
                cost.beyond_base(&moved)
            };
            let (up, down) = (moved(1e-6), moved(-1e-6));
            for j in 0..4 {
                let difference = (up[j] - down[j]) / 2e-6;
                assert!((matrix[(j, k)] - difference).abs() < 1e-3 * (1.0 + difference.abs()), "{j} {k}");
            }
        }
    }
}
