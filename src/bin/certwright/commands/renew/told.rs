//! What a renewal has done, and what is left to do by hand.

use std::ffi::OsStr;
use std::time::SystemTime;

use certwright::output::Visibility;
use certwright::{Renewal, Result, time};
use serde_json::{Value, json};

use super::rebuilt::{NewFile, Set};
use crate::brief;
use crate::delivery::{Kind, Receipt};
use crate::json;
use crate::quoted::quoted;
use crate::session::Session;
use crate::table;

/// Something to be done with a file.
struct Step {
    paths: Vec<String>,
    /// Where it goes, for programs.
    to: &'static str,
    words: String,
    /// What to type for it.
    command: Option<String>,
}

/// What is to be told.
pub(super) struct Told {
    rows: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    left: Vec<String>,
    has_new_key: bool,
    until_when: String,
}

impl Told {
    /// `alias` is that of its entry in a keystore; an authority logs in nowhere.
    pub(super) fn new(renewal: &Renewal, set: &Set, alias: Option<&str>, is_authority: bool, now: SystemTime) -> Self {
        let (old, new) = (renewal.old(), renewal.certificate());
        let [ends, expires] = [old, new].map(|one| time::date(one.validity().not_after()));
        let mut rows = vec![
            ("For", new.subject().to_string()),
            ("Expires", format!("{expires} (the old one: {ends})")),
            ("SHA-256", table::octets(&new.sha256())),
        ];
        if !set.left.is_empty() {
            rows.push(("As before", brief::list(&set.left)));
        }
        let has_new_key = renewal.new_key().is_some();
        let logs_in = !is_authority && new.public_key().is_ok_and(|key| key.algorithm().is_rsa());
        let until_when = match (has_new_key, old.validity().days_left(now) < 0) {
            (true, _) => "To do at once, for with the old key or certificate left somewhere no login works:".to_owned(),
            (false, true) => format!("To do now, for the old certificate has ended on {ends}:"),
            (false, false) => format!("To do before the old certificate ends on {ends}:"),
        };
        Self { rows, steps: steps(set, has_new_key, logs_in, alias), left: set.left.clone(), has_new_key, until_when }
    }

    pub(super) fn tell(&self, receipt: &Receipt, session: &mut Session) -> Result<()> {
        if session.json {
            let mut told = receipt.to_json()?;
            told["new_key"] = json!(self.has_new_key);
            told["left"] = json!(self.left);
            told["upload"] = self.steps.iter().flat_map(in_json).collect();
            return session.terminal.say(&json::text(&told));
        }
        receipt.tell(session)?;
        let mut text = String::from("\nAll of them were read back and belong together.\n\n");
        text.extend(self.rows.iter().map(|(label, value)| table::row(0, 9, label, value)));
        text += &format!("\n{}\n", self.until_when);
        for (number, Step { words, command, .. }) in self.steps.iter().enumerate() {
            text += &table::row(0, 2, &format!("{}.", number + 1), words);
            // To be copied, so in one line however long.
            text += &command.as_ref().map_or_else(String::new, |command| format!("   {command}\n"));
        }
        session.terminal.say(text.trim_end())
    }

    /// What would be written: the certificate's hash and serial number are drawn anew by each run, so they are left out.
    pub(super) fn tell_plan(&self, renewal: &Renewal, set: &Set, session: &mut Session) -> Result<()> {
        if session.json {
            let files = set.files.iter().map(|file| {
                let is_secret = file.kind.visibility() == Visibility::Secret;
                json!({ "path": file.path.to_string_lossy(), "kind": file.kind.as_str(), "secret": is_secret })
            });
            let certificate = renewal.certificate();
            let planned = json!({
                "command": "renew",
                "dry_run": true,
                "files": files.collect::<Vec<_>>(),
                "certificate": {
                    "subject": certificate.subject().to_string(),
                    "not_before": time::rfc3339(certificate.validity().not_before()),
                    "not_after": time::rfc3339(certificate.validity().not_after()),
                },
                "new_key": self.has_new_key,
                "left": self.left,
            });
            return session.terminal.say(&json::text(&planned));
        }
        let width = set.files.iter().map(|file| file.name.chars().count()).max().unwrap_or_default();
        let files = set.files.iter().map(|file| {
            let label = format!("would write {}", file.name);
            table::row(0, width + 13, &label, &file.words)
        });
        let mut text: String = files.collect();
        text += "\n";
        let rows = self.rows.iter().filter(|(label, _)| *label != "SHA-256");
        text.extend(rows.map(|(label, value)| table::row(0, 9, label, value)));
        text += "\nNothing was written.";
        session.terminal.say(&text)
    }
}

fn in_json(step: &Step) -> impl Iterator<Item = Value> {
    step.paths.iter().map(|path| json!({ "path": path, "to": step.to }))
}

fn steps(set: &Set, has_new_key: bool, logs_in: bool, alias: Option<&str>) -> Vec<Step> {
    let of = |kind: Kind| set.files.iter().filter(move |file| file.kind == kind);
    let upload = |file: &NewFile, what: String, command| Step {
        paths: vec![file.name.clone()],
        to: if logs_in { "external-client-app" } else { "relying-parties" },
        words: match logs_in {
            true => format!(
                "In Salesforce, in the external client app's flow enablement, choose \"Enable JWT Bearer Flow\" and \
                 upload {what}"
            ),
            false => format!("Wherever the old certificate is trusted, put {what}"),
        },
        command,
    };
    let (stores, others): (Vec<&NewFile>, Vec<&NewFile>) =
        set.files.iter().partition(|file| matches!(file.kind, Kind::Pkcs12 | Kind::Jks | Kind::Truststore));
    let is_guides = |file: &&NewFile| file.path.file_name().is_some_and(|name| name == "server.crt");
    let certificate = of(Kind::Certificate).find(is_guides).or(of(Kind::Certificate).find(|file| file.is_alone));
    let certificate = certificate.or(of(Kind::Certificate).next());
    let mut steps = Vec::new();
    steps.extend(match (certificate.or(others.first().copied()), stores.first()) {
        (Some(file), _) if file.kind == Kind::Certificate => Some(upload(file, file.name.clone(), None)),
        (Some(file), _) => {
            let command = format!("certwright show --pem --first {} --out server.crt", quoted(file.path.as_os_str()));
            Some(upload(file, format!("the certificate in {}; alone it comes from", file.name), Some(command)))
        }
        (None, Some(store)) => {
            let only = alias.map_or_else(String::new, |alias| format!(" --only {}", quoted(OsStr::new(alias))));
            let command = format!("certwright export --in {}{only} --no-key", quoted(store.path.as_os_str()));
            Some(upload(store, "its certificate, which comes out of the keystore with".to_owned(), Some(command)))
        }
        (None, None) => None,
    });
    steps.extend(of(Kind::Jks).filter(|_| logs_in).map(|file| Step {
        paths: vec![file.name.clone()],
        to: "certificate-and-key-management",
        words: format!("Where Salesforce's Certificate and Key Management has {}, import it there again", file.name),
        command: None,
    }));
    let is_new_key = |file: &&&NewFile| has_new_key && file.kind == Kind::PrivateKey;
    let is_copied = |file: &&&NewFile| !logs_in || file.kind != Kind::Jks;
    let readers = others.iter().filter(is_new_key).chain(stores.iter().filter(is_copied));
    let paths: Vec<String> = readers.map(|file| file.name.clone()).collect();
    if !paths.is_empty() {
        let words = format!("Give {} to each program that reads a copy of it", brief::list(&paths));
        steps.push(Step { paths, to: "readers", words, command: None });
    }
    steps
}
