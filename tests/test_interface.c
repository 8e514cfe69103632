/* test_interface.c -- the public interface: what the library exports, and programs that have
 * triptych.h alone. */
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>

/* The names of sanitizers are not ours. */
#define OURS "awk 'NF == 3 && $3 !~ /^__(odr_)?asan/ {print $3}' | LC_ALL=C sort -u"
#define BUILT "B=$(dirname \"$T\"); "

/* A name that comes or goes changes what programs may rely on: tests/exported.txt changes with it.
 */
static void test_exported(void)
{
    EXPECT(BUILT "nm -D --defined-only $B/libtriptych.so | " OURS
                 " | diff $ROOT/tests/exported.txt -",
           0, "", "");
}

static void test_declared(void)
{
    EXPECT("sed -n 's/^TRI_API.*\\b\\(tri_[a-z0-9_]*\\)(.*/\\1/p' $ROOT/host/triptych.h | LC_ALL=C "
           "sort | diff $ROOT/tests/exported.txt -",
           0, "", "");
}

/* A module exports its entry; tests look into that of FFmpeg. */
static void test_modules_export(void)
{
    EXPECT(BUILT "for m in $B/modules/*.so; do nm -D --defined-only $m | " OURS
                 " | grep -v -x tri_libav_layout; done | sort -u",
           0, "tri_module\n", "");
}

/* The names in a static library meet those of the program. */
static void test_archive(void)
{
    EXPECT(BUILT "nm -g --defined-only $B/libtriptych.a | " OURS " | grep -v '^tri_' | head", 0, "",
           "");
}

static void test_soname(void)
{
    EXPECT(BUILT "readelf -d $B/libtriptych.so | sed -n 's/.*SONAME.*\\[\\(.*\\)\\]/\\1/p'; "
                 "readlink $B/libtriptych.so; "
                 "readlink $B/libtriptych.so.0",
           0, "libtriptych.so.0\nlibtriptych.so.0\nlibtriptych.so.*.*.*\n", "");
    EXPECT(BUILT "[ $B/$(readlink $B/libtriptych.so.0) = $B/libtriptych.so.$($T --version | sed -n "
                 "'s/^triptych //p') ]",
           0, "", "");
}

static void test_c(void)
{
    EXPECT(BUILT "$B/tests/user_c99 $ROOT/images/alpha.png", 0, "as promised\n", "");
    EXPECT(BUILT "$B/tests/user_static $ROOT/images/alpha.png", 0, "as promised\n", "");
}

static void test_cpp(void)
{
    if (shell_run(BUILT "[ -e $B/tests/user_cpp ]")->code != 0)
        test_skip("there was no C++ compiler");
    else
        EXPECT(BUILT "$B/tests/user_cpp", 0, "unknown kernel 'nothing'*\n", "");
}

/* The library leaves the environment alone, but for programs that ask for POCL's settings. */
static void test_environment(void)
{
    EXPECT(BUILT "env -i HOME=\"$PWD\" $B/tests/user_c99 --environment 2>/dev/null", 0,
           "opened: HOME\nset: HOME POCL_CACHE_DIR POCL_MAX_PTHREAD_COUNT POCL_CPU_MAX_CU_COUNT* "
           "PATH\n",
           "");
}

int test_interface_suite(void)
{
    CU_pSuite suite = CU_add_suite("interface", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "exported names", test_exported) &&
             CU_add_test(suite, "declared names", test_declared) &&
             CU_add_test(suite, "names that modules export", test_modules_export) &&
             CU_add_test(suite, "names in the static library", test_archive) &&
             CU_add_test(suite, "soname", test_soname) &&
             CU_add_test(suite, "a C99 program", test_c) &&
             CU_add_test(suite, "a C++ program", test_cpp) &&
             CU_add_test(suite, "the environment", test_environment));
}
