//! Recovery from a killed run: what it left in a folder, and the ways to finish, undo or discard that.
//!
//! A journal is a list for people, whoever wrote it: it may have come with an archive or a clone. Nothing is done before
//! somebody has seen the [`Step`]s and asked for them. They only move files within the folders that were named, each known by
//! its hash, and remove nothing but staged files. Links, and files of other users, are refused.

mod killed_run;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::journal::{Journal, Record};
use super::{cannot_write, target};
use crate::error::{Error, ErrorKind, Result, printable, quoted};
use killed_run::KilledRun;

/// How a file of an unfinished set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The new file is in place.
    New,
    /// The old file is still in place.
    Old,
    /// The new file is complete, but not in place.
    Staged,
    /// There is neither the new file nor a complete staged one.
    Missing,
    /// Something else has taken its place since.
    Changed,
}

impl FileState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old => "old",
            Self::Staged => "staged",
            Self::Missing => "missing",
            Self::Changed => "changed",
        }
    }
}

/// A file of an unfinished set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedFile {
    /// Its name in the folder.
    pub name: OsString,
    /// How it stands.
    pub state: FileState,
}

/// What a killed run left in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The folder.
    pub folder: PathBuf,
    /// Other folders that the run was writing into.
    pub others: Vec<PathBuf>,
    /// The files of the set that go into this folder.
    pub files: Vec<UnfinishedFile>,
    /// Where the files are that it has replaced so far.
    pub backup: Option<PathBuf>,
}

impl Unfinished {
    /// What a killed run left in `folder`, without touching it; nothing if that is not there.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if something that is not a journal has the name of one, or one of another user.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let Some(opened) = open(folder)? else { return Ok(None) };
        let Some((journal, Some(record))) = Journal::find(&opened)? else { return Ok(None) };
        let killed = KilledRun::examine(opened, journal, record)?;
        Ok((!killed.is_settled()).then(|| killed.to_unfinished()))
    }

    /// Fails if a killed run left something unfinished in `folder`. The journal of one that was killed when nothing was left
    /// to do, or nothing begun, is removed.
    ///
    /// # Errors
    /// Those of [`Self::find`], and [`Exists`](ErrorKind::Exists) that says what was left.
    pub fn refuse(folder: &Path) -> Result<()> {
        let Some(opened) = open(folder)? else { return Ok(()) };
        match Journal::find(&opened)? {
            None => {}
            Some((journal, None)) => journal.remove(&opened),
            Some((journal, Some(record))) => settle(&opened, journal, record)?.remove(&opened),
        }
        Ok(())
    }

    /// The folders of the set, each after a space.
    fn arguments(&self) -> String {
        let folders = std::iter::once(target::or_here(&self.folder)).chain(self.others.iter().map(PathBuf::as_path));
        folders.map(|folder| format!(" {}", quoted(folder.as_os_str()))).collect()
    }

    /// The names of the files in `state`, printable.
    pub fn names(&self, state: FileState) -> Vec<String> {
        let files = self.files.iter().filter(|file| file.state == state);
        files.map(|file| printable(Path::new(&file.name))).collect()
    }

    /// The error of a run that would write into the folder.
    pub fn to_error(&self) -> Error {
        let states = [FileState::New, FileState::Old, FileState::Staged, FileState::Missing, FileState::Changed];
        let parts = states.map(|state| (state, self.names(state)));
        let parts = parts.iter().filter(|(_, names)| !names.is_empty());
        let parts = parts.map(|(state, names)| format!("{}: {}", state.as_str(), shortened(names)));
        let fact = format!("an earlier run was killed while writing here; {}", parts.collect::<Vec<_>>().join("; "));
        Error::new(ErrorKind::Exists, fact)
            .with_hint(format!("see what is to be done: certwright recover{}", self.arguments()))
            .with_path(target::or_here(&self.folder))
    }
}

/// The folder at `path`, if there is one.
fn open(path: &Path) -> Result<Option<Folder>> {
    match target::or_here(path).is_dir() {
        true => Folder::open(path).map(Some).map_err(|error| cannot_write(path, error)),
        false => Ok(None),
    }
}

/// Gives back the journal that `record` was read from, if nothing is unfinished in its folder.
///
/// # Errors
/// [`Exists`](ErrorKind::Exists) with what is unfinished.
pub(super) fn settle(folder: &Folder, journal: Journal, record: Record) -> Result<Journal> {
    let folder = folder.try_clone().map_err(|error| cannot_write(folder.path(), error))?;
    let killed = KilledRun::examine(folder, journal, record)?;
    if killed.is_settled() { Ok(killed.into_journal()) } else { Err(killed.to_unfinished().to_error()) }
}

/// So many names are given; of more, the number of the rest.
const MAX_NAMES: usize = 8;

fn shortened(names: &[String]) -> String {
    match names.len().checked_sub(MAX_NAMES) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MAX_NAMES].join(", ")),
    }
}

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Put the staged files in place.
    Finish,
    /// Put back what was replaced; the new files are kept in a folder.
    Undo,
    /// Remove the staged files, and leave everything else as it is.
    Discard,
}

