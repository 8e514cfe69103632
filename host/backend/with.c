/* with.c -- copies the second picture into the arena of a job, once, for all runs. */
#include "backend.h"
#include "../image/image.h"

#include <stdlib.h>
#include <string.h>

#define PIECE (1L << 20) /* bytes that are made and stored at a time */

static void replicate(unsigned char *row, const struct walk_channel *channel)
{
    const size_t size = (size_t)channel->size;
    for (int i = 1; i <= channel->halo; i++) {
        memcpy(row - (size_t)i * size, row, size);
        memcpy(row + (size_t)(channel->width - 1 + i) * size,
               row + (size_t)(channel->width - 1) * size, size);
    }
}

/* Rows `y` to `end` - 1, with what surrounds them. */
static enum tri_status keep_rows(struct tri_job *job, const struct tri_image *image,
                                 const struct tri_with *with, int y, int end, unsigned char *piece,
                                 struct tri_error *error)
{
    const struct walk_channel *channel = &job->plan->channels[with->channel];
    const long stride = channel->stride, halo = (long)channel->halo * channel->size;
    for (int i = y; i < end; i++) {
        unsigned char *row = piece + (i - y) * stride + halo;
        tri_with_row(image, &with->plane, job->plan->in.bits, i, row);
        replicate(row, channel);
    }
    const long size = (end - 1 - y) * stride + 2 * halo + (long)channel->width * channel->size;
    return job->backend->store(job, channel->offset - halo + y * stride, (size_t)size, piece,
                               error);
}

static enum tri_status keep_plane(struct tri_job *job, const struct tri_image *image,
                                  const struct tri_with *with, struct tri_error *error)
{
    const struct walk_channel *channel = &job->plan->channels[with->channel];
    const int most = PIECE / channel->stride > 1 ? (int)(PIECE / channel->stride) : 1;
    unsigned char *piece = calloc((size_t)most, (size_t)channel->stride);
    if (piece == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for the second picture");
    enum tri_status status = TRI_OK;
    for (int y = 0; y < channel->height && status == TRI_OK; y += most) {
        const int end = channel->height - y < most ? channel->height : y + most;
        status = keep_rows(job, image, with, y, end, piece, error);
    }
    free(piece);
    return status;
}

static enum tri_status keep(struct tri_job *job, const struct tri_image *image,
                            struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (int i = 0; i < job->plan->with_count && status == TRI_OK; i++)
        status = keep_plane(job, image, &job->plan->withs[i], error);
    return status;
}

enum tri_status tri_job_keep_with(struct tri_job *job, struct tri_error *error)
{
    const struct tri_pipeline *pipeline = job->pipeline;
    return job->backend->store != NULL ? keep(job, pipeline->noise ? NULL : pipeline->with, error)
                                       : TRI_OK;
}

enum tri_status tri_job_set_with(struct tri_job *job, const struct tri_image *image,
                                 struct tri_error *error)
{
    const struct tri_image *first = job->pipeline->with;
    if (first == NULL || !tri_shape_equal(&first->shape, &image->shape))
        return tri_fail(error, TRI_USAGE,
                        "the second picture's shape is not the one the job was made for");
    if (job->backend->store == NULL)
        return tri_fail(error, TRI_USAGE,
                        "%s: several backends together keep one second picture; use one of them",
                        job->backend->info.name);
    return keep(job, image, error);
}
