//! The marker of a folder in which files are being published. It names them, how the staged files begin, and where
//! replaced ones go. It appears whole and locked, and stays locked while its run lives: a marker that can be locked
//! belongs to a run that was killed.
#![expect(clippy::disallowed_methods, reason = "the marker is a file of this room")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::{PAUSE, access, cannot_write};
use crate::error::{Error, ErrorKind, Result};

const NAME: &str = ".certwright-unfinished";
const PREFIX: &str = ".certwright-";
const STAGED: &str = ".staged";
/// A marker that is not at its place yet.
const UNSET: &str = ".marker";
/// The line that says that every file is staged: from here on files appear.
const ALL_STAGED: &str = "staged";
const BACKUP: &str = "backup ";
const FILE: &str = "file ";
/// A marker names a set of files; a larger file of that name is none of ours.
const LARGEST: u64 = 1 << 20;

/// In [`PAUSE`]s. Publishing takes milliseconds: five seconds are enough for many runs in one folder.
const PATIENCE: u32 = 250;

/// What a killed run left in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The folder.
    pub folder: PathBuf,
    /// Files that it did publish, whole, before it was killed.
    pub published: Vec<String>,
    /// Files of the same set that it did not.
    pub missing: Vec<String>,
    /// Where it moved what it was to replace, if it had begun to.
    pub backup: Option<PathBuf>,
}

impl Unfinished {
    /// What a killed run left in `folder`, without touching it.
    pub fn find(folder: &Path) -> Option<Self> {
        let dead = Dead::open(folder).ok()??;
        dead.read().ok().map(|(found, _)| found).filter(|found| !found.missing.is_empty())
    }

    /// Removes what a killed run staged in `folder`, and says what it had published.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if a living run is writing there, or if the marker is none of ours.
    pub fn clear(folder: &Path) -> Result<Option<Self>> {
        sweep_unset(folder);
        let Some(dead) = Dead::open(folder)? else { return Ok(None) };
        let (found, prefix) = dead.read()?;
        for entry in fs::read_dir(folder).map_err(|error| cannot_write(folder, error))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&prefix) && name.ends_with(STAGED) {
                fs::remove_file(entry.path()).map_err(|error| cannot_write(&entry.path(), error))?;
            }
        }
        remove(&dead.path).map_err(|error| cannot_write(&dead.path, error))?;
        Ok(Some(found).filter(|found| !found.missing.is_empty()))
    }
}

/// The marker of a killed run, locked by us.
struct Dead {
    folder: PathBuf,
    path: PathBuf,
    file: File,
}

impl Dead {
    fn open(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        let mut patience = PATIENCE;
        loop {
            // Anything but a file would be opened for ever (a pipe) or lead elsewhere (a link).
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_file() && metadata.len() <= LARGEST => {}
                Ok(_) => return Err(foreign(&path)),
                Err(_) => return Ok(None),
            }
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other.map_err(|error| cannot_write(&path, error))?,
            };
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                if patience == 0 {
                    return Err(busy(folder));
                }
                patience -= 1;
                std::thread::sleep(PAUSE);
                continue;
            }
            // Between opening and locking its run may have ended, and another have set a marker of its own.
            let locked = file.try_clone().and_then(Handle::from_file);
            if locked.is_ok_and(|locked| Handle::from_path(&path).is_ok_and(|standing| standing == locked)) {
                return Ok(Some(Self { folder: folder.to_owned(), path, file }));
            }
        }
    }

    /// What the run left, and how its staged files begin.
    fn read(&self) -> Result<(Unfinished, String)> {
        let mut content = String::new();
        (&self.file).read_to_string(&mut content).map_err(|_| foreign(&self.path))?;
        let mut lines = content.lines();
        let prefix = lines.next().unwrap_or_default().to_owned();
        if !prefix
            .strip_prefix(PREFIX)
            .is_some_and(|id| id.ends_with('-') && id.chars().all(|c| c.is_ascii_digit() || c == '-'))
        {
            return Err(foreign(&self.path));
        }
        let (mut files, mut backup, mut is_staged) = (Vec::new(), None, false);
        for line in lines {
            match (line.strip_prefix(FILE), line.strip_prefix(BACKUP)) {
                (Some(name), _) => files.push(name.to_owned()),
                (_, Some(name)) => backup = Some(self.folder.join(name)).filter(|path| path.exists()),
                _ => is_staged |= line == ALL_STAGED,
            }
        }
        let is_published = |index: usize| is_staged && !self.folder.join(staged_name(&prefix, index)).exists();
        let (published, missing): (Vec<_>, Vec<_>) =
            files.into_iter().enumerate().partition(|(index, _)| is_published(*index));
        let names = |files: Vec<(usize, String)>| files.into_iter().map(|(_, name)| name).collect();
        let folder = self.folder.clone();
        Ok((Unfinished { folder, published: names(published), missing: names(missing), backup }, prefix))
    }
}

