//! PKCS#12 in: a walk over nested sequences, in which every length, count and algorithm is looked at before it is used.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::Decode;

use super::{
    CERT_BAG, CRL_BAG, DATA, ENCRYPTED_DATA, FRIENDLY_NAME, KEY_BAG, LOCAL_KEY_ID, MOST_BAGS, MOST_IN_ALL,
    MOST_ITERATIONS, SAFE_CONTENTS_BAG, SECRET_BAG, SHA_1, SHA_256, SHA_384, SHA_512, SHROUDED_KEY_BAG,
    TRUSTED_KEY_USAGE, X509_CERTIFICATE, mac, malformed, too_many,
};
use crate::asn1::{self, Element};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{EncryptedPrivateKey, PrivateKey, oid_name};
use crate::keystore::assembly::{LooseCertificate, LooseKey, assemble};
use crate::keystore::{Entry, Keystore, VisibleCertificate};
use crate::pbe::{Protection, Scheme, bmp_forms};
use crate::secret::{Password, SecretBytes};

/// What a file shows without its password.
pub(in crate::keystore) struct Outline {
    pub(in crate::keystore) der: Vec<u8>,
    pub(in crate::keystore) protections: Vec<Protection>,
    pub(in crate::keystore) mac: Option<String>,
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

pub(in crate::keystore) fn outline(bytes: &[u8]) -> Result<Outline> {
    let der = asn1::to_der(bytes)?;
    asn1::check(&der)?;
    let pfx = Pfx::read(&der)?;
    let (mut protections, mut count) = (Vec::new(), 0);
    let mut total = pfx.mac.as_ref().map_or(0, |mac| u64::from(mac.iterations));
    let mut add = |protection: Protection| {
        total += protection.iterations;
        if !protections.contains(&protection) {
            protections.push(protection);
        }
    };
    for content in pfx.contents()? {
        match content {
            Content::Encrypted { scheme, .. } => add(scheme.protection()),
            Content::Plain(bags) => {
                let bags = read_bags(&bags, 0)?;
                count += bags.len();
                check_bag_count(count)?;
                for bag in bags {
                    if let Bagged::ShroudedKey(key) = bag.value {
                        add(key?.protection()?);
                    }
                }
            }
        }
    }
    if total > MOST_IN_ALL {
        return Err(too_many(format!("{total} of all its parts together"), MOST_IN_ALL));
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
            [info, salt, count] => (
                info,
                salt,
                u32::from_der(count.whole).map_err(|_| too_many("more than 4294967295", MOST_ITERATIONS.into()))?,
            ),
            _ => return Err(malformed()),
        };
        if iterations > MOST_ITERATIONS {
            return Err(too_many(iterations, MOST_ITERATIONS.into()));
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
        mac(self.digest, password, self.salt, self.iterations, content).is_some_and(|value| value == self.value)
    }
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
                    return Err(too_many(iterations, MOST_ITERATIONS.into()));
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
    is_trusted: bool,
}

enum Bagged {
    Key(SecretBytes),
    ShroudedKey(Result<EncryptedPrivateKey>),
    Certificate(Result<Certificate>),
    /// Something that has no use here, in words.
    Foreign(&'static str),
}

fn check_bag_count(count: usize) -> Result<()> {
    match count {
        0..=MOST_BAGS => Ok(()),
        _ => Err(Error::policy(format!("holds more than {MOST_BAGS} keys and certificates, the most that are read"))),
    }
}

/// The bags of SafeContents; nested ones too.
fn read_bags(contents: &[u8], depth: usize) -> Result<Vec<Bag>> {
    let contents = asn1::to_der(contents)?;
    asn1::check(&contents)?;
    let bags = asn1::children(asn1::split(&contents)?.0.value);
    check_bag_count(bags.len())?;
    if depth > 4 {
        return Err(Error::policy("nests its entries deeper than any real keystore"));
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
                    Some(count) if count > u64::from(MOST_ITERATIONS) => {
                        return Err(too_many(count, MOST_ITERATIONS.into()));
                    }
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
                    _ => Bagged::Foreign("a certificate of another type than X.509"),
                }
            }
            SAFE_CONTENTS_BAG => {
                found.extend(read_bags(inner.whole, depth + 1)?);
                check_bag_count(found.len())?;
                continue;
            }
            CRL_BAG => Bagged::Foreign("a revocation list"),
            SECRET_BAG => Bagged::Foreign("a secret key"),
            _ => Bagged::Foreign("something unknown"),
        };
        found.push(attributes(value, parts.get(2)));
    }
    Ok(found)
}

