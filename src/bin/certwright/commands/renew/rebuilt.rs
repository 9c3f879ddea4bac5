//! The files after a renewal, each in the form that it had.

use std::path::PathBuf;

use certwright::inspect::{self, Object, Rebuilt, Replacement};
use certwright::keystore::{Compatibility, Entry, Format};
use certwright::{
    Certificate, EncodedKeystore, Error, ErrorKind, Iterations, Keystore, Renewal, Result, SecretBytes, time,
};

use super::found::{File, open_keys};
use crate::brief;
use crate::delivery::Kind;
use crate::input;
use crate::keyring::Keyring;
use crate::session::Session;
use crate::store;

/// What is to be written, and what stays.
pub(super) struct Set {
    pub(super) files: Vec<NewFile>,
    /// The names of files that have to do with keys and certificates, but not with what changes.
    pub(super) left: Vec<String>,
}

/// A file made anew.
pub(super) struct NewFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) words: String,
    pub(super) bytes: SecretBytes,
    /// True if it holds one object.
    pub(super) is_alone: bool,
}

pub(super) fn rebuild(files: &[File], renewal: &Renewal, keyring: &mut Keyring, session: &mut Session) -> Result<Set> {
    let mut set = Set { files: Vec::new(), left: Vec::new() };
    for file in files {
        let new = match &file.store {
            Some(store) => rebuild_store(file, store, renewal, keyring, session)?,
            None => rebuild_objects(file, renewal, keyring, session)?,
        };
        match new {
            Some(new) => set.files.push(new),
            None => set.left.push(file.name.clone()),
        }
    }
    Ok(set)
}

fn rebuild_objects(
    file: &File,
    renewal: &Renewal,
    keyring: &mut Keyring,
    session: &mut Session,
) -> Result<Option<NewFile>> {
    let bytes = input::read_file(&file.path, &session.inputs)?;
    let mut rng = session.rng();
    let rebuilt = inspect::rebuild(bytes.as_bytes(), |object| match (object, renewal.new_key()) {
        (Object::Certificate(certificate), _) => Ok(renewal.successor(certificate).map(Replacement::Certificate)),
        (_, None) => Ok(None),
        (Object::PrivateKey(key), _) => Ok(renewal.key_successor(&key.public_key()).map(Replacement::PrivateKey)),
        (Object::EncryptedPrivateKey(locked), Some(_)) => {
            let (key, password) = keyring.open(&file.path, session, |password| locked.decrypt(password))?;
            let Some(new) = renewal.key_successor(&key.public_key()) else { return Ok(None) };
            let iterations = locked.protection()?.iterations.max(u64::from(Iterations::default().get()));
            let iterations = u32::try_from(iterations).ok().and_then(|count| Iterations::new(count).ok());
            let locked = session
                .busy("encrypting the key", || new.encrypt(&password, iterations.unwrap_or_default(), &mut rng))?;
            Ok(Some(Replacement::EncryptedPrivateKey(locked)))
        }
        (Object::CertRequest(request), _) => {
            let new = request.public_key().ok().and_then(|key| renewal.key_successor(&key));
            new.map(|key| request.with_key(key).map(Replacement::CertRequest)).transpose()
        }
        (Object::PublicKey(key), _) => {
            Ok(renewal.key_successor(key).map(|new| Replacement::PublicKey(new.public_key())))
        }
        _ => Ok(None),
    });
    let Some(Rebuilt { bytes, has_lost_text }) = rebuilt.map_err(|error| error.with_path(&file.path))? else {
        return Ok(None);
    };
    if has_lost_text {
        let text = format!("note: {}: text that told of what was replaced is left out", file.name);
        session.terminal.note(&text);
    }
    let (kind, words, is_alone) = check(bytes.as_bytes(), renewal).map_err(|error| error.with_path(&file.path))?;
    Ok(Some(NewFile { path: file.path.clone(), name: file.name.clone(), kind, words, bytes, is_alone }))
}

/// How the armour of a private key ends, whatever its format.
const KEY: &[u8] = b"PRIVATE KEY-----";

