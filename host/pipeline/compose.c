/* compose.c -- pipelines made from others: copies, copies for planes of another size, and several
 * in sequence. */
#include "graph.h"
#include "quoting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct tri_pipeline *new_pipeline(size_t text_size, int length)
{
    struct tri_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL)
        return NULL;
    pipeline->max_pixels = UINT64_MAX;
    pipeline->text = calloc(1, text_size);
    pipeline->steps = calloc((size_t)length + 1, sizeof pipeline->steps[0]);
    if (pipeline->text != NULL && pipeline->steps != NULL)
        return pipeline;
    tri_pipeline_free(pipeline);
    return NULL;
}

static bool append_step(struct tri_pipeline *to, const struct tri_pipeline_step *from)
{
    const size_t count = (size_t)tri_kernel_param_count(from->kernel) + 1;
    struct tri_pipeline_step *step = &to->steps[to->length++];
    *step = *from;
    step->values = malloc(count * sizeof step->values[0]);
    step->texts = calloc(count, sizeof(struct tri_text_value *));
    if (step->values == NULL || step->texts == NULL)
        return false;
    memcpy(step->values, from->values, count * sizeof step->values[0]);
    for (size_t i = 0; i < count; i++)
        step->texts[i] = tri_text_value_share(from->texts[i]);
    return true;
}

/* `to` has room for both. */
static bool append(struct tri_pipeline *to, const struct tri_pipeline *part)
{
    if (to->length > 0)
        strcat(to->text, ",");
    strcat(to->text, part->text);
    to->with = part->with != NULL ? part->with : to->with;
    to->noise |= part->noise;
    to->max_pixels = part->max_pixels < to->max_pixels ? part->max_pixels : to->max_pixels;
    for (int i = 0; i < part->length; i++)
        if (!append_step(to, &part->steps[i]))
            return false;
    return true;
}

/* Yields `made` if it is `done` and good. */
static enum tri_status finish(struct tri_pipeline *made, bool done, struct tri_pipeline **result,
                              struct tri_error *error)
{
    const enum tri_status status =
        done ? tri_pipeline_check(made, error)
             : tri_fail(error, TRI_FAILED, "out of memory for a pipeline");
    if (status == TRI_OK)
        *result = made;
    else
        tri_pipeline_free(made);
    return status;
}

enum tri_status tri_pipeline_join(const struct tri_pipeline *const *parts, int count,
                                  struct tri_pipeline **result, struct tri_error *error)
{
    size_t size = 1;
    int length = 0;
    *result = NULL;
    for (int i = 0; i < count; i++) {
        size += strlen(parts[i]->text) + 1;
        length += parts[i]->length;
    }
    struct tri_pipeline *joined = new_pipeline(size, length);
    bool done = joined != NULL;
    for (int i = 0; i < count && done; i++)
        done = append(joined, parts[i]);
    return finish(joined, done, result, error);
}

enum tri_status tri_pipeline_begin(const struct tri_pipeline *pipeline, int length,
                                   struct tri_pipeline **result, struct tri_error *error)
{
    struct tri_pipeline *begin = new_pipeline(strlen(pipeline->text) + 1, length);
    bool done = begin != NULL;
    *result = NULL;
    if (done) {
        char *end = begin->text;
        strcpy(begin->text, pipeline->text);
        for (int i = 0; end != NULL && i < length; i++)
            end = tri_quoting_find(i > 0 ? end + 1 : end, ',');
        if (end != NULL)
            *end = '\0';
        begin->max_pixels = pipeline->max_pixels;
    }
    for (int i = 0; i < length && done; i++)
        done = append_step(begin, &pipeline->steps[i]);
    return finish(begin, done, result, error);
}

/* ---- for planes of another size ---- */

static double scaled_value(const struct tri_param *param, double value, int shift_x, int shift_y)
{
    static const double halves[2] = {1, 0.70710678118654752}; /* 2^(-1/2) */
    const int shift = param->length == TRI_WIDTH    ? shift_x
                      : param->length == TRI_HEIGHT ? shift_y
                                                    : shift_x + shift_y;
    if (param->length == TRI_NO_LENGTH || shift == 0)
        return value;
    if (param->length == TRI_RADIUS) {
        value = value / (1 << shift / 2) * halves[shift % 2];
        value = param->type == TRI_INT ? floor(value + 0.5) : value;
    } else {
        value = ceil(value / (1 << shift)); /* rounded like planes of frames */
    }
    return value < param->minimum ? param->minimum : value;
}

enum tri_status tri_pipeline_scaled(const struct tri_pipeline *pipeline, int shift_x, int shift_y,
                                    struct tri_pipeline **scaled, struct tri_error *error)
{
    const enum tri_status status = tri_pipeline_join(&pipeline, 1, scaled, error);
    for (int i = 0; status == TRI_OK && i < pipeline->length; i++) {
        const struct tri_kernel *kernel = pipeline->steps[i].kernel;
        for (int k = 0; k < tri_kernel_param_count(kernel); k++)
            (*scaled)->steps[i].values[k] = scaled_value(
                tri_kernel_param(kernel, k), pipeline->steps[i].values[k], shift_x, shift_y);
    }
    return status;
}

/* Sets the size and the region of the operation's result for luma, divided as for chroma: a scale
 * alone would round once more. A size that is rounded up shows so much more of the input. `from` is
 * luma's input. */
static void set_size(const struct tri_result *from, const struct tri_result *of_luma,
                     const struct tri_plane *plane, struct tri_pipeline_step *step)
{
    const int shift_x = of_luma->transposed ? plane->shift_y : plane->shift_x;
    const int shift_y = of_luma->transposed ? plane->shift_x : plane->shift_y;
    const int width = (of_luma->width + (1 << shift_x) - 1) >> shift_x,
              height = (of_luma->height + (1 << shift_y) - 1) >> shift_y;
    for (int k = 0; k < tri_kernel_param_count(step->kernel); k++) {
        const struct tri_param *param = tri_kernel_param(step->kernel, k);
        if (param->length == TRI_WIDTH)
            step->values[k] = width;
        else if (param->length == TRI_HEIGHT)
            step->values[k] = height;
    }
    step->luma = (struct tri_luma){shift_x,      shift_y,        from->width,
                                   from->height, of_luma->width, of_luma->height};
    step->placed = of_luma->placed;
    step->region = (struct tri_rectangle){of_luma->region.x / (1 << shift_x),
                                          of_luma->region.y / (1 << shift_y),
                                          of_luma->region.width * width / of_luma->width,
                                          of_luma->region.height * height / of_luma->height};
}

enum tri_status tri_pipeline_of_plane(const struct tri_pipeline *pipeline,
                                      const struct tri_graph *frames, const struct tri_plane *plane,
                                      struct tri_pipeline **result, struct tri_error *error)
{
    const enum tri_status status =
        tri_pipeline_scaled(pipeline, plane->shift_x, plane->shift_y, result, error);
    if (status != TRI_OK)
        return status;
    /* A graph's first channel is its input's first plane. */
    const struct tri_result whole = {.width = frames->channels[1].width,
                                     .height = frames->channels[1].height};
    for (int i = 0; i < pipeline->length && plane->shift_x + plane->shift_y > 0; i++)
        set_size(i == 0 ? &whole : &frames->results[i - 1], &frames->results[i], plane,
                 &(*result)->steps[i]);
    (*result)->levels = plane->levels;
    (*result)->siting = plane->siting;
    (*result)->first_field = plane->first_field;
    return TRI_OK;
}
