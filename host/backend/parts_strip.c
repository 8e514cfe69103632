/* parts_strip.c -- parts of a picture on backends that compute whole pictures only. */
#include "parts_strip.h"

#include "../image/image.h"

#include <string.h>

enum tri_status tri_parts_strip_begin(struct tri_parts_strip *strip, struct tri_backend *backend,
                                      const struct tri_pipeline *pipeline,
                                      const struct tri_shape *in, struct tri_error *error)
{
    char why[200];
    *strip = (struct tri_parts_strip){.backend = backend, .pipeline = pipeline};
    const enum tri_status status =
        tri_plan_make(pipeline, in, TRI_PLAN_WALK, 0, &strip->plan, error);
    if (status != TRI_OK)
        return status;
    return tri_plan_cut(strip->plan, &strip->cut, why)
               ? TRI_OK
               : tri_fail(error, TRI_USAGE,
                          "'%s' cannot be computed in parts on %s: %s; threads of the CPU can "
                          "compute more in parts",
                          tri_pipeline_text(pipeline), backend->info.name, why);
}

struct tri_span tri_parts_strip_needs(const struct tri_parts_strip *strip, struct tri_span rows)
{
    const int height = strip->plan->in.height;
    const int first = rows.first > strip->cut.above ? rows.first - strip->cut.above : 0;
    const int end = rows.first + rows.count + strip->cut.below;
    return (struct tri_span){first, (end < height ? end : height) - first};
}

static void free_job(struct tri_parts_strip *strip)
{
    tri_job_free(strip->job);
    tri_image_free(strip->in);
    tri_image_free(strip->out);
    strip->job = NULL;
    strip->in = strip->out = NULL;
}

void tri_parts_strip_end(struct tri_parts_strip *strip)
{
    free_job(strip);
    tri_plan_free(strip->plan);
    *strip = (struct tri_parts_strip){0};
}

/* A kernel's host part may look at the height and build something else for another one. */
static enum tri_status check_height(const struct tri_parts_strip *strip,
                                    const struct tri_shape *shape, struct tri_error *error)
{
    struct tri_plan *plan;
    enum tri_status status = tri_plan_make(strip->pipeline, shape, TRI_PLAN_WALK, 0, &plan, error);
    if (status != TRI_OK)
        return status;
    if (shape->height != strip->plan->in.height && !tri_plan_same_rows(strip->plan, plan))
        status = tri_fail(error, TRI_USAGE,
                          "'%s' does not do the same on %d rows and on %d: it cannot be computed "
                          "in parts on %s",
                          tri_pipeline_text(strip->pipeline), shape->height, strip->plan->in.height,
                          strip->backend->info.name);
    tri_plan_free(plan);
    return status;
}

static enum tri_status make_job(struct tri_parts_strip *strip, int height, struct tri_error *error)
{
    struct tri_shape shape = strip->plan->in;
    shape.height = height;
    if (strip->job != NULL && strip->in->shape.height == height)
        return TRI_OK;
    free_job(strip);
    enum tri_status status = check_height(strip, &shape, error);
    if (status == TRI_OK)
        status = tri_job_new(strip->backend, strip->pipeline, &shape, &strip->job, error);
    if (status == TRI_OK)
        status = tri_image_new_for(strip->backend, &shape, &strip->in, error);
    if (status == TRI_OK)
        status = tri_image_new_for(strip->backend, tri_job_shape(strip->job), &strip->out, error);
    if (status != TRI_OK)
        free_job(strip);
    return status;
}

static void copy_rows(const struct tri_image *from, int from_row, struct tri_image *to, int to_row,
                      int rows)
{
    const size_t bytes = (size_t)from->shape.width * tri_sample_bytes(&from->shape);
    for (int p = 0; p < from->shape.planes; p++) {
        for (int y = 0; y < rows; y++)
            memcpy(tri_image_row(to, p, to_row + y), tri_image_row(from, p, from_row + y), bytes);
    }
    to->padded = false;
}

enum tri_status tri_parts_strip_run(struct tri_parts_strip *strip, struct tri_span rows,
                                    const struct tri_image *in, struct tri_image *out,
                                    struct tri_error *error)
{
    const struct tri_span need = tri_parts_strip_needs(strip, rows);
    enum tri_status status = make_job(strip, need.count, error);
    if (status != TRI_OK)
        return status;
    copy_rows(in, need.first, strip->in, 0, need.count);
    tri_job_rewind(strip->job);
    status = tri_job_run(strip->job, strip->in, strip->out, NULL, error);
    if (status == TRI_OK)
        copy_rows(strip->out, rows.first - need.first, out, rows.first, rows.count);
    return status;
}
