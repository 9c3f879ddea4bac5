//! Where the files go, and that they may.

use std::path::{Path, PathBuf};

use certwright::Result;
use certwright::output::Rules;
use certwright::testpki::PlannedLeaf;

use super::super::order::RequestOrder;
use super::Producer;
use crate::session::Session;

impl Producer<'_> {
    pub(super) fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }

    /// Every place where a file is to go, before any work is done.
    pub(super) fn check_targets(
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
            if self.may_replace(name) {
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

    pub(super) fn stores(&self, planned: &PlannedLeaf) -> Vec<PathBuf> {
        if self.may_replace(&planned.name) {
            return Vec::new();
        }
        let wanted = [(planned.p12, "p12"), (planned.jks, "jks")];
        wanted.iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, ending)| self.path(&planned.name, ending)).collect()
    }

    pub(super) fn rules(&self, rules: Rules) -> Rules {
        let rules = rules.with_new_folder(&self.folder).with_sync_at_once();
        self.input.into_iter().fold(rules, |rules, input| rules.with_input(input))
    }
}
