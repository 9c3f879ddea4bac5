//! The parts of the prime search, for `cargo bench`. No part of the interface: it changes without notice.

use certwright_work::primes::{Kernel, Means, Number, Scalar, Window, best_kernel, find_pair};
use rand_core::CryptoRng;

use super::generate::generate;
use super::{PrivateKey, RsaBits};

/// An arithmetic by its name.
pub struct Arithmetic(&'static dyn Kernel);

impl Arithmetic {
    /// The one that every machine has.
    pub fn scalar() -> Self {
        Self(&Scalar)
    }

    /// The fastest of this machine.
    pub fn best() -> Self {
        Self(best_kernel())
    }

    /// How many numbers it judges at once.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Euler's test to base 2 on as many numbers as it judges at once.
    pub fn filter(&self, numbers: &[Number]) -> u8 {
        self.0.euler(numbers)
    }

    /// A whole key, with so many threads, or as many as are used elsewhere.
    pub fn key(&self, bits: RsaBits, threads: Option<usize>, rng: &mut impl CryptoRng) -> PrivateKey {
        let threads = threads.unwrap_or(Means::of_this_machine().threads);
        generate(bits, rng, &Means { kernel: self.0, threads }).expect("a key")
    }

    /// Two primes of `bits` bits.
    pub fn pair(&self, bits: u32, threads: usize, rng: &mut impl CryptoRng) -> bool {
        matches!(find_pair(bits, rng, &Means { kernel: self.0, threads }), Ok(Some(_)))
    }
}

/// A window that nothing has been done with yet.
pub struct Stretch(Window);

impl Stretch {
    /// Of numbers of `bits` bits.
    pub fn draw(bits: u32, rng: &mut impl CryptoRng) -> Self {
        let Ok(window) = Window::draw(bits, rng);
        Self(window)
    }

    /// Sieves it; how many numbers are left.
    pub fn sieve(&self) -> usize {
        self.0.survivors().len()
    }

    /// The first survivors.
    pub fn numbers(&self, count: usize) -> Vec<Number> {
        self.0.survivors().iter().take(count).map(|&place| self.0.number(place)).collect()
    }

    /// Finds its first prime, so that there is something to confirm.
    pub fn find(&self, arithmetic: &Arithmetic) {
        self.0.filter(arithmetic.0);
    }

    /// Confirms it.
    pub fn confirm(&self, arithmetic: &Arithmetic) {
        self.0.confirm(arithmetic.0);
    }
}
