//! Talking with a person. Questions, notes and progress go to standard error; standard output is for results.

mod remarking;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ::console::Term;
use certwright::error::printable;
use certwright::{Error, ErrorKind, Password, Result};
use dialoguer::Input;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use remarking::Remarking;

use crate::{console, interrupt};

/// A person's side of the conversation.
pub(crate) trait Terminal {
    /// True if questions can be asked and answered.
    fn is_interactive(&self) -> bool;
    /// True if a person is there, but cannot be asked because of the window they are in.
    fn is_unreadable(&self) -> bool;
    /// Asks for a line of text; an empty answer is an answer. `check` says what is wrong with one.
    fn ask(&mut self, question: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<String>;
    /// Asks for a secret, which is not shown.
    fn ask_secret(&mut self, question: &str) -> Result<Password>;
    /// Does `work`, and shows that something is being done if it takes longer than a moment.
    fn busy(&mut self, what: &str, work: &mut dyn FnMut());
    /// Shows how far a long piece of work is, until all is done.
    fn progress(&mut self, what: &str, done: usize, all: usize);
    /// Says something beside the result, in one line whatever `text` quotes.
    fn note(&mut self, text: &str) {
        self.note_lines(&printable(text));
    }
    /// The same in several lines, each of them made printable where it was composed.
    fn note_lines(&mut self, text: &str);
    /// Gives the result; a reader that has read enough is no error.
    fn say(&mut self, text: &str) -> Result<()>;
    /// Gives the result as it is, byte by byte, for files and tokens; here a reader that is gone has lost it.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
}

/// What passes without a sign of life.
const MOMENT: Duration = Duration::from_millis(300);
/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// The terminal this process was started in.
pub(crate) struct Console {
    term: Term,
    progress: Option<ProgressBar>,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { term: Term::stderr(), progress: None }
    }
}

/// True if the reader of standard output is gone.
pub(crate) fn is_broken_pipe(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn failed(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == io::ErrorKind::Interrupted {
        interrupt::await_end();
    }
    Error::new(ErrorKind::Io, "the question could not be asked")
        .with_hint("give the answer as an option; see --help")
        .with_source(error)
}

/// `text` with its line ends as they are, and everything else in it as [`printable`]. Whoever composes a text of several
/// lines makes its parts printable first, so that none of them brings a line end of its own; this is the second barrier.
pub(crate) fn printable_lines(text: &str) -> Cow<'_, str> {
    // Long output is JSON, which is ASCII: no copy of it is made.
    if text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        shown += if at == 0 { "" } else { "\n" };
        shown += &printable(line);
    }
    Cow::Owned(shown)
}

/// True if a person sees what is asked and types, be it that the program cannot read it.
fn is_on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Terminal for Console {
    fn is_interactive(&self) -> bool {
        is_on_terminal() && console::is_readable()
    }

    fn is_unreadable(&self) -> bool {
        is_on_terminal() && !console::is_readable()
    }

    fn ask(&mut self, question: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<String> {
        Input::new()
            .with_prompt(printable_lines(question))
            .allow_empty(true)
            .validate_with(|answer: &String| check(answer).map_err(|what| printable_lines(&what).into_owned()))
            .interact_text_on(&self.term)
            .map_err(failed)
    }

    fn ask_secret(&mut self, question: &str) -> Result<Password> {
        interrupt::stay_in_foreground();
        let question = &printable_lines(question);
        if let Some(answer) = console::read_hidden(question) {
            return answer.map_err(|error| failed(error.into()));
        }
        let answer = dialoguer::Password::new()
            .with_prompt(question.as_ref())
            .allow_empty_password(true)
            .report(false)
            .interact_on(&self.term)
            .map_err(failed)?;
        Ok(Password::new(answer.into_bytes()))
    }

    fn busy(&mut self, what: &str, work: &mut dyn FnMut()) {
        if !self.term.is_term() {
            return work();
        }
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let spin = move || {
                if is_done.recv_timeout(MOMENT) == Err(RecvTimeoutError::Timeout) {
                    // Old consoles have no other characters.
                    let style = ProgressStyle::default_spinner().tick_chars("|/-\\ ");
                    let spinner = ProgressBar::new_spinner().with_style(style).with_message(what.to_owned());
                    // Not by indicatif's own thread, which panics where it cannot be started. Ends when the sender is
                    // dropped.
                    loop {
                        spinner.tick();
                        if is_done.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                            break;
                        }
                    }
                    spinner.finish_and_clear();
                }
            };
            // Where no thread can be started, the work is done without a spinner.
            let _ = thread::Builder::new().spawn_scoped(scope, spin);
            work();
            drop(done);
        });
    }

    fn progress(&mut self, what: &str, done: usize, all: usize) {
        if !self.term.is_term() {
            return;
        }
        let bar = self.progress.get_or_insert_with(|| {
            // Old consoles have no other characters.
            let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos} of {len}, {eta} left");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
            ProgressBar::new(all as u64).with_style(style).with_message(what.to_owned())
        });
        bar.set_position(done as u64);
        if done == all {
            bar.finish_and_clear();
            self.progress = None;
        }
    }

    fn note_lines(&mut self, text: &str) {
        // Nobody is left to be told that standard error is gone.
        let _ = writeln!(io::stderr(), "{}", printable_lines(text));
    }

    fn say(&mut self, text: &str) -> Result<()> {
        match write_all(&[printable_lines(text).as_bytes(), b"\n"]) {
            // `certwright ... | head` has read enough.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            other => other,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        write_all(&[bytes])
    }
}

/// Writes `parts` one after the other, without a copy of them together.
fn write_all(parts: &[&[u8]]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    parts
        .iter()
        .try_for_each(|part| stdout.write_all(part))
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::new(ErrorKind::Io, "standard output cannot be written").with_source(error))
}
