/* bench.c -- triptych bench: what threads, SIMD and OpenCL devices buy, as a table. */
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/places.h"
#include "measure/measure.h"

#include "parallel/cpu.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char cli_help_bench[] =
    "Examples:\n"
    "  triptych bench\n"
    "  triptych bench gaussian:sigma=2 photo.png\n"
    "  triptych bench gray,gaussian:sigma=2,sobel photo.png --json figures.json -o edges.png\n"
    "  triptych bench median --size 3840x2160 --on sequential --on threads --on opencl:gpu\n"
    "  triptych bench gaussian:sigma=2 photo.png --end-to-end\n"
    "  triptych bench sobel clip.y4m\n"
    "\n"
    "Usage: triptych bench [PIPELINE] [INPUT...] [OPTION]...\n"
    "\n"
    "Measures PIPELINE (without: a suite of eight) on each INPUT (without: the largest picture\n"
    "in images/ of half a megapixel or more, else a generated 1920x1080 RGB one): sequentially\n"
    "at each instruction set, on 1 to all threads, and on every OpenCL device. Each row's bytes\n"
    "are compared with those of sequential scalar before and after; a row that differs has no\n"
    "figures, and the exit code is 3. INPUT may be a video: then frames that are held in memory are\n"
    "run, rows of a frame in parallel and frames in parallel.\n"
    "\n"
    "Options:\n"
    "      --on BACKEND     only this one (repeatable): sequential, threads[:N], opencl[:SEL],\n"
    "                       opencl:all, or several joined by '+' or all: beside them each alone,\n"
    "                       and who did how much\n"
    "      --isa ISA        of sequential and threads (repeatable)\n"
    "      --reference B    compare bytes with this backend in place of sequential scalar, which takes\n"
    "                       long on large pictures\n"
    "      --end-to-end     from file to file: decoding, transfers, kernel and encoding apart, what\n"
    "                       limits, and what several files at a time gain. Of a PIPELINE and an\n"
    "                       INPUT that is a file; of a video its stages, written nowhere\n"
    "      --time SECONDS   how long to measure each row; default 0.1, at least 6 runs\n"
    "      --size WxH       a generated RGB picture of this size\n"
    "      --max-pixels N   refuse larger pictures, and to make them; default 268435456\n"
    "  -o, --output FILE    write the output picture, of the last pipeline and input\n"
    "      --json FILE      write JSON with every sample; '-' is standard output, for the table\n"
    "      --markdown       print markdown\n"
    "      --csv            print CSV\n"
    "  -h, --help           this text\n";

static const char *const suite[] = {
    "invert",
    "gaussian:sigma=2",
    "sobel",
    "median:radius=2",
    "box:radius=15",
    "equalize",
    "resize:scale=0.5",
    "gaussian:sigma=1,sobel,dilate:radius=1,invert",
};
enum { SUITE = sizeof suite / sizeof suite[0], MANY = 32 };

struct request {
    const char *pipelines[SUITE];
    int pipeline_count;
    const char *on[MANY], *isa[MANY];
    int on_count, isa_count;
    const char *json, *output, *reference;
    uint64_t max_pixels;
    double seconds;
    struct tri_shape size; /* width 0: not asked for */
    bool markdown, csv, end_to_end;
};

struct input {
    char name[600];
    const char *path; /* NULL: generated */
    struct tri_image *image;
};

static bool parse_seconds(const char *text, double *seconds)
{
    char *end;

    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds >= 0.001 && *seconds <= 3600)
        return true;
    cli_usage("bench", "--time: '%s' is not a number within 0.001 to 3600", text);
    return false;
}

static bool parse_size(const char *text, struct tri_shape *size)
{
    char end;

    *size = (struct tri_shape){0, 0, 3, 8};
    if (strspn(text, "0123456789x") == strlen(text) &&
        sscanf(text, "%7dx%7d%c", &size->width, &size->height, &end) == 2 && size->width > 0 &&
        size->height > 0 && size->width <= TRI_SIDE_MAX && size->height <= TRI_SIDE_MAX)
        return true;
    cli_usage("bench", "--size: '%s' is not like 1920x1080, at most %d a side", text, TRI_SIDE_MAX);
    return false;
}

