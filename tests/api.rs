//! The library as another crate sees it.

mod support;

use std::time::{Duration, SystemTime};

use certwright::inspect::{self, FoundKey, Object};
use certwright::subject::AttributeType;
use certwright::verify::{self, Criteria, Evidence, Exhibit, Outcome, Place};
use certwright::{CertRequest, Certificate, ErrorKind, Password, PrivateKey, Subject, Validity};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn now() -> SystemTime {
    NOW + Duration::from_secs(1_800_000_000)
}

fn key(name: &str) -> PrivateKey {
    match inspect::private_key(&support::read_fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}")) {
        FoundKey::Open(key) => key,
        FoundKey::Locked(key) => key.decrypt(&Password::new(support::PASSWORD.into())).expect("its password"),
    }
}

#[test]
fn every_form_of_one_key_is_the_same_key() {
    let reference = key("openssl/pkcs8.pem").public_key();
    let forms = support::fixtures().into_iter().filter(|name| {
        ["pkcs8.", "pkcs1.", "pbes2-", "pbkdf2-", "scrypt.pem", "proc-type-", "windows/utf16", "windows/bom"]
            .iter()
            .any(|part| name.contains(part))
            && !name.ends_with(".csr")
            && !name.contains("public")
    });
    let mut count = 0;
    for name in forms {
        assert_eq!(key(&name).public_key(), reference, "{name}");
        count += 1;
    }
    assert!(count >= 20, "only {count} forms");
}

#[test]
fn openssl_and_we_encode_a_key_alike() {
    for (name, bytes) in [
        ("openssl/pkcs8.pem", key("openssl/pkcs1.pem").to_pkcs8_pem()),
        ("openssl/pkcs8.der", key("openssl/pkcs1.pem").to_pkcs8_der()),
        ("openssl/pkcs1.pem", key("openssl/pkcs8.pem").to_pkcs1_pem()),
        ("openssl/pkcs1.der", key("openssl/pkcs8.pem").to_pkcs1_der()),
    ] {
        assert_eq!(bytes.expect("an encoding").as_bytes(), support::read_fixture(name), "{name}");
    }
}

#[test]
fn a_key_under_a_password_opens_with_that_password_alone() {
    let key = key("openssl/pkcs8.pem");
    let password = Password::new("geheim, grün".into());
    let locked =
        key.encrypt(&password, "2048".parse().expect("a count"), &mut UnwrapErr(SysRng)).expect("a locked key");
    assert_eq!(locked.decrypt(&password).expect("an open key").public_key(), key.public_key());
    let error = locked.decrypt(&Password::new("geheim".into())).expect_err("a wrong password");
    assert_eq!(error.kind(), ErrorKind::Password);
    let protection = locked.protection().expect("its protection");
    assert_eq!(protection.to_string(), "AES-256-CBC, PBKDF2-HMAC-SHA256, 2048 iterations");
}

#[test]
fn a_certificate_carries_its_request() {
    let key = key("openssl/pkcs8.pem");
    let FixtureRequest(request) = FixtureRequest::read("openssl/san.csr");
    let validity = Validity::days(365, now()).expect("a year");
    let certificate =
        Certificate::self_signed(&request, &key, validity, &mut UnwrapErr(SysRng)).expect("a certificate");
    assert_eq!(certificate.subject().to_der(), request.subject().to_der());
    assert_eq!(certificate.sans().expect("names"), request.sans().expect("names"));
    assert_eq!(certificate.sans().expect("names").len(), 4);
    assert_eq!(certificate.version(), 3);
    assert!(!certificate.is_ca() && certificate.is_self_issued());
    assert_eq!(certificate.serial().len(), 32);
    assert!(certificate.verify_signature(&key.public_key()).is_ok());
    let units: Vec<_> = request
        .subject()
        .attributes()
        .filter(|a| *a.kind() == AttributeType::OrganizationalUnit)
        .map(|a| a.value())
        .collect();
    assert_eq!(units, ["One", "Two"]);
}

