/* test_platforms.c -- OpenCL drivers that end or stop the process, and the cache folder: the
 * program continues, names the driver that it leaves out, and remembers it. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAULTY "OCL_ICD_VENDORS=$PWD/faulty "
#define BOTH "OCL_ICD_VENDORS=$PWD/both "
#define CACHE "TRIPTYCH_CACHE_DIR=$PWD/cache "
#define RUN "$T run invert one.pgm -o x.pgm --on "

static bool has_device;

/* An image of 4 x 2 samples, folders of .icd files, and a cache that all tests share except for its
 * verdicts. */
static int begin(void)
{
    if (shell_begin() ||
        shell_run("printf 'P5 4 2 255 abcdefgh' > one.pgm; mkdir faulty both empty cache && echo "
                  "$(dirname $T)/tests/icd.so > faulty/a.icd && "
                  "cp faulty/a.icd both && cp /etc/OpenCL/vendors/pocl*.icd both/b.icd; test -e "
                  "$(dirname $T)/tests/icd.so")
                ->code != 0)
        return 1;
    has_device = shell_run(CACHE BOTH RUN "opencl:faults && rm x.pgm")->code == 0;
    return 0;
}

static bool no_device(void)
{
    if (!has_device)
        test_skip("there is no POCL to wrap");
    return !has_device;
}

static void forget(void)
{
    shell_run("rm -f cache/platforms/*.verdict x.pgm");
}

/* Wherever a driver ends the process: alone it is an error, besides another one a note, and auto
 * continues with threads. */
static void test_abort(void)
{
    static const struct {
        const char *fault, *when;
    } cases[] = {
        {"ICD_ABORT=load", "when its library was loaded"},
        {"ICD_ABORT=clGetPlatformIDs", "when its devices were listed"},
        {"ICD_ABORT=clGetDeviceIDs", "when its devices were listed"},
        {"ICD_ABORT=clCreateContext", "when a context was created on"},
        {"ICD_ABORT_SOURCE=fresh", "when a program was built on"},
        {"ICD_ABORT=clReleaseContext", "when it was closed:"},
    };
    char command[1000], expected[400];
    if (no_device())
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        forget();
        snprintf(command, sizeof command, CACHE FAULTY "%s " RUN "opencl", cases[i].fault);
        snprintf(
            expected, sizeof expected,
            "triptych: there is no OpenCL device that can be used: a.icd (*icd.so): it ended the "
            "process with signal 6 (Aborted) %s*\n",
            cases[i].when);
        EXPECT(command, 4, "", expected);
        snprintf(command, sizeof command, "test ! -e x.pgm; " CACHE FAULTY "%s " RUN "auto",
                 cases[i].fault);
        snprintf(expected, sizeof expected,
                 "triptych: note: auto chose threads*there is no OpenCL device that can be used\n"
                 "triptych: note: the OpenCL driver a.icd (*icd.so) is left out: it ended *%s*\n",
                 cases[i].when);
        EXPECT(command, 0, "", expected);
        if (i % 3 != 0) /* POCL is tried again each time */
            continue;
        snprintf(command, sizeof command, CACHE BOTH "%s " RUN "opencl", cases[i].fault);
        snprintf(expected, sizeof expected,
                 "triptych: note: the OpenCL driver a.icd (*icd.so) is left out: it ended *%s*\n",
                 cases[i].when);
        EXPECT(command, 0, "", expected);
    }
    EXPECT(CACHE BOTH "ICD_ABORT=load $T devices", 0, "*\n  0.0  *\n*",
           "triptych: note: the OpenCL driver a.icd *\n");
    EXPECT(CACHE BOTH "ICD_ABORT=load $T verify invert one.pgm --on opencl", 0, "*0 differ*",
           "triptych: note: the OpenCL driver a.icd *\n");
    EXPECT(CACHE BOTH "ICD_ABORT=load $T bench invert one.pgm --on opencl --time 0.001", 0,
           "*opencl*", "*triptych: note: the OpenCL driver a.icd *");
    EXPECT(CACHE BOTH "ICD_ABORT=load " RUN "opencl -q", 0, "", "");
}

/* A crash that only wider vectors cause disables only these. */
static void test_no_lanes(void)
{
    if (no_device())
        return;
    forget();
    EXPECT("rm -rf cache/programs; " CACHE FAULTY "ICD_ABORT_SOURCE=ext_vector_type\\(64\\) " RUN
           "opencl",
           0, "",
           "*triptych: note: the OpenCL driver a.icd (*) is used in part: it ended the process "
           "with signal 6 (Aborted) when its compiler "
           "was tried with vectors on *");
    EXPECT(CACHE FAULTY "ICD_ABORT_SOURCE=ext_vector_type\\(64\\) $T devices", 0,
           "*dialect    tiles\n*", "*is used in part*");
}

