//! What `lanes.rs` says, done on ordinary integers: once right, so that every machine can judge it, and once wrong.

/// The text of `lanes.rs` over arrays, as the kernel `$name`; `$carry` is what is carried from a column to the next.
macro_rules! kernel_over_arrays {
    ($name:ident, $carry:expr) => {
        use crate::primes::kernel::Kernel;
        use crate::primes::lanes::lanes;

        type V = [u64; 8];

        pub(in super::super) struct $name;

        impl Kernel for $name {
            fn width(&self) -> usize {
                8
            }

            fn euler(&self, numbers: &[Number]) -> u8 {
                euler(numbers)
            }

            fn miller_rabin(&self, number: &Number, bases: &[Number]) -> bool {
                miller_rabin(number, bases)
            }
        }

        lanes!();

        const MASK: u64 = (1 << LIMB) - 1;

        fn set(lanes: [u64; 8]) -> V {
            lanes
        }
        fn splat(value: u64) -> V {
            [value; 8]
        }
        fn each(f: impl Fn(usize) -> u64) -> V {
            std::array::from_fn(f)
        }
        fn mask(f: impl Fn(usize) -> bool) -> u8 {
            (0..8).fold(0, |mask, lane| mask | u8::from(f(lane)) << lane)
        }
        fn add(a: V, b: V) -> V {
            each(|lane| a[lane].wrapping_add(b[lane]))
        }
        fn double_if(lanes: u8, a: V) -> V {
            // An addition that overflowed here would be a column that does not fit.
            each(|lane| if lanes >> lane & 1 == 1 { a[lane] + a[lane] } else { a[lane] })
        }
        fn product(a: u64, b: u64) -> u128 {
            u128::from(a & MASK) * u128::from(b & MASK)
        }
        fn multiply_low(sum: V, a: V, b: V) -> V {
            each(|lane| sum[lane] + (product(a[lane], b[lane]) as u64 & MASK))
        }
        fn multiply_high(sum: V, a: V, b: V) -> V {
            each(|lane| sum[lane] + (product(a[lane], b[lane]) >> LIMB) as u64)
        }
        fn low_limb(a: V) -> V {
            each(|lane| a[lane] & MASK)
        }
        fn above_limb(a: V) -> V {
            each(|lane| $carry(a[lane] >> LIMB))
        }
        fn select(lanes: u8, a: V, b: V) -> V {
            each(|lane| if lanes >> lane & 1 == 1 { b[lane] } else { a[lane] })
        }
        fn test(a: V, b: V) -> u8 {
            mask(|lane| a[lane] & b[lane] != 0)
        }
        fn equal(a: V, b: V) -> u8 {
            mask(|lane| a[lane] == b[lane])
        }
    };
}

pub(super) use sound::Model;

pub(super) mod sound {
    kernel_over_arrays!(Model, |carry| carry);

    /// a b / R mod n of `lanes.rs`, for the edge values below: R is 2^(52 L).
    pub(in super::super) fn product_over_r<const L: usize>(n: &Number, a: &Number, b: &Number) -> Vec<u64> {
        let moduli = Moduli::<L>::new(std::slice::from_ref(n));
        let mut value = load::<L>(std::slice::from_ref(a));
        moduli.multiply(&mut value, &load::<L>(std::slice::from_ref(b)));
        value.iter().map(|limb| limb[0]).collect()
    }

    pub(in super::super) fn square_over_r<const L: usize>(n: &Number, a: &Number, twice: u8) -> Vec<u64> {
        let moduli = Moduli::<L>::new(std::slice::from_ref(n));
        let mut value = load::<L>(std::slice::from_ref(a));
        moduli.square(&mut value, twice);
        value.iter().map(|limb| limb[0]).collect()
    }
}

/// With one carry in 997 flipped, a number that is no multiple of the lanes' so that each has its share.
pub(super) mod faulty {
    use std::sync::atomic::{AtomicU32, Ordering};

    kernel_over_arrays!(Faulty, |carry| carry ^ u64::from(CARRIES.fetch_add(1, Ordering::Relaxed).is_multiple_of(997)));

    static CARRIES: AtomicU32 = AtomicU32::new(0);
}
