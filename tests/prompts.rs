//! Every question, driven through a real pseudo-terminal.
#![cfg(unix)]

mod support;

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use support::{Folder, SUBJECT};

/// certwright on a terminal of its own; every wait ends after ten seconds.
fn on_terminal(folder: &Folder, arguments: &[&str]) -> PtySession {
    let mut command = Command::new(support::program());
    command.args(arguments).current_dir(folder.path()).env("TERM", "xterm");
    spawn_command(command, Some(10_000)).expect("a pseudo-terminal")
}

fn expect(session: &mut PtySession, text: &str) {
    session.exp_string(text).unwrap_or_else(|error| panic!("waiting for \"{text}\": {error}"));
}

fn answer(session: &mut PtySession, question: &str, line: &str) {
    expect(session, question);
    session.send_line(line).expect("the terminal");
}

/// What is on the terminal until the end, and how it ended.
fn end(mut session: PtySession) -> (String, WaitStatus) {
    let text = session.exp_eof().expect("the end");
    (text, session.process().wait().expect("an exit status"))
}

fn exit_code(status: &WaitStatus) -> Option<i32> {
    if let WaitStatus::Exited(_, code) = status { Some(*code) } else { None }
}

#[test]
fn init_asks_what_the_guide_asks() {
    let folder = Folder::new();
    let mut session = on_terminal(&folder, &["init", "jwt", "--iterations", "1000"]);
    answer(&mut session, "Country", "USA");
    expect(&mut session, "is not two letters");
    answer(&mut session, "Country", "us");
    answer(&mut session, "State or province", "");
    answer(&mut session, "Locality", "San Francisco");
    answer(&mut session, "Organization", "Example Inc");
    answer(&mut session, "New password for jwt/server.pass.key (hidden, at least 6 characters)", "fixture password");
    answer(&mut session, "The same again", "fixture password");
    expect(&mut session, "For      C=US, L=San Francisco, O=Example Inc");
    expect(&mut session, "SHA-256");
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
    folder.run(&["verify", "jwt", "--password-from", "env:PW", "--strict"]);
}

#[test]
fn the_guides_line_asks_what_openssl_asks() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    let mut session = on_terminal(&folder, &["openssl", "req", "-new", "-key", "server.key", "-out", "server.csr"]);
    answer(&mut session, "Country Name (2 letter code) []", "US");
    answer(&mut session, "State or Province Name (full name) []", ".");
    answer(&mut session, "Locality Name (eg, city) []", "San Francisco");
    answer(&mut session, "Organization Name (eg, company) []", "Example Inc");
    answer(&mut session, "Organizational Unit Name (eg, section) []", "");
    answer(&mut session, "Common Name (e.g. server FQDN or YOUR name) []", "");
    answer(&mut session, "Email Address []", "");
    answer(&mut session, "A challenge password []", "hunter2");
    expect(&mut session, "leave it empty");
    // Seven letters to take back.
    answer(&mut session, "A challenge password []", &"\u{7f}".repeat(7));
    answer(&mut session, "An optional company name []", "");
    expect(&mut session, "wrote server.csr  signing request for C=US, L=San Francisco, O=Example Inc");
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
}

#[test]
fn the_guides_line_asks_once_and_not_for_nothing() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    let line = ["openssl", "req", "-new", "-key", "server.key", "-out", "server.csr"];
    let mut session = on_terminal(&folder, &line);
    for question in
        ["Country", "State", "Locality", "Organization Name", "Unit", "Common", "Email", "challenge", "company"]
    {
        answer(&mut session, question, "");
    }
    let (told, status) = end(session);
    assert!(told.contains("no subject was given") && told.contains("-subj"), "{told}");
    assert_eq!(exit_code(&status), Some(2), "{told}");

    folder.write("server.csr", "of before");
    for (key, problem) in [("server.key", "exists already"), ("missing.key", "cannot be read")] {
        let out = if problem.starts_with("exists") { "server.csr" } else { "new.csr" };
        let (told, status) = end(on_terminal(&folder, &["openssl", "req", "-new", "-key", key, "-out", out]));
        assert!(told.contains(problem) && !told.contains("Country"), "{told}");
        assert_eq!(exit_code(&status), Some(2), "{told}");
    }
}

