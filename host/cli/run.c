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
    fprintf(stderr, "%-9s %10.3f, %d file%s, %.1f megapixels/s\n", "total", total, batch->done, batch->done == 1 ? "" : "s",
            batch->megapixels / total * 1e3);
    cli_print_shares(batch->backend);
}

static const char *planes_of(const struct tri_shape *shape)
{
    static const char *const names[] = {"gray", "gray and alpha", "RGB", "RGBA"};

    return names[shape->planes - 1];
}

static void tell(void *listener, const struct tri_batch_result *result)
{
    struct run *run = listener;
    const bool noted = result->warning[0] || result->note[0] || result->notes[0] || result->new_series;

    if (result->error.status != TRI_OK || run->request->verbose || (!run->request->quiet && noted))
        cli_progress_clear(&run->progress);
    if (result->warning[0] && !run->request->quiet)
        cli_note("%s: %s", result->file->from, result->warning);
    if (result->note[0] && result->error.status == TRI_OK && !run->request->quiet)
        cli_note("%s: %s", result->file->to, result->note);
    if (!run->request->quiet)
        cli_notes(result->notes);
    if (result->new_series && !run->request->quiet)
        cli_note("%s has another shape than the picture before it; such a change begins a new series of frames",
                 result->file->from);
    if (result->error.status != TRI_OK)
        cli_fail(&result->error);
    else if (run->request->verbose)
        cli_say("%s: %d x %d, %s of %d bits -> %s: %d x %d, %s of %d bits", result->file->from, result->from.width, result->from.height,
                planes_of(&result->from), result->from.bits, result->file->to, result->to.width, result->to.height,
                planes_of(&result->to), result->to.bits);
    cli_progress_add(&run->progress, result->megapixels);
}

static void summarize(int failed, int begun, int count)
{
    if (failed == 0 || count == 1)
        return;
    fprintf(stderr, "triptych: %d of %d files failed", failed, count);
    if (begun < count)
        fprintf(stderr, "; %d were not begun", count - begun);
    fputc('\n', stderr);
}

/* ---- the command ---- */

/* Some of both kinds: pictures as one batch, then the videos one after another. */
static int run_files(struct run *run, const struct cli_inputs *inputs, const struct cli_outputs *outputs)
{
    struct tri_batch *batch = &run->batch;
    struct tri_error error;
    struct tri_batch_file *files = calloc((size_t)inputs->count, sizeof *files);

    if (!files)
        return cli_fail(&(struct tri_error){TRI_FAILED, "run: no memory for the names of the files"});
    for (int i = 0; i < inputs->count; i++)
        if (!inputs->list[i].video)
            files[batch->count++] = (struct tri_batch_file){inputs->list[i].path, outputs->paths[i]};
    batch->files = files;
    cli_progress_begin(&run->progress, batch->count, run->request->quiet);
    cli_interrupt_catch();
    const enum tri_status status = tri_batch_run(batch, &error);
    cli_progress_clear(&run->progress);
    if (status != TRI_OK && batch->failed == 0) /* else told already */
        cli_fail(&error);
    summarize(batch->failed, batch->done + batch->failed, batch->count);
    if (run->request->timings)
        print_timings(run);
    free(files);
    return status;
}

