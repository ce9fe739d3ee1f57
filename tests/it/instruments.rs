//! Policy instruments: what each does to prices, and the histories that are refused.

use stickershock::config;
use stickershock::model::demand::Execution;
use stickershock::model::ids::RegimeId;
use stickershock::model::outcome::ModelMetric;
use stickershock::model::plan::{Phase, RegimePlan};
use stickershock::model::timing::dealers::GRAINS;
use stickershock::study::Study;

use crate::support::{BY_HAND, record, regime, root, study};

const FAST: &str = "buyers.count=1024";
const BERTRAND: &str = "pricing.rule=bertrand";
/// The day of the deadline; it acts from week 26.
const DEADLINE: &str = "1995-06-28";

/// The showdown with more sections and assignments, prepared.
fn with(sections: &str, assignments: &[&str]) -> Study {
    Study::prepare(loaded(sections, assignments).unwrap_or_else(|error| panic!("{error}"))).unwrap()
}

fn loaded(sections: &str, assignments: &[&str]) -> Result<stickershock::model::scenario::Scenario, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    let text = format!("extends = {:?}\n{sections}", crate::support::showdown_path().display().to_string());
    std::fs::write(&file, text).unwrap();
    let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
    crate::support::load_anywhere(&file, &assignments).map(|loaded| loaded.scenario).map_err(|error| error.to_string())
}

/// Sections of an instrument that is imposed at the deadline in a regime of the same name.
fn imposed(name: &str, body: &str) -> String {
    format!(
        "[[instrument]]\nname = {name:?}\n{body}\n[[regime]]\nname = {name:?}\n\
         events = [{{ date = {DEADLINE}, action = \"imposed\", instrument = {name:?} }}]\n"
    )
}

fn plan<'a>(study: &'a Study, name: &str) -> &'a RegimePlan {
    study.plans().get(regime(study, name)).unwrap()
}

fn last<'a>(study: &'a Study, name: &str) -> &'a Phase {
    plan(study, name).phase(103)
}

