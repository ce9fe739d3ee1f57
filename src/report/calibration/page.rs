//! The validation page: every piece of evidence beside the model, with an interval and a verdict.

use std::fmt::Write;

use crate::config::calibration::{Calibration, EvidenceRow, Usage};
use crate::numerics::quantile::quantile_of_sorted;
use crate::study::validation::Validation;

/// The model on one piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// At the scenario's own values.
    pub value: f64,
    /// 5% and 95% quantiles over draws; not numbers without draws.
    pub interval: [f64; 2],
}

impl Finding {
    /// From the value and what draws gave.
    #[must_use]
    pub fn new(value: f64, draws: &[f64]) -> Self {
        let mut sorted: Vec<f64> = draws.iter().copied().filter(|draw| draw.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        Self { value, interval: [0.05, 0.95].map(|p| quantile_of_sorted(&sorted, p)) }
    }

    /// What it says of a range of evidence.
    #[must_use]
    pub fn verdict(&self, [low, high]: [f64; 2]) -> RangeVerdict {
        if (low..=high).contains(&self.value) {
            RangeVerdict::In
        } else if self.interval[0] <= high && self.interval[1] >= low {
            RangeVerdict::Overlaps
        } else {
            RangeVerdict::Out
        }
    }
}

/// What a validation finds for each piece of evidence; nothing for one that the model does not speak to.
fn findings(calibration: &Calibration, validation: &Validation) -> Vec<Option<Finding>> {
    let mut findings = vec![None; calibration.evidence.len()];
    for (slot, at) in validation.evidence.iter().enumerate() {
        let values: Vec<f64> = validation.draws.iter().map(|draw| draw[slot]).collect();
        findings[*at] = Some(Finding::new(validation.central[slot], &values));
    }
    findings
}

/// Whether the model agrees with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeVerdict {
    /// Its value is in it.
    In,
    /// Its value is not, but its interval meets it.
    Overlaps,
    /// Neither.
    Out,
}

impl RangeVerdict {
    /// The word on the page.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Overlaps => "interval overlaps",
            Self::Out => "**out**",
        }
    }
}

/// The page, in Markdown; `command` is what made it, as a reader would repeat it.
#[must_use]
pub fn page(calibration: &Calibration, validation: &Validation, command: &str) -> String {
    let findings = findings(calibration, validation);
    let scenario = &calibration.scenarios[0].scenario;
    let mut out = format!("# Validation: {}\n\n", scenario.title);
    let _ = writeln!(
        out,
        "Every piece of evidence that the model speaks to, beside what the model says: `{command}` writes this page. The interval has 90% of {} draws \
         from the distribution of the parameters, each with random numbers of its own{}. *In*: the model's value is in the range of the \
         evidence, two standard errors or tolerances on either side where none is printed; ranges may be open at one side.\n",
        validation.asked,
        if validation.failed > 0 {
            format!(" ({} draws without a solution are left out)", validation.failed)
        } else {
            String::new()
        },
    );
    let of = |usage: Usage| -> Vec<(&EvidenceRow, &Finding)> {
        let pairs = calibration.evidence.iter().zip(&findings);
        pairs.filter(|(evidence, _)| evidence.usage == usage).filter_map(|(e, f)| Some((e, f.as_ref()?))).collect()
    };
    let sections = [
        (Usage::Predict, "Predicted", "No parameter was fitted to these."),
        (Usage::Fit, "Fitted", "Parameters were estimated on these: agreement is no test."),
        (
            Usage::Solve,
            "Solved for",
            "As many parameters were solved for so that the model says these: agreement is no test, and they are no part of J.",
        ),
        (
            Usage::Set,
            "Set by hand",
            "Values of the scenario were chosen by hand with these in view: agreement is no test.",
        ),
    ];
    let _ = writeln!(out, "| | rows | in | interval overlaps | out |\n| --- | ---: | ---: | ---: | ---: |");
    for (usage, title, _) in sections {
        let rows = of(usage);
        let count =
            |verdict| rows.iter().filter(|(evidence, finding)| finding.verdict(evidence.range) == verdict).count();
        let [inside, overlaps, outside] = [RangeVerdict::In, RangeVerdict::Overlaps, RangeVerdict::Out].map(count);
        let _ = writeln!(out, "| {} | {} | {inside} | {overlaps} | {outside} |", title.to_lowercase(), rows.len());
    }
    for (usage, title, what) in sections {
        let rows = of(usage);
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {title}\n\n{what}\n");
        let _ = writeln!(
            out,
            "| row | evidence | value | range | model | 90% interval | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |"
        );
        for (evidence, finding) in &rows {
            let show = |value: f64| figure(value, &evidence.unit);
            let value = if evidence.value.is_finite() { show(evidence.value) } else { "-".into() };
            let interval = match finding.interval.iter().all(|end| end.is_finite()) {
                true => format!("{} to {}", show(finding.interval[0]), show(finding.interval[1])),
                false => "-".into(),
            };
            let _ = writeln!(
                out,
                "| {} | {}{} ({}) | {value} | {} | {} | {interval} | {} |",
                evidence.row,
                evidence.label,
                unit(&evidence.unit),
                evidence.status,
                range(evidence.range, show),
                show(finding.value),
                finding.verdict(evidence.range).as_str(),
            );
        }
        let notes: Vec<&(&EvidenceRow, &Finding)> =
            rows.iter().filter(|(evidence, _)| !evidence.note.is_empty()).collect();
        out.push('\n');
        for (evidence, _) in notes {
            let _ = writeln!(out, "- *{}*: {}; {}.", evidence.label, evidence.source, evidence.note);
        }
    }
    let silent = calibration.evidence.iter().filter(|evidence| evidence.usage == Usage::None);
    let silent: Vec<&EvidenceRow> = silent.collect();
    if !silent.is_empty() {
        out.push_str("\n## Not spoken to\n\n");
        for evidence in silent {
            let _ = writeln!(out, "- {} ({}): {}.", evidence.label, evidence.row, evidence.note);
        }
    }
    out
}

/// A range in words.
fn range([low, high]: [f64; 2], show: impl Fn(f64) -> String) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, false) => format!("at least {}", show(low)),
        (false, true) => format!("at most {}", show(high)),
        _ => format!("{} to {}", show(low), show(high)),
    }
}

/// The unit after a label, where the figures do not show it.
fn unit(unit: &str) -> String {
    match unit {
        "" | "share" | "change" | "share of worlds" | "probability" | "elasticity" => String::new(),
        other => format!(", {other}"),
    }
}

/// Four significant digits, fewer decimals for large numbers; changes as signed percentages.
#[must_use]
pub fn figure(value: f64, unit: &str) -> String {
    match unit {
        "change" => format!("{:+.1}%", 100.0 * value),
        _ if value.abs() >= 100.0 => format!("{value:.0}"),
        _ if value.abs() >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
