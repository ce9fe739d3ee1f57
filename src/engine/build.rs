//! Records a fingerprint of the sources that decide a job's outcome, by which stored results know the model that they came from.

use std::fs;
use std::path::{Path, PathBuf};

/// What the outcome of a job depends on: the scenario's reading, the model, the locked versions of libraries. Without `../core` and `../scenarios` (a crate
/// of a registry has no other packages in it) they are the packages of the same version and no other.
const MODEL: [&str; 5] = ["../scenarios/config", "../core/model", "../core/numerics", "study", "../../Cargo.lock"];

fn main() {
    // A path that is not there would be new each time.
    for path in MODEL.into_iter().filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-env=STICKERSHOCK_MODEL={:016x}", fingerprint());
}

/// FNV-1a (64 bits) over names and bytes of the model's files: it tells versions apart, it is no protection against malice.
fn fingerprint() -> u64 {
    let mut files = Vec::new();
    MODEL.iter().for_each(|path| collect(Path::new(path), &mut files));
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let name = file.to_string_lossy().replace('\\', "/");
        let bytes = fs::read(&file).unwrap_or_default();
        // Line ends differ between checkouts of one commit; the program does not.
        for byte in name.bytes().chain(bytes).filter(|byte| *byte != b'\r') {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => files.push(path.to_owned()),
    }
}
