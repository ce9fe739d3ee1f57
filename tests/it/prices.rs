//! Prices, sales and accounts of the 1995 market under the vertical chain, against numbers of two independent programs on the same
//! buyers: 8,192, seed 1995, estimated demand.

use stickershock::config;
use stickershock::model::accounts::{Account, YearChange, year, year_change};
use stickershock::model::demand::{Execution, ExpectedDemand, Exponentials, own_response};
use stickershock::model::ids::RegionId;
use stickershock::model::plan::Phase;
use stickershock::model::scenario::Scenario;
use stickershock::model::supply::expectation::ListLife;
use stickershock::model::supply::{
    DutyTerms, Limit, Linearised, PriceProblem, PricingOptions, equilibrium, equilibrium_with_limits,
};
use stickershock::model::trade::chain::{DutyResponse, PassThrough};
use stickershock::model::trade::duty::{AdValoremRate, Duty, ImportDuty};
use stickershock::model::trade::instrument::{Instrument, Measure};
use stickershock::model::trade::policy::{Policy, normal_duties};
use stickershock::model::trade::regime::Force;
use stickershock::model::world::{World, WorldFacts};
use stickershock::study::Study;

use crate::support::{gaps, outcomes, regime, root};

pub(crate) const NAMED: [&str; 5] = ["Legend", "LS 400", "ES 300", "7 Series (740i)", "Seville"];

/// The base year of a structure of prices, solved.
pub(crate) struct Reference {
    pub scenario: Scenario,
    pub world: World,
}

/// One row of reference numbers: pass-throughs (old base, owed, border elasticity), mean price change of the other models in percent, change
/// of sales of the listed models in percent, five prices.
pub(crate) struct Row {
    pass_through: Option<[f64; 3]>,
    others: f64,
    sales: f64,
    prices: [f64; 5],
}

/// Buyers, US makers, Treasury, dealers, United States, Japan, Europe, deficit: billion USD a year.
pub(crate) type Accounts = [f64; 8];

impl Reference {
    pub fn new(assignments: &[&str]) -> Self {
        let usual = ["pricing.chain=\"vertical\"", "run.seed=1995", "buyers.count=8192"];
        let all: Vec<String> = usual.iter().chain(assignments).map(|text| (*text).to_owned()).collect();
        let path = root().join("tests/market_1995/showdown-1995-bertrand.toml");
        let scenario = config::load(&path, &all).unwrap_or_else(|error| panic!("{error}")).scenario;
        let world = World::build(&WorldFacts::of(&scenario), scenario.seed, None, Execution::PARALLEL).unwrap();
        Self { scenario, world }
    }

