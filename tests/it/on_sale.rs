//! Launches and exits: limits, identities, and what is refused.

use stickershock::model::demand::{Execution, price_response};
use stickershock::model::outcome::{ModelMetric, Outcome};
use stickershock::model::plan::Phase;
use stickershock::model::supply::PriceProblem;
use stickershock::model::trade::policy::normal_duties;
use stickershock::study::Study;

use crate::language::{loaded, plan, with};
use crate::support::{load_anywhere, outcomes, regime, root, same};

const BERTRAND: &str = "pricing.rule=bertrand";
const VERTICAL: &str = "pricing.chain=\"vertical\"";
const STAGGERED: &str = "pricing.rule=staggered";
const LATE: usize = 103;
/// A price at which nobody buys: linear utility, so its exponential is zero.
const PROHIBITIVE_USD: f64 = 1e9;

fn on_sale(keys: &str) -> String {
    format!("[[market.on_sale]]\nmodels = [\"LS 400\"]\n{keys}\n")
}

fn lexus(study: &Study) -> usize {
    study.scenario().market.models.iter().position(|model| model.name == "LS 400").unwrap()
}

/// Expected sales of the model in a period.
fn expected(study: &Study, outcome: &Outcome, period: &str) -> f64 {
    let layout = study.layout();
    let at = layout.periods.iter().position(|known| known.name == period).unwrap();
    outcome.values[layout.model(ModelMetric::ExpectedUnits, at, lexus(study))]
}

/// Launched before the horizon, and left after it: nothing moves, to the bit.
#[test]
fn a_model_that_is_always_there_changes_nothing() {
    let sections = on_sale("from = 1990-01-01\nuntil = 2001-01-01\nramp_weeks = 26");
    for rules in [[BERTRAND, VERTICAL], [STAGGERED, VERTICAL]] {
        let [with, without] = [&sections, ""].map(|sections| with(sections, &["imposed"], &rules));
        for name in ["status_quo", "imposed"] {
            assert!(plan(&with, name).phases() == plan(&without, name).phases(), "{name}");
        }
        let both = |study: &Study| ["status_quo", "imposed"].map(|name| regime(study, name));
        let run = |study: &Study| outcomes(study, &both(study), 0..1, 1);
        for (a, b) in run(&with)[0].iter().zip(&run(&without)[0]) {
            assert!(same(&a.values, &b.values));
        }
    }
}

/// The price that each product's first-order condition wants, all others given: at an equilibrium the price itself.
fn wanted(problem: &PriceProblem, prices: &[f64]) -> Vec<f64> {
    let response = price_response(problem.demand, prices).unwrap();
    let margin = problem.margins(prices);
    let answer = |j: usize| {
        let own = |m: usize| problem.ownership.weight(j, m) * response.gamma.at(j, m) * margin[m];
        let counted: f64 = (0..prices.len()).map(own).sum();
        let retained = problem.duty[j].retained;
        prices[j] + ((retained * response.share[j] + counted) / response.lambda[j] - margin[j]) / retained
    };
    (0..prices.len()).map(answer).collect()
}

