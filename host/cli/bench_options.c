/* bench_options.c -- the help, options and operands of triptych bench, and their conflicts. */
#include "cli/bench.h"
#include "cli/cli.h"
#include "cli/file_conflicts.h"
#include "cli/outputs.h"
#include "cli/result_files.h"
#include "cli/store_option.h"
#include "parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char intro[] =
    "Examples:\n"
    "  triptych bench\n"
    "  triptych bench gaussian:sigma=2 photo.png\n"
    "  triptych bench gray,gaussian:sigma=2,sobel photo.png --json figures.json -o edges.png\n"
    "  triptych bench median --size 3840x2160 --on sequential --on threads --on opencl:gpu\n"
    "  triptych bench sobel --size 64..8192 --json sizes.json\n"
    "  triptych bench --suite standard --json mine.json\n"
    "  triptych bench --suite standard --baseline mine.json\n"
    "  triptych bench gaussian:sigma=2 photo.png --end-to-end\n"
    "  triptych bench gaussian:sigma=2 photo.png --report report.html\n"
    "  triptych bench sobel clip.y4m\n"
    "\n"
    "Usage: triptych bench [PIPELINE] [INPUT...] [OPTION]...\n"
    "\n"
    "Measures PIPELINE (default: a suite of eight) on each INPUT (default: the\n"
    "largest picture in images/ of half a megapixel or more, else a generated\n"
    "1920x1080 RGB one): sequentially at each instruction set, on 1 to all threads,\n"
    "and on every OpenCL device. The bytes of each row are compared with those of\n"
    "sequential scalar before and after; a row that differs has no figures, and the\n"
    "exit code is 3. INPUT may be a video: its frames are held in memory, and rows\n"
    "of a frame, or whole frames, run in parallel. 'triptych compare' compares files\n"
    "that --json has written; if FILE is a folder, the file is named there by CPU,\n"
    "device and date.\n";

static const char *const suite[CLI_SUITE] = {
    "invert",
    "gaussian:sigma=2",
    "sobel",
    "median:radius=2",
    "box:radius=15",
    "equalize",
    "resize:scale=0.5",
    "gaussian:sigma=1,sobel,dilate:radius=1,invert",
};

/* What runs of the same program may differ by. */
static const double usual_slower = 0.05;

/* ---- options ---- */

static bool set_seconds(const char *text, void *request)
{
    double *seconds = &((struct cli_bench_request *)request)->seconds;
    char *end;

    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds >= 0.001 && *seconds <= 3600)
        return true;
    cli_usage("bench", "invalid value '%s' for --time; expected 0.001 to 3600 seconds", text);
    return false;
}

static bool set_slower(const char *text, void *request)
{
    return cli_slower_parse("bench", text, &((struct cli_bench_request *)request)->slower);
}

static bool set_size(const char *text, void *request)
{
    struct tri_sizes *sizes = &((struct cli_bench_request *)request)->sizes;
    struct tri_error error;

    if (tri_sizes_parse(text, sizes, &error) != TRI_OK) {
        cli_usage("bench", "--size: %s", error.text);
        return false;
    }
    for (int i = 0; i < sizes->count; i++) {
        sizes->list[i].planes = 3;
        sizes->list[i].bits = 8;
    }
    return true;
}

static bool set_workers(const char *text, void *data)
{
    struct cli_bench_request *request = data;
    struct tri_error error;

    request->workers_text = text;
    if (tri_worker_counts_parse(text, tri_cpu_workers(), &request->workers, &error) == TRI_OK)
        return true;
    cli_usage("bench", "--workers: %s", error.text);
    return false;
}

static void suite_words(char words[CLI_WORDS_MAX])
{
    char names[400];

    tri_suite_names(names, sizeof names);
    for (char *rest = names, *name; (name = strsep(&rest, "|")) != NULL;)
        if (*name)
            cli_add_word(words, name);
}

#define FLAG(member) CLI_SETS_FLAG(struct cli_bench_request, member)
#define TEXT(member) CLI_SETS_TEXT(struct cli_bench_request, member)

