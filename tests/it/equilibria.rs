//! Equilibria that are hard to reach: folds, several equilibria, minima of profit, and four years of a real market.

use std::path::Path;

use stickershock::config::case::{Case, CaseOptions};
use stickershock::model::demand::{BuyerColumns, Execution, ExpectedDemand, Population, Products};
use stickershock::model::supply::{
    DutyTerms, Equilibrium, Ownership, PriceProblem, PricingOptions, RisingCost, SupplyError, best_deviations,
    equilibrium,
};
use stickershock::study::solve::{Matrices, SolveOptions, solve};

/// Two kinds of buyers of one product: 95 in a hundred who mind its price, 5 who hardly do.
fn two_kinds(cost: f64, start: f64, second_order: bool) -> Result<Equilibrium, SupplyError> {
    let (weight, price_response) = ([0.95, 0.05], [1.0, 0.02]);
    let population = Population::new(BuyerColumns {
        weight: &weight,
        price_response: &price_response,
        outside_utility: None,
        tastes: &[],
    })
    .unwrap();
    let products = Products::new(vec!["a".into()], &[]).unwrap();
    let demand = ExpectedDemand::new(&population, &products, &[3.0], None, Execution::SERIAL).unwrap();
    let ownership = Ownership::of_firms(vec!["1".into()], vec![0]).unwrap();
    let problem =
        PriceProblem { demand: &demand, ownership: &ownership, cost: &[cost], duty: &[DutyTerms::NONE], rising: None };
    equilibrium(&problem, &[start], PricingOptions { second_order, ..PricingOptions::default() })
}

/// Of buyers of one product with v = 4 - p, cost 1, some take it at any price that a search can reach: where it begins dear, its price climbs by
/// 1 a step for ever. Below there is a price at which profit is highest near by, and a lower start finds it; where there is none, the climb is told.
#[test]
fn a_price_that_climbs_is_sought_below() {
    let found = |captured: f64| {
        let population = Population::new(BuyerColumns {
            weight: &[1.0 - captured, captured],
            price_response: &[1.0, 1.0],
            outside_utility: None,
            tastes: &[&[0.0, 1e9]],
        })
        .unwrap();
        let products = Products::new(vec!["a".into()], &[&[1.0]]).unwrap();
        let demand = ExpectedDemand::new(&population, &products, &[4.0], None, Execution::SERIAL).unwrap();
        let ownership = Ownership::of_firms(vec!["1".into()], vec![0]).unwrap();
        let duty = [DutyTerms::NONE];
        let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &[1.0], duty: &duty, rising: None };
        equilibrium(&problem, &[20.0], PricingOptions { second_order: true, ..PricingOptions::default() })
    };
    let price = found(0.1).unwrap().price[0];
    let profit = |p: f64| (p - 1.0) * (0.9 / (1.0 + (p - 4.0).exp()) + 0.1);
    assert!((price - 3.74).abs() < 0.01 && profit(price) > profit(price - 0.01).max(profit(price + 0.01)), "{price}");
    let error = found(0.5).unwrap_err().to_string();
    assert!(error.contains("it climbs on at") && error.contains("50.0% of all weight take a"), "{error}");
}

/// Slope of profit in price over the margin's scale, written out.
fn slope(cost: f64, price: f64) -> f64 {
    let kinds = [(0.95, 1.0), (0.05, 0.02)];
    let of = |(weight, response): (f64, f64)| {
        let share = 1.0 / (1.0 + (response * price - 3.0_f64).exp());
        (weight * share, weight * response * share * (1.0 - share))
    };
    let sums = kinds.map(of).into_iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    sums.0 - sums.1 * (price - cost)
}

/// The roots of the slope of profit, by bisection between the points of a fine grid, with the direction in which it crosses.
fn roots(cost: f64) -> Vec<(f64, bool)> {
    let grid: Vec<f64> = (0..20_000).map(|k| cost + 0.01 + 0.02 * f64::from(k)).collect();
    let crossing = |pair: &[f64]| {
        let (mut low, mut high) = (pair[0], pair[1]);
        let maximum = slope(cost, low) > 0.0;
        if maximum == (slope(cost, high) > 0.0) {
            return None;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if (slope(cost, middle) > 0.0) == maximum { low = middle } else { high = middle }
        }
        Some((0.5 * (low + high), maximum))
    };
    grid.windows(2).filter_map(crossing).collect()
}

/// Past the fold the equilibrium that was near is gone, and the only one left is far: the search finds it, from anywhere.
#[test]
fn the_only_root_past_a_fold_is_found() {
    let roots = roots(4.0);
    assert_eq!(roots.len(), 1);
    assert!((roots[0].0 - 129.43655).abs() < 1e-5, "{roots:?}");
    for start in [3.715_178_130_777_017_5, 0.5, 20.0, 129.0, 900.0] {
        let found = two_kinds(4.0, start, true).unwrap_or_else(|error| panic!("from {start}: {error}"));
        assert!((found.price[0] / roots[0].0 - 1.0).abs() < 1e-11, "from {start}: {found:?}");
        assert!(found.report.evaluations < 200, "from {start}: {:?}", found.report);
    }
}

