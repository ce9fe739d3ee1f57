//! Solving a static market: a case in, equilibria under its what-if specifications out.
//!
//! ```no_run
//! use std::path::Path;
//! use stickershock_engine::config::case::{Case, CaseOptions};
//! use stickershock_engine::study::solve::{SolveOptions, solve};
//!
//! let case = Case::load(Path::new("my-market"), &CaseOptions::default())?;
//! let solution = solve(&case, &SolveOptions::default())?;
//! for scenario in &solution.scenarios {
//!     println!("{}: surplus {}", scenario.name, scenario.consumer_surplus);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod market;

use crate::platform::threads::prelude::*;

use crate::config::case::{Case, MatrixKind, Spec};
use crate::model::demand::{
    Concentration, Execution, ExpectedDemand, InversionOptions, choice_probabilities, concentration, invert,
    long_run_diversion, own_response, price_response,
};
use crate::model::fixed_point::SearchReport;
use crate::model::supply::{
    Deviation, DutyTerms, Equilibrium, Linearised, NegativeCost, Ownership, PriceProblem, PricingOptions, SupplyError,
    best_deviations, equilibrium, equilibrium_with_limits, from_many_starts, marginal_costs,
};
use crate::model::welfare;
use crate::study::solution::{CaseMatrix, OtherEquilibrium, PRICED_OUT, Recovered, ScenarioResult};
pub use error::SolveError;
use market::{OnSale, ScenarioOfCase, Supply, base_terms, distinct, room};

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
pub struct SolveOptions<'a> {
    /// How demand is evaluated.
    pub execution: Execution<'a>,
    /// Which matrices are formed.
    pub matrices: Matrices,
    /// Also look for other equilibria of every scenario, from prices far below and above and from where an owner would deviate to.
    pub many_starts: bool,
}

/// Everything that came out.
#[derive(Clone, Debug)]
pub struct Solution {
    /// Mean utility and marginal cost, and how they were found where the case lacked them.
    pub recovered: Recovered,
    /// Each scenario that was solved.
    pub scenarios: Vec<ScenarioResult>,
    /// The others, and why they were not.
    pub failed: Vec<Failed>,
}

/// A scenario that was not solved.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its name.
    pub scenario: String,
    /// Why.
    pub error: SolveError,
}

/// Solves every scenario of a case. One that has no solution takes no other with it; without the base, changes against it are NaN.
///
/// # Errors
/// [`SolveError`] where mean utilities or costs cannot be recovered: it names product and firm with figures.
pub fn solve(case: &Case, options: &SolveOptions<'_>) -> Result<Solution, SolveError> {
    check_matrices(case, options)?;
    let recovered = recover(case, options)?;
    let solver = Solver { case, options, recovered: &recovered };
    let solved = |number: usize, base: Option<&Base>| {
        let scenario = &case.scenarios[number];
        let kinds = matrix_kinds(case, options, number);
        let result = solver.scenario(&scenario.name, &scenario.spec, base, &kinds)?;
        Ok(ScenarioResult { spec: scenario.written.clone(), ..result })
    };
    // A scenario that is the base itself is solved once.
    let itself = case.scenarios.iter().position(|scenario| scenario.spec == Spec::base());
    let mut result_of_base = itself.and_then(|number| solved(number, None).ok());
    let base = match &result_of_base {
        Some(result) => Ok(Base::of(result, case.product_ids.len())),
        None => solver.base(),
    };
    let known = base.as_ref().map_or_else(|_| Base::unknown(case.product_ids.len()), Clone::clone);
    let (mut scenarios, mut failed) = (Vec::with_capacity(case.scenarios.len()), Vec::new());
    for (number, scenario) in case.scenarios.iter().enumerate() {
        let already = if itself == Some(number) { result_of_base.take() } else { None };
        match already.map_or_else(|| solved(number, Some(&known)), Ok) {
            Ok(result) => scenarios.push(result),
            Err(error) => failed.push(Failed { scenario: scenario.name.clone(), error }),
        }
    }
    if let Err(error) = base
        && failed.iter().all(|failed: &Failed| failed.scenario != BASE)
    {
        failed.insert(0, Failed { scenario: BASE.to_owned(), error });
    }
    Ok(Solution { recovered, scenarios, failed })
}

