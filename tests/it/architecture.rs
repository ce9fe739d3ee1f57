//! The map in ARCHITECTURE.md holds: modules point one way; files, threads, clocks and the platform's arithmetic stand where they may.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Layers from the bottom: a module may use those of the layers before its own, and no other of its own layer.
const LAYERS: [&[&str]; 7] = [
    &["numerics", "folder"],
    &["model"],
    &["sensitivity", "calibration"],
    &["config"],
    &["study"],
    &["report"],
    &["cli"],
];

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

/// Lines of a source file before its unit tests, without comments; nothing of a file of tests.
fn code(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    if matches!(name, "tests.rs" | "fixtures.rs") || name.ends_with("_tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules of the library that a piece of code names, also those in braces: `use crate::{a, b::c}`.
fn named(code: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let end = group.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth < 0
        });
        let mut depth = 0;
        let items = group[..end.unwrap_or(group.len())].split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        names.extend(items.map(|item| word(item.trim())));
    }
    names
}

#[test]
fn modules_of_a_path_are_found() {
    let code = "use crate::model::a; use crate::{config::{b, c}, study::d, report}; fn f() { crate::cli::g() }";
    assert_eq!(named(code), ["model", "config", "study", "report", "cli"]);
}

#[test]
fn every_module_has_a_layer_and_points_down() {
    let root = root().join("src");
    let lib = fs::read_to_string(root.join("lib.rs")).unwrap();
    let modules: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let layered = LAYERS.concat();
    assert_eq!(modules.len(), layered.len());
    for module in modules {
        assert!(layered.contains(&module), "{module} has no layer");
    }
    for (height, layer) in LAYERS.iter().enumerate() {
        for module in *layer {
            for path in sources(&root.join(module)) {
                for name in named(&code(&path)) {
                    let below = LAYERS[..height].iter().any(|layer| layer.contains(&name.as_str()));
                    assert!(below || name == *module, "{} uses {name}", path.display());
                }
                // A file of a room reaches others of the library by `crate::`, so that the test above sees it.
                let depth = path.strip_prefix(root.join(module)).unwrap().components().count();
                let out = "super::".repeat(if path.ends_with("mod.rs") { depth } else { depth + 1 });
                assert!(!code(&path).contains(&out), "{} leaves {module} by super", path.display());
            }
        }
    }
}

/// Path below `src`, with forward slashes.
fn place(path: &Path) -> String {
    path.strip_prefix(root().join("src")).unwrap().to_str().unwrap().replace('\\', "/")
}

/// What only some places may know, and which: a room ends with a slash, a file does not.
const KNOWN_ONLY_IN: [(&str, &[&str]); 18] = [
    ("std::fs", &["folder/", "config/", "study/", "report/", "cli/"]),
    ("std::io", &["folder/", "config/", "study/", "report/", "cli/"]),
    ("tempfile", &["folder/", "study/", "report/", "cli/"]),
    ("crate::folder", &["study/", "report/", "cli/"]),
    ("println!", &["cli/"]),
    ("std::env", &["cli/"]),
    ("process::exit", &["cli/"]),
    ("process::Command", &[]),
    // One driver spreads the buyers of a single market over threads.
    ("rayon", &["model/demand/sweep.rs", "study/", "cli/"]),
    ("std::thread", &[]),
    ("thread_local", &[]),
    ("static mut", &[]),
    // How long a replication took, and when a log was last brought to the disk: never part of a result.
    ("Instant", &["study/run.rs", "study/units/drive.rs", "folder/log.rs", "cli/"]),
    ("SystemTime", &["cli/"]),
    // The fonts of charts, read once.
    ("OnceLock", &["report/charts/"]),
    ("LazyLock", &[]),
    // Its order differs from run to run.
    ("HashMap", &["config/", "study/", "report/", "cli/"]),
    ("rand::rng()", &[]),
];

#[test]
fn files_threads_clocks_and_globals_stand_only_where_they_may() {
    for path in sources(&root().join("src")) {
        let (place, code) = (place(&path), code(&path));
        for (word, places) in KNOWN_ONLY_IN {
            let may = places.iter().any(|known| place == *known || known.ends_with('/') && place.starts_with(known));
            assert!(may || !code.contains(word), "{place} contains {word}");
        }
    }
}

/// Functions of the standard library that are the platform's: their last bit differs from machine to machine.
const PLATFORM: [&str; 25] = [
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "cbrt", "hypot", "sin", "cos",
    "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "atanh",
];

#[test]
fn results_rest_on_arithmetic_that_is_the_same_on_every_machine() {
    // Exact in any order of multiplication: squares, and powers of a half.
    let exact = [".powi(2)", "0.5_f64.powi("];
    for room in ["numerics", "model", "sensitivity", "calibration", "config", "study"] {
        for path in sources(&root().join("src").join(room)) {
            let code = exact.iter().fold(code(&path), |code, exact| code.replace(exact, ""));
            for function in PLATFORM {
                for call in [format!(".{function}("), format!("f64::{function}")] {
                    let called = code.match_indices(&call).any(|(at, _)| !code[at + call.len()..].starts_with('_'));
                    assert!(!called, "{} calls {call}: use numerics::elementary", path.display());
                }
            }
            assert!(!code.contains("rand_distr"), "{} draws by another library's logarithm", path.display());
        }
    }
}

/// `report` writes and draws what it is given; the command line parses, calls one function and prints.
#[test]
fn only_the_study_room_prepares_and_simulates() {
    let calls = [
        "Study::prepare",
        "Study::on",
        "Base::solve",
        "Finished::simulate",
        ".simulate(",
        "simulate_together",
        "simulate_in_time",
        "run_units",
        "study::run",
        "Bargained::of_study",
        "rayon",
        "std::thread",
        "thread::spawn",
    ];
    for path in sources(&root().join("src/report")) {
        for call in calls {
            assert!(!code(&path).contains(call), "{} contains {call}", path.display());
        }
    }
    for file in ["run", "merge", "plan", "points", "work", "summary"] {
        let path = root().join(format!("src/cli/{file}.rs"));
        for call in calls.iter().filter(|call| **call != "rayon").chain(&["Drive", "LedgerWriter", "render("]) {
            assert!(!code(&path).contains(call), "{} contains {call}", path.display());
        }
    }
}

#[test]
fn files_are_written_and_read_in_one_place_and_threads_come_from_the_pool() {
    let writing = ["NamedTempFile", "fs::write", "fs::rename", "File::create", "OpenOptions", ".persist("];
    for path in sources(&root().join("src")) {
        let code = code(&path);
        assert!(!code.contains("std::thread") && !code.contains("thread::spawn"), "{} starts threads", path.display());
        if path.starts_with(root().join("src/folder")) || path.ends_with("tests.rs") {
            continue;
        }
        for word in writing {
            assert!(!code.contains(word), "{} contains {word}: files are written by folder", path.display());
        }
        // Scenarios and their data are the user's own files; what is stored is read by folder.
        let reads = code.contains("fs::read(") || code.contains("read_to_string(");
        assert!(!reads || path.starts_with(root().join("src/config")), "{} reads files itself", path.display());
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
