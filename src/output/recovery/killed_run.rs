//! A killed run: how each file of its set stands, and the moves that finish, undo or discard it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Action, Change, FileState, Step, Unfinished, UnfinishedFile};
use crate::error::{Error, ErrorKind, Result};
use crate::output::cannot_write;
use crate::output::folder::{Entry, FileKind, Folder};
use crate::output::journal::{Item, Journal, Record};

/// What stands where a file of the set belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InPlace {
    Nothing,
    /// An empty file: how a name is claimed where the file system cannot rename without replacing.
    Placeholder,
    New,
    Other,
}

/// What stands where a file of the set was staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Staged {
    Nothing,
    Complete,
    Incomplete,
}

/// How one item stands.
#[derive(Clone, Copy, Debug)]
struct Standing {
    in_place: InPlace,
    staged: Staged,
    /// True if the file it replaces is in the backup folder.
    is_kept: bool,
}

/// One elementary change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Replace,
    Publish,
    /// Takes a new file that has replaced an old one out of its place again.
    Unpublish,
    Restore,
    SetAside,
    Discard,
}

/// What a killed run left in one folder, locked.
#[derive(Debug)]
pub(super) struct KilledRun {
    pub(super) folder: Folder,
    journal: Journal,
    pub(super) record: Record,
    standings: Vec<Standing>,
}

impl KilledRun {
    pub(super) fn examine(folder: Folder, journal: Journal, record: Record) -> Result<Self> {
        let backup = open_own_child(&folder, OsStr::new(&record.backup))?;
        // Refused now, not halfway.
        open_own_child(&folder, OsStr::new(&undone_name(&record)))?;
        let standings = record.items.iter().enumerate().map(|(index, item)| {
            let kept = backup.as_ref().map_or(Ok(None), |backup| entry(backup, &item.name))?;
            let standing = entry(&folder, &item.name)?;
            // A file that replaces another user's is staged as that user's.
            let staged = staged(&folder, &record.staged_name(index), item, kept.as_ref().or(standing.as_ref()))?;
            let in_place = in_place(&folder, item, standing.as_ref())?;
            Ok(Standing { in_place, staged, is_kept: item.replaces && kept.is_some() })
        });
        let standings = standings.collect::<Result<_>>()?;
        Ok(Self { folder, journal, record, standings })
    }

    /// True if it has published or moved away a file.
    pub(super) fn has_begun(&self) -> bool {
        self.standings.iter().any(|standing| standing.in_place == InPlace::New || standing.is_kept)
    }

    /// True if there is nothing to recover. Of a set over several folders one of them cannot tell that.
    pub(super) fn is_settled(&self) -> bool {
        self.record.others.is_empty() && self.is_settled_here()
    }

    /// True if there is nothing to recover in this folder: the run was killed before it staged anything, or when all was done.
    pub(super) fn is_settled_here(&self) -> bool {
        let is_new = |standing: &Standing| standing.in_place == InPlace::New;
        self.standings.iter().all(|standing| standing.staged == Staged::Nothing)
            && (self.standings.iter().all(is_new) || !self.has_begun())
    }

    /// Its journal, once there is nothing to recover.
    pub(super) fn into_journal(self) -> Journal {
        self.journal
    }

    /// Removes the journal: everything is settled.
    pub(super) fn close(self) {
        self.journal.remove(&self.folder);
    }

    pub(super) fn to_unfinished(&self) -> Unfinished {
        let files = self.record.items.iter().zip(&self.standings);
        let files =
            files.map(|(item, standing)| UnfinishedFile { name: item.name.clone(), state: state(item, standing) });
        Unfinished {
            folder: self.folder.path().to_owned(),
            others: self.record.others.clone(),
            files: files.collect(),
            backup: self.standings.iter().any(|standing| standing.is_kept).then(|| self.path_of(&self.record.backup)),
        }
    }

