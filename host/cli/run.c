/* run.c -- triptych run: reads pictures, runs a pipeline on them, writes the results. */
#include "parallel/cpu.h"
#include "cli/cli.h"
#include "cli/outputs.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct request {
    const char *pipeline, *output, *on, *isa;
    uint64_t max_pixels;
    bool timings, quiet;
};

enum phase { DECODE, UPLOAD, KERNEL, DOWNLOAD, ENCODE, PHASES };

struct run {
    const struct request *request;
    struct tri_pipeline *pipeline;
    struct tri_backend *backend;
    struct tri_job *job; /* for pictures of `shape`; NULL before the first */
    struct tri_image *out;
    struct tri_shape shape;
    bool reshaped; /* said already that the shape changed */
    int64_t started, phases[PHASES];
};

static void print_timings(const struct run *run)
{
    static const char *const names[PHASES] = {"decode", "upload", "kernel", "download", "encode"};
    int64_t total = tri_now_ns() - run->started, other = total;

    fprintf(stderr, "%-9s %10s %7s\n", "phase", "ms", "share");
    for (int i = 0; i < PHASES; i++) {
        other -= run->phases[i];
        fprintf(stderr, "%-9s %10.3f %5.1f %%\n", names[i], (double)run->phases[i] / 1e6,
                100.0 * (double)run->phases[i] / (double)total);
    }
    fprintf(stderr, "%-9s %10.3f %5.1f %%\n", "other", (double)other / 1e6,
            100.0 * (double)other / (double)total);
    fprintf(stderr, "%-9s %10.3f\n", "total", (double)total / 1e6);
}

/* ---- signals: a picture that is being written is finished, so that no half of it stays ---- */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };
static volatile sig_atomic_t pending;
static struct timespec since; /* of the handler alone */

static void remember(int number)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    if (!pending) {
        pending = number;
        since = time;
    } else if (time.tv_sec - since.tv_sec > 1) {
        /* Asked again: the write hangs. Sooner than that it is one request, which timeout(1) and a
         * shell both pass on. */
        signal(number, SIG_DFL);
        raise(number);
    }
}

static enum tri_status write_whole(const char *path, const struct tri_image *image, struct tri_error *error)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART}, before[SIGNALS];

    /* Two of them must not interrupt each other. */
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&action.sa_mask, signals[i]);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    enum tri_status status = tri_image_write(path, image, NULL, error);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    if (pending)
        raise(pending);
    return status;
}

/* ---- one picture ---- */

/* Puts the file's name before the text: a pipeline knows shapes, not files. */
static enum tri_status fail_on(const char *path, struct tri_error *error)
{
    struct tri_error inner = *error;

    return tri_fail(error, inner.status, "%s: %s", path, inner.text);
}

/* Makes the job, and the image for its results, that fit this shape. */
static enum tri_status prepare(struct run *run, const char *path, const struct tri_shape *shape,
                               struct tri_error *error)
{
    enum tri_status status;

    if (run->job && tri_shape_equal(&run->shape, shape))
        return TRI_OK;
    if (run->job && !run->reshaped && !run->request->quiet) {
        cli_note(
            "%s has another shape than the picture before it; such a change begins a new series of frames",
            path);
        run->reshaped = true;
    }
    tri_job_free(run->job);
    run->job = NULL;
    tri_image_free(run->out);
    run->out = NULL;
    status = tri_job_new(run->backend, run->pipeline, shape, &run->job, error);
    if (status != TRI_OK) {
        run->job = NULL;
        return fail_on(path, error);
    }
    status = tri_image_new(tri_job_shape(run->job), &run->out, error);
    if (status != TRI_OK) {
        run->out = NULL;
        tri_job_free(run->job);
        run->job = NULL;
        return fail_on(path, error);
    }
    run->shape = *shape;
    return TRI_OK;
}

static enum tri_status run_picture(struct run *run, const char *from, const char *to, struct tri_error *error)
{
    struct tri_image *in = NULL;
    struct tri_timing timing = {0};
    const struct tri_read_options options = {.max_pixels = run->request->max_pixels};
    struct tri_read_info info;
    int64_t start = tri_now_ns();

    enum tri_status status = tri_image_read(from, &options, &in, &info, error);
    run->phases[DECODE] += tri_now_ns() - start;
    if (status != TRI_OK)
        return status;
    tri_metadata_free(info.metadata);
    if (info.warning[0] && !run->request->quiet)
        cli_note("%s: %s", from, info.warning);
    status = prepare(run, from, &in->shape, error);
    if (status == TRI_OK) {
        status = tri_job_run(run->job, in, run->out, &timing, error);
        if (status != TRI_OK)
            fail_on(from, error);
    }
    tri_image_free(in);
    if (status != TRI_OK)
        return status;
    run->phases[UPLOAD] += timing.upload_ns;
    run->phases[KERNEL] += timing.kernel_ns;
    run->phases[DOWNLOAD] += timing.download_ns;

