//! Pricing rules: how list prices respond to duties and costs.
//!
//! Prices are set at revisions (model years, policy events, moves of the exchange rate), for the whole population with
//! owned brands in expectation, never against the few buyers due in a week.
//!
//! A quota adds its shadow price to what a car costs its seller: under `bertrand` the makers know and price it
//! ([`equilibrium_with_limits`]); under the other rules the prices of the cars under the quota rise by one dollar amount
//! until expected demand meets it ([`super::clearing`]). Either way the sellers keep it.

use serde::Deserialize;

use super::clearing::{Cleared, clear};
use super::staggered::Staggered;
use super::{
    Guide, Limit, LimitedEquilibrium, PriceProblem, PricingOptions, SupplyError, equilibrium, equilibrium_with_limits,
};
use crate::model::demand::ExpectedDemand;
use crate::model::fixed_point::SearchReport;
use crate::model::supply::{Ownership, RisingCost};
use crate::model::trade::duty::ImportDuty;

/// How manufacturers set list prices.
#[derive(Clone, Debug, PartialEq)]
pub enum PricingRule {
    /// Prices move by the fraction `theta` of what would keep the producer's dollar margin.
    PassThrough {
        /// 1 passes all of it on: the newspapers' rule of 1995.
        theta: f64,
    },
    /// Bertrand-Nash equilibrium of the owners given by the scenario's conduct.
    Bertrand,
    /// Each manufacturer knows only its own sales and margins, and tries one brand's markup at a time; manufacturers take
    /// turns, one at each revision.
    ///
    /// If all tried at once each would see its profit rise because its rivals have become dearer, and prices would drift
    /// upwards for good.
    Adaptive,
    /// Each list price stands for some time, and is set for the duty that is expected over that time ([`Staggered`]). The planner
    /// moves these week by week; as a single revision they are an equilibrium.
    Staggered(Staggered),
}

/// Whose profit a price is set for.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Conduct {
    /// Every model by itself.
    Product,
    /// All models of a brand together.
    Brand,
    /// All models of a manufacturer together, with its holdings in others.
    #[default]
    Manufacturer,
}

/// What prices respond to, one value for each model, USD per car.
#[derive(Clone, Copy, Debug)]
pub struct PriceConditions<'a> {
    /// Base-year list prices.
    pub list_price_usd: &'a [f64],
    /// Base-year marginal costs.
    pub base_cost_usd: &'a [f64],
    /// Marginal costs now, inspection included; at base-year volumes where they move with them.
    pub cost_usd: &'a [f64],
    /// How they rise with volumes; none where they are constant.
    pub rising: Option<&'a RisingCost>,
    /// Duties of the base year.
    pub base_duty: &'a [ImportDuty],
    /// Duties charged now.
    pub duty: &'a [ImportDuty],
    /// Quotas in force, as shares of expected demand.
    pub quotas: &'a [Limit],
    /// Demand that manufacturers expect.
    pub demand: &'a ExpectedDemand<'a>,
    /// Who sets which price.
    pub ownership: &'a Ownership,
    /// The equilibrium of another world under these terms, where one is known.
    pub guide: Option<&'a Guide>,
    /// What part of each model's utility counts; empty where all are on sale, as in the base year.
    pub on_sale: &'a [f64],
}

/// Prices and what the makers of them remember: carried from revision to revision.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceSetting {
    /// List prices, USD.
    pub price_usd: Vec<f64>,
    /// Shadow prices of quotas in each price, USD per car: what the seller gets above its own margin.
    pub rent_usd: Vec<f64>,
    /// Report of the last equilibrium solved.
    pub solved: Option<SearchReport>,
    /// The quotas of the last revision.
    pub quotas: Vec<Cleared>,
    trials: Vec<Trials>,
    turn: usize,
    profit_before: Option<f64>,
    /// Duties and costs that the prices were set for, where the rule has to know.
    set_for: Option<(Vec<ImportDuty>, Vec<f64>)>,
}

