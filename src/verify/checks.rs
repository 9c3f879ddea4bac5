//! The checks themselves: first of each object on its own, then between them.

use std::time::Duration;

use super::{Check, Criteria, Evidence, Exhibit, Outcome, Report};
use crate::certificate::Certificate;
use crate::error::ErrorKind;
use crate::{Error, time};

impl Report {
    pub(crate) fn add(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>, files: &[&str]) {
        let files = files.iter().map(|&file| file.to_owned()).collect();
        self.checks.push(Check { name, outcome, detail: detail.into(), files, is_evidence: false });
    }

    fn add_evidence(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>, files: &[&str]) {
        self.add(name, outcome, detail, files);
        if let Some(check) = self.checks.last_mut() {
            check.is_evidence = true;
        }
    }

    /// The outcome of a signature, which `holds` describes.
    fn add_signature(&mut self, name: &'static str, verified: Result<(), Error>, holds: &str, files: &[&str]) {
        let (outcome, detail) = match verified {
            Ok(()) => (Outcome::Holds, holds.to_owned()),
            Err(error) if error.kind() == ErrorKind::Unsupported => (Outcome::NotRun, error.to_string()),
            Err(error) => (Outcome::Fails, error.to_string()),
        };
        // A signature by another object compares the two.
        match files {
            [_, _] => self.add_evidence(name, outcome, detail, files),
            _ => self.add(name, outcome, detail, files),
        }
    }
}

/// The certificates among the exhibits, each with its file.
struct Certificates<'a>(Vec<(&'a str, &'a Certificate)>);

impl<'a> Certificates<'a> {
    fn of(exhibits: &'a [Exhibit]) -> Self {
        let certificate = |exhibit: &'a Exhibit| match &exhibit.evidence {
            Evidence::Certificate(certificate) => Some((exhibit.file.as_str(), certificate)),
            _ => None,
        };
        Self(exhibits.iter().filter_map(certificate).collect())
    }

    /// True if `this` has signed another of them.
    fn has_issued(&self, this: &Certificate) -> bool {
        self.0.iter().any(|(_, other)| !other.is_self_issued() && is_issued_by(other, this))
    }
}

fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.issuer().to_der() == issuer.subject().to_der()
        && issuer.public_key().is_ok_and(|key| certificate.verify_signature(&key).is_ok())
}

/// What every object has to say about itself.
pub(super) fn objects(exhibits: &[Exhibit], criteria: &Criteria, report: &mut Report) {
    let certificates = Certificates::of(exhibits);
    for exhibit in exhibits {
        let file = exhibit.file.as_str();
        match &exhibit.evidence {
            Evidence::Unreadable(error) => report.add("readable", Outcome::Fails, with_hint(error), &[file]),
            Evidence::Locked { wanted, reason } => {
                let outcome = if *wanted { Outcome::Fails } else { Outcome::NotRun };
                report.add("opened", outcome, reason.as_str(), &[file]);
            }
            Evidence::ReadableByOthers => {
                let detail = "other users of this computer can read this private key (chmod 600 mends that)";
                report.add("key-access", Outcome::Warning, detail, &[file]);
            }
            Evidence::PrivateKey(_) | Evidence::PublicKey(_) | Evidence::Alias(_) | Evidence::Keystore { .. } => {}
            Evidence::CertRequest(request) => {
                let holds = "the request is signed with its own key";
                report.add_signature("csr-signature", request.verify_signature(), holds, &[file]);
            }
            Evidence::Certificate(certificate) => {
                validity(file, certificate, criteria, report);
                form(file, certificate, certificates.has_issued(certificate), report);
            }
        }
        if let Some(key) = exhibit.public_key() {
            let algorithm = key.algorithm();
            let (outcome, detail) = match algorithm.is_strong() {
                true => (Outcome::Holds, format!("{algorithm} is long enough")),
                false => (Outcome::Fails, format!("{algorithm} is too short to be safe, 2048 bits is the least")),
            };
            report.add("key-size", outcome, detail, &[file]);
        }
    }
}

fn validity(file: &str, certificate: &Certificate, criteria: &Criteria, report: &mut Report) {
    let validity = certificate.validity();
    let now = criteria.now;
    let (outcome, detail) = if now < validity.not_before() {
        (Outcome::Fails, format!("not valid before {}", time::rfc3339(validity.not_before())))
    } else if now > validity.not_after() {
        (Outcome::Fails, format!("expired on {}", time::rfc3339(validity.not_after())))
    } else {
        (Outcome::Holds, format!("valid until {}", time::rfc3339(validity.not_after())))
    };
    report.add("validity", outcome, detail, &[file]);
    if let Some(within) = criteria.expires_within {
        let days = |span: Duration| span.as_secs() / (24 * 60 * 60);
        let left = validity.not_after().duration_since(now).unwrap_or_default();
        let outcome = if left > within { Outcome::Holds } else { Outcome::Fails };
        let detail = format!("{} days are left, more than {} are asked for", days(left), days(within));
        report.add_evidence("expires-within", outcome, detail, &[file]);
    }
}