static void test_hang(void)
{
    if (no_device())
        return;
    forget();
    EXPECT("export TRIPTYCH_OPENCL_SECONDS=1; " CACHE FAULTY "ICD_HANG=clGetPlatformIDs " RUN
           "opencl; s=$?; "
           "ps -e -o args= | grep -v grep | grep -c -e \"--opencl-probe .* $PWD\"; exit $s",
           4, "0\n",
           "*a.icd (*): it did not return within 1 s when its devices were listed; "
           "TRIPTYCH_OPENCL_SECONDS sets the limit*");
    /* A longer limit is another question. */
    EXPECT("export TRIPTYCH_OPENCL_SECONDS=2; " CACHE FAULTY "ICD_HANG=clGetPlatformIDs " RUN
           "auto",
           0, "", "*auto chose threads*within 2 s*");
    EXPECT("export TRIPTYCH_OPENCL_SECONDS=1; " CACHE FAULTY "ICD_HANG=clGetPlatformIDs " RUN
           "auto",
           0, "", "*auto chose threads*within 2 s*");
}

/* ICD_LOG has a line for each process that calls the driver. */
static void test_verdict(void)
{
    if (no_device())
        return;
    forget();
#define AGAIN \
    CACHE FAULTY "ICD_ABORT=clCreateContext ICD_LOG=$PWD/log " RUN \
                 "opencl 2>> told; test -e log; s=$?; rm -f log; exit $s"
    EXPECT(AGAIN, 0, "", "");
    EXPECT("sort -u told | wc -l; rm told", 0, "1\n", "");
    EXPECT(AGAIN, 1, "", "");
    /* Bad verdicts expire after ten minutes. */
    EXPECT("sed -i 's/^written .*/written 1000/' cache/platforms/*.verdict; " AGAIN, 0, "", "");
    EXPECT(AGAIN, 1, "", "");
    /* A file that is cut short, or of another driver. */
    EXPECT("for f in cache/platforms/*.verdict; do head -c -5 $f > t; mv t $f; done; " AGAIN, 0, "",
           "");
    EXPECT(AGAIN, 1, "", "");
    EXPECT("for f in cache/platforms/*.verdict; do sed -i 's/^user .*/user 7 7 cores 1/' $f; "
           "done; " AGAIN,
           0, "", "");
    /* Any basis of a verdict has changed. */
    EXPECT("touch -d yesterday faulty/a.icd; " AGAIN, 0, "", "");
    EXPECT(AGAIN, 1, "", "");
    EXPECT("export OCL_ICD_DEBUG_IRRELEVANT=1; " AGAIN, 0, "", "");
    EXPECT("export UNRELATED=1; " AGAIN, 1, "", "");
#ifndef __SANITIZE_ADDRESS__ /* ASan needs more than any limit */
    EXPECT("ulimit -v 30000000; " AGAIN, 0, "", "");
#endif
    EXPECT(CACHE FAULTY
           "ICD_ABORT=clCreateContext ICD_LOG=$PWD/log $T doctor > o; test -e log && rm o log",
           0, "", "");
#undef AGAIN
}

/* Of several processes that start at once, one tries the driver. */
static void test_together(void)
{
    if (no_device())
        return;
    forget();
    EXPECT("export " CACHE FAULTY "ICD_ABORT=clGetPlatformIDs ICD_LOG=$PWD/log; for i in 1 2 3 4; "
           "do $T devices > o$i 2>&1 & done; wait; "
           "cut -d' ' -f1 log | sort -u | wc -l; rm o? log",
           0, "1\n", "");
    EXPECT("rm -rf cold; for i in 1 2 3 4; do TRIPTYCH_CACHE_DIR=$PWD/cold " FAULTY
           "$T run invert one.pgm -o $i.pgm --on opencl || echo failed & done; "
           "wait; cat [1-4].pgm | wc -c; rm [1-4].pgm",
           0, "76\n", "");
}

