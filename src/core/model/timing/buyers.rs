//! Early and late purchase.
//!
//! The Gumbel draws of a purchase event belong to (replication, buyer, event, model), not to the week: the buyer knows which
//! car he wants, and compares realised utilities U(p) = max_j [V_j(p) + eps_j], outside option included. He buys early if
//!
//! ```text
//! [U(p_now) - (1 - pi) U(p_list) - pi U(p_sanction)] / alpha > F + kappa n
//! ```
//!
//! with n the weeks of service given up, and waits one week more if `h [U(p_list) - U(p_now)] / alpha > kappa_late (1 + w/8)`,
//! w the weeks waited. Comparing expected logsums instead would advance buyers who then draw another car. Beliefs are
//! `pi = (1 - omega) pi_t + omega [u < pi_t]`: their mean is the public belief, and each is monotone in it.

use super::draws::Draws;
use super::holdings::Holdings;
use super::network::acquaintances;
use super::{Anticipation, Lognormal, Timing};
use crate::model::demand::choice::{PriceStep, Term};
use crate::model::demand::kernel::choice::{Instructions, LANES};
use crate::model::streams::{Purpose, Stream, Streams};
use crate::model::world::{NO_BRAND, Options, World};
use crate::numerics::elementary::{exp, ln};

impl Lognormal {
    fn draw(self, stream: &mut Stream) -> f64 {
        self.median * exp(self.log_sd * stream.standard_normal())
    }
}

/// What moving a purchase costs one buyer, and what he believes: fixed over a replication, drawn from his address when
/// needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patience {
    conviction: f64,
    /// Weeks that he thinks old-price cars will last beyond the deadline.
    pub stock_lag_weeks: f64,
    fixed_cost_usd: f64,
    cost_per_week_usd: f64,
    waiting_cost_usd: f64,
}

impl Patience {
    /// The costs and beliefs of the first `buyers` buyers: those that [`Self::of`] gives, sooner.
    #[must_use]
    pub fn of_all(buyers: usize, parameters: &Anticipation, streams: &Streams) -> Vec<Self> {
        /// Buyers whose draws stay in the nearest cache.
        const AT_ONCE: usize = 256;
        let instructions = Instructions::detect();
        let costs = [parameters.fixed_cost, parameters.cost_per_week, parameters.waiting_cost];
        let mut all = Vec::with_capacity(buyers);
        let (mut conviction, mut lag) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
        let mut log_cost = [[0.0; AT_ONCE]; 3];
        for first in (0..buyers).step_by(AT_ONCE) {
            let count = AT_ONCE.min(buyers - first);
            for start in (0..count).step_by(LANES) {
                let agents = std::array::from_fn(|lane| (first + start + lane) as u64);
                let mut eight = streams.at_eight(Purpose::TimingCost, &agents, &[0; LANES]);
                // The last of the eight may be beyond the last buyer; there is room for their draws.
                conviction[start..][..LANES].copy_from_slice(&eight.uniforms());
                lag[start..][..LANES].copy_from_slice(&eight.uniforms());
                for (log_cost, law) in log_cost.iter_mut().zip(costs) {
                    let normals = eight.standard_normals();
                    log_cost[start..][..LANES].copy_from_slice(&normals.map(|normal| law.log_sd * normal));
                }
            }
            instructions.ln_in_place(&mut lag[..count]);
            log_cost.iter_mut().for_each(|log_cost| instructions.exp_in_place(&mut log_cost[..count]));
            let cost = |which: usize, i: usize| costs[which].median * log_cost[which][i];
            all.extend((0..count).map(|i| Self {
                conviction: conviction[i],
                stock_lag_weeks: -parameters.stock_lag_weeks * lag[i],
                fixed_cost_usd: cost(0, i),
                cost_per_week_usd: cost(1, i),
                waiting_cost_usd: cost(2, i),
            }));
        }
        all
    }

