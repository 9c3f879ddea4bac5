//! Logging in, against a token endpoint on loopback that judges as Salesforce's documents say.
#![cfg(all(feature = "online", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use certwright::{Certificate, Validity, inspect};
use support::salesforce::{CLIENT_ID, Org, Server, TOKEN, USERNAME, http, never};
use support::{Folder, SUBJECT, fixture, output, read_fixture, text};

/// A folder with the guide's files.
fn setup() -> Folder {
    let folder = Folder::new();
    folder.run(&[&["init", ".", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
    folder
}

fn org(folder: &Folder) -> Org {
    Org::new(&folder.read("server.crt"))
}

fn login(folder: &Folder, url: &str, more: &[&str]) -> Command {
    let fields = ["salesforce", "login", "--instance-url", url, "--client-id", CLIENT_ID, "--username", USERNAME];
    let mut command = folder.certwright(&[&fields[..], more].concat());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
}

/// No token and no assertion is in what was told.
fn assert_discreet(output: &Output) {
    let told = text(output);
    assert!(!told.contains(&TOKEN[16..28]) && !told.contains("eyJ"), "{told}");
}

fn refuse(output: &Output, parts: &[&str]) {
    let told = text(output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_discreet(output);
    parts.iter().for_each(|part| assert!(told.contains(part), "{part}: {told}"));
}

fn fail(output: &Output, parts: &[&str]) {
    let told = text(output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_discreet(output);
    parts.iter().for_each(|part| assert!(told.contains(part), "{part}: {told}"));
}

/// The words of README.md, in their order.
#[test]
fn from_files_to_a_login() {
    let folder = Folder::new();
    let init = ["init", "jwt", "--iterations", "1000", "--password-from", "generate"];
    folder.run(&[&init[..], &SUBJECT].concat());
    let server = Server::of(Org::new(&folder.read("jwt/server.crt")));
    let url = server.url();
    let fields = ["--instance-url", &url, "--client-id", CLIENT_ID, "--username", USERNAME];
    let check = ["salesforce", "check", "jwt", "--password-from", "file:jwt/server.pass.txt", "--api-version", "64.0"];
    let told = folder.run(&[&check[..], &fields].concat());
    assert!(told.contains("good as far as it was checked"), "{told}");
    assert_eq!(server.count(), 0, "a check sends nothing");
    let told = output(&mut login(&folder, &url, &["--dir", "jwt"]));
    assert!(told.status.success(), "{}", text(&told));
    assert_discreet(&told);
    for part in ["logged in as ADMIN-3dvj@force.com", "005xx000001SwiUAAS", "00Dxx0000001gPLEAY", "web openid api id"] {
        assert!(text(&told).contains(part), "{part}: {}", text(&told));
    }
    assert_eq!(server.count(), 1);
}

#[test]
fn the_token_is_printed_when_asked_for_and_alone() {
    let folder = setup();
    let server = Server::of(org(&folder));
    let told = output(&mut login(&folder, &server.url(), &["--print-token"]));
    assert_eq!(String::from_utf8_lossy(&told.stdout), format!("{TOKEN}\n"));
    assert!(String::from_utf8_lossy(&told.stderr).contains("logged in as"));
    let told = output(&mut login(&folder, &server.url(), &["--json"]));
    assert_discreet(&told);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!((&json["ok"], json["scopes"][2].as_str()), (&serde_json::json!(true), Some("api")));
    let told = output(&mut login(&folder, &server.url(), &["--json", "--print-token"]));
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(json["access_token"], TOKEN);
}

#[test]
fn keys_wherever_they_lie() {
    let folder = setup();
    for store in ["p12", "jks"] {
        folder.run(&[store, "--key", "server.key", "--cert", "server.crt", "--password-from", "env:PW"]);
    }
    let server = Server::of(org(&folder));
    for key in ["server.key", "server.pass.key", "keystore.p12", "servercert.jks"] {
        let told = output(&mut login(&folder, &server.url(), &["--key", key, "--password-from", "env:PW"]));
        assert!(told.status.success(), "{key}: {}", text(&told));
    }
}

#[test]
fn each_refusal_is_explained_by_its_own_cause() {
    let folder = setup();
    for (code, description, cause) in [
        ("invalid_grant", "user hasn't approved this consumer", "Admin approved users are pre-authorized"),
        ("invalid_grant", "invalid assertion", "upload server.crt of this key"),
        ("invalid_grant", "audience is invalid", "copy Current My Domain URL"),
        ("invalid_grant", "expired authorization code", "expired when it arrived"),
        ("app_not_found", "External client app is not installed in this org", "lives in another organisation"),
        ("invalid_client_id", "client identifier invalid", "copy it anew"),
        ("invalid_app_access", "user is not admin approved to access this app", "permission set of theirs is selected"),
        ("unsupported_grant_type", "grant type not supported", "Enable JWT Bearer Flow"),
        ("invalid_grant", "ip restricted", "Login IP Ranges"),
        ("invalid_grant", "inactive user", "Unfreeze"),
        ("invalid_grant", "Login rate exceeded", "keep the access token"),
    ] {
        let server = Server::of(Org { refuses: Some((code, description)), ..org(&folder) });
        let told = output(&mut login(&folder, &server.url(), &[]));
        let unwrapped = text(&told).split_whitespace().collect::<Vec<_>>().join(" ");
        refuse(&told, &[&format!("NOT logged in: {code}: {description}")]);
        assert!(unwrapped.contains(cause), "{description}: {unwrapped}");
        let told = output(&mut login(&folder, &server.url(), &["--json"]));
        refuse(&told, &[]);
        let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        assert_eq!(json["error_description"], description);
        assert_eq!(json["meanings"].as_array().map(Vec::len), Some(1), "{json}");
    }
}

/// What the endpoint finds out by itself, and what the local checks have excluded by then.
#[test]
fn what_the_endpoint_finds() {
    let folder = setup();
    // The certificate of another key was uploaded.
    let other = Server::of(Org::new(&read_fixture("openssl/v3.crt")));
    let told = output(&mut login(&folder, &other.url(), &[]));
    refuse(
        &told,
        &[
            "invalid assertion",
            "cause 1   the certificate in the app is of another key",
            "not this  the certificate here is of another key too",
        ],
    );

    let sandbox = Server::of(Org { audience: "https://test.salesforce.com", ..org(&folder) });
    refuse(&output(&mut login(&folder, &sandbox.url(), &[])), &["audience is invalid"]);
    let told = output(&mut login(&folder, &sandbox.url(), &["--audience", "sandbox"]));
    assert!(told.status.success(), "{}", text(&told));

    for (ahead, word) in [(3600, "behind"), (-3600, "ahead of")] {
        let late = Server::of(Org { ahead, ..org(&folder) });
        let told = output(&mut login(&folder, &late.url(), &[]));
        refuse(
            &told,
            &[
                "expired authorization code",
                "this computer's clock is",
                word,
                "cause 1   this computer's clock is wrong",
            ],
        );
    }

    let server = Server::of(org(&folder));
    let mut command = folder.certwright(&["salesforce", "login", "--instance-url", &server.url()]);
    let told = output(command.args(["--client-id", CLIENT_ID, "--username", "somebody@example.com"]));
    refuse(&told, &["user hasn't approved this consumer"]);
    let mut command = folder.certwright(&["salesforce", "login", "--instance-url", &server.url()]);
    let told = output(command.args(["--client-id", &CLIENT_ID[..80], "--username", USERNAME]));
    refuse(&told, &["client identifier invalid", "Consumer Key"]);
}

#[test]
fn nothing_wrong_is_sent() {
    let folder = setup();
    let server = Server::of(org(&folder));
    let url = server.url();
    fail(
        &output(&mut login(&folder, &url, &["--cert", &fixture("openssl/other.crt")])),
        &["is not the certificate of the key in server.key"],
    );
    let (short, its_own) = (fixture("openssl/rsa1024.pem"), fixture("openssl/rsa1024.crt"));
    fail(&output(&mut login(&folder, &url, &["--key", &short, "--cert", &its_own])), &["RSA-1024", "too short"]);
    fail(&output(&mut login(&folder, &url, &["--key", &fixture("openssl/ec.pem")])), &["EC P-256"]);
    let mut command = folder.certwright(&["salesforce", "login", "--instance-url", &url, "--client-id", CLIENT_ID]);
    fail(&output(command.args(["--username", "somebody"])), &["form of an email address"]);
    let told = output(&mut login(&folder, "https://a--b.sandbox.my.salesforce.com", &["--audience", "production"]));
    fail(&told, &["use --audience sandbox"]);
    let told = output(&mut login(&folder, "https://company.lightning.force.com/x", &[]));
    fail(&told, &["write https://company.my.salesforce.com"]);
    assert_eq!(server.count(), 0);
}

#[test]
fn answers_that_are_none() {
    let folder = setup();
    let echo = format!("<html>{TOKEN}</html>");
    let location = format!("302 Found\r\nLocation: https://company.my.salesforce.com/?token={TOKEN}");
    for (answer, fact) in [
        (http("200 OK\r\nContent-Type: text/html", echo.as_bytes()), "a web page (HTTP 200)"),
        (http("503 Service Unavailable", b""), "with nothing (HTTP 503)"),
        (Vec::new(), "no answer from 127.0.0.1"),
        (b"SSH-2.0-OpenSSH_9\r\n".to_vec(), "127.0.0.1"),
        (http("200 OK", &vec![b'x'; 10 << 20]), "larger than 64 KB"),
        (http("200 OK", TOKEN.as_bytes()), "is no JSON object"),
        (http("200 OK", b"{}"), "neither a token nor an error"),
        (http(&location, b""), "redirection (HTTP 302), to https://company.my.salesforce.com"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(), "127.0.0.1"),
    ] {
        let server = Server::answering(move |_| answer.clone());
        let told = output(&mut login(&folder, &server.url(), &[]));
        fail(&told, &["error: ", fact, "hint: "]);
        // A redirection would be a second request.
        assert_eq!(server.count(), 1, "{fact}");
        fail(&output(&mut login(&folder, &server.url(), &["--json"])), &["\"error\""]);
    }
    // A port where nobody listens.
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("the port").port();
    fail(&output(&mut login(&folder, &format!("http://127.0.0.1:{free}"), &[])), &["no answer from 127.0.0.1"]);
}

/// Parts of the token and the assertion, wherever a server can put them, apart or encoded.
#[test]
fn parts_of_secrets_are_left_out() {
    let folder = setup();
    type Split = fn(&str, usize) -> String;
    let splits: [(&str, Split); 5] = [
        ("whole", |secret, _| secret.to_owned()),
        ("words", |secret, length| pieces(secret, length).join(" ")),
        ("invisible", |secret, length| pieces(secret, length).join("\u{200b}")),
        ("controls", |secret, length| pieces(secret, length).join("\u{1b}")),
        ("encoded", |secret, _| secret.bytes().map(|byte| format!("%{byte:02x}")).collect()),
    ];
    for (name, split) in splits {
        for length in [60, 16] {
            let server = Server::answering(move |request| {
                let sent = request.body().rsplit('=').next().unwrap_or_default().to_owned();
                let parts = format!("{} {}", split(TOKEN, length), split(&sent, length));
                let body = serde_json::json!({
                    "access_token": TOKEN,
                    "scope": parts,
                    "instance_url": format!("https://{parts}"),
                    "id": format!("https://x/{}/{}", split(&sent, length), split(TOKEN, length)),
                });
                http(&format!("200 {}\r\nDate: {sent}", &sent[..40]), body.to_string().as_bytes())
            });
            for json in [&[][..], &["--json"]] {
                let told = output(&mut login(&folder, &server.url(), json));
                assert!(told.status.success(), "{name}: {}", text(&told));
                let shown = text(&told);
                let bare: String = shown.replace("\\u{200b}", "").replace("\\u{1b}", "").replace(['\n', ' '], "");
                for window in TOKEN.as_bytes().windows(16).map(|window| std::str::from_utf8(window).expect("ASCII")) {
                    assert!(!shown.contains(window) && !bare.contains(window), "{name}: {shown}");
                }
                assert!(!bare.contains("eyJhbGciOiJSUzI1"), "{name}: {shown}");
            }
            let refusing = Server::answering(move |request| {
                let sent = request.body().rsplit('=').next().unwrap_or_default().to_owned();
                let body = serde_json::json!({ "error": &sent[..15], "error_description": split(&sent, length) });
                http("400 Bad Request", body.to_string().as_bytes())
            });
            for json in [&[][..], &["--json"]] {
                let told = output(&mut login(&folder, &refusing.url(), json));
                assert_eq!(told.status.code(), Some(1), "{name}: {}", text(&told));
                let bare: String = text(&told).replace("\\u{200b}", "").replace("\\u{1b}", "").replace(['\n', ' '], "");
                assert!(!bare.contains("eyJhbGciOiJSUzI1"), "{name}: {}", text(&told));
            }
        }
    }
}

fn pieces(secret: &str, length: usize) -> Vec<String> {
    secret.as_bytes().chunks(length).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

#[test]
fn a_token_for_no_terminal_is_refused() {
    let folder = setup();
    for token in ["a\u{1b}]0;x\u{7}", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{9b}b"] {
        let body = serde_json::json!({ "access_token": token }).to_string();
        let server = Server::answering(move |_| http("200 OK", body.as_bytes()));
        for more in [&["--print-token"][..], &["--print-token", "--json"], &[]] {
            let told = output(&mut login(&folder, &server.url(), more));
            fail(&told, &["a token with characters that no token has"]);
            assert!(text(&told).is_ascii() && !text(&told).contains(['\u{1b}', '\u{7}']), "{}", text(&told));
        }
    }
}

/// An echo of what was sent, or of the token, in the words of a refusal.
#[test]
fn a_talkative_server_gives_nothing_away() {
    let folder = setup();
    let server = Server::answering(|request| {
        let body =
            serde_json::json!({ "error": "invalid_grant", "error_description": format!("bad {}", request.body()) });
        http("400 Bad Request", body.to_string().as_bytes())
    });
    refuse(&output(&mut login(&folder, &server.url(), &[])), &["NOT logged in: invalid_grant: bad [..]"]);
}

#[test]
#[ignore = "waits out the limit of 30 seconds"]
fn slow_answers_end() {
    let folder = setup();
    let server = Server::answering(|_| never());
    fail(&output(&mut login(&folder, &server.url(), &[])), &["no whole answer from 127.0.0.1 within 30 seconds"]);
}

/// A listener who never accepts: when its queue is full, Linux lets further calls wait.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "waits out the limit of 10 seconds"]
fn calls_that_nobody_takes_end() {
    let folder = setup();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("the port");
    let call = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500));
    let waiting: Vec<_> = std::iter::from_fn(|| call().ok()).take(10_000).collect();
    assert!(!waiting.is_empty() && call().is_err(), "the queue has no end");
    fail(
        &output(&mut login(&folder, &format!("http://{address}"), &[])),
        &["no connection to 127.0.0.1 within 10 seconds"],
    );
}

/// A proxy, and a server behind one, that are slow in every way: one deadline holds for the name, the connection, the
/// proxy and TLS together.
#[test]
fn a_slow_proxy_holds_nobody() {
    const CONNECTED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
    let folder = &setup();
    let endless = || [b"HTTP/1.1 200 ".to_vec(), vec![b'x'; 4000]].concat();
    // A record of 16 KB that never ends.
    let record = || [b"\x16\x03\x03\x40\x00".to_vec(), vec![0; 4000]].concat();
    let (slow, quick) = (Duration::from_secs(4), Duration::from_millis(100));
    let cases = [
        (Server::dripping(b"", CONNECTED.to_vec(), slow), "no whole answer from the proxy"),
        (Server::dripping(b"", [CONNECTED, CONNECTED, CONNECTED].concat(), Duration::from_millis(900)), "the proxy"),
        (Server::dripping(b"", endless(), quick), "no whole answer from the proxy"),
        (Server::dripping(b"HTTP/1.1 200 OK\r\nA: ", endless(), quick), "no whole answer from the proxy"),
        (Server::dripping(CONNECTED, record(), quick), "no TLS connection to company.my.salesforce.com"),
        (Server::dripping(CONNECTED, record(), slow), "no TLS connection to company.my.salesforce.com"),
    ];
    std::thread::scope(|scope| {
        for (proxy, fact) in &cases {
            scope.spawn(move || {
                let begun = std::time::Instant::now();
                let mut command = login(folder, "https://company.my.salesforce.com", &[]);
                let told = output(command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)));
                fail(&told, &[fact, "within 10 seconds"]);
                assert!(begun.elapsed() < Duration::from_secs(20), "{fact}: {:?}", begun.elapsed());
            });
        }
    });
}

#[test]
#[ignore = "waits out the limit of 30 seconds"]
fn an_answer_byte_by_byte_ends() {
    let folder = setup();
    let answer = http("200 OK", &vec![b' '; 1000]);
    let server = Server::dripping(b"", answer, Duration::from_millis(500));
    let begun = std::time::Instant::now();
    let told = output(&mut login(&folder, &server.url(), &[]));
    fail(&told, &["no whole answer from 127.0.0.1 within 30 seconds"]);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

/// What a proxy answers is said of the proxy, whatever is in it.
#[test]
fn a_proxy_is_told_apart_from_the_server() {
    let folder = setup();
    let url = "https://company.my.salesforce.com";
    for (answer, fact) in [
        (http("407 Proxy Authentication Required", b""), "through (HTTP 407)"),
        (http("403 \u{1b}[31m", b""), "the proxy 127.0.0.1:"),
        (http("407 No\r\nX: \u{1b}[31m", b""), "what the proxy 127.0.0.1:"),
        (b"SSH-2.0-OpenSSH_9\r\n".to_vec(), "what the proxy 127.0.0.1:"),
        (Vec::new(), "it ends it without an answer"),
    ] {
        let proxy = Server::answering(move |_| answer.clone());
        let told = output(login(&folder, url, &[]).env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)));
        fail(&told, &[fact]);
        assert!(!text(&told).contains(['\u{1b}', '\r']), "{}", text(&told));
    }
    // One that NO_PROXY passes by is not named.
    let mut command = login(&folder, "https://localhost.invalid", &[]);
    let told = output(command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("NO_PROXY", ".invalid"));
    fail(&told, &["localhost.invalid"]);
    assert!(!text(&told).contains("by way of the proxy"), "{}", text(&told));
}

/// The certificate of the server is one that we made.
fn tls(folder: &Folder, name: &str) -> Server {
    folder.run(&["genkey", "--unencrypted", "--out", "tls.key"]);
    folder.run(&[
        "csr",
        "--key",
        "tls.key",
        "--out",
        "tls.csr",
        "--common-name",
        name,
        "--san",
        &format!("DNS:{name}"),
    ]);
    folder.run(&["selfsign", "--csr", "tls.csr", "--key", "tls.key", "--out", "tls.crt"]);
    Server::with_tls(org(folder), &folder.read("tls.crt"), &folder.read("tls.key"))
}

#[test]
fn tls_with_a_certificate_of_ours() {
    let folder = setup();
    let server = tls(&folder, "localhost");
    let url = format!("https://localhost:{}", server.port);
    let told = output(login(&folder, &url, &[]).env("SSL_CERT_FILE", "tls.crt"));
    assert!(told.status.success(), "{}", text(&told));
    assert!(text(&told).contains("logged in as"), "{}", text(&told));

    let told = output(login(&folder, &url, &[]).env("SSL_CERT_FILE", fixture("openssl/v3.crt")));
    fail(
        &told,
        &["cannot be verified", "no authority that is trusted here", "trust store: SSL_CERT_FILE=", "corporate proxy"],
    );
    let told =
        output(login(&folder, &format!("https://127.0.0.1:{}", server.port), &[]).env("SSL_CERT_FILE", "tls.crt"));
    fail(&told, &["it is for another name"]);
    assert_eq!(server.count(), 1, "nothing is sent to a server that is not verified");

    // HTTP where TLS is due.
    let plain = Server::of(org(&folder));
    let told =
        output(login(&folder, &format!("https://localhost:{}", plain.port), &[]).env("SSL_CERT_FILE", "tls.crt"));
    fail(&told, &["no TLS connection to localhost"]);
}

#[test]
fn a_proxy_is_gone_through() {
    let folder = setup();
    let server = tls(&folder, "company.my.salesforce.com");
    let proxy = Server::proxy(server.port);
    let url = "https://company.my.salesforce.com";
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let mut command = login(&folder, url, &[]);
        command.env(variable, format!("http://127.0.0.1:{}", proxy.port)).env("SSL_CERT_FILE", "tls.crt");
        let told = output(&mut command);
        assert!(told.status.success(), "{}", text(&told));
    }
    assert_eq!((proxy.count(), server.count()), (2, 2));
    // One that wants to know who asks, or lets nobody through.
    for status in ["407 Proxy Authentication Required", "403 Forbidden"] {
        let closed = Server::answering(move |_| http(status, b""));
        let told =
            output(login(&folder, url, &[]).env("HTTPS_PROXY", format!("http://me:hunter2@127.0.0.1:{}", closed.port)));
        fail(&told, &["does not let the connection to company.my.salesforce.com through"]);
        assert!(!text(&told).contains("hunter2"), "{}", text(&told));
    }
    // What opens TLS on the way.
    let mut command = login(&folder, url, &[]);
    command
        .env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port))
        .env("SSL_CERT_FILE", fixture("openssl/v3.crt"));
    fail(&output(&mut command), &["cannot be verified, by way of the proxy 127.0.0.1:", "add its authority"]);
    let told =
        output(login(&folder, url, &[]).env("HTTPS_PROXY", "http://user:hunter2@").env("SSL_CERT_FILE", "tls.crt"));
    fail(&told, &["HTTPS_PROXY does not name a proxy"]);
    assert!(!text(&told).contains("hunter2"));
    // A server on this computer is not asked by way of a proxy.
    let local = Server::of(org(&folder));
    let told = output(login(&folder, &local.url(), &[]).env("HTTPS_PROXY", "http://127.0.0.1:1"));
    assert!(told.status.success(), "{}", text(&told));
}

