/* test_batch.c -- triptych run on many files: names, order, failures, interruption. */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdio.h>

enum { FILES = 24 };

/* Images of several sizes in nested folders; the other files there are not images. */
static int begin(void)
{
    if (shell_begin() || shell_run("mkdir -p in/deep/er in/empty in/.hidden")->code != 0)
        return 1;
    for (int i = 0; i < FILES; i++) {
        const struct tri_shape shape = {40 + i % 3 * 300, 30 + i % 2 * 200, i % 4 == 3 ? 1 : 3, 8};
        struct tri_image *image;
        char name[64];
        if (tri_image_new(&shape, &image, NULL) != TRI_OK)
            return 1;
        for (int p = 0; p < shape.planes; p++)
            for (int y = 0; y < shape.height; y++)
                for (int x = 0; x < shape.width; x++)
                    ((uint8_t *)tri_image_row(image, p, y))[x] =
                        (uint8_t)(x * (i + 1) + y * 3 + p * 50);
        snprintf(name, sizeof name, "in/%s%02d.png",
                 i % 5 == 0   ? "deep/"
                 : i % 7 == 0 ? "deep/er/"
                              : "",
                 i);
        enum tri_status status = tri_image_write(shell_path(name), image, NULL, NULL);
        tri_image_free(image);
        if (status != TRI_OK)
            return 1;
    }
    return shell_run("echo text > in/README; echo text > in/deep/notes.txt; cp in/01.png "
                     "in/.hidden/x.png; "
                     "cp in/01.png in/.x.png; ln -s nothing in/lost; "
                     "for f in $(cd in; find . -name '[0-9]*.png'); do mkdir -p one/$(dirname $f); "
                     "$T run sobel in/$f -o one/$f --on sequential || exit 1; done")
               ->code != 0;
}

/* The same bytes as one by one, whatever is in flight. */
static void test_folder(void)
{
    static const char *const how[] = {"",
                                      "--on sequential",
                                      "--jobs 1",
                                      "--jobs 3",
                                      "-j 8",
                                      "--on threads:4",
                                      "--on threads:3 --jobs 7",
                                      "--isa scalar"};
    char command[400];

    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        snprintf(command, sizeof command,
                 "$T run sobel in/ -o out/ %s && diff -r one out && rm -r out", how[i]);
        EXPECT(command, 0, "", "");
    }
    EXPECT("$T run sobel in in/deep/00.png -o out", 2, "",
           "triptych: run: 25 inputs cannot all be written to 'out'; *\n");
    EXPECT("$T run sobel in in/deep/00.png -o out/ && cmp out/00.png out/deep/00.png; rm -r out", 0,
           "", "");
    EXPECT("$T run sobel in in/00.png in/deep -o out/", 2, "",
           "triptych: run: '*' and '*' would both be written to *\n");
    EXPECT("ls out", 2, "", "*");
    EXPECT("$T run sobel in -o p-%02d.png && ls p-*.png | wc -l && cmp p-01.png one/01.png; rm "
           "p-*.png",
           0, "24\n", "");
    EXPECT("$T run sobel in/empty -o out/", 1, "",
           "triptych: no pictures or videos in folder 'in/empty'\n");
}

static void test_opencl(void)
{
    if (shell_run("$T run invert in/01.png -o x.png --on opencl")->code == TRI_NO_DEVICE) {
        test_skip("there is no OpenCL device");
        return;
    }
    EXPECT("rm x.png; $T run sobel in -o out/ --on opencl && diff -r one out && rm -r out", 0, "",
           "");
    EXPECT("$T run sobel in -o out/ --on opencl -j 6 && diff -r one out && rm -r out", 0, "", "");
}

/* Within the folder itself, over the files themselves, and again: its own results are not processed
 * again. */
static void test_in_place(void)
{
    EXPECT("cp -r in copy && cd copy && $T run sobel . -o out/ && diff -r ../one out && $T run "
           "sobel . -o out/ && "
           "diff -r ../one out && ls out/out; cd ..; rm -r copy",
           0, "", "*No such file*");
    EXPECT("cp -r in copy && $T run invert copy -o copy && $T run invert,sobel copy -o out/ && "
           "diff -r one out; "
           "code=$?; rm -r copy out; exit $code",
           0, "", "");
}

