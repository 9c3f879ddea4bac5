//! Eight numbers at once with AVX-512 IFMA (Intel since Ice Lake, AMD since Zen 4): 512-bit registers hold a limb of each.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_add_epi64, _mm512_mask_mov_epi64, _mm512_set1_epi64, _mm512_setr_epi64, _mm512_srli_epi64,
    _mm512_test_epi64_mask,
};

use super::kernel::Kernel;
use super::lanes::lanes;

type V = __m512i;

/// The kernel, where the processor and the system have the registers and the instructions.
pub(super) fn kernel() -> Option<&'static dyn Kernel> {
    let has_it = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
    has_it.then_some(&Ifma(()))
}

/// Only [`kernel`] makes one.
struct Ifma(());

enum Task<'a> {
    Euler(&'a [Number]),
    MillerRabin(&'a Number, &'a [Number]),
}

impl Kernel for Ifma {
    fn width(&self) -> usize {
        8
    }

    fn euler(&self, numbers: &[Number]) -> u8 {
        self.run(Task::Euler(numbers))
    }

    fn miller_rabin(&self, number: &Number, bases: &[Number]) -> bool {
        self.run(Task::MillerRabin(number, bases)) != 0
    }
}

impl Ifma {
    #[expect(unsafe_code, reason = "functions compiled for a feature are called by others only so")]
    fn run(&self, task: Task<'_>) -> u8 {
        // SAFETY: the features `perform` is compiled for are those that `kernel` has found, and no `Ifma` is made
        // elsewhere.
        unsafe { perform(task) }
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn perform(task: Task<'_>) -> u8 {
    match task {
        Task::Euler(numbers) => euler(numbers),
        Task::MillerRabin(number, bases) => miller_rabin(number, bases).into(),
    }
}

lanes!(#[target_feature(enable = "avx512f,avx512ifma")]);

macro_rules! operations {
    ($($(#[$meta:meta])* fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty $body:block)*) => {
        $($(#[$meta])* #[inline] #[target_feature(enable = "avx512f,avx512ifma")]
        fn $name($($argument: $kind),*) -> $result $body)*
    };
}

operations! {
    fn set(lanes: [u64; 8]) -> V {
        let [a, b, c, d, e, f, g, h] = lanes.map(u64::cast_signed);
        _mm512_setr_epi64(a, b, c, d, e, f, g, h)
    }
    fn splat(value: u64) -> V {
        _mm512_set1_epi64(value.cast_signed())
    }
    fn add(a: V, b: V) -> V {
        _mm512_add_epi64(a, b)
    }
    fn double_if(lanes: u8, a: V) -> V {
        _mm512_mask_add_epi64(a, lanes, a, a)
    }
    /// sum + the low 52 bits of a b.
    fn multiply_low(sum: V, a: V, b: V) -> V {
        _mm512_madd52lo_epu64(sum, a, b)
    }
    /// sum + the 52 bits of a b above those.
    fn multiply_high(sum: V, a: V, b: V) -> V {
        _mm512_madd52hi_epu64(sum, a, b)
    }
    fn low_limb(a: V) -> V {
        _mm512_and_si512(a, splat((1 << LIMB) - 1))
    }
    fn above_limb(a: V) -> V {
        _mm512_srli_epi64::<52>(a)
    }
    /// b in the lanes named, a in the others.
    fn select(lanes: u8, a: V, b: V) -> V {
        _mm512_mask_mov_epi64(a, lanes, b)
    }
    /// The lanes in which a and b have a bit in common.
    fn test(a: V, b: V) -> u8 {
        _mm512_test_epi64_mask(a, b)
    }
    fn equal(a: V, b: V) -> u8 {
        _mm512_cmpeq_epi64_mask(a, b)
    }
}
