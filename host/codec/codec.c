/* codec.c -- finds the codec for a file and passes it the file's bytes in and out. */
#include "codec.h"
#include "metadata_fit.h"
#include "form.h"
#include "load.h"
#include "verify_output.h"

#include "../module.h"
#include "../sized.h"
#include "reduce_depth.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

const struct tri_codec *tri_codec_complete(const struct tri_codec *codec, struct tri_error *error)
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
    return index >= 0 && index < CODECS ? &formats[index] : NULL;
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

enum tri_status tri_source_check_size(const struct tri_source *source, uint64_t width,
                                      uint64_t height)
{
    if (width > TRI_SIDE_MAX || height > TRI_SIDE_MAX)
        return tri_source_fail(source, "%llu x %llu pixels exceed the limit of %d per side",
                               (unsigned long long)width, (unsigned long long)height, TRI_SIDE_MAX);
    if (width * height > source->max_pixels)
        return tri_source_fail(
            source, "%llu x %llu pixels exceed the limit of %llu; raise it with --max-pixels",
            (unsigned long long)width, (unsigned long long)height,
            (unsigned long long)source->max_pixels);
    return TRI_OK;
}

enum tri_status tri_source_image(const struct tri_source *source, uint64_t width, uint64_t height,
                                 int planes, int bits, struct tri_image **image)
{
    struct tri_error why;
    if (tri_source_check_size(source, width, height) != TRI_OK)
        return TRI_FAILED;
    const struct tri_shape shape = {(int)width, (int)height, planes, bits};
    return tri_image_new_in(source->memory, &shape, image, &why) == TRI_OK
               ? TRI_OK
               : tri_source_fail(source, "%s", why.text);
}

int tri_source_shrink(struct tri_source *source, const struct tri_shape *shape, int orientation)
{
    struct tri_shape upright = *shape;
    if (orientation >= 5) {
        upright.width = shape->height;
        upright.height = shape->width;
    }
    const int factor = source->shrink_for != NULL
                           ? tri_pipeline_shrink(source->shrink_for, &upright, source->shrink)
                           : 1;
    if (factor > 1)
        source->shrunk = (struct tri_shrunk){factor, upright.width, upright.height,
                                             .from_right = orientation == 2 || orientation == 3 ||
                                                           orientation == 6 || orientation == 7,
                                             .from_bottom = orientation == 3 || orientation == 4 ||
                                                            orientation == 7 || orientation == 8};
    return factor;
}

const struct tri_codec *tri_codec_of_head(const unsigned char *data, size_t size)
{
    for (int i = 0; i < CODECS; i++) {
        if (codecs[i]->probe(data, size))
            return codecs[i];
    }
    return NULL;
}

const struct tri_format *tri_format_of_head(const unsigned char *head, size_t size)
{
    const struct tri_codec *codec = tri_codec_of_head(head, size);
    return codec != NULL ? &codec->format : NULL;
}

enum tri_status tri_source_unknown(const struct tri_source *source)
{
    char list[200] = "";
    for (int i = 0, used = 0; i < CODECS; i++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s%s", i > 0 ? ", " : "",
                         codecs[i]->format.name);
    return tri_source_fail(source, "unknown picture format; supported: %s", list);
}

enum tri_status tri_source_decode(const struct tri_codec *codec, struct tri_source *source,
                                  struct tri_image **image, const struct tri_error *why)
{
    if (codec == NULL)
        return tri_source_fail(source, "%s", why->text);
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_CODEC, codec->format.name);
    const enum tri_status status = codec->read(source, image);
    tri_trace_end_bytes(mark, (int64_t)source->size);
    return status;
}

