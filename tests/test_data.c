/* test_data.c -- what kernels report besides the picture: the numbers of stats and histogram,
 * worked out by hand, as CSV and JSON, of pictures and videos, on every kind of backend. */
#include "shell.h"
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

static int begin(void)
{
    return shell_begin() != 0 ||
           shell_run("printf 'P5 2 2 255\\n\\000\\003\\003\\377' > a.pgm; "
                     "printf 'P6 1 2 255\\n\\001\\002\\003\\005\\006\\007' > c.ppm; "
                     "printf 'P5 1 2 65535\\n\\001\\000\\377\\377' > w.pgm")
                   ->code != 0;
}

static int end(void)
{
    return shell_end();
}

/* Of a.pgm the squares sum to 9 + 9 + 65025 = 65043, so the variance is 65043 / 4 - 65.25^2 =
 * 12003.1875, whose root is 109.559059. Of w.pgm (256 and 65535): 32895.5 and 32639.5. Of c.ppm all
 * deviations are 2; together 1 2 3 5 6 7: 24 / 6 and sqrt(124 / 6 - 16). */
static void test_stats(void)
{
    EXPECT("$T run stats a.pgm --data -", 0,
           "file,plane,samples,minimum,maximum,sum,mean,deviation,distinct,at_zero,at_maximum\n"
           "a.pgm,gray,4,0,255,261,65.250000,109.559059,3,1,1\n",
           "");
    EXPECT("$T run stats w.pgm c.ppm --data - | tail -n +2", 0,
           "w.pgm,gray,2,256,65535,65791,32895.500000,32639.500000,2,0,1\n"
           "c.ppm,red,2,1,5,6,3.000000,2.000000,2,0,0\n"
           "c.ppm,green,2,2,6,8,4.000000,2.000000,2,0,0\n"
           "c.ppm,blue,2,3,7,10,5.000000,2.000000,2,0,0\n"
           "c.ppm,all,6,1,7,24,4.000000,2.160247,,0,0\n",
           "");
    EXPECT("$T run stats $ROOT/images/alpha.png --data - | cut -d, -f2,3,8,10 | tail -n 3", 0,
           "blue,65536,82.111239,23488\nalpha,65536,103.811958,23816\nall,262144,95.875992,94280\n",
           "");
}

static void test_histogram(void)
{
    EXPECT("$T run histogram:bins=2 a.pgm c.ppm --data -", 0,
           "file,plane,from,to,samples\na.pgm,gray,0,127,3\na.pgm,gray,128,255,1\n"
           "c.ppm,red,0,127,2\nc.ppm,red,128,255,0\nc.ppm,green,0,127,2\nc.ppm,green,128,255,0\n"
           "c.ppm,blue,0,127,2\nc.ppm,blue,128,255,0\n",
           "");
    EXPECT("$T run histogram:bins=1:planes=joint c.ppm --data -; $T run histogram a.pgm --data - | "
           "grep -v ',0$'; $T run histogram:bins=65536 w.pgm --data - | grep -v ',0$'",
           0,
           "file,plane,from,to,samples\nc.ppm,all,0,255,6\n"
           "file,plane,from,to,samples\na.pgm,gray,0,0,1\na.pgm,gray,3,3,2\na.pgm,gray,255,255,1\n"
           "file,plane,from,to,samples\nw.pgm,gray,256,256,1\nw.pgm,gray,65535,65535,1\n",
           "");
    EXPECT("$T run histogram:bins=3 a.pgm --data - | cut -d, -f3-", 0,
           "from,to,samples\n0,85,3\n86,170,0\n171,255,1\n", "");
}

/* 0 3 3 255 and 2 3 0 255: differences 2 0 3 0, squares 13, MSE 3.25, PSNR 10 log10(65025 / 3.25).
 * Two pictures together: as many more samples, and none that differs. */
