//! A plan as one file: its folder's `plan.json` and copies of data as a compressed tar archive, for machines without a shared disk.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use crate::folder::named::SingleFile;
use crate::folder::{OutputFolder, PLAN, TemporaryFolder, read_at_most};
use crate::study::units::Plan;
use crate::study::units::plan::LONGEST_PLAN;

use super::CliError;

/// Most bytes that an archive may unpack to.
const MOST_BYTES: u64 = 1 << 30;

/// Writes the plan of a folder to a file; says whether one stands there now.
pub(super) fn pack(folder: &OutputFolder, plan: &Plan, file: SingleFile) -> Result<bool, CliError> {
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
    Ok(file.write(&bytes)?)
}

/// Unpacks a plan to a place of its own. Only what a plan has is taken: `plan.json`, which comes first, and the copies of data that it lists.
pub(super) fn unpack(file: &Path) -> Result<TemporaryFolder, CliError> {
    let place = TemporaryFolder::new()?;
    let folder = OutputFolder::at(place.path());
    let refused = |why: String| {
        let help = "give a file that `stickershock plan SCENARIO --pack FILE` wrote";
        CliError::Packed(format!("--from {}: {why}\nhelp: {help}", file.display()))
    };
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        read_at_most(file, MOST_BYTES)
    };
    let bytes = bytes.map_err(|error| refused(error.to_string()))?;
    let mut archive = Archive::new(GzDecoder::new(bytes.as_slice()).take(MOST_BYTES));
    let damaged = |error: std::io::Error| refused(format!("is no packed plan: {error}"));
    let mut awaited = vec![PLAN.to_owned()];
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.display().to_string();
        let place = awaited.iter().position(|awaited| *awaited == name);
        let (Some(place), EntryType::Regular) = (place, entry.header().entry_type()) else {
            return Err(refused(format!("has `{name}`, which is no part of its plan")));
        };
        awaited.swap_remove(place);
        if name == PLAN && entry.size() > LONGEST_PLAN {
            return Err(refused(format!("has a `{name}` of more than {} MiB", LONGEST_PLAN >> 20)));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        folder.write(&name, &content)?;
        if name == PLAN {
            let plan = Plan::read(&folder).map_err(|error| refused(of_packed(&folder, &error.to_string())))?;
            awaited.extend(plan.data.into_iter().map(|file| file.copy));
        }
    }
    // To the end, where the checksum stands.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(damaged)?;
    match awaited.first() {
        None => Ok(place),
        Some(missing) => Err(refused(format!("has no {missing}"))),
    }
}

/// What is wrong with an unpacked plan, without the place where it was looked at and its remedy.
fn of_packed(folder: &OutputFolder, told: &str) -> String {
    let place = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    told.split("\nhelp: ").next().unwrap_or_default().replace(&place, "")
}
