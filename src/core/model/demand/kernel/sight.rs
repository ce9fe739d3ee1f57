//! Which option has the largest utility: at sight by bounds where they leave no doubt, else by what is worked out.

// Lanes are counted, so that the same number stands for the same event in every array of a formula.
#![allow(clippy::needless_range_loop)]
// Lazy operators are branches.
#![allow(clippy::needless_bitwise_bool)]

use std::mem::MaybeUninit;

use super::choice::{Instructions, LANES, compiled_for_each};
use super::events::{GAP, Idiosyncratic, LARGEST, ProductColumns, is_close, outside_of, work_out_of};
use super::lanes::Lanes;
use super::singles::{SINGLES, Singles, Sixteen};
use super::term::Term;
use super::words::{Words, on_vectors};

/// Intercepts, prices and a price response: what an event is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Intercepts.
    pub base: &'a Term,
    /// Prices.
    pub price: &'a Term,
    /// Price response.
    pub alpha: f64,
}

/// Which option has the largest utility for each of `N` events of a room, at the same prices?
#[derive(Clone, Copy, Debug)]
pub struct Questions<'a, const N: usize> {
    /// What the events draw.
    pub room: &'a Idiosyncratic,
    /// The number of the first of them, which the others follow.
    pub first: usize,
    /// Intercepts.
    pub base: &'a [&'a Term; N],
    /// Price responses.
    pub alpha: &'a [f64; N],
    /// Prices.
    pub price: &'a Term,
}

/// What is seen of `N` events in front of the options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen<const N: usize> {
    /// The product with the largest bound.
    leader: [u32; N],
    /// Its utility is not less; without bound where that cannot be told.
    least: [f64; N],
    /// Its utility is not more.
    most: [f64; N],
    /// No other product has more.
    next: [f64; N],
    /// The outside option has not less.
    below: [f64; N],
    /// The outside option has not more.
    above: [f64; N],
}

/// Prices less other prices.
#[derive(Clone, Debug)]
pub struct PriceStep {
    by: Vec<f64>,
    /// The least of them; not a number where too much changes to be told by a difference.
    least: f64,
}

impl PriceStep {
    /// From some prices to others of the same products.
    #[must_use]
    pub fn new(from: &Term, to: &Term) -> Self {
        /// Beyond, the roundings of the other prices are no longer small beside those that bounds allow for.
        const TIMES: f64 = 1e6;
        // What is off sale at both prices has not changed.
        let change = |(from, to): (&f64, &f64)| if from == to { 0.0 } else { to - from };
        let by: Vec<f64> = from.values().iter().zip(to.values()).map(change).collect();
        // Once not a number, always.
        let least = by.iter().fold(f64::INFINITY, |least, by| if least.is_nan() || least <= *by { least } else { *by });
        Self { by, least: if to.largest <= TIMES * from.largest { least } else { f64::NAN } }
    }
}

/// What bounds say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The outside option has the largest utility.
    Outside,
    /// This product has it.
    Product(usize),
    /// Bounds are too close to each other, or the largest, which is this product's, is no close one.
    Doubtful(usize),
    /// The options have to be looked at, or looked at again.
    Unseen,
}

/// What eight events take at sight, where bounds leave no doubt.
#[derive(Clone, Copy, Debug)]
pub struct AtSight {
    /// The product taken, if any is.
    pub product: [u32; LANES],
    /// Whether the outside option is.
    pub outside: [bool; LANES],
    /// Whether bounds leave a doubt.
    pub doubtful: [bool; LANES],
}

/// Nothing seen: every verdict is a doubt.
impl<const N: usize> Default for Seen<N> {
    fn default() -> Self {
        let none = [f64::NAN; N];
        Self { leader: [0; N], least: none, most: none, next: none, below: none, above: none }
    }
}

