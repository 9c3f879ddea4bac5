//! A renewal: the certificate that takes another's place wherever that stands, and perhaps a new key.
//!
//! ```
//! use certwright::Renewal;
//! # use std::time::{Duration, SystemTime};
//! # use certwright::{CertRequest, Certificate, KeyKind, PrivateKey, Subject, Validity};
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! # let key = PrivateKey::generate(KeyKind::P256, &mut rng)?;
//! # let request = CertRequest::new(&Subject::parse("CN=example")?, &[], &key)?;
//! # let old = Certificate::self_signed(&request, &key, Validity::days(365, now)?, &mut rng)?;
//! # let next_year = now + Duration::from_secs(360 * 86_400);
//!
//! // `old` is a self-signed certificate of `key`; the new one lasts as long as it did.
//! let validity = old.validity().renewed(next_year)?;
//! let renewal = Renewal::keeping_key(old.clone(), &key, validity, &mut rng)?;
//! assert_eq!(renewal.certificate().subject(), old.subject());
//! // What `EncodedKeystore::renewed` asks of every certificate in a keystore.
//! assert!(renewal.successor(&old).is_some());
//! # Ok::<(), certwright::Error>(())
//! ```

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use rand_core::TryCryptoRng;

use crate::certificate::{Certificate, Validity};
use crate::error::Result;
use crate::key::{PrivateKey, PublicKey};

/// What takes the place of what.
#[derive(Debug)]
pub struct Renewal {
    old: Certificate,
    /// The DER of all whose place the new one takes.
    replaced: HashSet<Vec<u8>>,
    old_key: PublicKey,
    new: Certificate,
    new_key: Option<PrivateKey>,
}

