//! What is told of one object: in rows for a person, in full for programs.

use std::fmt;

use certwright::Error;
use certwright::error::printable;
use serde_json::{Map, Value, json};

use crate::table;

/// One object, told.
pub(crate) struct Description {
    title: String,
    rows: Vec<(&'static str, String)>,
    warnings: Vec<Warning>,
    json: Map<String, Value>,
    /// False for something that could not be read.
    pub(crate) is_readable: bool,
}

/// What a person should know, and what to type about it.
struct Warning {
    fact: String,
    mended_by: Option<String>,
}

impl Description {
    pub(crate) fn new(name: &str, kind: &str, words: &str) -> Self {
        let mut json = Map::new();
        json.insert("path".into(), json!(name));
        json.insert("kind".into(), json!(kind));
        Self {
            title: printable(format!("{name}: {words}")),
            rows: Vec::new(),
            warnings: Vec::new(),
            json,
            is_readable: true,
        }
    }

    /// Something that is there, but damaged or of no use here.
    pub(crate) fn unreadable(name: &str, error: &Error) -> Self {
        let mut description = Self::new(name, "unreadable", &error.to_string());
        let hint = error.hint();
        description.rows.extend(hint.map(|hint| ("what to do", hint.to_owned())));
        description.set("error", json!({ "kind": error.kind().as_str(), "message": error.to_string(), "hint": hint }));
        description.is_readable = false;
        description
    }

    pub(crate) fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.rows.push((label, text.into()));
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.json.insert(name.into(), value);
    }

    pub(crate) fn warn(&mut self, fact: impl Into<String>) {
        self.warn_of(fact, None);
    }

    pub(crate) fn warn_of(&mut self, fact: impl Into<String>, mended_by: Option<String>) {
        self.warnings.push(Warning { fact: fact.into(), mended_by });
    }

    pub(crate) fn into_json(self) -> Value {
        let mut json = self.json;
        let in_full = |Warning { fact, mended_by }: Warning| match mended_by {
            Some(command) => format!("{fact} ({command} mends that)"),
            None => fact,
        };
        json.insert("warnings".into(), self.warnings.into_iter().map(in_full).collect());
        Value::Object(json)
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for (label, text) in &self.rows {
            f.write_str(&table::row(2, 13, label, text))?;
        }
        for Warning { fact, mended_by } in &self.warnings {
            f.write_str(&table::row(2, 13, "WARNING", fact))?;
            if let Some(command) = mended_by {
                // To be copied, so in one line however long.
                writeln!(f, "  {:<13} {command}", "mended by")?;
            }
        }
        Ok(())
    }
}
