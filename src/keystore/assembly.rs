//! Keys and certificates that lie side by side, as in PKCS#12, put together to entries.

use std::borrow::Borrow;
use std::cell::OnceCell;
use std::collections::HashSet;

use super::{Entry, Identity};
use crate::certificate::{Certificate, IssuerIndex};
use crate::error::{Error, Result};
use crate::key::PrivateKey;

/// A key as it was found.
pub(super) struct LooseKey {
    pub(super) alias: String,
    /// What ties it to its certificate (localKeyID).
    pub(super) id: Option<Vec<u8>>,
    pub(super) key: Result<PrivateKey>,
}

/// A certificate as it was found.
pub(super) struct LooseCertificate {
    pub(super) alias: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    /// An entry of its own, whatever chains it also closes.
    pub(super) is_trusted: bool,
    pub(super) certificate: Certificate,
}

/// The most certificates in the chain of a key; a real one has five at most.
pub(super) const MAX_CHAIN_LEN: usize = 32;

/// The places of the certificate at `own`, of its issuer, and so on up to the root.
pub(super) fn chain<C: Borrow<Certificate>>(
    own: usize,
    issuer_of: impl Fn(usize) -> Option<usize>,
    certificates: &[C],
) -> Result<Vec<usize>> {
    let mut chain = vec![own];
    let mut last = own;
    while !certificates[last].borrow().is_self_issued()
        && let Some(issuer) = issuer_of(last).filter(|issuer| !chain.contains(issuer))
    {
        if chain.len() == MAX_CHAIN_LEN {
            return Err(Error::policy(format!("its chain has more than {MAX_CHAIN_LEN} certificates")));
        }
        chain.push(issuer);
        last = issuer;
    }
    Ok(chain)
}

/// The entries of keys and certificates that were found apart: each key with the certificate of its identifier, or else of
/// its numbers, and the chain above it.
pub(super) fn assemble(keys: Vec<LooseKey>, certificates: Vec<LooseCertificate>) -> Vec<Entry> {
    let mut is_used = vec![false; certificates.len()];
    let publics: Vec<_> = certificates.iter().map(|loose| loose.certificate.public_key().ok()).collect();
    // Some files hold the issuer of several keys once for each of them.
    let mut shared: HashSet<Vec<u8>> = HashSet::new();
    let all: Vec<&Certificate> = certificates.iter().map(|loose| &loose.certificate).collect();
    let index = IssuerIndex::of(all.iter().copied());
    let issuers: Vec<OnceCell<Option<usize>>> = certificates.iter().map(|_| OnceCell::new()).collect();
    let mut entries = Vec::new();
    for LooseKey { alias, id, key } in keys {
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                // Its certificate is not one that belongs to nothing.
                let own = certificates.iter().position(|loose| id.is_some() && loose.id == id);
                own.into_iter().for_each(|at| is_used[at] = true);
                entries.push(Entry::Unreadable { alias, error });
                continue;
            }
        };
        let public = Some(key.public_key());
        let is_own = |&at: &usize| publics[at] == public && !certificates[at].is_trusted;
        let of_id = (0..certificates.len()).filter(is_own).find(|&at| id.is_some() && certificates[at].id == id);
        let Some(own) = of_id.or_else(|| (0..certificates.len()).find(is_own)) else {
            entries.push(Entry::LoneKey { alias, key });
            continue;
        };
        // Each signature is checked once, however many keys have the certificate in their chains.
        let issuer_of = |at: usize| *issuers[at].get_or_init(|| index.issuer_of(&certificates[at].certificate));
        let chain = match chain(own, issuer_of, &all) {
            Ok(chain) => chain,
            Err(error) => {
                is_used[own] = true;
                entries.push(Entry::Unreadable { alias, error });
                continue;
            }
        };
        chain.iter().for_each(|&at| is_used[at] = true);
        let chain: Vec<_> = chain.into_iter().map(|at| certificates[at].certificate.clone()).collect();
        shared.extend(chain.iter().skip(1).map(|issuer| issuer.to_der().to_vec()));
        entries.push(Entry::Identity(Identity { alias, key, chain }));
    }
    let rest = certificates.into_iter().zip(is_used);
    let rest =
        rest.filter(|(loose, is_used)| loose.is_trusted || !is_used && !shared.contains(loose.certificate.to_der()));
    entries.extend(rest.map(|(loose, _)| {
        let alias = loose.alias.unwrap_or_else(|| loose.certificate.subject().to_string());
        Entry::Certificate { alias, certificate: loose.certificate }
    }));
    entries
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::testpki::{Authority, AuthorityProfile, Origin, Profile, Purpose, Stream};
    use crate::{KeyKind, Validity};

    #[test]
    fn a_repeated_issuer_is_not_an_entry_but_a_trusted_one_is() {
        let mut rng = Stream::new([1; 32]);
        let validity = Validity::days(30, UNIX_EPOCH + Duration::from_secs(1_800_000_000)).unwrap();
        let root = Authority::root(&AuthorityProfile::new("root", validity), &mut rng).unwrap();
        let issuing = root.intermediate(&AuthorityProfile::new("issuing", validity), &mut rng).unwrap();
        let (mut keys, mut certificates) = (Vec::new(), Vec::new());
        for alias in ["one", "two"] {
            let profile = Profile {
                common_name: alias.to_owned(),
                key: KeyKind::P256,
                names: Vec::new(),
                purposes: vec![Purpose::Client],
                validity,
                origin: Origin::Random,
            };
            let (key, chain) = issuing.issue(&profile, &mut rng).unwrap().into_parts();
            keys.push(LooseKey { alias: alias.to_owned(), id: None, key: Ok(key) });
            let loose = |certificate| LooseCertificate { alias: None, id: None, is_trusted: false, certificate };
            certificates.extend(chain.into_iter().map(loose));
        }
        let certificate = certificates[1].certificate.clone();
        let alias = Some("trusted".to_owned());
        certificates.push(LooseCertificate { alias, id: None, is_trusted: true, certificate });
        assert_eq!(certificates.len(), 5);
        let entries = assemble(keys, certificates);
        let aliases: Vec<&str> = entries.iter().map(Entry::alias).collect();
        assert_eq!(aliases, ["one", "two", "trusted"]);
        assert!(entries[..2].iter().all(|entry| matches!(entry, Entry::Identity(one) if one.chain().len() == 2)));
    }
}
