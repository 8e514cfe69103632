/* faults.h -- the test driver's faults, as requested by the environment: see driver.c. */
#ifndef ICD_FAULTS_H
#define ICD_FAULTS_H

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

/* Counts a call; waits, hangs or aborts if requested. Returns the code it has to fail with. */
cl_int icd_begin(const char *call);
/* Logs the call, with details; returns the code. */
cl_int icd_end(const char *call, cl_int code, const char *more);

/* An environment variable; NULL if unset or empty. */
const char *icd_setting(const char *name);
/* Its number, or `otherwise`. */
long long icd_number(const char *name, long long otherwise);
bool icd_is(const char *name, const char *value);

/* The fate of the next kernel when it runs: 1: it never ends; another code: it fails with that. */
cl_int icd_kernel(void);

#endif
