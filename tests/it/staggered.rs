//! Staggered list prices week by week, against numbers of a second program, closed forms and limits.

use stickershock::model::demand::Execution;
use stickershock::model::plan::{Foresight, Planner, RegimePlan};
use stickershock::model::scenario::Scenario;
use stickershock::model::supply::expectation::ListLife;
use stickershock::model::supply::rule::PricingRule;
use stickershock::model::supply::staggered::Staggered;
use stickershock::model::trade::duty::{AdValoremRate, Duty};
use stickershock::model::trade::instrument::Measure;
use stickershock::model::trade::policy::normal_duties;
use stickershock::model::trade::regime::Reopening;
use stickershock::model::world::{World, WorldFacts};

use crate::prices::{Accounts, Reference, Row, row};
use crate::support::{edit, root};

/// Week in which the regime `imposed` charges the duty.
const IMPOSED: usize = 26;

/// The 1995 market with its buyers solved, whose rule and instruments a test may change.
struct Market {
    scenario: Scenario,
    world: World,
}

fn lists(weeks: f64, reopen_gain: Option<f64>) -> Staggered {
    Staggered {
        life: ListLife { weeks, discount_rate: 0.10 },
        sell_below_cost: false,
        reopen_gain,
        anticipate: None,
        growth: Vec::new(),
    }
}

impl Market {
    fn new(assignments: &[&str]) -> Self {
        let usual = ["pricing.chain=\"vertical\"", "run.seed=1995", "time.weeks=156"];
        let all: Vec<String> = usual.iter().chain(assignments).map(|text| (*text).to_owned()).collect();
        let path = root().join("tests/market_1995/showdown-1995-bertrand.toml");
        let mut scenario = stickershock::config::load(&path, &all).unwrap_or_else(|error| panic!("{error}")).scenario;
        // Costs stand still, and nothing but events moves lists.
        scenario.cost_factor.clear();
        scenario.revisions.model_year_weeks.clear();
        scenario.revisions.every_weeks = None;
        let world = World::build(&WorldFacts::of(&scenario), scenario.seed, None, Execution::PARALLEL).unwrap();
        Self { scenario, world }
    }

    /// The reference numbers' buyers.
    fn reference(assignments: &[&str]) -> Self {
        Self::new(&[&["buyers.count=8192"], assignments].concat())
    }

    /// Few buyers, for what holds whoever they are.
    fn small() -> Self {
        Self::new(&["buyers.count=512"])
    }

    /// Another rate and another belief of makers on how long the duty stays.
    fn sanctions(mut self, rate: f64, expected_weeks: f64, remains: f64) -> Self {
        for instrument in self.scenario.instruments.iter_mut().filter(|instrument| instrument.name == "sanctions") {
            (instrument.expected_weeks, instrument.remains) = (expected_weeks, remains);
            let Measure::Duty { duty: Duty::AdValorem { rate: charged, .. }, .. } = &mut instrument.measures[0].measure
            else {
                panic!()
            };
            *charged = AdValoremRate::new(rate).unwrap();
        }
        self
    }

    fn plan(&self, regime: &str, rule: &PricingRule) -> RegimePlan {
        self.plan_foreseen(regime, rule, None)
    }

    /// With buyers who weigh later prices.
    fn plan_foreseen(&self, regime: &str, rule: &PricingRule, foresight: Option<Foresight>) -> RegimePlan {
        let scenario = &self.scenario;
        let planner = Planner {
            market: &scenario.market,
            instruments: &scenario.instruments,
            world: &self.world,
            guides: None,
            cost_factor: &scenario.cost_factor,
            on_sale: &scenario.on_sale,
            rule,
            revisions: &scenario.revisions,
            weeks: scenario.weeks,
            execution: Execution::PARALLEL,
            foresight,
        };
        let regime = scenario.regimes.values().find(|known| known.name == regime).unwrap();
        planner.plan(regime).unwrap_or_else(|error| panic!("{error}"))
    }

    fn staggered(&self, regime: &str, lists: Staggered) -> RegimePlan {
        self.plan(regime, &PricingRule::Staggered(lists))
    }

    fn model(&self, name: &str) -> usize {
        self.scenario.market.models.iter().position(|model| model.name == name).unwrap()
    }

