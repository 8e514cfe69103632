/* diagnose.c -- if outputs differ: finds the smallest image that shows it, and the first operation
 * and pass that differ. */
#include "measure/measure.h"

#include "backend/lockstep.h"
#include "image/image.h"
#include "pipeline/graph.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS 10 /* for shrinking; then the result so far is small enough */

struct search {
    struct tri_backend *reference, *backend;
    const struct tri_pipeline *pipeline;
    struct tri_image *const *frames; /* those that differ, uncut */
    int64_t until;
    struct tri_error error; /* of the last attempt */
};

/* A section of some of the frames. */
struct cut {
    int first, count; /* frames */
    int plane;        /* -1: all */
    int x, y, width, height;
};

static void free_frames(struct tri_image **frames, int count)
{
    for (int i = 0; frames != NULL && i < count; i++)
        tri_image_free(frames[i]);
    free(frames);
}

static enum tri_status cut_frame(const struct tri_image *from, const struct cut *cut,
                                 struct tri_image **to, struct tri_error *error)
{
    const int first = cut->plane < 0 ? 0 : cut->plane;
    const size_t size = tri_sample_bytes(&from->shape);
    struct tri_shape shape = {cut->width, cut->height, cut->plane < 0 ? from->shape.planes : 1,
                              from->shape.bits};
    enum tri_status status = tri_image_new(&shape, to, error);

    for (int p = 0; status == TRI_OK && p < shape.planes; p++)
        for (int y = 0; y < cut->height; y++) {
            const unsigned char *row = tri_image_row(from, first + p, cut->y + y);
            memcpy(tri_image_row(*to, p, y), row + (size_t)cut->x * size,
                   (size_t)cut->width * size);
        }
    if (status == TRI_OK)
        (*to)->padded = false;
    return status;
}

/* NULL if out of memory. */
static struct tri_image **cut_frames(const struct search *search, const struct cut *cut)
{
    struct tri_image **frames = calloc((size_t)cut->count, sizeof(struct tri_image *));
    struct tri_error error;

    for (int i = 0; frames != NULL && i < cut->count; i++)
        if (cut_frame(search->frames[cut->first + i], cut, &frames[i], &error) != TRI_OK) {
            free_frames(frames, cut->count);
            return NULL;
        }
    return frames;
}

/* The outputs of both for frame `last`: the first that differs, or the final one. */
struct outputs {
    struct tri_image *expected, *actual;
    int last;
};

static void free_outputs(struct outputs *outputs)
{
    tri_image_free(outputs->expected);
    tri_image_free(outputs->actual);
    *outputs = (struct outputs){0};
}

static enum tri_status run_both(struct tri_job *jobs[2], struct tri_image **frames, int count,
                                struct outputs *outputs, bool *differ, struct tri_error *error)
{
    enum tri_status status = tri_image_new(tri_job_shape(jobs[0]), &outputs->expected, error);

    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(jobs[0]), &outputs->actual, error);
    for (int i = 0; status == TRI_OK && i < count && !*differ; i++) {
        memset(outputs->actual->memory, 0xA5, outputs->actual->memory_size);
        status = tri_job_run(jobs[0], frames[i], outputs->expected, NULL, error);
        if (status == TRI_OK)
            status = tri_job_run(jobs[1], frames[i], outputs->actual, NULL, error);
        if (status == TRI_OK)
            *differ = tri_image_compare(outputs->expected, outputs->actual).count > 0;
        outputs->last = i;
    }
    return status;
}

/* Whether the frames give different outputs, which `wanted` then gets unless NULL. If either cannot
 * run, they do not differ. */
static bool differs(struct search *search, const struct tri_pipeline *pipeline,
                    struct tri_image **frames, int count, struct outputs *wanted)
{
    struct tri_job *jobs[2] = {NULL, NULL};
    struct outputs outputs = {0};
    bool differ = false;
    enum tri_status status =
        tri_job_new(search->reference, pipeline, &frames[0]->shape, &jobs[0], &search->error);

