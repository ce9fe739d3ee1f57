//! The base year of a scenario that is being written, tried before it is.

use std::path::Path;

use super::error::DraftError;
use super::writing::MarketText;
use crate::config::Source;
use crate::study::{BaseYear, Study};

/// Names of the files of a folder that is made.
pub(super) const SCENARIO: &str = "scenario.toml";
pub(super) const MODELS: &str = "data/models.csv";
/// Buyers on whom the base year is tried: those of the scenario.
const TRIED_BUYERS: u32 = 4_096;
/// Costs below this part of the price are too near zero: a draw of buyers puts them below it.
const LEAST_COST: f64 = 0.02;

impl MarketText {
    /// The elasticity at a price response, without its sign. It does not depend on who sets the price, so that costs below zero, which the chain
    /// refuses, do not matter here.
    pub fn elasticity(&mut self, alpha: f64, name: &str, data: &str) -> Result<f64, DraftError> {
        self.demand.alpha = alpha;
        self.vertical = false;
        let scenario = self.scenario(name, &[], &[], &[]);
        let (study, base) = base_year(&scenario, data, false)?;
        Ok(-mean_elasticity(&study, &base))
    }
}

/// Mean own-price elasticity of the base year, by volume.
pub(super) fn mean_elasticity(study: &Study, base: &BaseYear) -> f64 {
    let models = &study.scenario().market.models;
    let sold: f64 = models.iter().map(|model| model.base_volume).sum();
    models.iter().zip(&base.models).map(|(model, own)| model.base_volume * own.own_elasticity).sum::<f64>() / sold
}

/// The base year of a scenario on its buyers, with its policies or without them.
pub(super) fn base_year(scenario: &str, data: &str, policies: bool) -> Result<(Study, BaseYear), DraftError> {
    let small = [format!("buyers.count={TRIED_BUYERS}"), "buyers.population=shared".into()];
    let files = Source::memory([(SCENARIO, scenario), (MODELS, data)]);
    let loaded = crate::config::load_from(&files, Path::new(SCENARIO), &small)?;
    Ok(crate::study::trial::with_base_year(loaded.scenario, policies)?)
}

/// Whether every cost lies well above zero.
pub(super) fn costs_hold(study: &Study) -> bool {
    let costs = &study.shared_world().makers.costs.marginal_cost;
    costs.iter().zip(study.scenario().market.base_prices()).all(|(cost, price)| *cost > LEAST_COST * price)
}
