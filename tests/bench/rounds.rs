//! The in-process half of scripts/bench.py: does what a line of standard input names, once, and answers with the
//! nanoseconds it took. `key best 2048`, `key scalar 4096`, `filter best 1024`, `filter crypto-primes 1024`; `leaf p256 100` makes so many
//! leaves of a test hierarchy and answers with the time for one.
#![allow(missing_docs, clippy::print_stdout, clippy::disallowed_methods, reason = "a program that is asked by another")]

use std::io::{self, BufRead, Write};
use std::time::{Instant, SystemTime};

use certwright::key::bench::{Arithmetic, Stretch};
use certwright::testpki::{Authority, AuthorityProfile, Host, Origin, Profile, Purpose, Stream, issue_each};
use certwright::{RsaBits, Validity};
use crypto_primes::hazmat::MillerRabin;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;

/// Tests that one measurement of a filter takes together.
const TESTS: u32 = 8;

fn key_length(bits: u32) -> RsaBits {
    bits.to_string().parse().expect("a length of keys")
}

/// An authority with a P-256 key, and what a server of it gets.
fn hierarchy(kind: &str) -> (Authority, Profile) {
    let now = SystemTime::now();
    let names: Vec<_> = ["localhost", "127.0.0.1"].map(|host| host.parse::<Host>().expect("a host").name).into();
    let validity = |days| Validity::days(days, now).expect("days");
    let profile = AuthorityProfile::new("root", validity(60)).permitting(&names);
    let authority = Authority::root(&profile, &mut UnwrapErr(SysRng)).expect("a root");
    let (common_name, purposes) = ("localhost".to_owned(), vec![Purpose::Server]);
    (
        authority,
        Profile {
            common_name,
            key: kind.parse().expect("a kind"),
            names,
            purposes,
            validity: validity(30),
            origin: Origin::Random,
        },
    )
}

fn main() -> io::Result<()> {
    let mut rng = UnwrapErr(SysRng);
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [task, by, bits] = words[..] else { panic!("three words, not {line:?}") };
        let bits: u32 = bits.parse().expect("a number of bits");
        let arithmetic = match by {
            "scalar" => Arithmetic::scalar(),
            _ => Arithmetic::best(),
        };
        let nanoseconds = match (task, by) {
            ("key", _) => {
                let begin = Instant::now();
                arithmetic.key(key_length(bits), None, &mut rng);
                begin.elapsed().as_nanos()
            }
            ("leaf", kind) => {
                let (authority, profile) = hierarchy(kind);
                let orders = vec![(&authority, &profile); bits as usize];
                let begin = Instant::now();
                let leaves = issue_each(
                    &orders,
                    orders.iter().map(|_| Stream::fork(&mut rng).expect("a stream")).collect(),
                    |_, leaf, _| Ok(leaf.key().to_pkcs8_pem()?.as_bytes().len()),
                );
                assert_eq!(leaves.expect("leaves").len(), orders.len());
                begin.elapsed().as_nanos() / u128::from(bits)
            }
            ("filter", "crypto-primes") => {
                let numbers = Stretch::draw(bits, &mut rng).numbers(TESTS as usize);
                let numbers: Vec<_> = numbers
                    .iter()
                    .map(|number| crypto_bigint::BoxedUint::from_words(number.iter().copied()))
                    .map(|number| crypto_bigint::Odd::new(number).into_option().expect("survivors are odd"))
                    .collect();
                let begin = Instant::now();
                for number in numbers {
                    std::hint::black_box(MillerRabin::new(number).test_base_two());
                }
                begin.elapsed().as_nanos() / u128::from(TESTS)
            }
            ("filter", _) => {
                let numbers = Stretch::draw(bits, &mut rng).numbers(TESTS as usize);
                let begin = Instant::now();
                for numbers in numbers.chunks(arithmetic.width()) {
                    std::hint::black_box(arithmetic.filter(numbers));
                }
                begin.elapsed().as_nanos() / u128::from(TESTS)
            }
            other => panic!("no such task: {other:?}"),
        };
        println!("{nanoseconds}");
        io::stdout().flush()?;
    }
    Ok(())
}
