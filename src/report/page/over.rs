//! The period that each regime of a study is shown over, and how those are marked that are shown over another than the rest.

use crate::report::build::Report;
use crate::study::Arm;

/// The mark of a regime that is shown over the whole horizon where others are shown over the reporting period.
pub(super) const MARK: &str = " \u{2020}";

/// What the mark means; `whole` is the whole horizon with its dates.
pub(super) fn what_the_mark_means(whole: &str) -> String {
    format!(
        "\u{2020} imposes nothing and is shown over {whole}, with the rush before its date and the payback, which the reporting period has alone."
    )
}

/// The period that each regime of a study is shown over: the reporting period, and the whole horizon for one that imposes nothing and yet moves
/// something. Charts in files do the same. The reporting period mostly begins at the date that such a regime leads up to: it would tell its payback
/// without the rush, and so the history backwards.
pub(super) fn shown_over(report: &Report<'_>) -> Vec<usize> {
    let (layout, period) = (report.layout(), report.study.scenario().outputs.period);
    let moves = |arm: Arm| {
        (0..layout.headlines.len()).flat_map(|metric| [0, period].map(|period| (metric, period))).any(|(metric, at)| {
            let change = report.results.paired(arm, layout.headline(metric, at)).difference;
            change.mean().abs() > 0.0 || change.variance() > 0.0
        })
    };
    let whole = |arm: Arm| period != 0 && arm != report.results.baseline() && report.imposes_nothing(arm) && moves(arm);
    report.results.arms().map(|arm| if whole(arm) { 0 } else { period }).collect()
}
