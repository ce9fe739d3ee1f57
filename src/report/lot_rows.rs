//! Rows of runs in time: the lots over the whole horizon, by group and by model.

use super::build::Report;
use super::record::{Cell, Field, FieldType, Record};
use super::rows::Summary;
use crate::model::timing::lots::LotMetric;

/// The lots of one group or model under one regime over the whole horizon (`lots.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct LotRow {
    /// Regime name.
    pub regime: String,
    /// Region of the badge; `all` for the whole market.
    pub region: String,
    /// Whether the group's models carry the headline flag.
    pub sanctioned: bool,
    /// Car model; `all` for a group.
    pub model: String,
    /// One summary for each metric, in the order of [`LotMetric::ALL`].
    pub metrics: Vec<Summary>,
}

impl Record for LotRow {
    const TABLE: &'static str = "lots";
    const DESCRIPTION: &'static str = "Dealers' lots over the whole horizon, by region and list, and by model: variation of sales and orders, days \
                                       of supply, first choices not to be had, and how long cars free of the disputed duty last.";
    const KEY: &'static [&'static str] = &["regime", "region", "sanctioned", "model"];

    fn fields() -> Vec<Field> {
        let text = |name: &str, description: &str| Field::new(name, FieldType::String, "", description);
        let mut fields = vec![
            text("regime", "policy regime, by its name in the scenario"),
            text("region", "region of the badge; `all` for the whole market"),
            Field::new(
                "sanctioned",
                FieldType::Boolean,
                "",
                "whether the group's models carry the headline flag; false for the whole market",
            ),
            text("model", "car model; `all` for the whole group"),
        ];
        for (name, unit, what) in [
            ("sales_variation", "", "standard deviation of weekly sales over their mean"),
            ("orders_variation", "", "standard deviation of weekly orders over their mean"),
            ("days_of_supply", "days", "stock over forecast sales, mean over weeks"),
            ("least_days_of_supply", "days", "its smallest value in any week"),
            ("most_days_of_supply", "days", "its largest value in any week"),
            ("unmet_share", "fraction", "first choices in excess of sales, by model and week, over all first choices"),
            (
                "clean_weeks",
                "weeks",
                "weeks from the date of liability to the end of the week that leaves no clean car; empty where clean cars \
                 outlast the dispute",
            ),
        ] {
            fields.extend(Summary::fields(name, unit, what));
        }
        fields
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Text(self.regime.clone()),
            Cell::Text(self.region.clone()),
            Cell::Boolean(self.sanctioned),
            Cell::Text(self.model.clone()),
        ];
        self.metrics.iter().for_each(|summary| cells.extend(summary.cells()));
        cells
    }
}

impl Report<'_> {
    /// Rows of `lots.csv`; none where the scenario has no dealers.
    #[must_use]
    pub fn lots(&self) -> Vec<LotRow> {
        let (layout, scenario) = (self.layout(), self.study.scenario());
        let has_dealers = scenario.timing.as_ref().is_some_and(|timing| timing.dealers.is_some());
        let Some(timed) = layout.timed.as_ref().filter(|_| has_dealers) else { return Vec::new() };
        let mut rows = Vec::new();
        for arm in self.arms() {
            for (at, row) in timed.lots.rows.iter().enumerate() {
                let metric = |metric: &LotMetric| self.summary(arm, timed.lot(*metric, at));
                rows.push(LotRow {
                    regime: self.regime_name(arm),
                    region: row.group.as_ref().map_or_else(|| "all".into(), |group| group.region.clone()),
                    sanctioned: row.group.as_ref().is_some_and(|group| group.flagged),
                    model: row.model.map_or_else(|| "all".into(), |j| scenario.market.models[j].name.clone()),
                    metrics: LotMetric::ALL.iter().map(metric).collect(),
                });
            }
        }
        rows
    }
}
