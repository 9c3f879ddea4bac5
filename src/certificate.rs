//! X.509 certificates (RFC 5280).
//!
//! ```
//! use std::time::Duration;
//! use certwright::inspect;
//! # let pem = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/openssl/v3.crt")).unwrap();
//!
//! // `pem` is a file's content.
//! let certificate = inspect::certificate(&pem)?;
//! println!("{} until {:?}", certificate.subject(), certificate.validity().not_after());
//! assert!(certificate.is_self_issued());
//! certificate.verify_signature(&certificate.public_key()?)?;
//! assert!(!certificate.is_valid_at(certificate.validity().not_after() + Duration::from_secs(1)));
//! # Ok::<(), certwright::Error>(())
//! ```

mod build;
mod constraints;
mod extensions;
mod issuers;
mod renewal;
mod validity;

use std::fmt;
use std::time::SystemTime;

use const_oid::db::rfc5280::{ID_CE_EXT_KEY_USAGE, ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME};
use der::{Decode, Encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::Extension as X509Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, SubjectKeyIdentifier};

pub(crate) use constraints::{ConstraintIndex, Constraints, Subtree};
pub use extensions::Extension;
pub(crate) use issuers::{IssuerIndex, authorities_below};
pub use validity::Validity;

use crate::asn1::{self, tag};
use crate::csr::{check_extension_count, read_sans};
use crate::error::{Error, Result};
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::pem;
use crate::secret::SecretBytes;
use crate::subject::{SanName, Subject};

const LABEL: &str = "CERTIFICATE";

/// A certificate, with its DER as it was read or made.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    inner: Box<CertificateInner<Raw>>,
    subject: Subject,
    issuer: Subject,
}

