//! What fuzzing does with bytes: each target edits a valid input as the bytes say, gives it to the program, and asks four things of the answer. It comes
//! without a panic and soon; an error names the file and the place in it; what is accepted can be prepared.
//!
//! `fuzz/fuzz_targets` hands libFuzzer's bytes to these functions, `tests/it/fuzzed.rs` bytes from fixed seeds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use stickershock::model::ids::RegimeId;

use stickershock::config::calibration::calibration;
use stickershock::config::case::{Case, CaseOptions};
use stickershock::config::claims::ClaimsPage;
use stickershock::config::{self, ConfigError, Document, Loaded, Source, Table, problem};
use stickershock::folder::OutputFolder;
use stickershock::folder::lock::Sharing;
use stickershock::folder::log::FILE as LOG;
use stickershock::model::demand::Execution;
use stickershock::model::outcome::Outcome;
use stickershock::report::claims::{ClaimTable, ClaimTables, filled_page, parsed};
use stickershock::sensitivity::{
    IndexPrecision, Method, Resampling, SampleOptions, Scheme, analyze, sample, without_failed,
};
use stickershock::study::sensitivity::{ScenarioStudy, targets as asked};
use stickershock::study::solve::{Matrices, SolveOptions, solve};
use stickershock::study::units::drive::{Drive, Studies};
use stickershock::study::units::shard::{Header, ShardReader, encode, encode_header};
use stickershock::study::units::{Plan, Store};
use stickershock::study::{JobError, JobResult, Study, work};

/// A target: a name and what it does with bytes. What is accepted is also prepared, merged or worked off where the second argument says so: that
/// takes many times as long as reading it.
pub type Target = (&'static str, fn(&[u8], bool));

/// All targets.
pub const TARGETS: [Target; 10] = [
    ("scenario", scenario),
    ("set", set),
    ("models", models),
    ("evidence", evidence),
    ("problem", sensitivity_problem),
    ("case", case),
    ("plan", plan),
    ("shard", shard),
    ("log", log),
    ("claims", claims),
];

/// Decisions read off bytes; where there are none left, the first of what is there.
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// Decisions of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
    /// A number below `most`, which is not 0.
    fn below(&mut self, most: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % most.max(1)
    }
    fn of<'b, T: ?Sized>(&mut self, all: &'b [&'b T]) -> &'b T {
        all[self.below(all.len())]
    }
    fn some(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte() % 24).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}

/// What people and programs write where something else is expected.
const HOSTILE: [&str; 66] = [
    "",
    "0",
    "-0.0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "0.5",
    "1e-320",
    "1e-9",
    "1e9",
    "1e12",
    "1e100",
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "-inf",
    "NaN",
    "Infinity",
    "1000000",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "37000,00",
    "0,25",
    "25%",
    "$5",
    "1_000",
    "0x10",
    "\"\"",
    "\"nan\"",
    "\"1\"",
    "\" a\"",
    "\"../../../etc/passwd\"",
    "\"/dev/zero\"",
    "\"\\u0000\"",
    "\"é\"",
    "true",
    "false",
    "True",
    "null",
    "None",
    "[]",
    "{}",
    "[[]]",
    "[1, 2, 3]",
    "[0.0, 0.0]",
    "[1e308, -1e308]",
    "{ value = 1e308 }",
    "{ value = nan, status = \"x\" }",
    "[{ a = 1 }]",
    "1994-12-31",
    "0000-01-01",
    "9999-12-31",
    "1995-02-30",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "]",
    "}",
    "\"",
    ",,,,",
    "\t",
    "\u{feff}",
    "a.b.c.d.e.f.g.h",
];

/// A valid text with a few edits: of words, lines and raw bytes.
fn edited(text: &str, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect();
    for _ in 0..=bytes.below(4) {
        if lines.is_empty() {
            break;
        }
        let at = bytes.below(lines.len());
        match bytes.byte() % 10 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[bytes.below(lines.len())].clone()),
            2 => {
                let other = bytes.below(lines.len());
                lines.swap(at, other);
            }
            3 => {
                let cut = bytes.below(lines[at].len() + 1);
                lines[at].truncate(cut);
            }
            4 => {
                let place = bytes.below(lines[at].len() + 1);
                let raw = bytes.some().to_vec();
                lines[at].splice(place..place, raw);
            }
            5 => {
                let (word, other) = (word(&lines[at], bytes), bytes.below(lines.len()));
                let from = word_of(&lines[other], bytes);
                lines[at].splice(word, from);
            }
            _ => {
                let word = word(&lines[at], bytes);
                lines[at].splice(word, bytes.of(&HOSTILE).bytes());
            }
        }
    }
    lines.concat()
}

