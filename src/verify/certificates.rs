//! Who has issued whom, among the certificates of a report.

use std::collections::HashSet;

use super::{Evidence, Exhibit};
use crate::certificate::{Certificate, IssuerIndex, authorities_below};

/// The certificates among the exhibits, each with its file, and who has issued whom.
pub(super) struct Certificates<'a> {
    pub(super) list: Vec<(&'a str, &'a Certificate)>,
    /// For each the place of the one whose signature it bears.
    pub(super) issuers: Vec<Option<usize>>,
    /// For each how many authorities stand between it and the last certificate below it.
    pub(super) authorities_below: Vec<usize>,
    by_subject: IssuerIndex<'a>,
    /// The DER of those that have issued others.
    have_issued: HashSet<&'a [u8]>,
    /// For each whether it is there to be trusted, and belongs to no key.
    is_anchor: Vec<bool>,
    /// True if one of them is not marked as an authority's.
    pub(super) any_unmarked: bool,
}

/// The most certificates of a path that are looked at: the paths of public CAs have five at most.
pub(super) const MAX_PATH_LEN: usize = 32;

impl<'a> Certificates<'a> {
    pub(super) fn of(exhibits: &'a [Exhibit]) -> Self {
        let certificate = |exhibit: &'a Exhibit| match &exhibit.evidence {
            Evidence::Certificate(certificate) => Some((exhibit.file.as_str(), certificate)),
            _ => None,
        };
        let is_anchor = |exhibit: &Exhibit| exhibit.place.as_ref().is_some_and(|place| place.is_trusted);
        let list: Vec<_> = exhibits.iter().filter_map(certificate).collect();
        let is_anchor = exhibits.iter().filter(|one| certificate(one).is_some()).map(is_anchor).collect();
        let by_subject = IssuerIndex::of(list.iter().map(|(_, certificate)| *certificate));
        let issuer = |(_, certificate): &(_, &Certificate)| match certificate.claims_to_be_self_signed() {
            true => None,
            false => by_subject.issuer_of(certificate),
        };
        let issuers: Vec<_> = list.iter().map(issuer).collect();
        let have_issued = issuers.iter().flatten().map(|&at| list[at].1.to_der()).collect();
        let any_unmarked = list.iter().any(|(_, certificate)| !certificate.is_ca());
        let authorities_below = authorities_below(&issuers);
        Self { list, issuers, authorities_below, by_subject, have_issued, is_anchor, any_unmarked }
    }

    /// The places of those that have the name of the issuer of `certificate`, whoever has signed it.
    pub(super) fn named(&self, certificate: &Certificate) -> impl Iterator<Item = usize> {
        self.by_subject.called(certificate.issuer().to_der()).map(|(at, _)| at)
    }

    /// The places of those called `name` (DER).
    pub(super) fn called(&self, name: &[u8]) -> impl Iterator<Item = (usize, &'a Certificate)> {
        self.by_subject.called(name)
    }

    /// True if `this` has signed another of them.
    pub(super) fn has_issued(&self, this: &Certificate) -> bool {
        self.have_issued.contains(this.to_der())
    }

    /// Those that have issued none of the others and are not there to be trusted. As an authority's is marked what
    /// `openssl req -x509` makes: where nothing else is there, it is one of them.
    pub(super) fn leaves(&self) -> impl Iterator<Item = usize> {
        (0..self.list.len()).filter(move |&at| {
            let certificate = self.list[at].1;
            let is_authority = self.has_issued(certificate) || certificate.is_ca() && self.any_unmarked;
            !is_authority && !self.is_anchor[at]
        })
    }

    /// The places of this one and of those above it, as far as they are there, [`MAX_PATH_LEN`] at most.
    pub(super) fn path(&self, at: usize) -> Vec<usize> {
        let mut path = vec![at];
        while let Some(above) = self.issuers[path[path.len() - 1]].filter(|above| !path.contains(above)) {
            if path.len() == MAX_PATH_LEN {
                break;
            }
            path.push(above);
        }
        path
    }

    /// True if there are more above the path of [`Self::path`].
    pub(super) fn is_cut(&self, path: &[usize]) -> bool {
        path.len() == MAX_PATH_LEN && self.issuers[path[path.len() - 1]].is_some_and(|above| !path.contains(&above))
    }

    /// True if one of them has the name of its issuer, whoever has signed it.
    pub(super) fn has_named_issuer(&self, at: usize) -> bool {
        self.named(self.list[at].1).next().is_some()
    }
}
