/* run_still.c -- triptych run from a video to one picture. */
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/run.h"
#include "codec/reduce_depth.h"
#include "image/image.h"
#include "image/numbered_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 1e-6 /* seconds: a time that was printed and parsed is not later than itself */

/* ---- the request ---- */

bool cli_parse_time(const char *text, double *seconds)
{
    int parts = 0;

    *seconds = 0;
    if (strpbrk(text, "xXeEpPnN") != NULL) /* which strtod knows */
        return false;
    for (;;) {
        char *end;
        if (!isdigit((unsigned char)*text) || ++parts > 3)
            return false;
        const double part = strtod(text, &end);
        if (*end == ':' && memchr(text, '.', (size_t)(end - text)) != NULL)
            return false;
        *seconds = *seconds * 60 + part;
        if (*end != ':')
            return (*end == '\0' || (strcmp(end, "s") == 0 && parts == 1)) && *seconds < 1e9;
        text = end + 1;
    }
}

bool cli_parse_frame(const char *text, struct cli_frame *frame)
{
    uint64_t number = 0;

    *frame = (struct cli_frame){.given = true, .number = -1};
    if (strspn(text, "0123456789") < strlen(text)) {
        if (cli_parse_time(text, &frame->seconds))
            return true;
        cli_usage("run",
                  "invalid value '%s' for --frame; expected a frame number or a time like 90.5s or "
                  "1:30.5",
                  text);
        return false;
    }
    if (!cli_count("run", "--frame", text, 1, 1000000000, &number))
        return false;
    frame->number = (long)number - 1;
    return true;
}

/* ---- the frame ---- */

struct hunt {
    const struct cli_frame *asked;
    struct tri_video_reader *reader;
    struct tri_filter *filter;
    bool over_time;              /* earlier frames affect the wanted one */
    int delay;                   /* of the filter's results, in frames */
    long wanted;                 /* number of the frame, from 0; -1: still unknown */
    long read, run;              /* frames so far: read, and given to the filter */
    struct tri_frame in[2], out; /* `in`: the last frame and the one before */
};

static struct tri_frame *frame_at(struct hunt *hunt, long number)
{
    return &hunt->in[number & 1];
}

static void drop(const struct hunt *hunt, struct tri_frame *frame)
{
    if (frame->raw != NULL)
        hunt->reader->codec->discard(frame);
}

static enum tri_status run_filter(struct hunt *hunt, long number, struct tri_error *error)
{
    hunt->run++;
    return tri_filter_run(hunt->filter, frame_at(hunt, number), &hunt->out, error);
}

/* Returns whether `out` is the result for the wanted frame. */
static bool has_result(const struct hunt *hunt)
{
    return hunt->run > 0 && hunt->wanted >= 0 &&
           (!hunt->over_time || hunt->run - 1 - hunt->delay == hunt->wanted);
}

/* Handles the next frame, which is in its place. If a time is wanted and this frame is later, the
 * wanted frame is the one before. */
static enum tri_status take_frame(struct hunt *hunt, struct tri_error *error)
{
    const long number = hunt->read;
    struct tri_frame *frame = frame_at(hunt, number);

    if (hunt->wanted < 0 && number > 0 &&
        tri_video_seconds(&hunt->reader->video, frame->time) > hunt->asked->seconds + SLACK) {
        hunt->wanted = number - 1;
        if (!hunt->over_time)
            return run_filter(hunt, hunt->wanted, error);
    }
    if (has_result(hunt))
        return TRI_OK;
    hunt->read++;
    if (!hunt->over_time && number < hunt->wanted)
        return TRI_OK;
    enum tri_status status = tri_video_decode(hunt->reader, frame, error);
    if (status == TRI_OK && (hunt->over_time || number == hunt->wanted))
        status = run_filter(hunt, number, error);
    return status;
}

/* Handles the end of the frames: the last one is shown for its duration, and delayed results are
 * flushed. */
static enum tri_status end_frames(struct hunt *hunt, struct tri_error *error)
{
    const char *name = hunt->reader->name;
    const struct tri_frame *last = frame_at(hunt, hunt->read - 1);
    enum tri_status status = TRI_OK;

    if (hunt->read == 0)
        return tri_fail(error, TRI_FAILED, "%s has no frames", name);
    const double end = tri_video_seconds(&hunt->reader->video, last->time + last->duration);
    if (hunt->wanted < 0 && hunt->asked->seconds > end + SLACK)
        return tri_fail(error, TRI_USAGE, "%s ends after %.3f s: there is no frame at %.3f s", name,
                        end, hunt->asked->seconds);
    if (hunt->wanted >= hunt->read)
        return tri_fail(error, TRI_USAGE, "%s has %ld frame%s: there is no frame %ld", name,
                        hunt->read, hunt->read == 1 ? "" : "s", hunt->wanted + 1);
    hunt->wanted = hunt->wanted < 0 ? hunt->read - 1 : hunt->wanted;
    if (hunt->over_time && !has_result(hunt))
        tri_filter_end(hunt->filter);
    while (status == TRI_OK && !has_result(hunt))
        status = run_filter(hunt, hunt->read - 1, error);
    return status;
}

