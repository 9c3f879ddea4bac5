//! What a DER structure is, told by its outline; and the names of things that are known but not used here.

use crate::asn1::tag::{BIT_STRING, EXPLICIT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::asn1::{self, Element};
use crate::error::Error;

const RSA_ONLY: &str = "only RSA keys serve for Salesforce: make one with genkey";

/// The outlines that are told apart.
pub(super) enum Shape {
    Pkcs8,
    EncryptedPkcs8,
    Pkcs1,
    Sec1,
    Spki,
    Pkcs1Public,
    CertRequest,
    Certificate,
    Crl,
    Pfx,
    Foreign(Error),
}

impl Shape {
    /// The outline of a DER value that [`asn1::check`] passed.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let (outer, _) = asn1::split(der).ok()?;
        let parts = asn1::children(outer.value);
        let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
        Some(match tags.as_slice() {
            [INTEGER, SEQUENCE, OCTET_STRING, ..] => Self::Pkcs8,
            [SEQUENCE, OCTET_STRING] => Self::EncryptedPkcs8,
            [INTEGER, INTEGER] => Self::Pkcs1Public,
            [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, ..] => Self::Pkcs1,
            [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] => Self::Foreign(unsupported_key("a DSA key")),
            [INTEGER, OCTET_STRING, ..] => Self::Sec1,
            [INTEGER, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE] => Self::Pfx,
            // Bouncy Castle's ObjectStore: encrypted data, then its integrity check.
            [SEQUENCE, SEQUENCE] if is_bcfks(&parts[0], &parts[1]) => Self::Foreign(
                Error::unsupported("is a BCFKS keystore (Bouncy Castle)")
                    .with_hint("convert it where Java is: keytool -importkeystore -deststoretype PKCS12"),
            ),
            [SEQUENCE, BIT_STRING] => Self::Spki,
            [SEQUENCE, SEQUENCE, BIT_STRING] => return Self::of_signed(&parts[0]),
            [OBJECT_IDENTIFIER, EXPLICIT_0] => Self::Foreign(
                Error::unsupported("is a PKCS#7 bundle")
                    .with_hint("take the certificates out as PEM (OpenSSL: openssl pkcs7 -print_certs)"),
            ),
            _ => return None,
        })
    }

    /// Certificates, requests and revocation lists are signed alike; what was signed tells them apart.
    fn of_signed(signed: &Element<'_>) -> Option<Self> {
        let parts = asn1::children(signed.value);
        let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
        Some(match tags.as_slice() {
            [EXPLICIT_0, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..]
            | [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..] => Self::Certificate,
            [INTEGER, SEQUENCE, SEQUENCE, EXPLICIT_0] | [INTEGER, SEQUENCE, SEQUENCE] => Self::CertRequest,
            [INTEGER, SEQUENCE, SEQUENCE, ..] | [SEQUENCE, SEQUENCE, ..] => Self::Crl,
            _ => return None,
        })
    }
}

fn is_bcfks(data: &Element<'_>, check: &Element<'_>) -> bool {
    let tags = |element: &Element<'_>| asn1::children(element.value).iter().map(|part| part.tag).collect::<Vec<u8>>();
    tags(data) == [SEQUENCE, OCTET_STRING] && tags(check) == [SEQUENCE, SEQUENCE, OCTET_STRING]
}

fn unsupported_key(what: &str) -> Error {
    Error::unsupported(format!("is {what}, not an RSA key")).with_hint(RSA_ONLY)
}

/// PEM labels of things whose inside is no DER, or that are known but of no use here.
pub(super) fn foreign_label(label: &str) -> Option<Error> {
    Some(match label {
        "OPENSSH PRIVATE KEY" => Error::unsupported("is an OpenSSH private key")
            .with_hint("convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY"),
        "SSH2 PUBLIC KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => {
            Error::unsupported("is a key in SSH2 format").with_hint("export it as PKCS#8 or PKCS#1 PEM")
        }
        "DSA PRIVATE KEY" => unsupported_key("a DSA key"),
        "DH PARAMETERS" | "DSA PARAMETERS" | "EC PARAMETERS" => Error::unsupported("holds parameters, but no key"),
        label if label.starts_with("PGP ") => Error::unsupported("is an OpenPGP file, which has other keys"),
        _ => return None,
    })
}

/// True for a SEQUENCE that may be a key or certificate. `0` is its first octet, and that of many a text: so its length
/// has to be in the long form, or just that of the file.
pub(super) fn looks_like_der(bytes: &[u8]) -> bool {
    match bytes {
        [SEQUENCE, 0x80..=0x84, ..] => true,
        [SEQUENCE, length, rest @ ..] => usize::from(*length) == rest.len(),
        _ => false,
    }
}

/// What a file without PEM and DER is.
pub(super) fn name_foreign(bytes: &[u8]) -> Error {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"\xce\xce\xce\xce") {
        return Error::unsupported("is a JCEKS keystore")
            .with_hint("convert it where Java is: keytool -importkeystore -deststoretype PKCS12");
    }
    if starts(b"ssh-") || starts(b"ecdsa-sha2-") {
        return Error::unsupported("is an OpenSSH public key");
    }
    if starts(b"PuTTY-User-Key-File") {
        return Error::unsupported("is a PuTTY key")
            .with_hint("export it with PuTTYgen as an OpenSSH key, then convert that");
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Error::malformed("holds nothing but white space").with_hint("make it again");
    }
    Error::malformed("is neither PEM nor DER: no key, signing request or certificate is in it").with_hint(
        "check that this is the right file; a key or certificate in text form has a line -----BEGIN ...-----",
    )
}
