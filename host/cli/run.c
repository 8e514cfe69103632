/* run.c -- triptych run: reads pictures, runs a pipeline on them, writes the results. */
#include "batch/batch.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/run.h"

#include "parallel/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct run {
    const struct cli_run_request *request;
    struct tri_batch batch;
    struct cli_progress progress;
    int64_t started;
};

/* ---- options ---- */

enum {
    ON = 256,
    ISA,
    MAX_PIXELS,
    JOBS,
    FORMAT,
    PNG_LEVEL,
    QUALITY,
    SUBSAMPLING,
    LOSSLESS,
    STRIP,
    VERIFY_OUTPUT,
    PLANES,
    WITH,
    DATA,
    VIDEO_CODEC,
    CRF,
    NO_AUDIO,
    NO_SUBTITLES,
    STAGES,
    KEEP_GOING,
    FAIL_FAST,
    TIMINGS
};

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"on", required_argument, NULL, ON},
    {"isa", required_argument, NULL, ISA},
    {"jobs", required_argument, NULL, 'j'},
    {"max-pixels", required_argument, NULL, MAX_PIXELS},
    {"format", required_argument, NULL, FORMAT},
    {"png-level", required_argument, NULL, PNG_LEVEL},
    {"quality", required_argument, NULL, QUALITY},
    {"subsampling", required_argument, NULL, SUBSAMPLING},
    {"lossless", no_argument, NULL, LOSSLESS},
    {"strip", no_argument, NULL, STRIP},
    {"verify-output", no_argument, NULL, VERIFY_OUTPUT},
    {"planes", required_argument, NULL, PLANES},
    {"with", required_argument, NULL, WITH},
    {"data", required_argument, NULL, DATA},
    {"video-codec", required_argument, NULL, VIDEO_CODEC},
    {"crf", required_argument, NULL, CRF},
    {"no-audio", no_argument, NULL, NO_AUDIO},
    {"no-subtitles", no_argument, NULL, NO_SUBTITLES},
    {"stages", no_argument, NULL, STAGES},
    {"keep-going", no_argument, NULL, KEEP_GOING},
    {"fail-fast", no_argument, NULL, FAIL_FAST},
    {"timings", no_argument, NULL, TIMINGS},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* The place of `text` in `names`, which '|' separates; -1: it is not there, and that is reported. */
static int choose(const char *option, const char *text, const char *names)
{
    const size_t length = strlen(text);
    int index = 0;

    for (const char *at = names; length > 0 && at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL, index++)
        if (strcspn(at, "|") == length && strncmp(at, text, length) == 0)
            return index;
    cli_usage("run", "%s: '%s' is none of %s", option, text, names);
    return -1;
}

static bool choose_format(const char *text, struct cli_run_request *request)
{
    request->video.format = text; /* of pictures too: those of a sequence */
    request->write.format = tri_format_find(text);
    /* In this order, for the libraries of video take long to load. */
    if (request->write.format || tri_video_writes("", text))
        return true;
    cli_usage("run", "--format: '%s' is no format that was built in ('triptych --version' lists them)", text);
    return false;
}

static bool set_output(const char *text, struct cli_run_request *request)
{
    if (request->output)
        cli_usage("run", "-o is given twice");
    else
        request->output = text;
    return request->output == text;
}

/* Options of how files are written. False: wrong, and reported. */
static bool set_write_option(int option, const char *text, struct cli_run_request *request)
{
    uint64_t number;
    int choice;

    switch (option) {
    case FORMAT:
        return choose_format(text, request);
    case PNG_LEVEL:
        choice = choose("--png-level", text, "default|fast|small");
        request->write.png_level = (enum tri_png_level)choice;
        return choice >= 0;
    case QUALITY:
        if (!cli_count("run", "--quality", text, 1, 100, &number))
            return false;
        request->write.quality = (int)number;
        return true;
    case SUBSAMPLING:
        choice = choose("--subsampling", text, "420|422|444");
        request->write.subsampling = (enum tri_subsampling)choice;
        return choice >= 0;
    case LOSSLESS:
        request->write.lossless = true;
        return true;
    case VERIFY_OUTPUT:
        request->write.verify = true;
        return true;
    case STRIP:
        request->strip = true;
        return true;
    case WITH:
        request->with = text;
        return true;
    case DATA:
        request->data = text;
        return true;
    case PLANES:
        choice = choose("--planes", text, "all|y");
        request->chroma = choice == 1 ? TRI_CHROMA_KEPT : TRI_CHROMA_RUN;
        return choice >= 0;
    case VIDEO_CODEC:
        request->video.video_codec = text;
        return true;
    case NO_AUDIO:
        request->video.no_audio = true;
        return true;
    case NO_SUBTITLES:
        request->video.no_subtitles = true;
        return true;
    case CRF:
        if (!cli_count("run", "--crf", text, 0, 63, &number))
            return false;
        request->video.crf = (int)number;
        return true;
    default:
        return false; /* '?', which is reported already */
    }
}

