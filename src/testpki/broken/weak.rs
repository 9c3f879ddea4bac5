//! RSA keys of 1024 bits and signatures with SHA-1: for material that verifiers have to refuse, and for nothing else.
//!
//! The rooms of keys make and sign neither. Here the `rsa` crate is used without them, and the results come back as any key
//! that is read from a file.

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, random_prime};
use rand_core::CryptoRng;
use rsa::Pkcs1v15Sign;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use sha1::{Digest, Sha1};

use crate::error::{Error, Result};
use crate::key::PrivateKey;

/// sha1WithRSAEncryption with NULL parameters (RFC 3279, section 2.2.1).
pub(super) const SHA_1_WITH_RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00";

const EXPONENT: u64 = 65537;

/// An RSA key of 1024 bits.
pub(super) fn rsa_1024(rng: &mut impl CryptoRng) -> Result<PrivateKey> {
    loop {
        let [p, q]: [BoxedUint; 2] = std::array::from_fn(|_| random_prime(rng, Flavor::Any, 512));
        // Two numbers of 512 bits may have a product of 1023.
        let key = rsa::RsaPrivateKey::from_p_q(p, q, BoxedUint::from(EXPONENT)).map_err(internal)?;
        let der = key.to_pkcs1_der().map_err(internal)?;
        let key = PrivateKey::from_pkcs1_der(der.as_bytes())?;
        if key.algorithm().bits() == 1024 {
            return Ok(key);
        }
    }
}

/// Signs `message` with SHA-1 and an RSA key.
pub(super) fn sign_sha1(key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>> {
    let key = rsa::RsaPrivateKey::from_pkcs1_der(key.to_pkcs1_der()?.as_bytes()).map_err(internal)?;
    key.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message)).map_err(internal)
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the weak key cannot be used").with_source(error)
}
