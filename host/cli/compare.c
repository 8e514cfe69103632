/* compare.c -- triptych compare: results of several machines or versions side by side. */
#include "cli/cli.h"
#include "cli/candidates_options.h"
#include "cli/file_conflicts.h"
#include "cli/interrupt.h"
#include "cli/result_files.h"
#include "cli/store_option.h"
#include "image/image.h"
#include "measure/compare.h"
#include "parallel/cpu.h"
#include "parallel/pool.h"
#include "report/compare_page.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char intro[] =
    "Examples:\n"
    "  triptych compare before.json after.json\n"
    "  triptych compare before.json after.json --fail-slower 5%\n"
    "  triptych compare bench/results/machines/ --report machines.html\n"
    "  triptych compare bench/results/machines/ --format markdown -o machines.md\n"
    "\n"
    "Usage: triptych compare FILE FILE... [OPTION]...\n"
    "\n"
    "Compares files that 'triptych bench --json' wrote: of two machines, of two\n"
    "versions, or of any number of them; a folder stands for the .json files in it,\n"
    "'-' for standard input. Rows that did the same work on the same kind of backend\n"
    "are matched. Each ratio is the time in the first file over the time in another,\n"
    "with an interval from the samples of both; above 1 the other one is faster. The\n"
    "largest differences come first. Results with different bytes are an error, exit\n"
    "code 3.\n";

enum format { TEXT, MARKDOWN, CSV, JSON, SVG };

struct request {
    enum format format;
    const char *output;
    const char *report;
    const char *store;
    const char *command; /* as given, for the report; NULL: too long */
    double slower;       /* a share; negative: not asked */
};

static bool set_slower(const char *text, void *request)
{
    return cli_slower_parse("compare", text, &((struct request *)request)->slower);
}

static const struct cli_option own[] = {
    {"format", 0, "FORMAT",
     "text, for 80 columns (default), markdown, csv, json, or svg: a chart of the machines",
     CLI_SETS_CHOICE(struct request, format, enum format, TEXT, "text|markdown|csv|json|svg")},
    {"output", 'o', "FILE", "write to this file; '-', the default, is standard output",
     CLI_SETS_TEXT(struct request, output), .file = true},
    {"report", 0, "FILE",
     "write an HTML page with charts: machines, rows, what differs, and what cannot be told",
     CLI_SETS_TEXT(struct request, report), .file = true},
    {"store", 0, "FILE.db", CLI_STORE_HELP, CLI_SETS_TEXT(struct request, store), .file = true},
    {"fail-slower", 0, "PERCENT%",
     "exit with code 5 if a row is slower than in the first file by more than this for certain; "
     "each such row is named",
     CLI_CALLS(set_slower)},
    {0},
};

static const struct cli_option_group groups[] = {{.heading = "Options", .options = own}, {0}};

/* ---- reading ---- */

struct reading {
    const struct cli_result_files *paths;
    struct tri_results *results;
    struct tri_error *errors;
    atomic_int next;
};

static void read_some(void *argument, int worker)
{
    struct reading *reading = argument;

    (void)worker;
    for (int i; (i = atomic_fetch_add(&reading->next, 1)) < reading->paths->count;)
        tri_results_read(reading->paths->list[i], &reading->results[i], &reading->errors[i]);
}

