//! The market core on made-up markets: loyalty against its plain form, first-order conditions, identities, refusals.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use stickershock::model::demand::{
    BuyerColumns, Execution, ExpectedDemand, InversionOptions, KernelPath, OwnedBrands, Population, Products, invert,
    long_run_diversion, own_response, price_response, stationary_shares,
};
use stickershock::model::supply::{
    DutyRule, DutyTerms, Limit, Linearised, Ownership, PriceProblem, PricingOptions, SupplyError, equilibrium,
    equilibrium_with_limits, from_many_starts, marginal_costs,
};
use stickershock::model::welfare::consumer_surplus;

use crate::synthetic::Synthetic;

/// A market of random tastes, brands, owners and prices.
struct Made {
    population: Population,
    products: Products,
    loyal: Products,
    delta: Vec<f64>,
    prices: Vec<f64>,
    owner: Vec<usize>,
}

fn made(seed: u64, buyers: usize, count: usize) -> Made {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draws =
        |n: usize, low: f64, high: f64| -> Vec<f64> { (0..n).map(|_| rng.random_range(low..high)).collect() };
    let mut weight = draws(buyers, 0.2, 1.0);
    let total: f64 = weight.iter().sum();
    weight.iter_mut().for_each(|w| *w *= 0.95 / total);
    let response = draws(buyers, 1.0, 3.0);
    let outside = draws(buyers, -1.0, 1.0);
    let (t0, t1) = (draws(buyers, -1.0, 1.0), draws(buyers, -1.5, 1.5));
    let population = Population::new(BuyerColumns {
        weight: &weight,
        price_response: &response,
        outside_utility: Some(&outside),
        tastes: &[&t0, &t1],
    })
    .unwrap();
    let names = |prefix: &str, n: usize| -> Vec<String> { (1..=n).map(|j| format!("{prefix}{j}")).collect() };
    let (x0, x1) = (draws(count, 0.0, 1.0), draws(count, -1.0, 1.0));
    let products = Products::new(names("p", count), &[&x0, &x1]).unwrap();
    let brand: Vec<usize> = (0..count).map(|j| j * 7 % 4).collect();
    let loyal = products.clone().with_loyalty(&brand, &[1.2, 0.0, 0.7, 2.0]).unwrap();
    // Brand 3 is split between owners.
    let owner = (0..count).map(|j| if brand[j] == 3 { j % 3 } else { brand[j] % 3 }).collect();
    Made { population, products, loyal, delta: draws(count, 0.0, 2.0), prices: draws(count, 1.0, 2.0), owner }
}

impl Made {
    fn holdings(&self) -> Ownership {
        let firms = ["f0", "f1", "f2"].map(str::to_owned).to_vec();
        let parts = vec![1.0, 0.3, 0.0, 0.0, 1.0, 0.0, 0.1, 0.0, 1.0];
        Ownership::with_holdings(firms, self.owner.clone(), parts).unwrap()
    }

    fn mixed_duty(&self) -> Vec<DutyTerms> {
        let duty = |j: usize| {
            if j.is_multiple_of(3) { DutyRule::Border { rate: 0.4 } } else { DutyRule::Specific { amount: 0.02 } }
        };
        (0..self.products.len()).map(|j| duty(j).terms("p", 1.0).unwrap()).collect()
    }
}

fn worst_relative(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, |w, d| if d > w || d.is_nan() { d } else { w })
}

