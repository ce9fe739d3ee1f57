//! One scenario of a case as the model takes it: the products on sale, who sets their prices, costs, duties, limits.

use std::collections::BTreeMap;

use super::error::SolveError;
use crate::config::case::{Basis, Case, HeldAt, OwnershipSpec, Selection, Spec, TariffSpec};
use crate::model::demand::{DemandError, Execution, ExpectedDemand, Products};
use crate::model::supply::{DutyRule, DutyTerms, Limit, Ownership, RisingCost, SupplyError};
use crate::study::solution::Recovered;

/// Numbers that who owns what and the second-order conditions may take together: 2 GB.
const MOST_NUMBERS: usize = 1 << 28;

/// Refuses a market whose table of owners and matrices of second-order conditions would take more memory than they may: each owner's, or where
/// it is not `plain` those of all products together.
pub(super) fn room(place: &str, owner: &[usize], owners: usize, plain: bool) -> Result<(), SolveError> {
    // What is formed on the way to the matrix that is looked at.
    const MATRICES: usize = 6;
    let square = |side: usize| side.saturating_mul(side);
    let mut own = vec![0_usize; owners];
    owner.iter().for_each(|&owner| own[owner] += 1);
    let conditions =
        if plain { own.into_iter().map(square).fold(0, usize::saturating_add) } else { square(owner.len()) };
    let numbers = conditions.saturating_mul(MATRICES).saturating_add(square(owners).saturating_mul(2));
    if numbers <= MOST_NUMBERS {
        return Ok(());
    }
    let gigabytes = numbers as f64 * 8e-9;
    Err(SolveError::TooMany { case: place.to_owned(), products: owner.len(), owners, gigabytes })
}

/// Numbers in order of appearance of the names that mean the same, and the first spelling of each.
pub(super) fn distinct<'a>(values: impl IntoIterator<Item = &'a String>) -> (Vec<String>, Vec<usize>) {
    let mut names: Vec<String> = Vec::new();
    let mut number: BTreeMap<String, usize> = BTreeMap::new();
    let owner = values.into_iter().map(|value| {
        *number.entry(Case::meaning(value)).or_insert_with(|| {
            names.push(value.clone());
            names.len() - 1
        })
    });
    let owner = owner.collect();
    (names, owner)
}

/// Some products of a case and the demand for them.
pub(super) struct OnSale {
    /// Numbers of the products in the case.
    pub kept: Vec<usize>,
    pub products: Products,
    delta: Vec<f64>,
}

impl OnSale {
    pub fn of(case: &Case, delta: &[f64], kept: Vec<usize>) -> Result<Self, DemandError> {
        let names = kept.iter().map(|&j| case.product_ids[j].clone()).collect();
        let column = |k: usize| -> Vec<f64> { kept.iter().map(|&j| case.products.characteristics(j)[k]).collect() };
        let columns: Vec<Vec<f64>> = (0..case.products.columns()).map(column).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let delta = kept.iter().map(|&j| delta[j]).collect();
        let mut products = Products::new(names, &columns)?;
        if let (true, Some(price)) = (case.curvature != 1.0, &case.price) {
            let reference: Vec<f64> = kept.iter().map(|&j| price[j]).collect();
            products = products.with_curvature(case.curvature, &reference)?;
        }
        Ok(Self { kept, products, delta })
    }

    pub fn demand<'a>(&'a self, case: &'a Case, execution: Execution<'a>) -> Result<ExpectedDemand<'a>, DemandError> {
        ExpectedDemand::new(&case.population, &self.products, &self.delta, None, execution)
    }

    /// Values of these products.
    pub fn gather(&self, values: &[f64]) -> Vec<f64> {
        self.kept.iter().map(|&j| values[j]).collect()
    }
}

/// Terms of a product on the vertical chain at a rate on its border price: `p = (1 + rate) w + dollars`.
pub(super) fn on_chain(rate: f64, dollars: f64) -> DutyTerms {
    DutyTerms { retained: 1.0 / (1.0 + rate), fixed: dollars / (1.0 + rate) }
}

/// Terms of every product in the base, by number in the case: the normal duty and the way from the border.
pub(super) fn base_terms(case: &Case) -> Vec<DutyTerms> {
    match &case.chain {
        None => vec![DutyTerms::NONE; case.product_ids.len()],
        Some(chain) => {
            chain.base_rate.iter().zip(&chain.local_cost).map(|(rate, local)| on_chain(*rate, *local)).collect()
        }
    }
}

