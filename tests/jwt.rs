//! Assertions: the RFC's own vector, every claim that can be wrong, damaged ones, and other people's code both ways.

mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use certwright::inspect::{self, FoundKey};
use certwright::jwt::{self, Assertion, Claims};
use certwright::salesforce::assertion;
use certwright::verify::Outcome;
use certwright::{Certificate, ErrorKind, PrivateKey};
use serde_json::{Value, json};
use support::{Folder, PASSWORD, SUBJECT, fixture, output, read_fixture, text};

const CLIENT_ID: &str = "3MVG99OxTyEMCQ3gNp2PjkqeZKxnmAiG1xV4oHh9AKL_rSK.BoSVPGZHQukXnVjzRgSuQqGn75NL7yfkQcyy7";
const NOW: u64 = 1_800_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn key(name: &str) -> PrivateKey {
    match inspect::private_key(&read_fixture(name)).expect("a key") {
        FoundKey::Open(key) => key,
        FoundKey::Locked(_) => panic!("{name} is locked"),
    }
}

fn certificate() -> Certificate {
    inspect::certificate(&read_fixture("openssl/v3.crt")).expect("a certificate")
}

fn good() -> Claims<'static> {
    let expires_at = now() + Duration::from_secs(180);
    let (subject, audience) = ("ADMIN-3dvj@force.com", "https://login.salesforce.com");
    Claims { issuer: CLIENT_ID, subject, audience, expires_at, id: None }
}

/// A token of these parts, signed.
fn signed(header: &Value, claims: &Value) -> Vec<u8> {
    let encode = |part: &[u8]| Base64UrlUnpadded::encode_string(part);
    let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = encode(&key("openssl/pkcs8.pem").sign(message.as_bytes()).expect("a signature"));
    format!("{message}.{signature}").into_bytes()
}

/// The checks of a token, by name, each with its worst outcome.
fn outcome(token: &[u8], name: &str) -> Outcome {
    let token = Assertion::parse(token).expect("an assertion");
    let report = assertion::check(&token, "token", &certificate(), "v3.crt", now());
    let own = report.checks.iter().filter(|check| check.name == name).map(|check| check.outcome);
    own.max().unwrap_or_else(|| panic!("no check {name}: {report:?}"))
}

/// RFC 7515, appendix A.2: RS256 is deterministic, so the same octets come out.
#[test]
fn the_vector_of_the_rfc() {
    let token = read_fixture("jose/rfc7515-a2.jwt");
    let key = key("jose/rfc7515-a2.pem");
    let read = Assertion::parse(&token).expect("an assertion");
    assert_eq!((read.algorithm(), read.claim("iss")), (Some("RS256"), Some("joe")));
    let expires = read.date("exp").expect("a date").expect("a claim").instant;
    assert_eq!(expires, UNIX_EPOCH + Duration::from_secs(1_300_819_380));
    read.verify_signature(&key.public_key()).expect("its own key");
    let other = certificate().public_key().expect("a key");
    assert_eq!(read.verify_signature(&other).expect_err("another key").kind(), ErrorKind::Mismatch);
    let text = String::from_utf8(token).expect("ASCII");
    let (message, signature) = text.trim().rsplit_once('.').expect("three parts");
    assert_eq!(Base64UrlUnpadded::encode_string(&key.sign(message.as_bytes()).expect("a signature")), signature);
}

#[test]
fn what_is_signed_is_what_the_documents_want() {
    let token = jwt::sign(&good(), &key("openssl/pkcs8.pem")).expect("a token");
    let text = std::str::from_utf8(token.as_bytes()).expect("ASCII");
    // Header and order of the documents.
    assert!(text.starts_with("eyJhbGciOiJSUzI1NiJ9."), "{text}");
    let read = Assertion::parse(token.as_bytes()).expect("an assertion");
    let expected = format!(
        r#"{{"iss":"{CLIENT_ID}","sub":"ADMIN-3dvj@force.com","aud":"https://login.salesforce.com","exp":{}}}"#,
        NOW + 180
    );
    assert_eq!(read.claims_json(), expected);
    let report = assertion::check(&read, "token", &certificate(), "v3.crt", now());
    assert!(report.is_ok(true), "{report:?}");
    assert!(report.has_evidence());
    let with_id = jwt::sign(&Claims { id: Some("once"), ..good() }, &key("openssl/pkcs8.pem")).expect("a token");
    assert_eq!(Assertion::parse(with_id.as_bytes()).expect("an assertion").claim("jti"), Some("once"));
    assert!(!format!("{token:?} {read:?}").contains("eyJ"));
}

