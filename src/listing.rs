//! The names in a folder.
//!
//! [`std::fs::read_dir`] panics where closing the folder fails, as it may on a disk or network share that fails: with
//! rustix such an error is none, for by then every name has been read.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name alone.
    pub name: OsString,
    /// What it stands for.
    pub kind: EntryKind,
}

/// The entries of `folder`, in no order, without `.` and `..`.
///
/// # Errors
/// The system's, where the folder cannot be opened or read.
pub fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    system::entries(folder)
}

#[cfg(unix)]
mod system {
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use rustix::fs::{Dir, FileType, Mode, OFlags};

    use super::{Entry, EntryKind};

    pub(super) fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::io::retry_on_intr(|| rustix::fs::open(folder, flags, Mode::empty()))?;
        let mut found = Vec::new();
        for entry in Dir::new(opened)? {
            let entry = entry?;
            let name: OsString = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems leave it to another call.
                FileType::Unknown => match rustix::fs::lstat(folder.join(&name)) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    // It has gone since.
                    Err(rustix::io::Errno::NOENT) => continue,
                    Err(error) => return Err(error.into()),
                },
                known => known,
            };
            let kind = match kind {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Folder,
                FileType::Symlink => EntryKind::Link,
                _ => EntryKind::Other,
            };
            found.push(Entry { name, kind });
        }
        Ok(found)
    }
}

#[cfg(not(unix))]
mod system {
    use std::path::Path;
    use std::{fs, io};

    use super::{Entry, EntryKind};

    #[expect(clippy::disallowed_methods, reason = "what panics on Unix is the closing of a folder there")]
    pub(super) fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            let kind = match entry.file_type()? {
                kind if kind.is_symlink() => EntryKind::Link,
                kind if kind.is_dir() => EntryKind::Folder,
                kind if kind.is_file() => EntryKind::File,
                _ => EntryKind::Other,
            };
            Ok(Entry { name: entry.file_name(), kind })
        };
        fs::read_dir(folder)?.map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test makes what it lists")]
    fn names_come_with_their_kinds() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        let mut expected = vec![("file", EntryKind::File), ("folder", EntryKind::Folder)];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
            expected.push(("link", EntryKind::Link));
        }
        let mut found = entries(folder.path()).unwrap();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        let found: Vec<_> = found.iter().map(|entry| (entry.name.to_str().unwrap(), entry.kind)).collect();
        expected.sort_unstable_by_key(|(name, _)| *name);
        assert_eq!(found, expected);
        assert_eq!(entries(&folder.path().join("gone")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(entries(&folder.path().join("file")).is_err());
    }
}
