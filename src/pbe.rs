//! Encryption under a password: PBES2 (RFC 8018, section 6.2), and the schemes of PKCS#12 that are older (RFC 7292,
//! appendix C). Keys in PKCS#8 and the contents of PKCS#12 files are protected alike.
//!
//! PBES2 is read by `pkcs5`. It is made here, because `pkcs5` derives the key anew for each direction: one derivation
//! (600,000 iterations) serves the encryption and the check that what was made opens again. `pkcs12` derives the keys of
//! the older schemes, and no crate at hand puts them to use for RC2 with 128 bits and 3DES alike.

use std::fmt;

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyIvInit};
use certwright_work::derivation::pbkdf2_hmac_sha256;
use const_oid::ObjectIdentifier;
use der::{Decode, Encode, ErrorKind as DerError};
use des::TdesEde3;
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Prf};
use pkcs8::pkcs5::{self, pbes2};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use rand_core::TryCryptoRng;
use rc2::Rc2;
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::key::oid_name;
use crate::secret::{Password, SecretBytes};
use crate::{asn1, random};

/// Ten million iterations take a second or so; a hostile file could ask for hours.
pub(crate) const MOST_ITERATIONS: u32 = 10_000_000;
/// scrypt's 128 * N * r octets, and how often they are gone through.
const MOST_SCRYPT_MEMORY: u64 = 256 << 20;
const MOST_SCRYPT_PASSES: u16 = 16;

/// How something is protected.
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

/// An AlgorithmIdentifier of password-based encryption, inside its bounds.
pub(crate) enum Scheme {
    Pbes2(Parameters),
    Pkcs12 { cipher: Pkcs12Cipher, salt: Vec<u8>, iterations: u32 },
}

/// The ciphers of RFC 7292, appendix C, that are in use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pkcs12Cipher {
    TripleDes,
    Rc2Of128,
    Rc2Of40,
}

impl Pkcs12Cipher {
    const TABLE: [(Self, ObjectIdentifier, &str); 3] = [
        (Self::TripleDes, ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3"), "3DES-CBC"),
        (Self::Rc2Of128, ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5"), "RC2-128-CBC"),
        (Self::Rc2Of40, ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6"), "RC2-40-CBC"),
    ];

    fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(cipher, ..)| *cipher == self).map_or("", |(.., name)| name)
    }

    fn key_length(self) -> usize {
        match self {
            Self::TripleDes => 24,
            Self::Rc2Of128 => 16,
            Self::Rc2Of40 => 5,
        }
    }
}

pub(crate) fn wrong_password() -> Error {
    Error::new(ErrorKind::Password, "wrong password or damaged")
        .with_hint("try the password again; if it is right, get the file again from where it was made")
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the encryption cannot be used").with_source(error)
}

impl Scheme {
    /// Reads a DER AlgorithmIdentifier.
    pub(crate) fn parse(der: &[u8]) -> Result<Self> {
        let oid = asn1::split(der).ok().and_then(|(outer, _)| asn1::split(outer.value).ok());
        let oid = oid.and_then(|(oid, _)| ObjectIdentifier::from_bytes(oid.value).ok());
        if let Some((cipher, ..)) = Pkcs12Cipher::TABLE.iter().find(|(_, known, _)| Some(*known) == oid) {
            return Self::parse_pkcs12(*cipher, der);
        }
        const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
        let scheme = pkcs5::EncryptionScheme::from_der(der).map_err(|error| match (error.kind(), oid) {
            (DerError::OidUnknown { oid }, _) => unsupported(oid),
            (_, Some(oid)) if oid != PBES2 => unsupported(oid),
            _ => Error::malformed("its encryption cannot be read").with_source(error),
        })?;
        let parameters = scheme.pbes2().ok_or_else(|| unsupported(scheme.oid()))?;
        check_bounds(parameters)?;
        Ok(Self::Pbes2(parameters.clone()))
    }

