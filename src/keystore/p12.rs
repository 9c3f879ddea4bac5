//! PKCS#12 (RFC 7292), read and written.
//!
//! p12-keystore is a test's second opinion here, not the codec: it gives the leaf's certificate bag the subject for a
//! friendlyName, draws salts of its own, neither wipes keys nor names algorithms in its errors, and reads no BER (NSS), no
//! RC2 with 128 bits and no more than its own bounds. What is left to do is a walk over nested sequences; the
//! cryptography is `pbe`'s and `pkcs12`'s.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::{Decode, Encode};
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use rand_core::CryptoRng;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Entry, Keystore, assemble};
use crate::asn1::{self, Element};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{EncryptedPrivateKey, PrivateKey, oid_name};
use crate::pbe::{Protection, Scheme, Sealer, bmp_forms};
use crate::secret::{Password, SecretBytes};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.3");
const SAFE_CONTENTS_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.6");
const X509_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = oid("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = oid("1.2.840.113549.1.9.21");
/// Oracle's mark of a certificate that Java lists as trusted, with the value anyExtendedKeyUsage.
const TRUSTED_KEY_USAGE: ObjectIdentifier = oid("2.16.840.1.113894.746875.1.1");
const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37.0");
const SHA_1: ObjectIdentifier = oid("1.3.14.3.2.26");
const SHA_256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
const SHA_384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");

/// More would be a file that keeps a machine busy: each of its bags may ask for as many.
const MOST_ITERATIONS: u32 = 1_000_000;
/// Real files hold a handful.
const MOST_BAGS: usize = 10_000;

/// Who has to be able to read a PKCS#12 file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// AES-256 with PBKDF2-HMAC-SHA256, and a SHA-256 MAC: OpenSSL, Java from 8u301, Windows from 2019.
    #[default]
    Modern,
    /// 3DES and SHA-1: Java before 8u301.
    Java8,
    /// 3DES and SHA-1: Windows Server 2012 R2 and 2016.
    Windows2016,
}

fn malformed() -> Error {
    Error::malformed("is no PKCS#12 file that can be read")
}

fn internal(error: der::Error) -> Error {
    Error::malformed("the keystore cannot be encoded").with_source(error)
}

/// What a file shows without its password.
pub(super) struct Outline {
    pub(super) der: Vec<u8>,
    pub(super) protections: Vec<Protection>,
    pub(super) mac: Option<String>,
}

/// A PFX, split into its parts.
struct Pfx<'a> {
    /// The AuthenticatedSafe, and what the MAC is over.
    safe: Cow<'a, [u8]>,
    mac: Option<MacData<'a>>,
}

struct MacData<'a> {
    digest: ObjectIdentifier,
    value: &'a [u8],
    salt: &'a [u8],
    iterations: u32,
}

/// One ContentInfo of the AuthenticatedSafe.
enum Content {
    Plain(Vec<u8>),
    Encrypted { scheme: Scheme, ciphertext: Vec<u8> },
}

pub(super) fn outline(bytes: &[u8]) -> Result<Outline> {
    let der = asn1::to_der(bytes)?;
    asn1::check(&der)?;
    let pfx = Pfx::read(&der)?;
    let mut protections = Vec::new();
    let mut add = |protection: Protection| {
        if !protections.contains(&protection) {
            protections.push(protection);
        }
    };
    for content in pfx.contents()? {
        match content {
            Content::Encrypted { scheme, .. } => add(scheme.protection()),
            Content::Plain(bags) => {
                for bag in read_bags(&bags, 0)? {
                    if let Bagged::ShroudedKey(key) = bag.value {
                        add(key?.protection()?);
                    }
                }
            }
        }
    }
    let mac = pfx.mac.as_ref().map(|mac| format!("MAC with {}, {} iterations", hash_name(mac.digest), mac.iterations));
    drop(pfx);
    Ok(Outline { der: der.into_owned(), protections, mac })
}

impl<'a> Pfx<'a> {
    fn read(der: &'a [u8]) -> Result<Self> {
        let parts = asn1::children(asn1::split(der)?.0.value);
        let (safe, mac) = match parts.as_slice() {
            [_, safe] => (safe, None),
            [_, safe, mac] => (safe, Some(MacData::read(mac)?)),
            _ => return Err(malformed()),
        };
        let (kind, content) = content_info(safe)?;
        if kind != DATA {
            return Err(Error::unsupported(format!("is protected with {} instead of a password", oid_name(kind)))
                .with_hint("export it again where it was made, with a password"));
        }
        Ok(Self { safe: octets(&content), mac })
    }