    fn flagged(&self) -> Vec<usize> {
        let models = &self.scenario.market.models;
        (0..models.len()).filter(|j| models[*j].flagged).collect()
    }

    /// `(1 + t) w + A` at which the maker just has its cost back.
    fn floor(&self, plan: &RegimePlan, week: usize, j: usize) -> f64 {
        // Of a price p the duty takes a part that is affine in p, so two prices give it.
        let phase = plan.phase(week);
        phase.sticker_price_usd[j] - (phase.producer_price_usd[j] - self.local(j) - self.cost(j)) * self.gross(j)
    }

    fn local(&self, j: usize) -> f64 {
        self.scenario.market.chain.local_usd(j)
    }

    fn cost(&self, j: usize) -> f64 {
        self.world.makers.costs.marginal_cost[j]
    }

    /// What a dollar at the border costs the buyer under the sanctions at 100%.
    fn gross(&self, j: usize) -> f64 {
        if self.scenario.market.models[j].flagged { 2.025 } else { f64::NAN }
    }

    /// The market with its buyers, for the numbers that other rules are held to as well.
    fn solved(&self) -> Reference {
        Reference { scenario: self.scenario.clone(), world: self.world.clone() }
    }
}

const JOINT: [&str; 5] = [
    "demand.alpha=0.175",
    "demand.eta=2.34",
    "demand.curvature=1.43",
    "demand.sigma_import=1.70",
    "demand.loyalty=1.14",
];

#[test]
fn posted_prices_are_those_of_a_second_program() {
    struct Posted {
        at: &'static str,
        demand: &'static [&'static str],
        first: Row,
        later: Row,
        accounts: Accounts,
        low: Row,
    }
    let week = |n: usize| IMPOSED + n - 1;
    for posted in [
        Posted {
            at: "shipped demand",
            demand: &[],
            first: row(
                Some([0.187_980, 0.319_163, 0.241_138]),
                0.0195,
                -29.7387,
                [42_509.57, 58_781.23, 34_654.38, 57_908.19, 41_943.86],
            ),
            later: row(
                Some([0.272_062, 0.430_794, 0.345_919]),
                0.3268,
                -40.6649,
                [44_339.14, 61_247.90, 37_689.62, 58_037.27, 42_083.38],
            ),
            accounts: [-1.3808, 0.4239, 2.2194, -0.0682, 1.1943, -2.1729, 0.3772, -3.6677],
            low: row(
                Some([0.288_862, 0.341_195, 0.311_861]),
                0.0689,
                -13.0869,
                [38_948.29, 54_239.88, 33_491.93, 57_915.75, 41_976.39],
            ),
        },
        Posted {
            at: "joint estimate",
            demand: &JOINT,
            first: row(
                Some([0.219_913, 0.363_408, 0.290_075]),
                0.0174,
                -37.2410,
                [43_292.16, 57_753.78, 36_025.25, 57_901.72, 41_942.91],
            ),
            later: row(
                Some([0.264_380, 0.421_223, 0.339_396]),
                0.2907,
                -42.4040,
                [44_101.84, 60_475.22, 37_679.62, 57_928.88, 42_067.58],
            ),
            accounts: [-1.3630, 0.4500, 2.1636, -0.0627, 1.1880, -2.1561, 0.3642, -3.7185],
            low: row(
                Some([0.277_130, 0.328_320, 0.301_508]),
                0.0478,
                -13.4854,
                [38_869.25, 54_008.83, 33_474.37, 57_874.44, 41_966.44],
            ),
        },
    ] {
        let Posted { at, demand, first, later, accounts, low } = posted;
        let market = Market::reference(demand).sanctions(1.0, 69.0, 0.0);
        let (reference, plan) = (market.solved(), market.staggered("imposed", lists(26.0, None)));
        let duty = reference.duty(1.0);
        let price = |n: usize| &plan.phase(week(n)).sticker_price_usd;
        reference.check(&format!("{at}, 100%, week 1"), price(1), Some(&duty), &first);
        reference.check(&format!("{at}, 100%, week 26"), price(26), Some(&duty), &later);
        reference.check_accounts(&format!("{at}, 100%, week 26"), price(26), &duty, accounts);
        let market = market.sanctions(0.25, 52.0, 0.0);
        let (reference, plan) = (market.solved(), market.staggered("imposed", lists(26.0, None)));
        let price = &plan.phase(week(26)).sticker_price_usd;
        reference.check(&format!("{at}, 25%, week 26"), price, Some(&reference.duty(0.25)), &low);
    }
}

