/* backend.c -- backends by name, and jobs on them. */
#include "backend.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 1024

static enum tri_status open_threads(const char *on, const char *count, const struct tri_backend_options *options,
                                    struct tri_backend **backend, struct tri_error *error)
{
    char *end = NULL;
    const long workers = isdigit((unsigned char)count[0]) ? strtol(count, &end, 10) : 0;
    if (end == NULL || *end != '\0' || workers < 1 || workers > WORKERS_MAX)
        return tri_fail(error, TRI_USAGE, "backend '%s': the number of threads must be from 1 to %d", on, WORKERS_MAX);
    return tri_native_open((int)workers, options, backend, error);
}

/* A GPU where there is one; otherwise threads, and a note that says so. */
static enum tri_status open_auto(const struct tri_backend_options *options, struct tri_backend **backend,
                                 struct tri_error *error)
{
    struct tri_error why;
    if (tri_opencl_open("gpu", backend, &why) == TRI_OK) {
        snprintf((*backend)->note, sizeof (*backend)->note, "auto chose %s, %.160s", (*backend)->info.name,
                 (*backend)->info.device);
        return TRI_OK;
    }
    const enum tri_status status = tri_native_open(tri_cpu_workers(), options, backend, error);
    if (status == TRI_OK)
        snprintf((*backend)->note, sizeof (*backend)->note, "auto chose %s (%s): %.200s", (*backend)->info.name,
                 (*backend)->info.isa, why.text);
    return status;
}

enum tri_status tri_backend_open(const char *on, const struct tri_backend_options *options, struct tri_backend **backend,
                                 struct tri_error *error)
{
    static const struct tri_backend_options defaults;
    if (options == NULL)
        options = &defaults;
    *backend = NULL;
    if (strcmp(on, "sequential") == 0)
        return tri_native_open(0, options, backend, error);
    if (strcmp(on, "threads") == 0)
        return tri_native_open(tri_cpu_workers(), options, backend, error);
    if (strncmp(on, "threads:", 8) == 0)
        return open_threads(on, on + 8, options, backend, error);
    if (strcmp(on, "opencl") == 0)
        return tri_opencl_open("", backend, error);
    if (strncmp(on, "opencl:", 7) == 0)
        return tri_opencl_open(on + 7, backend, error);
    if (strcmp(on, "auto") == 0)
        return open_auto(options, backend, error);
    return tri_fail(error, TRI_USAGE, "unknown backend '%s': it is sequential, threads[:N], opencl[:DEVICE] or auto", on);
}

void tri_backend_close(struct tri_backend *backend)
{
    if (backend != NULL)
        backend->close(backend);
}

const struct tri_backend_info *tri_backend_info(const struct tri_backend *backend)
{
    return &backend->info;
}

const char *tri_backend_note(const struct tri_backend *backend)
{
    return backend->note;
}

enum tri_status tri_job_new(struct tri_backend *backend, const struct tri_pipeline *pipeline, const struct tri_shape *in,
                            struct tri_job **result, struct tri_error *error)
{
    *result = NULL;
    struct tri_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a job");
    job->backend = backend;
    enum tri_status status = tri_plan_make(pipeline, in, backend->alone, &job->plan, error);
    if (status == TRI_OK)
        status = backend->prepare(job, error);
    if (status == TRI_OK)
        *result = job;
    else
        tri_job_free(job);
    return status;
}

void tri_job_free(struct tri_job *job)
{
    if (job == NULL)
        return;
    job->backend->release(job);
    tri_plan_free(job->plan);
    free(job);
}

const struct tri_shape *tri_job_shape(const struct tri_job *job)
{
    return &job->plan->out;
}

enum tri_status tri_job_run(struct tri_job *job, struct tri_image *in, struct tri_image *out, struct tri_timing *timing,
                            struct tri_error *error)
{
    if (!tri_shape_equal(&in->shape, &job->plan->in) || !tri_shape_equal(&out->shape, &job->plan->out))
        return tri_fail(error, TRI_USAGE, "an image is not of the shape that the job was made for");
    tri_image_pad(in);
    out->padded = false;
    tri_plan_frame(job->plan, job->frame, in, out);
    const enum tri_status status = job->backend->run(job, in, out, timing, error);
    if (status == TRI_OK)
        job->frame++;
    return status;
}

int tri_job_delay(const struct tri_job *job)
{
    return job->plan->delay;
}

void tri_job_rewind(struct tri_job *job)
{
    job->frame = 0;
}

static void add_counts(const struct tri_tally *tally, int bits, const unsigned char *scratch, uint64_t *count)
{
    const uint32_t *table = (const uint32_t *)(const void *)(scratch + tally->offset);
    for (int copy = 0; copy < TALLY_COPIES(bits); copy++) {
        for (int i = 0; i < tally->bins; i++)
            count[i] += *table++;
    }
}

void tri_stage_finish(struct tri_plan *plan, int number, const unsigned char *scratch, size_t scratch_step, int workers)
{
    const struct tri_stage *stage = &plan->stages[number];
    const int bins = 1 << plan->in.bits;
    for (int t = 0; t < stage->tally_count; t++) {
        uint64_t *count = plan->counts + (size_t)(stage->tallies[t].number - 1) * (size_t)bins;
        for (int w = 0; w < workers; w++)
            add_counts(&stage->tallies[t], plan->in.bits, scratch + (size_t)w * scratch_step, count);
    }
    for (int f = 0; f < plan->finish_count; f++) {
        const struct tri_finish *finish = &plan->finishes[f];
        if (finish->stage != number)
            continue;
        struct tri_counts counts = {bins, plan->counts + (size_t)(finish->tally - 1) * (size_t)bins, 0};
        for (int i = 0; i < bins; i++)
            counts.total += counts.count[i];
        finish->finish(&counts, &finish->operation, plan->constants + finish->constants);
    }
}

/* Rows at the edges of bands are made twice, `lead` of them, so bands grow with that. */
int tri_band_rows(const struct tri_stage *stage, int workers)
{
    if (workers == 1)
        return stage->height;
    const int share = (stage->height + workers - 1) / workers;
    int rows = share / 4 < 16 ? 16 : share / 4 > 256 ? 256 : share / 4;
    if (rows < 8 * stage->lead)
        rows = 8 * stage->lead;
    return rows < share ? rows : share;
}
