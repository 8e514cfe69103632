/* faults.h -- what the test driver does wrong, as the environment asks: see driver.c. */
#ifndef ICD_FAULTS_H
#define ICD_FAULTS_H

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

/* Counts a call: waits, hangs or aborts where that is asked for. Returns the code with which it has to fail. */
cl_int icd_begin(const char *call);
/* Notes the call in the log, with something more about it; returns the code. */
cl_int icd_end(const char *call, cl_int code, const char *more);

/* An environment variable; NULL: not set, or empty. */
const char *icd_setting(const char *name);
/* Its number, or `otherwise`. */
long long icd_number(const char *name, long long otherwise);
bool icd_is(const char *name, const char *value);

/* What becomes of the next kernel when its turn comes: 1: it never ends; a code: it fails with that. */
cl_int icd_kernel(void);

#endif
