//! An order -> files: authorities first, then the leaves in groups, each group made on all cores and published before the next.

mod batch;
mod kept;
mod targets;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use certwright::output;
use certwright::testpki::{Authority, AuthorityProfile, Plan, Profile, Purpose, Stream, issue_each};
use certwright::{Certificate, Error, ErrorKind, Result, Validity};

use super::existing;
use super::files::{Files, files};
use super::made::Made;
use super::order::{Order, RequestOrder};
use crate::delivery::Receipt;
use crate::input::Inputs;
use crate::password::{self, NewPassword, PasswordSource};
use crate::session::Session;
use batch::Batch;

/// Leaves that are held in memory at once.
const GROUP: usize = 250;

struct Producer<'a> {
    plan: &'a Plan,
    /// For each authority the places of the leaves below it.
    leaves_below: Vec<Vec<usize>>,
    /// Names of entries whose certificate in the folder was made here: looked up once, before anything is written.
    ours: RefCell<HashMap<String, bool>>,
    folder: PathBuf,
    keeps: bool,
    input: Option<&'a Path>,
    passwords: Option<NewPassword>,
    inputs: Rc<Inputs>,
}

pub(super) fn produce(order: Order, session: &mut Session) -> Result<Made> {
    let Order { plan, given, request, keeps, input, password_from } = order;
    let folder = session.default_path("");
    let mut producer = Producer {
        plan: &plan,
        leaves_below: plan.leaves_below(),
        ours: RefCell::default(),
        folder,
        keeps,
        input: input.as_deref(),
        passwords: None,
        inputs: Rc::clone(&session.inputs),
    };
    let mut standing = producer.standing(given, session)?;
    let kept: BTreeMap<usize, Certificate> = producer.kept_leaves(&standing, session);
    let missing: Vec<usize> = (0..plan.leaves.len()).filter(|place| !kept.contains_key(place)).collect();
    let new: Vec<usize> = (0..standing.len()).filter(|&place| standing[place].is_none()).collect();
    producer.check_targets(&new, &missing, request.as_ref(), session)?;
    let wants_store = missing.iter().any(|&place| plan.leaves[place].p12 || plan.leaves[place].jks);
    producer.passwords = wants_store.then(|| producer.password(password_from.as_ref(), session)).transpose()?;

    for &place in &new {
        let planned = &plan.authorities[place];
        let mut rng = session.stream(&purpose(&planned.name))?;
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
    let issuers = |ending| plan.authorities.iter().map(move |planned| (&planned.name, ending));
    let issuers = issuers("crt").chain(issuers("key")).map(|(name, ending)| producer.path(name, ending));
    let issuers: BTreeSet<PathBuf> = issuers.collect();
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
        // All that was read has been compared; the later groups depend on their issuers.
        session.inputs.retain(|path| issuers.contains(path));
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

impl Producer<'_> {
    /// True if what is called `name` in the folder may be made anew: it was made here, and what fits is kept.
    fn may_replace(&self, name: &str) -> bool {
        let is_ours = || existing::is_ours(&self.folder, name, &self.inputs);
        self.keeps && *self.ours.borrow_mut().entry(name.to_owned()).or_insert_with(is_ours)
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
        profile.origin = session.origin();
        Ok(match self.plan.names_of(place, &self.leaves_below[place]) {
            Some((names, most)) => profile.permitting_many(names, most),
            None => profile,
        })
    }

    /// The password of the keystores: that of the last run where nothing else is said.
    fn password(&self, source: Option<&PasswordSource>, session: &mut Session) -> Result<NewPassword> {
        let earlier = session.default_path(password::STORE_FILE);
        let default = match output::is_private(&earlier) {
            Ok(true) => PasswordSource::File(earlier),
            Ok(false) if source.is_none() => {
                let fact =
                    "not used as the keystores' password: it is a link, belongs to another user, or others can read it";
                return Err(Error::new(ErrorKind::Policy, fact)
                    .with_hint("move it away, or name it yourself with --password-from file:PATH")
                    .with_path(earlier));
            }
            _ => PasswordSource::Generate(None),
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
                    origin: session.origin(),
                })
            })
            .collect::<Result<_>>()?;
        let orders: Vec<(&Authority, &Profile)> = group
            .iter()
            .zip(&profiles)
            .map(|(&place, profile)| (authorities[self.plan.leaves[place].issuer], profile))
            .collect();
        let password = self.passwords.as_ref().map(|new| &new.password);
        let now = session.now;
        let stream = |&place: &usize| session.stream(&purpose(&self.plan.leaves[place].name));
        let streams: Vec<Stream> = group.iter().map(stream).collect::<Result<_>>()?;
        let work = || {
            issue_each(&orders, streams, |at, leaf, stream| {
                let planned = &self.plan.leaves[group[at]];
                let root = authorities[planned.issuer].chain().last();
                let files = files(group[at], planned, leaf, root, password, now, stream);
                files.map_err(|error| of_entry(error, &planned.name))
            })
        };
        // The progress of several groups is shown group by group.
        if self.plan.leaves.len() > GROUP { work() } else { session.busy("making the certificates", work) }
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
    let mut rng = session.stream(&purpose(&order.name))?;
    let (request, names, origin) = (&order.request, &order.names, session.origin());
    authorities[order.issuer].sign_request(request, names, &purposes, validity, origin, &mut rng)
}

/// What the stream of the entry called `name` is for.
fn purpose(name: &str) -> String {
    format!("entry {name}")
}

fn of_entry(error: Error, name: &str) -> Error {
    let with = Error::new(error.kind(), format!("{name}: {error}"));
    match error.hint() {
        Some(hint) => with.with_hint(hint),
        None => with,
    }
}