/* A program other than triptych, with no triptych next to it, forks. */
static void test_fork(void)
{
    if (no_device())
        return;
    forget();
    EXPECT("mkdir lone && cp $T lone/other; " CACHE BOTH
           "ICD_ABORT=clCreateContext lone/other devices",
           0, "*\n  0.0  *passed*", "*");
    EXPECT(CACHE BOTH
           "ICD_ABORT=clCreateContext lone/other run invert one.pgm -o x.pgm --on opencl",
           0, "",
           "triptych: note: the OpenCL driver a.icd (*) is left out: it ended the process with "
           "signal 6 (Aborted) when a context*");
    EXPECT(CACHE FAULTY "lone/other run invert one.pgm -o x.pgm --on opencl", 0, "", "");
    /* A named program, and one that does not exist. */
    EXPECT("rm cache/platforms/*.verdict; " CACHE FAULTY
           "TRIPTYCH_PROGRAM=$T lone/other run invert one.pgm -o x.pgm --on opencl; "
           "grep -h ^helper cache/platforms/*.verdict; rm -r lone",
           0, "helper */triptych *\n", "");
    EXPECT(CACHE FAULTY "TRIPTYCH_OPENCL_PROBE=no ICD_ABORT=clCreateContext " RUN "opencl", 134, "",
           "*");
}

/* Signals as they were set: HUP ignored as by nohup, the rest unchanged. The program is inspected
 * while waiting for a frame. */
static void test_signals(void)
{
    static const char *const faults[] = {"clGetPlatformIDs", "clGetDeviceIDs", "clCreateContext",
                                         "clBuildProgram"};
    char command[1500];
    if (no_device())
        return;
    EXPECT("{ printf 'YUV4MPEG2 W4 H2 F25:1 C444\\n'; for i in 1 2 3; do printf "
           "'FRAME\\nabcdefghijklmnopqrstuvwx'; done; } > in.y4m",
           0, "", "");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        forget();
        snprintf(command, sizeof command,
                 "mkfifo pipe; (trap '' HUP; export " CACHE FAULTY
                 "ICD_SIGNALS=%s; exec $T run invert - -o out.y4m --on opencl < pipe) & p=$!; "
                 "exec 3> pipe; cat in.y4m >&3; n=0; until [ -s \"$(echo .triptych-$p-*)\" ] || [ "
                 "$n -gt 600 ]; do sleep 0.1; n=$((n+1)); done; "
                 "grep -E 'SigIgn|SigCgt' /proc/$p/status; exec 3>&-; wait $p; s=$?; rm -f pipe "
                 "out.y4m; exit $s",
                 faults[i]);
        const struct shell_result *result = shell_run(command);
        unsigned long long ignored = 0, caught = 0;
        CU_ASSERT_EQUAL(result->code, 0);
        CU_ASSERT_EQUAL(sscanf(result->out, "SigIgn: %llx SigCgt: %llx", &ignored, &caught), 2);
        /* A shell ignores INT and QUIT for background jobs; run catches PIPE and TERM. */
        CU_ASSERT_EQUAL(ignored & 7, 7); /* whatever else this process was started with */
#ifdef __SANITIZE_ADDRESS__              /* ASan catches these itself */
        caught &= ~(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGFPE - 1));
#endif
        CU_ASSERT_EQUAL(caught & 0x7fffffff, 1 << (SIGPIPE - 1) | 1 << (SIGTERM - 1));
    }
}

/* If there is no device, the reasons are reported. */
static void test_nothing(void)
{
    EXPECT("OCL_ICD_VENDORS=$PWD/empty " CACHE RUN "opencl", 4, "",
           "triptych: there is no OpenCL device: OCL_ICD_VENDORS is the folder '*/empty', which "
           "has no .icd file; install a driver*\n");
    EXPECT("OCL_ICD_VENDORS=/nowhere/libnone.so " CACHE RUN "opencl", 4, "",
           "triptych: there is no OpenCL device that can be used: OCL_ICD_VENDORS "
           "(/nowhere/libnone.so): /nowhere/libnone.so: cannot open "
           "shared object file: No such file or directory; OCL_ICD_VENDORS is "
           "'/nowhere/libnone.so'*\n");
    EXPECT("OCL_ICD_VENDORS=libm.so.6 " CACHE RUN "opencl", 4, "",
           "*libm.so.6 is not an OpenCL driver: it lacks *\n");
    EXPECT("mkdir odd; : > odd/a.icd; echo /nowhere/b.so > odd/b.icd; mkdir odd/c.icd; "
           "OCL_ICD_VENDORS=$PWD/odd " CACHE RUN "opencl",
           4, "",
           "*a.icd: it names no library; b.icd (/nowhere/b.so): /nowhere/b.so: cannot open *; "
           "c.icd: it names no library*\n");
    EXPECT("unset OCL_ICD_VENDORS; OPENCL_VENDOR_PATH=$PWD/empty " CACHE RUN "opencl", 4, "",
           "*/empty has no .icd file*\n");
}

