//! Regimes that the governments negotiate: histories the market can have, worlds that are the bargaining's own, one plan for
//! each course, and market flows from the scenario's own market.

use std::sync::{Arc, OnceLock};

use stickershock::config::load;
use stickershock::model::governments::{Negotiation, Setup, State};
use stickershock::model::ids::RegimeId;
use stickershock::model::outcome::NegotiatedMetric;
use stickershock::model::plan::RegimePlan;
use stickershock::model::streams::Streams;
use stickershock::model::trade::regime::{Action, Force};
use stickershock::study::Study;
use stickershock::study::negotiation::{negotiate, world};
use stickershock::study::policy::PlanRef;
use stickershock::study::prepare::governments;

use crate::support::{outcomes, regime, root, showdown, showdown_path, study};

/// Flows given as numbers, those of `configs/governments-1995.toml`.
const GIVEN: &str = "governments.flows={source=\"given\", exchange_rate=[84.6], exchange_rate_elasticity=0.9, partner_makers_loss=[1.84], \
                     third_party_gain=[1.43], home_makers_gain=[0.48], extra_duty=[0.64], consumers_loss=[2.97], dealers_loss=[0.46]}";

const SMALL: [&str; 2] = ["buyers.count=256", "governments.flows.grid=[85.0, 110.0]"];

fn small() -> &'static Study {
    static STUDY: OnceLock<Study> = OnceLock::new();
    STUDY.get_or_init(|| study(&SMALL))
}

fn setup(study: &Study) -> &Setup {
    &study.negotiated(regime(study, "negotiated")).unwrap().setup
}

/// What the market runs under is what the governments did in the world of the same number.
#[test]
fn every_replication_has_the_history_of_its_own_world() {
    let study = small();
    let negotiated = regime(study, "negotiated");
    let (mut settled, mut imposed) = (0, 0);
    let mut plans: Vec<Arc<RegimePlan>> = Vec::new();
    for replication in 0..200 {
        let streams = Streams::new(study.scenario().seed, replication);
        let alone = world(setup(study), streams);
        let replication = study.replication(replication).unwrap();
        let policy = study.policy(&replication, negotiated).unwrap();
        assert_eq!(policy.world.as_deref(), Some(&alone));
        let PlanRef::Shared(plan) = &policy.plan else { panic!("{}: a plan of its own", replication.number) };
        if !plans.iter().any(|known| Arc::ptr_eq(known, plan)) {
            plans.push(Arc::clone(plan));
        }
        // The complaint and its ruling stand between the steps of the dispute.
        let case = |action: &Action| matches!(action, Action::Complaint | Action::RulingLost | Action::RulingWon);
        let steps: Vec<_> = policy.regime.events.iter().filter(|event| !case(&event.action)).collect();
        let actions: Vec<Action> = steps.iter().map(|event| event.action).collect();
        assert_eq!(policy.regime.events[2].action, Action::Complaint);
        assert_eq!(actions[..3], [Action::Threatened, Action::Announced, Action::Liable]);
        match alone.decision {
            None => {
                settled += 1;
                assert_eq!(actions[3], Action::Settled);
                let signed = alone.deal.unwrap().settlement.signed.date();
                assert_eq!(steps[3].date, signed);
            }
            Some(State::Imposed) => {
                imposed += 1;
                assert_eq!(actions[3], Action::Imposed);
                let end = match alone.last_state {
                    State::Settled => Some(Action::Settled),
                    State::Reversed => Some(Action::Reversed),
                    _ => None,
                };
                assert_eq!(actions.get(4).copied(), end);
            }
            Some(_) => assert_eq!(actions[3], Action::Lapsed),
        }
        // Weeks of duty run from the decision to its end, and cars landed in between owe it.
        let force = policy.regime.force(&study.scenario().instruments, study.scenario().weeks).unwrap();
        let instrument = policy.regime.events[0].instrument;
        let charged = force.iter().filter(|week| week[instrument] == Force::Charged).count();
        let owed = force.iter().filter(|week| week[instrument] == Force::OwedLater).count();
        assert_eq!(charged > 0, alone.decision == Some(State::Imposed));
        assert_eq!(owed, if charged > 0 { 6 } else { 0 }, "20 May to 28 June");
    }
    assert!(settled > 100 && imposed > 20, "{settled} settled, {imposed} imposed");
    assert!(plans.len() < 80, "{} plans for 200 replications", plans.len());
}

