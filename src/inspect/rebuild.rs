//! A file with some of its objects replaced, each in the form that the former one had.

use super::shape::Shape;
use super::{Object, read_block, read_der};
use crate::certificate::Certificate;
use crate::csr::CertRequest;
use crate::error::{Error, Result};
use crate::key::{EncryptedPrivateKey, PrivateKey, PublicKey};
use crate::secret::SecretBytes;
use crate::{pem, text};

/// What is to stand in the place of an object.
#[derive(Debug)]
pub enum Replacement<'a> {
    /// A certificate.
    Certificate(&'a Certificate),
    /// A signing request.
    CertRequest(CertRequest),
    /// A private key, in PKCS#1 where the former one is, else in PKCS#8.
    PrivateKey(&'a PrivateKey),
    /// A private key under a password, in PKCS#8.
    EncryptedPrivateKey(EncryptedPrivateKey),
    /// A public key.
    PublicKey(PublicKey),
}

/// A file made anew.
#[derive(Debug)]
pub struct Rebuilt {
    /// Its content.
    pub bytes: SecretBytes,
    /// True if a tool's description of what was replaced, which stood in front of it, is left out.
    pub has_lost_text: bool,
}

/// The content of a file with what `replace` gives in the place of its objects; `None` if it gives nothing. PEM stays PEM,
/// in UTF-8, with its other blocks and the text around them as they stand, and lines as far indented; DER stays DER. What
/// OpenSSL and keytool print before a block is true of the former object alone, and left out.
///
/// # Errors
/// Those of `replace` and of encoding. What cannot be read is kept as it is.
pub fn rebuild<'a>(
    bytes: &[u8],
    mut replace: impl FnMut(&Object) -> Result<Option<Replacement<'a>>>,
) -> Result<Option<Rebuilt>> {
    let text = text::to_utf8(bytes);
    let text = text.as_bytes();
    if pem::check_count(text).is_err() {
        return Ok(None);
    }
    let blocks = pem::blocks(text);
    if blocks.is_empty() {
        if !super::shape::looks_like_der(bytes) {
            return Ok(None);
        }
        let Some(new) = read_der(bytes).ok().map(|object| replace(&object)).transpose()?.flatten() else {
            return Ok(None);
        };
        let bytes = new.to_der(matches!(Shape::of(bytes), Some(Shape::Pkcs1)))?;
        return Ok(Some(Rebuilt { bytes, has_lost_text: false }));
    }
    let mut pieces: Vec<SecretBytes> = Vec::new();
    let mut at = 0;
    let (mut is_changed, mut has_lost_text) = (false, false);
    for block in blocks {
        let end = block.range.end + line_end(&text[block.range.end..]);
        let before = &text[at..block.range.start];
        let is_pkcs1 = block.label == "RSA PRIVATE KEY";
        match read_block(block).ok().map(|object| replace(&object)).transpose()?.flatten() {
            Some(new) => {
                is_changed = true;
                let is_told = is_description(before);
                has_lost_text |= is_told;
                if is_told && pieces.last().is_some_and(|piece| !piece.as_bytes().ends_with(b"\n")) {
                    pieces.push(SecretBytes::new(b"\n".to_vec()));
                }
                let before = if is_told { &[] } else { before };
                pieces.push(SecretBytes::new(before.to_vec()));
                pieces.push(indented(new.to_pem(is_pkcs1)?, indent(before)));
            }
            None => pieces.push(SecretBytes::new(text[at..end].to_vec())),
        }
        at = end;
    }
    pieces.push(SecretBytes::new(text[at..].to_vec()));
    let mut bytes = Vec::with_capacity(pieces.iter().map(|piece| piece.as_bytes().len()).sum());
    pieces.iter().for_each(|piece| bytes.extend_from_slice(piece.as_bytes()));
    let rebuilt = Rebuilt { bytes: SecretBytes::new(bytes), has_lost_text };
    Ok(is_changed.then_some(rebuilt))
}

