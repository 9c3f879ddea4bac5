//! One publication: locked, staged, committed; dropped before that, it is taken back.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::folder::{Entry, FileKind, Folder, set_final, set_like};
use super::journal::{BACKUP, Item, Journal, Record};
use super::target::{self, Rules};
use super::{Existing, Fingerprint, Output, Published, cannot_make, cannot_write, recovery};
use crate::error::Result;
use crate::time;

/// A set on its way.
pub(super) struct Transaction<'a> {
    rules: &'a Rules,
    places: Vec<Place<'a>>,
    /// Folders that were made, each in the one above it, in order.
    made: Vec<(Folder, OsString)>,
    unprotected: Vec<PathBuf>,
    /// In the order they were taken.
    done: Vec<Done>,
}

/// A folder that files go to.
struct Place<'a> {
    folder: Folder,
    /// `None` once it is removed.
    journal: Option<Journal>,
    record: Record,
    files: Vec<Target<'a>>,
    backup: Option<Folder>,
}

/// A file to be.
struct Target<'a> {
    output: &'a Output,
    name: &'a OsStr,
    /// What it replaces.
    former: Option<Entry>,
    is_changed: bool,
}

/// A step that was taken; places and files by number.
enum Done {
    Staged(usize, usize),
    Kept(usize, usize),
    Published(usize, usize),
}

impl<'a> Transaction<'a> {
    /// Makes the folders that are to be made, and locks all. `changed` says which of `outputs` replace a file that was named
    /// for it.
    pub(super) fn begin(rules: &'a Rules, outputs: &'a [Output], changed: &[bool], now: SystemTime) -> Result<Self> {
        let mut new = Self { rules, places: Vec::new(), made: Vec::new(), unprotected: Vec::new(), done: Vec::new() };
        rules.new_folders().iter().try_for_each(|folder| new.make_folders(folder))?;
        new.open_places(outputs, changed)?;
        // In one order, so that two sets over the same folders do not wait for each other.
        new.places.sort_by_key(|place| place.folder.id());
        let nanoseconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let set = format!("{}-{nanoseconds}", std::process::id());
        new.lock(&set, now)?;
        Ok(new)
    }

    fn make_folders(&mut self, folder: &Path) -> Result<()> {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let missing: Vec<&Path> = missing.collect();
        let Some(first) = missing.last() else { return Ok(()) };
        let above = target::folder_of(first);
        let mut above = Folder::open(above).map_err(|error| cannot_make(first, error))?;
        for path in missing.into_iter().rev() {
            // `a/../b` and `a/.` name no folder of their own.
            let Some(name) = path.file_name() else {
                above = Folder::open(path).map_err(|error| cannot_make(path, error))?;
                continue;
            };
            let made = above.make_child(name).map_err(|error| cannot_make(path, error))?;
            self.made.push((above, name.to_owned()));
            above = made.with_path(path);
        }
        // Its files are put into the very folder that was made, whatever has its name by then.
        self.places.push(Place::new(above));
        Ok(())
    }

    fn open_places(&mut self, outputs: &'a [Output], changed: &[bool]) -> Result<()> {
        for (output, &is_changed) in outputs.iter().zip(changed) {
            let at = self.place_of(&output.path)?;
            let name = output.path.file_name().unwrap_or_default();
            self.places[at].files.push(Target { output, name, former: None, is_changed });
        }
        self.places.retain(|place| !place.files.is_empty());
        Ok(())
    }

    /// The number of the place that `path` is in: one that is open, however it is spelt, or a new one.
    fn place_of(&mut self, path: &Path) -> Result<usize> {
        let parent = path.parent().unwrap_or(path);
        // By its spelling first: a folder that was made is the one that was made, whatever has its name by now.
        if let Some(at) = self.places.iter().position(|place| place.folder.path() == parent) {
            return Ok(at);
        }
        let folder = Folder::open(parent).map_err(|error| cannot_write(path, error))?;
        let same = self.places.iter().position(|place| place.folder.id() == folder.id());
        Ok(same.unwrap_or_else(|| {
            self.places.push(Place::new(folder));
            self.places.len() - 1
        }))
    }