/// Never launched: prices are an equilibrium of the market without the model, that in which its price is prohibitive, and it sells nothing.
#[test]
fn a_model_that_never_comes_leaves_the_market_without_it() {
    for (rules, tolerance) in [([BERTRAND, VERTICAL], 1e-9), ([STAGGERED, VERTICAL], 1e-3)] {
        let study = with(&on_sale("from = 1999-01-01"), &["imposed"], &rules);
        let (j, world, market) = (lexus(&study), study.shared_world(), &study.scenario().market);
        let phase = plan(&study, "status_quo").phase(LATE);
        assert_eq!(phase.on_sale[j], 0.0);
        let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
        let cost = &world.makers.costs.marginal_cost;
        let duty: Vec<_> = normal_duties(market, cost).iter().map(|duty| duty.terms()).collect();
        let problem =
            PriceProblem { demand: &demand, ownership: &world.makers.ownership, cost, duty: &duty, rising: None };
        let mut prices = phase.sticker_price_usd.clone();
        prices[j] = PROHIBITIVE_USD;
        let answers = wanted(&problem, &prices);
        let moved: f64 =
            (0..prices.len()).filter(|k| *k != j).map(|k| (answers[k] / prices[k] - 1.0).abs()).fold(0.0, f64::max);
        assert!(moved < tolerance, "{rules:?}: {moved:e}");
        let left =
            (0..prices.len()).any(|k| k != j && (prices[k] / market.models[k].list_price_usd - 1.0).abs() > 1e-4);
        assert!(left, "others answer to its absence");
        let both = ["status_quo", "imposed"].map(|name| regime(&study, name));
        let found = &outcomes(&study, &both, 0..1, 1)[0];
        for outcome in found {
            for metric in [ModelMetric::Units, ModelMetric::ExpectedUnits, ModelMetric::Outlay] {
                assert_eq!(outcome.values[study.layout().model(metric, 0, j)], 0.0);
            }
        }
    }
}

/// Everybody once: expected sales are the shares of a market in which the model's price is prohibitive, one buyer a node.
#[test]
fn expected_sales_are_those_of_a_market_without_the_model() {
    let once = ["timing.mode=one_shot", "pricing.theta=1.0"];
    let study = with(&on_sale("from = 1999-01-01"), &[], &once);
    let (j, world, scenario) = (lexus(&study), study.shared_world(), study.scenario());
    let mut prices = scenario.market.base_prices();
    prices[j] = PROHIBITIVE_USD;
    let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
    let share = demand.shares(&prices).product;
    let outcome = &outcomes(&study, &[regime(&study, "status_quo")], 0..1, 1)[0][0];
    let events = scenario.market.market_size * f64::from(scenario.weeks) / 52.0;
    for (k, share) in share.iter().enumerate() {
        let expected = outcome.values[study.layout().model(ModelMetric::ExpectedUnits, 0, k)];
        assert!((expected - share * events).abs() < 1e-9 * events, "{k}: {expected} {}", share * events);
    }
    // The others sell what it would have sold, less what goes to the outside option.
    let base: f64 = scenario.market.models.iter().filter(|m| m.name != "LS 400").map(|m| m.base_volume).sum();
    let now: f64 = share.iter().sum::<f64>() * scenario.market.market_size;
    assert!(now > base && now < base + scenario.market.models[j].base_volume, "{now} {base}");
}

/// A launch splits the horizon in two: before it the market without the model, after it the market as it is. An exit is the reverse, and a
/// regime's own entry holds in place of the market's.
#[test]
fn a_launch_splits_the_horizon() {
    let entry = "models = [\"LS 400\"]";
    let sections = format!(
        "[[market.on_sale]]\n{entry}\nfrom = 1995-12-30\n\
         [[regime]]\nname = \"always\"\n[[regime.on_sale]]\n{entry}\nfrom = 1990-01-01\n\
         [[regime]]\nname = \"never\"\n[[regime.on_sale]]\n{entry}\nfrom = 1999-01-01\n\
         [[regime]]\nname = \"leaves\"\n[[regime.on_sale]]\n{entry}\nuntil = 1995-12-30\n"
    );
    for rules in [[BERTRAND, VERTICAL], ["pricing.theta=1.0", VERTICAL]] {
        let study = with(&sections, &["always", "never", "leaves"], &rules);
        let phase = |name: &str, week: usize| plan(&study, name).phase(week).clone();
        let close = |a: Phase, b: Phase| {
            assert_eq!(a.on_sale, b.on_sale);
            let pairs = a.sticker_price_usd.iter().zip(&b.sticker_price_usd);
            pairs.for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}"));
        };
        for (week, other) in [(0, 52), (51, 52), (52, 51), (103, 0)] {
            close(phase("status_quo", week), phase(if week < 52 { "never" } else { "always" }, week));
            close(phase("leaves", week), phase("status_quo", other));
        }
        let all = ["status_quo", "always", "never", "leaves"].map(|name| regime(&study, name));
        let found = &outcomes(&study, &all, 0..1, 1)[0];
        let sells = |period: &str| [0, 1, 2, 3].map(|r: usize| expected(&study, &found[r], period) > 0.0);
        assert_eq!(sells("year_1"), [false, true, false, true]);
        assert_eq!(sells("year_2"), [true, true, false, false]);
        // Its price is that of the weeks in which it is on sale.
        let layout = study.layout();
        let price =
            |r: usize, period: usize| found[r].values[layout.model(ModelMetric::StickerPrice, period, lexus(&study))];
        assert!((price(0, 0) / price(1, 2) - 1.0).abs() < 1e-9, "{} {}", price(0, 0), price(1, 2));
        assert!(price(2, 0).is_nan());
    }
}

