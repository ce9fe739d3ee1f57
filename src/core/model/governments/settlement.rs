//! What a settlement brings, and the quarterly reviews that judge it.
//!
//! Effort fades, e(t) = e0 exp(-t) with t the years since signing, and acts in proportion to the size of the deal,
//! s = x / 0.5. Month by month, with E the exchange rate, the partner's currency per dollar:
//!
//! ```text
//! dealers      ~ Poisson(200 s e (84.6/E) / 12)
//! d ln sales   = 0.32 s e dt           - 1.5 d ln E(t - 1 year)  + 0.05 dW
//! d ln parts   = (0.08 + 0.135 s e) dt - 0.2 d ln E(t - 1 year)  + 0.02 dW
//! d ln output  = (0.03 + 0.05 s e + 0.15 ln(100 / E(t - 2 years))) dt + 0.02 dW
//! ```
//!
//! A month's effort is that of its middle. Parts are billion USD a year; sales and transplant output are indexes. A review
//! scores each result against its target path, cut to [-0.5, 1.5]; two failures in a row may bring the threat back.

use super::calendar::{Calendar, ExchangePath, MONTHS, address};
use super::parameters::Parameters;
use super::reservation::Form;
use crate::model::streams::{Purpose, Streams};
use crate::numerics::calendar::{DAYS_PER_YEAR, Day, month_number, month_start};
use crate::numerics::elementary::{exp, ln};
use crate::numerics::normal;

/// Scores are cut to this range before they are weighted.
const SCORE_RANGE: [f64; 2] = [-0.5, 1.5];
const DAYS_PER_QUARTER: f64 = DAYS_PER_YEAR / 4.0;

/// A signed text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settlement {
    /// The day of signing.
    pub signed: Day,
    /// Size x of the commitment, 0 to 1.
    pub commitment: f64,
    /// Form of the text.
    pub form: Form,
}

/// Streams of [`Purpose::SettlementResult`].
#[derive(Clone, Copy)]
enum Series {
    Effort = 0,
    Dealers = 1,
    Sales = 2,
    Parts = 3,
    Transplants = 4,
}

/// What a settlement adds to the trade of one month, against the same world without it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MonthlyTrade {
    /// The month, as [`month_number`] counts.
    pub month: i32,
    /// Purchases of parts from the home country, billion USD.
    pub parts: f64,
    /// Home makers' sales in the partner's market, billion USD.
    pub home_exports: f64,
    /// Output of the partner's makers in the home country, a fraction of that without the settlement.
    pub transplants: f64,
}

/// Monthly results over [`MONTHS`] months from January of the year after talks begin.
#[derive(Clone, Debug, PartialEq)]
pub struct DealResults {
    settlement: Settlement,
    talks_begin: Day,
    first_month: i32,
    signed_month: i32,
    dealers: [f64; MONTHS],
    sales: [f64; MONTHS],
    parts: [f64; MONTHS],
    transplants: [f64; MONTHS],
}

impl DealResults {
    /// The results of a settlement in one world.
    #[must_use]
    pub fn follow(
        p: &Parameters,
        calendar: &Calendar,
        rates: &ExchangePath,
        streams: &Streams,
        settlement: Settlement,
    ) -> Self {
        let scale = settlement.commitment / p.reference_commitment;
        let draw =
            |series: Series, index: u64| streams.at(Purpose::SettlementResult, series as u64, index).uniform_open();
        // A month's address in the streams counts from January of the year in which talks begin.
        let address = |at: usize| at as u64 + 12;
        let shock = |series: Series, at: usize| normal::quantile(draw(series, address(at)));
        let spread = p.effort_log_sd;
        let first_effort = exp(spread * normal::quantile(draw(Series::Effort, 0)) - 0.5 * spread * spread);
        let root_month = (1.0_f64 / 12.0).sqrt();
        let mut results = Self {
            settlement,
            talks_begin: calendar.start,
            first_month: calendar.first_month(),
            signed_month: month_number(settlement.signed.date()),
            dealers: [0.0; MONTHS],
            sales: [0.0; MONTHS],
            parts: [0.0; MONTHS],
            transplants: [0.0; MONTHS],
        };
        let (mut sales, mut parts, mut transplants) = (0.0, 0.0, 0.0);
        for at in 0..MONTHS {
            let month = results.first_month + at as i32;
            let middle = month_start(month) + 14;
            let years = middle.years_since(settlement.signed);
            let effort = if years < 0.0 { 0.0 } else { scale * first_effort * exp(-p.effort_decay * years) };
            let lagged_move = ln(rates.in_month(month - 12) / rates.in_month(month - 13));
            let rate = p.dealers_rate * effort * (p.dealers_par / rates.in_month(month)) / 12.0;
            sales += p.sales_effort * effort / 12.0 - p.sales_exchange_elasticity * lagged_move
                + p.sales_sd * root_month * shock(Series::Sales, at);
            parts += (p.parts_trend + p.parts_effort * effort) / 12.0 - p.parts_exchange_elasticity * lagged_move
                + p.parts_sd * root_month * shock(Series::Parts, at);
            let strength = ln(p.cheap_parts_par / rates.in_month(month - 24));
            transplants +=
                (p.transplants_trend + p.transplants_effort * effort + p.transplants_exchange_slope * strength) / 12.0
                    + p.transplants_sd * root_month * shock(Series::Transplants, at);
            results.dealers[at] = poisson(rate, draw(Series::Dealers, address(at)));
            (results.sales[at], results.parts[at], results.transplants[at]) =
                (exp(sales), exp(parts), exp(transplants));
        }
        let base = results.mean(&results.parts, calendar.base_month(), 12);
        results.parts.iter_mut().for_each(|level| *level *= p.parts_base / base);
        results
    }

