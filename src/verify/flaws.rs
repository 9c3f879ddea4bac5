//! What is wrong with a certificate that can be read, whatever else there is: rules of form that some programs enforce and
//! others do not.

use std::collections::HashSet;

use super::Outcome;
use crate::certificate::Certificate;
use crate::subject::SanName;

/// The most octets of a serial number (RFC 5280, section 4.1.2.2).
const LONGEST_SERIAL: usize = 20;

/// The extensions of RFC 5280 that may be critical: a reader of certificates knows what they ask for.
const KNOWN: [&str; 9] = [
    "2.5.29.15", // keyUsage
    "2.5.29.17", // subjectAltName
    "2.5.29.18", // issuerAltName
    "2.5.29.19", // basicConstraints
    "2.5.29.30", // nameConstraints
    "2.5.29.32", // certificatePolicies
    "2.5.29.36", // policyConstraints
    "2.5.29.37", // extKeyUsage
    "2.5.29.54", // inhibitAnyPolicy
];

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The check that finds it, as a short name that does not change.
    pub check: &'static str,
    /// [`Outcome::Fails`] where readers have to refuse it, else [`Outcome::Warning`].
    pub outcome: Outcome,
    /// What it is, in words.
    pub detail: String,
}

/// Everything that is wrong with the form of `certificate`. Its dates, its strength and its signature are other checks'.
pub fn flaws(certificate: &Certificate) -> Vec<Flaw> {
    let mut found = Vec::new();
    let mut add = |check, outcome, detail: String| found.push(Flaw { check, outcome, detail });
    let serial = certificate.serial_octets();
    if serial.first().is_some_and(|first| first & 0x80 != 0) {
        add("serial-number", Outcome::Warning, "its serial number is negative".to_owned());
    } else if serial.iter().all(|&octet| octet == 0) {
        add("serial-number", Outcome::Warning, "its serial number is zero".to_owned());
    }
    if serial.len() > LONGEST_SERIAL {
        let detail = format!("its serial number has {} octets, {LONGEST_SERIAL} are the most", serial.len());
        add("serial-number", Outcome::Warning, detail);
    }
    let extensions = certificate.extensions();
    let mut seen = HashSet::new();
    for extension in &extensions {
        if !seen.insert(extension.oid.as_str()) {
            add("extensions", Outcome::Fails, format!("has the extension {} twice", extension.name));
        }
        if extension.critical && !KNOWN.contains(&extension.oid.as_str()) {
            let detail = format!("has a critical extension that is not known here: {}", extension.name);
            add("extensions", Outcome::Fails, detail);
        }
    }
    if certificate.subject().has_odd_country() {
        let detail = "its country is no PrintableString (RFC 5280, X520countryName)";
        add("subject-form", Outcome::Warning, detail.to_owned());
    }
    let names = certificate.sans().unwrap_or_default();
    for name in names.iter().filter(|name| has_stray_wildcard(name)) {
        add("host-form", Outcome::Warning, format!("{name} has a wildcard where clients take none"));
    }
    let is_server = certificate.extended_key_usage().is_some_and(|usages| usages.iter().any(|one| one == "serverAuth"));
    if is_server && names.is_empty() {
        add("host-form", Outcome::Warning, NO_HOST.to_owned());
    }
    found
}

/// What is said of a server's certificate without alternative names.
pub(super) const NO_HOST: &str = "names no host (subjectAltName), and clients do not look at the common name";

/// The first label whole, above two others (RFC 9525, section 6.3; one other is a registry's).
fn has_stray_wildcard(name: &SanName) -> bool {
    let SanName::Dns(name) = name else { return false };
    name.contains('*') && !name.strip_prefix("*.").is_some_and(|rest| rest.contains('.') && !rest.contains('*'))
}
