#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: certwright_fuzz::start("lines"), |data: &[u8]| certwright_fuzz::lines(data));
