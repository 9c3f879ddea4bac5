//! The files that `verify` and `show` are given: single ones, and those of folders.

use std::fs;
use std::path::{Path, PathBuf};

use certwright::inspect::{self, Item, Object};
use certwright::{Error, ErrorKind, Result};

use crate::input;
use crate::session::Session;

/// One file with what is in it.
pub(crate) struct Gathered {
    /// How it is called.
    pub(crate) name: String,
    /// True if it was asked for by name, false if it came with its folder.
    pub(crate) is_named: bool,
    /// Its size in octets.
    pub(crate) size: usize,
    /// True if it holds a private key that users beside its owner may read.
    pub(crate) is_exposed: bool,
    /// What is in it.
    pub(crate) items: Result<Vec<Item>>,
}

impl Gathered {
    /// The name of one of its objects: with the line if there are several.
    pub(crate) fn item_name(&self, item: &Item) -> String {
        let several = self.items.as_ref().is_ok_and(|items| items.len() > 1);
        match item.line {
            Some(line) if several => format!("{}:{line}", self.name),
            _ => self.name.clone(),
        }
    }

    /// True for a file of a folder that is of no known kind. An empty one is not: it is what an interrupted program
    /// leaves of a key.
    pub(crate) fn is_unknown(&self) -> bool {
        !self.is_named && self.size > 0 && self.items.is_err()
    }
}

/// The files at `paths`; a folder is read without its sub-folders and hidden files.
pub(crate) fn gather(paths: &[PathBuf], session: &mut Session) -> Result<Vec<Gathered>> {
    let mut gathered = Vec::new();
    for path in paths {
        if path.is_dir() {
            for file in files_of(path)? {
                gathered.push(read(&file, false, session)?);
            }
        } else {
            gathered.push(read(path, true, session)?);
        }
    }
    Ok(gathered)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error| Error::new(ErrorKind::Io, "cannot be read").with_path(folder).with_source(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read(path: &Path, is_named: bool, session: &mut Session) -> Result<Gathered> {
    let bytes = input::read(path, session)?;
    let items = inspect::inspect(bytes.as_bytes());
    let holds_key = items
        .iter()
        .flatten()
        .any(|item| matches!(item.object, Ok(Object::PrivateKey(_) | Object::EncryptedPrivateKey(_))));
    Ok(Gathered {
        name: path.strip_prefix(".").unwrap_or(path).display().to_string(),
        is_named,
        size: bytes.as_bytes().len(),
        is_exposed: holds_key && input::is_readable_by_others(path),
        items,
    })
}
