//! Work bounded by input: what is under 1 MB is read, judged or refused within 100 MB, and four times as much input takes
//! about four times as much work, not sixteen times.

mod support;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use support::Folder;

/// What the program may take of the system, in KiB, beside its code.
const MAX_MEMORY: &str = "100000";

/// Hundredths of a second below which a measurement says nothing.
const NOISE: u64 = 25;

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    match content.len() {
        short @ 0..=127 => der.push(short as u8),
        long => {
            let size = long.to_be_bytes();
            let size = &size[size.iter().position(|octet| *octet != 0).unwrap_or_default()..];
            der.push(0x80 | size.len() as u8);
            der.extend_from_slice(size);
        }
    }
    der.extend(content);
    der
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn number(number: usize) -> Vec<u8> {
    let octets = [&[0], &number.to_be_bytes()[..]].concat();
    let redundant = octets.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
    tlv(2, &[&octets[redundant..]])
}

fn name(text: &str) -> Vec<u8> {
    let part = sequence(&[b"\x06\x03\x55\x04\x03", &tlv(0x0c, &[text.as_bytes()])]);
    sequence(&[&tlv(0x31, &[&part])])
}

const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const DAYS: [&[u8]; 2] = [b"\x17\x0d250101000000Z", b"\x17\x0d490101000000Z"];

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn signed(tbs: &[u8], by: &SigningKey) -> Vec<u8> {
    sequence(&[tbs, ED25519, &tlv(3, &[&[0], &by.sign(tbs).to_bytes()])])
}

fn spki(key: &SigningKey) -> Vec<u8> {
    sequence(&[ED25519, &tlv(3, &[&[0], key.verifying_key().as_bytes()])])
}

fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&tlv(6, &[oid]), &tlv(4, &[value])])
}

/// A certificate for `subject` by `issuer`, all of the key 1.
fn certificate(serial: usize, subject: &str, issuer: &str, extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = tlv(0xa3, &[&sequence(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>())]);
    let validity = sequence(&DAYS);
    let parts = [&b"\xa0\x03\x02\x01\x02"[..], &number(serial), ED25519, &name(issuer), &validity, &name(subject)];
    signed(&sequence(&[parts.as_slice(), &[&spki(&key(1)), &extensions]].concat()), &key(1))
}

fn ca() -> Vec<u8> {
    extension(b"\x55\x1d\x13", &sequence(&[b"\x01\x01\xff"]))
}

fn list(issuer: &str, serials: impl Iterator<Item = usize>) -> Vec<u8> {
    let revoked: Vec<Vec<u8>> = serials.map(|serial| sequence(&[&number(serial), DAYS[0]])).collect();
    let revoked = sequence(&revoked.iter().map(Vec::as_slice).collect::<Vec<_>>());
    signed(&sequence(&[b"\x02\x01\x01", ED25519, &name(issuer), DAYS[0], DAYS[1], &revoked]), &key(1))
}

fn hosts(tag: u8, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|at| tlv(tag, &[format!("h{at:06}.test").as_bytes()])).collect()
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    base64.as_bytes().chunks(64).for_each(|line| text += &format!("{}\n", String::from_utf8_lossy(line)));
    text + &format!("-----END {label}-----\n")
}

/// The processor time of all children that have ended, in hundredths of a second.
#[cfg(target_os = "linux")]
fn children_time() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a file of the system")]
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the system's numbers");
    let (_, numbers) = stat.rsplit_once(')').expect("the name in parentheses");
    // cutime and cstime are the fields 16 and 17; what is split off here has two.
    let times = numbers.split_whitespace().skip(13).take(2);
    times.map(|time| time.parse::<u64>().expect("a number")).sum()
}

/// Nothing is measured elsewhere: the tests only show that the program ends with the status it should.
#[cfg(not(target_os = "linux"))]
fn children_time() -> u64 {
    0
}

/// Runs certwright on the input of a size, which `make` puts into a folder; gives the time it took.
fn run(make: &dyn Fn(&Folder, usize) -> Vec<String>, size: usize, status: i32) -> u64 {
    let folder = Folder::new();
    let arguments = make(&folder, size);
    let before = children_time();
    let mut command = match cfg!(target_os = "linux") {
        true => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -d {MAX_MEMORY} && exec \"$0\" \"$@\"")]).arg(support::program());
            shell
        }
        false => Command::new(support::program()),
    };
    command.args(arguments.iter().map(OsStr::new)).current_dir(folder.path()).stdin(Stdio::null());
    let output = support::output(&mut command);
    let text = support::text(&output);
    let shown: String = text.chars().take(300).collect();
    assert_eq!(output.status.code(), Some(status), "{:?} of size {size}: {shown}", &arguments[0]);
    children_time() - before
}