/* Recognizes the format from the first bytes, so streams of anything else are not read in full. */
static enum tri_status decode(struct tri_source *source, const char *path,
                              const struct tri_read_options *options, struct tri_image **image,
                              struct tri_read_info *info)
{
    const struct tri_codec *codec = NULL;
    struct tri_load load;
    struct tri_error why;
    enum tri_status status = tri_load_open(&load, source, path, options);
    if (status == TRI_OK && (codec = tri_codec_of_head(load.data, load.size)) == NULL)
        status = tri_source_unknown(source);
    if (status == TRI_OK)
        status = tri_load_rest(&load, source);
    if (status == TRI_OK) {
        source->data = load.data;
        source->size = load.size;
        status = tri_source_decode(tri_codec_complete(codec, &why), source, image, &why);
    }
    tri_load_close(&load);
    if (status == TRI_OK && info != NULL)
        info->format = tri_format_find(codec->format.name);
    return status;
}

void tri_source_begin(struct tri_source *source, const char *path,
                      const struct tri_read_options *options, struct tri_error *error)
{
    *source = (struct tri_source){.name = strcmp(path, "-") == 0 ? "standard input" : path,
                                  .error = error,
                                  .max_pixels = TRI_PIXEL_LIMIT,
                                  .pictures = 1};
    if (options != NULL) {
        source->pool = options->pool;
        source->memory = options->memory;
        source->together = options->together;
        source->shrink_for = options->shrink_for;
        source->shrink = options->shrink;
        source->max_pixels = options->max_pixels > 0 ? options->max_pixels : TRI_PIXEL_LIMIT;
    }
}

enum tri_status tri_source_end(struct tri_source *source, enum tri_status status,
                               struct tri_image **image, struct tri_read_info *info)
{
    if (status != TRI_OK) {
        tri_image_free(*image);
        *image = NULL;
    }
    if (status != TRI_OK || info == NULL) {
        tri_metadata_free(source->metadata);
        return status;
    }
    info->metadata = source->metadata;
    info->pictures = source->pictures;
    info->animated = source->animated;
    info->shrunk = source->shrunk;
    memcpy(info->warning, source->warning, sizeof info->warning);
    return TRI_OK;
}

/* `info` has all members of today, and is empty at first. */
static enum tri_status read_path(const char *path, const struct tri_read_options *options,
                                 struct tri_image **image, struct tri_read_info *info,
                                 struct tri_error *error)
{
    struct tri_source source;
    tri_source_begin(&source, path, options, error);
    if (info != NULL && (source.metadata = tri_metadata_new()) == NULL)
        return tri_source_fail(&source, "out of memory");
    return tri_source_end(&source, decode(&source, path, options, image, info), image, info);
}

SIZED_CHECK(tri_read_options, shrink_for);
SIZED_CHECK(tri_read_info, shrunk);
static const struct tri_sized read_options = {"tri_read_options", sizeof(struct tri_read_options),
                                              sizeof(struct tri_read_options)};
static const struct tri_sized read_info = {"tri_read_info", sizeof(struct tri_read_info),
                                           sizeof(struct tri_read_info)};

enum tri_status tri_read_options_take(const struct tri_read_options *given,
                                      struct tri_read_options *own, struct tri_error *error)
{
    return tri_sized_take(&read_options, given, own, error);
}

enum tri_status tri_read_info_check(const struct tri_read_info *info, struct tri_error *error)
{
    return info != NULL ? tri_sized_check(&read_info, info, error) : TRI_OK;
}

void tri_read_info_give(const struct tri_read_info *found, struct tri_read_info *info)
{
    if (info != NULL)
        tri_sized_give(&read_info, found, info);
}

