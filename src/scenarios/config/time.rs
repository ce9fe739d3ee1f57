//! The horizon and the stretches of it that are reported: `[time]` and `[[period]]`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::error::ConfigError;
use super::reader::Reader;
use super::sourced::Sourced;
use crate::model::outcome::{Period, PeriodKind};
use crate::numerics::calendar::Day;
use crate::numerics::elementary::{exp, ln};

/// Years in which a horizon may begin.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2500;
/// Most periods of its own that a file names.
pub(super) const MAX_PERIODS: u64 = 1_000;
/// Longest horizon: 100 years of weeks.
pub(super) const MAX_WEEKS: u32 = 5_200;

/// The horizon.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSection {
    /// First day of week 0.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub start: Date,
    /// Number of weeks.
    pub weeks: u32,
    /// Growth of purchase events a year, from the base year's level in the first week; 0 if absent.
    #[serde(default)]
    pub trend: Option<Sourced<f64>>,
    /// Factors on purchase events in the twelve calendar months, January first, with mean 1; none if absent.
    #[serde(default)]
    pub season: Vec<f64>,
    /// Factors on purchase events in single months of the horizon, such as `"2025-03" = 1.1`, on top of trend and season; none if absent.
    #[serde(default)]
    pub by_month: BTreeMap<String, Sourced<f64>>,
}

/// A named stretch of time.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodSection {
    /// Name in tables.
    pub name: String,
    /// First day; the period begins with the first week that starts on or after it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub from: Date,
    /// The day after the last.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub to: Date,
}

/// The weeks that are simulated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    /// First day of week 0.
    pub start: Date,
    /// Number of weeks.
    pub weeks: u32,
}

impl Horizon {
    /// Checks the section.
    pub fn new(reader: &Reader<'_>, section: &TimeSection) -> Result<Self, ConfigError> {
        let year = section.start.year();
        if !YEARS.contains(&year) {
            let (first, last) = (YEARS.start(), YEARS.end());
            let message = format!("is {}, expected a day of the years {first} to {last}", section.start);
            return Err(reader.error("time.start", message, "write a date such as 1995-06-28"));
        }
        let weeks = reader.count("time.weeks", section.weeks.into(), 1, MAX_WEEKS.into(), "")? as u32;
        Ok(Self { start: section.start, weeks })
    }

    /// Factor of trend and season on purchase events, by week; empty where there is neither.
    pub fn traffic(self, reader: &Reader<'_>, section: &TimeSection) -> Result<Vec<f64>, ConfigError> {
        let (key, season) = ("time.season", &section.season);
        if !matches!(season.len(), 0 | 12) {
            let message = format!("has {} numbers", season.len());
            return Err(reader.error(key, message, "give one for each month, January first, or none"));
        }
        for (month, factor) in season.iter().enumerate() {
            let expected = "a factor above 0 and at most 10";
            reader.number(&format!("{key}[{month}]"), *factor, |x| x > 0.0 && x <= 10.0, expected)?;
        }
        let mean = season.iter().sum::<f64>() / 12.0;
        if !season.is_empty() && (mean - 1.0).abs() > 0.005 {
            let help = format!("divide each by {mean:.4}, so that a year has the events of a year");
            return Err(reader.error(key, format!("has the mean {mean:.4}, expected 1"), help));
        }
        let growth = match &section.trend {
            Some(trend) => {
                let expected = "growth a year between -0.5 and 1: 0.03 is 3%";
                reader.number("time.trend", trend.value, |x| (-0.5..=1.0).contains(&x), expected)?
            }
            None => 0.0,
        };
        let simulated: BTreeSet<String> = (0..self.weeks).map(|week| self.month(week)).collect();
        for (month, factor) in &section.by_month {
            let key = format!("time.by_month.{month}");
            if !simulated.contains(month) {
                let message = "is no month of the horizon, written YYYY-MM";
                return Err(reader.error(&key, message, self.help()));
            }
            reader.number(&key, factor.value, |x| x > 0.0 && x <= 10.0, "a factor above 0 and at most 10")?;
        }
        if season.is_empty() && growth == 0.0 && section.by_month.is_empty() {
            return Ok(Vec::new());
        }
        let weekly = ln(1.0 + growth) / 52.0;
        let of_month = |week: u32| {
            let own = section.by_month.get(&self.month(week)).map_or(1.0, |factor| factor.value);
            own * season.get(self.first_day(week).month() as usize - 1).map_or(1.0, |own| own / mean)
        };
        Ok((0..self.weeks).map(|week| exp(weekly * f64::from(week)) * of_month(week)).collect())
    }

    /// The calendar month in which a week starts, as YYYY-MM.
    fn month(self, week: u32) -> String {
        self.first_day(week).strftime("%Y-%m").to_string()
    }

    /// The first week that starts on or after a date; negative before the horizon.
    pub fn week_of(self, date: Date) -> i64 {
        i64::from(Day::of(self.start).week_from(Day::of(date)))
    }

    /// The same, if it is one of the horizon's.
    pub fn week_within(self, date: Date) -> Option<u32> {
        u32::try_from(self.week_of(date)).ok().filter(|week| *week < self.weeks)
    }

    /// First day of a week.
    pub fn first_day(self, week: u32) -> Date {
        Day::of(self.start).week_start(week).date()
    }

    /// What a reader is told of dates outside.
    pub fn help(self) -> String {
        let end = (Day::of(self.start).week_start(self.weeks) + -1).date();
        format!("the horizon runs from {} to {end} ({} weeks)", self.start, self.weeks)
    }
}

/// The periods that are reported: the whole horizon, its years, its months where they are asked for, and those that the file names.
pub(super) fn periods(
    reader: &Reader<'_>,
    horizon: Horizon,
    monthly: bool,
    sections: &[PeriodSection],
) -> Result<Vec<Period>, ConfigError> {
    let weeks = horizon.weeks;
    let mut periods = vec![Period { name: "all".into(), kind: PeriodKind::Horizon, from: 0, to: weeks }];
    let years = (0..weeks).step_by(52).enumerate().map(|(year, from)| Period {
        name: format!("year_{}", year + 1),
        kind: PeriodKind::Year,
        from,
        to: weeks.min(from + 52),
    });
    periods.extend(years);
    if monthly {
        periods.extend(months(horizon));
    }
    for (i, section) in sections.iter().enumerate() {
        let key = format!("period[{i}]");
        if periods.iter().any(|known| known.name == section.name) {
            let message = format!("the period `{}` exists already", section.name);
            return Err(reader.error(
                &format!("{key}.name"),
                message,
                "choose another name; `all`, `year_N` and months are given",
            ));
        }
        let (from, to) = (horizon.week_of(section.from), horizon.week_of(section.to));
        if from < 0 || to > i64::from(weeks) || from >= to {
            let message = format!("runs from {} to {}, outside the horizon or empty", section.from, section.to);
            return Err(reader.error(&format!("{key}.from"), message, horizon.help()));
        }
        let kind = PeriodKind::Own;
        periods.push(Period { name: section.name.clone(), kind, from: from as u32, to: to as u32 });
    }
    Ok(periods)
}

/// Calendar months as periods: a month is the weeks that start in it.
fn months(horizon: Horizon) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for week in 0..horizon.weeks {
        let month = horizon.month(week);
        match periods.last_mut().filter(|period| period.name == month) {
            Some(period) => period.to = week + 1,
            None => periods.push(Period { name: month, kind: PeriodKind::Month, from: week, to: week + 1 }),
        }
    }
    periods
}
