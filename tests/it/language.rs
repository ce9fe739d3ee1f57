//! What a scenario can say of duties that differ by partner and change with time: closed forms, identities, limits, and what is refused.

use std::fmt::Write;

use assert_cmd::Command;
use stickershock::config::Loaded;
use stickershock::config::warnings::{few_purchases, warnings};
use stickershock::model::exchange::{CurrencyPath, cost_factors};
use stickershock::model::ids::RegimeId;
use stickershock::model::outcome::{RegionMetric, WeekMetric};
use stickershock::model::plan::{Phase, RegimePlan};
use stickershock::model::quotes::{QuoteMetric, of_model};
use stickershock::report::setting_rows::policy_event_rows;
use stickershock::study::Study;
use stickershock::study::quotes::Quotation;

use crate::support::{ids, load_anywhere, outcomes, regime, root, same, showdown_path};

const FAST: [&str; 2] = ["buyers.count=512", "buyers.population=shared"];
const BERTRAND: &str = "pricing.rule=bertrand";
const VERTICAL: &str = "pricing.chain=\"vertical\"";
const STAGGERED: &str = "pricing.rule=staggered";

/// The showdown with more sections, of which the regimes named run beside the status quo.
pub fn loaded(sections: &str, regimes: &[&str], assignments: &[&str]) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    let table = std::fs::read_to_string(root().join("tests/market_1995/data/models_1994.csv")).unwrap();
    let mut lines = table.lines();
    let mut data = format!("{},home,rate,pays\n", lines.next().unwrap());
    for line in lines {
        // Lexus has plants in both countries.
        let home = if line.contains(",Lexus,") {
            "0.4"
        } else if line.contains(",USA,") || line.contains(",USA/") {
            "1"
        } else {
            "0"
        };
        writeln!(data, "{line},{home},0.2,0.5").unwrap();
    }
    std::fs::write(folder.path().join("models.csv"), data).unwrap();
    let file = folder.path().join("scenario.toml");
    let names: Vec<&str> = ["status_quo"].iter().chain(regimes).copied().collect();
    let text = format!("extends = {:?}\nregimes = {names:?}\n{sections}", showdown_path().display().to_string());
    std::fs::write(&file, text).unwrap();
    let models = format!("market.models={:?}", folder.path().join("models.csv").display().to_string());
    // Nobody bargains in the regimes of these tests.
    let own = [models.as_str(), "pricing.theta=1.0", "governments.flows.source=given"];
    let all = FAST.iter().chain(&own).chain(assignments).map(|text| (*text).to_owned());
    load_anywhere(&file, &all.collect::<Vec<_>>()).map_err(|error| error.to_string())
}

pub fn with(sections: &str, regimes: &[&str], assignments: &[&str]) -> Study {
    let loaded = loaded(sections, regimes, assignments).unwrap_or_else(|error| panic!("{error}"));
    Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"))
}

pub fn refused(sections: &str, regimes: &[&str], parts: &[&str]) {
    let error = loaded(sections, regimes, &[]).map(|_| ()).expect_err(sections);
    parts.iter().for_each(|part| assert!(error.contains(part), "{part}: {error}"));
}

pub fn plan<'a>(study: &'a Study, name: &str) -> &'a RegimePlan {
    study.plans().get(regime(study, name)).unwrap()
}

fn model(study: &Study, name: &str) -> usize {
    study.scenario().market.models.iter().position(|known| known.name == name).unwrap()
}

fn same_prices(a: &Phase, b: &Phase, tolerance: f64) {
    let columns = [(&a.sticker_price_usd, &b.sticker_price_usd), (&a.duty_usd, &b.duty_usd)];
    for (x, y) in columns.into_iter().flat_map(|(x, y)| x.iter().zip(y)) {
        assert!((x - y).abs() <= tolerance * x.abs().max(1.0), "{x} {y}");
    }
}

/// 25% on Japanese cars, of which events make something else.
const CUT: &str = r#"
[[instrument]]
name = "cars"
rate = 0.25
basis = "border"
on = { assembly_countries = ["Japan"], imported = true }

[[instrument]]
name = "foreseen"
rate = 0.25
basis = "border"
schedule = [{ from = 1995-12-30, rate = 0.15 }]
on = { assembly_countries = ["Japan"], imported = true }

[[regime]]
name = "cut"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "cars" },
  { date = 1995-12-30, action = "changed", instrument = "cars", rate = 0.15 },
]

[[regime]]
name = "cut_back"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "cars" },
  { date = 1995-12-30, action = "changed", instrument = "cars", rate = 0.15, retroactive_to = 1995-09-30 },
]

[[regime]]
name = "told"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "cars" },
  { date = 1995-12-30, action = "changed", instrument = "cars", rate = 0.15, announced_on = 1995-05-20 },
]

[[regime]]
name = "scheduled"
events = [{ date = 1995-05-20, action = "imposed", instrument = "foreseen" }]
"#;
/// Weeks of 20 May, 30 September and 30 December 1995.
const WEEKS: [usize; 3] = [20, 39, 52];

