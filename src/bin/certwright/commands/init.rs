//! `init`: every file of the setup guide at once, all or none.

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::{CertRequest, Certificate, Iterations, PrivateKey, Result, RsaBits, Validity, time};

use crate::cli::InitArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{password, table};

/// The guide's file names.
struct Names {
    pass_key: PathBuf,
    key: PathBuf,
    pem: PathBuf,
    csr: PathBuf,
    crt: PathBuf,
}

impl Names {
    fn new(session: &Session) -> Self {
        let name = |name| session.default_path(name);
        Self {
            pass_key: name("server.pass.key"),
            key: name("server.key"),
            pem: name("server.pem"),
            csr: name("server.csr"),
            crt: name("server.crt"),
        }
    }
}

pub(super) fn run(args: InitArgs, session: &mut Session) -> Result<ExitStatus> {
    session.dir = args.folder.or(session.dir.take());
    let bits: RsaBits = args.key.bits.parse()?;
    let iterations: Iterations = args.key.iterations.parse()?;
    let validity = Validity::parse_days(&args.days, session.now)?;
    let sans = args.subject.sans()?;
    args.subject.given()?;
    let source = args.password.password_from.as_ref();

    let names = Names::new(session);
    let password_file = password::file_to_write(source, session);
    let mut paths: Vec<&Path> = vec![&names.pass_key, &names.key, &names.pem, &names.csr, &names.crt];
    paths.extend(password_file.as_deref());
    let mut rules = password::protect(session.rules(), &[source]);
    if let Some(folder) = &session.dir {
        rules = rules.with_new_folder(folder);
    }
    let mut delivery = Delivery::plan("init", rules, &paths, session)?;

    let subject = args.subject.resolve(session)?;
    let new = password::create(&names.pass_key.display().to_string(), source, session)?;
    let mut rng = session.rng();
    let key = session.busy("making the key", || PrivateKey::generate_rsa(bits, &mut rng))?;
    let locked = session.busy("encrypting the key", || key.encrypt(&new.password, iterations, &mut rng))?;
    let request = CertRequest::new(&subject, &sans, &key)?;
    let certificate = Certificate::self_signed(&request, &key, validity, &mut rng)?;

    let words = format!("{} key under the password ({iterations} iterations)", key.algorithm());
    delivery.add(&names.pass_key, Kind::EncryptedPrivateKey, words, locked.to_pem()?);
    delivery.add(&names.key, Kind::PrivateKey, "the same key without password: keep it secret", key.to_pkcs8_pem()?);
    delivery.add(&names.pem, Kind::PrivateKey, "the same again, for the integration", key.to_pkcs8_pem()?);
    delivery.add(&names.csr, Kind::CertRequest, "signing request", request.to_pem());
    let expires = time::date(validity.not_after());
    let words = format!("certificate, valid until {expires}");
    delivery.add(&names.crt, Kind::Certificate, words, certificate.to_pem());
    if let Some(file) = &new.file {
        delivery.add_password(file, &new.password, &names.pass_key);
    }
    delivery.set_key(key.public_key());
    let fingerprint = table::octets(&certificate.sha256());
    delivery.set_certificate(certificate);
    delivery.complete(session)?;
    if !session.json {
        let rows = [("For", subject.to_string()), ("Expires", expires), ("SHA-256", fingerprint)];
        session.terminal.say(&next_steps(&names, &rows))?;
    }
    Ok(ExitStatus::Done)
}

fn next_steps(names: &Names, rows: &[(&str, String)]) -> String {
    let mut text = String::from("\nAll of them were read back and belong together.\n\n");
    for (label, value) in rows {
        // Writing into a string does not fail.
        let _ = table::row(&mut text, 0, 8, label, value);
    }
    // The integration asks for the key's place on its own machine.
    let pem = std::path::absolute(&names.pem).unwrap_or_else(|_| names.pem.clone());
    let in_root = pem.parent().is_some_and(|folder| folder.parent().is_none());
    let root = if in_root { "\n   It is in the root folder: move it elsewhere." } else { "" };
    text + &format!(
        "
Next:
1. In Salesforce, in the external client app's flow enablement, choose
   \"Enable JWT Bearer Flow\" and upload {}
2. Give the integration the path of the key, which must be absolute and not
   in the root folder: {}{root}
3. Keep {} and its password in two different places.",
        printable(&names.crt),
        printable(&pem),
        printable(&names.pass_key),
    )
}