static const struct cli_option own[] = {
    {"reference", 0, "B",
     "compare bytes with this backend instead of sequential scalar, which is slow on large "
     "pictures",
     TEXT(reference), .words = "sequential|threads|opencl"},
    {"end-to-end", 0, NULL,
     "measure from file to file: decoding, transfers, kernel and encoding separately, the "
     "bottleneck, and the gain from several files at a time; needs one PIPELINE and one INPUT "
     "file. For a video: its stages, without writing a file",
     FLAG(end_to_end)},
    {"time", 0, "SECONDS", "how long to measure each row; default 0.1, at least 6 runs",
     CLI_CALLS(set_seconds)},
    {"size", 0, "SIZES",
     "generate RGB pictures of these sizes: one (1920x1080; 512 is 512x512), a range that doubles "
     "(64..8192), or a list (64,256,1920x1080)",
     CLI_CALLS(set_size)},
    {"workers", 0, "NUMBERS",
     "measure threads with these numbers of workers: one, a range (1..8; N is all cores), or a "
     "list (1,2,4); also parts of OpenCL devices that are CPUs",
     CLI_CALLS(set_workers)},
    {"suite", 0, "NAME|FILE",
     "measure the pipelines and sizes of a suite: a name, such as standard, which is for comparing "
     "machines, or a text file",
     TEXT(suite_name), .more_words = suite_words},
    {"baseline", 0, "FILE",
     "compare with FILE, which --json wrote on this machine, row by row: faster, slower, level, or "
     "it cannot be told; rows that are slower are measured again, and exit with code 5 if they "
     "remain so",
     TEXT(baseline_path), .file = true},
    {"fail-slower", 0, "PERCENT%",
     "what a row may take longer than in the baseline; default 5%, as runs of the same program "
     "differ by some percent",
     CLI_CALLS(set_slower)},
    {"output", 'o', "FILE", "write the output picture of the last pipeline and input", TEXT(output),
     .file = true},
    {"report", 0, "FILE",
     "write an HTML page with charts of all measurements, the picture, and why the fastest backend "
     "is not faster",
     TEXT(report), .file = true},
    {"store", 0, "FILE.db", CLI_STORE_HELP, TEXT(store), .file = true},
    {"markdown", 0, NULL, "print markdown", FLAG(markdown)},
    {"csv", 0, NULL, "print CSV", FLAG(csv)},
    {0},
};

static const struct cli_option_group groups[] = {
    {.heading = "Options",
     .options = cli_candidates_options,
     .place = offsetof(struct cli_bench_request, candidates)},
    {.options = own},
    {0},
};

const struct cli_command cli_command_bench = {
    .name = "bench",
    .summary = "measure pipelines sequentially, on CPU threads and on OpenCL devices",
    .intro = intro,
    .groups = groups,
    .pipeline = true,
    .run = cli_bench};

/* ---- operands and conflicts ---- */

static enum tri_status choose_pipelines(struct cli_bench_request *request, int argc, char **argv,
                                        struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (optind < argc && cli_is_pipeline(argv[optind])) {
        request->pipelines[request->pipeline_count++] = argv[optind++];
    } else if (request->suite_name == NULL) {
        for (int i = 0; i < CLI_SUITE; i++)
            request->pipelines[request->pipeline_count++] = suite[i];
    }
    for (int i = 0; i < request->pipeline_count && status == TRI_OK; i++) {
        struct tri_pipeline *pipeline = NULL;

        status = cli_pipeline_parse(request->pipelines[i], &pipeline, error);
        if (status == TRI_OK)
            tri_pipeline_free(pipeline);
    }
    request->paths = argv + optind;
    request->path_count = argc - optind;
    return status;
}

/* A suite has its own pipelines, pictures and, unless others are given, time and workers. */
static int read_suite(struct cli_bench_request *request)
{
    struct tri_error error;

    if (request->suite_name == NULL)
        return TRI_OK;
    if (request->pipeline_count > 0 || request->path_count > 0 || request->sizes.count > 0 ||
        request->end_to_end)
        return cli_usage("bench", "--suite has its own pipelines and sizes; remove PIPELINE, "
                                  "INPUT, --size and --end-to-end");
    if (tri_suite_read(request->suite_name, &request->suite, &error) != TRI_OK)
        return cli_fail(&error);
    if (request->seconds == 0)
        request->seconds = request->suite.seconds;
    if (request->workers.count == 0)
        request->workers = request->suite.workers;
    return TRI_OK;
}

/* Workers are of threads, and --on may name other backends only. */
static int check_workers(const struct cli_bench_request *request)
{
    const struct cli_list *on = &request->candidates.on;
    bool threads = on->count == 0;

    for (int i = 0; i < on->count; i++)
        threads |= strcmp(on->values[i], "threads") == 0;
    if (request->workers_text != NULL && !threads)
        return cli_usage("bench", "--workers applies to threads; add --on threads");
    if (request->workers_text != NULL && request->reference != NULL && on->count == 0)
        return cli_usage("bench", "--reference measures devices only; add --on threads for "
                                  "--workers");
    return TRI_OK;
}