/// Staggered lists: the newcomer's is new, and so at its target at once; the others' wait for their turn.
#[test]
fn a_newcomer_has_a_new_list() {
    let duty = "[[instrument]]\nname = \"all\"\nrate = 0.25\nbasis = \"border\"\non = { assembly_countries = [\"Japan\"], imported = true }\n\
                [[regime]]\nname = \"all\"\nevents = [{ date = 1995-12-02, action = \"imposed\", instrument = \"all\" }]\n";
    let sections = on_sale("from = 1995-12-30") + duty;
    let study = with(&sections, &["all"], &[STAGGERED, VERTICAL, "pricing.reopen_gain=false"]);
    let long = with(&sections, &["all"], &[BERTRAND, VERTICAL]);
    let (j, all) = (lexus(&study), plan(&study, "all"));
    let target = plan(&long, "all").phase(LATE).sticker_price_usd.clone();
    let gap = |week: usize, j: usize| (all.phase(week).sticker_price_usd[j] / target[j] - 1.0).abs();
    assert!(gap(52, j) < 1e-9, "{}", gap(52, j));
    let other = study.scenario().market.models.iter().position(|model| model.name == "ES 300").unwrap();
    assert!(gap(52, other) > 0.02, "{}", gap(52, other));
}

/// In a ramp the model is chosen as if its utility were lower by the logarithm of its part: sales rise from week to week to those of the base year.
#[test]
fn a_ramp_rises_to_the_base_year() {
    let ramp = on_sale("from = 1995-07-01\nramp_weeks = 10")
        + "[[period]]\nname = \"before\"\nfrom = 1995-01-07\nto = 1995-07-01\n\
           [[period]]\nname = \"early\"\nfrom = 1995-07-01\nto = 1995-08-05\n\
           [[period]]\nname = \"late\"\nfrom = 1995-09-09\nto = 1995-10-14\n";
    let study = with(&ramp, &[], &["timing.mode=one_shot", "pricing.theta=1.0"]);
    let j = lexus(&study);
    let world = study.shared_world();
    let shares = |part: f64| {
        let mut delta = world.inversion.delta.clone();
        delta[j] += f64::ln(part);
        let demand = world.makers.demand(&world.products, &delta, Execution::SERIAL).unwrap();
        demand.shares(&study.scenario().market.base_prices()).product[j]
    };
    let parts: Vec<f64> =
        (26..40).map(|week| plan(&study, "status_quo").phase(week).on_sale.get(j).copied().unwrap_or(1.0)).collect();
    assert!(parts.iter().zip(1..).all(|(part, n)| (part - (f64::from(n) / 10.0).min(1.0)).abs() < 1e-15), "{parts:?}");
    let full = shares(1.0);
    assert!((full / study.scenario().market.base_shares()[j] - 1.0).abs() < 0.05);
    // A model of small share sells about its part of what it will.
    assert!((shares(0.5) / full - 0.5).abs() < 0.02, "{}", shares(0.5) / full);
    let outcome = &outcomes(&study, &[regime(&study, "status_quo")], 0..1, 1)[0][0];
    let [before, early, late] = ["before", "early", "late"].map(|period| expected(&study, outcome, period));
    // Weeks 1 to 5 of the ramp have 3 tenths of it on average.
    assert!((early / late - 0.3).abs() < 0.15, "{early} {late}");
    assert_eq!(before, 0.0);
}