/// Prices under sanctions are those of the scheduled regime with the same events; after a settlement those before.
#[test]
fn prices_follow_the_history() {
    let study = small();
    let negotiated = regime(study, "negotiated");
    let scheduled = study.plans().get(regime(study, "imposed_retroactive")).unwrap();
    let quiet = study.plans().get(study.scenario().baseline).unwrap();
    let mut seen = [0; 2];
    for replication in 0..60 {
        let replication = study.replication(replication).unwrap();
        let policy = study.policy(&replication, negotiated).unwrap();
        let week_of =
            |wanted: &[Action]| policy.regime.events.iter().find(|e| wanted.contains(&e.action)).map(|e| e.week);
        let imposed = week_of(&[Action::Imposed]);
        seen[usize::from(imposed.is_some())] += 1;
        let until = week_of(&[Action::Settled, Action::Reversed]).unwrap_or(u32::MAX);
        for week in 0..study.scenario().weeks {
            let expected = if imposed.is_some() && week < until { scheduled } else { quiet };
            assert_eq!(
                policy.plan.phase(week as usize),
                expected.phase(week as usize),
                "{}, week {week}",
                replication.number
            );
        }
    }
    assert!(seen[0] > 0 && seen[1] > 0);
}

/// Histories stay possible for the market when every review fails and threats come back.
#[test]
fn renewed_threats_are_histories_that_the_market_accepts() {
    let study = study(&[
        "buyers.count=256",
        GIVEN,
        "governments.pass_score=100",
        "governments.enforcement_plans=1",
        "time.weeks=160",
        "exchange_rate.mode=constant",
    ]);
    let negotiated = regime(&study, "negotiated");
    let mut renewed = 0;
    for replication in 0..60 {
        let replication = study.replication(replication).unwrap();
        let policy = study.policy(&replication, negotiated).unwrap();
        renewed += usize::from(policy.regime.events.iter().any(|event| event.action == Action::Reinstated));
    }
    assert!(renewed > 5, "{renewed} threats came back");
}

#[test]
fn outcomes_are_the_same_at_any_number_of_threads_and_in_any_order() {
    let negotiated = regime(small(), "negotiated");
    let one = outcomes(small(), &[RegimeId(0), negotiated], 0..12, 1);
    // A study of its own: no plan is known beforehand, and the last replications come first.
    let fresh = study(&SMALL);
    let last = outcomes(&fresh, &[RegimeId(0), negotiated], 6..12, 3);
    let first = outcomes(&fresh, &[RegimeId(0), negotiated], 0..6, 3);
    let bits = |outcomes: &[Vec<stickershock::model::outcome::Outcome>]| -> Vec<u64> {
        outcomes.iter().flatten().flat_map(|outcome| &outcome.values).map(|value| value.to_bits()).collect()
    };
    assert_eq!(bits(&one), [bits(&first), bits(&last)].concat());
}

/// Regimes of dated events draw nothing from the governments' streams: other governments leave them as they are.
#[test]
fn scheduled_regimes_do_not_notice_the_governments() {
    let other = study(&["buyers.count=256", GIVEN, "governments.execution_reward=0.5"]);
    let negotiated = regime(small(), "negotiated");
    let arms: Vec<RegimeId> = small().scenario().regimes.ids().take_while(|regime| *regime != negotiated).collect();
    let block = small().layout().negotiated.unwrap().slot(NegotiatedMetric::SettledByDeadline);
    let (here, there) = (outcomes(small(), &arms, 0..2, 2), outcomes(&other, &arms, 0..2, 2));
    for (here, there) in here.iter().flatten().zip(there.iter().flatten()) {
        assert!(here == there);
        assert!(here.values[block..block + NegotiatedMetric::ALL.len()].iter().all(|value| value.is_nan()));
    }
}

