/* backend.c -- backends by name, and jobs on them. */
#include "backend.h"
#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../pipeline/registry.h"
#include "../sized.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 1024

static enum tri_status open_threads(const char *on, const char *count,
                                    const struct tri_backend_options *options,
                                    struct tri_backend **backend, struct tri_error *error)
{
    char *end = NULL;
    const long workers = isdigit((unsigned char)count[0]) ? strtol(count, &end, 10) : 0;
    if (end == NULL || *end != '\0' || workers < 1 || workers > WORKERS_MAX)
        return tri_fail(error, TRI_USAGE,
                        "backend '%s': the number of threads must be from 1 to %d", on,
                        WORKERS_MAX);
    return tri_native_open((int)workers, options, backend, error);
}

/* A GPU if there is one; otherwise threads, with a note. */
static enum tri_status open_auto(const struct tri_backend_options *options,
                                 struct tri_backend **backend, struct tri_error *error)
{
    struct tri_error why;
    if (tri_opencl_open("gpu", backend, &why) == TRI_OK) {
        tri_backend_add_note(*backend, "auto chose %s, %.160s", (*backend)->info.name,
                             (*backend)->info.device);
        return TRI_OK;
    }
    const enum tri_status status = tri_native_open(tri_cpu_workers(), options, backend, error);
    if (strncmp(why.text, TRI_NO_OPENCL, sizeof TRI_NO_OPENCL - 1) ==
        0) /* the reason is a note of its own */
        why.text[strcspn(why.text, ":")] = '\0';
    if (status == TRI_OK)
        tri_backend_add_note(*backend, "auto chose %s (%s): %.200s", (*backend)->info.name,
                             (*backend)->info.isa, why.text);
    return status;
}

SIZED_CHECK(tri_backend_options, listener);
static const struct tri_sized sized_options = {
    "tri_backend_options", sizeof(struct tri_backend_options), sizeof(struct tri_backend_options)};

