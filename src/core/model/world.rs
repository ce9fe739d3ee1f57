//! A world: one set of buyers with the base year solved, ready for any regime.

use super::buyers::{Buyers, BuyersError, StationaryStart};
use super::demand::choice::{Chooser, Column, ColumnError, ProductTable, Term};
use super::demand::{
    BuyerColumns, DemandError, Execution, ExpectedDemand, FixedUtility, Inversion, InversionOptions, Neighbour,
    OwnedBrands, Population, Products, Slopes, invert,
};
use super::ids::Id;
use super::market::{DemandParameters, DutyBasis, HoldingParameters, Market};
use super::on_sale;
use super::scenario::Scenario;
use super::streams::Streams;
use super::supply::rule::Conduct;
use super::supply::{
    CostRecovery, DutyTerms, MarginGuide, Ownership, PriceProblem, RisingCost, SupplyError, marginal_costs_near,
};
use super::trade::policy::normal_duties;

/// Owns no brand of this market: the last choice was the outside option.
pub const NO_BRAND: u16 = u16::MAX;

/// Why a world cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// The buyers cannot be drawn.
    #[error(transparent)]
    Buyers(#[from] BuyersError),
    /// Demand cannot be evaluated or the base year not inverted.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// The base year's costs cannot be recovered.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// Utilities so large that their exponentials leave the range of numbers.
    #[error(
        "buyer {buyer}: the exponential of the utility of {option} is {weight:e}, expected at most 1e280; the price response or \
         the spread of tastes (demand.alpha, demand.sigma...) is too large"
    )]
    Utility {
        /// Number of the buyer, from zero.
        buyer: usize,
        /// The model, or `outside`.
        option: String,
        /// The exponential.
        weight: f64,
    },
    /// The models cannot be laid out as options.
    #[error(transparent)]
    Options(#[from] ColumnError),
    /// A marginal cost that is not positive where the vertical chain or cost that rises with volume needs one that is.
    #[error(
        "{model}: its marginal cost comes out at {cost} USD, expected above 0: of a list price of {list_price_usd:.0} USD local \
         costs take {local_usd:.0}, and demand that hardly responds to its price explains more than the rest as margin; raise the \
         price response (demand.alpha) or, under the vertical chain, pricing.customs_value_share",
        cost = if cost_usd.abs() < 1e15 { format!("{cost_usd:.0}") } else { format!("{cost_usd:e}") }
    )]
    NoCost {
        /// Name of the model.
        model: String,
        /// The cost.
        cost_usd: f64,
        /// Its list price.
        list_price_usd: f64,
        /// Local costs.
        local_usd: f64,
    },
}

/// What a world is made from. No policy, price rule, date or government is among it: scenarios with the same facts have the same
/// worlds.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldFacts {
    /// The market in its base year.
    pub market: Market,
    /// Parameters of demand.
    pub demand: DemandParameters,
    /// Parameters of the purchase process.
    pub holding: HoldingParameters,
    /// Buyers in the population.
    pub buyers: usize,
    /// Buyers on whom equilibrium prices are solved, at most.
    pub pricing_nodes: usize,
    /// Whose profit a price is set for.
    pub conduct: Conduct,
    /// How marginal cost rises with volume.
    pub cost_volume: f64,
}

impl WorldFacts {
    /// Those of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        Self {
            market: scenario.market.clone(),
            demand: scenario.demand.clone(),
            holding: scenario.holding.clone(),
            buyers: scenario.buyers,
            pricing_nodes: scenario.pricing_nodes,
            conduct: scenario.conduct,
            cost_volume: scenario.cost_volume,
        }
    }
}

/// Buyers, mean utilities that meet the base year exactly, and the costs that make its prices an equilibrium.
#[derive(Clone, Debug)]
pub struct World {
    /// Incomes, tastes and the start of the purchase process.
    pub buyers: Buyers,
    /// The models as products, with brands and loyalty.
    pub products: Products,
    /// The solved base year: mean utilities, iterations, residual.
    pub inversion: Inversion,
    /// The models as the options of one buyer.
    pub options: Options,
    start_law: StationaryStart,
    /// What manufacturers price against.
    pub makers: Makers,
}

/// A solved world from which others are looked for.
#[derive(Clone, Copy, Debug)]
pub struct NearWorld<'a> {
    /// The world, of the same market.
    pub world: &'a World,
    /// How its base year answers, where the facts are the same.
    pub slopes: Option<&'a BaseYearSlopes>,
}

