//! The passwords of a command that looks at many files: each is tried on each, the one that is meant for it first.

use certwright::keystore::Entry;
use certwright::{EncodedKeystore, EncryptedPrivateKey, Error, ErrorKind, Keystore, Password, PrivateKey, Result};

use crate::cli::StorePasswordArgs;
use crate::password;
use crate::session::Session;

/// What was given.
pub(crate) struct Passwords {
    /// For keys, for all, for keystores: what was given of them, each source once.
    all: Vec<Password>,
}

/// A keystore that a password has opened.
pub(crate) struct Opened {
    pub(crate) store: Keystore,
    /// True if a key in it took another password.
    pub(crate) has_key_password: bool,
}

impl Passwords {
    pub(crate) fn read(args: &StorePasswordArgs, session: &mut Session) -> Result<Self> {
        let mut sources = Vec::new();
        for source in [&args.key_password_from, &args.password_from, &args.store_password_from].into_iter().flatten() {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let all = sources.into_iter().map(|source| password::open_all(source, session)).collect::<Result<_>>()?;
        Ok(Self { all })
    }

    /// The key, if there is a password; the error is that of the first.
    pub(crate) fn open_key(&self, key: &EncryptedPrivateKey) -> Option<Result<PrivateKey>> {
        first(self.all.iter(), |password| key.decrypt(password))
    }

    /// The keystore, if there is a password; the error is that of the first.
    pub(crate) fn open_store(&self, store: &EncodedKeystore) -> Option<Result<Opened>> {
        first(self.all.iter().rev(), |password| {
            // Most keys have the store's password; others are tried where that one fails.
            let opened = store.open(password, None)?;
            let locked = count_locked(&opened);
            let with_another = |key_password| store.open(password, Some(key_password)).ok();
            let better = |store: &Keystore| count_locked(store) < locked;
            Ok(match self.all.iter().filter(|_| locked > 0).filter_map(with_another).find(better) {
                Some(store) => Opened { store, has_key_password: true },
                None => Opened { store: opened, has_key_password: false },
            })
        })
    }
}

fn count_locked(store: &Keystore) -> usize {
    let is_locked =
        |entry: &&Entry| matches!(entry, Entry::Unreadable { error, .. } if error.kind() == ErrorKind::Password);
    store.entries.iter().filter(is_locked).count()
}

/// What `open` gives for the first of `passwords` that is the right one, or for the first of all.
fn first<'a, T>(
    passwords: impl Iterator<Item = &'a Password>,
    open: impl Fn(&Password) -> Result<T>,
) -> Option<Result<T>> {
    let mut refused: Option<Error> = None;
    for password in passwords {
        match open(password) {
            Err(error) if error.kind() == ErrorKind::Password => refused = refused.or(Some(error)),
            other => return Some(other),
        }
    }
    refused.map(Err)
}
