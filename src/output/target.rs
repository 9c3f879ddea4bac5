//! Where files may go: every rule that can be checked before any work is done.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::recovery::Unfinished;
use super::{Fingerprint, cannot_write, check_name, folder};
use crate::error::{Error, ErrorKind, Result, printable};

/// What to do where a file stands already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    #[default]
    Refuse,
    /// Keep it in a backup folder and put the new one in its place.
    Replace,
}

/// The rules for a set of outputs.
#[derive(Debug, Default)]
pub struct Rules {
    existing: Existing,
    inputs: Vec<PathBuf>,
    changed: Vec<PathBuf>,
    unchanged: Vec<(PathBuf, Option<Fingerprint>)>,
    new_folders: Vec<PathBuf>,
    is_synced_at_once: bool,
}

impl Rules {
    /// Rules for files that exist already.
    pub fn new(existing: Existing) -> Self {
        Self { existing, ..Self::default() }
    }

    /// Names a file that is read: no output may go there, however it is spelt.
    #[must_use]
    pub fn with_input(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(path.into());
        self
    }

    /// Names a file that is to be changed: the new one takes its place, and it is kept in a backup folder.
    #[must_use]
    pub fn with_changed(mut self, path: impl Into<PathBuf>) -> Self {
        self.changed.push(path.into());
        self
    }

    /// Names a file that the set was made from, with the fingerprint of what was read, or `None` if it was not there: if
    /// another program has changed it by the time the set is published, nothing is.
    #[must_use]
    pub fn with_unchanged(mut self, path: impl Into<PathBuf>, fingerprint: Option<Fingerprint>) -> Self {
        self.unchanged.push((path.into(), fingerprint));
        self
    }

    /// Names a folder that is made (0700, with its parents) if it is missing; there may be several. The empty path is the
    /// folder of the process, which is there.
    #[must_use]
    pub fn with_new_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.new_folders.extend(Some(folder.into()).filter(|folder| !folder.as_os_str().is_empty()));
        self
    }

    /// Writes the files of a folder through to the disk all at once, where the system can: for very many files, of which
    /// each would take milliseconds.
    #[must_use]
    pub fn with_sync_at_once(mut self) -> Self {
        self.is_synced_at_once = true;
        self
    }

    pub(super) fn is_synced_at_once(&self) -> bool {
        self.is_synced_at_once
    }

    /// What to do with a file that is not named to [`Self::with_changed`].
    pub(super) fn existing(&self) -> Existing {
        self.existing
    }

    pub(super) fn new_folders(&self) -> &[PathBuf] {
        &self.new_folders
    }

    /// Checks that files could be published at all of `paths`, without writing anything.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) where a file stands (and may not be replaced) or a killed run left something unfinished,
    /// [`Usage`](ErrorKind::Usage) where a path is a folder, a link, a device, an input or another output,
    /// [`Io`](ErrorKind::Io) where a folder is missing.
    pub fn check(&self, paths: &[&Path]) -> Result<()> {
        let folders: BTreeSet<&Path> = paths.iter().map(|path| folder_of(path)).collect();
        folders.into_iter().try_for_each(Unfinished::refuse)?;
        self.examine(paths).map(drop)
    }

    /// What [`check`](Self::check) does but for looking for killed runs; which of the files are named to be changed.
    pub(super) fn examine(&self, paths: &[&Path]) -> Result<Vec<bool>> {
        let mut folders = Folders::default();
        let changed: HashSet<PathBuf> = self.changed.iter().map(|path| folders.resolve(path)).collect();
        let inputs: Vec<(&Path, Option<PathBuf>)> =
            self.inputs.iter().map(|input| (input.as_path(), fs::canonicalize(input).ok())).collect();
        let new: HashSet<PathBuf> = self.new_folders.iter().map(|new| resolve_folder(new)).collect();
        let mut seen: HashMap<PathBuf, &Path> = HashMap::new();
        let mut are_changed = Vec::with_capacity(paths.len());
        for &path in paths {
            check_name(path)?;
            let usage = |fact: String, hint: &str| Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(path);
            if !matches!(path.components().next_back(), Some(Component::Normal(_))) || ends_in_separator(path) {
                return Err(usage("is no name for a file".into(), "give a file name"));
            }
            let folder = folder_of(path);
            if folders.is_unknown(folder) {
                if fs::symlink_metadata(folder).is_err() && new.contains(&resolve_folder(folder)) {
                    self.check_parents(folder)?;
                } else {
                    let metadata = fs::metadata(folder).map_err(|error| cannot_write(path, error))?;
                    if !metadata.is_dir() {
                        return Err(usage(
                            format!("cannot be written: {} is no folder", printable(folder)),
                            "choose another place (--dir, --out)",
                        ));
                    }
                }
            }
            let resolved = folders.resolve(path);
            if let Some(first) = seen.get(&resolved) {
                return Err(usage(
                    format!("is named twice as an output (also as {})", printable(first)),
                    "give each output a name of its own",
                ));
            }
            let metadata = fs::symlink_metadata(path).ok();
            let is_input = |(input, known): &&(&Path, Option<PathBuf>)| {
                known.as_ref() == Some(&resolved) || metadata.is_some() && known.is_some() && is_same_file(input, path)
            };
            if let Some((input, _)) = inputs.iter().find(is_input) {
                return Err(usage(
                    format!("is the input {} itself", printable(input)),
                    "choose another output with --out",
                ));
            }
            let is_changed = changed.contains(&resolved);
            if let Some(metadata) = metadata {
                self.check_existing(path, &metadata, is_changed)?;
            }
            are_changed.push(is_changed);
            seen.insert(resolved, path);
        }
        Ok(are_changed)
    }

    fn check_existing(&self, path: &Path, metadata: &Metadata, is_changed: bool) -> Result<()> {
        let usage = |fact: &str, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(path));
        match if is_changed { Existing::Replace } else { self.existing } {
            _ if metadata.is_dir() => usage("is a folder", "give a file name"),
            Existing::Refuse => Err(exists(path)),
            Existing::Replace if metadata.is_symlink() => {
                usage("is a symbolic link, which is not replaced", "give the name of the file it leads to")
            }
            Existing::Replace if !metadata.is_file() => {
                usage("is neither a file nor a folder", "write to standard output with --out -")
            }
            Existing::Replace => Ok(()),
        }
    }

    /// A folder that is to be made needs one above it that is there.
    fn check_parents(&self, folder: &Path) -> Result<()> {
        let above = folder.ancestors().skip(1).map(or_here).find(|above| fs::symlink_metadata(above).is_ok());
        match above {
            Some(above) if above.is_dir() => Ok(()),
            other => Err(Error::new(ErrorKind::Usage, "the folder cannot be made: what should hold it is no folder")
                .with_hint("choose another folder")
                .with_path(other.unwrap_or(folder))),
        }
    }

    /// Compares what the set was made from with what is there now.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        for (path, expected) in &self.unchanged {
            if fingerprint(path).map_err(|error| cannot_compare(path, error))? != *expected {
                return Err(Error::new(
                    ErrorKind::Mismatch,
                    "another program has changed it meanwhile; nothing was written",
                )
                .with_hint("run this again")
                .with_path(path));
            }
        }
        Ok(())
    }
}

