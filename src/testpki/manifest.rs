//! A hierarchy in one TOML file -> a [`Plan`].
//!
//! ```toml
//! [defaults]              # optional: key, days and formats of the leaves
//! key = "p256"
//!
//! [authority.root]        # root.crt and root.key
//! days = 730
//!
//! [authority.issuing]
//! issuer = "root"
//! crl = true              # issuing.crl
//!
//! [leaf.web]              # web.crt, web.key, web.fullchain.crt
//! issuer = "issuing"
//! hosts = ["localhost", "127.0.0.1", "*.example.test"]
//! formats = ["p12", "jks"]
//!
//! [leaf.old]
//! issuer = "issuing"
//! hosts = ["old.example.test"]
//! revoked = "keyCompromise"
//!
//! [client.alice]
//! issuer = "issuing"
//! ```

mod table;

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use super::plan::{MAX_AUTHORITIES, MAX_DEPTH, MAX_NAMES, MOST_LEAVES, check_file_name, numbers};
use super::{
    Host, Lifetime, Plan, PlannedAuthority, PlannedLeaf, Purpose, Reason, client_names, common_name, first_dns_name,
};
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyKind;
use crate::subject::SanName;
use table::{Entry, Table, Value};

const AUTHORITY_DAYS: u32 = 730;
const LEAF_DAYS: u32 = 30;

const SECTIONS: &[&str] = &["defaults", "authority", "leaf", "client"];
const DEFAULTS: &[&str] = &["key", "days", "formats"];
const AUTHORITY: &[&str] =
    &["issuer", "common_name", "key", "days", "not_before", "not_after", "path_length", "names", "crl"];
const LEAF: &[&str] = &[
    "issuer",
    "common_name",
    "key",
    "days",
    "not_before",
    "not_after",
    "hosts",
    "usages",
    "formats",
    "revoked",
    "count",
];

/// What a manifest asks for.
#[derive(Debug)]
pub struct Manifest {
    /// The hierarchy.
    pub plan: Plan,
    /// International names that were converted: as written, and as they are in the certificates.
    pub converted: Vec<(String, String)>,
}

/// Reads the text of a manifest. `now` is the time from which spans count.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) with the line, for what is no TOML, a key that is not known, a value that cannot be, an issuer that
/// is missing, or one that would stand below itself.
pub fn read(text: &str, now: SystemTime) -> Result<Manifest> {
    let mut root = Table::parse(text)?;
    root.check_keys(SECTIONS)?;
    let defaults = root.take_table("defaults")?;
    if let Some(defaults) = &defaults {
        defaults.check_keys(DEFAULTS)?;
    }
    let default = |key: &str| defaults.as_ref().and_then(|table| table.get(key));
    let mut reader =
        Reader { now, taken: HashSet::new(), converted: Vec::new(), issuers: HashMap::new(), leaves: 0, names: 0 };
    let authorities = reader.authorities(&mut root, default("key"))?;
    reader.issuers = authorities.iter().enumerate().map(|(at, one)| (one.name.clone(), at)).collect();
    let mut plan = Plan { authorities, leaves: Vec::new() };
    for (section, purposes) in [("leaf", [Purpose::Server, Purpose::Client].as_slice()), ("client", &[Purpose::Client])]
    {
        let entries = root.take_entries(section)?;
        reader.count_leaves(&entries)?;
        for entry in entries {
            entry.table.check_keys(LEAF)?;
            reader.leaf(&entry, section == "client", purposes, &default, &mut plan)?;
        }
    }
    if plan.authorities.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "names no authority").with_hint("begin it with [authority.root]"));
    }
    Ok(Manifest { plan, converted: reader.converted })
}

struct Reader {
    now: SystemTime,
    /// Names of files, in lower case: some systems know no other.
    taken: HashSet<String>,
    converted: Vec<(String, String)>,
    /// The places of the authorities by their names.
    issuers: HashMap<String, usize>,
    /// How many leaves were counted so far, and how many alternative names they have.
    leaves: usize,
    names: usize,
}

impl Reader {
    fn authorities(&mut self, root: &mut Table<'_>, key: Option<Value<'_>>) -> Result<Vec<PlannedAuthority>> {
        let entries = root.take_entries("authority")?;
        if let Some(entry) = entries.get(MAX_AUTHORITIES) {
            return Err(entry.wrong(&format!("is one authority too many: at most {MAX_AUTHORITIES} are made at once")));
        }
        let places: HashMap<&str, usize> =
            entries.iter().enumerate().map(|(at, one)| (one.name.as_str(), at)).collect();
        let mut found = Vec::new();
        for entry in &entries {
            let table = &entry.table;
            table.check_keys(AUTHORITY)?;
            self.take_name(&entry.name, entry)?;
            let issuer = table.get("issuer");
            let place = issuer.as_ref().map(|issuer| find(issuer, &places)).transpose()?;
            let lifetime = lifetime(table, None, AUTHORITY_DAYS)?;
            entry.at(lifetime.validity(self.now))?;
            let names = table.get("names").map(|names| self.hosts(&names)).transpose()?;
            let path_length = table.get("path_length").map(|value| {
                let length = value.integer()?;
                u8::try_from(length).map_err(|_| value.wrong("is no number of authorities"))
            });
            found.push(PlannedAuthority {
                common_name: text_or(table, "common_name", &format!("test {}", entry.name))?,
                name: entry.name.clone(),
                issuer: place,
                key: kind(table.get("key").or(key.clone()))?,
                lifetime,
                ends_with_issuer: table.get("days").is_none() && table.get("not_after").is_none(),
                path_length: path_length.transpose()?,
                names,
                has_crl: table.get("crl").map(|value| value.boolean()).transpose()?.unwrap_or_default(),
            });
        }
        sort(found, &entries)
    }

