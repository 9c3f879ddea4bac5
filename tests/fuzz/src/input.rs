//! Stands for the program's `input`: no file is read; each name leads to a fixture or is missing.

use std::io;
use std::path::Path;

use certwright::inspect::{self, FoundKey};
use certwright::output::{Fingerprint, Rules};
use certwright::{CertRequest, Error, ErrorKind, PrivateKey, Result, SecretBytes};

use crate::password::{self, PasswordSource};
use crate::session::Session;

pub(crate) const STDIN: &str = "standard input";

const FILES: [(&str, &[u8]); 9] = [
    ("-", include_bytes!("../../../fixtures/openssl/v3.crt")),
    ("keystore.p12", include_bytes!("../../../fixtures/openssl/keystore.p12")),
    ("server.crt", include_bytes!("../../../fixtures/openssl/v3.crt")),
    ("server.csr", include_bytes!("../../../fixtures/openssl/san.csr")),
    ("server.key", include_bytes!("../../../fixtures/openssl/pkcs8.pem")),
    ("server.pass.key", include_bytes!("../../../fixtures/openssl/proc-type-aes256.pem")),
    ("server.pem", include_bytes!("../../../fixtures/openssl/pkcs8.pem")),
    ("servercert.jks", include_bytes!("../../../fixtures/keystores/keytool.jks")),
    ("text.crt", include_bytes!("../../../fixtures/openssl/text.crt")),
];

pub(crate) fn read(path: &Path, session: &mut Session) -> Result<SecretBytes> {
    if is_stdin(path) {
        session.take_stdin()?;
    }
    read_file(path, &session.inputs)
}

/// The files that were read: none, so none can change.
#[derive(Debug, Default)]
pub(crate) struct Inputs;

impl Inputs {
    pub(crate) fn guard(&self, rules: Rules) -> Rules {
        rules
    }

    pub(crate) fn replace(&self, _: &Path, _: Fingerprint) {}
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(crate) fn read_stdin() -> Result<SecretBytes> {
    Ok(SecretBytes::new(b"fixture password\n".to_vec()))
}

pub(crate) fn read_file(path: &Path, _: &Inputs) -> Result<SecretBytes> {
    let file = FILES.iter().find(|(name, _)| path.as_os_str() == *name);
    let missing = || {
        Error::new(ErrorKind::Io, "cannot be read")
            .with_path(path)
            .with_source(io::Error::from(io::ErrorKind::NotFound))
    };
    file.map(|(_, content)| SecretBytes::new(content.to_vec())).ok_or_else(missing)
}

pub(crate) fn or_make(error: Error, hint: &str) -> Error {
    error.with_hint(hint)
}

pub(crate) fn private_key(
    path: &Path,
    source: Option<&PasswordSource>,
    option: &str,
    session: &mut Session,
) -> Result<(PrivateKey, bool)> {
    let bytes = read(path, session)?;
    match inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(path))? {
        FoundKey::Open(key) => Ok((key, false)),
        FoundKey::Locked(key) => {
            let (key, _) = password::unlock(path, source, option, session, |password| key.decrypt(password))?;
            Ok((key, true))
        }
    }
}

pub(crate) fn cert_request(path: &Path, session: &mut Session) -> Result<CertRequest> {
    let bytes = read(path, session)?;
    inspect::cert_request(bytes.as_bytes()).map_err(|error| error.with_path(path))
}
