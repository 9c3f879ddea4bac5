//! Signatures: RSASSA-PKCS1-v1_5 and, read only, RSASSA-PSS (RFC 8017, section 8), ECDSA (FIPS 186-5) and Ed25519 (RFC 8032); SHA-256 (on
//! P-384 SHA-384) for what is made here, also its older and longer relatives for what is read.

use ::signature::hazmat::{PrehashSigner, PrehashVerifier};
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5912, rfc8410};
use der::Decode;
use der::asn1::{Any, BitStringRef, Null};
use ed25519_dalek::Signer;
use pkcs1::RsaPssParams;
use rsa::{Pkcs1v15Sign, Pss};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierOwned;

use super::encoding::oid_name;
use super::{PrivateKey, PublicKey, PublicNumbers, internal, processor};
use crate::asn1;
use crate::error::{Error, Result};

/// How something was signed, as its AlgorithmIdentifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    oid: ObjectIdentifier,
    scheme: Option<Scheme>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md2,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Pkcs1v15(Hash),
    Pss { hash: Hash, salt: u8 },
    Ecdsa(Hash),
    Ed25519,
}

const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");

const KNOWN: [(ObjectIdentifier, Scheme); 13] = [
    (rfc5912::MD_2_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Md2)),
    (rfc5912::MD_5_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Md5)),
    (rfc5912::SHA_1_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Sha1)),
    (rfc5912::SHA_224_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Sha224)),
    (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Sha256)),
    (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Sha384)),
    (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, Scheme::Pkcs1v15(Hash::Sha512)),
    (ECDSA_WITH_SHA_1, Scheme::Ecdsa(Hash::Sha1)),
    (rfc5912::ECDSA_WITH_SHA_224, Scheme::Ecdsa(Hash::Sha224)),
    (rfc5912::ECDSA_WITH_SHA_256, Scheme::Ecdsa(Hash::Sha256)),
    (rfc5912::ECDSA_WITH_SHA_384, Scheme::Ecdsa(Hash::Sha384)),
    (rfc5912::ECDSA_WITH_SHA_512, Scheme::Ecdsa(Hash::Sha512)),
    (rfc8410::ID_ED_25519, Scheme::Ed25519),
];

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, as JWS calls it (RFC 7518, section 3.3).
    pub(crate) const RS256: Self =
        Self { oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION, scheme: Some(Scheme::Pkcs1v15(Hash::Sha256)) };

    /// The algorithm that an AlgorithmIdentifier in DER names (RFC 5280, section 4.1.1.2), known here or not.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let identifier = AlgorithmIdentifierOwned::from_der(der);
        identifier
            .map(|identifier| Self::new(&identifier))
            .map_err(|error| Error::malformed("is no AlgorithmIdentifier").with_source(error))
    }

    pub(crate) fn new(identifier: &AlgorithmIdentifierOwned) -> Self {
        let oid = identifier.oid;
        let parameters = identifier.parameters.as_ref();
        let scheme = match parameters {
            Some(parameters) if oid == rfc5912::ID_RSASSA_PSS => pss(parameters),
            // No other algorithm that is known here has parameters.
            Some(parameters) if *parameters != Null.into() => None,
            _ => KNOWN.iter().find(|(known, _)| *known == oid).map(|(_, scheme)| *scheme),
        };
        Self { oid, scheme }
    }

    /// The algorithm's name, such as `SHA-256 with RSA`; for one that is not known here its object identifier.
    pub fn name(self) -> String {
        match self.scheme {
            Some(Scheme::Pkcs1v15(hash)) => format!("{} with RSA", hash.name()),
            Some(Scheme::Pss { hash, .. }) => format!("{} with RSA-PSS", hash.name()),
            Some(Scheme::Ecdsa(hash)) => format!("{} with ECDSA", hash.name()),
            Some(Scheme::Ed25519) => "Ed25519".to_owned(),
            None => oid_name(self.oid),
        }
    }

    /// The name of its object identifier, such as `sha256WithRSAEncryption` (RFC 8017, RFC 5758).
    pub fn identifier(self) -> String {
        const_oid::db::DB.by_oid(&self.oid).map_or_else(|| self.oid.to_string(), str::to_owned)
    }

    /// False for MD2, MD5 and SHA-1, which do not resist collisions, and for the short SHA-224; `None` for an algorithm
    /// that is not known here.
    pub fn is_sha256_or_better(self) -> Option<bool> {
        Some(match self.scheme? {
            Scheme::Ed25519 => true,
            Scheme::Pkcs1v15(hash) | Scheme::Pss { hash, .. } | Scheme::Ecdsa(hash) => {
                matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512)
            }
        })
    }
}

/// The parameters of RSASSA-PSS (RFC 4055, section 3.1) where both hashes are one.
fn pss(parameters: &Any) -> Option<Scheme> {
    let parameters = parameters.decode_as::<RsaPssParams<Any>>().ok()?;
    let mask_hash = parameters.mask_gen.parameters.as_ref()?.oid;
    let hash = match parameters.hash.oid {
        rfc5912::ID_SHA_1 => Hash::Sha1,
        rfc5912::ID_SHA_256 => Hash::Sha256,
        rfc5912::ID_SHA_384 => Hash::Sha384,
        rfc5912::ID_SHA_512 => Hash::Sha512,
        _ => return None,
    };
    let is_usual = parameters.mask_gen.oid == rfc5912::ID_MGF_1 && mask_hash == parameters.hash.oid;
    is_usual.then_some(Scheme::Pss { hash, salt: parameters.salt_len })
}

