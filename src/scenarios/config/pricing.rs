//! How list prices respond: `[pricing]`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::error::{ConfigError, of_percent, shown};
use super::reader::Reader;
use super::sourced::Sourced;
use super::time::Horizon;
use crate::model::plan::Revisions;
use crate::model::supply::expectation::ListLife;
use crate::model::supply::rule::{Conduct, PricingRule};
use crate::model::supply::staggered::Staggered;
use crate::model::trade::regime::Reopening;

/// How list prices respond.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricingSection {
    /// The rule.
    pub rule: RuleChoice,
    /// Who sets which price between the factory and the buyer; `retail` if absent.
    #[serde(default)]
    pub chain: ChainChoice,
    /// Chain `vertical`: customs value as a share of base-year list prices; that of the normal duty if absent.
    #[serde(default)]
    pub customs_value_share: Option<Sourced<f64>>,
    /// Chain `vertical`: the same by name of a model, a country of assembly or a region, for those that have another.
    #[serde(default)]
    pub customs_value_shares: BTreeMap<String, Sourced<f64>>,
    /// Chain `vertical`: column of the table of models with the share of each, in place of both.
    #[serde(default)]
    pub customs_value_share_column: Option<String>,
    /// Chain `vertical`: share of an import's cost at the border that is paid in its home currency; 0.95 if absent.
    #[serde(default)]
    pub border_home_cost_share: Option<Sourced<f64>>,
    /// Elasticity of imports' marginal cost to what their maker ships, gamma: 0, constant cost, if absent. Prices by rule
    /// `pass_through` do not count with it.
    #[serde(default)]
    pub cost_volume: Option<Sourced<f64>>,
    /// Share of a duty or cost change that is passed on (rule or target `pass_through`).
    #[serde(default)]
    pub theta: Option<Sourced<f64>>,
    /// Mean life of a list price, weeks (rule `staggered`); 26 if absent.
    #[serde(default)]
    pub list_life_weeks: Option<Sourced<f64>>,
    /// Rate a year at which makers discount what a list price earns later (rule `staggered`); 0.10 if absent.
    #[serde(default)]
    pub discount_rate: Option<Sourced<f64>>,
    /// Whether a car may be sold at a loss until its list is reopened (rule `staggered`); no if absent.
    #[serde(default)]
    pub sell_below_cost: Option<bool>,
    /// Gain from which a maker reopens its lists at once when an instrument on its models begins or ends: profit over a list's life
    /// as a part of a year's revenue from those models; `false`: lists always wait (rule `staggered`); 0.0075 if absent.
    #[serde(default)]
    pub reopen_gain: Option<Sourced<Threshold>>,
    /// The chance that makers give an instrument that is announced: lists set before the decision count with it; `false`: they do not
    /// (rule `staggered`); `false` if absent.
    #[serde(default)]
    pub anticipate: Option<Sourced<Threshold>>,
    /// Whose profit a price is set for.
    #[serde(default)]
    pub conduct: Conduct,
    /// Weeks between regular revisions, beside model years, policy events and exchange-rate moves.
    #[serde(default)]
    pub every_weeks: Option<u32>,
    /// First days of model years, when prices may be revised.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub model_years: Vec<Date>,
    /// Relative move of a model's cost since the last revision that triggers one.
    #[serde(default)]
    pub exchange_threshold: Option<f64>,
}

/// The pricing rule.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RuleChoice {
    /// Prices move by a fixed share of duty and cost changes.
    PassThrough,
    /// Bertrand-Nash equilibrium.
    Bertrand,
    /// Each manufacturer knows only its own sales and margins, and tries one brand's markup when its turn comes.
    Adaptive,
    /// Each list price stands for some time, and is set for the duty and cost expected over that time.
    Staggered,
}

/// A number, or `false` for none.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Threshold {
    /// `false`.
    Off(bool),
    /// The number.
    Number(f64),
}

/// Who sets which price.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ChainChoice {
    /// The maker sets the showroom price and bears all costs to the showroom.
    #[default]
    Retail,
    /// The maker sets the price at the border, on which ad valorem duties fall; local costs and the dealer are dollars a car.
    Vertical,
}

/// Elasticity of imports' marginal cost to what their maker ships.
pub(super) fn cost_volume(reader: &Reader<'_>, section: &PricingSection) -> Result<f64, ConfigError> {
    let expected = "an elasticity between 0 and 5";
    match &section.cost_volume {
        Some(gamma) => reader.number("pricing.cost_volume", gamma.value, |x| (0.0..=5.0).contains(&x), expected),
        None => Ok(0.0),
    }
}

/// Most of a duty that a sticker price may take up.
const MOST_PASSED_ON: f64 = 10.0;

