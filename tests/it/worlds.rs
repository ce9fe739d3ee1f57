//! Every replication with buyers, base year, costs and prices of its own, and intervals that cover because of it.

use std::collections::BTreeMap;
use std::fs;
use stickershock::model::ids::{Id, RegimeId};

use stickershock::config;
use stickershock::model::demand::Execution;
use stickershock::model::plan::{Planner, PriceBook, RegimePlan};
use stickershock::model::scenario::{PopulationMode, Scenario};
use stickershock::model::streams::Streams;
use stickershock::model::supply::{
    DutyTerms, Guide, Limit, PriceProblem, PricingOptions, equilibrium, equilibrium_with_limits,
};
use stickershock::model::world::{World, WorldFacts};
use stickershock::numerics::student;
use stickershock::report::build::Report;
use stickershock::study::{Finished, Study};

use crate::prices::Reference;
use crate::support::{ids, outcomes, regime, simulate, study};

const OWN: [&str; 4] =
    ["buyers.count=512", "buyers.population=own", "pricing.rule=bertrand", "governments.flows.grid=[85.0, 110.0]"];

/// The world of a replication is that of its own key, and its prices are those of its own costs, solved alone.
#[test]
fn a_replication_has_the_base_year_and_the_prices_of_its_own_buyers() {
    let study = study(&OWN);
    let scenario = study.scenario();
    let imposed = regime(&study, "imposed_retroactive");
    let list = scenario.market.base_prices();
    let mut seen = Vec::new();
    for number in [3, 0] {
        let replication = study.replication(number).unwrap();
        let key = Streams::new(scenario.seed, number).population_key();
        let world = World::build(&WorldFacts::of(scenario), key, None, Execution::SERIAL).unwrap();
        // The search began elsewhere: the same root to its tolerance, from the study's intercepts in fewer sweeps.
        let [near, far] = [&replication.world, &world].map(|world| world.inversion.report.evaluations);
        assert!(near <= 12 && near < far, "{near} {far}");
        for (own, alone) in replication.world.inversion.delta.iter().zip(&world.inversion.delta) {
            assert!((own - alone).abs() < 1e-9, "{own} {alone}");
        }
        let [near, far] = [&replication.world, &world].map(|world| &world.makers.costs);
        assert!(near.report.evaluations < far.report.evaluations, "{:?} {:?}", near.report, far.report);
        for (own, alone) in near.marginal_cost.iter().zip(&far.marginal_cost) {
            assert!((own / alone - 1.0).abs() < 1e-9, "{own} {alone}");
        }
        let planner = unguided(scenario, &replication.world);
        let alone = planner.plan_with(&scenario.regimes[imposed], &mut PriceBook::default()).unwrap();
        let found = study.plan_in(&replication, imposed).unwrap();
        // Guided by the equilibria of the shared buyers: the same root to its tolerance, in fewer evaluations.
        for week in 0..scenario.weeks as usize {
            let prices = [found, &alone].map(|plan| &plan.phase(week).sticker_price_usd);
            assert!(
                prices[0].iter().zip(prices[1]).all(|(own, alone)| (own / alone - 1.0).abs() < 1e-11),
                "week {week}"
            );
        }
        assert!(evaluations(found) < evaluations(&alone), "{} {}", evaluations(found), evaluations(&alone));
        assert_eq!(study.plan_in(&replication, scenario.baseline).unwrap().phase(0).sticker_price_usd, list);
        seen.push((replication.world.makers.costs.marginal_cost.clone(), found.phase(103).sticker_price_usd.clone()));
    }
    let reference = (
        study.shared_world().makers.costs.marginal_cost.clone(),
        study.plans().get(imposed).unwrap().phase(103).sticker_price_usd.clone(),
    );
    assert!(seen[0] != seen[1] && seen[0] != reference && seen[1] != reference);
}

/// Prices in a world worked out as if no other were known.
fn unguided<'a>(scenario: &'a Scenario, world: &'a World) -> Planner<'a> {
    Planner {
        guides: None,
        market: &scenario.market,
        instruments: &scenario.instruments,
        world,
        cost_factor: &scenario.cost_factor,
        on_sale: &scenario.on_sale,
        rule: &scenario.rule,
        revisions: &scenario.revisions,
        weeks: scenario.weeks,
        execution: Execution::PARALLEL,
        foresight: None,
    }
}

/// Evaluations that the equilibria of a plan took.
fn evaluations(plan: &RegimePlan) -> usize {
    plan.revisions().iter().filter_map(|revision| revision.solved).map(|solved| solved.evaluations).sum()
}

