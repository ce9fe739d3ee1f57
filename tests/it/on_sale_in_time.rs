//! Launches, exits and makers' incentives with buyers and dealers in time.

use std::path::Path;

use stickershock::config;
use stickershock::model::accounts::Account;
use stickershock::model::on_sale::SaleDates;
use stickershock::model::scenario::Scenario;
use stickershock::model::timing::dealers::{GRAINS, sales};
use stickershock::model::timing::record::TimingRecord;
use stickershock::study::Study;

use crate::support::{self, edit, load_anywhere, outcomes, regime, root, same};

const FAST: [&str; 3] = ["buyers.count=65536", "buyers.pricing_nodes=512", "timing.belief.announced=0.2"];
const LAUNCH: i64 = 40;
const EXIT: i64 = 60;

fn scenario(assignments: &[&str]) -> Scenario {
    let assignments: Vec<String> = FAST.iter().chain(assignments).map(|text| (*text).to_owned()).collect();
    let path = root().join("tests/market_1995/showdown-1995-timing.toml");
    config::load(&path, &assignments).unwrap_or_else(|error| panic!("{error}")).scenario
}

/// A study of the status quo and sanctions in which the LS 400 has these dates; one in which it has none.
fn studies(dates: impl Fn(SaleDates) -> SaleDates, dealers: bool) -> [Study; 2] {
    let study = |dated: bool| {
        let mut scenario = scenario(&[]);
        let model = scenario.market.models.iter().position(|model| model.name == "LS 400").unwrap();
        let always = SaleDates { model, from_week: None, until_week: None, ramp_weeks: 0 };
        scenario.on_sale.extend(dated.then(|| dates(always)));
        if !dealers {
            scenario.timing.as_mut().unwrap().dealers = None;
        }
        Study::prepare(scenario).unwrap()
    };
    [true, false].map(study)
}

fn model(study: &Study) -> usize {
    study.scenario().market.models.iter().position(|model| model.name == "LS 400").unwrap()
}

fn record(study: &Study, name: &str) -> TimingRecord {
    support::record(study, regime(study, name), 0)
}

/// Purchases of a model, and all purchases, over some weeks.
fn bought(record: &TimingRecord, j: usize, weeks: std::ops::Range<usize>) -> [f64; 2] {
    let sum = |of: &dyn Fn(&[u32]) -> u32| weeks.clone().map(|week| f64::from(of(record.sales.drawn(week)))).sum();
    [sum(&|drawn| drawn[j]), sum(&|drawn| drawn[..drawn.len() - 1].iter().sum())]
}

/// No car is lost or made: what was there, was ordered, landed and was sold, to the grain.
fn cars_balance(study: &Study, record: &TimingRecord) {
    let models = study.scenario().market.len();
    for week in 1..study.scenario().weeks as usize {
        for j in 0..models {
            let [before, now] = [week - 1, week].map(|week| &record.dealers[week * models + j]);
            let sold = i64::from(record.sales.drawn(week)[j]) * GRAINS;
            let stock = |lots: [i64; 2]| lots[0] + lots[1];
            assert_eq!(stock(now.stock), stock(before.stock) + now.moved.landed - sold, "week {week} model {j}");
            let transit = before.in_transit + now.moved.ordered - now.moved.landed;
            assert_eq!(now.in_transit, transit, "week {week} model {j}");
            assert!(now.stock[0] >= 0 && now.stock[1] >= 0 && now.moved.ordered >= 0, "week {week} model {j}");
        }
    }
}

/// Dates that lie outside the horizon change nothing, to the bit.
#[test]
fn a_model_that_is_always_there_changes_nothing() {
    for dealers in [true, false] {
        let [dated, plain] =
            studies(|always| SaleDates { from_week: Some(-99), until_week: Some(999), ..always }, dealers);
        for name in ["status_quo", "imposed"] {
            let [a, b] = [&dated, &plain].map(|study| record(study, name));
            // By what they print: what is not a number equals nothing.
            assert_eq!(format!("{:?}", a.dealers), format!("{:?}", b.dealers), "{name}, dealers {dealers}");
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}, dealers {dealers}");
        }
    }
}

