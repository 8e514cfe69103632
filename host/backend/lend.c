/* lend.c -- jobs whose caller keeps the inputs of earlier runs, so that nothing copies them. */
#include "backend.h"

enum tri_status tri_job_lend(struct tri_job *job, int *runs, struct tri_error *error)
{
    *runs = 0;
    if (job->frame > 0)
        return tri_fail(error, TRI_USAGE,
                        "images can be lent only before a job's first run or after a rewind");
    return job->backend->lend != NULL ? job->backend->lend(job, runs, error) : TRI_OK;
}

enum tri_status tri_job_lend_in_place(struct tri_job *job, int *runs, struct tri_error *error)
{
    struct tri_job other = {.backend = job->backend, .pipeline = job->pipeline};
    enum tri_status status = TRI_OK;
    if (job->plan->lent.room == 0 && job->backend->kind == TRI_PLAN_WALK && !job->backend->pads)
        status = tri_plan_make_lent(job->pipeline, &job->plan->in, &job->backend->walk, &other.plan,
                                    error);
    if (status == TRI_OK && other.plan != NULL && other.plan->lent.room > 0)
        status = job->backend->prepare(&other, error);
    if (status == TRI_OK && other.state != NULL) { /* exchanged: `other` is released */
        const struct tri_job before = *job;
        job->plan = other.plan;
        job->state = other.state;
        other.plan = before.plan;
        other.state = before.state;
    }
    if (other.state != NULL)
        job->backend->release(&other);
    tri_plan_free(other.plan);
    *runs = job->plan->lent.room > 0 ? job->plan->lent.room - 1 : 0;
    return status;
}