fn form(file: &str, certificate: &Certificate, has_issued: bool, report: &mut Report) {
    let algorithm = certificate.signature_algorithm();
    let (outcome, detail) = match algorithm.is_sha256_or_better() {
        Some(true) => (Outcome::Holds, format!("signed with {}", algorithm.name())),
        Some(false) if has_issued && certificate.is_self_issued() => {
            (Outcome::Holds, format!("a root signed with {}: nobody relies on its own signature", algorithm.name()))
        }
        Some(false) => (Outcome::Fails, format!("signed with {}, SHA-256 is the least", algorithm.name())),
        None => (Outcome::NotRun, format!("signed with {}, which is not known here", algorithm.name())),
    };
    report.add("signature-hash", outcome, detail, &[file]);
    let (outcome, detail) = match certificate.version() {
        3 => (Outcome::Holds, "X.509 version 3".to_owned()),
        version => {
            (Outcome::Warning, format!("X.509 version {version}; much of today's software takes version 3 alone"))
        }
    };
    report.add("version", outcome, detail, &[file]);
}

/// What the objects have to do with each other.
pub(super) fn pairs(exhibits: &[Exhibit], report: &mut Report) {
    let certificates = Certificates::of(exhibits);
    for (file, certificate) in &certificates.0 {
        issuer(file, certificate, &certificates, report);
    }
    let holders = subjects(exhibits, &certificates);
    for (index, one) in holders.iter().enumerate() {
        for other in &holders[index + 1..] {
            same_key(one, other, report);
            same_subject(one, other, report);
        }
    }
}

/// What should all have one key: everything but the certificates of issuers, which are matched by what they signed.
///
/// `openssl req -x509` marks its self-signed certificates as an authority's. So one that is marked but has issued none of
/// the others is taken for the subject's where no certificate without the mark is there.
fn subjects<'a>(exhibits: &'a [Exhibit], certificates: &Certificates<'_>) -> Vec<&'a Exhibit> {
    let any_unmarked = certificates.0.iter().any(|(_, certificate)| !certificate.is_ca());
    let is_issuer = |this: &Certificate| certificates.has_issued(this) || this.is_ca() && any_unmarked;
    let is_subject = |exhibit: &&Exhibit| match &exhibit.evidence {
        Evidence::Certificate(certificate) => !is_issuer(certificate),
        _ => exhibit.spki().is_some(),
    };
    exhibits.iter().filter(is_subject).collect()
}

fn issuer(file: &str, certificate: &Certificate, certificates: &Certificates<'_>, report: &mut Report) {
    const NAME: &str = "certificate-signature";
    let verified_by = |key: Result<_, Error>| key.and_then(|key| certificate.verify_signature(&key));
    if certificate.claims_to_be_self_signed() {
        let verified = verified_by(certificate.public_key());
        return report.add_signature(NAME, verified, "the certificate is signed with its own key", &[file]);
    }
    let is_named = |(_, other): &&(&str, &Certificate)| certificate.issuer().to_der() == other.subject().to_der();
    let named: Vec<_> = certificates.0.iter().filter(is_named).collect();
    let signer = named.iter().find(|(_, issuer)| is_issued_by(certificate, issuer)).or(named.first());
    match signer {
        Some((issuer_file, issuer)) => {
            let holds = format!("signed by {}", issuer.subject());
            report.add_signature(NAME, verified_by(issuer.public_key()), &holds, &[file, issuer_file]);
        }
        None => {
            let detail = format!("its issuer's certificate is not among the files: {}", certificate.issuer());
            report.add(NAME, Outcome::NotRun, detail, &[file]);
        }
    }
}

fn same_key(one: &Exhibit, other: &Exhibit, report: &mut Report) {
    let (Some(first), Some(second)) = (one.spki(), other.spki()) else { return };
    let (outcome, detail) = if first == second {
        let algorithm = one.public_key().map_or_else(String::new, |key| format!("{} ", key.algorithm()));
        (Outcome::Holds, format!("have the same {algorithm}key"))
    } else {
        (Outcome::Fails, format!("{} and {} have different keys", one.noun(), other.noun()))
    };
    report.add_evidence("same-key", outcome, detail, &[&one.file, &other.file]);
}

fn same_subject(one: &Exhibit, other: &Exhibit, report: &mut Report) {
    let subject = |exhibit: &Exhibit| match &exhibit.evidence {
        Evidence::CertRequest(request) => Some(request.subject().clone()),
        Evidence::Certificate(certificate) => Some(certificate.subject().clone()),
        _ => None,
    };
    let (Some(first), Some(second)) = (subject(one), subject(other)) else { return };
    // An authority may leave parts of a request out.
    let is_issued = |exhibit: &Exhibit| match &exhibit.evidence {
        Evidence::Certificate(certificate) => !certificate.claims_to_be_self_signed(),
        _ => false,
    };
    let differ = if is_issued(one) || is_issued(other) { Outcome::Warning } else { Outcome::Fails };
    let (outcome, detail) = match first.attributes().eq(second.attributes()) {
        true => (Outcome::Holds, format!("both are for {first}")),
        false => (differ, format!("one is for {first}, the other for {second}")),
    };
    report.add_evidence("same-subject", outcome, detail, &[&one.file, &other.file]);
}

fn with_hint(error: &Error) -> String {
    error.hint().map_or_else(|| error.to_string(), |hint| format!("{error} ({hint})"))
}
