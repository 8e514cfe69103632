/* run.c -- triptych run: reads pictures, runs a pipeline on them, writes the results. */
#include "batch/batch.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/trace_output.h"
#include "cli/run.h"
#include "cli/run_series.h"

#include "image/numbered_names.h"
#include "parallel/cpu.h"
#include "pipeline/graph.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct picture_run {
    const struct cli_run_request *request;
    struct tri_batch batch;
    struct cli_progress progress;
    int64_t started;
    bool alone; /* there is one input */
    bool *left; /* files of several pictures, run later */
};

/* ---- options ---- */

static bool is_kernel_file(const char *path)
{
    const size_t length = strlen(path);

    return length > 3 && strcmp(path + length - 3, ".cl") == 0;
}

/* Reports a part of a video that has no frames. */
static int check_part(const struct cli_run_request *request)
{
    const struct tri_mark *from = &request->trim.from, *to = &request->trim.to;
    const bool same = from->given && (from->frame < 0) == (to->frame < 0) && !request->trim.length;

    if (request->frame.given && tri_trim_is_part(&request->trim))
        return cli_usage("run", "--frame names one frame; remove --from, --to and --duration");
    if (to->given && (to->frame < 0 ? to->seconds <= 0 : to->frame == 0))
        return cli_usage("run", "there are no frames before the end of the part; raise --%s",
                         request->trim.length ? "duration" : "to");
    if (to->given && same &&
        (to->frame < 0 ? to->seconds <= from->seconds : to->frame <= from->frame))
        return cli_usage("run", "--to is not after --from, so there are no frames between them");
    return TRI_OK;
}

