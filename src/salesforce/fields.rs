//! The other fields of a login, each with what can be known of it offline.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::printable::is_printable;
use crate::time;
use crate::verify::Outcome;

/// How long an assertion is valid where nothing else is asked for: what Salesforce's documents count on.
pub const LIFETIME: Duration = Duration::from_secs(3 * 60);

/// The longest that is signed: the Java example of Salesforce's documents takes it.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Reads how long an assertion is to be valid: `3m`, `180s`.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) if it is no span with its unit, [`Policy`](ErrorKind::Policy) for none at all or one over
/// five minutes.
pub fn parse_lifetime(text: &str) -> Result<Duration> {
    let hint = "write it as 3m or 180s";
    let has_unit = text.ends_with(|last: char| last.is_ascii_alphabetic());
    let span = match text.strip_suffix('s') {
        Some(seconds) => seconds.parse().ok().map(Duration::from_secs),
        None => time::parse_span(text).ok().filter(|_| has_unit),
    };
    let span =
        span.ok_or_else(|| Error::new(ErrorKind::Usage, format!("\"{}\" is no span of time", text)).with_hint(hint))?;
    if span.is_zero() || span > LONGEST_LIFETIME {
        return Err(Error::policy(
            "the lifetime of an assertion is over 0 and at most 5 minutes, the longest in Salesforce's documents",
        )
        .with_hint(hint));
    }
    Ok(span)
}

/// Checks that `text` can be a field's value at all: `name` is how the field is called.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) if it is empty or holds control or invisible characters, or spaces around it.
pub fn check_text(name: &str, text: &str) -> Result<()> {
    let usage = |fact: String| {
        Err(Error::new(ErrorKind::Usage, fact).with_hint("copy it anew, without quotes or line ends around it"))
    };
    if text.is_empty() {
        return usage(format!("the {name} is empty"));
    }
    if text.trim() != text || !text.chars().all(is_printable) {
        return usage(format!("the {name} has white space, control or invisible characters in or around it"));
    }
    Ok(())
}

/// Whether `client_id` can be an app's consumer key: letters, digits, point and underscore, usually 85 of them and
/// beginning with `3MVG`.
pub fn client_id(client_id: &str) -> (Outcome, String) {
    let is_hex = client_id.len() == 64 && client_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if client_id.contains('@') {
        return (Outcome::Fails, "the client id is a username: it is the app's Consumer Key".to_owned());
    }
    if is_hex {
        return (Outcome::Fails, "the client id looks like the Consumer Secret: it is the Consumer Key".to_owned());
    }
    if !client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return (Outcome::Fails, "the client id holds something else than letters, digits, . and _".to_owned());
    }
    if !client_id.starts_with("3MVG") || client_id.len() < 60 {
        let detail = "the client id is unlike most Consumer Keys, which begin with 3MVG and have about 85 characters";
        return (Outcome::Warning, detail.to_owned());
    }
    (Outcome::Holds, "the client id looks like a Consumer Key".to_owned())
}

/// Whether `username` has a Salesforce username's form, which is that of an email address.
pub fn username(username: &str) -> (Outcome, String) {
    let is_address = username.split_once('@').is_some_and(|(user, domain)| {
        let is_domain = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
        !user.is_empty() && is_domain && !domain.contains(['@', ' '])
    });
    match is_address && !username.contains(char::is_whitespace) {
        true => (Outcome::Holds, "the username has the form of one".to_owned()),
        false => {
            let detail =
                "the username does not have the form of an email address: it is the Username column in Setup, Users";
            (Outcome::Fails, detail.to_owned())
        }
    }
}

/// Versions up to this one are retired since Summer '25: 410 GONE (REST API guide, API End-of-Life Policy).
const LAST_RETIRED: u32 = 30;

/// Whether `version` is an API version as Salesforce writes them, `64.0`.
pub fn api_version(version: &str) -> (Outcome, String) {
    let bare = version.trim_start_matches(['v', 'V']);
    let number = bare.strip_suffix(".0").unwrap_or(bare);
    let is_number = (2..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse::<u32>() {
        Ok(_) if !is_number || number.starts_with('0') => {}
        Ok(number) if version != format!("{number}.0") => {
            return (Outcome::Fails, format!("the API version is written {number}.0"));
        }
        Ok(number) if number <= LAST_RETIRED => {
            return (
                Outcome::Fails,
                format!("the API version {version} is retired, as all up to {LAST_RETIRED}.0 are"),
            );
        }
        Ok(_) => return (Outcome::Holds, format!("the API version {version} has the form of one")),
        Err(_) => {}
    }
    (Outcome::Fails, "the API version is a number like 64.0 (Setup, Apex Classes, column Api Version)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        for (text, seconds) in [("3m", 180), ("180s", 180), ("5m", 300), ("1s", 1)] {
            assert_eq!(parse_lifetime(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for text in ["", "3", "180", "s", "0s", "0m", "301s", "6m", "1h", "1d", "-1s", "3 m", "99999999999999999999s"] {
            assert!(parse_lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_by_their_form() {
        let key = "3MVG99OxTyEMCQ3gNp2PjkqeZKxnmAiG1xV4oHh9AKL_rSK.BoSVPGZHQukXnVjzRgSuQqGn75NL7yfkQcyy7";
        for (text, expected) in [
            (key, Outcome::Holds),
            ("PlatformCLI", Outcome::Warning),
            (&key[..40], Outcome::Warning),
            ("admin@example.com", Outcome::Fails),
            (&"0F".repeat(32), Outcome::Fails),
            ("3MVG9 x", Outcome::Fails),
        ] {
            assert_eq!(client_id(text).0, expected, "{text}");
        }
        for (text, expected) in [
            ("ADMIN-3dvj@force.com", Outcome::Holds),
            ("jdoe@example.com.dev", Outcome::Holds),
            ("jdoe", Outcome::Fails),
            ("@example.com", Outcome::Fails),
            ("a@b", Outcome::Fails),
            ("a@b@c.de", Outcome::Fails),
            ("a b@c.de", Outcome::Fails),
        ] {
            assert_eq!(username(text).0, expected, "{text}");
        }
        for (text, expected) in [
            ("64.0", Outcome::Holds),
            ("31.0", Outcome::Holds),
            ("30.0", Outcome::Fails),
            ("64", Outcome::Fails),
            ("v64.0", Outcome::Fails),
            ("64.1", Outcome::Fails),
            ("064.0", Outcome::Fails),
            ("", Outcome::Fails),
            ("ü.0", Outcome::Fails),
        ] {
            assert_eq!(api_version(text).0, expected, "{text}");
        }
        assert!(api_version("v64").1.contains("64.0"));
        for text in ["", " a", "a\n", "a\0b"] {
            assert!(check_text("username", text).is_err(), "{text:?}");
        }
    }
}