impl PriceSetting {
    /// Base-year list prices, before any revision.
    #[must_use]
    pub fn new(list_price_usd: &[f64], ownership: &Ownership) -> Self {
        let trials = vec![Trials::default(); ownership.firms()];
        let price_usd = list_price_usd.to_vec();
        let rent_usd = vec![0.0; price_usd.len()];
        let quotas = Vec::new();
        Self { price_usd, rent_usd, solved: None, quotas, trials, turn: 0, profit_before: None, set_for: None }
    }

    /// Revises all prices by a rule.
    ///
    /// # Errors
    /// [`SupplyError`] when there is no equilibrium to be found.
    pub fn revise(&mut self, rule: &PricingRule, now: &PriceConditions<'_>) -> Result<(), SupplyError> {
        match rule {
            PricingRule::PassThrough { theta } => {
                for (j, price) in self.price_usd.iter_mut().enumerate() {
                    *price = now.list_price_usd[j] + theta * kept_margin_change_usd(now, j);
                }
                self.clear(now)?;
            }
            PricingRule::Bertrand | PricingRule::Staggered(_) => self.solve(now)?,
            PricingRule::Adaptive => {
                self.adapt(now);
                self.clear(now)?;
            }
        }
        Ok(())
    }

    /// Raises the prices just set until expected demand meets the quotas.
    fn clear(&mut self, now: &PriceConditions<'_>) -> Result<(), SupplyError> {
        self.rent_usd.fill(0.0);
        self.quotas.clear();
        if now.quotas.is_empty() {
            return Ok(());
        }
        let gross: Vec<f64> = now.duty.iter().map(|duty| 1.0 + duty.on_producer_price).collect();
        self.quotas = clear(now.demand, now.quotas, &gross, &mut self.price_usd)?;
        self.book_rents(now.quotas);
        Ok(())
    }

    fn book_rents(&mut self, quotas: &[Limit]) {
        for (limit, cleared) in quotas.iter().zip(&self.quotas) {
            limit.products.iter().for_each(|j| self.rent_usd[*j] += cleared.shadow_price);
        }
    }

    fn solve(&mut self, now: &PriceConditions<'_>) -> Result<(), SupplyError> {
        self.rent_usd.fill(0.0);
        self.quotas.clear();
        let duty: Vec<_> = now.duty.iter().map(|duty| duty.terms()).collect();
        let problem = PriceProblem {
            demand: now.demand,
            ownership: now.ownership,
            cost: now.cost_usd,
            duty: &duty,
            rising: now.rising,
        };
        if let Some(found) = now.guide.and_then(|guide| guide.follow(&problem, now.quotas, PricingOptions::default())) {
            self.take(found, now.quotas);
            return Ok(());
        }
        // Nobody sets the price of a model that is not on sale.
        let absent: Vec<bool> = now.on_sale.iter().map(|part| *part == 0.0).collect();
        let options = PricingOptions { held: &absent, ..PricingOptions::default() };
        if now.duty == now.base_duty && now.cost_usd == now.base_cost_usd && now.on_sale.is_empty() {
            // Costs were recovered so that base-year prices are the equilibrium.
            self.price_usd.copy_from_slice(now.list_price_usd);
        } else {
            let found = equilibrium(&problem, &self.price_usd, options)?;
            self.price_usd = found.price;
            self.solved = Some(found.report);
        }
        if now.quotas.is_empty() {
            return Ok(());
        }
        // Quotas that all are slack leave the prices alone, to the bit.
        let share = now.demand.shares(&self.price_usd).product;
        let used = |limit: &Limit| limit.products.iter().map(|j| share[*j]).sum::<f64>();
        self.quotas = now.quotas.iter().map(|limit| Cleared::new(limit, 0.0, used(limit), 0)).collect();
        if self.quotas.iter().all(|cleared| cleared.residual <= super::limits::TOLERANCE) {
            return Ok(());
        }
        let found = equilibrium_with_limits(&problem, now.quotas, &self.price_usd, options)?;
        self.take(found, now.quotas);
        Ok(())
    }

