//! Modes.
#![expect(clippy::disallowed_methods, reason = "files are created here, and a folder opened to write it through")]

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::output::Visibility;

pub(super) fn closing_command() -> String {
    "chmod 600 FILE".to_owned()
}

/// Creates a file to be staged. Until it is final its owner alone reads it, whatever it will be.
pub(in crate::output) fn create(path: &Path, _: Visibility) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// The one full name of a folder that is there, for which no name in it is too long.
pub(in crate::output) fn full_name(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder)
}

/// Gives a staged file its final mode; the umask may also have taken more away than it should.
pub(in crate::output) fn set_final(file: &File, visibility: Visibility) -> io::Result<()> {
    let mode = match visibility {
        Visibility::Secret => 0o600,
        Visibility::Public => 0o644,
    };
    file.set_permissions(Permissions::from_mode(mode))
}

/// Gives a staged file the owner of the one whose place it takes, as far as the caller may, and its mode. A secret stays
/// its owner's alone.
pub(in crate::output) fn set_like(file: &File, visibility: Visibility, former: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (former.uid(), former.gid()) {
        // Root alone may give a file away.
        let _ = fchown(file, Some(former.uid()), Some(former.gid()));
    }
    match visibility {
        Visibility::Secret => set_final(file, visibility),
        Visibility::Public => file.set_permissions(Permissions::from_mode(former.mode() & 0o777)),
    }
}

/// Makes a folder that only its owner can enter.
pub(in crate::output) fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Closes what a secret has replaced. Its folder is closed too, but a copy of it, or a rename back, may not be.
pub(in crate::output) fn close_to_others(path: &Path, visibility: Visibility) {
    if visibility == Visibility::Secret {
        let _ = fs::set_permissions(path, Permissions::from_mode(0o600));
    }
}

/// Writes a folder's entries through to the disk, where the file system can.
pub(in crate::output) fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(path)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

pub(super) fn is_held(_: &io::Error) -> bool {
    false
}

/// Nothing here fails for a moment only.
pub(in crate::output) fn is_momentary(_: &io::Error) -> bool {
    false
}

pub(super) fn is_readable_by_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o044 != 0)
}
