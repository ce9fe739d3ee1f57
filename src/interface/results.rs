//! What a study found.

use jiff::civil::Date;

use super::error::Error;
use crate::report::build::Report;
use crate::report::rows::Summary;
use crate::report::study::tables;
use crate::study::{Arm, Finished};

/// The results of a study: levels under every regime, and changes from the baseline in the same simulated worlds.
#[derive(Clone, Debug)]
pub struct Results {
    finished: Finished,
    failures: Vec<Failure>,
}

/// A job that left no outcome; its replication is left out of all results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The regime.
    pub regime: String,
    /// Number of the replication, from 0.
    pub replication: u64,
    /// What went wrong.
    pub reason: String,
}

/// A car model under a regime, over the reporting period.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelResult {
    /// Name of the model.
    pub name: String,
    /// Brand on the badge.
    pub brand: String,
    /// Manufacturer that sets the price.
    pub manufacturer: String,
    /// Region of the badge.
    pub region: String,
    /// Whether it carries the scenario's headline flag.
    pub flagged: bool,
    /// Cars sold, drawn choices.
    pub units: Summary,
    /// Cars sold, summed choice probabilities.
    pub expected_units: Summary,
    /// Sticker price, duty included, USD.
    pub sticker_price_usd: Summary,
    /// Duty owed, USD.
    pub duty_usd: Summary,
    /// What makers and dealers kept, USD.
    pub producer_revenue_usd: Summary,
}

impl Results {
    pub(super) fn of(finished: Finished, failures: Vec<Failure>) -> Self {
        Self { finished, failures }
    }

    /// Replications with results.
    #[must_use]
    pub fn replications(&self) -> u64 {
        self.finished.results.replications()
    }
    /// Names of the regimes that ran, in the order of the scenario.
    #[must_use]
    pub fn regimes(&self) -> Vec<&str> {
        let regimes = &self.finished.study.scenario().regimes;
        self.finished.regimes.iter().map(|regime| regimes[*regime].name.as_str()).collect()
    }
    /// The reporting period (`outputs.period`; the whole horizon if the scenario names none): its name, first and last day.
    #[must_use]
    pub fn period(&self) -> (&str, Date, Date) {
        let scenario = self.finished.study.scenario();
        let period = scenario.reporting_period();
        let [first, last] = scenario.dates(period);
        (&period.name, first, last)
    }
    /// Jobs that left no outcome.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    fn arm(&self, regime: &str) -> Result<Arm, Error> {
        let known = self.regimes();
        let found = known.iter().position(|name| *name == regime);
        found.map(Arm).ok_or_else(|| {
            let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
            Error::unknown("regime with results", regime, &known)
        })
    }

    /// Every model under a regime over the reporting period, in the order of the data.
    ///
    /// # Errors
    /// [`Error`] naming the regimes that ran, if this is none of them.
    pub fn models(&self, regime: &str) -> Result<Vec<ModelResult>, Error> {
        self.arm(regime)?;
        let period = self.period().0;
        let rows = Report::of(&self.finished).models().into_iter();
        let rows = rows.filter(|row| row.regime == regime && row.period == period);
        Ok(rows
            .map(|row| ModelResult {
                name: row.model,
                brand: row.brand,
                manufacturer: row.manufacturer,
                region: row.region,
                flagged: row.flagged,
                units: row.units,
                expected_units: row.expected_units,
                sticker_price_usd: row.sticker_price_usd,
                duty_usd: row.duty_usd,
                producer_revenue_usd: row.producer_revenue_usd,
            })
            .collect())
    }

    /// Names of the headline metrics.
    #[must_use]
    pub fn headlines(&self) -> &[String] {
        &self.finished.study.layout().headlines
    }

    /// A headline metric under a regime over the reporting period, such as `units_all` or `duty_usd`.
    ///
    /// # Errors
    /// [`Error`] naming the metrics or the regimes that there are.
    pub fn headline(&self, metric: &str, regime: &str) -> Result<Summary, Error> {
        let arm = self.arm(regime)?;
        let known = self.headlines();
        let found = known.iter().position(|name| name == metric);
        let metric = found.ok_or_else(|| Error::unknown("headline metric", metric, known))?;
        let slot = self.finished.study.layout().headline(metric, self.finished.study.scenario().outputs.period);
        Ok(Report::of(&self.finished).summary(arm, slot))
    }

    /// Names of the tables, those of a run's folder.
    #[must_use]
    pub fn tables(&self) -> Vec<&'static str> {
        tables(&self.finished).iter().map(|table| table.name).collect()
    }

    /// A table as comma-separated values, with its header; nothing where the study has no such rows.
    ///
    /// # Errors
    /// [`Error`] naming the tables that there are, if this is none of them.
    pub fn table(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let tables = tables(&self.finished);
        let Some(table) = tables.iter().find(|table| table.name == name) else {
            let known: Vec<String> = tables.iter().map(|table| table.name.to_owned()).collect();
            return Err(Error::unknown("table", name, &known));
        };
        Ok(table.make()?.map(|table| table.csv))
    }

    /// Names of the charts, those of a run's folder; some of them may have nothing to show.
    #[cfg(feature = "charts")]
    #[must_use]
    pub fn charts(&self) -> Vec<String> {
        let drawing = crate::report::draw::Drawing::of(&self.finished);
        drawing.charts().into_iter().map(|chart| chart.name).collect()
    }

    /// A chart as SVG; nothing where it has nothing to show.
    ///
    /// # Errors
    /// [`Error`] naming the charts that there are, if this is none of them.
    #[cfg(feature = "charts")]
    pub fn chart(&self, name: &str) -> Result<Option<String>, Error> {
        let drawing = crate::report::draw::Drawing::of(&self.finished);
        let charts = drawing.charts();
        let Some(chart) = charts.iter().find(|chart| chart.name == name) else {
            let known: Vec<String> = charts.iter().map(|chart| chart.name.clone()).collect();
            return Err(Error::unknown("chart", name, &known));
        };
        Ok(chart.draw()?.map(|svg| svg.as_str().to_owned()))
    }
}
