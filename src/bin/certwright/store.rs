//! What `p12`, `jks` and `export` start from, and what they share.

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect;
use certwright::keystore::Entry;
use certwright::output::Rules;
use certwright::{Error, ErrorKind, Identity, Keystore, Password, Result, SecretBytes, salesforce};

use crate::brief;
use crate::cli::StoreInputArgs;
use crate::input;
use crate::password::{self, NewPassword, PasswordSource};
use crate::session::Session;

/// The name of the entry where none is given: what the setup guide renames it to.
pub(crate) const ALIAS: &str = "servercert";

/// Where a keystore is to come from.
pub(crate) enum Source {
    /// Another keystore.
    Store(PathBuf),
    /// A key, its certificate, and perhaps those of its issuers.
    Pem { key: PathBuf, cert: PathBuf, chain: Option<PathBuf> },
}

impl Source {
    /// What was asked for; `default` is the keystore to start from where nothing was.
    pub(crate) fn new(args: &StoreInputArgs, default: Option<&str>, session: &Session) -> Self {
        let names_pem = args.key.is_some() || args.cert.is_some() || args.chain.is_some();
        match (&args.input, default) {
            (Some(path), _) => Self::Store(path.clone()),
            (None, Some(default)) if !names_pem => Self::Store(session.default_path(default)),
            _ => Self::Pem {
                key: session.path(args.key.clone(), "server.key"),
                cert: session.path(args.cert.clone(), "server.crt"),
                chain: args.chain.clone(),
            },
        }
    }

    /// Where the new keystore goes: `given`, the default name, or in the place of the one it is made from.
    pub(crate) fn destination(
        &self,
        given: Option<PathBuf>,
        default: &str,
        args: &StoreInputArgs,
        session: &Session,
    ) -> PathBuf {
        match self {
            Self::Store(path) if args.in_place => path.clone(),
            _ => session.path(given, default),
        }
    }

    /// `rules` under which none of the inputs is written over, unless it is to be.
    pub(crate) fn protect(&self, rules: Rules, args: &StoreInputArgs) -> Rules {
        let rules = match self {
            Self::Store(path) if args.in_place => rules.with_changed(path),
            Self::Store(path) => rules.with_input(path),
            Self::Pem { key, cert, chain } => {
                let rules = rules.with_input(key).with_input(cert);
                chain.iter().fold(rules, |rules, chain| rules.with_input(chain))
            }
        };
        password::protect(rules, &args.passwords.sources())
    }

    /// The source of the password that opens it. One that makes a password up opens nothing.
    fn password_source<'a>(&self, args: &'a StoreInputArgs) -> Option<&'a PasswordSource> {
        let passwords = &args.passwords;
        let (common, key) = (passwords.password_from.as_ref(), passwords.key_password_from.as_ref());
        let first = match self {
            // Of a keystore the key's own password opens the key alone.
            Self::Store(_) => common.or(key),
            Self::Pem { .. } => key.or(common),
        };
        first.or(passwords.store_password_from.as_ref()).filter(|source| !matches!(source, PasswordSource::Generate(_)))
    }

    /// The keystore, and the password that opened something on the way.
    pub(crate) fn load(&self, args: &StoreInputArgs, session: &mut Session) -> Result<(Keystore, Option<Password>)> {
        let passwords = &args.passwords;
        match self {
            Self::Store(path) => {
                let source = self.password_source(args);
                let (mut store, password) =
                    open(path, source, passwords.key_password_from.as_ref(), session).map_err(|error| {
                        match error.path() == Some(path) {
                            true => input::or_make(
                                error,
                                "make it with p12 first, name it with --in, or give --key and --cert",
                            ),
                            false => error,
                        }
                    })?;
                if let Some(only) = &args.only {
                    store.keep_only(only).map_err(|error| error.with_path(path))?;
                }
                let names = args.alias.iter().map(|alias| {
                    alias.rsplit_once('=').ok_or_else(|| {
                        Error::new(ErrorKind::Usage, format!("\"{alias}\" does not say which entry is to be renamed"))
                            .with_hint("write it as --alias OLD=NEW")
                    })
                });
                let names = names.collect::<Result<Vec<_>>>()?;
                store.rename_each(names).map_err(|error| error.with_path(path))?;
                Ok((store, Some(password)))
            }
            Self::Pem { key, cert, chain } => {
                let source = self.password_source(args);
                let bytes = input::read(key, session).map_err(|error| {
                    input::or_make(error, "make it with genkey and decrypt first, or name it with --key")
                })?;
                let found = inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(key))?;
                let (key, password) = match found {
                    inspect::FoundKey::Open(key) => (key, None),
                    inspect::FoundKey::Locked(locked) => {
                        let open = |password: &Password| locked.decrypt(password);
                        let (key, password) = password::unlock(key, source, "--key-password-from", session, open)?;
                        (key, Some(password))
                    }
                };
                let mut certificates = read_certificates(cert, session)
                    .map_err(|error| input::or_make(error, "make it with selfsign first, or name it with --cert"))?;
                if let Some(chain) = chain {
                    certificates.extend(read_certificates(chain, session)?);
                }
                let alias = match args.alias.as_slice() {
                    [] => ALIAS,
                    [alias] => alias,
                    _ => {
                        return Err(
                            Error::new(ErrorKind::Usage, "one entry has one alias").with_hint("give --alias once")
                        );
                    }
                };
                let given = certificates.len();
                let identity = Identity::new(alias, key, certificates).map_err(|error| error.with_path(cert))?;
                if let Some(unused @ 1..) = given.checked_sub(identity.chain().len()) {
                    let text = format!("note: of the certificates, {unused} not needed for the chain: left out");
                    session.terminal.note(&text);
                }
                Ok((Keystore::of(identity), password))
            }
        }
    }
}

