//! What the instruments in force mean for each model: duty, cost of inspection, limits on sales.

use super::chain::DutyResponse;
use super::duty::{Duty, ImportDuty};
use super::instrument::{Instrument, Measure, Retaliation, Stacking};
use super::regime::Force;
use crate::model::market::Market;
use crate::model::supply::Limit;

/// The terms on which cars are sold in a week, one value for each model.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Duties charged, normal ones included, less rebates.
    pub duty: Vec<ImportDuty>,
    /// Cost of inspecting a car, USD.
    pub inspection_usd: Vec<f64>,
    /// Payment to the buyer of a car, USD.
    pub rebate_usd: Vec<f64>,
    /// Quotas, as shares of expected demand.
    pub quotas: Vec<Limit>,
}

/// What [`Terms`] are worked out from.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The market.
    pub market: &'a Market,
    /// All instruments of the scenario.
    pub instruments: &'a [Instrument],
    /// Base-year marginal cost of each model, USD: the basis of duties on cost.
    pub marginal_cost_usd: &'a [f64],
    /// Expected share of each model at base-year prices; empty where no instrument is a quota.
    pub base_share: &'a [f64],
    /// By instrument: how far from its duty inside a number of cars, 0, to the one outside, 1, a car is charged; empty for the one outside.
    pub outside: &'a [f64],
}

/// A quota by rate in force: cars that pay the lower duty.
#[derive(Clone, Debug, PartialEq)]
pub struct RateQuota {
    /// Position of the instrument.
    pub instrument: usize,
    /// Its models, each with the part of its cars that counts.
    pub cars: Vec<(usize, f64)>,
    /// What it allows, as a share of expected demand.
    pub share: f64,
    /// Cars a year of all demand, in the unit of shares.
    pub cars_per_year: f64,
}

impl RateQuota {
    /// What counts of expected demand.
    #[must_use]
    pub fn used(&self, share: &[f64]) -> f64 {
        self.cars.iter().map(|(j, part)| part * share[*j]).sum()
    }
    /// The part of these cars that is outside it.
    #[must_use]
    pub fn outside(&self, share: &[f64]) -> f64 {
        let used = self.used(share);
        if used <= self.share { 0.0 } else { 1.0 - self.share / used }
    }
}

impl Market {
    /// What happened to some models between base-year prices and duties and those given, each with its base volume as weight.
    #[must_use]
    pub fn duty_responses(
        &self,
        models: &[usize],
        [before, after]: [&[ImportDuty]; 2],
        price_usd: &[f64],
    ) -> Vec<(f64, DutyResponse)> {
        let list = self.base_prices();
        let owed_before: Vec<f64> = before.iter().zip(&list).map(|(duty, price)| duty.duty_usd(*price)).collect();
        let border = self.border_prices(&owed_before);
        let response = |j: usize| DutyResponse {
            border_usd: border[j],
            price_usd: [list[j], price_usd[j]],
            owed_usd: [owed_before[j], after[j].duty_usd(price_usd[j])],
            duty_at_old_base_usd: after[j].duty_at_usd(before[j].producer_price_usd(list[j])),
        };
        models.iter().map(|j| (self.models[*j].base_volume, response(*j))).collect()
    }
}

