/* test_stabilize.c -- stabilize by parts of a pixel, which its known answer leaves out. */
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>

/* The peak of the second and third picture is half a column further: the costs of -1, 0 and 1 are
 * 140, 60 and 60. The mean of 0, 8 and 8 sixteenths is 5 1/3, so the second goes back by 3/16: 2 is
 * 3/16 of 10, 14 is 13/16 of 10 and 3/16 of 30, and so on. */
#define PEAKS \
    "p() { printf 'P5 13 1 255\\n'; for i in $*; do printf \"\\\\$(printf %o $i)\"; done; }; " \
    "p 0 0 0 20 40 60 40 20 0 0 0 0 0 > 1.pgm; p 0 0 0 10 30 50 50 30 10 0 0 0 0 > 2.pgm; " \
    "cp 2.pgm 3.pgm; "

static void test_half(void)
{
    EXPECT(PEAKS "$T run stabilize:radius=1:range=3:subpixel=yes %d.pgm -o s-%d.pgm -q && "
                 "tail -c 13 s-2.pgm | od -An -tu1 | tr -s ' '",
           0, " 0 0 2 14 34 50 46 26 8 0 0 0 0\n", "");
    EXPECT("$T run stabilize:radius=1:range=3 %d.pgm -o t-%d.pgm -q && tail -c 13 t-2.pgm > t && "
           "tail -c 13 2.pgm | cmp - t",
           0, "", "");
}

/* What does not move stays as it is, whatever its slopes. */
static void test_still(void)
{
    EXPECT("for i in 1 2 3 4; do cp $ROOT/images/frame-1.png still-$i.png; done && $T run "
           "stabilize:subpixel=yes still-%d.png -o out-%d.png -q && for i in 1 2 3 4; do $T run "
           "absdiff out-$i.png --with still-1.png -o - --format pgm | tail -c +20 | tr -d '\\0' | "
           "wc -c; done",
           0, "0\n0\n0\n0\n", "");
}

/* Mean of the differences between pictures that follow each other, in 1000ths. */
#define DIFFERENCES \
    "change() { s=0; for i in 4 5 6 7 8; do $T run psnr $1-$i.png --with $1-$((i+1)).png --data " \
    "- " \
    "| tail -n 1; done | awk -F, '{s += $NF} END {print int(s / NR)}'; }; "

/* A picture that shakes by parts of a pixel is held stiller with them than without. */
static void test_shake(void)
{
    EXPECT(
        "i=0; for at in 0,0 5,-3 -2,6 7,1 -5,-6 3,4 -7,2 1,-5 6,6 -3,0 4,-2 0,5; do i=$((i+1)); "
        "x=$((40+${at%,*})); y=$((40+${at#*,})); $T run "
        "crop:width=480:height=320:x=$x:y=$y,resize:width=120:height=80:filter=area "
        "$ROOT/images/street.png -o v-$i.png -q; done; for s in no yes; do $T run "
        "stabilize:subpixel=$s:radius=4,crop:width=100:height=60:x=10:y=10 v-%d.png -o $s-%d.png "
        "-q; done; " DIFFERENCES "no=$(change no); yes=$(change yes); shaking=$(change v); "
        "echo $shaking $no $yes >&2; test $no -gt $shaking && test $yes -gt $no",
        0, "", "*");
}

int test_stabilize_suite(void)
{
    CU_pSuite suite = CU_add_suite("stabilize", shell_begin, shell_end);

    return !(suite && CU_add_test(suite, "half a pixel", test_half) &&
             CU_add_test(suite, "a still picture", test_still) &&
             CU_add_test(suite, "a shaking picture", test_shake));
}
