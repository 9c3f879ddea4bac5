//! Randomness that many threads can draw from in an order that does not depend on them.

use std::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::{error, random};

/// A stream of random octets out of 32 (ChaCha20, RFC 8439): the same seed gives the same stream on any machine.
pub struct Stream(ChaCha20Rng);

impl Stream {
    /// The stream of `seed`. Whoever knows the seed knows every key that is made of the stream.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(*Zeroizing::new(seed)))
    }

    /// A stream of its own, its seed drawn from `rng`.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if `rng` fails.
    pub fn fork(rng: &mut impl TryCryptoRng) -> error::Result<Self> {
        let mut seed = Zeroizing::new([0; 32]);
        random::fill(rng, seed.as_mut())?;
        Ok(Self::new(*seed))
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Stream {}
