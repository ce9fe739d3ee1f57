//! Moments: the numbers of a scenario that evidence speaks of, and what each is of. `study::moments` works them out.

use super::ids::RegimeId;

/// Where buyers may go: models of the market, and perhaps the outside option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Positions of models.
    pub models: Vec<usize>,
    /// Whether buying none of the models counts.
    pub outside: bool,
}

impl Destination {
    /// What it gained between two sets of quantities; `outside` is what the outside option gained.
    #[must_use]
    pub fn gained(&self, before: &[f64], after: &[f64], outside: f64) -> f64 {
        let models: f64 = self.models.iter().map(|j| after[*j] - before[*j]).sum();
        models + if self.outside { outside } else { 0.0 }
    }
}

/// Who sets prices when a duty is imposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prices {
    /// The whole duty is added to the sticker, as in the newspaper's table; nobody else moves.
    PassThrough,
    /// The Bertrand-Nash equilibrium.
    Equilibrium,
}

/// One moment. Models, brands, instruments, regimes and periods are positions in the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// Share of the flagged models' buyers who go there when none of those models is on sale.
    Diversion(Destination),
    /// Own-price elasticity, mean over models weighted by volume.
    OwnElasticity(Vec<usize>),
    /// Elasticity of the first model's demand to the second one's price.
    CrossElasticity(usize, usize),
    /// Makers' margin over list price less duty and marginal cost, mean over models weighted by volume, USD.
    MarginUsd(Vec<usize>),
    /// The same as a share of the list price.
    MarginShare(Vec<usize>),
    /// Chance that the owner of a brand buys it again at his next purchase event, mean over brands weighted by volume.
    Repurchase(Vec<usize>),
    /// Relative change of expected sales of models when an instrument is imposed.
    SalesChange(Vec<usize>, usize, Prices),
    /// Relative change of list prices, mean over models weighted by volume, when an instrument is imposed.
    PriceChange(Vec<usize>, usize, Prices),
    /// Cars gained there over cars lost by the models that the instrument names.
    LostBuyers(Destination, usize, Prices),
    /// The same over the cars gained by all models that the instrument does not name: of those who still buy one of these cars.
    Switchers(Destination, usize, Prices),
    /// Change of list prices over change of duty, both summed over models at base volumes, at equilibrium prices.
    DutyPassThrough(Vec<usize>, usize),
    /// Log change of the landed price over that of one plus the rate, when an instrument is imposed at another ad valorem rate, at
    /// equilibrium prices: what Feenstra (1989) measures.
    BorderElasticity {
        /// Models, weighted by base volume.
        models: Vec<usize>,
        /// The instrument.
        instrument: usize,
        /// Its rate.
        rate: f64,
    },
    /// Relative change of list prices over that of the exchange rate, in logarithms: from the equilibrium at an earlier rate to the base year.
    ExchangeRatePassThrough {
        /// Models whose prices are compared.
        models: Vec<usize>,
        /// Assembly country whose costs move.
        country: String,
        /// Earlier rate, home currency per USD.
        earlier: f64,
        /// Rate of the base year.
        base: f64,
    },
    /// Relative change of a headline metric's mean against the baseline, from runs.
    SimulatedChange {
        /// Position of the headline metric.
        metric: usize,
        /// Regime.
        regime: RegimeId,
        /// Period.
        period: usize,
    },
    /// Days of supply of a manufacturer's flagged models at the end of a week, from runs.
    DaysOfSupply {
        /// Manufacturer.
        manufacturer: String,
        /// Regime.
        regime: RegimeId,
        /// Week.
        week: usize,
    },
    /// A number of the bargaining alone, a line of `negotiation.csv`.
    Negotiated(String),
    /// A number of what the deal of June 1995 brought, by the same name as in `negotiation.csv`.
    Settlement(String),
}

impl Moment {
    /// Whether it is worked out on the nodes, without a draw.
    #[must_use]
    pub fn is_static(&self) -> bool {
        !self.is_simulated() && !matches!(self, Self::Negotiated(_) | Self::Settlement(_))
    }
    /// Whether it needs runs of regimes.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::SimulatedChange { .. } | Self::DaysOfSupply { .. })
    }
}

/// What is drawn for one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MomentDraws {
    /// Replications of simulated regimes.
    pub replications: u64,
    /// Worlds of the bargaining.
    pub worlds: u64,
}
