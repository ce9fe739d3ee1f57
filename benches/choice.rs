//! The choice workload: 40 models in 4 regions, buyers who do not interact, exogenous prices, a tariff from month 12.
//!
//! `cargo bench --bench choice` runs the plain first draft and the library's choices side by side, as the weeks of a study take them,
//! under one policy and under eight; checks both against the expected shares and the second against itself at one and two threads, and
//! prints the table of docs/performance.md;
//! `cargo bench --bench choice -- dense` only the cases with that word in their name.
//! The definition of the workload, and the methods the fast form uses, are in that page.

use std::fmt::Write as _;
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use stickershock::model::demand::choice::{
    Chooser, Column, EVENTS, EightBuyers, EightSeen, Idiosyncratic, PriceStep, ProductTable, Term,
};
use stickershock::model::demand::kernel::choice::Instructions;
use stickershock::model::streams::{Purpose, Streams};

const MODELS: usize = 40;
const BRANDS: usize = 12;
const REGIONS: usize = 4;
const MONTHS: usize = 24;
const TARIFF_MONTH: usize = 12;
const INTERCEPT: f64 = 0.30;
const LOYALTY: f64 = 1.20;
const TASTE_MEANS: [f64; 3] = [1.2, 0.8, 0.4];
const TASTE_SD: f64 = 0.6;
const SPARSE: f64 = 1.0 / 48.0;
const REPEATS: usize = 5;
/// Policies side by side; the shipped study has fourteen.
const POLICIES: usize = 8;

struct Model {
    region: usize,
    brand: usize,
    price: f64,
    x: [f64; 3],
}

fn models() -> Vec<Model> {
    (0..MODELS)
        .map(|j| {
            let (region, brand) = match j {
                0..13 => (0, j % 4),
                13..27 => (1, 4 + (j - 13) % 4),
                27..35 => (2, 8 + (j - 27) % 2),
                _ => (3, 10 + (j - 35) % 2),
            };
            Model {
                region,
                brand,
                price: 45.0 + 2.5 * ((17 * j + 5) % 40) as f64,
                x: [
                    ((7 * j + 3) % 40) as f64 / 39.0,
                    ((11 * j + 7) % 40) as f64 / 39.0,
                    ((j * j + 13 * j + 1) % 41) as f64 / 40.0,
                ],
            }
        })
        .collect()
}

/// Price in month `t` under policy `policy` of so many: from month 12 on region A pays a duty on 70% of the price, of 100% under the
/// last policy and in equal steps less under those before it.
fn price_at(model: &Model, t: usize, policy: usize, policies: usize) -> f64 {
    let rate = (policy + 1) as f64 / policies as f64;
    if t >= TARIFF_MONTH && model.region == 0 { (1.0 + 0.7 * rate) * model.price } else { model.price }
}

/// What one month of one run gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Month {
    /// Sales by region, and last how often the outside option was taken.
    taken: [u32; REGIONS + 1],
    revenue: f64,
}

type Run = [Month; MONTHS];

/// The plain first draft: a struct for each buyer, every buyer looked at in every month, the platform's `exp`.
mod plain {
    use super::*;

    struct Buyer {
        price_sensitivity: f64,
        tastes: [f64; 3],
        owned: usize,
    }

    pub fn run(models: &[Model], buyers: u64, rate: f64, run: u64, (policy, policies): (usize, usize)) -> Run {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(run);
        let mut population: Vec<Buyer> = (0..buyers)
            .map(|_| {
                let z: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
                let income = (150.0_f64.ln() + 0.5 * z[0]).exp();
                Buyer {
                    price_sensitivity: 0.035 * (150.0 / income).powf(0.8),
                    tastes: std::array::from_fn(|k| TASTE_MEANS[k] + TASTE_SD * z[k + 1]),
                    owned: rng.random_range(0..BRANDS),
                }
            })
            .collect();
        let mut months = [Month::default(); MONTHS];
        let mut weights = [0.0; MODELS];
        for (t, month) in months.iter_mut().enumerate() {
            let prices: Vec<f64> = models.iter().map(|m| price_at(m, t, policy, policies)).collect();
            for buyer in &mut population {
                if rate < 1.0 && rng.random::<f64>() >= rate {
                    continue;
                }
                let mut total = 1.0;
                for (j, model) in models.iter().enumerate() {
                    let mut v = INTERCEPT - buyer.price_sensitivity * prices[j];
                    for k in 0..3 {
                        v += buyer.tastes[k] * model.x[k];
                    }
                    if model.brand == buyer.owned {
                        v += LOYALTY;
                    }
                    weights[j] = v.exp();
                    total += weights[j];
                }
                let mut left = rng.random::<f64>() * total - 1.0;
                if left < 0.0 {
                    month.taken[REGIONS] += 1;
                    continue;
                }
                let mut choice = MODELS - 1;
                for (j, weight) in weights.iter().enumerate() {
                    left -= weight;
                    if left < 0.0 {
                        choice = j;
                        break;
                    }
                }
                buyer.owned = models[choice].brand;
                month.taken[models[choice].region] += 1;
                month.revenue += prices[choice];
            }
        }
        months
    }
}

