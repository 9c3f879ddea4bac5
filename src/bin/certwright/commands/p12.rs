//! `p12`: a PKCS#12 keystore.

use certwright::keystore::Compatibility;
use certwright::{Iterations, Result};

use crate::cli::{Compat, P12Args};
use crate::delivery::{Delivery, Kind};
use crate::password;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::store::{self, Source};

/// The most that is read back.
const MOST_ITERATIONS: u32 = 1_000_000;

pub(super) fn run(args: P12Args, session: &mut Session) -> Result<ExitStatus> {
    let iterations: Iterations = args.iterations.parse()?;
    if iterations.get() > MOST_ITERATIONS {
        let fact = format!("{iterations} iterations are too many for a PKCS#12 file, {MOST_ITERATIONS} is the most");
        return Err(certwright::Error::new(certwright::ErrorKind::Policy, fact).with_hint("leave --iterations out"));
    }
    let compatibility = match args.compat {
        Compat::Modern => Compatibility::Modern,
        Compat::Java8 => Compatibility::Java8,
        Compat::Windows2016 => Compatibility::Windows2016,
    };
    let source = Source::new(&args.source, None, session);
    let out = source.destination(args.out, "keystore.p12", &args.source, session);
    let password_file = password::file_to_write(store::new_source(&args.source), password::STORE_FILE, session);
    let paths: Vec<_> = [Some(out.as_path()), password_file.as_deref()].into_iter().flatten().collect();
    let mut delivery = Delivery::plan("p12", source.protect(session.rules(), &args.source), &paths, session)?;

    let (keystore, opened) = source.load(&args.source, session)?;
    let new = store::new_password(&source, &args.source, opened, &out, session)?;
    store::warn(&keystore, Some(&new.password), session);
    let mut rng = session.rng();
    let bytes = session.busy("encrypting the keystore", || {
        keystore.to_p12(&new.password, compatibility, iterations.get(), &mut rng)
    })?;
    let protection = match compatibility {
        Compatibility::Modern => "AES-256 and SHA-256",
        _ => "3DES and SHA-1",
    };
    if compatibility != Compatibility::Modern {
        session.terminal.note(
            "warning: 3DES and SHA-1 for old readers guard the key less well than the default: use a long password",
        );
    }
    let words = format!("PKCS#12, {protection}, {iterations} iterations; {}", store::in_words(&keystore));
    delivery.add(&out, Kind::Pkcs12, words, bytes);
    delivery.describe_keystore(&out, &keystore, &new);
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
