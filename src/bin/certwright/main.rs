//! `certwright`: parse, run, tell what went wrong, exit.

mod brief;
mod cli;
mod commands;
mod console;
mod delivery;
mod describe;
mod description;
mod exhibits;
mod explained;
mod fault;
mod gather;
mod input;
mod interrupt;
mod json;
mod keyring;
mod leftovers;
mod nearest;
mod online;
mod password;
mod passwords;
mod preflight;
mod quoted;
mod report;
mod session;
mod signer;
mod status;
mod store;
mod table;
mod terminal;
mod translation;

use std::alloc::System;
use std::ffi::OsString;
use std::process::ExitCode;

use cli::Cli;
use session::Session;
use status::ExitStatus;
use terminal::Console;
use zeroizing_alloc::ZeroAlloc;

/// Wipes what is freed, also by the libraries that leave their copies of secrets behind.
#[global_allocator]
static HEAP: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    fault::install(cli::wants_json(&words));
    interrupt::install();
    leftovers::wiped(|| start(words))
}

fn start(words: Vec<OsString>) -> ExitCode {
    match console::is_own() && words.len() == 1 {
        true => console::guide(Console::new(), run),
        false => run(words),
    }
}

/// Does what `words`, the first of which is the program's name, ask for.
fn run(words: Vec<OsString>) -> ExitCode {
    let cli = match Cli::read(words) {
        Ok(cli) => cli,
        Err(status) => return status.into(),
    };
    let json = cli.global.json;
    let mut session = Session::new(cli.global, Box::new(Console::new()));
    let result = commands::run(cli.command, &mut session);
    result.unwrap_or_else(|error| ExitStatus::could_not_run(&error, json)).into()
}
