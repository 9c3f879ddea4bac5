//! Test hierarchies, judged by those they are made for: rustls, OpenSSL, GnuTLS, curl, Python, Node.js, Java, pkilint.
//!
//! The live tests are ignored for a machine without the tools; scripts/test.sh installs them and runs them all.
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{env, fs, thread};

use certwright::testpki::{Authority, AuthorityProfile, Host, Origin, Profile, Purpose, Stream, issue_each};
use certwright::{Certificate, KeyKind, SanName, Validity, inspect};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use support::{Folder, PASSWORD, output, succeed, text};

const KINDS: [&str; 4] = ["p256", "p384", "ed25519", "rsa2048"];
const HOSTS: [&str; 6] = ["--host", "localhost", "--host", "127.0.0.1", "--host", "::1"];

fn made(folder: &Folder, arguments: &[&str]) -> String {
    folder.run(&[&["testpki", "pki"], arguments].concat())
}

fn certificates(folder: &Folder, name: &str) -> Vec<CertificateDer<'static>> {
    let pem = folder.read(name);
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().expect("certificates")
}

fn private_key(folder: &Folder, name: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(&folder.read(name)).expect("a key")
}

fn roots(folder: &Folder, name: &str) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in certificates(folder, name) {
        store.add(root).expect("a root");
    }
    Arc::new(store)
}

/// A handshake in memory in which each side has to name an authority of the other; what the client ended with.
fn handshake(server: Arc<ServerConfig>, client: Arc<ClientConfig>, host: &str) -> Result<(), rustls::Error> {
    let name = ServerName::try_from(host.to_owned()).expect("a server name");
    let mut client = ClientConnection::new(client, name)?;
    let mut server = ServerConnection::new(server)?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).expect("octets for the server");
        }
        let mut unread = wire.as_slice();
        while !unread.is_empty() {
            server.read_tls(&mut unread).expect("octets of the client");
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).expect("octets for the client");
        }
        let mut unread = wire.as_slice();
        while !unread.is_empty() {
            client.read_tls(&mut unread).expect("octets of the server");
            client.process_new_packets()?;
        }
    }
    Ok(())
}

fn server_config(folder: &Folder) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls_graviola::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots(folder, "pki/ca.crt"), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_client_cert_verifier(clients.build().expect("a verifier"));
    let chain = certificates(folder, "pki/server.fullchain.crt");
    Arc::new(config.with_single_cert(chain, private_key(folder, "pki/server.key")).expect("a key that fits"))
}

fn client_config(folder: &Folder, name: &str, trusted: &str) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls_graviola::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_root_certificates(roots(folder, trusted));
    let chain = certificates(folder, &format!("pki/{name}.fullchain.crt"));
    Arc::new(config.with_client_auth_cert(chain, private_key(folder, &format!("pki/{name}.key"))).expect("a pair"))
}

#[test]
fn rustls_on_both_sides_accepts_every_kind_of_key() {
    for (number, kind) in KINDS.iter().enumerate() {
        let folder = Folder::new();
        let mut arguments = [&HOSTS[..], &["--host", "*.example.test", "--client", "alice", "--key", kind]].concat();
        if number % 2 == 0 {
            arguments.push("--intermediate");
        }
        made(&folder, &arguments);
        let server = server_config(&folder);
        for host in ["localhost", "127.0.0.1", "::1", "api.example.test"] {
            for name in ["alice", "server"] {
                handshake(Arc::clone(&server), client_config(&folder, name, "pki/ca.crt"), host)
                    .unwrap_or_else(|error| panic!("{kind} {host} {name}: {error}"));
            }
        }
        let error =
            handshake(server, client_config(&folder, "alice", "pki/ca.crt"), "example.com").expect_err("a host");
        assert!(error.to_string().contains("not valid for name"), "{error}");
    }
}

