//! What a console of Windows needs beside what the standard library and dialoguer do; elsewhere nothing is needed.

#[cfg(not(windows))]
#[path = "console/elsewhere.rs"]
mod system;
#[cfg(windows)]
#[path = "console/windows.rs"]
mod system;

#[cfg(windows)]
pub(crate) use system::restore;
pub(crate) use system::{decode, is_own, is_readable, read_hidden};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use certwright::Result;
use certwright::error::printable;

use crate::status::ExitStatus;
use crate::terminal::Terminal;

const WELCOME: &str = "\
certwright makes the files that the setup guide for Salesforce's JWT login asks
for: the private key, the signing request and the certificate to upload. It asks
a few questions and sends nothing anywhere. Ctrl-C stops it.

In PowerShell or cmd, certwright init does the same; certwright --help tells what
else it can do.
";

/// Offers `init` to someone who has double-clicked the program, `run`s it, and keeps the window open.
pub(crate) fn guide(mut terminal: impl Terminal, run: impl FnOnce(Vec<OsString>) -> ExitCode) -> ExitCode {
    terminal.note_lines(WELCOME);
    let status = ask_folder(&mut terminal)
        .map(|folder| run(vec!["certwright".into(), "init".into(), "--".into(), folder.into_os_string()]));
    let status = status.unwrap_or_else(|error| ExitStatus::could_not_run(&error, false).into());
    // An answer is not needed, only that someone has seen the end.
    let _ = terminal.ask("\nPress Enter to close this window", &|_| Ok(()));
    status
}

fn ask_folder(terminal: &mut dyn Terminal) -> Result<PathBuf> {
    let names = std::iter::once("jwt".to_owned()).chain((2..).map(|number| format!("jwt-{number}")));
    let free = names.map(PathBuf::from).find(|name| !name.exists()).unwrap_or_default();
    let shown = printable(std::path::absolute(&free).unwrap_or_else(|_| free.clone()));
    let answer = terminal.ask(&format!("Folder for the files (Enter for {shown})"), &|_| Ok(()))?;
    // A path that was copied in Explorer comes in quotation marks.
    let answer = answer.trim().trim_matches('"');
    Ok(if answer.is_empty() { free } else { Path::new(answer).to_owned() })
}
