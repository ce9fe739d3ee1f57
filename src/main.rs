//! The command line: parse, run one subcommand, print the error, set the exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