impl Policy<'_> {
    /// The terms of a week in which the instruments have these forces: what is charged, not what is owed later.
    #[must_use]
    pub fn terms(&self, week: u32, force: &[Force]) -> Terms {
        let (mut inspection_usd, mut rebate_usd) = (vec![0.0; self.market.len()], self.market.credits());
        let mut quotas = Vec::new();
        for (_, instrument, measure) in self.active(week, force, Force::Charged) {
            let (sums, usd) = match measure {
                Measure::Inspection { cost_usd, .. } => (&mut inspection_usd, cost_usd),
                Measure::Rebate { amount_usd } => (&mut rebate_usd, amount_usd),
                Measure::Quota { cars_per_year } => {
                    quotas.push(self.limit(instrument, *cars_per_year));
                    continue;
                }
                Measure::Duty { .. } | Measure::Incentive { .. } | Measure::Retaliation(_) => continue,
            };
            for j in (0..self.market.len()).filter(|j| instrument.selected[*j]) {
                sums[j] += usd * instrument.part[j];
            }
        }
        Terms { duty: self.duties(week, force, Force::Charged, |_| true), inspection_usd, rebate_usd, quotas }
    }

    /// All duties on each model, less rebates, counting the instruments in force at least `threshold` that `counts` admits.
    pub fn duties(
        &self,
        week: u32,
        force: &[Force],
        threshold: Force,
        counts: impl Fn(usize) -> bool,
    ) -> Vec<ImportDuty> {
        let force: Vec<Force> =
            force.iter().enumerate().map(|(i, force)| if counts(i) { *force } else { Force::None }).collect();
        let mut duties = normal_duties(self.market, self.marginal_cost_usd);
        for (_, instrument, measure) in self.active(week, &force, threshold) {
            if let Measure::Duty { stacking: Stacking::Replaces, .. } = measure {
                for (j, duty) in duties.iter_mut().enumerate().filter(|(j, _)| instrument.selected[*j]) {
                    *duty = none(self.market, j);
                }
            }
        }
        for (i, instrument, measure) in self.active(week, &force, threshold) {
            let duty = match measure {
                Measure::Duty { duty, within: Some(within), .. } => {
                    duty.above(within.duty, self.outside.get(i).copied().unwrap_or(1.0))
                }
                Measure::Duty { duty, .. } => *duty,
                Measure::Rebate { amount_usd } => Duty::Specific { amount_usd: -amount_usd },
                Measure::Quota { .. }
                | Measure::Inspection { .. }
                | Measure::Incentive { .. }
                | Measure::Retaliation(_) => continue,
            };
            for j in (0..self.market.len()).filter(|j| instrument.selected[*j]) {
                let list_usd = self.market.models[j].list_price_usd;
                let own = instrument.on_model(duty, j, list_usd);
                duties[j] = duties[j].with(own, list_usd, self.marginal_cost_usd[j]);
            }
        }
        duties
    }

    /// What part of each car's duty beyond the normal one every instrument makes, with its position, at the customs values behind these
    /// prices; nothing where no model meets two at the border. Liabilities that are charged later count.
    #[must_use]
    pub fn duty_shares(&self, week: u32, force: &[Force], price_usd: &[f64]) -> Vec<(usize, Vec<f64>)> {
        let owed = |i: &usize| force[*i] >= Force::OwedLater && self.instruments[*i].acts_at_the_border();
        let owed: Vec<usize> = (0..force.len()).filter(owed).collect();
        let meets = |j: usize| owed.iter().filter(move |i| self.instruments[**i].selected[j]);
        if (0..self.market.len()).all(|j| meets(j).count() < 2) {
            return Vec::new();
        }
        let charged = self.duties(week, force, Force::Charged, |_| true);
        let duty_usd = |counts: &dyn Fn(usize) -> bool| -> Vec<f64> {
            let duties = self.duties(week, force, Force::OwedLater, counts);
            let terms = duties.iter().zip(charged.iter().zip(price_usd));
            terms.map(|(duty, (charged, price))| duty.duty_at_usd(charged.producer_price_usd(*price))).collect()
        };
        let normal = duty_usd(&|_| false);
        let beyond = |i: usize| duty_usd(&|other| other == i).iter().zip(&normal).map(|(duty, n)| duty - n).collect();
        let mut shares: Vec<(usize, Vec<f64>)> = owed.iter().map(|i| (*i, beyond(*i))).collect();
        for j in 0..self.market.len() {
            let total: f64 = shares.iter().map(|(_, share)| share[j]).sum();
            let first = meets(j).next().copied();
            for (i, share) in &mut shares {
                // Where none of them is a duty, the first answers for what the normal duty has become.
                let alone = if first == Some(*i) { 1.0 } else { 0.0 };
                share[j] = if total == 0.0 { alone } else { share[j] / total };
            }
        }
        shares
    }

    /// The retaliation in force in a week.
    #[must_use]
    pub fn retaliation(&self, week: u32, force: &[Force]) -> Option<Retaliation> {
        self.active(week, force, Force::Charged).find_map(|(.., measure)| match measure {
            Measure::Retaliation(retaliation) => Some(*retaliation),
            _ => None,
        })
    }

    fn active<'a>(
        &'a self,
        week: u32,
        force: &'a [Force],
        threshold: Force,
    ) -> impl Iterator<Item = (usize, &'a Instrument, &'a Measure)> {
        let in_force = self.instruments.iter().zip(force).enumerate().filter(move |(_, (_, own))| **own >= threshold);
        in_force.filter_map(move |(i, (instrument, _))| Some((i, instrument, instrument.measure(week)?)))
    }

    /// What makers pay the buyer of a car at the dealer, USD: no part of the terms to which list prices answer.
    #[must_use]
    pub fn incentives(&self, week: u32, force: &[Force]) -> Vec<f64> {
        let mut sums = vec![0.0; self.market.len()];
        for (_, instrument, measure) in self.active(week, force, Force::Charged) {
            if let Measure::Incentive { amount_usd } = measure {
                let selected = (0..self.market.len()).filter(|j| instrument.selected[*j]);
                selected.for_each(|j| sums[j] += amount_usd * instrument.part[j]);
            }
        }
        sums
    }

    /// The quotas by rate among the instruments in force at least `threshold`. The base year's cars are their base-year share.
    #[must_use]
    pub fn rate_quotas(&self, week: u32, force: &[Force], threshold: Force) -> Vec<RateQuota> {
        let quota = |(i, instrument, measure): (usize, &Instrument, &Measure)| {
            let within = measure.within()?;
            let selected = (0..self.market.len()).filter(|j| instrument.selected[*j]);
            let cars: Vec<(usize, f64)> = selected.map(|j| (j, instrument.cars[j])).collect();
            let base_cars: f64 = cars.iter().map(|(j, part)| part * self.market.models[*j].base_volume).sum();
            let base_share: f64 = cars.iter().map(|(j, part)| part * self.base_share[*j]).sum();
            let cars_per_year = base_cars / base_share;
            Some(RateQuota { instrument: i, cars, share: within.cars_per_year / cars_per_year, cars_per_year })
        };
        self.active(week, force, threshold).filter_map(quota).collect()
    }

    /// A quota in the unit of expected demand: the base year's cars are its base-year share, whatever nodes it is taken on.
    fn limit(&self, instrument: &Instrument, cars_per_year: f64) -> Limit {
        let products: Vec<usize> = (0..self.market.len()).filter(|j| instrument.selected[*j]).collect();
        let base_cars: f64 = products.iter().map(|j| self.market.models[*j].base_volume).sum();
        let base_share: f64 = products.iter().map(|j| self.base_share[*j]).sum();
        Limit { name: instrument.name.clone(), products, share: cars_per_year / base_cars * base_share }
    }
}

/// No duty on a model: its local costs, less the credit of the base year.
fn none(market: &Market, j: usize) -> ImportDuty {
    ImportDuty { fixed_usd: -market.models[j].credit_usd, ..ImportDuty::none(market.chain.local_usd(j)) }
}

/// What each model owes in the base year: the normal duty, imports only, less the credit to its buyer.
#[must_use]
pub fn normal_duties(market: &Market, marginal_cost_usd: &[f64]) -> Vec<ImportDuty> {
    let normal = &market.normal_duty;
    let (basis, customs_value_share) = (normal.basis, normal.customs_value_share);
    let models = market.models.iter().zip(marginal_cost_usd).enumerate();
    models
        .map(|(j, (model, cost))| {
            let none = none(market, j);
            let duty = Duty::AdValorem { rate: model.normal_rate, basis, customs_value_share };
            let part = market.customs_part(j);
            if model.imported { none.with(duty.times(part), model.list_price_usd, *cost) } else { none }
        })
        .collect()
}
