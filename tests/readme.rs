//! Every block of README.md is run: the sessions by `tests/cli.rs`, the others here, or where this table says.
//!
//! The lines are for the shell and the tools of Linux.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::{env, fs};

use support::{Folder, PASSWORD, SUBJECT, output, program, text};

/// How a block is run.
enum Run {
    /// In sh, in a folder with what a reader has there, to exit status 0; then these files are there too.
    Makes(&'static [&'static str]),
    /// The same of a file of this name and the command that reads it.
    As(&'static str, &'static str),
    /// It goes online. Without a key it has to end before that, for the lack of it; `tests/salesforce.rs` has the same
    /// options log in at a server of its own.
    Online,
    /// Another test, or script, takes it from README.md and runs it.
    By(&'static str),
}

use Run::{As, By, Makes, Online};

/// Every block that is no session: its language, what its first line begins with, how it is run.
const BLOCKS: &[(&str, &str, Run)] = &[
    ("sh", "tar xzf", Makes(&["jwt/server.crt", "jwt/server.pem"])),
    ("sh", "cargo run", Makes(&["jwt/server.crt", "jwt/server.pem"])),
    ("powershell", r".\certwright init", By("scripts/windows.sh")),
    ("sh", "sha256sum", Makes(&[".local/bin/certwright", "pki/server.crt"])),
    ("sh", "certwright salesforce login", Online),
    ("sh", "certwright jwt sign", Makes(&["token"])),
    ("text", "15 6 * * *", By("tests/renewal.rs")),
    ("yaml", "      - run: certwright status", By("tests/renewal.rs")),
    ("sh", "certwright status /srv/jwt", By("tests/renewal.rs")),
    ("sh", "certwright export --base64-line", Makes(&["handed"])),
    ("sh", "(umask 077", By("tests/renewal.rs")),
    ("yaml", "      - run: (umask 077", By("tests/renewal.rs")),
    ("powershell", "$key =", By("tests/renewal.rs")),
    ("bat", "certwright init", By("scripts/windows.sh")),
    ("yaml", "  tls:", By("tests/testpki.rs")),
    ("toml", "[authority.root]", As("pki.toml", "certwright testpki pki --manifest pki.toml")),
    ("bash", "certwright testpki broken", By("tests/matrix.rs")),
];

/// The language and the lines of every block.
fn blocks() -> Vec<(String, String)> {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let mut parts = readme.split("\n```").skip(1);
    let mut blocks = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (language, lines) = block.split_once('\n').expect("lines");
        blocks.push((language.to_owned(), lines.to_owned()));
    }
    assert_eq!(readme.matches("\n```").count(), 2 * blocks.len(), "each block is closed");
    blocks
}

/// What a reader has: a release, the files of the guide, and GitHub's `gh`.
fn folder() -> Folder {
    let folder = Folder::new();
    let release = "certwright-0.0.0-x86_64-unknown-linux-musl";
    fs::create_dir_all(folder.path().join("bin")).expect("a folder");
    fs::create_dir(folder.path().join(release)).expect("a folder");
    symlink(program(), folder.path().join("bin/certwright")).expect("the program");
    symlink(program(), folder.path().join(release).join("certwright")).expect("the program");
    folder.tool("tar", &["czf", &format!("{release}.tar.gz"), release]);
    let sums = folder.tool("sha256sum", &[&format!("{release}.tar.gz")]);
    folder.write("SHA256SUMS", format!("{sums}{}  certwright_0.0.0_amd64.deb\n", "0".repeat(64)));
    folder.write("bin/gh", "#!/bin/sh\ncat > handed\n");
    fs::set_permissions(folder.path().join("bin/gh"), fs::Permissions::from_mode(0o755)).expect("the mode");
    folder
}

fn shell(folder: &Folder, script: &str) -> std::process::Output {
    let path = format!("{}:{}", folder.path().join("bin").display(), env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-e", "-c", script]).current_dir(folder.path()).stdin(Stdio::null());
    output(command.env("PATH", path).env("HOME", folder.path()).env("PW", PASSWORD))
}

#[test]
fn every_block_is_run() {
    let blocks: Vec<_> = blocks().into_iter().filter(|(language, _)| language != "console").collect();
    assert_eq!(blocks.len(), BLOCKS.len(), "BLOCKS has an entry for each, in their order");
    for ((language, lines), (expected, begin, run)) in blocks.iter().zip(BLOCKS) {
        assert!(language == expected && lines.starts_with(begin), "BLOCKS says {begin}, README.md {lines}");
        let (folder, here) = (folder(), lines.replace("cargo run --locked --release --", "certwright"));
        match run {
            Makes(files) => {
                folder.run(&[&["init", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
                let made = shell(&folder, &here);
                assert!(made.status.success(), "{lines}\n{}", text(&made));
                for file in *files {
                    assert!(folder.path().join(file).metadata().is_ok_and(|file| file.len() > 0), "{file} of {lines}");
                }
            }
            As(name, line) => {
                folder.write(name, lines);
                let made = shell(&folder, line);
                assert!(made.status.success(), "{lines}\n{}", text(&made));
            }
            Online => {
                let made = shell(&folder, &here);
                assert_eq!(made.status.code(), Some(2), "{lines}\n{}", text(&made));
                assert!(text(&made).contains("error: server.key: cannot be read"), "{lines}\n{}", text(&made));
            }
            By(other) => {
                let other = fs::read_to_string(other).expect("a test or script");
                assert!(other.contains("README.md"), "it takes the block from there");
            }
        }
    }
}

#[test]
fn every_test_and_section_it_names_is_there() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let named = regex::Regex::new(r"`((?:tests|scripts|src|work|\.github)/[\w./-]+)`").expect("a pattern");
    for file in named.captures_iter(&readme).map(|found| found[1].to_owned()) {
        assert!(fs::exists(&file).expect("a look"), "{file}");
    }
    let headings: Vec<String> = readme.lines().filter_map(|line| line.strip_prefix("## ")).map(anchor).collect();
    let links = regex::Regex::new(r"\]\(#([^)]*)\)").expect("a pattern");
    for link in links.captures_iter(&readme) {
        assert!(headings.contains(&link[1].to_owned()), "#{}", &link[1]);
    }
}

/// The name under which a heading is found.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ' || *letter == '-');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
