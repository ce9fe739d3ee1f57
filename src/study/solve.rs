//! Solving a static market: a case in, equilibria under its what-if specifications out.
//!
//! ```no_run
//! use std::path::Path;
//! use stickershock::config::case::{Case, CaseOptions};
//! use stickershock::study::solve::{SolveOptions, solve};
//!
//! let case = Case::load(Path::new("my-market"), &CaseOptions::default())?;
//! let solution = solve(&case, &SolveOptions::default())?;
//! for scenario in &solution.scenarios {
//!     println!("{}: surplus {}", scenario.name, scenario.consumer_surplus);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use super::solution::{CaseMatrix, Recovered, ScenarioResult};
use crate::config::case::{Basis, Case, MatrixKind, OwnershipSpec, Spec, TariffSpec};
use crate::model::demand::{
    DemandError, Execution, ExpectedDemand, InversionOptions, choice_probabilities, invert, long_run_diversion,
    own_response, price_response,
};
use crate::model::fixed_point::SearchReport;
use crate::model::supply::{
    Duty, DutyTerms, Limit, Linearised, NegativeCost, Ownership, PriceProblem, PricingOptions, SupplyError,
    equilibrium, equilibrium_with_limits, marginal_costs,
};
use crate::model::welfare;

/// Which matrices are formed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matrices {
    /// Those stored beside the inputs; where none are, those of the first scenario.
    #[default]
    AsStored,
    /// Elasticities, diversion, second choices and pass-through of every scenario.
    All,
    /// None.
    None,
}

/// Options of [`solve`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SolveOptions {
    /// How demand is evaluated.
    pub execution: Execution,
    /// Which matrices are formed.
    pub matrices: Matrices,
    /// Also look for other equilibria of every scenario, from prices far below and above.
    pub many_starts: bool,
}

/// Why a case could not be solved.
#[derive(Debug, thiserror::Error)]
pub enum SolveError {
    /// The inversion or the recovery of costs.
    #[error("{case}: {error}")]
    Recovery {
        /// The case.
        case: String,
        /// What went wrong.
        error: SupplyError,
    },
    /// A scenario.
    #[error("{case}, scenario {scenario}: {error}")]
    Scenario {
        /// The case.
        case: String,
        /// The scenario.
        scenario: String,
        /// What went wrong.
        error: SupplyError,
    },
    /// A specification that the market does not fit.
    #[error("{case}, scenario {scenario}: {message}")]
    Specification {
        /// The case.
        case: String,
        /// The scenario.
        scenario: String,
        /// What does not fit, and what would.
        message: String,
    },
    /// A market without something that is needed.
    #[error("{case}: products.csv has no column {column}: {why}")]
    Missing {
        /// The case.
        case: String,
        /// The column.
        column: &'static str,
        /// What it is needed for.
        why: &'static str,
    },
}

/// Everything that came out.
#[derive(Clone, Debug)]
pub struct Solution {
    /// Name of the case.
    pub case: String,
    /// Products in order.
    pub product_ids: Vec<String>,
    /// Firm of each product.
    pub firm_ids: Vec<String>,
    /// Mean utility and marginal cost, and how they were found where the case lacked them.
    pub recovered: Recovered,
    /// Each scenario.
    pub scenarios: Vec<ScenarioResult>,
}

