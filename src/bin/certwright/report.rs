//! A report of checks, told: in brief to people, in full to programs.

use certwright::Result;
use certwright::verify::{Check, Outcome, Report};
use serde_json::json;

use crate::json;
use crate::session::Session;
use crate::table;

/// Tells `report`, which `ok` judges; `unknown` are files that were not looked at.
pub(crate) fn tell(command: &str, report: &Report, ok: bool, unknown: &[String], session: &mut Session) -> Result<()> {
    if session.json {
        let checks = report.checks.iter().map(|check| {
            json!({
                "name": check.name,
                "result": check.outcome.as_str(),
                "detail": check.detail,
                "files": check.files,
            })
        });
        let checks: Vec<_> = checks.collect();
        let told = json!({ "command": command, "ok": ok, "checks": checks, "ignored": unknown });
        return session.terminal.say(&json::text(&told));
    }
    for check in in_brief(&report.checks) {
        let about = if check.files.is_empty() { String::new() } else { format!("{}: ", check.files.join(", ")) };
        let row = table::row(0, 8, check.outcome.as_str(), &format!("{about}{}", check.detail));
        session.terminal.say(row.trim_end())?;
    }
    if !unknown.is_empty() {
        session.terminal.note(&format!("note: not looked at, of no known kind: {}", unknown.join(", ")));
    }
    let count = |outcome| report.checks.iter().filter(|check| check.outcome == outcome).count();
    let verdict = match (ok, count(Outcome::NotRun)) {
        (false, _) => "NOT good",
        (true, 0) => "good",
        (true, _) => "good as far as it was checked",
    };
    let mut summary = format!("{verdict}: {} checks hold", count(Outcome::Holds));
    for (outcome, one, more) in [
        (Outcome::Warning, "warning", "warnings"),
        (Outcome::NotRun, "was not run", "were not run"),
        (Outcome::Fails, "fails", "fail"),
    ] {
        match count(outcome) {
            0 => {}
            1 => summary += &format!(", 1 {one}"),
            many => summary += &format!(", {many} {more}"),
        }
    }
    session.terminal.say(&summary)
}

/// The checks with those of one finding told once, over all their files. A comparison joins only those it shares a file
/// with: two keys of one size are still two keys.
fn in_brief(checks: &[Check]) -> Vec<Check> {
    let mut brief: Vec<Check> = Vec::new();
    for check in checks {
        let joined = brief.iter_mut().find(|told| {
            let same = told.name == check.name && told.detail == check.detail && told.outcome == check.outcome;
            let compares = check.files.len() > 1;
            same && check.outcome != Outcome::Fails
                && (!compares || told.files.iter().any(|file| check.files.contains(file)))
        });
        match joined {
            Some(told) => {
                let new: Vec<_> = check.files.iter().filter(|file| !told.files.contains(file)).cloned().collect();
                told.files.extend(new);
            }
            None => {
                let mut told = check.clone();
                told.files.dedup();
                brief.push(told);
            }
        }
    }
    brief
}
