//! Records the commit that the program was built from, for the manifest of every run.

use std::path::Path;
use std::process::Command;

fn main() {
    for path in ["src", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    // A development build does not ask: each commit would build everything anew, and in a linked work tree each build.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success() && release)?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={log}");
    }
    let commit = git(&["describe", "--always", "--dirty", "--abbrev=12"]);
    println!("cargo::rustc-env=STICKERSHOCK_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}
