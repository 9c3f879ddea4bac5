#!/usr/bin/env bash
# A release out of a clean clone, into FOLDER (target/release-VERSION):
#
#   scripts/release.sh [--exe FILE | --no-exe] [FOLDER]
#   scripts/release.sh --check      the program built in two folders, and packed twice: one hash each, or exit status 1
#
# certwright.exe is what scripts/windows.sh makes and tests, which takes long and root's rights; --exe takes one that is
# ready, --no-exe does without. CERTWRIGHT_URL is where the repository will be, without a slash at the end: the files are
# to lie below it in releases/download/vVERSION. Without it no manifests for winget, Scoop and Homebrew are made.
# CERTWRIGHT_MAINTAINER ("Name <mail>") stands in the Debian package; else it is the author of the last commit.
#
# The last lines say what was made, and what was not.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
stop() { echo "error: $1" >&2; echo "hint: $2" >&2; exit 2; }

exe=windows.sh check='' folder=''
while [ $# -gt 0 ]; do
    case $1 in
    --exe) exe=$(realpath -e -- "${2:?a file}"); shift ;;
    --no-exe) exe= ;;
    --check) check=1 ;;
    -*) stop "$1 is not known" "the first lines of scripts/release.sh tell the options" ;;
    *) folder=$1 ;;
    esac
    shift
done

for tool in cargo dpkg-deb git gzip python3 tar zip; do
    command -v "$tool" >/dev/null || stop "$tool is missing" "apt-get install dpkg git gzip python3 tar zip; Rust by rustup"
done
[ -z "$(git status --porcelain)" ] ||
    stop "there are files that are not committed" "release from a clean clone: git clone . ../certwright-release"

