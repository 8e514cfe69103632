/* test_main.c -- runs the suites, or those whose name contains the first argument. */
#include "tests.h"

#include <CUnit/Basic.h>
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

/* A test that failed counts as failed even where it skipped a part. */
static unsigned count_skipped(void)
{
    unsigned count = 0;

    for (int i = 0; i < skipped_count; i++) {
        bool failed = false;

        for (const struct CU_FailureRecord *record = CU_get_failure_list(); record; record = record->pNext)
            failed = failed || record->pTest == skipped[i];
        count += !failed;
    }
    return count;
}

static const struct {
    const char *name;
    int (*add)(void);
} suites[] = {
#define SUITE(name) {#name, name},
#include "suites.h"
#undef SUITE
};

int main(int argc, char **argv)
{
    unsigned run, failed, skips;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        if (argc < 2 || strstr(suites[i].name, argv[1]))
            if (suites[i].add()) {
                fprintf(stderr, "tests: %s cannot be set up\n", suites[i].name);
                return 1;
            }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    run = CU_get_number_of_tests_run();
    failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    skips = count_skipped();
    printf("%u passed, %u failed, %u skipped\n", run - CU_get_number_of_tests_failed() - skips, failed,
           skips);
    CU_cleanup_registry();
    return failed || !run;
}
