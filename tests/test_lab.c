/* test_lab.c -- experiments: what they conclude from rows of machines that are made up, and how
 * they run on this one. */
#include "lab/peer.h"
#include "lab/stuck.h"
#include "lab/tally.h"
#include "lab_rows.h"
#include "parallel/cpu.h"
#include "shell.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

int test_lab_suite(void);

static void test_intervals(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "simd", 2);
    lab_row(&run, "slow", 1, 2000000, 0);
    lab_row(&run, "fast", 1, 1000000, 0);
    struct tri_interval twice =
        tri_lab_faster(tri_lab_row(&run, "fast"), tri_lab_row(&run, "slow"));
    CU_ASSERT(twice.low < 2.0 && twice.high > 2.0 && twice.high - twice.low < 0.1);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 1.5), TRI_LAB_SHOWN);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 2.0), TRI_LAB_UNCLEAR);
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 3.0), TRI_LAB_REFUTED);
    run.others = 1; /* a busy machine refutes nothing */
    CU_ASSERT_EQUAL(tri_lab_above(&run, &twice, 3.0), TRI_LAB_UNCLEAR);
    const struct tri_interval unknown =
        tri_lab_faster(tri_lab_row(&run, "fast"), tri_lab_row(&run, "none"));
    CU_ASSERT(isnan(unknown.ratio));
    CU_ASSERT_EQUAL(tri_lab_above(&run, &unknown, 1), TRI_LAB_UNCLEAR);
    tri_lab_free(&run);
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

static void test_tally(void)
{
    struct tri_lab_tally tally = {0};

    CU_ASSERT(isnan(tri_lab_tally_mean(&tally).ratio) && isnan(tri_lab_tally_odds(&tally).ratio));
    for (int i = 0; i < 10; i++)
        tri_lab_tally_add(&tally, i == 9 ? 5 : 0);
    const struct tri_interval mean = tri_lab_tally_mean(&tally), odds = tri_lab_tally_odds(&tally);
    CU_ASSERT_DOUBLE_EQUAL(mean.ratio, 0.5, 1e-12);
    /* 2.262 is Student's t of 9 degrees of freedom; the deviation is sqrt(22.5 / 9). */
    CU_ASSERT_DOUBLE_EQUAL(mean.high, 0.5 + 2.262157 * sqrt(2.5 / 10), 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(mean.low, 0.5 - 2.262157 * sqrt(2.5 / 10), 1e-4);
    /* 1 of 10, as in tables of Wilson's interval. */
    CU_ASSERT_DOUBLE_EQUAL(odds.ratio, 0.1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(odds.low, 0.01788, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(odds.high, 0.40415, 1e-4);
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

static void test_memory(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "memory", 2);
    lab_row(&run, "copy, 1 core", 1, 10000000, 0);
    lab_row(&run, "copy, all cores", 2, 9000000, 0);
    lab_row(&run, "median, 1 core", 1, 10000000, 0);
    lab_row(&run, "median, all cores", 2, 5100000, 0);
    lab_row(&run, "counters, one line", 2, 4000000, 0);
    lab_row(&run, "counters, apart", 2, 400000, 0);
    lab_expect(&run, "ss", 1);
    lab_begin(&run, "memory", 2); /* copies scale, lines do not matter */
    lab_row(&run, "copy, 1 core", 1, 10000000, 0);
    lab_row(&run, "copy, all cores", 2, 5000000, 0);
    lab_row(&run, "median, 1 core", 1, 10000000, 0);
    lab_row(&run, "median, all cores", 2, 9000000, 0);
    lab_row(&run, "counters, one line", 2, 400000, 0);
    lab_row(&run, "counters, apart", 2, 400000, 0);
    lab_expect(&run, "rr", 0);
    lab_begin(&run, "memory", 1);
    lab_expect(&run, "u", -1);
}

/* What filling takes with one core again, with one and with all for the first time, in ms. */
static void add_fills(struct tri_lab_run *run, int again, int first, int all, double faults)
{
    lab_row(run, "fill memory in use, 1 core", 1, again * INT64_C(1000000), 0);
    lab_row(run, "fill new memory, 1 core", 1, first * INT64_C(1000000), 0);
    lab_figure(run, faults);
    if (all > 0)
        lab_row(run, "fill new memory, all cores", 2, all * INT64_C(1000000), 0);
}

static void skip_placement(struct tri_lab_run *run)
{
    tri_lab_skip(tri_lab_add(run, NULL, NULL, 2, "read, first touched by one thread"), "one node");
    tri_lab_skip(tri_lab_add(run, NULL, NULL, 2, "read, first touched by each its own"),
                 "one node");
}

static void add_placement(struct tri_lab_run *run, int far, int near)
{
    lab_row(run, "read, first touched by one thread", 2, far * INT64_C(1000000), 0);
    lab_row(run, "read, first touched by each its own", 2, near * INT64_C(1000000), 0);
}

/* The findings after that on copies, which is not known here. */
static void test_first_touch(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "memory", 2); /* 5 ms for 5000 faults */
    add_fills(&run, 5, 10, 6, 5000);
    skip_placement(&run);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "First touch is 50 ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "1 us for each of 5000 page faults"));
    run.finding_count = 0;
    lab_expect(&run, "ussu", -1);
    lab_begin(&run, "memory", 2); /* no price; all cores wait for each other; the node matters */
    add_fills(&run, 10, 10, 11, 0);
    add_placement(&run, 20, 10);
    run.experiment->conclude(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "does not count page faults"));
    run.finding_count = 0;
    lab_expect(&run, "urrs", -1);
    lab_begin(&run, "memory", 2); /* the node does not matter */
    add_fills(&run, 5, 10, 6, 5000);
    add_placement(&run, 10, 10);
    lab_expect(&run, "ussr", -1);
    lab_begin(&run, "memory", 2); /* a busy machine */
    run.others = 1;
    add_fills(&run, 10, 10, 11, 5000);
    add_placement(&run, 10, 10);
    lab_expect(&run, "uuuu", -1);
    lab_begin(&run, "memory", 1); /* one core has page faults too */
    add_fills(&run, 5, 10, 0, 5000);
    lab_expect(&run, "us", -1);
}

/* Waking the others takes 10,000 ns, and a sample 1 ns. */
static void add_pieces(struct tri_lab_run *run, double gain)
{
    char name[64];

    for (int samples = 1024; samples <= 1 << 20; samples *= 4) {
        snprintf(name, sizeof name, "%d samples, alone", samples);
        lab_row(run, name, 1, samples, 0);
        snprintf(name, sizeof name, "%d samples, all", samples);
        lab_row(run, name, 2, 10000 + (int64_t)(samples / gain), 0);
    }
}

static void test_grain(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "grain", 2);
    add_pieces(&run, 2);
    lab_expect(&run, "ss", 1); /* from 65,536 on */
    lab_begin(&run, "grain", 2);
    add_pieces(&run, 1);
    lab_expect(&run, "su", -1);
    lab_begin(&run, "grain", 1);
    lab_expect(&run, "u", -1);
}

