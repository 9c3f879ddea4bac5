//! Throwaway hierarchies for tests: authorities, servers, clients and revocation lists, in memory.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use certwright::testpki::{Authority, AuthorityProfile, Host, Origin, Profile, Purpose};
//! use certwright::{KeyKind, Validity};
//! # // A generator with a fixed state keeps the example free of further crates.
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//!
//! // `rng` is any `rand_core::TryCryptoRng`, `now` the time to count from.
//! let names = vec!["localhost".parse::<Host>()?.name, "127.0.0.1".parse::<Host>()?.name];
//! let profile = AuthorityProfile::new("test root CA", Validity::days(365, now)?).permitting(&names);
//! let root = Authority::root(&profile, &mut rng)?;
//! let server = root.issue(
//!     &Profile {
//!         common_name: "localhost".to_owned(),
//!         key: KeyKind::P256,
//!         names,
//!         purposes: vec![Purpose::Server],
//!         validity: Validity::days(30, now)?,
//!         origin: Origin::Random,
//!     },
//!     &mut rng,
//! )?;
//!
//! let (_key, _chain) = (server.key().to_pkcs8_der()?, server.chain()); // for the server
//! let _trusted = root.certificate().to_der(); // for the client
//! # assert_eq!(server.chain()[0].public_key()?, server.key().public_key());
//! # Ok::<(), certwright::Error>(())
//! ```
//!
//! Every subject says that it is not to be trusted, and an authority can be held to the names it is made for. The same
//! octets from `rng` and the same times make the same hierarchy, on any number of cores.

mod authority;
pub mod broken;
mod host;
mod issue;
mod leaf;
mod lifetime;
pub mod manifest;
mod plan;
mod purpose;
mod seed;
mod stream;
mod subject;

pub use crate::crl::{Crl, Reason, Revocation};
pub use authority::{Authority, AuthorityProfile};
pub use host::{Host, client_names, first_dns_name};
pub use leaf::{Leaf, Profile, issue_each};
pub use lifetime::Lifetime;
pub use plan::{
    MAX_AUTHORITIES, MAX_DEPTH, MAX_NAMES, MOST_LEAVES, Plan, PlannedAuthority, PlannedLeaf, check_file_name, numbered,
    numbers,
};
pub use purpose::Purpose;
pub use seed::Seed;
pub use stream::Stream;
pub use subject::{MARK, Origin, SEED_MARK};

/// X.520's bound for a common name, in characters.
const LONGEST_NAME: usize = 64;

/// `name`, if it can be a common name; else `other`.
pub fn common_name(name: &str, other: &str) -> String {
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    (if fits { name } else { other }).to_owned()
}
