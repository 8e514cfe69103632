/* bench.c -- triptych bench: a table of what threads, SIMD and OpenCL devices gain. */
#include "cli/bench.h"
#include "cli/bench_baseline.h"
#include "cli/bench_report.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/store_option.h"
#include "cli/terminal.h"
#include "cli/trace_output.h"

#include "parallel/cpu.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reports ---- */

bool cli_bench_prints(const struct cli_bench_request *request)
{
    const char *json = request->candidates.json;
    const bool taken = (json != NULL && strcmp(json, "-") == 0) ||
                       (request->output != NULL && strcmp(request->output, "-") == 0) ||
                       (request->report != NULL && strcmp(request->report, "-") == 0);

    return !request->csv && !taken;
}

void cli_bench_header(const struct cli_bench_request *request,
                      const struct tri_environment *environment)
{
    if (cli_bench_prints(request))
        tri_report_header(stdout, environment, request->markdown);
    fflush(stdout); /* the measurement takes a while */
}

static enum tri_status write_picture(const struct cli_bench_request *request,
                                     const struct tri_bench_case *result, struct tri_error *error)
{
    int64_t start = tri_now_ns();
    cli_interrupt_catch();
    cli_write_begin();
    enum tri_status status = tri_image_write(request->output, result->picture, NULL, error);
    cli_write_end();
    if (status == TRI_OK)
        cli_note("%s written, encoded in %.1f ms", request->output,
                 (double)(tri_now_ns() - start) / 1e6);
    return status;
}

static bool bold_wanted(const struct cli_bench_request *request)
{
    return !request->markdown && cli_colours(stdout);
}

static void show_case(const struct cli_bench_request *request, const struct tri_bench_case *result)
{
    for (int i = 0; i < result->row_count; i++)
        if (result->rows[i].failure[0])
            cli_note("no figures for %s: %s", result->rows[i].info->name, result->rows[i].failure);
    if (cli_bench_prints(request))
        tri_report_table(stdout, result, request->markdown, bold_wanted(request));
    fflush(stdout); /* the next measurement takes a while */
}

/* Only the last output picture may be written; the others would take memory. */
static void drop_picture(struct tri_bench_case *result)
{
    tri_image_free(result->picture);
    result->picture = NULL;
}

/* Shows progress on a terminal, and only verified figures. */
static enum tri_status measure_work(const struct cli_bench_request *request,
                                    const struct tri_candidates *candidates,
                                    struct cli_bench_works *works, struct tri_report *report,
                                    struct tri_bench_case *result, struct cli_bench_report *page)
{
    const struct cli_bench_work *work = &works->list[report->count++];
    const bool progress = isatty(STDERR_FILENO);
    const struct cli_bench_input *input;
    struct tri_error error;

    if (progress)
        fprintf(stderr, "\r\033[Kmeasuring %s, %d of %d", work->pipeline, report->count,
                works->count);
    enum tri_status status = cli_bench_picture(works, work, &input, &error);
    if (status == TRI_OK)
        status = tri_bench_run(candidates, work->pipeline, input->name, input->image,
                               request->seconds, result, &error);
    if (progress)
        fputs("\r\033[K", stderr);
    if (status != TRI_OK)
        cli_fail(&error);
    if (result->picture != NULL)
        cli_report_case(page, input->image, result);
    return status;
}

static bool goes_on(int status)
{
    return status == TRI_OK || status == TRI_DIFFERS || status == TRI_NO_DEVICE;
}

/* Differences and lost devices do not stop the remaining cases. */
static enum tri_status measure(const struct cli_bench_request *request,
                               const struct tri_candidates *candidates,
                               struct cli_bench_works *works, struct tri_report *report,
                               struct tri_bench_case *cases, struct cli_bench_report *page)
{
    enum tri_status worst = TRI_OK;

    while (report->count < works->count && goes_on(worst)) {
        struct tri_bench_case *result = &cases[report->count];
        const enum tri_status status =
            measure_work(request, candidates, works, report, result, page);

        if (status != TRI_OK)
            worst = worst == TRI_DIFFERS && goes_on(status) ? worst : status;
        if (!goes_on(status))
            break;
        show_case(request, result);
        if (report->count < works->count)
            drop_picture(result);
    }
    return worst;
}

