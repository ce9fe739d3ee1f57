//! Every column of every table by its name, with its value worked out another way than the program does: by plain loops over the outcomes of
//! the same jobs, by sums over models, by ratios of other columns, from the data files.
//!
//! Each check names its table and column side by side; `a_column_that_no_test_names` reads this file and the list of all columns.

use std::collections::BTreeMap;
use std::process::Command;
use stickershock::model::ids::RegimeId;

use stickershock::model::outcome::{Group, ModelMetric, Outcome, Period, RegionMetric, WeekMetric};
use stickershock::numerics::student;
use stickershock::study::Study;

use crate::support::{self, read_csv, root};

pub type Row = BTreeMap<String, String>;

/// A number of a row; not a number where the cell is empty.
pub fn number(row: &Row, column: &str) -> f64 {
    let cell = row.get(column).unwrap_or_else(|| panic!("no column {column} in {row:?}"));
    if cell.is_empty() { f64::NAN } else { cell.parse().unwrap_or_else(|_| panic!("{column} is `{cell}`")) }
}

pub fn agree(found: f64, expected: f64, scale: f64) -> bool {
    found.is_nan() && !expected.is_finite() || (found - expected).abs() <= 1e-9 * expected.abs().max(scale)
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of products of deviations over n - 1.
pub fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (of_a, of_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b)).sum::<f64>() / (a.len() as f64 - 1.0)
}

pub fn std_error(values: &[f64]) -> f64 {
    (covariance(values, values) / values.len() as f64).sqrt()
}

pub fn less(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Quantile by sorting: linear between the order statistics; a neighbour that is not defined leaves it undefined.
fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = p * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let (below, above) = (sorted[low], sorted[(low + 1).min(sorted.len() - 1)]);
    below + (above - below) * at.fract()
}

/// The tables of a run of the program, and the outcomes of the same jobs.
pub struct Run {
    folder: tempfile::TempDir,
    pub study: Study,
    pub arms: Vec<String>,
    pub outcomes: Vec<Vec<Outcome>>,
}

impl Run {
    pub fn of(scenario: &str, arms: &[&str], replications: u64, set: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = root().join("tests/market_1995").join(scenario);
        let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
        command.arg("run").arg(&path).args(["--quiet", "--no-charts", "--regimes", &arms.join(",")]);
        command.args(["--replications", &replications.to_string(), "--out"]).arg(folder.path());
        set.iter().for_each(|assignment| {
            command.args(["--set", assignment]);
        });
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
        let loaded = stickershock::config::load(&path, &set).unwrap_or_else(|error| panic!("{error}"));
        let study = Study::prepare(loaded.scenario).unwrap();
        let regimes: Vec<RegimeId> = arms.iter().map(|name| support::regime(&study, name)).collect();
        let outcomes = support::outcomes(&study, &regimes, 0..replications, 2);
        Self { folder, study, arms: arms.iter().map(|name| (*name).to_owned()).collect(), outcomes }
    }

    pub fn rows(&self, table: &str) -> Vec<Row> {
        let rows = read_csv(&self.folder.path().join(format!("tables/{table}.csv")));
        assert!(!rows.is_empty(), "{table}");
        rows
    }

    /// Rows of a table, and that each of its keys stands there once.
    pub fn keys(&self, table: &str, columns: &[&str], count: usize) {
        let keys =
            self.rows(table).iter().map(|row| columns.iter().map(|c| row[*c].clone()).collect::<Vec<_>>()).collect();
        let keys: std::collections::BTreeSet<Vec<String>> = keys;
        assert_eq!((self.rows(table).len(), keys.len()), (count, count), "{table}");
    }

    /// A column of numbers.
    pub fn value(&self, table: &str, column: &str, expected: impl Fn(&Row) -> f64) {
        for row in self.rows(table) {
            let expected = expected(&row);
            assert!(agree(number(&row, column), expected, 1e-6), "{table}.{column}: {expected} in {row:?}");
        }
    }

    /// A column of anything else.
    pub fn text(&self, table: &str, column: &str, expected: impl Fn(&Row) -> String) {
        for row in self.rows(table) {
            assert_eq!(row[column], expected(&row), "{table}.{column} in {row:?}");
        }
    }

    /// The seven statistics of a metric, given its values in the replications under the row's regime and under the baseline.
    pub fn summary(&self, table: &str, stem: &str, values: impl Fn(&Row, usize) -> Vec<f64>) {
        for row in self.rows(table) {
            let (own, base) = (values(&row, self.arm(&row)), values(&row, 0));
            let change = less(&own, &base);
            // What is formed by another route differs in the last digits; so do differences of nearly equal numbers.
            let scale = own.iter().fold(0.0, |most: f64, value| most.max(value.abs())).max(1e-6);
            for (statistic, expected) in [
                ("mean", mean(&own)),
                ("std_error", std_error(&own)),
                ("q05", quantile(&own, 0.05)),
                ("q50", quantile(&own, 0.5)),
                ("q95", quantile(&own, 0.95)),
                ("change", mean(&change)),
                ("change_std_error", std_error(&change)),
            ] {
                let found = number(&row, &format!("{stem}_{statistic}"));
                assert!(
                    agree(found, expected, scale),
                    "{table}.{stem}_{statistic}: {found}, not {expected}, in {row:?}"
                );
            }
        }
    }

    /// A number of the market before any buyer moves, given its values in the replications' own worlds: mean and interval.
    pub fn quoted(&self, table: &str, stem: &str, values: impl Fn(&Row) -> Vec<f64>) {
        for row in self.rows(table) {
            let own = values(&row);
            let half = student::quantile(own.len() as u64 - 1, 0.975) * std_error(&own);
            let scale = own.iter().fold(0.0, |most: f64, value| most.max(value.abs())).max(1e-6);
            for (end, expected) in [("", mean(&own)), ("_ci_low", mean(&own) - half), ("_ci_high", mean(&own) + half)] {
                let found = number(&row, &format!("{stem}{end}"));
                assert!(agree(found, expected, scale), "{table}.{stem}{end}: {found}, not {expected}, in {row:?}");
            }
        }
    }

