//! A native command as it would be typed: told, and run.

use std::ffi::{OsStr, OsString};

use certwright::{Error, ErrorKind, Result};

use crate::cli::Cli;
use crate::commands;
use crate::password::PasswordSource;
use crate::quoted::quoted;
use crate::session::Session;
use crate::status::ExitStatus;

/// A word of a command. What names a password that stood in the line is no text, so that no text is taken for it.
pub(super) enum Word {
    Plain(OsString),
    /// A password by its number in [`Session::given`], and the source that is told in its place.
    Given(usize, OsString),
}

impl Word {
    pub(super) fn prompt() -> Self {
        Self::Plain("prompt".into())
    }

    /// The word as the native command understands it.
    fn typed(self) -> OsString {
        match self {
            Self::Plain(text) => text,
            Self::Given(number, _) => format!("given:{number}").into(),
        }
    }

    /// The word as it is told.
    pub(super) fn told(&self) -> &OsStr {
        match self {
            Self::Plain(text) | Self::Given(_, text) => text,
        }
    }

    pub(super) fn password_source(&self) -> Result<PasswordSource> {
        match self {
            Self::Given(number, _) => Ok(PasswordSource::Given(*number)),
            Self::Plain(text) => {
                let source = text.to_str().unwrap_or_default().parse();
                source.map_err(|what: String| Error::new(ErrorKind::Usage, what))
            }
        }
    }
}

/// What a native hint says, and what the line's own program calls it.
pub(super) type Terms = &'static [(&'static str, &'static str)];

/// Another program generates no password, and its files have no default names.
const NATIVE_ONLY: Terms = &[
    (", or let --password-from generate make one", ""),
    ("generate, ", ""),
    ("--dir, ", ""),
    (", or give it with an option; --dir says where default names are", ""),
];

/// `error` with its hint in the terms of the line's program.
pub(super) fn reworded(error: Error, terms: Terms) -> Error {
    let Some(hint) = error.hint() else { return error };
    let in_terms = |hint: String, (native, theirs): &(&str, &str)| hint.replace(native, theirs);
    let hint = NATIVE_ONLY.iter().chain(terms).fold(hint.to_owned(), in_terms);
    error.with_hint(hint)
}

/// `error` as a line of `program` has it told.
pub(super) fn told_in(program: &str, error: Error, terms: Terms) -> Error {
    match error.kind() {
        // Behind the word it would be an option of the other program.
        ErrorKind::Exists => error.with_hint(format!(
            "choose another place, or begin with certwright --force {program}: what is replaced is kept in a backup folder"
        )),
        _ => reworded(error, terms),
    }
}

/// A native command.
pub(super) struct Native {
    words: Vec<Word>,
    /// What is done otherwise than the other program would, and why.
    notes: Vec<&'static str>,
    terms: Terms,
}

impl Native {
    pub(super) fn new(verb: &str, terms: Terms) -> Self {
        Self { words: vec![Word::Plain(verb.into())], notes: Vec::new(), terms }
    }

    pub(super) fn flag(mut self, name: &str) -> Self {
        self.words.push(Word::Plain(name.into()));
        self
    }

    pub(super) fn option(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref();
        // A value that looks like an option is taken for one, unless it is tied to its own.
        if value.len() > 1 && value.as_encoded_bytes().starts_with(b"-") {
            let mut word = OsString::from(format!("{name}="));
            word.push(value);
            self.word(Word::Plain(word))
        } else {
            self.flag(name).word(Word::Plain(value.to_owned()))
        }
    }

    pub(super) fn optional(self, name: &str, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    /// Where a password comes from, if that was said.
    pub(super) fn source(self, name: &str, source: Option<Word>) -> Self {
        match source {
            Some(source) => self.flag(name).word(source),
            None => self,
        }
    }

    pub(super) fn operand(self, path: &OsStr) -> Self {
        let native = match path.as_encoded_bytes() {
            [b'-', _, ..] => self.flag("--"),
            _ => self,
        };
        native.word(Word::Plain(path.to_owned()))
    }

    fn word(mut self, word: Word) -> Self {
        self.words.push(word);
        self
    }

    pub(super) fn note(mut self, note: &'static str) -> Self {
        self.notes.push(note);
        self
    }

    pub(super) fn run(self, program: &str, session: &mut Session) -> Result<ExitStatus> {
        let Self { words, notes, terms } = self;
        for note in &notes {
            session.terminal.note(&format!("note: {note}"));
        }
        let shown: Vec<String> = words.iter().map(|word| quoted(word.told())).collect();
        session.terminal.note(&format!("note: the same as: certwright {}", shown.join(" ")));
        let words = std::iter::once("certwright".into()).chain(words.into_iter().map(Word::typed)).collect();
        let cli = match Cli::read(words) {
            Ok(cli) => cli,
            Err(status) => return Ok(status),
        };
        commands::run(cli.command, session).map_err(|error| told_in(program, error, terms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_a_password() {
        assert_eq!(Word::Plain("given:0".into()).told(), "given:0");
        assert_eq!(Word::Given(0, "prompt".into()).told(), "prompt");
    }

    #[test]
    fn hints_name_the_options_of_the_line() {
        let error = Error::new(ErrorKind::Usage, "x").with_hint("add --password-from generate, env:NAME or stdin");
        let error = reworded(error, &[("--password-from", "-passout")]);
        assert_eq!(error.hint(), Some("add -passout env:NAME or stdin"));
    }
}
