//! JKS, the format of Sun's Java: big-endian, a digest over password and content at its end, each key XORed with a stream
//! of SHA-1. Described by the source of `sun.security.provider.JavaKeyStore` and `KeyProtector`.
//!
//! Written here because the one crate for it (`jks`) brings old versions of half a dozen others and wipes nothing.

mod renew;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::TryCryptoRng;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::assembly::MAX_CHAIN_LEN;
use super::{Entry, Identity, Keystore, VisibleCertificate};
use crate::asn1;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;
use crate::pbe::bmp_forms;
use crate::random;
use crate::secret::{Password, SecretBytes};

/// What a JKS begins with.
pub(crate) const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const VERSION: u32 = 2;
const PRIVATE_KEY: u32 = 1;
const TRUSTED: u32 = 2;
/// The octets of [`store_digest`].
pub(crate) const DIGEST: usize = 20;
const SALT: usize = 20;
/// Real stores hold a few hundred (the roots of a Java installation about 150).
const MOST_ENTRIES: u32 = 2_000;
/// Whitens the digest, so that it is no plain hash of the password.
const WHITENER: &[u8] = b"Mighty Aphrodite";
/// Sun's key protector, 1.3.6.1.4.1.42.2.17.1.1, with NULL parameters: JDK 17 writes them, and pyjks needs them.
const ALGORITHM: &[u8] = b"\x30\x0e\x06\x0a\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01\x05\x00";
const ALGORITHM_OID: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01";

fn malformed() -> Error {
    Error::malformed("is a damaged JKS keystore").with_hint("get the file again from where it was made, whole")
}

/// What is left to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<usize> {
        self.take(2).map(|octets| octets.iter().fold(0, |sum, &octet| sum << 8 | usize::from(octet)))
    }

    fn u32(&mut self) -> Result<u32> {
        self.take(4).map(|octets| octets.iter().fold(0, |sum, &octet| sum << 8 | u32::from(octet)))
    }

    fn block(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()?;
        self.take(length as usize)
    }

    /// Java's modified UTF-8.
    fn text(&mut self) -> Result<String> {
        let length = self.u16()?;
        self.take(length).map(from_modified_utf8)
    }

    /// Outside what is wrong with the store, inside what is wrong with this certificate.
    fn certificate(&mut self) -> Result<Result<Certificate>> {
        let kind = self.text()?;
        let der = self.block()?;
        Ok(match kind.as_str() {
            "X.509" => Certificate::from_der(der),
            _ => Err(Error::unsupported(format!("is a certificate of the type \"{kind}\""))),
        })
    }
}

enum RawEntry<'a> {
    PrivateKey { alias: String, protected: &'a [u8], chain: Result<Vec<Certificate>> },
    Certificate { alias: String, certificate: Result<Certificate> },
}

/// The entries of the content before the digest.
fn entries(content: &[u8]) -> Result<Vec<RawEntry<'_>>> {
    let mut reader = Reader(content);
    let (magic, version) = (reader.take(4)?, reader.u32()?);
    if magic != MAGIC || version != VERSION {
        return Err(Error::unsupported(format!("is a JKS keystore of version {version}, not {VERSION}")));
    }
    let count = reader.u32()?;
    if count > MOST_ENTRIES {
        return Err(Error::policy(format!("says that it holds {count} entries, more than any real keystore")));
    }
    let mut found = Vec::new();
    for _ in 0..count {
        let tag = reader.u32()?;
        let alias = reader.text()?;
        // The creation time in milliseconds.
        reader.take(8)?;
        found.push(match tag {
            PRIVATE_KEY => {
                let protected = reader.block()?;
                let length = reader.u32()?;
                let mut chain = Vec::new();
                for _ in 0..length {
                    if chain.len() == MAX_CHAIN_LEN {
                        return Err(Error::policy(format!("holds a chain of more than {MAX_CHAIN_LEN} certificates")));
                    }
                    chain.push(reader.certificate()?);
                }
                let chain = chain.into_iter().collect();
                RawEntry::PrivateKey { alias, protected, chain }
            }
            TRUSTED => RawEntry::Certificate { alias, certificate: reader.certificate()? },
            _ => return Err(malformed()),
        });
    }
    if reader.0.is_empty() { Ok(found) } else { Err(malformed()) }
}

fn split_digest(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    bytes.len().checked_sub(DIGEST).map(|at| bytes.split_at(at)).ok_or_else(malformed)
}

pub(super) use renew::renew;

/// Reads the outline, without a password.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    entries(split_digest(bytes)?.0).map(drop)
}

pub(super) fn open(bytes: &[u8], password: &Password, key_password: &Password) -> Result<Keystore> {
    let mut store = Keystore::default();
    for entry in entries(checked_content(bytes, password)?)? {
        match entry {
            RawEntry::Certificate { alias, certificate: Ok(certificate) } => {
                store.entries.push(Entry::Certificate { alias, certificate });
            }
            RawEntry::Certificate { alias, certificate: Err(error) } => {
                store.entries.push(Entry::Unreadable { alias, error });
            }
            RawEntry::PrivateKey { alias, protected, chain } => {
                store.entries.extend(private_key(alias, protected, chain, password, key_password));
            }
        }
    }
    Ok(store)
}

