//! Authorities, and what they issue.

use std::collections::HashSet;
use std::fmt;

use rand_core::TryCryptoRng;

use super::issue::{self, AuthorityPart, Request, Signatory};
use super::subject::{MARK, Origin, subject};
use super::{Crl, Leaf, Profile, Purpose, Revocation};
use crate::certificate::{Certificate, ConstraintIndex, Constraints, Validity};
use crate::csr::CertRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyKind, PrivateKey, PublicKey};
use crate::subject::{Attribute, AttributeType, SanName, Subject};
use crate::time;

/// What tells the authorities of one name apart: so many hexadecimal digits of their key's identifier.
const DIGITS: usize = 6;

/// An authority to be made.
#[derive(Clone, Debug)]
pub struct AuthorityProfile {
    /// How its common name begins; six digits that depend on its key follow.
    pub name: String,
    /// Its key.
    pub key: KeyKind,
    /// From when until when it may issue.
    pub validity: Validity,
    /// How many authorities may stand between it and a leaf; any number if not given.
    pub path_length: Option<u8>,
    /// Where its key comes from, as its subject tells.
    pub origin: Origin,
    constraints: Option<Constraints>,
}

impl AuthorityProfile {
    /// An authority with a P-256 key that may issue for any name.
    pub fn new(name: impl Into<String>, validity: Validity) -> Self {
        Self {
            name: name.into(),
            key: KeyKind::P256,
            validity,
            path_length: None,
            origin: Origin::Random,
            constraints: None,
        }
    }

    /// Holds it to `names`: hosts (a name stands for all below it too), addresses and mailboxes; host names or addresses
    /// alone if the others are missing. Where there are more than verifiers bear, their parents and networks are
    /// permitted in their stead.
    #[must_use]
    pub fn permitting(self, names: &[SanName]) -> Self {
        self.permitting_many(names, names.len())
    }

    /// As [`Self::permitting`], where no certificate bears more than `most` of the names.
    #[must_use]
    pub fn permitting_many<'a>(mut self, names: impl IntoIterator<Item = &'a SanName>, most: usize) -> Self {
        self.constraints = Some(Constraints::of(names, most));
        self
    }
}

/// An authority with its key.
pub struct Authority {
    key: PrivateKey,
    public: PublicKey,
    key_id: Vec<u8>,
    /// Its own certificate, then those of its issuers, the root last.
    chain: Vec<Certificate>,
    constraints: Vec<ConstraintIndex>,
}

impl Authority {
    /// A root: signed with its own key.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) for a name longer than 57 characters or empty.
    pub fn root(profile: &AuthorityProfile, rng: &mut impl TryCryptoRng) -> Result<Self> {
        let key = PrivateKey::generate(profile.key, rng)?;
        let (public, key_id, subject) = named_after_key(&key, MARK, &profile.name, profile.origin)?;
        let signatory = Signatory { subject: &subject, key: &key, public: &public, key_id: &key_id };
        let certificate = issue::certificate(&profile.request(&subject, &public), &signatory, rng)?;
        Self::from_parts(key, vec![certificate])
    }

    /// An authority below this one.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if this one may have none below it, or would not be valid as long.
    pub fn intermediate(&self, profile: &AuthorityProfile, rng: &mut impl TryCryptoRng) -> Result<Self> {
        for (below, issuer) in self.chain.iter().enumerate() {
            issuer.check_may_issue(below + 1)?;
        }
        self.check_validity(profile.validity)?;
        let key = PrivateKey::generate(profile.key, rng)?;
        let (public, _, subject) = named_after_key(&key, MARK, &profile.name, profile.origin)?;
        let certificate = issue::certificate(&profile.request(&subject, &public), &self.signatory(), rng)?;
        Self::from_parts(key, [vec![certificate], self.chain.clone()].concat())
    }

    /// An authority that exists: its key, its certificate, and those of its issuers up to the root.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if key and certificates do not belong together,
    /// [`Policy`](ErrorKind::Policy) if it is none that may issue.
    pub fn from_parts(key: PrivateKey, chain: Vec<Certificate>) -> Result<Self> {
        let public = key.public_key();
        let own = chain.first().ok_or_else(|| Error::new(ErrorKind::Usage, "an authority needs a certificate"))?;
        if own.public_key()? != public {
            return Err(Error::mismatch("the authority's key does not belong to its certificate")
                .with_hint("give the pair that belongs together"));
        }
        for (below, pair) in chain.windows(2).enumerate() {
            pair[0].verify_signature(&pair[1].public_key()?)?;
            pair[1].check_may_issue(below + 1)?;
        }
        own.check_may_issue(0)?;
        let key_id = match own.subject_key_identifier() {
            Some(id) => id,
            None => issue::key_id(&public)?,
        };
        let constraints = chain.iter().filter_map(|one| one.name_constraints().transpose());
        let constraints = constraints.map(|found| found.map(|found| found.index()));
        let constraints = constraints.collect::<Result<Vec<_>>>()?;
        Ok(Self { key, public, key_id, chain, constraints })
    }

    /// Its private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }

    /// Its certificate, then those of its issuers, the root last.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// What stands between a leaf and the root: every certificate of [`Self::chain`] but a self-signed one.
    fn intermediates(&self) -> impl Iterator<Item = &Certificate> {
        self.chain.iter().filter(|certificate| !certificate.is_self_issued())
    }

    /// A key with its certificate.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if it would be valid longer than its issuer, or bear a name that one of its issuers
    /// may not issue for.
    pub fn issue(&self, profile: &Profile, rng: &mut impl TryCryptoRng) -> Result<Leaf> {
        let key = PrivateKey::generate(profile.key, rng)?;
        self.certify(key, profile, rng)
    }