/// The matrices that are formed, each with the name of its scenario.
#[must_use]
pub fn matrices_formed(case: &Case, options: &SolveOptions<'_>) -> Vec<(String, MatrixKind)> {
    let of = |number: usize| {
        let name = &case.scenarios[number].name;
        matrix_kinds(case, options, number).into_iter().map(move |kind| (name.clone(), kind))
    };
    (0..case.scenarios.len()).flat_map(of).collect()
}

/// The matrices of a scenario that are formed.
fn matrix_kinds(case: &Case, options: &SolveOptions<'_>, number: usize) -> Vec<MatrixKind> {
    let usual =
        [MatrixKind::Elasticities, MatrixKind::Diversion, MatrixKind::LongRunDiversion, MatrixKind::PassThrough];
    match options.matrices {
        Matrices::None => Vec::new(),
        Matrices::All => usual.to_vec(),
        Matrices::AsStored if case.matrices.is_empty() && number == 0 => usual.to_vec(),
        Matrices::AsStored => {
            let stored = case.matrices.iter().filter(|stored| stored.scenario == case.scenarios[number].name);
            stored.map(|stored| stored.kind).collect()
        }
    }
}

/// Matrices of all scenarios must fit into memory together.
fn check_matrices(case: &Case, options: &SolveOptions<'_>) -> Result<(), SolveError> {
    let kinds = (0..case.scenarios.len()).map(|number| matrix_kinds(case, options, number));
    let (products, nodes) = (case.product_ids.len(), case.population.len());
    let (mut matrices, mut numbers) = (0_usize, 0_usize);
    for kind in kinds.flatten() {
        let rows = if kind == MatrixKind::ChoiceProbabilities { nodes } else { products };
        matrices += 1;
        numbers = numbers.saturating_add(rows.saturating_mul(products));
    }
    let room = if matrices == 0 { 0 } else { products.saturating_mul(products).saturating_mul(WORKING_ROOM) };
    if numbers.saturating_add(room) <= MOST_NUMBERS {
        return Ok(());
    }
    Err(SolveError::TooLarge { case: case.name.clone(), products, matrices })
}

/// Mean utilities from observed shares and costs from observed prices, where the case lacks them, of the products sold in the
/// base.
fn recover(case: &Case, options: &SolveOptions<'_>) -> Result<Recovered, SolveError> {
    let failed = |error: SupplyError| SolveError::Recovery { case: case.name.clone(), error };
    let price =
        |why| case.price.as_ref().ok_or_else(|| SolveError::Missing { case: case.name.clone(), column: "price0", why });
    let sold: Vec<usize> = (0..case.on_sale.len()).filter(|&j| case.on_sale[j]).collect();
    let gather = |values: &[f64]| -> Vec<f64> { sold.iter().map(|&j| values[j]).collect() };
    let complete =
        |column: &Option<Vec<f64>>| column.clone().filter(|column| sold.iter().all(|&j| column[j].is_finite()));
    // What was found, beside what is given for products that are not sold in the base.
    let fill = |given: &Option<Vec<f64>>, found: &[f64]| {
        let mut all = given.clone().unwrap_or_else(|| vec![f64::NAN; case.on_sale.len()]);
        sold.iter().zip(found).for_each(|(&j, found)| all[j] = *found);
        all
    };
    let unpriced = vec![0.0; case.on_sale.len()];
    let on_sale = |delta: &[f64]| OnSale::of(case, delta, sold.clone()).map_err(|error| failed(error.into()));
    let mut inversion: Option<SearchReport> = None;
    let delta = match (complete(&case.delta), &case.observed_share) {
        (Some(delta), _) => delta,
        (None, Some(share)) => {
            let price = price("mean utilities are found from the shares observed at observed prices")?;
            let on_sale = on_sale(&unpriced)?;
            let found = invert(
                &case.population,
                &on_sale.products,
                &gather(price),
                &gather(share),
                None,
                InversionOptions::default(),
                options.execution,
            );
            let found = found.map_err(|error| failed(error.into()))?;
            inversion = Some(found.report);
            fill(&case.delta, &found.delta)
        }
        // Where it is given and to be found all the same.
        (None, None) if case.delta.is_some() => {
            let why = "--recover finds mean utilities from observed shares at observed prices; give it, or leave --recover out";
            return Err(SolveError::Missing { case: case.name.clone(), column: "share0", why });
        }
        (None, None) => {
            let why = "mean utility without price; or give share0 and price0";
            return Err(SolveError::Missing { case: case.name.clone(), column: "delta_ex_price", why });
        }
    };
    let (mut costs, mut negative): (Option<SearchReport>, Vec<NegativeCost>) = (None, Vec::new());
    let marginal_cost = match complete(&case.marginal_cost) {
        Some(cost) => cost,
        None => {
            let price = price("marginal costs are found from the first-order conditions at observed prices")?;
            let on_sale = on_sale(&delta)?;
            let demand = on_sale.demand(case, options.execution).map_err(|error| failed(error.into()))?;
            let (firms, owner) = distinct(sold.iter().map(|&j| &case.firm_ids[j]));
            room(&case.name, &owner, firms.len(), case.rising.is_none())?;
            let ownership = Ownership::of_firms(firms, owner).map_err(failed)?;
            let terms = base_terms(case);
            let terms: Vec<DutyTerms> = sold.iter().map(|&j| terms[j]).collect();
            let found = marginal_costs(&demand, &ownership, &terms, &gather(price)).map_err(failed)?;
            costs = Some(found.report);
            negative =
                found.negative.into_iter().map(|cost| NegativeCost { product: sold[cost.product], ..cost }).collect();
            fill(&case.marginal_cost, &found.marginal_cost)
        }
    };
    Ok(Recovered { delta, marginal_cost, inversion, costs, negative })
}

