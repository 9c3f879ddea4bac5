//! Every block that the search for primes frees is looked at as it is freed: none holds a word of a prime any more.
#![allow(unsafe_code, reason = "an allocator that looks into what it frees")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use certwright::key::bench::Arithmetic;
use certwright::{PrivateKey, RsaBits};
use pkcs8::DecodePrivateKey;
use rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PrivateKeyParts;

/// A word of either prime.
static SOUGHT: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
static IS_LOOKING: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);

struct Watching;

// SAFETY: the system's allocator, which is handed each block as it came.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_LOOKING.load(Ordering::SeqCst) {
            let sought = SOUGHT.each_ref().map(|word| word.load(Ordering::SeqCst));
            for at in 0..layout.size() / 8 {
                // SAFETY: inside the block, which is still the caller's; what was never written has any value.
                let word = unsafe { block.cast::<u64>().add(at).read_unaligned() };
                FOUND.fetch_add(usize::from(sought.contains(&word)), Ordering::SeqCst);
            }
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static HEAP: Watching = Watching;

/// SplitMix64: the same octets each time.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ word >> 31)
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        octets.iter_mut().try_for_each(|octet| self.try_next_u64().map(|word| *octet = word as u8))
    }
}

impl TryCryptoRng for Seeded {}

#[test]
fn primes_leave_no_copy_on_the_heap() {
    let made = || PrivateKey::generate_rsa(RsaBits::B2048, &mut Seeded(7)).expect("a key");
    let pem = made().to_pkcs8_pem().expect("a PEM file");
    let key = std::str::from_utf8(pem.as_bytes()).expect("text");
    let key = rsa::RsaPrivateKey::from_pkcs8_pem(key).expect("the key");
    for (sought, prime) in SOUGHT.iter().zip(key.primes()) {
        sought.store(prime.as_ref().to_words()[8], Ordering::SeqCst);
    }
    IS_LOOKING.store(true, Ordering::SeqCst);
    // The same stream, the same primes.
    assert!(Arithmetic::best().pair(1024, 2, &mut Seeded(7)));
    assert_eq!(FOUND.swap(0, Ordering::SeqCst), 0, "words of primes in blocks that the search has freed");
    // Which the watching would have seen: the rsa crate frees some as they are.
    drop(made());
    assert!(FOUND.load(Ordering::SeqCst) > 0, "nothing was seen at all");
}
