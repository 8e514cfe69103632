/* join.c -- several videos as one: each begins when the one before it ends. Only those are open of
 * which frames are read or still to be decoded. */
#include "video.h"

#include "../codec/name_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICKS 1000000 /* a second, if the inputs' units have no common one */

struct part {
    const char *path;
    struct tri_video_reader *reader; /* NULL: not open */
    int64_t begins, ends;            /* in the common unit; -1: unknown. Under the lock */
    long pending;                    /* frames between `next` and `decode`; under the lock */
    bool ended;
};

struct input {
    struct part *parts;
    int count, at;
    int64_t begins, ends; /* of the part being read, and its last frame; in the common unit */
    long frames;
    char name[300];
    /* What the first part that has anything besides pictures has, by no_audio and no_subtitles. */
    char beside[2][2][TRI_NOTE_MAX];
    pthread_mutex_t lock;
};

/* Of a frame of a part. */
struct raw {
    struct input *input;
    struct part *part;
    void *raw;
    long number;
};

/* ---- what must agree ---- */

static enum tri_status differ(const struct tri_video_reader *a, const struct tri_video_reader *b,
                              const char *what, struct tri_error *error)
{
    return tri_fail(error, TRI_USAGE,
                    "cannot join %s to %s: they differ in %s; convert one of them first", b->name,
                    a->name, what);
}

static enum tri_status check(const struct tri_video_reader *first,
                             const struct tri_video_reader *reader, struct tri_error *error)
{
    const struct tri_video *a = &first->video, *b = &reader->video;
    if (a->width != b->width || a->height != b->height)
        return tri_fail(error, TRI_USAGE,
                        "cannot join %s to %s: it has frames of %d x %d pixels, and not %d x %d; "
                        "'triptych run resize:width=%d,height=%d' makes them so",
                        reader->name, first->name, b->width, b->height, a->width, a->height,
                        a->width, a->height);
    if (a->bits != b->bits)
        return tri_fail(error, TRI_USAGE,
                        "cannot join %s to %s: it has %d bits a sample, and not %d; convert one of "
                        "them with --pixel-format",
                        reader->name, first->name, b->bits, a->bits);
    if (a->planes != b->planes || a->shift_x != b->shift_x || a->shift_y != b->shift_y)
        return differ(first, reader, "chroma subsampling", error);
    if (a->matrix != b->matrix || a->full_range != b->full_range)
        return differ(first, reader, "colour matrix or range", error);
    return a->alpha == b->alpha ? TRI_OK : differ(first, reader, "transparency", error);
}

/* Makes `base` a unit of which both are multiples. */
static void join_units(int base[2], const int other[2])
{
    if (other[0] < 1 || other[1] < 1 || (int64_t)base[0] * other[1] == (int64_t)other[0] * base[1])
        return;
    const int64_t common = (int64_t)base[1] / tri_common_divisor(base[1], other[1]) * other[1];
    const int64_t count =
        tri_common_divisor(base[0] * (common / base[1]), other[0] * (common / other[1]));
    const int64_t shared = tri_common_divisor(count, common);
    const bool fits = common / shared <= INT32_MAX && count / shared <= INT32_MAX;
    base[0] = fits ? (int)(count / shared) : 1;
    base[1] = fits ? (int)(common / shared) : TICKS;
}

static int64_t rescale(int64_t time, const int from[2], const int to[2])
{
    return llround((double)time * from[0] / from[1] * to[1] / to[0]);
}

/* ---- reading ---- */

static void close_part(struct part *part)
{
    tri_video_close(part->reader);
    part->reader = NULL;
}

/* After one of its frames is decoded or discarded, or it has ended. */
static void release(struct input *input, struct part *part, int frames, bool ended)
{
    pthread_mutex_lock(&input->lock);
    part->pending -= frames;
    part->ended |= ended;
    const bool done = part->ended && part->pending == 0;
    pthread_mutex_unlock(&input->lock);
    if (done)
        close_part(part);
}

