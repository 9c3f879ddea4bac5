//! What the key of a leaf is for.

use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// What a key may be used for (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A TLS server: `server`.
    Server,
    /// A TLS client: `client`.
    Client,
    /// Signing of programs: `code-signing`.
    CodeSigning,
    /// E-mail: `email`.
    Email,
    /// Time stamps: `time-stamping`.
    TimeStamping,
    /// Answers about revocation: `ocsp-signing`.
    OcspSigning,
}

impl Purpose {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Server, "server", "serverAuth"),
        (Self::Client, "client", "clientAuth"),
        (Self::CodeSigning, "code-signing", "codeSigning"),
        (Self::Email, "email", "emailProtection"),
        (Self::TimeStamping, "time-stamping", "timeStamping"),
        (Self::OcspSigning, "ocsp-signing", "OCSPSigning"),
    ];

    /// Its name in RFC 5280, such as `serverAuth`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(purpose, ..)| *purpose == self).map_or("", |(.., name)| name)
    }
}

impl FromStr for Purpose {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|(_, word, _)| *word == text).map(|(purpose, ..)| *purpose).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|(_, word, _)| *word).collect();
            Error::new(ErrorKind::Usage, format!("\"{}\" is no usage of a key", text))
                .with_hint(format!("choose from {}", words.join(", ")))
        })
    }
}
