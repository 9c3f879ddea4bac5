//! Lines of openssl and keytool.

use std::cell::RefCell;
use std::error::Error as _;
use std::ffi::OsString;
use std::rc::Rc;

use certwright::{Password, Result};

use crate::cli::{Global, VerbatimArgs};
use crate::session::Session;
use crate::terminal::Terminal;
use crate::{check_error, check_printable, translation};

/// Passwords hold it; no message of the program does.
const MARK: &str = "Zq7";
/// What takes a password in a line of keytool.
const KEYTOOL: [&str; 5] = ["-deststorepass", "-keypass", "-srckeypass", "-srcstorepass", "-storepass"];
/// What takes the place of a password in a line of openssl.
const OPENSSL: [&str; 4] = ["-pass", "-passin", "-passout", "-password"];

/// A terminal that nobody sits at, which keeps all that is printed and checks that it holds no control characters.
#[derive(Clone, Default)]
pub(crate) struct Tape(Rc<RefCell<Vec<u8>>>);

impl Terminal for Tape {
    fn is_interactive(&self) -> bool {
        false
    }

    fn is_unreadable(&self) -> bool {
        false
    }

    fn ask(&mut self, question: &str, _: &dyn Fn(&str) -> Result<(), String>) -> Result<String> {
        panic!("asked although nobody is there: {question}");
    }

    fn ask_secret(&mut self, question: &str) -> Result<Password> {
        panic!("asked although nobody is there: {question}");
    }

    fn busy(&mut self, _: &str, work: &mut dyn FnMut()) {
        work();
    }

    fn progress(&mut self, _: &str, _: usize, _: usize) {}

    fn note_lines(&mut self, text: &str) {
        check_printable(text);
        self.0.borrow_mut().extend_from_slice(text.as_bytes());
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.note_lines(text);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }
}

/// A session that writes to the tape.
pub(crate) fn session(json: bool) -> (Session, Tape) {
    let tape = Tape::default();
    let global = Global { json, no_input: true, dir: None, force: false };
    (Session::new(global, Box::new(tape.clone())), tape)
}

/// Words, one a line, the first of which is `openssl` or `keytool` -> a native command or an error, in neither of which a
/// password of the line stands.
pub fn lines(data: &[u8]) {
    let mut words: Vec<OsString> = Vec::new();
    for word in data.split(|&byte| byte == b'\n').take(40) {
        // The system gives no word with NUL.
        let word: Vec<u8> = word.iter().copied().filter(|&byte| byte != 0).collect();
        words.push(os_string(word));
    }
    let Some((program, rest)) = words.split_first() else { return };
    // The key derivations of what is opened are slow, and not what is looked for here.
    let (mut session, tape) = session(data.len() % 8 == 7);
    let args = VerbatimArgs { words: rest.to_vec() };
    let result = match program.to_str() {
        Some("openssl") => translation::openssl(args, &mut session),
        Some("keytool") => translation::keytool(args, &mut session),
        _ => return,
    };
    let mut told = String::from_utf8_lossy(&tape.0.borrow()).into_owned();
    if let Err(error) = result {
        check_error(&error);
        told += &format!("\n{error}\n{}", error.hint().unwrap_or_default());
        let mut cause = error.source();
        while let Some(error) = cause {
            told += &format!("\n{error}");
            cause = error.source();
        }
    }
    for secret in secrets(rest) {
        assert!(!told.contains(&secret), "the password {secret:?} is told: {told}");
    }
}

/// The passwords of a line that stand nowhere else in it.
fn secrets(words: &[OsString]) -> Vec<String> {
    let texts: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let mut found = Vec::new();
    for (place, pair) in texts.windows(2).enumerate() {
        let option = pair[0].strip_prefix('-').filter(|rest| rest.starts_with('-')).unwrap_or(&pair[0]);
        let secret = match pair[1].strip_prefix("pass:") {
            Some(secret) if OPENSSL.contains(&option) => secret,
            _ if KEYTOOL.contains(&option) => &pair[1],
            _ => continue,
        };
        let stands_elsewhere = texts.iter().enumerate().any(|(at, text)| at != place + 1 && text.contains(secret));
        if secret.contains(MARK) && !stands_elsewhere {
            found.push(secret.to_owned());
        }
    }
    found
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