/// A quota allows a part of what the buyers before whom prices are set would buy in the base year. Where they are not all buyers they differ
/// between worlds, and the study's equilibrium guides the search all the same.
#[test]
fn a_quota_is_guided_before_a_part_of_the_buyers() {
    let study = study(&[&OWN[..], &["buyers.count=8192", "buyers.pricing_nodes=4096"]].concat());
    let scenario = study.scenario();
    let restrained = regime(&study, "voluntary_restraint");
    let replication = study.replication(2).unwrap();
    let planner = unguided(scenario, &replication.world);
    let alone = planner.plan_with(&scenario.regimes[restrained], &mut PriceBook::default()).unwrap();
    let found = study.plan_in(&replication, restrained).unwrap();
    let rents = |plan: &RegimePlan| plan.phase(103).quota_rent_usd.iter().filter(|rent| **rent > 0.0).count();
    assert!(rents(found) > 0 && rents(found) == rents(&alone));
    for week in 0..scenario.weeks as usize {
        let prices = [found, &alone].map(|plan| &plan.phase(week).sticker_price_usd);
        assert!(prices[0].iter().zip(prices[1]).all(|(own, alone)| (own / alone - 1.0).abs() < 1e-10), "week {week}");
    }
    assert!(evaluations(found) < evaluations(&alone), "{} {}", evaluations(found), evaluations(&alone));
}

/// The lists of a regime in a world of its own, whatever other regimes are prepared: with costs that stand still, and with costs that move so
/// often that all regimes together have more revisions than a book of prices keeps.
#[test]
fn staggered_lists_of_a_regime_are_the_same_in_any_company() {
    let moving = ["exchange_rate.mode=history", "buyers.count=64", "pricing.exchange_threshold=0.0"];
    for (more, regimes) in [(&["buyers.count=256"][..], 1), (&moving[..], 4)] {
        let all = study(&[&OWN[..], &["pricing.rule=staggered"], more].concat());
        let replication = all.replication(3).unwrap();
        let ids: Vec<RegimeId> = all.scenario().regimes.ids().collect();
        // The later a regime the more went before it.
        for &position in ids.iter().rev().step_by(regimes) {
            let alone = Study::prepare_only(all.scenario().clone(), &[position]).unwrap();
            let own = alone.replication(3).unwrap();
            let name = &all.scenario().regimes[position].name;
            assert_eq!(alone.plan_in(&own, position).unwrap(), all.plan_in(&replication, position).unwrap(), "{name}");
        }
    }
}

/// Whatever else runs, before, after or at the same time, and on however many threads.
#[test]
fn own_worlds_are_functions_of_seed_and_number() {
    let study = study(&[&OWN[..], &["buyers.count=128"]].concat());
    let all: Vec<RegimeId> = study.scenario().regimes.ids().collect();
    let (one, many) = (outcomes(&study, &all, 0..4, 1), outcomes(&study, &all, 0..4, 3));
    // Numbers that are not defined are the same as themselves.
    let same = |a: &[f64], b: &[f64]| crate::support::same(a, b);
    for (one, many) in one.iter().flatten().zip(many.iter().flatten()) {
        assert!(same(&one.values, &many.values) && one.switched == many.switched);
    }
    let imposed = regime(&study, "imposed");
    for number in [2, 1] {
        let alone = study.simulate(&study.replication(number).unwrap(), imposed).unwrap();
        assert!(same(&alone.values, &one[number as usize][imposed.index()].values), "{number}");
    }
}

/// Where all share one world its numbers stand alone, without an interval; where each has its own, pass-through has one.
#[test]
fn shared_worlds_have_no_interval() {
    let scenario = study(&[&OWN[..], &["buyers.count=128", "run.replications=3"]].concat()).scenario().clone();
    let imposed = scenario.regimes.iter().find(|(_, regime)| regime.name == "imposed_retroactive").unwrap().0;
    let run = |population| {
        let scenario = Scenario { population, ..scenario.clone() };
        simulate(scenario, &[imposed], &()).unwrap()
    };
    let (own, shared) = (run(PopulationMode::Own), run(PopulationMode::Shared));
    for row in Report::of(&shared).pricing() {
        assert!(row.sticker_price_usd.interval.iter().all(|end| end.is_nan()));
        let plan = shared.study.plans().get(regime(&shared.study, &row.regime)).unwrap();
        let j = scenario.market.models.iter().position(|model| model.name == row.model).unwrap();
        assert_eq!(row.sticker_price_usd.value, plan.phase(row.week as usize).sticker_price_usd[j]);
    }
    let [own, shared] = [&own, &shared].map(|finished| Report::of(finished).pass_through());
    assert!(own.len() == shared.len() && !own.is_empty());
    for (own, shared) in own.iter().zip(shared) {
        let [low, high] = own.border_elasticity.interval;
        assert!(low < own.border_elasticity.value && own.border_elasticity.value < high);
        assert!(shared.border_elasticity.interval[0].is_nan());
        // One set of buyers is off by chance, the mean of several by less.
        assert!((own.border_elasticity.value / shared.border_elasticity.value - 1.0).abs() < 0.1);
    }
}

