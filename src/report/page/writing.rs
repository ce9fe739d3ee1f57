//! A report into its folder.

use std::io;
use std::path::PathBuf;

use super::content::Page;
#[cfg(feature = "page")]
use super::html;
use super::readme::{self, NamedFile};
use crate::folder::{MANIFEST, OutputError, OutputFolder, PLAN};

/// Tables of a folder with what they are, as its data dictionary says; none where it has no dictionary.
fn described(folder: &OutputFolder) -> io::Result<Vec<NamedFile>> {
    let bytes = match folder.read("datapackage.json") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut dictionary: serde_json::Value = serde_json::from_slice(&bytes)?;
    let resources = dictionary["resources"].as_array_mut().map(std::mem::take);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(resources.iter().flatten().map(|table| (text(&table["name"]), text(&table["description"]))).collect())
}

/// The files of a folder in the order to open them, with what each is.
///
/// # Errors
/// [`OutputError::File`] when the data dictionary cannot be read.
pub fn in_order(folder: &OutputFolder, files: &[PathBuf]) -> Result<Vec<NamedFile>, OutputError> {
    let inside = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let mut names: Vec<String> = files.iter().map(inside).collect();
    names.push(MANIFEST.into());
    if folder.path().join(PLAN).is_file() {
        // Those that the work itself keeps.
        names.extend([PLAN, "units.csv", "data"].map(String::from));
    }
    let path = || folder.path().join("datapackage.json");
    let described = described(folder).map_err(|error| OutputError::File { path: path(), error })?;
    Ok(readme::in_order(&described, &names))
}

/// Writes `report.html`, where the library is built with it, and `README.md`, and adds their paths to those of the folder's files.
///
/// # Errors
/// [`OutputError`] when the disk refuses.
pub fn write(folder: &OutputFolder, page: &Page, files: &mut Vec<PathBuf>) -> Result<(), OutputError> {
    #[cfg(feature = "page")]
    files.push(folder.write(crate::folder::REPORT, html::render(page).as_bytes())?);
    let order = in_order(folder, files)?;
    files.push(folder.write("README.md", readme::readme(page, &order).as_bytes())?);
    Ok(())
}