/// How prices respond. `growth`: weekly growth that makers expect of the home currency part of each model's cost.
pub(super) fn rule(
    reader: &Reader<'_>,
    section: &PricingSection,
    growth: Vec<f64>,
) -> Result<PricingRule, ConfigError> {
    let staggered = section.rule == RuleChoice::Staggered;
    for (key, given) in [
        ("list_life_weeks", section.list_life_weeks.is_some()),
        ("discount_rate", section.discount_rate.is_some()),
        ("sell_below_cost", section.sell_below_cost.is_some()),
        ("reopen_gain", section.reopen_gain.is_some()),
        ("anticipate", section.anticipate.is_some()),
    ] {
        if given && !staggered {
            let help = "it belongs to rule = \"staggered\"";
            return Err(reader.error(&format!("pricing.{key}"), "is of no use under this rule", help));
        }
    }
    match section.rule {
        RuleChoice::PassThrough => {
            let Some(theta) = &section.theta else {
                let help = "theta = 1 passes the whole duty on to the sticker price";
                return Err(reader.error("pricing.rule", "`pass_through` needs `theta`", help));
            };
            if theta.value > MOST_PASSED_ON {
                let message = format!("is {}: was percent meant?", shown(theta.value));
                let help = format!(
                    "write {} for {}%; the most is {MOST_PASSED_ON}",
                    of_percent(theta.value),
                    shown(theta.value)
                );
                return Err(reader.error("pricing.theta", message, help));
            }
            Ok(PricingRule::PassThrough { theta: reader.non_negative("pricing.theta", theta)? })
        }
        RuleChoice::Bertrand => Ok(PricingRule::Bertrand),
        RuleChoice::Adaptive if section.every_weeks.is_none() => {
            let help = "every_weeks = 1 lets one manufacturer after the other try a price, one a week";
            Err(reader.error(
                "pricing.rule",
                "`adaptive` needs `every_weeks`: it learns from revision to revision",
                help,
            ))
        }
        RuleChoice::Adaptive => Ok(PricingRule::Adaptive),
        RuleChoice::Staggered => Ok(PricingRule::Staggered(self::staggered(reader, section, growth)?)),
    }
}

/// Largest gain from which a maker may be said to reopen its lists.
const MOST_GAIN: f64 = 1e3;
/// What such a gain is.
const GAIN: &str = "a part of a year's revenue between 0 and 1000, such as 0.0075";

/// A number up to `most`, or none for `false`.
fn threshold(
    reader: &Reader<'_>,
    key: &str,
    given: Threshold,
    most: f64,
    expected: &str,
) -> Result<Option<f64>, ConfigError> {
    match given {
        Threshold::Off(false) => Ok(None),
        Threshold::Off(true) => Err(reader.error(key, "is `true`", format!("write {expected}, or false"))),
        Threshold::Number(x) => reader.number(key, x, |x| (0.0..=most).contains(&x), expected).map(Some),
    }
}

/// When the makers of one regime reopen their lists at an event.
pub(super) fn reopening(
    reader: &Reader<'_>,
    key: &str,
    given: Option<Threshold>,
    section: &PricingSection,
) -> Result<Reopening, ConfigError> {
    let Some(given) = given else { return Ok(Reopening::AsTheRule) };
    if section.rule != RuleChoice::Staggered {
        return Err(reader.error(key, "is of no use under this rule", "it belongs to pricing.rule = \"staggered\""));
    }
    Ok(threshold(reader, key, given, MOST_GAIN, GAIN)?.map_or(Reopening::Never, Reopening::AtGain))
}

fn staggered(reader: &Reader<'_>, section: &PricingSection, growth: Vec<f64>) -> Result<Staggered, ConfigError> {
    let weeks = reader.non_negative_or("pricing.list_life_weeks", &section.list_life_weeks, 26.0)?;
    let discount_rate = reader.non_negative_or("pricing.discount_rate", &section.discount_rate, 0.10)?;
    let number = |key: &str, given: &Option<Sourced<Threshold>>, default, most: f64, expected: &str| {
        given.as_ref().map_or(Ok(default), |given| threshold(reader, key, given.value, most, expected))
    };
    Ok(Staggered {
        life: ListLife { weeks, discount_rate },
        sell_below_cost: section.sell_below_cost.unwrap_or(false),
        reopen_gain: number("pricing.reopen_gain", &section.reopen_gain, Some(0.0075), MOST_GAIN, GAIN)?,
        anticipate: number("pricing.anticipate", &section.anticipate, None, 1.0, "a chance between 0 and 1")?,
        growth,
    })
}

/// When prices may respond.
pub(super) fn revisions(
    reader: &Reader<'_>,
    section: &PricingSection,
    horizon: Horizon,
) -> Result<Revisions, ConfigError> {
    let threshold = section.exchange_threshold.unwrap_or(0.05);
    if section.every_weeks == Some(0) {
        return Err(reader.error("pricing.every_weeks", "is 0, expected at least 1", ""));
    }
    Ok(Revisions {
        every_weeks: section.every_weeks,
        model_year_weeks: section.model_years.iter().filter_map(|date| horizon.week_within(*date)).collect(),
        exchange_threshold: reader.number(
            "pricing.exchange_threshold",
            threshold,
            |x| x >= 0.0,
            "a relative move at least zero, such as 0.05",
        )?,
    })
}