    fn path_of(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The elementary changes of `action`, each with the number of its item.
    pub(super) fn moves(&self, action: Action) -> Result<Vec<(Move, usize)>> {
        let mut moves = Vec::new();
        for (index, (item, standing)) in self.record.items.iter().zip(&self.standings).enumerate() {
            let cannot = |fact: &str| {
                Err(Error::new(ErrorKind::Mismatch, format!("{fact}, so this cannot be {}", participle(action)))
                    .with_path(self.path_of(&item.name)))
            };
            let Standing { in_place, staged, is_kept } = *standing;
            let mut add = |step| moves.push((step, index));
            match action {
                Action::Finish => match (in_place, staged) {
                    (InPlace::New, Staged::Nothing) => {}
                    (InPlace::New, _) => add(Move::Discard),
                    (_, Staged::Nothing | Staged::Incomplete) => return cannot("the new file is not there"),
                    (InPlace::Other, _) if !item.replaces || is_kept => {
                        return cannot("another file has taken this place since");
                    }
                    (InPlace::Other, _) => [Move::Replace, Move::Publish].into_iter().for_each(add),
                    (InPlace::Nothing | InPlace::Placeholder, _) => add(Move::Publish),
                },
                Action::Undo => match (in_place, is_kept) {
                    (InPlace::Other, true) => return cannot("another file has taken this place since"),
                    (InPlace::New, true) => {
                        [Move::Unpublish, Move::Restore, Move::SetAside].into_iter().for_each(add);
                    }
                    (InPlace::New, false) if item.replaces => return cannot("the old file is not there"),
                    (InPlace::New, false) => add(Move::SetAside),
                    (_, true) => {
                        add(Move::Restore);
                        self.put_away(staged, add);
                    }
                    (_, false) => self.put_away(staged, add),
                },
                Action::Discard if staged == Staged::Nothing => {}
                Action::Discard => add(Move::Discard),
            }
        }
        Ok(moves)
    }

    /// Keeps a complete staged file once files were changed: a new key may be in use already.
    fn put_away(&self, staged: Staged, mut add: impl FnMut(Move)) {
        match staged {
            Staged::Nothing => {}
            Staged::Complete if self.has_begun() => add(Move::SetAside),
            Staged::Complete | Staged::Incomplete => add(Move::Discard),
        }
    }

    /// What the changes of one item come to.
    pub(super) fn to_step(&self, moves: &[(Move, usize)]) -> Step {
        let has = |wanted| moves.iter().any(|(step, _)| *step == wanted);
        let undone = || self.path_of(undone_name(&self.record));
        let change = if has(Move::Replace) {
            Change::Replace { backup: self.path_of(&self.record.backup) }
        } else if has(Move::Publish) {
            Change::Publish
        } else if has(Move::Restore) {
            Change::Restore { new: has(Move::SetAside).then(undone) }
        } else if has(Move::SetAside) {
            Change::SetAside { folder: undone() }
        } else {
            Change::Discard
        };
        Step { file: self.path_of(&self.record.items[moves[0].1].name), change }
    }

    pub(super) fn perform(&self, action: Action) -> Result<()> {
        let (mut backup, mut undone) = (None, None);
        for (step, index) in self.moves(action)? {
            let Item { name, visibility, .. } = &self.record.items[index];
            let staged = self.record.staged_name(index);
            let failed = |error| cannot_write(&self.path_of(name), error);
            if matches!(step, Move::Publish | Move::Restore) && self.standings[index].in_place == InPlace::Placeholder {
                self.folder.remove(name).map_err(failed)?;
            }
            match step {
                Move::Replace => {
                    let backup = self.own_child(&self.record.backup, &mut backup)?;
                    self.folder.move_to(name, backup, name).map_err(failed)?;
                    backup.close_to_others(name, *visibility);
                }
                Move::Publish => self.folder.move_to(&staged, &self.folder, name).map_err(failed)?,
                Move::Unpublish => self.folder.move_to(name, &self.folder, &staged).map_err(failed)?,
                Move::Restore => {
                    let backup = self.own_child(&self.record.backup, &mut backup)?;
                    backup.move_to(name, &self.folder, name).map_err(failed)?;
                }
                Move::SetAside => {
                    let undone = self.own_child(&undone_name(&self.record), &mut undone)?;
                    let is_staged = self.folder.entry(&staged).map_err(failed)?.is_some();
                    let from = if is_staged { &staged } else { name };
                    self.folder.move_to(from, undone, name).map_err(failed)?;
                }
                Move::Discard => self.folder.remove(&staged).map_err(failed)?,
            }
        }
        let folders = [Some(&self.folder), backup.as_ref(), undone.as_ref()];
        for folder in folders.into_iter().flatten() {
            folder.sync().map_err(|error| cannot_write(folder.path(), error))?;
        }
        // Only an empty one goes.
        let _ = self.folder.remove_child(OsStr::new(&self.record.backup));
        Ok(())
    }

    /// The folder `name`, made if it is missing, and kept in `opened`.
    fn own_child<'a>(&self, name: &str, opened: &'a mut Option<Folder>) -> Result<&'a Folder> {
        if let Some(folder) = opened {
            return Ok(folder);
        }
        let folder = match open_own_child(&self.folder, OsStr::new(name))? {
            Some(folder) => folder,
            None => {
                self.folder.make_child(OsStr::new(name)).map_err(|error| cannot_write(&self.path_of(name), error))?
            }
        };
        Ok(opened.insert(folder))
    }
}

