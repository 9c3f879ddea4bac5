//! The search judged by crypto-primes and by big integers. Every path of it is run by a switch, not by luck: the
//! instructions of `ifma.rs` where the processor has them, the text of `lanes.rs` on ordinary integers everywhere.

use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd, Resize};
use crypto_primes::hazmat::{MillerRabin, Primality};
use crypto_primes::{Flavor, is_prime};
use rand_core::{TryCryptoRng, TryRng};

use super::scalar::Scalar;
use super::*;

mod edges;
mod model;

use model::{Model, faulty::Faulty};

const SCALAR: &str = "scalar";
const LANES: &str = "lanes on integers";

/// Every arithmetic there is here. That of `ifma.rs` is missing where the processor lacks it, and said to be.
fn kernels() -> Vec<(&'static str, &'static dyn Kernel)> {
    let everywhere = [(SCALAR, &Scalar as &dyn Kernel), (LANES, &Model)];
    #[cfg(all(feature = "ifma", target_arch = "x86_64"))]
    let here = match super::ifma::kernel() {
        Some(kernel) => Some(("IFMA", kernel)),
        None => {
            eprintln!("NOT RUN: the instructions of ifma.rs, which this processor lacks");
            None
        }
    };
    #[cfg(not(all(feature = "ifma", target_arch = "x86_64")))]
    let here = None;
    everywhere.into_iter().chain(here).collect()
}

/// SplitMix64: the same octets for the same seed. For tests alone.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ word >> 31)
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        octets.iter_mut().try_for_each(|octet| self.try_next_u64().map(|word| *octet = word as u8))
    }
}

impl TryCryptoRng for Seeded {}

/// A window from a generator that cannot fail.
fn draw(bits: u32, rng: &mut impl TryCryptoRng<Error = Infallible>) -> Window {
    let Ok(window) = Window::draw(bits, rng);
    window
}

/// Primes from a generator that cannot fail.
fn find_pair(bits: u32, rng: &mut impl TryCryptoRng<Error = Infallible>, means: &Means<'_>) -> Option<[Number; 2]> {
    let Ok(pair) = super::find_pair(bits, rng, means);
    pair
}

fn big(number: &[u64]) -> BoxedUint {
    BoxedUint::from_words(number.iter().copied())
}

fn is_prime_to_others(number: &Number) -> bool {
    is_prime(Flavor::Any, &big(number))
}

/// Judges `numbers` as crypto-primes does: Euler's test may let none of these composites pass that it calls composite,
/// and the confirmations have to agree with it altogether. The lanes on integers, slow as they are, judge every
/// `sample`th batch. How many were prime.
fn agree(numbers: &[Number], sample: usize, rng: &mut Seeded) -> u32 {
    let words = numbers[0].len();
    let window = draw(64 * words as u32, rng);
    let primes = AtomicU32::new(0);
    let queue = Mutex::new(numbers.chunks(8).enumerate());
    share(thread::available_parallelism().map_or(1, usize::from), &|_| {
        loop {
            let Some((index, batch)) = queue.lock().expect("no thread has failed").next() else { return };
            let kernels: Vec<_> =
                kernels().into_iter().filter(|(name, _)| *name != LANES || index.is_multiple_of(sample)).collect();
            let expected = batch.iter().map(is_prime_to_others).collect::<Vec<_>>();
            primes.fetch_add(expected.iter().filter(|&&is| is).count() as u32, Ordering::Relaxed);
            for (name, kernel) in &kernels {
                for (part, expected) in batch.chunks(kernel.width()).zip(expected.chunks(kernel.width())) {
                    let passed = kernel.euler(part);
                    for (index, (number, &expected)) in part.iter().zip(expected).enumerate() {
                        assert_eq!(passed >> index & 1 == 1, expected, "{name}: {:x?}", &number[..]);
                    }
                }
            }
            for (number, &expected) in batch.iter().zip(&expected) {
                let independent = confirm::is_prime(number, &window.bases, &window.base, &Lenient);
                assert_eq!(independent, expected, "crypto-primes: {:x?}", &number[..]);
            }
            // A composite leaves at the first base; so each is given one, and the primes all.
            for (name, kernel) in &kernels {
                let judged = batch.iter().zip(&expected).enumerate().filter(|(index, (_, is))| **is || *index == 0);
                for (_, (number, &expected)) in judged {
                    let judged = kernel.miller_rabin(number, &window.bases);
                    assert_eq!(judged, expected, "{name}: {:x?}", &number[..]);
                }
            }
        }
    });
    primes.into_inner()
}