/// Supply of one scenario, in the order of the products on sale.
pub(super) struct Supply {
    pub ownership: Ownership,
    /// Marginal cost, at base volumes where it rises with them.
    pub cost: Vec<f64>,
    pub rising: Option<RisingCost>,
    pub duty: Vec<DutyTerms>,
    /// What of the terms is no duty but the way from the border, in the unit of prices.
    pub local: Vec<f64>,
    pub limits: Vec<Limit>,
    /// Where the search starts; the price itself where it is held.
    pub start: Vec<f64>,
    /// Whose prices are held fixed; empty where none is.
    pub held: Vec<bool>,
}

/// A scenario being read against its case.
pub(super) struct ScenarioOfCase<'a> {
    pub case: &'a Case,
    pub recovered: &'a Recovered,
    pub name: &'a str,
    pub spec: &'a Spec,
    /// Prices of the base by number of the product in the case, NaN where it is not sold; absent for the base itself.
    pub base_price: Option<&'a [f64]>,
}

impl ScenarioOfCase<'_> {
    pub fn failed(&self, error: impl Into<SupplyError>) -> SolveError {
        let (case, scenario) = (self.case.name.clone(), self.name.to_owned());
        SolveError::Scenario { case, scenario, error: Box::new(error.into()) }
    }

    pub(super) fn misfit(&self, message: String) -> SolveError {
        let (case, file) = (self.case.name.clone(), self.case.specs_name());
        SolveError::Specification { case, file, scenario: self.name.to_owned(), message }
    }

    fn missing(&self, column: &'static str, why: &'static str) -> SolveError {
        SolveError::Missing { case: self.case.name.clone(), column, why }
    }

    /// The products a selection names; it must name one.
    fn some(&self, what: &str, selection: &Selection) -> Result<Vec<usize>, SolveError> {
        let found = self.case.select(selection);
        if found.is_empty() {
            let (words, values) = (Case::in_words(selection), self.case.values_of(selection));
            return Err(self.misfit(format!("{what}: no product has {words} ({values}); correct its `where`")));
        }
        Ok(found)
    }

    /// Numbers of the products sold in this scenario.
    pub fn on_sale(&self) -> Result<Vec<usize>, SolveError> {
        let mut sold = self.case.on_sale.clone();
        for (what, selections, value) in [("add", &self.spec.add, true), ("remove", &self.spec.remove, false)] {
            for selection in selections {
                let found = self.some(what, selection)?;
                if found.iter().all(|&j| sold[j] == value) {
                    let state =
                        if value { "on sale already: `on_sale` is 0 for a product to be added" } else { "not on sale" };
                    return Err(self.misfit(format!("{what}: {} is {state}", self.case.product_ids[found[0]])));
                }
                found.into_iter().for_each(|j| sold[j] = value);
            }
        }
        let kept: Vec<usize> = (0..sold.len()).filter(|&j| sold[j]).collect();
        if kept.is_empty() { Err(self.misfit("nothing is left on sale".to_owned())) } else { Ok(kept) }
    }

    fn ownership(&self, kept: &[usize]) -> Result<Ownership, SolveError> {
        let case = self.case;
        let failed = |error: SupplyError| self.failed(error);
        match &self.spec.ownership {
            OwnershipSpec::Single => {
                self.has_room(&(0..kept.len()).collect::<Vec<_>>(), kept.len(), true)?;
                Ownership::single_products(&kept.iter().map(|&j| case.product_ids[j].clone()).collect::<Vec<_>>())
                    .map_err(failed)
            }
            OwnershipSpec::Column(column) => {
                let cells = case.column(column).unwrap_or_default();
                let (names, owner) = distinct(kept.iter().filter_map(|&j| cells.get(j)));
                self.has_room(&owner, names.len(), true)?;
                Ownership::of_firms(names, owner).map_err(failed)
            }
            OwnershipSpec::Firm { merge, holdings } => {
                let same = |a: &String, b: &String| Case::meaning(a) == Case::meaning(b);
                let merged = |firm: &String| {
                    let group = merge.iter().find(|group| group.iter().any(|member| same(member, firm)));
                    group.map_or_else(|| firm.clone(), |group| group.join(" + "))
                };
                let owners: Vec<String> = kept.iter().map(|&j| merged(&case.firm_ids[j])).collect();
                let (names, owner) = distinct(&owners);
                let count = names.len();
                self.has_room(&owner, count, holdings.is_empty())?;
                let parts = self.parts(&names, holdings, &merged)?;
                Ownership::with_holdings(names, owner, parts).map_err(failed)
            }
        }
    }

    /// Who counts how much of whose profits, owner by owner. What the firms that make up an owner hold of one firm is summed; of an owner that is
    /// made up of several firms there is one part, and of each of them that are named the same.
    fn parts(
        &self,
        names: &[String],
        holdings: &[(String, String, f64)],
        merged: &dyn Fn(&String) -> String,
    ) -> Result<Vec<f64>, SolveError> {
        let count = names.len();
        let meanings: Vec<String> = names.iter().map(|name| Case::meaning(name)).collect();
        let number = |firm: &String| {
            let found = meanings.iter().position(|name| *name == Case::meaning(&merged(firm)));
            found.ok_or_else(|| self.misfit(format!("holdings: firm {firm} sells nothing here; take the entry out")))
        };
        // By holder, owner held and firm held.
        let mut sums: BTreeMap<(usize, usize, String), f64> = BTreeMap::new();
        for (holder, held, part) in holdings {
            let (by, of) = (number(holder)?, number(held)?);
            if by == of {
                return Err(self.misfit(format!(
                    "holdings: firm {holder} cannot hold a part of itself ({held}); take the entry out"
                )));
            }
            *sums.entry((by, of, Case::meaning(held))).or_default() += part;
        }
        let mut parts = vec![0.0; count * count];
        parts.iter_mut().step_by(count + 1).for_each(|own| *own = 1.0);
        let mut found: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for ((by, of, _), part) in sums {
            let known = *found.entry((by, of)).or_insert(part);
            parts[by * count + of] = part;
            if (known - part).abs() > 1e-12 {
                let (by, of) = (&names[by], &names[of]);
                return Err(self.misfit(format!(
                    "holdings: {by} would hold {known} and {part} of firms that are one owner here ({of}), whose profits are one; write the same part for each \
                     of them, or one entry"
                )));
            }
        }
        for (of, name) in names.iter().enumerate() {
            let held: f64 = (0..count).filter(|by| *by != of).map(|by| parts[by * count + of]).sum();
            if held > 1.0 + 1e-9 {
                return Err(self.misfit(format!(
                    "holdings: the parts of {name} that others hold sum to {held}; let them sum to 1 at most"
                )));
            }
        }
        Ok(parts)
    }

    /// Refuses a market that would take more memory than it may.
    fn has_room(&self, owner: &[usize], owners: usize, plain: bool) -> Result<(), SolveError> {
        // Conditions of owners whose profits, costs or limits hang on one another are those of all products together.
        let plain = plain && self.case.rising.is_none() && self.spec.limits.is_empty();
        room(&format!("{}, scenario {}", self.case.name, self.name), owner, owners, plain)
    }

    fn duty(&self, kept: &[usize], cost: &[f64]) -> Result<Vec<DutyTerms>, SolveError> {
        let case = self.case;
        let mut duty: Vec<Option<DutyTerms>> = vec![None; cost.len()];
        for tariff in &self.spec.tariffs {
            for j in case.select(&tariff.products).into_iter().filter(|j| kept.contains(j)) {
                let id = &case.product_ids[j];
                let observed = || match case.price.as_ref().map(|price| price[j]) {
                    Some(price) if price.is_finite() => Ok(price),
                    Some(_) => {
                        Err(self.misfit(format!("this duty is based on observed prices, and price0 of {id} is empty")))
                    }
                    None => Err(self.missing("price0", "this duty is based on observed prices")),
                };
                let kind = match tariff.basis {
                    Basis::Cost(rate) if rate != 0.0 && case.rising.as_ref().is_some_and(|rising| rising.rises[j]) => {
                        let message = format!(
                            "a duty on cost is not defined for {id}, whose cost rises with volume (cost_volume): use another basis"
                        );
                        return Err(self.misfit(message));
                    }
                    Basis::Cost(rate) if rate != 0.0 && cost[j] < 0.0 => {
                        let message = format!(
                            "a duty on cost would be a subsidy for {id}, whose marginal cost is {:.4}; use another basis, leave \
                             the product out, or correct its demand (too inelastic at its price)",
                            cost[j]
                        );
                        return Err(self.misfit(message));
                    }
                    Basis::Cost(rate) => DutyRule::Cost { rate },
                    Basis::Specific(amount) => DutyRule::Specific { amount },
                    Basis::Retail(rate) => DutyRule::Retail { rate },
                    Basis::RetailShare(rate, kappa) => DutyRule::RetailShare { rate, kappa },
                    Basis::Border(rate) => DutyRule::Border { rate },
                    Basis::BorderDistribution(rate, share) => {
                        DutyRule::BorderDistribution { rate, distribution: share * observed()? }
                    }
                    Basis::List(rate, customs_share) => DutyRule::List { rate, customs_share, list_price: observed()? },
                };
                if duty[j].is_some() {
                    return Err(self.misfit(format!("two tariffs meet on {id}: let a product match one")));
                }
                let terms = match &case.chain {
                    None => kind.terms(id, cost[j]).map_err(|error| self.failed(error))?,
                    Some(chain) => {
                        let (rate, local) = (chain.base_rate[j], chain.local_cost[j]);
                        match tariff.basis {
                            Basis::Border(more) => on_chain(rate + more, local),
                            Basis::Specific(_) | Basis::List(..) | Basis::Cost(_) => {
                                let amount = kind.terms(id, cost[j]).map_err(|error| self.failed(error))?.fixed;
                                on_chain(rate, local + amount)
                            }
                            _ => {
                                let message = "with local_cost or base_rate in products.csv duties are border, specific, list or cost";
                                return Err(self.misfit(message.to_owned()));
                            }
                        }
                    }
                };
                duty[j] = Some(terms);
            }
        }
        Ok(duty.into_iter().zip(base_terms(case)).map(|(duty, base)| duty.unwrap_or(base)).collect())
    }

    /// Whether a product's duty is below zero though no rate on it is: a subsidy that nobody asked for.
    pub(super) fn turns_round(&self, product: usize, duty_per_unit: f64) -> bool {
        let asked = |tariff: &TariffSpec| match tariff.basis {
            Basis::Specific(level)
            | Basis::Cost(level)
            | Basis::Retail(level)
            | Basis::RetailShare(level, _)
            | Basis::Border(level)
            | Basis::BorderDistribution(level, _)
            | Basis::List(level, _) => level < 0.0,
        };
        // What rounds is no duty.
        duty_per_unit < -1e-9
            && !self
                .spec
                .tariffs
                .iter()
                .any(|tariff| asked(tariff) && self.case.select(&tariff.products).contains(&product))
    }

    fn limits(&self, kept: &[usize]) -> Result<Vec<Limit>, SolveError> {
        let limit = |spec: &crate::config::case::LimitSpec| {
            let found = self.some(&format!("limit {}", spec.name), &spec.products)?;
            let products: Vec<usize> =
                kept.iter().enumerate().filter(|(_, j)| found.contains(j)).map(|(k, _)| k).collect();
            if products.is_empty() {
                let words = Case::in_words(&spec.products);
                return Err(self.misfit(format!("limit {}: nothing with {words} is on sale here", spec.name)));
            }
            Ok(Limit { name: spec.name.clone(), products, share: spec.share })
        };
        self.spec.limits.iter().map(limit).collect()
    }

    /// A column of prices above zero.
    fn price_column(&self, key: &str, column: &str, needed: &[usize]) -> Result<Vec<f64>, SolveError> {
        let cells = self.case.column(column).unwrap_or_default();
        let mut prices = vec![f64::NAN; cells.len()];
        for &j in needed {
            prices[j] = cells[j].parse().unwrap_or(f64::NAN);
            if !(prices[j] > 0.0 && prices[j].is_finite()) {
                let (place, cell) = (self.case.place(j), &cells[j]);
                return Err(self.misfit(format!(
                    "{key}: {place}: {column} is {cell:?}, expected a price above 0; fill the cell, or name a column that has prices of these products"
                )));
            }
        }
        Ok(prices)
    }

    /// Where the search starts: a column named here, `start_price`, observed prices, or a markup on effective cost.
    fn start(&self, kept: &[usize], cost: &[f64], duty: &[DutyTerms]) -> Result<Vec<f64>, SolveError> {
        let named = self.spec.start.as_ref().map(|column| self.price_column("start", column, kept)).transpose()?;
        let given = named.as_ref().or(self.case.start.as_ref()).or(self.case.price.as_ref());
        let markup = |k: usize| {
            let effective = duty[k].effective_cost(cost[k]);
            if effective > 0.0 { 1.5 * effective } else { 1.0 }
        };
        let start = kept
            .iter()
            .enumerate()
            .map(|(k, &j)| given.map(|given| given[j]).filter(|price| price.is_finite()).unwrap_or_else(|| markup(k)));
        Ok(start.collect())
    }

    /// Moves held prices in `start` to where they stay; says which are held.
    fn hold(&self, kept: &[usize], start: &mut [f64]) -> Result<Vec<bool>, SolveError> {
        if self.spec.hold.is_empty() {
            return Ok(Vec::new());
        }
        let mut held = vec![false; kept.len()];
        for hold in &self.spec.hold {
            let chosen: Vec<usize> =
                self.some("hold", &hold.products)?.into_iter().filter(|j| kept.contains(j)).collect();
            let column = match &hold.at {
                HeldAt::Column(column) => self.price_column("hold", column, &chosen)?,
                _ => Vec::new(),
            };
            for (k, j) in kept.iter().enumerate().filter(|(_, j)| chosen.contains(j)) {
                let price = match &hold.at {
                    HeldAt::Base => self.base_price.map_or(f64::NAN, |base| base[*j]),
                    HeldAt::Price(price) => *price,
                    HeldAt::Column(_) => column[*j],
                };
                let id = &self.case.product_ids[*j];
                if !price.is_finite() {
                    return Err(
                        self.misfit(format!("hold: {id} has no price in the base: give `at` a price or a column"))
                    );
                }
                if held[k] {
                    return Err(self.misfit(format!("two entries of hold meet on {id}: let a product match one")));
                }
                (held[k], start[k]) = (true, price);
            }
        }
        Ok(held)
    }

    /// How the cost of the products on sale rises with volume, at these base costs.
    fn rising(&self, kept: &[usize], cost: &[f64]) -> Result<Option<RisingCost>, SolveError> {
        let case = self.case;
        let Some(rising) = &case.rising else { return Ok(None) };
        let rises = |j: usize| rising.rises[j];
        // A firm's volumes in the base are those of all it sold there.
        if let Some(j) = (0..rising.rises.len()).find(|j| rises(*j) && case.on_sale[*j] && !kept.contains(j)) {
            let id = &case.product_ids[j];
            return Err(self.misfit(format!(
                "remove: {id} is among the volumes that its firm's costs rise with (cost_volume): leave it out there, or tax it away"
            )));
        }
        if let Some(k) = (0..kept.len()).find(|k| rises(kept[*k]) && cost[*k] <= 0.0) {
            let id = &case.product_ids[kept[k]];
            return Err(self.misfit(format!(
                "cost_volume: the marginal cost of {id} is {:.4}, expected above 0: leave it out there, or correct its demand",
                cost[k]
            )));
        }
        // Makers and not owners: what is merged keeps its plants.
        let (firms, maker) = distinct(kept.iter().map(|&j| &case.firm_ids[j]));
        let base_share: Vec<f64> = kept.iter().map(|&j| rising.base_share[j]).collect();
        let sold: Vec<f64> = (0..firms.len())
            .map(|firm| (0..kept.len()).filter(|k| maker[*k] == firm && rises(kept[*k])).map(|k| base_share[k]).sum())
            .collect();
        if let Some(k) = (0..kept.len()).find(|k| rises(kept[*k]) && sold[maker[*k]] <= 0.0) {
            let (id, firm) = (&case.product_ids[kept[k]], &firms[maker[k]]);
            return Err(self.misfit(format!(
                "cost_volume: firm {firm} sells nothing of the kind in the base, so that the cost of {id} has nothing to rise from: leave it \
                 out there"
            )));
        }
        Ok(Some(RisingCost {
            gamma: rising.elasticity,
            maker: (0..kept.len()).map(|k| rises(kept[k]).then_some(maker[k])).collect(),
            unit_cost: cost.to_vec(),
            base_share,
        }))
    }

    pub fn supply(&self, on_sale: &OnSale) -> Result<Supply, SolveError> {
        let kept = &on_sale.kept;
        let mut cost = self.recovered.marginal_cost.clone();
        for multiplier in &self.spec.cost_multipliers {
            for j in self.case.select(&multiplier.products) {
                if kept.contains(&j) && multiplier.factor != 1.0 && cost[j] < 0.0 {
                    let (id, cost, factor) = (&self.case.product_ids[j], cost[j], multiplier.factor);
                    let message = format!(
                        "a factor of {factor} on the cost of {id}, which is {cost:.4}, would move it the wrong way; leave the product out, \
                         or correct its demand (too inelastic at its price)"
                    );
                    return Err(self.misfit(message));
                }
                cost[j] *= multiplier.factor;
            }
        }
        let duty = self.duty(kept, &cost)?;
        let duty: Vec<DutyTerms> = kept.iter().map(|&j| duty[j]).collect();
        let cost = on_sale.gather(&cost);
        let mut start = self.start(kept, &cost, &duty)?;
        let held = self.hold(kept, &mut start)?;
        let local = match &self.case.chain {
            None => vec![0.0; kept.len()],
            Some(chain) => on_sale.gather(&chain.local_cost),
        };
        let rising = self.rising(kept, &cost)?;
        Ok(Supply {
            ownership: self.ownership(kept)?,
            limits: self.limits(kept)?,
            cost,
            rising,
            duty,
            local,
            start,
            held,
        })
    }
}