/// Gains of reopening at the joint estimate, 100%, 69 weeks: Toyota .0152, Nissan .0131, Honda .0128, Mazda .0108, Mitsubishi .0106 of
/// a year's revenue; at 25% and 52 weeks at most .0065.
#[test]
fn a_maker_reopens_its_lists_where_waiting_costs_more() {
    let market = Market::reference(&JOINT).sanctions(1.0, 69.0, 0.0);
    let equilibrium = market.plan("imposed", &PricingRule::Bertrand).phase(IMPOSED).sticker_price_usd.clone();
    let plan = market.staggered("imposed", lists(26.0, Some(0.0075)));
    for week in [IMPOSED, IMPOSED + 30, 155] {
        for j in market.flagged() {
            let posted = plan.phase(week).sticker_price_usd[j];
            assert!((posted / equilibrium[j] - 1.0).abs() < 1e-11, "week {week}: {posted} for {}", equilibrium[j]);
        }
    }
    let rival = market.model("Seville");
    let rivals = |week: usize| plan.phase(week).sticker_price_usd[rival];
    assert!(
        rivals(IMPOSED) < rivals(IMPOSED + 30) && rivals(155) < equilibrium[rival],
        "rivals follow with their lists"
    );
    let makers = &market.scenario.market.models;
    let waits = market.staggered("imposed", lists(26.0, None));
    let waiting = &waits.phase(IMPOSED).sticker_price_usd;
    let jump = |gain: f64| -> Vec<String> {
        let plan = market.staggered("imposed", lists(26.0, Some(gain)));
        let jumped =
            market.flagged().into_iter().filter(|j| plan.phase(IMPOSED).sticker_price_usd[*j] > 1.02 * waiting[*j]);
        let mut of: Vec<String> =
            jumped.map(|j| market.scenario.market.manufacturers[makers[j].manufacturer].clone()).collect();
        of.sort_unstable();
        of.dedup();
        of
    };
    // The second program's gains, which are of prices a week earlier: to one percent.
    for (maker, gain) in [
        ("Toyota", 0.015_210),
        ("Nissan", 0.013_060),
        ("Honda", 0.012_767),
        ("Mazda", 0.010_773),
        ("Mitsubishi", 0.010_621),
    ] {
        let is = |gain: f64| jump(gain).iter().any(|name| name.starts_with(maker));
        assert!(is(0.99 * gain) && !is(1.01 * gain), "{maker}: {:?}", jump(gain));
    }
    let market = market.sanctions(0.25, 52.0, 0.0);
    let (waits, would) = (lists(26.0, None), lists(26.0, Some(0.0066)));
    assert_eq!(market.staggered("imposed", waits), market.staggered("imposed", would));
}

/// A regime with a rule of its own for reopening has the prices that this rule gives where it is that of all regimes.
#[test]
fn a_regime_may_say_for_itself_whether_lists_are_reopened() {
    let mut market = Market::small().sanctions(1.0, 69.0, 0.0);
    let under = |market: &mut Market, rule: Option<f64>, reopening: Reopening| {
        edit(&mut market.scenario.regimes, |regimes| {
            regimes.iter_mut().for_each(|regime| regime.reopening = reopening);
        });
        market.staggered("imposed", lists(26.0, rule))
    };
    let reopened = under(&mut market, Some(0.0075), Reopening::AsTheRule);
    let waiting = under(&mut market, None, Reopening::AsTheRule);
    assert_ne!(reopened, waiting);
    assert_eq!(under(&mut market, Some(0.0075), Reopening::Never), waiting);
    assert_eq!(under(&mut market, None, Reopening::AtGain(0.0075)), reopened);
}

#[test]
fn without_a_duty_lists_stay_to_the_bit() {
    let settings: [&[&str]; 3] = [&[], &["demand.curvature=2.0"], &["demand.curvature=0.4", "pricing.cost_volume=0.2"]];
    for settings in settings {
        let market = Market::new(&[&["buyers.count=512"], settings].concat()).sanctions(1.0, 13.0, 0.5);
        let list = market.scenario.market.base_prices();
        let patient = Staggered { life: ListLife { weeks: 52.0, discount_rate: 0.0 }, ..lists(52.0, Some(0.0075)) };
        for rule in [lists(0.0, None), lists(26.0, None), lists(5.0, Some(0.0)), patient] {
            for regime in ["status_quo", "announced_settled"] {
                let plan = market.staggered(regime, rule.clone());
                assert!((0..156).all(|week| plan.phase(week).sticker_price_usd == list), "{regime}, {settings:?}");
            }
        }
    }
}