    fn take(&mut self, found: LimitedEquilibrium, quotas: &[Limit]) {
        let each = quotas.iter().zip(found.shadow_price.iter().zip(&found.used));
        self.quotas = each.map(|(limit, (mu, used))| Cleared::new(limit, *mu, *used, found.iterations)).collect();
        self.book_rents(quotas);
        self.price_usd = found.equilibrium.price;
        self.solved = Some(found.equilibrium.report);
    }

    /// One trial of one manufacturer, in turn: judge the last trial by its maker's own profit rate, then move one brand's
    /// markups. Everybody keeps his dollar markups when duties or costs change.
    fn adapt(&mut self, now: &PriceConditions<'_>) {
        let share = now.demand.shares(&self.price_usd).product;
        let beyond_base = now.rising.map_or_else(|| vec![0.0; share.len()], |rising| rising.beyond_base(&share));
        let beyond_marginal =
            now.rising.map_or_else(|| vec![0.0; share.len()], |rising| rising.beyond_marginal(&share));
        let (duty, cost) = self.set_for.take().unwrap_or((now.base_duty.to_vec(), now.base_cost_usd.to_vec()));
        let mut markup: Vec<f64> = (0..share.len())
            .map(|j| {
                let terms = duty[j].terms();
                terms.retained * self.price_usd[j] - terms.fixed - cost[j] - self.rent_usd[j] - beyond_base[j]
            })
            .collect();
        let owners = now.ownership.owners();
        let profit = |firm: usize, markup: &[f64]| -> f64 {
            let own = (0..share.len()).filter(|j| owners[*j] == firm);
            own.map(|j| share[j] * markup[j] - beyond_marginal[j]).sum()
        };
        if let Some(before) = self.profit_before {
            self.trials[self.turn].judge(profit(self.turn, &markup) > before);
            self.turn = (self.turn + 1) % self.trials.len();
        }
        let firm = self.turn;
        self.profit_before = Some(profit(firm, &markup));
        let mut brands: Vec<usize> =
            (0..share.len()).filter(|j| owners[*j] == firm).map(|j| now.demand.products.brand(j)).collect();
        brands.sort_unstable();
        brands.dedup();
        let (brand, step) = self.trials[firm].next(&brands);
        for j in (0..share.len()).filter(|j| owners[*j] == firm && now.demand.products.brand(*j) == brand) {
            markup[j] *= 1.0 + step;
        }
        for (j, markup) in markup.iter().enumerate() {
            let terms = now.duty[j].terms();
            self.price_usd[j] = (now.cost_usd[j] + beyond_base[j] + terms.fixed + markup) / terms.retained;
        }
        self.set_for = Some((now.duty.to_vec(), now.cost_usd.to_vec()));
    }
}

/// A manufacturer's search: one step size for each of its brands, tried in turn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Trials {
    steps: Vec<f64>,
    brand: usize,
}

/// Largest and smallest relative change of a markup in one trial.
const TRIAL_STEPS: [f64; 2] = [0.03, 0.001];

impl Trials {
    /// The brand and step of the next trial.
    fn next(&mut self, brands: &[usize]) -> (usize, f64) {
        if self.steps.len() != brands.len() {
            self.steps = vec![TRIAL_STEPS[0]; brands.len()];
        }
        (brands[self.brand], self.steps[self.brand])
    }
    /// Ends a trial: a profit that did not rise reverses that brand's step and halves it; the next brand is next.
    fn judge(&mut self, rose: bool) {
        if !rose {
            let step = &mut self.steps[self.brand];
            *step = -step.signum() * (0.5 * step.abs()).max(TRIAL_STEPS[1]);
        }
        self.brand = (self.brand + 1) % self.steps.len();
    }
}

