//! Revocation lists (RFC 5280, section 5), read; `testpki/issue.rs` makes them.

use std::fmt;
use std::str::FromStr;

use const_oid::db::rfc5280::ID_CE_CRL_REASONS;
use der::{Decode, Encode};
use x509_cert::certificate::Raw;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::CrlReason;

use crate::certificate::{Certificate, Validity};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::subject::Subject;
use crate::{asn1, pem};

const LABEL: &str = "X509 CRL";

/// Why a certificate is revoked (RFC 5280, section 5.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No reason is given: `unspecified`.
    #[default]
    Unspecified,
    /// `keyCompromise`.
    KeyCompromise,
    /// `affiliationChanged`.
    AffiliationChanged,
    /// `superseded`.
    Superseded,
    /// `cessationOfOperation`.
    CessationOfOperation,
}

impl FromStr for Reason {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "unspecified" => Self::Unspecified,
            "keyCompromise" => Self::KeyCompromise,
            "affiliationChanged" => Self::AffiliationChanged,
            "superseded" => Self::Superseded,
            "cessationOfOperation" => Self::CessationOfOperation,
            _ => {
                return Err(Error::new(ErrorKind::Usage, format!("\"{}\" is no reason", text)).with_hint(
                    "give true, or keyCompromise, affiliationChanged, superseded, cessationOfOperation or unspecified",
                ));
            }
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
        })
    }
}

impl Reason {
    fn of(reason: CrlReason) -> Self {
        match reason {
            CrlReason::KeyCompromise => Self::KeyCompromise,
            CrlReason::AffiliationChanged => Self::AffiliationChanged,
            CrlReason::Superseded => Self::Superseded,
            CrlReason::CessationOfOperation => Self::CessationOfOperation,
            _ => Self::Unspecified,
        }
    }
}

/// One certificate that is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub(crate) serial: Vec<u8>,
    pub(crate) reason: Reason,
}

impl Revocation {
    /// The revocation of `certificate`.
    pub fn new(certificate: &Certificate, reason: Reason) -> Self {
        Self { serial: certificate.serial_octets().to_vec(), reason }
    }

    /// The serial number, as it is encoded.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Why it is revoked.
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

/// A revocation list, with its DER as it was read or made.
pub struct Crl {
    der: Vec<u8>,
    list: Box<CertificateList<Raw>>,
    issuer: Subject,
}

impl Crl {
    /// Reads a DER CertificateList.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) if it is none. Its signature is not checked here.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let list = CertificateList::<Raw>::from_der(der)
            .map_err(|error| Error::malformed("is no certificate revocation list").with_source(error))?;
        let issuer = &list.tbs_cert_list.issuer;
        let encoded =
            issuer.to_der().map_err(|error| Error::malformed("its issuer cannot be read").with_source(error))?;
        let issuer = Subject::from_name(issuer, encoded);
        Ok(Self { der: der.to_vec(), list: Box::new(list), issuer })
    }

    /// The list in a PEM file.
    ///
    /// # Errors
    /// As [`Self::from_der`].
    pub fn from_pem(text: &[u8]) -> Result<Self> {
        pem::check_count(text)?;
        let block = pem::blocks(text).into_iter().find(|block| block.label == LABEL);
        let block = block.ok_or_else(|| Error::malformed("holds no certificate revocation list"))?;
        Self::from_der(block.body?.as_bytes())
    }

    /// Checks that `issuer` has signed it.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if another did.
    pub fn verify(&self, issuer: &Certificate) -> Result<()> {
        issuer.public_key()?.verify_signed(&self.der)
    }

    /// What it revokes, in its order.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.each_revocation().collect()
    }

    /// The same, one by one: a list may have hundreds of thousands.
    pub fn each_revocation(&self) -> impl Iterator<Item = Revocation> {
        let revoked = self.list.tbs_cert_list.revoked_certificates.iter().flatten();
        revoked.map(|entry| {
            let extensions = entry.crl_entry_extensions.iter().flatten();
            let mut reasons = extensions.filter(|extension| extension.extn_id == ID_CE_CRL_REASONS);
            let reason = reasons.find_map(|extension| CrlReason::from_der(extension.extn_value.as_bytes()).ok());
            Revocation {
                serial: entry.serial_number.as_bytes().to_vec(),
                reason: reason.map(Reason::of).unwrap_or_default(),
            }
        })
    }

    /// Whose list it is.
    pub fn issuer(&self) -> &Subject {
        &self.issuer
    }

    /// From when until when it speaks: thisUpdate and nextUpdate.
    pub fn validity(&self) -> Option<Validity> {
        let list = &self.list.tbs_cert_list;
        Some(Validity::new(list.this_update.to_system_time(), list.next_update?.to_system_time()))
    }

    /// The DER encoding, as it was read or made.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The list as PEM `X509 CRL`.
    pub fn to_pem(&self) -> SecretBytes {
        pem::encode(LABEL, &self.der)
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({} revoked)", self.each_revocation().count())
    }
}
