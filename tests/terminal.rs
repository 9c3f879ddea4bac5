//! What a terminal gets beside the text: colours, which say nothing by themselves, and lines that fit it.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::fs;
use std::process::Command;

use regex::Regex;
use rexpect::session::spawn_command;
use support::{Folder, PASSWORD, fixture, output, program, text};

/// certwright, with nothing said about colours but `environment`.
fn command(folder: &Folder, words: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command.args(words).current_dir(folder.path()).env("TERM", "xterm-256color").env("PW", PASSWORD);
    // With `CI` even a dumb terminal gets colours: a job's log shows them.
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    command
}

/// All that is written to a terminal.
fn on_terminal(folder: &Folder, words: &[&str], environment: &[(&str, &str)]) -> String {
    let mut session = spawn_command(command(folder, words, environment), Some(10_000)).expect("a pseudo-terminal");
    session.exp_eof().expect("the end").replace("\r\n", "\n")
}

fn without_colours(text: &str) -> String {
    Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern").replace_all(text, "").into_owned()
}

/// A folder with a key, its certificate, and another's.
fn setup() -> Folder {
    let folder = Folder::new();
    for (from, to) in [("pkcs8.pem", "server.key"), ("v3.crt", "server.crt"), ("other.crt", "other.crt")] {
        fs::copy(fixture(&format!("openssl/{from}")), folder.path().join(to)).expect("a fixture");
    }
    folder
}

const LINES: [&[&str]; 8] = [
    &["--help"],
    &["p12", "--help"],
    &["genkye"],
    &["p12", "--compat", "java9"],
    &["verify", "server.key", "server.crt"],
    &["verify", "server.key", "other.crt"],
    &["show", "server.crt"],
    &["csr", "--country", "Germany"],
];

#[test]
fn colour_is_for_a_terminal_alone_and_says_nothing_by_itself() {
    let folder = setup();
    let mut coloured = 0;
    for words in LINES {
        let piped = text(&output(&mut command(&folder, words, &[])));
        let shown = on_terminal(&folder, words, &[]);
        assert!(!piped.contains('\u{1b}'), "{words:?}: {piped}");
        assert_eq!(without_colours(&shown), piped, "{words:?}");
        coloured += usize::from(shown.contains('\u{1b}'));
        for refused in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            assert_eq!(on_terminal(&folder, words, &[refused]), piped, "{words:?} with {refused:?}");
        }
    }
    assert!(coloured >= 4, "only {coloured} lines had a colour to take away");
}

#[test]
fn tables_fit_eighty_columns() {
    let folder = setup();
    let subject = "C=US,ST=California,L=San Francisco,O=A Company with a Long Name Inc,OU=Department of Long Names";
    let (password, instance) = (["--password-from", "env:PW"], "https://company--dev.sandbox.my.salesforce.com");
    let init = ["init", "jwt", "--p12", "--jks", "--iterations", "1000", "--subject", subject];
    let lines: [&[&str]; 9] = [
        &[&init[..], &password].concat(),
        &[&["verify", "jwt", "--for", "salesforce"][..], &password].concat(),
        &[&["show", "jwt"][..], &password].concat(),
        &["verify", "jwt/server.csr", "other.crt", "server.crt"],
        &["salesforce", "check", "jwt/server.key", "jwt/server.crt", "--instance-url", instance],
        &["salesforce", "explain", "user hasn't approved this consumer"],
        &[
            "testpki",
            "pki",
            "--host",
            "a-name-of-some-length.example.test",
            "--client",
            "alice",
            "--intermediate",
            "--p12",
        ],
        &["selfsign", "--csr", "jwt/server.csr", "--key", "jwt/server.key", "--out", "new.crt"],
        &["--help"],
    ];
    for words in lines {
        let shown = without_colours(&on_terminal(&folder, words, &[]));
        // A spinner ends with a line that is wiped.
        let rows = shown.lines().map(|line| line.rsplit('\r').next().unwrap_or_default().replace("\u{1b}[2K", ""));
        // What is said beside a table is prose, which the terminal breaks.
        let is_prose = |row: &String| ["note: ", "warning: ", "hint: "].iter().any(|word| row.starts_with(word));
        let rows: Vec<String> = rows.filter(|row| !is_prose(row)).collect();
        assert!(rows.len() > 1, "{words:?}: {shown}");
        for row in rows {
            assert!(row.chars().count() <= 80, "{words:?}: {row:?}");
        }
    }
}