impl Action {
    /// The action as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::Undo => "undo",
            Self::Discard => "discard",
        }
    }
}

/// One change that a recovery makes in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file as it is to be named.
    pub file: PathBuf,
    /// What happens to it.
    pub change: Change,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Moves the old file into the backup folder, and puts the staged one in its place.
    Replace {
        /// The backup folder.
        backup: PathBuf,
    },
    /// Puts the staged file in place.
    Publish,
    /// Puts the old file back.
    Restore {
        /// The folder for the new file, if there is a complete one.
        new: Option<PathBuf>,
    },
    /// Moves the new file, staged or in place, into a folder.
    SetAside {
        /// That folder.
        folder: PathBuf,
    },
    /// Removes the staged file.
    Discard,
}

/// Folders in which killed runs left something, locked.
#[derive(Debug)]
pub struct Recovery {
    runs: Vec<KilledRun>,
}

impl Recovery {
    /// Locks what killed runs left in `folders`; `None` if nothing is unfinished there.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if a set reaches into a folder that is not among them: it is recovered as a whole;
    /// [`Exists`](ErrorKind::Exists) if something that is not a journal has the name of one, or one of another user, or
    /// if what a journal names is a link or another user's.
    pub fn open(folders: &[&Path]) -> Result<Option<Self>> {
        let (mut runs, mut seen, mut sets) = (Vec::<KilledRun>::new(), Vec::new(), BTreeSet::new());
        for &path in folders {
            let folder = match Folder::open(path) {
                // A set may reach into a folder that is gone.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && folders.len() > 1 => {
                    seen.push(path.to_owned());
                    continue;
                }
                other => other.map_err(|error| cannot_write(path, error))?,
            };
            let full_name = folder.full_name().ok();
            seen.extend(full_name.clone());
            if runs.iter().any(|run| run.folder.id() == folder.id()) {
                continue;
            }
            match Journal::find(&folder)? {
                None => {}
                Some((journal, None)) => journal.remove(&folder),
                Some((journal, Some(record))) => {
                    sets.extend(full_name.map(|name| (name, record.set.clone())));
                    runs.push(KilledRun::examine(folder, journal, record)?);
                }
            }
        }
        for run in &runs {
            if let Some(missing) = run.record.others.iter().find(|other| !seen.contains(other)) {
                let fact = format!("the same run was also writing into {}", printable(missing));
                return Err(Error::new(ErrorKind::Usage, fact)
                    .with_hint(format!("recover them together: certwright recover{}", run.to_unfinished().arguments()))
                    .with_path(target::or_here(run.folder.path())));
            }
        }
        // Journals are written in all folders before anything is staged, and removed when all is done: where that of another
        // folder is missing, the set had not begun or was complete.
        let is_over = |run: &mut KilledRun| {
            let has_journal = |other: &PathBuf| sets.contains(&(other.clone(), run.record.set.clone()));
            run.is_settled_here() && !run.record.others.iter().all(has_journal)
        };
        runs.extract_if(.., is_over).for_each(KilledRun::close);
        Ok((!runs.is_empty()).then_some(Self { runs }))
    }

    /// What was left, folder by folder.
    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.runs.iter().map(KilledRun::to_unfinished).collect()
    }

    /// The action that fits: to finish what can be finished, and to discard what had not begun to change any file.
    ///
    /// # Errors
    /// Those of [`Self::steps`] for [`Action::Finish`], if files were changed and the rest is not there.
    pub fn default_action(&self) -> Result<Action> {
        match self.steps(Action::Finish) {
            Ok(_) => Ok(Action::Finish),
            Err(_) if self.runs.iter().all(|run| !run.has_begun()) => Ok(Action::Discard),
            Err(error) => Err(error),
        }
    }

    /// What `action` would do.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if it cannot be done.
    pub fn steps(&self, action: Action) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for run in &self.runs {
            let moves = run.moves(action).map_err(|error| self.with_way_out(error, action))?;
            steps.extend(moves.chunk_by(|(_, one), (_, other)| one == other).map(|moves| run.to_step(moves)));
        }
        Ok(steps)
    }

    /// Of the other actions the hint names those that can be done.
    fn with_way_out(&self, error: Error, action: Action) -> Error {
        let can_undo = action != Action::Undo && self.runs.iter().all(|run| run.moves(Action::Undo).is_ok());
        error.with_hint(match can_undo {
            true => "put back what was replaced with --undo, or remove only what was staged with --discard",
            false => "look at the files and put them right, then remove what was staged with --discard",
        })
    }

    /// Does what [`Self::steps`] says.
    ///
    /// # Errors
    /// Those of [`Self::steps`], and [`Io`](ErrorKind::Io): what was done then stays done, and the rest can be tried again.
    pub fn run(self, action: Action) -> Result<()> {
        self.steps(action)?;
        for run in &self.runs {
            run.perform(action)?;
        }
        self.runs.into_iter().for_each(KilledRun::close);
        Ok(())
    }
}
