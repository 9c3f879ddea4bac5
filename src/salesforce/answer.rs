//! What the token endpoint answers (RFC 6749, sections 5.1 and 5.2).

use std::fmt;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;

/// More is read of no answer: a token and its URLs take 1 KB.
pub const LARGEST: usize = 1 << 16;

/// An answer as it came.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// The status of HTTP.
    pub status: u16,
    /// `Location`, of a redirection.
    pub location: Option<&'a str>,
    /// The body, with one octet more than [`LARGEST`] if it is longer.
    pub body: &'a [u8],
}

/// What it says.
#[derive(Debug)]
pub enum Answer {
    /// The login works.
    Granted(Grant),
    /// It does not.
    Refused(Refusal),
}

/// A login that worked.
#[derive(Debug)]
pub struct Grant {
    /// What calls of the API carry: as good as a password.
    pub access_token: SecretBytes,
    /// Where they go.
    pub instance_url: Option<String>,
    /// The organisation that was logged in to, by the identity URL.
    pub organization_id: Option<String>,
    /// The user, by the identity URL.
    pub user_id: Option<String>,
    /// What the token may be used for.
    pub scopes: Vec<String>,
}

/// A refusal, in Salesforce's words. Anything in them that could be a token is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `error`: a code.
    pub error: String,
    /// `error_description`.
    pub description: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description.as_str() {
            "" => f.write_str(&self.error),
            description => write!(f, "{}: {description}", self.error),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// [`Malformed`](ErrorKind::Malformed) if it is none of the two that OAuth knows. No part of the body is repeated.
pub fn read(response: &Response<'_>) -> Result<Answer> {
    let Response { status, body, .. } = *response;
    let malformed = |fact: String, hint: &str| Err(Error::new(ErrorKind::Malformed, fact).with_hint(hint.to_owned()));
    if (300..400).contains(&status) {
        let to = response.location.and_then(origin).map_or(String::new(), |to| format!(", to {to}"));
        let hint = "give the address it leads to as --instance-url, if it is yours; it was not followed";
        return malformed(format!("the server answers with a redirection (HTTP {status}){to}"), hint);
    }
    if body.len() > LARGEST {
        let fact = format!(
            "the server's answer (HTTP {status}) is larger than {} KB, which no answer to a login is",
            LARGEST >> 10
        );
        return malformed(fact, "check the instance URL, and what a proxy in between answers");
    }
    let body = body.trim_ascii();
    match (status, body.first()) {
        (407, _) => {
            let hint = "put user name and password into HTTPS_PROXY, as http://user:password@host:port";
            return malformed("the proxy asks for a user name and a password (HTTP 407)".to_owned(), hint);
        }
        (_, None) => {
            let hint = "try again; if it stays so, check the instance URL, and what a proxy in between does";
            return malformed(format!("the server answers with nothing (HTTP {status})"), hint);
        }
        (_, Some(b'<')) => {
            let fact = format!("the server answers with a web page (HTTP {status}), where JSON is due");
            return malformed(fact, "check the instance URL; a proxy, or Salesforce in maintenance, answers so too");
        }
        _ => {}
    }
    let Ok(Value::Object(mut answer)) = serde_json::from_slice::<Value>(body) else {
        let fact = format!("the server's answer (HTTP {status}) is no JSON object");
        return malformed(fact, "check the instance URL, and what a proxy in between answers");
    };
    // The string itself is taken, so that it is wiped.
    if let Some(Value::String(token)) = answer.remove("access_token").filter(|_| status == 200) {
        if token.is_empty() {
            return malformed("the server grants an empty token".to_owned(), "check the instance URL");
        }
        return Ok(Answer::Granted(grant(SecretBytes::new(token.into_bytes()), &answer)));
    }
    match text(&answer, "error") {
        Some(error) => {
            let description = text(&answer, "error_description").unwrap_or_default();
            Ok(Answer::Refused(Refusal { error: words(error), description: words(description) }))
        }
        None => {
            let fact = format!("the server's answer (HTTP {status}) holds neither a token nor an error");
            malformed(fact, "check the instance URL, and what a proxy in between answers")
        }
    }
}

fn text<'a>(answer: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Value::as_str)
}