/// The prime of so many bits in fixtures/primes/modp.txt.
fn known_prime(bits: u32) -> Number {
    let text = include_str!("../../../fixtures/primes/modp.txt");
    let digits = text.lines().find(|line| line.len() * 4 == bits as usize).expect("a prime of this length");
    words_of(digits).collect::<Vec<_>>().into()
}

/// Hexadecimal digits as words, the least significant first.
fn words_of(digits: &str) -> impl Iterator<Item = u64> {
    digits.as_bytes().rchunks(16).map(|digits| {
        let digits = std::str::from_utf8(digits).expect("digits");
        u64::from_str_radix(digits, 16).expect("hexadecimal digits")
    })
}

fn survivors_of(bits: u32, count: usize, rng: &mut Seeded) -> Vec<Number> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let window = draw(bits, rng);
        numbers.extend(window.survivors().iter().map(|&place| window.number(place)));
    }
    numbers.truncate(count);
    numbers
}

#[test]
fn survivors_are_judged_as_crypto_primes_judges_them() {
    let mut rng = Seeded(1);
    for (bits, count, least) in [(1024, 800, 13), (1536, 160, 2), (2048, 80, 1)] {
        let mut numbers = survivors_of(bits, count, &mut rng);
        numbers.extend(edges::moduli(bits as usize / 64, &mut rng));
        numbers.push(known_prime(bits));
        let primes = agree(&numbers, 1, &mut rng);
        assert!(primes >= least, "{primes} primes among {count} survivors of {bits} bits");
    }
}

#[test]
#[ignore = "a minute or two; scripts/test.sh runs it"]
fn a_hundred_thousand_survivors_are_judged_as_crypto_primes_judges_them() {
    let mut rng = Seeded(2);
    let primes = agree(&survivors_of(1024, 100_000, &mut rng), 40, &mut rng);
    assert!((2500..3500).contains(&primes), "{primes}");
}

/// Everything passes, as if a fault had stopped the comparison at the end.
struct Lenient;

impl Kernel for Lenient {
    fn width(&self) -> usize {
        1
    }

    fn euler(&self, _: &[Number]) -> u8 {
        1
    }

    fn miller_rabin(&self, _: &Number, _: &[Number]) -> bool {
        true
    }
}

/// The composites of `fixtures/primes/composites.txt`, made from the numbers there as scripts/composites.py says.
fn composites() -> Vec<(String, Number)> {
    let text = include_str!("../../../fixtures/primes/composites.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parse = |line: &str| {
        let (kind, digits) = line.split_once(' ').expect("a kind and a number");
        let x = BoxedUint::from_words(words_of(digits)).resize(1024);
        let small = |value: u64| BoxedUint::from(value).resize(1024);
        // factor x + 1, and factor (x - 1) + 1.
        let above = |factor| x.wrapping_mul(small(factor)).wrapping_add(small(1));
        let from_one = |factor| x.wrapping_sub(small(1)).wrapping_mul(small(factor)).wrapping_add(small(1));
        let product = match kind {
            "double" | "strong" => x.wrapping_mul(from_one(2)),
            "chernick" => above(6).wrapping_mul(above(12)).wrapping_mul(above(18)),
            "arnault" => x.wrapping_mul(from_one(313)).wrapping_mul(from_one(353)),
            other => panic!("{other} is no kind"),
        };
        (kind.to_owned(), product.to_words().to_vec().into())
    };
    lines.map(parse).collect()
}

/// 2^((n-1)/2) = 1 or -1 mod n, by crypto-bigint.
fn passes_euler(number: &Number) -> bool {
    let odd = Odd::new(big(number)).into_option().expect("an odd number");
    let params = BoxedMontyParams::new(odd);
    let two = BoxedMontyForm::new(BoxedUint::from(2_u64).resize(big(number).bits_precision()), &params);
    let power = two.pow(&big(number).shr(1));
    let one = BoxedMontyForm::one(&params);
    power == one || power == -one
}

