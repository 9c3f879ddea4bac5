//! A mistake on the command line, or a wish for help, answered.

use std::error::Error as _;
use std::io::{self, Write};

use certwright::error::printable;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::Cli;
use crate::nearest::nearest;
use crate::status::ExitStatus;
use crate::terminal::printable_lines;

/// What is typed without the word openssl before it.
const OPENSSL: [&str; 6] = ["genpkey", "genrsa", "pkcs12", "req", "rsa", "x509"];

pub(super) fn answer(mut error: clap::Error, wants_json: bool) -> ExitStatus {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    suggest(&mut error);
    escape_values(&mut error);
    let text = plain_text(&error);
    if !asked && wants_json {
        let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with("For more")).collect();
        let hint = lines.iter().find_map(|line| line.strip_prefix("tip: ")).unwrap_or("see certwright --help");
        let message: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("tip: ")).collect();
        let message = message.join(" ");
        ExitStatus::tell_json("usage", message.trim_start_matches("error: "), Some(hint), None);
    } else if text == error.to_string() {
        // Standard output for help that was asked for, standard error otherwise; with colours on a terminal.
        let _ = error.print();
    } else {
        let _ = io::stderr().write_all(text.as_bytes());
    }
    if asked { ExitStatus::Done } else { ExitStatus::CouldNotRun }
}

/// Makes what was typed, and clap repeats, printable.
fn escape_values(error: &mut clap::Error) {
    let escaped = |(kind, value): (ContextKind, &ContextValue)| match value {
        // Several lines, of the program's own words.
        _ if kind == ContextKind::Usage => None,
        ContextValue::String(text) => Some(ContextValue::String(printable(text))),
        ContextValue::Strings(texts) => Some(ContextValue::Strings(texts.iter().map(printable).collect())),
        // The styles are lost, so only where there is something to escape.
        ContextValue::StyledStr(text) => escaped_style(text).map(ContextValue::StyledStr),
        ContextValue::StyledStrs(texts) => {
            let texts = texts.iter().map(|text| escaped_style(text).unwrap_or_else(|| text.clone()));
            Some(ContextValue::StyledStrs(texts.collect()))
        }
        _ => None,
    };
    let all: Vec<_> = error.context().filter_map(|one| Some((one.0, escaped(one)?))).collect();
    for (kind, value) in all {
        error.insert(kind, value);
    }
}

fn escaped_style(text: &StyledStr) -> Option<StyledStr> {
    let plain = text.to_string();
    let escaped = printable(&plain);
    (escaped != plain).then(|| escaped.into())
}

/// The message without styles. The text of a value's own error is no context: it is made printable here.
fn plain_text(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = match error.source().map(ToString::to_string) {
        Some(cause) if !cause.is_empty() => text.replace(&cause, &printable(&cause)),
        _ => text,
    };
    printable_lines(&text).into_owned()
}

/// clap looks for the nearest command where the mistyped one stands. `login` is one of salesforce's, `x509` of openssl's.
fn suggest(error: &mut clap::Error) {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return };
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return;
    }
    let mut all = OPENSSL.map(|name| (name.to_owned(), format!("openssl {name}"))).to_vec();
    collect(&Cli::command(), "", &mut all);
    let Some(nearest) = nearest(typed, all.iter().map(|(name, _)| name.as_str())) else { return };
    let paths = all.iter().filter(|(name, _)| name == nearest).map(|(_, path)| path.clone()).collect();
    error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(paths));
}

/// Every command by its own name and by the words that are typed for it.
fn collect(command: &Command, above: &str, all: &mut Vec<(String, String)>) {
    for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let path = format!("{above}{}", below.get_name());
        all.push((below.get_name().to_owned(), path.clone()));
        collect(below, &format!("{path} "), all);
    }
}
