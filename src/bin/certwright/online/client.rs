//! HTTP by ureq, TLS by rustls with graviola's cryptography (Rust and verified assembly, no C), the platform's trust store.

use std::io::{self, Read};
use std::sync::Arc;

use certwright::error::printable;
use certwright::salesforce::InstanceUrl;
use certwright::salesforce::answer::LARGEST;
use certwright::{Error, ErrorKind, Result, time};
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Proxy};
use zeroize::Zeroizing;

use super::Reply;
use super::exchange::{Exchange, Stage};
use super::provider::provider;

/// The variables that ureq looks at, in its order.
const PROXY_VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

pub(super) fn post(instance: &InstanceUrl, form: &[u8]) -> Result<Reply> {
    let url: Uri = instance
        .token_url()
        .parse()
        .map_err(|_| Error::new(ErrorKind::Usage, "the instance URL is no URL").with_hint("check the instance URL"))?;
    // One that NO_PROXY passes by is not used, and not named.
    let proxy = if instance.is_loopback() { None } else { proxy()?.filter(|proxy| !proxy.is_no_proxy(&url)) };
    let via = proxy.as_ref().map(|proxy| printable(format!("{}:{}", proxy.host(), proxy.port())));
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("certwright/", env!("CARGO_PKG_VERSION")))
        .build();
    let exchange = Exchange::new(url.clone());
    let failed = |error| in_words(error, &exchange, instance, via.as_deref());
    let mut response = exchange
        .agent(config)
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .send(form)
        .map_err(failed)?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let location = header("location").map(str::to_owned);
    let date = header("date").and_then(time::parse_http_date);
    let status = response.status().as_u16();
    // Allocated once: a buffer that grows leaves tokens behind.
    let mut body = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    let reader = response.body_mut().as_reader();
    reader.take(LARGEST as u64 + 1).read_to_end(&mut body).map_err(|error| failed(error.into()))?;
    Ok(Reply { status, location, date, body })
}

/// The proxy that the environment names. One that cannot be read is not passed over.
fn proxy() -> Result<Option<Proxy>> {
    let proxy = Proxy::try_from_env();
    let named = PROXY_VARIABLES.iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    match (proxy, named) {
        // Its value may hold a password.
        (None, Some(name)) => {
            Err(Error::new(ErrorKind::Usage, format!("{name} does not name a proxy that can be used"))
                .with_hint("write it as http://host:port or http://user:password@host:port, or unset it"))
        }
        (proxy, _) => Ok(proxy),
    }
}

fn in_words(error: ureq::Error, exchange: &Exchange, instance: &InstanceUrl, via: Option<&str>) -> Error {
    let host = instance.host();
    let way = via.map_or(String::new(), |via| format!(", by way of the proxy {via}"));
    let network = match via {
        Some(_) => "check the network, and that HTTPS_PROXY names the right proxy",
        None => "check the network; behind a corporate proxy set HTTPS_PROXY=http://host:port",
    };
    let io = |fact: String, hint: &str| Error::new(ErrorKind::Io, fact).with_hint(hint.to_owned());
    let (stage, is_proxy) = exchange.stage();
    let (peer, way) = match via.filter(|_| is_proxy) {
        Some(via) => (format!("the proxy {via}"), String::new()),
        None => (host.to_owned(), way),
    };
    match error {
        ureq::Error::Timeout(_) => {
            let what = match stage {
                Stage::Resolving => "no address of",
                Stage::Connecting => "no connection to",
                Stage::Handshake => "no TLS connection to",
                Stage::AskingProxy | Stage::Exchanging => "no whole answer from",
            };
            io(format!("{what} {peer} within {} seconds{way}", exchange.limit().as_secs()), network)
        }
        ureq::Error::HostNotFound => io(format!("no address of {peer} is known{way}"), network),
        ureq::Error::ConnectProxyFailed(reason) => {
            // "proxy server responded 407/407", or that it did not.
            let status = reason.split(|character: char| !character.is_ascii_digit()).find(|status| status.len() == 3);
            let fact = match status {
                Some(status) => format!("{peer} does not let the connection to {host} through (HTTP {status})"),
                None => format!("{peer} does not let the connection to {host} through: it ends it without an answer"),
            };
            io(
                fact,
                "ask those who run the proxy; put user name and password into HTTPS_PROXY, as http://user:password@host:port",
            )
        }
        ureq::Error::Rustls(error) => tls(&error, &peer, &way),
        // A handshake that fails comes as an error of reading.
        ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => tls(error, &peer, &way),
            None if stage == Stage::Resolving => {
                io(format!("no address of {peer} is known{way}"), network).with_source(error)
            }
            // Only the system's own words, and those of an end that came early: others could repeat what was sent.
            None => match error.raw_os_error().is_some() || error.kind() == io::ErrorKind::UnexpectedEof {
                true => io(format!("no answer from {peer}{way}"), network).with_source(error),
                false => io(format!("no answer from {peer}{way}"), network),
            },
        },
        // Of the others none is named that could repeat what was sent or received.
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            let hint = match is_proxy {
                true => "check that HTTPS_PROXY names the right proxy and its port",
                false => "check the instance URL and its port",
            };
            Error::new(ErrorKind::Malformed, format!("what {peer} answers is not HTTP{way}")).with_hint(hint)
        }
        _ => io(format!("no answer from {peer}{way}"), network),
    }
}