#[test]
fn nobody_trusts_it_without_its_authority() {
    let (folder, other) = (Folder::new(), Folder::new());
    made(&folder, &["--client", "alice", "--host", "localhost"]);
    made(&other, &["--host", "localhost"]);
    folder.write("pki/other.crt", other.read("pki/ca.crt"));
    let error = handshake(server_config(&folder), client_config(&folder, "alice", "pki/other.crt"), "localhost");
    assert!(error.expect_err("unknown").to_string().contains("UnknownIssuer"));
}

/// A hierarchy whose server has `count` names.
fn of_many_names(count: usize) -> Folder {
    let folder = Folder::new();
    let hosts: Vec<String> = (0..count).map(|number| format!("\"h{number}.z{}.example.test\"", number % 30)).collect();
    let hosts = hosts.join(",\n");
    folder.write("pki.toml", format!("[authority.ca]\n[leaf.server]\nhosts = [{hosts}]\n[client.alice]\n"));
    made(&folder, &["--manifest", "pki.toml"]);
    folder
}

/// rustls reads no certificate above 64 KiB.
#[test]
fn rustls_takes_a_thousand_names() {
    let folder = of_many_names(1_000);
    let server = server_config(&folder);
    for host in ["h0.z0.example.test", "h999.z9.example.test"] {
        handshake(Arc::clone(&server), client_config(&folder, "alice", "pki/ca.crt"), host).expect(host);
    }
}

#[test]
#[ignore = "needs openssl and certtool; scripts/test.sh runs it"]
fn openssl_and_gnutls_take_ten_thousand_names() {
    let folder = of_many_names(10_000);
    for host in ["h0.z0.example.test", "h9999.z9.example.test"] {
        let verify = ["verify", "-x509_strict", "-verify_hostname", host, "-CAfile", "pki/ca.crt", "pki/server.crt"];
        folder.tool("openssl", &verify);
    }
    folder.write("all.pem", [folder.read("pki/server.crt"), folder.read("pki/ca.crt")].concat());
    let told = folder.tool("certtool", &["--verify-chain", "--infile", "all.pem"]);
    assert!(told.contains("Verified. The certificate is trusted."), "{told}");
}

#[test]
fn what_else_is_in_the_folder_stays() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("pki")).expect("a folder");
    folder.write("pki/notes.txt", "mine");
    folder.write("pki/client.key", "mine too");
    made(&folder, &HOSTS);
    assert_eq!((folder.read("pki/notes.txt"), folder.read("pki/client.key")), (b"mine".to_vec(), b"mine too".to_vec()));
    let before = folder.read("pki/server.key");
    let refused = output(&mut folder.certwright(&["testpki", "pki", "--ca", "pki", "--host", "localhost"]));
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert_eq!(folder.read("pki/server.key"), before);
    // Nor does half of it appear where one file is in the way.
    fs::create_dir(folder.path().join("two")).expect("a folder");
    folder.write("two/server.key", "mine");
    let refused = output(&mut folder.certwright(&["testpki", "two", "--host", "localhost"]));
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert_eq!(folder.names_of("two"), ["server.key"]);
}

const MANIFEST: &str = "\
[defaults]
days = 20

[authority.root]

[authority.issuing]
issuer = \"root\"
crl = true

[leaf.web]
issuer = \"issuing\"
hosts = [\"localhost\", \"web.example.test\"]

[leaf.old]
issuer = \"issuing\"
hosts = [\"old.example.test\"]
revoked = \"keyCompromise\"

[client.alice]
issuer = \"root\"
key = \"ed25519\"
";

fn contents(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> =
        folder.names_of("pki").into_iter().filter(|name| !name.starts_with("backup-")).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), folder.read(&format!("pki/{name}")))).collect()
}

