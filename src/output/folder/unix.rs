//! Descriptors.
#![allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the fields of stat(2) have other types on Apple's systems"
)]

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid, fchmod, fchown, fstat, fsync, linkat, mkdirat, openat,
    renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{Entry, FileKind};
use crate::output::Visibility;

const PRIVATE_FOLDER: Mode = Mode::RWXU;
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const RIGHTS: u32 = 0o777;
const OTHERS: u32 = 0o077;

/// A folder.
#[derive(Debug)]
pub(in crate::output) struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
    id: (u64, u64),
    has_owners: bool,
}

impl Folder {
    /// Opens the folder at `path`, which may lead over links.
    pub(in crate::output) fn open(path: &Path) -> io::Result<Self> {
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let descriptor = openat(CWD, here, FOLDER, Mode::empty())?;
        Self::of(descriptor, path.to_owned())
    }

    /// Another handle of the same folder.
    pub(in crate::output) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { descriptor: self.descriptor.try_clone()?, path: self.path.clone(), ..*self })
    }

    /// The same under the name it has in messages.
    pub(in crate::output) fn with_path(self, path: &Path) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Opens the folder `name` in this one: a real one, not a link.
    pub(in crate::output) fn open_child(&self, name: &OsStr) -> io::Result<Self> {
        let descriptor = openat(&self.descriptor, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        Self::of(descriptor, self.path.join(name))
    }

    fn of(descriptor: OwnedFd, path: PathBuf) -> io::Result<Self> {
        let stat = fstat(&descriptor)?;
        let has_owners = has_owners(&descriptor);
        Ok(Self { descriptor, path, id: (stat.st_dev as u64, stat.st_ino as u64), has_owners })
    }

    /// Makes the folder `name`, which only its owner can enter, as far as the file system knows such a thing.
    pub(in crate::output) fn make_child(&self, name: &OsStr) -> io::Result<Self> {
        mkdirat(&self.descriptor, name, PRIVATE_FOLDER)?;
        let opened = self.open_child(name).and_then(|folder| {
            let stat = fstat(&folder.descriptor)?;
            if !folder.is_own(&stat) {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another folder was put in its place"));
            }
            set_mode(&folder.descriptor, &stat, 0o700)?;
            Ok(folder)
        });
        // Nobody else may have put anything into it yet.
        opened.inspect_err(|_| drop(self.remove_child(name)))
    }

    fn is_own(&self, stat: &Stat) -> bool {
        stat.st_uid == geteuid().as_raw() || !self.has_owners
    }

    /// Where it is, as it was spelt.
    pub(in crate::output) fn path(&self) -> &Path {
        &self.path
    }

    /// The same for every spelling of one folder.
    pub(in crate::output) fn id(&self) -> (u64, u64) {
        self.id
    }

    /// Its one absolute name.
    pub(in crate::output) fn full_name(&self) -> io::Result<PathBuf> {
        std::fs::canonicalize(if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path })
    }

    /// What stands at `name`.
    pub(in crate::output) fn entry(&self, name: &OsStr) -> io::Result<Option<Entry>> {
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(self.entry_of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates a file; only its owner reads it until it is final.
    pub(in crate::output) fn create(&self, name: &OsStr, _: Visibility) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.descriptor, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Opens the file `name` to read it; a pipe does not make it wait.
    pub(in crate::output) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        self.open_as(name, OFlags::RDONLY)
    }

    /// Opens the file `name` to read and write it.
    pub(in crate::output) fn open_file_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_as(name, OFlags::RDWR)
    }

    fn open_as(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.descriptor, name, flags, Mode::empty())?;
        match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::RegularFile => Ok(file.into()),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// True if `file` is what stands at `name`.
    pub(in crate::output) fn holds(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let own = fstat(file)?;
        match statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok((stat.st_dev, stat.st_ino) == (own.st_dev, own.st_ino)),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn entry_of(&self, stat: &Stat) -> Entry {
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => FileKind::File,
            FileType::Directory => FileKind::Folder,
            FileType::Symlink => FileKind::Link,
            _ => FileKind::Other,
        };
        Entry {
            kind,
            len: u64::try_from(stat.st_size).unwrap_or_default(),
            is_own: self.is_own(stat),
            links: stat.st_nlink as u64,
            mode: u32::from(stat.st_mode) & RIGHTS,
            owner: (stat.st_uid, stat.st_gid),
        }
    }

    /// Moves `name` to `to`, where nothing of that name stands.
    pub(in crate::output) fn move_to(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        let moved = rename_without_replacing(&self.descriptor, name, &to.descriptor, new_name);
        match moved {
            // Neither the call nor hard links: FAT, exFAT and other file systems in user space.
            Err(Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP | Errno::MLINK) => {
                self.move_over_placeholder(name, to, new_name)
            }
            other => Ok(other?),
        }
    }

    /// Claims the new name with an empty file, which nobody else can have made, and replaces that.
    fn move_over_placeholder(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        drop(to.create(new_name, Visibility::Secret)?);
        renameat(&self.descriptor, name, &to.descriptor, new_name).map_err(|error| {
            let _ = to.remove(new_name);
            error.into()
        })
    }

    /// Removes the file `name`.
    pub(in crate::output) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.descriptor, name, AtFlags::empty())?)
    }

    /// Removes the empty folder `name`.
    pub(in crate::output) fn remove_child(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    /// Closes the file `name`, which was replaced by a secret, to everyone but its owner. Its folder is closed too, but a copy
    /// of it, or a rename back, may not be. What cannot be closed is no worse off than it was.
    pub(in crate::output) fn close_to_others(&self, name: &OsStr, visibility: Visibility) {
        if visibility == Visibility::Secret
            && let Ok(file) = self.open_file(name)
            && let Ok(stat) = fstat(&file)
            && u32::from(stat.st_mode) & OTHERS != 0
        {
            let _ = set_mode(&file, &stat, 0o600);
        }
    }

    /// Writes its entries through to the disk, where the file system can.
    pub(in crate::output) fn sync(&self) -> io::Result<()> {
        match fsync(&self.descriptor) {
            Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::BADF | Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Writes the whole file system it is on through to the disk; false where there is no such call.
    pub(in crate::output) fn sync_file_system(&self) -> io::Result<bool> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        match rustix::fs::syncfs(&self.descriptor) {
            Err(Errno::NOSYS) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        Ok(false)
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_without_replacing(from: &OwnedFd, name: &OsStr, to: &OwnedFd, new_name: &OsStr) -> Result<(), Errno> {
    use rustix::fs::{RenameFlags, renameat_with};

    match renameat_with(from, name, to, new_name, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_and_remove(from, name, to, new_name),
        other => other,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_without_replacing(from: &OwnedFd, name: &OsStr, to: &OwnedFd, new_name: &OsStr) -> Result<(), Errno> {
    link_and_remove(from, name, to, new_name)
}

fn link_and_remove(from: &OwnedFd, name: &OsStr, to: &OwnedFd, new_name: &OsStr) -> Result<(), Errno> {
    linkat(from, name, to, new_name, AtFlags::empty())?;
    unlinkat(from, name, AtFlags::empty())
}

/// Gives a staged file its final mode; the umask may also have taken more away than it should. False if the file system
/// keeps no modes, so that others may be able to read it.
pub(in crate::output) fn set_final(file: &File, visibility: Visibility) -> io::Result<bool> {
    let mode = match visibility {
        Visibility::Secret => 0o600,
        Visibility::Public => 0o644,
    };
    set_mode(file, &fstat(file)?, mode)
}

/// Gives a staged file the owner of the one whose place it takes, as far as the caller may, and its mode. A secret can only
/// be read by its owner. False as in [`set_final`].
pub(in crate::output) fn set_like(file: &File, visibility: Visibility, former: &Entry) -> io::Result<bool> {
    let own = fstat(file)?;
    if (own.st_uid, own.st_gid) != former.owner {
        // Only root may give a file away.
        let _ = fchown(file, Some(Uid::from_raw(former.owner.0)), Some(Gid::from_raw(former.owner.1)));
    }
    match visibility {
        Visibility::Secret => set_final(file, visibility),
        Visibility::Public => set_mode(file, &fstat(file)?, former.mode),
    }
}

/// Sets the mode unless it is that already. A file system without modes shows one for all its files and refuses any other:
/// false if that one lets others read what they should not.
fn set_mode(file: impl AsFd, stat: &Stat, mode: u32) -> io::Result<bool> {
    let now = u32::from(stat.st_mode) & RIGHTS;
    if now == mode {
        return Ok(true);
    }
    match fchmod(&file, Mode::from_raw_mode(mode as _)) {
        Ok(()) => Ok(true),
        Err(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP) if !has_owners(&file) => {
            Ok(mode & OTHERS != 0 || now & OTHERS == 0)
        }
        Err(error) => Err(error.into()),
    }
}

/// False for file systems on which owners and modes mean nothing, by the numbers of statfs(2) and the kernel's magic.h.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_owners(file: impl AsFd) -> bool {
    const WITHOUT: [u32; 9] = [
        0x4d44,      // FAT
        0x2011_bab0, // exFAT
        0x5346_544e, // NTFS
        0x7366_746e, // NTFS3
        0x6573_5546, // in user space: exfat-fuse, ntfs-3g and others
        0x517b,      // SMB
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB2
        0x0102_1997, // 9P: a folder of Windows seen from its Linux subsystem
    ];
    rustix::fs::fstatfs(file).is_ok_and(|stat| !WITHOUT.contains(&(stat.f_type as u32)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn has_owners(_: impl AsFd) -> bool {
    true
}
