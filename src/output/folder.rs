//! An opened folder: every file of a set is created, renamed and removed relative to it.
//!
//! On Unix it is a descriptor, so neither a link planted in the folder nor a folder swapped for another redirects what is
//! done there. Elsewhere it is the folder's full name.
//!
//! rustix, which is in the tree for the terminal, has the calls; `cap-std` has no rename that refuses to replace, and brings
//! ten crates.

#[cfg(not(unix))]
mod by_path;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use by_path::{Folder, set_final, set_like};
#[cfg(unix)]
pub(super) use unix::{Folder, set_final, set_like};

use std::ffi::OsStr;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// What a name in a folder stands for; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    File,
    Folder,
    Link,
    /// A pipe, socket or device.
    Other,
}

/// The attributes of a name in a folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) kind: FileKind,
    pub(super) len: u64,
    /// True if it belongs to the user this process runs as, or if the system has no owners.
    pub(super) is_own: bool,
    /// Names the file has; 1 where the system does not say.
    pub(super) links: u64,
    #[cfg(unix)]
    pub(super) mode: u32,
    #[cfg(unix)]
    pub(super) owner: (u32, u32),
}

impl Entry {
    /// True if both belong to one user.
    pub(super) fn has_owner_of(&self, other: &Self) -> bool {
        #[cfg(unix)]
        return self.owner.0 == other.owner.0;
        #[cfg(not(unix))]
        return self.is_own == other.is_own;
    }

    /// True for a file that this user made and that nothing else refers to: what a journal may speak of.
    pub(super) fn is_plain_own_file(&self) -> bool {
        self.kind == FileKind::File && self.is_own && self.links == 1
    }
}

/// A SHA-256 hash.
pub(super) type Hash = [u8; 32];

/// The hash of what `source` holds; `None` if that is more than `most` bytes.
pub(super) fn hash_of(source: &mut impl Read, most: u64) -> io::Result<Option<Hash>> {
    let mut hasher = Sha256::new();
    let mut buffer = zeroize::Zeroizing::new([0; 1 << 13]);
    let mut len = 0;
    loop {
        match source.read(&mut buffer[..]) {
            Ok(0) => return Ok(Some(hasher.finalize().into())),
            Ok(read) => {
                len += read as u64;
                if len > most {
                    return Ok(None);
                }
                hasher.update(&buffer[..read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Folder {
    /// The hash of the file `name`, if it is a regular file of exactly `len` bytes.
    pub(super) fn hash(&self, name: &OsStr, len: u64) -> io::Result<Option<Hash>> {
        match self.entry(name)? {
            Some(entry) if entry.kind == FileKind::File && entry.len == len => hash_of(&mut self.open_file(name)?, len),
            _ => Ok(None),
        }
    }
}