/// A retroactive cut moves no price. Importers get back ten points of what they paid since the day back to which it reaches, and nothing
/// for the weeks before it or after the cut.
#[test]
fn a_retroactive_cut_pays_back_the_difference() {
    let study = with(CUT, &["cut", "cut_back"], &[BERTRAND, VERTICAL]);
    let (plain, back) = (plan(&study, "cut"), plan(&study, "cut_back"));
    let (j, [imposed, from, changed]) = (model(&study, "LS 400"), WEEKS);
    for week in 0..104 {
        let (a, b) = (plain.phase(week), back.phase(week));
        assert_eq!(a.sticker_price_usd, b.sticker_price_usd, "week {week}");
        assert_eq!(a.duty_usd, b.duty_usd, "week {week}");
        assert!(a.refund_usd.iter().all(|usd| *usd == 0.0));
        let refund = b.refund_usd[j];
        if (from..changed).contains(&week) {
            // p = w (1 + .025 + .25) + D: of the duty .275 w goes .10 w back.
            let w = b.duty_usd[j] / 0.275;
            assert!((refund - 0.10 * w).abs() < 1e-8 * w, "week {week}: {refund}");
        } else {
            assert_eq!(refund, 0.0, "week {week}");
        }
        let rate = match week {
            week if week < imposed => 0.025,
            week if week < changed => 0.275,
            _ => 0.175,
        };
        let w = b.producer_price_usd[j] - study.scenario().market.chain.local_usd(j);
        assert!((b.duty_usd[j] - rate * w).abs() < 1e-8 * w, "week {week}");
    }
}

/// What an event changes is what a schedule changes. Makers who set staggered lists know a schedule, and an announced change as well; another
/// surprises them: their lists are higher until it comes, for a duty of 25% that they take to stay.
#[test]
fn a_change_is_a_schedule_that_makers_may_not_know() {
    let study = with(CUT, &["cut", "scheduled"], &[BERTRAND, VERTICAL]);
    for week in 0..104 {
        same_prices(plan(&study, "cut").phase(week), plan(&study, "scheduled").phase(week), 0.0);
    }
    let study = with(CUT, &["cut", "told", "scheduled"], &[STAGGERED, VERTICAL, "pricing.reopen_gain=false"]);
    let [imposed, _, changed] = WEEKS;
    let (j, before) = (model(&study, "LS 400"), changed - 1);
    let price = |name: &str, week: usize| plan(&study, name).phase(week).sticker_price_usd[j];
    for week in 0..104 {
        same_prices(plan(&study, "told").phase(week), plan(&study, "scheduled").phase(week), 0.0);
    }
    assert!(price("cut", before) > price("told", before) + 50.0, "{} {}", price("cut", before), price("told", before));
    assert!(price("told", before) > price("told", imposed - 1));
}

/// One instrument with a rate for each partner is as many instruments with one each, and a column of the table is such a list.
#[test]
fn rates_by_country_are_instruments_by_country() {
    let sections = r#"
[[instrument]]
name = "both"
rates = { Japan = 0.25, Germany = 0.1, "LS 400" = 0.3 }
on = { assembly_countries = ["Japan", "Germany"], imported = true }
[[instrument]]
name = "japan"
rate = 0.25
on = { assembly_countries = ["Japan"], imported = true }
except = { models = ["LS 400"] }
[[instrument]]
name = "germany"
rate = 0.1
on = { assembly_countries = ["Germany"], imported = true }
[[instrument]]
name = "lexus"
rate = 0.3
on = { models = ["LS 400"] }
[[instrument]]
name = "column"
rate_column = "rate"
on = { assembly_countries = ["Japan"], imported = true }
[[instrument]]
name = "number"
rate = 0.2
on = { assembly_countries = ["Japan"], imported = true }
[[regime]]
name = "one"
events = [{ date = 1995-05-20, action = "imposed", instrument = "both" }]
[[regime]]
name = "three"
events = [{ date = 1995-05-20, action = "imposed", instruments = ["japan", "germany", "lexus"] }]
[[regime]]
name = "from_column"
events = [{ date = 1995-05-20, action = "imposed", instrument = "column" }]
[[regime]]
name = "from_number"
events = [{ date = 1995-05-20, action = "imposed", instrument = "number" }]
"#;
    let study = with(sections, &["one", "three", "from_column", "from_number"], &[]);
    same_prices(plan(&study, "one").phase(103), plan(&study, "three").phase(103), 1e-13);
    same_prices(plan(&study, "from_column").phase(103), plan(&study, "from_number").phase(103), 1e-13);
    let (j, phase) = (model(&study, "LS 400"), plan(&study, "one").phase(103));
    assert!((phase.duty_usd[j] - 0.7 * 51_680.0 * 0.325).abs() < 1e-6, "{}", phase.duty_usd[j]);
}

