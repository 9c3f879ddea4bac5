//! What was typed -> what is to be made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use certwright::subject::AttributeType;
use certwright::testpki::{
    self, Authority, Host, Lifetime, MAX_NAMES, MOST_LEAVES, Plan, PlannedAuthority, PlannedLeaf, Purpose,
    check_file_name, client_names, common_name, first_dns_name, manifest, numbers,
};
use certwright::time::Moment;
use certwright::{CertRequest, Error, ErrorKind, KeyKind, Result, SanName};

use super::existing;
use crate::cli::TestpkiArgs;
use crate::input::{self, Inputs};
use crate::password::PasswordSource;
use crate::session::Session;

const DAYS: u32 = 30;
/// The most converted names that are told one by one.
const MAX_NOTES: usize = 20;
/// An authority outlives what it issues now, so that it can be used again (`--ca`) for a year.
const AUTHORITY_LONGER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// What is asked for where nothing is.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What is to be made, and from what.
pub(super) struct Order {
    pub(super) plan: Plan,
    /// For each authority of the plan the one to use, if one was given.
    pub(super) given: Vec<Option<Authority>>,
    pub(super) request: Option<RequestOrder>,
    /// What is there already and fits is kept.
    pub(super) keeps: bool,
    /// The file that must not be written over.
    pub(super) input: Option<PathBuf>,
    pub(super) password_from: Option<PasswordSource>,
}

/// A signing request that is to be answered.
pub(super) struct RequestOrder {
    /// How its files are called.
    pub(super) name: String,
    pub(super) request: CertRequest,
    /// Names beside those it asks for.
    pub(super) names: Vec<SanName>,
    pub(super) issuer: usize,
    pub(super) lifetime: Lifetime,
}

/// True if nothing but the variables is wanted.
pub(super) fn asks_for_nothing(args: &TestpkiArgs) -> bool {
    args.host.is_empty()
        && args.client.is_empty()
        && args.csr.is_none()
        && args.count.is_none()
        && args.ca.is_none()
        && args.manifest.is_none()
}

pub(super) fn read(args: &TestpkiArgs, session: &mut Session) -> Result<Order> {
    match &args.manifest {
        Some(path) => of_manifest(path, args, session),
        None => of_options(args, session),
    }
}

