//! Buyers and dealers in time: conservation, limits, and what timing may never change.

use jiff::civil::date;
use proptest::prelude::*;
use stickershock::config;
use stickershock::model::demand::loyalty::stationary_shares;
use stickershock::model::demand::{BuyerColumns, Execution, Population};
use stickershock::model::ids::{Id, IdTable, RegimeId};
use stickershock::model::outcome::{ModelMetric, RegionMetric};
use stickershock::model::scenario::Scenario;
use stickershock::model::streams::Streams;
use stickershock::model::timing::Peers;
use stickershock::model::timing::dealers::GRAINS;
use stickershock::model::timing::lots::LotMetric;
use stickershock::model::timing::network::base_year_change;
use stickershock::model::timing::record::TimingRecord;
use stickershock::model::trade::regime::{Action, PolicyEvent, Regime, Reopening};
use stickershock::model::world::Start;
use stickershock::study::Study;

use crate::support::{edit, ids, outcomes, record, regime, root};

fn scenario(assignments: &[&str]) -> Scenario {
    let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
    let path = root().join("tests/market_1995/showdown-1995-timing.toml");
    config::load(&path, &assignments).unwrap_or_else(|error| panic!("{error}")).scenario
}

fn study(assignments: &[&str]) -> Study {
    Study::prepare(scenario(assignments)).unwrap()
}

const SMALL: &str = "buyers.count=4096";

/// A scenario with one regime of the given events (week, action) on the sanctions, beside the status quo.
fn with_events(events: &[(u32, Action)], belief: f64, suspended: bool, assignments: &[&str]) -> Study {
    let events: Vec<_> = events.iter().map(|(week, action)| (0, *week, *action)).collect();
    with_history(&events, belief, suspended, assignments)
}

/// The same with events on any instrument: (its position, week, action).
fn with_history(events: &[(usize, u32, Action)], belief: f64, suspended: bool, assignments: &[&str]) -> Study {
    let mut scenario = scenario(assignments);
    let history = Regime {
        name: "random".into(),
        label: String::new(),
        events: events
            .iter()
            .map(|(instrument, week, action)| PolicyEvent {
                date: date(1995, 1, 1),
                week: *week,
                action: *action,
                instrument: *instrument,
                refund: false,
                change: None,
                label: String::new(),
            })
            .collect(),
        reopening: Reopening::AsTheRule,
        on_sale: Vec::new(),
    };
    scenario.regimes = IdTable::new(scenario.regimes.values().take(1).cloned().collect());
    edit(&mut scenario.regimes, |regimes| regimes.push(history));
    let selected = scenario.instruments[0].selected.clone();
    let timing = scenario.timing.as_mut().unwrap();
    edit(&mut timing.beliefs, |beliefs| beliefs.truncate(2));
    timing.beliefs[RegimeId(1)].while_open = vec![belief; scenario.weeks as usize];
    edit(&mut timing.suspended, |suspended| suspended.truncate(2));
    timing.suspended[RegimeId(1)] = selected.iter().map(|selected| *selected && suspended).collect();
    Study::prepare(scenario).unwrap()
}

/// Cars, buyers, duty and the ledger of moved purchases balance exactly.
fn balances(
    study: &Study,
    record: &TimingRecord,
    regime: RegimeId,
    liable_from: Option<usize>,
    imposed: Option<(usize, usize)>,
) {
    let scenario = study.scenario();
    let (weeks, models) = (scenario.weeks as usize, scenario.market.len());
    let selected = &scenario.instruments[0].selected;
    let plan = study.plans().get(regime).unwrap();
    let dealers = scenario.timing.as_ref().and_then(|timing| timing.dealers.as_ref()).unwrap();
    let grains = |sales: f64| (sales * GRAINS as f64).round() as i64;
    let mut charged = 0.0;
    let mut owed = 0.0;
    for week in 0..weeks {
        let drawn = record.sales.drawn(week);
        assert_eq!(record.entrants[week], drawn.iter().sum::<u32>(), "entrants of week {week}");
        let owners = (0..=scenario.market.brands.len()).map(|brand| record.owners.of(week, brand));
        let (held, came) = owners.fold((0, 0), |(held, came), own| (held + own.owners, came + own.events));
        assert_eq!((held, came), (scenario.buyers as u32, record.entrants[week]), "owners in week {week}");
        for j in 0..models {
            let now = &record.dealers[week * models + j];
            assert!(now.stock[0] >= 0 && now.stock[1] >= 0 && now.moved.ordered >= 0, "week {week} model {j}: {now:?}");
            // Before week 0: the initial cover, and a week's base sales in each week to come.
            let (stock, transit) = if week == 0 {
                let sales = scenario.market.models[j].base_volume / 52.0 / record.cars;
                let stock = grains((dealers.start_weeks[j] * sales).max(dealers.least_sales));
                (stock, i64::from(dealers.lag_weeks[j]) * grains(sales))
            } else {
                let before = &record.dealers[(week - 1) * models + j];
                (before.stock[0] + before.stock[1], before.in_transit)
            };
            let sold = i64::from(drawn[j]) * GRAINS;
            assert_eq!(now.stock[0] + now.stock[1], stock + now.moved.landed - sold, "lots of week {week} model {j}");
            let transit = transit + now.moved.ordered - now.moved.landed;
            assert_eq!(now.in_transit, transit, "pipeline of week {week} model {j}");
            charged += now.disputed_duty_usd[0];
            // Every landing from the liability date owes the duty once, if it is imposed.
            let from = liable_from.or(imposed.map(|(from, _)| from));
            if let (true, Some((decision, end)), Some(from)) = (selected[j], imposed, from)
                && (from..end).contains(&week)
            {
                let cars = now.moved.landed as f64 / GRAINS as f64 * record.cars;
                let phase = plan.phase(decision);
                owed += cars * (phase.duty_usd[j] - plan.normal_duty_usd()[j]);
            }
        }
    }
    assert!((charged - owed).abs() <= 1e-9 * owed, "duty {charged} against {owed}");
    assert_eq!(record.plans_removed.iter().sum::<u32>(), record.advanced());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Random schedules: cars ordered land, cars landed are sold or stand, duty falls on each car once.
    #[test]
    fn cars_duty_and_buyers_balance_under_any_schedule(
        announced in 1_u32..40, to_liable in 0_u32..6, to_decision in 1_u32..12, to_end in 1_u32..50,
        liable: bool, imposed: bool, lifted: bool, suspended: bool, belief in 0.0..1.0_f64, seed: u32,
    ) {
        let liable_week = announced + to_liable;
        let decision = liable_week + to_decision;
        let mut events = vec![(announced, Action::Announced)];
        if liable {
            events.push((liable_week, Action::Liable));
        }
        events.push((decision, if imposed { Action::Imposed } else { Action::Settled }));
        let mut end = 104;
        if imposed && lifted {
            end = decision + to_end;
            events.push((end.min(103), Action::Lifted));
            end = end.min(103);
        }
        let study = with_events(&events, belief, suspended, &["buyers.count=2048", &format!("run.seed={seed}")]);
        let record = record(&study, RegimeId(1), 0);
        let liable_from = liable.then_some(liable_week as usize);
        balances(&study, &record, RegimeId(1), liable_from, imposed.then_some((decision as usize, end as usize)));
    }
}

