//! What a folder holds: certificates and keys, each with the file that it is in.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use certwright::error::printable;
use certwright::inspect::Object;
use certwright::keystore::{Entry, Format};
use certwright::renewal::{Holding, Stock};
use certwright::{
    Certificate, EncodedKeystore, EncryptedPrivateKey, Error, ErrorKind, Keystore, Password, PrivateKey, PublicKey,
    Result,
};

use crate::gather;
use crate::keyring::Keyring;
use crate::session::Session;

/// A file of a kind that may hold the certificate or its key.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// How it is called.
    pub(super) name: String,
    pub(super) store: Option<EncodedKeystore>,
}

/// Where a certificate is.
pub(super) struct Place {
    /// The number of the file.
    pub(super) file: usize,
    pub(super) alias: Option<String>,
}

/// The files of a folder, and what is seen in them without opening more than has to be.
#[derive(Default)]
pub(super) struct Found {
    pub(super) files: Vec<File>,
    pub(super) holdings: Vec<Holding<Place>>,
    pub(super) keys: Vec<PrivateKey>,
    /// Keys under passwords, each with the number of its file.
    pub(super) locked: Vec<(usize, EncryptedPrivateKey)>,
    /// The keys of signing requests, each with the number of its file.
    pub(super) requests: Vec<(usize, PublicKey)>,
}

impl Found {
    pub(super) fn search(folder: &Path, keyring: &mut Keyring, session: &mut Session) -> Result<Self> {
        if !folder.is_dir() {
            let fact = if folder.exists() { "is no folder" } else { "is not there" };
            let hint = "give the folder that holds the certificate and all that was made from it";
            return Err(Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(folder));
        }
        let mut found = Self::default();
        for gathered in gather::gather(&[folder.to_owned()], session)? {
            if gathered.is_unknown() {
                session.inputs.forget(&gathered.path);
                continue;
            }
            let items = match gathered.items {
                Err(error) if error.kind() == ErrorKind::Io => {
                    let hint = "it may hold the certificate too: run this as who may read it, or move it elsewhere";
                    return Err(error.with_hint(hint));
                }
                Err(error) => {
                    session.terminal.note(&format!("note: {}: {error}: left as it is", gathered.name));
                    continue;
                }
                Ok(items) => items,
            };
            let errors = items.iter().filter_map(|item| item.object.as_ref().err());
            errors.for_each(|error| {
                session.terminal.note(&format!("note: {}: {error}: this part is left as it is", gathered.name));
            });
            found.files.push(File { path: target(gathered.path), name: gathered.name, store: None });
            items
                .into_iter()
                .filter_map(|item| item.object.ok())
                .try_for_each(|object| found.add(object, keyring, session))?;
        }
        Ok(found)
    }

    /// Adds an object of the last file.
    fn add(&mut self, object: Object, keyring: &mut Keyring, session: &mut Session) -> Result<()> {
        let file = self.files.len() - 1;
        match object {
            Object::Certificate(certificate) => self.hold(file, None, certificate),
            Object::PrivateKey(key) => self.keys.push(key),
            Object::EncryptedPrivateKey(key) => self.locked.push((file, key)),
            Object::CertRequest(request) => self.requests.extend(request.public_key().ok().map(|key| (file, key))),
            Object::Keystore(store) => {
                let path = &self.files[file].path;
                match store.format() {
                    Format::Jks => {
                        let visible = store.visible_certificates().map_err(|error| error.with_path(path))?;
                        visible.into_iter().for_each(|one| self.hold(file, Some(one.alias), one.certificate));
                    }
                    Format::Pkcs12 => {
                        let (opened, _) = keyring.open(path, session, |password| store.open(password, None))?;
                        for (entry, certificate) in opened.certificates() {
                            self.hold(file, Some(entry.alias().to_owned()), certificate.clone());
                        }
                        self.keys.extend(keys_of(opened));
                    }
                }
                self.files[file].store = Some(store);
            }
            _ => {}
        }
        Ok(())
    }

    fn hold(&mut self, file: usize, alias: Option<String>, certificate: Certificate) {
        // Of another key none is taken for outdated: each is in a group of its own.
        let group = self.holdings.len();
        self.holdings.push(Holding { place: Place { file, alias }, group, certificate });
    }

    /// The places of a certificate, as they are to be shown.
    pub(super) fn names(&self, one: &Stock<Place>) -> Vec<String> {
        let name = |place: &Place| {
            let file = &self.files[place.file].name;
            place.alias.as_ref().map_or_else(|| file.clone(), |alias| gather::entry_name(file, alias, 0))
        };
        one.places.iter().map(|(place, _)| name(place)).collect()
    }
}

/// Opens the keystore in `path` so far that the keys of the certificates that `is_wanted` names are open; gives its
/// password, and that of these keys if it is another.
pub(super) fn open_keys(
    path: &Path,
    store: &EncodedKeystore,
    is_wanted: impl Fn(&Certificate) -> bool,
    keyring: &mut Keyring,
    session: &mut Session,
) -> Result<(Keystore, Rc<Password>, Option<Rc<Password>>)> {
    let (opened, password) = keyring.open(path, session, |password| store.open(password, None))?;
    let is_open = |store: &Keystore| {
        let identities = store.entries.iter().filter_map(|entry| match entry {
            Entry::Identity(identity) => identity.chain().first(),
            _ => None,
        });
        identities.filter(|own| is_wanted(own)).count() > 0
    };
    let visible = store.visible_certificates()?;
    let mut locked = visible.iter().filter(|one| one.of_key && one.place == 0 && is_wanted(&one.certificate));
    let Some(locked) = locked.next().filter(|_| !is_open(&opened)) else { return Ok((opened, password, None)) };
    let inside = PathBuf::from(gather::entry_name(&printable(path), &locked.alias, 0));
    let (opened, key_password) = keyring.open(&inside, session, |key_password| {
        let opened = store.open(&password, Some(key_password))?;
        let locked = opened.entries.iter().find_map(|entry| match entry {
            Entry::Unreadable { error, .. } => Some(Error::new(error.kind(), error.to_string())),
            _ => None,
        });
        locked.filter(|_| !is_open(&opened)).map_or(Ok(opened), Err)
    })?;
    Ok((opened, password, Some(key_password)))
}

pub(super) fn keys_of(store: Keystore) -> impl Iterator<Item = PrivateKey> {
    store.entries.into_iter().filter_map(|entry| match entry {
        Entry::Identity(identity) => Some(identity.into_key()),
        Entry::LoneKey { key, .. } => Some(key),
        _ => None,
    })
}

/// The file itself, where `path` is a link to it: what is written takes the place of no link.
fn target(path: PathBuf) -> PathBuf {
    let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
    let path = if is_link { fs::canonicalize(&path).unwrap_or(path) } else { path };
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}
