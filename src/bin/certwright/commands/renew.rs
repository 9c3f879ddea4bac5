//! `renew`: a new certificate like the one that is there, in every file that holds it, together or not at all.

mod chosen;
mod found;
mod rebuilt;
mod told;

use std::path::Path;

use certwright::key::KeyAlgorithm;
use certwright::output::{self, Unfinished, Visibility};
use certwright::{Error, ErrorKind, KeyKind, PrivateKey, Renewal, Result, RsaBits, Validity};

use crate::cli::RenewArgs;
use crate::delivery::{Delivery, Kind};
use crate::keyring::Keyring;
use crate::password;
use crate::session::Session;
use crate::status::ExitStatus;

use chosen::Chosen;
use found::Found;
use told::Told;

pub(super) fn run(args: RenewArgs, session: &mut Session) -> Result<ExitStatus> {
    if args.at.is_some() && !args.dry_run {
        let fact = "--at needs --dry-run: a certificate that is written begins now";
        return Err(Error::new(ErrorKind::Usage, fact).with_hint("add --dry-run, which lists and writes nothing"));
    }
    session.judge_at(args.at.as_deref())?;
    let folder = args.folder.clone().or(session.dir.clone()).unwrap_or_else(|| ".".into());
    let bits = args.bits.as_deref().map(str::parse).transpose()?;
    let days = args.days.as_deref().map(|days| Validity::parse_days(days, session.now)).transpose();
    let days =
        days.map_err(|error| error.with_hint("leave --days out for as many as the old one, or give a number"))?;
    let mut keyring = Keyring::read(&args.passwords, session)?;
    // `refuse` may remove a journal, and a dry run writes nothing.
    match args.dry_run {
        true => Unfinished::find(&folder)?.map_or(Ok(()), |unfinished| Err(unfinished.to_error()))?,
        false => Unfinished::refuse(&folder)?,
    }
    let mut found = Found::search(&folder, &mut keyring, session)?;
    let chosen = Chosen::of(&mut found, &args, &mut keyring, session)?;
    if let Some(out) = &args.csr_out {
        return request_alone(out, &chosen, &args, session);
    }
    let Chosen { certificate: old, places, stale, key, request, alias, issued } = chosen;
    if let Some(issued) = issued.as_ref().filter(|_| args.new_key) {
        let fact = format!("is the authority of {issued}, which no new key of it could have signed");
        return Err(Error::new(ErrorKind::Policy, fact)
            .with_path(&places[0])
            .with_hint("leave --new-key out, or make a new authority and have it issue everything anew"));
    }
    old.check_self_signed().map_err(|error| {
        let error = error.with_path(&places[0]);
        match (old.is_self_issued(), request) {
            (true, _) => error,
            (false, Some(request)) => error
                .with_hint(format!("send {request} there again, or a new request, which --csr-out renewal.csr makes")),
            (false, None) => error.with_hint("send a request there, which --csr-out renewal.csr makes"),
        }
    })?;
    let validity = days.map_or_else(|| old.validity().renewed(session.now), Ok);
    let validity = validity.map_err(|error| error.with_path(&places[0]))?;
    let (stale, left): (Vec<_>, Vec<_>) = stale.into_iter().partition(|_| args.stale);
    for (_, places) in left {
        let text = format!("note: {}: an older certificate of this key: left as it is (--stale)", places.join(", "));
        session.terminal.note(&text);
    }
    let kind = kind(&key, bits);
    let mut rng = session.rng();
    let renewal = match args.new_key {
        true => {
            let new_key = session.busy("making the key", || PrivateKey::generate(kind, &mut rng))?;
            Renewal::with_new_key(old, new_key, validity, &mut rng)
        }
        false => Renewal::keeping_key(old, &key, validity, &mut rng),
    };
    let renewal = renewal.map_err(|error| match error.kind() {
        ErrorKind::Policy if !args.new_key => {
            error.with_path(&places[0]).with_hint("add --new-key: the new one is of 2048 bits or more")
        }
        _ => error.with_path(&places[0]),
    })?;
    let renewal = renewal.with_stale(stale.into_iter().map(|(certificate, _)| certificate));

    let rebuilt = rebuilt::rebuild(&found.files, &renewal, &mut keyring, session)?;
    let told = Told::new(&renewal, &rebuilt, alias.as_deref(), issued.is_some(), session.now);
    let paths: Vec<&Path> = rebuilt.files.iter().map(|file| file.path.as_path()).collect();
    let rules = paths.iter().fold(session.rules(), |rules, path| rules.with_changed(*path));
    let rules = password::protect(rules, &args.passwords.sources());
    if args.dry_run {
        rules.check(&paths)?;
        told.tell_plan(&renewal, &rebuilt, session)?;
        return Ok(ExitStatus::Done);
    }
    for file in rebuilt.files.iter().filter(|file| file.kind.visibility() == Visibility::Secret) {
        if output::is_readable_by_others(&file.path).unwrap_or(false) {
            let fact = "others than its owner could read it, and cannot read the new one";
            let text = format!("warning: {}: {fact}: give that right again to who needs it", file.name);
            session.terminal.note(&text);
        }
    }
    let mut delivery = Delivery::plan("renew", rules, &paths, session)?;
    for file in rebuilt.files {
        match file.is_alone {
            true => delivery.add(&file.path, file.kind, file.words, file.bytes),
            false => delivery.add_checked(&file.path, file.kind, file.words, file.bytes),
        }
    }
    delivery.set_key(renewal.certificate().public_key()?);
    delivery.set_certificate(renewal.certificate().clone());
    told.tell(&delivery.publish(session)?, session)?;
    Ok(ExitStatus::Done)
}

/// What the old key is, or the nearest that is made here.
fn kind(old: &PrivateKey, bits: Option<RsaBits>) -> KeyKind {
    let of_length = |length: u32| match length {
        ..=2048 => RsaBits::B2048,
        2049..=3072 => RsaBits::B3072,
        3073.. => RsaBits::B4096,
    };
    match (old.algorithm(), bits) {
        (_, Some(bits)) => KeyKind::Rsa(bits),
        (KeyAlgorithm::P256, None) => KeyKind::P256,
        (KeyAlgorithm::P384, None) => KeyKind::P384,
        (KeyAlgorithm::Ed25519, None) => KeyKind::Ed25519,
        (other, None) => KeyKind::Rsa(of_length(other.bits())),
    }
}

/// The signing request for what only its issuer can renew.
fn request_alone(out: &Path, chosen: &Chosen, args: &RenewArgs, session: &mut Session) -> Result<ExitStatus> {
    let rules = password::protect(session.rules(), &args.passwords.sources());
    let mut delivery = Delivery::plan("renew", rules, &[out], session)?;
    let request = chosen.certificate.to_request(&chosen.key)?;
    let words = format!("signing request for {}", request.subject());
    delivery.add(out, Kind::CertRequest, words, request.to_pem());
    delivery.set_key(chosen.key.public_key());
    delivery.complete(session)?;
    if !session.json && !chosen.certificate.is_self_issued() {
        let issuer = chosen.certificate.issuer();
        let text = format!("note: send it to {issuer}; the certificate that comes back takes the old one's place");
        session.terminal.note(&text);
    }
    Ok(ExitStatus::Done)
}
