//! `init`: every file of the setup guide at once, all or none.

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::keystore::Compatibility;
use certwright::{
    CertRequest, Certificate, Error, ErrorKind, Identity, Iterations, Keystore, PrivateKey, Result, RsaBits, Validity,
    time,
};

use crate::cli::InitArgs;
use crate::delivery::{Delivery, Kind};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{password, store, table};

/// For each part of the PKCS#12 file.
const STORE_ITERATIONS: u32 = 100_000;

/// The guide's file names.
struct Names {
    pass_key: PathBuf,
    key: PathBuf,
    pem: PathBuf,
    csr: PathBuf,
    crt: PathBuf,
    p12: PathBuf,
    jks: PathBuf,
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
            p12: name("keystore.p12"),
            jks: name("servercert.jks"),
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
    let password_file = password::file_to_write(source, password::KEY_FILE, session);
    let mut paths: Vec<&Path> = vec![&names.pass_key, &names.key, &names.pem, &names.csr, &names.crt];
    paths.extend(password_file.as_deref());
    let (with_p12, with_jks) = (args.p12, args.jks);
    paths.extend(
        [(with_p12, &names.p12), (with_jks, &names.jks)]
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, path)| path.as_path()),
    );
    let store_source = args.store_password_from.as_ref();
    let for_stores = [("--store-password-from", store_source.is_some()), ("--alias", args.alias.is_some())];
    if let Some((option, _)) = for_stores.iter().find(|(_, given)| *given && !with_p12 && !with_jks) {
        return Err(Error::new(ErrorKind::Usage, format!("{option} is for the keystores of --p12 and --jks"))
            .with_hint("add one of them, or leave it out"));
    }
    let store_password_file =
        store_source.and_then(|source| password::file_to_write(Some(source), password::STORE_FILE, session));
    paths.extend(store_password_file.as_deref());
    let mut rules = password::protect(session.rules(), &[source, store_source]);
    if let Some(folder) = &session.dir {
        rules = rules.with_new_folder(folder);
    }
    let mut delivery = Delivery::plan("init", rules, &paths, session)?;

    let subject = args.subject.resolve(session)?;
    let new = password::create(&printable(&names.pass_key), source, password::KEY_FILE, session)?;
    let store_password = match store_source {
        Some(_) => Some(password::create("the keystores", store_source, password::STORE_FILE, session)?),
        None => None,
    };
    let mut rng = session.rng();
    let key = session.busy("making the key", || PrivateKey::generate_rsa(bits, &mut rng))?;
    delivery.add_locked_key(&names.pass_key, &key, &new, iterations, session)?;
    let request = CertRequest::new(&subject, &sans, &key)?;
    let certificate = Certificate::self_signed(&request, &key, validity, &mut rng)?;

    delivery.add(&names.key, Kind::PrivateKey, "the same key without password: keep it secret", key.to_pkcs8_pem()?);
    delivery.add(&names.pem, Kind::PrivateKey, "the same again, for the integration", key.to_pkcs8_pem()?);
    delivery.add(&names.csr, Kind::CertRequest, "signing request", request.to_pem());
    let expires = time::date(validity.not_after());
    let words = format!("certificate, valid until {expires}");
    delivery.add(&names.crt, Kind::Certificate, words, certificate.to_pem());
    let public_key = key.public_key();
    if with_p12 || with_jks {
        let password = store_password.as_ref().map_or(&new.password, |store| &store.password);
        let keystore =
            Keystore::of(Identity::new(args.alias.as_deref().unwrap_or(store::ALIAS), key, vec![certificate.clone()])?);
        store::warn(&keystore, with_p12.then_some(password), session);
        let entry = store::in_words(&keystore);
        if with_p12 {
            let bytes = session.busy("encrypting the keystore", || {
                keystore.to_p12(password, Compatibility::Modern, STORE_ITERATIONS, &mut rng)
            })?;
            delivery.add(&names.p12, Kind::Pkcs12, format!("PKCS#12 keystore, {entry}"), bytes);
        }
        if with_jks {
            if store_password.is_none() {
                store::note_jks(session);
            }
            let bytes = keystore.to_jks(password, session.now, &mut rng)?;
            delivery.add(&names.jks, Kind::Jks, format!("Java keystore (JKS), {}", entry.to_lowercase()), bytes);
        }
        if let Some((store, file)) = store_password.as_ref().and_then(|store| Some((store, store.file.as_ref()?))) {
            delivery.add_password(file, &store.password, if with_p12 { &names.p12 } else { &names.jks });
        }
    }
    delivery.set_key(public_key);
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
    text.extend(rows.iter().map(|(label, value)| table::row(0, 8, label, value)));
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
