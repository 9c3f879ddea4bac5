//! What the fuzz targets call: one function for each, which panics where a property does not hold.
//!
//! Private code of the library and the code of the program are taken in from their files, by path.

mod commands;
mod input;
mod keys;
mod lines;
mod manifest;
mod pem_blocks;
mod rebuild;
mod seeds;
mod stores;
mod texts;

// The library's own modules, which are not public.
#[allow(dead_code)]
#[path = "../../../src/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "../../../src/pem.rs"]
mod pem;
#[allow(dead_code)]
#[path = "../../../src/printable.rs"]
mod printable;
#[allow(dead_code)]
#[path = "../../../src/random.rs"]
mod random;
#[allow(dead_code)]
#[path = "../../../src/secret.rs"]
mod secret;
#[allow(dead_code)]
#[path = "../../../src/text.rs"]
mod text;

// The program's, without `commands` and `input`, for which this crate has its own: nothing is run, and no file is read.
#[allow(dead_code, unused_imports)]
#[path = "../../../src/bin/certwright"]
mod program {
    pub(crate) mod brief;
    pub(crate) mod cli;
    pub(crate) mod console;
    pub(crate) mod delivery;
    pub(crate) mod describe;
    pub(crate) mod description;
    pub(crate) mod exhibits;
    pub(crate) mod gather;
    pub(crate) mod interrupt;
    pub(crate) mod json;
    pub(crate) mod nearest;
    pub(crate) mod password;
    pub(crate) mod passwords;
    pub(crate) mod quoted;
    pub(crate) mod report;
    pub(crate) mod session;
    pub(crate) mod status;
    pub(crate) mod table;
    pub(crate) mod terminal;
    pub(crate) mod translation;
}
use program::{
    brief, cli, console, delivery, describe, description, exhibits, gather, interrupt, json, nearest, password,
    passwords, quoted, report, session, status, table, terminal, translation,
};

/// Fails if `text` holds anything but line ends and characters that show themselves and nothing else.
fn check_printable(text: &str) {
    let is_printable = |character| character == '\n' || printable::is_printable(character);
    assert!(text.chars().all(is_printable), "a control or format character is printed: {text:?}");
}

/// The same of what is printed of `error`. A cause is printed by way of [`printable::printable`].
fn check_error(error: &certwright::Error) {
    check_printable(&error.to_string());
    error.hint().into_iter().for_each(check_printable);
}

pub use keys::{certificate, key};
pub use lines::lines;
pub use manifest::manifest;
pub use pem_blocks::pem;
pub use rebuild::rebuild;
pub use seeds::start;
pub use stores::{jks, p12};
pub use texts::text;
