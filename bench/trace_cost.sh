#!/bin/sh
# trace_cost.sh -- what --trace costs: a 4K gaussian, and streams of small frames. Runs with and without it alternate;
# each ratio is that of the medians. Needs a quiet machine.
#
# usage: sh bench/trace_cost.sh [ROUNDS] [OTHER]
#   ROUNDS  runs of each kind; default 15
#   OTHER   a program without a recorder: what the recorder costs while it is off
# exit codes: 0 all within the goals, 1 one is above, 2 something failed
set -u
cd "$(dirname "$0")/.." || exit 2

rounds=${1:-15}
other=${2:-}
triptych=build/triptych
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT

# Frames of noise: NAME WIDTH HEIGHT COUNT.
clip() {
    { printf 'YUV4MPEG2 W%d H%d F25:1 C420jpeg\n' "$2" "$3"
      i=0
      while [ "$i" -lt "$4" ]; do
          printf 'FRAME\n'
          head -c $(($2 * $3 * 3 / 2)) /dev/urandom
          i=$((i + 1))
      done; } > "$folder/$1"
}

# Each prints the time of one run, in milliseconds: of the kernel, and of the whole stream.
picture() {
    "$@" --size 3840x2160 --on threads --time 1 --csv 2>/dev/null | awk -F, 'NR == 2 { print $13 / 1e6 }'
}
stream() {
    input=$1
    shift
    program=$1
    shift
    "$program" run sobel "$folder/$input" -o /dev/null --format y4m --on threads --stages -q "$@" 2>&1 >/dev/null |
        awk '$1 == "total" { sub(",", "", $2); print $2 }'
}

median() {
    sort -n "$1" | awk '{ v[NR] = $1 } END { if (!NR) exit 1; print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

worst=0
# compare WHAT [LIMIT_PERCENT]: of the files `without` and `with`.
compare() {
    without=$(median "$folder/without") && with=$(median "$folder/with") || exit 2
    awk -v what="$1" -v limit="${2:-}" -v a="$without" -v b="$with" 'BEGIN {
        cost = 100 * (b / a - 1)
        printf "%-34s %10.3f ms %10.3f ms %+6.2f %%", what, a, b, cost
        if (limit == "") { print ", no goal"; exit 0 }
        printf ", goal %s %%: %s\n", limit, cost <= limit + 0 ? "met" : "MISSED"
        exit cost > limit + 0 }' || worst=1
    rm "$folder/without" "$folder/with"
}

# The order changes with every round, so that a drift of the machine hits both.
both() {
    round=0
    while [ "$round" -lt "$rounds" ]; do
        if [ $((round % 2)) -eq 0 ]; then first "$@"; second "$@"; else second "$@"; first "$@"; fi
        round=$((round + 1))
    done
}

clip small.y4m 320 240 1500
clip tiny.y4m 64 64 6000
printf '%-34s %13s %13s\n' "" without with

# shellcheck disable=SC2317 # `both` calls these
first() { picture $triptych bench gaussian:sigma=2 >> "$folder/without"; }
# shellcheck disable=SC2317
second() { picture $triptych bench gaussian:sigma=2 --trace "$folder/t.perfetto" >> "$folder/with"; }
both
compare "gaussian, 3840x2160" 1

# shellcheck disable=SC2317
first() { stream "$1" $triptych >> "$folder/without"; }
# shellcheck disable=SC2317
second() { stream "$1" $triptych --trace "$folder/t.perfetto" >> "$folder/with"; }
both small.y4m
compare "1500 frames, 320x240" 3
both tiny.y4m
compare "6000 frames, 64x64"

if [ -n "$other" ]; then
    # shellcheck disable=SC2317
    first() { stream "$1" "$other" >> "$folder/without"; }
    # shellcheck disable=SC2317
    second() { stream "$1" $triptych >> "$folder/with"; }
    both small.y4m
    compare "1500 frames: off against none" 0.5
    # shellcheck disable=SC2317
    first() { picture "$other" bench gaussian:sigma=2 >> "$folder/without"; }
    # shellcheck disable=SC2317
    second() { picture $triptych bench gaussian:sigma=2 >> "$folder/with"; }
    both
    compare "gaussian: off against none" 0.5
fi
exit "$worst"
