/* bench_report.c -- `bench --report`: measures what only the page shows, and writes it. */
#include "cli/bench_report.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "report/record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PICTURE_BYTES = 150000,
    PICTURES_BYTES = 60000
}; /* of both pictures of a case, and of
all of several, before base64 */
enum { TIMELINES = 6 };
static const double size_seconds = 0.02;

bool cli_report_begin(struct cli_bench_report *report, const struct cli_bench_request *request,
                      const struct tri_candidates *candidates, int room)
{
    *report = (struct cli_bench_report){.request = request, .candidates = candidates, .room = room};
    if (request->report == NULL)
        return true;
    report->cases = calloc((size_t)room, sizeof *report->cases);
    return report->cases != NULL;
}

void cli_report_end(struct cli_bench_report *report)
{
    for (int i = 0; i < report->count; i++)
        tri_page_case_free(&report->cases[i]);
    free(report->cases);
}

void cli_report_case(struct cli_bench_report *report, const struct tri_image *in,
                     const struct tri_bench_case *result)
{
    const struct tri_candidates *candidates = report->candidates;
    const size_t bytes =
        report->room == 1 ? PICTURE_BYTES / 2 : PICTURES_BYTES / (size_t)(report->room + 1);
    int cpu = -1;

    if (report->cases == NULL || report->count == report->room)
        return;
    struct tri_page_case *own = &report->cases[report->count++];
    for (int i = 0; i < candidates->count; i++)
        if (!candidates->contenders[i].info->opencl && candidates->contenders[i].info->parts == 0)
            cpu = i;
    if (cpu >= 0)
        tri_page_pictures(candidates->contenders[cpu].backend,
                          result->input_digest == report->last ? NULL : in, result->picture, bytes,
                          own);
    report->last = result->input_digest;
    tri_page_plan(candidates, result, own);
}

/* ---- what only the page shows ---- */

struct extras {
    bool *chosen; /* contenders with limits and sizes */
    struct tri_limits limits;
    struct tri_sizes_case sizes;
    struct tri_end_to_end_case files;
    struct tri_page_timeline timelines[TIMELINES];
    int timeline_count;
    const char *no_sizes, *no_files, *no_timelines;
    struct tri_error sizes_error, files_error, timelines_error;
};

static void measure_sizes(const struct tri_candidates *candidates, const struct tri_report *figures,
                          struct extras *extras)
{
    const struct tri_bench_case *only = &figures->cases[0];
    struct tri_pipeline *pipeline = NULL;

    extras->no_sizes = "not measured; name one pipeline.";
    if (figures->count > 1) {
        tri_page_sizes(figures, extras->chosen, &extras->sizes);
        return;
    }
    enum tri_status status =
        tri_candidates_parse(candidates, only->pipeline, &pipeline, &extras->sizes_error);
    if (status == TRI_OK)
        status = tri_sizes_measure(candidates, extras->chosen, pipeline, &only->in, size_seconds,
                                   &extras->sizes, &extras->sizes_error);
    if (status != TRI_OK)
        extras->no_sizes = extras->sizes_error.text;
    tri_pipeline_free(pipeline);
}

/* Those that a user would choose from, and the reference. */
static void measure_files(const struct tri_candidates *candidates, const struct tri_report *figures,
                          const char *path, double seconds, struct extras *extras)
{
    const struct tri_bench_case *only = &figures->cases[0];
    struct tri_candidates few = *candidates;
    struct tri_pipeline *pipeline = NULL;

    extras->no_files = "not measured; name one pipeline and one image file.";
    if (figures->count != 1 || path == NULL || strcmp(path, "-") == 0)
        return;
    cli_interrupt_catch();
    cli_interrupt_remove_folders();
    few.contenders = calloc((size_t)candidates->count, sizeof *few.contenders);
    few.count = 0;
    for (int i = 0; i < candidates->count && few.contenders != NULL; i++)
        if (i == 0 || extras->chosen[i]) {
            few.contenders[few.count] = candidates->contenders[i];
            few.contenders[few.count++].listed = extras->chosen[i];
        }
    enum tri_status status =
        tri_candidates_parse(candidates, only->pipeline, &pipeline, &extras->files_error);
    if (status == TRI_OK)
        status = tri_end_to_end_run(&few, pipeline, path, &only->in, seconds, &extras->files,
                                    &extras->files_error);
    if (status != TRI_OK)
        extras->no_files = extras->files_error.text;
    tri_pipeline_free(pipeline);
    free(few.contenders);
}

