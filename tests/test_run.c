/* test_run.c -- triptych run: its outputs, and the errors for incorrect use. */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEE " (see 'triptych run --help')\n"

/* ---- pictures ---- */

static int sample(const struct tri_shape *shape, int seed, int plane, int x, int y)
{
    return (x * 31 + y * 17 + plane * 53 + seed * 101) % ((1 << shape->bits) - 1);
}

/* Makes a PNG file in the folder with the samples of `sample`. */
static bool make(const char *name, int width, int height, int planes, int bits, int seed)
{
    struct tri_shape shape = {width, height, planes, bits};
    struct tri_image *image;
    bool made;

    if (tri_image_new(&shape, &image, NULL) != TRI_OK)
        return false;
    for (int p = 0; p < planes; p++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                if (bits == 8)
                    ((uint8_t *)tri_image_row(image, p, y))[x] =
                        (uint8_t)sample(&shape, seed, p, x, y);
                else
                    ((uint16_t *)tri_image_row(image, p, y))[x] =
                        (uint16_t)sample(&shape, seed, p, x, y);
    made = tri_image_write(shell_path(name), image, NULL, NULL) == TRI_OK;
    tri_image_free(image);
    return made;
}

/* Whether the file is the inverse of the result of make() for these arguments. */
static bool inverted(const char *name, int width, int height, int planes, int bits, int seed)
{
    struct tri_shape shape = {width, height, planes, bits};
    struct tri_image *image;
    struct tri_error error = {0};
    bool equal = true;

    if (tri_image_read(shell_path(name), NULL, &image, NULL, &error) != TRI_OK)
        return false;
    equal = tri_shape_equal(&image->shape, &shape);
    for (int p = 0; equal && p < planes; p++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const void *row = tri_image_row(image, p, y);
                int actual = bits == 8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
                equal = equal && actual == (1 << bits) - 1 - sample(&shape, seed, p, x, y);
            }
    tri_image_free(image);
    return equal;
}

static int begin(void)
{
    if (shell_begin())
        return 1;
    return !make("a.png", 33, 17, 3, 8, 1) || !make("b.png", 33, 17, 3, 8, 2) ||
           !make("other.png", 9, 5, 1, 16, 3) ||
           shell_run("mkdir o && echo old > o/old.png")->code != 0;
}

/* Afterwards o/ contains nothing but the old file, untouched. */
#define EXPECT_NOTHING(command, code, err) \
    do { \
        EXPECT(command, code, "", err); \
        EXPECT("ls -A o; cat o/old.png; rm -rf o; mkdir o; echo old > o/old.png", 0, \
               "old.png\nold\n", ""); \
    } while (0)

/* ---- correct use ---- */

static void test_one(void)
{
    EXPECT("$T run invert a.png -o one.png", 0, "", "");
    CU_ASSERT(inverted("one.png", 33, 17, 3, 8, 1));
    EXPECT("$T run -o two.png --on sequential --isa scalar invert -- other.png", 0, "", "");
    CU_ASSERT(inverted("two.png", 9, 5, 1, 16, 3));
    EXPECT("$T run invert,invert,invert a.png --output=one.png --on=threads:2", 0, "", "");
    CU_ASSERT(inverted("one.png", 33, 17, 3, 8, 1));
    EXPECT("cp a.png self.png && $T run invert self.png -o self.png", 0, "", "");
    CU_ASSERT(inverted("self.png", 33, 17, 3, 8, 1));
    EXPECT("$T run invert a.png -o 'odd %s%n.png'", 0, "", "");
    CU_ASSERT(inverted("odd %s%n.png", 33, 17, 3, 8, 1));
    EXPECT("ls -A; rm one.png two.png self.png odd*", 0,
           "a.png\nb.png\no\nodd %s%n.png\none.png\nother.png\nself.png\ntwo.png\n", "");
}

static void test_streams(void)
{
    EXPECT("cat a.png | $T run invert - -o - > one.png", 0, "", "");
    CU_ASSERT(inverted("one.png", 33, 17, 3, 8, 1));
    EXPECT("$T run invert -o - - < a.png | $T run invert - -o - | $T run invert - -o two.png", 0,
           "", "");
    EXPECT("cmp one.png two.png; rm one.png two.png", 0, "", "");
    EXPECT("$T run invert -o made/ - a.png < b.png && ls made && rm -r made", 0,
           "a.png\nstdin.png\n", "");
}

static void test_many(void)
{
    EXPECT("$T run invert a.png b.png -o deep/made/ && ls -A deep/made", 0, "a.png\nb.png\n", "");
    CU_ASSERT(inverted("deep/made/a.png", 33, 17, 3, 8, 1));
    CU_ASSERT(inverted("deep/made/b.png", 33, 17, 3, 8, 2));
    EXPECT(
        "cp deep/made/b.png b.PNG; $T run invert ./o/../a.png b.PNG -o deep && ls deep; rm b.PNG",
        0, "a.png\nb.PNG\nmade\n", "");
    EXPECT("$T run invert a.png b.png -o 'deep/x%03d.png' && $T run invert a.png -o deep/%d && ls "
           "deep",
           0, "1\na.png\nb.PNG\nmade\nx001.png\nx002.png\n", "");
    CU_ASSERT(inverted("deep/x002.png", 33, 17, 3, 8, 2));
    EXPECT("cp b.png deep/x002.png; cd deep; $T run invert x001.png x002.png -o .; rm "
           "../deep/x001.png",
           0, "", "");
    CU_ASSERT(inverted("deep/x002.png", 33, 17, 3, 8, 2));
    EXPECT("rm -r deep", 0, "", "");
}

/* Inputs of the same shape are frames: the second is compared with the first. */
static void test_frames(void)
{
    EXPECT("$T run difference a.png a.png b.png -o d%d.png && $T run difference a.png -o first.png",
           0, "", "");
    EXPECT("cmp d1.png first.png && cmp -s d2.png d3.png", 1, "", "");
    EXPECT("$T run difference a.png other.png a.png -o d%d.png", 0, "",
           "triptych: note: other.png: its shape differs from the picture before it; a new series "
           "of frames begins\n");
    EXPECT("$T run difference a.png other.png a.png -o d%d.png -q && cmp d3.png first.png; rm "
           "d?.png first.png",
           0, "", "");
}

static void test_timings(void)
{
    EXPECT("$T run invert a.png -o t.png --timings; rm t.png", 0, "",
           "phase             ms   share\ndecode *.* %\nupload *.* %\nkernel *.* %\ndownload *.* "
           "%\nencode "
           "*.* %\n"
           "other *.* %\ntotal *.*\n");
}

/* The example program of the docs, which the Makefile builds next to triptych. */
static void test_verbose(void)
{
    EXPECT("$T run invert a.png -o t.png -v --on threads:1; rm t.png", 0, "",
           "triptych: threads:1: *, 1 worker; 1 at a time\ntriptych: a.png: *, 8 bits -> t.png: *, "
           "8 bits\n");
    EXPECT("$T run invert a.png -o t.png -v -q; rm t.png", 0, "", "");
    EXPECT("$T run invert a.png -o t.png --timings; rm t.png", 0, "", "*, 1 file, *");
}

static void test_example(void)
{
    EXPECT("E=${T%/*}/example; $E a.png 1.png && $T run gaussian:sigma=2,sobel a.png -o 2.png && "
           "cmp 1.png 2.png && rm 1.png 2.png",
           0, "stream: 6 frames in, 6 out, 0 white\npixels: red became 0, 255, 255\n", "");
    EXPECT("${T%/*}/example a.png 1.png opencl:nothing && rm 1.png", 0, "stream: *",
           "example: *; using threads\n");
    EXPECT("${T%/*}/example none.png 1.png", 1, "",
           "example: cannot read none.png: No such file or directory\n");
    EXPECT("${T%/*}/example a.png 1.png nothing", 2, "", "example: unknown backend 'nothing'*\n");
    EXPECT("${T%/*}/example", 2, "", "usage: example IN OUT [BACKEND]\n");
}

/* ---- incorrect use ---- */

static void test_usage(void)
{
    EXPECT_NOTHING("$T run", 2, "triptych: run: no pipeline given" SEE);
    EXPECT_NOTHING("$T run invert", 2,
                   "triptych: run: no input given after the pipeline 'invert'" SEE);
    EXPECT_NOTHING("$T run invert -o o/old.png", 2,
                   "triptych: run: no input given after the pipeline 'invert'" SEE);
    EXPECT_NOTHING("$T run invert a.png", 2, "triptych: run: no output given; add -o FILE" SEE);
    EXPECT_NOTHING("$T run a.png invert -o o/old.png", 2,
                   "triptych: run: 'a.png' is a file; the pipeline comes first" SEE);
    EXPECT_NOTHING("$T run a.png -o o/old.png", 2,
                   "triptych: run: 'a.png' is a file; the pipeline comes first" SEE);
    EXPECT_NOTHING("$T run invert a.png -o", 2, "triptych: run: option '-o' needs a value" SEE);
    EXPECT_NOTHING("$T run invert a.png -o ''", 2, "triptych: run: the output name is empty" SEE);
    EXPECT_NOTHING("$T run invert a.png -o o/old.png -o o/b.png", 2,
                   "triptych: run: -o is given twice" SEE);
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --onn threads", 2,
                   "triptych: run: unknown option '--onn'; did you mean '--on'?" SEE);
    EXPECT_NOTHING("$T run invert - - -o o/", 2,
                   "triptych: run: only one input can come from standard input" SEE);
    EXPECT_NOTHING(
        "$T run invert a.png -o o/old.png --max-pixels -1", 2,
        "triptych: run: invalid value '-1' for --max-pixels; expected a whole number" SEE);
    EXPECT_NOTHING(
        "$T run invert a.png -o o/old.png --max-pixels 9k", 2,
        "triptych: run: invalid value '9k' for --max-pixels; expected a whole number" SEE);
    EXPECT_NOTHING(
        "$T run invert a.png -o o/old.png --max-pixels 0", 2,
        "triptych: run: invalid value '0' for --max-pixels; expected 1 to 1000000000000" SEE);
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --max-pixels 99999999999999999999", 2,
                   "triptych: run: invalid value '99999999999999999999' for --max-pixels; expected "
                   "1 to 1000000000000" SEE);
}