static enum tri_status find_frame(struct hunt *hunt, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    bool more = true;

    while (status == TRI_OK && more && !has_result(hunt)) {
        struct tri_frame *frame = frame_at(hunt, hunt->read);
        if (cli_interrupted())
            return tri_fail(error, TRI_FAILED, "interrupted");
        status = tri_video_next(hunt->reader, frame, &more, error);
        if (status == TRI_OK && more)
            status = take_frame(hunt, error);
        drop(hunt, frame);
    }
    return status == TRI_OK && !has_result(hunt) ? end_frames(hunt, error) : status;
}

/* ---- the picture ---- */

bool cli_output_is_picture(const struct cli_run_request *request)
{
    const bool format = request->video.format != NULL ? request->write.format != NULL
                                                      : tri_format_of_path(request->output) != NULL;

    return format && !tri_numbered_is(request->output);
}

/* Flattens onto the background, for pictures that cannot have alpha. */
static enum tri_status flatten(struct hunt *hunt, const char *output,
                               const struct tri_write_options *options, struct tri_error *error)
{
    const struct tri_background *background = &options->background;

    if (!tri_frame_flatten(&hunt->out, tri_filter_video(hunt->filter), background))
        return TRI_OK;
    if (background->use == TRI_NO_BACKGROUND)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: PPM cannot store alpha; use .pam, or --background white",
                        output);
    tri_background_tell(background, output, "PPM has", options->tell, options->listener);
    return TRI_OK;
}

static enum tri_status write_picture(struct hunt *hunt, const char *output,
                                     const struct tri_write_options *options,
                                     struct tri_error *error)
{
    const struct tri_video *video = tri_filter_video(hunt->filter);
    const bool alpha = video->alpha && !tri_video_opaque_name(output);
    const struct tri_shape shape = {video->width, video->height, video->planes + alpha,
                                    video->bits > 8 ? 16 : 8};
    struct tri_image *image = NULL;
    char *path = tri_plain_path(output);
    enum tri_status status =
        path != NULL ? tri_image_new(&shape, &image, error)
                     : tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", output);

    if (status == TRI_OK && video->alpha && !alpha)
        status = flatten(hunt, output, options, error);
    for (int p = 0; p < video->planes && status == TRI_OK; p++)
        tri_image_copy_plane(hunt->out.planes[p], 0, image, p);
    if (status == TRI_OK && alpha)
        tri_image_copy_plane(hunt->out.planes[0], 1, image, video->planes);
    if (status == TRI_OK) {
        cli_write_begin();
        status = tri_image_write(path, image, options, error);
        cli_write_end();
    }
    tri_image_free(image);
    free(path);
    return status;
}

enum tri_status cli_write_frame(const struct cli_run_request *request,
                                const struct tri_pipeline *pipeline, struct tri_backend *backend,
                                struct tri_video_reader *reader,
                                const struct tri_write_options *write, struct tri_error *error)
{
    struct hunt hunt = {.asked = &request->frame,
                        .reader = reader,
                        .wanted = request->frame.number,
                        .over_time = tri_pipeline_over_time(pipeline)};
    struct tri_write_options options = *write;
    struct tri_memory *memory;
    enum tri_status status = tri_filter_new(backend, pipeline, &reader->video, TRI_ONLY_RGB,
                                            request->chroma, &hunt.filter, error);

    if (status != TRI_OK)
        return status;
    memory = tri_filter_memory(hunt.filter);
    hunt.delay = tri_filter_delay(hunt.filter);
    for (int i = 0; i < 2 && status == TRI_OK; i++)
        status = tri_frame_new_in(memory, &reader->video, &hunt.in[i], error);
    if (status == TRI_OK)
        status = tri_frame_new_in(memory, tri_filter_video(hunt.filter), &hunt.out, error);
    if (status == TRI_OK)
        status = find_frame(&hunt, error);
    if (status == TRI_OK) {
        const bool there = hunt.read - hunt.wanted <= 2; /* no later frame has replaced it */
        struct tri_metadata *metadata =
            request->strip || !there ? NULL : frame_at(&hunt, hunt.wanted)->metadata;
        char note[TRI_NOTE_MAX] = "";
        tri_filter_follow(hunt.filter, metadata, note);
        options.metadata = metadata;
        status = write_picture(&hunt, request->output, &options, error);
        if (status == TRI_OK)
            tri_write_tell(&options, request->output, note);
    }
    for (int i = 0; i < 2; i++)
        tri_frame_free(&hunt.in[i]);
    tri_frame_free(&hunt.out);
    tri_filter_free(hunt.filter);
    return status;
}
