//! `certwright openssl ..` and `certwright keytool ..`: the setup guide's own lines, word for word.
//!
//! A line becomes the native command that does the same, which is told and run; only what other programs print for
//! scripts to read is made here (`report`). Where the other program does harm, this one does not, and says so.

mod keytool;
mod openssl;
mod report;
mod text;
mod words;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use certwright::error::printable;
use certwright::{Error, ErrorKind, Password, Result};

use crate::cli::{Cli, VerbatimArgs};
use crate::commands;
use crate::session::Session;
use crate::status::ExitStatus;
use words::Line;

/// What a line comes to.
enum Translation {
    /// A native command.
    Native(Native),
    /// It has been answered.
    Answered(ExitStatus),
}

/// A native command as it would be typed.
struct Native {
    words: Vec<OsString>,
    /// What is done otherwise than the other program would, and why.
    notes: Vec<&'static str>,
}

impl Native {
    fn new(verb: &str) -> Self {
        Self { words: vec![verb.into()], notes: Vec::new() }
    }

    fn flag(mut self, name: &str) -> Self {
        self.words.push(name.into());
        self
    }

    fn option(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref();
        // A value that looks like an option is taken for one, unless it is tied to its own.
        if value.len() > 1 && value.as_encoded_bytes().starts_with(b"-") {
            let mut word = OsString::from(format!("{name}="));
            word.push(value);
            self.words.push(word);
        } else {
            self.words.extend([name.into(), value.to_owned()]);
        }
        self
    }

    fn optional(self, name: &str, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    fn operand(self, path: &OsStr) -> Self {
        let native = match path.as_encoded_bytes() {
            [b'-', _, ..] => self.flag("--"),
            _ => self,
        };
        let Self { mut words, notes } = native;
        words.push(path.to_owned());
        Self { words, notes }
    }

    fn note(mut self, note: &'static str) -> Self {
        self.notes.push(note);
        self
    }

    fn run(self, session: &mut Session) -> Result<ExitStatus> {
        for note in &self.notes {
            session.terminal.note(&format!("note: {note}"));
        }
        let shown: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        session.terminal.note(&format!("note: the same as: certwright {}", shown.join(" ")));
        let words = std::iter::once("certwright".into()).chain(self.words).collect();
        match Cli::read(words) {
            Ok(cli) => commands::run(cli.command, session),
            Err(status) => Ok(status),
        }
    }
}

/// A word as a shell takes it. Where a password was given in the line, the native command asks.
fn quoted(word: &OsStr) -> String {
    let text = printable(Path::new(word));
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@+%~\\".contains(c);
    match text.as_str() {
        given if given.starts_with(GIVEN) => "prompt".to_owned(),
        "" => "\"\"".to_owned(),
        plain if plain.chars().all(is_plain) => text,
        _ => format!("\"{}\"", text.replace('"', "\\\"")),
    }
}

/// How a password that stood in the line is named to the native command; see [`crate::password::PasswordSource::Given`].
const GIVEN: &str = "given:";

/// Takes over a password that stands in the line.
fn give(password: &OsStr, session: &mut Session) -> Result<OsString> {
    if password.is_empty() {
        return Err(Error::new(ErrorKind::Password, "the password is empty: it would protect nothing")
            .with_hint("give one, or take it from elsewhere: env:NAME, file:PATH"));
    }
    if session.given.is_empty() {
        session
            .terminal
            .note("warning: a password in the command line is seen by other programs and kept in the shell's history");
    }
    session.given.push(Password::new(password.as_encoded_bytes().to_vec()));
    Ok(format!("{GIVEN}{}", session.given.len() - 1).into())
}

/// Understands a line of openssl's, and does what it asks for.
pub(crate) fn openssl(args: VerbatimArgs, session: &mut Session) -> Result<ExitStatus> {
    session.shortest_password = 1;
    finish("openssl", openssl::translate(&args.words, session)?, session)
}

/// Understands a line of keytool's, and does what it asks for.
pub(crate) fn keytool(args: VerbatimArgs, session: &mut Session) -> Result<ExitStatus> {
    finish("keytool", keytool::translate(&args.words, session)?, session)
}

fn finish(program: &str, translation: Translation, session: &mut Session) -> Result<ExitStatus> {
    match translation {
        Translation::Native(native) => native.run(session).map_err(|error| match error.kind() {
            // Behind the word it would be an option of the other program.
            ErrorKind::Exists => error.with_hint(format!(
                "choose another place, or begin with certwright --force {program}: what is replaced is kept in a backup folder"
            )),
            _ => error,
        }),
        Translation::Answered(status) => Ok(status),
    }
}

/// What a report prints is another program's text, and no JSON.
fn refuse_json(line: &Line, native: &str, session: &Session) -> Result<()> {
    match session.json {
        true => Err(line
            .usage("--json is for files that are made; this answers in the other program's words")
            .with_hint(format!("use certwright {native}"))),
        false => Ok(()),
    }
}
