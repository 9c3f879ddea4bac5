//! A system of which nothing is known: files are created as it sees fit.
#![expect(clippy::disallowed_methods, reason = "files are created here")]

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::output::Visibility;

pub(super) fn closing_command() -> String {
    "keep FILE where nobody else gets".to_owned()
}

pub(in crate::output) fn create(path: &Path, _: Visibility) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

pub(in crate::output) fn full_name(folder: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(folder)
}

pub(in crate::output) fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().create(path)
}

pub(in crate::output) fn close_to_others(_: &Path, _: Visibility) {}

pub(super) fn is_held(_: &io::Error) -> bool {
    false
}

/// Nothing here fails for a moment only.
pub(in crate::output) fn is_momentary(_: &io::Error) -> bool {
    false
}

pub(super) fn is_readable_by_others(_: &Path) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Who owns a file says nothing here: its access list does.
pub(super) fn is_own(_: &Metadata) -> bool {
    true
}
