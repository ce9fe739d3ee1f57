//! Quotas by rate, a lower duty on the first cars of a year: limits, closed forms, identities, and what is refused.

use std::fmt::Write;

use stickershock::model::accounts::{Account, AccountsLayout, FirmMetric};
use stickershock::model::demand::Execution;
use stickershock::model::outcome::Outcome;
use stickershock::model::plan::{Phase, RegimePlan};
use stickershock::study::Study;

use crate::language::{loaded, plan, refused, with};
use crate::support::{ANYWHERE, outcomes, regime, showdown_path};

const BERTRAND: &str = "pricing.rule=bertrand";
const VERTICAL: &str = "pricing.chain=\"vertical\"";
const STAGGERED: &str = "pricing.rule=staggered";
const LATE: usize = 103;

/// Duties of 25% and of 7.5% on Japanese cars, and one of 25% with 7.5% on the first cars of a year.
fn duties(cars: &[(&str, &str)]) -> String {
    let on = "basis = \"border\"\non = { assembly_countries = [\"Japan\"], imported = true }";
    let mut text = String::new();
    let quotas = cars.iter().map(|(name, cars)| (*name, format!("rate = 0.25\nwithin = {{ rate = 0.075, {cars} }}")));
    for (name, level) in
        [("high", "rate = 0.25".to_owned()), ("low", "rate = 0.075".to_owned())].into_iter().chain(quotas)
    {
        write!(text, "[[instrument]]\nname = {name:?}\n{level}\n{on}\n{}", imposed(name)).unwrap();
    }
    text
}

fn imposed(name: &str) -> String {
    format!(
        "[[regime]]\nname = {name:?}\nevents = [{{ date = 1995-05-20, action = \"imposed\", instrument = {name:?} }}]\n"
    )
}

/// Models of Japan's plants, and expected cars a year of them at a phase's prices.
fn japanese(study: &Study) -> Vec<usize> {
    let models = &study.scenario().market.models;
    (0..models.len()).filter(|j| models[*j].assembly_country == "Japan").collect()
}

fn expected(study: &Study, phase: &Phase) -> Vec<f64> {
    let (world, market) = (study.shared_world(), &study.scenario().market);
    let demand = world.makers.demand(&world.products, &world.inversion.delta, Execution::SERIAL).unwrap();
    let [now, base] = [&phase.sticker_price_usd, &market.base_prices()].map(|prices| demand.shares(prices).product);
    let own = japanese(study);
    let base: f64 = own.iter().map(|j| base[*j]).sum();
    let cars: f64 = own.iter().map(|j| market.models[*j].base_volume).sum();
    now.iter().map(|share| share * cars / base).collect()
}

fn sold(study: &Study, phase: &Phase) -> f64 {
    let cars = expected(study, phase);
    japanese(study).iter().map(|j| cars[*j]).sum()
}

fn margin(plan: &RegimePlan) -> f64 {
    plan.revisions().last().unwrap().rate_quotas[0].margin
}

/// No cars: the duty outside. More cars than are sold: the duty inside. To the bit, whatever the rule, in prices, duties and rents.
#[test]
fn a_quota_of_nothing_is_the_high_duty_and_one_above_sales_the_low_duty() {
    let sections = duties(&[("none", "cars_per_year = 0"), ("plenty", "fraction_of_base = 1.5")]);
    for rules in [[BERTRAND, VERTICAL], ["pricing.theta=0.8", "pricing.chain=\"retail\""], [STAGGERED, VERTICAL]] {
        let study = with(&sections, &["high", "low", "none", "plenty"], &rules);
        assert!(plan(&study, "none").phases() == plan(&study, "high").phases(), "{rules:?}");
        assert!(plan(&study, "plenty").phases() == plan(&study, "low").phases(), "{rules:?}");
        assert_eq!([margin(plan(&study, "none")), margin(plan(&study, "plenty"))], [1.0, 0.0], "{rules:?}");
        assert!(plan(&study, "high").phases() != plan(&study, "low").phases());
    }
}

