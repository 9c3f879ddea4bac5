//! Keys as octets: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017, appendix A.1) and SubjectPublicKeyInfo (RFC 5280, section 4.1).

use const_oid::ObjectIdentifier;
use const_oid::db::DB;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, ID_RSASSA_PSS, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use const_oid::db::rfc8410::ID_ED_25519;
use der::Decode;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey};
use pkcs8::{DecodePrivateKey, EncodePrivateKey, PrivateKeyInfoRef};
use spki::{DecodePublicKey, EncodePublicKey, SubjectPublicKeyInfoRef};

use super::{
    Ed25519PrivateKey, P256PrivateKey, P384PrivateKey, PrivateKey, PublicKey, PublicNumbers, RsaPrivateKey, internal,
};
use crate::asn1::{self, tag};
use crate::error::{Error, Result};
use crate::pem;
use crate::secret::SecretBytes;

const PKCS8_LABEL: &str = "PRIVATE KEY";
const PKCS1_LABEL: &str = "RSA PRIVATE KEY";
const SPKI_LABEL: &str = "PUBLIC KEY";

/// What is said of keys that nothing here can use.
const RSA_ONLY: &str = "only RSA keys serve for Salesforce: make one with genkey";

impl PrivateKey {
    /// Reads a DER PrivateKeyInfo (PKCS#8).
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none or its numbers do not fit each other,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for an algorithm or curve that is not known here.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let info = PrivateKeyInfoRef::from_der(der)
            .map_err(|error| Error::malformed("is no PKCS#8 private key").with_source(error))?;
        let curve = info.algorithm.parameters_oid().ok();
        match (info.algorithm.oid, curve) {
            (RSA_ENCRYPTION, _) => Self::from_pkcs1_der(info.private_key.as_bytes()),
            (ID_EC_PUBLIC_KEY, Some(SECP_256_R_1)) => {
                p256::SecretKey::from_pkcs8_der(der).map(|key| Self::P256(P256PrivateKey(key.into()))).map_err(damaged)
            }
            (ID_EC_PUBLIC_KEY, Some(SECP_384_R_1)) => {
                p384::SecretKey::from_pkcs8_der(der).map(|key| Self::P384(P384PrivateKey(key.into()))).map_err(damaged)
            }
            (ID_ED_25519, _) => ed25519_dalek::SigningKey::from_pkcs8_der(der)
                .map(|key| Self::Ed25519(Ed25519PrivateKey(key)))
                .map_err(damaged),
            (oid, curve) => Err(unsupported_key(oid, curve)),
        }
    }

    /// Reads a DER RSAPrivateKey (PKCS#1). Every number has to fit the others, those for the CRT too.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none or its numbers do not fit each other,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for more than two primes or a modulus beyond 8192 bits.
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let parsed = pkcs1::RsaPrivateKey::<der::asn1::UintRef<'_>>::from_der(der)
            .map_err(|error| Error::malformed("is no PKCS#1 private key").with_source(error))?;
        if parsed.other_prime_infos.is_some() {
            return Err(Error::unsupported("is an RSA key of more than two primes").with_hint(RSA_ONLY));
        }
        check_modulus(parsed.modulus.as_bytes().len())?;
        if parsed.public_exponent.as_bytes().len() > 4 {
            return Err(Error::unsupported("is an RSA key with a public exponent over 32 bits").with_hint(RSA_ONLY));
        }
        let key = Self::Rsa(RsaPrivateKey(Box::new(rsa::RsaPrivateKey::from_pkcs1_der(der).map_err(damaged)?)));
        // The crate computes these anew; other readers go by what stands in the file.
        let computed = key.to_pkcs1_der()?;
        let computed =
            pkcs1::RsaPrivateKey::<der::asn1::UintRef<'_>>::from_der(computed.as_bytes()).map_err(internal)?;
        let fits = parsed.exponent1 == computed.exponent1
            && parsed.exponent2 == computed.exponent2
            && parsed.coefficient == computed.coefficient;
        if fits { Ok(key) } else { Err(damaged(rsa::Error::InvalidCoefficient)) }
    }

    /// Reads a DER ECPrivateKey (RFC 5915) that names its curve.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a curve that is not known here.
    pub fn from_sec1_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let p256 = p256::SecretKey::from_sec1_der(der).map(|key| Self::P256(P256PrivateKey(key.into())));
        let key =
            p256.or_else(|_| p384::SecretKey::from_sec1_der(der).map(|key| Self::P384(P384PrivateKey(key.into()))));
        key.map_err(|error| {
            Error::unsupported("is an elliptic-curve (EC) key on another curve than P-256 and P-384, or damaged")
                .with_hint(RSA_ONLY)
                .with_source(error)
        })
    }

    /// The key as DER PrivateKeyInfo (PKCS#8).
    ///
    /// # Errors
    /// None in practice; the encoder's are passed on.
    pub fn to_pkcs8_der(&self) -> Result<SecretBytes> {
        let document = match self {
            Self::Rsa(key) => key.0.to_pkcs8_der(),
            Self::P256(key) => key.0.to_pkcs8_der(),
            Self::P384(key) => key.0.to_pkcs8_der(),
            // Without the public half, as OpenSSL writes it.
            Self::Ed25519(key) => KeypairBytes { secret_key: key.0.to_bytes(), public_key: None }.to_pkcs8_der(),
        };
        Ok(SecretBytes::new(document.map_err(internal)?.as_bytes().to_vec()))
    }

    /// The key as PEM `PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`Self::to_pkcs8_der`].
    pub fn to_pkcs8_pem(&self) -> Result<SecretBytes> {
        Ok(pem::encode(PKCS8_LABEL, self.to_pkcs8_der()?.as_bytes()))
    }

    /// The key as DER RSAPrivateKey (PKCS#1).
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a key that is not RSA.
    pub fn to_pkcs1_der(&self) -> Result<SecretBytes> {
        match self {
            Self::Rsa(key) => Ok(SecretBytes::new(key.0.to_pkcs1_der().map_err(internal)?.as_bytes().to_vec())),
            _ => Err(Error::unsupported("PKCS#1 is a format for RSA keys alone").with_hint("use PKCS#8")),
        }
    }

    /// The key as PEM `RSA PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`Self::to_pkcs1_der`].
    pub fn to_pkcs1_pem(&self) -> Result<SecretBytes> {
        Ok(pem::encode(PKCS1_LABEL, self.to_pkcs1_der()?.as_bytes()))
    }
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for an algorithm or curve that is not known here.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let info = SubjectPublicKeyInfoRef::from_der(der)
            .map_err(|error| Error::malformed("is no public key").with_source(error))?;
        let curve = info.algorithm.parameters_oid().ok();
        let numbers = match (info.algorithm.oid, curve) {
            (RSA_ENCRYPTION, _) => {
                let numbers = info.subject_public_key.as_bytes();
                return Self::from_pkcs1_der(numbers.ok_or_else(|| Error::malformed("is no whole public key"))?);
            }
            (ID_EC_PUBLIC_KEY, Some(SECP_256_R_1)) => {
                p256::PublicKey::from_public_key_der(der).map(PublicNumbers::P256)
            }
            (ID_EC_PUBLIC_KEY, Some(SECP_384_R_1)) => {
                p384::PublicKey::from_public_key_der(der).map(PublicNumbers::P384)
            }
            (ID_ED_25519, _) => ed25519_dalek::VerifyingKey::from_public_key_der(der).map(PublicNumbers::Ed25519),
            (oid, curve) => return Err(unsupported_key(oid, curve)),
        };
        numbers.map(Self).map_err(|error| Error::malformed("holds a public key that cannot be one").with_source(error))
    }

    /// Reads a SubjectPublicKeyInfo that was taken apart, as TLS libraries do: `algorithm` is its AlgorithmIdentifier in DER,
    /// `bits` are the octets of its BIT STRING.
    ///
    /// # Errors
    /// Those of [`Self::from_spki_der`].
    pub fn from_spki_parts(algorithm: &[u8], bits: &[u8]) -> Result<Self> {
        Self::from_spki_der(&asn1::sequence(&[algorithm, &asn1::tagged(tag::BIT_STRING, &[&[0], bits])]))
    }

    /// Reads a DER RSAPublicKey (PKCS#1).
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a modulus beyond 8192 bits.
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let parsed = pkcs1::RsaPublicKey::<der::asn1::UintRef<'_>>::from_der(der)
            .map_err(|error| Error::malformed("is no RSA public key").with_source(error))?;
        check_modulus(parsed.modulus.as_bytes().len())?;
        let key = rsa::RsaPublicKey::from_pkcs1_der(der)
            .map_err(|error| Error::malformed("holds an RSA public key that cannot be one").with_source(error))?;
        Ok(Self(PublicNumbers::Rsa(key)))
    }

    /// The key as DER SubjectPublicKeyInfo, always in the same encoding for the same numbers.
    ///
    /// # Errors
    /// None in practice; the encoder's are passed on.
    pub fn to_spki_der(&self) -> Result<Vec<u8>> {
        let document = match &self.0 {
            PublicNumbers::Rsa(key) => key.to_public_key_der(),
            PublicNumbers::P256(key) => key.to_public_key_der(),
            PublicNumbers::P384(key) => key.to_public_key_der(),
            PublicNumbers::Ed25519(key) => key.to_public_key_der(),
        };
        Ok(document.map_err(internal)?.into_vec())
    }

    /// The key as PEM `PUBLIC KEY`.
    ///
    /// # Errors
    /// As [`Self::to_spki_der`].
    pub fn to_pem(&self) -> Result<SecretBytes> {
        Ok(pem::encode(SPKI_LABEL, &self.to_spki_der()?))
    }
}

