//! What files bring to a report: every key, request and certificate in them, those of opened keystores too.

use certwright::inspect::Object;
use certwright::keystore::Entry;
use certwright::verify::{Evidence, Exhibit, Place};
use certwright::{EncodedKeystore, ErrorKind};

use crate::gather::{self, Gathered};
use crate::passwords::{Opened, Passwords};

/// The exhibits of `files`, and the names of those that are of no known kind.
pub(crate) fn of(files: Vec<Gathered>, passwords: &Passwords) -> (Vec<Exhibit>, Vec<String>) {
    let mut exhibits = Vec::new();
    let mut unknown = Vec::new();
    for file in files {
        if file.is_unknown() {
            unknown.push(file.name);
        } else {
            exhibit(file, passwords, &mut exhibits);
        }
    }
    (exhibits, unknown)
}

fn exhibit(file: Gathered, passwords: &Passwords, exhibits: &mut Vec<Exhibit>) {
    let mut add = |file: &str, evidence| exhibits.push(Exhibit::new(file, evidence));
    match &file.is_exposed {
        Some(Ok(true)) => add(&file.name, Evidence::ReadableByOthers),
        Some(Err(error)) => add(&file.name, Evidence::ReadersUnknown(error.to_string())),
        Some(Ok(false)) | None => {}
    }
    let names: Vec<String> = file.items.iter().flatten().map(|item| file.item_name(item)).collect();
    let items = match file.items {
        Ok(items) => items,
        Err(error) if error.kind() == ErrorKind::Io => {
            return add(&file.name, Evidence::Locked { wanted: false, reason: error.to_string() });
        }
        Err(error) => return add(&file.name, Evidence::Unreadable(error)),
    };
    for (item, name) in items.into_iter().zip(names) {
        let locked = || Evidence::Locked {
            wanted: file.is_named,
            reason: "is encrypted; --password-from says where its password is".into(),
        };
        let evidence = match item.object {
            Ok(Object::PrivateKey(key)) => Evidence::PrivateKey(key.public_key()),
            Ok(Object::EncryptedPrivateKey(key)) => match passwords.open_key(&key) {
                Some(Ok(key)) => Evidence::PrivateKey(key.public_key()),
                Some(Err(error)) => Evidence::Unreadable(error),
                None => locked(),
            },
            Ok(Object::PublicKey(key)) => Evidence::PublicKey(key),
            Ok(Object::CertRequest(request)) => Evidence::CertRequest(request),
            Ok(Object::Certificate(certificate)) => Evidence::Certificate(certificate),
            Ok(Object::Crl(list)) => Evidence::Crl(list),
            Ok(Object::Keystore(store)) => match passwords.open_store(&store) {
                Some(Ok(opened)) => {
                    exhibits_of_store(&name, &store, opened, exhibits);
                    continue;
                }
                Some(Err(error)) => Evidence::Unreadable(error),
                None => locked(),
            },
            Ok(_) => continue,
            Err(error) => Evidence::Unreadable(error),
        };
        exhibits.push(Exhibit::new(name, evidence));
    }
}

/// Every key and certificate of a keystore is one more holder of it.
fn exhibits_of_store(name: &str, store: &EncodedKeystore, opened: Opened, exhibits: &mut Vec<Exhibit>) {
    let Opened { store: opened, has_key_password } = opened;
    let identities = opened.entries.iter().filter(|entry| matches!(entry, Entry::Identity(_))).count();
    let extension = std::path::Path::new(name).extension();
    let keystore = Evidence::Keystore {
        format: store.format(),
        is_named_jks: extension.is_some_and(|extension| extension.eq_ignore_ascii_case("jks")),
        identities,
        has_key_password,
        has_integrity: store.integrity().is_some(),
    };
    exhibits.push(Exhibit::new(name, keystore));
    for (number, entry) in opened.entries.into_iter().enumerate() {
        let file = gather::entry_name(name, entry.alias(), 0);
        let mut add = |file: String, evidence, is_trusted| {
            let place = Some(Place { store: name.to_owned(), entry: number, is_trusted });
            exhibits.push(Exhibit { file, evidence, place });
        };
        match entry {
            Entry::Identity(identity) => {
                add(
                    file.clone(),
                    Evidence::Alias { alias: identity.alias().to_owned(), format: store.format() },
                    false,
                );
                add(file.clone(), Evidence::PrivateKey(identity.key().public_key()), false);
                if identity.chain().len() > 1 {
                    add(file.clone(), Evidence::Chain(identity.chain().to_vec()), false);
                }
                for (index, certificate) in identity.chain().iter().enumerate() {
                    let file = gather::entry_name(name, identity.alias(), index);
                    add(file, Evidence::Certificate(certificate.clone()), false);
                }
            }
            Entry::LoneKey { key, .. } => add(file, Evidence::PrivateKey(key.public_key()), false),
            Entry::Certificate { certificate, .. } => add(file, Evidence::Certificate(certificate), true),
            Entry::Unreadable { error, .. } => add(file, Evidence::Unreadable(error), false),
            _ => {}
        }
    }
}
