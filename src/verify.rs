//! A set of objects -> a report of named checks: do these keys, requests and certificates belong together?
//!
//! Compared by public key and by signature, never by text. Nothing is printed here.
//!
//! ```
//! use certwright::verify::{Criteria, Evidence, Exhibit, verify};
//! # use certwright::{CertRequest, Certificate, KeyKind, PrivateKey, Subject, Validity};
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
//! # let key = PrivateKey::generate(KeyKind::P256, &mut rng)?;
//! # let request = CertRequest::new(&Subject::parse("CN=example")?, &[], &key)?;
//! # let certificate = Certificate::self_signed(&request, &key, Validity::days(365, now)?, &mut rng)?;
//!
//! // `key` is a private key, `certificate` a certificate, `now` the time to judge by.
//! let exhibits = [
//!     Exhibit::new("server.key", Evidence::PrivateKey(key.public_key())),
//!     Exhibit::new("server.crt", Evidence::Certificate(certificate)),
//! ];
//! let report = verify(&exhibits, &Criteria::at(now));
//! assert!(report.is_ok(true) && report.has_evidence());
//! # Ok::<(), certwright::Error>(())
//! ```

mod certificates;
mod checks;
mod client;
mod flaws;

use std::time::{Duration, SystemTime};

use crate::certificate::Certificate;
use crate::crl::Crl;
use crate::csr::CertRequest;
use crate::error::Error;
use crate::key::PublicKey;
use crate::keystore::Format;
use crate::subject::SanName;
pub use flaws::{Flaw, flaws};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is as it should be.
    Holds,
    /// It could not be checked.
    NotRun,
    /// It works, but something is unwise.
    Warning,
    /// It is not as it should be.
    Fails,
}

impl Outcome {
    /// `holds`, `warning`, `fails` or `not-run`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::NotRun => "not-run",
            Self::Warning => "warning",
            Self::Fails => "fails",
        }
    }
}

/// One check with its result.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was checked, as a short name that does not change.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// The finding in words.
    pub detail: String,
    /// The files it is about.
    pub files: Vec<String>,
    /// True if it compared two objects with each other, or was asked for: a pass rests on at least one of these.
    pub is_evidence: bool,
}

/// What a file brings to the comparison.
#[derive(Debug)]
pub struct Exhibit {
    /// The file's name, as it is to be shown.
    pub file: String,
    /// What is in it.
    pub evidence: Evidence,
    /// For what comes out of a keystore, where it stood.
    pub place: Option<Place>,
}

/// Where in a keystore something stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The keystore's file.
    pub store: String,
    /// The number of the entry.
    pub entry: usize,
    /// True for a certificate that is trusted and belongs to no key.
    pub is_trusted: bool,
}

/// What can be known of an object without its secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Evidence {
    /// The public half of a private key.
    PrivateKey(PublicKey),
    /// A private key that was not opened.
    Locked {
        /// True if the file was asked for by name: then it has to be checked.
        wanted: bool,
        /// Why it was not opened, with the option that would.
        reason: String,
    },
    /// A public key alone.
    PublicKey(PublicKey),
    /// A signing request.
    CertRequest(CertRequest),
    /// A certificate.
    Certificate(Certificate),
    /// A certificate revocation list.
    Crl(Crl),
    /// Something that could not be read although it should be.
    Unreadable(Error),
    /// The file holds a private key that other users can read.
    ReadableByOthers,
    /// The file holds a private key, and who can read it could not be found out, for this reason.
    ReadersUnknown(String),
    /// The name of an entry with a private key, in a keystore of this format.
    Alias {
        /// The name.
        alias: String,
        /// The keystore's format.
        format: Format,
    },
    /// The chain of an entry of a keystore, in its order.
    Chain(Vec<Certificate>),
    /// A keystore.
    Keystore {
        /// Its format, by content.
        format: Format,
        /// True if its name says that it is a JKS.
        is_named_jks: bool,
        /// The number of its entries that hold a private key with its chain.
        identities: usize,
        /// True if a key of it opens with another password than itself.
        has_key_password: bool,
        /// True if a MAC or digest guards it against changes.
        has_integrity: bool,
    },
}

