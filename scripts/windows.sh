#!/usr/bin/env bash
# certwright.exe from nothing to tested, on a Debian machine: built by the Rust and MinGW of Debian sid in a chroot, run
# there under Wine; the files it makes are then read by this machine's openssl and keytool. Root's rights or sudo, and
# the right to mount, are needed. The chroot is kept for the next run, in target/windows or where CERTWRIGHT_SID says.
#
# The last line says how many checks passed and failed.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0
step() { printf '\n== %s\n' "$*"; }
# check NAME COMMAND...: what the command says is shown only if it fails.
check() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "$name" "$said"
    fi
}
# rust_tests NAME COMMAND...: counts the tests of a Rust harness, and trycmd's snapshots one by one.
rust_tests() {
    local name=$1 said good bad
    shift
    said=$("$@" 2>&1) || true
    # Wine may put a word of its own before a line.
    good=$(grep -cE '(test|Testing) .*\.\.\. ok( |$)' <<<"$(grep -v ':teardown' <<<"$said")") || true
    bad=$(grep -cE '(test|Testing) .*\.\.\. (FAILED|failed)' <<<"$said") || true
    # A harness that died has no result.
    grep -q '^test result:' <<<"$said" || bad=$((bad + 1))
    printf '%s: %s passed, %s failed\n' "$name" "$good" "$bad"
    [ "$bad" -eq 0 ] || grep -vE '\.\.\. ok( |$)' <<<"$said"
    passed=$((passed + good)) failed=$((failed + bad))
}

triple=x86_64-pc-windows-gnu

# --- in the chroot -----------------------------------------------------------------------------------------------------