    fn demand(&self) -> ExpectedDemand<'_> {
        self.world.makers.demand(&self.world.products, &self.world.inversion.delta, Execution::PARALLEL).unwrap()
    }

    pub fn flagged(&self) -> Vec<usize> {
        let models = &self.scenario.market.models;
        (0..models.len()).filter(|j| models[*j].flagged).collect()
    }

    /// Mean over models, weighted by base-year volumes.
    fn mean(&self, of: impl Fn(usize) -> f64, on: impl Fn(usize) -> bool) -> f64 {
        let models = &self.scenario.market.models;
        let on: Vec<usize> = (0..models.len()).filter(|j| on(*j)).collect();
        let weight: f64 = on.iter().map(|j| models[*j].base_volume).sum();
        on.iter().map(|j| models[*j].base_volume * of(*j)).sum::<f64>() / weight
    }

    fn base_duty(&self) -> Vec<ImportDuty> {
        normal_duties(&self.scenario.market, &self.world.makers.costs.marginal_cost)
    }

    /// Duties with a rate on the listed models, through the scenario's own instrument.
    pub fn duty(&self, rate: f64) -> Vec<ImportDuty> {
        let sanctions = self.scenario.instruments.iter().find(|instrument| instrument.name == "sanctions").unwrap();
        let mut measure = sanctions.measures[0].measure;
        let Measure::Duty { duty: Duty::AdValorem { rate: charged, .. }, .. } = &mut measure else { panic!() };
        *charged = AdValoremRate::new(rate).unwrap();
        let instruments = [Instrument::constant("sanctions", "", measure, sanctions.selected.clone())];
        let policy = Policy {
            outside: &[],
            market: &self.scenario.market,
            instruments: &instruments,
            marginal_cost_usd: &self.world.makers.costs.marginal_cost,
            base_share: &[],
        };
        policy.duties(0, &[Force::Charged], Force::Charged, |_| true)
    }

    pub fn with_problem<T>(&self, terms: &[DutyTerms], then: impl FnOnce(&PriceProblem<'_>) -> T) -> T {
        let makers = &self.world.makers;
        let demand = self.demand();
        then(&PriceProblem {
            demand: &demand,
            ownership: &makers.ownership,
            cost: &makers.costs.marginal_cost,
            duty: terms,
            rising: makers.rising.as_ref(),
        })
    }

    /// Equilibrium prices where costs have moved by a factor each.
    fn solve(&self, terms: &[DutyTerms], factor: &[f64]) -> Vec<f64> {
        let makers = &self.world.makers;
        let demand = self.demand();
        let cost: Vec<f64> =
            makers.costs.marginal_cost.iter().zip(factor).map(|(cost, factor)| cost * factor).collect();
        let rising = makers.rising.as_ref().map(|rising| rising.moved(factor));
        let problem = PriceProblem {
            demand: &demand,
            ownership: &makers.ownership,
            cost: &cost,
            duty: terms,
            rising: rising.as_ref(),
        };
        let list = self.scenario.market.base_prices();
        equilibrium(&problem, &list, PricingOptions::default()).unwrap().price
    }

    /// Prices where makers count with the duties `weight` of the time, and with the normal ones otherwise.
    fn prices(&self, duty: &[ImportDuty], weight: f64) -> Vec<f64> {
        let base = self.base_duty();
        let expected = |(now, after): (&ImportDuty, &ImportDuty)| now.terms().expected(&[(weight, after.terms())]);
        let terms: Vec<DutyTerms> = duty.iter().zip(&base).map(expected).collect();
        self.solve(&terms, &vec![1.0; terms.len()])
    }

    fn pass_through(&self, price: &[f64], duty: &[ImportDuty]) -> PassThrough {
        let (list, base) = (self.scenario.market.base_prices(), self.base_duty());
        let owed = |duty: &[ImportDuty], price: &[f64]| -> Vec<f64> {
            duty.iter().zip(price).map(|(duty, price)| duty.duty_usd(*price)).collect()
        };
        let (before, after) = (owed(&base, &list), owed(duty, price));
        let border = self.scenario.market.border_prices(&before);
        let response = |j: usize| DutyResponse {
            border_usd: border[j],
            price_usd: [list[j], price[j]],
            owed_usd: [before[j], after[j]],
            duty_at_old_base_usd: duty[j].duty_at_usd(base[j].producer_price_usd(list[j])),
        };
        let weighted = |j: usize| (self.scenario.market.models[j].base_volume, response(j));
        PassThrough::of(&self.flagged().into_iter().map(weighted).collect::<Vec<_>>())
    }

    pub fn check(&self, what: &str, price: &[f64], duty: Option<&[ImportDuty]>, row: &Row) {
        let models = &self.scenario.market.models;
        let near = |name: &str, found: f64, expected: f64, tolerance: f64| {
            assert!((found - expected).abs() < tolerance, "{what}, {name}: {found} for {expected}");
        };
        for (name, expected) in NAMED.iter().zip(row.prices) {
            let j = models.iter().position(|model| model.name == *name).unwrap();
            near(name, price[j], expected, 0.02);
        }
        let change = |j: usize| 100.0 * (price[j] / models[j].list_price_usd - 1.0);
        near("others", self.mean(change, |j| !models[j].flagged), row.others, 1e-4);
        let share = self.demand().shares(price).product;
        let sold: f64 = self.flagged().iter().map(|j| share[*j] * self.scenario.market.market_size).sum();
        let base: f64 = self.flagged().iter().map(|j| models[*j].base_volume).sum();
        near("sales", 100.0 * (sold / base - 1.0), row.sales, 1e-4);
        if let Some([old_base, owed, border]) = row.pass_through {
            let found = self.pass_through(price, duty.unwrap());
            near("per dollar at the old base", found.per_dollar_old_base, old_base, 2e-6);
            near("per dollar owed", found.per_dollar_owed, owed, 2e-6);
            near("border elasticity", found.border_elasticity, border, 2e-6);
        }
    }

    fn year(&self, price: &[f64], duty: &[ImportDuty]) -> YearChange {
        let Scenario { market, accounts, .. } = &self.scenario;
        let demand = self.demand();
        let situation = year::Situation {
            market,
            owners: &accounts.owners,
            parameters: &accounts.parameters,
            demand: &demand,
            cost_usd: &self.world.makers.costs.marginal_cost,
            rising: self.world.makers.rising.as_ref(),
        };
        let before = Phase::charged(&market.base_prices(), &self.base_duty());
        year_change(&situation, &before, &Phase::charged(price, duty)).unwrap()
    }

    pub fn check_accounts(&self, what: &str, price: &[f64], duty: &[ImportDuty], expected: Accounts) {
        let market = &self.scenario.market;
        let change = self.year(price, duty);
        let region = |name: &str| -> RegionId { market.regions.ids().find(|id| market.regions[*id] == name).unwrap() };
        let found = [
            change.consumers,
            change.makers[region("big_three")],
            change.treasury,
            change.dealers(),
            change.home(market),
            change.makers[region("japan")],
            change.makers[region("europe")],
            self.deficit(price, duty),
        ];
        for (k, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!((found / 1e9 - expected).abs() < 1e-4, "{what}, account {k}: {} for {expected}", found / 1e9);
        }
        let spent: f64 = change.after.iter().map(|account| account.outlay).sum();
        // Of a price the maker has w at the border, the Treasury t w, and the rest is local: p = (1 + t) w + A.
        let border = |duty: &[ImportDuty], price: &[f64], j: usize| duty[j].producer_price_usd(price[j]);
        for j in 0..price.len() {
            let w = border(duty, price, j);
            let charged = duty[j].on_producer_price;
            assert!(
                ((1.0 + charged) * w + market.chain.local_usd(j) - price[j]).abs() < 1e-13 * price[j],
                "{what}, model {j}"
            );
        }
        // The Treasury has t w q, and nothing of local costs.
        let demand = self.demand();
        let (base, list) = (self.base_duty(), market.base_prices());
        let collected = |duty: &[ImportDuty], price: &[f64]| -> f64 {
            let share = demand.shares(price).product;
            let each = |j: usize| duty[j].on_producer_price * border(duty, price, j) * share[j] * market.market_size;
            (0..price.len()).map(each).sum()
        };
        let treasury = collected(duty, price) - collected(&base, &list);
        assert!((change.treasury - treasury).abs() < 1e-13 * spent, "{what}: {} for {treasury}", change.treasury);
        // Where each dollar goes: to a ten-billionth of a thousandth of what is spent.
        let models = change.models();
        assert!(gaps(&models).iter().all(|gap| gap.abs() < 1e-13 * spent), "{what}: {:?}", gaps(&models));
        assert!((change.world - (change.home(market) + self.abroad(&change))).abs() < 1e-12 * spent, "{what}");
    }

    fn abroad(&self, change: &YearChange) -> f64 {
        let domestic = &self.scenario.market.domestic;
        change.makers.iter().filter(|(region, _)| !domestic[*region]).map(|(_, profit)| profit).sum()
    }

    /// Change of the customs value of cars from Japan.
    fn deficit(&self, price: &[f64], duty: &[ImportDuty]) -> f64 {
        let market = &self.scenario.market;
        let value = |price: &[f64], duty: &[ImportDuty]| -> f64 {
            let share = self.demand().shares(price).product;
            let from_japan = |j: &usize| market.models[*j].assembly_country == "Japan";
            let each = |j: usize| duty[j].producer_price_usd(price[j]) * share[j] * market.market_size;
            (0..market.len()).filter(from_japan).map(each).sum()
        };
        value(price, duty) - value(&market.base_prices(), &self.base_duty())
    }

    fn quota(&self, fraction: f64) -> (f64, Vec<f64>) {
        let list = self.scenario.market.base_prices();
        let terms: Vec<DutyTerms> = self.base_duty().iter().map(|duty| duty.terms()).collect();
        self.with_problem(&terms, |problem| {
            let products = self.flagged();
            let base = problem.demand.shares(&list).product;
            let share = fraction * products.iter().map(|j| base[*j]).sum::<f64>();
            let limits = [Limit { name: "restraint".into(), products, share }];
            let found = equilibrium_with_limits(problem, &limits, &list, PricingOptions::default()).unwrap();
            (found.shadow_price[0], found.equilibrium.price)
        })
    }

    /// Costs of cars assembled in Japan times a factor.
    fn with_cost_factor(&self, factor: f64) -> Vec<f64> {
        let models = self.scenario.market.models.iter();
        let moved: Vec<f64> =
            models.map(|model| if model.assembly_country == "Japan" { factor } else { 1.0 }).collect();
        let terms: Vec<DutyTerms> = self.base_duty().iter().map(|duty| duty.terms()).collect();
        self.solve(&terms, &moved)
    }

    /// Mean rise of the listed models' prices for each percent of home cost, at costs a fifth higher.
    fn home_cost_elasticity(&self, price: &[f64]) -> f64 {
        let market = &self.scenario.market;
        self.mean(|j| price[j] / market.models[j].list_price_usd - 1.0, |j| market.models[j].flagged) / 0.2
    }

    fn weight(expected_weeks: f64) -> f64 {
        ListLife { weeks: 26.0, discount_rate: 0.10 }.weight(expected_weeks)
    }

    fn check_base(&self, margin: f64, elasticity: f64, costs: &[(&str, f64)]) {
        let market = &self.scenario.market;
        let list = market.base_prices();
        let duty = self.base_duty();
        let cost = &self.world.makers.costs.marginal_cost;
        let flagged = |j: usize| market.models[j].flagged;
        let found = self.mean(|j| duty[j].producer_price_usd(list[j]) - cost[j], flagged);
        assert!((found - margin).abs() < 0.02, "margin {found}");
        let response = own_response(&self.demand(), &list).unwrap();
        let found = self.mean(|j| response.elasticity[j], flagged);
        assert!((found - elasticity).abs() < 1e-5, "elasticity {found}");
        for (name, expected) in costs {
            let j = market.models.iter().position(|model| model.name == *name).unwrap();
            assert!((cost[j] - expected).abs() < 0.02, "{name}: cost {}", cost[j]);
        }
    }
}

