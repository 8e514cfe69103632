#!/bin/sh
# gpu.sh -- measures triptych on one GPU, in one call of at most four minutes: the driver, a proof of every kernel, the
# results against the goals of gpu_goals.txt, streams, whole processes, and the limits of the card.
#
# For machines that have a driver but cannot build triptych: `pack` here, copy the folder, `run` there. The other machine
# needs no OpenCL loader, but a C library no older than the one here; the table needs Python 3.
# DEVICE (opencl:gpu) is the device to measure. opencl:cpu tries the script without a GPU, at smaller SIZES.
# BUDGET (235) is the time limit in seconds. A step that exceeds it is killed and counts as failed; the rest continues.
set -u

usage() {
    cat <<'END'
usage: sh bench/gpu.sh pack FOLDER       copy the built program, its libraries and pictures into FOLDER
       sh bench/gpu.sh run FOLDER OUT    verify and measure; write reports and JSON into the folder OUT
       sh bench/gpu.sh suite FOLDER OUT  measure the standard suite: OUT/machines/*.json is for bench/results/machines
       sh bench/gpu.sh peers FOLDER OUT  compare with CuPy, pyclesperanto, PyTorch and OpenCV, as far as installed
exit codes: 0 all done, 1 a step failed (the last line names it), 2 usage
END
    exit 2
}

# ---- pack ----

LIMIT_MIB=40

# The C library is that of the other machine. So are the C++ and GCC libraries, since its driver may need newer ones;
# ours are packed separately, for machines without any.
libraries_of() {
    ldd "$1" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|dl|pthread|rt|resolv)\.so/ { print $3 }'
}

copy_libraries() {
    libraries_of "$1" | while read -r library; do
        case $library in
        */libstdc++.so* | */libgcc_s.so*) cp -L "$library" "$folder/lib-if-missing" ;;
        *) cp -L "$library" "$folder/lib" ;;
        esac
    done
}

# Packs a module, unless it and its libraries make the folder too large.
pack_module() {
    size=$(libraries_of "$1" | xargs -r du -Lck "$1" | tail -n 1 | cut -f 1)
    if [ $(($(du -sk "$folder" | cut -f 1) + size)) -gt $((LIMIT_MIB * 1024)) ]; then
        echo "gpu.sh: note: $(basename "$1") needs $((size / 1024)) MiB of libraries and is left out; no step uses it"
        return
    fi
    strip --strip-debug -o "$folder/modules/$(basename "$1")" "$1"
    copy_libraries "$1"
}

pack() {
    folder=$1
    if [ ! -e build/bench/libtriptych.so ]; then
        echo "gpu.sh: build/bench/libtriptych.so is missing: make bench-library" >&2
        exit 1
    fi
    set -e
    mkdir -p "$folder/lib" "$folder/lib-if-missing" "$folder/modules"
    strip --strip-debug -o "$folder/triptych" build/triptych
    strip --strip-debug -o "$folder/libtriptych.so" build/bench/libtriptych.so
    # shellcheck disable=SC2086 # it may be "ccache gcc"
    ${CC:-cc} -O2 -DCL_TARGET_OPENCL_VERSION=120 bench/bare_opencl.c -lOpenCL -o "$folder/bare_opencl"
    cp bench/gpu.sh bench/gpu_goals.txt bench/gpu_table.py bench/gpu_peers.py bench/triptych_library.py "$folder"
    cp bench/suites/standard.txt "$folder"
    cp images/frame-*.png images/alpha.png images/gray16.png "$folder"
    copy_libraries build/triptych
    find build/modules -name '*.so' -printf '%s %p\n' | sort -n | cut -d ' ' -f 2- | while read -r module; do
        pack_module "$module"
    done
    echo "gpu.sh: $(du -sm "$folder" | cut -f 1) MiB in $folder"
}

# ---- the machine ----