/// The bounds of the `rsa` crate; beyond them one signature takes seconds.
fn check_modulus(octets: usize) -> Result<()> {
    let bits = octets * 8;
    if (1024..=8192).contains(&bits) {
        return Ok(());
    }
    Err(Error::unsupported(format!("is an RSA key of about {bits} bits, from 1024 to 8192 can be read"))
        .with_hint(RSA_ONLY))
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("is damaged: the numbers of the key do not fit each other")
        .with_hint("get the key again from where it was made, or make a new one with genkey")
        .with_source(error)
}

fn unsupported_key(oid: ObjectIdentifier, curve: Option<ObjectIdentifier>) -> Error {
    let what = match (oid, curve) {
        (ID_EC_PUBLIC_KEY, Some(curve)) => format!("an elliptic-curve (EC) key on the curve {}", oid_name(curve)),
        (ID_EC_PUBLIC_KEY, None) => "an elliptic-curve (EC) key that does not name its curve".to_owned(),
        (ID_RSASSA_PSS, _) => "an RSA key for RSA-PSS alone".to_owned(),
        (oid, _) => format!("a key of the algorithm {}", oid_name(oid)),
    };
    Error::unsupported(format!("is {what}, which is not known here")).with_hint(RSA_ONLY)
}

/// `id-Ed25519 (1.3.101.112)`, or the number alone.
pub(crate) fn oid_name(oid: ObjectIdentifier) -> String {
    DB.by_oid(&oid).map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"))
}