    /// The costs and beliefs of a buyer.
    #[must_use]
    pub fn of(buyer: usize, parameters: &Anticipation, streams: &Streams) -> Self {
        let mut stream = streams.at(Purpose::TimingCost, buyer as u64, 0);
        let [conviction, lag] = [stream.uniform_open(), stream.uniform_open()];
        Self {
            conviction,
            stock_lag_weeks: -parameters.stock_lag_weeks * ln(lag),
            fixed_cost_usd: parameters.fixed_cost.draw(&mut stream),
            cost_per_week_usd: parameters.cost_per_week.draw(&mut stream),
            waiting_cost_usd: parameters.waiting_cost.draw(&mut stream),
        }
    }
    /// His belief where the public's is `public`: the part `polarisation` of it is all or nothing.
    #[must_use]
    pub fn belief(&self, public: f64, polarisation: f64) -> f64 {
        let all_or_nothing = if self.conviction < public { 1.0 } else { 0.0 };
        (1.0 - polarisation) * public + polarisation * all_or_nothing
    }
    /// Cost of buying `weeks` early, USD.
    #[must_use]
    pub fn early_cost_usd(&self, weeks: f64) -> f64 {
        self.fixed_cost_usd + self.cost_per_week_usd * weeks
    }
    /// Cost of waiting another week after `waited`, USD.
    #[must_use]
    pub fn waiting_cost_usd(&self, waited: f64, parameters: &Anticipation) -> f64 {
        self.waiting_cost_usd * (1.0 + waited / parameters.waiting_doubles_weeks)
    }
}

/// The costs and beliefs of all buyers of a replication.
#[derive(Clone, Debug)]
pub(super) struct PatienceBook<'a> {
    parameters: &'a Anticipation,
    streams: &'a Streams,
    /// Those of every buyer; empty where they are drawn when needed.
    all: Vec<Patience>,
}

impl<'a> PatienceBook<'a> {
    /// Draws `buyers` buyers at once: worth it where most of them will be asked more than once.
    pub fn drawn(parameters: &'a Anticipation, streams: &'a Streams, buyers: usize) -> Self {
        Self { parameters, streams, all: Patience::of_all(buyers, parameters, streams) }
    }
    /// Draws every buyer when he is asked.
    pub fn on_demand(parameters: &'a Anticipation, streams: &'a Streams) -> Self {
        Self { parameters, streams, all: Vec::new() }
    }
    /// The costs and beliefs of a buyer.
    #[inline]
    pub fn of(&self, buyer: usize) -> Patience {
        self.all.get(buyer).copied().unwrap_or_else(|| Patience::of(buyer, self.parameters, self.streams))
    }
}

/// What holds for everybody in one week of a regime.
#[derive(Clone, Copy, Debug)]
pub(super) struct Climate<'a> {
    /// What buyers own at the start of the week.
    pub holdings: &'a Holdings,
    /// The regime's lane: its place among those that run together.
    pub lane: usize,
    /// Share of the buyers that own each brand in the base year.
    pub usual_share: &'a [f64],
    /// Utility that spoilt models lose with those who hold the dispute against them.
    pub penalty: f64,
    /// The models spoilt.
    pub spoilt: &'a [bool],
    /// The models as options where some are not on sale, or in part.
    pub on_sale: Option<&'a Options>,
}

/// One buyer in front of the models at one of his purchase events, ready to be met with prices.
pub(super) struct Shopper<'a> {
    world: &'a World,
    timing: &'a Timing,
    streams: &'a Streams,
    /// What purchase events draw.
    pub draws: Draws<'a>,
    own_intercepts: Term,
    has_own_intercepts: bool,
    /// Prices without the absent models.
    offered: Term,
    heard: Vec<f64>,
    place: usize,
    owned: u16,
}

impl<'a> Shopper<'a> {
    /// Room for one buyer at a time.
    pub fn new(world: &'a World, timing: &'a Timing, streams: &'a Streams, draws: Draws<'a>) -> Self {
        let options = &world.options;
        Self {
            world,
            timing,
            streams,
            draws,
            own_intercepts: options.intercepts(NO_BRAND).clone(),
            has_own_intercepts: false,
            offered: Term::new(options.table.zeros().values(), 0.0),
            heard: vec![0.0; world.products.loyalty().len()],
            place: 0,
            owned: NO_BRAND,
        }
    }