/// The price change that keeps model j's dollar margin.
fn kept_margin_change_usd(now: &PriceConditions<'_>, j: usize) -> f64 {
    let cost_change_usd = now.cost_usd[j] - now.base_cost_usd[j];
    full_pass_through_usd([now.base_duty[j], now.duty[j]], now.list_price_usd[j], cost_change_usd)
}

/// What a change of duty and cost adds to the price of a car, USD, if its maker keeps what it kept at `price_usd` under the duty before: exactly
/// zero when nothing changes.
#[must_use]
pub fn full_pass_through_usd([before, after]: [ImportDuty; 2], price_usd: f64, cost_change_usd: f64) -> f64 {
    before.producer_price_usd(price_usd) * (after.on_producer_price - before.on_producer_price)
        + (after.fixed_usd - before.fixed_usd)
        + cost_change_usd * (1.0 + after.on_producer_price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, Execution, Population, Products};

    /// One product, one buyer type: the optimum markup solves m = 1 / (a (1 - s)).
    fn with_monopoly(test: impl FnOnce(&PriceConditions<'_>, f64)) {
        let population = Population::new(BuyerColumns {
            weight: &[1.0],
            price_response: &[1e-4],
            outside_utility: None,
            tastes: &[],
        })
        .unwrap();
        let products = Products::new(vec!["car".into()], &[]).unwrap();
        let ownership = Ownership::single_products(&["car".into()]).unwrap();
        let delta = [3.0];
        let demand = ExpectedDemand::new(&population, &products, &delta, None, Execution::SERIAL).unwrap();
        let none = [ImportDuty::default()];
        let now = PriceConditions {
            list_price_usd: &[30_000.0],
            base_cost_usd: &[20_000.0],
            cost_usd: &[20_000.0],
            rising: None,
            base_duty: &none,
            duty: &none,
            quotas: &[],
            demand: &demand,
            ownership: &ownership,
            guide: None,
            on_sale: &[],
        };
        let terms = [none[0].terms()];
        let problem =
            PriceProblem { demand: &demand, ownership: &ownership, cost: now.cost_usd, duty: &terms, rising: None };
        let optimum = equilibrium(&problem, &[30_000.0], PricingOptions::default()).unwrap().price[0];
        let share = demand.shares(&[optimum]).product[0];
        assert!((optimum - 20_000.0 - 1e4 / (1.0 - share)).abs() < 1e-6);
        test(&now, optimum);
    }

    /// A monopolist who knows only its own profit ends within 1% of the optimum, from below and from above.
    #[test]
    fn an_adaptive_monopolist_finds_the_optimum() {
        with_monopoly(|now, optimum| {
            for start in [0.75 * optimum, 1.5 * optimum] {
                let mut setting = PriceSetting::new(&[start], now.ownership);
                for _ in 0..200 {
                    setting.revise(&PricingRule::Adaptive, now).unwrap();
                }
                let price = setting.price_usd[0];
                assert!((price / optimum - 1.0).abs() < 0.01, "from {start}: {price} against {optimum}");
            }
        });
    }

    fn tariff(amount_usd: f64) -> [ImportDuty; 1] {
        [ImportDuty { fixed_usd: amount_usd, ..ImportDuty::default() }]
    }

    /// One product: the quota that sells what a specific tariff sells has the same consumer price under every rule, and its
    /// shadow price is the tariff; only who gets it differs.
    #[test]
    fn a_quota_and_the_tariff_that_sells_as_much_differ_only_in_who_gets_the_rent() {
        with_monopoly(|now, optimum| {
            let list = [optimum];
            let base = PriceConditions { list_price_usd: &list, ..*now };
            for rule in [PricingRule::Bertrand, PricingRule::PassThrough { theta: 1.0 }] {
                let duty = tariff(4_000.0);
                let mut taxed = PriceSetting::new(&list, now.ownership);
                taxed.revise(&rule, &PriceConditions { duty: &duty, ..base }).unwrap();
                let share = now.demand.shares(&taxed.price_usd).product[0];
                let quotas = [Limit { name: "restraint".into(), products: vec![0], share }];
                let mut limited = PriceSetting::new(&list, now.ownership);
                limited.revise(&rule, &PriceConditions { quotas: &quotas, ..base }).unwrap();
                let gap = limited.price_usd[0] / taxed.price_usd[0] - 1.0;
                assert!(gap.abs() < 1e-12, "{rule:?}: {gap:e}");
                assert!((limited.rent_usd[0] / 4_000.0 - 1.0).abs() < 1e-10, "{rule:?}: {:?}", limited.rent_usd);
                // Producer price: sticker less tariff against the whole sticker; the tariff is the sellers' rent.
                let [kept_taxed, kept_limited] = [taxed.price_usd[0] - duty[0].duty_usd(0.0), limited.price_usd[0]];
                assert!((kept_limited - limited.rent_usd[0] - kept_taxed).abs() < 1e-6);
            }
        });
    }

    /// A quota at what is sold without it is slack: no shadow price, and the price is the same to the bit.
    #[test]
    fn a_quota_at_the_free_quantity_changes_nothing() {
        with_monopoly(|now, optimum| {
            let list = [optimum];
            let base = PriceConditions { list_price_usd: &list, ..*now };
            let share = now.demand.shares(&list).product[0];
            let rules = [PricingRule::Bertrand, PricingRule::PassThrough { theta: 0.4 }];
            for rule in rules {
                for part in [1.0, 1.5] {
                    let quotas = [Limit { name: "restraint".into(), products: vec![0], share: part * share }];
                    let mut setting = PriceSetting::new(&list, now.ownership);
                    setting.revise(&rule, &PriceConditions { quotas: &quotas, ..base }).unwrap();
                    assert_eq!((setting.price_usd[0], setting.rent_usd[0]), (optimum, 0.0), "{rule:?}");
                    assert_eq!(setting.quotas[0].shadow_price, 0.0);
                }
            }
        });
    }

    /// Makers who only try prices respect a quota as well. A monopolist learns to take its rent as markup: what the shadow
    /// price falls by, its own price rises by, until the quota hardly binds.
    #[test]
    fn adaptive_makers_sell_no_more_than_the_quota_allows() {
        with_monopoly(|now, optimum| {
            let list = [optimum];
            let base = PriceConditions { list_price_usd: &list, ..*now };
            let share = 0.6 * now.demand.shares(&list).product[0];
            let quotas = [Limit { name: "restraint".into(), products: vec![0], share }];
            let limited = PriceConditions { quotas: &quotas, ..base };
            let mut setting = PriceSetting::new(&list, now.ownership);
            setting.revise(&PricingRule::Adaptive, &limited).unwrap();
            let first = setting.rent_usd[0];
            for _ in 0..100 {
                setting.revise(&PricingRule::Adaptive, &limited).unwrap();
                let over = now.demand.shares(&setting.price_usd).product[0] / share - 1.0;
                let (slack, met) = (setting.rent_usd[0] == 0.0, over.abs() < 1e-11);
                assert!(over < 1e-11 && (slack || met), "{over:e} at {:?}", setting.rent_usd);
            }
            assert!(first > 5_000.0 && setting.rent_usd[0] < 0.1 * first, "{first} to {:?}", setting.rent_usd);
        });
    }

    #[test]
    fn bertrand_without_change_returns_the_list_price_to_the_bit() {
        with_monopoly(|now, _| {
            let mut setting = PriceSetting::new(&[31_234.0], now.ownership);
            setting.revise(&PricingRule::Bertrand, now).unwrap();
            assert_eq!(setting.price_usd, now.list_price_usd);
        });
    }
}
