//! One line per verb.

mod completions;
mod csr;
mod decrypt;
mod encrypt;
mod export;
mod genkey;
mod init;
mod jks;
mod jwt;
#[cfg(feature = "man")]
mod man;
mod p12;
mod recover;
mod renew;
mod salesforce;
mod selfsign;
mod show;
mod status;
mod testpki;
mod verify;

use certwright::Result;

use crate::cli::Command;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::translation;

/// Runs what was asked for.
pub(crate) fn run(command: Command, session: &mut Session) -> Result<ExitStatus> {
    match command {
        Command::Init(args) => init::run(args, session),
        Command::Genkey(args) => genkey::run(args, session),
        Command::Decrypt(args) => decrypt::run(args, session),
        Command::Encrypt(args) => encrypt::run(args, session),
        Command::Csr(args) => csr::run(args, session),
        Command::Selfsign(args) => selfsign::run(args, session),
        Command::P12(args) => p12::run(args, session),
        Command::Jks(args) => jks::run(args, session),
        Command::Export(args) => export::run(args, session),
        Command::Show(args) => show::run(args, session),
        Command::Status(args) => status::run(args, session),
        Command::Renew(args) => renew::run(args, session),
        Command::Recover(args) => recover::run(args, session),
        Command::Testpki(args) => testpki::run(args, session),
        Command::Verify(args) => verify::run(args, session),
        Command::Openssl(args) => translation::openssl(args, session),
        Command::Keytool(args) => translation::keytool(args, session),
        Command::Completions(args) => completions::run(args, session),
        #[cfg(feature = "man")]
        Command::Man(args) => man::run(args, session),
        Command::Jwt(command) => jwt::run(command, session),
        Command::Salesforce(command) => salesforce::run(command, session),
    }
}
