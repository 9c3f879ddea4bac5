//! Encrypting a key under a password: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018; RFC 5958, section 3).
//!
//! `pkcs8` would do it in one call, but it derives the key anew for each direction. Here one derivation (600,000
//! iterations) serves both the encryption and the check that what was written opens again.

use std::fmt;
use std::str::FromStr;

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::Parameters;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{EncryptedPrivateKey, PrivateKey, internal};
use crate::error::{Error, Result};

/// How often PBKDF2 hashes: what each guess at the password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iterations(u32);

impl Iterations {
    /// The least that RFC 8018 (section 4.2) recommends, and the most that is read back.
    const RANGE: std::ops::RangeInclusive<u32> = 1_000..=super::encrypted::MOST_ITERATIONS;

    /// A count from 1,000 to 10,000,000.
    ///
    /// # Errors
    /// [`Policy`](crate::ErrorKind::Policy) outside that range.
    pub fn new(count: u32) -> Result<Self> {
        if Self::RANGE.contains(&count) {
            return Ok(Self(count));
        }
        Err(Error::policy(format!("{count} iterations are not between 1000 and 10000000"))
            .with_hint("leave --iterations out for the default of 600000"))
    }

    /// The count.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Iterations {
    /// 600,000: OWASP's figure for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet, 2023).
    fn default() -> Self {
        Self(600_000)
    }
}

impl FromStr for Iterations {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let count = text.parse().map_err(|_| {
            Error::policy(format!("\"{text}\" is no number of iterations"))
                .with_hint("give a whole number, such as 600000")
        })?;
        Self::new(count)
    }
}

impl fmt::Display for Iterations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PrivateKey {
    /// The key as PKCS#8 EncryptedPrivateKeyInfo under `password`, with a salt of 16 random octets.
    ///
    /// What was encoded is parsed, opened and compared with the key before it is returned.
    ///
    /// # Errors
    /// Those of the encoder; none is expected.
    pub fn encrypt(
        &self,
        password: &crate::Password,
        iterations: Iterations,
        rng: &mut impl CryptoRng,
    ) -> Result<EncryptedPrivateKey> {
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut iv);
        let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(iterations.get(), &salt, iv).map_err(internal)?;
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, iterations.get(), key.as_mut());

        let plain = self.to_pkcs8_der()?;
        let encryptor = cbc::Encryptor::<Aes256>::new_from_slices(key.as_ref(), &iv).map_err(internal)?;
        let ciphertext = encryptor.encrypt_padded_vec::<Pkcs7>(plain.as_bytes());
        let encrypted_data = OctetStringRef::new(&ciphertext).map_err(internal)?;
        let der = EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.clone().into(), encrypted_data }
            .to_der()
            .map_err(internal)?;

        let read = EncryptedPrivateKeyInfoRef::from_der(&der).map_err(internal)?;
        let mut buffer = Zeroizing::new(read.encrypted_data.as_bytes().to_vec());
        let opened = cbc::Decryptor::<Aes256>::new_from_slices(key.as_ref(), &iv)
            .map_err(internal)?
            .decrypt_padded::<Pkcs7>(&mut buffer);
        let same_parameters = read.encryption_algorithm.pbes2() == Some(&parameters);
        match opened {
            Ok(opened) if opened == plain.as_bytes() && same_parameters => EncryptedPrivateKey::from_pkcs8_der(&der),
            _ => Err(Error::malformed("the encrypted key does not open again")
                .with_hint("this is a fault of the program or of the machine: please report it")),
        }
    }
}
