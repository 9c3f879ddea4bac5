//! Certificates that end: `status` tells in time, `renew` makes new ones in every file that held the old, and a key is
//! handed to a pipeline.
//!
//! What needs OpenSSL and keytool is ignored on a machine without them; scripts/test.sh installs them and runs it all.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use support::{Folder, PASSWORD, SUBJECT, fixture, output, succeed, text};

/// The password of the Java keystore.
const OTHER: &str = "another password";
const PASSWORDS: [&str; 4] = ["--key-password-from", "env:PW", "--store-password-from", "env:NEW"];

fn certwright(folder: &Folder, arguments: &[&str]) -> Output {
    output(folder.certwright(arguments).env("NEW", OTHER))
}

fn renew(folder: &Folder, arguments: &[&str]) -> String {
    succeed(folder.certwright(&[&["renew"], arguments].concat()).env("NEW", OTHER))
}

/// A set as `init` makes it, with a name beside the subject and keystores of their own password.
fn set() -> Folder {
    let folder = Folder::new();
    let init = [&["init", "."], &SUBJECT[..], &["--san", "DNS:a.example", "--p12", "--jks"], &["--iterations", "1000"]];
    let init = [&init.concat()[..], &["--password-from", "env:PW", "--store-password-from", "env:NEW"]].concat();
    succeed(folder.certwright(&init).env("NEW", OTHER));
    folder
}

/// Every file of a folder with its content, those in its folders too.
fn content(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(path).expect("the folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => found
                .extend(content(&entry.path()).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes))),
            false => {
                found.insert(name, fs::read(entry.path()).expect("the file"));
            }
        }
    }
    found
}

fn backup(folder: &Folder) -> String {
    let found: Vec<String> = folder.names().into_iter().filter(|name| name.starts_with("backup-")).collect();
    let [backup] = &found[..] else { panic!("{found:?}") };
    assert!(!backup.contains(':'), "{backup}");
    backup.clone()
}

/// What `show` tells of the certificate in a file.
fn shown(folder: &Folder, file: &str, field: &str) -> serde_json::Value {
    let told = certwright(folder, &["show", "--json", file]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    told["objects"][0][field].clone()
}

fn is_good(folder: &Folder) {
    let told = certwright(folder, &[&["verify", ".", "--strict", "--for", "salesforce"], &PASSWORDS[..]].concat());
    assert!(told.status.success(), "{}", text(&told));
}

#[test]
fn a_set_is_renewed_with_its_key() {
    let folder = set();
    let before = content(folder.path());
    let of_old = |field| shown(&folder, "server.crt", field);
    let old = ["subject", "sans", "key", "key_usage", "serial", "sha256"].map(of_old);
    renew(&folder, &PASSWORDS);
    is_good(&folder);
    let new =
        ["subject", "sans", "key", "key_usage", "serial", "sha256"].map(|field| shown(&folder, "server.crt", field));
    assert_eq!(new[..4], old[..4]);
    assert!(new[4] != old[4] && new[5] != old[5]);
    let after = content(folder.path());
    for name in ["server.pass.key", "server.key", "server.pem", "server.csr"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    let kept = backup(&folder);
    for name in ["server.crt", "keystore.p12", "servercert.jks"] {
        assert_ne!(after[name], before[name], "{name}");
        assert_eq!(after[&format!("{kept}/{name}")], before[name], "{name}");
    }
    assert_eq!(after.len(), before.len() + 3);
    // The entries bear their names, and the passwords are as they were.
    let told = certwright(&folder, &["show", "keystore.p12", "servercert.jks", "--password-from", "env:NEW"]);
    assert_eq!(text(&told).matches("\"servercert\": RSA-2048 private key").count(), 2, "{}", text(&told));
}

#[test]
fn a_set_is_renewed_with_a_new_key() {
    let folder = set();
    let before = content(folder.path());
    let old_key = shown(&folder, "server.key", "key");
    renew(&folder, &[&["--new-key"], &PASSWORDS[..]].concat());
    is_good(&folder);
    assert_ne!(shown(&folder, "server.key", "key"), old_key);
    let (after, kept) = (content(folder.path()), backup(&folder));
    for (name, bytes) in &before {
        assert_ne!(after[name], *bytes, "{name}");
        assert_eq!(after[&format!("{kept}/{name}")], *bytes, "{name}");
    }
    assert_eq!(shown(&folder, "server.csr", "sans"), shown(&folder, "server.crt", "sans"));
}

/// Keys are nobody else's, in the backup too, whatever they were before.
#[test]
fn what_held_a_key_is_closed() {
    let folder = set();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).expect("the file").permissions().mode() & 0o777;
    for name in folder.names() {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o644)).expect("the mode");
    }
    renew(&folder, &[&["--new-key"], &PASSWORDS[..]].concat());
    let kept = backup(&folder);
    assert_eq!(mode(&kept), 0o700);
    for name in ["server.pass.key", "server.key", "server.pem", "keystore.p12", "servercert.jks"] {
        assert_eq!((mode(name), mode(&format!("{kept}/{name}"))), (0o600, 0o600), "{name}");
    }
    assert_eq!((mode("server.crt"), mode(&format!("{kept}/server.crt"))), (0o644, 0o644));
}