/// Nothing is there before; the first cars are ordered a voyage ahead and land in the week of the launch, with the stock that dealers aim at;
/// later the model sells as if it had always been there, and until then others sell more.
#[test]
fn a_launch_lands_with_its_stock() {
    let [launched, plain] = studies(|always| SaleDates { from_week: Some(LAUNCH), ramp_weeks: 8, ..always }, true);
    let (j, models) = (model(&launched), launched.scenario().market.len());
    let parameters = launched.scenario().timing.as_ref().unwrap().dealers.as_ref().unwrap();
    let lag = parameters.lag_weeks[j] as usize;
    for name in ["status_quo", "imposed"] {
        let [with, without] = [&launched, &plain].map(|study| record(study, name));
        cars_balance(&launched, &with);
        let launch = LAUNCH as usize;
        let lot = |week: usize| &with.dealers[week * models + j];
        for week in 0..launch {
            let own = lot(week);
            assert_eq!((own.stock, own.moved.landed, own.first_choices), ([0, 0], 0, 0), "week {week}");
            assert_eq!(own.moved.ordered > 0, week + lag >= launch, "week {week}");
        }
        let usual = launched.scenario().market.models[j].base_volume / 52.0 / with.cars;
        let first = sales(lot(launch).moved.landed);
        // In the mean of its first weeks it sells part of what it will.
        assert!((0.4..1.1).contains(&(first / (parameters.target_weeks * usual))), "{first} {usual}");
        assert_eq!(bought(&with, j, 0..launch)[0], 0.0);
        let [others, others_before] = [&with, &without].map(|record| {
            let [own, all] = bought(record, j, 0..launch);
            all - own
        });
        assert!(others > others_before, "{others} {others_before}");
    }
    let [with, without] = [&launched, &plain].map(|study| bought(&record(study, "status_quo"), j, 60..104)[0]);
    assert!((with / without - 1.0).abs() < 0.1, "{with} {without}");
}

/// Nothing lands from the exit on; lots are run down to it, what is left sells afterwards, and then the model is gone.
#[test]
fn an_exit_runs_the_lots_down() {
    let [leaving, plain] = studies(|always| SaleDates { until_week: Some(EXIT), ..always }, true);
    let (j, models, exit) = (model(&leaving), leaving.scenario().market.len(), EXIT as usize);
    let [with, without] = [&leaving, &plain].map(|study| record(study, "status_quo"));
    cars_balance(&leaving, &with);
    let stock = |record: &TimingRecord, week: usize| sales(record.dealers[week * models + j].stock.iter().sum());
    assert!((exit..104).all(|week| with.dealers[week * models + j].moved.landed == 0));
    assert!(stock(&with, exit) < 0.35 * stock(&without, exit), "{} {}", stock(&with, exit), stock(&without, exit));
    let left = stock(&with, exit - 1);
    let [after, _] = bought(&with, j, exit..104);
    // What was left is sold but for less than one sale.
    assert!(after >= 1.0 && (0.0..1.0).contains(&stock(&with, 103)), "{after} of {left}");
    assert!((after + stock(&with, 103) - left).abs() < 1e-9, "{after} of {left}");
    assert_eq!(bought(&with, j, 90..104)[0], 0.0);
    let [before, usual] = [&with, &without].map(|record| bought(record, j, 0..exit - 13)[0]);
    assert!((before / usual - 1.0).abs() < 0.02, "{before} {usual}");
}

/// Without dealers there is nothing to run down: no purchase before the launch or from the exit on.
#[test]
fn without_dealers_dates_hold_to_the_week() {
    let both = |always| SaleDates { from_week: Some(LAUNCH), until_week: Some(EXIT), ..always };
    let [dated, plain] = studies(both, false);
    let j = model(&dated);
    let [with, without] = [&dated, &plain].map(|study| record(study, "status_quo"));
    for (weeks, there) in [(0..LAUNCH, false), (LAUNCH..EXIT, true), (EXIT..104, false)] {
        let weeks = weeks.start as usize..weeks.end as usize;
        let [own, usual] = [&with, &without].map(|record| bought(record, j, weeks.clone())[0]);
        if there {
            assert!((own / usual - 1.0).abs() < 0.1, "{own} {usual}");
        } else {
            assert_eq!(own, 0.0);
        }
    }
}