/* A picture like that of the case, as that may be gone. */
static void record_runs(const struct tri_candidates *candidates, const struct tri_report *figures,
                        struct extras *extras)
{
    const struct tri_bench_case *only = &figures->cases[0];
    struct tri_pipeline *pipeline = NULL;
    struct tri_image *in = NULL;
    struct tri_error *error = &extras->timelines_error;

    extras->no_timelines = "not recorded; name one pipeline and one image.";
    if (figures->count != 1)
        return;
    enum tri_status status = tri_candidates_parse(candidates, only->pipeline, &pipeline, error);
    if (status == TRI_OK)
        status = tri_picture_generate(&only->in, 1, &in, error);
    for (int i = 0; i < only->row_count && extras->timeline_count < TIMELINES && in != NULL; i++) {
        struct tri_page_timeline *timeline = &extras->timelines[extras->timeline_count];
        if (!extras->chosen[i])
            continue;
        status = tri_page_timeline_record(only->rows[i].info, pipeline, in, timeline, error);
        if (status == TRI_OK)
            extras->timeline_count++;
        else
            tri_page_timeline_free(timeline);
    }
    if (status != TRI_OK)
        extras->no_timelines = error->text;
    tri_image_free(in);
    tri_pipeline_free(pipeline);
}

/* Where backends differ most. */
static const struct tri_bench_case *largest(const struct tri_report *figures)
{
    const struct tri_bench_case *found = &figures->cases[0];

    for (int i = 1; i < figures->count; i++)
        if ((int64_t)figures->cases[i].in.width * figures->cases[i].in.height >
            (int64_t)found->in.width * found->in.height)
            found = &figures->cases[i];
    return found;
}

static enum tri_status measure_extras(struct cli_bench_report *report,
                                      const struct tri_report *figures, const char *path,
                                      struct extras *extras, struct tri_error *error)
{
    extras->chosen = calloc((size_t)report->candidates->count + 1, sizeof *extras->chosen);
    if (extras->chosen == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for a report");
    tri_page_choose(largest(figures), extras->chosen);
    const enum tri_status status = tri_limits_measure(report->candidates, figures->cases[0].in.bits,
                                                      extras->chosen, &extras->limits, error);
    if (status != TRI_OK)
        return status;
    measure_sizes(report->candidates, figures, extras);
    measure_files(report->candidates, figures, path, report->request->seconds, extras);
    record_runs(report->candidates, figures, extras);
    return TRI_OK;
}

static void free_extras(struct extras *extras)
{
    for (int i = 0; i < extras->timeline_count; i++)
        tri_page_timeline_free(&extras->timelines[i]);
    tri_limits_free(&extras->limits);
    tri_end_to_end_case_free(&extras->files);
    free(extras->chosen);
}

/* ---- the page ---- */

static enum tri_status write_page(const char *path, const struct tri_page *page,
                                  struct tri_error *error)
{
    cli_interrupt_catch();
    cli_write_begin();
    const enum tri_status status = tri_page_write(path, page, error);
    cli_write_end();
    return status;
}

enum tri_status cli_report_write(struct cli_bench_report *report, const struct tri_report *figures,
                                 const struct cli_bench_works *works, struct tri_error *error)
{
    const struct cli_bench_input *input = works->list[0].input;
    struct extras extras = {0};

    if (report->cases == NULL)
        return TRI_OK;
    if (figures->count == 0 || figures->count != report->count)
        return tri_fail(error, TRI_FAILED, "no measurement to show in a report");
    enum tri_status status =
        measure_extras(report, figures, input != NULL ? input->path : NULL, &extras, error);
    const struct tri_page page = {.report = figures,
                                  .cases = report->cases,
                                  .end_to_end = extras.files.rows != NULL ? &extras.files : NULL,
                                  .end_to_end_missing = extras.no_files,
                                  .limits = &extras.limits,
                                  .sizes = extras.sizes.count > 0 ? &extras.sizes : NULL,
                                  .sizes_missing = extras.no_sizes,
                                  .timelines = extras.timelines,
                                  .timeline_count = extras.timeline_count,
                                  .timeline_missing = extras.no_timelines,
                                  .command = report->request->command,
                                  .seconds = (int64_t)time(NULL)};
    if (status == TRI_OK)
        status = write_page(report->request->report, &page, error);
    free_extras(&extras);
    return status;
}
