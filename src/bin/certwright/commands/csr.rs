//! `csr`: a certificate signing request.

use certwright::{CertRequest, Result};

use crate::cli::CsrArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password};

pub(super) fn run(args: CsrArgs, session: &mut Session) -> Result<ExitStatus> {
    let sans = args.subject.sans()?;
    args.subject.given()?;
    let key_path = session.path(args.key, "server.key");
    let out = session.path(args.out, "server.csr");
    let source = args.password.password_from.as_ref();
    let rules = password::protect(session.rules().with_input(&key_path), &[source]);
    let mut delivery = Delivery::plan("csr", rules, &[&out], session)?;

    let (key, _) = input::private_key(&key_path, source, "--password-from", session)
        .map_err(|error| input::or_make(error, "make it with genkey and decrypt first, or name the key with --key"))?;
    let subject = args.subject.resolve(session)?;
    let request = CertRequest::new(&subject, &sans, &key)?;
    delivery.add(&out, Kind::CertRequest, format!("signing request for {subject}"), request.to_pem());
    delivery.set_key(key.public_key());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