/* Frames stay in order, even if later ones finish first. */
static void test_frames(void)
{
    EXPECT("mkdir frames a b; i=10; for f in 01 07 13 19 07 19 01 13; do cp in/*/*/$f.png "
           "frames/$i.png 2>/dev/null || "
           "cp in/$f.png frames/$i.png; i=$((i + 1)); done; ls frames | wc -l",
           0, "8\n", "");
    EXPECT(
        "$T run difference frames -o a/ --jobs 1 --on sequential -q; $T run difference frames -o "
        "b/ --jobs 8 -q && "
        "diff -r a b && $T run difference frames -o b/ --jobs 3 -q --on threads:3 && diff -r a b",
        0, "", "");
    /* Delayed results go to the right files. */
    EXPECT("rm a/* b/*; mkdir f; i=1; for k in copy copy invert flip invert,flip sobel; do $T run "
           "$k in/01.png -o f/$i.png; "
           "i=$((i + 1)); done; $T run temporal_median:radius=2 f -o a/ --on sequential && $T run "
           "temporal_median:radius=2 f -o b/ "
           "-j 8 && diff -r a b && ls a | wc -l",
           0, "6\n", "");
    EXPECT("$T run temporal_median f/1.png f/2.png f/3.png -o m%d.png && cmp m1.png f/1.png && cmp "
           "m2.png f/1.png && "
           "cmp m3.png f/3.png && $T run temporal_median:radius=2 f/4.png -o m1.png && cmp m1.png "
           "f/4.png; rm m?.png",
           0, "", "");
    EXPECT("$T run temporal_median f/1.png in/03.png f/2.png f/3.png -o m%d.png; code=$?; cmp "
           "m4.png f/3.png; ls m?.png | wc -l; "
           "rm -r m?.png f; exit $code",
           1, "3\n",
           "triptych: in/03.png: its shape differs from *\ntriptych: 1 of 4 files failed\n");
    EXPECT("$T run difference frames -o a/ --jobs 1 --on sequential -q", 0, "", "");
    EXPECT("cmp -s a/11.png a/12.png; code=$?; rm -r frames a b; exit $code", 1, "", "");
}

static void test_failures(void)
{
    EXPECT("mkdir bad; cp in/01.png bad/a.png; head -c 100 in/02.png > bad/b.png; cp in/03.png "
           "bad/c.png; "
           "echo no > bad/d.png; cp in/04.png bad/e.png",
           0, "", "");
    EXPECT("$T run sobel bad -o out/ --jobs 1; code=$?; ls -A out; rm -r out; exit $code", 1,
           "a.png\nc.png\ne.png\n",
           "triptych: cannot read bad/b.png: the file is truncated\ntriptych: cannot read "
           "bad/d.png: unknown picture format; *\ntriptych: 2 of 5 files failed\n");
    EXPECT(
        "$T run sobel bad -o out/ --jobs 1 --fail-fast; code=$?; ls -A out; rm -r out; exit $code",
        1, "a.png\n",
        "triptych: cannot read bad/b.png: the file is truncated\ntriptych: 1 of 5 files failed; 3 "
        "were not started\n");
    EXPECT("$T run sobel bad -o out/ --fail-fast --keep-going -q 2>&1 | wc -l; ls -A out | wc -l; "
           "rm -r out",
           0, "3\n3\n", "");
    EXPECT("mkdir -p out/c.png && $T run sobel bad -o out/; code=$?; ls -A out; rm -r out bad; "
           "exit $code",
           1, "a.png\nc.png\ne.png\n", "*out/c.png*\n*3 of 5 files failed\n");
}

/* Links to folders, and to files that are gone, are reported; other names are not ours. */
static void test_links(void)
{
    EXPECT("mkdir li li/sub; cp in/01.png li/a.png; ln -s .. li/sub/up; ln -s nothing.png "
           "li/lost.png; ln -s nothing li/sub/clip.mkv; ln -s nothing li/README; ln -s a.png "
           "li/b.png; $T run sobel li -o out/; code=$?; ls -A out; rm -r out li; exit $code",
           1, "a.png\nb.png\n",
           "triptych: cannot read li/lost.png: No such file or directory\ntriptych: cannot read "
           "li/sub/clip.mkv: No such file or directory\ntriptych: note: li/sub/up is a link to a "
           "folder, which is not followed\ntriptych: 2 folders or files could not be read\n");
}

