//! What the token endpoint answers (RFC 6749, sections 5.1 and 5.2).

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result, printable};
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

/// A refusal, in Salesforce's words, as [`printable`] text. What could be a part of a token or of the assertion is left out.
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

/// Reads the answer to `assertion`.
///
/// Whatever the server says, no 16 characters in a row of the assertion or of a token are in what is returned, but for
/// [`Grant::access_token`] itself.
///
/// # Errors
/// [`Malformed`](ErrorKind::Malformed) if it is none of the two that OAuth knows, or grants a token with other characters
/// than RFC 6749, appendix A.12, allows. No part of the body is repeated.
pub fn read(response: &Response<'_>, assertion: &SecretBytes) -> Result<Answer> {
    let Response { status, body, .. } = *response;
    let malformed = |fact: String, hint: &str| Err(Error::new(ErrorKind::Malformed, fact).with_hint(hint.to_owned()));
    if (300..400).contains(&status) {
        let veil = Veil::over([assertion.as_bytes()]);
        let to = response
            .location
            .and_then(origin)
            .filter(|to| !veil.is_pierced_by(to))
            .map_or(String::new(), |to| format!(", to {to}"));
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
    // The strings themselves are taken, so that they are wiped.
    let mut take = |name: &str| match answer.remove(name) {
        Some(Value::String(token)) => Some(SecretBytes::new(token.into_bytes())),
        _ => None,
    };
    let access_token = take("access_token");
    let others = [take("refresh_token"), take("id_token")];
    let tokens = access_token.iter().chain(others.iter().flatten()).map(SecretBytes::as_bytes);
    let veil = Veil::over(tokens.chain([assertion.as_bytes()]));
    if let Some(token) = access_token.as_ref().filter(|_| status == 200) {
        let is_token = |byte: &u8| (b' '..=b'~').contains(byte);
        let fact = match token.as_bytes() {
            [] => "the server grants an empty token",
            bytes if !bytes.iter().all(is_token) => "the server grants a token with characters that no token has",
            bytes => return Ok(Answer::Granted(grant(SecretBytes::new(bytes.to_vec()), &answer, &veil))),
        };
        return malformed(fact.to_owned(), "check the instance URL, and what a proxy in between answers");
    }
    match text(&answer, "error") {
        Some(error) => Ok(Answer::Refused(refusal(error, text(&answer, "error_description"), &veil))),
        None => {
            let fact = format!("the server's answer (HTTP {status}) holds neither a token nor an error");
            malformed(fact, "check the instance URL, and what a proxy in between answers")
        }
    }
}

fn text<'a>(answer: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Value::as_str)
}

fn grant(access_token: SecretBytes, answer: &Map<String, Value>, veil: &Veil<'_>) -> Grant {
    // https://login.salesforce.com/id/ORGANISATION/USER
    let ids: Vec<&str> = text(answer, "id").unwrap_or_default().rsplit('/').take(2).collect();
    // A token begins with the 15 characters of the organisation's, and a point or the like in the token is none of the
    // id's three more: only the characters themselves are compared.
    let is_id = |id: &str, start: &str| {
        let is_plain = matches!(id.len(), 15 | 18) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain && id.starts_with(start) && !veil.has_window_of(id)
    };
    let id = |place: usize, start: &str| ids.get(place).filter(|id| is_id(id, start)).map(|id| (*id).to_owned());
    let url = text(answer, "instance_url").unwrap_or_default();
    let scope = text(answer, "scope").unwrap_or_default();
    // Each by itself, and both as they are shown, one after the other.
    let is_covered = veil.is_pierced_by(&format!("{url} {scope}"));
    let shown = |text: &str| if is_covered { LEFT_OUT.to_owned() } else { veil.words(text) };
    let scopes = shown(scope);
    Grant {
        access_token,
        user_id: id(0, "005"),
        organization_id: id(1, "00D"),
        instance_url: answer.get("instance_url").filter(|url| url.is_string()).map(|_| shown(url)),
        scopes: scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
    }
}

fn refusal(error: &str, description: Option<&str>, veil: &Veil<'_>) -> Refusal {
    // The program does not know a token that was granted another time.
    let without_random = |text: &str| {
        let words = text.split_whitespace().map(|word| if has_random(word) { LEFT_OUT } else { word });
        veil.words(&words.collect::<Vec<_>>().join(" "))
    };
    let description = description.unwrap_or_default();
    if veil.is_pierced_by(&format!("{error} {description}")) {
        let (error, description) = (without_random(error), without_random(description));
        return match veil.is_pierced_by(&format!("{error} {description}")) {
            true => Refusal { error: LEFT_OUT.to_owned(), description: LEFT_OUT.to_owned() },
            false => Refusal { error, description },
        };
    }
    Refusal { error: without_random(error), description: without_random(description) }
}

