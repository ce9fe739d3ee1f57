//! What a stopping rule saw and decided: rows of `stopping.csv`, and the reason in words.

use serde_json::{Value, json};

use super::build::Report;
use super::record::table;
use crate::numerics::sequential::{Decision, Precision};

const OF_METRIC: &str = "that of the metric";

table! {
    /// What the stopping rule saw and decided at every look.
    pub struct StoppingRow in "stopping" by [look, target] {
        /// number of the look, from 1
        look: u64;
        /// replications seen at the look
        replications: u64;
        /// number of the target, from 1, in the order of the scenario
        target: u64;
        /// policy regime, by its name in the scenario
        regime: String;
        /// the regime it is compared with
        baseline: String;
        /// reporting period
        period: String;
        /// headline metric; the name ends in its unit, cars otherwise, `car_share` is a fraction
        metric: String;
        /// mean of regime less baseline so far, replication by replication
        difference: f64, OF_METRIC;
        /// half-width of its Student interval, at the level that keeps all targets together at that of the rule
        half_width: f64, OF_METRIC;
        /// half-width that meets the target
        half_width_allowed: f64, OF_METRIC;
        /// whether the half-width is at most what is allowed
        met: bool;
        /// `continue`, `precise` (all targets are met) or `maximum` (no more replications are allowed)
        decision: &'static str;
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
