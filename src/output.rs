//! The only room that writes: a set of files is published together or not at all.
//!
//! Check every target, stage every file beside it (0600 until final, written through to the disk), then rename without
//! replacing. If one rename fails, what this run published is taken back. A marker stands in each folder from
//! the first staged octet to the last rename, so that the next run can name what a killed one left behind.

mod access;
mod marker;
mod target;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use tempfile::NamedTempFile;

pub use marker::Unfinished;
pub use target::{Existing, Rules};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::time;
use marker::Marker;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Its owner alone (0600).
    Secret,
    /// Everyone (0644).
    Public,
}

/// One file to be.
#[derive(Debug)]
pub struct Output {
    /// Where it goes.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: SecretBytes,
    /// Who may read it.
    pub visibility: Visibility,
}

/// Files that belong together.
#[derive(Debug, Default)]
pub struct OutputSet {
    rules: Rules,
    outputs: Vec<Output>,
}

/// What [`OutputSet::publish`] did beside writing.
#[derive(Debug, Default)]
pub struct Published {
    /// The folders where replaced files are kept.
    pub backups: Vec<PathBuf>,
    /// What was found, and cleared away, of runs that were killed.
    pub unfinished: Vec<Unfinished>,
}

/// What has to be undone if a later step fails, in the order it was done.
enum Done {
    Folder(PathBuf),
    Moved { from: PathBuf, to: PathBuf },
    Published(PathBuf),
}

impl OutputSet {
    /// An empty set under `rules`.
    pub fn new(rules: Rules) -> Self {
        Self { rules, outputs: Vec::new() }
    }

    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, bytes: SecretBytes, visibility: Visibility) {
        self.outputs.push(Output { path: path.into(), bytes, visibility });
    }

    /// The files of the set.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Writes every file, or none.
    ///
    /// On return the files are complete and on the disk. `now` names the folder of replaced files.
    ///
    /// # Errors
    /// Those of [`Rules::check`]; [`Io`](ErrorKind::Io) with the system's reason where writing failed,
    /// [`Exists`](ErrorKind::Exists) where another program was faster. What existed before is as it was.
    pub fn publish(&self, now: SystemTime) -> Result<Published> {
        let paths: Vec<&Path> = self.outputs.iter().map(|output| output.path.as_path()).collect();
        self.rules.check(&paths)?;
        let mut done = Vec::new();
        self.write(now, &mut done).inspect_err(|_| take_back(&done))
    }

    fn write(&self, now: SystemTime, done: &mut Vec<Done>) -> Result<Published> {
        let mut published = Published::default();
        if let Some(folder) = self.rules.new_folder() {
            make_folders(folder, done)?;
        }
        let mut markers = Vec::new();
        for folder in self.folders() {
            let names = self.outputs.iter().filter(|output| target::folder_of(&output.path) == folder);
            let (marker, unfinished) = Marker::set(folder, names.map(|output| output.path.as_path()))?;
            published.unfinished.extend(unfinished);
            markers.push(marker);
        }
        let mut staged = Vec::new();
        for output in &self.outputs {
            let folder = target::folder_of(&output.path);
            let prefix = markers.iter().find(|marker| marker.folder() == folder).map_or("", Marker::prefix);
            staged.push(stage(output, folder, prefix).map_err(|error| cannot_write(&output.path, error))?);
        }
        for (output, file) in self.outputs.iter().zip(staged) {
            self.set_aside(&output.path, now, &mut published, done)?;
            access::set_final(file.as_file(), output.visibility).map_err(|error| cannot_write(&output.path, error))?;
            file.persist_noclobber(&output.path).map_err(|failed| match failed.error.kind() {
                io::ErrorKind::AlreadyExists => target::exists(&output.path),
                _ => cannot_write(&output.path, failed.error),
            })?;
            done.push(Done::Published(output.path.clone()));
        }
        for folder in self.folders() {
            access::sync_folder(folder).map_err(|error| cannot_write(folder, error))?;
        }
        markers.into_iter().try_for_each(Marker::clear)?;
        Ok(published)
    }

    fn folders(&self) -> Vec<&Path> {
        let mut folders: Vec<&Path> = self.outputs.iter().map(|output| target::folder_of(&output.path)).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }

    /// Moves what stands at `path` into the backup folder beside it.
    fn set_aside(&self, path: &Path, now: SystemTime, published: &mut Published, done: &mut Vec<Done>) -> Result<()> {
        if self.rules.existing() == Existing::Refuse || fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        let folder = target::folder_of(path);
        let backup = match published.backups.iter().find(|backup| target::folder_of(backup) == folder) {
            Some(backup) => backup.clone(),
            None => {
                let backup = make_backup(path, now, done)?;
                published.backups.push(backup.clone());
                backup
            }
        };
        let to = backup.join(path.file_name().unwrap_or_default());
        fs::rename(path, &to).map_err(|error| cannot_write(path, error))?;
        done.push(Done::Moved { from: path.to_owned(), to });
        Ok(())
    }
}

fn stage(output: &Output, folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(prefix).suffix(marker::STAGED).tempfile_in(folder)?;
    file.write_all(output.bytes.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn make_folders(folder: &Path, done: &mut Vec<Done>) -> Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    for path in missing.into_iter().rev() {
        access::make_private_folder(path).map_err(|error| cannot_make(path, error))?;
        done.push(Done::Folder(path.to_owned()));
    }
    Ok(())
}

/// `backup-20271120T081500Z`, or the same with a number if there is one of this second.
fn make_backup(beside: &Path, now: SystemTime, done: &mut Vec<Done>) -> Result<PathBuf> {
    let name = format!("backup-{}", time::compact(now));
    for attempt in 1.. {
        let path = beside.with_file_name(if attempt == 1 { name.clone() } else { format!("{name}-{attempt}") });
        match access::make_private_folder(&path) {
            Ok(()) => {
                done.push(Done::Folder(path.clone()));
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => {}
            Err(error) => return Err(cannot_make(&path, error)),
        }
    }
    Err(Error::new(ErrorKind::Io, "no free name for the backup folder").with_path(beside))
}

/// Undoes in reverse what was done. Nothing more can be said here if that fails too: the first error is on its way.
fn take_back(done: &[Done]) {
    for step in done.iter().rev() {
        let _ = match step {
            Done::Published(path) => fs::remove_file(path),
            Done::Moved { from, to } => fs::rename(to, from),
            Done::Folder(path) => fs::remove_dir(path),
        };
    }
}

fn cannot_make(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "the folder cannot be made").with_path(path).with_hint(way_out(&error)).with_source(error)
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, "cannot be written").with_path(path).with_hint(way_out(&error)).with_source(error)
}

fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room on the disk and run it again: nothing was left behind"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder you may write to (--dir, --out)"
        }
        io::ErrorKind::NotFound => "make the folder first, or choose another (--dir, --out)",
        _ => "choose another place (--dir, --out)",
    }
}
