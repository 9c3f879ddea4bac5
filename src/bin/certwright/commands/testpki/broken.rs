//! `testpki --broken`: what is wrong on purpose, a folder for each way, and what tells of it.

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::testpki::Stream;
use certwright::testpki::broken::{self, BrokenPki, CASES, Case, MANIFEST_FILE, ROOT_FILE, Role};
use certwright::{Result, SecretBytes};
use serde_json::{Value, json};

use super::made::with_seed_remark;
use super::order;
use crate::cli::TestpkiArgs;
use crate::delivery::{Delivery, Kind};
use crate::json;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::table;

pub(super) fn run(args: &TestpkiArgs, session: &mut Session) -> Result<ExitStatus> {
    let chosen: Vec<&Case> = args.only.iter().map(|name| Case::named(name)).collect::<Result<_>>()?;
    // In the order of the table, each once.
    let is_chosen = |case: &&Case| chosen.is_empty() || chosen.iter().any(|one| one.name == case.name);
    let cases: Vec<&'static Case> = CASES.iter().filter(is_chosen).collect();
    match args.list {
        true => list(&cases, session)?,
        false => make(&cases, order::days(args)?, session)?,
    }
    Ok(ExitStatus::Done)
}

fn list(cases: &[&Case], session: &mut Session) -> Result<()> {
    if session.json {
        let case = |case: &&Case| json!({ "name": case.name, "wrong": case.wrong, "rule": case.rule });
        let told = json!({ "command": "testpki", "cases": cases.iter().map(case).collect::<Vec<_>>() });
        return session.terminal.say(&json::text(&told));
    }
    let rows = cases.iter().map(|case| (case.name.to_owned(), case.wrong)).collect();
    say(rows, session)
}

fn make(cases: &[&'static Case], days: u32, session: &mut Session) -> Result<()> {
    let folder = session.default_path("");
    let rules = session.rules().with_new_folder(&folder).with_sync_at_once();
    let rules = cases.iter().fold(rules, |rules, case| rules.with_new_folder(folder.join(case.name)));
    let all = [folder.join(ROOT_FILE), folder.join(MANIFEST_FILE)];
    rules.check(&all.each_ref().map(PathBuf::as_path))?;

    let (now, origin) = (session.now, session.origin());
    let mut of_root = session.stream("broken")?;
    let stream = |case: &&Case| session.stream(&format!("broken {}", case.name));
    let mut streams: Vec<Stream> = cases.iter().map(stream).collect::<Result<_>>()?;
    let (root, made) = session.busy("making what is wrong", || -> Result<_> {
        let pki = BrokenPki::new(days, now, origin, &mut of_root)?;
        let files = cases.iter().zip(&mut streams).map(|(case, stream)| Ok((*case, pki.make(case, stream)?)));
        Ok((pki.root().to_pem(), files.collect::<Result<Vec<_>>>()?))
    })?;
    let told = made.iter().map(|(case, files)| (*case, files.as_slice()));
    let manifest = json::text(&broken::manifest(told, now, origin)) + "\n";

    let mut products: Vec<(PathBuf, Kind, String, SecretBytes)> = vec![(
        folder.join(ROOT_FILE),
        Kind::Certificate,
        "the authority for clients to trust: in tests alone".to_owned(),
        root,
    )];
    for (case, files) in made {
        for file in files {
            let path = folder.join(case.name).join(file.role.file_name());
            products.push((path, kind(file.role), case.wrong.to_owned(), file.bytes));
        }
    }
    let words = "what is wrong with each, and who takes it".to_owned();
    products.push((folder.join(MANIFEST_FILE), Kind::Manifest, words, SecretBytes::new(manifest.into_bytes())));
    let paths: Vec<&Path> = products.iter().map(|(path, ..)| path.as_path()).collect();
    let mut delivery = Delivery::plan("testpki", rules, &paths, session)?;
    for (path, kind, words, bytes) in products {
        delivery.add_checked(&path, kind, words, bytes);
    }
    let receipt = delivery.publish(session)?;
    if session.json {
        let mut told: Value = receipt.to_json()?;
        with_seed_remark(&mut told, session);
        return session.terminal.say(&json::text(&told));
    }
    tell(cases, &folder, session)
}

fn kind(role: Role) -> Kind {
    match role {
        Role::Certificate | Role::Chain => Kind::Broken,
        Role::Key => Kind::PrivateKey,
        Role::Crl => Kind::Crl,
        Role::Keystore => Kind::Jks,
    }
}

/// A row for each folder: the files in it have one name in all of them.
fn tell(cases: &[&Case], folder: &Path, session: &mut Session) -> Result<()> {
    let mut rows = vec![(folder.join(ROOT_FILE), "the authority for clients to trust: in tests alone")];
    rows.extend(cases.iter().map(|case| (folder.join(case.name).join(""), case.wrong)));
    rows.push((folder.join(MANIFEST_FILE), "what is wrong with each, and who takes it"));
    say(rows.into_iter().map(|(path, words)| (format!("wrote {}", printable(&path)), words)).collect(), session)
}

fn say(rows: Vec<(String, &str)>, session: &mut Session) -> Result<()> {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
    let text: String = rows.iter().map(|(label, words)| table::row(0, width + 1, label, words)).collect();
    session.terminal.say(text.trim_end())
}
