#!/bin/sh
# debian.sh STAGE OUT VERSION SONAME -- makes Debian packages in OUT of what `make install` has put into STAGE/usr: the program, the
# library with its modules, and what programs are compiled with. Needs dpkg-dev.
#
# REVISION: of the packages, default 1. MAINTAINER: default the last committer. SOURCE_DATE_EPOCH: default that of the last commit.
set -eu

stage=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
version=$3-${REVISION:-1}
soname=$4
library=libtriptych${soname##*.}
development=libtriptych-dev
here=$(cd "$(dirname "$0")/../.." && pwd)
architecture=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
lib=usr/lib/$multiarch
maintainer=${MAINTAINER:-$(git -C "$here" log -1 --format='%cn <%ce>' 2>/dev/null || true)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

if [ -z "$maintainer" ]; then
    echo "debian.sh: who maintains the packages? Set MAINTAINER='Name <address>'" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# move PACKAGE PATH...: from the stage into a package. What was not built is left out.
move() {
    package=$1
    shift
    for path in "$@"; do
        [ -e "$stage/$path" ] || continue
        mkdir -p "$work/$package/$(dirname "$path")"
        cp -a "$stage/$path" "$work/$package/$(dirname "$path")/"
    done
}

split() {
    cp -a "$stage" "$work/stage"
    stage=$work/stage
    gzip -9n "$stage"/usr/share/man/man1/triptych.1
    mkdir -p "$stage/usr/share/zsh/vendor-completions"
    mv "$stage/usr/share/zsh/site-functions/_triptych" "$stage/usr/share/zsh/vendor-completions/"
    rmdir "$stage/usr/share/zsh/site-functions"
    move triptych usr/bin usr/share/triptych usr/share/man usr/share/bash-completion usr/share/zsh usr/share/fish
    move "$library" "$lib/$soname" "$lib/$(readlink "$stage/$lib/$soname")" "$lib/triptych"
    move "$development" usr/include "$lib/libtriptych.so" "$lib/libtriptych.a" "$lib/pkgconfig" "$lib/cmake"
    find "$work/triptych" "$work/$library" -type f \( -path '*/bin/*' -o -name '*.so*' \) -exec strip --strip-unneeded \
        --remove-section=.comment --remove-section=.note {} +
    strip --strip-debug --enable-deterministic-archives "$work/$development/$lib/libtriptych.a"
    # Where dpkg-shlibdeps takes it that a package begins.
    mkdir "$work/triptych/DEBIAN" "$work/$library/DEBIAN" "$work/$development/DEBIAN"
    # Only programs are executed.
    find "$work/$library" -name '*.so*' -type f -exec chmod 644 {} +
}

documents() {
    for package in triptych "$library" "$development"; do
        place=$work/$package/usr/share/doc/$package
        mkdir -p "$place"
        {
            printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: triptych\n\n'
            printf 'Files: *\nCopyright: %s\nLicense: Expat\n' "$(sed -n 's/^Copyright (c) //p' "$here/LICENSE")"
            sed '1,/^Copyright/d; /./,$!d; s/^$/./; s/^/ /' "$here/LICENSE"
        } >"$place/copyright"
        printf 'triptych (%s) unstable; urgency=medium\n\n  * CHANGELOG.md of the sources has what is new.\n\n -- %s  %s\n' \
            "$version" "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$place/changelog.Debian.gz"
    done
}

# dependencies PACKAGE FILE...: what the ELF files need goes to Depends; what only modules need, to Recommends, as all else works
# without it.
dependencies() {
    package=$1
    shift
    mkdir -p "$work/debian"
    printf 'Source: triptych\n\nPackage: %s\nArchitecture: any\n' "$package" >"$work/debian/control"
    files=
    for file in "$@"; do
        case $file in
        */triptych/*.so) files="$files -dRecommends $file" ;;
        *) files="$files -dDepends $file" ;;
        esac
    done
    # shellcheck disable=SC2086 # one word per file; none has blanks
    (cd "$work" && dpkg-shlibdeps -O -l"$library/$lib" $files)
}

# field PACKAGE NAME VALUE: unless that is empty.
field() {
    [ -z "$3" ] || printf '%s: %s\n' "$2" "$3" >>"$work/$1/DEBIAN/control"
}

# control PACKAGE SECTION DEPENDS RECOMMENDS SUGGESTS SUMMARY TEXT
control() {
    field "$1" Package "$1"
    field "$1" Source triptych
    field "$1" Version "$version"
    field "$1" Architecture "$architecture"
    field "$1" Maintainer "$maintainer"
    field "$1" Installed-Size "$(du -sk --apparent-size "$work/$1/usr" | cut -f1)"
    field "$1" Depends "$3"
    field "$1" Recommends "$4"
    field "$1" Suggests "$5"
    field "$1" Section "$2"
    field "$1" Priority optional
    [ "$1" = triptych ] || field "$1" Multi-Arch same
    field "$1" Description "$6"
    printf ' %s\n' "$7" | fmt -w 78 | sed 's/^ */ /' >>"$work/$1/DEBIAN/control"
}

# of KIND TEXT: what dpkg-shlibdeps found.
of() {
    printf '%s\n' "$2" | sed -n "s/^shlibs:$1=//p"
}

about="Filters for images and videos, each from one source: sequential C, SIMD lanes, threads and OpenCL devices, which all give the \
same bytes."

split
documents
modules=$(cd "$work" && find "$library/$lib/triptych" -name '*.so' 2>/dev/null | sort)
# shellcheck disable=SC2086 # one word per file
of_library=$(dependencies "$library" "$library/$lib/$soname."* $modules)
of_program=$(dependencies triptych triptych/usr/bin/triptych)
control triptych graphics "$library (= $version), $(of Depends "$of_program")" "" pocl-opencl-icd \
    "image filters with the same bytes on every backend" "$about This is the program."
control "$library" libs "$(of Depends "$of_library")" "$(of Recommends "$of_library")" pocl-opencl-icd \
    "image filters with the same bytes on every backend - library" "$about This is the library, with its modules for file formats."
control "$development" libdevel "$library (= $version)" "" "" \
    "image filters with the same bytes on every backend - development" \
    "$about These are the header, the static library, and files for pkg-config and CMake."
printf 'libtriptych %s %s (>= %s)\n' "${soname##*.}" "$library" "$3" >"$work/$library/DEBIAN/shlibs"
printf 'activate-noawait ldconfig\n' >"$work/$library/DEBIAN/triggers"
for package in triptych "$library" "$development"; do
    (cd "$work/$package" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
    chmod -R u+rwX,go=rX "$work/$package"
    dpkg-deb --root-owner-group -Zxz --build "$work/$package" "$out" >/dev/null
    echo "$out/${package}_${version}_$architecture.deb"
done
