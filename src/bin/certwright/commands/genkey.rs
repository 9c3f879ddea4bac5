//! `genkey`: a new private key.

use certwright::error::printable;
use certwright::{Iterations, PrivateKey, Result, RsaBits};

use crate::cli::GenkeyArgs;
use crate::delivery::{Delivery, Kind};
use crate::password;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(args: GenkeyArgs, session: &mut Session) -> Result<ExitStatus> {
    let bits: RsaBits = args.key.bits.parse()?;
    let iterations: Iterations = args.key.iterations.parse()?;
    let source = args.password.password_from.as_ref();
    let out = session.path(args.out, "server.pass.key");
    let password_file = password::file_to_write(source, password::KEY_FILE, session);
    let paths: Vec<_> = [Some(out.as_path()), password_file.as_deref()].into_iter().flatten().collect();
    let mut delivery = Delivery::plan("genkey", password::protect(session.rules(), &[source]), &paths, session)?;

    let password = if args.unencrypted {
        None
    } else {
        Some(password::create(&printable(&out), source, password::KEY_FILE, session)?)
    };
    let mut rng = session.rng();
    let key = session.busy("making the key", || PrivateKey::generate_rsa(bits, &mut rng))?;
    match password {
        None => {
            let words = format!("{} key without password: keep it secret", key.algorithm());
            delivery.add(&out, Kind::PrivateKey, words, key.to_pkcs8_pem()?);
        }
        Some(new) => delivery.add_locked_key(&out, &key, &new, iterations, session)?,
    }
    delivery.set_key(key.public_key());
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