pub(crate) fn row(pass_through: Option<[f64; 3]>, others: f64, sales: f64, prices: [f64; 5]) -> Row {
    Row { pass_through, others, sales, prices }
}

#[test]
fn prices_under_the_vertical_chain_are_those_of_two_other_programs() {
    let reference = Reference::new(&[]);
    let market = &reference.scenario.market;
    reference.check_base(
        10_222.515_8,
        -3.688_596,
        &[
            ("Legend", 15_830.649_7),
            ("LS 400", 21_818.087_6),
            ("ES 300", 12_651.868_7),
            ("7 Series (740i)", 25_607.886_0),
            ("Seville", 20_360.703_6),
        ],
    );
    for (name, local, margin) in [
        ("Legend", 10_452.50, 10_069.350_3),
        ("LS 400", 14_599.60, 14_357.912_4),
        ("ES 300", 9_034.35, 9_734.131_3),
        ("7 Series (740i)", 16_356.75, 14_922.114_0),
        ("Seville", 4_193.50, 17_380.796_4),
    ] {
        let j = market.models.iter().position(|model| model.name == name).unwrap();
        let model = &market.models[j];
        assert!((market.chain.local_usd(j) - local).abs() < 0.02, "{name}: {}", market.chain.local_usd(j));
        let kept = reference.base_duty()[j].producer_price_usd(model.list_price_usd);
        assert!((kept - reference.world.makers.costs.marginal_cost[j] - margin).abs() < 0.02, "{name}");
    }
    for (what, rate, weight, expected, accounts) in [
        (
            "100%",
            1.0,
            1.0,
            row(
                Some([0.730_914, 0.846_165, 0.791_125]),
                0.8635,
                -73.8864,
                [56_696.03, 77_292.10, 47_341.06, 58_340.76, 42_293.57],
            ),
            [-2.6707, 0.8773, 1.2846, -0.1162, -0.6250, -1.8692, 0.7555, -4.5076],
        ),
        (
            "100%, expected for 69 weeks",
            1.0,
            Reference::weight(69.0),
            row(
                Some([0.430_396, 0.604_759, 0.515_122]),
                0.5170,
                -55.7703,
                [48_610.35, 66_816.19, 41_012.48, 58_117.16, 42_169.73],
            ),
            [-1.9306, 0.6198, 1.8402, -0.0903, 0.4392, -1.9897, 0.5362, -4.0020],
        ),
        (
            "25%",
            0.25,
            1.0,
            row(
                Some([0.721_675, 0.767_765, 0.742_808]),
                0.1887,
                -29.4495,
                [41_867.86, 58_062.47, 35_759.74, 57_954.00, 42_038.23],
            ),
            [-0.9765, 0.3168, 0.9733, -0.0498, 0.2638, -0.8972, 0.2625, -1.9598],
        ),
    ] {
        let duty = reference.duty(rate);
        let price = reference.prices(&duty, weight);
        reference.check(what, &price, Some(&duty), &expected);
        reference.check_accounts(what, &price, &duty, accounts);
    }
    let duty = reference.duty(0.25);
    let price = reference.prices(&duty, Reference::weight(52.0));
    let expected = row(
        Some([0.456_973, 0.517_596, 0.484_030]),
        0.1090,
        -19.8848,
        [40_082.15, 55_729.67, 34_371.84, 57_924.92, 42_000.47],
    );
    reference.check("25%, expected for 52 weeks", &price, Some(&duty), &expected);

    // The yen: psi .95 of cost at the border is paid at home.
    assert_eq!(market.home_cost_share, 0.95);
    let price = reference.with_cost_factor(1.19);
    let expected = row(None, 0.4280, -22.6763, [40_659.90, 56_637.40, 34_887.97, 57_927.87, 42_010.75]);
    reference.check("home cost + 20%", &price, None, &expected);
    assert!((reference.home_cost_elasticity(&price) - 0.481_111).abs() < 2e-6);

    let (shadow, price) = reference.quota(0.5);
    assert!((shadow - 7_255.166_2).abs() < 0.02, "{shadow}");
    let expected = row(None, 0.3894, -50.0, [46_022.84, 60_215.50, 41_068.76, 57_988.54, 42_099.32]);
    reference.check("half the cars", &price, None, &expected);
}

