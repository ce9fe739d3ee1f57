//! When buyers move purchases, and what they believe: `[timing]`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::dealers::{DealersSection, ShippingSection, dealers};
use super::error::ConfigError;
use super::reader::Reader;
use super::regimes::RegimeSection;
use super::sourced::Sourced;
use super::time::{Horizon, MAX_WEEKS};
use crate::model::governments::{Bargaining, MarketClock, history};
use crate::model::ids::{Id, IdTable, RegimeId};
use crate::model::market::Market;
use crate::model::timing::{Anticipation, Hysteresis, Lognormal, Peers, PublicBelief, Timing};
use crate::model::trade::instrument::Instrument;
use crate::model::trade::regime::Regime;

/// When buyers move purchases, and what they believe. Every parameter has a default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimingSection {
    /// `weekly`, or `one_shot`: every buyer comes once, without loyalty, peers, stock or timing.
    #[serde(default)]
    pub mode: TimingMode,
    /// Chance a week that a buyer considers buying early; 0.08 if absent.
    #[serde(default)]
    pub consider_per_week: Option<Sourced<f64>>,
    /// How many weeks ahead of the planned date he may buy; 26 if absent.
    #[serde(default)]
    pub look_ahead_weeks: Option<Sourced<u32>>,
    /// Median fixed cost of buying early; 1,000 if absent.
    #[serde(default)]
    pub fixed_cost_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.5 if absent.
    #[serde(default)]
    pub fixed_cost_log_sd: Option<Sourced<f64>>,
    /// Median cost of each week of service given up; 400 if absent.
    #[serde(default)]
    pub cost_per_week_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.75 if absent.
    #[serde(default)]
    pub cost_per_week_log_sd: Option<Sourced<f64>>,
    /// Median cost of the first week of waiting for a reversal; 250 if absent.
    #[serde(default)]
    pub waiting_cost_usd: Option<Sourced<f64>>,
    /// Standard deviation of its logarithm; 0.7 if absent.
    #[serde(default)]
    pub waiting_cost_log_sd: Option<Sourced<f64>>,
    /// Weeks after which waiting costs twice as much; 8 if absent.
    #[serde(default)]
    pub waiting_doubles_weeks: Option<Sourced<f64>>,
    /// Longest wait; 26 if absent.
    #[serde(default)]
    pub longest_wait_weeks: Option<Sourced<u32>>,
    /// Mean of how long buyers think that cars at the old price last beyond the deadline; 4 if absent.
    #[serde(default)]
    pub stock_lag_weeks: Option<Sourced<f64>>,
    /// Whether a lease can be ended early.
    #[serde(default)]
    pub leases_movable: bool,
    /// The day of the decision as announced; without it buyers expect each decision when it falls.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub deadline: Option<Date>,
    /// What buyers believe.
    #[serde(default)]
    pub belief: BeliefSection,
    /// Brands that stay spoilt after a threat.
    #[serde(default)]
    pub hysteresis: HysteresisSection,
    /// Word of mouth.
    #[serde(default)]
    pub peers: PeersSection,
    /// Parts of the outside option by name and fixed share.
    #[serde(default)]
    pub outside_parts: BTreeMap<String, Sourced<f64>>,
}

/// Whether buyers come week by week.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TimingMode {
    /// A renewal process of purchases, in time.
    #[default]
    Weekly,
    /// The static limit: everybody once.
    OneShot,
}

