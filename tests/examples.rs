//! What `--help` promises: every example is run as it stands there, and every exit status it names is seen.
//!
//! The lines are those of a shell, so this is for Unix; README.md's lines for Windows are run by scripts/windows.sh.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::{env, fs};

use support::{Folder, PASSWORD, commands, help, output, program, text};

/// How an example is run.
enum Run {
    /// In a folder with these files, to exit status 0.
    With(&'static [&'static str]),
    /// It asks, and nobody is there: it has to say which option answers. `tests/prompts.rs` answers it on a terminal.
    Asks,
    /// It goes online. Without a key it has to end before that, for the lack of it; `tests/salesforce.rs` has the same
    /// options log in at a server of its own.
    Online,
    /// A line of another shell's, which `tests/completions.rs` runs there.
    Elsewhere,
}

use Run::{Asks, Elsewhere, Online, With};

/// As people have them: the shortest that nothing is said about.
const CLIENT_ID: &str = "3MVG99OxTyEMCQ3gNp2PjkqeZKxnmAiG1xV4oHh9AKL_rSK.BoSVPGZHQukXnVjzRgSuQqGn75NL7yfkQcyy7";

const GUIDE: &[&str] =
    &["server.pass.key", "server.key", "server.pem", "server.csr", "server.crt", "keystore.p12", "servercert.jks"];
const PAIR: &[&str] = &["server.key", "server.crt"];

/// Every command, and each of its examples in turn: a comment with the lines below it.
const EXAMPLES: &[(&str, &[Run])] = &[
    ("", &[With(&[]), With(&[]), With(&[])]),
    ("init", &[Asks, With(&[]), With(&[])]),
    ("genkey", &[With(&[]), With(&[])]),
    ("decrypt", &[With(&["server.pass.key"]), With(&["server.key"])]),
    ("encrypt", &[With(&["server.key"]), With(&["server.pass.key"])]),
    ("csr", &[With(&["server.key"]), With(&["server.key"])]),
    ("selfsign", &[With(&["server.csr", "server.key"]), With(&["server.csr", "server.pass.key"])]),
    ("p12", &[With(PAIR), With(PAIR)]),
    ("jks", &[With(&["keystore.p12"]), With(PAIR)]),
    ("export", &[With(&["keystore.p12"]), With(&["keystore.p12"]), With(PAIR)]),
    ("verify", &[With(GUIDE), With(&["server.crt"])]),
    ("show", &[With(PAIR), With(&["server.crt"])]),
    ("status", &[With(GUIDE), With(PAIR), With(PAIR)]),
    ("renew", &[With(GUIDE), With(GUIDE), With(GUIDE), With(PAIR)]),
    ("recover", &[With(&[]), With(&[])]),
    ("jwt", &[With(PAIR)]),
    ("jwt sign", &[With(PAIR), With(&["keystore.p12"])]),
    ("jwt check", &[With(&["token", "server.crt"]), With(&["token", "copy.crt"])]),
    ("salesforce", &[With(PAIR), With(&[])]),
    ("salesforce check", &[With(PAIR), With(PAIR)]),
    ("salesforce login", &[Online, Online]),
    ("salesforce explain", &[With(&[]), With(&["error.log"])]),
    ("salesforce handoff", &[With(&["server.pem", "server.crt"]), With(&[])]),
    ("testpki", &[With(&[]), With(&[]), With(&["server.csr"]), With(&["pki.toml"]), With(&[]), With(&[]), With(&[])]),
    ("openssl", &[With(&["server.pass.key", "server.key"]), With(&["server.crt"])]),
    ("keytool", &[With(&["servercert.jks"]), With(&["servercert.jks"])]),
    ("completions", &[Elsewhere, Elsewhere, Elsewhere, Elsewhere, Elsewhere]),
];

