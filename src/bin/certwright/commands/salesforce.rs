//! `salesforce`: the login, before, during and after.

mod check;
mod explain;
mod handoff;
mod login;

use certwright::Result;

use crate::cli::SalesforceCommand;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(command: SalesforceCommand, session: &mut Session) -> Result<ExitStatus> {
    match command {
        SalesforceCommand::Check(args) => check::run(args, session),
        SalesforceCommand::Login(args) => login::run(args, session),
        SalesforceCommand::Explain(args) => explain::run(args, session),
        SalesforceCommand::Handoff(args) => handoff::run(args, session),
    }
}