/// The place of a word of a line: a number, a name, a date, or a mark between them.
fn word(line: &[u8], bytes: &mut Bytes<'_>) -> std::ops::Range<usize> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-+".contains(byte);
    let mut words = Vec::new();
    let mut start = 0;
    for end in 1..=line.len() {
        if end == line.len() || plain(&line[end]) != plain(&line[end - 1]) {
            words.push(start..end);
            start = end;
        }
    }
    if words.is_empty() { 0..0 } else { words.swap_remove(bytes.below(words.len())) }
}

fn word_of(line: &[u8], bytes: &mut Bytes<'_>) -> Vec<u8> {
    line[word(line, bytes)].to_vec()
}

/// An error names one of the files, or the assignment, and what stands in it.
fn names_its_place(error: &ConfigError, files: &[&str]) {
    let text = error.to_string();
    assert!(files.iter().any(|file| text.contains(file)) || text.contains("--set"), "names no file: {text}");
    let first = text.lines().next().unwrap_or_default();
    let line = first.split(':').any(|part| part.parse::<usize>().is_ok());
    let key = first.contains(".json: ") && first.contains(" is ");
    let place = line
        || key
        || error.location().is_some()
        || [
            "row ",
            "`",
            "column",
            "byte",
            "cannot be read",
            "no row",
            "empty",
            "scenario ",
            "\"",
            "sum to",
            "sums to",
            "values for",
            "nothing says",
            "separated by",
            "rows, but",
        ]
        .iter()
        .any(|word| first.contains(word));
    assert!(place, "names no place: {text}");
    assert!(!text.contains("panicked") && !text.contains("defect of the program"), "{text}");
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../configs/", $name)))),*] };
}

/// The shipped scenarios and their data.
const SHIPPED: &[(&str, &str)] = shipped![
    "showdown-1995.toml",
    "market-1995.toml",
    "sidebar-1995.toml",
    "parts/bargaining-1995.toml",
    "parts/timing-1995.toml",
    "parts/dealers-1995.toml",
    "governments-1995.toml",
    "sensitivity-1995.toml",
    "sweep-tariff.toml",
    "calibration-1995.toml",
    "calibration-2025.toml",
    "calibrated/calibrated.toml",
    "calibrated/calibrated-demand.toml",
    "calibrated/calibrated-demand-draws.toml",
    "calibrated/calibrated-draws.toml",
    "calibrated/calibrated-settlement.toml",
    "calibrated/calibrated-settlement-draws.toml",
    "calibrated/calibrated-timing.toml",
    "data/models_1994.csv",
    "data/exchange_rates_monthly.csv",
    "data/targets.csv",
];

/// Three models, one of everything: small, so that what is accepted is soon prepared.
const SMALL: &str = include_str!("small.toml");
const SMALL_MODELS: &str = include_str!("models.csv");
const SMALL_TARGETS: &str = include_str!("targets.csv");

fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("small.toml", SMALL.as_bytes().to_vec()),
        ("models.csv", SMALL_MODELS.as_bytes().to_vec()),
        ("targets.csv", SMALL_TARGETS.as_bytes().to_vec()),
    ]
}

fn load(files: Vec<(&'static str, Vec<u8>)>, name: &str, assignments: &[String]) -> Option<Loaded> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    match config::load_from(&Source::memory(files), Path::new(name), assignments) {
        Ok(loaded) => Some(loaded),
        Err(error) => {
            names_its_place(&error, &names);
            None
        }
    }
}

