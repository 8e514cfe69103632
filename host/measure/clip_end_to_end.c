/* clip_end_to_end.c -- a pipeline over a video from its file to /dev/null: the times of reading,
 * decoding, computing, encoding and writing, and the gain from overlapping them. */
#include "measure/measure.h"

#include "parallel/pool.h"
#include "video/transcode.h"

#include <stdlib.h>

#define ROUNDS 5

static enum tri_status run_once(const struct tri_pipeline *pipeline, const char *path,
                                struct tri_backend *backend, struct tri_pool *pool, int jobs,
                                struct tri_transcode *result, struct tri_error *error)
{
    const struct tri_video_write_options options = {.format = "y4m", .crf = -1};
    const struct tri_video_read_options reading = {.threads = tri_pool_workers(pool)};
    struct tri_transcode run = {.pool = pool, .jobs = jobs};
    enum tri_status status = tri_video_open(path, &reading, &run.reader, error);
    if (status == TRI_OK)
        status = tri_filter_new(backend, pipeline, &run.reader->video, TRI_ANY_COLOUR,
                                TRI_CHROMA_USUAL, &run.filter, error);
    if (status == TRI_OK)
        status = tri_video_create("/dev/null", tri_filter_video(run.filter), &options, &run.writer,
                                  error);
    if (status == TRI_OK) {
        status = tri_transcode_run(&run, error);
        status = tri_video_end(run.writer, status, error);
    }
    tri_filter_free(run.filter);
    tri_video_close(run.reader);
    *result = run;
    return status;
}

static enum tri_status measure(const struct tri_pipeline *pipeline, const char *path,
                               struct tri_clip_row *row, struct tri_error *error)
{
    const struct tri_backend_info *info = row->info;
    const int workers = info->opencl || info->parts > 0 ? tri_cpu_workers() : info->workers;
    struct tri_backend_options options = {.size = sizeof options,
                                          .isa = info->opencl ? NULL : info->isa};
    struct tri_backend *backend = NULL;
    int64_t walls[ROUNDS], stages[TRI_VIDEO_STAGES][ROUNDS];
    struct tri_transcode run = {0};
    enum tri_status status = workers > 1 ? tri_pool_new(workers, &options.pool, error) : TRI_OK;
    if (status == TRI_OK)
        status = tri_backend_open(info->name, &options, &backend, error);
    for (int round = -1; round < ROUNDS && status == TRI_OK;
         round++) { /* the first is the warm-up */
        status = run_once(pipeline, path, backend, options.pool, workers > 1 ? workers + 2 : 1,
                          &run, error);
        for (int i = 0; i < TRI_VIDEO_STAGES && round >= 0; i++)
            stages[i][round] = run.busy_ns[i];
        if (round >= 0)
            walls[round] = run.wall_ns;
    }
    if (status == TRI_OK && run.frames > 0) {
        const double frames = (double)run.frames;
        row->verified = true;
        row->frames_per_s = 1e9 * frames / (double)tri_summarize(walls, ROUNDS).median;
        row->samples = calloc(ROUNDS, sizeof *row->samples);
        row->sample_count = row->samples != NULL ? ROUNDS : 0;
        for (int i = 0; i < row->sample_count; i++)
            row->samples[i] = walls[i];
        for (int i = 0; i < TRI_VIDEO_STAGES; i++) {
            row->stages_ms[i] = (double)tri_summarize(stages[i], ROUNDS).median / 1e6 / frames;
            row->limit = row->stages_ms[i] > row->stages_ms[row->limit] ? i : row->limit;
        }
    }
    if (backend != NULL)
        tri_backend_close(backend);
    tri_pool_free(options.pool);
    return status;
}

enum tri_status tri_clip_end_to_end(const struct tri_candidates *candidates,
                                    const struct tri_pipeline *pipeline, const char *path,
                                    struct tri_clip_case *result, struct tri_error *error)
{
    struct tri_video_reader *reader;
    *result = (struct tri_clip_case){.end_to_end = true};
    enum tri_status status = tri_video_open(path, NULL, &reader, error);
    if (status != TRI_OK)
        return status;
    result->video = reader->video;
    tri_video_close(reader);
    result->rows = calloc((size_t)candidates->count, sizeof *result->rows);
    if (result->rows == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory while measuring");
    for (int i = 0; i < candidates->count && status == TRI_OK; i++) {
        if (!candidates->contenders[i].listed)
            continue;
        struct tri_clip_row *row = &result->rows[result->row_count++];
        *row = (struct tri_clip_row){.info = candidates->contenders[i].info, .listed = true};
        status = measure(pipeline, path, row, error);
    }
    return status;
}

void tri_clip_end_to_end_table(FILE *file, const struct tri_clip_case *result, const char *pipeline,
                               const char *path)
{
    const struct tri_clip_row *base = &result->rows[0];

    fprintf(file, "\n%s, from file to /dev/null\n%s: %dx%d\n\n", pipeline, path,
            result->video.width, result->video.height);
    fprintf(file, "%-14s%-10s%4s %45s%10s%10s  %s\n", "", "", "wor-",
            "milliseconds per frame, summed over workers", "frames", "over", "bottle-");
    fprintf(file, "%-14s%-10s%4s ", "backend", "ISA", "kers");
    for (int i = 0; i < TRI_VIDEO_STAGES; i++)
        fprintf(file, "%9s", tri_video_stage_names[i]);
    fprintf(file, "%10s%10s  %s\n", "/s", "first", "neck");
    for (int i = 0; i < result->row_count; i++) {
        const struct tri_clip_row *row = &result->rows[i];
        fprintf(file, "%-14s%-10s%4d ", row->info->name, row->info->isa, row->info->workers);
        for (int k = 0; k < TRI_VIDEO_STAGES; k++)
            fprintf(file, "%9.3f", row->stages_ms[k]);
        fprintf(file, "%10.1f%9.2fx  %s\n", row->frames_per_s,
                row->frames_per_s / base->frames_per_s, tri_video_stage_names[row->limit]);
    }
}