    /// The six statistics of a fan.
    pub fn fan(&self, table: &str, stem: &str, values: impl Fn(&Row, usize) -> Vec<f64>) {
        for row in self.rows(table) {
            let own = values(&row, self.arm(&row));
            let scale = own.iter().fold(0.0, |most: f64, value| most.max(value.abs())).max(1e-6);
            let quantiles = [("q05", 0.05), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q95", 0.95)];
            // What one replication has not has no fan: shares of no cars.
            let all = own.iter().all(|value| value.is_finite());
            let statistics = quantiles.map(|(name, p)| (name, if all { quantile(&own, p) } else { f64::NAN }));
            for (statistic, expected) in std::iter::once(("mean", mean(&own))).chain(statistics) {
                let found = number(&row, &format!("{stem}_{statistic}"));
                assert!(
                    agree(found, expected, scale),
                    "{table}.{stem}_{statistic}: {found}, not {expected}, in {row:?}"
                );
            }
        }
    }

    pub fn slot(&self, arm: usize, slot: usize) -> Vec<f64> {
        self.outcomes.iter().map(|regimes| regimes[arm].values[slot]).collect()
    }
    pub fn arm(&self, row: &Row) -> usize {
        self.arms.iter().position(|name| *name == row["regime"]).unwrap()
    }
    pub fn regime(&self, arm: usize) -> RegimeId {
        support::regime(&self.study, &self.arms[arm])
    }
    pub fn period(&self, row: &Row) -> (usize, &Period) {
        self.study.layout().periods.iter().enumerate().find(|(_, period)| period.name == row["period"]).unwrap()
    }
    pub fn model(&self, name: &str) -> usize {
        self.study.scenario().market.models.iter().position(|model| model.name == name).unwrap()
    }
    fn models(&self) -> std::ops::Range<usize> {
        0..self.study.scenario().market.models.len()
    }
    /// Models of an aggregate of the headlines: all, those with the flag, or a region's.
    fn members(&self, aggregate: &str) -> Vec<usize> {
        let scenario = self.study.scenario();
        let market = &scenario.market;
        let belongs = |j: &usize| {
            let model = &market.models[*j];
            aggregate == "all"
                || aggregate == scenario.flag && model.flagged
                || aggregate == market.regions[model.region]
        };
        self.models().filter(belongs).collect()
    }
    pub fn group(&self, row: &Row) -> (usize, &Group) {
        let groups = self.study.layout().groups.iter().enumerate();
        let mut own = groups.filter(|(_, group)| group.region == row["region"]);
        own.find(|(_, group)| group.flagged.to_string() == row["flagged"]).unwrap()
    }
    fn in_group(&self, group: &Group) -> Vec<usize> {
        let market = &self.study.scenario().market;
        let belongs = |j: &usize| {
            let model = &market.models[*j];
            market.regions[model.region] == group.region && model.flagged == group.flagged
        };
        self.models().filter(belongs).collect()
    }
    fn of_model(&self, metric: ModelMetric, arm: usize, period: usize, j: usize) -> Vec<f64> {
        self.slot(arm, self.study.layout().model(metric, period, j))
    }
    pub fn sum_of(&self, metric: ModelMetric, arm: usize, period: usize, models: &[usize]) -> Vec<f64> {
        let mut sum = vec![0.0; self.outcomes.len()];
        for j in models {
            sum.iter_mut().zip(self.of_model(metric, arm, period, *j)).for_each(|(sum, value)| *sum += value);
        }
        sum
    }
    fn outside(&self, metric: RegionMetric, arm: usize, period: usize) -> Vec<f64> {
        let layout = self.study.layout();
        self.slot(arm, layout.region(metric, period, layout.regions.len() - 1))
    }
    /// Prices of models with base-year volumes as weights.
    fn price_of(&self, arm: usize, period: usize, models: &[usize]) -> Vec<f64> {
        let volume = |j: usize| self.study.scenario().market.models[j].base_volume;
        let total: f64 = models.iter().map(|j| volume(*j)).sum();
        let mut sum = vec![0.0; self.outcomes.len()];
        for j in models {
            let prices = self.of_model(ModelMetric::StickerPrice, arm, period, *j);
            sum.iter_mut().zip(prices).for_each(|(sum, price)| *sum += volume(*j) * price / total);
        }
        sum
    }
    /// A headline metric by its name, from the models.
    fn headline(&self, name: &str, arm: usize, period: usize) -> Vec<f64> {
        let all: Vec<usize> = self.models().collect();
        let total = |metric| self.sum_of(metric, arm, period, &all);
        match name {
            "outlay_usd" => return total(ModelMetric::Outlay),
            "producer_revenue_usd" => return total(ModelMetric::ProducerRevenue),
            "duty_usd" => return total(ModelMetric::Duty),
            "units_outside" => return self.outside(RegionMetric::Units, arm, period),
            "expected_units_outside" => return self.outside(RegionMetric::ExpectedUnits, arm, period),
            _ => {}
        }
        if let Some(of) = name.strip_prefix("expected_units_") {
            return self.sum_of(ModelMetric::ExpectedUnits, arm, period, &self.members(of));
        }
        if let Some(of) = name.strip_prefix("units_") {
            return self.sum_of(ModelMetric::Units, arm, period, &self.members(of));
        }
        if let Some(of) = name.strip_prefix("car_share_") {
            let own = self.sum_of(ModelMetric::Units, arm, period, &self.members(of));
            return share(&own, &total(ModelMetric::Units));
        }
        let of = name.strip_prefix("sticker_price_").and_then(|rest| rest.strip_suffix("_usd"));
        self.price_of(arm, period, &self.members(of.unwrap_or_else(|| panic!("{name}"))))
    }
}

pub fn ratio(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a / b).collect()
}

/// Shares of a whole; of nothing, none.
pub fn share(part: &[f64], whole: &[f64]) -> Vec<f64> {
    part.iter().zip(whole).map(|(part, whole)| if *whole == 0.0 { 0.0 } else { part / whole }).collect()
}

pub fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

pub fn small() -> &'static Run {
    static RUN: std::sync::OnceLock<Run> = std::sync::OnceLock::new();
    let set = ["buyers.count=512", "buyers.population=shared", "outputs.monthly=true", "outputs.period=year_2"];
    RUN.get_or_init(|| Run::of("showdown-1995.toml", &["status_quo", "imposed", "negotiated"], 4, &set))
}

