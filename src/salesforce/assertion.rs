//! An assertion, judged as Salesforce would: header, signature, claims and the window of time.

use std::time::{Duration, SystemTime};

use super::Audience;
use super::fields::{self, LONGEST_LIFETIME};
use crate::certificate::Certificate;
use crate::error::{Result, printable};
use crate::jwt::{ALGORITHM, Assertion, NumericDate};
use crate::time;
use crate::verify::{Outcome, Report};

/// Clocks differ; what was signed on a computer so far ahead is no mistake of the assertion.
const SKEW: Duration = Duration::from_secs(60);

/// Every check of `assertion` against `certificate`, which are called `name` and `file`, at `now`.
pub fn check(assertion: &Assertion, name: &str, certificate: &Certificate, file: &str, now: SystemTime) -> Report {
    let mut report = Report::default();
    let (outcome, detail) = header(assertion);
    report.add("header", outcome, detail, &[name]);
    match certificate.public_key().map(|key| (key.algorithm(), assertion.verify_signature(&key))) {
        Ok((algorithm, Err(_))) if !algorithm.is_rsa() => {
            report.add(
                "signature",
                Outcome::Fails,
                format!("the certificate's key is {algorithm}, not RSA"),
                &[name, file],
            );
        }
        Ok((algorithm, verified)) => {
            let holds = format!("signed with the certificate's {algorithm} key");
            report.add_signature("signature", verified, &holds, &[name, file]);
        }
        Err(error) => report.add_signature("signature", Err(error), "", &[name, file]),
    }
    let mut exhibit = Report::default();
    if let Ok(key) = certificate.public_key() {
        super::login::check_pair(&key, certificate, file, now, &mut exhibit);
        if !key.algorithm().is_strong() {
            let detail = format!("{} is too short to be safe, 2048 bits is the least", key.algorithm());
            report.add("key-size", Outcome::Fails, detail, &[file]);
        }
    }
    report.checks.extend(exhibit.checks.into_iter().filter(|check| check.name == "validity"));
    claims(assertion, name, &mut report);
    window(assertion, name, now, &mut report);
    report
}

fn header(assertion: &Assertion) -> (Outcome, String) {
    match assertion.algorithm() {
        Some(ALGORITHM) if assertion.has_critical_extensions() => {
            (Outcome::Fails, "the header asks for extensions (crit), and none is known".to_owned())
        }
        Some(ALGORITHM) => (Outcome::Holds, format!("the header says {ALGORITHM}")),
        Some(other) => {
            let shown: String = other.chars().take(20).collect();
            (Outcome::Fails, format!("the header says \"{}\", only {ALGORITHM} is accepted", printable(shown)))
        }
        None => (Outcome::Fails, format!("the header names no algorithm; it has to say {ALGORITHM}")),
    }
}

fn claims(assertion: &Assertion, name: &str, report: &mut Report) {
    let mut judge = |check, claim: &str, judge: fn(&str) -> (Outcome, String)| {
        let (outcome, detail) = match assertion.claim(claim) {
            Some(value) => judge(value),
            None if assertion.has_claim(claim) => (Outcome::Fails, format!("the claim {claim} is no text")),
            None => (Outcome::Fails, format!("the claim {claim} is missing")),
        };
        report.add(check, outcome, detail, &[name]);
    };
    judge("issuer", "iss", fields::client_id);
    // What `sub` was called in the documents of 2012.
    let subject = if !assertion.has_claim("sub") && assertion.has_claim("prn") { "prn" } else { "sub" };
    judge("subject", subject, fields::username);
    judge("audience", "aud", audience);
    if subject == "prn" {
        report.add("subject", Outcome::Warning, "the username stands in prn, which is sub by now", &[name]);
    }
    if assertion.has_claim("jti") {
        report.add("jwt-id", Outcome::Holds, "the claim jti makes it good for one use", &[name]);
    }
}

fn audience(text: &str) -> (Outcome, String) {
    match Audience::parse(text) {
        Ok(_) if matches!(text, "production" | "sandbox") => {
            (Outcome::Fails, format!("the audience is the word {text}, not a URL"))
        }
        Ok(audience) if audience.as_str() != text.trim_end_matches('/') => {
            (Outcome::Warning, format!("the audience is usually written {audience}"))
        }
        Ok(audience) if text.ends_with('/') => {
            (Outcome::Warning, format!("the audience is usually written {audience}"))
        }
        Ok(Audience::Site(site)) if !site.is_salesforce() && !site.is_loopback() => {
            (Outcome::Warning, format!("the audience {site} is no address of Salesforce's that is known here"))
        }
        Ok(audience) => (Outcome::Holds, format!("the audience is {audience}")),
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            (Outcome::Fails, format!("{error}{hint}"))
        }
    }
}

fn window(assertion: &Assertion, name: &str, now: SystemTime, report: &mut Report) {
    let mut say = |outcome, detail: String| report.add("time-window", outcome, detail, &[name]);
    let expires = match assertion.date("exp") {
        Ok(Some(date)) => date,
        Ok(None) => return say(Outcome::Fails, "the claim exp is missing".to_owned()),
        Err(error) => return say(Outcome::Fails, format!("the claim exp {error}")),
    };
    let until = time::rfc3339(expires.instant);
    let left = expires.instant.duration_since(now);
    match left {
        Err(_) => say(Outcome::Fails, format!("expired on {until}")),
        Ok(left) if left > LONGEST_LIFETIME + SKEW => {
            let detail = format!(
                "expires only on {until}, more than 5 minutes ahead, which Salesforce does not promise to accept"
            );
            say(if expires.is_milliseconds { Outcome::Warning } else { Outcome::Fails }, detail);
        }
        Ok(left) => say(Outcome::Holds, format!("expires on {until}, {} seconds from now", left.as_secs())),
    }
    let mut odd = |is_odd: bool, what: &str| {
        if is_odd {
            report.add(
                "expiry-form",
                Outcome::Warning,
                format!("the claim exp is {what}; RFC 7519 wants seconds, as a number"),
                &[name],
            );
        }
    };
    odd(expires.is_text, "text, as in the Java example of Salesforce's documents");
    odd(expires.is_milliseconds, "in milliseconds, as from older versions of the Salesforce CLI");
    for (claim, words) in [("nbf", "is not to be used before"), ("iat", "was signed only on")] {
        let date: Result<Option<NumericDate>> = assertion.date(claim);
        match date {
            Ok(Some(date)) if date.instant > now + SKEW => {
                let detail = format!("{words} {}, which is to come", time::rfc3339(date.instant));
                report.add("time-window", Outcome::Fails, detail, &[name]);
            }
            Ok(_) => {}
            Err(error) => report.add("time-window", Outcome::Fails, format!("the claim {claim} {error}"), &[name]),
        }
    }
}