/// A quota below what sells under the high duty: prices are those of the high duty to the bit; of Q cars K pay 7.5 and the rest 25 points,
/// and the 17.5 points that K cars save of the customs value are the makers'.
#[test]
fn a_quota_that_binds_leaves_the_rent_to_the_makers() {
    let sections = duties(&[("quota", "cars_per_year = 60000")]);
    for rules in [[BERTRAND, VERTICAL], ["pricing.theta=1.0", "pricing.chain=\"retail\""]] {
        let study = with(&sections, &["high", "quota"], &rules);
        let (high, quota) = (plan(&study, "high").phase(LATE), plan(&study, "quota").phase(LATE));
        assert_eq!(high.sticker_price_usd, quota.sticker_price_usd, "{rules:?}");
        assert_eq!(margin(plan(&study, "quota")), 1.0);
        let cars = expected(&study, quota);
        let inside = 60_000.0 / sold(&study, quota);
        assert!((0.2..0.9).contains(&inside), "{inside}");
        let market = &study.scenario().market;
        let [mut rents, mut saved] = [0.0; 2];
        for j in japanese(&study) {
            // What customs values of a car under the high duty, 70% of the price without local costs under the retail chain.
            let kept = high.producer_price_usd[j] - market.chain.local_usd(j);
            let value = if market.chain.is_vertical() { kept } else { 0.7 * kept };
            let saving = 0.175 * value;
            assert!((quota.quota_rent_usd[j] - inside * saving).abs() < 1e-9 * value, "{rules:?}");
            assert!((high.duty_usd[j] - quota.duty_usd[j] - inside * saving).abs() < 1e-9 * value);
            assert!((quota.producer_price_usd[j] - high.producer_price_usd[j] - inside * saving).abs() < 1e-9 * value);
            rents += cars[j] * quota.quota_rent_usd[j];
            saved += cars[j] * saving;
        }
        assert!((rents / (inside * saved) - 1.0).abs() < 1e-12, "rent = gap x value of the cars inside: {rents}");
        assert!(quota.quota_rent_usd.iter().enumerate().all(|(j, rent)| *rent == 0.0 || japanese(&study).contains(&j)));
    }
}

/// Specific duties: the rent is the gap times the quota, whatever the models cost.
#[test]
fn the_rent_of_specific_duties_is_the_gap_times_the_quota() {
    let on = "on = { assembly_countries = [\"Japan\"], imported = true }";
    let sections = format!(
        "[[instrument]]\nname = \"quota\"\namount_usd = 4000\nwithin = {{ amount_usd = 500, cars_per_year = 70000 }}\n{on}\n{}",
        imposed("quota")
    );
    let study = with(&sections, &["quota"], &[BERTRAND]);
    let phase = plan(&study, "quota").phase(LATE);
    let cars = expected(&study, phase);
    let rent: f64 = japanese(&study).iter().map(|j| cars[*j] * phase.quota_rent_usd[*j]).sum();
    assert!((rent / (3_500.0 * 70_000.0) - 1.0).abs() < 1e-12, "{rent}");
}

