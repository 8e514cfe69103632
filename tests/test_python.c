/* test_python.c -- the Python package, from the source tree: tests/python/test_triptych.py. The
 * wheel is tested by .ci/run. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>

/* With numpy: what setup.sh has installed, or the system's. */
#define PYTHON \
    "B=$(cd \"$(dirname \"$T\")\" && pwd); P=\"$ROOT/build/python/bin/python3\"; " \
    "\"$P\" -c 'import numpy' 2> /dev/null || P=python3; "

static bool has_numpy(void)
{
    if (shell_run(PYTHON "\"$P\" -c 'import numpy'")->code != 0) {
        test_skip("no Python module numpy; sh setup.sh test installs it");
        return false;
    }
    if (shell_run(PYTHON "nm -D \"$B/libtriptych.so\" | grep -q __asan_init")->code == 0 ||
        shell_run(PYTHON "nm -D \"$B/libtriptych.so\" | grep -q __tsan_init")->code == 0) {
        test_skip("Python cannot load a library that is built with a sanitizer");
        return false;
    }
    return true;
}

static void test_package(void)
{
    if (has_numpy())
        EXPECT(PYTHON "PYTHONPATH=\"$ROOT/host/python\" PYTHONDONTWRITEBYTECODE=1 "
                      "TRIPTYCH_LIBRARY=\"$B/libtriptych.so.0\" TRIPTYCH_PROGRAM=\"$B/triptych\" "
                      "TRIPTYCH=\"$B/triptych\" \"$P\" \"$ROOT/tests/python/test_triptych.py\" "
                      "-f > log 2>&1 || { cat log; false; }; rm -f log",
               0, "", "");
}

int test_python_suite(void)
{
    CU_pSuite suite = CU_add_suite("python", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "the package", test_package));
}
