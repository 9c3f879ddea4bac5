//! The checks themselves: first of each object on its own, then between them.

use std::collections::{HashMap, HashSet};

use super::certificates::Certificates;
use super::{Check, Criteria, Evidence, Exhibit, Flaw, Outcome, Report, flaws};
use crate::Error;
use crate::certificate::Certificate;
use crate::error::ErrorKind;
use crate::output::closing_command;
use crate::subject::Subject;
use crate::time::{self, DAY};

impl Report {
    pub(crate) fn add(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>, files: &[&str]) {
        let files = files.iter().map(|&file| file.to_owned()).collect();
        self.checks.push(Check { name, outcome, detail: detail.into(), files, is_evidence: false });
    }

    pub(crate) fn add_evidence(
        &mut self,
        name: &'static str,
        outcome: Outcome,
        detail: impl Into<String>,
        files: &[&str],
    ) {
        self.add(name, outcome, detail, files);
        if let Some(check) = self.checks.last_mut() {
            check.is_evidence = true;
        }
    }

    /// The outcome of a signature, which `holds` describes.
    pub(crate) fn add_signature(
        &mut self,
        name: &'static str,
        verified: Result<(), Error>,
        holds: &str,
        files: &[&str],
    ) {
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

/// What every object has to say about itself.
pub(super) fn objects(
    exhibits: &[Exhibit],
    certificates: &Certificates<'_>,
    criteria: &Criteria<'_>,
    report: &mut Report,
) {
    for exhibit in exhibits {
        let file = exhibit.file.as_str();
        match &exhibit.evidence {
            Evidence::Unreadable(error) => report.add("readable", Outcome::Fails, with_hint(error), &[file]),
            Evidence::Locked { wanted, reason } => {
                let outcome = if *wanted { Outcome::Fails } else { Outcome::NotRun };
                report.add("opened", outcome, reason.as_str(), &[file]);
            }
            Evidence::ReadableByOthers => {
                let detail = format!(
                    "other users of this computer can read this private key ({} mends that)",
                    closing_command()
                );
                report.add("key-access", Outcome::Warning, detail, &[file]);
            }
            Evidence::ReadersUnknown(reason) => {
                let detail = format!("who can read this private key could not be found out: {reason}");
                report.add("key-access", Outcome::NotRun, detail, &[file]);
            }
            Evidence::Chain(chain) => {
                let is_linked =
                    |pair: &[Certificate]| pair[1].public_key().is_ok_and(|key| pair[0].verify_signature(&key).is_ok());
                let (outcome, detail) = match chain.windows(2).all(is_linked) {
                    true => (Outcome::Holds, format!("its chain of {} is in order", chain.len())),
                    false => {
                        (Outcome::Fails, "its chain is broken: a certificate is not signed by the next".to_owned())
                    }
                };
                report.add("chain-order", outcome, detail, &[file]);
            }
            Evidence::Keystore { has_integrity: false, .. } => {
                let detail = "nothing guards this keystore against changes (no MAC)";
                report.add("integrity", Outcome::Warning, detail, &[file]);
            }
            Evidence::PrivateKey(_)
            | Evidence::PublicKey(_)
            | Evidence::Alias { .. }
            | Evidence::Crl(_)
            | Evidence::Keystore { .. } => {}
            Evidence::CertRequest(request) => {
                let holds = "the request is signed with its own key";
                report.add_signature("csr-signature", request.verify_signature(), holds, &[file]);
            }
            Evidence::Certificate(certificate) => {
                validity(file, certificate, criteria, report);
                form(file, certificate, certificates.has_issued(certificate), report);
                for Flaw { check, outcome, detail } in flaws(certificate) {
                    report.add(check, outcome, detail, &[file]);
                }
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

fn validity(file: &str, certificate: &Certificate, criteria: &Criteria<'_>, report: &mut Report) {
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
        let left = validity.not_after().duration_since(now).unwrap_or_default();
        let outcome = if left > within { Outcome::Holds } else { Outcome::Fails };
        let (left, wanted) = (validity.days_left(now).max(0), within.as_secs() / DAY.as_secs());
        let detail = format!("{left} days are left, more than {wanted} are asked for");
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
pub(super) fn pairs(exhibits: &[Exhibit], certificates: &Certificates<'_>, report: &mut Report) {
    for at in 0..certificates.list.len() {
        issuer(at, certificates, report);
    }
    let holders = subjects(exhibits, certificates);
    let represents = represent(&holders);
    let pairs: Vec<(usize, usize)> = match holders.len() > MAX_PAIRED {
        // Key equality is transitive, so each is compared with the first one only: 600 files of one key have 180,000 pairs.
        true => {
            let mut pairs: Vec<_> = first_to_match(&holders, &represents);
            pairs.sort_unstable();
            pairs
        }
        false => {
            let is_to_match = |one: usize, other: usize| {
                are_to_match((&holders[one], represents[one]), (&holders[other], represents[other]))
            };
            let after = |first: usize| (first + 1..holders.len()).map(move |second| (first, second));
            (0..holders.len()).flat_map(after).filter(|&(one, other)| is_to_match(one, other)).collect()
        }
    };
    for (first, second) in pairs {
        same_key(&holders[first], &holders[second], report);
        same_subject(holders[first].exhibit, holders[second].exhibit, report);
    }
}

/// For each of `holders` the first one before it that [`are_to_match`] names, in one pass.
fn first_to_match(holders: &[Holder<'_>], represents: &[bool]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut first_of_entry: HashMap<(&str, usize), usize> = HashMap::new();
    let mut first_alone: Option<usize> = None;
    // The first that stands for its store, and the first of another store (or of none) that does.
    let mut representatives: [Option<(usize, Option<&str>)>; 2] = [None; 2];
    for (second, holder) in holders.iter().enumerate() {
        let place = holder.exhibit.place.as_ref().map(|place| (place.store.as_str(), place.entry));
        let store = place.map(|(store, _)| store);
        let of_another_store = || {
            let known = representatives.iter().flatten().filter(|_| represents[second]);
            known.filter(|(_, other)| *other != store).map(|(first, _)| *first).min()
        };
        let beside = match place {
            Some(place) => first_of_entry.get(&place).copied(),
            None => first_alone,
        };
        pairs.extend(beside.into_iter().chain(of_another_store()).min().map(|first| (first, second)));
        match place {
            Some(place) => _ = first_of_entry.entry(place).or_insert(second),
            None => _ = first_alone.get_or_insert(second),
        }
        if represents[second] {
            match representatives {
                [None, _] => representatives[0] = Some((second, store)),
                [Some((_, first)), None] if first != store => representatives[1] = Some((second, store)),
                _ => {}
            }
        }
    }
    pairs
}

/// The most keys and certificates of which every pair is compared.
const MAX_PAIRED: usize = 100;

/// Something that has a key, with that key.
struct Holder<'a> {
    exhibit: &'a Exhibit,
    spki: Vec<u8>,
}

/// What should have one key: everything but the certificates of issuers, which are matched by what they signed, and those
/// that a keystore trusts.
///
/// `openssl req -x509` marks its self-signed certificates as an authority's. So one that is marked but has issued none of
/// the others is taken for the subject's where no certificate without the mark is there.
fn subjects<'a>(exhibits: &'a [Exhibit], certificates: &Certificates<'_>) -> Vec<Holder<'a>> {
    let is_issuer = |this: &Certificate| certificates.has_issued(this) || this.is_ca() && certificates.any_unmarked;
    let is_subject = |exhibit: &&Exhibit| match &exhibit.evidence {
        _ if exhibit.place.as_ref().is_some_and(|place| place.is_trusted) => false,
        Evidence::Certificate(certificate) => !is_issuer(certificate),
        _ => true,
    };
    let holder = |exhibit: &'a Exhibit| exhibit.spki().map(|spki| Holder { exhibit, spki });
    exhibits.iter().filter(is_subject).filter_map(holder).collect()
}

/// For each of `holders`, whether it is held against what is outside its keystore. The entries of one keystore have keys
/// of their own, and what is outside has to match one of them: the only entry, those that do match, or else the first.
fn represent(holders: &[Holder<'_>]) -> Vec<bool> {
    /// What is known of the holders in one keystore.
    struct Store {
        first_entry: usize,
        is_matched: bool,
    }
    let mut stores_of_key: HashMap<&[u8], HashSet<Option<&str>>> = HashMap::new();
    for holder in holders {
        let store = holder.exhibit.place.as_ref().map(|place| place.store.as_str());
        stores_of_key.entry(&holder.spki).or_default().insert(store);
    }
    // The key is in another keystore too, or in a file of its own.
    let is_matched = |holder: &Holder<'_>| stores_of_key.get(holder.spki.as_slice()).is_some_and(|own| own.len() > 1);
    let mut stores: HashMap<&str, Store> = HashMap::new();
    let mut matched_entries: HashSet<(&str, usize)> = HashSet::new();
    for holder in holders {
        let Some(place) = &holder.exhibit.place else { continue };
        let store = stores.entry(&place.store).or_insert(Store { first_entry: place.entry, is_matched: false });
        store.first_entry = store.first_entry.min(place.entry);
        if is_matched(holder) {
            store.is_matched = true;
            matched_entries.insert((&place.store, place.entry));
        }
    }
    let represents = |holder: &Holder<'_>| match &holder.exhibit.place {
        None => true,
        Some(place) => {
            let is_first_of_none =
                stores.get(place.store.as_str()).is_some_and(|own| own.first_entry == place.entry && !own.is_matched);
            matched_entries.contains(&(place.store.as_str(), place.entry)) || is_first_of_none
        }
    };
    holders.iter().map(represents).collect()
}

fn are_to_match(one: (&Holder<'_>, bool), other: (&Holder<'_>, bool)) -> bool {
    match (&one.0.exhibit.place, &other.0.exhibit.place) {
        (None, None) => true,
        (Some(first), Some(second)) if first.store == second.store => first.entry == second.entry,
        _ => one.1 && other.1,
    }
}

fn issuer(at: usize, certificates: &Certificates<'_>, report: &mut Report) {
    const NAME: &str = "certificate-signature";
    let (file, certificate) = certificates.list[at];
    let verified_by = |key: Result<_, Error>| key.and_then(|key| certificate.verify_signature(&key));
    if certificate.claims_to_be_self_signed() {
        let verified = verified_by(certificate.public_key());
        return report.add_signature(NAME, verified, "the certificate is signed with its own key", &[file]);
    }
    match certificates.issuers[at].or_else(|| certificates.named(certificate).next()) {
        Some(signer) => {
            let (issuer_file, issuer) = certificates.list[signer];
            let holds = format!("signed by {}", issuer.subject().summary());
            report.add_signature(NAME, verified_by(issuer.public_key()), &holds, &[file, issuer_file]);
            let (outcome, detail) = match issuer.check_may_issue(certificates.authorities_below[signer]) {
                Ok(()) => (Outcome::Holds, "may issue certificates".to_owned()),
                Err(error) => (Outcome::Fails, error.to_string()),
            };
            report.add("issuer-authority", outcome, detail, &[issuer_file]);
        }
        None => {
            let detail = format!("its issuer's certificate is not among the files: {}", certificate.issuer().summary());
            report.add(NAME, Outcome::NotRun, detail, &[file]);
        }
    }
}

fn same_key(one: &Holder<'_>, other: &Holder<'_>, report: &mut Report) {
    let is_same = one.spki == other.spki;
    let (one, other) = (one.exhibit, other.exhibit);
    let (outcome, detail) = if is_same {
        let algorithm = one.public_key().map_or_else(String::new, |key| format!("{} ", key.algorithm()));
        (Outcome::Holds, format!("have the same {algorithm}key"))
    } else {
        (Outcome::Fails, format!("{} and {} have different keys", one.noun(), other.noun()))
    };
    report.add_evidence("same-key", outcome, detail, &[&one.file, &other.file]);
}

fn same_subject(one: &Exhibit, other: &Exhibit, report: &mut Report) {
    let (Some(first), Some(second)) = (subject(one), subject(other)) else { return };
    // An authority may leave parts of a request out.
    let is_issued = |exhibit: &Exhibit| match &exhibit.evidence {
        Evidence::Certificate(certificate) => !certificate.claims_to_be_self_signed(),
        _ => false,
    };
    let differ = if is_issued(one) || is_issued(other) { Outcome::Warning } else { Outcome::Fails };
    let (outcome, detail) = match first.attributes().eq(second.attributes()) {
        true => (Outcome::Holds, format!("both are for {}", first.summary())),
        false => (differ, format!("one is for {}, the other for {}", first.summary(), second.summary())),
    };
    report.add_evidence("same-subject", outcome, detail, &[&one.file, &other.file]);
}

fn subject(exhibit: &Exhibit) -> Option<&Subject> {
    match &exhibit.evidence {
        Evidence::CertRequest(request) => Some(request.subject()),
        Evidence::Certificate(certificate) => Some(certificate.subject()),
        _ => None,
    }
}

fn with_hint(error: &Error) -> String {
    error.hint().map_or_else(|| error.to_string(), |hint| format!("{error} ({hint})"))
}
