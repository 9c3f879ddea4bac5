//! Keys as octets: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017, appendix A.1) and SubjectPublicKeyInfo (RFC 5280, section 4.1).

use const_oid::ObjectIdentifier;
use const_oid::db::DB;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, ID_RSASSA_PSS, RSA_ENCRYPTION};
use der::Decode;
use der::asn1::ObjectIdentifier as Oid;
use pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey};
use pkcs8::{EncodePrivateKey, PrivateKeyInfoRef};
use spki::{EncodePublicKey, SubjectPublicKeyInfoRef};

use super::{PrivateKey, PublicKey, PublicNumbers, RsaPrivateKey, internal};
use crate::error::{Error, Result};
use crate::secret::SecretBytes;
use crate::{asn1, pem};

const PKCS8_LABEL: &str = "PRIVATE KEY";
const PKCS1_LABEL: &str = "RSA PRIVATE KEY";

/// What is said of keys that the honest commands cannot use.
const RSA_ONLY: &str = "only RSA keys serve here: make one with genkey";

impl PrivateKey {
    /// Reads a DER PrivateKeyInfo (PKCS#8).
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none or its numbers do not fit each other,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a key that is not RSA.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let info = PrivateKeyInfoRef::from_der(der)
            .map_err(|error| Error::malformed("is no PKCS#8 private key").with_source(error))?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => Self::from_pkcs1_der(info.private_key.as_bytes()),
            oid => Err(unsupported_key(oid)),
        }
    }

    /// Reads a DER RSAPrivateKey (PKCS#1). Its CRT numbers are computed anew from its primes.
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
        let key = rsa::RsaPrivateKey::from_pkcs1_der(der).map_err(|error| {
            Error::malformed("is damaged: the numbers of the RSA key do not fit each other")
                .with_hint("get the key again from where it was made, or make a new one with genkey")
                .with_source(error)
        })?;
        Ok(Self::Rsa(RsaPrivateKey(Box::new(key))))
    }

    /// The key as DER PrivateKeyInfo (PKCS#8).
    ///
    /// # Errors
    /// None in practice; the encoder's are passed on.
    pub fn to_pkcs8_der(&self) -> Result<SecretBytes> {
        match self {
            Self::Rsa(key) => Ok(SecretBytes::new(key.0.to_pkcs8_der().map_err(internal)?.as_bytes().to_vec())),
        }
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
    /// None in practice; the encoder's are passed on.
    pub fn to_pkcs1_der(&self) -> Result<SecretBytes> {
        match self {
            Self::Rsa(key) => Ok(SecretBytes::new(key.0.to_pkcs1_der().map_err(internal)?.as_bytes().to_vec())),
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
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a key that is not RSA.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let info = SubjectPublicKeyInfoRef::from_der(der)
            .map_err(|error| Error::malformed("is no public key").with_source(error))?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => {
                let numbers = info.subject_public_key.as_bytes();
                Self::from_pkcs1_der(numbers.ok_or_else(|| Error::malformed("is no whole public key"))?)
            }
            oid => Err(unsupported_key(oid)),
        }
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
        match &self.0 {
            PublicNumbers::Rsa(key) => Ok(key.to_public_key_der().map_err(internal)?.into_vec()),
        }
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

fn unsupported_key(oid: Oid) -> Error {
    let what = match oid {
        ID_EC_PUBLIC_KEY => "an elliptic-curve (EC) key".to_owned(),
        ID_RSASSA_PSS => "a key for RSA-PSS alone".to_owned(),
        oid => format!("a key of the algorithm {}", oid_name(oid)),
    };
    Error::unsupported(format!("is {what}, not an RSA key")).with_hint(RSA_ONLY)
}

/// `Ed25519 (1.3.101.112)`, or the number alone.
pub(crate) fn oid_name(oid: ObjectIdentifier) -> String {
    DB.by_oid(&oid).map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"))
}
