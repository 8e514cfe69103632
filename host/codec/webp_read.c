/* webp_read.c -- reads a WebP file into a planar image, by libwebp. */
#include "exif.h"
#include "name_list.h"
#include "webp_codec.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

struct reader {
    struct tri_source *source;
    WebPDemuxer *demuxer;
    WebPIterator frame; /* the first frame */
    bool has_frame;
    uint8_t *pixels; /* interleaved */
    int orientation;
    struct tri_image *image;
};

static enum tri_status damaged(const struct reader *reader, VP8StatusCode code)
{
    static const char *const texts[] = {
        [VP8_STATUS_OUT_OF_MEMORY] = "out of memory for libwebp",
        [VP8_STATUS_UNSUPPORTED_FEATURE] = "libwebp does not support this kind of file",
        [VP8_STATUS_NOT_ENOUGH_DATA] = "the file is truncated",
    };
    const char *text = (size_t)code < sizeof texts / sizeof texts[0] ? texts[code] : NULL;
    return tri_source_fail(reader->source, "%s", text != NULL ? text : "the data is damaged");
}

/* Finds the parts of the file; decodes no pixels yet. */
static enum tri_status open_file(struct reader *reader)
{
    const WebPData data = {reader->source->data, reader->source->size};
    WebPDemuxState state;
    /* Unlike WebPDemux, this distinguishes truncated files from damaged ones. */
    reader->demuxer = WebPDemuxPartial(&data, &state);
    if (state == WEBP_DEMUX_PARSING_HEADER || state == WEBP_DEMUX_PARSED_HEADER)
        return tri_source_fail(reader->source, "the file is truncated");
    if (reader->demuxer == NULL || !WebPDemuxGetFrame(reader->demuxer, 1, &reader->frame))
        return tri_source_fail(reader->source, "the data is damaged");
    reader->has_frame = true;
    const uint32_t frames = WebPDemuxGetI(reader->demuxer, WEBP_FF_FRAME_COUNT);
    if (frames > 1) {
        reader->source->pictures = frames;
        reader->source->animated = true;
        tri_source_warn(reader->source, "only the first of %u frames is read", (unsigned)frames);
    }
    return TRI_OK;
}

static bool add_chunk(const struct tri_source *source, const WebPDemuxer *demuxer, const char *name,
                      const char *type)
{
    WebPChunkIterator chunk;
    bool added = true;
    if (WebPDemuxGetChunk(demuxer, name, 1, &chunk)) {
        added = tri_metadata_add(source->metadata, type, chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    return added;
}

static uint32_t little_endian(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Adds the name unless the specification has such chunks. */
static void list_unknown(const unsigned char *chunk, char *list, size_t room)
{
    static const char known[][5] = {"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM",
                                    "ANMF", "ICCP", "EXIF", "XMP "};
    char name[5] = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (memcmp(chunk, known[i], 4) == 0)
            return;
    }
    for (int i = 0; i < 4; i++)
        name[i] = (char)(chunk[i] > ' ' && chunk[i] < 127 ? chunk[i] : '?');
    tri_name_list_add(list, room, name);
}

/* Chunks of frames follow the 16 bytes of the frame's own. */
static void tell_unknown(struct tri_source *source)
{
    char list[100] = "";
    const size_t said = source->size > 12 ? (size_t)little_endian(source->data + 4) + 8 : 0;
    const size_t end = said < source->size ? said : source->size;
    for (size_t at = 12, size; at + 8 <= end; at += size) {
        const unsigned char *chunk = source->data + at;
        size = 8 + (size_t)little_endian(chunk + 4);
        size += size % 2;
        list_unknown(chunk, list, sizeof list);
        if (memcmp(chunk, "ANMF", 4) == 0)
            size = 24;
    }
    if (list[0] != '\0')
        tri_source_warn(source, "chunks of unknown meaning dropped: %s", list);
}

enum tri_status tri_webp_read_chunks(struct tri_source *source, const WebPDemuxer *demuxer,
                                     int *orientation)
{
    WebPChunkIterator chunk;
    enum tri_status status = TRI_OK;
    *orientation = 1;
    tell_unknown(source);
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        status = tri_source_exif(source, chunk.chunk.bytes, chunk.chunk.size, orientation);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (status != TRI_OK)
        return status;
    if (source->metadata == NULL)
        return TRI_OK;
    if (!add_chunk(source, demuxer, "ICCP", "iCCP") || !add_chunk(source, demuxer, "XMP ", "XMP "))
        return tri_source_fail(source, "out of memory for metadata");
    return tri_source_upright(source, *orientation);
}

/* An animation's frame may cover part of the canvas; the rest is transparent. */
static enum tri_status make_image(struct reader *reader)
{
    const WebPIterator *frame = &reader->frame;
    const uint32_t width = WebPDemuxGetI(reader->demuxer, WEBP_FF_CANVAS_WIDTH);
    const uint32_t height = WebPDemuxGetI(reader->demuxer, WEBP_FF_CANVAS_HEIGHT);
    const bool covers = (uint32_t)frame->width == width && (uint32_t)frame->height == height;
    const int planes = frame->has_alpha || !covers ? 4 : 3;
    if (tri_source_image(reader->source, width, height, planes, 8, &reader->image) != TRI_OK)
        return TRI_FAILED;
    reader->pixels = calloc((size_t)width * height, (size_t)planes);
    return reader->pixels != NULL
               ? TRI_OK
               : tri_source_fail(reader->source, "out of memory for %u x %u pixels",
                                 (unsigned)width, (unsigned)height);
}

static enum tri_status decode_frame(const struct reader *reader)
{
    const struct tri_shape *shape = &reader->image->shape;
    const WebPIterator *frame = &reader->frame;
    const size_t stride = (size_t)shape->width * (size_t)shape->planes;
    const size_t start =
        (size_t)frame->y_offset * stride + (size_t)frame->x_offset * (size_t)shape->planes;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return tri_source_fail(reader->source,
                               "incompatible libwebp; rebuild triptych with the installed version");
    config.options.use_threads = reader->source->pool != NULL;
    config.output.colorspace = shape->planes == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = reader->pixels + start;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * (size_t)shape->height - start;
    const VP8StatusCode code = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code != VP8_STATUS_OK)
        return damaged(reader, code);
    for (int y = 0; y < shape->height; y++)
        tri_row_split(reader->image, y, reader->pixels + (size_t)y * stride);
    return TRI_OK;
}

static enum tri_status decode(struct reader *reader)
{
    enum tri_status status = open_file(reader);
    if (status == TRI_OK)
        status = tri_webp_read_chunks(reader->source, reader->demuxer, &reader->orientation);
    if (status == TRI_OK)
        status = make_image(reader);
    if (status == TRI_OK)
        status = decode_frame(reader);
    return status;
}

enum tri_status tri_webp_read(struct tri_source *source, struct tri_image **image)
{
    struct reader reader = {.source = source};
    enum tri_status status = decode(&reader);
    if (reader.has_frame)
        WebPDemuxReleaseIterator(&reader.frame);
    WebPDemuxDelete(reader.demuxer);
    free(reader.pixels);
    if (status == TRI_OK)
        status = tri_source_orient(source, reader.orientation, &reader.image);
    *image = reader.image; /* the caller frees it after a failure */
    return status;
}