    if (status == TRI_OK)
        status =
            tri_job_new(search->backend, pipeline, &frames[0]->shape, &jobs[1], &search->error);
    if (status == TRI_OK)
        status = run_both(jobs, frames, count, &outputs, &differ, &search->error);
    tri_job_free(jobs[0]);
    tri_job_free(jobs[1]);
    if (wanted != NULL && status == TRI_OK && differ)
        *wanted = outputs;
    else
        free_outputs(&outputs);
    return status == TRI_OK && differ;
}

static bool cut_differs(struct search *search, const struct cut *cut)
{
    struct tri_image **frames = cut_frames(search, cut);
    bool differ = frames != NULL && differs(search, search->pipeline, frames, cut->count, NULL);

    free_frames(frames, cut->count);
    return differ;
}

static bool take(struct search *search, struct cut *cut, const struct cut *smaller)
{
    if (tri_now_ns() > search->until || !cut_differs(search, smaller))
        return false;
    *cut = *smaller;
    return true;
}

/* Removes `step` columns or rows at either end for as long as the outputs still differ. */
static bool shrink_by(struct search *search, struct cut *cut, int step)
{
    bool any = false;

    for (bool more = true; more;) {
        more = false;
        for (int side = 0; side < 4; side++) {
            struct cut smaller = *cut;
            int *size = side < 2 ? &smaller.width : &smaller.height,
                *from = side < 2 ? &smaller.x : &smaller.y;

            if (*size <= step)
                continue;
            *size -= step;
            *from += side % 2 == 0 ? step : 0;
            more |= take(search, cut, &smaller);
        }
        any |= more;
    }
    return any;
}

static void shrink(struct search *search, struct cut *cut, const struct tri_difference *difference)
{
    struct cut smaller = *cut;

    smaller.first += cut->count - 1;
    smaller.count = 1;
    if (cut->count > 1)
        take(search, cut, &smaller);
    for (int p = 0, planes = search->frames[0]->shape.planes;
         p < planes && planes > 1 && cut->plane < 0; p++) {
        smaller = *cut;
        smaller.plane = (difference->plane + p) % planes;
        take(search, cut, &smaller);
    }
    /* Distant samples rarely matter: this attempt saves many others. */
    smaller = *cut;
    smaller.x = difference->x > 40 ? difference->x - 40 : 0;
    smaller.y = difference->y > 40 ? difference->y - 40 : 0;
    if (smaller.x < cut->width && smaller.y < cut->height) {
        smaller.width = cut->width - smaller.x < 80 ? cut->width - smaller.x : 80;
        smaller.height = cut->height - smaller.y < 80 ? cut->height - smaller.y : 80;
        take(search, cut, &smaller);
    }
    int step = cut->width > cut->height ? cut->width : cut->height;
    while ((step /= 2) > 0)
        shrink_by(search, cut, step);
    while (shrink_by(search, cut, 1) && tri_now_ns() < search->until)
        continue;
}

/* The first `length` operations of a pipeline. */
static struct tri_pipeline *prefix_of(const struct tri_pipeline *pipeline, int length)
{
    struct tri_pipeline *prefix = NULL;

    if (tri_pipeline_begin(pipeline, length, &prefix, NULL) == TRI_OK) {
        tri_pipeline_limit(prefix, UINT64_MAX); /* the full pipeline has passed its own limit */
        tri_pipeline_noise(prefix);
    }
    return prefix;
}

/* Runs every pass alone. This need not show the fault, which may need passes that run together. */
static void find_pass(struct search *search, const struct tri_pipeline *prefix,
                      struct tri_image **frames, int count, struct tri_diagnosis *diagnosis)
{
    struct tri_mismatch mismatch = {.found = false};
    const enum tri_plan_kind kind = search->backend->kind;

    search->backend->kind = TRI_PLAN_ALONE;
    if (tri_lockstep(search->reference, search->backend, prefix, frames, count, &mismatch,
                     &search->error) == TRI_OK &&
        mismatch.found) {
        diagnosis->pass = mismatch.pass;
        diagnosis->file = mismatch.file;
        diagnosis->pass_x = mismatch.x;
        diagnosis->pass_y = mismatch.y;
        diagnosis->pass_expected = mismatch.expected;
        diagnosis->pass_actual = mismatch.actual;
    }
    search->backend->kind = kind;
}

