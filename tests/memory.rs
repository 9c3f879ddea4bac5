//! What is left in memory when a command ends: no private key, no password, no line of a key file. Each command runs under
//! gdb up to its last system call, and the core taken there is searched.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use ::hmac::{Hmac, KeyInit, Mac};
use base64ct::{Base64, Encoding};
use der::Decode;
use pkcs8::PrivateKeyInfoRef;
use sha2::{Digest, Sha256, Sha512};
use support::{Folder, SUBJECT};

const PASSWORD: &str = "Plugh-Xyzzy-Frobozz";
const WRONG: &str = "Grue-Zork-Quendor-1";

/// Found in every core that shows memory: part of the environment.
const CANARY: &str = "a canary of the test's own";

/// PT_LOAD.
const LOAD: u8 = 1;

/// A page that was never written.
static PAGE: [u8; 4096] = [0; 4096];

/// rsaEncryption in DER.
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// What is searched for, in bytes.
const CHUNK: usize = 16;

/// Chunks of secrets by what they are part of.
#[derive(Default)]
struct Needles(BTreeMap<Vec<u8>, String>);

impl Needles {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        if bytes.len() >= CHUNK {
            self.0.insert(bytes.to_vec(), name.to_owned());
        }
    }

    /// A number, the most significant byte first, as it is written and as the words of a computer.
    fn add_number(&mut self, name: &str, number: &[u8]) {
        for chunk in number.rchunks_exact(CHUNK) {
            let words = |reverse_words: bool, reverse_bytes: bool| {
                let mut words: Vec<Vec<u8>> = chunk.chunks(8).map(<[u8]>::to_vec).collect();
                if reverse_words {
                    words.reverse();
                }
                if reverse_bytes {
                    words.iter_mut().for_each(|word| word.reverse());
                }
                words.concat()
            };
            self.add(&format!("{name}, bytes"), &words(false, false));
            self.add(&format!("{name}, reversed"), &words(true, true));
            self.add(&format!("{name}, words"), &words(false, true));
            self.add(&format!("{name}, reversed words"), &words(true, false));
        }
    }

    fn add_password(&mut self, password: &str) {
        let utf16: Vec<u16> = password.encode_utf16().collect();
        self.add("password", password.as_bytes());
        self.add("password, UTF-16 BE", &utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>());
        self.add("password, UTF-16 LE", &utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>());
    }

    /// A plain key as PKCS#8 in PEM: its numbers and its lines.
    fn add_key(&mut self, pem: &[u8]) {
        let text = std::str::from_utf8(pem).expect("PEM");
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('-')).collect();
        for (number, line) in lines.iter().enumerate() {
            // The first holds the algorithm only.
            if number > 0 || lines.len() < 5 {
                self.add("a line of PEM", &line.as_bytes()[line.len().saturating_sub(2 * CHUNK)..]);
            }
        }
        let der = Base64::decode_vec(&lines.concat()).expect("base64");
        let key = PrivateKeyInfoRef::try_from(der.as_slice()).expect("PKCS#8");
        let inner = key.private_key.as_bytes();
        if der.windows(9).any(|bytes| bytes == RSA_ENCRYPTION) {
            // RSAPrivateKey (RFC 8017, section A.1.2): version, n and e come first.
            let numbers = Vec::<der::asn1::UintRef<'_>>::from_der(inner).expect("PKCS#1");
            for (name, number) in ["d", "p", "q", "dP", "dQ", "qInv"].into_iter().zip(numbers.iter().skip(3)) {
                self.add_number(name, number.as_bytes());
            }
        } else if inner[0] == 0x30 {
            // ECPrivateKey (RFC 5915): a version, then the scalar.
            self.add_number("scalar", &inner[7..7 + usize::from(inner[6])]);
        } else {
            let seed = &inner[2..34];
            self.add("seed", seed);
            let mut expanded = Sha512::digest(seed);
            self.add("prefix", &expanded[32..]);
            expanded[0] &= 0xf8;
            expanded[31] = expanded[31] & 0x3f | 0x40;
            let mut scalar = expanded[..32].to_vec();
            scalar.reverse();
            self.add_number("scalar", &scalar);
        }
    }

    /// The AES key of an encrypted key with 1000 iterations of PBKDF2-HMAC-SHA256.
    fn add_derived(&mut self, pem: &[u8], password: &str) {
        let text = std::str::from_utf8(pem).expect("PEM");
        let der = Base64::decode_vec(&text.lines().filter(|line| !line.starts_with('-')).collect::<String>());
        let der = der.expect("base64");
        let is_salt = |at: &usize| der[*at..*at + 2] == [4, 16] && der[*at + 18..*at + 22] == [2, 2, 3, 0xe8];
        // A renewal makes as many iterations as it makes today.
        let Some(at) = (0..der.len() - 22).find(is_salt) else { return };
        let salt = &der[at + 2..at + 18];
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(password.as_bytes()).expect("a key");
        let mut round: Vec<u8> =
            mac.clone().chain_update(salt).chain_update([0, 0, 0, 1]).finalize().into_bytes().to_vec();
        let mut key = round.clone();
        for _ in 1..1000 {
            round = mac.clone().chain_update(&round).finalize().into_bytes().to_vec();
            key.iter_mut().zip(&round).for_each(|(key, byte)| *key ^= byte);
        }
        for half in key.chunks(CHUNK) {
            self.add("derived key", half);
        }
    }

    /// The places of every needle in `bytes`.
    fn find(&self, bytes: &[u8]) -> Vec<(usize, &str)> {
        // By the first two bytes, then the rest.
        let mut starts: Vec<Vec<(&[u8], &str)>> = vec![Vec::new(); 1 << 16];
        let index = |bytes: &[u8]| usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        for (needle, name) in &self.0 {
            starts[index(needle)].push((needle, name));
        }
        let is_start: Vec<bool> = starts.iter().map(|starts| !starts.is_empty()).collect();
        let mut found = Vec::new();
        let end = bytes.len().saturating_sub(CHUNK);
        let mut at = 0;
        while at < end {
            // Most pages were never written.
            if at % PAGE.len() == 0 && bytes[at..].starts_with(&PAGE) {
                at += PAGE.len();
            } else {
                if is_start[index(&bytes[at..])] {
                    let here = starts[index(&bytes[at..])].iter().filter(|(needle, _)| bytes[at..].starts_with(needle));
                    found.extend(here.map(|(_, name)| (at, *name)));
                }
                at += 1;
            }
        }
        found
    }
}