/// What the base is called in messages.
pub const BASE: &str = "base";

/// What the base scenario gives the others to be compared with.
#[derive(Clone)]
struct Base {
    /// By number of the product in the case; NaN where it is not sold.
    price: Vec<f64>,
    consumer_surplus: f64,
}

impl Base {
    fn unknown(products: usize) -> Self {
        Self { price: vec![f64::NAN; products], consumer_surplus: f64::NAN }
    }

    fn of(result: &ScenarioResult, products: usize) -> Self {
        let mut base = Self { consumer_surplus: result.consumer_surplus, ..Self::unknown(products) };
        result.products.iter().zip(&result.price).for_each(|(&j, found)| base.price[j] = *found);
        base
    }
}

/// A case on its way to a solution.
struct Solver<'a> {
    case: &'a Case,
    options: &'a SolveOptions<'a>,
    recovered: &'a Recovered,
}

/// Products whose deviations are looked at together, at least: every group works out the choices of all buyers among all products.
const TOGETHER: usize = 16;
/// Groups of products, at most where they then hold no more than [`MOST_TOGETHER`] numbers.
const GROUPS: usize = 16;
/// Products of a group times buyers.
const MOST_TOGETHER: usize = 1 << 20;

/// Numbers that matrices may take together, and the working room of pass-through as matrices: 2 GB.
const MOST_NUMBERS: usize = 1 << 28;
const WORKING_ROOM: usize = 6;

