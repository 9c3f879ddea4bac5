//! PKCS#12 out.

use std::collections::HashSet;

use const_oid::ObjectIdentifier;
use der::Encode;
use rand_core::TryCryptoRng;

use super::{
    ANY_EXTENDED_KEY_USAGE, CERT_BAG, Compatibility, DATA, ENCRYPTED_DATA, FRIENDLY_NAME, LOCAL_KEY_ID, SHA_1, SHA_256,
    SHROUDED_KEY_BAG, TRUSTED_KEY_USAGE, X509_CERTIFICATE, malformed,
};
use crate::asn1::{self, tag};
use crate::error::{Error, Result};
use crate::keystore::{Entry, Keystore};
use crate::pbe::{Sealer, bmp_forms};
use crate::random;
use crate::secret::{Password, SecretBytes};

fn internal(error: der::Error) -> Error {
    Error::malformed("the keystore cannot be encoded").with_source(error)
}

pub(in crate::keystore) fn write(
    keystore: &Keystore,
    password: &Password,
    compatibility: Compatibility,
    iterations: u32,
    rng: &mut impl TryCryptoRng,
) -> Result<SecretBytes> {
    let (mut cert_bags, mut key_bags) = (Vec::new(), Vec::new());
    let mut issuers = HashSet::new();
    for (index, entry) in keystore.entries.iter().enumerate() {
        let name = attribute(FRIENDLY_NAME, &bmp_string(entry.alias()))?;
        // SHA-1 of the certificate in OpenSSL, any octets in the standard: the entry's number tells entries apart.
        let id = attribute(LOCAL_KEY_ID, &asn1::octet_string(&(index as u32 + 1).to_be_bytes()))?;
        let (key, chain) = match entry {
            Entry::Identity(identity) => (Some(identity.key()), identity.chain()),
            Entry::LoneKey { key, .. } => (Some(key), [].as_slice()),
            Entry::Certificate { certificate, .. } => (None, std::slice::from_ref(certificate)),
            // Looked for before anything is written.
            Entry::Unreadable { .. } => return Err(malformed()),
        };
        if let Some(key) = key {
            let shrouded = key.seal(sealer(password, compatibility, iterations, rng)?)?;
            let der = shrouded.to_pkcs8_der().ok_or_else(malformed)?;
            key_bags.push(bag(SHROUDED_KEY_BAG, der, &[&name, &id])?);
        }
        for (place, certificate) in chain.iter().enumerate() {
            // Once for all chains: 400 keys of one CA would else be more bags than are read.
            if place > 0 && !issuers.insert(certificate.to_der()) {
                continue;
            }
            let attributes: Vec<Vec<u8>> = match (key, place) {
                (Some(_), 0) => vec![name.clone(), id.clone()],
                (Some(_), _) => Vec::new(),
                (None, _) => {
                    let any = ANY_EXTENDED_KEY_USAGE.to_der().map_err(internal)?;
                    vec![name.clone(), attribute(TRUSTED_KEY_USAGE, &any)?]
                }
            };
            let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
            let octets = asn1::tagged(tag::EXPLICIT_0, &[&asn1::octet_string(certificate.to_der())]);
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
    rng: &mut impl TryCryptoRng,
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
    rng: &mut impl TryCryptoRng,
) -> Result<Vec<u8>> {
    let mut salt = [0; 16];
    random::fill(rng, &mut salt)?;
    let digest = match compatibility {
        Compatibility::Modern => SHA_256,
        Compatibility::Java8 | Compatibility::Windows2016 => SHA_1,
    };
    let value = super::mac(digest, &bmp_forms(password)?[0], &salt, iterations, safe).ok_or_else(malformed)?;
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
    Ok(asn1::sequence(&[&kind.to_der().map_err(internal)?, &asn1::tagged(tag::EXPLICIT_0, &[content])]))
}

fn bag(kind: ObjectIdentifier, value: &[u8], attributes: &[&[u8]]) -> Result<Vec<u8>> {
    let kind = kind.to_der().map_err(internal)?;
    let value = asn1::tagged(tag::EXPLICIT_0, &[value]);
    // The members of a SET are sorted in DER (X.690, section 11.6).
    let mut attributes = attributes.to_vec();
    attributes.sort_unstable();
    Ok(match attributes.is_empty() {
        true => asn1::sequence(&[&kind, &value]),
        false => asn1::sequence(&[&kind, &value, &asn1::tagged(tag::SET, &attributes)]),
    })
}

fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>> {
    Ok(asn1::sequence(&[&kind.to_der().map_err(internal)?, &asn1::tagged(tag::SET, &[value])]))
}

fn bmp_string(text: &str) -> Vec<u8> {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    asn1::tagged(0x1e, &[&octets])
}
