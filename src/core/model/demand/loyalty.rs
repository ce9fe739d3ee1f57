//! Loyalty to the brand now owned: stationary shares, the law of owned brands, and demand with owned brands in expectation.
//!
//! For one buyer and one purchase event let e_j = exp(V_ij) without loyalty, e_0 = exp(V_i0), S_b the sum of e_j over
//! brand b, A = e_0 + sum_b S_b and k_b = exp(lambda_b) - 1. An owner of brand b buys j with probability
//! `e_j (1 + k_b [b(j) = b]) / (A + k_b S_b)`. The chain of owned brands is reversible, and its stationary law is
//!
//! ```text
//! rho(b)    = S_b (A + k_b S_b) / Z      rho(none) = e_0 A / Z      Z = A^2 + sum_b k_b S_b^2
//! s_j       = e_j (A + k_b(j) S_b(j)) / Z
//! ```
//!
//! With lambda = 0 this is the plain logit. Peers are not here: they enter utility, which the caller forms.

use super::kernel::fixed::{Exponentials, FixedUtility};
use super::kernel::relative::relative_exponentials;
use super::kernel::{CellLayout, DemandSweep, SweepRule};
use super::population::{Buyer, BuyerColumns, LANES, Population, Products};
use super::sweep::{Execution, Sums, run};
use super::{DemandError, check_fit, check_per_product};
use crate::numerics::elementary;

/// Market shares: fractions of the buyers' total weight scale (weights as given).
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// Share of each product.
    pub product: Vec<f64>,
    /// Share of the outside option: weights that buy nothing.
    pub outside: f64,
}

/// Shares `sum_i w_i s_ij` in the stationary state of owned brands; plain logit shares where no brand has loyal owners.
///
/// # Errors
/// When `delta`, `prices` or the characteristics do not fit the products and population.
pub fn stationary_shares(
    population: &Population,
    products: &Products,
    delta: &[f64],
    prices: &[f64],
    execution: Execution<'_>,
) -> Result<Shares, DemandError> {
    check_fit(population, products)?;
    check_per_product(products, "delta", delta)?;
    check_per_product(products, "price", prices)?;
    let sums = StationaryDemand::new(population, products).sweep(delta, prices, execution);
    Ok(Shares { product: sums.share, outside: sums.outside })
}

/// The stationary share function with its layout made once.
pub(super) struct StationaryDemand<'a> {
    population: &'a Population,
    products: &'a Products,
    layout: CellLayout,
}

impl<'a> StationaryDemand<'a> {
    pub(super) fn new(population: &'a Population, products: &'a Products) -> Self {
        let layout =
            if products.has_loyalty() { CellLayout::by_brand(products) } else { CellLayout::single_cell(products) };
        Self { population, products, layout }
    }

    pub(super) fn sweep(&self, delta: &[f64], prices: &[f64], execution: Execution<'_>) -> Sums {
        let rule = if self.products.has_loyalty() {
            SweepRule::Stationary { loyalty: self.products.loyalty() }
        } else {
            SweepRule::Shares
        };
        let (delta, price) = (self.layout.arrange(delta), self.layout.arrange(&self.products.felt_prices(prices)));
        let sweep = DemandSweep {
            population: self.population,
            layout: &self.layout,
            delta: &delta,
            price: &price,
            margin: &[],
            rule,
            fixed: None,
            near: None,
        };
        run(&sweep, execution)
    }
}

/// Sums over one buyer's exponentials, from which everything about loyalty follows. Exponentials are relative to the
/// buyer's highest utility, so none overflows.
#[derive(Clone, Debug)]
pub struct BuyerExponentials {
    /// e_j of each product.
    pub product: Vec<f64>,
    /// e_0.
    pub outside: f64,
    /// S_b of each brand.
    pub brand: Vec<f64>,
    /// A = e_0 + sum_b S_b.
    pub total: f64,
    /// The utility that the exponentials are relative to.
    pub highest_utility: f64,
}