static int check_outputs(const struct cli_bench_request *request)
{
    if (request->report != NULL && request->end_to_end)
        return cli_usage("bench", "--report also measures from file to file; remove --end-to-end");
    if (request->markdown && request->csv)
        return cli_usage("bench", "--markdown and --csv cannot be combined");
    if (request->end_to_end && (request->markdown || request->csv || request->output != NULL))
        return cli_usage("bench", "--end-to-end cannot be combined with --markdown, --csv or -o");
    return TRI_OK;
}

static int check_baseline(const struct cli_bench_request *request)
{
    if (request->baseline_path == NULL && request->slower >= 0)
        return cli_usage("bench", "--fail-slower needs --baseline");
    if (request->baseline_path != NULL && (request->end_to_end || request->clip))
        return cli_usage("bench",
                         "--baseline is for pictures without --end-to-end; compare results "
                         "of videos with 'triptych compare'");
    return TRI_OK;
}

static int check_inputs(const struct cli_bench_request *request)
{
    if (request->clip && request->report != NULL)
        return cli_usage("bench", "--report is for pictures; for a video use --json");
    if (request->clip && (request->pipeline_count != 1 || request->markdown || request->csv ||
                          request->output != NULL))
        return cli_usage(
            "bench",
            "a video needs one PIPELINE, and cannot be combined with --markdown, --csv or -o");
    if (request->end_to_end && !request->clip &&
        (request->path_count != 1 || request->pipeline_count != 1 ||
         strcmp(request->paths[0], "-") == 0))
        return cli_usage("bench", "--end-to-end needs one PIPELINE and one INPUT that is a file");
    return TRI_OK;
}

/* Inputs are only measured, so no output may replace one. */
static enum tri_status check_places(const struct cli_bench_request *request,
                                    struct tri_error *error)
{
    struct cli_places places = {.command = "bench"};

    for (int i = 0; i < request->path_count; i++)
        cli_places_numbered(&places, NULL, request->paths[i], 0);
    for (int i = 0; i < request->pipeline_count; i++)
        cli_places_pipeline(&places, request->pipelines[i]);
    cli_places_input(&places, request->baseline_path, 0);
    cli_places_output(&places, "--json", request->candidates.json, 0);
    cli_places_output(&places, "-o", request->output, 0);
    cli_places_output(&places, "--report", request->report, 0);
    cli_places_output(&places, "--trace", request->candidates.trace, 0);
    cli_places_output(&places, "--store", request->store, 0);
    cli_places_output(&places, "--csv", request->csv ? "-" : NULL, 0);
    if (request->suite_name != NULL && strpbrk(request->suite_name, "./") != NULL)
        cli_places_input(&places, request->suite_name, 0);
    return cli_places_check(&places, error);
}

void cli_bench_request_free(struct cli_bench_request *request)
{
    tri_suite_free(&request->suite);
}

bool cli_bench_parse(int argc, char **argv, struct cli_bench_request *request, int *code)
{
    struct tri_error error;

    if (!cli_parse(&cli_command_bench, argc, argv, request, code))
        return false;
    *code = check_outputs(request);
    if (*code == TRI_OK && choose_pipelines(request, argc, argv, &error) != TRI_OK)
        *code = cli_fail(&error);
    if (*code == TRI_OK && request->path_count > 0 && request->sizes.count > 0)
        *code = cli_usage("bench", "--size is for generated pictures; remove the inputs");
    if (*code == TRI_OK)
        *code = read_suite(request);
    if (*code == TRI_OK)
        *code = check_workers(request);
    if (request->seconds == 0)
        request->seconds = 0.1;
    if (*code != TRI_OK)
        return false;
    cli_input_names(request->path_count, request->paths);
    request->clip = request->path_count == 1 && tri_video_is(request->paths[0], NULL, 0);
    *code = check_inputs(request);
    if (*code == TRI_OK)
        *code = check_baseline(request);
    if (request->slower < 0)
        request->slower = usual_slower;
    if (*code == TRI_OK && (check_places(request, &error) != TRI_OK ||
                            cli_check_writable(request->candidates.json, &error) != TRI_OK ||
                            cli_check_writable(request->output, &error) != TRI_OK ||
                            cli_check_file(request->report, &error) != TRI_OK))
        *code = cli_fail(&error);
    return *code == TRI_OK;
}
