//! One buyer's choice among all models and an outside option.
//!
//! A buyer weighs model j by e_j = exp(V_j), V_j = delta_j + sum_k b_k x_jk - alpha p_j, and the outside option by
//! e_0 = exp(V_0). Its choice has the logit probabilities e_j / (e_0 + sum_m e_m) and can be drawn in two ways:
//!
//! - **Race** ([`Chooser::by_race`]): option j arrives after the time E_j / e_j, E_j exponential with mean 1, and the
//!   first is taken. This is the largest V_j plus Gumbel draw, with one logarithm instead of two. The draw of an option is
//!   its own: when one price changes, choices between the other models stay as they were, so policies are best
//!   compared this way (Train 2009, section 3.1, for the Gumbel form).
//! - **Largest utility** ([`Chooser::by_utility`]): the same as the race, with the draws of eight events ([`Idiosyncratic`]) made
//!   side by side, once for choices at many prices, and the utility reached.
//!
//! One uniform for each event and the inverse of the cumulative distribution would be cheaper for a single policy; a change of one
//! price then also shifts the places of the others, and policies can no longer be paired.
//!
//! The outside option is `None`, a model its number in the [`ProductTable`]. Loyalty to the owned brand is an intercept
//! raised by lambda ([`ProductTable::loyal_intercepts`]): the factor exp(lambda) on that brand's weights.
//!
//! Utilities must stay below 709, where the exponential overflows; far below -708 a weight is zero and never chosen.
//! Left out: the size of the population and time, which are the callers'.

use thiserror::Error;

pub use super::kernel::choice::Column;
use super::kernel::choice::{Instructions, LANES};
use super::kernel::events::EightAddresses;
pub use super::kernel::events::Idiosyncratic;
use super::kernel::events::ProductColumns;
pub use super::kernel::sight::PriceStep;
use super::kernel::sight::{Asked, Questions, Seen, Sight};
pub use super::kernel::term::Term;
use crate::model::streams::Stream;

/// Why a column of products was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ColumnError {
    /// The number of values is not the number of products.
    #[error("{column}: {found} values for {expected} products")]
    Length {
        /// Which column.
        column: String,
        /// How many values it has.
        found: usize,
        /// How many products there are.
        expected: usize,
    },
    /// A value that no product can have.
    #[error("{column}: product {product} has {value}, expected a finite number")]
    NotFinite {
        /// Which column.
        column: String,
        /// The product's number.
        product: usize,
        /// The value.
        value: f64,
    },
}

/// The characteristics of all products, one column each, in the order of a buyer's tastes.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductTable(ProductColumns);

impl ProductTable {
    /// A table of `products` products with the given columns of characteristics.
    ///
    /// # Errors
    /// A column with another length, or with a value that is not finite.
    pub fn new(products: usize, characteristics: &[&[f64]]) -> Result<Self, ColumnError> {
        for (k, values) in characteristics.iter().enumerate() {
            checked(&format!("characteristic {k}"), values, products, f64::is_finite)?;
        }
        Ok(Self(ProductColumns::new(products, characteristics)))
    }

    /// Number of products J.
    #[must_use]
    pub fn products(&self) -> usize {
        self.0.products()
    }

    /// Number of characteristics K.
    #[must_use]
    pub fn characteristics(&self) -> usize {
        self.0.columns()
    }

    /// Room for what eight purchase events among these products draw.
    #[must_use]
    pub fn room(&self) -> Idiosyncratic {
        Idiosyncratic::new(&self.0)
    }

    /// The column of intercepts delta_j (utility without price). Minus infinity takes a model off sale.
    ///
    /// # Errors
    /// Another number of values than products, NaN or plus infinity.
    pub fn intercepts(&self, delta: &[f64]) -> Result<Term, ColumnError> {
        checked("intercepts", delta, self.products(), |v| v < f64::INFINITY)?;
        // Padding is off sale: its weight is exactly zero, so it is never chosen and adds nothing to a sum.
        Ok(Term::new(delta, f64::NEG_INFINITY))
    }