#[test]
fn the_guides_line_is_asked_for_the_password_once() {
    let folder = Folder::new();
    let store = support::fixture("openssl/keystore.p12");
    let mut session =
        on_terminal(&folder, &["openssl", "pkcs12", "-info", "-nokeys", "-in", &store, "-out", "certs.pem"]);
    answer(&mut session, "Password of", support::PASSWORD);
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
    assert!(told.contains("Certificate bag") && told.contains("wrote certs.pem"), "{told}");
}

#[test]
fn passwords_are_not_shown_and_asked_for_three_times() {
    let folder = Folder::new();
    let mut session = on_terminal(&folder, &["genkey"]);
    answer(&mut session, "(hidden, at least 6 characters)", "hunter2");
    answer(&mut session, "The same again", "hunter3");
    expect(&mut session, "these were not the same");
    answer(&mut session, "(hidden, at least 6 characters)", "short");
    expect(&mut session, "the password has 5 characters");
    answer(&mut session, "(hidden, at least 6 characters)", "hunter2");
    answer(&mut session, "The same again", "hunter4");
    let (told, status) = end(session);
    assert!(told.contains("no password after 3 tries") && !told.contains("hunter"), "{told}");
    assert_eq!(exit_code(&status), Some(2));
    assert!(folder.names().is_empty());
}

#[test]
fn a_wrong_password_may_be_tried_again() {
    let folder = Folder::new();
    let key = support::fixture("openssl/pbkdf2-hmacSHA256.pem");
    let mut session = on_terminal(&folder, &["decrypt", "--in", &key]);
    answer(&mut session, "Password of", "wrong");
    expect(&mut session, "wrong password or damaged");
    answer(&mut session, "Password of", support::PASSWORD);
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
    assert_eq!(folder.read("server.key"), support::read_fixture("openssl/pkcs8.pem"));

    let mut session = on_terminal(&folder, &["decrypt", "--in", &key, "--out", "again.key"]);
    for _ in 0..3 {
        answer(&mut session, "Password of", "wrong");
    }
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(2), "{told}");
    assert_eq!(folder.names(), ["server.key", "server.pem"]);
}

#[test]
fn the_interrupt_key_leaves_nothing_at_any_question() {
    support::let_signals_through();
    for questions in 0..6 {
        let folder = Folder::new();
        let mut session = on_terminal(&folder, &["init", "jwt"]);
        let all = [
            ("Country", "US"),
            ("State", "California"),
            ("Locality", "San Francisco"),
            ("Organization", "Example Inc"),
            ("(hidden, at least 6 characters)", "fixture password"),
            ("again", "fixture password"),
        ];
        for (question, line) in &all[..questions] {
            answer(&mut session, question, line);
        }
        expect(&mut session, all[questions].0);
        // The prompt is written before the terminal is told not to echo.
        std::thread::sleep(std::time::Duration::from_millis(200));
        session.send_control('c').expect("the terminal");
        let (told, status) = end(session);
        let signalled = matches!(status, WaitStatus::Signaled(_, signal, _) if signal as i32 == 2);
        assert!(signalled, "after {questions} answers: {status:?}: {told}");
        assert!(folder.names().is_empty(), "after {questions} answers: {:?}", folder.names());
    }
}

#[test]
fn no_input_means_no_question() {
    let folder = Folder::new();
    for arguments in [&["genkey", "--no-input"][..], &["init", "--no-input", "--password-from", "generate"]] {
        let (told, status) = end(on_terminal(&folder, arguments));
        assert_eq!(exit_code(&status), Some(2), "{told}");
        assert!(told.contains("hint: "), "{told}");
    }
    let generated = [&["init", "jwt", "--no-input", "--password-from", "generate"], &SUBJECT[..]].concat();
    let (told, status) = end(on_terminal(&folder, &generated));
    assert_eq!(exit_code(&status), Some(0), "{told}");
}