/// The same market on the library's kernels and streams.
struct Market {
    chooser: Chooser,
    products: ProductTable,
    /// Intercepts of the owners of each brand.
    intercepts: Vec<Term>,
    /// Prices of each policy, before and under its duty.
    prices: Vec<[Term; 2]>,
    /// What they are above those of the first policy, where they differ.
    changes: Vec<[Option<PriceStep>; 2]>,
    /// That of the outside option has no meaning.
    brand: Vec<u32>,
    /// The outside option is in none of the regions.
    region: Vec<usize>,
}

/// Buyers in one job. Fixed, so that jobs are the same at any number of threads.
const BLOCK: u64 = 10_000;

/// A buyer: what his events need of him is on one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Buyer {
    number: u64,
    alpha: f64,
    tastes: [f64; 3],
    /// Brand owned at the start.
    owned: u32,
}

/// Buyers of these numbers, whose streams are found side by side.
fn drawn(numbers: &[u64], streams: &Streams) -> Vec<Buyer> {
    let mut population = Vec::with_capacity(numbers.len());
    let mut alphas = Vec::with_capacity(numbers.len());
    for numbers in numbers.chunks(EVENTS) {
        let agents = std::array::from_fn(|lane| *numbers.get(lane).unwrap_or(&numbers[0]));
        let mut eight = streams.at_eight(Purpose::Population, &agents, &[0; EVENTS]);
        alphas.extend(&eight.standard_normals().map(|z| -0.4 * z)[..numbers.len()]);
        let tastes: [[f64; EVENTS]; 3] = std::array::from_fn(|_| eight.standard_normals());
        let owned = eight.uniforms();
        for (lane, number) in numbers.iter().enumerate() {
            population.push(Buyer {
                number: *number,
                alpha: 0.035,
                tastes: std::array::from_fn(|k| TASTE_MEANS[k] + TASTE_SD * tastes[k][lane]),
                owned: (BRANDS as f64 * owned[lane]) as u32,
            });
        }
    }
    // From the income draws z to price sensitivities: 0.035 (150 / y)^0.8 = 0.035 e^(-0.4 z), as ln y = ln 150 + 0.5 z.
    Instructions::detect().exp_in_place(&mut alphas);
    population.iter_mut().zip(alphas).for_each(|(buyer, alpha)| buyer.alpha *= alpha);
    population
}

/// What choices of a block need and leave.
struct Desk {
    room: Idiosyncratic,
    look: EightSeen,
    options: [Option<usize>; EVENTS],
    /// What each buyer owns under each policy.
    owned: Vec<u32>,
    /// By policy.
    months: Vec<Run>,
}

impl Market {
    fn new(models: &[Model], policies: usize) -> Self {
        let x: [Vec<f64>; 3] = std::array::from_fn(|k| models.iter().map(|m| m.x[k]).collect());
        let products = ProductTable::new(MODELS, &[&x[0], &x[1], &x[2]]).expect("finite characteristics");
        let brand = models.iter().map(|m| u32::try_from(m.brand).expect("few brands")).chain([0]).collect();
        let price = |t, policy| {
            let prices: Vec<f64> = models.iter().map(|m| price_at(m, t, policy, policies)).collect();
            products.prices(&prices).expect("finite prices")
        };
        let prices: Vec<[Term; 2]> =
            (0..policies).map(|policy| [price(0, policy), price(TARIFF_MONTH, policy)]).collect();
        let change = |from: &Term, to: &Term| (from != to).then(|| PriceStep::new(from, to));
        let base = products.intercepts(&[INTERCEPT; MODELS]).expect("finite intercepts");
        Self {
            chooser: Chooser::new(),
            intercepts: (0..BRANDS)
                .map(|own| products.loyal_intercepts(&base, |j| models[j].brand == own, LOYALTY))
                .collect(),
            changes: prices.iter().map(|own| [0, 1].map(|duty| change(&prices[0][duty], &own[duty]))).collect(),
            prices,
            products,
            brand,
            region: models.iter().map(|m| m.region).chain([REGIONS]).collect(),
        }
    }