/// Firms' costs are those of the replication's world: expected cars times its own marginal costs, dealers' margin taken out.
#[test]
fn accounts_count_the_costs_of_the_replications_own_world() {
    let study = study(&[&OWN[..], &["buyers.count=256"]].concat());
    let (scenario, layout) = (study.scenario(), study.layout());
    let accounts = layout.accounts.as_ref().unwrap();
    let margin = scenario.accounts.parameters.dealers_margin_usd(&scenario.market);
    for number in 0..2 {
        let replication = study.replication(number).unwrap();
        let outcome = study.simulate(&replication, scenario.baseline).unwrap();
        let cost = &replication.world.makers.costs.marginal_cost;
        for (f, firm) in accounts.firms.iter().enumerate() {
            let members = (0..scenario.market.len()).filter(|j| {
                let model = &scenario.market.models[*j];
                (model.manufacturer, model.region) == (firm.manufacturer, firm.region)
            });
            let expected: f64 = members
                .map(|j| {
                    let cars =
                        outcome.values[layout.model(stickershock::model::outcome::ModelMetric::ExpectedUnits, 0, j)];
                    cars * (cost[j] + scenario.market.chain.local_usd(j) - margin[j])
                })
                .sum();
            let slot = accounts.firm(stickershock::model::accounts::FirmMetric::Cost, f, 0);
            assert!((outcome.values[slot] / expected - 1.0).abs() < 1e-9, "{f}: {} {expected}", outcome.values[slot]);
        }
    }
}

const MODELS: &str = "\
model,brand,maker,region,country,listed,price_usd,volume
Able,Able,Able,home,USA,false,20000,30000
Abacus,Able,Able,home,USA,false,32000,12000
Baker,Baker,Baker,abroad,Japan,true,25000,20000
Bakerloo,Baker,Baker,abroad,Japan,true,38000,9000
Carol,Carol,Carol,abroad,Germany,false,30000,10000
";

const SCENARIO: &str = r#"
name = "five-models"

[time]
start = 2000-01-01
weeks = 104

[run]
seed = 0
replications = 20
baseline = "free"

[market]
models = "models.csv"
flag = "listed"
domestic_regions = ["home"]
domestic_assembly = ["USA"]
size = 300000

[market.columns]
model = "model"
brand = "brand"
manufacturer = "maker"
region = "region"
assembly_country = "country"
price_usd = "price_usd"
volume = "volume"

[market.normal_duty]
rate = 0.025
basis = "border"
customs_value_share = 0.7

[buyers]
count = 256

[demand]
alpha = 0.12
eta = 1.0
income_log_sd = 0.5
income_bounds = [0.3, 3.0]
sigma_import = 1.5
sigma_region = 0.5
sigma_outside = 1.0
loyalty = 0.8

[holding]
lease_share = 0.35
lease_weeks = [104, 156]
purchase_shape = 4.0
purchase_mean_weeks = 260.0

[pricing]
rule = "bertrand"

[accounts]
partner = "abroad"
partner_countries = ["Japan"]

[[instrument]]
name = "duty"
rate = 0.5
basis = "border"
customs_value_share = 0.7
on = { flag = true }

[[regime]]
name = "free"

[[regime]]
name = "taxed"
events = [{ date = 2000-01-01, action = "announced", instrument = "duty" }, { date = 2000-01-01, action = "imposed", instrument = "duty" }]
"#;

/// An interval that a table prints, and the number that it is for.
type Printed = (f64, [f64; 2]);

