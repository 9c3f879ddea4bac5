//! The key that signs an assertion, wherever it lies, and the certificate it has to belong to.

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{self, Object};
use certwright::{Certificate, Error, ErrorKind, PrivateKey, Result};

use crate::cli::SignerArgs;
use crate::session::Session;
use crate::{input, store};

/// A key, and its certificate if one is known.
pub(crate) struct Signer {
    pub(crate) key: PrivateKey,
    /// With the name of the file it came from.
    pub(crate) certificate: Option<(String, Certificate)>,
}

/// Loads the key and, from a keystore, `--cert` or `default_cert`, the certificate; refuses a pair that is none.
pub(crate) fn load(args: &SignerArgs, default_cert: Option<PathBuf>, session: &mut Session) -> Result<Signer> {
    let path = session.path(args.key.clone(), "server.key");
    let bytes = input::read(&path, session)
        .map_err(|error| input::or_make(error, "make it with genkey and decrypt first, or name the key with --key"))?;
    let is_keystore = |item: &inspect::Item| matches!(item.object, Ok(Object::Keystore(_)));
    let (source, key_source) = (args.password_from.as_ref(), args.key_password_from.as_ref());
    let mut certificate = None;
    let key = if inspect::inspect(bytes.as_bytes()).is_ok_and(|items| items.iter().any(is_keystore)) {
        let (mut keystore, _) = store::open_bytes(&path, &bytes, source.or(key_source), key_source, session)?;
        if let Some(only) = &args.only {
            keystore.keep_only(only).map_err(|error| error.with_path(&path))?;
        }
        let identity = keystore.into_identity().map_err(|error| error.with_path(&path))?;
        certificate = identity.chain().first().map(|certificate| (printable(&path), certificate.clone()));
        identity.into_key()
    } else {
        input::open_private_key(&path, &bytes, source.or(key_source), "--password-from", session)?.0
    };
    if let Some(cert) = args.cert.clone().or(default_cert) {
        certificate = Some((printable(&cert), read_own(&cert, &key, &path, session)?));
    }
    Ok(Signer { key, certificate })
}

/// The certificate in `path`, which has to be that of `key`; issuers may stand beside it.
pub(crate) fn read_own(path: &Path, key: &PrivateKey, key_path: &Path, session: &mut Session) -> Result<Certificate> {
    let certificates = store::read_certificates(path, session)
        .map_err(|error| input::or_make(error, "make it with selfsign first, or name it with --cert"))?;
    let own = key.public_key();
    let found = certificates.into_iter().find(|certificate| certificate.public_key().is_ok_and(|key| key == own));
    found.ok_or_else(|| {
        Error::new(ErrorKind::Mismatch, format!("is not the certificate of the key in {}", printable(key_path)))
            .with_path(path)
            .with_hint("compare them with certwright verify; Salesforce would answer \"invalid assertion\"")
    })
}
