//! The only room that writes: a set of files is published together or not at all.
//!
//! Check every target, stage every file beside it (secrets 0600 from birth, written through to the disk), then rename
//! without replacing. If one rename fails, what this run published is taken back. A marker stands in each folder from the
//! first staged octet to the last rename, so that the next run can name what a killed one left behind, and finish it where
//! that had begun to replace files.
//!
//! ```
//! use certwright::SecretBytes;
//! use certwright::output::{Existing, OutputSet, Rules, Visibility};
//! # let place = tempfile::tempdir().unwrap();
//! # let folder = place.path();
//! # let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
//!
//! // `folder` is a path, `now` names the folder of what is replaced.
//! let mut files = OutputSet::new(Rules::new(Existing::Refuse));
//! files.add(folder.join("server.key"), SecretBytes::new(b"..".to_vec()), Visibility::Secret);
//! files.add(folder.join("server.crt"), SecretBytes::new(b"..".to_vec()), Visibility::Public);
//! files.publish(now, || Ok(()))?;
//!
//! assert!(files.publish(now, || Ok(())).is_err(), "both are there already");
//! # Ok::<(), certwright::Error>(())
//! ```

mod access;
mod marker;
mod name;
mod target;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use tempfile::NamedTempFile;

pub use access::{closing_command, is_held, is_readable_by_others};
pub use marker::Unfinished;
pub use name::check_name;
pub use target::{Existing, Rules};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::time;
use marker::Marker;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Its owner alone: 0600, or an access list that says the same.
    Secret,
    /// Everyone: 0644, or whoever may read what is in the folder.
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

/// A file on its way.
struct Staged<'a> {
    output: &'a Output,
    folder: PathBuf,
    file: NamedTempFile,
}

/// What has to be undone if a later step fails, in the order it was done.
enum Done {
    Folder(PathBuf),
    Moved { from: PathBuf, to: PathBuf, visibility: Visibility },
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

    /// Writes every file, or none. `now` names the folder of replaced files.
    ///
    /// `before` runs when every file is staged and none has appeared: the place for what cannot be taken back, such as
    /// writing to a pipe. If it fails, nothing is published.
    ///
    /// On return the files are complete and their contents on the disk, on Unix their names too, unless the rules leave that
    /// to the system.
    ///
    /// # Errors
    /// Those of [`Rules::check`] and of `before`; [`Io`](ErrorKind::Io) with the system's reason where writing failed,
    /// [`Exists`](ErrorKind::Exists) where another program was faster. What existed before is as it was.
    pub fn publish(&self, now: SystemTime, before: impl FnOnce() -> Result<()>) -> Result<Published> {
        let paths: Vec<&Path> = self.outputs.iter().map(|output| output.path.as_path()).collect();
        self.rules.check(&paths)?;
        let mut done = Vec::new();
        let mut markers = Vec::new();
        let published = self.write(now, before, &mut markers, &mut done);
        if published.is_err() {
            take_back(&done);
        }
        // Only now: until here a marker tells of what may have been left half-way.
        drop(markers);
        if published.is_err() {
            remove_folders(&done);
        }
        published
    }

