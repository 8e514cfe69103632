/* icd.h -- runs the program with the test driver (tests/icd/driver.c lists its settings). */
#ifndef TESTS_ICD_H
#define TESTS_ICD_H

#include "shell.h"

/* For a suite, after shell_begin: makes the driver folders. Returns NULL, or why the driver cannot
 * be used; tests are then skipped. */
const char *icd_begin(void);

/* Runs `command` (as shell_run) with the test driver alone, or also with POCL, under a time limit:
 * code 124. The settings are assignments, such as "ICD_FAIL=clFinish:2 ICD_TYPE=GPU". The log
 * starts empty. Drivers are not tried in children, except with TRIPTYCH_OPENCL_PROBE=yes. */
const struct shell_result *icd_run(const char *settings, const char *command);
const struct shell_result *icd_run_beside(const char *settings, const char *command);

/* The same for a sequence of runs: each starts with the cache (of programs and verdicts) that the
 * last of these left, so no fault is remembered. */
const struct shell_result *icd_warm(const char *settings, const char *command);

/* From the last run's log: the number of lines that contain `text`, of all processes or of the
 * program itself, without the children in which it tries drivers; and the call of the program's
 * first such line, "" if none. */
int icd_count(const char *text);
int icd_count_own(const char *text);
int icd_count_failed(const char *call); /* failures of calls whose names begin with this */
const char *icd_first(const char *text);
/* Whether the last run, and each of its children that finished, released all objects. */
bool icd_released(void);

#endif
