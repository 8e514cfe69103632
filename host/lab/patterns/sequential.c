/* sequential.c -- one picture after another, by one thread: what all patterns are compared with.
 *
 * For: anything that is fast enough. There is nothing to lock, to wait for or to get wrong.
 * Choose it first, and leave it only when a measurement says so.
 * Not when the machine has idle cores that somebody waits for, or when one slow file may not hold
 * up the others. */
#include "lab/patterns.h"

static enum tri_status run(struct tri_pattern_job *job, struct tri_error *error)
{
    (void)error; /* it needs nothing that could be missing */
    job->threads = 1;
    for (int i = 0; i < job->count; i++)
        tri_thumbnail_make(&job->pictures[i]);
    return TRI_OK;
}

TRI_PATTERN(sequential) = {.name = "sequential", .structure = "one after another", .run = run};
