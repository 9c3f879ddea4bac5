//! Keys: the private key with its public half, what they sign and what they verify.
//!
//! Encodings live in `key/encoding.rs`, encrypted forms in `key/encrypted.rs` (read) and `key/pbes2.rs` (made), key
//! generation in `key/kind.rs` and, for RSA, `key/generate.rs`, which has the primes from the package `work`.
//!
//! ```
//! use certwright::inspect::{self, FoundKey};
//! use certwright::{Iterations, Password, PrivateKey, RsaBits};
//! # // A fixed seed keeps the example free of further crates. Never do this for a real key.
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//!
//! // `rng` is any `rand_core::TryCryptoRng`.
//! let key = PrivateKey::generate_rsa(RsaBits::B2048, &mut rng)?;
//! let password = Password::generate(&mut rng)?;
//! let locked = key.encrypt(&password, Iterations::new(100_000)?, &mut rng)?.to_pem()?;
//!
//! let FoundKey::Locked(found) = inspect::private_key(locked.as_bytes())? else { panic!("it is under a password") };
//! assert_eq!(found.decrypt(&password)?.public_key(), key.public_key());
//! # Ok::<(), certwright::Error>(())
//! ```

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod encoding;
mod encrypted;
mod generate;
mod kind;
mod legacy;
mod pbes2;
mod processor;
mod signature;

use std::fmt;

use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use sha2::{Digest, Sha256};

pub(crate) use encoding::oid_name;
pub use encrypted::EncryptedPrivateKey;
pub use generate::RsaBits;
pub use kind::KeyKind;
pub use pbes2::Iterations;
pub use processor::missing_feature;
pub use signature::SignatureAlgorithm;

use crate::error::{Error, Result};
pub use crate::pbe::Protection;

/// A private key, by algorithm. Never cloned, wiped when dropped, and its `Debug` shows the algorithm alone.
#[non_exhaustive]
pub enum PrivateKey {
    /// An RSA key of two primes (RFC 8017, section 3.2).
    Rsa(RsaPrivateKey),
    /// A key on NIST's curve P-256 (SEC 1; `prime256v1`, `secp256r1`).
    P256(P256PrivateKey),
    /// A key on NIST's curve P-384 (SEC 1; `secp384r1`).
    P384(P384PrivateKey),
    /// An Ed25519 key (RFC 8032).
    Ed25519(Ed25519PrivateKey),
}

/// The numbers of an RSA private key.
pub struct RsaPrivateKey(Box<rsa::RsaPrivateKey>);

/// The number of a private key on P-256, with its public half: that takes as long to work out as a signature.
pub struct P256PrivateKey(p256::ecdsa::SigningKey);

/// The number of a private key on P-384, with its public half: that takes as long to work out as a signature.
pub struct P384PrivateKey(p384::ecdsa::SigningKey);

/// The seed of an Ed25519 key.
pub struct Ed25519PrivateKey(ed25519_dalek::SigningKey);

impl PrivateKey {
    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(match self {
            Self::Rsa(key) => PublicNumbers::Rsa(key.0.to_public_key()),
            Self::P256(key) => PublicNumbers::P256(key.0.verifying_key().into()),
            Self::P384(key) => PublicNumbers::P384(key.0.verifying_key().into()),
            Self::Ed25519(key) => PublicNumbers::Ed25519(key.0.verifying_key()),
        })
    }

    /// The algorithm and its size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.public_key().algorithm()
    }

    /// Checks that the factors of an RSA key are primes, which reading it, for all the other relations between its numbers
    /// (RFC 8017, section 3.2), takes for granted.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if one is none.
    pub fn check_primes(&self) -> Result<()> {
        let Self::Rsa(key) = self else { return Ok(()) };
        match key.0.primes().iter().all(|prime| crypto_primes::is_prime(crypto_primes::Flavor::Any, prime.as_ref())) {
            true => Ok(()),
            false => {
                Err(Error::malformed("a factor of its modulus is no prime").with_hint("make a new key with genkey"))
            }
        }
    }

    /// Checks that the key is long enough to sign something new.
    pub(crate) fn check_strength(&self) -> Result<()> {
        if self.algorithm().is_strong() {
            return Ok(());
        }
        Err(Error::policy(format!("the key is {}, too short to be safe", self.algorithm()))
            .with_hint("make a new one of 2048 bits or more with genkey"))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.algorithm())
    }
}

/// A public key. Two are equal if their numbers are, however each was encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(PublicNumbers);

#[derive(Clone, PartialEq, Eq)]
enum PublicNumbers {
    Rsa(rsa::RsaPublicKey),
    P256(p256::PublicKey),
    P384(p384::PublicKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// The algorithm and its size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        match &self.0 {
            PublicNumbers::Rsa(key) => KeyAlgorithm::Rsa { bits: key.n().bits_vartime() },
            PublicNumbers::P256(_) => KeyAlgorithm::P256,
            PublicNumbers::P384(_) => KeyAlgorithm::P384,
            PublicNumbers::Ed25519(_) => KeyAlgorithm::Ed25519,
        }
    }

    /// The modulus and the exponent of an RSA key, as unsigned big-endian octets without leading zeros.
    pub fn rsa_numbers(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        match &self.0 {
            PublicNumbers::Rsa(key) => {
                Some((key.n_bytes().into_vec(), key.e().to_be_bytes_trimmed_vartime().into_vec()))
            }
            _ => None,
        }
    }

    /// SHA-256 of the DER SubjectPublicKeyInfo: one name for a key, whatever file it is in.
    ///
    /// # Errors
    /// None in practice; the encoder's are passed on.
    pub fn spki_sha256(&self) -> Result<[u8; 32]> {
        Ok(Sha256::digest(self.to_spki_der()?).into())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm())
    }
}

/// A key's algorithm with its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// The length of the modulus.
        bits: u32,
    },
    /// NIST's curve P-256.
    P256,
    /// NIST's curve P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl KeyAlgorithm {
    /// The algorithm's name without its size.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::P256 | Self::P384 => "EC",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The size in bits that people compare: the modulus of RSA, the field of a curve.
    pub fn bits(self) -> u32 {
        match self {
            Self::Rsa { bits } => bits,
            Self::P256 | Self::Ed25519 => 256,
            Self::P384 => 384,
        }
    }

    /// True for the only algorithm that Salesforce's flow takes.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa { .. })
    }

    /// True from 2048 bits of RSA, the least that is taken for safe today (NIST SP 800-131A) and that Salesforce
    /// imports, and for the curves that are known here.
    pub fn is_strong(self) -> bool {
        !self.is_rsa() || self.bits() >= 2048
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::P256 => f.write_str("EC P-256"),
            Self::P384 => f.write_str("EC P-384"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

/// Signing and encoding with a key that was checked when it was read cannot fail for a reason a user could mend.
fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the key cannot be used").with_source(error)
}
