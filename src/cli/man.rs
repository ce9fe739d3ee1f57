//! `stickershock man`: the manual pages.

use std::fs::{self, File};
use std::io::Read;
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
    if !takes_pages(out) {
        return Err(CliError::Usage(format!(
            "--out: {} holds files and no manual page\nhelp: name a folder that is new or empty, or one of manual pages such as man1",
            out.display()
        )));
    }
    let folder = OutputFolder::bare(out)?;
    let mut list = String::new();
    for command in with_all_below(program) {
        let page = Man::new(command);
        let path = folder.path().join(page.get_filename());
        if is_anothers(&path) {
            tell!("warning: {} is no page of this program and is left as it is", path.display());
            continue;
        }
        SingleFile::at(&path, &[])?.write(&render(&page)?)?;
        list.push_str(&format!("{}\n", path.display()));
    }
    super::print(&list)
}

/// Whether pages may go to a folder: it is not there yet, empty, or one of manual pages, this program's or others'. What is no folder is
/// complained of where it is made.
fn takes_pages(out: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(out) else { return true };
    let is_page = |name: &Path| {
        let name = name.with_extension(name.extension().filter(|ending| *ending != "gz").unwrap_or_default());
        let section =
            name.extension().is_some_and(|ending| ending.to_string_lossy().starts_with(|c: char| c.is_ascii_digit()));
        // Libraries have numbers at their end as well.
        section && !name.to_string_lossy().contains(".so.")
    };
    let Some(first) = entries.next() else { return true };
    std::iter::once(first).chain(entries).flatten().any(|entry| is_page(Path::new(&entry.file_name())))
}

/// Whether something stands under a page's name that this program did not write there.
fn is_anothers(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    let mut begin = Vec::new();
    let read = found.is_file() && File::open(path).and_then(|file| file.take(4096).read_to_end(&mut begin)).is_ok();
    !(read && String::from_utf8_lossy(&begin).contains(".TH stickershock"))
}

/// A command and all commands below it.
fn with_all_below(command: Command) -> Vec<Command> {
    let below: Vec<Command> = command.get_subcommands().cloned().flat_map(with_all_below).collect();
    std::iter::once(command).chain(below).collect()
}
