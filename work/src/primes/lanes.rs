//! Montgomery arithmetic on eight numbers at once, a lane each, in radix 2^52: what AVX-512 IFMA multiplies.
//!
//! A number of 1024, 1536 or 2048 bits is 20, 30 or 40 limbs, worked on in blocks of ten: the twenty columns of a block's
//! product, ten limbs and one more fit the 32 registers. R = 2^(52 limbs) leaves 16, 24 or 32 bits above the number.
//!
//! Three rules keep every sum right:
//! - The instructions multiply the low 52 bits of their operands. So a value is carried *completely* before it is a
//!   factor again: a limb of 53 bits would lose one without any sign.
//! - A column is the sum of at most 4 L halves of products, of 52 bits each, for L limbs (2 L of the product, 2 L of the
//!   reduction), twice that when doubled: below 2^60.4 for 40 limbs.
//! - Nothing is subtracted at the end of a step. The start is a number of at most R/4 that is congruent to R. From v R
//!   comes v^2 R + n at most, doubled 2 v^2 R + 2 n, and n is below R / 2^16: so values shrink until they are below 2.01 n
//!   and stay there.
//!
//! The text is a macro because the instructions may be used without `unsafe` only inside functions that are compiled for
//! them; the same text, compiled for ordinary integers, is what the tests judge on machines that lack them.

/// Bits of a limb.
pub(super) const LIMB: usize = 52;

/// Limbs of a block.
pub(super) const BLOCK: usize = 10;

/// Miller-Rabin's exponent is taken in steps of so many bits.
pub(super) const STEP: usize = 4;

/// The 52 bits of `words` from bit `from` on; bits outside of it are 0.
pub(super) fn limb(words: &[u64], from: isize) -> u64 {
    let word = |at: isize| usize::try_from(at).ok().and_then(|at| words.get(at)).copied().unwrap_or(0);
    let (at, shift) = (from.div_euclid(64), from.rem_euclid(64));
    // In two steps, as a shift by 64 is none.
    (word(at) >> shift | word(at + 1) << 1 << (63 - shift)) & ((1 << LIMB) - 1)
}

/// 2^(64 words) - `number`.
pub(super) fn complement(number: &[u64]) -> super::Number {
    let mut carry = true;
    let words = number.iter().map(|&word| {
        let (word, overflows) = (!word).overflowing_add(carry.into());
        carry = overflows;
        word
    });
    words.collect::<Vec<_>>().into()
}

/// `$body` for each limb of a block, with its number as a constant, so that columns stay in registers.
macro_rules! each_limb {
    ($i:ident => $body:block) => {{
        each_limb!(@ $i => $body, 0 1 2 3 4 5 6 7 8 9)
    }};
    (@ $i:ident => $body:block, $($number:literal)*) => {{ $({ const $i: usize = $number; $body })* }};
}
pub(super) use each_limb;