/// A marker that stands; dropped, it goes.
pub(super) struct Marker {
    folder: PathBuf,
    /// Held open for its lock; `None` when the marker is gone.
    file: Option<File>,
    prefix: String,
}

impl Marker {
    /// Sets the marker for `names`, files in `folder`; replaced ones would go to `backup` in it.
    pub(super) fn set(folder: &Path, names: &[&Path], backup: &str) -> Result<(Self, Option<Unfinished>)> {
        let path = folder.join(NAME);
        // The process number keeps the staged files of two runs apart.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let mut content = format!("{prefix}\n{BACKUP}{backup}\n");
        for name in names {
            let name = name.file_name().unwrap_or_default().to_string_lossy();
            content += &format!("{FILE}{}\n", name.escape_debug());
        }
        let failed = |error| cannot_write(folder, error);
        let mut unfinished = None;
        for _ in 0..PATIENCE {
            unfinished = Unfinished::clear(folder)?.or(unfinished);
            let new = tempfile::Builder::new().prefix(PREFIX).suffix(UNSET).tempfile_in(folder).map_err(failed)?;
            // A file system without locks only loses the distinction between a living and a dead run.
            let _ = new.as_file().try_lock();
            new.as_file().write_all(content.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(failed)?;
            match new.persist_noclobber(&path) {
                Ok(file) => return Ok((Self { folder: folder.to_owned(), file: Some(file), prefix }, unfinished)),
                // Another run was faster, or took this for a dead run's before it was locked.
                Err(refused)
                    if matches!(refused.error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {}
                Err(refused) => return Err(failed(refused.error)),
            }
        }
        Err(busy(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the staged form of the marker's file number `index`.
    pub(super) fn staged_name(&self, index: usize) -> String {
        staged_name(&self.prefix, index)
    }

    /// Notes that every file is staged.
    pub(super) fn all_staged(&self) -> Result<()> {
        let noted = self.file.as_ref().map_or(Ok(()), |mut file| {
            file.write_all(ALL_STAGED.as_bytes())?;
            file.sync_all()?;
            access::sync_folder(&self.folder)
        });
        noted.map_err(|error| cannot_write(&self.folder, error))
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        // The lock goes after the name, so that nobody takes the marker for a dead run's. One that cannot be removed is
        // found dead by the next run, with nothing missing.
        if self.file.is_some() {
            let _ = remove(&self.folder.join(NAME));
        }
        self.file = None;
    }
}

fn staged_name(prefix: &str, index: usize) -> String {
    format!("{prefix}{index}{STAGED}")
}

/// Removes markers that a killed run did not get to set. They hold no secret, so what cannot be removed may stay.
fn sweep_unset(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && name.starts_with(PREFIX) && name.ends_with(UNSET) {
            let is_dead = File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
            if is_dead {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn busy(folder: &Path) -> Error {
    Error::new(ErrorKind::Exists, "another certwright is writing into this folder")
        .with_hint("wait until it is done, then run this again")
        .with_path(folder)
}

fn foreign(path: &Path) -> Error {
    Error::new(ErrorKind::Exists, "stands where certwright notes what it writes, and is not certwright's")
        .with_hint("move it away")
        .with_path(path)
}
