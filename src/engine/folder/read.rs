//! The one reader of stored files: only what is a file is opened, so that a pipe or a device under its name ends in an error and not in waiting.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Opens a stored file.
///
/// # Errors
/// When there is none, the system refuses, or what stands there is a folder, pipe, socket or device.
pub fn open(path: &Path) -> io::Result<File> {
    // Looked at before it is opened: opening a pipe waits for its other end.
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() { "a folder" } else { "a pipe, socket or device" };
        return Err(io::Error::new(ErrorKind::InvalidInput, format!("is {what}, expected a file")));
    }
    File::open(path)
}

/// The bytes of a stored file that may have no more than so many.
///
/// # Errors
/// As [`open`], and where it has more.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it has more than the {} MiB that such a file may have", most >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The bytes of a stored file.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