/// A certificate of the folder's key that is valid for a day from `from` on.
fn certify(folder: &Folder, from: SystemTime) {
    let inspect::FoundKey::Open(key) = inspect::private_key(&folder.read("server.key")).expect("a key") else {
        panic!("a locked key")
    };
    let request = inspect::cert_request(&folder.read("server.csr")).expect("a request");
    let validity = Validity::days(1, from).expect("a day");
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let certificate = Certificate::self_signed(&request, &key, validity, &mut rng).expect("a certificate");
    folder.write("server.crt", certificate.to_pem().as_bytes());
}

/// Salesforce may take an expired certificate still; one that is not valid yet tells of a wrong clock.
#[test]
fn the_dates_of_the_certificate() {
    let folder = setup();
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let fields = ["--client-id", CLIENT_ID, "--username", USERNAME];
    let sign = [&["jwt", "sign", "--cert", "server.crt", "--audience", "production"][..], &fields].concat();
    let check = ["salesforce", "check", "server.key", "server.crt"];

    certify(&folder, SystemTime::now() - week);
    let server = Server::of(org(&folder));
    let told = output(&mut login(&folder, &server.url(), &[]));
    assert!(told.status.success(), "{}", text(&told));
    assert!(text(&told).contains("warning: server.crt: expired on"), "{}", text(&told));
    let told = folder.run(&check);
    assert!(told.contains("warning  server.crt: expired on") && told.contains("may accept it still"), "{told}");
    let token = output(&mut folder.certwright(&sign));
    assert!(String::from_utf8_lossy(&token.stderr).contains("expired on"), "{}", text(&token));
    folder.write("token", &token.stdout);
    let told = folder.run(&["jwt", "check", "token"]);
    assert!(told.contains("warning  server.crt: expired on"), "{told}");

    certify(&folder, SystemTime::now() + week);
    fail(&output(&mut folder.certwright(&sign)), &["the clock of this computer says", "one of them is wrong"]);
    let told = output(&mut folder.certwright(&check));
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    assert!(text(&told).contains("fails    server.crt: the clock of this computer says"), "{}", text(&told));
}

