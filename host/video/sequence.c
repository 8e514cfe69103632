/* sequence.c -- numbered picture files as moving pictures: "frame-%04d.png". */
#include "pace.h"

#include "../codec/reduce.h"
#include "../image/image.h"
#include "../image/numbered.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RATE 25 /* frames per second, as pictures tell none */

struct input {
    struct tri_numbered names;
    long first, count, next;
    bool told;            /* of a background */
    pthread_mutex_t lock; /* for it */
};

struct output {
    struct tri_numbered names;
    const char *path;
    struct tri_write_options options;
    bool strip;
    struct tri_pace pace;
    bool paced;             /* pictures are repeated and left out; else what `pace` says is for the note alone */
    struct picture *newest; /* until it is known how often it is shown; NULL: there is none, or each is once */
    long written;
    atomic_bool told; /* what pictures have no place for */
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

static void describe(const struct tri_image *image, const struct tri_background *background, struct tri_video *video)
{
    const bool on_colour = background->use != TRI_NO_BACKGROUND && !tri_background_gray(background);
    const bool coloured = image->shape.planes > 2 || (on_colour && !tri_image_opaque(image));
    *video = (struct tri_video){.width = image->shape.width,
                                .height = image->shape.height,
                                .planes = coloured ? 3 : 1,
                                .bits = image->shape.bits,
                                .rate = {RATE, 1},
                                .interlace = 'p',
                                .matrix = TRI_RGB,
                                .full_range = true,
                                .time_base = {1, RATE}};
}

/* The file's picture, which must be like those before. */
static enum tri_status read_picture(const struct tri_video_reader *reader, long number, struct tri_image **image,
                                    struct tri_read_info *info, char **path, struct tri_error *error)
{
    const struct input *input = reader->state;
    const struct tri_read_options options = {.max_pixels = reader->options.max_pixels};
    *image = NULL;
    *path = tri_numbered_path(&input->names, number);
    if (*path == NULL)
        return tri_fail(error, TRI_FAILED, "no memory to read %s", reader->name);
    return tri_image_read(*path, &options, image, info, error);
}

static void close_input(struct tri_video_reader *reader)
{
    struct input *input = reader->state;
    pthread_mutex_destroy(&input->lock);
    tri_numbered_free(&input->names);
    free(input);
}

/* A picture is missing although there are later ones. Without them the result would be a whole video, but for what
 * nobody misses yet; so it is no end. */
static enum tri_status refuse_gap(const struct tri_video_reader *reader, long missing, long next, struct tri_error *error)
{
    const struct input *input = reader->state;
    char *gap = tri_numbered_path(&input->names, missing), *later = tri_numbered_path(&input->names, next);
    if (gap == NULL || later == NULL)
        tri_fail(error, TRI_FAILED, "no memory to read %s", reader->name);
    else
        tri_fail(error, TRI_FAILED, "cannot read %s: %s is missing, but %s is there; close the gap, or move the later ones away",
                 reader->name, gap, later);
    free(gap);
    free(later);
    return TRI_FAILED;
}

/* From 0, or 1 where there is no 0, to the last. */
static enum tri_status count_pictures(struct tri_video_reader *reader, struct tri_error *error)
{
    struct input *input = reader->state;
    long *numbers;
    size_t count;
    enum tri_status status = tri_numbered_find(&input->names, reader->name, &numbers, &count, error);
    if (status != TRI_OK)
        return status;
    if (count > 0)
        input->first = numbers[0];
    if (count == 0 || input->first > 1)
        status = tri_fail(error, TRI_FAILED, "cannot read %s: there is no file of the number 0 or 1", reader->name);
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
    const enum tri_status status = read_picture(reader, input->first, &image, NULL, &path, error);
    if (status == TRI_OK) {
        describe(image, &reader->options.background, &reader->video);
        reader->video.frames = input->count;
    }
    tri_image_free(image);
    free(path);
    return status;
}

static enum tri_status open_input(struct tri_video_reader *reader, const char *path, struct tri_error *error)
{
    struct input *input = calloc(1, sizeof *input);
    if (input == NULL || pthread_mutex_init(&input->lock, NULL) != 0) {
        free(input);
        return tri_fail(error, TRI_FAILED, "no memory to read %s", path);
    }
    reader->state = input;
    const enum tri_status status = tri_numbered_new(path, &input->names)
                                       ? open_first(reader, error)
                                       : tri_fail(error, TRI_FAILED, "no memory to read %s", path);
    if (status != TRI_OK)
        close_input(reader);
    return status;
}

/* Files are opened by `decode`: they do not wait for each other. */
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

/* Of many pictures the first is told. */
static void note_background(const struct tri_video_reader *reader, const char *path)
{
    struct input *input = reader->state;
    pthread_mutex_lock(&input->lock);
    const bool first = !input->told;
    input->told = true;
    pthread_mutex_unlock(&input->lock);
    if (first)
        tri_background_tell(&reader->options.background, path, "frames have", reader->options.tell, reader->options.listener);
}

/* A picture that is transparent is put on the background. */
static enum tri_status flatten(const struct tri_video_reader *reader, const char *path, struct tri_image **image,
                               struct tri_error *error)
{
    const struct tri_background *background = &reader->options.background;
    struct tri_image *flat;
    if (tri_image_opaque(*image))
        return TRI_OK;
    if (background->use == TRI_NO_BACKGROUND)
        return tri_fail(error, TRI_FAILED, "cannot read %s: it is transparent in places, which frames cannot be; say --background white", path);
    const enum tri_status status = tri_image_flatten(*image, background, &flat, error);
    if (status != TRI_OK)
        return status;
    tri_image_free(*image);
    *image = flat;
    note_background(reader, path);
    return TRI_OK;
}

/* A gray picture among coloured ones is one that its writer has packed more tightly. */
static enum tri_status take_picture(const struct tri_video_reader *reader, const struct tri_image *image,
                                    const char *path, struct tri_frame *frame, struct tri_error *error)
{
    const struct tri_video *video = &reader->video;
    const struct tri_shape *shape = &image->shape;
    const int planes = shape->planes > 2 ? 3 : 1;
    if (shape->width != video->width || shape->height != video->height)
        return tri_fail(error, TRI_FAILED, "cannot read %s: it has %d x %d pixels, the first picture %d x %d",
                        path, shape->width, shape->height, video->width, video->height);
    if (shape->bits != video->bits || planes > video->planes)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s: it has %s of %d bits, the first picture %s of %d bits", path,
                        planes == 3 ? "colours" : "grays", shape->bits,
                        video->planes == 3 ? "colours" : "grays", video->bits);
    for (int p = 0; p < video->planes; p++)
        tri_image_copy_plane(image, p < planes ? p : 0, frame->planes[p], 0);
    return TRI_OK;
}