/* Handing over takes `delay` ns, and a pixel 1 ns less its gain. */
static void add_pictures(struct tri_lab_run *run, const char *way, int64_t delay, double gain)
{
    static const int sizes[4] = {4096, 32768, 262144, 2097152};
    char name[64];

    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%d pixels, %s", sizes[i], way);
        lab_row(run, name, 1, delay + (int64_t)(sizes[i] / gain), 0);
    }
}

static void test_handing_over(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "grain", 1);
    add_pictures(&run, "one core", 0, 1);
    add_pictures(&run, "threads", 10000, 2); /* more for 4096, less for 32768 */
    add_pictures(&run, "opencl:0.0", 100000, 20);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "to threads pays from 32768 pixels on: "
                                                        "there one core takes 32."));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.findings[2].text, "to opencl:0.0 pays from 262144 pixels on"));
    run.finding_count = 0;
    lab_expect(&run, "uss", -1);
    lab_begin(&run, "grain", 1); /* a card that is slower than the core, and one that is as fast */
    add_pictures(&run, "one core", 0, 1);
    add_pictures(&run, "opencl:0.0", 100000, 0.5);
    add_pictures(&run, "opencl:1.0", 0, 1);
    lab_expect(&run, "uru", -1);
    lab_begin(&run, "grain", 1); /* each size pays */
    add_pictures(&run, "one core", 0, 1);
    add_pictures(&run, "opencl:0.0", 0, 10);
    run.experiment->conclude(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "pays with as few as 4096 pixels: "));
    run.finding_count = 0;
    lab_expect(&run, "us", -1);
    lab_begin(&run, "grain", 1); /* no OpenCL */
    add_pictures(&run, "one core", 0, 1);
    tri_lab_skip(tri_lab_add(&run, NULL, NULL, 1, "4096 pixels, OpenCL device"), "there is none");
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "No OpenCL device could be used (there is "
                                                        "none)"));
    run.finding_count = 0;
    lab_expect(&run, "uu", -1);
}

