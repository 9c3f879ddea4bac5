//! The words of a line that was written for another program: options of one dash, each known by name.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use certwright::{Error, ErrorKind, Result};

use crate::nearest::nearest;

/// What stands behind an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// What a person wrote, in which `pass:` may stand.
    Text,
    /// A password or where it is: never repeated, nor what a space has split off from it.
    Secret,
    /// An option of the program itself, which is not understood here.
    Unsupported,
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
    /// Reads `words`, the options of `command`, at most `operands` of which are numbers instead. Two dashes do for one, as
    /// in OpenSSL.
    pub(super) fn read(command: String, words: &[OsString], known: &[&'static Known], operands: usize) -> Result<Self> {
        let mut line = Self { command, options: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        let mut after_secret = false;
        while let Some(word) = words.next() {
            let name = word.to_str().filter(|word| word.len() > 1 && word.starts_with('-'));
            let Some(name) = name.map(|name| name.strip_prefix("--").map_or(name, |_| &name[1..])) else {
                if line.operands.len() == operands || !is_number(word) {
                    return Err(line.stray(after_secret));
                }
                line.operands.push(word.clone());
                continue;
            };
            let (name, takes) = match known.iter().copied().flatten().find(|(known, _)| *known == name) {
                Some(&(name, takes)) if takes != Takes::Unsupported => (name, takes),
                None if after_secret => return Err(line.stray(true)),
                _ => return Err(line.unknown(name, known)),
            };
            let value = match takes {
                Takes::Nothing => OsString::new(),
                _ => words.next().cloned().ok_or_else(|| {
                    line.usage(format!("{name} stands last, without its value")).with_hint("write the value behind it")
                })?,
            };
            if is_password(&value, takes) {
                let hint =
                    format!("what takes a password is {}", names(known, |takes| takes == Takes::Secret).join(", "));
                return Err(line.usage(format!("a password stands behind {name}, which takes none")).with_hint(hint));
            }
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

    /// The one of `names` that stands last, which is the one that counts.
    pub(super) fn last_of(&self, names: &[&str]) -> Option<&'static str> {
        self.options.iter().rev().map(|(option, _)| *option).find(|option| names.contains(option))
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

    /// A value that the program itself may understand. It is not repeated: any may be a misplaced password.
    pub(super) fn unknown_value(&self, name: &str, hint: impl Into<String>) -> Error {
        self.unsupported(format!("the value of {name}"), hint)
    }

    /// Refuses what has no effect in this form of the command: every option that is not among `allowed`.
    pub(super) fn only(&self, form: &str, allowed: &[&str], hint: &str) -> Result<()> {
        match self.options.iter().find(|(name, _)| !allowed.contains(name)) {
            Some((name, _)) => Err(self.unsupported(format!("{name} {form}"), hint)),
            None => Ok(()),
        }
    }

    fn unknown(&self, name: &str, known: &[&'static Known]) -> Error {
        let name = shown(name, known);
        let all = names(known, |takes| takes != Takes::Unsupported);
        if all.contains(&name) {
            return self
                .usage(format!("{name} and its value are one word"))
                .with_hint("write the value behind it, with a space between");
        }
        let hint = match nearest(name, all.iter().copied()) {
            Some(nearest) => format!("the nearest option that is understood is {nearest}"),
            None => format!("understood are {}", all.join(" ")),
        };
        self.unsupported(format!("the option {}", name), hint)
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

fn names(known: &[&'static Known], which: impl Fn(Takes) -> bool) -> Vec<&'static str> {
    known.iter().copied().flatten().filter(|(_, takes)| which(*takes)).map(|(name, _)| *name).collect()
}

fn is_number(word: &OsStr) -> bool {
    !word.is_empty() && word.as_encoded_bytes().iter().all(u8::is_ascii_digit)
}

/// True for a literal password where none belongs.
fn is_password(value: &OsStr, takes: Takes) -> bool {
    let text = value.to_string_lossy().to_ascii_lowercase();
    match takes {
        Takes::Secret => false,
        Takes::Text => text.starts_with("pass:"),
        _ => text.contains("pass:"),
    }
}

/// As much of an unknown word as can be no password: `-passin=..` and `-passin:..` end at the sign, `-passinSECRET` where
/// the option does.
pub(super) fn shown<'a>(word: &'a str, known: &[&'static Known]) -> &'a str {
    let word = word.split(['=', ':']).next().unwrap_or_default();
    let secrets = names(known, |takes| takes == Takes::Secret);
    let known = secrets.iter().filter(|secret| word.starts_with(**secret)).map(|secret| secret.len()).max();
    let end = known.or_else(|| word.to_ascii_lowercase().rfind("pass").map(|at| at + "pass".len()));
    &word[..end.unwrap_or(word.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_shown_up_to_what_may_be_a_password() {
        let known: &[&'static Known] = &[&[("-passin", Takes::Secret), ("-out", Takes::Value)]];
        for (word, expected) in [
            ("-passin=pass:S", "-passin"),
            ("-passin:S", "-passin"),
            ("-passinpass:S", "-passin"),
            ("-passinS", "-passin"),
            ("-storepassS", "-storepass"),
            ("-CAkey", "-CAkey"),
            ("pass:S", "pass"),
        ] {
            assert_eq!(shown(word, known), expected);
        }
    }
}
