//! The arithmetic of every machine: Montgomery multiplication on 64-bit words, operands scanned separately (Ç. K. Koç,
//! T. Acar, B. S. Kaliski, "Analyzing and comparing Montgomery multiplication algorithms", IEEE Micro 16, 1996: SOS),
//! because a square then needs little more than half of the products. Two rows of products are added in one pass: their
//! carries do not wait for each other.

use super::Number;
use super::kernel::Kernel;

/// One number after the other, one word after the other.
pub struct Scalar;

impl Kernel for Scalar {
    fn width(&self) -> usize {
        1
    }

    fn euler(&self, numbers: &[Number]) -> u8 {
        let passes = |number: &Number| match number.len() {
            16 => Modulus::<16>::new(number).euler(),
            24 => Modulus::<24>::new(number).euler(),
            _ => Modulus::<32>::new(number).euler(),
        };
        numbers.iter().enumerate().fold(0, |passed, (index, number)| passed | u8::from(passes(number)) << index)
    }

    fn miller_rabin(&self, number: &Number, bases: &[Number]) -> bool {
        match number.len() {
            16 => Modulus::<16>::new(number).miller_rabin(bases),
            24 => Modulus::<24>::new(number).miller_rabin(bases),
            _ => Modulus::<32>::new(number).miller_rabin(bases),
        }
    }
}

/// A value below the modulus: x R, with R = 2^(64 N).
pub(super) type Residue<const N: usize> = [u64; N];

/// Room for a product of the longest numbers, of which each length uses its part.
type Product = [u64; 64];

/// Bits of the exponent that a step of the exponentiation takes.
const STEP: usize = 4;

pub(super) struct Modulus<const N: usize> {
    n: [u64; N],
    /// -1/n mod 2^64.
    inverse: u64,
    /// 1, that is R mod n = 2^(64 N) - n, as n has its top bit set.
    one: Residue<N>,
    /// -1.
    minus_one: Residue<N>,
}

impl<const N: usize> Modulus<N> {
    pub(super) fn new(number: &[u64]) -> Self {
        let mut n = [0; N];
        n.copy_from_slice(number);
        let one = subtract(&[0; N], &n).0;
        let minus_one = subtract(&n, &one).0;
        Self { n, inverse: negated_inverse(n[0]), one, minus_one }
    }

    fn euler(&self) -> bool {
        let mut power = self.one;
        // The bits of (n-1)/2, from the top: those of n but the last.
        for bit in (1..64 * N).rev() {
            power = self.square(&power);
            power = self.double_if(&power, self.n[bit / 64] >> (bit % 64) & 1);
        }
        power == self.one || power == self.minus_one
    }

    fn miller_rabin(&self, bases: &[Number]) -> bool {
        // n - 1 = 2^twos d; n is odd, so n - 1 differs from it in the last bit alone.
        let mut d = self.n;
        d[0] &= !1;
        let twos = trailing_zeros(&d);
        shift_down(&mut d, twos);
        bases.iter().all(|base| {
            let mut residue = [0; N];
            residue.copy_from_slice(base);
            let mut power = self.power(&residue, &d);
            let mut passes = power == self.one || power == self.minus_one;
            for _ in 1..twos {
                power = self.square(&power);
                passes |= power == self.minus_one;
            }
            passes
        })
    }

    /// `base` to the power of `exponent`, four bits at a time. Every entry of the table is read for every step, so that
    /// no address depends on the exponent.
    fn power(&self, base: &Residue<N>, exponent: &[u64; N]) -> Residue<N> {
        let mut table = [self.one; 1 << STEP];
        for entry in 1..table.len() {
            table[entry] = self.multiply(&table[entry - 1], base);
        }
        let mut power = self.one;
        for step in (0..64 * N / STEP).rev() {
            for _ in 0..STEP {
                power = self.square(&power);
            }
            let digit = exponent[step * STEP / 64] >> (step * STEP % 64) & ((1 << STEP) - 1);
            let mut factor = [0; N];
            for (entry, value) in table.iter().enumerate() {
                let mask = u64::from(entry as u64 == digit).wrapping_neg();
                factor.iter_mut().zip(value).for_each(|(word, value)| *word |= value & mask);
            }
            power = self.multiply(&power, &factor);
        }
        power
    }

    pub(super) fn multiply(&self, a: &Residue<N>, b: &Residue<N>) -> Residue<N> {
        let mut product: Product = [0; 64];
        for i in 0..N {
            let mut carry = 0;
            for j in 0..N {
                (product[i + j], carry) = multiply_add(a[i], b[j], product[i + j], carry);
            }
            product[i + N] = carry;
        }
        self.reduce(&mut product)
    }

