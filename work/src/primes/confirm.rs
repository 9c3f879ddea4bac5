//! The last word on a prime: eight rounds by the kernel that has found it, and one by an arithmetic that has nothing in
//! common with it.
//!
//! How likely is it that a number which has passed is composite? For numbers drawn uniformly among the odd ones of k bits
//! and uniform bases that is far less than 4^-t after t rounds, the bound for the worst number: p(k, 1) < k^2 4^(2-sqrt k),
//! which is 2^-40 for 1024 bits (I. Damgard, P. Landrock, C. Pomerance, "Average case error estimates for the strong
//! probable prime test", Math. Comp. 61, 1993, theorem 2); FIPS 186-5, C.1, evaluates the sharper bounds of the same
//! paper: 2^-42 for one round, 2^-159 for eight.
//!
//! Here numbers and bases are drawn a little differently. The sieve takes composites away, which helps; two top bits are
//! set, and the window prefers the survivors of thin stretches: small factors. Bases are below 2^(bits-1), at least half of
//! all, so that a round is at most twice as weak: 2^-151 at eight. So where a fault in the kernel lets everything pass,
//! the independent round alone lets a composite by once in about 2^38 keys.

use crypto_bigint::{Odd, U1024, U1536, U2048};
use crypto_primes::hazmat::{MillerRabin, Primality};
use zeroize::Zeroizing;

use super::Number;
use super::kernel::Kernel;

/// True if `number` passes every round. `bases` are for the kernel, `base` is the independent round's.
pub(super) fn is_prime(number: &Number, bases: &[Number], base: &Number, kernel: &dyn Kernel) -> bool {
    kernel.miller_rabin(number, bases) && passes_independent_round(number, base)
}

/// Bases 0 and 1 prove nothing and count as 2; n - 1, which proves nothing either, is far above every base.
///
/// On integers of fixed length: crypto-bigint's others leave copies of the number on the heap.
pub(super) fn passes_independent_round(number: &Number, base: &Number) -> bool {
    let (number, base) = (octets_of(number), octets_of(base));
    macro_rules! round {
        ($integer:ty) => {{
            let Some(odd) = Odd::new(<$integer>::from_le_slice(&number)).into_option() else { return false };
            let base = <$integer>::from_le_slice(&base).max(<$integer>::from_u64(2));
            MillerRabin::new(odd).test(&base) != Primality::Composite
        }};
    }
    match number.len() {
        128 => round!(U1024),
        192 => round!(U1536),
        _ => round!(U2048),
    }
}

/// The least significant first. In one piece: a vector that grows leaves copies behind.
fn octets_of(number: &Number) -> Zeroizing<Vec<u8>> {
    let mut octets = Zeroizing::new(vec![0; 8 * number.len()]);
    octets
        .chunks_exact_mut(8)
        .zip(number.iter())
        .for_each(|(octets, word)| octets.copy_from_slice(&word.to_le_bytes()));
    octets
}
