//! What the search asks of an arithmetic, and which one this machine has.

use super::Number;

/// Modular exponentiation, as primality tests need it. Every implementation gives the same verdicts on primes, and on
/// composites as far as [`euler`](Kernel::euler) goes: the definition leaves no choice.
///
/// Numbers are odd, of 1024, 1536 or 2048 bits, with their two top bits set.
pub trait Kernel: Sync {
    /// How many numbers [`euler`](Kernel::euler) judges for the price of one: 8 at most.
    fn width(&self) -> usize;

    /// Euler's criterion to base 2: bit i is set if 2^((n-1)/2) = 1 or -1 mod n for number i. Every prime passes;
    /// of large composites so few do that none is expected here.
    fn euler(&self, numbers: &[Number]) -> u8;

    /// True if `number` is a strong probable prime to all `bases` (Miller-Rabin; FIPS 186-5, B.3.1), which are at most
    /// eight and stand for residues b in some Montgomery form b R. Which form does not matter for random ones.
    fn miller_rabin(&self, number: &Number, bases: &[Number]) -> bool;
}

/// The fastest of this machine, found at run time.
pub fn best() -> &'static dyn Kernel {
    #[cfg(all(feature = "ifma", target_arch = "x86_64"))]
    if let Some(kernel) = super::ifma::kernel() {
        return kernel;
    }
    &super::scalar::Scalar
}
