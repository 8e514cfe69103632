#!/bin/sh
# gpu.sh -- every kernel on a GPU: proven, measured on pictures, and on a stream of frames whose transfers overlap.
#
# For machines that have a driver but cannot build triptych: `pack` here, carry the folder, `run` there.
# SIZES are those of generated pictures; DEVICE (opencl:gpu) is what to measure; opencl:cpu tries the script where there is no GPU.
set -eu

usage() {
    cat <<'END'
usage: sh bench/gpu.sh pack FOLDER      the built program, its libraries and pictures into FOLDER
       sh bench/gpu.sh run FOLDER OUT   verify and measure; reports go into the folder OUT
END
    exit 2
}

pack() {
    mkdir -p "$1/lib"
    cp build/triptych bench/gpu.sh images/frame-*.png "$1"
    # The C library is the other machine's own.
    ldd build/triptych | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|dl|pthread)\.so/ { print $3 }' | xargs -I{} cp -L {} "$1/lib"
}

# The loader finds drivers by their .icd files; a container may have the driver alone.
find_driver() {
    [ -z "${OCL_ICD_VENDORS:-}" ] || return 0
    for file in /etc/OpenCL/vendors/*.icd; do
        [ ! -e "$file" ] || return 0
    done
    driver=$(find /usr/local/nvidia /usr/lib /usr/lib64 -name 'libnvidia-opencl.so.1' 2>/dev/null | head -n 1)
    [ -z "$driver" ] || export OCL_ICD_VENDORS="$driver"
}

# Three frames, made larger, forty times over: what a decoder would deliver.
make_clip() {
    "$program" run resize:width=1920:height=1080 "$1/frame-%d.png" -o "$2" --quiet
    cp "$2" "$2.once"
    from=$(($(head -n 1 "$2.once" | wc -c) + 1))
    for _ in $(seq 39); do
        tail -c +"$from" "$2.once" >> "$2"
    done
    rm "$2.once"
}

run() {
    program=$1/triptych
    device=${DEVICE:-opencl:gpu}
    export LD_LIBRARY_PATH="$1/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    find_driver
    mkdir -p "$2"
    "$program" devices | tee "$2/devices.txt"
    "$program" verify --on "$device" --json "$2/verify.json" | tail -n 1
    for size in ${SIZES:-3840x2160 15360x8640}; do
        "$program" bench --size "$size" --isa native --on threads --on "$device" --json "$2/gpu-$size.json" | tee "$2/gpu-$size.txt"
    done
    make_clip "$1" "$2/clip.y4m"
    for pipeline in gaussian:sigma=1.5 median:radius=2 temporal_denoise; do
        for on in threads "$device"; do
            printf '\n%s on %s\n' "$pipeline" "$on"
            "$program" run "$pipeline" "$2/clip.y4m" -o /dev/null --on "$on" --stages 2>&1
        done
    done | tee "$2/streams.txt"
    rm "$2/clip.y4m"
}

case ${1:-} in
pack) [ $# -eq 2 ] || usage; pack "$2" ;;
run) [ $# -eq 3 ] || usage; run "$2" "$3" ;;
*) usage ;;
esac