/// What the new content is, in words; nothing old may be in it.
fn check(bytes: &[u8], renewal: &Renewal) -> Result<(Kind, String, bool)> {
    let items = inspect::inspect(bytes)?;
    let (mut kind, mut words, mut others) = (None, Vec::new(), 0);
    // Also one that cannot be read.
    let holds_key = bytes.windows(KEY.len()).any(|window| window == KEY);
    let until = || time::date(renewal.certificate().validity().not_after());
    for item in &items {
        let (found, word) = match &item.object {
            Ok(Object::PrivateKey(key))
                if renewal.new_key().is_some_and(|new| new.public_key() == key.public_key()) =>
            {
                (Kind::PrivateKey, format!("the new {} key without password: keep it secret", key.algorithm()))
            }
            Ok(Object::PrivateKey(_)) => (Kind::PrivateKey, "the private key as it was".to_owned()),
            Ok(Object::EncryptedPrivateKey(key)) if renewal.new_key().is_some() => {
                let iterations = key.protection()?.iterations;
                (
                    Kind::EncryptedPrivateKey,
                    format!("the new key under the password of the old ({iterations} iterations)"),
                )
            }
            Ok(Object::EncryptedPrivateKey(_)) => (Kind::EncryptedPrivateKey, "the locked key as it was".to_owned()),
            Ok(Object::CertRequest(_)) => (Kind::CertRequest, "signing request for the new key".to_owned()),
            Ok(Object::PublicKey(_)) => (Kind::PublicKey, "the public half of the new key".to_owned()),
            Ok(Object::Certificate(one)) if one.to_der() == renewal.certificate().to_der() => {
                (Kind::Certificate, format!("certificate, valid until {}", until()))
            }
            Ok(Object::Certificate(one)) if renewal.successor(one).is_some() => {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    "what was made does not read back: the old certificate is in it",
                )
                .with_hint("nothing was written; this is a fault of the program: please report it"));
            }
            Err(_) if holds_key => (Kind::EncryptedPrivateKey, "what cannot be read, as it was".to_owned()),
            _ => {
                others += 1;
                continue;
            }
        };
        // A secret decides who may read the file.
        let is_secret = |kind: Kind| matches!(kind, Kind::PrivateKey | Kind::EncryptedPrivateKey);
        kind = kind.filter(|kind| is_secret(*kind)).or(Some(found));
        words.push(word);
    }
    match others {
        0 => {}
        1 => words.push("1 other object as it was".to_owned()),
        more => words.push(format!("{more} others as they were")),
    }
    words.dedup();
    Ok((kind.unwrap_or(Kind::Certificate), brief::joined(&words, "; "), items.len() == 1))
}

fn rebuild_store(
    file: &File,
    encoded: &EncodedKeystore,
    renewal: &Renewal,
    keyring: &mut Keyring,
    session: &mut Session,
) -> Result<Option<NewFile>> {
    if encoded.is_transparent()
        && encoded.visible_certificates()?.iter().all(|one| renewal.successor(&one.certificate).is_none())
    {
        return Ok(None);
    }
    // A key that stays needs no password of its own.
    let is_wanted = |one: &Certificate| renewal.new_key().is_some() && renewal.successor(one).is_some();
    let (opened, password, key_password) = open_keys(&file.path, encoded, is_wanted, keyring, session)?;
    if opened.certificates().all(|(_, one)| renewal.successor(one).is_none()) && encoded.format() == Format::Pkcs12 {
        return Ok(None);
    }
    let (mut rng, now) = (session.rng(), session.now);
    let bytes = session.busy("encrypting the keystore", || {
        encoded.renewed(renewal, &password, key_password.as_deref(), now, &mut rng)
    });
    let has_foreign = opened.entries.iter().any(|entry| matches!(entry, Entry::Unreadable { .. }));
    let bytes = bytes.map_err(|error| match has_foreign {
        true => error
            .with_path(&file.path)
            .with_hint("move it to another folder, renew the rest, and make it anew with the program that it is from"),
        false => error.with_path(&file.path),
    })?;
    if encoded.format() == Format::Jks {
        store::warn(&opened, None, session);
    }
    let (kind, words) = describe(encoded.format(), encoded.compatibility(), &opened);
    Ok(Some(NewFile { path: file.path.clone(), name: file.name.clone(), kind, words, bytes, is_alone: true }))
}

fn describe(format: Format, compatibility: Compatibility, opened: &Keystore) -> (Kind, String) {
    let entries = store::in_words(opened);
    let has_key = opened.entries.iter().any(|entry| !matches!(entry, Entry::Certificate { .. }));
    match (format, has_key) {
        (Format::Pkcs12, _) if compatibility == Compatibility::Modern => (Kind::Pkcs12, format!("PKCS#12; {entries}")),
        (Format::Pkcs12, _) => (Kind::Pkcs12, format!("PKCS#12 with 3DES and SHA-1, as it was; {entries}")),
        (Format::Jks, true) => (Kind::Jks, format!("JKS; {entries}")),
        (Format::Jks, false) => (Kind::Truststore, format!("JKS without keys; {entries}")),
    }
}