/// How the lines begin that OpenSSL (`-text`, `pkcs12`, `s_client`) and keytool print of an object.
const DESCRIPTIONS: [&str; 20] = [
    "Alias name:",
    "Bag Attributes",
    "Certificate:",
    "Certificate Request:",
    "Key Attributes",
    "Modulus=",
    "Private-Key:",
    "Public-Key:",
    "RSA Private-Key:",
    "RSA Public-Key:",
    "exponent",
    "issuer",
    "coefficient:",
    "modulus:",
    "notAfter=",
    "notBefore=",
    "prime",
    "privateExponent:",
    "publicExponent:",
    "subject",
];

/// True if `text` is what tools print of an object, and nothing else: a heading of theirs, and lines below it.
fn is_description(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let is_heading = |line: &str| DESCRIPTIONS.iter().any(|begin| line.starts_with(begin));
    lines.peek().is_some_and(|line| is_heading(line))
        && lines.all(|line| line.starts_with([' ', '\t']) || is_heading(line))
}

/// The blanks that a line begins with after `before`.
fn indent(before: &[u8]) -> &[u8] {
    let line = before.rsplit(|&octet| octet == b'\n').next().unwrap_or_default();
    if line.iter().all(|octet| b" \t".contains(octet)) { line } else { &[] }
}

/// The lines of `pem`, all but the first behind `indent`.
fn indented(pem: SecretBytes, indent: &[u8]) -> SecretBytes {
    if indent.is_empty() {
        return pem;
    }
    let lines = pem.as_bytes().split_inclusive(|&octet| octet == b'\n').count();
    let mut bytes = Vec::with_capacity(pem.as_bytes().len() + lines * indent.len());
    for (number, line) in pem.as_bytes().split_inclusive(|&octet| octet == b'\n').enumerate() {
        bytes.extend_from_slice(if number == 0 { &[] } else { indent });
        bytes.extend_from_slice(line);
    }
    SecretBytes::new(bytes)
}

