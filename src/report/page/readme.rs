//! `README.md` of a result folder, and the same words for the screen: what was run, the answer, the files in the order to open them.

use std::fmt::Write;

use super::Page;

/// A file of a folder and what it is.
pub type NamedFile = (String, String);

/// Tables in the order to open them; others follow by name.
const ORDER: [&str; 34] = [
    "widths",
    "welfare",
    "regions",
    "models",
    "comparisons",
    "uncertainty",
    "structures",
    "effects",
    "sweep",
    "sensitivity",
    "ranking",
    "convergence",
    "parameters",
    "fit",
    "statistics",
    "identification",
    "warnings",
    "groups",
    "pass_through",
    "diversion",
    "diversion_regions",
    "firms",
    "owners",
    "trade_balance",
    "negotiation",
    "weekly",
    "timing",
    "event_study",
    "replications",
    "regimes",
    "policy_events",
    "periods",
    "pricing",
    "base_year",
];

/// What the files of a folder are beside tables and charts.
const OTHERS: [(&str, &str); 15] = [
    ("summary.csv", "a row for each specification: prices, surplus, duty, profit, and how well it is solved"),
    (
        "results.csv",
        "a row for each specification and product; matrices stand in files of their own, KIND_SPECIFICATION.csv",
    ),
    ("other_equilibria.csv", "prices and shares of other equilibria that were found"),
    ("recovered.csv", "mean utilities and marginal costs that were recovered"),
    ("scenarios.json", "the results with every specification as it was written"),
    ("solution.json", "how the prices were found, and what speaks against them"),
    ("failures.csv", "specifications that were not solved, and why"),
    ("report.html", "the report: open it in a browser; it needs no network"),
    ("model.md", "the model as this scenario configures it, in the ODD protocol, with every parameter and its source"),
    ("datapackage.json", "what every column of every table is, with its unit (Frictionless Data Package)"),
    ("manifest.json", "what was run: program, version, the resolved scenario, seed, hashes of the data, files written"),
    ("plan.json", "the plan of the work, for `stickershock verify` and `--resume`"),
    ("units.csv", "the pieces of the work with hashes of their outcomes, for `stickershock verify`"),
    ("runs.log", "every evaluation, by which the work goes on"),
    ("data", "copies of the data files that were read"),
];

/// The text of `README.md`, with the files in the order to open them.
#[must_use]
pub fn readme(page: &Page, files: &[NamedFile]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n", line(&page.title));
    let _ = writeln!(out, "{}.\n", line(&page.kind));
    for sentence in &page.asked {
        let _ = writeln!(out, "{}", line(sentence));
    }
    let _ = writeln!(out, "\n## The answer\n");
    for (head, sentence) in &page.told() {
        let _ = writeln!(out, "- **{}.** {}", line(head), line(sentence));
    }
    if !page.warnings.is_empty() {
        let _ = writeln!(out, "\n## Before you use a number\n");
        for warning in &page.warnings {
            let _ = writeln!(out, "- {}", line(warning));
        }
    }
    let _ = writeln!(out, "\n## The files, in the order to open them\n");
    for (file, what) in files {
        let _ = writeln!(out, "- `{file}`: {}", line(what));
    }
    let _ = writeln!(out, "\n## What the intervals contain\n");
    for sentence in &page.intervals {
        let _ = writeln!(out, "{}\n", line(sentence));
    }
    if !page.again.is_empty() {
        let _ = writeln!(out, "## Run it again, check it, cite it");
        for (head, text, command) in &page.again {
            // What is code is shown as it is, on one line.
            let command = command.replace(['\n', '\r'], " ");
            let _ = writeln!(out, "\n{}. {}\n\n    {command}", line(head), line(text));
        }
    }
    out
}

/// The files of a folder in the order to open them, with what each is; charts in one line.
#[must_use]
pub fn in_order(tables: &[NamedFile], files: &[String]) -> Vec<NamedFile> {
    let mut order = Vec::new();
    let there = |name: &str| {
        files.iter().any(|file| file == name || file.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
    };
    let known = |wanted: &[&str]| -> Vec<NamedFile> {
        let found = OTHERS.iter().filter(|(name, _)| wanted.contains(name) && there(name));
        let shown = |name: &str| if name == "data" { "data/".to_owned() } else { name.to_owned() };
        found.map(|(name, what)| (shown(name), (*what).to_owned())).collect()
    };
    order.extend(known(&["report.html"]));
    order.extend(known(&["summary.csv", "results.csv"]));
    for file in files.iter().filter(|file| !file.contains('/') && file.ends_with(".toml")) {
        order.push((file.clone(), "estimates, or their distribution, for a scenario to extend".into()));
    }
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    let mut sorted: Vec<&NamedFile> = tables.iter().collect();
    sorted.sort_by(|a, b| place(&a.0).cmp(&place(&b.0)).then(a.0.cmp(&b.0)));
    for (name, what) in sorted {
        let of = |file: &&String| {
            let file = file.strip_prefix("tables/").unwrap_or(file);
            file.rsplit_once('.').is_some_and(|(stem, _)| stem == name)
        };
        if let Some(file) = files.iter().find(of) {
            order.push((file.clone(), what.clone()));
        }
    }
    let charts: Vec<&str> =
        files.iter().filter_map(|file| file.strip_prefix("charts/")?.strip_suffix(".svg")).collect();
    if !charts.is_empty() {
        order.push(("charts/".into(), format!("each as SVG and PNG: {}", charts.join(", "))));
    }
    order.extend(known(&["other_equilibria.csv", "recovered.csv", "scenarios.json", "solution.json", "failures.csv"]));
    order.extend(known(&[
        "model.md",
        "datapackage.json",
        "manifest.json",
        "plan.json",
        "units.csv",
        "runs.log",
        "data",
    ]));
    order
}

/// The answer and what is told with it, for the screen: a line each.
#[must_use]
pub fn spoken(answer: &[(String, String)]) -> String {
    answer.iter().map(|(head, sentence)| format!("{head}: {sentence}\n")).collect()
}

/// The files for the screen: where they are, and what each is, in the order to open them.
#[must_use]
pub fn listed(folder: &str, files: &[NamedFile]) -> String {
    let mut out = format!("Written to {folder}, in the order to open them:\n");
    let width = files.iter().map(|(file, _)| file.len()).max().unwrap_or(0);
    for (file, what) in files {
        // The first sentence says what it is.
        let first = what.split_once(". ").map_or(what.as_str(), |(first, _)| first);
        let _ = writeln!(out, "  {file:<width$}  {}", first.trim_end_matches('.'));
    }
    out
}

/// Text on one line, with nothing in it that Markdown would take for a heading, a link or HTML.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '\n' | '\r' => out.push(' '),
            '[' | ']' if !out.ends_with('\\') => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