    fn contents(&self) -> Result<Vec<Content>> {
        let safe = asn1::to_der(&self.safe)?;
        asn1::check(&safe)?;
        let contents = asn1::children(asn1::split(&safe)?.0.value);
        contents.iter().map(Content::read).collect()
    }

    /// Tells a wrong password from damage: what the MAC passes is as it was made.
    fn verify(&self, password: &Password) -> Result<()> {
        let Some(mac) = &self.mac else { return Ok(()) };
        let holds = bmp_forms(password)?.iter().any(|password| mac.is_over(&self.safe, password));
        if holds {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Password, "wrong password, or changed since it was made: its MAC does not hold")
            .with_hint("try the password again; if it is right, get the file again from where it was made"))
    }
}

impl<'a> MacData<'a> {
    fn read(element: &Element<'a>) -> Result<Self> {
        let parts = asn1::children(element.value);
        let (info, salt, iterations) = match parts.as_slice() {
            [info, salt] => (info, salt, 1),
            [info, salt, count] => (info, salt, u32::from_der(count.whole).map_err(|_| too_many("too many"))?),
            _ => return Err(malformed()),
        };
        if iterations > MOST_ITERATIONS {
            return Err(too_many(iterations));
        }
        let info = asn1::children(info.value);
        let [algorithm, value] = info.as_slice() else { return Err(malformed()) };
        let digest = read_oid(asn1::children(algorithm.value).first().ok_or_else(malformed)?)?;
        if ![SHA_1, SHA_256, SHA_384, SHA_512].contains(&digest) {
            return Err(Error::unsupported(format!("has a MAC that is not read here: {}", oid_name(digest)))
                .with_hint("export it again with a MAC of SHA-256 (OpenSSL: -macalg sha256)"));
        }
        Ok(Self { digest, value: value.value, salt: salt.value, iterations })
    }

    fn is_over(&self, content: &[u8], password: &[u8]) -> bool {
        let rounds = i32::try_from(self.iterations).unwrap_or(i32::MAX);
        let salt = self.salt;
        match self.digest {
            SHA_1 => {
                let key = derive_key::<Sha1>(password, salt, Pkcs12KeyType::Mac, rounds, Sha1::output_size());
                Hmac::<Sha1>::new_from_slice(&key)
                    .is_ok_and(|mac| mac.chain_update(content).verify_slice(self.value).is_ok())
            }
            SHA_256 => {
                let key = derive_key::<Sha256>(password, salt, Pkcs12KeyType::Mac, rounds, Sha256::output_size());
                Hmac::<Sha256>::new_from_slice(&key)
                    .is_ok_and(|mac| mac.chain_update(content).verify_slice(self.value).is_ok())
            }
            SHA_384 => {
                let key = derive_key::<Sha384>(password, salt, Pkcs12KeyType::Mac, rounds, Sha384::output_size());
                Hmac::<Sha384>::new_from_slice(&key)
                    .is_ok_and(|mac| mac.chain_update(content).verify_slice(self.value).is_ok())
            }
            _ => {
                let key = derive_key::<Sha512>(password, salt, Pkcs12KeyType::Mac, rounds, Sha512::output_size());
                Hmac::<Sha512>::new_from_slice(&key)
                    .is_ok_and(|mac| mac.chain_update(content).verify_slice(self.value).is_ok())
            }
        }
    }
}

fn too_many(count: impl std::fmt::Display) -> Error {
    Error::policy(format!("asks for {count} iterations, {MOST_ITERATIONS} is the most that is done for a PKCS#12 file"))
        .with_hint("a file like this only serves to keep a machine busy; export it anew")
}

fn hash_name(digest: ObjectIdentifier) -> String {
    match digest {
        SHA_1 => "SHA-1".to_owned(),
        SHA_256 => "SHA-256".to_owned(),
        SHA_384 => "SHA-384".to_owned(),
        SHA_512 => "SHA-512".to_owned(),
        other => oid_name(other),
    }
}

fn read_oid(element: &Element<'_>) -> Result<ObjectIdentifier> {
    ObjectIdentifier::from_bytes(element.value).map_err(|_| malformed())
}

