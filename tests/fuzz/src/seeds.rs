//! Inputs to begin with: the fixtures, each for the targets that read its like, and what no fixture holds.

use std::fs;
use std::path::{Path, PathBuf};

use certwright::keystore::{Compatibility, Entry};
use certwright::testpki::{Authority, AuthorityProfile, Origin, Profile, Purpose, Reason, Revocation, Stream};
use certwright::{
    CertRequest, Certificate, Identity, Iterations, KeyKind, Keystore, PrivateKey, SanName, Subject, Validity, inspect,
};

use crate::keys::password;
use crate::manifest::now;

/// Writes seeds and ends, if it was asked for: the variables CERTWRIGHT_FUZZ_SEEDS and CERTWRIGHT_FIXTURES name the folder
/// for them and that of the fixtures.
pub fn start(target: &str) {
    let (Some(seeds), Some(fixtures)) = (folder("CERTWRIGHT_FUZZ_SEEDS"), folder("CERTWRIGHT_FIXTURES")) else {
        return;
    };
    let mut number = 0;
    let mut seed = |bytes: &[u8]| {
        number += 1;
        fs::write(seeds.join(format!("seed-{number:03}")), bytes).expect("a seed is written");
    };
    let files = files(&fixtures);
    // RSA keys take a hundred times as long to check as all the rest: where they are not looked for, one is enough.
    let is_quick = |bytes: &&Vec<u8>| !bytes.windows(11).any(|window| window == b"PRIVATE KEY");
    let quick = || files.iter().filter(is_quick);
    let with_prefix = |bytes: &[u8]| [&[0], bytes].concat();
    match target {
        "pem" => files.iter().for_each(|bytes| seed(bytes)),
        "rebuild" => {
            let small = made();
            let short = quick().filter(|bytes| bytes.len() <= 3000);
            short.chain(&small.pem).for_each(|bytes| seed(&with_prefix(bytes)));
            seed(&with_prefix(include_bytes!("../../../fixtures/openssl/pkcs1.pem")));
            seed(&with_prefix(&small.pem[..5].concat()));
            seed(&with_prefix(
                &[b"# a comment\r\n", &small.pem[1][..], b"  between\n\t", &small.pem[0], b"# end"].concat(),
            ));
            seed(&with_prefix(
                &[b"subject=CN = a\n", &small.pem[1][..], b"Bag Attributes\n  x: y\n", &small.pem[1]].concat(),
            ));
        }
        "key" | "certificate" => {
            let small = made();
            let files: Vec<&Vec<u8>> = if target == "key" { files.iter().collect() } else { quick().collect() };
            files.iter().copied().chain(&small.pem).for_each(|bytes| seed(bytes));
            let ders = files.iter().copied().chain(&small.pem).flat_map(|bytes| bodies(bytes));
            ders.for_each(|der| seed(&der));
        }
        "p12" | "jks" => {
            let (others, stores): (Vec<_>, Vec<_>) = files.iter().partition(|bytes| bytes.starts_with(b"-----"));
            drop(others);
            stores.into_iter().for_each(|bytes| seed(bytes));
            let small = made();
            (if target == "p12" { small.p12 } else { small.jks }).iter().for_each(|bytes| seed(bytes));
        }
        "manifest" => MANIFESTS.iter().for_each(|text| seed(text.as_bytes())),
        "lines" => lines().iter().for_each(|text| seed(text.as_bytes())),
        "text" => TEXTS.iter().for_each(|(kind, text)| seed(&[&[*kind], text.as_bytes()].concat())),
        other => panic!("no target {other}"),
    }
    std::process::exit(0);
}

fn folder(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// Every file below `folder` that is not larger than what the targets are given.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder).expect("the fixtures").flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    let read = |path: &PathBuf| match path.is_dir() {
        true => files(path),
        false => vec![fs::read(path).expect("a fixture")],
    };
    paths.iter().flat_map(read).filter(|bytes| bytes.len() <= 1 << 14).collect()
}

/// The DER in the armour of `text`.
fn bodies(text: &[u8]) -> Vec<Vec<u8>> {
    crate::pem::blocks(text)
        .into_iter()
        .filter_map(|block| block.body.ok())
        .map(|body| body.as_bytes().to_vec())
        .collect()
}

