//! `stickershock solve`: equilibria of a static market under what-if specifications.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::config::case::{Case, CaseOptions};
use crate::folder::former::{ResultKind, differences};
use crate::folder::lock::{Lock, Sharing};
use crate::folder::{EARLIER_FILES, MANIFEST, OTHERS_FILES, OutputFolder};
use crate::model::demand::Execution;
use crate::report::case::{
    compare, empty_selections, names_before, not_compared, recovery_warnings, render_comparison, render_summary,
    warnings, write_failures, write_into,
};
use crate::report::page;
use crate::study::solve::{BASE, Matrices, Solution, SolveError, SolveOptions, matrices_formed, solve};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::CliError;

#[derive(Args)]
pub struct SolveArgs {
    /// Folder with case.json, products.csv, agents.csv and scenarios.json (each may be gzipped).
    case: PathBuf,
    /// Write scenarios.json, results.csv, summary.csv and matrices to this folder.
    #[arg(long, value_name = "DIR", env = "STICKERSHOCK_OUT")]
    out: Option<PathBuf>,
    /// Start over, whatever the output folder holds.
    #[arg(long, requires = "out")]
    fresh: bool,
    /// Compare with the results stored in the case; exit with 1 past the tolerances of case.json.
    #[arg(long)]
    compare: bool,
    /// File of specifications, instead of the case's scenarios.json.
    #[arg(long, value_name = "FILE")]
    specs: Option<PathBuf>,
    /// Market, where products.csv holds several.
    #[arg(long, value_name = "ID")]
    market: Option<String>,
    /// Matrices to form: elasticities, diversion, second choices, pass-through [default: none; with --compare, stored].
    #[arg(long, value_enum)]
    matrices: Option<MatrixChoice>,
    /// Recover mean utilities and costs from observed shares and prices even where the case gives them.
    #[arg(long)]
    recover: bool,
    /// Look for other equilibria from prices far below and above.
    #[arg(long)]
    many_starts: bool,
    /// Also write products and buyers under PyBLP's column names.
    #[arg(long)]
    pyblp: bool,
    /// Threads [default: all processors].
    #[arg(short = 'j', long, value_name = "N", env = "STICKERSHOCK_THREADS")]
    threads: Option<usize>,
    /// Print results as JSON.
    #[arg(long)]
    json: bool,
}

/// Which matrices are formed.
#[derive(Clone, Copy, ValueEnum)]
enum MatrixChoice {
    /// Those stored beside the inputs; where none are, those of the first scenario.
    Stored,
    /// All, of every scenario.
    All,
    /// None.
    None,
}

/// Removes what an earlier solve has left in the folder, by its manifest, and this one has not written.
fn remove_earlier(folder: &OutputFolder, earlier: &BTreeSet<String>, written: &[PathBuf]) -> Result<(), CliError> {
    let own = |name: &&String| [".csv", ".csv.gz", ".json"].iter().any(|ending| name.ends_with(ending));
    for name in earlier.iter().filter(own).filter(|name| !name.contains(['/', '\\'])) {
        let path = folder.path().join(name);
        if path.is_file() && name != MANIFEST && !written.contains(&path) {
            folder.remove(&path)?;
        }
    }
    Ok(())
}

/// What makes two solved markets one, in their manifests.
const IDENTITY: [(&str, &str); 6] = [
    ("/version", "the version"),
    ("/case", "the case"),
    ("/market", "the market"),
    ("/recover", "--recover"),
    ("/many_starts", "--many-starts"),
    ("/inputs/blake3", "the case's files"),
];

/// What is said of a solved market beside its results.
fn manifest(args: &SolveArgs, case: &Case) -> Result<Value, CliError> {
    let mut inputs = blake3::Hasher::new();
    let own = ["case.json", "products.csv", "agents.csv", "scenarios.json"].map(|name| args.case.join(name));
    for path in own.iter().chain(&args.specs) {
        // A file that is not there has been missed before, if it is needed.
        let packed = PathBuf::from(format!("{}.gz", path.display()));
        let bytes = [path, &packed].into_iter().find(|path| path.is_file()).map(|path| crate::folder::read(path));
        let bytes = bytes.transpose()?.unwrap_or_default();
        inputs.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
    }
    Ok(json!({
        "program": "stickershock",
        "version": env!("CARGO_PKG_VERSION"),
        "commit": crate::report::COMMIT,
        "case": case.name,
        "market": args.market,
        "recover": args.recover,
        "many_starts": args.many_starts,
        "inputs": { "blake3": inputs.finalize().to_hex().as_str() },
    }))
}

/// Those of these files that the page of a solved market names, in the order to open them.
fn shown(folder: &OutputFolder, files: &[PathBuf]) -> Vec<PathBuf> {
    let names = [
        "summary.csv",
        "results.csv",
        "scenarios.json",
        "solution.json",
        "recovered.csv",
        "other_equilibria.csv",
        "failures.csv",
    ];
    names.iter().map(|name| folder.path().join(name)).filter(|path| files.contains(path)).collect()
}