fn grant(access_token: SecretBytes, answer: &Map<String, Value>) -> Grant {
    // https://login.salesforce.com/id/ORGANISATION/USER
    let mut ids = text(answer, "id").unwrap_or_default().rsplit('/').take(2).map(words);
    let mut id = |start| ids.next().filter(|id: &String| id.starts_with(start) && id.len() >= 15);
    Grant {
        access_token,
        user_id: id("005"),
        organization_id: id("00D"),
        instance_url: text(answer, "instance_url").map(|url| words(url.trim())),
        scopes: text(answer, "scope").unwrap_or_default().split_whitespace().map(words).collect(),
    }
}

/// Scheme and host alone: the rest of a location may hold anything.
fn origin(location: &str) -> Option<String> {
    let (scheme, rest) = location.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    (is_plain(scheme) && is_plain(host) && host.len() < 254).then(|| format!("{scheme}://{host}"))
}

/// A token has no end of words; a sentence of Salesforce's has none of this length.
const LONGEST_WORD: usize = 60;

/// `text` for a terminal: no control characters, not endless, and nothing that could be a token.
fn words(text: &str) -> String {
    let shown: Vec<String> = text
        .split_whitespace()
        .take(60)
        .map(|word| match word.chars().count() > LONGEST_WORD {
            true => "[..]".to_owned(),
            false => word.chars().filter(|character| !character.is_control()).collect(),
        })
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer> {
        read(&Response { status, location: None, body: body.as_bytes() })
    }

    #[test]
    fn a_grant_tells_who_and_what_for() {
        let body = r#"{"access_token":"00D!secret","scope":"web api","instance_url":" https://a.my.salesforce.com",
            "id":"https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS","token_type":"Bearer"}"#;
        let Ok(Answer::Granted(grant)) = answer(200, body) else { panic!("no grant") };
        assert_eq!(grant.access_token.as_bytes(), b"00D!secret");
        assert_eq!(grant.user_id.as_deref(), Some("005xx000001SwiUAAS"));
        assert_eq!(grant.organization_id.as_deref(), Some("00Dxx0000001gPLEAY"));
        assert_eq!(grant.instance_url.as_deref(), Some("https://a.my.salesforce.com"));
        assert_eq!(grant.scopes, ["web", "api"]);
        assert!(!format!("{grant:?}").contains("secret"));
    }

    #[test]
    fn a_refusal_is_told_without_tokens_or_control_characters() {
        let token = "e30.".repeat(20);
        let body = format!(r#"{{"error":"invalid_grant","error_description":"bad \u001b[31m {token} here"}}"#);
        let Ok(Answer::Refused(refusal)) = answer(400, &body) else { panic!("no refusal") };
        assert_eq!(refusal.to_string(), "invalid_grant: bad [31m [..] here");
    }

    #[test]
    fn everything_else_is_an_error_that_repeats_nothing() {
        let secret = "hunter2";
        let large = secret.repeat(LARGEST / 7 + 1);
        for (status, body) in [
            (200, ""),
            (500, "  \n"),
            (200, "<html>hunter2</html>"),
            (200, "hunter2"),
            (200, "[\"hunter2\"]"),
            (200, "{\"access_token\":7}"),
            (200, "{\"access_token\":\"\"}"),
            (401, "{\"access_token\":\"hunter2\"}"),
            (302, ""),
            (407, ""),
            (200, &large),
            (200, &"[".repeat(40_000)),
        ] {
            let error = answer(status, body).expect_err(body);
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(!format!("{error:?}").contains(secret), "{error:?}");
        }
        let location = Some("https://company.my.salesforce.com/x?assertion=hunter2");
        let error = read(&Response { status: 302, location, body: b"" }).expect_err("a redirection");
        assert!(error.to_string().ends_with("to https://company.my.salesforce.com"), "{error}");
    }
}
