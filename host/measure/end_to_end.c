/* end_to_end.c -- file to file: the times of decoding, transfers, the kernel and encoding, and the
 * gain from several files at a time. Uses the batch code of `triptych run`, so the figures are
 * those that users get. */
#include "measure/measure.h"

#include "batch/batch.h"
#include "image/temporary_folder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_ROUNDS 3 /* a batch takes several times as long as a file */

struct way {
    struct tri_end_to_end_row *row;
    struct tri_pool *pool;
    struct tri_backend *backend;
    int64_t samples[TRI_PHASES + 1][TRI_ROUNDS_MAX]; /* the last: the total */
    int64_t batches[BATCH_ROUNDS];
    int taken, batches_taken, jobs;
};

struct end_to_end_run {
    const char *path;
    const struct tri_pipeline *pipeline;
    struct tri_end_to_end_case *figures;
    struct way *ways;
    int count;
    char *folder;
    char extension[16];
};

/* The name of an output file; the bytes of file 0 are compared. */
static void name_output(const struct end_to_end_run *run, int index, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%d.%s", run->folder, index, run->extension);
}

/* Runs the input `count` times, as one batch. Returns nanoseconds; negative if it failed, with the
 * reason in the row. */
static int64_t run_batch(const struct end_to_end_run *run, struct way *way, int count,
                         int64_t phases[TRI_PHASES])
{
    struct tri_batch_file *files = calloc((size_t)count, sizeof *files);
    char(*paths)[PATH_MAX] = calloc((size_t)count, sizeof *paths);
    struct tri_batch batch = {.pipeline = run->pipeline,
                              .backend = way->backend,
                              .pool = way->pool,
                              .jobs = way->jobs,
                              .files = files,
                              .count = count,
                              .timed = phases != NULL,
                              .read = {.max_pixels = UINT64_MAX, .pool = way->pool},
                              .write = {.pool = way->pool}};
    struct tri_error error = {TRI_FAILED, "out of memory for file names"};
    enum tri_status status = TRI_FAILED;

    for (int i = 0; files != NULL && paths && i < count; i++) {
        name_output(run, i, paths[i]);
        files[i] = (struct tri_batch_file){run->path, paths[i]};
    }
    if (files != NULL && paths)
        status = tri_batch_run(&batch, &error);
    if (status != TRI_OK)
        snprintf(way->row->failure, sizeof way->row->failure, "%.*s",
                 (int)strcspn(error.text, "\n"), error.text);
    if (phases != NULL)
        memcpy(phases, batch.phases, sizeof batch.phases);
    free(files);
    free(paths);
    return status == TRI_OK ? batch.wall_ns : -1;
}

/* FNV-1a of the output file; 0 if it cannot be read. */
static uint64_t file_digest(const struct end_to_end_run *run, int64_t *size)
{
    uint64_t digest = TRI_DIGEST_EMPTY;
    char path[PATH_MAX];
    unsigned char bytes[65536];

    name_output(run, 0, path);
    FILE *file = fopen(path, "rbe");
    *size = 0;
    if (file == NULL)
        return 0;
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0; *size += (int64_t)got)
        digest = tri_digest_bytes(digest, bytes, got);
    bool failed = ferror(file);
    fclose(file);
    return failed ? 0 : digest;
}

/* Also the warm-up. The first one, sequential scalar, makes the truth. */
static void verify_way(struct end_to_end_run *run, int index)
{
    struct way *way = &run->ways[index];
    int64_t size;

    if (way->row->failure[0] || run_batch(run, way, 1, NULL) < 0)
        return;
    way->row->digest = file_digest(run, &size);
    way->row->verified = way->row->digest != 0 && way->row->digest == run->figures->rows[0].digest;
    run->figures->bytes_out = size;
}

static void measure_way(const struct end_to_end_run *run, struct way *way, int round)
{
    int64_t phases[TRI_PHASES], took;

    if (!way->row->verified || way->row->failure[0] || !way->row->listed)
        return;
    if ((took = run_batch(run, way, 1, phases)) < 0)
        return;
    for (int i = 0; i < TRI_PHASES; i++)
        way->samples[i][way->taken] = phases[i];
    way->samples[TRI_PHASES][way->taken++] = took;
    if (round < BATCH_ROUNDS && (took = run_batch(run, way, 2 * way->jobs + 2, NULL)) >= 0)
        way->batches[way->batches_taken++] = took / (2 * way->jobs + 2);
}

static void summarize_way(const struct end_to_end_run *run, struct way *way)
{
    struct tri_end_to_end_row *row = way->row;

    row->verified = row->verified && !row->failure[0];
    if (way->taken == 0 || !row->verified)
        return;
    row->limit = 0;
    for (int i = 0; i < TRI_PHASES; i++) {
        row->phases[i] = tri_summarize(way->samples[i], way->taken);
        row->limit = row->phases[i].median > row->phases[row->limit].median ? i : row->limit;
    }
    row->total = tri_summarize(way->samples[TRI_PHASES], way->taken);
    row->samples = calloc((size_t)way->taken, sizeof *row->samples);
    if (row->samples != NULL)
        memcpy(row->samples, way->samples[TRI_PHASES], (size_t)way->taken * sizeof *row->samples);
    row->each_of_many = tri_summarize(way->batches, way->batches_taken);
    row->mpix_per_s = (double)run->figures->in.width * run->figures->in.height * 1e3 /
                      (double)row->each_of_many.median;
}

