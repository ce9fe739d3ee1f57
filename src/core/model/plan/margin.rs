//! Quotas by rate: the first cars of a year owe a lower duty, all others the higher one, and prices follow what the last car owes.
//!
//! ```text
//! duty of the last car = inside + x (outside - inside)        0 <= x <= 1, the same for all models under the quota
//! x = 0 where Q(0) <= K,   x = 1 where Q(1) >= K,   else Q(x) = K         Q(x): expected cars at the prices of that duty
//! ```
//!
//! Between the two ends the quota itself clears the market: every car is inside it, and x is what a licence costs as a part of what it
//! saves. Makers hold the licences in proportion to what they sell, so that none hurries to be first; of Q cars sold the part
//! `max(0, 1 - K / Q)` owes the higher duty, whichever models they are. What the last car owes beyond the average is the makers' rent.

use super::book::{Context, KnownMargin, PriceBook};
use crate::model::supply::SupplyError;
use crate::model::supply::clearing::root;
use crate::model::supply::rule::{PriceSetting, PricingRule};
use crate::model::trade::policy::{Policy, RateQuota, Terms};
use crate::model::trade::regime::Force;
use crate::numerics::elementary::ln;

/// Largest |log cars - log quota| where a quota clears the market.
pub const TOLERANCE: f64 = 1e-10;
/// Rounds over all quotas.
const MAX_ROUNDS: usize = 100;

/// A quota by rate at the prices set.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCleared {
    /// Position of its instrument.
    pub instrument: usize,
    /// How far the duty of the last car is from the one inside, 0, to the one outside, 1.
    pub margin: f64,
    /// What it allows, as a share of expected demand.
    pub allowed: f64,
    /// What it allows, and what is expected to be sold, cars a year.
    pub cars_per_year: [f64; 2],
}

/// The duties of the last cars under all quotas by rate in force: the terms to which prices respond.
#[derive(Clone, Debug)]
pub(super) struct Margin {
    /// By instrument, as [`Policy::outside`]; empty where no quota by rate is in force.
    pub outside: Vec<f64>,
    /// The terms.
    pub terms: Terms,
    /// The quotas, at the prices of these terms.
    pub cleared: Vec<RateCleared>,
}

/// How prices respond to terms: an equilibrium, or by a rule from what they were.
#[derive(Clone, Copy)]
pub(super) enum ListAnswer<'a> {
    /// The equilibrium at the terms.
    Equilibrium,
    /// A rule that starts from these prices.
    From(&'a PriceSetting, &'a PricingRule),
}

impl<'a> ListAnswer<'a> {
    /// That of a pricing rule with these prices set.
    pub fn new(rule: &'a PricingRule, setting: &'a PriceSetting) -> Self {
        match rule {
            PricingRule::Staggered(_) | PricingRule::Bertrand => Self::Equilibrium,
            PricingRule::PassThrough { .. } | PricingRule::Adaptive => Self::From(setting, rule),
        }
    }
}

