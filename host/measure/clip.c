/* clip.c -- a pipeline over the frames of a clip in memory: frames per second with the rows of a
 * frame in parallel, and with frames in parallel. */
#include "measure/clip_stream.h"
#include "measure/measure.h"

#include "image/image.h"
#include "parallel/cpu.h"
#include "parallel/stream.h"
#include "video/filter.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define POOLED 32 /* rounds: enough for a percentile */
#define CLIP_BYTES \
    ((size_t)1 << 30) /* of frames in memory; a longer clip is measured up to there */

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
        struct tri_frame *frames =
            realloc(clip->frames, (size_t)(clip->count + 1) * sizeof *frames);
        if (frames == NULL)
            return tri_fail(error, TRI_FAILED, "out of memory for the frames of %s",
                            clip->reader->name);
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
    return clip->count > 0 ? TRI_OK
                           : tri_fail(error, TRI_FAILED, "%s has no frames", clip->reader->name);
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
    int workers;                 /* with frames of their own; 1 if they share the rows of one */
    struct tri_filter **filters; /* one for each */
    struct tri_frame *outs;
    int outs_count;
    /* with one thread, for frames in parallel; NULL: the contender's own */
    struct tri_backend *backend;
    struct tri_pool *pool;
    struct tri_clip_stream *stream; /* for a device with several frames in flight */
    atomic_int next;
    atomic_bool failed;
    int64_t *samples; /* of each frame */
    int64_t *pooled;  /* of the frames of POOLED rounds */
    int64_t *wholes;  /* of each round */
    int64_t sum;
    int rounds;
    uint64_t *digests;
    bool verifying;
    struct tri_error error;
};

uint64_t tri_clip_digest(const struct tri_frame *frame)
{
    uint64_t digest = 0;
    for (int p = 0; p < 3; p++)
        digest = digest * 31 + (frame->planes[p] != NULL ? tri_image_digest(frame->planes[p]) : 0);
    return digest;
}

static void do_frame(struct way *way, int i, int worker)
{
    struct tri_frame *out = &way->outs[worker];
    struct tri_error error;
    const int64_t start = tri_now_ns();
    if (tri_filter_run(way->filters[worker], &way->clip->frames[i], out, &error) != TRI_OK) {
        if (!atomic_exchange(&way->failed, true))
            way->error = error;
        return;
    }
    way->samples[i] = tri_now_ns() - start;
    if (way->verifying)
        way->digests[i] = tri_clip_digest(out);
}

static void do_frames(void *argument, int worker)
{
    struct way *way = argument;
    for (int i;
         !atomic_load(&way->failed) && (i = atomic_fetch_add(&way->next, 1)) < way->clip->count;)
        do_frame(way, i, worker);
}

/* One filter for each worker: a filter allocates for frames in flight on first use, which is not to
 * be measured. */
static enum tri_status make_filter(struct way *way, int worker)
{
    struct tri_backend *backend = way->backend != NULL ? way->backend : way->contender->backend;
    struct tri_filter **filter = &way->filters[worker];
    tri_filter_free(*filter);
    enum tri_status status = tri_filter_new(backend, way->pipeline, &way->clip->reader->video,
                                            TRI_ANY_COLOUR, TRI_CHROMA_USUAL, filter, &way->error);
    int runs; /* the frames stay until the end */
    if (status == TRI_OK)
        status = tri_filter_lend(*filter, &runs, &way->error);
    if (status != TRI_OK || worker < way->outs_count)
        return status;
    status = tri_frame_new(tri_filter_video(*filter), &way->outs[worker], &way->error);
    way->outs_count += status == TRI_OK;
    return status;
}

/* For temporal kernels every round is a new series of frames with a new filter whose memory is
 * untouched. Other filters are kept, and run one frame before the first round. */
static enum tri_status prepare(struct way *way, int worker)
{
    const bool over_time = tri_pipeline_over_time(way->pipeline);
    if (way->filters[worker] != NULL && !over_time)
        return TRI_OK;
    const enum tri_status status = make_filter(way, worker);
    if (status != TRI_OK || over_time)
        return status;
    return tri_filter_run(way->filters[worker], &way->clip->frames[0], &way->outs[worker],
                          &way->error);
}

/* Returns the nanoseconds of all frames; negative if it failed. */
static int64_t run_clip(struct way *way)
{
    for (int w = 0; w < way->workers; w++) {
        if (prepare(way, w) != TRI_OK)
            return -1;
    }
    atomic_store(&way->next, 0);
    const int64_t start = tri_now_ns();
    if (way->stream != NULL)
        return tri_clip_stream_run(way->stream, way->filters[0], way->samples,
                                   way->verifying ? way->digests : NULL, &way->error) == TRI_OK
                   ? tri_now_ns() - start
                   : -1;
    tri_pool_run(way->pool, way->workers, do_frames, way);
    return atomic_load(&way->failed) ? -1 : tri_now_ns() - start;
}

