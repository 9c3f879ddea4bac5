//! Hosts and clients as people type them -> the alternative names of a certificate.

use std::net::IpAddr;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::subject::SanName;

/// A host that a certificate is asked for: a name, perhaps with a wildcard or international, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What goes into the certificate: [`SanName::Dns`] in lower-case ASCII, or [`SanName::Ip`].
    pub name: SanName,
    /// What was typed, where an international name was converted (UTS #46).
    pub converted_from: Option<String>,
}

impl FromStr for Host {
    type Err = Error;

    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for what is neither a name nor an address, or holds a wildcard anywhere but as the
    /// whole first label above two others (RFC 6125, section 6.4.3).
    fn from_str(text: &str) -> Result<Self> {
        let usage = |what: &str, hint: &str| {
            Err(Error::new(ErrorKind::Usage, format!("the host \"{}\" {what}", text)).with_hint(hint))
        };
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self { name: SanName::Ip(address), converted_from: None });
        }
        const NAME_ALONE: &str = "give the name or the address alone, such as localhost, api.example.test or 127.0.0.1";
        if text.contains("://") || text.contains('/') {
            return usage("is a URL or a network, no name and no address", NAME_ALONE);
        }
        if text.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
            return usage("has a port, which certificates do not know", NAME_ALONE);
        }
        if text.ends_with('.') {
            return usage("ends in a dot, which certificates leave out", "leave the dot out");
        }
        let (star, rest) = text.strip_prefix("*.").map_or(("", text), |rest| ("*.", rest));
        if rest.contains('*') {
            return usage(
                "has a wildcard in the wrong place: it stands for the whole first label alone",
                "write it as *.example.test",
            );
        }
        if !star.is_empty() && !rest.contains('.') {
            return usage(
                "has a wildcard right below the top, which clients refuse",
                "put a label between: *.example.test",
            );
        }
        let is_international = !rest.is_ascii() || rest.split('.').any(|label| label.starts_with("xn--"));
        let ascii = match is_international {
            true => match idna::domain_to_ascii_strict(rest) {
                Ok(ascii) => ascii,
                Err(_) => return usage("is no international domain name (UTS #46)", NAME_ALONE),
            },
            false => rest.to_ascii_lowercase(),
        };
        // Browsers and resolvers take a name whose last label is a number for an address.
        let last = ascii.rsplit('.').next().unwrap_or_default();
        let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        match format!("DNS:{star}{ascii}").parse() {
            Ok(name) if !is_number => Ok(Self { name, converted_from: (!rest.is_ascii()).then(|| text.to_owned()) }),
            _ => usage("is neither a name nor an address", NAME_ALONE),
        }
    }
}

/// The first DNS name among `names`: what a leaf is called after.
pub fn first_dns_name(names: &[SanName]) -> Option<&str> {
    names.iter().find_map(|name| if let SanName::Dns(name) = name { Some(name.as_str()) } else { None })
}

/// The alternative names for a client called `name`: an address with `@` becomes a mailbox, a dotted host name a DNS name;
/// anything else stands in the subject alone.
pub fn client_names(name: &str) -> Vec<SanName> {
    let parsed = match name.contains('@') {
        true => format!("email:{name}").parse().ok(),
        false if name.contains('.') => {
            name.parse::<Host>().ok().map(|host| host.name).filter(|name| !name.to_string().contains('*'))
        }
        false => None,
    };
    parsed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for (text, name) in [
            ("localhost", "DNS:localhost"),
            ("API.Example.Test", "DNS:api.example.test"),
            ("*.example.test", "DNS:*.example.test"),
            ("127.0.0.1", "IP:127.0.0.1"),
            ("::1", "IP:::1"),
            ("[::1]", "IP:::1"),
            ("b\u{fc}cher.example", "DNS:xn--bcher-kva.example"),
            ("*.b\u{fc}cher.example", "DNS:*.xn--bcher-kva.example"),
            ("stra\u{df}e.example", "DNS:xn--strae-oqa.example"),
            ("xn--bcher-kva.example", "DNS:xn--bcher-kva.example"),
            ("my_host", "DNS:my_host"),
        ] {
            let host = text.parse::<Host>().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(host.name.to_string(), name);
            assert_eq!(host.converted_from.is_some(), !text.is_ascii(), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "neither"),
            ("a b", "neither"),
            ("-a.test", "neither"),
            ("1.2.3", "neither"),
            ("256.0.0.1", "neither"),
            ("a..b", "neither"),
            ("https://localhost", "URL"),
            ("10.0.0.0/8", "network"),
            ("localhost:8443", "port"),
            ("localhost.", "dot"),
            ("*", "wrong place"),
            ("a.*.test", "wrong place"),
            ("f*.example.test", "wrong place"),
            ("*.*.example.test", "wrong place"),
            ("*.com", "right below"),
            ("xn--a.test", "international"),
            ("\u{200d}a.test", "international"),
        ] {
            let error = text.parse::<Host>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn clients_are_named_as_they_look() {
        let names = |name| client_names(name).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(names("alice"), "");
        assert_eq!(names("Alice Example"), "");
        assert_eq!(names("alice@example.test"), "email:alice@example.test");
        assert_eq!(names("billing.example.test"), "DNS:billing.example.test");
    }
}