impl Solver<'_> {
    /// The base: owners as in the file, no duty, costs as they are.
    fn base(&self) -> Result<Base, SolveError> {
        let result = self.scenario(BASE, &Spec::base(), None, &[])?;
        Ok(Base::of(&result, self.case.product_ids.len()))
    }

    /// Solves one scenario.
    fn scenario(
        &self,
        name: &str,
        spec: &Spec,
        base: Option<&Base>,
        kinds: &[MatrixKind],
    ) -> Result<ScenarioResult, SolveError> {
        let (case, recovered) = (self.case, self.recovered);
        let scenario =
            ScenarioOfCase { case, recovered, name, spec, base_price: base.map(|base| base.price.as_slice()) };
        let failed = |error: SupplyError| scenario.failed(error);
        let on_sale =
            OnSale::of(case, &recovered.delta, scenario.on_sale()?).map_err(|error| scenario.failed(error))?;
        let demand = on_sale.demand(case, self.options.execution).map_err(|error| scenario.failed(error))?;
        let supply = scenario.supply(&on_sale)?;
        let problem = PriceProblem {
            demand: &demand,
            ownership: &supply.ownership,
            cost: &supply.cost,
            duty: &supply.duty,
            rising: supply.rising.as_ref(),
        };
        let options = PricingOptions { second_order: true, held: &supply.held, ..PricingOptions::default() };
        let mut notes = Vec::new();
        let (found, shadow_price, used) = if supply.limits.is_empty() {
            (equilibrium(&problem, &supply.start, options).map_err(failed)?, Vec::new(), Vec::new())
        } else {
            let found = equilibrium_with_limits(&problem, &supply.limits, &supply.start, options).map_err(failed)?;
            if found.shared {
                let note = "limits that bind depend on one another: only the sum of shadow prices on each product is determined, and of \
                            all that agree those of least squares are given";
                notes.push(note.to_owned());
            }
            (found.equilibrium, found.shadow_price, found.used)
        };
        // Shadow prices are part of what makers count as cost.
        let mut counted = supply.cost.clone();
        for (limit, mu) in supply.limits.iter().zip(&shadow_price) {
            limit.products.iter().for_each(|&j| counted[j] += mu);
        }
        let counted = PriceProblem { cost: &counted, ..problem };
        let second_order = Linearised::second_order_at(&counted, &found.price, &supply.held).map_err(failed)?;
        let mut deviations = Self::deviations(&counted, &found.price, &supply).map_err(failed)?;
        // What is gained on sales of none is rounding.
        deviations.retain(|deviation| deviation.gain > PRICED_OUT * deviation.price);
        let others = if self.options.many_starts && supply.limits.is_empty() {
            others(&problem, &found, &supply.held, &deviations, options)
        } else {
            Vec::new()
        };
        let in_demand = |error| scenario.failed(error);
        let thin = concentration(&demand, &found.price).map_err(in_demand)?;
        let thin: Vec<(usize, Concentration)> = thin
            .into_iter()
            .enumerate()
            .filter(|(place, of)| of.is_thin() && found.share[*place] >= PRICED_OUT)
            .collect();
        let own = own_response(&demand, &found.price).map_err(in_demand)?;
        let consumer_surplus = welfare::consumer_surplus(&demand, &found.price).map_err(in_demand)?;
        let products = 0..found.price.len();
        let column = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { products.clone().map(value).collect() };
        let marginal_cost = problem.marginal_cost(&found.price).into_owned();
        let beyond = supply.rising.as_ref().map(|rising| rising.beyond_marginal(&found.share));
        let effective_cost = column(&|j| supply.duty[j].effective_cost(marginal_cost[j]));
        // Where cost rises with volume, marginal cost times cars is not all that they cost.
        let net_profit = column(&|j| {
            let account = welfare::account(found.price[j], found.share[j], marginal_cost[j], supply.duty[j]);
            account.profit - beyond.as_ref().map_or(0.0, |beyond| beyond[j])
        });
        let duty_per_unit = |j: usize| supply.duty[j].per_unit(found.price[j]) - supply.local[j];
        if let Some(place) =
            (0..found.price.len()).find(|&place| scenario.turns_round(on_sale.kept[place], duty_per_unit(place)))
        {
            let id = &case.product_ids[on_sale.kept[place]];
            return Err(scenario.misfit(format!(
                "the duty on {id} is {:.4} a unit at its price of {:.4}: nothing is left of the price for it to be on after costs at home; lower its \
                 local_cost, or dist_share, or take the duty off it",
                duty_per_unit(place),
                found.price[place]
            )));
        }
        let markup = column(&|j| found.price[j] - effective_cost[j]);
        let whole = on_sale.kept.len() == case.product_ids.len();
        let mut result = ScenarioResult {
            name: name.to_owned(),
            product_ids: if whole {
                Vec::new()
            } else {
                on_sale.kept.iter().map(|&j| case.product_ids[j].clone()).collect()
            },
            retained_share: column(&|j| supply.duty[j].retained),
            lerner_effective: column(&|j| markup[j] / found.price[j]),
            duty_per_unit: column(&duty_per_unit),
            duty_revenue: column(&|j| found.share[j] * duty_per_unit(j)),
            net_profit,
            price_change: column(&|j| base.map_or(0.0, |base| found.price[j] - base.price[on_sale.kept[j]])),
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
            other_equilibria: others,
            deviations,
            thin,
            notes,
            second_order,
            marginal_cost,
            price: found.price,
            share: found.share,
            spec: serde_json::Value::Null,
            matrices: Vec::new(),
            products: on_sale.kept.clone(),
        };
        leave_empty(case, &mut result);
        if let Some((what, j)) = result.first_not_finite() {
            let product = result.products.get(j).map(|&j| case.product_ids[j].clone()).unwrap_or_default();
            let expected = "a finite number (is the product priced out of the market?)";
            return Err(failed(SupplyError::Product { product, what, value: f64::NAN, expected }));
        }
        let linear = || Ok(Linearised::at(&counted, &result.price, None)?.holding(&supply.held));
        result.matrices = Self::matrices(&demand, &result.price, linear, kinds).map_err(failed)?;
        Ok(result)
    }

    /// For each owner the best price of one of its products, all others unchanged, where that gains anything.
    fn deviations(problem: &PriceProblem, prices: &[f64], supply: &Supply) -> Result<Vec<Deviation>, SupplyError> {
        let free = |j: &usize| !supply.held.get(*j).copied().unwrap_or(false);
        let products: Vec<usize> = (0..prices.len()).filter(free).collect();
        let most = MOST_TOGETHER / problem.demand.population.len().max(1);
        let together = products.len().div_ceil(GROUPS).min(most).max(TOGETHER);
        let each: Result<Vec<_>, SupplyError> =
            products.par_chunks(together).map(|some| best_deviations(problem, prices, some)).collect();
        let found: Vec<Deviation> = each?.into_iter().flatten().flatten().collect();
        let owners = supply.ownership.owners();
        let best = |firm: usize| {
            let of_firm = found.iter().filter(|deviation| owners[deviation.product] == firm);
            of_firm.max_by(|a, b| a.gain.total_cmp(&b.gain)).cloned()
        };
        Ok((0..supply.ownership.firms()).filter_map(best).collect())
    }

    fn matrices(
        demand: &ExpectedDemand,
        prices: &[f64],
        linear: impl Fn() -> Result<Linearised, SupplyError>,
        kinds: &[MatrixKind],
    ) -> Result<Vec<CaseMatrix>, SupplyError> {
        let response = if kinds.iter().any(|kind| matches!(kind, MatrixKind::Elasticities | MatrixKind::Diversion)) {
            Some(price_response(demand, prices)?)
        } else {
            None
        };
        let mut matrices = Vec::new();
        for &kind in kinds {
            let values = match (kind, &response) {
                (MatrixKind::Elasticities, Some(response)) => response.elasticities().into_values(),
                (MatrixKind::Diversion, Some(response)) => response.diversion().into_values(),
                (MatrixKind::Elasticities | MatrixKind::Diversion, None) => continue,
                (MatrixKind::LongRunDiversion, _) => long_run_diversion(demand, prices)?.into_values(),
                (MatrixKind::PassThrough, _) => linear()?.pass_through()?.into_values(),
                (MatrixKind::ChoiceProbabilities, _) => choice_probabilities(demand, prices)?,
            };
            matrices.push(CaseMatrix { kind, values });
        }
        Ok(matrices)
    }
}

