//! The map in ARCHITECTURE.md holds: modules point one way, and the model touches neither files nor threads nor clocks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Layers from the bottom: a module may use those before it.
const LAYERS: [&str; 6] = ["numerics", "model", "calibration", "config", "study", "report"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Lines of a source file before its unit tests, without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_point_one_way() {
    for (height, layer) in LAYERS.iter().enumerate() {
        for path in sources(&root().join("src").join(layer)) {
            let code = code(&path);
            for above in &LAYERS[height + 1..] {
                assert!(!code.contains(&format!("crate::{above}")), "{} uses {above}", path.display());
            }
        }
    }
}

#[test]
fn the_model_knows_no_files_threads_clocks_or_globals() {
    // One driver spreads the buyers of a single market over threads (see the house rules in ARCHITECTURE.md).
    let driver = root().join("src/model/demand/sweep.rs");
    for layer in ["model", "numerics"] {
        for path in sources(&root().join("src").join(layer)) {
            let code = code(&path);
            for word in
                ["std::fs", "std::io", "std::time", "Instant::now", "println!", "static mut", "thread_local", "HashMap"]
            {
                assert!(!code.contains(word), "{} contains {word}", path.display());
            }
            assert!(!code.contains("rayon") || path == driver, "{} uses threads", path.display());
        }
    }
}

#[test]
fn unsafe_code_stands_only_in_the_kernels_and_gives_its_reason() {
    let kernels = root().join("src/model/demand/kernel");
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("unsafe {")) {
            assert!(path.starts_with(&kernels), "{}: {line}", path.display());
            let reason = lines[i.saturating_sub(6)..=i].iter().any(|line| line.contains("SAFETY"));
            assert!(reason, "{}:{}: unsafe without a SAFETY reason", path.display(), i + 1);
        }
    }
}

#[test]
fn no_source_file_is_too_long_to_find_ones_way() {
    for path in sources(&root().join("src")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 900, "{} has {lines} lines", path.display());
    }
}
