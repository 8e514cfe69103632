/* test_modules.c -- modules in all kinds of hosts, listed in tests/hosts/host.c. */
#include "clips.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* The folder of the hosts, the library and the modules: $B. */
static bool begin(void)
{
    static bool made;

    if (!tri_format_find("webp") || !tri_format_find("tiff") || !tri_video_writes("a.mkv", NULL)) {
        test_skip("not all modules were built");
        return false;
    }
    if (!made) {
        CU_ASSERT_TRUE(clips_stream("v.y4m", 32, 16, "420jpeg", 1, 1, 3, 1, 2));
        EXPECT("$T run copy v.y4m -o v.mkv --video-codec ffv1 -q && $T run resize:width=40 "
               "$ROOT/images/street.png -o in.png -q && "
               "$T run copy in.png -o in.webp --lossless -q && $T run copy in.webp -o want.tif -q",
               0, "", "");
        made = true;
    }
    return true;
}

/* The host writes the same through two modules as the program. */
static void expect_host(const char *command, const char *out)
{
    char line[600];

    snprintf(line, sizeof line,
             "B=$(dirname \"$T\"); export LIBRARY=$B/libtriptych.so; rm -f out.tif; %s in.webp "
             "out.tif v.mkv",
             command);
    EXPECT(line, 0, out, "");
    EXPECT("cmp out.tif want.tif", 0, "", "");
}

static void test_static(void)
{
    if (begin())
        expect_host("$B/tests/host_static", "32 x 16, a frame\n");
}

static void test_dlopen(void)
{
    if (begin())
        expect_host("$B/tests/host_dlopen", "no videos\n");
}

static void test_python(void)
{
    if (SANITIZED || shell_run("python3 -c 'import ctypes'")->code != 0)
        test_skip("no Python, or none with sanitizers");
    else if (begin())
        expect_host("python3 $ROOT/tests/hosts/python_host.py $B/libtriptych.so", "no videos\n");
}

static void test_inside(void)
{
    if (SANITIZED || shell_run("python3 -c 'import ctypes'")->code != 0)
        test_skip("no Python, or none with sanitizers");
    else if (begin())
        expect_host("python3 $ROOT/tests/hosts/python_host.py $B/tests/inside.so",
                    "32 x 16, a frame\n");
}

/* The library and the files next to it, moved to another place; run from another folder. */
static void test_moved(void)
{
    if (!begin())
        return;
    EXPECT("B=$(dirname \"$T\"); mkdir -p 'a b/lib/triptych' 'a b/bin' && cp $B/libtriptych.so 'a "
           "b/lib/' && cp $B/modules/* 'a b/lib/triptych/' && "
           "cp $B/tests/host_static $B/tests/host_dlopen 'a b/bin/'",
           0, "", "");
    expect_host("cd 'a b/bin' && LIBRARY='../lib/libtriptych.so' ./host_dlopen ../../in.webp "
                "../../out.tif ../../v.mkv && cd ../.. && true",
                "no videos\n");
    expect_host("'a b/bin/host_static'", "32 x 16, a frame\n");
    EXPECT("rm -r 'a b'", 0, "", "");
}

/* A module that does not fit is refused before any of its functions is called. */
static void test_wrong(void)
{
    if (!begin())
        return;
    EXPECT(
        "mkdir wrong; echo x > wrong/webp.so; TRIPTYCH_MODULES=wrong $T run copy in.webp -o o.png",
        1, "", "triptych: cannot read in.webp: cannot load the module webp: wrong/webp.so: *\n");
    if (SANITIZED || shell_run("command -v cc")->code != 0) {
        test_skip("no compiler for a module of another build");
        return;
    }
    EXPECT(
        "printf 'const void *tri_module(const void *a, const char *b, unsigned long c);\\nconst "
        "void *tri_module(const void *a, const char "
        "*b, unsigned long c) { return a == 0 || b[0] == 0 || c == 0 ? a : 0; }\\n' > m.c; cc "
        "-shared -fPIC m.c -o wrong/webp.so; "
        "TRIPTYCH_MODULES=wrong $T run copy in.webp -o o.png; code=$?; rm -r wrong m.c; exit $code",
        1, "",
        "triptych: cannot read in.webp: cannot load the module webp: it belongs to another build "
        "of triptych\n");
}

int test_modules_suite(void)
{
    CU_pSuite suite = CU_add_suite("modules", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "a program without symbols for others", test_static) &&
             CU_add_test(suite, "a library loaded with dlopen", test_dlopen) &&
             CU_add_test(suite, "Python's ctypes", test_python) &&
             CU_add_test(suite, "inside a library that Python loads", test_inside) &&
             CU_add_test(suite, "found beside the library", test_moved) &&
             CU_add_test(suite, "one that does not fit", test_wrong));
}
