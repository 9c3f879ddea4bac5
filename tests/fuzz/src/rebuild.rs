//! The rewriting of files by a renewal.

use std::sync::OnceLock;

use certwright::inspect::{self, Object, Rebuilt, Replacement};
use certwright::testpki::Stream;
use certwright::{CertRequest, Certificate, KeyKind, PrivateKey, Subject};

use crate::pem;
use crate::text::to_utf8;

/// What takes the place of what was there.
struct New {
    certificate: Certificate,
    key: PrivateKey,
}

fn new() -> &'static New {
    static NEW: OnceLock<New> = OnceLock::new();
    NEW.get_or_init(|| New {
        certificate: inspect::certificate(include_bytes!("../../../fixtures/openssl/ec.crt")).expect("the fixture"),
        key: PrivateKey::generate(KeyKind::P256, &mut Stream::new([7; 32])).expect("a key"),
    })
}

impl New {
    /// True for what takes another's place.
    fn is(&self, object: &Object) -> bool {
        match object {
            Object::Certificate(certificate) => certificate.to_der() == self.certificate.to_der(),
            Object::PrivateKey(key) => key.public_key() == self.key.public_key(),
            Object::PublicKey(key) => *key == self.key.public_key(),
            Object::CertRequest(request) => request.public_key().is_ok_and(|key| key == self.key.public_key()),
            _ => false,
        }
    }
}

/// A byte that says which kinds are replaced, and any text: every block is as it was or new, the text around them stays,
/// and nothing is left to be replaced.
pub fn rebuild(data: &[u8]) {
    let Some((&kinds, bytes)) = data.split_first() else { return };
    let mut count = 0;
    let Some(Rebuilt { bytes: after, has_lost_text }) = replace(bytes, kinds, &mut count) else { return };
    assert!(count > 0);
    let before = to_utf8(bytes);
    let (before, after) = (before.as_bytes(), after.as_bytes());
    let (old, now) = (pem::blocks(before), pem::blocks(after));
    assert_eq!(old.len(), now.len(), "the number of blocks");
    if old.is_empty() {
        let items = inspect::inspect(after).expect("what was made is read");
        assert!(items.iter().all(|item| item.object.as_ref().is_ok_and(|object| new().is(object))));
        return;
    }
    let (mut old_end, mut new_end, mut replaced) = (0, 0, 0);
    for (old, now) in old.iter().zip(&now) {
        let (old_gap, new_gap) = (&before[old_end..old.range.start], &after[new_end..now.range.start]);
        assert!(old_gap == new_gap || has_lost_text && new_gap.is_empty(), "the text before line {}", old.line);
        let (old_text, new_text) = (&before[old.range.clone()], &after[now.range.clone()]);
        if old_text != new_text {
            let items = inspect::inspect(new_text).expect("a new block is read");
            assert!(items.len() == 1 && items[0].object.as_ref().is_ok_and(|object| new().is(object)));
            replaced += 1;
        }
        old_end = old.range.end + line_end(&before[old.range.end..]);
        new_end = now.range.end + line_end(&after[now.range.end..]);
    }
    assert!(before[old_end..] == after[new_end..], "the text behind the last block");
    assert_eq!(replaced, count, "blocks replaced");
    assert!(replace(after, kinds, &mut count).is_none(), "something is left to be replaced");
}

fn replace(bytes: &[u8], kinds: u8, count: &mut usize) -> Option<Rebuilt> {
    let New { certificate, key } = new();
    let rebuilt = inspect::rebuild(bytes, |object| {
        if new().is(object) {
            return Ok(None);
        }
        let replacement = match object {
            Object::Certificate(_) if kinds & 1 == 0 => Replacement::Certificate(certificate),
            Object::PrivateKey(_) | Object::EncryptedPrivateKey(_) if kinds & 2 == 0 => Replacement::PrivateKey(key),
            Object::PublicKey(_) if kinds & 4 == 0 => Replacement::PublicKey(key.public_key()),
            Object::CertRequest(request) if kinds & 8 == 0 => {
                let subject = if kinds & 16 == 0 { request.subject() } else { &Subject::parse("CN=new")? };
                Replacement::CertRequest(CertRequest::new(subject, &[], key)?)
            }
            _ => return Ok(None),
        };
        *count += 1;
        Ok(Some(replacement))
    });
    rebuilt.ok().flatten()
}

fn line_end(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}