/// The type of a ContentInfo, and what is inside its `[0]`.
fn content_info<'a>(element: &Element<'a>) -> Result<(ObjectIdentifier, Element<'a>)> {
    let parts = asn1::children(element.value);
    let [kind, wrapped] = parts.as_slice() else { return Err(malformed()) };
    Ok((read_oid(kind)?, asn1::split(wrapped.value)?.0))
}

/// The octets of an OCTET STRING; of one in pieces (BER), the pieces put together.
fn octets<'a>(element: &Element<'a>) -> Cow<'a, [u8]> {
    const CONSTRUCTED: u8 = 0x20;
    match element.tag & CONSTRUCTED {
        0 => Cow::Borrowed(element.value),
        _ => asn1::children(element.value).iter().flat_map(|piece| piece.value).copied().collect::<Vec<u8>>().into(),
    }
}

impl Content {
    fn read(element: &Element<'_>) -> Result<Self> {
        let (kind, content) = content_info(element)?;
        match kind {
            DATA => Ok(Self::Plain(octets(&content).into_owned())),
            ENCRYPTED_DATA => {
                let parts = asn1::children(content.value);
                let info = asn1::children(parts.get(1).ok_or_else(malformed)?.value);
                let [_, algorithm, ciphertext] = info.as_slice() else { return Err(malformed()) };
                let scheme = Scheme::parse(algorithm.whole)?;
                let iterations = scheme.protection().iterations;
                if iterations > u64::from(MOST_ITERATIONS) {
                    return Err(too_many(iterations));
                }
                Ok(Self::Encrypted { scheme, ciphertext: octets(ciphertext).into_owned() })
            }
            kind => Err(Error::unsupported(format!("holds a part that is not read here: {}", oid_name(kind)))),
        }
    }
}

struct Bag {
    value: Bagged,
    alias: Option<String>,
    local_key_id: Option<Vec<u8>>,
}

enum Bagged {
    Key(SecretBytes),
    ShroudedKey(Result<EncryptedPrivateKey>),
    Certificate(Result<Certificate>),
    /// CRLs and secrets, which have no use here.
    Other,
}

/// The bags of SafeContents; nested ones too.
fn read_bags(contents: &[u8], depth: usize) -> Result<Vec<Bag>> {
    let contents = asn1::to_der(contents)?;
    asn1::check(&contents)?;
    let bags = asn1::children(asn1::split(&contents)?.0.value);
    if bags.len() > MOST_BAGS || depth > 4 {
        return Err(Error::policy("holds more entries than any real keystore"));
    }
    let mut found = Vec::new();
    for bag in bags {
        let parts = asn1::children(bag.value);
        let (Some(kind), Some(wrapped)) = (parts.first(), parts.get(1)) else { return Err(malformed()) };
        let inner = asn1::split(wrapped.value)?.0;
        let value = match read_oid(kind)? {
            KEY_BAG => Bagged::Key(SecretBytes::new(inner.whole.to_vec())),
            SHROUDED_KEY_BAG => {
                let key = EncryptedPrivateKey::from_pkcs8_der(inner.whole);
                let protection = key.as_ref().ok().and_then(|key| key.protection().ok());
                match protection.map(|protection| protection.iterations) {
                    Some(count) if count > u64::from(MOST_ITERATIONS) => return Err(too_many(count)),
                    _ => Bagged::ShroudedKey(key),
                }
            }
            CERT_BAG => {
                let cert = asn1::children(inner.value);
                match cert.as_slice() {
                    [kind, wrapped] if read_oid(kind)? == X509_CERTIFICATE => {
                        let der = octets(&asn1::split(wrapped.value)?.0).into_owned();
                        Bagged::Certificate(Certificate::from_der(&der))
                    }
                    _ => Bagged::Other,
                }
            }
            SAFE_CONTENTS_BAG => {
                found.extend(read_bags(inner.whole, depth + 1)?);
                continue;
            }
            _ => Bagged::Other,
        };
        let (alias, local_key_id) = attributes(parts.get(2));
        found.push(Bag { value, alias, local_key_id });
    }
    Ok(found)
}