/* Opens a candidate's backend again, with a pool that codecs and kernels share, as in `triptych
 * run`. */
static enum tri_status open_way(struct way *way, const struct tri_contender *contender,
                                struct tri_error *error)
{
    const struct tri_backend_info *info = contender->info;
    struct tri_backend_options options = {.size = sizeof options,
                                          .isa = info->opencl ? NULL : info->isa};
    const int workers = info->opencl || info->parts > 0 ? tri_cpu_workers() : info->workers;

    *way->row = (struct tri_end_to_end_row){.info = info, .listed = contender->listed};
    way->jobs = info->opencl ? workers + 1 : workers;
    if (workers > 1 && tri_pool_new(workers, &way->pool, error) != TRI_OK)
        return TRI_FAILED;
    options.pool = way->pool;
    return tri_backend_open(info->name, &options, &way->backend, error);
}

static enum tri_status open_run(struct end_to_end_run *run, const struct tri_candidates *candidates,
                                struct tri_error *error)
{
    const struct tri_format *format = tri_format_of_path(run->path);
    struct tri_error why;

    snprintf(run->extension, sizeof run->extension, "%.*s",
             format != NULL ? (int)strcspn(format->extensions, "|") : 3,
             format != NULL ? format->extensions : "png");
    run->figures->rows = calloc((size_t)candidates->count, sizeof *run->figures->rows);
    run->ways = calloc((size_t)candidates->count, sizeof *run->ways);
    if (run->figures->rows == NULL || run->ways == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory while measuring %d backends",
                        candidates->count);
    for (int i = 0; i < candidates->count; i++) {
        struct way *way = &run->ways[run->count++];
        way->row = &run->figures->rows[run->figures->row_count++];
        if (open_way(way, &candidates->contenders[i], &why) != TRI_OK)
            snprintf(way->row->failure, sizeof way->row->failure, "%.*s",
                     (int)strcspn(why.text, "\n"), why.text);
    }
    return tri_temporary_folder_make("bench", &run->folder, error);
}

static void close_run(struct end_to_end_run *run)
{
    for (int i = 0; i < run->count; i++) {
        if (run->ways[i].backend != NULL)
            tri_backend_close(run->ways[i].backend);
        tri_pool_free(run->ways[i].pool);
    }
    tri_temporary_folder_remove(run->folder);
    free(run->ways);
}

static enum tri_status verdict(const struct end_to_end_run *run, struct tri_error *error)
{
    for (int i = 0; i < run->figures->row_count; i++) {
        const struct tri_end_to_end_row *row = &run->figures->rows[i];

        if (!row->verified && !row->failure[0])
            return tri_fail(error, TRI_DIFFERS,
                            "the output file of %s (%s) differs from that of sequential scalar",
                            row->info->name, row->info->isa);
        if (row->failure[0] && (i == 0 || !row->info->opencl))
            return tri_fail(error, TRI_FAILED, "%s", row->failure);
    }
    return TRI_OK;
}

enum tri_status tri_end_to_end_run(const struct tri_candidates *candidates,
                                   const struct tri_pipeline *pipeline, const char *path,
                                   const struct tri_shape *in, double seconds,
                                   struct tri_end_to_end_case *result, struct tri_error *error)
{
    struct end_to_end_run run = {.path = path, .pipeline = pipeline, .figures = result};
    struct stat file;

    *result = (struct tri_end_to_end_case){
        .in = *in, .bytes_in = stat(path, &file) == 0 ? (int64_t)file.st_size : 0};
    enum tri_status status = open_run(&run, candidates, error);
    for (int i = 0; i < run.count && status == TRI_OK; i++)
        verify_way(&run, i);
    for (int round = 0; status == TRI_OK && round < TRI_ROUNDS_MAX; round++) {
        int64_t longest = 0;
        for (int i = 0; i < run.count; i++) {
            struct way *way = &run.ways[round % 2 ? run.count - 1 - i : i];
            int64_t sum = 0;
            measure_way(&run, way, round);
            for (int k = 0; k < way->taken; k++)
                sum += way->samples[TRI_PHASES][k];
            longest = sum > longest ? sum : longest;
        }
        if (round + 1 >= TRI_ROUNDS_MIN && (double)longest >= seconds * 1e9)
            break;
    }
    for (int i = 0; i < run.count && status == TRI_OK; i++)
        summarize_way(&run, &run.ways[i]);
    if (status == TRI_OK)
        status = verdict(&run, error);
    close_run(&run);
    return status;
}

void tri_end_to_end_case_free(struct tri_end_to_end_case *result)
{
    for (int i = 0; i < result->row_count; i++)
        free(result->rows[i].samples);
    free(result->rows);
    *result = (struct tri_end_to_end_case){0};
}
