//! A report of checks, told: in brief to people, in full to programs.

use std::collections::{HashMap, HashSet};

use certwright::Result;
use certwright::verify::{Check, Outcome, Report};
use serde_json::json;

use crate::brief;
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
        let about = if check.files.is_empty() { String::new() } else { format!("{}: ", brief::list(&check.files)) };
        let row = table::row(0, 8, check.outcome.as_str(), &format!("{about}{}", check.detail));
        session.terminal.say(row.trim_end())?;
    }
    if !unknown.is_empty() {
        session.terminal.note(&format!("note: not looked at, of no known kind: {}", brief::list(unknown)));
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
    // By finding, the first row; by finding and file, the first row that names the file.
    let mut first: HashMap<Finding<'_>, usize> = HashMap::new();
    let mut naming: HashMap<(Finding<'_>, &str), usize> = HashMap::new();
    let mut named: HashSet<(usize, &str)> = HashSet::new();
    for check in checks {
        let finding = (check.name, check.outcome.as_str(), check.detail.as_str());
        let row = match (check.outcome, check.files.len()) {
            (Outcome::Fails, _) => None,
            (_, 0 | 1) => first.get(&finding).copied(),
            _ => check.files.iter().filter_map(|file| naming.get(&(finding, file.as_str())).copied()).min(),
        };
        let row = match row {
            Some(row) => row,
            None => {
                brief.push(Check { files: Vec::new(), ..check.clone() });
                brief.len() - 1
            }
        };
        first.entry(finding).or_insert(row);
        for file in &check.files {
            if named.insert((row, file)) {
                brief[row].files.push(file.clone());
            }
            let earliest = naming.entry((finding, file)).or_insert(row);
            *earliest = row.min(*earliest);
        }
    }
    brief
}

/// What was found: the check, how it came out, and the words.
type Finding<'a> = (&'a str, &'a str, &'a str);

#[cfg(test)]
mod tests {
    use super::*;

    fn told(checks: &[(&'static str, Outcome, &str)]) -> Vec<String> {
        let check = |(detail, outcome, files): &(&'static str, Outcome, &str)| Check {
            name: "check",
            outcome: *outcome,
            detail: (*detail).to_owned(),
            files: files.split_whitespace().map(str::to_owned).collect(),
            is_evidence: false,
        };
        let checks: Vec<Check> = checks.iter().map(check).collect();
        in_brief(&checks).iter().map(|check| format!("{} {}", check.detail, check.files.join(" "))).collect()
    }

    #[test]
    fn one_finding_is_told_once() {
        use Outcome::{Fails, Holds};
        let checks = [("a", Holds, "1"), ("a", Holds, "2"), ("b", Holds, "1"), ("c", Fails, "1"), ("c", Fails, "2")];
        assert_eq!(told(&checks), ["a 1 2", "b 1", "c 1", "c 2"]);
    }

    #[test]
    fn comparisons_join_those_that_share_a_file() {
        use Outcome::Holds;
        let checks =
            [("a", Holds, "1 2"), ("a", Holds, "3 4"), ("a", Holds, "2 5"), ("a", Holds, "5 6"), ("a", Holds, "4 1")];
        assert_eq!(told(&checks), ["a 1 2 5 6 4", "a 3 4"]);
    }
}