static void test_names(void)
{
    EXPECT_NOTHING("$T run invert a.png b.png -o o/old.png", 2,
                   "triptych: run: 2 inputs cannot all be written to 'o/old.png'; use a folder "
                   "(out/) or a pattern with one %d (out-%04d.png)\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o -", 2,
                   "triptych: run: 2 inputs cannot all be written to '-'; *\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o o/%d-%d.png", 2,
                   "triptych: run: 2 inputs cannot *'o/%d-%d.png'*\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o o/%s.png", 2,
                   "triptych: run: 2 inputs cannot *'o/%s.png'*\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o o/%99d.png", 2,
                   "triptych: run: 2 inputs cannot *'o/%99d.png'*\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o o/%0d.png", 2,
                   "triptych: run: 2 inputs cannot *'o/%0d.png'*\n");
    EXPECT_NOTHING("$T run invert a.png ./a.png -o o/", 2,
                   "triptych: run: 'a.png' and './a.png' would both be written to 'o/a.png'; use "
                   "-o with %d\n");
    EXPECT("cp b.png 1.png; $T run invert a.png 1.png -o %d.png; cmp b.png 1.png; rm 1.png", 0, "",
           "triptych: run: the result of 'a.png' would replace the input '1.png'\n");
}

/* An output replaces no input but its own, and no two outputs are the same file: by name, link or
 * inode. */
