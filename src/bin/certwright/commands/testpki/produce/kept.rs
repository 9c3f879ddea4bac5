//! What of the plan is there already and stays.

use std::collections::BTreeMap;

use certwright::error::printable;
use certwright::output;
use certwright::testpki::Authority;
use certwright::{Certificate, Result};

use super::super::existing;
use super::Producer;
use crate::session::Session;

impl Producer<'_> {
    /// For each authority the one that is given, or that is there and fits.
    pub(super) fn standing(
        &self,
        given: Vec<Option<Authority>>,
        session: &mut Session,
    ) -> Result<Vec<Option<Authority>>> {
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
                    let issuer = issuer.flatten();
                    existing::fitting_authority(&self.folder, planned, &profile, issuer, session.now, &self.inputs)
                }
            };
            let mut names = self.leaves_below[place].iter().flat_map(|&leaf| &self.plan.leaves[leaf].names);
            let mut outside = |found: &Authority| names.find(|name| !found.allows(name)).cloned();
            let found = match found.as_ref().map(&mut outside) {
                Some(Some(name)) => {
                    session.terminal.note(&format!(
                        "note: {} may not issue for {name}, so it is made anew, with all that hangs from it",
                        planned.name
                    ));
                    None
                }
                _ => found,
            };
            let key = self.path(&planned.name, "key");
            if found.is_some() && !output::is_private(&key).unwrap_or(true) {
                session.terminal.note(&format!(
                    "warning: {}: others can read this CA's key, as if it came with a copy of the folder: whoever has it can \
                     issue what this CA's clients trust",
                    printable(&key)
                ));
            }
            standing.push(found);
        }
        Ok(standing)
    }

    pub(super) fn kept_leaves(
        &self,
        standing: &[Option<Authority>],
        session: &Session,
    ) -> BTreeMap<usize, Certificate> {
        if !self.keeps {
            return BTreeMap::new();
        }
        let leaves = self.plan.leaves.iter().enumerate();
        leaves
            .filter_map(|(place, planned)| {
                let issuer = standing[planned.issuer].as_ref()?;
                let (origin, now) = (session.origin(), session.now);
                let found = existing::fitting_leaf(&self.folder, planned, issuer, origin, now, &self.inputs);
                Some((place, found?))
            })
            .collect()
    }
}
