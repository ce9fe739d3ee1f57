//! The driver that spreads the buyers of one market over threads: the one place in the model that knows of threads.
//!
//! A chunk of buyers is a fixed number of blocks whatever the number of threads, and chunks are added in the order of
//! their numbers, so results do not depend on threads.

use std::fmt;

use super::DemandError;
use super::kernel::moments::{ChoiceMoments, Window, moments, padded};
use super::kernel::{CHUNK_BLOCKS, CellLayout, DemandSweep, KernelPath, ProductCell, sweep_chunk};
use super::population::Products;
use crate::platform::threads::prelude::*;

/// Whether whoever wants a result has asked to stop. Searches ask before each evaluation of demand, and end with [`DemandError::Stopped`].
#[derive(Clone, Copy, Default)]
pub struct StopAsked<'a>(Option<&'a (dyn Fn() -> bool + Sync)>);

impl<'a> StopAsked<'a> {
    /// Nobody asks.
    pub const NEVER: StopAsked<'static> = StopAsked(None);

    /// Somebody may: true once the work is not wanted any more.
    #[must_use]
    pub fn by(asked: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self(Some(asked))
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_asked(self) -> bool {
        self.0.is_some_and(|asked| asked())
    }

    /// Ends a search that is not wanted any more.
    ///
    /// # Errors
    /// [`DemandError::Stopped`].
    pub fn check(self) -> Result<(), DemandError> {
        if self.is_asked() { Err(DemandError::Stopped) } else { Ok(()) }
    }
}

impl fmt::Debug for StopAsked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "StopAsked::by(..)" } else { "StopAsked::NEVER" })
    }
}

/// How demand is evaluated; the numbers are the same whatever is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Execution<'a> {
    /// Spread buyers over the threads of the current rayon pool. Leave it off inside a simulation, whose replications
    /// already fill the pool.
    pub parallel: bool,
    /// Which form of the kernel runs.
    pub kernel: KernelPath,
    /// Who may ask searches on it to stop.
    pub stop: StopAsked<'a>,
}

impl Execution<'static> {
    /// One thread.
    pub const SERIAL: Self = Self { parallel: false, kernel: KernelPath::Auto, stop: StopAsked::NEVER };
    /// The threads of the current rayon pool.
    pub const PARALLEL: Self = Self { parallel: true, kernel: KernelPath::Auto, stop: StopAsked::NEVER };
}

impl Execution<'_> {
    /// The same, until someone asks to stop.
    #[must_use]
    pub fn until(self, stop: StopAsked<'_>) -> Execution<'_> {
        Execution { parallel: self.parallel, kernel: self.kernel, stop }
    }
}

/// Aggregates of one sweep, in the caller's order of products.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sums {
    pub share: Vec<f64>,
    pub outside: f64,
    /// Lambda_j = sum_i w_i a_i s_ij, times g_j where demand is curved; empty under share rules.
    pub lambda: Vec<f64>,
    /// sum_m O_jm Gamma_jm margin_m, times g_j where demand is curved; empty under share rules.
    pub cross: Vec<f64>,
}

/// Runs a sweep over all chunks.
pub(crate) fn run(sweep: &DemandSweep, execution: Execution<'_>) -> Sums {
    let rows = sweep.rows();
    let mut total = vec![0.0; rows];
    let mut add = |chunk: &[f64]| total.iter_mut().zip(chunk).for_each(|(total, part)| *total += part);
    if execution.parallel {
        let parts: Vec<Vec<f64>> =
            (0..sweep.chunks()).into_par_iter().map(|chunk| sweep_chunk(sweep, chunk, execution.kernel)).collect();
        parts.iter().for_each(|part| add(part));
    } else {
        (0..sweep.chunks()).for_each(|chunk| add(&sweep_chunk(sweep, chunk, execution.kernel)));
    }
    let j = sweep.products();
    let restore = |group: usize| {
        let mut values = vec![0.0; j];
        for (&product, &value) in sweep.layout.order.iter().zip(&total[group * j..]) {
            values[product] = value;
        }
        values
    };
    let (lambda, cross) = if sweep.prices() { (restore(1), restore(2)) } else { (Vec::new(), Vec::new()) };
    Sums { share: restore(0), outside: total[rows - 1], lambda, cross }
}