/// All files or none: whatever is missing at the end, nothing has changed.
#[test]
fn a_set_that_cannot_be_whole_stays_as_it_is() {
    let folder = set();
    folder.write("note.txt", "of another kind");
    let before = content(folder.path());
    let fails = |arguments: &[&str], what: &str| {
        let told = certwright(&folder, &[&["renew"], arguments].concat());
        assert_eq!(told.status.code(), Some(2), "{}", text(&told));
        assert!(text(&told).contains(what), "{arguments:?}: {}", text(&told));
        assert_eq!(content(folder.path()), before, "{arguments:?}");
    };
    fails(&[], "keystore.p12: a password is needed");
    fails(&["--password-from", "env:PW"], "keystore.p12: wrong password");
    fails(&["--new-key", "--password-from", "env:NEW"], "server.pass.key: wrong password");
    fails(&["--days", "0", "--password-from", "env:NEW"], "never valid");
    fails(&["--days", "-1", "--password-from", "env:NEW"], "no number of days");
    fails(&["--cert", "note.txt", "--password-from", "env:NEW"], "note.txt: is no file of the folder");
    fails(&["--only", "nobody", "--password-from", "env:NEW"], "no keystore has an entry \"nobody\"");
    fs::remove_file(folder.path().join("servercert.jks")).expect("the file");
    fs::write(folder.path().join("servercert.jks"), &before["servercert.jks"][..400]).expect("the file");
    let cut = content(folder.path());
    let told = certwright(&folder, &[&["renew"], &PASSWORDS[..]].concat());
    assert!(text(&told).contains("servercert.jks: is a damaged JKS keystore"), "{}", text(&told));
    assert_eq!(content(folder.path())["servercert.jks"], cut["servercert.jks"]);
}

#[test]
fn one_keystore_is_enough() {
    for (store, password, alias) in [
        ("openssl-no-name.p12", "env:PW", "\"1\""),
        ("openssl-legacy.p12", "env:PW", "\"servercert\""),
        ("nss.p12", "env:PW", "\"servercert\""),
        ("keytool.p12", "env:PW", "\"servercert\""),
        ("keytool.jks", "env:PW", "\"servercert\""),
        ("openssl-empty-password.p12", "env:EMPTY", "\"servercert\""),
    ] {
        for more in [&[][..], &["--new-key"]] {
            let folder = Folder::new();
            fs::copy(fixture(&format!("keystores/{store}")), folder.path().join(store)).expect("a copy");
            let renew = [&["renew", "--password-from", password], more].concat();
            succeed(folder.certwright(&renew).env("EMPTY", ""));
            let told = succeed(folder.certwright(&["show", store, "--password-from", password]).env("EMPTY", ""));
            assert!(told.contains(&format!("{alias}: RSA-2048 private key")), "{store}: {told}");
            let export = ["export", "--in", store, "--password-from", password];
            succeed(folder.certwright(&export).env("EMPTY", ""));
            folder.run(&["verify", "server.key", "server.crt", "--strict"]);
            // Who could read the old file can read the new one.
            assert_eq!(told.contains("3DES-CBC"), store == "openssl-legacy.p12", "{store}: {told}");
        }
    }
}

