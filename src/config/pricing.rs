//! How list prices respond: `[pricing]`.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::sourced::Sourced;
use super::time::Horizon;
use crate::model::plan::Revisions;
use crate::model::supply::rule::{Conduct, PricingRule};

/// How list prices respond.
#[derive(Debug, Deserialize, JsonSchema)]
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
    /// The rule that sticky prices move towards (rule `sticky`).
    #[serde(default)]
    pub target: Option<RuleChoice>,
    /// Fraction of the way that sticky prices move at each revision (rule `sticky`).
    #[serde(default)]
    pub kappa: Option<Sourced<f64>>,
    /// Whose profit a price is set for.
    #[serde(default)]
    pub conduct: Conduct,
    /// Weeks between regular revisions, beside model years, policy events and exchange-rate moves.
    #[serde(default)]
    pub every_weeks: Option<u32>,
    /// First days of model years, when prices may be revised.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub model_years: Vec<Date>,
    /// Relative move of a model's cost since the last revision that triggers one.
    #[serde(default)]
    pub exchange_threshold: Option<f64>,
}

/// The pricing rule.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RuleChoice {
    /// Prices move by a fixed share of duty and cost changes.
    PassThrough,
    /// Bertrand-Nash equilibrium.
    Bertrand,
    /// Each manufacturer knows only its own sales and margins, and tries one brand's markup when its turn comes.
    Adaptive,
    /// Prices move a fraction of the way to another rule's target at each revision.
    Sticky,
}

/// Who sets which price.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
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

/// How prices respond.
pub(super) fn rule(reader: &Reader<'_>, section: &PricingSection) -> Result<PricingRule, ConfigError> {
    if section.rule != RuleChoice::Sticky {
        for (key, given) in [("target", section.target.is_some()), ("kappa", section.kappa.is_some())] {
            if given {
                let help = "it belongs to rule = \"sticky\"";
                return Err(reader.error(&format!("pricing.{key}"), "is of no use under this rule", help));
            }
        }
        return plain_rule(reader, section, "pricing.rule", section.rule);
    }
    let (Some(target), Some(kappa)) = (section.target, &section.kappa) else {
        let help = "target = \"bertrand\" and kappa = 0.5 move prices half way to equilibrium at each revision";
        return Err(reader.error("pricing.rule", "sticky prices need `target` and `kappa`", help));
    };
    let expected = "a fraction above 0 and at most 1";
    let kappa = reader.number("pricing.kappa", kappa.value, |x| x > 0.0 && x <= 1.0, expected)?;
    Ok(PricingRule::Sticky { target: Box::new(plain_rule(reader, section, "pricing.target", target)?), kappa })
}

fn plain_rule(
    reader: &Reader<'_>,
    section: &PricingSection,
    key: &str,
    rule: RuleChoice,
) -> Result<PricingRule, ConfigError> {
    match rule {
        RuleChoice::PassThrough => {
            let Some(theta) = &section.theta else {
                let help = "theta = 1 passes the whole duty on to the sticker price";
                return Err(reader.error(key, "`pass_through` needs `theta`", help));
            };
            Ok(PricingRule::PassThrough { theta: reader.non_negative("pricing.theta", theta)? })
        }
        RuleChoice::Bertrand => Ok(PricingRule::Bertrand),
        RuleChoice::Adaptive if section.every_weeks.is_none() => {
            let help = "every_weeks = 1 lets one manufacturer after the other try a price, one a week";
            Err(reader.error(key, "`adaptive` needs `every_weeks`: it learns from revision to revision", help))
        }
        RuleChoice::Adaptive => Ok(PricingRule::Adaptive),
        RuleChoice::Sticky => {
            Err(reader.error(key, "sticky prices cannot be their own target", "bertrand, pass_through or adaptive"))
        }
    }
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
