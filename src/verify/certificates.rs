//! Who has issued whom, among the certificates of a report.

use super::{Evidence, Exhibit};
use crate::certificate::Certificate;

/// The certificates among the exhibits, each with its file, and who has issued whom.
pub(super) struct Certificates<'a> {
    pub(super) list: Vec<(&'a str, &'a Certificate)>,
    /// For each the place of the one whose signature it bears.
    pub(super) issuers: Vec<Option<usize>>,
    /// For each whether it is there to be trusted, and belongs to no key.
    is_anchor: Vec<bool>,
}

/// Of issuers of one name so many are tried: a real one has been renewed once or twice.
const MOST_OF_ONE_NAME: usize = 8;

impl<'a> Certificates<'a> {
    pub(super) fn of(exhibits: &'a [Exhibit]) -> Self {
        let certificate = |exhibit: &'a Exhibit| match &exhibit.evidence {
            Evidence::Certificate(certificate) => Some((exhibit.file.as_str(), certificate)),
            _ => None,
        };
        let is_anchor = |exhibit: &Exhibit| exhibit.place.as_ref().is_some_and(|place| place.is_trusted);
        let list: Vec<_> = exhibits.iter().filter_map(certificate).collect();
        let is_anchor = exhibits.iter().filter(|one| certificate(one).is_some()).map(is_anchor).collect();
        let issuers = list.iter().map(|(_, certificate)| Self::issuer_of(certificate, &list)).collect();
        Self { list, issuers, is_anchor }
    }

    pub(super) fn named<'b>(certificate: &Certificate, list: &'b [(&'b str, &'b Certificate)]) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for (at, (_, other)) in list.iter().enumerate() {
            let is_new = || found.iter().all(|&known| list[known].1.to_der() != other.to_der());
            if certificate.issuer().to_der() == other.subject().to_der() && found.len() < MOST_OF_ONE_NAME && is_new() {
                found.push(at);
            }
        }
        found
    }

    fn issuer_of(certificate: &Certificate, list: &[(&str, &Certificate)]) -> Option<usize> {
        if certificate.claims_to_be_self_signed() {
            return None;
        }
        let signed = |&at: &usize| list[at].1.public_key().is_ok_and(|key| certificate.verify_signature(&key).is_ok());
        Self::named(certificate, list).into_iter().find(signed)
    }

    /// True if `this` has signed another of them.
    pub(super) fn has_issued(&self, this: &Certificate) -> bool {
        self.issuers.iter().flatten().any(|&at| self.list[at].1.to_der() == this.to_der())
    }

    /// Those that have issued none of the others and are not there to be trusted. As an authority's is marked what
    /// `openssl req -x509` makes: where nothing else is there, it is one of them.
    pub(super) fn leaves(&self) -> impl Iterator<Item = usize> {
        let any_unmarked = self.list.iter().any(|(_, certificate)| !certificate.is_ca());
        (0..self.list.len()).filter(move |&at| {
            let certificate = self.list[at].1;
            let is_authority = self.has_issued(certificate) || certificate.is_ca() && any_unmarked;
            !is_authority && !self.is_anchor[at]
        })
    }

    /// The places of this one and of those above it, as far as they are there.
    pub(super) fn path(&self, at: usize) -> Vec<usize> {
        let mut path = vec![at];
        while let Some(above) = self.issuers[path[path.len() - 1]].filter(|above| !path.contains(above)) {
            path.push(above);
        }
        path
    }

    /// True if one of them has the name of its issuer, whoever has signed it.
    pub(super) fn has_named_issuer(&self, at: usize) -> bool {
        !Self::named(self.list[at].1, &self.list).is_empty()
    }

    /// How many authorities stand between this one and the last certificate below it.
    pub(super) fn authorities_below(&self, at: usize, depth: usize) -> usize {
        // Authorities that have signed each other go round in circles.
        if depth > self.list.len() {
            return 0;
        }
        let below = self.issuers.iter().enumerate().filter(|(_, issuer)| **issuer == Some(at));
        below
            .map(|(child, _)| match self.has_issued(self.list[child].1) {
                true => 1 + self.authorities_below(child, depth + 1),
                false => 0,
            })
            .max()
            .unwrap_or(0)
    }
}