static enum tri_status open_way(struct way *way, struct tri_error *error)
{
    const bool in_flight = way->row->by_frames && way->row->info->opencl;
    way->workers = way->row->by_frames && !in_flight ? way->row->info->workers : 1;
    if (in_flight) {
        const enum tri_status status =
            tri_clip_stream_new(way->clip->frames, way->clip->count, &way->stream, error);
        if (status != TRI_OK)
            return status;
    }
    way->filters = calloc((size_t)way->workers, sizeof way->filters[0]);
    way->outs = calloc((size_t)way->workers, sizeof way->outs[0]);
    way->samples = calloc((size_t)way->clip->count, sizeof way->samples[0]);
    way->pooled = calloc(POOLED * (size_t)way->clip->count, sizeof way->pooled[0]);
    way->wholes = calloc(TRI_ROUNDS_MAX, sizeof way->wholes[0]);
    way->digests = calloc((size_t)way->clip->count, sizeof way->digests[0]);
    if (way->filters == NULL || way->outs == NULL || way->samples == NULL || way->pooled == NULL ||
        way->wholes == NULL || way->digests == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for samples");
    if (!way->row->by_frames || in_flight)
        return TRI_OK;
    const struct tri_backend_options options = {.size = sizeof options, .isa = way->row->info->isa};
    const enum tri_status status = tri_pool_new(way->workers, &way->pool, error);
    return status == TRI_OK ? tri_backend_open("sequential", &options, &way->backend, error)
                            : status;
}

static void close_way(struct way *way)
{
    for (int i = 0; way->filters != NULL && i < way->workers; i++)
        tri_filter_free(way->filters[i]);
    for (int i = 0; i < way->outs_count; i++)
        tri_frame_free(&way->outs[i]);
    if (way->backend != NULL)
        tri_backend_close(way->backend);
    tri_pool_free(way->pool);
    tri_clip_stream_free(way->stream);
    free(way->filters);
    free(way->outs);
    free(way->samples);
    free(way->pooled);
    free(way->wholes);
    free(way->digests);
}

/* ---- all of them ---- */

static int by_time(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* One digest for all frames, in order. */
static uint64_t digest_of(const uint64_t *digests, int count)
{
    uint64_t digest = 0;
    for (int i = 0; i < count; i++)
        digest = digest * 31 + digests[i];
    return digest;
}

static uint64_t digest_clip(const struct clip *clip)
{
    uint64_t digest = 0;
    for (int i = 0; i < clip->count; i++)
        digest = digest * 31 + tri_clip_digest(&clip->frames[i]);
    return digest;
}

static void verify(struct way *way, const struct way *truth)
{
    way->verifying = true;
    const bool ran = run_clip(way) >= 0;
    way->verifying = false;
    way->row->digest = digest_of(way->digests, way->clip->count);
    way->row->verified = ran && memcmp(way->digests, truth->digests,
                                       (size_t)way->clip->count * sizeof way->digests[0]) == 0;
    if (!ran)
        snprintf(way->row->failure, sizeof way->row->failure, "%.*s",
                 (int)strcspn(way->error.text, "\n"), way->error.text);
}

/* False if it has had its rounds, or has no figures. */
static bool wants_more(const struct way *way, double seconds)
{
    return way->row->verified && way->row->listed && way->rounds < TRI_ROUNDS_MAX &&
           (way->rounds < 3 || (double)way->sum < seconds * 1e9);
}

static bool take_round(struct way *way)
{
    const size_t frames = (size_t)way->clip->count;
    const int64_t took = run_clip(way);
    if (took < 0)
        return false;
    way->wholes[way->rounds] = took;
    way->sum += took;
    if (way->rounds < POOLED)
        memcpy(way->pooled + (size_t)way->rounds * frames, way->samples,
               frames * sizeof way->pooled[0]);
    way->rounds++;
    return true;
}

static void summarize(struct way *way)
{
    const size_t samples =
        (size_t)(way->rounds < POOLED ? way->rounds : POOLED) * (size_t)way->clip->count;
    if (samples == 0)
        return;
    qsort(way->pooled, samples, sizeof way->pooled[0], by_time);
    way->row->median_ns = way->pooled[samples / 2];
    way->row->p99_ns = way->pooled[(size_t)((double)(samples - 1) * 0.99)];
    way->row->frames_per_s =
        1e9 * way->clip->count / (double)tri_summarize(way->wholes, way->rounds).median;
    way->row->samples = way->wholes;
    way->row->sample_count = way->rounds;
    way->wholes = NULL;
}

/* A B C, C B A, ...: a temporary disturbance affects all. */
static enum tri_status measure(struct way *ways, int count, double seconds, struct tri_error *error)
{
    bool more = true;
    for (int round = 0; more; round++) {
        more = false;
        for (int i = 0; i < count; i++) {
            struct way *way = &ways[round % 2 == 0 ? i : count - 1 - i];
            if (!wants_more(way, seconds))
                continue;
            if (!take_round(way))
                return tri_fail(error, TRI_FAILED, "%s", way->error.text);
            more = true;
        }
    }
    for (int i = 0; i < count; i++)
        summarize(&ways[i]);
    return TRI_OK;
}

static size_t sample_bytes(const struct tri_frame *frame)
{
    size_t bytes = 0;
    for (int p = 0; p < 3; p++) {
        const struct tri_image *plane = frame->planes[p];
        if (plane != NULL)
            bytes += (size_t)plane->shape.width * (size_t)plane->shape.height *
                     (size_t)plane->shape.planes * (size_t)plane->shape.bits / 8;
    }
    return bytes;
}

/* The rate of a device if frames cost only their transfers. It is no failure if this cannot be
 * measured. */
static void time_transfers(struct way *way)
{
    struct tri_transfer_times times;
    if (!way->row->listed || way->outs_count == 0 ||
        !tri_backend_measurable(way->contender->backend) ||
        tri_backend_transfer_time(way->contender->backend, sample_bytes(&way->clip->frames[0]),
                                  sample_bytes(&way->outs[0]), &times, NULL) != TRI_OK)
        return;
    way->row->pinned_per_s = times.together_ns > 0 ? 1e9 / (double)times.together_ns : 0;
}

static int plan_ways(const struct tri_candidates *candidates, const struct tri_pipeline *pipeline,
                     const struct clip *clip, struct tri_clip_case *result, struct way *ways)
{
    const bool over_time = tri_pipeline_over_time(pipeline);
    for (int i = 0; i < candidates->count; i++) {
        const struct tri_contender *contender = &candidates->contenders[i];
        const bool several = contender->info->opencl ||
                             (contender->info->workers > 1 && contender->info->parts == 0);
        const int ways_of_it = several && !over_time ? 2 : 1;
        for (int by_frames = 0; by_frames < ways_of_it; by_frames++) {
            struct tri_clip_row *row = &result->rows[result->row_count];
            *row = (struct tri_clip_row){
                .info = contender->info, .listed = contender->listed, .by_frames = by_frames};
            ways[result->row_count++] = (struct way){
                .row = row, .contender = contender, .clip = clip, .pipeline = pipeline};
        }
    }
    return result->row_count;
}

/* Sequential scalar is not measured unless listed, and need not be the reference; without it there
 * are no speed-ups. */
static void compare(struct tri_clip_case *result)
{
    const double base = result->row_count > 0 && tri_is_sequential(result->rows[0].info)
                            ? result->rows[0].frames_per_s
                            : 0;
    for (int i = 0; i < result->row_count; i++) {
        struct tri_clip_row *row = &result->rows[i];
        row->speedup = base > 0 && row->frames_per_s > 0 ? row->frames_per_s / base : (double)NAN;
    }
}

static enum tri_status measure_clip(const struct tri_candidates *candidates,
                                    const struct tri_pipeline *pipeline, const struct clip *clip,
                                    double seconds, struct tri_clip_case *result,
                                    struct tri_error *error)
{
    struct way *ways = calloc(2 * (size_t)candidates->count, sizeof *ways);
    result->rows = calloc(2 * (size_t)candidates->count, sizeof *result->rows);
    enum tri_status status = TRI_OK;
    int count = 0;
    if (ways == NULL || result->rows == NULL)
        status = tri_fail(error, TRI_FAILED, "out of memory while measuring");
    else
        count = plan_ways(candidates, pipeline, clip, result, ways);
    for (int i = 0; i < count && status == TRI_OK; i++)
        status = open_way(&ways[i], error);
    for (int i = 0; i < count && status == TRI_OK; i++)
        verify(&ways[i], &ways[0]);
    if (status == TRI_OK && ways[0].row->failure[0])
        status = tri_fail(error, ways[0].error.status, "%s", ways[0].row->failure);
    if (status == TRI_OK)
        status = measure(ways, count, seconds, error);
    compare(result);
    for (int i = 0; i < count && status == TRI_OK; i++)
        time_transfers(&ways[i]);
    for (int i = 0; i < count && status == TRI_OK; i++) {
        if (!result->rows[i].verified && !result->rows[i].failure[0])
            status = tri_fail(error, TRI_DIFFERS, "%s (%s) differs from %s %s",
                              result->rows[i].info->name, result->rows[i].info->isa,
                              result->rows[0].info->name, result->rows[0].info->isa);
    }
    for (int i = 0; i < count; i++)
        close_way(&ways[i]);
    free(ways);
    return status;
}

enum tri_status tri_clip_run(const struct tri_candidates *candidates,
                             const struct tri_pipeline *pipeline, const char *path, double seconds,
                             struct tri_clip_case *result, struct tri_error *error)
{
    struct clip clip = {0};
    *result = (struct tri_clip_case){0};
    enum tri_status status = tri_video_open(path, NULL, &clip.reader, error);
    if (status != TRI_OK)
        return status;
    status = read_clip(&clip, error);
    result->video = clip.reader->video;
    result->frames = clip.count;
    result->input_digest = digest_clip(&clip);
    if (status == TRI_OK)
        status = measure_clip(candidates, pipeline, &clip, seconds, result, error);
    free_clip(&clip);
    return status;
}

void tri_clip_case_free(struct tri_clip_case *result)
{
    for (int i = 0; i < result->row_count; i++)
        free(result->rows[i].samples);
    free(result->rows);
    *result = (struct tri_clip_case){0};
}