fn of_manifest(path: &Path, args: &TestpkiArgs, session: &mut Session) -> Result<Order> {
    let bytes = input::read(path, session)?;
    let text = std::str::from_utf8(bytes.as_bytes()).map_err(|error| {
        Error::new(ErrorKind::Usage, "is no UTF-8 text")
            .with_path(path)
            .with_hint("save it as UTF-8; PowerShell's > writes UTF-16")
            .with_source(error)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = manifest::read(text, session.now).map_err(|error| error.with_path(path))?;
    for (written, name) in found.converted.iter().take(MAX_NOTES) {
        note_converted(written, name, session);
    }
    if let Some(more @ 1..) = found.converted.len().checked_sub(MAX_NOTES) {
        session.terminal.note(&format!("note: and {more} more names are converted in the same way"));
    }
    let given = found.plan.authorities.iter().map(|_| None).collect();
    Ok(Order {
        plan: found.plan,
        given,
        request: None,
        keeps: true,
        input: Some(path.to_owned()),
        password_from: args.password_from.clone(),
    })
}

fn note_converted(written: &str, name: &str, session: &mut Session) {
    let name = name.trim_start_matches("DNS:");
    session.terminal.note(&format!("note: {written} is {name} in certificates (IDNA)"));
}

fn of_options(args: &TestpkiArgs, session: &mut Session) -> Result<Order> {
    let key: KeyKind = args.key.parse()?;
    let lifetime = lifetime(args)?;
    let validity = lifetime.validity(session.now)?;
    if validity.not_after() < session.now {
        session.terminal.note("note: what is made has expired already, as asked for");
    }
    let count = args.count.as_deref().map(count).transpose()?;
    let request = args.csr.as_deref().map(|path| request(path, session)).transpose()?;
    let local = LOCAL.map(str::to_owned);
    let hosts: &[String] = match asks_for_nothing(args) || count.is_some() && args.host.is_empty() {
        true => &local,
        false => &args.host,
    };
    let issuer = usize::from(args.intermediate);
    let mut leaves = Vec::new();
    let has_server = request.is_none() && !hosts.is_empty();
    let server = |name: String, names: Vec<SanName>| {
        let common_name = common_name(first_dns_name(&names).unwrap_or(&name), &name);
        let purposes = vec![Purpose::Server, Purpose::Client];
        leaf(name, common_name, names, purposes, args, (issuer, key, lifetime))
    };
    let mut host_names = Vec::new();
    if count.is_none() {
        for host in hosts {
            host_names.push(host_name(host, session)?);
        }
    }
    if has_server {
        match count {
            None => leaves.push(server("server".to_owned(), host_names.clone())),
            Some(count) => {
                if count * hosts.len() > MAX_NAMES {
                    let fact = format!("too many host names: {count} servers with {} each", hosts.len());
                    let hint = format!("at most {MAX_NAMES} names are issued at once");
                    return Err(Error::new(ErrorKind::Usage, fact).with_hint(hint));
                }
                for number in numbers(count) {
                    let numbered = hosts.iter().map(|host| testpki::numbered(host, &number).parse::<Host>());
                    let names = numbered.map(|host| host.map(|host| host.name)).collect::<Result<_>>()?;
                    leaves.push(server(format!("server-{number}"), names));
                }
            }
        }
    }
    for client in &args.client {
        let purposes = vec![Purpose::Client];
        let name = file_name(client)?;
        let common_name = common_name(client, &name);
        leaves.push(leaf(name, common_name, client_names(client), purposes, args, (issuer, key, lifetime)));
    }
    if leaves.len() > MOST_LEAVES {
        return Err(Error::new(ErrorKind::Usage, format!("too many certificates: {}", leaves.len()))
            .with_hint(format!("at most {MOST_LEAVES} are made at once")));
    }
    let request = request.map(|(name, request)| RequestOrder { name, request, names: host_names, issuer, lifetime });
    let given = given(args, &session.inputs)?;
    let names = match &request {
        Some(order) => Some(wanted_names(order, &leaves)?),
        None => None,
    };
    let above = Lifetime {
        not_before: Some(Moment::At(validity.not_before().min(Lifetime::days(1).validity(session.now)?.not_before()))),
        not_after: Some(Moment::At(validity.not_after().max(session.now) + AUTHORITY_LONGER)),
        days: DAYS,
    };
    let authority = |name: &str, common_name: &str, issuer, path_length, names| PlannedAuthority {
        name: name.to_owned(),
        common_name: common_name.to_owned(),
        issuer,
        key,
        lifetime: above,
        ends_with_issuer: true,
        path_length,
        names,
        has_crl: false,
    };
    let mut authorities = vec![authority("ca", "test root CA", None, None, names)];
    if args.intermediate {
        authorities.push(authority("intermediate", "test intermediate CA", Some(0), Some(0), None));
    }
    let plan = Plan { authorities, leaves };
    check_names(&plan, request.as_ref())?;
    if given.first().is_some_and(Option::is_none) && session.default_path("ca.key").exists() && !session.is_forced() {
        let hint = "add --ca with this folder to issue from it, or choose another folder";
        return Err(Error::new(ErrorKind::Exists, "a test authority is there already; nothing was changed")
            .with_path(session.default_path("ca.key"))
            .with_hint(hint));
    }
    Ok(Order { plan, given, request, keeps: false, input: args.csr.clone(), password_from: args.password_from.clone() })
}

fn leaf(
    name: String,
    common_name: String,
    names: Vec<SanName>,
    purposes: Vec<Purpose>,
    args: &TestpkiArgs,
    (issuer, key, lifetime): (usize, KeyKind, Lifetime),
) -> PlannedLeaf {
    let (p12, jks) = (args.p12, args.jks);
    PlannedLeaf { name, common_name, issuer, key, names, purposes, lifetime, p12, jks, revoked: None }
}

fn lifetime(args: &TestpkiArgs) -> Result<Lifetime> {
    let moment = |text: &Option<String>| text.as_deref().map(str::parse::<Moment>).transpose();
    Ok(Lifetime { not_before: moment(&args.not_before)?, not_after: moment(&args.not_after)?, days: days(args)? })
}

pub(super) fn days(args: &TestpkiArgs) -> Result<u32> {
    args.days.as_deref().map_or(Ok(DAYS), |text| {
        text.parse().map_err(|_| {
            Error::new(ErrorKind::Policy, format!("\"{}\" is no number of days", text))
                .with_hint("leave --days out for 30 days, or give a number such as 90")
        })
    })
}

fn count(text: &str) -> Result<usize> {
    text.parse().ok().filter(|count| (1..=MOST_LEAVES).contains(count)).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("\"{}\" is no number of servers", text))
            .with_hint(format!("give a number from 1 to {MOST_LEAVES}"))
    })
}

