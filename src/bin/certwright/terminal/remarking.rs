//! One remark on every line.

use certwright::{Password, Result};

use super::Terminal;

/// A terminal whose every line ends with a remark, set off as shells set off a comment: lines that are evaluated stay what
/// they are.
pub(crate) struct Remarking {
    inner: Box<dyn Terminal>,
    remark: String,
    /// False where the result is no text of lines.
    in_results: bool,
}

impl Remarking {
    pub(crate) fn new(inner: Box<dyn Terminal>, remark: &str, in_results: bool) -> Self {
        Self { inner, remark: format!("  # {remark}"), in_results }
    }

    fn remarked(&self, text: &str) -> String {
        let line = |line: &str| if line.is_empty() { String::new() } else { format!("{line}{}", self.remark) };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Terminal for Remarking {
    fn is_interactive(&self) -> bool {
        self.inner.is_interactive()
    }

    fn is_unreadable(&self) -> bool {
        self.inner.is_unreadable()
    }

    fn ask(&mut self, question: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<String> {
        self.inner.ask(question, check)
    }

    fn ask_secret(&mut self, question: &str) -> Result<Password> {
        self.inner.ask_secret(question)
    }

    fn busy(&mut self, what: &str, work: &mut dyn FnMut()) {
        self.inner.busy(what, work);
    }

    fn progress(&mut self, what: &str, done: usize, all: usize) {
        self.inner.progress(what, done, all);
    }

    fn note_lines(&mut self, text: &str) {
        self.inner.note_lines(&self.remarked(text));
    }

    fn say(&mut self, text: &str) -> Result<()> {
        match self.in_results {
            true => self.inner.say(&self.remarked(text)),
            false => self.inner.say(text),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.inner.write(bytes)
    }
}
