//! Makers' incentives: dollars off at the dealer, on list prices as they are.

use stickershock::model::accounts::Account;
use stickershock::model::outcome::ModelMetric;
use stickershock::study::Study;

use crate::language::{loaded, plan, refused, with};
use crate::support::{outcomes, regime};

const BERTRAND: &str = "pricing.rule=bertrand";
const VERTICAL: &str = "pricing.chain=\"vertical\"";
const STAGGERED: &str = "pricing.rule=staggered";

const OFF: &str = r#"
[[instrument]]
name = "off"
kind = "incentive"
amount_usd = 2000.0
schedule = [{ from = 1995-12-30, amount_usd = 1200.0 }]
on = { brands = ["Lexus"] }

[[instrument]]
name = "duty"
rate = 0.25
basis = "border"
on = { assembly_countries = ["Japan"], imported = true }

[[regime]]
name = "plain"
events = [{ date = 1995-05-20, action = "imposed", instrument = "duty" }]

[[regime]]
name = "helped"
events = [
  { date = 1995-05-20, action = "imposed", instrument = "duty" },
  { date = 1995-07-01, action = "imposed", instrument = "off" },
  { date = 1996-06-01, action = "lifted", instrument = "off" },
]
"#;

fn lexus(study: &Study) -> Vec<bool> {
    let market = &study.scenario().market;
    market.models.iter().map(|model| market.brands[model.brand] == "Lexus").collect()
}

/// From its day the buyer pays so much less and the maker gets so much less; the duty and every list stay as they are without it, to the bit,
/// whatever the rule.
#[test]
fn an_incentive_is_off_the_price_and_off_the_makers_revenue() {
    for rules in [[BERTRAND, VERTICAL], ["pricing.theta=0.8", "pricing.chain=\"retail\""], [STAGGERED, VERTICAL]] {
        let study = with(OFF, &["plain", "helped"], &rules);
        let lexus = lexus(&study);
        for week in 0..104 {
            let off = match week {
                26..52 => 2_000.0,
                52..74 => 1_200.0,
                _ => 0.0,
            };
            let (plain, helped) = (plan(&study, "plain").phase(week), plan(&study, "helped").phase(week));
            assert_eq!(plain.duty_usd, helped.duty_usd, "{rules:?} week {week}");
            for (j, lexus) in lexus.iter().enumerate() {
                let off = if *lexus { off } else { 0.0 };
                assert_eq!(helped.incentive_usd[j], off, "week {week}");
                assert_eq!(helped.sticker_price_usd[j], plain.sticker_price_usd[j] - off, "{rules:?} week {week}");
                assert_eq!(helped.producer_price_usd[j], plain.producer_price_usd[j] - off, "{rules:?} week {week}");
            }
        }
    }
}

/// The makers bear it: what they earn is margins as they are without it, less the incentive, on the cars sold. The Treasury, dealers and
/// production take per car what they take without it.
#[test]
fn the_maker_bears_it() {
    let sections =
        OFF.replace("1995-07-01", "1994-12-31").replace("1995-05-20", "1994-12-31").replace("1996-06-01", "1996-12-21");
    let sections = sections.replace("schedule = [{ from = 1995-12-30, amount_usd = 1200.0 }]\n", "");
    let study = with(&sections, &["plain", "helped"], &["pricing.theta=1.0", "market.home_cost_share=0.0"]);
    let found = &outcomes(&study, &[regime(&study, "plain"), regime(&study, "helped")], 0..1, 1)[0];
    let (layout, lexus) = (study.layout(), lexus(&study));
    let accounts = layout.accounts.as_ref().unwrap();
    let period = layout.periods.iter().position(|period| period.name == "year_1").unwrap();
    let of = |r: usize, wanted: Account| {
        let position = accounts.accounts.iter().position(|(account, _)| *account == wanted).unwrap();
        found[r].values[accounts.account(position, period)]
    };
    let units = |r: usize, j: usize| found[r].values[layout.model(ModelMetric::ExpectedUnits, period, j)];
    let (phase, cost) = (plan(&study, "plain").phase(10), &study.shared_world().makers.costs.marginal_cost);
    let sum = |r: usize, of: &dyn Fn(usize) -> f64| (0..lexus.len()).map(|j| units(r, j) * of(j)).sum::<f64>();
    let off = |r: usize, j: usize| if lexus[j] && r == 1 { 2_000.0 } else { 0.0 };
    for r in [0, 1] {
        let makers = sum(r, &|j| phase.producer_price_usd[j] - cost[j] - off(r, j));
        let outlay = sum(r, &|j| phase.sticker_price_usd[j] - off(r, j));
        let duty = sum(r, &|j| phase.duty_usd[j]);
        for (wanted, value) in [(Account::Makers, makers), (Account::Outlay, outlay), (Account::Duty, duty)] {
            let gap = of(r, wanted) - value;
            assert!(gap.abs() < 1e-9 * outlay, "{wanted:?} of {r}: {gap:e}");
        }
    }
    let sold = |r: usize| sum(r, &|j| if lexus[j] { 1.0 } else { 0.0 });
    assert!(sold(1) > 1.05 * sold(0), "cheaper cars sell: {} {}", sold(0), sold(1));
    assert!(of(1, Account::Consumers) > of(0, Account::Consumers));
}

#[test]
fn incentives_that_make_no_sense_are_refused() {
    refused(&OFF.replace("2000.0", "-5.0"), &["helped"], &["instrument.off.amount_usd", "US dollars a car, 0 to"]);
    let patient = OFF.replace("kind = \"incentive\"", "kind = \"incentive\"\nexpected_weeks = 26");
    refused(&patient, &["helped"], &["instrument.off.expected_weeks", "is of no use for this kind"]);
    let rate = OFF.replace("amount_usd = 2000.0", "rate = 0.1");
    refused(&rate, &["helped"], &["instrument.off.rate", "`amount_usd`"]);
    let free = loaded(&OFF.replace("2000.0", "90000.0"), &["helped"], &[]).unwrap();
    let error = Study::prepare(free.scenario).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("would cost -") && error.contains("a price must be positive"), "{error}");
}
