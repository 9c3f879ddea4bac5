//! What no output may hold, fed to every input: control characters, and those that are invisible or turn text around.
#![expect(clippy::disallowed_methods, reason = "the rules of the library do not bind its tests")]

mod support;

use std::time::{Duration, SystemTime};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use certwright::testpki::{Authority, AuthorityProfile, Revocation, Stream};
use certwright::{Certificate, Identity, Keystore, Password, PrivateKey, Subject, Validity, inspect};
use support::{Folder, SUBJECT, output, read_fixture, text};

/// ESC, BEL, a C1 control, both kinds of bidirectional controls, a zero-width space, a tag, a byte-order mark.
const HIDDEN: &str = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{e0041}\u{feff}";
/// The same with a line end, behind which a line of the program's own could be forged.
const FORGING: &str = "a\u{1b}[2K\r\nFORGED\u{202e}";

fn is_hidden(character: char) -> bool {
    let is_format = matches!(
        u32::from(character),
        0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f
    );
    is_format || character.is_control() && !"\n\t".contains(character)
}

/// Runs `arguments` as they are and with `--json`: it may end as it likes, but shows nothing hidden.
fn feed(folder: &Folder, arguments: &[&str]) {
    for json in [&[][..], &["--json"]] {
        feed_once(folder, &[json, arguments].concat());
    }
}

fn feed_once(folder: &Folder, arguments: &[&str]) -> String {
    let output = output(&mut folder.certwright(arguments));
    assert!(matches!(output.status.code(), Some(0..=2)), "{arguments:?}: {}", output.status);
    check(&text(&output), &format!("{arguments:?}"));
    text(&output)
}