impl PrivateKey {
    /// Signs `message`: its SHA-256 with RSA and on P-256, its SHA-384 on P-384 (ECDSA: deterministic, RFC 6979; DER
    /// encoded), itself with Ed25519.
    ///
    /// # Errors
    /// None in practice; those of the algorithms' crates are passed on.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let digest = Sha256::digest(message);
        match self {
            Self::Rsa(key) => key.0.sign(Pkcs1v15Sign::new::<Sha256>(), &digest).map_err(internal),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.0.sign_prehash(&digest).map_err(internal)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                // The hash as strong as the curve: the pair that TLS 1.3 names (RFC 8446, section 4.2.3).
                let digest = Sha384::digest(message);
                let signature: p384::ecdsa::Signature = key.0.sign_prehash(&digest).map_err(internal)?;
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
            Self::P256(_) => (rfc5912::ECDSA_WITH_SHA_256, None),
            Self::P384(_) => (rfc5912::ECDSA_WITH_SHA_384, None),
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
        let unsupported = || Error::unsupported(format!("signatures with {} cannot be checked here", algorithm.name()));
        let verified = match (&self.0, algorithm.scheme.ok_or_else(unsupported)?) {
            (PublicNumbers::Rsa(key), Scheme::Pkcs1v15(hash)) => {
                let (padding, digest) = match hash {
                    Hash::Md2 | Hash::Md5 => return Err(unsupported()),
                    Hash::Sha1 => (Pkcs1v15Sign::new::<Sha1>(), digest(hash, message)),
                    Hash::Sha224 => (Pkcs1v15Sign::new::<Sha224>(), digest(hash, message)),
                    Hash::Sha256 => (Pkcs1v15Sign::new::<Sha256>(), digest(hash, message)),
                    Hash::Sha384 => (Pkcs1v15Sign::new::<Sha384>(), digest(hash, message)),
                    Hash::Sha512 => (Pkcs1v15Sign::new::<Sha512>(), digest(hash, message)),
                };
                key.verify(padding, &digest, signature).is_ok()
            }
            (PublicNumbers::Rsa(key), Scheme::Pss { hash, salt }) => {
                let (salt, digest) = (usize::from(salt), digest(hash, message));
                let verified = match hash {
                    Hash::Sha1 => key.verify(Pss::<Sha1>::new_with_salt(salt), &digest, signature),
                    Hash::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt), &digest, signature),
                    Hash::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt), &digest, signature),
                    Hash::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt), &digest, signature),
                    Hash::Md2 | Hash::Md5 | Hash::Sha224 => return Err(unsupported()),
                };
                verified.is_ok()
            }
            (PublicNumbers::P256(key), Scheme::Ecdsa(hash)) => processor::verify_p256(key, hash, message, signature)
                .unwrap_or_else(|| {
                    let key = p256::ecdsa::VerifyingKey::from(key);
                    p256::ecdsa::Signature::from_der(signature)
                        .is_ok_and(|signature| key.verify_prehash(&digest(hash, message), &signature).is_ok())
                }),
            (PublicNumbers::P384(key), Scheme::Ecdsa(hash)) => {
                let key = p384::ecdsa::VerifyingKey::from(key);
                p384::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest(hash, message), &signature).is_ok())
            }
            (PublicNumbers::Ed25519(key), Scheme::Ed25519) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            _ => false,
        };
        if verified { Ok(()) } else { Err(Error::mismatch("the signature was not made by this key")) }
    }

    /// Checks the signature of a certificate, a request or a revocation list: each is what is signed as it stands, the
    /// algorithm, and the signature as a BIT STRING (RFC 5280, section 4.1.1; RFC 2986, section 4.2).
    pub(crate) fn verify_signed(&self, der: &[u8]) -> Result<()> {
        let damaged = |error| Error::malformed("its signature cannot be read").with_source(error);
        let parts = asn1::children(asn1::split(der)?.0.value);
        let [signed, algorithm, signature] = parts.as_slice() else {
            return Err(Error::malformed("is not signed"));
        };
        let algorithm = SignatureAlgorithm::from_der(algorithm.whole)?;
        let signature = BitStringRef::from_der(signature.whole).map_err(damaged)?;
        let signature = signature.as_bytes();
        let signature = signature.ok_or_else(|| Error::malformed("its signature is no whole number of octets"))?;
        self.verify(algorithm, signed.whole, signature)
    }
}

fn digest(hash: Hash, message: &[u8]) -> Vec<u8> {
    match hash {
        // Only ECDSA and RSA with a hash that is checked here come this far.
        Hash::Md2 | Hash::Md5 => Vec::new(),
        Hash::Sha1 => Sha1::digest(message).to_vec(),
        Hash::Sha224 => Sha224::digest(message).to_vec(),
        Hash::Sha256 => Sha256::digest(message).to_vec(),
        Hash::Sha384 => Sha384::digest(message).to_vec(),
        Hash::Sha512 => Sha512::digest(message).to_vec(),
    }
}