/// What is accepted prepares, or the reason why there is no solution is told. On few buyers, as `check` does with large studies.
fn prepares(loaded: Loaded) {
    let mut scenario = loaded.scenario;
    let neighbours = scenario.timing.as_ref().map_or(0, |timing| 2 * timing.peers.neighbours as usize);
    scenario.buyers = scenario.buyers.min(neighbours.max(64));
    if scenario.market.len() * scenario.weeks as usize * scenario.regimes.len() > 1 << 16 || scenario.buyers > 4096 {
        return;
    }
    if let Err(error) = Study::prepare(scenario) {
        let text = error.to_string();
        assert!(text.len() > 10 && !text.contains("panicked"), "{text}");
    }
}

/// Scenario files: the small one and the shipped ones with edits.
pub fn scenario(bytes: &[u8], deep: bool) {
    let mut bytes = Bytes::new(bytes);
    if !bytes.byte().is_multiple_of(4) {
        let mut files = small_files();
        files[0].1 = edited(SMALL, &mut bytes);
        if let Some(loaded) = load(files, "small.toml", &[]).filter(|_| deep) {
            prepares(loaded);
        }
        return;
    }
    let mut files: Vec<(&str, Vec<u8>)> =
        SHIPPED.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    let scenarios = SHIPPED.iter().filter(|(name, _)| name.ends_with(".toml")).count();
    let (read, changed) = (bytes.below(11), bytes.below(scenarios));
    let changed = if bytes.byte().is_multiple_of(2) { read } else { changed };
    files[changed].1 = edited(SHIPPED[changed].1, &mut bytes);
    load(files, SHIPPED[read].0, &[]);
}

/// Assignments of `--set` on the small scenario: its own keys and hostile values, or anything.
pub fn set(bytes: &[u8], deep: bool) {
    static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
        fn keys(value: &toml::Value, at: &str, found: &mut Vec<String>) {
            let join = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            match value {
                toml::Value::Table(table) => table.iter().for_each(|(name, value)| keys(value, &join(name), found)),
                toml::Value::Array(items) => {
                    for item in items.iter().filter(|item| item.is_table()) {
                        keys(item, &join(item.get("name").and_then(toml::Value::as_str).unwrap_or("0")), found);
                    }
                    found.push(at.to_owned());
                }
                _ => found.push(at.to_owned()),
            }
        }
        let mut found = Vec::new();
        keys(&toml::Value::Table(SMALL.parse().unwrap_or_default()), "", &mut found);
        found
    });
    let mut bytes = Bytes::new(bytes);
    let mut assignments = Vec::new();
    for _ in 0..=bytes.below(3) {
        let plain = format!("{}={}", KEYS[bytes.below(KEYS.len())], bytes.of(&HOSTILE));
        assignments.push(match bytes.byte() % 4 {
            0 => String::from_utf8_lossy(&edited(&plain, &mut bytes)).into_owned(),
            1 => String::from_utf8_lossy(bytes.some()).into_owned(),
            _ => plain,
        });
    }
    if let Some(loaded) = load(small_files(), "small.toml", &assignments).filter(|_| deep) {
        prepares(loaded);
    }
}

/// Tables of models.
pub fn models(bytes: &[u8], deep: bool) {
    let mut files = small_files();
    files[1].1 = edited(SMALL_MODELS, &mut Bytes::new(bytes));
    if let Some(loaded) = load(files, "small.toml", &[]).filter(|_| deep) {
        prepares(loaded);
    }
}

/// Tables of evidence beside the small scenario, which is read once.
pub fn evidence(bytes: &[u8], _: bool) {
    static READ: LazyLock<Loaded> = LazyLock::new(|| {
        let source = Source::memory(small_files());
        config::load_from(&source, Path::new("small.toml"), &[]).unwrap_or_else(|error| panic!("{error}"))
    });
    let mut files = small_files();
    files[2].1 = edited(SMALL_TARGETS, &mut Bytes::new(bytes));
    let mut loaded = READ.clone();
    loaded.document = loaded.document.with_copies(BTreeMap::new(), Source::memory(files));
    if let Err(error) = calibration(loaded, &[]) {
        names_its_place(&error, &["targets.csv", "small.toml"]);
    }
}