/// The closed form of nodes (buyer, owned brand) equals the nodes written out one by one, in shares and in prices.
#[test]
fn loyal_pricing_equals_the_nodes_written_out() {
    let made = made(1, 37, 11);
    let Made { population, loyal, delta, prices, .. } = &made;
    let owned = OwnedBrands::stationary(population, loyal, delta, prices).unwrap();
    let demand = ExpectedDemand::new(population, loyal, delta, Some(&owned), Execution::SERIAL).unwrap();
    let (nodes, plain) = demand.expand().unwrap();
    assert_eq!(nodes.len(), 37 * 5);
    let brute = ExpectedDemand::new(&nodes, &plain, delta, None, Execution::SERIAL).unwrap();
    // At base prices both give the stationary shares.
    let stationary = stationary_shares(population, loyal, delta, prices, Execution::SERIAL).unwrap();
    assert!(worst_relative(&demand.shares(prices).product, &stationary.product) < 1e-13);
    let higher: Vec<f64> = prices.iter().map(|p| 1.3 * p).collect();
    assert!(worst_relative(&demand.shares(&higher).product, &brute.shares(&higher).product) < 1e-13);

    let (ownership, duty) = (made.holdings(), made.mixed_duty());
    let costs = marginal_costs(&demand, &ownership, &duty, prices).unwrap();
    let brute_costs = marginal_costs(&brute, &ownership, &duty, prices).unwrap();
    assert!(worst_relative(&costs.marginal_cost, &brute_costs.marginal_cost) < 1e-11);
    let raised: Vec<f64> = costs.marginal_cost.iter().map(|c| c + 0.1).collect();
    let solve = |demand: &ExpectedDemand| {
        let problem = PriceProblem { demand, ownership: &ownership, cost: &raised, duty: &duty, rising: None };
        equilibrium(&problem, prices, PricingOptions::default()).unwrap()
    };
    let (ours, theirs) = (solve(&demand), solve(&brute));
    assert!(worst_relative(&ours.price, &theirs.price) < 1e-12, "{:?}", ours.report);
    assert!(ours.first_order_residual < 1e-12);
}

/// Costs recovered at base prices make base prices the equilibrium, at once and from elsewhere.
#[test]
fn base_prices_are_the_equilibrium_of_recovered_costs() {
    let made = made(2, 60, 9);
    let owned = OwnedBrands::stationary(&made.population, &made.loyal, &made.delta, &made.prices).unwrap();
    let demand =
        ExpectedDemand::new(&made.population, &made.loyal, &made.delta, Some(&owned), Execution::SERIAL).unwrap();
    let (ownership, duty) = (made.holdings(), made.mixed_duty());
    let costs = marginal_costs(&demand, &ownership, &duty, &made.prices).unwrap();
    let problem =
        PriceProblem { demand: &demand, ownership: &ownership, cost: &costs.marginal_cost, duty: &duty, rising: None };
    let base = equilibrium(&problem, &made.prices, PricingOptions::default()).unwrap();
    assert!(base.report.evaluations <= 3, "{:?}", base.report);
    let elsewhere: Vec<f64> = made.prices.iter().map(|p| p * 1.5 + 0.2).collect();
    let again = equilibrium(&problem, &elsewhere, PricingOptions::default()).unwrap();
    assert!(worst_relative(&again.price, &made.prices) < 1e-12, "{:?}", again.report);
}

/// Stationary shares are those of the chain of owned brands, iterated until it stands still.
#[test]
fn stationary_shares_are_the_limit_of_the_chain_of_owned_brands() {
    use stickershock::model::demand::loyalty::BuyerExponentials;
    let made = made(3, 9, 7);
    let mut total = vec![0.0; 7];
    for i in 0..made.population.len() {
        let buyer = made.population.buyer(i);
        let exponentials = BuyerExponentials::of(buyer, &made.loyal, &made.delta, &made.prices);
        // Of an owner of each brand, and of one whose outside choice came last.
        let chosen = |owned: Option<usize>| -> Vec<f64> {
            let extra = owned.map_or(0.0, |b| made.loyal.loyalty()[b]);
            let total = exponentials.total + owned.map_or(0.0, |b| extra * exponentials.brand[b]);
            let bonus = |j: usize| if owned == Some(made.loyal.brand(j)) { 1.0 + extra } else { 1.0 };
            let inside = exponentials.product.iter().enumerate().map(|(j, e)| e * bonus(j) / total);
            inside.chain([exponentials.outside / total]).collect()
        };
        let choices: Vec<Vec<f64>> = (0..4).map(Some).chain([None]).map(chosen).collect();
        let mut law = vec![0.2; 5];
        for _ in 0..2000 {
            let mut next = vec![0.0; 5];
            for (rho, choice) in law.iter().zip(&choices) {
                choice[..7].iter().enumerate().for_each(|(j, s)| next[made.loyal.brand(j)] += rho * s);
                next[4] += rho * choice[7];
            }
            law = next;
        }
        assert!(worst_relative(&exponentials.ownership_law(made.loyal.loyalty()), &law) < 1e-12);
        for (rho, choice) in law.iter().zip(&choices) {
            choice[..7].iter().zip(&mut total).for_each(|(s, total)| *total += buyer.weight() * rho * s);
        }
    }
    let shares =
        stationary_shares(&made.population, &made.loyal, &made.delta, &made.prices, Execution::SERIAL).unwrap();
    assert!(worst_relative(&shares.product, &total) < 1e-12);
}

