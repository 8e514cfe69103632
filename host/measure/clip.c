/* clip.c -- a pipeline over the frames of a clip that are held in memory: frames per second, rows of a frame in parallel
 * against frames in parallel. */
#include "measure/measure.h"

#include "image/image.h"
#include "parallel/cpu.h"
#include "parallel/stream.h"
#include "video/filter.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CLIP_BYTES ((size_t)1 << 30) /* of frames held; a clip that is longer is measured up to there */

struct clip {
    struct tri_video_reader *reader;
    struct tri_frame *frames;
    int count;
};

/* ---- the clip ---- */

static size_t frame_bytes(const struct tri_frame *frame)
{
    size_t bytes = 0;
    for (int p = 0; p < 3; p++)
        bytes += frame->planes[p] != NULL ? frame->planes[p]->memory_size : 0;
    return bytes;
}

static enum tri_status read_clip(struct clip *clip, struct tri_error *error)
{
    size_t bytes = 0;
    for (bool more = true; more && bytes < CLIP_BYTES;) {
        struct tri_frame *frames = realloc(clip->frames, (size_t)(clip->count + 1) * sizeof *frames);
        if (frames == NULL)
            return tri_fail(error, TRI_FAILED, "no memory for the frames of %s", clip->reader->name);
        clip->frames = frames;
        struct tri_frame *frame = &frames[clip->count];
        enum tri_status status = tri_frame_new(&clip->reader->video, frame, error);
        if (status != TRI_OK)
            return status;
        clip->count++;
        status = tri_video_next(clip->reader, frame, &more, error);
        if (status == TRI_OK && more)
            status = tri_video_decode(clip->reader, frame, error);
        if (status != TRI_OK)
            return status;
        bytes += frame_bytes(frame);
        if (!more)
            tri_frame_free(&frames[--clip->count]);
    }
    return clip->count > 0 ? TRI_OK : tri_fail(error, TRI_FAILED, "%s has no frames", clip->reader->name);
}

static void free_clip(struct clip *clip)
{
    for (int i = 0; i < clip->count; i++)
        tri_frame_free(&clip->frames[i]);
    free(clip->frames);
    tri_video_close(clip->reader);
}

/* ---- one backend ---- */

struct way {
    struct tri_clip_row *row;
    const struct tri_contender *contender;
    const struct clip *clip;
    const struct tri_pipeline *pipeline;
    struct tri_filter *filter;
    struct tri_backend *backend; /* with one thread, for frames in parallel; NULL: the contender's own */
    struct tri_pool *pool;
    struct tri_frame *outs; /* of each worker */
    int outs_count;
    atomic_int next;
    atomic_bool failed;
    int64_t *samples; /* of each frame */
    uint64_t *digests;
    bool verifying;
    struct tri_error error;
};

static uint64_t digest_frame(const struct tri_frame *frame)
{
    uint64_t digest = 0;
    for (int p = 0; p < 3; p++)
        digest = digest * 31 + (frame->planes[p] != NULL ? tri_image_digest(frame->planes[p]) : 0);
    return digest;
}

static void do_frame(struct way *way, int i, struct tri_frame *out)
{
    struct tri_error error;
    const int64_t start = tri_now_ns();
    if (tri_filter_run(way->filter, &way->clip->frames[i], out, &error) != TRI_OK) {
        if (!atomic_exchange(&way->failed, true))
            way->error = error;
        return;
    }
    way->samples[i] = tri_now_ns() - start;
    if (way->verifying)
        way->digests[i] = digest_frame(out);
}

static void do_frames(void *argument, int worker)
{
    struct way *way = argument;
    for (int i; !atomic_load(&way->failed) && (i = atomic_fetch_add(&way->next, 1)) < way->clip->count;)
        do_frame(way, i, &way->outs[worker]);
}

/* Nanoseconds of all frames; negative: it failed. Every round is a new series of frames: a new filter, made before. */
static int64_t run_clip(struct way *way)
{
    struct tri_backend *backend = way->backend != NULL ? way->backend : way->contender->backend;
    struct tri_error error;
    tri_filter_free(way->filter);
    way->filter = NULL;
    if (tri_filter_new(backend, way->pipeline, &way->clip->reader->video, TRI_ANY_COLOUR, false, &way->filter, &error) != TRI_OK) {
        way->error = error;
        return -1;
    }
    for (; way->outs_count < (way->row->by_frames ? way->row->info->workers : 1); way->outs_count++) {
        if (tri_frame_new(tri_filter_video(way->filter), &way->outs[way->outs_count], &error) != TRI_OK) {
            way->error = error;
            return -1;
        }
    }
    atomic_store(&way->next, 0);
    const int64_t start = tri_now_ns();
    if (way->row->by_frames)
        tri_pool_run(way->pool, way->row->info->workers, do_frames, way);
    else
        do_frames(way, 0);
    return atomic_load(&way->failed) ? -1 : tri_now_ns() - start;
}

static enum tri_status open_way(struct way *way, struct tri_error *error)
{
    const int workers = way->row->info->workers;
    way->outs = calloc((size_t)(workers > 1 ? workers : 1), sizeof way->outs[0]);
    way->samples = calloc((size_t)way->clip->count, sizeof way->samples[0]);
    way->digests = calloc((size_t)way->clip->count, sizeof way->digests[0]);
    if (way->outs == NULL || way->samples == NULL || way->digests == NULL)
        return tri_fail(error, TRI_FAILED, "no memory for samples");
    if (!way->row->by_frames)
        return TRI_OK;
    const struct tri_backend_options options = {.isa = way->row->info->isa};
    const enum tri_status status = tri_pool_new(workers, &way->pool, error);
    return status == TRI_OK ? tri_backend_open("sequential", &options, &way->backend, error) : status;
}