const CLAIMS: &str = include_str!("claims.md");

/// Tables in which every run has two draws.
struct OneTable;

impl ClaimTables for OneTable {
    fn table(&self, _: &str, name: &str) -> Result<Option<Arc<ClaimTable>>, String> {
        match name {
            "draws" => Ok(None),
            _ => {
                parsed(b"draw,regime,metric,period,mean,std_error,change\n0,a,m,all,1,2,3\n1,a,m,all,4,5,\n").map(Some)
            }
        }
    }
}

/// Pages of claims: what is a page is filled.
pub fn claims(bytes: &[u8], _: bool) {
    let text = edited(CLAIMS, &mut Bytes::new(bytes));
    let page = match ClaimsPage::read(&Source::memory([("claims.md", text)]), Path::new("claims.md")) {
        Ok(page) => page,
        Err(error) => return names_its_place(&error, &["claims.md"]),
    };
    if let Err(error) = filled_page(&page, &OneTable) {
        assert!(error.file == "claims.md" && error.line > 1 && !error.message.is_empty(), "{error}");
    }
}

const PROBLEM: &str = include_str!("problem.toml");

/// Problems of the sensitivity tools with a design and outputs: what is accepted is sampled and analysed.
pub fn sensitivity_problem(bytes: &[u8], deep: bool) {
    let mut bytes = Bytes::new(bytes);
    let text = if bytes.byte().is_multiple_of(4) { PROBLEM.as_bytes().to_vec() } else { edited(PROBLEM, &mut bytes) };
    let Ok(text) = String::from_utf8(text) else { return };
    let problem = match Document::from_str(&text, "problem.toml").and_then(|document| problem::of_document(&document)) {
        Ok(problem) => problem,
        Err(error) => return names_its_place(&error, &["problem.toml"]),
    };
    if problem.len() > 16 {
        return;
    }
    let methods = [Method::Sobol, Method::Morris, Method::Fast, Method::RbdFast, Method::Pawn, Method::Delta];
    let method = methods[bytes.below(methods.len())];
    let n = if bytes.byte().is_multiple_of(8) {
        bytes.of(&[&0_usize, &1, &2, &3, &65, &usize::MAX]).to_owned()
    } else {
        4 + bytes.below(60)
    };
    let levels =
        if bytes.byte().is_multiple_of(8) { bytes.of(&[&0_usize, &1, &3, &1_000_000_000_000]).to_owned() } else { 4 };
    let Ok(design) = sample(&problem, method, SampleOptions { n, seed: 7, levels }) else { return };
    if design.rows() > 4096 {
        return;
    }
    let names: Vec<&str> = problem.names().collect();
    let mut table = format!(
        "{},y,z\n",
        names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
    );
    for row in design.iter() {
        let cells: Vec<String> = row.iter().map(|value| format!("{value:?}")).collect();
        table.push_str(&format!(
            "{},{:?},{:?}\n",
            cells.join(","),
            row.iter().sum::<f64>(),
            row[0] / (1.0 + row[0] * row[0])
        ));
    }
    let table = if bytes.byte().is_multiple_of(2) { table.into_bytes() } else { edited(&table, &mut bytes) };
    let read = Table::from_bytes(table, "design.csv").and_then(|table| {
        let design = problem::design(&problem, &table)?;
        let outputs = problem::outputs(&problem, &table, design.rows())?;
        Ok((design, outputs))
    });
    match read {
        Ok((design, outputs)) if deep => {
            let resampling = Resampling { resamples: 10, ..Resampling::default() };
            let kept = without_failed(&problem, method, &design, &outputs.columns, &outputs.failed);
            if let Err(error) =
                kept.and_then(|(design, outputs, _)| analyze(&problem, method, &design, &outputs, &resampling))
            {
                assert!(!error.message.is_empty());
            }
        }
        Ok(_) => {}
        Err(error) => names_its_place(&error, &["design.csv"]),
    }
}

