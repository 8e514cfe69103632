/* tests.h -- what the test files share. Each test_<name>.c has one `int test_<name>_suite(void)`, which
 * adds its tests to CUnit's registry and returns 0; the Makefile finds it, and no other file names it. */
#ifndef TESTS_H
#define TESTS_H

#include <stdint.h>

/* suites.h is made by the Makefile: SUITE(test_<name>_suite) for each file. */
#define SUITE(name) int name(void);
#include "suites.h"
#undef SUITE

/* Counts the running test as skipped, and says so. The test returns after it. */
void test_skip(const char *why);

/* The path of the file NAME in $TRIPTYCH_DATA or ../shared/data; NULL: it is not there. */
const char *test_data(const char *name, char path[1024]);

/* What the driver is to say of its version, as test_trust.c has it; NULL: the truth. */
const char *test_driver_version(void);

/* $TRIPTYCH_SEED, or one made of the clock. */
uint64_t test_seed(void);

#endif
