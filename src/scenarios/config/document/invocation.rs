//! How a scenario was named on a command line.

use serde::{Deserialize, Serialize};

/// The scenario's file and what was laid over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// The file, from the innermost folder that holds all files that it reads.
    pub file: String,
    /// Assignments, as `--set` takes them.
    #[serde(default)]
    pub settings: Vec<String>,
}

impl Invocation {
    /// File and options as a shell takes them, but for the seed and the number of replications, which have options of their own.
    #[must_use]
    pub fn arguments(&self) -> String {
        let own = |set: &&String| !["run.seed=", "run.replications="].iter().any(|key| set.starts_with(key));
        let settings = self.settings.iter().filter(own).map(|set| format!(" --set {}", quoted(set)));
        let root = if self.reads_above() { " --root ." } else { "" };
        format!("{}{root}{}", quoted(&self.file), settings.collect::<String>())
    }

    /// Whether the scenario reads files that stand above its own folder.
    #[must_use]
    pub fn reads_above(&self) -> bool {
        self.file.contains(['/', '\\'])
    }
}

/// A word as a shell takes it.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=/,:+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them() {
        let settings = ["run.seed=3", "a.b=0.25", "title=\"it's two words\""].map(str::to_owned).to_vec();
        let invocation = Invocation { file: "claims/a b.toml".into(), settings };
        assert_eq!(
            invocation.arguments(),
            r#"'claims/a b.toml' --root . --set a.b=0.25 --set 'title="it'\''s two words"'"#
        );
        assert_eq!(Invocation { file: "a.toml".into(), settings: Vec::new() }.arguments(), "a.toml");
    }
}
