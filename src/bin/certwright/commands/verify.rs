//! `verify`: do these keys, requests and certificates belong together?

use certwright::inspect::Object;
use certwright::keystore::Entry;
use certwright::verify::{self, Check, Criteria, Evidence, Exhibit, Outcome, Place, Report};
use certwright::{EncodedKeystore, Error, ErrorKind, Password, Result, salesforce, time};
use serde_json::json;

use crate::cli::{Consumer, VerifyArgs};
use crate::gather::{self, Gathered};
use crate::json;
use crate::password::Passwords;
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

fn exhibit(file: Gathered, passwords: &Passwords, exhibits: &mut Vec<Exhibit>) {
    let mut add = |file: &str, evidence| exhibits.push(Exhibit::new(file, evidence));
    match &file.is_exposed {
        Some(Ok(true)) => add(&file.name, Evidence::ReadableByOthers),
        Some(Err(error)) => add(&file.name, Evidence::ReadersUnknown(error.to_string())),
        Some(Ok(false)) | None => {}
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
                    exhibits_of_store(&name, &store, password, passwords.for_key(), exhibits);
                    continue;
                }
                None => locked(),
            },
            Ok(_) => continue,
            Err(error) => Evidence::Unreadable(error),
        };
        exhibits.push(Exhibit::new(name, evidence));
    }
}

/// Every key and certificate of a keystore is one more holder of it.
fn exhibits_of_store(
    name: &str,
    store: &EncodedKeystore,
    password: &Password,
    key_password: Option<&Password>,
    exhibits: &mut Vec<Exhibit>,
) {
    // Most keys have the store's password; another that is given is tried where that one fails.
    let is_locked =
        |entry: &Entry| matches!(entry, Entry::Unreadable { error, .. } if error.kind() == ErrorKind::Password);
    let mut opened = match store.open(password, None) {
        Ok(opened) => opened,
        Err(error) => return exhibits.push(Exhibit::new(name, Evidence::Unreadable(error))),
    };
    let mut has_key_password = false;
    if let Some(key_password) = key_password.filter(|_| opened.entries.iter().any(is_locked))
        && let Ok(with_key_password) = store.open(password, Some(key_password))
    {
        has_key_password = true;
        opened = with_key_password;
    }
    let identities = opened.entries.iter().filter(|entry| matches!(entry, Entry::Identity(_))).count();
    let extension = std::path::Path::new(name).extension();
    let keystore = Evidence::Keystore {
        format: store.format(),
        is_named_jks: extension.is_some_and(|extension| extension.eq_ignore_ascii_case("jks")),
        identities,
        has_key_password,
        has_integrity: store.integrity().is_some(),
    };
    exhibits.push(Exhibit::new(name, keystore));
    for (number, entry) in opened.entries.into_iter().enumerate() {
        let file = format!("{name}[{}]", entry.alias().escape_debug());
        let mut add = |file: String, evidence, is_trusted| {
            let place = Some(Place { store: name.to_owned(), entry: number, is_trusted });
            exhibits.push(Exhibit { file, evidence, place });
        };
        match entry {
            Entry::Identity(identity) => {
                add(
                    file.clone(),
                    Evidence::Alias { alias: identity.alias().to_owned(), format: store.format() },
                    false,
                );
                add(file.clone(), Evidence::PrivateKey(identity.key().public_key()), false);
                if identity.chain().len() > 1 {
                    add(file.clone(), Evidence::Chain(identity.chain().to_vec()), false);
                }
                for (index, certificate) in identity.chain().iter().enumerate() {
                    let file = if index == 0 { file.clone() } else { format!("{file}:{}", index + 1) };
                    add(file, Evidence::Certificate(certificate.clone()), false);
                }
            }
            Entry::LoneKey { key, .. } => add(file, Evidence::PrivateKey(key.public_key()), false),
            Entry::Certificate { certificate, .. } => add(file, Evidence::Certificate(certificate), true),
            Entry::Unreadable { error, .. } => add(file, Evidence::Unreadable(error), false),
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
        return session.terminal.say(&json::text(&told));
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
