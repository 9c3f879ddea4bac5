//! Where to log in, and for whom an assertion is: instance URL and audience.
//!
//! Not the crate `url`: it brings Unicode's tables for names of hosts that Salesforce does not have, and takes what has
//! to be refused here (a user name, a query) for granted.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{Error, ErrorKind, Result};
use crate::verify::Outcome;

/// What comes after the instance URL to make the token endpoint.
pub const TOKEN_PATH: &str = "/services/oauth2/token";

/// Host names that Salesforce serves logins under, beside its own: sites (help, My Domain URL Formats), and those of the
/// military and of China, which were not tried. A name that is missing here draws a warning, no more.
const SIBLINGS: [&str; 6] =
    [".force.com", ".my.site.com", ".cloudforce.com", ".database.com", ".salesforce.mil", ".sfcrmproducts.cn"];

/// Hosts of the browser's side, each with the part that the API's has in its place.
const BROWSER_HOSTS: [(&str, &str); 2] =
    [(".lightning.force.com", ".my.salesforce.com"), (".my.salesforce-setup.com", ".my.salesforce.com")];

/// The base of an organisation's addresses: `https://company.my.salesforce.com`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceUrl {
    url: String,
    host: String,
}

impl InstanceUrl {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it is no such URL; where it can be told which was meant, the hint gives it.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_as("instance URL", text)
    }

    /// The same, of what is called `noun`.
    fn parse_as(noun: &str, text: &str) -> Result<Self> {
        let usage = |fact: String, hint: String| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint));
        let example = "write it as https://company.my.salesforce.com (Setup, My Domain, Current My Domain URL)";
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None if is_host(text.split(['/', ':']).next().unwrap_or_default()) && text.contains('.') => {
                let meant =
                    Self::parse(&format!("https://{text}")).map_or(example.to_owned(), |url| format!("write {url}"));
                return usage(format!("the {noun} does not begin with https://"), meant);
            }
            None => return usage(format!("the {noun} is no URL"), example.to_owned()),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        // Never repeated: it may hold a password.
        if authority.contains('@') || text.contains(['?', '#']) {
            let fact = format!("the {noun} holds more than a host and a path (a user name, a query or a fragment)");
            return usage(fact, example.to_owned());
        }
        let authority = authority.to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_path = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
        if !(is_host(host) || is_ipv6(host)) || !port.is_none_or(is_port) || !is_path {
            return usage(format!("the {noun} is no URL"), example.to_owned());
        }
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        match scheme.as_str() {
            "https" => {}
            "http" if is_loopback(host) => {}
            "http" => {
                let fact = format!("the {noun} is http, which anybody on the way can read");
                return usage(fact, format!("write https://{host}{port}"));
            }
            _ => return usage(format!("the {noun} is neither https nor http"), example.to_owned()),
        }
        for (browser, api) in BROWSER_HOSTS {
            if let Some(name) = host.strip_suffix(browser) {
                let fact = format!("the {noun} is that of the browser's pages (*{browser}), which is not the API's");
                return usage(fact, format!("write https://{name}{api}"));
            }
        }
        let base = format!("{scheme}://{host}{port}");
        let path = path.trim_end_matches('/');
        if let Some(site) = path.strip_suffix(TOKEN_PATH) {
            let fact = format!("the {noun} goes without {TOKEN_PATH}");
            return usage(fact, format!("write {base}{site}"));
        }
        // Sites live below a path; an organisation does not.
        if !path.is_empty() && host.ends_with(".salesforce.com") {
            return usage(format!("the {noun} has no path"), format!("write {base}"));
        }
        Ok(Self { url: format!("{base}{path}"), host: host.to_owned() })
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The host's name alone, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where a token is asked for.
    pub fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.url)
    }

    /// True for a server on this computer.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// True if the name is one that Salesforce serves logins under.
    pub fn is_salesforce(&self) -> bool {
        self.host.ends_with(".salesforce.com") || SIBLINGS.iter().any(|sibling| self.host.ends_with(sibling))
    }

    /// True if the name is that of a sandbox or scratch organisation, false for production, `None` where names do not
    /// tell (help, My Domain URL Formats; `--` in a name of its own is the older format of sandboxes).
    pub fn is_sandbox(&self) -> Option<bool> {
        let name = match self.host.strip_suffix(".salesforce.com") {
            Some("login") => return Some(false),
            Some("test") => return Some(true),
            Some(name) => name,
            None => return None,
        };
        let my_domain = name.strip_suffix(".my");
        let numbered = name.strip_prefix("cs").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let is_sandbox = my_domain.is_some_and(|name| {
            name.ends_with(".sandbox") || name.ends_with(".scratch") || !name.contains('.') && name.contains("--")
        });
        Some(is_sandbox || numbered && my_domain.is_none())
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// `aud` of an assertion: whose login it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `https://login.salesforce.com`.
    Production,
    /// `https://test.salesforce.com`.
    Sandbox,
    /// A My Domain or the URL of an Experience Cloud site.
    Site(InstanceUrl),
}

