//! The journal of a folder in which files are being published: their names and hashes, and where replaced ones go.
//!
//! It is locked from before anything is compared until after the last rename. One that can be locked was left by a run that
//! was killed. It is never acted on by itself, whoever wrote it: see [`super::recovery`].

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::folder::{Folder, Hash};
use super::{Visibility, cannot_write};
use crate::error::{Error, ErrorKind, Result, printable};

const NAME: &str = ".certwright-unfinished";
/// How the names of staged files begin, and end.
const PREFIX: &str = ".certwright-";
const STAGED: &str = ".staged";
/// How the names of backup folders begin.
pub(super) const BACKUP: &str = "backup-";
/// For whoever opens it in an editor.
const HEADING: &str = "certwright was writing these files when it was killed; \"certwright recover\" finishes that";
const VERSION: &str = "version 1";
/// 100,000 files of 100 bytes each; a larger file of that name is not a journal.
const MAX_LEN: u64 = 1 << 24;

/// Publishing takes milliseconds: five seconds are enough for many runs in one folder.
const PAUSE: Duration = Duration::from_millis(20);
const RETRIES: u32 = 250;

/// One file of a set, as its journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its name in the folder.
    pub(super) name: OsString,
    pub(super) visibility: Visibility,
    /// True if it replaces a file, which is moved into the backup folder first.
    pub(super) replaces: bool,
    pub(super) len: u64,
    pub(super) hash: Hash,
}

/// The content of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The same in each folder of the set; staged files are named after it.
    pub(super) set: String,
    /// The name of the backup folder.
    pub(super) backup: String,
    /// The other folders of the set.
    pub(super) others: Vec<PathBuf>,
    pub(super) items: Vec<Item>,
}

impl Record {
    /// The name of the staged form of item number `index`.
    pub(super) fn staged_name(&self, index: usize) -> OsString {
        format!("{PREFIX}{}-{index}{STAGED}", self.set).into()
    }

    fn to_text(&self) -> String {
        let mut text = format!("{HEADING}\n{VERSION}\nset {}\nbackup {}\n", self.set, self.backup);
        self.others.iter().for_each(|other| text += &format!("folder {}\n", escape(other.as_os_str())));
        for Item { name, visibility, replaces, len, hash } in &self.items {
            let verb = if *replaces { "replace" } else { "new" };
            let reader = if *visibility == Visibility::Secret { "secret" } else { "public" };
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!("{verb} {reader} {len} {hash} {}\n", escape(name));
        }
        text
    }

    /// `None` for anything that this program would not have written: above all, names that are paths.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if (lines.next()?, lines.next()?) != (HEADING, VERSION) {
            return None;
        }
        let set = lines.next()?.strip_prefix("set ")?.to_owned();
        let backup = lines.next()?.strip_prefix("backup ")?.to_owned();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_set = set.split_once('-').is_some_and(|(process, time)| is_number(process) && is_number(time));
        let is_stamp = |byte: u8| byte.is_ascii_digit() || b"TZ-".contains(&byte);
        let is_backup =
            backup.strip_prefix(BACKUP).is_some_and(|stamp| !stamp.is_empty() && stamp.bytes().all(is_stamp));
        if !is_set || !is_backup {
            return None;
        }
        let (mut others, mut items) = (Vec::new(), Vec::new());
        for line in lines {
            match line.strip_prefix("folder ") {
                // Hints repeat it in a command: a relative one could be an option.
                Some(other) => others.push(PathBuf::from(unescape(other)?)),
                None => items.push(parse_item(line)?),
            }
        }
        if others.iter().any(|other| !other.is_absolute()) {
            return None;
        }
        let mut names: Vec<&OsStr> = items.iter().map(|item| item.name.as_os_str()).collect();
        names.sort_unstable();
        let is_unique = names.windows(2).all(|pair| pair[0] != pair[1]);
        (is_unique && !items.is_empty()).then_some(Self { set, backup, others, items })
    }
}

