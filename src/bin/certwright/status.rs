//! How a run ends: its exit status, and errors as people and programs read them.

use std::error::Error as _;
use std::io::{self, Write};
use std::process::ExitCode;

use certwright::Error;
use certwright::error::printable;

use crate::json;

/// The exit statuses of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done, or every check holds.
    Done,
    /// The checked thing is not good.
    NotGood,
    /// Could not run: usage, file, password, malformed input.
    CouldNotRun,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Done => Self::SUCCESS,
            ExitStatus::NotGood => Self::from(1),
            ExitStatus::CouldNotRun => Self::from(2),
        }
    }
}

impl ExitStatus {
    /// Tells `error` on standard error, or as the one JSON object on standard output.
    pub(crate) fn could_not_run(error: &Error, json: bool) -> Self {
        if json {
            let path = error.path().map(|path| path.to_string_lossy());
            Self::tell_json(error.kind().as_str(), &with_causes(error), error.hint(), path.as_deref());
        } else {
            let mut text = format!("error: {error}\n");
            let mut cause = error.source();
            while let Some(error) = cause {
                text += &format!("caused by: {}\n", printable(error.to_string()));
                cause = error.source();
            }
            text += &error.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            let _ = io::stderr().write_all(text.as_bytes());
        }
        Self::CouldNotRun
    }

    pub(crate) fn tell_json(kind: &str, message: &str, hint: Option<&str>, path: Option<&str>) {
        let _ = writeln!(io::stdout(), "{}", json::error(kind, message, hint, path));
    }
}

/// JSON has one field for the fact and what caused it.
fn with_causes(error: &Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message += &format!(": {}", printable(error.to_string()));
        cause = error.source();
    }
    message
}
