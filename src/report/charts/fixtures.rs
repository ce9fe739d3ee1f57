//! A made-up study with the shape of the showdown: its models and volumes, invented responses, real sampling noise.

use jiff::civil::{Date, date};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::headline::HeadlineMetric;
use super::{ChartContext, EventMark, PeriodContext, RegimeContext};
use crate::report::rows::{
    ALL_TAXED, ComparisonRow, DiversionRegionRow, Fan, ModelRow, ReplicationRow, Summary, WeeklyRow,
};
use crate::report::timing_rows::EventStudyRow;

pub(super) const WEEKS: usize = 104;
/// Simulated cars sold in a week, of which each share is a sample.
const SALES_A_WEEK: usize = 45;

/// Everything that charts are drawn from.
pub(super) struct Study {
    pub(super) context: ChartContext,
    pub(super) weekly: Vec<WeeklyRow>,
    pub(super) models: Vec<ModelRow>,
    pub(super) diversion: Vec<DiversionRegionRow>,
    pub(super) replications: Vec<ReplicationRow>,
    pub(super) comparisons: Vec<ComparisonRow>,
    pub(super) metric: HeadlineMetric,
}

/// A car: brand, model, region, flagged, list price in USD, cars a year.
#[derive(Clone)]
pub(super) struct Car(
    pub(super) String,
    pub(super) String,
    pub(super) String,
    pub(super) bool,
    pub(super) f64,
    pub(super) f64,
);

/// A regime: name, label, duty on which cars, week it starts, events.
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) taxes: fn(&Car) -> bool,
    pub(super) from_week: usize,
    pub(super) events: Vec<(Date, &'static str)>,
}

#[rustfmt::skip]
const CARS: [(&str, &str, &str, bool, f64, f64); 50] = [
    ("Acura", "Legend", "japan", true, 37000.0, 34000.0),
    ("Lexus", "LS 400", "japan", true, 51680.0, 22443.0),
    ("Lexus", "SC 400", "japan", true, 48400.0, 5700.0),
    ("Lexus", "SC 300", "japan", true, 41380.0, 5800.0),
    ("Lexus", "GS 300", "japan", true, 44060.0, 14000.0),
    ("Lexus", "ES 300", "japan", true, 31980.0, 39476.0),
    ("Infiniti", "Q45", "japan", true, 52850.0, 10800.0),
    ("Infiniti", "J30", "japan", true, 39000.0, 24000.0),
    ("Mazda", "929", "japan", true, 30500.0, 9500.0),
    ("Mazda", "Millenia", "japan", true, 26435.0, 24000.0),
    ("Mitsubishi", "Diamante sedan", "japan", true, 28000.0, 19000.0),
    ("Acura", "Vigor", "japan", false, 26400.0, 11000.0),
    ("Infiniti", "G20", "japan", false, 23000.0, 16650.0),
    ("Nissan", "Maxima", "japan", false, 24000.0, 160000.0),
    ("Toyota", "Camry V6 XLE", "japan", false, 24000.0, 30000.0),
    ("Toyota", "Avalon", "japan", false, 26500.0, 7000.0),
    ("Mitsubishi", "Diamante wagon", "japan", false, 25850.0, 3000.0),
    ("BMW", "3 Series (325i)", "europe", false, 30850.0, 48000.0),
    ("BMW", "5 Series (530i)", "europe", false, 42750.0, 24700.0),
    ("BMW", "7 Series (740i)", "europe", false, 57900.0, 11000.0),
    ("BMW", "8 Series (840Ci)", "europe", false, 68100.0, 801.0),
    ("Mercedes-Benz", "C-Class (C220/C280)", "europe", false, 33000.0, 24000.0),
    ("Mercedes-Benz", "E-Class (E320)", "europe", false, 43500.0, 30000.0),
    ("Mercedes-Benz", "S-Class (S320/S420)", "europe", false, 70000.0, 13200.0),
    ("Mercedes-Benz", "SL (SL320/SL500)", "europe", false, 85000.0, 5802.0),
    ("Jaguar", "XJ6", "europe", false, 53450.0, 10700.0),
    ("Jaguar", "XJS", "europe", false, 60000.0, 4453.0),
    ("Audi", "A6 / 100", "europe", false, 31000.0, 6500.0),
    ("Audi", "90", "europe", false, 26000.0, 4300.0),
    ("Audi", "Cabriolet", "europe", false, 36500.0, 1300.0),
    ("Audi", "S4 / S6", "europe", false, 45500.0, 475.0),
    ("Volvo", "850", "europe", false, 26700.0, 48000.0),
    ("Volvo", "940", "europe", false, 23500.0, 24800.0),
    ("Volvo", "960", "europe", false, 30500.0, 9000.0),
    ("Saab", "900", "europe", false, 23000.0, 15600.0),
    ("Saab", "9000", "europe", false, 32000.0, 6100.0),
    ("Porsche", "911 Carrera", "europe", false, 60000.0, 3748.0),
    ("Cadillac", "DeVille / Concours", "big_three", false, 35600.0, 115500.0),
    ("Cadillac", "Seville", "big_three", false, 41935.0, 45000.0),
    ("Cadillac", "Eldorado", "big_three", false, 38200.0, 24000.0),
    ("Cadillac", "Fleetwood", "big_three", false, 35600.0, 26200.0),
    ("Lincoln", "Town Car", "big_three", false, 37000.0, 111000.0),
    ("Lincoln", "Continental", "big_three", false, 40750.0, 42000.0),
    ("Lincoln", "Mark VIII", "big_three", false, 38800.0, 26200.0),
    ("Oldsmobile", "Aurora", "big_three", false, 31370.0, 21000.0),
    ("Oldsmobile", "Ninety-Eight", "big_three", false, 26500.0, 27000.0),
    ("Buick", "Riviera", "big_three", false, 27632.0, 12000.0),
    ("Buick", "Park Avenue", "big_three", false, 26500.0, 62000.0),
    ("Chrysler", "LHS", "big_three", false, 29600.0, 40000.0),
    ("Chrysler", "New Yorker", "big_three", false, 25600.0, 33000.0),
];