#[test]
fn models_and_regions() {
    let run = small();
    let (layout, scenario) = (run.study.layout(), run.study.scenario());
    let data = read_csv(&root().join("tests/market_1995/data/models_1994.csv"));
    let datum =
        |row: &Row, column: &str| data.iter().find(|line| line["model"] == row["model"]).unwrap()[column].clone();
    run.keys("models", &["regime", "period", "model"], 3 * layout.periods.len() * scenario.market.models.len());
    run.text("models", "brand", |row| datum(row, "brand"));
    run.text("models", "manufacturer", |row| datum(row, "parent_manufacturer"));
    run.text("models", "region", |row| datum(row, "region"));
    run.text("models", "flagged", |row| datum(row, "sanctioned"));
    let all: Vec<usize> = run.models().collect();
    let at = |row: &Row| (run.period(row).0, run.model(&row["model"]));
    run.summary("models", "units", |row, arm| run.of_model(ModelMetric::Units, arm, at(row).0, at(row).1));
    run.summary("models", "expected_units", |row, arm| {
        run.of_model(ModelMetric::ExpectedUnits, arm, at(row).0, at(row).1)
    });
    run.summary("models", "event_share", |row, arm| {
        let cars = run.sum_of(ModelMetric::Units, arm, at(row).0, &all);
        let events = plus(&cars, &run.outside(RegionMetric::Units, arm, at(row).0));
        share(&run.of_model(ModelMetric::Units, arm, at(row).0, at(row).1), &events)
    });
    run.summary("models", "car_share", |row, arm| {
        let cars = run.sum_of(ModelMetric::Units, arm, at(row).0, &all);
        share(&run.of_model(ModelMetric::Units, arm, at(row).0, at(row).1), &cars)
    });
    // Mean over the weeks of the regime's list prices and duties; of a negotiated regime, which has others in every replication, the outcome.
    let of_plan = |row: &Row, arm: usize, metric: ModelMetric, duty: bool| {
        let ((p, period), j, regime) = (run.period(row), run.model(&row["model"]), run.regime(arm));
        if run.study.negotiated(regime).is_some() {
            return run.of_model(metric, arm, p, j);
        }
        let phase = |week: u32| run.study.plans().get(regime).unwrap().phase(week as usize);
        let weeks = period.from..period.to;
        let sum: f64 = weeks.map(|w| if duty { phase(w).duty_usd[j] } else { phase(w).sticker_price_usd[j] }).sum();
        vec![sum / f64::from(period.weeks()); run.outcomes.len()]
    };
    run.summary("models", "sticker_price_usd", |row, arm| of_plan(row, arm, ModelMetric::StickerPrice, false));
    run.summary("models", "duty_usd_per_car", |row, arm| of_plan(row, arm, ModelMetric::DutyPerCar, true));
    run.summary("models", "producer_price_usd", |row, arm| {
        less(&of_plan(row, arm, ModelMetric::StickerPrice, false), &of_plan(row, arm, ModelMetric::DutyPerCar, true))
    });
    // A period is its months: of calendar months that lie in it whole, the rest from the outcome of the period.
    let of_months = |row: &Row, arm: usize, metric: ModelMetric| {
        let ((p, period), j) = (run.period(row), run.model(&row["model"]));
        if period.name != "all" {
            return run.of_model(metric, arm, p, j);
        }
        let months = layout.periods.iter().enumerate().filter(|(_, month)| month.kind.as_str() == "month");
        months.fold(vec![0.0; run.outcomes.len()], |sum, (m, _)| plus(&sum, &run.of_model(metric, arm, m, j)))
    };
    run.summary("models", "outlay_usd", |row, arm| {
        plus(&of_months(row, arm, ModelMetric::ProducerRevenue), &of_months(row, arm, ModelMetric::Duty))
    });
    run.summary("models", "producer_revenue_usd", |row, arm| {
        less(&of_months(row, arm, ModelMetric::Outlay), &of_months(row, arm, ModelMetric::Duty))
    });
    run.summary("models", "duty_usd", |row, arm| of_months(row, arm, ModelMetric::Duty));

    run.keys(
        "regions",
        &["regime", "period", "region"],
        3 * layout.periods.len() * (scenario.market.regions.len() + 1),
    );
    let sum = |row: &Row, arm: usize, metric: ModelMetric, outside: Option<RegionMetric>| {
        let p = run.period(row).0;
        match outside {
            Some(of) if row["region"] == "outside" => run.outside(of, arm, p),
            None if row["region"] == "outside" => vec![0.0; run.outcomes.len()],
            _ => run.sum_of(metric, arm, p, &run.members(&row["region"])),
        }
    };
    let units = |row: &Row, arm: usize| sum(row, arm, ModelMetric::Units, Some(RegionMetric::Units));
    let cars = |row: &Row, arm: usize| run.sum_of(ModelMetric::Units, arm, run.period(row).0, &all);
    let undefined = |row: &Row, values: Vec<f64>| if row["region"] == "outside" { vec![f64::NAN; 4] } else { values };
    run.summary("regions", "units", units);
    run.summary("regions", "expected_units", |row, arm| {
        sum(row, arm, ModelMetric::ExpectedUnits, Some(RegionMetric::ExpectedUnits))
    });
    run.summary("regions", "event_share", |row, arm| {
        share(&units(row, arm), &plus(&cars(row, arm), &run.outside(RegionMetric::Units, arm, run.period(row).0)))
    });
    run.summary("regions", "car_share", |row, arm| undefined(row, share(&units(row, arm), &cars(row, arm))));
    run.summary("regions", "sticker_price_usd", |row, arm| {
        undefined(row, run.price_of(arm, run.period(row).0, &run.members(&row["region"])))
    });
    run.summary("regions", "outlay_usd", |row, arm| sum(row, arm, ModelMetric::Outlay, None));
    run.summary("regions", "producer_revenue_usd", |row, arm| sum(row, arm, ModelMetric::ProducerRevenue, None));
    run.summary("regions", "duty_usd", |row, arm| sum(row, arm, ModelMetric::Duty, None));
}

