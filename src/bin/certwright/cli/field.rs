//! Values that the library reads: its error becomes clap's, with its way out.

use std::ffi::OsStr;

use certwright::{Error, Result};
use clap::builder::{StringValueParser, TypedValueParser};

/// A parser that asks `read`, and never repeats what was typed: a URL may hold a password.
pub(crate) fn field<T: Clone + Send + Sync + 'static>(read: fn(&str) -> Result<T>) -> impl TypedValueParser<Value = T> {
    Field(read)
}

#[derive(Clone)]
struct Field<T>(fn(&str) -> Result<T>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Field<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, argument, value)?;
        (self.0)(&text).map_err(|error: Error| {
            let hint = error.hint().map(|hint| format!("\n\n  tip: {hint}")).unwrap_or_default();
            let message = format!("{error}{hint}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
