//! The certificate that takes another's place, and the request for one.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_PRIVATE_KEY_USAGE_PERIOD;
use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use const_oid::db::rfc6962::CT_PRECERT_SCTS;
use rand_core::TryCryptoRng;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::build::Extensions;
use super::{Certificate, Validity};
use crate::csr::CertRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;

/// They speak of the one certificate that they stand in, or of its dates.
const BOUND: [ObjectIdentifier; 2] = [ID_CE_PRIVATE_KEY_USAGE_PERIOD, CT_PRECERT_SCTS];

impl Certificate {
    /// Checks that it is signed with its own key: any other can be renewed by its issuer alone.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if another has issued it, [`Mismatch`](ErrorKind::Mismatch) if its signature does not
    /// hold.
    pub fn check_self_signed(&self) -> Result<()> {
        if !self.is_self_issued() {
            let fact = format!("was issued by {}, who alone can renew it", self.issuer());
            return Err(Error::policy(fact).with_hint("send a signing request for it there"));
        }
        self.verify_signature(&self.public_key()?).map_err(|error| match error.kind() {
            ErrorKind::Mismatch => Error::mismatch("says that it signed itself, but its signature does not hold")
                .with_hint("make it anew with selfsign"),
            _ => error,
        })
    }

    /// The self-signed certificate that takes the place of this one: the same subject byte for byte and the same
    /// extensions, for `key`, which may be a new one; another serial number, and SHA-256.
    ///
    /// The identifiers of the key follow a new key. Left out is what holds for this one certificate alone: a period of use
    /// for the key, and time stamps of transparency logs. One without extensions, as of version 1, gets those of
    /// [`Self::self_signed`].
    ///
    /// # Errors
    /// Those of [`Self::check_self_signed`], and [`Policy`](ErrorKind::Policy) for a key below 2048 bits.
    pub fn renewed(&self, key: &PrivateKey, validity: Validity, rng: &mut impl TryCryptoRng) -> Result<Self> {
        self.check_self_signed()?;
        key.check_strength()?;
        let is_kept = |extension: &&Extension| !BOUND.contains(&extension.extn_id);
        let extensions: Vec<Extension> = self.raw_extensions().filter(is_kept).cloned().collect();
        let same_key = self.public_key()? == key.public_key();
        let own = self.inner.tbs_certificate().get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let identifier = own.map(|(_, identifier)| identifier).filter(|_| same_key);
        let extensions = match extensions.is_empty() {
            true => Extensions::OfSigningKey { san: None },
            false => Extensions::Kept { extensions, identifier },
        };
        Self::sign_itself(self.subject(), extensions, key, validity, rng)
    }

    /// The signing request for a certificate like this one: its subject byte for byte and its alternative names.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if `key` is not the certificate's, and those of [`CertRequest::new`].
    pub fn to_request(&self, key: &PrivateKey) -> Result<CertRequest> {
        if self.public_key()? != key.public_key() {
            return Err(Error::mismatch("the certificate is of another key")
                .with_hint("compare them with certwright verify, and give the pair that belongs together"));
        }
        let san = self.raw_extensions().find(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME);
        CertRequest::with_san(self.subject(), san.cloned(), key)
    }

    fn raw_extensions(&self) -> impl Iterator<Item = &Extension> {
        self.inner.tbs_certificate().extensions().into_iter().flatten()
    }
}