fn attributes(set: Option<&Element<'_>>) -> (Option<String>, Option<Vec<u8>>) {
    let (mut alias, mut local_key_id) = (None, None);
    for attribute in set.map(|set| asn1::children(set.value)).unwrap_or_default() {
        let parts = asn1::children(attribute.value);
        let [kind, values] = parts.as_slice() else { continue };
        let Ok((value, _)) = asn1::split(values.value) else { continue };
        match read_oid(kind) {
            Ok(FRIENDLY_NAME) => {
                let units: Vec<u16> =
                    value.value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                alias = Some(String::from_utf16_lossy(&units)).filter(|alias| !alias.is_empty());
            }
            Ok(LOCAL_KEY_ID) => local_key_id = Some(value.value.to_vec()),
            _ => {}
        }
    }
    (alias, local_key_id)
}

pub(super) fn open(der: &[u8], password: &Password, key_password: &Password) -> Result<Keystore> {
    let pfx = Pfx::read(der)?;
    pfx.verify(password)?;
    let mut keys = Vec::new();
    let mut certificates = Vec::new();
    for content in pfx.contents()? {
        let bags = match content {
            Content::Plain(bags) => read_bags(&bags, 0)?,
            Content::Encrypted { scheme, ciphertext } => {
                let plain = scheme.decrypt(password, &ciphertext)?;
                if asn1::check(plain.as_bytes()).is_err() && asn1::to_der(plain.as_bytes()).is_err() {
                    return Err(crate::pbe::wrong_password());
                }
                read_bags(plain.as_bytes(), 0)?
            }
        };
        for bag in bags {
            match bag.value {
                Bagged::Key(key) => {
                    keys.push((bag.alias, bag.local_key_id, PrivateKey::from_pkcs8_der(key.as_bytes())))
                }
                Bagged::ShroudedKey(key) => {
                    keys.push((bag.alias, bag.local_key_id, key.and_then(|key| key.decrypt(key_password))));
                }
                Bagged::Certificate(certificate) => certificates.push((bag.alias, bag.local_key_id, certificate?)),
                Bagged::Other => {}
            }
        }
    }
    // A key without a name has its certificate's; one without any is called by its place, as Java does.
    let mut named = Vec::new();
    for (index, (alias, id, key)) in keys.into_iter().enumerate() {
        let of_certificate = || {
            let same = certificates.iter().find(|(_, other, _)| id.is_some() && *other == id);
            same.and_then(|(alias, ..)| alias.clone())
        };
        named.push((alias.or_else(of_certificate).unwrap_or_else(|| (index + 1).to_string()), key));
    }
    let certificates = certificates.into_iter().map(|(alias, _, certificate)| (alias, certificate)).collect();
    Ok(assemble(named, certificates))
}

pub(super) fn write(
    keystore: &Keystore,
    password: &Password,
    compatibility: Compatibility,
    iterations: u32,
    rng: &mut impl CryptoRng,
) -> Result<SecretBytes> {
    let (mut cert_bags, mut key_bags) = (Vec::new(), Vec::new());
    for (index, entry) in keystore.entries.iter().enumerate() {
        let name = attribute(FRIENDLY_NAME, &bmp_string(entry.alias()))?;
        // SHA-1 of the certificate in OpenSSL, any octets in the standard: the entry's number tells entries apart.
        let id = attribute(LOCAL_KEY_ID, &asn1::octet_string(&(index as u32 + 1).to_be_bytes()))?;
        let (key, chain) = match entry {
            Entry::Identity(identity) => (Some(identity.key()), identity.chain()),
            Entry::LoneKey { key, .. } => (Some(key), [].as_slice()),
            Entry::Certificate { certificate, .. } => (None, std::slice::from_ref(certificate)),
            Entry::Unreadable { alias, error } => {
                return Err(Error::new(error.kind(), format!("the entry \"{alias}\" could not be read: {error}"))
                    .with_hint(error.hint().unwrap_or("leave it out with --only").to_owned()));
            }
        };
        if let Some(key) = key {
            let shrouded = key.seal(sealer(password, compatibility, iterations, rng)?)?;
            let der = shrouded.to_pkcs8_der().ok_or_else(malformed)?;
            key_bags.push(bag(SHROUDED_KEY_BAG, der, &[&name, &id])?);
        }
        for (place, certificate) in chain.iter().enumerate() {
            let attributes: Vec<Vec<u8>> = match (key, place) {
                (Some(_), 0) => vec![name.clone(), id.clone()],
                (Some(_), _) => Vec::new(),
                (None, _) => {
                    let any = ANY_EXTENDED_KEY_USAGE.to_der().map_err(internal)?;
                    vec![name.clone(), attribute(TRUSTED_KEY_USAGE, &any)?]
                }
            };
            let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
            let octets = asn1::tagged(0xa0, &[&asn1::octet_string(certificate.to_der())]);
            let kind = X509_CERTIFICATE.to_der().map_err(internal)?;
            cert_bags.push(bag(CERT_BAG, &asn1::sequence(&[&kind, &octets]), &attributes)?);
        }
    }
    let mut contents = Vec::new();
    if !cert_bags.is_empty() {
        let sealer = sealer(password, compatibility, iterations, rng)?;
        let algorithm = sealer.algorithm().to_vec();
        let ciphertext = sealer.seal(&joined(&cert_bags))?;
        let kind = DATA.to_der().map_err(internal)?;
        let info = asn1::sequence(&[&kind, &algorithm, &asn1::tagged(0x80, &[&ciphertext])]);
        contents.push(wrap(ENCRYPTED_DATA, &asn1::sequence(&[&[0x02, 0x01, 0x00], &info]))?);
    }
    if !key_bags.is_empty() {
        contents.push(wrap(DATA, &asn1::octet_string(&joined(&key_bags)))?);
    }
    let safe = joined(&contents);
    let mac = mac(&safe, password, compatibility, iterations, rng)?;
    let safe = wrap(DATA, &asn1::octet_string(&safe))?;
    Ok(SecretBytes::new(asn1::sequence(&[&[0x02, 0x01, 0x03], &safe, &mac])))
}

