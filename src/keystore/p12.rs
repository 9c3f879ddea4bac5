//! PKCS#12 (RFC 7292), read and written.
//!
//! p12-keystore is a test's second opinion here, not the codec: it gives the leaf's certificate bag the subject for a
//! friendlyName, draws salts of its own, neither wipes keys nor names algorithms in its errors, and reads no BER (NSS), no
//! RC2 with 128 bits and no more than its own bounds. What is left to do is a walk over nested sequences; the
//! cryptography is `pbe`'s and `pkcs12`'s.

mod read;
mod write;

use const_oid::ObjectIdentifier;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use sha2::digest::FixedOutputReset;
use sha2::digest::block_api::BlockSizeUser;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

pub(super) use read::{certificates, has_all_in_plain, open, outline};
pub(super) use write::write;

use crate::error::Error;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.2");
const CERT_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.3");
const CRL_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.4");
const SECRET_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.5");
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
pub(super) const MOST_ITERATIONS: u32 = 1_000_000;
/// Of the MAC and every part that is seen without the password: a few seconds.
const MOST_IN_ALL: u64 = 5_000_000;
/// Real files hold a handful, trust stores a few hundred.
const MOST_BAGS: usize = 1_000;

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

fn too_many(count: impl std::fmt::Display, most: u64) -> Error {
    Error::policy(format!("asks for {count} iterations, {most} is the most that is done for a PKCS#12 file"))
        .with_hint("a file like this only serves to keep a machine busy; export it anew")
}

/// The MAC over `content` (RFC 7292, section 5.1), its key derived from the password's BMP form; `None` for a hash that is
/// not known here.
fn mac(hash: ObjectIdentifier, password: &[u8], salt: &[u8], iterations: u32, content: &[u8]) -> Option<Vec<u8>> {
    match hash {
        SHA_1 => hmac_of::<Sha1>(password, salt, iterations, content),
        SHA_256 => hmac_of::<Sha256>(password, salt, iterations, content),
        SHA_384 => hmac_of::<Sha384>(password, salt, iterations, content),
        SHA_512 => hmac_of::<Sha512>(password, salt, iterations, content),
        _ => None,
    }
}

fn hmac_of<D>(password: &[u8], salt: &[u8], iterations: u32, content: &[u8]) -> Option<Vec<u8>>
where
    D: EagerHash + Digest + FixedOutputReset + BlockSizeUser,
{
    let rounds = i32::try_from(iterations).ok()?;
    let key = derive_key::<D>(password, salt, Pkcs12KeyType::Mac, rounds, <D as Digest>::output_size());
    let mac = Hmac::<D>::new_from_slice(&Zeroizing::new(key)).ok()?;
    Some(mac.chain_update(content).finalize().into_bytes().to_vec())
}
