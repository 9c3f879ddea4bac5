//! The search for the two primes of an RSA key.
//!
//! 1. **Draw** (here): for each prime a random odd start with its two top bits set, an order of the 4096 odd numbers from
//!    there on (its *window*), and the bases for the tests. All of it before anything of the window is looked at, so that
//!    one stream of random octets means one key, however deep the sieve goes, whichever arithmetic judges and however
//!    many threads take part.
//! 2. **Sieve** (`sieve.rs`): takes out what a small prime divides, and p = 1 mod e.
//! 3. **Filter** (`kernel.rs`): Euler's test to base 2 on the survivors in their order; the first that passes wins. All
//!    threads share both windows.
//! 4. **Confirm** (`confirm.rs`): eight Miller-Rabin rounds with random bases by the same kernel, and one by the
//!    arithmetic of the crypto-primes crate, which shares no line with it.
//!
//! # What is searched, and what that costs
//! A random survivor of a random window is no uniform prime: primes in crowded windows are a little less likely. Over
//! 4096 numbers that is 0.05, 0.07 and 0.09 bit of entropy per prime of 1024, 1536 and 2048 bits, and a statistical
//! distance of 0.10, 0.12 and 0.14 from uniform (simulated), where the usual "next prime after a random start" loses 0.61
//! bit and 0.37. FIPS 186-5, A.1.3, draws every candidate afresh: this is not literally its method, and no validation is
//! claimed.
//!
//! # What an onlooker could learn
//! The kernels' exponentiations take the same steps for every number of one length: in the source no branch and no address
//! depends on a bit of it. The sieve's marks, the number of candidates tried, the power of two in p-1 and the last
//! comparisons do show in time and memory accesses, and so does crypto-primes' preparation of its round, as in other
//! generators that sieve. That is meant for one's own machine, not for one shared with an attacker
//! who measures caches.
//!
//! # What is wiped
//! Starts, orders, bitmaps, survivors, candidates and bases on the heap are zeroized when dropped. Each worker thread
//! clears its stack before it ends (`stack.rs`); where no thread can be started, the caller's stack keeps copies of the
//! kernels' Montgomery values and of the independent round, and the command clears that before it exits. The `rsa` crate
//! wipes the finished key, but frees p, q, p-1, q-1 and their least common multiple as they are; the command, whose
//! allocator wipes everything that is freed, leaves none of them on the heap either.

mod confirm;
mod kernel;
#[cfg(any(test, all(feature = "ifma", target_arch = "x86_64")))]
mod lanes;
mod scalar;
mod sieve;

#[cfg(all(feature = "ifma", target_arch = "x86_64"))]
mod ifma;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::stack::{STACK, wiped};

pub use kernel::{Kernel, best as best_kernel};
pub use scalar::Scalar;

/// A number of half the modulus' length: 64-bit words, the least significant first.
pub type Number = Zeroizing<Vec<u64>>;

/// The public exponent (RFC 8017, section 3.1): F4.
pub const EXPONENT: u64 = 65537;

/// Odd numbers in a window. 1024-bit numbers have 11 primes among as many on average, 2048-bit ones 6.
const WINDOW: usize = 4096;

/// Miller-Rabin rounds by the kernel. FIPS 186-5, table B.1, asks for 5 (1024 bits), 4 (1536) and 4 (2048).
const ROUNDS: usize = 8;

/// A bound for machines with more cores than the two it was measured on: each start costs 0.07 ms of the few that a key
/// takes.
const MOST_THREADS: usize = 4;

/// Windows without a prime before something must be wrong. One of 2048-bit numbers is empty 3 times in 1000.
const MOST_WINDOWS: usize = 8;

/// How the search is done; nothing of it changes what is found.
pub struct Means<'a> {
    /// The arithmetic.
    pub kernel: &'a dyn Kernel,
    /// How many threads take part.
    pub threads: usize,
}

impl Means<'static> {
    /// The best of this machine.
    pub fn of_this_machine() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        Self { kernel: best_kernel(), threads }
    }
}

