//! What `testpki --broken` makes, before those it is made for: every cell of the matrix in its manifest.json.
//!
//! The cells of other people's programs are ignored for a machine without them; scripts/test.sh installs the programs and
//! runs them all.
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{env, fs};

use certwright::inspect::{self, FoundKey, Object};
use certwright::{Certificate, Password};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::{RootCertStore, SignatureScheme};
use serde_json::Value;
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode;
use support::{Folder, output, text};

/// `openssl verify` gives numbers; these are their names in x509_vfy.h.
const OPENSSL: [(&str, &str); 17] = [
    ("7", "X509_V_ERR_CERT_SIGNATURE_FAILURE"),
    ("9", "X509_V_ERR_CERT_NOT_YET_VALID"),
    ("10", "X509_V_ERR_CERT_HAS_EXPIRED"),
    ("18", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT"),
    ("20", "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
    ("21", "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    ("23", "X509_V_ERR_CERT_REVOKED"),
    ("25", "X509_V_ERR_PATH_LENGTH_EXCEEDED"),
    ("26", "X509_V_ERR_INVALID_PURPOSE"),
    ("34", "X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION"),
    ("41", "X509_V_ERR_INVALID_EXTENSION"),
    ("47", "X509_V_ERR_PERMITTED_VIOLATION"),
    ("62", "X509_V_ERR_HOSTNAME_MISMATCH"),
    ("66", "X509_V_ERR_EE_KEY_TOO_SMALL"),
    ("68", "X509_V_ERR_CA_MD_TOO_WEAK"),
    ("79", "X509_V_ERR_INVALID_CA"),
    ("92", "X509_V_ERR_KEY_USAGE_MISSING"),
];

fn openssl_name(number: &str) -> String {
    let known = OPENSSL.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("X509_V_ERR number {number}"), |(_, name)| (*name).to_owned())
}

/// What a verifier made of a case: nothing if it takes it, else why not.
type Outcome = Result<(), String>;

/// A folder of every case.
struct Cases {
    folder: Folder,
    manifest: Value,
}

impl Cases {
    fn make() -> Self {
        let folder = Folder::new();
        folder.run(&["testpki", "broken", "--broken"]);
        let manifest = serde_json::from_slice(&folder.read("broken/manifest.json")).expect("manifest.json");
        Self { folder, manifest }
    }

    fn list(&self) -> &[Value] {
        self.manifest["cases"].as_array().expect("cases")
    }

    fn path(&self, case: &Value, key: &str) -> Option<String> {
        case[key].as_str().map(|path| format!("broken/{path}"))
    }

    /// `NAME HOST`, a line for each.
    fn lines(&self) -> String {
        self.list().iter().map(|case| format!("{} {}\n", name(case), host(case))).collect()
    }

    /// Holds what `verifier` made of the cases against its column. A case that it was not asked about must not apply to it.
    fn hold_against(&self, verifier: &str, made: &BTreeMap<String, Outcome>) {
        assert!(self.manifest["verifiers"][verifier].is_string(), "{verifier} is in the manifest");
        let mut wrong = Vec::new();
        for case in self.list() {
            let cell = &case["verdicts"][verifier];
            let reasons: Vec<&str> =
                cell["reason"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let is_known = |said: &String| reasons.iter().any(|reason| said.contains(reason));
            let verdict = cell["verdict"].as_str().expect("a verdict");
            let holds = match (verdict, made.get(name(case))) {
                ("accept", Some(Ok(()))) | ("not applicable", None) => true,
                ("by version", Some(Ok(()))) => true,
                ("reject" | "by version", Some(Err(said))) => is_known(said),
                _ => false,
            };
            if !holds {
                wrong.push(format!("{}: {cell} but {:?}", name(case), made.get(name(case))));
            }
        }
        assert!(wrong.is_empty(), "{verifier}:\n{}", wrong.join("\n"));
    }

    /// Asks a program that takes the folder as its last argument and the cases on its standard input.
    fn ask(&self, command: &mut Command) -> BTreeMap<String, Outcome> {
        let mut child = command
            .arg("broken")
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        child.stdin.take().expect("its input").write_all(self.lines().as_bytes()).expect("the cases");
        let output = child.wait_with_output().expect("its output");
        assert!(output.status.success(), "{command:?}: {}", text(&output));
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        let line = |line: &str| {
            let words: Vec<&str> = line.split('\t').collect();
            let [name, verdict, reason] = words[..] else { panic!("three words, not {line:?}") };
            let outcome = if verdict == "accept" { Ok(()) } else { Err(reason.to_owned()) };
            (name.to_owned(), outcome)
        };
        told.lines().map(line).collect()
    }
}

fn name(case: &Value) -> &str {
    case["name"].as_str().expect("a name")
}

fn host(case: &Value) -> &str {
    case["host"].as_str().expect("a host")
}

fn script(name: &str) -> String {
    format!("{}/tests/matrix/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_cells_of_certwright() {
    let cases = Cases::make();
    let mut made = BTreeMap::new();
    for case in cases.list() {
        let folder = format!("broken/{}", name(case));
        let password = case["password"].as_str().unwrap_or("none");
        let run = |arguments: &[&str]| {
            let mut command = cases.folder.certwright(arguments);
            let output = output(command.env("STORE", password));
            // Rows are wrapped: words alone are compared.
            (output.status.code(), text(&output).split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let verify =
            ["verify", "--strict", "--ca", "broken/ca.crt", "--host", host(case), "--password-from", "env:STORE"];
        let (code, said) = run(&[&verify[..], &[&folder]].concat());
        let outcome = match code {
            Some(0) => Ok(()),
            Some(1) => Err(said.clone()),
            other => panic!("{}: {other:?}: {said}", name(case)),
        };
        if let Some(words) = case["says"]["verify"].as_str() {
            assert!(said.contains(words), "{}: verify does not say \"{words}\": {said}", name(case));
        }
        let (_, said) = run(&["show", "--password-from", "env:STORE", &folder]);
        if let Some(words) = case["says"]["show"].as_str() {
            assert!(said.contains(words), "{}: show does not say \"{words}\": {said}", name(case));
        }
        made.insert(name(case).to_owned(), outcome);
    }
    cases.hold_against("certwright", &made);
}

#[test]
fn the_cells_of_rustls() {
    let cases = Cases::make();
    let provider = Arc::new(rustls_graviola::default_provider());
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(&cases.folder.read("broken/ca.crt")).expect("the root");
    roots.add(root).expect("a root that can be trusted");
    let roots = Arc::new(roots);
    let judge = |case: &Value, chain: &str| -> Outcome {
        let told = |error: &dyn std::fmt::Debug| format!("{error:?}");
        let pem = cases.folder.read(chain);
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| told(&error))?;
        let list = cases.path(case, "crl").map(|list| cases.folder.read(&list));
        let lists = list.iter().map(|list| CertificateRevocationListDer::from_pem_slice(list).expect("a list"));
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
        let verifier = verifier.with_crls(lists).build().expect("a verifier");
        let server = ServerName::try_from(host(case).to_owned()).expect("a host");
        let [own, between @ ..] = chain.as_slice() else { return Err("no certificate".to_owned()) };
        verifier.verify_server_cert(own, between, &server, &[], UnixTime::now()).map_err(|error| told(&error))?;
        // What the handshake asks of the key: the server signs, the client's provider verifies.
        let public =
            Certificate::from_der(own).and_then(|own| own.public_key()).expect("a certificate that was verified");
        let info = public.to_spki_der().expect("its encoding");
        let info = SubjectPublicKeyInfoRef::from_der(&info).expect("its encoding");
        let key = inspect::private_key(&cases.folder.read(&cases.path(case, "key").expect("a key")));
        let Ok(FoundKey::Open(key)) = key else { panic!("{}: {key:?}", name(case)) };
        let scheme = match public.algorithm().is_rsa() {
            true => SignatureScheme::RSA_PKCS1_SHA256,
            false => SignatureScheme::ECDSA_NISTP256_SHA256,
        };
        let known = provider.signature_verification_algorithms.mapping;
        let (_, algorithms) = known.iter().find(|(known, _)| *known == scheme).expect("a known scheme");
        let signature = key.sign(b"handshake").expect("a signature");
        let verified = algorithms[0].verify_signature(info.subject_public_key.raw_bytes(), b"handshake", &signature);
        verified.map_err(|error| told(&error))
    };
    let made = cases.list().iter().filter_map(|case| {
        let chain = cases.path(case, "chain")?;
        Some((name(case).to_owned(), judge(case, &chain)))
    });
    cases.hold_against("rustls", &made.collect());
}

#[test]
#[ignore = "needs openssl; scripts/test.sh runs it"]
fn the_cells_of_openssl() {
    let cases = Cases::make();
    let run = |arguments: &[&str]| {
        let told = output(Command::new("openssl").args(arguments).current_dir(cases.folder.path()));
        (told.status.success(), text(&told))
    };
    let judge = |case: &Value, own: &str| -> Outcome {
        let chain = cases.path(case, "chain").expect("a chain");
        let common =
            ["verify", "-x509_strict", "-purpose", "sslserver", "-auth_level", "2", "-CAfile", "broken/ca.crt"];
        let mut arguments = [&common[..], &["-verify_hostname", host(case), "-untrusted", &chain]].concat();
        let list = cases.path(case, "crl");
        if let Some(list) = &list {
            arguments.extend(["-crl_check", "-CRLfile", list]);
        }
        arguments.push(own);
        let (is_good, told) = run(&arguments);
        if !is_good {
            let number = told.lines().find_map(|line| line.strip_prefix("error ")?.split_once(" at "));
            return Err(number.map_or(told.clone(), |(number, _)| openssl_name(number)));
        }
        // It takes a key together with its certificate alone.
        let key = cases.path(case, "key").expect("a key");
        let pair = ["pkcs12", "-export", "-in", &chain, "-inkey", &key, "-passout", "pass:", "-out", "pair.p12"];
        let (is_pair, told) = run(&pair);
        if is_pair { Ok(()) } else { Err(told) }
    };
    let made = cases.list().iter().filter_map(|case| {
        let own = cases.path(case, "certificate")?;
        Some((name(case).to_owned(), judge(case, &own)))
    });
    cases.hold_against("openssl", &made.collect());
}

#[test]
#[ignore = "needs python3 with pyjks; scripts/test.sh runs it"]
fn the_cells_of_python() {
    let python = env::var("CERTWRIGHT_PYTHON").expect("CERTWRIGHT_PYTHON names the Python that has pyjks");
    let cases = Cases::make();
    let made = cases.ask(Command::new(python).arg(script("verdicts.py")));
    let named = made.into_iter().map(|(name, outcome)| {
        let named = outcome.map_err(|said| match said.split_once(' ') {
            Some((number, _)) if number.bytes().all(|byte| byte.is_ascii_digit()) => openssl_name(number),
            _ => said,
        });
        (name, named)
    });
    cases.hold_against("python", &named.collect());
}

#[test]
#[ignore = "needs node; scripts/test.sh runs it"]
fn the_cells_of_node() {
    let cases = Cases::make();
    cases.hold_against("node", &cases.ask(Command::new("node").arg(script("verdicts.js"))));
}

#[test]
#[ignore = "needs go; scripts/test.sh runs it"]
fn the_cells_of_go() {
    let cases = Cases::make();
    let program = cases.folder.path().join("verdicts");
    fs::copy(script("verdicts.go"), cases.folder.path().join("verdicts.go")).expect("the source");
    cases.folder.tool("go", &["build", "-o", "verdicts", "verdicts.go"]);
    cases.hold_against("go", &cases.ask(&mut Command::new(program)));
}

#[test]
#[ignore = "needs java with its compiler; scripts/test.sh runs it"]
fn the_cells_of_java() {
    let cases = Cases::make();
    cases.hold_against("java", &cases.ask(Command::new("java").arg(script("Verdicts.java"))));
}

#[test]
#[ignore = "needs keytool; scripts/test.sh runs it"]
fn the_cells_of_keytool() {
    let cases = Cases::make();
    let judge = |case: &Value, store: &str| -> Outcome {
        let password = case["password"].as_str().expect("a password");
        let alias = if name(case) == "jks-alias-1" { "1" } else { "server" };
        // A request has to be signed with the key.
        let arguments = ["-certreq", "-keystore", store, "-storepass", password, "-alias", alias];
        let mut command = Command::new("keytool");
        command.args(["-J-Duser.language=en"]).args(arguments).current_dir(cases.folder.path()).stdin(Stdio::null());
        let told = output(&mut command);
        if told.status.success() { Ok(()) } else { Err(text(&told)) }
    };
    let made = cases.list().iter().filter_map(|case| {
        let store = cases.path(case, "keystore")?;
        Some((name(case).to_owned(), judge(case, &store)))
    });
    cases.hold_against("keytool", &made.collect());
}

#[test]
fn every_subject_names_its_case() {
    let cases = Cases::make();
    let marked = |certificate: &Certificate, case: &str| {
        let unit = format!("OU=certwright test\\, broken: {case}");
        assert!(certificate.subject().to_string().contains(&unit), "{case}: {}", certificate.subject());
    };
    let root = inspect::certificate(&cases.folder.read("broken/ca.crt")).expect("the root");
    marked(&root, "root");
    let mut count = 0;
    for case in cases.list() {
        for path in ["certificate", "chain", "keystore"].iter().filter_map(|key| cases.path(case, key)) {
            for item in inspect::inspect(&cases.folder.read(&path)).expect("an object") {
                let found = match item.object {
                    Ok(Object::Certificate(certificate)) => vec![certificate],
                    Ok(Object::Keystore(store)) => {
                        let password = Password::new(case["password"].as_str().expect("a password").into());
                        let key_password = case["key_password"].as_str().map(|text| Password::new(text.into()));
                        let store = store.open(&password, key_password.as_ref()).expect("a keystore");
                        store.into_identity().expect("a key").chain()[..1].to_vec()
                    }
                    _ => continue,
                };
                found.iter().for_each(|certificate| marked(certificate, name(case)));
                count += found.len();
            }
        }
    }
    assert!(count >= 60, "{count} certificates");
}

#[test]
fn nothing_is_overwritten_and_no_half_is_left() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("broken/sha1")).expect("a folder");
    folder.write("broken/sha1/server.key", "mine");
    let refused = output(&mut folder.certwright(&["testpki", "broken", "--broken"]));
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert!(text(&refused).contains("exists already; nothing was changed"), "{}", text(&refused));
    assert_eq!(
        (folder.names_of("broken"), folder.read("broken/sha1/server.key")),
        (vec!["sha1".into()], b"mine".into())
    );
    let cases = Cases::make();
    let again = output(&mut cases.folder.certwright(&["testpki", "broken", "--broken", "--only", "expired"]));
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    #[cfg(unix)]
    for case in cases.list() {
        use std::os::unix::fs::PermissionsExt;
        for path in ["key", "keystore"].iter().filter_map(|key| cases.path(case, key)) {
            let mode = fs::metadata(cases.folder.path().join(&path)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{path}");
        }
    }
}

/// The control is taken by all whom it concerns, and each other case is refused by one at least.
#[test]
fn each_case_has_a_rejecter() {
    let cases = Cases::make();
    let verdicts = |case: &Value| -> Vec<String> {
        let cells = case["verdicts"].as_object().expect("verdicts").values();
        cells.map(|cell| cell["verdict"].as_str().expect("a verdict").to_owned()).collect()
    };
    let (control, others) = cases.list().split_first().expect("cases");
    assert!(verdicts(control).iter().all(|verdict| verdict == "accept" || verdict == "not applicable"));
    for case in others {
        assert!(verdicts(case).iter().any(|verdict| verdict == "reject"), "{}", name(case));
    }
    // What nobody else refuses; README.md says so.
    let findings: Vec<&str> = others.iter().filter(|case| case["finding"].is_string()).map(name).collect();
    assert_eq!(findings, ["long-serial", "utf8-country", "jks-alias-1"]);
    assert_eq!(others.len(), 30);
}

/// The script of README.md, with another port: it serves what can be served, and tells what curl takes.
#[test]
#[ignore = "needs bash, openssl, curl and python3; scripts/test.sh runs it"]
fn the_script_of_the_readme_runs() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let script = readme.split("```bash\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a script");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let folder = Folder::new();
    let programs = support::program().parent().map(|folder| folder.to_string_lossy().into_owned()).expect("a folder");
    let path = format!("{programs}:{}", env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command.args(["-c", &script.replace("8443", &free.to_string())]).current_dir(folder.path()).stdin(Stdio::null());
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    let told = text(&output(command.env("PATH", &path)));
    for line in [
        "control: TAKEN",
        "expired: refused",
        "wrong-host: refused",
        "self-signed: refused",
        "missing-intermediate: refused",
        "name-constraint: refused",
        "key-mismatch: OpenSSL does not serve it",
        "truncated-pem: OpenSSL does not serve it",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    // What was written is told in rows, wrapped below themselves.
    let verdicts = told.lines().filter(|line| !line.starts_with("wrote ") && !line.starts_with(' '));
    assert_eq!(verdicts.count(), 28, "{told}");
}
