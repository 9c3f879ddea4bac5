//! Every block that the search for primes frees is looked at as it is freed: none holds a word of a prime any more.
#![allow(unsafe_code, reason = "an allocator that looks into what it frees")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use certwright::key::bench::Arithmetic;
use certwright::testpki::Stream;
use certwright::{PrivateKey, RsaBits};
use pkcs8::DecodePrivateKey;
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

#[test]
fn primes_leave_no_copy_on_the_heap() {
    // The same stream, the same primes.
    let stream = || Stream::new([7; 32]);
    let made = || PrivateKey::generate_rsa(RsaBits::B2048, &mut stream()).expect("a key");
    let pem = made().to_pkcs8_pem().expect("a PEM file");
    let key = std::str::from_utf8(pem.as_bytes()).expect("text");
    let key = rsa::RsaPrivateKey::from_pkcs8_pem(key).expect("the key");
    for (sought, prime) in SOUGHT.iter().zip(key.primes()) {
        sought.store(prime.as_ref().to_words()[8], Ordering::SeqCst);
    }
    IS_LOOKING.store(true, Ordering::SeqCst);
    assert!(Arithmetic::best().pair(1024, 2, &mut stream()));
    assert_eq!(FOUND.swap(0, Ordering::SeqCst), 0, "words of primes in blocks that the search has freed");
    // Which the watching would have seen: the rsa crate frees some as they are.
    drop(made());
    assert!(FOUND.load(Ordering::SeqCst) > 0, "nothing was seen at all");
}
