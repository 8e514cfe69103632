/* batch_trim.c -- cuts the border off a decoded picture, by the crop that a pipeline reports. */
#include "batch_parts.h"

#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

/* One run on the CPU, whatever computes the batch; `data` is NULL if not wanted. */
static enum tri_status run_once(struct tri_batch_run *run, const struct tri_pipeline *pipeline,
                                struct tri_image *image, struct tri_image **out, char **data,
                                struct tri_error *error)
{
    struct tri_job *job = NULL;
    enum tri_status status = tri_job_new(run->trimmer, pipeline, &image->shape, &job, error);
    if (status == TRI_OK)
        status = tri_image_new_for(run->batch->backend, tri_job_shape(job), out, error);
    if (status == TRI_OK)
        status = tri_job_run(job, image, *out, NULL, error);
    if (status == TRI_OK && data != NULL)
        status = tri_job_data(job, data, error);
    tri_job_free(job);
    return status;
}

/* The picture becomes what the crop leaves of it, and its metadata follow. */
static enum tri_status cut(struct tri_batch_run *run, struct tri_batch_item *item, const char *crop,
                           struct tri_error *error)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *out = NULL;
    enum tri_status status = tri_pipeline_parse(crop, &pipeline, error);
    if (status == TRI_OK)
        status = run_once(run, pipeline, item->image, &out, NULL, error);
    if (status == TRI_OK) {
        const struct tri_metadata_change change = {pipeline, item->image->shape, out->shape, false};
        tri_metadata_follow(item->info.metadata, &change, item->info.warning);
        tri_image_free(item->image);
        item->image = out;
    } else {
        tri_image_free(out);
    }
    tri_pipeline_free(pipeline);
    return status;
}

enum tri_status tri_batch_trim(struct tri_batch_run *run, struct tri_batch_item *item,
                               struct tri_error *error)
{
    const struct tri_shape whole = item->image->shape;
    struct tri_image *copy = NULL;
    char *data = NULL;
    int width = 0, height = 0;
    enum tri_status status = run_once(run, run->batch->trim, item->image, &copy, &data, error);
    tri_image_free(copy);
    if (status == TRI_OK && sscanf(data, "%*d,%*d,%d,%d", &width, &height) == 2 && width > 0 &&
        (width != whole.width || height != whole.height)) {
        char *crop = strrchr(data, ',') + 1;
        crop[strcspn(crop, "\n")] = '\0';
        status = cut(run, item, crop, error);
    } else if (status == TRI_OK && width == 0) {
        tri_note(item->info.warning, "not trimmed: all of its pixels are alike");
    }
    free(data);
    return status;
}
