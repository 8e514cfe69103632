/* frame.c -- frames, and the choice of codec to read or write a file. */
#include "video.h"

#include "../image/image.h"
#include "../image/numbered_names.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_MS 100 /* delay until a signal is noticed while a pipe has no data */

#define VIDEO_ENTRY(name) extern const struct tri_video_codec tri_video_codec_##name;
#include "video_list.h"
#undef VIDEO_ENTRY

/* Tried in this order. */
static const struct tri_video_codec *const codecs[] = {
#define VIDEO_ENTRY(name) &tri_video_codec_##name,
#include "video_list.h"
#undef VIDEO_ENTRY
};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

const struct tri_video_codec *tri_video_codec_at(int index)
{
    return index < CODECS ? codecs[index] : NULL;
}

/* ---- frames ---- */

enum tri_matrix tri_video_usual_matrix(int height)
{
    return height > 576 ? TRI_BT709 : TRI_BT601;
}

const char *tri_video_matrix_name(enum tri_matrix matrix)
{
    static const char *const names[] = {[TRI_BT601] = "BT.601",
                                        [TRI_BT709] = "BT.709",
                                        [TRI_BT2020] = "BT.2020",
                                        [TRI_YCGCO] = "YCgCo",
                                        [TRI_OTHER_MATRIX] = "constant luminance or similar",
                                        [TRI_RGB] = "RGB"};
    return names[matrix];
}

bool tri_video_light_name(const struct tri_video *video, char text[24])
{
    const char *transfer = video->transfer == 16 ? "PQ" : video->transfer == 18 ? "HLG" : "";
    const char *primaries = video->primaries == 9                              ? "BT.2020"
                            : video->primaries == 11 || video->primaries == 12 ? "P3"
                                                                               : "";
    snprintf(text, 24, "%s%s%s", transfer, *transfer != '\0' && *primaries != '\0' ? ", " : "",
             primaries);
    return text[0] != '\0';
}

void tri_video_plane(const struct tri_video *video, int plane, struct tri_shape *shape)
{
    const int x = plane > 0 ? video->shift_x : 0, y = plane > 0 ? video->shift_y : 0;
    *shape =
        (struct tri_shape){(video->width + (1 << x) - 1) >> x, (video->height + (1 << y) - 1) >> y,
                           plane == 0 && video->alpha ? 2 : 1, video->bits > 8 ? 16 : 8};
}

enum tri_status tri_frame_new_in(struct tri_memory *memory, const struct tri_video *video,
                                 struct tri_frame *frame, struct tri_error *error)
{
    enum tri_status status = TRI_OK;
    *frame = (struct tri_frame){0};
    for (int p = 0; p < video->planes && status == TRI_OK; p++) {
        struct tri_shape shape;
        tri_video_plane(video, p, &shape);
        status = tri_image_new_in(memory, &shape, &frame->planes[p], error);
    }
    if (status != TRI_OK)
        tri_frame_free(frame);
    return status;
}

enum tri_status tri_frame_new(const struct tri_video *video, struct tri_frame *frame,
                              struct tri_error *error)
{
    return tri_frame_new_in(NULL, video, frame, error);
}

void tri_frame_free(struct tri_frame *frame)
{
    for (int p = 0; p < 3; p++) {
        tri_image_free(frame->planes[p]);
        frame->planes[p] = NULL;
    }
    tri_frame_free_data(frame);
}

void tri_frame_free_data(struct tri_frame *frame)
{
    free(frame->data);
    tri_metadata_free(frame->metadata);
    frame->data = NULL;
    frame->metadata = NULL;
}

/* Calls `change` for each row of samples. */
static void change_rows(const struct tri_frame *frame, int bits,
                        void (*change)(uint16_t *row, int width, int bits))
{
    for (int p = 0; p < 3 && bits < 16; p++) {
        const struct tri_image *image = frame->planes[p];
        for (int y = 0; image != NULL && y < image->shape.planes * image->shape.height; y++)
            change(tri_image_row(image, y / image->shape.height, y % image->shape.height),
                   image->shape.width, bits);
    }
}

/* Repeats the highest bits below the lowest: 0 stays 0 and the maximum becomes 65535. */
static void spread_row(uint16_t *row, int width, int bits)
{
    for (int x = 0; x < width; x++)
        row[x] = (uint16_t)(row[x] << (16 - bits) | row[x] >> (2 * bits - 16));
}

/* round(v * (2^bits - 1) / 65535) */
static void gather_row(uint16_t *row, int width, int bits)
{
    const uint32_t most = (UINT32_C(1) << bits) - 1;
    for (int x = 0; x < width; x++)
        row[x] = (uint16_t)((row[x] * most + 32767) / 65535);
}

void tri_frame_expand_depth(struct tri_frame *frame, int bits)
{
    change_rows(frame, bits, spread_row);
}

void tri_frame_reduce_depth(struct tri_frame *frame, int bits)
{
    change_rows(frame, bits, gather_row);
}

/* ---- reading ---- */