#[test]
fn a_higher_customs_value_leaves_less_in_dollars() {
    let reference =
        Reference::new(&["pricing.customs_value_share=0.76", "instrument.sanctions.customs_value_share=0.76"]);
    let duty = reference.duty(1.0);
    let price = reference.prices(&duty, 1.0);
    let expected = row(
        Some([0.769_582, 0.871_190, 0.823_470]),
        0.9635,
        -78.0864,
        [59_425.77, 80_935.82, 49_697.78, 58_412.30, 42_327.68],
    );
    reference.check("customs value .76", &price, Some(&duty), &expected);
}

/// Reference numbers of one structure under a 100% duty that stays.
fn check_structure(what: &str, assignments: &[&str], expected: &Row) {
    let reference = Reference::new(assignments);
    // The base year does not depend on curvature or on what cost does at other volumes: linear demand and constant cost give these.
    reference.check_base(10_222.515_8, -3.688_596, &[("Legend", 15_830.649_7), ("Seville", 20_360.703_6)]);
    let duty = reference.duty(1.0);
    let price = reference.prices(&duty, 1.0);
    reference.check(what, &price, Some(&duty), expected);
}

#[test]
fn curved_demand_passes_on_less() {
    check_structure(
        "lambda 1.5",
        &["demand.curvature=1.5"],
        &row(
            Some([0.637_060, 0.780_434, 0.709_569]),
            0.6971,
            -72.6355,
            [54_226.94, 74_142.57, 45_190.64, 58_270.31, 42_223.48],
        ),
    );
    check_structure(
        "lambda 2",
        &["demand.curvature=2.0"],
        &row(
            Some([0.572_802, 0.730_835, 0.651_129]),
            0.5866,
            -71.8664,
            [52_535.96, 71_954.45, 43_732.37, 58_221.65, 42_177.06],
        ),
    );
}