/// Between what the two duties sell the quota clears the market: no car pays the high duty. With specific duties that is the low duty with a
/// plain quota beside it, and the licence has its shadow price.
#[test]
fn between_the_two_duties_it_is_the_low_duty_with_a_quota() {
    let on = "on = { assembly_countries = [\"Japan\"], imported = true }";
    let sections = |cars: f64| {
        format!(
            "[[instrument]]\nname = \"high\"\namount_usd = 4000\n{on}\n{}[[instrument]]\nname = \"low\"\namount_usd = 500\n{on}\n{}\
             [[instrument]]\nname = \"both\"\namount_usd = 4000\nwithin = {{ amount_usd = 500, cars_per_year = {cars} }}\n{on}\n{}\
             [[instrument]]\nname = \"limit\"\nkind = \"quota\"\ncars_per_year = {cars}\n{on}\n\
             [[regime]]\nname = \"limited\"\nevents = [{{ date = 1995-05-20, action = \"imposed\", instruments = [\"low\", \"limit\"] }}]\n",
            imposed("high"),
            imposed("low"),
            imposed("both"),
        )
    };
    for rule in [BERTRAND, "pricing.theta=1.0"] {
        let ends = with(&sections(1e6), &["high", "low"], &[rule]);
        let [least, most] = ["high", "low"].map(|name| sold(&ends, plan(&ends, name).phase(LATE)));
        let cars = 0.4 * least + 0.6 * most;
        assert!(most > 1.05 * least, "{least} {most}");
        let study = with(&sections(cars), &["low", "both", "limited"], &[rule]);
        let (low, both, limited) =
            (plan(&study, "low"), plan(&study, "both").phase(LATE), plan(&study, "limited").phase(LATE));
        assert!((sold(&study, both) / cars - 1.0).abs() < 1e-9, "{rule}");
        for j in 0..both.duty_usd.len() {
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{rule}: {a} {b}");
            close(both.sticker_price_usd[j], limited.sticker_price_usd[j]);
            close(both.quota_rent_usd[j], limited.quota_rent_usd[j]);
            close(both.duty_usd[j], low.phase(LATE).duty_usd[j]);
        }
        let x = margin(plan(&study, "both"));
        let rent = limited.quota_rent_usd[japanese(&study)[0]];
        assert!((3_500.0 * x - rent).abs() < 1e-5 && x > 0.1 && x < 0.9, "{rule}: {x} {rent}");
    }
}

/// Two quotas by rate on cars that compete settle together, and one that is wide open stays open.
#[test]
fn two_quotas_settle_together() {
    let on =
        |country: &str| format!("basis = \"border\"\non = {{ assembly_countries = [\"{country}\"], imported = true }}");
    let quota = |name: &str, part: f64, country: &str| {
        let within = format!("within = {{ rate = 0.0, fraction_of_base = {part} }}");
        format!("[[instrument]]\nname = \"{name}\"\nrate = 0.2\n{within}\n{}\n", on(country))
    };
    let both = "[[regime]]\nname = \"both\"\n\
                events = [{ date = 1995-05-20, action = \"imposed\", instruments = [\"japan\", \"germany\"] }]\n";
    let sections = quota("japan", 0.9, "Japan") + &quota("germany", 0.95, "Germany") + both;
    let study = with(&sections, &["both"], &[BERTRAND, VERTICAL]);
    let cleared = &plan(&study, "both").revisions().last().unwrap().rate_quotas;
    assert_eq!(cleared.len(), 2);
    for quota in cleared {
        let [allowed, cars] = quota.cars_per_year;
        assert!(quota.margin > 0.0 && quota.margin < 1.0, "{quota:?}");
        assert!((cars / allowed - 1.0).abs() < 1e-9, "{quota:?}");
    }
}

/// An event that opens a quota by rate is the instrument that has one from that week on, and reaches back like any cut.
#[test]
fn an_event_may_open_a_quota() {
    let sections = duties(&[("quota", "cars_per_year = 60000")])
        + "[[regime]]\nname = \"deal\"\nevents = [\n\
           { date = 1995-05-20, action = \"imposed\", instrument = \"high\" },\n\
           { date = 1995-12-30, action = \"changed\", instrument = \"high\", rate = 0.25, \
           within = { rate = 0.075, cars_per_year = 60000 }, retroactive_to = 1995-09-30 },\n]\n";
    let study = with(&sections, &["high", "quota", "deal"], &[BERTRAND, VERTICAL]);
    let deal = plan(&study, "deal");
    assert!(deal.phase(51).duty_usd == plan(&study, "high").phase(51).duty_usd);
    assert!(deal.phase(LATE) == plan(&study, "quota").phase(LATE));
    let quota = plan(&study, "quota").phase(45);
    for j in japanese(&study) {
        let back = plan(&study, "high").phase(45).duty_usd[j] - quota.duty_usd[j];
        assert!((deal.phase(45).refund_usd[j] - back).abs() < 1e-8, "{} {back}", deal.phase(45).refund_usd[j]);
        assert_eq!(deal.phase(30).refund_usd[j], 0.0);
    }
}

fn account(accounts: &AccountsLayout, outcome: &Outcome, wanted: Account) -> f64 {
    let position = accounts.accounts.iter().position(|(account, _)| *account == wanted).unwrap();
    outcome.values[accounts.account(position, 0)]
}

