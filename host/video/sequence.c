/* sequence.c -- numbered picture files as videos: "frame-%04d.png". */
#include "constant_rate.h"
#include "picture_frames.h"

#include "../codec/codec.h"
#include "../codec/reduce_depth.h"
#include "../image/image.h"
#include "../image/numbered_names.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct input {
    struct tri_numbered names;
    long first, count, next;
    struct tri_picture_notes notes;
};

struct output {
    struct tri_numbered names;
    const char *path;
    struct tri_write_options options;
    bool interlaces; /* the format has an interlaced form */
    bool strip;
    struct tri_pace pace;
    /* pictures are repeated and dropped; otherwise `pace` is only for the note */
    bool paced;
    /* held until its number of repeats is known; NULL if none, or if each is written once */
    struct picture *newest;
    long written;
    char told[2 * TRI_NOTE_MAX]; /* notes already reported; under the writer's lock */
    atomic_bool flat;            /* the background has been reported */
};

static bool probe(const char *path, const unsigned char *head, size_t size)
{
    (void)head;
    (void)size;
    return tri_format_of_path(path) != NULL && tri_numbered_is(path);
}

static bool writes(const char *path, const char *format)
{
    return tri_format_find(format) != NULL && tri_numbered_is(path);
}

/* ---- reading ---- */

/* Reads one of the files; tri_picture_to_frame checks that it is like the first. */
static enum tri_status read_picture(const struct tri_video_reader *reader, long number,
                                    struct tri_image **image, struct tri_read_info *info,
                                    char **path, struct tri_error *error)
{
    const struct input *input = reader->state;
    const struct tri_read_options options = {.size = sizeof options,
                                             .max_pixels = reader->options.max_pixels};
    *image = NULL;
    *path = tri_numbered_path(&input->names, number);
    if (*path == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", reader->name);
    return tri_image_read(*path, &options, image, info, error);
}

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    pthread_mutex_destroy(&input->notes.lock);
    tri_numbered_free(&input->names);
    free(input);
}

/* A picture is missing although later ones exist. If the gap counted as the end, the result would
 * look like a complete video, and the loss would go unnoticed. */
static enum tri_status refuse_gap(const struct tri_video_reader *reader, long missing, long next,
                                  struct tri_error *error)
{
    const struct input *input = reader->state;
    char *gap = tri_numbered_path(&input->names, missing),
         *later = tri_numbered_path(&input->names, next);
    if (gap == NULL || later == NULL)
        tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", reader->name);
    else
        tri_fail(error, TRI_FAILED,
                 "cannot read %s: %s is missing, but %s exists; close the gap or move the later "
                 "files away",
                 reader->name, gap, later);
    free(gap);
    free(later);
    return TRI_FAILED;
}

/* From 0, or from 1 if there is no 0, to the last. */
static enum tri_status count_pictures(struct tri_video_reader *reader, struct tri_error *error)
{
    struct input *input = reader->state;
    long *numbers;
    size_t count;
    enum tri_status status =
        tri_numbered_find(&input->names, reader->name, &numbers, &count, error);
    if (status != TRI_OK)
        return status;
    if (count > 0)
        input->first = numbers[0];
    if (count == 0 || input->first > 1)
        status = tri_fail(error, TRI_FAILED, "cannot read %s: no file has the number 0 or 1",
                          reader->name);
    for (size_t i = 1; i < count && status == TRI_OK; i++)
        if (numbers[i] != numbers[i - 1] + 1)
            status = refuse_gap(reader, numbers[i - 1] + 1, numbers[i], error);
    input->count = (long)count;
    free(numbers);
    return status;
}

static enum tri_status open_first(struct tri_video_reader *reader, struct tri_error *error)
{
    struct input *input = reader->state;
    struct tri_image *image = NULL;
    char *path = NULL;
    if (count_pictures(reader, error) != TRI_OK)
        return TRI_FAILED;
    struct tri_read_info info = {.size = sizeof info};
    const enum tri_status status = read_picture(reader, input->first, &image, &info, &path, error);
    if (status == TRI_OK) {
        tri_picture_describe(image, info.metadata, &reader->options.background, &reader->video);
        reader->video.frames = input->count;
    }
    tri_metadata_free(info.metadata);
    tri_image_free(image);
    free(path);
    return status;
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
    const enum tri_status status =
        tri_numbered_new(path, &input->names)
            ? open_first(reader, error)
            : tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", path);
    if (status != TRI_OK)
        close_input(reader);
    return status;
}

