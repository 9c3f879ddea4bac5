//! Name constraints (RFC 5280, section 4.2.1.10): what an authority may issue for, as narrow as verifiers can bear.

use std::collections::{BTreeMap, BTreeSet, HashSet};
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
        let hosts = gather_hosts(&hosts, most);
        match has_hosts {
            true => constraints.permitted.extend(hosts.into_iter().map(Subtree::Dns)),
            false => constraints.excluded.push(Subtree::Dns(String::new())),
        }
        let v4 = networks(&v4, 32, most).into_iter().map(|(bits, length)| {
            Subtree::Ip(IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or_default())), length)
        });
        let v6 = networks(&v6, 128, most)
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

    /// The constraints in a form in which many names are looked up.
    pub(crate) fn index(&self) -> ConstraintIndex {
        ConstraintIndex { permitted: SubtreeIndex::of(&self.permitted), excluded: SubtreeIndex::of(&self.excluded) }
    }
}

/// Constraints in a form in which a name is looked up without a comparison with each subtree: 6,000 names under 6,000
/// subtrees took 7 s.
#[derive(Clone, Debug)]
pub(crate) struct ConstraintIndex {
    permitted: SubtreeIndex,
    excluded: SubtreeIndex,
}

impl ConstraintIndex {
    /// True if `name` may be issued for.
    pub(crate) fn allow(&self, name: &SanName) -> bool {
        (!self.permitted.has_kind_of(name) || self.permitted.holds(name)) && !self.excluded.holds(name)
    }
}

/// Subtrees by kind.
#[derive(Clone, Debug, Default)]
struct SubtreeIndex {
    dns: DomainIndex,
    /// By the version of the address and the length of the prefix.
    networks: BTreeMap<(bool, u8), HashSet<u128>>,
    mailboxes: HashSet<String>,
    mail_hosts: DomainIndex,
}

impl SubtreeIndex {
    fn of(subtrees: &[Subtree]) -> Self {
        let mut index = Self::default();
        let (mut dns, mut mail_hosts) = (Vec::new(), Vec::new());
        for subtree in subtrees {
            match subtree {
                Subtree::Dns(parent) => dns.push(parent.to_ascii_lowercase()),
                Subtree::Ip(network, length) => {
                    let (is_v6, bits, width) = bits_of(network);
                    let length = (*length).min(width);
                    index.networks.entry((is_v6, length)).or_default().insert(prefix_of(bits, width, length));
                }
                Subtree::Email(mailbox) if mailbox.contains('@') => _ = index.mailboxes.insert(mailbox.clone()),
                Subtree::Email(host) => mail_hosts.push(host.trim_start_matches('.').to_owned()),
            }
        }
        index.dns = DomainIndex::of(&dns);
        index.mail_hosts = DomainIndex::of(&mail_hosts);
        index
    }

    fn has_kind_of(&self, name: &SanName) -> bool {
        match name {
            SanName::Dns(_) => !self.dns.is_empty(),
            SanName::Ip(_) => !self.networks.is_empty(),
            SanName::Email(_) => !(self.mailboxes.is_empty() && self.mail_hosts.is_empty()),
            _ => false,
        }
    }

    fn holds(&self, name: &SanName) -> bool {
        match name {
            SanName::Dns(name) => self.dns.holds(&name.trim_start_matches("*.").to_ascii_lowercase()),
            SanName::Ip(address) => {
                let (is_v6, bits, width) = bits_of(address);
                let networks = self.networks.range((is_v6, 0)..=(is_v6, width));
                networks.into_iter().any(|((_, length), known)| known.contains(&prefix_of(bits, width, *length)))
            }
            SanName::Email(address) => {
                self.mailboxes.contains(address)
                    || address.rsplit_once('@').is_some_and(|(_, host)| self.mail_hosts.holds(host))
            }
            _ => false,
        }
    }
}

/// The bits of an address at the end of 128, whether it is of version 6, and how many there are.
fn bits_of(address: &IpAddr) -> (bool, u128, u8) {
    match address {
        IpAddr::V4(address) => (false, u32::from(*address).into(), 32),
        IpAddr::V6(address) => (true, u128::from(*address), 128),
    }
}

