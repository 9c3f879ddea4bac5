//! Which of the certificates that were found is renewed, and with which key.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use certwright::keystore::Format;
use certwright::renewal::{self, Stock};
use certwright::{Certificate, Error, ErrorKind, PrivateKey, Result};

use super::found::{Found, Place, keys_of, open_keys};
use crate::brief;
use crate::cli::RenewArgs;
use crate::keyring::Keyring;
use crate::session::Session;

/// The certificate to be renewed.
pub(super) struct Chosen {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    /// Where it is, as it is to be shown.
    pub(super) places: Vec<String>,
    /// The name of its entry in a keystore.
    pub(super) alias: Option<String>,
    /// Older ones of the same key and subject, with the places of each.
    pub(super) stale: Vec<(Certificate, Vec<String>)>,
    /// A signing request that is there for it.
    pub(super) request: Option<String>,
    /// Where a certificate is that it has issued.
    pub(super) issued: Option<String>,
}

impl Chosen {
    /// Chooses the one that was named, or the only one whose key is there; locked keys are opened where no other fits.
    pub(super) fn of(
        found: &mut Found,
        args: &RenewArgs,
        keyring: &mut Keyring,
        session: &mut Session,
    ) -> Result<Self> {
        if found.holdings.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no certificate is there to be renewed")
                .with_hint("give the folder that holds one, or make the first with init"));
        }
        let mut stock = renewal::take_stock(found.holdings.drain(..), &[], session.now);
        let meant = meant(found, &stock, args)?;
        if of_known_keys(found, &stock, &meant).is_empty() {
            open_locked_keys(found, &stock, &meant, keyring, session)?;
        }
        let of_keys = of_known_keys(found, &stock, &meant);
        let meant = if of_keys.is_empty() { meant } else { of_keys };
        let [at] = meant[..] else { return Err(ambiguous(found, &stock, &meant)) };
        let one = &stock[at];
        let (public, places) = (one.certificate.public_key()?, found.names(one));
        let Some(key) = found.keys.iter().position(|key| key.public_key() == public) else {
            let fact = "its private key is not among the files, and without it nothing can be renewed";
            return Err(Error::new(ErrorKind::Mismatch, fact)
                .with_hint("put the key beside it; show tells what is in a file")
                .with_path(&places[0]));
        };
        let is_stale = |other: &&Stock<Place>| {
            let (old, new) = (&other.certificate, &one.certificate);
            old.subject() == new.subject()
                && old.public_key().is_ok_and(|key| key == public)
                && old.is_self_issued()
                && old.validity().not_before() < new.validity().not_before()
        };
        let stale = stock.iter().filter(is_stale).map(|old| (old.certificate.clone(), found.names(old))).collect();
        let is_issued = |other: &&Stock<Place>| {
            let (issuer, own) = (&one.certificate, &other.certificate);
            own.issuer() == issuer.subject() && !own.is_self_issued() && own.verify_signature(&public).is_ok()
        };
        let issued = stock.iter().find(is_issued).map(|other| found.names(other).swap_remove(0));
        let request = found.requests.iter().find(|(_, key)| *key == public);
        Ok(Self {
            request: request.map(|(file, _)| found.files[*file].name.clone()),
            alias: one.places.iter().find_map(|(place, _)| place.alias.clone()),
            stale,
            issued,
            places,
            key: found.keys.swap_remove(key),
            certificate: stock.swap_remove(at).certificate,
        })
    }
}

/// Those that may be meant: the one that was named, or all that no newer one has outdated.
fn meant(found: &Found, stock: &[Stock<Place>], args: &RenewArgs) -> Result<Vec<usize>> {
    let at = |fits: &dyn Fn(&Place) -> bool| -> Vec<usize> {
        (0..stock.len()).filter(|&at| stock[at].places.iter().any(|(place, _)| fits(place))).collect()
    };
    let usage = |fact: &str| Error::new(ErrorKind::Usage, fact);
    if let Some(path) = &args.cert {
        let known = fs::canonicalize(path).ok();
        let is_named = |path: &Path| known.is_some() && fs::canonicalize(path).ok() == known;
        return match at(&|place| is_named(&found.files[place.file].path)) {
            named if named.is_empty() => Err(usage("is no file of the folder that holds a certificate")
                .with_hint("name a file in the folder that is to be renewed")
                .with_path(path)),
            named => Ok(named),
        };
    }
    if let Some(alias) = &args.only {
        let same = |place: &Place| place.alias.as_ref().is_some_and(|one| one.to_lowercase() == alias.to_lowercase());
        return match at(&same) {
            named if named.is_empty() => {
                Err(usage(&format!("no keystore has an entry \"{alias}\" with a certificate"))
                    .with_hint("show names the entries; --cert FILE chooses by file"))
            }
            named => Ok(named),
        };
    }
    Ok((0..stock.len()).filter(|&at| stock[at].superseded_by.is_none()).collect())
}

fn of_known_keys(found: &Found, stock: &[Stock<Place>], meant: &[usize]) -> Vec<usize> {
    let publics: HashSet<Vec<u8>> = found.keys.iter().filter_map(|key| key.public_key().to_spki_der().ok()).collect();
    let has_key = |&at: &usize| {
        let public = stock[at].certificate.public_key().and_then(|key| key.to_spki_der());
        public.is_ok_and(|key| publics.contains(&key))
    };
    meant.iter().copied().filter(has_key).collect()
}

fn open_locked_keys(
    found: &mut Found,
    stock: &[Stock<Place>],
    meant: &[usize],
    keyring: &mut Keyring,
    session: &mut Session,
) -> Result<()> {
    for (file, locked) in std::mem::take(&mut found.locked) {
        let (key, _) = keyring.open(&found.files[file].path, session, |password| locked.decrypt(password))?;
        found.keys.push(key);
    }
    let holding: BTreeSet<usize> =
        meant.iter().flat_map(|&one| &stock[one].places).map(|(place, _)| place.file).collect();
    let meant_ders: HashSet<&[u8]> = meant.iter().map(|&at| stock[at].certificate.to_der()).collect();
    let mut has_key = !of_known_keys(found, stock, meant).is_empty();
    for at in holding {
        if has_key {
            break;
        }
        let file = &found.files[at];
        // A PKCS#12 file was opened to see what is in it.
        let Some(store) = file.store.as_ref().filter(|store| store.format() == Format::Jks) else { continue };
        let is_meant = |one: &Certificate| meant_ders.contains(one.to_der());
        let (opened, ..) = open_keys(&file.path, store, is_meant, keyring, session)?;
        found.keys.extend(keys_of(opened));
        has_key = !of_known_keys(found, stock, meant).is_empty();
    }
    Ok(())
}

fn ambiguous(found: &Found, stock: &[Stock<Place>], meant: &[usize]) -> Error {
    let told = meant.iter().map(|&at| format!("{} ({})", stock[at].certificate.subject(), found.names(&stock[at])[0]));
    let told: Vec<String> = told.collect();
    Error::new(ErrorKind::Usage, format!("{} certificates are there: {}", meant.len(), brief::joined(&told, "; ")))
        .with_hint("say which one is to be renewed: --cert FILE, or --only NAME for an entry of a keystore")
}