static void test_oversubscribe(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "oversubscribe", 2);
    lab_row(&run, "as many workers as cores", 2, 10000000, 1);
    lab_row(&run, "4 times as many", 8, 10000000, 4);
    lab_row(&run, "16 times as many", 32, 10100000, 16);
    lab_expect(&run, "ss", 1);
    lab_begin(&run, "oversubscribe", 2); /* workers that gain, without waiting */
    lab_row(&run, "as many workers as cores", 2, 10000000, 1);
    lab_row(&run, "16 times as many", 32, 5000000, 1);
    lab_expect(&run, "ru", 0);
    lab_begin(&run, "oversubscribe", 2); /* the same beside other programs */
    run.others = 1;
    lab_row(&run, "as many workers as cores", 2, 10000000, 1);
    lab_row(&run, "16 times as many", 32, 5000000, 3);
    lab_expect(&run, "us", -1);
}

/* Forced switches of a task, and times that it waited. */
static void add_switches(struct tri_lab_run *run, double fit, double crowd, double waits)
{
    lab_row(run, "as many workers as cores", 2, 10000000, 1);
    lab_figure(run, fit);
    lab_figure(run, waits);
    lab_row(run, "16 times as many", 32, 10100000, 16);
    lab_figure(run, crowd);
    lab_figure(run, waits);
}

static void test_switches(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "oversubscribe", 2);
    add_switches(&run, 0.1, 2, 0.5);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 3);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(run.findings[2].text, "to others 2 (1.98 to 2.02) times with 32 workers"));
    run.finding_count = 0;
    lab_expect(&run, "sss", 1);
    lab_begin(&run, "oversubscribe", 2); /* fewer with more workers */
    add_switches(&run, 2.5, 0.1, 0.5);
    lab_expect(&run, "ssr", 1);
    lab_begin(&run, "oversubscribe", 2); /* as many */
    add_switches(&run, 2.5, 2.51, 0.5);
    lab_expect(&run, "ssu", 1);
    lab_begin(&run, "oversubscribe", 2); /* a system that does not count them */
    add_switches(&run, 0, 0, 0);
    run.experiment->conclude(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[2].text, "counted no switches"));
    run.finding_count = 0;
    lab_expect(&run, "ssu", 1);
}

/* In ms: all pictures, the first and the last ones. */
static void add_queue(struct tri_lab_run *run, const char *name, const int times[3])
{
    static const char *const parts[3] = {"", ", first pictures", ", last pictures"};
    char text[64];

    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s%s", name, parts[i]);
        lab_row(run, text, 2, times[i] * INT64_C(1000000), 0);
        if (i == 0)
            lab_figure(run, 40);
    }
}

static void test_back_pressure(void)
{
    static const int grows[3] = {50, 8, 40}, stays[3] = {50, 4, 5}, even[3] = {50, 5, 5},
                     slow[3] = {80, 8, 40};
    struct tri_lab_run run;

    lab_begin(&run, "oversubscribe", 2);
    add_queue(&run, "queue without a limit", grows);
    add_queue(&run, "queue of 4", stays);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[0].text, "up to 40 pictures wait"));
    run.finding_count = 0;
    lab_expect(&run, "sss", -1);
    lab_begin(&run, "oversubscribe", 2); /* a consumer that keeps up: nothing grows */
    add_queue(&run, "queue without a limit", even);
    add_queue(&run, "queue of 4", even);
    lab_expect(&run, "rrs", -1);
    lab_begin(&run, "oversubscribe", 2); /* a limit that does not help, and costs */
    add_queue(&run, "queue without a limit", grows);
    add_queue(&run, "queue of 4", slow);
    lab_expect(&run, "srr", -1);
    lab_begin(&run, "oversubscribe", 2); /* the same on a busy machine */
    run.others = 1;
    add_queue(&run, "queue without a limit", even);
    add_queue(&run, "queue of 4", slow);
    lab_expect(&run, "uuu", -1);
}