/// The content before the digest, which the password has to make anew.
fn checked_content<'a>(bytes: &'a [u8], password: &Password) -> Result<&'a [u8]> {
    let (content, digest) = split_digest(bytes)?;
    if store_digest(content, password)?.as_slice() == digest {
        return Ok(content);
    }
    Err(Error::new(ErrorKind::Password, "wrong password, or changed since it was made: its digest does not hold")
        .with_hint("try the password again; if it is right, get the file again from where it was made"))
}

/// The certificates, which nothing hides: of each entry with a private key its chain.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<VisibleCertificate>> {
    let mut found = Vec::new();
    for entry in entries(split_digest(bytes)?.0)? {
        let (alias, chain, of_key) = match entry {
            RawEntry::PrivateKey { alias, chain, .. } => (alias, chain?, true),
            RawEntry::Certificate { alias, certificate } => (alias, vec![certificate?], false),
        };
        let entry = |(place, certificate)| VisibleCertificate { alias: alias.clone(), place, of_key, certificate };
        found.extend(chain.into_iter().enumerate().map(entry));
    }
    Ok(found)
}

/// A key with its chain as it stands; where its first certificate is not the key's, the two apart.
fn private_key(
    alias: String,
    protected: &[u8],
    chain: Result<Vec<Certificate>>,
    password: &Password,
    key_password: &Password,
) -> Vec<Entry> {
    // Each entry may have the store's password or one of its own.
    let key = unprotect(protected, key_password).or_else(|error| unprotect(protected, password).map_err(|_| error));
    match (key, chain) {
        (Ok(key), Ok(chain)) => match chain.first().map(Certificate::public_key) {
            Some(Ok(public)) if public == key.public_key() => vec![Entry::Identity(Identity { alias, key, chain })],
            _ => {
                let apart =
                    chain.into_iter().map(|certificate| Entry::Certificate { alias: alias.clone(), certificate });
                let apart: Vec<Entry> = apart.collect();
                std::iter::once(Entry::LoneKey { alias, key }).chain(apart).collect()
            }
        },
        (Err(error), _) | (_, Err(error)) => vec![Entry::Unreadable { alias, error }],
    }
}

/// What stands at the end of a store: it guards the entries before it, not the keys in them.
pub(crate) fn store_digest(content: &[u8], password: &Password) -> Result<[u8; DIGEST]> {
    let mut hash = Sha1::new();
    hash.update(utf16(password)?.as_slice());
    hash.update(WHITENER);
    hash.update(content);
    Ok(hash.finalize().into())
}

/// The password's characters in UTF-16, big-endian, without an end.
fn utf16(password: &Password) -> Result<Zeroizing<Vec<u8>>> {
    let mut bmp = bmp_forms(password)?.swap_remove(0);
    let length = bmp.len() - 2;
    bmp.truncate(length);
    Ok(bmp)
}

/// XORs `text` with the stream SHA-1(password | salt), SHA-1(password | previous block), ...
fn apply_stream(password: &[u8], salt: &[u8], text: &mut [u8]) {
    let mut block = Zeroizing::new([0u8; SALT]);
    block.copy_from_slice(salt);
    for chunk in text.chunks_mut(DIGEST) {
        *block = Sha1::new().chain_update(password).chain_update(block.as_slice()).finalize().into();
        chunk.iter_mut().zip(block.iter()).for_each(|(octet, key)| *octet ^= key);
    }
}

fn unprotect(der: &[u8], password: &Password) -> Result<PrivateKey> {
    let parts = asn1::children(asn1::split(der)?.0.value);
    let [algorithm, protected] = parts.as_slice() else { return Err(malformed()) };
    let oid = asn1::split(algorithm.value)?.0.value;
    if oid != ALGORITHM_OID {
        let name = const_oid::ObjectIdentifier::from_bytes(oid).map_or("?".to_owned(), crate::key::oid_name);
        return Err(Error::unsupported(format!("holds a key under a protection that is not read here: {name}")));
    }
    let value = protected.value;
    let length = value.len().checked_sub(SALT + DIGEST).ok_or_else(malformed)?;
    let (salt, rest) = value.split_at(SALT);
    let (ciphertext, digest) = rest.split_at(length);
    let password = utf16(password)?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    apply_stream(&password, salt, &mut plain);
    let expected: [u8; DIGEST] =
        Sha1::new().chain_update(password.as_slice()).chain_update(plain.as_slice()).finalize().into();
    if expected != digest {
        return Err(Error::new(ErrorKind::Password, "the key has another password than the store, or is damaged")
            .with_hint("give the key's own password with --key-password-from"));
    }
    PrivateKey::from_pkcs8_der(&plain)
}

