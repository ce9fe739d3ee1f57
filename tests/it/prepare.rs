//! A study is prepared for the regimes that run, and what no policy touches is solved once.

use std::sync::Arc;

use stickershock::model::trade::regime::Action;
use stickershock::study::{Base, Job, Study, StudyError};

use crate::support::{outcomes, regime, showdown, study};

const SMALL: [&str; 3] = ["buyers.count=256", "buyers.pricing_nodes=128", "run.replications=2"];

fn position(name: &str) -> usize {
    showdown(&SMALL).scenario.regimes.iter().position(|regime| regime.name == name).unwrap()
}

/// Only what was asked for is worked out, with the baseline, and it has the numbers that it has among all.
#[test]
fn two_regimes_are_prepared_for_a_run_of_two() {
    let whole = study(&SMALL);
    let (imposed, quiet) = (regime(&whole, "imposed"), whole.scenario().baseline);
    let part = Study::prepare_only(showdown(&SMALL).scenario, &[imposed]).unwrap();
    assert_eq!((part.plans().len(), whole.plans().len()), (2, whole.scenario().regimes.len()));
    for prepared in 0..whole.scenario().regimes.len() {
        let expected = [imposed, quiet].contains(&prepared).then(|| &whole.plans()[prepared]);
        assert_eq!(part.plans().get(prepared), expected);
        assert!(part.negotiated(prepared).is_none());
    }
    let run = |study| outcomes(study, &[quiet, imposed], 0..2, 1);
    assert!(run(&part) == run(&whole));
    // Another regime is refused by name.
    let (world, start) = part.world(0).unwrap();
    for name in ["all_imports", "negotiated"] {
        let refused = part.simulate(&world, &start, Job { regime: position(name), replication: 0 });
        assert!(matches!(refused, Err(StudyError::Unprepared { regime }) if regime == name));
    }
}

/// A regime with a history that cannot be ends the studies that run it, and no other.
#[test]
fn a_regime_that_cannot_be_prepared_is_no_matter_to_the_others() {
    let (imposed, broken) = (position("imposed"), position("all_imports"));
    let mut scenario = showdown(&SMALL).scenario;
    // What was never imposed cannot be lifted.
    scenario.regimes[broken].events.retain(|event| event.action != Action::Imposed);
    let last = scenario.regimes[imposed].events.last().cloned().unwrap();
    scenario.regimes[broken]
        .events
        .push(stickershock::model::trade::regime::PolicyEvent { action: Action::Lifted, ..last });
    match Study::prepare(scenario.clone()) {
        Err(StudyError::Plan { regime, .. }) => assert_eq!(regime, "all_imports"),
        other => panic!("{other:?}"),
    }
    assert!(Study::prepare_only(scenario.clone(), &[imposed, broken]).is_err());
    assert_eq!(Study::prepare_only(scenario, &[imposed]).unwrap().plans().len(), 2);
}

/// One base year serves scenarios that differ in policy; another market has another.
#[test]
fn a_base_year_is_shared_by_scenarios_that_differ_in_policy_alone() {
    let imposed = position("imposed");
    let base = Base::solve(&showdown(&SMALL).scenario).unwrap();
    for policy in [
        "instrument.sanctions.rate=0.25",
        "pricing.theta=0.5",
        "instrument.sanctions.basis=border",
        "run.replications=9",
    ] {
        let scenario = || showdown(&[SMALL[0], SMALL[1], policy]).scenario;
        assert!(base.serves(&scenario()), "{policy}");
        let shared = Study::on(Arc::clone(&base), scenario(), &[imposed]).unwrap();
        let alone = Study::prepare_only(scenario(), &[imposed]).unwrap();
        assert!(Arc::ptr_eq(shared.base(), &base));
        assert_eq!(shared.plans(), alone.plans(), "{policy}");
        let run = |study| outcomes(study, &[study.scenario().baseline, imposed], 0..1, 1);
        assert!(run(&shared) == run(&alone), "{policy}");
    }
    for fact in ["demand.alpha=0.2", "run.seed=5", "market.size=4e6", "demand.loyalty=1.1", "buyers.pricing_nodes=64"] {
        let scenario = showdown(&[SMALL[0], SMALL[1], fact]).scenario;
        assert!(!base.serves(&scenario), "{fact}");
        let refused = Study::on(Arc::clone(&base), scenario, &[imposed]);
        assert!(matches!(refused, Err(StudyError::OtherBase)), "{fact}");
    }
}