/* POCL itself, where it used to end the process. */
static void test_pocl(void)
{
    if (no_device())
        return;
#define POCL "OCL_ICD_VENDORS=$(cat both/b.icd) "
    EXPECT("mkdir tools; ln -s /bin/cat tools; PATH=$PWD/tools " CACHE POCL RUN "opencl", 4, "",
           "*ld*binutils*\n");
    EXPECT("ln -s /usr/bin/true tools/lld; PATH=$PWD/tools " CACHE POCL RUN "opencl", 4, "",
           "*ld*binutils*\n");
    EXPECT("ln -s /bin/false tools/ld; PATH=$PWD/tools " CACHE POCL RUN "opencl", 4, "",
           "*it ended the process with signal *\n");
    /* A folder that cannot be used, or a missing one that can. */
    EXPECT("POCL_CACHE_DIR=$PWD/one.pgm " CACHE POCL RUN "opencl", 0, "",
           "triptych: note: POCL_CACHE_DIR is not used, but triptych's own cache folder: */one.pgm "
           "is not a folder\n");
    EXPECT("POCL_CACHE_DIR=$PWD/one.pgm/below " CACHE POCL RUN "opencl", 0, "",
           "triptych: note: POCL_CACHE_DIR is not used, *: */one.pgm/below: Not a directory\n");
    EXPECT("POCL_CACHE_DIR=/proc/none " CACHE POCL RUN "opencl", 0, "",
           "triptych: note: POCL_CACHE_DIR is not used, *: /proc/none: *\n");
    EXPECT("POCL_CACHE_DIR=/proc/none " CACHE POCL
           "$T doctor | grep -c 'POCL_CACHE_DIR is not used: /proc/none'; "
           "POCL_CACHE_DIR=/proc/none " CACHE RUN "threads",
           0, "1\n", "");
    EXPECT("POCL_CACHE_DIR=made/here " CACHE POCL RUN "opencl && rm -r made", 0, "", "");
    EXPECT("POCL_CACHE_DIR= " CACHE POCL RUN "opencl", 0, "", "");
    if (geteuid() == 0 && shell_run("unshare -m true")->code == 0)
        EXPECT("unshare -m sh -c 'mount -t tmpfs none /sys && " CACHE
               "OCL_ICD_VENDORS=$(cat both/b.icd) " RUN "opencl'",
               4, "", "*it ended the process with signal *; /sys is not mounted*\n");
    EXPECT(CACHE POCL RUN "opencl && " CACHE POCL RUN "opencl:cpu/1 && rm -r x.pgm tools", 0, "",
           "");
    /* Pinned only if the cores are the first ones, and the user has not decided. */
    EXPECT(CACHE POCL "$T doctor > o; grep -h ^POCL_AFFINITY cache/platforms/*.verdict | sort -u; "
                      "rm o cache/platforms/*.verdict; "
                      "POCL_AFFINITY=0 " CACHE POCL RUN
                      "opencl; grep -h ^POCL_AFFINITY cache/platforms/*.verdict",
           0, "*POCL_AFFINITY=0\n", "");
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        EXPECT("rm cache/platforms/*.verdict; " CACHE POCL "taskset -c 1 " RUN
               "opencl; grep -c ^POCL_AFFINITY cache/platforms/*.verdict",
               1, "0\n", "");
}

/* ---- the folder ---- */

/* Doctor reports it, without a driver to try. */
#define FOLDER \
    "OCL_ICD_VENDORS=$PWD/empty $T doctor --json | grep -A2 '\"cache\"' | grep -o '\"path\": " \
    ".*\\|\"temporary\": .*'; "

static void expect_folder(const char *file, int line, const char *before, const char *after,
                          const char *path)
{
    char command[2000], expected[600];
    snprintf(command, sizeof command, "%s " FOLDER "%s", before, after);
    if (path == NULL)
        snprintf(expected, sizeof expected, "\"path\": \"*/triptych-*\",\n\"temporary\": true,\n*");
    else
        snprintf(expected, sizeof expected, "\"path\": \"*%s\",\n\"temporary\": false,\n*", path);
    shell_expect(file, line, command, 0, expected, "");
}
#define EXPECT_FOLDER(before, after, path) expect_folder(__FILE__, __LINE__, before, after, path)