static void discard(struct tri_frame *frame)
{
    struct raw *raw = frame->raw;
    frame->raw = raw->raw;
    if (frame->raw != NULL)
        raw->part->reader->codec->discard(frame);
    frame->raw = NULL;
    release(raw->input, raw->part, 1, false);
    free(raw);
}

static enum tri_status open_part(const struct tri_video_reader *whole, const char *path,
                                 struct tri_video_reader **reader, struct tri_error *error)
{
    struct tri_video_read_options options = whole->options;
    options.trim = (struct tri_trim){{0}, {0}, false};
    options.head_size = 0;
    return tri_video_open(path, &options, reader, error);
}

static void end_part(struct tri_video_reader *reader, struct part *part)
{
    struct input *input = reader->state;
    if (part->reader->warning[0] != '\0' && reader->warning[0] == '\0')
        snprintf(reader->warning, sizeof reader->warning, "%.80s: %.110s", part->path,
                 part->reader->warning);
    pthread_mutex_lock(&input->lock);
    part->ends = input->begins = input->ends;
    if (++input->at < input->count)
        input->parts[input->at].begins = input->begins;
    pthread_mutex_unlock(&input->lock);
    release(input, part, 0, true);
}

/* A frame of a part becomes one of the whole. */
static void number_frame(struct tri_video_reader *reader, struct tri_frame *frame)
{
    struct input *input = reader->state;
    const int *from = input->parts[input->at].reader->video.time_base,
              *to = reader->video.time_base;
    const int64_t time = rescale(frame->time, from, to),
                  end = rescale(frame->time + frame->duration, from, to);
    frame->number = input->frames++;
    frame->time = input->begins + time;
    frame->duration = end > time ? end - time : 1;
    if (frame->time + frame->duration > input->ends)
        input->ends = frame->time + frame->duration;
}

/* The next frame of the part that is being read, if it has one. */
static enum tri_status next_of_part(struct tri_video_reader *reader, struct tri_frame *frame,
                                    bool *more, struct tri_error *error)
{
    struct input *input = reader->state;
    struct part *part = &input->parts[input->at];
    enum tri_status status = TRI_OK;
    if (part->reader == NULL)
        status = open_part(reader, part->path, &part->reader, error);
    struct raw *raw = status == TRI_OK ? malloc(sizeof *raw) : NULL;
    if (raw == NULL)
        return status == TRI_OK
                   ? tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", part->path)
                   : status;
    const int64_t before = part->reader->decode_ns;
    frame->raw = NULL;
    status = tri_video_next(part->reader, frame, more, error);
    reader->decode_ns += part->reader->decode_ns - before;
    if (status != TRI_OK || !*more) {
        free(raw);
        return status;
    }
    *raw = (struct raw){input, part, frame->raw, frame->number};
    pthread_mutex_lock(&input->lock);
    part->pending++;
    pthread_mutex_unlock(&input->lock);
    number_frame(reader, frame);
    frame->raw = raw;
    return TRI_OK;
}

static enum tri_status next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                            struct tri_error *error)
{
    struct input *input = reader->state;
    enum tri_status status = TRI_OK;
    *more = false;
    while (status == TRI_OK && !*more && input->at < input->count) {
        status = next_of_part(reader, frame, more, error);
        if (status == TRI_OK && !*more)
            end_part(reader, &input->parts[input->at]);
        if (!*more && reader->options.stop != NULL && reader->options.stop())
            break;
    }
    return status;
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct raw *raw = frame->raw;
    const long number = frame->number;
    (void)reader;
    frame->raw = raw->raw;
    frame->number = raw->number;
    const enum tri_status status = tri_video_decode(raw->part->reader, frame, error);
    frame->number = number;
    raw->raw = frame->raw;
    frame->raw = raw;
    discard(frame);
    return status;
}

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    for (int i = 0; i < input->count; i++)
        close_part(&input->parts[i]);
    pthread_mutex_destroy(&input->lock);
    free(input->parts);
    free(input);
}

static void list_beside(const struct tri_video_reader *reader,
                        const struct tri_video_write_options *options, char text[TRI_NOTE_MAX])
{
    const struct input *input = reader->state;
    snprintf(text, TRI_NOTE_MAX, "%s", input->beside[options->no_audio][options->no_subtitles]);
}