/// What buyers believe.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeliefSection {
    /// `rational` buyers follow the public belief, `naive` ones believe in no duty before it is imposed, and with `governments` the
    /// public belief follows from the events and the record of the governments, and `announced`, `path`, `imposed` and
    /// `reversal_per_week` are not used.
    #[serde(default)]
    pub mode: BuyersBelief,
    /// Belief while a list is announced and no decision has fallen; 0.2 if absent.
    #[serde(default)]
    pub announced: Option<Sourced<f64>>,
    /// Dated beliefs instead, each until the next; they count from an open threat on.
    #[serde(default)]
    pub path: Vec<BeliefPoint>,
    /// Belief that an imposed duty stays; 0.9 if absent.
    #[serde(default)]
    pub imposed: Option<Sourced<f64>>,
    /// Believed chance a week that an imposed duty is reversed; 0.005 if absent.
    #[serde(default)]
    pub reversal_per_week: Option<Sourced<f64>>,
    /// Share of a belief that is all or nothing; 0.9 if absent.
    #[serde(default)]
    pub polarisation: Option<Sourced<f64>>,
    /// Part of a duty in dispute that buyers expect to be added to list prices, whatever makers then do: 1 is the arithmetic of newspapers.
    /// If absent they foresee what makers will charge.
    #[serde(default)]
    pub pass_through: Option<Sourced<f64>>,
}

/// How buyers form beliefs.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum BuyersBelief {
    /// They follow the public belief.
    #[default]
    Rational,
    /// They believe in no duty before it is imposed.
    Naive,
    /// They judge each regime's dated events as the public of `[governments]` does: by the home government's record of threats kept.
    Governments,
}

/// A public belief from a date on.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeliefPoint {
    /// It holds from the first week that starts on or after this day.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub date: Date,
    /// Belief that the duty will bind.
    pub value: f64,
}

/// Brands that stay spoilt after a threat; off by default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HysteresisSection {
    /// Share of buyers who hold the dispute against the listed models; 0 if absent.
    #[serde(default)]
    pub share: Option<Sourced<f64>>,
    /// Utility that these models lose with them; 1 if absent.
    #[serde(default)]
    pub penalty: Option<Sourced<f64>>,
    /// Weeks in which the penalty halves; 26 if absent.
    #[serde(default)]
    pub half_life_weeks: Option<Sourced<f64>>,
}

/// Word of mouth on a small-world network; off by default.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeersSection {
    /// Utility per unit of a brand's excess share among acquaintances; 0 if absent.
    #[serde(default)]
    pub gamma: Option<Sourced<f64>>,
    /// Acquaintances of each buyer, an even number; 8 if absent.
    #[serde(default)]
    pub neighbours: Option<Sourced<u32>>,
    /// Share of them that are far away; 0.1 if absent.
    #[serde(default)]
    pub rewired: Option<Sourced<f64>>,
}

/// Most of a duty that buyers may expect in list prices: more than any importer has been seen to add.
const MAX_PASS_THROUGH: f64 = 3.0;
/// Most acquaintances of a buyer: every one of them is looked at in every week.
const MAX_NEIGHBOURS: u64 = 1_000;
/// Most acquaintances of all buyers together: they are drawn anew whenever they are asked for, which takes some five seconds for so many.
const MAX_TIES: u64 = 100_000_000;

/// The sections that the layer of time is made of.
pub(super) struct Sections<'a> {
    pub timing: Option<&'a TimingSection>,
    pub dealers: Option<&'a DealersSection>,
    pub shipping: Option<&'a ShippingSection>,
    pub regimes: &'a [RegimeSection],
}

/// The policy that it meets.
#[derive(Clone, Copy)]
pub(super) struct PolicySections<'a> {
    pub instruments: &'a [Instrument],
    pub regimes: &'a IdTable<RegimeId, Regime>,
    pub bargaining: Option<&'a Bargaining>,
}