    /// The intercepts of a buyer who owns a car of the brand of the `members`: each member's intercept plus `loyalty`.
    #[must_use]
    pub fn loyal_intercepts(&self, intercepts: &Term, members: impl Fn(usize) -> bool, loyalty: f64) -> Term {
        let mut loyal = intercepts.clone();
        for (product, delta) in intercepts.values().iter().enumerate().filter(|(product, _)| members(*product)) {
            loyal.set(product, delta + loyalty);
        }
        loyal
    }

    /// The column of consumer prices, in the unit that alpha is per.
    ///
    /// # Errors
    /// Another number of values than products, or a value that is not finite.
    pub fn prices(&self, prices: &[f64]) -> Result<Term, ColumnError> {
        checked("prices", prices, self.products(), f64::is_finite)?;
        Ok(Term::new(prices, 0.0))
    }

    /// A column of zeros: room for weights, or sums of probabilities.
    #[must_use]
    pub fn zeros(&self) -> Column {
        Column::filled(self.products(), 0.0)
    }
}

fn checked(column: &str, values: &[f64], products: usize, allowed: impl Fn(f64) -> bool) -> Result<(), ColumnError> {
    if values.len() != products {
        return Err(ColumnError::Length { column: column.to_owned(), found: values.len(), expected: products });
    }
    match values.iter().position(|&v| !allowed(v)) {
        None => Ok(()),
        Some(product) => Err(ColumnError::NotFinite { column: column.to_owned(), product, value: values[product] }),
    }
}

/// The exponential draws of one purchase event, as speeds 1/E: one for the outside option, one for each model.
///
/// The same draws serve every policy under which the event is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Race {
    outside: f64,
    models: Column,
}

impl Race {
    /// Room for the draws of one event among `products` products; [`Self::draw`] fills it.
    #[must_use]
    pub fn new(products: usize) -> Self {
        Self { outside: 1.0, models: Column::filled(products, 0.5) }
    }

    /// Draws anew from the event's stream: the first number is the outside option's, the next are the models' in order,
    /// so a model's draw depends on its number alone, and models added at the end move no other draw.
    #[inline]
    pub fn draw(&mut self, chooser: Chooser, stream: &mut Stream) {
        let mut outside = [stream.uniform_open()];
        stream.fill_uniform(self.models.values_mut());
        chooser.0.race_speeds_in_place(&mut outside);
        self.outside = outside[0];
        let products = self.models.values().len();
        chooser.0.race_speeds_in_place(self.models.padded_mut());
        // The next draw must find uniforms in the padding too, where a speed has no meaning.
        self.models.padded_mut()[products..].fill(0.5);
    }
}

/// Purchase events that are drawn side by side.
pub const EVENTS: usize = LANES;

impl Idiosyncratic {
    /// Draws anew from the streams of the events, the outside option first; `outside` is its utility without a draw.
    ///
    /// The draws are those of [`Race`] from the same streams, so the choices are those by race at any intercepts and prices (but where two
    /// utilities differ in the last bits); and the largest utility comes with them.
    ///
    /// # Panics
    /// Where the products or tastes are not those of `products`.
    #[inline]
    pub fn draw(
        &mut self,
        chooser: Chooser,
        products: &ProductTable,
        tastes: [&[f64]; EVENTS],
        outside: [f64; EVENTS],
        streams: &EightAddresses,
    ) {
        chooser.0.draw(streams, &products.0, &tastes, &outside, self);
    }

    /// One of the events, in front of the options.
    #[inline]
    #[must_use]
    pub fn event<'a>(&'a mut self, products: &'a ProductTable, event: usize) -> EventDraws<'a> {
        EventDraws { products, room: self, event }
    }
}

/// A purchase event in front of the options.
#[derive(Debug)]
pub struct EventDraws<'a> {
    products: &'a ProductTable,
    room: &'a mut Idiosyncratic,
    event: usize,
}

