//! The bargaining of one regime, ready for tables and charts.

use super::negotiation::{OffersRow, RegimeMetricRow, SettlementDateRow};
use crate::model::governments::Setup;
use crate::study::Study;
use crate::study::negotiation::Metric;
use crate::study::offers::{negotiate_with_dates, offers};

/// One regime's bargaining over worlds.
#[derive(Clone, Debug, PartialEq)]
pub struct Bargain {
    /// Regime name.
    pub regime: String,
    /// Outcomes.
    pub metrics: Vec<Metric>,
    /// Limits and offers up to the deadline.
    pub offers: Vec<OffersRow>,
    /// Dates of the deals.
    pub dates: Vec<SettlementDateRow>,
}

impl Bargain {
    /// Runs `worlds` worlds of the governments of a regime on the current threads.
    #[must_use]
    pub fn of(regime: &str, setup: &Setup, seed: u64, worlds: u64) -> Self {
        let (sums, dates) = negotiate_with_dates(setup, seed, worlds);
        Self {
            regime: regime.to_owned(),
            metrics: sums.metrics(),
            offers: offers(setup, seed, worlds).iter().map(|offers| OffersRow::new(regime, offers)).collect(),
            dates: dates.days().iter().map(|deals| SettlementDateRow::new(regime, deals)).collect(),
        }
    }

    /// Those of a study's negotiated regimes among `regimes`, in the worlds of its first `replications` replications: a world
    /// depends on its number alone, so these are the very worlds that the market was run under.
    #[must_use]
    pub fn of_study(study: &Study, regimes: &[usize], replications: u64) -> Vec<Self> {
        let scenario = study.scenario();
        regimes
            .iter()
            .filter_map(|regime| Some((&scenario.regimes[*regime].name, study.negotiated(*regime)?)))
            .map(|(name, negotiated)| Self::of(name, &negotiated.setup, scenario.seed, replications))
            .collect()
    }

    /// Mean of a metric; NaN where no world has it.
    #[must_use]
    pub fn mean(&self, metric: &str) -> f64 {
        self.metrics.iter().find(|known| known.name == metric).map_or(f64::NAN, |known| known.mean)
    }

    /// Its metrics as rows of a run's table.
    pub fn metric_rows(&self) -> impl Iterator<Item = RegimeMetricRow> + '_ {
        self.metrics.iter().map(|metric| RegimeMetricRow { outcome: metric.into(), regime: self.regime.clone() })
    }

    /// What the charts say of it.
    #[cfg(feature = "charts")]
    #[must_use]
    pub fn caption(&self, scenario: &str, label: &str, setup: &Setup, seed: u64) -> super::charts::bargaining::Caption {
        let calendar = &setup.calendar;
        let steps = [(calendar.open_threat, "open threat"), (calendar.list, "list"), (calendar.deadline, "deadline")];
        super::charts::bargaining::Caption {
            scenario: scenario.to_owned(),
            regime: label.to_owned(),
            deadline: calendar.deadline.date(),
            steps: steps.into_iter().map(|(day, label)| (day.date(), label.to_owned())).collect(),
            worlds: self.offers.first().map_or(0, |row| row.worlds),
            seed,
            outcomes: ["settled_by_deadline", "imposed", "lapsed"].map(|metric| self.mean(metric)),
        }
    }
}
