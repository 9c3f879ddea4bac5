//! Full names, on Windows in the form that may be longer than 260 characters.
#![expect(clippy::disallowed_methods, reason = "files are opened here to be read back")]

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use same_file::Handle;
use tempfile::TempPath;

use super::{Entry, FileKind};
use crate::output::{Visibility, access};

/// Before anything is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How often what fails for a moment is tried again: for half a second in all.
const RETRIES: u32 = 25;

/// A folder.
#[derive(Debug)]
pub(in crate::output) struct Folder {
    /// As it was spelt.
    path: PathBuf,
    full: PathBuf,
}

impl Folder {
    /// Opens the folder at `path`, which may lead over links.
    pub(in crate::output) fn open(path: &Path) -> io::Result<Self> {
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if !fs::metadata(here)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: path.to_owned(), full: access::full_name(here)? })
    }

    /// Another handle of the same folder.
    pub(in crate::output) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { path: self.path.clone(), full: self.full.clone() })
    }

    /// The same under the name it has in messages.
    pub(in crate::output) fn with_path(self, path: &Path) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Opens the folder `name` in this one: a real one, not a link.
    pub(in crate::output) fn open_child(&self, name: &OsStr) -> io::Result<Self> {
        let full = self.full.join(name);
        match fs::symlink_metadata(&full)?.is_dir() {
            true => Ok(Self { path: self.path.join(name), full }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Makes the folder `name`, which only its owner can enter.
    pub(in crate::output) fn make_child(&self, name: &OsStr) -> io::Result<Self> {
        access::make_private_folder(&self.full.join(name))?;
        self.open_child(name)
    }

    /// Where it is, as it was spelt.
    pub(in crate::output) fn path(&self) -> &Path {
        &self.path
    }

    /// The same for every spelling of one folder.
    pub(in crate::output) fn id(&self) -> PathBuf {
        self.full.clone()
    }

    /// Its one absolute name.
    pub(in crate::output) fn full_name(&self) -> io::Result<PathBuf> {
        Ok(dunce::simplified(&self.full).to_owned())
    }

    /// What stands at `name`.
    pub(in crate::output) fn entry(&self, name: &OsStr) -> io::Result<Option<Entry>> {
        match fs::symlink_metadata(self.full.join(name)) {
            Ok(metadata) => {
                let kind = match metadata.file_type() {
                    kind if kind.is_file() => FileKind::File,
                    kind if kind.is_dir() => FileKind::Folder,
                    kind if kind.is_symlink() => FileKind::Link,
                    _ => FileKind::Other,
                };
                Ok(Some(Entry { kind, len: metadata.len(), is_own: true, links: 1 }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a file with its final rights.
    pub(in crate::output) fn create(&self, name: &OsStr, visibility: Visibility) -> io::Result<File> {
        access::create(&self.full.join(name), visibility)
    }

    /// Opens the file `name` to read it.
    pub(in crate::output) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.open_as(name, OpenOptions::new().read(true))
    }

    /// Opens the file `name` to read and write it.
    pub(in crate::output) fn open_file_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_as(name, OpenOptions::new().read(true).write(true))
    }

    fn open_as(&self, name: &OsStr, options: &OpenOptions) -> io::Result<File> {
        let full = self.full.join(name);
        match fs::symlink_metadata(&full)?.is_file() {
            true => options.open(full),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// True if `file` is what stands at `name`.
    pub(in crate::output) fn holds(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let own = Handle::from_file(file.try_clone()?)?;
        match Handle::from_path(self.full.join(name)) {
            Ok(standing) => Ok(standing == own),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Moves `name` to `to`, where nothing of that name stands.
    pub(in crate::output) fn move_to(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        let (from, to) = (self.full.join(name), to.full.join(new_name));
        patiently(|| {
            TempPath::try_from_path(&from)?.persist_noclobber(&to).map_err(|refused| {
                let _ = refused.path.keep();
                refused.error
            })
        })
    }

    /// Removes the file `name`.
    pub(in crate::output) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.full.join(name))
    }

    /// Removes the empty folder `name`.
    pub(in crate::output) fn remove_child(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.full.join(name))
    }

    /// Closes the file `name`, which was replaced by a secret, to everyone but its owner.
    pub(in crate::output) fn close_to_others(&self, name: &OsStr, visibility: Visibility) {
        access::close_to_others(&self.full.join(name), visibility);
    }

    /// Nothing is known of how entries reach the disk: NTFS keeps a journal of names, which is not waited for.
    pub(in crate::output) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// There is no such call.
    pub(in crate::output) fn sync_file_system(&self) -> io::Result<bool> {
        Ok(false)
    }
}

/// A file is created with its final rights.
pub(in crate::output) fn set_final(_: &File, _: Visibility) -> io::Result<bool> {
    Ok(true)
}

/// As [`set_final`]: the rights of the folder, or of a secret, are what the former file had too.
pub(in crate::output) fn set_like(_: &File, _: Visibility, _: &Entry) -> io::Result<bool> {
    Ok(true)
}

/// Tries again what a virus scanner or an indexer forbids for a moment.
fn patiently(attempt: impl Fn() -> io::Result<()>) -> io::Result<()> {
    for _ in 0..RETRIES {
        match attempt() {
            Err(error) if access::is_momentary(&error) => sleep(PAUSE),
            other => return other,
        }
    }
    attempt()
}