/// A line for every exit status beside 0 that a command's help names.
const OTHERWISE: &[(&str, i32, &[&str], &str)] = &[
    ("", 1, &["server.key", "other.crt"], "certwright verify"),
    ("", 2, &[], "certwright verify"),
    ("init", 2, &[], "certwright init --password-from env:PW"),
    ("genkey", 2, &["server.pass.key"], "certwright genkey --password-from env:PW"),
    ("decrypt", 2, &["server.pass.key"], "certwright decrypt --password-from env:NEW"),
    ("encrypt", 2, &[], "certwright encrypt --password-from env:PW"),
    ("csr", 2, &["server.key"], "certwright csr --country Germany"),
    ("selfsign", 2, &["server.csr", "other.key"], "certwright selfsign --key other.key"),
    ("p12", 2, &["server.key", "other.crt"], "certwright p12 --cert other.crt --password-from env:PW"),
    ("jks", 2, &["keystore.p12"], "certwright jks --in keystore.p12 --password-from env:NEW"),
    ("export", 2, &["keystore.p12"], "certwright export --password-from env:NEW"),
    ("verify", 1, &["server.key", "other.crt"], "certwright verify"),
    ("verify", 1, &["server.pass.key", "server.key"], "certwright verify --strict"),
    ("verify", 2, &["server.crt"], "certwright verify"),
    ("show", 2, &["server.crt", "error.log"], "certwright show server.crt error.log"),
    ("status", 1, &["server.crt"], "certwright status --expires-within 400d"),
    ("status", 1, &["server.crt", "keystore.p12"], "certwright status --strict"),
    ("status", 2, &["server.key"], "certwright status"),
    ("renew", 2, &["server.crt"], "certwright renew"),
    ("recover", 2, &[], "certwright recover nowhere"),
    ("jwt", 1, &["token", "other.crt"], "certwright jwt check token --cert other.crt"),
    ("jwt", 2, &["token"], "certwright jwt check token"),
    (
        "jwt sign",
        2,
        &["server.key", "other.crt"],
        "certwright jwt sign --cert other.crt --audience production --client-id 3MVG9 --username admin@example.com",
    ),
    ("jwt check", 1, &["token", "other.crt"], "certwright jwt check token --cert other.crt"),
    ("jwt check", 2, &["server.crt"], "certwright jwt check token"),
    ("salesforce", 1, PAIR, "certwright salesforce check --instance-url http://company.my.salesforce.com"),
    ("salesforce", 2, &[], "certwright salesforce explain no such message"),
    ("salesforce check", 1, PAIR, "certwright salesforce check --client-id 3MVG9 --username admin --strict"),
    ("salesforce check", 2, &[], "certwright salesforce check server.key"),
    (
        "salesforce login",
        2,
        &[],
        "certwright salesforce login --instance-url http://crm.example.com --client-id 3MVG9 --username admin@example.com",
    ),
    ("salesforce explain", 2, &[], "certwright salesforce explain no such message"),
    (
        "salesforce handoff",
        2,
        &[],
        "certwright salesforce handoff --flow jwt --instance-url https://company.my.salesforce.com --client-id 3MVG9 \
         --username admin@example.com",
    ),
    ("testpki", 2, &[], "certwright testpki pki --host localhost:8443"),
    ("openssl", 1, &["server.crt"], "certwright openssl x509 -checkend 86400000 -noout -in server.crt"),
    ("openssl", 2, &["server.crt"], "certwright openssl x509 -CA server.crt"),
    ("keytool", 2, &[], "certwright keytool -genkeypair"),
    ("completions", 2, &[], "certwright completions tcsh"),
];

/// Exit statuses of what goes online, or of another shell: where they are seen.
const SEEN_ELSEWHERE: &[(&str, i32, &str)] = &[
    ("salesforce login", 0, "tests/salesforce.rs"),
    ("salesforce login", 1, "tests/salesforce.rs"),
    ("completions", 0, "tests/completions.rs"),
];

/// Every file that an example names.
static PREPARED: LazyLock<Folder> = LazyLock::new(|| {
    let folder = Folder::new();
    let made = ["--subject", "O=Example Inc", "--iterations", "1000", "--password-from", "env:PW"];
    folder.run(&[&["init", "--p12", "--jks"][..], &made].concat());
    folder.run(&[&["init", "other"][..], &made].concat());
    folder.write("other.key", folder.read("other/server.key"));
    folder.write("other.crt", folder.read("other/server.crt"));
    folder.write("copy.crt", folder.read("server.crt"));
    let fields = ["--audience", "production", "--client-id", CLIENT_ID, "--username", "admin@example.com"];
    let token = output(&mut folder.certwright(&[&["jwt", "sign", "--jti"][..], &fields].concat()));
    folder.write("token", token.stdout);
    folder.write(
        "error.log",
        "400 Bad Request {\"error\":\"invalid_grant\",\"error_description\":\"audience is invalid\"}\n",
    );
    folder.write("pki.toml", fs::read("tests/manifests/pki.toml").expect("a manifest"));
    folder
});