    fn write(
        &self,
        now: SystemTime,
        before: impl FnOnce() -> Result<()>,
        markers: &mut Vec<Marker>,
        done: &mut Vec<Done>,
    ) -> Result<Published> {
        let mut published = Published::default();
        self.rules.new_folders().iter().try_for_each(|folder| make_folders(folder, done))?;
        let backup = self.backup_name(now);
        let staged = self.stage(&backup, &mut published, markers)?;
        markers.iter().try_for_each(Marker::all_staged)?;
        before()?;
        for Staged { output, folder, file } in staged {
            self.set_aside(output, &folder, &backup, &mut published, done)?;
            // Under the folder's full name, which on Windows may be longer than 260 characters.
            let place = folder.join(output.path.file_name().unwrap_or_default());
            publish(file, &place).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => target::exists(&output.path),
                _ => cannot_write(&output.path, error),
            })?;
            done.push(Done::Published(output.path.clone()));
        }
        let backups = published.backups.iter().map(PathBuf::as_path);
        let new = done
            .iter()
            .filter_map(|step| if let Done::Folder(path) = step { Some(target::folder_of(path)) } else { None });
        let folders = markers.iter().map(Marker::folder).chain(backups).chain(new);
        for folder in folders.filter(|_| self.rules.is_synced()) {
            access::sync_folder(folder).map_err(|error| cannot_write(folder, error))?;
        }
        done.iter().for_each(|step| {
            if let Done::Moved { to, visibility, .. } = step {
                access::close_to_others(to, *visibility);
            }
        });
        Ok(published)
    }

    /// `backup-20271120T081500Z`; with a number behind it where a run of the same second has taken that name.
    fn backup_name(&self, now: SystemTime) -> String {
        let first = format!("backup-{}", time::compact(now));
        let is_free = |name: &String| self.outputs.iter().all(|output| !output.path.with_file_name(name).exists());
        let numbered = (2..1000).map(|number| format!("{first}-{number}"));
        std::iter::once(first.clone()).chain(numbered).find(is_free).unwrap_or(first.clone())
    }

    /// Sets a marker in every folder, however each is spelt, and stages every file.
    fn stage(&self, backup: &str, published: &mut Published, markers: &mut Vec<Marker>) -> Result<Vec<Staged<'_>>> {
        let mut folders: Vec<(PathBuf, Vec<&Output>)> = Vec::new();
        for output in &self.outputs {
            let folder = target::folder_of(&output.path);
            let folder = access::full_name(folder).map_err(|error| cannot_write(&output.path, error))?;
            match folders.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, outputs)) => outputs.push(output),
                None => folders.push((folder, vec![output])),
            }
        }
        let mut staged = Vec::new();
        for (folder, outputs) in folders {
            let files: Vec<(&Path, bool)> =
                outputs.iter().map(|output| (output.path.as_path(), self.former(output).is_some())).collect();
            let (marker, unfinished) = Marker::set(&folder, &files, backup)?;
            published.unfinished.extend(unfinished);
            for (index, output) in outputs.into_iter().enumerate() {
                let file = self.stage_one(output, &folder, &marker.staged_name(index));
                let file = file.map_err(|error| cannot_write(&output.path, error))?;
                staged.push(Staged { output, folder: folder.clone(), file });
            }
            markers.push(marker);
        }
        Ok(staged)
    }

    /// What stands in the place of `output` and is to be replaced.
    fn former(&self, output: &Output) -> Option<fs::Metadata> {
        let may_go = self.rules.existing(&output.path) == Existing::Replace;
        fs::symlink_metadata(&output.path).ok().filter(|_| may_go)
    }

    fn stage_one(&self, output: &Output, folder: &Path, name: &str) -> io::Result<NamedTempFile> {
        let create = |path: &Path| access::create(path, output.visibility);
        let mut file = tempfile::Builder::new().prefix(name).rand_bytes(0).make_in(folder, create)?;
        file.write_all(output.bytes.as_bytes())?;
        match self.former(output).filter(|_| self.rules.is_changed(&output.path)) {
            Some(former) => access::set_like(file.as_file(), output.visibility, &former)?,
            None => access::set_final(file.as_file(), output.visibility)?,
        }
        if self.rules.is_synced() {
            file.as_file().sync_all()?;
        }
        Ok(file)
    }

    /// Moves what stands in the place of `output` into the backup folder beside it.
    fn set_aside(
        &self,
        output: &Output,
        folder: &Path,
        backup: &str,
        published: &mut Published,
        done: &mut Vec<Done>,
    ) -> Result<()> {
        let path = output.path.as_path();
        if self.former(output).is_none() {
            return Ok(());
        }
        let backup = path.with_file_name(backup);
        let is_known = |known: &PathBuf| access::full_name(target::folder_of(known)).is_ok_and(|known| known == folder);
        if !published.backups.iter().any(is_known) {
            access::make_private_folder(&backup).map_err(|error| cannot_make(&backup, error))?;
            done.push(Done::Folder(backup.clone()));
            published.backups.push(backup.clone());
        }
        let to = backup.join(path.file_name().unwrap_or_default());
        let mut patience = PATIENCE;
        while let Err(error) = fs::rename(path, &to) {
            patience = wait(&error, patience).ok_or_else(|| cannot_write(path, error))?;
        }
        done.push(Done::Moved { from: path.to_owned(), to, visibility: output.visibility });
        Ok(())
    }
}

/// Before anything is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How often what fails for a moment is tried again: for half a second in all.
const PATIENCE: u32 = 25;

fn publish(mut file: NamedTempFile, place: &Path) -> io::Result<()> {
    let mut patience = PATIENCE;
    while let Err(refused) = file.persist_noclobber(place) {
        patience = wait(&refused.error, patience).ok_or(refused.error)?;
        file = refused.file;
    }
    Ok(())
}

/// Waits until `error` may have passed; what is left of `patience`, if it can.
fn wait(error: &io::Error, patience: u32) -> Option<u32> {
    let left = patience.checked_sub(1).filter(|_| access::is_momentary(error))?;
    std::thread::sleep(PAUSE);
    Some(left)
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

/// Undoes in reverse what was done. Nothing more can be said here if that fails too: the first error is on its way.
fn take_back(done: &[Done]) {
    for step in done.iter().rev() {
        let _ = match step {
            Done::Published(path) => fs::remove_file(path),
            Done::Moved { from, to, .. } => fs::rename(to, from),
            Done::Folder(_) => Ok(()),
        };
    }
}

/// After the markers in them are gone.
fn remove_folders(done: &[Done]) {
    for step in done.iter().rev() {
        if let Done::Folder(path) = step {
            let _ = fs::remove_dir(path);
        }
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
            "get the right to write there, or choose another folder (--dir, --out)"
        }
        io::ErrorKind::NotFound => "make the folder first, or choose another (--dir, --out)",
        _ if access::is_held(error) => "close the program that has it open, then run this again",
        _ => "try again, or choose another place (--dir, --out)",
    }
}
