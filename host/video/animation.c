/* animation.c -- the frames of a GIF or an APNG in one picture file: APNG, animated WebP, TIFF.
 * They stay in memory until the last one. */
#include "constant_rate.h"

#include "../codec/codec.h"
#include "../codec/pictures.h"
#include "../image/image.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A frame between `encode` and the file. */
struct picture {
    struct tri_image *image;
    struct tri_part *part;
    struct tri_metadata *metadata; /* the first one's */
    int64_t time, duration;
    char note[TRI_NOTE_MAX];
};

struct output {
    struct tri_pictures_writer *writer;
    struct tri_write_options options;
    struct tri_pace pace;
    int rate[2];            /* constant, if asked for; 0/0: each frame has its own time */
    struct picture *newest; /* shown until the next one; NULL if none */
    long count;             /* put into the file */
    bool strip;
    char told[2 * TRI_NOTE_MAX]; /* notes already reported; under the writer's lock */
};

static void free_picture(struct picture *picture)
{
    if (picture == NULL)
        return;
    tri_part_free(picture->part);
    tri_image_free(picture->image);
    tri_metadata_free(picture->metadata);
    free(picture);
}

static void free_output(struct output *output)
{
    free_picture(output->newest);
    free(output);
}

/* ---- frames ---- */

static enum tri_status create(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const struct tri_pictures_info info = {
        .word = "frame", .animated = true, .loops = video->plays > 0 ? video->plays : 0};
    struct output *output = calloc(1, sizeof *output);
    if (output == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    output->options = options->pictures;
    output->strip = options->strip;
    memcpy(output->rate, options->frame_rate, sizeof output->rate);
    if (output->rate[0] > 0)
        tri_pace_begin(&output->pace, output->rate, video->time_base);
    output->pace.asked = true;
    const struct tri_format *format = tri_format_written(path, &output->options, error);
    const enum tri_status status =
        format != NULL ? tri_pictures_create(path, &info, &output->options, &output->writer, error)
                       : TRI_USAGE;
    if (status != TRI_OK) {
        free_output(output);
        return status;
    }
    writer->state = output;
    writer->keeps_plays = strcmp(format->name, "tiff") != 0;
    return TRI_OK;
}

static enum tri_status make_image(const struct tri_video *video, const struct tri_frame *frame,
                                  struct tri_image **image, struct tri_error *error)
{
    const struct tri_shape shape = {video->width, video->height, video->planes + video->alpha,
                                    video->bits > 8 ? 16 : 8};
    const enum tri_status status = tri_image_new(&shape, image, error);
    for (int p = 0; p < video->planes && status == TRI_OK; p++)
        tri_image_copy_plane(frame->planes[p], 0, *image, p);
    if (status == TRI_OK && video->alpha)
        tri_image_copy_plane(frame->planes[0], 1, *image, video->planes);
    return status;
}

/* Runs in any thread. */
static enum tri_status encode(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct output *output = writer->state;
    struct picture *picture = calloc(1, sizeof *picture);
    enum tri_status status =
        picture != NULL
            ? make_image(&writer->video, frame, &picture->image, error)
            : tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    if (status == TRI_OK)
        status = tri_pictures_prepare(output->writer, picture->image, frame->number + 1,
                                      output->strip ? NULL : frame->metadata, picture->note,
                                      &picture->part, error);
    if (status != TRI_OK) {
        free_picture(picture);
        return status;
    }
    if (frame->number == 0) {
        picture->metadata = frame->metadata;
        frame->metadata = NULL;
    }
    frame->raw = picture;
    return TRI_OK;
}

static void discard(struct tri_frame *frame)
{
    free_picture(frame->raw);
    frame->raw = NULL;
}

static void tell(struct tri_video_writer *writer, const char *note)
{
    struct output *output = writer->state;
    if (note[0] != '\0' && tri_video_is_new(writer, output->told, sizeof output->told, note))
        tri_video_note(writer, "%s: %s", writer->name, note);
}

/* `ticks` are of `unit` seconds. */
static struct tri_duration duration_of(int64_t ticks, const int unit[2])
{
    const int64_t count = ticks * unit[0];
    return (struct tri_duration){count > INT_MAX ? INT_MAX : (int)count, unit[1]};
}

/* Puts the newest picture into the file, shown for that long. */
static enum tri_status put_newest(struct tri_video_writer *writer, struct tri_duration duration,
                                  struct tri_error *error)
{
    struct output *output = writer->state;
    struct picture *picture = output->newest;
    const enum tri_status status =
        tri_pictures_put(output->writer, picture->part, duration, picture->note, error);
    tell(writer, picture->note);
    output->count++;
    return status;
}

/* How long the newest picture is shown if the next one begins at that time. */
static struct tri_duration newest_duration(const struct output *output,
                                           const struct tri_video *video, int64_t ends)
{
    return duration_of(ends > output->newest->time ? ends - output->newest->time : 0,
                       video->time_base);
}

static enum tri_status put(struct tri_video_writer *writer, struct tri_frame *frame,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    struct picture *picture = frame->raw;
    const bool paced = output->rate[0] > 0;
    const int slot[2] = {output->rate[1], output->rate[0]};
    const long slots = paced ? tri_pace_next(&output->pace, frame->time, frame->duration) : 1;
    enum tri_status status = TRI_OK;
    frame->raw = NULL;
    picture->time = frame->time;
    picture->duration = frame->duration;
    if (output->newest != NULL && slots > 0)
        status = put_newest(writer,
                            paced ? duration_of(slots, slot)
                                  : newest_duration(output, &writer->video, frame->time),
                            error);
    free_picture(output->newest);
    output->newest = picture;
    return status;
}

/* ---- the file ---- */

/* One frame is a plain picture. */
static enum tri_status write_one(const struct tri_video_writer *writer, struct tri_error *error)
{
    struct output *output = writer->state;
    output->options.metadata = output->strip ? NULL : output->newest->metadata;
    return tri_image_write(writer->path, output->newest->image, &output->options, error);
}

static enum tri_status end(struct tri_video_writer *writer, enum tri_status so_far,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    const bool paced = output->rate[0] > 0;
    const int slot[2] = {output->rate[1], output->rate[0]};
    const long slots = paced ? tri_pace_end(&output->pace) : 1;
    enum tri_status status = so_far;
    const bool alone = output->count == 0 && output->newest != NULL;
    if (status == TRI_OK && !alone && output->newest != NULL && slots > 0)
        status = put_newest(writer,
                            paced ? duration_of(slots, slot)
                                  : duration_of(output->newest->duration, writer->video.time_base),
                            error);
    if (status == TRI_OK && alone) {
        tri_pictures_end(output->writer, TRI_FAILED, NULL);
        status = write_one(writer, error);
    } else {
        status = tri_pictures_end(output->writer, status, error);
    }
    if (status == TRI_OK && paced)
        tri_pace_note(&output->pace, writer);
    free_output(output);
    return status;
}

const struct tri_video_codec tri_video_codec_animation = {
    .name = "animation",
    .pictures = true,
    .takes = TRI_ONLY_RGB,
    .create = create,
    .encode = encode,
    .put = put,
    .end = end,
    .discard = discard,
};