static void test_overwriting(void)
{
    EXPECT("(printf 'YUV4MPEG2 W32 H16 F25:1 Cmono\\n'; for i in 1 2 3; do echo FRAME; head -c 512 "
           "/dev/zero; done) > v.y4m; cp v.y4m v.old; "
           "cp v.y4m w.y4m; ln v.y4m hard; ln -s v.y4m soft; ln -s nothing lost; cp a.png a.old",
           0, "", "");
    EXPECT(
        "$T run motion v.y4m --data v.y4m", 2, "",
        "triptych: run: --data 'v.y4m' would overwrite the input 'v.y4m'; write to another file\n");
    EXPECT("$T run motion v.y4m --data soft", 2, "",
           "triptych: run: --data 'soft' would overwrite the input 'v.y4m'*\n");
    EXPECT("$T run motion v.y4m --data ./hard", 2, "",
           "triptych: run: --data './hard' would overwrite the input 'v.y4m'*\n");
    EXPECT("$T run motion - --data v.y4m < v.y4m", 2, "",
           "triptych: run: --data 'v.y4m' would overwrite the input '-'*\n");
    EXPECT("$T run difference v.y4m --with w.y4m -o w.y4m", 2, "",
           "triptych: run: the result of 'v.y4m' would replace the input 'w.y4m'\n");
    EXPECT("$T run motion v.y4m -o x.y4m --data o/../x.y4m", 2, "",
           "triptych: run: -o 'x.y4m' and --data 'o/../x.y4m' are the same file; use two different "
           "files\n");
    EXPECT("$T run motion v.y4m -o lost --data nothing --format y4m", 2, "",
           "triptych: run: -o 'lost' and --data 'nothing' are the same file*\n");
    EXPECT("$T run motion v.y4m -o x%d.png --data x2.png", 2, "",
           "triptych: run: -o 'x%d.png' and --data 'x2.png' are the same file*\n");
    EXPECT("cp a.png x7.png; $T run motion v.y4m -o x%d.png --data x7.png; rm x7.png", 0, "",
           "*--data 'x7.png' are the same file*\n");
    EXPECT("cp a.png f1.png; cp a.png f2.png; $T run motion f%d.png --data f2.png; cmp a.png "
           "f2.png; rm f1.png f2.png",
           0, "", "triptych: run: --data 'f2.png' would overwrite the input 'f2.png'*\n");
    EXPECT("$T run motion v.y4m --data - -o - | cat", 0, "",
           "triptych: run: only one output can go to standard output: -o or --data\n");
    EXPECT("$T bench invert a.png --json a.png", 2, "",
           "triptych: bench: --json 'a.png' would overwrite the input 'a.png'*\n");
    EXPECT("$T bench invert a.png -o ./a.png", 2, "",
           "triptych: bench: -o './a.png' would overwrite the input 'a.png'*\n");
    EXPECT("$T bench invert a.png -o x --json x", 2, "",
           "triptych: bench: --json 'x' and -o 'x' are the same file; use two different files\n");
    EXPECT("$T bench invert a.png --csv --json - | cat", 0, "",
           "triptych: bench: only one output can go to standard output: --json or --csv\n");
    EXPECT("$T bench sobel v.y4m --json soft", 2, "",
           "triptych: bench: --json 'soft' would overwrite the input 'v.y4m'*\n");
    EXPECT("$T verify a.png --json a.png", 2, "",
           "triptych: verify: --json 'a.png' would overwrite the input 'a.png'*\n");
    EXPECT("cp a.png f0.png; $T run invert f%d.png -o f%d.png && ls f?.png; rm f?.png", 0,
           "f0.png\nf1.png\n", "");
    EXPECT("cp v.y4m f%.y4m; $T run difference v.y4m --with f%%.y4m -o /dev/null; code=$?; rm "
           "f%.y4m; exit $code",
           0, "", "");
    EXPECT("cmp v.y4m v.old && cmp w.y4m v.old && cmp a.png a.old", 0, "", "");
    EXPECT("$T run copy v.y4m -o v.y4m && $T run copy soft -o v.y4m && $T run invert a.png -o "
           "./a.png; rm -f v.* w.y4m hard soft lost; mv a.old a.png",
           0, "", "");
}