/* Reads the files on all cores. Reports each file that cannot be compared. */
static int read_files(const struct cli_result_files *paths, struct tri_results *results)
{
    struct reading reading = {
        .paths = paths,
        .results = results,
        .errors = calloc((size_t)paths->count, sizeof(struct tri_error)),
    };
    struct tri_pool *pool = NULL;
    struct tri_error error;
    int code = TRI_OK;

    if (reading.errors == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the files"});
    if (tri_pool_new(tri_cpu_workers(), &pool, &error) != TRI_OK)
        pool = NULL; /* then this thread reads them all */
    tri_pool_run(pool, tri_cpu_workers(), read_some, &reading);
    tri_pool_free(pool);
    for (int i = 0; i < paths->count; i++)
        if (reading.errors[i].status != TRI_OK)
            code = cli_fail(&reading.errors[i]);
    free(reading.errors);
    return code;
}

/* ---- the result ---- */

static enum tri_status write_comparison(const struct request *request,
                                        const struct tri_comparison *comparison,
                                        struct tri_error *error)
{
    const char *path = request->output != NULL ? request->output : "-";
    struct tri_output output;

    if (request->format == JSON)
        return tri_json_write(path, tri_comparison_json(comparison), error);
    enum tri_status status = tri_output_open(path, &output, error);
    if (status != TRI_OK)
        return status;
    if (request->format == SVG)
        status = tri_comparison_svg(output.file, comparison, error);
    else if (request->format == CSV)
        tri_comparison_csv(output.file, comparison);
    else if (request->format == MARKDOWN)
        tri_comparison_markdown(output.file, comparison);
    else
        tri_comparison_text(output.file, comparison);
    if (status == TRI_OK && ferror(output.file))
        status = tri_fail(error, TRI_FAILED, "cannot write %s: %s", output.name, strerror(errno));
    return tri_output_close(&output, status, error);
}

/* A page on standard output leaves no room there. */
static bool wants_text(const struct request *request)
{
    return request->output != NULL || request->report == NULL || strcmp(request->report, "-") != 0;
}

static enum tri_status write_all(const struct request *request,
                                 const struct tri_comparison *comparison, struct tri_error *error)
{
    const struct tri_compare_page page = {.comparison = comparison,
                                          .slower = request->slower,
                                          .command = request->command,
                                          .seconds = (int64_t)time(NULL)};
    enum tri_status status = TRI_OK;

    cli_interrupt_catch();
    cli_write_begin();
    if (request->report != NULL) /* first: a reader of the text may leave early */
        status = tri_compare_page_write(request->report, &page, error);
    if (status == TRI_OK && wants_text(request))
        status = write_comparison(request, comparison, error);
    cli_write_end();
    return status == TRI_OK && request->store != NULL
               ? cli_store(request->store, tri_comparison_json(comparison), error)
               : status;
}

/* Names what is slower for certain. Returns the exit code. */
static int check_slower(const struct request *request, const struct tri_comparison *comparison)
{
    int count = 0;

    for (int i = 0; i < comparison->row_count && request->slower >= 0; i++) {
        const struct tri_comparison_row *row = &comparison->rows[i];
        for (int j = 0; j < comparison->file_count; j++) {
            char shape[100];
            if (row->base != 0 || j == 0 || !tri_compared_slower(&row->files[j], request->slower))
                continue;
            fprintf(stderr,
                    "triptych: slower: %s, %s, on %s takes %.2f to %.2f times as long in %s\n",
                    row->work->pipeline, tri_work_text(row->work, shape), row->kind,
                    1 / row->files[j].interval.high, 1 / row->files[j].interval.low,
                    comparison->files[j].path);
            count++;
        }
    }
    return count > 0 ? CLI_SLOWER : TRI_OK;
}

static int compare_results(const struct request *request, const struct tri_results *results,
                           int count)
{
    struct tri_comparison comparison;
    struct tri_error error;
    int code;

    enum tri_status status = tri_compare(results, count, &comparison, &error);
    if (status == TRI_OK)
        status = write_all(request, &comparison, &error);
    code = status == TRI_OK ? check_slower(request, &comparison) : cli_fail(&error);
    tri_comparison_free(&comparison);
    return code;
}

static int compare_files(const struct request *request, const struct cli_result_files *paths)
{
    struct tri_results *results = calloc((size_t)paths->count + 1, sizeof *results);
    int code;

    if (results == NULL)
        return cli_fail(&(struct tri_error){TRI_FAILED, "out of memory for the files"});
    if (paths->count < 2)
        code = cli_usage("compare", "needs two or more result files");
    else
        code = read_files(paths, results);
    if (code == TRI_OK)
        code = compare_results(request, results, paths->count);
    for (int i = 0; i < paths->count; i++)
        tri_results_free(&results[i]);
    free(results);
    return code;
}

static enum tri_status check_places(const struct request *request,
                                    const struct cli_result_files *paths, struct tri_error *error)
{
    struct cli_places places = {.command = "compare"};

    for (int i = 0; i < paths->count; i++)
        cli_places_input(&places, paths->list[i], 0);
    cli_places_output(&places, "-o", request->output, 0);
    cli_places_output(&places, "--report", request->report, 0);
    cli_places_output(&places, "--store", request->store, 0);
    if (request->format != TEXT && request->output == NULL)
        cli_places_output(&places, "--format", "-", 0);
    enum tri_status status = cli_places_check(&places, error);
    if (status == TRI_OK)
        status = cli_check_writable(request->output, error);
    return status == TRI_OK ? cli_check_file(request->report, error) : status;
}

static int run_compare(int argc, char **argv)
{
    char command[2000];
    struct request request = {.slower = -1};
    struct cli_result_files paths = {0};
    struct tri_error error;
    int code;

    cli_join_command(argc, argv, command, sizeof command); /* parsing changes the order of argv */
    request.command = strlen(command) < sizeof command - 1 ? command : NULL;
    if (!cli_parse(&cli_command_compare, argc, argv, &request, &code))
        return code;
    if (cli_result_files_find(argv + optind, argc - optind, &paths, &error) != TRI_OK ||
        check_places(&request, &paths, &error) != TRI_OK)
        code = cli_fail(&error);
    else
        code = compare_files(&request, &paths);
    cli_result_files_free(&paths);
    return code;
}

const struct cli_command cli_command_compare = {
    .name = "compare",
    .summary = "compare results of bench: of machines, or of versions",
    .intro = intro,
    .groups = groups,
    .run = run_compare};
