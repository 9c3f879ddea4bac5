#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: certwright_fuzz::start("text"), |data: &[u8]| certwright_fuzz::text(data));