    /// What a settlement adds to trade, month by month from the month of signing on: its results less those of the
    /// same world without effort, with the same exchange rate and the same draws.
    #[must_use]
    pub fn trade_effects(
        p: &Parameters,
        calendar: &Calendar,
        rates: &ExchangePath,
        streams: &Streams,
        settlement: Settlement,
    ) -> Vec<MonthlyTrade> {
        let with = Self::follow(p, calendar, rates, streams, settlement);
        let without = Self::follow(p, calendar, rates, streams, Settlement { commitment: 0.0, ..settlement });
        // Sales are an index: its mean over the base year is the base, as for parts.
        let base = |results: &Self| results.mean(&results.sales, calendar.base_month(), 12);
        let exports = |results: &Self, at: usize| p.sales_base * results.sales[at] / base(&without) / 12.0;
        let from = usize::try_from(with.signed_month - with.first_month).unwrap_or(0);
        (from..MONTHS)
            .map(|at| MonthlyTrade {
                month: with.first_month + at as i32,
                parts: (with.parts[at] - without.parts[at]) / 12.0,
                home_exports: exports(&with, at) - exports(&without, at),
                transplants: with.transplants[at] / without.transplants[at] - 1.0,
            })
            .collect()
    }

    /// Mean over `months` months from `first`; not a number where some of them are not followed.
    fn mean(&self, series: &[f64; MONTHS], first: i32, months: usize) -> f64 {
        let from = usize::try_from(first - self.first_month).unwrap_or(MONTHS);
        series.get(from..from + months).map_or(f64::NAN, |months| months.iter().sum::<f64>() / months.len() as f64)
    }

    /// New dealers in the `year`-th year after the month of signing, from 1.
    #[must_use]
    pub fn dealers_in_year(&self, year: i32) -> f64 {
        let first = self.signed_month + 12 * (year - 1) + 1;
        (first..first + 12).map(|month| self.monthly(&self.dealers, month).unwrap_or(0.0)).sum()
    }

    /// Growth of home makers' sales in the partner's market in the calendar year after the deal, on the year of the deal.
    #[must_use]
    pub fn sales_growth_year_one(&self) -> f64 {
        self.growth(&self.sales, 1, 12)
    }
    /// The same a year later, January to August on the same months.
    #[must_use]
    pub fn sales_growth_year_two(&self) -> f64 {
        self.growth(&self.sales, 2, 8)
    }
    /// Growth of parts purchases in the calendar year after the deal, on the year of the deal.
    #[must_use]
    pub fn parts_growth_year_one(&self) -> f64 {
        self.growth(&self.parts, 1, 12)
    }
    /// Parts purchases in the last twelve months followed, billion USD.
    #[must_use]
    pub fn parts_last_year(&self) -> f64 {
        self.mean(&self.parts, self.first_month + MONTHS as i32 - 12, 12)
    }

    /// Growth in the `year`-th calendar year after that of the deal, over its first `months` months.
    fn growth(&self, series: &[f64; MONTHS], year: i32, months: usize) -> f64 {
        let january = self.signed_month.div_euclid(12) * 12;
        let of = |year| self.mean(series, january + 12 * year, months);
        of(year) / of(year - 1) - 1.0
    }