/// The choice kernels for this processor. Every processor gives the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chooser(Instructions);

impl Default for Chooser {
    fn default() -> Self {
        Self::new()
    }
}

impl Chooser {
    /// The fastest kernels that this processor can run.
    #[must_use]
    pub fn new() -> Self {
        Self(Instructions::detect())
    }

    /// The instruction set in use: `avx512`, `avx2` or `portable`.
    #[must_use]
    pub fn instructions(self) -> &'static str {
        self.0.name()
    }

    /// Writes the weights e_j = exp(delta_j + sum_k tastes_k x_jk - alpha p_j) of all models.
    ///
    /// # Panics
    /// Where the columns are not those of `products`, or the tastes not as many as its characteristics.
    #[inline]
    pub fn exp_utilities(
        self,
        products: &ProductTable,
        intercepts: &Column,
        prices: &Column,
        tastes: &[f64],
        alpha: f64,
        weights: &mut Column,
    ) {
        self.0.exp_utilities(
            products.0.padded(),
            intercepts.padded(),
            prices.padded(),
            tastes,
            alpha,
            weights.padded_mut(),
        );
    }

    /// e_0 + sum_j e_j. Its logarithm is the expected utility of the event, up to a constant.
    #[inline]
    #[must_use]
    pub fn total(self, weights: &Column, outside: f64) -> f64 {
        self.0.total(weights.padded(), outside)
    }

    /// Adds `scale` times every model's choice probability to `sums` and returns e_0 + sum_j e_j.
    ///
    /// # Panics
    /// Where the columns have different lengths.
    #[inline]
    pub fn add_probabilities(self, weights: &Column, outside: f64, scale: f64, sums: &mut Column) -> f64 {
        self.0.add_probabilities(weights.padded(), outside, scale, sums.padded_mut())
    }

    /// The first option to arrive; `None` is the outside option, which also wins where all weights are zero.
    ///
    /// # Panics
    /// Where the race was made for another number of products.
    #[inline]
    #[must_use]
    pub fn by_race(self, weights: &Column, outside: f64, race: &Race) -> Option<usize> {
        self.0.race(weights.padded(), outside, race.models.padded(), race.outside)
    }

    /// The option of largest utility `delta_j - alpha p_j + mu_ij + eps_ij` at one of eight events, and that utility; `None` is the
    /// outside option.
    ///
    /// A price of plus infinity takes a model off sale, where the price response is not negative.
    ///
    /// # Panics
    /// Where the columns are of other products.
    #[inline]
    #[must_use]
    pub fn by_utility(
        self,
        intercepts: &Term,
        prices: &Term,
        alpha: f64,
        event: &mut EventDraws<'_>,
    ) -> (Option<usize>, f64) {
        let asked = Asked { base: intercepts, price: prices, alpha };
        self.0.choice(&asked, Sight::Unseen, &event.products.0, event.room, event.event)
    }

    /// The same option sooner, without its utility.
    ///
    /// # Panics
    /// As [`Self::by_utility`].
    #[inline]
    #[must_use]
    pub fn option_by_utility(
        self,
        intercepts: &Term,
        prices: &Term,
        alpha: f64,
        event: &mut EventDraws<'_>,
    ) -> Option<usize> {
        let EventDraws { products, room, event } = event;
        let asked = Asked { base: intercepts, price: prices, alpha };
        self.0.option(&asked, Sight::Unseen, &products.0, room, *event)
    }

    /// Looks at the options of eight events at `prices`, side by side, each with intercepts and a price response of its own.
    ///
    /// # Panics
    /// Where the columns are of other products.
    #[inline]
    pub fn look(self, buyers: &EightBuyers<'_>, prices: &Term, room: &Idiosyncratic, look: &mut EightSeen) {
        let EightBuyers { intercepts, alphas } = buyers;
        self.0.see_eight(&Questions { room, first: 0, base: intercepts, alpha: alphas, price: prices }, &mut look.0);
    }

    /// The choice of one event and its utility as by [`Self::by_utility`], after a look at its options: at the prices that were looked at,
    /// or those that `change` leads to from them. Intercepts and price response are those of the look.
    ///
    /// # Panics
    /// As [`Self::by_utility`].
    #[inline]
    #[must_use]
    pub fn choice_seen(
        self,
        look: &EightSeen,
        intercepts: &Term,
        (prices, change): (&Term, Option<&PriceStep>),
        alpha: f64,
        event: &mut EventDraws<'_>,
    ) -> (Option<usize>, f64) {
        let EventDraws { products, room, event } = event;
        let sight = look.0.verdict(*event, alpha, change);
        self.0.choice(&Asked { base: intercepts, price: prices, alpha }, sight, &products.0, room, *event)
    }

    /// The options of all eight events of the look, side by side: in place, as what is copied in other parts than it was written in waits.
    ///
    /// # Panics
    /// As [`Self::by_utility`].
    #[inline]
    pub fn options_seen(
        self,
        look: &EightSeen,
        buyers: &EightBuyers<'_>,
        (prices, change): (&Term, Option<&PriceStep>),
        products: &ProductTable,
        room: &mut Idiosyncratic,
        options: &mut [Option<usize>; EVENTS],
    ) {
        let sight = self.0.at_sight(&look.0, &buyers.alphas, change);
        for (event, option) in options.iter_mut().enumerate() {
            *option = (!sight.outside[event]).then_some(sight.product[event] as usize);
            if sight.doubtful[event] {
                let asked = Asked { base: buyers.intercepts[event], price: prices, alpha: buyers.alphas[event] };
                let leader = sight.product[event] as usize;
                let sight = if change.is_some() { Sight::Unseen } else { Sight::Doubtful(leader) };
                *option = self.0.option(&asked, sight, &products.0, room, event);
            }
        }
    }
}

