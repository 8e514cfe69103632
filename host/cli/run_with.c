/* run_with.c -- --with: the second picture of a pipeline whose kernels combine two. For pipelines
 * that look at the previous frame it is a second video, which run_video.c opens. */
#include "cli/cli.h"
#include "cli/run.h"

#include <stdlib.h>

static enum tri_status read_with(struct cli_run_request *request, const unsigned char *head,
                                 size_t head_size, struct tri_error *error)
{
    struct tri_read_options options = {.size = sizeof options,
                                       .max_pixels = request->max_pixels,
                                       .head = head,
                                       .head_size = head_size};
    struct tri_read_info info = {.size = sizeof info};
    const int workers = cli_workers(request->on);

    if (workers > 1 && tri_pool_new(workers, &options.pool, error) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status =
        tri_image_read(request->with, &options, &request->second, &info, error);
    tri_pool_free(options.pool);
    if (status == TRI_OK && info.warning[0] && !request->quiet)
        cli_note("%s: %s", request->with, info.warning);
    tri_metadata_free(info.metadata);
    return status;
}

enum tri_status cli_with_read(struct cli_run_request *request, struct tri_pipeline *pipeline,
                              const unsigned char *head, size_t head_size, struct tri_error *error)
{
    if (!tri_pipeline_takes_with(pipeline))
        return TRI_OK;
    if (request->with == NULL)
        return tri_fail(error, TRI_USAGE, "run: %s needs a second picture; add --with FILE",
                        tri_pipeline_text(pipeline));
    if (tri_video_is(request->with, head, head_size))
        return TRI_OK;
    const enum tri_status status = read_with(request, head, head_size, error);
    return status == TRI_OK ? tri_pipeline_set_with(pipeline, request->second, error) : status;
}

void cli_with_note(const struct cli_run_request *request, const struct tri_image *second,
                   int planes, int bits)
{
    static bool noted;

    if (second == NULL || noted || request->quiet)
        return;
    const bool gray = planes < 3 && second->shape.planes > 2;
    if (gray || bits != second->shape.bits)
        cli_note("%s is used %s%s%s, like the picture it is combined with", request->with,
                 gray ? "in gray" : "", gray && bits != second->shape.bits ? " and " : "",
                 bits == second->shape.bits ? ""
                 : bits == 8                ? "with 8 bits"
                                            : "with 16 bits");
    noted = gray || bits != second->shape.bits;
}