/// Leaves elasticities and diversion that are no numbers empty, and says so: prices stand without the response of buyers who are all taken.
fn leave_empty(case: &Case, result: &mut ScenarioResult) {
    let undefined = result.without_response();
    let Some(&first) = undefined.first() else { return };
    for &place in &undefined {
        (result.own_elasticity[place], result.outside_diversion[place]) = (f64::NAN, f64::NAN);
    }
    let id = &case.product_ids[result.products[first]];
    let more = if undefined.len() > 1 { format!(" and {} more", undefined.len() - 1) } else { String::new() };
    result.notes.push(format!(
        "elasticity and diversion of {id}{more} are left empty: nearly all who could buy buy one product, and too few are left to answer a price"
    ));
}

/// Equilibria other than `known` to which prices far below and above it lead, and prices at which an owner would gain.
fn others(
    problem: &PriceProblem,
    known: &Equilibrium,
    held: &[bool],
    deviations: &[Deviation],
    options: PricingOptions<'_>,
) -> Vec<OtherEquilibrium> {
    let free = |j: usize| !held.get(j).copied().unwrap_or(false);
    let times = |factor: f64| -> Vec<f64> {
        known.price.iter().enumerate().map(|(j, price)| if free(j) { factor * price } else { *price }).collect()
    };
    let deviated = |deviation: &Deviation| {
        let mut start = known.price.clone();
        start[deviation.product] = deviation.price;
        start
    };
    let mut starts: Vec<Vec<f64>> = [0.3, 0.7, 1.5, 3.0].map(times).into();
    starts.extend(deviations.iter().map(deviated));
    let found = from_many_starts(problem, &starts, options).unwrap_or_default();
    let differs = |price: &[f64]| price.iter().zip(&known.price).any(|(a, b)| ((a - b) / b).abs() > 1e-8);
    let other = |found: Equilibrium| OtherEquilibrium { price: found.price, share: found.share };
    found.into_iter().filter(|found| differs(&found.price)).map(other).collect()
}