/// Where the quota binds buyers are no better off than under the high duty: what the Treasury goes without the makers have, and all of it is
/// booked as rent. Every job proves that its accounts balance.
#[test]
fn the_rent_is_what_the_treasury_goes_without() {
    let sections = duties(&[("quota", "cars_per_year = 60000")]);
    let study = with(&sections, &["high", "quota"], &[BERTRAND, VERTICAL]);
    let regimes = [regime(&study, "high"), regime(&study, "quota")];
    let found = &outcomes(&study, &regimes, 0..1, 1)[0];
    let accounts = study.layout().accounts.as_ref().unwrap();
    let change = |wanted| account(accounts, &found[1], wanted) - account(accounts, &found[0], wanted);
    let rent: f64 = (0..study.scenario().market.manufacturers.len())
        .map(|f| found[1].values[accounts.firm(FirmMetric::QuotaRent, f, 0)])
        .sum();
    let scale = account(accounts, &found[1], Account::Outlay);
    assert!(rent > 1e-3 * scale, "{rent} of {scale}");
    for (what, gap) in [
        ("Treasury", change(Account::Treasury) + rent),
        ("makers", change(Account::Makers) - rent),
        ("buyers", change(Account::Consumers)),
        ("world", change(Account::World)),
    ] {
        assert!(gap.abs() < 1e-9 * scale, "{what}: {gap:e} of {scale:e}");
    }
}

/// What makes no sense is refused with the key and what to write.
#[test]
fn quotas_that_make_no_sense_are_refused() {
    let with = |body: &str| {
        format!(
            "[[instrument]]\nname = \"q\"\n{body}\non = {{ assembly_countries = [\"Japan\"], imported = true }}\n{}",
            imposed("q")
        )
    };
    for (body, parts) in [
        ("rate = 0.1\nwithin = { rate = 0.2, cars_per_year = 10 }", ["q.within.rate", "above the 0.1 outside", "swap"]),
        ("rate = 0.25\nwithin = { rate = 7.5, cars_per_year = 10 }", ["q.within.rate", "was percent meant?", "0.075"]),
        ("rate = 0.25\nwithin = { amount_usd = 5, cars_per_year = 10 }", ["q.within", "needs `rate`", "0.075"]),
        (
            "rate = 0.25\nwithin = { rate = 0.1 }",
            ["q.within", "either `cars_per_year` or `fraction_of_base`", "100000"],
        ),
        (
            "rate = 0.25\nwithin = { rate = 0.1, fraction_of_base = 80 }",
            ["fraction_of_base", "was percent meant?", "0.8"],
        ),
        (
            "kind = \"quota\"\ncars_per_year = 5\nwithin = { rate = 0.1, cars_per_year = 10 }",
            ["q.within", "is of no use for this kind", "kind"],
        ),
        (
            "rates = { Japan = 0.25 }\nwithin = { rate = 0.1, cars_per_year = 10 }",
            ["q.within", "beside rates of the models", "each rate"],
        ),
        (
            "rate = 0.25\nbasis = \"list\"\noffset = 0.01\nwithin = { rate = 0.1, cars_per_year = 10 }",
            ["q.within", "beside an offset", "leave one"],
        ),
    ] {
        refused(&with(body), &["q"], &parts);
    }
    let lifted = duties(&[])
        + "[[regime]]\nname = \"q\"\nevents = [{ date = 1995-05-20, action = \"imposed\", instrument = \"high\", \
                                within = { rate = 0.1, cars_per_year = 10 } }]\n";
    refused(&lifted, &["q"], &["within", "is of no use for `imposed`", "changed"]);
    assert!(loaded(&with("rate = 0.25\nwithin = { rate = 0.25, cars_per_year = 10 }"), &["q"], &[]).is_ok());
}

/// The model in words says what the quota does, and names its number; without one it does not.
#[test]
fn a_quota_is_described() {
    let sections = duties(&[("quota", "cars_per_year = 60000")]);
    let text = |regimes: &[&str]| stickershock::report::describe::describe(&loaded(&sections, regimes, &[]).unwrap());
    let described = text(&["quota"]);
    assert!(described.contains("Of a quota by rate") && described.contains("on the first 60000 cars a year"));
    assert!(!text(&["high"]).contains("quota by rate"));
}