impl BuyerExponentials {
    /// Evaluates one buyer at prices as buyers feel them ([`Products::felt_prices`]); loyalty is left out of utility.
    #[must_use]
    pub fn of(buyer: Buyer, products: &Products, delta: &[f64], felt_prices: &[f64]) -> Self {
        let mut product = vec![0.0; products.len()];
        let (outside, highest_utility) = relative_exponentials(buyer, products, delta, felt_prices, &mut product);
        let mut brand = vec![0.0; products.loyalty().len()];
        for (j, e) in product.iter().enumerate() {
            brand[products.brand(j)] += e;
        }
        let total = outside + brand.iter().sum::<f64>();
        Self { product, outside, brand, total, highest_utility }
    }

    /// The stationary law of owned brands: rho(b) for each brand, rho(none) last; sums to one.
    #[must_use]
    pub fn ownership_law(&self, loyalty: &[f64]) -> Vec<f64> {
        let flow = self.brand.iter().zip(loyalty).map(|(&s, &k)| s * k.mul_add(s, self.total));
        let mut law: Vec<f64> = flow.chain([self.outside * self.total]).collect();
        let z: f64 = law.iter().sum();
        law.iter_mut().for_each(|rho| *rho /= z);
        law
    }
}

/// Weights of the nodes (buyer, owned brand), fixed: `w_i rho_i(b)`.
#[derive(Clone, Debug)]
pub struct OwnedBrands {
    brands: usize,
    buyers: usize,
    /// Block by block: (brands + 1) x [`LANES`]; owned none comes last.
    weights: Vec<f64>,
}

impl OwnedBrands {
    /// The stationary law of owned brands at the given (base-year) utilities.
    ///
    /// # Errors
    /// When `delta`, `prices` or the characteristics do not fit the products and population.
    pub fn stationary(
        population: &Population,
        products: &Products,
        delta: &[f64],
        prices: &[f64],
    ) -> Result<Self, DemandError> {
        check_fit(population, products)?;
        check_per_product(products, "delta", delta)?;
        check_per_product(products, "price", prices)?;
        let felt = products.felt_prices(prices);
        Ok(Self::from_law(population, products, |buyer| {
            BuyerExponentials::of(population.buyer(buyer), products, delta, &felt).ownership_law(products.loyalty())
        }))
    }

    /// Any law of owned brands: `law(buyer)` gives the probability of each brand, and of none last.
    pub fn from_law(population: &Population, products: &Products, law: impl Fn(usize) -> Vec<f64>) -> Self {
        let brands = products.loyalty().len();
        let rows = brands + 1;
        let mut weights = vec![0.0; population.block_count() * rows * LANES];
        for buyer in 0..population.len() {
            let weight = population.buyer(buyer).weight();
            for (b, rho) in law(buyer).into_iter().enumerate().take(rows) {
                weights[(buyer / LANES * rows + b) * LANES + buyer % LANES] = weight * rho;
            }
        }
        Self { brands, buyers: population.len(), weights }
    }

    /// The first `buyers` buyers with their weights multiplied by `weight_factor`, as [`Population::first`].
    #[must_use]
    pub fn first(&self, buyers: usize, weight_factor: f64) -> Self {
        let buyers = buyers.min(self.buyers);
        let rows = self.brands + 1;
        let mut weights = self.weights[..buyers.div_ceil(LANES) * rows * LANES].to_vec();
        for (place, weight) in weights.iter_mut().enumerate() {
            let buyer = place / (rows * LANES) * LANES + place % LANES;
            *weight = if buyer < buyers { *weight * weight_factor } else { 0.0 };
        }
        Self { brands: self.brands, buyers, weights }
    }

    /// Weight of the node (buyer, brand); `None` is owning no brand.
    #[must_use]
    pub fn weight(&self, buyer: usize, brand: Option<usize>) -> f64 {
        let rows = self.brands + 1;
        let row = brand.map_or(self.brands, |b| b.min(self.brands));
        self.weights[(buyer / LANES * rows + row) * LANES + buyer % LANES]
    }
}

