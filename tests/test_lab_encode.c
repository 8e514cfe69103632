/* test_lab_encode.c -- the experiment on encoding in segments: what it concludes. */
#include "lab_rows.h"
#include "tests.h"

#include <CUnit/CUnit.h>

int test_lab_encode_suite(void);

static int no_set_up(void)
{
    return 0;
}

/* Milliseconds with threads of one encoder and with segments, of 400 with one thread. */
static void add_rows(struct tri_lab_run *run, int threads, int segments, double kilobytes)
{
    lab_row(run, "one encoder, 1 thread", 1, 400000000, 36);
    if (threads > 0)
        lab_row(run, "one encoder, its threads", 2, threads * INT64_C(1000000), 36);
    lab_row(run, "segments, 1 encoder", 1, 400000000, kilobytes);
    if (segments > 0)
        lab_row(run, "segments, encoders at once", 2, segments * INT64_C(1000000), kilobytes);
}

static void test_conclusions(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "encode", 2);
    add_rows(&run, 300, 210, 50);
    lab_expect(&run, "sssss", 1);
    lab_begin(&run, "encode", 2); /* threads do better, and segments are smaller */
    add_rows(&run, 210, 300, 30);
    lab_expect(&run, "ssrrs", 0);
    lab_begin(&run, "encode", 2); /* both alike, and neither helps */
    add_rows(&run, 500, 510, 50);
    lab_expect(&run, "rrrss", 2);
    lab_begin(&run, "encode", 1);
    add_rows(&run, 0, 0, 50);
    lab_expect(&run, "us", -1);
    lab_begin(&run, "encode", 2);
    tri_lab_skip(tri_lab_add(&run, NULL, NULL, 1, "one encoder, 1 thread"), "no encoder");
    lab_expect(&run, "u", -1);
}

int test_lab_encode_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_encode", no_set_up, no_set_up);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "conclusions", test_conclusions);
    return 0;
}