/// A model without a base volume takes part with the one that the scenario gives it.
#[test]
fn a_volume_may_stand_in_the_scenario() {
    let text = |sections: &str| loaded(sections, &[], &[]).map(|loaded| loaded.scenario.market);
    let volumes = |market: stickershock::model::market::Market| {
        market.models.iter().find(|model| model.name == "Vigor").map(|model| model.base_volume)
    };
    assert_eq!(volumes(text("").unwrap()), None, "Vigor has no base volume");
    assert_eq!(volumes(text("[market.volumes]\nVigor = 9000\n").unwrap()), Some(9_000.0));
    let error = text("[market.volumes]\nVigour = 9000\n").unwrap_err();
    assert!(error.contains("market.volumes") && error.contains("Vigor"), "{error}");
}

/// What makes no sense is refused with the key and what to write.
#[test]
fn dates_that_make_no_sense_are_refused() {
    for (keys, parts) in [
        ("models = []\nfrom = 1995-06-01", ["on_sale[0].models", "names none", "at least one"]),
        ("models = [\"LS 400\"]", ["on_sale[0]", "neither `from` nor `until`", "launch"]),
        ("models = [\"LS 40\"]\nfrom = 1995-06-01", ["on_sale[0].models[0]", "`LS 40` is no model", "LS 400"]),
        (
            "models = [\"LS 400\"]\nfrom = 1995-06-01\nuntil = 1995-06-01",
            ["on_sale[0].until", "does not come after", "exclude"],
        ),
        ("models = [\"LS 400\"]\nuntil = 1995-06-01\nramp_weeks = 4", ["on_sale[0].ramp_weeks", "no launch", "from"]),
        (
            "models = [\"LS 400\", \"LS 400\"]\nfrom = 1995-06-01",
            ["on_sale[0].models[1]", "has an entry already", "together"],
        ),
    ] {
        let error = loaded(&format!("[[market.on_sale]]\n{keys}\n"), &[], &[]).map(|_| ()).expect_err(keys);
        parts.iter().for_each(|part| assert!(error.contains(part), "{part}: {error}"));
    }
}

/// The model in words says when; without launches it does not.
#[test]
fn launches_are_described() {
    let text = |sections: &str| stickershock::report::describe::describe(&loaded(sections, &[], &[]).unwrap());
    let described = text(&on_sale("from = 1995-12-30\nramp_weeks = 8"));
    assert!(
        described.contains("Launches and exits") && described.contains("`LS 400` from week 52 (a ramp of 8 weeks)")
    );
    assert!(!text("").contains("Launches and exits"));
}

/// The example of docs/markets.md, laid over the scenario of 2025.
#[test]
fn the_example_of_the_page_is_read() {
    let page = std::fs::read_to_string(root().join("docs/markets.md")).unwrap();
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    let shipped = root().join("configs/luxury-2025.toml").display().to_string();
    std::fs::write(&file, format!("extends = {shipped:?}\n{example}")).unwrap();
    let scenario = load_anywhere(&file, &[]).unwrap_or_else(|error| panic!("{error}")).scenario;
    let adx = scenario.market.models.iter().position(|model| model.name == "ADX").unwrap();
    assert_eq!(scenario.market.models[adx].base_volume, 20_000.0);
    let own = scenario.on_sale[0];
    assert_eq!((own.model, own.from_week, own.ramp_weeks), (adx, Some(8), 26));
    let uk = scenario.instruments.iter().find(|instrument| instrument.name == "uk").unwrap();
    assert_eq!(uk.measure(30).unwrap().within().unwrap().cars_per_year, 100_000.0);
    assert!(uk.measure(10).unwrap().within().is_none());
    let spring = scenario.instruments.iter().find(|instrument| instrument.name == "spring").unwrap();
    assert_eq!((spring.kind(), spring.expired(30)), ("incentive", true));
}
