//! Where passwords come from. Only this room and the terminal make one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use certwright::error::printable;
use certwright::output::Rules;
use certwright::{Error, ErrorKind, Password, Result};
use clap::builder::{StringValueParser, TypedValueParser, ValueParserFactory};

use crate::console;
use crate::input;
use crate::nearest::nearest;
use crate::session::Session;

/// A source as `--password-from` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PasswordSource {
    Prompt,
    Env(String),
    File(PathBuf),
    Stdin,
    Fd(u32),
    Generate(Option<PathBuf>),
    /// One of those that stood in a line for another program, by its number in [`Session::given`]. The password itself
    /// never becomes a word again.
    Given(usize),
}

/// What stands before a colon, and the form of the whole.
const KINDS: [(&str, &str); 4] =
    [("env", "env:NAME"), ("file", "file:PATH"), ("fd", "fd:N"), ("generate", "generate:PATH")];

impl FromStr for PasswordSource {
    type Err = String;

    /// Never repeats what was typed: it may be the password itself.
    fn from_str(text: &str) -> Result<Self, String> {
        let (word, value) = text.split_once(':').map_or((text, None), |(word, value)| (word, Some(value)));
        match (word, value.filter(|value| !value.is_empty())) {
            ("prompt", None) if value.is_none() => Ok(Self::Prompt),
            ("stdin", None) if value.is_none() => Ok(Self::Stdin),
            ("generate", path) if path.is_some() == value.is_some() => Ok(Self::Generate(path.map(PathBuf::from))),
            ("env", Some(name)) => Ok(Self::Env(name.to_owned())),
            ("file", Some(path)) => Ok(Self::File(PathBuf::from(path))),
            ("given", Some(number)) if number.parse::<usize>().is_ok() => {
                Ok(Self::Given(number.parse().unwrap_or_default()))
            }
            ("fd", Some("0")) => Ok(Self::Stdin),
            ("fd", Some(number)) => number.parse().map(Self::Fd).map_err(|_| "fd: takes a number".to_owned()),
            _ => {
                let meant = value.and_then(|_| nearest(word, KINDS.iter().map(|(kind, _)| *kind)));
                let meant = meant.and_then(|meant| KINDS.iter().find(|(kind, _)| *kind == meant));
                let meant = meant.map(|(_, form)| format!("; the nearest is {form}")).unwrap_or_default();
                Err(format!(
                    "not a source of a password; use prompt, env:NAME, file:PATH, stdin, fd:N or generate[:PATH] (a \
                     password itself is never given here){meant}"
                ))
            }
        }
    }
}

impl ValueParserFactory for PasswordSource {
    type Parser = SourceParser;

    fn value_parser() -> SourceParser {
        SourceParser
    }
}

/// clap's own parser repeats a value that it refuses.
#[derive(Clone)]
pub(crate) struct SourceParser;

