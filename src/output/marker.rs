//! The marker of a folder in which files are being published: it names them, and how staged files begin. It is locked
//! while its run lives, so a marker that can be locked belongs to a run that was killed.
#![expect(clippy::disallowed_methods, reason = "the marker is a file of this room")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::cannot_write;
use crate::error::{Error, ErrorKind, Result};

const NAME: &str = ".certwright-unfinished";
const PREFIX: &str = ".certwright-";
pub(super) const STAGED: &str = ".staged";

/// What a killed run left in a folder. Its staged files have been removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The folder.
    pub folder: PathBuf,
    /// Files that it did publish, whole, before it was killed.
    pub published: Vec<String>,
    /// Files that it was about to publish.
    pub missing: Vec<String>,
}

/// A marker that stands; dropped, it goes.
pub(super) struct Marker {
    folder: PathBuf,
    /// Held open for its lock.
    file: Option<File>,
    prefix: String,
}

impl Marker {
    /// Sets the marker for the files at `paths`, all in `folder`; clears away one of a killed run first.
    pub(super) fn set<'a>(folder: &Path, paths: impl Iterator<Item = &'a Path>) -> Result<(Self, Option<Unfinished>)> {
        let path = folder.join(NAME);
        let mut unfinished = None;
        let mut options = private();
        let file = match options.create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                unfinished = clear_dead(folder, &path)?;
                options.open(&path)
            }
            other => other,
        }
        .map_err(|error| cannot_write(folder, error))?;
        // A file system without locks only loses the distinction between a living and a dead run.
        let _ = file.try_lock();
        // The process number keeps the staged files of two runs apart.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let names = paths.map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let content: Vec<String> = std::iter::once(prefix.clone()).chain(names).collect();
        let written = (&file).write_all(content.join("\n").as_bytes()).and_then(|()| file.sync_all());
        let marker = Self { folder: folder.to_owned(), file: Some(file), prefix };
        written.map_err(|error| cannot_write(&path, error))?;
        Ok((marker, unfinished))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the names of this run's staged files begin.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Takes the marker away: the set is complete.
    pub(super) fn clear(mut self) -> Result<()> {
        self.remove().map_err(|error| cannot_write(&self.folder.join(NAME), error))
    }

    fn remove(&mut self) -> io::Result<()> {
        match self.file.take() {
            // The lock goes after the name, so that nobody takes the marker for a dead run's.
            Some(_locked) => fs::remove_file(self.folder.join(NAME)),
            None => Ok(()),
        }
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        let _ = self.remove();
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Removes the marker of a run that is dead, with its staged files.
fn clear_dead(folder: &Path, path: &Path) -> Result<Option<Unfinished>> {
    let io_error = |error| cannot_write(path, error);
    let file = match private().open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io_error)?,
    };
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(Error::new(ErrorKind::Exists, "another certwright is writing into this folder")
            .with_hint("wait until it is done, then run this again")
            .with_path(folder));
    }
    let mut content = String::new();
    // A marker is short; a longer file of that name is none of ours.
    (&file).take(1 << 16).read_to_string(&mut content).map_err(io_error)?;
    let mut lines = content.lines();
    let prefix = lines.next().filter(|prefix| prefix.len() > PREFIX.len() && prefix.starts_with(PREFIX));
    for entry in fs::read_dir(folder).map_err(io_error)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if prefix.is_some_and(|prefix| name.starts_with(prefix)) && name.ends_with(STAGED) {
            fs::remove_file(entry.path()).map_err(io_error)?;
        }
    }
    let (published, missing) = lines.map(str::to_owned).partition(|name| folder.join(name).exists());
    drop(file);
    fs::remove_file(path).map_err(io_error)?;
    Ok(Some(Unfinished { folder: folder.to_owned(), published, missing }))
}
