//! `verify`: do these keys, requests and certificates belong together?

use std::fs;
use std::path::{Path, PathBuf};

use certwright::inspect::{self, Item, Object};
use certwright::verify::{self, Evidence, Exhibit, Outcome, Report};
use certwright::{EncryptedPrivateKey, Error, ErrorKind, Password, Result};
use serde_json::json;

use crate::cli::VerifyArgs;
use crate::input;
use crate::password::{self, PasswordSource};
use crate::session::Session;
use crate::status::ExitStatus;

/// What was found at the paths given.
#[derive(Default)]
struct Findings {
    exhibits: Vec<Exhibit>,
    /// Files of a folder that are of no known kind.
    unknown: Vec<String>,
}

pub(super) fn run(args: VerifyArgs, session: &mut Session) -> Result<ExitStatus> {
    let paths =
        if args.paths.is_empty() { vec![session.dir.clone().unwrap_or_else(|| ".".into())] } else { args.paths };
    let password = match &args.password.password_from {
        Some(PasswordSource::Prompt) if !session.may_ask() => {
            return Err(Error::new(ErrorKind::Usage, "nobody can be asked for the password")
                .with_hint("use --password-from env:NAME, file:PATH or stdin"));
        }
        source => source.as_ref().map(|source| password::read(source, session)).transpose()?,
    };
    let mut findings = Findings::default();
    for path in paths {
        if path.is_dir() {
            for file in files_of(&path)? {
                findings.take(&file, false, password.as_ref(), session)?;
            }
        } else {
            findings.take(&path, true, password.as_ref(), session)?;
        }
    }
    let report = verify::verify(&findings.exhibits, session.now);
    let ok = report.is_ok(args.strict);
    if ok && !report.has_compared() {
        return Err(Error::new(
            ErrorKind::Usage,
            "nothing to compare: no two of these files could be held against each other",
        )
        .with_hint(
            "give at least two of key, signing request and certificate; --password-from opens an encrypted key",
        ));
    }
    tell(&report, ok, &findings.unknown, session)?;
    Ok(if ok { ExitStatus::Done } else { ExitStatus::NotGood })
}

/// The files of a folder, by name; sub-folders and hidden files are not looked into.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error| Error::new(ErrorKind::Io, "cannot be read").with_path(folder).with_source(error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

impl Findings {
    fn take(&mut self, path: &Path, named: bool, password: Option<&Password>, session: &mut Session) -> Result<()> {
        let file = path.strip_prefix(".").unwrap_or(path).display().to_string();
        let bytes = input::read(path, session)?;
        let items = match inspect::inspect(bytes.as_bytes()) {
            Ok(items) => items,
            Err(_) if !named && !bytes.as_bytes().is_empty() => {
                self.unknown.push(file);
                return Ok(());
            }
            Err(error) => {
                return {
                    self.add(&file, Evidence::Unreadable(error));
                    Ok(())
                };
            }
        };
        let holds_key =
            items.iter().any(|item| matches!(item.object, Ok(Object::PrivateKey(_) | Object::EncryptedPrivateKey(_))));
        if holds_key && input::is_readable_by_others(path) {
            self.add(&file, Evidence::ReadableByOthers);
        }
        let several = items.len() > 1;
        for Item { line, object } in items {
            let name = match line {
                Some(line) if several => format!("{file}:{line}"),
                _ => file.clone(),
            };
            let evidence = match object {
                Ok(Object::PrivateKey(key)) => Evidence::PrivateKey(key.public_key()),
                Ok(Object::EncryptedPrivateKey(key)) => open(&key, named, password),
                Ok(Object::PublicKey(key)) => Evidence::PublicKey(key),
                Ok(Object::CertRequest(request)) => Evidence::CertRequest(request),
                Ok(Object::Certificate(certificate)) => Evidence::Certificate(certificate),
                Ok(_) => continue,
                Err(error) => Evidence::Unreadable(error),
            };
            self.add(&name, evidence);
        }
        Ok(())
    }

    fn add(&mut self, file: &str, evidence: Evidence) {
        self.exhibits.push(Exhibit { file: file.to_owned(), evidence });
    }
}

fn open(key: &EncryptedPrivateKey, named: bool, password: Option<&Password>) -> Evidence {
    match password.map(|password| key.decrypt(password)) {
        Some(Ok(key)) => Evidence::PrivateKey(key.public_key()),
        Some(Err(error)) => Evidence::Unreadable(error),
        None => Evidence::Locked {
            wanted: named,
            reason: "is encrypted; --password-from says where its password is".into(),
        },
    }
}

fn tell(report: &Report, ok: bool, unknown: &[String], session: &mut Session) -> Result<()> {
    if session.json {
        let checks = report.checks.iter().map(|check| {
            json!({ "name": check.name, "result": check.outcome.as_str(), "detail": check.detail, "files": check.files })
        });
        let told = json!({ "command": "verify", "ok": ok, "checks": checks.collect::<Vec<_>>(), "ignored": unknown });
        return session.terminal.say(&format!("{told:#}"));
    }
    for check in &report.checks {
        let line = format!("{:<8} {}: {}", check.outcome.as_str(), check.files.join(", "), check.detail);
        session.terminal.say(&line)?;
    }
    if !unknown.is_empty() {
        session.terminal.note(&format!("note: not looked at, of no known kind: {}", unknown.join(", ")));
    }
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    let counts = [Outcome::Holds, Outcome::Warning, Outcome::NotRun, Outcome::Fails]
        .map(|outcome| format!("{} {}", count(outcome), outcome.as_str()));
    session.terminal.say(&format!("{}: {}", if ok { "good" } else { "NOT good" }, counts.join(", ")))
}