/// How the base year of a world answers to what is looked for in it: shares to mean utilities, first-order conditions to margins. Worlds of the
/// same facts answer nearly alike.
#[derive(Clone, Debug)]
pub struct BaseYearSlopes {
    shares: Option<Slopes>,
    margins: Option<MarginGuide>,
}

impl BaseYearSlopes {
    /// Buyers whose slopes stand for everybody's.
    const BUYERS: usize = 8192;

    /// Those of a world of these facts.
    ///
    /// # Errors
    /// Never for a world that was built from them.
    pub fn of(world: &World, facts: &WorldFacts, execution: Execution<'_>) -> Result<Self, WorldError> {
        let (list, delta) = (facts.market.base_prices(), &world.inversion.delta);
        let shares = Slopes::at(&nodes(&world.buyers)?, &world.products, delta, &list, Self::BUYERS);
        let makers = &world.makers;
        let demand = makers.demand(&world.products, delta, execution)?;
        let (ownership, duty) = (&makers.ownership, &base_duties(&facts.market));
        let cost = base_costs(&facts.market, &makers.costs.marginal_cost);
        let problem = PriceProblem { demand: &demand, ownership, cost: &cost, duty, rising: None };
        Ok(Self { shares, margins: MarginGuide::new(&problem, &list) })
    }
}

/// The base year's duties as its costs are recovered under: one on cost itself is part of the cost sought.
fn base_duties(market: &Market) -> Vec<DutyTerms> {
    normal_duties(market, &vec![0.0; market.len()]).iter().map(|duty| duty.terms()).collect()
}

/// Part of its cost that a normal duty on cost takes of each model.
fn rate_on_cost(market: &Market, model: usize) -> f64 {
    let own = &market.models[model];
    match market.normal_duty.basis == DutyBasis::Cost && own.imported {
        true => own.normal_rate.fraction() * market.customs_part(model),
        false => 0.0,
    }
}

/// Marginal costs with the normal duty on them.
fn base_costs(market: &Market, marginal_cost: &[f64]) -> Vec<f64> {
    marginal_cost.iter().enumerate().map(|(j, cost)| cost * (1.0 + rate_on_cost(market, j))).collect()
}

impl World {
    /// Draws the buyers with the scrambling `key` and solves the base year. The search for mean utilities and costs begins at those of `near`,
    /// a world of the same facts with other buyers, where there is one.
    ///
    /// # Errors
    /// [`WorldError`] when the buyers cannot be drawn or the base year has no solution.
    pub fn build(
        facts: &WorldFacts,
        key: u64,
        near: Option<NearWorld<'_>>,
        execution: Execution<'_>,
    ) -> Result<Self, WorldError> {
        let market = &facts.market;
        let buyers = Buyers::draw(facts.buyers, key, market, &facts.demand)?;
        let nodes = nodes(&buyers)?;
        let characteristics = characteristics(market);
        let products = products(market, &facts.demand, &characteristics)?;
        let list = market.base_prices();
        let shares = market.base_shares();
        let slopes = near.and_then(|near| near.slopes);
        let near = near.map(|near| near.world);
        let from = near.map(|world| Neighbour {
            delta: &world.inversion.delta,
            slopes: slopes.and_then(|known| known.shares.as_ref()),
        });
        let inversion = invert(&nodes, &products, &list, &shares, from, InversionOptions::default(), execution)?;
        let options = Options::new(market, &products, &characteristics, &inversion.delta, &facts.demand)?;
        execution.stop.check()?;
        // A law of the purchase process alone, and dear to tabulate.
        let known = near.map(|world| &world.start_law).filter(|law| law.is_of(&facts.holding));
        let start_law = known.cloned().map_or_else(|| StationaryStart::new(&facts.holding), Ok)?;
        check_utilities(&buyers, &options, &products, &list)?;
        let margins = slopes.and_then(|known| known.margins.as_ref());
        let makers = Makers::new(facts, &nodes, (&products, &inversion.delta), margins, execution)?;
        Ok(Self { buyers, products, inversion, options, start_law, makers })
    }
}

/// The largest absolute value; not a number where one is not.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |most: f64, x| if x.abs() > most || x.is_nan() { x.abs() } else { most })
}