static void add_scaling(struct tri_lab_run *run, const char *kernel, int64_t one, int64_t two)
{
    char name[64];

    snprintf(name, sizeof name, "%s, 1 worker", kernel);
    lab_row(run, name, 1, one, 0);
    snprintf(name, sizeof name, "%s, 2 workers", kernel);
    lab_row(run, name, 2, two, 0);
}

static void test_laws(void)
{
    struct tri_lab_run run;

    lab_begin(&run, "laws", 2);
    add_scaling(&run, "gaussian", 10000000, 5200000); /* 4 % is serial */
    add_scaling(&run, "median", 10000000, 5100000);
    add_scaling(&run, "equalize", 10000000, 6000000);
    add_scaling(&run, "invert", 10000000, 9000000);
    run.experiment->conclude(&run);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[0].text, "so 4 % ("));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[0].text, "Amdahl: 10 times with 16 cores"));
    run.finding_count = 0;
    lab_expect(&run, "ssss", 3);
    lab_begin(&run, "laws", 2); /* two that are as bad as each other */
    add_scaling(&run, "gaussian", 10000000, 5200000);
    add_scaling(&run, "median", 10000000, 5100000);
    add_scaling(&run, "equalize", 10000000, 8900000);
    add_scaling(&run, "invert", 10000000, 9000000);
    lab_expect(&run, "ssss", -1);
    lab_begin(&run, "laws", 2); /* all alike: two threads of one core */
    add_scaling(&run, "gaussian", 10000000, 6400000);
    add_scaling(&run, "median", 10000000, 6500000);
    add_scaling(&run, "equalize", 10000000, 6600000);
    add_scaling(&run, "invert", 10000000, 6500000);
    lab_expect(&run, "sssss", -1);
    lab_begin(&run, "laws", 2); /* one that gets slower gains least */
    add_scaling(&run, "gaussian", 10000000, 5200000);
    add_scaling(&run, "median", 10000000, 5100000);
    add_scaling(&run, "equalize", 10000000, 12000000);
    add_scaling(&run, "invert", 10000000, 6000000);
    lab_expect(&run, "ssss", 2);
    lab_begin(&run, "laws", 1);
    lab_expect(&run, "u", -1);
}

/* The whole and the parts, in ns, with one and with two workers. */
static void add_file(struct tri_lab_run *run, const int64_t *one, const int64_t *two)
{
    static const char *const names[] = {"", ", decode", ", filter", ", encode"};
    char name[64];

    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "file, 1 worker%s", names[i]);
        lab_row(run, name, 1, one[i], 0);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "file, 2 workers%s", names[i]);
        lab_row(run, name, 2, two[i], 0);
    }
}

static void test_laws_of_files(void)
{
    static const int64_t one[4] = {40000000, 16000000, 8000000, 16000000},
                         two[4] = {29000000, 16000000, 4100000, 8200000},
                         all[4] = {20400000, 8200000, 4100000, 8100000};
    struct tri_lab_run run;

    lab_begin(&run, "laws", 2);
    add_file(&run, one, two);
    run.experiment->conclude(&run);
    CU_ASSERT_EQUAL_FATAL(run.finding_count, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "'decode' takes 40 % of the time"));
    run.finding_count = 0;
    lab_expect(&run, "ss", -1);
    lab_begin(&run, "laws", 2); /* nothing stays serial */
    add_file(&run, one, all);
    lab_expect(&run, "sr", -1);
    lab_begin(&run, "laws", 2); /* a busy machine tells neither */
    add_file(&run, one, all);
    run.others = 1;
    lab_expect(&run, "uu", -1);
}

/* What two workers promise of 32, and the universal law from six points. */
static void test_laws_of_many(void)
{
    struct tri_lab_run run;
    char name[64];

    for (int keeps = 0; keeps < 2; keeps++) {
        lab_begin(&run, "laws", 32);
        for (int n = 1; n <= 32; n *= 2) {
            const double serial = keeps || n < 32 ? 0.05 : 0.3;
            snprintf(name, sizeof name, "gaussian, %d worker%s", n, n > 1 ? "s" : "");
            lab_row(&run, name, n, (int64_t)(1e8 * (serial + (1 - serial) / n)), 0);
        }
        run.experiment->conclude(&run);
        CU_ASSERT_EQUAL_FATAL(run.finding_count, 3);
        CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[1].text, "Amdahl's law promises that gaussian"));
        CU_ASSERT_EQUAL(run.findings[1].verdict, keeps ? TRI_LAB_SHOWN : TRI_LAB_REFUTED);
        CU_ASSERT_PTR_NOT_NULL(strstr(run.findings[2].text, "contention"));
        tri_lab_free(&run);
    }
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