/// The names of what differs.
fn changed(before: &[(String, Vec<u8>)], after: &[(String, Vec<u8>)]) -> Vec<String> {
    let is_new = |file: &&(String, Vec<u8>)| !before.contains(file);
    after.iter().filter(is_new).map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_manifest_is_made_once_and_then_only_what_was_edited() {
    let folder = Folder::new();
    let run = |manifest: &str| {
        let before = if folder.path().join("pki").exists() { contents(&folder) } else { Vec::new() };
        folder.write("pki.toml", manifest);
        made(&folder, &["--manifest", "pki.toml"]);
        changed(&before, &contents(&folder))
    };
    assert_eq!(run(MANIFEST).len(), 14);
    assert_eq!(run(MANIFEST), [""; 0]);
    let edited = MANIFEST.replace("\"web.example.test\"", "\"old.example.test\"");
    assert_eq!(run(&edited), ["web.crt", "web.fullchain.crt", "web.key"]);
    assert_eq!(run(&edited), [""; 0]);
    // The list alone.
    let edited = edited.replace("revoked = \"keyCompromise\"\n", "");
    assert_eq!(run(&edited), ["issuing.crl"]);
    // What hangs from it.
    let edited = edited.replace("crl = true", "crl = true\nkey = \"p384\"");
    let all = ["issuing.crl", "issuing.crt", "issuing.key", "old.crt", "old.fullchain.crt", "old.key", "web.crt"];
    assert_eq!(run(&edited), [&all[..], &["web.fullchain.crt", "web.key"]].concat());
    // A name that the root may not issue for needs another root.
    let edited = edited.replace("\"localhost\"", "\"elsewhere.example.com\"");
    assert_eq!(run(&edited).len(), 14);
    assert_eq!(run(&edited), [""; 0]);
    // What was lost comes back.
    fs::remove_file(folder.path().join("pki/alice.key")).expect("a key");
    fs::remove_file(folder.path().join("pki/alice.crt")).expect("a certificate");
    fs::remove_file(folder.path().join("pki/alice.fullchain.crt")).expect("a chain");
    assert_eq!(run(&edited), ["alice.crt", "alice.fullchain.crt", "alice.key"]);
}

#[test]
fn one_stream_makes_one_hierarchy_whatever_the_number_of_cores() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let validity = |days| Validity::days(days, now).expect("days");
    let names: Vec<SanName> = vec!["localhost".parse::<Host>().expect("a host").name];
    let profile = |kind| Profile {
        common_name: "localhost".to_owned(),
        key: kind,
        names: names.clone(),
        purposes: vec![Purpose::Server],
        validity: validity(30),
        origin: Origin::Random,
    };
    let profiles: Vec<Profile> = KINDS.iter().map(|kind| profile(kind.parse().expect("a kind"))).collect();
    let run = || {
        let mut rng = Stream::new([9; 32]);
        let root = Authority::root(&AuthorityProfile::new("root", validity(60)).permitting(&names), &mut rng);
        let root = root.expect("a root");
        let orders: Vec<_> = profiles.iter().map(|profile| (&root, profile)).collect();
        let leaves = issue_each(
            &orders,
            orders.iter().map(|_| Stream::fork(&mut rng).expect("a stream")).collect(),
            |_, leaf, _| Ok(leaf.certificate().to_der().to_vec()),
        );
        let mut all = leaves.expect("leaves");
        all.push(root.certificate().to_der().to_vec());
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn a_root_is_held_to_its_path_length() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut rng = Stream::new([3; 32]);
    let mut profile = AuthorityProfile::new("root", Validity::days(60, now).expect("days"));
    profile.path_length = Some(0);
    let root = Authority::root(&profile, &mut rng).expect("a root");
    let error = root.intermediate(&profile, &mut rng).expect_err("one too many");
    assert!(error.to_string().contains("pathLenConstraint"), "{error}");
    let late = AuthorityProfile::new("late", Validity::days(61, now).expect("days"));
    profile.path_length = None;
    let root = Authority::root(&profile, &mut rng).expect("a root");
    let error = root.intermediate(&late, &mut rng).expect_err("longer than its issuer");
    assert!(error.to_string().contains("outlive"), "{error}");
}

/// OpenSSL's server on a port of its own choice.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "pki/server.crt", "-key", "pki/server.key"])
            .args(["-cert_chain", "pki/server.fullchain.crt"])
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl s_server");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT ")?.rsplit(':').next()?.trim().parse().ok());
        thread::spawn(move || lines.for_each(drop));
        Self { child, port: port.expect("the port of openssl s_server") }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs openssl and certtool; scripts/test.sh runs it"]