/// Static limit: one choice each has the expected shares of the market core, to 1e-12.
#[test]
fn one_shot_is_the_static_market() {
    let study = study(&[SMALL, "timing.mode=one_shot"]);
    let (scenario, world) = (study.scenario(), study.shared_world());
    let buyers = &world.buyers;
    let n = buyers.len();
    let k = buyers.tastes.len() / n;
    let tastes: Vec<Vec<f64>> = (0..k).map(|c| (0..n).map(|i| buyers.tastes_of(i)[c]).collect()).collect();
    let nodes = Population::new(BuyerColumns {
        weight: &vec![1.0 / n as f64; n],
        price_response: &buyers.price_response,
        outside_utility: Some(&buyers.outside),
        tastes: &tastes.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    })
    .unwrap();
    let list = scenario.market.base_prices();
    let shares = stationary_shares(&nodes, &world.products, &world.inversion.delta, &list, Execution::SERIAL).unwrap();
    let run = &outcomes(&study, &ids([0]), 0..1, 1)[0][0];
    let events = scenario.market.market_size * f64::from(scenario.weeks) / 52.0;
    for (j, share) in shares.product.iter().enumerate() {
        let expected = run.values[study.layout().model(ModelMetric::ExpectedUnits, 0, j)];
        assert!((expected / (events * share) - 1.0).abs() < 1e-12, "model {j}: {expected} against {}", events * share);
        let drawn = run.values[study.layout().model(ModelMetric::Units, 0, j)];
        let standard_error = (events * share * scenario.households_per_buyer()).sqrt();
        assert!((drawn - expected).abs() < 5.0 * standard_error, "model {j}: {drawn} against {expected}");
    }
    let all: f64 =
        (0..study.layout().regions.len()).map(|r| run.values[study.layout().region(RegionMetric::Units, 0, r)]).sum();
    assert!((all - events).abs() < 1e-6 * events, "everybody comes once");
}

/// Without dealers nobody moves a purchase in the status quo: the weekly path sells the same cars.
#[test]
fn without_dealers_the_status_quo_is_the_plain_weekly_path() {
    let mut plain = scenario(&[SMALL]);
    plain.timing = None;
    let mut timed = scenario(&[SMALL]);
    timed.timing.as_mut().unwrap().dealers = None;
    let (plain, timed) = (Study::prepare(plain).unwrap(), Study::prepare(timed).unwrap());
    let (a, b) = (&outcomes(&plain, &ids([0]), 0..2, 1), &outcomes(&timed, &ids([0]), 0..2, 1));
    for (a, b) in a.iter().zip(b) {
        for p in 0..plain.layout().periods.len() {
            for j in 0..plain.layout().models {
                for metric in [ModelMetric::Units, ModelMetric::StickerPrice, ModelMetric::CarShare] {
                    let (one, other) = (
                        a[0].values[plain.layout().model(metric, p, j)],
                        b[0].values[timed.layout().model(metric, p, j)],
                    );
                    assert_eq!(one.to_bits(), other.to_bits(), "{metric:?} model {j}");
                }
            }
        }
    }
}

/// Nothing about timing touches the status quo, to the bit.
#[test]
fn no_timing_parameter_moves_the_status_quo() {
    let values = |assignments: &[&str]| {
        let mut all = vec![SMALL];
        all.extend(assignments);
        let study = study(&all);
        let record = record(&study, study.scenario().baseline, 1);
        (record.sales.clone(), record.dealers.clone())
    };
    let before = values(&[]);
    for assignment in [
        "timing.consider_per_week=1.0",
        "timing.look_ahead_weeks=52",
        "timing.fixed_cost_usd=0.0",
        "timing.cost_per_week_usd=1.0",
        "timing.waiting_cost_usd=0.0",
        "timing.leases_movable=true",
        "timing.stock_lag_weeks=0.0",
        "timing.belief.announced=1.0",
        "timing.belief.polarisation=0.0",
        "timing.belief.reversal_per_week=0.5",
        "timing.belief.imposed=0.1",
        "timing.waiting_doubles_weeks=1.0",
        "timing.longest_wait_weeks=52",
        "timing.hysteresis.share=0.5",
    ] {
        let after = values(&[assignment]);
        // Expected sales are not defined in time; drawn ones and what was paid are.
        assert!((0..104).all(|week| before.0.drawn(week) == after.0.drawn(week)), "{assignment}");
        assert!(before.1 == after.1, "{assignment}");
    }
}

