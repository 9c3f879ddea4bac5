//! `show`: what is in these files; and a certificate in another encoding.

use std::path::Path;

use certwright::inspect::{self, Object};
use certwright::output::closing_command;
use certwright::{Certificate, Error, ErrorKind, Result};
use serde_json::json;

use crate::cli::ShowArgs;
use crate::delivery::{Delivery, Kind};
use crate::describe::describe;
use crate::description::Description;
use crate::gather::{self, Gathered};
use crate::input;
use crate::json;
use crate::passwords::Passwords;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(args: ShowArgs, session: &mut Session) -> Result<ExitStatus> {
    if args.der || args.pem {
        return convert(args, session);
    }
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&args.paths, session)?;
    let (unknown, known): (Vec<_>, Vec<_>) = files.into_iter().partition(Gathered::is_unknown);
    let mut descriptions = Vec::new();
    for file in &known {
        describe_file(file, &passwords, session, &mut descriptions);
    }
    if known.is_empty() && unknown.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no file is there to be shown").with_hint("give the name of a file"));
    }
    let is_whole = descriptions.iter().all(|description| description.is_readable);
    let unknown: Vec<String> = unknown.into_iter().map(|file| file.name).collect();
    if session.json {
        let objects: Vec<_> = descriptions.iter().map(Description::to_json).collect();
        let told = json!({ "command": "show", "objects": objects, "ignored": unknown });
        session.terminal.say(&json::text(&told))?;
    } else {
        let texts: Vec<String> = descriptions.iter().map(ToString::to_string).collect();
        if !texts.is_empty() {
            session.terminal.say(texts.join("\n").trim_end())?;
        }
        if !unknown.is_empty() {
            session.terminal.note(&format!("note: of no known kind: {}", unknown.join(", ")));
        }
    }
    Ok(if is_whole { ExitStatus::Done } else { ExitStatus::CouldNotRun })
}

fn describe_file(file: &Gathered, passwords: &Passwords, session: &Session, found: &mut Vec<Description>) {
    let items = match &file.items {
        Ok(items) => items,
        Err(error) => return found.push(Description::unreadable(&file.name, error)),
    };
    for item in items {
        let name = file.item_name(item);
        let mut description = match &item.object {
            Ok(object) => describe(&name, object, passwords, session.now),
            Err(error) => Description::unreadable(&name, error),
        };
        if matches!(item.object, Ok(Object::PrivateKey(_) | Object::EncryptedPrivateKey(_) | Object::Keystore(_))) {
            match &file.is_exposed {
                Some(Ok(true)) => {
                    description.warn_of("other users of this computer can read this file", Some(closing_command()));
                }
                Some(Err(error)) => {
                    description.warn(format!("who can read this file could not be found out: {error}"));
                }
                Some(Ok(false)) | None => {}
            }
        }
        found.push(description);
    }
}

/// Writes the certificates of the files anew: the documents name DER as the way under a limit of 4 KB.
fn convert(args: ShowArgs, session: &mut Session) -> Result<ExitStatus> {
    let out = args.out.unwrap_or_else(|| "-".into());
    let rules = args.paths.iter().fold(session.rules(), |rules, path| rules.with_input(path));
    let mut delivery = Delivery::plan("show", rules, &[&out], session)?;
    let mut certificates = Vec::new();
    for path in args.paths.iter().filter(|_| args.first) {
        let bytes = input::read(path, session)?;
        let found = inspect::certificates(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
        certificates.extend(found.into_iter().next());
    }
    let others = if args.first { Vec::new() } else { gather::gather(&args.paths, session)? };
    for file in others {
        let path = Path::new(&file.name).to_owned();
        for item in file.items.map_err(|error| error.with_path(&path))? {
            match item.object.map_err(|error| error.with_path(&path))? {
                Object::Certificate(certificate) => certificates.push(certificate),
                other => {
                    let fact = format!("holds {}; only certificates are converted here", other.noun());
                    return Err(Error::new(ErrorKind::Usage, fact)
                        .with_path(path)
                        .with_hint("a private key is converted with decrypt (--format, --der)"));
                }
            }
        }
    }
    let bytes = match certificates.as_slice() {
        [certificate] if args.der => certwright::SecretBytes::new(certificate.to_der().to_vec()),
        [certificate] => certificate.to_pem(),
        several => {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{} certificates are given, one is converted", several.len()),
            )
            .with_hint("give one certificate at a time"));
        }
    };
    let certificate: Certificate = certificates.remove(0);
    let words = format!("certificate, {}, {} bytes", if args.der { "DER" } else { "PEM" }, bytes.as_bytes().len());
    delivery.add(&out, Kind::Certificate, words, bytes);
    delivery.set_certificate(certificate);
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