    /// Checks that the leaves are not too many, before the first is planned.
    fn count_leaves(&mut self, entries: &[Entry<'_>]) -> Result<()> {
        for entry in entries {
            let count = count(&entry.table)?.unwrap_or(1);
            let hosts = entry.table.get("hosts").map(|hosts| hosts.texts()).transpose()?.unwrap_or_default();
            self.leaves += count;
            self.names += count * hosts.len();
            if self.leaves > MOST_LEAVES {
                return Err(entry.wrong(&format!("is one leaf too many: at most {MOST_LEAVES} are made at once")));
            }
            if self.names > MAX_NAMES {
                return Err(entry.wrong(&format!("has too many hosts: at most {MAX_NAMES} names are issued at once")));
            }
        }
        Ok(())
    }

    fn leaf<'a>(
        &mut self,
        entry: &Entry<'a>,
        is_client: bool,
        purposes: &[Purpose],
        default: &dyn Fn(&str) -> Option<Value<'a>>,
        plan: &mut Plan,
    ) -> Result<()> {
        let table = &entry.table;
        let issuer = match (table.get("issuer"), plan.authorities.len()) {
            (Some(issuer), _) => {
                let found = self.issuers.get(issuer.text()?).copied();
                found.ok_or_else(|| issuer.wrong("is no authority of this file"))?
            }
            (None, 1) => 0,
            (None, _) => {
                return Err(entry
                    .wrong("names no issuer, and there is more than one authority")
                    .with_hint("add issuer = \"...\""));
            }
        };
        let lifetime = lifetime(table, default("days"), LEAF_DAYS)?;
        let validity = entry.at(lifetime.validity(self.now))?;
        let above = plan.authorities[issuer].lifetime.validity(self.now)?;
        if validity.not_after() > above.not_after() {
            return Err(entry.wrong("would outlive its issuer").with_hint("give it fewer days, or its issuer more"));
        }
        let purposes = match table.get("usages") {
            Some(usages) => {
                usages.texts()?.iter().map(|usage| usage.at(usage.text()?.parse())).collect::<Result<_>>()?
            }
            None => purposes.to_vec(),
        };
        let (mut p12, mut jks) = (false, false);
        for format in
            table.get("formats").or(default("formats")).map(|list| list.texts()).transpose()?.unwrap_or_default()
        {
            match format.text()? {
                "p12" => p12 = true,
                "jks" => jks = true,
                _ => return Err(format.wrong("is no format; choose p12 or jks")),
            }
        }
        let revoked = match table.get("revoked") {
            None => None,
            Some(value) => match value.boolean() {
                Ok(is_revoked) => is_revoked.then(Reason::default),
                Err(_) => Some(value.at(value.text()?.parse())?),
            },
        };
        let count = count(table)?;
        let hosts = table.get("hosts").map(|hosts| hosts.texts()).transpose()?.unwrap_or_default();
        let own_name = table.get("common_name");
        for number in count.map_or_else(|| vec![None], |count| numbers(count).map(Some).collect()) {
            let numbered = |text: &str| number.as_ref().map_or(text.to_owned(), |number| super::numbered(text, number));
            let name = number.as_ref().map_or(entry.name.clone(), |number| format!("{}-{number}", entry.name));
            self.take_name(&name, entry)?;
            let mut names = Vec::new();
            for host in &hosts {
                names.push(self.host(&numbered(host.text()?), host)?);
            }
            if is_client && names.is_empty() {
                names = client_names(own_name.as_ref().map_or(Ok(name.as_str()), |own| own.text())?);
            }
            if !is_client && names.is_empty() {
                return Err(entry.wrong("names no hosts").with_hint("add hosts = [\"localhost\"]"));
            }
            let default_name = if is_client { name.as_str() } else { first_dns_name(&names).unwrap_or(&name) };
            let chosen = own_name.as_ref().map_or(Ok(default_name), |own| own.text())?;
            plan.leaves.push(PlannedLeaf {
                common_name: common_name(&numbered(chosen), &name),
                name,
                issuer,
                key: kind(table.get("key").or(default("key")))?,
                names,
                purposes: purposes.clone(),
                lifetime,
                p12,
                jks,
                revoked,
            });
        }
        Ok(())
    }

