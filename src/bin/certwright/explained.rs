//! What refusals mean, told: to people in rows, to programs as JSON.

use std::fmt::Write;

use certwright::salesforce::meaning::{Cause, Meaning};
use serde_json::{Value, json};

use crate::table;

/// `meanings` in words. `excludes` says whether a local check of this name holds.
pub(crate) fn in_words(meanings: &[&Meaning], excludes: &dyn Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for meaning in meanings {
        let mut row = |label: &str, words: &str| text += &table::row(0, 9, label, words);
        row("message", meaning.message);
        row("it means", meaning.means);
        let (excluded, open): (Vec<&Cause>, Vec<&Cause>) =
            meaning.causes.iter().partition(|cause| cause.excluded_by.is_some_and(excludes));
        for (number, cause) in open.iter().enumerate() {
            row(&format!("cause {}", number + 1), cause.what);
            row("  change", cause.change);
        }
        for cause in excluded {
            row("not this", cause.what);
        }
        row("source", meaning.source);
        let _ = writeln!(text);
    }
    text.trim_end().to_owned()
}

/// The same for programs.
pub(crate) fn to_json(meanings: &[&Meaning], excludes: &dyn Fn(&str) -> bool) -> Value {
    let meaning = |meaning: &&Meaning| {
        let cause = |cause: &Cause| json!({ "cause": cause.what, "change": cause.change, "excluded": cause.excluded_by.is_some_and(excludes) });
        let causes: Vec<Value> = meaning.causes.iter().map(cause).collect();
        json!({ "message": meaning.message, "means": meaning.means, "causes": causes, "source": meaning.source })
    };
    meanings.iter().map(meaning).collect()
}
