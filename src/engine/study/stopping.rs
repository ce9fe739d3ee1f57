//! Replications until the contrasts of a study are known well enough.
//!
//! A [`StopRule`] names contrasts by headline, period and regimes of the scenario; [`Stopping`] is the rule at work on the regimes
//! that run. It is fed the outcomes of one replication after another and looks when
//! [`Sequential`] says so: whoever feeds it in the order of replications stops at the
//! same number, however the work was split.

use super::arm::Arm;
use crate::config::stop::{StopRule, StopTarget};
use crate::model::ids::{Id, RegimeId};
use crate::model::outcome::{Layout, Outcome};
use crate::numerics::sequential::{Decision, Sequential};

/// A contrast that is followed: regime less baseline of one headline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The regime.
    pub arm: Arm,
    /// The regime it is compared with.
    pub baseline: Arm,
    /// Position of the headline metric.
    pub headline: usize,
    /// Position of the period.
    pub period: usize,
    slot: usize,
}

/// Why a rule cannot be followed on the regimes chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// A regime that the rule names does not run.
    #[error("a target of [stop] needs regime {} of the scenario, counted from 0", .0.index())]
    Missing(RegimeId),
    /// Nothing is compared.
    #[error("[stop] has nothing to compare: only the baseline runs")]
    Nothing,
}

/// A rule at work.
#[derive(Clone, Debug)]
pub struct Stopping {
    sequential: Sequential,
    followed: Vec<Followed>,
    differences: Vec<f64>,
}

impl Stopping {
    /// The rule on `regimes`, in the order of the outcomes it will be fed.
    ///
    /// # Errors
    /// [`StopError`] when a regime that it names is not among them, or nothing is left to compare.
    pub fn new(stop: &StopRule, layout: &Layout, regimes: &[RegimeId]) -> Result<Self, StopError> {
        let place = |regime: RegimeId| {
            regimes.iter().position(|known| *known == regime).map(Arm).ok_or(StopError::Missing(regime))
        };
        let (mut followed, mut precisions) = (Vec::new(), Vec::new());
        for target in &stop.targets {
            let baseline = place(target.baseline)?;
            let arms: Vec<Arm> = match target.regime {
                Some(regime) => vec![place(regime)?],
                None => (0..regimes.len()).map(Arm).filter(|arm| *arm != baseline).collect(),
            };
            for arm in arms {
                let StopTarget { headline, period, precision, .. } = *target;
                followed.push(Followed { arm, baseline, headline, period, slot: layout.headline(headline, period) });
                precisions.push(precision);
            }
        }
        if followed.is_empty() {
            return Err(StopError::Nothing);
        }
        let sequential = Sequential::new(stop.rule, &precisions);
        Ok(Self { sequential, differences: vec![0.0; followed.len()], followed })
    }

    /// Takes the outcomes of the next replication, in the order of the regimes, and says whether to go on. After it has
    /// stopped, outcomes change nothing.
    pub fn observe(&mut self, outcomes: &[Outcome]) -> Decision {
        for (difference, followed) in self.differences.iter_mut().zip(&self.followed) {
            let value = |arm: Arm| outcomes[arm.0].values[followed.slot];
            *difference = value(followed.arm) - value(followed.baseline);
        }
        self.sequential.add(&self.differences)
    }

    /// The rule with everything it saw and decided.
    #[must_use]
    pub fn sequential(&self) -> &Sequential {
        &self.sequential
    }
    /// What is followed, in the order of the readings of a look.
    #[must_use]
    pub fn followed(&self) -> &[Followed] {
        &self.followed
    }
}
