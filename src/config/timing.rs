//! Buyers and dealers in time: sections `[timing]`, `[dealers]` and `[shipping]`, checked.

use super::files::{BeliefMode, DealersSection, ShippingSection, TimingSection};
use super::scenario::Reader;
use super::{ConfigError, Sourced};
use crate::model::governments::{Bargaining, MarketClock, history};
use crate::model::market::Market;
use crate::model::timing::{Anticipation, DealerParameters, Hysteresis, Lognormal, Peers, PublicBelief, Timing};
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::Regime;

/// Longest lag between order and landing: a year.
const MAX_LAG_WEEKS: u32 = 52;

impl Reader<'_> {
    /// The layer of time; nothing where the file has none of its sections.
    pub(super) fn timing(
        &self,
        market: &Market,
        instruments: &[Instrument],
        regimes: &[Regime],
        bargaining: &Bargaining,
        weeks: u32,
    ) -> Result<Option<Timing>, ConfigError> {
        let file = self.file;
        for (i, section) in file.regime.iter().enumerate() {
            let in_time = file.timing.is_some() || file.dealers.is_some() || file.shipping.is_some();
            for (field, given) in [("belief", section.belief.is_some()), ("suspend", section.suspend.is_some())] {
                if given && !in_time {
                    let help = "it acts in runs in time: add a [timing] or [dealers] section";
                    return Err(self.error(&format!("regime[{i}].{field}"), "is of no use here", help));
                }
                if given && field == "belief" && section.negotiated {
                    let help = "leave it out: the bargaining of the governments gives it week by week";
                    return Err(self.error(
                        &format!("regime[{i}].belief"),
                        "is of no use in a negotiated regime",
                        help,
                    ));
                }
            }
        }
        if file.timing.is_none() && file.dealers.is_none() && file.shipping.is_none() {
            return Ok(None);
        }
        let default = TimingSection::default();
        let section = file.timing.as_ref().unwrap_or(&default);
        if let (Some(_), None) = (&file.shipping, &file.dealers) {
            let help = "add a [dealers] section (it may be empty): cars that land need a lot to stand on";
            return Err(self.error("shipping", "has no dealers to ship to", help));
        }
        let default = ShippingSection::default();
        let shipping = file.shipping.as_ref().unwrap_or(&default);
        let deadline_week = match section.deadline {
            None => None,
            Some(date) => {
                let week = u32::try_from(self.week_of(date)).ok().filter(|week| *week < weeks);
                let outside = || {
                    self.error("timing.deadline", format!("{date} is outside the horizon"), self.horizon_help(weeks))
                };
                Some(week.ok_or_else(outside)?)
            }
        };
        Ok(Some(Timing {
            anticipation: self.anticipation(section)?,
            // A scenario with dealers alone has nobody who times a purchase.
            beliefs: self.beliefs(file.timing.as_ref(), instruments, regimes, bargaining, weeks)?,
            deadline_week,
            hysteresis: self.hysteresis(section)?,
            peers: self.peers(section)?,
            outside_parts: self.outside_parts(section)?,
            dealers: match &file.dealers {
                Some(dealers) => Some(self.dealers(dealers, shipping, market)?),
                None => None,
            },
            suspended: self.suspended(shipping, market, instruments, regimes, bargaining)?,
        }))
    }

    fn anticipation(&self, section: &TimingSection) -> Result<Anticipation, ConfigError> {
        let law = |name: &str, median: &Option<Sourced<f64>>, log_sd: &Option<Sourced<f64>>, defaults: [f64; 2]| {
            Ok(Lognormal {
                median: self.at_least_zero(&format!("timing.{name}_usd"), median, defaults[0])?,
                log_sd: self.at_least_zero(&format!("timing.{name}_log_sd"), log_sd, defaults[1])?,
            })
        };
        let polarisation = &section.belief.polarisation;
        Ok(Anticipation {
            consider_per_week: self.part("timing.consider_per_week", &section.consider_per_week, 0.08)?,
            look_ahead_weeks: section.look_ahead_weeks.as_ref().map_or(26, |weeks| weeks.value),
            fixed_cost: law("fixed_cost", &section.fixed_cost_usd, &section.fixed_cost_log_sd, [1000.0, 0.5])?,
            cost_per_week: law(
                "cost_per_week",
                &section.cost_per_week_usd,
                &section.cost_per_week_log_sd,
                [400.0, 0.75],
            )?,
            waiting_cost: law("waiting_cost", &section.waiting_cost_usd, &section.waiting_cost_log_sd, [250.0, 0.7])?,
            waiting_doubles_weeks: self.above_zero(
                "timing.waiting_doubles_weeks",
                &section.waiting_doubles_weeks,
                8.0,
            )?,
            longest_wait_weeks: section.longest_wait_weeks.as_ref().map_or(26, |weeks| weeks.value),
            stock_lag_weeks: self.at_least_zero("timing.stock_lag_weeks", &section.stock_lag_weeks, 4.0)?,
            leases_movable: section.leases_movable,
            polarisation: self.part("timing.belief.polarisation", polarisation, 0.9)?,
        })
    }

    fn beliefs(
        &self,
        section: Option<&TimingSection>,
        instruments: &[Instrument],
        regimes: &[Regime],
        bargaining: &Bargaining,
        weeks: u32,
    ) -> Result<Vec<PublicBelief>, ConfigError> {
        let Some(section) = section else {
            let nobody = constant_belief(Vec::new(), 0.0, 0.0);
            return Ok(vec![nobody; regimes.len()]);
        };
        let belief = &section.belief;
        if belief.announced.is_some() && !belief.path.is_empty() {
            let help = "give one number (`announced`) or dated ones (`path`)";
            return Err(self.error("timing.belief.path", "is given beside `announced`", help));
        }
        let announced = self.part("timing.belief.announced", &belief.announced, 0.2)?;
        let once_imposed = self.part("timing.belief.imposed", &belief.imposed, 0.9)?;
        let reversal = self.part("timing.belief.reversal_per_week", &belief.reversal_per_week, 0.005)?;
        let mut steps = Vec::new();
        for (i, point) in belief.path.iter().enumerate() {
            let key = format!("timing.belief.path[{i}].value");
            let value = self.number(&key, point.value, |x| (0.0..=1.0).contains(&x), "a fraction between 0 and 1")?;
            steps.push((self.week_of(point.date), value));
        }
        steps.sort_by_key(|(week, _)| *week);
        let mut all = Vec::new();
        for (i, (regime, own)) in regimes.iter().zip(&self.file.regime).enumerate() {
            let constant = match own.belief {
                Some(value) => {
                    let expected = "a fraction between 0 and 1";
                    Some(self.number(&format!("regime[{i}].belief"), value, |x| (0.0..=1.0).contains(&x), expected)?)
                }
                None => steps.is_empty().then_some(announced),
            };
            let course = regime.course(instruments, weeks);
            let public = |week: usize| match constant {
                // An open threat without list or date moves nobody unless the scenario says so.
                Some(value) => {
                    let listed = |s: &crate::model::trade::regime::Standing| {
                        s.stage == crate::model::trade::regime::Stage::Announced
                    };
                    if course[week].iter().any(listed) { value } else { 0.0 }
                }
                None => steps.iter().rev().find(|(from, _)| *from <= week as i64).map_or(0.0, |(_, value)| *value),
            };
            if belief.mode == BeliefMode::Governments {
                all.push(self.belief_of_governments(i, regime, bargaining, weeks)?);
                continue;
            }
            let while_open = match belief.mode {
                BeliefMode::Rational | BeliefMode::Governments => (0..weeks as usize).map(public).collect(),
                BeliefMode::Naive => vec![0.0; weeks as usize],
            };
            all.push(constant_belief(while_open, once_imposed, reversal));
        }
        Ok(all)
    }

    /// The belief in a regime of dated events as the public of the governments forms it.
    fn belief_of_governments(
        &self,
        i: usize,
        regime: &Regime,
        bargaining: &Bargaining,
        weeks: u32,
    ) -> Result<PublicBelief, ConfigError> {
        if self.file.regime[i].belief.is_some() {
            let help = "leave it out, or choose another `timing.belief.mode`";
            return Err(self.error(
                &format!("regime[{i}].belief"),
                "is of no use with the beliefs of governments",
                help,
            ));
        }
        let clock = MarketClock::new(self.file.time.start, weeks);
        history::scheduled_belief(regime, &bargaining.setup, clock).map_err(|error| {
            let help = "the governments' history is open threat, announcement, then settlement, imposition or lapse; sanctions end \
                        by settlement or withdrawal";
            self.error(&format!("regime[{i}].events"), error.to_string(), help)
        })
    }

    fn hysteresis(&self, section: &TimingSection) -> Result<Hysteresis, ConfigError> {
        let own = &section.hysteresis;
        Ok(Hysteresis {
            share: self.part("timing.hysteresis.share", &own.share, 0.0)?,
            penalty: self.at_least_zero("timing.hysteresis.penalty", &own.penalty, 1.0)?,
            half_life_weeks: self.above_zero("timing.hysteresis.half_life_weeks", &own.half_life_weeks, 26.0)?,
        })
    }

    fn peers(&self, section: &TimingSection) -> Result<Peers, ConfigError> {
        let own = &section.peers;
        let neighbours = own.neighbours.as_ref().map_or(8, |number| number.value);
        if neighbours == 0 || neighbours % 2 == 1 || neighbours as usize >= self.file.buyers.count {
            let message = format!("is {neighbours}, expected an even number below the number of buyers");
            return Err(self.error("timing.peers.neighbours", message, "half of them stand on either side of a buyer"));
        }
        Ok(Peers {
            gamma: self.at_least_zero("timing.peers.gamma", &own.gamma, 0.0)?,
            neighbours,
            rewired: self.part("timing.peers.rewired", &own.rewired, 0.1)?,
        })
    }

    fn outside_parts(&self, section: &TimingSection) -> Result<Vec<(String, f64)>, ConfigError> {
        let mut parts = Vec::new();
        for (name, share) in &section.outside_parts {
            parts.push((name.clone(), self.fraction(&format!("timing.outside_parts.{name}"), share)?));
        }
        let sum: f64 = parts.iter().map(|(_, share)| share).sum();
        if !parts.is_empty() && (sum - 1.0).abs() > 1e-9 {
            let message = format!("shares sum to {sum}, expected 1");
            return Err(self.error("timing.outside_parts", message, "other_segment = 0.74, no_purchase = 0.26"));
        }
        Ok(parts)
    }

    fn dealers(
        &self,
        section: &DealersSection,
        shipping: &ShippingSection,
        market: &Market,
    ) -> Result<DealerParameters, ConfigError> {
        let target_days = self.above_zero("dealers.target_days", &section.target_days, 60.0)?;
        let start_days = self.at_least_zero("dealers.start_days", &section.start_days, target_days)?;
        let price_bounds = section.price_bounds.unwrap_or([-0.06, 0.10]);
        let [discount, premium] = price_bounds;
        if !(discount > -1.0 && discount <= 0.0 && premium >= 0.0 && premium.is_finite()) {
            let message = format!("is [{discount}, {premium}], expected -1 < discount <= 0 <= premium");
            return Err(self.error("dealers.price_bounds", message, "[-0.06, 0.10] is 6% off to 10% on top"));
        }
        let manufacturers = market.manufacturers.as_slice();
        let maker = |j: usize| &manufacturers[usize::from(market.models[j].manufacturer.0)];
        let region = |j: usize| &market.regions[market.models[j].region];
        self.known("dealers.start_days_by_manufacturer", section.start_days_by_manufacturer.keys(), manufacturers)?;
        self.known("shipping.capacity_by_manufacturer", shipping.capacity_by_manufacturer.keys(), manufacturers)?;
        self.known("shipping.capacity_by_region", shipping.capacity_by_region.keys(), market.regions.as_slice())?;
        let lag = |key: &str, weeks: &Option<Sourced<u32>>, default: u32| {
            let weeks = weeks.as_ref().map_or(default, |weeks| weeks.value);
            if (1..=MAX_LAG_WEEKS).contains(&weeks) {
                return Ok(weeks);
            }
            Err(self.error(key, format!("is {weeks}, expected 1 to {MAX_LAG_WEEKS}"), ""))
        };
        let import_weeks = lag("shipping.import_weeks", &shipping.import_weeks, 3)?;
        let domestic_weeks = lag("shipping.domestic_weeks", &shipping.domestic_weeks, 2)?;
        let mut start_weeks = Vec::new();
        let mut capacity_per_week = Vec::new();
        for (j, model) in market.models.iter().enumerate() {
            let days = match section.start_days_by_manufacturer.get(maker(j)) {
                Some(days) => self.non_negative(&format!("dealers.start_days_by_manufacturer.{}", maker(j)), days)?,
                None => start_days,
            };
            start_weeks.push(days / 7.0);
            let by_maker = shipping.capacity_by_manufacturer.get(maker(j));
            let factor = match (by_maker, shipping.capacity_by_region.get(region(j))) {
                (Some(own), _) => self.positive(&format!("shipping.capacity_by_manufacturer.{}", maker(j)), own)?,
                (None, Some(own)) => self.positive(&format!("shipping.capacity_by_region.{}", region(j)), own)?,
                (None, None) => self.above_zero("shipping.capacity", &shipping.capacity, 1.5)?,
            };
            capacity_per_week.push(factor * model.base_volume / 52.0);
        }
        Ok(DealerParameters {
            target_weeks: target_days / 7.0,
            start_weeks,
            least_sales: self.at_least_zero("dealers.least_sales", &section.least_sales, 3.0)?,
            discount_slope: self.at_least_zero("dealers.discount_slope", &section.discount_slope, 0.04)?,
            dead_band: self.at_least_zero("dealers.dead_band", &section.dead_band, 0.3)?,
            price_bounds,
            forecast_weeks: self.at_least_one("dealers.forecast_weeks", &section.forecast_weeks, 13.0)?,
            adjustment_weeks: self.at_least_one("dealers.adjustment_weeks", &section.adjustment_weeks, 8.0)?,
            lag_weeks: market.models.iter().map(|m| if m.imported { import_weeks } else { domestic_weeks }).collect(),
            capacity_per_week,
        })
    }

    /// For each regime, the models whose manufacturer stops ordering them while a decision is open.
    fn suspended(
        &self,
        shipping: &ShippingSection,
        market: &Market,
        instruments: &[Instrument],
        regimes: &[Regime],
        bargaining: &Bargaining,
    ) -> Result<Vec<Vec<bool>>, ConfigError> {
        let known = market.manufacturers.as_slice();
        let mut all = Vec::new();
        for (i, (regime, section)) in regimes.iter().zip(&self.file.regime).enumerate() {
            let (key, names) = match &section.suspend {
                Some(own) => (format!("regime[{i}].suspend"), own),
                None => ("shipping.suspend".to_owned(), &shipping.suspend),
            };
            for (n, name) in names.iter().enumerate() {
                self.position(&format!("{key}[{n}]"), name, known, "manufacturer of this market")?;
            }
            let threatened = bargaining.of_regime(i).map(|negotiated| negotiated.instrument);
            let touched = || regime.events.iter().map(|event| event.instrument).chain(threatened);
            let listed = |j: usize| touched().any(|instrument| instruments[instrument].selected[j]);
            let stops = |j: usize| names.contains(&known[usize::from(market.models[j].manufacturer.0)]);
            all.push((0..market.len()).map(|j| listed(j) && stops(j)).collect());
        }
        Ok(all)
    }

    fn known<'n>(
        &self,
        key: &str,
        names: impl Iterator<Item = &'n String>,
        known: &[String],
    ) -> Result<(), ConfigError> {
        for name in names {
            self.position(&format!("{key}.{name}"), name, known, "name of this market")?;
        }
        Ok(())
    }

    fn at_least_zero(&self, key: &str, value: &Option<Sourced<f64>>, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.non_negative(key, value))
    }
    fn above_zero(&self, key: &str, value: &Option<Sourced<f64>>, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.positive(key, value))
    }
    fn part(&self, key: &str, value: &Option<Sourced<f64>>, default: f64) -> Result<f64, ConfigError> {
        value.as_ref().map_or(Ok(default), |value| self.fraction(key, value))
    }
    fn at_least_one(&self, key: &str, value: &Option<Sourced<f64>>, default: f64) -> Result<f64, ConfigError> {
        let expected = "a number of weeks, at least 1";
        value.as_ref().map_or(Ok(default), |value| self.number(key, value.value, |x| x >= 1.0, expected))
    }
}

/// A belief that does not depend on how far beyond the decision a purchase lies.
fn constant_belief(while_open: Vec<f64>, once_imposed: f64, reversal_per_week: f64) -> PublicBelief {
    PublicBelief { while_open, once_imposed, reversal_per_week, fading_per_year: 0.0, decision_weeks: Vec::new() }
}
