//! What is published together, in the words it is told in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use certwright::output::{Existing, Rules};
use certwright::testpki::{Authority, Lifetime, PlannedAuthority, Revocation};
use certwright::{Certificate, Result, SanName, SecretBytes, Validity, certificate, time};

use super::super::existing;
use super::super::files::{Files, check_read_back};
use super::super::order::RequestOrder;
use super::Producer;
use crate::delivery::{Delivery, Kind, Receipt};
use crate::session::Session;

/// A revocation list has to be made anew after so many days, or with its authority.
const CRL_DAYS: u32 = 30;
/// Of a certificate's names so many are told.
const MOST_TOLD: usize = 3;

/// Files that are published together.
#[derive(Default)]
pub(super) struct Batch {
    files: Vec<(PathBuf, Kind, String, SecretBytes)>,
    pub(super) password: Option<PathBuf>,
    /// Replaced without being asked: what testpki has made itself, of an entry that has changed.
    replaces: bool,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Producer<'_> {
    pub(super) fn add_authority(&self, planned: &PlannedAuthority, made: &Authority, batch: &mut Batch) -> Result<()> {
        let expires = time::date(made.certificate().validity().not_after());
        let noun =
            if planned.issuer.is_none() { "test authority: trust it in tests alone" } else { "authority between" };
        let name = &planned.name;
        let own = made.certificate().to_pem();
        let key = made.key().to_pkcs8_pem()?;
        check_read_back(own.as_bytes(), &made.chain()[..1], key.as_bytes())?;
        let words = format!("{noun}, valid until {expires}");
        batch.replaces |= self.may_replace(name);
        batch.files.push((self.path(name, "crt"), Kind::Certificate, words, own));
        batch.files.push((self.path(name, "key"), Kind::PrivateKey, "its key: keep it secret".to_owned(), key));
        Ok(())
    }

    pub(super) fn add_leaf(&self, made: Files, batch: &mut Batch) {
        let planned = &self.plan.leaves[made.place];
        let expires = time::date(made.certificate.validity().not_after());
        batch.replaces |= self.may_replace(&planned.name);
        for (ending, kind, bytes) in made.files {
            let words = match ending {
                "crt" => {
                    format!("certificate for {}, valid until {expires}", in_words(&planned.names, &planned.common_name))
                }
                "key" => "its key: keep it secret".to_owned(),
                "fullchain.crt" => "certificate and intermediates, for a server or client to send".to_owned(),
                _ => format!("keystore with key and chain; entry \"{}\"", planned.name.to_lowercase()),
            };
            batch.files.push((self.path(&planned.name, ending), kind, words, bytes));
        }
    }

    pub(super) fn add_answer(&self, order: &RequestOrder, chain: &[Certificate], batch: &mut Batch) {
        let expires = time::date(chain[0].validity().not_after());
        let words = format!("certificate for {}, valid until {expires}", chain[0].subject());
        batch.files.push((self.path(&order.name, "crt"), Kind::Certificate, words, chain[0].to_pem()));
        let words = "certificate and intermediates".to_owned();
        batch.files.push((
            self.path(&order.name, "fullchain.crt"),
            Kind::Certificate,
            words,
            certificate::to_pem(chain),
        ));
    }

    /// The revocation lists that are asked for, or without which a leaf would not be revoked.
    pub(super) fn add_crls(
        &self,
        authorities: &[&Authority],
        revoked: &BTreeMap<usize, Certificate>,
        session: &Session,
        batch: &mut Batch,
    ) -> Result<()> {
        let mut lists: Vec<Vec<Revocation>> = self.plan.authorities.iter().map(|_| Vec::new()).collect();
        for (leaf, own) in revoked {
            let planned = &self.plan.leaves[*leaf];
            lists[planned.issuer].push(Revocation::new(own, planned.revoked.unwrap_or_default()));
        }
        for ((place, planned), list) in self.plan.authorities.iter().enumerate().zip(lists) {
            let path = self.path(&planned.name, "crl");
            if !planned.has_crl && list.is_empty() {
                continue;
            }
            let is_there = path.exists();
            if existing::fits_crl(&path, authorities[place], &list, session.now, &self.inputs) {
                continue;
            }
            let own = authorities[place].certificate().validity();
            let wanted = Lifetime::days(CRL_DAYS).validity(session.now)?;
            let validity =
                Validity::between(wanted.not_before().max(own.not_before()), wanted.not_after().min(own.not_after()))?;
            let number = session.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
            let crl = authorities[place].revoke(&list, validity, number)?;
            let words = format!("revocation list of {}: {} revoked", planned.name, list.len());
            batch.replaces |= is_there && self.may_replace(&planned.name);
            batch.files.push((path, Kind::Crl, words, crl.to_pem()));
        }
        Ok(())
    }

    pub(super) fn publish(&self, batch: Batch, session: &mut Session) -> Result<Receipt> {
        let Batch { files, password, replaces } = batch;
        let mut paths: Vec<&Path> = files.iter().map(|(path, ..)| path.as_path()).collect();
        paths.extend(password.as_deref());
        let rules = if replaces { Rules::new(Existing::Replace) } else { session.rules() };
        let mut delivery = Delivery::plan("testpki", self.rules(rules), &paths, session)?;
        if let (Some(path), Some(new)) = (&password, &self.passwords) {
            delivery.add_password(path, &new.password, Path::new("the keystores"));
        }
        for (path, kind, words, bytes) in files {
            delivery.add_checked(&path, kind, words, bytes);
        }
        delivery.publish(session)
    }
}

fn in_words(names: &[SanName], common_name: &str) -> String {
    let mut told: Vec<String> = names.iter().take(MOST_TOLD).map(SanName::value).collect();
    if names.is_empty() {
        told.push(common_name.to_owned());
    }
    match names.len().saturating_sub(MOST_TOLD) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