/// A deal adds to trade from its month on; a world without one adds nothing.
#[test]
fn deals_add_to_trade() {
    let study = small();
    let negotiated = study.negotiated(regime(study, "negotiated")).unwrap();
    for replication in 0..30 {
        let streams = Streams::new(study.scenario().seed, replication);
        let alone = world(&negotiated.setup, streams);
        let effects = negotiated.trade_effects(&alone, &streams);
        assert_eq!(effects.is_empty(), alone.deal.is_none());
        assert!(effects.iter().skip(1).all(|month| month.parts > 0.0 && month.home_exports > 0.0));
    }
}

/// The slots of a replication, averaged, are the shares of the bargaining alone.
#[test]
fn replications_carry_the_outcome_of_their_negotiation() {
    let study = small();
    let negotiated = regime(study, "negotiated");
    let n = 40;
    let jobs = outcomes(study, &[RegimeId(0), negotiated], 0..n, 2);
    let block = study.layout().negotiated.unwrap();
    let values = |metric| jobs.iter().map(|arms| arms[1].values[block.slot(metric)]).collect::<Vec<f64>>();
    let mean = |values: &[f64]| {
        let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    let sums = negotiate(setup(study), study.scenario().seed, n);
    for (metric, name) in [
        (NegotiatedMetric::SettledByDeadline, "settled_by_deadline"),
        (NegotiatedMetric::Imposed, "imposed"),
        (NegotiatedMetric::Lapsed, "lapsed"),
        (NegotiatedMetric::BeliefFiveWeeksBefore, "belief_1995_05_24"),
        (NegotiatedMetric::BeliefDeadline, "belief_1995_06_28"),
    ] {
        let (here, alone) = (mean(&values(metric)), sums.metric(name).mean);
        assert!((here - alone).abs() < 1e-12, "{name}: {here}, alone {alone}");
    }
    for (weeks, imposed) in values(NegotiatedMetric::SanctionsWeeks).iter().zip(values(NegotiatedMetric::Imposed)) {
        assert_eq!(*weeks > 0.0, imposed == 1.0);
    }
}

/// In runs in time buyers believe what the governments' public believes when the week begins, expect the announced deadline,
/// and nothing once there is a deal.
#[test]
fn beliefs_come_from_the_negotiation() {
    let path = root().join("tests/market_1995/showdown-1995-timing.toml");
    let assignments = ["buyers.count=512", GIVEN].map(String::from);
    let study = Study::prepare(crate::support::load_anywhere(&path, &assignments).unwrap().scenario).unwrap();
    let negotiated = regime(&study, "negotiated");
    let scenario = study.scenario();
    for replication in 0..20 {
        let replication = study.replication(replication).unwrap();
        let policy = study.policy(&replication, negotiated).unwrap();
        let belief = policy.belief.as_ref().unwrap();
        assert_eq!((belief.once_imposed, belief.fading_per_year), (1.0, 0.85));
        assert!((belief.reversal_per_week - 0.016).abs() < 5e-4);
        let mut negotiation = Negotiation::new(setup(&study), replication.streams);
        let mut checked = 0;
        while !negotiation.is_over() && negotiation.day().date() < scenario.week_start(26) {
            negotiation.open_day();
            let week = (0..26).find(|week| scenario.week_start(*week) == negotiation.day().date());
            if let Some(week) = week {
                let open = matches!(negotiation.state(), State::Threatened | State::Announced);
                let expected = if open { negotiation.belief(0.0) } else { 0.0 };
                assert_eq!(belief.while_open[week as usize], expected, "week {week}");
                if open {
                    assert_eq!(belief.decision_weeks[week as usize], 26, "the week after 28 June 1995");
                    checked += 1;
                }
            }
            negotiation.close_day();
        }
        assert!(checked >= 10 && belief.while_open[27..].iter().all(|belief| *belief == 0.0));
        // Later purchases are safer at the rate at which sanctions are expected to end.
        assert!((belief.at_purchase(0.2, 52.0) - 0.2 * (-0.85_f64).exp()).abs() < 1e-12);
        assert_eq!(belief.at_purchase(0.2, -3.0), 0.2);
    }
    let naive = [&assignments[..], &["timing.belief.mode=naive".to_owned()]].concat();
    let study = Study::prepare(crate::support::load_anywhere(&path, &naive).unwrap().scenario).unwrap();
    let replication = study.replication(0).unwrap();
    let policy = study.policy(&replication, negotiated).unwrap();
    assert!(policy.belief.unwrap().while_open.iter().all(|belief| *belief == 0.0));
}

/// An instrument that takes nothing moves nothing; the real one hurts those whom it should, and a weak yen makes the lost
/// business worth more.
#[test]
fn market_flows_are_those_of_the_scenarios_market() {
    let flows = |assignments: &[&str]| {
        let base = ["buyers.count=512", "governments.flows.grid=[85.1127, 100.0]"];
        let loaded = showdown(&[&base[..], assignments].concat());
        governments(&loaded.scenario).unwrap().flows
    };
    let none = flows(&["instrument.sanctions.rate=0.0"]);
    for (yen, flows) in none.points() {
        assert!(flows.values().iter().all(|flow| flow.abs() < 1e-9), "{yen}: {flows:?}");
    }
    let flows = flows(&[]);
    let (now, weak) = (flows.at(85.1127), flows.at(100.0));
    assert!(now.values().iter().all(|flow| *flow > 0.0), "{now:?}");
    assert!(weak.partner_makers_loss > now.partner_makers_loss && weak.third_party_gain > now.third_party_gain);
    // Consumers lose more than the Treasury and other makers' buyers gain: the duty is a burden.
    assert!(now.consumers_loss > now.extra_duty);
}

/// At the base month's rate the flows are the account of a year between the study's own equilibria.
#[test]
fn market_flows_agree_with_bertrand_plans() {
    use stickershock::model::accounts::{AccountParameters, Owners, Situation, market_flows, year_change};
    use stickershock::model::demand::Execution;
    let study = study(&["buyers.count=512", "pricing.rule=bertrand", "governments.flows.grid=[85.1127]"]);
    let (scenario, world) = (study.scenario(), study.shared_world());
    let owners = Owners::new(&scenario.market, &[]).unwrap();
    let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
    let situation = Situation {
        market: &scenario.market,
        owners: &owners,
        parameters: &AccountParameters::default(),
        demand: &demand,
        cost_usd: &world.makers.costs.marginal_cost,
        rising: None,
    };
    let before = study.plans().get(scenario.baseline).unwrap().phase(0);
    let after = study.plans().get(regime(&study, "imposed")).unwrap().phase(103);
    let change = year_change(&situation, before, after).unwrap();
    let japan = scenario.market.regions.iter().find(|(_, name)| *name == "japan").unwrap().0;
    let expected = market_flows(&change, &scenario.market, japan);
    let found = setup(&study).flows.at(85.1127);
    for (found, expected) in found.values().iter().zip(expected.values()) {
        assert!((found - expected).abs() < 1e-9 * expected.abs(), "{found}, expected {expected}");
    }
}

/// Regimes of dated events can be judged by the governments' record; a history that the dispute cannot have is refused with
/// both steps named.
#[test]
fn dated_events_can_be_judged_by_the_governments_record() {
    let folder = tempfile::tempdir().unwrap();
    let base = showdown_path().display().to_string();
    let load_with = |regimes: &str| {
        let path = folder.path().join("case.toml");
        let belief = "[timing]\n[timing.belief]\nmode = \"governments\"\n";
        std::fs::write(&path, format!("extends = '{base}'\nname = \"case\"\n{belief}{regimes}")).unwrap();
        crate::support::load_anywhere(&path, &[GIVEN.to_owned()])
    };
    let scenario = load_with("").unwrap().scenario;
    let position = scenario.regimes.iter().find(|(_, regime)| regime.name == "announced_settled").unwrap().0;
    let belief = &scenario.timing.as_ref().unwrap().beliefs[position];
    // Talks, then the open threat of 12 April, the list of 16 May, the settlement of 28 June.
    assert_eq!((belief.while_open[14], belief.while_open[26]), (0.0, 0.0));
    assert!((belief.while_open[15] - 0.055).abs() < 1e-3 && (belief.while_open[21] - 0.150).abs() < 1e-3);
    assert_eq!(belief.once_imposed, 1.0);

    let event =
        |date: &str, action: &str| format!("{{ date = {date}, action = \"{action}\", instrument = \"sanctions\" }}");
    let regime = |events: &[String]| format!("[[regime]]\nname = \"odd\"\nevents = [{}]\n", events.join(", "));
    let straight = regime(&[event("1995-05-16", "threatened"), event("1995-06-28", "imposed")]);
    let error = load_with(&straight).unwrap_err().to_string();
    for part in ["imposition of 1995-06-28", "open threat of 1995-05-16", "threatened"] {
        assert!(error.contains(part), "{error}");
    }
    let again =
        regime(&[event("1995-05-16", "announced"), event("1995-06-28", "lapsed"), event("1995-09-01", "announced")]);
    let error = load_with(&again).unwrap_err().to_string();
    assert!(error.contains("`announced` on 1995-09-01") && error.contains("`lapsed` on 1995-06-28"), "{error}");
    // A settlement before any threat is refused by the market's own state machine, whatever the beliefs.
    let early = regime(&[event("1995-03-01", "settled"), event("1995-05-16", "announced")]);
    let error = load_with(&early).unwrap_err().to_string();
    for part in ["`settled` on 1995-03-01", "1995-05-16"] {
        assert!(error.contains(part), "{error}");
    }
}

/// The numbers of a dispute are its own: a scenario that leaves some out is told which, and where those of 1995 are.
#[test]
fn a_dispute_without_its_numbers_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unsolved.toml");
    let text = std::fs::read_to_string(showdown_path()).unwrap();
    let configs = showdown_path().parent().unwrap().display().to_string();
    let text = text.replace(", \"calibrated/calibrated-settlement.toml\"", "");
    let text = text
        .replace("\"bargaining-1995", &format!("\"{configs}/bargaining-1995"))
        .replace("\"calibrated/", &format!("\"{configs}/calibrated/"))
        .replace("\"data/", &format!("\"{configs}/data/"));
    let refused = |text: &str, parts: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let error = crate::support::load_anywhere(&path, &[]).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "no `{part}` in:\n{error}");
        }
    };
    refused(&text, &["governments: has no `execution_reward`", "execution_reward = 1", "--solve-k=0.77"]);
    assert!(crate::support::load_anywhere(&path, &["governments.execution_reward=0.9".to_owned()]).is_ok());
    let bare = text.replace(&format!("\"{configs}/bargaining-1995.toml\", "), "");
    assert_ne!(bare, text);
    refused(
        &bare,
        &["has no `discount_rate`, `deal_years`, `parts_purchases` and 116 more", "configs/parts/bargaining-1995.toml"],
    );
}