/* `decode` opens the files, so they do not wait for each other. */
static enum tri_status next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                            struct tri_error *error)
{
    struct input *input = reader->state;
    (void)error;
    *more = input->next < input->count;
    if (*more) {
        frame->number = frame->time = input->next++;
        frame->duration = 1;
    }
    return TRI_OK;
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    struct input *input = reader->state;
    struct tri_image *image = NULL;
    char *path = NULL;
    struct tri_read_info info = {.size = sizeof info};
    enum tri_status status =
        read_picture(reader, input->first + frame->number, &image, &info, &path, error);
    tri_metadata_free(frame->metadata); /* of the frame held before */
    frame->metadata = info.metadata;
    if (status == TRI_OK)
        status = tri_picture_to_frame(reader, &input->notes, path, &image, frame, error);
    tri_image_free(image);
    free(path);
    return status;
}

/* ---- writing ---- */

/* The number of a path within the input; -1: not one of its files. */
static long number_of(const struct input *input, const char *path)
{
    struct stat own, other;
    const long number = tri_numbered_of(&input->names, path);
    if (number < input->first || number - input->first >= input->count)
        return -1;
    char *file = tri_numbered_path(&input->names, number);
    const bool same = file != NULL && stat(file, &own) == 0 && stat(path, &other) == 0 &&
                      own.st_dev == other.st_dev && own.st_ino == other.st_ino;
    free(file);
    return same ? number : -1;
}

/* A result may replace its own picture, but none that is read later. */
static enum tri_status check_source(const struct output *output,
                                    const struct tri_video_reader *source, struct tri_error *error)
{
    if (source == NULL || source->codec->open != open_input)
        return TRI_OK;
    const struct input *input = source->state;
    enum tri_status status = TRI_OK;
    for (long i = 0; i < input->count && status == TRI_OK; i++) {
        char *path = tri_numbered_path(&output->names, i + 1);
        const long number = path != NULL ? number_of(input, path) : -1;
        if (number >= 0 && (output->paced || tri_trim_is_part(&source->options.trim) ||
                            number != input->first + i))
            status =
                tri_fail(error, TRI_USAGE,
                         "cannot write %s: the result of picture %ld would replace the input %s",
                         output->path, input->first + i, path);
        free(path);
    }
    return status;
}

static void free_output(struct output *output)
{
    tri_numbered_free(&output->names);
    free(output);
}

static enum tri_status create(struct tri_video_writer *writer, const char *path,
                              const struct tri_video_write_options *options,
                              struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    if (video->planes == 3 && video->matrix != TRI_RGB)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: pictures must be RGB or gray, but these frames are YCbCr",
                        path);
    struct output *output = calloc(1, sizeof *output);
    if (output == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    if (!tri_numbered_new(path, &output->names)) {
        free_output(output);
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    }
    int rate[2];
    char light[24];
    tri_video_steady_rate(video, options, rate);
    tri_pace_begin(&output->pace, rate, video->time_base);
    output->pace.asked = options->frame_rate[0] > 0;
    output->paced = options->frame_rate[0] > 0;
    output->path = writer->name;
    if (check_source(output, options->source, error) != TRI_OK ||
        check_source(output, options->with, error) != TRI_OK) {
        free_output(output);
        return TRI_USAGE;
    }
    output->options = options->pictures;
    output->options.format =
        options->format != NULL ? tri_format_find(options->format) : tri_format_of_path(path);
    output->interlaces = output->options.format != NULL &&
                         (tri_codec_of(output->options.format)->keeps & TRI_WRITES_INTERLACED) != 0;
    output->strip = options->strip;
    writer->state = output;
    if (tri_video_opaque_name(path))
        snprintf(writer->opaque, sizeof writer->opaque, "PPM has");
    /* PNG's cICP states it, for readers that support it. */
    if (tri_video_light_name(video, light))
        tri_video_note(
            writer,
            "%s: the colour description is %s; most programs will show pale or wrong colours",
            writer->name, light);
    return TRI_OK;
}

/* A written picture, which is put in place in its turn. */
struct picture {
    struct tri_output output;
    char *path;
};

static enum tri_status end_picture(struct picture *picture, enum tri_status so_far,
                                   struct tri_error *error)
{
    const enum tri_status status = tri_output_close(&picture->output, so_far, error);
    free(picture->path);
    free(picture);
    return status;
}

static void discard(struct tri_frame *frame)
{
    end_picture(frame->raw, TRI_FAILED, NULL);
    frame->raw = NULL;
}

