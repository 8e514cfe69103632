/* kernel_check.c -- checks of kernel files: their known answer, and the rules of exactness. */
#include "measure/kernel_check.h"

#include "pipeline/cut.h"
#include "pipeline/own.h"
#include "pipeline/registry.h"

#include <stdlib.h>
#include <string.h>

/* ---- the known answer ---- */

static enum tri_status picture_of(const struct tri_picture *from, struct tri_image **image,
                                  struct tri_error *error)
{
    const struct tri_shape shape = {from->width, from->height, from->planes, 8};
    const enum tri_status status = tri_image_new(&shape, image, error);

    for (int i = 0; status == TRI_OK && i < from->planes * from->height; i++)
        memcpy(tri_image_row(*image, i / from->height, i % from->height),
               from->samples + (ptrdiff_t)i * from->width, (size_t)from->width);
    return status;
}

/* The frame before, the input and the frame after, where there are such. */
struct known {
    struct tri_image *frames[3], *expected, *out;
    struct tri_pipeline *pipeline;
    struct tri_backend *backend;
    struct tri_job *job;
};

static enum tri_status make_known(const struct tri_known *from, struct known *known,
                                  struct tri_error *error)
{
    const struct tri_backend_options options = {.size = sizeof options, .isa = "scalar"};
    const struct tri_picture *const pictures[3] = {&from->before, &from->in, &from->after};
    enum tri_status status = picture_of(&from->out, &known->expected, error);

    for (int i = 0; i < 3 && status == TRI_OK; i++)
        if (pictures[i]->samples != NULL)
            status = picture_of(pictures[i], &known->frames[i], error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(from->pipeline, &known->pipeline, error);
    if (status == TRI_OK)
        status = tri_backend_open("sequential", &options, &known->backend, error);
    if (status == TRI_OK)
        status = tri_job_new(known->backend, known->pipeline, &known->frames[1]->shape, &known->job,
                             error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(known->job), &known->out, error);
    return status;
}

static enum tri_status compare_known(const struct tri_kernel *kernel, const struct known *known,
                                     struct tri_error *error)
{
    const struct tri_difference at = tri_image_compare(known->expected, known->out);

    if (at.count == 0)
        return TRI_OK;
    if (at.count == UINT64_MAX)
        return tri_fail(error, TRI_DIFFERS,
                        "%s: its known answer has another shape than its result",
                        kernel->about->name);
    return tri_fail(error, TRI_DIFFERS,
                    "%s: its known answer says %d in plane %d at x %d, y %d, but the result is %d",
                    kernel->about->name, at.expected, at.plane, at.x, at.y, at.actual);
}

enum tri_status tri_known_check(const struct tri_kernel *kernel, struct tri_error *error)
{
    struct known known = {0};
    enum tri_status status =
        kernel->known->in.samples == NULL || kernel->known->out.samples == NULL
            ? tri_fail(error, TRI_USAGE, "%s: its known answer lacks a picture",
                       kernel->about->name)
            : make_known(kernel->known, &known, error);

    for (int i = 0; i < 3 && status == TRI_OK; i++)
        if (known.frames[i] != NULL)
            status = tri_job_run(known.job, known.frames[i], known.out, NULL, error);
    if (status == TRI_OK)
        status = compare_known(kernel, &known, error);
    tri_job_free(known.job);
    tri_backend_close(known.backend);
    tri_pipeline_free(known.pipeline);
    for (int i = 0; i < 3; i++)
        tri_image_free(known.frames[i]);
    tri_image_free(known.expected);
    tri_image_free(known.out);
    return status;
}

/* ---- runs with checks ---- */

static enum tri_status check_input(struct tri_backend *backend, struct tri_pipeline *pipeline,
                                   struct tri_image *in, bool goes_on, struct tri_job **job,
                                   struct tri_error *error)
{
    struct tri_image *out = NULL;
    struct tri_shape shape;
    enum tri_status status = tri_pipeline_shape(pipeline, &in->shape, &shape, error);

    if (!goes_on || status != TRI_OK) {
        tri_job_free(*job);
        *job = NULL;
    }
    if (status == TRI_USAGE)
        return TRI_OK;
    if (status == TRI_OK && *job == NULL)
        status = tri_job_new(backend, pipeline, &in->shape, job, error);
    if (status == TRI_OK)
        status = tri_image_new(&shape, &out, error);
    if (status == TRI_OK)
        status = tri_job_run(*job, in, out, NULL, error);
    tri_image_free(out);
    return status;
}

enum tri_status tri_check_pipeline(const char *pipeline, struct tri_image *const *inputs,
                                   int input_count, struct tri_findings *findings,
                                   struct tri_error *error)
{
    struct tri_pipeline *parsed = NULL;
    struct tri_backend *backend = NULL;
    struct tri_job *job = NULL;
    enum tri_status status = tri_pipeline_parse(pipeline, &parsed, error);

    if (status == TRI_OK)
        status = tri_check_open(findings, &backend, error);
    for (int i = 0; i < input_count && status == TRI_OK; i++)
        status = check_input(backend, parsed, inputs[i],
                             i > 0 && job != NULL &&
                                 tri_shape_equal(&inputs[i - 1]->shape, &inputs[i]->shape),
                             &job, error);
    tri_job_free(job);
    tri_backend_close(backend);
    tri_pipeline_free(parsed);
    return status;
}

/* ---- words ---- */

/* A word that ends in '_' stands for all that begin with it. */
static const char *const forbidden[] = {
    "mad", "mad24", "fma",    "exp",  "exp2",    "log",   "log2",        "pow",       "sin",
    "cos", "tan",   "double", "half", "native_", "half_", "FP_CONTRACT", "sampler_t", "image2d_t"};

static const char *find_forbidden(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        const size_t own = strlen(forbidden[i]);
        const bool begins = forbidden[i][own - 1] == '_';
        if ((begins ? length > own : length == own) && strncmp(word, forbidden[i], own) == 0)
            return forbidden[i];
    }
    return NULL;
}

struct words {
    const char *text, *path;
    struct tri_findings *findings;
};

static bool visit(const char *word, size_t length, void *context)
{
    const struct words *words = context;
    struct tri_findings *findings = words->findings;
    const char *found = find_forbidden(word, length);
    unsigned line = 1;

    if (found == NULL || findings->count == TRI_FINDINGS_MAX)
        return false;
    for (const char *at = words->text; at < word; at++)
        line += *at == '\n';
    findings->list[findings->count++] =
        (struct tri_finding){.rule = OWN_WORD, .line = line, .file = words->path, .word = found};
    return false;
}

void tri_check_words(const struct tri_kernel *kernel, struct tri_findings *findings)
{
    const char *path = tri_own_path(kernel->own);
    struct words words = {tri_source_find(path), path, findings};

    if (words.text != NULL)
        tri_source_each_word(words.text, visit, &words);
}