/// Half of the value pays: half of the rate. By country or by column.
#[test]
fn a_dutiable_half_is_half_of_the_rate() {
    let duty = |name: &str, keys: &str| {
        format!(
            "[[instrument]]\nname = \"{name}\"\n{keys}\non = {{ assembly_countries = [\"Japan\"], imported = true }}\n\
             [[regime]]\nname = \"{name}\"\nevents = [{{ date = 1995-05-20, action = \"imposed\", instrument = \"{name}\" }}]\n"
        )
    };
    let sections = [
        duty("half", "rate = 0.5\ndutiable = { Japan = 0.5 }"),
        duty("column", "rate = 0.5\ndutiable_column = \"pays\""),
        duty("low", "rate = 0.25"),
    ]
    .concat();
    let study = with(&sections, &["half", "column", "low"], &[BERTRAND, VERTICAL]);
    same_prices(plan(&study, "half").phase(103), plan(&study, "low").phase(103), 1e-12);
    same_prices(plan(&study, "column").phase(103), plan(&study, "low").phase(103), 1e-12);
}

/// Normal rates by country, the nearest name first, or by column.
#[test]
fn the_normal_duty_may_differ_by_country() {
    let study = with("", &[], &["market.normal_duty.rates={Germany=0.0, europe=0.05, \"LS 400\"=0.1}"]);
    let market = &study.scenario().market;
    let normal = plan(&study, "status_quo").normal_duty_usd();
    for (j, car) in market.models.iter().enumerate() {
        let europe = market.regions[car.region] == "europe";
        let rate = match car {
            car if !car.imported => 0.0,
            car if car.name == "LS 400" => 0.1,
            car if car.assembly_country == "Germany" => 0.0,
            _ if europe => 0.05,
            _ => 0.025,
        };
        assert!((normal[j] - rate * 0.7 * car.list_price_usd).abs() < 1e-9, "{}: {}", car.name, normal[j]);
    }
    let study = with("", &[], &["market.normal_duty.column=\"rate\""]);
    let j = model(&study, "ES 300");
    let (duty, list) =
        (plan(&study, "status_quo").normal_duty_usd()[j], study.scenario().market.models[j].list_price_usd);
    assert!((duty - 0.2 * 0.7 * list).abs() < 1e-9);
    // A column has a rate for every model, so that none is needed beside it.
    let alone = with("[market.normal_duty]\nrate = { remove = true }\ncolumn = \"rate\"", &[], &[]);
    assert_eq!(plan(&alone, "status_quo").normal_duty_usd(), plan(&study, "status_quo").normal_duty_usd());
    refused(
        "[market.normal_duty]\nrate = { remove = true }",
        &[],
        &["market.normal_duty", "has no `rate`", "`column`"],
    );
}

/// A column of zeros and ones is `domestic_assembly`. With .4 at home the other .6 pays, under both chains, in duty and in customs value.
#[test]
fn two_plants_pay_for_the_cars_from_abroad() {
    let home = "market.columns.home_share=\"home\"";
    for chain in ["pricing.chain=\"retail\"", VERTICAL] {
        let study = with("", &["imposed"], &[BERTRAND, chain, home, "market.domestic_assembly=[]"]);
        let plain = with("", &["imposed"], &[BERTRAND, chain, "market.domestic_assembly=[\"USA\"]"]);
        let (both, alone) = (&study.scenario().market, &plain.scenario().market);
        let normals = [&study, &plain].map(|study| plan(study, "status_quo").normal_duty_usd().to_vec());
        let border = both.border_prices(&normals[0]);
        for (j, (a, b)) in both.models.iter().zip(&alone.models).enumerate() {
            let lexus = both.brands[a.brand] == "Lexus";
            assert_eq!(a.imported, b.imported, "{}", a.name);
            assert!((a.import_share - if lexus { 0.6 } else { b.import_share }).abs() < 1e-12);
            let normal = [normals[0][j], normals[1][j]];
            assert!((normal[0] - if lexus { 0.6 } else { 1.0 } * normal[1]).abs() < 1e-9, "{}: {normal:?}", a.name);
            let customs = border[j] * both.customs_part(j);
            if lexus && chain == VERTICAL {
                assert!((customs - 0.6 * 0.7 * a.list_price_usd).abs() < 1e-8, "{}: {customs}", a.name);
            }
        }
    }
    let same_share =
        with("", &["imposed"], &[BERTRAND, "market.columns.home_share=\"home\"", "market.exclude=[\"Maxima\"]"]);
    assert!(same_share.scenario().market.models.iter().any(|car| car.import_share == 0.6));
}

/// Parts at 25% of a fifth of the list price are 5% of it; an offset of 3.75% leaves 1.25%, one of 6% nothing.
#[test]
fn an_offset_is_credited_up_to_the_duty() {
    let parts = |name: &str, offset: f64| {
        format!(
            "[[instrument]]\nname = \"{name}\"\nrate = 0.25\nbasis = \"list\"\ncars = \"home\"\ncustoms_value_share = 0.2\noffset = {offset}\n\
             on = {{ home_built = true }}\n[[regime]]\nname = \"{name}\"\n\
             events = [{{ date = 1995-05-20, action = \"imposed\", instrument = \"{name}\" }}]\n"
        )
    };
    let sections = [parts("none", 0.0), parts("some", 0.0375), parts("all", 0.06)].concat();
    let study = with(&sections, &["none", "some", "all"], &[VERTICAL, "market.columns.home_share=\"home\""]);
    for (regime, net) in [("none", 0.05), ("some", 0.0125), ("all", 0.0)] {
        let (phase, normal) = (plan(&study, regime).phase(103), plan(&study, "status_quo").normal_duty_usd());
        for (j, car) in study.scenario().market.models.iter().enumerate() {
            let wanted = normal[j] + net * (1.0 - car.import_share) * car.list_price_usd;
            // The normal duty on imported cars follows the maker's price.
            if car.import_share == 0.0 {
                assert!(
                    (phase.duty_usd[j] - wanted).abs() < 1e-7,
                    "{regime}, {}: {} {wanted}",
                    car.name,
                    phase.duty_usd[j]
                );
            }
        }
    }
    refused(
        &parts("none", 0.01).replace("basis = \"list\"", "basis = \"border\""),
        &["none"],
        &["instrument.none.offset", "fraction of the list price", "basis = \"list\""],
    );
}