/* An existing file of that name takes precedence; '%%' is one '%', and only the last component
 * counts. */
static void test_percent_signs(void)
{
    EXPECT("mkdir p p/d%d; cp a.png p/in-%d.png; $T run invert p/in-%d.png -o p/100%done.png && $T "
           "run invert p/in-%d.png -o p/a%%d.png && "
           "$T run invert p/in-%d.png -o p/50%.png && $T run invert p/in-%d.png -o p/%%%d%%.png && "
           "$T run invert a.png -o p/d%d/x.png && ls p p/d%d",
           0, "p:\n%1%.png\n100%done.png\n50%.png\na%d.png\nd%d\nin-%d.png\n\np/d%d:\nx.png\n", "");
    EXPECT("$T run invert p/a%%d.png b.png -o p/in-%d.png", 2, "",
           "triptych: run: 2 inputs cannot all be written to 'p/in-%d.png'*\n");
    EXPECT("$T run invert p/a%%d.png -o p/in-%d.png && $T run copy a.png -o p/1.png && cmp p/1.png "
           "p/in-%d.png; rm -r p",
           0, "", "");
}

/* A file-size limit is an error like others. */
static void test_size_limit(void)
{
    EXPECT("(ulimit -f 1; for f in png ppm tiff; do $T run resize:width=200:height=200 a.png -o "
           "o/x.$f; echo $?; done); ls -A o",
           0, "1\n1\n1\nold.png\n",
           "triptych: cannot write o/x.png: File too large\ntriptych: cannot write o/x.ppm: File "
           "too large\ntriptych: cannot write o/x.tiff: *\n");
}