static bool set_option(int option, const char *text, struct cli_run_request *request)
{
    switch (option) {
    case 'o':
        return set_output(text, request);
    case ON:
        request->on = text;
        return true;
    case ISA:
        request->isa = text;
        return true;
    case 'j':
        return cli_count("run", "--jobs", text, 1, CLI_JOBS_MAX, &request->jobs);
    case MAX_PIXELS:
        return cli_count("run", "--max-pixels", text, 1, (uint64_t)TRI_SIDE_MAX * TRI_SIDE_MAX,
                         &request->max_pixels);
    case KEEP_GOING:
        request->fail_fast = false;
        return true;
    case FAIL_FAST:
        request->fail_fast = true;
        return true;
    case STAGES:
        request->stages = true;
        return true;
    case TIMINGS:
        request->timings = true;
        return true;
    case 'q':
        request->quiet = true;
        return true;
    default:
        return set_write_option(option, text, request);
    }
}

/* What can be known to be wrong before anything is opened. */
static int check(const struct cli_run_request *request, char *const operands[], int count)
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
    if (strcmp(request->on, "sequential") == 0 && request->jobs > 1)
        return cli_usage("run", "--on sequential does one thing after another: there cannot be %llu --jobs at a time",
                         (unsigned long long)request->jobs);
    if (request->output[0] == '\0')
        return cli_usage("run", "the name of the output is empty");
    if (strcmp(request->output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_usage("run", "no picture is written to a terminal; send it to a file or a pipe");
    for (int i = 1; i < count; i++)
        streams += strcmp(operands[i], "-") == 0;
    streams += request->with && strcmp(request->with, "-") == 0;
    if (streams > 1)
        return cli_usage("run", "standard input can be one input only");
    return TRI_OK;
}

/* ---- what is told ---- */

static void print_timings(const struct run *run)
{
    const struct tri_batch *batch = &run->batch;
    const double total = (double)(tri_now_ns() - run->started) / 1e6;
    double sum = 0;

    for (int i = 0; i < TRI_PHASES; i++)
        sum += (double)batch->phases[i] / 1e6;
    /* Of one file, what is left is the program's own start. Of several, phases of different files overlap. */
    const double whole = batch->count == 1 && total > sum ? total : sum;
    fprintf(stderr, "%-9s %10s %7s\n", "phase", "ms", "share");
    for (int i = 0; i < TRI_PHASES; i++)
        fprintf(stderr, "%-9s %10.3f %5.1f %%\n", tri_phase_names[i], (double)batch->phases[i] / 1e6,
                (double)batch->phases[i] / 1e4 / whole);
    if (batch->count == 1)
        fprintf(stderr, "%-9s %10.3f %5.1f %%\n", "other", whole - sum, 100 * (whole - sum) / whole);
    else
        fprintf(stderr, "%-9s %10.3f, %.2f of them at a time\n", "sum", sum, sum / total);
    fprintf(stderr, "%-9s %10.3f, %d files, %.1f megapixels/s\n", "total", total, batch->done,
            batch->megapixels / total * 1e3);
    cli_print_shares(batch->backend);
}

static void tell(void *listener, const struct tri_batch_result *result)
{
    struct run *run = listener;

    if (result->error.status != TRI_OK || (!run->request->quiet && (result->warning[0] || result->note[0] || result->new_series)))
        cli_progress_clear(&run->progress);
    if (result->warning[0] && !run->request->quiet)
        cli_note("%s: %s", result->file->from, result->warning);
    if (result->note[0] && result->error.status == TRI_OK && !run->request->quiet)
        cli_note("%s: %s", result->file->to, result->note);
    if (result->new_series && !run->request->quiet)
        cli_note("%s has another shape than the picture before it; such a change begins a new series of frames",
                 result->file->from);
    if (result->error.status != TRI_OK)
        cli_fail(&result->error);
    cli_progress_add(&run->progress, result->megapixels);
}

static void summarize(const struct tri_batch *batch)
{
    const int begun = batch->done + batch->failed;

    if (batch->failed == 0 || batch->count == 1)
        return;
    fprintf(stderr, "triptych: %d of %d files failed", batch->failed, batch->count);
    if (begun < batch->count)
        fprintf(stderr, "; %d were not begun", batch->count - begun);
    fputc('\n', stderr);
}

/* ---- the command ---- */

static int run_files(struct run *run, const struct cli_inputs *inputs, const struct cli_outputs *outputs)
{
    struct tri_batch *batch = &run->batch;
    struct tri_error error;
    struct tri_batch_file *files = calloc((size_t)inputs->count, sizeof *files);

    if (!files)
        return cli_fail(&(struct tri_error){TRI_FAILED, "run: no memory for the names of the files"});
    for (int i = 0; i < inputs->count; i++)
        files[i] = (struct tri_batch_file){inputs->list[i].path, outputs->paths[i]};
    batch->files = files;
    batch->count = inputs->count;
    enum tri_status status = cli_outputs_begin(outputs, &error);
    if (status != TRI_OK) {
        cli_fail(&error);
    } else {
        cli_progress_begin(&run->progress, batch->count, run->request->quiet);
        cli_interrupt_catch();
        status = tri_batch_run(batch, &error);
        cli_progress_clear(&run->progress);
        if (status != TRI_OK && batch->failed == 0) /* else told already */
            cli_fail(&error);
        summarize(batch);
        if (run->request->timings)
            print_timings(run);
    }
    free(files);
    return status;
}

/* Threads that wait for what goes to a device with memory of its own, or comes back, take no core. */
#define WAITING 2

int cli_workers(const char *on)
{
    if (strcmp(on, "sequential") == 0)
        return 1;
    if (strncmp(on, "threads:", 8) == 0)
        return atoi(on + 8) > 1 ? atoi(on + 8) : 1;
    return tri_cpu_workers();
}

static void note(void *listener, const char *text)
{
    (void)listener;
    cli_note("%s", text);
}

/* One pool of threads does everything; a backend on the CPU takes part of it, or all. */
static enum tri_status open_engine(const struct cli_run_request *request, struct cli_engine *engine, struct tri_error *error)
{
    struct tri_backend_options with = {.isa = request->isa, .note = request->quiet ? NULL : note};
    const bool several = tri_names_several(request->on);

    if (strncmp(request->on, "opencl", 6) == 0 && !several &&
        tri_backend_open(request->on, &with, &engine->backend, error) != TRI_OK)
        return error->status;
    const int waiting = several || (engine->backend && tri_backend_info(engine->backend)->gpu) ? WAITING : 0;
    const int workers = cli_workers(request->on) + waiting;
    engine->jobs = request->jobs > 0 ? (int)request->jobs : workers;
    const int threads = engine->jobs > workers ? engine->jobs : workers;
    if (threads > 1 && threads <= CLI_JOBS_MAX && tri_pool_new(threads, &engine->pool, error) != TRI_OK)
        return TRI_FAILED;
    with.pool = engine->pool;
    if (!engine->backend && tri_backend_open(request->on, &with, &engine->backend, error) != TRI_OK)
        return error->status;
    /* While one waits for the device, the others read and write. */
    if ((tri_backend_info(engine->backend)->opencl || several) && request->jobs == 0)
        engine->jobs = workers + 1;
    engine->quiet = request->quiet;
    cli_engine_tell(engine);
    return TRI_OK;
}

enum tri_status cli_engine_open(const struct cli_run_request *request, struct cli_engine *engine, struct tri_error *error)
{
    const enum tri_status status = open_engine(request, engine, error);

    if (!request->quiet)
        cli_note_drivers(status == TRI_OK ? NULL : error);
    return status;
}

void cli_engine_tell(struct cli_engine *engine)
{
    if (engine->backend && !engine->quiet)
        cli_backend_notes(engine->backend, &engine->told);
}

void cli_engine_close(struct cli_engine *engine)
{
    cli_engine_tell(engine);
    tri_backend_close(engine->backend);
    tri_pool_free(engine->pool);
}

/* The first bytes of standard input, which are read once for all who have to know what it is. */
static size_t read_head(unsigned char head[TRI_HEAD])
{
    size_t size = 0;

    while (size < TRI_HEAD) {
        const ssize_t got = read(STDIN_FILENO, head + size, TRI_HEAD - size);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    return size;
}

static int run_pictures(const struct cli_run_request *request, const struct tri_pipeline *pipeline,
                        char *const operands[], int count, const unsigned char *head, size_t head_size)
{
    struct run run = {.request = request, .started = tri_now_ns()};
    struct cli_engine engine = {0};
    struct cli_inputs inputs = {0};
    struct cli_outputs outputs = {0};
    struct tri_error error;
    int result;

    enum tri_status status = cli_inputs_find(operands, count, request->output, &inputs, &error);
    if (status == TRI_OK && inputs.unread > 0 && (request->fail_fast || inputs.count == 0)) {
        cli_inputs_free(&inputs);
        return TRI_FAILED;
    }
    if (status == TRI_OK)
        status = cli_outputs_plan(request->output, request->write.format, inputs.list, inputs.count, &outputs, &error);
    if (status == TRI_OK)
        status = cli_engine_open(request, &engine, &error);
    if (status != TRI_OK) {
        result = cli_fail(&error);
    } else {
        run.batch = (struct tri_batch){.pipeline = pipeline,
                                       .backend = engine.backend,
                                       .pool = engine.pool,
                                       .jobs = engine.jobs,
                                       .read = {.max_pixels = request->max_pixels, .pool = engine.pool, .head = head, .head_size = head_size},
                                       .write = request->write,
                                       .strip = request->strip,
                                       .fail_fast = request->fail_fast,
                                       .timed = request->timings,
                                       .writing = cli_write_begin,
                                       .written = cli_write_end,
                                       .through = tell,
                                       .listener = &run};
        run.batch.write.pool = engine.pool;
        result = run_files(&run, &inputs, &outputs);
        if (inputs.unread > 0)
            fprintf(stderr, "triptych: %d folder%s or file%s could not be read\n", inputs.unread, inputs.unread > 1 ? "s" : "",
                    inputs.unread > 1 ? "s" : "");
        if (result == TRI_OK && inputs.unread > 0)
            result = TRI_FAILED;
    }
    cli_engine_close(&engine);
    cli_outputs_free(&outputs);
    cli_inputs_free(&inputs);
    return result;
}

/* Which can be looked at only once, to know what comes through it. */
static bool is_pipe(const char *path)
{
    struct stat status;

    return strcmp(path, "-") == 0 ||
           (stat(path, &status) == 0 && S_ISFIFO(status.st_mode) && !tri_video_is(path, NULL, 0));
}

/* A pipe with a name, as bash's <(...), becomes standard input. */
static bool take_pipe(const char *path)
{
    if (strcmp(path, "-") == 0 || !is_pipe(path))
        return false;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const bool taken = file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO;
    if (file > STDIN_FILENO)
        close(file);
    return taken;
}

static int execute(struct cli_run_request *request, char *const operands[], int count)
{
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    unsigned char head[TRI_HEAD];
    char dash[] = "-", *const standard[] = {dash};
    size_t head_size = 0;
    int result;

    if (tri_pipeline_parse(request->pipeline, &pipeline, &error) != TRI_OK) {
        if (access(request->pipeline, F_OK) == 0)
            return cli_usage("run", "'%s' is a file; the pipeline comes first", request->pipeline);
        return cli_fail(&error);
    }
    if (request->with && count == 1 && is_pipe(operands[0]) && is_pipe(request->with)) {
        tri_pipeline_free(pipeline);
        return cli_usage("run", "only one of '%s' and '%s' can come through a pipe", operands[0], request->with);
    }
    if (count == 1 && take_pipe(operands[0]))
        operands = standard;
    else if (request->with && take_pipe(request->with))
        request->with = "-";
    if (request->with && strcmp(request->with, "-") == 0)
        head_size = read_head(head);
    for (int i = 0; i < count; i++)
        if (strcmp(operands[i], "-") == 0)
            head_size = read_head(head);
    if (request->video.format && !request->write.format && !(count == 1 && tri_video_is(operands[0], head, head_size))) {
        tri_pipeline_free(pipeline);
        return cli_usage("run", "--format: '%s' is a format of videos, and the input is none", request->video.format);
    }
    const bool video = count == 1 && tri_video_is(operands[0], head, head_size);
    if (count == 1 && strcmp(operands[0], "-") == 0 && head_size == 0)
        result = cli_fail(&(struct tri_error){TRI_FAILED, "cannot read standard input: there is nothing in it"});
    else if (request->with && !video)
        result = cli_usage("run", "--with is a second video; the input is none");
    else if (request->data && !video)
        result = cli_usage("run", "--data tells of the frames of a video; the input is none");
    else if (video)
        result = cli_run_video(request, pipeline, operands[0], head, head_size);
    else
        result = run_pictures(request, pipeline, operands, count, head, head_size);
    tri_pipeline_free(pipeline);
    return result;
}

int cli_run(int argc, char **argv)
{
    struct cli_run_request request = {.on = "threads", .video = {.crf = -1}};
    int option;

    while ((option = cli_option(argc, argv, "o:j:qh", options)) != -1) {
        if (option == 'h')
            return cli_help(cli_help_run);
        if (!set_option(option, optarg, &request))
            return TRI_USAGE;
    }
    if (!request.output && request.data) /* all that is wanted */
        request.output = "/dev/null";
    int result = check(&request, argv + optind, argc - optind);
    if (result != TRI_OK)
        return result;
    request.pipeline = argv[optind];
    cli_input_names(argc - optind - 1, argv + optind + 1);
    if (request.with)
        cli_input_names(1, (char **)&request.with); /* of argv, so it can be written to */
    return execute(&request, argv + optind + 1, argc - optind - 1);
}
