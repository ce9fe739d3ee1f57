//! `stickershock man`: the manual pages.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::folder::OutputFolder;
use crate::folder::named::SingleFile;

use super::{Cli, CliError};

/// Prints the first page, or writes those of all commands to a folder.
pub(super) fn man(out: Option<&Path>) -> Result<(), CliError> {
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives every command its full name, such as `stickershock-run`.
    program.build();
    let render = |page: &Man| -> Result<Vec<u8>, CliError> {
        let mut text = Vec::new();
        page.render(&mut text)?;
        Ok(text)
    };
    let Some(out) = out else {
        return super::print(&String::from_utf8_lossy(&render(&Man::new(program))?));
    };
    let folder = OutputFolder::bare(out)?;
    let mut list = String::new();
    for command in with_all_below(program) {
        let page = Man::new(command);
        let path = folder.path().join(page.get_filename());
        SingleFile::at(&path, &[])?.write(&render(&page)?)?;
        list.push_str(&format!("{}\n", path.display()));
    }
    super::print(&list)
}

/// A command and all commands below it.
fn with_all_below(command: Command) -> Vec<Command> {
    let below: Vec<Command> = command.get_subcommands().cloned().flat_map(with_all_below).collect();
    std::iter::once(command).chain(below).collect()
}
