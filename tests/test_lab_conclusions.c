/* test_lab_conclusions.c -- what the other experiments conclude from rows of machines that are made
 * up. */
#include "lab_rows.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

int test_lab_conclusions_suite(void);

static int no_set_up(void)
{
    return 0;
}

static void test_simd(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "simd", 2);
    lab_row(&run, "one core, scalar", 1, 100000000, 0);
    lab_row(&run, "one core, avx2", 1, 5000000, 0);
    lab_row(&run, "all cores, avx2", 2, 2600000, 0);
    lab_expect(&run, "ss", 2);
    lab_begin(&run, "simd", 2); /* no gain from either */
    lab_row(&run, "one core, scalar", 1, 100000000, 0);
    lab_row(&run, "one core, avx2", 1, 100000000, 0);
    lab_row(&run, "all cores, avx2", 2, 101000000, 0);
    lab_expect(&run, "rr", 0);
    lab_begin(&run, "simd", 1);
    lab_row(&run, "one core, scalar", 1, 100000000, 0);
    lab_row(&run, "all cores, scalar", 1, 100000000, 0);
    lab_expect(&run, "uu", -1);
}

static void add_tasks(struct tri_lab_run *run, int64_t one, int64_t all)
{
    lab_row(run, "8 tasks, 1 worker", 1, one, 0);
    lab_row(run, "8 tasks, 2 workers", 2, all, 0);
    lab_row(run, "1 task, 1 worker", 1, one / 8, 0);
    lab_row(run, "1 task, 2 workers", 2, one / 8, 0);
    lab_row(run, "3 tasks, 2 workers", 2, 2 * all / 8 * 2, 0);
}

static void test_parallelism(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "parallelism", 2);
    add_tasks(&run, 8000000, 4100000);
    lab_expect(&run, "sss", 0);
    lab_begin(&run, "parallelism", 2);
    add_tasks(&run, 8000000, 8100000);
    lab_expect(&run, "rss", 2);
    lab_begin(&run, "parallelism", 2);
    add_tasks(&run, 8000000, 6000000);
    lab_expect(&run, "sss", 1);
    lab_begin(&run, "parallelism", 2); /* the same on a busy machine */
    run.others = 2;
    add_tasks(&run, 8000000, 8100000);
    lab_expect(&run, "uus", -1);
    lab_begin(&run, "parallelism", 1);
    lab_row(&run, "4 tasks, 1 worker", 1, 1000000, 0);
    lab_expect(&run, "u", -1);
}

static void add_counter(struct tri_lab_run *run, const char *name, int workers, int64_t ns,
                        double lost)
{
    lab_row(run, name, workers, ns, 0);
    lab_figure(run, lost);
    lab_figure(run, lost > 0 ? 50 : 0);
}

static void add_counters(struct tri_lab_run *run, int workers, double unsafe, double safe)
{
    add_counter(run, "unprotected", workers, 400000, unsafe);
    add_counter(run, "in a register", workers, 10000, unsafe > 0 ? 20 : 0);
    add_counter(run, "atomic", workers, 4000000, safe);
    add_counter(run, "mutex", workers, 9000000, 0);
    add_counter(run, "own, then joined", workers, 200000, 0);
}

static void test_race(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "race", 2);
    add_counters(&run, 2, 37, 0);
    lab_expect(&run, "ssss", 2);
    lab_begin(&run, "race", 2);
    add_counters(&run, 2, 0.5, 0);
    lab_expect(&run, "ssss", 1);
    lab_begin(&run, "race", 2); /* nothing lost: that proves nothing */
    add_counters(&run, 2, 0, 0);
    lab_expect(&run, "usss", -1);
    lab_begin(&run, "race", 1);
    add_counters(&run, 1, 0, 0);
    lab_expect(&run, "uss", -1);
    lab_begin(&run, "race", 2); /* atomics that lose something */
    add_counters(&run, 2, 37, 1);
    lab_expect(&run, "srss", 2);
}

static void add_histograms(struct tri_lab_run *run, double unsafe, double safe, int64_t own)
{
    add_counter(run, "histogram, unprotected", 2, 400000, unsafe);
    add_counter(run, "histogram, atomic", 2, 4000000, 0);
    add_counter(run, "histogram, mutex", 2, 9000000, safe);
    add_counter(run, "histogram, own, then joined", 2, own, 0);
}