    /// Events of up to eight buyers in month `t` under every policy, as the weeks of a study take them: what the events draw is drawn
    /// once, side by side, and each policy has its choice of largest utility, its books and what the buyer owns under it.
    #[inline]
    fn choose(&self, population: &[Buyer], buyers: &[u32], t: usize, desk: &mut Desk, streams: &Streams) {
        // Lanes without a buyer repeat the first, and are not looked at.
        let eight: [usize; EVENTS] = std::array::from_fn(|event| *buyers.get(event).unwrap_or(&buyers[0]) as usize);
        let policies = self.prices.len();
        let (first, of) = (eight.map(|i| desk.owned[i * policies]), |owned: u32| &self.intercepts[owned as usize]);
        let own = EightBuyers { intercepts: first.map(of), alphas: eight.map(|i| population[i].alpha) };
        let streams = streams.eight_addresses(Purpose::Taste, eight.map(|i| population[i].number), [t as u64; EVENTS]);
        let tastes = eight.map(|i| population[i].tastes.as_slice());
        desk.room.draw(self.chooser, &self.products, tastes, [0.0; EVENTS], &streams);
        let duty = usize::from(t >= TARIFF_MONTH);
        self.chooser.look(&own, &self.prices[0][duty], &desk.room, &mut desk.look);
        for policy in 0..policies {
            let prices = &self.prices[policy][duty];
            let now = (prices, self.changes[policy][duty].as_ref());
            self.chooser.options_seen(&desk.look, &own, now, &self.products, &mut desk.room, &mut desk.options);
            let month = &mut desk.months[policy][t];
            let mut revenue = 0.0;
            for (event, i) in eight.iter().enumerate().take(buyers.len()) {
                let owned = &mut desk.owned[i * policies + policy];
                let mut option = desk.options[event];
                // Who owns another brand under this policy is looked at for himself.
                if *owned != first[event] {
                    let mut drawn = desk.room.event(&self.products, event);
                    option = self.chooser.option_by_utility(of(*owned), prices, own.alphas[event], &mut drawn);
                }
                let taken = option.unwrap_or(MODELS);
                month.taken[self.region[taken]] += 1;
                revenue += prices.values().get(taken).copied().unwrap_or(0.0);
                *owned = if taken < MODELS { self.brand[taken] } else { *owned };
            }
            month.revenue += revenue;
        }
    }

    fn desk(&self, population: &[Buyer]) -> Desk {
        let policies = self.prices.len();
        Desk {
            room: self.products.room(),
            look: EightSeen::default(),
            options: [None; EVENTS],
            owned: population.iter().flat_map(|buyer| std::iter::repeat_n(buyer.owned, policies)).collect(),
            months: vec![[Month::default(); MONTHS]; policies],
        }
    }

    /// Every buyer in the market in every month.
    fn dense_block(&self, streams: &Streams, buyers: std::ops::Range<u64>) -> Vec<Run> {
        let population = drawn(&buyers.collect::<Vec<_>>(), streams);
        let mut desk = self.desk(&population);
        let buyers: Vec<u32> = (0..population.len() as u32).collect();
        for eight in buyers.chunks(EVENTS) {
            for t in 0..MONTHS {
                self.choose(&population, eight, t, &mut desk, streams);
            }
        }
        desk.months
    }

