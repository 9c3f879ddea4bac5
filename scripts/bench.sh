#!/usr/bin/env bash
# How fast keys are made, as ratios against peers, all in one run: medians of rounds in which everything takes its turn.
# `cargo bench --features bench` measures the parts. Needs openssl, python3 with venv, and the cryptography package,
# which it installs in a folder of its own; for the memory the time program of GNU. The leaves of `testpki` are compared with
# Debian's minica and mkcert, trustme (PyPI) and a loop of openssl. At the end, inputs under 1 MB that take much work, with
# the processor time and memory that each takes.
#
#   scripts/bench.sh [ROUNDS]    100 rounds take about ten minutes
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
python="$target/oracles/bin/python"
peers=()
for peer in /usr/bin/time mkcert minica; do
    command -v "$peer" >/dev/null || peers+=("$(basename "$peer")")
done
if [ ${#peers[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" apt-get install -q -y --no-install-recommends "${peers[@]}" >/dev/null || echo "not installed: ${peers[*]}"
fi
if ! "$python" -c 'import cryptography' 2>/dev/null; then
    python3 -m venv "$target/oracles"
    "$python" -m pip install -q cryptography
fi
"$python" -c 'import trustme' 2>/dev/null || "$python" -m pip install -q trustme
cargo build -q --locked --release
cargo bench -q --locked --features bench --bench rounds --no-run
rounds=$(find "$target/release/deps" -name 'rounds-*' -type f -perm -u+x -newer Cargo.toml | xargs ls -t | head -n 1)
"$python" scripts/bench.py "$target/release/certwright" "$rounds" "${1:-100}"
"$python" scripts/bench_testpki.py "$target/release/certwright" "$rounds"
exec "$python" scripts/bench_bounded.py "$target/release/certwright"
