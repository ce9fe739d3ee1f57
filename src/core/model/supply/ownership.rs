//! Who sets which price, and whose profits count.
//!
//! `O_jm` is the weight that the owner of product j gives to the profit of product m: 1 for its own, the part held for those of
//! a firm it holds a part of, 0 for the rest. It is kept as owners x owners, so nothing costs products x products.

use super::SupplyError;

/// Owners of products, and the parts of other owners' profits they count.
#[derive(Clone, Debug, PartialEq)]
pub struct Ownership {
    firms: Vec<String>,
    owner: Vec<usize>,
    /// `holdings[f * firms + g]`: the weight of g's profit to f, relative to f's own.
    holdings: Vec<f64>,
}

impl Ownership {
    /// `owner[j]` is the firm that sets the price of product j; nobody holds part of another.
    ///
    /// # Errors
    /// [`SupplyError::Owner`] for a number outside `firms`, [`SupplyError::FirmWithoutProducts`].
    pub fn of_firms(firms: Vec<String>, owner: Vec<usize>) -> Result<Self, SupplyError> {
        let count = firms.len();
        let mut holdings = vec![0.0; count * count];
        holdings.iter_mut().step_by(count + 1).for_each(|own| *own = 1.0);
        Self::with_holdings(firms, owner, holdings)
    }

    /// Owners that count parts of each other's profits: `holdings[f * firms + g]`. A row is taken relative to its own
    /// diagonal, which a firm's choices cannot depend on.
    ///
    /// # Errors
    /// As [`Ownership::of_firms`], and [`SupplyError::Holding`] for a part that is negative or not finite, or an own part that is
    /// not positive.
    pub fn with_holdings(firms: Vec<String>, owner: Vec<usize>, mut holdings: Vec<f64>) -> Result<Self, SupplyError> {
        let count = firms.len();
        if holdings.len() != count * count {
            return Err(SupplyError::ColumnLength { what: "holdings", found: holdings.len(), expected: count * count });
        }
        if let Some((product, &owner)) = owner.iter().enumerate().find(|&(_, &f)| f >= count) {
            return Err(SupplyError::Owner { product, owner, firms: count });
        }
        if let Some(f) = (0..count).find(|f| !owner.contains(f)) {
            return Err(SupplyError::FirmWithoutProducts { firm: firms[f].clone() });
        }
        for f in 0..count {
            for g in 0..count {
                let part = holdings[f * count + g];
                if !(part.is_finite() && part >= 0.0 && (f != g || part > 0.0)) {
                    return Err(SupplyError::Holding { firm: firms[f].clone(), held: firms[g].clone(), part });
                }
            }
            let own = holdings[f * count + f];
            holdings[f * count..(f + 1) * count].iter_mut().for_each(|part| *part /= own);
        }
        Ok(Self { firms, owner, holdings })
    }

    /// Every product its own owner.
    ///
    /// # Errors
    /// Never for a list of names.
    pub fn single_products(products: &[String]) -> Result<Self, SupplyError> {
        Self::of_firms(products.to_vec(), (0..products.len()).collect())
    }

    /// Number of products.
    #[must_use]
    pub fn products(&self) -> usize {
        self.owner.len()
    }

    /// Owner of each product.
    #[must_use]
    pub fn owners(&self) -> &[usize] {
        &self.owner
    }

    /// Number of firms.
    #[must_use]
    pub fn firms(&self) -> usize {
        self.firms.len()
    }

    /// Name of the owner of product `j`.
    #[must_use]
    pub fn firm_of(&self, j: usize) -> &str {
        &self.firms[self.owner[j]]
    }

    /// Name of firm `f`.
    #[must_use]
    pub fn firm(&self, f: usize) -> &str {
        &self.firms[f]
    }

    /// `O_jm`.
    #[must_use]
    pub fn weight(&self, j: usize, m: usize) -> f64 {
        self.holdings[self.owner[j] * self.firms() + self.owner[m]]
    }

    /// Whether nobody counts the profit of another.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let count = self.firms();
        self.holdings.iter().enumerate().all(|(at, part)| at % (count + 1) == 0 || *part == 0.0)
    }

    /// Owners x owners.
    #[must_use]
    pub fn holdings(&self) -> &[f64] {
        &self.holdings
    }
}