    /// Each cell of the table buyers x months is an event with probability `rate`: the number of cells between two
    /// events is geometric, so the empty ones are never looked at, and buyers without an event never drawn. The events
    /// are then taken month by month.
    fn sparse_block(&self, streams: &Streams, buyers: std::ops::Range<u64>, rate: f64) -> Vec<Run> {
        let (population, calendar) = self.calendar(streams, buyers, rate);
        let mut desk = self.desk(&population);
        for (t, events) in calendar.iter().enumerate() {
            for eight in events.chunks(EVENTS) {
                self.choose(&population, eight, t, &mut desk, streams);
            }
        }
        desk.months
    }

    /// The buyers of a block who come to market, and for every month who they are.
    fn calendar(&self, streams: &Streams, buyers: std::ops::Range<u64>, rate: f64) -> (Vec<Buyer>, [Vec<u32>; MONTHS]) {
        // Four of ten buyers have events.
        let mut numbers = Vec::with_capacity(usize::try_from((buyers.end - buyers.start) / 2).expect("a small block"));
        let mut calendar: [Vec<u32>; MONTHS] = std::array::from_fn(|_| Vec::with_capacity(256));
        let mut skips = streams.at(Purpose::Holding, buyers.start, 0);
        // An exponential over -ln(1 - rate), cut to an integer, is geometric.
        let scale = -1.0 / (1.0 - rate).ln();
        let mut batch = [0.0; 64];
        let cells = (buyers.end - buyers.start) * MONTHS as u64;
        let mut cell = 0;
        'cells: loop {
            skips.fill_exponential(&mut batch);
            for e in batch {
                cell += (e * scale) as u64;
                if cell >= cells {
                    break 'cells;
                }
                let (number, t) = (buyers.start + cell / MONTHS as u64, (cell % MONTHS as u64) as usize);
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
                calendar[t].push(numbers.len() as u32 - 1);
                cell += 1;
            }
        }
        (drawn(&numbers, streams), calendar)
    }

    fn block(&self, streams: &Streams, buyers: std::ops::Range<u64>, rate: f64) -> Vec<Run> {
        if rate < 1.0 { self.sparse_block(streams, buyers, rate) } else { self.dense_block(streams, buyers) }
    }
}

/// All jobs (run, block of buyers) of a case, and the runs' sums in the order of the jobs.
struct Case {
    buyers: u64,
    runs: u64,
    rate: f64,
    policies: usize,
}

impl Case {
    fn jobs(&self) -> Vec<(Streams, std::ops::Range<u64>)> {
        (0..self.runs)
            .flat_map(|run| {
                (0..self.buyers)
                    .step_by(usize::try_from(BLOCK).expect("a small block"))
                    .map(move |first| (Streams::new(1995, run), first..(first + BLOCK).min(self.buyers)))
            })
            .collect()
    }

    /// The runs of one policy after the other, each the sum of its blocks.
    fn sums(&self, blocks: &[Vec<Run>]) -> Vec<Run> {
        let blocks_per_run = usize::try_from(self.buyers.div_ceil(BLOCK)).expect("few blocks");
        let sum_of = |policy: usize, run: &[Vec<Run>]| {
            let mut sum = [Month::default(); MONTHS];
            for block in run {
                for (total, part) in sum.iter_mut().zip(block[policy]) {
                    for (s, p) in total.taken.iter_mut().zip(part.taken) {
                        *s += p;
                    }
                    total.revenue += part.revenue;
                }
            }
            sum
        };
        (0..self.policies)
            .flat_map(|policy| blocks.chunks_exact(blocks_per_run).map(move |run| sum_of(policy, run)))
            .collect()
    }

    fn plain(&self, models: &[Model]) -> Vec<Run> {
        let run = |policy, run| plain::run(models, self.buyers, self.rate, run, (policy, self.policies));
        (0..self.policies).flat_map(|policy| (0..self.runs).map(move |number| run(policy, number))).collect()
    }

    fn one_core(&self, market: &Market) -> Vec<Run> {
        let blocks: Vec<Vec<Run>> = self.jobs().into_iter().map(|(s, b)| market.block(&s, b, self.rate)).collect();
        self.sums(&blocks)
    }

    fn parallel(&self, market: &Market, pool: &rayon::ThreadPool) -> Vec<Run> {
        let jobs = self.jobs();
        let blocks: Vec<Vec<Run>> =
            pool.install(|| jobs.into_par_iter().map(|(s, b)| market.block(&s, b, self.rate)).collect());
        self.sums(&blocks)
    }

