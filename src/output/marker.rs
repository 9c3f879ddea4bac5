//! The marker of a folder in which files are being published. It names them, how the staged files begin, and where
//! replaced ones go. It appears whole and locked, and stays locked while its run lives: a marker that can be locked
//! belongs to a run that was killed. What that was to replace is replaced then: from the moment it began, what is staged
//! may be all there is of a key whose certificate has appeared.
#![expect(clippy::disallowed_methods, reason = "the marker is a file of this room")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;
use tempfile::TempPath;

use super::{PAUSE, Visibility, access, cannot_write};
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
/// A file in whose place another stands, which is moved away first.
const CHANGE: &str = "change ";
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
    /// Files of the same set that are not there.
    pub missing: Vec<String>,
    /// Where it moved what it was to replace, if it had begun to.
    pub backup: Option<PathBuf>,
    /// True if it had begun to replace files, and all that it was to publish is there: [`Self::clear`] then finishes it.
    pub can_be_finished: bool,
}

impl Unfinished {
    /// What a killed run left in `folder`, without touching it.
    pub fn find(folder: &Path) -> Option<Self> {
        let dead = Dead::open(folder).ok()??;
        dead.read().ok().filter(|note| !note.is_done()).map(|note| note.found)
    }

    /// Finishes a killed run that had begun to replace files in `folder`; of any other what it had staged is removed. Says
    /// what it found.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if a living run is writing there, or if the marker is none of ours.
    pub fn clear(folder: &Path) -> Result<Option<Self>> {
        sweep_unset(folder);
        let Some(dead) = Dead::open(folder)? else { return Ok(None) };
        let note = dead.read()?;
        if note.found.can_be_finished {
            note.finish()?;
        }
        for entry in fs::read_dir(folder).map_err(|error| cannot_write(folder, error))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&note.prefix) && name.ends_with(STAGED) {
                fs::remove_file(entry.path()).map_err(|error| cannot_write(&entry.path(), error))?;
            }
        }
        remove(&dead.path).map_err(|error| cannot_write(&dead.path, error))?;
        Ok(Some(note).filter(|note| !note.is_done()).map(|note| note.found))
    }
}

/// What a marker says, beside what is there.
struct Note {
    found: Unfinished,
    /// How the staged files begin.
    prefix: String,
    /// The names of the files that have not appeared, each with its number.
    staged: Vec<(usize, String)>,
}

impl Note {
    fn is_done(&self) -> bool {
        self.staged.is_empty()
    }

    /// Where the file number `index` is staged, where it goes, and where what stands there is kept.
    fn ways(&self, index: usize, name: &str) -> Option<(PathBuf, PathBuf, PathBuf)> {
        let Unfinished { folder, backup, .. } = &self.found;
        Some((folder.join(staged_name(&self.prefix, index)), folder.join(name), backup.as_ref()?.join(name)))
    }

    fn finish(&self) -> Result<()> {
        let folder = &self.found.folder;
        for (staged, place, kept) in self.staged.iter().filter_map(|(index, name)| self.ways(*index, name)) {
            let failed = |error| cannot_write(&place, error);
            if fs::symlink_metadata(&place).is_ok() {
                fs::rename(&place, &kept).map_err(failed)?;
                let is_secret = access::is_readable_by_others(&staged).is_ok_and(|is_readable| !is_readable);
                access::close_to_others(&kept, if is_secret { Visibility::Secret } else { Visibility::Public });
            }
            // Whatever stands there by now stays.
            TempPath::try_from_path(&staged).map_err(failed)?.persist_noclobber(&place).map_err(|refused| {
                let _ = refused.path.keep();
                failed(refused.error)
            })?;
        }
        access::sync_folder(folder).map_err(|error| cannot_write(folder, error))
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

    fn read(&self) -> Result<Note> {
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
        let (mut files, mut backup, mut is_staged, mut is_change) = (Vec::new(), None, false, false);
        for line in lines {
            if let Some(name) = line.strip_prefix(BACKUP) {
                backup = Some(self.folder.join(name)).filter(|path| path.exists());
            } else if let Some(name) = line.strip_prefix(FILE).or_else(|| line.strip_prefix(CHANGE)) {
                is_change |= line.starts_with(CHANGE);
                files.push(name.to_owned());
            } else {
                is_staged |= line == ALL_STAGED;
            }
        }
        let is_published = |index: usize| is_staged && !self.folder.join(staged_name(&prefix, index)).exists();
        let (published, staged): (Vec<_>, Vec<_>) =
            files.into_iter().enumerate().partition(|(index, _)| is_published(*index));
        let published = published.into_iter().map(|(_, name)| name).collect();
        let is_missing = |name: &&String| fs::symlink_metadata(self.folder.join(name)).is_err();
        let missing = staged.iter().map(|(_, name)| name).filter(is_missing).cloned().collect();
        let folder = self.folder.clone();
        let found = Unfinished { folder, published, missing, backup, can_be_finished: false };
        let mut note = Note { found, prefix, staged };
        // Where somebody has put back what was moved away, there is nothing to be finished; nor where a name was escaped.
        let is_free = |(index, name): &(usize, String)| {
            let ways = note.ways(*index, name).filter(|_| !name.contains('\\'));
            ways.is_some_and(|(_, place, kept)| {
                is_missing(&name) || place.is_file() && fs::symlink_metadata(kept).is_err()
            })
        };
        note.found.can_be_finished = is_staged && is_change && !note.is_done() && note.staged.iter().all(is_free);
        Ok(note)
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
    /// Sets the marker for `files` in `folder`, each with whether it replaces one, which goes to `backup` in it.
    pub(super) fn set(folder: &Path, files: &[(&Path, bool)], backup: &str) -> Result<(Self, Option<Unfinished>)> {
        let path = folder.join(NAME);
        // The process number keeps the staged files of two runs apart.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let mut content = format!("{prefix}\n{BACKUP}{backup}\n");
        for (file, is_change) in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let is_plain = !name.contains(|character: char| character.is_control());
            let name = if is_plain { name.into_owned() } else { name.escape_debug().to_string() };
            content += &format!("{}{name}\n", if *is_change { CHANGE } else { FILE });
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
