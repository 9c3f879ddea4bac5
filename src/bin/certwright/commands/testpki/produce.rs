//! An order -> files: authorities first, then the leaves in groups, each group made on all cores and published before the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use certwright::output::{Existing, Rules};
use certwright::testpki::{
    Authority, AuthorityProfile, Lifetime, Plan, PlannedAuthority, PlannedLeaf, Profile, Purpose, Revocation,
    issue_each,
};
use certwright::{Certificate, Error, Result, SanName, SecretBytes, Validity, certificate, time};

use super::existing;
use super::files::{Files, check_read_back, files};
use super::made::Made;
use super::order::{Order, RequestOrder};
use crate::delivery::{Delivery, Kind, Receipt};
use crate::password::{self, NewPassword, PasswordSource};
use crate::session::Session;

/// Leaves that are held in memory at once.
const GROUP: usize = 250;
/// A revocation list has to be made anew after so many days, or with its authority.
const CRL_DAYS: u32 = 30;
/// Of a certificate's names so many are told.
const MOST_TOLD: usize = 3;

struct Producer<'a> {
    plan: &'a Plan,
    folder: PathBuf,
    keeps: bool,
    input: Option<&'a Path>,
    passwords: Option<NewPassword>,
}

pub(super) fn produce(order: Order, session: &mut Session) -> Result<Made> {
    let Order { plan, given, request, keeps, input, password_from } = order;
    let folder = session.default_path("");
    let mut producer = Producer { plan: &plan, folder, keeps, input: input.as_deref(), passwords: None };
    let mut standing = producer.standing(given, session)?;
    let kept: BTreeMap<usize, Certificate> = producer.kept_leaves(&standing, session);
    let missing: Vec<usize> = (0..plan.leaves.len()).filter(|place| !kept.contains_key(place)).collect();
    let new: Vec<usize> = (0..standing.len()).filter(|&place| standing[place].is_none()).collect();
    producer.check_targets(&new, &missing, request.as_ref(), session)?;
    let wants_store = missing.iter().any(|&place| plan.leaves[place].p12 || plan.leaves[place].jks);
    producer.passwords = wants_store.then(|| producer.password(password_from.as_ref(), session)).transpose()?;

    let mut rng = session.rng();
    for &place in &new {
        let planned = &plan.authorities[place];
        let above = planned.issuer.and_then(|issuer| standing[issuer].as_ref());
        let profile = producer.profile(place, above, session)?;
        let made = session.busy("making the authority", || match above {
            Some(issuer) => issuer.intermediate(&profile, &mut rng),
            None => Authority::root(&profile, &mut rng),
        });
        standing[place] = Some(made.map_err(|error| of_entry(error, &planned.name))?);
    }
    let authorities: Vec<&Authority> = standing.iter().flatten().collect();
    let answered = match &request {
        Some(order) => Some(answer(order, &authorities, session)?),
        None => None,
    };

    let mut revoked: BTreeMap<usize, Certificate> = kept
        .iter()
        .filter(|(place, _)| plan.leaves[**place].revoked.is_some())
        .map(|(at, own)| (*at, own.clone()))
        .collect();
    let mut groups: Vec<&[usize]> = missing.chunks(GROUP).collect();
    if groups.is_empty() {
        groups.push(&[]);
    }
    let (mut receipt, mut done): (Option<Receipt>, usize) = (None, 0);
    let last = groups.len() - 1;
    for (number, group) in groups.iter().enumerate() {
        let made = producer.make(group, &authorities, session)?;
        for files in &made {
            if plan.leaves[files.place].revoked.is_some() {
                revoked.insert(files.place, files.certificate.clone());
            }
        }
        let mut batch = Batch::default();
        if number == 0 {
            for &place in &new {
                producer.add_authority(&plan.authorities[place], authorities[place], &mut batch)?;
            }
            if let (Some(order), Some(chain)) = (&request, &answered) {
                producer.add_answer(order, chain, &mut batch);
            }
        }
        made.into_iter().for_each(|files| producer.add_leaf(files, &mut batch));
        if number == 0
            && let Some(new) = &producer.passwords
        {
            batch.password = new.file.clone();
        }
        if number == last {
            producer.add_crls(&authorities, &revoked, session, &mut batch)?;
        }
        if batch.is_empty() {
            break;
        }
        let published = producer.publish(batch, session).inspect_err(|_| {
            if done > 0 {
                let text =
                    format!("note: {done} of {} certificates were written before this; each is whole", missing.len());
                session.terminal.note(&text);
            }
        })?;
        done += group.len();
        if groups.len() > 1 {
            session.terminal.progress("making certificates", done, missing.len());
        }
        match &mut receipt {
            Some(receipt) => receipt.join(published),
            None => receipt = Some(published),
        }
    }
    let roots = authorities.iter().filter(|authority| authority.chain().len() == 1);
    let roots = roots.map(|authority| authority.certificate().clone()).collect();
    let kept = if keeps { kept.len() + standing.len() - new.len() } else { 0 };
    Ok(Made { receipt, roots, kept })
}