/// Objects with small keys and few iterations: quick to read, and in few bytes.
struct Made {
    pem: Vec<Vec<u8>>,
    p12: Vec<Vec<u8>>,
    jks: Vec<Vec<u8>>,
}

fn made() -> Made {
    let mut rng = Stream::new([9; 32]);
    let now = now();
    let validity = Validity::days(30, now).expect("a validity");
    let names: Vec<SanName> = ["DNS:localhost", "IP:127.0.0.1", "email:a@localhost", "URI:https://localhost/"]
        .iter()
        .map(|name| name.parse().expect("a name"))
        .collect();
    let profile = AuthorityProfile::new("root", validity).permitting(&names[..3]);
    let root = Authority::root(&profile, &mut rng).expect("a root CA");
    let issuing = root.intermediate(&AuthorityProfile::new("issuing", validity), &mut rng).expect("an intermediate CA");
    let profile = Profile {
        common_name: "localhost".to_owned(),
        key: KeyKind::P256,
        names: names.clone(),
        purposes: vec![Purpose::Server, Purpose::Client],
        validity,
        origin: Origin::Random,
    };
    let leaf = issuing.issue(&profile, &mut rng).expect("a leaf");
    let revoked = [Revocation::new(&leaf.chain()[0], Reason::KeyCompromise)];
    let list = issuing.revoke(&revoked, validity, 1).expect("a revocation list");
    let subject =
        Subject::parse("C=US,ST=California,O=Example Inc+CN=a,emailAddress=a@example.com").expect("a subject");
    let keys = [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519]
        .map(|kind| PrivateKey::generate(kind, &mut rng).expect("a key"));
    let request = CertRequest::new(&subject, &names, &keys[0]).expect("a request");
    let own = Certificate::self_signed(&request, &keys[0], validity, &mut rng).expect("a certificate");
    let mut pem = vec![keys[0].to_pkcs8_pem().expect("an encoding"), own.to_pem(), request.to_pem(), list.to_pem()];
    pem.extend(leaf.chain().iter().chain([root.certificate()]).map(Certificate::to_pem));
    pem.push(leaf.key().to_pkcs8_pem().expect("an encoding"));
    for key in &keys {
        let iterations = Iterations::new(1000).expect("a count");
        let locked = key.encrypt(&password(), iterations, &mut rng).expect("a key under a password");
        pem.extend(
            [key.to_pkcs8_pem(), key.public_key().to_pem(), locked.to_pem()].map(|pem| pem.expect("an encoding")),
        );
    }
    let (key, chain) = leaf.into_parts();
    let trusted = Entry::Certificate { alias: "trusted".to_owned(), certificate: own.clone() };
    let [first, ..] = keys;
    let mut store = Keystore::of(Identity::new("one", key, chain).expect("an identity"));
    store.entries.push(Entry::Identity(Identity::new("two", first, vec![own]).expect("an identity")));
    store.entries.push(trusted);
    let mut p12 = Vec::new();
    for compatibility in [Compatibility::Modern, Compatibility::Java8] {
        let bytes = store.to_p12(&password(), compatibility, 1, &mut rng).expect("a PKCS#12 file");
        p12.push(without_mac(bytes.as_bytes()));
        p12.push(bytes.as_bytes().to_vec());
    }
    p12.push(plain_p12(&store));
    let jks = vec![store.to_jks(&password(), now, &mut rng).expect("a JKS file").as_bytes().to_vec()];
    for bytes in p12.iter().chain(&jks) {
        let opened = inspect::keystore(bytes).and_then(|store| store.open(&password(), None));
        assert_eq!(opened.expect("a seed is read").entries.len(), 3);
    }
    Made { pem: pem.iter().map(|pem| pem.as_bytes().to_vec()).collect(), p12, jks }
}

/// A DER value.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let length = match length {
        0..=0x7f => vec![length as u8],
        0x80..=0xff => vec![0x81, length as u8],
        _ => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], &length[..], &content].concat()
}

/// The length of the DER value that `bytes` begin with: head and content.
fn lengths(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] {
        0x82 => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
        0x81 => (3, usize::from(bytes[2])),
        length => (2, usize::from(length)),
    }
}