static void test_pipelines(void)
{
    EXPECT_NOTHING("$T run levels:0.5:0.5 a.png b.png -o o/", 2,
                   "triptych: levels: white (0.5) must be above black (0.5)\n");
    EXPECT_NOTHING("$T run levels:0.5:0.5 none.png -o o/old.png", 2,
                   "triptych: levels: white (0.5) must be above black (0.5)\n");
    EXPECT_NOTHING("$T run levels:black=0.1:black=0.2 a.png -o o/old.png", 2,
                   "triptych: levels: black is given twice\n");
    EXPECT_NOTHING("$T run 'gaussian:2:sigma=3' a.png -o o/old.png", 2,
                   "triptych: gaussian: sigma is given twice\n");
    EXPECT_NOTHING("$T run blur a.png -o o/old.png", 2,
                   "triptych: unknown kernel 'blur': did you mean 'gaussian:sigma=2'?\n");
    EXPECT_NOTHING("$T run gray,Contrast-Stretch a.png -o o/old.png", 2,
                   "triptych: unknown kernel 'Contrast-Stretch': did you mean 'autolevels'?\n");
    EXPECT("$T run gaussian:sigma=2,levels:0.1:gamma=2 a.png -o x.png && $T run ' gaussian : sigma "
           "= 2 , levels: 0.1 : gamma =2 ' a.png -o y.png && "
           "cmp x.png y.png; rm x.png y.png",
           0, "", "");
    EXPECT_NOTHING("$T run 'gray, ,sobel' a.png -o o/old.png", 2,
                   "triptych: the pipeline has an empty operation*\n");
    EXPECT_NOTHING("$T run gausian a.png -o o/old.png", 2,
                   "triptych: unknown kernel 'gausian': did you mean 'gaussian'?\n");
    EXPECT_NOTHING("$T run gaussian:sgma=2 a.png -o o/old.png", 2,
                   "triptych: gaussian has no parameter 'sgma': did you mean 'sigma'?\n");
    EXPECT_NOTHING("$T run gaussian:sigma=1000 a.png -o o/old.png", 2,
                   "triptych: gaussian: sigma is 1000; expected 0.1 to 100\n");
    EXPECT_NOTHING("$T run gaussian:sigma=-2 a.png -o o/old.png", 2,
                   "triptych: gaussian: sigma is -2; expected 0.1 to 100\n");
    EXPECT_NOTHING("$T run gaussian:sigma=2x a.png -o o/old.png", 2,
                   "triptych: gaussian: sigma is '2x'; expected a number\n");
    EXPECT_NOTHING("$T run gaussian:sigma=nan a.png -o o/old.png", 2,
                   "triptych: gaussian: sigma is 'nan'; expected a number\n");
    EXPECT_NOTHING("$T run gaussian:sigma= a.png -o o/old.png", 2, "triptych: gaussian: sigma *\n");
    EXPECT_NOTHING("$T run median:radius=1.5 a.png -o o/old.png", 2,
                   "triptych: median: radius is *1.5*\n");
    EXPECT_NOTHING("$T run '' a.png -o o/old.png", 2, "triptych: the pipeline *empty*\n");
    EXPECT_NOTHING(
        "$T run invert,,invert a.png -o o/old.png", 2,
        "triptych: the pipeline has an empty operation; separate operations by single commas\n");
    EXPECT_NOTHING(
        "$T run resize:scale=100,resize:scale=100,resize:scale=100 a.png --max-pixels 100000000000 "
        "-o o/old.png",
        2,
        "triptych: a.png: resize: 33000000 x 17000000 pixels exceed the limit of 1000000 per "
        "side\n");
    EXPECT_NOTHING("$T run resize:scale=100,resize:scale=100,resize:scale=0.01 a.png -o o/old.png",
                   1,
                   "triptych: a.png: resize makes 330000 x 170000 pixels, more than the limit of "
                   "268435456; raise it with --max-pixels\n");
    EXPECT_NOTHING("$T run resize:scale=2 a.png --max-pixels 1000 -o o/old.png", 1,
                   "triptych: a.png: resize makes 66 x 34 pixels*1000*\n");
    EXPECT("$T verify resize:scale=2 a.png --max-pixels 1000", 1, "*",
           "triptych: *resize makes 66 x 34 pixels*1000*\n");
    EXPECT("$T bench resize:scale=2 --size 30x30 --max-pixels 1000", 1, "*",
           "triptych: *resize makes 60 x 60 pixels*1000*\n");
}