    fn monthly(&self, series: &[f64; MONTHS], month: i32) -> Option<f64> {
        series.get(usize::try_from(month - self.first_month).ok()?).copied()
    }

    /// Score of the review held `quarter` quarters after signing, from 1; none beyond the months followed.
    #[must_use]
    pub fn score(&self, p: &Parameters, quarter: i32) -> Option<f64> {
        let month = self.signed_month + 3 * quarter;
        let years = f64::from(quarter) / 4.0;
        // Parts are measured from the base year, as the makers' plans are; the others from the month of signing.
        let parts = self.monthly(&self.parts, month)? / p.parts_base - 1.0;
        let growth = |series| {
            let base = self.monthly(series, self.signed_month)?;
            Some(self.monthly(series, month)? / base - 1.0)
        };
        let opened: f64 =
            (self.signed_month + 1..=month).map(|month| self.monthly(&self.dealers, month).unwrap_or(0.0)).sum();
        let cut = |progress: f64| progress.clamp(SCORE_RANGE[0], SCORE_RANGE[1]);
        let parts = parts / (p.target_parts * years / 3.0);
        let sales = growth(&self.sales)? / (p.target_sales * years);
        let transplants = growth(&self.transplants)? / (p.target_transplants * years / 3.0);
        Some(
            p.score_parts * cut(parts)
                + p.score_dealers * cut(opened / (p.target_dealers * years))
                + p.score_sales * cut(sales)
                + p.score_transplants * cut(transplants),
        )
    }

    /// The day of the review `quarter` quarters after signing.
    #[must_use]
    pub fn review_day(&self, quarter: i32) -> Day {
        self.settlement.signed + (f64::from(quarter) * DAYS_PER_QUARTER).round() as i32
    }

    /// The reviews up to `last`: day and score.
    pub fn reviews<'a>(&'a self, p: &'a Parameters, last: Day) -> impl Iterator<Item = (Day, f64)> + 'a {
        (1..)
            .map(|quarter| (self.review_day(quarter), self.score(p, quarter)))
            .take_while(move |(day, score)| *day <= last && score.is_some())
            .filter_map(|(day, score)| Some((day, score?)))
    }

    /// The first review, up to `last`, at which the threat is brought back: two failures in a row, and a draw against
    /// credibility times the enforcement of the text's form.
    #[must_use]
    pub fn reinstatement(&self, p: &Parameters, streams: &Streams, credibility: f64, last: Day) -> Option<Day> {
        let probability = credibility * enforcement(p, self.settlement.form);
        let mut failed_before = false;
        for (day, score) in self.reviews(p, last) {
            let failed = score < p.pass_score;
            if failed && failed_before {
                let u = streams.at(Purpose::SettlementReview, 0, address(day, self.talks_begin)).uniform_open();
                if u < probability {
                    return Some(day);
                }
            }
            failed_before = failed;
        }
        None
    }
}

/// How far a form of text binds: the share of credibility with which two failed reviews bring the threat back.
#[must_use]
pub fn enforcement(p: &Parameters, form: Form) -> f64 {
    match form {
        Form::Targets => p.enforcement_targets,
        Form::Criteria => p.enforcement_criteria,
        Form::Plans => p.enforcement_plans,
    }
}

