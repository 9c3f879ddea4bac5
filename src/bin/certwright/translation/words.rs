//! The words of a line that was written for another program: options of one dash, each known by name.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use certwright::{Error, ErrorKind, Result};

/// What stands behind an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// A password or where it is: never repeated, nor what a space has split off from it.
    Secret,
}

/// The options of one command.
pub(super) type Known = [(&'static str, Takes)];

/// A line, understood word by word.
pub(super) struct Line {
    /// The program and its command, such as `openssl x509`.
    pub(super) command: String,
    options: Vec<(&'static str, OsString)>,
    operands: Vec<OsString>,
}

impl Line {
    /// Reads `words`, the options of `command`, at most `operands` of which are none. Two dashes do for one, as in OpenSSL.
    pub(super) fn read(command: String, words: &[OsString], known: &[&'static Known], operands: usize) -> Result<Self> {
        let mut line = Self { command, options: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        let mut after_secret = false;
        while let Some(word) = words.next() {
            let name = word.to_str().filter(|word| word.len() > 1 && word.starts_with('-'));
            let Some(name) = name.map(|name| name.strip_prefix("--").map_or(name, |_| &name[1..])) else {
                if line.operands.len() == operands {
                    return Err(line.stray(after_secret));
                }
                line.operands.push(word.clone());
                continue;
            };
            let found = known.iter().copied().flatten().find(|(known, _)| *known == name);
            let &(name, takes) = found.ok_or_else(|| match after_secret {
                true => line.stray(true),
                false => line.unknown(name, known),
            })?;
            let value = match takes {
                Takes::Nothing => OsString::new(),
                _ => words.next().cloned().ok_or_else(|| {
                    line.usage(format!("{name} stands last, without its value")).with_hint("write the value behind it")
                })?,
            };
            after_secret = takes == Takes::Secret;
            line.options.push((name, value));
        }
        Ok(line)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    /// The value given last, which is the one that counts.
    pub(super) fn value(&self, name: &str) -> Option<&OsStr> {
        self.options.iter().rev().find(|(option, _)| *option == name).map(|(_, value)| value.as_os_str())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        self.value(name)
            .map(|value| value.to_str().ok_or_else(|| self.usage(format!("the value of {name} is no text"))))
            .transpose()
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// The value of an option that cannot be missing.
    pub(super) fn required(&self, name: &str) -> Result<&OsStr> {
        self.value(name)
            .ok_or_else(|| self.usage(format!("{name} is missing")).with_hint(format!("add {name} and its value")))
    }

    /// Every option with its value, in the order of the line.
    pub(super) fn options(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        self.options.iter().map(|(name, value)| (*name, value.as_os_str()))
    }

    pub(super) fn operands(&self) -> &[OsString] {
        &self.operands
    }

    pub(super) fn usage(&self, fact: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Usage, format!("{}: {fact}", self.command))
    }

    /// Something that the program itself can do, but this one does not.
    pub(super) fn unsupported(&self, what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
        let program = self.command.split(' ').next().unwrap_or_default();
        Error::new(ErrorKind::Unsupported, format!("{}: {what} is not understood; this is not {program}", self.command))
            .with_hint(hint)
    }

    fn unknown(&self, name: &str, known: &[&'static Known]) -> Error {
        let all: Vec<&str> = known.iter().copied().flatten().map(|(known, _)| *known).collect();
        let nearest = nearest(name, all.iter().copied());
        let hint = match nearest {
            Some(nearest) => format!("the nearest option that is understood is {nearest}"),
            None => format!("understood are {}", all.join(" ")),
        };
        self.unsupported(format!("the option {}", name.escape_debug()), hint)
    }

    fn stray(&self, after_secret: bool) -> Error {
        let last = self.options.last().map_or("the command", |(name, _)| *name);
        let hint = match after_secret {
            true => "put the password in quotation marks if it holds spaces or characters that the shell reads",
            false => "put a value that holds spaces in quotation marks",
        };
        self.usage(format!("a word that is no option stands behind {last} and its value")).with_hint(hint)
    }
}

/// The one of `known` that is likest to `word`, if any is like it.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(word, known), known));
    distances.min().filter(|(distance, _)| *distance <= word.len() / 3).map(|(_, known)| known)
}