    pub(super) fn certify(&self, key: PrivateKey, profile: &Profile, rng: &mut impl TryCryptoRng) -> Result<Leaf> {
        self.check_validity(profile.validity)?;
        self.check_names(&profile.names)?;
        let request = Request {
            subject: &subject(MARK, &profile.common_name, profile.origin)?,
            key: &key.public_key(),
            names: &profile.names,
            purposes: &profile.purposes,
            validity: profile.validity,
            authority: None,
        };
        let certificate = issue::certificate(&request, &self.signatory(), rng)?;
        let chain = std::iter::once(&certificate).chain(self.intermediates()).cloned().collect();
        Ok(Leaf::new(key, chain))
    }

    /// The certificate that `request` asks for, followed by those of the intermediates: its alternative names and `names`;
    /// of each kind of part of its subject the first, but [`MARK`] for its organizational units, and what `origin` says for
    /// its organization.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if the request is not signed with its own key, else as [`Self::issue`].
    pub fn sign_request(
        &self,
        request: &CertRequest,
        names: &[SanName],
        purposes: &[Purpose],
        validity: Validity,
        origin: Origin,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<Certificate>> {
        request.verify_signature()?;
        let key = request.public_key()?;
        self.check_validity(validity)?;
        let mut all = request.sans()?;
        let asked: HashSet<SanName> = all.iter().cloned().collect();
        all.extend(names.iter().filter(|name| !asked.contains(name)).cloned());
        self.check_names(&all)?;
        let mut parts: Vec<Attribute> = Vec::new();
        let mut kinds = HashSet::new();
        for part in request.subject().attributes() {
            let is_new = !kinds.contains(part.kind());
            let is_ours = match part.kind() {
                AttributeType::OrganizationalUnit => true,
                AttributeType::Organization => origin != Origin::Random,
                _ => false,
            };
            if is_new && !is_ours {
                kinds.insert(part.kind());
                parts.push(Attribute::new(part.kind().clone(), part.value())?);
            }
        }
        parts.extend(origin.organization()?);
        parts.push(Attribute::new(AttributeType::OrganizationalUnit, MARK)?);
        let request =
            Request { subject: &Subject::new(parts)?, key: &key, names: &all, purposes, validity, authority: None };
        let certificate = issue::certificate(&request, &self.signatory(), rng)?;
        Ok(std::iter::once(&certificate).chain(self.intermediates()).cloned().collect())
    }

    /// The list of what this authority has revoked, valid for `validity`; `number` has to grow from list to list.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if it would be valid longer than this authority.
    pub fn revoke(&self, revoked: &[Revocation], validity: Validity, number: u64) -> Result<Crl> {
        self.check_validity(validity)?;
        let crl = Crl::from_der(&issue::revocation_list(revoked, validity, number, &self.signatory())?)?;
        crl.verify(self.certificate())?;
        Ok(crl)
    }

    /// True if this authority and those above it may issue for `name`.
    pub fn allows(&self, name: &SanName) -> bool {
        self.constraints.iter().all(|constraints| constraints.allow(name))
    }

    /// True if its own certificate holds it to the names of `profile`, no more and no fewer.
    pub fn is_held_to(&self, profile: &AuthorityProfile) -> bool {
        self.certificate().name_constraints().ok().flatten() == profile.constraints
    }

    fn signatory(&self) -> Signatory<'_> {
        Signatory { subject: self.certificate().subject(), key: &self.key, public: &self.public, key_id: &self.key_id }
    }

    fn check_names(&self, names: &[SanName]) -> Result<()> {
        match names.iter().find(|name| !self.allows(name)) {
            None => Ok(()),
            Some(name) => Err(Error::policy(format!(
                "{name} is outside of what {} may issue for (nameConstraints)",
                self.certificate().subject()
            ))
            .with_hint("make a new authority that is asked for this name too")),
        }
    }

    fn check_validity(&self, validity: Validity) -> Result<()> {
        let own = self.certificate().validity();
        let policy = |fact: String, hint: &str| Err(Error::policy(fact).with_hint(hint));
        let at = time::rfc3339;
        if validity.not_after() > own.not_after() {
            return policy(
                format!(
                    "it would be valid until {}, and outlive its issuer, which ends {}",
                    at(validity.not_after()),
                    at(own.not_after())
                ),
                "ask for fewer days, or make a new authority",
            );
        }
        if validity.not_before() < own.not_before() {
            return policy(
                format!(
                    "it would be valid from {}, before its issuer, which begins {}",
                    at(validity.not_before()),
                    at(own.not_before())
                ),
                "let it begin later, or make a new authority",
            );
        }
        Ok(())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.certificate().subject())
    }
}

impl AuthorityProfile {
    fn request<'a>(&'a self, subject: &'a Subject, key: &'a PublicKey) -> Request<'a> {
        Request {
            subject,
            key,
            names: &[],
            purposes: &[],
            validity: self.validity,
            authority: Some(AuthorityPart { path_length: self.path_length, constraints: self.constraints.clone() }),
        }
    }
}

/// The public half of an authority's key, its identifier, and the name that both give.
pub(super) fn named_after_key(
    key: &PrivateKey,
    unit: &str,
    name: &str,
    origin: Origin,
) -> Result<(PublicKey, Vec<u8>, Subject)> {
    let public = key.public_key();
    let key_id = issue::key_id(&public)?;
    let digits: String = key_id.iter().map(|octet| format!("{octet:02x}")).collect();
    let subject = subject(unit, &format!("{name} {}", &digits[..DIGITS]), origin)?;
    Ok((public, key_id, subject))
}
