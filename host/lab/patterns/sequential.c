/* sequential.c -- one picture after another, by one thread: what all patterns are compared with.
 *
 * For: anything that is fast enough. There is nothing to lock, to wait for or to get wrong.
 * Choose it first, for what `lab patterns` shows: one thread, the fewest lines, the memory of one
 * picture, and a first answer that comes as early as one thread can make it.
 * Not where the total counts and cores are idle: then the other rows have smaller ones, by how much
 * is the column "speed". Not where one slow file may not hold up the others. */
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