/// A core with what gdb says of the process.
struct Core {
    bytes: Vec<u8>,
    told: String,
}

impl Core {
    /// Runs `line` in `folder` up to `exit_group`; its standard input is the password.
    fn take(folder: &Folder, line: &str) -> Self {
        let _ = fs::remove_file(folder.path().join("core"));
        let run = format!("run {line} >out.txt <pw");
        let mut gdb = Command::new("gdb");
        gdb.args(["-batch", "-nx", "--readnever"]);
        for line in [
            "set debuginfod enabled off",
            "set pagination off",
            "catch syscall exit_group",
            &run,
            "printf \"SP=%#lx\\n\", $sp",
            "info proc mappings",
            "generate-core-file core",
            "kill",
        ] {
            gdb.args(["-ex", line]);
        }
        gdb.arg(support::program());
        gdb.current_dir(folder.path()).env_remove("PW").env("CANARY", CANARY).stdin(Stdio::null());
        let output = support::output(&mut gdb);
        let told = support::text(&output);
        let path = folder.path().join("core");
        let bytes = if path.exists() { folder.read("core") } else { Vec::new() };
        let _ = fs::remove_file(path);
        assert!(!bytes.is_empty(), "NOT RUN: gdb cannot trace here:\n{told}");
        Self { bytes, told }
    }