/// The five regimes on the cars of 1994.
pub(super) fn showdown(replications: u64) -> Study {
    study(&cars(), &policies(), replications)
}

pub(super) fn cars() -> Vec<Car> {
    let own = |(brand, model, region, flagged, price, units): &(&str, &str, &str, bool, f64, f64)| {
        Car((*brand).to_owned(), (*model).to_owned(), (*region).to_owned(), *flagged, *price, *units)
    };
    CARS.iter().map(own).collect()
}

pub(super) fn policies() -> Vec<Policy> {
    let policy = |name: &str, label: &str, taxes, from_week, events: &[(Date, &'static str)]| Policy {
        name: name.to_owned(),
        label: label.to_owned(),
        taxes,
        from_week,
        events: events.to_vec(),
    };
    let (listed, liable, deadline) = (date(1995, 5, 16), date(1995, 5, 20), date(1995, 6, 28));
    vec![
        policy("status_quo", "Status quo", |_| false, WEEKS, &[]),
        policy(
            "announced_settled",
            "Announced and settled (history)",
            |_| false,
            WEEKS,
            &[(listed, "sanctions list"), (liable, "liability date"), (deadline, "settlement")],
        ),
        policy(
            "imposed",
            "Sanctions imposed at the deadline",
            |car| car.3,
            25,
            &[(listed, "sanctions list"), (liable, "liability date"), (deadline, "100% duty in force")],
        ),
        policy(
            "imposed_retroactive",
            "Sanctions imposed, retroactive liability",
            |car| car.3,
            19,
            &[(listed, "sanctions list"), (liable, "duty owed from here"), (deadline, "duty confirmed")],
        ),
        policy(
            "all_imports",
            "All luxury imports taxed",
            |car| car.2 != "big_three",
            25,
            &[(deadline, "100% duty on all imports")],
        ),
    ]
}

pub(super) fn study(cars: &[Car], policies: &[Policy], replications: u64) -> Study {
    let total: f64 = cars.iter().map(|car| car.5).sum();
    let mut study = Study {
        context: ChartContext {
            scenario: "The 1995 showdown".to_owned(),
            baseline: policies[0].name.clone(),
            regimes: policies.iter().map(regime).collect(),
            replications,
            drawn: false,
            seed: 1995,
            source: "configs/data/models.csv.".to_owned(),
            flag_label: "on the sanctions list".to_owned(),
            regions: ["japan", "europe", "big_three"].map(str::to_owned).to_vec(),
            period: two_years(),
            paid_back: Vec::new(),
            look: crate::config::figures::Figures::default(),
        },
        weekly: Vec::new(),
        models: Vec::new(),
        diversion: Vec::new(),
        replications: Vec::new(),
        comparisons: Vec::new(),
        metric: HeadlineMetric {
            name: "flagged_units_per_year".to_owned(),
            label: "Sales of the models on the sanctions list".to_owned(),
            unit: "cars a year".to_owned(),
            is_flow: false,
            is_gain: false,
        },
    };
    for policy in policies {
        let taxed: Vec<bool> = cars.iter().map(|car| (policy.taxes)(car)).collect();
        let lost: Vec<f64> =
            cars.iter().zip(&taxed).map(|(car, taxed)| if *taxed { car.5 * lost_share(car) } else { 0.0 }).collect();
        // Lost buyers go to untaxed cars by volume and closeness in price, and partly to no car at all.
        let mut gained = vec![0.0; cars.len()];
        let (mut to_regions, mut all_lost): (Vec<(&str, f64)>, f64) = Default::default();
        for (from, units) in cars.iter().zip(&lost).filter(|(_, units)| **units > 0.0) {
            let close = |car: &Car| {
                car.5 / (1.0 + ((car.4 - from.4) / 8_000.0) * ((car.4 - from.4) / 8_000.0))
                    * if car.2 == "big_three" { 0.5 } else { 1.0 }
            };
            let weights: Vec<f64> =
                cars.iter().zip(&taxed).map(|(car, taxed)| if *taxed { 0.0 } else { close(car) }).collect();
            let inside: f64 = weights.iter().sum();
            let outside = 0.18 + 0.2 * inside / (inside + total);
            let shares: Vec<f64> = weights.iter().map(|weight| (1.0 - outside) * weight / inside).collect();
            gained.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += share * units);
            let mut by_region = vec![("outside", outside * units)];
            for (car, share) in cars.iter().zip(&shares) {
                match by_region.iter_mut().find(|(region, _)| *region == car.2) {
                    Some((_, sum)) => *sum += share * units,
                    None => by_region.push((&car.2, share * units)),
                }
            }
            all_lost += units;
            for (region, cars) in &by_region {
                match to_regions.iter_mut().find(|(known, _)| known == region) {
                    Some((_, sum)) => *sum += cars,
                    None => to_regions.push((*region, *cars)),
                }
            }
            diversion_rows(&mut study, policy, [&from.1, &from.0], *units, &by_region);
        }
        if all_lost > 0.0 {
            diversion_rows(&mut study, policy, [ALL_TAXED; 2], all_lost, &to_regions);
        }
        let in_force = (WEEKS - policy.from_week) as f64 / WEEKS as f64;
        model_rows(&mut study, policy, cars, &lost, &gained, in_force);
        weekly_rows(&mut study, policy, cars, &lost, &gained);
        headline_rows(&mut study, policy, cars, &lost, in_force);
    }
    study
}