/// lambda = 0 is the plain logit, in shares and in the inversion.
#[test]
fn no_loyalty_is_the_plain_logit() {
    let made = made(4, 50, 8);
    let brand: Vec<usize> = (0..8).map(|j| j % 3).collect();
    let zero = made.products.clone().with_loyalty(&brand, &[0.0; 3]).unwrap();
    let of = |products: &Products| {
        stationary_shares(&made.population, products, &made.delta, &made.prices, Execution::SERIAL).unwrap()
    };
    assert_eq!(of(&zero), of(&made.products));
    let small = made.products.clone().with_loyalty(&brand, &[1e-13; 3]).unwrap();
    assert!(worst_relative(&of(&small).product, &of(&made.products).product) < 1e-12);
}

/// Threads change nothing, to the bit.
#[test]
fn threads_change_no_bit() {
    let made = made(5, 1500, 6);
    let shares =
        |execution| stationary_shares(&made.population, &made.loyal, &made.delta, &made.prices, execution).unwrap();
    assert_eq!(shares(Execution::SERIAL), shares(Execution::PARALLEL));
}

/// Utilities of thousands are evaluated relative to the highest, not lost in infinities.
#[test]
fn huge_utilities_are_shifted() {
    let population = Population::new(BuyerColumns {
        weight: &[0.5, 0.5],
        price_response: &[1.0, 2.0],
        outside_utility: Some(&[2000.0, -2000.0]),
        tastes: &[],
    })
    .unwrap();
    let products = Products::new(vec!["a".into(), "b".into()], &[]).unwrap();
    let shares = stationary_shares(&population, &products, &[2001.0, -1000.0], &[1.0, 1.0], Execution::SERIAL).unwrap();
    assert!((shares.product[0] - 0.75).abs() < 1e-14, "{shares:?}");
    assert!(shares.product[1] < 1e-300);
}

/// Inversion at many loyalties takes tens of evaluations, not hundreds.
#[test]
fn inversion_is_accelerated() {
    let made = made(6, 400, 12);
    let shares =
        stationary_shares(&made.population, &made.loyal, &made.delta, &made.prices, Execution::SERIAL).unwrap();
    let options = InversionOptions::default();
    let found =
        invert(&made.population, &made.loyal, &made.prices, &shares.product, None, options, Execution::SERIAL).unwrap();
    assert!(found.report.evaluations < 40, "{:?}", found.report);
    assert!(found.report.residual < 1e-12);
}

/// Every form of the kernel gives the bits of the plain one, at every length, number of tastes and rule.
#[test]
fn every_kernel_gives_the_same_bits() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for buyers in (1..=41).chain([511, 512, 513, 1100]) {
        for columns in [0, 1, 3, 6, 9] {
            let count = rng.random_range(1..12);
            let mut draws =
                |n: usize, low: f64, high: f64| -> Vec<f64> { (0..n).map(|_| rng.random_range(low..high)).collect() };
            // One buyer in some markets has utilities so large that they are shifted, in others so low; in some every other buyer's are far apart.
            let mut outside = draws(buyers, -2.0, 2.0);
            if buyers % 3 == 0 {
                outside[buyers / 2] = 900.0;
            }
            if buyers % 7 == 0 {
                outside[buyers / 3] = -900.0;
            }
            if buyers % 5 == 0 {
                outside.iter_mut().step_by(2).for_each(|utility| *utility *= 600.0);
            }
            let tastes: Vec<Vec<f64>> = (0..columns).map(|_| draws(buyers, -2.0, 2.0)).collect();
            let tastes: Vec<&[f64]> = tastes.iter().map(Vec::as_slice).collect();
            let (weight, response) = (draws(buyers, 0.0, 0.01), draws(buyers, 0.1, 3.0));
            let population = Population::new(BuyerColumns {
                weight: &weight,
                price_response: &response,
                outside_utility: Some(&outside),
                tastes: &tastes,
            })
            .unwrap();
            let x: Vec<Vec<f64>> = (0..columns).map(|_| draws(count, -1.0, 1.0)).collect();
            let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
            let products = Products::new((0..count).map(|j| format!("p{j}")).collect(), &x).unwrap();
            let brand: Vec<usize> = (0..count).map(|j| j * 5 % 3).collect();
            let loyal = products.clone().with_loyalty(&brand, &[1.2, 0.0, -0.4]).unwrap();
            let (mut delta, prices) = (draws(count, -1.0, 2.0), draws(count, 0.5, 2.0));
            if buyers % 7 == 0 {
                delta.iter_mut().for_each(|delta| *delta -= 400.0);
            }
            let owner: Vec<usize> = (0..count).map(|j| j % 2).collect();
            let firms = if count > 1 { vec!["a".into(), "b".into()] } else { vec!["a".into()] };
            let ownership = Ownership::of_firms(firms, owner).unwrap();
            let duty = vec![DutyTerms { retained: 0.8, fixed: 0.01 }; count];
            for products in [&products, &loyal] {
                let owned = OwnedBrands::stationary(&population, products, &delta, &prices).unwrap();
                let all = |kernel| {
                    let execution = Execution { kernel, ..Execution::SERIAL };
                    let shares = stationary_shares(&population, products, &delta, &prices, execution).unwrap();
                    let owned = products.has_loyalty().then_some(&owned);
                    let demand = ExpectedDemand::new(&population, products, &delta, owned, execution).unwrap();
                    (shares, marginal_costs(&demand, &ownership, &duty, &prices).map(|found| found.marginal_cost))
                };
                let plain = all(KernelPath::Scalar);
                for kernel in [KernelPath::Portable, KernelPath::Avx2, KernelPath::Avx512, KernelPath::Auto] {
                    assert_eq!(all(kernel), plain, "{kernel:?}, {buyers} buyers, {columns} tastes");
                }
            }
        }
    }
}

