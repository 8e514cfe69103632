/* pictures_write.c -- writes several pictures into one file, kept in memory until the last is
 * added. */
#include "form.h"
#include "load.h"
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

struct tri_pictures_writer {
    char *path;
    struct tri_pictures_info info;
    struct tri_write_options options;
    /* `about` describes the format, `codec` has the functions */
    const struct tri_codec *about, *codec;
    void *state;
    /* For `verify` with lossless formats: compared with what is read back. */
    uint64_t *digests;
    long count, room;
};

bool tri_pictures_fit(const struct tri_format *format, const struct tri_pictures_info *info)
{
    const struct tri_codec *codec = tri_codec_of(format);
    return info->count != 1 && codec != NULL &&
           (codec->holds == TRI_HOLDS_ANY || (codec->holds == TRI_HOLDS_FRAMES && info->animated));
}

static void free_writer(struct tri_pictures_writer *writer)
{
    if (writer->state != NULL)
        writer->codec->several->drop(writer->state);
    free(writer->digests);
    free(writer->path);
    free(writer);
}

static struct tri_sink sink_of(const struct tri_pictures_writer *writer,
                               const struct tri_write_options *options, struct tri_error *error)
{
    return (struct tri_sink){.name =
                                 strcmp(writer->path, "-") == 0 ? "standard output" : writer->path,
                             .options = options,
                             .error = error};
}

static enum tri_status begin(struct tri_pictures_writer *writer, const struct tri_format *format,
                             struct tri_error *error)
{
    struct tri_error why;
    writer->options.format = format;
    writer->about = tri_codec_of(format);
    const enum tri_status status =
        tri_form_check(writer->about, writer->path, &writer->options, error);
    if (status != TRI_OK)
        return status;
    if (writer->options.colours > 0)
        return tri_fail(error, TRI_USAGE,
                        "cannot write %s: --colors is for single pictures; frames of a PNG share "
                        "one palette",
                        writer->path);
    writer->codec = tri_codec_complete(writer->about, &why);
    if (writer->codec == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->path, why.text);
    const struct tri_sink sink = sink_of(writer, &writer->options, error);
    return writer->codec->several->begin(&sink, &writer->info, &writer->state);
}

enum tri_status tri_pictures_create(const char *path, const struct tri_pictures_info *info,
                                    const struct tri_write_options *options,
                                    struct tri_pictures_writer **result, struct tri_error *error)
{
    struct tri_write_options own;
    *result = NULL;
    if (tri_write_options_take(options, &own, error) != TRI_OK)
        return TRI_USAGE;
    const struct tri_format *format = tri_format_written(path, &own, error);
    if (format == NULL)
        return TRI_USAGE;
    if (tri_codec_of(format)->holds == TRI_HOLDS_ONE)
        return tri_fail(error, TRI_USAGE, "cannot write %s: %s can store only one picture", path,
                        format->name);
    struct tri_pictures_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->path = strdup(path)) == NULL) {
        free(writer);
        return tri_fail(error, TRI_FAILED, "cannot write %s: out of memory", path);
    }
    writer->options = own;
    writer->info = *info;
    const enum tri_status status = begin(writer, format, error);
    if (status == TRI_OK)
        *result = writer;
    else
        free_writer(writer);
    return status;
}

/* ---- pictures ---- */

static bool keep_digest(struct tri_pictures_writer *writer, const struct tri_part *part)
{
    if (!writer->options.verify)
        return true;
    if (writer->count == writer->room) {
        const long room = writer->room > 0 ? 2 * writer->room : 64;
        uint64_t *digests = realloc(writer->digests, (size_t)room * sizeof *digests);
        if (digests == NULL)
            return false;
        writer->digests = digests;
        writer->room = room;
    }
    writer->digests[writer->count] = part->digest;
    return true;
}

/* Encodes the picture alone as a file in memory. */
static enum tri_status encode_part(const struct tri_pictures_writer *writer,
                                   const struct tri_sink *sink, struct tri_part *part)
{
    struct tri_memory_sink memory;
    if (tri_memory_sink_begin(&memory, sink) != TRI_OK)
        return TRI_FAILED;
    const enum tri_status status =
        tri_memory_sink_end(&memory, writer->codec->write(&memory.sink, part->image));
    part->data = (unsigned char *)memory.data;
    part->size = memory.size;
    return status;
}

enum tri_status tri_pictures_prepare(const struct tri_pictures_writer *writer,
                                     const struct tri_image *image, long number,
                                     const struct tri_metadata *metadata, char *note,
                                     struct tri_part **result, struct tri_error *error)
{
    struct tri_write_options options = writer->options;
    struct tri_sink sink = sink_of(writer, &options, error);
    const bool pages = writer->about->holds == TRI_HOLDS_ANY; /* frames share their metadata */
    struct tri_part *part = *result = calloc(1, sizeof *part);
    if (part == NULL)
        return tri_sink_fail(&sink, "out of memory for a picture");
    if (tri_form_convert(&sink, image, &part->converted) != TRI_OK)
        return TRI_FAILED;
    part->image = part->converted != NULL ? part->converted : image;
    part->digest = options.verify ? tri_image_digest(part->image) : 0;
    options.metadata = pages || number == 1 ? metadata : NULL;
    sink.note = note;
    enum tri_status status = tri_sink_carry(writer->about, &sink, part->image, &part->metadata);
    options.metadata = pages ? NULL : part->metadata; /* a page's tags are set when it is put */
    if (status == TRI_OK && writer->codec->several->parts)
        status = encode_part(writer, &sink, part);
    return status;
}

