//! An inventory of certificates, told: the verdict in the first line, which is all that some monitors show.

use certwright::renewal::Stock;
use certwright::{Result, time};
use serde_json::{Value, json};

use super::Standing;
use super::found::Unchecked;
use crate::brief;
use crate::delivery::certificate_json;
use crate::json;
use crate::session::Session;
use crate::table::{self, hex};

/// What was found, judged.
pub(super) struct Inventory<'a> {
    pub(super) stock: &'a [Stock<String>],
    pub(super) standings: &'a [Standing],
    pub(super) unchecked: &'a [Unchecked],
    pub(super) ignored: &'a [(String, Option<String>)],
    /// Within which time a certificate is due, as it was typed.
    pub(super) span: Option<&'a str>,
    pub(super) is_good: bool,
}

/// `  -12  2026-11-09  expired  `, before the rest of a row.
const LEFT: usize = 26;

impl Inventory<'_> {
    pub(super) fn tell(&self, session: &mut Session) -> Result<()> {
        if session.json {
            let told = self.to_json(session.now);
            return session.terminal.say(&json::text(&told));
        }
        session.terminal.say(&self.verdict(session))?;
        if !self.stock.is_empty() {
            session.terminal.say(self.table(session).trim_end())?;
        }
        for Unchecked { name, reason, .. } in self.unchecked {
            session.terminal.note(&format!("not checked: {name}: {reason}"));
        }
        if !self.ignored.is_empty() {
            let shown = self.ignored.iter().map(|(name, what)| match what {
                Some(what) => format!("{name} ({what})"),
                None => name.clone(),
            });
            let shown: Vec<String> = shown.collect();
            session.terminal.note(&format!("note: not looked at, of no known kind: {}", brief::list(&shown)));
        }
        Ok(())
    }

    /// One line. It begins with a word that says it all.
    fn verdict(&self, session: &Session) -> String {
        let shown = |(one, standing): (&Stock<String>, Standing)| match standing {
            Standing::Expired => format!("{} (expired)", first(one)),
            _ => format!("{} ({} days left)", first(one), one.certificate.validity().days_left(session.now)),
        };
        let all = self.stock.len();
        let counted = if all == 1 { "1 certificate".to_owned() } else { format!("{all} certificates") };
        let due: Vec<String> = self.pairs().filter(|(_, standing)| standing.is_due()).map(shown).collect();
        let left_out = match self.unchecked.len() {
            0 => String::new(),
            count => format!("; {count} not checked"),
        };
        if all == 0 {
            return "NOT checked: no certificate was found".to_owned();
        }
        if !due.is_empty() {
            return format!("due: {} of {counted}: {}{left_out}", due.len(), brief::list(&due));
        }
        let verdict = if self.is_good { "good" } else { "NOT all checked" };
        let how = self.span.map_or_else(|| "none expired".to_owned(), |span| format!("none due within {span}"));
        // One that is stale may end when it likes.
        let next = self.pairs().find(|(one, _)| one.superseded_by.is_none()).or(self.pairs().next());
        let next = next.map(shown).unwrap_or_default();
        format!("{verdict}: {counted}, {how}, next is {next}{left_out}")
    }

    fn pairs(&self) -> impl Iterator<Item = (&Stock<String>, Standing)> {
        self.stock.iter().zip(self.standings.iter().copied())
    }

    fn table(&self, session: &Session) -> String {
        let mut text = String::from("\n DAYS  EXPIRES     STATE   CERTIFICATE, AND WHERE IT IS\n");
        for (one, standing) in self.pairs() {
            let validity = one.certificate.validity();
            let (days, expires) = (validity.days_left(session.now), time::date(validity.not_after()));
            let subject = match one.certificate.subject().is_empty() {
                true => "nobody: the name is empty".to_owned(),
                false => one.certificate.subject().to_string(),
            };
            let places: Vec<&str> = one.places.iter().map(|(place, _)| place.as_str()).collect();
            let label = format!("{days:>5}  {expires}  {}", standing.as_str());
            let newer =
                one.superseded_by.map(|newer| format!("stale: a newer one is in {}", first(&self.stock[newer])));
            text += &table::row(0, LEFT, &label, &subject);
            text += &table::row(0, LEFT, "", &format!("in {}", brief::list(&places)));
            text.extend(newer.map(|newer| table::row(0, LEFT, "", &newer)));
        }
        text + "\n"
    }

    fn to_json(&self, now: std::time::SystemTime) -> Value {
        let certificates = self.pairs().map(|(one, standing)| {
            let mut told = certificate_json(&one.certificate);
            told["days_left"] = json!(one.certificate.validity().days_left(now));
            told["state"] = json!(standing.as_str());
            told["files"] = one.places.iter().map(|(place, _)| json!(place)).collect();
            told["superseded_by"] = json!(one.superseded_by.map(|newer| hex(&self.stock[newer].certificate.sha256())));
            told
        });
        let certificates: Vec<Value> = certificates.collect();
        let unchecked = self.unchecked.iter().map(|one| json!({ "path": one.name, "reason": one.reason }));
        json!({
            "command": "status",
            "ok": self.is_good,
            "expires_within": self.span,
            "certificates": certificates,
            "not_checked": unchecked.collect::<Vec<_>>(),
            "ignored": self.ignored.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        })
    }
}

fn first(one: &Stock<String>) -> &str {
    one.places.first().map_or("", |(place, _)| place)
}
