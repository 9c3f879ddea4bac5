//! Names that Windows takes for something else than a file.

use std::path::{Component, Path, Prefix};

use crate::error::{Error, ErrorKind, Result};

/// The devices that every folder seems to hold, with any extension.
/// Source: "Naming Files, Paths, and Namespaces", Microsoft.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Those with a digit, superscript ones included.
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];
const DEVICE_DIGITS: &str = "0123456789\u{b9}\u{b2}\u{b3}";

/// Checks that `path` is the name of a file, or of a folder, on this system: on Windows no device, no stream of another
/// file, and nothing that the system would quietly change.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) if it is not.
pub fn check_name(path: &Path) -> Result<()> {
    if !cfg!(windows) {
        return Ok(());
    }
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        Component::Prefix(prefix) => match prefix.kind() {
            // `\\.\CON`.
            Prefix::DeviceNS(name) | Prefix::Verbatim(name) => Some(name.to_string_lossy()),
            _ => None,
        },
        _ => None,
    });
    match names.into_iter().find_map(|name| fault(&name)) {
        None => Ok(()),
        Some((fact, hint)) => Err(Error::new(ErrorKind::Usage, fact).with_hint(hint).with_path(path)),
    }
}

/// What Windows has against `name`, and what to do.
fn fault(name: &str) -> Option<(String, &'static str)> {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let is_numbered = |device: &str| {
        let mut rest = stem.strip_prefix(device).unwrap_or_default().chars();
        rest.next().is_some_and(|digit| DEVICE_DIGITS.contains(digit)) && rest.next().is_none()
    };
    if DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.into_iter().any(is_numbered) {
        return Some((format!("{stem} is a device on Windows, no file"), "choose another name"));
    }
    match name.chars().find(|character| r#"<>:"|?*"#.contains(*character) || character.is_control()) {
        Some('*' | '?') => {
            Some(("on Windows * and ? stand for nothing here".into(), "name the folder, or each file by itself"))
        }
        Some(':') => Some(("a colon in it would hide the content behind another file's name".into(), NO_SUCH)),
        Some(_) => Some(("is no file name on Windows".into(), NO_SUCH)),
        None if name.ends_with(['.', ' ']) => {
            Some(("ends in a dot or a space, which Windows would leave out".into(), "leave it out"))
        }
        None => None,
    }
}

const NO_SUCH: &str = r#"choose a name without any of < > : " | ? *"#;

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn devices_and_what_windows_would_change_are_refused() {
        for name in [
            "NUL",
            "nul",
            "con",
            "Aux.key",
            "prn.tar.gz",
            "com1",
            "LPT9.txt",
            "COM\u{b2}",
            "nul .key",
            "conin$",
            "server.key.",
            "server ",
            "server.key:secret",
            "*.crt",
            "a?b",
            "a\tb",
            "\"server.key\"",
        ] {
            assert!(fault(name).is_some(), "{name}");
        }
    }

    #[test]
    fn names_of_files_are_not() {
        for name in
            ["server.key", ".hidden", "null.key", "console", "com.key", "com10", "COM12.txt", "Schl\u{fc}ssel", "a b"]
        {
            assert_eq!(fault(name), None, "{name}");
        }
    }
}
