//! Who buys and what is on offer: the integration nodes and the product side of a random-coefficients logit.
//!
//! Utility of buyer i for product j, and of buying nothing:
//!
//! ```text
//! V_ij = delta_j + sum_k taste_ik x_jk - a_i p_j        V_i0 = outside_i
//! ```
//!
//! `a_i` is utility per unit of price, in whatever unit the caller keeps prices. Weights are used as given: they may sum
//! to less than one, and are never renormalised. Brand loyalty adds `lambda_b` to every product of the brand a buyer now
//! owns ([`super::loyalty`]).

use std::borrow::Cow;

use super::DemandError;
use super::curvature::Curvature;
use super::kernel::choice::Instructions;

/// Buyers evaluated together: the lanes of the kernel. Fixed at eight on every machine, so that sums have one order.
pub const LANES: usize = 8;

/// The integration nodes ("buyers"), stored in blocks of [`LANES`] buyers: weight, price response, outside utility and
/// tastes of a block lie side by side.
#[derive(Clone, Debug)]
pub struct Population {
    buyers: usize,
    columns: usize,
    blocks: Vec<f64>,
}

/// The facts of each buyer, as columns of equal length.
#[derive(Clone, Copy, Debug)]
pub struct BuyerColumns<'a> {
    /// Integration weight, at least zero; used as given.
    pub weight: &'a [f64],
    /// Utility lost per unit of price, positive.
    pub price_response: &'a [f64],
    /// Utility of the outside option; all zero when absent.
    pub outside_utility: Option<&'a [f64]>,
    /// One column of tastes for each characteristic of the products, in the same order.
    pub tastes: &'a [&'a [f64]],
}

/// Rows of a block before its tastes: weight, price response, outside utility.
const FIXED_ROWS: usize = 3;

impl Population {
    /// Lays the buyers out in blocks; the last block is filled up with buyers of weight zero.
    ///
    /// # Errors
    /// [`DemandError::NoBuyers`], [`DemandError::ColumnLength`] when columns differ in length, and
    /// [`DemandError::Buyer`] for a weight that is negative, a price response that is not positive, or anything
    /// that is not finite.
    pub fn new(columns: BuyerColumns) -> Result<Self, DemandError> {
        let BuyerColumns { weight, price_response, outside_utility, tastes } = columns;
        let buyers = weight.len();
        if buyers == 0 {
            return Err(DemandError::NoBuyers);
        }
        let named = [("price response", Some(price_response)), ("outside utility", outside_utility)];
        let fixed = named.into_iter().filter_map(|(what, column)| column.map(|c| (what, c)));
        for (what, column) in fixed.chain(tastes.iter().map(|&c| ("taste", c))) {
            if column.len() != buyers {
                return Err(DemandError::ColumnLength { what, found: column.len(), expected: buyers });
            }
        }
        let refuse = |buyer, what, value| Err(DemandError::Buyer { buyer, what, value });
        for buyer in 0..buyers {
            if !(weight[buyer] >= 0.0 && weight[buyer].is_finite()) {
                return refuse(buyer, "weight", weight[buyer]);
            }
            if !(price_response[buyer] > 0.0 && price_response[buyer].is_finite()) {
                return refuse(buyer, "price response", price_response[buyer]);
            }
            if let Some(outside) = outside_utility
                && !outside[buyer].is_finite()
            {
                return refuse(buyer, "outside utility", outside[buyer]);
            }
            if let Some(taste) = tastes.iter().map(|column| column[buyer]).find(|taste| !taste.is_finite()) {
                return refuse(buyer, "taste", taste);
            }
        }
        if weight.iter().all(|&w| w == 0.0) {
            return refuse(0, "weight (and every other buyer's)", 0.0);
        }
        let rows = FIXED_ROWS + tastes.len();
        let mut blocks = vec![0.0; buyers.div_ceil(LANES) * rows * LANES];
        for (first, block) in (0..buyers).step_by(LANES).zip(blocks.chunks_exact_mut(rows * LANES)) {
            for lane in 0..LANES {
                let buyer = first + lane;
                // A filled-up lane repeats a harmless buyer at weight zero.
                block[LANES + lane] = if buyer < buyers { price_response[buyer] } else { 1.0 };
                if buyer < buyers {
                    block[lane] = weight[buyer];
                    block[2 * LANES + lane] = outside_utility.map_or(0.0, |outside| outside[buyer]);
                    for (k, column) in tastes.iter().enumerate() {
                        block[(FIXED_ROWS + k) * LANES + lane] = column[buyer];
                    }
                }
            }
        }
        Ok(Self { buyers, columns: tastes.len(), blocks })
    }

