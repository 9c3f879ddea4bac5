//! `export --base64-line`: a file as the one line that secrets of pipelines are made of.

use std::path::Path;

use base64ct::{Base64, Encoding};
use certwright::inspect::{self, Object};
use certwright::keystore::Format;
use certwright::{Error, ErrorKind, Result, SecretBytes};

use crate::delivery::{Delivery, Kind};
use crate::input;
use crate::session::Session;
use crate::status::ExitStatus;

/// What a secret of GitHub Actions may hold: 48 KB ("Using secrets in GitHub Actions", Limits for secrets).
const LARGEST_SECRET: usize = 48 << 10;

pub(super) fn run(path: &Path, session: &mut Session) -> Result<ExitStatus> {
    if session.json {
        return Err(Error::new(ErrorKind::Usage, "--json and --base64-line both write to standard output")
            .with_hint("leave one of them out"));
    }
    let stdout = Path::new("-");
    let mut delivery = Delivery::plan("export", session.rules().with_input(path), &[stdout], session)?;
    let bytes = input::read(path, session)?;
    let (kind, noun) = kind(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
    let mut line = Vec::with_capacity(bytes.as_bytes().len().div_ceil(3) * 4 + 1);
    line.resize(line.capacity() - 1, 0);
    let length = Base64::encode(bytes.as_bytes(), &mut line).map_or(0, str::len);
    line.truncate(length);
    let is_whole = Base64::decode_vec(std::str::from_utf8(&line).unwrap_or_default())
        .is_ok_and(|decoded| SecretBytes::new(decoded).as_bytes() == bytes.as_bytes());
    if !is_whole {
        return Err(Error::new(ErrorKind::Malformed, "the line that was made does not read back")
            .with_hint("this is a fault of the program or of the machine: please report it"));
    }
    line.push(b'\n');
    session.terminal.note(&format!(
        "note: {noun}, as one line of {length} characters, for a secret of the pipeline and nothing else; export --help has \
         the lines that restore it"
    ));
    if length > LARGEST_SECRET {
        session.terminal.note("warning: GitHub takes no secret over 48 KB");
    }
    delivery.add_checked(stdout, kind, String::new(), SecretBytes::new(line));
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}

/// What is handed over: a file that is none of these is another than was meant.
fn kind(bytes: &[u8]) -> Result<(Kind, &'static str)> {
    let mut kinds = Vec::new();
    for item in inspect::inspect(bytes)? {
        kinds.push(match item.object? {
            Object::PrivateKey(_) => (Kind::PrivateKey, "a private key without password"),
            Object::EncryptedPrivateKey(_) => (Kind::EncryptedPrivateKey, "a private key under its password"),
            Object::Keystore(store) if store.format() == Format::Jks => {
                (Kind::Jks, "a JKS keystore under its password")
            }
            Object::Keystore(_) => (Kind::Pkcs12, "a PKCS#12 keystore under its password"),
            Object::CertRequest(_) => (Kind::CertRequest, "a signing request"),
            Object::PublicKey(_) => (Kind::PublicKey, "a public key, which is no secret"),
            _ => (Kind::Certificate, "a certificate, which is no secret"),
        });
    }
    let is_public = |kind: Kind| matches!(kind, Kind::Certificate | Kind::CertRequest | Kind::PublicKey);
    let secret = kinds.iter().position(|(kind, _)| !is_public(*kind));
    Ok(kinds.swap_remove(secret.unwrap_or_default()))
}