impl Renewal {
    /// Renews `old`, a self-signed certificate, for the `key` that it has.
    ///
    /// # Errors
    /// Those of [`Certificate::renewed`].
    pub fn keeping_key(
        old: Certificate,
        key: &PrivateKey,
        validity: Validity,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self> {
        let new = old.renewed(key, validity, rng)?;
        Ok(Self { old_key: old.public_key()?, replaced: [old.to_der().to_vec()].into(), old, new, new_key: None })
    }

    /// Renews `old`, a self-signed certificate, for `key`, which takes the place of its own.
    ///
    /// # Errors
    /// Those of [`Certificate::renewed`].
    pub fn with_new_key(
        old: Certificate,
        key: PrivateKey,
        validity: Validity,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self> {
        let new = old.renewed(&key, validity, rng)?;
        Ok(Self { old_key: old.public_key()?, replaced: [old.to_der().to_vec()].into(), old, new, new_key: Some(key) })
    }

    /// The new certificate takes the place of these too, which `old` had outdated.
    #[must_use]
    pub fn with_stale(mut self, stale: impl IntoIterator<Item = Certificate>) -> Self {
        self.replaced.extend(stale.into_iter().map(|one| one.to_der().to_vec()));
        self
    }

    /// The certificate that was renewed.
    pub fn old(&self) -> &Certificate {
        &self.old
    }

    /// The new certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.new
    }

    /// The new key, if there is one.
    pub fn new_key(&self) -> Option<&PrivateKey> {
        self.new_key.as_ref()
    }

    /// The certificate to stand in the place of this one; `None` if that stays.
    pub fn successor(&self, certificate: &Certificate) -> Option<&Certificate> {
        self.replaced.contains(certificate.to_der()).then_some(&self.new)
    }

    /// The key to stand in the place of the one with this public half; `None` if that stays.
    pub fn key_successor(&self, key: &PublicKey) -> Option<&PrivateKey> {
        self.new_key.as_ref().filter(|_| *key == self.old_key)
    }
}

/// A certificate with the place where it was found.
#[derive(Debug)]
pub struct Holding<P> {
    /// Where it is.
    pub place: P,
    /// The number of the folder, or whatever else belongs together, that the place is in.
    pub group: usize,
    /// The certificate.
    pub certificate: Certificate,
}

/// A certificate with every place where it was found.
#[derive(Debug)]
pub struct Stock<P> {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it is, with the group of each place.
    pub places: Vec<(P, usize)>,
    /// The number, among all, of the newest one that has taken its place.
    pub superseded_by: Option<usize>,
}

/// Puts the same certificates together, the first to expire first, and tells which of them are stale.
///
/// Stale is one where a newer one is (of a later notBefore) that is valid at `now` and has the same subject and key. One of
/// another key is stale beside a newer one, in a group that does not have its key any more; `keys` are those of the groups.
/// Of certificates of authorities those of one issuer alone outdate each other: twins of several issuers are several ways
/// up.
pub fn take_stock<P>(
    holdings: impl IntoIterator<Item = Holding<P>>,
    keys: &[(usize, PublicKey)],
    now: SystemTime,
) -> Vec<Stock<P>> {
    let mut stock: Vec<Stock<P>> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    for Holding { place, group, certificate } in holdings {
        match known.get(certificate.to_der()) {
            Some(&at) => stock[at].places.push((place, group)),
            None => {
                known.insert(certificate.to_der().to_vec(), stock.len());
                stock.push(Stock { certificate, places: vec![(place, group)], superseded_by: None });
            }
        }
    }
    stock.sort_by_key(|one| one.certificate.validity().not_after());
    let superseded_by = successors(&stock, keys, now);
    stock.iter_mut().zip(superseded_by).for_each(|(one, by)| one.superseded_by = by);
    stock
}

/// What two certificates have in common where one outdates the other: the subject, the issuer too where the older one is
/// a CA's, and the key or a group.
#[derive(PartialEq, Eq, Hash)]
struct Common<'a> {
    subject: &'a [u8],
    issuer: Option<&'a [u8]>,
    link: Link<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Link<'a> {
    Key(&'a [u8]),
    Group(usize),
}

/// For each of `stock` the number of the newest that outdates it. The newest valid one is kept of all that have something
/// in common, so that not every certificate is compared with every other.
fn successors<P>(stock: &[Stock<P>], keys: &[(usize, PublicKey)], now: SystemTime) -> Vec<Option<usize>> {
    let spki = |key: &PublicKey| key.to_spki_der().ok();
    let publics: Vec<Option<Vec<u8>>> =
        stock.iter().map(|one| one.certificate.public_key().ok().as_ref().and_then(spki)).collect();
    let in_use: HashSet<(usize, Vec<u8>)> = keys.iter().filter_map(|(group, key)| Some((*group, spki(key)?))).collect();
    let key_of = |at: usize| publics[at].as_deref().map(Link::Key);
    let groups_of = |at: usize| stock[at].places.iter().map(|(_, group)| Link::Group(*group));
    let mut newest: HashMap<Common<'_>, (SystemTime, usize)> = HashMap::new();
    for (at, Stock { certificate, .. }) in stock.iter().enumerate().filter(|(_, one)| one.certificate.is_valid_at(now))
    {
        let (subject, age) = (certificate.subject().to_der(), (certificate.validity().not_before(), at));
        for link in key_of(at).into_iter().chain(groups_of(at)) {
            for issuer in [None, Some(certificate.issuer().to_der())] {
                let known = newest.entry(Common { subject, issuer, link }).or_insert(age);
                *known = age.max(*known);
            }
        }
    }
    let newest_for = |at: usize| {
        let certificate = &stock[at].certificate;
        let is_used = |group: usize| publics[at].as_ref().is_some_and(|key| in_use.contains(&(group, key.clone())));
        let has_own_key = stock[at].places.iter().any(|(_, group)| is_used(*group));
        let beside = (!has_own_key).then(|| groups_of(at)).into_iter().flatten();
        let issuer = certificate.is_ca().then(|| certificate.issuer().to_der());
        let found = key_of(at)
            .into_iter()
            .chain(beside)
            .filter_map(|link| newest.get(&Common { subject: certificate.subject().to_der(), issuer, link }).copied());
        found.max().filter(|(begin, _)| *begin > certificate.validity().not_before()).map(|(_, newer)| newer)
    };
    (0..stock.len()).map(newest_for).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testpki::Stream;
    use crate::time::DAY;
    use crate::{CertRequest, KeyKind, Subject};

    fn at(day: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * (20_000 + day)
    }

    /// A certificate for `subject` from one day to another.
    fn certificate(subject: &str, key: &PrivateKey, from: u32, until: u32) -> Certificate {
        let request = CertRequest::new(&Subject::parse(subject).unwrap(), &[], key).unwrap();
        let validity = Validity::between(at(from), at(until)).unwrap();
        Certificate::self_signed(&request, key, validity, &mut Stream::new([from as u8; 32])).unwrap()
    }

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::generate(KeyKind::P256, &mut Stream::new([seed; 32])).unwrap()
    }