/// A launch fills a quota that was open: the duty of the last car is worked out anew for the cars on sale.
#[test]
fn a_launch_fills_a_quota() {
    let sections = "[[market.on_sale]]\nmodels = [\"LS 400\"]\nfrom = 1995-12-30\n\
                    [[instrument]]\nname = \"quota\"\nrate = 0.25\nwithin = { rate = 0.0, fraction_of_base = 0.98 }\n\
                    basis = \"border\"\non = { assembly_countries = [\"Japan\"], imported = true }\n"
        .to_owned()
        + &imposed("quota");
    for rules in [[BERTRAND, VERTICAL], [STAGGERED, VERTICAL]] {
        let study = with(&sections, &["quota"], &rules);
        let quota = study.scenario().instruments.iter().position(|own| own.name == "quota").unwrap();
        let margin = |week: usize| plan(&study, "quota").outside(week)[quota];
        assert_eq!([margin(30), margin(51)], [0.0, 0.0], "{rules:?}");
        assert!([52, 103].map(margin).iter().all(|x| *x > 0.0 && *x < 1.0), "{rules:?}: {}", margin(60));
    }
}

/// `check` says what the quota is, how many cars come, and which duty prices follow.
#[test]
fn check_explains_a_quota() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    let text = format!(
        "extends = {:?}\nregimes = [\"status_quo\", \"quota\"]\n{}",
        showdown_path().display().to_string(),
        duties(&[("quota", "cars_per_year = 60000")])
    );
    std::fs::write(&file, text).unwrap();
    let output = assert_cmd::Command::cargo_bin("stickershock")
        .unwrap()
        .arg("check")
        .arg(&file)
        .args(ANYWHERE)
        .args(["--set", "buyers.count=256", "--set", "governments.flows.source=given", "--on", "1996-01-06"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for part in [
        "quota imposed, duty on",
        ": 25%, 7.5% on the first 60000 cars a year",
        "quota lets 60000 cars a year in at the lower duty,",
        "prices follow the higher duty",
    ] {
        assert!(said.contains(part), "{part}: {said} {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// `check` lists what a schedule and an expiry add to the events, who knew of a change before, and back to when it reaches.
#[test]
fn check_lists_schedules_ends_and_who_knew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    let text = format!(
        "extends = {:?}\nregimes = [\"status_quo\", \"steps\", \"deal\"]\n{}",
        showdown_path().display().to_string(),
        r#"
[[instrument]]
name = "steps"
rate = 0.25
schedule = [{ from = 1996-01-06, rate = 0.1 }]
until = 1996-06-01
on = { flag = true }
[[regime]]
name = "steps"
events = [{ date = 1995-06-28, action = "imposed", instrument = "steps" }]
[[instrument]]
name = "deal"
rates = { Japan = 0.25, Germany = 0.1 }
on = { assembly_countries = ["Japan", "Germany"] }
[[instrument]]
name = "pact"
rate = 0.25
on = { flag = true }
[[regime]]
name = "deal"
events = [
  { date = 1995-06-28, action = "imposed", instrument = "deal" },
  { date = 1995-06-28, action = "imposed", instrument = "pact" },
  { date = 1995-11-04, action = "changed", instrument = "pact", rate = 0.1, announced_on = 1995-10-07, retroactive_to = 1995-09-02 },
]
"#
    );
    std::fs::write(&file, text).unwrap();
    let output = assert_cmd::Command::cargo_bin("stickershock")
        .unwrap()
        .arg("check")
        .arg(&file)
        .args(ANYWHERE)
        .args(["--set", "buyers.count=256"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for part in [
        "1996-01-06 (week 53): steps, by its schedule: 10%",
        "1996-06-01 (week 74): steps runs out",
        "duty on 13 models: 10%, known from 1995-10-07, retroactive to the week of 1995-09-02",
        ": Japan 25%, Germany 10%",
    ] {
        assert!(said.contains(part), "{part}: {said} {}", String::from_utf8_lossy(&output.stderr));
    }
}
