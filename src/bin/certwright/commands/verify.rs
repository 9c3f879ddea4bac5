//! `verify`: do these keys, requests and certificates belong together?

use certwright::inspect::Object;
use certwright::verify::{self, Check, Criteria, Evidence, Exhibit, Outcome, Report};
use certwright::{EncryptedPrivateKey, Error, ErrorKind, Password, Result, time};
use serde_json::json;

use crate::cli::VerifyArgs;
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
    let password = password::open_all(args.password.password_from.as_ref(), session)?;
    let files = gather::gather(&paths, session)?;
    let mut exhibits = Vec::new();
    let mut unknown = Vec::new();
    for file in files {
        if file.is_unknown() {
            unknown.push(file.name);
        } else {
            exhibit(file, password.as_ref(), &mut exhibits);
        }
    }
    let report = verify::verify(&exhibits, &Criteria { now: session.now, expires_within });
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

fn exhibit(file: Gathered, password: Option<&Password>, exhibits: &mut Vec<Exhibit>) {
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
        let evidence = match item.object {
            Ok(Object::PrivateKey(key)) => Evidence::PrivateKey(key.public_key()),
            Ok(Object::EncryptedPrivateKey(key)) => open(&key, file.is_named, password),
            Ok(Object::PublicKey(key)) => Evidence::PublicKey(key),
            Ok(Object::CertRequest(request)) => Evidence::CertRequest(request),
            Ok(Object::Certificate(certificate)) => Evidence::Certificate(certificate),
            Ok(_) => continue,
            Err(error) => Evidence::Unreadable(error),
        };
        add(&name, evidence);
    }
}

fn open(key: &EncryptedPrivateKey, wanted: bool, password: Option<&Password>) -> Evidence {
    match password.map(|password| key.decrypt(password)) {
        Some(Ok(key)) => Evidence::PrivateKey(key.public_key()),
        Some(Err(error)) => Evidence::Unreadable(error),
        None => Evidence::Locked { wanted, reason: "is encrypted; --password-from says where its password is".into() },
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
            None => brief.push(check.clone()),
        }
    }
    brief
}