/// Two primes of `bits` bits each, with their two top bits set, neither of them 1 mod [`EXPONENT`], and more than
/// 2^(bits-100) apart (FIPS 186-5, A.1.3, step 5.4); `None` if so many windows hold none that the arithmetic has to be
/// at fault.
///
/// # Errors
/// That of `rng`.
pub fn find_pair<R: TryCryptoRng>(bits: u32, rng: &mut R, means: &Means<'_>) -> Result<Option<[Number; 2]>, R::Error> {
    let mut found: [Option<Number>; 2] = [None, None];
    for _ in 0..MOST_WINDOWS {
        let missing: Vec<usize> = (0..2).filter(|&side| found[side].is_none()).collect();
        let windows: Vec<Window> = missing.iter().map(|_| Window::draw(bits, rng)).collect::<Result<_, _>>()?;
        search(&windows, means);
        for (&side, window) in missing.iter().zip(&windows) {
            found[side] = window.winner();
        }
        match found {
            [Some(p), Some(q)] if far_apart(&p, &q) => return Ok(Some([p, q])),
            [Some(_), Some(_)] => found = [None, None],
            _ => {}
        }
    }
    Ok(None)
}

/// True if |p - q| > 2^(bits-100). The top words decide: they hold 128 bits, of which the first 100 have to differ by
/// more than the words below could take back.
fn far_apart(p: &[u64], q: &[u64]) -> bool {
    let top = |number: &[u64]| match number {
        [.., low, high] => u128::from(*high) << 64 | u128::from(*low),
        _ => 0,
    };
    top(p).abs_diff(top(q)) > 1 << 28
}

/// A stretch of odd numbers with the order in which they are tried.
pub struct Window {
    start: Number,
    /// Every place of the window, shuffled.
    order: Zeroizing<Vec<u16>>,
    /// For the kernel's rounds, as Montgomery residues.
    bases: Vec<Number>,
    /// For the independent round.
    base: Number,
    survivors: OnceLock<Zeroizing<Vec<u16>>>,
    /// Where the next batch of survivors begins.
    next: AtomicUsize,
    /// The first survivor that is not known to be composite.
    first: AtomicUsize,
}

const NONE: usize = usize::MAX;

impl Window {
    /// Draws everything that is random about the window. Always as many octets.
    ///
    /// # Errors
    /// That of `rng`.
    pub fn draw<R: TryCryptoRng>(bits: u32, rng: &mut R) -> Result<Self, R::Error> {
        let words = bits as usize / 64;
        let mut start = draw_number(words, rng)?;
        start[words - 1] |= 3 << 62;
        start[0] |= 1;
        // The end of the window must not run over; that takes away one start in 2^950.
        if start[1..].iter().all(|&word| word == u64::MAX) {
            start[1] = 0;
        }
        let order = shuffled(rng)?;
        // Below 2^(bits-1), so below every modulus here less one.
        let mut draw_base = || {
            let mut base = draw_number(words, rng)?;
            base[words - 1] >>= 1;
            Ok(base)
        };
        let bases = (0..ROUNDS).map(|_| draw_base()).collect::<Result<_, _>>()?;
        let base = draw_base()?;
        let (next, first) = (AtomicUsize::new(0), AtomicUsize::new(NONE));
        Ok(Self { start, order, bases, base, survivors: OnceLock::new(), next, first })
    }

    /// What the sieve leaves, in the window's order.
    pub fn survivors(&self) -> &[u16] {
        self.survivors.get_or_init(|| sieve::survivors(&self.start, &self.order))
    }

    /// The number at `place`.
    pub fn number(&self, place: u16) -> Number {
        let mut number = self.start.clone();
        let mut carry = 2 * u64::from(place);
        for word in number.iter_mut() {
            let (sum, overflows) = word.overflowing_add(carry);
            *word = sum;
            carry = overflows.into();
        }
        number
    }

    /// Tests survivors, batch by batch, until the first that passes is known; any number of threads may do so at once.
    pub fn filter(&self, kernel: &dyn Kernel) {
        let survivors = self.survivors();
        let width = kernel.width();
        loop {
            let begin = self.next.fetch_add(width, Ordering::Relaxed);
            // Batches are handed out in order, so those before the one that passed are done or being done.
            if begin >= survivors.len().min(self.first.load(Ordering::Relaxed)) {
                return;
            }
            let batch = &survivors[begin..survivors.len().min(begin + width)];
            let numbers: Vec<Number> = batch.iter().map(|&place| self.number(place)).collect();
            let passed = kernel.euler(&numbers);
            if passed != 0 {
                self.first.fetch_min(begin + passed.trailing_zeros() as usize, Ordering::Relaxed);
            }
        }
    }

