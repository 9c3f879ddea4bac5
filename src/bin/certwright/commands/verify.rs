//! `verify`: do these keys, requests and certificates belong together?

use certwright::inspect::Object;
use certwright::keystore::Entry;
use certwright::verify::{self, Check, Criteria, Evidence, Exhibit, Outcome, Report};
use certwright::{EncodedKeystore, Error, ErrorKind, Keystore, Password, Result, salesforce, time};
use serde_json::json;

use crate::cli::{Consumer, StorePasswordArgs, VerifyArgs};
use crate::gather::{self, Gathered};
use crate::password;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(args: VerifyArgs, session: &mut Session) -> Result<ExitStatus> {
    let expires_within = args.expires_within.as_deref().map(time::parse_span).transpose()?;
    let paths = match args.paths.is_empty() {
        true => vec![session.dir.clone().unwrap_or_else(|| ".".into())],
        false => args.paths,
    };
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&paths, session)?;
    let mut exhibits = Vec::new();
    let mut unknown = Vec::new();
    for file in files {
        if file.is_unknown() {
            unknown.push(file.name);
        } else {
            exhibit(file, &passwords, &mut exhibits);
        }
    }
    let mut report = verify::verify(&exhibits, &Criteria { now: session.now, expires_within });
    salesforce::import_rules(&exhibits, args.consumer == Some(Consumer::Salesforce), &mut report);
    let ok = report.is_ok(args.strict);
    if ok && !report.has_evidence() {
        let fact = "nothing to compare: no two of these files could be held against each other";
        return Err(Error::new(ErrorKind::Usage, fact).with_hint(
            "give at least two of key, signing request and certificate; --password-from opens an encrypted key",
        ));
    }
    tell(&report, ok, &unknown, session)?;
    Ok(if ok { ExitStatus::Done } else { ExitStatus::NotGood })
}

/// The passwords of a command that looks at many files.
struct Passwords {
    /// Opens private keys.
    key: Option<Password>,
    /// Opens keystores, if it is another.
    store: Option<Password>,
}

impl Passwords {
    fn read(args: &StorePasswordArgs, session: &mut Session) -> Result<Self> {
        let common = args.password_from.as_ref();
        let (key, store) = (args.key_password_from.as_ref().or(common), args.store_password_from.as_ref().or(common));
        let key_password = password::open_all(key.or(store), session)?;
        let store_password = if store.is_some() && store != key { password::open_all(store, session)? } else { None };
        Ok(Self { key: key_password, store: store_password })
    }

    fn for_key(&self) -> Option<&Password> {
        self.key.as_ref()
    }

    fn for_store(&self) -> Option<&Password> {
        self.store.as_ref().or(self.key.as_ref())
    }
}

fn exhibit(file: Gathered, passwords: &Passwords, exhibits: &mut Vec<Exhibit>) {
    let mut add = |file: &str, evidence| exhibits.push(Exhibit { file: file.to_owned(), evidence });
    if file.is_exposed {
        add(&file.name, Evidence::ReadableByOthers);
    }
    let names: Vec<String> = file.items.iter().flatten().map(|item| file.item_name(item)).collect();
    let items = match file.items {
        Ok(items) => items,
        Err(error) if error.kind() == ErrorKind::Io => {
            return add(&file.name, Evidence::Locked { wanted: false, reason: error.to_string() });
        }
        Err(error) => return add(&file.name, Evidence::Unreadable(error)),
    };
    for (item, name) in items.into_iter().zip(names) {
        let locked = || Evidence::Locked {
            wanted: file.is_named,
            reason: "is encrypted; --password-from says where its password is".into(),
        };
        let evidence = match item.object {
            Ok(Object::PrivateKey(key)) => Evidence::PrivateKey(key.public_key()),
            Ok(Object::EncryptedPrivateKey(key)) => match passwords.for_key().map(|password| key.decrypt(password)) {
                Some(Ok(key)) => Evidence::PrivateKey(key.public_key()),
                Some(Err(error)) => Evidence::Unreadable(error),
                None => locked(),
            },
            Ok(Object::PublicKey(key)) => Evidence::PublicKey(key),
            Ok(Object::CertRequest(request)) => Evidence::CertRequest(request),
            Ok(Object::Certificate(certificate)) => Evidence::Certificate(certificate),
            Ok(Object::Keystore(store)) => match passwords.for_store() {
                Some(password) => {
                    keystore(&name, &store, password, passwords.for_key(), &mut add);
                    continue;
                }
                None => locked(),
            },
            Ok(_) => continue,
            Err(error) => Evidence::Unreadable(error),
        };
        add(&name, evidence);
    }
}