/// Where a model's lost buyers go, with intervals of a share of what they are.
fn diversion_rows(study: &mut Study, policy: &Policy, [model, brand]: [&str; 2], lost: f64, by_region: &[(&str, f64)]) {
    let around = |mean: f64| if study.context.replications > 1 { [0.95 * mean, 1.05 * mean] } else { [f64::NAN; 2] };
    let rows = by_region.iter().map(|(region, cars)| {
        let share = cars / lost;
        let [[lost_low, lost_high], [low, high], [share_low, share_high]] = [lost, *cars, share].map(around);
        DiversionRegionRow {
            regime: policy.name.clone(),
            model: model.to_owned(),
            brand: brand.to_owned(),
            weeks: 52.0,
            lost_units: lost,
            lost_units_ci_low: lost_low,
            lost_units_ci_high: lost_high,
            gainer_region: (*region).to_owned(),
            share_of_lost: share,
            share_of_lost_ci_low: share_low,
            share_of_lost_ci_high: share_high,
            gained_units: *cars,
            gained_units_ci_low: low,
            gained_units_ci_high: high,
        }
    });
    let rows: Vec<DiversionRegionRow> = rows.collect();
    study.diversion.extend(rows);
}

fn regime(policy: &Policy) -> RegimeContext {
    let event = |(date, label): &(Date, &str)| EventMark { date: *date, label: (*label).to_owned() };
    RegimeContext {
        name: policy.name.clone(),
        label: policy.label.clone(),
        events: policy.events.iter().map(event).collect(),
    }
}