    fn lock(&mut self, set: &str, now: SystemTime) -> Result<()> {
        for place in &mut self.places {
            place.journal = Some(match Journal::claim(&place.folder)? {
                (journal, None) => journal,
                (journal, Some(left)) => recovery::settle(&place.folder, journal, left)?,
            });
        }
        let others: Vec<PathBuf> = match self.places.len() {
            1 => Vec::new(),
            _ => {
                self.places.iter().map(|place| place.folder.full_name()).collect::<io::Result<_>>().unwrap_or_default()
            }
        };
        for (at, place) in self.places.iter_mut().enumerate() {
            place.note_former(self.rules)?;
            let others = others.iter().enumerate().filter(|(other, _)| *other != at);
            let items = place.files.iter().map(Target::item).collect();
            let backup = place.free_backup_name(now)?;
            place.record =
                Record { set: set.to_owned(), backup, others: others.map(|(_, path)| path.clone()).collect(), items };
        }
        Ok(())
    }

    /// Writes every file under the name it has until it is published.
    pub(super) fn stage(&mut self) -> Result<()> {
        for place in &mut self.places {
            let journal = place.journal.as_mut().expect("a place that is not committed has its journal");
            journal.write(&place.folder, &place.record, !self.rules.is_synced_at_once())?;
        }
        for (at, place) in self.places.iter().enumerate() {
            for (index, target) in place.files.iter().enumerate() {
                let path = &target.output.path;
                let failed = |error| cannot_write(path, error);
                let staged = place.record.staged_name(index);
                let mut file = place.folder.create(&staged, target.output.visibility).map_err(failed)?;
                self.done.push(Done::Staged(at, index));
                file.write_all(target.output.bytes.as_bytes()).map_err(failed)?;
                let is_protected = match &target.former {
                    Some(former) if target.is_changed => set_like(&file, target.output.visibility, former),
                    _ => set_final(&file, target.output.visibility),
                };
                if !is_protected.map_err(failed)? {
                    self.unprotected.push(path.clone());
                }
                if !self.rules.is_synced_at_once() {
                    file.sync_all().map_err(failed)?;
                }
            }
        }
        match self.rules.is_synced_at_once() {
            true => self.places.iter().try_for_each(Place::sync_files),
            false => Ok(()),
        }
    }

