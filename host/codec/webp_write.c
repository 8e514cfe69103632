/* webp_write.c -- writes an image to a WebP file, by libwebp. */
#include "reduce_depth.h"
#include "webp_codec.h"

#include <stdlib.h>
#include <webp/encode.h>
#include <webp/mux.h>

#define QUALITY 90
#define METHOD 4         /* libwebp's default */
#define LOSSLESS_LEVEL 2 /* of 0 to 9 */

enum tri_status tri_webp_cannot_encode(const struct tri_sink *sink, WebPEncodingError code)
{
    static const char *const texts[] = {
        /* what it says of a lack of memory in some places */
        [VP8_ENC_OK] = "libwebp gives no reason; out of memory?",
        [VP8_ENC_ERROR_BAD_WRITE] = "out of memory for the file",
        [VP8_ENC_ERROR_OUT_OF_MEMORY] = "out of memory for libwebp",
        [VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY] = "out of memory for libwebp",
        [VP8_ENC_ERROR_PARTITION0_OVERFLOW] = "libwebp: more than 512 kB of modes; lower --quality",
        [VP8_ENC_ERROR_PARTITION_OVERFLOW] =
            "libwebp: more than 16 MB in a partition; lower --quality",
        [VP8_ENC_ERROR_FILE_TOO_BIG] = "libwebp: the file would exceed 4 GB",
    };
    const char *text = (size_t)code < sizeof texts / sizeof texts[0] ? texts[code] : NULL;
    return text != NULL ? tri_sink_fail(sink, "%s", text)
                        : tri_sink_fail(sink, "libwebp error %d", (int)code);
}

static bool add_chunk(WebPMux *mux, const char *type, const struct tri_metadata_item *item)
{
    if (item == NULL)
        return true;
    const WebPData data = {item->data, item->size};
    return WebPMuxSetChunk(mux, type, &data, 0) == WEBP_MUX_OK;
}

/* Without metadata the bitstream is the whole file. */
enum tri_status tri_webp_write_file(const struct tri_sink *sink, const WebPData *stream)
{
    const struct tri_metadata_item *exif = tri_metadata_find(sink->options->metadata, "eXIf");
    const struct tri_metadata_item *xmp = tri_metadata_find(sink->options->metadata, "XMP ");
    const struct tri_metadata_item *profile = tri_metadata_profile(sink->options->metadata, 3);
    if (exif == NULL && profile == NULL && xmp == NULL)
        return tri_sink_write(sink, stream->bytes, stream->size);
    WebPData file = {NULL, 0};
    WebPMux *mux = WebPMuxCreate(stream, 0);
    const bool sound = mux != NULL && add_chunk(mux, "EXIF", exif) &&
                       add_chunk(mux, "ICCP", profile) && add_chunk(mux, "XMP ", xmp) &&
                       WebPMuxAssemble(mux, &file) == WEBP_MUX_OK;
    const enum tri_status status = sound ? tri_sink_write(sink, file.bytes, file.size)
                                         : tri_sink_fail(sink, "out of memory for the file");
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return status;
}

/* Gray serves as all three colours. */
static void fill_picture(WebPPicture *picture, const struct tri_image *image)
{
    const int planes = image->shape.planes, colour = planes >= 3;
    for (int y = 0; y < image->shape.height; y++) {
        const uint8_t *red = tri_image_row(image, 0, y), *green = tri_image_row(image, colour, y);
        const uint8_t *blue = tri_image_row(image, 2 * colour, y);
        const uint8_t *alpha = planes % 2 == 0 ? tri_image_row(image, planes - 1, y) : NULL;
        uint32_t *out = picture->argb + (ptrdiff_t)y * picture->argb_stride;
        for (int x = 0; x < image->shape.width; x++)
            out[x] = (alpha != NULL ? (uint32_t)alpha[x] << 24 : UINT32_C(0xff000000)) |
                     (uint32_t)red[x] << 16 | (uint32_t)green[x] << 8 | blue[x];
    }
}

bool tri_webp_configure(const struct tri_write_options *options, WebPConfig *config)
{
    if (!WebPConfigInit(config))
        return false;
    config->method = METHOD;
    config->quality = (float)(options->quality > 0 ? options->quality : QUALITY);
    if (options->lossless && !WebPConfigLosslessPreset(config, LOSSLESS_LEVEL))
        return false;
    config->exact = options->lossless;            /* keep colours under transparent pixels */
    config->thread_level = options->pool != NULL; /* does not change the bytes */
    return WebPValidateConfig(config) != 0;
}

bool tri_webp_picture(const struct tri_image *image, WebPPicture *picture)
{
    picture->use_argb = 1;
    picture->width = image->shape.width;
    picture->height = image->shape.height;
    if (!WebPPictureAlloc(picture))
        return false;
    fill_picture(picture, image);
    return true;
}

static enum tri_status write_8_bits(const struct tri_sink *sink, const struct tri_image *image)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter stream;
    enum tri_status status;
    if (!tri_webp_configure(sink->options, &config) || !WebPPictureInit(&picture))
        return tri_sink_fail(sink,
                             "incompatible libwebp; rebuild triptych with the installed version");
    WebPMemoryWriterInit(&stream);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &stream;
    if (tri_webp_picture(image, &picture) && WebPEncode(&config, &picture)) {
        const WebPData data = {stream.mem, stream.size};
        status = tri_webp_write_file(sink, &data);
    } else {
        status = tri_webp_cannot_encode(sink, picture.error_code);
    }
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&stream);
    return status;
}

enum tri_status tri_webp_check_size(const struct tri_sink *sink, const struct tri_shape *shape)
{
    return shape->width <= WEBP_MAX_DIMENSION && shape->height <= WEBP_MAX_DIMENSION
               ? TRI_OK
               : tri_fail(sink->error, TRI_USAGE,
                          "cannot write %s: %d x %d pixels exceed WebP's limit of %d per side",
                          sink->name, shape->width, shape->height, WEBP_MAX_DIMENSION);
}

enum tri_status tri_webp_write(const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_image *reduced;
    struct tri_error why;
    if (tri_webp_check_size(sink, &image->shape) != TRI_OK)
        return TRI_USAGE;
    if (tri_image_reduce(image, &reduced, &why) != TRI_OK)
        return tri_sink_fail(sink, "%s", why.text);
    const enum tri_status status = write_8_bits(sink, reduced != NULL ? reduced : image);
    tri_image_free(reduced);
    return status;
}