/// A duty on the cars of one country lets no list of another country step: makers whom it does not touch follow to their own answer at the
/// pace of their lists.
#[test]
fn the_duty_of_another_country_lets_no_list_step() {
    let mut market = Market::small().sanctions(1.0, f64::INFINITY, 0.0);
    let europe =
        market.scenario.market.regions.ids().find(|region| market.scenario.market.regions[*region] == "europe");
    // The sanctions fall on European cars in place of Japan's.
    let selected: Vec<bool> = market.scenario.market.models.iter().map(|model| Some(model.region) == europe).collect();
    for instrument in market.scenario.instruments.iter_mut().filter(|instrument| instrument.name == "sanctions") {
        instrument.selected.clone_from(&selected);
    }
    let list = market.scenario.market.base_prices();
    let plan = market.staggered("imposed", lists(26.0, None));
    let equilibrium = market.plan("imposed", &PricingRule::Bertrand).phase(60).sticker_price_usd.clone();
    for (j, list) in list.iter().enumerate().filter(|(j, _)| !selected[*j]) {
        for n in [1_usize, 20, 100] {
            let price = plan.phase(IMPOSED + n - 1).sticker_price_usd[j];
            let expected = equilibrium[j] + (-(n as f64) / 26.0).exp() * (list - equilibrium[j]);
            assert!((price / expected - 1.0).abs() < 1e-10, "model {j}, week {n}: {price} for {expected}");
        }
    }
    assert!((0..IMPOSED).all(|week| plan.phase(week).sticker_price_usd == list), "before it nothing moves");
}

#[test]
fn lists_that_do_not_last_and_duties_that_do_are_the_equilibrium() {
    let market = Market::small().sanctions(1.0, 13.0, 0.0);
    let equilibrium = market.plan("imposed", &PricingRule::Bertrand);
    let no_future = Staggered { life: ListLife { weeks: 26.0, discount_rate: 1e12 }, ..lists(26.0, Some(0.0)) };
    for (what, rule) in [("no life", lists(0.0, None)), ("no future", no_future)] {
        let plan = market.staggered("imposed", rule);
        for j in market.flagged() {
            let (a, b) = (plan.phase(60).sticker_price_usd[j], equilibrium.phase(60).sticker_price_usd[j]);
            assert!((a / b - 1.0).abs() < 1e-12, "{what}: {a} for {b}");
        }
    }
    // For good and without a floor: each week covers 1 - exp(-1/L) of the way to the equilibrium.
    let market = market.sanctions(1.0, f64::INFINITY, 0.0);
    let plan = market.staggered("imposed", Staggered { sell_below_cost: true, ..lists(26.0, None) });
    let list = market.scenario.market.base_prices();
    for n in 1..=156 - IMPOSED {
        let phase = plan.phase(IMPOSED + n - 1);
        for (j, list) in list.iter().enumerate() {
            let target = equilibrium.phase(60).sticker_price_usd[j];
            let expected = target + (-(n as f64) / 26.0).exp() * (list - target);
            assert!((phase.sticker_price_usd[j] / expected - 1.0).abs() < 1e-10, "model {j}, week {n}");
        }
    }
}

/// Where makers reopen their lists for any gain, the taxed are at the equilibrium from the first week on, and their rivals follow at the pace
/// of their own lists.
#[test]
fn lists_reopened_for_any_gain_are_the_equilibrium_and_rivals_follow() {
    let market = Market::small().sanctions(1.0, f64::INFINITY, 0.0);
    let equilibrium = market.plan("imposed", &PricingRule::Bertrand).phase(60).sticker_price_usd.clone();
    let plan = market.staggered("imposed", Staggered { sell_below_cost: true, ..lists(26.0, Some(0.0)) });
    let list = market.scenario.market.base_prices();
    let taxed = market.flagged();
    for n in 1..=156 - IMPOSED {
        let prices = &plan.phase(IMPOSED + n - 1).sticker_price_usd;
        for (j, list) in list.iter().enumerate() {
            let left = if taxed.contains(&j) { 0.0 } else { (-(n as f64) / 26.0).exp() };
            let expected = equilibrium[j] + left * (list - equilibrium[j]);
            assert!((prices[j] / expected - 1.0).abs() < 1e-11, "model {j}, week {n}: {} for {expected}", prices[j]);
        }
    }
}