impl PriceBook {
    /// The terms of a week in which the instruments have these forces, with the duty that the last car under each quota by rate owes.
    ///
    /// # Errors
    /// [`SupplyError`] when there are no prices to be found, or quotas do not settle.
    pub(super) fn margin(
        &mut self,
        policy: &Policy<'_>,
        (week, force): (u32, &[Force]),
        answer: ListAnswer<'_>,
        context: &Context<'_>,
    ) -> Result<Margin, SupplyError> {
        let quotas = policy.rate_quotas(week, force, Force::Charged);
        if quotas.is_empty() {
            return Ok(Margin { outside: Vec::new(), terms: policy.terms(week, force), cleared: Vec::new() });
        }
        let spread = |x: &[f64]| {
            let mut outside = vec![1.0; force.len()];
            quotas.iter().zip(x).for_each(|(quota, x)| outside[quota.instrument] = *x);
            outside
        };
        let terms = |x: &[f64]| Policy { outside: &spread(x), ..*policy }.terms(week, force);
        let ends = [0.0, 1.0].map(|x| terms(&vec![x; quotas.len()]));
        let guided = [0, 1].map(|end| context.guide(&ends[end]).map(|(place, _)| place));
        let equilibrium = matches!(answer, ListAnswer::Equilibrium);
        let known = |known: &&KnownMargin| {
            (known.guided, &known.quotas) == (guided, &quotas) && known.factor == context.factor && known.ends == ends
        };
        let found = self.margins.iter().find(known).filter(|_| equilibrium).map(|known| known.outside.clone());
        // At the ends prices are those that will be asked for again, between them they are not.
        let mut shares = |book: &mut Self, x: &[f64]| -> Result<Vec<f64>, SupplyError> {
            let terms = terms(x);
            let price = match answer {
                ListAnswer::Equilibrium if x.iter().all(|x| *x == 0.0) || x.iter().all(|x| *x == 1.0) => {
                    book.settle(&terms, context)?.price_usd
                }
                ListAnswer::Equilibrium => {
                    let mut setting = PriceSetting::new(context.list, context.ownership);
                    context.unguided().revise(&mut setting, &PricingRule::Bertrand, &terms)?;
                    setting.price_usd
                }
                ListAnswer::From(before, rule) => {
                    let mut setting = before.clone();
                    context.revise(&mut setting, rule, &terms)?;
                    setting.price_usd
                }
            };
            Ok(book.shares(context.demand, &price))
        };
        let x = match found {
            Some(outside) => quotas.iter().map(|quota| outside[quota.instrument]).collect(),
            None => self.settle_margins(&quotas, policy, &mut shares)?,
        };
        let share = shares(self, &x)?;
        let cleared = quotas.iter().zip(&x).map(|(quota, margin)| RateCleared {
            instrument: quota.instrument,
            margin: *margin,
            allowed: quota.share,
            cars_per_year: [quota.share, quota.used(&share)].map(|share| share * quota.cars_per_year),
        });
        let margin = Margin { outside: spread(&x), terms: terms(&x), cleared: cleared.collect() };
        let is_new = equilibrium && !self.margins.iter().any(|one| known(&one));
        if is_new {
            let (factor, outside) = (context.factor.to_vec(), margin.outside.clone());
            self.margins.push(KnownMargin { ends, quotas, factor, guided, outside });
        }
        Ok(margin)
    }

    /// x of each quota: cleared one after the other in rounds, for a dearer set of cars sends buyers to the others.
    fn settle_margins(
        &mut self,
        quotas: &[RateQuota],
        policy: &Policy<'_>,
        shares: &mut impl FnMut(&mut Self, &[f64]) -> Result<Vec<f64>, SupplyError>,
    ) -> Result<Vec<f64>, SupplyError> {
        let over = |quota: &RateQuota, share: &[f64]| match quota.share {
            0.0 => f64::INFINITY,
            allowed => ln(quota.used(share) / allowed),
        };
        let missed = |(over, x): (f64, f64)| match x {
            0.0 => over.max(0.0),
            1.0 => (-over).max(0.0),
            _ => over.abs(),
        };
        for end in [0.0, 1.0] {
            let x = vec![end; quotas.len()];
            let share = shares(self, &x)?;
            // Exact at the ends: a quota at what is sold there is met.
            if quotas.iter().all(|quota| missed((over(quota, &share), end)) == 0.0) {
                return Ok(x);
            }
        }
        let mut x = vec![0.0; quotas.len()];
        let mut worst = f64::INFINITY;
        for _ in 0..MAX_ROUNDS {
            for (q, quota) in quotas.iter().enumerate() {
                let mut at = |own: f64| {
                    let mut x = x.clone();
                    x[q] = own;
                    shares(self, &x).map(|share| over(quota, &share))
                };
                let ends = [at(0.0)?, at(1.0)?];
                x[q] = match ends {
                    [low, _] if low <= 0.0 => 0.0,
                    [_, high] if high >= 0.0 => 1.0,
                    [low, high] => {
                        let mut failed = None;
                        let mut between = |own: f64| match own {
                            0.0 => low,
                            1.0 => high,
                            _ => at(own).unwrap_or_else(|error| {
                                failed = Some(error);
                                0.0
                            }),
                        };
                        let found = root(&mut between, 1.0, TOLERANCE);
                        match failed {
                            Some(error) => return Err(error),
                            None => found,
                        }
                    }
                };
            }
            let share = shares(self, &x)?;
            worst = quotas.iter().zip(&x).map(|(quota, x)| missed((over(quota, &share), *x))).fold(0.0, f64::max);
            if worst <= TOLERANCE {
                return Ok(x);
            }
        }
        let name = |quota: &RateQuota| policy.instruments[quota.instrument].name.as_str();
        let limits = quotas.iter().map(name).collect::<Vec<_>>().join(", ");
        Err(SupplyError::LimitsDiverged { limits, iterations: MAX_ROUNDS, residual: worst })
    }
}
