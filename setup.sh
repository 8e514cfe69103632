#!/bin/sh
# setup.sh -- from a bare Debian or Ubuntu to a built, tested and measured triptych.
set -eu

cd "$(dirname "$0")"
jobs=$(nproc 2>/dev/null || echo 2)

usage() {
    cat <<'END'
usage: sh setup.sh deps   install what is missing (apt, as root or with sudo)
       sh setup.sh test   deps, then build and run the tests
       sh setup.sh demo   deps, then build and measure a pipeline on a picture from images/
END
}

say() {
    printf 'setup: %s\n' "$*" >&2
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Packages that the build and the tests need and that are not installed.
# binutils: POCL links kernels at run time.
missing_packages() {
    for package in gcc libc6-dev make clang pkg-config binutils ocl-icd-opencl-dev opencl-headers \
        pocl-opencl-icd libpng-dev zlib1g-dev libjpeg-dev libcunit1-dev libjansson-dev python3; do
        case $package in
        pkg-config) installed pkg-config || installed pkgconf || echo "$package" ;;
        *) installed "$package" || echo "$package" ;;
        esac
    done
}

# Useful, but not available on every release and machine: fast deflate (x86-64 and ARM only), more image formats, video, results in
# SQLite, libevent and Nettle for the image service, libuv for a pattern of the lab, Open MPI for triptych cluster, FreeType, HarfBuzz, FriBidi, fontconfig and a font for the kernel text, FFmpeg's tools and ExifTool as
# independent readers of test output, traces for Perfetto, C++ for a test program that uses the library, the sanitizer runtime for clang,
# named after clang's version, a device simulator that checks memory accesses, and strace to make system calls fail.
optional_packages() {
    version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    for package in g++ libisal-dev libwebp-dev libtiff-dev libavif-dev libjxl-dev libsqlite3-dev libevent-dev nettle-dev libavformat-dev libavcodec-dev libavutil-dev \
        libswscale-dev libswresample-dev libprotobuf-c-dev protobuf-c-compiler libuv1-dev libopenmpi-dev openmpi-bin libfreetype-dev libharfbuzz-dev libfontconfig-dev libfribidi-dev \
        fonts-dejavu-core ffmpeg libimage-exiftool-perl ${version:+libclang-rt-$version-dev} oclgrind strace; do
        installed "$package" || echo "$package"
    done
    # What `make lint`, `make instructions` and the tests of reports, completion and models check with, and python_packages
    # needs.
    [ "$1" = test ] || return 0
    for package in python3-venv git clang-format clang-tidy cppcheck shellcheck python3-html5lib chromium zsh fish spin valgrind cmake dpkg-dev lintian; do
        installed "$package" || echo "$package"
    done
    # Hosts for triptych cluster. A package that starts a service is for machines of CI only.
    [ "${CI:-}" != 1 ] || for package in openssh-server openssh-client iproute2; do
        installed "$package" || echo "$package"
    done
}

retry() {
    for pause in 2 5 15 0; do
        "$@" && return 0
        [ "$pause" -eq 0 ] || { say "retrying in $pause s: $*"; sleep "$pause"; }
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

apt() {
    as_root apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null || return 1
    # Without a terminal no password can be typed.
    if [ -t 0 ]; then sudo -v; else sudo -n true 2>/dev/null; fi
}

deps() {
    missing=$(missing_packages | tr '\n' ' ')
    optional=$(optional_packages "$1")
    # Optional packages alone justify neither a password prompt nor a package update.
    if [ -z "$missing" ] && { [ -z "$optional" ] || [ "$(id -u)" -ne 0 ]; }; then
        return 0
    fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "this needs Debian 12, 13 or Ubuntu 24.04; on other systems install the equivalents of: $missing"
        exit 1
    fi
    if [ -n "$missing" ]; then
        if ! can_be_root; then
            say "not root, and sudo is not available; run this as root, then try again:"
            echo "apt-get update && apt-get install -y --no-install-recommends $missing"
            exit 1
        fi
        say "installing $missing"
        retry apt update
        # shellcheck disable=SC2086 # one word per package
        retry apt install --no-install-recommends $missing
        optional=$(optional_packages "$1")
    fi
    for package in $optional; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            apt install --no-install-recommends "$package" || say "continuing without $package"
        fi
    done
}

# What tests read traces and results with: Perfetto's own schema, and a validator of JSON Schema; numpy for those of the Python
# package, and hatchling, which builds its wheel. Without them they are skipped.
python_packages() {
    python=build/python/bin/python3
    if [ -x $python ] && $python -c 'import perfetto.protos, google.protobuf, jsonschema, numpy, hatchling' 2>/dev/null; then
        return 0
    fi
    if ! python3 -m venv build/python || ! retry $python -m pip install -q perfetto==0.59.1 protobuf==7.36.2 'jsonschema>=4' numpy hatchling; then
        say "continuing without Perfetto's schema, a validator, numpy and hatchling"
    fi
}

build() {
    make -j"$jobs" "$@"
}

demo() {
    pipeline=gaussian:sigma=2
    picture=images/street.png
    output=build/demo.png

    build
    build/triptych bench "$pipeline" "$picture"
    build/triptych run "$pipeline" "$picture" -o "$output"
    printf '\nOutput of %s on %s: %s\n' "$pipeline" "$picture" "$(pwd)/$output"
}

case ${1:-} in
deps) deps all ;;
test) deps test && python_packages && build test ;;
demo) deps demo && demo ;;
-h | --help | help) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
