#!/usr/bin/env bash
# man.sh [FOLDER]: the manual pages, out of the same source as --help, into FOLDER (man), for a package to install.
set -euo pipefail
cargo run --locked --quiet --manifest-path "$(dirname "$0")/../Cargo.toml" --features man -- man "${1:-man}"