/// The layer of time; nothing where the file has none of its sections.
pub(super) fn timing(
    reader: &Reader<'_>,
    sections: &Sections<'_>,
    horizon: Horizon,
    buyers: usize,
    market: &Market,
    policy: PolicySections<'_>,
) -> Result<Option<Timing>, ConfigError> {
    let in_time = sections.timing.is_some() || sections.dealers.is_some() || sections.shipping.is_some();
    for (i, section) in sections.regimes.iter().enumerate() {
        for (field, given) in [("belief", section.belief.is_some()), ("suspend", section.suspend.is_some())] {
            if given && !in_time {
                let help = "it acts in runs in time: add a [timing] or [dealers] section";
                return Err(reader.error(&format!("regime[{i}].{field}"), "is of no use here", help));
            }
            if given && field == "belief" && section.negotiated {
                let help = "leave it out: the bargaining of the governments gives it week by week";
                return Err(reader.error(&format!("regime[{i}].belief"), "is of no use in a negotiated regime", help));
            }
        }
    }
    if !in_time {
        return Ok(None);
    }
    let default = TimingSection::default();
    let section = sections.timing.unwrap_or(&default);
    if let (Some(_), None) = (sections.shipping, sections.dealers) {
        let help = "add a [dealers] section (it may be empty): cars that land need a lot to stand on";
        return Err(reader.error("shipping", "has no dealers to ship to", help));
    }
    let default = ShippingSection::default();
    let shipping = sections.shipping.unwrap_or(&default);
    let deadline_week = match section.deadline {
        None => None,
        Some(date) => {
            let outside = || reader.error("timing.deadline", format!("{date} is outside the horizon"), horizon.help());
            Some(horizon.week_within(date).ok_or_else(outside)?)
        }
    };
    Ok(Some(Timing {
        anticipation: anticipation(reader, section)?,
        // A scenario with dealers alone has nobody who times a purchase.
        beliefs: beliefs(reader, sections, horizon, policy)?,
        deadline_week,
        hysteresis: hysteresis(reader, section)?,
        peers: peers(reader, section, buyers)?,
        outside_parts: outside_parts(reader, section)?,
        dealers: match sections.dealers {
            Some(dealers) => Some(self::dealers(reader, dealers, shipping, market)?),
            None => None,
        },
        suspended: suspended(reader, sections, shipping, market, policy)?,
    }))
}

fn anticipation(reader: &Reader<'_>, section: &TimingSection) -> Result<Anticipation, ConfigError> {
    let law = |name: &str, median: &Option<Sourced<f64>>, log_sd: &Option<Sourced<f64>>, defaults: [f64; 2]| {
        Ok(Lognormal {
            median: reader.non_negative_or(&format!("timing.{name}_usd"), median, defaults[0])?,
            log_sd: reader.non_negative_or(&format!("timing.{name}_log_sd"), log_sd, defaults[1])?,
        })
    };
    let weeks = |name: &str, weeks: &Option<Sourced<u32>>| {
        let weeks = weeks.as_ref().map_or(26, |weeks| weeks.value);
        Ok::<_, ConfigError>(reader.count(&format!("timing.{name}"), weeks.into(), 0, MAX_WEEKS.into(), "")? as u32)
    };
    let BeliefSection { polarisation, pass_through, .. } = &section.belief;
    let pass_through = pass_through.as_ref().map(|part| {
        let expected = format!("a part of the duty between 0 and {MAX_PASS_THROUGH}");
        reader.number("timing.belief.pass_through", part.value, |x| (0.0..=MAX_PASS_THROUGH).contains(&x), &expected)
    });
    Ok(Anticipation {
        pass_through: pass_through.transpose()?,
        consider_per_week: reader.fraction_or("timing.consider_per_week", &section.consider_per_week, 0.08)?,
        look_ahead_weeks: weeks("look_ahead_weeks", &section.look_ahead_weeks)?,
        fixed_cost: law("fixed_cost", &section.fixed_cost_usd, &section.fixed_cost_log_sd, [1000.0, 0.5])?,
        cost_per_week: law("cost_per_week", &section.cost_per_week_usd, &section.cost_per_week_log_sd, [400.0, 0.75])?,
        waiting_cost: law("waiting_cost", &section.waiting_cost_usd, &section.waiting_cost_log_sd, [250.0, 0.7])?,
        waiting_doubles_weeks: reader.positive_or(
            "timing.waiting_doubles_weeks",
            &section.waiting_doubles_weeks,
            8.0,
        )?,
        longest_wait_weeks: weeks("longest_wait_weeks", &section.longest_wait_weeks)?,
        stock_lag_weeks: reader.non_negative_or("timing.stock_lag_weeks", &section.stock_lag_weeks, 4.0)?,
        leases_movable: section.leases_movable,
        polarisation: reader.fraction_or("timing.belief.polarisation", polarisation, 0.9)?,
    })
}