/// An excise on what a list price has above 32,000 dollars, on cars from everywhere; none on a cheaper car.
#[test]
fn an_excise_is_on_what_a_list_price_has_above_its_mark() {
    let excise = "[[instrument]]\nname = \"excise\"\nrate = 0.1\nbasis = \"list\"\ncustoms_value_share = 1.0\ncars = \"all\"\nabove_usd = 32000\n\
                  on = { regions = [\"japan\", \"europe\", \"big_three\"] }\n[[regime]]\nname = \"excise\"\n\
                  events = [{ date = 1995-05-20, action = \"imposed\", instrument = \"excise\" }]\n";
    for rules in [[BERTRAND, "pricing.chain=\"retail\""], [BERTRAND, VERTICAL]] {
        let study = with(excise, &["excise"], &rules);
        let phases = ["excise", "status_quo"].map(|name| plan(&study, name).phase(103).clone());
        let (mut free, mut taxed) = (0, 0);
        for (j, car) in study.scenario().market.models.iter().enumerate() {
            let wanted = 0.1 * (car.list_price_usd - 32000.0).max(0.0);
            *(if wanted > 0.0 { &mut taxed } else { &mut free }) += 1;
            // The normal duty on imported cars follows the maker's price.
            if car.import_share == 0.0 {
                let more = phases[0].duty_usd[j] - phases[1].duty_usd[j];
                assert!((more - wanted).abs() < 1e-7, "{}: {more} {wanted}", car.name);
            }
            let dearer = phases[0].sticker_price_usd[j] - phases[1].sticker_price_usd[j];
            assert!(wanted == 0.0 || (0.3 * wanted..1.7 * wanted).contains(&dearer), "{}: {dearer} {wanted}", car.name);
        }
        assert!(free > 5 && taxed > 20, "{free} free, {taxed} taxed");
    }
    refused(
        &excise.replace("basis = \"list\"", "basis = \"border\""),
        &["excise"],
        &["instrument.excise.above_usd", "part of list prices", "basis = \"list\""],
    );
    refused(
        &excise.replace("above_usd = 32000", "above_usd = 3200000"),
        &["excise"],
        &["instrument.excise.above_usd", "is 3200000, and no list price that it selects is above"],
    );
}

/// A credit is off the list price in the base year. When it ends prices move as under a duty in dollars, by what the buyer paid; where lists wait for
/// good he pays all of it from the first day. It is no duty: the Treasury pays it on every car while it is there and nothing afterwards.
#[test]
fn a_credit_that_ends_is_the_buyers_from_the_first_day() {
    let sections = r#"
[[instrument]]
name = "credit"
kind = "credit"
amount_usd = 3000.0
on = { brands = ["Lexus"] }
[[instrument]]
name = "specific"
amount_usd = 3000.0
on = { brands = ["Lexus"] }
[[regime]]
name = "ended"
events = [{ date = 1995-05-20, action = "lifted", instrument = "credit" }]
[[regime]]
name = "dollars"
events = [{ date = 1995-05-20, action = "imposed", instrument = "specific" }]
"#;
    let study = with(sections, &["ended", "dollars"], &[BERTRAND, "market.home_cost_share=0.0"]);
    let (quo, ended, dollars) =
        (plan(&study, "status_quo").phase(19), plan(&study, "ended").phase(103), plan(&study, "dollars").phase(103));
    for j in 0..ended.duty_usd.len() {
        assert!((ended.sticker_price_usd[j] / dollars.sticker_price_usd[j] - 1.0).abs() < 1e-9);
        assert!((ended.producer_price_usd[j] / dollars.producer_price_usd[j] - 1.0).abs() < 1e-9);
    }
    same_prices(plan(&study, "ended").phase(19), quo, 0.0);
    let market = &study.scenario().market;
    for (j, car) in market.models.iter().enumerate() {
        let credit = if market.brands[car.brand] == "Lexus" { 3_000.0 } else { 0.0 };
        assert_eq!((car.credit_usd, quo.sticker_price_usd[j]), (credit, car.list_price_usd - credit));
        assert_eq!((quo.rebate_usd[j], ended.rebate_usd[j]), (credit, 0.0));
        // What is owed without it, on the maker's price: of that of a car whose buyer pays the list price the duty is the same.
        let normal = if car.imported { car.normal_rate.fraction() } else { 0.0 };
        let owed = |phase: &Phase| phase.duty_usd[j] + phase.rebate_usd[j];
        for phase in [quo, ended] {
            assert!((phase.sticker_price_usd[j] - phase.producer_price_usd[j] - phase.duty_usd[j]).abs() < 1e-9);
            assert!(
                owed(phase) >= 0.0 && owed(phase) <= normal * phase.sticker_price_usd[j] + normal * credit + 1e-9,
                "{}",
                car.name
            );
        }
    }
    let lists =
        with(sections, &["ended"], &[STAGGERED, VERTICAL, "pricing.reopen_gain=false", "pricing.list_life_weeks=1e7"]);
    let (j, other) = (model(&lists, "LS 400"), model(&lists, "Seville"));
    let price = |week: usize, j: usize| plan(&lists, "ended").phase(week).sticker_price_usd[j];
    assert!((price(20, j) - price(19, j) - 3_000.0).abs() < 0.1, "{} {}", price(19, j), price(20, j));
    assert!((price(20, other) - price(19, other)).abs() < 0.1);
    refused(&sections.replace("\"lifted\"", "\"imposed\""), &["ended"], &["imposed", "cannot follow the start"]);
    let steps = "kind = \"credit\"\nschedule = [{ from = 1995-06-03, amount_usd = 1000.0 }]";
    refused(
        &sections.replace("kind = \"credit\"", steps),
        &["ended"],
        &["instrument.credit.schedule", "is of no use for a credit", "lifted"],
    );
    refused(
        &sections.replace("3000.0", "90000.0"),
        &["ended"],
        &["instrument.credit.amount_usd", "leaves nothing to pay"],
    );
}

