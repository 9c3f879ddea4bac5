//! A fault of the program itself: it is said to be one, and the run ends with the status of what could not run.
//!
//! Nothing is unwound, in any build: the tables for that are a tenth of the program, and the release leaves them out
//! (`build.rs`). Files that were being published stay as a killed run leaves them, with the marker that the next run names
//! and clears.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};

use certwright::error::printable;

/// From here on a panic in any thread ends the run.
pub(crate) fn install() {
    panic::set_hook(Box::new(|panic| {
        let _ = io::stderr().write_all(in_words(panic).as_bytes());
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "an abort would ask the system for a memory dump")]
        std::process::exit(2);
    }));
}

fn in_words(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map_or(String::new(), |place| format!(" at {}:{}", place.file(), place.line()));
    format!(
        "error: this is a fault of certwright {}{place}: {}\nhint: report it with this message and what was typed, without \
         its secrets; if files were being written, run it again: what this run has left is named and cleared\n",
        env!("CARGO_PKG_VERSION"),
        printable(message.unwrap_or("no more is known"))
    )
}
