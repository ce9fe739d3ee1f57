//! Where scenarios, the files they extend and their data come from: the files below one folder, or memory.
//!
//! A scenario may come from someone else. It reads what stands below the folder of the file that the user named (or below another
//! folder, if he says so), and nothing else: no absolute path, no `..` and no symbolic link leads out. What is refused is not opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Error, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::ConfigError;

/// Longest scenario file, bytes: beyond it, it is none.
pub(super) const LONGEST_SCENARIO: u64 = 8 << 20;
/// Longest data file, bytes.
pub const LONGEST_DATA: u64 = 256 << 20;

/// The files that a scenario may read.
#[derive(Clone, Debug)]
pub struct Source {
    kind: Kind,
    /// Files of the disk that were read through this and its clones.
    read: Arc<Mutex<BTreeSet<PathBuf>>>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Files below a folder; `None` where the folder is not there, and nothing is.
    Below { folder: PathBuf, real: Option<PathBuf> },
    /// Files by their names.
    Memory(Arc<BTreeMap<PathBuf, Vec<u8>>>),
}

/// Why a path is not read.
enum Refused {
    /// It leads out of the folder, whose name follows.
    Outside(String),
    /// The operating system's reason.
    Unreadable(Error),
}

impl Source {
    /// The files below a folder.
    #[must_use]
    pub fn below(folder: &Path) -> Self {
        let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self::of(Kind::Below { folder: shown.to_owned(), real: shown.canonicalize().ok() })
    }

    /// The files below the folder of a file.
    #[must_use]
    pub fn beside(file: &Path) -> Self {
        Self::below(file.parent().unwrap_or(Path::new("")))
    }

    /// Files in memory, by their names: paths as scenarios write them, `data/models.csv`.
    #[must_use]
    pub fn memory<N: Into<PathBuf>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (N, B)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| (plain(&name.into()), bytes.into()));
        Self::of(Kind::Memory(Arc::new(files.collect())))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, read: Arc::default() }
    }

    /// The files of the disk that were read so far, through this source and its clones.
    #[must_use]
    pub fn files_read(&self) -> Vec<PathBuf> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The bytes of a file of the disk, which is remembered.
    fn plain_file(&self, path: &Path, longest: u64) -> Result<Vec<u8>, Error> {
        let bytes = plain_file(path, longest)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.contains(path) {
            read.insert(path.to_owned());
        }
        Ok(bytes)
    }

    /// The bytes of a file, of which there are `longest` at most.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] when it stands outside, is not there, is no plain file, or is too long.
    pub fn read(&self, path: &Path, longest: u64) -> Result<Vec<u8>, ConfigError> {
        let read = match &self.kind {
            Kind::Below { folder, real } => confined(folder, real.as_deref(), path)
                .and_then(|path| self.plain_file(&path, longest).map_err(Refused::Unreadable)),
            Kind::Memory(files) => {
                files.get(&plain(path)).cloned().ok_or_else(|| Refused::Unreadable(ErrorKind::NotFound.into()))
            }
        };
        read.map_err(|refused| match refused {
            Refused::Outside(folder) => ConfigError::unread(
                path,
                format!("it stands outside {folder}, below which this scenario may read"),
                "copy the file there, or name a folder above both with --root".to_owned(),
            ),
            Refused::Unreadable(error) => match &self.kind {
                Kind::Below { .. } => ConfigError::unreadable(path, &error),
                Kind::Memory(files) => {
                    let help = format!("there are {}", names(files));
                    ConfigError::unread(path, "it is not among the files given".to_owned(), help)
                }
            },
        })
    }

    /// The bytes of a file that the user named himself, wherever it stands.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_named(&self, path: &Path, longest: u64) -> Result<Vec<u8>, ConfigError> {
        match &self.kind {
            Kind::Below { .. } => self.plain_file(path, longest).map_err(|error| ConfigError::unreadable(path, &error)),
            Kind::Memory(_) => self.read(path, longest),
        }
    }

    /// Whether a file that the user named is a link out of its folder, to what this scenario may not read: of such a file nothing is shown, for
    /// whoever made the folder chose what is read.
    #[must_use]
    pub(super) fn leads_out(&self, path: &Path) -> bool {
        let Kind::Below { real, .. } = &self.kind else { return false };
        let allowed = |found: &Path| real.as_deref().is_some_and(|real| found.starts_with(real));
        leads_out(path) && path.canonicalize().is_ok_and(|found| !allowed(&found))
    }

    /// Whether there is a file that may be read.
    #[must_use]
    pub(super) fn has(&self, path: &Path) -> bool {
        match &self.kind {
            Kind::Below { folder, real } => confined(folder, real.as_deref(), path).is_ok_and(|path| path.is_file()),
            Kind::Memory(files) => files.contains_key(&plain(path)),
        }
    }

    /// Whether two paths are of one file.
    pub(super) fn same(&self, a: &Path, b: &Path) -> bool {
        let real = |path: &Path| match &self.kind {
            Kind::Below { .. } => path.canonicalize().ok(),
            Kind::Memory(_) => Some(plain(path)),
        };
        match (real(a), real(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        }
    }
}

