/* codec.c -- finds the codec of a file, and gets the file's bytes to it and from it. */
#include "codec.h"
#include "carry.h"
#include "verify_output.h"

#include "../module.h"
#include "reduce.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC_MAX 16

#define CODEC_ENTRY(name) extern const struct tri_codec tri_codec_##name;
#include "codec_list.h"
#undef CODEC_ENTRY

static const struct tri_codec *const codecs[] = {
#define CODEC_ENTRY(name) &tri_codec_##name,
#include "codec_list.h"
#undef CODEC_ENTRY
};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

static struct tri_format formats[CODECS];
static char versions[CODECS][80];
static pthread_once_t formats_once = PTHREAD_ONCE_INIT;

static void find_formats(void)
{
    for (int i = 0; i < CODECS; i++) {
        formats[i] = codecs[i]->format;
        if (codecs[i]->version != NULL) {
            codecs[i]->version(versions[i]);
            formats[i].library = versions[i];
        } else if (formats[i].library == NULL) {
            formats[i].library = "";
        }
    }
}

/* The codec itself, or the functions that its module has; NULL: that cannot be loaded, and why. */
static const struct tri_codec *complete(const struct tri_codec *codec, struct tri_error *error)
{
    return codec->module == NULL ? codec : tri_module_load(codec->module, error);
}

/* ---- formats ---- */

int tri_format_count(void)
{
    return CODECS;
}

const struct tri_format *tri_format_at(int index)
{
    pthread_once(&formats_once, find_formats);
    return &formats[index];
}

static bool has_extension(const struct tri_format *format, const char *extension)
{
    const size_t length = strlen(extension);
    for (const char *at = format->extensions;; at++) {
        const size_t size = strcspn(at, "|");
        if (size == length && strncasecmp(at, extension, size) == 0)
            return true;
        at += size;
        if (*at == '\0')
            return false;
    }
}

const struct tri_format *tri_format_find(const char *name)
{
    for (int i = 0; i < CODECS; i++) {
        const struct tri_format *format = tri_format_at(i);
        if (strcasecmp(format->name, name) == 0 || has_extension(format, name))
            return format;
    }
    return NULL;
}

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot == NULL || dot == name ? "" : dot + 1;
}

const struct tri_format *tri_format_of_path(const char *path)
{
    return tri_format_find(extension_of(path));
}

/* ---- reading ---- */

enum tri_status tri_source_fail(const struct tri_source *source, const char *format, ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tri_fail(source->error, TRI_FAILED, "cannot read %s: %s", source->name, text);
}

