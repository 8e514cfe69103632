/* memory.c -- decodes and encodes files that are in memory. */
#include "codec.h"
#include "form.h"

#include <stdlib.h>
#include <string.h>

#define NAME "image data" /* in messages, where others have a path */

/* `info` has all members of today, and is empty at first. */
static enum tri_status decode(struct tri_source *source, struct tri_image **image,
                              struct tri_read_info *info)
{
    struct tri_error why;
    if (source->size == 0)
        return tri_source_fail(source, "it is empty");
    const struct tri_codec *codec = tri_codec_of_head(source->data, source->size);
    if (codec == NULL)
        return tri_source_unknown(source);
    if (info != NULL && (source->metadata = tri_metadata_new()) == NULL)
        return tri_source_fail(source, "out of memory");
    const enum tri_status status =
        tri_source_decode(tri_codec_complete(codec, &why), source, image, &why);
    if (status == TRI_OK && info != NULL)
        info->format = tri_format_find(codec->format.name);
    return status;
}

enum tri_status tri_image_decode(const void *data, size_t size,
                                 const struct tri_read_options *options, struct tri_image **image,
                                 struct tri_read_info *info, struct tri_error *error)
{
    struct tri_read_options own;
    struct tri_read_info found = {0};
    struct tri_source source;
    *image = NULL;
    enum tri_status status = tri_read_options_take(options, &own, error);
    if (status == TRI_OK)
        status = tri_read_info_check(info, error);
    if (status != TRI_OK)
        return status;
    tri_source_begin(&source, NAME, &own, error);
    source.data = data;
    source.size = size;
    struct tri_read_info *wanted = info != NULL ? &found : NULL;
    status = tri_source_end(&source, decode(&source, image, wanted), image, wanted);
    tri_read_info_give(&found, info);
    return status;
}

/* Into memory that the caller frees; after a failure there is none. */
static enum tri_status encode(const struct tri_format *format, const struct tri_sink *sink,
                              const struct tri_image *image, void **data, size_t *size)
{
    struct tri_memory_sink memory;
    struct tri_error why;
    const struct tri_codec *about = tri_codec_of(format), *codec = tri_codec_complete(about, &why);
    if (codec == NULL)
        return tri_sink_fail(sink, "%s", why.text);
    enum tri_status status = tri_form_check(about, sink->name, sink->options, sink->error);
    if (status == TRI_OK)
        status = tri_memory_sink_begin(&memory, sink);
    if (status != TRI_OK)
        return status;
    status = tri_memory_sink_end(&memory, tri_sink_encode(about, codec, &memory.sink, image));
    if (status != TRI_OK) {
        free(memory.data);
        return status;
    }
    *data = memory.data;
    *size = memory.size;
    return TRI_OK;
}

enum tri_status tri_image_encode(const struct tri_image *image,
                                 const struct tri_write_options *options, void **data, size_t *size,
                                 struct tri_error *error)
{
    struct tri_write_options own;
    char note[TRI_NOTE_MAX] = "";
    *data = NULL;
    *size = 0;
    enum tri_status status = tri_write_options_take(options, &own, error);
    if (status != TRI_OK)
        return status;
    const struct tri_sink sink = {.name = NAME, .options = &own, .note = note, .error = error};
    const struct tri_format *format = tri_format_written(NAME, &own, error);
    status = format != NULL ? encode(format, &sink, image, data, size) : TRI_USAGE;
    if (status == TRI_OK)
        tri_write_tell(&own, NAME, note);
    return status;
}
