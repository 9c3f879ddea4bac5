//! Certificates and keystores that are wrong on purpose: each in one way, and perfect otherwise.
//!
//! The only room that can make weak or wrong material. It starts from certificates as the honest rooms make them, changes
//! their DER and signs again (`surgery.rs`); RSA keys of 1024 bits and signatures with SHA-1 exist in `weak.rs` alone, which
//! nothing outside of this room can call. What is wrong with each case, and who takes it all the same, is one table
//! (`table.rs`), which tests hold against the verifiers themselves.

mod manifest;
mod recipes;
mod surgery;
mod table;
mod verdict;
mod weak;
mod workshop;

use std::time::SystemTime;

use rand_core::TryCryptoRng;

use super::{Origin, Stream};
use crate::certificate::{Certificate, Validity};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretBytes;
use crate::time::DAY;
pub use manifest::manifest;
pub use table::CASES;
use verdict::Others;
pub use verdict::{VERIFIERS, Verdict, Verifier};
use workshop::{Holder, Workshop};

/// How the file of the authority is called that is to be trusted.
pub const ROOT_FILE: &str = "ca.crt";
/// How the file is called that tells of all the others.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The password of the keystores: there is nothing to be guarded.
pub const STORE_PASSWORD: &str = "changeit";
/// The other password, where a key has one of its own.
pub const KEY_PASSWORD: &str = "another one";

/// One way to be wrong.
pub struct Case {
    /// How its folder is called.
    pub name: &'static str,
    /// What is wrong, in a sentence.
    pub wrong: &'static str,
    /// The rule that is broken.
    pub rule: &'static str,
    /// The host that a client is to ask for.
    pub host: &'static str,
    /// What `certwright verify` says of it.
    pub verify_says: &'static str,
    /// What `certwright show` says of it, where a file alone tells.
    pub show_says: Option<&'static str>,
    others: Others,
    make: fn(&Workshop<'_>, &mut Stream) -> Result<Vec<File>>,
}

impl Case {
    /// The case called `name`.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if there is none.
    pub fn named(name: &str) -> Result<&'static Self> {
        CASES.iter().find(|case| case.name == name).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("\"{}\" is no way to be wrong that is made here", name))
                .with_hint("testpki --broken --list names them all")
        })
    }

    /// True for the one with nothing wrong.
    pub fn is_control(&self) -> bool {
        self.name == CASES[0].name
    }

    /// What each of [`VERIFIERS`] makes of it, in their order.
    pub fn verdicts(&'static self) -> impl Iterator<Item = Verdict> {
        let says = std::slice::from_ref(&self.verify_says);
        let ours = if self.is_control() { Verdict::Accept } else { Verdict::Reject(says) };
        self.others.into_iter().chain([ours])
    }

    /// True if nobody but certwright refuses it.
    fn is_finding(&self) -> bool {
        let is_refusal = |verdict: &Verdict| matches!(verdict, Verdict::Reject(_) | Verdict::ByVersion(..));
        !self.is_control() && !self.others.iter().any(is_refusal)
    }

    fn has_key_password(&self) -> bool {
        self.name == "jks-key-password"
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Case({})", self.name)
    }
}

/// What a file of a case is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The certificate of the server.
    Certificate,
    /// Its private key, or what is passed off as it.
    Key,
    /// What the server sends: the certificate and those of the authorities between.
    Chain,
    /// A revocation list.
    Crl,
    /// A keystore, by its name a JKS.
    Keystore,
}

impl Role {
    /// The name of the file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Certificate => "server.crt",
            Self::Key => "server.key",
            Self::Chain => "server.fullchain.crt",
            Self::Crl => "ca.crl",
            Self::Keystore => "server.jks",
        }
    }
}

/// One file of a case.
#[derive(Debug)]
pub struct File {
    /// What it is for.
    pub role: Role,
    /// What is in it.
    pub bytes: SecretBytes,
}

/// The authority that a client is to trust, and what hangs from it. Its key is nowhere else: nothing more can be issued.
#[derive(Debug)]
pub struct BrokenPki {
    root: Holder,
    now: SystemTime,
    validity: Validity,
    origin: Origin,
}

impl BrokenPki {
    /// A new one. What is not wrong in its dates is valid for `days` days, from five minutes before `now`.
    ///
    /// # Errors
    /// Those of [`Validity::days`], and [`Policy`](ErrorKind::Policy) where `now` is so early or late that no certificate
    /// can name what has expired or is to come.
    pub fn new(days: u32, now: SystemTime, origin: Origin, rng: &mut impl TryCryptoRng) -> Result<Self> {
        let wanted = Validity::days(days, now)?;
        let validity = Validity::between(wanted.not_before(), wanted.not_after())?;
        let far = || Error::policy("no certificate can name dates so far away");
        // It was valid when what has expired was, and will be when what is to come is.
        let begin = now.checked_sub(DAY * 730).ok_or_else(far)?;
        let end = validity.not_after().checked_add(DAY * 730).ok_or_else(far)?;
        let root = Holder::root("broken root CA", "root", Validity::between(begin, end)?, origin, rng)?;
        Ok(Self { root, now, validity, origin })
    }

    /// The certificate that a client is to trust.
    pub fn root(&self) -> &Certificate {
        self.root.certificate()
    }

    /// The files of `case`. The same `stream`, times and root make the same files.
    ///
    /// # Errors
    /// None is expected; those of the rooms that encode and sign are passed on.
    pub fn make(&self, case: &Case, stream: &mut Stream) -> Result<Vec<File>> {
        let workshop = Workshop { case, root: &self.root, now: self.now, validity: self.validity, origin: self.origin };
        (case.make)(&workshop, stream)
    }
}