/// What the buyers of eight events differ in, beside what the events draw.
#[derive(Clone, Copy, Debug)]
pub struct EightBuyers<'a> {
    /// Intercepts.
    pub intercepts: [&'a Term; EVENTS],
    /// Price responses.
    pub alphas: [f64; EVENTS],
}

/// What a look at the options of eight events at some prices shows. It tells their choices there, and most of those at other prices that a
/// change leads to; an event is looked at again where it does not.
#[derive(Clone, Debug, Default)]
pub struct EightSeen(Seen<EVENTS>);

#[cfg(test)]
mod tests {
    use super::{Chooser, Column, ColumnError, EVENTS, EightBuyers, EightSeen, PriceStep, ProductTable, Race, Term};
    use crate::model::streams::{Purpose, Streams};

    const ALPHA: f64 = 0.04;
    const TASTES: [f64; 2] = [1.1, -0.4];

    struct Market {
        products: ProductTable,
        intercepts: Term,
        prices: Vec<f64>,
    }

    fn market(n: usize) -> Market {
        let x0: Vec<f64> = (0..n).map(|j| ((7 * j + 3) % 11) as f64 / 10.0).collect();
        let x1: Vec<f64> = (0..n).map(|j| ((5 * j + 1) % 13) as f64 / 12.0).collect();
        let products = ProductTable::new(n, &[&x0, &x1]).unwrap();
        let intercepts = products.intercepts(&vec![0.3; n]).unwrap();
        let prices = (0..n).map(|j| 20.0 + ((3 * j) % 17) as f64).collect();
        Market { products, intercepts, prices }
    }

    impl Market {
        fn weights(&self, intercepts: &Term, prices: &[f64]) -> Column {
            let mut weights = self.products.zeros();
            let prices = self.products.prices(prices).unwrap();
            let (intercepts, prices) = (intercepts.exact(), prices.exact());
            Chooser::new().exp_utilities(&self.products, intercepts, prices, &TASTES, ALPHA, &mut weights);
            weights
        }
    }

