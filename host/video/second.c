/* second.c -- reads a second video frame by frame, and makes images of its frames. */
#include "second.h"

#include "filter.h"

#include "../image/image.h"
#include "../parallel/cpu.h"
#include "../parallel/pool.h"

#include <stdlib.h>
#include <string.h>

struct tri_second {
    struct tri_video_reader *reader;
    struct tri_backend *backend;
    struct tri_pipeline *copy;
    struct tri_filter *filter; /* to R, G, B */
    struct tri_frame in, out;
    struct tri_image *image;
    bool any, ended;
};

static enum tri_status make_image(struct tri_second *second, struct tri_error *error)
{
    const struct tri_video *video = tri_filter_video(second->filter);
    struct tri_shape shape;
    tri_video_plane(video, 0, &shape);
    shape.planes = video->planes + video->alpha;
    const enum tri_status status = tri_image_new(&shape, &second->image, error);
    if (status == TRI_OK)
        memset(second->image->memory, 0, second->image->memory_size);
    return status;
}

enum tri_status tri_second_new(struct tri_video_reader *reader, struct tri_pool *pool,
                               struct tri_second **result, struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();
    char on[40];
    struct tri_second *second = calloc(1, sizeof *second);
    *result = NULL;
    if (second == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a second video");
    second->reader = reader;
    options.pool = pool;
    snprintf(on, sizeof on, "threads:%d", pool != NULL ? tri_pool_workers(pool) : 1);
    enum tri_status status = tri_backend_open(on, &options, &second->backend, error);
    if (status == TRI_OK)
        status = tri_pipeline_parse("copy", &second->copy, error);
    if (status == TRI_OK)
        status = tri_filter_new(second->backend, second->copy, &reader->video, TRI_ONLY_RGB,
                                TRI_CHROMA_USUAL, &second->filter, error);
    if (status == TRI_OK)
        status = tri_frame_new(&reader->video, &second->in, error);
    if (status == TRI_OK)
        status = tri_frame_new(tri_filter_video(second->filter), &second->out, error);
    if (status == TRI_OK)
        status = make_image(second, error);
    if (status == TRI_OK)
        *result = second;
    else
        tri_second_free(second);
    return status;
}

void tri_second_free(struct tri_second *second)
{
    if (second == NULL)
        return;
    tri_image_free(second->image);
    tri_frame_free(&second->in);
    tri_frame_free(&second->out);
    tri_filter_free(second->filter);
    tri_pipeline_free(second->copy);
    tri_backend_close(second->backend);
    free(second);
}

const struct tri_image *tri_second_image(const struct tri_second *second)
{
    return second->image;
}

static enum tri_status convert(struct tri_second *second, struct tri_error *error)
{
    const struct tri_video *video = tri_filter_video(second->filter);
    const enum tri_status status = tri_filter_run(second->filter, &second->in, &second->out, error);
    for (int p = 0; p < video->planes && status == TRI_OK; p++)
        tri_image_copy_plane(second->out.planes[p], 0, second->image, p);
    if (video->alpha && status == TRI_OK)
        tri_image_copy_plane(second->out.planes[0], 1, second->image, video->planes);
    return status;
}

enum tri_status tri_second_next(struct tri_second *second, struct tri_error *error)
{
    bool more = false;
    if (second->ended)
        return TRI_OK;
    enum tri_status status = tri_video_next(second->reader, &second->in, &more, error);
    if (status == TRI_OK && more) {
        second->any = true;
        status = tri_video_decode(second->reader, &second->in, error);
        if (status == TRI_OK)
            status = convert(second, error);
    } else if (status == TRI_OK) {
        second->ended = true;
        if (!second->any)
            status = tri_fail(error, TRI_FAILED, "%s has no frames", second->reader->name);
    }
    if (second->in.raw != NULL)
        second->reader->codec->discard(&second->in);
    tri_frame_free_data(&second->in);
    return status;
}