fn folder_with(files: &[&str]) -> Folder {
    let folder = Folder::new();
    for file in files {
        fs::copy(PREPARED.path().join(file), folder.path().join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    folder
}

/// Runs a line of a shell's, in which `certwright` is the program under test.
fn shell(folder: &Folder, line: &str) -> Output {
    let program = program();
    let place = program.parent().unwrap_or(Path::new("."));
    let mut path = place.as_os_str().to_owned();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-e", "-c", line]).current_dir(folder.path()).stdin(Stdio::null());
    output(command.env("PATH", path).env("PW", PASSWORD).env("NEW", "another password"))
}

/// The part of a help below a heading, without its indent, up to the next text that has none.
fn section(help: &str, heading: &str) -> String {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("  "));
    lines.map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The examples of a help: each is a comment with the lines below it, those that go on joined.
fn examples(help: &str) -> Vec<Vec<String>> {
    let text = section(help, "Examples:");
    let examples = text.trim().split("\n\n").map(|example| {
        let (comment, lines) = example.split_once('\n').unwrap_or((example, ""));
        assert!(comment.starts_with("# "), "an example begins with a comment: {example}");
        let lines: Vec<String> = lines.replace("\\\n ", "").lines().map(str::to_owned).collect();
        let is_whole = |line: &String| line.starts_with("certwright ") || line.starts_with("eval ");
        assert!(!lines.is_empty() && lines.iter().all(is_whole), "broken where nobody can copy it: {example}");
        lines
    });
    examples.collect()
}

fn statuses(help: &str) -> BTreeSet<i32> {
    let text = section(help, "Exit status:");
    // `128 + n` is no number; tests/secrets.rs sees it.
    text.lines().filter_map(|line| line.split("  ").next()?.parse().ok()).collect()
}

#[test]
fn every_example_does_what_it_says() {
    let listed: BTreeSet<String> = EXAMPLES.iter().map(|(command, _)| (*command).to_owned()).collect();
    let there: BTreeSet<String> = commands("").into_iter().collect();
    assert_eq!(there, listed, "cli/help.rs has the examples of every command, and EXAMPLES how they are run");
    for (command, runs) in EXAMPLES {
        let examples = examples(&help(command, "--help"));
        assert_eq!(examples.len(), runs.len(), "{command}: one entry in EXAMPLES for each example");
        let is_group = commands(command).len() > 1;
        assert!(is_group || examples.len() >= 2, "{command}: two examples at least");
        for (lines, run) in examples.iter().zip(*runs) {
            let folder = folder_with(if let With(files) = run { files } else { &[] });
            for line in lines {
                // What is evaluated has a status of its own, which the shell does not tell.
                let inner = line.strip_prefix("eval \"$(").and_then(|line| line.strip_suffix(")\""));
                for line in inner.into_iter().chain([line.as_str()]).take(if matches!(run, With(_)) { 2 } else { 1 }) {
                    check(&folder, line, run);
                }
            }
        }
    }
}

fn check(folder: &Folder, line: &str, run: &Run) {
    if matches!(run, Elsewhere) {
        return;
    }
    let output = shell(folder, line);
    let told = text(&output);
    match run {
        With(_) => assert_eq!(output.status.code(), Some(0), "{line}\n{told}"),
        Asks => {
            assert_eq!(output.status.code(), Some(2), "{line}\n{told}");
            assert!(told.contains("hint: ") && told.contains("--"), "{line}\n{told}");
        }
        Online => {
            assert_eq!(output.status.code(), Some(2), "{line}\n{told}");
            assert!(told.contains("error: server.key: cannot be read"), "{line}\n{told}");
        }
        Elsewhere => {}
    }
}

#[test]
fn every_exit_status_is_seen() {
    for (command, runs) in EXAMPLES {
        let mut seen = BTreeSet::new();
        if runs.iter().any(|run| matches!(run, With(_))) {
            seen.insert(0);
        }
        seen.extend(SEEN_ELSEWHERE.iter().filter(|(of, ..)| of == command).map(|(_, status, _)| *status));
        for (_, status, files, line) in OTHERWISE.iter().filter(|(of, ..)| of == command) {
            let output = shell(&folder_with(files), line);
            assert_eq!(output.status.code(), Some(*status), "{line}\n{}", text(&output));
            assert!(!text(&output).contains("unexpected argument"), "{line}\n{}", text(&output));
            seen.insert(*status);
        }
        assert_eq!(statuses(&help(command, "--help")), seen, "{command}: what its help names, and what was seen");
    }
}

#[test]
fn help_fits_a_terminal_and_is_short_when_asked_to_be() {
    for command in commands("") {
        let (short, long) = (help(&command, "-h"), help(&command, "--help"));
        // clap breaks no usage.
        for line in short.lines().chain(long.lines()).filter(|line| !line.starts_with("Usage: ")) {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
        assert!(!short.contains("Examples:") && short.lines().count() <= 60, "{command}: {short}");
        assert!(long.contains("Examples:") && long.contains("Exit status:"), "{command}: {long}");
    }
}