static const struct tri_video_codec codec = {
    .name = "joined",
    .next = next,
    .decode = decode,
    .close = close_input,
    .discard = discard,
    .beside = list_beside,
};

bool tri_video_joined(const struct tri_video_reader *reader, int index,
                      struct tri_joined_part *part)
{
    struct input *input = reader->codec == &codec ? reader->state : NULL;
    if (input == NULL || index >= input->count)
        return false;
    pthread_mutex_lock(&input->lock);
    const struct part *from = &input->parts[index];
    *part = (struct tri_joined_part){from->path, from->begins, from->ends};
    pthread_mutex_unlock(&input->lock);
    return true;
}

/* ---- opening ---- */

static void note_rates(const struct tri_video_reader *first, const struct tri_video_reader *reader)
{
    const int *a = first->video.rate, *b = reader->video.rate;
    char text[TRI_NOTE_MAX];
    if (first->options.tell == NULL || (int64_t)a[0] * b[1] == (int64_t)b[0] * a[1])
        return;
    snprintf(text, sizeof text,
             "%.100s and %.100s have different frame rates; frames keep their times", first->name,
             reader->name);
    first->options.tell(first->options.listener, text);
}

static void list_of_part(struct input *input, const struct tri_video_reader *reader)
{
    for (int i = 0; i < 4; i++) {
        const struct tri_video_write_options options = {.no_audio = i & 1, .no_subtitles = i >> 1};
        char *text = input->beside[options.no_audio][options.no_subtitles];
        if (text[0] == '\0')
            reader->codec->beside(reader, &options, text);
    }
}

/* Compares a part with the first, whose reader stays open. */
static enum tri_status add_part(struct tri_video_reader *whole, struct part *part,
                                struct tri_error *error)
{
    struct input *input = whole->state;
    const bool first = part == input->parts;
    enum tri_status status = open_part(whole, part->path, &part->reader, error);
    if (status != TRI_OK)
        return status;
    if (first)
        whole->video = part->reader->video;
    else
        status = check(input->parts[0].reader, part->reader, error);
    if (status == TRI_OK && part->reader->codec->beside != NULL)
        list_of_part(input, part->reader);
    if (status == TRI_OK && !first) {
        note_rates(input->parts[0].reader, part->reader);
        join_units(whole->video.time_base, part->reader->video.time_base);
        whole->video.frames = whole->video.frames > 0 && part->reader->video.frames > 0
                                  ? whole->video.frames + part->reader->video.frames
                                  : 0;
        close_part(part);
    }
    return status;
}

enum tri_status tri_video_join(char *const paths[], int count,
                               const struct tri_video_read_options *options,
                               struct tri_video_reader **result, struct tri_error *error)
{
    struct tri_video_reader *reader = calloc(1, sizeof *reader);
    struct input *input = calloc(1, sizeof *input);
    struct part *parts = calloc((size_t)count, sizeof *parts);
    *result = NULL;
    if (reader == NULL || input == NULL || parts == NULL ||
        pthread_mutex_init(&input->lock, NULL) != 0) {
        free(parts);
        free(input);
        free(reader);
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", paths[0]);
    }
    input->parts = parts;
    input->count = count;
    snprintf(input->name, sizeof input->name, "%.250s and %d more", paths[0], count - 1);
    reader->state = input;
    reader->codec = &codec;
    reader->name = input->name;
    reader->options = *options;
    enum tri_status status = TRI_OK;
    for (int i = 0; i < count && status == TRI_OK; i++) {
        parts[i].path = paths[i];
        parts[i].begins = i == 0 ? 0 : -1;
        parts[i].ends = -1;
        status = add_part(reader, &parts[i], error);
    }
    if (status == TRI_OK)
        reader->options.threads = parts[0].reader->options.threads;
    if (status == TRI_OK)
        status = tri_trim_begin(reader, error);
    if (status != TRI_OK)
        tri_video_close(reader);
    else
        *result = reader;
    return status;
}
