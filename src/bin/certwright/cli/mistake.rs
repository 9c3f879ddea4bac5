//! A mistake on the command line, or a wish for help, answered.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::Cli;
use crate::nearest::nearest;
use crate::status::ExitStatus;

/// What is typed without the word openssl before it.
const OPENSSL: [&str; 6] = ["genpkey", "genrsa", "pkcs12", "req", "rsa", "x509"];

pub(super) fn answer(mut error: clap::Error, wants_json: bool) -> ExitStatus {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    suggest(&mut error);
    if !asked && wants_json {
        let text = error.to_string();
        let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with("For more")).collect();
        let hint = lines.iter().find_map(|line| line.strip_prefix("tip: ")).unwrap_or("see certwright --help");
        let message: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("tip: ")).collect();
        let message = message.join(" ");
        ExitStatus::tell_json("usage", message.trim_start_matches("error: "), Some(hint), None);
    } else {
        // Standard output for help that was asked for, standard error otherwise.
        let _ = error.print();
    }
    if asked { ExitStatus::Done } else { ExitStatus::CouldNotRun }
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