struct FixtureRequest(CertRequest);

impl FixtureRequest {
    fn read(name: &str) -> Self {
        Self(inspect::cert_request(&support::read_fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}")))
    }
}

#[test]
fn names_beyond_ascii_are_read_and_written_as_utf8() {
    let FixtureRequest(request) = FixtureRequest::read("openssl/utf8.csr");
    assert_eq!(request.subject().get(&AttributeType::Organization), Some("Prüfstelle + Söhne, AG"));
    let subject = Subject::parse(r"C=CH,L=Zürich,O=Prüfstelle \+ Söhne\, AG").expect("a subject");
    // OpenSSL chooses the same string types for the same reasons.
    assert_eq!(subject.to_der(), request.subject().to_der());
}

#[test]
fn weak_keys_sign_nothing() {
    let weak = key("openssl/rsa1024.pem");
    let subject = Subject::parse("O=x").expect("a subject");
    assert_eq!(CertRequest::new(&subject, &[], &weak).expect_err("too short").kind(), ErrorKind::Policy);
}

#[test]
fn verify_tells_matching_from_mixed() {
    let exhibits = |names: &[&str]| -> Vec<Exhibit> {
        let evidence = |name: &str| {
            let items = inspect::inspect(&support::read_fixture(name)).expect("an object");
            match items.into_iter().next().expect("an object").object.expect("an object") {
                Object::PrivateKey(key) => Evidence::PrivateKey(key.public_key()),
                Object::CertRequest(request) => Evidence::CertRequest(request),
                Object::Certificate(certificate) => Evidence::Certificate(certificate),
                other => panic!("{other:?}"),
            }
        };
        names.iter().map(|name| Exhibit::new(*name, evidence(name))).collect()
    };
    let good = ["openssl/pkcs8.pem", "openssl/server.csr", "openssl/v3.crt"];
    // The fixtures are made on a real day: any day of the next century will do.
    let day = NOW + Duration::from_secs(60 * 60 * 24 * 365 * 60);
    let report = verify::verify(&exhibits(&good), &Criteria::at(day));
    assert!(report.is_ok(true) && report.has_evidence(), "{report:?}");
    for (at, other) in [(0, "openssl/other.pem"), (2, "openssl/other.crt")] {
        let mut names = good;
        names[at] = other;
        let report = verify::verify(&exhibits(&names), &Criteria::at(day));
        assert!(!report.is_ok(false), "{other}: {report:?}");
    }
    assert!(!verify::verify(&exhibits(&good[2..]), &Criteria::at(day)).has_evidence());
    assert!(!verify::verify(&exhibits(&good), &Criteria::at(NOW)).is_ok(false));
}

#[test]
fn one_stranger_among_very_many_is_found() {
    let public = |name: &str| Evidence::PublicKey(key(name).public_key());
    let entry = |entry: usize, name: &str| {
        let place = Some(Place { store: "store".to_owned(), entry, is_trusted: false });
        Exhibit { place, ..Exhibit::new("store", public(name)) }
    };
    // The first entry has nothing to do with what is outside, the second has.
    let mut exhibits = vec![entry(0, "openssl/other.pem"), entry(1, "openssl/pkcs8.pem")];
    exhibits.extend((0..119).map(|at| Exhibit::new(format!("{at}.pub"), public("openssl/pkcs8.pem"))));
    exhibits.push(Exhibit::new("stranger.pub", public("openssl/rsa1024.pem")));
    let report = verify::verify(&exhibits, &Criteria::at(now()));
    let with = |outcome: Outcome| {
        let compared = report.checks.iter().filter(|check| check.name == "same-key" && check.outcome == outcome);
        compared.map(|check| check.files.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(with(Outcome::Holds).len(), 119);
    assert_eq!(with(Outcome::Fails), ["store stranger.pub"]);
}
