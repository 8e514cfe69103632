/* run_video.c -- triptych run on a video. */
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/file_conflicts.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "image/image.h"
#include "parallel/pool.h"
#include "pipeline/graph.h"
#include "video/transcode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NEVER_IDLE 0.95 /* share of the time */

struct video_run {
    const struct cli_run_request *request;
    struct tri_transcode transcode;
    struct tri_video_reader *second; /* --with, if its frames are second pictures; NULL: not */
    struct tri_output data;          /* --data */
    struct tri_data_table table;     /* in it */
    struct cli_progress progress;
    const struct tri_backend *backend;
    bool animation;       /* all frames go into one picture file */
    long count;           /* frames, if known; 0: unknown */
    double rate;          /* frames a second; 0: unknown */
    pthread_mutex_t lock; /* for `notes`: several threads write pictures */
    long notes;           /* from the writer */
};

#define NOTES_MOST 12 /* all pictures of a sequence have the same notes */

static void tell_written(void *listener, const char *text)
{
    struct video_run *run = listener;

    pthread_mutex_lock(&run->lock);
    if (run->notes++ < NOTES_MOST && !run->request->quiet) {
        cli_progress_clear(&run->progress);
        cli_note("%s", text);
    }
    pthread_mutex_unlock(&run->lock);
}

static void through(void *listener, long frames)
{
    struct video_run *run = listener;

    cli_progress_frames(&run->progress, frames, run->count, run->rate);
}

/* A stage that handles one frame at a time and is hardly ever idle is the limit, however many
 * threads there are. Otherwise the threads are the limit, and the stage that uses most of their
 * time is named. */
static void print_limit(const struct tri_transcode *transcode, int workers)
{
    int most = 0;
    int64_t sum = 0;

    for (int i = 0; i < TRI_VIDEO_STAGES; i++) {
        sum += transcode->busy_ns[i];
        most = transcode->busy_ns[i] > transcode->busy_ns[most] ? i : most;
    }
    for (int i = 0; i < TRI_VIDEO_STAGES; i++)
        if (transcode->in_order[i] &&
            (double)transcode->busy_ns[i] > NEVER_IDLE * (double)transcode->wall_ns)
            most = i;
    fprintf(stderr, "limited by %s, %.0f %% of the work; %.2f of %d threads were busy\n",
            tri_video_stage_names[most],
            100.0 * (double)transcode->busy_ns[most] / (double)(sum > 0 ? sum : 1),
            (double)sum / (double)transcode->wall_ns, workers);
}

static void print_stages(const struct video_run *run)
{
    const struct tri_transcode *transcode = &run->transcode;
    const double wall = (double)transcode->wall_ns / 1e6,
                 frames = transcode->frames > 0 ? (double)transcode->frames : 1;

    fprintf(stderr, "%-9s %10s %9s %7s\n", "stage", "busy ms", "per frame", "busy");
    for (int i = 0; i < TRI_VIDEO_STAGES; i++) {
        const double busy = (double)transcode->busy_ns[i] / 1e6;
        fprintf(stderr, "%-9s %10.1f %9.3f %5.1f %%\n", tri_video_stage_names[i], busy,
                busy / frames, 100 * busy / wall);
    }
    fprintf(stderr, "%-9s %10.1f %9.3f, %ld frames, %.1f frames/s\n", "total", wall, wall / frames,
            transcode->frames, 1e3 * (double)transcode->frames / wall);
    print_limit(transcode, tri_pool_workers(transcode->pool));
}

/* What was written before an input failed or the run was interrupted is kept: a shorter video. Not
 * so an animation, which is a picture. */
static enum tri_status run_stream(struct video_run *run, struct tri_error *error)
{
    struct tri_transcode *transcode = &run->transcode;
    struct tri_error ending;

