//! From observed shares to intercepts.
//!
//! Finds delta with `log s_j(delta) = log s_j^obs` for every product, where s is the stationary share function of
//! [`super::loyalty`] (Berry's inversion when nobody is loyal). The map is the contraction of Berry, Levinsohn and Pakes,
//! `delta + log s_obs - log s(delta)`, accelerated.

use super::loyalty::StationaryDemand;
use super::{DemandError, Execution, Population, Products, check_fit, check_per_product};
use crate::model::fixed_point::{Evaluation, SearchReport, Stop, search};
use crate::numerics::elementary;

/// Options of [`invert`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InversionOptions {
    /// Largest |log s - log s_obs| accepted.
    pub tolerance: f64,
    /// Evaluations of the share function after which the search is given up.
    pub max_evaluations: usize,
}

impl Default for InversionOptions {
    fn default() -> Self {
        Self { tolerance: 1e-12, max_evaluations: 1000 }
    }
}

/// Intercepts, and how they were found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inversion {
    /// Intercepts delta, one a product.
    pub delta: Vec<f64>,
    /// Share of the outside option at delta.
    pub outside_share: f64,
    /// Iterations, evaluations, and max |log s - log s_obs|.
    pub report: SearchReport,
}

/// Intercepts at which stationary shares equal the observed ones; `start` speeds it up (a neighbouring solution).
///
/// # Errors
/// [`DemandError::ObservedShare`] and [`DemandError::NoOutsideShare`] for shares no intercept can meet;
/// [`DemandError::InversionDiverged`], which names products, iterations and residual.
pub fn invert(
    population: &Population,
    products: &Products,
    prices: &[f64],
    observed: &[f64],
    start: Option<&[f64]>,
    options: InversionOptions,
    execution: Execution,
) -> Result<Inversion, DemandError> {
    check_fit(population, products)?;
    check_per_product(products, "price", prices)?;
    check_per_product(products, "observed share", observed)?;
    if let Some(j) = observed.iter().position(|&share| share < f64::MIN_POSITIVE) {
        return Err(DemandError::ObservedShare { product: products.name(j).to_owned(), share: observed[j] });
    }
    let (sum, weights): (f64, f64) = (observed.iter().sum(), population.total_weight());
    if sum >= weights * (1.0 - 1e-12) {
        return Err(DemandError::NoOutsideShare { sum, weights });
    }
    let log_observed: Vec<f64> = observed.iter().map(|&share| elementary::ln(share)).collect();
    let start = match start {
        Some(start) => {
            check_per_product(products, "start", start)?;
            start.to_vec()
        }
        None => logit_start(population, prices, &log_observed, weights - sum),
    };
    let demand = StationaryDemand::new(population, products);
    let stop =
        Stop { target: 0.02 * options.tolerance, accept: options.tolerance, max_evaluations: options.max_evaluations };
    let found = search::<f64, DemandError>(start, stop, |delta| {
        let sums = demand.sweep(delta, prices, execution);
        let gap = |(&share, &log): (&f64, &f64)| if share > 0.0 { log - elementary::ln(share) } else { 1.0 };
        let step: Vec<f64> = sums.share.iter().zip(&log_observed).map(gap).collect();
        let error =
            step.iter().fold(0.0, |worst, gap| if gap.abs() > worst || gap.is_nan() { gap.abs() } else { worst });
        Ok(Evaluation { step, error, kept: sums.outside })
    })?;
    if !found.converged {
        return Err(DemandError::InversionDiverged {
            products: worst_products(products, &found.evaluation.step),
            iterations: found.report.iterations,
            residual: found.report.residual,
        });
    }
    Ok(Inversion { delta: found.x, outside_share: found.evaluation.kept, report: found.report })
}

/// The intercepts of a plain logit of identical buyers.
fn logit_start(population: &Population, prices: &[f64], log_observed: &[f64], outside: f64) -> Vec<f64> {
    let buyers = (0..population.len()).map(|i| population.buyer(i));
    let response = buyers.map(|b| b.weight() * b.price_response()).sum::<f64>() / population.total_weight();
    let log_outside = elementary::ln(outside);
    log_observed.iter().zip(prices).map(|(log, price)| response.mul_add(*price, log - log_outside)).collect()
}

/// The three products farthest from their shares.
fn worst_products(products: &Products, gap: &[f64]) -> String {
    let mut order: Vec<usize> = (0..gap.len()).collect();
    order.sort_by(|&a, &b| gap[b].abs().total_cmp(&gap[a].abs()));
    let named: Vec<String> = order.iter().take(3).map(|&j| format!("{}: {:e}", products.name(j), gap[j])).collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, stationary_shares};

    fn small() -> (Population, Products) {
        let n = 40;
        let ramp = |scale: f64, phase: f64| -> Vec<f64> {
            (0..n).map(|i| scale * ((f64::from(i) * 0.7 + phase) % 2.0 - 1.0)).collect()
        };
        let (weight, price_response) = (vec![0.02; 40], ramp(0.3, 0.4).iter().map(|r| 1.2 + r).collect::<Vec<_>>());
        let (t0, t1, outside) = (ramp(0.8, 0.0), ramp(0.5, 0.9), ramp(1.0, 1.3));
        let population = Population::new(BuyerColumns {
            weight: &weight,
            price_response: &price_response,
            outside_utility: Some(&outside),
            tastes: &[&t0, &t1],
        })
        .unwrap();
        let names = (1..=5).map(|j| format!("p{j}")).collect();
        let products = Products::new(names, &[&[0.5, 1.0, -0.3, 0.2, 0.9], &[1.0, 0.0, 1.0, 0.0, 1.0]]).unwrap();
        (population, products)
    }

    const PRICES: [f64; 5] = [1.0, 1.5, 0.8, 1.2, 2.0];

    #[test]
    fn intercepts_are_recovered_from_the_shares_they_give() {
        let (population, plain) = small();
        let loyal = plain.clone().with_loyalty(&[0, 0, 1, 2, 2], &[1.2, 0.0, 2.0]).unwrap();
        let delta = [0.3, 1.0, -0.5, 0.7, 1.9];
        for products in [plain, loyal] {
            let shares = stationary_shares(&population, &products, &delta, &PRICES, Execution::SERIAL).unwrap();
            assert!((shares.product.iter().sum::<f64>() + shares.outside - 0.8).abs() < 1e-14);
            let options = InversionOptions::default();
            let found =
                invert(&population, &products, &PRICES, &shares.product, None, options, Execution::SERIAL).unwrap();
            assert!(found.report.residual < 1e-12, "{:?}", found.report);
            for (a, b) in found.delta.iter().zip(delta) {
                assert!((a - b).abs() < 1e-10, "{a} {b} {:?}", found.report);
            }
        }
    }

    #[test]
    fn impossible_shares_are_refused_by_name() {
        let (population, products) = small();
        let invert = |observed: [f64; 5]| {
            let options = InversionOptions::default();
            invert(&population, &products, &PRICES, &observed, None, options, Execution::SERIAL).unwrap_err()
        };
        let zero = invert([0.1, 0.0, 0.1, 0.1, 0.1]);
        assert!(matches!(&zero, DemandError::ObservedShare { product, .. } if product == "p2"), "{zero}");
        assert!(matches!(invert([0.2, 0.2, 0.2, 0.1, 0.1]), DemandError::NoOutsideShare { .. }));
        assert!(matches!(invert([f64::NAN, 0.2, 0.2, 0.1, 0.1]), DemandError::Product { .. }));
    }
}