/// The moments of products that stand side by side in a layout.
pub(crate) struct WindowMoments {
    count: usize,
    size: usize,
    values: Vec<f64>,
}

impl WindowMoments {
    /// `sum_i L_ij s_im`, both counted from the first product of the window.
    pub(crate) fn at(&self, j: usize, m: usize) -> f64 {
        self.values[j * self.size + m]
    }

    /// `sum_i L_ij`.
    pub(crate) fn sum(&self, j: usize) -> f64 {
        self.values[j * self.size + self.count]
    }
}

/// Second moments over all chunks, of the products within each window of the layout alone: the rest of the matrix is never formed.
pub(crate) fn windows_of(of: &ChoiceMoments<'_>, windows: &[Window], execution: Execution<'_>) -> Vec<WindowMoments> {
    let blocks = of.population.block_count();
    let chunk = |chunk: usize| moments(of, windows, chunk * CHUNK_BLOCKS..((chunk + 1) * CHUNK_BLOCKS).min(blocks));
    let chunks = blocks.div_ceil(CHUNK_BLOCKS);
    let mut total = vec![0.0; windows.iter().map(|window| padded(window) * padded(window)).sum()];
    let mut add = |part: &[f64]| total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    if execution.parallel {
        let parts: Vec<Vec<f64>> = (0..chunks).into_par_iter().map(chunk).collect();
        parts.iter().for_each(|part| add(part));
    } else {
        (0..chunks).for_each(|number| add(&chunk(number)));
    }
    let mut rest = total.as_slice();
    let own = |window: &Window| {
        let size = padded(window);
        let (values, others) = rest.split_at(size * size);
        rest = others;
        WindowMoments { count: window.len(), size, values: values.to_vec() }
    };
    windows.iter().map(own).collect()
}

impl CellLayout {
    /// One cell: plain shares.
    pub(crate) fn single_cell(products: &Products) -> Self {
        Self::by(products, |_| (0, 0), &[])
    }

    /// One cell a brand: stationary shares.
    pub(crate) fn by_brand(products: &Products) -> Self {
        Self::by(products, |j| (0, products.brand(j)), &[])
    }

    /// One cell an owner, or an owner and brand. `holdings` is owners x owners, `holdings[f * owners + g]` the part of g's
    /// profit that f counts.
    pub(crate) fn by_owner(products: &Products, owner: &[usize], holdings: &[f64], split_brands: bool) -> Self {
        Self::by(products, |j| (owner[j], if split_brands { products.brand(j) } else { 0 }), holdings)
    }

    fn by(products: &Products, key: impl Fn(usize) -> (usize, usize), holdings: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..products.len()).collect();
        order.sort_by_key(|&j| key(j));
        let mut cells: Vec<ProductCell> = Vec::new();
        for (position, &j) in order.iter().enumerate() {
            let (owner, brand) = key(j);
            match cells.last_mut() {
                Some(cell) if (cell.owner, cell.brand) == (owner, brand) => cell.end = position + 1,
                _ => cells.push(ProductCell { start: position, end: position + 1, owner, brand }),
            }
        }
        let owners = holdings.len().isqrt();
        let terms = |owner: usize, wanted: &dyn Fn(&ProductCell) -> bool| -> Vec<(usize, f64)> {
            let held = cells.iter().enumerate().filter(|(_, cell)| wanted(cell));
            held.map(|(c, cell)| (c, holdings[owner * owners + cell.owner])).filter(|&(_, part)| part != 0.0).collect()
        };
        let owner_terms = (0..owners).map(|owner| terms(owner, &|_| true)).collect();
        let brand_terms = if owners == 0 {
            Vec::new()
        } else {
            cells.iter().map(|cell| terms(cell.owner, &|other| other.brand == cell.brand)).collect()
        };
        let x = order.iter().flat_map(|&j| products.characteristics(j)).copied().collect();
        Self { order, x, columns: products.columns(), cells, owner_terms, brand_terms }
    }

    /// Values of products in layout order.
    pub(crate) fn arrange(&self, values: &[f64]) -> Vec<f64> {
        if values.is_empty() {
            return Vec::new();
        }
        self.order.iter().map(|&j| values[j]).collect()
    }
}