    /// Frequencies of 200,000 choices against the logit probabilities, chi-squared with 12 degrees of freedom below its
    /// 0.01% point (39.1); the seed is fixed.
    #[test]
    fn races_have_the_logit_probabilities() {
        const N: u32 = 200_000;
        let market = market(12);
        let weights = market.weights(&market.intercepts, &market.prices);
        let chooser = Chooser::new();
        let outside = 0.8;
        let mut probabilities = market.products.zeros();
        let total = chooser.add_probabilities(&weights, outside, 1.0, &mut probabilities);
        assert!((probabilities.values().iter().sum::<f64>() + outside / total - 1.0).abs() < 1e-15);
        assert_eq!(total.to_bits(), chooser.total(&weights, outside).to_bits());
        let mut race = Race::new(12);
        let mut counts = [0_u32; 13];
        for event in 0..u64::from(N) {
            race.draw(chooser, &mut Streams::new(23, 1).at(Purpose::Taste, 5, event));
            counts[chooser.by_race(&weights, outside, &race).unwrap_or(12)] += 1;
        }
        let chi_squared: f64 = (0..13)
            .map(|j| {
                let p = if j < 12 { probabilities.values()[j] } else { outside / total };
                let expected = f64::from(N) * p;
                (f64::from(counts[j]) - expected).powi(2) / expected
            })
            .sum();
        assert!(chi_squared < 39.1, "chi-squared {chi_squared}, {counts:?}");
    }

    /// What the race is for: a dearer model 3 loses buyers, and nobody else changes his choice.
    #[test]
    fn a_price_rise_moves_only_buyers_of_the_dearer_model_in_a_race() {
        let market = market(20);
        let mut dearer = market.prices.clone();
        dearer[3] += 15.0;
        let before = market.weights(&market.intercepts, &market.prices);
        let after = market.weights(&market.intercepts, &dearer);
        let chooser = Chooser::new();
        let mut race = Race::new(20);
        let mut moved = 0;
        for event in 0..5_000 {
            race.draw(chooser, &mut Streams::new(1, 1).at(Purpose::Taste, 0, event));
            let first = chooser.by_race(&before, 1.0, &race);
            let second = chooser.by_race(&after, 1.0, &race);
            if first == Some(3) {
                moved += u32::from(second != first);
            } else {
                assert_eq!(first, second, "event {event}");
            }
        }
        assert!(moved > 50, "{moved} buyers left the dearer model");
    }

    /// The largest utility is found where the race is won, from the same stream, and is the logarithm of the winner's speed.
    #[test]
    fn the_largest_utility_wins_the_race() {
        let market = market(20);
        let chooser = Chooser::new();
        let prices = market.products.prices(&market.prices).unwrap();
        let before = market.products.prices(&[28.0; 20]).unwrap();
        let change = PriceStep::new(&before, &prices);
        let buyers = EightBuyers { intercepts: [&market.intercepts; EVENTS], alphas: [ALPHA; EVENTS] };
        let (mut look, mut options) = (EightSeen::default(), [None; EVENTS]);
        let weights = market.weights(&market.intercepts, &market.prices);
        let (mut race, mut own) = (Race::new(20), market.products.room());
        let streams = Streams::new(1, 4);
        for group in 0..625 {
            let indexes = std::array::from_fn(|event| (group * EVENTS + event) as u64);
            let eight = streams.eight_addresses(Purpose::Taste, [0; EVENTS], indexes);
            own.draw(chooser, &market.products, [&TASTES; EVENTS], [0.8_f64.ln(); EVENTS], &eight);
            chooser.look(&buyers, &before, &own, &mut look);
            chooser.options_seen(&look, &buyers, (&prices, Some(&change)), &market.products, &mut own, &mut options);
            for (event, index) in indexes.into_iter().enumerate() {
                race.draw(chooser, &mut streams.at(Purpose::Taste, 0, index));
                let mut drawn = own.event(&market.products, event);
                let now = (&prices, Some(&change));
                let sooner = chooser.option_by_utility(&market.intercepts, &prices, ALPHA, &mut drawn);
                let seen = chooser.choice_seen(&look, &market.intercepts, now, ALPHA, &mut drawn);
                let (choice, utility) = chooser.by_utility(&market.intercepts, &prices, ALPHA, &mut drawn);
                assert_eq!(choice, chooser.by_race(&weights, 0.8, &race), "event {index}");
                assert_eq!([sooner, options[event], seen.0], [choice; 3], "event {index}");
                assert_eq!(seen.1.to_bits(), utility.to_bits(), "event {index}");
                let speed = choice.map_or(0.8 * race.outside, |j| weights.values()[j] * race.models.values()[j]);
                assert!((utility - speed.ln()).abs() < 1e-12, "event {index}: {utility} and {}", speed.ln());
            }
        }
    }

