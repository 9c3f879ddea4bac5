//! Reading private keys that a password protects: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958, section 3) and the older
//! PEM encryption.

use std::fmt;

use der::{Decode, ErrorKind as DerError};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Pbkdf2Prf};
use pkcs8::pkcs5::{self, pbes2};

use super::encoding::oid_name;
use super::legacy::LegacyPem;
use super::{PrivateKey, internal};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::{Password, SecretBytes};
use crate::{asn1, pem};

/// Ten million iterations take a second or so; a hostile file could ask for hours.
pub(super) const MOST_ITERATIONS: u32 = 10_000_000;
/// scrypt's 128 * N * r octets, and how often they are gone through.
const MOST_SCRYPT_MEMORY: u64 = 256 << 20;
const MOST_SCRYPT_PASSES: u16 = 16;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// A private key under a password, with what is known of it without the password.
pub struct EncryptedPrivateKey(Form);

enum Form {
    Pkcs8(Vec<u8>),
    Legacy(LegacyPem),
}

/// How an [`EncryptedPrivateKey`] is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The cipher, such as `AES-256-CBC`.
    pub cipher: String,
    /// The key derivation, such as `PBKDF2-HMAC-SHA256`.
    pub derivation: String,
    /// How often the derivation hashes (for scrypt its cost N).
    pub iterations: u64,
    /// True for the PEM encryption of RFC 1421, whose derivation is one MD5.
    pub is_legacy_pem: bool,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {} iteration", self.cipher, self.derivation, self.iterations)?;
        f.write_str(if self.iterations == 1 { "" } else { "s" })
    }
}

impl EncryptedPrivateKey {
    /// Reads a DER EncryptedPrivateKeyInfo. Nothing is derived yet, so nothing here takes long.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) if it is none, [`Unsupported`](ErrorKind::Unsupported) for an algorithm that is
    /// not read (named with its object identifier), [`Policy`](ErrorKind::Policy) beyond 10 million iterations or
    /// 256 MiB of scrypt memory.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        parse(der)?;
        Ok(Self(Form::Pkcs8(der.to_vec())))
    }

    pub(crate) fn from_legacy_pem(block: &pem::Block, body: &SecretBytes) -> Result<Self> {
        LegacyPem::new(block, body).map(|pem| Self(Form::Legacy(pem)))
    }

    /// How the key is protected.
    ///
    /// # Errors
    /// None: what [`Self::from_pkcs8_der`] accepted is described.
    pub fn protection(&self) -> Result<Protection> {
        match &self.0 {
            Form::Pkcs8(der) => parse(der).map(|(parameters, _)| describe(&parameters)),
            Form::Legacy(pem) => Ok(pem.protection()),
        }
    }

    /// Opens the key. This takes as long as its iterations ask for.
    ///
    /// # Errors
    /// [`Password`](ErrorKind::Password) if the password is wrong or the file damaged (the formats cannot tell which),
    /// otherwise those of [`PrivateKey::from_pkcs8_der`].
    pub fn decrypt(&self, password: &Password) -> Result<PrivateKey> {
        match &self.0 {
            Form::Pkcs8(der) => {
                let (parameters, ciphertext) = parse(der)?;
                let plain =
                    SecretBytes::new(parameters.decrypt(password.as_bytes(), ciphertext).map_err(
                        |error| match error {
                            pkcs5::Error::DecryptFailed => wrong_password(),
                            other => internal(other),
                        },
                    )?);
                // One wrong password in 256 survives the padding; what it leaves is no DER.
                if asn1::check(plain.as_bytes()).is_err() {
                    return Err(wrong_password());
                }
                PrivateKey::from_pkcs8_der(plain.as_bytes())
            }
            Form::Legacy(pem) => pem.decrypt(password),
        }
    }

    /// The key as PEM `ENCRYPTED PRIVATE KEY`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for the older PEM encryption, which is read but not made.
    pub fn to_pem(&self) -> Result<SecretBytes> {
        match &self.0 {
            Form::Pkcs8(der) => Ok(pem::encode(LABEL, der)),
            Form::Legacy(_) => Err(Error::unsupported("the old PEM encryption is not made anew")
                .with_hint("open the key and encrypt it again")),
        }
    }
}

impl fmt::Debug for EncryptedPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedPrivateKey(..)")
    }
}

pub(super) fn wrong_password() -> Error {
    Error::new(ErrorKind::Password, "wrong password or damaged")
        .with_hint("try the password again; if it is right, get the file again from where it was made")
}