static void test_race_of_histograms(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "race", 2);
    add_counters(&run, 2, 37, 0);
    add_histograms(&run, 3, 0, 200000);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[4].text, "3 (2.97 to 3.03) % of the unprotected "
                                                        "histogram updates"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[4].text, "loses any: 50 (49.5 to 50.5) %"));
    run.finding_count = 0;
    lab_expect(&run, "sssssss", 2);
    lab_begin(&run, "race", 2); /* nothing lost, and a mutex that does not protect */
    add_counters(&run, 2, 37, 0);
    add_histograms(&run, 0, 1, 200000);
    lab_expect(&run, "ssssurs", 2);
    lab_begin(&run, "race", 2); /* own tables that are slow */
    add_counters(&run, 2, 37, 0);
    add_histograms(&run, 3, 0, 8000000);
    lab_expect(&run, "ssssssr", 2);
    lab_begin(&run, "race", 2); /* the same on a busy machine */
    run.others = 1;
    add_counters(&run, 2, 37, 0);
    add_histograms(&run, 3, 0, 8000000);
    lab_expect(&run, "ssssssu", 2);
}

static void add_sums(struct tri_lab_run *run, double one, double two, double integers, double tree)
{
    lab_row(run, "floats, one after another", 1, 1000, one);
    lab_row(run, "floats, in 2 parts", 1, 1000, two);
    lab_row(run, "floats, in 3 parts", 1, 1000, two);
    lab_row(run, "integers, one after another", 1, 1000, 7);
    lab_row(run, "integers, in 3 parts", 1, 1000, integers);
    lab_row(run, "floats, fixed tree, 1 worker", 1, 1000, 5);
    lab_row(run, "floats, fixed tree, all", 2, 1000, tree);
}

static void test_order(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "order", 2);
    add_sums(&run, 1, 1.5, 7, 5);
    lab_expect(&run, "sss", 1);
    lab_begin(&run, "order", 2);
    add_sums(&run, 1, 1, 8, 6);
    lab_expect(&run, "rrr", 0);
}

/* Rows of `concurrency`: total, first answer and longest task, in ms, of a way. */
static void add_way(struct tri_lab_run *run, const char *name, int total, int first, int longest)
{
    char part[64];

    lab_row(run, name, 1, total * 1000000, 0);
    snprintf(part, sizeof part, "%s, first answer", name);
    lab_row(run, part, 1, first * 1000000, 0);
    snprintf(part, sizeof part, "%s, longest task", name);
    lab_row(run, part, 1, longest * 1000000, 0);
}

static void test_concurrency(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "concurrency", 2);
    add_way(&run, "one after another", 52, 32, 32);
    add_way(&run, "threads", 52, 14, 52);
    add_way(&run, "tasks that yield", 53, 12, 52);
    lab_row(&run, "2000 thread switches", 1, 4000000, 0);
    lab_row(&run, "2000 task switches", 1, 20000, 0);
    lab_expect(&run, "ssss", 1);
    lab_begin(&run, "concurrency", 2); /* threads cost twice the time, and nothing comes early */
    add_way(&run, "one after another", 52, 32, 32);
    add_way(&run, "threads", 104, 40, 52);
    add_way(&run, "tasks that yield", 53, 32, 32);
    lab_row(&run, "2000 thread switches", 1, 20000, 0);
    lab_row(&run, "2000 task switches", 1, 20000, 0);
    lab_expect(&run, "rrrr", 2);
    lab_begin(&run, "concurrency", 2); /* the same on a busy machine */
    add_way(&run, "one after another", 52, 32, 32);
    add_way(&run, "threads", 104, 40, 52);
    add_way(&run, "tasks that yield", 53, 32, 32);
    run.others = 1;
    lab_expect(&run, "uuu", -1);
    lab_begin(&run, "concurrency", 2); /* both save time: not one core */
    add_way(&run, "one after another", 52, 32, 32);
    add_way(&run, "threads", 26, 8, 26);
    add_way(&run, "tasks that yield", 26, 8, 26);
    lab_expect(&run, "rsr", 0);
}

static void add_quadrants(struct tri_lab_run *run, const int *waiting, const int *computing)
{
    static const char *const ways[4] = {"sequential", "concurrent on one core",
                                        "threads on one core", "threads on all cores"};
    char name[64];

    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "waiting, %s", ways[i]);
        lab_row(run, name, 1, waiting[i] * 1000000, 0);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "computing, %s", ways[i]);
        lab_row(run, name, 1, computing[i] * 1000000, 0);
    }
}

