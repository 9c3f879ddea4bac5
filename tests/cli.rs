//! What a person types and gets back: one snapshot per behaviour under tests/cmd, and every session of README.md.
//!
//! `TRYCMD=overwrite cargo test --test cli commands` writes the snapshots anew, with this run's times and hashes in them;
//! `cargo test --test cli elide -- --ignored` then puts `[..]` in their place. Read the difference before
//! committing it.
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn cases() -> trycmd::TestCases {
    let cases = trycmd::TestCases::new();
    cases.default_bin_name("certwright");
    // scripts/windows.sh has the program that is shipped tested, not one that is built for the test.
    if let Some(program) = std::env::var_os("CERTWRIGHT_PROGRAM") {
        cases.register_bin("certwright", PathBuf::from(program));
    }
    // What differs from system to system.
    cases.insert_var("[CLOSE]", certwright::output::closing_command()).expect("a name for it");
    cases.env("PW", "fixture password").env("NEW", "another password").env("SHORT", "12345");
    cases
}

#[test]
fn commands() {
    let cases = cases();
    cases.case("tests/cmd/*/*.toml").case("tests/cmd/*/*.trycmd");
    cases.run();
}

/// The sessions run in an empty folder, one after the other, as a reader would run them.
#[test]
fn readme() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("README.in")).expect("a folder for the test");
    fs::create_dir_all(folder.join("README.out")).expect("a folder for the test");
    let text = fs::read_to_string("README.md").expect("README.md");
    fs::write(folder.join("README.md"), elided(&text)).expect("a copy of README.md");
    let cases = cases();
    cases.case(folder.join("README.md"));
    cases.run();
}

/// Lines of a snapshot that are the same on any day: what was typed, advice, and the time that `--at` gave.
const FIXED: [&str; 3] = ["args = ", "hint: ", "note: judged at "];

/// Not a test of the program, but the second half of writing the snapshots anew.
#[test]
#[ignore = "changes the snapshots"]
fn elide() {
    for path in snapshots() {
        let text = fs::read_to_string(&path).expect("a snapshot");
        let (mut snapshot, mut varying) = (String::new(), String::new());
        for line in text.split_inclusive('\n') {
            varying += line;
            if FIXED.iter().any(|start| line.starts_with(start)) {
                varying.truncate(varying.len() - line.len());
                snapshot += &elided(&varying);
                snapshot += line;
                varying.clear();
            }
        }
        snapshot += &elided(&varying);
        fs::write(&path, snapshot).expect("the snapshot");
    }
}

fn snapshots() -> Vec<PathBuf> {
    let verbs = fs::read_dir("tests/cmd").expect("tests/cmd").flatten();
    let files = verbs.flat_map(|verb| fs::read_dir(verb.path()).expect("a folder of snapshots").flatten());
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|name| name == "toml")).collect()
}

/// `text` with a placeholder for what differs from run to run: hashes, serial numbers, instants.
fn elided(text: &str) -> String {
    let varying = [
        r"\b([0-9A-F]{2}:){5,}[0-9A-F]{0,2}",
        r"\b[0-9]+ days( are)? left",
        r"(?m)^ *-?[0-9]+  (2[0-9]{3}-[0-9]{2}-[0-9]{2}|\[\.\.\])",
        r#""days_left": -?[0-9]+"#,
        r"\b[0-9]+ bytes as PEM, [0-9]+ as DER",
        r"\b[0-9a-f]{64}\b",
        r"\b([0-9A-F]{40}|[0-9A-F]{32})\b",
        r"\b2[0-9]{3}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?\b",
        r"\b20[0-9]{6}T[0-9]{6}Z\b",
        r"\bCA [0-9a-f]{6}\b",
        r"/home/you/",
        r"\beyJ[\w-]+\.[\w-]+\.[\w-]{80,}",
    ];
    let replace = |text: &str, pattern: &str, by: &str| {
        regex::Regex::new(pattern).expect("a pattern").replace_all(text, by).into_owned()
    };
    let text = varying.iter().fold(text.to_owned(), |text, pattern| replace(&text, pattern, "[..]"));
    // Windows' command for it is longer, so it goes on in other lines of a table, however many.
    replace(&text, r"\(\[CLOSE\]\s+mends\s+that\)\n", "([..]\n...\n")
}