    pub(super) fn square(&self, a: &Residue<N>) -> Residue<N> {
        let mut product: Product = [0; 64];
        // Each product of two different words once: those of a[i] and a[i + 1] in one pass.
        for i in (0..N).step_by(2) {
            let (first, second) = (a[i], a[i + 1]);
            let (mut carry, mut below) = (0, 0);
            (product[2 * i + 1], carry) = multiply_add(first, second, product[2 * i + 1], carry);
            if i + 2 == N {
                product[i + N] = carry;
                continue;
            }
            (product[2 * i + 2], carry) = multiply_add(first, a[i + 2], product[2 * i + 2], carry);
            let mut column = |j: usize| {
                let sum;
                (sum, carry) = multiply_add(first, a[j], product[i + j], carry);
                (product[i + j], below) = multiply_add(second, a[j - 1], sum, below);
            };
            column(i + 3);
            for j in (i + 4..N).step_by(2) {
                column(j);
                column(j + 1);
            }
            (product[i + N], product[i + N + 1]) = multiply_add(second, a[N - 1], carry, below);
        }
        // Twice that, and the squares.
        let (mut carry, mut top) = (0, 0);
        for i in 0..N {
            let (low, high) = (product[2 * i], product[2 * i + 1]);
            let square = u128::from(a[i]) * u128::from(a[i]);
            let sum = u128::from(low << 1 | top) + u128::from(square as u64) + u128::from(carry);
            product[2 * i] = sum as u64;
            let sum = u128::from(high << 1 | low >> 63) + (square >> 64) + (sum >> 64);
            product[2 * i + 1] = sum as u64;
            carry = (sum >> 64) as u64;
            top = high >> 63;
        }
        self.reduce(&mut product)
    }

    /// `product` / R mod n.
    fn reduce(&self, product: &mut Product) -> Residue<N> {
        let n = &self.n;
        let mut above = 0;
        // Two multiples of n in one pass, the second a word above the first.
        for i in (0..N).step_by(2) {
            let first = product[i].wrapping_mul(self.inverse);
            let (_, carry) = multiply_add(first, n[0], product[i], 0);
            let (word, mut carry) = multiply_add(first, n[1], product[i + 1], carry);
            let second = word.wrapping_mul(self.inverse);
            let (_, mut below) = multiply_add(second, n[0], word, 0);
            let mut column = |j: usize| {
                let sum;
                (sum, carry) = multiply_add(first, n[j], product[i + j], carry);
                (product[i + j], below) = multiply_add(second, n[j - 1], sum, below);
            };
            for j in (2..N).step_by(2) {
                column(j);
                column(j + 1);
            }
            let (word, below) = multiply_add(second, n[N - 1], product[i + N], below);
            let sum = u128::from(word) + u128::from(carry) + u128::from(above);
            product[i + N] = sum as u64;
            let sum = u128::from(product[i + N + 1]) + u128::from(below) + (sum >> 64);
            product[i + N + 1] = sum as u64;
            above = (sum >> 64) as u64;
        }
        let mut result = [0; N];
        result.copy_from_slice(&product[N..2 * N]);
        self.subtract_once(&result, above)
    }

    /// Twice `a` if `bit` is 1.
    pub(super) fn double_if(&self, a: &Residue<N>, bit: u64) -> Residue<N> {
        let mut double = [0; N];
        let mut top = 0;
        for i in 0..N {
            double[i] = a[i] << bit | top;
            top = a[i] >> 63 & bit;
        }
        self.subtract_once(&double, top)
    }

    /// `above` R + `a`, less n if that leaves something.
    fn subtract_once(&self, a: &[u64; N], above: u64) -> Residue<N> {
        let (less, borrow) = subtract(a, &self.n);
        let keep = (borrow & !above & 1).wrapping_neg();
        let mut result = [0; N];
        for i in 0..N {
            result[i] = a[i] & keep | less[i] & !keep;
        }
        result
    }
}

/// a b + c + d, as (low, high): never more than 128 bits.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (sum as u64, (sum >> 64) as u64)
}

/// a - b mod 2^(64 N), and 1 if b was greater.
fn subtract<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], u64) {
    let mut difference = [0; N];
    let mut borrow = 0;
    for i in 0..N {
        let (word, first) = a[i].overflowing_sub(b[i]);
        let (word, second) = word.overflowing_sub(borrow);
        difference[i] = word;
        borrow = u64::from(first | second);
    }
    (difference, borrow)
}

/// -1/`odd` mod 2^64, by Newton's iteration: an odd number is its own inverse modulo 8, and each step doubles the bits.
pub(super) fn negated_inverse(odd: u64) -> u64 {
    let inverse = (0..5).fold(odd, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse))));
    inverse.wrapping_neg()
}

/// How often 2 divides `number`, which is not 0.
pub(super) fn trailing_zeros(number: &[u64]) -> usize {
    let zeros = number.iter().take_while(|&&word| word == 0).count();
    64 * zeros + number.get(zeros).map_or(0, |word| word.trailing_zeros() as usize)
}

/// Divides `number` by 2^`bits`.
pub(super) fn shift_down(number: &mut [u64], bits: usize) {
    let (words, bits) = (bits / 64, bits % 64);
    for i in 0..number.len() {
        let word = |at: usize| number.get(at + words).copied().unwrap_or(0);
        // In two steps, as a shift by 64 is none.
        number[i] = word(i) >> bits | word(i + 1) << 1 << (63 - bits);
    }
}
