//! The certificates of files, each with its place; and the files whose certificates could not be looked at.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{Item, Object};
use certwright::keystore::Entry;
use certwright::renewal::Holding;
use certwright::{Certificate, EncodedKeystore, Error, ErrorKind, PublicKey, Result};

use crate::gather::{self, Gathered};
use crate::passwords::Passwords;

/// What the files of several folders hold.
#[derive(Default)]
pub(super) struct Found {
    pub(super) holdings: Vec<Holding<String>>,
    /// The keys of each folder, as far as they are seen.
    pub(super) keys: Vec<(usize, PublicKey)>,
    pub(super) unchecked: Vec<Unchecked>,
    /// Files of kinds that are not read here, and what they are if that is known.
    pub(super) ignored: Vec<(String, Option<String>)>,
}

/// Something that may hold certificates, and was not looked at.
pub(super) struct Unchecked {
    pub(super) name: String,
    pub(super) reason: String,
    /// True if it was asked for by name, or is damaged: then the run was no success.
    pub(super) is_wanted: bool,
}

impl Found {
    /// What is in `files`, the gathered ones of `paths`, of which each has to have something that counts.
    pub(super) fn of(paths: &[PathBuf], files: Vec<Gathered>, passwords: &Passwords) -> Self {
        let mut found = Self::default();
        let mut folders: HashMap<PathBuf, usize> = HashMap::new();
        let mut full_names = FullNames::default();
        // Files that have something that counts, and their folders.
        let mut fruitful: HashSet<PathBuf> = HashSet::new();
        for file in files {
            if file.is_unknown() {
                found.ignored.push((file.name, foreign(&file.items)));
                continue;
            }
            let path = full_names.of(&file.path);
            let folder = path.parent().unwrap_or(&path).to_owned();
            let next = folders.len();
            let group = *folders.entry(folder.clone()).or_insert(next);
            let before = found.counted();
            found.add_file(group, file, passwords);
            if found.counted() > before {
                fruitful.extend([path, folder]);
            }
        }
        for path in paths {
            if !fruitful.contains(&full_names.of(path)) {
                let reason = "no certificate was found".to_owned();
                found.unchecked.push(Unchecked { name: printable(path), reason, is_wanted: true });
            }
        }
        found
    }

    /// Certificates, and failures that are told of by themselves.
    fn counted(&self) -> usize {
        self.holdings.len() + self.unchecked.iter().filter(|one| one.is_wanted).count()
    }

    fn add_file(&mut self, group: usize, file: Gathered, passwords: &Passwords) {
        let names: Vec<String> = file.items.iter().flatten().map(|item| file.item_name(item)).collect();
        let items = match file.items {
            Ok(items) => items,
            Err(error) => return self.skip(file.name, &error, file.is_named),
        };
        for (item, name) in items.into_iter().zip(names) {
            match item.object {
                Ok(Object::Certificate(certificate)) => self.hold(group, name, certificate),
                Ok(Object::Keystore(store)) => self.add_store(group, name, &store, file.is_named, passwords),
                Ok(Object::PrivateKey(key)) => self.keys.push((group, key.public_key())),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Unsupported && !file.is_named => {
                    self.ignored.push((name, Some(error.to_string())));
                }
                Err(error) => self.skip(name, &error, file.is_named),
            }
        }
    }

    fn add_store(
        &mut self,
        group: usize,
        name: String,
        store: &EncodedKeystore,
        is_named: bool,
        passwords: &Passwords,
    ) {
        let place = |alias: &str, place: usize| gather::entry_name(&name, alias, place);
        if store.is_transparent() {
            return match store.visible_certificates() {
                Ok(visible) => visible.into_iter().for_each(|one| {
                    let key = one.certificate.public_key().ok().filter(|_| one.of_key && one.place == 0);
                    self.keys.extend(key.map(|key| (group, key)));
                    self.hold(group, place(&one.alias, one.place), one.certificate);
                }),
                Err(error) => self.skip(name, &error, is_named),
            };
        }
        let opened = match passwords.open_store(store) {
            Some(Ok(opened)) => opened.store,
            Some(Err(error)) => return self.skip(name, &error, is_named),
            None => {
                let reason = "is encrypted; --password-from says where its password is".to_owned();
                return self.unchecked.push(Unchecked { name, reason, is_wanted: is_named });
            }
        };
        for entry in opened.entries {
            match entry {
                Entry::Identity(identity) => {
                    self.keys.push((group, identity.key().public_key()));
                    for (number, certificate) in identity.chain().iter().enumerate() {
                        self.hold(group, place(identity.alias(), number), certificate.clone());
                    }
                }
                Entry::Certificate { alias, certificate } => self.hold(group, place(&alias, 0), certificate),
                _ => {}
            }
        }
    }

    fn hold(&mut self, group: usize, place: String, certificate: Certificate) {
        self.holdings.push(Holding { place, group, certificate });
    }

    /// Of what was not named only damage, a wrong password and a certificate that is kept from us are a failure: who
    /// watches certificates need not be allowed to read keys.
    fn skip(&mut self, name: String, error: &Error, is_named: bool) {
        let extension = Path::new(&name).extension().map(|extension| extension.to_ascii_lowercase());
        let is_wanted = match error.kind() {
            ErrorKind::Malformed | ErrorKind::Password => true,
            _ => is_named || extension.is_some_and(|extension| extension == "crt" || extension == "cer"),
        };
        let cause = std::error::Error::source(error).filter(|_| error.kind() == ErrorKind::Io);
        let reason = cause.map_or_else(|| error.to_string(), |cause| format!("cannot be read: {cause}"));
        self.unchecked.push(Unchecked { name, reason, is_wanted });
    }
}

/// One spelling for a file in a folder; a link in it stays in it. Each folder is looked up once.
#[derive(Default)]
struct FullNames(HashMap<PathBuf, Option<PathBuf>>);

impl FullNames {
    fn of(&mut self, path: &Path) -> PathBuf {
        match (path.is_dir(), path.parent(), path.file_name()) {
            (false, Some(folder), Some(name)) => {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                if !self.0.contains_key(folder) {
                    self.0.insert(folder.to_owned(), fs::canonicalize(folder).ok());
                }
                self.0.get(folder).cloned().flatten().map_or_else(|| path.to_owned(), |folder| folder.join(name))
            }
            _ => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        }
    }
}

/// What a file of another kind is, if it is one that people take for a keystore or certificate.
fn foreign(items: &Result<Vec<Item>>) -> Option<String> {
    let error = match items {
        Ok(items) => items.iter().find_map(|item| item.object.as_ref().err()),
        Err(error) => Some(error),
    };
    error.filter(|error| error.kind() == ErrorKind::Unsupported).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_may_not_be_read_is_a_failure() {
        let mut found = Found::default();
        for name in ["server.key", "server.crt", "SOON.CER", "keystore.p12"] {
            found.skip(name.to_owned(), &Error::new(ErrorKind::Io, "cannot be read"), false);
        }
        let wanted: Vec<bool> = found.unchecked.iter().map(|one| one.is_wanted).collect();
        assert_eq!(wanted, [false, true, true, false]);
    }
}
