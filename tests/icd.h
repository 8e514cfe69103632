/* icd.h -- runs the program with the test driver (tests/icd/driver.c says what that can be told to do). */
#ifndef TESTS_ICD_H
#define TESTS_ICD_H

#include "shell.h"

/* For a suite, after shell_begin: makes the folders of drivers. NULL, or why the driver cannot be used: then tests are
 * to be skipped. */
const char *icd_begin(void);

/* Runs `command` (as shell_run) with the test driver alone, or with POCL beside it, under a time limit: code 124. The
 * settings are assignments, as "ICD_FAIL=clFinish:2 ICD_TYPE=GPU". The log is begun anew. */
const struct shell_result *icd_run(const char *settings, const char *command);
const struct shell_result *icd_run_beside(const char *settings, const char *command);

/* The same, for those that follow: each of them begins with the cache (of programs and verdicts) that the last one of
 * these has left, so that no fault is remembered. */
const struct shell_result *icd_warm(const char *settings, const char *command);

/* Of the last run's log: how many lines contain `text`; the call of the first that does, "" if none, by the program
 * itself and not by the children in which it tries drivers. */
int icd_count(const char *text);
int icd_count_own(const char *text);
const char *icd_first(const char *text);
/* Whether the last run, and each of its children that came to its end, has released all objects. */
bool icd_released(void);

#endif
