//! Pricing rules: how list prices respond to duties and costs.
//!
//! Prices are set at revisions (model years, policy events, moves of the exchange rate), for the whole population with
//! owned brands in expectation, never against the few buyers due in a week.

use super::{PriceProblem, PricingOptions, SupplyError, equilibrium};
use crate::model::demand::ExpectedDemand;
use crate::model::fixed_point::SearchReport;
use crate::model::supply::Ownership;
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
    /// Prices move the fraction `kappa` of the way to another rule's target at each revision.
    Sticky {
        /// The rule that sets the target.
        target: Box<PricingRule>,
        /// Fraction of the way, above 0 and at most 1.
        kappa: f64,
    },
}

/// Whose profit a price is set for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
pub struct Situation<'a> {
    /// Base-year list prices.
    pub list_price_usd: &'a [f64],
    /// Base-year marginal costs.
    pub base_cost_usd: &'a [f64],
    /// Marginal costs now.
    pub cost_usd: &'a [f64],
    /// Duties of the base year.
    pub base_duty: &'a [ImportDuty],
    /// Duties charged now.
    pub duty: &'a [ImportDuty],
    /// Demand that manufacturers expect.
    pub demand: &'a ExpectedDemand<'a>,
    /// Who sets which price.
    pub ownership: &'a Ownership,
}

/// Prices and what the makers of them remember: carried from revision to revision.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceSetting {
    /// List prices, USD.
    pub price_usd: Vec<f64>,
    /// Report of the last equilibrium solved.
    pub solved: Option<SearchReport>,
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
        Self { price_usd, solved: None, trials, turn: 0, profit_before: None, set_for: None }
    }

    /// Revises all prices by a rule.
    ///
    /// # Errors
    /// [`SupplyError`] when there is no equilibrium to be found.
    pub fn revise(&mut self, rule: &PricingRule, now: &Situation<'_>) -> Result<(), SupplyError> {
        match rule {
            PricingRule::PassThrough { theta } => {
                for (j, price) in self.price_usd.iter_mut().enumerate() {
                    *price = now.list_price_usd[j] + theta * full_pass_through(now, j);
                }
            }
            PricingRule::Bertrand => self.solve(now)?,
            PricingRule::Adaptive => self.adapt(now),
            PricingRule::Sticky { target, kappa } => {
                let before = self.price_usd.clone();
                self.revise(target, now)?;
                for (price, before) in self.price_usd.iter_mut().zip(before) {
                    *price = before + kappa * (*price - before);
                }
            }
        }
        Ok(())
    }

    fn solve(&mut self, now: &Situation<'_>) -> Result<(), SupplyError> {
        if now.duty == now.base_duty && now.cost_usd == now.base_cost_usd {
            // Costs were recovered so that base-year prices are the equilibrium.
            self.price_usd.copy_from_slice(now.list_price_usd);
            return Ok(());
        }
        let duty: Vec<_> = now.duty.iter().map(|duty| duty.terms()).collect();
        let problem = PriceProblem { demand: now.demand, ownership: now.ownership, cost: now.cost_usd, duty: &duty };
        let found = equilibrium(&problem, &self.price_usd, PricingOptions::default())?;
        self.price_usd = found.price;
        self.solved = Some(found.report);
        Ok(())
    }

    /// One trial of one manufacturer, in turn: judge the last trial by its maker's own profit rate, then move one brand's
    /// markups. Everybody keeps his dollar markups when duties or costs change.
    fn adapt(&mut self, now: &Situation<'_>) {
        let share = now.demand.shares(&self.price_usd).product;
        let (duty, cost) = self.set_for.take().unwrap_or((now.base_duty.to_vec(), now.base_cost_usd.to_vec()));
        let mut markup: Vec<f64> = (0..share.len())
            .map(|j| {
                let terms = duty[j].terms();
                terms.retained * self.price_usd[j] - terms.fixed - cost[j]
            })
            .collect();
        let owners = now.ownership.owners();
        let profit = |firm: usize, markup: &[f64]| -> f64 {
            (0..share.len()).filter(|j| owners[*j] == firm).map(|j| share[j] * markup[j]).sum()
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
            self.price_usd[j] = (now.cost_usd[j] + terms.fixed + markup) / terms.retained;
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

/// The price change that keeps model j's dollar margin: exactly zero when nothing changed.
fn full_pass_through(now: &Situation<'_>, j: usize) -> f64 {
    let (before, after) = (now.base_duty[j], now.duty[j]);
    let producer_price = now.list_price_usd[j] - before.duty_usd(now.list_price_usd[j]);
    let cost_change = now.cost_usd[j] - now.base_cost_usd[j];
    producer_price * (after.on_producer_price - before.on_producer_price)
        + (after.fixed_usd - before.fixed_usd)
        + cost_change * (1.0 + after.on_producer_price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::demand::{BuyerColumns, Execution, Population, Products};

    /// One product, one buyer type: the optimum markup solves m = 1 / (a (1 - s)).
    fn with_monopoly(test: impl FnOnce(&Situation<'_>, f64)) {
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
        let now = Situation {
            list_price_usd: &[30_000.0],
            base_cost_usd: &[20_000.0],
            cost_usd: &[20_000.0],
            base_duty: &none,
            duty: &none,
            demand: &demand,
            ownership: &ownership,
        };
        let terms = [none[0].terms()];
        let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: now.cost_usd, duty: &terms };
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

    #[test]
    fn a_sticky_price_covers_kappa_of_the_way_at_each_revision() {
        with_monopoly(|now, _| {
            let dearer = Situation { cost_usd: &[24_000.0], ..*now };
            let rule = PricingRule::Sticky { target: Box::new(PricingRule::PassThrough { theta: 1.0 }), kappa: 0.25 };
            let mut setting = PriceSetting::new(&[30_000.0], now.ownership);
            setting.revise(&rule, &dearer).unwrap();
            assert_eq!(setting.price_usd, [31_000.0]);
            setting.revise(&rule, &dearer).unwrap();
            assert_eq!(setting.price_usd, [31_750.0]);
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