/// Largest relative gap of two columns of prices.
fn gap(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

/// Expected cars a year of the flagged models at a phase's prices, over those of the base year.
fn sold(study: &Study, phase: &Phase) -> f64 {
    let (world, market) = (study.shared_world(), &study.scenario().market);
    let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
    let cars = |prices: &[f64]| -> f64 {
        let share = demand.shares(prices).product;
        market.models.iter().zip(share).filter(|(model, _)| model.flagged).map(|(_, share)| share).sum()
    };
    cars(&phase.sticker_price_usd) / cars(&market.base_prices())
}

/// At the free-trade quantity or above a quota has no shadow price and changes nothing, to the bit.
#[test]
fn a_quota_at_the_free_trade_quantity_changes_nothing() {
    for rule in [BERTRAND, "pricing.theta=1.0"] {
        for part in ["1.0", "1.2"] {
            // Fewer pricing nodes than buyers: the base year's cars are then not exactly the nodes' cars.
            let study = study(&[
                FAST,
                "buyers.pricing_nodes=512",
                rule,
                &format!("instrument.restraint.fraction_of_base={part}"),
            ]);
            let restraint = plan(&study, "voluntary_restraint");
            assert!(restraint.phases() == plan(&study, "status_quo").phases(), "{rule} {part}");
            assert!(restraint.revisions().iter().flat_map(|r| &r.quotas).all(|quota| quota.shadow_price == 0.0));
        }
    }
}

/// Half of the cars: expected demand meets the quota, one dollar amount on every model under it is the sellers' rent.
#[test]
fn a_binding_quota_is_met_and_its_rent_goes_to_the_sellers() {
    for rule in [BERTRAND, "pricing.theta=0.4"] {
        let study = study(&[FAST, rule]);
        let restraint = plan(&study, "voluntary_restraint");
        assert_eq!(restraint.phase(25), plan(&study, "status_quo").phase(25));
        let (before, after) = (restraint.phase(25), restraint.phase(26));
        assert!((sold(&study, after) / 0.5 - 1.0).abs() < 1e-10, "{rule}: {}", sold(&study, after));
        let cleared = &restraint.revisions().last().unwrap().quotas[0];
        assert!(cleared.residual < 1e-10 && cleared.steps > 0 && cleared.steps < 60, "{cleared:?}");
        for (j, model) in study.scenario().market.models.iter().enumerate() {
            let rent = if model.flagged { cleared.shadow_price } else { 0.0 };
            assert_eq!(after.quota_rent_usd[j], rent, "{}", model.name);
            assert_eq!(after.duty_usd[j], before.duty_usd[j], "{}", model.name);
            let rise = after.sticker_price_usd[j] - before.sticker_price_usd[j];
            assert_eq!(after.producer_price_usd[j], after.sticker_price_usd[j] - after.duty_usd[j]);
            if rule != BERTRAND {
                // Whatever share of a duty is passed on, the price of the restrained cars rises by the shadow price.
                assert!((rise - rent).abs() < 1e-9, "{}: {rise} against {rent}", model.name);
            } else if model.flagged {
                assert!((0.8..1.3).contains(&(rise / rent)), "{}: {}", model.name, rise / rent);
            }
        }
    }
}

/// A fraction of the base year and the same number of cars are one quota.
#[test]
fn a_quota_in_cars_is_the_quota_as_a_fraction() {
    let base: f64 = study(&[FAST]).scenario().market.models.iter().filter(|m| m.flagged).map(|m| m.base_volume).sum();
    let sections =
        imposed("cars", &format!("kind = \"quota\"\ncars_per_year = {}\non = {{ flag = true }}", 0.5 * base));
    let study = with(&sections, &[FAST]);
    assert!(
        gap(&last(&study, "cars").sticker_price_usd, &last(&study, "voluntary_restraint").sticker_price_usd) < 1e-12
    );
}

/// The shadow price of half of the cars, from an independent implementation in another language: 8,298 USD at these
/// parameters, with 4,096 buyers of another scrambling and the normal duty charged on cars built in the United States too.
#[test]
fn the_shadow_price_of_half_the_cars_is_the_reference() {
    let study = study(&[
        "buyers.count=4096",
        BERTRAND,
        "timing.mode=one_shot",
        "demand.alpha=0.12",
        "demand.eta=1.0",
        "demand.income_log_sd=0.4",
        "demand.sigma.performance=0.5",
        "demand.sigma.size=0.5",
        "demand.sigma.economy=0.3",
        "demand.sigma_region=0.5",
        "demand.sigma_outside=4.0",
        "demand.sigma_import=5.0",
        "market.size=3e6",
    ]);
    let shadow = plan(&study, "voluntary_restraint").revisions().last().unwrap().quotas[0].shadow_price;
    assert!((shadow / 8_298.0 - 1.0).abs() < 0.05, "{shadow}");
}

/// Inspection at a cost equal to a specific duty gives the tariff's prices; what was revenue is now cost.
#[test]
fn inspection_at_the_cost_of_a_duty_gives_its_prices_and_no_revenue() {
    let on = "on = { regions = [\"japan\"], imported = true }";
    let sections = imposed("levy", &format!("amount_usd = 1000.0\n{on}"));
    for rule in [BERTRAND, "pricing.theta=0.6"] {
        let study = with(&sections, &[FAST, rule]);
        let (levy, inspected, base) = (last(&study, "levy"), last(&study, "inspections"), last(&study, "status_quo"));
        assert!(gap(&levy.sticker_price_usd, &inspected.sticker_price_usd) < 1e-11, "{rule}");
        for (j, model) in study.scenario().market.models.iter().enumerate() {
            let japanese = study.scenario().market.regions[model.region] == "japan" && model.imported;
            let cost = if japanese { 1000.0 } else { 0.0 };
            assert_eq!(inspected.inspection_usd[j], cost, "{}", model.name);
            assert_eq!(inspected.duty_usd[j], base.duty_usd[j], "{}", model.name);
            assert!((levy.duty_usd[j] - base.duty_usd[j] - cost).abs() < 1e-9, "{}", model.name);
            assert_eq!(levy.inspection_usd[j], 0.0);
        }
    }
}

/// A rebate is a specific duty below zero: with whole pass-through the buyer pays that much less.
#[test]
fn a_rebate_lowers_what_the_buyer_pays() {
    let sections = imposed("rebate", "kind = \"rebate\"\namount_usd = 1500.0\non = { regions = [\"big_three\"] }");
    let study = with(&sections, &[FAST]);
    let (after, base) = (last(&study, "rebate"), last(&study, "status_quo"));
    for (j, model) in study.scenario().market.models.iter().enumerate() {
        let rebate = if study.scenario().market.regions[model.region] == "big_three" { 1500.0 } else { 0.0 };
        assert!((base.sticker_price_usd[j] - after.sticker_price_usd[j] - rebate).abs() < 1e-9, "{}", model.name);
        assert!((base.duty_usd[j] - after.duty_usd[j] - rebate).abs() < 1e-9, "{}", model.name);
        assert_eq!(after.rebate_usd[j], rebate, "{}", model.name);
        assert!((base.producer_price_usd[j] - after.producer_price_usd[j]).abs() < 1e-9, "{}", model.name);
    }
}

/// A phase-in is the regimes of its steps one after the other, an expiry the end of the last.
#[test]
fn a_phase_in_is_its_steps_one_after_the_other() {
    let body = "basis = \"list\"\nuntil = 1996-06-29\non = { flag = true }\n\
                schedule = [{ from = 1995-08-05, rate = 0.25 }, { from = 1995-12-30, rate = 1.0 }]";
    let quarter = "rate = 0.25\nbasis = \"list\"\non = { flag = true }";
    let sections = imposed("phased", body) + &imposed("quarter", quarter);
    for rule in [BERTRAND, "pricing.theta=1.0"] {
        let study = with(&sections, &[FAST, rule]);
        let phased = plan(&study, "phased");
        for week in 0..104 {
            let step = match week {
                0..31 => "status_quo",
                31..52 => "quarter",
                52..78 => "imposed",
                _ => "status_quo",
            };
            let (now, then) =
                (phased.phase(week), plan(&study, step).phase(if step == "status_quo" { 0 } else { 103 }));
            assert!(gap(&now.sticker_price_usd, &then.sticker_price_usd) < 1e-11, "{rule} week {week}");
            assert_eq!(now.duty_usd, then.duty_usd, "{rule} week {week}");
        }
    }
}

/// A quota that is loosened step by step binds less and less.
#[test]
fn a_quota_can_be_scheduled() {
    let body = "kind = \"quota\"\nfraction_of_base = 0.5\non = { flag = true }\n\
                schedule = [{ from = 1995-12-30, fraction_of_base = 0.8 }, { from = 1996-06-29, fraction_of_base = 2.0 }]";
    let study = with(&imposed("loosened", body), &[FAST]);
    let loosened = plan(&study, "loosened");
    for (week, part) in [(26, 0.5), (52, 0.8), (78, 1.0)] {
        assert!((sold(&study, loosened.phase(week)) / part - 1.0).abs() < 1e-10, "week {week}");
    }
    assert_eq!(loosened.phase(103), plan(&study, "status_quo").phase(0));
}

/// An exemption is a smaller selection.
#[test]
fn an_exemption_equals_a_smaller_selection() {
    let all = "rate = 1.0\nbasis = \"list\"\non = { flag = true }";
    let listed = "rate = 1.0\nbasis = \"list\"\non = { flag = true, brands = [\"Lexus\", \"Infiniti\"] }";
    let sections =
        imposed("exempting", &format!("{all}\nexcept = {{ brands = [\"Acura\", \"Mazda\", \"Mitsubishi\"] }}"))
            + &imposed("listed", listed);
    let study = with(&sections, &[FAST, BERTRAND]);
    assert!(plan(&study, "exempting").phases() == plan(&study, "listed").phases());
    assert!(plan(&study, "exempting").phases() != plan(&study, "imposed").phases());
}

/// Two instruments of different kinds on the same cars act together: a duty and a quota that then does not bind.
#[test]
fn a_quota_under_a_prohibitive_duty_is_slack() {
    let sections = "[[regime]]\nname = \"both\"\nevents = [\n\
                    { date = 1995-06-28, action = \"imposed\", instrument = \"sanctions\" },\n\
                    { date = 1995-06-28, action = \"imposed\", instrument = \"restraint\" },\n]\n";
    for rule in [BERTRAND, "pricing.theta=1.0"] {
        let study = with(sections, &[FAST, rule]);
        assert!(last(&study, "both") == last(&study, "imposed"), "{rule}: the duty alone sells less than half");
    }
}

/// Retaliation moves no price; the plan says when it runs and how much it is.
#[test]
fn retaliation_is_only_in_the_accounts() {
    let study = study(&[FAST]);
    let (with, without) = (plan(&study, "imposed_retaliation"), plan(&study, "imposed_retroactive"));
    assert!(with.phases() == without.phases());
    let orders = |week| with.retaliation(week).map(|retaliation| retaliation.orders_usd_per_year);
    assert_eq!((orders(38), orders(39), orders(103)), (None, Some(2e9), Some(2e9)));
    assert!((0..104).all(|week| without.retaliation(week).is_none()));
    let retaliation = with.retaliation(103).unwrap();
    let parts = (retaliation.exporter_margin, retaliation.orderer_cost, retaliation.rival_gain);
    assert_eq!(parts, (0.20, 0.03, 0.20));
}

/// A reversal ends the duty; what was collected since the liability date is kept, or goes back to the importers.
#[test]
fn a_reversal_keeps_or_refunds_the_duty() {
    let events = "[[regime]]\nname = \"refunded\"\nevents = [\n\
                  { date = 1995-05-16, action = \"announced\", instrument = \"sanctions\" },\n\
                  { date = 1995-05-17, action = \"complaint\", instrument = \"sanctions\" },\n\
                  { date = 1995-05-20, action = \"liable\", instrument = \"sanctions\" },\n\
                  { date = 1995-06-28, action = \"imposed\", instrument = \"sanctions\" },\n\
                  { date = 1996-08-26, action = \"ruling_lost\", instrument = \"sanctions\" },\n\
                  { date = 1996-10-25, action = \"reversed\", instrument = \"sanctions\", refund = \"importers\" },\n]\n";
    let study = with(events, &[FAST]);
    let (kept, refunded) = (plan(&study, "imposed_reversed"), plan(&study, "refunded"));
    let imposed = plan(&study, "imposed_retroactive");
    for week in 0..104 {
        let (now, back) = (kept.phase(week), refunded.phase(week));
        assert_eq!(now.sticker_price_usd, back.sticker_price_usd);
        assert_eq!(now.duty_usd, back.duty_usd);
        assert!(now.refund_usd.iter().all(|refund| *refund == 0.0));
        // Saturday 26 October 1996 starts week 95.
        let in_force = (20..95).contains(&week);
        let expected = if in_force { imposed.phase(week) } else { imposed.phase(0) };
        assert_eq!(
            (&now.sticker_price_usd, &now.duty_usd),
            (&expected.sticker_price_usd, &expected.duty_usd),
            "{week}"
        );
        for (j, model) in study.scenario().market.models.iter().enumerate() {
            let extra = if in_force && model.flagged { 0.7 * model.list_price_usd } else { 0.0 };
            assert!((back.refund_usd[j] - extra).abs() < 1e-9, "week {week}: {}", model.name);
        }
    }
}

/// Every shipped regime runs and is distinct where it should be: a threat that lapses leaves the status quo.
#[test]
fn a_lapsed_threat_leaves_the_status_quo() {
    let study = study(&[FAST]);
    assert!(plan(&study, "threat_lapsed").phases() == plan(&study, "status_quo").phases());
    let names: Vec<&str> = study.scenario().regimes.values().map(|regime| regime.name.as_str()).collect();
    for name in ["announced_settled", "imposed_retaliation", "imposed_reversed", "inspections", "all_imports"] {
        assert!(names.contains(&name), "{name}");
    }
}

/// In time an inspection also holds cars up: a gap of two weeks in Japanese landings, and no car is lost.
#[test]
fn inspection_delays_landings_in_time() {
    let loaded = config::load(
        &root().join("tests/market_1995/showdown-1995-timing.toml"),
        &["buyers.count=4096".to_owned(), "instrument.inspection.cost_usd=0.0".to_owned()],
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let study = Study::prepare(loaded.scenario).unwrap();
    let run = |regime| record(&study, regime, 0);
    let (free, inspected) = (run(study.scenario().baseline), run(regime(&study, "inspections")));
    let market = &study.scenario().market;
    let models = market.len();
    let landed = |record: &stickershock::model::timing::record::TimingRecord, week: usize, japan: bool| -> i64 {
        let ours = |j: &usize| (market.regions[market.models[*j].region] == "japan") == japan;
        (0..models).filter(ours).map(|j| record.dealers[week * models + j].moved.landed).sum()
    };
    assert_eq!(landed(&free, 25, true), landed(&inspected, 25, true));
    assert!(landed(&free, 26, true) > 0);
    assert_eq!((landed(&inspected, 26, true), landed(&inspected, 27, true)), (0, 0));
    assert_eq!(landed(&inspected, 28, true), landed(&free, 26, true));
    assert_eq!(landed(&inspected, 26, false), landed(&free, 26, false));
    for week in 1..104 {
        for j in 0..models {
            let (before, now) = (&inspected.dealers[(week - 1) * models + j], &inspected.dealers[week * models + j]);
            assert_eq!(
                now.in_transit,
                before.in_transit + now.moved.ordered - now.moved.landed,
                "week {week} model {j}"
            );
            let sold = i64::from(inspected.sales.drawn(week)[j]) * GRAINS;
            let stock: i64 = before.stock.iter().sum::<i64>() + now.moved.landed - sold;
            assert_eq!(now.stock.iter().sum::<i64>(), stock, "week {week} model {j}");
        }
    }
}

/// In time a quota limits shipments as well as expected demand: prices that lag behind do not let more cars in, what is not
/// used one week may be shipped in the next, and the lots run empty instead.
#[test]
fn a_quota_in_time_limits_what_is_shipped() {
    let sections = imposed("cap", "kind = \"quota\"\nfraction_of_base = 0.4\non = { flag = true }");
    let sluggish = ["pricing.rule=staggered", "pricing.list_life_weeks=2000.0"];
    let settings = [&["buyers.count=16384", "dealers.target_days=60.0"][..], &sluggish, &BY_HAND].concat();
    let study = with(&sections, &settings);
    let number = regime(&study, "cap");
    let run = |regime| record(&study, regime, 0);
    let (free, capped) = (run(study.scenario().baseline), run(number));
    let models = &study.scenario().market.models;
    let base: f64 = models.iter().filter(|model| model.flagged).map(|model| model.base_volume).sum();
    let sums = |record: &stickershock::model::timing::record::TimingRecord,
                flagged: bool,
                weeks: std::ops::Range<usize>|
     -> f64 {
        let ours = || models.iter().enumerate().filter(|(_, model)| model.flagged == flagged);
        let ordered =
            |week: usize| -> i64 { ours().map(|(j, _)| record.dealers[week * models.len() + j].moved.ordered).sum() };
        weeks.map(|week| ordered(week) as f64 / GRAINS as f64 * record.cars).sum()
    };
    let first = (0..104)
        .find(|week| {
            study.plans().get(number).unwrap().phase(*week) != study.plans().get(RegimeId(0)).unwrap().phase(*week)
        })
        .unwrap();
    for weeks in 1..=104 - first {
        let shipped = sums(&capped, true, first..first + weeks);
        assert!(shipped <= 0.4 * base / 52.0 * weeks as f64 * (1.0 + 1e-9), "{shipped} in {weeks} weeks");
    }
    let used = sums(&capped, true, first..104) / (0.4 * base / 52.0 * (104 - first) as f64);
    assert!(used > 0.999, "demand at prices that lag behind takes all there is: {used}");
    assert_eq!(sums(&capped, true, 0..first), sums(&free, true, 0..first));
    let empty = |record: &stickershock::model::timing::record::TimingRecord| -> u32 {
        let lost = |(week, j): (usize, usize)| {
            let lot = &record.dealers[week * models.len() + j];
            lot.first_choices.saturating_sub(record.sales.drawn(week)[j])
        };
        let flagged = (0..models.len()).filter(|j| models[*j].flagged);
        flagged.flat_map(|j| (first + 20..104).map(move |week| (week, j))).map(lost).sum()
    };
    assert!(empty(&capped) > 20 * empty(&free).max(1), "{} {}", empty(&capped), empty(&free));
}

/// In time a rebate is paid on every car sold from its first week on, whenever it landed, and nothing else is charged.
#[test]
fn a_rebate_in_time_is_paid_on_every_car_sold() {
    let sections = imposed("rebate", "kind = \"rebate\"\namount_usd = 1500.0\non = { regions = [\"big_three\"] }");
    let study = with(&sections, &["buyers.count=4096", "dealers.target_days=60.0"]);
    let number = regime(&study, "rebate");
    let record = record(&study, number, 0);
    let (market, layout) = (&study.scenario().market, study.layout());
    let outcome = record.clone().outcome(
        layout,
        study.plans().get(number).unwrap(),
        study.plans().get(study.scenario().baseline).unwrap(),
    );
    for (j, model) in market.models.iter().enumerate() {
        let sold: u32 = (26..104).map(|week| record.sales.drawn(week)[j]).sum();
        let landed: i64 = (0..104).map(|week| record.dealers[week * market.len() + j].moved.landed).sum();
        let normal = study.plans().get(number).unwrap().normal_duty_usd()[j];
        let rebate = if market.regions[model.region] == "big_three" { 1500.0 } else { 0.0 };
        let expected = record.cars * (landed as f64 / GRAINS as f64 * normal - f64::from(sold) * rebate);
        let duty = outcome.values[layout.model(ModelMetric::Duty, 0, j)];
        assert!((duty - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{}: {duty} {expected}", model.name);
    }
}

/// Wrong instruments and histories are refused, with the place and what would do.
#[test]
fn wrong_instruments_and_histories_are_refused() {
    let event = |date: &str, action: &str, instrument: &str| {
        format!("  {{ date = {date}, action = \"{action}\", instrument = \"{instrument}\" }},\n")
    };
    let history = |events: &[String]| format!("[[regime]]\nname = \"r\"\nevents = [\n{}]\n", events.concat());
    let settled = event("1995-05-01", "settled", "sanctions");
    let announced = event("1995-06-01", "announced", "sanctions");
    let on = "on = { flag = true }";
    let cases: Vec<(String, Vec<&str>)> = vec![
        (
            history(&[settled, announced.clone()]),
            vec![
                "`settled` on 1995-05-01 cannot follow the start of the regime: it comes before `announced` on 1995-06-01",
            ],
        ),
        (
            history(&[
                event("1995-05-01", "imposed", "sanctions"),
                event("1996-01-01", "ruling_lost", "sanctions"),
                event("1996-02-01", "complaint", "sanctions"),
            ]),
            vec![
                "`ruling_lost` on 1996-01-01 cannot follow `imposed` on 1995-05-01: it comes before `complaint` on 1996-02-01",
                "scenario.toml:",
            ],
        ),
        (
            history(&[announced.clone(), event("1995-06-02", "reversed", "sanctions")]),
            vec!["`reversed` on 1995-06-02 cannot follow `announced` on 1995-06-01"],
        ),
        (
            imposed("second", &format!("kind = \"quota\"\ncars_per_year = 5e3\n{on}"))
                + &history(&[event("1995-05-01", "imposed", "restraint"), event("1995-06-05", "imposed", "second")]),
            vec![
                "`restraint` (`imposed` on 1995-05-01) and `second` (`imposed` on 1995-06-05) both limit the cars sold",
                "Legend",
            ],
        ),
        (
            history(&[event("1995-05-01", "imposed", "restraint"), event("1995-05-02", "liable", "restraint")]),
            vec!["no duty"],
        ),
        (history(&[event("1995-05-01", "liable", "inspection")]), vec!["cannot be owed before it is decided"]),
        (
            imposed("x", &format!("kind = \"quota\"\n{on}")),
            vec!["expected either `cars_per_year` or `fraction_of_base`"],
        ),
        (imposed("x", &format!("kind = \"quota\"\nrate = 1.0\n{on}")), vec!["instrument.x.rate", "of no use"]),
        (imposed("x", &format!("kind = \"quota\"\nfraction_of_base = 0.0\n{on}")), vec!["above zero"]),
        (imposed("x", "kind = \"inspection\"\ncost_usd = 5.0"), vec!["does not say which models"]),
        (
            imposed("x", &format!("kind = \"inspection\"\ncost_usd = 5.0\nstacking = \"replaces\"\n{on}")),
            vec!["stacking", "of no use"],
        ),
        (
            imposed("x", &format!("kind = \"inspection\"\ncost_usd = 5.0\ndelay_weeks = 60\n{on}")),
            vec!["expected 0 to 52"],
        ),
        (imposed("x", &format!("kind = \"retaliation\"\norders_billion_usd = 5.0\n{on}")), vec!["touches no model"]),
        (imposed("x", &format!("rate = 1.0\n{on}\nexcept = {{ brands = [\"BMW\"] }}")), vec!["exempts no model"]),
        (imposed("x", &format!("rate = 1.0\n{on}\nexcept = {{ flag = true }}")), vec!["exempts every model"]),
        (imposed("x", &format!("rate = 1.0\n{on}\nuntil = 1990-01-01")), vec!["runs out on 1990-01-01"]),
        (
            imposed("x", &format!("rate = 1.0\n{on}\nuntil = 1995-03-01")),
            vec!["`imposed` on 1995-06-28 cannot follow the end of `x` on 1995-03-01"],
        ),
        (
            "[[regime]]\nname = \"r\"\nnegotiated = true\ninstrument = \"restraint\"\n".to_owned(),
            vec!["`restraint` is quota, which cannot be negotiated"],
        ),
        (
            imposed(
                "x",
                &format!("{on}\nschedule = [{{ from = 1996-01-01, rate = 0.5 }}, {{ from = 1995-01-01, rate = 1.0 }}]"),
            ),
            vec!["1995-01-01 does not come after 1996-01-01"],
        ),
        (
            imposed("x", &format!("{on}\nschedule = [{{ from = 1996-01-01, cost_usd = 5.0 }}]")),
            vec!["cost_usd", "of no use"],
        ),
        (
            history(&[
                announced,
                event("1995-06-28", "settled", "sanctions").replace(" },", ", refund = \"importers\" },"),
            ]),
            vec!["refunds what was never collected", "`announced` on 1995-06-01"],
        ),
    ];
    for (sections, words) in cases {
        let Err(message) = loaded(&sections, &[FAST]) else { panic!("accepted: {sections}") };
        for word in words {
            assert!(message.contains(word), "{word} is not in: {message}\n{sections}");
        }
    }
}