/// The real path of a file, if it stands below the folder. Of what is not there, the folders that are there decide.
fn confined(folder: &Path, real: Option<&Path>, path: &Path) -> Result<PathBuf, Refused> {
    let outside = || Refused::Outside(folder.display().to_string());
    let root = real.ok_or_else(outside)?;
    let mut there = path;
    let mut below = PathBuf::new();
    loop {
        match there.canonicalize() {
            Ok(found) if found.starts_with(root) && below.as_os_str().is_empty() => return Ok(found),
            Ok(found) if found.starts_with(root) => return Err(Refused::Unreadable(ErrorKind::NotFound.into())),
            Ok(_) => return Err(outside()),
            Err(_) => {
                let name = there.file_name().ok_or_else(outside)?;
                below = Path::new(name).join(&below);
                there = match there.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
            }
        }
    }
}

/// Whether a name stands for what is not below the folder that the name stands in.
pub(super) fn leads_out(path: &Path) -> bool {
    let home = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (path.canonicalize(), home.canonicalize()) {
        (Ok(found), Ok(home)) => !found.starts_with(home),
        _ => false,
    }
}

/// Opens a plain file: no folder, pipe or device.
pub(super) fn open_plain(path: &Path) -> Result<fs::File, Error> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        let what = if found.is_dir() { "it is a folder" } else { "it is a pipe or a device, no plain file" };
        return Err(Error::new(ErrorKind::InvalidInput, what));
    }
    fs::File::open(path)
}

/// The bytes of a plain file.
fn plain_file(path: &Path, longest: u64) -> Result<Vec<u8>, Error> {
    at_most(open_plain(path)?, longest)
}

/// The bytes of a reader that may have no more than so many.
pub(super) fn at_most(reader: impl Read, longest: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    reader.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        let message = format!("it has more than the {} MiB that such a file may have", longest >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// A path without `.` and with `..` taken back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            step => plain.push(step),
        }
    }
    plain
}

fn names(files: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = files.keys().take(SHOWN).map(|name| format!("`{}`", name.display())).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<Vec<u8>, ConfigError>) -> String {
        result.map_or_else(|error| error.to_string(), |bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn what_stands_below_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("data")).unwrap();
        fs::write(root.join("data/a.csv"), "inside").unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        let source = Source::below(&root);
        assert_eq!(text(source.read(&root.join("data/a.csv"), 100)), "inside");
        assert_eq!(text(source.read(&root.join("data/../data/./a.csv"), 100)), "inside");
        for outside in [folder.path().join("secret"), root.join("../secret"), root.join("data/../../secret")] {
            let message = text(source.read(&outside, 100));
            assert!(message.contains("outside") && message.contains("--root"), "{message}");
            assert!(!source.has(&outside));
        }
        // Whether there is such a file outside is not told either.
        let told = |name: &str| text(source.read(&root.join("..").join(name), 100)).replace(name, "");
        assert_eq!(told("secret"), told("absent"));
        assert!(text(source.read(&root.join("data/b.csv"), 100)).contains("did you mean"));
        assert!(text(source.read(&root.join("data"), 100)).contains("folder"));
        assert!(text(source.read(&root.join("data/a.csv"), 5)).contains("more than"));
        assert_eq!(text(Source::below(folder.path()).read(&folder.path().join("secret"), 100)), "secret");
        // What was read is known, once each; what was refused is not among it.
        assert_eq!(source.clone().files_read(), [root.join("data/a.csv").canonicalize().unwrap()]);
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out_and_devices_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(&root).unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        fs::write(root.join("own"), "own").unwrap();
        std::os::unix::fs::symlink("../secret", root.join("link")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        std::os::unix::fs::symlink("own", root.join("alias")).unwrap();
        let source = Source::below(&root);
        assert!(text(source.read(&root.join("link"), 100)).contains("outside"));
        assert!(text(source.read(&root.join("up/secret"), 100)).contains("outside"));
        assert!(text(source.read(&root.join("up/absent"), 100)).contains("outside"));
        assert_eq!(text(source.read(&root.join("alias"), 100)), "own");
        assert!(text(source.read_named(Path::new("/dev/zero"), 100)).contains("device"));
    }

    /// A reader that never ends is read no further than a byte beyond what is allowed.
    #[test]
    fn what_unpacks_without_end_is_refused() {
        let error = at_most(std::io::repeat(0), 1 << 20).unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
        assert_eq!(at_most(&b"abc"[..], 3).unwrap(), b"abc");
    }

    #[test]
    fn files_in_memory_have_names() {
        let source = Source::memory([("a.toml", "a"), ("data/./m.csv", "m")]);
        assert_eq!(text(source.read(Path::new("data/m.csv"), 100)), "m");
        assert_eq!(text(source.read(Path::new("sub/../a.toml"), 100)), "a");
        let message = text(source.read(Path::new("b.toml"), 100));
        assert!(message.contains("not among the files given") && message.contains("`a.toml`"), "{message}");
        assert!(source.same(Path::new("x/../a.toml"), Path::new("a.toml")));
    }
}
