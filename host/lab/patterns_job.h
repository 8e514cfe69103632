/* patterns_job.h -- between patterns.c, which runs patterns, and patterns_job.c, which has their
 * pictures. */
#ifndef TRIPTYCH_LAB_PATTERNS_JOB_H
#define TRIPTYCH_LAB_PATTERNS_JOB_H

#include "lab/patterns.h"

/* Makes a folder, and finds or makes the pictures. */
enum tri_status tri_patterns_prepare(struct tri_patterns_run *run, struct tri_error *error);
/* Before a run: results of the former one are removed. */
void tri_patterns_renew(struct tri_patterns_run *run, struct tri_thumbnail_tools *tools,
                        _Atomic int64_t *first);
/* After a run: every picture is either written or has an error, the same as in the first run.
 * TRI_DIFFERS: not so; or the error of a picture that failed in one of the two runs only. */
enum tri_status tri_patterns_check(struct tri_patterns_run *run, const char *name,
                                   struct tri_error *error);
void tri_patterns_clear(struct tri_patterns_run *run);

#endif