enum tri_status tri_pictures_put(struct tri_pictures_writer *writer, struct tri_part *part,
                                 struct tri_duration duration, char *note, struct tri_error *error)
{
    struct tri_write_options options = writer->options;
    struct tri_sink sink = sink_of(writer, &options, error);
    options.metadata = part->metadata;
    sink.note = note;
    part->duration = duration;
    if (!keep_digest(writer, part))
        return tri_sink_fail(&sink, "out of memory for a list of pictures");
    writer->count++;
    return writer->codec->several->add(&sink, writer->state, part);
}

void tri_part_free(struct tri_part *part)
{
    if (part == NULL)
        return;
    free(part->data);
    tri_image_free(part->converted);
    tri_metadata_free(part->metadata);
    free(part);
}

enum tri_status tri_pictures_add(struct tri_pictures_writer *writer, const struct tri_image *image,
                                 const struct tri_metadata *metadata, struct tri_duration duration,
                                 char *note, struct tri_error *error)
{
    struct tri_part *part;
    enum tri_status status =
        tri_pictures_prepare(writer, image, writer->count + 1, metadata, note, &part, error);
    if (status == TRI_OK)
        status = tri_pictures_put(writer, part, duration, note, error);
    tri_part_free(part);
    return status;
}

/* ---- the file ---- */

/* WebP stores 8-bit colour, and merges equal frames. */
static bool is_same(const struct tri_pictures_writer *writer)
{
    return (writer->about->keeps & TRI_WRITES_LOSSY) == 0;
}

/* Reads back what was written: a format that changes nothing must return as many pictures, and the
 * same. */
static enum tri_status verify(const struct tri_pictures_writer *writer, const struct tri_sink *sink,
                              const void *data, size_t size)
{
    struct tri_pictures *pictures;
    struct tri_error why = {0};
    struct tri_read_options options = {
        .size = sizeof options, .max_pixels = UINT64_MAX, .pool = writer->options.pool};
    enum tri_status status =
        tri_pictures_open_memory(writer->path, data, size, &options, &pictures, &why);
    long count = 0;
    bool same = true, more = true;
    while (status == TRI_OK && more && same) {
        struct tri_image *image;
        status = tri_pictures_next(pictures, &image, NULL, &why);
        more = status == TRI_OK && image != NULL;
        if (more)
            same = count < writer->count &&
                   (!is_same(writer) || tri_image_digest(image) == writer->digests[count]);
        count += more;
        tri_image_free(image);
    }
    tri_pictures_close(pictures);
    if (status != TRI_OK)
        return tri_sink_fail(sink, "the written data cannot be read back: %s", why.text);
    return same && (count == writer->count || !is_same(writer))
               ? TRI_OK
               : tri_sink_fail(
                     sink,
                     "picture %ld differs when read back; memory may have run out or be faulty",
                     count);
}

static enum tri_status finish_verified(const struct tri_pictures_writer *writer,
                                       const struct tri_sink *sink)
{
    struct tri_memory_sink memory;
    if (tri_memory_sink_begin(&memory, sink) != TRI_OK)
        return TRI_FAILED;
    enum tri_status status =
        tri_memory_sink_end(&memory, writer->codec->several->finish(&memory.sink, writer->state));
    if (status == TRI_OK)
        status = verify(writer, sink, memory.data, memory.size);
    if (status == TRI_OK)
        status = tri_sink_write(sink, memory.data, memory.size);
    free(memory.data);
    return status;
}

static enum tri_status write_file(const struct tri_pictures_writer *writer, struct tri_error *error)
{
    struct tri_sink sink = sink_of(writer, &writer->options, error);
    struct tri_output output;
    if (writer->count == 0)
        return tri_fail(error, TRI_FAILED, "cannot write %s: there are no pictures to write",
                        writer->path);
    enum tri_status status = tri_output_open(writer->path, &output, error);
    if (status != TRI_OK)
        return status;
    output.tell = writer->options.tell;
    output.listener = writer->options.listener;
    sink.file = output.file;
    status = writer->options.verify ? finish_verified(writer, &sink)
                                    : writer->codec->several->finish(&sink, writer->state);
    return tri_output_close(&output, status, error);
}

enum tri_status tri_pictures_end(struct tri_pictures_writer *writer, enum tri_status so_far,
                                 struct tri_error *error)
{
    const enum tri_status status = so_far == TRI_OK ? write_file(writer, error) : so_far;
    free_writer(writer);
    return status;
}
