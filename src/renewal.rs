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

use std::time::SystemTime;

use rand_core::TryCryptoRng;

use crate::certificate::{Certificate, Validity};
use crate::error::Result;
use crate::key::{PrivateKey, PublicKey};

/// What takes the place of what.
#[derive(Debug)]
pub struct Renewal {
    old: Vec<Certificate>,
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
        Ok(Self { old_key: old.public_key()?, old: vec![old], new, new_key: None })
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
        Ok(Self { old_key: old.public_key()?, old: vec![old], new, new_key: Some(key) })
    }

    /// The new certificate takes the place of these too, which `old` had outdated.
    #[must_use]
    pub fn with_stale(mut self, stale: impl IntoIterator<Item = Certificate>) -> Self {
        self.old.extend(stale);
        self
    }

    /// The certificate that was renewed.
    pub fn old(&self) -> &Certificate {
        &self.old[0]
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
        self.old.iter().any(|old| old.to_der() == certificate.to_der()).then_some(&self.new)
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
    for Holding { place, group, certificate } in holdings {
        match stock.iter_mut().find(|known| known.certificate.to_der() == certificate.to_der()) {
            Some(known) => known.places.push((place, group)),
            None => stock.push(Stock { certificate, places: vec![(place, group)], superseded_by: None }),
        }
    }
    stock.sort_by_key(|one| one.certificate.validity().not_after());
    let publics: Vec<Option<PublicKey>> = stock.iter().map(|one| one.certificate.public_key().ok()).collect();
    for at in 0..stock.len() {
        let is_in_use = |group| {
            publics[at].as_ref().is_some_and(|own| keys.iter().any(|(place, key)| place == group && key == own))
        };
        let has_own_key = stock[at].places.iter().any(|(_, group)| is_in_use(group));
        let newer = (0..stock.len()).filter(|&other| {
            let same_key = || publics[at].is_some() && publics[at] == publics[other];
            let is_beside = || !has_own_key && share_group(&stock[at], &stock[other]);
            outdates(&stock[other].certificate, &stock[at].certificate, now) && (same_key() || is_beside())
        });
        stock[at].superseded_by = newer.max_by_key(|&other| stock[other].certificate.validity().not_before());
    }
    stock
}

fn share_group<P>(one: &Stock<P>, other: &Stock<P>) -> bool {
    one.places.iter().any(|(_, group)| other.places.iter().any(|(_, known)| known == group))
}

/// True if `new` may have taken the place of `old`, as far as names and dates tell.
fn outdates(new: &Certificate, old: &Certificate, now: SystemTime) -> bool {
    new.validity().not_before() > old.validity().not_before()
        && new.is_valid_at(now)
        && new.subject().to_der() == old.subject().to_der()
        && (!old.is_ca() || new.issuer().to_der() == old.issuer().to_der())
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