/// Refuses utilities whose exponentials overflow: sums and products of them would no longer be numbers.
fn check_utilities(buyers: &Buyers, options: &Options, products: &Products, list: &[f64]) -> Result<(), WorldError> {
    const LARGEST: f64 = 1e280;
    // Most markets are far from it, which the extremes of what a utility is made of tell without an exponential.
    const SMALL: f64 = 600.0;
    let felt = products.felt_prices(list);
    let columns = buyers.tastes.len() / buyers.len().max(1);
    let of_column = |k: usize| {
        let across = (0..products.len()).map(|j| products.characteristics(j)[k]);
        largest(buyers.tastes.iter().skip(k).step_by(columns).copied()) * largest(across)
    };
    let of_price = largest(buyers.price_response.iter().copied()) * largest(felt.iter().copied());
    let intercept = largest(options.intercepts(NO_BRAND).values().iter().copied());
    if (0..columns).map(of_column).sum::<f64>() + of_price + intercept < SMALL
        && buyers.outside_weight.iter().all(|&weight| weight <= LARGEST)
    {
        return Ok(());
    }
    let prices = Column::new(&felt, 0.0);
    let mut weights = options.table.zeros();
    for buyer in 0..buyers.len() {
        let (tastes, alpha) = (buyers.tastes_of(buyer), buyers.price_response[buyer]);
        options.chooser.exp_utilities(
            &options.table,
            options.intercepts(NO_BRAND).exact(),
            &prices,
            tastes,
            alpha,
            &mut weights,
        );
        let too_large = |weight: &f64| weight.is_nan() || *weight > LARGEST;
        if let Some(j) = weights.values().iter().position(too_large) {
            return Err(WorldError::Utility { buyer, option: products.name(j).into(), weight: weights.values()[j] });
        }
        let weight = buyers.outside_weight[buyer];
        if too_large(&weight) {
            return Err(WorldError::Utility { buyer, option: "outside".into(), weight });
        }
    }
    Ok(())
}

/// How the purchase process of each buyer stands when a replication begins: the stationary law, so that the status quo
/// has no transient.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Weeks to the first purchase event, real numbers.
    pub first_event_week: Vec<f64>,
    /// Brand owned, drawn from the buyer's own stationary law; [`NO_BRAND`] for none.
    pub owned: Vec<u16>,
    /// Whether the interval that runs at the start is a lease.
    pub leased: Vec<bool>,
}

impl Start {
    /// Every buyer comes to market once, spread evenly over the weeks, and owns no brand of it: the static limit.
    #[must_use]
    pub fn one_shot(buyers: usize, weeks: u32) -> Self {
        // Consecutive points of the sequence of buyers are balanced samples, so each week gets one.
        let week = |i: usize| i as f64 * f64::from(weeks) / buyers as f64;
        Self {
            first_event_week: (0..buyers).map(week).collect(),
            owned: vec![NO_BRAND; buyers],
            leased: vec![false; buyers],
        }
    }
}

impl World {
    /// The start of one replication: the same for every regime.
    #[must_use]
    pub fn start(&self, list_prices: &[f64], streams: &Streams) -> Start {
        let options = &self.options;
        let prices = Column::new(&self.products.felt_prices(list_prices), 0.0);
        let mut weights = options.table.zeros();
        let mut brand_sums = vec![0.0; self.products.loyalty().len()];
        let mut start = Start { first_event_week: Vec::new(), owned: Vec::new(), leased: Vec::new() };
        for (i, [interval, residual, owned]) in self.buyers.rotated_start(streams).enumerate() {
            start.first_event_week.push(self.start_law.residual_weeks(interval, residual));
            start.leased.push(self.start_law.is_lease(interval));
            let (tastes, alpha) = (self.buyers.tastes_of(i), self.buyers.price_response[i]);
            options.chooser.exp_utilities(
                &options.table,
                options.intercepts(NO_BRAND).exact(),
                &prices,
                tastes,
                alpha,
                &mut weights,
            );
            brand_sums.fill(0.0);
            for (weight, brand) in weights.values().iter().zip(&options.brand) {
                brand_sums[usize::from(*brand)] += weight;
            }
            start.owned.push(draw_owned(&brand_sums, self.products.loyalty(), self.buyers.outside_weight[i], owned));
        }
        start
    }
}