/// Miller and Rabin's test to one base, by powers alone.
fn is_strong_to(number: &Number, base: &Number) -> bool {
    let odd = Odd::new(big(number)).into_option().expect("an odd number");
    let params = BoxedMontyParams::new(odd);
    let one = BoxedMontyForm::one(&params);
    let less_one = big(number).wrapping_sub(BoxedUint::one_with_precision(big(number).bits_precision()));
    let twos = less_one.trailing_zeros();
    let mut power = BoxedMontyForm::new(big(base), &params).pow(&less_one.shr(twos));
    let mut is_strong = power == one;
    for _ in 0..twos {
        is_strong |= power == -one.clone();
        power = power.square();
    }
    is_strong
}

#[test]
fn composites_that_fool_weak_tests_are_found() {
    let composites = composites();
    assert_eq!(composites.len(), 1000);
    let rng = &mut Seeded(5);
    let window = draw(1024, rng);
    let fooled = AtomicU32::new(0);
    let queue = Mutex::new(composites.chunks(8));
    share(thread::available_parallelism().map_or(1, usize::from), &|_| {
        loop {
            let Some(batch) = queue.lock().expect("no thread has failed").next() else { return };
            let numbers: Vec<Number> = batch.iter().map(|(_, number)| number.clone()).collect();
            let expected: Vec<bool> = numbers.iter().map(passes_euler).collect();
            fooled.fetch_add(expected.iter().filter(|&&is| is).count() as u32, Ordering::Relaxed);
            for (name, kernel) in kernels() {
                for (part, expected) in numbers.chunks(kernel.width()).zip(expected.chunks(kernel.width())) {
                    let passed = kernel.euler(part);
                    for (index, &expected) in expected.iter().enumerate() {
                        assert_eq!(passed >> index & 1 == 1, expected, "{name}: {}", batch[index].0);
                    }
                }
                // Eight lanes of integers take as long as the whole test otherwise.
                let step = if name == LANES { 8 } else { 1 };
                for (kind, number) in batch.iter().step_by(step) {
                    assert!(!kernel.miller_rabin(number, &window.bases), "{name}: {kind} {:x?}", &number[..]);
                }
            }
            for (kind, number) in batch {
                assert!(!is_prime_to_others(number), "{kind}");
                let verdict = confirm::passes_independent_round(number, &window.base);
                assert_eq!(verdict, is_strong_to(number, &window.base), "{kind}: the independent round");
            }
        }
    });
    // Otherwise the filter had nothing to be fooled by.
    assert!(fooled.into_inner() >= 300);
}

/// One base at a time: where one base in four lies, the verdicts of the arithmetics have to be those of the definition.
#[test]
fn lying_bases_are_the_same_for_all() {
    let rng = &mut Seeded(6);
    let mut liars = 0;
    for (_, number) in composites().iter().filter(|(kind, _)| matches!(&kind[..], "double" | "strong")).take(40) {
        let odd = Odd::new(big(number)).into_option().expect("an odd number");
        let judge = MillerRabin::new(odd.clone());
        for base in &draw(1024, rng).bases[..4] {
            // The kernels take the base in their own Montgomery form, b R; so b is different for each of them.
            for (name, kernel) in kernels() {
                let bits = if name == SCALAR { 1024 } else { 1040 };
                let n = NonZero::new(big(number).resize(2304)).expect("a modulus");
                let in_form = big(base).resize(2304).shl(bits).rem(&n).resize(1024);
                let residue: Number = in_form.to_words().to_vec().into();
                let expected = judge.test(&big(base)) != Primality::Composite;
                assert_eq!(kernel.miller_rabin(number, &[residue]), expected, "{name}");
                liars += u32::from(expected);
            }
        }
    }
    assert!(liars > 10, "{liars} bases lied: too few to tell");
}

/// One stream, one key: on every arithmetic and any number of threads.
#[test]
fn one_stream_makes_one_pair() {
    for (bits, seeds) in [(1024, 4), (1536, 1)] {
        for seed in 0..seeds {
            let mut pairs = Vec::new();
            for (name, kernel) in kernels() {
                for threads in [1, 2, 3] {
                    let pair = find_pair(bits, &mut Seeded(seed), &Means { kernel, threads });
                    let pair = pair.unwrap_or_else(|| panic!("{name}, {threads} threads: nothing was found"));
                    pairs.push((name, threads, pair));
                }
            }
            for (name, threads, pair) in &pairs[1..] {
                assert!(*pair == pairs[0].2, "{name} with {threads} threads finds another pair for seed {seed}");
            }
            for prime in &pairs[0].2 {
                assert!(is_prime_to_others(prime));
                assert_eq!(prime[prime.len() - 1] >> 62, 3);
                let e = NonZero::new(BoxedUint::from(EXPONENT).resize(bits)).expect("e");
                assert_ne!(big(prime).rem(&e), BoxedUint::one_with_precision(bits), "p = 1 mod e");
            }
        }
    }
}