    /// Confirms the number that passed. One that turns out composite is passed over: then the filter goes on behind it.
    pub fn confirm(&self, kernel: &dyn Kernel) {
        let Some((index, number)) = self.candidate() else { return };
        if !confirm::is_prime(&number, &self.bases, &self.base, kernel) {
            self.next.store(index + 1, Ordering::Relaxed);
            self.first.store(NONE, Ordering::Relaxed);
        }
    }

    fn candidate(&self) -> Option<(usize, Number)> {
        let index = self.first.load(Ordering::Relaxed);
        let place = self.survivors().get(index)?;
        Some((index, self.number(*place)))
    }

    /// True when the filter has nothing left to do.
    fn is_settled(&self) -> bool {
        self.first.load(Ordering::Relaxed) != NONE || self.next.load(Ordering::Relaxed) >= self.survivors().len()
    }

    fn winner(&self) -> Option<Number> {
        self.candidate().map(|(_, number)| number)
    }
}

/// Finds the first confirmed prime of each window, if it has one.
fn search(windows: &[Window], means: &Means<'_>) {
    let kernel = means.kernel;
    loop {
        // Each thread begins with another window, so that both are sieved at once, and then helps with the rest.
        share(means.threads, &|worker| {
            let (before, from) = windows.split_at(worker % windows.len());
            from.iter().chain(before).for_each(|window| window.filter(kernel));
        });
        let next = AtomicUsize::new(0);
        share(means.threads.min(windows.len()), &|_| {
            while let Some(window) = windows.get(next.fetch_add(1, Ordering::Relaxed)) {
                window.confirm(kernel);
            }
        });
        if windows.iter().all(Window::is_settled) {
            return;
        }
    }
}

/// Has `threads` threads do `work`, which any number of them can complete.
///
/// The caller only waits: a thread that was just started was seen to run 1.5 to 2 ms later where its parent went on
/// computing, and after 0.07 ms where it did not.
fn share(threads: usize, work: &(dyn Fn(usize) + Sync)) {
    let is_started = threads > 1
        && thread::scope(|scope| {
            let start = |worker| {
                let builder = thread::Builder::new().stack_size(STACK);
                builder.spawn_scoped(scope, move || wiped(|| work(worker))).is_ok()
            };
            (0..threads).filter(|&worker| start(worker)).count() > 0
        });
    if !is_started {
        work(0);
    }
}

fn draw_number<R: TryCryptoRng>(words: usize, rng: &mut R) -> Result<Number, R::Error> {
    let octets = draw_octets(words * 8, rng)?;
    // The octets' order is part of what a stream means.
    let words = octets.chunks_exact(8).map(|octets| u64::from_le_bytes(octets.try_into().unwrap_or_default()));
    Ok(words.collect::<Vec<_>>().into())
}

/// In one call: each one may ask the operating system.
fn draw_octets<R: TryCryptoRng>(count: usize, rng: &mut R) -> Result<Zeroizing<Vec<u8>>, R::Error> {
    let mut octets = Zeroizing::new(vec![0; count]);
    rng.try_fill_bytes(&mut octets)?;
    Ok(octets)
}

/// Every place of a window in random order (Durstenfeld's form of the Fisher-Yates shuffle). A place is chosen by
/// multiplying 32 random bits with the number of places, which prefers some by 1 in 2^20 at most.
fn shuffled<R: TryCryptoRng>(rng: &mut R) -> Result<Zeroizing<Vec<u16>>, R::Error> {
    let mut places = Zeroizing::new((0..WINDOW as u16).collect::<Vec<u16>>());
    let octets = draw_octets(4 * WINDOW, rng)?;
    for (last, octets) in (1..WINDOW).rev().zip(octets.chunks_exact(4)) {
        let random = u64::from(u32::from_le_bytes(octets.try_into().unwrap_or_default()));
        places.swap(last, ((random * (last as u64 + 1)) >> 32) as usize);
    }
    Ok(places)
}