static enum tri_status decode(struct tri_video_reader *reader, struct tri_frame *frame,
                              struct tri_error *error)
{
    const struct input *input = reader->state;
    struct tri_image *image = NULL;
    char *path = NULL;
    struct tri_read_info info = {0};
    enum tri_status status = read_picture(reader, input->first + frame->number, &image, &info, &path, error);
    tri_metadata_free(frame->metadata); /* of a frame that it held before */
    frame->metadata = info.metadata;
    if (status == TRI_OK)
        status = flatten(reader, path, &image, error);
    if (status == TRI_OK)
        status = take_picture(reader, image, path, frame, error);
    tri_image_free(image);
    free(path);
    return status;
}

/* ---- writing ---- */

/* Which of the input's numbers a path has; -1: it is none of its files. */
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
static enum tri_status check_source(const struct output *output, const struct tri_video_reader *source,
                                    struct tri_error *error)
{
    if (source == NULL || source->codec->open != open_input)
        return TRI_OK;
    const struct input *input = source->state;
    enum tri_status status = TRI_OK;
    for (long i = 0; i < input->count && status == TRI_OK; i++) {
        char *path = tri_numbered_path(&output->names, i + 1);
        const long number = path != NULL ? number_of(input, path) : -1;
        if (number >= 0 && (output->paced || number != input->first + i))
            status = tri_fail(error, TRI_USAGE,
                              "cannot write %s: the result of picture %ld would replace the input %s", output->path,
                              input->first + i, path);
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
                              const struct tri_video_write_options *options, struct tri_error *error)
{
    const struct tri_video *video = &writer->video;
    if (video->planes == 3 && video->matrix != TRI_RGB)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: pictures are RGB or gray, and these frames are YCbCr", path);
    struct output *output = calloc(1, sizeof *output);
    if (output == NULL)
        return tri_fail(error, TRI_FAILED, "no memory to write %s", path);
    if (!tri_numbered_new(path, &output->names)) {
        free_output(output);
        return tri_fail(error, TRI_FAILED, "no memory to write %s", path);
    }
    int rate[2];
    char light[24];
    tri_video_steady_rate(video, options, rate);
    tri_pace_begin(&output->pace, rate, video->time_base);
    output->paced = options->frame_rate[0] > 0;
    output->path = writer->name;
    if (check_source(output, options->source, error) != TRI_OK || check_source(output, options->with, error) != TRI_OK) {
        free_output(output);
        return TRI_USAGE;
    }
    output->options = options->pictures;
    output->options.format = options->format != NULL ? tri_format_find(options->format) : tri_format_of_path(path);
    output->strip = options->strip;
    writer->state = output;
    if (tri_video_light_name(video, light)) /* PNG's cICP says it, to those who read that */
        tri_video_note(writer, "%s: the light of these pictures is %s; in most programs they look pale, or of wrong colours",
                       writer->name, light);
    return TRI_OK;
}

/* A picture that is written, and takes its place in its turn. */
struct picture {
    struct tri_output output;
    char *path;
};

static enum tri_status end_picture(struct picture *picture, enum tri_status so_far, struct tri_error *error)
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

/* By whoever has it: files do not wait for each other. */
static enum tri_status write_picture(const struct tri_video_writer *writer, const struct tri_frame *frame,
                                     const struct tri_image *image, struct picture *picture, struct tri_error *error)
{
    struct output *output = writer->state;
    struct tri_write_options options = output->options;
    char note[TRI_NOTE_MAX] = "";
    options.note = note;
    options.metadata = output->strip ? NULL : frame->metadata;
    picture->path = tri_numbered_path(&output->names, frame->number + 1);
    if (picture->path == NULL)
        return tri_fail(error, TRI_FAILED, "no memory to write %s", output->path);
    const enum tri_status status = tri_image_write_beside(picture->path, image, &options, &picture->output, error);
    /* Of many pictures the first is told; the rest lose the same. */
    if (note[0] != '\0' && !atomic_exchange(&output->told, true))
        tri_video_note(writer, "%s: %s", picture->path, note);
    return status;
}

static enum tri_status encode(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error)
{
    const struct tri_shape shape = {writer->video.width, writer->video.height, writer->video.planes,
                                    writer->video.bits > 8 ? 16 : 8};
    struct tri_image *image = NULL;
    struct picture *picture = calloc(1, sizeof *picture);
    enum tri_status status = picture != NULL ? tri_image_new(&shape, &image, error)
                                             : tri_fail(error, TRI_FAILED, "no memory to write %s", writer->name);
    for (int p = 0; p < shape.planes && status == TRI_OK; p++)
        tri_image_copy_plane(frame->planes[p], 0, image, p);
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
    return ferror(from) || ferror(to) ? tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, strerror(errno)) : TRI_OK;
}

/* Under the next number, which it was not written for. */
static enum tri_status write_copy(struct output *output, const struct picture *picture, struct tri_error *error)
{
    char *path = tri_numbered_path(&output->names, output->written + 1);
    struct tri_output copy;
    FILE *from = fopen(picture->output.temporary != NULL ? picture->output.temporary : picture->path, "rbe");
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

/* So often, and no more. */
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

static enum tri_status put(struct tri_video_writer *writer, struct tri_frame *frame, struct tri_error *error)
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

static enum tri_status end(struct tri_video_writer *writer, enum tri_status so_far, struct tri_error *error)
{
    struct output *output = writer->state;
    const long count = tri_pace_end(&output->pace);
    const enum tri_status status = write_newest(output, so_far == TRI_OK && output->paced ? count : 0, error);
    if (so_far == TRI_OK && status == TRI_OK)
        (output->paced ? tri_pace_note : tri_pace_note_uneven)(&output->pace, writer);
    free_output(output);
    return so_far == TRI_OK ? status : so_far;
}

const struct tri_video_codec tri_video_codec_sequence = {
    .name = "sequence",
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
