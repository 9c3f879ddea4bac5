#!/usr/bin/env bash
# Fuzzes with libFuzzer what reads other people's input: scripts/fuzz.sh [SECONDS [TARGET..]]. Each target runs SECONDS (default
# 60), one after another, with its corpus in target/fuzz/corpus, which the next run continues. Not part of scripts/test.sh,
# which only checks that the targets compile.
#
# Needs a C++ compiler (libFuzzer itself), the stable toolchain and nothing else: RUSTC_BOOTSTRAP=1 and the flags that
# cargo-fuzz gives to rustc. No sanitizer: the code is safe Rust, in which overflow checks and debug assertions find what
# there is to find.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(pem key certificate p12 jks rebuild manifest lines text)

target=${CARGO_TARGET_DIR:-target}/fuzz
mkdir -p "$target"
target=$(cd "$target" && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions"

# With --target, build scripts and procedural macros are built without the flags.
echo "building"
started=$SECONDS
RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$target" \
    cargo build --locked --release --quiet --target "$host" --manifest-path tests/fuzz/Cargo.toml
echo "built in $((SECONDS - started)) s"
binaries=$target/$host/release

passed=0 failed=0
for name in "${targets[@]}"; do
    corpus=$target/corpus/$name artifacts=$target/artifacts/$name log=$target/$name.log
    mkdir -p "$corpus" "$artifacts"
    CERTWRIGHT_FUZZ_SEEDS=$corpus CERTWRIGHT_FIXTURES=$PWD/fixtures "$binaries/$name" 2>"$log" || { cat "$log"; exit 1; }
    before=$(find "$artifacts" -type f | sort)
    # Away from the checkout: a mutated line names files. Standard input is empty, and only libFuzzer writes.
    folder=$(mktemp -d)
    code=0
    (cd "$folder" && exec "$binaries/$name" "$corpus" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 \
        -max_len="$(case $name in lines | text | manifest) echo 2048 ;; rebuild) echo 6144 ;; *) echo 16384 ;; esac)" -use_value_profile=1 \
        -print_final_stats=1 -artifact_prefix="$artifacts/") </dev/null >"$log" 2>&1 || code=$?
    rm -rf "$folder"
    new=$(comm -13 <(printf '%s' "$before") <(find "$artifacts" -type f | sort) | grep -c . || true)
    statistic() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
    edges=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -d' ' -f2)
    size=$(find "$corpus" -type f | wc -l)
    printf '%-12s %9s executions, %6s edges, corpus of %5s, %s crashes, peak %s MB\n' "$name" \
        "$(statistic number_of_executed_units)" "${edges:-0}" "$size" "$new" "$(statistic peak_rss_mb)"
    if [ "$code" -eq 0 ] && [ "$new" -eq 0 ]; then
        passed=$((passed + 1))
        continue
    fi
    failed=$((failed + 1))
    grep -m 3 -A 3 -E 'panicked at|ERROR: libFuzzer' "$log" | sed 's/^/    /' || tail -n 5 "$log"
    find "$artifacts" -type f -newer "$binaries/$name" | while read -r input; do
        echo "    reproduce with: $binaries/$name $input"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
