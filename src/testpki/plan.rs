//! A hierarchy to be made, whoever described it.

use super::{Lifetime, Purpose, Reason};
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyKind;
use crate::output;
use crate::subject::SanName;

/// The most leaves of one plan. Planned, they take 50 MB; issuing them takes minutes.
pub const MOST_LEAVES: usize = 100_000;

/// The most authorities of one plan.
pub const MAX_AUTHORITIES: usize = 10_000;

/// The most authorities in a row from a root to a leaf: with the leaf they fill the chain of a keystore, which has 32
/// certificates at most.
pub const MAX_DEPTH: usize = 31;

/// The most alternative names of all leaves together.
pub const MAX_NAMES: usize = 500_000;

/// Authorities and leaves. Every authority stands behind its issuer.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The authorities.
    pub authorities: Vec<PlannedAuthority>,
    /// The leaves.
    pub leaves: Vec<PlannedLeaf>,
}

/// An authority to be.
#[derive(Clone, Debug)]
pub struct PlannedAuthority {
    /// How its files are called.
    pub name: String,
    /// How its common name begins.
    pub common_name: String,
    /// The place of its issuer among the authorities; none for a root.
    pub issuer: Option<usize>,
    /// Its key.
    pub key: KeyKind,
    /// How long it is valid.
    pub lifetime: Lifetime,
    /// True if it ends with its issuer where that is earlier; else that is an error.
    pub ends_with_issuer: bool,
    /// How many authorities may stand between it and a leaf.
    pub path_length: Option<u8>,
    /// The names it is held to; if not given, a root is held to those of the leaves below it.
    pub names: Option<Vec<SanName>>,
    /// True if it has a revocation list, be it an empty one.
    pub has_crl: bool,
}

/// A leaf to be.
#[derive(Clone, Debug)]
pub struct PlannedLeaf {
    /// How its files are called.
    pub name: String,
    /// Its common name.
    pub common_name: String,
    /// The place of its issuer among the authorities.
    pub issuer: usize,
    /// Its key.
    pub key: KeyKind,
    /// Its alternative names.
    pub names: Vec<SanName>,
    /// What its key may be used for.
    pub purposes: Vec<Purpose>,
    /// How long it is valid.
    pub lifetime: Lifetime,
    /// True if it is wanted as PKCS#12 too.
    pub p12: bool,
    /// True if it is wanted as JKS too.
    pub jks: bool,
    /// Why it is revoked, if it is.
    pub revoked: Option<Reason>,
}

impl Plan {
    /// For each authority the places of the leaves below it. Found once for all: with 10,000 authorities and 30,000 leaves
    /// there are 300 million pairs.
    pub fn leaves_below(&self) -> Vec<Vec<usize>> {
        let mut below = vec![Vec::new(); self.authorities.len()];
        for (place, leaf) in self.leaves.iter().enumerate() {
            self.path(leaf.issuer).for_each(|authority| below[authority].push(place));
        }
        below
    }

    /// The names that the authority at `place` is held to, and how many one certificate bears at most; none if it is not
    /// held to any. `below` are the leaves below it, as [`Self::leaves_below`] finds them.
    pub fn names_of(&self, place: usize, below: &[usize]) -> Option<(Vec<&SanName>, usize)> {
        let authority = &self.authorities[place];
        let names_below = || below.iter().map(|&leaf| &self.leaves[leaf].names);
        let most = names_below().map(Vec::len).max().unwrap_or_default();
        match (&authority.names, authority.issuer) {
            (Some(names), _) => Some((names.iter().collect(), most.max(names.len()))),
            (None, None) => Some((names_below().flatten().collect(), most)),
            (None, Some(_)) => None,
        }
    }

    /// The authority at `place`, its issuer, and so on up to the root.
    fn path(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(place), |&place| self.authorities[place].issuer)
    }

    /// True if the authority at `place` is `above`, or stands below it.
    pub fn is_below(&self, place: usize, above: usize) -> bool {
        self.path(place).any(|place| place == above)
    }
}

/// The endings that files of one name get; a name must not look like one of them.
const TAKEN: [&str; 3] = ["bundle", "truststore", "keystore"];

/// Checks that `name` can begin the names of files on every system, and is no name that the program uses itself.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) if not.
pub fn check_file_name(name: &str) -> Result<()> {
    let usage = |what: &str| {
        Err(Error::new(ErrorKind::Usage, format!("\"{}\" {what}", name))
            .with_hint("choose a name of letters, digits, \"-\", \"_\" and \".\" that begins with a letter or digit"))
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.bytes().all(is_plain) || !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return usage("cannot be the name of a file on every system");
    }
    if name.len() > 100 {
        return usage("is too long for the name of a file");
    }
    if TAKEN.contains(&name.to_ascii_lowercase().as_str()) || name.to_ascii_lowercase().ends_with(".fullchain") {
        return usage("is a name that testpki uses itself");
    }
    output::check_name(name.as_ref())
}

/// The numbers from 1 to `count`, as long as the last.
pub fn numbers(count: usize) -> impl Iterator<Item = String> {
    let width = count.to_string().len();
    (1..=count).map(move |number| format!("{number:0width$}"))
}

/// `template` with `number` for `{number}`, or `{n}` for short.
pub fn numbered(template: &str, number: &str) -> String {
    template.replace("{number}", number).replace("{n}", number)
}
