#!/usr/bin/env bash
# The instructions of work/src/primes/ifma.rs on a machine that lacks them: a test of them as the only program of a small
# Linux, on the processor that Bochs emulates. Debian's package client is needed, and root's rights or sudo for it; Bochs
# and the kernel are unpacked, not installed, and kept for the next run, in target/ifma or where CERTWRIGHT_BOCHS says.
#
#   scripts/ifma.sh [TEST]    of the prime search's tests; a few minutes, most of them for building and unpacking
#
# CERTWRIGHT_CPU is another of Bochs's processors. The last line says whether the instructions have run and were right.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

test=${1:-the_instructions_judge_as_the_scalar_arithmetic_does}
cpu=${CERTWRIGHT_CPU:-tigerlake}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/ifma
debian=$(realpath -m "${CERTWRIGHT_BOCHS:-$target/debian}")
work=$target/work
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)

step "the test"
triple=x86_64-unknown-linux-gnu
mkdir -p "$target"
# The build's own folder: options for the whole of it would have everything else built anew, too.
RUSTFLAGS="-C target-feature=+crt-static" cargo test --release --locked -p certwright-work --features ifma --lib --no-run --target "$triple" \
    --target-dir "$target" --message-format=short 2>&1 | tee "$target/build.log" | grep -E '^(warning|error)|Finished' || true
program=$(sed -n 's|^ *Executable .*src/lib.rs (\(.*\))$|\1|p' "$target/build.log")
[ -n "$program" ] || { cat "$target/build.log"; exit 1; }

# Bochs 2.7 of the release before gets XSAVE wrong: Linux stops early on its processors that have AVX-512.
if [ ! -d "$debian" ]; then
    step "Bochs and Linux of Debian 13"
    if ! command -v mmdebstrap >/dev/null; then
        "${root[@]}" apt-get update -q >/dev/null
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mmdebstrap >/dev/null
    fi
    "${root[@]}" rm -rf "$debian.part"
    "${root[@]}" mmdebstrap --quiet --mode=root --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
        --include=bochs,bochs-term,bochsbios,vgabios,isolinux,syslinux-common,genisoimage,cpio,busybox-static,linux-image-cloud-amd64 \
        trixie "$debian.part"
    "${root[@]}" mv "$debian.part" "$debian"
fi
libraries=$debian/usr/lib/x86_64-linux-gnu
# unpacked PROGRAM ARGUMENT...: with the libraries it was built for.
unpacked() { "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$debian/usr/bin/$1" "${@:2}"; }

step "a disk with it"
rm -rf "$work"
mkdir -p "$work/root" "$work/disk"
cp "$program" "$work/root/test"
cp "$debian/usr/bin/busybox" "$work/root/busybox"
cat >"$work/root/init" <<EOF
#!/busybox sh
/test $test --nocapture --test-threads=1
echo "exit code \$?"
/busybox sleep 1
/busybox poweroff -f
EOF
chmod +x "$work/root/init"
(cd "$work/root" && printf '%s\n' . init busybox test | unpacked cpio -o -H newc --quiet) | gzip -1 >"$work/disk/initrd.gz"
cp "$debian"/boot/vmlinuz-* "$work/disk/vmlinuz"
cp "$debian/usr/lib/ISOLINUX/isolinux.bin" "$debian/usr/lib/syslinux/modules/bios/ldlinux.c32" "$work/disk"
# Alone in an emulator there is nobody to defend against.
cat >"$work/disk/isolinux.cfg" <<'EOF'
default linux
prompt 0
label linux
    kernel vmlinuz
    append initrd=initrd.gz console=ttyS0,115200 loglevel=5 edd=off nokaslr mitigations=off random.trust_cpu=on panic=-1 reboot=triple
EOF
unpacked genisoimage -quiet -o "$work/disk.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$work/disk"

step "on Bochs's $cpu"
cat >"$work/bochsrc" <<EOF
cpu: model=$cpu, count=1, ips=50000000, reset_on_triple_fault=0
memory: guest=256, host=256
romimage: file="$debian/usr/share/bochs/BIOS-bochs-latest"
vgaromimage: file="$debian/usr/share/vgabios/vgabios.stdvga.bin"
ata0-master: type=cdrom, path="$work/disk.iso", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="$work/serial.txt"
sound: driver=dummy
display_library: term
log: "$work/bochs.log"
panic: action=fatal
EOF
begin=$SECONDS
export LTDL_LIBRARY_PATH=$libraries/bochs/plugins BXSHARE=$debian/usr/share/bochs
export -f unpacked
export libraries debian work
# Its screen wants a terminal; nobody looks at it. Switching the machine off, and the triple fault with which Linux is to
# end a panic, are errors to Bochs: it stops.
SHELL=$BASH TERM=linux timeout --foreground 1800 script -qec 'unpacked bochs-bin -q -f "$work/bochsrc"' "$work/screen.txt" >/dev/null </dev/null || true
said=$(tr -d '\r' <"$work/serial.txt") || said=
sed -n '/^running /,/^exit code/p' <<<"$said"
echo "$((SECONDS - begin)) s"
if grep -q 'NOT RUN' <<<"$said"; then
    echo "NOT RUN: $cpu lacks the instructions"
elif grep -q '^test result: ok. [1-9]' <<<"$said" && grep -q '^exit code 0$' <<<"$said"; then
    echo "the instructions have run, and were right"
    exit
else
    grep -q '^test result:' <<<"$said" || tail -n 20 <<<"$said"
    echo "FAILED: see $work"
fi
exit 1