/// Each file's own password is asked for once, and tried on the files that come after it.
#[test]
fn renew_asks_for_what_is_missing() {
    let folder = Folder::new();
    let init = [&["init", ".", "--p12", "--jks", "--password-from", "env:PW", "--iterations", "1000"], &SUBJECT[..]];
    folder.run(&[&init.concat()[..], &["--store-password-from", "env:PW"]].concat());
    folder.run(&[
        "jks",
        "--in",
        "servercert.jks",
        "--in-place",
        "--password-from",
        "env:PW",
        "--store-password-from",
        "generate",
    ]);
    let store_password = String::from_utf8(folder.read("keystore.pass.txt")).expect("text");
    let before = folder.names();
    let mut session = on_terminal(&folder, &["renew", "--new-key"]);
    answer(&mut session, "Password of keystore.p12", "wrong password");
    expect(&mut session, "its MAC does not hold");
    answer(&mut session, "Password of keystore.p12", support::PASSWORD);
    // The key has the password of keystore.p12.
    answer(&mut session, "Password of servercert.jks", store_password.trim());
    expect(&mut session, "All of them were read back");
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
    folder.run(&[
        "verify",
        "--key-password-from",
        "env:PW",
        "--store-password-from",
        "file:keystore.pass.txt",
        "server.crt",
        "servercert.jks",
        "server.pass.key",
    ]);
    assert_eq!(folder.names().len(), before.len() + 1, "{:?}", folder.names());

    let mut session = on_terminal(&folder, &["renew"]);
    for _ in 0..3 {
        answer(&mut session, "Password of keystore.p12", "wrong password");
    }
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(2), "{told}");
    assert_eq!(folder.names().len(), before.len() + 1);
}

/// What is changed while somebody types stops it, unless it has nothing to do with the certificate.
#[test]
fn renew_writes_nothing_if_a_file_is_changed_meanwhile() {
    for (name, may_change) in [("server.log", true), ("server.csr", false), ("server.key", false)] {
        let folder = Folder::new();
        folder.run(
            &[&["init", ".", "--p12", "--password-from", "env:PW", "--iterations", "1000"], &SUBJECT[..]].concat(),
        );
        folder.write("server.log", "started\n");
        let mut session = on_terminal(&folder, &["renew"]);
        expect(&mut session, "Password of keystore.p12");
        let changed = [&folder.read(name)[..], b"\n"].concat();
        folder.write(name, &changed);
        let before = folder.names();
        session.send_line(support::PASSWORD).expect("the terminal");
        let (told, status) = end(session);
        match may_change {
            true => assert_eq!(exit_code(&status), Some(0), "{told}"),
            false => {
                assert_eq!(exit_code(&status), Some(2), "{told}");
                assert!(told.contains(&format!("{name}: another program has changed it")), "{told}");
                assert_eq!(folder.names(), before);
                assert_eq!(folder.read(name), changed);
            }
        }
    }
}

#[test]
fn recover_asks_before_it_changes_anything() {
    use certwright::SecretBytes;
    use certwright::output::{OutputSet, Rules, Visibility};
    let (live, killed) = (Folder::new(), Folder::new());
    let mut files = OutputSet::new(Rules::default());
    files.add(live.path().join("server.key"), SecretBytes::new(b"key".to_vec()), Visibility::Secret);
    // When all is staged, what a killed run would leave is copied.
    let copy = || {
        live.names().iter().for_each(|name| killed.write(name, live.read(name)));
        Ok(())
    };
    files.publish(std::time::SystemTime::UNIX_EPOCH, copy).expect("a set");

    for refusal in ["", "n"] {
        let mut session = on_terminal(&killed, &["recover"]);
        expect(&mut session, "new file staged, not in place");
        answer(&mut session, "Finish it? [y/N]", refusal);
        let (told, status) = end(session);
        assert_eq!(exit_code(&status), Some(2), "{told}");
        assert!(!killed.path().join("server.key").exists());
    }
    let mut session = on_terminal(&killed, &["recover"]);
    answer(&mut session, "Finish it? [y/N]", "perhaps");
    answer(&mut session, "answer y or n", "y");
    let (told, status) = end(session);
    assert_eq!(exit_code(&status), Some(0), "{told}");
    assert_eq!(killed.names(), ["server.key"]);
}