/// The brand at `u` of the stationary law of owned brands: rho(b) ~ S_b (A + k_b S_b), rho(none) ~ e_0 A.
fn draw_owned(brand_sums: &[f64], loyalty: &[f64], outside: f64, u: f64) -> u16 {
    let total = outside + brand_sums.iter().sum::<f64>();
    let flow = |(sum, k): (&f64, &f64)| sum * (total + k * sum);
    let all = outside * total + brand_sums.iter().zip(loyalty).map(flow).sum::<f64>();
    let mut left = u * all;
    for (brand, pair) in brand_sums.iter().zip(loyalty).enumerate() {
        left -= flow(pair);
        if left < 0.0 {
            return brand as u16;
        }
    }
    NO_BRAND
}

/// The pricing side of a world: the buyers that list prices are solved on, owned brands in expectation, and costs.
#[derive(Clone, Debug)]
pub struct Makers {
    /// The first buyers of the population, weighted to stand for all.
    pub nodes: Population,
    /// Law of owned brands at base-year utilities, fixed while prices move.
    pub owned: OwnedBrands,
    /// What of the nodes' utilities prices do not move; none where it would be very large.
    fixed: Option<FixedUtility>,
    /// Who sets which price, and who counts whose profit.
    pub ownership: Ownership,
    /// Marginal costs at which base-year prices are the Bertrand-Nash equilibrium, USD: under the retail chain to the showroom, dealers'
    /// margin included; under the vertical chain at the border.
    pub costs: CostRecovery,
    /// How those costs rise with volumes; none where they are constant.
    pub rising: Option<RisingCost>,
}

impl Makers {
    fn new(
        facts: &WorldFacts,
        nodes: &Population,
        (products, delta): (&Products, &[f64]),
        near: Option<&MarginGuide>,
        execution: Execution<'_>,
    ) -> Result<Self, WorldError> {
        let market = &facts.market;
        let used = facts.pricing_nodes.min(nodes.len());
        let nodes = nodes.first(used, nodes.len() as f64 / used as f64);
        let list = market.base_prices();
        let owned = OwnedBrands::stationary(&nodes, products, delta, &list)?;
        let ownership = market.ownership(facts.conduct)?;
        let fixed = FixedUtility::new(&nodes, products, delta);
        let demand = ExpectedDemand::new(&nodes, products, delta, Some(&owned), execution)?;
        let demand = fixed.iter().fold(demand, ExpectedDemand::with_fixed);
        // A normal duty on cost is a share of the cost sought: solve for cost with duty, then divide.
        let mut costs = marginal_costs_near(&demand, &ownership, &base_duties(market), &list, near)?;
        for (j, cost) in costs.marginal_cost.iter_mut().enumerate() {
            *cost *= 1.0 / (1.0 + rate_on_cost(market, j));
        }
        let must_be_positive = market.chain.is_vertical() || facts.cost_volume > 0.0;
        if let Some(j) = costs.marginal_cost.iter().position(|cost| must_be_positive && *cost <= 0.0) {
            let (model, list_price_usd) = (market.models[j].name.clone(), market.models[j].list_price_usd);
            let (cost_usd, local_usd) = (costs.marginal_cost[j], market.chain.local_usd(j));
            return Err(WorldError::NoCost { model, cost_usd, list_price_usd, local_usd });
        }
        let rising = (facts.cost_volume > 0.0).then(|| RisingCost {
            gamma: facts.cost_volume,
            maker: market.models.iter().map(|m| m.imported.then(|| m.manufacturer.index())).collect(),
            unit_cost: costs.marginal_cost.clone(),
            base_share: demand.shares(&list).product,
        });
        Ok(Self { nodes, owned, fixed, ownership, costs, rising })
    }

    /// Demand as manufacturers expect it: the whole population, owned brands in expectation.
    ///
    /// `products` must be those of the world that the makers belong to; `delta` may be others than the base year's, of models that are not
    /// on sale.
    ///
    /// # Errors
    /// Never for a world made by [`World::build`] and its own products and intercepts.
    pub fn demand<'a>(
        &'a self,
        products: &'a Products,
        delta: &'a [f64],
        execution: Execution<'a>,
    ) -> Result<ExpectedDemand<'a>, DemandError> {
        let demand = ExpectedDemand::new(&self.nodes, products, delta, Some(&self.owned), execution)?;
        Ok(self.fixed.iter().fold(demand, ExpectedDemand::with_fixed))
    }
}

