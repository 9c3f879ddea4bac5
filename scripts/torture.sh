#!/usr/bin/env bash
# Kills commands before each system call that changes a folder, and lets such calls fail, and checks what is left and what the
# next run does: scripts/torture.sh [COMMAND..] [--every K] [--jobs N] [--list]. Takes an hour or more; not part of
# scripts/test.sh. CERTWRIGHT is the program to try (default: the dev build, which is made). Linux only: needs strace.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v strace >/dev/null; then
    command -v apt-get >/dev/null || { echo "needs strace"; exit 1; }
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -q -y --no-install-recommends strace >/dev/null
fi
if [ -z "${CERTWRIGHT:-}" ]; then
    cargo build --locked --quiet --bin certwright
    CERTWRIGHT=${CARGO_TARGET_DIR:-target}/debug/certwright
fi
CERTWRIGHT=$(realpath "$CERTWRIGHT") exec python3 scripts/torture.py "$@"
