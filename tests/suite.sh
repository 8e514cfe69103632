#!/bin/sh
# suite.sh RUN NAME -- one suite of the tests in a process of its own: a line where it passes, all it printed where not.
# TRIPTYCH_SUITE_LIMIT: seconds after which it has failed.
set -u
run=$1
name=$2
log=$run-$name.log
start=$(date +%s)

timeout "${TRIPTYCH_SUITE_LIMIT:-3600}" "$run" "test_${name}_suite" >"$log" 2>&1
result=$?
seconds=$(($(date +%s) - start))
if [ $result -eq 0 ]; then
    printf '%-18s %s, %d s\n' "$name" "$(tail -n 1 "$log")" "$seconds"
    grep '^skipped:' "$log"
    exit 0
fi
if [ $result -eq 124 ]; then
    echo "0 passed, 1 failed, 0 skipped" >>"$log"
    why="it ran into the time limit"
else
    why="exit code $result"
fi
{
    printf '\n---- %s: %s, %d s ----\n' "$name" "$why" "$seconds"
    cat "$log"
    printf -- '---- end of %s ----\n\n' "$name"
} 
exit 1