    /// Taking every second model off sale leaves the draws of the others: a choice of a model still there stands.
    #[test]
    fn models_off_sale_do_not_move_the_draws_of_the_others() {
        let market = market(20);
        let mut delta = vec![0.3; 20];
        delta.iter_mut().step_by(2).for_each(|d| *d = f64::NEG_INFINITY);
        let fewer = market.products.intercepts(&delta).unwrap();
        let all = market.weights(&market.intercepts, &market.prices);
        let some = market.weights(&fewer, &market.prices);
        let chooser = Chooser::new();
        let mut race = Race::new(20);
        for event in 0..2_000 {
            race.draw(chooser, &mut Streams::new(1, 2).at(Purpose::Taste, 0, event));
            let (first, second) = (chooser.by_race(&all, 1.0, &race), chooser.by_race(&some, 1.0, &race));
            assert!(second.is_none_or(|j| j % 2 == 1));
            if first.is_none_or(|j| j % 2 == 1) {
                assert_eq!(first, second, "event {event}");
            }
        }
    }

    #[test]
    fn loyalty_multiplies_the_weights_of_the_owned_brand() {
        let market = market(9);
        let loyal = market.products.loyal_intercepts(&market.intercepts, |j| j % 3 == 1, 1.2);
        let plain = market.weights(&market.intercepts, &market.prices);
        let raised = market.weights(&loyal, &market.prices);
        for (j, (p, r)) in plain.values().iter().zip(raised.values()).enumerate() {
            let factor = if j % 3 == 1 { 1.2_f64.exp() } else { 1.0 };
            assert!((r / p - factor).abs() < 1e-14, "model {j}: {}", r / p);
        }
    }

    /// A race drawn into a used buffer equals one drawn into a new one.
    #[test]
    fn a_race_forgets_the_event_before() {
        let stream = |event| Streams::new(4, 4).at(Purpose::Taste, 2, event);
        let (mut used, mut new) = (Race::new(13), Race::new(13));
        used.draw(Chooser::new(), &mut stream(0));
        used.draw(Chooser::new(), &mut stream(1));
        new.draw(Chooser::new(), &mut stream(1));
        assert_eq!(used, new);
    }

    #[test]
    fn a_wrong_column_is_refused_with_its_place() {
        let products = ProductTable::new(3, &[]).unwrap();
        assert_eq!(products.prices(&[1.0, 2.0]).unwrap_err().to_string(), "prices: 2 values for 3 products");
        assert_eq!(
            products.intercepts(&[0.0, f64::NAN, 0.0]).unwrap_err().to_string(),
            "intercepts: product 1 has NaN, expected a finite number"
        );
        assert!(products.intercepts(&[0.0, f64::NEG_INFINITY, 0.0]).is_ok());
        assert!(matches!(
            ProductTable::new(2, &[&[1.0, f64::INFINITY]]),
            Err(ColumnError::NotFinite { product: 1, .. })
        ));
    }
}
