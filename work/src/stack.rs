//! Overwriting the stack that finished work has used.
//!
//! What the compiler puts on the stack (the limbs of an exponentiation, a key on its way to the heap) stays there when its
//! function returns, and glibc keeps the stacks of ended threads for later ones. A core taken at exit held 7 to 15 copies
//! of each prime of a new RSA key.

use std::hint::black_box;

use zeroize::Zeroize;

/// The stack of a worker thread, in bytes: the standard library's default, whatever `RUST_MIN_STACK` says.
pub const STACK: usize = 2 << 20;

/// How far below the caller's frame [`wipe`] reaches, in bytes. The deepest secret that a core has shown was 53,800 bytes
/// below the main thread's last frame, without optimization; glibc itself gives back all but the first 24 KiB of an ended
/// thread's stack. The smallest stack that this runs on is the main thread's on Windows, of 1 MiB.
pub const WIPED: usize = 256 << 10;

/// A key in DER is shorter.
const LONGEST_COPY: usize = 4096;

/// Does `work`, then overwrites the stack below the caller's frame. Needs [`WIPED`] bytes of stack.
pub fn wiped<T>(work: impl FnOnce() -> T) -> T {
    let result = apart(work);
    wipe();
    result
}

/// In a frame of its own, so that none of its variables is in the caller's.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites [`WIPED`] bytes of the stack below the caller's frame, and the vector registers that copies use.
#[inline(never)]
pub fn wipe() {
    let mut area = [0_u64; WIPED / 8];
    area.zeroize();
    // The last copy of a secret is still in the registers through which it went: dQ was, after `jwt sign`. Which registers
    // a copy uses depends on its length.
    let (zeros, mut copy) = ([0_u8; LONGEST_COPY], [0_u8; LONGEST_COPY]);
    for length in (4..=LONGEST_COPY.ilog2()).map(|power| 1 << power) {
        black_box(&mut copy)[..length].copy_from_slice(&black_box(&zeros)[..length]);
    }
}