static void test_backends(void)
{
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --on thread", 2,
                   "triptych: unknown backend 'thread'; expected *\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --on ''", 2, "triptych: *\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --on threads:0", 2,
                   "triptych: *'threads:0'*\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --on threads:two", 2,
                   "triptych: *'threads:two'*\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --isa mmx", 2,
                   "triptych: unknown ISA level 'mmx': this CPU has scalar*native\n");
    EXPECT_NOTHING("OCL_ICD_VENDORS=/nowhere/ $T run invert a.png -o o/old.png --on opencl", 4,
                   "triptych: *OpenCL*\n");
    EXPECT("OCL_ICD_VENDORS=/nowhere/ $T run invert a.png -o auto.png --on auto", 0, "",
           "triptych: note: auto chose threads*OpenCL*\n");
    CU_ASSERT(inverted("auto.png", 33, 17, 3, 8, 1));
    EXPECT(
        "OCL_ICD_VENDORS=/nowhere/ $T run invert a.png -o auto.png --on auto --quiet; rm auto.png",
        0, "", "");
}

/* A device that cannot build a kernel: POCL without a linker, or without a place for its output. */
static void test_device(void)
{
    if (shell_run("$T run invert a.png -o device.png --on opencl")->code == TRI_NO_DEVICE) {
        test_skip("there is no OpenCL device");
        return;
    }
    CU_ASSERT(inverted("device.png", 33, 17, 3, 8, 1));
    EXPECT("rm device.png; $T devices", 0,
           "CPU\n*\nOpenCL\n  0.0  *\n    probes     17 of 17 passed\n*", "");
    EXPECT_NOTHING("PATH=/nowhere $T run invert a.png -o o/old.png --on opencl:cpu", 4,
                   "triptych: *linker*\n");
    EXPECT("POCL_CACHE_DIR=$PWD/a.png $T run invert a.png -o device.png --on opencl:cpu && rm "
           "device.png",
           0, "", "triptych: note: POCL_CACHE_DIR is not used, *\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png --on opencl:9.9", 4,
                   "triptych: there is no OpenCL device 9.9*");
}

/* The loader would open the library that this platform names. */
static void test_opencl_untouched(void)
{
    EXPECT("mkdir icd && echo /nowhere/touched.so > icd/x.icd", 0, "", "");
    EXPECT("LD_DEBUG=files OCL_ICD_VENDORS=$PWD/icd/ $T devices 2>&1 | grep -q touched", 0, "",
           "*");
    EXPECT(
        "LD_DEBUG=files OCL_ICD_VENDORS=$PWD/icd/ $T run invert a.png -o t.png 2>&1 | grep touched",
        1, "", "");
    EXPECT("rm -r icd t.png", 0, "", "");
}

