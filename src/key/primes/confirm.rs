//! The last word on a prime: eight rounds by the kernel that has found it, and one by an arithmetic that has nothing in
//! common with it.
//!
//! A composite of k bits drawn at random survives t rounds with random bases with a probability far below 4^-t, the
//! bound for the worst composite: for k >= 88 and t = 1 it is below k^2 4^(2 - sqrt k), for 1024 bits 2^-40, and for
//! eight rounds below 2^-150 (I. Damgard, P. Landrock, C. Pomerance, "Average case error estimates for the strong probable
//! prime test", Math. Comp. 61, 1993, theorem 2 and the table of section 5; FIPS 186-5, table B.1, rests on it). So where
//! a fault in the kernel lets everything pass, the independent round alone still lets less than one composite in 2^40 by.
//! The bound is for numbers drawn uniformly among the odd ones. The sieve has taken away composites alone, which helps;
//! the window prefers the survivors of thin stretches to those of crowded ones, a factor near 1 beside those powers.

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::{MillerRabin, Primality};

use super::Number;
use super::kernel::Kernel;

/// True if `number` passes every round. `bases` are for the kernel, `base` is the independent round's.
pub(super) fn is_prime(number: &Number, bases: &[Number], base: &Number, kernel: &dyn Kernel) -> bool {
    kernel.miller_rabin(number, bases) && passes_independent_round(number, base)
}

fn passes_independent_round(number: &Number, base: &Number) -> bool {
    let number = BoxedUint::from_words(number.iter().copied());
    let Some(odd) = Odd::new(number).into_option() else { return false };
    // From 2 on, as 0 and 1 prove nothing; it is below a quarter of 2^bits, so n - 1, which proves nothing either, is far.
    let two = BoxedUint::from_words(base.iter().enumerate().map(|(word, _)| if word == 0 { 2 } else { 0 }));
    let base = BoxedUint::from_words(base.iter().copied());
    let base = if base < two { two } else { base };
    MillerRabin::new(odd).test(&base) != Primality::Composite
}