/// Every kind of interval in the tables of one study.
fn printed(finished: &Finished) -> BTreeMap<String, Printed> {
    let report = Report::of(finished);
    let mut all = BTreeMap::new();
    let t = student::quantile(finished.results.replications() - 1, 0.975);
    let within = |mean: f64, error: f64| (mean, [mean - t * error, mean + t * error]);
    for row in report.comparisons().iter().filter(|row| row.period == "all") {
        all.insert(format!("difference of {}", row.metric), (row.difference, [row.ci_low, row.ci_high]));
        let relative = (row.relative_change, [row.relative_ci_low, row.relative_ci_high]);
        all.insert(format!("relative change of {}", row.metric), relative);
    }
    for row in report.welfare().iter().filter(|row| row.period == "all" && row.regime == "taxed") {
        all.insert(format!("account {}", row.account.name), (row.change_usd, [row.ci_low_usd, row.ci_high_usd]));
    }
    for row in report.firms().iter().filter(|row| row.period == "all" && row.regime == "taxed") {
        let name = format!("profit of {}", row.manufacturer);
        all.insert(name, within(row.profit_usd.change, row.profit_usd.change_std_error));
    }
    for row in report.trade_balance().iter().filter(|row| row.regime == "taxed").take(3) {
        let change = (row.deficit_change_usd_per_year, [row.deficit_change_ci_low, row.deficit_change_ci_high]);
        all.insert(format!("deficit in {}", row.month), change);
    }
    for row in report.pricing().iter().filter(|row| row.regime == "taxed") {
        let (price, through) = (row.sticker_price_usd, row.pass_through);
        all.insert(format!("price of {}", row.model), (price.value, price.interval));
        all.insert(format!("pass-through of {}", row.model), (through.value, through.interval));
    }
    for row in report.base_year(&finished.base_year) {
        for (name, quoted) in [
            ("cost", row.marginal_cost_usd),
            ("margin", row.margin_usd),
            ("elasticity", row.own_elasticity),
            ("diversion", row.outside_diversion),
        ] {
            all.insert(format!("{name} of {}", row.model), (quoted.value, quoted.interval));
        }
    }
    for row in report.pass_through().iter().filter(|row| row.regime == "taxed") {
        for (name, quoted) in [
            ("per dollar at the old base", row.per_dollar_old_base),
            ("per dollar owed", row.per_dollar_owed),
            ("border elasticity", row.border_elasticity),
        ] {
            all.insert(name.to_owned(), (quoted.value, quoted.interval));
        }
    }
    // What does not vary has no interval to speak of: base-year prices, nothing charged.
    all.retain(|_, (value, [low, high])| value.is_finite() && high > low && (*high - *low) > 1e-9 * value.abs());
    all
}

/// Coverage of the mean over studies by the interval of each study, column by column.
fn coverage(population: &str, studies: u64) -> BTreeMap<String, f64> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("models.csv"), MODELS).unwrap();
    fs::write(folder.path().join("scenario.toml"), SCENARIO).unwrap();
    let mut columns: BTreeMap<String, Vec<Printed>> = BTreeMap::new();
    for seed in 0..studies {
        let assignments = [format!("buyers.population={population}"), format!("run.seed={seed}")];
        let loaded = config::load(&folder.path().join("scenario.toml"), &assignments).unwrap_or_else(|e| panic!("{e}"));
        let finished = simulate(loaded.scenario, &ids([0, 1]), &()).unwrap();
        printed(&finished).into_iter().for_each(|(name, found)| columns.entry(name).or_default().push(found));
    }
    columns.retain(|_, found| found.len() == studies as usize);
    let covered = |found: &Vec<Printed>| {
        let truth = found.iter().map(|(value, _)| value).sum::<f64>() / found.len() as f64;
        found.iter().filter(|(_, [low, high])| (*low..=*high).contains(&truth)).count() as f64 / found.len() as f64
    };
    columns.iter().map(|(name, found)| (name.clone(), covered(found))).collect()
}

/// Buyers differ, makers set prices on them, and every kind of interval covers the mean over studies: over all columns together 93 to 97%
/// of the time, each column 88% or more (3.2 standard errors of 100 studies). With shared buyers intervals of accounts cover far less, and prices have
/// none. 100 studies of 20 replications of 256 buyers.
#[test]
fn intervals_cover_where_buyers_differ() {
    let own = coverage("own", 100);
    let pooled = own.values().sum::<f64>() / own.len() as f64;
    let missed: Vec<_> = own.iter().filter(|(_, covered)| !(0.88..=1.0).contains(*covered)).collect();
    assert!((0.93..=0.97).contains(&pooled) && missed.is_empty(), "{pooled}: {missed:#?} of {own:#?}");
    let kinds = [
        "price of",
        "pass-through of",
        "cost of",
        "elasticity of",
        "account consumers_income",
        "account makers",
        "account dealers",
        "account treasury",
        "profit of",
        "deficit in",
        "difference of units",
        "border elasticity",
    ];
    for kind in kinds {
        assert!(own.keys().any(|name| name.starts_with(kind)), "{kind} in {:?}", own.keys());
    }
    let shared = coverage("shared", 40);
    assert!(!shared.keys().any(|name| name.starts_with("price of")), "{shared:#?}");
    let accounts: Vec<f64> =
        shared.iter().filter(|(name, _)| name.starts_with("account")).map(|(_, covered)| *covered).collect();
    let pooled = accounts.iter().sum::<f64>() / accounts.len() as f64;
    assert!(pooled < 0.85, "{pooled}: {shared:#?}");
}