/// Before the fold there are two maxima and between them a minimum, at which first-order conditions hold: it is never
/// accepted where second order is asked for, even from there.
#[test]
fn a_minimum_of_profit_is_no_equilibrium() {
    let roots = roots(2.0);
    let kinds: Vec<bool> = roots.iter().map(|root| root.1).collect();
    assert_eq!(kinds, [true, false, true], "{roots:?}");
    let minimum = roots[1].0;
    assert!((two_kinds(2.0, minimum, false).unwrap().price[0] / minimum - 1.0).abs() < 1e-9);
    let maxima = [roots[0].0, roots[2].0];
    for k in 0..60 {
        let start = minimum * (0.9 + 0.2 * f64::from(k) / 59.0);
        for start in [start, minimum] {
            let found = two_kinds(2.0, start, true).unwrap_or_else(|error| panic!("from {start}: {error}"));
            let nearest = maxima.iter().map(|root| (found.price[0] / root - 1.0).abs()).fold(f64::INFINITY, f64::min);
            assert!(nearest < 1e-11, "from {start}: {found:?}");
        }
    }
}

/// Four years of the US car market (automobile data of Berry, Levinsohn and Pakes 1995 as pyblp ships them, MIT license) at
/// published parameters, under duties of up to 300%, a quota and two ownerships: all settle, at maxima of profit.
#[test]
fn real_markets_settle_under_any_duty() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/us_cars");
    let (mut evaluations, mut failed) = (Vec::new(), Vec::new());
    for year in ["1974", "1979", "1983", "1988"] {
        let options = CaseOptions { market: Some(year.to_owned()), ..CaseOptions::default() };
        let case = Case::load(&folder, &options).unwrap_or_else(|error| panic!("{error}"));
        let solution = solve(&case, &SolveOptions { matrices: Matrices::None, ..SolveOptions::default() });
        let solution = solution.unwrap_or_else(|error| panic!("{error}"));
        failed.extend(solution.failed.iter().map(|failed| format!("{year}: {}", failed.error)));
        for result in &solution.scenarios {
            assert!(result.search.residual <= 1e-12, "{year} {}: {:?}", result.name, result.search);
            let worst = result.worst_second_order().unwrap();
            assert!(worst.largest_eigenvalue < 0.0, "{year} {}: {worst:?}", result.name);
            evaluations.push(result.search.evaluations);
        }
        let price = |name: &str| &solution.scenarios.iter().find(|of| of.name == name).unwrap().price;
        assert!(price("border300_im").iter().zip(price("base")).any(|(taxed, base)| taxed > &(2.0 * base)));
    }
    evaluations.sort_unstable();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(evaluations.len(), 92);
    let (median, most) = (evaluations[46], evaluations[91]);
    assert!(median <= 60 && most <= 2000, "median {median}, most {most}");
}

/// Where cost rises with volume, the best far price is that of profit written out, p s - C(s), on a fine grid; at an elasticity of zero it is that of
/// constant cost.
#[test]
fn deviations_count_what_volumes_cost() {
    let population = Population::new(BuyerColumns {
        weight: &[0.95, 0.05],
        price_response: &[1.0, 0.02],
        outside_utility: None,
        tastes: &[],
    })
    .unwrap();
    let products = Products::new(vec!["a".into()], &[]).unwrap();
    let demand = ExpectedDemand::new(&population, &products, &[3.0], None, Execution::SERIAL).unwrap();
    let ownership = Ownership::of_firms(vec!["1".into()], vec![0]).unwrap();
    let (cost, price) = (2.0, 3.715_178_130_777_017_5);
    let share = |p: f64| {
        [(0.95, 1.0), (0.05, 0.02)]
            .map(|(weight, response)| weight / (1.0 + (response * p - 3.0_f64).exp()))
            .iter()
            .sum::<f64>()
    };
    let deviation = |gamma: Option<f64>| {
        let rising = gamma.map(|gamma| RisingCost {
            gamma,
            maker: vec![Some(0)],
            unit_cost: vec![cost],
            base_share: vec![share(price)],
        });
        let duty = [DutyTerms::NONE];
        let problem = PriceProblem {
            demand: &demand,
            ownership: &ownership,
            cost: &[cost],
            duty: &duty,
            rising: rising.as_ref(),
        };
        best_deviations(&problem, &[price], &[0]).unwrap().remove(0).unwrap()
    };
    let (plain, flat) = (deviation(None), deviation(Some(0.0)));
    assert!(
        (plain.price / flat.price - 1.0).abs() < 1e-5 && (plain.gain - flat.gain).abs() < 1e-9,
        "{plain:?} {flat:?}"
    );
    let gamma = 0.5;
    let z0 = cost * share(price);
    let profit = |p: f64| {
        let total = z0 + z0 / (1.0 + gamma) * ((cost * share(p) / z0).powf(1.0 + gamma) - 1.0);
        p * share(p) - total
    };
    let found = deviation(Some(gamma));
    let best =
        (0..400_000).map(|k| 1.2 + 0.001 * f64::from(k)).max_by(|a, b| profit(*a).total_cmp(&profit(*b))).unwrap();
    assert!((found.price - best).abs() < 0.01, "{found:?}, {best}");
    assert!((found.profit - profit(price)).abs() < 1e-12 && (found.profit + found.gain - profit(best)).abs() < 1e-9);
    assert!(found.gain < plain.gain, "fewer cars spare less where they were cheap to make");
}