/* Reports what is wrong with the request before anything is opened. */
static int check(const struct cli_run_request *request, char *const operands[], int count)
{
    int streams = 0;

    if (count == 0)
        return cli_usage("run", "no pipeline given");
    if (count == 1 && access(operands[0], F_OK) == 0 && !is_kernel_file(operands[0]))
        return cli_usage("run", "'%s' is a file; the pipeline comes first", operands[0]);
    if (count == 1)
        return cli_usage("run", "no input given after the pipeline '%s'", operands[0]);
    if (request->output == NULL)
        return cli_usage("run", "no output given; add -o FILE");
    if (strcmp(request->on, "sequential") == 0 && request->jobs > 1)
        return cli_usage("run", "--on sequential runs one job at a time; remove --jobs %llu",
                         (unsigned long long)request->jobs);
    if (request->output[0] == '\0')
        return cli_usage("run", "the output name is empty");
    if (strcmp(request->output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_usage("run",
                         "cannot write a picture to a terminal; redirect it to a file or a pipe");
    for (int i = 1; i < count; i++)
        streams += strcmp(operands[i], "-") == 0;
    streams += request->with != NULL && strcmp(request->with, "-") == 0;
    if (streams > 1)
        return cli_usage("run", "only one input can come from standard input");
    return check_part(request);
}

/* ---- messages ---- */

void cli_print_timings(const struct tri_batch *batch, int64_t started)
{
    const double total = (double)(tri_now_ns() - started) / 1e6;
    double sum = 0;

    for (int i = 0; i < TRI_PHASES; i++)
        sum += (double)batch->phases[i] / 1e6;
    /* For one file, the rest is the program's start-up. For several, phases of different files
     * overlap. */
    const double whole = batch->count == 1 && total > sum ? total : sum;
    fprintf(stderr, "%-9s %10s %7s\n", "phase", "ms", "share");
    for (int i = 0; i < TRI_PHASES; i++)
        fprintf(stderr, "%-9s %10.3f %5.1f %%\n", tri_phase_names[i],
                (double)batch->phases[i] / 1e6, (double)batch->phases[i] / 1e4 / whole);
    if (batch->count == 1)
        fprintf(stderr, "%-9s %10.3f %5.1f %%\n", "other", whole - sum,
                100 * (whole - sum) / whole);
    else
        fprintf(stderr, "%-9s %10.3f, %.2f at a time\n", "sum", sum, sum / total);
    fprintf(stderr, "%-9s %10.3f, %d file%s, %.1f megapixels/s\n", "total", total, batch->done,
            batch->done == 1 ? "" : "s", batch->megapixels / total * 1e3);
    cli_print_shares(batch->backend);
}

static const char *planes_of(const struct tri_shape *shape)
{
    static const char *const names[] = {"gray", "gray and alpha", "RGB", "RGBA"};

    return names[shape->planes - 1];
}

static void tell(void *listener, const struct tri_batch_result *result)
{
    struct picture_run *run = listener;
    if (result->left) {
        run->left[result->file - run->batch.files] = true;
        return;
    }
    *run->request->shrunk += result->shrunk > 1;
    const bool noted = result->warning[0] || result->notes != NULL || result->new_series;

    if (result->error.status != TRI_OK || run->request->verbose || (!run->request->quiet && noted))
        cli_progress_clear(&run->progress);
    if (result->warning[0] && !run->request->quiet)
        cli_note("%s: %s", result->file->from, result->warning);
    if (result->notes != NULL && result->error.status == TRI_OK && !run->request->quiet)
        cli_notes(result->notes);
    if (result->new_series && !run->request->quiet)
        cli_note("%s: its shape differs from the picture before it; a new series of frames begins",
                 result->file->from);
    if (result->error.status == TRI_OK)
        cli_data_add(run->request->collected, (int)(result->file - run->batch.files), result);
    if (result->error.status == TRI_OK)
        cli_with_note(run->request, run->request->second, result->from.planes, result->from.bits);
    if (result->error.status != TRI_OK)
        cli_fail(&result->error);
    else if (run->request->verbose)
        cli_say("%s: %d x %d, %s, %d bits -> %s: %d x %d, %s, %d bits", result->file->from,
                result->from.width, result->from.height, planes_of(&result->from),
                result->from.bits, result->file->to, result->to.width, result->to.height,
                planes_of(&result->to), result->to.bits);
    cli_progress_add(&run->progress, result->megapixels);
}

static void summarize(int failed, int begun, int count)
{
    if (failed == 0 || count == 1)
        return;
    fprintf(stderr, "triptych: %d of %d files failed", failed, count);
    if (begun < count)
        fprintf(stderr, "; %d were not started", count - begun);
    fputc('\n', stderr);
}

/* ---- the command ---- */

static bool leaves(void *listener, const struct tri_batch_file *file,
                   const struct tri_read_info *info)
{
    const struct picture_run *run = listener;

    return cli_series_wanted(run->request, file->to, run->alone, info);
}

/* Runs the files whose pictures all go to the output, each as if it were the only one. */
static int run_left(struct picture_run *run, struct cli_series *series, int so_far)
{
    struct tri_batch *batch = &run->batch;
    int result = so_far;

    for (int i = 0; i < batch->count && !cli_interrupted(); i++) {
        if (!run->left[i] || result == TRI_NO_DEVICE ||
            (result != TRI_OK && run->request->fail_fast))
            continue;
        series->number = i;
        series->input = batch->files[i].from;
        series->output = run->alone && tri_numbered_is(run->request->output) ? run->request->output
                                                                             : batch->files[i].to;
        const int status = cli_run_series(series);
        batch->failed += status != TRI_OK;
        batch->done += status == TRI_OK;
        if (status != TRI_OK)
            result = status == TRI_NO_DEVICE || batch->count == 1 ? status : TRI_FAILED;
    }
    return result;
}

/* Returns whether the only input skips the batch: standard input can be read only once, and --frame
 * asks for one picture. */
static bool goes_alone(const struct picture_run *run)
{
    return run->alone && !run->batch.moves &&
           (strcmp(run->batch.files[0].from, "-") == 0 || run->request->frame.given);
}

static int run_batch(struct picture_run *run)
{
    struct tri_batch *batch = &run->batch;
    struct tri_error error;

    cli_progress_begin(&run->progress, batch->count, run->request->quiet);
    cli_interrupt_catch();
    const enum tri_status status = tri_batch_run(batch, &error);
    cli_progress_end(&run->progress);
    if (status != TRI_OK && batch->failed == 0) /* else already reported */
        cli_fail(&error);
    return status;
}

/* The pictures, as one batch. */
static int run_files(struct picture_run *run, struct cli_series *series,
                     const struct cli_inputs *inputs, const struct cli_outputs *outputs)
{
    struct tri_batch *batch = &run->batch;
    struct tri_batch_file *files = calloc((size_t)inputs->count, sizeof *files);
    int result = TRI_OK;

    run->left = calloc((size_t)inputs->count, sizeof *run->left);
    if (files == NULL || run->left == NULL) {
        free(files);
        free(run->left);
        return cli_fail(&(struct tri_error){TRI_FAILED, "run: out of memory for file names"});
    }
    for (int i = 0; i < inputs->count; i++)
        if (!inputs->list[i].video)
            files[batch->count++] =
                (struct tri_batch_file){inputs->list[i].path, outputs->paths[i]};
    batch->files = files;
    run->alone = series->alone = inputs->count == 1 && !inputs->folders;
    if (goes_alone(run))
        run->left[0] = true;
    else
        result = run_batch(run);
    result = run_left(run, series, result);
    summarize(batch->failed, batch->done + batch->failed, batch->count);
    if (run->request->timings && batch->wall_ns > 0)
        cli_print_timings(batch, run->started);
    free(files);
    free(run->left);
    return result;
}

/* Runs each video as if it were the only one. Returns the exit code. */
static int run_videos(const struct cli_run_request *request, struct tri_pipeline *pipeline,
                      const struct cli_inputs *inputs, const struct cli_outputs *outputs,
                      int so_far)
{
    int result = so_far, failed = 0, begun = 0;
    struct tri_error error;

    if (cli_outputs_begin(outputs, &error) != TRI_OK)
        return cli_fail(&error);
    for (int i = 0; i < inputs->count && !cli_interrupted(); i++) {
        struct cli_run_request one = *request;
        if (!inputs->list[i].video || result == TRI_NO_DEVICE ||
            (result != TRI_OK && request->fail_fast))
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

/* Reads the first bytes of standard input, once for all code that has to recognise its format. */
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

/* What was already read from standard input. */
struct head {
    unsigned char bytes[TRI_HEAD];
    size_t size;
};

static int run_pictures(const struct cli_run_request *request, const struct tri_pipeline *pipeline,
                        const struct cli_inputs *inputs, const struct cli_outputs *outputs,
                        const struct head *head)
{
    struct picture_run run = {.request = request, .started = tri_now_ns()};
    struct cli_engine engine = {0};
    struct tri_error error;

    if (cli_engine_open(request, &engine, &error) != TRI_OK ||
        cli_outputs_begin(outputs, &error) != TRI_OK) {
        cli_engine_close(&engine);
        return cli_fail(&error);
    }
    run.batch = (struct tri_batch){.pipeline = pipeline,
                                   .backend = engine.backend,
                                   .pool = engine.pool,
                                   .jobs = engine.jobs,
                                   .read = {.max_pixels = request->max_pixels,
                                            .pool = engine.pool,
                                            .head = head->bytes,
                                            .head_size = head->size,
                                            .shrink_for = pipeline,
                                            .shrink = request->shrink},
                                   .write = request->write,
                                   .strip = request->strip,
                                   .fail_fast = request->fail_fast,
                                   .moves = request->lossless_jpeg,
                                   .trim = request->border,
                                   .timed = request->timings,
                                   .data = request->data != NULL,
                                   .nowhere = request->video.nowhere,
                                   .leaves = leaves,
                                   .writing = cli_write_begin,
                                   .written = cli_write_end,
                                   .through = tell,
                                   .listener = &run};
    run.batch.write.pool = engine.pool;
    struct cli_series series = {
        .request = request, .pipeline = pipeline, .engine = &engine, .read = &run.batch.read};
    const int result = run_files(&run, &series, inputs, outputs);
    cli_engine_close(&engine);
    return result;
}

/* Runs the pictures, and writes the data that kernels report about them. */
static int run_pictures_told(const struct cli_run_request *request,
                             const struct tri_pipeline *pipeline, const struct cli_inputs *inputs,
                             const struct cli_outputs *outputs, const struct head *head)
{
    struct cli_run_request told = *request;
    struct cli_data data = {0};
    struct tri_error error;

    told.collected = request->data != NULL ? &data : NULL;
    int result = run_pictures(&told, pipeline, inputs, outputs, head);
    if (request->data != NULL && (data.count > 0 || data.failed) &&
        cli_data_write(&told, pipeline, &error) != TRI_OK)
        result = cli_fail(&error);
    cli_data_free(&data);
    return result;
}

/* Pictures as one batch, then the videos one after another. */
static int run_inputs(const struct cli_run_request *request, struct tri_pipeline *pipeline,
                      const struct cli_inputs *inputs, const struct cli_outputs *outputs,
                      const struct head *head)
{
    int result = TRI_OK;

    if (inputs->count > inputs->videos)
        result = run_pictures_told(request, pipeline, inputs, outputs, head);
    if (inputs->videos > 0)
        result = run_videos(request, pipeline, inputs, outputs, result);
    if (inputs->unread > 0)
        fprintf(stderr, "triptych: %d folder%s or file%s could not be read\n", inputs->unread,
                inputs->unread > 1 ? "s" : "", inputs->unread > 1 ? "s" : "");
    return result == TRI_OK && inputs->unread > 0 ? TRI_FAILED : result;
}

/* Which options choose frames of a video, or their order, as the begin of a sentence; NULL: none.
 */
static const char *chooses_frames(const struct cli_run_request *request)
{
    return request->reverse                   ? "--reverse is"
           : tri_trim_is_part(&request->trim) ? "--from, --to and --duration are"
                                              : NULL;
}

/* Refuses options that are for one video. */
static int check_many(const struct cli_run_request *request, const struct tri_pipeline *pipeline,
                      const struct cli_inputs *inputs)
{
    const bool clip = tri_pipeline_takes_with(pipeline) && request->second == NULL;

    const char *none = inputs->videos > 0 ? "there are several inputs" : "the input is not a video";

    if (clip && inputs->count > inputs->videos)
        return cli_usage("run",
                         "--with '%s' is a video, and goes with videos only; 'triptych run copy %s "
                         "-o frame.png --frame 1' makes a picture of its first frame",
                         request->with, request->with);
    if (request->with != NULL && request->second == NULL && !clip)
        return tri_pipeline_pairs(pipeline)
                   ? cli_usage("run", "--with needs one video as input; %s", none)
                   : cli_usage("run", "no kernel of %s takes a second picture; remove --with",
                               tri_pipeline_text(pipeline));
    if (request->data != NULL && inputs->videos > 0)
        return cli_usage("run", "--data needs one video, or pictures, as input; %s", none);
    if (request->data != NULL && pipeline->data_columns == NULL)
        return cli_usage("run", "no kernel of %s has data for --data", tri_pipeline_text(pipeline));
    if (request->border != NULL && inputs->videos > 0)
        return cli_usage("run",
                         "--trim is for pictures, as all frames of a video have one size; "
                         "'triptych run bounds VIDEO --data -' prints a crop for all of them");
    if (request->lossless_jpeg && inputs->videos > 0)
        return cli_usage("run", "--lossless-jpeg is for JPEG files; %s",
                         inputs->count == 1 ? "the input is a video" : "some inputs are videos");
    if (chooses_frames(request) != NULL && inputs->count > inputs->videos)
        return cli_usage("run", "%s for videos and animations; %s", chooses_frames(request),
                         inputs->count == 1 ? "the input is neither" : "some inputs are pictures");
    return TRI_OK;
}

/* Runs several inputs, folders, or one picture. */
static int run_many(const struct cli_run_request *request, struct tri_pipeline *pipeline,
                    char *const operands[], int count, const struct head *head)
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
        result = check_many(request, pipeline, &inputs);
    if (status == TRI_OK && result == TRI_OK) {
        const struct cli_more_files more = {request->pipeline,      request->with,
                                            request->trace,         request->data,
                                            request->video.nowhere, "run"};
        status = cli_outputs_plan(request->output, &formats, inputs.list, inputs.count, &more,
                                  &outputs, &error);
        if (status == TRI_OK)
            result = run_inputs(request, pipeline, &inputs, &outputs, head);
    }
    cli_outputs_free(&outputs);
    cli_inputs_free(&inputs);
    return status == TRI_OK ? result : cli_fail(&error);
}

/* Returns whether a video is asked for, not just possible: pictures go to "-" and devices too. */
static bool asks_for_video(const struct cli_run_request *request)
{
    const char *slash = strrchr(request->output, '/'),
               *name = slash != NULL ? slash + 1 : request->output;

    return (request->video.format != NULL || request->data != NULL || strchr(name, '.') != NULL) &&
           !cli_output_is_picture(request) && !cli_is_folder(request->output) &&
           !tri_numbered_is(request->output) &&
           tri_video_writes(request->output, request->video.format);
}

/* Returns whether `path` is a pipe, whose content can be examined only once. */
static bool is_pipe(const char *path)
{
    struct stat status;

    return strcmp(path, "-") == 0 ||
           (stat(path, &status) == 0 && S_ISFIFO(status.st_mode) && !tri_video_is(path, NULL, 0));
}

/* Makes a named pipe, such as bash's <(...), standard input. Returns whether it did. */
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

/* Reads the first bytes of standard input, if it is an input. */
static struct head read_heads(const struct cli_run_request *request, char *const operands[],
                              int count)
{
    struct head head = {.size = 0};
    bool used = request->with != NULL && strcmp(request->with, "-") == 0;

    for (int i = 0; i < count; i++)
        used |= strcmp(operands[i], "-") == 0;
    if (used)
        head.size = read_head(head.bytes);
    return head;
}

/* Runs all inputs as one video. */
static int run_joined(struct cli_run_request *request, struct tri_pipeline *pipeline,
                      char *const operands[], int count)
{
    struct tri_error error;

    for (int i = 0; i < count; i++)
        if (is_pipe(operands[i]))
            return cli_usage("run", "--concat needs files, which it opens twice; '%s' is a pipe",
                             operands[i]);
    if (cli_is_folder(request->output))
        return cli_usage("run", "--concat writes one video, but '%s' is a folder", request->output);
    if (cli_with_read(request, pipeline, NULL, 0, &error) != TRI_OK)
        return cli_fail(&error);
    request->joined = operands;
    request->joined_count = count;
    return cli_run_video(request, pipeline, operands[0], NULL, 0);
}

static int execute(struct cli_run_request *request, struct tri_pipeline *pipeline,
                   char *const operands[], int count)
{
    char dash[] = "-", *const standard[] = {dash};
    struct tri_error error;

    if (request->lossless_jpeg && cli_check_moves(request, pipeline) != TRI_OK)
        return TRI_USAGE;
    if (request->border != NULL && cli_check_trim(request, pipeline) != TRI_OK)
        return TRI_USAGE;
    if (request->concat && count > 1)
        return run_joined(request, pipeline, operands, count);
    if (request->with != NULL && count == 1 && is_pipe(operands[0]) && is_pipe(request->with))
        return cli_usage("run", "only one of '%s' and '%s' can be a pipe", operands[0],
                         request->with);
    if (count == 1 && take_pipe(operands[0]))
        operands = standard;
    else if (request->with != NULL && take_pipe(request->with))
        request->with = "-";
    const struct head head = read_heads(request, operands, count);
    if (count == 1 && strcmp(operands[0], "-") == 0 && head.size == 0)
        return cli_fail(&(struct tri_error){TRI_FAILED, "cannot read standard input: it is empty"});
    if (cli_with_read(request, pipeline, head.bytes, head.size, &error) != TRI_OK)
        return cli_fail(&error);
    if (count == 1 && !request->lossless_jpeg && request->border == NULL &&
        ((tri_video_is(operands[0], head.bytes, head.size) && !cli_is_folder(request->output)) ||
         ((asks_for_video(request) || chooses_frames(request) != NULL) &&
          cli_has_pictures(operands[0], head.bytes, head.size))))
        return cli_run_video(request, pipeline, operands[0], head.bytes, head.size);
    return run_many(request, pipeline, operands, count, &head);
}

/* Says why an option had no effect. */
static void note_unshrunk(const struct cli_run_request *request,
                          const struct tri_pipeline *pipeline)
{
    if (!pipeline->shrinkable)
        cli_note("--shrink-on-load had no effect: the first kernel needs all pixels (resize does "
                 "not, unless it has filter=nearest)");
    else
        cli_note("--shrink-on-load had no effect: it is for JPEG pictures that become at most 1/%d "
                 "as wide and high",
                 request->shrink == TRI_SHRINK_GOOD ? 4 : 2);
}

static int execute_noted(struct cli_run_request *request, struct tri_pipeline *pipeline,
                         char *const operands[], int count)
{
    long shrunk = 0;

    /* while that runs */
    // cppcheck-suppress autoVariables
    request->shrunk = &shrunk;
    const int result = execute(request, pipeline, operands, count);
    request->shrunk = NULL;
    if (request->shrink != TRI_SHRINK_OFF && result == TRI_OK && shrunk == 0 && !request->quiet)
        note_unshrunk(request, pipeline);
    return result;
}

static int execute_traced(struct cli_run_request *request, struct tri_pipeline *pipeline,
                          char *const operands[], int count)
{
    struct cli_trace trace = {.path = request->trace,
                              .timeline = request->timeline,
                              .progress =
                                  request->progress && !request->quiet && cli_redraws(stderr),
                              .quiet = request->quiet};
    struct tri_error error;

    if (cli_trace_begin(&trace, &error) != TRI_OK)
        return cli_fail(&error);
    return cli_trace_end(&trace, execute_noted(request, pipeline, operands, count));
}

int cli_run(int argc, char **argv)
{
    struct cli_run_request request = {
        .on = "threads",
        .write = {.size = sizeof(struct tri_write_options),
                  .background = {TRI_BACKGROUND_TOLD, {255, 255, 255}}},
        .video = {.crf = -1}};
    int result;

    if (!cli_parse(&cli_command_run, argc, argv, &request, &result))
        return result;
    if (request.output == NULL && request.data != NULL) { /* only the data is wanted */
        request.output = "/dev/null";
        request.video.nowhere = true;
    }
    result = check(&request, argv + optind, argc - optind);
    if (result != TRI_OK)
        return result;
    request.pipeline = argv[optind];
    cli_input_names(argc - optind - 1, argv + optind + 1);
    if (request.with != NULL)
        cli_input_names(1, (char **)&request.with); /* from argv, so it is writable */
    struct tri_pipeline *pipeline = NULL;
    struct tri_error error;
    if (cli_pipeline_read(request.pipeline, &pipeline, &error) != TRI_OK) {
        if (access(request.pipeline, F_OK) == 0 && !is_kernel_file(request.pipeline))
            return cli_usage("run", "'%s' is a file; the pipeline comes first", request.pipeline);
        return cli_fail(&error);
    }
    if (request.max_pixels > 0)
        tri_pipeline_limit(pipeline, request.max_pixels);
    if (!request.quiet)
        cli_notes(tri_pipeline_note(pipeline));
    if (cli_trim_parse(&request, &error) != TRI_OK) {
        tri_pipeline_free(pipeline);
        return cli_fail(&error);
    }
    result = execute_traced(&request, pipeline, argv + optind + 1, argc - optind - 1);
    tri_pipeline_free(pipeline);
    tri_pipeline_free(request.border);
    tri_image_free(request.second);
    return result;
}
