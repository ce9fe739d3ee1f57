//! A solved static market: what was recovered from it, and its equilibria.

use serde::Serialize;
use serde_json::Value;

use crate::config::case::MatrixKind;
use crate::model::demand::Concentration;
use crate::model::fixed_point::SearchReport;
use crate::model::supply::{Deviation, NegativeCost, SecondOrder};

/// Mean utilities and costs the scenarios were solved with.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// Mean utility without price.
    pub delta: Vec<f64>,
    /// Marginal cost before duty.
    pub marginal_cost: Vec<f64>,
    /// How the mean utilities were found, if they were not given.
    pub inversion: Option<SearchReport>,
    /// How the costs were found, if they were not given.
    pub costs: Option<SearchReport>,
    /// Recovered costs below zero.
    pub negative: Vec<NegativeCost>,
}

/// A matrix of one scenario, row by row.
#[derive(Clone, Debug)]
pub struct CaseMatrix {
    /// Kind.
    pub kind: MatrixKind,
    /// Products x products, or buyers x products.
    pub values: Vec<f64>,
}

/// An equilibrium besides the one reported.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherEquilibrium {
    /// Its prices.
    pub price: Vec<f64>,
    /// Its shares.
    pub share: Vec<f64>,
}

/// A solved scenario. Arrays are in the order of the products on sale, money in the unit of prices, totals per unit of the buyers' weights.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioResult {
    /// Name.
    pub name: String,
    /// The specification as written.
    pub spec: Value,
    /// The products on sale, where some of the case are not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<String>,
    /// (mc + fixed duty) / retained share.
    pub effective_cost: Vec<f64>,
    /// Part of an extra unit of price that the maker keeps.
    pub retained_share: Vec<f64>,
    /// Marginal cost before duty, after multipliers.
    pub marginal_cost: Vec<f64>,
    /// Equilibrium consumer price.
    pub price: Vec<f64>,
    /// Share.
    pub share: Vec<f64>,
    /// 1 less the sum of shares, whatever the weights sum to.
    pub outside_share_reported: f64,
    /// Own-price elasticity; NaN (`null` in files) where one product takes the whole market.
    pub own_elasticity: Vec<f64>,
    /// Diversion to the outside option, likewise.
    pub outside_diversion: Vec<f64>,
    /// p - c.
    pub markup_over_effective_cost: Vec<f64>,
    /// (p - c) / p.
    pub lerner_effective: Vec<f64>,
    /// Duty per unit.
    pub duty_per_unit: Vec<f64>,
    /// Duty times share.
    pub duty_revenue: Vec<f64>,
    /// (p - duty - mc) times share.
    pub net_profit: Vec<f64>,
    /// Sum over buyers of weight times log-sum over price response.
    pub consumer_surplus: f64,
    /// Against the base: owners as in the file, no duty, no cost shock.
    pub delta_consumer_surplus: f64,
    /// On inside shares, by owner in this scenario.
    pub hhi: f64,
    /// Against the base; NaN (`null` in files) for a product that is not sold there.
    pub price_change: Vec<f64>,
    /// Names of the limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// Shadow price of each limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadow_price: Vec<f64>,
    /// Sum of shares under each limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limit_used: Vec<f64>,
    /// Iterations, evaluations, residual.
    #[serde(skip)]
    pub search: SearchReport,
    /// Largest |first-order condition| / share.
    #[serde(skip)]
    pub first_order_residual: f64,
    /// Other equilibria found from other starts, where they were looked for.
    #[serde(skip)]
    pub other_equilibria: Vec<OtherEquilibrium>,
    /// For each owner that would gain by moving one price far: which, where to, and what it gains; products by their place here.
    #[serde(skip)]
    pub deviations: Vec<Deviation>,
    /// Products whose demand rests on few buyers, by their place here.
    #[serde(skip)]
    pub thin: Vec<(usize, Concentration)>,
    /// What else should be known.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// Largest eigenvalue of each firm's profit Hessian.
    #[serde(skip)]
    pub second_order: Vec<SecondOrder>,
    /// Matrices formed.
    #[serde(skip)]
    pub matrices: Vec<CaseMatrix>,
    /// Number in the case of each product on sale.
    #[serde(skip)]
    pub products: Vec<usize>,
}

/// A share below this is none: utilities are held above -700, so that smaller ones come out alike whatever the price.
pub const PRICED_OUT: f64 = 1e-290;

impl ScenarioResult {
    /// Products that are priced out of the market, by their place here.
    #[must_use]
    pub fn priced_out(&self) -> Vec<usize> {
        (0..self.share.len()).filter(|&place| self.share[place] < PRICED_OUT).collect()
    }

    /// The arrays, with what a comparison needs to know of each.
    #[must_use]
    pub fn arrays(&self) -> [(&'static str, &[f64]); 13] {
        [
            ("effective_cost", &self.effective_cost),
            ("retained_share", &self.retained_share),
            ("marginal_cost", &self.marginal_cost),
            ("price", &self.price),
            ("share", &self.share),
            ("own_elasticity", &self.own_elasticity),
            ("outside_diversion", &self.outside_diversion),
            ("markup_over_effective_cost", &self.markup_over_effective_cost),
            ("lerner_effective", &self.lerner_effective),
            ("duty_per_unit", &self.duty_per_unit),
            ("duty_revenue", &self.duty_revenue),
            ("net_profit", &self.net_profit),
            ("price_change", &self.price_change),
        ]
    }

    /// Products whose elasticity or diversion is no number, by their place here.
    #[must_use]
    pub fn without_response(&self) -> Vec<usize> {
        let each = self.own_elasticity.iter().zip(&self.outside_diversion).enumerate();
        each.filter(|(_, (own, outside))| !own.is_finite() || !outside.is_finite()).map(|(place, _)| place).collect()
    }

    /// The first array with an entry that is not finite, and the entry.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<(&'static str, usize)> {
        // A change from what is not sold is none, and prices stand without the response of buyers who are all taken.
        let may_lack = ["price_change", "own_elasticity", "outside_diversion"];
        let finite = |name: &str, value: f64| value.is_finite() || may_lack.contains(&name);
        let bad = |(name, values): (&'static str, &[f64])| Some((name, values.iter().position(|v| !finite(name, *v))?));
        let totals = [self.consumer_surplus, self.hhi, self.outside_share_reported];
        self.arrays().into_iter().find_map(bad).or_else(|| bad(("consumer_surplus", &totals)))
    }

    /// Largest eigenvalue of any firm's profit Hessian: negative where every firm is at a local maximum.
    #[must_use]
    pub fn worst_second_order(&self) -> Option<&SecondOrder> {
        self.second_order.iter().max_by(|a, b| a.largest_eigenvalue.total_cmp(&b.largest_eigenvalue))
    }
}
