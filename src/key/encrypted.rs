//! Private keys that a password protects: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958, section 3) and the older PEM
//! encryption.

use std::fmt;

use super::PrivateKey;
use super::legacy::LegacyPem;
use crate::error::{Error, Result};
use crate::pbe::{Protection, Scheme, wrong_password};
use crate::secret::{Password, SecretBytes};
use crate::{asn1, pem};

const LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// A private key under a password, with what is known of it without the password.
pub struct EncryptedPrivateKey(Form);

enum Form {
    Pkcs8(Vec<u8>),
    Legacy(LegacyPem),
}

impl EncryptedPrivateKey {
    /// Reads a DER EncryptedPrivateKeyInfo. Nothing is derived yet, so nothing here takes long.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none, [`Unsupported`](crate::ErrorKind::Unsupported) for an
    /// algorithm that is not read (named with its object identifier), [`Policy`](crate::ErrorKind::Policy) beyond 10
    /// million iterations or 256 MiB of scrypt memory.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        parse(der)?;
        Ok(Self(Form::Pkcs8(der.to_vec())))
    }

    pub(crate) fn from_legacy_pem(block: &pem::Block, body: &SecretBytes) -> Result<Self> {
        LegacyPem::new(block, body).map(|pem| Self(Form::Legacy(pem)))
    }

    /// How the key is protected.
    ///
    /// # Errors
    /// None: what [`Self::from_pkcs8_der`] accepted is described.
    pub fn protection(&self) -> Result<Protection> {
        match &self.0 {
            Form::Pkcs8(der) => parse(der).map(|(scheme, _)| scheme.protection()),
            Form::Legacy(pem) => Ok(pem.protection()),
        }
    }

    /// Opens the key. This takes as long as its iterations ask for.
    ///
    /// # Errors
    /// [`Password`](crate::ErrorKind::Password) if the password is wrong or the file damaged (the formats cannot tell
    /// which), otherwise those of [`PrivateKey::from_pkcs8_der`].
    pub fn decrypt(&self, password: &Password) -> Result<PrivateKey> {
        match &self.0 {
            Form::Pkcs8(der) => {
                let (scheme, ciphertext) = parse(der)?;
                let plain = scheme.decrypt(password, ciphertext)?;
                // One wrong password in 256 survives the padding; what it leaves is no DER.
                if asn1::check(plain.as_bytes()).is_err() {
                    return Err(wrong_password());
                }
                PrivateKey::from_pkcs8_der(plain.as_bytes())
            }
            Form::Legacy(pem) => pem.decrypt(password),
        }
    }

    /// The DER EncryptedPrivateKeyInfo, or `None` for the older PEM encryption.
    pub(crate) fn to_pkcs8_der(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Pkcs8(der) => Some(der),
            Form::Legacy(_) => None,
        }
    }

    /// The key as PEM `ENCRYPTED PRIVATE KEY`.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for the older PEM encryption, which is read but not made.
    pub fn to_pem(&self) -> Result<SecretBytes> {
        let der = self.to_pkcs8_der().ok_or_else(|| {
            Error::unsupported("the old PEM encryption is not made anew").with_hint("open the key and encrypt it again")
        })?;
        Ok(pem::encode(LABEL, der))
    }
}

impl fmt::Debug for EncryptedPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedPrivateKey(..)")
    }
}

/// The encryption, inside its bounds, and the ciphertext.
fn parse(der: &[u8]) -> Result<(Scheme, &[u8])> {
    let parts = asn1::children(asn1::split(der)?.0.value);
    let [algorithm, ciphertext] = parts.as_slice() else {
        return Err(Error::malformed("is no encrypted private key"));
    };
    Ok((Scheme::parse(algorithm.whole)?, ciphertext.value))
}