/// Regimes in which a model comes at other dates, together, are what each is alone: they share no dealers before the dates part.
#[test]
fn regimes_of_other_dates_run_side_by_side() {
    let mut scenario = scenario(&[]);
    let model = scenario.market.models.iter().position(|model| model.name == "LS 400").unwrap();
    let at = |name: &str| scenario.regimes.ids().find(|id| scenario.regimes[*id].name == name).unwrap();
    let (quo, settled) = (at("status_quo"), at("announced_settled"));
    edit(&mut scenario.regimes, |regimes| {
        let dates = SaleDates { model, from_week: Some(LAUNCH), until_week: None, ramp_weeks: 0 };
        regimes[usize::from(settled.0)].on_sale.push(dates);
    });
    let study = Study::prepare(scenario).unwrap();
    let together = &outcomes(&study, &[quo, settled], 0..1, 1)[0];
    for (at, id) in [quo, settled].into_iter().enumerate() {
        assert!(same(&outcomes(&study, &[id], 0..1, 1)[0][0].values, &together[at].values));
    }
    assert!(!same(&together[0].values, &together[1].values));
    let record = record(&study, "announced_settled");
    assert!((0..LAUNCH as usize).all(|week| record.sales.drawn(week)[model] == 0));
}

/// Dollars off at the dealer in time: buyers pay so much less than they would at the same stock, lists stay, nobody buys early or waits for what is no
/// duty, and what buyers get is their makers'.
#[test]
fn an_incentive_in_time_is_off_what_dealers_ask() {
    const OFF: &str = r#"
extends = ["market_1995/showdown-1995-timing.toml"]
[[instrument]]
name = "off"
kind = "incentive"
amount_usd = 2000.0
on = { brands = ["Lexus"] }
[[regime]]
name = "helped"
events = [{ date = 1995-07-01, action = "imposed", instrument = "off" }]
"#;
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("tests/market_1995"), &folder.path().join("market_1995"));
    std::fs::write(folder.path().join("off.toml"), OFF).unwrap();
    let assignments: Vec<String> =
        FAST.iter().chain(&["market.home_cost_share=0.0"]).map(|text| (*text).to_owned()).collect();
    let loaded = load_anywhere(&folder.path().join("off.toml"), &assignments).unwrap_or_else(|error| panic!("{error}"));
    let study = Study::prepare(loaded.scenario).unwrap();
    let market = &study.scenario().market;
    let lexus: Vec<bool> = market.models.iter().map(|model| market.brands[model.brand] == "Lexus").collect();
    let [plain, helped] = ["status_quo", "helped"].map(|name| record(&study, name));
    cars_balance(&study, &helped);
    let models = market.len();
    // The week of 1 July 1995, and not before: nobody waited.
    let first = 26;
    assert!((0..first).all(|week| plain.sales.drawn(week) == helped.sales.drawn(week)));
    for (j, lexus) in lexus.iter().enumerate() {
        let [a, b] = [&plain, &helped].map(|record| record.dealers[first * models + j].price_usd);
        let off = if *lexus { 2_000.0 } else { 0.0 };
        assert!((a[0] - b[0] - off).abs() < 1e-9 && (a[1] - b[1] - off).abs() < 1e-9, "{a:?} {b:?}");
    }
    assert_eq!([plain.advanced(), helped.advanced()], [0, 0], "nobody buys early for it");
    let sold = |record: &TimingRecord| -> f64 {
        (first..104)
            .flat_map(|week| (0..models).map(move |j| (week, j)))
            .filter(|(_, j)| lexus[*j])
            .map(|(week, j)| f64::from(record.sales.drawn(week)[j]))
            .sum()
    };
    assert!(sold(&helped) > 1.03 * sold(&plain), "{} {}", sold(&helped), sold(&plain));
    // The ledger closes: what buyers pay is what makers, dealers, Treasury and production get.
    let ids = ["status_quo", "helped"].map(|name| regime(&study, name));
    let kept = outcomes(&study, &ids, 0..1, 1);
    let accounts = study.layout().accounts.as_ref().unwrap();
    let value = |arm: usize, wanted: Account| {
        let position = accounts.accounts.iter().position(|(account, _)| *account == wanted).unwrap();
        kept[0][arm].values[accounts.account(position, 0)]
    };
    let headline = study.layout().headlines.iter().position(|name| name == "outlay_usd").unwrap();
    for arm in [0, 1] {
        let outlay = kept[0][arm].values[study.layout().headline(headline, 0)];
        assert!((value(arm, Account::Outlay) / outlay - 1.0).abs() < 1e-9);
    }
    assert!(value(1, Account::Consumers) > value(0, Account::Consumers));
    assert!(value(1, Account::Makers) < value(0, Account::Makers), "the makers' own lists were the best already");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
