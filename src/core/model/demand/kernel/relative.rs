//! One buyer's exponentials, relative to his highest utility so that none overflows: for what is worked out buyer by buyer.

use super::choice::Instructions;
use super::scalar::larger;
use crate::model::demand::population::{Buyer, Products};
use crate::numerics::elementary;

/// One buyer's exponentials at prices as buyers feel them, relative to the highest utility: each product's into `out`; returns the outside option's and the
/// highest utility.
pub(crate) fn relative_exponentials(
    buyer: Buyer,
    products: &Products,
    delta: &[f64],
    prices: &[f64],
    out: &mut [f64],
) -> (f64, f64) {
    let highest = utilities(buyer, products, delta, prices, out);
    out.iter_mut().for_each(|v| *v -= highest);
    Instructions::detect().exp_in_place(out);
    (elementary::exp(buyer.outside_utility() - highest), highest)
}

/// The utilities of one buyer's products, into `out`; returns the highest, the outside option's among them.
fn utilities(buyer: Buyer, products: &Products, delta: &[f64], prices: &[f64], out: &mut [f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("fma") {
        // SAFETY: the processor has just said that it has FMA.
        return unsafe { utilities_with_fma(buyer, products, delta, prices, out) };
    }
    plain_utilities(buyer, products, delta, prices, out)
}

/// The same code compiled with the fused multiply-add that is otherwise emulated.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma")]
fn utilities_with_fma(buyer: Buyer, products: &Products, delta: &[f64], prices: &[f64], out: &mut [f64]) -> f64 {
    plain_utilities(buyer, products, delta, prices, out)
}

#[inline(always)]
fn plain_utilities(buyer: Buyer, products: &Products, delta: &[f64], prices: &[f64], out: &mut [f64]) -> f64 {
    let mut highest = buyer.outside_utility();
    for (j, (out, (&delta, &price))) in out.iter_mut().zip(delta.iter().zip(prices)).enumerate() {
        *out = buyer.utility(delta, products.characteristics(j), price);
        highest = larger(highest, *out);
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, Population};

    #[test]
    fn exponentials_are_those_of_utilities_taken_one_by_one() {
        for count in [1, 7, 8, 9, 23] {
            let column =
                |scale: f64| -> Vec<f64> { (0..count).map(|j| scale * (f64::from(j) * 0.7 % 2.0 - 1.0)).collect() };
            let (x, delta, prices) = (column(1.5), column(300.0), column(-0.4));
            let names = (0..count).map(|j| format!("p{j}")).collect();
            let products = Products::new(names, &[&x]).unwrap();
            let population = Population::new(BuyerColumns {
                weight: &[0.5, 0.5],
                price_response: &[1.2, 0.1],
                outside_utility: Some(&[0.3, 900.0]),
                tastes: &[&[0.8, -0.2]],
            })
            .unwrap();
            for buyer in [population.buyer(0), population.buyer(1)] {
                let mut found = vec![0.0; delta.len()];
                let (outside, highest) = relative_exponentials(buyer, &products, &delta, &prices, &mut found);
                let utility = |j: usize| buyer.utility(delta[j], products.characteristics(j), prices[j]);
                let top = (0..delta.len()).map(utility).fold(buyer.outside_utility(), f64::max);
                assert_eq!((highest, outside), (top, elementary::exp(buyer.outside_utility() - top)));
                for (j, found) in found.iter().enumerate() {
                    assert_eq!(found.to_bits(), elementary::exp(utility(j) - top).to_bits(), "product {j} of {count}");
                }
            }
        }
    }
}