#[test]
fn weeks() {
    let run = small();
    let (layout, scenario) = (run.study.layout(), run.study.scenario());
    run.keys("weekly", &["regime", "week", "region", "flagged"], 3 * layout.weeks as usize * layout.groups.len());
    let day = |week: &str| {
        let span = jiff::Span::new().days(7 * week.parse::<i64>().unwrap());
        scenario.start.checked_add(span).unwrap().to_string()
    };
    run.text("weekly", "week_start", |row| day(&row["week"]));
    let week = |row: &Row| row["week"].parse::<usize>().unwrap();
    let of = |row: &Row, arm: usize, metric| run.slot(arm, layout.week(metric, week(row), run.group(row).0));
    let total = |row: &Row, arm: usize, metric: WeekMetric| {
        let groups = layout.groups.iter().enumerate().filter(|(_, group)| group.region != "outside");
        groups.fold(vec![0.0; 4], |sum, (g, _)| plus(&sum, &run.slot(arm, layout.week(metric, week(row), g))))
    };
    let undefined = |row: &Row, values: Vec<f64>| if row["region"] == "outside" { vec![f64::NAN; 4] } else { values };
    run.fan("weekly", "units", |row, arm| of(row, arm, WeekMetric::Units));
    run.fan("weekly", "expected_units", |row, arm| of(row, arm, WeekMetric::ExpectedUnits));
    // Of no cars there are no shares.
    let of_some = |part: &[f64], whole: &[f64]| part.iter().zip(whole).map(|(part, whole)| part / whole).collect();
    run.fan("weekly", "car_share", |row, arm| {
        undefined(row, of_some(&of(row, arm, WeekMetric::Units), &total(row, arm, WeekMetric::Units)))
    });
    run.fan("weekly", "expected_car_share", |row, arm| {
        undefined(row, of_some(&of(row, arm, WeekMetric::ExpectedUnits), &total(row, arm, WeekMetric::ExpectedUnits)))
    });
    run.fan("weekly", "sticker_price_usd", |row, arm| {
        let regime = run.regime(arm);
        if run.study.negotiated(regime).is_some() {
            return undefined(row, of(row, arm, WeekMetric::StickerPrice));
        }
        let prices = &run.study.plans().get(regime).unwrap().phase(week(row)).sticker_price_usd;
        let members = run.in_group(run.group(row).1);
        let volume = |j: &usize| scenario.market.models[*j].base_volume;
        let weight: f64 = members.iter().map(volume).sum();
        let price = members.iter().map(|j| volume(j) * prices[*j]).sum::<f64>() / weight;
        undefined(row, vec![price; 4])
    });
    // The weeks of the horizon are its period, group by group.
    for arm in 0..3 {
        for (g, group) in layout.groups.iter().enumerate().filter(|(_, group)| group.region != "outside") {
            let weeks = (0..layout.weeks as usize).map(|w| run.slot(arm, layout.week(WeekMetric::Units, w, g)));
            let sum = weeks.fold(vec![0.0; 4], |sum, units| plus(&sum, &units));
            let models = run.sum_of(ModelMetric::Units, arm, 0, &run.in_group(group));
            assert!(less(&sum, &models).iter().all(|gap| gap.abs() < 1e-6), "{group:?}");
        }
    }
}

/// The ends of Fieller's interval of mean(own - base) / mean(base): where (d - r b)^2 = t^2 (var d - 2 r cov + r^2 var b).
fn fieller(difference: &[f64], base: &[f64], t: f64) -> [f64; 2] {
    let n = base.len() as f64;
    let (d, b) = (mean(difference), mean(base));
    let [vd, vb, c] =
        [covariance(difference, difference), covariance(base, base), covariance(difference, base)].map(|v| v / n);
    let (square, linear, constant) = (b * b - t * t * vb, d * b - t * t * c, d * d - t * t * vd);
    let root = (linear * linear - square * constant).max(0.0).sqrt();
    if square <= 0.0 { [f64::NAN; 2] } else { [(linear - root) / square, (linear + root) / square] }
}

