//! Records the commit the program was built from, for the manifest of every run.

use std::process::Command;

fn main() {
    for path in [".git/HEAD", ".git/refs/heads", "src"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let commit = output.ok().filter(|output| output.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    println!("cargo::rustc-env=STICKERSHOCK_COMMIT={}", commit.as_deref().map_or("unknown", str::trim));
}
