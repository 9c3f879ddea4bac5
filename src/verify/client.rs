//! Certificates as a client looks at them: who stands above, for which host, for what use, revoked or not.

use std::collections::{HashMap, HashSet};

use super::certificates::{Certificates, MAX_PATH_LEN};
use super::flaws::NO_HOST;
use super::{Criteria, Evidence, Exhibit, Outcome, Report};
use crate::certificate::{Certificate, ConstraintIndex};
use crate::crl::Reason;
use crate::error::Result;
use crate::subject::SanName;
use crate::time;

/// Every certificate that has issued none of the others, in the eyes of a client that `criteria` describes.
pub(super) fn leaves(
    exhibits: &[Exhibit],
    certificates: &Certificates<'_>,
    criteria: &Criteria<'_>,
    report: &mut Report,
) {
    let trusted: Option<HashSet<&[u8]>> =
        criteria.trusted.map(|trusted| trusted.iter().map(Certificate::to_der).collect());
    // Of each authority once, however many certificates are below it.
    let mut limits: HashMap<usize, Result<Option<ConstraintIndex>>> = HashMap::new();
    for at in certificates.leaves() {
        let (file, leaf) = certificates.list[at];
        let path = certificates.path(at);
        if certificates.is_cut(&path) {
            let detail = format!("more than {MAX_PATH_LEN} certificates are above it, of which no more are looked at");
            report.add("path-length", Outcome::Fails, detail, &[file]);
        }
        if let Some(trusted) = &trusted {
            trust(&path, trusted, certificates, report);
        }
        let names = leaf.sans();
        for &above in &path[1..] {
            let limits = limits.entry(above).or_insert_with(|| {
                certificates.list[above].1.name_constraints().map(|found| found.map(|found| found.index()))
            });
            if let Ok(names) = &names {
                constraints(file, names, certificates.list[above], limits, report);
            }
        }
        if let Some(host) = criteria.host {
            self::host(file, leaf, host, report);
        }
    }
    revocations(exhibits, certificates, criteria, report);
}

/// Whether the last certificate of `path` is one of `trusted`.
fn trust(path: &[usize], trusted: &HashSet<&[u8]>, certificates: &Certificates<'_>, report: &mut Report) {
    const NAME: &str = "trust";
    let is_trusted = |at: &usize| trusted.contains(certificates.list[*at].1.to_der());
    let file = certificates.list[path[0]].0;
    if let Some(&anchor) = path.iter().find(|at| is_trusted(at)) {
        let (anchor_file, anchor) = certificates.list[anchor];
        if anchor.to_der() == certificates.list[path[0]].1.to_der() {
            return report.add_evidence(NAME, Outcome::Holds, "is trusted itself", &[file]);
        }
        let detail = format!("hangs from {}, which is trusted", anchor.subject().summary());
        return report.add_evidence(NAME, Outcome::Holds, detail, &[file, anchor_file]);
    }
    let last = path[path.len() - 1];
    let (_, top) = certificates.list[last];
    let detail = match top.claims_to_be_self_signed() {
        true if path.len() == 1 => "is signed with its own key, and is not trusted".to_owned(),
        true => format!("hangs from {}, which is not trusted", top.subject().summary()),
        false if certificates.has_named_issuer(last) => "nobody who is trusted has signed it".to_owned(),
        false => format!("nobody who is trusted has issued it: {} is not among the files", top.issuer().summary()),
    };
    report.add_evidence(NAME, Outcome::Fails, detail, &[file]);
}

/// Whether a leaf's `names` are those that an authority above it may issue for (RFC 5280, section 4.2.1.10).
fn constraints(
    file: &str,
    names: &[SanName],
    above: (&str, &Certificate),
    limits: &Result<Option<ConstraintIndex>>,
    report: &mut Report,
) {
    const NAME: &str = "name-constraints";
    let (above_file, above) = above;
    let files = [file, above_file];
    let limits = match limits {
        Ok(Some(limits)) => limits,
        Ok(None) => return,
        Err(error) => return report.add(NAME, Outcome::NotRun, error.to_string(), &files),
    };
    let (outcome, detail) = match names.iter().find(|name| !limits.allow(name)) {
        Some(name) => {
            let above = above.subject().summary();
            (Outcome::Fails, format!("{name} is outside of what {above} may issue for (nameConstraints)"))
        }
        None => (Outcome::Holds, "has only names that may be issued for".to_owned()),
    };
    report.add_evidence(NAME, outcome, detail, &files);
}

