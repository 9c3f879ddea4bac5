//! Leaves: what is asked for, what is made, and many at once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use certwright_work::stack::{STACK, wiped};

use super::{Authority, Origin, Purpose, Stream};
use crate::certificate::{Certificate, Validity};
use crate::error::Result;
use crate::key::{KeyKind, PrivateKey};
use crate::subject::SanName;

/// A leaf to be made.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its common name.
    pub common_name: String,
    /// Its key.
    pub key: KeyKind,
    /// Its alternative names, which are what verifiers look at.
    pub names: Vec<SanName>,
    /// What the key may be used for.
    pub purposes: Vec<Purpose>,
    /// From when until when it is valid; no longer than its issuer.
    pub validity: Validity,
    /// Where its key comes from, as its subject tells.
    pub origin: Origin,
}

/// A key with its certificate and those of the intermediates above it.
#[derive(Debug)]
pub struct Leaf {
    key: PrivateKey,
    chain: Vec<Certificate>,
}

impl Leaf {
    pub(super) fn new(key: PrivateKey, chain: Vec<Certificate>) -> Self {
        Self { key, chain }
    }

    /// Its private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }

    /// Its certificate, then those of the intermediates: what a server sends. The root is not among them.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The key and the chain, taken apart.
    pub fn into_parts(self) -> (PrivateKey, Vec<Certificate>) {
        (self.key, self.chain)
    }
}

/// Issues what `orders` ask for, on all cores, and gives each leaf to `finish` on the thread that made it; the results are in
/// the order of `orders`. Each draws from the one of `streams` that stands at its place, so that the number
/// of cores changes nothing; an order without a stream is left out.
///
/// # Errors
/// The first error of [`Authority::issue`] or `finish`; what is not begun by then is not done.
pub fn issue_each<T: Send>(
    orders: &[(&Authority, &Profile)],
    streams: Vec<Stream>,
    finish: impl Fn(usize, Leaf, &mut Stream) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let streams: Vec<_> = streams.into_iter().map(|stream| Mutex::new(Some(stream))).collect();
    let results: Vec<Mutex<Option<Result<T>>>> = orders.iter().map(|_| Mutex::new(None)).collect();
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let take = |at: usize| streams.get(at)?.lock().ok()?.take();
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((authority, profile)) = orders.get(at) else { break };
            let Some(mut stream) = take(at) else { break };
            let key = PrivateKey::generate_alone(profile.key, &mut stream);
            let leaf = key.and_then(|key| authority.certify(key, profile, &mut stream));
            let result = leaf.and_then(|leaf| finish(at, leaf, &mut stream));
            is_over.fetch_or(result.is_err(), Ordering::Relaxed);
            if let Ok(mut place) = results[at].lock() {
                *place = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from).min(orders.len());
        // Where fewer threads can be started, those that run do all of it.
        let start = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || wiped(work)).is_ok();
        let _ = (1..cores).all(start);
        work();
    });
    results.into_iter().filter_map(|result| result.into_inner().ok().flatten()).collect()
}