    fn parse_pkcs12(cipher: Pkcs12Cipher, der: &[u8]) -> Result<Self> {
        let malformed = || Error::malformed("its encryption cannot be read");
        let outer = asn1::children(asn1::split(der)?.0.value);
        let parameters = asn1::children(outer.get(1).ok_or_else(malformed)?.value);
        let [salt, iterations] = parameters.as_slice() else { return Err(malformed()) };
        let iterations = u32::from_der(iterations.whole).map_err(|_| too_many("more than 4294967295"))?;
        check_iterations(iterations)?;
        Ok(Self::Pkcs12 { cipher, salt: salt.value.to_vec(), iterations })
    }

    pub(crate) fn protection(&self) -> Protection {
        match self {
            Self::Pbes2(parameters) => describe(parameters),
            Self::Pkcs12 { cipher, iterations, .. } => Protection {
                cipher: cipher.name().to_owned(),
                derivation: "PKCS#12 with SHA-1".to_owned(),
                iterations: u64::from(*iterations),
                is_legacy_pem: false,
            },
        }
    }

    /// Decrypts. What comes out of a wrong password may pass the padding: look at it before it is trusted.
    pub(crate) fn decrypt(&self, password: &Password, ciphertext: &[u8]) -> Result<SecretBytes> {
        match self {
            Self::Pbes2(parameters) => {
                let plain = parameters.decrypt(password.as_bytes(), ciphertext).map_err(|error| match error {
                    pkcs5::Error::DecryptFailed => wrong_password(),
                    other => internal(other),
                })?;
                Ok(SecretBytes::new(plain))
            }
            Self::Pkcs12 { cipher, salt, iterations } => {
                let opened = bmp_forms(password)?.into_iter().find_map(|password| {
                    let (key, iv) = derive_pkcs12(*cipher, &password, salt, *iterations);
                    decrypt_pkcs12(*cipher, &key, &iv, ciphertext)
                });
                opened.ok_or_else(wrong_password)
            }
        }
    }
}

fn derive_pkcs12(cipher: Pkcs12Cipher, password: &[u8], salt: &[u8], iterations: u32) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
    // The bounds keep the count far inside an i32.
    let rounds = i32::try_from(iterations).unwrap_or(i32::MAX);
    let derive = |id, length| derive_key::<Sha1>(password, salt, id, rounds, length);
    (Zeroizing::new(derive(Pkcs12KeyType::EncryptionKey, cipher.key_length())), derive(Pkcs12KeyType::Iv, 8))
}

