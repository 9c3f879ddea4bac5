//! `jks`: a Java keystore.

use certwright::Result;

use crate::cli::JksArgs;
use crate::delivery::{Delivery, Kind};
use crate::password;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::store::{self, Source};

pub(super) fn run(args: JksArgs, session: &mut Session) -> Result<ExitStatus> {
    let source = Source::new(&args.source, Some("keystore.p12"), session);
    let out = source.destination(args.out, "servercert.jks", &args.source, session);
    let password_file = password::file_to_write(store::new_source(&args.source), password::STORE_FILE, session);
    let paths: Vec<_> = [Some(out.as_path()), password_file.as_deref()].into_iter().flatten().collect();
    let mut delivery = Delivery::plan("jks", source.protect(session.rules(), &args.source), &paths, session)?;

    let (keystore, opened) = source.load(&args.source, session)?;
    let new = store::new_password(&source, &args.source, opened, &out, session)?;
    store::warn(&keystore, None, session);
    for entry in &keystore.entries {
        let lower = entry.alias().to_lowercase();
        if lower != entry.alias() {
            let text =
                format!("note: Java looks aliases up in lower case: \"{}\" is stored as \"{lower}\"", entry.alias());
            session.terminal.note(&text);
        }
    }
    if args.source.passwords.store_password_from.is_none() {
        store::note_jks(session);
    }
    let bytes = keystore.to_jks(&new.password, session.now, &mut session.rng())?;
    delivery.add(&out, Kind::Jks, format!("JKS; {}", store::in_words(&keystore).to_lowercase()), bytes);
    delivery.describe_keystore(&out, &keystore, &new);
    delivery.complete(session)?;
    Ok(ExitStatus::Done)
}