static const struct tri_video_codec *reader_of(const char *path, const unsigned char *head,
                                               size_t size)
{
    for (int i = 0; i < CODECS; i++) {
        if (codecs[i]->open != NULL && codecs[i]->probe(path, head, size))
            return codecs[i];
    }
    return NULL;
}

/* Reads the first bytes of a regular file; returns 0 for anything else. */
static size_t head_of(const char *path, unsigned char head[TRI_HEAD])
{
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rbe") : NULL;
    if (file == NULL)
        return 0;
    const size_t size = fread(head, 1, TRI_HEAD, file);
    fclose(file);
    return size;
}

/* `pictures`: include those of picture files. */
static const struct tri_video_codec *find_reader(const char *path, const unsigned char *head,
                                                 size_t size, bool pictures)
{
    unsigned char own[TRI_HEAD];
    if (strcmp(path, "-") != 0) {
        size = head_of(path, own);
        head = own;
    }
    const struct tri_video_codec *codec = reader_of(path, head, size);
    return codec == NULL && pictures && tri_format_of_head(head, size) != NULL
               ? &tri_video_codec_pictures
               : codec;
}

bool tri_video_is(const char *path, const unsigned char *head, size_t size)
{
    return find_reader(path, head, size, false) != NULL;
}

bool tri_video_named(const char *path)
{
    return reader_of(path, (const unsigned char *)"", 0) != NULL;
}

static void set_options(struct tri_video_reader *reader,
                        const struct tri_video_read_options *options, bool standard)
{
    if (options != NULL)
        reader->options = *options;
    if (reader->options.threads == 0)
        reader->options.threads = tri_cpu_workers();
    if (reader->options.max_pixels == 0)
        reader->options.max_pixels = TRI_PIXEL_LIMIT;
    if (!standard)
        reader->options.head_size = 0;
}

enum tri_status tri_video_open(const char *path, const struct tri_video_read_options *options,
                               struct tri_video_reader **result, struct tri_error *error)
{
    struct tri_video_reader *reader = calloc(1, sizeof *reader);
    *result = NULL;
    if (reader == NULL)
        return tri_fail(error, TRI_FAILED, "cannot read %s: out of memory", path);
    const bool standard = strcmp(path, "-") == 0;
    reader->name = standard ? "standard input" : path;
    set_options(reader, options, standard);
    reader->codec = find_reader(path, reader->options.head, reader->options.head_size, true);
    enum tri_status status;
    if (reader->codec != NULL)
        status = reader->codec->open(reader, path, error);
    else
        status = tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->name,
                          standard || access(path, R_OK) == 0 ? "unknown video format"
                                                              : strerror(errno));
    if (status != TRI_OK) {
        free(reader);
        return status;
    }
    status = tri_trim_begin(reader, error);
    if (status != TRI_OK) {
        tri_video_close(reader);
        return status;
    }
    *result = reader;
    return TRI_OK;
}

enum tri_status tri_video_check_size(const struct tri_video_reader *reader, int width, int height,
                                     struct tri_error *error)
{
    if (width < 1 || height < 1 || width > TRI_SIDE_MAX || height > TRI_SIDE_MAX)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s: frames of %d x %d pixels; each side must be 1 to %d",
                        reader->name, width, height, TRI_SIDE_MAX);
    if ((uint64_t)width * (uint64_t)height > reader->options.max_pixels)
        return tri_fail(error, TRI_FAILED,
                        "cannot read %s: frames of %d x %d pixels exceed the limit of %llu; raise "
                        "it with --max-pixels",
                        reader->name, width, height,
                        (unsigned long long)reader->options.max_pixels);
    return TRI_OK;
}

bool tri_video_wait(const struct tri_video_reader *reader, int file)
{
    bool (*const stop)(void) = reader->options.stop;
    struct pollfd waited = {.fd = file, .events = POLLIN};
    for (;;) {
        /* With a timeout, because a signal may arrive just before, or in another thread. */
        const int ready = poll(&waited, 1, stop != NULL ? STOP_MS : -1);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        if (stop != NULL && stop())
            return false;
    }
}

enum tri_status tri_video_next(struct tri_video_reader *reader, struct tri_frame *frame, bool *more,
                               struct tri_error *error)
{
    return tri_trim_is_part(&reader->options.trim)
               ? tri_trim_next(reader, frame, more, error)
               : reader->codec->next(reader, frame, more, error);
}

enum tri_status tri_video_decode(struct tri_video_reader *reader, struct tri_frame *frame,
                                 struct tri_error *error)
{
    const long before = reader->trimmed.relative ? 0 : reader->trimmed.skipped;
    frame->number += before; /* as the codec counts them */
    const enum tri_status status = reader->codec->decode(reader, frame, error);
    frame->number -= before;
    return status;
}

void tri_video_close(struct tri_video_reader *reader)
{
    if (reader == NULL)
        return;
    reader->codec->close(reader);
    free(reader);
}

/* ---- writing ---- */

