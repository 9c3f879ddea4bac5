//! Where files may go: every rule that can be checked before any work is done.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};

use super::{cannot_write, check_name};
use crate::error::{Error, ErrorKind, Result};

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
    /// Each in the one spelling of [`resolve`].
    changed: HashSet<PathBuf>,
    new_folders: Vec<PathBuf>,
    is_unsynced: bool,
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
        self.changed.insert(resolve(&path.into()));
        self
    }

    /// Names a folder that is made (0700, with its parents) if it is missing; there may be several. The empty path is the
    /// folder of the process, which is there.
    #[must_use]
    pub fn with_new_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.new_folders.extend(Some(folder.into()).filter(|folder| !folder.as_os_str().is_empty()));
        self
    }

    /// Leaves it to the system when the contents reach the disk, for what can be made again at any time: writing through
    /// takes milliseconds a file.
    #[must_use]
    pub fn without_sync(mut self) -> Self {
        self.is_unsynced = true;
        self
    }

    pub(super) fn is_synced(&self) -> bool {
        !self.is_unsynced
    }

    /// What to do with a file that stands at `path`.
    pub(super) fn existing(&self, path: &Path) -> Existing {
        if self.is_changed(path) { Existing::Replace } else { self.existing }
    }

    /// True for a file that [`Self::with_changed`] names.
    pub(super) fn is_changed(&self, path: &Path) -> bool {
        !self.changed.is_empty() && self.changed.contains(&resolve(path))
    }

    pub(super) fn new_folders(&self) -> &[PathBuf] {
        &self.new_folders
    }

    /// Checks that files could be published at all of `paths`, without writing anything.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) where a file stands (and may not be replaced), [`Usage`](ErrorKind::Usage) where
    /// a path is a folder, a link, a device, an input or another output, [`Io`](ErrorKind::Io) where a folder is missing.
    pub fn check(&self, paths: &[&Path]) -> Result<()> {
        let mut seen: HashMap<PathBuf, &Path> = HashMap::new();
        for &path in paths {
            check_name(path)?;
            let usage = |fact: String, hint: &str| Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(path);
            if !matches!(path.components().next_back(), Some(Component::Normal(_))) || ends_in_separator(path) {
                return Err(usage("is no name for a file".into(), "give a file name"));
            }
            let folder = folder_of(path);
            let is_new = |new: &PathBuf| resolve_folder(new) == resolve_folder(folder);
            if fs::symlink_metadata(folder).is_err() && self.new_folders.iter().any(is_new) {
                self.check_parents(folder)?;
            } else {
                let metadata = fs::metadata(folder).map_err(|error| cannot_write(path, error))?;
                if !metadata.is_dir() {
                    return Err(usage(
                        format!("cannot be written: {} is no folder", folder.display()),
                        "choose another place (--dir, --out)",
                    ));
                }
            }
            let resolved = resolve(path);
            if let Some(first) = seen.get(&resolved) {
                return Err(usage(
                    format!("is named twice as an output (also as {})", first.display()),
                    "give each output a name of its own",
                ));
            }
            if let Some(input) = self.inputs.iter().find(|input| is_same_file(input, path, &resolved)) {
                return Err(usage(
                    format!("is the input {} itself", input.display()),
                    "choose another output with --out",
                ));
            }
            seen.insert(resolved, path);
            if let Ok(metadata) = fs::symlink_metadata(path) {
                self.check_existing(path, &metadata)?;
            }
        }
        Ok(())
    }

    fn check_existing(&self, path: &Path, metadata: &Metadata) -> Result<()> {
        let usage = |fact: &str, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(path));
        match self.existing(path) {
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

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// `Path` forgets a closing separator; what was typed does not.
fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// One spelling for a file that may not be there yet.
fn resolve(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    // These systems' own file systems take `A` and `a` for one name.
    let folds_case = cfg!(any(windows, target_os = "macos"));
    resolve_folder(folder_of(path)).join(if folds_case { name.to_ascii_lowercase() } else { name.to_owned() })
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

/// By what it is, not by how it is spelt: links, hard links and other cases of the letters included. Only files are opened
/// for it: a pipe would have the program wait for its other end.
fn is_same_file(input: &Path, output: &Path, resolved: &Path) -> bool {
    fs::canonicalize(input).is_ok_and(|input| input == resolved)
        || input.is_file() && output.is_file() && same_file::is_same_file(input, output).unwrap_or(false)
}
