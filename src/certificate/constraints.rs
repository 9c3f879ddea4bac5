//! Name constraints (RFC 5280, section 4.2.1.10): what an authority may issue for, as narrow as verifiers can bear.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::Decode;
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::name::GeneralName;

use crate::error::{Error, Result};
use crate::subject::SanName;

/// Go and rustls give up after 250,000 comparisons of a name with a constraint in one path, OpenSSL after a million.
const MOST_COMPARISONS: usize = 250_000;
/// More would only make the certificate large.
const MOST_SUBTREES: usize = 100;
/// No names of a kind, and the addresses of both versions.
const EXCLUSIONS: usize = 3;

/// A part of the names of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subtree {
    /// This name and all below it; the empty one is all of them.
    Dns(String),
    /// Addresses that begin with so many bits.
    Ip(IpAddr, u8),
    /// One mailbox.
    Email(String),
}

/// What may be issued for, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Constraints {
    pub(crate) permitted: Vec<Subtree>,
    pub(crate) excluded: Vec<Subtree>,
}

impl Constraints {
    /// The narrowest constraints that permit all of `names`, of which one certificate bears `most_names` at most. Too
    /// many names are put together by their parents and networks. A kind without any name is excluded.
    ///
    /// Single labels have no parent; too many of them leave DNS names unconstrained.
    pub(crate) fn of<'a>(names: impl IntoIterator<Item = &'a SanName>, most_names: usize) -> Self {
        let most = (MOST_COMPARISONS / most_names.max(1)).saturating_sub(EXCLUSIONS).clamp(1, MOST_SUBTREES);
        let (mut hosts, mut v4, mut v6, mut mailboxes) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for name in names {
            match name {
                SanName::Dns(name) => _ = hosts.insert(name.trim_start_matches("*.").to_ascii_lowercase()),
                SanName::Ip(IpAddr::V4(address)) => _ = v4.insert(u128::from(u32::from(*address))),
                SanName::Ip(IpAddr::V6(address)) => _ = v6.insert(u128::from(*address)),
                SanName::Email(address) => _ = mailboxes.insert(address.clone()),
                _ => {}
            }
        }
        let mut constraints = Self::default();
        let has_hosts = !hosts.is_empty();
        let hosts = gather_hosts(hosts, most);
        match has_hosts {
            true => constraints.permitted.extend(hosts.into_iter().map(Subtree::Dns)),
            false => constraints.excluded.push(Subtree::Dns(String::new())),
        }
        let v4 = networks(v4, 32, most).into_iter().map(|(bits, length)| {
            Subtree::Ip(IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or_default())), length)
        });
        let v6 = networks(v6, 128, most)
            .into_iter()
            .map(|(bits, length)| Subtree::Ip(IpAddr::V6(Ipv6Addr::from(bits)), length));
        for (networks, all) in [
            (v4.collect::<Vec<_>>(), Subtree::Ip(Ipv4Addr::UNSPECIFIED.into(), 0)),
            (v6.collect(), Subtree::Ip(Ipv6Addr::UNSPECIFIED.into(), 0)),
        ] {
            match networks.is_empty() {
                true => constraints.excluded.push(all),
                false => constraints.permitted.extend(networks),
            }
        }
        if mailboxes.len() <= most {
            constraints.permitted.extend(mailboxes.into_iter().map(Subtree::Email));
        }
        constraints
    }

    /// What the value of a nameConstraints extension says of the kinds that are known here.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self> {
        let read = NameConstraints::from_der(der)
            .map_err(|error| Error::malformed("its name constraints cannot be read").with_source(error))?;
        let subtrees = |list: Option<Vec<x509_cert::ext::pkix::constraints::name::GeneralSubtree>>| {
            list.into_iter().flatten().filter_map(|subtree| read_subtree(&subtree.base)).collect()
        };
        Ok(Self { permitted: subtrees(read.permitted_subtrees), excluded: subtrees(read.excluded_subtrees) })
    }

    /// True if `name` may be issued for.
    pub(crate) fn allow(&self, name: &SanName) -> bool {
        let is_of_kind = |subtree: &&Subtree| {
            matches!(
                (subtree, name),
                (Subtree::Dns(_), SanName::Dns(_))
                    | (Subtree::Ip(..), SanName::Ip(_))
                    | (Subtree::Email(_), SanName::Email(_))
            )
        };
        let mut permitted = self.permitted.iter().filter(is_of_kind).peekable();
        (permitted.peek().is_none() || permitted.any(|subtree| subtree.holds(name)))
            && !self.excluded.iter().any(|subtree| subtree.holds(name))
    }
}

impl Subtree {
    fn holds(&self, name: &SanName) -> bool {
        match (self, name) {
            (Self::Dns(parent), SanName::Dns(name)) => {
                is_below(name.trim_start_matches("*.").to_ascii_lowercase().as_str(), &parent.to_ascii_lowercase())
            }
            (Self::Ip(IpAddr::V4(network), length), SanName::Ip(IpAddr::V4(address))) => {
                let shift = 32 - u32::from(*length);
                (u64::from(u32::from(*network)) >> shift) == (u64::from(u32::from(*address)) >> shift)
            }
            (Self::Ip(IpAddr::V6(network), length), SanName::Ip(IpAddr::V6(address))) => {
                let prefix = |address: &Ipv6Addr| prefix_of(u128::from(*address), 128, *length);
                prefix(network) == prefix(address)
            }
            (Self::Email(mailbox), SanName::Email(name)) => match mailbox.split_once('@') {
                Some(_) => mailbox == name,
                None => name.rsplit_once('@').is_some_and(|(_, host)| is_below(host, mailbox.trim_start_matches('.'))),
            },
            _ => false,
        }
    }
}