fn decrypt_pkcs12(cipher: Pkcs12Cipher, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<SecretBytes> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let plain = match cipher {
        Pkcs12Cipher::TripleDes => {
            cbc::Decryptor::<TdesEde3>::new_from_slices(key, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok()?
        }
        Pkcs12Cipher::Rc2Of128 | Pkcs12Cipher::Rc2Of40 => {
            let cipher = Rc2::new_with_eff_key_len(key, key.len() * 8);
            cbc::Decryptor::inner_iv_slice_init(cipher, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok()?
        }
    };
    Some(SecretBytes::new(plain.to_vec()))
}

/// The password as PKCS#12 has it: UTF-16, big-endian, ended by a zero (RFC 7292, appendix B.1). Of an empty one some
/// programs leave the zero out.
pub(crate) fn bmp_forms(password: &Password) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    let text = std::str::from_utf8(password.as_bytes()).map_err(|_| {
        Error::new(ErrorKind::Password, "the password is no text in UTF-8, which PKCS#12 and JKS need")
            .with_hint("give it in UTF-8")
    })?;
    let mut bmp = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
    text.encode_utf16().for_each(|unit| bmp.extend(unit.to_be_bytes()));
    bmp.extend([0, 0]);
    let mut forms = vec![bmp];
    if text.is_empty() {
        forms.push(Zeroizing::new(Vec::new()));
    }
    Ok(forms)
}

/// A key derived for one message, with the AlgorithmIdentifier that says how.
pub(crate) struct Sealer {
    algorithm: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    iv: Vec<u8>,
    is_aes: bool,
}

impl Sealer {
    /// PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, a salt of 16 random octets.
    pub(crate) fn pbes2(password: &Password, iterations: u32, rng: &mut impl TryCryptoRng) -> Result<Self> {
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        random::fill(rng, &mut salt)?;
        random::fill(rng, &mut iv)?;
        let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, &salt, iv).map_err(internal)?;
        let algorithm = pkcs5::EncryptionScheme::from(parameters).to_der().map_err(internal)?;
        let mut key = Zeroizing::new(vec![0; 32]);
        pbkdf2_hmac_sha256(password.as_bytes(), &salt, iterations, &mut key);
        Ok(Self { algorithm, key, iv: iv.to_vec(), is_aes: true })
    }

    /// PKCS#12's pbeWithSHAAnd3-KeyTripleDES-CBC, for readers that know nothing newer.
    pub(crate) fn triple_des(password: &Password, iterations: u32, rng: &mut impl TryCryptoRng) -> Result<Self> {
        let mut salt = [0; 16];
        random::fill(rng, &mut salt)?;
        let bmp = bmp_forms(password)?;
        let (cipher, oid, _) = Pkcs12Cipher::TABLE[0];
        let (key, iv) = derive_pkcs12(cipher, &bmp[0], &salt, iterations);
        let parameters = asn1::sequence(&[&asn1::octet_string(&salt), &iterations.to_der().map_err(internal)?]);
        let algorithm = asn1::sequence(&[&oid.to_der().map_err(internal)?, &parameters]);
        Ok(Self { algorithm, key, iv, is_aes: false })
    }

    /// The AlgorithmIdentifier in DER.
    pub(crate) fn algorithm(&self) -> &[u8] {
        &self.algorithm
    }

    /// Encrypts; checked by decrypting.
    pub(crate) fn seal(self, plain: &[u8]) -> Result<Vec<u8>> {
        let (ciphertext, opened) = if self.is_aes {
            let encryptor = cbc::Encryptor::<Aes256>::new_from_slices(&self.key, &self.iv).map_err(internal)?;
            let ciphertext = encryptor.encrypt_padded_vec::<Pkcs7>(plain);
            let mut buffer = Zeroizing::new(ciphertext.clone());
            let decryptor = cbc::Decryptor::<Aes256>::new_from_slices(&self.key, &self.iv).map_err(internal)?;
            let opened = decryptor.decrypt_padded::<Pkcs7>(&mut buffer).is_ok_and(|opened| opened == plain);
            (ciphertext, opened)
        } else {
            let encryptor = cbc::Encryptor::<TdesEde3>::new_from_slices(&self.key, &self.iv).map_err(internal)?;
            let ciphertext = encryptor.encrypt_padded_vec::<Pkcs7>(plain);
            let opened = decrypt_pkcs12(Pkcs12Cipher::TripleDes, &self.key, &self.iv, &ciphertext);
            (ciphertext, opened.is_some_and(|opened| opened.as_bytes() == plain))
        };
        if opened {
            return Ok(ciphertext);
        }
        Err(Error::malformed("what was encrypted does not open again")
            .with_hint("this is a fault of the program or of the machine: please report it"))
    }
}

fn too_many(count: impl fmt::Display) -> Error {
    Error::policy(format!("asks for {count} iterations, {MOST_ITERATIONS} is the most that is done"))
        .with_hint("a file like this only serves to keep a machine busy; make it anew")
}

pub(crate) fn check_iterations(count: u32) -> Result<()> {
    match count {
        0 => Err(Error::malformed("asks for no iterations at all")),
        count if count > MOST_ITERATIONS => Err(too_many(count)),
        _ => Ok(()),
    }
}

fn check_bounds(parameters: &Parameters) -> Result<()> {
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => check_iterations(kdf.iteration_count),
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
            Ok(())
        }
        _ => Ok(()),
    }
}

fn unsupported(oid: ObjectIdentifier) -> Error {
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
