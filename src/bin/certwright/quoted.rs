//! Words of a command that is told, to be pasted.

use std::ffi::OsStr;
use std::path::Path;

use certwright::error::printable;
use certwright::{Error, ErrorKind, Result};

/// `path` as text that another program reads back. Escaped it would be the path of another file.
pub(crate) fn path_as_text(path: &Path) -> Result<String> {
    path.to_str().filter(|text| printable(text) == *text).map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::Usage, "has a name that cannot be written as text")
            .with_path(path)
            .with_hint("rename the file, or the folder it is in")
    })
}

/// A word as the system's shell takes it: sh, or cmd.
pub(crate) fn quoted(word: &OsStr) -> String {
    let text = printable(Path::new(word));
    let special = if cfg!(windows) { "\\~" } else { "%" };
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@+".contains(c) || special.contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    if !cfg!(windows) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    // Backslashes count double where a quotation mark follows (the C runtime's rule for arguments).
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '"' {
            quoted += &"\\".repeat(backslashes + 1);
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        quoted.push(c);
    }
    quoted + &"\\".repeat(backslashes) + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_safe_to_paste() {
        assert_eq!(quoted(OsStr::new("/C=US/O=x")), "/C=US/O=x");
        let words = ["", "a b", "it's", "$(id)", "`id`", "a\"b", "c:\\my files\\"];
        let expected = match cfg!(windows) {
            true => ["\"\"", "\"a b\"", "\"it's\"", "\"$(id)\"", "\"`id`\"", "\"a\\\"b\"", "\"c:\\my files\\\\\""],
            false => ["''", "'a b'", r"'it'\''s'", "'$(id)'", "'`id`'", "'a\"b'", r"'c:\my files\'"],
        };
        assert_eq!(words.map(|word| quoted(OsStr::new(word))), expected);
    }
}
