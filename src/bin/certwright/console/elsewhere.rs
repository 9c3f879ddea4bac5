//! Terminals that are asked by dialoguer alone.

use std::io;

use certwright::{Password, SecretBytes};

/// True if what is typed in this window reaches the program.
pub(crate) fn is_readable() -> bool {
    true
}

/// True if the window was opened for this program alone, and closes with it.
pub(crate) fn is_own() -> bool {
    false
}

/// A line that is not shown; `None` where dialoguer reads it.
pub(crate) fn read_hidden(_: &str) -> Option<io::Result<Password>> {
    None
}

/// Text that came through a pipe, as UTF-8 where that can be known.
pub(crate) fn decode(bytes: SecretBytes) -> SecretBytes {
    bytes
}
