/* png_text.c -- reads text chunks; some hold XMP, or EXIF, IPTC and profiles in hexadecimal. */
#include "png_text.h"

#include "iptc.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define INFLATED_MAX ((size_t)16 << 20)

static const char xmp_keyword[] = "XML:com.adobe.xmp", raw_keyword[] = "Raw profile type ";

/* Starts with a size that suffices for most profiles. */
unsigned char *tri_png_inflate(const unsigned char *data, size_t size, size_t *inflated,
                               bool *lacking)
{
    z_stream stream = {.next_in = (unsigned char *)data, .avail_in = (uInt)size};
    unsigned char *out = NULL;
    int result = inflateInit(&stream);

    *lacking = result != Z_OK;
    for (size_t room = 1 << 14; result == Z_OK && room <= INFLATED_MAX; room *= 4) {
        unsigned char *grown = realloc(out, room);
        if (grown == NULL) {
            *lacking = true;
            break;
        }
        out = grown;
        stream.next_out = out + stream.total_out;
        stream.avail_out = (uInt)(room - stream.total_out);
        result = inflate(&stream, Z_SYNC_FLUSH);
    }
    *inflated = stream.total_out;
    inflateEnd(&stream);
    if (result == Z_STREAM_END)
        return out;
    *lacking |= result == Z_MEM_ERROR;
    free(out);
    return NULL;
}

/* ---- hexadecimal profiles, ImageMagick's invention: "\nNAME\nSIZE\nBYTES" ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* NULL if malformed or, with `lacking` set, if out of memory. */
static unsigned char *decode_raw(const char *text, size_t size, size_t *decoded, bool *lacking)
{
    const char *const end = text + size;
    const char *line = size > 0 && text[0] == '\n' ? memchr(text + 1, '\n', size - 1) : NULL;
    *lacking = false;
    *decoded = 0;
    if (line == NULL || memchr(line + 1, '\n', (size_t)(end - line - 1)) == NULL)
        return NULL;
    /* stops at the newline at the latest */
    const unsigned long told = strtoul(line + 1, (char **)&line, 10);
    unsigned char *data = told > 0 && told <= size / 2 ? malloc(told) : NULL;
    *lacking = told > 0 && told <= size / 2 && data == NULL;
    int high = -1;
    for (; data != NULL && line < end && *decoded < told; line++) {
        const int value = digit(*line);
        if (value >= 0 && high >= 0)
            data[(*decoded)++] = (unsigned char)(high << 4 | value);
        high = value < 0 ? high : high >= 0 ? -1 : value;
    }
    if (data != NULL && *decoded == told)
        return data;
    free(data);
    return NULL;
}

static bool take_hidden(unsigned char **place, size_t *place_size, unsigned char *data, size_t size)
{
    free(*place);
    *place = data;
    *place_size = size;
    return true;
}

/* EXIF may be named "exif", or after the JPEG marker it came in, which XMP shares. */
static bool add_raw(struct tri_source *source, const char *name, const char *text, size_t size,
                    struct tri_png_hidden *hidden)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
    bool lacking, added = true;
    size_t decoded;
    unsigned char *data = decode_raw(text, size, &decoded, &lacking);
    if (data == NULL) {
        tri_source_warn(source, "text '%s%s' dropped: it is damaged", raw_keyword, name);
        return !lacking;
    }
    if (decoded > 6 && memcmp(data, "Exif\0", 6) == 0 &&
        (strcasecmp(name, "exif") == 0 || strcasecmp(name, "APP1") == 0))
        return take_hidden(&hidden->exif, &hidden->exif_size, data, decoded);
    if (strcasecmp(name, "icc") == 0 || strcasecmp(name, "icm") == 0)
        return take_hidden(&hidden->profile, &hidden->profile_size, data, decoded);
    if (strcasecmp(name, "iptc") == 0 || strcasecmp(name, "8bim") == 0)
        added = tri_iptc_add(source, data, decoded);
    else if (strcasecmp(name, "xmp") == 0)
        added = tri_metadata_add(source->metadata, "XMP ", data, decoded);
    else if (decoded > sizeof xmp && memcmp(data, xmp, sizeof xmp) == 0)
        added = tri_metadata_add(source->metadata, "XMP ", data + sizeof xmp, decoded - sizeof xmp);
    else
        tri_source_warn(source, "text '%s%s' dropped: its kind is unknown", raw_keyword, name);
    free(data);
    return added;
}

/* ---- text ---- */

static bool add_plain(struct tri_source *source, const char *type, const unsigned char *data,
                      size_t size, struct tri_png_hidden *hidden)
{
    struct tri_metadata_item item = {.data = data, .size = size};
    struct tri_text text;
    memcpy(item.type, type, 4);
    if (!tri_text_get(&item, &text))
        return true;
    if (strcmp(text.keyword, xmp_keyword) == 0)
        return tri_metadata_add(source->metadata, "XMP ", text.text, text.size);
    if (strncmp(text.keyword, raw_keyword, sizeof raw_keyword - 1) == 0)
        return add_raw(source, text.keyword + sizeof raw_keyword - 1, text.text, text.size, hidden);
    return tri_metadata_add(source->metadata, type, data, size);
}

/* Where the compressed part starts; 0 if there is none. */
static size_t packed_at(const struct tri_png_chunk *chunk, size_t keyword)
{
    const size_t flag = keyword + 1;
    if (tri_png_chunk_is(chunk, "zTXt"))
        return chunk->size > flag && chunk->data[flag] == 0 ? flag + 1 : 0;
    if (chunk->size < flag + 4 || chunk->data[flag] != 1 || chunk->data[flag + 1] != 0)
        return 0;
    const unsigned char *at = chunk->data + flag + 2, *const end = chunk->data + chunk->size;
    for (int i = 0; i < 2 && at != NULL; i++) {
        at = memchr(at, 0, (size_t)(end - at));
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? (size_t)(at - chunk->data) : 0;
}

static bool add_packed(struct tri_source *source, const struct tri_png_chunk *chunk, size_t keyword,
                       struct tri_png_hidden *hidden)
{
    const bool latin = tri_png_chunk_is(chunk, "zTXt");
    const size_t at = packed_at(chunk, keyword), head = latin ? keyword + 1 : at;
    size_t size = 0;
    bool lacking = false;
    unsigned char *text =
        at > 0 ? tri_png_inflate(chunk->data + at, chunk->size - at, &size, &lacking) : NULL;
    if (text == NULL) {
        tri_source_warn(source, "text '%.79s' dropped: it is damaged", chunk->data);
        return !lacking;
    }
    unsigned char *whole = malloc(head + size);
    bool added = whole != NULL;
    if (added) {
        memcpy(whole, chunk->data, head);
        memcpy(whole + head, text, size);
        if (!latin)
            whole[keyword + 1] = 0;
        added = add_plain(source, latin ? "tEXt" : "iTXt", whole, head + size, hidden);
    }
    free(whole);
    free(text);
    return added;
}

bool tri_png_add_text(struct tri_source *source, const struct tri_png_chunk *chunk,
                      struct tri_png_hidden *hidden)
{
    const size_t keyword = strnlen((const char *)chunk->data, chunk->size);
    const bool international = tri_png_chunk_is(chunk, "iTXt");
    if (tri_png_chunk_is(chunk, "zTXt") ||
        (international && chunk->size > keyword + 1 && chunk->data[keyword + 1] != 0))
        return add_packed(source, chunk, keyword, hidden);
    return add_plain(source, international ? "iTXt" : "tEXt", chunk->data, chunk->size, hidden);
}
