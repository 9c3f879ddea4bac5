//! A login by JWT bearer flow: what can be known of it before anything is sent, and what is sent.

use std::time::SystemTime;

use zeroize::Zeroizing;

use super::{Audience, InstanceUrl, fields};
use crate::certificate::Certificate;
use crate::key::PublicKey;
use crate::secret::SecretBytes;
use crate::time;
use crate::verify::{Evidence, Exhibit, Outcome, Report};

/// `grant_type` of the token request (RFC 7523, section 2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The fields of a login, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a> {
    /// Where.
    pub instance: Option<&'a InstanceUrl>,
    /// For whose login the assertion is.
    pub audience: Option<&'a Audience>,
    /// The app's Consumer Key.
    pub client_id: Option<&'a str>,
    /// Who logs in.
    pub username: Option<&'a str>,
    /// The version of the API that is called later.
    pub api_version: Option<&'a str>,
}

/// Adds what can be known of `fields` offline to `report`.
pub fn check_fields(fields: &Fields<'_>, report: &mut Report) {
    if let Some(instance) = fields.instance {
        let (outcome, detail) = match instance.is_salesforce() {
            true => (Outcome::Holds, format!("{instance} is an address of Salesforce's")),
            false if instance.is_loopback() => (Outcome::Holds, format!("{instance} is on this computer, for tests")),
            false => (Outcome::Warning, format!("{instance} is no address of Salesforce's that is known here")),
        };
        report.add("instance-url", outcome, detail, &[]);
    }
    if let (Some(audience), Some(instance)) = (fields.audience, fields.instance) {
        let (outcome, detail) = audience.fits(instance);
        report.add("audience", outcome, detail, &[]);
    }
    let mut check = |name, value: Option<&str>, check: fn(&str) -> (Outcome, String)| {
        if let Some(value) = value {
            let (outcome, detail) = check(value);
            report.add(name, outcome, detail, &[]);
        }
    };
    check("client-id", fields.client_id, fields::client_id);
    check("username", fields.username, fields::username);
    check("api-version", fields.api_version, fields::api_version);
}

/// Adds to `report` whether `key` signs for `certificate`, which is called `file`, and what its dates say of this
/// computer's clock.
pub fn check_pair(key: &PublicKey, certificate: &Certificate, file: &str, now: SystemTime, report: &mut Report) {
    let (outcome, detail) = match certificate.public_key().is_ok_and(|own| own == *key) {
        true => (Outcome::Holds, "the private key is that of the certificate".to_owned()),
        false => (Outcome::Fails, "the certificate is not that of the private key".to_owned()),
    };
    report.add("same-key", outcome, detail, &[file]);
    let (outcome, detail) = dates(certificate, now);
    report.add("validity", outcome, detail, &[file]);
}

fn dates(certificate: &Certificate, now: SystemTime) -> (Outcome, String) {
    let validity = certificate.validity();
    if now < validity.not_before() {
        let detail = format!(
            "the clock of this computer says {}, but the certificate is valid from {} only: one of them is wrong",
            time::rfc3339(now),
            time::rfc3339(validity.not_before())
        );
        return (Outcome::Fails, detail);
    }
    if now > validity.not_after() {
        // Reported of more than one organisation, and nowhere promised.
        let detail =
            format!("expired on {}; Salesforce may accept it still: renew it", time::date(validity.not_after()));
        return (Outcome::Warning, detail);
    }
    (Outcome::Holds, format!("valid until {}", time::date(validity.not_after())))
}

/// Judges the dates of certificates as a login needs them: an expired one is a warning, and one that is not valid yet
/// speaks of the clock too.
pub fn judge_dates(exhibits: &[Exhibit], now: SystemTime, report: &mut Report) {
    for Exhibit { file, evidence, .. } in exhibits {
        let Evidence::Certificate(certificate) = evidence else { continue };
        let own = report.checks.iter_mut().filter(|check| check.name == "validity" && check.files == [file.as_str()]);
        for check in own.filter(|check| check.outcome == Outcome::Fails) {
            (check.outcome, check.detail) = dates(certificate, now);
        }
    }
}

/// The body of the token request, as `application/x-www-form-urlencoded`. It goes into a POST, never into a URL.
pub fn form(assertion: &SecretBytes) -> Zeroizing<Vec<u8>> {
    // Base64url, points, letters: nothing but the colons has to be escaped.
    let start = format!("grant_type={}&assertion=", GRANT_TYPE.replace(':', "%3A"));
    let mut form = Zeroizing::new(Vec::with_capacity(start.len() + assertion.as_bytes().len()));
    form.extend_from_slice(start.as_bytes());
    form.extend_from_slice(assertion.as_bytes());
    form
}
