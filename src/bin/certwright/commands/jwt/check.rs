//! `jwt check`: would Salesforce take this assertion?

use std::path::Path;

use certwright::error::printable;
use certwright::jwt::Assertion;
use certwright::salesforce::assertion;
use certwright::{Result, SecretBytes, inspect};

use crate::cli::JwtCheckArgs;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, report};

/// What an assertion on the command line is called.
const ARGUMENT: &str = "token";

pub(super) fn run(args: JwtCheckArgs, session: &mut Session) -> Result<ExitStatus> {
    let cert_path = session.path(args.cert, "server.crt");
    let (name, bytes) = token(&args.token, session)?;
    let token = Assertion::parse(bytes.as_bytes()).map_err(|error| error.with_path(&name))?;
    let cert = input::read(&cert_path, session)
        .map_err(|error| input::or_make(error, "name the certificate that was uploaded with --cert"))?;
    let certificates = inspect::certificates(cert.as_bytes()).map_err(|error| error.with_path(&cert_path))?;
    // Issuers may stand beside it.
    let verifies = |certificate: &&certwright::Certificate| {
        certificate.public_key().is_ok_and(|key| token.verify_signature(&key).is_ok())
    };
    let certificate = certificates.iter().find(verifies).unwrap_or(&certificates[0]);
    let report = assertion::check(&token, &name, certificate, &printable(&cert_path), session.now);
    let ok = report.is_ok(args.strict);
    report::tell("jwt check", &report, ok, &[], session)?;
    Ok(if ok { ExitStatus::Done } else { ExitStatus::NotGood })
}

/// The octets of what was given, and what to call them. An assertion is never part of a message, a file's name is.
fn token(given: &str, session: &mut Session) -> Result<(String, SecretBytes)> {
    let path = Path::new(given);
    if input::is_stdin(path) {
        return Ok((input::STDIN.to_owned(), input::read(path, session)?));
    }
    // All assertions begin with {" in base64url.
    let looks_like_one = given.starts_with("eyJ") || given.matches('.').count() == 2 && given.len() > 100;
    match looks_like_one && !path.exists() {
        true => Ok((ARGUMENT.to_owned(), SecretBytes::new(given.as_bytes().to_vec()))),
        false => Ok((printable(path), input::read(path, session)?)),
    }
}
