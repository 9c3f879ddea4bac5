#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: certwright_fuzz::start("key"), |data: &[u8]| certwright_fuzz::key(data));
