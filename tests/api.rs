//! The library as another crate sees it.

mod support;

use std::path::Path;
use std::time::{Duration, SystemTime};

use certwright::inspect::{self, FoundKey, Object};
use certwright::output::{Existing, OutputSet, Rules, Unfinished, Visibility};
use certwright::subject::AttributeType;
use certwright::verify::{self, Criteria, Evidence, Exhibit, Outcome, Place};
use certwright::{CertRequest, Certificate, ErrorKind, Password, PrivateKey, SecretBytes, Subject, Validity};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use support::Folder;

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

fn set(rules: Rules, folder: &Path, names: &[&str]) -> OutputSet {
    let mut set = OutputSet::new(rules);
    for name in names {
        set.add(folder.join(name), SecretBytes::new(format!("new {name}").into()), Visibility::Secret);
    }
    set
}

#[test]
fn a_set_that_fails_half_way_is_taken_back() {
    let folder = Folder::new();
    // Staging works, the last rename does not: no file system takes such a name.
    let long = "x".repeat(300);
    let names = ["a", "b", long.as_str()];
    let error = set(Rules::default(), folder.path(), &names).publish(now(), || Ok(())).expect_err("a name too long");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(folder.names(), [""; 0]);

    // With replacement: what was moved away is back, and the backup folder is gone.
    folder.write("a", "old a");
    let error = set(Rules::new(Existing::Replace), folder.path(), &names)
        .publish(now(), || Ok(()))
        .expect_err("a name too long");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(folder.names(), ["a"]);
    assert_eq!(folder.read("a"), b"old a");

    let new_folder = folder.path().join("one").join("two");
    let rules = Rules::default().with_new_folder(&new_folder);
    set(rules, &new_folder, &names).publish(now(), || Ok(())).expect_err("a name too long");
    assert_eq!(folder.names(), ["a"]);
}

#[test]
fn replaced_files_are_kept() {
    let folder = Folder::new();
    for (round, later) in [("first", 0), ("second", 1)] {
        folder.write("a", round);
        let time = now() + Duration::from_secs(later);
        let published = set(Rules::new(Existing::Replace), folder.path(), &["a", "b"]).publish(time, || Ok(()));
        assert_eq!(published.expect("a set").backups.len(), 1);
    }
    assert_eq!(folder.names(), ["a", "b", "backup-20270115T080000Z", "backup-20270115T080001Z"]);
    assert_eq!(folder.names_of("backup-20270115T080000Z"), ["a"]);
    assert_eq!(folder.names_of("backup-20270115T080001Z").len(), 2);
    assert_eq!(folder.read("backup-20270115T080001Z/a"), b"second");
    assert_eq!(folder.read("a"), b"new a");

    // Twice within one second.
    let published = set(Rules::new(Existing::Replace), folder.path(), &["a"]).publish(now(), || Ok(()));
    assert_eq!(published.expect("a set").backups, [folder.path().join("backup-20270115T080000Z-2")]);
}

/// What happens once everything is staged decides over everything.
#[test]
fn a_failure_before_the_first_rename_leaves_nothing() {
    let folder = Folder::new();
    let failing = || Err(certwright::Error::new(ErrorKind::Io, "no more paper"));
    let error = set(Rules::default(), folder.path(), &["a", "b"]).publish(now(), failing).expect_err("no paper");
    assert_eq!(error.to_string(), "no more paper");
    assert_eq!(folder.names(), [""; 0]);
}

/// One folder in two spellings is one folder.
#[test]
fn folders_are_told_apart_by_what_they_are() {
    let folder = Folder::new();
    let mut set = set(Rules::default(), folder.path(), &["a"]);
    let other_spelling = folder.path().join("..").join(folder.path().file_name().expect("a name"));
    set.add(other_spelling.join("b"), SecretBytes::new(b"b".to_vec()), Visibility::Public);
    set.publish(now(), || Ok(())).expect("a set");
    assert_eq!(folder.names(), ["a", "b"]);
}

/// A file of the marker's name that is none is neither believed nor removed.
#[test]
fn a_foreign_marker_is_left_alone() {
    for content in ["my notes\n".repeat(5), "x".repeat(2 << 20), ".certwright-../../x-\nfile a\n".to_owned()] {
        let folder = Folder::new();
        folder.write(".certwright-unfinished", &content);
        let error = set(Rules::default(), folder.path(), &["a"]).publish(now(), || Ok(())).expect_err("a foreign file");
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert_eq!(folder.read(".certwright-unfinished"), content.as_bytes());
        assert_eq!(folder.names(), [".certwright-unfinished"]);
    }
}

#[test]
fn nothing_is_replaced_unasked() {
    let folder = Folder::new();
    folder.write("b", "old b");
    let error = set(Rules::default(), folder.path(), &["a", "b"]).publish(now(), || Ok(())).expect_err("b exists");
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(folder.names(), ["b"]);
    assert_eq!(folder.read("b"), b"old b");
}

#[test]
fn what_a_killed_run_left_is_named_and_cleared() {
    let folder = Folder::new();
    folder.write(
        ".certwright-unfinished",
        ".certwright-4711-\nbackup backup-1\nfile server.key\nfile server.csr\nstaged",
    );
    folder.write(".certwright-4711-1.staged", "a secret");
    folder.write(".certwright-4712-1.staged", "another's");
    folder.write("server.key", "published");
    assert_eq!(Unfinished::find(folder.path()).expect("a dead run").missing, ["server.csr"]);
    let published = set(Rules::default(), folder.path(), &["a"]).publish(now(), || Ok(())).expect("a set");
    assert_eq!(published.unfinished[0].published, ["server.key"]);
    assert_eq!(published.unfinished[0].missing, ["server.csr"]);
    assert_eq!(folder.names(), [".certwright-4712-1.staged", "a", "server.key"]);
}

#[test]
fn a_living_run_is_not_disturbed() {
    let folder = Folder::new();
    folder.write(".certwright-unfinished", ".certwright-4711-\nbackup b\nfile server.key\n");
    let marker = std::fs::File::options().read(true).write(true).open(folder.path().join(".certwright-unfinished"));
    let marker = marker.expect("the marker");
    marker.lock().expect("its lock");
    let error = set(Rules::default(), folder.path(), &["a"]).publish(now(), || Ok(())).expect_err("a lock");
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(folder.names(), [".certwright-unfinished"]);
}
