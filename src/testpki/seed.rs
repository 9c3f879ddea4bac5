//! A whole run out of one text.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Stream;

/// What a seed gives changes with this, should the way from it to keys ever change on purpose.
const DOMAIN: &[u8] = b"certwright testpki 1";

/// What the randomness of a run is made of: a text that anyone may know, and with it every key of the run.
///
/// The time of the run is part of it. The same text at another time gives other keys and serial numbers, so that no
/// authority has two certificates with one number.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// The seed of `text` for a run at `now`, which counts in whole seconds.
    pub fn new(text: &str, now: SystemTime) -> Self {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self(derive(DOMAIN, &[&seconds.to_be_bytes(), text.as_bytes()]))
    }

    /// The stream for one `purpose`, such as a certificate by its name: it depends on nothing else that the run makes.
    pub fn stream(&self, purpose: &str) -> Stream {
        Stream::new(*derive(self.0.as_ref(), &[purpose.as_bytes()]))
    }
}

/// HMAC-SHA256 takes a key of any length.
fn derive(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand_core::Rng;

    use super::*;
    use crate::key::{KeyKind, PrivateKey, RsaBits};

    #[test]
    fn text_time_and_purpose_each_change_the_stream() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let first = |text: &str, now, purpose: &str| Seed::new(text, now).stream(purpose).next_u64();
        let one = first("text", now, "ca");
        assert_eq!(one, first("text", now + Duration::from_millis(900), "ca"));
        let others = [
            first("texts", now, "ca"),
            first("text", now + Duration::from_secs(1), "ca"),
            first("text", now, "server"),
        ];
        assert!(others.iter().all(|other| *other != one));
    }

    /// Written down once, on a processor without AVX-512, and the same on one with it.
    #[test]
    fn the_rsa_key_of_a_seed_is_the_same_everywhere() {
        let mut stream = Seed::new("seed", UNIX_EPOCH).stream("entry ca");
        let key = PrivateKey::generate(KeyKind::Rsa(RsaBits::B2048), &mut stream).unwrap();
        let hash = key.public_key().spki_sha256().unwrap();
        assert_eq!(hash[..8], [0xa3, 0xae, 0x3c, 0x5f, 0xd9, 0x32, 0xf7, 0xb3], "{hash:02x?}");
    }
}