macro_rules! solved {
    ($($name:literal),* $(,)?) => {
        &[$([
            include_str!(concat!("../../tests/cases/", $name, "/case.json")),
            include_str!(concat!("../../tests/cases/", $name, "/products.csv")),
            include_str!(concat!("../../tests/cases/", $name, "/agents.csv")),
        ]),*]
    };
}

/// Small markets: of a few lines, of random coefficients, of incomes, with limits.
const CASES: &[[&str; 3]] = solved![
    "field/fold_1x2",
    "field/q_partition_plus_total",
    "field/shares_percent",
    "rc_6x40",
    "income_5x30",
    "plain_logit"
];
const SPECIFICATIONS: &str = include_str!("specifications.json");

/// Markets of `solve`: what is accepted is solved, or each scenario says why it is not.
pub fn case(bytes: &[u8], deep: bool) {
    let mut bytes = Bytes::new(bytes);
    let [json, products, agents] = CASES[bytes.below(CASES.len())];
    let mut files =
        [("case.json", json), ("products.csv", products), ("agents.csv", agents), ("scenarios.json", SPECIFICATIONS)]
            .map(|(name, text)| (name, text.as_bytes().to_vec()));
    for _ in 0..=bytes.below(2) {
        let at = bytes.below(files.len());
        let text = String::from_utf8_lossy(&files[at].1).into_owned();
        files[at].1 = edited(&text, &mut bytes);
    }
    let folder = scratch();
    for (name, content) in &files {
        write(&folder.path().join(name), content);
    }
    match Case::load(folder.path(), &CaseOptions::default()) {
        Ok(case) if deep => {
            let options = SolveOptions { execution: Execution::SERIAL, matrices: Matrices::None, many_starts: false };
            match solve(&case, &options) {
                Ok(solution) => {
                    for result in &solution.scenarios {
                        assert!(
                            result.price.iter().all(|price| price.is_finite() || price.is_nan()),
                            "{:?}",
                            result.price
                        );
                    }
                    solution.failed.iter().for_each(|failed| assert!(failed.error.to_string().len() > 10));
                }
                Err(error) => assert!(error.to_string().len() > 10),
            }
        }
        Ok(_) => {}
        Err(error) => names_its_place(&error, &["case.json", "products.csv", "agents.csv", "scenarios.json"]),
    }
}

fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.unwrap_or_else(|error| panic!("no folder for fuzzing: {error}"))
}

fn write(path: &Path, bytes: &[u8]) {
    let written = fs::File::create(path).and_then(|mut file| file.write_all(bytes));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A small study with its plan and one shard.
struct Small {
    loaded: Loaded,
    regimes: Vec<RegimeId>,
    plan: Plan,
    text: String,
    shard: Vec<u8>,
    header: Header,
    jobs: Vec<Vec<JobResult>>,
}

static STUDY: LazyLock<Small> = LazyLock::new(|| {
    let own = |error: &dyn std::fmt::Display| -> ! { panic!("the small scenario: {error}") };
    let source = Source::memory(small_files());
    let loaded = config::load_from(&source, Path::new("small.toml"), &[]).unwrap_or_else(|error| own(&error));
    let regimes: Vec<RegimeId> = loaded.scenario.regimes.ids().collect();
    let plan = work::plan(&loaded, &regimes, Some(4)).unwrap_or_else(|error| own(&error));
    let text = serde_json::to_string_pretty(&plan).unwrap_or_default();
    let folder = planned(text.as_bytes());
    let store = Store::of(OutputFolder::at(folder.path()), Sharing::Alone).unwrap_or_else(|error| own(&error));
    let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer: &() };
    drive.publish(&plan.unit_list(), &Studies::new(&loaded, &plan)).unwrap_or_else(|error| own(&error));
    let path = store.shard_path(&plan, 0);
    let mut reader = ShardReader::open(&path).unwrap_or_else(|error| own(&error));
    let header = reader.header.clone();
    let mut jobs = Vec::new();
    while let Some((_, replication)) = reader.next_replication().unwrap_or_else(|error| own(&error)) {
        jobs.push(replication.into_iter().map(|(job, _)| job.map_err(JobError::Study)).collect());
    }
    let shard = fs::read(&path).unwrap_or_default();
    Small { loaded, regimes, plan, text, shard, header, jobs }
});

