//! `selfsign`: the self-signed certificate that a request asks for.

use certwright::{Certificate, Result, Validity, time};

use crate::cli::SelfsignArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password};

pub(super) fn run(args: SelfsignArgs, session: &mut Session) -> Result<ExitStatus> {
    let validity = Validity::parse_days(&args.days, session.now)?;
    let csr_path = session.path(args.csr, "server.csr");
    let key_path = session.path(args.key, "server.key");
    let out = session.path(args.out, "server.crt");
    let source = args.password.password_from.as_ref();
    let rules = session.rules().with_input(&csr_path).with_input(&key_path);
    let rules = password::protect(rules, &[source]);
    let mut delivery = Delivery::plan("selfsign", rules, &[&out], session)?;

    let request = input::cert_request(&csr_path, session)
        .map_err(|error| input::or_make(error, "make it with csr first, or name it with --csr"))?;
    let (key, _) = input::private_key(&key_path, source, "--password-from", session)
        .map_err(|error| input::or_make(error, "make it with genkey and decrypt first, or name the key with --key"))?;
    let certificate = Certificate::self_signed(&request, &key, validity, &mut session.rng())
        .map_err(|error| error.with_path(&csr_path))?;
    let dropped = request.other_extensions()?;
    if !dropped.is_empty() {
        let text = format!(
            "note: of the request's extensions only the alternative names are taken over, not {}",
            dropped.join(", ")
        );
        session.terminal.note(&text);
    }
    let words = format!("certificate for {}, valid until {}", certificate.subject(), time::date(validity.not_after()));
    delivery.add(&out, Kind::Certificate, words, certificate.to_pem());
    delivery.set_key(key.public_key());
    delivery.set_certificate(certificate);
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