/* Each as if it was the only one. The result is the exit code. */
static int run_videos(const struct cli_run_request *request, const struct tri_pipeline *pipeline, const struct cli_inputs *inputs,
                      const struct cli_outputs *outputs, int so_far)
{
    int result = so_far, failed = 0, begun = 0;
    struct tri_error error;

    if (cli_outputs_begin(outputs, &error) != TRI_OK)
        return cli_fail(&error);
    for (int i = 0; i < inputs->count && !cli_interrupted(); i++) {
        struct cli_run_request one = *request;
        if (!inputs->list[i].video || result == TRI_NO_DEVICE || (result != TRI_OK && request->fail_fast))
            continue;
        one.output = outputs->paths[i];
        begun++;
        const int status = cli_run_video(&one, pipeline, inputs->list[i].path, NULL, 0);
        failed += status != TRI_OK;
        if (status != TRI_OK)
            result = status == TRI_NO_DEVICE || inputs->count == 1 ? status : TRI_FAILED;
    }
    summarize(failed, begun, inputs->videos);
    return result;
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
    if (request->verbose && status == TRI_OK) {
        const struct tri_backend_info *info = tri_backend_info(engine->backend);
        cli_say("%s: %s, %s, %d worker%s; %d at a time", info->name, info->device, info->isa, info->workers, info->workers == 1 ? "" : "s",
                engine->jobs);
    }
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

/* Head: what was read of standard input already. */
struct head {
    unsigned char bytes[TRI_HEAD];
    size_t size;
};

static int run_pictures(const struct cli_run_request *request, const struct tri_pipeline *pipeline, const struct cli_inputs *inputs,
                        const struct cli_outputs *outputs, const struct head *head)
{
    struct run run = {.request = request, .started = tri_now_ns()};
    struct cli_engine engine = {0};
    struct tri_error error;

    if (cli_engine_open(request, &engine, &error) != TRI_OK || cli_outputs_begin(outputs, &error) != TRI_OK) {
        cli_engine_close(&engine);
        return cli_fail(&error);
    }
    run.batch = (struct tri_batch){.pipeline = pipeline,
                                   .backend = engine.backend,
                                   .pool = engine.pool,
                                   .jobs = engine.jobs,
                                   .read = {.max_pixels = request->max_pixels, .pool = engine.pool, .head = head->bytes, .head_size = head->size},
                                   .write = request->write,
                                   .strip = request->strip,
                                   .fail_fast = request->fail_fast,
                                   .timed = request->timings,
                                   .writing = cli_write_begin,
                                   .written = cli_write_end,
                                   .through = tell,
                                   .listener = &run};
    run.batch.write.pool = engine.pool;
    const int result = run_files(&run, inputs, outputs);
    cli_engine_close(&engine);
    return result;
}

static int run_inputs(const struct cli_run_request *request, const struct tri_pipeline *pipeline, const struct cli_inputs *inputs,
                      const struct cli_outputs *outputs, const struct head *head)
{
    int result = TRI_OK;

    if (inputs->count > inputs->videos)
        result = run_pictures(request, pipeline, inputs, outputs, head);
    if (inputs->videos > 0)
        result = run_videos(request, pipeline, inputs, outputs, result);
    if (inputs->unread > 0)
        fprintf(stderr, "triptych: %d folder%s or file%s could not be read\n", inputs->unread, inputs->unread > 1 ? "s" : "",
                inputs->unread > 1 ? "s" : "");
    return result == TRI_OK && inputs->unread > 0 ? TRI_FAILED : result;
}

/* What concerns one video, and not files of all kinds. */
static int check_many(const struct cli_run_request *request, const struct cli_inputs *inputs)
{
    const char *none = inputs->videos > 0 ? "there are several inputs" : "the input is none";

    if (request->with)
        return cli_usage("run", "--with is a second video; %s", none);
    if (request->data)
        return cli_usage("run", "--data tells of the frames of a video; %s", none);
    if (request->frame.given && inputs->videos == 0)
        return cli_usage("run", "--frame is one of a video; %s", none);
    return TRI_OK;
}

/* Several inputs, folders, or one picture. */
static int run_many(const struct cli_run_request *request, const struct tri_pipeline *pipeline, char *const operands[], int count,
                    const struct head *head)
{
    const struct cli_formats formats = {request->write.format, request->video.format};
    struct cli_inputs inputs = {0};
    struct cli_outputs outputs = {0};
    struct tri_error error;
    int result = TRI_FAILED;

    enum tri_status status = cli_inputs_find(operands, count, request->output, &inputs, &error);
    if (status == TRI_OK && inputs.unread > 0 && (request->fail_fast || inputs.count == 0)) {
        cli_inputs_free(&inputs);
        return TRI_FAILED;
    }
    if (status == TRI_OK)
        result = check_many(request, &inputs);
    if (status == TRI_OK && result == TRI_OK) {
        status = cli_outputs_plan(request->output, &formats, inputs.list, inputs.count, &outputs, &error);
        if (status == TRI_OK)
            result = run_inputs(request, pipeline, &inputs, &outputs, head);
    }
    cli_outputs_free(&outputs);
    cli_inputs_free(&inputs);
    return status == TRI_OK ? result : cli_fail(&error);
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

static int execute(struct cli_run_request *request, const struct tri_pipeline *pipeline, char *const operands[], int count)
{
    struct head head = {.size = 0};
    char dash[] = "-", *const standard[] = {dash};

    if (request->with && count == 1 && is_pipe(operands[0]) && is_pipe(request->with))
        return cli_usage("run", "only one of '%s' and '%s' can come through a pipe", operands[0], request->with);
    if (count == 1 && take_pipe(operands[0]))
        operands = standard;
    else if (request->with && take_pipe(request->with))
        request->with = "-";
    if (request->with && strcmp(request->with, "-") == 0)
        head.size = read_head(head.bytes);
    for (int i = 0; i < count; i++)
        if (strcmp(operands[i], "-") == 0)
            head.size = read_head(head.bytes);
    if (count == 1 && strcmp(operands[0], "-") == 0 && head.size == 0)
        return cli_fail(&(struct tri_error){TRI_FAILED, "cannot read standard input: there is nothing in it"});
    if (count == 1 && tri_video_is(operands[0], head.bytes, head.size) && !cli_is_folder(request->output))
        return cli_run_video(request, pipeline, operands[0], head.bytes, head.size);
    return run_many(request, pipeline, operands, count, &head);
}

int cli_run(int argc, char **argv)
{
    struct cli_run_request request = {.on = "threads",
                                      .write = {.background = {TRI_BACKGROUND_TOLD, {255, 255, 255}}},
                                      .video = {.crf = -1}};
    int option;

    while ((option = cli_option(argc, argv, "o:j:qvh", cli_run_options)) != -1) {
        if (option == 'h')
            return cli_help(cli_help_run);
        if (!cli_run_set(option, optarg, &request))
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
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    if (tri_pipeline_parse(request.pipeline, &pipeline, &error) != TRI_OK) {
        if (access(request.pipeline, F_OK) == 0)
            return cli_usage("run", "'%s' is a file; the pipeline comes first", request.pipeline);
        return cli_fail(&error);
    }
    if (request.max_pixels > 0)
        tri_pipeline_limit(pipeline, request.max_pixels);
    result = execute(&request, pipeline, argv + optind + 1, argc - optind - 1);
    tri_pipeline_free(pipeline);
    return result;
}
