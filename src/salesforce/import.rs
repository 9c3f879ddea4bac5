//! What Certificate and Key Management imports.

use crate::error::printable;
use crate::keystore::Format;
use crate::verify::{Evidence, Exhibit, Outcome, Report};

/// What is wrong with `alias` as a name in Salesforce: letters, digits and underscores, a letter first, no two underscores
/// in a row and none at the end.
pub fn alias_problem(alias: &str) -> Option<&'static str> {
    if !alias.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Some("does not begin with a letter");
    }
    if !alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Some("holds something else than letters, digits and underscores");
    }
    if alias.contains("__") {
        return Some("holds two underscores in a row");
    }
    if alias.ends_with('_') {
        return Some("ends with an underscore");
    }
    None
}

/// A certificate has to have fewer octets, as the setup guide says.
pub const LARGEST_CERTIFICATE: usize = 4096;

/// True for the lengths of RSA keys that are imported.
pub fn takes_bits(bits: u32) -> bool {
    matches!(bits, 2048 | 3072 | 4096)
}

/// Adds the import rules to `report`: what concerns keystores as warnings, or, where the rules are to be kept, as
/// failures, and with them the rules for keys and certificates.
pub fn import_rules(exhibits: &[Exhibit], is_asked: bool, report: &mut Report) {
    let is_jks = |exhibit: &Exhibit| matches!(exhibit.evidence, Evidence::Keystore { format: Format::Jks, .. });
    let has_jks = exhibits.iter().any(is_jks);
    let broken = if is_asked { Outcome::Fails } else { Outcome::Warning };
    for Exhibit { file, evidence, .. } in exhibits {
        let mut rule = |name, problem: Option<String>, holds: &str| {
            let (outcome, detail) =
                problem.map_or_else(|| (Outcome::Holds, holds.to_owned()), |problem| (broken, problem));
            report.add(name, outcome, detail, &[file]);
        };
        match evidence {
            Evidence::Alias { alias, format } => {
                let shown = printable(alias);
                let problem = alias_problem(alias)
                    .map(|problem| format!("the alias \"{shown}\" {problem}; Salesforce refuses it"));
                match (problem, format) {
                    // It is not imported itself, and can be renamed on the way.
                    (Some(problem), Format::Pkcs12) => report.add("alias", Outcome::Warning, problem, &[file]),
                    (problem, _) => rule("alias", problem, &format!("the alias \"{shown}\" can be used")),
                }
            }
            Evidence::Keystore { format: Format::Jks, has_key_password, identities, .. } => {
                let problem = has_key_password
                    .then(|| "the key has another password than the store; Salesforce wants one".to_owned());
                rule("key-password", problem, "key and store have one password");
                rule("store-format", None, "is a real JKS");
                if is_asked {
                    let problem = (*identities == 0).then(|| "holds no private key with its certificate".to_owned());
                    rule("private-key-entry", problem, "holds a private key with its certificate");
                }
            }
            Evidence::Keystore { format: Format::Pkcs12, is_named_jks: true, .. } => {
                let problem =
                    "is named a JKS but is PKCS#12 inside; Salesforce takes a real JKS alone (make one with jks)";
                rule("store-format", Some(problem.to_owned()), "");
            }
            Evidence::Keystore { format: Format::Pkcs12, .. } if is_asked && !has_jks => {
                let detail = "is PKCS#12; Salesforce imports keystores as JKS alone (make one with jks)";
                report.add("store-format", Outcome::Warning, detail, &[file]);
            }
            Evidence::Certificate(certificate)
                if is_asked && (!certificate.is_ca() || certificate.is_self_issued()) =>
            {
                let (pem, der) = (certificate.to_pem().as_bytes().len(), certificate.to_der().len());
                let problem = (der >= LARGEST_CERTIFICATE)
                    .then(|| format!("is {der} bytes, it has to be under {LARGEST_CERTIFICATE}"));
                let holds = match pem < LARGEST_CERTIFICATE {
                    true => format!("under {LARGEST_CERTIFICATE} bytes"),
                    false => format!("under {LARGEST_CERTIFICATE} bytes as DER alone (show --der makes that)"),
                };
                rule("certificate-size", problem, &holds);
            }
            Evidence::PrivateKey(key) if is_asked => {
                let algorithm = key.algorithm();
                let problem = (!(algorithm.is_rsa() && takes_bits(algorithm.bits())))
                    .then(|| format!("is {algorithm}; Salesforce takes RSA of 2048, 3072 or 4096 bits"));
                rule("key-type", problem, &format!("{algorithm} can be imported"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for alias in ["servercert", "sales_cert", "A1", "a"] {
            assert_eq!(alias_problem(alias), None, "{alias}");
        }
        for alias in ["", "1", "1a", "_a", "a b", "a-b", "a__b", "a_", "ü"] {
            assert!(alias_problem(alias).is_some(), "{alias}");
        }
    }
}
