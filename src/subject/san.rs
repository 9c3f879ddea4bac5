//! Subject alternative names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use der::Encode;
use der::asn1::{Ia5String, OctetString};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;

use crate::error::{Error, ErrorKind, Result, printable};

/// One subject alternative name (RFC 5280, section 4.2.1.6), written `DNS:name`, `IP:addr`, `email:..` or `URI:..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SanName {
    /// A host name; its first label may be `*`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A mailbox (RFC 822 name).
    Email(String),
    /// A URI.
    Uri(String),
    /// A form that is only read, described in words.
    Other(String),
}

const HINT: &str = "write it as DNS:host.example, IP:192.0.2.1, email:name@host.example or URI:https://host.example/";

impl FromStr for SanName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let usage = |fact: String| Error::new(ErrorKind::Usage, fact).with_hint(HINT);
        let (form, value) =
            text.split_once(':').ok_or_else(|| usage(format!("\"{text}\" does not say what kind of name it is")))?;
        let wrong = |what: &str| usage(format!("\"{value}\" is no {what}"));
        if !value.is_ascii() {
            return Err(usage(format!("\"{value}\" holds characters beyond ASCII"))
                .with_hint("write an international domain in its xn-- form"));
        }
        match form.to_ascii_lowercase().as_str() {
            "dns" => is_host(value).then(|| Self::Dns(value.to_owned())).ok_or_else(|| wrong("host name")),
            "ip" => value.parse().map(Self::Ip).map_err(|_| wrong("IP address")),
            "email" => is_mailbox(value).then(|| Self::Email(value.to_owned())).ok_or_else(|| wrong("e-mail address")),
            "uri" => is_uri(value).then(|| Self::Uri(value.to_owned())).ok_or_else(|| wrong("URI with a scheme")),
            _ => Err(usage(format!("\"{form}\" is no kind of subject alternative name"))),
        }
    }
}

/// RFC 1034's preferred syntax, plus the underscore that is common and a wildcard as first label (RFC 6125).
fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let rest = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && (rest.len() == name.len() || rest.contains('.')) && rest.split('.').all(label)
}

fn is_mailbox(address: &str) -> bool {
    let visible = address.bytes().all(|byte| byte.is_ascii_graphic());
    address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_host(domain)) && visible
}

fn is_uri(uri: &str) -> bool {
    let scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    uri.split_once(':').is_some_and(|(before, after)| scheme(before) && !after.is_empty())
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Display for SanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(_) => f.write_str("DNS:")?,
            Self::Ip(_) => f.write_str("IP:")?,
            Self::Email(_) => f.write_str("email:")?,
            Self::Uri(_) => f.write_str("URI:")?,
            Self::Other(_) => {}
        }
        f.write_str(&self.value())
    }
}

impl SanName {
    /// The name alone, without the word for its kind; what is not printable is escaped.
    pub fn value(&self) -> String {
        match self {
            Self::Ip(address) => address.to_string(),
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) | Self::Other(text) => printable(text),
        }
    }

    fn encode(&self) -> der::Result<GeneralName> {
        Ok(match self {
            Self::Dns(name) => GeneralName::DnsName(Ia5String::new(name)?),
            Self::Ip(IpAddr::V4(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
            Self::Ip(IpAddr::V6(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
            Self::Email(address) => GeneralName::Rfc822Name(Ia5String::new(address)?),
            Self::Uri(uri) => GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?),
            Self::Other(_) => return Err(der::ErrorKind::Failed.into()),
        })
    }

    pub(crate) fn decode(name: &GeneralName) -> Self {
        match name {
            GeneralName::DnsName(name) => Self::Dns(name.to_string()),
            GeneralName::Rfc822Name(address) => Self::Email(address.to_string()),
            GeneralName::UniformResourceIdentifier(uri) => Self::Uri(uri.to_string()),
            GeneralName::IpAddress(octets) => match octets.as_bytes() {
                octets if octets.len() == 4 => <[u8; 4]>::try_from(octets)
                    .map_or_else(|_| Self::Other("IP address".into()), |octets| Self::Ip(octets.into())),
                octets => <[u8; 16]>::try_from(octets).map_or_else(
                    |_| Self::Other("IP address of an odd length".into()),
                    |octets| Self::Ip(octets.into()),
                ),
            },
            GeneralName::DirectoryName(name) => Self::Other(format!("directory name {name}")),
            GeneralName::OtherName(other) => Self::Other(format!("other name {}", other.type_id)),
            GeneralName::EdiPartyName(_) => Self::Other("EDI party name".into()),
            GeneralName::RegisteredId(oid) => Self::Other(format!("registered identifier {oid}")),
        }
    }
}

/// The extension that holds `names` (not critical: there is a subject beside it).
pub(crate) fn to_extension(names: &[SanName]) -> Result<Extension> {
    let failed = |error: der::Error| Error::malformed("the alternative names cannot be encoded").with_source(error);
    let names = names.iter().map(SanName::encode).collect::<der::Result<Vec<_>>>().map_err(failed)?;
    let value = names.to_der().map_err(failed)?;
    Ok(Extension {
        extn_id: const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME,
        critical: false,
        extn_value: OctetString::new(value).map_err(failed)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_checked_and_shown_as_written() {
        for text in
            ["DNS:a.example", "DNS:*.a.example", "DNS:localhost", "IP:192.0.2.1", "IP:2001:db8::1", "email:a@b.example"]
        {
            assert_eq!(text.parse::<SanName>().unwrap().to_string(), text);
        }
        assert_eq!("uri:https://a.example/x".parse::<SanName>().unwrap().to_string(), "URI:https://a.example/x");
        for text in
            ["a.example", "DNS:", "DNS:a b", "DNS:*", "DNS:a.*.b", "DNS:ü.de", "IP:1.2.3", "email:x", "URI:x", "x:y"]
        {
            assert_eq!(text.parse::<SanName>().unwrap_err().kind(), ErrorKind::Usage, "{text}");
        }
    }
}