/// The length of what is left of a line that ends here.
fn line_end(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

impl Replacement<'_> {
    fn to_pem(&self, is_pkcs1: bool) -> Result<SecretBytes> {
        match self {
            Self::Certificate(certificate) => Ok(certificate.to_pem()),
            Self::CertRequest(request) => Ok(request.to_pem()),
            Self::PrivateKey(key @ PrivateKey::Rsa(_)) if is_pkcs1 => key.to_pkcs1_pem(),
            Self::PrivateKey(key) => key.to_pkcs8_pem(),
            Self::EncryptedPrivateKey(key) => key.to_pem(),
            Self::PublicKey(key) => key.to_pem(),
        }
    }

    fn to_der(&self, is_pkcs1: bool) -> Result<SecretBytes> {
        let public = |der: &[u8]| SecretBytes::new(der.to_vec());
        match self {
            Self::Certificate(certificate) => Ok(public(certificate.to_der())),
            Self::CertRequest(request) => Ok(public(request.to_der())),
            Self::PrivateKey(key @ PrivateKey::Rsa(_)) if is_pkcs1 => key.to_pkcs1_der(),
            Self::PrivateKey(key) => key.to_pkcs8_der(),
            Self::EncryptedPrivateKey(key) => key
                .to_pkcs8_der()
                .map(public)
                .ok_or_else(|| Error::unsupported("the old PEM encryption has no DER form")),
            Self::PublicKey(key) => Ok(public(&key.to_spki_der()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testpki::Stream;
    use crate::{KeyKind, RsaBits};

    const CERTIFICATE: &str = include_str!("../../fixtures/openssl/v3.crt");
    const OTHER: &str = include_str!("../../fixtures/openssl/other.crt");
    const LOCKED: &str = include_str!("../../fixtures/openssl/proc-type-aes256.pem");

    fn other() -> Certificate {
        super::super::certificate(OTHER.as_bytes()).unwrap()
    }

    fn rebuilt(text: &[u8]) -> Option<(String, bool)> {
        let (new, old) = (other(), super::super::certificate(CERTIFICATE.as_bytes()).unwrap());
        let is_old = |object: &Object| matches!(object, Object::Certificate(one) if one.to_der() == old.to_der());
        let rebuilt = rebuild(text, |object| Ok(is_old(object).then_some(Replacement::Certificate(&new)))).unwrap();
        rebuilt.map(|one| (String::from_utf8(one.bytes.as_bytes().to_vec()).unwrap(), one.has_lost_text))
    }

    #[test]
    fn blocks_change_where_they_stand_and_others_stay() {
        assert_eq!(rebuilt(CERTIFICATE.as_bytes()), Some((OTHER.to_owned(), false)));
        assert_eq!(rebuilt(OTHER.as_bytes()), None);
        let bundle = format!("{LOCKED}{CERTIFICATE}# and\n{OTHER}tail");
        assert_eq!(rebuilt(bundle.as_bytes()), Some((format!("{LOCKED}{OTHER}# and\n{OTHER}tail"), false)));
        let described = format!("{OTHER}Bag Attributes\n  localKeyID: 01\n{CERTIFICATE}");
        assert_eq!(rebuilt(described.as_bytes()), Some((format!("{OTHER}{OTHER}"), true)));
        let config = format!("client\n<cert>\n{CERTIFICATE}</cert>\nverb 3\n");
        assert_eq!(rebuilt(config.as_bytes()), Some((config.replace(CERTIFICATE, OTHER), false)));
        let yaml = |pem: &str| format!("tls:\n  cert: |\n    {}\n  port: 1\n", pem.trim_end().replace('\n', "\n    "));
        assert_eq!(rebuilt(yaml(CERTIFICATE).as_bytes()), Some((yaml(OTHER), false)));
        let damaged = format!("-----BEGIN X-----\n*\n-----END X-----\n{CERTIFICATE}");
        assert_eq!(
            rebuilt(damaged.as_bytes()),
            Some((format!("-----BEGIN X-----\n*\n-----END X-----\n{OTHER}"), false))
        );
        let utf16: Vec<u8> = format!("\u{feff}{CERTIFICATE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rebuilt(&utf16), Some((OTHER.to_owned(), false)));
        let certificate = CERTIFICATE.trim_end();
        for before in ["-----BEGIN -----\n", "-----BEGIN A-----\nAAAA\n-----END A", "-----BEGIN -----END -----"] {
            let rebuilt = rebuilt(format!("{before}{CERTIFICATE}").as_bytes());
            assert!(
                rebuilt.is_none_or(|(text, _)| !text.contains(certificate) && text.starts_with(before)),
                "{before}"
            );
        }
        assert_eq!(rebuilt(b"neither"), None);
    }

    #[test]
    fn forms_stay() {
        let key = PrivateKey::generate(KeyKind::Rsa(RsaBits::B2048), &mut Stream::new([1; 32])).unwrap();
        let forms: [(&[u8], _); 4] = [
            (include_bytes!("../../fixtures/openssl/pkcs1.pem"), key.to_pkcs1_pem()),
            (include_bytes!("../../fixtures/openssl/pkcs1.der"), key.to_pkcs1_der()),
            (include_bytes!("../../fixtures/openssl/pkcs8.pem"), key.to_pkcs8_pem()),
            (include_bytes!("../../fixtures/openssl/pkcs8.der"), key.to_pkcs8_der()),
        ];
        for (bytes, same) in forms {
            let rebuilt = rebuild(bytes, |_| Ok(Some(Replacement::PrivateKey(&key)))).unwrap().unwrap();
            assert_eq!(rebuilt.bytes.as_bytes(), same.unwrap().as_bytes());
        }
        let new = other();
        let rebuilt = rebuild(new.to_der(), |_| Ok(Some(Replacement::Certificate(&new)))).unwrap().unwrap();
        assert_eq!(rebuilt.bytes.as_bytes(), new.to_der());
    }
}