/// Belief 0 and a settlement: the status quo to the bit, dealers included, although cars landed under liability.
#[test]
fn an_unbelieved_threat_that_is_settled_changes_nothing() {
    let study = study(&[SMALL, "timing.belief.announced=0.0"]);
    let history = regime(&study, "announced_settled");
    for replication in 0..2 {
        let quiet = record(&study, study.scenario().baseline, replication);
        let threat = record(&study, history, replication);
        assert!((0..104).all(|week| quiet.sales.drawn(week) == threat.sales.drawn(week)));
        for (a, b) in quiet.dealers.iter().zip(&threat.dealers) {
            assert_eq!(a.stock.iter().sum::<i64>(), b.stock.iter().sum::<i64>());
            assert_eq!((a.in_transit, a.price_usd, a.pace), (b.in_transit, b.price_usd, b.pace));
        }
        let models = study.scenario().market.len();
        assert!(threat.dealers[25 * models..26 * models].iter().any(|lot| lot.stock[1] > 0), "some cars were liable");
        balances(&study, &threat, history, None, None);
    }
}

/// Belief 0 and a duty that is imposed all the same: the status quo until the duty acts, then no longer.
#[test]
fn an_unbelieved_threat_moves_nobody_before_the_duty() {
    let study = with_events(&IMPOSED, 0.0, false, &[SMALL]);
    let (quiet, threat) = (record(&study, RegimeId(0), 1), record(&study, RegimeId(1), 1));
    assert!((0..26).all(|week| quiet.sales.drawn(week) == threat.sales.drawn(week)));
    assert!((26..104).any(|week| quiet.sales.drawn(week) != threat.sales.drawn(week)));
    balances(&study, &threat, RegimeId(1), Some(20), Some((26, 104)));
}

fn sanctioned(study: &Study, record: &TimingRecord, weeks: std::ops::Range<usize>) -> f64 {
    let models = &study.scenario().market.models;
    let sold = |week: usize| models.iter().zip(record.sales.drawn(week)).filter(|(m, _)| m.flagged).map(|(_, n)| n);
    weeks.flat_map(sold).map(|count| f64::from(*count)).sum()
}

const THREAT: [(u32, Action); 3] = [(20, Action::Announced), (20, Action::Liable), (26, Action::Settled)];
const IMPOSED: [(u32, Action); 3] = [(20, Action::Announced), (20, Action::Liable), (26, Action::Imposed)];

/// The surge grows with belief on the same world and shrinks with the cost of buying early; what was brought forward is
/// missing later.
#[test]
fn the_surge_grows_with_belief_and_is_paid_back() {
    const BELIEFS: [f64; 9] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0];
    /// Change of listed sales before the decision and after it, usual sales before it, purchases brought forward.
    fn run(beliefs: &[f64], extra: &str, replication: u64) -> Vec<[f64; 4]> {
        let mut scenario = with_events(&THREAT, 0.0, false, &["buyers.count=32768", extra]).scenario().clone();
        let timing = scenario.timing.as_mut().unwrap();
        timing.beliefs[RegimeId(1)].while_open.fill(beliefs[0]);
        for belief in &beliefs[1..] {
            edit(&mut scenario.regimes, |regimes| regimes.push(regimes[1].clone()));
            edit(&mut timing.suspended, |suspended| suspended.push(suspended[1].clone()));
            edit(&mut timing.beliefs, |all| {
                let mut own = all[1].clone();
                own.while_open.fill(*belief);
                all.push(own);
            });
        }
        let study = Study::prepare(scenario).unwrap();
        let quiet = record(&study, RegimeId(0), replication);
        let one = |regime: RegimeId| {
            let threat = record(&study, regime, replication);
            balances(&study, &threat, regime, None, None);
            // Nobody moves a purchase that was planned before the decision.
            assert!(threat.plans_removed[..26].iter().all(|plans| *plans == 0));
            let change = |weeks: std::ops::Range<usize>| {
                sanctioned(&study, &threat, weeks.clone()) - sanctioned(&study, &quiet, weeks)
            };
            [change(20..26), change(26..78), sanctioned(&study, &quiet, 20..26), f64::from(threat.advanced())]
        };
        study.scenario().regimes.ids().skip(1).map(one).collect()
    }
    for replication in 0..2 {
        let surges = run(&BELIEFS, "run.seed=5", replication);
        assert_eq!(surges[0][0], 0.0);
        // At neighbouring beliefs a handful of buyers differ, so a tie is possible.
        assert!(surges.windows(2).all(|pair| pair[0][0] <= pair[1][0]), "{surges:?}");
        assert!(surges.windows(4).all(|four| four[0][0] < four[3][0]), "{surges:?}");
        let [surge, payback, usual, advanced] = surges[8];
        assert!(surge / usual > 0.25 && surge / usual < 0.7, "{surges:?}");
        // Real lost sales: a few buyers find another car in stock, or none.
        assert!((surge + payback).abs() <= 0.1 * surge + 4.0, "surge {surge}, payback {payback}");
        assert!(advanced >= surge, "{advanced} purchases make a surge of {surge}");
        if replication == 0 {
            let dear = run(&[1.0], "timing.cost_per_week_usd=800.0", 0);
            assert!(dear[0][0] < surge, "{dear:?} against {surges:?}");
        }
    }
}

/// A buyer's draws do not shift when another acts earlier: only purchases that were moved differ from the status quo.
#[test]
fn those_who_do_not_move_buy_the_same_car_in_the_same_week() {
    let mut scenario = with_events(&THREAT, 1.0, false, &[SMALL]).scenario().clone();
    scenario.timing.as_mut().unwrap().dealers = None;
    let study = Study::prepare(scenario).unwrap();
    let (quiet, threat) = (record(&study, RegimeId(0), 3), record(&study, RegimeId(1), 3));
    let differing: i64 = (0..104)
        .flat_map(|week| quiet.sales.drawn(week).iter().zip(threat.sales.drawn(week)))
        .map(|(a, b)| (i64::from(*a) - i64::from(*b)).abs())
        .sum();
    let moved = i64::from(threat.advanced());
    assert!(moved > 0);
    // A moved purchase is missing in one week and extra in another, and so may be the buyer's next one.
    assert!(differing <= 4 * moved, "{differing} cells for {moved} purchases moved");
}