    fn stack_pointer(&self) -> u64 {
        let line = self.told.lines().find_map(|line| line.strip_prefix("SP=0x")).expect("the stack pointer");
        u64::from_str_radix(line, 16).expect("a number")
    }

    /// Where in the process the byte at `offset` of the core was, and how far from the stack pointer.
    fn place(&self, offset: usize) -> (String, u64) {
        let word = |at: usize| u64::from_le_bytes(self.bytes[at..at + 8].try_into().expect("8 bytes"));
        let half = |at: usize| usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]));
        // The program headers of ELF64.
        let (table, size, count) = (word(32) as usize, half(54), half(56));
        for header in (0..count).map(|number| table + number * size) {
            let (start, address, length) = (word(header + 8) as usize, word(header + 16), word(header + 32) as usize);
            if self.bytes[header] == LOAD && (start..start + length).contains(&offset) {
                let address = address + (offset - start) as u64;
                return (self.mapping(address), address.abs_diff(self.stack_pointer()));
            }
        }
        ("registers".to_owned(), 0)
    }

    fn mapping(&self, address: u64) -> String {
        let number = |word: &str| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        for line in self.told.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [start, end, .., name] = words[..]
                && number(start).is_some_and(|start| start <= address)
                && number(end).is_some_and(|end| address < end)
            {
                return if name.starts_with(['/', '[']) { name } else { "memory of a thread" }.to_owned();
            }
        }
        "unknown memory".to_owned()
    }
}

/// A command: what is typed, the plain keys that it works with or makes beside server.key, whether it fails.
struct Run {
    line: String,
    keys: &'static [&'static str],
    fails: bool,
}

fn run(line: &str, keys: &'static [&'static str]) -> Run {
    Run { line: line.to_owned(), keys, fails: false }
}

/// With the password that fits.
fn unlocking(line: &str, keys: &'static [&'static str]) -> Run {
    run(&format!("{line} --password-from file:pw"), keys)
}

fn failing(line: &str) -> Run {
    Run { fails: true, ..run(&format!("{line} --password-from file:wrong"), &[]) }
}

/// The files that the commands read: the setup guide's set under [`PASSWORD`].
fn prepared() -> Folder {
    let folder = Folder::new();
    folder.write("pw", PASSWORD);
    folder.write("wrong", WRONG);
    let set = ["--password-from", "file:pw", "--iterations", "1000", "--p12", "--jks"];
    folder.run(&[&["init", "."], &SUBJECT[..], &set].concat());
    for kind in ["rsa2048", "p256", "p384", "ed25519"] {
        folder.run(&["testpki", &format!("old-{kind}"), "--host", "a.example", "--key", kind]);
    }
    folder
}

/// Runs one command; what was found in its core, in words.
fn search(prepared: &Folder, run: &Run) -> Vec<String> {
    let Run { line, keys, fails } = run;
    let folder = Folder::new();
    folder.tool("cp", &["-a", prepared.path().join(".").to_str().expect("a path in ASCII"), "."]);
    let core = Core::take(&folder, line);
    assert_eq!(core.told.contains("\nerror: "), *fails, "{line}:\n{}", core.told);
    let mut needles = Needles::default();
    needles.add_password(PASSWORD);
    needles.add_password(WRONG);
    let mut locked = "server.pass.key";
    if folder.path().join("new.pass.key").exists() {
        locked = "new.pass.key";
        folder.run(&["decrypt", "--in", locked, "--out", "plain.key", "--no-pem", "--password-from", "file:pw"]);
        needles.add_key(&folder.read("plain.key"));
    }
    needles.add_derived(&folder.read(locked), PASSWORD);
    for key in [&["server.key"], *keys].concat() {
        needles.add_key(&folder.read(key));
    }
    needles.add(CANARY, CANARY.as_bytes());
    let (canaries, found): (Vec<_>, Vec<_>) =
        needles.find(&core.bytes).into_iter().partition(|(_, name)| *name == CANARY);
    // What may not be read is full of zeros in the core.
    assert!(!canaries.is_empty(), "NOT RUN: gdb cannot read the program's memory here, as root can:\n{}", core.told);
    // Those of one kind in one place, with the least and the most distance from the stack pointer.
    let mut places: BTreeMap<(String, &str), Vec<u64>> = BTreeMap::new();
    for (offset, name) in found {
        let (place, distance) = core.place(offset);
        places.entry((place, name)).or_default().push(distance);
    }
    let told = places.iter().map(|((place, name), distances)| {
        let (least, most) = (distances.iter().min().unwrap_or(&0), distances.iter().max().unwrap_or(&0));
        format!("{line}: {} x {name} in {place}, {least} to {most} bytes from the stack pointer", distances.len())
    });
    told.collect()
}

