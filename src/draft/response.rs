//! The price response at which the base year has the elasticity that is asked for.

use std::fmt::{Display, Formatter};

use super::error::DraftError;

/// Most responses that are tried.
const TRIES: usize = 8;
/// How near the elasticity comes, as a part of what is asked for, before the search ends.
const NEAR: f64 = 1e-4;
/// How near it has to be for what is asked for to be what is said.
const SETTLED: f64 = 0.01;
/// Slopes of log elasticity by log response that are believed: with one buyer it is 1, with many it is a little less.
const SLOPES: [f64; 2] = [0.2, 2.0];
/// Largest step of the log response.
const STEP: f64 = 2.0;

/// A price response with the elasticity that came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchedResponse {
    /// Per thousand USD.
    pub alpha: f64,
    /// Mean own-price elasticity of the base year by volume, without its sign.
    pub elasticity: f64,
    /// The one that was asked for.
    pub asked: f64,
}

impl SearchedResponse {
    /// Steps from `alpha` to a response with the elasticity that is asked for, as far as a few tries go; the nearest of them.
    ///
    /// # Errors
    /// That of the first try: of later ones the nearest before is taken.
    pub fn search(
        asked: f64,
        alpha: f64,
        mut elasticity_at: impl FnMut(f64) -> Result<f64, DraftError>,
    ) -> Result<Self, DraftError> {
        let mut best = Self { alpha, elasticity: elasticity_at(alpha)?, asked };
        let mut now = best;
        let mut slope = 1.0;
        for _ in 1..TRIES {
            if now.miss() < NEAR || !now.miss().is_finite() {
                break;
            }
            let step = ((asked / now.elasticity).ln() / slope).clamp(-STEP, STEP);
            let alpha = now.alpha * step.exp();
            let Ok(elasticity) = elasticity_at(alpha) else { break };
            let next = Self { alpha, elasticity, asked };
            slope = ((next.elasticity / now.elasticity).ln() / step).clamp(SLOPES[0], SLOPES[1]);
            if next.miss() < best.miss() {
                best = next;
            }
            now = next;
        }
        Ok(best)
    }

    /// How far the elasticity is from what was asked for, as a part of it, whichever is the larger.
    fn miss(&self) -> f64 {
        (self.elasticity / self.asked).ln().abs()
    }

    /// What is said where more than the first of several was needed.
    pub fn beyond(&self, first: Option<f64>) -> String {
        match first.filter(|first| *first < self.asked) {
            Some(first) => {
                format!("; at -{first} some cost is near zero or below it, or the base year cannot be solved")
            }
            None => String::new(),
        }
    }
}

impl Display for SearchedResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { alpha, elasticity, asked } = self;
        write!(
            f,
            "price response {alpha:.4} per thousand USD, at which the mean own-price elasticity of the base year, by volume, is "
        )?;
        if self.miss() < SETTLED {
            write!(f, "-{asked}")
        } else {
            write!(f, "-{elasticity:.3}: -{asked} was asked for, and {TRIES} tries came no nearer")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches, and counts tries.
    fn searched(asked: f64, alpha: f64, law: impl Fn(f64) -> f64) -> (SearchedResponse, usize) {
        let mut tries = 0;
        let found = SearchedResponse::search(asked, alpha, |alpha| {
            tries += 1;
            Ok(law(alpha))
        });
        (found.unwrap_or_else(|error| panic!("{error}")), tries)
    }

    #[test]
    fn a_response_is_found_that_has_the_elasticity() {
        let laws: [fn(f64) -> f64; 3] =
            [|alpha| 13.0 * alpha, |alpha| 9.0 * alpha.powf(0.6), |alpha| 20.0 * alpha / (1.0 + alpha)];
        for law in laws {
            for asked in [1.5, 4.0, 12.0] {
                let (found, tries) = searched(asked, asked / 25.0, law);
                assert!((law(found.alpha) / asked - 1.0).abs() < 2.0 * NEAR, "{found:?}");
                assert!(tries <= TRIES && found.to_string().ends_with(&format!("is -{asked}")), "{tries}: {found}");
            }
        }
        assert_eq!(searched(4.0, 0.2, |alpha| 20.0 * alpha).1, 1, "what fits is not searched for");
    }

    #[test]
    fn what_cannot_be_reached_is_said_as_it_came_out() {
        let (found, tries) = searched(4.0, 0.2, |alpha| 3.0 * alpha / (1.0 + alpha));
        assert!(found.elasticity < 3.0 && found.elasticity > 2.5 && tries == TRIES, "{found:?}, {tries}");
        let said = found.to_string();
        assert!(said.contains(&format!("-{:.3}: -4 was asked for", found.elasticity)), "{said}");
        // Numbers that are none end the search.
        let (found, tries) = searched(4.0, 0.2, |_| f64::NAN);
        assert!(found.alpha == 0.2 && tries == 1, "{found:?}, {tries}");
    }

    #[test]
    fn an_error_of_the_first_try_is_one_and_a_later_one_ends_the_search() {
        let refuse = || DraftError::Request("no base year".into());
        assert!(SearchedResponse::search(4.0, 0.2, |_| Err(refuse())).is_err());
        let mut tries = 0;
        let found = SearchedResponse::search(4.0, 0.2, |alpha| {
            tries += 1;
            if tries == 1 { Ok(10.0 * alpha) } else { Err(refuse()) }
        });
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((found.alpha, found.elasticity, tries), (0.2, 2.0, 2));
    }
}
