//! TOML with the line of everything in it.

use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind, Result};

/// Where the lines of a text end, so that none is counted from the beginning.
struct LineEnds(Vec<usize>);

impl LineEnds {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of the byte at `at`, counted from 1.
    fn line_of(&self, at: usize) -> usize {
        1 + self.0.partition_point(|&end| end < at)
    }
}

/// A table, and the lines of the text it is from.
pub(super) struct Table<'a> {
    lines: Rc<LineEnds>,
    entries: Vec<(String, usize, Spanned<DeValue<'a>>)>,
}

/// A table inside a table of tables.
pub(super) struct Entry<'a> {
    pub(super) name: String,
    line: usize,
    pub(super) table: Table<'a>,
}

/// A value with its key.
#[derive(Clone)]
pub(super) struct Value<'a> {
    key: String,
    line: usize,
    value: DeValue<'a>,
}

fn error(line: usize, fact: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("line {line}: {fact}"))
}

impl<'a> Table<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let lines = Rc::new(LineEnds::of(text));
        match DeTable::parse(text) {
            Ok(table) => Ok(Self::new(&lines, table.into_inner())),
            Err(found) => {
                let line = found.span().map_or(1, |span| lines.line_of(span.start));
                Err(error(line, &format!("is no TOML: {}", found.message().lines().next().unwrap_or_default()))
                    .with_hint("see https://toml.io for how it is written"))
            }
        }
    }

    /// In the order of the text, which the parser does not keep.
    fn new(lines: &Rc<LineEnds>, table: DeTable<'a>) -> Self {
        let mut entries: Vec<_> =
            table.into_iter().map(|(key, value)| (key.span().start, key.into_inner().into_owned(), value)).collect();
        entries.sort_by_key(|(start, ..)| *start);
        let entries = entries.into_iter().map(|(start, key, value)| (key, lines.line_of(start), value)).collect();
        Self { lines: Rc::clone(lines), entries }
    }

    /// Checks that no other key is there.
    pub(super) fn check_keys(&self, known: &[&str]) -> Result<()> {
        match self.entries.iter().find(|(key, ..)| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, line, _)) => Err(error(*line, &format!("the key \"{}\" is not known here", key))
                .with_hint(format!("known are {}", known.join(", ")))),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        let (key, line, value) = self.entries.iter().find(|(found, ..)| found == key)?;
        Some(Value { key: key.clone(), line: *line, value: value.get_ref().clone() })
    }

    /// The table called `[key]`, which is taken out.
    pub(super) fn take_table(&mut self, key: &str) -> Result<Option<Self>> {
        let Some(at) = self.entries.iter().position(|(found, ..)| found == key) else { return Ok(None) };
        let (key, line, value) = self.entries.remove(at);
        match value.into_inner() {
            DeValue::Table(table) => Ok(Some(Self::new(&self.lines, table))),
            value => Err(Value { key, line, value }.wrong("is no table")),
        }
    }

    /// The tables called `[key.NAME]`, which are taken out.
    pub(super) fn take_entries(&mut self, key: &str) -> Result<Vec<Entry<'a>>> {
        let Some(table) = self.take_table(key)? else { return Ok(Vec::new()) };
        let entry = |(name, line, value): (String, usize, Spanned<DeValue<'a>>)| match value.into_inner() {
            DeValue::Table(inner) => Ok(Entry { name, line, table: Self::new(&self.lines, inner) }),
            _ => Err(error(line, &format!("\"{}\" is no table", name)).with_hint(format!("write it as [{key}.NAME]"))),
        };
        table.entries.into_iter().map(entry).collect()
    }
}

impl Entry<'_> {
    pub(super) fn wrong(&self, what: &str) -> Error {
        error(self.line, &format!("\"{}\" {what}", self.name))
    }

    /// `result`, with the line where it went wrong.
    pub(super) fn at<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|found| with_line(self.line, &found))
    }
}

impl Value<'_> {
    pub(super) fn wrong(&self, what: &str) -> Error {
        let value = match &self.value {
            DeValue::String(text) => format!(" = \"{}\"", text),
            DeValue::Integer(number) => format!(" = {}", number.as_str()),
            _ => String::new(),
        };
        error(self.line, &format!("{}{value} {what}", self.key))
    }

    pub(super) fn at<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|found| with_line(self.line, &found))
    }

    pub(super) fn text(&self) -> Result<&str> {
        match &self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.wrong("is no text in quotation marks")),
        }
    }

    /// A text, or a date as TOML itself knows it.
    pub(super) fn instant(&self) -> Result<String> {
        match &self.value {
            DeValue::Datetime(instant) => Ok(instant.to_string()),
            _ => self.text().map(str::to_owned),
        }
    }

    pub(super) fn integer(&self) -> Result<i64> {
        let number = match &self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong("is no whole number"))
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong("is neither true nor false"))
    }

    /// The members of a list.
    pub(super) fn texts(&self) -> Result<Vec<Self>> {
        match &self.value {
            DeValue::Array(list) => {
                let value = |item: &DeValue<'_>| matches!(item, DeValue::String(_));
                let items = list.iter().map(|item| item.get_ref());
                items
                    .map(|item| match value(item) {
                        true => Ok(Self { key: self.key.clone(), line: self.line, value: item.clone() }),
                        false => Err(self.wrong("is a list with other things than texts in it")),
                    })
                    .collect()
            }
            _ => Err(self.wrong("is no list: write it in brackets")),
        }
    }
}

fn with_line(line: usize, found: &Error) -> Error {
    let with = Error::new(found.kind(), format!("line {line}: {found}"));
    match found.hint() {
        Some(hint) => with.with_hint(hint),
        None => with,
    }
}
