//! A plan as one file: its folder's `plan.json` and copies of data as a compressed tar archive, for machines without a shared disk.

use std::io::Read;
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use crate::folder::{OutputFolder, PLAN, TemporaryFolder, read};
use crate::study::units::Plan;

use super::CliError;

/// Most bytes that an archive may unpack to.
const MOST_BYTES: u64 = 1 << 30;

/// Writes the plan of a folder to a file.
pub(super) fn pack(folder: &OutputFolder, plan: &Plan, file: &Path) -> Result<std::path::PathBuf, CliError> {
    // The same plan is the same bytes: no times, no names of users.
    let mut archive = Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), Compression::default()));
    for name in std::iter::once(PLAN).chain(plan.data.iter().map(|file| file.copy.as_str())) {
        let bytes = folder.read(name)?;
        let mut header = Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(EntryType::Regular);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    let bytes = archive.into_inner()?.finish()?;
    let (parent, name) = (file.parent().unwrap_or(Path::new("")), file.file_name().unwrap_or_default());
    Ok(OutputFolder::bare(parent)?.write(&name.to_string_lossy(), &bytes)?)
}

/// Unpacks a plan to a place of its own. Only what a plan has is taken: `plan.json` and files below `data`.
pub(super) fn unpack(file: &Path) -> Result<TemporaryFolder, CliError> {
    let place = TemporaryFolder::new()?;
    let folder = OutputFolder::at(place.path());
    let refused = |why: String| {
        let help = "give a file that `stickershock plan SCENARIO --pack FILE` wrote";
        CliError::Usage(format!("--from {}: {why}\nhelp: {help}", file.display()))
    };
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        read(file)
    };
    let bytes = bytes.map_err(|error| refused(error.to_string()))?;
    let mut archive = Archive::new(GzDecoder::new(bytes.as_slice()).take(MOST_BYTES));
    let damaged = |error: std::io::Error| refused(format!("is no packed plan: {error}"));
    let mut whole = false;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.into_owned();
        let plain = name.components().all(|step| matches!(step, Component::Normal(_)));
        let is_plan = name == Path::new(PLAN);
        if entry.header().entry_type() != EntryType::Regular || !plain || !(is_plan || name.starts_with("data")) {
            return Err(refused(format!("has `{}`, which is no part of a plan", name.display())));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        folder.write(&name.to_string_lossy(), &content)?;
        whole |= is_plan;
    }
    if whole { Ok(place) } else { Err(refused(format!("has no {PLAN}"))) }
}
