//! The sieve: which numbers of a window no small prime divides (Eratosthenes, for a stretch that begins anywhere).

use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::{EXPONENT, WINDOW};

/// Small primes are those below this. Deeper costs more than it saves: of 1024-bit numbers 36 tests are left per prime
/// at 2^16 and 32 at 2^18; see `cargo bench` for both sides of it at this depth.
const DEPTH: usize = 1 << 17;

/// Primes whose residues are computed together, which lets the compiler use the processor's vectors.
const ABREAST: usize = 16;

/// The places of `order` whose numbers, counted in odd steps from `start`, have no small factor and are not 1 modulo the
/// public exponent.
pub(super) fn survivors(start: &[u64], order: &[u16]) -> Zeroizing<Vec<u16>> {
    let mut is_out = Zeroizing::new([false; WINDOW]);
    let primes = small_primes();
    let mut places = Zeroizing::new([0; ABREAST]);
    for primes in primes.chunks(ABREAST) {
        let mut moduli = [3; ABREAST];
        moduli[..primes.len()].copy_from_slice(primes);
        residues(start, &moduli, &mut places);
        for (&prime, &residue) in primes.iter().zip(places.iter()) {
            mark(&mut is_out, first_place(residue, prime), prime);
        }
    }
    // gcd(p-1, e) = 1, e being prime.
    let mut residue = Zeroizing::new([0; ABREAST]);
    residues(start, &[EXPONENT as u32; ABREAST], &mut residue);
    let above_one = (residue[0] + EXPONENT as u32 - 1) % EXPONENT as u32;
    mark(&mut is_out, first_place(above_one, EXPONENT as u32), EXPONENT as u32);
    let mut survivors = Zeroizing::new(Vec::with_capacity(WINDOW));
    survivors.extend(order.iter().copied().filter(|&place| !is_out[usize::from(place)]));
    survivors
}

/// The first place whose number is a multiple of `prime`, where that of place 0 leaves `residue`: the solution of
/// residue + 2 place = 0 mod prime.
fn first_place(residue: u32, prime: u32) -> u32 {
    let short = if residue == 0 { 0 } else { prime - residue };
    if short % 2 == 0 { short / 2 } else { (short + prime) / 2 }
}

fn mark(is_out: &mut [bool; WINDOW], first: u32, prime: u32) {
    is_out.iter_mut().skip(first as usize).step_by(prime as usize).for_each(|is_out| *is_out = true);
}

/// `number` modulo each of `moduli`, which are odd and below 2^18: Horner's scheme over its 32-bit words, the least
/// significant first, in Montgomery's form (P. L. Montgomery, "Modular multiplication without trial division",
/// Math. Comp. 44, 1985) so that nothing is divided.
fn residues(number: &[u64], moduli: &[u32; ABREAST], residues: &mut [u32; ABREAST]) {
    let mut inverses = [0_u32; ABREAST];
    let mut factors = [0_u32; ABREAST];
    for ((inverse, factor), &modulus) in inverses.iter_mut().zip(&mut factors).zip(moduli) {
        *inverse = negated_inverse(modulus);
        // 2^32, in Montgomery's form.
        let word = (1_u64 << 32) % u64::from(modulus);
        *factor = (word * word % u64::from(modulus)) as u32;
    }
    // x / 2^32. Below twice the modulus for every x that occurs here, all of which are below 2^38.
    let reduce = |x: u64, modulus: u32, inverse: u32| {
        let multiple = u64::from((x as u32).wrapping_mul(inverse)) * u64::from(modulus);
        ((x + multiple) >> 32) as u32
    };
    *residues = [0; ABREAST];
    for word in number.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]) {
        for lane in 0..ABREAST {
            residues[lane] = reduce(u64::from(residues[lane]) + u64::from(word), moduli[lane], inverses[lane]);
        }
    }
    // Every word has divided by 2^32. What makes up for that is 2^(32 words), in Montgomery's form 2^(32 words + 32).
    let words = 2 * number.len();
    let mut power = factors;
    for bit in (0..words.ilog2()).rev() {
        for lane in 0..ABREAST {
            let square = u64::from(power[lane]) * u64::from(power[lane]);
            power[lane] = reduce(square, moduli[lane], inverses[lane]);
            if words >> bit & 1 == 1 {
                let product = u64::from(power[lane]) * u64::from(factors[lane]);
                power[lane] = reduce(product, moduli[lane], inverses[lane]);
            }
        }
    }
    for lane in 0..ABREAST {
        let product = u64::from(residues[lane]) * u64::from(power[lane]);
        residues[lane] = reduce(product, moduli[lane], inverses[lane]) % moduli[lane];
    }
}