# What differs from machine to machine and day to day, held.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
umask 022
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
maintainer=${CERTWRIGHT_MAINTAINER:-$(git log -1 --format='%an <%ae>')}
root=$PWD
out=$(realpath -m -- "${folder:-target/release-$version}")
case $out/ in "$root"/*) git check-ignore --quiet "$out" || stop "$out is inside the clone" "choose a folder outside, or below target" ;; esac
build=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One file that runs on any Linux, where the standard library for musl can be had, and the linker of rustup's toolchains:
# GNU's cannot leave out the tables for unwinding (build.rs), which the start-up code of musl refers to.
triple=$(uname -m)-unknown-linux-musl
linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/gcc-ld
[ -d "$linker" ] && { [ -d "$(rustc --print target-libdir --target "$triple")" ] || rustup target add "$triple" >/dev/null 2>&1; } ||
    triple=$(uname -m)-unknown-linux-gnu
name=certwright-$version-$triple

# program SOURCE TARGET: builds, and prints where the program is. Its paths name neither this machine's folders nor its
# registry.
program() {
    local flags=("--remap-path-prefix=$1=certwright") source
    # 8,000 addresses in two bits each, not 24 octets: 180 KB (musl as of Rust 1.93).
    case $triple in
    *-musl) flags+=("-Clink-arg=-B$linker" -Clink-arg=-fuse-ld=lld -Clink-arg=-Wl,-z,pack-relative-relocs
        "-Clink-arg=-Wl,$1/src/bin/certwright/no-unwinding.ld") ;;
    esac
    for source in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do flags+=("--remap-path-prefix=$source=crates"); done
    # The standard library's own, which only a toolchain with the component rust-src tells by its folder.
    flags+=("--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')")
    (
        cd "$1"
        IFS=$'\x1f'
        CARGO_ENCODED_RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$2 \
            cargo build --quiet --locked --release --bin certwright --target "$triple"
    )
    echo "$2/$triple/release/certwright"
}

# archive FILE NAME: $work/NAME as .tar.gz or .zip; order, owner, mode and time are the same everywhere.
archive() {
    find "$work/$2" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
    rm -f "$1"
    case $1 in
    *.tar.gz)
        tar --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --directory "$work" "$2" |
            gzip --no-name --best >"$1"
        ;;
    # Explorer unpacks into a folder of that name: none inside.
    *.zip) (cd "$work/$2" && find . -type f -printf '%P\n' | sort | zip --quiet -X -9 "$1" -@) ;;
    esac
}

# extras: man pages and completions, in $work. They come out of the same source as --help.
extras() {
    scripts/man.sh "$work/man" >/dev/null
    chmod -R go+rX "$work/man"
    mkdir -p "$work/completions"
    "$1" completions bash >"$work/completions/certwright.bash"
    "$1" completions zsh >"$work/completions/_certwright"
    "$1" completions fish >"$work/completions/certwright.fish"
}

texts=(README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT)

# pack PROGRAM FOLDER: the archive and the Debian package.
pack() {
    mkdir -p "$2"
    rm -rf "${work:?}/$name" "$work/deb"
    mkdir -p "$work/$name"
    install -m 755 "$1" "$work/$name/certwright"
    cp -r "${texts[@]}" "$work/man" "$work/completions" "$work/$name"
    archive "$2/$name.tar.gz" "$name"

    local share=$work/deb/usr/share depends='' page architecture
    architecture=$(dpkg --print-architecture)
    # Debian 12's, or later: what the machine of the release has.
    case $triple in *-gnu) depends="Depends: libc6 (>= $(dpkg-query -f '${Version}' -W libc6 | sed 's/-.*//')), libgcc-s1" ;; esac
    install -D -m 755 "$1" "$work/deb/usr/bin/certwright"
    mkdir -p "$share/man/man1" "$work/deb/DEBIAN"
    for page in "$work"/man/*; do gzip --no-name --best --stdout "$page" >"$share/man/man1/${page##*/}.gz"; done
    install -D -m 644 "$work/completions/certwright.bash" "$share/bash-completion/completions/certwright"
    install -D -m 644 "$work/completions/_certwright" "$share/zsh/vendor-completions/_certwright"
    install -D -m 644 "$work/completions/certwright.fish" "$share/fish/vendor_completions.d/certwright.fish"
    mkdir -p "$share/doc/certwright"
    gzip --no-name --best --stdout CHANGELOG.md >"$share/doc/certwright/changelog.gz"
    printf 'certwright (%s-1) unstable; urgency=medium\n\n  * What changed stands in changelog.gz.\n\n -- %s  %s\n' \
        "$version" "$maintainer" "$(date --rfc-email --date "@$SOURCE_DATE_EPOCH")" |
        gzip --no-name --best >"$share/doc/certwright/changelog.Debian.gz"
    { cat scripts/release/copyright; sed '1,4d; s/^$/./; s/^/ /' LICENSE-MIT; } >"$share/doc/certwright/copyright"
    sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s|@MAINTAINER@|$maintainer|" \
        -e "s/@SIZE@/$(du -sk --apparent-size "$work/deb/usr" | cut -f1)/; s/^@DEPENDS@/$depends/" -e '/^$/d' \
        scripts/release/control >"$work/deb/DEBIAN/control"
    (cd "$work/deb" && find usr -type f | sort | xargs md5sum >DEBIAN/md5sums)
    find "$work/deb" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group --threads-max=1 --build "$work/deb" "$2/certwright_$version-1_$architecture.deb" >/dev/null
}

