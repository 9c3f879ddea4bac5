//! A token endpoint on loopback that judges as Salesforce's documents say, with other people's arithmetic: signatures are
//! verified by graviola.
#![allow(dead_code, reason = "each test uses its part")]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use certwright::Certificate;
use der::Decode;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

pub(crate) const CLIENT_ID: &str =
    "3MVG99OxTyEMCQ3gNp2PjkqeZKxnmAiG1xV4oHh9AKL_rSK.BoSVPGZHQukXnVjzRgSuQqGn75NL7yfkQcyy7";
pub(crate) const USERNAME: &str = "ADMIN-3dvj@force.com";
/// What no output may hold unless it is asked for.
pub(crate) const TOKEN: &str =
    "00Dxx0000001gPL!AR8AQJXg5oj8jXSgxJfA0lBog.39AsX.LVpxezPwuX5VAIrrbbHMuol7GQxnMeYMN7cj8EoWr";
pub(crate) const LONGEST: u64 = 300;

/// How the organisation is set up.
pub(crate) struct Org {
    /// The certificate that was uploaded.
    pub(crate) certificate: Certificate,
    pub(crate) audience: &'static str,
    /// Refused whatever the assertion says, if it is right otherwise: code and description.
    pub(crate) refuses: Option<(&'static str, &'static str)>,
    /// How far its clock is ahead of ours, in seconds.
    pub(crate) ahead: i64,
    pub(crate) seen: Mutex<Vec<String>>,
}

impl Org {
    pub(crate) fn new(certificate: &[u8]) -> Self {
        let certificate = certwright::inspect::certificate(certificate).expect("a certificate");
        let audience = "https://login.salesforce.com";
        Self { certificate, audience, refuses: None, ahead: 0, seen: Mutex::default() }
    }

    fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        now.saturating_add_signed(self.ahead)
    }

    /// The answer to a form, in the order of the documents.
    fn judge(&self, form: &str) -> Result<Value, (&'static str, &'static str)> {
        let field = |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        if field("grant_type") != Some("urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer") {
            return Err(("unsupported_grant_type", "grant type not supported"));
        }
        const INVALID: (&str, &str) = ("invalid_grant", "invalid assertion");
        let assertion = field("assertion").ok_or(INVALID)?;
        let (signed, signature) = assertion.rsplit_once('.').ok_or(INVALID)?;
        let (header, claims) = signed.split_once('.').ok_or(INVALID)?;
        let bytes = |part: &str| Base64UrlUnpadded::decode_vec(part).map_err(|_| INVALID);
        let object = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).map_err(|_| INVALID);
        let (header, claims, signature) = (object(header)?, object(claims)?, bytes(signature)?);
        if claims["iss"] != CLIENT_ID {
            return Err(("invalid_client_id", "client identifier invalid"));
        }
        if header["alg"] != "RS256" || !self.is_signed(signed.as_bytes(), &signature) {
            return Err(INVALID);
        }
        if claims["aud"] != self.audience {
            return Err(("invalid_grant", "audience is invalid"));
        }
        let expires = claims["exp"].as_u64().ok_or(INVALID)?;
        if expires <= self.now() || expires > self.now() + LONGEST {
            return Err(("invalid_grant", "expired authorization code"));
        }
        if claims["sub"] != USERNAME {
            return Err(("invalid_grant", "user hasn't approved this consumer"));
        }
        if let Some(id) = claims["jti"].as_str() {
            let mut seen = self.seen.lock().expect("the list of seen assertions");
            if seen.iter().any(|known| known == id) {
                return Err(INVALID);
            }
            seen.push(id.to_owned());
        }
        self.refuses.map_or(Ok(()), Err)?;
        Ok(json!({
            "access_token": TOKEN,
            "scope": "web openid api id",
            "instance_url": "https://yourInstance.salesforce.com",
            "id": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
            "token_type": "Bearer",
        }))
    }

    fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let certificate = x509_cert::Certificate::from_der(self.certificate.to_der()).expect("a certificate");
        let key = certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes().to_vec();
        let algorithms = rustls_graviola::default_provider().signature_verification_algorithms;
        let rs256 = algorithms.mapping.iter().find(|(scheme, _)| *scheme == rustls::SignatureScheme::RSA_PKCS1_SHA256);
        rs256.expect("RS256").1.iter().any(|algorithm| algorithm.verify_signature(&key, message, signature).is_ok())
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        let is_right = request.line == "POST /services/oauth2/token HTTP/1.1"
            && request.head.contains("content-type: application/x-www-form-urlencoded");
        let (status, body) = match self.judge(&request.body) {
            _ if !is_right => ("404 Not Found", json!({ "error": "not a token request" })),
            Ok(granted) => ("200 OK", granted),
            Err((code, description)) => ("400 Bad Request", json!({ "error": code, "error_description": description })),
        };
        let date = http_date(self.now());
        http(
            &format!("{status}\r\nDate: {date}\r\nContent-Type: application/json;charset=UTF-8"),
            body.to_string().as_bytes(),
        )
    }
}

