//! The policy of one consumer: what Salesforce imports, what a login by JWT bearer flow has to say, what its answers mean,
//! and what an integration wants to be handed.
//!
//! No network here: [`login`] tells what to send where, [`answer`] reads what came back.

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
