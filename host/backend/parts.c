/* parts.c -- a picture too large for memory, computed part by part. */
#include "parts.h"
#include "parts_strip.h"

#include "../image/sparse_memory.h"

#include <stdlib.h>
#include <string.h>

struct tri_parts {
    struct tri_job *job; /* NULL: parts are strips */
    struct tri_parts_strip strip;
    struct tri_plan *plan; /* the job's, or that of strips */
    struct tri_sparse_memory memory[2];
    struct tri_image *in, *out;
    int *counting; /* the stages that count, in order */
    int counting_count;
    uint64_t *before; /* counts of earlier passes */
    struct tri_span *stages;
};

/* ---- beginning and end ---- */

static enum tri_status take_memory(struct tri_parts *parts, struct tri_error *error)
{
    const struct tri_plan *plan = parts->plan;
    parts->counting = calloc((size_t)plan->stage_count, sizeof *parts->counting);
    parts->stages = calloc((size_t)plan->stage_count, sizeof *parts->stages);
    parts->before = calloc(plan->counts_size + 1, sizeof *parts->before);
    if (parts->counting == NULL || parts->stages == NULL || parts->before == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the parts of a picture");
    for (int s = 0; s < plan->stage_count; s++) {
        if (plan->stages[s].histogram_count > 0)
            parts->counting[parts->counting_count++] = s;
    }
    tri_sparse_memory_begin(&parts->memory[0]);
    tri_sparse_memory_begin(&parts->memory[1]);
    const enum tri_status status =
        tri_image_new_in(&parts->memory[0].memory, &plan->in, &parts->in, error);
    return status == TRI_OK
               ? tri_image_new_in(&parts->memory[1].memory, &plan->out, &parts->out, error)
               : status;
}

static enum tri_status check(const struct tri_plan *plan, const struct tri_pipeline *pipeline,
                             struct tri_error *error)
{
    char why[200];
    if (tri_shape_packed(&plan->in) || tri_shape_packed(&plan->out))
        return tri_fail(error, TRI_USAGE, "a picture of %d x %d is too narrow to be cut in parts",
                        plan->in.width, plan->in.height);
    if (!tri_plan_in_parts(plan, why))
        return tri_fail(error, TRI_USAGE,
                        "'%s' cannot be computed in parts: %s; kernels that make a row from the "
                        "rows around it, and those that count all samples, can",
                        tri_pipeline_text(pipeline), why);
    return TRI_OK;
}

/* Before the job takes any memory. */
static enum tri_status check_plan(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                  const struct tri_shape *in, struct tri_error *error)
{
    struct tri_plan *plan;
    enum tri_status status = tri_backend_plan(backend, pipeline, in, &plan, error);
    if (status != TRI_OK)
        return status;
    status = check(plan, pipeline, error);
    tri_plan_free(plan);
    return status;
}

/* Threads compute rows of the whole picture's stages; others get pictures of their own. */
static enum tri_status open_parts(struct tri_parts *parts, struct tri_backend *backend,
                                  const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                  struct tri_error *error)
{
    enum tri_status status;
    if (backend->run_stage == NULL) {
        status = tri_parts_strip_begin(&parts->strip, backend, pipeline, in, error);
        parts->plan = parts->strip.plan;
        return status;
    }
    status = check_plan(backend, pipeline, in, error);
    if (status == TRI_OK)
        status = tri_job_new_sparse(backend, pipeline, in, &parts->job, error);
    if (status == TRI_OK)
        parts->plan = parts->job->plan;
    return status;
}

enum tri_status tri_parts_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                              const struct tri_shape *in, struct tri_parts **result,
                              struct tri_error *error)
{
    struct tri_parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the parts of a picture");
    enum tri_status status = open_parts(parts, backend, pipeline, in, error);
    if (status == TRI_OK)
        status = take_memory(parts, error);
    if (status == TRI_OK) {
        if (parts->job != NULL)
            tri_plan_frame(parts->plan, 0, 0, parts->in, parts->out);
        *result = parts;
    } else {
        tri_parts_free(parts);
    }
    return status;
}