    cli_progress_begin(&run->progress, 0, run->request->quiet);
    enum tri_status status = tri_transcode_run(transcode, error);
    cli_progress_end(&run->progress);
    const bool whole = status == TRI_OK && !cli_interrupted();
    const enum tri_status keep =
        transcode->frames > 0 && transcode->intact && (whole || !run->animation) ? TRI_OK
                                                                                 : TRI_FAILED;
    const enum tri_status ended = tri_video_end(transcode->writer, keep, &ending);
    if (status == TRI_OK && keep == TRI_OK && ended != TRI_OK) {
        *error = ending;
        status = ended;
    }
    run->data.tell = tell_written;
    run->data.listener = run;
    const enum tri_status all = tri_data_table_end(&run->table, &ending);
    const enum tri_status told = tri_output_close(&run->data, keep == TRI_OK ? all : keep, &ending);
    if (status == TRI_OK && keep == TRI_OK && told != TRI_OK) {
        *error = ending;
        status = told;
    }
    if (status == TRI_OK && transcode->frames == 0 && !cli_interrupted())
        status = tri_fail(error, TRI_FAILED, "%s has no frames", transcode->reader->name);
    if (run->request->stages || run->request->timings)
        print_stages(run);
    if (run->request->timings)
        cli_print_shares(run->backend);
    return status;
}

static const char *samples_of(const struct tri_video *video)
{
    return video->matrix == TRI_RGB ? "R, G, B"
           : video->full_range      ? "full-range Y'CbCr"
                                    : "limited-range Y'CbCr";
}

static const char *extension_of(const struct cli_run_request *request)
{
    const struct tri_format *format =
        request->write.format != NULL ? request->write.format : tri_format_of_path(request->output);

    return format != NULL ? format->name : "png";
}

static void say_video(char text[200], const char *name, const struct tri_video *video)
{
    const char *chroma = video->planes == 1                           ? "gray"
                         : video->shift_x == 0 && video->shift_y == 0 ? "full chroma"
                                                                      : "subsampled chroma";

    snprintf(text, 200, "%s: %d x %d, %d/%d frames/s, %s, %s%s, %d bits", name, video->width,
             video->height, video->rate[0], video->rate[1], samples_of(video), chroma,
             video->alpha ? ", alpha" : "", video->bits);
}

static void say_videos(const struct tri_transcode *transcode)
{
    char in[200], out[200];

    say_video(in, transcode->reader->name, &transcode->reader->video);
    say_video(out, transcode->writer->name, &transcode->writer->video);
    cli_say("%s -> %s", in, out);
}

/* Both inputs go through the same jobs, so kernels may use two frames and no more. */
static enum tri_status check_with(const struct tri_transcode *transcode,
                                  const struct tri_pipeline *pipeline, struct tri_error *error)
{
    const struct tri_video *a = &transcode->reader->video, *b = &transcode->with->video;

    if (a->width != b->width || a->height != b->height || a->planes != b->planes ||
        a->shift_x != b->shift_x || a->shift_y != b->shift_y || (a->bits > 8) != (b->bits > 8))
        return tri_fail(error, TRI_USAGE,
                        "%s and %s have frames of different sizes or chroma subsampling",
                        transcode->reader->name, transcode->with->name);
    if (a->alpha != b->alpha)
        return tri_fail(error, TRI_USAGE,
                        "%s has transparency, but %s has none; convert one of them first",
                        (a->alpha ? transcode->reader : transcode->with)->name,
                        (a->alpha ? transcode->with : transcode->reader)->name);
    if ((a->matrix == TRI_RGB) != (b->matrix == TRI_RGB) || a->full_range != b->full_range)
        return tri_fail(error, TRI_USAGE, "%s has %s, but %s has %s; convert one of them first",
                        transcode->reader->name, samples_of(a), transcode->with->name,
                        samples_of(b));
    if (!tri_pipeline_pairs(pipeline))
        return tri_fail(error, TRI_USAGE,
                        "%s takes no second input; blend and difference take a video, kernels of "
                        "the family pair a picture",
                        tri_pipeline_text(pipeline));
    return TRI_OK;
}