/// `Date`, by counting the days since 1970.
fn http_date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    let day = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(days % 7).expect("a day")];
    format!(
        "{day}, {:02} {} {year} {:02}:{:02}:{:02} GMT",
        left + 1,
        names[month],
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// A response: `head` is its status with the headers.
pub(crate) fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What came.
pub(crate) struct Request {
    line: String,
    /// The headers, in lower case.
    head: String,
    body: String,
}

impl Request {
    pub(crate) fn body(&self) -> &str {
        &self.body
    }
}

fn read_request(stream: &mut dyn Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        let header = header.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head += &header;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim().to_owned(), head, body: String::from_utf8_lossy(&body).into_owned() })
}

type Respond = Arc<dyn Fn(&Request) -> Vec<u8> + Send + Sync>;

/// A server on a free port, which lives as long as the test's process.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// The endpoint of `org`, by HTTP.
    pub(crate) fn of(org: Org) -> Self {
        Self::answering(move |request| org.answer(request))
    }

    /// One that gives any request the octets of `respond`.
    pub(crate) fn answering(respond: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let respond: Respond = Arc::new(respond);
        Self::serving(move |stream, count| {
            let mut stream = stream;
            converse(&mut stream, &respond, count);
        })
    }

    /// The endpoint of `org`, by HTTPS with this certificate and key (PEM).
    pub(crate) fn with_tls(org: Org, certificate: &[u8], key: &[u8]) -> Self {
        let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>().expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(key).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the versions of TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        let config = Arc::new(config);
        let respond: Respond = Arc::new(move |request| org.answer(request));
        Self::serving(move |stream, count| {
            let connection = rustls::ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = rustls::StreamOwned::new(connection, stream);
            converse(&mut stream, &respond, count);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// A proxy that asks `target`, whatever host it is asked for, and counts.
    pub(crate) fn proxy(target: u16) -> Self {
        Self::serving(move |mut client, count| {
            let mut line = String::new();
            let mut reader = BufReader::new(client.try_clone().expect("a socket"));
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {}
            assert!(line.starts_with("CONNECT company.my.salesforce.com:443 "), "{line}");
            count.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(("127.0.0.1", target)).expect("the server");
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").expect("an answer");
            let (mut from, mut to) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let mut server = server;
            let _ = std::io::copy(&mut client, &mut server);
        })
    }

    /// One that reads what comes, answers `start` at once and `rest` byte by byte, each `pause` later.
    pub(crate) fn dripping(start: &'static [u8], rest: Vec<u8>, pause: Duration) -> Self {
        Self::serving(move |mut stream, count| {
            count.fetch_add(1, Ordering::SeqCst);
            let mut reader = stream.try_clone().expect("a socket");
            std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
            let mut write = |bytes: &[u8]| stream.write_all(bytes).and_then(|()| stream.flush()).is_ok();
            if write(start) {
                let _ = rest.iter().all(|byte| {
                    std::thread::sleep(pause);
                    write(&[*byte])
                });
            }
        })
    }

    fn serving(serve: impl Fn(TcpStream, &AtomicUsize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("the port").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let (serve, count) = (Arc::new(serve), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serve, count) = (serve.clone(), count.clone());
                std::thread::spawn(move || serve(stream, &count));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends `assertion` as it is, and gives the whole response.
    pub(crate) fn post(&self, assertion: &str) -> String {
        let body = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server");
        let head = "POST /services/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn converse(stream: &mut (impl Read + Write), respond: &Respond, count: &AtomicUsize) {
    let answer = match read_request(stream) {
        Some(request) => {
            count.fetch_add(1, Ordering::SeqCst);
            respond(&request)
        }
        None => http("400 Bad Request", b"what is this?"),
    };
    let _ = stream.write_all(&answer);
    let _ = stream.flush();
}

/// Longer than the client waits.
pub(crate) fn never() -> Vec<u8> {
    std::thread::sleep(Duration::from_secs(60));
    Vec::new()
}