#[test]
fn impossible_sections_are_refused_with_key_and_remedy() {
    for (assignments, named) in [
        (&["run.baseline=negotiated"][..], "run.baseline"),
        (&["governments.flows.exporter=mars"], "governments.flows.exporter"),
        (&["governments.flows.grid=[90.0, 80.0]"], "governments.flows.grid"),
        (&["governments.flows.dealers_margin=2"], "governments.flows.dealers_margin"),
        (&["governments.flows.source=oracle"], "market"),
        (&["governments.flows.source=given"], "has no flows to bargain over"),
        (&["governments.flows.exchange_rate=[84.6]"], "partner_makers_loss"),
        (&["governments.dates.horizon=1996-01-01"], "governments.dates.horizon"),
        (&["exchange_rate.base_month=1895-05"], "exchange_rate.base_month"),
    ] {
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        let error = load(&showdown_path(), &assignments).unwrap_err().to_string();
        assert!(error.contains(named), "{assignments:?}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let base = showdown_path().display().to_string();
    for (regime, named) in [
        ("negotiated = true", "instrument"),
        ("instrument = \"sanctions\"", "negotiated = true"),
        ("negotiated = true\ninstrument = \"tea\"", "tea"),
        (
            "negotiated = true\ninstrument = \"sanctions\"\nevents = [{ date = 1995-05-16, action = \"announced\", instrument = \"sanctions\" }]",
            "events",
        ),
        ("negotiated = true\ninstrument = \"sanctions\"\nbelief = 0.3", "belief"),
    ] {
        let path = folder.path().join("wrong.toml");
        let text = format!("extends = '{base}'\nname = \"wrong\"\n[[regime]]\nname = \"wrong\"\n{regime}\n");
        std::fs::write(&path, text).unwrap();
        let error = crate::support::load_anywhere(&path, &[]).unwrap_err().to_string();
        assert!(error.contains("regime.wrong") && error.contains(named), "{regime}: {error}");
    }
}
