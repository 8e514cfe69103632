/* verify.c -- every backend against sequential scalar, byte by byte. */
#include "measure/measure.h"

#include "backend/backend.h"

#include <stdlib.h>
#include <string.h>

/* The outputs of sequential scalar for all inputs; NULL if the pipeline does not accept an input.
 */
struct reference {
    struct tri_pipeline *pipeline;
    struct tri_image *const *inputs;
    struct tri_image **outputs;
    int count;
};

static void fail_result(struct tri_verify_result *result, const struct tri_error *error)
{
    snprintf(result->failure, sizeof result->failure, "%.*s", (int)strcspn(error->text, "\n"),
             error->text);
}

/* Runs one input; the same job continues with the next frame while the shape stays the same. */
static enum tri_status run_frame(struct tri_backend *backend, const struct reference *reference,
                                 int index, struct tri_job **job, struct tri_image *out,
                                 struct tri_error *error)
{
    const struct tri_shape *shape = &reference->inputs[index]->shape;
    bool goes_on =
        index > 0 && *job && tri_shape_equal(&reference->inputs[index - 1]->shape, shape);

    if (!goes_on) {
        tri_job_free(*job);
        *job = NULL;
        enum tri_status status = tri_job_new(backend, reference->pipeline, shape, job, error);
        if (status != TRI_OK)
            return status;
    }
    memset(out->memory, 0xA5, out->memory_size); /* unwritten samples must show */
    out->padded = false;
    return tri_job_run(*job, reference->inputs[index], out, NULL, error);
}

static enum tri_status make_reference(const struct tri_candidates *candidates,
                                      struct reference *reference, bool all_shapes,
                                      struct tri_error *error)
{
    struct tri_job *job = NULL;
    enum tri_status status = TRI_OK;

    for (int i = 0; i < reference->count && status == TRI_OK; i++) {
        struct tri_shape shape;

        status =
            tri_pipeline_shape(reference->pipeline, &reference->inputs[i]->shape, &shape, error);
        if (status == TRI_USAGE && !all_shapes) {
            status = TRI_OK;
            continue;
        }
        if (status == TRI_OK)
            status = tri_image_new(&shape, &reference->outputs[i], error);
        if (status == TRI_OK)
            status = run_frame(candidates->contenders[0].backend, reference, i, &job,
                               reference->outputs[i], error);
    }
    tri_job_free(job);
    return status;
}

static void note_difference(struct tri_verify_result *result, int input, const struct tri_image *in,
                            const struct tri_image *expected, const struct tri_image *actual)
{
    struct tri_difference difference = tri_image_compare(expected, actual);

    result->compared++;
    if (difference.count == 0)
        return;
    if (result->differ++ == 0) {
        result->difference = difference;
        result->in = in->shape;
        result->input = input;
        result->out = expected->shape;
    }
}

static enum tri_status verify_contender(struct tri_backend *backend,
                                        const struct reference *reference,
                                        struct tri_verify_result *result, struct tri_error *error)
{
    struct tri_job *job = NULL;
    enum tri_status status = TRI_OK;

    for (int i = 0; i < reference->count && status == TRI_OK; i++) {
        struct tri_image *out = NULL;

        if (reference->outputs[i] == NULL) {
            result->inapplicable++;
            continue;
        }
        status = tri_image_new(&reference->outputs[i]->shape, &out, error);
        if (status == TRI_OK)
            status = run_frame(backend, reference, i, &job, out, error);
        if (status == TRI_OK)
            note_difference(result, i, reference->inputs[i], reference->outputs[i], out);
        tri_image_free(out);
    }
    tri_job_free(job);
    return status;
}

static enum tri_status verify_all(const struct tri_candidates *candidates,
                                  const struct reference *reference,
                                  struct tri_verify_result *results, struct tri_error *error)
{
    enum tri_status verdict = TRI_OK;

    for (int i = 1; i < candidates->count; i++) {
        const struct tri_contender *contender = &candidates->contenders[i];
        struct tri_error why;

        if (!contender->listed)
            continue;
        const int refused = tri_backend_programs(contender->backend)->refused;
        enum tri_status status = verify_contender(contender->backend, reference, &results[i], &why);
        if (status != TRI_OK)
            fail_result(&results[i], &why);
        results[i].refused = tri_backend_programs(contender->backend)->refused > refused;
        if (results[i].differ > 0)
            verdict = tri_fail(error, TRI_DIFFERS, "%s on %s (%s) differs from sequential scalar",
                               results[i].pipeline, contender->info->name, contender->info->isa);
        else if (status != TRI_OK && verdict == TRI_OK &&
                 (contender->asked || !contender->info->opencl))
            verdict =
                tri_fail(error, contender->info->opencl ? TRI_NO_DEVICE : status, "%s", why.text);
    }
    return verdict;
}

enum tri_status tri_verify_run(const struct tri_candidates *candidates, const char *pipeline,
                               struct tri_image *const *inputs, int input_count, bool all_shapes,
                               struct tri_verify_result *results, struct tri_error *error)
{
    struct reference reference = {.inputs = inputs, .count = input_count};
    enum tri_status status = tri_candidates_parse(candidates, pipeline, &reference.pipeline, error);

    for (int i = 0; i < candidates->count; i++)
        results[i] = (struct tri_verify_result){.pipeline = pipeline,
                                                .info = candidates->contenders[i].info};
    if (status != TRI_OK)
        return status;
    reference.outputs = calloc((size_t)input_count, sizeof(struct tri_image *));
    status = reference.outputs != NULL
                 ? make_reference(candidates, &reference, all_shapes, error)
                 : tri_fail(error, TRI_FAILED, "out of memory for %d outputs", input_count);
    if (status == TRI_OK)
        status = verify_all(candidates, &reference, results, error);
    for (int i = 0; i < input_count && reference.outputs != NULL; i++)
        tri_image_free(reference.outputs[i]);
    free(reference.outputs);
    tri_pipeline_free(reference.pipeline);
    return status;
}
