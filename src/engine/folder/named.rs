//! A single file that a command was told to write, such as `--out FILE`. What stands under its name is looked at before any work is done: a plain
//! file is written over, a link to one is followed, a pipe or a device such as `/dev/stdout` is written to, and what the command reads is not lost.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::faults::Faults;
use super::{OutputError, PendingFile};

/// Where the bytes go.
#[derive(Debug)]
enum Sink {
    /// To a file that appears when it is whole.
    File(PathBuf),
    /// To standard output, under another name.
    Output,
    /// To whoever reads at the other end.
    Stream,
}

/// A file that is to be written under a name the user gave.
#[derive(Debug)]
pub struct SingleFile {
    path: PathBuf,
    sink: Sink,
}

impl SingleFile {
    /// Looks at what stands under the name; the command reads `inputs`.
    ///
    /// # Errors
    /// [`OutputError::Input`] for one of the inputs, [`OutputError::NoFile`] for what nothing can be written to, [`OutputError::File`] when the
    /// system does not say what it is.
    pub fn at(path: &Path, inputs: &[PathBuf]) -> Result<Self, OutputError> {
        let path = path.to_owned();
        let what = |what: &'static str| OutputError::NoFile { path: path.clone(), what };
        if path.file_name().is_none() {
            return Err(what("is no name of a file"));
        }
        let sink = match fs::metadata(&path) {
            Ok(found) if is_output(&found) => Sink::Output,
            Ok(found) if found.is_dir() => return Err(what("is a folder")),
            Ok(found) if found.is_file() => {
                let real = path.canonicalize().map_err(|error| OutputError::File { path: path.clone(), error })?;
                // The file behind a descriptor may be open at a place of its own, such as its end.
                if stands_for_descriptor(&path) { Sink::Stream } else { Sink::File(real) }
            }
            Ok(found) if is_stream(found.file_type()) => Sink::Stream,
            Ok(_) => return Err(what("is a disk or a socket")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(&path).is_ok() {
                    return Err(what("is a link to what is not there"));
                }
                Sink::File(path.clone())
            }
            Err(error) => return Err(OutputError::File { path, error }),
        };
        let own = real(&path);
        match inputs.iter().find(|input| real(input) == own) {
            Some(input) => Err(OutputError::Input { path, input: input.clone() }),
            None => Ok(Self { path, sink }),
        }
    }

    /// The same of a file that may not stand in the folder that results are read from.
    ///
    /// # Errors
    /// As [`Self::at`], and [`OutputError::Input`] for what stands there.
    pub fn beside(path: &Path, inputs: &[PathBuf], results: &Path) -> Result<Self, OutputError> {
        let file = Self::at(path, inputs)?;
        if real(path).starts_with(real(results)) {
            return Err(OutputError::Input { path: path.to_owned(), input: results.to_owned() });
        }
        Ok(file)
    }

    /// Writes all of it; says whether a file stands there now, which is not so of a pipe or a device.
    ///
    /// # Errors
    /// [`OutputError::File`]; where a file was to be written, nothing stands under the name, or what stood there before.
    pub fn write(self, bytes: &[u8]) -> Result<bool, OutputError> {
        let Self { path, sink } = self;
        let all = |mut into: Box<dyn Write>| into.write_all(bytes).and_then(|()| into.flush());
        let written = match sink {
            Sink::File(real) => {
                let mut file = PendingFile::begin(real, Faults::default())?;
                file.write(bytes)?;
                return file.finish().map(|_| true);
            }
            Sink::Output => all(Box::new(io::stdout().lock())),
            Sink::Stream => fs::OpenOptions::new().append(true).open(&path).and_then(|file| all(Box::new(file))),
        };
        written.map(|()| false).map_err(|error| OutputError::File { path, error })
    }
}

/// The real path of a file; of one that is not there, by that of its folder.
fn real(path: &Path) -> PathBuf {
    let in_folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(in_folder).or_else(|| std::path::absolute(path).ok()).unwrap_or_default()
}

/// Whether a name such as `/dev/fd/3` stands for an open file.
fn stands_for_descriptor(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok()).unwrap_or_default();
    let link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    link && (folder == Path::new("/dev") || folder.starts_with("/proc"))
}

/// Whether it is what this process prints to.
#[cfg(unix)]
fn is_output(found: &fs::Metadata) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let own = io::stdout().as_fd().try_clone_to_owned().and_then(|output| fs::File::from(output).metadata());
    own.is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn is_output(_: &fs::Metadata) -> bool {
    false
}

/// Whether it is a pipe or a device that takes bytes one after the other.
#[cfg(unix)]
fn is_stream(kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: fs::FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_over_and_an_input_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let [input, out] = ["x.toml", "y.md"].map(|name| folder.path().join(name));
        fs::write(&input, "mine").unwrap();
        for text in ["first", "second"] {
            assert!(SingleFile::at(&out, std::slice::from_ref(&input)).unwrap().write(text.as_bytes()).unwrap());
            assert_eq!(fs::read_to_string(&out).unwrap(), text);
        }
        let inputs = [out, input.clone(), folder.path().join("new/plan.json")];
        for name in ["x.toml", "./x.toml", "new/../x.toml", "new/./plan.json"] {
            if name.contains("..") {
                fs::create_dir(folder.path().join("new")).unwrap();
            }
            let error = SingleFile::at(&folder.path().join(name), &inputs).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("reads") && error.contains("help: "), "{error}");
        }
        assert_eq!(fs::read_to_string(&input).unwrap(), "mine");
        let error = SingleFile::at(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("is a folder"), "{error}");
        assert!(SingleFile::at(&folder.path().join(".."), &[]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_stay_and_pipes_are_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let [input, out, link, lost, pipe] = ["x", "y", "link", "lost", "pipe"].map(|name| folder.path().join(name));
        fs::write(&input, "mine").unwrap();
        fs::write(&out, "old").unwrap();
        for (to, at) in [(&out, &link), (&folder.path().join("absent"), &lost)] {
            std::os::unix::fs::symlink(to, at).unwrap();
        }
        assert!(SingleFile::at(&link, std::slice::from_ref(&input)).unwrap().write(b"new").unwrap());
        assert_eq!(fs::read_to_string(&out).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(matches!(SingleFile::at(&link, std::slice::from_ref(&out)), Err(OutputError::Input { .. })));
        assert!(matches!(SingleFile::at(&lost, &[]), Err(OutputError::NoFile { .. })));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        assert!(!SingleFile::at(&pipe, &[]).unwrap().write(b"through").unwrap());
        assert_eq!(reader.join().unwrap(), "through");
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
    }
}
