//! The checks themselves: first of each object on its own, then between them.

use super::{Check, Criteria, Evidence, Exhibit, Outcome, Report};
use std::time::Duration;

use crate::certificate::Certificate;
use crate::error::ErrorKind;
use crate::{Error, time};

impl Report {
    fn add(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>, files: &[&str]) {
        let files = files.iter().map(|&file| file.to_owned()).collect();
        self.checks.push(Check { name, outcome, detail: detail.into(), files, is_evidence: false });
    }

    fn add_evidence(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>, files: &[&str]) {
        self.add(name, outcome, detail, files);
        if let Some(check) = self.checks.last_mut() {
            check.is_evidence = true;
        }
    }
}

/// What every object has to say about itself.
pub(super) fn objects(exhibits: &[Exhibit], criteria: &Criteria, report: &mut Report) {
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
            Evidence::PrivateKey(_) | Evidence::PublicKey(_) => {}
            Evidence::CertRequest(request) => {
                let verified = request.verify_signature();
                signed("csr-signature", verified, "the request is signed with its own key", false, &[file], report);
            }
            Evidence::Certificate(certificate) => self::certificate(file, certificate, criteria, report),
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

fn certificate(file: &str, certificate: &Certificate, criteria: &Criteria, report: &mut Report) {
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
    let algorithm = certificate.signature_algorithm();
    let (outcome, detail) = match algorithm.is_sha256_or_better() {
        true => (Outcome::Holds, format!("signed with {}", algorithm.name())),
        false => (Outcome::Fails, format!("signed with {}, SHA-256 is the least", algorithm.name())),
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
    let certificates: Vec<(&str, &Certificate)> = exhibits
        .iter()
        .filter_map(|exhibit| match &exhibit.evidence {
            Evidence::Certificate(certificate) => Some((exhibit.file.as_str(), certificate)),
            _ => None,
        })
        .collect();
    for (file, certificate) in &certificates {
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
fn subjects<'a>(exhibits: &'a [Exhibit], certificates: &[(&str, &Certificate)]) -> Vec<&'a Exhibit> {
    let has_issued =
        |this: &Certificate| certificates.iter().any(|(_, other)| !other.is_self_issued() && is_issued_by(other, this));
    let any_unmarked = certificates.iter().any(|(_, certificate)| !certificate.is_ca());
    let is_subject = |exhibit: &&Exhibit| match &exhibit.evidence {
        Evidence::Certificate(certificate) => !(has_issued(certificate) || certificate.is_ca() && any_unmarked),
        _ => exhibit.public_key().is_some(),
    };
    exhibits.iter().filter(is_subject).collect()
}

fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.issuer().to_der() == issuer.subject().to_der()
        && issuer.public_key().is_ok_and(|key| certificate.verify_signature(&key).is_ok())
}

fn issuer(file: &str, certificate: &Certificate, certificates: &[(&str, &Certificate)], report: &mut Report) {
    const NAME: &str = "certificate-signature";
    if certificate.is_self_issued() {
        let verified = certificate.public_key().and_then(|key| certificate.verify_signature(&key));
        return signed(NAME, verified, "the certificate is signed with its own key", false, &[file], report);
    }
    let named: Vec<_> =
        certificates.iter().filter(|(_, other)| certificate.issuer().to_der() == other.subject().to_der()).collect();
    if named.is_empty() {
        let detail = format!("its issuer's certificate is not among the files: {}", certificate.issuer());
        return report.add(NAME, Outcome::NotRun, detail, &[file]);
    }
    let verified_by = named.iter().find(|(_, issuer)| is_issued_by(certificate, issuer));
    let (issuer_file, issuer) = verified_by.unwrap_or(&named[0]);
    let verified = issuer.public_key().and_then(|key| certificate.verify_signature(&key));
    signed(NAME, verified, &format!("signed by {}", issuer.subject()), true, &[file, issuer_file], report);
}

fn signed(
    name: &'static str,
    verified: Result<(), Error>,
    holds: &str,
    compares: bool,
    files: &[&str],
    report: &mut Report,
) {
    let (outcome, detail) = match verified {
        Ok(()) => (Outcome::Holds, holds.to_owned()),
        Err(error) if error.kind() == ErrorKind::Unsupported => (Outcome::NotRun, error.to_string()),
        Err(error) => (Outcome::Fails, error.to_string()),
    };
    if compares {
        report.add_evidence(name, outcome, detail, files);
    } else {
        report.add(name, outcome, detail, files);
    }
}

fn same_key(one: &Exhibit, other: &Exhibit, report: &mut Report) {
    let (Some(first), Some(second)) = (one.public_key(), other.public_key()) else { return };
    let (outcome, detail) = if first == second {
        (Outcome::Holds, format!("have the same {} key", first.algorithm()))
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
    let (outcome, detail) = if first.attributes().eq(second.attributes()) {
        (Outcome::Holds, format!("both are for {first}"))
    } else {
        (Outcome::Fails, format!("one is for {first}, the other for {second}"))
    };
    report.add_evidence("same-subject", outcome, detail, &[&one.file, &other.file]);
}

fn with_hint(error: &Error) -> String {
    error.hint().map_or_else(|| error.to_string(), |hint| format!("{error} ({hint})"))
}