/// With cost that falls with volume, too, no week's car is sold below what it costs at that week's volumes.
#[test]
fn nobody_sells_at_a_loss_where_cost_rises_with_volume() {
    let market = Market::new(&["buyers.count=512", "pricing.cost_volume=0.2"]).sanctions(1.0, 26.0, 0.0);
    let plan = market.staggered("imposed", lists(26.0, None));
    for week in IMPOSED..156 {
        let phase = plan.phase(week);
        let beyond = &phase.volume.as_ref().unwrap().per_car_usd;
        for j in market.flagged() {
            let margin = phase.producer_price_usd[j] - market.local(j) - market.cost(j) - beyond[j];
            assert!(margin >= -1e-10 * phase.sticker_price_usd[j], "model {j}, week {week}: {margin}");
        }
    }
}

#[test]
fn nobody_sells_at_a_loss_and_prices_rise_with_time_and_with_the_stay_expected() {
    let market = Market::small();
    let mut last = market.scenario.market.base_prices();
    for stay in [5.0, 26.0, 69.0, f64::INFINITY] {
        let market =
            Market { scenario: market.scenario.clone(), world: market.world.clone() }.sanctions(1.0, stay, 0.0);
        let plan = market.staggered("imposed", lists(26.0, None));
        let equilibrium = market.plan("imposed", &PricingRule::Bertrand).phase(60).sticker_price_usd.clone();
        let end = plan.phase(155).sticker_price_usd.clone();
        for j in market.flagged() {
            for week in IMPOSED..156 {
                let (before, now) = (plan.phase(week - 1).sticker_price_usd[j], plan.phase(week).sticker_price_usd[j]);
                assert!(now >= before * (1.0 - 1e-12), "model {j} falls in week {week}");
                assert!(now >= market.floor(&plan, week, j) * (1.0 - 1e-10), "model {j} at a loss in week {week}");
            }
            assert!(end[j] >= last[j] * (1.0 - 1e-12) && end[j] <= equilibrium[j] * (1.0 + 1e-12), "model {j}, {stay}");
        }
        last = end;
    }
    // What remains of the duty after its end is part of what makers count with.
    let price = |remains: f64| {
        let market =
            Market { scenario: market.scenario.clone(), world: market.world.clone() }.sanctions(1.0, 26.0, remains);
        market.staggered("imposed", lists(26.0, None)).phase(155).sticker_price_usd[market.model("LS 400")]
    };
    assert!(price(0.0) < price(0.5) && price(0.5) < price(1.0));
}

/// When the duty ends the floor is gone in the same week, and what is left of the rise shrinks by exp(-1/L).
#[test]
fn after_the_end_prices_come_down_with_their_lists() {
    let market = Market::small().sanctions(1.0, 69.0, 0.0);
    let list = market.scenario.market.base_prices();
    let plan = market.staggered("imposed_reversed", lists(26.0, None));
    let charged = |week: usize| plan.phase(week).duty_usd[market.model("LS 400")] > 5_000.0;
    let end = (IMPOSED..156).find(|week| !charged(*week)).unwrap();
    let kept = (-1.0_f64 / 26.0).exp();
    for (j, list) in list.iter().enumerate() {
        let gap = |week: usize| plan.phase(week).sticker_price_usd[j] - list;
        for week in end + 1..156 {
            assert!((gap(week) - kept * gap(week - 1)).abs() < 1e-12 * list, "model {j}, week {week}");
        }
    }
    let flexible = market.staggered("imposed_reversed", lists(26.0, Some(0.0)));
    for j in market.flagged() {
        assert_eq!(flexible.phase(end).sticker_price_usd[j], list[j], "reopened when it began, reopened when it ends");
    }
}

