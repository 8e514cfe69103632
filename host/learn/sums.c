/* sums.c -- what the kernel `products` sums of a pair of pictures, and sums of these. */
#include "learn/learn.h"

#include "backend/backend.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

int tri_learn_taps(const struct tri_learn_model *model)
{
    return model->colours ? 3 : model->side * model->side;
}

static int products_of(int taps)
{
    return (taps + 2) * (taps + 3) / 2;
}

/* The place of 1 times 1. */
static int place_of_count(int taps)
{
    return products_of(taps) - taps - 3;
}

tri_learn_wide tri_learn_places(const struct tri_learn_sums *sums)
{
    return sums->product[place_of_count(sums->taps)];
}

void tri_learn_sums_add(struct tri_learn_sums *to, const struct tri_learn_sums *from)
{
    for (int i = 0; i < products_of(from->taps); i++)
        to->product[i] += from->product[i];
}

static const uint64_t *block_of(const struct tri_learn_pair *pair, int plane, int block)
{
    return pair->sums +
           ((size_t)plane * (size_t)pair->blocks + (size_t)block) * (size_t)products_of(pair->taps);
}

uint64_t tri_learn_pair_places(const struct tri_learn_pair *pair, int plane, int block)
{
    return block_of(pair, plane, block)[place_of_count(pair->taps)];
}

void tri_learn_pair_add(struct tri_learn_sums *to, const struct tri_learn_pair *pair, int plane,
                        int block)
{
    const uint64_t *sums = block_of(pair, plane, block);

    for (int i = 0; i < products_of(pair->taps); i++)
        to->product[i] += sums[i];
}

size_t tri_learn_pair_numbers(const struct tri_learn_pair *pair)
{
    return (size_t)pair->planes * (size_t)pair->blocks * (size_t)products_of(pair->taps);
}

void tri_learn_pair_free(struct tri_learn_pair *pair)
{
    free(pair->sums);
    pair->sums = NULL;
}

enum tri_status tri_learn_pair_make(struct tri_learn_pair *pair, struct tri_error *error)
{
    pair->sums = calloc(tri_learn_pair_numbers(pair), sizeof *pair->sums);
    return pair->sums != NULL
               ? TRI_OK
               : tri_fail(error, TRI_FAILED, "out of memory for the sums of a pair of pictures");
}

/* ---- from pictures ---- */

static enum tri_status check_shapes(const struct tri_learn_model *model,
                                    const struct tri_shape *before, const struct tri_shape *after,
                                    struct tri_error *error)
{
    if (before->width != after->width || before->height != after->height)
        return tri_fail(error, TRI_USAGE,
                        "the pictures have different sizes, %dx%d before and %dx%d after; a filter "
                        "can be learnt only where each sample has one at the same place",
                        before->width, before->height, after->width, after->height);
    if (before->bits != after->bits)
        return tri_fail(error, TRI_USAGE,
                        "the pictures have %d bits before and %d after; make them equal with "
                        "'triptych run copy --depth'",
                        before->bits, after->bits);
    if (before->planes % 2 == 0 || after->planes % 2 == 0)
        return tri_fail(error, TRI_USAGE,
                        "the picture %s has transparency, which is not learnt; write it without, "
                        "as by 'triptych run copy --background white'",
                        before->planes % 2 == 0 ? "before" : "after");
    if (before->planes != after->planes)
        return tri_fail(error, TRI_USAGE, "the pictures have %s before and %s after",
                        before->planes == 1 ? "gray" : "colours",
                        after->planes == 1 ? "gray" : "colours");
    if (model->colours && before->planes == 1)
        return tri_fail(error, TRI_USAGE,
                        "the pictures are gray, so there are no colours to learn");
    return TRI_OK;
}

static void take(void *of, const struct tri_data *data)
{
    struct tri_learn_pair *pair = of;
    const size_t products = (size_t)products_of(pair->taps);

    for (int y = 0; y < data->height; y++) {
        const uint32_t *words = data->samples + y * data->stride;
        uint64_t *sums = pair->sums + (size_t)y * products;
        for (size_t i = 0; i < products; i++)
            sums[i] = words[2 * i] | (uint64_t)words[2 * i + 1] << 32;
    }
}

static int blocks_of(int size, int block)
{
    return (size + block - 1) / block;
}

static enum tri_status room_for(const struct tri_learn_model *model, const struct tri_shape *shape,
                                struct tri_learn_pair *pair, struct tri_error *error)
{
    const int columns = blocks_of(shape->width, TRI_LEARN_BLOCK_WIDTH);

    *pair = (struct tri_learn_pair){.taps = tri_learn_taps(model),
                                    .planes = shape->planes,
                                    .bits = shape->bits,
                                    .columns = columns,
                                    .blocks =
                                        columns * blocks_of(shape->height, TRI_LEARN_BLOCK_HEIGHT)};
    return tri_learn_pair_make(pair, error);
}

static enum tri_status run(struct tri_backend *backend, const struct tri_pipeline *pipeline,
                           struct tri_image *before, struct tri_learn_pair *pair,
                           struct tri_error *error)
{
    struct tri_image *same = NULL;
    struct tri_job *job = NULL;
    enum tri_status status = tri_job_new(backend, pipeline, &before->shape, &job, error);

    if (status == TRI_OK)
        status = tri_image_new_for(backend, &before->shape, &same, error);
    if (status == TRI_OK)
        status = tri_job_run(job, before, same, NULL, error);
    if (status == TRI_OK)
        status = tri_job_use_data(job, take, pair, error);
    tri_job_free(job);
    tri_image_free(same);
    return status;
}

enum tri_status tri_learn_pair_sum(struct tri_backend *backend, const struct tri_learn_model *model,
                                   struct tri_image *before, const struct tri_image *after,
                                   struct tri_learn_pair *pair, struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    char text[64];

    *pair = (struct tri_learn_pair){0};
    enum tri_status status = check_shapes(model, &before->shape, &after->shape, error);
    if (status != TRI_OK)
        return status;
    snprintf(text, sizeof text, "products:radius=%d:of=%s", model->side / 2,
             model->colours ? "colours" : "planes");
    status = tri_pipeline_parse(text, &pipeline, error);
    if (status == TRI_OK)
        status = tri_pipeline_set_with(pipeline, after, error);
    if (status == TRI_OK)
        status = room_for(model, &before->shape, pair, error);
    if (status == TRI_OK)
        status = run(backend, pipeline, before, pair, error);
    if (status != TRI_OK)
        tri_learn_pair_free(pair);
    tri_pipeline_free(pipeline);
    return status;
}