impl TypedValueParser for SourceParser {
    type Value = PasswordSource;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<PasswordSource, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, argument, value).map_err(|_| "not text".to_owned());
        text.and_then(|text| text.parse()).map_err(|what: String| {
            let option = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!("the value of '{option}' is {what}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// A password for something new, and the file that will hold it if it was generated.
pub(crate) struct NewPassword {
    pub(crate) password: Password,
    pub(crate) file: Option<PathBuf>,
}

const TRIES: usize = 3;

/// The source that was given, or the prompt.
fn or_prompt<'a>(
    source: Option<&'a PasswordSource>,
    way_out: &str,
    session: &mut Session,
) -> Result<&'a PasswordSource> {
    match source {
        Some(PasswordSource::Prompt) | None if session.may_ask() => Ok(&PasswordSource::Prompt),
        Some(PasswordSource::Prompt) | None => {
            Err(Error::new(ErrorKind::Usage, "a password is needed, and nobody can be asked").with_hint(way_out))
        }
        Some(source) => Ok(source),
    }
}

/// `rules` under which nothing may be written over a password file that is read.
pub(crate) fn protect(rules: Rules, sources: &[Option<&PasswordSource>]) -> Rules {
    sources.iter().fold(rules, |rules, source| match source {
        Some(PasswordSource::File(path)) => rules.with_input(path),
        _ => rules,
    })
}

/// Where [`create`] will have the password written, if it is going to generate one.
pub(crate) fn file_to_write(source: Option<&PasswordSource>, default: &str, session: &Session) -> Option<PathBuf> {
    match source {
        Some(PasswordSource::Generate(path)) => Some(session.path(path.clone(), default)),
        _ => None,
    }
}

/// Where a generated password of a private key goes.
pub(crate) const KEY_FILE: &str = "server.pass.txt";
/// Where a generated password of a keystore goes.
pub(crate) const STORE_FILE: &str = "keystore.pass.txt";

/// A password to protect `what` with; a generated one is to be written to `default`, if to no other file.
pub(crate) fn create(
    what: &str,
    source: Option<&PasswordSource>,
    default: &str,
    session: &mut Session,
) -> Result<NewPassword> {
    let password = match or_prompt(source, "add --password-from generate, env:NAME, file:PATH or stdin", session)? {
        PasswordSource::Generate(_) => Password::generate(&mut session.stream("password")?)?,
        PasswordSource::Prompt => ask_twice(what, session)?,
        other => read(other, session)?,
    };
    password.check_length(session.shortest_password)?;
    let file = file_to_write(source, default, session);
    let earlier = session.default_path(default);
    let is_read = matches!(source, Some(PasswordSource::File(path)) if *path == earlier);
    if file.is_none() && !is_read && earlier.exists() {
        let text = format!("note: {} was there before; it may hold another password", printable(&earlier));
        session.terminal.note(&text);
    }
    Ok(NewPassword { password, file })
}

fn ask_twice(what: &str, session: &mut Session) -> Result<Password> {
    for _ in 0..TRIES {
        let least = match session.shortest_password {
            1 => String::new(),
            shortest => format!(", at least {shortest} characters"),
        };
        let first = session.terminal.ask_secret(&format!("New password for {what} (hidden{least})"))?;
        if let Err(error) = first.check_length(session.shortest_password) {
            session.terminal.note(&error.to_string());
            continue;
        }
        if session.terminal.ask_secret("The same again")?.as_bytes() == first.as_bytes() {
            return Ok(first);
        }
        session.terminal.note("these were not the same");
    }
    Err(Error::new(ErrorKind::Password, format!("no password after {TRIES} tries"))
        .with_hint("run it again, or let --password-from generate make one"))
}

/// Opens what is in the file `path` with the password of `source`, or one that is asked for three times at most; gives
/// the password too.
pub(crate) fn unlock<T>(
    path: &Path,
    source: Option<&PasswordSource>,
    option: &str,
    session: &mut Session,
    open: impl Fn(&Password) -> Result<T>,
) -> Result<(T, Password)> {
    let way_out = format!("add {option} env:NAME, file:PATH or stdin");
    let source = or_prompt(source, &way_out, session).map_err(|error| error.with_path(path))?;
    let in_file = |error: Error| error.with_path(path);
    if *source != PasswordSource::Prompt {
        let password = read(source, session)?;
        return Ok((open(&password).map_err(in_file)?, password));
    }
    let question = format!("Password of {}", printable(path));
    for left in (0..TRIES).rev() {
        let password = session.terminal.ask_secret(&question)?;
        match open(&password) {
            Ok(opened) => return Ok((opened, password)),
            Err(error) if error.kind() == ErrorKind::Password && left > 0 => session.terminal.note(&error.to_string()),
            Err(error) => return Err(in_file(error)),
        }
    }
    Err(Error::new(ErrorKind::Password, "was not opened").with_path(path))
}

/// A password for the locked files of a command that looks at many.
pub(crate) fn open_all(source: &PasswordSource, session: &mut Session) -> Result<Password> {
    let source = or_prompt(Some(source), "use --password-from env:NAME, file:PATH or stdin", session)?;
    read(source, session)
}

/// Takes over a password that stood in a line for another program; its number in [`Session::given`].
pub(crate) fn take_over(text: &OsStr, session: &mut Session) -> usize {
    if session.given.is_empty() {
        session
            .terminal
            .note("warning: a password in the command line is seen by other programs and kept in the shell's history");
    }
    session.given.push(Password::new(text.as_encoded_bytes().to_vec()));
    session.given.len() - 1
}

/// True for what looks like the name of an environment variable, or is one.
pub(crate) fn is_variable(name: &str) -> bool {
    let looks_like_one = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && (name.chars().all(looks_like_one) || std::env::var_os(name).is_some())
}

/// The password of a source that holds one.
pub(crate) fn read(source: &PasswordSource, session: &mut Session) -> Result<Password> {
    match source {
        PasswordSource::Env(name) => {
            let value = std::env::var_os(name);
            let value = value.ok_or_else(|| {
                // A name that is none is a password that a shell put in its place.
                let shown = if is_variable(name) { name } else { "that --password-from names" };
                Error::new(ErrorKind::Usage, format!("the environment variable {shown} is not set"))
                    .with_hint("give the name of the variable, without $, and set it")
            })?;
            Ok(Password::new(value.into_encoded_bytes()))
        }
        PasswordSource::File(path) => {
            let content = input::read_file(path, &session.inputs)
                .map_err(|error| error.with_hint("give the name of the file that holds the password after file:"))?;
            Password::from_line(content.as_bytes()).map_err(|error| error.with_path(path))
        }
        PasswordSource::Stdin => {
            session.take_stdin()?;
            let content = console::decode(input::read_stdin()?);
            let password = Password::from_line(content.as_bytes()).map_err(|error| error.with_path(input::STDIN))?;
            if password.as_bytes().ends_with(b" ") {
                // `echo secret | certwright` in cmd.
                session.terminal.note("note: the password ends in a space; in cmd nothing may stand before the |");
            }
            Ok(password)
        }
        PasswordSource::Fd(number) if cfg!(unix) => {
            // The system's own names for open descriptors, so that no descriptor has to be adopted unsafely.
            let path = PathBuf::from(format!("/dev/fd/{number}"));
            let content = input::read_file(&path, &session.inputs)
                .map_err(|error| error.with_hint("open the descriptor in the shell, as in 3<password.txt"))?;
            Password::from_line(content.as_bytes()).map_err(|error| error.with_path(path))
        }
        PasswordSource::Fd(_) => Err(Error::new(ErrorKind::Usage, "fd:N is for Unix systems")
            .with_hint("use --password-from stdin or file:PATH")),
        PasswordSource::Generate(_) => Err(Error::new(ErrorKind::Usage, "a generated password opens nothing")
            .with_hint("give the password it was protected with: --password-from env:NAME, file:PATH or stdin")),
        PasswordSource::Given(number) => match session.given.get(*number) {
            Some(given) => Ok(Password::new(given.as_bytes().to_vec())),
            None => Err(Error::new(ErrorKind::Usage, "no password was given in the command line")
                .with_hint("use prompt, env:NAME, file:PATH, stdin or fd:N")),
        },
        PasswordSource::Prompt => session.terminal.ask_secret("Password"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_parsed_and_a_literal_is_never_repeated() {
        for (text, source) in [
            ("prompt", PasswordSource::Prompt),
            ("stdin", PasswordSource::Stdin),
            ("env:PW", PasswordSource::Env("PW".into())),
            ("file:C:\\pw.txt", PasswordSource::File("C:\\pw.txt".into())),
            ("fd:3", PasswordSource::Fd(3)),
            ("fd:0", PasswordSource::Stdin),
            ("generate", PasswordSource::Generate(None)),
            ("generate:pw.txt", PasswordSource::Generate(Some("pw.txt".into()))),
        ] {
            assert_eq!(text.parse(), Ok(source), "{text}");
        }
        for text in ["hunter2", "pass:hunter2", "env:", "file:", "fd:hunter2", "generate:", "prompt:hunter2", "stdin:"]
        {
            let error = text.parse::<PasswordSource>().unwrap_err();
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
    }
}