enum tri_status tri_backend_open(const char *on, const struct tri_backend_options *options,
                                 struct tri_backend **backend, struct tri_error *error)
{
    struct tri_backend_options own;
    *backend = NULL;
    if (tri_sized_take(&sized_options, options, &own, error) != TRI_OK)
        return TRI_USAGE;
    options = &own;
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
                    "unknown backend '%s'; expected sequential, threads[:N], opencl[:DEVICE], "
                    "auto, all, or several joined by '+'",
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

enum tri_status tri_image_new_for(struct tri_backend *backend, const struct tri_shape *shape,
                                  struct tri_image **image, struct tri_error *error)
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
    line[strcspn(line, "\n")] = '\0'; /* build logs continue on further lines */
    const size_t used = strlen(backend->note), length = strlen(line);
    if (used + length + 2 <= sizeof backend->note)
        snprintf(backend->note + used, sizeof backend->note - used, "%s%s", used > 0 ? "\n" : "",
                 line);
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

/* Whether the file of `other` has what `pass` is made of: variants of a pass end in a number, which
 * macros add. */
static bool file_has(const struct tri_pass *other, const struct tri_pass *pass)
{
    const char *text = tri_source_find(other->file), *name = pass->name;
    const size_t length = strlen(name);
    size_t stem = length;
    while (stem > 0 && name[stem - 1] >= '0' && name[stem - 1] <= '9')
        stem--;
    stem -= stem > 0 && stem < length && name[stem - 1] == '_';
    return text != NULL && memmem(text, strlen(text), name, stem > 0 ? stem : length) != NULL;
}

/* Whether passes of different files have one name, as where a kernel file is a changed copy of
 * another: a stage is one text on devices. */
static bool names_clash(const struct tri_plan *plan)
{
    for (int s = 0; s < plan->stage_count; s++) {
        const struct tri_stage *stage = &plan->stages[s];
        for (int i = 0; i < stage->pass_count; i++) {
            for (int k = 0; k < stage->pass_count; k++) {
                const struct tri_pass *own = stage->passes[i], *other = stage->passes[k];
                if (own->own != NULL && strcmp(own->file, other->file) != 0 && file_has(other, own))
                    return true;
            }
        }
    }
    return false;
}

static enum tri_status takes(struct tri_backend *backend, const struct tri_plan *plan, bool *taken,
                             struct tri_error *error)
{
    *taken = true;
    const enum tri_status status =
        backend->takes != NULL ? backend->takes(backend, plan, taken, error) : TRI_OK;
    *taken &= !(backend->info.opencl && names_clash(plan));
    return status;
}

enum tri_status tri_backend_plan(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                 const struct tri_shape *in, struct tri_plan **plan,
                                 struct tri_error *error)
{
    enum tri_plan_kind kind = backend->kind;
    for (;;) {
        bool taken = true;
        enum tri_status status = tri_plan_make(pipeline, in, kind, &backend->walk, plan, error);
        if (status == TRI_OK && kind != TRI_PLAN_ALONE)
            status = takes(backend, *plan, &taken, error);
        if (status != TRI_OK || taken)
            return status;
        tri_plan_free(*plan);
        *plan = NULL;
        kind = kind == TRI_PLAN_TILES ? TRI_PLAN_PLANES : TRI_PLAN_ALONE;
    }
}

static enum tri_status check_with(const struct tri_pipeline *pipeline, struct tri_error *error)
{
    if (!pipeline->takes_with || pipeline->with != NULL || pipeline->noise)
        return TRI_OK;
    return tri_fail(error, TRI_USAGE, "%s needs a second picture; name it with --with",
                    pipeline->text);
}

static enum tri_status new_job(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                               const struct tri_shape *in, bool sparse, struct tri_job **result,
                               struct tri_error *error)
{
    *result = NULL;
    struct tri_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a job");
    job->backend = backend;
    job->pipeline = pipeline;
    job->sparse = sparse;
    job->inflight.backend = backend;
    enum tri_status status = check_with(pipeline, error);
    if (status == TRI_OK)
        status = tri_backend_plan(backend, pipeline, in, &job->plan, error);
    if (status == TRI_OK)
        status = backend->prepare(job, error);
    if (status == TRI_OK)
        status = tri_job_keep_with(job, error);
    if (status != TRI_OK) {
        tri_job_free(job);
        return status;
    }
    job->out = job->plan->out;
    *result = job;
    return TRI_OK;
}

enum tri_status tri_job_new(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                            const struct tri_shape *in, struct tri_job **result,
                            struct tri_error *error)
{
    return new_job(backend, pipeline, in, false, result, error);
}

enum tri_status tri_job_new_sparse(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                                   const struct tri_shape *in, struct tri_job **result,
                                   struct tri_error *error)
{
    return new_job(backend, pipeline, in, true, result, error);
}

static void release_inflight(struct tri_inflight *inflight)
{
    if (inflight->backend->release_inflight != NULL)
        inflight->backend->release_inflight(inflight);
    for (int i = 0; i < 2; i++)
        tri_image_free(inflight->padded[i]);
}

void tri_job_free(struct tri_job *job)
{
    if (job == NULL)
        return;
    release_inflight(&job->inflight);
    job->backend->release(job);
    if (job->backend->hangs == NULL || !job->backend->hangs(job->backend))
        tri_plan_free(job->plan);
    free(job);
}

const struct tri_shape *tri_job_shape(const struct tri_job *job)
{
    return &job->out;
}

static enum tri_status check_shapes(const struct tri_job *job, const struct tri_image *in,
                                    const struct tri_image *out, struct tri_error *error)
{
    if (!tri_shape_equal(&in->shape, &job->plan->in) ||
        !tri_shape_equal(&out->shape, &job->plan->out))
        return tri_fail(error, TRI_USAGE, "an image's shape is not the one the job was made for");
    return TRI_OK;
}

enum tri_status tri_job_run(struct tri_job *job, struct tri_image *in, struct tri_image *out,
                            struct tri_timing *timing, struct tri_error *error)
{
    enum tri_status status = check_shapes(job, in, out, error); /* before touching them */
    if (timing != NULL)
        *timing = (struct tri_timing){0};
    tri_inflight_time(&job->inflight, timing);
    if (status == TRI_OK)
        status = tri_inflight_upload(&job->inflight, in, error);
    if (status == TRI_OK)
        status = tri_inflight_compute(&job->inflight, job, out, error);
    if (status == TRI_OK)
        status = tri_inflight_download(&job->inflight, error);
    tri_inflight_time(&job->inflight, NULL);
    return status;
}

/* ---- the steps of a run ---- */

enum tri_status tri_inflight_new(struct tri_backend *backend, struct tri_inflight **inflight,
                                 struct tri_error *error)
{
    *inflight = calloc(1, sizeof **inflight);
    if (*inflight == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a frame in flight");
    (*inflight)->backend = backend;
    return TRI_OK;
}

void tri_inflight_free(struct tri_inflight *inflight)
{
    if (inflight != NULL)
        release_inflight(inflight);
    free(inflight);
}

/* The image itself, or the padded image that belongs to the frame in flight. */
static enum tri_status padded_instead(struct tri_inflight *inflight, int which,
                                      struct tri_image *image, struct tri_image **use,
                                      struct tri_error *error)
{
    struct tri_image **padded = &inflight->padded[which];
    *use = image;
    if (!inflight->backend->pads || !tri_image_packed(image))
        return TRI_OK;
    if (*padded != NULL && !tri_shape_equal(&(*padded)->shape, &image->shape)) {
        tri_image_free(*padded);
        *padded = NULL;
    }
    const enum tri_status status =
        *padded == NULL
            ? tri_image_new_padded(inflight->backend->memory, &image->shape, padded, error)
            : TRI_OK;
    *use = *padded;
    return status;
}

static void copy_planes(const struct tri_image *from, struct tri_image *to)
{
    for (int p = 0; p < from->shape.planes; p++)
        tri_image_copy_plane(from, p, to, p);
}

enum tri_status tri_inflight_upload(struct tri_inflight *inflight, struct tri_image *in,
                                    struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    enum tri_status status = padded_instead(inflight, 0, in, &inflight->in, error);
    if (status != TRI_OK)
        return status;
    if (inflight->in != in)
        copy_planes(in, inflight->in);
    if (inflight->backend->upload != NULL) {
        tri_image_pad(inflight->in);
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_PLAN, "upload");
        status = inflight->backend->upload(inflight, error);
        tri_trace_end_bytes(mark, (int64_t)inflight->in->memory_size);
    }
    if (inflight->timing != NULL)
        inflight->timing->upload_ns = tri_now_ns() - start;
    return status;
}

/* Kernels that work on images in place are known only now, and may not read the padding. */
static void pad_input(const struct tri_job *job, struct tri_image *in)
{
    if (job->plan->reads_padding && job->backend->pad != NULL)
        job->backend->pad(job->backend, in);
    else if (job->plan->reads_padding)
        tri_image_pad(in);
}

/* A span named after the backend: several may share an image. */
static tri_trace_mark begin_run(const struct tri_job *job, int first, int rows)
{
    struct tri_backend *backend = job->backend;
    if (!tri_tracing())
        return 0;
    if (atomic_load(&backend->traced_name) == NULL)
        atomic_store(&backend->traced_name, tri_trace_text(backend->info.name));
    return tri_trace_begin_rows(TRI_TRACE_PLAN, atomic_load(&backend->traced_name), first, rows);
}

enum tri_status tri_inflight_compute(struct tri_inflight *inflight, struct tri_job *job,
                                     struct tri_image *out, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    enum tri_status status = check_shapes(job, inflight->in, out, error);
    if (status == TRI_OK && job->frames > 0 && job->frame >= job->frames + job->plan->delay)
        status = tri_fail(error, TRI_USAGE, "the job has ended and has no delayed output left");
    if (status == TRI_OK)
        status = padded_instead(inflight, 1, out, &inflight->out, error);
    if (status != TRI_OK)
        return status;
    if (!job->backend->pads_in_run)
        pad_input(job, inflight->in);
    out->padded = inflight->out->padded = false;
    inflight->asked = out;
    tri_plan_time(job->plan, job->frame, job->frames, job->timed, job->seconds);
    tri_plan_frame(job->plan, job->frame, job->frames, inflight->in, inflight->out);
    const tri_trace_mark mark = begin_run(job, 0, job->plan->out.height);
    status = job->backend->run(job, inflight, error);
    tri_trace_end(mark);
    if (status == TRI_OK)
        job->frame++;
    if (inflight->timing != NULL)
        inflight->timing->kernel_ns = tri_now_ns() - start;
    return status;
}

enum tri_status tri_inflight_rows(struct tri_inflight *inflight, struct tri_job *job,
                                  struct tri_image *out, int from, int to, struct tri_error *error)
{
    const enum tri_status status = check_shapes(job, inflight->in, out, error);
    if (status != TRI_OK)
        return status;
    pad_input(job, inflight->in);
    out->padded = false;
    inflight->out = inflight->asked = out;
    tri_plan_frame(job->plan, 0, 0, inflight->in, out);
    const tri_trace_mark mark = begin_run(job, from, to - from);
    const enum tri_status run = job->backend->run_rows(job, inflight, from, to, error);
    tri_trace_end(mark);
    return run;
}

enum tri_status tri_inflight_download(struct tri_inflight *inflight, struct tri_error *error)
{
    const int64_t start = tri_now_ns();
    enum tri_status status = TRI_OK;
    if (inflight->backend->download != NULL) {
        const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_PLAN, "download");
        status = inflight->backend->download(inflight, error);
        tri_trace_end_bytes(mark, (int64_t)inflight->out->memory_size);
    }
    if (status == TRI_OK && inflight->out != inflight->asked)
        copy_planes(inflight->out, inflight->asked);
    if (inflight->timing != NULL)
        inflight->timing->download_ns = tri_now_ns() - start;
    return status;
}