/// Demand as makers expect it when they set prices: the whole population, owned brands in expectation.
///
/// The nodes are buyers, or (buyer, owned brand) of weights that stay fixed while prices move.
#[derive(Clone, Debug)]
pub struct ExpectedDemand<'a> {
    /// The buyers.
    pub population: &'a Population,
    /// The products.
    pub products: &'a Products,
    /// Intercepts.
    pub delta: &'a [f64],
    /// Weights of owned brands; absent for the plain logit.
    pub owned: Option<&'a OwnedBrands>,
    /// How sums are evaluated.
    pub execution: Execution<'a>,
    /// The part of utility that prices do not move, where it is known ([`ExpectedDemand::with_fixed`]).
    pub fixed: Option<KnownUtility<'a>>,
}

/// A [`FixedUtility`] with what it is of: demand of other buyers, products or intercepts does not use it.
#[derive(Clone, Copy, Debug)]
pub struct KnownUtility<'a> {
    utility: &'a FixedUtility,
    population: &'a Population,
    products: &'a Products,
    near: Option<&'a Exponentials>,
}

impl<'a> KnownUtility<'a> {
    fn serves(self, demand: &ExpectedDemand<'_>) -> Option<&'a FixedUtility> {
        let same = std::ptr::eq(self.population, demand.population) && std::ptr::eq(self.products, demand.products);
        (same && self.utility.is_of(demand.delta)).then_some(self.utility)
    }
}

impl<'a> ExpectedDemand<'a> {
    /// Demand of these buyers; `owned` is needed where products have loyal owners.
    ///
    /// # Errors
    /// When `delta`, the characteristics or `owned` do not fit the products and population.
    pub fn new(
        population: &'a Population,
        products: &'a Products,
        delta: &'a [f64],
        owned: Option<&'a OwnedBrands>,
        execution: Execution<'a>,
    ) -> Result<Self, DemandError> {
        check_fit(population, products)?;
        check_per_product(products, "delta", delta)?;
        if let Some(owned) = owned
            && (owned.buyers, owned.brands) != (population.len(), products.loyalty().len())
        {
            let what = "owned brand";
            return Err(DemandError::ColumnLength { what, found: owned.buyers, expected: population.len() });
        }
        if owned.is_none() && products.has_loyalty() {
            return Err(DemandError::ColumnLength { what: "owned brand", found: 0, expected: population.len() });
        }
        Ok(Self { population, products, delta, owned, execution, fixed: None })
    }

    /// The same demand, to the bit, in less time: `utility` must be of the same buyers and products.
    #[must_use]
    pub fn with_fixed(self, utility: &'a FixedUtility) -> Self {
        let Self { population, products, .. } = self;
        Self { fixed: Some(KnownUtility { utility, population, products, near: None }), ..self }
    }

    /// The same demand, to the bit, in less time for shares at prices most of which are those that `near` is of. It is of use only where
    /// the fixed part of utility is known.
    #[must_use]
    pub fn with_near<'n>(&self, near: &'n Exponentials) -> ExpectedDemand<'n>
    where
        'a: 'n,
    {
        ExpectedDemand { fixed: self.fixed.map(|fixed| KnownUtility { near: Some(near), ..fixed }), ..self.clone() }
    }

    /// Makes `near` that of these prices.
    pub fn stay_near(&self, prices: &[f64], near: &mut Exponentials) {
        if let Some(utility) = self.fixed.and_then(|fixed| fixed.serves(self)) {
            near.fill(self.population, utility, &self.products.felt_prices(prices), self.execution.kernel);
        }
    }

    /// Expected shares at these prices.
    #[must_use]
    pub fn shares(&self, prices: &[f64]) -> Shares {
        let owner = vec![0; self.products.len()];
        let layout = self.pricing_layout(&owner, &[1.0]);
        let sums = self.pricing_sums(&layout, prices, &[]);
        Shares { product: sums.share, outside: sums.outside }
    }

