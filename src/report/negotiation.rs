//! Tables of the bargaining: `negotiation.csv` and `signs.csv`.

use super::record::{Cell, Field, FieldType, Record};
use crate::ensemble::negotiation::{Metric, Sign};

fn text(name: &str, description: &str) -> Field {
    Field::new(name, FieldType::String, "", description)
}

fn number(name: &str, unit: &'static str, description: &str) -> Field {
    Field::new(name, FieldType::Number, unit, description)
}

impl Record for Metric {
    const TABLE: &'static str = "negotiation";
    const DESCRIPTION: &'static str = "Outcomes of the bargaining over worlds: shares, means and quantiles, each over the worlds that it concerns \
                                       (docs/governments.md defines every metric).";
    const KEY: &'static [&'static str] = &["metric"];

    fn fields() -> Vec<Field> {
        vec![
            text("metric", "name of the metric"),
            number(
                "mean",
                "",
                "mean over the worlds concerned, or the share, quantile or correlation that the name says",
            ),
            number(
                "std_error",
                "",
                "standard error of the mean; empty for quantiles, correlations and solved parameters",
            ),
            Field::new("worlds", FieldType::Integer, "", "worlds concerned"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.name.clone()),
            Cell::Number(self.mean),
            Cell::Number(self.std_error),
            Cell::Integer(self.worlds),
        ]
    }
}

impl Record for Sign {
    const TABLE: &'static str = "signs";
    const DESCRIPTION: &'static str =
        "One change at a time against the unchanged study on the same worlds, followed to the deadline.";
    const KEY: &'static [&'static str] = &["change"];

    fn fields() -> Vec<Field> {
        vec![
            text("change", "name of the change"),
            text("description", "what is changed"),
            number("settled_by_deadline_change", "fraction", "change in the share settled by the deadline"),
            number("settled_by_deadline_std_error", "fraction", "its standard error, paired by world"),
            number("limit_japan_change", "commitment", "mean change in the most that Tokyo would sign at the deadline"),
            number(
                "limit_us_change",
                "commitment",
                "mean change in the least that Washington would take at the deadline",
            ),
            number("commitment_change", "commitment", "mean change in the size of the deal, in worlds settled in both"),
            number("days_earlier", "days", "how much earlier the deal comes, in worlds settled in both"),
            Field::new("worlds", FieldType::Integer, "", "worlds compared"),
            Field::new("worlds_settled_in_both", FieldType::Integer, "", "worlds settled with and without the change"),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        let both = self.commitment.count();
        let mean_of_both = |mean: f64| Cell::Number(if both == 0 { f64::NAN } else { mean });
        vec![
            Cell::Text(self.change.name.to_owned()),
            Cell::Text(self.change.description.to_owned()),
            Cell::Number(self.settled.mean()),
            Cell::Number(self.settled.std_error()),
            Cell::Number(self.japan.mean()),
            Cell::Number(self.us.mean()),
            mean_of_both(self.commitment.mean()),
            mean_of_both(self.days_before_deadline.mean()),
            Cell::Integer(self.settled.count()),
            Cell::Integer(both),
        ]
    }
}