/// The arithmetic over a type `V` of eight 64-bit lanes, with the operations `set`, `splat`, `add`, `double_if`,
/// `multiply_low`, `multiply_high`, `low_limb`, `above_limb`, `select`, `test` and `equal` in scope.
macro_rules! lanes {
    ($(#[$target:meta])*) => {
        use $crate::primes::Number;
        use $crate::primes::lanes::{BLOCK, LIMB, STEP, complement, each_limb, limb};
        use $crate::primes::scalar::{negated_inverse, shift_down, trailing_zeros};

        /// Eight moduli of `L` limbs.
        struct Moduli<const L: usize> {
            n: [V; L],
            /// -1/n mod 2^52.
            inverse: V,
            /// Congruent to R, and at most R/4: see `new`.
            one: [V; L],
        }

        /// [`Kernel::euler`]($crate::primes::Kernel::euler).
        $(#[$target])*
        fn euler(numbers: &[Number]) -> u8 {
            match numbers.first().map_or(0, |number| number.len()) {
                16 => euler_of::<20>(numbers),
                24 => euler_of::<30>(numbers),
                _ => euler_of::<40>(numbers),
            }
        }

        /// [`Kernel::miller_rabin`]($crate::primes::Kernel::miller_rabin).
        $(#[$target])*
        fn miller_rabin(number: &Number, bases: &[Number]) -> bool {
            match number.len() {
                16 => miller_rabin_of::<20>(number, bases),
                24 => miller_rabin_of::<30>(number, bases),
                _ => miller_rabin_of::<40>(number, bases),
            }
        }

        $(#[$target])*
        fn euler_of<const L: usize>(numbers: &[Number]) -> u8 {
            let bits = 64 * numbers.first().map_or(0, |number| number.len());
            let moduli = Moduli::<L>::new(numbers);
            let mut power = moduli.one;
            // The bits of (n-1)/2 are those of n but the last.
            for bit in (1..bits).rev() {
                let is_set = test(moduli.n[bit / LIMB], splat(1 << (bit % LIMB)));
                moduli.square(&mut power, is_set);
            }
            let (is_one, is_minus_one) = moduli.compare(&power);
            (is_one | is_minus_one) & (0xff >> (8 - numbers.len()))
        }

        $(#[$target])*
        fn miller_rabin_of<const L: usize>(number: &Number, bases: &[Number]) -> bool {
            let moduli = Moduli::<L>::new(std::slice::from_ref(number));
            // n - 1 = 2^twos d.
            let mut d = number.clone();
            d[0] &= !1;
            let twos = trailing_zeros(&d);
            shift_down(&mut d, twos);
            let mut table = [moduli.one; 1 << STEP];
            let base = load::<L>(bases);
            for entry in 1..table.len() {
                table[entry] = table[entry - 1];
                moduli.multiply(&mut table[entry], &base);
            }
            let mut power = table[0];
            for step in (0..64 * number.len() / STEP).rev() {
                for _ in 0..STEP {
                    moduli.square(&mut power, 0);
                }
                let digit = d[step * STEP / 64] >> (step * STEP % 64) & ((1 << STEP) - 1);
                // Every entry is read, so that no address depends on the exponent.
                let mut factor = [splat(0); L];
                for (entry, value) in table.iter().enumerate() {
                    let is_it = u8::from(entry as u64 == digit).wrapping_neg();
                    for (limb, value) in factor.iter_mut().zip(value) {
                        *limb = select(is_it, *limb, *value);
                    }
                }
                moduli.multiply(&mut power, &factor);
            }
            let (is_one, is_minus_one) = moduli.compare(&power);
            let mut passed = is_one | is_minus_one;
            for _ in 1..twos {
                moduli.square(&mut power, 0);
                passed |= moduli.compare(&power).1;
            }
            passed | !(0xff >> (8 - bases.len())) == 0xff
        }

        /// A lane each; lanes without a number repeat the last one.
        $(#[$target])*
        fn load<const L: usize>(numbers: &[Number]) -> [V; L] {
            let mut limbs = [splat(0); L];
            for (index, limbs) in limbs.iter_mut().enumerate() {
                let mut lanes = [0; 8];
                for (lane, value) in lanes.iter_mut().enumerate() {
                    *value = limb(&numbers[lane.min(numbers.len() - 1)], (LIMB * index) as isize);
                }
                *limbs = set(lanes);
            }
            limbs
        }

        impl<const L: usize> Moduli<L> {
            $(#[$target])*
            fn new(numbers: &[Number]) -> Self {
                let n = load(numbers);
                let bits = 64 * numbers.first().map_or(0, |number| number.len());
                // R - n 2^(slack): congruent to R, and at most R/4 because n is at least 3/4 of 2^bits.
                let slack = LIMB * L - bits;
                let complements: Vec<Number> = numbers.iter().map(|number| complement(number)).collect();
                let mut one = [splat(0); L];
                for (index, one) in one.iter_mut().enumerate() {
                    let mut lanes = [0; 8];
                    for (lane, value) in lanes.iter_mut().enumerate() {
                        let number = &complements[lane.min(numbers.len() - 1)];
                        *value = limb(number, (LIMB * index) as isize - slack as isize);
                    }
                    *one = set(lanes);
                }
                let mut inverses = [0; 8];
                for (lane, value) in inverses.iter_mut().enumerate() {
                    *value = negated_inverse(numbers[lane.min(numbers.len() - 1)][0]) & ((1 << LIMB) - 1);
                }
                Self { n, inverse: set(inverses), one }
            }

            /// a = a a / R, doubled in the lanes of `twice`.
            $(#[$target])*
            fn square(&self, a: &mut [V; L], twice: u8) {
                let mut columns = [splat(0); 80];
                let columns = &mut columns[..2 * L];
                // Each product of two different limbs once.
                for block in 0..L / BLOCK {
                    triangle(&mut columns[2 * BLOCK * block..], &a[BLOCK * block..]);
                    for other in block + 1..L / BLOCK {
                        rectangle(&mut columns[BLOCK * (block + other)..], &a[BLOCK * block..], &a[BLOCK * other..]);
                    }
                }
                // Twice that, and the squares.
                for index in 0..L {
                    let (low, high) = (columns[2 * index], columns[2 * index + 1]);
                    columns[2 * index] = multiply_low(add(low, low), a[index], a[index]);
                    columns[2 * index + 1] = multiply_high(add(high, high), a[index], a[index]);
                }
                self.reduce(columns, a, twice);
            }

            /// a = a b / R.
            $(#[$target])*
            fn multiply(&self, a: &mut [V; L], b: &[V; L]) {
                let mut columns = [splat(0); 80];
                let columns = &mut columns[..2 * L];
                for block in 0..L / BLOCK {
                    for other in 0..L / BLOCK {
                        rectangle(&mut columns[BLOCK * (block + other)..], &a[BLOCK * block..], &b[BLOCK * other..]);
                    }
                }
                self.reduce(columns, a, 0);
            }

            /// result = columns / R mod n, doubled in the lanes of `twice`, carried completely.
            $(#[$target])*
            fn reduce(&self, columns: &mut [V], result: &mut [V; L], twice: u8) {
                for block in 0..L / BLOCK {
                    let columns = &mut columns[BLOCK * block..];
                    let multiples = clear(columns, &self.n, self.inverse);
                    for other in 1..L / BLOCK {
                        rectangle(&mut columns[BLOCK * other..], &multiples, &self.n[BLOCK * other..]);
                    }
                }
                let mut carry = splat(0);
                for (result, &column) in result.iter_mut().zip(&columns[L..]) {
                    let sum = add(double_if(twice, column), carry);
                    *result = low_limb(sum);
                    carry = above_limb(sum);
                }
            }

            /// The lanes in which `a`, a Montgomery value, stands for 1, and those in which it stands for -1.
            $(#[$target])*
            fn compare(&self, a: &[V; L]) -> (u8, u8) {
                let mut unit = [splat(0); L];
                unit[0] = splat(1);
                let mut value = *a;
                // Times 1 takes it out of Montgomery's form and leaves at most n: one spelling for each residue.
                self.multiply(&mut value, &unit);
                let (mut is_one, mut is_minus_one) = (0xff, 0xff);
                for index in 0..L {
                    is_one &= equal(value[index], unit[index]);
                    // n is odd: n - 1 differs from it in the last bit alone.
                    let expected = if index == 0 { add(self.n[0], splat(u64::MAX)) } else { self.n[index] };
                    is_minus_one &= equal(value[index], expected);
                }
                (is_one, is_minus_one)
            }
        }

        /// columns += a b, both of a block's length.
        #[inline]
        $(#[$target])*
        fn rectangle(columns: &mut [V], a: &[V], b: &[V]) {
            let mut sums = [splat(0); 2 * BLOCK];
            sums.copy_from_slice(&columns[..2 * BLOCK]);
            let (a, b) = (&a[..BLOCK], &b[..BLOCK]);
            each_limb!(I => {
                each_limb!(J => {
                    sums[I + J] = multiply_low(sums[I + J], a[I], b[J]);
                    sums[I + J + 1] = multiply_high(sums[I + J + 1], a[I], b[J]);
                });
            });
            columns[..2 * BLOCK].copy_from_slice(&sums);
        }

        /// columns += each product of two different limbs of a block.
        #[inline]
        $(#[$target])*
        fn triangle(columns: &mut [V], a: &[V]) {
            let mut sums = [splat(0); 2 * BLOCK];
            sums.copy_from_slice(&columns[..2 * BLOCK]);
            let a = &a[..BLOCK];
            each_limb!(I => {
                each_limb!(J => {
                    if I < J {
                        sums[I + J] = multiply_low(sums[I + J], a[I], a[J]);
                        sums[I + J + 1] = multiply_high(sums[I + J + 1], a[I], a[J]);
                    }
                });
            });
            columns[..2 * BLOCK].copy_from_slice(&sums);
        }

        /// Adds the multiples of the block `n` that make the first ten columns 0, and gives them.
        #[inline]
        $(#[$target])*
        fn clear(columns: &mut [V], n: &[V], inverse: V) -> [V; BLOCK] {
            let mut sums = [splat(0); 2 * BLOCK];
            sums.copy_from_slice(&columns[..2 * BLOCK]);
            let n = &n[..BLOCK];
            let mut multiples = [splat(0); BLOCK];
            each_limb!(I => {
                multiples[I] = multiply_low(splat(0), sums[I], inverse);
                each_limb!(J => {
                    sums[I + J] = multiply_low(sums[I + J], multiples[I], n[J]);
                    sums[I + J + 1] = multiply_high(sums[I + J + 1], multiples[I], n[J]);
                });
                sums[I + 1] = add(sums[I + 1], above_limb(sums[I]));
            });
            columns[..2 * BLOCK].copy_from_slice(&sums);
            multiples
        }
    };
}
pub(super) use lanes;