#[test]
fn rising_cost_passes_on_less() {
    check_structure(
        "gamma .2",
        &["pricing.cost_volume=0.2"],
        &row(
            Some([0.525_668, 0.691_754, 0.608_395]),
            0.8798,
            -62.2751,
            [52_628.57, 68_937.66, 42_323.18, 58_990.22, 42_238.25],
        ),
    );
    check_structure(
        "gamma .5",
        &["pricing.cost_volume=0.5"],
        &row(
            Some([0.389_624, 0.563_819, 0.473_391]),
            0.7991,
            -51.6207,
            [49_616.29, 63_728.12, 39_213.22, 59_307.77, 42_187.39],
        ),
    );
    let reference = Reference::new(&["pricing.cost_volume=0.2"]);
    let duty = reference.duty(0.25);
    let expected = row(
        Some([0.561_018, 0.619_692, 0.587_982]),
        0.2322,
        -23.5952,
        [40_984.05, 56_480.79, 34_824.41, 58_244.28, 42_022.78],
    );
    reference.check("gamma .2, 25%", &reference.prices(&duty, 1.0), Some(&duty), &expected);
}

/// Alpha, eta, curvature, taste for imports and loyalty as they come out together under this chain.
fn estimated(values: [&str; 5]) -> Reference {
    let keys = ["demand.alpha", "demand.eta", "demand.curvature", "demand.sigma_import", "demand.loyalty"];
    let assignments: Vec<String> = keys.iter().zip(values).map(|(key, value)| format!("{key}={value}")).collect();
    Reference::new(&assignments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn prices_at_the_joint_estimate() {
    let reference = estimated(["0.175", "2.34", "1.43", "1.70", "1.14"]);
    reference.check_base(
        9_820.507_5,
        -3.864_876,
        &[("Legend", 16_217.115_5), ("LS 400", 21_310.707_0), ("Seville", 20_832.930_0)],
    );
    let (full, quarter) = (reference.duty(1.0), reference.duty(0.25));
    for (what, duty, weight, expected, accounts) in [
        (
            "100%",
            &full,
            1.0,
            row(
                Some([0.712_970, 0.834_163, 0.780_081]),
                0.8148,
                -76.3597,
                [56_149.93, 75_401.25, 47_394.14, 58_148.52, 42_278.61],
            ),
            Some([-2.7084, 0.9311, 1.1732, -0.1055, -0.7095, -1.8530, 0.7375, -4.6163]),
        ),
        (
            "100%, expected for 69 weeks",
            &full,
            Reference::weight(69.0),
            row(
                Some([0.417_362, 0.591_932, 0.504_803]),
                0.4598,
                -57.9042,
                [48_234.94, 65_593.84, 40_996.67, 57_945.68, 42_144.75],
            ),
            Some([-1.9188, 0.6546, 1.7609, -0.0822, 0.4145, -1.9717, 0.5185, -4.0764]),
        ),
        (
            "25%",
            &quarter,
            1.0,
            row(
                Some([0.694_300, 0.743_310, 0.721_164]),
                0.1436,
                -30.4831,
                [41_680.86, 57_499.98, 35_725.89, 57_856.96, 42_017.14],
            ),
            Some([-0.9419, 0.3263, 0.9594, -0.0453, 0.2985, -0.9052, 0.2490, -2.0081]),
        ),
        (
            "25%, expected for 52 weeks",
            &quarter,
            Reference::weight(52.0),
            row(
                Some([0.438_414, 0.498_836, 0.468_243]),
                0.0757,
                -20.5154,
                [39_957.11, 55_364.16, 34_344.06, 57_859.57, 41_984.74],
            ),
            None,
        ),
    ] {
        let price = reference.prices(duty, weight);
        reference.check(what, &price, Some(duty), &expected);
        if let Some(accounts) = accounts {
            reference.check_accounts(what, &price, duty, accounts);
        }
    }
    let price = reference.with_cost_factor(1.19);
    let expected = row(None, 0.3780, -23.4177, [40_515.10, 56_190.29, 34_846.21, 57_847.57, 41_990.64]);
    reference.check("home cost + 20%", &price, None, &expected);
    assert!((reference.home_cost_elasticity(&price) - 0.464_394).abs() < 2e-6);
    let (shadow, price) = reference.quota(0.5);
    assert!((shadow - 7_072.743_9).abs() < 0.02, "{shadow}");
    let expected = row(None, 0.3063, -50.0, [45_305.68, 59_449.85, 40_352.32, 57_836.82, 42_065.38]);
    reference.check("half the cars", &price, None, &expected);
}

#[test]
fn prices_at_the_estimate_with_rising_cost() {
    let reference = estimated(["0.193", "2.43", "0.98", "1.64", "1.13"]);
    let reference = Reference { scenario: Scenario { cost_volume: 0.2, ..reference.scenario }, ..reference };
    let world =
        World::build(&WorldFacts::of(&reference.scenario), reference.scenario.seed, None, Execution::PARALLEL).unwrap();
    let reference = Reference { world, ..reference };
    let market = &reference.scenario.market;
    let (list, base) = (market.base_prices(), reference.base_duty());
    let cost = &reference.world.makers.costs.marginal_cost;
    let margin = reference.mean(|j| base[j].producer_price_usd(list[j]) - cost[j], |j| market.models[j].flagged);
    assert!((margin - 9_431.128_2).abs() < 0.02, "margin {margin}");
    let (full, quarter) = (reference.duty(1.0), reference.duty(0.25));
    for (what, duty, weight, pass_through, others, sales, prices, accounts) in [
        (
            "100%",
            &full,
            1.0,
            [0.587_545, 0.742_575, 0.668_028],
            1.0619,
            -67.8521,
            [54_825.99, 69_721.01, 43_954.21, 58_916.86, 42_310.52],
            Some([-2.4357, 0.8486, 1.4898, -0.1054, -0.2027, -1.9587, 0.6200, -4.1768]),
        ),
        (
            "100%, expected for 69 weeks",
            &full,
            Reference::weight(69.0),
            [0.355_865, 0.528_024, 0.439_735],
            0.6711,
            -51.3946,
            [47_500.40, 62_920.86, 39_410.99, 58_568.99, 42_171.44],
            Some([-1.7480, 0.5982, 1.9493, -0.0812, 0.7183, -2.0671, 0.4429, -3.8022]),
        ),
        (
            "25%",
            &quarter,
            1.0,
            [0.616_306, 0.671_912, 0.644_792],
            0.2764,
            -27.6832,
            [41_427.29, 56_675.29, 35_255.32, 58_211.50, 42_034.03],
            None,
        ),
        (
            "25%, expected for 52 weeks",
            &quarter,
            Reference::weight(52.0),
            [0.394_303, 0.453_556, 0.422_771],
            0.1693,
            -18.8715,
            [39_811.41, 54_899.79, 34_083.83, 58_103.61, 41_996.55],
            None,
        ),
    ] {
        let price = reference.prices(duty, weight);
        reference.check(what, &price, Some(duty), &row(Some(pass_through), others, sales, prices));
        if let Some(accounts) = accounts {
            reference.check_accounts(what, &price, duty, accounts);
        }
    }
    // Costs of all cars of the makers concerned move together, so volumes are counted at the new costs on both sides.
    let price = reference.with_cost_factor(1.19);
    let expected = row(None, 0.5150, -20.4627, [39_966.37, 55_618.26, 34_506.84, 58_175.33, 41_998.68]);
    reference.check("home cost + 20%", &price, None, &expected);
    assert!((reference.home_cost_elasticity(&price) - 0.399_745).abs() < 2e-6);
}

const FEW: &str = "buyers.count=512";
/// Curved demand and rising cost, far from linear and constant.
const BENT: [&str; 3] = [FEW, "demand.curvature=1.7", "pricing.cost_volume=0.3"];

/// The base year is what it is whatever demand does at other prices and cost at other volumes: to the bit.
#[test]
fn curvature_and_rising_cost_leave_the_base_year_alone() {
    for chain in ["pricing.chain=\"vertical\"", "pricing.chain=\"retail\""] {
        let plain = Reference::new(&[FEW, chain]);
        let bent = Reference::new(&[BENT[0], BENT[1], BENT[2], chain]);
        assert_eq!(plain.world.inversion.delta, bent.world.inversion.delta);
        assert_eq!(plain.world.makers.costs.marginal_cost, bent.world.makers.costs.marginal_cost);
        let list = plain.scenario.market.base_prices();
        let response = |reference: &Reference| own_response(&reference.demand(), &list).unwrap();
        assert_eq!(response(&plain), response(&bent));
        assert_eq!(plain.demand().shares(&list), bent.demand().shares(&list));
    }
    // List prices are the equilibrium, wherever the search begins.
    for assignments in [[BENT[0], BENT[1], BENT[2]], [FEW, "demand.curvature=0.0", "pricing.cost_volume=0.6"]] {
        let reference = Reference::new(&assignments);
        let list = reference.scenario.market.base_prices();
        let terms: Vec<DutyTerms> = reference.base_duty().iter().map(|duty| duty.terms()).collect();
        for away in [0.95, 1.05] {
            let start: Vec<f64> = list.iter().map(|price| away * price).collect();
            let found = reference
                .with_problem(&terms, |problem| equilibrium(problem, &start, PricingOptions::default()).unwrap().price);
            for (found, list) in found.iter().zip(&list) {
                assert!((found / list - 1.0).abs() < 1e-10, "{found} for {list}");
            }
        }
    }
}

/// A maker's profit counts total cost, with the parts it holds of others, and is at a maximum at equilibrium: its derivative by a price is
/// zero. Marginal cost at the volumes sold is what makes it so; marginal cost times cars would not.
#[test]
fn no_maker_gains_by_a_small_change_of_price() {
    let reference = Reference::new(&BENT);
    let duty = reference.duty(0.25);
    let terms: Vec<DutyTerms> = duty.iter().map(|duty| duty.terms()).collect();
    let price = reference.prices(&duty, 1.0);
    let makers = &reference.world.makers;
    let rising = makers.rising.as_ref().unwrap();
    let demand = reference.demand();
    let profit = |j: usize, price: &[f64], count_all: bool| -> f64 {
        let share = demand.shares(price).product;
        let total = rising.total(&share);
        let factors = rising.factors(&share);
        let each = |m: usize| {
            let cost = if count_all { total[m] } else { rising.unit_cost[m] * factors[m] * share[m] };
            makers.ownership.weight(j, m) * ((terms[m].retained * price[m] - terms[m].fixed) * share[m] - cost)
        };
        (0..price.len()).map(each).sum()
    };
    let share = demand.shares(&price).product;
    for name in ["LS 400", "Legend", "Millenia", "Seville", "9000"] {
        let j = reference.scenario.market.models.iter().position(|model| model.name == name).unwrap();
        let slope = |count_all: bool| {
            let moved = |by: f64| {
                let mut moved = price.clone();
                moved[j] += by;
                profit(j, &moved, count_all)
            };
            (moved(2.0) - moved(-2.0)) / 4.0 / share[j]
        };
        assert!(slope(true).abs() < 1e-7, "{name}: {}", slope(true));
        if name == "LS 400" {
            assert!(slope(false).abs() > 1e-2, "{name}: {}", slope(false));
        }
    }
}

/// The Jacobian of the first-order conditions has the slopes of curved demand, their derivatives and the marginal cost of other volumes in
/// it: pass-through is the derivative of prices solved again.
#[test]
fn pass_through_under_curved_demand_and_rising_cost_is_a_derivative() {
    let reference = Reference::new(&["buyers.count=128", BENT[1], BENT[2]]);
    let terms: Vec<DutyTerms> = reference.duty(0.5).iter().map(|duty| duty.terms()).collect();
    reference.with_problem(&terms, |problem| {
        let solve = |problem: &PriceProblem<'_>, start: &[f64]| {
            equilibrium(problem, start, PricingOptions::default()).unwrap().price
        };
        let price = solve(problem, &reference.scenario.market.base_prices());
        let linear = Linearised::at(problem, &price, None).unwrap();
        let pass_through = linear.pass_through().unwrap();
        for k in [0, 17, 40] {
            let moved = |by: f64| {
                let mut cost = problem.cost.to_vec();
                cost[k] += by * problem.duty[k].retained;
                solve(&PriceProblem { cost: &cost, ..*problem }, &price)
            };
            let (up, down) = (moved(2.0), moved(-2.0));
            for j in 0..price.len() {
                let difference = (up[j] - down[j]) / 4.0;
                assert!((pass_through.at(j, k) - difference).abs() < 1e-6, "{j} {k}: {difference}");
            }
        }
        assert!(linear.second_order(problem.ownership).iter().all(|firm| firm.largest_eigenvalue < 0.0));
    });
}

/// With all of the price at the border and no dealer the vertical chain is the retail chain with basis `border` and share 1.
#[test]
fn without_local_costs_the_vertical_chain_is_the_retail_chain() {
    let share = "0.975609756097561";
    let vertical = Reference::new(&[
        FEW,
        "accounts.dealers_margin=0.0",
        &format!("pricing.customs_value_share={share}"),
        &format!("instrument.sanctions.customs_value_share={share}"),
    ]);
    let retail = Reference::new(&[
        FEW,
        "accounts.dealers_margin=0.0",
        "pricing.chain=\"retail\"",
        "market.normal_duty.basis=\"border\"",
        "market.normal_duty.customs_value_share=1.0",
        "instrument.sanctions.customs_value_share=1.0",
    ]);
    let near = |a: &[f64], b: &[f64], tolerance: f64| {
        a.iter().zip(b).for_each(|(a, b)| assert!((a / b - 1.0).abs() < tolerance, "{a} {b}"));
    };
    near(&vertical.world.makers.costs.marginal_cost, &retail.world.makers.costs.marginal_cost, 1e-12);
    for rate in [0.25, 1.0] {
        let [a, b] = [&vertical, &retail].map(|chain| chain.prices(&chain.duty(rate), 1.0));
        near(&a, &b, 1e-12);
    }
}

/// No car below what it costs, at the volumes at which it is sold; a price above that is left alone.
#[test]
fn lowest_prices_without_a_loss() {
    let flat = Reference::new(&[FEW]);
    let list = flat.scenario.market.base_prices();
    let terms =
        |reference: &Reference| -> Vec<DutyTerms> { reference.duty(1.0).iter().map(|duty| duty.terms()).collect() };
    let legend = flat.scenario.market.models.iter().position(|model| model.name == "Legend").unwrap();
    let cost = flat.world.makers.costs.marginal_cost[legend];
    let floor = flat.with_problem(&terms(&flat), |problem| {
        problem.no_loss_prices(&list, &problem.demand.shares(&list).product, &mut Exponentials::default()).unwrap()
    });
    assert!((floor[legend] - (2.025 * cost + 10_452.5)).abs() < 1e-8, "{}", floor[legend]);
    let bent = Reference::new(&BENT);
    let raised = bent.with_problem(&terms(&bent), |problem| {
        let raised =
            problem.no_loss_prices(&list, &problem.demand.shares(&list).product, &mut Exponentials::default()).unwrap();
        for (j, margin) in problem.margins(&raised).iter().enumerate() {
            assert!(*margin >= -1e-10 * list[j], "{j}: {margin}");
            assert!(raised[j] == list[j] || margin.abs() < 1e-7, "{j}: {margin} at {}", raised[j]);
        }
        raised
    });
    // Fewer cars cost less to make, so less is needed.
    assert!(raised[legend] < floor[legend] - 100.0, "{} {}", raised[legend], floor[legend]);
}

#[test]
fn a_chain_that_leaves_no_room_is_refused_by_name() {
    let load = |assignments: &[&str]| {
        let assignments: Vec<String> = assignments.iter().map(|text| (*text).to_owned()).collect();
        config::load(&root().join("tests/market_1995/showdown-1995-bertrand.toml"), &assignments)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let error = load(&["pricing.chain=\"vertical\"", "pricing.customs_value_share=0.95"]);
    assert!(error.contains("a customs value of 0.95 of the list price"), "{error}");
    let error = load(&["pricing.customs_value_share=0.7"]);
    assert!(error.contains("pricing.customs_value_share") && error.contains("retail chain"), "{error}");
    let error = load(&["demand.curvature=-1.0"]);
    assert!(error.contains("demand.curvature"), "{error}");
    assert!(load(&["pricing.cost_volume=-0.1"]).contains("pricing.cost_volume"));
}

/// Runs week by week, with and without the layer of time, under all of it: every job's accounts add up to 1e-9 (the run fails otherwise),
/// and two weeks' worth of the same prices cost what the year's account says.
#[test]
fn runs_under_the_vertical_chain_add_up() {
    let bent = ["pricing.chain=\"vertical\"", "demand.curvature=1.43", "pricing.cost_volume=0.2", "run.replications=2"];
    for file in ["tests/market_1995/showdown-1995-bertrand.toml", "tests/market_1995/showdown-1995-timing.toml"] {
        let assignments: Vec<String> = bent
            .iter()
            .chain(&["pricing.rule=\"bertrand\"", "buyers.count=1024"])
            .map(|text| (*text).to_owned())
            .collect();
        let loaded = config::load(&root().join(file), &assignments).unwrap_or_else(|error| panic!("{error}"));
        let study = Study::prepare(loaded.scenario).unwrap_or_else(|error| panic!("{error}"));
        let regimes = ["status_quo", "imposed"].map(|name| regime(&study, name));
        let found = outcomes(&study, &regimes, 0..2, 2);
        let accounts = study.layout().accounts.as_ref().unwrap();
        for both in &found {
            for outcome in both {
                accounts.check(&outcome.values).unwrap();
            }
            let treasury = accounts.account(accounts.position(Account::Treasury).unwrap(), 0);
            assert!(both[1].values[treasury] > both[0].values[treasury], "{file}");
        }
        // Under the duty a car from Japan is declared at what the maker charges: less than before.
        let phase = study.plans().get(regimes[1]).unwrap().phase(40);
        let duty = study.plans().get(regimes[0]).unwrap().phase(0);
        let market = &study.scenario().market;
        let legend = market.models.iter().position(|model| model.name == "Legend").unwrap();
        let declared = |phase: &Phase| phase.producer_price_usd[legend] - market.chain.local_usd(legend);
        assert!((declared(duty) - 0.7 * 37_000.0).abs() < 1e-6);
        assert!(declared(phase) < 0.95 * declared(duty), "{}", declared(phase));
        assert!((phase.duty_usd[legend] - 1.025 * declared(phase)).abs() < 1e-6);
        let volume = phase.volume.as_ref().unwrap();
        assert!(volume.per_car_usd[legend] < 0.0 && volume.beyond_marginal_usd[legend] > 0.0);
    }
}

/// Importers' margin is taken out of local costs, which are resources otherwise: what home gains by it is what others lose as cost.
#[test]
fn importers_margin_moves_a_part_of_local_costs_to_dealers() {
    let [without, with] =
        ["0.0", "0.5"].map(|share| Reference::new(&[FEW, &format!("accounts.local_margin_share={share}")]));
    let duty = without.duty(1.0);
    let price = without.prices(&duty, 1.0);
    let [a, b] = [&without, &with].map(|reference| reference.year(&price, &duty));
    let market = &without.scenario.market;
    let lost: f64 = (0..market.len())
        .map(|j| {
            let dealer = 0.1 * market.models[j].list_price_usd;
            (market.chain.local_usd(j) - dealer) * (a.after[j].units - a.before[j].units)
        })
        .sum();
    assert!(lost < -1e8);
    assert!((b.dealers() - a.dealers() - 0.5 * lost).abs() < 1e-9 * lost.abs());
    assert!((b.world - a.world - 0.5 * lost).abs() < 1e-9 * lost.abs());
    for region in market.regions.ids() {
        assert!((b.makers[region] - a.makers[region]).abs() < 1e-3, "{region:?}");
    }
    assert!(gaps(&b.models())[0].abs() < 1e-3 && b.treasury == a.treasury);
}

/// The retail chain with the duty as dollars of the list price: prices for good and expected for 69 weeks, and what makers expect of such a
/// duty is a part of its rate.
#[test]
fn prices_under_the_retail_chain_with_either_basis() {
    for (basis, good, expected) in [("list", 68_715.99, 60_524.41), ("border", 59_549.55, 51_115.24)] {
        let basis = format!("instrument.sanctions.basis=\"{basis}\"");
        let reference = Reference::new(&["pricing.chain=\"retail\"", &basis]);
        let legend = reference.scenario.market.models.iter().position(|model| model.name == "Legend").unwrap();
        let duty = reference.duty(1.0);
        for (weight, expected) in [(1.0, good), (Reference::weight(69.0), expected)] {
            let found = reference.prices(&duty, weight)[legend];
            assert!((found - expected).abs() < 0.02, "{basis}, {weight}: {found} for {expected}");
        }
    }
    let reference = Reference::new(&[FEW, "pricing.chain=\"retail\"", "instrument.sanctions.basis=\"list\""]);
    let weight = Reference::weight(69.0);
    let [a, b] = [reference.prices(&reference.duty(1.0), weight), reference.prices(&reference.duty(weight), 1.0)];
    a.iter().zip(&b).for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}"));
}
