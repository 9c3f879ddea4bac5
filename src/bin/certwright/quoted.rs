//! Paths as text for other programs.

use std::path::Path;

pub(crate) use certwright::error::quoted;

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
