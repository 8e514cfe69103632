/* test_border.c -- triptych run --trim: pictures without their borders. */
#include "shell.h"
#include "tests.h"

#include <CUnit/Basic.h>

/* Of different borders, in one call and one by one. */
static void test_pictures(void)
{
    EXPECT("$T run pad:left=3:top=2:right=5:bottom=1:red=1 $ROOT/images/street.png -o a.png -q && "
           "$T run crop:width=99:height=70:x=100:y=80 $ROOT/images/street.png -o inner.png -q && "
           "$T run pad:left=9:blue=1 inner.png -o b.png -q",
           0, "", "");
    EXPECT("$T run invert a.png b.png -o t-%d.png --trim 0 -q && "
           "$T run invert $ROOT/images/street.png -o w-1.png -q && cmp t-1.png w-1.png && "
           "$T run invert inner.png -o w-2.png -q && cmp t-2.png w-2.png",
           0, "", "");
    EXPECT("$T run invert - -o - --trim 0 < b.png | cmp - t-2.png", 0, "", "");
    EXPECT("$T run rotate:angle=90,resize:width=20 b.png -o t.png --trim 0 -q --on sequential && "
           "$T run rotate:angle=90,resize:width=20 inner.png -o w.png -q && cmp t.png w.png",
           0, "", "");
    EXPECT(
        "mkdir t && cp inner.png t/b.png && "
        "$T run stats b.png --trim 0 --data t.csv -q && cd t && $T run stats b.png --data ../w.csv "
        "-q && cmp ../t.csv ../w.csv",
        0, "", "");
}

/* 8 of 255 is 0.0314. */
static void test_tolerance(void)
{
    EXPECT(
        "printf 'P5\\n4 1\\n255\\n\\100\\110\\120\\100' > a.pgm; for t in 0 0.031 0.0314 0.1; do "
        "$T run copy a.pgm -o b.pgm --trim $t -q && tail -c +12 b.pgm | od -An -c; done",
        0, "   H   P\n   H   P\n   P\n   @   H   P   @\n", "");
    EXPECT("printf 'P5\\n2 1\\n255\\naa' > a.pgm; $T run copy a.pgm -o b.pgm --trim 0 && cmp a.pgm "
           "b.pgm",
           0, "", "triptych: note: a.pgm: not trimmed: all of its pixels are alike\n");
}

static void test_pages(void)
{
    EXPECT("$T run pad:left=9 inner.png -o c.tif -q && $T run copy c.tif -o d.tif --trim 0 -q && "
           "$T run copy d.tif -o d.png -q && $T run copy inner.png -o w.png -q && cmp d.png w.png",
           0, "", "");
}

static void test_refusals(void)
{
    EXPECT("$T run copy b.png -o no.png --trim 1.5", 2, "",
           "triptych: run: invalid value '1.5' for --trim; expected a number from 0 to 1*");
    EXPECT("$T run copy b.png -o no.png --trim x", 2, "", "*invalid value 'x' for --trim*");
    EXPECT("$T run difference b.png b.png -o no-%d.png --trim 0", 2, "",
           "*--trim makes pictures of different sizes, but difference needs frames of one*");
    EXPECT("$T run copy b.png -o no.png --trim 0 --from 2", 2, "",
           "*--trim is for whole pictures; remove it, or --from, --to or --duration*");
    EXPECT("$T run copy b.png -o no.jpg --trim 0 --lossless-jpeg", 2, "", "*or --trim*");
    EXPECT("printf 'YUV4MPEG2 W2 H2 F25:1 Cmono\\nFRAME\\n1234' > v.y4m; "
           "$T run copy v.y4m -o no.y4m --trim 0",
           2, "", "*--trim is for pictures, as all frames of a video have one size; *");
    EXPECT("ls no*", 2, "", "*");
}

int test_border_suite(void)
{
    CU_pSuite suite = CU_add_suite("border", shell_begin, shell_end);
    return !(suite && CU_add_test(suite, "pictures", test_pictures) &&
             CU_add_test(suite, "tolerance", test_tolerance) &&
             CU_add_test(suite, "pages", test_pages) &&
             CU_add_test(suite, "refusals", test_refusals));
}