    /// Puts every file in place, and what it replaces into the backup folder.
    pub(super) fn commit(mut self) -> Result<Published> {
        let mut published = Published::default();
        for at in 0..self.places.len() {
            for index in 0..self.places[at].files.len() {
                if self.places[at].files[index].former.is_some() {
                    self.set_aside(at, index, &mut published)?;
                }
                let Place { folder, record, files, .. } = &self.places[at];
                let (name, path) = (files[index].name, &files[index].output.path);
                let moved = folder.move_to(&record.staged_name(index), folder, name);
                moved.map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => target::exists(path),
                    _ => cannot_write(path, error),
                })?;
                self.done.push(Done::Published(at, index));
            }
        }
        let made = self.made.iter().map(|(above, _)| above);
        let folders = self.places.iter().flat_map(|place| [Some(&place.folder), place.backup.as_ref()]).flatten();
        for folder in folders.chain(made) {
            folder.sync().map_err(|error| cannot_write(folder.path(), error))?;
        }
        for place in &self.places {
            for target in place.files.iter().filter(|target| target.former.is_some()) {
                if let Some(backup) = &place.backup {
                    backup.close_to_others(target.name, target.output.visibility);
                }
            }
        }
        self.done.clear();
        self.made.clear();
        published.unprotected = std::mem::take(&mut self.unprotected);
        Ok(published)
    }

    fn set_aside(&mut self, at: usize, index: usize, published: &mut Published) -> Result<()> {
        let place = &mut self.places[at];
        let target = &place.files[index];
        if place.backup.is_none() {
            let path = target.output.path.with_file_name(&place.record.backup);
            let name = OsStr::new(&place.record.backup);
            place.backup = Some(place.folder.make_child(name).map_err(|error| cannot_make(&path, error))?);
            published.backups.push(path);
        }
        let backup = place.backup.as_ref().expect("it has just been made");
        let moved = place.folder.move_to(target.name, backup, target.name);
        moved.map_err(|error| cannot_write(&target.output.path, error))?;
        self.done.push(Done::Kept(at, index));
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    /// Takes back, in reverse, what was done and not committed. Nothing more can be said here if that fails too: the first
    /// error is on its way.
    fn drop(&mut self) {
        for step in self.done.drain(..).rev() {
            let (Done::Staged(at, index) | Done::Kept(at, index) | Done::Published(at, index)) = step;
            let Place { folder, record, files, backup, .. } = &self.places[at];
            let name = files[index].name;
            let _ = match (step, backup) {
                // Under its staged name, so that the way back can be interrupted too.
                (Done::Published(..), _) => folder.move_to(name, folder, &record.staged_name(index)),
                (Done::Kept(..), Some(backup)) => backup.move_to(name, folder, name),
                (Done::Kept(..), None) => Ok(()),
                (Done::Staged(..), _) => folder.remove(&record.staged_name(index)),
            };
        }
        for place in &mut self.places {
            if let Some(journal) = place.journal.take() {
                journal.remove(&place.folder);
            }
            // Only an empty one goes: after a success it holds what was replaced.
            if place.backup.is_some() {
                let _ = place.folder.remove_child(OsStr::new(&place.record.backup));
            }
        }
        for (above, name) in self.made.drain(..).rev() {
            let _ = above.remove_child(&name);
        }
    }
}

impl Place<'_> {
    fn new(folder: Folder) -> Self {
        let record = Record { set: String::new(), backup: String::new(), others: Vec::new(), items: Vec::new() };
        Self { folder, journal: None, record, files: Vec::new(), backup: None }
    }

    /// Looks, under the lock, at what stands where the files go.
    fn note_former(&mut self, rules: &Rules) -> Result<()> {
        for target in &mut self.files {
            let path = &target.output.path;
            let entry = self.folder.entry(target.name).map_err(|error| cannot_write(path, error))?;
            let may_go = target.is_changed || rules.existing() == Existing::Replace;
            target.former = match entry {
                Some(entry) if may_go && entry.kind == FileKind::File => Some(entry),
                Some(_) => return Err(target::exists(path)),
                None => None,
            };
        }
        Ok(())
    }

    /// `backup-20271120T081500Z`; with a number behind it where that name is taken.
    fn free_backup_name(&self, now: SystemTime) -> Result<String> {
        let first = format!("{BACKUP}{}", time::compact(now));
        let mut number = 1;
        loop {
            let name = if number == 1 { first.clone() } else { format!("{first}-{number}") };
            let entry = self.folder.entry(OsStr::new(&name));
            match entry.map_err(|error| cannot_write(&self.folder.path().join(&name), error))? {
                None => return Ok(name),
                Some(_) => number += 1,
            }
        }
    }

    /// Writes all files through to the disk at once, or one by one where there is no such call.
    fn sync_files(&self) -> Result<()> {
        let failed = |error| cannot_write(self.folder.path(), error);
        if self.folder.sync_file_system().map_err(failed)? {
            return Ok(());
        }
        for index in 0..self.files.len() {
            let file = self.folder.open_file_to_write(&self.record.staged_name(index)).map_err(failed)?;
            file.sync_all().map_err(failed)?;
        }
        Ok(())
    }
}

impl Target<'_> {
    fn item(&self) -> Item {
        let bytes = self.output.bytes.as_bytes();
        Item {
            name: self.name.to_owned(),
            visibility: self.output.visibility,
            replaces: self.former.is_some(),
            len: bytes.len() as u64,
            hash: Fingerprint::of(bytes).0,
        }
    }
}