/// What a study prints does not depend on how many of its replications run at once.
#[test]
fn a_study_on_its_own_prepared_world_is_the_study_of_the_scenario() {
    let first = study(&[&OWN[..], &["buyers.count=64"]].concat());
    let regimes: Vec<RegimeId> = first.scenario().regimes.ids().collect();
    let again = Study::on(std::sync::Arc::clone(first.base()), first.scenario().clone(), &regimes).unwrap();
    let [a, b] = [&first, &again].map(|study| study.replication(6).unwrap());
    assert_eq!(a.world.inversion.delta, b.world.inversion.delta);
    for regime in ids([0, 2]) {
        assert_eq!(first.plan_in(&a, regime).unwrap(), again.plan_in(&b, regime).unwrap());
    }
}

/// A guide leads to the equilibrium of another world, with the shadow price of a limit found beside the prices; a guide to somewhere else leads
/// there or nowhere, never to what is no equilibrium.
#[test]
fn a_guide_leads_to_the_equilibrium_of_other_buyers() {
    let reference = Reference::new(&["buyers.count=2048"]);
    let other = World::build(&WorldFacts::of(&reference.scenario), 77, None, Execution::PARALLEL).unwrap();
    let other = Reference { scenario: reference.scenario.clone(), world: other };
    let list = reference.scenario.market.base_prices();
    let listed = reference.flagged();
    let options = PricingOptions::default();
    let terms = |rate: f64| -> Vec<DutyTerms> { reference.duty(rate).iter().map(|duty| duty.terms()).collect() };
    let (full, quarter) = (terms(1.0), terms(0.25));
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a / b - 1.0).abs() < 1e-11);
    let limits = |problem: &PriceProblem<'_>| {
        let base = problem.demand.shares(&list).product;
        let share = 0.5 * listed.iter().map(|j| base[*j]).sum::<f64>();
        [Limit { name: "restraint".into(), products: listed.clone(), share }]
    };
    let [free, limited] = reference.with_problem(&full, |problem| {
        let price = equilibrium(problem, &list, options).unwrap().price;
        let free = Guide::new(problem, &[], &price, &[]).unwrap();
        let problem = PriceProblem { duty: &quarter, ..*problem };
        let limits = limits(&problem);
        let found = equilibrium_with_limits(&problem, &limits, &list, options).unwrap();
        [free, Guide::new(&problem, &limits, &found.equilibrium.price, &found.shadow_price).unwrap()]
    });
    other.with_problem(&full, |problem| {
        let alone = equilibrium(problem, &list, options).unwrap();
        let guided = free.follow(problem, &[], options).unwrap().equilibrium;
        assert!(close(&guided.price, &alone.price) && close(&guided.share, &alone.share));
        assert!(close(&guided.margin, &alone.margin) && guided.first_order_residual < 1e-9);
        let evaluations = [guided, alone].map(|found| found.report.evaluations);
        assert!(4 * evaluations[0] < 3 * evaluations[1], "{evaluations:?}");
        // A guide to a limit is of no use where there is none.
        assert!(limited.follow(problem, &[], options).is_none());
        let problem = PriceProblem { duty: &quarter, ..*problem };
        let limits = limits(&problem);
        let alone = equilibrium_with_limits(&problem, &limits, &list, options).unwrap();
        let guided = limited.follow(&problem, &limits, options).unwrap();
        assert!(close(&guided.equilibrium.price, &alone.equilibrium.price));
        assert!((guided.shadow_price[0] / alone.shadow_price[0] - 1.0).abs() < 1e-9);
        assert!((guided.used[0] / limits[0].share - 1.0).abs() < 1e-11);
        // From the prices of a duty of 100% with its answer to those of 25%.
        if let Some(found) = free.follow(&problem, &[], options) {
            assert!(close(&found.equilibrium.price, &equilibrium(&problem, &list, options).unwrap().price));
        }
        // A limit that does not bind in the other world has no shadow price: no guide leads there.
        let slack = [Limit { share: 4.0 * limits[0].share, ..limits[0].clone() }];
        assert!(limited.follow(&problem, &slack, options).is_none());
    });
}
