//! Keys, certificates, signing requests and revocation lists.

use certwright::crl::Crl;
use certwright::inspect::{self, Object};
use certwright::testpki::Stream;
use certwright::verify::{self, Criteria, Evidence, Exhibit};
use certwright::{
    CertRequest, Certificate, EncryptedPrivateKey, KeyKind, Password, PrivateKey, PublicKey, SanName, Validity,
};

use crate::cli::StorePasswordArgs;
use crate::describe::describe;
use crate::exhibits;
use crate::gather::Gathered;
use crate::lines::session;
use crate::manifest::now;
use crate::password::PasswordSource;
use crate::passwords::Passwords;
use crate::{check_error, check_printable, json, report};

/// The password of every fixture and seed.
pub(crate) const PASSWORD: &str = "fixture password";
/// What is derived with more takes too long to find anything else.
pub(crate) const MOST_ITERATIONS: u64 = 4096;

pub(crate) fn password() -> Password {
    Password::new(PASSWORD.into())
}

/// Any bytes -> private and public keys, plain or under a password, which are the same keys in every encoding.
pub fn key(data: &[u8]) {
    let plain = [PrivateKey::from_pkcs8_der(data), PrivateKey::from_pkcs1_der(data), PrivateKey::from_sec1_der(data)];
    plain.into_iter().flatten().for_each(|key| check_private_key(&key));
    for key in [PublicKey::from_spki_der(data), PublicKey::from_pkcs1_der(data)].into_iter().flatten() {
        check_public_key(&key);
    }
    if let Ok(locked) = EncryptedPrivateKey::from_pkcs8_der(data) {
        check_encrypted_key(&locked);
    }
    for item in inspect::inspect(data).into_iter().flatten() {
        match item.object {
            Ok(Object::PrivateKey(key)) => check_private_key(&key),
            Ok(Object::PublicKey(key)) => check_public_key(&key),
            Ok(Object::EncryptedPrivateKey(key)) => check_encrypted_key(&key),
            _ => {}
        }
    }
    drop(inspect::private_key(data));
    tell(data);
}

fn check_private_key(key: &PrivateKey) {
    let der = key.to_pkcs8_der().expect("an encoding");
    let again = PrivateKey::from_pkcs8_der(der.as_bytes()).expect("what was encoded is read");
    assert!(again.public_key() == key.public_key(), "another key");
    let pem = key.to_pkcs8_pem().expect("an encoding");
    assert!(matches!(inspect::private_key(pem.as_bytes()), Ok(inspect::FoundKey::Open(_))));
    check_public_key(&key.public_key());
    if key.algorithm().bits() <= 2048 {
        drop(key.sign(b"message"));
    }
}

fn check_public_key(key: &PublicKey) {
    let der = key.to_spki_der().expect("an encoding");
    assert!(PublicKey::from_spki_der(&der).expect("what was encoded is read") == *key, "another key");
    drop((key.algorithm().to_string(), key.rsa_numbers(), key.spki_sha256()));
}

fn check_encrypted_key(key: &EncryptedPrivateKey) {
    let Some(password) = is_quick(key).then(password) else { return };
    let Ok(opened) = key.decrypt(&password) else { return };
    check_private_key(&opened);
}

/// True for a key that is derived in a moment. Of scrypt only the parameters are read here: its memory is not shown.
fn is_quick(key: &EncryptedPrivateKey) -> bool {
    key.protection().is_ok_and(|one| one.iterations <= MOST_ITERATIONS && one.derivation != "scrypt")
}

/// Any bytes -> a certificate, signing request or revocation list, which keeps its bytes; all that is told of it and
/// checked about it beside a key and a certificate that are its own as far as they can be.
pub fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.to_der(), data);
        check_certificate(&certificate);
    }
    if let Ok(request) = CertRequest::from_der(data) {
        assert_eq!(request.to_der(), data);
        check_request(&request);
    }
    if let Ok(list) = Crl::from_der(data) {
        assert_eq!(list.to_der(), data);
        drop((list.revocations(), list.issuer().to_string(), list.validity()));
        Crl::from_pem(list.to_pem().as_bytes()).expect("what was encoded is read");
    }
    drop((inspect::certificates(data), inspect::cert_request(data)));
    tell(data);
}

