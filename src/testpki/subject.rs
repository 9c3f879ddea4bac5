//! What every subject here says of itself.

use crate::error::Result;
use crate::subject::{Attribute, AttributeType, Subject};

/// The organizational unit of every subject here.
pub const MARK: &str = "certwright test PKI: do not trust";

/// The organization of every subject that is made from a seed.
pub const SEED_MARK: &str = "test PKI whose keys are known to anyone who has the seed";

/// Where the randomness of a key or certificate comes from, as its subject tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// From a generator that nobody can repeat.
    #[default]
    Random,
    /// From a [`Seed`](super::Seed): [`SEED_MARK`] is in the subject.
    Seed,
}

impl Origin {
    /// The origin that `subject` tells of.
    pub fn of(subject: &Subject) -> Self {
        match subject.get(&AttributeType::Organization) {
            Some(SEED_MARK) => Self::Seed,
            _ => Self::Random,
        }
    }

    /// The organization that tells of it.
    pub(super) fn organization(self) -> Result<Option<Attribute>> {
        match self {
            Self::Random => Ok(None),
            Self::Seed => Attribute::new(AttributeType::Organization, SEED_MARK).map(Some),
        }
    }
}

/// `common_name` in the organizational unit `unit`.
pub(super) fn subject(unit: &str, common_name: &str, origin: Origin) -> Result<Subject> {
    let unit = Attribute::new(AttributeType::OrganizationalUnit, unit)?;
    let common_name = Attribute::new(AttributeType::CommonName, common_name)?;
    Subject::new(origin.organization()?.into_iter().chain([unit, common_name]))
}
