/* pictures.c -- the pictures of one file as a video: frames of an animation with their times, pages
 * and successive pictures at a fixed rate. */
#include "picture_frames.h"

#include "../codec/pictures.h"

#include <stdlib.h>
#include <string.h>

#define TICKS_MOST 1000000 /* per second */
#define RATE_MOST 100      /* frames per second, if times have no small common divisor */
#define SHORTEST_MS 100    /* browsers' duration for frames that state none */

struct input {
    struct tri_pictures *pictures;
    struct tri_picture first; /* read to get the format, not returned yet */
    struct tri_image *image;  /* of `first` */
    struct tri_read_info info;
    long ticks;   /* per second */
    int64_t time; /* of the next frame */
    long count;
    struct tri_picture_notes notes;
};

/* ---- times ---- */

/* Ticks per second that make each frame's time a whole number of them; else microseconds. */
static long find_ticks(const struct tri_duration *durations, long count)
{
    int64_t ticks = 1000 / SHORTEST_MS;
    for (long i = 0; i < count && ticks <= TICKS_MOST; i++)
        ticks = ticks / tri_common_divisor(ticks, durations[i].per) * durations[i].per;
    return ticks <= TICKS_MOST ? (long)ticks : TICKS_MOST;
}

static int64_t ticks_of(const struct input *input, struct tri_duration duration)
{
    if (duration.per < 1)
        return 1;
    const int64_t ticks =
        ((int64_t)duration.count * input->ticks + duration.per / 2) / duration.per;
    return ticks > 0 ? ticks : input->ticks * SHORTEST_MS / 1000;
}

/* The rate with a slot for each frame; if that is excessive, one that fits the shortest frame. */
static void find_steady_rate(const struct input *input, int64_t step, int64_t shortest, int rate[2])
{
    int64_t unit = step;
    if (unit * RATE_MOST < input->ticks)
        unit = shortest * RATE_MOST < input->ticks ? input->ticks / RATE_MOST : shortest;
    const int64_t common = tri_common_divisor(input->ticks, unit);
    rate[0] = (int)(input->ticks / common);
    rate[1] = (int)(unit / common);
}

/* Rates and frame durations. */
static void describe_times(struct input *input, struct tri_video *video)
{
    const struct tri_duration *durations = tri_pictures_durations(input->pictures);
    const long count = tri_pictures_info(input->pictures)->count;
    int64_t sum = 0, step = 0, shortest = INT64_MAX;
    input->ticks = TRI_PICTURE_RATE;
    video->frames = count;
    if (durations == NULL)
        return;
    input->ticks = find_ticks(durations, count);
    for (long i = 0; i < count; i++) {
        const int64_t ticks = ticks_of(input, durations[i]);
        sum += ticks;
        step = tri_common_divisor(ticks, step);
        shortest = ticks < shortest ? ticks : shortest;
    }
    const int64_t whole = tri_common_divisor((int64_t)count * input->ticks, sum);
    video->time_base[0] = 1;
    video->time_base[1] = (int)input->ticks;
    if ((int64_t)count * input->ticks / whole <= INT32_MAX && sum / whole <= INT32_MAX) {
        video->rate[0] = (int)((int64_t)count * input->ticks / whole);
        video->rate[1] = (int)(sum / whole);
    }
    find_steady_rate(input, step, shortest, video->steady_rate);
    video->plays = tri_pictures_info(input->pictures)->loops > 0
                       ? tri_pictures_info(input->pictures)->loops
                       : -1;
}

/* ---- reading ---- */

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    tri_picture_free(&input->first);
    tri_image_free(input->image);
    tri_metadata_free(input->info.metadata);
    tri_pictures_close(input->pictures);
    pthread_mutex_destroy(&input->notes.lock);
    free(input);
}