    /// Whether all buyers have the intercepts of the brand they own.
    pub fn is_plain(&self, climate: &Climate<'_>) -> bool {
        climate.penalty <= 0.0 && self.timing.peers.gamma == 0.0 && climate.on_sale.is_none()
    }

    /// Looks at the options of the buyer who was taken up, and of those whose events were drawn with his, in front of `prices`; only where the
    /// climate is plain.
    #[inline]
    pub fn look(&mut self, climate: &Climate<'_>, prices: &Term) {
        self.draws.look(self.place, prices, |buyer| climate.holdings.at(buyer, climate.lane).owned);
    }

    /// Takes up the buyer of the event at `place` of the draws.
    pub fn seat(&mut self, place: usize, climate: &Climate<'_>) {
        self.draws.draw(place);
        let buyer = self.draws.at(place).buyer as usize;
        let options = climate.on_sale.unwrap_or(&self.world.options);
        self.place = place;
        self.owned = climate.holdings.at(buyer, climate.lane).owned;
        let hurt = climate.penalty > 0.0 && {
            let mut stream = self.streams.at(Purpose::Aversion, buyer as u64, 0);
            stream.uniform_open() < self.timing.hysteresis.share
        };
        let peers = &self.timing.peers;
        self.has_own_intercepts = hurt || peers.gamma != 0.0 || climate.on_sale.is_some();
        if !self.has_own_intercepts {
            return;
        }
        let heard = &mut self.heard;
        if peers.gamma != 0.0 && peers.neighbours > 0 {
            heard.fill(0.0);
            let each = 1.0 / f64::from(peers.neighbours);
            acquaintances(peers, self.streams, buyer, climate.holdings.buyers(), |other| {
                let brand = climate.holdings.at(other, climate.lane).owned;
                if let Some(share) = heard.get_mut(usize::from(brand)) {
                    *share += each;
                }
            });
        }
        let intercepts = options.intercepts(self.owned);
        self.own_intercepts.update(|own| {
            own.copy_from_slice(intercepts.values());
            if hurt {
                let models = own.iter_mut().zip(climate.spoilt);
                models.filter(|(_, spoilt)| **spoilt).for_each(|(utility, _)| *utility -= climate.penalty);
            }
            if peers.gamma != 0.0 && peers.neighbours > 0 {
                for (utility, brand) in own.iter_mut().zip(options.brands()) {
                    let brand = usize::from(*brand);
                    *utility += peers.gamma * (heard[brand] - climate.usual_share[brand]);
                }
            }
        });
    }

    /// His choice at `prices` and its realised utility.
    #[inline]
    pub fn choose(&mut self, prices: &Term) -> (Option<usize>, f64) {
        let own = self.has_own_intercepts.then_some(&self.own_intercepts);
        let intercepts = own.unwrap_or_else(|| self.world.options.intercepts(self.owned));
        self.draws.choice(self.place, intercepts, prices)
    }

    /// The same choice sooner, without its utility.
    #[inline]
    pub fn want(&mut self, prices: &Term) -> Option<usize> {
        let own = self.has_own_intercepts.then_some(&self.own_intercepts);
        let intercepts = own.unwrap_or_else(|| self.world.options.intercepts(self.owned));
        self.draws.option(self.place, intercepts, prices)
    }

    /// The choice and its utility after a look, at the prices that were looked at, or those that the change leads to.
    #[inline]
    pub fn choose_seen(&mut self, prices: &Term, change: Option<&PriceStep>) -> (Option<usize>, f64) {
        self.draws.choice_seen(self.place, self.world.options.intercepts(self.owned), (prices, change))
    }

    /// What he takes at the prices that were looked at.
    #[inline]
    pub fn want_seen(&self) -> Option<usize> {
        self.draws.option_seen(self.place)
    }

