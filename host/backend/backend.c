/* backend.c -- backends by name, and jobs on them. */
#include "backend.h"
#include "../image/image.h"
#include "../parallel/cpu.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
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
        tri_backend_add_note(*backend, "auto chose %s, %.160s", (*backend)->info.name, (*backend)->info.device);
        return TRI_OK;
    }
    const enum tri_status status = tri_native_open(tri_cpu_workers(), options, backend, error);
    if (strncmp(why.text, "there is no OpenCL device", 25) == 0) /* what keeps it from being there is another note */
        why.text[strcspn(why.text, ":")] = '\0';
    if (status == TRI_OK)
        tri_backend_add_note(*backend, "auto chose %s (%s): %.200s", (*backend)->info.name, (*backend)->info.isa, why.text);
    return status;
}

enum tri_status tri_backend_open(const char *on, const struct tri_backend_options *options, struct tri_backend **backend,
                                 struct tri_error *error)
{
    static const struct tri_backend_options defaults;
    if (options == NULL)
        options = &defaults;
    *backend = NULL;
    if (tri_names_several(on))
        return tri_several_open(on, options, backend, error);
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
    return tri_fail(error, TRI_USAGE,
                    "unknown backend '%s': it is sequential, threads[:N], opencl[:DEVICE], auto, all, or several joined by '+'",
                    on);
}

