/* pictures.c -- the pictures of a report: scaled down by triptych's own kernel, as PNG in base64.
 */
#include "report/report.h"

#include "codec/codec.h"
#include "image/image.h"
#include "pipeline/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 420, SIDE_MIN = 32 };

/* ---- base64 ---- */

char *tri_base64(const unsigned char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1), *to = text;

    for (size_t i = 0; i < size && text != NULL; i += 3) {
        const size_t left = size - i;
        const unsigned bits = (unsigned)data[i] << 16 |
                              (left > 1 ? (unsigned)data[i + 1] << 8 : 0) |
                              (left > 2 ? (unsigned)data[i + 2] : 0);
        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[bits & 63] : '=';
    }
    if (text != NULL)
        *to = '\0';
    return text;
}

/* ---- scaling ---- */

/* Frees `image`. Browsers show 8 bits. */
static struct tri_image *in_8_bits(struct tri_image *image)
{
    struct tri_shape shape = image->shape;
    struct tri_image *result = NULL;

    if (shape.bits == 8)
        return image;
    shape.bits = 8;
    if (tri_image_new(&shape, &result, NULL) != TRI_OK)
        result = NULL;
    for (int p = 0; p < shape.planes && result != NULL; p++)
        for (int y = 0; y < shape.height; y++) {
            const uint16_t *from = tri_image_row(image, p, y);
            uint8_t *to = tri_image_row(result, p, y);
            for (int x = 0; x < shape.width; x++)
                to[x] = (uint8_t)((from[x] * 255U + 32767) / 65535);
        }
    tri_image_free(image);
    return result;
}

/* Returns NULL after a failure. */
static struct tri_image *scaled(struct tri_backend *backend, const struct tri_image *image,
                                double scale)
{
    char text[100];
    struct tri_pipeline *pipeline = NULL;
    struct tri_job *job = NULL;
    struct tri_image *out = NULL;
    /* A job does not change its input but for the padding. */
    struct tri_image *in = (struct tri_image *)(uintptr_t)image;

    snprintf(text, sizeof text, "resize:width=%.0f:height=%.0f",
             fmax(round(image->shape.width * scale), 1),
             fmax(round(image->shape.height * scale), 1));
    bool done = tri_pipeline_parse(text, &pipeline, NULL) == TRI_OK &&
                tri_job_new(backend, pipeline, &image->shape, &job, NULL) == TRI_OK &&
                tri_image_new(tri_job_shape(job), &out, NULL) == TRI_OK &&
                tri_job_run(job, in, out, NULL, NULL) == TRI_OK;
    tri_job_free(job);
    tri_pipeline_free(pipeline);
    if (done)
        return in_8_bits(out);
    tri_image_free(out);
    return NULL;
}

/* ---- PNG ---- */

/* Returns the size; 0 after a failure. Free *data. */
static size_t png_of(const struct tri_image *image, char **data)
{
    const struct tri_format *format = tri_format_find("png");
    const struct tri_codec *codec = format != NULL ? tri_codec_of(format) : NULL;
    struct tri_write_options options = tri_write_options_default();
    struct tri_error error;
    struct tri_memory_sink memory;

    *data = NULL;
    if (codec == NULL)
        return 0;
    const struct tri_sink sink = {.name = "a picture", .options = &options, .error = &error};
    if (tri_memory_sink_begin(&memory, &sink) != TRI_OK)
        return 0;
    const enum tri_status status = tri_memory_sink_end(&memory, codec->write(&memory.sink, image));
    *data = memory.data;
    return status == TRI_OK ? memory.size : 0;
}

static int side_of(const struct tri_image *image)
{
    return image->shape.width > image->shape.height ? image->shape.width : image->shape.height;
}

/* Each try has fewer pixels, until the file is small enough. */
static struct tri_thumbnail thumbnail_of(struct tri_backend *backend, const struct tri_image *image,
                                         size_t bytes, int most)
{
    const int side = side_of(image);
    struct tri_thumbnail result = {0};
    double scale = fmin(1, (double)most / side);

    for (int i = 0; i < 8 && result.base64 == NULL && scale * side >= SIDE_MIN; i++) {
        struct tri_image *small = scaled(backend, image, scale);
        char *png = NULL;
        const size_t size = small != NULL ? png_of(small, &png) : 0;
        if (size > 0 && size <= bytes) {
            result.base64 = tri_base64((const unsigned char *)png, size);
            result.width = small->shape.width;
            result.height = small->shape.height;
        }
        scale *= size > 0 ? fmin(0.95 * sqrt((double)bytes / (double)size), 0.9) : 0;
        free(png);
        tri_image_free(small);
    }
    return result;
}

void tri_page_pictures(struct tri_backend *backend, const struct tri_image *before,
                       const struct tri_image *after, size_t bytes, struct tri_page_case *result)
{
    struct tri_thumbnail *const from = &result->before, *const to = &result->after;

    if (after == NULL)
        return;
    if (before == NULL) {
        *to = thumbnail_of(backend, after, bytes, SIDE);
        return;
    }
    *from = thumbnail_of(backend, before, bytes, SIDE);
    const int side = from->width > from->height ? from->width : from->height;
    *to = thumbnail_of(backend, after, bytes, side);
    const int other = to->width > to->height ? to->width : to->height;
    if (other < side && other > 0) { /* both have one size */
        free(from->base64);
        *from = thumbnail_of(backend, before, bytes, other);
    }
}

void tri_page_case_free(struct tri_page_case *result)
{
    free(result->before.base64);
    free(result->after.base64);
    *result = (struct tri_page_case){0};
}
