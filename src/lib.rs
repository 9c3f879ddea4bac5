//! Keys, signing requests and certificates without OpenSSL or Java.
//!
//! Everything the command `certwright` does is a call of this library: values become octets and octets become values
//! here; the command asks, reads, and tells.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use certwright::{CertRequest, Certificate, PrivateKey, RsaBits, Subject, Validity};
//! # // A fixed seed keeps the example free of further crates. Never do this for a real key.
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//!
//! // `rng` is any `rand_core::TryCryptoRng`, `now` the time to count from.
//! let key = PrivateKey::generate_rsa(RsaBits::B2048, &mut rng)?;
//! let subject = Subject::parse("C=US,ST=California,L=San Francisco,O=Example Inc")?;
//! let request = CertRequest::new(&subject, &[], &key)?;
//! let certificate = Certificate::self_signed(&request, &key, Validity::days(365, now)?, &mut rng)?;
//!
//! assert_eq!(certificate.public_key()?, key.public_key());
//! assert!(certificate.is_valid_at(now));
//! # Ok::<(), certwright::Error>(())
//! ```
//!
//! # The rooms
//!
//! Arrows only point down: a room imports from its own floor's right-hand side or from below.
//!
//! | floor | rooms |
//! | --- | --- |
//! | 5 | `bin/certwright`: arguments, terminal, reading files, telling |
//! | 4 | [`salesforce`], [`testpki`] |
//! | 3 | [`verify`] -> [`inspect`] |
//! | 2 | [`keystore`]: `keystore/p12.rs` and `keystore/jks.rs` never see each other; [`jwt`] |
//! | 1 | [`renewal`] -> [`csr`], [`crl`], [`certificate`] -> [`key`], [`subject`]; `certificate` reads a `csr`, `crl` a `certificate`, never the other way |
//! | 0 | [`error`], [`secret`], [`time`], [`listing`], [`output`]; inside: `asn1`, `pbe`, `pem`, `printable`, `text` |
//!
//! Test hierarchies have a wing of their own, with rcgen inside `testpki/issue.rs` alone, and all that is weak or wrong on
//! purpose inside `testpki/broken.rs`. In the cellar, a package of its own so that it alone is compiled for speed and the
//! rest for size, is `certwright-work`: the search for primes and PBKDF2, which are what somebody waits for.
//!
//! The library touches no argument, environment, standard stream, clock or network: `now` and `rng` come in as
//! parameters, and what Salesforce answers as octets. Only [`output`] opens a file for writing. The one client that goes
//! online is a room of the command, behind the feature `online`: whoever uses the library has an HTTP client of their own.
//!
//! # What stays as it is
//!
//! Semantic versioning: every public item is kept within a major version, and until 1.0 within a minor one, whatever features
//! are on but `bench` and `man`. What is `#[non_exhaustive]` may grow. Of other crates' types the interface has
//! `rand_core::TryCryptoRng` (0.10) and `zeroize::Zeroizing` (1): another major version of these is a breaking change. The
//! release candidates among the dependencies are pinned exactly and not part of the interface. Texts of errors may change,
//! an [`ErrorKind`] may not. `rust-version` rises in a new minor version alone, to one that has been out for six months.

mod asn1;
pub mod certificate;
pub mod crl;
pub mod csr;
pub mod error;
pub mod inspect;
pub mod jwt;
pub mod key;
pub mod keystore;
pub mod listing;
pub mod output;
mod pbe;
mod pem;
mod printable;
mod random;
pub mod renewal;
pub mod salesforce;
pub mod secret;
pub mod subject;
pub mod testpki;
mod text;
pub mod time;
pub mod verify;

pub use certificate::{Certificate, Validity};
pub use csr::CertRequest;
pub use error::{Error, ErrorKind, Result};
pub use key::{EncryptedPrivateKey, Iterations, KeyKind, PrivateKey, PublicKey, RsaBits};
pub use keystore::{EncodedKeystore, Identity, Keystore};
pub use renewal::Renewal;
pub use secret::{Password, SecretBytes};
pub use subject::{SanName, Subject};
