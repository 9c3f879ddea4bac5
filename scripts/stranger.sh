#!/usr/bin/env bash
# A crate of somebody else's that depends on the library by its path, and has no lock file: what cargo picks today has to
# build, with the default features and without. The versions that are pinned exactly in Cargo.toml are so for this.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/src"
cat >"$folder/src/main.rs" <<'RUST'
use certwright::{CertRequest, Certificate, Password, PrivateKey, RsaBits, Subject, Validity};
use getrandom::SysRng;

fn main() -> Result<(), certwright::Error> {
    let mut rng = SysRng;
    let key = PrivateKey::generate_rsa(RsaBits::B2048, &mut rng)?;
    let request = CertRequest::new(&Subject::parse("O=Example Inc")?, &[], &key)?;
    let validity = Validity::days(365, std::time::SystemTime::now())?;
    let certificate = Certificate::self_signed(&request, &key, validity, &mut rng)?;
    println!("{} {}", certificate.subject(), Password::generate(&mut rng)?.as_bytes().len());
    Ok(())
}
RUST
for features in 'default-features = false' 'default-features = true'; do
    cat >"$folder/Cargo.toml" <<TOML
[package]
name = "stranger"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
certwright = { path = "$root", $features }
getrandom = { version = "0.4", features = ["sys_rng"] }
TOML
    rm -f "$folder/Cargo.lock"
    CARGO_TARGET_DIR="$target/stranger" cargo check --quiet --manifest-path "$folder/Cargo.toml"
    echo "builds without our lock file: $features"
done
