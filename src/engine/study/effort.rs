//! What a look at a scenario costs before it is worked: as many buyers as a second allows, and a word where even few of them take long.

use crate::model::scenario::Scenario;
use crate::model::supply::rule::PricingRule;

/// Steps of roughly two nanoseconds that a check may take: a second or so.
const A_SECOND: usize = 1 << 29;
/// Steps of a buyer whatever the market: tastes, the base year's evaluations, purchases, books (0.9 s for 200,000 buyers of four models).
const PER_BUYER: usize = 2_048;
/// Steps of a buyer's acquaintance: drawn in the base year and in the replication that is timed (12 s for 200,000,000).
const PER_ACQUAINTANCE: usize = 27;
/// Steps of one week's lists on one pricing node, a model, where lists are staggered (6.4 s for 4,096 nodes, 113 models and 104 weeks of five
/// regimes).
const PER_LIST: usize = 13;
/// Fewest buyers on whom a base year is solved.
const FEWEST: usize = 2_048;
/// Seconds from which the work is announced.
const LONG: f64 = 4.0;

/// As many of the scenario's buyers as a check can afford: what one replication of every regime costs grows with buyers, models, weeks and
/// acquaintances.
#[must_use]
pub fn affordable(scenario: &Scenario) -> usize {
    let fewest = (2 * neighbours(scenario)).max(FEWEST);
    scenario.buyers.min((A_SECOND / per_buyer(scenario)).max(fewest))
}

/// What is to be said before a check begins: nothing where the buyers that it takes need seconds.
#[must_use]
pub fn announced(scenario: &Scenario) -> Option<String> {
    announced_with(scenario, affordable(scenario))
}

fn announced_with(scenario: &Scenario, buyers: usize) -> Option<String> {
    let choices = per_buyer(scenario) as f64 * buyers as f64 / A_SECOND as f64;
    let lists = if matches!(scenario.rule, PricingRule::Staggered(_)) {
        let nodes = scenario.pricing_nodes.min(buyers);
        PER_LIST as f64 * nodes as f64 * decisions(scenario) as f64 / A_SECOND as f64
    } else {
        0.0
    };
    let seconds = choices + lists;
    (seconds >= LONG).then(|| {
        format!(
            "{}one replication of {} regimes, {} weeks and {} models with {} buyers{}: about {seconds:.0} s; Ctrl-C ends it",
            if lists > 0.0 { "staggered list prices week by week, and " } else { "" },
            scenario.regimes.len(),
            scenario.weeks,
            scenario.market.len(),
            buyers,
            match neighbours(scenario) {
                0 => String::new(),
                each => format!(" of {each} acquaintances"),
            },
        )
    })
}

fn per_buyer(scenario: &Scenario) -> usize {
    decisions(scenario).saturating_add(PER_BUYER + PER_ACQUAINTANCE * neighbours(scenario))
}

/// Models, weeks and regimes, multiplied.
fn decisions(scenario: &Scenario) -> usize {
    scenario.market.len().saturating_mul(scenario.weeks as usize).saturating_mul(scenario.regimes.len())
}

/// Acquaintances whom buyers listen to.
fn neighbours(scenario: &Scenario) -> usize {
    let peers = scenario.timing.as_ref().map(|timing| &timing.peers);
    peers.filter(|peers| peers.gamma != 0.0).map_or(0, |peers| peers.neighbours as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::path::Path;

    fn small(assignments: &[&str]) -> Scenario {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/src/small.toml");
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        config::load(&path, &assignments).unwrap().scenario
    }

    /// Buyers and acquaintances that would take a minute are cut to a second's.
    #[test]
    fn a_check_takes_as_many_buyers_as_a_second_allows() {
        assert_eq!(affordable(&small(&["buyers.count=64"])), 64);
        let many = affordable(&small(&["buyers.count=4194304"]));
        assert!((100_000..400_000).contains(&many), "{many}");
        let linked = affordable(&small(&["buyers.count=100000", "timing.peers.neighbours=1000"]));
        assert!((2_048..40_000).contains(&linked), "{linked}");
        // More than the acquaintances of each, whatever it costs.
        assert!(linked > 1000);
    }

    /// A shipped study whose staggered lists take seconds says so.
    #[test]
    fn staggered_lists_are_counted() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/luxury-2025.toml");
        let mut scenario = config::load(&path, &[]).unwrap().scenario;
        scenario.buyers = affordable(&scenario);
        let told = announced(&scenario).unwrap();
        assert!(told.starts_with("staggered list prices week by week, and one replication of 5 regimes"), "{told}");
        scenario.pricing_nodes = 64;
        assert_eq!(announced(&scenario), None);
    }

    #[test]
    fn what_no_cut_makes_short_is_announced() {
        let scenario = small(&["buyers.count=4194304"]);
        assert_eq!(announced(&scenario), None);
        let told = announced_with(&scenario, 4_194_304).unwrap();
        assert!(told.contains("4194304 buyers of 4 acquaintances: about 1") && told.contains("Ctrl-C"), "{told}");
    }
}