/// Buyers expect the price in the middle of the weeks that they look ahead, on its way from this week's list to the target.
#[test]
fn buyers_expect_lists_to_follow() {
    let market = Market::small().sanctions(1.0, f64::INFINITY, 0.0);
    let rule = PricingRule::Staggered(Staggered { sell_below_cost: true, ..lists(26.0, None) });
    let foresight = Foresight { look_ahead_weeks: 26, pass_through: None };
    let plan = market.plan_foreseen("imposed", &rule, Some(foresight));
    let target = market.plan("imposed", &PricingRule::Bertrand).phase(60).sticker_price_usd.clone();
    let list = market.scenario.market.base_prices();
    let (week, half) = ((-1.0_f64 / 26.0).exp(), (-0.5_f64).exp());
    let announced = (0..IMPOSED).find(|week| plan.outlook(*week).is_some()).unwrap();
    for at in [announced, IMPOSED, IMPOSED + 20] {
        let outlook = plan.outlook(at).unwrap();
        for j in market.flagged() {
            // Announced: a week under the duty as it would be; imposed: the list that is posted.
            let now = if at < IMPOSED {
                target[j] + week * (list[j] - target[j])
            } else {
                plan.phase(at).sticker_price_usd[j]
            };
            let expected = target[j] + half * (now - target[j]);
            assert!((outlook.with_usd[j] / expected - 1.0).abs() < 1e-10, "week {at}, model {j}");
            assert_eq!(outlook.without_usd[j], list[j]);
        }
    }
    // When the duty comes dealers judge demand by the first week's lists: it falls, and by less than at the target.
    assert!(plan.outlook(announced).unwrap().demand_ratio.is_empty());
    let first = &plan.outlook(IMPOSED).unwrap().demand_ratio;
    assert!(market.flagged().into_iter().all(|j| first[j] < 1.0 && first[j] > 0.7), "{first:?}");
}

/// Buyers may expect a part of the duty on top of the lists without it, whatever makers do: by the arithmetic of newspapers the price at the
/// border counts twice. The prices that are charged, and what dealers make of them, stay as they are.
#[test]
fn buyers_may_expect_what_makers_do_not_do() {
    let market = Market::small().sanctions(1.0, f64::INFINITY, 0.0);
    let list = market.scenario.market.base_prices();
    for rule in
        [PricingRule::Staggered(lists(26.0, None)), PricingRule::Bertrand, PricingRule::PassThrough { theta: 0.5 }]
    {
        let foreseen = |pass_through| {
            market.plan_foreseen("imposed", &rule, Some(Foresight { look_ahead_weeks: 26, pass_through }))
        };
        let (usual, newspapers, half, nothing) =
            (foreseen(None), foreseen(Some(1.0)), foreseen(Some(0.5)), foreseen(Some(0.0)));
        assert_eq!(usual.phases(), newspapers.phases());
        let announced = (0..IMPOSED).find(|week| usual.outlook(*week).is_some()).unwrap();
        for at in [announced, IMPOSED, IMPOSED + 20] {
            let [usual, newspapers, half, nothing] =
                [&usual, &newspapers, &half, &nothing].map(|plan| plan.outlook(at).unwrap());
            for (j, list) in list.iter().copied().enumerate() {
                let charged = market.flagged().contains(&j);
                // Of a list price at a base duty of 2.5% the importer keeps what the duty of 100% is on.
                let duty = usual_border_price(&market, j) * f64::from(u8::from(charged));
                assert!((newspapers.with_usd[j] - list - duty).abs() < 1e-9 * list, "week {at}, model {j}");
                let middle = 0.5 * (newspapers.with_usd[j] + list);
                assert!((half.with_usd[j] - middle).abs() < 1e-9 * list);
                assert_eq!((nothing.with_usd[j], nothing.without_usd[j]), (list, list));
            }
            assert_eq!(usual.demand_ratio, newspapers.demand_ratio);
        }
    }
}

/// What a model's importer keeps of its list price in the base year, on which the duty of the scenario is.
fn usual_border_price(market: &Market, model: usize) -> f64 {
    let scenario = &market.scenario;
    let duty = normal_duties(&scenario.market, &market.world.makers.costs.marginal_cost)[model];
    duty.producer_price_usd(scenario.market.base_prices()[model])
}