static enum tri_status write_json(const struct cli_bench_request *request,
                                  const struct tri_environment *environment, json_t *json,
                                  struct tri_error *error)
{
    const char *path = request->candidates.json;
    char name[TRI_RESULTS_NAME], within[PATH_MAX];

    if (path == NULL || strcmp(path, "-") == 0 || !cli_is_folder(path))
        return path != NULL ? cli_write_json(path, json, error) : (json_decref(json), TRI_OK);
    tri_results_name(environment, name);
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    if (snprintf(within, sizeof within, "%s%s%s", path, slash, name) >= (int)sizeof within) {
        json_decref(json);
        return tri_fail(error, TRI_FAILED, "cannot write into %s: the path is too long", path);
    }
    const enum tri_status status = cli_write_json(within, json, error);
    if (status == TRI_OK)
        cli_note("results written to %s", within);
    return status;
}

enum tri_status cli_bench_write(const struct cli_bench_request *request,
                                const struct tri_environment *environment, struct json_t *json,
                                struct tri_error *error)
{
    json_t *stored = json_incref(json);
    const enum tri_status status = write_json(request, environment, json, error);

    if (status == TRI_OK && request->store != NULL)
        return cli_store(request->store, stored, error);
    json_decref(stored);
    return status;
}

static json_t *results_json(const struct cli_bench_request *request,
                            const struct tri_report *report)
{
    const struct cli_baseline *baseline = request->baseline;
    json_t *root = tri_report_json(report);

    if (baseline != NULL && baseline->complete)
        json_object_set_new(root, "baseline",
                            tri_baseline_json(&baseline->comparison, baseline->measured));
    return root;
}

static enum tri_status write_files(const struct cli_bench_request *request,
                                   const struct tri_report *report)
{
    enum tri_status status = TRI_OK;
    struct tri_error error;

    if (request->csv)
        tri_report_csv(stdout, report);
    else if (cli_bench_prints(request))
        tri_report_legend(stdout);
    if (request->candidates.json != NULL || request->store != NULL)
        status =
            cli_bench_write(request, report->environment, results_json(request, report), &error);
    if (status == TRI_OK && request->output != NULL)
        status = write_picture(request, &report->cases[report->count - 1], &error);
    if (status != TRI_OK)
        cli_fail(&error);
    return status;
}

static enum tri_status check_baseline(const struct cli_bench_request *request,
                                      const struct tri_environment *environment,
                                      const struct cli_bench_works *works)
{
    struct tri_error error;

    if (request->baseline == NULL)
        return TRI_OK;
    const enum tri_status status =
        cli_baseline_check(request->baseline, environment, works, &error);
    return status == TRI_OK ? status : (enum tri_status)cli_fail(&error);
}

static enum tri_status compare_baseline(const struct cli_bench_request *request,
                                        const struct tri_candidates *candidates,
                                        struct cli_bench_works *works,
                                        const struct tri_report *report,
                                        struct tri_bench_case *cases)
{
    struct tri_error error;

    if (request->baseline == NULL)
        return TRI_OK;
    const enum tri_status status =
        cli_baseline_compare(request->baseline, request, candidates, works, report, cases, &error);
    return status == TRI_OK ? status : (enum tri_status)cli_fail(&error);
}

/* What was measured is written even if it cannot be compared. Returns the exit code: the first
 * failure, or else what the baseline says. */
static int finish(const struct cli_bench_request *request, const struct tri_candidates *candidates,
                  struct cli_bench_works *works, const struct tri_report *report,
                  struct tri_bench_case *cases, struct cli_bench_report *page, int code)
{
    struct tri_error error;
    const enum tri_status compared = compare_baseline(request, candidates, works, report, cases);
    enum tri_status written = write_files(request, report);

    if (written == TRI_OK && cli_report_write(page, report, works, &error) != TRI_OK)
        written = (enum tri_status)cli_fail(&error);
    const int told = request->baseline != NULL ? cli_baseline_tell(request->baseline, request) : 0;
    const int codes[] = {code, (int)compared, (int)written, told};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != TRI_OK)
            return codes[i];
    return TRI_OK;
}