/// Of two identities one is chosen; the other keeps its certificate, and the password that only its owner knows.
#[test]
fn of_two_identities_one_is_renewed() {
    let folder = Folder::new();
    fs::copy(fixture("keystores/keytool-several.jks"), folder.path().join("several.jks")).expect("a copy");
    let told = certwright(&folder, &["renew", "--password-from", "env:PW"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(text(&told).contains("several.jks[servercert]") && text(&told).contains("several.jks[second]"));
    let fingerprints = || {
        let told = certwright(&folder, &["show", "--json", "several.jks", "--password-from", "env:PW"]);
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        let entries = told["objects"][0]["entries"].as_array().expect("entries").clone();
        let of = |entry: &serde_json::Value| (entry["alias"].to_string(), entry["certificate"]["sha256"].to_string());
        entries.iter().map(of).collect::<BTreeMap<_, _>>()
    };
    let before = fingerprints();
    renew(&folder, &["--only", "SECOND", "--password-from", "env:PW"]);
    let after = fingerprints();
    assert_eq!(before.len(), 3);
    for (alias, fingerprint) in &before {
        assert_eq!(after[alias] != *fingerprint, alias == "\"second\"", "{alias}");
    }
}

#[test]
fn a_keys_own_password_stays_its_own() {
    for more in [&[][..], &["--new-key"]] {
        let folder = Folder::new();
        fs::copy(fixture("keystores/keytool-key-password.jks"), folder.path().join("a.jks")).expect("a copy");
        let passwords = ["--store-password-from", "env:PW", "--key-password-from", "env:NEW"];
        renew(&folder, &[more, &passwords].concat());
        let locked = certwright(&folder, &["export", "--in", "a.jks", "--password-from", "env:PW"]);
        assert_eq!(locked.status.code(), Some(2), "{}", text(&locked));
        let export = ["export", "--in", "a.jks", "--password-from", "env:PW", "--key-password-from", "env:NEW"];
        assert!(certwright(&folder, &export).status.success());
    }
}

/// A set that was renewed in one place alone: the rest is left, and brought into line on demand.
#[test]
fn stale_copies_are_told_and_taken_along() {
    let folder = set();
    let old = folder.read("keystore.p12");
    // Certificates tell seconds.
    sleep(Duration::from_millis(1_100));
    renew(&folder, &PASSWORDS);
    folder.write("keystore.p12", &old);
    let told = certwright(&folder, &["status", "--password-from", "env:NEW"]);
    assert!(text(&told).contains("in keystore.p12[servercert]\n"), "{}", text(&told));
    assert!(text(&told).contains("stale: a newer one is in server.crt"), "{}", text(&told));
    let told = renew(&folder, &PASSWORDS);
    assert!(told.contains("keystore.p12[servercert]: an older certificate of this key: left as it is"), "{told}");
    assert_eq!(folder.read("keystore.p12"), old);
    renew(&folder, &[&["--stale"], &PASSWORDS[..]].concat());
    is_good(&folder);
    let told = certwright(&folder, &["status", "--password-from", "env:NEW", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(told["certificates"].as_array().map(Vec::len), Some(1), "{told}");
}

/// Without a password what is locked is told, and is a failure on demand.
/// What `status` says of the days that one certificate is still valid, judged at `time`.
fn days_left(folder: &Folder, file: &str, time: &str) -> (i64, String) {
    let told = certwright(folder, &["status", file, "--at", time, "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let one = &told["certificates"][0];
    (one["days_left"].as_i64().expect("days"), one["state"].as_str().expect("a state").to_owned())
}

#[test]
fn judges_at_another_time() {
    let folder = Folder::new();
    // It ends on 2030-01-31, five minutes before midnight.
    folder.run(&["testpki", ".", "--host", "localhost", "--now", "2030-01-01T00:00:00Z", "--days", "30"]);
    for (time, days, state) in [
        ("2029-12-31", 30, "not-yet"),
        ("2030-01-01", 29, "valid"),
        ("2030-01-30T23:54:59Z", 0, "valid"),
        ("2030-01-31T00:54:59+01:00", 0, "valid"),
        ("2030-01-30 23:55:01Z", -1, "expired"),
        ("@1896134400", -2, "expired"),
    ] {
        assert_eq!(days_left(&folder, "server.crt", time), (days, state.to_owned()), "{time}");
    }
    for (arguments, is_good) in [
        (&["status", "server.crt", "--at", "2030-01-15", "--expires-within", "2w"][..], true),
        (&["status", "server.crt", "--at", "2030-01-17", "--expires-within", "2w"], false),
        (&["verify", "server.crt", "server.key", "--at", "2030-01-15"], true),
        (&["verify", "server.crt", "server.key", "--at", "2030-02-15"], false),
        (&["verify", "server.crt", "--at", "2030-01-15", "--expires-within", "2w"], true),
        (&["verify", "server.crt", "--at", "2030-01-17", "--expires-within", "2w"], false),
        (&["verify", "server.crt", "--ca", "ca.crt", "--host", "localhost", "--at", "2030-01-17"], true),
        (&["verify", "server.crt", "--ca", "ca.crt", "--host", "localhost", "--at", "2032-01-17"], false),
    ] {
        let told = certwright(&folder, arguments);
        assert_eq!(told.status.code(), Some(if is_good { 0 } else { 1 }), "{arguments:?}\n{}", text(&told));
        assert!(text(&told).contains("note: judged at 2030-0") || !is_good, "{}", text(&told));
    }
    // Today is between a span before and a span after it.
    folder.run(&["testpki", "now", "--host", "localhost", "--days", "30"]);
    assert_eq!(days_left(&folder, "now/server.crt", "10d"), (19, "valid".to_owned()));
    assert_eq!(days_left(&folder, "now/server.crt", "-10d").1, "not-yet");
    assert_eq!(days_left(&folder, "now/server.crt", "+5w").1, "expired");
}

#[test]
fn a_planned_renewal_writes_nothing() {
    let folder = set();
    let before = content(folder.path());
    for options in [&["--dry-run"][..], &["--dry-run", "--at", "2040-01-01"], &["--dry-run", "--new-key", "--json"]] {
        let told = renew(&folder, &[options, &PASSWORDS[..]].concat());
        assert!(["server.crt", "keystore.p12", "servercert.jks"].iter().all(|name| told.contains(name)), "{told}");
        assert_eq!(told.contains("2040-12-3"), options.contains(&"--at"), "{told}");
        assert_eq!(told.contains("\"path\": \"server.key\""), options.contains(&"--new-key"), "{told}");
        assert_eq!(content(folder.path()), before);
    }
    // A certificate that is written begins now, whatever was asked.
    let refused = certwright(&folder, &[&["renew", "--at", "2040-01-01"], &PASSWORDS[..]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert_eq!(content(folder.path()), before);
}

/// A fixture that ends is a test that fails one day.
#[test]
fn no_fixture_expires_before_2100() {
    let names = ["openssl", "keystores", "broken"].map(fixture);
    let mut counted = 0;
    for (folder, password) in
        names.iter().flat_map(|folder| [(folder, "env:PW"), (folder, "env:OTHER"), (folder, "env:NONE")])
    {
        let here = Folder::new();
        let mut command =
            here.certwright(&["status", folder, "--at", "2100-01-01", "--json", "--password-from", password]);
        let told =
            output(command.env("OTHER", "gr\u{fc}n & \u{41f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}").env("NONE", ""));
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        for one in told["certificates"].as_array().expect("certificates") {
            assert_eq!(one["state"], "valid", "{one}");
            counted += one["files"].as_array().expect("files").len();
        }
    }
    assert!(counted > 30, "only {counted}");
}

#[test]
fn locked_stores_count_as_not_checked() {
    let folder = set();
    for (more, code) in [(&[][..], 0), (&["--strict"], 1), (&["--expires-within", "400d"], 1), (&["keystore.p12"], 2)] {
        let told = certwright(&folder, &[&["status"], more].concat());
        assert_eq!(told.status.code(), Some(code), "{more:?}: {}", text(&told));
        assert!(text(&told).contains("not checked: keystore.p12: is encrypted"), "{}", text(&told));
    }
    assert_eq!(certwright(&folder, &["status", "--strict", "--store-password-from", "env:NEW"]).status.code(), Some(0));
}

#[test]
fn what_lies_about_in_a_folder_is_no_matter() {
    let folder = Folder::new();
    let elsewhere = Folder::new();
    for (name, from) in
        [("server.key", "pkcs8.pem"), ("text.crt", "text.crt"), ("server.der", "v3.der"), ("other.crt", "other.crt")]
    {
        fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(name)).expect("a copy");
    }
    fs::copy(fixture("openssl/v3.crt"), elsewhere.path().join("v3.crt")).expect("a copy");
    std::os::unix::fs::symlink(elsewhere.path().join("v3.crt"), folder.path().join("server.crt")).expect("a link");
    std::os::unix::fs::symlink("nowhere", folder.path().join("dangling.crt")).expect("a link");
    fs::create_dir(folder.path().join("inner.crt")).expect("a folder");
    folder.write(".hidden.crt", support::read_fixture("openssl/v3.crt"));
    folder.write("README.md", "nothing of that kind");
    succeed(Command::new("mkfifo").arg(folder.path().join("pipe.crt")));
    let others = ["other.crt", ".hidden.crt", "README.md", "server.key"];
    let before = others.map(|name| folder.read(name));
    renew(&folder, &[]);
    assert_eq!(others.map(|name| folder.read(name)), before);
    // The file that the link leads to is renewed, and the link stays.
    assert!(fs::symlink_metadata(folder.path().join("server.crt")).expect("the link").is_symlink());
    let of = |name: &str| shown(&folder, name, "sha256");
    assert_eq!(of("server.crt"), of("server.der"));
    assert_eq!(of("server.crt"), of("text.crt"));
    assert!(!String::from_utf8_lossy(&folder.read("text.crt")).contains("Validity"));
    assert_ne!(folder.read("server.der"), support::read_fixture("openssl/v3.der"));
    assert_eq!(elsewhere.names().len(), 2, "{:?}", elsewhere.names());
}

/// What only another can renew is left alone; the request for it is made.
#[test]
fn an_authoritys_certificate_is_asked_for() {
    let folder = Folder::new();
    folder.run(&["testpki", ".", "--host", "localhost"]);
    let before = content(folder.path());
    let told = certwright(&folder, &["renew", "--cert", "server.crt"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(text(&told).contains("who alone can renew it") && text(&told).contains("--csr-out renewal.csr"));
    assert_eq!(content(folder.path()), before);
    folder.run(&["renew", "--cert", "server.crt", "--csr-out", "renewal.csr"]);
    assert_eq!(shown(&folder, "renewal.csr", "subject"), shown(&folder, "server.crt", "subject"));
    assert_eq!(shown(&folder, "renewal.csr", "sans"), shown(&folder, "server.crt", "sans"));
    folder.run(&["verify", "server.key", "renewal.csr", "--strict"]);
    // The authority itself has signed its own, and those that it has issued stay good.
    folder.run(&["renew", "--cert", "ca.crt"]);
    folder.run(&["verify", "server.key", "server.crt", "ca.crt", "--strict"]);
}

/// A key that is beyond what is read here stays a secret, in the file that its certificate is renewed in.
#[test]
fn a_key_that_cannot_be_read_is_not_opened_to_others() {
    let folder = Folder::new();
    let parts = ["v3.crt", "iterations-20000000.pem"].map(|name| support::read_fixture(&format!("openssl/{name}")));
    folder.write("both.pem", parts.concat());
    fs::set_permissions(folder.path().join("both.pem"), fs::Permissions::from_mode(0o600)).expect("the mode");
    folder.write("server.key", support::read_fixture("openssl/pkcs8.pem"));
    renew(&folder, &[]);
    assert!(folder.read("both.pem").ends_with(&parts[1]) && !folder.read("both.pem").starts_with(&parts[0]));
    let mode = fs::metadata(folder.path().join("both.pem")).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_short_key_is_replaced() {
    let folder = Folder::new();
    for (name, from) in [("server.key", "rsa1024.pem"), ("server.crt", "rsa1024.crt")] {
        fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(name)).expect("a copy");
    }
    let told = certwright(&folder, &["renew"]);
    assert!(told.status.code() == Some(2) && text(&told).contains("add --new-key"), "{}", text(&told));
    renew(&folder, &["--new-key"]);
    folder.run(&["verify", ".", "--strict"]);
}

/// SIGKILL in the midst: each file is there, old or new, here or in the backup folder; the next run stops and says how it
/// stands, and `recover` makes the set whole.
#[test]
fn a_killed_renewal_loses_nothing() {
    let mut outcomes = [0; 3];
    for round in 0..30 {
        let folder = Folder::new();
        for (name, from) in [("a.key", "pkcs8.pem"), ("b.crt", "v3.crt"), ("c.der", "v3.der"), ("d.crt", "text.crt")] {
            fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(name)).expect("a copy");
        }
        let before = content(folder.path());
        let with_new_key = round % 2 == 1;
        let mut command = folder.certwright(if with_new_key { &["renew", "--new-key"] } else { &["renew"] });
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("certwright");
        let marker = folder.path().join(".certwright-unfinished");
        // Every third while files are staged, the others from when the first is moved away.
        let has_begun = || match round % 3 {
            0 => marker.exists(),
            _ => folder.names().iter().any(|name| name.starts_with("backup-")),
        };
        while !has_begun() && child.try_wait().expect("its state").is_none() {
            std::thread::yield_now();
        }
        sleep(Duration::from_micros(round / 3 * 20));
        let _ = child.kill();
        child.wait().expect("an end");
        let after = content(folder.path());
        for (name, bytes) in &before {
            let is_kept = after.iter().any(|(place, kept)| place.ends_with(name.as_str()) && kept == bytes);
            assert!(is_kept, "round {round}: the old {name} is gone: {:?}", after.keys());
        }
        let is_new = |name: &str| after.get(name).is_some_and(|bytes| *bytes != before[name]);
        let changed: &[&str] =
            if with_new_key { &["a.key", "b.crt", "c.der", "d.crt"] } else { &["b.crt", "c.der", "d.crt"] };
        let (all, count) = (changed.len(), changed.iter().filter(|name| is_new(name)).count());
        assert!(marker.exists() || count == 0 || count == all, "round {round}: {:?}", after.keys());
        outcomes[usize::from(count > 0) + usize::from(count == all)] += 1;
        let next = certwright(&folder, &["renew"]);
        let is_unfinished = next.status.code() == Some(2);
        assert!(is_unfinished || next.status.success(), "{}", text(&next));
        if is_unfinished {
            assert!(text(&next).contains("an earlier run was killed"), "{}", text(&next));
            let is_undone = round % 5 == 0;
            let way = if is_undone { "--undo" } else { "--yes" };
            folder.run(&["recover", "--yes", way][..if is_undone { 3 } else { 2 }]);
            let last = content(folder.path());
            let is_new = |name: &&&str| last.get(**name).is_some_and(|bytes| *bytes != before[**name]);
            let is_new = changed.iter().filter(is_new).count();
            assert!(is_new == 0 || is_new == all && !is_undone, "round {round}: {is_new} of {all}");
            for (name, bytes) in &before {
                let is_kept = last.iter().any(|(place, kept)| place.ends_with(name.as_str()) && kept == bytes);
                assert!(is_kept, "round {round}: the old {name} is gone: {:?}", last.keys());
            }
        }
        assert!(folder.names().iter().all(|name| !name.starts_with(".certwright")), "{:?}", folder.names());
        folder.run(&["verify", "a.key", "b.crt", "c.der", "d.crt"]);
    }
    // Which moments were met is the machine's business.
    println!("killed before {}, amid {}, after {}", outcomes[0], outcomes[1], outcomes[2]);
}

/// Several at once: those that win leave a whole set, the others say that the files have changed, or that another run is
/// writing there.
#[test]
fn renewals_at_once_leave_a_whole_set() {
    for round in 0..6 {
        let folder = Folder::new();
        for (name, from) in [("a.key", "pkcs8.pem"), ("b.crt", "v3.crt"), ("c.der", "v3.der"), ("d.crt", "text.crt")] {
            fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(name)).expect("a copy");
        }
        let arguments: &[&str] = if round % 2 == 0 { &["renew", "--new-key"] } else { &["renew"] };
        let spawn = |_| {
            let mut command = folder.certwright(arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("certwright")
        };
        let runs: Vec<_> = (0..4).map(spawn).collect();
        let codes: Vec<_> = runs.into_iter().map(|mut run| run.wait().expect("an end").code()).collect();
        assert!(codes.contains(&Some(0)) && codes.iter().all(|code| matches!(code, Some(0 | 2))), "{codes:?}");
        folder.run(&["verify", "a.key", "b.crt", "c.der", "d.crt"]);
        let content = content(folder.path());
        assert_eq!(content["b.crt"], content["d.crt"], "two certificates");
        assert!(folder.names().iter().all(|name| !name.starts_with(".certwright")), "{:?}", folder.names());
    }
}

/// A key and its certificate.
fn pair() -> Folder {
    let folder = Folder::new();
    for (name, from) in [("server.key", "pkcs8.pem"), ("server.crt", "v3.crt")] {
        fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(name)).expect("a copy");
    }
    fs::set_permissions(folder.path().join("server.key"), fs::Permissions::from_mode(0o600)).expect("its mode");
    folder
}

/// Configurations and scripts have certificates in them too.
#[test]
fn what_surrounds_a_certificate_stays() {
    let folder = pair();
    let old = String::from_utf8(folder.read("server.crt")).expect("PEM");
    let texts = [
        ("client.ovpn", "client\n<cert>\n@</cert>\nverb 3\n", ""),
        ("deploy.sh", "#!/bin/sh\ncat <<E > c.pem\n@E\n", ""),
        ("values.yaml", "tls:\n  cert: |\n    @  port: 1\n", "    "),
    ];
    let made = |text: &str, indent: &str, pem: &str| {
        text.replace('@', &format!("{}\n", pem.trim_end().replace('\n', &format!("\n{indent}"))))
    };
    for (name, text, indent) in texts {
        folder.write(name, made(text, indent, &old));
    }
    fs::set_permissions(folder.path().join("deploy.sh"), fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::set_permissions(folder.path().join("server.crt"), fs::Permissions::from_mode(0o640)).expect("its mode");
    folder.run(&["renew"]);
    let new = String::from_utf8(folder.read("server.crt")).expect("PEM");
    assert_ne!(old, new);
    for (name, text, indent) in texts {
        assert_eq!(String::from_utf8(folder.read(name)).expect("text"), made(text, indent, &new), "{name}");
    }
    let mode = |name: &str| fs::metadata(folder.path().join(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!([mode("deploy.sh"), mode("server.crt"), mode("server.key")], [0o755, 0o640, 0o600]);
}

/// A BEGIN line without a label made the ranges of two blocks overlap, and `renew` panic.
#[test]
fn damaged_blocks_before_a_certificate_are_no_panic() {
    for before in
        ["-----BEGIN -----\n", "-----BEGIN -----END -----", "-----BEGIN A-----\nAAAA\n-----END A", "-----BEGIN "]
    {
        let folder = pair();
        let certificate = String::from_utf8(folder.read("server.crt")).expect("PEM");
        folder.write("server.crt", format!("{before}{certificate}"));
        let run = certwright(&folder, &["renew", "--no-input"]);
        let told = text(&run);
        assert!(
            matches!(run.status.code(), Some(0 | 2)) && !told.contains("fault of certwright"),
            "{before:?}: {told}"
        );
        if run.status.success() {
            let new = String::from_utf8(folder.read("server.crt")).expect("PEM");
            assert!(new.starts_with(before) && !new.contains(certificate.trim_end()), "{before:?}: {new}");
        }
    }
}

/// A right that a secret's readers lose is told.
#[test]
fn who_could_read_a_secret_is_told() {
    let folder = pair();
    folder.run(&["p12", "--password-from", "env:PW"]);
    fs::set_permissions(folder.path().join("keystore.p12"), fs::Permissions::from_mode(0o640)).expect("its mode");
    let told = folder.run(&["renew", "--password-from", "env:PW"]);
    assert!(told.contains("keystore.p12: others than its owner could read it"), "{told}");
    assert!(!told.contains("server.crt: others"), "{told}");
}

/// What an authority has issued hangs from its key.
#[test]
fn an_authority_keeps_its_key() {
    let folder = Folder::new();
    folder.run(&["testpki", ".", "--host", "localhost", "--key", "rsa2048"]);
    let before = content(folder.path());
    let told = certwright(&folder, &["renew", "--cert", "ca.crt", "--new-key"]);
    assert!(told.status.code() == Some(2) && text(&told).contains("is the authority of server.crt"), "{}", text(&told));
    assert_eq!(content(folder.path()), before);
    let told = folder.run(&["renew", "--cert", "ca.crt"]);
    assert!(told.contains("Wherever the old certificate is trusted, put ca.crt"), "{told}");
    assert!(!told.contains("Salesforce"), "{told}");
    folder.run(&["verify", "--ca", "ca.crt", "--host", "localhost", "server.crt"]);
}

/// Each password is tried on each file, whichever option gave it.
#[test]
fn passwords_are_tried_on_each_file() {
    let folder = pair();
    folder.run(&["encrypt", "--out", "server.pass.key", "--iterations", "1000", "--password-from", "env:PW"]);
    folder.run(&["p12", "--password-from", "env:PW"]);
    let jks = ["jks", "--key", "server.key", "--cert", "server.crt", "--password-from", "env:NEW"];
    succeed(folder.certwright(&jks).env("NEW", OTHER));
    let (pw, new) = ("env:PW", "env:NEW");
    for given in [
        ["--key-password-from", pw, "--store-password-from", new],
        ["--key-password-from", new, "--store-password-from", pw],
        ["--password-from", pw, "--store-password-from", new],
    ] {
        for words in [&["verify", ".", "--strict"][..], &["status", ".", "--strict"], &["show", "."]] {
            let told = certwright(&folder, &[words, &given[..]].concat());
            assert!(told.status.success(), "{words:?} {given:?}: {}", text(&told));
        }
    }
}

#[test]
fn a_command_is_told_as_it_can_be_pasted() {
    let folder = pair();
    fs::create_dir(folder.path().join("my set")).expect("a folder");
    folder.run(&["p12", "--out", "my set/keystore.p12", "--password-from", "env:PW"]);
    let told = folder.run(&["renew", "my set", "--password-from", "env:PW"]);
    let line = told.lines().find(|line| line.contains("certwright export")).expect("a command").trim().to_owned();
    let line = format!("{line} --password-from env:PW --dir 'my set'");
    support::succeed(&mut shell(&folder, "sh", &line));
    assert!(folder.path().join("my set/server.crt").exists(), "{told}");
}

/// A shell with this program as `certwright` and the fixtures' passwords.
fn shell(folder: &Folder, program: &str, script: &str) -> Command {
    let bin = folder.path().join("bin");
    let _ = fs::create_dir(&bin);
    let _ = std::os::unix::fs::symlink(support::program(), bin.join("certwright"));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new(program);
    shell.args(["-c", script]).current_dir(folder.path()).env("PATH", path).env("PW", PASSWORD).stdin(Stdio::null());
    shell
}

/// The line of README.md that follows `mark`, without what the table or list around it adds.
fn documented(mark: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let rest = readme.split_once(mark).unwrap_or_else(|| panic!("README.md has no {mark}")).1;
    let block = rest.split_once("```").expect("a block").1;
    let line = block.lines().nth(1).expect("a line");
    line.trim().trim_start_matches("- run: ").to_owned()
}

/// The lines for cron, CI and monitors, with the folder of the example made of certificates that last, end soon and have
/// ended.
#[test]
fn the_documented_lines_watch() {
    let lines = ["A line for cron", "A step of a CI job", "A command for Nagios"].map(documented);
    for (days, cron, ci, nagios) in [("365", "", 0, 0), ("20", "due: 1 of 1", 1, 1), ("5", "due: 1 of 1", 1, 2)] {
        let folder = Folder::new();
        fs::create_dir(folder.path().join("jwt")).expect("a folder");
        let init =
            [&["init", "jwt", "--password-from", "env:PW", "--days", days, "--iterations", "1000"], &SUBJECT[..]];
        folder.run(&init.concat());
        let here = folder.path().join("jwt");
        let run = |line: &str| output(&mut shell(&folder, "sh", &line.replace("/srv/jwt", &here.to_string_lossy())));
        let [for_cron, for_ci, for_nagios] = &lines;
        // The five fields of the time stand before the command.
        let command = for_cron.splitn(6, ' ').nth(5).expect("a command");
        let mail = text(&run(command));
        assert!(if cron.is_empty() { mail.is_empty() } else { mail.starts_with(cron) }, "{days}: {mail}");
        assert_eq!(run(for_ci).status.code(), Some(ci), "{days}");
        let told = run(for_nagios);
        assert_eq!(told.status.code(), Some(nagios), "{days}: {}", text(&told));
        assert!(
            String::from_utf8_lossy(&told.stdout).lines().next().is_some_and(|line| line.contains("1 certificate"))
        );
        fs::remove_dir_all(&here).expect("the folder");
        let gone = run(for_nagios);
        assert_eq!(gone.status.code(), Some(3), "{}", text(&gone));
    }
}

/// The line that `export --base64-line` gives, through the lines that its help gives for each shell.
#[test]
fn a_key_goes_through_a_pipeline() {
    let folder = Folder::new();
    for name in ["server.key", "server.jks"] {
        let from = if name == "server.key" { "openssl/pkcs8.pem" } else { "keystores/keytool.jks" };
        folder.write("secret", support::read_fixture(from));
        let made = certwright(&folder, &["export", "--base64-line", "secret"]);
        assert!(made.status.success(), "{}", text(&made));
        let line = String::from_utf8(made.stdout).expect("text");
        assert!(
            line.ends_with('\n')
                && line.trim_end().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        );
        let help = text(&certwright(&folder, &["export", "--help"]));
        let restore = help.lines().find(|line| line.contains("base64 -d")).expect("a line for sh").trim().to_owned();
        assert_eq!(restore, documented("the line that restores it in sh"));
        // GitHub runs a step with `bash -e`.
        assert_eq!(restore, documented("a step of GitHub Actions that restores it"));
        for (program, earlier) in [("sh", false), ("bash", true)] {
            let _ = fs::remove_file(folder.path().join("server.key"));
            if earlier {
                folder.write("server.key", "of before, for all to read");
                fs::set_permissions(folder.path().join("server.key"), fs::Permissions::from_mode(0o644))
                    .expect("the mode");
            }
            let script = format!("set -e; umask 0; {restore}");
            succeed(shell(&folder, program, &script).env("JWT_KEY", line.trim_end()));
            assert_eq!(folder.read("server.key"), support::read_fixture(from), "{program}");
            let mode = fs::metadata(folder.path().join("server.key")).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{program}");
        }
    }
}

#[test]
#[ignore = "needs pwsh"]
fn a_key_goes_through_powershell() {
    let folder = Folder::new();
    let key = fixture("openssl/pkcs8.pem");
    let made = certwright(&folder, &["export", "--base64-line", &key]);
    let help = text(&certwright(&folder, &["export", "--help"]));
    let restore = help.lines().filter(|line| line.contains("FromBase64String") || line.contains("WriteAllBytes"));
    let restore: Vec<&str> = restore.map(str::trim).collect();
    assert_eq!(restore.len(), 2, "{help}");
    let mut pwsh = Command::new("pwsh");
    pwsh.args(["-NoProfile", "-Command", &restore.join("; ")]).current_dir(folder.path());
    succeed(pwsh.env("JWT_KEY", String::from_utf8(made.stdout).expect("text").trim_end()));
    assert_eq!(folder.read("server.key"), support::read_fixture("openssl/pkcs8.pem"));
}

/// The set that the guide's lines make with the real programs.
fn guides_set() -> Folder {
    let folder = Folder::new();
    let pass = format!("pass:{PASSWORD}");
    let openssl = |arguments: &[&str]| folder.tool("openssl", arguments);
    let options = ["-pass", &pass, "-out", "server.pass.key", "-pkeyopt", "rsa_keygen_bits:2048"];
    openssl(&[&["genpkey", "-aes-256-cbc", "-algorithm", "RSA"], &options[..]].concat());
    openssl(&["rsa", "-passin", &pass, "-in", "server.pass.key", "-out", "server.key"]);
    let subject = "/C=US/ST=California/L=San Francisco/O=Example Inc";
    openssl(&["req", "-new", "-key", "server.key", "-subj", subject, "-out", "server.csr"]);
    let sign = ["x509", "-req", "-sha256", "-days", "365", "-in", "server.csr", "-signkey", "server.key"];
    openssl(&[&sign[..], &["-out", "server.crt"]].concat());
    fs::copy(folder.path().join("server.key"), folder.path().join("server.pem")).expect("a copy");
    let store = ["pkcs12", "-export", "-in", "server.crt", "-inkey", "server.pem", "-out", "keystore.p12"];
    openssl(&[&store[..], &["-passout", &pass]].concat());
    let (from, to) = (["-srckeystore", "keystore.p12", "-srcstorepass", PASSWORD], ["-destkeystore", "servercert.jks"]);
    let options = ["-deststoretype", "JKS", "-deststorepass", OTHER, "-destkeypass", OTHER, "-noprompt"];
    let one = ["-srcalias", "1", "-destalias", "servercert"];
    folder.tool("keytool", &[&["-importkeystore"], &from[..], &to, &options, &one].concat());
    folder
}

/// What OpenSSL and keytool tell of a set, apart from what a renewal changes.
fn told_by_others(folder: &Folder) -> Vec<String> {
    let pass = format!("pass:{PASSWORD}");
    let openssl = |arguments: &[&str]| folder.tool("openssl", arguments);
    let mut told = vec![
        openssl(&["x509", "-in", "server.crt", "-noout", "-subject", "-issuer", "-nameopt", "oneline,show_type"]),
        openssl(&["req", "-in", "server.csr", "-noout", "-subject", "-verify"]),
    ];
    let fingerprint = openssl(&["x509", "-in", "server.crt", "-noout", "-fingerprint", "-sha256"]);
    let fingerprint = fingerprint.trim().split_once('=').expect("a fingerprint").1;
    let bags = openssl(&["pkcs12", "-in", "keystore.p12", "-passin", &pass, "-nokeys"]);
    folder.write("bag.tmp", bags);
    assert!(openssl(&["x509", "-in", "bag.tmp", "-noout", "-fingerprint", "-sha256"]).contains(fingerprint));
    fs::remove_file(folder.path().join("bag.tmp")).expect("the file");
    for (store, password) in [("keystore.p12", PASSWORD), ("servercert.jks", OTHER)] {
        let listed = folder.tool("keytool", &["-list", "-keystore", store, "-storepass", password]);
        assert!(listed.contains(fingerprint), "{store}: {listed}");
        let entry = listed.lines().find(|line| line.contains("PrivateKeyEntry")).expect("an entry");
        told.push(format!("{store}: {}", entry.split(',').next().unwrap_or_default()));
    }
    // Java opens the key with the password of the store.
    let (from, to) = (["-srckeystore", "servercert.jks", "-srcstorepass", OTHER], ["-destkeystore", "tmp.p12"]);
    let options = ["-deststoretype", "PKCS12", "-deststorepass", OTHER, "-noprompt"];
    folder.tool("keytool", &[&["-importkeystore"], &from[..], &to, &options].concat());
    fs::remove_file(folder.path().join("tmp.p12")).expect("the file");
    let modulus = |tool: &str, file: &str| openssl(&[tool, "-in", file, "-noout", "-modulus"]);
    assert_eq!(modulus("x509", "server.crt"), modulus("rsa", "server.key"));
    assert_eq!(modulus("req", "server.csr"), modulus("rsa", "server.pem"));
    let locked = openssl(&["rsa", "-in", "server.pass.key", "-passin", &pass, "-noout", "-modulus"]);
    assert_eq!(locked, modulus("rsa", "server.key"));
    let dates = openssl(&["x509", "-in", "server.crt", "-noout", "-dates"]);
    let seconds = |line: &str| {
        let date = line.split_once('=').expect("a date").1;
        succeed(Command::new("date").args(["-u", "+%s", "-d", date])).trim().parse::<i64>().expect("a number")
    };
    let dates: Vec<i64> = dates.lines().map(seconds).collect();
    told.push(format!("{} seconds", dates[1] - dates[0]));
    told
}

#[test]
#[ignore = "needs openssl, keytool and GNU date"]
fn a_set_by_openssl_and_keytool_is_renewed() {
    for more in [&[][..], &["--new-key"]] {
        let folder = guides_set();
        let (before, old_key) = (told_by_others(&folder), folder.read("server.key"));
        renew(&folder, &[more, &PASSWORDS].concat());
        assert_eq!(told_by_others(&folder), before);
        assert_eq!(folder.read("server.key") == old_key, more.is_empty());
        is_good_for_salesforce(&folder);
        let version = folder.tool("openssl", &["x509", "-in", "server.crt", "-noout", "-text"]);
        assert!(version.contains("Version: 3") && version.contains("Digital Signature"), "{version}");
    }
}

/// Its PKCS#12 has the alias that Salesforce refuses, which is a warning alone.
fn is_good_for_salesforce(folder: &Folder) {
    let good = ["server.crt", "server.csr", "server.key", "server.pem", "server.pass.key", "servercert.jks"];
    let told = certwright(folder, &[&["verify", "--strict", "--for", "salesforce"], &good[..], &PASSWORDS].concat());
    assert!(told.status.success(), "{}", text(&told));
    for (store, source) in [("keystore.p12", "env:PW"), ("servercert.jks", "env:NEW")] {
        let told =
            certwright(folder, &["verify", "--for", "salesforce", "server.crt", store, "--password-from", source]);
        assert!(told.status.success(), "{}", text(&told));
    }
}

/// Every extension of OpenSSL's and keytool's own certificates is there again, but for the identifiers of a new key.
#[test]
#[ignore = "needs openssl and keytool"]
fn profiles_of_others_are_kept() {
    let extensions = |folder: &Folder, file: &str| {
        let told = folder.tool("openssl", &["x509", "-in", file, "-noout", "-text"]);
        let told = told.lines().skip_while(|line| !line.contains("X509v3 extensions"));
        told.take_while(|line| !line.contains("Signature Algorithm")).map(str::to_owned).collect::<Vec<_>>()
    };
    let folder = Folder::new();
    let names = "subjectAltName=DNS:a.example,IP:2001:db8::1,dirName:dn,otherName:1.2.3.4;UTF8:x";
    folder.write("req.cnf", "[req]\ndistinguished_name=x\nx509_extensions=v3\n[x]\n[dn]\nO=d\n[v3]\nbasicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n");
    let profile = [
        "-addext",
        names,
        "-addext",
        "keyUsage=critical,digitalSignature,keyEncipherment",
        "-addext",
        "extendedKeyUsage=serverAuth,1.2.3.5",
        "-addext",
        "certificatePolicies=1.2.3.6",
        "-addext",
        "1.2.3.7=critical,DER:0500",
    ];
    let make = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "server.key",
        "-config",
        "req.cnf",
        "-utf8",
        "-subj",
        "/O=Zürich, AG+OU=x",
        "-multivalue-rdn",
        "-days",
        "10",
        "-out",
        "server.crt",
    ];
    folder.tool("openssl", &[&make[..], &profile].concat());
    let before = extensions(&folder, "server.crt");
    assert!(before.len() > 15, "{before:?}");
    renew(&folder, &[]);
    assert_eq!(extensions(&folder, "server.crt"), before);
    let of_key = |lines: Vec<String>| {
        let is_identifier = |line: &String| line.trim().len() == 59 && line.contains(':');
        lines.into_iter().filter(|line| !is_identifier(line)).collect::<Vec<_>>()
    };
    let identifiers = extensions(&folder, "server.crt");
    renew(&folder, &["--new-key"]);
    assert_eq!(of_key(extensions(&folder, "server.crt")), of_key(before));
    assert_ne!(extensions(&folder, "server.crt"), identifiers);
    folder.tool("openssl", &["verify", "-CAfile", "server.crt", "-partial_chain", "-ignore_critical", "server.crt"]);

    let folder = Folder::new();
    let names = [
        "-ext",
        "san=dns:a.example,ip:192.0.2.1",
        "-ext",
        "ku=digitalSignature,keyEncipherment",
        "-ext",
        "eku=serverAuth",
    ];
    let make = ["-genkeypair", "-keyalg", "RSA", "-alias", "Mine", "-dname", "CN=x, O=Example Inc", "-validity", "30"];
    for (store, kind) in [("a.jks", "JKS"), ("b.p12", "PKCS12")] {
        let into = ["-keystore", store, "-storetype", kind, "-storepass", PASSWORD];
        folder.tool("keytool", &[&make[..], &names, &into].concat());
        let listed = |store: &str| {
            let told = folder.tool("keytool", &["-list", "-rfc", "-keystore", store, "-storepass", PASSWORD]);
            folder.write("listed.pem", &told);
            let told = extensions(&folder, "listed.pem");
            fs::remove_file(folder.path().join("listed.pem")).expect("the file");
            told
        };
        let before = listed(store);
        renew(&folder, &["--password-from", "env:PW", "--only", "mine"]);
        assert_eq!(listed(store), before, "{store}");
        assert!(before.len() > 6, "{before:?}");
        fs::remove_file(folder.path().join(store)).expect("the store");
    }
}