/// Every key and certificate of a keystore is one more holder of it.
fn keystore(
    name: &str,
    store: &EncodedKeystore,
    password: &Password,
    key_password: Option<&Password>,
    add: &mut impl FnMut(&str, Evidence),
) {
    // Most keys have the store's password; another that is given is tried where that one fails.
    let is_whole = |opened: &Keystore| !opened.entries.iter().any(|entry| matches!(entry, Entry::Unreadable { .. }));
    let opened = match store.open(password, None) {
        Ok(opened) => opened,
        Err(error) => return add(name, Evidence::Unreadable(error)),
    };
    let with_key_password = key_password
        .filter(|_| !is_whole(&opened))
        .and_then(|key_password| store.open(password, Some(key_password)).ok())
        .filter(is_whole);
    let has_key_password = with_key_password.is_some();
    let opened = with_key_password.unwrap_or(opened);
    let identities = opened.entries.iter().filter(|entry| matches!(entry, Entry::Identity(_))).count();
    let is_named_jks =
        std::path::Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jks"));
    add(name, Evidence::Keystore { format: store.format(), is_named_jks, identities, has_key_password });
    for entry in opened.entries {
        let place = format!("{name}[{}]", entry.alias().escape_debug());
        match entry {
            Entry::Identity(identity) => {
                add(&place, Evidence::Alias(identity.alias().to_owned()));
                add(&place, Evidence::PrivateKey(identity.key().public_key()));
                for (index, certificate) in identity.chain().iter().enumerate() {
                    let place = if index == 0 { place.clone() } else { format!("{place}:{}", index + 1) };
                    add(&place, Evidence::Certificate(certificate.clone()));
                }
            }
            Entry::LoneKey { key, .. } => add(&place, Evidence::PrivateKey(key.public_key())),
            Entry::Certificate { certificate, .. } => add(&place, Evidence::Certificate(certificate)),
            Entry::Unreadable { error, .. } => add(&place, Evidence::Unreadable(error)),
            _ => {}
        }
    }
}

fn tell(report: &Report, ok: bool, unknown: &[String], session: &mut Session) -> Result<()> {
    if session.json {
        let checks = report.checks.iter().map(|check| {
            json!({
                "name": check.name,
                "result": check.outcome.as_str(),
                "detail": check.detail,
                "files": check.files,
            })
        });
        let checks: Vec<_> = checks.collect();
        let told = json!({ "command": "verify", "ok": ok, "checks": checks, "ignored": unknown });
        return session.terminal.say(&format!("{told:#}"));
    }
    for check in in_brief(&report.checks) {
        let line = format!("{:<8} {}: {}", check.outcome.as_str(), check.files.join(", "), check.detail);
        session.terminal.say(&line)?;
    }
    if !unknown.is_empty() {
        session.terminal.note(&format!("note: not looked at, of no known kind: {}", unknown.join(", ")));
    }
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    let verdict = match (ok, count(Outcome::NotRun)) {
        (false, _) => "NOT good",
        (true, 0) => "good",
        (true, _) => "good as far as it was checked",
    };
    let mut summary = format!("{verdict}: {} checks hold", count(Outcome::Holds));
    for (outcome, one, more) in [
        (Outcome::Warning, "warning", "warnings"),
        (Outcome::NotRun, "was not run", "were not run"),
        (Outcome::Fails, "fails", "fail"),
    ] {
        match count(outcome) {
            0 => {}
            1 => summary += &format!(", 1 {one}"),
            many => summary += &format!(", {many} {more}"),
        }
    }
    session.terminal.say(&summary)
}

/// The checks with those of one finding told once, over all their files. A comparison joins only those it shares a file
/// with: two keys of one size are still two keys.
fn in_brief(checks: &[Check]) -> Vec<Check> {
    let mut brief: Vec<Check> = Vec::new();
    for check in checks {
        let joined = brief.iter_mut().find(|told| {
            let same = told.name == check.name && told.detail == check.detail && told.outcome == check.outcome;
            let compares = check.files.len() > 1;
            same && check.outcome != Outcome::Fails
                && (!compares || told.files.iter().any(|file| check.files.contains(file)))
        });
        match joined {
            Some(told) => {
                let new: Vec<_> = check.files.iter().filter(|file| !told.files.contains(file)).cloned().collect();
                told.files.extend(new);
            }
            None => {
                let mut told = check.clone();
                told.files.dedup();
                brief.push(told);
            }
        }
    }
    brief
}
