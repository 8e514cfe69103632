/* instructions.c -- runs pipelines on one thread for bench/instructions.py, which lets callgrind
 * count the instructions of run_frames alone.
 *
 *     instructions {ISA PIPELINE WIDTH HEIGHT PLANES BITS}...
 *
 * Prints a line for each: the samples of the frames that are counted. */
#include "measure/measure.h"
#include "pipeline/graph.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP = 4, FRAMES = 2, BITS_MAX = 16 }; /* frames that are not counted fill the history */

struct work {
    struct tri_backend *backend;
    struct tri_pipeline *pipeline;
    struct tri_job *job;
    struct tri_image *in, *out;
};

/* The name is that of --toggle-collect: nothing may be inlined into another function. */
__attribute__((noinline)) enum tri_status run_frames(struct work *work, int count,
                                                     struct tri_error *error);

enum tri_status run_frames(struct work *work, int count, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++)
        status = tri_job_run(work->job, work->in, work->out, NULL, error);
    return status;
}

/* The same loop, not counted. */
static enum tri_status warm_up(struct work *work, struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; i < WARM_UP && status == TRI_OK; i++)
        status = tri_job_run(work->job, work->in, work->out, NULL, error);
    return status;
}

static enum tri_status open_work(struct work *work, const char *isa, const char *pipeline,
                                 const struct tri_shape *shape, struct tri_error *error)
{
    struct tri_backend_options options = tri_backend_options_default();

    options.isa = isa;
    enum tri_status status = tri_backend_open("sequential", &options, &work->backend, error);
    if (status == TRI_OK)
        status = tri_pipeline_parse(pipeline, &work->pipeline, error);
    if (status == TRI_OK) {
        tri_pipeline_noise(work->pipeline);
        status = tri_picture_generate(shape, 1, &work->in, error);
    }
    if (status == TRI_OK)
        status = tri_job_new(work->backend, work->pipeline, shape, &work->job, error);
    if (status == TRI_OK)
        status = tri_image_new(tri_job_shape(work->job), &work->out, error);
    return status;
}

static void close_work(struct work *work)
{
    tri_image_free(work->out);
    tri_job_free(work->job);
    tri_image_free(work->in);
    tri_pipeline_free(work->pipeline);
    tri_backend_close(work->backend);
}

static int measure(const char *isa, const char *pipeline, const struct tri_shape *shape)
{
    struct work work = {0};
    struct tri_error error;
    enum tri_status status = open_work(&work, isa, pipeline, shape, &error);

    if (status == TRI_OK)
        status = warm_up(&work, &error);
    if (status == TRI_OK)
        status = run_frames(&work, FRAMES, &error);
    if (status == TRI_OK)
        printf("%lld\n", (long long)FRAMES * shape->width * shape->height * shape->planes);
    else
        fprintf(stderr, "instructions: %s, %s: %s\n", pipeline, isa, error.text);
    close_work(&work);
    return status;
}

/* Returns 0 if it is no number up to `most`. */
static int number(const char *text, int most)
{
    char *end;
    const long value = strtol(text, &end, 10);

    return *end == '\0' && value > 0 && value <= most ? (int)value : 0;
}

static int usage(void)
{
    fputs("usage: instructions {ISA PIPELINE WIDTH HEIGHT PLANES BITS}...\n", stderr);
    return TRI_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 7 || argc % 6 != 1)
        return usage();
    for (int i = 1; i < argc; i += 6) {
        const struct tri_shape shape = {
            number(argv[i + 2], TRI_SIDE_MAX), number(argv[i + 3], TRI_SIDE_MAX),
            number(argv[i + 4], TRI_PLANES_MAX), number(argv[i + 5], BITS_MAX)};
        if (shape.width == 0 || shape.height == 0 || shape.planes == 0 ||
            (shape.bits != 8 && shape.bits != 16))
            return usage();
        const int code = measure(argv[i], argv[i + 1], &shape);
        if (code != TRI_OK)
            return code;
    }
    return TRI_OK;
}