/// A PKCS#12 file without its last part: changes are not noticed before they are read.
fn without_mac(p12: &[u8]) -> Vec<u8> {
    let content = &p12[lengths(p12).0..];
    let end = [(); 2].iter().fold(0, |at, ()| {
        let (head, length) = lengths(&content[at..]);
        at + head + length
    });
    der(0x30, &[&content[..end]])
}

/// A PKCS#12 file in which nothing is encrypted.
fn plain_p12(store: &Keystore) -> Vec<u8> {
    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let oid = |last: u8| [b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01".as_slice(), &[last]].concat();
    const X509: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
    const FRIENDLY_NAME: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
    let attributes = |alias: &str| {
        let name: Vec<u8> = alias.encode_utf16().flat_map(u16::to_be_bytes).collect();
        der(0x31, &[&der(0x30, &[FRIENDLY_NAME, &der(0x31, &[&der(0x1e, &[&name])])])])
    };
    let mut bags = Vec::new();
    for entry in &store.entries {
        let certificates = match entry {
            Entry::Identity(identity) => {
                let key = identity.key().to_pkcs8_der().expect("an encoding");
                bags.push(der(0x30, &[&oid(1), &der(0xa0, &[key.as_bytes()]), &attributes(identity.alias())]));
                identity.chain()
            }
            Entry::Certificate { certificate, .. } => std::slice::from_ref(certificate),
            _ => &[],
        };
        for certificate in certificates {
            let bag = der(0x30, &[X509, &der(0xa0, &[&der(4, &[certificate.to_der()])])]);
            bags.push(der(0x30, &[&oid(3), &der(0xa0, &[&bag]), &attributes(entry.alias())]));
        }
    }
    let data = |content: &[u8]| der(0x30, &[DATA, &der(0xa0, &[&der(4, &[content])])]);
    let contents = der(0x30, &[&bags.concat()]);
    der(0x30, &[b"\x02\x01\x03", &data(&der(0x30, &[&data(&contents)]))])
}

/// The lines of the setup guide, and the options that scripts use, with passwords that are known again.
fn lines() -> Vec<String> {
    let guide = include_str!("../../../fixtures/guide/lines.txt").replace("1234567890", "Zq7secret");
    let guide = guide.lines().filter(|line| line.starts_with("openssl") || line.starts_with("keytool"));
    let words = |line: &str| line.replace("a b", "a_b").replace('"', "").replace(' ', "\n");
    guide.chain(LINES.iter().copied()).map(words).collect()
}

const LINES: [&str; 16] = [
    "openssl x509 -in text.crt -noout -subject -issuer -dates -serial -fingerprint -sha256 -nameopt RFC2253",
    "openssl x509 -in server.crt -noout -modulus -pubkey -ext subjectAltName -checkend 86400 -enddate",
    "openssl x509 -in server.crt -outform DER -out server.der",
    "openssl x509 -req -sha1 -days 30 -in server.csr -key server.key -copy_extensions copy -passin pass:Zq7secret",
    "openssl req -in server.csr -noout -text -verify -subject -pubkey -modulus",
    "openssl req -new -key server.key -subj /C=US/O=x -addext subjectAltName=DNS:a,IP:127.0.0.1 -passin pass:Zq7secret -batch",
    "openssl rsa -in server.pass.key -passin pass:Zq7secret -noout -modulus -check",
    "openssl rsa -in server.key -aes256 -passout pass:Zq7secret -out new.key",
    "openssl rsa -in server.key -traditional -passin env:PW",
    "openssl pkcs12 -export -in server.crt -inkey server.key -certfile server.crt -name one -legacy -passin pass:Zq7secret -passout pass:Zq7another",
    "openssl pkcs12 -in keystore.p12 -nokeys -clcerts -passin pass:Zq7secret -info -out x",
    "openssl pkcs12 -in keystore.p12 -nocerts -nodes -password pass:Zq7secret",
    "openssl pkcs12 -in keystore.p12 -noout -info -passin stdin",
    "openssl genrsa -aes128 -passout fd:3 -out x 4096",
    "keytool -list -v -keystore servercert.jks -storepass Zq7secret -alias servercert",
    "keytool -importkeystore -srckeystore servercert.jks -srcstorepass:env PW -srckeypass Zq7secret -destkeystore x.p12 -deststoretype PKCS12 -deststorepass:file pw.txt",
];

const MANIFESTS: [&str; 3] = [
    include_str!("../../manifests/pki.toml"),
    include_str!("../../manifests/circle.toml"),
    "[defaults]\nkey = \"p384\"\ndays = 20\nformats = [\"p12\", \"jks\"]\n[authority.root]\ncommon_name = \"x\"\nkey = \"ed25519\"\nnot_before = \"-2d\"\nnot_after = 2030-01-01T00:00:00Z\npath_length = 1\nnames = [\"example.test\", \"10.0.0.1\"]\n[authority.b]\nissuer = \"root\"\ncrl = true\n[leaf.web]\nissuer = \"b\"\nhosts = [\"*.example.test\", \"h{n}.example.test\"]\ncount = 12\nusages = [\"server\", \"client\"]\nrevoked = \"superseded\"\n[client.\"alice\"]\nissuer = \"b\"\nrevoked = true\nkey = \"rsa2048\"\n",
];

const TEXTS: [(u8, &str); 41] = [
    (0, "C=US,ST=California,L=San Francisco,O=Example Inc,OU=One+OU=Two"),
    (0, "/C=US/ST=California/O=Example \\/ Inc/CN=a"),
    (0, "CN=\\#a\\, b\\\"\\\\,2.5.4.5=7,DC=example,emailAddress=a@example.com"),
    (0, "CN=\"a, b\",O=\\C3\\BC"),
    (1, "DNS:*.example.com"),
    (1, "IP:2001:db8::1"),
    (1, "email:a@example.com"),
    (1, "URI:https://example.com/a?b#c"),
    (1, "example.com"),
    (2, include_str!("../../../fixtures/jose/rfc7515-a2.jwt")),
    (
        2,
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIiwic3ViIjoiYiIsImF1ZCI6Imh0dHBzOi8vbG9naW4uc2FsZXNmb3JjZS5jb20iLCJleHAiOjE4MDAwMDAxMDB9.AAAA",
    ),
    (2, "eyJhbGciOiJub25lIiwiY3JpdCI6W119.eyJleHAiOjEuOGU5LCJuYmYiOi0xLCJpYXQiOiJ4In0.AA"),
    (3, "30d"),
    (3, "12h"),
    (4, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (5, "2027-11-20T08:15:00Z"),
    (5, "-2d"),
    (6, "https://company.my.salesforce.com"),
    (6, "https://company--uat.sandbox.my.salesforce.com/"),
    (6, "http://127.0.0.1:8443"),
    (6, "https://login.salesforce.com"),
    (6, "https://[::1]:1/a"),
    (7, "invalid_grant: user hasn't approved this consumer"),
    (7, "{\"error\":\"invalid_client_id\",\"error_description\":\"client identifier invalid\"}"),
    (
        8,
        "0{\"access_token\":\"00Dx!AAA\",\"instance_url\":\"https://a.my.salesforce.com\",\"id\":\"https://login.salesforce.com/id/00Dx/005x\",\"scope\":\"api web\"}",
    ),
    (8, "1{\"error\":\"invalid_grant\",\"error_description\":\"expired authorization code\"}"),
    (8, "2https://other.example/"),
    (8, "1{\"error\":\"a\\u001b[0m\",\"error_description\":\"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJlMTIz\"}"),
    (9, "RFC2253,sep_multiline,-esc_msb,dump_all\nC=US,O=a+CN=b"),
    (9, "oneline,utf8,show_type,dn_rev,lname,align,space_eq\nCN=\\C3\\BC*"),
    (10, "*.example.com"),
    (10, "m\u{fc}nchen.example"),
    (10, "::1"),
    (11, "a password\r\n"),
    (12, "3MVG9abcdefghijklmnopqrstuvwxyz"),
    (12, "admin@example.com"),
    (12, "v61.0"),
    (13, "rsa2048"),
    (14, "it's $(id) \u{1b}[0m"),
    (15, "init\ndir\n--country\nUS\n--password-from\nenv:PW\n--p12"),
    (15, "testpki\npki\n--host\nlocalhost\n--days\n7\n--manifest\nx"),
];