#[test]
fn comparisons_and_replications() {
    let run = small();
    let layout = run.study.layout();
    run.keys(
        "comparisons",
        &["regime", "baseline", "period", "metric"],
        3 * layout.periods.len() * layout.headlines.len(),
    );
    // t(3) at 0.975.
    const T: f64 = 3.182_446_305_284_263;
    let of = |row: &Row, regime: &str| {
        let arm = run.arms.iter().position(|name| *name == row[regime]).unwrap();
        run.headline(&row["metric"], arm, run.period(row).0)
    };
    let pair = |row: &Row| {
        let (own, base) = (of(row, "regime"), of(row, "baseline"));
        (less(&own, &base), own, base)
    };
    // What is the same under both regimes but for the order of a sum is the same.
    let varies = |row: &Row| {
        let (difference, _, base) = pair(row);
        covariance(&difference, &difference).sqrt() > 1e-11 * mean(&base).abs()
    };
    let rows = run.rows("comparisons");
    // Those of a family that vary at all, as the outcomes have them.
    let of_slot = |row: &Row, regime: &str| {
        let arm = run.arms.iter().position(|name| *name == row[regime]).unwrap();
        let headline = layout.headlines.iter().position(|name| *name == row["metric"]).unwrap();
        run.slot(arm, layout.headline(headline, run.period(row).0))
    };
    let family = |row: &Row| {
        let same = |other: &&Row| ["regime", "baseline", "period"].iter().all(|key| other[*key] == row[*key]);
        let differs = |other: &&Row| {
            let difference = less(&of_slot(other, "regime"), &of_slot(other, "baseline"));
            difference.iter().any(|value| *value != difference[0])
        };
        rows.iter().filter(same).filter(differs).count()
    };
    run.value("comparisons", "baseline_mean", |row| mean(&pair(row).2));
    let close = |table: &str, column: &str, expected: &dyn Fn(&Row) -> f64| {
        for row in rows.iter().filter(|row| varies(row)) {
            let (found, expected) = (number(row, column), expected(row));
            let scale = 1e-3 * number(row, "difference").abs().max(number(row, "std_error"));
            assert!(agree(found, expected, scale.max(1e-12)), "{table}.{column}: {found}, not {expected}: {row:?}");
        }
    };
    close("comparisons", "difference", &|row| mean(&pair(row).0));
    close("comparisons", "std_error", &|row| std_error(&pair(row).0));
    close("comparisons", "ci_low", &|row| mean(&pair(row).0) - T * std_error(&pair(row).0));
    close("comparisons", "ci_high", &|row| mean(&pair(row).0) + T * std_error(&pair(row).0));
    let together = |row: &Row| student::quantile(3, 1.0 - 0.025 / family(row) as f64) * std_error(&pair(row).0);
    close("comparisons", "simultaneous_ci_low", &|row| mean(&pair(row).0) - together(row));
    close("comparisons", "simultaneous_ci_high", &|row| mean(&pair(row).0) + together(row));
    close("comparisons", "relative_change", &|row| mean(&pair(row).0) / mean(&pair(row).2));
    close("comparisons", "relative_ci_low", &|row| fieller(&pair(row).0, &pair(row).2, T)[0]);
    close("comparisons", "relative_ci_high", &|row| fieller(&pair(row).0, &pair(row).2, T)[1]);
    run.value("comparisons", "replications", |_| 4.0);
    run.value("comparisons", "family_size", |row| family(row) as f64);
    let both_vary = |row: &Row| {
        let (_, own, base) = pair(row);
        [&own, &base].iter().all(|of| covariance(of, of).sqrt() > 1e-9 * mean(of).abs())
    };
    for row in rows.iter().filter(|row| varies(row) && both_vary(row)) {
        let (difference, own, base) = pair(row);
        let [of_own, of_base] = [covariance(&own, &own), covariance(&base, &base)];
        let reduction = (of_own + of_base) / covariance(&difference, &difference);
        let correlation = covariance(&own, &base) / (of_own * of_base).sqrt();
        for (table, column, expected) in
            [("comparisons", "correlation", correlation), ("comparisons", "variance_reduction", reduction)]
        {
            let found = number(row, column);
            assert!(
                (found - expected).abs() <= 1e-6 * expected.abs() + 1e-12,
                "{table}.{column}: {found}, not {expected}"
            );
        }
    }

    // The reporting period is that of `replications.csv`: the second year.
    let year_2 = layout.periods.iter().position(|period| period.name == "year_2").unwrap();
    run.keys("replications", &["regime", "replication"], 12);
    let replication = |row: &Row| row["replication"].parse::<usize>().unwrap();
    for headline in &layout.headlines {
        run.value("replications", headline, |row| run.headline(headline, run.arm(row), year_2)[replication(row)]);
    }
    // How the negotiations went is empty under other regimes; over the replications it is what negotiation.csv says.
    let negotiation = run.rows("negotiation");
    let columns: Vec<String> = run.rows("replications")[0].keys().cloned().collect();
    let metrics: Vec<&String> =
        columns.iter().filter(|name| negotiation.iter().any(|row| row["metric"] == **name)).collect();
    assert!(metrics.iter().any(|name| *name == "imposed") && metrics.len() >= 3, "{metrics:?}");
    for metric in metrics {
        let rows = run.rows("replications");
        let own: Vec<f64> =
            rows.iter().filter(|row| row["regime"] == "negotiated").map(|row| number(row, metric)).collect();
        assert!(rows.iter().filter(|row| row["regime"] != "negotiated").all(|row| number(row, metric).is_nan()));
        let known: Vec<f64> = own.into_iter().filter(|value| value.is_finite()).collect();
        let row = negotiation.iter().find(|row| row["metric"] == *metric).unwrap();
        assert_eq!(number(row, "worlds"), known.len() as f64, "{metric}");
        assert!(known.is_empty() || agree(number(row, "mean"), mean(&known), 1e-9), "{metric}: {row:?}");
    }
}

#[test]
fn regimes_events_and_periods() {
    let run = small();
    let (layout, scenario) = (run.study.layout(), run.study.scenario());
    run.keys("regimes", &["regime"], 3);
    let regime = |row: &Row| &scenario.regimes[support::regime(&run.study, &row["regime"])];
    run.text("regimes", "label", |row| regime(row).label.clone());
    run.value("regimes", "order", |row| 1.0 + run.arm(row) as f64);
    run.text("regimes", "baseline", |row| (row["regime"] == "status_quo").to_string());
    run.text("regimes", "negotiated", |row| (row["regime"] == "negotiated").to_string());
    let events = run.rows("policy_events");
    run.value("regimes", "events", |row| events.iter().filter(|event| event["regime"] == row["regime"]).count() as f64);

    // As tests/market_1995/showdown-1995.toml has them: the list of 16 May, liability, a duty of 100% from 28 June on 13 models.
    run.keys("policy_events", &["regime", "event"], events.len());
    assert!(!events.is_empty());
    let imposed = |row: &Row| row["action"] == "imposed";
    run.text("policy_events", "regime", |_| "imposed".into());
    run.text("policy_events", "instrument", |_| "sanctions".into());
    run.text("policy_events", "kind", |_| "duty".into());
    run.value("policy_events", "models", |_| 13.0);
    run.value("policy_events", "level_before", |_| 0.0);
    run.value("policy_events", "level_after", |row| if imposed(row) { 1.0 } else { 0.0 });
    run.text("policy_events", "level_unit", |_| "fraction".into());
    run.text("policy_events", "level_within", |_| String::new());
    run.text("policy_events", "cars_within", |_| String::new());
    run.text("policy_events", "refund", |_| "false".into());
    let at = |row: &Row| &regime(row).events[row["event"].parse::<usize>().unwrap() - 1];
    run.text("policy_events", "action", |row| at(row).action.as_str().into());
    run.text("policy_events", "date", |row| at(row).date.to_string());
    run.text("policy_events", "label", |row| at(row).label.clone());
    run.value("policy_events", "week", |row| {
        let date: jiff::civil::Date = row["date"].parse().unwrap();
        f64::from(
            (0..1000)
                .find(|week| scenario.start.checked_add(jiff::Span::new().days(7 * week)).unwrap() >= date)
                .unwrap(),
        )
    });
    assert_eq!(
        events.iter().filter(|row| imposed(row)).map(|row| row["date"].as_str()).collect::<Vec<_>>(),
        ["1995-06-28"]
    );

    run.keys("periods", &["period"], layout.periods.len());
    let rows = run.rows("periods");
    let kinds = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    assert_eq!(["horizon", "year", "month", "own"].map(kinds), [1, 2, 25, 1]);
    run.text("periods", "kind", |row| match row["period"].as_str() {
        "all" => "horizon".into(),
        name if name.starts_with("year_") => "year".into(),
        name if name.len() == 7 && name.as_bytes()[4] == b'-' => "month".into(),
        _ => "own".into(),
    });
    let days = |row: &Row| -> i64 {
        let [first, last] = ["first_date", "last_date"].map(|column| row[column].parse::<jiff::civil::Date>().unwrap());
        i64::from(last.since((jiff::Unit::Day, first)).unwrap().get_days()) + 1
    };
    run.text("periods", "first_date", |row| match row["period"].as_str() {
        "all" | "year_1" => scenario.start.to_string(),
        _ => scenario
            .start
            .checked_add(jiff::Span::new().days(7 * number(row, "first_week") as i64))
            .unwrap()
            .to_string(),
    });
    run.value("periods", "weeks", |row| days(row) as f64 / 7.0);
    run.value("periods", "years", |row| days(row) as f64 / 364.0);
    let month_of = |row: &Row, column: &str| row[column][..7].to_owned();
    for row in rows.iter().filter(|row| row["kind"] == "month") {
        assert_eq!(month_of(row, "first_date"), row["period"], "a month starts in itself");
    }
    run.value("periods", "first_week", |row| match row["period"].as_str() {
        "all" | "year_1" => 0.0,
        "year_2" => 52.0,
        _ => number(row, "first_week"),
    });
    assert_eq!(rows.iter().find(|row| row["period"] == "year_2").unwrap()["last_date"], "1996-12-27");
    run.text("periods", "last_date", |row| {
        let first: jiff::civil::Date = row["first_date"].parse().unwrap();
        first.checked_add(jiff::Span::new().days(7 * number(row, "weeks") as i64 - 1)).unwrap().to_string()
    });
    run.text("periods", "reporting", |row| (row["period"] == "year_2").to_string());
}