static enum tri_status open_data(struct video_run *run, const struct tri_pipeline *pipeline,
                                 struct tri_error *error)
{
    const char *path = run->request->data;

    if (path == NULL)
        return TRI_OK;
    if (tri_filter_data_columns(run->transcode.filter) == NULL)
        return tri_fail(error, TRI_USAGE, "no kernel of %s has data for --data",
                        tri_pipeline_text(pipeline));
    const enum tri_status status = tri_output_open(path, &run->data, error);
    run->table = (struct tri_data_table){.file = run->data.file,
                                         .name = run->data.name,
                                         .json = cli_data_is_json(run->request),
                                         .merge = pipeline->data_merge,
                                         .key = "frame",
                                         .numbered = true,
                                         .columns = tri_filter_data_columns(run->transcode.filter)};
    run->transcode.data = &run->table;
    return status;
}

static void note_rotation(const struct tri_video *video, const char *from, const char *to)
{
    if (video->rotation != 0)
        cli_note("%s has a rotation of %d degrees, which %s cannot store", from, video->rotation,
                 to);
}

/* Returns whether all frames of an animation go into one picture file, which holds several. */
static bool is_whole_animation(const struct cli_run_request *request,
                               const struct tri_video_reader *reader)
{
    const struct tri_pictures_info several = {.animated = true};

    return cli_output_is_picture(request) && !request->frame.given && reader->video.animation &&
           tri_pictures_fit(cli_picture_format(request, request->output), &several);
}

/* Gives the pipeline a picture of the second video's shape. Its frames follow one by one. */
static enum tri_status open_second(struct video_run *run, struct tri_pipeline *pipeline,
                                   const struct cli_engine *engine, struct tri_error *error)
{
    struct tri_transcode *transcode = &run->transcode;

    if (run->second == NULL)
        return TRI_OK;
    if (tri_pipeline_delay(pipeline) > 0)
        return tri_fail(
            error, TRI_USAGE,
            "run: %s looks at later frames, so --with takes a picture, but %s is a video",
            tri_pipeline_text(pipeline), run->second->name);
    const enum tri_status status =
        tri_second_new(run->second, engine->pool, &transcode->second, error);
    return status == TRI_OK
               ? tri_pipeline_set_with(pipeline, tri_second_image(transcode->second), error)
               : status;
}

static enum tri_status open_all(struct video_run *run, struct tri_pipeline *pipeline,
                                struct cli_engine *engine, struct tri_error *error)
{
    const struct cli_run_request *request = run->request;
    struct tri_transcode *transcode = &run->transcode;
    struct tri_video_write_options options = request->video;

    options.animation = run->animation = is_whole_animation(request, transcode->reader);
    transcode->pool = engine->pool;
    /* Reading and writing continue while every thread computes. */
    transcode->jobs = engine->pool == NULL || request->jobs > 0 ? engine->jobs : engine->jobs + 2;
    enum tri_status status = open_second(run, pipeline, engine, error);
    if (status == TRI_OK)
        status = tri_filter_new(engine->backend, pipeline, &transcode->reader->video,
                                options.animation
                                    ? TRI_ONLY_RGB
                                    : tri_video_takes(request->output, request->video.format),
                                request->chroma, &transcode->filter, error);
    if (status == TRI_OK)
        cli_engine_tell(engine);
    if (status == TRI_OK)
        cli_with_note(request, tri_pipeline_with(pipeline), transcode->reader->video.planes,
                      transcode->reader->video.bits > 8 ? 16 : 8);
    if (status == TRI_OK && transcode->with != NULL)
        status = check_with(transcode, pipeline, error);
    options.source = transcode->reader;
    options.with = run->second != NULL ? run->second : transcode->with;
    options.threads = transcode->reader->options.threads;
    options.pictures = request->write;
    options.pictures.tell = tell_written;
    options.pictures.listener = run;
    options.strip = transcode->strip = request->strip;
    if (status == TRI_OK)
        status = open_data(run, pipeline, error);
    if (status == TRI_OK)
        status = tri_video_create(request->output, tri_filter_video(transcode->filter), &options,
                                  &transcode->writer, error);
    if (status == TRI_OK && request->verbose)
        say_videos(transcode);
    if (status == TRI_OK && !transcode->writer->codec->containers && !options.nowhere)
        note_rotation(&transcode->reader->video, transcode->reader->name, transcode->writer->name);
    return status == TRI_OK ? TRI_OK : tri_output_close(&run->data, status, error);
}

