//! Signatures: RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2) with SHA-256 for what is made here, and with its older and
//! longer relatives for what is read.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::asn1::Null;
use rsa::Pkcs1v15Sign;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierOwned;

use super::encoding::oid_name;
use super::{PrivateKey, PublicKey, PublicNumbers, internal};
use crate::error::{Error, Result};

/// How something was signed, as its AlgorithmIdentifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    oid: ObjectIdentifier,
    /// Parameters beside NULL: none of the algorithms that are checked here has any.
    has_parameters: bool,
}

impl SignatureAlgorithm {
    pub(crate) fn new(identifier: &AlgorithmIdentifierOwned) -> Self {
        let has_parameters = identifier.parameters.as_ref().is_some_and(|parameters| *parameters != Null.into());
        Self { oid: identifier.oid, has_parameters }
    }

    /// The algorithm's name in RFC 5912's module, with its object identifier.
    pub fn name(self) -> String {
        oid_name(self.oid)
    }

    /// False for MD5 and SHA-1, which no longer resist collisions.
    pub fn is_sha256_or_better(self) -> bool {
        !matches!(
            self.oid,
            rfc5912::SHA_1_WITH_RSA_ENCRYPTION
                | rfc5912::MD_5_WITH_RSA_ENCRYPTION
                | rfc5912::MD_2_WITH_RSA_ENCRYPTION
                | rfc5912::SHA_224_WITH_RSA_ENCRYPTION
                | rfc5912::ECDSA_WITH_SHA_224
                | rfc5912::DSA_WITH_SHA_1
        ) && self.oid != ECDSA_WITH_SHA_1
    }
}

const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

impl PrivateKey {
    /// Signs the SHA-256 of `message`; the signature is as long as the modulus.
    ///
    /// # Errors
    /// None in practice; those of the `rsa` crate are passed on.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.0.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).map_err(internal),
        }
    }

    /// The AlgorithmIdentifier of what [`Self::sign`] makes: sha256WithRSAEncryption with NULL parameters (RFC 4055).
    pub(crate) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Rsa(_) => {
                AlgorithmIdentifierOwned { oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION, parameters: Some(Null.into()) }
            }
        }
    }
}

impl PublicKey {
    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) if another key made it or something was changed since,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for an algorithm that cannot be checked here.
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<()> {
        let PublicNumbers::Rsa(key) = &self.0;
        let verified = match algorithm.oid {
            _ if algorithm.has_parameters => {
                return Err(Error::unsupported(format!(
                    "signatures of the algorithm {} with parameters cannot be checked",
                    algorithm.name()
                )));
            }
            rfc5912::SHA_1_WITH_RSA_ENCRYPTION => {
                key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message), signature)
            }
            rfc5912::SHA_224_WITH_RSA_ENCRYPTION => {
                key.verify(Pkcs1v15Sign::new::<Sha224>(), &Sha224::digest(message), signature)
            }
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => {
                key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature)
            }
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION => {
                key.verify(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message), signature)
            }
            rfc5912::SHA_512_WITH_RSA_ENCRYPTION => {
                key.verify(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message), signature)
            }
            _ => {
                return Err(Error::unsupported(format!(
                    "signatures of the algorithm {} cannot be checked",
                    algorithm.name()
                )));
            }
        };
        verified.map_err(|_| Error::mismatch("the signature was not made by this key"))
    }
}
