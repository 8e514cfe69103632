/* test_learn.c -- triptych learn: what it learns, that the bits are the same on every backend, and
 * what it refuses. Also the data of the kernel products, whose sums it learns from. */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <string.h>

static int begin(void)
{
    return shell_begin() != 0 ||
           shell_run("cp $ROOT/images/street.png a.png; cp $ROOT/images/gray16.png w.png; $T run "
                     "resize:width=320 a.png -o h.png; "
                     "echo P2 4 3 255 1 2 3 4 5 6 7 8 9 10 11 12 > b.pgm; "
                     "echo P2 4 3 255 1 2 3 4 0 9 7 8 255 10 11 12 > c.pgm")
                   ->code != 0;
}

static int end(void)
{
    return shell_end();
}

/* Of 12 places, those with 0 and 255 do not count: of the first picture that leaves 64, whose
 * squares sum to 650 - 25 - 81; of the second 67, and 650 - 36 + 81 - 25 - 81. In the middle are 6
 * and 7, the neighbours left of them 5 and 6: 5 * 9 + 6 * 7. */
static void test_products(void)
{
    EXPECT("$T run products:radius=0 b.pgm --with c.pgm --data -", 0,
           "file,plane,i,j,sum\nb.pgm,gray,0,0,544\nb.pgm,gray,1,0,64\nb.pgm,gray,1,1,10\n"
           "b.pgm,gray,2,0,562\nb.pgm,gray,2,1,67\nb.pgm,gray,2,2,589\n",
           "");
    EXPECT("$T run products b.pgm --with c.pgm --data - | grep -e ',10,[39],' -e ,9,9,", 0,
           "b.pgm,gray,9,9,2\nb.pgm,gray,10,3,87\nb.pgm,gray,10,9,16\n", "");
    EXPECT("printf 'P3 1 1 255 2 3 5' > d.ppm; printf 'P3 1 1 255 7 0 11' > e.ppm; $T run "
           "products:of=colours d.ppm --with e.ppm --data - | cut -d, -f2- | grep -e red,2,1 -e "
           "red,4,2 -e green,3,3 -e blue,4,4",
           0, "red,2,1,15\nred,4,2,35\ngreen,3,3,0\nblue,4,4,121\n", "");
}

/* Sums of many blocks, of 16 bits, beyond 32 bits; on each backend. 4 * 60000^2 and 3 * 60000 * 5.
 */
static void test_large_sums(void)
{
    EXPECT("printf 'P2 2 2 65535 60000 60000 60000 60000' > f.pgm; printf 'P2 2 2 65535 5 5 5 5' > "
           "g.pgm; for on in sequential threads:3 opencl:cpu threads:1+opencl:cpu; do $T run "
           "products:radius=0 f.pgm --with g.pgm --on $on --data - | sed -n '2p;5p'; done",
           0,
           "f.pgm,gray,0,0,14400000000\nf.pgm,gray,2,0,1200000\n"
           "f.pgm,gray,0,0,14400000000\nf.pgm,gray,2,0,1200000\n"
           "f.pgm,gray,0,0,14400000000\nf.pgm,gray,2,0,1200000\n"
           "f.pgm,gray,0,0,14400000000\nf.pgm,gray,2,0,1200000\n",
           "*products:radius=0 is not shared*");
    EXPECT(
        "$T run convolve:'1 2 1' a.png -o s.png; for on in threads:2 threads:3 opencl:cpu "
        "threads:1+opencl:cpu; do $T run products:radius=2 a.png --with s.png --data - --on "
        "sequential > x.csv; $T run products:radius=2 a.png --with s.png --data - --on $on | cmp "
        "- x.csv && wc -l < x.csv; done",
        0, "1135\n1135\n1135\n1135\n", "*is not shared*");
}

#define LEARNS(pipeline, from) \
    EXPECT("$T run '" pipeline "' " from " -o k.png && $T learn " from " k.png -q", 0, \
           pipeline "\n", "")