fn host_name(text: &str, session: &mut Session) -> Result<SanName> {
    let host: Host = text.parse()?;
    if let Some(written) = &host.converted_from {
        note_converted(written, &host.name.to_string(), session);
    }
    Ok(host.name)
}

fn request(path: &Path, session: &mut Session) -> Result<(String, CertRequest)> {
    let request = input::cert_request(path, session)?;
    let stem = path.file_stem().filter(|_| !input::is_stdin(path)).map(|stem| stem.to_string_lossy().into_owned());
    Ok((file_name(&stem.unwrap_or_else(|| "request".to_owned()))?, request))
}

/// `text` with a dash for what cannot be in the name of a file everywhere.
fn file_name(text: &str) -> Result<String> {
    let plain = |character: char| match character.is_ascii_alphanumeric() || "-_.".contains(character) {
        true => character,
        false => '-',
    };
    let name: String = text.chars().map(plain).collect();
    check_file_name(&name)?;
    Ok(name)
}

/// The names that a new authority is held to when it is made for a signing request.
fn wanted_names(order: &RequestOrder, leaves: &[PlannedLeaf]) -> Result<Vec<SanName>> {
    let mut names = order.request.sans()?;
    names.extend(order.names.iter().cloned());
    names.extend(leaves.iter().flat_map(|leaf| leaf.names.iter().cloned()));
    // OpenSSL holds a common name that looks like a host's to the constraints too.
    let common_name = order.request.subject().get(&AttributeType::CommonName);
    names.extend(common_name.and_then(|name| name.parse::<Host>().ok()).map(|host| host.name));
    Ok(names)
}

/// The authorities of `--ca`.
fn given(args: &TestpkiArgs, inputs: &Inputs) -> Result<Vec<Option<Authority>>> {
    let Some(folder) = &args.ca else { return Ok((0..=usize::from(args.intermediate)).map(|_| None).collect()) };
    let root = existing::read_authority(folder, "ca", None, inputs)?;
    let mut given = vec![Some(root)];
    if args.intermediate {
        let is_there = folder.join("intermediate.key").exists();
        let root = given[0].as_ref().filter(|_| is_there);
        let intermediate = root.map(|root| existing::read_authority(folder, "intermediate", Some(root), inputs));
        let intermediate = intermediate.transpose()?;
        given.push(intermediate);
    }
    Ok(given)
}

/// No two may have the same files.
fn check_names(plan: &Plan, request: Option<&RequestOrder>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    let names = plan.authorities.iter().map(|authority| &authority.name);
    let names = names.chain(plan.leaves.iter().map(|leaf| &leaf.name)).chain(request.map(|order| &order.name));
    for name in names {
        testpki::check_file_name(name)?;
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(Error::new(ErrorKind::Usage, format!("two certificates would be called {name}.crt"))
                .with_hint("choose other names: ca, intermediate and server are taken"));
        }
    }
    Ok(())
}