/// Once imposed, clean cars go first at the old price; when they are gone the duty is in the price.
#[test]
fn clean_cars_go_first_and_the_price_follows_the_lot() {
    let study = study(&["buyers.count=16384"]);
    let imposed = regime(&study, "imposed_retroactive");
    let record = record(&study, imposed, 0);
    balances(&study, &record, imposed, Some(20), Some((26, 104)));
    let models = &study.scenario().market.models;
    let plan = study.plans().get(imposed).unwrap();
    let outcome = study.simulate(&study.replication(0).unwrap(), imposed).unwrap();
    let timed = study.layout().timed.as_ref().unwrap();
    for (j, model) in models.iter().enumerate().filter(|(_, model)| model.flagged) {
        let row = timed.lots.rows.iter().position(|row| row.model == Some(j)).unwrap();
        let gone = (20..104).find(|week| record.dealers[week * models.len() + j].stock[0] < GRAINS).unwrap();
        assert_eq!(outcome.values[timed.lot(LotMetric::CleanWeeks, row)], (gone - 20 + 1) as f64, "{}", model.name);
        let list = |week: usize| record.dealers[week * models.len() + j].price_usd[0];
        assert_eq!(list(25), model.list_price_usd);
        assert_eq!(list(103), plan.phase(103).sticker_price_usd[j]);
        let switch = (26..104).find(|week| list(*week) > model.list_price_usd).unwrap();
        assert!((switch..104).all(|week| list(week) == plan.phase(week).sticker_price_usd[j]), "{}", model.name);
        assert!(record.dealers[switch * models.len() + j].stock[0] < GRAINS, "{}", model.name);
    }
    let late: f64 = record.dealers.iter().map(|lot| lot.disputed_duty_usd[1]).sum();
    let all: f64 = record.dealers.iter().map(|lot| lot.disputed_duty_usd[0]).sum();
    assert!(late >= 0.0 && late < all);
}

/// Cars of listed models by week: sold, landed, and in stock at the end.
fn listed(study: &Study, record: &TimingRecord, week: usize) -> [f64; 3] {
    let models = &study.scenario().market.models;
    let sum = |own: &dyn Fn(usize) -> f64| (0..models.len()).filter(|j| models[*j].flagged).map(own).sum::<f64>();
    let lot = |j: usize| record.dealers[week * models.len() + j];
    let cars = |grains: i64| grains as f64 / GRAINS as f64 * record.cars;
    [
        sum(&|j| f64::from(record.sales.drawn(week)[j]) * record.cars),
        sum(&|j| cars(lot(j).moved.landed)),
        sum(&|j| cars(lot(j).stock.iter().sum())),
    ]
}

/// Importers ship ahead of a duty that landings do not owe yet: four weeks of what they forecast in week 22, whose orders are the last to land
/// in time; a liability date on the day of the list leaves them no car to ship, and where nobody believes in the duty they ship as usual.
#[test]
fn only_a_liability_date_stops_stocking_up() {
    let run = |assignments: &[&str], name: &str| {
        let study = study(&[&[SMALL, "shipping.capacity=1000.0"], assignments].concat());
        let record = record(&study, regime(&study, name), 0);
        let landed: f64 = (20..26).map(|week| listed(&study, &record, week)[1]).sum();
        let models = &study.scenario().market.models;
        let flagged = (0..models.len()).filter(|j| models[*j].flagged);
        let forecast: f64 = flagged.map(|j| record.dealers[22 * models.len() + j].pace * record.cars).sum();
        (landed, forecast)
    };
    let never = ["shipping.ahead_weeks=0.0"];
    let ((usual, _), (ahead, forecast)) = (run(&never, "imposed"), run(&[], "imposed"));
    assert!((ahead - usual - 4.0 * forecast).abs() < 1e-6 * usual, "{ahead} {usual} {forecast}");
    assert_eq!(run(&[], "imposed_retroactive"), run(&never, "imposed_retroactive"));
    assert_eq!(run(&["timing.belief.mode=naive"], "imposed").0, run(&["timing.belief.mode=naive"], "status_quo").0);
}

/// With dealers who price by their own lot alone, listed models sell better in the first month of a duty than without it; the more they
/// ask of what replacing a car will cost, the fewer they sell, and the more of the cars that escaped the duty are left.
#[test]
fn replacement_cost_slows_the_rush_for_the_last_cars() {
    let run = |weight: &str| {
        let study = study(&["buyers.count=16384", weight, "shipping.ahead_weeks=0.0"]);
        let [quiet, own] = [study.scenario().baseline, regime(&study, "imposed")].map(|at| record(&study, at, 0));
        let sold = |record: &TimingRecord| -> f64 { (26..30).map(|week| listed(&study, record, week)[0]).sum() };
        (sold(&own) / sold(&quiet), listed(&study, &own, 31)[2])
    };
    let runs = ["0.0", "0.2", "0.5", "1.0"].map(|weight| run(&format!("dealers.replacement_weight={weight}")));
    assert!(runs[0].0 > 1.2 && runs[1].0 < 0.9 * runs[0].0 && runs[2].0 < 0.9 && runs[3].0 < 0.4, "{runs:?}");
    assert!(runs.is_sorted_by(|a, b| a.0 > b.0 && a.1 < b.1), "{runs:?}");
}

