//! The market core on made-up markets: loyalty against its plain form, first-order conditions, identities, refusals.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use stickershock::model::demand::{
    BuyerColumns, Execution, ExpectedDemand, InversionOptions, KernelPath, OwnedBrands, Population, Products, invert,
    stationary_shares,
};
use stickershock::model::supply::{
    Duty, DutyTerms, Ownership, PriceProblem, PricingOptions, equilibrium, marginal_costs,
};

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
        let duty =
            |j: usize| if j.is_multiple_of(3) { Duty::Border { rate: 0.4 } } else { Duty::Specific { amount: 0.02 } };
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
        let problem = PriceProblem { demand, ownership: &ownership, cost: &raised, duty: &duty };
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
    let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &costs.marginal_cost, duty: &duty };
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
        let choices: Vec<Vec<f64>> =
            (0..4).map(Some).chain([None]).map(|b| exponentials.choice_probabilities(&made.loyal, b)).collect();
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
            // One buyer in some markets has utilities so large that they are shifted.
            let mut outside = draws(buyers, -2.0, 2.0);
            if buyers % 3 == 0 {
                outside[buyers / 2] = 900.0;
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
            let (delta, prices) = (draws(count, -1.0, 2.0), draws(count, 0.5, 2.0));
            let owner: Vec<usize> = (0..count).map(|j| j % 2).collect();
            let firms = if count > 1 { vec!["a".into(), "b".into()] } else { vec!["a".into()] };
            let ownership = Ownership::of_firms(firms, owner).unwrap();
            let duty = vec![DutyTerms { retained: 0.8, fixed: 0.01 }; count];
            let cost = draws(count, 0.1, 0.4);
            for products in [&products, &loyal] {
                let owned = OwnedBrands::stationary(&population, products, &delta, &prices).unwrap();
                let all = |kernel| {
                    let execution = Execution { parallel: false, kernel };
                    let shares = stationary_shares(&population, products, &delta, &prices, execution).unwrap();
                    let owned = products.has_loyalty().then_some(&owned);
                    let demand = ExpectedDemand::new(&population, products, &delta, owned, execution).unwrap();
                    let problem = PriceProblem { demand: &demand, ownership: &ownership, cost: &cost, duty: &duty };
                    (shares, problem.best_answers(&prices).unwrap())
                };
                let plain = all(KernelPath::Scalar);
                for kernel in [KernelPath::Portable, KernelPath::Avx2, KernelPath::Avx512, KernelPath::Auto] {
                    assert_eq!(all(kernel), plain, "{kernel:?}, {buyers} buyers, {columns} tastes");
                }
            }
        }
    }
}
