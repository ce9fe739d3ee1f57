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

use rand_distr::{Distribution, StandardNormal};

use super::network::acquaintances;
use super::{Anticipation, Lognormal, Timing};
use crate::model::demand::choice::{Column, Race};
use crate::model::demand::kernel::math::{exp, ln};
use crate::model::streams::{Purpose, Stream, Streams};
use crate::model::world::{NO_BRAND, World};

impl Lognormal {
    fn draw(self, stream: &mut Stream) -> f64 {
        let z: f64 = StandardNormal.sample(stream);
        self.median * exp(self.log_sd * z)
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

/// What holds for everybody in one week.
#[derive(Clone, Copy, Debug)]
pub struct Climate<'a> {
    /// Brand owned by each buyer at the start of the week.
    pub owned: &'a [u16],
    /// Share of the buyers that own each brand in the base year.
    pub usual_share: &'a [f64],
    /// Utility that spoilt models lose with those who hold the dispute against them.
    pub penalty: f64,
    /// The models spoilt.
    pub spoilt: &'a [bool],
}

/// One buyer in front of the models: his draws and intercepts, ready to be met with prices.
#[derive(Debug)]
pub struct Shopper<'a> {
    world: &'a World,
    timing: &'a Timing,
    streams: &'a Streams,
    race: Race,
    weights: Column,
    own_intercepts: Column,
    has_own_intercepts: bool,
    heard: Vec<f64>,
    buyer: usize,
    owned: u16,
}

impl<'a> Shopper<'a> {
    /// Room for one buyer at a time.
    #[must_use]
    pub fn new(world: &'a World, timing: &'a Timing, streams: &'a Streams) -> Self {
        let options = &world.options;
        Self {
            world,
            timing,
            streams,
            race: Race::new(options.models()),
            weights: options.table.zeros(),
            own_intercepts: options.table.zeros(),
            has_own_intercepts: false,
            heard: vec![0.0; world.products.loyalty().len()],
            buyer: 0,
            owned: NO_BRAND,
        }
    }

    /// Takes up a buyer at one of his purchase events.
    pub fn seat(&mut self, buyer: usize, event: u32, climate: &Climate<'_>) {
        let options = &self.world.options;
        self.race.draw(options.chooser, &mut self.streams.at(Purpose::Taste, buyer as u64, u64::from(event)));
        (self.buyer, self.owned, self.has_own_intercepts) = (buyer, climate.owned[buyer], false);
        let hurt = climate.penalty > 0.0 && {
            let mut stream = self.streams.at(Purpose::Aversion, buyer as u64, 0);
            stream.uniform_open() < self.timing.hysteresis.share
        };
        let peers = &self.timing.peers;
        if !hurt && peers.gamma == 0.0 {
            return;
        }
        self.has_own_intercepts = true;
        self.own_intercepts.clone_from(options.intercepts(self.owned));
        if hurt {
            let models = self.own_intercepts.values_mut().iter_mut().zip(climate.spoilt);
            models.filter(|(_, spoilt)| **spoilt).for_each(|(utility, _)| *utility -= climate.penalty);
        }
        if peers.gamma != 0.0 && peers.neighbours > 0 {
            self.heard.fill(0.0);
            let each = 1.0 / f64::from(peers.neighbours);
            let heard = &mut self.heard;
            acquaintances(peers, self.streams, buyer, climate.owned.len(), |other| {
                if let Some(share) = heard.get_mut(usize::from(climate.owned[other])) {
                    *share += each;
                }
            });
            for (utility, brand) in self.own_intercepts.values_mut().iter_mut().zip(options.brands()) {
                let brand = usize::from(*brand);
                *utility += peers.gamma * (heard[brand] - climate.usual_share[brand]);
            }
        }
    }

    /// His choice at `prices` and its realised utility; `absent` models cannot be had.
    pub fn choose(&mut self, prices: &Column, absent: &[bool]) -> (Option<usize>, f64) {
        let options = &self.world.options;
        let intercepts = if self.has_own_intercepts { &self.own_intercepts } else { options.intercepts(self.owned) };
        let buyers = &self.world.buyers;
        options.chooser.exp_utilities(
            &options.table,
            intercepts,
            prices,
            buyers.tastes_of(self.buyer),
            buyers.price_response[self.buyer],
            &mut self.weights,
        );
        let outside = buyers.outside_weight[self.buyer];
        let mut choice = options.chooser.by_race(&self.weights, outside, &self.race);
        if choice.is_some_and(|model| absent.get(model).copied().unwrap_or(false)) {
            let weights = self.weights.values_mut().iter_mut().zip(absent);
            weights.filter(|(_, absent)| **absent).for_each(|(weight, _)| *weight = 0.0);
            choice = options.chooser.by_race(&self.weights, outside, &self.race);
        }
        (choice, ln(self.race.speed(&self.weights, outside, choice)))
    }

    /// His price response per USD.
    #[must_use]
    pub fn price_response(&self) -> f64 {
        self.world.buyers.price_response[self.buyer]
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
    fn waiting_grows_dearer() {
        let (parameters, streams) = (parameters(), Streams::new(5, 0));
        let buyer = Patience::of(3, &parameters, &streams);
        assert_eq!(buyer.waiting_cost_usd(8.0, &parameters), 2.0 * buyer.waiting_cost_usd(0.0, &parameters));
        assert!(buyer.early_cost_usd(3.0) > buyer.early_cost_usd(1.0));
    }
}