/// Two duties on the same models, one imposed without notice, the other announced, liable and imposed while the first is in force: every
/// landing owes each from its own date on, the second at its decision where it landed before, and nothing of it if it is settled.
#[test]
fn each_duty_is_charged_on_its_own_landings() {
    let (first, liable, second, end) = (10_u32, 16_u32, 24_u32, 60_u32);
    for settled in [false, true] {
        let decision = if settled { Action::Settled } else { Action::Imposed };
        let mut events = vec![
            (1, first, Action::Imposed),
            (0, liable, Action::Announced),
            (0, liable, Action::Liable),
            (0, second, decision),
        ];
        events.extend((!settled).then_some((0, end, Action::Lifted)));
        let study = with_history(&events, 0.3, false, &[SMALL]);
        let record = record(&study, RegimeId(1), 0);
        let (scenario, plan) = (study.scenario(), study.plans().get(RegimeId(1)).unwrap());
        let models = scenario.market.len();
        let own: Vec<usize> = (0..models)
            .filter(|j| scenario.instruments[0].selected[*j] && scenario.instruments[1].selected[*j])
            .collect();
        assert!(!own.is_empty());
        let duty = |week: u32, j: usize| plan.phase(week as usize).duty_usd[j] - plan.normal_duty_usd()[j];
        for &j in &own {
            let landed = |week: u32| {
                record.dealers[week as usize * models + j].moved.landed as f64 / GRAINS as f64 * record.cars
            };
            // Duties on list prices are dollars: what both take less what the first takes.
            let one = duty(12, j);
            let other = if settled { 0.0 } else { duty(30, j) - one };
            assert!(one > 1e3 && (settled || other > 1e3), "{one} {other}");
            for week in 0..104 {
                let at_once = match week {
                    _ if week < first => 0.0,
                    _ if week < second || week >= end => one,
                    _ => one + other,
                };
                let late: f64 = if week == second { (liable..second).map(landed).sum() } else { 0.0 };
                let expected = landed(week) * at_once + late * other;
                let charged = record.dealers[week as usize * models + j].disputed_duty_usd[0];
                assert!(
                    (charged - expected).abs() <= 1e-9 * expected.max(1.0),
                    "week {week} model {j}: {charged} {expected}"
                );
            }
        }
    }
}

/// A second duty is weighed against prices under the first, what each does to demand multiplies to what both do, and what a car owes is shared
/// between them by what each takes.
#[test]
fn a_second_duty_is_weighed_against_prices_under_the_first() {
    let events = [(1, 10, Action::Imposed), (0, 16, Action::Announced), (0, 24, Action::Imposed)];
    let study = with_history(&events, 0.3, false, &[SMALL]);
    let (plan, world, scenario) = (study.plans().get(RegimeId(1)).unwrap(), study.shared_world(), study.scenario());
    let [list, one, both] = [9, 12, 24].map(|week| plan.phase(week).sticker_price_usd.clone());
    let outlook = |week: usize| plan.outlook(week).unwrap();
    assert!(list != one && one != both);
    assert_eq!((&outlook(12).without_usd, &outlook(30).without_usd), (&list, &list));
    assert_eq!((&outlook(20).without_usd, &outlook(20).with_usd), (&one, &both));
    let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
    let [before, after] = [&list, &both].map(|prices| demand.shares(prices).product);
    for j in 0..scenario.market.len() {
        let product = outlook(10).demand_ratio[j] * outlook(24).demand_ratio[j];
        assert!((product * before[j] / after[j] - 1.0).abs() < 1e-9, "model {j}");
        // Both take the whole of the same customs value.
        let shares = [0, 1].map(|instrument| plan.duty_share(30, instrument, j));
        match [0, 1].map(|instrument: usize| scenario.instruments[instrument].selected[j]) {
            [true, true] => assert!(shares.iter().all(|share| (share - 0.5).abs() < 1e-12), "model {j}: {shares:?}"),
            [false, true] => assert_eq!(shares, [0.0, 1.0]),
            _ => assert_eq!(shares, [0.0, 0.0]),
        }
        assert_eq!(plan.duty_share(12, 1, j), 1.0, "one duty alone needs no shares");
    }
}

/// Regimes that run side by side share draws, buyers' costs and the weeks in which they are alike, and nobody can tell: same bits
/// together, alone, in other company and in another order.
#[test]
fn running_together_changes_no_number() {
    let study = study(&[SMALL, "pricing.rule=bertrand", "timing.hysteresis.share=0.5", "timing.peers.gamma=0.5"]);
    let regimes: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    for replication in [0, 5] {
        let replication = study.replication(replication).unwrap();
        let alone: Vec<_> = regimes.iter().map(|&regime| study.simulate(&replication, regime).unwrap()).collect();
        let backwards: Vec<RegimeId> = regimes.iter().rev().copied().collect();
        for company in [&regimes[..], &backwards, &regimes[2..5], &regimes[..2], &ids([3, 3])] {
            let together = study.simulate_together(&replication, company);
            for (&regime, outcome) in company.iter().zip(together) {
                let same = alone[regime.index()] == outcome.unwrap();
                assert!(same, "{regime:?}, replication {}, {company:?}", replication.number);
            }
        }
    }
}

/// A plan made from revisions that other regimes have worked out is the plan made alone.
#[test]
fn regimes_that_share_revisions_have_the_plans_they_would_have_alone() {
    let all = study(&[SMALL, "pricing.rule=bertrand"]);
    let scenario = all.scenario();
    for (at, regime) in scenario.regimes.iter().filter(|(at, _)| all.negotiated(*at).is_none()) {
        let mut alone = scenario.clone();
        alone.regimes = IdTable::new(vec![scenario.regimes[scenario.baseline].clone(), regime.clone()]);
        alone.baseline = RegimeId(0);
        let timing = alone.timing.as_mut().unwrap();
        timing.beliefs = IdTable::new([scenario.baseline, at].map(|at| timing.beliefs[at].clone()).to_vec());
        timing.suspended = IdTable::new([scenario.baseline, at].map(|at| timing.suspended[at].clone()).to_vec());
        alone.bargaining = None;
        let alone = Study::prepare(alone).unwrap();
        assert_eq!(alone.plans().get(RegimeId(1)).unwrap(), all.plans().get(at).unwrap(), "{}", regime.name);
    }
}