fn beliefs(
    reader: &Reader<'_>,
    sections: &Sections<'_>,
    horizon: Horizon,
    policy: PolicySections<'_>,
) -> Result<IdTable<RegimeId, PublicBelief>, ConfigError> {
    let Some(section) = sections.timing else {
        return Ok(IdTable::filled(policy.regimes.len(), PublicBelief::constant(Vec::new(), 0.0, 0.0)));
    };
    let belief = &section.belief;
    if belief.announced.is_some() && !belief.path.is_empty() {
        let help = "give one number (`announced`) or dated ones (`path`)";
        return Err(reader.error("timing.belief.path", "is given beside `announced`", help));
    }
    let announced = reader.fraction_or("timing.belief.announced", &belief.announced, 0.2)?;
    let once_imposed = reader.fraction_or("timing.belief.imposed", &belief.imposed, 0.9)?;
    let reversal = reader.fraction_or("timing.belief.reversal_per_week", &belief.reversal_per_week, 0.005)?;
    let mut steps = Vec::new();
    for (i, point) in belief.path.iter().enumerate() {
        let value = reader.part(&format!("timing.belief.path[{i}].value"), point.value)?;
        steps.push((horizon.week_of(point.date), value));
    }
    steps.sort_by_key(|(week, _)| *week);
    let mut all = Vec::new();
    for (i, (regime, own)) in policy.regimes.values().zip(sections.regimes).enumerate() {
        let own = own.belief.map(|value| reader.part(&format!("regime[{i}].belief"), value)).transpose()?;
        if belief.mode == BuyersBelief::Governments {
            all.push(belief_of_governments(reader, i, own, regime, policy.bargaining, horizon)?);
            continue;
        }
        let while_open = match (belief.mode, own) {
            (BuyersBelief::Naive, _) => vec![0.0; horizon.weeks as usize],
            (_, None) if !steps.is_empty() => PublicBelief::stepwise(&steps, horizon.weeks),
            (_, own) => {
                let course = regime.course(policy.instruments, horizon.weeks);
                PublicBelief::while_announced(&course, own.unwrap_or(announced))
            }
        };
        all.push(PublicBelief::constant(while_open, once_imposed, reversal));
    }
    Ok(IdTable::new(all))
}

/// The belief in a regime of dated events as the public of the governments forms it.
fn belief_of_governments(
    reader: &Reader<'_>,
    i: usize,
    own: Option<f64>,
    regime: &Regime,
    bargaining: Option<&Bargaining>,
    horizon: Horizon,
) -> Result<PublicBelief, ConfigError> {
    if own.is_some() {
        let help = "leave it out, or choose another `timing.belief.mode`";
        return Err(reader.error(&format!("regime[{i}].belief"), "is of no use with the beliefs of governments", help));
    }
    let Some(bargaining) = bargaining else {
        let help = "add [governments.dates] and [governments.flows], or choose another mode";
        return Err(reader.error("timing.belief.mode", "`governments` needs a section [governments]", help));
    };
    let clock = MarketClock::new(horizon.start, horizon.weeks);
    history::scheduled_belief(regime, &bargaining.setup, clock).map_err(|error| {
        let help = "the governments' history is open threat, announcement, then settlement, imposition or lapse; sanctions end \
                    by settlement or withdrawal";
        reader.error(&format!("regime[{i}].events"), error.to_string(), help)
    })
}

