//! Reading what commands are given: the only room that opens a file to read it.
#![expect(clippy::disallowed_methods, reason = "this is the room that reads")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{self, FoundKey};
use certwright::output::{self, Fingerprint, Rules};
use certwright::{CertRequest, Error, ErrorKind, PrivateKey, Result, SecretBytes};

use zeroize::Zeroizing;

use crate::password::{self, PasswordSource};
use crate::session::Session;

/// Nothing that belongs here is larger: a certificate takes 2 KB, a chain of a hundred 200 KB.
const LARGEST: u64 = 16 << 20;

/// What standard input is called in messages.
pub(crate) const STDIN: &str = "standard input";

/// The content of `path`; `-` is standard input.
pub(crate) fn read(path: &Path, session: &mut Session) -> Result<SecretBytes> {
    if !is_stdin(path) {
        return read_file(path, &session.inputs);
    }
    session.take_stdin()?;
    read_stdin()
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(crate) fn read_stdin() -> Result<SecretBytes> {
    read_bounded(&mut io::stdin().lock(), 1 << 16).map_err(|error| error.with_path(STDIN))
}

/// The files that this run has read, to see before it writes whether they are still the same: another run, or an editor,
/// may have been at work meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Inputs(RefCell<BTreeMap<PathBuf, Option<Fingerprint>>>);

impl Inputs {
    /// Notes what was read from `path` first; `None` if it was not there.
    fn note(&self, path: &Path, fingerprint: Option<Fingerprint>) {
        self.0.borrow_mut().entry(path.to_owned()).or_insert(fingerprint);
    }

    /// `rules` under which nothing is published if any of them has changed.
    pub(crate) fn guard(&self, rules: Rules) -> Rules {
        self.0.borrow().iter().fold(rules, |rules, (path, fingerprint)| rules.with_unchanged(path, *fingerprint))
    }

    /// Notes that this run has written `path` itself.
    pub(crate) fn replace(&self, path: &Path, fingerprint: Fingerprint) {
        self.0.borrow_mut().insert(path.to_owned(), Some(fingerprint));
    }

    /// Forgets one that has nothing to do with what is written, such as a log that grows.
    pub(crate) fn forget(&self, path: &Path) {
        self.0.borrow_mut().remove(path);
    }

    /// Forgets those that what is still to be written does not depend on.
    pub(crate) fn retain(&self, is_needed: impl Fn(&Path) -> bool) {
        self.0.borrow_mut().retain(|path, _| is_needed(path));
    }
}

pub(crate) fn read_file(path: &Path, inputs: &Inputs) -> Result<SecretBytes> {
    let unreadable = |error: io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "check the name, or give it with an option; --dir says where default names are",
            io::ErrorKind::PermissionDenied => "read it as the user it belongs to",
            _ if output::is_held(&error) => "close the program that has it open",
            _ => "give the name of a file",
        };
        Error::new(ErrorKind::Io, "cannot be read").with_path(path).with_hint(hint).with_source(error)
    };
    output::check_name(path)?;
    let metadata = std::fs::metadata(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            inputs.note(path, None);
        }
        unreadable(error)
    })?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::Usage, "is a folder")
            .with_path(path)
            .with_hint("give the name of a file in it"));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = read_bounded(&mut file, metadata.len()).map_err(|error| error.with_path(path))?;
    // What a pipe or a device gave cannot be read again.
    if metadata.is_file() {
        inputs.note(path, Some(Fingerprint::of(bytes.as_bytes())));
    }
    Ok(bytes)
}

/// Reads all of `source`. A buffer that is outgrown is wiped, not just freed.
fn read_bounded(source: &mut impl Read, expected: u64) -> Result<SecretBytes> {
    let too_large = || {
        Error::new(ErrorKind::Policy, "is larger than 16 MiB, which no key, certificate or password is")
            .with_hint("check that this is the right file")
    };
    if expected > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(expected).unwrap_or_default().max(1 << 12) + 1]);
    let mut length = 0;
    loop {
        match source.read(&mut bytes[length..]) {
            Ok(0) => return Ok(SecretBytes::new(bytes[..length].to_vec())),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::new(ErrorKind::Io, "cannot be read").with_source(error)),
        }
        if length as u64 > LARGEST {
            return Err(too_large());
        }
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; 2 * length]);
            larger[..length].copy_from_slice(&bytes);
            bytes = larger;
        }
    }
}

/// The private key in `path`, opened; and whether it was under a password.
pub(crate) fn private_key(
    path: &Path,
    source: Option<&PasswordSource>,
    option: &str,
    session: &mut Session,
) -> Result<(PrivateKey, bool)> {
    if is_stdin(path) && source == Some(&PasswordSource::Stdin) {
        session.take_stdin()?;
    }
    let bytes = read(path, session)?;
    open_private_key(path, &bytes, source, option, session)
}

/// The same of `bytes`, which were read from `path`.
pub(crate) fn open_private_key(
    path: &Path,
    bytes: &SecretBytes,
    source: Option<&PasswordSource>,
    option: &str,
    session: &mut Session,
) -> Result<(PrivateKey, bool)> {
    let path = if is_stdin(path) { Path::new(STDIN) } else { path };
    match inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(path))? {
        FoundKey::Open(key) => {
            check_rsa(&key, path)?;
            if source.is_some() {
                let text = format!("note: {} is not encrypted; the password was not needed", printable(path));
                session.terminal.note(&text);
            }
            Ok((key, false))
        }
        FoundKey::Locked(key) => {
            let (key, _) = password::unlock(path, source, option, session, |password| key.decrypt(password))?;
            check_rsa(&key, path)?;
            Ok((key, true))
        }
    }
}

/// Salesforce's flow takes no other algorithm, so the commands of the guide do not either.
pub(crate) fn check_rsa(key: &PrivateKey, path: &Path) -> Result<()> {
    let algorithm = key.algorithm();
    if algorithm.is_rsa() {
        return Ok(());
    }
    let fact = format!("is an {algorithm} key, not an RSA key");
    let hint = "only RSA keys serve for Salesforce: make one with genkey";
    Err(Error::new(ErrorKind::Unsupported, fact).with_path(path).with_hint(hint))
}

/// `error` with the way out of a file that is not there yet.
pub(crate) fn or_make(error: Error, hint: &str) -> Error {
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.is_some_and(|cause| cause.kind() == io::ErrorKind::NotFound) {
        true => error.with_hint(hint),
        false => error,
    }
}

/// The certificate signing request in `path`.
pub(crate) fn cert_request(path: &Path, session: &mut Session) -> Result<CertRequest> {
    let bytes = read(path, session)?;
    let path = if is_stdin(path) { Path::new(STDIN) } else { path };
    inspect::cert_request(bytes.as_bytes()).map_err(|error| error.with_path(path))
}