void tri_source_warn(struct tri_source *source, const char *format, ...)
{
    char text[TRI_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (strstr(source->warning, text) == NULL)
        tri_note(source->warning, "%s", text);
}

enum tri_status tri_source_check_size(const struct tri_source *source, uint64_t width, uint64_t height)
{
    if (width > TRI_SIDE_MAX || height > TRI_SIDE_MAX)
        return tri_source_fail(source, "%llu x %llu pixels; a side may have at most %d", (unsigned long long)width,
                               (unsigned long long)height, TRI_SIDE_MAX);
    if (width * height > source->max_pixels)
        return tri_source_fail(source, "%llu x %llu pixels are more than the limit of %llu (raise it with --max-pixels)",
                               (unsigned long long)width, (unsigned long long)height,
                               (unsigned long long)source->max_pixels);
    return TRI_OK;
}

enum tri_status tri_source_image(const struct tri_source *source, uint64_t width, uint64_t height, int planes,
                                 int bits, struct tri_image **image)
{
    struct tri_error why;
    if (tri_source_check_size(source, width, height) != TRI_OK)
        return TRI_FAILED;
    const struct tri_shape shape = {(int)width, (int)height, planes, bits};
    return tri_image_new_in(source->memory, &shape, image, &why) == TRI_OK ? TRI_OK : tri_source_fail(source, "%s", why.text);
}

/* A growing block of memory. */
struct buffer {
    unsigned char *data;
    size_t size, room;
};

/* Reads until `buffer` holds `most` bytes or the file ends. */
static enum tri_status fill(const struct tri_source *source, int file, struct buffer *buffer, size_t most)
{
    while (buffer->size < most) {
        if (buffer->size == buffer->room) {
            const size_t room = buffer->room * 2 < most ? buffer->room * 2 : most;
            unsigned char *data = realloc(buffer->data, room);
            if (data == NULL)
                return tri_source_fail(source, "no memory for %zu bytes", room);
            buffer->data = data;
            buffer->room = room;
        }
        const size_t wanted = (buffer->room < most ? buffer->room : most) - buffer->size;
        const ssize_t got = read(file, buffer->data + buffer->size, wanted);
        if (got < 0 && errno != EINTR)
            return tri_source_fail(source, "%s", strerror(errno));
        if (got == 0)
            return TRI_OK;
        if (got > 0)
            buffer->size += (size_t)got;
    }
    return TRI_OK;
}

static const struct tri_codec *probe(const unsigned char *data, size_t size)
{
    for (int i = 0; i < CODECS; i++) {
        if (codecs[i]->probe(data, size))
            return codecs[i];
    }
    return NULL;
}

const struct tri_format *tri_format_of_head(const unsigned char *head, size_t size)
{
    const struct tri_codec *codec = probe(head, size);
    return codec != NULL ? &codec->format : NULL;
}

static enum tri_status unknown_content(const struct tri_source *source)
{
    char list[200] = "";
    for (int i = 0, used = 0; i < CODECS; i++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s%s", i > 0 ? ", " : "", codecs[i]->format.name);
    return tri_source_fail(source, "no picture of a known format (%s)", list);
}

/* The content is known from the first bytes, so that no stream of anything else is read to its end. */
static enum tri_status load(const struct tri_source *source, int file, const struct tri_read_options *options,
                            struct buffer *buffer, const struct tri_codec **codec)
{
    struct stat status;
    /* No format needs more for a picture within the limit, with room for what it says about it. */
    const size_t most = (size_t)(source->max_pixels > SIZE_MAX / 32 ? SIZE_MAX / 2
                                                                    : source->max_pixels * 12 + (UINT64_C(1) << 28));
    buffer->room = 1 << 16;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        buffer->room = (size_t)status.st_size < most ? (size_t)status.st_size + 1 : most;
    buffer->data = malloc(buffer->room);
    if (buffer->data == NULL)
        return tri_source_fail(source, "no memory for %zu bytes", buffer->room);
    if (options != NULL && file == STDIN_FILENO && options->head_size > 0 && options->head_size <= MAGIC_MAX) {
        memcpy(buffer->data, options->head, options->head_size);
        buffer->size = options->head_size;
    }
    if (fill(source, file, buffer, MAGIC_MAX) != TRI_OK)
        return TRI_FAILED;
    if (buffer->size == 0)
        return tri_source_fail(source, "the file is empty");
    *codec = probe(buffer->data, buffer->size);
    if (*codec == NULL)
        return unknown_content(source);
    if (fill(source, file, buffer, most) != TRI_OK)
        return TRI_FAILED;
    if (buffer->size == most)
        return tri_source_fail(source, "the file is larger than a picture of %llu pixels can be",
                               (unsigned long long)source->max_pixels);
    return TRI_OK;
}

static enum tri_status read_by(const struct tri_codec *codec, struct tri_source *source, struct tri_image **image,
                               const struct tri_error *why)
{
    return codec != NULL ? codec->read(source, image) : tri_source_fail(source, "%s", why->text);
}

static enum tri_status decode(struct tri_source *source, int file, const struct tri_read_options *options,
                              struct tri_image **image, struct tri_read_info *info)
{
    const struct tri_codec *codec = NULL;
    struct buffer buffer = {0};
    struct tri_error why;
    enum tri_status status = load(source, file, options, &buffer, &codec);
    if (status == TRI_OK) {
        source->data = buffer.data;
        source->size = buffer.size;
        status = read_by(complete(codec, &why), source, image, &why);
    }
    free(buffer.data);
    if (status == TRI_OK && info != NULL)
        info->format = tri_format_find(codec->format.name);
    return status;
}

enum tri_status tri_image_read(const char *path, const struct tri_read_options *options, struct tri_image **image,
                               struct tri_read_info *info, struct tri_error *error)
{
    const bool standard = strcmp(path, "-") == 0;
    struct tri_source source = {.name = standard ? "standard input" : path, .error = error, .max_pixels = TRI_PIXEL_LIMIT};

    *image = NULL;
    if (info != NULL)
        *info = (struct tri_read_info){0};
    if (options != NULL) {
        source.pool = options->pool;
        source.memory = options->memory;
        source.max_pixels = options->max_pixels > 0 ? options->max_pixels : TRI_PIXEL_LIMIT;
    }
    if (info != NULL && (source.metadata = tri_metadata_new()) == NULL)
        return tri_source_fail(&source, "no memory");
    const int file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum tri_status status =
        file < 0 ? tri_source_fail(&source, "%s", strerror(errno)) : decode(&source, file, options, image, info);
    if (file >= 0 && !standard)
        close(file);
    if (status != TRI_OK) {
        tri_image_free(*image);
        *image = NULL;
    }
    if (status != TRI_OK || info == NULL) {
        tri_metadata_free(source.metadata);
        return status;
    }
    info->metadata = source.metadata;
    memcpy(info->warning, source.warning, sizeof info->warning);
    return TRI_OK;
}

/* ---- writing ---- */

enum tri_status tri_sink_fail(const struct tri_sink *sink, const char *format, ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tri_fail(sink->error, TRI_FAILED, "cannot write %s: %s", sink->name, text);
}

void tri_sink_note(const struct tri_sink *sink, const char *format, ...)
{
    char text[TRI_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tri_note(sink->options->note, "%s", text);
}

enum tri_status tri_sink_write(const struct tri_sink *sink, const void *data, size_t size)
{
    return size == 0 || fwrite(data, 1, size, sink->file) == size ? TRI_OK : tri_sink_fail(sink, "%s", strerror(errno));
}

static const struct tri_codec *codec_of(const struct tri_format *format)
{
    for (int i = 0; i < CODECS; i++) {
        if (strcmp(codecs[i]->format.name, format->name) == 0)
            return codecs[i];
    }
    return NULL;
}

/* Of a picture that the format cannot hold as it is, one on a background; else `*flat` is NULL. */
static enum tri_status flatten(const struct tri_codec *codec, const struct tri_sink *sink, const struct tri_image *image,
                               struct tri_image **flat)
{
    const struct tri_background *background = &sink->options->background;
    char what[40];
    struct tri_error why;
    *flat = NULL;
    if (!codec->no_alpha || background->use == TRI_NO_BACKGROUND || tri_image_opaque(image))
        return TRI_OK;
    if (tri_image_flatten(image, background, flat, &why) != TRI_OK)
        return tri_sink_fail(sink, "%s", why.text);
    snprintf(what, sizeof what, "%s has", codec->format.name);
    tri_background_tell(background, sink->name, what, sink->options->tell, sink->options->listener);
    return TRI_OK;
}

/* `about` tells of the codec, whose functions may be a module's. */
static enum tri_status encode_flat(const struct tri_codec *about, const struct tri_codec *codec, const struct tri_sink *sink,
                                   const struct tri_image *image)
{
    static const struct tri_format jpeg = {.name = "jpeg"};
    struct tri_write_options options = *sink->options;
    struct tri_sink carrying = *sink;
    struct tri_metadata *carried = NULL;
    const struct tri_carry carry = {about, codec_of(&jpeg), image, options.note};
    if (options.metadata != NULL && !tri_carry(&carry, options.metadata, &carried))
        return tri_sink_fail(sink, "no memory for what it says beside the picture");
    options.metadata = carried;
    carrying.options = &options;
    const bool lossless = (about->keeps & TRI_WRITES_LOSSY) == 0 || options.lossless;
    const enum tri_status status =
        options.verify ? tri_write_verified(codec, &carrying, image, lossless) : codec->write(&carrying, image);
    tri_metadata_free(carried);
    return status;
}

static enum tri_status encode(const struct tri_codec *about, const struct tri_codec *codec, const struct tri_sink *sink,
                              const struct tri_image *image)
{
    struct tri_image *flat;
    enum tri_status status = flatten(about, sink, image, &flat);
    if (status == TRI_OK)
        status = encode_flat(about, codec, sink, flat != NULL ? flat : image);
    tri_image_free(flat);
    return status;
}

enum tri_status tri_image_write_beside(const char *path, const struct tri_image *image,
                                       const struct tri_write_options *options, struct tri_output *output,
                                       struct tri_error *error)
{
    static const struct tri_write_options defaults;
    struct tri_error why;
    struct tri_sink sink = {.options = options != NULL ? options : &defaults, .error = error};
    const struct tri_format *format = sink.options->format;

    if (format == NULL)
        format = tri_format_find(extension_of(path)[0] != '\0' && strcmp(path, "-") != 0 ? extension_of(path) : "png");
    if (format == NULL)
        return tri_fail(error, TRI_USAGE, "cannot write %s: no format has the extension '%s'", path, extension_of(path));
    const struct tri_codec *codec = complete(codec_of(format), &why);
    if (codec == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, why.text);
    enum tri_status status = tri_output_open(path, output, error);
    if (status != TRI_OK)
        return status;
    output->tell = sink.options->tell;
    output->listener = sink.options->listener;
    sink.name = output->name;
    sink.file = output->file;
    status = encode(codec_of(format), codec, &sink, image);
    return status == TRI_OK ? TRI_OK : tri_output_close(output, status, error);
}

enum tri_status tri_image_write(const char *path, const struct tri_image *image,
                                const struct tri_write_options *options, struct tri_error *error)
{
    struct tri_output output;
    const enum tri_status status = tri_image_write_beside(path, image, options, &output, error);
    return status == TRI_OK ? tri_output_close(&output, TRI_OK, error) : status;
}