/// The models as one buyer sees them: characteristics, and one column of intercepts for each brand he may own.
#[derive(Clone, Debug)]
pub struct Options {
    /// Kernels for this processor.
    pub chooser: Chooser,
    /// Characteristics.
    pub table: ProductTable,
    intercepts: Vec<Term>,
    brand: Vec<u16>,
}

impl Options {
    fn new(
        market: &Market,
        products: &Products,
        characteristics: &[Vec<f64>],
        delta: &[f64],
        demand: &DemandParameters,
    ) -> Result<Self, ColumnError> {
        let columns: Vec<&[f64]> = characteristics.iter().map(Vec::as_slice).collect();
        let table = ProductTable::new(products.len(), &columns)?;
        let plain = table.intercepts(delta)?;
        let loyal =
            |(brand, lambda): (_, &f64)| table.loyal_intercepts(&plain, |j| market.models[j].brand == brand, *lambda);
        let mut intercepts: Vec<Term> = demand.loyalty.iter().map(loyal).collect();
        intercepts.push(plain);
        Ok(Self {
            chooser: Chooser::new(),
            table,
            intercepts,
            brand: market.models.iter().map(|m| m.brand.0).collect(),
        })
    }
    /// Number of models.
    #[must_use]
    pub fn models(&self) -> usize {
        self.brand.len()
    }
    /// Intercepts of an owner of `brand` ([`NO_BRAND`] for none).
    #[must_use]
    pub fn intercepts(&self, brand: u16) -> &Term {
        &self.intercepts[usize::from(brand).min(self.intercepts.len() - 1)]
    }
    /// The options where these parts of the exponentials of the models' utilities count ([`super::on_sale`]).
    #[must_use]
    pub fn on_sale(&self, parts: &[f64]) -> Self {
        let mut narrow = self.clone();
        for column in &mut narrow.intercepts {
            let mut moved = on_sale::utilities(column.values(), parts);
            // Nothing is made of the size of what is not on sale.
            moved
                .iter_mut()
                .zip(parts)
                .filter(|(_, part)| **part <= 0.0)
                .for_each(|(delta, _)| *delta = f64::NEG_INFINITY);
            column.replace(&moved);
        }
        narrow
    }
    /// Brand of each model.
    #[must_use]
    pub fn brands(&self) -> &[u16] {
        &self.brand
    }
    /// Brand owned after a choice.
    #[must_use]
    pub fn brand_after(&self, choice: Option<usize>) -> u16 {
        choice.map_or(NO_BRAND, |model| self.brand[model])
    }
}

/// The buyers as integration nodes of weight 1/N.
fn nodes(buyers: &Buyers) -> Result<Population, DemandError> {
    let n = buyers.len();
    let columns = buyers.tastes.len() / n.max(1);
    let tastes: Vec<Vec<f64>> =
        (0..columns).map(|k| buyers.tastes.iter().skip(k).step_by(columns).copied().collect()).collect();
    Population::new(BuyerColumns {
        weight: &vec![1.0 / n as f64; n],
        price_response: &buyers.price_response,
        outside_utility: Some(&buyers.outside),
        tastes: &tastes.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    })
}

/// Columns that buyers have tastes for: standardised characteristics, an import dummy, a dummy for each region.
fn characteristics(market: &Market) -> Vec<Vec<f64>> {
    let dummy =
        |test: &dyn Fn(usize) -> bool| (0..market.len()).map(|j| f64::from(u8::from(test(j)))).collect::<Vec<f64>>();
    let mut columns = market.characteristics.columns.clone();
    columns.push(dummy(&|j| !market.domestic[market.models[j].region]));
    columns.extend(market.regions.ids().map(|region| dummy(&|j| market.models[j].region == region)));
    columns
}

fn products(market: &Market, demand: &DemandParameters, characteristics: &[Vec<f64>]) -> Result<Products, DemandError> {
    let names = market.models.iter().map(|model| model.name.clone()).collect();
    let brands: Vec<usize> = market.models.iter().map(|model| usize::from(model.brand.0)).collect();
    Products::new(names, &characteristics.iter().map(Vec::as_slice).collect::<Vec<_>>())?
        .with_loyalty(&brands, demand.loyalty.as_slice())?
        .with_curvature(demand.curvature, &market.base_prices())
}
