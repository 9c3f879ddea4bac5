//! Encrypting a key under a password: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958, section 3).

use std::fmt;
use std::str::FromStr;

use rand_core::TryCryptoRng;

use super::{EncryptedPrivateKey, PrivateKey};
use crate::error::{Error, Result};
use crate::pbe::{MOST_ITERATIONS, Sealer};
use crate::{Password, asn1};

/// How often PBKDF2 hashes: what each guess at the password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iterations(u32);

impl Iterations {
    /// The least that RFC 8018 (section 4.2) recommends, and the most that is read back.
    const RANGE: std::ops::RangeInclusive<u32> = 1_000..=MOST_ITERATIONS;

    /// A count from 1,000 to 10,000,000.
    ///
    /// # Errors
    /// [`Policy`](crate::ErrorKind::Policy) outside that range.
    pub fn new(count: u32) -> Result<Self> {
        if Self::RANGE.contains(&count) {
            return Ok(Self(count));
        }
        Err(Error::policy(format!("{count} iterations are not between 1000 and 10000000"))
            .with_hint("leave --iterations out for the default"))
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
    /// The key as PKCS#8 EncryptedPrivateKeyInfo under `password`: PBES2 with PBKDF2-HMAC-SHA256, a salt of 16 random
    /// octets, and AES-256-CBC.
    ///
    /// What was encrypted is decrypted and compared before it is returned.
    ///
    /// # Errors
    /// Those of the encoder; none is expected.
    pub fn encrypt(
        &self,
        password: &Password,
        iterations: Iterations,
        rng: &mut impl TryCryptoRng,
    ) -> Result<EncryptedPrivateKey> {
        self.seal(Sealer::pbes2(password, iterations.get(), rng)?)
    }

    pub(crate) fn seal(&self, sealer: Sealer) -> Result<EncryptedPrivateKey> {
        let algorithm = sealer.algorithm().to_vec();
        let ciphertext = sealer.seal(self.to_pkcs8_der()?.as_bytes())?;
        EncryptedPrivateKey::from_pkcs8_der(&asn1::sequence(&[&algorithm, &asn1::octet_string(&ciphertext)]))
    }
}
