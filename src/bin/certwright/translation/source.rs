//! Where a line says that a password is, as `--password-from` names it.

use std::ffi::{OsStr, OsString};

use certwright::Result;

use super::native::Word;
use super::words::Line;
use crate::password;
use crate::session::Session;

fn give(text: &OsStr, session: &mut Session) -> Word {
    Word::Given(password::take_over(text, session), "prompt".into())
}

/// A name that is none is a password that a shell put in its place.
fn env(line: &Line, option: &str, name: &str) -> Result<Word> {
    match password::is_variable(name) {
        true => Ok(Word::Plain(format!("env:{name}").into())),
        false => Err(line
            .usage(format!("{option} does not name an environment variable that is set"))
            .with_hint("give the name of the variable, without $, and set it")),
    }
}

/// `pass:`, `env:`, `file:`, `fd:` and `stdin` (openssl-passphrase-options(1)).
pub(super) fn openssl(line: &Line, option: &str, session: &mut Session) -> Result<Option<Word>> {
    let Some(text) = line.text(option)? else { return Ok(None) };
    let (kind, value) = text.split_once(':').map_or((text, None), |(kind, value)| (kind, Some(value)));
    match (kind, value) {
        ("pass", Some(password)) => Ok(Some(give(OsStr::new(password), session))),
        ("env", Some(name)) => env(line, option, name).map(Some),
        ("stdin", None) => Ok(Some(Word::Plain(text.into()))),
        ("fd", Some(number)) if number.parse::<u32>().is_ok() => Ok(Some(Word::Plain(text.into()))),
        ("file", Some(path)) if !path.is_empty() => Ok(Some(Word::Plain(text.into()))),
        _ => Err(line
            .usage(format!("the value of {option} does not say where the password is"))
            .with_hint("write it as pass:PASSWORD, env:NAME, file:PATH, fd:N or stdin")),
    }
}

/// `-storepass PASSWORD`, `-storepass:env NAME`, `-storepass:file PATH`.
pub(super) fn keytool(line: &Line, options: [&str; 3], session: &mut Session) -> Result<Option<Word>> {
    let [literal, from_env, from_file] = options;
    if let Some(password) = line.value(literal) {
        return Ok(Some(give(password, session)));
    }
    if let Some(name) = line.text(from_env)? {
        return env(line, from_env, name).map(Some);
    }
    Ok(line.value(from_file).map(|path| {
        let mut word = OsString::from("file:");
        word.push(path);
        Word::Plain(word)
    }))
}