static void test_psnr(void)
{
    EXPECT("printf 'P5 2 2 255\\n\\002\\003\\000\\377' > b.pgm; $T run psnr a.pgm --with b.pgm "
           "--data - && $T run psnr:threshold=0.008 b.pgm a.pgm b.pgm --with b.pgm --data - | tail "
           "-n +2",
           0,
           "file,plane,bits,samples,changed,largest,sum,squares,mae,mse,psnr\n"
           "a.pgm,gray,8,4,2,3,5,13,1.250000,3.250000,43.011970\n"
           "b.pgm,gray,8,4,0,0,0,0,0.000000,0.000000,inf\n"
           "a.pgm,gray,8,4,1,3,5,13,1.250000,3.250000,43.011970\n"
           "b.pgm,gray,8,4,0,0,0,0,0.000000,0.000000,inf\n"
           "all,gray,8,12,1,3,5,13,0.416667,1.083333,47.783183\n",
           "");
    EXPECT("$T run psnr w.pgm --with w.pgm --data - --data-format json | grep -c '\"inf\"'; $T run "
           "psnr c.ppm --with a.pgm --data x.csv; code=$?; ls x.csv; rm b.pgm; exit $code",
           2, "1\n", "*psnr needs pictures of one size*");
    EXPECT("$T run psnr a.pgm --data x.csv", 2, "",
           "triptych: run: psnr needs a second picture; add --with FILE\n");
}

/* A constant picture has no spread, so 10 against 30 is (2 * 640 * 1920 + c1) / (640^2 + 1920^2 +
 * c1) with c1 = 416. A side below 8 is continued. */
static void test_ssim(void)
{
    EXPECT(
        "$T run ssim $ROOT/images/alpha.png --with $ROOT/images/alpha.png --data - | cut -d, -f2-",
        0,
        "plane,windows,sum,ssim\nred,3969,3969000000000,1.000000\n"
        "green,3969,3969000000000,1.000000\nblue,3969,3969000000000,1.000000\n"
        "alpha,3969,3969000000000,1.000000\nall,15876,15876000000000,1.000000\n",
        "");
    EXPECT("echo P2 3 2 255 10 10 10 10 10 10 > l.pgm; echo P2 3 2 255 30 30 30 30 30 30 > h.pgm; "
           "$T run ssim l.pgm h.pgm --with h.pgm --data -; rm l.pgm h.pgm",
           0,
           "file,plane,windows,sum,ssim\nl.pgm,gray,1,600040621,0.600041\n"
           "h.pgm,gray,1,1000000000,1.000000\nall,gray,2,1600040621,0.800020\n",
           "");
}

/* A box in the middle; within a tolerance; in one plane only; none at all; none in common, as sizes
 * differ; around two boxes. */
static void test_bounds(void)
{
    EXPECT(
        "echo P2 4 3 255 5 5 5 5 5 9 5 5 5 5 5 90 > p.pgm; echo P2 4 3 255 7 7 7 7 7 7 7 7 7 7 7 7 "
        "> q.pgm; $T run bounds p.pgm q.pgm c.ppm --data - && $T run bounds:tolerance=0.02 p.pgm "
        "--data - | tail -n 1",
        0,
        "file,x,y,width,height,picture_width,picture_height,crop\n"
        "p.pgm,1,1,3,2,4,3,crop:x=1:y=1:width=3:height=2\n"
        "q.pgm,0,0,0,0,4,3,\n"
        "c.ppm,0,1,1,1,1,2,crop:x=0:y=1:width=1:height=1\n"
        "all,0,0,0,0,0,0,\n"
        "p.pgm,3,2,1,1,4,3,crop:x=3:y=2:width=1:height=1\n",
        "");
    EXPECT("echo P2 4 3 255 5 5 5 5 8 5 5 5 5 5 5 5 > t.pgm; $T run bounds q.pgm p.pgm q.pgm t.pgm "
           "--data - | tail -n 1",
           0, "all,0,1,4,2,4,3,crop:x=0:y=1:width=4:height=2\n", "");
    EXPECT("$T run \"$($T run bounds p.pgm --data - | tail -n 1 | cut -d, -f8)\" p.pgm -o t.pgm && "
           "tail -c 6 t.pgm | od -An -tu1; rm [pqt].pgm",
           0, "   9   5   5   5   5  90\n", "");
}