/// Scheme and host alone, in lower case: the rest of a location may hold anything.
fn origin(location: &str) -> Option<String> {
    let (scheme, rest) = location.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    let origin = format!("{scheme}://{host}").to_ascii_lowercase();
    (is_plain(scheme) && is_plain(host) && host.len() < 254 && !has_random(&origin)).then_some(origin)
}

/// What stands for a part that is not shown.
const LEFT_OUT: &str = "[..]";

/// A token has no end of words; a sentence of Salesforce's has none of this length.
const LONGEST_WORD: usize = 60;

/// So many characters of a secret are not shown in a row.
const WINDOW: usize = 16;

/// The secrets of a login, by their parts of [`WINDOW`] bytes.
struct Veil<'a> {
    windows: HashSet<&'a [u8]>,
    /// The lengths of the secrets that are shorter.
    short: Vec<&'a [u8]>,
    /// The letters and digits of each secret in lower case, whatever stands between them.
    letters: Vec<Zeroizing<Vec<u8>>>,
}

impl<'a> Veil<'a> {
    fn over(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (mut windows, mut short, mut all) = (HashSet::new(), Vec::new(), Vec::new());
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            match secret.len() < WINDOW {
                true => short.push(secret),
                false => windows.extend(secret.windows(WINDOW)),
            }
            all.push(letters(secret));
        }
        Self { windows, short, letters: all }
    }

    /// True if `text` has a part of a secret as it is.
    fn has_window_of(&self, text: &str) -> bool {
        let text = text.as_bytes();
        text.windows(WINDOW).any(|window| self.windows.contains(window))
            || self.short.iter().any(|secret| text.windows(secret.len()).any(|window| window == *secret))
    }

    /// The same also if something stands between the characters, or some are written as `%41`.
    fn is_pierced_by(&self, text: &str) -> bool {
        let mut forms = vec![letters(text.as_bytes())];
        // Decoded as often as it was encoded, within reason.
        let mut decoded = Zeroizing::new(text.as_bytes().to_vec());
        for _ in 0..4 {
            decoded = percent_decoded(&decoded);
            forms.push(letters(&decoded));
        }
        self.has_window_of(text)
            || self.letters.iter().filter(|secret| secret.len() >= WINDOW).any(|secret| {
                let windows: HashSet<&[u8]> = secret.windows(WINDOW).collect();
                forms.iter().any(|form| form.windows(WINDOW).any(|window| windows.contains(window)))
            })
    }

    /// `text` for a message: printable, in one line, not endless, and without any part of a secret.
    fn words(&self, text: &str) -> String {
        let is_shown = |word: &&str| word.chars().count() <= LONGEST_WORD && !self.is_pierced_by(word);
        let words = text.split_whitespace().take(60).map(|word| Some(word).filter(is_shown).unwrap_or(LEFT_OUT));
        let shown = words.collect::<Vec<_>>().join(" ");
        if self.is_pierced_by(&shown) { LEFT_OUT.to_owned() } else { printable(shown) }
    }
}

fn letters(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
    letters.extend(text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase));
    letters
}

fn percent_decoded(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        let octet = match (*first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high << 4 | low).ok(),
            _ => None,
        };
        decoded.push(octet.unwrap_or(*first));
        rest = if octet.is_some() { &tail[2..] } else { tail };
    }
    decoded
}