    /// The layout for firm sums of these owners (`holdings` is owners x owners).
    pub(crate) fn pricing_layout(&self, owner: &[usize], holdings: &[f64]) -> CellLayout {
        CellLayout::by_owner(self.products, owner, holdings, self.owned.is_some())
    }

    /// Shares, Lambda and `sum_m O_jm Gamma_jm margin_m` at these prices, the last two by dollars of the product's price; shares alone
    /// without margins.
    pub(crate) fn pricing_sums(&self, layout: &CellLayout, prices: &[f64], margin: &[f64]) -> Sums {
        let felt = self.products.felt_prices(prices);
        let (delta, price, margin) = (layout.arrange(self.delta), layout.arrange(&felt), layout.arrange(margin));
        let rule = self.owned.map_or(SweepRule::Pricing, |owned| SweepRule::OwnedPricing {
            loyalty: self.products.loyalty(),
            owned: &owned.weights,
        });
        let fixed = self.fixed.and_then(|fixed| fixed.serves(self));
        let near = fixed.and_then(|utility| self.fixed?.near?.near(utility, &felt));
        let sweep = DemandSweep {
            population: self.population,
            layout,
            delta: &delta,
            price: &price,
            margin: &margin,
            rule,
            fixed: fixed.map(FixedUtility::rows),
            near: near.as_ref().map(|(rows, moved)| (*rows, moved.as_slice())),
        };
        let mut sums = run(&sweep, self.execution);
        if let Some(slopes) = self.products.slopes(prices) {
            let by_price = sums.lambda.iter_mut().zip(&mut sums.cross).zip(&slopes);
            by_price.for_each(|((lambda, cross), slope)| (*lambda, *cross) = (*lambda * slope, *cross * slope));
        }
        sums
    }

    /// The nodes written out one by one as a plain logit population, with one more characteristic for each brand: the
    /// plain form of loyalty, costing (brands + 1) times as much. Buyers without loyalty are returned as they are.
    ///
    /// # Errors
    /// Never for demand made by [`ExpectedDemand::new`].
    pub fn expand(&self) -> Result<(Population, Products), DemandError> {
        let Some(owned) = self.owned else {
            return Ok((self.population.clone(), self.products.clone()));
        };
        let brands = owned.brands;
        let columns = self.population.columns();
        let nodes = self.population.len() * (brands + 1);
        let mut weight = Vec::with_capacity(nodes);
        let mut price_response = Vec::with_capacity(nodes);
        let mut outside = Vec::with_capacity(nodes);
        let mut tastes = vec![Vec::with_capacity(nodes); columns + brands];
        for i in 0..self.population.len() {
            let buyer = self.population.buyer(i);
            for b in (0..brands).map(Some).chain([None]) {
                weight.push(owned.weight(i, b));
                price_response.push(buyer.price_response());
                outside.push(buyer.outside_utility());
                for (k, column) in tastes.iter_mut().enumerate() {
                    column.push(if k < columns {
                        buyer.taste(k)
                    } else if b == Some(k - columns) {
                        elementary::ln(1.0 + self.products.loyalty()[k - columns])
                    } else {
                        0.0
                    });
                }
            }
        }
        let tastes: Vec<&[f64]> = tastes.iter().map(Vec::as_slice).collect();
        let population = Population::new(BuyerColumns {
            weight: &weight,
            price_response: &price_response,
            outside_utility: Some(&outside),
            tastes: &tastes,
        })?;
        let j = self.products.len();
        let characteristic = |k: usize| -> Vec<f64> {
            let dummy = |j: usize| f64::from(u8::from(self.products.brand(j) == k - columns));
            (0..j).map(|j| if k < columns { self.products.characteristics(j)[k] } else { dummy(j) }).collect()
        };
        let x: Vec<Vec<f64>> = (0..columns + brands).map(characteristic).collect();
        let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let names = (0..j).map(|j| self.products.name(j).to_owned()).collect();
        let mut products = Products::new(names, &x)?;
        products.curvature = self.products.curvature().cloned();
        Ok((population, products))
    }
}
