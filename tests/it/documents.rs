//! The documents: their links lead somewhere, and all that says a version says the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::support::root;

/// Pages that `.ci/book` makes from the program.
const GENERATED: [&str; 3] = ["docs/reference/commands.md", "docs/reference/keys.md", "docs/reference/python.md"];

/// Every document below a folder.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !["target", "output", "node_modules"].contains(&name.as_str()) {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Lines outside blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

/// A line without what stands in back quotes.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// What headings are called in links.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    let heads = prose(text).filter_map(|line| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()));
    heads
        .map(|head| {
            let kept = head.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let slug = kept.collect::<String>().to_lowercase().replace(' ', "-");
            let count = counts.entry(slug.clone()).or_insert(0);
            *count += 1;
            if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
        })
        .collect()
}

/// Targets of the links of a line: `[words](target)`.
fn targets(line: &str) -> Vec<String> {
    let parts = line.split("](").skip(1);
    parts.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned())).collect()
}

fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    let (mut broken, mut count) = (Vec::new(), 0);
    for path in documents(root()) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        // The head of a page that is made elsewhere, or what a page of claims is made of.
        if name.ends_with(".head.md") || text.starts_with("+++\n") {
            continue;
        }
        for line in prose(&text) {
            for target in targets(&without_code(line)) {
                if target.contains("://") || target.starts_with("mailto:") || target.is_empty() {
                    continue;
                }
                count += 1;
                let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
                let at = if file.is_empty() { path.clone() } else { plain(&path.parent().unwrap().join(file)) };
                if GENERATED.iter().any(|page| at == root().join(page)) {
                    continue;
                }
                let there = at.exists();
                let headed = || anchors(&fs::read_to_string(&at).unwrap_or_default()).contains(anchor);
                if !there || (!anchor.is_empty() && !headed()) {
                    broken.push(format!("{name}: {target}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
    assert!(count > 100, "{count} links");
}

/// Every page of `docs/` is in the contents of the book, once.
#[test]
fn the_book_has_every_page() {
    let summary = root().join("docs/book/SUMMARY.md");
    let text = fs::read_to_string(&summary).unwrap();
    let linked: Vec<PathBuf> = text
        .lines()
        .flat_map(targets)
        .map(|target| plain(&summary.parent().unwrap().join(target)))
        .filter(|path| !GENERATED.iter().any(|page| *path == root().join(page)))
        .collect();
    let unique: BTreeSet<&PathBuf> = linked.iter().collect();
    assert_eq!(unique.len(), linked.len(), "a page is there twice");
    for page in documents(&root().join("docs")) {
        assert!(page == summary || unique.contains(&page), "{} is not in the book", page.display());
    }
}

#[test]
fn the_version_is_said_once() {
    let version = env!("CARGO_PKG_VERSION");
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let citation = read("CITATION.cff");
    let of = |key: &str| {
        let line = citation.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_else(|| panic!("CITATION.cff has no {key}")).trim().to_owned()
    };
    assert_eq!(of("version:"), version);
    let head = read("CHANGELOG.md").lines().find(|line| line.starts_with("## ")).unwrap().to_owned();
    assert_eq!(head, format!("## {version} ({})", of("date-released:")));
    assert!(
        read("README.md").contains(&format!("stickershock_{version}_amd64.deb")),
        "files of a release in README.md"
    );
    let package: toml::Table = read("Cargo.toml").parse().unwrap();
    for part in ["stickershock-core", "stickershock-scenarios", "stickershock-engine"] {
        let asked = &package["workspace"]["dependencies"][part]["version"];
        assert_eq!(asked.as_str(), Some(format!("={version}").as_str()), "{part}");
    }
    let python: toml::Table = read("python/pyproject.toml").parse().unwrap();
    assert_eq!(python["project"]["dynamic"].as_array().unwrap()[0].as_str(), Some("version"), "that of the workspace");
}