/* Unreadable folders are reported, and the rest is processed. */
static void test_unreadable(void)
{
    EXPECT("mkdir un un/shut; cp in/01.png un/a.png; cp in/02.png un/shut/b.png; cp in/03.png "
           "un/z.png; ln -s loop.png un/loop.png",
           0, "", "");
    EXPECT("$T run sobel un -o out/ -q; code=$?; ls -A out; rm -r out un/loop.png; exit $code", 1,
           "a.png\nshut\nz.png\n",
           "triptych: cannot read un/loop.png: Too many levels of symbolic links\ntriptych: 1 "
           "folder or file could not be read\n");
    if (shell_run("chmod 0 un/shut; [ $(id -u) != 0 ] || setpriv --bounding-set "
                  "-dac_override,-dac_read_search true")
            ->code == 0) {
        const char *as = shell_run("[ $(id -u) = 0 ]")->code == 0
                             ? "setpriv --bounding-set -dac_override,-dac_read_search "
                             : "";
        char command[400];
        snprintf(command, sizeof command,
                 "%s$T run sobel un -o out/ -q; code=$?; ls -A out; rm -r out; exit $code", as);
        EXPECT(command, 1, "a.png\nz.png\n",
               "triptych: cannot read folder un/shut: Permission denied\ntriptych: 1 folder or "
               "file could not be read\n");
        snprintf(command, sizeof command, "%s$T run sobel un -o out/ -q --fail-fast", as);
        EXPECT(command, 1, "", "triptych: cannot read folder un/shut: Permission denied\n");
        snprintf(command, sizeof command,
                 "%s$T run sobel un/shut -o out/ -q; code=$?; ls out; exit $code", as);
        EXPECT(command, 1, "", "triptych: cannot read folder un/shut: Permission denied\nls: *\n");
    }
    EXPECT("chmod 700 un/shut; rm -r un", 0, "", "");
}

/* Files that exist after an interruption are complete. */
static void test_interrupted(void)
{
    EXPECT("i=10; while [ $i -le 70 ]; do timeout -s INT 0.0$i $T run sobel in -o out/ -j 3; "
           "for f in $(cd out 2>/dev/null && find . -type f); do cmp one/$f out/$f; done; rm -rf "
           "out; i=$((i + 5)); done",
           0, "", "*");
}

static void test_options(void)
{
    EXPECT("$T run invert in/01.png -o x.xyz", 2, "",
           "triptych: run: unknown extension in 'x.xyz'; use --format *\n");
    EXPECT("$T run invert in/01.png -o x.xyz --format png && $T run invert x.xyz -o x.png && ls "
           "x.*; rm x.*",
           0, "x.png\nx.xyz\n", "");
    EXPECT("$T run invert in/01.png -o x.png --format xyz", 2, "",
           "triptych: run: unknown format 'xyz' for --format ('triptych --version' lists *\n");
    EXPECT("$T run invert in/01.png -o x.png --format y4m", 2, "",
           "triptych: run: --format y4m is for videos*\n");
    EXPECT("$T run invert in/01.png -o x.png --png-level best", 2, "",
           "triptych: run: invalid value 'best' for --png-level; expected one of default, fast, "
           "small (see*\n");
    EXPECT("$T run invert in/01.png -o x.png --subsampling 4", 2, "",
           "triptych: run: invalid value '4' for --subsampling; expected one of 420, 422, 444 "
           "(see*\n");
    EXPECT("$T run invert in/01.png -o x.png --quality 101", 2, "",
           "triptych: run: invalid value '101' for --quality; expected 1 to 100*\n");
    EXPECT("$T run invert in/01.png -o x.png --jobs 0", 2, "",
           "triptych: run: invalid value '0' for --jobs; expected 1 to 1024*\n");
    EXPECT(
        "for l in fast default small; do $T run copy in/01.png -o $l.png --png-level $l || exit 1; "
        "$T run copy $l.png -o again.png && $T run copy in/01.png -o same.png && cmp again.png "
        "same.png || exit 1; "
        "done; rm fast.png default.png small.png again.png same.png",
        0, "", "");
}

int test_batch_suite(void)
{
    CU_pSuite suite = CU_add_suite("batch", begin, shell_end);

    return !(suite && CU_add_test(suite, "folders", test_folder) &&
             CU_add_test(suite, "OpenCL", test_opencl) &&
             CU_add_test(suite, "in place", test_in_place) &&
             CU_add_test(suite, "frames in order", test_frames) &&
             CU_add_test(suite, "failures", test_failures) &&
             CU_add_test(suite, "links in folders", test_links) &&
             CU_add_test(suite, "what cannot be looked into", test_unreadable) &&
             CU_add_test(suite, "interruption", test_interrupted) &&
             CU_add_test(suite, "options", test_options));
}