static void close_way(struct way *way)
{
    tri_filter_free(way->filter);
    for (int i = 0; i < way->outs_count; i++)
        tri_frame_free(&way->outs[i]);
    if (way->backend != NULL)
        tri_backend_close(way->backend);
    tri_pool_free(way->pool);
    free(way->outs);
    free(way->samples);
    free(way->digests);
}

/* ---- all of them ---- */

static int by_time(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

static void verify(struct way *way, const struct way *truth)
{
    way->verifying = true;
    const bool ran = run_clip(way) >= 0;
    way->verifying = false;
    way->row->verified = ran && memcmp(way->digests, truth->digests, (size_t)way->clip->count * sizeof way->digests[0]) == 0;
    if (!ran)
        snprintf(way->row->failure, sizeof way->row->failure, "%.*s", (int)strcspn(way->error.text, "\n"), way->error.text);
}

static enum tri_status measure(struct way *ways, int count, double seconds, int64_t *pooled, int64_t *wholes,
                               struct tri_error *error)
{
    const int frames = ways[0].clip->count;
    for (int w = 0; w < count; w++) {
        struct way *way = &ways[w];
        int rounds = 0;
        int64_t sum = 0;
        while (way->row->verified && way->row->listed && rounds < TRI_ROUNDS_MAX &&
               (rounds < 3 || (double)sum < seconds * 1e9)) {
            const int64_t took = run_clip(way);
            if (took < 0)
                return tri_fail(error, TRI_FAILED, "%s", way->error.text);
            wholes[rounds] = took;
            if (rounds < 32) /* enough for a percentile */
                memcpy(pooled + (size_t)rounds * (size_t)frames, way->samples, (size_t)frames * sizeof pooled[0]);
            sum += took;
            rounds++;
        }
        if (rounds == 0)
            continue;
        const size_t samples = (size_t)(rounds < 32 ? rounds : 32) * (size_t)frames;
        qsort(pooled, samples, sizeof pooled[0], by_time);
        way->row->median_ns = pooled[samples / 2];
        way->row->p99_ns = pooled[(size_t)((double)(samples - 1) * 0.99)];
        way->row->frames_per_s = 1e9 * frames / (double)tri_summarize(wholes, rounds).median;
    }
    return TRI_OK;
}

static int plan_ways(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline, const struct clip *clip,
                     struct tri_clip_case *result, struct way *ways)
{
    const bool in_order = tri_pipeline_over_time(pipeline);
    for (int i = 0; i < lineup->count; i++) {
        const struct tri_contender *contender = &lineup->contenders[i];
        const int ways_of_it = !contender->info->opencl && contender->info->workers > 1 && !in_order ? 2 : 1;
        for (int by_frames = 0; by_frames < ways_of_it; by_frames++) {
            struct tri_clip_row *row = &result->rows[result->row_count];
            *row = (struct tri_clip_row){.info = contender->info, .listed = contender->listed, .by_frames = by_frames};
            ways[result->row_count++] =
                (struct way){.row = row, .contender = contender, .clip = clip, .pipeline = pipeline};
        }
    }
    return result->row_count;
}

static enum tri_status measure_clip(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline,
                                    const struct clip *clip, double seconds, struct tri_clip_case *result,
                                    struct tri_error *error)
{
    struct way *ways = calloc(2 * (size_t)lineup->count, sizeof *ways);
    int64_t *pooled = calloc(32 * (size_t)clip->count, sizeof *pooled), *wholes = calloc(TRI_ROUNDS_MAX, sizeof *wholes);
    result->rows = calloc(2 * (size_t)lineup->count, sizeof *result->rows);
    enum tri_status status = TRI_OK;
    int count = 0;
    if (ways == NULL || result->rows == NULL || pooled == NULL || wholes == NULL)
        status = tri_fail(error, TRI_FAILED, "no memory to measure");
    else
        count = plan_ways(lineup, pipeline, clip, result, ways);
    for (int i = 0; i < count && status == TRI_OK; i++)
        status = open_way(&ways[i], error);
    for (int i = 0; i < count && status == TRI_OK; i++)
        verify(&ways[i], &ways[0]);
    if (status == TRI_OK && ways[0].row->failure[0])
        status = tri_fail(error, ways[0].error.status, "%s", ways[0].row->failure);
    if (status == TRI_OK)
        status = measure(ways, count, seconds, pooled, wholes, error);
    for (int i = 0; i < count && status == TRI_OK; i++) {
        result->rows[i].speedup = result->rows[i].frames_per_s / result->rows[0].frames_per_s;
        if (!result->rows[i].verified && !result->rows[i].failure[0])
            status = tri_fail(error, TRI_DIFFERS, "%s (%s) differs from sequential scalar", result->rows[i].info->name,
                              result->rows[i].info->isa);
    }
    for (int i = 0; i < count; i++)
        close_way(&ways[i]);
    free(ways);
    free(pooled);
    free(wholes);
    return status;
}

enum tri_status tri_clip_run(const struct tri_lineup *lineup, const struct tri_pipeline *pipeline, const char *path,
                             double seconds, struct tri_clip_case *result, struct tri_error *error)
{
    struct clip clip = {0};
    *result = (struct tri_clip_case){0};
    enum tri_status status = tri_video_open(path, NULL, 0, &clip.reader, error);
    if (status != TRI_OK)
        return status;
    status = read_clip(&clip, error);
    result->video = clip.reader->video;
    result->frames = clip.count;
    if (status == TRI_OK)
        status = measure_clip(lineup, pipeline, &clip, seconds, result, error);
    free_clip(&clip);
    return status;
}

void tri_clip_case_free(struct tri_clip_case *result)
{
    free(result->rows);
    *result = (struct tri_clip_case){0};
}
