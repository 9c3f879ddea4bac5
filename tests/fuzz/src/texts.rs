//! Short texts: what people type, what a server answers, and assertions.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

use certwright::jwt::Assertion;
use certwright::salesforce::answer::{self, Response};
use certwright::salesforce::login::{Fields, check_fields};
use certwright::salesforce::{Audience, InstanceUrl, alias_problem, assertion, fields, meaning};
use certwright::subject::{Attribute, AttributeType, NameFormat};
use certwright::testpki::{Host, client_names, common_name};
use certwright::time::Moment;
use certwright::verify::Report;
use certwright::{
    CertRequest, Certificate, KeyKind, Password, PrivateKey, RsaBits, SanName, SecretBytes, Subject, Validity, error,
    inspect, time,
};

use crate::cli::Cli;
use crate::manifest::now;
use crate::quoted::quoted;
use crate::{check_error, check_printable};

/// The assertion that every response answers; a seed repeats it.
const ASSERTION: &[u8] = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlMTIz";

/// A byte that says what the text is, and the text.
pub fn text(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    let text = &*String::from_utf8_lossy(bytes);
    match kind % 16 {
        0 => subject(text),
        1 => san(text),
        2 => token(bytes),
        3 => drop((time::parse_span(text), Validity::parse_days(text, now()))),
        4 => drop(time::parse_http_date(text).map(|instant| (time::rfc3339(instant), time::gmt(instant)))),
        5 => moment(text),
        6 => urls(text),
        7 => drop(meaning::explain(text)),
        8 => response(bytes),
        9 => name_format(text),
        10 => host(text),
        11 => drop(Password::from_line(bytes).map(|password| password.check_length(6))),
        12 => login_fields(text),
        13 => drop((text.parse::<RsaBits>(), text.parse::<KeyKind>(), text.parse::<certwright::Iterations>())),
        14 => shell(text),
        _ => command_line(text),
    }
}

fn subject(text: &str) {
    let Ok(subject) = Subject::parse(text) else { return };
    let again = Subject::from_der(subject.to_der()).expect("what was encoded is read");
    assert_eq!(again.to_der(), subject.to_der());
    if !subject.is_empty() {
        let again = Subject::parse(&subject.to_string()).expect("what is shown is read");
        assert_eq!(again.to_der(), subject.to_der(), "{subject}");
    }
    std::hint::black_box(subject.get(&AttributeType::CommonName));
}

fn san(text: &str) {
    let Ok(name) = text.parse::<SanName>() else { return };
    // What is shown has escapes, which are not read.
    if !text.contains(['"', '\'', '\\']) {
        let again: SanName = name.to_string().parse().expect("what is shown is read");
        assert_eq!(again, name);
    }
    let key = key();
    let request = CertRequest::new(&Subject::parse("CN=a").expect("a subject"), &[name.clone()], key);
    if let Ok(request) = request {
        assert_eq!(request.sans().expect("its names"), [name]);
    }
}

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| match inspect::private_key(include_bytes!("../../../fixtures/openssl/ec.pem")) {
        Ok(inspect::FoundKey::Open(key)) => key,
        other => panic!("{other:?}"),
    })
}

fn token(bytes: &[u8]) {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    let certificate = CERTIFICATE
        .get_or_init(|| inspect::certificate(include_bytes!("../../../fixtures/openssl/v3.crt")).expect("the fixture"));
    let Ok(token) = Assertion::parse(bytes) else { return };
    drop((token.header_json(), token.claims_json(), token.claim("iss").is_some(), token.has_critical_extensions()));
    let report = assertion::check(&token, "token", certificate, "server.crt", now());
    assert!(!report.is_ok(false), "an assertion of nobody's holds");
}

fn moment(text: &str) {
    if let Ok(Moment::At(instant)) = text.parse::<Moment>() {
        let shown = time::rfc3339(instant);
        assert_eq!(shown.parse::<Moment>().expect("what is shown is read"), Moment::At(instant), "{shown}");
    }
}