/// Writes a solved market into its folder. Until all is written the manifest says what stood there before, and what of it is someone's own.
fn write_all(
    folder: &OutputFolder,
    args: &SolveArgs,
    case: &Case,
    solution: &Solution,
    mut manifest: Value,
) -> Result<(), CliError> {
    let earlier = folder.written_before();
    manifest["status"] = "running".into();
    manifest["files"] = json!([]);
    manifest[EARLIER_FILES] = earlier.iter().cloned().collect();
    manifest[OTHERS_FILES] = folder.others().into();
    folder.write(MANIFEST, format!("{manifest:#}\n").as_bytes())?;
    let told: Vec<(String, String)> =
        solution.failed.iter().map(|failed| (failed.scenario.clone(), failed.error.to_string())).collect();
    let mut files = write_into(folder, case, &solution.recovered, &solution.scenarios, args.pyblp)?;
    files.extend(write_failures(folder, &told)?);
    let warnings = solution.scenarios.iter().flat_map(|result| warnings(case, result)).collect();
    remove_earlier(folder, &earlier, &files)?;
    let mut shown = shown(folder, &files);
    let page = page::solve::page(case, &solution.scenarios, warnings, &told, args.many_starts);
    page::write(folder, &page, &mut shown)?;
    files.extend(shown);
    files.sort();
    files.dedup();
    let name = |file: &PathBuf| file.strip_prefix(folder.path()).unwrap_or(file).display().to_string();
    manifest["status"] = "complete".into();
    manifest["files"] = files.iter().map(name).collect();
    if let Value::Object(entries) = &mut manifest {
        [EARLIER_FILES, OTHERS_FILES].iter().for_each(|key| drop(entries.remove(*key)));
    }
    folder.write(MANIFEST, format!("{manifest:#}\n").as_bytes())?;
    Ok(())
}

/// Runs the command.
pub fn solve_case(args: &SolveArgs) -> Result<(), CliError> {
    let options = CaseOptions { specs: args.specs.clone(), market: args.market.clone() };
    let mut case = Case::load(&args.case, &options)?;
    if args.recover {
        // Products that are not on sale have nothing to be recovered from.
        for column in [&mut case.delta, &mut case.marginal_cost].into_iter().flatten() {
            column.iter_mut().zip(&case.on_sale).filter(|(_, sold)| **sold).for_each(|(value, _)| *value = f64::NAN);
        }
    }
    for warning in empty_selections(&case) {
        tell!("warning: {warning}");
    }
    // Before hours of solving: a folder of someone else is refused.
    let folder = args.out.as_deref().map(OutputFolder::claim).transpose()?;
    let _lock = folder.as_ref().map(|folder| Lock::take(folder, Sharing::Alone)).transpose()?;
    let manifest = manifest(args, &case)?;
    let matrices = match args.matrices {
        Some(MatrixChoice::Stored) => Matrices::AsStored,
        Some(MatrixChoice::All) => Matrices::All,
        None if args.compare && !case.matrices.is_empty() => Matrices::AsStored,
        Some(MatrixChoice::None) | None => Matrices::None,
    };
    let options = SolveOptions { execution: Execution::PARALLEL, matrices, many_starts: args.many_starts };
    let make_way = |folder: &OutputFolder, fresh: bool| {
        folder.make_way(ResultKind::Market, fresh, |former| differences(former, &manifest, &IDENTITY))
    };
    if let Some(folder) = &folder {
        let names = names_before(&case, &matrices_formed(&case, &options), args.pyblp);
        folder.free(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        if !args.fresh {
            make_way(folder, false)?;
        }
    }
    let pool = super::run::thread_pool(args.threads)?;
    let solution = pool.install(|| solve(&case, &options))?;
    if let Some(folder) = &folder {
        // What stands there goes when there is something to put in its place.
        if args.fresh {
            make_way(folder, true)?;
        }
        write_all(folder, args, &case, &solution, manifest.clone())?;
    }
    if solution.scenarios.is_empty() {
        // The error says it all.
    } else if args.json {
        let mut told = recovery_warnings(&case, &solution.recovered);
        told.extend(solution.scenarios.iter().flat_map(|result| warnings(&case, result)));
        told.iter().for_each(|warning| tell!("warning: {warning}"));
        let text = serde_json::to_string_pretty(&solution.scenarios).map_err(std::io::Error::from)?;
        super::print(&format!("{text}\n"))?;
    } else {
        super::print(&render_summary(&case, &solution.recovered, &solution.scenarios))?;
    }
    if args.compare {
        let differences = compare(&case, &solution.scenarios)?;
        let mut text = render_comparison(&differences);
        for name in not_compared(&solution.scenarios, &differences) {
            let _ = writeln!(text, "{name:34} {:>9}  not compared: nothing is stored under this name", "");
        }
        if args.json {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
        } else {
            super::print(&text)?;
        }
        if differences.is_empty() {
            return Err(CliError::Usage(format!(
                "{}: no results are stored, here or with --specs in scenarios.json, under the names of these scenarios",
                args.case.display()
            )));
        }
        let without = not_compared(&solution.scenarios, &differences);
        if let Some(first) = without.first() {
            let more = if without.len() > 1 { format!(" and {} more", without.len() - 1) } else { String::new() };
            tell!("warning: not compared: {first}{more}: nothing is stored under the name, here or in scenarios.json");
        }
        let past = differences.iter().filter(|difference| !difference.within()).count();
        if past > 0 && solution.failed.is_empty() {
            return Err(CliError::Disagrees { quantities: past });
        }
    }
    let total = case.scenarios.len();
    let mut failed = solution.failed;
    match failed.len() {
        0 => Ok(()),
        1 => Err(failed.remove(0).error.into()),
        count => {
            failed.iter().for_each(|failed| tell!("not solved: {}", failed.error));
            // The base is compared with, and need not be a scenario of the case.
            let base = case.scenarios.iter().all(|scenario| scenario.name != BASE)
                && failed.iter().any(|failed| failed.scenario == BASE);
            Err(SolveError::Unsolved { case: case.name, base, failed: count - usize::from(base), total }.into())
        }
    }
}
