/* bench_works.c -- what bench measures: each pipeline on each input, size or line of a suite. */
#include "cli/bench.h"
#include "cli/cli.h"

#include "parallel/cpu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum tri_status read_input(const char *path, uint64_t max_pixels,
                                  struct cli_bench_input *input, struct tri_error *error)
{
    const char *slash = strrchr(path, '/');
    int64_t start = tri_now_ns();
    enum tri_status status = cli_read(path, max_pixels, &input->image, error);

    if (status != TRI_OK) {
        input->image = NULL;
        return status;
    }
    input->path = path;
    snprintf(input->name, sizeof input->name, "%s, decoded in %.1f ms",
             slash != NULL ? slash + 1 : path, (double)(tri_now_ns() - start) / 1e6);
    return TRI_OK;
}

enum tri_status cli_bench_read(const struct cli_bench_request *request,
                               struct cli_bench_input *inputs, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    char path[512];

    for (int i = 0; i < request->path_count && status == TRI_OK; i++)
        status = read_input(request->paths[i], request->candidates.max_pixels, &inputs[i], error);
    if (request->path_count == 0 && request->sizes.count == 0 && request->suite.count == 0 &&
        tri_picture_bundled(path))
        status = read_input(path, request->candidates.max_pixels, &inputs[0], error);
    return status;
}

/* ---- the list ---- */

static enum tri_status check_pixels(const struct cli_bench_request *request,
                                    const struct tri_shape *shape, struct tri_error *error)
{
    const uint64_t limit =
        request->candidates.max_pixels ? request->candidates.max_pixels : TRI_PIXEL_LIMIT;

    if ((uint64_t)shape->width * (uint64_t)shape->height <= limit)
        return TRI_OK;
    return tri_fail(error, TRI_FAILED,
                    "%dx%d pixels exceed the limit of %" PRIu64 "; raise it with --max-pixels",
                    shape->width, shape->height, limit);
}

static enum tri_status add_generated(const struct cli_bench_request *request,
                                     struct cli_bench_works *works, const char *pipeline,
                                     const struct tri_shape *shape, struct tri_error *error)
{
    works->list[works->count++] = (struct cli_bench_work){pipeline, NULL, *shape};
    return check_pixels(request, shape, error);
}

/* The sizes of one pipeline follow each other: they are one sweep. */
static enum tri_status list_generated(const struct cli_bench_request *request,
                                      struct cli_bench_works *works, struct tri_error *error)
{
    const struct tri_suite *suite = &request->suite;
    const struct tri_shape usual = {1920, 1080, 3, 8};
    const int sizes = request->sizes.count > 0 ? request->sizes.count : 1;
    enum tri_status status = TRI_OK;

    for (int i = 0; i < suite->count && status == TRI_OK; i++)
        status = add_generated(request, works, suite->entries[i].pipeline, &suite->entries[i].shape,
                               error);
    for (int i = 0; i < request->pipeline_count * sizes && status == TRI_OK; i++) {
        const struct tri_shape *shape =
            request->sizes.count > 0 ? &request->sizes.list[i % sizes] : &usual;
        status = add_generated(request, works, request->pipelines[i / sizes], shape, error);
    }
    return status;
}

enum tri_status cli_bench_list(const struct cli_bench_request *request,
                               const struct cli_bench_input *inputs, int input_count,
                               struct cli_bench_works *works, struct tri_error *error)
{
    const int pictures = input_count > 0            ? input_count
                         : request->sizes.count > 0 ? request->sizes.count
                                                    : 1;
    const size_t most =
        (size_t)request->suite.count + (size_t)request->pipeline_count * (size_t)pictures;

    *works = (struct cli_bench_works){.list = calloc(most + 1, sizeof *works->list)};
    if (works->list == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for %zu measurements", most);
    if (input_count == 0)
        return list_generated(request, works, error);
    for (int i = 0; i < input_count * request->pipeline_count; i++)
        works->list[works->count++] =
            (struct cli_bench_work){request->pipelines[i % request->pipeline_count],
                                    &inputs[i / request->pipeline_count],
                                    {0}};
    return TRI_OK;
}

/* ---- one after another ---- */

enum tri_status cli_bench_picture(struct cli_bench_works *works, const struct cli_bench_work *work,
                                  const struct cli_bench_input **input, struct tri_error *error)
{
    struct cli_bench_input *own = &works->generated;

    *input = work->input != NULL ? work->input : own;
    if (work->input != NULL ||
        (own->image != NULL && tri_shape_equal(&own->image->shape, &work->shape)))
        return TRI_OK;
    tri_image_free(own->image);
    snprintf(own->name, sizeof own->name, "a generated picture");
    const enum tri_status status = tri_picture_generate(&work->shape, 1, &own->image, error);
    if (status != TRI_OK)
        own->image = NULL;
    return status;
}

void cli_bench_works_free(struct cli_bench_works *works)
{
    tri_image_free(works->generated.image);
    free(works->list);
    *works = (struct cli_bench_works){0};
}