static enum tri_status open_first(struct tri_video_reader *reader, const char *path,
                                  struct tri_error *error)
{
    struct input *input = reader->state;
    const struct tri_read_options options = {.size = sizeof options,
                                             .max_pixels = reader->options.max_pixels,
                                             .head = reader->options.head,
                                             .head_size = reader->options.head_size,
                                             .stop = reader->options.stop};
    bool more = false;
    enum tri_status status = tri_pictures_open(path, &options, &input->pictures, error);
    if (status == TRI_OK && tri_pictures_info(input->pictures)->count == 1)
        status = tri_fail(error, TRI_USAGE,
                          "%s is a single picture; a video needs a video, a file of several "
                          "pictures or a pattern (in-%%04d.png)",
                          reader->name);
    if (status == TRI_OK)
        status = tri_pictures_take(input->pictures, &input->first, &more, error);
    if (status == TRI_OK)
        status =
            tri_picture_decode(input->pictures, &input->first, &input->image, &input->info, error);
    if (status != TRI_OK)
        return status;
    tri_picture_describe(input->image, input->info.metadata, &reader->options.background,
                         &reader->video);
    reader->video.animation = tri_pictures_info(input->pictures)->animated;
    describe_times(input, &reader->video);
    if (input->info.warning[0] != '\0' && reader->options.tell != NULL) {
        char text[TRI_NOTE_MAX + 300];
        snprintf(text, sizeof text, "%.200s: %s", reader->name, input->info.warning);
        reader->options.tell(reader->options.listener, text);
    }
    return TRI_OK;
}

static enum tri_status open_input(struct tri_video_reader *reader, const char *path,
                                  struct tri_error *error)
{
    struct input *input = calloc(1, sizeof *input);
    if (input == NULL || pthread_mutex_init(&input->notes.lock, NULL) != 0) {
        free(input);
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", path);
    }
    reader->state = input;
    const enum tri_status status = open_first(reader, path, error);
    if (status != TRI_OK)
        close_input(reader);
    return status;
}

/* A picture between `next` and `decode`; the first is already decoded. */
struct raw {
    struct tri_picture picture;
    struct tri_image *image;
    struct tri_read_info info;
};

static void discard(struct tri_frame *frame)
{
    struct raw *raw = frame->raw;
    tri_picture_free(&raw->picture);
    tri_image_free(raw->image);
    tri_metadata_free(raw->info.metadata);
    free(raw);
    frame->raw = NULL;
}

static enum tri_status next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                            struct tri_error *error)
{
    struct input *input = reader->state;
    struct raw *raw = calloc(1, sizeof *raw);
    enum tri_status status = TRI_OK;
    *more = false;
    if (raw == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", reader->name);
    frame->raw = raw;
    if (input->image != NULL) {
        *raw = (struct raw){input->first, input->image, input->info};
        input->first = (struct tri_picture){0};
        input->info.metadata = NULL;
        input->image = NULL;
        *more = true;
    } else {
        status = tri_pictures_take(input->pictures, &raw->picture, more, error);
    }
    if (status != TRI_OK || !*more) {
        discard(frame);
        return status;
    }
    frame->number = input->count++;
    frame->time = input->time;
    frame->duration = ticks_of(input, raw->picture.duration);
    input->time += frame->duration;
    return TRI_OK;
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct input *input = reader->state;
    struct raw *raw = frame->raw;
    enum tri_status status = TRI_OK;
    if (raw->image == NULL)
        status = tri_picture_decode(input->pictures, &raw->picture, &raw->image, &raw->info, error);
    if (status == TRI_OK)
        status = tri_picture_to_frame(reader, &input->notes, raw->picture.name, &raw->image, frame,
                                      error);
    tri_metadata_free(frame->metadata); /* of the frame held before */
    frame->metadata = raw->info.metadata;
    raw->info.metadata = NULL;
    discard(frame);
    return status;
}

const struct tri_video_codec tri_video_codec_pictures = {
    .name = "pictures",
    .open = open_input,
    .next = next,
    .decode = decode,
    .close = close_input,
    .discard = discard,
};