fn hysteresis(reader: &Reader<'_>, section: &TimingSection) -> Result<Hysteresis, ConfigError> {
    let own = &section.hysteresis;
    Ok(Hysteresis {
        share: reader.fraction_or("timing.hysteresis.share", &own.share, 0.0)?,
        penalty: reader.non_negative_or("timing.hysteresis.penalty", &own.penalty, 1.0)?,
        half_life_weeks: reader.positive_or("timing.hysteresis.half_life_weeks", &own.half_life_weeks, 26.0)?,
    })
}

fn peers(reader: &Reader<'_>, section: &TimingSection, buyers: usize) -> Result<Peers, ConfigError> {
    let own = &section.peers;
    let neighbours = own.neighbours.as_ref().map_or(8, |number| number.value);
    reader.count("timing.peers.neighbours", neighbours.into(), 2, MAX_NEIGHBOURS, "an even number, such as 8")?;
    if neighbours == 0 || neighbours % 2 == 1 || neighbours as usize >= buyers {
        let message = format!("is {neighbours}, expected an even number below the number of buyers");
        return Err(reader.error("timing.peers.neighbours", message, "half of them stand on either side of a buyer"));
    }
    let ties = u64::from(neighbours).saturating_mul(buyers as u64);
    if ties > MAX_TIES {
        let most = (MAX_TIES / buyers.max(1) as u64) & !1;
        let message = format!(
            "is {neighbours}: with {buyers} buyers {ties} ties to look at in every week, expected at most {MAX_TIES}"
        );
        let help = format!("write at most {most}, or take fewer buyers (buyers.count)");
        return Err(reader.error("timing.peers.neighbours", message, help));
    }
    Ok(Peers {
        gamma: own.gamma.as_ref().map_or(Ok(0.0), |gamma| reader.spread("timing.peers.gamma", gamma))?,
        neighbours,
        rewired: reader.fraction_or("timing.peers.rewired", &own.rewired, 0.1)?,
    })
}

fn outside_parts(reader: &Reader<'_>, section: &TimingSection) -> Result<Vec<(String, f64)>, ConfigError> {
    let mut parts = Vec::new();
    for (name, share) in &section.outside_parts {
        parts.push((name.clone(), reader.fraction(&format!("timing.outside_parts.{name}"), share)?));
    }
    let sum: f64 = parts.iter().map(|(_, share)| share).sum();
    if !parts.is_empty() && (sum - 1.0).abs() > 1e-9 {
        let message = format!("shares sum to {sum}, expected 1");
        return Err(reader.error("timing.outside_parts", message, "other_segment = 0.74, no_purchase = 0.26"));
    }
    Ok(parts)
}

/// For each regime, the models whose manufacturer stops ordering them while a decision is open.
fn suspended(
    reader: &Reader<'_>,
    sections: &Sections<'_>,
    shipping: &ShippingSection,
    market: &Market,
    policy: PolicySections<'_>,
) -> Result<IdTable<RegimeId, Vec<bool>>, ConfigError> {
    let PolicySections { instruments, regimes, bargaining } = policy;
    let known = market.manufacturers.as_slice();
    let mut all = Vec::new();
    for ((id, regime), section) in regimes.iter().zip(sections.regimes) {
        let i = id.index();
        let (key, names) = match &section.suspend {
            Some(own) => (format!("regime[{i}].suspend"), own),
            None => ("shipping.suspend".to_owned(), &shipping.suspend),
        };
        for (n, name) in names.iter().enumerate() {
            reader.position(&format!("{key}[{n}]"), name, known, "manufacturer of this market")?;
        }
        let threatened =
            bargaining.and_then(|bargaining| bargaining.of_regime(id)).map(|negotiated| negotiated.instrument);
        let touched = || regime.events.iter().map(|event| event.instrument).chain(threatened);
        let listed = |j: usize| touched().any(|instrument| instruments[instrument].selected[j]);
        let stops = |j: usize| names.contains(&known[usize::from(market.models[j].manufacturer.0)]);
        all.push((0..market.len()).map(|j| listed(j) && stops(j)).collect());
    }
    Ok(IdTable::new(all))
}
