//! A keystore as it is found: what it shows without a password, and the way in with one.

use std::fmt;

use super::{Format, Keystore, jks, p12};
use crate::error::{Error, Result};
use crate::pbe::Protection;
use crate::secret::{Password, SecretBytes};

/// A keystore as it is found in a file.
pub struct EncodedKeystore {
    format: Format,
    bytes: SecretBytes,
    protections: Vec<Protection>,
    integrity: Option<String>,
}

impl EncodedKeystore {
    /// Reads a PKCS#12 file, in DER or BER, without a password: its outline, its algorithms and their bounds.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none, [`Unsupported`](crate::ErrorKind::Unsupported) for algorithms that are
    /// not read, [`Policy`](crate::ErrorKind::Policy) beyond a million iterations.
    pub fn from_p12(bytes: &[u8]) -> Result<Self> {
        check_size(bytes)?;
        let outline = p12::outline(bytes)?;
        Ok(Self {
            format: Format::Pkcs12,
            bytes: SecretBytes::new(outline.der),
            protections: outline.protections,
            integrity: outline.mac,
        })
    }

    /// Reads a JKS file without a password.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none.
    pub fn from_jks(bytes: &[u8]) -> Result<Self> {
        check_size(bytes)?;
        jks::check(bytes)?;
        let protection = Protection {
            cipher: "XOR with SHA-1".to_owned(),
            derivation: "SHA-1".to_owned(),
            iterations: 1,
            is_legacy_pem: false,
        };
        Ok(Self {
            format: Format::Jks,
            bytes: SecretBytes::new(bytes.to_vec()),
            protections: vec![protection],
            integrity: Some("SHA-1 digest".to_owned()),
        })
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How its parts are protected, as far as that is known without a password.
    pub fn protections(&self) -> &[Protection] {
        &self.protections
    }

    /// What guards it against changes, in words; `None` if nothing does.
    pub fn integrity(&self) -> Option<&str> {
        self.integrity.as_deref()
    }

    /// The file as it is; a PKCS#12 file in DER.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }

    /// Opens the store. `key_password` opens its keys where that is another than the store's.
    ///
    /// # Errors
    /// [`Password`](crate::ErrorKind::Password) if the password is wrong or the file was changed.
    pub fn open(&self, password: &Password, key_password: Option<&Password>) -> Result<Keystore> {
        let key_password = key_password.unwrap_or(password);
        match self.format {
            Format::Pkcs12 => p12::open(self.bytes.as_bytes(), password, key_password),
            Format::Jks => jks::open(self.bytes.as_bytes(), password, key_password),
        }
    }
}

/// A trust store of all public roots takes 300 KB.
const LARGEST: usize = 4 << 20;

fn check_size(bytes: &[u8]) -> Result<()> {
    if bytes.len() <= LARGEST {
        return Ok(());
    }
    Err(Error::policy("is larger than 4 MiB, which no keystore is").with_hint("check that this is the right file"))
}

impl fmt::Debug for EncodedKeystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedKeystore({})", self.format)
    }
}