/// What a stream of random octets means is part of what one stream, one key promises; the places were written down once.
#[test]
fn the_order_is_a_shuffle_and_stays_what_it_is() {
    let order = draw(1024, &mut Seeded(0)).order;
    assert_eq!(order[..8], FIRST_PLACES);
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..WINDOW as u16), "every place once");
    // The first place is spread evenly: Pearson's statistic with 15 degrees of freedom is above 56.5 once in a million.
    let rng = &mut Seeded(13);
    let mut counts = [0_u32; 16];
    for _ in 0..1600 {
        counts[usize::from(shuffled(rng).expect("an order")[0]) / (WINDOW / 16)] += 1;
    }
    let statistic: f64 = counts.iter().map(|&count| (f64::from(count) - 100.0).powi(2) / 100.0).sum();
    assert!(statistic < 56.5, "{statistic}: {counts:?}");
}

const FIRST_PLACES: [u16; 8] = [3069, 3059, 2526, 90, 4000, 1121, 4046, 2248];

#[test]
fn numbers_of_a_window_carry_over() {
    let rng = &mut Seeded(14);
    for ones in [1, 5, 15] {
        let mut window = draw(1024, rng);
        window.start[..ones].fill(u64::MAX);
        for place in [0, 1, 77, WINDOW as u16 - 1] {
            let expected = big(&window.start).wrapping_add(BoxedUint::from(2 * u64::from(place)).resize(1024));
            assert!(big(&window.number(place)) == expected, "{ones} words of ones, place {place}");
        }
    }
    /// All ones: the one stream whose window would run over.
    struct Ones;
    impl TryRng for Ones {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(u32::MAX)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(u64::MAX)
        }
        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
            octets.fill(u8::MAX);
            Ok(())
        }
    }
    impl TryCryptoRng for Ones {}
    let window = draw(1024, &mut Ones);
    assert!(window.number(WINDOW as u16 - 1)[15] == u64::MAX, "it has run over");
}

#[test]
fn a_window_is_passed_over_where_it_has_to_be() {
    let rng = &mut Seeded(7);
    let mut window = draw(1024, rng);
    // An order without a prime in it: the search ends, with nothing.
    let composite = window.survivors().iter().copied().find(|&place| !is_prime_to_others(&window.number(place)));
    window = Window { order: vec![composite.expect("most are"); 3].into(), survivors: OnceLock::new(), ..window };
    let windows = [window];
    search(&windows, &Means { kernel: &Scalar, threads: 2 });
    assert!(windows[0].winner().is_none());
    assert!(!far_apart(&[0, 0, 1], &[0, 0, 1]));
    assert!(!far_apart(&[0, 1 << 28, 9], &[0, 0, 9]));
    assert!(far_apart(&[0, (1 << 28) + 1, 9], &[0, 0, 9]));
    assert!(far_apart(&[0, 0, 9], &[0, u64::MAX - (1 << 28) - 1, 8]));
}

/// A comparison that lets everything pass, as a fault might: the independent round finds every composite.
#[test]
fn a_kernel_that_lets_everything_pass_is_caught_by_the_confirmation() {
    let [p, q] = find_pair(1024, &mut Seeded(8), &Means { kernel: &Lenient, threads: 2 }).expect("primes are there");
    assert!(is_prime_to_others(&p) && is_prime_to_others(&q));
    let sound = find_pair(1024, &mut Seeded(8), &Means { kernel: &Scalar, threads: 2 }).expect("primes are there");
    assert!(sound == [p, q], "the first prime of the order wins, whoever judges");
}