/// Solves the made market with loyalty and a mixed duty, and hands the problem over.
fn with_problem(seed: u64, loyal: bool, check: impl Fn(&PriceProblem, &[f64])) {
    let made = made(seed, 45, 9);
    let products = if loyal { &made.loyal } else { &made.products };
    let owned = OwnedBrands::stationary(&made.population, products, &made.delta, &made.prices).unwrap();
    let owned = loyal.then_some(&owned);
    let demand = ExpectedDemand::new(&made.population, products, &made.delta, owned, Execution::SERIAL).unwrap();
    let (ownership, duty) = (made.holdings(), made.mixed_duty());
    let costs = marginal_costs(&demand, &ownership, &duty, &made.prices).unwrap().marginal_cost;
    let cost: Vec<f64> = costs.iter().enumerate().map(|(j, c)| c + 0.02 * j as f64).collect();
    let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &cost, duty: &duty, rising: None };
    let prices = equilibrium(&problem, &made.prices, PricingOptions::default()).unwrap().price;
    check(&problem, &prices);
}

/// Pass-through equals a central difference of prices solved again; profits are at a maximum.
#[test]
fn pass_through_is_the_derivative_of_equilibrium_prices() {
    for loyal in [false, true] {
        with_problem(11, loyal, |problem, prices| {
            let linear = Linearised::at(problem, prices, None).unwrap();
            let pass_through = linear.pass_through().unwrap();
            for k in 0..prices.len() {
                let h = 1e-4;
                let solve = |by: f64| {
                    let mut cost = problem.cost.to_vec();
                    // A change of effective cost is r times one of marginal cost.
                    cost[k] += by * problem.duty[k].retained;
                    let shifted = PriceProblem { cost: &cost, ..*problem };
                    equilibrium(&shifted, prices, PricingOptions::default()).unwrap().price
                };
                let (up, down) = (solve(h), solve(-h));
                for j in 0..prices.len() {
                    let difference = (up[j] - down[j]) / (2.0 * h);
                    assert!((pass_through.at(j, k) - difference).abs() < 1e-6, "{j} {k} {difference}");
                }
            }
            for firm in linear.second_order(problem.ownership) {
                assert!(firm.largest_eigenvalue < 0.0, "{firm:?}");
            }
        });
    }
}

