//! RSA key generation.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;

use super::{PrivateKey, RsaPrivateKey, internal};
use crate::error::{Error, Result};

/// The modulus lengths that are made: what Salesforce accepts, and what is worth its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2048 bits.
    #[default]
    B2048,
    /// 3072 bits.
    B3072,
    /// 4096 bits.
    B4096,
}

impl RsaBits {
    /// The length of the modulus in bits.
    pub fn get(self) -> u32 {
        match self {
            Self::B2048 => 2048,
            Self::B3072 => 3072,
            Self::B4096 => 4096,
        }
    }
}

impl FromStr for RsaBits {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::B2048, Self::B3072, Self::B4096].into_iter().find(|bits| bits.to_string() == text).ok_or_else(|| {
            Error::policy(format!("{text} is no RSA key size made here")).with_hint("choose 2048, 3072 or 4096")
        })
    }
}

impl fmt::Display for RsaBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl PrivateKey {
    /// A new RSA key of two primes with the public exponent 65537.
    ///
    /// # Errors
    /// Those of the `rsa` crate, which validates what it made; none is expected.
    pub fn generate_rsa(bits: RsaBits, rng: &mut impl CryptoRng) -> Result<Self> {
        let key = rsa::RsaPrivateKey::new(rng, bits.get() as usize).map_err(internal)?;
        Ok(Self::Rsa(RsaPrivateKey(Box::new(key))))
    }
}
