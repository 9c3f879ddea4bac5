//! `jwt`: assertions for the JWT bearer flow.

mod check;
mod sign;

use certwright::Result;

use crate::cli::JwtCommand;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(command: JwtCommand, session: &mut Session) -> Result<ExitStatus> {
    match command {
        JwtCommand::Sign(args) => sign::run(*args, session),
        JwtCommand::Check(args) => check::run(args, session),
    }
}
