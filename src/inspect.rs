//! Any octets -> what they are: by content, never by file name.
//!
//! ```
//! use certwright::inspect;
//! # let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/openssl/server.csr")).unwrap();
//!
//! // `bytes` is a file's content, PEM or DER, whatever its name is.
//! for item in inspect::inspect(&bytes)? {
//!     assert_eq!(item.object?.kind(), "csr");
//! }
//! # Ok::<(), certwright::Error>(())
//! ```

mod rebuild;
mod shape;

use crate::certificate::Certificate;
use crate::crl::Crl;
use crate::csr::CertRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{EncryptedPrivateKey, PrivateKey, PublicKey};
use crate::keystore::{EncodedKeystore, Format, JKS_MAGIC};
use crate::secret::SecretBytes;
use crate::{asn1, pem, text};
pub use rebuild::{Rebuilt, Replacement, rebuild};
use shape::Shape;

/// Something that was found in a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Object {
    /// A private key that anyone can read.
    PrivateKey(PrivateKey),
    /// A private key under a password.
    EncryptedPrivateKey(EncryptedPrivateKey),
    /// A public key alone.
    PublicKey(PublicKey),
    /// A certificate signing request.
    CertRequest(CertRequest),
    /// A certificate.
    Certificate(Certificate),
    /// A certificate revocation list.
    Crl(Crl),
    /// A keystore, not opened.
    Keystore(EncodedKeystore),
}

impl Object {
    /// The kind, as the command's JSON names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PrivateKey(_) => "private-key",
            Self::EncryptedPrivateKey(_) => "encrypted-private-key",
            Self::PublicKey(_) => "public-key",
            Self::CertRequest(_) => "csr",
            Self::Certificate(_) => "certificate",
            Self::Crl(_) => "crl",
            Self::Keystore(store) => store.format().kind(),
        }
    }

    /// The kind in words, with its article.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::PrivateKey(_) => "a private key",
            Self::EncryptedPrivateKey(_) => "an encrypted private key",
            Self::PublicKey(_) => "a public key",
            Self::CertRequest(_) => "a certificate signing request",
            Self::Certificate(_) => "a certificate",
            Self::Crl(_) => "a certificate revocation list",
            Self::Keystore(store) if store.format() == Format::Jks => "a JKS keystore",
            Self::Keystore(_) => "a PKCS#12 keystore",
        }
    }
}

/// One object of a file, or why it could not be read.
#[derive(Debug)]
pub struct Item {
    /// The line where its PEM begins, counted from 1; `None` for DER.
    pub line: Option<usize>,
    /// The object, or the reason.
    pub object: Result<Object>,
}

/// A private key as it was found.
#[derive(Debug)]
pub enum FoundKey {
    /// Readable by anyone.
    Open(PrivateKey),
    /// Under a password.
    Locked(EncryptedPrivateKey),
}

/// Everything in `bytes`: PEM with CRLF, byte-order mark, UTF-16 or text around it, several blocks, or DER.
///
/// # Errors
/// [`Malformed`](ErrorKind::Malformed) if there is nothing at all that is known. An object that cannot be read is an
/// [`Item`] with its own error, so that the others are still found. A file of more than 10,000 PEM blocks is one such item.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Item>> {
    let text = text::to_utf8(bytes);
    if let Err(error) = pem::check_count(text.as_bytes()) {
        return Ok(vec![Item { line: None, object: Err(error) }]);
    }
    let blocks = pem::blocks(text.as_bytes());
    if !blocks.is_empty() {
        // An EC key file of OpenSSL begins with the name of its curve, which says nothing on its own.
        let is_alone = blocks.len() == 1;
        let speaking = blocks.into_iter().filter(|block| is_alone || block.label != "EC PARAMETERS");
        return Ok(speaking.map(|block| Item { line: Some(block.line), object: read_block(block) }).collect());
    }
    match bytes {
        [] => Err(Error::malformed("is empty").with_hint("make it again: an interrupted program leaves empty files")),
        bytes if bytes.starts_with(&JKS_MAGIC) => {
            Ok(vec![Item { line: None, object: EncodedKeystore::from_jks(bytes).map(Object::Keystore) }])
        }
        bytes if shape::looks_like_der(bytes) => Ok(vec![Item { line: None, object: read_der(bytes) }]),
        _ => Err(shape::name_foreign(text.as_bytes())),
    }
}

fn read_block(block: pem::Block) -> Result<Object> {
    let encrypted = block.header("Proc-Type").is_some_and(|value| value.contains("ENCRYPTED"));
    if let Some(error) = shape::foreign_label(&block.label) {
        return Err(error);
    }
    let body = match &block.body {
        Ok(body) if encrypted => {
            return EncryptedPrivateKey::from_legacy_pem(&block, body).map(Object::EncryptedPrivateKey);
        }
        Ok(body) => body,
        Err(_) => return block.body.and_then(|_: SecretBytes| Err(Error::malformed("is damaged"))),
    };
    let der = body.as_bytes();
    // OpenSSL's `x509 -trustout` appends what it trusts the certificate for.
    match asn1::split(der) {
        Ok((certificate, _)) if block.label == "TRUSTED CERTIFICATE" => read_der(certificate.whole),
        _ => read_der(der),
    }
}