impl Certificate {
    /// Reads a DER Certificate, of any version, also one that breaks RFC 5280 in its serial number or dates.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none. Nothing is verified here.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let outer = asn1::children(asn1::split(der)?.0.value);
        let parts = outer.first().map(|tbs| asn1::children(tbs.value)).unwrap_or_default();
        check_extension_count(parts.iter().find(|part| part.tag == tag::EXPLICIT_3).map(|part| part.value))?;
        let inner = CertificateInner::<Raw>::from_der(der)
            .map_err(|error| Error::malformed("is no certificate").with_source(error))?;
        // A version stands before the serial number, or nothing.
        let serial = usize::from(parts.first().is_some_and(|part| part.tag == tag::EXPLICIT_0));
        let (Some(issuer), Some(subject)) = (parts.get(serial + 2), parts.get(serial + 4)) else {
            return Err(Error::malformed("is no certificate"));
        };
        let tbs = inner.tbs_certificate();
        check_purpose_count(tbs.extensions().into_iter().flatten())?;
        let issuer = Subject::from_name(tbs.issuer(), issuer.whole.to_vec());
        let subject = Subject::from_name(tbs.subject(), subject.whole.to_vec());
        Ok(Self { der: der.to_vec(), inner: Box::new(inner), subject, issuer })
    }

    /// The version people speak of: 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.inner.tbs_certificate().version() as u8 + 1
    }

    /// The serial number as upper-case hexadecimal octets, as it is encoded.
    pub fn serial(&self) -> String {
        self.serial_octets().iter().map(|octet| format!("{octet:02X}")).collect()
    }

    /// The octets of the serial number, as it is encoded: an INTEGER in two's complement, so that a first octet of zero is
    /// no part of the amount, and a first bit of one a minus (X.690, section 8.3).
    pub fn serial_octets(&self) -> &[u8] {
        self.inner.tbs_certificate().serial_number().as_bytes()
    }

    /// Whom the certificate is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Who signed it.
    pub fn issuer(&self) -> &Subject {
        &self.issuer
    }

    /// From when until when it may be used.
    pub fn validity(&self) -> Validity {
        let validity = self.inner.tbs_certificate().validity();
        Validity::new(validity.not_before.to_system_time(), validity.not_after.to_system_time())
    }

    /// True from notBefore to notAfter, both included.
    pub fn is_valid_at(&self, instant: SystemTime) -> bool {
        self.validity().contains(instant)
    }

    /// The alternative names.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if that extension cannot be read.
    pub fn sans(&self) -> Result<Vec<SanName>> {
        let extensions = self.inner.tbs_certificate().extensions();
        let extension = extensions.into_iter().flatten().find(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME);
        extension.map_or_else(|| Ok(Vec::new()), read_sans)
    }

    /// True if basicConstraints says that it is a certification authority's.
    pub fn is_ca(&self) -> bool {
        self.inner
            .tbs_certificate()
            .get_extension::<BasicConstraints>()
            .is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca))
    }

    /// Checks that it may issue certificates, with so many of other authorities below it before the last: that it is an
    /// authority's (of version 1, that it is a root), that keyCertSign is among its uses if it names any, and that its
    /// pathLenConstraint allows it (RFC 5280, section 6.1.4).
    ///
    /// # Errors
    /// [`Policy`](crate::ErrorKind::Policy) if it may not.
    pub fn check_may_issue(&self, authorities_below: usize) -> Result<()> {
        let tbs = self.inner.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().ok().flatten().map(|(_, constraints)| constraints);
        let is_authority = constraints.as_ref().is_some_and(|constraints| constraints.ca);
        let is_old_root = self.version() < 3 && self.is_self_issued();
        if !(is_authority || is_old_root) {
            return Err(Error::policy("is no authority's (basicConstraints), but has issued another"));
        }
        if self.key_usage().is_some_and(|usage| !usage.contains(&"keyCertSign")) {
            return Err(Error::policy("may not sign certificates (keyUsage), but has"));
        }
        match constraints.and_then(|constraints| constraints.path_len_constraint) {
            Some(most) if authorities_below > usize::from(most) => Err(Error::policy(format!(
                "allows {most} authorities below it (pathLenConstraint), there are {authorities_below}"
            ))),
            _ => Ok(()),
        }
    }

    /// The names it may issue for, if it is held to any (RFC 5280, section 4.2.1.10).
    pub(crate) fn name_constraints(&self) -> Result<Option<Constraints>> {
        let mut extensions = self.inner.tbs_certificate().extensions().into_iter().flatten();
        let extension = extensions.find(|extension| extension.extn_id == ID_CE_NAME_CONSTRAINTS);
        extension.map(|extension| Constraints::from_der(extension.extn_value.as_bytes())).transpose()
    }

    /// The public key.
    ///
    /// # Errors
    /// Those of [`PublicKey::from_spki_der`].
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::from_spki_der(&self.spki_der()?)
    }

    /// The public key as it stands, for comparing ones that cannot be read.
    pub(crate) fn spki_der(&self) -> Result<Vec<u8>> {
        self.inner.tbs_certificate().subject_public_key_info().to_der().map_err(internal)
    }

    /// True if it means to be signed with its own key: subject and issuer are one name, or one identifier names both
    /// keys. The second also holds when the name was changed after signing.
    pub fn claims_to_be_self_signed(&self) -> bool {
        let tbs = self.inner.tbs_certificate();
        let own = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten().map(|(_, id)| id.0);
        let issuer = tbs.get_extension::<AuthorityKeyIdentifier>().ok().flatten();
        let issuer = issuer.and_then(|(_, issuer)| issuer.key_identifier);
        self.is_self_issued() || own.is_some() && own == issuer
    }

    /// What other certificates call its key by (RFC 5280, section 4.2.1.2).
    pub(crate) fn subject_key_identifier(&self) -> Option<Vec<u8>> {
        let (_, id) = self.inner.tbs_certificate().get_extension::<SubjectKeyIdentifier>().ok()??;
        Some(id.0.as_bytes().to_vec())
    }

    /// How it is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::new(self.inner.signature_algorithm())
    }

    /// True if subject and issuer are one name: a self-signed certificate is self-issued, and signed with its own key.
    pub fn is_self_issued(&self) -> bool {
        self.subject.to_der() == self.issuer.to_der()
    }

    /// Checks the signature with the issuer's public key.
    ///
    /// # Errors
    /// Those of [`PublicKey::verify`], and [`Malformed`](crate::ErrorKind::Malformed) if the two places that name the
    /// signature's algorithm differ (RFC 5280, section 4.1.1.2).
    pub fn verify_signature(&self, issuer: &PublicKey) -> Result<()> {
        if self.inner.signature_algorithm() != self.inner.tbs_certificate().signature() {
            return Err(Error::malformed("names two different algorithms for its signature"));
        }
        issuer.verify_signed(&self.der)
    }

    /// SHA-256 of the DER encoding: the fingerprint that other tools show.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// SHA-1 of the DER encoding: the fingerprint that older software shows.
    pub fn sha1(&self) -> [u8; 20] {
        Sha1::digest(&self.der).into()
    }

    /// The octets of the signature.
    pub fn signature(&self) -> &[u8] {
        self.inner.signature().raw_bytes()
    }

    /// The DER encoding, as it was read or made.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM `CERTIFICATE`.
    pub fn to_pem(&self) -> SecretBytes {
        pem::encode(LABEL, &self.der)
    }
}

/// `certificates` one after the other as PEM, as chains and bundles are written.
pub fn to_pem<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> SecretBytes {
    SecretBytes::new(certificates.into_iter().flat_map(|one| one.to_pem().as_bytes().to_vec()).collect())
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject)
    }
}

/// Certificates in use have up to ten purposes.
const MAX_PURPOSES: usize = 1_000;

/// Checks that extKeyUsage does not have more than [`MAX_PURPOSES`]: a million bytes hold 300,000, each told by a name.
fn check_purpose_count<'a>(mut extensions: impl Iterator<Item = &'a X509Extension>) -> Result<()> {
    let usage = extensions.find(|extension| extension.extn_id == ID_CE_EXT_KEY_USAGE);
    let list = usage.and_then(|usage| asn1::split(usage.extn_value.as_bytes()).ok());
    match list.map_or(0, |(list, _)| asn1::count_children(list.value)) {
        0..=MAX_PURPOSES => Ok(()),
        count => Err(Error::policy(format!("has {count} purposes (extKeyUsage), at most {MAX_PURPOSES} are read"))),
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the certificate cannot be encoded").with_source(error)
}