#[test]
fn only_rsa_of_2048_bits_signs() {
    for (name, kind) in [
        ("openssl/rsa1024.pem", ErrorKind::Policy),
        ("openssl/ec.pem", ErrorKind::Unsupported),
        ("openssl/ed25519.pem", ErrorKind::Unsupported),
    ] {
        assert_eq!(jwt::sign(&good(), &key(name)).expect_err(name).kind(), kind, "{name}");
    }
}

#[test]
fn every_claim_is_judged() {
    let header = json!({ "alg": "RS256" });
    let claims = |change: Value| {
        let mut claims = json!({ "iss": CLIENT_ID, "sub": "a@example.com", "aud": "https://login.salesforce.com", "exp": NOW + 180 });
        for (name, value) in change.as_object().expect("an object") {
            match value {
                Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    };
    for (change, name, expected) in [
        (json!({}), "time-window", Outcome::Holds),
        (json!({ "exp": NOW }), "time-window", Outcome::Holds),
        (json!({ "exp": NOW - 1 }), "time-window", Outcome::Fails),
        (json!({ "exp": NOW + 3600 }), "time-window", Outcome::Fails),
        (json!({ "exp": null }), "time-window", Outcome::Fails),
        (json!({ "exp": "soon" }), "time-window", Outcome::Fails),
        (json!({ "exp": (NOW + 180).to_string() }), "expiry-form", Outcome::Warning),
        (json!({ "exp": (NOW + 180).to_string() }), "time-window", Outcome::Holds),
        (json!({ "exp": (NOW + 180) * 1000 }), "expiry-form", Outcome::Warning),
        (json!({ "exp": (NOW + 180) * 1000 }), "time-window", Outcome::Holds),
        (json!({ "exp": (NOW - 180) * 1000 }), "time-window", Outcome::Fails),
        (json!({ "nbf": NOW + 600 }), "time-window", Outcome::Fails),
        (json!({ "nbf": NOW - 600, "iat": NOW }), "time-window", Outcome::Holds),
        (json!({ "iat": NOW + 600 }), "time-window", Outcome::Fails),
        (json!({ "iss": null }), "issuer", Outcome::Fails),
        (json!({ "iss": 7 }), "issuer", Outcome::Fails),
        (json!({ "sub": "nobody" }), "subject", Outcome::Fails),
        (json!({ "sub": null, "prn": "a@example.com" }), "subject", Outcome::Warning),
        (json!({ "aud": "https://test.salesforce.com" }), "audience", Outcome::Holds),
        (json!({ "aud": "https://company.my.salesforce.com" }), "audience", Outcome::Holds),
        (json!({ "aud": "https://login.salesforce.com/" }), "audience", Outcome::Warning),
        (json!({ "aud": "https://company.example.com" }), "audience", Outcome::Warning),
        (json!({ "aud": "production" }), "audience", Outcome::Fails),
        (json!({ "aud": "https://company.lightning.force.com" }), "audience", Outcome::Fails),
        (json!({ "aud": "https://login.salesforce.com/services/oauth2/token" }), "audience", Outcome::Fails),
        (json!({ "aud": ["https://login.salesforce.com"] }), "audience", Outcome::Fails),
    ] {
        assert_eq!(outcome(&signed(&header, &claims(change.clone())), name), expected, "{change} {name}");
    }
    for header in
        [json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({}), json!({ "alg": "RS256", "crit": ["x"] })]
    {
        assert_eq!(outcome(&signed(&header, &claims(json!({}))), "header"), Outcome::Fails, "{header}");
    }
}

#[test]
fn damage_ends_in_an_error_or_a_failed_check() {
    let token = jwt::sign(&good(), &key("openssl/pkcs8.pem")).expect("a token");
    let token = token.as_bytes();
    let verifies = |bytes: &[u8]| {
        let public = certificate().public_key().expect("a key");
        Assertion::parse(bytes).is_ok_and(|read| read.verify_signature(&public).is_ok())
    };
    assert!(verifies(token));
    (0..token.len()).for_each(|length| assert!(!verifies(&token[..length]), "{length}"));
    let mut changed = token.to_vec();
    for at in 0..token.len() {
        for flip in [1, 2, 0x20, 0xff] {
            changed[at] ^= flip;
            assert!(!verifies(&changed), "octet {at} ^ {flip}");
            changed[at] = token[at];
        }
    }
    let utf16: Vec<u8> = std::str::from_utf8(token).expect("ASCII").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for form in [[token, b"\r\n"].concat(), [b"\xef\xbb\xbf", token].concat(), utf16] {
        assert!(verifies(&form));
    }
    let deep = Base64UrlUnpadded::encode_string("[".repeat(9000).as_bytes());
    for (bytes, part) in [
        ("", "is empty"),
        ("a.b", "has no signature"),
        ("a.b.c.d.e", "is encrypted"),
        ("a", "three parts"),
        ("00Dxx0000001gPL!AR8AQ.JXg5", "is an access token"),
        ("eyJhbGciOiJSUzI1NiJ9.e30=.AA", "padded"),
        ("eyJhbGciOiJSUzI1NiJ9.a+/b.AA", "plain base64"),
        ("eyJhbGciOiJSUzI1NiJ9.e30.", "the signature is empty"),
        ("eyJhbGciOiJSUzI1NiJ9.W10.AA", "no JSON object"),
        (&format!("{deep}.e30.AA"), "no JSON object"),
        (&"a".repeat(20_000), "longer than"),
    ] {
        let error = Assertion::parse(bytes.as_bytes()).expect_err(part);
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

fn setup() -> Folder {
    let folder = Folder::new();
    let init = ["init", ".", "--jks", "--iterations", "1000", "--password-from", "env:PW"];
    folder.run(&[&init[..], &SUBJECT].concat());
    folder
}

const SIGN: [&str; 8] =
    ["jwt", "sign", "--client-id", CLIENT_ID, "--username", "ADMIN-3dvj@force.com", "--audience", "production"];

/// No message repeats an assertion, however it was given.
#[test]
fn assertions_are_never_repeated() {
    let folder = setup();
    let token = folder.run(&SIGN);
    let token = token.trim();
    folder.write("token", token);
    folder.write("cut", &token[..token.len() - 5]);
    let other = fixture("openssl/v3.crt");
    let runs: [&[&str]; 7] = [
        &["jwt", "check", token],
        &["jwt", "check", token, "--json"],
        &["jwt", "check", &token[..60]],
        &["jwt", "check", &token[..token.len() - 5]],
        &["jwt", "check", "cut"],
        &["jwt", "check", token, "--cert", &other],
        &["salesforce", "explain", token],
    ];
    for run in runs {
        let told = text(&output(&mut folder.certwright(run)));
        assert!(!told.contains(&token[..30]) && !told.contains(&token[token.len() - 40..]), "{run:?}: {told}");
    }
    let told = output(&mut folder.certwright(&["jwt", "check", "token", "--cert", &other]));
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
}

/// Where scripts/test.sh puts Python with its packages.
fn python() -> String {
    std::env::var("CERTWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// The path of one of the tests' own programs for other languages.
fn program(name: &str) -> String {
    format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "needs Node with jsonwebtoken and Python with PyJWT"]
fn other_libraries_take_ours_and_we_take_theirs() {
    let folder = setup();
    let python = python();
    for (interpreter, script) in [("node", program("node/assertion.js")), (&python, program("python_assertion.py"))] {
        for more in [&[][..], &["--jti"]] {
            let token = folder.run(&[&SIGN[..], more].concat());
            let told = folder.tool(interpreter, &[&script, "verify", token.trim(), "server.crt"]);
            assert_eq!(told.trim(), format!("{CLIENT_ID} ADMIN-3dvj@force.com {}", !more.is_empty()), "{script}");
        }
        let token = folder.tool(interpreter, &[&script, "sign", "server.key", CLIENT_ID]);
        folder.run(&["jwt", "check", token.trim(), "--strict"]);
    }
}

/// As the Java example of the documents: a JKS of ours, SHA256withRSA, and an exp that is text.
#[test]
#[ignore = "needs java (JDK)"]
fn java_signs_with_our_keystore() {
    let folder = setup();
    let java = |form: &str| {
        let source = program("java/SignAssertion.java");
        folder.tool("java", &[&source, "servercert.jks", PASSWORD, "servercert", CLIENT_ID, form])
    };
    folder.run(&["jwt", "check", java("number").trim(), "--strict"]);
    let told = folder.run(&["jwt", "check", java("text").trim()]);
    assert!(told.contains("warning  token: the claim exp is text"), "{told}");
}