/// Whether `leaf` is for a TLS server called `host` (RFC 9525, section 6; RFC 5280, section 4.2.1.12).
fn host(file: &str, leaf: &Certificate, host: &SanName, report: &mut Report) {
    let asked = host.value();
    let (outcome, detail) = match leaf.sans() {
        Err(error) => (Outcome::Fails, error.to_string()),
        Ok(names) if names.iter().any(|name| is_for(name, host)) => (Outcome::Holds, format!("is for {asked}")),
        Ok(names) if names.is_empty() => (Outcome::Fails, NO_HOST.to_owned()),
        Ok(names) => {
            let names: Vec<String> = names.iter().map(SanName::value).collect();
            (Outcome::Fails, format!("is not for {asked}, but for {}", names.join(", ")))
        }
    };
    report.add_evidence("host", outcome, detail, &[file]);
    let usages = leaf.extended_key_usage();
    let serves = |usage: &String| usage == "serverAuth" || usage == "anyExtendedKeyUsage";
    let (outcome, detail) = match usages {
        Some(usages) if !usages.iter().any(serves) => {
            (Outcome::Fails, format!("is not for a TLS server (extKeyUsage: {})", usages.join(", ")))
        }
        _ => (Outcome::Holds, "may be a TLS server's".to_owned()),
    };
    report.add_evidence("usage", outcome, detail, &[file]);
}

fn is_for(name: &SanName, host: &SanName) -> bool {
    match (name, host) {
        (SanName::Dns(name), SanName::Dns(host)) => {
            let is_below = |rest: &str| {
                rest.contains('.') && host.split_once('.').is_some_and(|(_, above)| above.eq_ignore_ascii_case(rest))
            };
            name.eq_ignore_ascii_case(host) && !name.contains('*') || name.strip_prefix("*.").is_some_and(is_below)
        }
        (SanName::Ip(address), SanName::Ip(host)) => address == host,
        _ => false,
    }
}

/// The most lists of one authority each of which is told of for each certificate.
const MAX_LISTS: usize = 10;

/// The lists that one authority has signed.
#[derive(Default)]
struct Lists<'a> {
    /// The file of each, with the serial numbers that it revokes.
    each: Vec<(&'a str, HashMap<Vec<u8>, Reason>)>,
}

/// What the revocation lists say of the certificates of the authorities that have signed them (RFC 5280, section 6.3).
fn revocations(exhibits: &[Exhibit], certificates: &Certificates<'_>, criteria: &Criteria<'_>, report: &mut Report) {
    const NAME: &str = "revocation";
    let mut by_issuer: HashMap<&[u8], Lists<'_>> = HashMap::new();
    for exhibit in exhibits {
        let Evidence::Crl(list) = &exhibit.evidence else { continue };
        let file = exhibit.file.as_str();
        // Only those of its name: 1,800 lists and 1,500 certificates would be 2.7 million signatures.
        let mut called = certificates.called(list.issuer().to_der());
        let Some((_, issuer)) = called.find(|(_, issuer)| list.verify(issuer).is_ok()) else {
            let issuer = list.issuer().summary();
            let detail = format!("nobody among the files has signed this revocation list of {issuer}");
            report.add(NAME, Outcome::NotRun, detail, &[file]);
            continue;
        };
        if let Some(end) = list.validity().map(|validity| validity.not_after()).filter(|end| *end < criteria.now) {
            let detail = format!("this revocation list ended on {}", time::rfc3339(end));
            report.add(NAME, Outcome::Warning, detail, &[file]);
        }
        let mut revoked = HashMap::new();
        for one in list.each_revocation() {
            revoked.entry(one.serial).or_insert(one.reason);
        }
        by_issuer.entry(issuer.to_der()).or_default().each.push((file, revoked));
    }
    for (at, (own_file, own)) in certificates.list.iter().enumerate() {
        let issuer = certificates.issuers[at].map(|by| certificates.list[by].1.to_der());
        let Some(lists) = issuer.and_then(|issuer| by_issuer.get(issuer)) else { continue };
        let reason = |revoked: &HashMap<Vec<u8>, Reason>| revoked.get(own.serial_octets()).copied();
        let all = || lists.each.iter().map(|(file, revoked)| (file, reason(revoked)));
        let told: Vec<_> = match lists.each.len() {
            0..=MAX_LISTS => all().collect(),
            // Of very many the one that matters.
            _ => all().find(|(_, reason)| reason.is_some()).or_else(|| all().next()).into_iter().collect(),
        };
        for (file, reason) in told {
            let (outcome, detail) = match reason {
                Some(reason) => (Outcome::Fails, format!("is revoked ({reason})")),
                None => (Outcome::Holds, "is not revoked".to_owned()),
            };
            report.add_evidence(NAME, outcome, detail, &[own_file, file]);
        }
    }
}
