#!/bin/sh
# lint.sh FLAGS MODULE_FLAGS -- static checks of all sources; `make lint` runs it with the compiler's flags. A tool that is not
# installed is named and skipped.
# shellcheck disable=SC2317 # `check` calls the functions
set -u
cd "$(dirname "$0")/.." || exit 1

flags=$1
module_flags=$2
failed=0

# check TOOL COMMAND...: runs the command if the tool is there.
check() {
    tool=$1
    shift
    if ! command -v "$tool" >/dev/null; then
        echo "lint: skipped $tool, which is not installed"
        return
    fi
    echo "lint: $tool"
    "$@" || failed=1
}

# The version that the sources were formatted with: others break lines elsewhere.
format() {
    if ! clang-format --version | grep -q 'version 14\.'; then
        echo "lint: skipped clang-format: version 14 is needed, $(clang-format --version)"
        return
    fi
    git ls-files '*.c' '*.h' '*.cl' | xargs clang-format --dry-run -Werror
}

# Sources of modules are compiled with flags of their own.
tidy() {
    git ls-files 'host/*.c' | grep -v -e '_module\.c$' -e '^host/cluster/cluster_' |
        xargs -P "$(nproc 2>/dev/null || echo 2)" -n 8 sh -c 'clang-tidy --quiet "$@" -- '"$flags" sh 2>&1 |
        { grep -E 'warning:|error:' && return 1 || return 0; } || return 1
    git ls-files 'host/*_module.c' 'host/cluster/cluster_*.c' |
        xargs sh -c 'clang-tidy --quiet "$@" -- '"$flags $module_flags" sh 2>&1 |
        { grep -E 'warning:|error:' && return 1 || return 0; }
}

scripts() {
    git ls-files '*.sh' .ci/run .githooks/pre-commit | xargs shellcheck
}

python() {
    git ls-files '*.py' | xargs python3 -c 'import ast, sys; [ast.parse(open(file).read(), file) for file in sys.argv[1:]]'
}

# Those of docs/performance.md are what bench/results says.
tables() {
    python3 bench/peers_table.py --check
}

check clang-format format
check cppcheck cppcheck --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 --quiet \
    --suppress=missingIncludeSystem --suppress='*:build/trace/*' -D__x86_64__ -Ihost -Ibuild host
check clang-tidy tidy
check shellcheck scripts
check python3 python
check python3 tables
exit $failed