/* Reports damage after which frames continued; the run then fails. */
static enum tri_status tell_damage(const struct tri_video_reader *reader, enum tri_status so_far)
{
    if (reader == NULL || !reader->warning[0])
        return so_far;
    cli_note("%s: %s", reader->name, reader->warning);
    return so_far == TRI_OK ? TRI_FAILED : so_far;
}

/* Catches signals from before the output is created, so that no part of it stays, until everything
 * is reported. */
static enum tri_status run_caught(struct video_run *run, struct tri_pipeline *pipeline,
                                  struct cli_engine *engine)
{
    struct tri_error error;

    cli_interrupt_catch();
    cli_write_begin();
    enum tri_status status = open_all(run, pipeline, engine, &error);
    if (status == TRI_OK)
        status = run_stream(run, &error);
    if (status != TRI_OK && !cli_unread())
        cli_fail(&error);
    if (run->notes > NOTES_MOST && !run->request->quiet)
        cli_note("%ld more notes on the output are not shown", run->notes - NOTES_MOST);
    status = tell_damage(run->transcode.reader, status);
    status = tell_damage(run->transcode.with, status);
    status = tell_damage(run->second, status);
    cli_write_end();
    return status;
}

/* Writes the picture of one frame. */
static enum tri_status run_frame(struct video_run *run, const struct tri_pipeline *pipeline,
                                 const struct cli_engine *engine)
{
    const struct cli_run_request *request = run->request;
    struct tri_write_options options = request->write;
    struct tri_error error;

    options.tell = tell_written;
    options.listener = run;
    options.pool = engine->pool;
    cli_interrupt_catch();
    enum tri_status status = cli_write_frame(request, pipeline, engine->backend,
                                             run->transcode.reader, &options, &error);
    if (status == TRI_OK && !request->quiet)
        note_rotation(&run->transcode.reader->video, run->transcode.reader->name, request->output);
    if (status != TRI_OK)
        cli_fail(&error);
    else if (!request->frame.given && run->count != 1 && !request->quiet)
        cli_note("only the first frame of %s is written; choose another with --frame, or write all "
                 "with -o NAME-%%04d.%s",
                 run->transcode.reader->name, extension_of(request));
    return tell_damage(run->transcode.reader, status);
}

/* Refuses options that do not suit the output. */
static enum tri_status check_frame(const struct cli_run_request *request, struct tri_error *error)
{
    const bool picture = cli_output_is_picture(request);

    if (request->frame.given && !picture)
        return tri_fail(error, TRI_USAGE,
                        "run: --frame needs a single picture as output; '%s' is not one",
                        request->output);
    if (picture && (request->video.video_codec != NULL || request->video.crf >= 0 ||
                    request->video.pixel_format != NULL))
        return tri_fail(error, TRI_USAGE,
                        "run: --video-codec, --crf and --pixel-format do not apply to pictures");
    if (picture && request->video.parallel > 0)
        return tri_fail(error, TRI_USAGE, "run: --encode-parallel does not apply to pictures");
    if (request->video.segment > 0 && request->video.parallel == 0)
        return tri_fail(error, TRI_USAGE, "run: --segment needs --encode-parallel");
    const bool with = request->with != NULL && request->second == NULL;
    if (with && request->reverse)
        return tri_fail(error, TRI_USAGE,
                        "run: --reverse and a video --with '%s' do not go together; reverse one of "
                        "them first",
                        request->with);
    if (picture && (with || request->data != NULL))
        return tri_fail(error, TRI_USAGE, "run: %s is for videos, but '%s' is a picture",
                        with ? "--with" : "--data", request->output);
    return TRI_OK;
}

