//! `decrypt`: a key without its password, in the format that is wanted.

use certwright::Result;
use certwright::error::printable;

use crate::cli::{DecryptArgs, KeyFormat};
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password};

pub(super) fn run(args: DecryptArgs, session: &mut Session) -> Result<ExitStatus> {
    // The copy is part of the guide's sequence; whoever names an output asks for that one.
    let default_copy = !args.no_pem && !args.der && args.out.is_none();
    let copy = args.pem_out.or_else(|| default_copy.then(|| session.default_path("server.pem")));
    let input = session.path(args.input, "server.pass.key");
    let out = session.path(args.out, "server.key");
    let paths: Vec<_> = [Some(out.as_path()), copy.as_deref()].into_iter().flatten().collect();
    let source = args.password.password_from.as_ref();
    let rules = password::protect(session.rules().with_input(&input), &[source]);
    let mut delivery = Delivery::plan("decrypt", rules, &paths, session)?;

    let (key, _) = input::private_key(&input, source, "--password-from", session)
        .map_err(|error| input::or_make(error, "make it with genkey first, or name the key with --in"))?;
    let encode = || match (args.format, args.der) {
        (KeyFormat::Pkcs8, false) => key.to_pkcs8_pem(),
        (KeyFormat::Pkcs8, true) => key.to_pkcs8_der(),
        (KeyFormat::Pkcs1, false) => key.to_pkcs1_pem(),
        (KeyFormat::Pkcs1, true) => key.to_pkcs1_der(),
    };
    let words = format!("{} key without password: keep it secret", key.algorithm());
    delivery.add(&out, Kind::PrivateKey, words, encode()?);
    if let Some(copy) = &copy {
        delivery.add(copy, Kind::PrivateKey, format!("the same as {}", printable(&out)), encode()?);
    }
    delivery.set_key(key.public_key());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