/* Long enough for the other process to take its first lock too. */
static void hold_on(void *argument)
{
    const struct timespec pause = {0, 100000000};

    (void)argument;
    nanosleep(&pause, NULL);
}

static void do_nothing(void *argument)
{
    (void)argument;
}

static void test_stuck(void)
{
    struct tri_lab_stuck result;
    struct tri_error error;

    CU_ASSERT_EQUAL(tri_lab_get_stuck(10, hold_on, NULL, &result, &error), TRI_OK);
    CU_ASSERT_TRUE(result.stuck);
    CU_ASSERT_EQUAL(result.turns, 0);
    CU_ASSERT(result.until > 0 && result.until < 2000000000);
    /* No turn at all: both end by themselves. */
    CU_ASSERT_EQUAL(tri_lab_get_stuck(0, do_nothing, NULL, &result, &error), TRI_OK);
    CU_ASSERT_FALSE(result.stuck);
    CU_ASSERT_EQUAL(result.turns, 0);
    CU_ASSERT(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void test_peer(void)
{
    const int64_t late = 20000000, start = tri_now_ns();
    struct tri_lab_peer *peer;
    struct tri_error error;

    CU_ASSERT_EQUAL_FATAL(tri_lab_peer_new(3, late, &peer, &error), TRI_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(tri_lab_peer_ask(peer, i));
    for (int i = 2; i >= 0; i--)
        CU_ASSERT_TRUE(tri_lab_peer_answer(peer, i));
    CU_ASSERT(tri_now_ns() - start >= late);
    CU_ASSERT_TRUE(tri_lab_peer_ask(peer, 1));
    tri_lab_peer_free(peer); /* while an answer is due */
}

/* Rows that failed, or none at all: nothing may be claimed, and nothing crashes. */
static void test_empty(void)
{
    for (int i = 0; tri_lab_experiments[i] != NULL; i++) {
        struct tri_lab_run run;
        lab_begin(&run, tri_lab_experiments[i]->name, 2);
        run.experiment->conclude(&run);
        for (int f = 0; f < run.finding_count; f++)
            CU_ASSERT(run.findings[f].verdict != TRI_LAB_SHOWN);
        CU_ASSERT_EQUAL(run.answer, -1);
        tri_lab_free(&run);
    }
}

/* ---- the program ---- */

static void test_list(void)
{
    EXPECT("$T lab | grep -c '^[a-z]'", 0, "15\n", "");
    EXPECT("$T lab nothing", 2, "",
           "triptych: lab: unknown experiment 'nothing'; 'triptych lab' *");
    EXPECT("$T lab --report x.html", 2, "", "*name experiments, or use --all*");
    EXPECT("$T lab --all race", 2, "",
           "triptych: lab: --all runs every experiment; remove 'race'*");
    EXPECT("$T lab race --workers 0", 2, "", "*--workers*");
    EXPECT("$T lab race --json /nowhere/a.json", 1, "",
           "triptych: cannot write /nowhere/a.json: *");
    EXPECT("$T lab race --json a.svg --trace a.svg", 2, "", "*same file*");
}

/* What every machine shows, however busy it is. */
static void test_runs(void)
{
    EXPECT("$T lab race order --quick --workers 2 --json lab.json > lab.txt; "
           "grep -c -e '^claim' -e '^run' -e '^try next' -e '^worker 1' lab.txt; "
           "grep -c 'shown *Atomic increments' lab.txt; grep -c 'shown *Integers' lab.txt",
           0, "8\n1\n1\n", "");
    EXPECT("python3 -c \"import json; d = json.load(open('lab.json')); "
           "e = d['experiments']; print([x['experiment'] for x in e], d['kind'], d['schema']); "
           "print(len(e[0]['rows']), e[1]['answer'], "
           "all(len(r['samples_ns']) >= 8 for x in e for r in x['rows']))\"",
           0, "['race', 'order'] lab 1\n9 no True\n", "");
    EXPECT("$T lab order --quick --workers 1 --json - | grep -c claim; rm lab.json lab.txt", 0,
           "1\n", "");
}

static void test_all_run(void)
{
    EXPECT("$T lab --all --quick --json all.json --report all.html > all.txt; "
           "grep -c '^try next' all.txt",
           0, "15\n", "");
    /* It has what the text of docs/concurrency.md needs of a run. */
    EXPECT(
        "printf '#!/bin/sh\\ncp all.json \"$4\"; cat all.txt\\n' > again; chmod +x again; "
        "python3 \"$ROOT/bench/concurrency_page.py\" ./again "
        "\"$ROOT/docs/concurrency.in.md\" page.md 2>/dev/null; grep -c '^# Concurrency' page.md; "
        "rm all.json all.txt again page.md",
        0, "1\n", "");
    const struct shell_result *result =
        shell_run("python3 $ROOT/tests/pages/report.py all.html; code=$?; rm all.html; exit $code");
    if (result->code == 77)
        test_skip("Chromium is not installed");
    else if (result->code != 0) {
        printf("\n%s%s\n", result->out, result->err);
        CU_FAIL("the page");
    }
}

static void test_report(void)
{
    EXPECT("$T lab order race --quick --report lab.html --json lab.json > text; "
           "grep -c '<section id=e' lab.html; grep -c '^try next' text; "
           "python3 -c \"import json; [print(f['text'] in __import__('html').unescape("
           "open('lab.html').read())) for e in json.load(open('lab.json'))['experiments'] "
           "for f in e['findings']]\" | sort -u; rm lab.html lab.json text",
           0, "2\n2\nTrue\n", "");
    EXPECT("$T lab order --quick --report - | head -1; $T lab order --report no/such.html", 1,
           "<!DOCTYPE html>\n", "*no/such.html*");
    EXPECT("$T lab order --report x.html --json x.html", 2, "", "*");
}

/* Asks on a terminal only. */
static void test_predict(void)
{
    EXPECT("echo a | $T lab order --quick --predict | grep -c expect", 1, "0\n", "");
    EXPECT(
        "TYPED='x\\nb\\n' TERM=xterm python3 $ROOT/tests/terminal.py 80 $T lab order "
        "--quick --predict > asked; grep -c -e 'Type a letter from a to b' -e 'no; right' asked; "
        "rm asked",
        0, "2\n", "");
}

int test_lab_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab", shell_begin, shell_end);

    if (suite == NULL)
        return CU_get_error();
    CU_add_test(suite, "intervals and verdicts", test_intervals);
    CU_add_test(suite, "simd", test_simd);
    CU_add_test(suite, "parallelism", test_parallelism);
    CU_add_test(suite, "race", test_race);
    CU_add_test(suite, "race, of histograms", test_race_of_histograms);
    CU_add_test(suite, "odds", test_tally);
    CU_add_test(suite, "order", test_order);
    CU_add_test(suite, "memory", test_memory);
    CU_add_test(suite, "memory, first touch", test_first_touch);
    CU_add_test(suite, "grain", test_grain);
    CU_add_test(suite, "grain of devices", test_handing_over);
    CU_add_test(suite, "oversubscribe", test_oversubscribe);
    CU_add_test(suite, "switches", test_switches);
    CU_add_test(suite, "back-pressure", test_back_pressure);
    CU_add_test(suite, "laws", test_laws);
    CU_add_test(suite, "laws, from file to file", test_laws_of_files);
    CU_add_test(suite, "laws, many cores", test_laws_of_many);
    CU_add_test(suite, "concurrency", test_concurrency);
    CU_add_test(suite, "quadrants", test_quadrants);
    CU_add_test(suite, "enables", test_enables);
    CU_add_test(suite, "deadlock", test_deadlock);
    CU_add_test(suite, "two processes get stuck", test_stuck);
    CU_add_test(suite, "a peer that answers late", test_peer);
    CU_add_test(suite, "no rows", test_empty);
    CU_add_test(suite, "list and usage", test_list);
    CU_add_test(suite, "runs", test_runs);
    CU_add_test(suite, "all experiments run", test_all_run);
    CU_add_test(suite, "the page", test_report);
    CU_add_test(suite, "predictions", test_predict);
    return 0;
}