fn read_subtree(name: &GeneralName) -> Option<Subtree> {
    match name {
        GeneralName::DnsName(name) => Some(Subtree::Dns(name.as_str().trim_start_matches('.').to_owned())),
        GeneralName::Rfc822Name(name) => Some(Subtree::Email(name.as_str().to_owned())),
        GeneralName::IpAddress(octets) => {
            let (address, mask) = octets.as_bytes().split_at(octets.as_bytes().len() / 2);
            let length = u8::try_from(mask.iter().map(|octet| octet.count_ones()).sum::<u32>()).ok()?;
            match (<[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
                (Ok(octets), _) => Some(Subtree::Ip(octets.into(), length)),
                (_, Ok(octets)) => Some(Subtree::Ip(octets.into(), length)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_below(name: &str, parent: &str) -> bool {
    let is_dotted = || name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    parent.is_empty() || name == parent || is_dotted()
}

/// At most `most` names that stand above all of `hosts`; none if that cannot be.
fn gather_hosts(mut hosts: BTreeSet<String>, most: usize) -> BTreeSet<String> {
    let labels = |name: &String| name.split('.').count();
    loop {
        let parents = |name: &str| {
            std::iter::successors(name.split_once('.').map(|(_, rest)| rest.to_owned()), |name| {
                name.split_once('.').map(|(_, rest)| rest.to_owned())
            })
            .collect::<Vec<_>>()
        };
        let covered: Vec<String> =
            hosts.iter().filter(|name| parents(name).iter().any(|parent| hosts.contains(parent))).cloned().collect();
        covered.iter().for_each(|name| _ = hosts.remove(name));
        if hosts.len() <= most {
            return hosts;
        }
        let deepest = hosts.iter().map(labels).max().unwrap_or_default();
        if deepest < 2 {
            return BTreeSet::new();
        }
        hosts = hosts
            .into_iter()
            .map(|name| match labels(&name) == deepest {
                true => name.split_once('.').map_or(name.clone(), |(_, rest)| rest.to_owned()),
                false => name,
            })
            .collect();
    }
}

/// At most `most` networks that hold all of `addresses`, each with the length of its prefix.
fn networks(addresses: BTreeSet<u128>, width: u8, most: usize) -> Vec<(u128, u8)> {
    let mut length = width;
    let mut found = addresses;
    while found.len() > most && length > 0 {
        length -= 1;
        found = found.into_iter().map(|address| prefix_of(address, width, length)).collect();
    }
    found.into_iter().map(|address| (address, length)).collect()
}

/// `address`, of `width` bits, with nothing behind the first `length`.
fn prefix_of(address: u128, width: u8, length: u8) -> u128 {
    let shift = u32::from(width - length);
    address.checked_shr(shift).and_then(|prefix| prefix.checked_shl(shift)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], most_names: usize) -> Constraints {
        let names: Vec<SanName> = names.iter().map(|name| name.parse().unwrap()).collect();
        let constraints = Constraints::of(&names, most_names);
        assert!(names.iter().all(|name| constraints.allow(name)), "{constraints:?}");
        constraints
    }

    #[test]
    fn what_was_asked_for_is_allowed_and_nothing_else() {
        let constraints = of(&["DNS:localhost", "IP:127.0.0.1", "DNS:*.example.test"], 3);
        for (name, is_allowed) in [
            ("DNS:localhost", true),
            ("DNS:a.example.test", true),
            ("DNS:example.com", false),
            ("DNS:badexample.test", false),
            ("IP:127.0.0.2", false),
            ("IP:::1", false),
            ("email:a@b.test", true),
        ] {
            assert_eq!(constraints.allow(&name.parse().unwrap()), is_allowed, "{name}");
        }
        let addresses = of(&["IP:::1"], 1);
        assert!(!addresses.allow(&"DNS:localhost".parse().unwrap()));
        assert!(!addresses.allow(&"IP:::2".parse().unwrap()));
    }

    #[test]
    fn many_names_are_put_together() {
        let hosts: Vec<SanName> = (0..10_000).map(|n| SanName::Dns(format!("h{n}.z{}.test", n % 7))).collect();
        let constraints = Constraints::of(&hosts, hosts.len());
        assert!(constraints.permitted.len() + constraints.excluded.len() <= 25, "{constraints:?}");
        assert!(hosts.iter().all(|host| constraints.allow(host)));
        assert!(!constraints.allow(&"DNS:example.com".parse().unwrap()));
        let addresses: Vec<SanName> =
            (0..10_000u32).map(|n| SanName::Ip(Ipv4Addr::from(0x0a00_0000 + n).into())).collect();
        let constraints = Constraints::of(&addresses, addresses.len());
        assert!(constraints.permitted.len() <= 25 && addresses.iter().all(|address| constraints.allow(address)));
        assert!(!constraints.allow(&"IP:11.0.0.1".parse().unwrap()));
        let labels: Vec<SanName> = (0..1_000).map(|n| SanName::Dns(format!("host{n}"))).collect();
        let constraints = Constraints::of(&labels, 1);
        assert!(labels.iter().all(|label| constraints.allow(label)));
    }
}
