//! The map in ARCHITECTURE.md holds: modules point one way, and the model touches neither files nor threads nor clocks.

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

/// Lines of a source file before its unit tests, without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
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

#[test]
fn the_model_knows_no_files_threads_clocks_or_globals() {
    // One driver spreads the buyers of a single market over threads (see the house rules in ARCHITECTURE.md).
    let driver = root().join("src/model/demand/sweep.rs");
    for layer in ["model", "numerics"] {
        for path in sources(&root().join("src").join(layer)) {
            let code = code(&path);
            for word in [
                "std::fs",
                "std::io",
                "crate::folder",
                "std::time",
                "Instant::now",
                "println!",
                "static mut",
                "thread_local",
                "HashMap",
            ] {
                assert!(!code.contains(word), "{} contains {word}", path.display());
            }
            assert!(!code.contains("rayon") || path == driver, "{} uses threads", path.display());
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
