//! Who may read what is written, and when it is on the disk: what differs between systems.
//!
//! On Unix that is the mode: 0600 for a secret, 0644 for the rest, 0700 for a folder. On Windows it is the access list:
//! a secret's names its user, SYSTEM and the Administrators, who can take over any file anyway, and inherits nothing.
//! That is what OpenSSH for Windows asks of a key.

#[cfg(any(windows, test))]
mod sddl;

#[cfg(not(any(unix, windows)))]
mod elsewhere;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(not(any(unix, windows)))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(not(unix))]
pub(super) use system::{close_to_others, create, full_name, is_momentary, make_private_folder};

use std::io;
use std::path::Path;

/// What closes a file to others, for a person to type (on Windows in PowerShell or cmd), with the file's name for `FILE`.
pub fn closing_command() -> String {
    system::closing_command()
}

/// True if a file could not be touched because another program has it open, which Windows can forbid.
pub fn is_held(error: &io::Error) -> bool {
    system::is_held(error)
}

/// True if the file at `path` may be read by users beside its owner, the caller, and those who may read everything: root,
/// or the Administrators and SYSTEM.
///
/// # Errors
/// The system's, where who may read the file cannot be found out.
pub fn is_readable_by_others(path: &Path) -> io::Result<bool> {
    system::is_readable_by_others(path)
}

/// True for a regular file of the user this process runs as that nobody else can read: what this module writes as a secret,
/// and what neither a link nor a file out of a clone is.
///
/// # Errors
/// The system's, where that cannot be found out.
pub fn is_private(path: &Path) -> io::Result<bool> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok(metadata.is_file() && system::is_own(&metadata) && !is_readable_by_others(path)?)
}