void tri_parts_free(struct tri_parts *parts)
{
    if (parts == NULL)
        return;
    tri_image_free(parts->in);
    tri_image_free(parts->out);
    tri_job_free(parts->job);
    tri_parts_strip_end(&parts->strip);
    free(parts->counting);
    free(parts->stages);
    free(parts->before);
    free(parts);
}

/* ---- facts ---- */

int tri_parts_passes(const struct tri_parts *parts)
{
    return parts->counting_count + 1;
}

const struct tri_shape *tri_parts_shape(const struct tri_parts *parts)
{
    return &parts->plan->out;
}

size_t tri_parts_row_bytes(const struct tri_parts *parts)
{
    const struct tri_plan *plan = parts->plan;
    return (size_t)(parts->in->stride * plan->in.planes + parts->out->stride * plan->out.planes +
                    plan->arena_size / plan->in.height);
}

struct tri_image *tri_parts_input(const struct tri_parts *parts)
{
    return parts->in;
}

struct tri_image *tri_parts_output(const struct tri_parts *parts)
{
    return parts->out;
}

static int last_stage(const struct tri_parts *parts, int pass)
{
    return pass < parts->counting_count ? parts->counting[pass] : -1;
}

enum tri_status tri_parts_needs(const struct tri_parts *parts, int pass, struct tri_span rows,
                                struct tri_span *in, struct tri_error *error)
{
    if (parts->job == NULL)
        *in = tri_parts_strip_needs(&parts->strip, rows);
    else if (!tri_plan_part(parts->plan, rows, last_stage(parts, pass), parts->stages, in))
        return tri_fail(error, TRI_FAILED, "out of memory for a part of a picture");
    return TRI_OK;
}

struct tri_reach tri_parts_reach(const struct tri_parts *parts, int pass)
{
    const int middle = parts->plan->in.height / 2;
    struct tri_span in;
    struct tri_error error;
    if (tri_parts_needs(parts, pass, (struct tri_span){middle, 1}, &in, &error) != TRI_OK ||
        in.count == 0)
        return (struct tri_reach){0, 0};
    return (struct tri_reach){middle - in.first, in.first + in.count - 1 - middle};
}

/* ---- computing ---- */

enum tri_status tri_parts_run(struct tri_parts *parts, int pass, struct tri_span rows,
                              struct tri_error *error)
{
    struct tri_job *job = parts->job;
    const int last = last_stage(parts, pass);
    struct tri_span in;
    if (job == NULL)
        return tri_parts_strip_run(&parts->strip, rows, parts->in, parts->out, error);
    enum tri_status status = tri_parts_needs(parts, pass, rows, &in, error);
    if (status == TRI_OK && job->plan->reads_padding)
        tri_image_pad_rows(parts->in, in.first, in.first + in.count);
    for (int s = 0; s < job->plan->stage_count && status == TRI_OK; s++) {
        const struct tri_span made = parts->stages[s];
        if (made.count > 0)
            status = job->backend->run_stage(job, parts->out, s, made.first,
                                             made.first + made.count, s == last, error);
    }
    return status;
}

void tri_parts_drop(struct tri_parts *parts)
{
    tri_sparse_drop(parts->in->memory, parts->in->memory_size);
    tri_sparse_drop(parts->out->memory, parts->out->memory_size);
    if (parts->job != NULL)
        parts->job->backend->drop(parts->job);
}

uint64_t *tri_parts_counts(struct tri_parts *parts, int number, size_t *count, bool *largest)
{
    const struct tri_plan *plan = parts->plan;
    if (number >= plan->histogram_count)
        return NULL;
    *count = (size_t)plan->counted[number].bins;
    *largest = plan->counted[number].extremes;
    return plan->counts + plan->counted[number].first;
}

/* Histograms may be counted together over several stages. */
void tri_parts_complete(struct tri_parts *parts, int pass)
{
    struct tri_plan *plan = parts->plan;
    const size_t size = plan->counts_size * sizeof plan->counts[0];
    tri_counts_join(plan, plan->counts, parts->before);
    memcpy(parts->before, plan->counts, size);
    if (pass < parts->counting_count)
        tri_stage_complete(plan, parts->counting[pass]);
    memset(plan->counts, 0, size);
}
