//! What certwright's users wait for: the primes of RSA keys, and keys from passwords; and what the threads that do it clear
//! when they end.
//!
//! A package of its own for one reason: it is compiled for speed, the rest of the program for size, and cargo sets that by
//! package. Its interface changes with what certwright needs.

pub mod derivation;
pub mod primes;
pub mod stack;