/* Four samples of 10, one of which becomes 14; then 200, 190 or 186 more; then 9, 191 less. Sums
 * are 4, 756 and 764, and their changes 4, 752 and 8; 100 / 4 / 256 of each is in percent. Of a
 * video in Y'CbCr luma counts, of R, G, B all planes: 30, 0 and 0 of 3 samples. */
static void test_scene(void)
{
    EXPECT("printf 'P2 2 2 255 10 10 10 10' > s-1.pgm; printf 'P2 2 2 255 10 10 10 14' > s-2.pgm; "
           "printf 'P2 2 2 255 200 200 200 200' > s-3.pgm; printf 'P2 2 2 255 9 9 9 9' > s-4.pgm; "
           "$T run scene s-%d.pgm --data - && $T run scene:threshold=73.4375:lines=cuts s-%d.pgm "
           "--data - && $T run scene:threshold=73.4376:lines=cuts s-%d.pgm --data -",
           0,
           "frame,time,difference,score,cut\n0,0.000000,0.0000,0.0000,0\n"
           "1,0.040000,0.3906,0.3906,0\n2,0.080000,73.8281,73.4375,1\n3,0.120000,74.6093,0.7812,0\n"
           "frame,time,difference,score,cut\n2,0.080000,73.8281,73.4375,1\n"
           "frame,time,difference,score,cut\n",
           "");
    EXPECT("for y in '\\012\\310\\310' '\\050\\001\\001'; do printf \"FRAME\\n$y\"; done > f; "
           "(printf 'YUV4MPEG2 W1 H1 F1:2 C444\\n'; cat f) > s.y4m; $T run scene s.y4m -o t.y4m "
           "--data - --data-format json | tail -n 2 && tail -c 3 t.y4m | "
           "od -An -tu1; "
           "printf 'P3 1 1 255 10 7 7' > c-1.ppm; printf 'P3 1 1 255 40 7 7' > c-2.ppm; "
           "$T run scene c-%d.ppm --data - | tail -n 1; rm f ?.y4m [sc]-*",
           0,
           "{\"frame\": 1, \"time\": 2.000000, \"difference\": 11.7187, \"score\": 11.7187, "
           "\"cut\": 1}\n]\n  40   1   1\n1,0.040000,3.9062,3.9062,0\n",
           "");
}

/* FFmpeg's filters psnr and ssim on the same frames in R, G, B, whose numbers have fewer digits and
 * are sums of 32-bit floats: 0.01 dB and 0.0001 apart at most, as printed. Each frame, and all. */
#define FFMPEG(filter) \
    "ffmpeg -v info -i $ROOT/images/frame-%d.png -i $ROOT/images/frame-2.png -lavfi " \
    "'[0]format=gbrp[a];[1]format=gbrp,loop=-1:1:0[b];[a][b]" filter \
    "=stats_file=f.txt:shortest=1' -f null - 2> log.txt"