/// Season and trend multiply the cars of each week and nothing else.
#[test]
fn season_and_trend_scale_the_weeks() {
    let season = "time.season=[0.5, 1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]";
    let run = |assignments: &[&str]| {
        let study = with("", &["imposed"], assignments);
        let found = outcomes(&study, &ids([0, 1]), 0..1, 1).remove(0);
        (study, found)
    };
    let ((plain, flat), (seasonal, moved)) = (run(&[]), run(&[season, "time.trend=0.1"]));
    assert_eq!(seasonal.scenario().traffic.len(), 104);
    assert!(plain.scenario().traffic.is_empty());
    let traffic = &seasonal.scenario().traffic;
    assert!((traffic[8] - 1.1_f64.powf(8.0 / 52.0) * 1.5).abs() < 1e-12, "25 February");
    let layout = plain.layout();
    for (a, b) in flat.iter().zip(&moved) {
        for (week, traffic) in traffic.iter().enumerate() {
            for group in 0..layout.groups.len() {
                let slot = layout.week(WeekMetric::ExpectedUnits, week, group);
                assert!((b.values[slot] - traffic * a.values[slot]).abs() < 1e-6 * (1.0 + a.values[slot]));
            }
        }
        let total = |outcome: &stickershock::model::outcome::Outcome| -> f64 {
            (0..layout.regions.len()).map(|r| outcome.values[layout.region(RegionMetric::Units, 0, r)]).sum()
        };
        assert!(total(b) > total(a) * 1.02);
    }
    // A month of its own multiplies the weeks that start in it, on top of both.
    let own = with("", &["imposed"], &[season, "time.trend=0.1", "time.by_month.1995-02=1.5"]);
    for (week, (own, traffic)) in own.scenario().traffic.iter().zip(traffic).enumerate() {
        let february = (5..=8).contains(&week);
        assert!((own / traffic - if february { 1.5 } else { 1.0 }).abs() < 1e-12, "week {week}");
    }
    refused(
        "[time.by_month]\n\"1995-2\" = 1.5",
        &[],
        &["time.by_month.1995-2", "is no month of the horizon", "YYYY-MM"],
    );
    refused("[time.by_month]\n\"1995-02\" = 0", &[], &["time.by_month.1995-02", "a factor above 0"]);
    refused("[time]\nseason = [1.0, 2.0]", &[], &["time.season", "has 2 numbers", "one for each month"]);
    let twos = format!("[time]\nseason = {:?}", [2.0; 12]);
    refused(&twos, &[], &["time.season", "mean 2.0000", "divide each by 2.0000"]);
}

/// A deflator is a price response per thousand dollars of other dollars.
#[test]
fn a_deflator_divides_the_price_response() {
    let a = with("", &["imposed"], &["demand.alpha=0.15", "demand.deflator=2.0"]);
    let b = with("", &["imposed"], &["demand.alpha=0.075"]);
    let run = |study: &Study| outcomes(study, &ids([0, 1]), 0..1, 1);
    assert!(run(&a).iter().flatten().zip(run(&b).iter().flatten()).all(|(x, y)| same(&x.values, &y.values)));
    refused(
        "[demand]\nabsent_brands = [\"Lexus\"]",
        &[],
        &["demand.absent_brands[0]", "`Lexus` is a brand of this market"],
    );
    let elsewhere = "[demand]\nabsent_brands = [\"Rover\"]\nloyalty_deviation = { Rover = 0.5 }";
    assert!(loaded(elsewhere, &[], &[]).is_ok());
    refused("[demand]\nloyalty_deviation = { Rover = 0.5 }", &[], &["loyalty_deviation", "Rover"]);
}

