/* test_lab_cluster.c -- the experiment on ranks: what it concludes. */
#include "lab_rows.h"
#include "tests.h"

#include <CUnit/CUnit.h>

int test_lab_cluster_suite(void);

static int no_set_up(void)
{
    return 0;
}

/* Milliseconds of two ranks, of 400 with one: the same work, twice the work; and, of 100 with one,
 * with all samples sent. */
static void add_rows(struct tri_lab_run *run, int same, int more, int sent)
{
    lab_row(run, "1 rank, counts", 1, 400000000, 0.2);
    if (same > 0) {
        lab_row(run, "all ranks, counts", 2, same * INT64_C(1000000), 0.2);
        lab_row(run, "all ranks, more work", 2, more * INT64_C(1000000), 0.4);
    }
    lab_row(run, "1 rank, little work, all sent", 1, 100000000, 6.3);
    if (same > 0)
        lab_row(run, "all ranks, little work, all sent", 2, sent * INT64_C(1000000), 6.3);
}

static void test_conclusions(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "cluster", 2);
    add_rows(&run, 205, 410, 95);
    lab_expect(&run, "sss", 1);
    lab_begin(&run, "cluster", 2); /* two ranks help nothing, except where all is sent */
    add_rows(&run, 500, 900, 55);
    lab_expect(&run, "rrr", 0);
    lab_begin(&run, "cluster", 1);
    add_rows(&run, 0, 0, 0);
    lab_expect(&run, "u", -1);
    lab_begin(&run, "cluster", 2);
    tri_lab_skip(tri_lab_add(&run, NULL, NULL, 1, "1 rank, counts"), "no processes");
    lab_expect(&run, "u", -1);
}

int test_lab_cluster_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_cluster", no_set_up, no_set_up);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "conclusions", test_conclusions);
    return 0;
}