if [ -n "$check" ]; then
    step "two folders, one hash: $triple"
    for copy in one another; do
        # The second is deeper down, and built by another path to its target folder.
        source=$work/$copy/${copy#one}/source
        mkdir -p "$source"
        git archive HEAD | tar -x -C "$source"
        binary=$(program "$source" "$work/$copy/target")
        [ -d "$work/man" ] || extras "$binary"
        pack "$binary" "$work/packed-$copy"
        cp "$binary" "$work/packed-$copy/certwright"
        (cd "$work/packed-$copy" && sha256sum -- *) | tee "$work/$copy.sums"
        # Two trees of intermediate files would be a gigabyte.
        rm -rf "${work:?}/$copy"
    done
    cmp "$work/one.sums" "$work/another.sums" || { echo "FAILED: the hashes differ"; exit 1; }
    echo "the same, octet for octet"
    exit
fi

left=()
step "certwright $version: $triple"
binary=$(program "$root" "$build")
echo "$(wc -c <"$binary") bytes"
rm -rf "$out"
mkdir -p "$out"
extras "$binary"
pack "$binary" "$out"
case $triple in *-gnu) left+=("a static program: this toolchain has no rust-lld, or no $(uname -m)-unknown-linux-musl") ;; esac
if command -v lintian >/dev/null; then
    # A static program is what it is meant to be, which an older lintian takes for a library; no bug is closed by it.
    lintian --fail-on error,warning "$out"/*.deb --suppress-tags \
        statically-linked-binary,shared-library-lacks-prerequisites,initial-upload-closes-no-bugs
else
    left+=("lintian's judgement of the Debian package: apt-get install lintian")
fi

if [ "$exe" = windows.sh ]; then
    step "certwright.exe"
    scripts/windows.sh
    exe=$build/windows/certwright.exe
fi
if [ -n "$exe" ]; then
    windows=certwright-$version-x86_64-pc-windows-gnu
    mkdir -p "$work/$windows"
    install -m 755 "$exe" "$work/$windows/certwright.exe"
    cp "${texts[@]}" "$work/$windows"
    archive "$out/$windows.zip" "$windows"
else
    left+=("certwright.exe, and the manifests for Windows: run scripts/windows.sh, then give --exe")
fi

step "what is in it"
python3 scripts/release/sbom.py "$triple" >"$out/certwright-$version.cdx.json"
mkdir -p "$work/certwright-$version"
git archive HEAD | tar -x -C "$work/certwright-$version"
archive "$out/certwright-$version-source.tar.gz" "certwright-$version"

step "packages for a registry"
CARGO_TARGET_DIR=$build cargo package --quiet --locked --workspace
cp "$build/package/certwright-$version.crate" "$build/package/certwright-work-$version.crate" "$out"

(cd "$out" && sha256sum -- *.* >SHA256SUMS)

if [ -n "${CERTWRIGHT_URL:-}" ]; then
    step "manifests"
    sum() { sed -n "s/^\([0-9a-f]\{64\}\)  $1\$/\1/p" "$out/SHA256SUMS"; }
    (cd scripts/release/manifests && find . -type f) | while read -r file; do
        case $file in *winget* | *scoop*) [ -n "$exe" ] || continue ;; esac
        mkdir -p "$(dirname "$out/manifests/$file")"
        sed "s|@VERSION@|$version|g; s|@URL@|$CERTWRIGHT_URL|g; s|@TRIPLE@|$triple|g; s|@DATE@|$(date -d "@$SOURCE_DATE_EPOCH" +%F)|g
            s|@WINDOWS_SHA256@|$(sum "certwright-$version-x86_64-pc-windows-gnu.zip")|g
            s|@LINUX_SHA256@|$(sum "$name.tar.gz")|g; s|@SOURCE_SHA256@|$(sum "certwright-$version-source.tar.gz")|g" \
            "scripts/release/manifests/$file" >"$out/manifests/$file"
    done
else
    left+=("manifests for winget, Scoop and Homebrew: CERTWRIGHT_URL says nothing")
fi

step "tried: nothing but the archive"
mkdir "$work/tried"
tar -xzf "$out/$name.tar.gz" -C "$work/tried" --strip-components 1
"$work/tried/certwright" init "$work/tried/jwt" --country US --organization "Example Inc" --password-from generate >/dev/null
"$work/tried/certwright" verify "$work/tried/jwt" --password-from "file:$work/tried/jwt/server.pass.txt" --strict | tail -n 1
(cd "$out" && sha256sum --quiet --check SHA256SUMS)

step "$out"
(cd "$out" && find . -type f -printf '%P\n' | sort)
[ ${#left[@]} -eq 0 ] || printf 'NOT MADE: %s\n' "${left[@]}"