/// Domains, each of which stands for itself and all below it; the empty one for all names.
#[derive(Clone, Debug, Default)]
struct DomainIndex {
    /// Each with a dot in front and read backwards, so that a domain is a prefix of what is below it. Sorted, without those
    /// that are below others: then only the greatest that is not above a name can be a prefix of it.
    reversed: Vec<Vec<u8>>,
    holds_all: bool,
}

impl DomainIndex {
    fn of(domains: &[String]) -> Self {
        let holds_all = domains.iter().any(String::is_empty);
        let mut reversed: Vec<Vec<u8>> = domains.iter().map(|domain| reversed(domain)).collect();
        reversed.sort_unstable();
        // Those below a domain stand right behind it.
        reversed.dedup_by(|below, domain| below.starts_with(domain));
        Self { reversed, holds_all }
    }

    fn is_empty(&self) -> bool {
        self.reversed.is_empty()
    }

    fn holds(&self, name: &str) -> bool {
        let name = reversed(name);
        let behind = self.reversed.partition_point(|domain| *domain <= name);
        self.holds_all || behind.checked_sub(1).is_some_and(|at| name.starts_with(&self.reversed[at]))
    }
}

fn reversed(domain: &str) -> Vec<u8> {
    domain.bytes().rev().chain([b'.']).collect()
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

/// At most `most` names that stand above all of `hosts`; none if that cannot be. While there are more, the deepest names
/// give way to their parents.
fn gather_hosts(hosts: &BTreeSet<String>, most: usize) -> BTreeSet<String> {
    let is_below_another =
        |name: &str| std::iter::successors(parent(name), |above| parent(above)).any(|above| hosts.contains(above));
    // By the number of labels. A parent that is put in is below none of the others, since the name under it was not.
    let mut levels: BTreeMap<usize, HashSet<&str>> = BTreeMap::new();
    for name in hosts.iter().filter(|name| !is_below_another(name)) {
        levels.entry(name.split('.').count()).or_default().insert(name);
    }
    let mut count: usize = levels.values().map(HashSet::len).sum();
    while count > most {
        let Some((depth, deepest)) = levels.pop_last().filter(|(depth, _)| *depth >= 2) else { return BTreeSet::new() };
        count -= deepest.len();
        let above = levels.entry(depth - 1).or_default();
        count += deepest.iter().filter_map(|name| parent(name)).filter(|&parent| above.insert(parent)).count();
    }
    levels.into_values().flatten().map(str::to_owned).collect()
}

fn parent(name: &str) -> Option<&str> {
    name.split_once('.').map(|(_, rest)| rest)
}

/// At most `most` networks that hold all of `addresses`, each with the length of its prefix: the longest that will do.
fn networks(addresses: &BTreeSet<u128>, width: u8, most: usize) -> Vec<(u128, u8)> {
    // Neighbours are in one network as long as it is not longer than what they have in common.
    let mut in_common = [0_usize; 129];
    for (one, other) in addresses.iter().zip(addresses.iter().skip(1)) {
        in_common[usize::from(width) + (one ^ other).leading_zeros() as usize - 128] += 1;
    }
    let mut count = addresses.len();
    let mut length = width;
    while count > most && length > 0 {
        length -= 1;
        count -= in_common[usize::from(length)];
    }
    let networks: BTreeSet<u128> = addresses.iter().map(|&address| prefix_of(address, width, length)).collect();
    networks.into_iter().map(|address| (address, length)).collect()
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
        assert!(names.iter().all(|name| constraints.index().allow(name)), "{constraints:?}");
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
            assert_eq!(constraints.index().allow(&name.parse().unwrap()), is_allowed, "{name}");
        }
        let addresses = of(&["IP:::1"], 1);
        assert!(!addresses.index().allow(&"DNS:localhost".parse().unwrap()));
        assert!(!addresses.index().allow(&"IP:::2".parse().unwrap()));
    }

    #[test]
    fn many_names_are_put_together() {
        let hosts: Vec<SanName> = (0..10_000).map(|n| SanName::Dns(format!("h{n}.z{}.test", n % 7))).collect();
        let constraints = Constraints::of(&hosts, hosts.len());
        assert!(constraints.permitted.len() + constraints.excluded.len() <= 25, "{constraints:?}");
        assert!(hosts.iter().all(|host| constraints.index().allow(host)));
        assert!(!constraints.index().allow(&"DNS:example.com".parse().unwrap()));
        let addresses: Vec<SanName> =
            (0..10_000u32).map(|n| SanName::Ip(Ipv4Addr::from(0x0a00_0000 + n).into())).collect();
        let constraints = Constraints::of(&addresses, addresses.len());
        assert!(
            constraints.permitted.len() <= 25 && addresses.iter().all(|address| constraints.index().allow(address))
        );
        assert!(!constraints.index().allow(&"IP:11.0.0.1".parse().unwrap()));
        let labels: Vec<SanName> = (0..1_000).map(|n| SanName::Dns(format!("host{n}"))).collect();
        let constraints = Constraints::of(&labels, 1);
        assert!(labels.iter().all(|label| constraints.index().allow(label)));
    }

    /// Each subtree compared with each name, as RFC 5280 puts it.
    fn holds_one_by_one(subtree: &Subtree, name: &SanName) -> bool {
        let is_below = |name: &str, parent: &str| {
            parent.is_empty() || name == parent || name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
        };
        match (subtree, name) {
            (Subtree::Dns(parent), SanName::Dns(name)) => {
                is_below(&name.trim_start_matches("*.").to_ascii_lowercase(), &parent.to_ascii_lowercase())
            }
            (Subtree::Ip(network, length), SanName::Ip(address)) => {
                let ((is_v6, network, width), (other, address, _)) = (bits_of(network), bits_of(address));
                is_v6 == other && prefix_of(network, width, *length) == prefix_of(address, width, *length)
            }
            (Subtree::Email(mailbox), SanName::Email(name)) => match mailbox.contains('@') {
                true => mailbox == name,
                false => name.rsplit_once('@').is_some_and(|(_, host)| is_below(host, mailbox.trim_start_matches('.'))),
            },
            _ => false,
        }
    }

    #[test]
    fn index_agrees_with_one_by_one_comparison() {
        let domains = ["", ".", "a", "b", "a.b", "b.a", "a.a.b", "ab", "b.ab", "A.b", "a..b", ".b", "b."];
        let addresses = ["10.0.0.1", "10.0.0.2", "10.1.0.0", "::a00:1", "::1", "2001:db8::1"];
        let mut names: Vec<SanName> = Vec::new();
        let mut subtrees: Vec<Subtree> = Vec::new();
        for domain in domains {
            names.extend([domain, &format!("*.{domain}")].map(|name| SanName::Dns(name.to_owned())));
            names.push(SanName::Email(format!("x@{domain}")));
            subtrees.push(Subtree::Dns(domain.to_owned()));
            subtrees.extend([domain, &format!("x@{domain}")].map(|host| Subtree::Email(host.to_owned())));
        }
        for address in addresses {
            let address: IpAddr = address.parse().unwrap();
            names.push(SanName::Ip(address));
            let (_, _, width) = bits_of(&address);
            subtrees.extend([0, 1, 15, 16, 31, 32, width].map(|length| Subtree::Ip(address, length)));
        }
        for (at, one) in subtrees.iter().enumerate() {
            for other in &subtrees[at..] {
                let index = SubtreeIndex::of(&[one.clone(), other.clone()]);
                for name in &names {
                    let expected = holds_one_by_one(one, name) || holds_one_by_one(other, name);
                    assert_eq!(index.holds(name), expected, "{name} in {one:?}, {other:?}");
                }
            }
        }
    }

    #[test]
    fn deep_names_are_cut_from_the_deepest() {
        let names = ["a.b.c.d", "x.b.c.d", "e.c.d", "f.d", "y.f.d"];
        let hosts = names.iter().map(|name| (*name).to_owned()).collect();
        for (most, expected) in [(9, "a.b.c.d e.c.d f.d x.b.c.d"), (3, "b.c.d e.c.d f.d"), (2, "c.d f.d"), (1, "d")] {
            assert_eq!(gather_hosts(&hosts, most).into_iter().collect::<Vec<_>>().join(" "), expected, "{most}");
        }
    }
}
