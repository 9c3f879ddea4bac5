//! The kinds of keys that can be made, by the names people type.

use std::fmt;
use std::str::FromStr;

use certwright_work::primes::{Means, best_kernel};
use p256::elliptic_curve::Generate;
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::generate::generate;
use super::{Ed25519PrivateKey, KeyAlgorithm, P256PrivateKey, P384PrivateKey, PrivateKey, RsaBits};
use crate::error::{Error, Result};
use crate::random;

/// An algorithm with its size: `rsa2048`, `rsa3072`, `rsa4096`, `p256`, `p384` or `ed25519`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa(RsaBits),
    /// NIST's curve P-256.
    #[default]
    P256,
    /// NIST's curve P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    const ALL: [Self; 6] = [
        Self::Rsa(RsaBits::B2048),
        Self::Rsa(RsaBits::B3072),
        Self::Rsa(RsaBits::B4096),
        Self::P256,
        Self::P384,
        Self::Ed25519,
    ];

    /// What a key of this kind says of itself.
    pub fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Rsa(bits) => KeyAlgorithm::Rsa { bits: bits.get() },
            Self::P256 => KeyAlgorithm::P256,
            Self::P384 => KeyAlgorithm::P384,
            Self::Ed25519 => KeyAlgorithm::Ed25519,
        }
    }
}

impl FromStr for KeyKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| {
            Error::policy(format!("\"{text}\" is no kind of key made here"))
                .with_hint("choose rsa2048, rsa3072, rsa4096, p256, p384 or ed25519")
        })
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "rsa{bits}"),
            Self::P256 => f.write_str("p256"),
            Self::P384 => f.write_str("p384"),
            Self::Ed25519 => f.write_str("ed25519"),
        }
    }
}

impl PrivateKey {
    /// A new key of this kind; of RSA as [`Self::generate_rsa`] makes it. The same octets from `rng` make the same key.
    ///
    /// # Errors
    /// Those of [`Self::generate_rsa`].
    pub fn generate(kind: KeyKind, rng: &mut impl TryCryptoRng) -> Result<Self> {
        Self::generate_by(kind, rng, Means::of_this_machine)
    }

    /// As [`Self::generate`], on this thread alone.
    pub(crate) fn generate_alone(kind: KeyKind, rng: &mut impl TryCryptoRng) -> Result<Self> {
        Self::generate_by(kind, rng, || Means { threads: 1, kernel: best_kernel() })
    }

    /// `means` are asked for with RSA alone: to count the cores of a container takes as long as a signature.
    fn generate_by(kind: KeyKind, rng: &mut impl TryCryptoRng, means: fn() -> Means<'static>) -> Result<Self> {
        Ok(match kind {
            KeyKind::Rsa(bits) => generate(bits, rng, &means())?,
            KeyKind::P256 => {
                Self::P256(P256PrivateKey(p256::SecretKey::try_generate_from_rng(rng).map_err(random::failed)?.into()))
            }
            KeyKind::P384 => {
                Self::P384(P384PrivateKey(p384::SecretKey::try_generate_from_rng(rng).map_err(random::failed)?.into()))
            }
            KeyKind::Ed25519 => {
                let mut seed = Zeroizing::new([0; 32]);
                random::fill(rng, seed.as_mut())?;
                Self::Ed25519(Ed25519PrivateKey(ed25519_dalek::SigningKey::from_bytes(&seed)))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_one_name_each() {
        for kind in KeyKind::ALL {
            assert_eq!(kind.to_string().parse::<KeyKind>().unwrap(), kind);
        }
        for text in ["", "rsa", "rsa1024", "P256", "ec", "secp256k1"] {
            assert!(text.parse::<KeyKind>().is_err(), "{text}");
        }
    }

    #[test]
    fn keys_of_every_kind_sign_what_their_public_half_verifies() {
        let mut rng = crate::testpki::Stream::new([7; 32]);
        for kind in KeyKind::ALL.into_iter().filter(|kind| *kind != KeyKind::Rsa(RsaBits::B4096)) {
            let key = PrivateKey::generate(kind, &mut rng).unwrap();
            let signature = key.sign(b"message").unwrap();
            let algorithm = crate::key::SignatureAlgorithm::new(&key.signature_algorithm());
            key.public_key().verify(algorithm, b"message", &signature).unwrap();
            assert!(key.public_key().verify(algorithm, b"another", &signature).is_err());
        }
    }
}
