//! Who may read what is written, and when it is on the disk: what differs between systems.
#![expect(clippy::disallowed_methods, reason = "a folder is opened to write it through to the disk")]

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Visibility;

/// Gives a staged file, readable by its owner alone so far, its final mode.
#[cfg(unix)]
pub(super) fn set_final(file: &File, visibility: Visibility) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match visibility {
        Visibility::Secret => 0o600,
        Visibility::Public => 0o644,
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Windows files inherit the access list of their folder.
#[cfg(not(unix))]
pub(super) fn set_final(_: &File, _: Visibility) -> io::Result<()> {
    Ok(())
}

/// Makes a folder that only its owner can enter.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    // The umask may have taken more away than it should.
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Writes a folder's entries through to the disk, where system and file system can.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(path)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}