static void test_known(void)
{
    LEARNS("convolve:matrix=1 2 1 / 2 4 2 / 1 2 1:divisor=16", "a.png");
    LEARNS("convolve:matrix=1 2 1 / 2 4 2 / 1 2 1:divisor=16", "w.png");
    LEARNS("convolve:matrix=1 -2 3 / 2 4 2 / 1 2 1:divisor=13:bias=0.1", "a.png");
    LEARNS("convolve:matrix=0 -1 0 / -1 5 -1 / 0 -1 0:divisor=1", "w.png");
    LEARNS("convolve:matrix=0 0 0 / 0 -1 0 / 0 0 0:divisor=1:bias=1", "a.png");
    EXPECT(
        "$T run gray a.png -o g.png && $T run 'convolve:1 4 6 4 1/4 16 24 16 4/6 24 36 24 6/4 16 "
        "24 16 4/1 4 6 4 1' g.png -o k.png && $T learn g.png k.png --kernel 5x5 -q",
        0,
        "convolve:matrix=1 4 6 4 1 / 4 16 24 16 4 / 6 24 36 24 6 / 4 16 24 16 4 / 1 4 6 4 "
        "1:divisor=256\n",
        "");
    EXPECT("$T learn a.png a.png --kernel 5x5 -q --descent steepest --steps 20000", 0,
           "convolve:matrix=0 0 0 0 0 / 0 0 0 0 0 / 0 0 1 0 0 / 0 0 0 0 0 / 0 0 0 0 0:divisor=1\n",
           "");
}

/* Each plane with a kernel of its own. */
static void test_planes(void)
{
    LEARNS("convolve:matrix=0.0625 0.125 0.0625 / 0.125 0.25 0.125 / 0.0625 0.125 0.0625:divisor=1:"
           "green=0 0 0 / -0.25 1 0.25 / 0 0 0:blue=0 0 0 / 0 0.5 0 / 0 0.5 0",
           "a.png");
}

/* Weights of a blur that are no fractions, so that all digits count, and of colours. */
static void test_same_bits(void)
{
    EXPECT(
        "$T run gaussian:sigma=1.2 a.png -o k.png; $T learn a.png k.png --kernel 7x7 -q --on "
        "sequential > x.txt; for on in threads:1 threads:2 threads:7 opencl:cpu "
        "threads:1+threads:2 threads:1+opencl:cpu; do $T learn a.png k.png --kernel 7x7 -q --on "
        "$on | cmp - x.txt && echo same; done; wc -c < x.txt | sed 's/^[0-9]*$/of &/' | head -c 4",
        0, "same\nsame\nsame\nsame\nsame\nsame\nof 5", "");
    EXPECT(
        "$T run hue:50 a.png -o k.png; $T learn a.png k.png --colors -q --on sequential > x.txt; "
        "for on in threads:3 opencl:cpu threads:1+opencl:cpu; do $T learn a.png k.png --colors -q "
        "--on $on | cmp - x.txt && echo same; done",
        0, "same\nsame\nsame\n", "");
    EXPECT(
        "$T run matrix:rr=.6:rg=.3:gg=.7:gb=.2:br=.15:bb=.8,levels:gamma=1.3 h.png -o k.png; $T "
        "learn h.png k.png --colors -q --on sequential > x.txt; grep -c ',curves:red=' x.txt; for "
        "on in threads:3 opencl:cpu threads:1+opencl:cpu; do $T learn h.png k.png --colors -q --on "
        "$on | cmp - x.txt && echo same; done",
        0, "1\nsame\nsame\nsame\n", "");
    EXPECT("mkdir P Q; cp $ROOT/images/frame-?.png P; $T run unsharp P -o Q; $T learn P Q --kernel "
           "5x5 -q --on sequential > x.txt; $T learn P Q --kernel 5x5 -q --on "
           "threads:1+threads:2+opencl:cpu | cmp - x.txt && $T learn P/frame-3.png Q/frame-3.png "
           "P/frame-1.png Q/frame-1.png --kernel 5x5 -q --on opencl:cpu > y.txt; $T learn "
           "P/frame-3.png Q/frame-3.png P/frame-1.png Q/frame-1.png --kernel 5x5 -q | cmp - y.txt; "
           "cmp "
           "-s x.txt y.txt || echo another",
           0, "another\n", "");
}

/* The largest error of what was learnt, on a picture that was not learnt from. */
#define UNSEEN(learn, other) \
    "$T learn a.png k.png -q " learn " -o l.txt && $T run @l.txt o.png -o m.png && $T run psnr " \
    "m.png --with " other " --data - | tail -n 1 | cut -d, -f6"

static void test_sharpen(void)
{
    if (shell_run("convert -version")->code != 0) {
        test_skip("there is no ImageMagick");
        return;
    }
    EXPECT("cp $ROOT/images/frame-1.png o.png; convert a.png -sharpen 0x1 k.png; convert o.png "
           "-sharpen 0x1 p.png; " UNSEEN("--kernel 9x9", "p.png"),
           0, "1\n", "");
}

