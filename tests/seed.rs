//! `testpki --seed`: the same text, time and version make the same octets, on any machine and any number of cores, and say
//! on every line and in every subject that anyone who has the text has the keys.
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use certwright::inspect::{self, Object};
use certwright::testpki::SEED_MARK;
use sha2::{Digest, Sha256};
use support::{Folder, PASSWORD, output, program, succeed, text};

const NOW: &str = "2026-11-21T08:15:00Z";
const REMARK: &str = "  # keys known to anyone who has the seed";

/// Every kind of key, file and draw of randomness.
const MANIFEST: &str = "\
[authority.root]
key = \"rsa2048\"

[authority.issuing]
issuer = \"root\"
key = \"p384\"
crl = true

[leaf.web]
issuer = \"issuing\"
hosts = [\"localhost\", \"127.0.0.1\"]
key = \"rsa2048\"
formats = [\"p12\", \"jks\"]

[leaf.old]
issuer = \"issuing\"
hosts = [\"old.example.test\"]
revoked = \"keyCompromise\"

[leaf.node]
issuer = \"root\"
hosts = [\"node{n}.example.test\"]
count = 3

[client.alice]
issuer = \"root\"
key = \"ed25519\"
";

/// Their SHA-256 for the seed \"seed\" at [`NOW`]: written down once, and the same on every processor. A version of
/// certwright that makes other files has to write it down anew.
const HIERARCHY: &str = "595a1bddf7782a15027de171fa693d321fb756d83747eb6b3dca7a4030ff32c0";
/// The same of `--broken`, but for its manifest.json, which tells more than files.
const BROKEN: &str = "6c3a753ed08eb4b0eeafc8818ada54a26dad73e52a3acab4342ebfc3115b6dc8";

/// The name and content of every file below `root`, but for manifest.json.
fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.ends_with("manifest.json") => {}
                path => {
                    let name = path.strip_prefix(root).expect("below").to_string_lossy().replace('\\', "/");
                    files.push((name, fs::read(&path).expect("a file")));
                }
            }
        }
    }
    files.sort();
    files
}

fn hash(root: &Path) -> String {
    let mut hash = Sha256::new();
    for (name, content) in tree(root) {
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    }
    hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn hierarchy(seed: &str) -> [String; 7] {
    ["testpki", "pki", "--manifest", "pki.toml", "--seed", seed, "--now"].map(str::to_owned)
}

fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).chain([NOW]).collect()
}

#[test]
fn a_seed_makes_what_it_always_made() {
    let folder = Folder::new();
    folder.write("pki.toml", MANIFEST);
    folder.run(&words(&hierarchy("seed")));
    assert_eq!(tree(&folder.path().join("pki")).len(), 26);
    assert_eq!(hash(&folder.path().join("pki")), HIERARCHY);
    folder.run(&["testpki", "broken", "--broken", "--seed", "seed", "--now", NOW]);
    assert_eq!(hash(&folder.path().join("broken")), BROKEN);
    // One case alone is what it is among the others.
    folder.run(&["testpki", "one", "--broken", "--only", "sha1", "--seed", "seed", "--now", NOW]);
    for file in ["ca.crt", "sha1/server.crt", "sha1/server.key"] {
        assert_eq!(folder.read(&format!("one/{file}")), folder.read(&format!("broken/{file}")), "{file}");
    }
}

#[test]
#[ignore = "needs Linux with taskset; scripts/test.sh runs it there"]
fn one_core_and_two_make_one_tree() {
    let run = |cores: &str| {
        let folder = Folder::new();
        folder.write("pki.toml", MANIFEST);
        let seeded = hierarchy("cores");
        let broken = ["testpki", "broken", "--broken", "--seed", "cores", "--now", NOW].map(str::to_owned);
        let many = ["testpki", "many", "--count", "600", "--seed", "cores", "--now", NOW].map(str::to_owned);
        for arguments in
            [words(&seeded), broken.iter().map(String::as_str).collect(), many.iter().map(String::as_str).collect()]
        {
            let mut command = Command::new("taskset");
            command.args(["-c", cores]).arg(program()).args(arguments);
            succeed(command.current_dir(folder.path()).env("PW", PASSWORD).stdin(Stdio::null()));
        }
        hash(folder.path())
    };
    assert_eq!(run("0"), run("0,1"));
}