void tri_inflight_time(struct tri_inflight *inflight, struct tri_timing *timing)
{
    inflight->timing = timing;
}

/* ---- around the runs ---- */

enum tri_fields tri_job_fields(const struct tri_job *job)
{
    return job->plan->fields;
}

bool tri_job_transposed(const struct tri_job *job)
{
    return job->plan->transposed;
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

void tri_job_set_time(struct tri_job *job, double seconds)
{
    job->timed = true;
    job->seconds = seconds;
}

void tri_job_rewind(struct tri_job *job)
{
    job->frame = job->frames = 0;
}

const char *tri_job_data_columns(const struct tri_job *job)
{
    return job->plan->told.channel != 0 ? job->plan->told.columns : NULL;
}

/* Gets the data of the last run, whose memory is to be freed. */
static enum tri_status fetch_data(struct tri_job *job, struct tri_data *data, unsigned char **plane,
                                  struct tri_error *error)
{
    const struct tri_plan *plan = job->plan;
    *plane = NULL;
    if (plan->told.channel == 0)
        return tri_fail(error, TRI_USAGE,
                        "no kernel of the pipeline outputs data besides the image");
    const struct walk_channel *channel = &plan->channels[plan->told.channel];
    const size_t size = (size_t)channel->stride * (size_t)(channel->height - 1) +
                        sizeof(uint32_t) * (size_t)channel->width;
    *plane = malloc(size);
    if (*plane == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the pipeline's data");
    *data = (struct tri_data){channel->width,
                              channel->height,
                              plan->in.bits,
                              channel->stride / (long)sizeof(uint32_t),
                              (const uint32_t *)(const void *)*plane,
                              plan->constants + plan->told_constants};
    return job->backend->fetch(job, (long)channel->offset, size, *plane, error);
}

static void print_lines(FILE *to, const struct tri_told *told, const struct tri_data *data)
{
    if (told->table != NULL) {
        told->table(to, data);
        return;
    }
    for (int y = 0; y < data->height; y++) {
        const uint32_t *row = data->samples + y * data->stride;
        for (int x = 0; x < data->width; x++)
            told->line(to, x, y, row[x], data->constants);
    }
}

enum tri_status tri_job_data(struct tri_job *job, char **text, struct tri_error *error)
{
    struct tri_data data;
    unsigned char *plane;
    size_t length;
    *text = NULL;
    enum tri_status status = fetch_data(job, &data, &plane, error);
    FILE *to = status == TRI_OK ? open_memstream(text, &length) : NULL;
    if (status == TRI_OK && to != NULL)
        print_lines(to, &job->plan->told, &data);
    /* If fclose lacks memory for its last copy, it still succeeds but leaves no text. */
    if (status == TRI_OK && (to == NULL || (ferror(to) | (fclose(to) != 0)) != 0 || *text == NULL))
        status = tri_fail(error, TRI_FAILED, "out of memory for the pipeline's data");
    free(plane);
    if (status != TRI_OK) {
        free(*text);
        *text = NULL;
    }
    return status;
}

enum tri_status tri_job_use_data(struct tri_job *job,
                                 void (*use)(void *of, const struct tri_data *data), void *of,
                                 struct tri_error *error)
{
    struct tri_data data;
    unsigned char *plane;
    const enum tri_status status = fetch_data(job, &data, &plane, error);
    if (status == TRI_OK)
        use(of, &data);
    free(plane);
    return status;
}

static void add_counts(const struct tri_histogram *histogram, bool extremes,
                       const unsigned char *scratch, uint64_t *count)
{
    const uint32_t *table = (const uint32_t *)(const void *)(scratch + histogram->offset);
    for (int copy = 0; copy < histogram->tables; copy++, table += histogram->bins) {
        for (int i = 0; i < histogram->bins; i++)
            tri_count_join(&count[i], table[i], extremes);
    }
}

void tri_stage_count(struct tri_plan *plan, int number, const unsigned char *scratch,
                     size_t scratch_step, int workers)
{
    const struct tri_stage *stage = &plan->stages[number];
    for (int t = 0; t < stage->histogram_count; t++) {
        const struct tri_counted *counted = &plan->counted[stage->histograms[t].number - 1];
        for (int w = 0; w < workers; w++)
            add_counts(&stage->histograms[t], counted->extremes, scratch + (size_t)w * scratch_step,
                       plan->counts + counted->first);
    }
}

void tri_stage_complete(struct tri_plan *plan, int number)
{
    for (int f = 0; f < plan->finish_count; f++) {
        const struct tri_finish *finish = &plan->finishes[f];
        if (finish->stage != number)
            continue;
        const struct tri_counted *counted = &plan->counted[finish->histogram - 1];
        struct tri_counts counts = {1 << plan->in.bits, plan->counts + counted->first, 0};
        for (int i = 0; i < counted->bins && !counted->extremes; i++)
            counts.total += counts.count[i];
        finish->finish(&counts, &finish->operation, plan->constants + finish->constants);
    }
}

void tri_stage_finish(struct tri_plan *plan, int number, const unsigned char *scratch,
                      size_t scratch_step, int workers)
{
    tri_stage_count(plan, number, scratch, scratch_step, workers);
    tri_stage_complete(plan, number);
}

/* Rows that count regions are few and dear, as are those of an update of one column, which stand
 * for what it changes elsewhere. */
static bool has_dear_rows(const struct tri_stage *stage)
{
    return stage->nodes[0].kind == PASS_REGIONS ||
           (stage->nodes[0].kind == PASS_UPDATE && stage->facts[0].width == 1);
}

/* Each strip recomputes `lead` rows at its edge, so strips grow with `lead`. */
int tri_strip_rows(const struct tri_stage *stage, int workers)
{
    if (workers == 1)
        return stage->height;
    const int share = (stage->height + workers - 1) / workers;
    if (has_dear_rows(stage))
        return share;
    int rows = share / 4 < 16 ? 16 : share / 4 > 256 ? 256 : share / 4;
    if (rows < 8 * stage->lead)
        rows = 8 * stage->lead;
    return rows < share ? rows : share;
}

/* Rows that a strip makes although its neighbour makes them too. The first row of a slide sums a
 * window, which costs about a third of as many rows. A block is not worth cutting. */
static int rows_made_again(const struct tri_stage *stage)
{
    int again = stage->lead;
    for (int i = 0; i < stage->node_count; i++) {
        const struct walk_node *node = &stage->nodes[i];
        const int window = node->kind == PASS_SLIDE ? (node->rows[1] - node->rows[0]) / 3 : 0;
        again = window > again ? window : again;
        again = node->block / 4 > again ? node->block / 4 : again;
    }
    return again;
}

int tri_strip_least(const struct tri_stage *stage)
{
    const int again = rows_made_again(stage);
    return has_dear_rows(stage) ? 1 : again < 4 ? 8 : 2 * again;
}

#define SHARE_WORTH_CUTTING 16 /* times the rows that a strip makes again: bench/scaling.c */

int tri_strip_next(const struct tri_stage *stage, int workers, int rows, int left)
{
    const int share = (rows + workers - 1) / workers, least = tri_strip_least(stage);
    int next = left / workers > least ? left / workers : least;
    if (share < SHARE_WORTH_CUTTING * rows_made_again(stage))
        next = share;
    return workers > 1 && next < left ? next : left;
}