/// Files that are published together.
#[derive(Default)]
struct Batch {
    files: Vec<(PathBuf, Kind, String, SecretBytes)>,
    password: Option<PathBuf>,
    /// Replaced without being asked: what testpki has made itself, of an entry that has changed.
    replaces: bool,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Producer<'_> {
    fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }

    fn profile(&self, place: usize, issuer: Option<&Authority>, session: &Session) -> Result<AuthorityProfile> {
        let planned = &self.plan.authorities[place];
        let mut validity = planned.lifetime.validity(session.now)?;
        if let Some(above) = issuer.filter(|_| planned.ends_with_issuer).map(|issuer| issuer.certificate().validity()) {
            let begin = validity.not_before().max(above.not_before());
            validity = Validity::between(begin, validity.not_after().min(above.not_after()))?;
        }
        let mut profile = AuthorityProfile::new(planned.common_name.clone(), validity);
        profile.key = planned.key;
        profile.path_length = planned.path_length;
        Ok(match self.plan.names_of(place) {
            Some((names, most)) => profile.permitting_many(names, most),
            None => profile,
        })
    }

    /// For each authority the one that is given, or that is there and fits.
    fn standing(&self, given: Vec<Option<Authority>>, session: &mut Session) -> Result<Vec<Option<Authority>>> {
        if !self.keeps {
            return Ok(given);
        }
        let mut standing: Vec<Option<Authority>> = Vec::new();
        for (place, planned) in self.plan.authorities.iter().enumerate() {
            let issuer = planned.issuer.map(|issuer| standing[issuer].as_ref());
            let found = match issuer {
                // What hangs from an authority that is made anew is made anew too.
                Some(None) => None,
                issuer => {
                    let profile = self.profile(place, issuer.flatten(), session)?;
                    existing::fitting_authority(&self.folder, planned, &profile, issuer.flatten(), session.now)
                }
            };
            let below = || self.plan.leaves.iter().filter(|leaf| self.plan.is_below(leaf.issuer, place));
            let outside =
                |found: &Authority| below().flat_map(|leaf| &leaf.names).find(|name| !found.allows(name)).cloned();
            let found = match found.as_ref().map(outside) {
                Some(Some(name)) => {
                    session.terminal.note(&format!(
                        "note: {} may not issue for {name}, so it is made anew, with all that hangs from it",
                        planned.name
                    ));
                    None
                }
                _ => found,
            };
            standing.push(found);
        }
        Ok(standing)
    }

    fn kept_leaves(&self, standing: &[Option<Authority>], session: &Session) -> BTreeMap<usize, Certificate> {
        if !self.keeps {
            return BTreeMap::new();
        }
        let leaves = self.plan.leaves.iter().enumerate();
        leaves
            .filter_map(|(place, planned)| {
                let issuer = standing[planned.issuer].as_ref()?;
                Some((place, existing::fitting_leaf(&self.folder, planned, issuer, session.now)?))
            })
            .collect()
    }

    /// Every place where a file is to go, before any work is done.
    fn check_targets(
        &self,
        new: &[usize],
        missing: &[usize],
        request: Option<&RequestOrder>,
        session: &mut Session,
    ) -> Result<()> {
        let authorities = new.iter().map(|&place| &self.plan.authorities[place].name);
        let leaves = missing.iter().map(|&place| &self.plan.leaves[place].name);
        let mut paths = Vec::new();
        for name in authorities.chain(leaves).chain(request.map(|order| &order.name)) {
            if self.keeps && existing::is_ours(&self.folder, name) {
                continue;
            }
            paths.push(self.path(name, "crt"));
            paths.push(self.path(name, "key"));
        }
        paths.extend(missing.iter().flat_map(|&place| self.stores(&self.plan.leaves[place])));
        if let Some(order) = request {
            // Its key is somebody else's.
            paths.retain(|path| *path != self.path(&order.name, "key"));
        }
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        self.rules(session.rules()).check(&paths)
    }

    fn stores(&self, planned: &PlannedLeaf) -> Vec<PathBuf> {
        if self.keeps && existing::is_ours(&self.folder, &planned.name) {
            return Vec::new();
        }
        let wanted = [(planned.p12, "p12"), (planned.jks, "jks")];
        wanted.iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, ending)| self.path(&planned.name, ending)).collect()
    }

    fn rules(&self, rules: Rules) -> Rules {
        let rules = match self.folder.as_os_str().is_empty() {
            true => rules,
            false => rules.with_new_folder(&self.folder),
        };
        // What is lost to a power cut can be made again.
        let rules = rules.without_sync();
        self.input.into_iter().fold(rules, |rules, input| rules.with_input(input))
    }

    /// The password of the keystores: that of the last run where nothing else is said.
    fn password(&self, source: Option<&PasswordSource>, session: &mut Session) -> Result<NewPassword> {
        let earlier = session.default_path(password::STORE_FILE);
        let default = match earlier.exists() {
            true => PasswordSource::File(earlier),
            false => PasswordSource::Generate(None),
        };
        password::create("the keystores", Some(source.unwrap_or(&default)), password::STORE_FILE, session)
    }

    fn make(&self, group: &[usize], authorities: &[&Authority], session: &mut Session) -> Result<Vec<Files>> {
        let profiles: Vec<Profile> = group
            .iter()
            .map(|&place| {
                let planned = &self.plan.leaves[place];
                Ok(Profile {
                    common_name: planned.common_name.clone(),
                    key: planned.key,
                    names: planned.names.clone(),
                    purposes: planned.purposes.clone(),
                    validity: planned.lifetime.validity(session.now)?,
                })
            })
            .collect::<Result<_>>()?;
        let orders: Vec<(&Authority, &Profile)> = group
            .iter()
            .zip(&profiles)
            .map(|(&place, profile)| (authorities[self.plan.leaves[place].issuer], profile))
            .collect();
        let password = self.passwords.as_ref().map(|new| &new.password);
        let (now, mut rng) = (session.now, session.rng());
        let mut work = || {
            issue_each(&orders, &mut rng, |at, leaf, stream| {
                let planned = &self.plan.leaves[group[at]];
                let root = authorities[planned.issuer].chain().last();
                let files = files(group[at], planned, leaf, root, password, now, stream);
                files.map_err(|error| of_entry(error, &planned.name))
            })
        };
        // The progress of several groups is shown group by group.
        if self.plan.leaves.len() > GROUP { work() } else { session.busy("making the certificates", work) }
    }

    fn add_authority(&self, planned: &PlannedAuthority, made: &Authority, batch: &mut Batch) -> Result<()> {
        let expires = time::date(made.certificate().validity().not_after());
        let noun =
            if planned.issuer.is_none() { "test authority: trust it in tests alone" } else { "authority between" };
        let name = &planned.name;
        let own = made.certificate().to_pem();
        let key = made.key().to_pkcs8_pem()?;
        check_read_back(own.as_bytes(), &made.chain()[..1], key.as_bytes())?;
        let words = format!("{noun}, valid until {expires}");
        batch.replaces |= self.keeps && existing::is_ours(&self.folder, name);
        batch.files.push((self.path(name, "crt"), Kind::Certificate, words, own));
        batch.files.push((self.path(name, "key"), Kind::PrivateKey, "its key: keep it secret".to_owned(), key));
        Ok(())
    }

    fn add_leaf(&self, made: Files, batch: &mut Batch) {
        let planned = &self.plan.leaves[made.place];
        let expires = time::date(made.certificate.validity().not_after());
        batch.replaces |= self.keeps && existing::is_ours(&self.folder, &planned.name);
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

    fn add_answer(&self, order: &RequestOrder, chain: &[Certificate], batch: &mut Batch) {
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
    fn add_crls(
        &self,
        authorities: &[&Authority],
        revoked: &BTreeMap<usize, Certificate>,
        session: &Session,
        batch: &mut Batch,
    ) -> Result<()> {
        for (place, planned) in self.plan.authorities.iter().enumerate() {
            let own = revoked.iter().filter(|(leaf, _)| self.plan.leaves[**leaf].issuer == place);
            let list: Vec<Revocation> = own
                .map(|(leaf, own)| Revocation::new(own, self.plan.leaves[*leaf].revoked.unwrap_or_default()))
                .collect();
            let path = self.path(&planned.name, "crl");
            if !planned.has_crl && list.is_empty() {
                continue;
            }
            let is_there = path.exists();
            if existing::fits_crl(&path, authorities[place], &list, session.now) {
                continue;
            }
            let own = authorities[place].certificate().validity();
            let wanted = Lifetime::days(CRL_DAYS).validity(session.now)?;
            let validity =
                Validity::between(wanted.not_before().max(own.not_before()), wanted.not_after().min(own.not_after()))?;
            let number = session.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
            let crl = authorities[place].revoke(&list, validity, number)?;
            let words = format!("revocation list of {}: {} revoked", planned.name, list.len());
            batch.replaces |= self.keeps && is_there && existing::is_ours(&self.folder, &planned.name);
            batch.files.push((path, Kind::Crl, words, crl.to_pem()));
        }
        Ok(())
    }

    fn publish(&self, batch: Batch, session: &mut Session) -> Result<Receipt> {
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

fn answer(order: &RequestOrder, authorities: &[&Authority], session: &mut Session) -> Result<Vec<Certificate>> {
    let validity = order.lifetime.validity(session.now)?;
    let dropped = order.request.other_extensions()?;
    if !dropped.is_empty() {
        session
            .terminal
            .note(&format!("note: the request also asks for {}, which is not taken over", dropped.join(", ")));
    }
    let purposes = [Purpose::Server, Purpose::Client];
    authorities[order.issuer].sign_request(&order.request, &order.names, &purposes, validity, &mut session.rng())
}

fn of_entry(error: Error, name: &str) -> Error {
    let with = Error::new(error.kind(), format!("{name}: {error}"));
    match error.hint() {
        Some(hint) => with.with_hint(hint),
        None => with,
    }
}

fn in_words(names: &[SanName], common_name: &str) -> String {
    let bare = |name: &SanName| name.to_string().split_once(':').map_or_else(String::new, |(_, name)| name.to_owned());
    let mut told: Vec<String> = names.iter().take(MOST_TOLD).map(bare).collect();
    if names.is_empty() {
        told.push(common_name.to_owned());
    }
    match names.len().saturating_sub(MOST_TOLD) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
