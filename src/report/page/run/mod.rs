//! The report of a run: policy regimes compared on the same worlds.

mod answer;
mod facts;
mod models;
mod paid_back;
mod parties;
mod time;

use self::facts::RunFacts;
use super::Page;
use super::origin::{StudyOrigin, regimes_option};
use super::predicted::Predicted;
use super::words::counted;
use crate::config;
use crate::report::build::Report;
use crate::study::finished::Finished;

/// The report of a run; `origin` says where it came from, if that is known.
#[must_use]
pub fn page(finished: &Finished, origin: Option<&StudyOrigin>) -> Page {
    let run = RunFacts::of(finished);
    let (scenario, report) = (run.scenario, &run.report);
    let mut page = Page {
        title: scenario.title.clone(),
        kind: "Policy regimes compared".into(),
        asked: run.asked(),
        answer: run.answer(run.lead, origin).to_vec(),
        besides: run.named_answer(run.lead).into_iter().chain(run.paid_back()).collect(),
        intervals: run.intervals(origin),
        warnings: warnings(report),
        ..Page::default()
    };
    if finished.failed_jobs > 0 {
        let failed = counted(finished.failed_jobs, "job");
        page.warnings
            .push(format!("{failed} failed; their replications are in none of the results (tables/failures.csv)."));
    }
    page.warnings.extend(report.sameness(&report.first_alike_in_all()));
    page.warnings.extend(config::warnings::warnings(scenario));
    run.sections(&mut page, None);
    if let Some(origin) = origin {
        origin.section(&mut page);
        let (seed, replications) = (scenario.seed, report.results.replications());
        let names = report.regimes.iter().map(|regime| scenario.regimes[*regime].name.as_str());
        let regimes = regimes_option(names, scenario.regimes.len());
        let rest = format!(" --seed {seed} --replications {replications}{regimes}");
        let cited = format!("{}, {}, seed {seed}", scenario.name, counted(replications, "replication"));
        page.again = origin.again("run", &rest, true, &cited);
    }
    page
}

/// Adds to the page of a study of draws what they say together.
pub(super) fn add_to(finished: &Finished, predicted: &Predicted<'_>, page: &mut Page) {
    let mut run = RunFacts::of(finished);
    // All that a reader may pick a regime for begins with the one that the answer is about.
    run.lead = predicted.lead().unwrap_or(run.lead);
    let draws = finished.results.replications();
    page.asked = run.asked();
    page.besides.extend(run.paid_back());
    page.intervals.push(format!(
        "Where regimes stand side by side, over time, by party and by model, numbers are means over all {draws} draws, and an interval is the 95% \
         interval of such a mean: how far other draws would move it. It shrinks with their number. What is not known does not; it is in the three \
         widths."
    ));
    page.warnings.extend(warnings(&run.report));
    page.warnings.extend(run.report.sameness(&run.report.first_alike_in_all()));
    run.sections(page, Some(predicted));
}

impl RunFacts<'_> {
    fn sections(&self, page: &mut Page, predicted: Option<&Predicted<'_>>) {
        self.side_by_side(page, predicted);
        self.accounts(page);
        self.sales(page);
        self.models(page);
        self.over_time(page);
        self.policy(page);
    }
}

/// What a reader of the results should know, a line each.
#[must_use]
pub fn warnings(report: &Report<'_>) -> Vec<String> {
    let weak = report.weak_pairing().map(|weak| {
        let row = &weak.worst;
        format!(
            "common worlds make {} of {} contrasts over the whole horizon noisier than independent runs would: their variance \
             reduction is below 1 beyond chance, least {:.2} for {}, {} against {} (column `variance_reduction` of comparisons.csv; an \
             estimate from {} {})",
            weak.contrasts,
            weak.of,
            row.variance_reduction,
            row.metric,
            row.regime,
            row.baseline,
            row.replications,
            if report.results.draw_size().is_some() { "draws" } else { "replications" },
        )
    });
    weak.into_iter().collect()
}