fn protect(key: &PrivateKey, password: &[u8], rng: &mut impl TryCryptoRng) -> Result<Vec<u8>> {
    let plain = key.to_pkcs8_der()?;
    let mut salt = [0; SALT];
    random::fill(rng, &mut salt)?;
    let mut text = Zeroizing::new(plain.as_bytes().to_vec());
    apply_stream(password, &salt, &mut text);
    let digest: [u8; DIGEST] = Sha1::new().chain_update(password).chain_update(plain.as_bytes()).finalize().into();
    let protected = [&salt, text.as_slice(), &digest].concat();
    Ok(asn1::sequence(&[ALGORITHM, &asn1::octet_string(&protected)]))
}

pub(super) fn write(
    keystore: &Keystore,
    password: &Password,
    now: SystemTime,
    rng: &mut impl TryCryptoRng,
) -> Result<SecretBytes> {
    let too_long = || Error::policy("an entry is too long for a JKS keystore");
    let put_u32 = |out: &mut Vec<u8>, number: usize| -> Result<()> {
        out.extend(u32::try_from(number).map_err(|_| too_long())?.to_be_bytes());
        Ok(())
    };
    let put_text = |out: &mut Vec<u8>, text: &str| -> Result<()> {
        let octets = to_modified_utf8(text);
        out.extend(u16::try_from(octets.len()).map_err(|_| too_long())?.to_be_bytes());
        out.extend(octets);
        Ok(())
    };
    let put_certificate = |out: &mut Vec<u8>, certificate: &Certificate| -> Result<()> {
        put_text(out, "X.509")?;
        put_u32(out, certificate.to_der().len())?;
        out.extend(certificate.to_der());
        Ok(())
    };
    let created = creation_time(now);
    let secret = utf16(password)?;
    let mut content = [MAGIC.as_slice(), &VERSION.to_be_bytes()].concat();
    put_u32(&mut content, keystore.entries.len())?;
    for entry in &keystore.entries {
        // Java looks the lower case up, so any other is never found.
        let alias = entry.alias().to_lowercase();
        let tag = if matches!(entry, Entry::Certificate { .. }) { TRUSTED } else { PRIVATE_KEY };
        content.extend(tag.to_be_bytes());
        put_text(&mut content, &alias)?;
        content.extend(created);
        match entry {
            Entry::Certificate { certificate, .. } => put_certificate(&mut content, certificate)?,
            Entry::Identity(identity) => {
                let protected = protect(identity.key(), &secret, rng)?;
                put_u32(&mut content, protected.len())?;
                content.extend(protected);
                put_u32(&mut content, identity.chain().len())?;
                identity.chain().iter().try_for_each(|certificate| put_certificate(&mut content, certificate))?;
            }
            Entry::LoneKey { alias, .. } => {
                return Err(Error::unsupported(format!("the key \"{alias}\" has no certificate, which JKS asks for")));
            }
            // Looked for before anything is written.
            Entry::Unreadable { .. } => return Err(malformed()),
        }
    }
    let digest = store_digest(&content, password)?;
    content.extend(digest);
    Ok(SecretBytes::new(content))
}

/// Milliseconds since 1970.
fn creation_time(now: SystemTime) -> [u8; 8] {
    let created = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
    u64::try_from(created).unwrap_or(u64::MAX).to_be_bytes()
}

/// `DataOutput.writeUTF`: a zero in two octets, and characters beyond the basic plane as two surrogates of three each.
fn to_modified_utf8(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let [high, low] = unit.to_be_bytes();
        match unit {
            1..=0x7f => out.push(low),
            0 | 0x80..=0x7ff => out.extend([0xc0 | high << 2 | low >> 6, 0x80 | low & 0x3f]),
            _ => out.extend([0xe0 | high >> 4, 0x80 | (high << 2 | low >> 6) & 0x3f, 0x80 | low & 0x3f]),
        }
    }
    out
}

fn from_modified_utf8(octets: &[u8]) -> String {
    let mut units = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, tail @ ..] = rest {
        let low = |octet: &u8| u16::from(octet & 0x3f);
        (rest, _) = match (first, tail) {
            (0..=0x7f, _) => (tail, units.push(u16::from(*first))),
            (0xc0..=0xdf, [second, after @ ..]) => (after, units.push(u16::from(first & 0x1f) << 6 | low(second))),
            (0xe0..=0xef, [second, third, after @ ..]) => {
                (after, units.push(u16::from(first & 0x0f) << 12 | low(second) << 6 | low(third)))
            }
            _ => (tail, units.push(0xfffd)),
        };
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modified_utf8_is_javas() {
        assert_eq!(to_modified_utf8("aü€\u{0}"), b"a\xc3\xbc\xe2\x82\xac\xc0\x80");
        assert_eq!(to_modified_utf8("😀"), b"\xed\xa0\xbd\xed\xb8\x80");
        for text in ["", "servercert", "Grüße €", "a\u{0}b", "😀"] {
            assert_eq!(from_modified_utf8(&to_modified_utf8(text)), text);
        }
        // Whatever it is, it ends.
        assert_eq!(from_modified_utf8(b"\xff\xc3\xe2\x82").chars().count(), 3);
    }
}