fn read_der(der: &[u8]) -> Result<Object> {
    if let Err(error) = asn1::check(der) {
        // PKCS#12 is BER to some; nothing else comes in it.
        return EncodedKeystore::from_p12(der).map(Object::Keystore).map_err(|_| error);
    }
    match Shape::of(der) {
        Some(Shape::Pkcs8) => PrivateKey::from_pkcs8_der(der).map(Object::PrivateKey),
        Some(Shape::EncryptedPkcs8) => EncryptedPrivateKey::from_pkcs8_der(der).map(Object::EncryptedPrivateKey),
        Some(Shape::Pkcs1) => PrivateKey::from_pkcs1_der(der).map(Object::PrivateKey),
        Some(Shape::Sec1) => PrivateKey::from_sec1_der(der).map(Object::PrivateKey),
        Some(Shape::Spki) => PublicKey::from_spki_der(der).map(Object::PublicKey),
        Some(Shape::Pkcs1Public) => PublicKey::from_pkcs1_der(der).map(Object::PublicKey),
        Some(Shape::CertRequest) => CertRequest::from_der(der).map(Object::CertRequest),
        Some(Shape::Certificate) => Certificate::from_der(der).map(Object::Certificate),
        Some(Shape::Crl) => Crl::from_der(der).map(Object::Crl),
        Some(Shape::Pfx) => EncodedKeystore::from_p12(der).map(Object::Keystore),
        Some(Shape::Foreign(error)) => Err(error),
        None => Err(Error::malformed("is DER, but no key, signing request or certificate")),
    }
}

/// The one private key in `bytes`.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) if it is of a kind that cannot be used, [`Malformed`](ErrorKind::Malformed) if
/// it is damaged, [`Usage`](ErrorKind::Usage) if there is something else or more than one.
pub fn private_key(bytes: &[u8]) -> Result<FoundKey> {
    the_one(bytes, "a private key", |object| match object {
        Object::PrivateKey(key) => Ok(FoundKey::Open(key)),
        Object::EncryptedPrivateKey(key) => Ok(FoundKey::Locked(key)),
        other => Err(other.noun()),
    })
}

/// The one certificate signing request in `bytes`.
///
/// # Errors
/// As [`private_key`].
pub fn cert_request(bytes: &[u8]) -> Result<CertRequest> {
    the_one(bytes, "a certificate signing request", |object| match object {
        Object::CertRequest(request) => Ok(request),
        other => Err(other.noun()),
    })
}

/// The one certificate in `bytes`.
///
/// # Errors
/// As [`private_key`].
pub fn certificate(bytes: &[u8]) -> Result<Certificate> {
    the_one(bytes, "a certificate", |object| match object {
        Object::Certificate(certificate) => Ok(certificate),
        other => Err(other.noun()),
    })
}

/// The one keystore in `bytes`.
///
/// # Errors
/// As [`private_key`].
pub fn keystore(bytes: &[u8]) -> Result<EncodedKeystore> {
    the_one(bytes, "a PKCS#12 or JKS keystore", |object| match object {
        Object::Keystore(store) => Ok(store),
        other => Err(other.noun()),
    })
}

/// Every certificate in `bytes`.
///
/// # Errors
/// As [`private_key`]; one that cannot be read is an error too.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>> {
    let mut found = Vec::new();
    for item in inspect(bytes)? {
        if let Object::Certificate(certificate) = item.object? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "holds no certificate").with_hint("give the file that holds one"));
    }
    Ok(found)
}

fn the_one<T>(bytes: &[u8], wanted: &str, pick: impl Fn(Object) -> Result<T, &'static str>) -> Result<T> {
    let (mut found, mut others, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for item in inspect(bytes)? {
        match item.object.map(&pick) {
            Ok(Ok(picked)) => found.push(picked),
            Ok(Err(other)) => others.push(other),
            Err(error) => errors.push(error),
        }
    }
    let usage = |fact: String| {
        Err(Error::new(ErrorKind::Usage, fact).with_hint(format!("give the file that holds {wanted}, and only one")))
    };
    match (found.pop(), errors.pop()) {
        (Some(one), _) if found.is_empty() => Ok(one),
        (Some(_), _) => usage(format!("holds {} objects where {wanted} alone is wanted", found.len() + 1)),
        (None, Some(error)) => Err(error),
        (None, None) => usage(format!("holds {}, not {wanted}", others.join(" and "))),
    }
}