static int bench_works(const struct cli_bench_request *request,
                       const struct tri_candidates *candidates, struct cli_bench_works *works)
{
    struct tri_environment environment;
    struct tri_bench_case *cases = calloc((size_t)works->count, sizeof(struct tri_bench_case));
    struct tri_report report = {.environment = &environment,
                                .cases = cases,
                                .seconds = request->seconds,
                                .suite = request->suite.count > 0 ? &request->suite : NULL};
    struct cli_bench_report page;

    if (cases == NULL || !cli_report_begin(&page, request, candidates, works->count)) {
        free(cases);
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the figures"});
    }
    tri_candidates_environment(candidates, &environment);
    int code = check_baseline(request, &environment, works);
    if (code == TRI_OK) {
        cli_bench_header(request, &environment);
        code = measure(request, candidates, works, &report, cases, &page);
        if (goes_on(code))
            code = finish(request, candidates, works, &report, cases, &page, code);
    }
    cli_report_end(&page);
    for (int i = 0; i < report.count; i++)
        tri_bench_case_free(&cases[i]);
    free(cases);
    return code;
}

static int bench_pictures(const struct cli_bench_request *request,
                          const struct tri_candidates *candidates,
                          const struct cli_bench_input *inputs)
{
    struct cli_bench_works works;
    struct tri_error error;
    const int input_count = request->path_count > 0 ? request->path_count : inputs[0].image != NULL;
    const int code = cli_bench_list(request, inputs, input_count, &works, &error) == TRI_OK
                         ? bench_works(request, candidates, &works)
                         : cli_fail(&error);

    cli_bench_works_free(&works);
    return code;
}

/* ---- the command ---- */

static int bench(const struct cli_bench_request *request, const struct cli_bench_input *inputs)
{
    struct tri_candidates_request who = cli_candidates_request(&request->candidates);
    struct tri_candidates candidates = {0};
    struct tri_error error;
    int code;

    who.workers = request->workers.count > 0 ? &request->workers : NULL;
    who.subdevices = !request->end_to_end && (request->suite.count == 0 || request->workers_text);
    who.reference = request->reference;
    cli_set_opencl_environment(who.on, who.on_count);
    if (who.reference != NULL)
        cli_set_opencl_environment(&who.reference, 1);
    if (tri_candidates_open(&who, &candidates, &error) != TRI_OK)
        code = cli_fail(&error);
    else if (request->clip)
        code = cli_bench_clip(request, &candidates);
    else if (request->end_to_end)
        code = cli_bench_file(request, &candidates, &inputs[0]);
    else
        code = bench_pictures(request, &candidates, inputs);
    tri_candidates_close(&candidates);
    return code;
}

/* A damaged baseline is reported before anything is measured. */
static enum tri_status open_baseline(struct cli_bench_request *request,
                                     struct cli_baseline *baseline, struct tri_error *error)
{
    if (request->baseline_path == NULL)
        return TRI_OK;
    request->baseline = baseline;
    return cli_baseline_read(baseline, request->baseline_path, error);
}

static int bench_files(const struct cli_bench_request *request)
{
    struct cli_bench_input *inputs = calloc((size_t)request->path_count + 1, sizeof *inputs);
    struct tri_error error;

    if (inputs == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the inputs"});
    const enum tri_status status = request->clip ? TRI_OK : cli_bench_read(request, inputs, &error);
    const int code = status == TRI_OK ? bench(request, inputs) : cli_fail(&error);
    for (int i = 0; i <= request->path_count; i++)
        tri_image_free(inputs[i].image);
    free(inputs);
    return code;
}

int cli_bench(int argc, char **argv)
{
    char command[600];
    struct cli_bench_request request = {.command = command, .slower = -1};
    struct cli_baseline baseline = {0};
    struct cli_trace trace = {0};
    struct tri_error error;
    int code;

    cli_join_command(argc, argv, command, sizeof command); /* parsing changes the order of argv */
    if (!cli_bench_parse(argc, argv, &request, &code)) {
        cli_bench_request_free(&request);
        return code;
    }
    trace.path = request.candidates.trace;
    if (open_baseline(&request, &baseline, &error) == TRI_OK &&
        cli_trace_begin(&trace, &error) == TRI_OK)
        code = cli_trace_end(&trace, bench_files(&request));
    else
        code = cli_fail(&error);
    cli_baseline_free(&baseline);
    cli_bench_request_free(&request);
    return code;
}