fn check_certificate(certificate: &Certificate) {
    let again = inspect::certificate(certificate.to_pem().as_bytes()).expect("what was encoded is read");
    assert_eq!(again.to_der(), certificate.to_der());
    drop((certificate.sans(), certificate.is_ca(), certificate.check_may_issue(0), certificate.extensions()));
    drop((certificate.key_usage(), certificate.extended_key_usage(), certificate.serial(), certificate.validity()));
    drop((certificate.check_self_signed(), certificate.validity().renewed(now())));
    if let Ok(key) = certificate.public_key() {
        drop(certificate.verify_signature(&key));
    }
    // What a renewal with a new key does.
    let mut rng = Stream::new([7; 32]);
    let key = PrivateKey::generate(KeyKind::P256, &mut rng).expect("a key");
    let validity = Validity::days(30, now()).expect("a validity");
    if let Ok(renewed) = certificate.renewed(&key, validity, &mut rng) {
        let again = Certificate::from_der(renewed.to_der()).expect("what was made is read");
        assert_eq!(again.subject().to_der(), certificate.subject().to_der());
        assert!(again.public_key().expect("a key") == key.public_key());
        again.verify_signature(&key.public_key()).expect("its own signature");
    }
    if let Ok(request) = certificate.to_request(&key) {
        assert_eq!(request.subject().to_der(), certificate.subject().to_der());
        request.verify_signature().expect("its own signature");
    }
}

fn check_request(request: &CertRequest) {
    let again = inspect::cert_request(request.to_pem().as_bytes()).expect("what was encoded is read");
    assert_eq!(again.to_der(), request.to_der());
    drop((request.sans(), request.other_extensions(), request.subject().to_string(), request.verify_signature()));
    let mut rng = Stream::new([7; 32]);
    let key = PrivateKey::generate(KeyKind::P256, &mut rng).expect("a key");
    if let Ok(new) = request.with_key(&key) {
        assert_eq!(new.subject().to_der(), request.subject().to_der());
        new.verify_signature().expect("its own signature");
    }
    let validity = Validity::days(30, now()).expect("a validity");
    if let Ok(made) = Certificate::self_signed(request, &key, validity, &mut rng) {
        Certificate::from_der(made.to_der()).expect("what was made is read");
    }
}

/// What `show` and `verify` do with the file, without the time that key derivations take.
pub(crate) fn tell(data: &[u8]) {
    // JSON for inputs of odd length, text for the others.
    let (mut session, _) = session(data.len() % 2 == 1);
    session.now = now();
    session.given.push(password());
    let source = Some(PasswordSource::Given(0));
    let args = |source| StorePasswordArgs { password_from: source, key_password_from: None, store_password_from: None };
    let items = inspect::inspect(data);
    let is_quick = items.iter().flatten().all(|item| match &item.object {
        Ok(Object::EncryptedPrivateKey(key)) => is_quick(key),
        Ok(Object::Keystore(store)) => crate::stores::is_quick(store),
        _ => true,
    });
    let passwords = Passwords::read(&args(source.filter(|_| is_quick)), &mut session).expect("the password");
    for item in items.iter().flatten() {
        match &item.object {
            Ok(object) => {
                let described = describe("file", object, &passwords, &session);
                check_printable(&described.to_string());
                check_printable(&json::text(&described.into_json()));
            }
            Err(error) => check_error(error),
        }
    }
    items.as_ref().err().into_iter().for_each(check_error);
    let file = Gathered {
        path: "file".into(),
        name: "file".into(),
        is_named: true,
        size: data.len(),
        is_exposed: None,
        items,
    };
    let (mut exhibits, _) = exhibits::of(vec![file], &passwords);
    let beside = include_bytes!("../../../fixtures/openssl/ec.crt");
    let beside = inspect::certificate(beside).expect("the fixture");
    exhibits.push(Exhibit::new("beside", Evidence::PublicKey(beside.public_key().expect("its key"))));
    exhibits.push(Exhibit::new("beside", Evidence::Certificate(beside.clone())));
    let host = SanName::Dns("localhost".to_owned());
    let trusted = [beside];
    let criteria = Criteria { host: Some(&host), trusted: Some(&trusted), ..Criteria::at(now()) };
    for criteria in [Criteria::at(now()), criteria] {
        let report = verify::verify(&exhibits, &criteria);
        let ok = report.is_ok(true) && report.has_evidence();
        report::tell("verify", &report, ok, &[], &mut session).expect("the tape accepts everything");
    }
}
