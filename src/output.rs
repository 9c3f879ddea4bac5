//! The only module that writes: a set of files is published together or not at all.
//!
//! Check every target; lock the journal of each folder; compare what the set was made from with what is there now; stage
//! every file beside its target (secrets 0600 from creation, written through to the disk); then rename without replacing. If
//! one rename fails, what this run published is taken back. What a killed run leaves is found by its journal, and
//! [`Recovery`] finishes or undoes it when asked.
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
mod folder;
mod journal;
mod name;
mod recovery;
mod target;
mod transaction;

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fmt, io};

pub use access::{closing_command, is_held, is_private, is_readable_by_others};
pub use name::check_name;
pub use recovery::{Action, Change, FileState, Recovery, Step, Unfinished, UnfinishedFile};
pub use target::{Existing, Rules};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use transaction::Transaction;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Only its owner: 0600, or an access list that says the same.
    Secret,
    /// Everyone: 0644, or whoever may read what is in the folder.
    Public,
}

/// One file of a set.
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
    /// Secrets on a file system that keeps no modes, where others can read them.
    pub unprotected: Vec<PathBuf>,
}

/// A hash of what a file held when it was read, to see whether it is still the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(folder::Hash);

impl Fingerprint {
    /// The fingerprint of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self(Sha256::digest(bytes).into())
    }

    /// Its SHA-256 hash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
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
    /// On return the files are complete and their contents and names on the disk (on Windows: their contents).
    ///
    /// # Errors
    /// Those of [`Rules::check`] and of `before`; [`Mismatch`](ErrorKind::Mismatch) where a file that the set was made from
    /// has changed since it was read; [`Io`](ErrorKind::Io) with the system's reason where writing failed,
    /// [`Exists`](ErrorKind::Exists) where another program was faster. What existed before is as it was.
    pub fn publish(&self, now: SystemTime, before: impl FnOnce() -> Result<()>) -> Result<Published> {
        let paths: Vec<&Path> = self.outputs.iter().map(|output| output.path.as_path()).collect();
        let changed = self.rules.examine(&paths)?;
        let mut transaction = Transaction::begin(&self.rules, &self.outputs, &changed, now)?;
        self.rules.check_unchanged()?;
        transaction.stage()?;
        before()?;
        transaction.commit()
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
