/* test_main.c -- runs all suites, or those whose name contains the first argument. */
#include "tests.h"
#include "triptych.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED_MAX 1000

static const struct CU_Test *skipped[SKIPPED_MAX];
static int skipped_count;

void test_skip(const char *why)
{
    const struct CU_Test *test = CU_get_current_test();

    printf("skipped: %s\n", why);
    if (skipped_count < SKIPPED_MAX && (!skipped_count || skipped[skipped_count - 1] != test))
        skipped[skipped_count++] = test;
}

const char *test_data(const char *name, char path[1024])
{
    const char *folder = getenv("TRIPTYCH_DATA");
    int length = snprintf(path, 1024, "%s/%s", folder ? folder : "../shared/data", name);

    return length < 1024 && !access(path, R_OK) ? path : NULL;
}

uint64_t test_seed(void)
{
    const char *given = getenv("TRIPTYCH_SEED");

    return given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
}

/* A failed test counts as failed even if it skipped a part. */
static unsigned count_skipped(void)
{
    unsigned count = 0;

    for (int i = 0; i < skipped_count; i++) {
        bool failed = false;

        for (const struct CU_FailureRecord *record = CU_get_failure_list(); record;
             record = record->pNext)
            failed = failed || record->pTest == skipped[i];
        count += !failed;
    }
    return count;
}

/* ---- failures ---- */

#define ELSEWHERE_MAX 5 /* lines that are listed */

static const struct CU_Test *failing; /* marked by test_fail_once */
static unsigned more;                 /* calls after the first */

static void name_failure(void)
{
    printf("\nFAILED %s: %s\n", CU_get_current_suite()->pName, CU_get_current_test()->pName);
}

bool test_fail_once(void)
{
    if (failing == CU_get_current_test()) {
        more++;
        return false;
    }
    failing = CU_get_current_test();
    more = 0;
    name_failure();
    CU_assertImplementation(CU_FALSE, 0, "", "", "", CU_FALSE); /* reported already */
    return true;
}

static bool same_line(const struct CU_FailureRecord *a, const struct CU_FailureRecord *b)
{
    return a->uiLineNumber == b->uiLineNumber && strcmp(a->strFileName, b->strFileName) == 0;
}

static unsigned count_line(const struct CU_FailureRecord *records,
                           const struct CU_FailureRecord *line)
{
    unsigned count = 0;

    for (; records; records = records->pNext)
        count += same_line(records, line);
    return count;
}

static bool seen_before(const struct CU_FailureRecord *records,
                        const struct CU_FailureRecord *record)
{
    while (records != record && !same_line(records, record))
        records = records->pNext;
    return records != record;
}

/* "12 more checks of it failed: 8 at tests/test_a.c:10, 4 at tests/test_a.c:20" */
static void tell_more(const struct CU_FailureRecord *first, unsigned silent)
{
    unsigned count = silent;
    int lines = 0;

    for (const struct CU_FailureRecord *record = first->pNext; record; record = record->pNext)
        count++;
    if (count == 0)
        return;
    printf("    %u more check%s of it failed", count, count > 1 ? "s" : "");
    for (const struct CU_FailureRecord *record = first->pNext; record && lines < ELSEWHERE_MAX;
         record = record->pNext)
        if (record->uiLineNumber > 0 && !seen_before(first->pNext, record))
            printf("%s %u at %s:%u", lines++ ? "," : ":", count_line(first->pNext, record),
                   record->strFileName, record->uiLineNumber);
    printf("\n");
}

/* A failure is reported once: the first check that failed, and how many more. */
static void end_test(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord records)
{
    (void)suite;
    if (!records)
        return;
    if (failing != test) {
        name_failure();
        more = 0;
    }
    if (records->uiLineNumber > 0)
        printf("    %s:%u: %s\n", records->strFileName, records->uiLineNumber,
               records->strCondition);
    tell_more(records, more);
}

/* As programs do; after the suite's own beginning, which may choose the cache folder. */
static void begin_test(const CU_pTest test, const CU_pSuite suite)
{
    static bool begun;

    (void)test;
    (void)suite;
    if (!begun)
        tri_opencl_set_environment();
    begun = true;
}

static void fail_begin(const CU_pSuite suite)
{
    printf("\nFAILED %s: it cannot begin\n", suite->pName);
}

static void fail_end(const CU_pSuite suite)
{
    printf("\nFAILED %s: it cannot clean up\n", suite->pName);
}

/* ---- the suites ---- */

static const struct {
    const char *name;
    int (*add)(void);
} suites[] = {
#define SUITE(name) {#name, name},
#include "suites.h"
#undef SUITE
};

static const char *program;
static const char
    *added[sizeof(suites) / sizeof(suites[0])]; /* names of those in the registry, in its order */

void test_command(char text[300])
{
    const char *name = added[CU_get_suite_pos(CU_get_current_suite()) - 1] + strlen("test_");

    snprintf(text, 300, "%s %.*s", program, (int)(strlen(name) - strlen("_suite")), name);
}

/* Each file adds one suite. */
static bool add_suite(size_t i)
{
    const unsigned before = CU_get_registry()->uiNumberOfSuites;

    if (suites[i].add() || CU_get_registry()->uiNumberOfSuites != before + 1) {
        fprintf(stderr, "tests: %s cannot be set up\n", suites[i].name);
        return false;
    }
    added[before] = suites[i].name;
    return true;
}

int main(int argc, char **argv)
{
    unsigned run, failed, skips;

    program = argv[0];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        if ((argc < 2 || strstr(suites[i].name, argv[1])) && !add_suite(i))
            return 1;
    CU_set_test_start_handler(begin_test);
    CU_set_test_complete_handler(end_test);
    CU_set_suite_init_failure_handler(fail_begin);
    CU_set_suite_cleanup_failure_handler(fail_end);
    CU_run_all_tests();
    run = CU_get_number_of_tests_run();
    failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    skips = count_skipped();
    printf("%u passed, %u failed, %u skipped\n", run - CU_get_number_of_tests_failed() - skips,
           failed, skips);
    CU_cleanup_registry();
    return failed || !run;
}