/// Share of a taxed car's buyers that are lost: dearer cars lose fewer.
fn lost_share(car: &Car) -> f64 {
    0.95 - 0.3 * (car.4 / 85_000.0).min(1.0)
}

fn summary(mean: f64, change: f64, change_std_error: f64) -> Summary {
    Summary { mean, std_error: 0.0, q05: mean, q50: mean, q95: mean, change, change_std_error }
}

fn model_rows(study: &mut Study, policy: &Policy, cars: &[Car], lost: &[f64], gained: &[f64], in_force: f64) {
    let years = 2.0;
    for ((car, lost), gained) in cars.iter().zip(lost).zip(gained) {
        let change = years * in_force * (gained - lost);
        // Sampling noise of a count of simulated buyers, each standing for 170 cars.
        let noise = (170.0 * change.abs() * 2.0).sqrt() / (study.context.replications as f64).sqrt();
        let noise = if study.context.replications > 1 { noise } else { f64::NAN };
        let units = summary(years * car.5 + change, change, noise);
        let other = summary(0.0, 0.0, 0.0);
        let rise = if (policy.taxes)(car) { 0.7 * car.4 } else { 0.0 };
        study.models.push(ModelRow {
            regime: policy.name.clone(),
            period: "all".to_owned(),
            model: car.1.clone(),
            brand: car.0.clone(),
            manufacturer: car.0.clone(),
            region: car.2.clone(),
            flagged: car.3,
            units,
            expected_units: units,
            event_share: other,
            car_share: other,
            sticker_price_usd: summary(car.4 + rise, rise, 0.0),
            producer_price_usd: summary(car.4, 0.0, 0.0),
            duty_usd_per_car: summary(rise, rise, 0.0),
            outlay_usd: other,
            producer_revenue_usd: other,
            duty_usd: other,
        });
    }
}

fn weekly_rows(study: &mut Study, policy: &Policy, cars: &[Car], lost: &[f64], gained: &[f64]) {
    let mut groups: Vec<(String, bool)> = Vec::new();
    for car in cars {
        if !groups.contains(&(car.2.clone(), car.3)) {
            groups.push((car.2.clone(), car.3));
        }
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let start = date(1995, 1, 7);
    for week in 0..WEEKS {
        let taxed = week >= policy.from_week;
        let volume = |group: &(String, bool)| {
            let own =
                cars.iter().zip(lost.iter().zip(gained)).filter(|(car, _)| (&car.2, car.3) == (&group.0, group.1));
            own.map(|(car, (lost, gained))| if taxed { car.5 - lost + gained } else { car.5 }).sum::<f64>()
        };
        let volumes: Vec<f64> = groups.iter().map(volume).collect();
        let all: f64 = volumes.iter().sum();
        let mut shares: Vec<Vec<f64>> = vec![Vec::new(); groups.len()];
        for _ in 0..study.context.replications {
            let mut sold = vec![0.0; groups.len()];
            for _ in 0..SALES_A_WEEK {
                let mut at = random.random::<f64>() * all;
                let chosen = volumes.iter().position(|volume| {
                    at -= volume;
                    at < 0.0
                });
                sold[chosen.unwrap_or(0)] += 1.0 / SALES_A_WEEK as f64;
            }
            shares.iter_mut().zip(&sold).for_each(|(shares, sold)| shares.push(*sold));
        }
        let week_start = start.checked_add(jiff::Span::new().weeks(week as i64)).unwrap();
        let row = |region: &str, flagged: bool, car_share: Fan| WeeklyRow {
            regime: policy.name.clone(),
            week: week as u32,
            week_start,
            region: region.to_owned(),
            flagged,
            units: car_share,
            expected_units: car_share,
            car_share,
            expected_car_share: Fan::UNDEFINED,
            sticker_price_usd: fan_around(if taxed && flagged { 60_000.0 } else { 40_000.0 }),
        };
        for ((region, flagged), shares) in groups.iter().zip(&mut shares) {
            study.weekly.push(row(region, *flagged, fan(shares)));
        }
        let nothing = Fan { mean: f64::NAN, q05: f64::NAN, q25: f64::NAN, q50: f64::NAN, q75: f64::NAN, q95: f64::NAN };
        study.weekly.push(row("outside", false, nothing));
    }
}

fn fan(values: &mut [f64]) -> Fan {
    values.sort_by(f64::total_cmp);
    let q = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Fan { mean, q05: q(0.05), q25: q(0.25), q50: q(0.5), q75: q(0.75), q95: q(0.95) }
}

fn headline_rows(study: &mut Study, policy: &Policy, cars: &[Car], lost: &[f64], in_force: f64) {
    let listed = |of: &[f64]| cars.iter().zip(of).filter(|(car, _)| car.3).map(|(_, units)| *units).sum::<f64>();
    let units: Vec<f64> = cars.iter().map(|car| car.5).collect();
    // The same worlds for every regime, and a response that varies a little between worlds.
    let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
    let mut bell = || (0..6).map(|_| random.random::<f64>()).sum::<f64>() - 3.0;
    let mut differences = Vec::new();
    for replication in 0..study.context.replications {
        let base = listed(&units) * (1.0 + 0.02 * bell());
        let difference = -listed(lost) * in_force * (1.0 + 0.03 * bell());
        differences.push(difference);
        study.replications.push(ReplicationRow {
            regime: policy.name.clone(),
            replication,
            metric: study.metric.name.clone(),
            value: base + difference,
        });
    }
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0);
    let std_error = (variance / n).sqrt();
    if policy.name != study.context.baseline {
        study.comparisons.push(ComparisonRow {
            regime: policy.name.clone(),
            baseline: study.context.baseline.clone(),
            period: "all".to_owned(),
            metric: study.metric.name.clone(),
            baseline_mean: listed(&units),
            difference: mean,
            std_error,
            ci_low: mean - 1.98 * std_error,
            ci_high: mean + 1.98 * std_error,
            replications: study.context.replications,
            correlation: 0.9,
            variance_reduction: 10.0,
            simultaneous_ci_low: mean - 3.1 * std_error,
            simultaneous_ci_high: mean + 3.1 * std_error,
            family_size: 20,
            relative_change: mean / listed(&units),
            relative_ci_low: (mean - 1.98 * std_error) / listed(&units),
            relative_ci_high: (mean + 1.98 * std_error) / listed(&units),
        });
    }
}