fn openssl_and_gnutls_verify_every_chain() {
    for kind in KINDS {
        for is_deep in [false, true] {
            let folder = Folder::new();
            let mut arguments = [&HOSTS[..], &["--client", "alice@example.test", "--key", kind]].concat();
            if is_deep {
                arguments.push("--intermediate");
            }
            made(&folder, &arguments);
            for name in ["server", "alice-example.test"] {
                let (own, chain) = (format!("pki/{name}.crt"), format!("pki/{name}.fullchain.crt"));
                let verify = ["verify", "-x509_strict", "-CAfile", "pki/ca.crt", "-untrusted", &chain];
                folder.tool("openssl", &[&verify[..], &[&own]].concat());
                let all = [folder.read(&chain), folder.read("pki/ca.crt")].concat();
                folder.write("all.pem", all);
                let told = folder.tool("certtool", &["--verify-chain", "--infile", "all.pem"]);
                assert!(told.contains("Verified. The certificate is trusted."), "{kind} {name}: {told}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl; scripts/test.sh runs it"]
fn openssl_follows_a_manifest_with_its_revocations() {
    let folder = Folder::new();
    folder.write("pki.toml", MANIFEST);
    made(&folder, &["--manifest", "pki.toml"]);
    let verify = |name: &str| {
        let own = format!("pki/{name}.crt");
        let common = ["verify", "-x509_strict", "-crl_check", "-CRLfile", "pki/issuing.crl", "-CAfile", "pki/root.crt"];
        let arguments = [&common[..], &["-untrusted", "pki/issuing.crt", &own]].concat();
        text(&output(Command::new("openssl").args(arguments).current_dir(folder.path())))
    };
    assert!(verify("web").contains("OK"), "{}", verify("web"));
    assert!(verify("old").contains("certificate revoked"), "{}", verify("old"));
    let told = folder.tool("openssl", &["crl", "-in", "pki/issuing.crl", "-noout", "-text"]);
    assert!(told.contains("Key Compromise"), "{told}");
}

#[test]
#[ignore = "needs openssl; scripts/test.sh runs it"]
fn openssl_on_both_sides_verifies() {
    for kind in KINDS {
        let folder = Folder::new();
        made(&folder, &[&HOSTS[..], &["--client", "alice", "--intermediate", "--key", kind]].concat());
        let server = Server::start(&folder, &["-CAfile", "pki/ca.crt", "-Verify", "2", "-verify_return_error"]);
        let address = format!("127.0.0.1:{}", server.port);
        let common = ["s_client", "-verify_return_error", "-verify_hostname", "localhost", "-connect", &address];
        let own = ["-cert", "pki/alice.crt", "-key", "pki/alice.key", "-cert_chain", "pki/alice.fullchain.crt"];
        let run = |trusted: &[&str], own: &[&str]| {
            let arguments = [&common[..], trusted, own].concat();
            let mut child = Command::new("openssl")
                .args(arguments)
                .current_dir(folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("openssl s_client");
            let _ = child.stdin.take().expect("its input").write_all(b"GET / HTTP/1.0\r\n\r\n");
            text(&child.wait_with_output().expect("openssl s_client"))
        };
        let good = run(&["-CAfile", "pki/ca.crt", "-ign_eof"], &own);
        assert!(good.contains("Verify return code: 0 (ok)") && good.contains("HTTP/1.0 200 ok"), "{kind}: {good}");
        let bad = run(&["-no-CAfile", "-no-CApath", "-no-CAstore"], &own);
        assert!(!bad.contains("HTTP/1.0 200 ok"), "{kind}: {bad}");
    }
}

#[test]
#[ignore = "needs openssl, curl, python3, node and java; scripts/test.sh runs it"]
fn the_variables_make_every_program_trust_the_authority() {
    let folder = Folder::new();
    made(&folder, &HOSTS);
    // A public authority that is trusted before has to be trusted after: another authority plays it.
    let public = Folder::new();
    made(&public, &HOSTS);
    folder.write("public.pem", public.read("pki/ca.crt"));
    let script = folder.run(&["testpki", "pki", "--env", "sh", "--roots", "public.pem"]);
    folder.write("env.sh", &script);
    folder.write("get.py", "import sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).status)\n");
    folder.write(
        "get.js",
        "require('https').get(process.argv[2], r => { console.log(r.statusCode); r.resume(); })\
         .on('error', e => { console.error(e.code); process.exit(1); });\n",
    );
    folder.write(
        "Get.java",
        "public class Get { public static void main(String[] a) throws Exception {\n\
         var c = (java.net.HttpURLConnection) java.net.URI.create(a[0]).toURL().openConnection();\n\
         System.out.println(c.getResponseCode()); } }\n",
    );
    let programs: [(&str, bool); 4] = [
        ("curl -sS -o /dev/null -w '%{http_code}' \"$0\"", true),
        ("python3 get.py \"$0\"", true),
        ("java Get.java \"$0\"", true),
        // Its own authorities, which no file names, stay whatever is added.
        ("node get.js \"$0\"", false),
    ];
    let (ours, theirs) = (Server::start(&folder, &[]), Server::start(&public, &[]));
    for (program, reads_bundle) in programs {
        let run = |is_set: bool, url: &str| {
            let script = if is_set { format!(". ./env.sh; {program}") } else { program.to_owned() };
            let mut command = Command::new("sh");
            command.args(["-c", &script, url]).current_dir(folder.path()).stdin(Stdio::null());
            for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS"]
            {
                command.env_remove(name);
            }
            for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
                command.env_remove(name);
            }
            let output = output(&mut command);
            (output.status.success(), text(&output))
        };
        let (accepted, told) = run(true, &ours.url());
        assert!(accepted && told.contains("200"), "{program}: {told}");
        let (accepted, told) = run(false, &ours.url());
        assert!(!accepted, "{program} trusts it without the variables: {told}");
        if reads_bundle {
            let (accepted, told) = run(true, &theirs.url());
            assert!(accepted && told.contains("200"), "{program} forgot the public authorities: {told}");
        }
    }
}

#[test]
#[ignore = "needs go; scripts/test.sh runs it where Debian's is installed"]
fn the_variables_make_go_trust_the_authority() {
    let folder = Folder::new();
    made(&folder, &HOSTS);
    let script = folder.run(&["testpki", "pki", "--env", "sh"]);
    folder.write("env.sh", &script);
    folder.write(
        "get.go",
        "package main\nimport (\"fmt\"; \"net/http\"; \"os\")\nfunc main() {\n r, err := http.Get(os.Args[1])\n\
         if err != nil { fmt.Println(err); os.Exit(1) }\n fmt.Println(r.StatusCode)\n}\n",
    );
    folder.tool("go", &["build", "-o", "get", "get.go"]);
    let server = Server::start(&folder, &[]);
    let told =
        succeed(Command::new("sh").args(["-c", ". ./env.sh; ./get \"$0\"", &server.url()]).current_dir(folder.path()));
    assert!(told.contains("200"), "{told}");
}

#[test]
#[ignore = "needs openssl and keytool; scripts/test.sh runs it"]
fn an_answered_request_goes_through_every_keystore() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    folder.run(&["csr", "--common-name", "login", "--organization", "Example Inc"]);
    for (name, extra) in [("flat", &[][..]), ("deep", &["--intermediate"])] {
        folder.run(&[&["testpki", name, "--csr", "server.csr"], extra].concat());
        let (cert, chain) = (format!("{name}/server.crt"), format!("{name}/chain.pem"));
        let above = [folder.read(&format!("{name}/server.fullchain.crt")), folder.read(&format!("{name}/ca.crt"))];
        folder.write(&chain, above.concat());
        let (p12, jks) = (format!("{name}.p12"), format!("{name}.jks"));
        let password = ["--password-from", "env:PW"];
        folder.run(&[&["p12", "--cert", &cert, "--chain", &chain, "--out", &p12], &password[..]].concat());
        folder.run(&[&["jks", "--in", &p12, "--out", &jks], &password[..]].concat());
        let told =
            folder.run(&[&["verify", "server.key", "server.csr", &cert, &chain, &p12, &jks], &password[..]].concat());
        assert!(told.contains("good: "), "{told}");
        let told = folder.tool("keytool", &["-list", "-v", "-keystore", &jks, "-storepass", PASSWORD]);
        let length = if name == "deep" { 3 } else { 2 };
        assert!(told.contains(&format!("Certificate chain length: {length}")), "{told}");
        let ca = format!("{name}/ca.crt");
        folder.tool("openssl", &["verify", "-x509_strict", "-CAfile", &ca, "-untrusted", &chain, &cert]);
    }
}

#[test]
#[ignore = "needs keytool; scripts/test.sh runs it"]
fn java_and_openssl_open_the_keystores() {
    let folder = Folder::new();
    made(&folder, &["--host", "api.example.test", "--p12", "--jks", "--password-from", "env:PW"]);
    let told = folder.tool("keytool", &["-list", "-keystore", "pki/server.jks", "-storepass", PASSWORD]);
    assert!(told.contains("PrivateKeyEntry"), "{told}");
    let source = format!("pass:{PASSWORD}");
    folder.tool("openssl", &["pkcs12", "-in", "pki/server.p12", "-passin", &source, "-noenc", "-out", "all.pem"]);
}

#[test]
#[ignore = "needs pkilint from PyPI; scripts/test.sh runs it"]
fn pkilint_finds_no_error() {
    let python = env::var("CERTWRIGHT_PYTHON").expect("CERTWRIGHT_PYTHON names the Python that has pkilint");
    let folder = Folder::new();
    let hosts = ["--host", "api.example.test", "--host", "127.0.0.1"];
    // It takes neither localhost nor a wildcard for a domain name (RFC 1034, section 3.5).
    made(&folder, &[&hosts[..], &["--client", "alice@example.test", "--intermediate"]].concat());
    folder.run(&["testpki", "addresses", "--host", "::1", "--key", "rsa2048"]);
    folder.write("pki.toml", MANIFEST.replace("\"localhost\", ", ""));
    folder.run(&["testpki", "manifest", "--manifest", "pki.toml"]);
    let lint = |module: &str, options: &[&str], file: &str| {
        let module = format!("pkilint.bin.{module}");
        let arguments = [&["-m", &module, "lint", "-s", "ERROR"], options, &[file]].concat();
        let found = output(Command::new(&python).args(arguments).current_dir(folder.path()));
        assert!(found.status.success(), "{file}: {}", text(&found));
    };
    let mut count = 0;
    for sub in ["pki", "addresses", "manifest"] {
        for name in folder.names_of(sub) {
            if name.ends_with(".crt") && !name.ends_with(".fullchain.crt") {
                lint("lint_pkix_cert", &[], &format!("{sub}/{name}"));
                count += 1;
            }
        }
    }
    lint("lint_crl", &["-t", "CRL", "-p", "PKIX"], "manifest/issuing.crl");
    assert_eq!(count, 11);
}

/// An HTTPS server of rustls in this process, for one request.
#[test]
#[ignore = "needs curl; scripts/test.sh runs it"]
fn curl_talks_to_rustls() {
    let folder = Folder::new();
    made(&folder, &[&HOSTS[..], &["--client", "alice", "--intermediate"]].concat());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("the port").port();
    let config = server_config(&folder);
    let server = thread::spawn(move || {
        let (mut stream, _): (TcpStream, _) = listener.accept().expect("a client");
        let mut connection = ServerConnection::new(config).expect("a server");
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        let _ = tls.read(&mut [0; 1024]);
        let _ = tls.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        connection.send_close_notify();
        let _ = connection.complete_io(&mut stream);
    });
    let url = format!("https://127.0.0.1:{port}/");
    let own = ["--cert", "pki/alice.fullchain.crt", "--key", "pki/alice.key", "--cacert", "pki/ca.crt"];
    let told = folder.tool("curl", &[&["-sS", "--noproxy", "*", &url], &own[..]].concat());
    assert_eq!(told, "ok");
    server.join().expect("the server");
}

#[test]
fn subjects_say_what_they_are() {
    let folder = Folder::new();
    made(&folder, &["--host", "api.example.test", "--client", "alice", "--intermediate"]);
    for name in folder.names_of("pki").iter().filter(|name| name.ends_with(".crt")) {
        let found: Certificate = inspect::certificates(&folder.read(&format!("pki/{name}"))).expect(name).remove(0);
        assert!(found.subject().to_string().contains("OU=certwright test PKI: do not trust"), "{name}");
    }
    assert!(KeyKind::default() == KeyKind::P256);
}

/// The steps of the job in README.md, each in a shell of its own with the variables of those before it.
#[test]
#[ignore = "needs openssl and curl; scripts/test.sh runs it"]
fn the_job_of_the_readme_runs() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let job = readme.split("```").find(|block| block.starts_with("yaml\n  tls:")).expect("a job");
    let job = job.strip_prefix("yaml\n").expect("a language");
    assert_eq!(job.lines().count(), 5, "{job}");
    let steps: Vec<&str> = job.lines().filter_map(|line| line.trim().strip_prefix("- run: ")).collect();
    assert_eq!(steps.len(), 2, "{job}");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let folder = Folder::new();
    let path = support::program().parent().map(|folder| folder.to_string_lossy().into_owned()).expect("its folder");
    let path = format!("{path}:{}", env::var("PATH").unwrap_or_default());
    for step in steps {
        let mut command = Command::new("bash");
        // What the step leaves running ends with it.
        let step =
            format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT; {}", step.replace("8443", &free.to_string()));
        command.args(["-e", "-c", &step]).current_dir(folder.path()).stdin(Stdio::null());
        command.env("PATH", &path).env("GITHUB_ENV", "github.env").env("no_proxy", "localhost");
        for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] {
            command.env_remove(name);
        }
        if let Ok(set) = fs::read_to_string(folder.path().join("github.env")) {
            command.envs(set.lines().filter_map(|line| line.split_once('=')));
        }
        succeed(&mut command);
    }
    assert!(String::from_utf8_lossy(&folder.read("page.html")).contains("s_server"), "a page of openssl s_server");
}

/// What lies in a folder may have come with it: a password that others can read is not taken without being named, and a CA
/// whose key they can read draws a warning.
#[cfg(unix)]
#[test]
fn what_came_with_a_folder_is_not_trusted_unseen() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let manifest = "[authority.root]\n[leaf.web]\nissuer = \"root\"\nhosts = [\"localhost\"]\nformats = [\"jks\"]\n";
    folder.write("pki.toml", manifest);
    fs::create_dir(folder.path().join("pki")).expect("a folder");
    let password = folder.path().join("pki/keystore.pass.txt");
    let arguments = ["testpki", "pki", "--manifest", "pki.toml"];
    let refused = || {
        let told = output(&mut folder.certwright(&arguments));
        assert_eq!(told.status.code(), Some(2), "{}", text(&told));
        assert!(text(&told).contains("keystore.pass.txt: not used as the keystores' password"), "{}", text(&told));
        assert!(!folder.path().join("pki/web.jks").exists());
    };
    fs::write(&password, "known to everyone\n").expect("a file");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).expect("a mode");
    refused();
    fs::rename(&password, folder.path().join("elsewhere")).expect("moved");
    fs::set_permissions(folder.path().join("elsewhere"), fs::Permissions::from_mode(0o600)).expect("a mode");
    symlink(folder.path().join("elsewhere"), &password).expect("a link");
    refused();
    fs::remove_file(&password).expect("removed");
    folder.run(&arguments);
    assert!(!folder.run(&arguments).contains("warning"));
    fs::set_permissions(folder.path().join("pki/root.key"), fs::Permissions::from_mode(0o644)).expect("a mode");
    assert!(folder.run(&arguments).contains("warning: pki/root.key: others can read this CA's key"));
}