/// A country without duty has a currency all the same.
#[test]
fn exchange_rates_move_costs_of_cars_that_owe_no_duty() {
    let study = with("", &[], &["market.domestic_assembly=[\"USA\", \"Canada\", \"Japan\"]"]);
    let market = &study.scenario().market;
    let path = CurrencyPath { base: 100.0, weekly: vec![80.0] };
    let factors = cost_factors(market, 1, |country| (country == "Japan").then_some(&path));
    let phi = market.home_cost_share;
    for (j, car) in market.models.iter().enumerate() {
        let wanted = if car.assembly_country == "Japan" { (1.0 - phi) + phi * 1.25 } else { 1.0 };
        assert!(!car.imported || car.assembly_country != "Japan");
        assert_eq!(factors[0][j], wanted, "{}", car.name);
    }
}

/// A list of regimes is the file with the others removed.
#[test]
fn regimes_are_chosen_by_a_list() {
    let chosen = loaded("", &["imposed", "all_imports"], &[]).unwrap().scenario;
    let names: Vec<&str> = chosen.regimes.values().map(|regime| regime.name.as_str()).collect();
    assert_eq!(names, ["status_quo", "imposed", "all_imports"]);
    let all = loaded("", &[], &["regimes=[\"all_imports\", \"status_quo\"]"]).unwrap().scenario;
    assert_eq!(
        all.regimes.values().map(|regime| regime.name.as_str()).collect::<Vec<_>>(),
        ["all_imports", "status_quo"]
    );
    assert_eq!((chosen.regimes[RegimeId(2)].clone(), all.baseline), (all.regimes[RegimeId(0)].clone(), RegimeId(1)));
    refused("", &["impsed"], &["regimes[1]", "`impsed` is no [[regime]]", "did you mean `imposed`"]);
    refused("", &["imposed", "imposed"], &["regimes[2]", "stands twice"]);
    let none = loaded("", &[], &["regimes=[]"]).map(|_| ()).unwrap_err();
    assert!(none.contains("names none") && none.contains("leave the list out"), "{none}");
    let lost = loaded("", &[], &["regimes=[\"imposed\"]"]).map(|_| ()).unwrap_err();
    assert!(lost.contains("run.baseline") && lost.contains("status_quo"), "{lost}");
}

/// What cannot be meant is refused with its key, its value and what would do.
#[test]
fn what_cannot_be_said_is_refused() {
    let event = |keys: &str| CUT.replace("rate = 0.15, retroactive_to = 1995-09-30", keys);
    for (keys, parts) in [
        ("rate = 0.35, retroactive_to = 1995-09-30", ["retroactive_to", "a rise from 0.25 to 0.35", "only a cut"]),
        ("rate = 0.15, retroactive_to = 1996-09-30", ["retroactive_to", "comes after the change", "one before it"]),
        (
            "rate = 0.15, retroactive_to = 1995-05-01",
            ["retroactive_to", "reaches back before 1995-05-20", "a later day"],
        ),
        (
            "rate = 0.15, retroactive_to = 1994-05-01",
            ["retroactive_to", "1994-05-01 is before the first week", "horizon"],
        ),
        ("rate = 15", ["rate", "was percent meant?", "write 0.15"]),
        ("cost_usd = 1.0", ["cost_usd", "is of no use for this kind", "rate"]),
        ("label = \"x\"", ["events[1]", "expected either `rate` or `amount_usd`", "100% duty"]),
    ] {
        refused(&event(keys), &["cut_back"], &parts);
    }
    let early =
        CUT.replace("action = \"imposed\", instrument = \"cars\"", "action = \"announced\", instrument = \"cars\"");
    refused(&early, &["cut"], &["`changed` on 1995-12-30 cannot follow `announced`"]);
    let stray = CUT.replace(
        "action = \"imposed\", instrument = \"cars\" }",
        "action = \"imposed\", instrument = \"cars\", rate = 0.1 }",
    );
    refused(&stray, &["cut"], &["rate", "is of no use for `imposed`", "action = \"changed\""]);
    let none = CUT.replace("action = \"imposed\", instrument = \"cars\" }", "action = \"imposed\", instruments = [] }");
    refused(&none, &["cut"], &["names none", "at least one instrument"]);
    let unknown = CUT.replace("instrument = \"foreseen\" }", "instruments = [\"cars\", \"forseen\"] }");
    refused(&unknown, &["scheduled"], &["instrument[1]", "`forseen` is no instrument", "did you mean `foreseen`"]);
    let rates = "[[instrument]]\nname = \"r\"\nrates = { Japan = 0.2 }\non = { imported = true }";
    refused(rates, &[], &["instrument.r.rates", "has no rate for", "name each"]);
    let both = "[[instrument]]\nname = \"r\"\nrate = 0.1\nrates = { Japan = 0.2 }\non = { regions = [\"japan\"] }";
    refused(both, &[], &["instrument.r.rate", "stands beside rates"]);
    let nowhere =
        "[[instrument]]\nname = \"r\"\nrate = 0.1\ndutiable = { Japon = 0.2 }\non = { regions = [\"japan\"] }";
    refused(nowhere, &[], &["dutiable.Japon", "did you mean `Japan`"]);
    let home = "[[instrument]]\nname = \"r\"\nrate = 0.1\ncars = \"home\"\non = { imported = true }";
    refused(home, &[], &["instrument.r.cars", "has no such car", "home_built"]);
    refused("[market.columns]\nhome_share = \"mpg\"", &[], &["mpg", "share of cars assembled at home"]);
}