/// A folder with the plan and data of the small study.
fn planned(plan: &[u8]) -> tempfile::TempDir {
    let folder = scratch();
    let made =
        fs::create_dir_all(folder.path().join("data")).and_then(|()| fs::create_dir_all(folder.path().join("units")));
    made.unwrap_or_else(|error| panic!("{error}"));
    for (name, bytes) in small_files().into_iter().filter(|(name, _)| name.ends_with(".csv")) {
        write(&folder.path().join("data").join(name), &bytes);
    }
    write(&folder.path().join("plan.json"), plan);
    folder
}

/// Plans with edits, some with their hash put right.
pub fn plan(bytes: &[u8], deep: bool) {
    let small = &*STUDY;
    let mut bytes = Bytes::new(bytes);
    let right = bytes.byte().is_multiple_of(2);
    let mut text = edited(&small.text, &mut bytes);
    if right
        && let Ok(plan) = serde_json::from_slice::<Plan>(&text)
        && plan.replications.div_ceil(plan.unit_size.max(1)).saturating_mul(plan.points as u64) < 1000
    {
        text = serde_json::to_vec(&plan.rehashed()).unwrap_or_default();
    }
    let folder = planned(&text);
    match work::open(&OutputFolder::at(folder.path())) {
        Ok((plan, loaded, regimes)) => {
            assert_eq!(regimes.len(), plan.regimes.len());
            if deep {
                prepares(loaded);
            }
        }
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains(&*folder.path().to_string_lossy()) || text.contains("plan.json"),
                "names no file: {text}"
            );
        }
    }
}

/// Shards with edits of their header, numbers and errors under a right hash, or of their bytes.
pub fn shard(bytes: &[u8], deep: bool) {
    let small = &*STUDY;
    let mut bytes = Bytes::new(bytes);
    let raw = bytes.byte().is_multiple_of(4);
    let stored = if raw {
        let mut stored = small.shard.clone();
        for _ in 0..=bytes.below(4) {
            let at = bytes.below(stored.len());
            stored[at] ^= bytes.byte();
        }
        stored.truncate(stored.len() - if bytes.byte().is_multiple_of(4) { bytes.below(stored.len()) } else { 0 });
        if bytes.byte().is_multiple_of(2) && stored.len() > 32 {
            let body = stored.len() - 32;
            let hash = blake3::hash(&stored[..body]);
            stored[body..].copy_from_slice(hash.as_bytes());
        }
        stored
    } else {
        crafted(small, &mut bytes)
    };
    if !deep {
        return read_through(&stored);
    }
    let folder = planned(small.text.as_bytes());
    write(&folder.path().join(format!("units/{}.shard", small.plan.units[0].id)), &stored);
    let output = OutputFolder::at(folder.path());
    if let Err(error) = work::merge(&output, false, &mut (), &()) {
        let text = error.to_string();
        assert!(
            text.contains(&*folder.path().to_string_lossy()) || text.contains("no outcome"),
            "names no file: {text}"
        );
    }
}

/// A shard is read to its end, or an error names it.
fn read_through(stored: &[u8]) {
    let folder = scratch();
    let path = folder.path().join("a.shard");
    write(&path, stored);
    let read = ShardReader::open(&path).and_then(|mut reader| {
        while reader.next_replication()?.is_some() {}
        Ok(())
    });
    if let Err(error) = read {
        assert!(error.to_string().contains("a.shard"), "names no file: {error}");
    }
}