#[test]
fn prices_and_base_year() {
    let run = small();
    let scenario = run.study.scenario();
    let market = &scenario.market;
    let data = read_csv(&root().join("tests/market_1995/data/models_1994.csv"));
    let datum =
        |row: &Row, column: &str| data.iter().find(|line| line["model"] == row["model"]).unwrap()[column].clone();
    run.keys("base_year", &["model"], market.models.len());
    run.text("base_year", "brand", |row| datum(row, "brand"));
    run.text("base_year", "manufacturer", |row| datum(row, "parent_manufacturer"));
    run.text("base_year", "region", |row| datum(row, "region"));
    run.text("base_year", "flagged", |row| datum(row, "sanctioned"));
    run.value("base_year", "list_price_usd", |row| datum(row, "msrp_usd").parse().unwrap());
    run.value("base_year", "base_volume", |row| datum(row, "base_volume_annual").parse().unwrap());
    run.value("base_year", "margin_usd", |row| {
        number(row, "list_price_usd") - number(row, "duty_usd") - number(row, "marginal_cost_usd")
    });
    let base = run.study.base_year().unwrap();
    let of = |row: &Row| &base.models[run.model(&row["model"])];
    run.value("base_year", "expected_volume", |row| of(row).expected_volume);
    run.value("base_year", "marginal_cost_usd", |row| of(row).marginal_cost_usd);
    run.value("base_year", "own_elasticity", |row| of(row).own_elasticity);
    run.value("base_year", "outside_diversion", |row| of(row).outside_diversion);
    run.value("base_year", "peers_change", |row| {
        base.peers_change.get(run.model(&row["model"])).copied().unwrap_or(f64::NAN)
    });
    let base_duty = |j: usize| run.study.plans().get(scenario.baseline).unwrap().phase(0).duty_usd[j];
    run.value("base_year", "duty_usd", |row| base_duty(run.model(&row["model"])));
    run.value("base_year", "credit_usd", |_| 0.0);
    // Demand that is inverted to the data has the data's volume, but for the sample of buyers that prices are set for.
    let sum = |column: &str| run.rows("base_year").iter().map(|row| number(row, column)).sum::<f64>();
    assert!((sum("expected_volume") / sum("base_volume") - 1.0).abs() < 0.1);
    for row in run.rows("base_year") {
        assert!(number(&row, "own_elasticity") < -1.0 && (0.0..1.0).contains(&number(&row, "outside_diversion")));
    }

    let phase =
        |row: &Row| run.study.plans().get(run.regime(run.arm(row))).unwrap().phase(row["week"].parse().unwrap());
    let j = |row: &Row| run.model(&row["model"]);
    let rows = run.rows("pricing");
    run.keys("pricing", &["regime", "week", "model"], rows.len());
    assert!(rows.iter().all(|row| row["regime"] != "negotiated"));
    run.text("pricing", "week_start", |row| {
        scenario.start.checked_add(jiff::Span::new().days(7 * row["week"].parse::<i64>().unwrap())).unwrap().to_string()
    });
    run.text("pricing", "region", |row| datum(row, "region"));
    run.text("pricing", "flagged", |row| datum(row, "sanctioned"));
    run.value("pricing", "sticker_price_usd", |row| {
        number(row, "price_change_usd") + market.models[j(row)].list_price_usd
    });
    run.value("pricing", "price_change_usd", |row| {
        phase(row).sticker_price_usd[j(row)] - market.models[j(row)].list_price_usd
    });
    run.value("pricing", "price_change", |row| number(row, "price_change_usd") / market.models[j(row)].list_price_usd);
    run.value("pricing", "duty_usd", |row| phase(row).duty_usd[j(row)]);
    run.value("pricing", "producer_price_usd", |row| number(row, "sticker_price_usd") - number(row, "duty_usd"));
    run.value("pricing", "quota_rent_usd", |row| phase(row).quota_rent_usd[j(row)]);
    run.value("pricing", "inspection_usd", |row| phase(row).inspection_usd[j(row)]);
    run.value("pricing", "refund_usd", |row| phase(row).refund_usd[j(row)]);
    run.value("pricing", "rebate_usd", |row| phase(row).rebate_usd[j(row)]);
    run.value("pricing", "incentive_usd", |row| phase(row).incentive_usd[j(row)]);
    run.value("pricing", "pass_through", |row| {
        let change = number(row, "duty_usd") - base_duty(j(row));
        if change == 0.0 { f64::NAN } else { number(row, "price_change_usd") / change }
    });
}

