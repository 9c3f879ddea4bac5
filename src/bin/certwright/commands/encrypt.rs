//! `encrypt`: the same key under a new password.

use certwright::error::printable;
use certwright::{Iterations, Result};

use crate::cli::EncryptArgs;
use crate::delivery::Delivery;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{input, password};

pub(super) fn run(args: EncryptArgs, session: &mut Session) -> Result<ExitStatus> {
    let iterations: Iterations = args.iterations.parse()?;
    let source = args.password.password_from.as_ref();
    let input = session.path(args.input, "server.key");
    let out = session.path(args.out, "server.pass.key");
    let password_file = password::file_to_write(source, password::KEY_FILE, session);
    let paths: Vec<_> = [Some(out.as_path()), password_file.as_deref()].into_iter().flatten().collect();
    let old_source = args.old_password_from.as_ref();
    let rules = password::protect(session.rules().with_input(&input), &[source, old_source]);
    let mut delivery = Delivery::plan("encrypt", rules, &paths, session)?;

    let (key, _) = input::private_key(&input, old_source, "--old-password-from", session)
        .map_err(|error| input::or_make(error, "make it with genkey and decrypt first, or name the key with --in"))?;
    let new = password::create(&printable(&out), source, password::KEY_FILE, session)?;
    delivery.add_locked_key(&out, &key, &new, iterations, session)?;
    delivery.set_key(key.public_key());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