static void test_sepia(void)
{
    EXPECT(
        "cp $ROOT/images/frame-1.png o.png; "
        "s=matrix:rr=.393:rg=.769:rb=.189:gr=.349:gg=.686:gb=.168:br=.272:bg=.534:bb=.131; $T run "
        "$s a.png -o k.png; $T run $s o.png -o p.png; " UNSEEN("--colors", "p.png"),
        0, "1\n", "");
    if (shell_run("convert -version")->code != 0) {
        test_skip("there is no ImageMagick");
        return;
    }
    EXPECT("m='.393 .769 .189 .349 .686 .168 .272 .534 .131'; convert a.png -color-matrix \"$m\" "
           "k.png; convert o.png -color-matrix \"$m\" p.png; " UNSEEN("--colors", "p.png"),
           0, "1\n", "");
}

/* A matrix, and a curve after it that brightens, or adds an offset: near it, also on a picture with
 * other colours. */
static void test_curves(void)
{
    EXPECT(
        "m=matrix:rr=.6:rg=.3:gg=.7:gb=.2:br=.15:bb=.8; cp $ROOT/images/frame-1.png o.png; for c "
        "in "
        "levels:gamma=1.3 'curves:points=0 .1 .4 .5 1 .9'; do $T run \"$m,$c\" h.png -o k.png; $T "
        "run \"$m,$c\" o.png -o p.png; $T learn h.png k.png -q --colors -o l.txt && $T run @l.txt "
        "o.png -o m.png && $T run psnr m.png --with p.png --data - | tail -n 1 | awk -F, '{ if ($6 "
        "<= 8 && $9 < 0.9) print \"near\"; else print }'; done",
        0, "near\nnear\n", "");
    EXPECT("$T run matrix:rr=.5:rg=.5 h.png -o k.png && $T learn h.png k.png --colors -q | grep -c "
           "curves",
           1, "0\n", "");
}

static void test_tones(void)
{
    EXPECT("$T run tones:ranges=4 b.pgm --with c.pgm --data - && for on in threads:3 opencl:cpu; "
           "do $T "
           "run tones:ranges=256 a.png --with a.png --data - --on sequential > x.csv; $T run "
           "tones:ranges=256 a.png --with a.png --data - --on $on | cmp - x.csv && wc -l < x.csv; "
           "done",
           0,
           "file,plane,range,samples,sum,with\nb.pgm,gray,0,10,64,67\nb.pgm,gray,1,0,0,0\n"
           "b.pgm,gray,2,0,0,0\nb.pgm,gray,3,0,0,0\n769\n769\n",
           "");
    EXPECT(
        "printf 'P2 3 1 65535 5 32767 32768' > f.pgm; printf 'P2 3 1 65535 7 9 60000' > g.pgm; $T "
        "run tones:ranges=2 f.pgm --with g.pgm --data - | cut -d, -f3-",
        0, "range,samples,sum,with\n0,2,32772,16\n1,1,32768,60000\n", "");
}

static void test_reports(void)
{
    EXPECT("$T run convolve:'1 2 1' a.png -o k.png; $T learn a.png k.png -o l.txt && cat l.txt", 0,
           "convolve:matrix=0 0 0 / 1 2 1 / 0 0 0:divisor=4\n",
           "step 1: mean squared error *, on blocks kept for checks *\nstep 2: *\n"
           "triptych: learnt from * samples in * steps, mean squared error *\n"
           "triptych: on blocks kept for checks: all * samples are equal\n");
    EXPECT(
        "$T learn a.png k.png -q --json - --seed 7 | tr -d ' \\n'", 0,
        "{\"kind\":\"learn\",\"schema\":1,\"pipeline\":\"convolve:matrix=000/121/000:divisor=4\","
        "\"seed\":7,\"filters\":[{\"samples\":*,\"steps\":*,\"mean_squared_error\":*,\"check_mean_"
        "squared_error\":*}],\"check\":{\"kept\":true,\"samples\":*,\"differ\":0,\"largest\":0,"
        "\"mean\":0.0,\"mean_squared\":0.0}}",
        "");
    EXPECT(
        "$T run crop:x=300:y=300:width=60:height=40 a.png -o s.png; $T run convolve:'1 2 1' s.png "
        "-o k.png; $T learn s.png k.png 2>&1 | tail -n 3",
        0,
        "triptych: note: the pictures are one block, so the result is checked only with what it "
        "was learnt from\ntriptych: there: all * samples are equal\n"
        "convolve:matrix=0 0 0 / 1 2 1 / 0 0 0:divisor=4\n",
        "");
    EXPECT("mkdir -p B A/s; cp a.png A/s/x.png; cp $ROOT/images/frame-1.png A/y.png; $T run "
           "'convolve:0 1 0/1 1 1/0 1 0' A -o B && $T learn A B -q",
           0, "convolve:matrix=0 1 0 / 1 1 1 / 0 1 0:divisor=5\n", "");
}