bool tri_names_several(const char *on)
{
    return strcmp(on, "all") == 0 || tri_several_plus(on) != NULL;
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

struct tri_memory *tri_backend_memory(const struct tri_backend *backend)
{
    return backend->memory;
}

enum tri_status tri_image_new_for(struct tri_backend *backend, const struct tri_shape *shape, struct tri_image **image,
                                  struct tri_error *error)
{
    return tri_image_new_in(backend->memory, shape, image, error);
}

const char *tri_backend_note(const struct tri_backend *backend)
{
    return backend->note;
}

void tri_backend_add_note(struct tri_backend *backend, const char *format, ...)
{
    char line[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    line[strcspn(line, "\n")] = '\0'; /* build logs follow on further lines */
    const size_t used = strlen(backend->note), length = strlen(line);
    if (used + length + 2 <= sizeof backend->note)
        snprintf(backend->note + used, sizeof backend->note - used, "%s%s", used > 0 ? "\n" : "", line);
}

const struct tri_program_counts *tri_backend_programs(const struct tri_backend *backend)
{
    return &backend->programs;
}

struct tri_backend_counts tri_backend_counts(const struct tri_backend *backend)
{
    const struct tri_program_counts *programs = &backend->programs;
    return (struct tri_backend_counts){backend->launches, programs->built, programs->loaded,
                                       (double)(programs->build_ns + programs->load_ns) / 1e6};
}

int tri_backend_shares(const struct tri_backend *backend, struct tri_share *shares, int most)
{
    return backend->shares != NULL ? backend->shares(backend, shares, most) : 0;
}

double tri_backend_gain(const struct tri_backend *backend, int *fastest)
{
    *fastest = -1;
    return backend->gain != NULL ? backend->gain(backend, fastest) : (double)NAN;
}

enum tri_status tri_backend_plan(struct tri_backend *backend, const struct tri_pipeline *pipeline, const struct tri_shape *in,
                                 struct tri_plan **plan, struct tri_error *error)
{
    bool taken = true;
    enum tri_status status = tri_plan_make(pipeline, in, backend->kind, plan, error);
    if (status == TRI_OK && backend->takes != NULL)
        status = backend->takes(backend, *plan, &taken, error);
    if (status != TRI_OK || taken)
        return status;
    tri_plan_free(*plan);
    *plan = NULL;
    return tri_plan_make(pipeline, in, TRI_PLAN_ALONE, plan, error);
}

enum tri_status tri_job_new(struct tri_backend *backend, const struct tri_pipeline *pipeline, const struct tri_shape *in,
                            struct tri_job **result, struct tri_error *error)
{
    *result = NULL;
    struct tri_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a job");
    job->backend = backend;
    job->pipeline = pipeline;
    job->flight.backend = backend;
    enum tri_status status = tri_backend_plan(backend, pipeline, in, &job->plan, error);
    if (status == TRI_OK)
        status = backend->prepare(job, error);
    if (status == TRI_OK)
        *result = job;
    else
        tri_job_free(job);
    return status;
}

static void land(struct tri_flight *flight)
{
    if (flight->backend->land != NULL)
        flight->backend->land(flight);
}

void tri_job_free(struct tri_job *job)
{
    if (job == NULL)
        return;
    land(&job->flight);
    job->backend->release(job);
    if (job->backend->hangs == NULL || !job->backend->hangs(job->backend))
        tri_plan_free(job->plan);
    free(job);
}

const struct tri_shape *tri_job_shape(const struct tri_job *job)
{
    return &job->plan->out;
}

static enum tri_status check_shapes(const struct tri_job *job, const struct tri_image *in, const struct tri_image *out,
                                    struct tri_error *error)
{
    if (!tri_shape_equal(&in->shape, &job->plan->in) || !tri_shape_equal(&out->shape, &job->plan->out))
        return tri_fail(error, TRI_USAGE, "an image is not of the shape that the job was made for");
    return TRI_OK;
}

enum tri_status tri_job_run(struct tri_job *job, struct tri_image *in, struct tri_image *out, struct tri_timing *timing,
                            struct tri_error *error)
{
    enum tri_status status = check_shapes(job, in, out, error); /* before anything is done to them */
    if (timing != NULL)
        *timing = (struct tri_timing){0};
    tri_flight_time(&job->flight, timing);
    if (status == TRI_OK)
        status = tri_flight_upload(&job->flight, in, error);
    if (status == TRI_OK)
        status = tri_flight_compute(&job->flight, job, out, error);
    if (status == TRI_OK)
        status = tri_flight_download(&job->flight, error);
    tri_flight_time(&job->flight, NULL);
    return status;
}

/* ---- the steps of a run ---- */

enum tri_status tri_flight_new(struct tri_backend *backend, struct tri_flight **flight, struct tri_error *error)
{
    *flight = calloc(1, sizeof **flight);
    if (*flight == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for a frame under way");
    (*flight)->backend = backend;
    return TRI_OK;
}

void tri_flight_free(struct tri_flight *flight)
{
    if (flight != NULL)
        land(flight);
    free(flight);
}

enum tri_status tri_flight_upload(struct tri_flight *flight, struct tri_image *in, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    tri_image_pad(in);
    flight->in = in;
    const enum tri_status status = flight->backend->upload != NULL ? flight->backend->upload(flight, error) : TRI_OK;
    if (flight->timing != NULL)
        flight->timing->upload_ns = tri_now_ns() - start;
    return status;
}

enum tri_status tri_flight_compute(struct tri_flight *flight, struct tri_job *job, struct tri_image *out,
                                   struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    enum tri_status status = check_shapes(job, flight->in, out, error);
    if (status == TRI_OK && job->frames > 0 && job->frame >= job->frames + job->plan->delay)
        status = tri_fail(error, TRI_USAGE, "the job has ended, and nothing is late any more");
    if (status != TRI_OK)
        return status;
    out->padded = false;
    flight->out = out;
    tri_plan_frame(job->plan, job->frame, job->frames, flight->in, out);
    status = job->backend->run(job, flight, error);
    if (status == TRI_OK)
        job->frame++;
    if (flight->timing != NULL)
        flight->timing->kernel_ns = tri_now_ns() - start;
    return status;
}

enum tri_status tri_flight_rows(struct tri_flight *flight, struct tri_job *job, struct tri_image *out, int from, int to,
                                struct tri_error *error)
{
    const enum tri_status status = check_shapes(job, flight->in, out, error);
    if (status != TRI_OK)
        return status;
    out->padded = false;
    flight->out = out;
    tri_plan_frame(job->plan, 0, 0, flight->in, out);
    return job->backend->run_rows(job, flight, from, to, error);
}

enum tri_status tri_flight_download(struct tri_flight *flight, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    const enum tri_status status = flight->backend->download != NULL ? flight->backend->download(flight, error) : TRI_OK;
    if (flight->timing != NULL)
        flight->timing->download_ns = tri_now_ns() - start;
    return status;
}

void tri_flight_time(struct tri_flight *flight, struct tri_timing *timing)
{
    flight->timing = timing;
}

/* ---- what is around the runs ---- */

enum tri_fields tri_job_fields(const struct tri_job *job)
{
    return job->plan->fields;
}

bool tri_job_turned(const struct tri_job *job)
{
    return job->plan->turned;
}

int tri_job_delay(const struct tri_job *job)
{
    return job->plan->delay;
}

void tri_job_end(struct tri_job *job)
{
    if (job->frames == 0)
        job->frames = job->frame;
}

void tri_job_rewind(struct tri_job *job)
{
    job->frame = job->frames = 0;
}

const char *tri_job_data_columns(const struct tri_job *job)
{
    return job->plan->told.channel != 0 ? job->plan->told.columns : NULL;
}

static void print_lines(FILE *to, const struct tri_plan *plan, const unsigned char *plane)
{
    const struct walk_channel *channel = &plan->channels[plan->told.channel];
    for (int y = 0; y < channel->height; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(plane + (ptrdiff_t)y * channel->stride);
        for (int x = 0; x < channel->width; x++)
            plan->told.line(to, x, y, row[x], plan->constants + plan->told_constants);
    }
}

enum tri_status tri_job_data(struct tri_job *job, char **text, struct tri_error *error)
{
    const struct tri_plan *plan = job->plan;
    *text = NULL;
    if (plan->told.channel == 0)
        return tri_fail(error, TRI_USAGE, "no kernel of the pipeline tells anything beside the picture");
    const struct walk_channel *channel = &plan->channels[plan->told.channel];
    const size_t size = (size_t)channel->stride * (size_t)(channel->height - 1) + sizeof(uint32_t) * (size_t)channel->width;
    size_t length;
    unsigned char *plane = malloc(size);
    FILE *to = open_memstream(text, &length);
    enum tri_status status = TRI_OK;
    if (plane == NULL || to == NULL)
        status = tri_fail(error, TRI_FAILED, "no memory for what the pipeline tells");
    if (status == TRI_OK)
        status = job->backend->fetch(job, (long)channel->offset, size, plane, error);
    if (status == TRI_OK)
        print_lines(to, plan, plane);
    /* Without memory for its last copy, fclose succeeds all the same, and there is no text. */
    if (to != NULL && (ferror(to) | (fclose(to) != 0) || *text == NULL) && status == TRI_OK)
        status = tri_fail(error, TRI_FAILED, "no memory for what the pipeline tells");
    free(plane);
    if (status != TRI_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
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
int tri_band_rows_of(const struct tri_stage *stage, int height, int workers)
{
    if (workers == 1)
        return height;
    const int share = (height + workers - 1) / workers;
    int rows = share / 4 < 16 ? 16 : share / 4 > 256 ? 256 : share / 4;
    if (rows < 8 * stage->lead)
        rows = 8 * stage->lead;
    return rows < share ? rows : share;
}

int tri_band_rows(const struct tri_stage *stage, int workers)
{
    return tri_band_rows_of(stage, stage->height, workers);
}