/// What is possible and probably not meant is told.
#[test]
fn doubtful_values_are_warned_of() {
    let quiet = loaded("", &["imposed"], &[]).unwrap().scenario;
    assert_eq!(warnings(&quiet), Vec::<String>::new());
    let few = few_purchases(&quiet).unwrap();
    assert!(few.contains("fewer than 30 purchases") && few.contains("more buyers or replications"), "{few}");
    let doubtful = loaded("", &["imposed"], &["instrument.sanctions.rate=2.5", "market.domestic_regions=[]"]).unwrap();
    let told = warnings(&doubtful.scenario).join("\n");
    for part in ["instrument.sanctions.rate is 2.5", "write 0.025", "market.domestic_regions is empty", "`big_three`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let mut many = quiet.clone();
    (many.buyers, many.replications) = (1 << 20, 10_000);
    assert_eq!(few_purchases(&many), None);
}

/// A change that another of its week replaces never acts, and one before later steps of a schedule overtakes them: both are told. Every event has
/// its own level in the table; two of one day contradict each other.
#[test]
fn changes_that_replace_each_other_are_told() {
    let sections = CUT.to_owned()
        + r#"
[[regime]]
name = "twice"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "cars" },
  { date = 1995-09-03, action = "changed", instrument = "cars", rate = 0.5 },
  { date = 1995-09-06, action = "changed", instrument = "cars", rate = 0.8 },
]
[[regime]]
name = "overtaken"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "foreseen" },
  { date = 1995-09-02, action = "changed", instrument = "foreseen", rate = 0.1 },
]
"#;
    let doubtful = loaded(&sections, &["twice", "overtaken"], &[]).unwrap();
    let told = warnings(&doubtful.scenario).join("\n");
    for part in [
        "regime.twice: the change of `cars` on 1995-09-03 never acts: runs count it from the week of 1995-09-09",
        "regime.overtaken: the change of `foreseen` on 1995-09-02 holds to the end, in place of what its schedule has from 1995-12-30",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let study = with(&sections, &["twice", "overtaken"], &[BERTRAND, VERTICAL]);
    let all: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    let rows = policy_event_rows(&study, &all);
    let levels = |regime: &str| {
        let own = rows.iter().filter(|row| row.regime == regime);
        own.map(|row| (row.action, row.level_before, row.level_after)).collect::<Vec<_>>()
    };
    assert_eq!(levels("twice"), [("imposed", 0.0, 0.25), ("changed", 0.25, 0.5), ("changed", 0.5, 0.8)]);
    assert_eq!(levels("overtaken"), [("imposed", 0.0, 0.25), ("changed", 0.25, 0.1)]);
    let one_day = sections.replace("1995-09-06", "1995-09-03");
    refused(&one_day, &["twice"], &["changes `cars` twice on 1995-09-03", "write one of the two"]);
}

/// Nothing is passed through of a duty at the base year's rate, though its dollars move with every price.
#[test]
fn only_duties_at_another_rate_are_passed_through() {
    let study = with(CUT, &["cut"], &[BERTRAND, VERTICAL]);
    let regime = regime(&study, "cut");
    let quotation = Quotation::new(study.scenario(), study.shared_world());
    let own = &study.scenario().regimes[regime];
    let instruments = quotation.instruments(own);
    let force = quotation.forces(own);
    let row = quotation.row(plan(&study, "cut"), 30, &force[30], &instruments);
    let models = &study.scenario().market.models;
    for (j, model) in models.iter().enumerate() {
        let passed = row[of_model(QuoteMetric::PassThrough, j, models.len())];
        let taxed = model.assembly_country == "Japan" && model.imported;
        assert_eq!(passed.is_finite(), taxed, "{}: {passed}", model.name);
        assert!(!taxed || (0.2..1.5).contains(&passed), "{}: {passed}", model.name);
    }
}

