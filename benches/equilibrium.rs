//! Speed of the market core, as ratios within one run: `cargo bench --bench equilibrium`.
//!
//! The limit is exp alone over numbers in the first-level cache; the peers are the plain loops a first draft would have,
//! with the platform's exp. Every figure is the best of several repetitions, since other work may share the machine.

#[path = "../tests/it/synthetic.rs"]
mod synthetic;

use std::hint::black_box;
use std::time::Instant;

use stickershock::model::demand::{Execution, KernelPath, stationary_shares};
use stickershock::model::supply::{DutyTerms, Linearised, PriceProblem, PricingOptions, equilibrium, marginal_costs};
use stickershock::numerics::elementary;
use synthetic::Synthetic;

/// Best time of `repetitions`, in seconds.
fn best(repetitions: usize, mut work: impl FnMut()) -> f64 {
    (0..repetitions).fold(f64::INFINITY, |best, _| {
        let start = Instant::now();
        work();
        best.min(start.elapsed().as_secs_f64())
    })
}

/// exp over an array, for whatever vectors the enclosing function is compiled for.
#[inline(always)]
fn exp_all(x: &[f64; 1024], out: &mut [f64; 1024]) {
    for (x, out) in x.iter().zip(out) {
        *out = elementary::exp(*x);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
fn exp_512(x: &[f64; 1024], out: &mut [f64; 1024]) {
    exp_all(x, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn exp_2(x: &[f64; 1024], out: &mut [f64; 1024]) {
    exp_all(x, out);
}

fn exp_widest(x: &[f64; 1024], out: &mut [f64; 1024]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has AVX-512F, DQ and VL, and with them AVX2 and FMA.
            return unsafe { exp_512(x, out) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has AVX2 and FMA.
            return unsafe { exp_2(x, out) };
        }
    }
    exp_all(x, out);
}

/// Evaluations of exp a second, in cache.
fn exp_limit() -> f64 {
    let x: [f64; 1024] = std::array::from_fn(|i| -5.0 + i as f64 * 0.009);
    let mut out = [0.0; 1024];
    let seconds = best(40, || {
        for _ in 0..300 {
            exp_widest(black_box(&x), black_box(&mut out));
        }
    });
    300.0 * 1024.0 / seconds
}

/// Shares by the loop one writes first: buyer by buyer, the platform's exp. `wanted` also gives the zeta map's prices.
struct PlainLoop<'a> {
    market: &'a Synthetic,
    duty: &'a [DutyTerms],
}

impl PlainLoop<'_> {
    fn zeta(&self, prices: &[f64], price_terms: bool) -> (Vec<f64>, Vec<f64>) {
        let market = self.market;
        let j = prices.len();
        let firms = market.ownership.firms();
        let owners = market.ownership.owners();
        let margin: Vec<f64> =
            (0..j).map(|j| self.duty[j].retained * prices[j] - market.cost[j] - self.duty[j].fixed).collect();
        let (mut share, mut lambda, mut cross) = (vec![0.0; j], vec![0.0; j], vec![0.0; j]);
        let (mut e, mut firm) = (vec![0.0; j], vec![0.0; firms]);
        for i in 0..market.population.len() {
            let buyer = market.population.buyer(i);
            let a = buyer.price_response();
            let mut total = 1.0;
            for j in 0..j {
                let x = market.products.characteristics(j);
                let v = market.delta[j] + buyer.taste(0) * x[0] + buyer.taste(1) * x[1] + buyer.taste(2) * x[2]
                    - a * prices[j];
                e[j] = v.exp();
                total += e[j];
            }
            let w = buyer.weight();
            if price_terms {
                firm.fill(0.0);
                for j in 0..j {
                    e[j] /= total;
                    firm[owners[j]] += e[j] * margin[j];
                }
                for j in 0..j {
                    share[j] += w * e[j];
                    lambda[j] += w * a * e[j];
                    cross[j] += w * a * e[j] * firm[owners[j]];
                }
            } else {
                for j in 0..j {
                    share[j] += w * e[j] / total;
                }
            }
        }
        let next = (0..j)
            .map(|j| {
                let wanted = (self.duty[j].retained * share[j] + cross[j]) / lambda[j];
                (wanted + market.cost[j] + self.duty[j].fixed) / self.duty[j].retained
            })
            .collect();
        (share, next)
    }

    /// The zeta map repeated until prices stand still.
    fn solve(&self) -> (Vec<f64>, usize) {
        let mut prices = self.market.price.clone();
        for step in 1..500 {
            let (_, next) = self.zeta(&prices, true);
            let change = prices.iter().zip(&next).map(|(a, b)| ((b - a) / a).abs()).fold(0.0, f64::max);
            prices = next;
            if change < 1e-13 {
                return (prices, step);
            }
        }
        (prices, 500)
    }
}

/// Peak resident memory of this process in MB, where the system tells.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

fn main() {
    let (count, buyers) = (131, 10_000);
    let market = Synthetic::with_incomes(count, buyers, 0.35, 2.5);
    let evaluations = (count * buyers) as f64;
    let limit = exp_limit();
    println!("exp alone, in cache             {:8.0} million/s", limit / 1e6);

    let shares = |execution| {
        let market = &market;
        move || {
            let shares =
                stationary_shares(&market.population, &market.products, &market.delta, &market.price, execution);
            black_box(shares.unwrap());
        }
    };
    let duty = market.mixed_duty();
    let plain = PlainLoop { market: &market, duty: &duty };
    let report = |what: &str, seconds: f64| {
        let rate = evaluations / seconds;
        println!("{what:32}{:8.0} million/s = {:3.0}% of exp alone", rate / 1e6, 100.0 * rate / limit);
        rate
    };
    for (name, kernel) in
        [("AVX-512", KernelPath::Avx512), ("AVX2", KernelPath::Avx2), ("plain twin", KernelPath::Scalar)]
    {
        report(&format!("shares, {name}"), best(20, shares(Execution { kernel, ..Execution::SERIAL })));
    }
    let fast = report("shares, chosen at run time", best(40, shares(Execution::SERIAL)));
    let slow = report("shares, plain loop, std exp", best(5, || drop(black_box(plain.zeta(&market.price, false)))));
    println!("fused kernel / plain loop       {:8.1}", fast / slow);
    let parallel = report("shares, all threads", best(40, shares(Execution::PARALLEL)));
    println!("{} threads / one                 {:8.2}", rayon::current_num_threads(), parallel / fast);

    let demand = market.demand(Execution::SERIAL);
    let problem =
        PriceProblem { demand: &demand, ownership: &market.ownership, cost: &market.cost, duty: &duty, rising: None };
    // Costs follow from prices by nothing but these sums, at margins that settle.
    let mut evaluations_each = 1;
    let recovered = best(20, || {
        let costs = marginal_costs(&demand, &market.ownership, &duty, &market.price).unwrap();
        evaluations_each = black_box(costs).report.evaluations;
    });
    report("shares, Lambda and firm sums", recovered / evaluations_each as f64);
    let jacobian = best(3, || drop(black_box(Linearised::at(&problem, &market.price, None))));
    println!("Jacobian of the conditions      {:8.1} ms", 1e3 * jacobian);
    let mut solution = None;
    let seconds =
        best(10, || solution = Some(equilibrium(&problem, &market.price, PricingOptions::default()).unwrap()));
    let solution = solution.expect("solved above");
    println!(
        "equilibrium {count} x {buyers}        {:8.1} ms, {:?}, first-order residual {:.1e}",
        1e3 * seconds,
        solution.report,
        solution.first_order_residual
    );
    let (mut plain_prices, mut steps) = (Vec::new(), 0);
    let plain_seconds = best(1, || (plain_prices, steps) = plain.solve());
    let gap = solution.price.iter().zip(&plain_prices).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max);
    println!(
        "plain zeta solver               {:8.1} ms, {steps} steps; prices differ by {gap:.1e}",
        1e3 * plain_seconds
    );
    println!("plain / equilibrium             {:8.1}", plain_seconds / seconds);
    let demand = market.demand(Execution::PARALLEL);
    let problem = PriceProblem { demand: &demand, ..problem };
    let parallel = best(10, || drop(black_box(equilibrium(&problem, &market.price, PricingOptions::default()))));
    println!("equilibrium on all threads      {:8.1} ms = {:.2} times one", 1e3 * parallel, seconds / parallel);
    if let Some(peak) = peak_memory_mb() {
        println!("peak memory                     {peak:8.0} MB");
    }
}