    start = tri_now_ns();
    status = write_whole(to, run->out, error);
    run->phases[ENCODE] += tri_now_ns() - start;
    return status;
}

/* ---- the command ---- */

static int run_all(struct run *run, char *const inputs[], const struct cli_outputs *outputs)
{
    struct tri_error error;
    int result = TRI_OK;

    if (cli_outputs_begin(outputs, &error) != TRI_OK)
        return cli_fail(&error);
    for (int i = 0; i < outputs->count; i++) {
        enum tri_status status = run_picture(run, inputs[i], outputs->paths[i], &error);
        if (status == TRI_OK)
            continue;
        cli_fail(&error);
        /* A device that fails will fail on the others, too. */
        if (outputs->count == 1 || status == TRI_NO_DEVICE)
            return status;
        result = TRI_FAILED;
    }
    return result;
}

static int execute(const struct request *request, char *const inputs[], int count)
{
    struct run run = {.request = request, .started = tri_now_ns()};
    struct cli_outputs outputs = {0};
    struct tri_backend_options options = {.isa = request->isa};
    struct tri_error error;
    int result;

    enum tri_status status = tri_pipeline_parse(request->pipeline, &run.pipeline, &error);
    if (status != TRI_OK) {
        run.pipeline = NULL;
        if (access(request->pipeline, F_OK) == 0)
            return cli_usage("run", "'%s' is a file; the pipeline comes first", request->pipeline);
        return cli_fail(&error);
    }
    status = cli_outputs_plan(request->output, inputs, count, &outputs, &error);
    if (status == TRI_OK)
        status = tri_backend_open(request->on, &options, &run.backend, &error);
    if (status != TRI_OK) {
        run.backend = NULL;
        result = cli_fail(&error);
    } else {
        const char *note = tri_backend_note(run.backend);
        if (note[0] && !request->quiet)
            cli_note("%s", note);
        result = run_all(&run, inputs, &outputs);
        if (request->timings)
            print_timings(&run);
    }
    tri_job_free(run.job);
    tri_image_free(run.out);
    if (run.backend)
        tri_backend_close(run.backend);
    cli_outputs_free(&outputs);
    tri_pipeline_free(run.pipeline);
    return result;
}

/* What can be known to be wrong before anything is opened. */
static int check(const struct request *request, char *const operands[], int count)
{
    int streams = 0;

    if (count == 0)
        return cli_usage("run", "no pipeline given");
    if (count == 1 && access(operands[0], F_OK) == 0)
        return cli_usage("run", "'%s' is a file; the pipeline comes first", operands[0]);
    if (count == 1)
        return cli_usage("run", "no input given after the pipeline '%s'", operands[0]);
    if (!request->output)
        return cli_usage("run", "no output given; add -o FILE");
    if (request->output[0] == '\0')
        return cli_usage("run", "the name of the output is empty");
    if (strcmp(request->output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_usage("run", "no PNG is written to a terminal; send it to a file or a pipe");
    for (int i = 1; i < count; i++)
        streams += strcmp(operands[i], "-") == 0;
    if (streams > 1)
        return cli_usage("run", "standard input can be one input only");
    return TRI_OK;
}

int cli_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"on", required_argument, NULL, 'b'},
        {"isa", required_argument, NULL, 'i'},    {"max-pixels", required_argument, NULL, 'm'},
        {"timings", no_argument, NULL, 't'},      {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    struct request request = {.on = "threads"};
    int option;

    while ((option = cli_option(argc, argv, "o:qh", options)) != -1) {
        switch (option) {
        case 'o':
            if (request.output)
                return cli_usage("run", "-o is given twice");
            request.output = optarg;
            break;
        case 'b':
            request.on = optarg;
            break;
        case 'i':
            request.isa = optarg;
            break;
        case 'm':
            if (!cli_count("run", "--max-pixels", optarg, 1, (uint64_t)TRI_SIDE_MAX * TRI_SIDE_MAX,
                           &request.max_pixels))
                return TRI_USAGE;
            break;
        case 't':
            request.timings = true;
            break;
        case 'q':
            request.quiet = true;
            break;
        case 'h':
            return cli_help(cli_help_run);
        default:
            return TRI_USAGE;
        }
    }
    int result = check(&request, argv + optind, argc - optind);
    if (result != TRI_OK)
        return result;
    request.pipeline = argv[optind];
    return execute(&request, argv + optind + 1, argc - optind - 1);
}