static void test_quadrants(void)
{
    static const int late[4] = {40, 4, 4, 4}, filters[4] = {40, 40, 41, 21},
                     one_by_one[4] = {40, 40, 40, 10}, no_gain[4] = {40, 20, 20, 40},
                     slow_turns[4] = {40, 60, 41, 21};
    struct tri_lab_run run;

    lab_begin(&run, "quadrants", 2);
    add_quadrants(&run, late, filters);
    lab_expect(&run, "sssss", 1);
    lab_begin(&run, "quadrants", 2);
    add_quadrants(&run, one_by_one, no_gain);
    lab_expect(&run, "rrrrr", 2);
    lab_begin(&run, "quadrants", 2); /* turns that only cost time do not overlap either */
    add_quadrants(&run, late, slow_turns);
    lab_expect(&run, "sssss", 1);
    lab_begin(&run, "quadrants", 1); /* and no second core */
    add_quadrants(&run, late, filters);
    lab_expect(&run, "sssus", 1);
    lab_begin(&run, "quadrants", 2); /* a device that is faster than a core */
    add_quadrants(&run, late, filters);
    lab_row(&run, "computing, OpenCL device", 1, 4000000, 0);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 6);
    CU_ASSERT_EQUAL(run.findings[4].verdict, TRI_LAB_SHOWN);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[5].text, "fastest as 'OpenCL device'."));
    tri_lab_free(&run);
    lab_begin(&run, "quadrants", 2); /* and one that cannot be told from all cores */
    add_quadrants(&run, late, filters);
    lab_row(&run, "computing, OpenCL device", 1, 21000000, 0);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[5].text, " may be as fast)."));
    tri_lab_free(&run);
}

static void add_programs(struct tri_lab_run *run, int64_t pipeline, int64_t shared)
{
    lab_row(run, "pipeline, 1 core", 1, 20000000, 0);
    lab_row(run, "pipeline, 2 cores", 2, pipeline, 0);
    lab_row(run, "shared state, 1 core", 1, 20000000, 0);
    lab_row(run, "shared state, 2 cores", 2, shared, 0);
}

static void test_enables(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "enables", 2);
    add_programs(&run, 10500000, 20500000);
    lab_expect(&run, "ss", 1);
    lab_begin(&run, "enables", 2);
    add_programs(&run, 20500000, 10500000);
    lab_expect(&run, "rr", 2);
    lab_begin(&run, "enables", 2);
    add_programs(&run, 20000000, 20000000);
    run.others = 1;
    lab_expect(&run, "uu", -1);
    lab_begin(&run, "enables", 1);
    lab_row(&run, "pipeline, 1 core", 1, 20000000, 0);
    lab_expect(&run, "u", -1);
}

static void add_ways(struct tri_lab_run *run, double wrong, double stuck, double turns)
{
    lab_row(run, "same order", 2, 500000, 0);
    lab_row(run, "try, else back off", 2, 400000, 0);
    lab_row(run, "both at once", 2, 600000, wrong);
    lab_row(run, "no locks", 2, 100000, 0);
    lab_row(run, "opposite order", 2, 900000, stuck);
    lab_row(run, "opposite order, until the watch knows", 2, 500000, turns);
}

static void test_deadlock(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "deadlock", 2);
    add_ways(&run, 0, 100, 300);
    lab_expect(&run, "sss", 1);
    lab_begin(&run, "deadlock", 2); /* seldom, and a way that loses something */
    add_ways(&run, 2, 10, 50000);
    lab_expect(&run, "srs", 2);
    lab_begin(&run, "deadlock", 2); /* it did not happen */
    add_ways(&run, 0, 0, 200000);
    lab_expect(&run, "uss", -1);
}

int test_lab_conclusions_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_conclusions", no_set_up, no_set_up);
    if (suite == NULL)
        return 1;
    CU_add_test(suite, "simd", test_simd);
    CU_add_test(suite, "parallelism", test_parallelism);
    CU_add_test(suite, "race", test_race);
    CU_add_test(suite, "race, of histograms", test_race_of_histograms);
    CU_add_test(suite, "order", test_order);
    CU_add_test(suite, "concurrency", test_concurrency);
    CU_add_test(suite, "quadrants", test_quadrants);
    CU_add_test(suite, "enables", test_enables);
    CU_add_test(suite, "deadlock", test_deadlock);
    return 0;
}