/// A Poisson count by inversion of one uniform draw; above a mean of 500 the rounded normal quantile.
fn poisson(mean: f64, u: f64) -> f64 {
    if mean > 500.0 {
        return (mean + mean.sqrt() * normal::quantile(u)).round().max(0.0);
    }
    let mut probability = exp(-mean);
    let (mut below, mut count) = (probability, 0.0);
    // Rounding may leave the sum just below one: no mean up to 500 reaches a count of 1,000.
    while below < u && count < 1000.0 {
        count += 1.0;
        probability *= mean / count;
        below += probability;
    }
    count
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::governments::fixtures::{calendar, parameters};

    fn history() -> Settlement {
        Settlement { signed: Day::of(date(1995, 6, 28)), commitment: 0.5, form: Form::Plans }
    }

    #[test]
    fn poisson_counts_have_their_mean_and_variance() {
        for mean in [0.0, 0.3, 17.0, 600.0] {
            let n = 20_000;
            let draws: Vec<f64> = (0..n).map(|i| poisson(mean, (f64::from(i) + 0.5) / f64::from(n))).collect();
            let m = draws.iter().sum::<f64>() / f64::from(n);
            let v = draws.iter().map(|x| (x - m).powi(2)).sum::<f64>() / f64::from(n);
            assert!((m - mean).abs() <= 0.002 * mean, "{mean}: {m}");
            assert!((v - mean).abs() <= 0.01 * mean, "{mean}: {v}");
        }
    }

    /// No effort, no noise, a constant rate at par: trends and nothing else.
    #[test]
    fn without_a_deal_and_noise_only_trends_remain() {
        let p = Parameters { sales_sd: 0.0, parts_sd: 0.0, transplants_sd: 0.0, ..parameters() };
        let rates = ExchangePath::constant(100.0).unwrap();
        let results = DealResults::follow(
            &p,
            &calendar(),
            &rates,
            &Streams::new(1, 1),
            Settlement { commitment: 0.0, ..history() },
        );
        assert_eq!(results.dealers_in_year(1), 0.0);
        assert!(results.sales_growth_year_one().abs() < 1e-12);
        assert!((results.parts_growth_year_one() - (0.08_f64.exp() - 1.0)).abs() < 1e-12);
        assert!((results.parts_last_year() - 18.42 * (0.08_f64 * 4.0).exp()).abs() < 1e-9);
        // Trends alone, a year after June 1995: parts 8% a year on the mean of April 1994 to March 1995, transplants 3%.
        let score = results.score(&p, 4).unwrap();
        let monthly_growth: f64 = (0..12).map(|m| (0.08 * f64::from(m) / 12.0_f64).exp()).sum::<f64>() / 12.0;
        let parts = (0.08 * 26.0 / 12.0_f64).exp() / monthly_growth - 1.0;
        let expected = 0.4 * parts / (0.5 / 3.0) + 0.1 * (0.03_f64.exp() - 1.0) / 0.04;
        assert!((score - expected).abs() < 1e-12, "{score}, expected {expected}");
    }

    /// The deal of June 1995 adds some 1.84 billion USD of parts and 0.2 of exports in 1996, and nothing if it obliges to
    /// nothing. The standard error of the parts over 500 worlds is about 0.02.
    #[test]
    fn a_settlement_adds_to_trade_from_its_month_on() {
        let p = parameters();
        let rates = ExchangePath::constant(84.6).unwrap();
        let worlds = 500;
        let (mut parts, mut exports) = (0.0, 0.0);
        for world in 0..worlds {
            let streams = Streams::new(1, world);
            let effects = DealResults::trade_effects(&p, &calendar(), &rates, &streams, history());
            assert_eq!((effects[0].month, effects.len()), (month_number(date(1995, 6, 1)), 46));
            for month in effects.iter().filter(|month| month.month.div_euclid(12) == 1996) {
                parts += month.parts / worlds as f64;
                exports += month.home_exports / worlds as f64;
                assert!(month.parts > 0.0 && month.home_exports > 0.0 && month.transplants > 0.0);
            }
            let nothing = Settlement { commitment: 0.0, ..history() };
            for month in DealResults::trade_effects(&p, &calendar(), &rates, &streams, nothing) {
                assert_eq!((month.parts, month.home_exports, month.transplants), (0.0, 0.0, 0.0));
            }
        }
        assert!((parts - 1.84).abs() < 0.12, "parts {parts}");
        assert!((exports - 0.2).abs() < 0.06, "exports {exports}");
    }

    #[test]
    fn reviews_stop_at_the_last_day_and_at_the_end_of_the_results() {
        let p = parameters();
        let rates = ExchangePath::constant(90.0).unwrap();
        let results = DealResults::follow(&p, &calendar(), &rates, &Streams::new(1, 1), history());
        assert_eq!(results.reviews(&p, Day::of(date(1998, 6, 29))).count(), 12);
        assert_eq!(results.reviews(&p, Day(100_000)).count(), 15);
    }

    #[test]
    fn binding_texts_that_fail_bring_the_threat_back_and_plans_that_bind_nothing_do_not() {
        let p = Parameters { pass_score: 100.0, enforcement_plans: 0.0, ..parameters() };
        let rates = ExchangePath::constant(90.0).unwrap();
        let last = Day::of(date(1998, 6, 24));
        let streams = Streams::new(3, 1);
        let with = |form| {
            let results = DealResults::follow(&p, &calendar(), &rates, &streams, Settlement { form, ..history() });
            results.reinstatement(&p, &streams, 1.0, last)
        };
        let second_review = history().signed + 183;
        assert_eq!(with(Form::Targets), Some(second_review));
        assert_eq!(with(Form::Plans), None);
    }
}
