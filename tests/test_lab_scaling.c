/* test_lab_scaling.c -- what experiments on how much faster more workers are conclude from rows of
 * machines that are made up. */
#include "lab_rows.h"
#include "tests.h"

#include <CUnit/CUnit.h>
#include <string.h>

int test_lab_scaling_suite(void);

static int no_set_up(void)
{
    return 0;
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

int test_lab_scaling_suite(void)
{
    CU_pSuite suite = CU_add_suite("lab_scaling", no_set_up, no_set_up);
    if (suite == NULL)
        return 1;
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
    return 0;
}