/// Each firm's own Hessian is, to the bit, a block of the Jacobian of all products, whether that is formed or not.
#[test]
fn second_order_of_each_firm_alone_is_that_of_the_whole_jacobian() {
    for loyal in [false, true] {
        with_problem(12, loyal, |problem, prices| {
            let owners = problem.ownership.owners();
            let names: Vec<String> = (0..problem.ownership.firms()).map(|f| format!("firm {f}")).collect();
            let plain = Ownership::of_firms(names, owners.to_vec()).unwrap();
            let single =
                Ownership::single_products(&(0..prices.len()).map(|j| j.to_string()).collect::<Vec<_>>()).unwrap();
            let merged = Ownership::of_firms(vec!["all".into()], vec![0; prices.len()]).unwrap();
            let held: Vec<bool> = (0..prices.len()).map(|j| j % 3 == 1).collect();
            for ownership in [problem.ownership, &plain, &single, &merged] {
                for held in [&[][..], &held] {
                    let problem = PriceProblem { ownership, ..*problem };
                    let whole = Linearised::at(&problem, prices, None).unwrap().holding(held).second_order(ownership);
                    let alone = Linearised::second_order_at(&problem, prices, held).unwrap();
                    assert!(!alone.is_empty() && whole == alone, "{whole:?}\n{alone:?}");
                }
            }
        });
    }
}

/// No firm gains by moving one of its prices, near or far, with its holdings counted.
#[test]
fn no_firm_gains_by_moving_one_price() {
    for seed in 20..24 {
        with_problem(seed, seed % 2 == 0, |problem, prices| {
            let profit = |j: usize, prices: &[f64]| -> f64 {
                let share = problem.demand.shares(prices).product;
                let margin = problem.margins(prices);
                (0..prices.len()).map(|m| problem.ownership.weight(j, m) * margin[m] * share[m]).sum()
            };
            for j in 0..prices.len() {
                let at_equilibrium = profit(j, prices);
                for factor in [0.5, 0.8, 0.95, 0.999, 1.001, 1.05, 1.3, 3.0] {
                    let mut moved = prices.to_vec();
                    moved[j] *= factor;
                    assert!(profit(j, &moved) < at_equilibrium, "product {j} times {factor}");
                }
            }
        });
    }
}

/// Elasticities, diversion and second choices: adding-up, symmetry, and derivatives by differences.
#[test]
fn responses_obey_their_identities() {
    for loyal in [false, true] {
        with_problem(31, loyal, |problem, prices| {
            let demand = problem.demand;
            let response = price_response(demand, prices).unwrap();
            let own = own_response(demand, prices).unwrap();
            let (elasticity, diversion) = (response.elasticities(), response.diversion());
            let long_run = long_run_diversion(demand, prices).unwrap();
            for j in 0..prices.len() {
                let derivative = |m: usize| {
                    let moved = |by: f64| {
                        let mut prices = prices.to_vec();
                        prices[m] += by;
                        demand.shares(&prices)
                    };
                    let (up, down) = (moved(1e-5), moved(-1e-5));
                    ((up.product[j] - down.product[j]) / 2e-5, (up.outside - down.outside) / 2e-5)
                };
                for m in 0..prices.len() {
                    assert!((response.derivative(j, m) - derivative(m).0).abs() < 1e-8);
                    let symmetric = |j: usize, m: usize| elasticity.at(j, m) * response.share[j] / prices[m];
                    assert!((symmetric(j, m) - symmetric(m, j)).abs() < 1e-14);
                }
                // What a product loses goes to others or outside.
                let outside = -derivative(j).1 / response.derivative(j, j);
                assert!((diversion.at(j, j) - outside).abs() < 1e-6);
                assert!((own.outside_diversion[j] - diversion.at(j, j)).abs() < 1e-13);
                assert!((own.elasticity[j] / elasticity.at(j, j) - 1.0).abs() < 1e-12);
                assert!((diversion.row(j).iter().sum::<f64>() - 1.0).abs() < 1e-13);
                // A product so bad that nobody wants it is as good as removed.
                let mut delta = demand.delta.to_vec();
                delta[j] -= 60.0;
                let without = ExpectedDemand { delta: &delta, ..demand.clone() }.shares(prices);
                let base = demand.shares(prices);
                for m in (0..prices.len()).filter(|&m| m != j) {
                    let taken = (without.product[m] - base.product[m]) / base.product[j];
                    assert!((long_run.at(j, m) - taken).abs() < 1e-11);
                }
                let outside = (without.outside - base.outside) / base.product[j];
                assert!((long_run.at(j, j) - outside).abs() < 1e-11);
            }
        });
    }
}

/// Shepherd: the fall of surplus when a price rises is what is bought; buyers' surpluses add up.
#[test]
fn surplus_falls_by_what_is_bought() {
    for loyal in [false, true] {
        with_problem(41, loyal, |problem, prices| {
            let surplus = |j: usize, by: f64| {
                let mut prices = prices.to_vec();
                prices[j] += by;
                consumer_surplus(problem.demand, &prices).unwrap()
            };
            let share = problem.demand.shares(prices).product;
            for (j, share) in share.iter().enumerate() {
                let slope = (surplus(j, 1e-5) - surplus(j, -1e-5)) / 2e-5;
                assert!((slope + share).abs() < 1e-9, "{slope} {share}");
            }
        });
    }
}

