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
    /// Whether some have been infinite.
    pub(super) infinite: bool,
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
        let mut term = Self { exact: Column::new(values, padding), near, largest: 1.0, infinite: false };
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
        (self.largest, self.infinite) = (1.0, false);
        for (block, values) in self.near.iter_mut().zip(self.exact.values().chunks(SINGLES)) {
            for (near, value) in block.0.iter_mut().zip(values) {
                *near = *value as f32;
                let size = value.abs();
                self.infinite |= size == f64::INFINITY;
                self.largest = if size > self.largest && size < f64::INFINITY { size } else { self.largest };
            }
        }
    }

    /// Sets the value of one product.
    ///
    /// # Panics
    /// Where there is no such product.
    #[inline]
    pub fn set(&mut self, product: usize, value: f64) {
        self.exact.values_mut()[product] = value;
        self.near[product / SINGLES].0[product % SINGLES] = value as f32;
        if value.is_finite() {
            self.largest = self.largest.max(value.abs());
        } else {
            self.infinite = true;
        }
    }
}