fn check(shown: &str, of: &str) {
    let hidden = shown.chars().find(|character| is_hidden(*character));
    assert!(hidden.is_none(), "{hidden:?} is shown of {of}: {shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("FORGED")), "a line is forged by {of}: {shown}");
    assert!(!shown.contains("this is a fault of certwright"), "{of}: {shown}");
}

/// Something hidden of `length` bytes in UTF-8.
fn filling(length: usize) -> String {
    let mut text: String = HIDDEN.into();
    assert!(text.len() <= length, "too short for {text:?}");
    text.extend(std::iter::repeat_n('\u{7}', length - text.len()));
    text
}

/// DER of a PEM block with `from` replaced by something hidden of the same length. Signatures no longer hold.
fn patched(pem: &[u8], from: &str) -> Vec<u8> {
    let pem = std::str::from_utf8(pem).expect("PEM");
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let base64: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    let mut der = Base64::decode_vec(&base64).expect("base64");
    let (from, to) = (from.as_bytes(), filling(from.len()));
    let places: Vec<usize> = (0..der.len()).filter(|&at| der[at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "nothing is replaced");
    places.into_iter().for_each(|at| der[at..at + from.len()].copy_from_slice(to.as_bytes()));
    der
}

/// A value that is long enough to hold everything hidden.
const PLACE: &str = "placeplaceplaceplaceplaceplaceplace";

fn armour(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(der))
}

fn rng() -> Stream {
    Stream::new([7; 32])
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A folder with the guide's files.
fn set() -> Folder {
    let folder = Folder::new();
    folder.run(&[&["init", ".", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
    folder
}

#[test]
fn file_names() {
    let folder = set();
    let names = match cfg!(windows) {
        true => vec!["a\u{202e}\u{2066}\u{200b}\u{9b}.pem".to_owned()],
        false => vec![format!("{HIDDEN}.pem").replace('/', ""), FORGING.to_owned()],
    };
    for name in &names {
        let name = name.as_str();
        for verb in ["show", "verify", "status", "decrypt --key", "jwt check", "csr --key", "p12 --key", "jks --in"] {
            let words: Vec<&str> = verb.split(' ').chain([name]).collect();
            feed(&folder, &words);
        }
        for words in [
            &["genkey", "--unencrypted", "--out", name][..],
            &["genkey", "--unencrypted", "--out", name],
            &["--force", "genkey", "--unencrypted", "--out", name],
            &["genkey", "--password-from", "env:PW", "--out", &format!("{name}2")],
            &["genkey", "--out", &format!("{name}/x/y")],
            &["show", name, &format!("{name}2")],
            &["encrypt", "--key", name, "--out", &format!("{name}3"), "--password-from", "env:PW"],
            &["decrypt", "--key", name, "--out", &format!("{name}4"), "--password-from", "env:PW"],
            &["genkey", "--password-from", &format!("file:{name}"), "--out", "x"],
            &["genkey", "--password-from", &format!("generate:{name}5"), "--out", "x"],
            &["--dir", &format!("{name}6"), "show"],
            &["init", &format!("{name}7"), "--password-from", "env:PW"],
            &["testpki", &format!("{name}8"), "--host", "a.example"],
            &["--dir", &format!("{name}8"), "testpki", "--env", "sh"],
            &["--dir", &format!("{name}8"), "testpki", "--env", "github"],
            &["openssl", "rsa", "-in", name, "-noout", "-check"],
            &["openssl", "x509", "-in", name, "-noout", "-text"],
            &["keytool", "-list", "-keystore", name],
        ] {
            feed(&folder, words);
        }
        folder.write(name, "no certificate");
        feed(&folder, &["show", name]);
        folder.write(name, read_fixture("broken/truncated.pem"));
        folder.write(&format!("{name}.crt"), folder.read("server.crt"));
        folder.write(&format!("{name}.p12"), read_fixture("keystores/keytool.p12"));
        for words in [
            &["show", "."][..],
            &["verify", "."],
            &["status", "."],
            &["show", ".", "--password-from", "env:PW"],
            &["verify", ".", "--password-from", "env:PW"],
            &["renew", ".", "--password-from", "env:PW"],
            &["renew", "."],
            &["salesforce", "check", "."],
        ] {
            feed(&folder, words);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn file_names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = set();
    let name = std::ffi::OsStr::from_bytes(b"a\x9b\x1b[2K\xff.crt");
    std::fs::write(folder.path().join(name), folder.read("server.crt")).expect("a file");
    for words in [&["show", "."][..], &["verify", "."], &["status", "."]] {
        feed(&folder, words);
        assert!(feed_once(&folder, words).contains(r"a\x9b\u{1b}[2K\xff.crt"), "{words:?}");
    }
    let shown = output(folder.certwright(&["show"]).arg(name));
    check(&text(&shown), "a name that is no text");
}

#[test]
fn pem_labels_and_headers() {
    let folder = Folder::new();
    let key = armour("RSA PRIVATE KEY", b"\x30\x03\x02\x01\x00");
    let with_headers = |headers: &str| key.replace("KEY-----\nM", &format!("KEY-----\n{headers}\n\nM"));
    for hidden in [HIDDEN, "\u{202e}", "a\rFORGED", "\u{1b}[2K"] {
        for content in [
            armour(hidden, b"\x30\x00"),
            format!("-----BEGIN {hidden}-----\nAAAA\n"),
            format!("-----BEGIN {hidden}-----\nAAAA\n-----END X-----\n"),
            format!("-----BEGIN {hidden}-----\n*\n-----END {hidden}-----\n"),
            format!("-----BEGIN CERTIFICATE-----\n{hidden}\n-----END CERTIFICATE-----\n"),
            with_headers(&format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: {hidden},00112233")),
            with_headers(&format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,{hidden}")),
            with_headers(&format!("Proc-Type: {hidden}\nDEK-Info: DES-EDE3-CBC,0011223344556677")),
            with_headers(&format!("Proc-Type: 4,{hidden}")),
            with_headers(&format!("{hidden}: {hidden}")),
        ] {
            folder.write("x.pem", content);
            for words in [
                &["show", "x.pem"][..],
                &["show", "."],
                &["show", "--password-from", "env:PW", "x.pem"],
                &["verify", "x.pem", "--password-from", "env:PW"],
                &["status", "."],
                &["renew", "."],
                &["decrypt", "--key", "x.pem", "--password-from", "env:PW", "--out", "out"],
                &["p12", "--key", "x.pem", "--cert", "x.pem", "--password-from", "env:PW"],
                &["openssl", "rsa", "-in", "x.pem", "-passin", "env:PW", "-noout", "-check"],
            ] {
                feed(&folder, words);
            }
        }
    }
}

#[test]
fn names_in_certificates_and_requests() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    let san = format!("DNS:{PLACE}.example");
    let uri = format!("URI:http://{PLACE}/");
    let email = format!("email:{PLACE}@a.example");
    let names = ["--common-name", PLACE, "--san", &san, "--san", &uri, "--san", &email];
    folder.run(&[&["csr"], &SUBJECT[..], &names].concat());
    folder.run(&["selfsign"]);
    // The same in UTF8String, which OpenSSL prints otherwise.
    let unicode = format!("{PLACE}\u{fc}");
    folder.run(&[&["csr", "--out", "utf8.csr"], &SUBJECT[..], &["--common-name", &unicode]].concat());
    folder.run(&["selfsign", "--csr", "utf8.csr", "--out", "utf8.crt"]);
    for name in ["server", "utf8"] {
        for kind in ["csr", "crt"] {
            folder.write(&format!("{name}.{kind}"), patched(&folder.read(&format!("{name}.{kind}")), PLACE));
        }
    }
    for name in ["server", "utf8"] {
        let (crt, csr) = (&*format!("{name}.crt"), &*format!("{name}.csr"));
        for words in [
            &["show", crt, csr][..],
            &["verify", crt, csr, "server.key", "--host", "a.example"],
            &["verify", crt, "--ca", crt],
            &["status", "."],
            &["renew", "."],
            &["salesforce", "check", crt, "server.key"],
            &["selfsign", "--csr", csr, "--out", "x.crt"],
            &["p12", "--key", "server.key", "--cert", crt, "--out", "x.p12", "--password-from", "env:PW"],
            &["testpki", "pki", "--csr", csr],
            &["jwt", "sign", "--key", "server.key", "--cert", crt, "--client-id", "x", "--username", "a@b.c"],
            &["openssl", "req", "-in", csr, "-inform", "DER", "-noout", "-text", "-subject", "-verify"],
            &["openssl", "x509", "-in", crt, "-inform", "DER", "-noout", "-text", "-subject", "-issuer"],
            &["openssl", "pkcs12", "-in", "x.p12", "-passin", "env:PW", "-info", "-nokeys"],
            &["keytool", "-list", "-v", "-keystore", "x.p12", "-storepass:env", "PW"],
        ] {
            feed(&folder, words);
        }
        for format in [
            "compat",
            "oneline",
            "multiline",
            "RFC2253",
            "utf8",
            "utf8,-esc_msb,-esc_ctrl",
            "oneline,utf8,-esc_msb,-esc_ctrl",
            "sep_comma_plus",
            "sep_multiline,utf8",
            "sep_comma_plus,ignore_type",
        ] {
            let words =
                ["openssl", "x509", "-in", crt, "-inform", "DER", "-noout", "-subject", "-issuer", "-nameopt", format];
            feed(&folder, &words);
        }
    }
}

#[test]
fn names_in_revocation_lists() {
    let folder = Folder::new();
    let validity = Validity::days(9000, now()).expect("days");
    let authority = Authority::root(&AuthorityProfile::new(PLACE, validity), &mut rng()).expect("an authority");
    let list = authority.revoke(&[] as &[Revocation], validity, 1).expect("a list");
    folder.write("x.crl", patched(list.to_pem().as_bytes(), PLACE));
    folder.write("x.crt", patched(authority.certificate().to_pem().as_bytes(), PLACE));
    for words in
        [&["show", "x.crl"][..], &["verify", "x.crl", "x.crt"], &["verify", "x.crt", "--ca", "x.crt"], &["show", "."]]
    {
        feed(&folder, words);
    }
}

#[test]
fn aliases() {
    let folder = Folder::new();
    let inspect::FoundKey::Open(key) = inspect::private_key(&read_fixture("openssl/pkcs8.pem")).expect("a key") else {
        panic!("a locked key")
    };
    let der = key.to_pkcs8_der().expect("DER");
    let validity = Validity::days(9000, now()).expect("days");
    let subject = Subject::parse("CN=x").expect("a subject");
    for alias in [HIDDEN, FORGING] {
        let key = PrivateKey::from_pkcs8_der(der.as_bytes()).expect("a key");
        let request = certwright::CertRequest::new(&subject, &[], &key).expect("a request");
        let certificate = Certificate::self_signed(&request, &key, validity, &mut rng()).expect("a certificate");
        folder.write("server.crt", certificate.to_pem().as_bytes());
        folder.write("server.key", key.to_pkcs8_pem().expect("PEM").as_bytes());
        let store = Keystore::of(Identity::new(alias, key, vec![certificate]).expect("a pair"));
        let password = Password::new(support::PASSWORD.as_bytes().to_vec());
        let jks = store.to_jks(&password, now(), &mut rng()).expect("JKS");
        folder.write("x.jks", jks.as_bytes());
        let p12 = store.to_p12(&password, Default::default(), 1000, &mut rng()).expect("PKCS#12");
        folder.write("x.p12", p12.as_bytes());
        for name in ["x.jks", "x.p12"] {
            for words in [
                &["show", name, "--password-from", "env:PW"][..],
                &["show", name],
                &["show", name, "--password-from", "env:PATH"],
                &["verify", name, "--password-from", "env:PW"],
                &["verify", name, "--password-from", "env:PATH"],
                &["status", name],
                &["status", name, "--password-from", "env:PW"],
                &["jks", "--in", name, "--out", "y.jks", "--password-from", "env:PW"],
                &["jks", "--in", name, "--out", "y.jks", "--only", HIDDEN, "--password-from", "env:PW"],
                &["p12", "--in", name, "--out", "y.p12", "--password-from", "env:PW"],
                &["export", "--in", name, "--password-from", "env:PW", "--key-out", "k", "--cert-out", "c"],
                &["export", "--in", name, "--only", "other", "--password-from", "env:PW"],
                &["export", "--in", name, "--only", FORGING, "--password-from", "env:PW"],
                &["salesforce", "check", name, "--password-from", "env:PW"],
                &["renew", ".", "--password-from", "env:PW"],
                &["keytool", "-list", "-keystore", name, "-storepass:env", "PW"],
                &["keytool", "-list", "-v", "-keystore", name, "-storepass:env", "PW"],
                &["keytool", "-list", "-keystore", name, "-alias", HIDDEN, "-storepass:env", "PW"],
                &["openssl", "pkcs12", "-in", name, "-info", "-nokeys", "-passin", "env:PW"],
            ] {
                feed(&folder, words);
                for made in ["y.jks", "y.p12", "k", "c"] {
                    let _ = std::fs::remove_file(folder.path().join(made));
                }
            }
        }
        for words in [
            &["p12", "--alias", alias, "--out", "z.p12", "--password-from", "env:PW"][..],
            &["jks", "--alias", alias, "--out", "z.jks", "--password-from", "env:PW"],
            &["openssl", "pkcs12", "-export", "-inkey", "server.key", "-in", "server.crt", "-name", alias, "-out", "o"],
        ] {
            feed(&folder, words);
        }
    }
}

#[test]
fn assertions() {
    let folder = set();
    let part = |json: serde_json::Value| Base64UrlUnpadded::encode_string(json.to_string().as_bytes());
    let sound = serde_json::json!({ "alg": "RS256" });
    for hidden in [HIDDEN, FORGING] {
        let mut claims =
            serde_json::json!({ "iss": hidden, "sub": hidden, "aud": hidden, "exp": hidden, "nbf": hidden });
        claims[hidden] = serde_json::json!(hidden);
        let site = format!("https://{hidden}.example");
        for token in [
            format!("{}.{}.AAAA", part(serde_json::json!({ "alg": hidden, hidden: hidden })), part(claims.clone())),
            format!("{}.{}.AAAA", part(sound.clone()), part(claims.clone())),
            format!("{}.{}.AAAA", part(sound.clone()), part(serde_json::json!({ "aud": site, "prn": hidden }))),
            format!("{hidden}.{hidden}.{hidden}"),
        ] {
            folder.write("token", &token);
            feed(&folder, &["jwt", "check", "token"]);
            feed(&folder, &["jwt", "check", &token]);
        }
    }
}

#[test]
fn manifests() {
    let folder = Folder::new();
    for hidden in [HIDDEN, FORGING] {
        let escaped: String = hidden.chars().map(|character| format!("\\U{:08x}", u32::from(character))).collect();
        for content in [
            format!("\"{escaped}\" = 1"),
            format!("[leaf.\"{escaped}\"]\nhosts = [\"a.example\"]"),
            format!("[leaf.a]\nhosts = [\"{escaped}\"]"),
            format!("[leaf.a]\nhosts = [\"a.example\"]\ndays = \"{escaped}\""),
            format!("[leaf.a]\nhosts = [\"a.example\"]\nca = \"{escaped}\""),
            format!("[leaf.a]\nhosts = [\"a.example\"]\nkey = \"{escaped}\""),
            format!("[leaf.a]\nhosts = [\"a.example\"]\nnot_after = \"{escaped}\"\n"),
            format!("[leaf.a]\nhosts = [\"a.example\"]\nusage = [\"{escaped}\"]\n"),
            format!("[root]\nname = \"{escaped}\"\n[leaf.a]\nhosts = [\"a.example\"]\nsubject = \"CN={escaped}\""),
            format!("[{hidden}]\nx = 1"),
            format!("x = {hidden}"),
            format!("# {hidden}\nx = = 1"),
        ] {
            folder.write("pki.toml", content);
            feed(&folder, &["testpki", "pki", "--manifest", "pki.toml"]);
            let _ = std::fs::remove_dir_all(folder.path().join("pki"));
        }
    }
}

#[test]
fn arguments() {
    let folder = set();
    let account = |hidden| {
        [
            "--client-id",
            hidden,
            "--username",
            hidden,
            "--instance-url",
            "http://127.0.0.1:1",
            "--audience",
            "production",
        ]
    };
    for hidden in [HIDDEN, FORGING, "\u{202e}", "\u{1b}[2K", "\n", "--\u{1b}[2K", "-\u{202e}"] {
        let joined = |before: &str| format!("{before}{hidden}");
        for words in [
            &[hidden][..],
            &[&joined("--")],
            &[&joined("-")],
            &["init", &joined("--")],
            &["init", "--", hidden, hidden],
            &["verify", &joined("--at=")],
            &["verify", &joined("--expires-within=")],
            &["verify", &joined("--host="), "server.crt"],
            &["status", &joined("--expires-within="), "."],
            &["completions", hidden],
            &["completions", "bash", hidden],
            &["help", hidden],
            &["show", &joined("--password-from=env:"), "server.pass.key"],
            &["show", &joined("--password-from=file:"), "server.pass.key"],
            &["show", &joined("--password-from=fd:"), "server.pass.key"],
            &["show", &joined("--password-from="), "server.pass.key"],
            &["genkey", &joined("--bits="), "--out", "k"],
            &["genkey", &joined("--iterations="), "--out", "k"],
            &["csr", "--subject", hidden, "--out", "r"],
            &["csr", &joined("--subject=CN=a,O="), "--out", "r"],
            &["csr", &joined("--subject=C="), "--out", "r"],
            &["csr", &joined("--subject=CN=a\\2"), "--out", "r"],
            &["csr", &format!("--subject={hidden}=a"), "--out", "r"],
            &["csr", &joined("--country="), "--out", "r"],
            &["csr", &joined("--common-name=a"), "--out", "r"],
            &["csr", "--subject=CN=a", &joined("--san="), "--out", "r"],
            &["csr", "--subject=CN=a", &joined("--san=DNS:"), "--out", "r"],
            &["csr", "--subject=CN=a", &joined("--san=IP:"), "--out", "r"],
            &["csr", "--subject=CN=a", &joined("--san=email:"), "--out", "r"],
            &["csr", "--subject=CN=a", &joined("--san=URI:"), "--out", "r"],
            &["csr", "--subject=CN=a", &format!("--san={hidden}:a"), "--out", "r"],
            &["selfsign", &joined("--days="), "--out", "c"],
            &["testpki", "pki", &joined("--host=")],
            &["testpki", "pki", &joined("--client=")],
            &["testpki", "pki", &joined("--name=")],
            &["testpki", "pki", "--host=a.example", &joined("--days=")],
            &["testpki", "pki", "--host=a.example", &joined("--not-after=")],
            &["testpki", "pki", "--host=a.example", &joined("--count=")],
            &["testpki", "pki", "--host=a.example", &joined("--key=")],
            &["testpki", "pki", "--host=a.example", "--seed=x", &joined("--now=")],
            &["testpki", "pki", "--broken", &joined("--only=")],
            &["testpki", "pki", &joined("--env=")],
            &["salesforce", "explain", hidden],
            &["salesforce", "explain", "invalid_grant:", hidden],
            &["salesforce", hidden],
            &["salesforce", "check", "server.crt", &joined("--instance-url=")],
            &["salesforce", "check", "server.crt", &joined("--instance-url=https://")],
            &["salesforce", "check", "server.crt", &joined("--audience=")],
            &["salesforce", "check", "server.crt", &joined("--username="), &joined("--client-id=")],
            &["salesforce", "check", "server.crt", &joined("--api-version=")],
            &[&["salesforce", "login"], &account(hidden)[..]].concat(),
            &[&["salesforce", "handoff", "--flow", "password"], &account(hidden)[..]].concat(),
            &[&["jwt", "sign"], &account(hidden)[..4]].concat(),
            &["jwt", "check", hidden],
            &["openssl", hidden],
            &["openssl", "x509", &joined("-")],
            &["openssl", "x509", "-in", hidden, "-noout", "-nameopt", hidden],
            &["openssl", "x509", "-in", "server.crt", "-noout", "-checkend", hidden],
            &["openssl", "req", "-new", "-key", "server.key", "-subj", &joined("/CN=")],
            &["openssl", "req", "-new", "-key", "server.key", "-subj", hidden],
            &["openssl", "req", "-new", "-key", "server.key", "-config", hidden],
            &["openssl", "genrsa", "-out", "g", hidden],
            &["openssl", "pkcs12", "-export", "-inkey", hidden, "-in", hidden, "-out", hidden, "-passout", "env:PW"],
            &["openssl", "rsa", "-in", "server.pass.key", "-passin", &joined("env:"), "-out", "g"],
            &["openssl", "rsa", "-in", "server.pass.key", "-passin", &joined("file:"), "-out", "g"],
            &["openssl", "rsa", "-in", "server.pass.key", "-passin", hidden, "-out", "g"],
            &["keytool", &joined("-")],
            &["keytool", hidden],
            &["keytool", "-importkeystore", "-srckeystore", hidden, "-destkeystore", hidden, "-srcalias", hidden],
        ] {
            feed(&folder, words);
        }
    }
}

#[test]
fn the_environment() {
    let folder = set();
    folder.run(&["testpki", "pki", "--host", "a.example"]);
    let values = if cfg!(windows) { ["\u{202e}", "\u{2066}"] } else { [HIDDEN, FORGING] };
    for hidden in values {
        let mut command = folder.certwright(&["--dir", "pki", "testpki", "--env", "sh"]);
        let shown = output(command.env("JAVA_TOOL_OPTIONS", format!("-Da={hidden}")).env("SSL_CERT_FILE", hidden));
        check(&text(&shown), "JAVA_TOOL_OPTIONS");
        let login = ["--client-id", "x", "--username", "a@b.c", "--instance-url", "https://company.my.salesforce.com"];
        for name in ["HTTPS_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY"] {
            let mut command = folder.certwright(&[&["salesforce", "login"], &login[..]].concat());
            let value = if name == "HTTPS_PROXY" { format!("http://{hidden}:1") } else { hidden.to_owned() };
            command.env("HTTPS_PROXY", "http://127.0.0.1:1").env(name, value);
            check(&text(&output(&mut command)), name);
        }
        let shown =
            output(folder.certwright(&["show", "server.pass.key", "--password-from", "env:PW"]).env("PW", hidden));
        check(&text(&shown), "PW");
        let shown =
            output(folder.certwright(&["show", "."]).env("LANG", hidden).env("TERM", hidden).env("COLUMNS", hidden));
        check(&text(&shown), "LANG");
    }
}

/// A line end in a name starts no line of its own, and JSON keeps the name as it is.
#[test]
#[cfg(unix)]
fn json_keeps_what_text_escapes() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", FORGING]);
    let shown = feed_once(&folder, &["--json", "show", FORGING]);
    assert!(shown.is_ascii(), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(json["objects"][0]["kind"], "private-key");
    let shown = feed_once(&folder, &["--json", "csr", "--key", FORGING, "--subject", "CN=a\u{202e}b", "--out", "r"]);
    let json: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(json["files"][0]["path"], "r");
    assert!(feed_once(&folder, &["show", "r"]).contains(r"a\E2\80\AEb"), "of the request");
}
