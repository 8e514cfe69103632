/* clip_stream.c -- frames in memory streamed through a device: while one is computed, others are
 * uploaded and downloaded, like those of a file that is already decoded. */
#include "measure/clip_stream.h"

#include "parallel/cpu.h"
#include "parallel/stream.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

enum { UNDER_WAY = 6, WORKERS = 4 };

struct item {
    int number;
    int64_t begun;
    struct tri_filter_slot *slot; /* from `upload` to `download` */
    struct tri_frame *out;
};

struct tri_clip_stream {
    const struct tri_frame *frames;
    int count;
    struct tri_pool *pool;
    struct tri_frame outs[UNDER_WAY];
    int outs_made;
    /* Per run: */
    struct tri_filter *filter;
    int64_t *samples;
    uint64_t *digests;
    int next;
    pthread_mutex_t lock; /* for the members below */
    struct tri_frame *idle[UNDER_WAY];
    int idle_count;
    int failed_at; /* the first frame that failed; INT_MAX: none */
    struct tri_error error;
};

enum tri_status tri_clip_stream_new(const struct tri_frame *frames, int count,
                                    struct tri_clip_stream **result, struct tri_error *error)
{
    struct tri_clip_stream *stream = calloc(1, sizeof *stream);
    *result = NULL;
    if (stream == NULL || pthread_mutex_init(&stream->lock, NULL) != 0) {
        free(stream);
        return tri_fail(error, TRI_FAILED, "out of memory for frames in flight");
    }
    stream->frames = frames;
    stream->count = count;
    const enum tri_status status = tri_pool_new(WORKERS, &stream->pool, error);
    if (status == TRI_OK)
        *result = stream;
    else
        tri_clip_stream_free(stream);
    return status;
}

void tri_clip_stream_free(struct tri_clip_stream *stream)
{
    if (stream == NULL)
        return;
    for (int i = 0; i < stream->outs_made; i++)
        tri_frame_free(&stream->outs[i]);
    tri_pool_free(stream->pool);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* ---- stages ---- */

static void put_back(struct tri_clip_stream *stream, struct tri_frame *out)
{
    pthread_mutex_lock(&stream->lock);
    stream->idle[stream->idle_count++] = out;
    pthread_mutex_unlock(&stream->lock);
}

/* False if the item ends here; its output frame becomes idle. */
static bool go_on(struct tri_clip_stream *stream, struct item *item, enum tri_status status,
                  const struct tri_error *error)
{
    if (status == TRI_OK)
        return true;
    pthread_mutex_lock(&stream->lock);
    if (item->number < stream->failed_at) {
        stream->failed_at = item->number;
        stream->error = *error;
    }
    pthread_mutex_unlock(&stream->lock);
    put_back(stream, item->out);
    return false;
}

static bool begin(void *context, void *data)
{
    struct tri_clip_stream *stream = context;
    struct item *item = data;
    pthread_mutex_lock(&stream->lock);
    const bool more =
        stream->next < stream->count && stream->failed_at == INT_MAX && stream->idle_count > 0;
    if (more)
        *item =
            (struct item){stream->next++, tri_now_ns(), NULL, stream->idle[--stream->idle_count]};
    pthread_mutex_unlock(&stream->lock);
    return more;
}

static bool upload(void *context, void *data)
{
    struct tri_clip_stream *stream = context;
    struct item *item = data;
    struct tri_error error;
    const enum tri_status status =
        tri_filter_upload(stream->filter, &stream->frames[item->number], &item->slot, &error);
    return go_on(stream, item, status, &error);
}

static bool compute(void *context, void *data)
{
    struct tri_clip_stream *stream = context;
    struct item *item = data;
    struct tri_error error;
    const enum tri_status status =
        tri_filter_compute(stream->filter, item->slot, item->out, &error);
    if (status != TRI_OK)
        tri_filter_drop(stream->filter, item->slot);
    return go_on(stream, item, status, &error);
}

static bool download(void *context, void *data)
{
    struct tri_clip_stream *stream = context;
    struct item *item = data;
    struct tri_error error;
    const enum tri_status status =
        tri_filter_download(stream->filter, item->slot, &stream->frames[item->number], &error);
    if (!go_on(stream, item, status, &error))
        return false;
    stream->samples[item->number] = tri_now_ns() - item->begun;
    if (stream->digests != NULL)
        stream->digests[item->number] = tri_clip_digest(item->out);
    put_back(stream, item->out);
    return true;
}

static enum tri_status make_outs(struct tri_clip_stream *stream, const struct tri_filter *filter,
                                 struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (; status == TRI_OK && stream->outs_made < UNDER_WAY; stream->outs_made += status == TRI_OK)
        status = tri_frame_new(tri_filter_video(filter), &stream->outs[stream->outs_made], error);
    return status;
}

enum tri_status tri_clip_stream_run(struct tri_clip_stream *stream, struct tri_filter *filter,
                                    int64_t *samples, uint64_t *digests, struct tri_error *error)
{
    static const struct tri_stream_stage stages[] = {{"begin", true, begin},
                                                     {"upload", false, upload},
                                                     {"compute", true, compute},
                                                     {"download", false, download}};
    struct tri_stream through = {.stages = stages,
                                 .stage_count = (int)(sizeof stages / sizeof stages[0]),
                                 .context = stream,
                                 .item_size = sizeof(struct item),
                                 .items_most = UNDER_WAY};
    enum tri_status status = make_outs(stream, filter, error);
    if (status != TRI_OK)
        return status;
    stream->filter = filter;
    stream->samples = samples;
    stream->digests = digests;
    stream->next = 0;
    stream->failed_at = INT_MAX;
    stream->idle_count = 0;
    for (int i = 0; i < UNDER_WAY; i++)
        stream->idle[stream->idle_count++] = &stream->outs[i];
    status = tri_stream_run(stream->pool, &through, error);
    if (status == TRI_OK && stream->failed_at != INT_MAX) {
        *error = stream->error;
        status = error->status;
    }
    return status;
}
