//! The terms that a list price meets on average while it stands: those now, and what they become when a measure has ended.

use crate::model::supply::DutyTerms;
use crate::model::trade::duty::ImportDuty;

/// A duty or inspection that may end, as a maker who sets a list price sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spell {
    /// Weight of the terms now, W.
    pub weight: f64,
    /// Duty on each model once it has ended.
    pub duty: Vec<ImportDuty>,
    /// Cost of inspecting each model then, USD.
    pub inspection_usd: Vec<f64>,
}

/// The terms that a list set now meets on average: those now, and for each spell what changes when it has ended. Exact for one spell
/// on a model, of first order for more. Models that are `flexible` count the terms of this week alone.
#[must_use]
pub fn expected_terms(
    duty: &[ImportDuty],
    inspection_usd: &[f64],
    spells: &[Spell],
    flexible: &[bool],
) -> (Vec<ImportDuty>, Vec<f64>) {
    let mut expected = (duty.to_vec(), inspection_usd.to_vec());
    for j in 0..duty.len() {
        let changes = |spell: &&Spell| {
            spell.weight < 1.0 && (spell.duty[j] != duty[j] || spell.inspection_usd[j] != inspection_usd[j])
        };
        if flexible[j] || !spells.iter().any(|spell| changes(&spell)) {
            continue;
        }
        let after: Vec<(f64, DutyTerms)> =
            spells.iter().filter(changes).map(|spell| (spell.weight, spell.duty[j].terms())).collect();
        let terms = duty[j].terms().expected(&after);
        let local_usd = duty[j].local_usd;
        expected.0[j] = ImportDuty {
            on_producer_price: 1.0 / terms.retained - 1.0,
            fixed_usd: terms.fixed / terms.retained - local_usd,
            local_usd,
        };
        let ending = |spell: &Spell| (1.0 - spell.weight) * (spell.inspection_usd[j] - inspection_usd[j]);
        let inspection = inspection_usd[j] + spells.iter().filter(changes).map(ending).sum::<f64>();
        expected.1[j] = inspection;
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expected duty of weight W on a list price is the duty of W times the rate; on the maker's price it is not.
    #[test]
    fn the_average_is_one_of_terms_and_not_of_rates() {
        let none = ImportDuty::default();
        let list = ImportDuty { fixed_usd: 8_000.0, ..none };
        let spell = |weight: f64| Spell { weight, duty: vec![none], inspection_usd: vec![0.0] };
        let (duty, _) = expected_terms(&[list], &[0.0], &[spell(0.25)], &[false]);
        assert_eq!(duty[0], ImportDuty { fixed_usd: 2_000.0, ..none });
        let border = ImportDuty { on_producer_price: 1.0, ..none };
        let (duty, _) = expected_terms(&[border], &[0.0], &[spell(0.5)], &[false]);
        assert!(
            (duty[0].terms().retained - 0.75).abs() < 1e-15 && (duty[0].on_producer_price - 1.0 / 3.0).abs() < 1e-15
        );
        let (duty, cost) = expected_terms(&[border], &[40.0], &[spell(0.5)], &[true]);
        assert_eq!((duty[0], cost[0]), (border, 40.0));
        let (_, cost) = expected_terms(&[border], &[40.0], &[spell(0.5)], &[false]);
        assert_eq!(cost[0], 20.0);
    }
}