    fn agent_steps(&self) -> f64 {
        self.buyers as f64 * MONTHS as f64 * self.runs as f64 * self.policies as f64
    }
}

/// Expected shares (A, B, C, D, outside) before and after the tariff and the average transaction prices, from exact
/// propagation of the brand chain over 131,072 scrambled Sobol' buyers.
struct Expected {
    shares: [[f64; 5]; 2],
    average_price: [f64; 2],
}

const EXPECTED_SPARSE: Expected = Expected {
    shares: [
        [0.204_101, 0.326_590, 0.241_895, 0.114_459, 0.112_955],
        [0.048_195, 0.393_797, 0.292_713, 0.135_494, 0.129_801],
    ],
    average_price: [68.8489, 69.0816],
};

const EXPECTED_DENSE: Expected = Expected {
    shares: [
        [0.189_052, 0.335_063, 0.260_598, 0.107_411, 0.107_876],
        [0.039_564, 0.402_226, 0.314_580, 0.125_022, 0.118_608],
    ],
    average_price: [68.0339, 67.6912],
};

fn mean_and_standard_error(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// The largest distance from the expected shares and prices in standard errors over the runs; stops the bench beyond 4.
fn check(what: &str, runs: &[Run], expected: &Expected) -> f64 {
    let mut worst = 0.0_f64;
    let mut compare = |name: String, values: Vec<f64>, reference: f64| {
        let (mean, standard_error) = mean_and_standard_error(&values);
        let z = (mean - reference) / standard_error;
        assert!(z.abs() <= 4.0, "{what}: {name} is {mean:.6}, expected {reference:.6}: {z:.2} standard errors away");
        worst = worst.max(z.abs());
    };
    for (window, months) in [(0..TARIFF_MONTH), (TARIFF_MONTH..MONTHS)].into_iter().enumerate() {
        let counts: Vec<([f64; 5], f64)> = runs
            .iter()
            .map(|run| {
                let mut counts = [0.0; 5];
                let mut revenue = 0.0;
                for month in &run[months.clone()] {
                    for (count, taken) in counts.iter_mut().zip(month.taken) {
                        *count += f64::from(taken);
                    }
                    revenue += month.revenue;
                }
                (counts, revenue)
            })
            .collect();
        for option in 0..5 {
            let shares = counts.iter().map(|(c, _)| c[option] / c.iter().sum::<f64>()).collect();
            compare(format!("share of option {option} in window {window}"), shares, expected.shares[window][option]);
        }
        let prices = counts.iter().map(|(c, revenue)| revenue / c[..REGIONS].iter().sum::<f64>()).collect();
        compare(format!("average price in window {window}"), prices, expected.average_price[window]);
    }
    worst
}

/// Seconds that all threads of this process have been on a processor; `None` where the system does not say.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(nanoseconds * 1e-9)
}

/// Largest resident memory so far, MiB; NaN where the system does not say.
fn peak_memory_mib() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(f64::NAN, |kib| kib / 1024.0)
}

/// Wall and CPU seconds of `work`.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, f64, T) {
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let result = work();
    let wall = start.elapsed().as_secs_f64();
    let cpu = cpu.and_then(|before| Some(cpu_seconds()? - before)).unwrap_or(wall);
    (wall, cpu, result)
}

fn median(mut x: Vec<f64>) -> f64 {
    x.sort_by(f64::total_cmp);
    x[x.len() / 2]
}

