//! A JKS with a certificate renewed. What does not change stays octet for octet: each key may have a password of its own,
//! which nobody has to know for that.

use std::time::SystemTime;

use rand_core::TryCryptoRng;

use super::{DIGEST, PRIVATE_KEY, Reader, TRUSTED, checked_content, creation_time, malformed, protect, store_digest};
use super::{unprotect, utf16};
use crate::certificate::Certificate;
use crate::error::{ErrorKind, Result};
use crate::renewal::Renewal;
use crate::secret::{Password, SecretBytes};

/// The magic number and the version.
const HEAD: usize = 8;
const CREATED: usize = 8;

impl<'a> Reader<'a> {
    /// What was read since `before`.
    fn since(&self, before: &'a [u8]) -> &'a [u8] {
        &before[..before.len() - self.0.len()]
    }
}

pub(in crate::keystore) fn renew(
    bytes: &[u8],
    renewal: &Renewal,
    password: &Password,
    key_password: &Password,
    now: SystemTime,
    rng: &mut impl TryCryptoRng,
) -> Result<SecretBytes> {
    let content = checked_content(bytes, password)?;
    let mut reader = Reader(content);
    reader.take(HEAD)?;
    let count = reader.u32()?;
    let mut new = Vec::with_capacity(2 * content.len() + DIGEST);
    new.extend(reader.since(content));
    for _ in 0..count {
        let before = reader.0;
        let tag = reader.u32()?;
        reader.text()?;
        let head = reader.since(before);
        let created = reader.take(CREATED)?;
        let key = if tag == PRIVATE_KEY { Some(reader.block()?) } else { None };
        let certificates = match tag {
            PRIVATE_KEY => reader.u32()?,
            TRUSTED => 1,
            _ => return Err(malformed()),
        };
        let before = reader.0;
        let mut chain = Vec::new();
        for _ in 0..certificates {
            let before = reader.0;
            let certificate = reader.certificate()?;
            chain.push((certificate.ok(), reader.since(before)));
        }
        let first = chain.first().and_then(|(certificate, _)| certificate.as_ref());
        let successor = |one: &Option<Certificate>| one.as_ref().and_then(|one| renewal.successor(one));
        let is_changed = chain.iter().any(|(one, _)| successor(one).is_some());
        new.extend(head);
        match is_changed {
            true => new.extend(creation_time(now)),
            false => new.extend(created),
        }
        if let Some(key) = key {
            let of_old = first.filter(|first| renewal.successor(first).is_some()).and_then(|one| one.public_key().ok());
            match of_old.and_then(|public| renewal.key_successor(&public)) {
                Some(new_key) => {
                    // The password that opened the old one.
                    let is_wrong = |error: &crate::Error| error.kind() == ErrorKind::Password;
                    let password = match unprotect(key, key_password) {
                        Err(error) if is_wrong(&error) => {
                            unprotect(key, password).map(|_| password).map_err(|_| error)?
                        }
                        other => other.map(|_| key_password)?,
                    };
                    put_block(&mut new, &protect(new_key, &utf16(password)?, rng)?);
                }
                None => put_block(&mut new, key),
            }
            new.extend(certificates.to_be_bytes());
        }
        match is_changed {
            false => new.extend(reader.since(before)),
            true => chain.iter().for_each(|(one, whole)| match successor(one) {
                Some(successor) => {
                    // The certificate's type, as it stood before.
                    new.extend(&whole[..2 + "X.509".len()]);
                    put_block(&mut new, successor.to_der());
                }
                None => new.extend(*whole),
            }),
        }
    }
    let digest = store_digest(&new, password)?;
    new.extend(digest);
    Ok(SecretBytes::new(new))
}

/// Nothing here is longer than a file that was read.
fn put_block(out: &mut Vec<u8>, block: &[u8]) {
    out.extend(u32::try_from(block.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(block);
}
