//! Random bytes from a generator that may fail.

use std::fmt;

use rand_core::TryCryptoRng;

use crate::error::{Error, ErrorKind, Result};

/// Fills `bytes` from `rng`.
///
/// # Errors
/// [`ErrorKind::Io`] if `rng` fails; `bytes` are then not to be used.
pub(crate) fn fill(rng: &mut impl TryCryptoRng, bytes: &mut [u8]) -> Result<()> {
    rng.try_fill_bytes(bytes).map_err(failed)
}

/// The error for a generator that failed. Its own error may be of any type, so only the text is kept.
pub(crate) fn failed(cause: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Io, "the random number generator failed")
        .with_source(cause.to_string())
        .with_hint("run it again; a sandbox or container has to allow the system call getrandom")
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::time::{Duration, SystemTime};

    use rand_core::{SeedableRng, TryRng};

    use super::*;
    use crate::keystore::{Compatibility, Identity, Keystore};
    use crate::testpki::{Authority, AuthorityProfile, Stream};
    use crate::{CertRequest, Certificate, Iterations, KeyKind, Password, PrivateKey, RsaBits, Subject, Validity};

    #[derive(Debug)]
    struct Exhausted;

    impl fmt::Display for Exhausted {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("exhausted")
        }
    }

    impl std::error::Error for Exhausted {}

    /// Fails after so many draws.
    struct Failing(usize, chacha20::ChaCha20Rng);

    impl Failing {
        fn draw<T>(&mut self, draw: impl FnOnce(&mut chacha20::ChaCha20Rng) -> T) -> Result<T, Exhausted> {
            self.0 = self.0.checked_sub(1).ok_or(Exhausted)?;
            Ok(draw(&mut self.1))
        }
    }

    impl TryRng for Failing {
        type Error = Exhausted;

        fn try_next_u32(&mut self) -> Result<u32, Exhausted> {
            self.draw(rand_core::Rng::next_u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Exhausted> {
            self.draw(rand_core::Rng::next_u64)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Exhausted> {
            self.draw(|rng| rand_core::Rng::fill_bytes(rng, bytes))
        }
    }

    impl TryCryptoRng for Failing {}

    #[test]
    fn a_generator_may_fail_at_any_draw() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let validity = Validity::days(365, now).unwrap();
        let key = PrivateKey::generate_rsa(RsaBits::B2048, &mut Stream::new([1; 32])).unwrap();
        let request = CertRequest::new(&Subject::parse("CN=example").unwrap(), &[], &key).unwrap();
        let certificate = Certificate::self_signed(&request, &key, validity, &mut Stream::new([1; 32])).unwrap();
        let copy = std::str::from_utf8(key.to_pkcs8_pem().unwrap().as_bytes()).map(str::to_owned).unwrap();
        let copy = crate::inspect::inspect(copy.as_bytes()).unwrap().remove(0).object;
        let Ok(crate::inspect::Object::PrivateKey(copy)) = copy else { panic!("a key") };
        let store = Keystore::of(Identity::new("a", copy, vec![certificate.clone()]).unwrap());
        let password = Password::new(b"a password".to_vec());
        let profile = AuthorityProfile::new("example".to_owned(), validity);
        type Work<'a> = (&'a str, usize, Box<dyn Fn(&mut Failing) -> Result<()> + 'a>);
        let works: [Work<'_>; 12] = [
            ("rsa", 10, Box::new(|rng| PrivateKey::generate_rsa(RsaBits::B2048, rng).map(drop))),
            ("p256", 1, Box::new(|rng| PrivateKey::generate(KeyKind::P256, rng).map(drop))),
            ("p384", 1, Box::new(|rng| PrivateKey::generate(KeyKind::P384, rng).map(drop))),
            ("ed25519", 1, Box::new(|rng| PrivateKey::generate(KeyKind::Ed25519, rng).map(drop))),
            ("self-signed", 1, Box::new(|rng| Certificate::self_signed(&request, &key, validity, rng).map(drop))),
            ("renewed", 1, Box::new(|rng| certificate.renewed(&key, validity, rng).map(drop))),
            ("encrypted", 2, Box::new(|rng| key.encrypt(&password, Iterations::new(1000)?, rng).map(drop))),
            ("p12", 5, Box::new(|rng| store.to_p12(&password, Compatibility::Modern, 1000, rng).map(drop))),
            ("old p12", 3, Box::new(|rng| store.to_p12(&password, Compatibility::Java8, 1000, rng).map(drop))),
            ("jks", 1, Box::new(|rng| store.to_jks(&password, now, rng).map(drop))),
            ("password", 1, Box::new(|rng| Password::generate(rng).map(drop))),
            ("authority", 2, Box::new(|rng| Authority::root(&profile, rng).map(drop))),
        ];
        for (name, draws, work) in works {
            for draw in 0.. {
                match work(&mut Failing(draw, chacha20::ChaCha20Rng::from_seed([2; 32]))) {
                    Ok(()) => {
                        assert!(draw >= draws, "{name} has drawn {draw} times only");
                        break;
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Io, "{name}, draw {draw}");
                        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "exhausted");
                    }
                }
            }
        }
        assert_eq!(
            Stream::fork(&mut Failing(0, chacha20::ChaCha20Rng::from_seed([2; 32]))).err().map(|error| error.kind()),
            Some(ErrorKind::Io)
        );
    }
}