static enum tri_status check_places(const struct cli_run_request *request, const char *input,
                                    struct tri_error *error)
{
    struct cli_places places = {.command = "run"};

    /* One of several is not replaced by the result of all. */
    cli_places_numbered(&places, NULL, input, request->joined != NULL ? 0 : 1);
    for (int i = 1; i < request->joined_count; i++)
        cli_places_numbered(&places, NULL, request->joined[i], 0);
    cli_places_numbered(&places, NULL, request->with, 0);
    cli_places_pipeline(&places, request->pipeline);
    cli_places_numbered(&places, "-o", request->output, 1);
    cli_places_output(&places, "--data", request->data, 0);
    cli_places_output(&places, "--trace", request->trace, 0);
    return cli_places_check(&places, error);
}

/* Checks everything that can be checked before a frame is read, and opens the inputs. */
static enum tri_status open_inputs(struct video_run *run, const struct tri_pipeline *pipeline,
                                   const char *input, const unsigned char *head, size_t head_size,
                                   struct tri_error *error)
{
    const struct cli_run_request *request = run->request;
    struct tri_transcode *transcode = &run->transcode;
    const struct tri_video_read_options options = {.background = request->write.background,
                                                   .trim = request->trim,
                                                   .tell = tell_written,
                                                   .listener = run,
                                                   .threads = cli_workers(request->on),
                                                   .max_pixels = request->max_pixels,
                                                   .stop = cli_interrupted,
                                                   .head = head,
                                                   .head_size = head_size};

    enum tri_status status = check_frame(request, error);
    if (status == TRI_OK)
        status = check_places(request, input, error);
    if (status == TRI_OK)
        status = cli_make_parent(request->output, error);
    if (status == TRI_OK)
        status = request->joined != NULL
                     ? tri_video_join(request->joined, request->joined_count, &options,
                                      &transcode->reader, error)
                     : tri_video_open(input, &options, &transcode->reader, error);
    if (status == TRI_OK && request->reverse)
        status = tri_video_reverse(transcode->reader, &transcode->reader, error);
    if (status == TRI_OK && request->with != NULL && request->second == NULL)
        status = tri_video_open(request->with, &options,
                                tri_pipeline_takes_with(pipeline) ? &run->second : &transcode->with,
                                error);
    if (status != TRI_OK)
        return status;
    const struct tri_video *video = &transcode->reader->video;
    run->count = (long)video->frames;
    run->rate = video->rate[1] > 0 ? (double)video->rate[0] / video->rate[1] : 0;
    return TRI_OK;
}

int cli_run_video(const struct cli_run_request *request, struct tri_pipeline *pipeline,
                  const char *input, const unsigned char *head, size_t head_size)
{
    struct video_run run = {.request = request, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct cli_engine engine = {0};
    struct tri_error error;

    run.transcode =
        (struct tri_transcode){.stop = cli_interrupted, .through = through, .listener = &run};
    enum tri_status status = open_inputs(&run, pipeline, input, head, head_size, &error);
    if (status == TRI_OK)
        status = cli_engine_open(request, &engine, &error);
    run.backend = engine.backend;
    if (status != TRI_OK)
        cli_fail(&error);
    else
        status =
            cli_output_is_picture(request) && !is_whole_animation(request, run.transcode.reader)
                ? run_frame(&run, pipeline, &engine)
                : run_caught(&run, pipeline, &engine);
    tri_filter_free(run.transcode.filter);
    if (run.transcode.second != NULL)
        tri_pipeline_set_with(pipeline, NULL, &error);
    tri_second_free(run.transcode.second);
    tri_video_close(run.second);
    tri_video_close(run.transcode.with);
    tri_video_close(run.transcode.reader);
    cli_engine_close(&engine);
    return status;
}
