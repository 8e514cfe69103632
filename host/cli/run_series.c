/* run_series.c -- runs a file of several pictures: pages, frames, or concatenated files. */
#include "cli/run_series.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/file_conflicts.h"
#include "cli/progress.h"
#include "codec/pictures.h"
#include "image/image.h"
#include "image/numbered_names.h"
#include "parallel/cpu.h"

#include <stdlib.h>
#include <string.h>

#define NOTES_MOST 12 /* different notes; most pictures have the same */
#define SLACK 1e-6    /* seconds: a time that was printed and parsed is not later than itself */

struct run {
    const struct cli_series *series;
    struct tri_pictures *pictures;
    struct tri_batch batch;
    struct cli_progress progress;
    struct tri_numbered names; /* of a pattern */
    bool numbered;
    int64_t started;
    char *told[NOTES_MOST];
    int told_count;
};

/* ---- the request ---- */

const struct tri_format *cli_picture_format(const struct cli_run_request *request,
                                            const char *output)
{
    const struct tri_format *format =
        request->write.format != NULL ? request->write.format : tri_format_of_path(output);

    return format != NULL ? format : tri_format_find("png");
}

bool cli_series_wanted(const struct cli_run_request *request, const char *output, bool alone,
                       const struct tri_read_info *info)
{
    const struct tri_pictures_info several = {.count = info->pictures, .animated = info->animated};

    return request->frame.given || request->video.nowhere ||
           (alone && tri_numbered_is(request->output)) ||
           tri_pictures_fit(cli_picture_format(request, output), &several);
}

bool cli_has_pictures(const char *path, const unsigned char *head, size_t size)
{
    struct tri_pictures *pictures;
    struct tri_error error;

    if (strcmp(path, "-") == 0)
        return tri_format_of_head(head, size) != NULL;
    if (tri_pictures_open(path, NULL, &pictures, &error) != TRI_OK)
        return false;
    const bool several = tri_pictures_info(pictures)->count != 1;
    tri_pictures_close(pictures);
    return several;
}

/* ---- messages ---- */

/* Returns whether a note is new, and remembers it. `text` is the note after the picture's name. */
static bool is_new(struct run *run, const char *text)
{
    for (int i = 0; i < run->told_count; i++)
        if (strcmp(run->told[i], text) == 0)
            return false;
    if (run->told_count == NOTES_MOST)
        return false;
    run->told[run->told_count] = strdup(text);
    run->told_count += run->told[run->told_count] != NULL;
    return true;
}

static void note(struct run *run, const char *name, const char *text)
{
    if (!text[0] || run->series->request->quiet || !is_new(run, text))
        return;
    cli_progress_clear(&run->progress);
    cli_note("%s: %s", name, text);
}

/* Lines begin with the picture's name; those that are the same for many pictures are printed for
 * the first one. */