impl<const N: usize> Seen<N> {
    /// What it says about event `i` where prices are those that were looked at, or differ by a change; intercepts and the price response are
    /// those of the look.
    ///
    /// No utility has fallen by less than the price response times the least change, so one that is ahead of what is left of the others
    /// leads, without a look at them.
    #[inline(always)]
    #[must_use]
    pub fn verdict(&self, i: usize, alpha: f64, change: Option<&PriceStep>) -> Sight {
        let leader = self.leader[i] as usize;
        let (own, fallen) = match change {
            // A negative price response turns the least fall into the largest.
            Some(change) if alpha >= 0.0 => {
                (alpha * change.by.get(leader).copied().unwrap_or(f64::NAN), alpha * change.least)
            }
            Some(_) => (f64::NAN, f64::NAN),
            None => (0.0, 0.0),
        };
        let (least, next) = (self.least[i] - own, self.next[i] - fallen);
        if least > self.above[i] && least > next {
            Sight::Product(leader)
        } else if self.most[i] - fallen <= self.below[i] && next <= self.below[i] {
            Sight::Outside
        } else if change.is_some() {
            Sight::Unseen
        } else {
            Sight::Doubtful(leader)
        }
    }
}

compiled_for_each! {
    /// The utility of product `j`, to the last bit.
    fn utility(asked: &Asked<'_>, products: &ProductColumns, room: &mut Idiosyncratic, lane: usize, j: usize) -> f64 =
        utility_of
}

#[inline(always)]
fn utility_of(asked: &Asked<'_>, products: &ProductColumns, room: &mut Idiosyncratic, lane: usize, j: usize) -> f64 {
    let own = work_out_of(products, room, lane, j);
    asked.price.values()[j].mul_add(-asked.alpha, asked.base.values()[j] + own)
}

compiled_for_each! {
    /// What [`Seen::verdict`] says about eight events, without branches.
    fn at_sight(seen: &Seen<LANES>, alpha: &[f64; LANES], change: Option<&PriceStep>) -> AtSight = at_sight_of
}

#[inline(always)]
fn at_sight_of(seen: &Seen<LANES>, alpha: &[f64; LANES], change: Option<&PriceStep>) -> AtSight {
    let (mut own, mut fallen) = ([0.0; LANES], [0.0; LANES]);
    if let Some(change) = change {
        for l in 0..LANES {
            let by = change.by.get(seen.leader[l] as usize).copied().unwrap_or(f64::NAN);
            let positive = if alpha[l] >= 0.0 { alpha[l] } else { f64::NAN };
            (own[l], fallen[l]) = (positive * by, positive * change.least);
        }
    }
    let mut sight = AtSight { product: seen.leader, outside: [false; LANES], doubtful: [false; LANES] };
    for l in 0..LANES {
        let (least, next) = (seen.least[l] - own[l], seen.next[l] - fallen[l]);
        let ahead = (least > seen.above[l]) & (least > next);
        sight.outside[l] = (seen.most[l] - fallen[l] <= seen.below[l]) & (next <= seen.below[l]);
        sight.doubtful[l] = !(ahead | sight.outside[l]);
    }
    sight
}

on_vectors! {
    /// What is seen of one event.
    ///
    /// # Panics
    /// Where the products are not those of the event.
    fn see(questions: &Questions<'_, 1>, seen: &mut Seen<1>) -> () = see_of
}

on_vectors! {
    /// What is seen of eight, side by side.
    ///
    /// # Panics
    /// Where the products are not those of the events, or there are no eight from the first on.
    fn see_eight(questions: &Questions<'_, LANES>, seen: &mut Seen<LANES>) -> () = see_eight_of
}

on_vectors! {
    /// Works out every product that may lead, `first` before the others.
    fn search(
        asked: &Asked<'_>,
        products: &ProductColumns,
        room: &mut Idiosyncratic,
        lane: usize,
        first: usize,
    ) -> (Option<usize>, f64) = search_of
}

/// How far bounds may be off by roundings to single precision: without end where single precision says nothing. The sizes of terms are
/// summed, as roundings of sums go with them.
#[inline(always)]
fn slack(terms: f64, price: &Term, alpha: f64, rounding: f64) -> f64 {
    let largest = terms + alpha.abs() * price.largest;
    // A utility of plus infinity has no room for a number in its lowest bits; one of minus infinity needs none.
    let bounded = !(price.plus_infinity & (alpha < 0.0)) & !(price.minus_infinity & (alpha > 0.0));
    let finite = (largest < LARGEST) & (price.largest < LARGEST) & bounded;
    if finite { rounding * largest } else { f64::INFINITY }
}

/// The part of a bound by which a product's number in its lowest bits moves it at most.
#[inline(always)]
fn moved(products: usize) -> f64 {
    let moved = 1.01 * f64::from(f32::EPSILON) * (f64::from(numbers(products)) + 1.0);
    if moved < 0.25 { moved } else { f64::INFINITY }
}

/// The lowest bits of a number in single precision that tell so many products apart.
#[inline(always)]
fn numbers(products: usize) -> u32 {
    u32::MAX.checked_shr((products as u32).leading_zeros()).unwrap_or(0)
}

/// What the largest two bounds of each question say, products' numbers in their lowest bits.
#[inline(always)]
fn seen_by<const N: usize>(
    questions: &Questions<'_, N>,
    products: usize,
    [lead, second]: [&[f32; N]; 2],
    seen: &mut Seen<N>,
) {
    let (numbers, moved) = (numbers(products), moved(products));
    let Questions { room, first, base, alpha, price } = questions;
    let lanes = *first..first + N;
    seen.below.copy_from_slice(&room.outside_below.0[lanes.clone()]);
    seen.above.copy_from_slice(&room.outside_above.0[lanes.clone()]);
    let reach = &room.reach.0[lanes];
    let (mut largest, mut words) = ([0.0; N], [0; N]);
    for l in 0..N {
        words[l] = room.word(first + l, (lead[l].to_bits() & numbers) as usize);
        largest[l] = if base[l].plus_infinity { f64::INFINITY } else { base[l].largest };
    }
    // Read once: what stands behind a condition is gathered.
    let (rounding, products) = (room.rounding, products as u32);
    for l in 0..N {
        let slack = slack(reach[l] + largest[l], price, alpha[l], rounding);
        let leader = lead[l].to_bits() & numbers;
        let (first, next) = (f64::from(lead[l]), f64::from(second[l]));
        let off = moved * first.abs() + slack;
        // The number is no product's where no bound is a number.
        let close = is_close(words[l]) & (leader < products);
        seen.leader[l] = leader;
        seen.least[l] = first - off - if close { GAP } else { f64::INFINITY };
        seen.most[l] = first + off;
        seen.next[l] = next + (moved * next.abs() + slack);
    }
}

/// The largest and the second largest bound of each question in each of sixteen lanes, the numbers of products in the lowest bits.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn two_largest<W: Words, const N: usize>(
    questions: &Questions<'_, N>,
    numbers: u32,
    blocks: usize,
) -> [[W::Singles; N]; 2] {
    const FIRST: [u64; LANES] = {
        let mut pairs = [0; LANES];
        let mut l = 0;
        while l < LANES {
            pairs[l] = (2 * l as u64) | ((2 * l as u64 + 1) << 32);
            l += 1;
        }
        pairs
    };
    let Questions { room, first, base, alpha, price } = *questions;
    assert!(price.values().len() == room.products(), "one price for each product");
    let (price, above) = (&price.near[..blocks], &room.above[first * blocks..][..N * blocks]);
    let mut bases = [price; N];
    for l in 0..N {
        assert!(base[l].values().len() == room.products(), "one intercept for each product");
        bases[l] = &base[l].near[..blocks];
    }
    let both = |half: u32| u64::from(half) | u64::from(half) << 32;
    // SAFETY: the caller vouches for the processor; every block is of sixteen numbers, and every row of so many blocks.
    unsafe {
        let (kept, step) = (W::splat(!both(numbers)), W::splat(both(SINGLES as u32)));
        let mut number = W::load(FIRST.as_ptr());
        let mut alphas = [W::Singles::splat(0.0); N];
        for l in 0..N {
            alphas[l] = W::Singles::splat(-alpha[l] as f32);
        }
        let (mut best, mut second) = ([W::Singles::splat(f32::MIN); N], [W::Singles::splat(f32::MIN); N]);
        for b in 0..blocks {
            let price = W::Singles::load(price[b].0.as_ptr());
            for l in 0..N {
                let (base, above) = (bases[l].get_unchecked(b), above.get_unchecked(l * blocks + b));
                let own = W::Singles::load(base.0.as_ptr()).add(W::Singles::load(above.0.as_ptr()));
                let utility = W::of_singles(price.mul_add(alphas[l], own)).and(kept).or(number).singles();
                second[l] = second[l].at_least(utility.at_most(best[l]));
                best[l] = best[l].at_least(utility);
            }
            number = number.add(step);
        }
        [best, second]
    }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn see_of<W: Words>(questions: &Questions<'_, 1>, seen: &mut Seen<1>) {
    let products = questions.room.products();
    let (numbers, blocks) = (numbers(products), products.div_ceil(SINGLES));
    let (mut lead, mut second) = ([0.0; SINGLES], [0.0; SINGLES]);
    // SAFETY: the caller vouches for the processor; the arrays are of sixteen numbers.
    unsafe {
        let [[best], [next]] = two_largest::<W, 1>(questions, numbers, blocks);
        let two = of_two::<W>([best, next], [best.exchanged::<8>(), next.exchanged::<8>()]);
        let two = of_two::<W>(two, [two[0].exchanged::<4>(), two[1].exchanged::<4>()]);
        let two = of_two::<W>(two, [two[0].exchanged::<2>(), two[1].exchanged::<2>()]);
        let [best, next] = of_two::<W>(two, [two[0].exchanged::<1>(), two[1].exchanged::<1>()]);
        best.store(lead.as_mut_ptr());
        next.store(second.as_mut_ptr());
    }
    seen_by(questions, products, [&[lead[0]], &[second[0]]], seen);
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn see_eight_of<W: Words>(questions: &Questions<'_, LANES>, seen: &mut Seen<LANES>) {
    let products = questions.room.products();
    let (numbers, blocks) = (numbers(products), products.div_ceil(SINGLES));
    let mut rows = MaybeUninit::<[[Sixteen; LANES]; 2]>::uninit();
    let (mut lead, mut second) = (Sixteen([0.0; SINGLES]), Sixteen([0.0; SINGLES]));
    // SAFETY: the caller vouches for the processor; every row is written before it is read, as sixteen numbers and as eight doubles that are
    // moved, never reckoned with.
    unsafe {
        let rows: *mut Sixteen = rows.as_mut_ptr().cast();
        let [best, next] = two_largest::<W, LANES>(questions, numbers, blocks);
        for l in 0..LANES {
            best[l].store(rows.add(l).cast());
            next[l].store(rows.add(LANES + l).cast());
        }
        let columns = [W::Doubles::columns(rows.cast()), W::Doubles::columns(rows.add(LANES).cast())];
        let mut both = [[W::Singles::splat(0.0); 2]; LANES];
        for l in 0..LANES {
            both[l] = [W::of_doubles(columns[0][l]).singles(), W::of_doubles(columns[1][l]).singles()];
        }
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                both[l] = of_two::<W>(both[l], both[l + half]);
            }
            half /= 2;
        }
        let [best, next] = both[0];
        let [best, next] = of_two::<W>(both[0], [best.exchanged::<1>(), next.exchanged::<1>()]);
        best.store(lead.0.as_mut_ptr());
        next.store(second.0.as_mut_ptr());
    }
    let (mut leads, mut seconds) = ([0.0; LANES], [0.0; LANES]);
    for l in 0..LANES {
        (leads[l], seconds[l]) = (lead.0[2 * l], second.0[2 * l]);
    }
    seen_by(questions, products, [&leads, &seconds], seen);
}

/// The largest two of two largest each.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn of_two<W: Words>([a, next_a]: [W::Singles; 2], [b, next_b]: [W::Singles; 2]) -> [W::Singles; 2] {
    // SAFETY: the caller vouches for the processor.
    unsafe { [a.at_least(b), next_a.at_least(next_b).at_least(a.at_most(b))] }
}

/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn search_of<W: Words>(
    asked: &Asked<'_>,
    products: &ProductColumns,
    room: &mut Idiosyncratic,
    lane: usize,
    first: usize,
) -> (Option<usize>, f64) {
    let Asked { base, price, alpha } = *asked;
    let of_base = if base.plus_infinity { f64::INFINITY } else { base.largest };
    let slack = slack(room.reach.0[lane] + of_base, price, alpha, room.rounding);
    let outside = outside_of(room, lane);
    let (mut least, n) = (outside, room.products());
    assert!(base.values().len() == n && price.values().len() == n, "one intercept and one price for each product");
    if first < n {
        least = least.max(utility_of(asked, products, room, lane, first));
    }
    // Bounds that are no numbers are those of products off sale, unless single precision says nothing.
    let least = (least - slack - least.abs() * f64::from(f32::EPSILON)) as f32;
    let all = if slack < f64::INFINITY && !least.is_nan() { 0 } else { u32::from(u16::MAX) };
    let (mut largest, mut option) = (outside, None);
    let blocks = n.div_ceil(SINGLES);
    for b in 0..blocks {
        // SAFETY: the caller vouches for the processor; every block is of sixteen numbers.
        let mut bits = all
            | unsafe {
                let own = W::Singles::load(base.near[b].0.as_ptr())
                    .add(W::Singles::load(room.above[lane * blocks + b].0.as_ptr()));
                let bound = W::Singles::load(price.near[b].0.as_ptr()).mul_add(W::Singles::splat(-alpha as f32), own);
                bound.not_below(W::Singles::splat(least))
            };
        while bits != 0 {
            let j = b * SINGLES + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            if j >= n {
                break;
            }
            let utility = utility_of(asked, products, room, lane, j);
            if utility > largest {
                (largest, option) = (utility, Some(j));
            }
        }
    }
    (option, largest)
}

impl Instructions {
    /// The largest of the outside utility and the `(base[j] + own[j]) - alpha price[j]`, where `own` is what the event adds to the utility of
    /// product j, and which it is, `None` for the outside option; at sight, or worked out where that leaves a doubt.
    ///
    /// Of equals the outside option and then the lowest number wins; a utility that is not a number never does.
    ///
    /// # Panics
    /// Where the products are not those of the event.
    #[inline]
    pub fn choice(
        self,
        asked: &Asked<'_>,
        sight: Sight,
        products: &ProductColumns,
        room: &mut Idiosyncratic,
        lane: usize,
    ) -> (Option<usize>, f64) {
        match self.looked(asked, sight, room, lane) {
            Sight::Outside => (None, self.outside_utility(room, lane)),
            Sight::Product(j) => (Some(j), self.utility(asked, products, room, lane, j)),
            Sight::Doubtful(first) => self.search(asked, products, room, lane, first),
            Sight::Unseen => self.search(asked, products, room, lane, usize::MAX),
        }
    }

    /// The choice alone.
    ///
    /// # Panics
    /// As [`Instructions::choice`].
    #[inline]
    pub fn option(
        self,
        asked: &Asked<'_>,
        sight: Sight,
        products: &ProductColumns,
        room: &mut Idiosyncratic,
        lane: usize,
    ) -> Option<usize> {
        match self.looked(asked, sight, room, lane) {
            Sight::Outside => None,
            Sight::Product(j) => Some(j),
            Sight::Doubtful(first) => self.search(asked, products, room, lane, first).0,
            Sight::Unseen => self.search(asked, products, room, lane, usize::MAX).0,
        }
    }

    /// A sight, by a look where there is none yet.
    #[inline]
    fn looked(self, asked: &Asked<'_>, sight: Sight, room: &Idiosyncratic, lane: usize) -> Sight {
        if sight != Sight::Unseen {
            return sight;
        }
        let Asked { base, price, alpha } = *asked;
        let mut seen = Seen::default();
        self.see(&Questions { room, first: lane, base: &[base], alpha: &[alpha], price }, &mut seen);
        seen.verdict(0, alpha, None)
    }
}

#[cfg(test)]
#[path = "sight_tests.rs"]
mod tests;