#[test]
fn another_text_or_time_shares_nothing() {
    let keys = |seed: &str, now: &str| -> Vec<Vec<u8>> {
        let folder = Folder::new();
        folder.run(&["testpki", "pki", "--client", "alice", "--host", "localhost", "--seed", seed, "--now", now]);
        ["ca.key", "server.key", "alice.key"].map(|name| folder.read(&format!("pki/{name}"))).into()
    };
    let all = [keys("one", NOW), keys("two", NOW), keys("one", "2026-11-21T08:15:01Z")].concat();
    for (at, key) in all.iter().enumerate() {
        assert!(!all[..at].contains(key), "key {at} is there twice");
    }
}

#[test]
fn the_clock_may_come_from_the_environment() {
    let made = |arguments: &[&str], epoch: Option<&str>| {
        let folder = Folder::new();
        let mut command = folder.certwright(&[&["testpki", "pki", "--host", "localhost"], arguments].concat());
        command.env_remove("SOURCE_DATE_EPOCH").envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
        succeed(&mut command);
        folder.read("pki/server.crt")
    };
    let given = made(&["--seed", "text", "--now", "2026-11-21T08:15:00Z"], None);
    assert_eq!(made(&["--seed", "text"], Some("1795248900")), given);
    assert_eq!(made(&["--seed", "text", "--now", NOW], Some("1")), given);
    // Nobody who builds a package asks for certificates that have expired.
    let found = inspect::certificate(&made(&[], Some("1"))).expect("a certificate");
    assert!(found.is_valid_at(std::time::SystemTime::now()));
    let folder = Folder::new();
    let mut command = folder.certwright(&["testpki", "pki", "--seed", "text"]);
    let refused = output(command.env("SOURCE_DATE_EPOCH", "yesterday"));
    assert!(text(&refused).contains("SOURCE_DATE_EPOCH is no number of seconds"), "{}", text(&refused));
}

#[test]
fn every_line_and_every_subject_say_so() {
    let folder = Folder::new();
    folder.write("pki.toml", MANIFEST);
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    folder.run(&["csr", "--key", "server.key", "--common-name", "asked", "--organization", "Example Inc"]);
    let seeded = ["--seed", "text"];
    for arguments in [
        &["testpki", "pki", "--manifest", "pki.toml"][..],
        &["testpki", "pki", "--manifest", "pki.toml"],
        &["testpki", "answer", "--csr", "server.csr", "--intermediate", "--p12", "--client", "alice"],
        &["testpki", "env", "--env", "sh", "--roots", "pki/root.crt"],
        &["testpki", "env", "--env", "powershell"],
        &["testpki", "many", "--count", "30"],
        &["testpki", "broken", "--broken"],
        &["testpki", "--broken", "--list"],
    ] {
        let told = folder.run(&[arguments, &seeded].concat());
        assert!(!told.is_empty());
        for line in told.lines() {
            assert!(line.ends_with(REMARK), "{arguments:?}: {line}");
        }
    }
    let told = folder.run(&["testpki", "json", "--json", "--seed", "text"]);
    assert!(told.contains("\"warning\": \"keys known to anyone who has the seed\""), "{told}");
    let mut count = 0;
    for (name, content) in tree(folder.path()) {
        for item in inspect::inspect(&content).into_iter().flatten() {
            let Ok(Object::Certificate(certificate)) = item.object else { continue };
            assert!(certificate.subject().to_string().contains(SEED_MARK), "{name}: {}", certificate.subject());
            assert!(certificate.issuer().to_string().contains(SEED_MARK), "{name}: {}", certificate.issuer());
            count += 1;
        }
    }
    assert!(count > 150, "{count} certificates");
    // What a shell evaluates is what it is without the remark.
    let script =
        "eval \"$(\"$0\" testpki env --env sh --seed text 2>/dev/null)\" && printf %s \"$NODE_EXTRA_CA_CERTS\"";
    if cfg!(unix) {
        let told = succeed(Command::new("sh").args(["-c", script]).arg(program()).current_dir(folder.path()));
        assert!(told.ends_with("/env/test-roots.pem"), "{told}");
    }
}