static void find_step(struct search *search, struct tri_image **frames, int count,
                      struct tri_diagnosis *diagnosis)
{
    const int length = tri_pipeline_length(search->pipeline);

    for (int i = 1; i <= length; i++) {
        struct tri_pipeline *prefix = prefix_of(search->pipeline, i);
        bool first =
            prefix != NULL && (i == length || differs(search, prefix, frames, count, NULL));

        if (first) {
            diagnosis->step = i;
            diagnosis->kernel = tri_pipeline_kernel(prefix, i - 1);
            find_pass(search, prefix, frames, count, diagnosis);
        }
        tri_pipeline_free(prefix);
        if (first)
            return;
    }
}

/* Finds the first run of successive inputs of one shape whose outputs differ: its first input, and
 * how many are needed. */
static bool find_frames(struct search *search, struct tri_image *const *inputs, int input_count,
                        int from, int *first, int *count, struct tri_difference *difference)
{
    for (int i = 0; i < input_count; i += *count) {
        struct outputs outputs = {0};

        *first = i;
        for (*count = 1; i + *count < input_count &&
                         tri_shape_equal(&inputs[i]->shape, &inputs[i + *count]->shape);)
            ++*count;
        if (i + *count <= from)
            continue;
        if (!differs(search, search->pipeline, (struct tri_image **)(uintptr_t)(inputs + i), *count,
                     &outputs))
            continue;
        *count = outputs.last + 1;
        *difference = tri_image_compare(outputs.expected, outputs.actual);
        free_outputs(&outputs);
        return true;
    }
    return false;
}

static enum tri_status search_all(struct search *search, struct tri_image *const *inputs,
                                  int input_count, int from, struct tri_diagnosis *diagnosis,
                                  struct tri_error *error)
{
    struct tri_difference difference;
    struct outputs outputs = {0};
    int first = 0, count = 1;

    if (!find_frames(search, inputs, input_count, from, &first, &count, &difference))
        return TRI_OK;
    struct cut cut = {.count = count,
                      .plane = -1,
                      .width = inputs[first]->shape.width,
                      .height = inputs[first]->shape.height};
    search->frames = inputs + first;
    search->until = tri_now_ns() + SECONDS * INT64_C(1000000000);
    shrink(search, &cut, &difference);
    struct tri_image **frames = cut_frames(search, &cut);
    if (frames == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory while searching for the difference");
    if (differs(search, search->pipeline, frames, cut.count, &outputs)) {
        diagnosis->expected = outputs.expected;
        diagnosis->actual = outputs.actual;
        diagnosis->frames = cut.count;
        diagnosis->x = cut.x;
        diagnosis->y = cut.y;
        diagnosis->plane = cut.plane;
        find_step(search, frames, cut.count, diagnosis);
        diagnosis->in = frames[outputs.last];
        frames[outputs.last] = NULL;
    }
    free_frames(frames, cut.count);
    return TRI_OK;
}

enum tri_status tri_diagnose(const struct tri_candidates *candidates, int contender,
                             const struct tri_verify_result *result,
                             struct tri_image *const *inputs, int input_count,
                             struct tri_diagnosis *diagnosis, struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    enum tri_status status = tri_candidates_parse(candidates, result->pipeline, &pipeline, error);

    *diagnosis =
        (struct tri_diagnosis){.plane = -1, .info = candidates->contenders[contender].info};
    if (status != TRI_OK)
        return status;
    struct search search = {.reference = candidates->contenders[0].backend,
                            .backend = candidates->contenders[contender].backend,
                            .pipeline = pipeline};
    const bool unqualified = search.backend->unqualified;
    search.backend->unqualified |= result->refused;
    status = search_all(&search, inputs, input_count, result->differ > 0 ? result->input : 0,
                        diagnosis, error);
    search.backend->unqualified = unqualified;
    tri_pipeline_free(pipeline);
    return status;
}

void tri_diagnosis_free(struct tri_diagnosis *diagnosis)
{
    tri_image_free(diagnosis->in);
    tri_image_free(diagnosis->expected);
    tri_image_free(diagnosis->actual);
    *diagnosis = (struct tri_diagnosis){.plane = -1};
}
