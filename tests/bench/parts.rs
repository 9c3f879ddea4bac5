//! `cargo bench --features bench`: what each part of making a key costs. scripts/bench.sh compares whole commands.
#![allow(missing_docs, reason = "a program")]

use certwright::key::bench::{Arithmetic, Stretch};
use certwright::{PrivateKey, RsaBits};
use crypto_primes::hazmat::MillerRabin;
use divan::Bencher;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;

const LENGTHS: [u32; 3] = [1024, 1536, 2048];

fn main() {
    divan::main();
}

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

#[divan::bench(args = LENGTHS)]
fn sieve(bencher: Bencher<'_, '_>, bits: u32) {
    bencher.with_inputs(|| Stretch::draw(bits, &mut rng())).bench_values(|stretch| stretch.sieve());
}

/// One number, whatever the arithmetic judges at once.
fn filter(bencher: Bencher<'_, '_>, arithmetic: &Arithmetic, bits: u32) {
    let numbers = Stretch::draw(bits, &mut rng()).numbers(arithmetic.width());
    bencher.counter(arithmetic.width()).bench(|| arithmetic.filter(&numbers));
}

#[divan::bench(args = LENGTHS)]
fn filter_scalar(bencher: Bencher<'_, '_>, bits: u32) {
    filter(bencher, &Arithmetic::scalar(), bits);
}

#[divan::bench(args = LENGTHS)]
fn filter_best(bencher: Bencher<'_, '_>, bits: u32) {
    filter(bencher, &Arithmetic::best(), bits);
}

#[divan::bench(args = LENGTHS)]
fn filter_crypto_primes(bencher: Bencher<'_, '_>, bits: u32) {
    let number = Stretch::draw(bits, &mut rng()).numbers(1).remove(0);
    let number = crypto_bigint::BoxedUint::from_words(number.iter().copied());
    let number = crypto_bigint::Odd::new(number).into_option().expect("survivors are odd");
    bencher.bench(|| MillerRabin::new(number.clone()).test_base_two());
}

#[divan::bench(args = LENGTHS)]
fn confirm(bencher: Bencher<'_, '_>, bits: u32) {
    let arithmetic = Arithmetic::best();
    let prime = || {
        let stretch = Stretch::draw(bits, &mut rng());
        stretch.find(&arithmetic);
        stretch
    };
    bencher.with_inputs(prime).bench_values(|stretch| stretch.confirm(&arithmetic));
}

#[divan::bench(args = LENGTHS, sample_count = 40, sample_size = 1)]
fn pair_one_thread(bencher: Bencher<'_, '_>, bits: u32) {
    bencher.bench(|| Arithmetic::best().pair(bits, 1, &mut rng()));
}

#[divan::bench(args = LENGTHS, sample_count = 40, sample_size = 1)]
fn pair_two_threads(bencher: Bencher<'_, '_>, bits: u32) {
    bencher.bench(|| Arithmetic::best().pair(bits, 2, &mut rng()));
}

#[divan::bench(args = [RsaBits::B2048, RsaBits::B3072, RsaBits::B4096], sample_count = 40, sample_size = 1)]
fn key(bencher: Bencher<'_, '_>, bits: RsaBits) {
    bencher.bench(|| PrivateKey::generate_rsa(bits, &mut rng()).expect("a key"));
}

#[divan::bench(args = [2048, 4096], sample_count = 20, sample_size = 1)]
fn key_rsa_crate(bencher: Bencher<'_, '_>, bits: usize) {
    bencher.bench(|| rsa::RsaPrivateKey::new(&mut rng(), bits).expect("a key"));
}

/// What 600,000 iterations cost.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn pbkdf2(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut key = [0; 32];
        certwright_work::derivation::pbkdf2_hmac_sha256(b"fixture password", b"a salt of 16 byt", 600_000, &mut key);
        key
    });
}