/// The checks, in the order they were made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every check.
    pub checks: Vec<Check>,
}

impl Report {
    /// True if no check fails; with `strict`, if every check holds.
    pub fn is_ok(&self, strict: bool) -> bool {
        let worst = self.checks.iter().map(|check| check.outcome).max();
        worst.is_none_or(|worst| if strict { worst == Outcome::Holds } else { worst < Outcome::Fails })
    }

    /// True if at least one comparison between two objects, or one check that was asked for, holds. Without it nothing
    /// was shown: the signature of a lone certificate proves nothing about a key.
    pub fn has_evidence(&self) -> bool {
        self.checks.iter().any(|check| check.is_evidence && check.outcome == Outcome::Holds)
    }
}

/// What [`verify`] is to go by.
#[derive(Clone, Copy, Debug)]
pub struct Criteria<'a> {
    /// The instant at which certificates have to be valid.
    pub now: SystemTime,
    /// How long they have to stay valid from then on, if that was asked for.
    pub expires_within: Option<Duration>,
    /// The only certificates that are trusted, if that was asked for: those that have issued no other have to hang from
    /// one of them.
    pub trusted: Option<&'a [Certificate]>,
    /// The host that they have to be for, if that was asked for.
    pub host: Option<&'a SanName>,
}

impl Criteria<'_> {
    /// Valid at `now`, and nothing more.
    pub fn at(now: SystemTime) -> Self {
        Self { now, expires_within: None, trusted: None, host: None }
    }
}

/// Checks everything that can be checked between and about `exhibits`.
pub fn verify(exhibits: &[Exhibit], criteria: &Criteria<'_>) -> Report {
    let mut report = Report::default();
    let certificates = certificates::Certificates::of(exhibits);
    checks::objects(exhibits, &certificates, criteria, &mut report);
    checks::pairs(exhibits, &certificates, &mut report);
    client::leaves(exhibits, &certificates, criteria, &mut report);
    report
}

impl Exhibit {
    /// What is in `file`, by itself.
    pub fn new(file: impl Into<String>, evidence: Evidence) -> Self {
        Self { file: file.into(), evidence, place: None }
    }

    /// The public key of anything that has one and is about the subject itself.
    fn public_key(&self) -> Option<PublicKey> {
        match &self.evidence {
            Evidence::PrivateKey(key) | Evidence::PublicKey(key) => Some(key.clone()),
            Evidence::CertRequest(request) => request.public_key().ok(),
            Evidence::Certificate(certificate) => certificate.public_key().ok(),
            _ => None,
        }
    }

    /// The same as DER; where the key cannot be read, as it stands, so that it can be compared all the same.
    fn spki(&self) -> Option<Vec<u8>> {
        let as_it_stands = || match &self.evidence {
            Evidence::CertRequest(request) => request.spki_der().ok(),
            Evidence::Certificate(certificate) => certificate.spki_der().ok(),
            _ => None,
        };
        self.public_key().and_then(|key| key.to_spki_der().ok()).or_else(as_it_stands)
    }

    fn noun(&self) -> &'static str {
        match &self.evidence {
            Evidence::PrivateKey(_)
            | Evidence::Locked { .. }
            | Evidence::ReadableByOthers
            | Evidence::ReadersUnknown(_) => "private key",
            Evidence::PublicKey(_) => "public key",
            Evidence::CertRequest(_) => "signing request",
            Evidence::Certificate(_) => "certificate",
            Evidence::Crl(_) => "revocation list",
            Evidence::Alias { .. } | Evidence::Chain(_) | Evidence::Keystore { .. } => "keystore",
            Evidence::Unreadable(_) => "file",
        }
    }
}