/// The lanes with one carry in 997 flipped: no prime passes any more, and so no key is made.
#[test]
fn a_flipped_carry_makes_no_key() {
    let rng = &mut Seeded(9);
    let pair = find_pair(1024, rng, &Means { kernel: &Scalar, threads: 2 }).expect("primes");
    let bases = draw(1024, rng).bases;
    for prime in &pair {
        assert_eq!(Faulty.euler(std::slice::from_ref(prime)), 0);
        assert!(!Faulty.miller_rabin(prime, &bases));
    }
    // Its filter on top of sound rounds, then its rounds on top of a sound filter.
    struct Filter<'a>(&'a dyn Kernel, &'a dyn Kernel);
    impl Kernel for Filter<'_> {
        fn width(&self) -> usize {
            self.0.width()
        }
        fn euler(&self, numbers: &[Number]) -> u8 {
            self.0.euler(numbers)
        }
        fn miller_rabin(&self, number: &Number, bases: &[Number]) -> bool {
            self.1.miller_rabin(number, bases)
        }
    }
    let mut window = draw(1024, rng);
    // Forty survivors with a prime among them: enough for the slow lanes.
    let prime = window.survivors().iter().copied().find(|&place| is_prime_to_others(&window.number(place)));
    let order = [&window.survivors()[..39], &[prime.expect("there are eleven")]].concat();
    for (kernel, is_found) in
        [(Filter(&Scalar, &Scalar), true), (Filter(&Faulty, &Scalar), false), (Filter(&Scalar, &Faulty), false)]
    {
        window = Window {
            order: order.clone().into(),
            survivors: OnceLock::new(),
            next: AtomicUsize::new(0),
            first: AtomicUsize::new(NONE),
            ..window
        };
        let windows = [window];
        search(&windows, &Means { kernel: &kernel, threads: 2 });
        let [searched] = windows;
        window = searched;
        assert_eq!(window.winner().is_some(), is_found);
    }
}

/// Then no key is made of what is left, and the search ends.
#[test]
fn an_arithmetic_that_finds_nothing_finds_no_pair() {
    struct Blind;
    impl Kernel for Blind {
        fn width(&self) -> usize {
            8
        }
        fn euler(&self, _: &[Number]) -> u8 {
            0
        }
        fn miller_rabin(&self, _: &Number, _: &[Number]) -> bool {
            false
        }
    }
    for kernel in [&Blind as &dyn Kernel, &Unconfirmed] {
        assert!(find_pair(1024, &mut Seeded(10), &Means { kernel, threads: 2 }).is_none());
    }
}

/// Lets everything through the filter and nothing through the confirmation.
struct Unconfirmed;

impl Kernel for Unconfirmed {
    fn width(&self) -> usize {
        8
    }

    fn euler(&self, _: &[Number]) -> u8 {
        1
    }

    fn miller_rabin(&self, _: &Number, _: &[Number]) -> bool {
        false
    }
}

/// Few numbers, for an emulator of a processor that this machine is not: every length, primes and composites, one base at
/// a time, on the instructions.
#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
#[test]
fn the_instructions_judge_as_the_scalar_arithmetic_does() {
    let Some(kernel) = super::ifma::kernel() else {
        eprintln!("NOT RUN: the instructions of ifma.rs, which this processor lacks");
        return;
    };
    let rng = &mut Seeded(11);
    for (bits, count) in [(1024, 48), (1536, 8), (2048, 8)] {
        let mut numbers = survivors_of(bits, count, rng);
        numbers.extend(edges::moduli(bits as usize / 64, rng));
        numbers.push(known_prime(bits));
        for batch in numbers.chunks(8) {
            let one_by_one = batch
                .iter()
                .enumerate()
                .fold(0, |passed, (index, number)| passed | Scalar.euler(std::slice::from_ref(number)) << index);
            assert_eq!(kernel.euler(batch), one_by_one, "{bits} bits");
        }
        let bases = draw(bits, rng).bases;
        let passes = |number: &&Number| Scalar.euler(std::slice::from_ref(*number)) == 1;
        let composite = numbers.iter().find(|number| !passes(number)).expect("most are");
        assert!(kernel.miller_rabin(&known_prime(bits), &bases), "{bits} bits");
        assert!(!kernel.miller_rabin(composite, &bases), "{bits} bits");
        eprintln!("{bits} bits: {} numbers judged alike, a known prime among them", numbers.len());
    }
    let scalar = find_pair(1024, &mut Seeded(12), &Means { kernel: &Scalar, threads: 1 });
    assert!(find_pair(1024, &mut Seeded(12), &Means { kernel, threads: 1 }) == scalar, "another pair");
    eprintln!("one stream, one pair");
}