#[test]
fn where_lost_buyers_went() {
    let run = small();
    let scenario = run.study.scenario();
    let market = &scenario.market;
    let data = read_csv(&root().join("tests/market_1995/data/models_1994.csv"));
    let datum =
        |row: &Row, column: &str| data.iter().find(|line| line["model"] == row["model"]).unwrap()[column].clone();
    let j = |row: &Row| run.model(&row["model"]);
    // Where buyers went: gains of one model and regime are all of its losses, in order, and the prices are those of the last taxed week.
    let rows = run.rows("diversion");
    run.keys("diversion", &["regime", "model", "rank"], rows.len());
    run.text("diversion", "brand", |row| datum(row, "brand"));
    run.text("diversion", "gainer_region", |row| {
        let gainer = data.iter().find(|line| line["model"] == row["gainer"]);
        gainer.map_or_else(|| "outside".into(), |line| line["region"].clone())
    });
    let siblings = |row: &Row| -> Vec<&Row> {
        rows.iter().filter(|other| ["regime", "model"].iter().all(|key| other[*key] == row[*key])).collect()
    };
    run.value("diversion", "lost_units", |row| siblings(row).iter().map(|other| number(other, "gained_units")).sum());
    run.value("diversion", "share_of_lost", |row| number(row, "gained_units") / number(row, "lost_units"));
    run.value("diversion", "rank", |row| {
        1.0 + siblings(row).iter().filter(|other| number(other, "gained_units") > number(row, "gained_units")).count()
            as f64
            + siblings(row)
                .iter()
                .filter(|other| {
                    number(other, "gained_units") == number(row, "gained_units")
                        && number(other, "rank") < number(row, "rank")
                })
                .count() as f64
    });
    let options: Vec<String> = market.models.iter().map(|model| model.name.clone()).chain(["outside".into()]).collect();
    run.value("diversion", "gained_units", |row| {
        let option = options.iter().position(|name| *name == row["gainer"]).unwrap();
        let slot = j(row) * options.len() + option;
        let arm = run.arm(row);
        run.outcomes.iter().map(|regimes| regimes[arm].switched[slot]).sum::<f64>() / 4.0
    });
    // Means with their intervals, and of a share that of a ratio of two means (Fieller), from the same choices.
    let regions = &run.study.layout().regions;
    let region_of = |option: usize| market.models.get(option).map_or("outside", |model| &market.regions[model.region]);
    let gains = |row: &Row, models: &[usize], gains: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let arm = run.arm(row);
        let width = options.len();
        let gained = |regimes: &Vec<Outcome>| -> f64 {
            let of_model =
                |j: &usize| (0..width).filter(|o| gains(*o)).map(|o| regimes[arm].switched[j * width + o]).sum::<f64>();
            models.iter().map(of_model).sum()
        };
        run.outcomes.iter().map(gained).collect()
    };
    let is_gainer = |row: &Row, option: usize| options[option] == row["gainer"];
    let t = student::quantile(run.outcomes.len() as u64 - 1, 0.975);
    run.quoted("diversion", "lost_units", |row| gains(row, &[j(row)], &|_| true));
    run.quoted("diversion", "gained_units", |row| gains(row, &[j(row)], &|option| is_gainer(row, option)));
    let mut known = 0;
    for row in &rows {
        let (gained, lost) =
            (gains(row, &[j(row)], &|option| is_gainer(row, option)), gains(row, &[j(row)], &|_| true));
        for (column, expected) in
            ["share_of_lost_ci_low", "share_of_lost_ci_high"].into_iter().zip(fieller(&gained, &lost, t))
        {
            assert!(agree(number(row, column), expected, 1e-6), "{column}: {expected} in {row:?}");
            known += usize::from(expected.is_finite());
        }
    }
    assert!(known > 20, "{known}");
    // By region, and of all models together; the same models and weeks as in the other table.
    let by_region = run.rows("diversion_regions");
    let taxed = |row: &Row| -> Vec<usize> {
        let own = by_region.iter().filter(|other| other["regime"] == row["regime"] && other["model"] != "all");
        let models: std::collections::BTreeSet<usize> = own.map(|other| run.model(&other["model"])).collect();
        if row["model"] == "all" { models.into_iter().collect() } else { vec![run.model(&row["model"])] }
    };
    let pairs: std::collections::BTreeSet<(&str, &str)> =
        by_region.iter().map(|row| (row["regime"].as_str(), row["model"].as_str())).collect();
    run.keys("diversion_regions", &["regime", "model", "gainer_region"], pairs.len() * regions.len());
    for row in rows.iter().filter(|row| row["rank"] == "1") {
        assert!(pairs.contains(&(row["regime"].as_str(), row["model"].as_str())), "{row:?}");
    }
    run.text(
        "diversion_regions",
        "brand",
        |row| if row["model"] == "all" { "all".into() } else { datum(row, "brand") },
    );
    run.text("diversion_regions", "gainer_region", |row| {
        regions.iter().find(|name| **name == row["gainer_region"]).unwrap().clone()
    });
    let in_region = |row: &Row, option: usize| region_of(option) == row["gainer_region"];
    run.quoted("diversion_regions", "lost_units", |row| gains(row, &taxed(row), &|_| true));
    run.quoted("diversion_regions", "gained_units", |row| gains(row, &taxed(row), &|option| in_region(row, option)));
    run.value("diversion_regions", "share_of_lost", |row| number(row, "gained_units") / number(row, "lost_units"));
    for row in &by_region {
        let gained = gains(row, &taxed(row), &|option| in_region(row, option));
        let ends = fieller(&gained, &gains(row, &taxed(row), &|_| true), t);
        for (column, expected) in ["share_of_lost_ci_low", "share_of_lost_ci_high"].into_iter().zip(ends) {
            assert!(agree(number(row, column), expected, 1e-6), "{column}: {expected} in {row:?}");
        }
    }
    run.text("diversion", "gainer", |row| options.iter().find(|name| **name == row["gainer"]).unwrap().clone());
    assert!(rows.iter().any(|row| row["gainer"] == "outside") && rows.iter().any(|row| number(row, "rank") > 5.0));
    let weeks = |row: &Row| {
        let [own, base] =
            [run.regime(run.arm(row)), scenario.baseline].map(|regime| run.study.plans().get(regime).unwrap());
        (0..scenario.weeks as usize)
            .filter(|w| own.phase(*w).sticker_price_usd != base.phase(*w).sticker_price_usd)
            .count()
    };
    let negotiated: Vec<f64> =
        run.rows("replications").iter().map(|row| number(row, "sanctions_weeks")).filter(|w| w.is_finite()).collect();
    run.value(
        "diversion",
        "weeks",
        |row| if row["regime"] == "negotiated" { mean(&negotiated) } else { weeks(row) as f64 },
    );
    run.value("diversion_regions", "weeks", |row| {
        if row["regime"] == "negotiated" { mean(&negotiated) } else { weeks(row) as f64 }
    });
    let last = scenario.weeks as usize - 1;
    run.value("diversion", "price_before_usd", |row| {
        run.study.plans().get(scenario.baseline).unwrap().phase(last).sticker_price_usd[j(row)]
    });
    run.value("diversion", "price_after_usd", |row| {
        run.study.plans().get(run.regime(run.arm(row))).unwrap().phase(last).sticker_price_usd[j(row)]
    });
}