fn attributes(value: Bagged, set: Option<&Element<'_>>) -> Bag {
    let mut bag = Bag { value, alias: None, local_key_id: None, is_trusted: false };
    for attribute in set.map(|set| asn1::children(set.value)).unwrap_or_default() {
        let parts = asn1::children(attribute.value);
        let [kind, values] = parts.as_slice() else { continue };
        let Ok((value, _)) = asn1::split(values.value) else { continue };
        match read_oid(kind) {
            Ok(FRIENDLY_NAME) => {
                let units: Vec<u16> =
                    value.value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                bag.alias = Some(String::from_utf16_lossy(&units)).filter(|alias| !alias.is_empty());
            }
            Ok(LOCAL_KEY_ID) => bag.local_key_id = Some(value.value.to_vec()),
            Ok(TRUSTED_KEY_USAGE) => bag.is_trusted = true,
            _ => {}
        }
    }
    bag
}

/// The certificates that are not encrypted.
pub(in crate::keystore) fn certificates(der: &[u8]) -> Result<Vec<VisibleCertificate>> {
    let mut found = Vec::new();
    for content in Pfx::read(der)?.contents()? {
        let Content::Plain(bags) = content else { continue };
        for Bag { value, alias, local_key_id, .. } in read_bags(&bags, 0)? {
            if let Bagged::Certificate(certificate) = value {
                let (alias, of_key) = (alias.unwrap_or_default(), local_key_id.is_some());
                found.push(VisibleCertificate { alias, place: 0, of_key, certificate: certificate? });
            }
        }
    }
    Ok(found)
}

/// True if nothing is encrypted as a whole, where certificates may be.
pub(in crate::keystore) fn has_all_in_plain(der: &[u8]) -> bool {
    let contents = Pfx::read(der).and_then(|pfx| pfx.contents());
    contents.is_ok_and(|contents| contents.iter().all(|content| matches!(content, Content::Plain(_))))
}

pub(in crate::keystore) fn open(der: &[u8], password: &Password, key_password: &Password) -> Result<Keystore> {
    let pfx = Pfx::read(der)?;
    pfx.verify(password)?;
    let (mut keys, mut certificates, mut unreadable, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
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
        count += bags.len();
        check_bag_count(count)?;
        for Bag { value, alias, local_key_id: id, is_trusted } in bags {
            let name = |alias: Option<String>| alias.unwrap_or_else(|| "?".to_owned());
            let key = match value {
                Bagged::Key(key) => PrivateKey::from_pkcs8_der(key.as_bytes()),
                Bagged::ShroudedKey(key) => key.and_then(|key| match key.decrypt(key_password) {
                    Err(error) if error.kind() == ErrorKind::Password => key.decrypt(password).map_err(|_| error),
                    other => other,
                }),
                Bagged::Certificate(Ok(certificate)) => {
                    certificates.push(LooseCertificate { alias, id, is_trusted, certificate });
                    continue;
                }
                Bagged::Certificate(Err(error)) => {
                    unreadable.push(Entry::Unreadable { alias: name(alias), error });
                    continue;
                }
                Bagged::Foreign(what) => {
                    let error = Error::unsupported(format!("is {what}, which has no use here"))
                        .with_hint("take the other entries with --only");
                    unreadable.push(Entry::Unreadable { alias: name(alias), error });
                    continue;
                }
            };
            // A key without a name has its certificate's; one without any is called by its place, as Java does.
            keys.push((alias, id, key));
        }
    }
    let keys = keys.into_iter().enumerate().map(|(index, (alias, id, key))| {
        let of_certificate = || certificates.iter().find(|other| id.is_some() && other.id == id)?.alias.clone();
        LooseKey { alias: alias.or_else(of_certificate).unwrap_or_else(|| (index + 1).to_string()), id, key }
    });
    let keys = keys.collect();
    let mut entries = assemble(keys, certificates);
    entries.extend(unreadable);
    Ok(Keystore { entries })
}