fn parse_item(line: &str) -> Option<Item> {
    let mut words = line.splitn(5, ' ');
    let replaces = match words.next()? {
        "replace" => true,
        "new" => false,
        _ => return None,
    };
    let visibility = match words.next()? {
        "secret" => Visibility::Secret,
        "public" => Visibility::Public,
        _ => return None,
    };
    let len = words.next()?.parse().ok()?;
    let digits = words.next()?;
    let mut hash = Hash::default();
    if digits.len() != 2 * hash.len() || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    let name = unescape(words.next()?)?;
    is_plain(&name).then_some(Item { name, visibility, replaces, len, hash })
}

/// True for the name of a file in a folder: not a path, nothing special, and none of this module's own.
fn is_plain(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    let has_separator = bytes.iter().any(|byte| *byte == 0 || std::path::is_separator(char::from(*byte)));
    let is_special = [&b""[..], b".", b".."].contains(&bytes);
    let is_named = super::check_name(Path::new(name)).is_ok();
    !has_separator && !is_special && is_named && !bytes.starts_with(PREFIX.as_bytes())
}

/// `name` in a line of text: what is not printable ASCII as `%` and two hexadecimal digits a byte.
fn escape(name: &OsStr) -> String {
    let mut text = String::new();
    for byte in name.as_encoded_bytes() {
        match byte {
            b'%' => text += "%25",
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text += &format!("%{byte:02x}"),
        }
    }
    text
}

fn unescape(text: &str) -> Option<OsString> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            b' '..=b'~' => bytes.push(*first),
            _ => return None,
        }
    }
    os_string(bytes)
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

/// A name that is not Unicode is not found again.
#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

/// A journal that this run has locked.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Locks the journal of `folder`, which is made if it is missing, and gives what a killed run has left in it.
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if another run keeps it locked, or if something else has its name.
    pub(super) fn claim(folder: &Folder) -> Result<(Self, Option<Record>)> {
        let failed = |error| cannot_write(folder.path(), error);
        for _ in 0..RETRIES {
            let file = match folder.create(OsStr::new(NAME), Visibility::Secret) {
                Ok(file) => match lock(folder, file) {
                    Ok(Some(journal)) => return Ok((journal, None)),
                    Ok(None) => None,
                    Err(error) => {
                        let _ = folder.remove(OsStr::new(NAME));
                        return Err(error);
                    }
                },
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open(folder)?,
                // On Windows a name stays for a moment after its file is removed.
                Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => None,
                Err(error) => return Err(failed(error)),
            };
            if let Some(journal) = file.map(|file| lock(folder, file)).transpose()?.flatten() {
                let record = journal.read(folder)?;
                return Ok((journal, record));
            }
            sleep(PAUSE);
        }
        Err(Error::new(ErrorKind::Exists, "another certwright is writing into this folder")
            .with_hint("wait until it is done, then run this again")
            .with_path(folder.path()))
    }

    /// The journal that a killed run has left in `folder`, locked, with its content, if it has any.
    ///
    /// # Errors
    /// As [`claim`](Self::claim), but for a run that is still writing there: that is no reason to stop.
    pub(super) fn find(folder: &Folder) -> Result<Option<(Self, Option<Record>)>> {
        // `open` would wait for the other end of a pipe.
        let Some(file) = open(folder)? else { return Ok(None) };
        let Some(journal) = lock(folder, file)? else { return Ok(None) };
        let record = journal.read(folder)?;
        Ok(Some((journal, record)))
    }

    fn read(&self, folder: &Folder) -> Result<Option<Record>> {
        let mut text = String::new();
        let read = (&self.file).take(MAX_LEN + 1).read_to_string(&mut text);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Record::parse(&text).map(Some).ok_or_else(|| foreign(folder)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(foreign(folder)),
            Err(error) => Err(Error::new(ErrorKind::Io, "cannot be read")
                .with_hint("check the disk, then try again")
                .with_path(folder.path().join(NAME))
                .with_source(error)),
        }
    }

    /// Writes `record` and, if `is_synced`, waits until it is on the disk.
    pub(super) fn write(&mut self, folder: &Folder, record: &Record, is_synced: bool) -> Result<()> {
        let written = self.truncate().and_then(|()| self.file.write_all(record.to_text().as_bytes()));
        let synced = written.and_then(|()| match is_synced {
            true => self.file.sync_all().and_then(|()| folder.sync()),
            false => Ok(()),
        });
        synced.map_err(|error| cannot_write(folder.path(), error))
    }

    fn truncate(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Removes it: nothing is unfinished. An empty one, which stays where removing fails, says the same.
    pub(super) fn remove(mut self, folder: &Folder) {
        let _ = self.truncate();
        // The lock goes after the name, so that nobody takes this journal for a killed run's.
        let _ = folder.remove(OsStr::new(NAME));
    }
}