# The loader finds drivers by their .icd files; a container may have only the driver.
find_driver() {
    [ -z "${OCL_ICD_VENDORS:-}" ] || return 0
    for file in /etc/OpenCL/vendors/*.icd; do
        [ ! -e "$file" ] || return 0
    done
    driver=$(find /usr/local/nvidia /usr/lib /usr/lib64 -name 'libnvidia-opencl.so.1' 2>/dev/null | head -n 1)
    [ -z "$driver" ] || export OCL_ICD_VENDORS="$driver"
}

find_libraries() {
    path=$folder/lib
    ldconfig -p 2>/dev/null | grep -q 'libstdc++\.so\.6' || path=$path:$folder/lib-if-missing
    export LD_LIBRARY_PATH="$path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

choose() {
    device=${DEVICE:-opencl:gpu}
    case $device in
    opencl:cpu*) kind=cpu sizes="320x240 640x480" clip=640x360 proof="frame-1 frame-2" ;;
    *) kind=gpu sizes="3840x2160 15360x8640" clip=1920x1080 proof="frame-1 frame-2 gray16 alpha" ;;
    esac
    sizes=${SIZES:-$sizes}
}

prepare() {
    folder=$(cd "$1" && pwd) && mkdir -p "$2" && out=$(cd "$2" && pwd) || exit 1
    program=$folder/triptych
    choose
    find_libraries
    find_driver
    export TRIPTYCH_CACHE_DIR="$out/cache"
    mkdir -p "$TRIPTYCH_CACHE_DIR"
    memory=$(mktemp -d /dev/shm/triptych.XXXXXX 2>/dev/null || mktemp -d) || exit 1
    trap 'rm -rf "$memory"' EXIT
    trap 'exit 1' INT TERM HUP
    begun=$(date +%s)
    : > "$out/steps.txt"
}

# step NAME SECONDS COMMAND...: writes the output to OUT/NAME.txt, and a line to OUT/steps.txt: name, exit code, seconds.
step() {
    name=$1 most=$2
    shift 2
    left=$((${BUDGET:-235} - $(date +%s) + begun))
    [ "$most" -lt "$left" ] || most=$left
    start=$(date +%s)
    if [ "$left" -lt 2 ]; then
        echo "no time was left" > "$out/$name.txt"
        code=late
    else
        timeout -k 2 "$most" "$@" < /dev/null > "$out/$name.txt" 2>&1
        code=$?
    fi
    printf '%s %s %s\n' "$name" "$code" $(($(date +%s) - start)) >> "$out/steps.txt"
    [ "$code" = 0 ] || printf '%s: FAILED (%s): %s\n' "$name" "$code" "$(tail -n 1 "$out/$name.txt")"
}

# ---- steps ----

doctor() {
    if "$program" --help | grep -q '^  doctor'; then
        step doctor 30 "$program" doctor
        step doctor-json 30 "$program" doctor --json
    else
        step devices 30 "$program" devices
    fi
    cat "$out/doctor.txt" "$out/devices.txt" 2>/dev/null
}


works() {
    number=0
    grep -v '^#' "$folder/gpu_goals.txt" > "$memory/works.txt"
    while read -r pipeline _; do
        number=$((number + 1))
        step "work-$1-$number" 15 "$program" bench "$pipeline" --size "$1" --isa native --reference threads --on threads \
            --on "$device" --time 0.1 --json "$out/work-$1-$number.json"
    done < "$memory/works.txt"
}

# Three enlarged frames, twenty times over, as a decoder would deliver them.
make_clip() {
    "$program" run "resize:width=${clip%x*}:height=${clip#*x}" "$folder/frame-%d.png" -o "$memory/once.y4m" --quiet || return 1
    from=$(($(head -n 1 "$memory/once.y4m" | wc -c) + 1))
    cp "$memory/once.y4m" "$memory/clip.y4m"
    for _ in $(seq 19); do
        tail -c +"$from" "$memory/once.y4m" >> "$memory/clip.y4m"
    done
}

streams() {
    for pipeline in gaussian:sigma=1.5 median:radius=2 temporal_denoise; do
        name=stream-${pipeline%%:*}
        step "$name" 15 "$program" bench "$pipeline" "$memory/clip.y4m" --isa native --reference threads --on threads \
            --on "$device" --json "$out/$name.json"
    done
    step stream-file 15 "$program" bench gaussian:sigma=1.5 "$memory/clip.y4m" --end-to-end --on threads --on "$device" \
        --json "$out/stream-file.json"
}

# took COMMAND...: microseconds of a whole process.
took() {
    before=$(date +%s%N)
    "$@" > "$memory/process.txt" 2>&1 || { cat "$memory/process.txt" >&2; return 1; }
    echo $((($(date +%s%N) - before) / 1000))
}

small() {
    "$program" run gaussian:sigma=2 "$folder/alpha.png" -o "$memory/small.png" --quiet --on "$1"
}

# With empty caches of both triptych and the driver.
cold() {
    rm -rf "$memory/cold"
    mkdir "$memory/cold"
    value=$(
        export TRIPTYCH_CACHE_DIR="$memory/cold" CUDA_CACHE_PATH="$memory/cold" POCL_CACHE_DIR="$memory/cold"
        took small "$device"
    )
}

# sample NAME COMMAND...: prints a line with NAME and microseconds.
sample() {
    name=$1
    shift
    value=$(took "$@") || return 1
    echo "$name $value"
}

# Alternates between the programs.
processes() {
    set -e
    "$folder/bare_opencl" "$kind" "$memory/binary"
    small "$device"
    for _ in 1 2 3 4 5 6 7; do
        sample bare "$folder/bare_opencl" "$kind" "$memory/binary"
        sample warm small "$device"
        sample threads small threads
    done
    cold
    echo "cold $value"
}

run() {
    prepare "$1" "$2"
    large=${sizes%% *}
    doctor
    set -- # frames of one shape are a sequence for temporal kernels
    for name in $proof; do
        set -- "$@" "$folder/$name.png"
    done
    step verify-small 120 "$program" verify "$@" --on "$device" --json "$out/verify-small.json"
    step picture 10 "$program" bench copy --size "$large" --reference threads --on threads --time 0.001 -o "$memory/large.png"
    step verify-large 60 "$program" verify "$memory/large.png" --on "$device" --json "$out/verify-large.json"
    rm -f "$memory/large.png"
    for size in $sizes; do
        works "$size"
    done
    step processes 45 sh "$folder/gpu.sh" processes "$folder" "$memory"
    step clip 10 sh "$folder/gpu.sh" clip "$folder" "$memory"
    streams
    rm -f "$memory"/*.y4m
    python3 "$folder/gpu_table.py" "$out" "$device" "$sizes" "$clip" | tee "$out/table.txt"
    [ -s "$out/summary.json" ] || printf '%s\n' 'table 1 0' >> "$out/steps.txt"
    failed=$(awk '$2 != "0" { printf "%s%s", sep, $1; sep = ", " }' "$out/steps.txt")
    echo "$(($(date +%s) - begun)) seconds; $(wc -l < "$out/steps.txt") steps${failed:+; FAILED: $failed}"
    [ -z "$failed" ]
}

# Two steps of `run` are shell functions.
inner() {
    folder=$2 memory=$3 program=$2/triptych
    choose
    case $1 in
    processes) processes ;;
    clip) make_clip ;;
    esac
}

# On every device and on the CPU, as on any machine that machines are compared with.
suite() {
    prepare "$1" "$2"
    mkdir -p "$out/machines"
    step suite 200 "$program" bench --suite "$folder/standard.txt" --json "$out/machines"
    ls "$out/machines"
    grep -q "^suite 0 " "$out/steps.txt"
}

peers() {
    prepare "$1" "$2"
    rm -f "$out/steps.txt"
    timeout -k 2 "${BUDGET:-235}" python3 "$folder/gpu_peers.py" --library "$folder/libtriptych.so" --device "$device" \
        --json "$out/peers.json" | tee "$out/peers.txt"
    [ -s "$out/peers.json" ]
}

case ${1:-} in
pack) [ $# -eq 2 ] || usage; pack "$2" ;;
run) [ $# -eq 3 ] || usage; run "$2" "$3" ;;
suite) [ $# -eq 3 ] || usage; suite "$2" "$3" ;;
peers) [ $# -eq 3 ] || usage; peers "$2" "$3" ;;
processes | clip) [ $# -eq 3 ] || usage; inner "$@" ;;
*) usage ;;
esac
