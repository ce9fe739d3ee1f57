//! What a stopping rule saw and decided: rows of `stopping.csv`, and the reason in words.

use serde_json::{Value, json};

use super::build::Report;
use super::record::{Cell, Field, FieldType, Record};
use crate::numerics::sequential::{Decision, Precision};

/// One target at one look (`stopping.csv`).
#[derive(Clone, Debug, PartialEq)]
pub struct StoppingRow {
    /// Number of the look, from 1.
    pub look: u64,
    /// Replications seen.
    pub replications: u64,
    /// Number of the target, from 1, in the order of the scenario.
    pub target: u64,
    /// Regime name.
    pub regime: String,
    /// The regime it is compared with.
    pub baseline: String,
    /// Period name.
    pub period: String,
    /// Headline metric name, with its unit.
    pub metric: String,
    /// Mean paired difference so far.
    pub difference: f64,
    /// Half-width of its interval.
    pub half_width: f64,
    /// Half-width allowed.
    pub half_width_allowed: f64,
    /// Whether it is met.
    pub met: bool,
    /// What the look decided.
    pub decision: &'static str,
}

impl Record for StoppingRow {
    const TABLE: &'static str = "stopping";
    const DESCRIPTION: &'static str = "What the stopping rule saw and decided at every look.";
    const KEY: &'static [&'static str] = &["look", "target"];

    fn fields() -> Vec<Field> {
        let text = |name: &str, what: &str| Field::new(name, FieldType::String, "", what);
        let count = |name: &str, what: &str| Field::new(name, FieldType::Integer, "", what);
        let number = |name: &str, what: &str| Field::new(name, FieldType::Number, "that of the metric", what);
        vec![
            count("look", "number of the look, from 1"),
            count("replications", "replications seen at the look"),
            count("target", "number of the target, from 1, in the order of the scenario"),
            text("regime", "policy regime, by its name in the scenario"),
            text("baseline", "the regime it is compared with"),
            text("period", "reporting period"),
            text("metric", "headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction"),
            number("difference", "mean of regime less baseline so far, replication by replication"),
            number(
                "half_width",
                "half-width of its Student interval, at the level that keeps all targets together at that of the rule",
            ),
            number("half_width_allowed", "half-width that meets the target"),
            Field::new("met", FieldType::Boolean, "", "whether the half-width is at most what is allowed"),
            text(
                "decision",
                "`continue`, `precise` (all targets are met) or `maximum` (no more replications are allowed)",
            ),
        ]
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Integer(self.look),
            Cell::Integer(self.replications),
            Cell::Integer(self.target),
            Cell::Text(self.regime.clone()),
            Cell::Text(self.baseline.clone()),
            Cell::Text(self.period.clone()),
            Cell::Text(self.metric.clone()),
            Cell::Number(self.difference),
            Cell::Number(self.half_width),
            Cell::Number(self.half_width_allowed),
            Cell::Boolean(self.met),
            Cell::Text(self.decision.into()),
        ]
    }
}

/// A number with four digits, or all of those before the point.
fn digits(number: f64) -> String {
    let before = number.abs().log10().floor();
    let after = if before.is_finite() { (3.0 - before).clamp(0.0, 9.0) as usize } else { 0 };
    format!("{number:.after$}")
}

impl Report<'_> {
    /// Rows of `stopping.csv`, look by look; none without a rule.
    #[must_use]
    pub fn stopping(&self) -> Vec<StoppingRow> {
        let Some(stopping) = self.results.stopping() else { return Vec::new() };
        let layout = self.layout();
        let mut rows = Vec::new();
        for (number, look) in (1..).zip(stopping.sequential().looks()) {
            for ((target, followed), reading) in (1..).zip(stopping.followed()).zip(&look.readings) {
                rows.push(StoppingRow {
                    look: number,
                    replications: look.replications,
                    target,
                    regime: self.regime_name(followed.arm),
                    baseline: self.regime_name(followed.baseline),
                    period: layout.periods[followed.period].name.clone(),
                    metric: layout.headlines[followed.headline].clone(),
                    difference: reading.estimate,
                    half_width: reading.half_width,
                    half_width_allowed: reading.allowed,
                    met: reading.is_met(),
                    decision: look.decision.as_str(),
                });
            }
        }
        rows
    }

    /// Why the study stopped where it did, in a sentence; nothing without a rule.
    #[must_use]
    pub fn why_it_stopped(&self) -> Option<String> {
        let sequential = self.results.stopping()?.sequential();
        let (n, level) = (sequential.replications(), (1e4 * sequential.rule().level()).round() / 1e2);
        let rows = self.stopping();
        let last: Vec<&StoppingRow> = rows.iter().filter(|row| row.replications == n).collect();
        let unmet: Vec<&&StoppingRow> = last.iter().filter(|row| !row.met).collect();
        Some(match sequential.decision() {
            Decision::Precise => {
                format!("stopped after {n} replications: all targets of [stop] are met, together at {level}%")
            }
            Decision::Maximum if unmet.is_empty() => {
                format!("stopped at the {n} replications that are allowed, too few for [stop] to judge its targets")
            }
            Decision::Maximum => {
                let first = unmet.first().map_or_else(String::new, |row| {
                    let StoppingRow { metric, regime, baseline, period, half_width, half_width_allowed, .. } = row;
                    format!(
                        ": {metric}, {regime} against {baseline}, {period}, is known to +-{}, not +-{}",
                        digits(*half_width),
                        digits(*half_width_allowed),
                    )
                });
                let (unmet, all) = (unmet.len(), last.len());
                format!(
                    "stopped at the {n} replications that are allowed; targets of [stop] not met: {unmet} of {all}{first}"
                )
            }
            Decision::Continue => format!("has {n} replications, and [stop] asks for more"),
        })
    }

    /// The rule and how it ended, for the manifest; nothing without a rule.
    #[must_use]
    pub fn stopping_record(&self) -> Option<Value> {
        let stopping = self.results.stopping()?;
        let (sequential, layout) = (stopping.sequential(), self.layout());
        let rule = sequential.rule();
        let targets: Vec<Value> = stopping
            .followed()
            .iter()
            .zip(sequential.precisions())
            .map(|(followed, precision)| {
                let (key, value) = match precision {
                    Precision::Absolute(half_width) => ("half_width", half_width),
                    Precision::Relative(gamma) => ("relative", gamma),
                };
                json!({
                    "metric": layout.headlines[followed.headline],
                    "regime": self.regime_name(followed.arm),
                    "baseline": self.regime_name(followed.baseline),
                    "period": layout.periods[followed.period].name,
                    key: value,
                })
            })
            .collect();
        Some(json!({
            "level": rule.level(),
            "min": rule.min(),
            "max": rule.max(),
            "growth": rule.growth(),
            "targets": targets,
            "looks": sequential.looks().len(),
            "decision": sequential.decision().as_str(),
            "reason": self.why_it_stopped(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn half_widths_are_shown_with_four_digits() {
        assert_eq!(digits(15_848.632_9), "15849");
        assert_eq!(digits(0.012_345_6), "0.01235");
        assert_eq!((digits(0.0), digits(f64::NAN)), ("0".into(), "NaN".into()));
    }
}