/// Python reads the TOML of the hand-off, whatever the path of the key is called.
#[test]
#[ignore = "needs Python 3.11"]
fn python_reads_the_toml() {
    let folder = setup();
    let odd = if cfg!(windows) { "a 'b' \u{fc}\u{20ac}.pem" } else { "a \"b\" 'c' \\ \u{fc}\u{20ac}\u{7f}.pem" };
    let plain = odd.replace('\u{7f}', "");
    folder.write(&plain, folder.read("server.key"));
    let fields =
        ["--client-id", CLIENT_ID, "--username", USERNAME, "--instance-url", "https://company.my.salesforce.com"];
    let handoff = ["salesforce", "handoff", "--flow", "jwt", "--api-version", "64.0", "--format", "toml", "--key"];
    let told = output(&mut folder.certwright(&[&handoff[..], &[&plain], &fields].concat()));
    folder.write("handoff.toml", &told.stdout);
    let script = "import tomllib,sys; t=tomllib.load(open('handoff.toml','rb')); sys.stdout.buffer.write(t['client_key_path'].encode()); assert t['certificate']['not_after'].year > 2000";
    let read = folder.tool("python3", &["-c", script]);
    assert!(read.ends_with(&plain), "{read}");
    // A control character in a path is no value of a field.
    if plain != odd {
        folder.write(odd, folder.read("server.key"));
        fail(
            &output(&mut folder.certwright(&[&handoff[..], &[odd], &fields].concat())),
            &["cannot be written as text"],
        );
    }
}

/// A jti is good for one use: the second request with one assertion is refused, one without jti is not.
#[test]
fn replays_are_refused_by_their_id() {
    let folder = setup();
    let server = Server::of(org(&folder));
    let sign = ["jwt", "sign", "--client-id", CLIENT_ID, "--username", USERNAME, "--audience", "production"];
    for (more, second) in [(&["--jti"][..], "400"), (&[], "200")] {
        let token = folder.run(&[&sign[..], more].concat());
        assert!(server.post(token.trim()).starts_with("HTTP/1.1 200"));
        assert!(server.post(token.trim()).starts_with(&format!("HTTP/1.1 {second}")));
    }
}