/* Runs in any thread: files do not wait for each other. */
static enum tri_status write_picture(struct tri_video_writer *writer, const struct tri_frame *frame,
                                     const struct tri_image *image, struct picture *picture,
                                     struct tri_error *error)
{
    struct output *output = writer->state;
    struct tri_write_options options = output->options;
    char note[TRI_NOTE_MAX] = "";
    if (!tri_image_opaque(image) && atomic_exchange(&output->flat, true) &&
        options.background.use == TRI_BACKGROUND_TOLD)
        options.background.use = TRI_BACKGROUND;
    options.metadata = output->strip ? NULL : frame->metadata;
    if (frame->number > 0 && !output->interlaces)
        options.interlace = TRI_NOT_INTERLACED; /* the first frame's note is enough */
    picture->path = tri_numbered_path(&output->names, frame->number + 1);
    if (picture->path == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", output->path);
    const enum tri_status status =
        tri_image_write_beside(picture->path, image, &options, &picture->output, note, error);
    if (note[0] != '\0' && tri_video_is_new(writer, output->told, sizeof output->told, note))
        tri_video_note(writer, "%s: %s", picture->path, note);
    return status;
}

static enum tri_status encode(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    const bool alpha = video->alpha && writer->opaque[0] == '\0';
    const struct tri_shape shape = {video->width, video->height, video->planes + alpha,
                                    video->bits > 8 ? 16 : 8};
    struct tri_image *image = NULL;
    struct picture *picture = calloc(1, sizeof *picture);
    enum tri_status status =
        picture != NULL
            ? tri_image_new(&shape, &image, error)
            : tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", writer->name);
    for (int p = 0; p < video->planes && status == TRI_OK; p++)
        tri_image_copy_plane(frame->planes[p], 0, image, p);
    if (status == TRI_OK && alpha)
        tri_image_copy_plane(frame->planes[0], 1, image, video->planes);
    if (status == TRI_OK)
        status = write_picture(writer, frame, image, picture, error);
    tri_image_free(image);
    if (status == TRI_OK) {
        frame->raw = picture;
    } else {
        free(picture != NULL ? picture->path : NULL);
        free(picture);
    }
    return status;
}

static enum tri_status copy_bytes(FILE *from, FILE *to, const char *path, struct tri_error *error)
{
    char bytes[1 << 16];
    size_t got;
    rewind(from);
    while ((got = fread(bytes, 1, sizeof bytes, from)) > 0 && fwrite(bytes, 1, got, to) == got)
        continue;
    return ferror(from) || ferror(to)
               ? tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, strerror(errno))
               : TRI_OK;
}

/* Copies a picture to the next number, which it was not written for. */
static enum tri_status write_copy(struct output *output, const struct picture *picture,
                                  struct tri_error *error)
{
    char *path = tri_numbered_path(&output->names, output->written + 1);
    struct tri_output copy;
    FILE *from =
        fopen(picture->output.temporary != NULL ? picture->output.temporary : picture->path, "rbe");
    enum tri_status status = TRI_OK;
    if (path == NULL || fflush(picture->output.file) != 0 || from == NULL)
        status = tri_fail(error, TRI_FAILED, "cannot write %s: %s", output->path, strerror(errno));
    else
        status = tri_output_open(path, &copy, error);
    if (status == TRI_OK)
        status = tri_output_close(&copy, copy_bytes(from, copy.file, path, error), error);
    output->written += status == TRI_OK;
    if (from != NULL)
        fclose(from);
    free(path);
    return status;
}

/* Writes the newest picture `count` times, then discards it. */
static enum tri_status write_newest(struct output *output, long count, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    for (long i = 0; i < count && status == TRI_OK; i++)
        status = write_copy(output, output->newest, error);
    if (output->newest != NULL)
        end_picture(output->newest, TRI_FAILED, NULL);
    output->newest = NULL;
    return status;
}

static enum tri_status put(struct tri_video_writer *writer, struct tri_frame *frame,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    struct picture *picture = frame->raw;
    const long count = tri_pace_next(&output->pace, frame->time, frame->duration);
    frame->raw = NULL;
    if (!output->paced)
        return end_picture(picture, TRI_OK, error);
    const enum tri_status status = write_newest(output, count, error);
    output->newest = picture;
    return status;
}

static enum tri_status end(struct tri_video_writer *writer, enum tri_status so_far,
                           struct tri_error *error)
{
    struct output *output = writer->state;
    const long count = tri_pace_end(&output->pace);
    const enum tri_status status =
        write_newest(output, so_far == TRI_OK && output->paced ? count : 0, error);
    if (so_far == TRI_OK && status == TRI_OK)
        (output->paced ? tri_pace_note : tri_pace_note_uneven)(&output->pace, writer);
    free_output(output);
    return so_far == TRI_OK ? status : so_far;
}

const struct tri_video_codec tri_video_codec_sequence = {
    .name = "sequence",
    .pictures = true,
    .probe = probe,
    .takes = TRI_ONLY_RGB,
    .writes = writes,
    .open = open_input,
    .next = next,
    .decode = decode,
    .close = close_input,
    .create = create,
    .encode = encode,
    .put = put,
    .end = end,
    .discard = discard,
};