/// Deals by day from the replications that struck them; limits and offers from studies that have one world more each.
#[test]
fn bargaining() {
    let run = small();
    let rows = run.rows("settlement_dates");
    run.keys("settlement_dates", &["regime", "date"], rows.len());
    let replications = run.rows("replications");
    let deadline = jiff::civil::date(1995, 6, 28);
    let struck = |row: &Row| -> Vec<f64> {
        let on = |deal: &&Row| {
            let days = number(deal, "settlement_days");
            days.is_finite()
                && deadline.checked_add(jiff::Span::new().days(days as i64)).unwrap().to_string() == row["date"]
        };
        replications.iter().filter(on).map(|deal| number(deal, "commitment")).collect()
    };
    run.text("settlement_dates", "regime", |_| "negotiated".into());
    run.value("settlement_dates", "deals", |row| struck(row).len() as f64);
    run.value("settlement_dates", "share", |row| struck(row).len() as f64 / 4.0);
    run.value("settlement_dates", "commitment", |row| mean(&struck(row)));
    run.text("settlement_dates", "state", |row| {
        let after = row["date"].as_str() > "1995-06-28";
        let known: &[&str] = if after { &["imposed", "lapsed"] } else { &["talks", "threatened", "announced"] };
        known.iter().find(|state| **state == row["state"]).unwrap_or(&"another").to_string()
    });
    let deals = replications.iter().filter(|row| number(row, "settlement_days").is_finite()).count() as f64;
    assert_eq!(rows.iter().map(|row| number(row, "deals")).sum::<f64>(), deals);

    let folder = tempfile::tempdir().unwrap();
    let offers: Vec<Vec<Row>> = (1..=4)
        .map(|worlds: u32| {
            let out = folder.path().join(worlds.to_string());
            let mut command = Command::new(env!("CARGO_BIN_EXE_stickershock"));
            command.args(["negotiate", "configs/governments-1995.toml", "--quiet", "--no-charts", "--worlds"]);
            let output = command.arg(worlds.to_string()).arg("--out").arg(&out).current_dir(root()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            read_csv(&out.join("tables/offers.csv"))
        })
        .collect();
    let mut many = 0;
    for (at, row) in offers[3].iter().enumerate() {
        let sums: Vec<f64> = offers
            .iter()
            .map(|rows| {
                assert!(["date", "series"].iter().all(|key| rows[at][*key] == row[*key]));
                number(&rows[at], "commitment_mean") * number(&rows[at], "worlds")
            })
            .collect();
        let worlds: Vec<f64> = (0..4).map(|w| sums[w] - if w == 0 { 0.0 } else { sums[w - 1] }).collect();
        assert_eq!(number(row, "worlds"), 4.0);
        for (table, column, p) in [
            ("offers", "commitment_q05", 0.05),
            ("offers", "commitment_q25", 0.25),
            ("offers", "commitment_q50", 0.5),
            ("offers", "commitment_q75", 0.75),
            ("offers", "commitment_q95", 0.95),
        ] {
            // The least world with at least this share of the others at or below it, as near as the cells of the count are wide.
            let mut sorted = worlds.clone();
            sorted.sort_by(f64::total_cmp);
            let (found, expected) = (number(row, column), sorted[f64::ceil(p * 4.0) as usize - 1]);
            assert!((found - expected).abs() <= 1.0 / 500.0, "{table}.{column}: {found}, not {expected}: {row:?}");
            many += usize::from(found > 0.0);
        }
        assert!((number(row, "commitment_mean") - mean(&worlds)).abs() < 1e-12);
    }
    assert!(many > 100, "{many}");
}

/// Columns that are left to others, and why.
const ELSEWHERE: [(&str, &str); 6] = [
    ("solve", "matrices, compared cell by cell with those of other programs in cases.rs"),
    ("calibrate", "calibration.rs"),
    ("negotiate", "those of a run are above; signs.csv in governments.rs"),
    ("negotiation", "by the names of its metrics in governments.rs; here against replications.csv"),
    ("pass_through", "its three numbers in model/trade/chain.rs"),
    ("stopping", "stopping.rs"),
];

/// Every column of a run in `tests/golden/columns.txt` is named in a check above, beside its table.
#[test]
fn a_column_that_no_test_names() {
    let source = [
        include_str!("columns.rs"),
        include_str!("columns_accounts.rs"),
        include_str!("columns_in_time.rs"),
        include_str!("columns_own.rs"),
    ]
    .join(" ");
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let golden = std::fs::read_to_string(root().join("tests/golden/columns.txt")).unwrap();
    let statistics = ["_mean", "_std_error", "_q05", "_q25", "_q50", "_q75", "_q95", "_change", "_change_std_error"];
    let statistics = [&statistics[..], &["_ci_low", "_ci_high"]].concat();
    let mut missing = Vec::new();
    let mut checked = 0;
    for line in golden.lines() {
        let (place, columns) = line.split_once(": ").unwrap();
        let (command, file) = place.split_once(' ').unwrap();
        let Some(table) = file.strip_prefix("tables/").and_then(|name| name.strip_suffix(".csv")) else { continue };
        if ELSEWHERE.iter().any(|(known, _)| *known == command || *known == table)
            || table == "replications"
            || table == "offers"
        {
            continue;
        }
        for column in columns.split(',') {
            let stems = statistics.iter().filter_map(|suffix| column.strip_suffix(suffix));
            let named = |stem: &str| source.contains(&format!("\"{table}\", \"{stem}\""));
            let is_key = source
                .split(&format!("\"{table}\", &["))
                .skip(1)
                .any(|rest| rest.split(']').next().is_some_and(|keys| keys.contains(&format!("\"{column}\""))));
            checked += 1;
            if !(named(column) || is_key || stems.into_iter().any(named)) {
                missing.push(format!("{table}.{column}"));
            }
        }
    }
    assert!(checked > 300, "{checked}");
    assert!(missing.is_empty(), "no test names {missing:?}");
}
