//! The policy of one consumer: what Salesforce imports, what a login by JWT bearer flow has to say, what its answers mean,
//! and what an integration wants to be handed.
//!
//! No network here: [`login`] tells what to send where, [`answer`] reads what came back.
//!
//! ```
//! use certwright::salesforce::{Audience, InstanceUrl, alias_problem, meaning};
//!
//! let instance = InstanceUrl::parse("https://company--dev.sandbox.my.salesforce.com")?;
//! assert_eq!(Audience::of(&instance).as_str(), "https://test.salesforce.com");
//! assert!(alias_problem("sales cert").is_some());
//! assert!(!meaning::explain("invalid_grant: audience is invalid").is_empty());
//! # Ok::<(), certwright::Error>(())
//! ```

pub mod answer;
pub mod assertion;
pub mod endpoint;
pub mod fields;
pub mod handoff;
mod import;
pub mod login;
pub mod meaning;

pub use endpoint::{Audience, InstanceUrl};
pub use import::{LARGEST_CERTIFICATE, alias_problem, import_rules, takes_bits};
