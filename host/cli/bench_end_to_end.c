/* bench_end_to_end.c -- triptych bench from file to file, and over the frames of a video. */
#include "cli/bench.h"
#include "cli/cli.h"
#include "cli/interrupt.h"

#include "parallel/cpu.h"

#include <jansson.h>
#include <string.h>

/* Lists what a user would choose from: sequential at the best ISA, all threads, and the devices. */
static void list_choices(struct tri_candidates *candidates)
{
    const char *best = tri_isa_name(tri_isa_count() - 1);

    for (int i = 0; i < candidates->count; i++) {
        const struct tri_backend_info *info = candidates->contenders[i].info;
        const bool all = tri_is_sequential(info) || info->workers == tri_cpu_workers();
        candidates->contenders[i].listed =
            info->opencl || info->parts > 0 || (all && strcmp(info->isa, best) == 0);
    }
}

static enum tri_status begin(const struct cli_bench_request *request,
                             const struct tri_candidates *candidates,
                             struct tri_environment *environment, struct tri_pipeline **pipeline,
                             struct tri_error *error)
{
    tri_candidates_environment(candidates, environment);
    cli_bench_header(request, environment);
    return tri_candidates_parse(candidates, request->pipelines[0], pipeline, error);
}

/* Takes ownership of `figures`. Returns the exit code. */
static int end(const struct cli_bench_request *request, const struct tri_environment *environment,
               const char *kind, enum tri_status status, json_t *figures, struct tri_error *error)
{
    if (status == TRI_OK) {
        json_t *root = tri_results_json(kind, environment);

        json_object_update(root, figures);
        status = cli_bench_write(request, environment, root, error);
    }
    json_decref(figures);
    return status == TRI_OK ? TRI_OK : cli_fail(error);
}

int cli_bench_file(const struct cli_bench_request *request, struct tri_candidates *candidates,
                   const struct cli_bench_input *input)
{
    struct tri_end_to_end_case result = {0};
    struct tri_environment environment;
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;

    if (request->candidates.on.count == 0)
        list_choices(candidates);
    cli_interrupt_catch();
    cli_interrupt_remove_folders();
    enum tri_status status = begin(request, candidates, &environment, &pipeline, &error);
    if (status == TRI_OK)
        status = tri_end_to_end_run(candidates, pipeline, input->path, &input->image->shape,
                                    request->seconds, &result, &error);
    for (int i = 0; i < result.row_count; i++)
        if (result.rows[i].failure[0])
            cli_note("no figures for %s: %s", result.rows[i].info->name, result.rows[i].failure);
    if (result.rows != NULL && cli_bench_prints(request)) {
        tri_end_to_end_table(stdout, &result, request->pipelines[0], input->name);
        tri_end_to_end_legend(stdout, &result);
    }
    int code = end(request, &environment, "file", status,
                   tri_end_to_end_json(&result, request->pipelines[0], input->path), &error);
    tri_end_to_end_case_free(&result);
    tri_pipeline_free(pipeline);
    return code;
}

int cli_bench_clip(const struct cli_bench_request *request, struct tri_candidates *candidates)
{
    const char *path = request->paths[0];
    struct tri_clip_case result = {0};
    struct tri_environment environment;
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;

    enum tri_status status = begin(request, candidates, &environment, &pipeline, &error);
    if (status == TRI_OK && request->end_to_end) {
        list_choices(candidates);
        status = tri_clip_end_to_end(candidates, pipeline, path, &result, &error);
    } else if (status == TRI_OK) {
        status = tri_clip_run(candidates, pipeline, path, request->seconds, &result, &error);
    }
    if (status == TRI_OK && cli_bench_prints(request) && request->end_to_end)
        tri_clip_end_to_end_table(stdout, &result, request->pipelines[0], path);
    else if (result.rows != NULL && cli_bench_prints(request))
        tri_clip_table(stdout, &result, request->pipelines[0], path);
    int code = end(request, &environment, result.end_to_end ? "clip file" : "clip", status,
                   tri_clip_json(&result, request->pipelines[0], path), &error);
    tri_clip_case_free(&result);
    tri_pipeline_free(pipeline);
    return code;
}