fn tls(error: &rustls::Error, peer: &str, way: &str) -> Error {
    match error {
        rustls::Error::InvalidCertificate(reason) => {
            let fact = format!("the certificate of {peer} cannot be verified{way}: {}", of_certificate(reason));
            Error::new(ErrorKind::Policy, format!("{fact} (trust store: {})", trust_store())).with_hint(ADDING)
        }
        error => {
            Error::new(ErrorKind::Io, format!("no TLS connection to {peer}{way} (trust store: {})", trust_store()))
                .with_hint("check the instance URL and its port, and what a proxy in between does")
                .with_source(error.clone())
        }
    }
}

/// rustls' own words for most of these are Rust's, as a debugger shows them.
fn of_certificate(reason: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as Reason;
    match reason {
        Reason::UnknownIssuer => "no authority that is trusted here has issued it",
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => "it is for another name",
        Reason::Expired | Reason::ExpiredContext { .. } => "it has expired, or the clock here is wrong",
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => "it is not valid yet, or the clock here is wrong",
        Reason::Revoked => "it was revoked",
        Reason::BadEncoding => "it is damaged",
        Reason::BadSignature => "its signature does not hold",
        Reason::UnsupportedSignatureAlgorithmContext { .. }
        | Reason::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed with an algorithm that is not accepted, such as SHA-1"
        }
        Reason::InvalidPurpose | Reason::InvalidPurposeContext { .. } => "it is not for servers",
        Reason::UnhandledCriticalExtension => "it has a critical extension that is not known here",
        Reason::UnknownRevocationStatus
        | Reason::ExpiredRevocationList
        | Reason::ExpiredRevocationListContext { .. } => "whether it was revoked could not be found out",
        _ => "the trust store does not accept it",
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
fn trust_store() -> String {
    // What rustls-native-certs reads: these two, else the distribution's own.
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", printable(std::env::var_os(name)?))));
    let named: Vec<String> = named.collect();
    if named.is_empty() { "the system's, such as /etc/ssl/certs".to_owned() } else { named.join(", ") }
}

#[cfg(not(any(windows, target_os = "macos")))]
const ADDING: &str = "if a corporate proxy opens TLS, add its authority: as .crt to /usr/local/share/ca-certificates, then \
                      update-ca-certificates (Debian); to /etc/pki/ca-trust/source/anchors, then update-ca-trust (Fedora); \
                      or name a PEM file with SSL_CERT_FILE";

#[cfg(target_os = "macos")]
fn trust_store() -> String {
    "the keychains of this Mac".to_owned()
}

#[cfg(target_os = "macos")]
const ADDING: &str =
    "if a corporate proxy opens TLS, add its authority in Keychain Access to System, and trust it always";

#[cfg(windows)]
fn trust_store() -> String {
    "Windows' certificate store".to_owned()
}

#[cfg(windows)]
const ADDING: &str =
    "if a corporate proxy opens TLS, add its authority to Trusted Root Certification Authorities (certlm.msc)";
