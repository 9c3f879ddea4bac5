//! Many keys: OpenSSL finds each of them whole, no prime comes twice, and the primes are spread as they should be.

mod support;

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use certwright::{PrivateKey, RsaBits};
use crypto_bigint::{BoxedUint, NonZero, Resize};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use pkcs8::DecodePrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};

/// `openssl pkey -check` tests the primes itself and every relation between the numbers (RFC 8017, section 3.2).
fn openssl_finds_it_whole(pem: &[u8]) {
    let mut openssl = Command::new("openssl");
    openssl.args(["pkey", "-check", "-noout"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = openssl.spawn().expect("openssl");
    child.stdin.take().expect("a pipe").write_all(pem).expect("to write");
    let output = child.wait_with_output().expect("openssl");
    assert!(output.status.success(), "{}", support::text(&output));
    assert!(support::text(&output).contains("Key is valid"), "{}", support::text(&output));
}

/// The primes of `count` new keys, each key judged by OpenSSL and by the rsa crate.
fn primes_of(count: usize, bits: RsaBits) -> Vec<BoxedUint> {
    let primes = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for worker in 0..threads {
            let primes = &primes;
            scope.spawn(move || {
                for _ in (worker..count).step_by(threads) {
                    let key = PrivateKey::generate_rsa(bits, &mut UnwrapErr(SysRng)).expect("a key");
                    let pem = key.to_pkcs8_pem().expect("a PEM file");
                    openssl_finds_it_whole(pem.as_bytes());
                    let pem = std::str::from_utf8(pem.as_bytes()).expect("text");
                    let read = rsa::RsaPrivateKey::from_pkcs8_pem(pem).expect("the key");
                    let [p, q] = read.primes() else { panic!("two primes") };
                    let made = rsa::RsaPrivateKey::from_p_q(
                        p.as_ref().clone(),
                        q.as_ref().clone(),
                        BoxedUint::from(65537_u64),
                    );
                    let made = made.expect("a key");
                    assert_eq!(read.n().bits(), bits.get());
                    assert!(read.n() == made.n() && read.d() == made.d(), "n or d is another");
                    assert!(read.dp() == made.dp() && read.dq() == made.dq(), "dp or dq is another");
                    assert!(read.crt_coefficient() == made.crt_coefficient(), "qinv is another");
                    primes.lock().expect("no thread has failed").extend([p.as_ref().clone(), q.as_ref().clone()]);
                }
            });
        }
    });
    primes.into_inner().expect("no thread has failed")
}

/// Pearson's statistic against equal shares stays below what it exceeds once in a million times (Wilson and Hilferty's
/// approximation).
fn is_uniform(what: &str, counts: &[u32]) {
    let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    let statistic: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    let freedom = (counts.len() - 1) as f64;
    let part = 2.0 / (9.0 * freedom);
    let limit = freedom * (1.0 - part + 4.75 * part.sqrt()).powi(3);
    assert!(statistic < limit, "{what}: {statistic} is over {limit}: {counts:?}");
}

#[test]
#[ignore = "needs openssl, and some minutes"]
fn a_thousand_keys_are_whole_and_their_primes_spread() {
    let primes = primes_of(1000, RsaBits::B2048);
    let different: HashSet<Vec<u64>> = primes.iter().map(|prime| prime.to_words().to_vec()).collect();
    assert_eq!(different.len(), 2000, "a prime came twice");
    for modulus in [3_u64, 5, 7, 11, 13, 17] {
        let divisor = NonZero::new(BoxedUint::from(modulus).resize(1024)).expect("a prime");
        let mut counts = vec![0; modulus as usize];
        for prime in &primes {
            counts[prime.resize(1024).rem(&divisor).to_words()[0] as usize] += 1;
        }
        assert_eq!(counts.remove(0), 0, "a multiple of {modulus}");
        is_uniform(&format!("p mod {modulus}"), &counts);
    }
    let bits = |from: u32| {
        let mut counts = [0; 16];
        for prime in &primes {
            counts[(prime.shr(from).to_words()[0] & 15) as usize] += 1;
        }
        counts
    };
    is_uniform("the four bits below the top two", &bits(1018));
    is_uniform("the four bits above the last", &bits(1));
}

#[test]
#[ignore = "needs openssl, and some minutes"]
fn fifty_keys_of_4096_bits_are_whole() {
    primes_of(50, RsaBits::B4096);
}