/// Manufacturers that stop shipping order nothing while the decision is open, and their lots run down.
#[test]
fn suspended_shipments_empty_the_lots() {
    let study = study(&["buyers.count=16384", "regime.announced_settled.suspend=[\"Honda\"]"]);
    let history = regime(&study, "announced_settled");
    let scenario = study.scenario();
    let models = &scenario.market.models;
    let (mut before, mut after) = (0, 0);
    // A lot of so few cars goes up and down by itself: several replications.
    for replication in 0..6 {
        let record = record(&study, history, replication);
        for (j, model) in models.iter().enumerate() {
            let maker = &scenario.market.manufacturers[model.manufacturer];
            let at = |week: usize| &record.dealers[week * models.len() + j];
            let ordered: i64 = (20..26).map(|week| at(week).moved.ordered).sum();
            if maker == "Honda" && model.flagged {
                assert_eq!(ordered, 0, "{}", model.name);
                before += at(19).stock[0];
                after += at(27).stock[0];
            }
        }
        balances(&study, &record, history, None, None);
    }
    assert!(after * 10 < before * 8, "{before} to {after}");
}

/// Spoilt brands and word of mouth act only when switched on, and where they should.
#[test]
fn hysteresis_outlasts_the_settlement() {
    let study = study(&[
        "buyers.count=16384",
        "timing.belief.announced=0.0",
        "timing.hysteresis.share=0.5",
        "timing.hysteresis.penalty=2.0",
        "timing.hysteresis.half_life_weeks=20.0",
    ]);
    let (quiet, threat) = (record(&study, RegimeId(0), 0), record(&study, regime(&study, "announced_settled"), 0));
    let change = |weeks: std::ops::Range<usize>| {
        sanctioned(&study, &threat, weeks.clone()) / sanctioned(&study, &quiet, weeks) - 1.0
    };
    assert_eq!(change(0..20), 0.0);
    assert!(change(26..40) < -0.15, "{}", change(26..40));
    assert!(change(90..104) > change(26..40), "{} {}", change(90..104), change(26..40));
}