only_system_libraries() {
    # Part of Windows 10 and later; api-ms-win-* are names under which the system hands out the same.
    local needed foreign
    needed=$(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/^\tDLL Name: //p' | tr '[:upper:]' '[:lower:]')
    grep -qx kernel32.dll <<<"$needed" || { echo "objdump did not tell what it needs"; return 1; }
    foreign=$(grep -vxE 'kernel32.dll|advapi32.dll|crypt32.dll|ntdll.dll|bcryptprimitives.dll|msvcrt.dll|user32.dll|ws2_32.dll|userenv.dll|api-ms-win-.*.dll' <<<"$needed") || true
    [ -z "$foreign" ] || { echo "needs $foreign"; return 1; }
}

under_the_size_limit() { [ "$(wc -c <"$1")" -lt 5000000 ]; }

# readme_block LANGUAGE: the commands of the README for that shell, the first of them.
readme_block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`$1\$/d;/^\`\`\`\$/q;p}" README.md; }

# run_in_cmd LANGUAGE FOLDER: the README's commands, in Wine's cmd, which stops at the first that fails.
run_in_cmd() {
    mkdir -p "$2"
    cp "$CERTWRIGHT_PROGRAM" "$2/certwright.exe"
    readme_block "$1" | sed 's/$/ || exit \/b 1/; s/$/\r/' >"$2/block.bat"
    [ -s "$2/block.bat" ] && (cd "$2" && wine cmd /c block.bat </dev/null)
}

inside() {
    export WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" XDG_RUNTIME_DIR=/tmp RUSTC_BOOTSTRAP=1
    export CERTWRIGHT_PROGRAM=/target/$triple/release/certwright.exe
    step "certwright.exe"
    [ -e ~/.wine/system.reg ] || wineboot -i >/dev/null 2>&1 &
    # One set of options, so that everything is built once. The program that is tested is the one that is shipped. Tests
    # that unwind would want a standard library of their own, and cargo takes the two for each other.
    local build=(--offline --locked --release --target "$triple" -Zbuild-std=std,panic_abort,test -Zpanic-abort-tests)
    cargo test "${build[@]}" --no-run --lib --test cli --test windows --message-format=short 2>&1 | tee /tmp/build.log |
        grep -E '^(warning|error)|Finished' || true
    grep -q 'Finished' /tmp/build.log || { cat /tmp/build.log; return 1; }
    harness() { sed -n "s|^ *Executable .*$1 (\(.*\))$|\1|p" /tmp/build.log; }
    wait
    ls -l "$CERTWRIGHT_PROGRAM"
    check "one file, no library beyond the system's" only_system_libraries "$CERTWRIGHT_PROGRAM"
    check "under 5 MB" under_the_size_limit "$CERTWRIGHT_PROGRAM"

    step "tests under $(wine --version)"
    rust_tests "unit tests" wine "$(harness src/lib.rs)"
    # Each test is a process of its own, whose words are not shown otherwise: here there are many checks in one.
    rust_tests "snapshots" wine "$(harness tests/cli.rs)" --nocapture
    rust_tests "Windows' habits" wine "$(harness tests/windows.rs)"

    step "prompts on a console"
    local said
    said=$(python3 tests/windows_console.py wine "$CERTWRIGHT_PROGRAM" 2>&1) || true
    printf '%s\n' "$said"
    passed=$((passed + $(grep -c '^ok ' <<<"$said" || true)))
    failed=$((failed + $(grep -c '^FAILED ' <<<"$said" || true)))
    grep -q '^end$' <<<"$said" || { echo "FAILED the console tests ended early"; failed=$((failed + 1)); }

    step "the README's commands for Windows"
    echo "NOT RUN: PowerShell, which Debian does not have; its commands are run by Wine's cmd"
    check "for PowerShell" run_in_cmd powershell /target/files/powershell
    check "for cmd" run_in_cmd bat /target/files/cmd

    step "files for others"
    program() { wine "$CERTWRIGHT_PROGRAM" "$@" </dev/null; }
    mkdir -p /target/files/steps
    cd /target/files/steps
    export PW="fixture password"
    check genkey program genkey --password-from env:PW
    check decrypt program decrypt --password-from env:PW
    check csr program csr --country US --organization "Example Inc" --san DNS:example.com
    check selfsign program selfsign
    check p12 program p12 --password-from env:PW
    check jks program jks --password-from env:PW
    check verify program verify --password-from env:PW --strict --for salesforce
    check show program show server.pass.key server.csr server.crt keystore.p12 servercert.jks
    check export program export --key-out p12.key --cert-out p12.crt --password-from env:PW
    check "export from JKS" program export --in servercert.jks --key-out jks.key --cert-out jks.crt --password-from env:PW
    check init program init jwt --country US --organization "Example Inc" --p12 --jks --password-from env:PW
    # Wine keeps an access list as a Unix mode: what others may do is all that it can show of one.
    check "Wine shows secrets as closed to others" test "$(find . -not -perm /007 \( -name '*.key' -o -name '*.pem' -o -name '*.p12' -o -name '*.jks' \) | wc -l)" -eq 12
    chmod 644 server.key
    check "a key that others can read is noticed" bash -c "$(declare -f program); program verify --password-from env:PW | grep -q 'other users of this computer'"
    chmod 600 server.key
    wineserver -k 2>/dev/null || /usr/lib/x86_64-linux-gnu/wine/wineserver -k || true
    echo "$passed $failed" >/target/counts
}

if [ "${1:-}" = inside ]; then
    inside
    exit
fi

# --- on this machine ---------------------------------------------------------------------------------------------------

begin=$SECONDS
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/windows
sid=${CERTWRIGHT_SID:-$target/sid}
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)

step "tools"
command -v cargo >/dev/null || { echo "missing: a Rust toolchain"; echo "0 passed, 1 failed"; exit 1; }
want=()
command -v mmdebstrap >/dev/null || want+=(mmdebstrap)
command -v openssl >/dev/null || want+=(openssl)
command -v keytool >/dev/null || want+=(default-jre-headless)
if [ ${#want[@]} -gt 0 ]; then
    echo "installing: ${want[*]}"
    "${root[@]}" apt-get update -q >/dev/null
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${want[@]}" >/dev/null
fi

if [ ! -d "$sid" ]; then
    step "Debian sid"
    "${root[@]}" rm -rf "$sid.part"
    mkdir -p "$sid.part"
    # Left out: what is only read by people, the compiler's own source, and Windows' 32-bit half. A mirror that has not
    # been refreshed for a week is no danger to a chroot that is thrown away.
    "${root[@]}" mmdebstrap --quiet --mode=root --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/src/rustc-*/compiler/*' \
        --dpkgopt='path-exclude=*/wine/i386-windows/*' \
        --include=cargo,rustc,rust-src,gcc,libc6-dev,gcc-mingw-w64-x86-64-win32,wine,wine64,python3 sid "$sid.part"
    "${root[@]}" mv "$sid.part" "$sid"
fi

step "sources"
# Not for one target: that leaves out what the tests need on Unix, which cargo asks for in the chroot all the same, offline
# ("failed to download `comma`").
cargo fetch --locked
# The standard library is built too: Debian has none for Windows.
RUSTC_BOOTSTRAP=1 cargo fetch --locked --manifest-path "$(echo "$sid"/usr/src/rustc-*/library/Cargo.toml)"

echo "ready after $((SECONDS - begin)) s"
"${root[@]}" rm -rf "$target/build/files" "$target/build/counts"
mkdir -p "$target/build"
# The mounts are this process's own: nothing stays mounted, however it ends.
"${root[@]}" unshare --mount --propagation private bash -euc '
    sid=$1 work=$2 target=$3 cargo=$4
    mkdir -p "$sid/source" "$sid/target" "$sid/cargo"
    mount --rbind /dev "$sid/dev"
    mount -t proc proc "$sid/proc"
    mount -t tmpfs tmpfs "$sid/tmp"
    mount --bind "$work" "$sid/source"
    mount -o remount,ro,bind "$sid/source"
    mount --bind "$target" "$sid/target"
    mount --bind "$cargo" "$sid/cargo"
    exec chroot "$sid" env -i PATH=/usr/bin:/usr/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=xterm \
        CARGO_HOME=/cargo CARGO_TARGET_DIR=/target bash /source/scripts/windows.sh inside
' bash "$sid" "$PWD" "$target/build" "${CARGO_HOME:-$HOME/.cargo}" || failed=$((failed + 1))
[ -e "$target/build/counts" ] || { echo "FAILED: the run in the chroot ended early"; echo "0 passed, 1 failed"; exit 1; }
# Root made them, and closed them to others.
"${root[@]}" chown -R "$(id -u):$(id -g)" "$target/build/files"
read -r passed_inside failed_inside <"$target/build/counts"
passed=$((passed + passed_inside)) failed=$((failed + failed_inside))
cp "$target/build/$triple/release/certwright.exe" "$target/certwright.exe"

step "what Linux makes of the files: $(openssl version), keytool"
password="fixture password"
same_key() { # FILE...: PEM files that hold one RSA key
    local file key first=""
    for file in "$@"; do
        case $file in
        *.crt) key=$(openssl x509 -in "$file" -noout -pubkey) ;;
        *.csr) key=$(openssl req -in "$file" -noout -pubkey) ;;
        *) key=$(openssl pkey -in "$file" -passin "pass:$password" -pubout) ;;
        esac
        [ -n "$key" ] && [ "$key" = "${first:=$key}" ] || { echo "$file: another key"; return 1; }
    done
}
alias_is() { keytool -list -keystore "$1" -storetype "$2" -storepass "$password" | grep -q "^servercert, .*PrivateKeyEntry"; }
pkcs12_opens() { openssl pkcs12 -in "$1" -passin "pass:$password" -nodes | grep -q "PRIVATE KEY"; }
for folder in steps steps/jwt; do
    cd "$target/build/files/$folder" || { failed=$((failed + 1)); continue; }
    check "$folder: one key" same_key server.pass.key server.key server.pem server.csr server.crt
    check "$folder: the key is whole" openssl pkey -in server.key -check -noout
    check "$folder: the request is signed" openssl req -in server.csr -verify -noout
    check "$folder: the certificate is signed and valid" openssl verify -x509_strict -CAfile server.crt server.crt
    check "$folder: PKCS#12 for openssl" pkcs12_opens keystore.p12
    check "$folder: PKCS#12 for keytool" alias_is keystore.p12 PKCS12
    check "$folder: JKS for keytool" alias_is servercert.jks JKS
    cd - >/dev/null
done
cd "$target/build/files/steps" || exit 1
check "exported: one key" same_key p12.key p12.crt jks.key jks.crt server.crt
cd - >/dev/null
for shell in powershell cmd; do
    cd "$target/build/files/$shell" || { failed=$((failed + 1)); continue; }
    check "README, $shell: one key" same_key jwt/server.key jwt/server.pem jwt/server.csr jwt/server.crt
    cd - >/dev/null
done

printf '\n%s is ready, after %s s\n' "$target/certwright.exe" "$((SECONDS - begin))"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