/// Opens the journal of `folder`, if there is one.
fn open(folder: &Folder) -> Result<Option<File>> {
    let name = OsStr::new(NAME);
    let failed = |error| cannot_write(&folder.path().join(NAME), error);
    match folder.entry(name).map_err(failed)? {
        None => Ok(None),
        Some(entry) if !entry.is_own => {
            Err(Error::new(ErrorKind::Exists, "another user's run of certwright left this file")
                .with_hint("have that user run certwright recover, or write into another folder")
                .with_path(folder.path().join(NAME)))
        }
        Some(entry) if entry.is_plain_own_file() && entry.len <= MAX_LEN => match folder.open_file_to_write(name) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // Whoever only reads there wants to know of it too.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
            {
                folder.open_file(name).map(Some).map_err(|_| failed(error))
            }
            Err(error) => Err(failed(error)),
        },
        Some(_) => Err(foreign(folder)),
    }
}

/// Locks `file`; `None` if another run has it, or has ended meanwhile and taken its name away.
fn lock(folder: &Folder, file: File) -> Result<Option<Journal>> {
    // On a file system without locks a living run is taken for a killed one: both then stop.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Ok(None);
    }
    let is_there = folder.holds(OsStr::new(NAME), &file).map_err(|error| cannot_write(folder.path(), error))?;
    Ok(is_there.then_some(Journal { file }))
}

fn foreign(folder: &Folder) -> Error {
    let path = folder.path().join(NAME);
    Error::new(ErrorKind::Exists, "not a journal of this version of certwright, whose name it has")
        .with_hint(format!("look into {}, then move it away", printable(&path)))
        .with_path(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let item = |name: &str, replaces| Item {
            name: name.into(),
            visibility: if replaces { Visibility::Secret } else { Visibility::Public },
            replaces,
            len: 17,
            hash: [0xa5; 32],
        };
        Record {
            set: "4711-1800000000000000000".to_owned(),
            backup: "backup-20270115T080000Z-2".to_owned(),
            others: vec![PathBuf::from(if cfg!(windows) { r"C:\my keys\%" } else { "/srv/my keys/%" })],
            // No file of Windows has a line break in its name.
            items: vec![
                item("server.key", true),
                item(if cfg!(windows) { "a b%\u{202e}" } else { "a b\n%\u{202e}" }, false),
            ],
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let text = record().to_text();
        assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{text}");
        assert_eq!(Record::parse(&text), Some(record()));
    }

    #[test]
    fn refuses_names_that_are_paths() {
        let text = record().to_text();
        for name in
            ["..", ".", "", "/etc/passwd", "../x", "a/b", "x%2fy", "a%00b", ".certwright-unfinished", "%zz", "%2"]
        {
            assert_eq!(Record::parse(&text.replace("server.key", name)), None, "{name}");
        }
        for (what, with) in [
            ("backup-20270115T080000Z-2", "b"),
            ("backup-20270115T080000Z-2", "backup-../x"),
            ("set 4711-1800000000000000000", "set ../1-2"),
            ("set 4711-1800000000000000000", "set 4711-"),
            ("version 1", "version 2"),
            ("secret 17", "secret -1"),
            ("a5a5", "a5"),
            ("replace secret", "remove secret"),
        ] {
            assert_eq!(Record::parse(&text.replace(what, with)), None, "{with}");
        }
        // A hint has them in a command.
        let folder = text.lines().find(|line| line.starts_with("folder ")).expect("a folder");
        for option in ["folder --yes", "folder x", "folder "] {
            assert_eq!(Record::parse(&text.replace(folder, option)), None, "{option}");
        }
        let twice = format!("{text}{}\n", text.lines().last().unwrap_or_default());
        assert_eq!(Record::parse(&twice), None);
    }
}