/// Checks how the time grows from a quarter of `size`: linear work to four times, quadratic work to sixteen times. Measured
/// again where it looks wrong: others use the processor too.
fn check_growth(what: &str, size: usize, status: i32, make: impl Fn(&Folder, usize) -> Vec<String>) {
    // The time of all children is one number.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut quarter, mut whole) = (u64::MAX, u64::MAX);
    for _ in 0..4 {
        whole = whole.min(run(&make, size, status));
        if whole <= NOISE {
            return;
        }
        quarter = quarter.min(run(&make, size / 4, status).max(1));
        if whole < 8 * quarter {
            return;
        }
    }
    panic!("{what}: {quarter} hundredths of a second for a quarter, {whole} for the whole");
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn file(folder: &Folder, content: impl AsRef<[u8]>, arguments: &[&str]) -> Vec<String> {
    folder.write("input", content);
    words(&[arguments, &["input"]].concat())
}

#[test]
fn work_grows_with_the_input() {
    for verb in [&["show"][..], &["show", "--json"], &["verify"], &["status"]] {
        let status = if verb[0] == "verify" { 1 } else { 2 };
        check_growth("BEGIN lines", 55_000, status, |folder, count| {
            file(folder, "-----BEGIN A-----\n".repeat(count), verb)
        });
        check_growth("BEGIN lines, not too many", 9_999, status, |folder, count| {
            file(folder, "-----BEGIN A-----\n".repeat(count), verb)
        });
        check_growth("empty blocks", 9_999, status, |folder, count| {
            file(folder, "-----BEGIN A-----\n-----END A-----\n".repeat(count), verb)
        });
        check_growth("BEGINs in one line", 90_000, status, |folder, count| {
            file(folder, "-----BEGIN ".repeat(count), verb)
        });
        check_growth("extensions", 60_000, status, |folder, count| {
            let extensions: Vec<_> = (0..count)
                .map(|at| {
                    extension(&[0x2b, 0x81 + (at >> 14) as u8, 0x80 | (at >> 7) as u8, at as u8 & 0x7f], b"\x05\0")
                })
                .collect();
            file(folder, certificate(2, "a", "b", &extensions), verb)
        });
        let status = if verb[0] == "show" || verb[0] == "verify" { 0 } else { 2 };
        check_growth("public keys", 8_000, status, |folder, count| {
            file(folder, pem("PUBLIC KEY", &spki(&key(1))).repeat(count), verb)
        });
    }
    for verb in [&["show", "--json"][..], &["verify", "--json"], &["status", "--json"]] {
        let certificates = |name: &dyn Fn(usize) -> (String, String), count| {
            (0..count).fold(String::new(), |text, at| {
                let (subject, issuer) = name(at);
                text + &pem("CERTIFICATE", &certificate(at + 2, &subject, &issuer, &[ca()]))
            })
        };
        let status = if verb[0] == "verify" { 1 } else { 0 };
        check_growth("certificates in a row", 2_000, status, |folder, count| {
            file(folder, certificates(&|at| (format!("c{at}"), format!("c{}", at + 1)), count), verb)
        });
        check_growth("certificates of one name", 2_000, 0, |folder, count| {
            file(folder, certificates(&|_| ("a".into(), "a".into()), count), verb)
        });
    }
}

#[test]
fn comparisons_grow_with_the_input() {
    check_growth("names under name constraints", 6_000, 0, |folder, count| {
        let names =
            extension(b"\x55\x1d\x11", &sequence(&hosts(0x82, count).iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let subtrees: Vec<_> = hosts(0x82, count).iter().map(|host| sequence(&[host])).collect();
        let subtrees = tlv(0xa0, &subtrees.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let constraints = extension(b"\x55\x1d\x1e", &sequence(&[&subtrees]));
        let leaf = pem("CERTIFICATE", &certificate(2, "leaf", "ca", &[names]));
        file(folder, leaf + &pem("CERTIFICATE", &certificate(1, "ca", "ca", &[ca(), constraints])), &["verify"])
    });
    check_growth("revocation lists and certificates", 1_600, 1, |folder, count| {
        let mut text = pem("CERTIFICATE", &certificate(1, "ca", "ca", &[ca()]));
        for at in 0..count {
            text += &pem("X509 CRL", &list("ca", std::iter::once(at)));
            text += &pem("CERTIFICATE", &certificate(at + 2, "leaf", "ca", &[]));
        }
        file(folder, text, &["verify"])
    });
    check_growth("a long revocation list", 30_000, 0, |folder, count| {
        file(folder, pem("X509 CRL", &list("ca", 1..count)), &["show", "--json"])
    });
    for verb in ["status", "verify"] {
        check_growth("files of no known kind", 10_000, 2, |folder, count| {
            (0..count).for_each(|at| folder.write(&format!("notes-{at}.txt"), "none\n"));
            words(&[verb, "."])
        });
        check_growth("files by name", 3_000, 0, |folder, count| {
            let name = |at| format!("{at}.crt");
            (0..count).for_each(|at| folder.write(&name(at), certificate(at + 2, "a", "b", &[])));
            [words(&[verb]), (0..count).map(name).collect()].concat()
        });
    }
}

#[test]
fn plans_grow_with_the_manifest() {
    let manifest = |folder: &Folder, text: &str| {
        folder.write("pki.toml", text);
        words(&["testpki", "pki", "--manifest", "pki.toml"])
    };
    let leaves = |count| {
        (0..count).fold("[authority.root]\n".to_owned(), |mut text, at| {
            let _ = write!(text, "[leaf.l{at}]\nhosts=['a']\n");
            text
        })
    };
    // Planned to the end, and refused there: no key is made.
    check_growth("leaves", 34_000, 2, |folder, count| {
        manifest(folder, &(leaves(count) + "[leaf.last]\nhosts=['a']\ndays=1000\n"))
    });
    check_growth("authorities in a row", 9_999, 2, |folder, count| {
        let row = (0..count).map(|at| format!("[authority.a{at}]\nissuer='a{}'\n", at + 1)).collect::<String>();
        manifest(folder, &format!("{row}[authority.a{count}]\n"))
    });
    check_growth("leaves of many authorities", 9_000, 2, |folder, count| {
        let wide = (0..count)
            .map(|at| format!("[authority.a{at}]\nissuer='root'\n[leaf.l{at}]\nissuer='a{at}'\nhosts=['h']\n"));
        let wide = wide.collect::<String>();
        manifest(folder, &format!("[authority.root]\n{wide}[leaf.last]\nissuer='root'\nhosts=['a']\ndays=1000\n"))
    });
    check_growth("more than may be asked for", 20_000, 2, |folder, count| {
        let counts = (0..count).map(|at| format!("[leaf.l{at}]\nhosts=['h']\ncount=100000\n")).collect::<String>();
        manifest(folder, &format!("[authority.root]\n{counts}"))
    });
    check_growth("a part of a name with many values", 12_000, 0, |folder, count| {
        folder.write("key", support::read_fixture("openssl/pkcs8.pem"));
        let subject = (0..count).map(|at| format!("CN=v{at}")).collect::<Vec<_>>().join("+");
        words(&["csr", "--key", "key", "--out", "-", "--subject", &subject])
    });
    check_growth("plus signs", 120_000, 2, |folder, count| {
        folder.write("key", support::read_fixture("openssl/pkcs8.pem"));
        words(&["csr", "--key", "key", "--out", "-", "--subject", &format!("CN={}", "+".repeat(count))])
    });
}

#[test]
fn refusals_name_the_maximum() {
    let refused = |content: &[u8], arguments: &[&str]| {
        let folder = Folder::new();
        let arguments = file(&folder, content, arguments);
        let output = support::output(&mut folder.certwright(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_ne!(output.status.code(), Some(0));
        support::text(&output)
    };
    let begins = "-----BEGIN A-----\n".repeat(10_001);
    for verb in ["show", "verify", "status"] {
        let text = refused(begins.as_bytes(), &[verb]).replace("\n ", "");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("10001 PEM blocks, at most 10000"), "{verb}: {text}");
    }
    let extensions: Vec<_> = (0..1_001).map(|_| extension(b"\x2b\x06", b"\x05\0")).collect();
    let text = refused(&certificate(2, "a", "b", &extensions), &["show"]);
    assert!(text.contains("has 1001 extensions, at most 1000"), "{text}");
    let purposes = sequence(&[&b"\x06\x01\x2a".repeat(1_001)]);
    let text = refused(&certificate(2, "a", "b", &[extension(b"\x55\x1d\x25", &purposes)]), &["show"]);
    assert!(text.contains("has 1001 purposes (extKeyUsage), at most 1000"), "{text}");
    let row = (0..40).map(|at| format!("[authority.a{at}]\nissuer='a{}'\n", at + 1)).collect::<String>()
        + "[authority.a40]\n";
    let text = refused(row.as_bytes(), &["testpki", "pki", "--manifest"]);
    assert!(text.contains("has 31 authorities above it"), "{text}");
    let text = refused(
        b"[authority.r]\n[leaf.a]\nhosts=['h']\ncount=60000\n[leaf.b]\nhosts=['h']\ncount=60000\n",
        &["testpki", "pki", "--manifest"],
    );
    assert!(text.contains("line 5: \"b\" is one leaf too many: at most 100000"), "{text}");
}

#[test]
fn long_lists_of_files_are_cut() {
    let folder = Folder::new();
    (0..1_000).for_each(|at| folder.write(&format!("notes-{at}.txt"), "none\n"));
    for verb in ["verify", "status", "show"] {
        let text = support::text(&support::output(&mut folder.certwright(&[verb, "."])));
        assert!(text.len() < 3_000 || verb == "verify", "{verb}: {} bytes", text.len());
        let json = support::text(&support::output(&mut folder.certwright(&[verb, ".", "--json"])));
        assert!(verb == "verify" || json.contains("notes-999.txt") && json.contains("notes-0.txt"), "{verb}");
    }
}