static void tell_lines(struct run *run, const struct tri_batch_result *result)
{
    const size_t name = strlen(result->file->to);

    for (char *line = result->notes, *end; line != NULL && (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        *end = '\0';
        if (strncmp(line, result->file->to, name) == 0 && line[name] == ':')
            note(run, result->file->to, line + name + 2);
        else if (!run->series->request->quiet && is_new(run, line))
            cli_note("%s", line);
        *end = '\n';
    }
}

static void tell_written(void *listener, const char *text)
{
    struct run *run = listener;

    if (run->series->request->quiet)
        return;
    cli_progress_clear(&run->progress);
    cli_note("%s", text);
}

static void tell(void *listener, const struct tri_batch_result *result)
{
    struct run *run = listener;
    const struct cli_run_request *request = run->series->request;

    *request->shrunk += result->shrunk > 1;
    note(run, result->file->from, result->warning);
    if (result->error.status == TRI_OK)
        tell_lines(run, result);
    if (result->error.status == TRI_OK)
        cli_data_add(request->collected, run->series->number, result);
    if (result->new_series)
        note(run, result->file->from,
             "its shape differs from the picture before it; a new series of frames begins");
    if (result->error.status != TRI_OK || request->verbose)
        cli_progress_clear(&run->progress);
    if (result->error.status != TRI_OK)
        cli_fail(&result->error);
    else if (request->verbose)
        cli_say("%s: %d x %d -> %s: %d x %d", result->file->from, result->from.width,
                result->from.height, result->file->to, result->to.width, result->to.height);
    cli_progress_add(&run->progress, result->megapixels);
}

/* ---- where the pictures go ---- */

static bool is_pattern(const struct cli_series *series)
{
    return series->alone && series->output == series->request->output &&
           tri_numbered_is(series->output);
}

static char *name_of(void *listener, long number)
{
    const struct run *run = listener;

    return run->numbered ? tri_numbered_path(&run->names, number) : strdup(run->series->output);
}

/* Finds the frame that is shown at a time. */
static enum tri_status find_time(struct run *run, double seconds, struct tri_error *error)
{
    const struct tri_pictures_info *info = tri_pictures_info(run->pictures);
    const struct tri_duration *durations = tri_pictures_durations(run->pictures);
    const char *name = tri_pictures_name(run->pictures);
    double end = 0;

    if (durations == NULL)
        return tri_fail(error, TRI_USAGE, "%s has no times; give the number of the %s instead",
                        name, info->word);
    for (long i = 0; i < info->count; i++) {
        end += (double)durations[i].count / durations[i].per;
        if (end > seconds + SLACK) {
            run->batch.series.only = i + 1;
            return TRI_OK;
        }
    }
    if (seconds > end + SLACK)
        return tri_fail(error, TRI_USAGE, "%s ends after %.3f s: there is no frame at %.3f s", name,
                        end, seconds);
    run->batch.series.only = info->count;
    return TRI_OK;
}

static enum tri_status check_places(const struct run *run, struct tri_error *error)
{
    struct cli_places places = {.command = "run"};

    cli_places_input(&places, run->series->input, 0);
    cli_places_pipeline(&places, run->series->request->pipeline);
    cli_places_input(&places, run->series->request->with, 0);
    cli_places_numbered(&places, "-o", run->series->request->output, 0);
    cli_places_output(&places, "--trace", run->series->request->trace, 0);
    return cli_places_check(&places, error);
}

/* Notes that only the first of several pictures is read, because the output holds one. */
static void note_rest(struct run *run, const struct tri_pictures_info *info)
{
    char text[100];

    if (info->count > 0)
        snprintf(text, sizeof text, "only the first of %ld %ss is read", info->count, info->word);
    else
        snprintf(text, sizeof text, "only the first of several pictures is read");
    note(run, tri_pictures_name(run->pictures), text);
}

static enum tri_status choose_frame(struct run *run, struct tri_error *error)
{
    const struct cli_series *series = run->series;
    const struct cli_frame *frame = &series->request->frame;

    if (tri_pictures_info(run->pictures)->count == 1 && series->alone)
        return tri_fail(
            error, TRI_USAGE,
            "run: --frame needs a video or a file of several pictures; '%s' has one picture",
            series->input);
    if (run->numbered && series->alone)
        return tri_fail(error, TRI_USAGE,
                        "run: --frame needs a single picture as output; '%s' is not one",
                        series->output);
    run->batch.series.only = frame->number + 1;
    return frame->number < 0 ? find_time(run, frame->seconds, error) : TRI_OK;
}

static bool differ(const struct tri_duration *durations, long count)
{
    for (long i = 1; durations != NULL && i < count; i++)
        if ((int64_t)durations[i].count * durations[0].per !=
            (int64_t)durations[0].count * durations[i].per)
            return true;
    return false;
}

/* Reports the times and the play count of an animation that goes to separate pictures or pages. */
static void note_times(struct run *run, const struct tri_pictures_info *info)
{
    const struct tri_format *format = cli_picture_format(run->series->request, run->series->output);
    const bool pages = strcmp(format->name, "tiff") == 0;
    char text[100];

    if (!info->animated || !(pages || run->numbered))
        return;
    snprintf(text, sizeof text, "the format cannot store a play count of %d", info->loops);
    if (info->loops > 1) /* endless is the usual, and of no meaning to single pictures */
        note(run, run->series->output, text);
    if (run->numbered && differ(tri_pictures_durations(run->pictures), info->count))
        note(run, run->series->output,
             "numbered pictures cannot store frame durations, which differ");
}

/* Chooses numbered files, one file for all pictures, or one picture. */
static enum tri_status choose_output(struct run *run, struct tri_error *error)
{
    const struct cli_series *series = run->series;
    const struct tri_pictures_info *info = tri_pictures_info(run->pictures);
    struct tri_batch_series *to = &run->batch.series;
    struct tri_write_options options = run->batch.write;

    to->pictures = run->pictures;
    to->name = name_of;
    run->numbered = is_pattern(series);
    if (series->request->frame.given)
        return choose_frame(run, error);
    if (series->request->video.nowhere)
        return TRI_OK;
    if (run->numbered ||
        tri_pictures_fit(cli_picture_format(series->request, series->output), info))
        note_times(run, info);
    if (run->numbered)
        return info->count == 1 ? TRI_OK : check_places(run, error);
    options.tell = tell_written;
    options.listener = run;
    if (tri_pictures_fit(cli_picture_format(series->request, series->output), info))
        return tri_pictures_create(series->output, info, &options, &to->writer, error);
    to->only = 1;
    if (info->count != 1)
        note_rest(run, info);
    return TRI_OK;
}

/* ---- the run ---- */

static enum tri_status check_found(const struct run *run, enum tri_status so_far,
                                   struct tri_error *error)
{
    const struct tri_pictures_info *info = tri_pictures_info(run->pictures);
    const struct tri_batch_series *series = &run->batch.series;

    if (so_far != TRI_OK || series->only == 0 || series->found || cli_interrupted())
        return so_far;
    if (info->count == 0)
        return tri_fail(error, TRI_USAGE, "%s has fewer pictures: there is no picture %ld",
                        tri_pictures_name(run->pictures), series->only);
    return tri_fail(error, TRI_USAGE, "%s has %ld %ss: there is no %s %ld",
                    tri_pictures_name(run->pictures), info->count, info->word, info->word,
                    series->only);
}

/* Results for one file stay in memory until all are complete: an interruption leaves nothing. */
static enum tri_status run_batch(struct run *run, struct tri_error *error)
{
    struct tri_batch *batch = &run->batch;
    const long count = tri_pictures_info(run->pictures)->count;

    cli_progress_begin(&run->progress, count > 1 && count < INT32_MAX ? (int)count : 1,
                       run->series->request->quiet);
    cli_interrupt_catch();
    enum tri_status status = tri_batch_run(batch, error);
    cli_progress_end(&run->progress);
    if (status != TRI_OK && batch->failed == 0) /* else already reported */
        cli_fail(error);
    if (batch->series.writer != NULL) {
        cli_write_begin();
        const enum tri_status ended = tri_pictures_end(batch->series.writer, status, error);
        cli_write_end();
        if (status == TRI_OK && ended != TRI_OK)
            cli_fail(error);
        status = ended;
    }
    const enum tri_status found = check_found(run, status, error);
    if (found != status)
        cli_fail(error);
    if (run->series->request->timings)
        cli_print_timings(batch, run->started);
    return found;
}

static enum tri_status open_all(struct run *run, struct tri_error *error)
{
    const struct cli_series *series = run->series;
    struct tri_read_options options = *series->read;

    options.size = sizeof options;
    options.memory = tri_backend_memory(series->engine->backend);
    options.together =
        !is_pattern(series) && !series->request->frame.given &&
        strcmp(cli_picture_format(series->request, series->output)->name, "tiff") == 0;
    const enum tri_status status =
        tri_pictures_open(series->input, &options, &run->pictures, error);
    return status == TRI_OK ? choose_output(run, error) : status;
}

int cli_run_series(const struct cli_series *series)
{
    const struct cli_run_request *request = series->request;
    struct run run = {.series = series, .started = tri_now_ns()};
    struct tri_error error;

    run.batch = (struct tri_batch){.pipeline = series->pipeline,
                                   .backend = series->engine->backend,
                                   .pool = series->engine->pool,
                                   .jobs = series->engine->jobs,
                                   .write = request->write,
                                   .trim = request->border,
                                   .strip = request->strip,
                                   .fail_fast = request->fail_fast,
                                   .timed = request->timings,
                                   .data = request->data != NULL,
                                   .nowhere = request->video.nowhere,
                                   .writing = cli_write_begin,
                                   .written = cli_write_end,
                                   .through = tell,
                                   .listener = &run};
    run.batch.write.pool = series->engine->pool;
    enum tri_status status = TRI_OK;
    if (is_pattern(series) && !tri_numbered_new(series->output, &run.names))
        status = tri_fail(&error, TRI_FAILED, "run: out of memory for file names");
    if (status == TRI_OK)
        status = open_all(&run, &error);
    if (status != TRI_OK)
        cli_fail(&error);
    else
        status = run_batch(&run, &error);
    for (int i = 0; i < run.told_count; i++)
        free(run.told[i]);
    tri_numbered_free(&run.names);
    tri_pictures_close(run.pictures);
    return status;
}