impl Audience {
    /// Reads `production`, `sandbox` or a URL.
    ///
    /// # Errors
    /// As [`InstanceUrl::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "production" => return Ok(Self::Production),
            "sandbox" => return Ok(Self::Sandbox),
            _ => {}
        }
        let url = InstanceUrl::parse_as("audience", text).map_err(|error| {
            let hint = error.hint().filter(|hint| hint.starts_with("write https://") || text.contains("://"));
            Error::new(error.kind(), error.to_string())
                .with_hint(hint.unwrap_or("write production, sandbox or a URL").to_owned())
        })?;
        Ok(match url.as_str() {
            "https://login.salesforce.com" => Self::Production,
            "https://test.salesforce.com" => Self::Sandbox,
            _ => Self::Site(url),
        })
    }

    /// The one that a login at `instance` is for, as far as its name tells.
    pub fn of(instance: &InstanceUrl) -> Self {
        match instance.is_sandbox() {
            Some(true) => Self::Sandbox,
            None if instance.is_salesforce() => Self::Site(instance.clone()),
            Some(false) | None => Self::Production,
        }
    }

    /// As it stands in the assertion.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Production => "https://login.salesforce.com",
            Self::Sandbox => "https://test.salesforce.com",
            Self::Site(url) => url.as_str(),
        }
    }

    /// Whether `instance` accepts it, with the reason.
    pub fn fits(&self, instance: &InstanceUrl) -> (Outcome, String) {
        let fits = || (Outcome::Holds, format!("the audience {self} fits {instance}"));
        match (self, instance.is_sandbox()) {
            (Self::Site(site), _) if site == instance => fits(),
            _ if instance.is_loopback() => {
                (Outcome::NotRun, format!("which audience fits {instance}, on this computer, is not known"))
            }
            (Self::Production, Some(false)) | (Self::Sandbox, Some(true)) => fits(),
            (Self::Production, Some(true)) => (
                Outcome::Fails,
                format!("the audience is production, but {instance} is a sandbox: use --audience sandbox"),
            ),
            (Self::Sandbox, Some(false)) => (
                Outcome::Fails,
                format!("the audience is sandbox, but {instance} is no sandbox: use --audience production"),
            ),
            (Self::Production | Self::Sandbox, None) => {
                (Outcome::NotRun, format!("whether {instance} takes the audience {self} its name does not tell"))
            }
            (Self::Site(_), _) => (
                Outcome::Warning,
                format!(
                    "the audience {self} is another URL than {instance}: the two are one, or it is production or sandbox"
                ),
            ),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => (&authority[..at], Some(&authority[at + 1..])),
        _ => (authority, None),
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let within = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        within && !label.is_empty() && label.len() < 64 && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() < 254 && text.split('.').all(is_label)
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn is_ipv6(host: &str) -> bool {
    ipv6(host).is_some()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || ipv6(host).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> InstanceUrl {
        InstanceUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn one_form_of_what_is_right() {
        for (text, expected) in [
            ("https://company.my.salesforce.com", "https://company.my.salesforce.com"),
            (" HTTPS://Company.My.Salesforce.com/ ", "https://company.my.salesforce.com"),
            ("https://acme.my.site.com/customers/", "https://acme.my.site.com/customers"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("https://proxy.example.com:8443", "https://proxy.example.com:8443"),
        ] {
            assert_eq!(url(text).as_str(), expected);
        }
    }

    #[test]
    fn what_was_meant_is_offered() {
        for (text, meant) in [
            ("https://company.lightning.force.com/lightning/page/home", "write https://company.my.salesforce.com"),
            ("https://a--dev.sandbox.lightning.force.com", "write https://a--dev.sandbox.my.salesforce.com"),
            ("https://company.my.salesforce-setup.com/x", "write https://company.my.salesforce.com"),
            ("https://company.my.salesforce.com/services/oauth2/token", "write https://company.my.salesforce.com"),
            ("https://acme.my.site.com/customers/services/oauth2/token/", "write https://acme.my.site.com/customers"),
            ("https://na9.salesforce.com/home/home.jsp", "write https://na9.salesforce.com"),
            ("company.my.salesforce.com", "write https://company.my.salesforce.com"),
            ("http://company.my.salesforce.com", "write https://company.my.salesforce.com"),
        ] {
            assert_eq!(InstanceUrl::parse(text).unwrap_err().hint(), Some(meant), "{text}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "",
            "https://",
            "https:///",
            "ftp://company.my.salesforce.com",
            "https://a b.com",
            "https://a.com:0",
            "https://a.com:99999",
            "https://u:hunter2@a.com",
            "https://a.com?x=hunter2",
            "https://a.com#hunter2",
            "https://-a.com",
            "https://a..com",
            "https://[::1",
            "https://a.com/\r\nX: y",
            "https://ü.com",
            "https://a.com/%00",
        ] {
            let error = InstanceUrl::parse(text).expect_err(text);
            assert!(!format!("{error:?}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn names_tell_sandboxes() {
        for (text, expected) in [
            ("https://login.salesforce.com", Some(false)),
            ("https://test.salesforce.com", Some(true)),
            ("https://company.my.salesforce.com", Some(false)),
            ("https://orgfarm-1-dev-ed.develop.my.salesforce.com", Some(false)),
            ("https://company--dev.sandbox.my.salesforce.com", Some(true)),
            ("https://company--dev.my.salesforce.com", Some(true)),
            ("https://a.scratch.my.salesforce.com", Some(true)),
            ("https://cs42.salesforce.com", Some(true)),
            ("https://csmart.my.salesforce.com", Some(false)),
            ("https://na9.salesforce.com", Some(false)),
            ("https://acme.my.site.com/customers", None),
            ("http://localhost:1", None),
        ] {
            assert_eq!(url(text).is_sandbox(), expected, "{text}");
        }
    }

    #[test]
    fn audiences_fit_their_instances() {
        let audience = |text| Audience::parse(text).unwrap();
        for (aud, instance, expected) in [
            ("production", "https://company.my.salesforce.com", Outcome::Holds),
            ("https://login.salesforce.com/", "https://company.my.salesforce.com", Outcome::Holds),
            ("sandbox", "https://company.my.salesforce.com", Outcome::Fails),
            ("production", "https://test.salesforce.com", Outcome::Fails),
            ("https://company.my.salesforce.com", "https://company.my.salesforce.com", Outcome::Holds),
            ("https://other.my.salesforce.com", "https://company.my.salesforce.com", Outcome::Warning),
            ("production", "https://acme.my.site.com", Outcome::NotRun),
            ("production", "http://localhost:1", Outcome::NotRun),
        ] {
            assert_eq!(audience(aud).fits(&url(instance)).0, expected, "{aud} {instance}");
        }
        assert_eq!(Audience::of(&url("https://acme.my.site.com/x")).as_str(), "https://acme.my.site.com/x");
        assert_eq!(Audience::of(&url("https://a--b.sandbox.my.salesforce.com")), Audience::Sandbox);
        assert!(Audience::parse("staging").unwrap_err().hint().unwrap().contains("production, sandbox"));
    }
}