/// True for a text with [`WINDOW`] characters in a row that tokens are made of, and that are no words: letters in mixed
/// case, or many digits.
fn has_random(text: &str) -> bool {
    let is_of_token = |character: char| character.is_ascii_alphanumeric() || "_.!+/=~-".contains(character);
    let is_word = |letters: &str| {
        let rest = letters.get(1..).unwrap_or_default();
        rest.bytes().all(|byte| byte.is_ascii_lowercase()) || letters.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    text.split(|character| !is_of_token(character)).filter(|run| run.len() >= WINDOW).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        digits > 6 || !run.split(|character: char| !character.is_ascii_alphabetic()).all(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer> {
        read(&Response { status, location: None, body: body.as_bytes() }, &assertion())
    }

    const ASSERTION: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOTkuLi4ifQ.c2lnbmF0dXJlLW9mLXRoZS1hc3NlcnRpb24_-x";
    const TOKEN: &str = "00Dxx0000001gPL!AR8AQJXg5oj8jXSgxJfA0lBog.39AsX.LVpxezPwuX5VAIrrbbHMuol7GQxnMeYMN7cj8EoWr";

    fn assertion() -> SecretBytes {
        SecretBytes::new(ASSERTION.into())
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
        assert_eq!(refusal.to_string(), "invalid_grant: bad \\u{1b}[31m [..] here");
    }

    /// Every way a server may have of writing parts of `secret`, in pieces of `length`.
    fn disguises(secret: &str, length: usize) -> Vec<String> {
        let characters: Vec<char> = secret.chars().collect();
        let pieces: Vec<String> = characters.chunks(length).map(|piece| piece.iter().collect()).collect();
        let apart = |separator: &str| pieces.join(separator);
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        vec![
            secret.to_owned(),
            apart(" "),
            apart("\u{200b}"),
            apart("\u{1b}"),
            apart("\n"),
            apart("\u{202e}"),
            apart(", "),
            apart("\u{301}"),
            encoded(&pieces[1]),
            encoded(&encoded(&pieces[1])),
            format!("x{}y", pieces[1]),
            format!("{}%{:02X}{}", &secret[..20], secret.as_bytes()[20], &secret[21..40]),
        ]
    }

    fn assert_hidden(shown: &str, secret: &str) {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let escapes = ["\\u{200b}", "\\u{1b}", "\\u{202e}", "\\u{301}"];
        let told = escapes.iter().fold(shown.to_owned(), |told, escape| told.replace(escape, ""));
        for (text, secret) in [(told.clone(), secret.to_owned()), (bare(&told), bare(secret))] {
            let characters: Vec<char> = secret.chars().collect();
            for window in characters.windows(WINDOW).map(|window| window.iter().collect::<String>()) {
                assert!(!text.contains(&window), "{window} of {secret} is in {shown}");
            }
        }
    }

    #[test]
    fn no_16_characters_of_a_secret_are_shown() {
        for (secret, length) in
            [TOKEN, ASSERTION].into_iter().flat_map(|secret| [60, 50, 17, 16, 15, 1].map(|n| (secret, n)))
        {
            for disguise in disguises(secret, length) {
                let body = serde_json::json!({
                    "access_token": TOKEN,
                    "scope": format!("api {disguise}"),
                    "instance_url": format!("https://{disguise}/"),
                    "id": format!("https://x/id/{disguise}/{}", disguise.chars().take(18).collect::<String>()),
                });
                let Ok(Answer::Granted(grant)) = answer(200, &body.to_string()) else { panic!("no grant: {body}") };
                assert_hidden(&format!("{grant:?}"), secret);
                for token in [Value::Null, Value::from(TOKEN)] {
                    let body = serde_json::json!({
                        "access_token": token,
                        "error": format!("e {}", &secret[..15]),
                        "error_description": format!("{} {disguise}", &secret[15..30]),
                    });
                    let Ok(Answer::Refused(refusal)) = answer(400, &body.to_string()) else { panic!("no refusal") };
                    if secret == ASSERTION || !token.is_null() {
                        assert_hidden(&refusal.to_string(), secret);
                        assert_hidden(&format!("{refusal:?}"), secret);
                    }
                }
                let location = Some(format!("https://{disguise}.example.com/{disguise}"));
                let response = Response { status: 302, location: location.as_deref(), body: b"" };
                assert_hidden(&read(&response, &assertion()).expect_err("a redirection").to_string(), secret);
            }
        }
    }

    #[test]
    fn tokens_of_another_time_are_left_out() {
        for length in [60, 25, 17] {
            let pieces: Vec<&str> =
                TOKEN.as_bytes().chunks(length).map(|one| std::str::from_utf8(one).unwrap()).collect();
            let body = serde_json::json!({ "error": "invalid_grant", "error_description": pieces.join(" ") });
            let Ok(Answer::Refused(refusal)) = answer(400, &body.to_string()) else { panic!("no refusal") };
            assert!(pieces.iter().all(|piece| piece.len() < 16 || !refusal.description.contains(piece)), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        for description in [
            "user hasn't approved this consumer",
            "unsupported_grant_type INVALID_SESSION_ID",
            "see company--dev.sandbox.my.salesforce.com",
            "app 3MVG is inactive for ADMIN-3dvj@force.com since 2026-11-29T12:00:00Z",
        ] {
            let body = serde_json::json!({ "error": "invalid_grant", "error_description": description });
            let Ok(Answer::Refused(refusal)) = answer(400, &body.to_string()) else { panic!("no refusal") };
            assert_eq!(refusal.description, description);
        }
    }

    #[test]
    fn tokens_are_visible_ascii() {
        for token in ["a\u{1b}[2Jb", "a\nb", "a\u{202e}b", "a\u{7f}", "\u{fc}"] {
            let body = serde_json::json!({ "access_token": token });
            let error = answer(200, &body.to_string()).expect_err("a token with other characters");
            assert!(error.to_string().ends_with("a token with characters that no token has"), "{error}");
        }
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
        let error = read(&Response { status: 302, location, body: b"" }, &assertion()).expect_err("a redirection");
        assert!(error.to_string().ends_with("to https://company.my.salesforce.com"), "{error}");
    }
}
