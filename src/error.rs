//! One error for the whole library: a fact, the way out, the file it is about and the cause behind it.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

pub use crate::printable::{printable, quoted};

/// What a caller can act on. [`ErrorKind::as_str`] is the `kind` of the command's JSON errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request itself is wrong or incomplete.
    Usage,
    /// The operating system refused; its reason is the error's source.
    Io,
    /// Something stands where an output would go.
    Exists,
    /// A password is missing, too short, or does not open what it should.
    Password,
    /// The input is damaged or not what its armour says.
    Malformed,
    /// Two things that should belong together do not.
    Mismatch,
    /// The input is well formed, but of a type or algorithm that is not supported.
    Unsupported,
    /// The request is possible but unwise or against a standard (X.520 bounds, key sizes, safety caps).
    Policy,
}

impl ErrorKind {
    /// The kind as one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Io => "io",
            Self::Exists => "exists",
            Self::Password => "password",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::Unsupported => "unsupported",
            Self::Policy => "policy",
        }
    }
}

/// A failure. `Display` gives the fact alone, led by the file's name where there is one; the hint and the
/// cause ([`std::error::Error::source`]) are shown beside it, never inside it.
pub struct Error(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    fact: String,
    hint: Option<String>,
    path: Option<PathBuf>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `fact` starts in lower case and has no full stop. What it quotes may hold anything: it is kept
    /// as [`printable`] text.
    pub fn new(kind: ErrorKind, fact: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, fact: printable(fact.into()), hint: None, path: None, source: None }))
    }

    pub(crate) fn malformed(fact: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed, fact)
    }

    pub(crate) fn unsupported(fact: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, fact)
    }

    pub(crate) fn policy(fact: impl Into<String>) -> Self {
        Self::new(ErrorKind::Policy, fact)
    }

    pub(crate) fn mismatch(fact: impl Into<String>) -> Self {
        Self::new(ErrorKind::Mismatch, fact)
    }

    /// Adds the way out: what to type or change next, as [`printable`] text.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(printable(hint.into()));
        self
    }

    /// Names the file the fact is about, unless one is named already.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.path.get_or_insert_with(|| path.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The way out, if one is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The file the failure is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}: ", printable(path))?;
        }
        f.write_str(&self.0.fact)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { kind, fact, hint, path, source } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("fact", fact)
            .field("hint", hint)
            .field("path", path)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
