/* webp_read.c -- a WebP file becomes a planar image, by libwebp. */
#include "exif.h"
#include "webp_codec.h"

#include <stdlib.h>
#include <webp/decode.h>
#include <webp/demux.h>

struct reader {
    struct tri_source *source;
    WebPDemuxer *demuxer;
    WebPIterator frame; /* the first */
    bool has_frame;
    uint8_t *pixels; /* interleaved */
    int orientation;
    struct tri_image *image;
};

static enum tri_status damaged(const struct reader *reader, VP8StatusCode code)
{
    static const char *const texts[] = {
        [VP8_STATUS_OUT_OF_MEMORY] = "no memory for libwebp",
        [VP8_STATUS_UNSUPPORTED_FEATURE] = "of a kind that libwebp cannot read",
        [VP8_STATUS_NOT_ENOUGH_DATA] = "the file is cut short",
    };
    const char *text = (size_t)code < sizeof texts / sizeof texts[0] ? texts[code] : NULL;
    return tri_source_fail(reader->source, "%s", text != NULL ? text : "the data is damaged");
}

/* Finds the parts of the file; no pixels yet. */
static enum tri_status open_file(struct reader *reader)
{
    const WebPData data = {reader->source->data, reader->source->size};
    WebPDemuxState state;
    /* Unlike WebPDemux this one tells files cut short from damaged ones. */
    reader->demuxer = WebPDemuxPartial(&data, &state);
    if (state == WEBP_DEMUX_PARSING_HEADER || state == WEBP_DEMUX_PARSED_HEADER)
        return tri_source_fail(reader->source, "the file is cut short");
    if (reader->demuxer == NULL || !WebPDemuxGetFrame(reader->demuxer, 1, &reader->frame))
        return tri_source_fail(reader->source, "the data is damaged");
    reader->has_frame = true;
    const uint32_t frames = WebPDemuxGetI(reader->demuxer, WEBP_FF_FRAME_COUNT);
    if (frames > 1)
        tri_source_warn(reader->source, "only the first of %u frames is read", (unsigned)frames);
    return TRI_OK;
}

static bool add_chunk(const struct reader *reader, const char *name, const char *type)
{
    WebPChunkIterator chunk;
    bool added = true;
    if (WebPDemuxGetChunk(reader->demuxer, name, 1, &chunk)) {
        added = tri_metadata_add(reader->source->metadata, type, chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    return added;
}

static enum tri_status add_chunks(struct reader *reader)
{
    WebPChunkIterator chunk;
    enum tri_status status = TRI_OK;
    reader->orientation = 1;
    if (WebPDemuxGetChunk(reader->demuxer, "EXIF", 1, &chunk)) {
        status = tri_source_exif(reader->source, chunk.chunk.bytes, chunk.chunk.size, &reader->orientation);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (status != TRI_OK)
        return status;
    if (reader->source->metadata == NULL)
        return TRI_OK;
    if (!add_chunk(reader, "ICCP", "iCCP") || !add_chunk(reader, "XMP ", "XMP "))
        return tri_source_fail(reader->source, "no memory for what the file says about the picture");
    return tri_source_upright(reader->source, reader->orientation);
}

/* The frame of an animation may cover a part of the canvas; what it leaves is transparent. */
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
    return reader->pixels != NULL ? TRI_OK
                                  : tri_source_fail(reader->source, "no memory for %u x %u pixels",
                                                    (unsigned)width, (unsigned)height);
}

static enum tri_status decode_frame(const struct reader *reader)
{
    const struct tri_shape *shape = &reader->image->shape;
    const WebPIterator *frame = &reader->frame;
    const size_t stride = (size_t)shape->width * (size_t)shape->planes;
    const size_t start = (size_t)frame->y_offset * stride + (size_t)frame->x_offset * (size_t)shape->planes;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return tri_source_fail(reader->source, "libwebp is not the one that this was built with");
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
        status = add_chunks(reader);
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
    *image = reader.image; /* the caller frees it where this failed */
    return status;
}