/// The shipped case of 2025: short, and `check` reads every rate in force on a day from it.
#[test]
fn the_rates_of_2025_can_be_read_on_a_day() {
    let file = root().join("configs/luxury-2025.toml");
    assert!(std::fs::read_to_string(&file).unwrap().lines().count() <= 200);
    let on = |date: &str| {
        let mut command = Command::cargo_bin("stickershock").unwrap();
        command.arg("check").arg(&file).args([
            "--on",
            date,
            "--set",
            "buyers.count=512",
            "--set",
            "regimes=[\"no_new_duties\", \"decided\"]",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let start = text.find("  decided: ").unwrap_or_else(|| panic!("{text}"));
        text[start..].lines().skip(1).take_while(|line| line.starts_with("    ")).map(str::to_owned).collect::<Vec<_>>()
    };
    // What is cut later, and back to this day, is told of it.
    let (mut command, day) = (Command::cargo_bin("stickershock").unwrap(), "2025-08-15");
    command.arg("check").arg(&file).args([
        "--on",
        day,
        "--set",
        "buyers.count=512",
        "--set",
        "regimes=[\"no_new_duties\", \"decided\"]",
    ]);
    let told = String::from_utf8(command.output().unwrap().stdout).unwrap();
    for part in
        ["(cut back to this day on 2025-09-25)", "where 100% of the base year's cars are", "no cars from abroad"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let rate = |lines: &[String], country: &str| {
        let line = lines
            .iter()
            .find(|line| line.trim_start().starts_with(country))
            .unwrap_or_else(|| panic!("{country}: {lines:?}"));
        line.split("imported").nth(1).unwrap().split("of customs").next().unwrap().trim().to_owned()
    };
    // Models that owe another rate than their neighbours, or build some of their cars at home, are named.
    let lines = on("2025-11-15");
    let own = |start: &str| lines.iter().any(|line| line.trim_start().starts_with(start));
    assert!(own("two plants: ") && own("16.25%: ") && own("27.50%: "), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("ES (") && line.contains("% from abroad, ")), "{lines:#?}");
    for (date, germany, japan, uk, korea) in [
        ("2025-02-01", "2.50%", "2.50%", "2.50%", "0.00%"),
        ("2025-06-01", "27.50%", "27.50%", "27.50%", "25.00%"),
        ("2025-08-15", "27.50%", "27.50%", "10.00%", "25.00%"),
        ("2025-10-15", "15.00%", "15.00%", "10.00%", "25.00%"),
        ("2026-02-01", "15.00%", "15.00%", "10.00%", "15.00%"),
    ] {
        let lines = on(date);
        for (country, wanted) in [("Germany", germany), ("Japan", japan), ("United Kingdom", uk), ("Korea", korea)] {
            assert_eq!(rate(&lines, country), wanted, "{country} on {date}");
        }
    }
}

/// Customs value by model or by column: of a list price p0 with the normal rate tau, v p0 is the maker's, tau v p0 duty and the rest local; a duty on
/// the list price takes v of it, one that names its own share takes that of every model.
#[test]
fn customs_value_may_differ_by_model() {
    let duty = |name: &str, keys: &str| {
        format!(
            "[[instrument]]\nname = \"{name}\"\nrate = 0.1\n{keys}\non = {{ assembly_countries = [\"Japan\"], imported = true }}\n\
             [[regime]]\nname = \"{name}\"\nevents = [{{ date = 1995-05-20, action = \"imposed\", instrument = \"{name}\" }}]\n"
        )
    };
    let sections = duty("border", "") + &duty("own", "customs_value_share = 0.35") + &duty("list", "basis = \"list\"");
    let names = ["border", "own", "list"];
    let shares = "pricing.customs_value_shares={Germany=0.6, \"LS 400\"=0.5}";
    let study = with(&sections, &names, &[VERTICAL, "pricing.customs_value_share=0.7", shares]);
    let market = &study.scenario().market;
    let normal = plan(&study, "status_quo").normal_duty_usd();
    let border = market.border_prices(normal);
    for (j, car) in market.models.iter().enumerate().filter(|(_, car)| car.imported) {
        let v = match car {
            car if car.name == "LS 400" => 0.5,
            car if car.assembly_country == "Germany" => 0.6,
            _ => 0.7,
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{}: {a} {b}", car.name);
        close(border[j], v * car.list_price_usd);
        close(normal[j], 0.025 * v * car.list_price_usd);
        if car.assembly_country == "Japan" {
            let [rate, own, list] = names.map(|name| plan(&study, name).phase(103));
            let kept = |phase: &Phase| phase.producer_price_usd[j] - market.chain.local_usd(j);
            close(rate.duty_usd[j], 0.125 * kept(rate));
            close(own.duty_usd[j], (0.025 + 0.1 * 0.35 / v) * kept(own));
            close(list.duty_usd[j], 0.025 * kept(list) + 0.1 * v * car.list_price_usd);
        }
    }
    // A column of halves is a share of one half.
    let [column, number] = ["pricing.customs_value_share_column=\"pays\"", "pricing.customs_value_share=0.5"];
    let [column, number] = [column, number].map(|own| with(&sections, &names, &[VERTICAL, own]));
    for name in names {
        same_prices(plan(&column, name).phase(103), plan(&number, name).phase(103), 1e-12);
    }
    let error = loaded("", &[], &[VERTICAL, "pricing.customs_value_shares={Japan=0.95}"]).map(|_| ()).unwrap_err();
    assert!(error.contains("less than the dealer's margin") && error.contains("can be at most 0.878"), "{error}");
    let error = loaded("", &[], &["pricing.customs_value_shares={Japan=0.6}"]).map(|_| ()).unwrap_err();
    assert!(error.contains("is of no use under the retail chain"), "{error}");
}
