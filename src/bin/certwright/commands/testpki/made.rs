//! What a run has made, as it is told.

use certwright::testpki::Origin;
use certwright::{Certificate, Result};
use serde_json::{Value, json};

use crate::delivery::Receipt;
use crate::session::{SEED_REMARK, Session};

/// What was made.
pub(super) struct Made {
    pub(super) receipt: Option<Receipt>,
    pub(super) roots: Vec<Certificate>,
    /// How many entries were there already, and fit.
    pub(super) kept: usize,
}

impl Made {
    /// Nothing, of a root that is there.
    pub(super) fn of_root(root: Certificate) -> Self {
        Self { receipt: None, roots: vec![root], kept: 0 }
    }

    pub(super) fn tell(&self, session: &mut Session) -> Result<()> {
        if session.json {
            return session.terminal.say(&crate::json::text(&self.to_json(session)?));
        }
        if let Some(receipt) = &self.receipt {
            receipt.tell(session)?;
        }
        match (self.kept, &self.receipt) {
            (0, _) => Ok(()),
            (kept, None) => session.terminal.say(&format!("nothing to do: all {kept} entries are there and fit")),
            (kept, Some(_)) => session.terminal.say(&format!("kept {kept} entries that were there and fit")),
        }
    }

    /// Adds what was written for the variables.
    pub(super) fn join(&mut self, receipt: Option<Receipt>) {
        match (&mut self.receipt, receipt) {
            (Some(receipt), Some(other)) => receipt.join(other),
            (own @ None, other) => *own = other,
            (Some(_), None) => {}
        }
    }

    pub(super) fn tell_beside(self, session: &mut Session) -> Result<()> {
        self.receipt.map_or(Ok(()), |receipt| receipt.tell_beside(session))
    }

    pub(super) fn to_json(&self, session: &Session) -> Result<Value> {
        let mut told = match &self.receipt {
            Some(receipt) => receipt.to_json()?,
            None => json!({ "command": "testpki", "files": [] }),
        };
        told["kept"] = json!(self.kept);
        with_seed_remark(&mut told, session);
        Ok(told)
    }
}

/// What every line of a seeded run says to people, for programs.
pub(super) fn with_seed_remark(told: &mut Value, session: &Session) {
    if session.origin() == Origin::Seed {
        told["warning"] = json!(SEED_REMARK);
    }
}
