/* test_montage.c -- triptych montage: where pictures go, in what form, and what it refuses. */
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>

static int begin(void)
{
    return shell_begin() != 0 ||
           shell_run("echo P2 2 1 255 1 2 > a.pgm; echo P2 1 2 255 3 4 > b.pgm; "
                     "echo P3 1 1 255 10 20 30 > c.ppm; echo P2 1 1 65535 700 > w.pgm")
                   ->code != 0;
}

static int end(void)
{
    return shell_end();
}

/* Prints the samples of a PNM file after its header, one row of the picture for each line. */
#define SAMPLES(bytes, file) "tail -c " #bytes " " file " | od -An -v -tu1 -w"

static void test_places(void)
{
    EXPECT("$T montage a.pgm b.pgm -o - --rows 1 --format pnm > x.pgm; head -c 7 x.pgm | tr '\\n' "
           "' '; "
           "echo; " SAMPLES(6, "x.pgm") "3",
           0, "P5 3 2 \n   1   2   3\n 255 255   4\n", "");
    EXPECT("$T montage a.pgm b.pgm -o x.pgm --columns 1 --gravity east --background black --gap 1 "
           "&& " SAMPLES(8, "x.pgm") "2",
           0, "   1   2\n   0   0\n   0   3\n   0   4\n", "");
    EXPECT(
        "$T montage a.pgm b.pgm a.pgm -o x.pgm --background '#777' --border 1 --gravity southwest "
        "&& " SAMPLES(25, "x.pgm") "5",
        0,
        " 119 119 119 119 119\n 119 119 119   3 119\n 119   1   2   4 119\n"
        " 119   1   2 119 119\n 119 119 119 119 119\n",
        "");
}

/* A colour picture makes all colour, one of 16 bits all 16 bits, and no background alpha. */
static void test_forms(void)
{
    EXPECT("$T montage a.pgm c.ppm -o x.ppm --rows 1 && " SAMPLES(9, "x.ppm") "9", 0,
           "   1   1   1   2   2   2  10  20  30\n", "");
    EXPECT("$T montage a.pgm w.pgm -o x.pgm --rows 1 && " SAMPLES(6, "x.pgm") "6", 0,
           "   1   1   2   2   2 188\n", "");
    EXPECT("$T montage b.pgm a.pgm -o x.pam --rows 1 --gravity north --background none && " SAMPLES(
               12, "x.pam") "6",
           0, "   3 255   1 255   2 255\n   4 255   0   0   0   0\n", "");
    EXPECT("$T montage a.pgm b.pgm -o x.ppm --rows 1 --background red && " SAMPLES(18, "x.ppm") "9",
           0, "   1   1   1   2   2   2   3   3   3\n 255   0   0 255   0   0   4   4   4\n", "");
    EXPECT("$T montage a.pgm -o y.pgm --background red", 2, "", "*PGM can store only gray*");
}

static void test_cells(void)
{
    EXPECT(
        "$T montage $ROOT/images/street.png $ROOT/images/alpha.png -o x.png --cell 64x40 --rows 1 "
        "--gap 2 --background none && $T run crop:width=64:height=40 x.png -o l.png && "
        "$T run resize:width=64:height=40:mode=fit $ROOT/images/street.png -o s.png && "
        "$T run crop:width=53:height=40:x=5 x.png -o l.png && $T run psnr l.png --with s.png "
        "--data - | tail -n 1; $T montage $ROOT/images -o y.png --cell 8x8 --on sequential "
        "--columns 3 && $T run stats y.png --data - | tail -n 1 | cut -d, -f3; rm ?.png",
        0, "*,inf\n1536\n", "*");
}

static void test_errors(void)
{
    EXPECT("$T montage -o x.png", 2, "", "triptych: montage: no input given*");
    EXPECT("$T montage a.pgm", 2, "", "triptych: montage: no output given*");
    EXPECT("$T montage a.pgm b.pgm -o x.pgm --rows 1 --columns 2", 2, "", "*exclude each other*");
    EXPECT("$T montage a.pgm -o x.pgm --cell 3", 2, "", "*invalid value '3' for --cell*");
    EXPECT("$T montage a.pgm b.pgm -o a.pgm", 2, "", "*a.pgm*");
    EXPECT("$T montage a.pgm no.pgm -o x2.pgm; code=$?; ls x2.pgm; exit $code", 1, "",
           "triptych: *no.pgm: No such file*");
    EXPECT("$T montage a.pgm b.pgm -o x2.pgm --gap 1000 --max-pixels 100", 2, "",
           "triptych: montage: * pixels exceed the limit of 100*");
    EXPECT("$T montage a.pgm -o x2.xyz; ls x2.xyz", 2, "", "*unknown extension*");
    EXPECT("$T montage a.pgm -o /dev/full --format pnm", 1, "", "*No space left on device\n");
}

int test_montage_suite(void)
{
    CU_pSuite suite = CU_add_suite("montage", begin, end);
    return !(suite && CU_add_test(suite, "places", test_places) &&
             CU_add_test(suite, "forms", test_forms) && CU_add_test(suite, "cells", test_cells) &&
             CU_add_test(suite, "errors of montage", test_errors));
}
