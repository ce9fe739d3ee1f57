//! The map in ARCHITECTURE.md holds: modules point one way; files, threads, clocks and the platform's arithmetic stand where they may.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Layers from the bottom: a module may use those of the layers before its own, and no other of its own layer.
const LAYERS: [&[&str]; 10] = [
    &["numerics", "platform"],
    &["model"],
    &["sensitivity", "calibration"],
    &["config"],
    &["folder"],
    &["study"],
    &["report"],
    &["draft"],
    &["interface"],
    &["cli"],
];

/// Folders of the packages `stickershock-core`, `-scenarios`, `-engine` and `stickershock`: the rooms of each stand in its own.
fn packages() -> [PathBuf; 4] {
    ["src/core", "src/scenarios", "src/engine", "src"].map(|folder| root().join(folder))
}

/// Folder of a room.
fn room(name: &str) -> PathBuf {
    packages().map(|package| package.join(name)).into_iter().find(|room| room.is_dir()).unwrap()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("build.rs") {
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
    let text = text.split("#[cfg(all(test, feature = \"parallel\"))]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules of the library that a piece of code names, also those in braces: `use crate::{a, b::c}`.
fn named(code: &str) -> Vec<String> {
    named_after("crate::", code)
}

/// The names that follow a path's beginning, also those in braces: `std::` in `use std::{env, fs}`.
fn named_after(beginning: &str, code: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for rest in code.split(beginning).skip(1) {
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
    let standard = "use std::{env::{self, var}, fs, io::Write as _}; fn f() { std::thread::yield_now() }";
    assert_eq!(named_after("std::", standard), ["env", "fs", "io", "thread"]);
}

#[test]
fn every_module_has_a_layer_and_points_down() {
    let libraries = packages().map(|folder| fs::read_to_string(folder.join("lib.rs")).unwrap());
    let modules: Vec<&str> = libraries
        .iter()
        .flat_map(|library| library.lines())
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let layered = LAYERS.concat();
    assert_eq!(modules.len(), layered.len());
    for module in modules {
        assert!(layered.contains(&module), "{module} has no layer");
    }
    for (height, layer) in LAYERS.iter().enumerate() {
        for module in *layer {
            let folder = room(module);
            for path in sources(&folder) {
                for name in named(&code(&path)) {
                    let below = LAYERS[..height].iter().any(|layer| layer.contains(&name.as_str()));
                    assert!(below || name == *module, "{} uses {name}", path.display());
                }
                // A file of a room reaches others of the library by `crate::`, so that the test above sees it.
                let depth = path.strip_prefix(&folder).unwrap().components().count();
                let out = "super::".repeat(if path.ends_with("mod.rs") { depth } else { depth + 1 });
                assert!(!code(&path).contains(&out), "{} leaves {module} by super", path.display());
            }
        }
    }
}

/// Path from the room on, which is below the folder of its package.
fn inside(path: &Path) -> &Path {
    let within = |package: PathBuf| path.strip_prefix(package).ok().filter(|below| below.components().count() > 1);
    packages().into_iter().find_map(within).unwrap_or_else(|| path.strip_prefix(root().join("src")).unwrap())
}

/// The same with forward slashes.
fn place(path: &Path) -> String {
    inside(path).to_str().unwrap().replace('\\', "/")
}

/// What only some places may know, and which: a room ends with a slash, a file does not.
const KNOWN_ONLY_IN: [(&str, &[&str]); 22] = [
    ("std::fs", &["folder/", "config/", "study/", "report/", "cli/"]),
    ("std::io", &["folder/", "config/", "study/", "report/", "cli/"]),
    ("tempfile", &["folder/", "study/", "report/", "cli/"]),
    ("crate::folder", &["study/", "report/", "draft/", "interface/", "cli/"]),
    ("println!", &["cli/"]),
    ("std::env", &["cli/"]),
    ("process::exit", &["cli/"]),
    ("process::Command", &[]),
    // One driver spreads the buyers of a single market over threads.
    ("rayon", &["platform/threads.rs"]),
    // Who spreads work: the buyers of one market; replications and points; tables and charts, beside each other; and who makes the pool.
    (
        "platform::threads",
        &[
            "model/demand/sweep.rs",
            "study/",
            "report/study.rs",
            "report/point_tables.rs",
            "report/writer.rs",
            "report/draw.rs",
            "interface/",
            "cli/",
        ],
    ),
    // Who ends a process whose work does not hear that it should stop, and the thread with enough stack.
    ("std::thread", &["cli/signals.rs"]),
    // Whether a thread works points off already; the letters of charts, read once.
    ("thread_local", &["study/threads.rs", "report/charts/letters.rs"]),
    ("static mut", &[]),
    // How long a replication took, when a log was last brought to the disk, how long a lock is waited for: never part of a result.
    (
        "Instant",
        &[
            "platform/clock.rs",
            "study/run.rs",
            "study/trial.rs",
            "study/work.rs",
            "study/manifest.rs",
            "study/units/drive.rs",
            "folder/lock.rs",
            "folder/log.rs",
            "interface/worked.rs",
            "cli/",
        ],
    ),
    ("SystemTime", &["cli/"]),
    // The date in a manifest, and in the note of a lock.
    ("Timestamp::now", &["platform/clock.rs", "folder/lock.rs"]),
    ("Zoned::now", &[]),
    // The fonts of charts, read once.
    ("OnceLock", &["report/charts/"]),
    ("LazyLock", &[]),
    // Its order differs from run to run.
    ("HashMap", &["config/", "study/", "report/", "cli/"]),
    ("HashSet", &[]),
    ("rand::rng()", &[]),
];

#[test]
fn files_threads_clocks_and_globals_stand_only_where_they_may() {
    for path in sources(&root().join("src")) {
        let (place, mut code) = (place(&path), code(&path));
        // `use std::{env, fs}` names both, and `use std::env;` what `env::var` is.
        for name in named_after("std::", &code) {
            code.push_str(&format!("\nstd::{name}"));
        }
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
    for name in ["numerics", "model", "sensitivity", "calibration", "config", "study"] {
        for path in sources(&room(name)) {
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

/// What only `study` does, by the calls that do it: it makes a study ready, runs its jobs, has governments bargain, and keeps the manifest.
const STUDY_DOES: [&str; 16] = [
    "Study::prepare",
    "Study::on",
    "Base::solve",
    "Finished::simulate",
    "FinishedPoints::simulate",
    ".simulate(",
    "simulate_together",
    ".timed(",
    "run_units",
    "Bargained::",
    "solve_execution_reward",
    ".base_year()",
    "LedgerWriter",
    "WorkStanding",
    "Manifest::",
    "thread::spawn",
];

/// `report` writes and draws what it is given, `draft` has its markets tried; the command line parses, calls one function and prints. No file of
/// these makes a study ready, simulates or works out the base year. In the command line none asks the model for duties and none drives the units of a plan, but for
/// `unit`, which is that very thing: a unit at a time, as a cluster asks for them.
#[test]
fn only_the_study_room_prepares_and_simulates() {
    for name in ["report", "draft", "cli"] {
        for path in sources(&room(name)) {
            for call in STUDY_DOES {
                assert!(!code(&path).contains(call), "{} contains {call}", path.display());
            }
            let threads = code(&path).contains("std::thread");
            assert!(!threads || path.ends_with("cli/signals.rs"), "{} contains std::thread", path.display());
        }
    }
    for path in sources(&root().join("src/cli")) {
        for call in ["Policy {", "Planner {", "normal_duties"] {
            assert!(!code(&path).contains(call), "{} contains {call}", path.display());
        }
        assert!(!code(&path).contains("Drive {") || path.ends_with("unit.rs"), "{} drives units", path.display());
    }
}

#[test]
fn files_are_written_and_read_in_one_place_and_threads_come_from_the_pool() {
    let writing = ["NamedTempFile", "fs::write", "fs::rename", "File::create", "OpenOptions", ".persist("];
    for path in sources(&root().join("src")) {
        let code = code(&path);
        let threads = code.contains("std::thread") || code.contains("thread::spawn");
        assert!(!threads || path.ends_with("cli/signals.rs"), "{} starts threads", path.display());
        if path.starts_with(room("folder")) || path.ends_with("tests.rs") {
            continue;
        }
        for word in writing {
            assert!(!code.contains(word), "{} contains {word}: files are written by folder", path.display());
        }
        // Scenarios and their data are the user's own files; what is stored is read by folder.
        let reads = code.contains("fs::read(") || code.contains("read_to_string(");
        assert!(!reads || path.starts_with(room("config")), "{} reads files itself", path.display());
    }
}

#[test]
fn unsafe_code_stands_only_in_the_kernels_and_gives_its_reason() {
    let kernels = room("model").join("demand/kernel");
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

/// Names that two types have on purpose: those of the front page are what is inside, seen from outside.
const SAME_FROM_OUTSIDE: [&str; 3] = ["Results", "Scenario", "Study"];

/// Types of a piece of code that other files can name: `pub`, `pub(crate)` or `pub(super)`, outside of functions and blocks.
fn visible_types(code: &str) -> Vec<&str> {
    let visible = |line: &'_ &str| ["pub ", "pub(crate) ", "pub(super) "].iter().any(|start| line.starts_with(start));
    let named = |line: &'_ str| {
        let (_, item) = line.split_once(' ')?;
        let (kind, name) = item.split_once(' ')?;
        let kinds = ["struct", "enum", "trait", "type", "union"];
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        kinds.contains(&kind).then(|| line.len() - name.len()..line.len() - name.len() + end)
    };
    code.lines().filter(visible).filter_map(|line| Some(&line[named(line)?])).collect()
}

#[test]
fn types_that_other_files_can_name_are_found() {
    let code = "pub struct A<'a> {\n    pub b: B,\n}\nenum Own {}\npub(crate) enum C {}\npub(super) type D = u8;\npub fn e() {}\npub trait F: G {}";
    assert_eq!(visible_types(code), ["A", "C", "D", "F"]);
}

#[test]
fn one_name_is_one_type() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources(&root().join("src")) {
        for name in visible_types(&code(&path)) {
            homes.entry(name.to_owned()).or_default().push(place(&path));
        }
    }
    assert!(homes.len() > 400, "only {} types found", homes.len());
    for (name, places) in &homes {
        let outside = SAME_FROM_OUTSIDE.contains(&name.as_str());
        let inside: Vec<_> = places.iter().filter(|place| !(outside && place.starts_with("interface/"))).collect();
        assert!(
            inside.len() == 1,
            "{name} is a type of {}",
            inside.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(" and of ")
        );
    }
}

/// No file of a room uses another that uses it, be it by way of others.
#[test]
fn files_of_a_room_do_not_go_in_circles() {
    let rooms = LAYERS.concat();
    let found: Vec<_> = rooms.iter().map(|name| room(name)).flat_map(|room| circles(&uses(&modules(&room)))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_finder_of_circles_sees_every_way_to_name_a_file() {
    let file = |module: &str, code: &str| (module.split("::").map(str::to_owned).collect(), code.to_owned());
    let room = |files: &[(&str, &str)]| files.iter().map(|(module, code)| file(module, code)).collect::<Modules>();
    let found = |files: &[(&str, &str)]| circles(&uses(&room(files)));
    let pair = vec![vec!["r::a".to_owned(), "r::b".to_owned()]];
    for (a, b) in [
        ("use super::b::B;", "use super::a::A;"),
        ("use crate::r::{b::B, c};", "use crate::{q, r::a::A};"),
        ("fn f() { crate::r::b::g() }", "use crate::r::{\n    a::{A},\n};"),
        ("use super::{b};", "fn f(a: super::a::A) {}"),
    ] {
        assert_eq!(found(&[("r", ""), ("r::a", a), ("r::b", b), ("r::c", "")]), pair, "{a} {b}");
        assert!(found(&[("r", ""), ("r::a", a), ("r::b", "use super::c::C;"), ("r::c", "")]).is_empty());
    }
    // A name that the room's own file passes on is one of the file it comes from.
    let through =
        [("r", "pub use b::{B, C};\nmod a;\nmod b;"), ("r::a", "use super::B;"), ("r::b", "use super::a::A;")];
    assert_eq!(found(&through), pair);
    // An item of the room's own file is not, and may not use what uses it.
    let own = [("r", "use self::a::A;\npub struct Own;"), ("r::a", "use super::Own;")];
    assert_eq!(found(&own), [["r".to_owned(), "r::a".to_owned()]]);
    let below = [("r", ""), ("r::a", "use super::b::x::X;"), ("r::b", ""), ("r::b::x", "use super::super::a::A;")];
    assert_eq!(found(&below), [["r::a".to_owned(), "r::b::x".to_owned()]]);
}

/// Modules of a room with their code; a module is named by its path from the crate.
type Modules = BTreeMap<Vec<String>, String>;

fn modules(room: &Path) -> Modules {
    let module = |path: &Path| {
        let module = inside(path).with_extension("");
        let mut steps: Vec<String> = module.iter().map(|step| step.to_str().unwrap().to_owned()).collect();
        if steps.last().is_some_and(|last| last == "mod") {
            steps.pop();
        }
        steps
    };
    // Files of unit tests may use what they test.
    let tests = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == "tests");
    sources(room).iter().filter(|path| !tests(path)).map(|path| (module(path), code(path))).collect()
}

/// Which modules of a room each module uses, by every path that its code names.
fn uses(modules: &Modules) -> BTreeMap<String, BTreeSet<String>> {
    let named: BTreeMap<&[String], _> =
        modules.iter().map(|(module, code)| (module.as_slice(), imports(module, code))).collect();
    let of = |module: &[String]| {
        let mut used: BTreeSet<String> = named[module].0.iter().filter_map(|path| home(&named, path, 0)).collect();
        used.remove(&module.join("::"));
        (module.join("::"), used)
    };
    modules.keys().map(|module| of(module)).collect()
}

/// Paths that the code of each module uses, and those that it passes on.
type Named<'a> = BTreeMap<&'a [String], (Vec<Vec<String>>, Vec<Vec<String>>)>;

/// Absolute paths that a module's code names: those it uses, and those that it passes on to others.
fn imports(module: &[String], code: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let (mut used, mut passed_on, mut rest) = (Vec::new(), Vec::new(), String::new());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let Some(first) = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "]
            .iter()
            .find_map(|start| line.trim_start().strip_prefix(start))
        else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut tree = first.to_owned();
        while !tree.contains(';') {
            tree.push_str(lines.next().unwrap_or(";").trim());
        }
        let paths = branches(tree.trim_end_matches(';')).into_iter().map(|path| absolute(module, &path));
        if line.trim_start().starts_with("pub") { passed_on.extend(paths) } else { used.extend(paths) }
    }
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in rest.match_indices(start) {
            let path: String = rest[at..].chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            if !rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                used.push(absolute(module, path.trim_end_matches(':')));
            }
        }
    }
    (used, passed_on)
}

/// The paths of a use tree: `a::{b, c::{d, e}}` has three.
fn branches(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else { return vec![tree.split(" as ").next().unwrap_or(tree).trim().to_owned()] };
    let (stem, mut inside) = (tree[..open].trim(), &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())]);
    let mut found = Vec::new();
    while !inside.is_empty() {
        let mut depth = 0;
        let end = inside.find(|c| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        });
        let end = end.unwrap_or(inside.len());
        found.extend(branches(&inside[..end]).into_iter().map(|branch| format!("{stem}{branch}")));
        inside = inside[end..].trim_start_matches(',');
    }
    found
}

/// A path of a module's code from the crate on; a path that begins with another name may be of a module below.
fn absolute(module: &[String], path: &str) -> Vec<String> {
    let mut steps = path.split("::").filter(|step| !step.is_empty()).peekable();
    let mut here = module.to_vec();
    if steps.peek() == Some(&"crate") {
        here.clear();
    }
    while let Some(step) = steps.next_if(|step| ["crate", "self", "super"].contains(step)) {
        if step == "super" {
            here.pop();
        }
    }
    here.extend(steps.map(str::to_owned));
    here
}

/// The module of a room that a path leads to, through what others pass on.
fn home(named: &Named<'_>, path: &[String], depth: usize) -> Option<String> {
    let length = (1..=path.len()).rev().find(|length| named.contains_key(&path[..*length]))?;
    let (module, item) = (&path[..length], path.get(length));
    let passed_on = item.filter(|_| depth < 8).and_then(|item| {
        let same = |source: &&Vec<String>| source.last() == Some(item) && source.as_slice() != &path[..=length];
        named[module].1.iter().find(same)
    });
    match passed_on {
        Some(source) => home(named, source, depth + 1),
        None => Some(module.join("::")),
    }
}

/// Groups of modules that reach each other.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            open.extend(uses.get(next).into_iter().flatten().filter(|used| seen.insert((*used).clone())));
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = uses.keys().map(|module| (module, reach(module))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for module in uses.keys().filter(|module| reached[module].contains(*module)) {
        if !found.iter().flatten().any(|other| other == module) {
            let same = |other: &&String| reached[module].contains(*other) && reached[other].contains(module);
            found.push(uses.keys().filter(same).cloned().collect());
        }
    }
    found
}
