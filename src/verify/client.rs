//! Certificates as a client looks at them: who stands above, for which host, for what use, revoked or not.

use super::certificates::Certificates;
use super::flaws::NO_HOST;
use super::{Criteria, Evidence, Exhibit, Outcome, Report};
use crate::certificate::{Certificate, Constraints};
use crate::crl::Crl;
use crate::subject::SanName;
use crate::time;

/// Every certificate that has issued none of the others, in the eyes of a client that `criteria` describes.
pub(super) fn leaves(
    exhibits: &[Exhibit],
    certificates: &Certificates<'_>,
    criteria: &Criteria<'_>,
    report: &mut Report,
) {
    for at in certificates.leaves() {
        let (file, leaf) = certificates.list[at];
        let path = certificates.path(at);
        if let Some(trusted) = criteria.trusted {
            trust(&path, trusted, certificates, report);
        }
        for &above in &path[1..] {
            constraints(file, leaf, certificates.list[above], report);
        }
        if let Some(host) = criteria.host {
            self::host(file, leaf, host, report);
        }
    }
    for exhibit in exhibits {
        if let Evidence::Crl(list) = &exhibit.evidence {
            revocations(&exhibit.file, list, certificates, criteria, report);
        }
    }
}

/// Whether the last certificate of `path` is one of `trusted`.
fn trust(path: &[usize], trusted: &[Certificate], certificates: &Certificates<'_>, report: &mut Report) {
    const NAME: &str = "trust";
    let is_trusted = |at: &usize| trusted.iter().any(|one| one.to_der() == certificates.list[*at].1.to_der());
    let file = certificates.list[path[0]].0;
    if let Some(&anchor) = path.iter().find(|at| is_trusted(at)) {
        let (anchor_file, anchor) = certificates.list[anchor];
        if anchor.to_der() == certificates.list[path[0]].1.to_der() {
            return report.add_evidence(NAME, Outcome::Holds, "is trusted itself", &[file]);
        }
        let detail = format!("hangs from {}, which is trusted", anchor.subject());
        return report.add_evidence(NAME, Outcome::Holds, detail, &[file, anchor_file]);
    }
    let last = path[path.len() - 1];
    let (_, top) = certificates.list[last];
    let detail = match top.claims_to_be_self_signed() {
        true if path.len() == 1 => "is signed with its own key, and is not trusted".to_owned(),
        true => format!("hangs from {}, which is not trusted", top.subject()),
        false if certificates.has_named_issuer(last) => "nobody who is trusted has signed it".to_owned(),
        false => format!("nobody who is trusted has issued it: {} is not among the files", top.issuer()),
    };
    report.add_evidence(NAME, Outcome::Fails, detail, &[file]);
}

/// Whether `leaf` keeps to the names that an authority above it may issue for (RFC 5280, section 4.2.1.10).
fn constraints(file: &str, leaf: &Certificate, above: (&str, &Certificate), report: &mut Report) {
    const NAME: &str = "name-constraints";
    let (above_file, above) = above;
    let files = [file, above_file];
    let constraints = match above.name_constraints() {
        Ok(Some(constraints)) => constraints,
        Ok(None) => return,
        Err(error) => return report.add(NAME, Outcome::NotRun, error.to_string(), &files),
    };
    let Ok(names) = leaf.sans() else { return };
    let is_outside = |constraints: &Constraints, name: &&SanName| !constraints.allow(name);
    let (outcome, detail) = match names.iter().find(|name| is_outside(&constraints, name)) {
        Some(name) => {
            (Outcome::Fails, format!("{name} is outside of what {} may issue for (nameConstraints)", above.subject()))
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

/// What `list` says of the certificates of the authority that has signed it (RFC 5280, section 6.3).
fn revocations(file: &str, list: &Crl, certificates: &Certificates<'_>, criteria: &Criteria<'_>, report: &mut Report) {
    const NAME: &str = "revocation";
    let signed = |(_, issuer): &&(&str, &Certificate)| list.verify(issuer).is_ok();
    let Some((_, issuer)) = certificates.list.iter().find(signed) else {
        let detail = format!("nobody among the files has signed this revocation list of {}", list.issuer());
        return report.add(NAME, Outcome::NotRun, detail, &[file]);
    };
    if let Some(end) = list.validity().map(|validity| validity.not_after()).filter(|end| *end < criteria.now) {
        let detail = format!("this revocation list ended on {}", time::rfc3339(end));
        report.add(NAME, Outcome::Warning, detail, &[file]);
    }
    let revocations = list.revocations();
    for (at, (own_file, own)) in certificates.list.iter().enumerate() {
        let is_issued = certificates.issuers[at].is_some_and(|by| certificates.list[by].1.to_der() == issuer.to_der());
        if !is_issued {
            continue;
        }
        let (outcome, detail) = match revocations.iter().find(|one| one.serial() == own.serial_octets()) {
            Some(found) => (Outcome::Fails, format!("is revoked ({})", found.reason())),
            None => (Outcome::Holds, "is not revoked".to_owned()),
        };
        report.add_evidence(NAME, outcome, detail, &[own_file, file]);
    }
}
