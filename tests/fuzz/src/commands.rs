//! Stands for the program's `commands`: a command that was understood is not run.

use certwright::Result;

use crate::cli::Command;
use crate::session::Session;
use crate::status::ExitStatus;

pub(crate) fn run(command: Command, session: &mut Session) -> Result<ExitStatus> {
    session.terminal.note(&format!("{command:?}"));
    Ok(ExitStatus::Done)
}