fn sealer(
    password: &Password,
    compatibility: Compatibility,
    iterations: u32,
    rng: &mut impl CryptoRng,
) -> Result<Sealer> {
    match compatibility {
        Compatibility::Modern => Sealer::pbes2(password, iterations, rng),
        Compatibility::Java8 | Compatibility::Windows2016 => Sealer::triple_des(password, iterations, rng),
    }
}

fn mac(
    safe: &[u8],
    password: &Password,
    compatibility: Compatibility,
    iterations: u32,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let bmp = bmp_forms(password)?;
    let rounds = i32::try_from(iterations).map_err(|_| too_many(iterations))?;
    let (digest, value) = match compatibility {
        Compatibility::Modern => {
            let key = derive_key::<Sha256>(&bmp[0], &salt, Pkcs12KeyType::Mac, rounds, Sha256::output_size());
            (
                SHA_256,
                Hmac::<Sha256>::new_from_slice(&key).map(|mac| mac.chain_update(safe).finalize().into_bytes().to_vec()),
            )
        }
        Compatibility::Java8 | Compatibility::Windows2016 => {
            let key = derive_key::<Sha1>(&bmp[0], &salt, Pkcs12KeyType::Mac, rounds, Sha1::output_size());
            (
                SHA_1,
                Hmac::<Sha1>::new_from_slice(&key).map(|mac| mac.chain_update(safe).finalize().into_bytes().to_vec()),
            )
        }
    };
    let value = value.map_err(|_| malformed())?;
    let algorithm = asn1::sequence(&[&digest.to_der().map_err(internal)?, &[0x05, 0x00]]);
    let info = asn1::sequence(&[&algorithm, &asn1::octet_string(&value)]);
    Ok(asn1::sequence(&[&info, &asn1::octet_string(&salt), &iterations.to_der().map_err(internal)?]))
}

fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    asn1::sequence(&parts)
}

/// `content` in a ContentInfo.
fn wrap(kind: ObjectIdentifier, content: &[u8]) -> Result<Vec<u8>> {
    Ok(asn1::sequence(&[&kind.to_der().map_err(internal)?, &asn1::tagged(0xa0, &[content])]))
}

fn bag(kind: ObjectIdentifier, value: &[u8], attributes: &[&[u8]]) -> Result<Vec<u8>> {
    let kind = kind.to_der().map_err(internal)?;
    let value = asn1::tagged(0xa0, &[value]);
    // The members of a SET are sorted in DER (X.690, section 11.6).
    let mut attributes = attributes.to_vec();
    attributes.sort_unstable();
    Ok(match attributes.is_empty() {
        true => asn1::sequence(&[&kind, &value]),
        false => asn1::sequence(&[&kind, &value, &asn1::tagged(0x31, &attributes)]),
    })
}

fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>> {
    Ok(asn1::sequence(&[&kind.to_der().map_err(internal)?, &asn1::tagged(0x31, &[value])]))
}

fn bmp_string(text: &str) -> Vec<u8> {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    asn1::tagged(0x1e, &[&octets])
}