/// Opinions differ on whether a threat will be carried out, not on a duty that is in force: how far they differ leaves sanctions that nobody expected as
/// they are, to the bit, and changes a threat that is believed in.
#[test]
fn opinions_differ_on_a_threat_and_not_on_a_duty_in_force() {
    let run = |belief: f64, polarisation: f64| {
        let settings =
            [format!("timing.belief.announced={belief}"), format!("timing.belief.polarisation={polarisation}")];
        let study = study(&["buyers.count=16384", &settings[0], &settings[1]]);
        let drawn = record(&study, regime(&study, "imposed_retroactive"), 0);
        (0..104).map(|week| drawn.sales.drawn(week).to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(run(0.0, 0.0), run(0.0, 0.9));
    assert_ne!(run(0.5, 0.0), run(0.5, 0.9));
}

/// Buyers who expect more of a duty in list prices rush more, in the same world; what they expect moves nobody where nothing is in dispute, and
/// once the rush is over the same buyers are left.
#[test]
fn the_more_of_a_duty_buyers_expect_in_prices_the_more_they_rush() {
    let rush = |pass_through: &str| {
        let assignments = ["buyers.count=32768", "run.seed=5", pass_through];
        let mut scenario = with_events(&THREAT, 0.0, false, &assignments).scenario().clone();
        scenario.timing.as_mut().unwrap().beliefs[RegimeId(1)].while_open.fill(1.0);
        let study = Study::prepare(scenario).unwrap();
        let quiet = record(&study, RegimeId(0), 0);
        let sales: Vec<_> = (0..104).map(|week| quiet.sales.drawn(week).to_vec()).collect();
        (sales, record(&study, RegimeId(1), 0).advanced())
    };
    let runs = ["0.0", "0.1", "0.3", "1.0"].map(|part| rush(&format!("timing.belief.pass_through={part}")));
    assert!(runs.iter().all(|run| run.0 == runs[0].0), "the status quo has nothing in dispute");
    let early = runs.map(|run| run.1);
    assert!(early.windows(2).all(|pair| pair[0] < pair[1]), "{early:?}");
    assert!(10 * early[0] < early[3], "a duty that buyers think makers bear moves few: {early:?}");
}

#[test]
fn word_of_mouth_keeps_the_market_and_is_paired_across_regimes() {
    let with = study(&[SMALL, "timing.peers.gamma=2.0"]);
    let without = study(&[SMALL]);
    let (a, b) = (record(&with, RegimeId(0), 0), record(&without, RegimeId(0), 0));
    let sold = |record: &TimingRecord| -> f64 {
        (0..104).map(|w| record.sales.drawn(w)[..49].iter().sum::<u32>()).sum::<u32>().into()
    };
    assert!((0..104).any(|week| a.sales.drawn(week) != b.sales.drawn(week)));
    assert!((sold(&a) / sold(&b) - 1.0).abs() < 0.05, "{} {}", sold(&a), sold(&b));
    let settled = record(&with, regime(&with, "announced_settled"), 0);
    assert!((0..20).all(|week| settled.sales.drawn(week) == a.sales.drawn(week)));
}

/// Where everybody owns the same brand nobody hears anything unusual: the base year stays to the bit. With the owners of the
/// base year it stays to first order.
#[test]
fn word_of_mouth_leaves_the_base_year_to_first_order() {
    let study = study(&["buyers.count=16384", "timing.peers.gamma=1.0"]);
    let scenario = study.scenario();
    let replication = study.replication(0).unwrap();
    let (world, mut start) = (&replication.world, replication.start.clone());
    let streams = Streams::new(scenario.seed, 0);
    let list = scenario.market.base_prices();
    let peers = scenario.timing.as_ref().unwrap().peers;
    let change = |peers: &Peers, start: &Start| base_year_change(world, peers, &list, start, &streams);
    assert!(change(&Peers { gamma: 0.0, ..peers }, &start).iter().all(|change| *change == 0.0));
    let drawn = change(&peers, &start);
    assert!(drawn.iter().any(|change| *change != 0.0));
    let volume: f64 = scenario.market.models.iter().map(|model| model.base_volume).sum();
    let all: f64 =
        drawn.iter().zip(&scenario.market.models).map(|(c, model)| c * model.base_volume).sum::<f64>() / volume;
    // A standard deviation of what is heard of .06 or less moves a logit by half its square.
    assert!(all.abs() < 0.01, "{all}");
    start.owned.fill(3);
    assert!(change(&peers, &start).iter().all(|change| change.abs() < 1e-12), "nothing unusual is heard");
    let reported = study.base_year().unwrap().peers_change;
    assert_eq!(reported.len(), scenario.market.len());
    assert!(reported.iter().all(|change| change.abs() < 0.1), "{reported:?}");
}

#[test]
fn results_are_the_same_on_any_number_of_threads() {
    let study = study(&["buyers.count=2048"]);
    let regimes: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    let bits = |threads| -> Vec<u64> {
        let runs = outcomes(&study, &regimes, 0..3, threads);
        runs.iter().flatten().flat_map(|outcome| &outcome.values).map(|value| value.to_bits()).collect()
    };
    assert!(bits(1) == bits(3));
}

#[test]
fn wrong_sections_are_refused_with_their_place() {
    let error = |assignments: &[&str]| {
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        config::load(&root().join("tests/market_1995/showdown-1995-timing.toml"), &assignments).unwrap_err().to_string()
    };
    for (assignment, words) in [
        ("timing.belief.announced=1.2", "fraction between 0 and 1"),
        ("timing.belief.pass_through=25", "a part of the duty between 0 and 3"),
        ("timing.outside_parts.no_purchase=0.5", "sum to 1.24"),
        ("timing.peers.neighbours=3", "even number"),
        // Of 131,072 buyers each.
        ("timing.peers.neighbours=1000", "131072000 ties to look at in every week, expected at most 100000000"),
        ("timing.peers.neighbours=1000", "write at most 762"),
        ("timing.deadline=2001-01-01", "outside the horizon"),
        ("dealers.price_bounds=[0.1, 0.2]", "discount"),
        ("dealers.forecast_weeks=0.5", "at least 1"),
        ("dealers.replacement_weight=1.5", "fraction between 0 and 1"),
        ("shipping.ahead_weeks=-1.0", "shipping.ahead_weeks"),
        ("shipping.banked_weeks=-1.0", "shipping.banked_weeks"),
        ("shipping.import_weeks=0", "expected 1 to 52"),
        ("shipping.suspend=[\"Hnda\"]", "Hnda"),
        ("regime.imposed.belief=-1.0", "fraction between 0 and 1"),
    ] {
        let message = error(&[assignment]);
        assert!(message.contains(words), "{assignment}: {message}");
    }
}

/// A run in time from the command line: its tables are described, documented and add up, its charts are there.
#[test]
fn a_run_in_time_writes_its_tables_and_charts() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("run")
        .arg(root().join("tests/market_1995/showdown-1995-timing.toml"))
        .args([
            "--set",
            "buyers.count=4096",
            "--set",
            "outputs.monthly=true",
            "--replications",
            "3",
            "--quiet",
            "--out",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| crate::support::read_csv(&folder.path().join(format!("tables/{name}.csv")));
    let package: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("datapackage.json")).unwrap()).unwrap();
    let documented = std::fs::read_to_string(root().join("docs/outputs.md")).unwrap();
    for table in ["dealers", "lots", "timing", "owners", "event_study"] {
        let resource = package["resources"].as_array().unwrap().iter().find(|r| r["name"] == table).unwrap();
        let key: Vec<&str> =
            resource["schema"]["primaryKey"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        let rows = read(table);
        let keys: std::collections::BTreeSet<Vec<&String>> =
            rows.iter().map(|row| key.iter().map(|k| &row[*k]).collect()).collect();
        assert_eq!(keys.len(), rows.len(), "{table}: key twice");
        for field in resource["schema"]["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            assert!(rows[0].contains_key(name), "{table}: {name}");
            let statistics =
                ["_change_std_error", "_std_error", "_change", "_mean", "_q05", "_q25", "_q50", "_q75", "_q95"];
            let stem = statistics.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
            let known = [name, stem].iter().any(|name| documented.contains(&format!("`{name}`")));
            assert!(known || key.contains(&name) || name == "week_start", "docs/outputs.md: {table}: {name}");
        }
    }
    let number = |row: &std::collections::BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let timing = read("timing");
    let units = |region: &str, income: &str| -> f64 {
        let here = timing.iter().filter(|row| {
            row["regime"] == "imposed"
                && row["period"] == "all"
                && row["region"] == region
                && row["income_quintile"] == income
        });
        here.map(|row| number(row, "units_mean")).sum()
    };
    let fifths: f64 = (1..=5).map(|fifth| units("europe", &fifth.to_string())).sum();
    assert!((fifths / units("europe", "all") - 1.0).abs() < 1e-12);
    let parts = units("outside_other_segment", "all") + units("outside_no_purchase", "all");
    assert!((parts / units("outside", "all") - 1.0).abs() < 1e-12);
    // Months are periods of the weeks that start in them: they make up the horizon.
    let months = |row: &&std::collections::BTreeMap<String, String>| row["period"].starts_with("19");
    let of = |regime: &str| -> Vec<_> { timing.iter().filter(|row| row["regime"] == regime).cloned().collect() };
    let imposed = of("imposed");
    let periods: std::collections::BTreeSet<&String> =
        imposed.iter().filter(months).map(|row| &row["period"]).collect();
    assert_eq!(periods.len(), 25, "31 December 1994 to 28 December 1996: {periods:?}");
    let europe = |row: &&std::collections::BTreeMap<String, String>| {
        row["region"] == "europe" && row["income_quintile"] == "all"
    };
    let monthly: f64 = imposed.iter().filter(months).filter(europe).map(|row| number(row, "units_mean")).sum();
    assert!((monthly / units("europe", "all") - 1.0).abs() < 1e-12);
    // Everybody owns one brand or none of them; who comes to market owned something before.
    let owners = read("owners");
    for period in ["all", "year_1", "1995-05"] {
        let rows = owners.iter().filter(|row| row["regime"] == "imposed" && row["period"] == period);
        let shares: f64 = rows.clone().map(|row| number(row, "owner_share_mean")).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{period}: {shares}");
        let events: f64 = rows.map(|row| number(row, "owner_events_mean")).sum();
        let came = imposed.iter().filter(|row| row["period"] == period && row["income_quintile"] == "all");
        let came: f64 =
            came.filter(|row| !row["region"].starts_with("outside_")).map(|row| number(row, "units_mean")).sum();
        assert!((events / came - 1.0).abs() < 1e-12, "{period}: {events} {came}");
    }
    // First choices are what was sold and what was lost to empty lots.
    let dealers = read("dealers");
    let total = |column: &str| -> f64 {
        dealers.iter().filter(|row| row["manufacturer"] == "all").map(|row| number(row, column)).sum()
    };
    assert!(total("first_choices_mean") >= total("units_mean") && total("units_mean") > 0.0);
    // Lots over the horizon: the mean over weeks of what the dealers' table has week by week.
    for lot in read("lots").iter().filter(|row| row["model"] == "all" && row["region"] != "all") {
        let same = |row: &&std::collections::BTreeMap<String, String>| {
            row["manufacturer"] == "all" && ["regime", "region", "flagged"].iter().all(|key| row[*key] == lot[*key])
        };
        let weeks: Vec<f64> = dealers.iter().filter(same).map(|row| number(row, "days_of_supply_mean")).collect();
        let days = number(lot, "days_of_supply_mean");
        assert!((days / (weeks.iter().sum::<f64>() / 104.0) - 1.0).abs() < 1e-12, "{lot:?}");
        assert!(number(lot, "least_days_of_supply_mean") <= days && days <= number(lot, "most_days_of_supply_mean"));
        let unmet = number(lot, "unmet_share_mean");
        assert!((0.0..1.0).contains(&unmet), "{lot:?}");
    }
    let clean = |row: &&std::collections::BTreeMap<String, String>| !row["clean_weeks_mean"].is_empty();
    assert!(read("lots").iter().filter(clean).any(|row| row["regime"] == "imposed_retroactive"));
    // Only the list is in dispute in these regimes; others inspect or tax more models.
    let of_the_list = ["announced_settled", "imposed", "imposed_retroactive"];
    let undisputed = |row: &&std::collections::BTreeMap<String, String>| {
        let listed_only = of_the_list.contains(&row["regime"].as_str());
        row["regime"] == "status_quo" || listed_only && row["flagged"] == "false" && row["model"] != "all"
    };
    assert!(!read("lots").iter().filter(undisputed).any(|row| clean(&row)), "nothing is in dispute there");
    for row in read("models") {
        assert!(row["expected_units_mean"].is_empty());
        let balance =
            number(&row, "outlay_usd_mean") - number(&row, "producer_revenue_usd_mean") - number(&row, "duty_usd_mean");
        assert!(balance.abs() <= 1e-9 * number(&row, "outlay_usd_mean").max(1e6), "{row:?}");
    }
    #[cfg(feature = "charts")]
    for chart in ["event_study", "days_of_supply", "pull_forward"] {
        assert!(folder.path().join(format!("charts/{chart}.png")).exists(), "{chart}");
        assert!(folder.path().join(format!("charts/{chart}.svg")).exists(), "{chart}");
    }
}

/// The shipped scenario, the status quo and a duty, mean days of supply over replications: what stands on the lots does not drift while nothing
/// happens, and no decision makes it jump, since it is measured by what was sold of late and not by a forecast that was cut.
#[test]
fn days_of_supply_neither_drift_nor_jump() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stickershock"))
        .arg("run")
        .arg(root().join("configs/showdown-1995.toml"))
        .args(["--set", "uncertainty.draws=0", "--regimes", "status_quo,imposed", "--replications", "8"])
        .args(["--no-charts", "--quiet", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = crate::support::read_csv(&folder.path().join("tables/dealers.csv"));
    let days = |regime: &str, region: &str, flagged: &str| -> Vec<f64> {
        let own = rows.iter().filter(|row| {
            let key = [&row["regime"], &row["region"], &row["flagged"], &row["manufacturer"]];
            key == [regime, region, flagged, "all"]
        });
        own.map(|row| row["days_of_supply_mean"].parse().unwrap()).collect()
    };
    let mean = |days: &[f64]| days.iter().sum::<f64>() / days.len() as f64;
    for (region, flagged) in [("japan", "true"), ("europe", "false"), ("big_three", "false")] {
        let days = days("status_quo", region, flagged);
        assert_eq!(days.len(), 104);
        let (first, last) = (mean(&days[..13]), mean(&days[91..]));
        assert!((last / first - 1.0).abs() < 0.08, "{region}: {first} days in the first quarter, {last} in the last");
    }
    let imposed = days("imposed", "japan", "true");
    for week in 1..104 {
        let change = imposed[week] / imposed[week - 1] - 1.0;
        assert!(change.abs() < 0.2, "week {week}: {} days after {}", imposed[week], imposed[week - 1]);
    }
}