static void test_ffmpeg(void)
{
    if (shell_run("ffmpeg -version")->code != 0) {
        test_skip("no ffmpeg");
        return;
    }
    EXPECT(
        FFMPEG("psnr") "; $T run psnr $ROOT/images/frame-%d.png --with $ROOT/images/frame-2.png "
                       "--data p.csv && awk -F'[ :,]' '"
                       "FNR == NR { if ($2 == \"all\") ours[$1] = $NF; next } "
                       "{ for (i = 1; i < NF; i++) if ($i == \"psnr_avg\") theirs = $(i + 1); "
                       "  d = ours[FNR - 1] - theirs; if (theirs != \"inf\" ? d > 0.01 || d < "
                       "-0.01 : ours[FNR - 1] != \"inf\") print FNR, theirs, ours[FNR - 1]; n++ } "
                       "END { print n }' p.csv f.txt && "
                       "sed -n 's/.*average:\\([0-9.]*\\).*/\\1/p' log.txt | "
                       "awk -v ours=$(tail -n 1 p.csv | cut -d, -f11) '{ print (ours - $1 < 0.0001 "
                       "&& ours - $1 > -0.0001) }'; rm f.txt p.csv log.txt",
        0, "3\n1\n", "");
    EXPECT(
        FFMPEG("ssim") "; $T run ssim $ROOT/images/frame-%d.png --with $ROOT/images/frame-2.png "
                       "--data p.csv && awk -F'[ :,]' '"
                       "FNR == NR { if ($2 == \"all\") ours[$1] = $NF; next } "
                       "{ for (i = 1; i < NF; i++) if ($i == \"All\") theirs = $(i + 1); "
                       "  d = ours[FNR - 1] - theirs; if (d > 0.0001 || d < -0.0001) print FNR, "
                       "theirs, ours[FNR - 1]; n++ } END { print n }' p.csv f.txt && "
                       "sed -n 's/.*All:\\([0-9.]*\\).*/\\1/p' log.txt | "
                       "awk -v ours=$(tail -n 1 p.csv | cut -d, -f5) '{ print (ours - $1 < 0.0001 "
                       "&& ours - $1 > -0.0001) }'; rm f.txt p.csv log.txt",
        0, "3\n1\n", "");
    EXPECT(
        "$T run crop:width=217:height=155 $ROOT/images/frame-%d.png -o s-%d.png && ffmpeg -v error "
        "-i s-%d.png -vf scdet,metadata=print:file=f.txt -f null - && $T run scene s-%d.png "
        "--data p.csv && awk -F'[=,]' 'FNR == NR { if (/mafd/) mafd[n++] = $2; "
        "if (/score/) score[n - 1] = $2; next } FNR > 1 { d = $3 - mafd[FNR - 2]; "
        "e = $4 - score[FNR - 2]; print (d < 0.0006 && d > -0.0006 && e < 0.0006 && "
        "e > -0.0006) } END { print n }' f.txt p.csv; rm f.txt p.csv s-*",
        0, "1\n1\n1\n3\n", "");
}

/* Where lines come from, in either format, with names that need quotes; what is not a number is
 * text or null. */
static void test_formats(void)
{
    EXPECT("cp a.pgm 'a, \"b\".pgm'; $T run histogram:bins=1 'a, \"b\".pgm' --data x.csv && "
           "$T run histogram:bins=1 'a, \"b\".pgm' --data x.json && cat x.csv x.json; "
           "rm 'a, \"b\".pgm' x.*",
           0,
           "file,plane,from,to,samples\n\"a, \"\"b\"\".pgm\",gray,0,255,4\n"
           "[\n{\"file\": \"a, \\\"b\\\".pgm\", \"plane\": \"gray\", \"from\": 0, \"to\": 255, "
           "\"samples\": 4}\n]\n",
           "");
    EXPECT("$T run stats c.ppm --data - --data-format json | grep -c null; "
           "$T run stats a.pgm --data x.json --data-format csv && wc -l < x.json; rm x.json",
           0, "1\n2\n", "");
    EXPECT(
        "$T run histogram:bins=1 a.pgm a.pgm --data - --data-format json", 0,
        "[\n{\"file\": \"a.pgm\", \"plane\": \"gray\", \"from\": 0, \"to\": 255, \"samples\": 4},"
        "\n{\"file\": \"a.pgm\", \"plane\": \"gray\", \"from\": 0, \"to\": 255, \"samples\": 4}"
        "\n]\n",
        "");
}

