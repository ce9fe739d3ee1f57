//! From observed shares to intercepts.
//!
//! Finds delta with `log s_j(delta) = log s_j^obs` for every product, where s is the stationary share function of
//! [`super::loyalty`] (Berry's inversion when nobody is loyal). The map is the contraction of Berry, Levinsohn and Pakes,
//! `delta + log s_obs - log s(delta)`, accelerated; from a neighbouring solution, whose slopes are nearly those of the one sought, Newton's
//! step with slopes at the start, accelerated likewise. For one buyer, in the words of [`super::loyalty`],
//!
//! ```text
//! ds_j / ddelta_k = s_j [j = k] + e_j e_k (1 + k_b [b(j) = b(k) = b]) / Z - 2 s_j s_k
//! ```

use nalgebra::{DMatrix, DVector, Dyn, LU};

use super::loyalty::{BuyerExponentials, StationaryDemand};
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

/// Intercepts of a neighbouring solution, and how shares answer to intercepts there, where that is known.
#[derive(Clone, Copy, Debug)]
pub struct Neighbour<'a> {
    /// Its intercepts.
    pub delta: &'a [f64],
    /// Slopes there, of this population or of one drawn from the same law; worked out from the first buyers where there are none.
    pub slopes: Option<&'a Slopes>,
}

/// Intercepts at which stationary shares equal the observed ones; `start` speeds it up.
///
/// # Errors
/// [`DemandError::ObservedShare`] and [`DemandError::NoOutsideShare`] for shares no intercept can meet;
/// [`DemandError::InversionDiverged`], which names products, iterations and residual.
pub fn invert(
    population: &Population,
    products: &Products,
    prices: &[f64],
    observed: &[f64],
    start: Option<Neighbour<'_>>,
    options: InversionOptions,
    execution: Execution<'_>,
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
    let demand = StationaryDemand::new(population, products);
    let InversionOptions { tolerance, max_evaluations } = options;
    let found_from = |start: Vec<f64>, slopes: Option<&Slopes>| {
        // Each step by slopes leaves a small part of the gap: one beyond the tolerance would cost a sweep of all buyers.
        let target = if slopes.is_some() { tolerance } else { 0.02 * tolerance };
        let stop = Stop { target, accept: tolerance, max_evaluations };
        search::<f64, DemandError>(start, stop, |delta| {
            execution.stop.check()?;
            let sums = demand.sweep(delta, prices, execution);
            let gap = |(&share, &log): (&f64, &f64)| if share > 0.0 { log - elementary::ln(share) } else { 1.0 };
            let gaps: Vec<f64> = sums.share.iter().zip(&log_observed).map(gap).collect();
            let error =
                gaps.iter().fold(0.0, |worst, gap| if gap.abs() > worst || gap.is_nan() { gap.abs() } else { worst });
            let step = slopes.and_then(|slopes| slopes.step(&gaps)).unwrap_or(gaps);
            Ok(Evaluation { step, error, kept: sums.outside })
        })
    };
    let near = match start {
        Some(Neighbour { delta, slopes }) => {
            check_per_product(products, "start", delta)?;
            let own = slopes.is_none().then(|| Slopes::at(population, products, delta, prices, SLOPE_BUYERS)).flatten();
            Some(found_from(delta.to_vec(), slopes.or(own.as_ref()))?)
        }
        None => None,
    };
    let found = match near.filter(|found| found.converged) {
        Some(found) => found,
        None => found_from(logit_start(population, prices, &log_observed, weights - sum), None)?,
    };
    if !found.converged {
        return Err(DemandError::InversionDiverged {
            products: worst_products(products, &found.evaluation.step),
            iterations: found.report.iterations,
            residual: found.report.residual,
        });
    }
    Ok(Inversion { delta: found.x, outside_share: found.evaluation.kept, report: found.report })
}

/// Buyers whose slopes stand for everybody's in one search: the first of a balanced sample.
const SLOPE_BUYERS: usize = 1024;
/// Products beyond which slopes cost more than the evaluations that they save.
const SLOPE_PRODUCTS: usize = 256;

/// Slopes of log shares with respect to intercepts, products x products, ready to be divided by.
#[derive(Clone, Debug)]
pub struct Slopes(LU<f64, Dyn, Dyn>);