/// A binding limit is met exactly with a positive shadow price, a slack one has none, and a wide one changes nothing.
#[test]
fn limits_clear_by_slack_or_price() {
    for loyal in [false, true] {
        with_problem(51, loyal, |problem, prices| {
            let free = equilibrium(problem, prices, PricingOptions::default()).unwrap();
            let limit = |name: &str, products: &[usize], part: f64| Limit {
                name: name.into(),
                products: products.to_vec(),
                share: part * products.iter().map(|&j| free.share[j]).sum::<f64>(),
            };
            let limits = [limit("tight", &[0, 1], 0.5), limit("tight too", &[4], 0.9), limit("wide", &[5, 6], 3.0)];
            let solve = |limits: &[Limit]| equilibrium_with_limits(problem, limits, prices, PricingOptions::default());
            let limited = solve(&limits).unwrap();
            for (g, limit) in limits.iter().enumerate().take(2) {
                assert!((limited.used[g] / limit.share - 1.0).abs() < 1e-11 && limited.shadow_price[g] > 0.0);
            }
            assert_eq!(limited.shadow_price[2], 0.0);
            assert!(limited.used[2] < limits[2].share);
            // The shadow price is a cost: prices are the equilibrium of raised costs.
            let mut cost = problem.cost.to_vec();
            [0, 1].iter().for_each(|&j| cost[j] += limited.shadow_price[0]);
            cost[4] += limited.shadow_price[1];
            let raised = PriceProblem { cost: &cost, ..*problem };
            let again = equilibrium(&raised, prices, PricingOptions::default()).unwrap();
            assert!(worst_relative(&again.price, &limited.equilibrium.price) < 1e-10);
            assert_eq!(solve(&limits[2..]).unwrap().equilibrium.price, free.price);
            let none = Limit { name: "none".into(), products: vec![2], share: 0.0 };
            assert!(matches!(solve(&[none]), Err(SupplyError::Limit { limit, .. }) if limit == "none"));
        });
    }
}

/// A market looked at from many starts has one equilibrium here; a starting price below zero is refused by name.
#[test]
fn many_starts_find_the_same_prices() {
    with_problem(61, false, |problem, prices| {
        let starts: Vec<Vec<f64>> =
            [0.5, 1.0, 2.0, 4.0].map(|factor| prices.iter().map(|p| factor * p).collect()).to_vec();
        assert_eq!(from_many_starts(problem, &starts, PricingOptions::default()).unwrap().len(), 1);
        let mut negative = prices.to_vec();
        negative[3] = -1.0;
        let error = equilibrium(problem, &negative, PricingOptions::default()).unwrap_err();
        assert!(error.to_string().contains("p4"), "{error}");
    });
}

/// A firm without products, a share too large, a duty that takes everything: each named.
#[test]
fn ill_posed_supply_is_refused_by_name() {
    let firms = vec!["toyota".to_owned(), "nissan".to_owned()];
    let error = Ownership::of_firms(firms.clone(), vec![0, 0]).unwrap_err();
    assert!(error.to_string().contains("nissan"), "{error}");
    assert!(Ownership::of_firms(firms.clone(), vec![0, 2]).is_err());
    let error = Ownership::with_holdings(firms, vec![0, 1], vec![1.0, -0.2, 0.0, 1.0]).unwrap_err();
    assert!(error.to_string().contains("-0.2"), "{error}");
}