/* Pictures stay as they are, and all of a folder are in order however many are in flight. */
static void test_many(void)
{
    EXPECT("mkdir in out && for i in 1 2 3 4 5 6 7 8 9; do printf '%s\\n%s' 'P2 1 1 255' $i > "
           "in/$i.pgm; done; "
           "$T run stats in -o out --data d.csv -j 4 && cut -d, -f1,6 d.csv && tail -c 1 "
           "out/3.pgm | od -An -tu1 && $T run stats in --data - --on sequential | cmp - d.csv; rm "
           "-r out d.csv",
           0,
           "file,sum\nin/1.pgm,1\nin/2.pgm,2\nin/3.pgm,3\nin/4.pgm,4\nin/5.pgm,5\nin/6.pgm,6\n"
           "in/7.pgm,7\nin/8.pgm,8\nin/9.pgm,9\n   3\n",
           "");
    EXPECT("echo no > in/5.pgm; $T run stats in --data d.csv; code=$?; wc -l < d.csv; rm -r in "
           "d.csv; exit $code",
           1, "9\n", "*in/5.pgm*1 of 9 files failed\n");
    EXPECT("cat a.pgm a.pgm | $T run stats - --data - | cut -d, -f1,2", 0,
           "f*,plane\n*,gray\n*,gray\n", "");
}

static void test_errors(void)
{
    EXPECT("$T run sobel a.pgm --data d.csv; ls", 0, "a.pgm\nc.ppm\nw.pgm\n",
           "triptych: run: no kernel of sobel has data for --data (see 'triptych run --help')\n");
    EXPECT("$T run stats a.pgm -o - --data -", 2, "",
           "*only one output can go to standard output*");
    EXPECT("$T run stats a.pgm --data /dev/full", 1, "",
           "triptych: cannot write /dev/full: No space left on device\n");
    EXPECT("$T run stats a.pgm --data no/d.csv", 1, "",
           "triptych: cannot write no/d.csv: No such file or directory\n");
    EXPECT("$T run stats a.pgm --data a.pgm", 2, "", "*a.pgm*");
    EXPECT("$T run stats a.pgm --data d --data-format xml", 2, "",
           "*invalid value 'xml' for --data-format*");
}

/* The same text from every backend, of pictures and of frames, also behind other kernels. */
static void test_backends(void)
{
    EXPECT("for p in stats scene histogram:bins=16 gray,gaussian,stats,sobel; do "
           "$T run $p $ROOT/images/street.png --data s.csv --on sequential && "
           "$T run $p $ROOT/images/frame-%d.png --data v.csv --on sequential || exit 1; "
           "for how in '-j 1' '-j 8' '--on threads:3' '--isa scalar'; do "
           "$T run $p $ROOT/images/street.png --data - $how | cmp - s.csv && "
           "$T run $p $ROOT/images/frame-%d.png --data - $how | cmp - v.csv || exit 1; done; done; "
           "rm s.csv v.csv",
           0, "", "");
    if (shell_run("$T run invert a.pgm -o x.pgm --on opencl")->code == TRI_NO_DEVICE) {
        test_skip("no OpenCL device");
        return;
    }
    EXPECT("rm x.pgm; for p in stats histogram:bins=16 gray,gaussian,stats,sobel; do "
           "$T run $p $ROOT/images/street.png --data s.csv && "
           "$T run $p $ROOT/images/street.png --data - --on opencl | cmp - s.csv && "
           "$T run $p $ROOT/images/street.png --data - --on threads+opencl | cmp - s.csv && "
           "TRIPTYCH_OPENCL_MEMORY=copy TRIPTYCH_OPENCL_DIALECT=tiles $T run $p "
           "$ROOT/images/street.png --data - --on opencl | cmp - s.csv || exit 1; done; rm s.csv",
           0, "", "*");
}

int test_data_suite(void)
{
    CU_pSuite suite = CU_add_suite("data", begin, end);
    return !(suite && CU_add_test(suite, "the numbers of stats", test_stats) &&
             CU_add_test(suite, "the counts of histogram", test_histogram) &&
             CU_add_test(suite, "PSNR", test_psnr) && CU_add_test(suite, "SSIM", test_ssim) &&
             CU_add_test(suite, "PSNR and SSIM of FFmpeg", test_ffmpeg) &&
             CU_add_test(suite, "the box of bounds", test_bounds) &&
             CU_add_test(suite, "the cuts of scene", test_scene) &&
             CU_add_test(suite, "CSV and JSON", test_formats) &&
             CU_add_test(suite, "many pictures", test_many) &&
             CU_add_test(suite, "errors of --data", test_errors) &&
             CU_add_test(suite, "data on every backend", test_backends));
}