/// A shard whose hash is right and whose content need not be.
fn crafted(small: &Small, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut header = small.header.clone();
    let mut jobs = small.jobs.clone();
    for _ in 0..=bytes.below(3) {
        let replication = bytes.below(jobs.len());
        let regime = bytes.below(jobs[replication].len());
        let number = *bytes.of(&[&f64::NAN, &f64::INFINITY, &-1.0, &1e300, &-1e300, &0.0, &5e-324]);
        let edit = bytes.byte() % 9;
        match (edit, jobs[replication].get_mut(regime)) {
            (0, _) => header.end = bytes.below(9) as u64,
            (1, _) => header.regimes.truncate(bytes.below(header.regimes.len() + 1)),
            (2, _) => drop(jobs.remove(replication)),
            (3, Some(job)) => *job = Err(JobError::Fault(String::from_utf8_lossy(bytes.some()).into_owned())),
            (4, Some(Ok(outcome))) => outcome.values.truncate(bytes.below(outcome.values.len() + 1)),
            (5, Some(Ok(outcome))) => outcome.switched.push(number),
            (6, Some(job)) => *job = Ok(Outcome { values: vec![number; bytes.below(400)], switched: Vec::new() }),
            (_, Some(Ok(outcome))) if !outcome.values.is_empty() => {
                let at = bytes.below(outcome.values.len());
                outcome.values[at] = number;
            }
            _ => {}
        }
        if jobs.is_empty() {
            break;
        }
    }
    let mut stored = encode_header(&header);
    jobs.iter().for_each(|replication| stored.extend(encode(replication).0));
    let hash = blake3::hash(&stored);
    stored.extend_from_slice(hash.as_bytes());
    stored
}

/// Logs with edits, some with their checksums put right.
pub fn log(bytes: &[u8], deep: bool) {
    static WHOLE: LazyLock<String> = LazyLock::new(|| {
        let folder = scratch();
        let output = OutputFolder::at(folder.path());
        answered(&output).unwrap_or_else(|error| panic!("{error}"));
        fs::read_to_string(folder.path().join(LOG)).unwrap_or_default()
    });
    let mut bytes = Bytes::new(bytes);
    let right = bytes.byte().is_multiple_of(2);
    let mut text = edited(&WHOLE, &mut bytes);
    if right {
        text = with_checksums(&String::from_utf8_lossy(&text)).into_bytes();
    }
    let folder = scratch();
    write(&folder.path().join(LOG), &text);
    let output = OutputFolder::at(folder.path());
    let read = if deep {
        answered(&output)
    } else {
        asked_before().open(&output, 1).map(drop).map_err(|error| error.to_string())
    };
    if let Err(error) = read {
        assert!(error.contains(LOG) || error.contains("row "), "names no place: {error}");
    }
}

/// A sensitivity study of the small scenario.
fn asked_before() -> ScenarioStudy<'static> {
    let small = &*STUDY;
    ScenarioStudy {
        loaded: &small.loaded,
        scheme: Scheme::OneAtATime { quantiles: [0.1, 0.9] },
        targets: asked(
            &["duty_usd".into()],
            &[small.loaded.scenario.regimes[small.regimes[1]].name.clone()],
            None,
            "all",
        ),
        replications: 1,
        dummy: false,
        resampling: Resampling { resamples: 4, ..Resampling::default() },
    }
}

/// That study in a folder.
fn answered(folder: &OutputFolder) -> Result<(), String> {
    let study = asked_before();
    let stop = AtomicBool::new(false);
    let log = study.open(folder, 1).map_err(|error| error.to_string())?;
    let finished =
        study.run(log, (1, 1), IndexPrecision::default(), &stop, &|_, _| {}).map_err(|error| error.to_string())?;
    assert!(finished.runs.rows.iter().flatten().flatten().all(|value| value.is_finite()));
    Ok(())
}

/// Every line with the checksum that belongs to it.
fn with_checksums(text: &str) -> String {
    let mut lines = text.lines().map(|line| line.rsplit_once('\t').map_or(line, |(payload, _)| payload));
    let first = lines.next().unwrap_or_default();
    let key = blake3::hash(first.as_bytes());
    let sum = |payload: &str| blake3::keyed_hash(key.as_bytes(), payload.as_bytes()).to_hex()[..16].to_owned();
    std::iter::once(first).chain(lines).map(|payload| format!("{payload}\t{}\n", sum(payload))).collect()
}