    #[test]
    fn copies_are_put_together_and_older_ones_are_stale() {
        let (one, two) = (key(1), key(2));
        let (old, new) = (certificate("O=x", &one, 0, 100), certificate("O=x", &one, 50, 150));
        let (used, gone) = (certificate("O=x", &two, 10, 400), certificate("O=x", &key(3), 10, 500));
        let other = certificate("O=y", &one, 0, 90);
        let future = certificate("O=x", &one, 70, 170);
        let holdings = [
            ("new.p12", 0, &new),
            ("old.crt", 0, &old),
            ("new.crt", 0, &new),
            ("elsewhere/old.crt", 1, &old),
            ("two.crt", 0, &used),
            ("other.crt", 0, &other),
            ("future.crt", 0, &future),
            ("third/two.crt", 2, &gone),
            ("third/new.crt", 2, &new),
        ];
        let holdings = holdings.map(|(place, group, one)| Holding { place, group, certificate: one.clone() });
        let stock = take_stock(holdings, &[(0, one.public_key()), (0, two.public_key())], at(60));
        let told: Vec<(Vec<&str>, Option<usize>)> =
            stock.iter().map(|one| (one.places.iter().map(|(place, _)| *place).collect(), one.superseded_by)).collect();
        // Of another key one is stale where that key is gone; the one of the future outdates nothing yet.
        assert_eq!(
            told,
            [
                (vec!["other.crt"], None),
                (vec!["old.crt", "elsewhere/old.crt"], Some(2)),
                (vec!["new.p12", "new.crt", "third/new.crt"], None),
                (vec!["future.crt"], None),
                (vec!["two.crt"], None),
                (vec!["third/two.crt"], Some(2)),
            ]
        );
    }

    #[test]
    fn what_has_expired_outdates_nothing() {
        let key = key(1);
        let holdings = [(0, 100), (50, 60)].map(|(from, until)| Holding {
            place: (),
            group: 0,
            certificate: certificate("O=x", &key, from, until),
        });
        assert!(take_stock(holdings, &[], at(70)).iter().all(|one| one.superseded_by.is_none()));
    }

    #[test]
    fn a_renewal_knows_what_goes() {
        let (old_key, new_key) = (key(1), key(2));
        let old = certificate("O=x", &old_key, 0, 100);
        let stale = certificate("O=x", &old_key, 0, 50);
        let validity = old.validity().renewed(at(90)).unwrap();
        let mut rng = Stream::new([9; 32]);
        let kept = Renewal::keeping_key(old.clone(), &old_key, validity, &mut rng).unwrap();
        assert_eq!(kept.certificate().public_key().unwrap(), old_key.public_key());
        assert!(kept.successor(&old).is_some() && kept.successor(&stale).is_none());
        assert!(kept.key_successor(&old_key.public_key()).is_none());
        let kept = kept.with_stale([stale.clone()]);
        assert!(kept.successor(&stale).is_some() && kept.successor(kept.certificate()).is_none());
        let replaced = Renewal::with_new_key(old, new_key, validity, &mut rng).unwrap();
        assert!(replaced.key_successor(&old_key.public_key()).is_some());
        assert!(replaced.key_successor(&replaced.certificate().public_key().unwrap()).is_none());
    }
}