fn urls(text: &str) {
    if let Ok(url) = InstanceUrl::parse(text) {
        let again = InstanceUrl::parse(url.as_str()).expect("what is shown is read");
        assert_eq!(again.as_str(), url.as_str());
        let is_secure = url.as_str().starts_with("https://") || url.is_loopback();
        assert!(is_secure && url.token_url().starts_with(url.as_str()), "{url}");
        drop((url.is_salesforce(), url.is_sandbox(), Audience::of(&url).fits(&url)));
    }
    if let Ok(audience) = Audience::parse(text) {
        Audience::parse(audience.as_str()).expect("what is shown is read");
    }
}

fn response(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let status = [200, 400, 302, 500, 401, 503][usize::from(first) % 6];
    let location = std::str::from_utf8(body).ok();
    let printed = match answer::read(&Response { status, location, body }, &SecretBytes::new(ASSERTION.to_vec())) {
        Ok(answer::Answer::Granted(grant)) => {
            format!("{:?}{:?}{:?}{:?}", grant.instance_url, grant.organization_id, grant.user_id, grant.scopes)
        }
        Ok(answer::Answer::Refused(refusal)) => {
            drop(meaning::explain(&refusal.to_string()));
            check_printable(&refusal.to_string());
            refusal.to_string()
        }
        Err(error) => {
            check_error(&error);
            format!("{error}{}", error.hint().unwrap_or_default())
        }
    };
    let repeats = ASSERTION.windows(16).any(|part| printed.as_bytes().windows(16).any(|window| window == part));
    assert!(!repeats, "a part of the assertion is printed: {printed}");
}

/// The names of a format, a line's end, and a name to print.
fn name_format(text: &str) {
    let (format, name) = text.split_once('\n').unwrap_or((text, "C=US,O=Example Inc+CN=a b"));
    let (Ok(format), Ok(name)) = (format.parse::<NameFormat>(), Subject::parse(name)) else { return };
    drop((format.is_multiline(), name.print(&format)));
}

fn host(text: &str) {
    drop((client_names(text), common_name(text, "other")));
    let Ok(host) = text.parse::<Host>() else { return };
    let again: Host = match &host.name {
        SanName::Dns(name) => name.parse(),
        SanName::Ip(address) => address.to_string().parse(),
        other => panic!("{other}"),
    }
    .expect("what is in the certificate is read");
    assert_eq!(again.name, host.name);
}

fn login_fields(text: &str) {
    let fields_of = |text: &str| {
        let fields =
            Fields { client_id: Some(text), username: Some(text), api_version: Some(text), ..Fields::default() };
        check_fields(&fields, &mut Report::default());
    };
    fields_of(text);
    drop((alias_problem(text), fields::parse_lifetime(text), fields::check_text("name", text)));
    for kind in [AttributeType::Country, AttributeType::CommonName, AttributeType::EmailAddress] {
        drop(Attribute::new(kind, text));
    }
}

/// A word that is shown to be pasted is one word to a shell.
fn shell(text: &str) {
    let shown = quoted(OsStr::new(text));
    check_printable(&shown);
    let mut words = shown.replace(r"'\''", "");
    if let Some(inside) = words.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        assert!(!inside.contains('\''), "{shown}");
        words.clear();
    }
    assert!(words.chars().all(|c| c.is_alphanumeric() || "-_./:=,@+%".contains(c)), "{shown}");
    let shown = error::printable(Path::new(text));
    check_printable(&shown);
    assert!(!shown.contains('\n') && error::printable(&shown) == shown, "{shown:?}");
}

/// Words of certwright's own command line, one a line.
fn command_line(text: &str) {
    use clap::Parser;
    let words = std::iter::once("certwright").chain(text.split('\n').take(30));
    if let Err(error) = Cli::try_parse_from(words) {
        drop(error.to_string());
    }
}