/// Makers who give an announced duty a chance raise lists that are reopened before the decision, the more the surer they are.
#[test]
fn what_is_announced_may_be_anticipated() {
    let market = Market::small().sanctions(1.0, f64::INFINITY, 0.0);
    let list = market.scenario.market.base_prices();
    let before = |chance: f64| {
        let rule = Staggered { anticipate: Some(chance), ..lists(26.0, None) };
        market.staggered("imposed", rule).phase(IMPOSED - 1).sticker_price_usd.clone()
    };
    assert_eq!(before(0.0), list);
    let (half, sure) = (before(0.5), before(1.0));
    for j in market.flagged() {
        assert!(list[j] < half[j] && half[j] < sure[j], "model {j}");
    }
}

/// A quota binds at the target; its rent arrives in the price as lists are reopened.
#[test]
fn the_rent_of_a_quota_arrives_with_the_lists() {
    let market = Market::small();
    let plan = market.staggered("voluntary_restraint", lists(26.0, None));
    let at_once = market.plan("voluntary_restraint", &PricingRule::Bertrand);
    let begins = (0..156).find(|week| !at_once.phase(*week).quota_rent_usd.iter().all(|rent| *rent == 0.0)).unwrap();
    let list = market.scenario.market.base_prices();
    for n in [1_usize, 10, 60] {
        let (now, whole) = (plan.phase(begins + n - 1), at_once.phase(begins));
        let part = 1.0 - (-(n as f64) / 26.0).exp();
        for j in market.flagged() {
            assert!((now.quota_rent_usd[j] / (part * whole.quota_rent_usd[j]) - 1.0).abs() < 1e-9, "rent, week {n}");
            let rise = (now.sticker_price_usd[j] - list[j]) / (whole.sticker_price_usd[j] - list[j]);
            assert!((rise / part - 1.0).abs() < 1e-9, "price, week {n}: {rise} for {part}");
        }
    }
}

#[test]
fn keys_of_staggered_lists_are_checked() {
    let load = |assignments: &[&str]| {
        let all: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        stickershock::config::load(&root().join("tests/market_1995/showdown-1995.toml"), &all)
            .map(|loaded| loaded.scenario)
    };
    let rule = |assignments: &[&str]| match load(&[&["pricing.rule=staggered"], assignments].concat()).unwrap().rule {
        PricingRule::Staggered(rule) => rule,
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(&[]), lists(26.0, Some(0.0075)));
    assert_eq!(rule(&["pricing.reopen_gain=false", "pricing.list_life_weeks=52"]), lists(52.0, None));
    assert_eq!(rule(&["pricing.anticipate=0.2"]).anticipate, Some(0.2));
    assert!(rule(&["pricing.sell_below_cost=true"]).sell_below_cost);
    let growing = rule(&["exchange_rate.expected_growth.jpy_per_usd=0.001"]).growth;
    assert!(growing.contains(&0.001) && growing.contains(&0.0));
    let instruments = load(&[]).unwrap().instruments;
    assert_eq!((instruments[0].expected_weeks, instruments[1].expected_weeks), (69.0, f64::INFINITY));
    for (assignments, expected) in [
        (&["pricing.list_life_weeks=26"][..], "is of no use under this rule"),
        (&["pricing.rule=staggered", "pricing.reopen_gain=true"], "pricing.reopen_gain: is `true`"),
        (&["pricing.rule=staggered", "pricing.reopen_gain=-1"], "is -1, expected a part of a year's revenue"),
        (&["pricing.rule=staggered", "pricing.anticipate=1.5"], "a chance between 0 and 1"),
        (&["pricing.rule=staggered", "pricing.list_life_weeks=-3"], "is -3"),
        (&["pricing.rule=sticky"], "staggered"),
        (&["regime.imposed.reopen_gain=false"], "reopen_gain: is of no use under this rule"),
        (&["pricing.rule=staggered", "regime.imposed.reopen_gain=true"], "reopen_gain: is `true`"),
        (&["instrument.sanctions.expected_weeks=0"], "instrument.sanctions.expected_weeks: is 0"),
        (&["instrument.sanctions.remains=1.5"], "a fraction between 0 and 1"),
        (&["instrument.restraint.expected_weeks=10"], "is of no use for this kind"),
        (&["exchange_rate.expected_growth.yen=0.001"], "`yen` is no currency"),
    ] {
        let error = load(assignments).expect_err("should be refused").to_string();
        assert!(error.contains(expected), "expected {expected}\n{error}");
    }
}
