//! Keystores with a certificate renewed: entries, names and passwords stay.

use std::time::SystemTime;

use rand_core::TryCryptoRng;

use super::{Compatibility, EncodedKeystore, Entry, Format, Identity, Keystore, jks, p12};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;
use crate::renewal::Renewal;
use crate::secret::{Password, SecretBytes};

/// A certificate that a keystore shows to everyone.
#[derive(Debug)]
pub struct VisibleCertificate {
    /// The name of its entry; in a PKCS#12 file perhaps none.
    pub alias: String,
    /// Its place in the chain of the entry, from 0.
    pub place: usize,
    /// True in the chain of a private key.
    pub of_key: bool,
    /// The certificate.
    pub certificate: Certificate,
}

/// What each part of a PKCS#12 file is made with at the least.
const LEAST_ITERATIONS: u32 = 100_000;

impl EncodedKeystore {
    /// The certificates that it shows without a password: of a JKS all, of a PKCS#12 file those that are not encrypted.
    /// Nothing guards them against changes here.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) if one cannot be read.
    pub fn visible_certificates(&self) -> Result<Vec<VisibleCertificate>> {
        match self.format() {
            Format::Jks => jks::certificates(self.as_bytes()),
            Format::Pkcs12 => p12::certificates(self.as_bytes()),
        }
    }

    /// True if every certificate is seen without a password.
    pub fn is_transparent(&self) -> bool {
        match self.format() {
            Format::Jks => true,
            Format::Pkcs12 => p12::has_all_in_plain(self.as_bytes()),
        }
    }

    /// Whose files this one is made like.
    pub fn compatibility(&self) -> Compatibility {
        let is_old = self.protections().iter().any(|protection| protection.derivation.starts_with("PKCS#12"));
        if is_old { Compatibility::Java8 } else { Compatibility::Modern }
    }

    /// The keystore after `renewal`, under the passwords that it has: the new certificate stands wherever an old one did,
    /// and a new key with it. `key_password` is that of the key in a JKS, where it differs; a key that stays needs none
    /// there. A PKCS#12 file is encrypted in the way it is now, with at least 100,000 iterations.
    ///
    /// # Errors
    /// [`Password`](ErrorKind::Password) for a wrong password, and those of [`Keystore::to_p12`].
    pub fn renewed(
        &self,
        renewal: &Renewal,
        password: &Password,
        key_password: Option<&Password>,
        now: SystemTime,
        rng: &mut impl TryCryptoRng,
    ) -> Result<SecretBytes> {
        let before = self.open(password, key_password)?;
        let bytes = match self.format() {
            Format::Jks => jks::renew(self.as_bytes(), renewal, password, key_password.unwrap_or(password), now, rng)?,
            Format::Pkcs12 => {
                let mut store = self.open(password, None)?;
                store.renew(renewal)?;
                let iterations = self.protections().iter().map(|protection| protection.iterations).max();
                let iterations = iterations.and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
                store.to_p12(
                    password,
                    self.compatibility(),
                    iterations.clamp(LEAST_ITERATIONS, p12::MOST_ITERATIONS),
                    rng,
                )?
            }
        };
        let after = match self.format() {
            Format::Jks => jks::open(bytes.as_bytes(), password, key_password.unwrap_or(password))?,
            Format::Pkcs12 => p12::open(bytes.as_bytes(), password, password)?,
        };
        let is_renewed = before.entries.len() == after.entries.len()
            && before.entries.iter().zip(&after.entries).all(|(before, after)| is_successor(before, after, renewal));
        match is_renewed {
            true => Ok(bytes),
            false => Err(Error::malformed("the keystore that was made does not read back")
                .with_hint("this is a fault of the program or of the machine: please report it")),
        }
    }
}

impl Keystore {
    /// Every certificate with the entry it belongs to.
    pub fn certificates(&self) -> impl Iterator<Item = (&Entry, &Certificate)> {
        self.entries.iter().flat_map(|entry| {
            let certificates = match entry {
                Entry::Identity(identity) => identity.chain(),
                Entry::Certificate { certificate, .. } => std::slice::from_ref(certificate),
                _ => &[],
            };
            certificates.iter().map(move |certificate| (entry, certificate))
        })
    }

    fn renew(&mut self, renewal: &Renewal) -> Result<()> {
        for entry in &mut self.entries {
            match entry {
                Entry::Certificate { certificate, .. } => {
                    if let Some(new) = renewal.successor(certificate) {
                        *certificate = new.clone();
                    }
                }
                Entry::Identity(identity) => renew_identity(identity, renewal)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn renew_identity(identity: &mut Identity, renewal: &Renewal) -> Result<()> {
    let is_own = identity.chain.first().is_some_and(|own| renewal.successor(own).is_some());
    if let Some(new) = renewal.key_successor(&identity.key.public_key()).filter(|_| is_own) {
        // A key is never cloned: each holder reads its own.
        identity.key = PrivateKey::from_pkcs8_der(new.to_pkcs8_der()?.as_bytes())?;
    }
    for certificate in &mut identity.chain {
        if let Some(new) = renewal.successor(certificate) {
            *certificate = new.clone();
        }
    }
    Ok(())
}

/// True if `after` is what `renewal` makes of `before`.
fn is_successor(before: &Entry, after: &Entry, renewal: &Renewal) -> bool {
    let same = |before: &Certificate, after: &Certificate| {
        renewal.successor(before).unwrap_or(before).to_der() == after.to_der()
    };
    before.alias() == after.alias()
        && match (before, after) {
            (Entry::Identity(before), Entry::Identity(after)) => {
                let (old, new) = (before.key.public_key(), after.key.public_key());
                let is_new = before.chain.first().is_some_and(|own| renewal.successor(own).is_some());
                let expected = renewal.key_successor(&old).filter(|_| is_new).map_or(old, PrivateKey::public_key);
                new == expected
                    && before.chain.len() == after.chain.len()
                    && before.chain.iter().zip(&after.chain).all(|(before, after)| same(before, after))
            }
            (Entry::Certificate { certificate: before, .. }, Entry::Certificate { certificate: after, .. }) => {
                same(before, after)
            }
            (Entry::LoneKey { key: before, .. }, Entry::LoneKey { key: after, .. }) => {
                before.public_key() == after.public_key()
            }
            // One that keeps a password of its own.
            (Entry::Unreadable { error: before, .. }, Entry::Unreadable { error: after, .. }) => {
                before.kind() == after.kind() && before.kind() == ErrorKind::Password
            }
            _ => false,
        }
}