    /// Number of buyers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buyers
    }

    /// Number of taste columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One buyer by number.
    #[must_use]
    pub fn buyer(&self, buyer: usize) -> Buyer<'_> {
        Buyer { block: self.block(buyer / LANES), lane: buyer % LANES }
    }

    /// Sum of the weights.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        (0..self.buyers).map(|buyer| self.buyer(buyer).weight()).sum()
    }

    /// The first `buyers` buyers with their weights multiplied by `weight_factor`: a subset of the nodes that stands for
    /// the whole.
    #[must_use]
    pub fn first(&self, buyers: usize, weight_factor: f64) -> Self {
        let buyers = buyers.min(self.buyers);
        let size = (FIXED_ROWS + self.columns) * LANES;
        let mut blocks = self.blocks[..buyers.div_ceil(LANES) * size].to_vec();
        for (first, block) in (0..buyers).step_by(LANES).zip(blocks.chunks_exact_mut(size)) {
            for (lane, weight) in block[..LANES].iter_mut().enumerate() {
                *weight = if first + lane < buyers { *weight * weight_factor } else { 0.0 };
            }
        }
        Self { buyers, columns: self.columns, blocks }
    }

    /// Number of blocks.
    pub(crate) fn block_count(&self) -> usize {
        self.buyers.div_ceil(LANES)
    }

    /// Rows of a block: weight, price response, outside utility, tastes; [`LANES`] numbers each.
    pub(crate) fn block(&self, block: usize) -> &[f64] {
        let size = (FIXED_ROWS + self.columns) * LANES;
        &self.blocks[block * size..(block + 1) * size]
    }
}

/// One buyer of a [`Population`].
#[derive(Clone, Copy, Debug)]
pub struct Buyer<'a> {
    block: &'a [f64],
    lane: usize,
}

impl Buyer<'_> {
    /// Integration weight.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.block[self.lane]
    }

    /// Utility lost per unit of price.
    #[must_use]
    pub fn price_response(&self) -> f64 {
        self.block[LANES + self.lane]
    }

    /// Utility of the outside option.
    #[must_use]
    pub fn outside_utility(&self) -> f64 {
        self.block[2 * LANES + self.lane]
    }

    /// Taste for characteristic `k`.
    #[must_use]
    pub fn taste(&self, k: usize) -> f64 {
        self.block[(FIXED_ROWS + k) * LANES + self.lane]
    }

    /// `delta + sum_k taste_k x_k - a p` at a price as buyers feel it, in the order of operations of the kernel.
    #[inline(always)]
    #[must_use]
    pub fn utility(&self, delta: f64, x: &[f64], price: f64) -> f64 {
        let tasted = x.iter().enumerate().fold(delta, |v, (k, &x)| self.taste(k).mul_add(x, v));
        (-self.price_response()).mul_add(price, tasted)
    }
}

/// The products on offer: names for messages, characteristics, and brands with their owners' loyalty.
#[derive(Clone, Debug)]
pub struct Products {
    names: Vec<String>,
    columns: usize,
    /// Characteristics, product by product.
    x: Vec<f64>,
    brand: Vec<usize>,
    /// k_b = exp(lambda_b) - 1.
    loyalty: Vec<f64>,
    /// How demand is bent; none where it is linear in price.
    pub(super) curvature: Option<Curvature>,
}

impl Products {
    /// Products with one column of characteristics for each taste column of the population, without loyalty.
    ///
    /// # Errors
    /// [`DemandError::NoProducts`], [`DemandError::ColumnLength`], [`DemandError::Product`] for a characteristic that is not
    /// finite.
    pub fn new(names: Vec<String>, characteristics: &[&[f64]]) -> Result<Self, DemandError> {
        let count = names.len();
        if count == 0 {
            return Err(DemandError::NoProducts);
        }
        let columns = characteristics.len();
        let mut x = vec![0.0; count * columns];
        for (k, column) in characteristics.iter().enumerate() {
            if column.len() != count {
                let what = "characteristic";
                return Err(DemandError::ColumnLength { what, found: column.len(), expected: count });
            }
            for (j, &value) in column.iter().enumerate() {
                if !value.is_finite() {
                    let product = names[j].clone();
                    return Err(DemandError::Product { product, what: "characteristic", value });
                }
                x[j * columns + k] = value;
            }
        }
        Ok(Self { brand: vec![0; count], loyalty: vec![0.0], curvature: None, names, columns, x })
    }