/// Solves every scenario of a case.
///
/// # Errors
/// [`SolveError`], naming case, scenario, and product and firm with figures.
pub fn solve(case: &Case, options: &SolveOptions) -> Result<Solution, SolveError> {
    let recovered = recover(case, options)?;
    let in_case = |error: DemandError| SolveError::Recovery { case: case.name.clone(), error: error.into() };
    let demand = ExpectedDemand::new(&case.population, &case.products, &recovered.delta, None, options.execution)
        .map_err(in_case)?;
    let solver = Solver { case, options, demand, recovered: &recovered };
    let base = solver.base()?;
    let mut scenarios = Vec::with_capacity(case.scenarios.len());
    for (number, scenario) in case.scenarios.iter().enumerate() {
        let (mut result, linear) = solver.scenario(&scenario.name, &scenario.spec, Some(&base))?;
        result.spec = scenario.written.clone();
        let kinds = solver.matrix_kinds(&scenario.name, number == 0);
        result.matrices = solver.matrices(&result, &linear, &kinds)?;
        scenarios.push(result);
    }
    Ok(Solution {
        case: case.name.clone(),
        product_ids: case.product_ids.clone(),
        firm_ids: case.firm_ids.clone(),
        recovered,
        scenarios,
    })
}

/// Mean utilities from observed shares and costs from observed prices, where the case lacks them.
fn recover(case: &Case, options: &SolveOptions) -> Result<Recovered, SolveError> {
    let failed = |error: SupplyError| SolveError::Recovery { case: case.name.clone(), error };
    let price =
        |why| case.price.as_ref().ok_or_else(|| SolveError::Missing { case: case.name.clone(), column: "price0", why });
    let mut inversion: Option<SearchReport> = None;
    let delta = match (&case.delta, &case.observed_share) {
        (Some(delta), _) => delta.clone(),
        (None, Some(share)) => {
            let price = price("mean utilities are found from the shares observed at observed prices")?;
            let found = invert(
                &case.population,
                &case.products,
                price,
                share,
                None,
                InversionOptions::default(),
                options.execution,
            );
            let found = found.map_err(|error| failed(error.into()))?;
            inversion = Some(found.report);
            found.delta
        }
        (None, None) => {
            let why = "mean utility without price; or give share0 and price0";
            return Err(SolveError::Missing { case: case.name.clone(), column: "delta_ex_price", why });
        }
    };
    let (mut costs, mut negative): (Option<SearchReport>, Vec<NegativeCost>) = (None, Vec::new());
    let marginal_cost = match &case.marginal_cost {
        Some(cost) => cost.clone(),
        None => {
            let price = price("marginal costs are found from the first-order conditions at observed prices")?;
            let demand = ExpectedDemand::new(&case.population, &case.products, &delta, None, options.execution);
            let demand = demand.map_err(|error| failed(error.into()))?;
            let (firms, owner) = distinct(&case.firm_ids);
            let ownership = Ownership::of_firms(firms, owner).map_err(failed)?;
            let untaxed = vec![DutyTerms::NONE; price.len()];
            let found = marginal_costs(&demand, &ownership, &untaxed, price).map_err(failed)?;
            (costs, negative) = (Some(found.report), found.negative);
            found.marginal_cost
        }
    };
    Ok(Recovered { delta, marginal_cost, inversion, costs, negative })
}

/// Distinct values in order of appearance, and the number of each entry's value.
fn distinct(values: &[String]) -> (Vec<String>, Vec<usize>) {
    let mut names: Vec<String> = Vec::new();
    let mut number: BTreeMap<&str, usize> = BTreeMap::new();
    let owner = values.iter().map(|value| {
        *number.entry(value).or_insert_with(|| {
            names.push(value.clone());
            names.len() - 1
        })
    });
    let owner = owner.collect();
    (names, owner)
}

/// What the base scenario gives the others to be compared with.
struct Base {
    price: Vec<f64>,
    consumer_surplus: f64,
}

/// A case on its way to a solution.
struct Solver<'a> {
    case: &'a Case,
    options: &'a SolveOptions,
    demand: ExpectedDemand<'a>,
    recovered: &'a Recovered,
}

/// Supply of one scenario.
struct Supply {
    ownership: Ownership,
    cost: Vec<f64>,
    duty: Vec<DutyTerms>,
    limits: Vec<Limit>,
}