    fn take_name(&mut self, name: &str, entry: &Entry<'_>) -> Result<()> {
        entry.at(check_file_name(name))?;
        match self.taken.insert(name.to_ascii_lowercase()) {
            true => Ok(()),
            false => Err(entry.wrong("has the name of another entry, and their files would be one")),
        }
    }

    fn hosts(&mut self, list: &Value<'_>) -> Result<Vec<SanName>> {
        list.texts()?.iter().map(|host| self.host(host.text()?, host)).collect()
    }

    fn host(&mut self, text: &str, place: &Value<'_>) -> Result<SanName> {
        if text.contains('@') {
            return place.at(format!("email:{text}").parse());
        }
        let host: Host = place.at(text.parse())?;
        if let Some(written) = host.converted_from {
            self.converted.push((written, host.name.to_string()));
        }
        Ok(host.name)
    }
}

/// How many leaves a table stands for, if it says so.
fn count(table: &Table<'_>) -> Result<Option<usize>> {
    let Some(value) = table.get("count") else { return Ok(None) };
    match usize::try_from(value.integer()?) {
        Ok(count @ 1..=MOST_LEAVES) => Ok(Some(count)),
        _ => Err(value.wrong(&format!("is no number of leaves from 1 to {MOST_LEAVES}"))),
    }
}

fn find(issuer: &Value<'_>, places: &HashMap<&str, usize>) -> Result<usize> {
    let found = places.get(issuer.text()?).copied();
    found.ok_or_else(|| issuer.wrong("is no authority of this file"))
}

fn kind(value: Option<Value<'_>>) -> Result<KeyKind> {
    value.map_or(Ok(KeyKind::default()), |value| value.at(value.text()?.parse()))
}

fn text_or(table: &Table<'_>, key: &str, default: &str) -> Result<String> {
    table.get(key).map_or(Ok(default.to_owned()), |value| value.text().map(str::to_owned))
}

fn lifetime(table: &Table<'_>, days: Option<Value<'_>>, default: u32) -> Result<Lifetime> {
    let moment = |key: &str| table.get(key).map(|value| value.at(value.instant()?.parse())).transpose();
    let not_after = moment("not_after")?;
    let days = match (table.get("days"), not_after) {
        (Some(days), Some(_)) => return Err(days.wrong("and not_after both say when it ends")),
        (own, _) => own.or(days),
    };
    let days = days.map(|days| u32::try_from(days.integer()?).map_err(|_| days.wrong("is no number of days")));
    Ok(Lifetime { not_before: moment("not_before")?, not_after, days: days.transpose()?.unwrap_or(default) })
}

/// The authorities, every one behind its issuer.
fn sort(authorities: Vec<PlannedAuthority>, entries: &[Entry<'_>]) -> Result<Vec<PlannedAuthority>> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        New,
        /// On the path that is walked.
        OnPath,
        /// In order, with so many above it.
        Done {
            place: usize,
            depth: usize,
        },
    }
    let mut states = vec![State::New; authorities.len()];
    let mut order: Vec<usize> = Vec::new();
    for start in 0..authorities.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        let mut depth = 0;
        while let Some(at) = next {
            match states[at] {
                State::Done { depth: above, .. } => {
                    depth = above + 1;
                    break;
                }
                State::OnPath => return Err(circle(at, &path, &authorities, entries)),
                State::New => {}
            }
            states[at] = State::OnPath;
            path.push(at);
            next = authorities[at].issuer;
        }
        for at in path.into_iter().rev() {
            if depth == MAX_DEPTH {
                return Err(entries[at]
                    .wrong(&format!("has {MAX_DEPTH} authorities above it, and so many are the most in a row"))
                    .with_hint("let another one issue it"));
            }
            states[at] = State::Done { place: order.len(), depth };
            order.push(at);
            depth += 1;
        }
    }
    let new_place = |old: usize| match states[old] {
        State::Done { place, .. } => Some(place),
        State::New | State::OnPath => None,
    };
    let mut sorted: Vec<Option<PlannedAuthority>> = authorities.into_iter().map(Some).collect();
    let moved = order.iter().filter_map(|&place| sorted[place].take());
    Ok(moved.map(|authority| PlannedAuthority { issuer: authority.issuer.and_then(new_place), ..authority }).collect())
}

/// The most names that an error repeats.
const MAX_NAMED: usize = 20;

/// The error for authorities that issue each other: `path` leads back to the one at `at`.
fn circle(at: usize, path: &[usize], authorities: &[PlannedAuthority], entries: &[Entry<'_>]) -> Error {
    let mut names: Vec<&str> = path.iter().take(MAX_NAMED).map(|&place| authorities[place].name.as_str()).collect();
    if names.len() < path.len() {
        names.push("..");
    }
    names.push(&authorities[at].name);
    let issuer = entries[at].table.get("issuer");
    let fact = format!("goes round in a circle: {}", names.join(" is issued by "));
    let wrong = issuer.map_or_else(|| entries[at].wrong(&fact), |issuer| issuer.wrong(&fact));
    wrong.with_hint("let one of them be a root: leave its issuer out")
}

#[cfg(test)]
mod tests;