fn fingerprint(path: &Path) -> io::Result<Option<Fingerprint>> {
    #[expect(clippy::disallowed_methods, reason = "an input is read again, to compare its hash")]
    let opened = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::File::open(path),
        // What has become a pipe is not waited for.
        Ok(_) => return Ok(None),
        Err(error) => Err(error),
    };
    match opened {
        Ok(mut file) => Ok(folder::hash_of(&mut file, u64::MAX)?.map(Fingerprint)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn cannot_compare(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "cannot be read again to see whether it is still the same")
        .with_hint("run this again")
        .with_path(path)
        .with_source(error)
}

pub(super) fn exists(path: &Path) -> Error {
    Error::new(ErrorKind::Exists, "exists already; nothing was changed")
        .with_hint("choose another place, or add --force: what is replaced is kept in a backup folder")
        .with_path(path)
}

/// The folder a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    or_here(path.parent().unwrap_or(path))
}

pub(super) fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// `Path` forgets a closing separator; what was typed does not.
fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// The folders of many files, each resolved once.
#[derive(Default)]
struct Folders(HashMap<PathBuf, PathBuf>);

impl Folders {
    fn is_unknown(&self, folder: &Path) -> bool {
        !self.0.contains_key(folder)
    }

    /// One spelling for a file that may not be there yet.
    fn resolve(&mut self, path: &Path) -> PathBuf {
        let (folder, name) = (folder_of(path), path.file_name().unwrap_or_default());
        let resolved = match self.0.get(folder) {
            Some(known) => known,
            None => self.0.entry(folder.to_owned()).or_insert_with(|| resolve_folder(folder)),
        };
        // These systems' own file systems take `A` and `a` for one name.
        let folds_case = cfg!(any(windows, target_os = "macos"));
        resolved.join(if folds_case { name.to_ascii_lowercase() } else { name.to_owned() })
    }
}

/// One spelling for a folder, of which the last parts may not be there yet.
fn resolve_folder(folder: &Path) -> PathBuf {
    match (fs::canonicalize(or_here(folder)), folder.parent(), folder.components().next_back()) {
        (Ok(folder), ..) => folder,
        (Err(_), Some(above), Some(Component::CurDir)) => resolve_folder(above),
        (Err(_), Some(above), Some(last)) => resolve_folder(above).join(last),
        _ => folder.to_owned(),
    }
}

/// By what they are, not by how they are spelt: hard links, and other cases of the letters, included. Only files are opened
/// for it: a pipe would have the program wait for its other end.
fn is_same_file(input: &Path, output: &Path) -> bool {
    input.is_file() && output.is_file() && same_file::is_same_file(input, output).unwrap_or(false)
}