impl Solver<'_> {
    fn failed(&self, scenario: &str) -> impl Fn(SupplyError) -> SolveError {
        let (case, scenario) = (self.case.name.clone(), scenario.to_owned());
        move |error| SolveError::Scenario { case: case.clone(), scenario: scenario.clone(), error }
    }

    fn misfit(&self, scenario: &str, message: String) -> SolveError {
        SolveError::Specification { case: self.case.name.clone(), scenario: scenario.to_owned(), message }
    }

    /// The base: owners as in the file, no duty, costs as they are.
    fn base(&self) -> Result<Base, SolveError> {
        let ownership = OwnershipSpec::Firm { merge: Vec::new(), holdings: Vec::new() };
        let spec = Spec { ownership, tariffs: Vec::new(), cost_multipliers: Vec::new(), limits: Vec::new() };
        let (result, _) = self.scenario("base", &spec, None)?;
        Ok(Base { price: result.price, consumer_surplus: result.consumer_surplus })
    }

    fn ownership(&self, scenario: &str, spec: &OwnershipSpec) -> Result<Ownership, SolveError> {
        let failed = self.failed(scenario);
        let case = self.case;
        match spec {
            OwnershipSpec::Single => Ownership::single_products(&case.product_ids).map_err(failed),
            OwnershipSpec::Column(column) => {
                let (names, owner) = distinct(case.column(column).unwrap_or_default());
                Ownership::of_firms(names, owner).map_err(failed)
            }
            OwnershipSpec::Firm { merge, holdings } => {
                let merged = |firm: &String| {
                    let group = merge.iter().find(|group| group.contains(firm));
                    group.map_or_else(|| firm.clone(), |group| group.join(" + "))
                };
                let owners: Vec<String> = case.firm_ids.iter().map(merged).collect();
                let (names, owner) = distinct(&owners);
                let count = names.len();
                let mut parts = vec![0.0; count * count];
                parts.iter_mut().step_by(count + 1).for_each(|own| *own = 1.0);
                for (holder, held, part) in holdings {
                    let number = |firm| names.iter().position(|name| *name == merged(firm)).unwrap_or(0);
                    let (holder_number, held_number) = (number(holder), number(held));
                    if holder_number == held_number {
                        return Err(
                            self.misfit(scenario, format!("firm {holder} cannot hold a part of itself ({held})"))
                        );
                    }
                    parts[holder_number * count + held_number] = *part;
                }
                Ownership::with_holdings(names, owner, parts).map_err(failed)
            }
        }
    }

    fn duty(&self, scenario: &str, tariffs: &[TariffSpec], cost: &[f64]) -> Result<Vec<DutyTerms>, SolveError> {
        let mut duty: Vec<Option<DutyTerms>> = vec![None; cost.len()];
        for tariff in tariffs {
            for j in self.case.select(&tariff.products) {
                let observed = || match &self.case.price {
                    Some(price) => Ok(price[j]),
                    None => Err(SolveError::Missing {
                        case: self.case.name.clone(),
                        column: "price0",
                        why: "this duty is based on observed prices",
                    }),
                };
                let kind = match tariff.basis {
                    Basis::Cost(rate) => Duty::Cost { rate },
                    Basis::Specific(amount) => Duty::Specific { amount },
                    Basis::Retail(rate) => Duty::Retail { rate },
                    Basis::RetailShare(rate, kappa) => Duty::RetailShare { rate, kappa },
                    Basis::Border(rate) => Duty::Border { rate },
                    Basis::BorderDistribution(rate, share) => {
                        Duty::BorderDistribution { rate, distribution: share * observed()? }
                    }
                    Basis::List(rate, customs_share) => Duty::List { rate, customs_share, list_price: observed()? },
                };
                if duty[j].is_some() {
                    let message = format!("two tariffs meet on {}: let a product match one", self.case.product_ids[j]);
                    return Err(self.misfit(scenario, message));
                }
                duty[j] = Some(kind.terms(&self.case.product_ids[j], cost[j]).map_err(self.failed(scenario))?);
            }
        }
        Ok(duty.into_iter().map(|duty| duty.unwrap_or(DutyTerms::NONE)).collect())
    }

    fn supply(&self, scenario: &str, spec: &Spec) -> Result<Supply, SolveError> {
        let mut cost = self.recovered.marginal_cost.clone();
        for multiplier in &spec.cost_multipliers {
            self.case.select(&multiplier.products).into_iter().for_each(|j| cost[j] *= multiplier.factor);
        }
        let limits = spec.limits.iter().map(|limit| Limit {
            name: limit.name.clone(),
            products: self.case.select(&limit.products),
            share: limit.share,
        });
        Ok(Supply {
            ownership: self.ownership(scenario, &spec.ownership)?,
            duty: self.duty(scenario, &spec.tariffs, &cost)?,
            limits: limits.collect(),
            cost,
        })
    }

    /// Observed prices, or where there are none a markup on effective cost.
    fn start(&self, supply: &Supply) -> Vec<f64> {
        self.case.price.clone().unwrap_or_else(|| {
            let effective = supply.cost.iter().zip(&supply.duty).map(|(&cost, duty)| duty.effective_cost(cost));
            effective.map(|cost| if cost > 0.0 { 1.5 * cost } else { 1.0 }).collect()
        })
    }

    /// Solves one scenario; also returns the first-order conditions around its prices.
    fn scenario(
        &self,
        name: &str,
        spec: &Spec,
        base: Option<&Base>,
    ) -> Result<(ScenarioResult, Linearised), SolveError> {
        let failed = self.failed(name);
        let supply = self.supply(name, spec)?;
        let problem = PriceProblem {
            demand: &self.demand,
            ownership: &supply.ownership,
            cost: &supply.cost,
            duty: &supply.duty,
            rising: None,
        };
        let start = self.start(&supply);
        let options = PricingOptions::default();
        let (found, shadow_price, used) = if supply.limits.is_empty() {
            (equilibrium(&problem, &start, options).map_err(&failed)?, Vec::new(), Vec::new())
        } else {
            let found = equilibrium_with_limits(&problem, &supply.limits, &start, options).map_err(&failed)?;
            (found.equilibrium, found.shadow_price, found.used)
        };
        let other_equilibria = if self.options.many_starts && supply.limits.is_empty() {
            let starts = [0.3, 0.7, 1.5, 3.0].map(|factor| found.price.iter().map(|price| factor * price).collect());
            self.others(&problem, &starts, &found.price)
        } else {
            0
        };
        // Shadow prices are part of what makers count as cost.
        let mut counted = supply.cost.clone();
        for (limit, mu) in supply.limits.iter().zip(&shadow_price) {
            limit.products.iter().for_each(|&j| counted[j] += mu);
        }
        let linear =
            Linearised::at(&PriceProblem { cost: &counted, ..problem }, &found.price, None).map_err(&failed)?;
        let in_demand = |error: DemandError| failed(error.into());
        let own = own_response(&self.demand, &found.price).map_err(in_demand)?;
        let consumer_surplus = welfare::consumer_surplus(&self.demand, &found.price).map_err(in_demand)?;
        let products = 0..found.price.len();
        let column = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { products.clone().map(value).collect() };
        let effective_cost = column(&|j| supply.duty[j].effective_cost(supply.cost[j]));
        let account = |j: usize| welfare::account(found.price[j], found.share[j], supply.cost[j], supply.duty[j]);
        let markup = column(&|j| found.price[j] - effective_cost[j]);
        let result = ScenarioResult {
            name: name.to_owned(),
            retained_share: column(&|j| supply.duty[j].retained),
            lerner_effective: column(&|j| markup[j] / found.price[j]),
            duty_per_unit: column(&|j| supply.duty[j].per_unit(found.price[j])),
            duty_revenue: column(&|j| account(j).duty),
            net_profit: column(&|j| account(j).profit),
            price_change: column(&|j| base.map_or(0.0, |base| found.price[j] - base.price[j])),
            delta_consumer_surplus: base.map_or(0.0, |base| consumer_surplus - base.consumer_surplus),
            outside_share_reported: 1.0 - found.share.iter().sum::<f64>(),
            hhi: welfare::herfindahl(&found.share, supply.ownership.owners(), supply.ownership.firms()),
            markup_over_effective_cost: markup,
            effective_cost,
            consumer_surplus,
            own_elasticity: own.elasticity,
            outside_diversion: own.outside_diversion,
            limits: supply.limits.iter().map(|limit| limit.name.clone()).collect(),
            shadow_price,
            limit_used: used,
            search: found.report,
            first_order_residual: found.first_order_residual,
            other_equilibria,
            second_order: linear.second_order(&supply.ownership),
            marginal_cost: supply.cost,
            price: found.price,
            share: found.share,
            spec: serde_json::Value::Null,
            matrices: Vec::new(),
        };
        match result.first_not_finite() {
            None => Ok((result, linear)),
            Some((what, j)) => {
                let product = self.case.product_ids.get(j).cloned().unwrap_or_default();
                let expected = "a finite number (is the product priced out of the market?)";
                Err(failed(SupplyError::Product { product, what, value: f64::NAN, expected }))
            }
        }
    }

    /// How many equilibria other than `known` these starts lead to.
    fn others(&self, problem: &PriceProblem, starts: &[Vec<f64>], known: &[f64]) -> usize {
        use crate::model::supply::from_many_starts;
        let found = from_many_starts(problem, starts, PricingOptions::default()).unwrap_or_default();
        let differs = |price: &[f64]| price.iter().zip(known).any(|(a, b)| ((a - b) / b).abs() > 1e-8);
        found.iter().filter(|equilibrium| differs(&equilibrium.price)).count()
    }

    fn matrix_kinds(&self, scenario: &str, first: bool) -> Vec<MatrixKind> {
        let usual =
            [MatrixKind::Elasticities, MatrixKind::Diversion, MatrixKind::LongRunDiversion, MatrixKind::PassThrough];
        match self.options.matrices {
            Matrices::None => Vec::new(),
            Matrices::All => usual.to_vec(),
            Matrices::AsStored if self.case.matrices.is_empty() => {
                if first {
                    usual.to_vec()
                } else {
                    Vec::new()
                }
            }
            Matrices::AsStored => {
                let stored = self.case.matrices.iter().filter(|stored| stored.scenario == scenario);
                stored.map(|stored| stored.kind).collect()
            }
        }
    }

    fn matrices(
        &self,
        result: &ScenarioResult,
        linear: &Linearised,
        kinds: &[MatrixKind],
    ) -> Result<Vec<CaseMatrix>, SolveError> {
        let failed = self.failed(&result.name);
        let in_demand = |error: DemandError| failed(error.into());
        let prices = &result.price;
        let response = if kinds.iter().any(|kind| matches!(kind, MatrixKind::Elasticities | MatrixKind::Diversion)) {
            Some(price_response(&self.demand, prices).map_err(in_demand)?)
        } else {
            None
        };
        let mut matrices = Vec::new();
        for &kind in kinds {
            let values = match (kind, &response) {
                (MatrixKind::Elasticities, Some(response)) => response.elasticities().into_values(),
                (MatrixKind::Diversion, Some(response)) => response.diversion().into_values(),
                (MatrixKind::Elasticities | MatrixKind::Diversion, None) => continue,
                (MatrixKind::LongRunDiversion, _) => {
                    long_run_diversion(&self.demand, prices).map_err(in_demand)?.into_values()
                }
                (MatrixKind::PassThrough, _) => linear.pass_through().map_err(&failed)?.into_values(),
                (MatrixKind::ChoiceProbabilities, _) => {
                    choice_probabilities(&self.demand, prices).map_err(in_demand)?
                }
            };
            matrices.push(CaseMatrix { kind, values });
        }
        Ok(matrices)
    }
}
