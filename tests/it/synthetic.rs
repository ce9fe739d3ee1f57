//! A synthetic market of any size, for speed and for tests: tastes and incomes on a lattice, many owners.

use stickershock::model::demand::{
    BuyerColumns, Execution, ExpectedDemand, InversionOptions, Population, Products, invert,
};
use stickershock::model::supply::{DutyRule, DutyTerms, Ownership, marginal_costs};
use stickershock::numerics::elementary;

/// A market whose observed prices are the equilibrium of its costs.
pub struct Synthetic {
    pub population: Population,
    pub products: Products,
    pub delta: Vec<f64>,
    pub price: Vec<f64>,
    pub cost: Vec<f64>,
    pub ownership: Ownership,
}

/// Point i of a low-discrepancy sequence in (0, 1).
fn lattice(i: usize, generator: f64) -> f64 {
    (0.5 + i as f64 * generator).fract()
}

/// A symmetric bell of unit variance from three uniforms.
fn bell(i: usize, generators: [f64; 3]) -> f64 {
    generators.iter().map(|&g| 2.0 * (lattice(i, g) - 0.5)).sum()
}

impl Synthetic {
    /// A market of `count` products of `count / 6` owners and `buyers` buyers with three tastes (constant, size,
    /// performance); median income is one, the clip is `[1 / richest, richest]`; prices around 30 (thousands).
    pub fn with_incomes(count: usize, buyers: usize, spread: f64, richest: f64) -> Self {
        let column = |f: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..buyers).map(f).collect() };
        let weight = column(&|_| 1.0 / buyers as f64);
        let response = column(&|i| {
            0.12 / elementary::exp(spread * bell(i, [0.618_034, 0.414_214, 0.732_051])).clamp(1.0 / richest, richest)
        });
        let constant = column(&|i| 2.0 * bell(i, [0.302_776, 0.854_102, 0.236_068]));
        let size = column(&|i| 0.8 * bell(i, [0.192_582, 0.541_381, 0.280_11]));
        let performance = column(&|i| 0.5 * bell(i, [0.082_763, 0.123_106, 0.358_899]));
        let population = Population::new(BuyerColumns {
            weight: &weight,
            price_response: &response,
            outside_utility: None,
            tastes: &[&constant, &size, &performance],
        })
        .unwrap();
        let facts = |f: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..count).map(f).collect() };
        let ones = facts(&|_| 1.0);
        let x1 = facts(&|j| bell(j, [0.618_034, 0.302_776, 0.541_381]));
        let x2 = facts(&|j| bell(j, [0.414_214, 0.192_582, 0.854_102]));
        let price = facts(&|j| 18.0 + 30.0 * lattice(j, 0.732_051) * lattice(j, 0.236_068));
        let products = Products::new((0..count).map(|j| format!("model {j}")).collect(), &[&ones, &x1, &x2]).unwrap();
        let raw = facts(&|j| elementary::exp(1.5 * bell(j, [0.280_11, 0.082_763, 0.123_106])));
        let total: f64 = raw.iter().sum();
        let share: Vec<f64> = raw.iter().map(|s| 0.15 * s / total).collect();
        let options = InversionOptions::default();
        let inversion = invert(&population, &products, &price, &share, None, options, Execution::SERIAL).unwrap();
        let firms = (count / 6).max(1);
        let names = (0..firms).map(|f| format!("firm {f}")).collect();
        let ownership = Ownership::of_firms(names, (0..count).map(|j| (j + j / firms * 3) % firms).collect()).unwrap();
        let untaxed = vec![DutyTerms::NONE; count];
        let demand = ExpectedDemand::new(&population, &products, &inversion.delta, None, Execution::SERIAL).unwrap();
        let cost = marginal_costs(&demand, &ownership, &untaxed, &price).unwrap().marginal_cost;
        Self { delta: inversion.delta, population, products, price, cost, ownership }
    }

    /// A 100% duty at the border on six models of mixed owners.
    pub fn mixed_duty(&self) -> Vec<DutyTerms> {
        let count = self.products.len();
        let mut duty = vec![DutyTerms::NONE; count];
        for n in 0..6 {
            let j = (3 + n * 7) % count;
            duty[j] = DutyRule::Border { rate: 1.0 }.terms(self.products.name(j), self.cost[j]).unwrap();
        }
        duty
    }

    /// Demand of this market.
    pub fn demand(&self, execution: Execution<'static>) -> ExpectedDemand<'_> {
        ExpectedDemand::new(&self.population, &self.products, &self.delta, None, execution).unwrap()
    }
}
