//! `show`: what is in these files; and a certificate in another encoding.

use std::path::Path;

use certwright::inspect::{self, Object};
use certwright::output::closing_command;
use certwright::{Certificate, Error, ErrorKind, Result};
use serde_json::json;

use crate::brief;
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
use crate::terminal::is_broken_pipe;

pub(super) fn run(args: ShowArgs, session: &mut Session) -> Result<ExitStatus> {
    if args.der || args.pem {
        return convert(args, session);
    }
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&args.paths, session)?;
    let (unknown, known): (Vec<_>, Vec<_>) = files.into_iter().partition(Gathered::is_unknown);
    if known.is_empty() && unknown.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no file is there to be shown").with_hint("give the name of a file"));
    }
    let unknown: Vec<String> = unknown.into_iter().map(|file| file.name).collect();
    let mut output = Output { is_whole: true, is_begun: false };
    for file in known {
        describe_file(file, &passwords, session, &mut output)?;
    }
    output.end(&unknown, session)?;
    Ok(if output.is_whole { ExitStatus::Done } else { ExitStatus::CouldNotRun })
}

/// The descriptions, each written as soon as it is made: those of 10,000 objects take 40 MB as text, and 200 MB as JSON.
struct Output {
    /// False if an object could not be read.
    is_whole: bool,
    is_begun: bool,
}

impl Output {
    fn add(&mut self, description: Description, session: &mut Session) -> Result<()> {
        self.is_whole &= description.is_readable;
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if !session.json {
            let text = description.to_string();
            let between = if is_first { "" } else { "\n" };
            return session.terminal.say(&format!("{between}{}", text.trim_end()));
        }
        let before = if is_first { "{\n  \"command\": \"show\",\n  \"objects\": [\n" } else { ",\n" };
        write(before, session)?;
        write(&json::member(&description.into_json()), session)
    }

    fn end(&self, unknown: &[String], session: &mut Session) -> Result<()> {
        match (session.json, self.is_begun) {
            (true, false) => {
                session.terminal.say(&json::text(&json!({ "command": "show", "objects": [], "ignored": unknown })))
            }
            (true, true) => {
                let ignored = json::text(&json!({ "ignored": unknown }));
                session.terminal.say(&format!("\n  ],{}", ignored.trim_start_matches('{')))
            }
            (false, _) if !unknown.is_empty() => {
                session.terminal.note(&format!("note: of no known kind: {}", brief::list(unknown)));
                Ok(())
            }
            (false, _) => Ok(()),
        }
    }
}

/// Writes a part of the result; a reader that has read enough is no error.
fn write(part: &str, session: &mut Session) -> Result<()> {
    match session.terminal.write(part.as_bytes()) {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        other => other,
    }
}

fn describe_file(file: Gathered, passwords: &Passwords, session: &mut Session, output: &mut Output) -> Result<()> {
    let names: Vec<String> = file.items.iter().flatten().map(|item| file.item_name(item)).collect();
    let items = match file.items {
        Ok(items) => items,
        Err(error) => return output.add(Description::unreadable(&file.name, &error), session),
    };
    for (item, name) in items.into_iter().zip(names) {
        let mut description = match &item.object {
            Ok(object) => describe(&name, object, passwords, session),
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
        drop(item);
        output.add(description, session)?;
    }
    Ok(())
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
