//! Keys and certificates that lie side by side, as in PKCS#12, put together to entries.

use std::collections::HashSet;

use super::{Entry, Identity};
use crate::certificate::Certificate;
use crate::error::Result;
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

/// The entries of keys and certificates that were found apart: each key with the certificate of its identifier, or else of
/// its numbers, and the chain above it.
pub(super) fn assemble(keys: Vec<LooseKey>, certificates: Vec<LooseCertificate>) -> Vec<Entry> {
    let mut is_used = vec![false; certificates.len()];
    let publics: Vec<_> = certificates.iter().map(|loose| loose.certificate.public_key().ok()).collect();
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
        let mut chain = vec![own];
        while let Some(last) =
            chain.last().map(|&at| &certificates[at].certificate).filter(|last| !last.is_self_issued())
        {
            let signed = |&at: &usize| {
                !chain.contains(&at)
                    && last.issuer().to_der() == certificates[at].certificate.subject().to_der()
                    && publics[at].as_ref().is_some_and(|key| last.verify_signature(key).is_ok())
            };
            match (0..certificates.len()).find(signed) {
                Some(at) => chain.push(at),
                None => break,
            }
        }
        chain.iter().for_each(|&at| is_used[at] = true);
        let chain = chain.into_iter().map(|at| certificates[at].certificate.clone()).collect();
        entries.push(Entry::Identity(Identity { alias, key, chain }));
    }
    // Files hold an issuer once for each chain, or once for all.
    let used: HashSet<Vec<u8>> =
        certificates.iter().zip(&is_used).filter(|(_, used)| **used).map(|(loose, _)| der(loose)).collect();
    let rest = certificates.into_iter().zip(is_used);
    let rest = rest.filter(|(loose, is_used)| loose.is_trusted || !is_used && !used.contains(&der(loose)));
    entries.extend(rest.map(|(loose, _)| {
        let alias = loose.alias.unwrap_or_else(|| loose.certificate.subject().to_string());
        Entry::Certificate { alias, certificate: loose.certificate }
    }));
    entries
}

fn der(loose: &LooseCertificate) -> Vec<u8> {
    loose.certificate.to_der().to_vec()
}
