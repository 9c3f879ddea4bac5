//! Talking with a person. Questions, notes and progress go to standard error; standard output is for results.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use certwright::{Error, ErrorKind, Password, Result};
use console::Term;
use dialoguer::Input;
use indicatif::ProgressBar;

use crate::interrupt;

/// A person's side of the conversation.
pub(crate) trait Terminal {
    /// True if questions can be asked and answered.
    fn is_interactive(&self) -> bool;
    /// Asks for a line of text; an empty answer is an answer. `check` says what is wrong with one.
    fn ask(&mut self, question: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<String>;
    /// Asks for a secret, which is not shown.
    fn ask_secret(&mut self, question: &str) -> Result<Password>;
    /// Does `work`, and shows that something is being done if it takes longer than a moment.
    fn busy(&mut self, what: &str, work: &mut dyn FnMut());
    /// Says something beside the result.
    fn note(&mut self, text: &str);
    /// Gives the result.
    fn say(&mut self, text: &str) -> Result<()>;
    /// Gives the result as it is, octet by octet.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
}

/// What passes without a sign of life.
const MOMENT: Duration = Duration::from_millis(300);

/// The terminal this process was started in.
pub(crate) struct Console {
    term: Term,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { term: Term::stderr() }
    }
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

impl Terminal for Console {
    fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn ask(&mut self, question: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<String> {
        Input::new()
            .with_prompt(question)
            .allow_empty(true)
            .validate_with(|answer: &String| check(answer))
            .interact_text_on(&self.term)
            .map_err(failed)
    }

    fn ask_secret(&mut self, question: &str) -> Result<Password> {
        let answer = dialoguer::Password::new()
            .with_prompt(question)
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
            scope.spawn(move || {
                if is_done.recv_timeout(MOMENT) == Err(RecvTimeoutError::Timeout) {
                    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
                    spinner.enable_steady_tick(Duration::from_millis(100));
                    // Ends when the sender is dropped, also by a panic.
                    let _ = is_done.recv();
                    spinner.finish_and_clear();
                }
            });
            work();
            drop(done);
        });
    }

    fn note(&mut self, text: &str) {
        // Nobody is left to be told that standard error is gone.
        let _ = writeln!(io::stderr(), "{text}");
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.write(format!("{text}\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            // `certwright ... | head` has read enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new(ErrorKind::Io, "standard output cannot be written").with_source(error))
            }
            _ => Ok(()),
        }
    }
}
