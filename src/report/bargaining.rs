//! The bargaining of one regime, ready for tables and charts.

use super::negotiation::{OffersRow, RegimeMetricRow, SettlementDateRow};
#[cfg(feature = "charts")]
use crate::config::figures::Figures;
#[cfg(feature = "charts")]
use crate::model::governments::Setup;
#[cfg(feature = "charts")]
use crate::model::scenario::Scenario;
use crate::study::bargained::Bargained;
use crate::study::negotiation::Metric;

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
    /// The rows of a regime's bargaining.
    #[must_use]
    pub fn of(bargained: &Bargained) -> Self {
        let Bargained { regime, metrics, offers, dates } = bargained;
        Self {
            regime: regime.clone(),
            metrics: metrics.clone(),
            offers: offers.iter().map(|offers| OffersRow::new(regime, offers)).collect(),
            dates: dates.iter().map(|deals| SettlementDateRow::new(regime, deals)).collect(),
        }
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
    pub fn caption(
        &self,
        scenario: &Scenario,
        look: &Figures,
        label: &str,
        setup: &Setup,
    ) -> super::charts::bargaining::Caption {
        let calendar = &setup.calendar;
        let steps = [(calendar.open_threat, "open threat"), (calendar.list, "list"), (calendar.deadline, "deadline")];
        super::charts::bargaining::Caption {
            scenario: scenario.title.clone(),
            regime: label.to_owned(),
            deadline: calendar.deadline.date(),
            steps: steps.into_iter().map(|(day, label)| (day.date(), label.to_owned())).collect(),
            worlds: self.offers.first().map_or(0, |row| row.worlds),
            seed: scenario.seed,
            outcomes: super::charts::bargaining::OUTCOMES.map(|metric| self.mean(metric)),
            look: look.clone(),
        }
    }
}
