/* opencl_strips.c -- processes an image in strips of rows: while one is computed, the next is
 * uploaded and the previous one downloaded. */
#include "opencl.h"
#include "../pipeline/strips.h"

#include <stdlib.h>

static void whole_stages(const struct tri_plan *plan, struct opencl_schedule *schedule)
{
    schedule->count = 1;
    schedule->in_end[0] = plan->in.height;
    schedule->out_end[0] = plan->out.height;
    for (int s = 0; s < plan->stage_count; s++)
        schedule->rows[s] = (struct opencl_rows){0, plan->stages[s].height};
}

/* Every stage continues where it stopped, up to what the strip needs of it. */
static bool fill_strip(const struct tri_plan *plan, const int *units,
                       struct opencl_schedule *schedule, int strip, struct tri_span *needed)
{
    struct opencl_rows *rows = &schedule->rows[(size_t)strip * (size_t)plan->stage_count];
    const bool last = strip == schedule->count - 1;
    struct tri_span in;
    schedule->out_end[strip] = (int)((int64_t)plan->out.height * (strip + 1) / schedule->count);
    if (!tri_plan_rows(plan, (struct tri_span){0, schedule->out_end[strip]}, units, needed, &in))
        return false;
    schedule->in_end[strip] = last ? plan->in.height : in.first + in.count;
    for (int s = 0; s < plan->stage_count; s++) {
        const int end = last ? plan->stages[s].height : needed[s].first + needed[s].count;
        const struct opencl_rows *before = rows - plan->stage_count;
        const int first = strip == 0 ? 0 : before[s].first + before[s].count;
        rows[s] = (struct opencl_rows){first, end > first ? end - first : 0};
    }
    return true;
}

static bool can_cut(const struct tri_plan *plan, const int *units)
{
    for (int s = 0; s < plan->stage_count; s++) {
        if (units[s] == 0)
            return false;
    }
    return tri_plan_in_strips(plan);
}

enum tri_status tri_opencl_schedule(struct opencl *cl, const struct tri_plan *plan,
                                    const int *units, struct opencl_schedule *schedule,
                                    struct tri_error *error)
{
    const int in = tri_opencl_strip_count(cl, &plan->in),
              out = tri_opencl_strip_count(cl, &plan->out);
    const int most = in > out ? in : out;
    struct tri_span *needed = calloc((size_t)plan->stage_count + 1, sizeof *needed);
    *schedule = (struct opencl_schedule){.count = most < plan->out.height ? most : plan->out.height,
                                         .stages = plan->stage_count};
    schedule->rows = calloc(STRIPS_MAX * ((size_t)plan->stage_count + 1), sizeof schedule->rows[0]);
    bool done = needed != NULL && schedule->rows != NULL;
    if (done && (schedule->count == 1 || !can_cut(plan, units)))
        whole_stages(plan, schedule);
    for (int b = 0; b < schedule->count && schedule->count > 1 && done; b++)
        done = fill_strip(plan, units, schedule, b, needed);
    free(needed);
    return done ? TRI_OK : tri_fail(error, TRI_FAILED, "out of memory for a job");
}

void tri_opencl_schedule_free(struct opencl_schedule *schedule)
{
    free(schedule->rows);
    schedule->rows = NULL;
}

/* Makes kernels wait for the upload strips that contain the rows, beyond the first *waited, which
 * are waited for already. */
static enum tri_status wait_for_rows(struct opencl *cl, const struct opencl_steps *uploaded,
                                     int end, int *waited, struct tri_error *error)
{
    int last = *waited;
    while (last < uploaded->count && (last == 0 || uploaded->end[last - 1] < end))
        last++;
    if (last > *waited)
        CHECK(clEnqueueBarrierWithWaitList, cl->queue, 1, &uploaded->done[last - 1], NULL);
    *waited = last;
    return TRI_OK;
}

enum tri_status tri_opencl_run_strips(
    struct tri_job *job, struct tri_inflight *inflight, const struct opencl_schedule *schedule,
    enum tri_status (*launch)(struct tri_job *job, struct opencl_inflight *inflight, int stage,
                              struct opencl_rows rows, struct tri_error *error),
    struct tri_error *error)
{
    struct opencl *cl = (struct opencl *)job->backend;
    struct opencl_inflight *state = inflight->state;
    enum tri_status status = TRI_OK;
    int waited = 0;
    tri_opencl_forget(&state->computed);
    for (int b = 0; b < schedule->count && status == TRI_OK; b++) {
        const struct opencl_rows *rows = &schedule->rows[(size_t)b * (size_t)schedule->stages];
        status = wait_for_rows(cl, &state->uploaded, schedule->in_end[b], &waited, error);
        for (int s = 0; s < schedule->stages && status == TRI_OK; s = tri_plan_next(job->plan, s)) {
            if (rows[s].count > 0 && !tri_plan_holds(job->plan, s))
                status = launch(job, state, s, rows[s], error);
        }
        if (status == TRI_OK && !cl->shared)
            status = tri_opencl_mark(cl, cl->queue, &state->computed, schedule->out_end[b], error);
    }
    return status;
}
