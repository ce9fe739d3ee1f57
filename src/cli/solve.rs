//! `stickershock solve`: equilibria of a static market under what-if specifications.

use std::path::PathBuf;

use crate::config::case::{Case, CaseOptions};
use crate::model::demand::Execution;
use crate::report::case::{compare, render_comparison, render_summary, write};
use crate::study::solve::{Matrices, SolveOptions, solve};
use clap::{Args, ValueEnum};

use super::CliError;

#[derive(Args)]
pub struct SolveArgs {
    /// Folder with case.json, products.csv, agents.csv and scenarios.json (each may be gzipped).
    case: PathBuf,
    /// Write scenarios.json and matrices to this folder.
    #[arg(long, value_name = "DIR", env = "STICKERSHOCK_OUT")]
    out: Option<PathBuf>,
    /// Compare with the results stored in the case; exit with 1 past the tolerances of case.json.
    #[arg(long)]
    compare: bool,
    /// File of specifications, instead of the case's scenarios.json.
    #[arg(long, value_name = "FILE")]
    specs: Option<PathBuf>,
    /// Market, where products.csv holds several.
    #[arg(long, value_name = "ID")]
    market: Option<String>,
    /// Matrices to form: elasticities, diversion, second choices, pass-through.
    #[arg(long, value_enum, default_value_t = MatrixChoice::Stored)]
    matrices: MatrixChoice,
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

/// A duty or cost shock on no product changes nothing: legal, but more often a slip in `where`.
fn warn_of_empty_selections(case: &Case) {
    for scenario in &case.scenarios {
        let duties = scenario.spec.tariffs.iter().map(|tariff| ("tariff", &tariff.products));
        let shocks = scenario.spec.cost_multipliers.iter().map(|shock| ("cost_multipliers", &shock.products));
        for (key, products) in duties.chain(shocks).filter(|(_, products)| case.select(products).is_empty()) {
            let conditions: Vec<String> = products
                .conditions
                .iter()
                .map(|(column, values)| format!("{column} = {}", values.join(" or ")))
                .collect();
            let name = &scenario.name;
            tell!("warning: scenario {name}: {key}: no product has {}; nothing changes", conditions.join(" and "));
        }
    }
}

/// Runs the command.
pub fn solve_case(args: &SolveArgs) -> Result<(), CliError> {
    let options = CaseOptions { specs: args.specs.clone(), market: args.market.clone() };
    let mut case = Case::load(&args.case, &options)?;
    if args.recover {
        (case.delta, case.marginal_cost) = (None, None);
    }
    warn_of_empty_selections(&case);
    let matrices = match args.matrices {
        MatrixChoice::Stored => Matrices::AsStored,
        MatrixChoice::All => Matrices::All,
        MatrixChoice::None => Matrices::None,
    };
    let options = SolveOptions { execution: Execution::PARALLEL, matrices, many_starts: args.many_starts };
    let pool = super::run::thread_pool(args.threads)?;
    let solution = pool.install(|| solve(&case, &options))?;
    if let Some(out) = &args.out {
        write(out, &case, &solution.recovered, &solution.scenarios, args.pyblp)?;
    }
    if args.json {
        let text = serde_json::to_string_pretty(&solution.scenarios).map_err(std::io::Error::from)?;
        super::print(&format!("{text}\n"))?;
    } else {
        super::print(&render_summary(&case, &solution.recovered, &solution.scenarios))?;
    }
    if args.compare {
        let differences = compare(&case, &solution.scenarios)?;
        let text = render_comparison(&differences);
        if args.json {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
        } else {
            super::print(&text)?
        }
        if differences.is_empty() {
            return Err(CliError::Usage(format!(
                "{}: the case stores no results to compare with",
                args.case.display()
            )));
        }
        let past = differences.iter().filter(|difference| !difference.within()).count();
        if past > 0 {
            return Err(CliError::Disagrees { quantities: past });
        }
    }
    Ok(())
}
