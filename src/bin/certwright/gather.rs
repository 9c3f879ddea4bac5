//! The files that `verify` and `show` are given: single ones, and those of folders.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{self, Item, Object};
use certwright::listing::{self, Entry, EntryKind};
use certwright::output::{self, Unfinished};
use certwright::{Error, ErrorKind, Result};

use crate::delivery;
use crate::input;
use crate::session::Session;

/// One file with what is in it.
pub(crate) struct Gathered {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How it is called.
    pub(crate) name: String,
    /// True if it was asked for by name, false if it came with its folder.
    pub(crate) is_named: bool,
    /// Its size in octets.
    pub(crate) size: usize,
    /// If it holds a private key, whether users beside its owner may read it.
    pub(crate) is_exposed: Option<std::io::Result<bool>>,
    /// What is in it.
    pub(crate) items: Result<Vec<Item>>,
}

/// The name of what an entry of the keystore `store` holds: `store[alias]`, and `store[alias]:2` for the second certificate
/// of its chain, whose `place` is 1.
pub(crate) fn entry_name(store: &str, alias: &str, place: usize) -> String {
    let alias = printable(alias);
    match place {
        0 => format!("{store}[{alias}]"),
        _ => format!("{store}[{alias}]:{}", place + 1),
    }
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

    /// True for a file of a folder that is of no kind that is used here: it is listed, not judged. An empty one is
    /// judged, for that is what an interrupted program leaves of a key.
    pub(crate) fn is_unknown(&self) -> bool {
        let is_foreign = |item: &Item| matches!(&item.object, Err(error) if error.kind() == ErrorKind::Unsupported);
        !self.is_named
            && match &self.items {
                Ok(items) => !items.is_empty() && items.iter().all(is_foreign),
                Err(error) => self.size > 0 && error.kind() != ErrorKind::Io,
            }
    }
}

/// The files at `paths`, each once however often it is named; a folder is read without its sub-folders and hidden files.
pub(crate) fn gather(paths: &[PathBuf], session: &mut Session) -> Result<Vec<Gathered>> {
    let mut gathered = Vec::new();
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for path in paths {
        let is_folder = path.is_dir();
        let files = match is_folder {
            true => {
                // What cannot be looked at stops those who write there, not those who read.
                if let Ok(Some(unfinished)) = Unfinished::find(path) {
                    delivery::note_unfinished(&unfinished, session);
                }
                files_of(path)?
            }
            false => vec![(path.clone(), fs::canonicalize(path).ok())],
        };
        for (file, full_name) in files {
            if full_name.is_none_or(|full_name| seen.insert(full_name)) {
                gathered.push(read(&file, !is_folder, session)?);
            }
        }
    }
    Ok(gathered)
}

/// The files of a folder, each with its one full name.
fn files_of(folder: &Path) -> Result<Vec<(PathBuf, Option<PathBuf>)>> {
    let unreadable = |error| Error::new(ErrorKind::Io, "cannot be read").with_path(folder).with_source(error);
    let full_name = fs::canonicalize(folder).ok();
    let mut files = Vec::new();
    for Entry { name, kind } in listing::entries(folder).map_err(unreadable)? {
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let path = folder.join(&name);
        match kind {
            EntryKind::File => files.push((path, full_name.as_ref().map(|folder| folder.join(name)))),
            EntryKind::Link if path.is_file() => {
                let full_name = fs::canonicalize(&path).ok();
                files.push((path, full_name));
            }
            _ => {}
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A file that was asked for has to be readable; of a folder's that cannot be read, the reason is kept.
fn read(path: &Path, is_named: bool, session: &mut Session) -> Result<Gathered> {
    let read = input::read(path, session);
    let name = printable(path.strip_prefix(".").unwrap_or(path));
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) if is_named => return Err(error),
        Err(error) => {
            return Ok(Gathered {
                path: path.to_owned(),
                name,
                is_named,
                size: 1,
                is_exposed: None,
                items: Err(error),
            });
        }
    };
    let items = inspect::inspect(bytes.as_bytes());
    let is_key = |item: &Item| {
        matches!(item.object, Ok(Object::PrivateKey(_) | Object::EncryptedPrivateKey(_) | Object::Keystore(_)))
    };
    let holds_key = items.iter().flatten().any(is_key);
    let is_exposed = (holds_key && !input::is_stdin(path)).then(|| output::is_readable_by_others(path));
    let path = path.to_owned();
    Ok(Gathered { path, name, is_named, size: bytes.as_bytes().len(), is_exposed, items })
}
