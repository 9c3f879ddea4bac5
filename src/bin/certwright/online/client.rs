//! HTTP by ureq, TLS by rustls with graviola's cryptography (Rust and verified assembly, no C), the platform's trust store.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use certwright::error::printable;
use certwright::salesforce::InstanceUrl;
use certwright::salesforce::answer::LARGEST;
use certwright::{Error, ErrorKind, Result, time};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Proxy, Timeout};
use zeroize::Zeroizing;

use super::Reply;
use super::provider::provider;

/// To a connection with TLS; to the last octet of the answer.
const CONNECT: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);

/// The variables that ureq looks at, in its order.
const PROXY_VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

pub(super) fn post(instance: &InstanceUrl, form: &[u8]) -> Result<Reply> {
    let proxy = if instance.is_loopback() { None } else { proxy()? };
    let via = proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let agent: Agent = Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(TOTAL))
        .user_agent(concat!("certwright/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let failed = |error| in_words(error, instance, via.as_deref());
    let mut response = agent
        .post(instance.token_url())
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

fn in_words(error: ureq::Error, instance: &InstanceUrl, via: Option<&str>) -> Error {
    let host = instance.host();
    let way = via.map_or(String::new(), |via| format!(", by way of the proxy {via}"));
    let network = match via {
        Some(_) => "check the network, and that HTTPS_PROXY names the right proxy",
        None => "check the network; behind a corporate proxy set HTTPS_PROXY=http://host:port",
    };
    let io = |fact: String, hint: &str| Error::new(ErrorKind::Io, fact).with_hint(hint.to_owned());
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            io(format!("no connection to {host} within {} seconds{way}", CONNECT.as_secs()), network)
        }
        ureq::Error::Timeout(_) => {
            io(format!("no whole answer from {host} within {} seconds{way}", TOTAL.as_secs()), network)
        }
        ureq::Error::HostNotFound => io(
            format!("no host is called {host}{way}"),
            "check the instance URL; behind a corporate proxy set HTTPS_PROXY=http://host:port",
        ),
        ureq::Error::ConnectProxyFailed(_) => io(
            format!(
                "the proxy{} does not let the connection to {host} through",
                via.map_or(String::new(), |via| format!(" {via}"))
            ),
            "ask those who run the proxy; put user name and password into HTTPS_PROXY, as http://user:password@host:port",
        ),
        ureq::Error::Rustls(error) => tls(&error, host, &way),
        // A handshake that fails comes as an error of reading.
        ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => tls(error, host, &way),
            None => io(format!("no answer from {host}{way}"), network).with_source(error),
        },
        // Of the others none is named that could repeat what was sent or received.
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            Error::new(ErrorKind::Malformed, format!("what {host} answers is not HTTP{way}"))
                .with_hint("check the instance URL and its port")
        }
        _ => io(format!("no answer from {host}{way}"), network),
    }
}

fn tls(error: &rustls::Error, host: &str, way: &str) -> Error {
    match error {
        rustls::Error::InvalidCertificate(reason) => {
            let fact = format!("the certificate of {host} cannot be verified{way}: {}", of_certificate(reason));
            Error::new(ErrorKind::Policy, format!("{fact} (trust store: {})", trust_store())).with_hint(ADDING)
        }
        error => {
            Error::new(ErrorKind::Io, format!("no TLS connection to {host}{way} (trust store: {})", trust_store()))
                .with_hint("check the instance URL and its port, and what a proxy in between does")
                .with_source(error.clone())
        }
    }
}

fn of_certificate(reason: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Reason;
    match reason {
        Reason::UnknownIssuer => "no authority that is trusted here has issued it".to_owned(),
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => "it is for another name".to_owned(),
        Reason::Expired | Reason::ExpiredContext { .. } => "it has expired, or the clock here is wrong".to_owned(),
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => {
            "it is not valid yet, or the clock here is wrong".to_owned()
        }
        Reason::Revoked => "it was revoked".to_owned(),
        other => other.to_string(),
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