static void test_inputs(void)
{
    EXPECT_NOTHING("$T run invert missing.png -o o/old.png", 1,
                   "triptych: cannot read missing.png: No such file or directory\n");
    EXPECT_NOTHING("$T run invert o -o p.png", 1,
                   "triptych: cannot read o/old.png: unknown picture format; *\n");
    EXPECT_NOTHING("mkdir p; $T run invert p -o p.png; code=$?; rmdir p; exit $code", 1,
                   "triptych: no pictures or videos in folder 'p'\n");
    EXPECT_NOTHING(": > t; $T run invert t -o o/old.png", 1,
                   "triptych: cannot read t: the file is empty\n");
    EXPECT_NOTHING(": | $T run invert - -o o/a.y4m", 1,
                   "triptych: cannot read standard input: it is empty\n");
    EXPECT_NOTHING("$T run invert a.png -o o/a.y4m", 2,
                   "triptych: run: 'o/a.y4m' is a video, which needs *\n");
    EXPECT_NOTHING("$T run invert a.png b.png -o o/%d.mp4", 2,
                   "triptych: run: 'o/1.mp4' is a video*\n");
    EXPECT_NOTHING("$T run invert - -o o/old.png", 1, "triptych: cannot read standard input: *\n");
    EXPECT_NOTHING("$T run invert - -o o/old.png <&-", 1,
                   "triptych: cannot read standard input: *\n");
    EXPECT_NOTHING("echo text > t; $T run invert t -o o/old.png", 1,
                   "triptych: cannot read t: unknown picture format; supported: *");
    EXPECT_NOTHING("head -c 200 a.png > t; $T run invert t -o o/old.png", 1,
                   "triptych: cannot read t: the file is truncated\n");
    EXPECT_NOTHING("head -c 20 a.png > t; $T run invert t -o o/old.png", 1,
                   "triptych: cannot read t: *\n");
    EXPECT_NOTHING("rm t; $T run invert a.png -o o/old.png --max-pixels 560", 1,
                   "triptych: cannot read a.png: 33 x 17 pixels exceed the limit of 560; raise it "
                   "with --max-pixels\n");
    EXPECT("$T run invert a.png -o t.png --max-pixels 561; rm t.png", 0, "", "");
}

/* One of several inputs cannot be read: the others are written, and the exit code shows it. */
static void test_some_fail(void)
{
    EXPECT("$T run invert a.png missing.png b.png -o made/; ls -A made", 0, "a.png\nb.png\n",
           "triptych: cannot read missing.png: No such file or directory\ntriptych: 1 of 3 files "
           "failed\n");
    EXPECT("$T run invert a.png missing.png b.png -o made/ 2> err; code=$?; rm -r made err; exit "
           "$code",
           1, "", "");
}

/* The sanitizers reserve terabytes of address space for themselves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL_MEMORY ""
#else
#define SMALL_MEMORY "ulimit -v 4000000; "
#endif

/* A header of 1,000,000 x 1,000,000 pixels in 100 bytes is refused before memory is allocated. */
static void test_huge(void)
{
    static const unsigned char png[100] = {
        0x89, 'P',  'N',  'G',  13,   10, 26, 10, 0,    0,   0,   13,  'I', 'H',
        'D',  'R',  0,    15,   66,   64, 0,  15, 66,   64,  8,   2,   0,   0,
        0,    0xd3, 0x0f, 0xaf, 0x2a, 0,  0,  0,  0x2b, 'I', 'D', 'A', 'T',
    };
    FILE *file = fopen(shell_path("huge.png"), "wb");

    CU_ASSERT_EQUAL_FATAL(fwrite(png, 1, sizeof png, file), sizeof png);
    fclose(file);
    EXPECT_NOTHING(SMALL_MEMORY "$T run invert huge.png -o o/old.png", 1,
                   "triptych: cannot read huge.png: 1000000 x 1000000 pixels exceed the limit of "
                   "268435456; raise it with --max-pixels\n");
    EXPECT_NOTHING("$T run invert huge.png -o o/old.png --max-pixels 1000000000000", 1,
                   "triptych: cannot read huge.png: *\n");
}

