//! Leaves the tables for unwinding out of the released program, which ends where it panics (`src/bin/certwright/fault.rs`):
//! half a megabyte that nothing reads. No option of rustc's does: `-C force-unwind-tables=no` changed nothing.

use std::env;

/// For GNU's linker and LLVM's. With musl the first of them fails, whose start-up code refers to the tables: scripts/release.sh,
/// which links with the second, gives the script to it.
const SCRIPT: &str = "src/bin/certwright/no-unwinding.ld";

fn main() {
    println!("cargo::rerun-if-changed={SCRIPT}");
    let is = |name, value| env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo names it");
        println!("cargo::rustc-link-arg-bin=certwright=-Wl,-T,{folder}/{SCRIPT}");
    }
}