/// Buyers with hardly any price response left make prices that never settle: an error with product, firm and figures.
#[test]
fn an_unbounded_income_tail_ends_in_an_error_that_names_product_and_firm() {
    let population = Population::new(BuyerColumns {
        weight: &[0.999, 0.001],
        price_response: &[2.0, 1e-14],
        outside_utility: None,
        tastes: &[],
    })
    .unwrap();
    let products = Products::new(vec!["ls400".into()], &[]).unwrap();
    let demand = ExpectedDemand::new(&population, &products, &[1.0], None, Execution::SERIAL).unwrap();
    let ownership = Ownership::of_firms(vec!["toyota".into()], vec![0]).unwrap();
    let problem =
        PriceProblem { demand: &demand, ownership: &ownership, cost: &[1.0], duty: &[DutyTerms::NONE], rising: None };
    match equilibrium(&problem, &[2e3], PricingOptions { max_evaluations: 2, ..PricingOptions::default() }) {
        Err(error @ SupplyError::NoEquilibrium { .. }) => {
            assert!(error.to_string().contains("ls400") && error.to_string().contains("toyota"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

/// Prices to 1e-12 from wherever the search begins, with incomes so unequal that the map contracts slowly.
#[test]
fn prices_do_not_depend_on_the_start() {
    let market = Synthetic::with_incomes(60, 1500, 0.9, 12.0);
    let (demand, duty) = (market.demand(Execution::SERIAL), market.mixed_duty());
    let problem =
        PriceProblem { demand: &demand, ownership: &market.ownership, cost: &market.cost, duty: &duty, rising: None };
    let solve = |factor: f64| {
        let start: Vec<f64> = market.price.iter().map(|price| factor * price).collect();
        equilibrium(&problem, &start, PricingOptions::default()).unwrap()
    };
    let (near, far) = (solve(1.0), solve(1.7));
    assert!(worst_relative(&near.price, &far.price) < 1e-12, "{:?} {:?}", near.report, far.report);
    assert!(near.report.evaluations < 30, "{:?}", near.report);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The names and the order of products do not matter, nor, to the bit, does the currency.
    #[test]
    fn order_and_currency_do_not_matter(seed in 100_u64..1000, rotation in 1_usize..7) {
        let made = made(seed, 33, 7);
        let solve = |columns: &dyn Fn(usize) -> usize, currency: f64| {
            let n = made.population.len();
            let of = |f: &dyn Fn(stickershock::model::demand::Buyer) -> f64| -> Vec<f64> {
                (0..n).map(|i| f(made.population.buyer(i))).collect()
            };
            let (weight, response) = (of(&|b| b.weight()), of(&|b| b.price_response() / currency));
            let (outside, t0, t1) = (of(&|b| b.outside_utility()), of(&|b| b.taste(0)), of(&|b| b.taste(1)));
            let population = Population::new(BuyerColumns {
                weight: &weight,
                price_response: &response,
                outside_utility: Some(&outside),
                tastes: &[&t0, &t1],
            })
            .unwrap();
            let arrange = |values: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..7).map(|j| values(columns(j))).collect() };
            let x = [0, 1].map(|k| arrange(&|j| made.products.characteristics(j)[k]));
            let names = (0..7).map(|j| made.products.name(columns(j)).to_owned()).collect();
            let products = Products::new(names, &[&x[0], &x[1]]).unwrap();
            let delta = arrange(&|j| made.delta[j]);
            let cost = arrange(&|j| currency * 0.4 * made.prices[j]);
            let start = arrange(&|j| currency * made.prices[j]);
            let mixed = made.mixed_duty();
            let duty: Vec<DutyTerms> =
                (0..7).map(|j| DutyTerms { fixed: currency * mixed[columns(j)].fixed, ..mixed[columns(j)] }).collect();
            let firms = ["f0", "f1", "f2"].map(str::to_owned).to_vec();
            let owner = (0..7).map(|j| made.owner[columns(j)]).collect();
            let parts = vec![1.0, 0.3, 0.0, 0.0, 1.0, 0.0, 0.1, 0.0, 1.0];
            let ownership = Ownership::with_holdings(firms, owner, parts).unwrap();
            let demand = ExpectedDemand::new(&population, &products, &delta, None, Execution::SERIAL).unwrap();
            let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &cost, duty: &duty, rising: None };
            let found = equilibrium(&problem, &start, PricingOptions::default()).unwrap();
            // Weights that sum to 0.95 are used as given.
            let sum = found.share.iter().sum::<f64>() + found.outside_share;
            assert!((sum - 0.95).abs() < 1e-13);
            found
        };
        let plain = solve(&|j| j, 1.0);
        let dear = solve(&|j| j, 128.0);
        prop_assert_eq!(&dear.share, &plain.share);
        prop_assert!(dear.price.iter().zip(&plain.price).all(|(a, b)| *a == 128.0 * b));
        let turned = solve(&|j| (j + rotation) % 7, 1.0);
        for (j, price) in turned.price.iter().enumerate() {
            prop_assert!((price / plain.price[(j + rotation) % 7] - 1.0).abs() < 1e-12);
        }
    }
}
