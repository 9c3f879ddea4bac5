//! Single multiplications of values at the edge of what is allowed, judged by a big integer's division.

use crypto_bigint::{BoxedUint, NonZero, Resize};

use super::model::sound;
use super::{Number, Seeded, big, draw, lanes, scalar};

/// a b / 2^shift mod n, by a big integer's division: a b 2^-shift is the x with x 2^shift = a b mod n.
fn is_product_over(n: &Number, a: &Number, b: &Number, result: &BoxedUint, shift: u32, twice: bool) -> bool {
    let width = 4096;
    let wide = |number: &[u64]| big(number).resize(width);
    let n = NonZero::new(wide(n)).expect("a modulus");
    let factor = if twice { 2_u64 } else { 1 };
    let product = wide(a).wrapping_mul(wide(b)).rem(&n).wrapping_mul(wide(&[factor])).rem(&n);
    let result = result.clone().resize(width).rem(&n);
    let power = BoxedUint::one_with_precision(width).shl(shift).rem(&n);
    result.wrapping_mul(&power).rem(&n) == product
}

/// The value of 52-bit limbs.
fn of_limbs(limbs: &[u64]) -> BoxedUint {
    let mut value = BoxedUint::zero_with_precision(4096);
    for &limb in limbs.iter().rev() {
        assert!(limb < 1 << lanes::LIMB, "a limb that is not carried: {limb:x}");
        value = value.shl(lanes::LIMB as u32).wrapping_add(BoxedUint::from(limb).resize(4096));
    }
    value
}

/// The largest and the smallest number that is allowed, one with holes, and some at random.
pub(super) fn moduli(words: usize, rng: &mut Seeded) -> Vec<Number> {
    let mut smallest = vec![0; words];
    (smallest[words - 1], smallest[0]) = (3 << 62, 1);
    let mut holes = vec![0xffff_ffff_0000_0000; words];
    holes[0] |= 1;
    let mut moduli: Vec<Number> = [vec![u64::MAX; words], smallest, holes].map(Number::new).into();
    moduli.extend((0..20).map(|_| draw(64 * words as u32, rng).start.clone()));
    moduli
}

fn edges<const N: usize>(rng: &mut Seeded) -> (Vec<Number>, Vec<Vec<Number>>) {
    let number = |words: [u64; N]| Number::new(words.to_vec());
    let moduli = moduli(N, rng);
    let values = |n: &Number| {
        let mut less_one = n.clone();
        less_one[0] -= 1;
        let mut less_two = less_one.clone();
        // n - 2 borrows where n ends in a single 1.
        let mut borrow = 1;
        for word in less_two.iter_mut() {
            let (difference, borrows) = word.overflowing_sub(borrow);
            (*word, borrow) = (difference, borrows.into());
        }
        let mut one = [0; N];
        one[0] = 1;
        let mut half = [u64::MAX; N];
        half[N - 1] >>= 1;
        let mut random = draw(64 * N as u32, rng).base.clone();
        random[0] ^= 1;
        vec![number([0; N]), number(one), less_one, less_two, number(half), random]
    };
    let mut values = values;
    let all = moduli.iter().map(&mut values).collect();
    (moduli, all)
}

fn edges_are_multiplied_right<const N: usize, const L: usize>() {
    let seed = 4;
    let (moduli, values) = edges::<N>(&mut Seeded(seed));
    for (n, mut values) in moduli.iter().zip(values) {
        let modulus = scalar::Modulus::<N>::new(n);
        let plain = |number: &Number| <[u64; N]>::try_from(&number[..]).expect("its length");
        for a in &values {
            for twice in [false, true] {
                let square = modulus.double_if(&modulus.square(&plain(a)), twice.into());
                assert!(big(&square) < big(n), "seed {seed}: {a:x?} squared is not below {n:x?}");
                assert!(is_product_over(n, a, a, &big(&square), 64 * N as u32, twice), "seed {seed}: {a:x?}, {n:x?}");
            }
            for b in &values {
                let product = modulus.multiply(&plain(a), &plain(b));
                assert!(big(&product) < big(n), "seed {seed}: {a:x?} {b:x?} is not below {n:x?}");
                assert!(is_product_over(n, a, b, &big(&product), 64 * N as u32, false), "seed {seed}: {a:x?} {b:x?}");
            }
        }
        // Lanes take values above n too: all ones.
        values.push(Number::new(vec![u64::MAX; N]));
        let bits = (lanes::LIMB * L) as u32;
        let bound = |limbs: &BoxedUint| {
            let limit = big(n).resize(4096).wrapping_mul(BoxedUint::from(201_u64).resize(4096));
            limbs.wrapping_mul(BoxedUint::from(100_u64).resize(4096)) < limit
        };
        for a in &values {
            for twice in [0, 0xff] {
                let square = of_limbs(&sound::square_over_r::<L>(n, a, twice));
                assert!(bound(&square), "seed {seed}: {a:x?} squared is not below 2.01 times {n:x?}");
                assert!(is_product_over(n, a, a, &square, bits, twice != 0), "seed {seed}: {a:x?}, {n:x?}");
            }
            for b in &values {
                let product = of_limbs(&sound::product_over_r::<L>(n, a, b));
                assert!(bound(&product), "seed {seed}: {a:x?} {b:x?} is not below 2.01 times {n:x?}");
                assert!(is_product_over(n, a, b, &product, bits, false), "seed {seed}: {a:x?} {b:x?}, {n:x?}");
            }
        }
    }
}

#[test]
fn edge_values_are_multiplied_as_big_integers_are() {
    edges_are_multiplied_right::<16, 20>();
    edges_are_multiplied_right::<24, 30>();
    edges_are_multiplied_right::<32, 40>();
}