void tri_video_note(const struct tri_video_writer *writer, const char *format, ...)
{
    char text[400];
    va_list arguments;
    if (writer->note == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    writer->note(writer->listener, text);
}

void tri_video_steady_rate(const struct tri_video *video,
                           const struct tri_video_write_options *options, int rate[2])
{
    const int *from = options->frame_rate[0] > 0  ? options->frame_rate
                      : video->steady_rate[0] > 0 ? video->steady_rate
                                                  : video->rate;
    memcpy(rate, from, 2 * sizeof *rate);
}

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    return dot == NULL ? "" : dot + 1;
}

static const struct tri_video_codec *writer_of(const char *path, const char *format)
{
    struct stat status;
    const bool in_place =
        strcmp(path, "-") == 0 || (stat(path, &status) == 0 && !S_ISREG(status.st_mode));
    if (format == NULL)
        format = in_place && extension_of(path)[0] == '\0' ? "y4m" : extension_of(path);
    for (int i = 0; i < CODECS; i++) {
        if (codecs[i]->create != NULL && codecs[i]->writes(path, format))
            return codecs[i];
    }
    return NULL;
}

bool tri_video_writes(const char *path, const char *format)
{
    return writer_of(path, format) != NULL;
}

enum tri_colour tri_video_takes(const char *path, const char *format)
{
    const struct tri_video_codec *codec = writer_of(path, format);
    return codec != NULL ? codec->takes : TRI_ANY_COLOUR;
}

static void free_writer(struct tri_video_writer *writer)
{
    pthread_mutex_destroy(&writer->lock);
    free(writer->path);
    free(writer);
}

/* Videos have pixel formats in place of what pictures have; containers look at colours themselves.
 */
static enum tri_status check_form(const struct tri_video_writer *writer,
                                  const struct tri_write_options *options, struct tri_error *error)
{
    const char *option = options->depth != 0                                  ? "--depth"
                         : options->interlace == TRI_INTERLACED               ? "--interlace"
                         : options->colours > 0 && !writer->codec->containers ? "--colors"
                                                                              : NULL;
    return writer->codec->pictures || option == NULL
               ? TRI_OK
               : tri_fail(error, TRI_USAGE, "cannot write %s: %s is for pictures, not for videos%s",
                          writer->name, option,
                          options->depth != 0 ? "; --pixel-format sets the depth of a video" : "");
}

enum tri_status tri_video_create(const char *path, const struct tri_video *video,
                                 const struct tri_video_write_options *options,
                                 struct tri_video_writer **result, struct tri_error *error)
{
    struct tri_video_writer *writer = calloc(1, sizeof *writer);
    *result = NULL;
    if (writer == NULL || pthread_mutex_init(&writer->lock, NULL) != 0) {
        free(writer);
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    }
    writer->path = tri_numbered_is(path) ? strdup(path) : tri_plain_path(path);
    if (writer->path == NULL) {
        free_writer(writer);
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    }
    writer->video = *video;
    writer->background = options->pictures.background;
    writer->strip = options->strip;
    writer->name = strcmp(path, "-") == 0 ? "standard output" : writer->path;
    writer->note = options->pictures.tell;
    writer->listener = options->pictures.listener;
    writer->threads = options->threads > 0 ? options->threads : tri_cpu_workers();
    writer->codec = options->nowhere     ? &tri_video_codec_nowhere
                    : options->animation ? &tri_video_codec_animation
                                         : writer_of(path, options->format);
    enum tri_status status;
    if (writer->codec == NULL)
        status = tri_fail(error, TRI_USAGE,
                          "cannot write %s: unknown video format '%s' ('triptych --version' lists "
                          "the supported ones)",
                          path, options->format != NULL ? options->format : extension_of(path));
    else if (!writer->codec->containers && (options->video_codec != NULL || options->crf >= 0))
        status =
            tri_fail(error, TRI_USAGE,
                     "cannot write %s: --video-codec and --crf do not apply to this format", path);
    else if (!writer->codec->containers && options->parallel > 0)
        status = tri_fail(error, TRI_USAGE,
                          "cannot write %s: --encode-parallel does not apply to this format", path);
    else if (!writer->codec->containers && options->pixel_format != NULL)
        status = tri_fail(error, TRI_USAGE,
                          "cannot write %s: --pixel-format does not apply to this format", path);
    else
        status = check_form(writer, &options->pictures, error);
    if (status == TRI_OK)
        status = writer->codec->create(writer, writer->path, options, error);
    if (status != TRI_OK) {
        free_writer(writer);
        return status;
    }
    if (!options->nowhere)
        tri_video_tell_beside(writer, options);
    *result = writer;
    return TRI_OK;
}

enum tri_status tri_video_encode(struct tri_video_writer *writer, struct tri_frame *frame,
                                 struct tri_error *error)
{
    if (tri_video_flatten(writer, frame, error) != TRI_OK)
        return TRI_USAGE;
    return writer->codec->encode(writer, frame, error);
}

enum tri_status tri_video_put(struct tri_video_writer *writer, struct tri_frame *frame,
                              struct tri_error *error)
{
    return writer->codec->put(writer, frame, error);
}

enum tri_status tri_video_end(struct tri_video_writer *writer, enum tri_status so_far,
                              struct tri_error *error)
{
    const enum tri_status status = writer->codec->end(writer, so_far, error);
    free_writer(writer);
    return status;
}
