//! Intercepts and prices, exactly and in single precision.

use super::choice::Column;
use super::singles::{SINGLES, Sixteen};

/// A term of utility that differs by product, intercept or price: one number for each product, with a copy in single precision for what is
/// only held from above.
#[derive(Clone, Debug)]
pub struct Term {
    exact: Column,
    /// Rounded to the nearest number, in blocks; the last one padded.
    pub(super) near: Vec<Sixteen>,
    /// No finite number has been larger in size; at least 1.
    pub(super) largest: f64,
    /// Whether some have been plus infinity.
    pub(super) plus_infinity: bool,
    /// Whether some have been minus infinity.
    pub(super) minus_infinity: bool,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.exact == other.exact
    }
}

impl Term {
    /// A term of `values` with `padding` in the places past the last product.
    #[must_use]
    pub fn new(values: &[f64], padding: f64) -> Self {
        let near = vec![Sixteen([padding as f32; SINGLES]); values.len().div_ceil(SINGLES)];
        let exact = Column::new(values, padding);
        let mut term = Self { exact, near, largest: 1.0, plus_infinity: false, minus_infinity: false };
        term.replace(values);
        term
    }

    /// The exact numbers.
    #[must_use]
    pub fn exact(&self) -> &Column {
        &self.exact
    }

    /// The products' values, without the padding.
    #[inline]
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.exact.values()
    }

    /// Sets all values anew.
    ///
    /// # Panics
    /// Where there is not one for each product.
    pub fn replace(&mut self, values: &[f64]) {
        self.update(|own| own.copy_from_slice(values));
    }

    /// Changes values in place.
    pub fn update(&mut self, change: impl FnOnce(&mut [f64])) {
        change(self.exact.values_mut());
        (self.largest, self.plus_infinity, self.minus_infinity) = (1.0, false, false);
        for (block, values) in self.near.iter_mut().zip(self.exact.values().chunks(SINGLES)) {
            for (near, value) in block.0.iter_mut().zip(values) {
                *near = *value as f32;
                let size = value.abs();
                self.plus_infinity |= *value == f64::INFINITY;
                self.minus_infinity |= *value == f64::NEG_INFINITY;
                self.largest = if size > self.largest && size < f64::INFINITY { size } else { self.largest };
            }
        }
    }

    /// Sets the value of one product. Bounds allow for the largest value that there has been, until all are set anew.
    ///
    /// # Panics
    /// Where there is no such product.
    #[inline]
    pub fn set(&mut self, product: usize, value: f64) {
        self.exact.values_mut()[product] = value;
        self.near[product / SINGLES].0[product % SINGLES] = value as f32;
        self.plus_infinity |= value == f64::INFINITY;
        self.minus_infinity |= value == f64::NEG_INFINITY;
        if value.is_finite() {
            self.largest = self.largest.max(value.abs());
        }
    }
}