impl Slopes {
    /// Those of the first `buyers` at these intercepts; none where they are of no use.
    #[must_use]
    pub fn at(
        population: &Population,
        products: &Products,
        delta: &[f64],
        prices: &[f64],
        buyers: usize,
    ) -> Option<Self> {
        let count = products.len();
        if count > SLOPE_PRODUCTS {
            return None;
        }
        let felt = products.felt_prices(prices);
        let mut share = vec![0.0; count];
        let mut slope = DMatrix::<f64>::zeros(count, count);
        let mut each = vec![0.0; count];
        for i in 0..population.len().min(buyers) {
            let buyer = population.buyer(i);
            let BuyerExponentials { product: e, brand, total, .. } =
                BuyerExponentials::of(buyer, products, delta, &felt);
            let outside_and = |b: usize| products.loyalty()[b].mul_add(brand[b], total);
            let z =
                (0..brand.len()).fold(total * total, |z, b| (products.loyalty()[b] * brand[b]).mul_add(brand[b], z));
            for j in 0..count {
                each[j] = e[j] * outside_and(products.brand(j)) / z;
            }
            let weight = buyer.weight();
            for k in 0..count {
                let (of_e, of_share) = (weight * e[k] / z, -2.0 * weight * each[k]);
                let loyalty = products.loyalty()[products.brand(k)];
                for (j, slope) in slope.column_mut(k).iter_mut().enumerate() {
                    let same = if products.brand(j) == products.brand(k) { 1.0 + loyalty } else { 1.0 };
                    *slope += of_e * e[j] * same + of_share * each[j];
                }
                slope[(k, k)] += weight * each[k];
                share[k] += weight * each[k];
            }
        }
        slope.row_iter_mut().zip(&share).for_each(|(mut row, share)| row /= *share);
        slope.iter().all(|slope| slope.is_finite()).then(|| Self(slope.lu()))
    }

    /// The change of intercepts that closes these gaps of log shares.
    fn step(&self, gaps: &[f64]) -> Option<Vec<f64>> {
        self.0.solve(&DVector::from_column_slice(gaps)).map(|step| step.iter().copied().collect())
    }
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
    fn slopes_are_those_of_differences() {
        let (population, plain) = small();
        let loyal = plain.clone().with_loyalty(&[0, 0, 1, 2, 2], &[1.2, 0.0, 2.0]).unwrap();
        let delta = [0.3, 1.0, -0.5, 0.7, 1.9];
        for products in [plain, loyal] {
            let slopes = Slopes::at(&population, &products, &delta, &PRICES, SLOPE_BUYERS).unwrap();
            let log_shares = |k: usize, by: f64| {
                let mut delta = delta;
                delta[k] += by;
                let shares = stationary_shares(&population, &products, &delta, &PRICES, Execution::SERIAL).unwrap();
                shares.product.iter().map(|share| share.ln()).collect::<Vec<f64>>()
            };
            for k in 0..5 {
                let (up, down) = (log_shares(k, 1e-5), log_shares(k, -1e-5));
                let gaps: Vec<f64> = up.iter().zip(&down).map(|(up, down)| (up - down) / 2e-5).collect();
                for (j, step) in slopes.step(&gaps).unwrap().into_iter().enumerate() {
                    assert!((step - f64::from(u8::from(j == k))).abs() < 1e-8, "{k} {j} {step}");
                }
            }
        }
    }

    #[test]
    fn from_a_neighbour_fewer_evaluations_lead_to_the_same_intercepts() {
        let (population, plain) = small();
        let products = plain.with_loyalty(&[0, 0, 1, 2, 2], &[1.2, 0.0, 2.0]).unwrap();
        let shares =
            stationary_shares(&population, &products, &[0.3, 1.0, -0.5, 0.7, 1.9], &PRICES, Execution::SERIAL).unwrap();
        let options = InversionOptions::default();
        let start = [0.33, 1.02, -0.45, 0.66, 1.95];
        let slopes = Slopes::at(&population, &products, &start, &PRICES, SLOPE_BUYERS);
        let from = |start: Option<&[f64]>, slopes: Option<&Slopes>| {
            let start = start.map(|delta| Neighbour { delta, slopes });
            invert(&population, &products, &PRICES, &shares.product, start, options, Execution::SERIAL).unwrap()
        };
        let (far, near) = (from(None, None), from(Some(&start), None));
        assert!(near.report.evaluations < far.report.evaluations, "{:?} {:?}", near.report, far.report);
        assert_eq!(from(Some(&start), slopes.as_ref()), near);
        // Where a start leads nowhere the search begins again without it.
        let wild = from(Some(&[300.0, -300.0, 200.0, -500.0, 90.0]), None);
        for found in [near, wild] {
            for (a, b) in found.delta.iter().zip(&far.delta) {
                assert!((a - b).abs() < 1e-11, "{a} {b} {:?}", found.report);
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