#[test]
#[ignore = "needs gdb and the right to trace"]
fn no_secret_is_left_in_memory() {
    const SUBJECT: &str = "--country US --state CA --locality Here --organization Example";
    const OLD: [&str; 3] = ["old-p256/ca.key", "old-p384/ca.key", "old-ed25519/ca.key"];
    const MADE: [&str; 2] = ["pki/ca.key", "pki/server.key"];
    const MANY: [&str; 5] =
        ["pki/ca.key", "pki/server-1.key", "pki/server-2.key", "pki/server-3.key", "pki/server-4.key"];
    let prepared = prepared();
    let runs = [
        run("genkey --unencrypted --out new.key", &["new.key"]),
        run("genkey --unencrypted --out -", &["out.txt"]),
        unlocking("genkey --out new.pass.key --iterations 1000", &[]),
        unlocking(&format!("init made --iterations 1000 --p12 --jks {SUBJECT}"), &["made/server.key"]),
        unlocking("renew .", &[]),
        unlocking("renew . --new-key", &["server.key"]),
        unlocking("decrypt --out new.key --no-pem", &["new.key"]),
        unlocking("decrypt --out - --no-pem", &[]),
        run("decrypt --out new.key --no-pem --password-from stdin", &[]),
        failing("decrypt --out new.key --no-pem"),
        unlocking("encrypt --out new.pass.key --iterations 1000", &[]),
        run(&format!("csr --out new.csr {SUBJECT}"), &[]),
        run("selfsign --out new.crt", &[]),
        unlocking("verify .", &[]),
        failing("export --in keystore.p12 --key-out new.key"),
        failing("export --in servercert.jks --key-out new.key"),
        unlocking("show server.key server.pass.key keystore.p12 servercert.jks", &[]),
        unlocking("show server.pass.key --json", &[]),
        run(&format!("show {}", OLD.join(" ")), &OLD),
        unlocking("p12 --out new.p12", &[]),
        unlocking("jks --out new.jks", &[]),
        unlocking("export --in keystore.p12 --key-out new.key --no-cert --no-chain", &["new.key"]),
        unlocking("export --in servercert.jks --key-out new.key --no-cert --no-chain", &["new.key"]),
        unlocking("status .", &[]),
        run("jwt sign --client-id 3MVG9 --username a@b.example --audience production", &[]),
        Run {
            fails: true,
            ..run("salesforce login --client-id 3MVG9 --username a@b.example --instance-url http://localhost:1", &[])
        },
        run("openssl rsa -in server.pass.key -passin file:pw -out new.key", &[]),
        run("keytool -list -v -keystore servercert.jks -storepass:file pw", &[]),
        run("testpki pki --host a.example --key rsa2048", &MADE),
        run("testpki pki --host a.example --key p256", &MADE),
        run("testpki pki --host a.example --key p384", &MADE),
        run("testpki pki --host a.example --key ed25519", &MADE),
        run("testpki pki --host a.example --key rsa2048 --count 4", &MANY),
        unlocking("testpki pki --host a.example --count 4 --p12 --jks", &MANY),
    ];
    let found: Vec<String> = runs.iter().flat_map(|run| search(&prepared, run)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