enum { ON = 256, ISA, REFERENCE, TIME, SIZE, MAX_PIXELS, JSON, MARKDOWN, CSV, END_TO_END };

const struct option cli_bench_options[] = {
    {"on", required_argument, NULL, ON},
    {"isa", required_argument, NULL, ISA},
    {"reference", required_argument, NULL, REFERENCE},
    {"time", required_argument, NULL, TIME},
    {"size", required_argument, NULL, SIZE},
    {"max-pixels", required_argument, NULL, MAX_PIXELS},
    {"output", required_argument, NULL, 'o'},
    {"json", required_argument, NULL, JSON},
    {"markdown", no_argument, NULL, MARKDOWN},
    {"csv", no_argument, NULL, CSV},
    {"end-to-end", no_argument, NULL, END_TO_END},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* TRI_OK, TRI_USAGE, or -1: help was printed. */
static int parse_options(int argc, char **argv, struct request *request)
{
    bool right = true;
    int option;

    while (right && (option = cli_option(argc, argv, "o:h", cli_bench_options)) != -1)
        switch (option) {
        case ON:
            right = cli_append("bench", "--on", optarg, request->on, &request->on_count, MANY);
            break;
        case ISA:
            right = cli_append("bench", "--isa", optarg, request->isa, &request->isa_count, MANY);
            break;
        case REFERENCE:
            request->reference = optarg;
            break;
        case TIME:
            right = parse_seconds(optarg, &request->seconds);
            break;
        case SIZE:
            right = parse_size(optarg, &request->size);
            break;
        case MAX_PIXELS:
            right = cli_count("bench", "--max-pixels", optarg, 1, UINT64_MAX, &request->max_pixels);
            break;
        case 'o':
            request->output = optarg;
            break;
        case JSON:
            request->json = optarg;
            break;
        case MARKDOWN:
            request->markdown = true;
            break;
        case CSV:
            request->csv = true;
            break;
        case END_TO_END:
            request->end_to_end = true;
            break;
        case 'h':
            cli_help(cli_help_bench);
            return -1;
        default:
            right = false;
        }
    if (right && request->markdown && request->csv) {
        cli_usage("bench", "--markdown and --csv exclude each other");
        return TRI_USAGE;
    }
    if (right && request->end_to_end && (request->markdown || request->csv || request->output)) {
        cli_usage("bench", "--end-to-end makes a table or --json, and keeps no output");
        return TRI_USAGE;
    }
    return right ? TRI_OK : TRI_USAGE;
}

/* "triptych bench photo.png" is the suite on that picture: no kernel's name has a dot. */
static bool is_input(const char *operand)
{
    return strcmp(operand, "-") == 0 || tri_format_of_path(operand) || tri_video_is(operand, NULL, 0);
}

static enum tri_status choose_pipelines(struct request *request, int argc, char **argv,
                                        struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    if (optind < argc && !is_input(argv[optind])) {
        request->pipelines[request->pipeline_count++] = argv[optind++];
    } else {
        for (int i = 0; i < SUITE; i++)
            request->pipelines[request->pipeline_count++] = suite[i];
    }
    for (int i = 0; i < request->pipeline_count && status == TRI_OK; i++) {
        struct tri_pipeline *pipeline = NULL;

        status = tri_pipeline_parse(request->pipelines[i], &pipeline, error);
        if (status == TRI_OK)
            tri_pipeline_free(pipeline);
    }
    return status;
}

static enum tri_status read_input(const char *path, uint64_t max_pixels, struct input *input,
                                  struct tri_error *error)
{
    const char *slash = strrchr(path, '/');
    int64_t start = tri_now_ns();
    enum tri_status status = cli_read(path, max_pixels, &input->image, error);

    if (status != TRI_OK) {
        input->image = NULL;
        return status;
    }
    input->path = path;
    snprintf(input->name, sizeof input->name, "%s, decoded in %.1f ms", slash ? slash + 1 : path,
             (double)(tri_now_ns() - start) / 1e6);
    return TRI_OK;
}

static enum tri_status choose_default(const struct request *request, struct input *input,
                                      struct tri_error *error)
{
    struct tri_shape shape = request->size.width > 0 ? request->size : (struct tri_shape){1920, 1080, 3, 8};
    char path[512];

    if (request->size.width == 0 && tri_picture_bundled(path))
        return read_input(path, request->max_pixels, input, error);
    uint64_t limit = request->max_pixels ? request->max_pixels : TRI_PIXEL_LIMIT;
    if ((uint64_t)shape.width * (uint64_t)shape.height > limit)
        return tri_fail(error, TRI_FAILED,
                        "a picture of %dx%d is beyond the limit of %" PRIu64
                        " pixels; raise it with --max-pixels",
                        shape.width, shape.height, limit);
    snprintf(input->name, sizeof input->name, "a generated picture");
    enum tri_status status = tri_picture_generate(&shape, 1, &input->image, error);
    if (status != TRI_OK)
        input->image = NULL;
    return status;
}

static enum tri_status read_inputs(const struct request *request, char **paths, int count,
                                   struct input *inputs, struct tri_error *error)
{
    enum tri_status status = count == 0 ? choose_default(request, &inputs[0], error) : TRI_OK;

    for (int i = 0; i < count && status == TRI_OK; i++)
        status = read_input(paths[i], request->max_pixels, &inputs[i], error);
    return status;
}

static enum tri_status write_picture(const struct request *request, const struct tri_bench_case *result,
                                     struct tri_error *error)
{
    int64_t start = tri_now_ns();
    enum tri_status status = tri_image_write(request->output, result->picture, NULL, error);

    if (status == TRI_OK)
        cli_note("%s written, encoded in %.1f ms", request->output, (double)(tri_now_ns() - start) / 1e6);
    return status;
}

static bool table_wanted(const struct request *request)
{
    bool taken = (request->json && strcmp(request->json, "-") == 0) ||
                 (request->output && strcmp(request->output, "-") == 0);

    return !request->csv && !taken;
}

static bool bold_wanted(const struct request *request)
{
    const char *no_color = getenv("NO_COLOR");

    return !request->markdown && isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static void show_case(const struct request *request, const struct tri_bench_case *result)
{
    for (int i = 0; i < result->row_count; i++)
        if (result->rows[i].failure[0])
            cli_note("no figures for %s: %s", result->rows[i].info->name, result->rows[i].failure);
    if (table_wanted(request))
        tri_report_table(stdout, result, request->markdown, bold_wanted(request));
    fflush(stdout); /* measuring goes on for a while */
}

/* Only what was verified is shown; differences and lost devices do not stop the rest. */
static enum tri_status measure(const struct request *request, const struct tri_lineup *lineup,
                               const struct input *inputs, int input_count, struct tri_report *report,
                               struct tri_bench_case *cases)
{
    enum tri_status worst = TRI_OK;
    bool progress = isatty(STDERR_FILENO);

    for (int i = 0; i < input_count * request->pipeline_count; i++) {
        const struct input *input = &inputs[i / request->pipeline_count];
        const char *pipeline = request->pipelines[i % request->pipeline_count];
        struct tri_bench_case *result = &cases[report->count++];
        struct tri_error error;

        if (progress)
            fprintf(stderr, "\r\033[Kmeasuring %s", pipeline);
        enum tri_status status =
            tri_bench_run(lineup, pipeline, input->name, input->image, request->seconds, result, &error);
        if (progress)
            fputs("\r\033[K", stderr);
        if (status != TRI_OK) {
            cli_fail(&error);
            worst = worst == TRI_DIFFERS ? worst : status;
        }
        if (status != TRI_OK && status != TRI_DIFFERS && status != TRI_NO_DEVICE)
            return worst;
        show_case(request, result);
    }
    return worst;
}

static enum tri_status write_files(const struct request *request, const struct tri_report *report)
{
    enum tri_status status = TRI_OK;
    struct tri_error error;

    if (request->csv)
        tri_report_csv(stdout, report);
    else if (table_wanted(request))
        tri_report_legend(stdout);
    cli_interrupt_catch();
    cli_write_begin();
    if (request->json)
        status = tri_json_write(request->json, tri_report_json(report), &error);
    if (status == TRI_OK && request->output)
        status = write_picture(request, &report->cases[report->count - 1], &error);
    cli_write_end();
    if (status != TRI_OK)
        cli_fail(&error);
    return status;
}

static int bench_inputs(const struct request *request, const struct tri_lineup *lineup,
                        const struct input *inputs, int input_count)
{
    struct tri_environment environment;
    struct tri_bench_case *cases =
        calloc((size_t)(input_count * request->pipeline_count), sizeof(struct tri_bench_case));
    struct tri_report report = {.environment = &environment, .cases = cases};

    if (!cases)
        return cli_fail(&(struct tri_error){TRI_FAILED, "no memory for the figures"});
    tri_environment_read(&environment);
    environment.devices = lineup->devices;
    environment.device_count = lineup->device_count;
    if (table_wanted(request))
        tri_report_header(stdout, &environment, request->markdown);
    fflush(stdout);

    enum tri_status status = measure(request, lineup, inputs, input_count, &report, cases);
    if (status == TRI_OK || status == TRI_DIFFERS || status == TRI_NO_DEVICE) {
        enum tri_status written = write_files(request, &report);
        status = status == TRI_OK ? written : status;
    }
    for (int i = 0; i < report.count; i++)
        tri_bench_case_free(&cases[i]);
    free(cases);
    return status;
}

/* ---- from file to file, and over a clip ---- */

/* What a user would choose from: sequential at its best, all threads, and the devices. */
static void list_whole(struct tri_lineup *lineup)
{
    const char *best = tri_isa_name(tri_isa_count() - 1);

    for (int i = 0; i < lineup->count; i++) {
        const struct tri_backend_info *info = lineup->contenders[i].info;
        const bool all = tri_is_sequential(info) || info->workers == tri_cpu_workers();
        lineup->contenders[i].listed = info->opencl || info->parts > 0 || (all && strcmp(info->isa, best) == 0);
    }
}

/* The header, and what all kinds of measurement need. */
static enum tri_status begin_report(const struct request *request, const struct tri_lineup *lineup,
                                    struct tri_pipeline **pipeline, struct tri_error *error)
{
    struct tri_environment environment;

    tri_environment_read(&environment);
    environment.devices = lineup->devices;
    environment.device_count = lineup->device_count;
    if (table_wanted(request))
        tri_report_header(stdout, &environment, false);
    fflush(stdout);
    return tri_lineup_parse(lineup, request->pipelines[0], pipeline, error);
}

/* `json` is made where it is wanted; the result is the exit code. */
static int end_report(const struct request *request, enum tri_status status, json_t *json, struct tri_error *error)
{
    cli_interrupt_catch();
    cli_write_begin();
    if (request->json && status == TRI_OK)
        status = tri_json_write(request->json, json, error);
    else
        json_decref(json);
    cli_write_end();
    return status == TRI_OK ? TRI_OK : cli_fail(error);
}

static int bench_whole(const struct request *request, struct tri_lineup *lineup, const struct input *input)
{
    struct tri_whole_case result = {0};
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;

    if (request->on_count == 0)
        list_whole(lineup);
    enum tri_status status = begin_report(request, lineup, &pipeline, &error);
    if (status == TRI_OK)
        status = tri_whole_run(lineup, pipeline, input->path, &input->image->shape, request->seconds, &result, &error);
    for (int i = 0; i < result.row_count; i++)
        if (result.rows[i].failure[0])
            cli_note("no figures for %s: %s", result.rows[i].info->name, result.rows[i].failure);
    if (result.rows && table_wanted(request)) {
        tri_whole_table(stdout, &result, request->pipelines[0], input->name);
        tri_whole_legend(stdout, &result);
    }
    int code = end_report(request, status, tri_whole_json(&result, request->pipelines[0], input->path), &error);
    tri_whole_case_free(&result);
    tri_pipeline_free(pipeline);
    return code;
}

static int bench_clip(const struct request *request, struct tri_lineup *lineup, const char *path)
{
    struct tri_clip_case result = {0};
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;

    enum tri_status status = begin_report(request, lineup, &pipeline, &error);
    if (status == TRI_OK && request->end_to_end) {
        list_whole(lineup);
        status = tri_clip_end_to_end(lineup, pipeline, path, &result, &error);
    } else if (status == TRI_OK) {
        status = tri_clip_run(lineup, pipeline, path, request->seconds, &result, &error);
    }
    if (status == TRI_OK && table_wanted(request) && request->end_to_end)
        tri_clip_end_to_end_table(stdout, &result, request->pipelines[0], path);
    else if (result.rows && table_wanted(request))
        tri_clip_table(stdout, &result, request->pipelines[0], path);
    int code = end_report(request, status, tri_clip_json(&result, request->pipelines[0], path), &error);
    tri_clip_case_free(&result);
    tri_pipeline_free(pipeline);
    return code;
}

/* What is measured stays as it is: it is read to be measured, not to be replaced. */
static enum tri_status check_places(const struct request *request, char *const paths[], int count, struct tri_error *error)
{
    struct cli_places places = {.command = "bench"};

    for (int i = 0; i < count; i++)
        cli_places_numbered(&places, NULL, paths[i], 0);
    cli_places_output(&places, "--json", request->json, 0);
    cli_places_output(&places, "-o", request->output, 0);
    cli_places_output(&places, "--csv", request->csv ? "-" : NULL, 0);
    return cli_places_check(&places, error);
}

int cli_bench(int argc, char **argv)
{
    struct request request = {.seconds = 0.1};
    struct tri_lineup lineup = {0};
    struct tri_error error;
    int parsed = parse_options(argc, argv, &request), result;

    if (parsed != TRI_OK)
        return parsed < 0 ? TRI_OK : parsed;
    enum tri_status status = choose_pipelines(&request, argc, argv, &error);
    int count = argc - optind;
    if (status != TRI_OK)
        return cli_fail(&error);
    if (count > 0 && request.size.width > 0)
        return cli_usage("bench", "--size is of a generated picture; leave out the inputs");

    cli_input_names(count, argv + optind);
    const bool clip = count == 1 && tri_video_is(argv[optind], NULL, 0);
    if (clip && (request.pipeline_count != 1 || request.markdown || request.csv || request.output))
        return cli_usage("bench", "of a video: one PIPELINE, and a table or --json");
    if (request.end_to_end && !clip && (count != 1 || request.pipeline_count != 1 || strcmp(argv[optind], "-") == 0))
        return cli_usage("bench", "--end-to-end is of one PIPELINE and one INPUT that is a file");

    if (check_places(&request, argv + optind, count, &error) != TRI_OK)
        return cli_fail(&error);
    struct input *inputs = calloc((size_t)count + 1, sizeof *inputs);
    if (!inputs)
        return cli_fail(&(struct tri_error){TRI_FAILED, "no memory for the inputs"});
    struct tri_lineup_request who = {request.on, request.on_count, request.isa, request.isa_count,
                                     !request.end_to_end, request.reference, stderr, request.max_pixels};
    if (!clip)
        status = read_inputs(&request, argv + optind, count, inputs, &error);
    if (status == TRI_OK)
        status = tri_lineup_open(&who, &lineup, &error);
    if (status != TRI_OK)
        result = cli_fail(&error);
    else if (clip)
        result = bench_clip(&request, &lineup, argv[optind]);
    else if (request.end_to_end)
        result = bench_whole(&request, &lineup, &inputs[0]);
    else
        result = bench_inputs(&request, &lineup, inputs, count > 0 ? count : 1);
    tri_lineup_close(&lineup);
    for (int i = 0; i <= count; i++)
        tri_image_free(inputs[i].image);
    free(inputs);
    return result;
}