/// The parameters, inside their bounds, and the ciphertext.
fn parse(der: &[u8]) -> Result<(pbes2::Parameters, &[u8])> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| match error.kind() {
        DerError::OidUnknown { oid } => unsupported(oid),
        _ => named_scheme(der).map_or_else(
            || Error::malformed("is no encrypted private key that can be read").with_source(error),
            unsupported,
        ),
    })?;
    let Some(parameters) = info.encryption_algorithm.pbes2() else {
        return Err(unsupported(info.encryption_algorithm.oid()));
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) if kdf.iteration_count > MOST_ITERATIONS => {
            return Err(Error::policy(format!(
                "asks for {} PBKDF2 iterations, {MOST_ITERATIONS} is the most that is done",
                kdf.iteration_count
            ))
            .with_hint("a file like this only serves to keep a machine busy; make the key anew"));
        }
        Kdf::Pbkdf2(kdf) if kdf.iteration_count == 0 => {
            return Err(Error::malformed("asks for no PBKDF2 iterations at all"));
        }
        Kdf::Scrypt(kdf) => {
            let memory = kdf.cost_parameter.saturating_mul(u64::from(kdf.block_size)).saturating_mul(128);
            if !kdf.cost_parameter.is_power_of_two() || kdf.cost_parameter < 2 {
                return Err(Error::malformed("its scrypt cost is no power of two"));
            }
            if memory > MOST_SCRYPT_MEMORY || kdf.parallelization > MOST_SCRYPT_PASSES {
                return Err(Error::policy(format!(
                    "asks for {} MiB of memory, {} times over, to derive its key (scrypt); 256 MiB and 16 times is the most",
                    memory >> 20,
                    kdf.parallelization
                )));
            }
        }
        _ => {}
    }
    Ok((parameters.clone(), info.encrypted_data.as_bytes()))
}

/// The outer algorithm of an EncryptedPrivateKeyInfo whose parameters are of another kind.
fn named_scheme(der: &[u8]) -> Option<const_oid::ObjectIdentifier> {
    const PBES2: const_oid::ObjectIdentifier = const_oid::ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
    let (outer, _) = asn1::split(der).ok()?;
    let (algorithm, _) = asn1::split(outer.value).ok()?;
    let (oid, _) = asn1::split(algorithm.value).ok()?;
    const_oid::ObjectIdentifier::from_bytes(oid.value).ok().filter(|oid| *oid != PBES2)
}

fn unsupported(oid: const_oid::ObjectIdentifier) -> Error {
    Error::unsupported(format!("is encrypted with an algorithm that is not read here: {}", oid_name(oid)))
        .with_hint("re-encrypt it where it was made, with PBES2 (OpenSSL: openssl pkcs8 -topk8 -v2 aes-256-cbc)")
}

fn describe(parameters: &pbes2::Parameters) -> Protection {
    let cipher = match parameters.encryption {
        EncryptionScheme::Aes128Cbc { .. } => "AES-128-CBC".to_owned(),
        EncryptionScheme::Aes192Cbc { .. } => "AES-192-CBC".to_owned(),
        EncryptionScheme::Aes256Cbc { .. } => "AES-256-CBC".to_owned(),
        EncryptionScheme::Aes128Gcm { .. } => "AES-128-GCM".to_owned(),
        EncryptionScheme::Aes256Gcm { .. } => "AES-256-GCM".to_owned(),
        EncryptionScheme::DesEde3Cbc { .. } => "3DES-CBC".to_owned(),
        other => oid_name(other.oid()),
    };
    let (derivation, iterations) = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => {
            let hash = match kdf.prf {
                Pbkdf2Prf::HmacWithSha1 => "SHA1",
                Pbkdf2Prf::HmacWithSha224 => "SHA224",
                Pbkdf2Prf::HmacWithSha256 => "SHA256",
                Pbkdf2Prf::HmacWithSha384 => "SHA384",
                Pbkdf2Prf::HmacWithSha512 => "SHA512",
                _ => "?",
            };
            (format!("PBKDF2-HMAC-{hash}"), kdf.iteration_count.into())
        }
        Kdf::Scrypt(kdf) => ("scrypt".to_owned(), kdf.cost_parameter),
        other => (oid_name(other.oid()), 0),
    };
    Protection { cipher, derivation, iterations, is_legacy_pem: false }
}