    /// The same products with a brand each, `brand[j]`, an index into `lambda`: the utility that owning a car of the brand
    /// adds to all its products.
    ///
    /// # Errors
    /// [`DemandError::ColumnLength`], [`DemandError::Brand`] for an index outside `lambda`, [`DemandError::Loyalty`] for a
    /// lambda that is not finite.
    pub fn with_loyalty(mut self, brand: &[usize], lambda: &[f64]) -> Result<Self, DemandError> {
        if brand.len() != self.len() {
            return Err(DemandError::ColumnLength { what: "brand", found: brand.len(), expected: self.len() });
        }
        if let Some((j, &index)) = brand.iter().enumerate().find(|&(_, &index)| index >= lambda.len()) {
            let product = self.names[j].clone();
            return Err(DemandError::Brand { product, brand: index, brands: lambda.len() });
        }
        if let Some((brand, &lambda)) = lambda.iter().enumerate().find(|&(_, &l)| !(l.is_finite() && l.abs() <= 50.0)) {
            return Err(DemandError::Loyalty { brand, lambda });
        }
        self.brand = brand.to_vec();
        self.loyalty =
            lambda.iter().map(|&l| if l == 0.0 { 0.0 } else { crate::numerics::elementary::exp(l) - 1.0 }).collect();
        Ok(self)
    }

    /// Number of products.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Name of product `j`.
    #[must_use]
    pub fn name(&self, j: usize) -> &str {
        &self.names[j]
    }

    /// Number of characteristics.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Characteristics of product `j`.
    #[must_use]
    pub fn characteristics(&self, j: usize) -> &[f64] {
        &self.x[j * self.columns..(j + 1) * self.columns]
    }

    /// Brand of product `j`.
    #[must_use]
    pub fn brand(&self, j: usize) -> usize {
        self.brand[j]
    }

    /// `k_b = exp(lambda_b) - 1` of each brand; one zero when there is no loyalty.
    #[must_use]
    pub fn loyalty(&self) -> &[f64] {
        &self.loyalty
    }

    /// Whether some brand has loyal owners.
    #[must_use]
    pub fn has_loyalty(&self) -> bool {
        self.loyalty.iter().any(|&k| k != 0.0)
    }
}

impl Products {
    /// The same products with demand bent around their reference prices.
    ///
    /// # Errors
    /// [`DemandError::ColumnLength`], and as [`Curvature::new`].
    pub fn with_curvature(mut self, lambda: f64, reference: &[f64]) -> Result<Self, DemandError> {
        if reference.len() != self.len() {
            let what = "reference price";
            return Err(DemandError::ColumnLength { what, found: reference.len(), expected: self.len() });
        }
        self.curvature = Curvature::new(lambda, reference)?;
        Ok(self)
    }

    /// How demand is bent; none where it is linear in price.
    #[must_use]
    pub fn curvature(&self) -> Option<&Curvature> {
        self.curvature.as_ref()
    }

    /// Prices as buyers feel them: what utilities are formed with.
    #[must_use]
    pub fn felt_prices<'p>(&self, prices: &'p [f64]) -> Cow<'p, [f64]> {
        match &self.curvature {
            None => Cow::Borrowed(prices),
            Some(curved) => {
                let mut felt = prices.to_vec();
                Instructions::detect().felt_in_place(&mut felt, curved);
                felt.into()
            }
        }
    }

    /// The price of product `j` as buyers feel it.
    #[must_use]
    pub fn felt_price(&self, j: usize, price: f64) -> f64 {
        self.curvature.as_ref().map_or(price, |curved| curved.felt(j, price))
    }

    /// What a dollar more of each price is felt as; none where it is one throughout.
    #[must_use]
    pub fn slopes(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let curved = self.curvature.as_ref()?;
        let mut slopes = prices.to_vec();
        Instructions::detect().slope_in_place(&mut slopes, curved);
        Some(slopes)
    }
}
