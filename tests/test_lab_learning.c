/* test_lab_learning.c -- the experiment on synchronous and stale learning: what it concludes. */
#include "lab_rows.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>

int test_lab_learning_suite(void);

static void add_row(struct tri_lab_run *run, const char *name, int workers, int milliseconds,
                    double loss, double others, double late)
{
    lab_row(run, name, workers, milliseconds * INT64_C(1000000), 0);
    lab_figure(run, loss);
    lab_figure(run, others);
    lab_figure(run, late);
}

/* Milliseconds of synchronous and stale learners, with blocks of one size and unequal ones; the
 * share of runs that learn other weights; the stale learner's loss. */
static void add_rows(struct tri_lab_run *run, const int together[2], const int stale[2],
                     const double others[2], double loss)
{
    add_row(run, "one worker", 1, 200, 3, 0, 0);
    add_row(run, "synchronous", 2, together[0], 3, others[0], 0);
    add_row(run, "stale", 2, stale[0], loss, others[1], 1);
    add_row(run, "unequal, one worker", 1, 300, 3, 0, 0);
    add_row(run, "unequal, synchronous", 2, together[1], 3, others[0], 0);
    add_row(run, "unequal, stale", 2, stale[1], loss, others[1], 1);
}

static void test_conclusions(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "learning", 2);
    add_rows(&run, (int[]){110, 220}, (int[]){100, 160}, (double[]){0, 1}, 3.1);
    lab_expect(&run, "sssss", 1);
    lab_begin(&run, "learning", 2); /* slower, and useless */
    add_rows(&run, (int[]){100, 160}, (int[]){110, 220}, (double[]){0.5, 1}, 30);
    lab_expect(&run, "rsrrr", 1);
    lab_begin(&run, "learning", 2); /* nobody was late */
    add_rows(&run, (int[]){100, 160}, (int[]){100, 160}, (double[]){0, 0}, 3);
    lab_expect(&run, "suuus", -1);
    lab_begin(&run, "learning", 1);
    add_row(&run, "one worker", 1, 200, 3, 0, 0);
    lab_expect(&run, "u", -1);
}

/* What does not depend on chance is the same in each run. */
static void test_run(void)
{
    EXPECT(
        "$T lab learning --quick --workers 3 > text; grep -c 'synchronous .* 0 of runs with other "
        "weights, 0 changes late$' text; grep -c 'shown *In each run synchronous' text; $T lab "
        "learning --quick --workers 1 | grep -c 'not run: it takes two workers'",
        0, "2\n1\n4\n", "");
}

int test_lab_learning_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_learning", shell_begin, shell_end);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "conclusions", test_conclusions);
    CU_add_test(suite, "run", test_run);
    return 0;
}