    /// His choice and its utility where `absent` models cannot be had.
    #[inline]
    pub fn choose_present(&mut self, prices: &Term, absent: &[bool]) -> (Option<usize>, f64) {
        let choice = self.choose(prices);
        if choice.0.is_some_and(|model| absent[model]) { self.choose_without(prices, absent) } else { choice }
    }

    /// The same where he would take one of them.
    pub fn choose_without(&mut self, prices: &Term, absent: &[bool]) -> (Option<usize>, f64) {
        self.offered.update(|offered| {
            offered.copy_from_slice(prices.values());
            let models = offered.iter_mut().zip(absent);
            models.filter(|(_, absent)| **absent).for_each(|(price, _)| *price = f64::INFINITY);
        });
        let own = self.has_own_intercepts.then_some(&self.own_intercepts);
        let intercepts = own.unwrap_or_else(|| self.world.options.intercepts(self.owned));
        self.draws.choice(self.place, intercepts, &self.offered)
    }

    /// His price response per USD.
    #[inline]
    pub fn price_response(&self) -> f64 {
        self.draws.at(self.place).price_response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Anticipation {
        let law = |median, log_sd| Lognormal { median, log_sd };
        Anticipation {
            consider_per_week: 0.08,
            look_ahead_weeks: 26,
            pass_through: None,
            fixed_cost: law(1000.0, 0.5),
            cost_per_week: law(400.0, 0.75),
            waiting_cost: law(250.0, 0.7),
            waiting_doubles_weeks: 8.0,
            longest_wait_weeks: 26,
            stock_lag_weeks: 4.0,
            leases_movable: false,
            polarisation: 0.9,
        }
    }

    /// Medians, the mean lag, and the mean belief over 20,000 buyers: about four standard errors each.
    #[test]
    fn costs_have_their_medians_and_beliefs_their_mean() {
        let (parameters, streams) = (parameters(), Streams::new(5, 0));
        let n = 20_000;
        let all: Vec<Patience> = (0..n).map(|buyer| Patience::of(buyer, &parameters, &streams)).collect();
        let share = |test: &dyn Fn(&Patience) -> bool| all.iter().filter(|p| test(p)).count() as f64 / n as f64;
        assert!((share(&|p| p.fixed_cost_usd < 1000.0) - 0.5).abs() < 0.015);
        assert!((share(&|p| p.cost_per_week_usd < 400.0) - 0.5).abs() < 0.015);
        assert!((share(&|p| p.waiting_cost_usd < 250.0) - 0.5).abs() < 0.015);
        let lag = all.iter().map(|p| p.stock_lag_weeks).sum::<f64>() / n as f64;
        assert!((lag - 4.0).abs() < 0.12, "{lag}");
        for public in [0.05, 0.2, 0.9] {
            let mean = all.iter().map(|p| p.belief(public, 0.9)).sum::<f64>() / n as f64;
            assert!((mean - public).abs() < 0.013, "{public}: {mean}");
        }
        assert!(all.iter().all(|p| p.belief(0.0, 0.9) == 0.0 && p.belief(1.0, 0.9) == 1.0));
        assert!(all.iter().all(|p| p.belief(0.3, 0.9) >= p.belief(0.2, 0.9)), "monotone in the signal");
    }

    #[test]
    fn all_at_once_are_each_alone() {
        let (parameters, streams) = (parameters(), Streams::new(7, 3));
        let each: Vec<Patience> = (0..700).map(|buyer| Patience::of(buyer, &parameters, &streams)).collect();
        assert_eq!(Patience::of_all(700, &parameters, &streams), each);
        assert!(Patience::of_all(0, &parameters, &streams).is_empty());
    }

    #[test]
    fn waiting_grows_dearer() {
        let (parameters, streams) = (parameters(), Streams::new(5, 0));
        let buyer = Patience::of(3, &parameters, &streams);
        assert_eq!(buyer.waiting_cost_usd(8.0, &parameters), 2.0 * buyer.waiting_cost_usd(0.0, &parameters));
        assert!(buyer.early_cost_usd(3.0) > buyer.early_cost_usd(1.0));
    }
}