static void test_refused(void)
{
    EXPECT("$T learn", 2, "", "triptych: learn: no pictures given*");
    EXPECT("$T learn a.png", 2, "", "triptych: learn: a.png has no picture after it*");
    EXPECT("$T learn a.png a.png --kernel 4x4", 2, "", "*expected 3x3, 5x5, 7x7 or 9x9*");
    EXPECT("$T learn a.png a.png --kernel 3x3 --colors", 2, "", "*exclude each other*");
    EXPECT("$T learn A a.png", 2, "", "*A is a folder; give two folders, or pairs of pictures\n");
    EXPECT("rm B/y.png; $T learn A B", 2, "", "*B has no picture y.png, which is in A\n");
    EXPECT("cp a.png B/z.png; cp a.png B/y.png; $T learn A B", 2, "",
           "*A has no picture z.png, which is in B\n");
    EXPECT("$T learn a.png w.png", 2, "", "*a.png and w.png: the pictures have different sizes*");
    EXPECT("$T run gray a.png -o g.png; $T learn a.png g.png", 2, "", "*colours before and gray*");
    EXPECT("$T learn g.png g.png --colors", 2, "", "*the pictures are gray*");
    EXPECT("$T run copy --depth 8 w.png -o v.png; $T learn w.png v.png", 2, "",
           "*16 bits before and 8 after*");
    EXPECT("$T learn a.png a.png w.png w.png", 2, "", "*w.png is in gray with 16 bits*");
    EXPECT("$T learn $ROOT/images/alpha.png $ROOT/images/alpha.png", 2, "", "*has transparency*");
    EXPECT("$T learn a.png none.png", 1, "", "*cannot read none.png*");
    EXPECT("cp a.png t.png; $T learn a.png t.png -o t.png", 2, "", "*would overwrite the input*");
    EXPECT("$T learn b.pgm c.pgm", 2, "",
           "*only 2 samples can be learnt from, and 9 weights need "
           "100*");
    EXPECT("$T run levels:white=0.0001:black=0 a.png -o k.png 2>&1; $T run threshold:0 a.png -o "
           "k.png; $T learn a.png k.png",
           2, "*", "*only * samples can be learnt from*");
    EXPECT("(echo P2 60 60 255; yes 7 | head -n 3600) > f.pgm; $T learn f.pgm f.pgm", 2, "",
           "*too little detail*");
    EXPECT("$T learn a.png a.png -q -o /nowhere/x", 1, "", "*/nowhere/x*");
}

static void test_pipeline_files(void)
{
    EXPECT("printf 'invert,\\n invert\\n' > p.txt; $T run @p.txt a.png -o x.png && $T run psnr "
           "x.png --with a.png --data - | tail -n 1 | cut -d, -f5",
           0, "0\n", "");
    EXPECT("$T run @none.txt a.png -o x.png", 1, "", "*cannot read the pipeline in none.txt*");
    EXPECT("$T run @a.png a.png -o x.png", 2, "", "*a.png has no pipeline*");
    EXPECT("echo nonsense > p.txt; $T run @p.txt a.png -o x.png", 2, "", "*nonsense*");
    EXPECT("echo invert > p.ppm; $T run @p.ppm a.png -o p.ppm; cat p.ppm", 0, "invert\n",
           "*would replace the input 'p.ppm'\n");
}

int test_learn_suite(void)
{
    CU_pSuite suite = CU_add_suite("learn", begin, end);

    CU_ADD_TEST(suite, test_products);
    CU_ADD_TEST(suite, test_large_sums);
    CU_ADD_TEST(suite, test_known);
    CU_ADD_TEST(suite, test_planes);
    CU_ADD_TEST(suite, test_same_bits);
    CU_ADD_TEST(suite, test_sharpen);
    CU_ADD_TEST(suite, test_sepia);
    CU_ADD_TEST(suite, test_curves);
    CU_ADD_TEST(suite, test_tones);
    CU_ADD_TEST(suite, test_reports);
    CU_ADD_TEST(suite, test_refused);
    CU_ADD_TEST(suite, test_pipeline_files);
    return 0;
}