pub(crate) fn read_certificates(path: &Path, session: &mut Session) -> Result<Vec<certwright::Certificate>> {
    let bytes = input::read(path, session)?;
    inspect::certificates(bytes.as_bytes()).map_err(|error| error.with_path(path))
}

/// Opens the keystore at `path`; gives its password too.
pub(crate) fn open(
    path: &Path,
    source: Option<&PasswordSource>,
    key_source: Option<&PasswordSource>,
    session: &mut Session,
) -> Result<(Keystore, Password)> {
    let bytes = input::read(path, session)?;
    open_bytes(path, &bytes, source, key_source, session)
}

/// The same of `bytes`, which were read from `path`.
pub(crate) fn open_bytes(
    path: &Path,
    bytes: &SecretBytes,
    source: Option<&PasswordSource>,
    key_source: Option<&PasswordSource>,
    session: &mut Session,
) -> Result<(Keystore, Password)> {
    let store = inspect::keystore(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
    let key_password = match key_source {
        Some(key_source) if Some(key_source) != source => Some(password::read(key_source, session)?),
        _ => None,
    };
    let open = |password: &Password| store.open(password, key_password.as_ref());
    password::unlock(path, source, "--password-from", session, open)
}

/// The source of the password that is to guard the new keystore.
pub(crate) fn new_source(args: &StoreInputArgs) -> Option<&PasswordSource> {
    let passwords = &args.passwords;
    let source = passwords.store_password_from.as_ref().or(passwords.password_from.as_ref());
    source.or(passwords.key_password_from.as_ref())
}

/// The password for the new keystore `out`: the one that opened what it is made from, unless another source is given.
pub(crate) fn new_password(
    source: &Source,
    args: &StoreInputArgs,
    opened: Option<Password>,
    out: &Path,
    session: &mut Session,
) -> Result<NewPassword> {
    // Who wants to be asked for it does not want the one that is known.
    let is_asked_for = args.passwords.store_password_from == Some(PasswordSource::Prompt);
    match opened {
        Some(password) if !is_asked_for && new_source(args) == source.password_source(args) => {
            password.check_length(session.shortest_password)?;
            Ok(NewPassword { password, file: None })
        }
        _ => password::create(&printable(out), new_source(args), password::STORE_FILE, session),
    }
}

/// Warns of aliases that the consumer refuses, and of a password that Java cannot use.
pub(crate) fn warn(store: &Keystore, password: Option<&Password>, session: &mut Session) {
    for entry in &store.entries {
        if let (Entry::Identity(_), Some(problem)) = (entry, salesforce::alias_problem(entry.alias())) {
            let text = format!("warning: the alias \"{}\" {problem}; Salesforce refuses it", printable(entry.alias()));
            session.terminal.note(&text);
        }
    }
    if password.is_some_and(|password| !password.as_bytes().is_ascii()) {
        session.terminal.note("warning: the password goes beyond ASCII; Java cannot open a PKCS#12 file with it");
    }
}

/// Says how little JKS does for a password that is used elsewhere too.
pub(crate) fn note_jks(session: &mut Session) {
    session.terminal.note(
        "note: JKS guards its key with one SHA-1 per guess; a password that also guards other files is safer kept out of \
         it (--store-password-from)",
    );
}

/// The entries in words.
pub(crate) fn in_words(store: &Keystore) -> String {
    let entries: Vec<String> = store
        .entries
        .iter()
        .map(|entry| match entry {
            Entry::Identity(identity) if identity.chain().len() > 1 => {
                format!("\"{}\" with a chain of {}", printable(identity.alias()), identity.chain().len())
            }
            entry => format!("\"{}\"", printable(entry.alias())),
        })
        .collect();
    format!("entr{} {}", if entries.len() == 1 { "y" } else { "ies" }, brief::list(&entries))
}