/// The name of the folder for the new files of a set that is undone.
fn undone_name(record: &Record) -> String {
    format!("{}-undone", record.backup)
}

fn participle(action: Action) -> &'static str {
    match action {
        Action::Finish => "finished",
        Action::Undo => "undone",
        Action::Discard => "discarded",
    }
}

fn state(item: &Item, standing: &Standing) -> FileState {
    match (standing.in_place, standing.staged) {
        (InPlace::New, _) => FileState::New,
        (InPlace::Other, _) if item.replaces && !standing.is_kept => FileState::Old,
        (InPlace::Other, _) => FileState::Changed,
        (_, Staged::Complete) => FileState::Staged,
        (_, Staged::Nothing | Staged::Incomplete) => FileState::Missing,
    }
}

fn entry(folder: &Folder, name: &OsStr) -> Result<Option<Entry>> {
    folder.entry(name).map_err(|error| cannot_write(&folder.path().join(name), error))
}

fn in_place(folder: &Folder, item: &Item, standing: Option<&Entry>) -> Result<InPlace> {
    let name = &item.name;
    let Some(entry) = standing else { return Ok(InPlace::Nothing) };
    if entry.kind != FileKind::File {
        return Ok(InPlace::Other);
    }
    let hash = folder.hash(name, item.len).map_err(|error| cannot_write(&folder.path().join(name), error))?;
    Ok(match hash {
        Some(hash) if hash == item.hash => InPlace::New,
        _ if entry.len == 0 && entry.is_plain_own_file() => InPlace::Placeholder,
        _ => InPlace::Other,
    })
}

fn staged(folder: &Folder, name: &OsStr, item: &Item, former: Option<&Entry>) -> Result<Staged> {
    match entry(folder, name)? {
        None => Ok(Staged::Nothing),
        Some(entry)
            if entry.kind == FileKind::File
                && (entry.is_own || former.is_some_and(|former| item.replaces && entry.has_owner_of(former))) =>
        {
            let hash = folder.hash(name, item.len).map_err(|error| cannot_write(&folder.path().join(name), error))?;
            Ok(if hash == Some(item.hash) { Staged::Complete } else { Staged::Incomplete })
        }
        Some(_) => Err(not_ours(folder, name)),
    }
}

/// The folder `name` in `folder`, if it is there.
fn open_own_child(folder: &Folder, name: &OsStr) -> Result<Option<Folder>> {
    match entry(folder, name)? {
        None => Ok(None),
        Some(Entry { kind: FileKind::Folder, is_own: true, .. }) => {
            folder.open_child(name).map(Some).map_err(|error| cannot_write(&folder.path().join(name), error))
        }
        Some(_) => Err(not_ours(folder, name)),
    }
}

fn not_ours(folder: &Folder, name: &OsStr) -> Error {
    let fact = "has the name of what a killed run left, but is a link, or belongs to another user";
    Error::new(ErrorKind::Exists, fact)
        .with_hint("find out where it comes from, then move it away")
        .with_path(folder.path().join(name))
}
