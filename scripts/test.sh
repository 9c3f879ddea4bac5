#!/usr/bin/env bash
# Every check of the project. Installs the tools it compares with where Debian's package client is there, with root's
# rights or sudo; elsewhere it says what is missing and fails after the checks that could run.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# tool COMMAND PACKAGE...: what the interop tests run. bash and coreutils come with any system this script starts on.
missing=()
want=()
tool() {
    command -v "$1" >/dev/null || { missing+=("$1"); want+=("$2"); }
}

step "tools"
check_tools() {
    missing=() want=()
    tool openssl openssl
    tool cc gcc # the linker that rustc calls
    tool keytool default-jdk-headless
    tool javac default-jdk-headless # `java File.java` needs the compiler
    tool certtool gnutls-bin
    tool pk12util libnss3-tools
    tool certutil libnss3-tools
    tool node nodejs
    tool npm npm
    tool python3 python3
    # The test PKI's clients.
    tool curl curl
    tool go golang-go
    if [ "$(uname -s)" = Linux ]; then
        tool taskset util-linux
        # Another date for programs, by a library that is loaded before libc.
        tool faketime faketime
        # Memory at exit, and system calls that fail.
        tool gdb gdb
        tool strace strace
    fi
    # Where completion is tried, and a reader of manual pages.
    tool zsh zsh
    tool fish fish
    tool elvish elvish
    tool mandoc mandoc
    # Without pip in it a virtual environment cannot fetch anything.
    python3 -c 'import ensurepip, venv' 2>/dev/null || { missing+=("python3 -m venv"); want+=(python3-venv); }
}
check_tools
if [ ${#want[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    echo "installing: ${want[*]}"
    if "${root[@]}" apt-get update -q >/dev/null &&
        DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -q -y --no-install-recommends "${want[@]}" >/dev/null; then
        check_tools
    fi
fi
# Python's readers of keystores, in a folder of their own. pyjks asks for twofish, which only its BKS needs.
target=${CARGO_TARGET_DIR:-target}
export CERTWRIGHT_PYTHON="$PWD/$target/oracles/bin/python"
case "$target" in /*) CERTWRIGHT_PYTHON="$target/oracles/bin/python" ;; esac
if [ ${#missing[@]} -eq 0 ] && ! "$CERTWRIGHT_PYTHON" -c 'import jks, cryptography' 2>/dev/null; then
    python3 -m venv "$(dirname "$(dirname "$CERTWRIGHT_PYTHON")")" &&
        "$CERTWRIGHT_PYTHON" -m pip install -q --no-deps pyjks==20.0.0 pyasn1 pyasn1_modules javaobj-py3 pycryptodomex \
            cryptography cffi pycparser ||
        missing+=("pyjks and cryptography from PyPI")
fi
# Other people's code for assertions: PyJWT beside them, jsonwebtoken in a folder of its own.
oracles=$(dirname "$(dirname "$CERTWRIGHT_PYTHON")")
export CERTWRIGHT_NODE_MODULES="$oracles/node"
if [ ${#missing[@]} -eq 0 ] && ! "$CERTWRIGHT_PYTHON" -c 'import jwt' 2>/dev/null; then
    "$CERTWRIGHT_PYTHON" -m pip install -q --no-deps PyJWT==2.10.1 || missing+=("PyJWT from PyPI")
fi
if [ ${#missing[@]} -eq 0 ] && [ ! -d "$CERTWRIGHT_NODE_MODULES/node_modules/jsonwebtoken" ]; then
    npm install --silent --no-audit --no-fund --prefix "$CERTWRIGHT_NODE_MODULES" jsonwebtoken@9.0.2 >/dev/null ||
        missing+=("jsonwebtoken from npm")
fi
# The linter of certificates.
if [ ${#missing[@]} -eq 0 ] && ! "$CERTWRIGHT_PYTHON" -c 'import pkilint' 2>/dev/null; then
    "$CERTWRIGHT_PYTHON" -m pip install -q pkilint==0.13.3 || missing+=("pkilint from PyPI")
fi
[ ${#missing[@]} -eq 0 ] || echo "missing: ${missing[*]}"

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --locked --workspace --lib --no-default-features -- -D warnings
cargo clippy --locked --all-targets --no-default-features --features cli -- -D warnings
cargo clippy --locked --workspace --all-features --all-targets -- -D warnings

# A workspace of its own, with its own lock: libFuzzer is C++, which is not compiled here. scripts/fuzz.sh runs them.
step "the fuzz targets compile"
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/fuzz" cargo check --locked --no-default-features --manifest-path tests/fuzz/Cargo.toml

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

step "no C in the tree, on any platform"
if cargo tree --locked --target all -e normal,build,dev --prefix none | grep -E '^(cc|cmake|bindgen|ring|openssl-sys|aws-lc-[a-z]+) '; then
    echo "these compile or link C"
    exit 1
fi

# With the parts of the prime search open and the manual pages everywhere, so that all steps share one build.
step "tests"
cargo test --locked --workspace --features bench,man
tests=$(cargo test --locked --workspace --features bench,man --no-run --color never 2>&1)

# The test programs and the program under test believe that it is two years later. cargo does not: it compares the dates
# of files. Monotonic clocks are left alone, so that timeouts work, and so are the dates of files.
step "tests, two years later"
later() {
    LD_PRELOAD=$faketime FAKETIME=+2y FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 "$@"
}
days_left() { # COMMAND...: of a certificate of 100 years
    "$@" "${CARGO_TARGET_DIR:-target}/debug/certwright" status fixtures/openssl/v3.crt --json | sed -n 's/.*"days_left": \([0-9]*\).*/\1/p'
}
if [ "$(uname -s)" != Linux ]; then
    echo "NOT RUN here: needs Linux"
elif ! faketime=$(faketime -f +2y printenv LD_PRELOAD); then
    echo "NOT RUN: needs faketime"
else
    [ $(($(days_left env) - $(days_left later))) -ge 730 ] || { echo "libfaketime does not change the date"; exit 1; }
    # Left out: the tests that are ignored above and the documentation's examples, whose times are fixed; and by name the
    # programs that know no date, for the minutes that they take.
    without='/(certwright_work|hostile)-[0-9a-f]+$'
    programs=$(sed -n 's/^ *Executable .* (\(.*\))$/\1/p' <<<"$tests")
    [ -n "$programs" ] || { echo "cargo named no test program"; exit 1; }
    while read -r program; do
        if [[ $program =~ $without ]]; then
            echo "left out, for it knows no date: $program"
        elif ! said=$(later "$program" --color never </dev/null 2>&1); then
            printf '%s\n%s fails two years from now\n' "$said" "$program"
            exit 1
        else
            echo "$program: $(grep '^test result' <<<"$said")"
        fi
    done <<<"$programs"
fi

step "prime numbers, at length"
cargo test --locked --workspace --features bench,man --lib -- --ignored

step "interop"
if [ ${#missing[@]} -gt 0 ]; then
    echo "NOT RUN: the interop tests need ${missing[*]}"
    exit 1
fi
skip=()
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo "NOT RUN here: a_full_disk_leaves_nothing (needs Linux and the right to mount)"
    skip=(--skip a_full_disk_leaves_nothing)
fi
# A program that has made itself undumpable shows its memory to root only, and a container may forbid tracing altogether.
if [ "$(uname -s)" != Linux ] || ! strace -qq -o /dev/null true 2>/dev/null; then
    echo "NOT RUN here: tests/refused.rs (needs Linux and the right to trace)"
    skip+=(--skip random_numbers_that_fail --skip without_a_thread)
fi
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ] ||
    ! gdb -batch -nx -ex 'catch syscall exit_group' -ex run -ex 'info registers pc' true 2>/dev/null | grep -q '^pc '; then
    echo "NOT RUN here: no_secret_is_left_in_memory (needs Linux, root and the right to trace)"
    skip+=(--skip no_secret_is_left_in_memory)
fi
# Nothing of Debian's or Ubuntu's.
if ! command -v pwsh >/dev/null; then
    echo "NOT RUN here: powershell_completes and a_key_goes_through_powershell (need pwsh)"
    skip+=(--skip powershell_completes --skip a_key_goes_through_powershell)
fi
cargo test --locked --features bench,man --test generation --test interop --test keystores --test translation --test jwt --test salesforce --test testpki \
    --test matrix --test seed --test completions --test man --test renewal --test memory --test refused --test listing -- --ignored "${skip[@]}"

step "a crate of somebody else's, without our lock file"
scripts/stranger.sh

step "the release binary"
cargo build --locked --release
binary="${CARGO_TARGET_DIR:-target}/release/certwright"
size=$(wc -c <"$binary")
echo "$size bytes"
[ "$size" -lt 5000000 ] || { echo "the binary is over 5 MB"; exit 1; }
if command -v ldd >/dev/null; then ldd "$binary"; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$binary" init "$folder/jwt" --country US --state California --locality "San Francisco" --organization "Example Inc" \
    --password-from generate
"$binary" testpki "$folder/pki" --host localhost
"$binary" verify "$folder/jwt" --password-from "file:$folder/jwt/server.pass.txt" --strict >/dev/null

step "all checks passed"
