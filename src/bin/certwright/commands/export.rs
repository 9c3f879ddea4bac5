//! `export`: key, certificate and chain out of a keystore, as PEM.

use std::path::PathBuf;

use certwright::{Result, SecretBytes, time};

use crate::cli::ExportArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password, store};

pub(super) fn run(args: ExportArgs, session: &mut Session) -> Result<ExitStatus> {
    let input = session.path(args.input, "keystore.p12");
    let key_out = session.path(args.key_out, "server.key");
    let cert_out = session.path(args.cert_out, "server.crt");
    // Whether there is a chain is known once the keystore is open; where it was said to go is checked with the others.
    let named_chain = args.chain_out.clone();
    let chain_out = session.path(args.chain_out, "chain.pem");
    let (source, key_source) = (args.password_from.as_ref(), args.key_password_from.as_ref());
    let rules = password::protect(session.rules().with_input(&input), &[source, key_source]);
    let paths: Vec<_> =
        [Some(&key_out), Some(&cert_out), named_chain.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
    let mut delivery = Delivery::plan("export", rules, &paths, session)?;

    let (mut keystore, _) = store::open(&input, source.or(key_source), key_source, session)
        .map_err(|error| input::or_make(error, "make it with p12 first, or name it with --in"))?;
    if let Some(only) = &args.only {
        keystore.keep_only(only).map_err(|error| error.with_path(&input))?;
    }
    let identity = keystore.into_identity().map_err(|error| error.with_path(&input))?;
    let key = identity.key();
    let words = format!("{} key without password: keep it secret", key.algorithm());
    delivery.add(&key_out, Kind::PrivateKey, words, key.to_pkcs8_pem()?);
    let [certificate, issuers @ ..] = identity.chain() else { return Ok(ExitStatus::Done) };
    let expires = time::date(certificate.validity().not_after());
    let words = format!("certificate for {}, valid until {expires}", certificate.subject());
    delivery.add(&cert_out, Kind::Certificate, words, certificate.to_pem());
    if !issuers.is_empty() {
        let pem: Vec<u8> = issuers.iter().flat_map(|issuer| issuer.to_pem().as_bytes().to_vec()).collect();
        let words =
            format!("the certificates of {} issuer{}", issuers.len(), if issuers.len() == 1 { "" } else { "s" });
        delivery.add(&chain_out, Kind::Certificate, words, SecretBytes::new(pem));
    }
    delivery.set_key(key.public_key());
    delivery.set_certificate(certificate.clone());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