/// The horizon of the fixtures.
pub(super) fn two_years() -> PeriodContext {
    PeriodContext { name: "all".into(), first: date(1994, 12, 31), last: date(1996, 12, 27), weeks: 104 }
}

/// A quiet baseline and a threat with one event, three replications.
pub(super) fn threat() -> ChartContext {
    let regime = |name: &str, events: Vec<EventMark>| RegimeContext { name: name.into(), label: name.into(), events };
    let event = EventMark { date: date(1995, 5, 20), label: "Liability date".into() };
    ChartContext {
        scenario: "Test".into(),
        baseline: "quiet".into(),
        regimes: vec![regime("quiet", Vec::new()), regime("threat", vec![event])],
        replications: 3,
        drawn: false,
        seed: 1,
        source: String::new(),
        flag_label: "on the sanctions list".to_owned(),
        regions: ["japan", "europe", "big_three"].map(str::to_owned).to_vec(),
        period: two_years(),
        paid_back: Vec::new(),
        look: crate::config::figures::Figures::default(),
    }
}

/// A fan around a value.
pub(super) fn fan_around(middle: f64) -> Fan {
    Fan { mean: middle, q05: middle - 2.0, q25: middle - 1.0, q50: middle, q75: middle + 1.0, q95: middle + 2.0 }
}

/// Sixty weeks of a threat in which sales of the flagged models surge for six of them.
pub(super) fn event_study() -> Vec<EventStudyRow> {
    let mut rows = Vec::new();
    for week in 0..60_u32 {
        for (region, flagged) in [("japan", true), ("japan", false), ("europe", false), ("outside", false)] {
            let surge = if flagged && (20..26).contains(&week) { 10.0 } else { 0.0 };
            rows.push(EventStudyRow {
                regime: "threat".into(),
                week,
                week_start: date(1994, 12, 31).saturating_add(jiff::Span::new().days(i64::from(week) * 7)),
                region: region.into(),
                flagged,
                sales_index: fan_around(100.0 + surge),
                units_change: fan_around(surge),
                cumulative_change: fan_around(surge * f64::from(week)),
            });
        }
    }
    rows
}
