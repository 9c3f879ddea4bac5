#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: certwright_fuzz::start("p12"), |data: &[u8]| certwright_fuzz::p12(data));
