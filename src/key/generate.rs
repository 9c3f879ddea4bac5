//! RSA key generation: two primes that meet the criteria of FIPS 186-5, A.1.1, and the key made of them.
//!
//! How the primes are found, and what is and is not claimed for that, stands in `work/src/primes.rs`.

use std::fmt;
use std::str::FromStr;

use certwright_work::primes::{EXPONENT, Means, Number, find_pair};
use crypto_bigint::BoxedUint;
use rand_core::TryCryptoRng;
use rsa::traits::PrivateKeyParts;

use super::{PrivateKey, RsaPrivateKey, internal};
use crate::error::{Error, Result};
use crate::random;

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
    /// A new RSA key of two primes with the public exponent 65537, using every core.
    ///
    /// The modulus has exactly `bits` bits: both primes have their two top bits set. They are more than 2^(bits/2-100)
    /// apart, and the private exponent, the smallest there is (RFC 8017, section 3.2, with the least common multiple), is
    /// above 2^(bits/2). The `rsa` crate checks that the numbers fit together; nothing is signed here to try them.
    ///
    /// The same octets from `rng` make the same key, on any machine.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if `rng` fails; [`Unsupported`](crate::ErrorKind::Unsupported) if no primes were found,
    /// which only a faulty processor explains; those of the `rsa` crate, of which none is expected.
    pub fn generate_rsa(bits: RsaBits, rng: &mut impl TryCryptoRng) -> Result<Self> {
        generate(bits, rng, &Means::of_this_machine())
    }
}

pub(super) fn generate(bits: RsaBits, rng: &mut impl TryCryptoRng, means: &Means<'_>) -> Result<PrivateKey> {
    loop {
        let pair = find_pair(bits.get() / 2, rng, means).map_err(random::failed)?;
        let [p, q] = pair.ok_or_else(|| {
            Error::unsupported("no prime numbers were found: this machine's arithmetic is at fault")
                .with_hint("try it on another machine")
        })?;
        let number = |words: &Number| BoxedUint::from_words(words.iter().copied());
        let key = rsa::RsaPrivateKey::from_p_q(number(&p), number(&q), BoxedUint::from(EXPONENT)).map_err(internal)?;
        // FIPS 186-5, A.1.1, criterion 3.
        if key.d().bits() > bits.get() / 2 {
            return Ok(PrivateKey::Rsa(RsaPrivateKey(Box::new(key))));
        }
    }
}

#[cfg(test)]
mod tests {
    use certwright_work::primes::Kernel;

    use super::*;
    use crate::testpki::Stream;

    /// No prime passes.
    struct Blind;

    impl Kernel for Blind {
        fn width(&self) -> usize {
            8
        }

        fn euler(&self, _: &[Number]) -> u8 {
            0
        }

        fn miller_rabin(&self, _: &Number, _: &[Number]) -> bool {
            false
        }
    }

    #[test]
    fn an_arithmetic_that_finds_nothing_is_said_to_be_at_fault() {
        let means = Means { kernel: &Blind, threads: 2 };
        let error = generate(RsaBits::B2048, &mut Stream::new([10; 32]), &means).err();
        assert!(error.expect("no key").to_string().contains("this machine's arithmetic is at fault"));
    }
}
