//! `export`: key, certificate and chain out of a keystore, as PEM.

mod line;

use std::path::PathBuf;

use certwright::error::printable;
use certwright::{Iterations, Result, certificate, time};

use crate::cli::ExportArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password, store};

pub(super) fn run(args: ExportArgs, session: &mut Session) -> Result<ExitStatus> {
    if let Some(path) = &args.base64_line {
        return line::run(path, session);
    }
    let input = session.path(args.input, "keystore.p12");
    let key_out = (!args.no_key).then(|| session.path(args.key_out, "server.key"));
    let is_whole = args.fullchain_out.is_some();
    let cert_out = args.fullchain_out.unwrap_or_else(|| session.path(args.cert_out, "server.crt"));
    let cert_out = (!args.no_cert).then_some(cert_out);
    // Whether there is a chain is known once the keystore is open; where it was said to go is checked with the others.
    let named_chain = args.chain_out.clone();
    let chain_out = session.path(args.chain_out, "chain.pem");
    let new_source = args.new_password_from.as_ref();
    let password_file = password::file_to_write(new_source, password::KEY_FILE, session);
    let (source, key_source) = (args.password_from.as_ref(), args.key_password_from.as_ref());
    let rules = password::protect(session.rules().with_input(&input), &[source, key_source, new_source]);
    let paths = [key_out.as_ref(), cert_out.as_ref(), named_chain.as_ref(), password_file.as_ref()];
    let paths: Vec<_> = paths.into_iter().flatten().map(PathBuf::as_path).collect();
    let mut delivery = Delivery::plan("export", rules, &paths, session)?;

    let (mut keystore, _) = store::open(&input, source.or(key_source), key_source, session)
        .map_err(|error| input::or_make(error, "make it with p12 first, or name it with --in"))?;
    if let Some(only) = &args.only {
        keystore.keep_only(only).map_err(|error| error.with_path(&input))?;
    }
    let identity = keystore.into_identity().map_err(|error| error.with_path(&input))?;
    let key = identity.key();
    match (&key_out, new_source) {
        (Some(out), Some(_)) => {
            let new = password::create(&printable(out), new_source, password::KEY_FILE, session)?;
            delivery.add_locked_key(out, key, &new, Iterations::default(), session)?;
        }
        (Some(out), None) => {
            let words = format!("{} key without password: keep it secret", key.algorithm());
            delivery.add(out, Kind::PrivateKey, words, key.to_pkcs8_pem()?);
        }
        (None, _) => {}
    }
    if let (Some(out), [own, issuers @ ..]) = (&cert_out, identity.chain()) {
        let expires = time::date(own.validity().not_after());
        let words = format!("certificate for {}, valid until {expires}", own.subject());
        let counted = format!("{} issuer{}", issuers.len(), if issuers.len() == 1 { "" } else { "s" });
        if is_whole && !issuers.is_empty() {
            delivery.add(
                out,
                Kind::Certificate,
                format!("{words}, with {counted}"),
                certificate::to_pem(identity.chain()),
            );
        } else {
            delivery.add(out, Kind::Certificate, words, own.to_pem());
        }
        if !is_whole && !args.no_chain && !issuers.is_empty() {
            delivery.add(
                &chain_out,
                Kind::Certificate,
                format!("the certificates of {counted}"),
                certificate::to_pem(issuers),
            );
        }
        delivery.set_certificate(own.clone());
    }
    delivery.set_key(key.public_key());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