/// The library's exp in cache, values a second of CPU time on one core: what no logit kernel can exceed.
fn exp_limit() -> f64 {
    const ROUNDS: usize = 20_000;
    // The kernel has no branches, so its time does not depend on the values, which end at infinity here.
    let mut x = Column::filled(1024, -0.5);
    let (_, cpu, ()) = timed(|| {
        for _ in 0..ROUNDS {
            Instructions::detect().exp_in_place(std::hint::black_box(&mut x).padded_mut());
        }
    });
    (ROUNDS * 1024) as f64 / cpu
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let chosen = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    let models = models();
    let markets = [1, POLICIES].map(|policies| Market::new(&models, policies));
    let pools = [1, 2].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool of threads"));
    println!("choice workload: {MODELS} models, {MONTHS} months; instructions {}", markets[0].chooser.instructions());

    // Correctness first: shares of many runs, and the same bits at any number of threads.
    for (name, rate, expected) in [("sparse", SPARSE, &EXPECTED_SPARSE), ("dense", 1.0, &EXPECTED_DENSE)] {
        // The last policy of eight is the one whose shares are known.
        let case = Case { buyers: 10_000, runs: if rate < 1.0 { 200 } else { 20 }, rate, policies: POLICIES };
        let market = &markets[1];
        let ours = case.one_core(market);
        for pool in &pools {
            let again = case.parallel(market, pool);
            assert!(again == ours, "{name}: {} threads give another result", pool.current_num_threads());
        }
        let distance = check(&format!("{name}, library"), &ours[ours.len() - case.runs as usize..], expected);
        let plain = Case { policies: 1, ..case }.plain(&models);
        let plain = check(&format!("{name}, plain"), &plain, expected);
        println!(
            "{name}: {} runs of {}: largest distance from the expected shares and prices {distance:.2} standard errors \
             (plain {plain:.2}); same bits at 1 and 2 threads",
            case.runs, case.buyers
        );
    }

    let cases = [
        ("sparse, N = 10,000", Case { buyers: 10_000, runs: 200, rate: SPARSE, policies: 1 }, 5),
        ("sparse, N = 100,000", Case { buyers: 100_000, runs: 20, rate: SPARSE, policies: 1 }, 5),
        ("dense, N = 10,000", Case { buyers: 10_000, runs: 8, rate: 1.0, policies: 1 }, 5),
        (
            "sparse, N = 100,000, eight policies",
            Case { buyers: 100_000, runs: 4, rate: SPARSE, policies: POLICIES },
            10,
        ),
        ("dense, N = 10,000, eight policies", Case { buyers: 10_000, runs: 2, rate: 1.0, policies: POLICIES }, 8),
    ];
    let mut table = String::from(
        "\n| case | program | agent-steps/s | utility evaluations/s | times plain, one core | times one core |\n\
         |:--|:--|--:|--:|--:|--:|\n",
    );
    let mut limits = Vec::new();
    for (name, case, rounds) in cases.iter().filter(|(name, ..)| chosen(name)) {
        let market = &markets[usize::from(case.policies > 1)];
        // Plain, one core and two cores by turns, so that a busy machine slows all three.
        let (mut plain, mut one, mut one_wall, mut two) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut gain, mut scaling, mut work) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            limits.push(exp_limit());
            let (_, plain_cpu, _) = timed(|| case.plain(&models));
            let (wall, cpu, _) = timed(|| (0..*rounds).map(|_| case.one_core(market).len()).sum::<usize>());
            let (two_wall, two_cpu, _) =
                timed(|| (0..*rounds).map(|_| case.parallel(market, &pools[1]).len()).sum::<usize>());
            let per_round = 1.0 / f64::from(*rounds);
            plain.push(plain_cpu);
            one.push(cpu * per_round);
            one_wall.push(wall * per_round);
            two.push(two_wall * per_round);
            gain.push(plain_cpu / (cpu * per_round));
            scaling.push(wall / two_wall);
            work.push(two_cpu / cpu);
        }
        let evaluations = 40.0 * case.rate;
        let steps = case.agent_steps();
        let (plain, one, one_wall, two) =
            (steps / median(plain), steps / median(one), steps / median(one_wall), steps / median(two));
        let (gain, scaling, work) = (median(gain), median(scaling), median(work));
        for (program, rate, gain, scaling) in [
            ("plain first draft, CPU second", plain, String::from("1"), String::new()),
            ("library, one core, CPU second", one, format!("{gain:.1}"), String::new()),
            ("library, one core, wall second", one_wall, String::new(), String::from("1")),
            (
                "library, two cores, wall second",
                two,
                String::new(),
                format!("{scaling:.2} ({work:.2} of its CPU time)"),
            ),
        ] {
            writeln!(table, "| {name} | {program} | {rate:.2e} | {:.2e} | {gain} | {scaling} |", rate * evaluations)
                .expect("writing to a string");
        }
    }
    println!("{table}");
    println!("exp in cache, one core: {:.2e} values a CPU second (median of {})", median(limits.clone()), limits.len());
    println!("peak memory: {:.1} MiB", peak_memory_mib());
}
