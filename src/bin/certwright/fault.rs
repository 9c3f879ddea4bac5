//! A bug of the program itself, or a refusal of the system's that the standard library answers with a panic. Either way the
//! run ends with the status of what could not run, and with one JSON object where JSON is wanted.
//!
//! Nothing is unwound, in any build: the tables for that are a tenth of the program, and the release leaves them out
//! (`build.rs`). Files that were being published stay as a killed run leaves them, with the journal that
//! `recover` reads.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

use certwright::error::printable;
use certwright::{Error, ErrorKind};

use crate::status::ExitStatus;

/// How the standard library's panics begin that stand for a refusal of the system's, what was refused, and what helps. A
/// library may start a thread, read a folder or make a map (whose hashes are random) where no error can come back.
const REFUSALS: [(&str, &str, &str); 5] = [
    ("failed to spawn thread", "no thread can be started", THREADS),
    ("failed to allocate an alternative stack", "no thread can be started", THREADS),
    ("failed to set up alternative stack guard page", "no thread can be started", THREADS),
    (
        "failed to generate random data",
        "the random number generator failed",
        "run it again; a sandbox or container has to allow the system call getrandom",
    ),
    ("unexpected error during closedir", "a folder cannot be read", "check the file system that it is on"),
];

const THREADS: &str =
    "raise the limit on processes, threads or memory (ulimit -u, ulimit -v, a container's pids limit)";

/// From here on a panic in any thread ends the run.
pub(crate) fn install(wants_json: bool) {
    panic::set_hook(Box::new(move |panic| {
        static IS_TOLD: AtomicBool = AtomicBool::new(false);
        // One thread tells; another that comes here meanwhile has nothing to add, and must not end the run before that.
        if IS_TOLD.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
        tell(panic, wants_json);
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "an abort would ask the system for a memory dump")]
        std::process::exit(2);
    }));
}

fn tell(panic: &PanicHookInfo<'_>, wants_json: bool) {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no more is known");
    if let Some((_, fact, hint)) = REFUSALS.iter().find(|(begin, ..)| message.starts_with(begin)) {
        let error = Error::new(ErrorKind::Io, *fact).with_source(message).with_hint(*hint);
        ExitStatus::could_not_run(&error, wants_json);
        return;
    }
    let place = panic.location().map_or(String::new(), |place| format!(" at {}:{}", place.file(), place.line()));
    let message = printable(message);
    let fact = format!("this is a fault of certwright {}{place}: {message}", env!("CARGO_PKG_VERSION"));
    let hint = "report it with this message and what was typed, without its secrets; if files were being written, \
                certwright recover shows what this run has left";
    // People see it in any case, even where a program reads the rest.
    let _ = io::stderr().write_all(format!("error: {fact}\nhint: {hint}\n").as_bytes());
    if wants_json {
        ExitStatus::tell_json("internal", &fact, Some(hint), None);
    }
}
