/* png_text_write.c -- writes the text of a PNG file. */
#include "iptc.h"
#include "png_chunk.h"
#include "png_text.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* bytes from which text is compressed, as the specification suggests */
#define LONG 1024
#define CHUNK_MOST INT32_MAX /* bytes, per the specification */

/* `head` precedes the text. */
static enum tri_status write_packed(const struct tri_sink *sink, const char *type, const void *head,
                                    size_t head_size, const void *text, size_t size)
{
    uLongf packed = compressBound(size);
    unsigned char *data = malloc(head_size + packed);
    enum tri_status status = TRI_OK;
    if (data == NULL)
        return tri_sink_fail(sink, "out of memory for %zu bytes of text", size);
    memcpy(data, head, head_size);
    if (compress(data + head_size, &packed, text, size) != Z_OK)
        status = tri_sink_fail(sink, "out of memory while compressing text");
    else
        status = tri_png_write_chunk(sink, type, data, head_size + packed);
    free(data);
    return status;
}

static enum tri_status write_text(const struct tri_sink *sink, const struct tri_metadata_item *item)
{
    struct tri_text text;
    unsigned char head[TRI_KEYWORD_MAX + 2];
    if (!tri_text_get(item, &text) || item->size > CHUNK_MOST)
        return TRI_OK;
    const size_t keyword = strlen(text.keyword) + 1, before = item->size - text.size;
    if (text.size <= LONG)
        return tri_png_write_chunk(sink, item->type, item->data, item->size);
    if (text.latin) {
        memcpy(head, text.keyword, keyword);
        head[keyword] = 0;
        return write_packed(sink, "zTXt", head, keyword + 1, text.text, text.size);
    }
    unsigned char *international = malloc(before);
    if (international == NULL)
        return tri_sink_fail(sink, "out of memory for text");
    memcpy(international, item->data, before);
    international[keyword] = 1;
    const enum tri_status status =
        write_packed(sink, "iTXt", international, before, text.text, text.size);
    free(international);
    return status;
}

/* XMP's specification requires it uncompressed. */
static enum tri_status write_xmp(const struct tri_sink *sink, const struct tri_metadata_item *xmp)
{
    static const char head[] = "XML:com.adobe.xmp\0\0\0\0"; /* and the terminating zero */
    unsigned char *data = malloc(sizeof head + xmp->size);
    if (data == NULL)
        return tri_sink_fail(sink, "out of memory for XMP");
    memcpy(data, head, sizeof head);
    memcpy(data + sizeof head, xmp->data, xmp->size);
    const enum tri_status status = tri_png_write_chunk(sink, "iTXt", data, sizeof head + xmp->size);
    free(data);
    return status;
}

/* Has no chunk of its own: in hexadecimal, like ImageMagick and ExifTool. */
static enum tri_status write_iptc(const struct tri_sink *sink, const struct tri_metadata_item *iptc)
{
    static const char head[] = "Raw profile type iptc\0"; /* and the compression method */
    size_t size = 0, used;
    unsigned char *data = tri_iptc_wrap(iptc, &size);
    char *text = data != NULL ? malloc(size * 2 + size / 36 + 40) : NULL;
    enum tri_status status;
    if (text == NULL) {
        free(data);
        return tri_sink_fail(sink, "out of memory for IPTC");
    }
    used = (size_t)sprintf(text, "\niptc\n%8zu", size);
    for (size_t i = 0; i < size; i++)
        used += (size_t)sprintf(text + used, "%s%02x", i % 36 == 0 ? "\n" : "", data[i]);
    used += (size_t)sprintf(text + used, "\n");
    status = write_packed(sink, "zTXt", head, sizeof head, text, used);
    free(text);
    free(data);
    return status;
}

enum tri_status tri_png_write_texts(const struct tri_sink *sink)
{
    const struct tri_metadata *metadata = sink->options->metadata;
    const struct tri_metadata_item *xmp = tri_metadata_find(metadata, "XMP "),
                                   *iptc = tri_metadata_find(metadata, "IPTC");
    enum tri_status status = xmp != NULL ? write_xmp(sink, xmp) : TRI_OK;
    if (status == TRI_OK && iptc != NULL)
        status = write_iptc(sink, iptc);
    for (int i = 0; i < tri_metadata_count(metadata) && status == TRI_OK; i++)
        status = write_text(sink, tri_metadata_at(metadata, i));
    return status;
}
