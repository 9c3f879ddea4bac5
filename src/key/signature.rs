//! Signatures: RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2), ECDSA (FIPS 186-5) and Ed25519 (RFC 8032); SHA-256 for what is
//! made here, also its older and longer relatives for what is read.

use ::signature::hazmat::{PrehashSigner, PrehashVerifier};
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::Null;
use ed25519_dalek::Signer;
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

/// The hash of a signature, for the algorithms whose name holds one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md2,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Pkcs1v15,
    Ecdsa,
}

const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

const KNOWN: [(ObjectIdentifier, Scheme, Hash, &str); 12] = [
    (rfc5912::MD_2_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Md2, "MD2 with RSA"),
    (rfc5912::MD_5_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Md5, "MD5 with RSA"),
    (rfc5912::SHA_1_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Sha1, "SHA-1 with RSA"),
    (rfc5912::SHA_224_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Sha224, "SHA-224 with RSA"),
    (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Sha256, "SHA-256 with RSA"),
    (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Sha384, "SHA-384 with RSA"),
    (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15, Hash::Sha512, "SHA-512 with RSA"),
    (ECDSA_WITH_SHA_1, Scheme::Ecdsa, Hash::Sha1, "SHA-1 with ECDSA"),
    (rfc5912::ECDSA_WITH_SHA_224, Scheme::Ecdsa, Hash::Sha224, "SHA-224 with ECDSA"),
    (rfc5912::ECDSA_WITH_SHA_256, Scheme::Ecdsa, Hash::Sha256, "SHA-256 with ECDSA"),
    (rfc5912::ECDSA_WITH_SHA_384, Scheme::Ecdsa, Hash::Sha384, "SHA-384 with ECDSA"),
    (rfc5912::ECDSA_WITH_SHA_512, Scheme::Ecdsa, Hash::Sha512, "SHA-512 with ECDSA"),
];

impl SignatureAlgorithm {
    pub(crate) fn new(identifier: &AlgorithmIdentifierOwned) -> Self {
        let has_parameters = identifier.parameters.as_ref().is_some_and(|parameters| *parameters != Null.into());
        Self { oid: identifier.oid, has_parameters }
    }

    fn known(self) -> Option<(Scheme, Hash, &'static str)> {
        let row = KNOWN.iter().find(|(oid, ..)| *oid == self.oid);
        row.map(|(_, scheme, hash, name)| (*scheme, *hash, *name))
    }

    /// The algorithm's name, such as `SHA-256 with RSA`; for one that is not known here its object identifier.
    pub fn name(self) -> String {
        match self.known() {
            Some((.., name)) => name.to_owned(),
            None if self.oid == rfc8410::ID_ED_25519 => "Ed25519".to_owned(),
            None => oid_name(self.oid),
        }
    }

    /// False for MD2, MD5 and SHA-1, which do not resist collisions, and for the short SHA-224.
    pub fn is_sha256_or_better(self) -> bool {
        self.known().is_none_or(|(_, hash, _)| matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512))
    }
}

impl PrivateKey {
    /// Signs `message`: its SHA-256 with RSA and ECDSA (deterministic, RFC 6979; DER encoded), itself with Ed25519.
    ///
    /// # Errors
    /// None in practice; those of the algorithms' crates are passed on.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let digest = Sha256::digest(message);
        match self {
            Self::Rsa(key) => key.0.sign(Pkcs1v15Sign::new::<Sha256>(), &digest).map_err(internal),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    p256::ecdsa::SigningKey::from(&key.0).sign_prehash(&digest).map_err(internal)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature =
                    p384::ecdsa::SigningKey::from(&key.0).sign_prehash(&digest).map_err(internal)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(key.0.sign(message).to_bytes().to_vec()),
        }
    }

    /// The AlgorithmIdentifier of what [`Self::sign`] makes: NULL parameters with RSA (RFC 4055), else none (RFC 5758,
    /// RFC 8410).
    pub(crate) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self {
            Self::Rsa(_) => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Some(Null.into())),
            Self::P256(_) | Self::P384(_) => (rfc5912::ECDSA_WITH_SHA_256, None),
            Self::Ed25519(_) => (rfc8410::ID_ED_25519, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }
}

impl PublicKey {
    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) if another key made it or something was changed since,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for an algorithm that cannot be checked here.
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<()> {
        let other_key = || Error::mismatch("the signature was not made by this key");
        let unsupported = || Error::unsupported(format!("signatures with {} cannot be checked here", algorithm.name()));
        if algorithm.has_parameters {
            return Err(unsupported());
        }
        if algorithm.oid == rfc8410::ID_ED_25519 {
            let PublicNumbers::Ed25519(key) = &self.0 else { return Err(other_key()) };
            let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| other_key())?;
            return key.verify_strict(message, &signature).map_err(|_| other_key());
        }
        let (scheme, hash, _) = algorithm.known().ok_or_else(unsupported)?;
        let (digest, padding) = match hash {
            Hash::Md2 | Hash::Md5 => return Err(unsupported()),
            Hash::Sha1 => (Sha1::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha1>()),
            Hash::Sha224 => (Sha224::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha224>()),
            Hash::Sha256 => (Sha256::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha256>()),
            Hash::Sha384 => (Sha384::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha384>()),
            Hash::Sha512 => (Sha512::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha512>()),
        };
        let verified = match (&self.0, scheme) {
            (PublicNumbers::Rsa(key), Scheme::Pkcs1v15) => key.verify(padding, &digest, signature).is_ok(),
            (PublicNumbers::P256(key), Scheme::Ecdsa) => {
                p256::ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                    p256::ecdsa::VerifyingKey::from(key).verify_prehash(&digest, &signature).is_ok()
                })
            }
            (PublicNumbers::P384(key), Scheme::Ecdsa) => {
                p384::ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                    p384::ecdsa::VerifyingKey::from(key).verify_prehash(&digest, &signature).is_ok()
                })
            }
            _ => false,
        };
        if verified { Ok(()) } else { Err(other_key()) }
    }
}