enum tri_status tri_image_read(const char *path, const struct tri_read_options *options,
                               struct tri_image **image, struct tri_read_info *info,
                               struct tri_error *error)
{
    struct tri_read_options own;
    struct tri_read_info found = {0};
    *image = NULL;
    enum tri_status status = tri_read_options_take(options, &own, error);
    if (status == TRI_OK)
        status = tri_read_info_check(info, error);
    if (status != TRI_OK)
        return status;
    status = read_path(path, &own, image, info != NULL ? &found : NULL, error);
    tri_read_info_give(&found, info);
    return status;
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

enum tri_status tri_memory_sink_begin(struct tri_memory_sink *memory, const struct tri_sink *sink)
{
    *memory = (struct tri_memory_sink){.sink = *sink};
    memory->sink.file = open_memstream(&memory->data, &memory->size);
    return memory->sink.file != NULL ? TRI_OK : tri_sink_fail(sink, "out of memory for the file");
}

enum tri_status tri_memory_sink_end(struct tri_memory_sink *memory, enum tri_status so_far)
{
    const bool failed = ferror(memory->sink.file);
    /* If memory for its last copy is short, fclose succeeds anyway, without data. */
    const bool lost = fclose(memory->sink.file) != 0 || memory->data == NULL;
    return (failed || lost) && so_far == TRI_OK
               ? tri_sink_fail(&memory->sink, "out of memory for the file")
               : so_far;
}

void tri_sink_note(const struct tri_sink *sink, const char *format, ...)
{
    char text[TRI_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tri_note(sink->note, "%s", text);
}

/* Less than this mostly goes to the buffer of stdio. */
#define DISK_BYTES 16384

enum tri_status tri_sink_write(const struct tri_sink *sink, const void *data, size_t size)
{
    const tri_trace_mark mark =
        size >= DISK_BYTES ? tri_trace_wait(TRI_TRACE_FOR_DISK, "write") : 0;
    const bool written = size == 0 || fwrite(data, 1, size, sink->file) == size;
    const int why = errno;
    tri_trace_end_bytes(mark, (int64_t)size);
    return written ? TRI_OK : tri_sink_fail(sink, "%s", strerror(why));
}

const struct tri_codec *tri_codec_of(const struct tri_format *format)
{
    for (int i = 0; i < CODECS; i++) {
        if (strcmp(codecs[i]->format.name, format->name) == 0)
            return codecs[i];
    }
    return NULL;
}

/* For an image the format cannot hold as is, makes one on the background; else `*flat` is NULL. */
static enum tri_status flatten(const struct tri_codec *codec, const struct tri_sink *sink,
                               const struct tri_image *image, struct tri_image **flat)
{
    const struct tri_background *background = &sink->options->background;
    const char *format = codec->opaque != NULL ? codec->opaque(sink->name) : NULL;
    char what[40];
    struct tri_error why;
    *flat = NULL;
    if (format == NULL || background->use == TRI_NO_BACKGROUND || tri_image_opaque(image))
        return TRI_OK;
    if (tri_image_flatten(image, background, flat, &why) != TRI_OK)
        return tri_sink_fail(sink, "%s", why.text);
    snprintf(what, sizeof what, "%s has", format);
    tri_background_tell(background, sink->name, what, sink->options->tell, sink->options->listener);
    return TRI_OK;
}

enum tri_status tri_sink_carry(const struct tri_codec *codec, const struct tri_sink *sink,
                               const struct tri_image *image, struct tri_metadata **carried)
{
    static const struct tri_format jpeg = {.name = "jpeg"};
    const struct tri_carry carry = {codec, tri_codec_of(&jpeg), image, sink->note};
    *carried = NULL;
    return sink->options->metadata == NULL || tri_carry(&carry, sink->options->metadata, carried)
               ? TRI_OK
               : tri_sink_fail(sink, "out of memory for metadata");
}

/* `about` describes the codec; its functions may be a module's. */
static enum tri_status encode_flat(const struct tri_codec *about, const struct tri_codec *codec,
                                   const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_write_options options = *sink->options;
    struct tri_sink carrying = *sink;
    struct tri_metadata *carried = NULL;
    if (tri_sink_carry(about, sink, image, &carried) != TRI_OK)
        return TRI_FAILED;
    options.metadata = carried;
    carrying.options = &options;
    const tri_trace_mark mark = tri_trace_begin(TRI_TRACE_CODEC, about->format.name);
    const bool lossless = (about->keeps & TRI_WRITES_LOSSY) == 0 || options.lossless;
    const enum tri_status status = options.verify
                                       ? tri_write_verified(codec, &carrying, image, lossless)
                                       : codec->write(&carrying, image);
    tri_trace_end(mark);
    tri_metadata_free(carried);
    return status;
}

enum tri_status tri_sink_encode(const struct tri_codec *about, const struct tri_codec *codec,
                                const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_image *flat, *converted = NULL;
    enum tri_status status = flatten(about, sink, image, &flat);
    const struct tri_image *shown = flat != NULL ? flat : image;
    if (status == TRI_OK)
        status = tri_form_convert(sink, shown, &converted);
    if (status == TRI_OK)
        status = encode_flat(about, codec, sink, converted != NULL ? converted : shown);
    tri_image_free(converted);
    tri_image_free(flat);
    return status;
}

const struct tri_format *tri_format_written(const char *path,
                                            const struct tri_write_options *options,
                                            struct tri_error *error)
{
    const struct tri_format *format = options != NULL ? options->format : NULL;
    if (format == NULL)
        format = tri_format_find(
            extension_of(path)[0] != '\0' && strcmp(path, "-") != 0 ? extension_of(path) : "png");
    if (format == NULL)
        tri_fail(error, TRI_USAGE, "cannot write %s: unknown extension '.%s'; use --format", path,
                 extension_of(path));
    return format;
}

enum tri_status tri_image_write_beside(const char *path, const struct tri_image *image,
                                       const struct tri_write_options *options,
                                       struct tri_output *output, char *note,
                                       struct tri_error *error)
{
    static const struct tri_write_options defaults;
    struct tri_error why;
    struct tri_sink sink = {
        .options = options != NULL ? options : &defaults, .note = note, .error = error};
    const struct tri_format *format = tri_format_written(path, sink.options, error);
    if (format == NULL)
        return TRI_USAGE;
    const struct tri_codec *codec = tri_codec_complete(tri_codec_of(format), &why);
    if (codec == NULL)
        return tri_fail(error, TRI_FAILED, "cannot write %s: %s", path, why.text);
    enum tri_status status = tri_form_check(tri_codec_of(format), path, sink.options, error);
    if (status == TRI_OK)
        status = tri_output_open(path, output, error);
    if (status != TRI_OK)
        return status;
    output->tell = sink.options->tell;
    output->listener = sink.options->listener;
    sink.name = output->name;
    sink.file = output->file;
    status = tri_sink_encode(tri_codec_of(format), codec, &sink, image);
    return status == TRI_OK ? TRI_OK : tri_output_close(output, status, error);
}

void tri_write_tell(const struct tri_write_options *options, const char *path, const char *note)
{
    char text[PATH_MAX + TRI_NOTE_MAX];
    if (options == NULL || options->tell == NULL || note[0] == '\0')
        return;
    snprintf(text, sizeof text, "%s: %s", strcmp(path, "-") == 0 ? "standard output" : path, note);
    options->tell(options->listener, text);
}

SIZED_CHECK(tri_write_options, interlace);
static const struct tri_sized write_options = {
    "tri_write_options", sizeof(struct tri_write_options), sizeof(struct tri_write_options)};

enum tri_status tri_write_options_take(const struct tri_write_options *given,
                                       struct tri_write_options *own, struct tri_error *error)
{
    return tri_sized_take(&write_options, given, own, error);
}

enum tri_status tri_image_write(const char *path, const struct tri_image *image,
                                const struct tri_write_options *options, struct tri_error *error)
{
    struct tri_write_options own;
    struct tri_output output;
    char note[TRI_NOTE_MAX] = "";
    enum tri_status status = tri_write_options_take(options, &own, error);
    if (status == TRI_OK)
        status = tri_image_write_beside(path, image, &own, &output, note, error);
    if (status == TRI_OK)
        status = tri_output_close(&output, TRI_OK, error);
    if (status == TRI_OK)
        tri_write_tell(&own, path, note);
    return status;
}
