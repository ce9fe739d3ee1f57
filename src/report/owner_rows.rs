//! Rows of runs in time: who owns which brand, and who buys it again.

use super::build::Report;
use super::record::{Cell, Field, FieldType, Record};
use super::rows::Summary;
use crate::model::timing::owners::OwnerMetric;

/// The owners of one brand in one period under one regime (`owners.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerRow {
    /// Regime name.
    pub regime: String,
    /// Period name.
    pub period: String,
    /// Brand; `none` for those who own none of the market's.
    pub brand: String,
    /// One summary for each metric, in the order of [`OwnerMetric::ALL`].
    pub metrics: Vec<Summary>,
}

impl Record for OwnerRow {
    const TABLE: &'static str = "owners";
    const DESCRIPTION: &'static str = "Owners of each brand at the end of a period, their purchase events in it, and how often they bought the brand again.";
    const KEY: &'static [&'static str] = &["regime", "period", "brand"];

    fn fields() -> Vec<Field> {
        let text = |name: &str, description: &str| Field::new(name, FieldType::String, "", description);
        let mut fields = vec![
            text("regime", "policy regime, by its name in the scenario"),
            text("period", "period, by its name in the scenario"),
            text("brand", "brand owned before the purchase event; `none` for those who own none of these brands"),
        ];
        for (name, unit, what) in [
            ("owner_share", "fraction", "owners at the end of the period over all buyers"),
            ("owner_events", "households", "purchase events of its owners, with or without a purchase"),
            (
                "repurchase_share",
                "fraction",
                "share of those events in which the brand was bought again; of `none`, in which none was bought again",
            ),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells =
            vec![Cell::Text(self.regime.clone()), Cell::Text(self.period.clone()), Cell::Text(self.brand.clone())];
        self.metrics.iter().for_each(|summary| cells.extend(summary.cells()));
        cells
    }
}

impl Report<'_> {
    /// Rows of `owners.csv`; none where the scenario has no layer of time.
    #[must_use]
    pub fn owners(&self) -> Vec<OwnerRow> {
        let layout = self.layout();
        let Some(timed) = &layout.timed else { return Vec::new() };
        let brands = self.study.scenario().market.brands.as_slice();
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (p, period) in layout.periods.iter().enumerate() {
                for at in 0..timed.owners.rows {
                    let metric = |metric: &OwnerMetric| self.summary(arm, timed.owner(*metric, p, at));
                    rows.push(OwnerRow {
                        regime: self.regime_name(arm),
                        period: period.name.clone(),
                        brand: brands.get(at).map_or_else(|| "none".into(), Clone::clone),
                        metrics: OwnerMetric::ALL.iter().map(metric).collect(),
                    });
                }
            }
        }
        rows
    }
}
