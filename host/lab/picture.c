/* picture.c -- a filter on a picture: the real work of most experiments. */
#include "lab/picture.h"
#include "lab/lab.h"

#include <stdlib.h>

struct tri_lab_picture {
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *in, *out;
};

static enum tri_status open_all(struct tri_lab_picture *picture, const char *on, const char *isa,
                                const char *pipeline, const struct tri_shape *shape,
                                struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();
    enum tri_status status;

    options.isa = isa;
    if ((status = tri_backend_open(on, &options, &picture->backend, error)) != TRI_OK ||
        (status = tri_pipeline_parse(pipeline, &picture->pipeline, error)) != TRI_OK ||
        (status = tri_picture_generate(shape, 1, &picture->in, error)) != TRI_OK ||
        (status = tri_job_new(picture->backend, picture->pipeline, shape, &picture->job, error)) !=
            TRI_OK ||
        (status = tri_image_new(tri_job_shape(picture->job), &picture->out, error)) != TRI_OK)
        return status;
    return tri_job_run(picture->job, picture->in, picture->out, NULL, error);
}

enum tri_status tri_lab_picture_new(const char *on, const char *isa, const char *pipeline,
                                    const struct tri_shape *shape, struct tri_lab_picture **picture,
                                    struct tri_error *error)
{
    *picture = calloc(1, sizeof **picture);
    if (*picture == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a picture");
    const enum tri_status status = open_all(*picture, on, isa, pipeline, shape, error);
    if (status != TRI_OK) {
        tri_lab_picture_free(*picture);
        *picture = NULL;
    }
    return status;
}

void tri_lab_picture_free(struct tri_lab_picture *picture)
{
    if (picture == NULL)
        return;
    tri_job_free(picture->job);
    tri_pipeline_free(picture->pipeline);
    tri_image_free(picture->in);
    tri_image_free(picture->out);
    if (picture->backend != NULL)
        tri_backend_close(picture->backend);
    free(picture);
}

void tri_lab_picture_filter(struct tri_lab_picture *picture, struct tri_image *in,
                            struct tri_image *out)
{
    struct tri_error error;

    tri_job_rewind(picture->job);
    const enum tri_status status = tri_job_run(picture->job, in, out, NULL, &error);
    if (status != TRI_OK)
        tri_lab_row_failed(status, &error);
}

void tri_lab_picture_run(void *argument)
{
    struct tri_lab_picture *picture = argument;

    tri_lab_picture_filter(picture, picture->in, picture->out);
}