static void test_outputs(void)
{
    EXPECT_NOTHING("$T run invert a.png -o o/none/b.png", 1,
                   "triptych: cannot write o/none/b.png: No such file or directory\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png/b.png", 1,
                   "triptych: cannot write o/old.png/b.png: Not a directory\n");
    EXPECT_NOTHING("$T run invert a.png -o o/old.png/", 1,
                   "triptych: cannot *o/old.png/*: Not a directory\n");
    EXPECT_NOTHING("$T run invert a.png -o /dev/full", 1,
                   "triptych: cannot write /dev/full: No space left on device\n");
    EXPECT_NOTHING("$T run invert a.png -o - > /dev/full", 1,
                   "triptych: cannot write standard output: No space left on device\n");
    EXPECT_NOTHING("$T run invert a.png -o - >&-", 1,
                   "triptych: cannot write standard output: Bad file descriptor\n");
    EXPECT("$T run resize:scale=50 a.png -o - | head -c 8 | wc -c", 0, "8\n", "");
    EXPECT("trap '' PIPE; ($T run resize:scale=50 a.png -o -; echo $? > code) | head -c 8 | wc -c; "
           "cat code; rm code",
           0, "8\n1\n", "triptych: cannot write standard output: Broken pipe\n");
    EXPECT_NOTHING(
        "ulimit -f 0; trap '' XFSZ; $T run invert a.png -o o/old.png 2>&1 | cat >&2; exit 1", 1,
        "*");
}

/* An interrupted run leaves the old file, or the complete new one. */
static void test_interrupted(void)
{
    CU_ASSERT_FATAL(make("large.png", 1500, 1000, 3, 8, 7));
    EXPECT("$T run copy large.png -o o/new.png; mv o/new.png new.png", 0, "", "");
    EXPECT("i=10; while [ $i -le 60 ]; do timeout -s INT 0.0$i $T run copy large.png -o o/old.png; "
           "cmp -s new.png o/old.png || [ \"$(cat o/old.png)\" = old ] || echo half; "
           "echo old > o/old.png; i=$((i + 2)); done; rm large.png new.png",
           0, "", "");
    EXPECT_NOTHING("true", 0, "");
}

/* Damaged files of the PNG conformance set. */
static void test_corrupt(void)
{
    static const char *const names[] = {"xc1n0g08", "xc9n2c08", "xcrn0g04", "xcsn0g01", "xd0n2c08",
                                        "xd3n2c08", "xd9n2c08", "xdtn0g01", "xhdn0g08", "xlfn0g04",
                                        "xs1n0g01", "xs2n0g01", "xs4n0g01", "xs7n0g01"};
    char name[64], path[1024], absolute[4096], command[5000];

    for (int i = 0; i < 14; i++) {
        snprintf(name, sizeof name, "pngsuite/%s.png", names[i]);
        if (!test_data(name, path) || !realpath(path, absolute)) {
            test_skip("the PNG conformance set is not there");
            return;
        }
        snprintf(command, sizeof command, "$T run invert '%s' -o o/old.png", absolute);
        EXPECT_NOTHING(command, 1, "triptych: cannot read *.png: *\n");
    }
}

int test_run_suite(void)
{
    CU_pSuite suite = CU_add_suite("run", begin, shell_end);

    return !suite || !CU_add_test(suite, "one picture", test_one) ||
           !CU_add_test(suite, "standard streams", test_streams) ||
           !CU_add_test(suite, "many pictures", test_many) ||
           !CU_add_test(suite, "frames", test_frames) ||
           !CU_add_test(suite, "timings", test_timings) ||
           !CU_add_test(suite, "--verbose", test_verbose) ||
           !CU_add_test(suite, "example program", test_example) ||
           !CU_add_test(suite, "wrong options", test_usage) ||
           !CU_add_test(suite, "wrong names", test_names) ||
           !CU_add_test(suite, "overwriting", test_overwriting) ||
           !CU_add_test(suite, "percent signs", test_percent_signs) ||
           !CU_add_test(suite, "size limit", test_size_limit) ||
           !CU_add_test(suite, "wrong pipelines", test_pipelines) ||
           !CU_add_test(suite, "wrong backends", test_backends) ||
           !CU_add_test(suite, "OpenCL devices", test_device) ||
           !CU_add_test(suite, "OpenCL untouched", test_opencl_untouched) ||
           !CU_add_test(suite, "wrong inputs", test_inputs) ||
           !CU_add_test(suite, "one wrong input of many", test_some_fail) ||
           !CU_add_test(suite, "enormous header", test_huge) ||
           !CU_add_test(suite, "wrong outputs", test_outputs) ||
           !CU_add_test(suite, "interruption", test_interrupted) ||
           !CU_add_test(suite, "corrupt files", test_corrupt);
}