static void test_folder(void)
{
    EXPECT_FOLDER("mkdir home; unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=$PWD/home;",
                  "true", "/home/.cache/triptych");
    EXPECT("stat -c %a home/.cache home/.cache/triptych; rm -r home", 0, "700\n700\n", "");
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR; export XDG_CACHE_HOME=$PWD/xdg;", "rm -r xdg",
                  "/xdg/triptych");
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=$PWD/a/../b/./c/;", "rm -r a b", "/b/c");
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=relative;", "rm -r relative", "/relative");
    EXPECT_FOLDER("mkdir real; ln -s real link; export TRIPTYCH_CACHE_DIR=$PWD/link/x;",
                  "rm -r real link", "/real/x");
    /* Unusable folders, or folders that others can write to. */
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME HOME;", "true", NULL);
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=/;", "true", NULL);
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=///;", "true", NULL);
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=/dev/null;", "true", NULL);
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=/proc;", "true",
                  NULL); /* not even root writes there */
    EXPECT_FOLDER("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; export HOME=relative;", "true", NULL);
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=$PWD/one.pgm;", "true", NULL);
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=$PWD/one.pgm/x;", "true", NULL);
    EXPECT_FOLDER("ln -s loop loop; export TRIPTYCH_CACHE_DIR=$PWD/loop;", "rm loop", NULL);
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=/dev/null/x;", "true", NULL);
    EXPECT_FOLDER("mkdir open; chmod 777 open; export TRIPTYCH_CACHE_DIR=$PWD/open;", "true", NULL);
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=$PWD/open/x;", "true", NULL);
    EXPECT_FOLDER("chmod 1777 open; export TRIPTYCH_CACHE_DIR=$PWD/open/x;", "rm -r open",
                  "/open/x");
    EXPECT_FOLDER("mkdir tmp; export TMPDIR=$PWD/tmp TRIPTYCH_CACHE_DIR=/dev/null;", "rmdir tmp",
                  NULL); /* removed at exit */
}

static void test_foreign_folder(void)
{
    if (geteuid() != 0) {
        test_skip("only root makes what belongs to others");
        return;
    }
    /* Created by another user before: their folder, their link, their parent folder. */
    EXPECT_FOLDER("mkdir -m 1777 t; mkdir -m 755 t/x; chown 12345:12345 t/x; export "
                  "TRIPTYCH_CACHE_DIR=$PWD/t/x;",
                  "true", NULL);
    EXPECT_FOLDER("export TRIPTYCH_CACHE_DIR=$PWD/t/x/y;", "rm -r t/x", NULL);
    EXPECT_FOLDER(
        "mkdir good; ln -s ../good t/x; chown -h 12345 t/x; export TRIPTYCH_CACHE_DIR=$PWD/t/x;",
        "rm -r good t/x", NULL);
    EXPECT_FOLDER("mkdir -m 770 t/x; chgrp 12345 t/x; export TRIPTYCH_CACHE_DIR=$PWD/t/x;",
                  "rm -r t", NULL);
    if (shell_run("chmod 711 . && setpriv --reuid 12345 --regid 12345 --clear-groups $T --version")
            ->code != 0) {
        test_skip("another user cannot run the program");
        return;
    }
    /* A user without a folder of their own. */
#define OTHER "setpriv --reuid 12345 --regid 12345 --clear-groups env "
    EXPECT("mkdir -m 1777 tmp; unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; TMPDIR=$PWD/tmp HOME=/ "
           "OCL_ICD_VENDORS=$PWD/empty " OTHER "$T doctor | grep -A2 ^Cache; rmdir tmp",
           0,
           "Cache\n  */triptych-*, for this process only, 0.0 MB in 0 files\n  reason: HOME is /\n",
           "");
    if (!no_device())
        EXPECT("unset TRIPTYCH_CACHE_DIR XDG_CACHE_HOME; HOME=/ " BOTH OTHER "$T devices", 0,
               "*\n  0.0  *", "*");
    shell_run("chmod 700 .");
}

int test_platforms_suite(void)
{
    CU_pSuite suite = CU_add_suite("platforms", begin, shell_end);
    return !(suite && CU_add_test(suite, "a driver that aborts", test_abort) &&
             CU_add_test(suite, "a compiler that aborts over lanes", test_no_lanes) &&
             CU_add_test(suite, "a driver that hangs", test_hang) &&
             CU_add_test(suite, "what is remembered", test_verdict) &&
             CU_add_test(suite, "several processes", test_together) &&
             CU_add_test(suite, "without a helper", test_fork) &&
             CU_add_test(suite, "signals", test_signals) &&
             CU_add_test(suite, "no driver", test_nothing) &&
             CU_add_test(suite, "POCL", test_pocl) &&
             CU_add_test(suite, "the cache folder", test_folder) &&
             CU_add_test(suite, "a cache folder of somebody else", test_foreign_folder));
}