/// -1/modulus modulo 2^32 (Newton's iteration; an odd number is its own inverse modulo 8).
fn negated_inverse(modulus: u32) -> u32 {
    let mut inverse = modulus;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(modulus.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

/// The odd primes below [`DEPTH`].
fn small_primes() -> &'static [u32] {
    static PRIMES: OnceLock<Vec<u32>> = OnceLock::new();
    PRIMES.get_or_init(|| {
        // Place k stands for 2k + 1.
        let mut is_composite = vec![false; DEPTH / 2];
        let mut primes = Vec::with_capacity(DEPTH / 8);
        for place in 1..DEPTH / 2 {
            if !is_composite[place] {
                let prime = 2 * place + 1;
                is_composite.iter_mut().skip(prime * prime / 2).step_by(prime).for_each(|mark| *mark = true);
                primes.push(prime as u32);
            }
        }
        primes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_primes() {
        let primes = small_primes();
        assert_eq!((primes.first(), primes.len()), (Some(&3), 12250), "there are 12251 primes below 2^17");
        assert_eq!(primes.last(), Some(&131071));
    }

    fn remainder(number: &[u64], divisor: u32) -> u32 {
        let step = |rest: u128, &word: &u64| (rest << 64 | u128::from(word)) % u128::from(divisor);
        number.iter().rev().fold(0, step) as u32
    }

    /// Every place of a window by long division; in one window the first, in another the last is 1 mod e.
    #[test]
    fn what_is_left_has_no_small_factor_and_is_not_1_modulo_e() {
        let e = EXPONENT as u32;
        let mut start = vec![0x9e37_79b9_7f4a_7c15_u64 | 1; 16];
        let wanted = |start: &[u64], place: u32| (e + 1 - remainder(start, e) + e - 2 * place % e) % e;
        for place in [0, WINDOW as u32 - 1] {
            // Adding an even number below 2e moves the residue anywhere and keeps the start odd.
            start[0] &= !0x3_ffff;
            start[0] |= 1;
            let short = u64::from(wanted(&start, place));
            start[0] += if short % 2 == 0 { short } else { short + EXPONENT };
            let order: Vec<u16> = (0..WINDOW as u16).rev().collect();
            let left = survivors(&start, &order);
            let is_left = |place: u16| {
                let mut number = start.clone();
                number[0] += 2 * u64::from(place);
                remainder(&number, e) != 1 && small_primes().iter().all(|&prime| remainder(&number, prime) != 0)
            };
            assert_eq!(remainder(&start, e), (2 * e + 1 - 2 * place % e) % e, "place {place} is to be 1 mod e");
            assert!(!is_left(place as u16));
            let expected: Vec<u16> = order.iter().copied().filter(|&place| is_left(place)).collect();
            assert!(*left == expected, "{} places are left of {}", left.len(), expected.len());
        }
    }

    /// Against long division.
    #[test]
    fn residues_are_those_of_division() {
        for words in [16, 24, 32] {
            let number: Vec<u64> = (0..words).map(|word: u64| word.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).collect();
            for number in [number, vec![u64::MAX; words as usize]] {
                let moduli = [3, 5, 7, 11, 13, 251, 65519, 65521, 65537, 131071, 262139, 99991, 17, 19, 23, 29];
                let mut found = [0; ABREAST];
                residues(&number, &moduli, &mut found);
                for (modulus, found) in moduli.into_iter().zip(found) {
                    assert_eq!(found, remainder(&number, modulus), "modulo {modulus}");
                }
            }
        }
    }
}
