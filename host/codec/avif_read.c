/* avif_read.c -- reads an AVIF file, or the pictures of a sequence, by libavif. */
#include "avif_codec.h"
#include "exif.h"

#include "../parallel/pool.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* To find the time of a frame, libavif adds up those of all before it. */
#define FRAMES_MOST 20000

static enum tri_status failed(const struct tri_source *source, const avifDecoder *decoder,
                              avifResult result)
{
    const char *detail = decoder->diag.error;
    if (result == AVIF_RESULT_TRUNCATED_DATA || result == AVIF_RESULT_WAITING_ON_IO ||
        result == AVIF_RESULT_IO_ERROR || strstr(detail, "possibly truncated") != NULL)
        return tri_source_fail(source, "the file is truncated");
    if (result == AVIF_RESULT_NO_CODEC_AVAILABLE)
        return tri_source_fail(source, "libavif was built without a decoder for AV1");
    if (result == AVIF_RESULT_OUT_OF_MEMORY)
        return tri_source_fail(source, "out of memory for libavif");
    return tri_source_fail(source, "libavif: %s%s%s", avifResultToString(result),
                           detail[0] != '\0' ? ": " : "", detail);
}

/* Files of some older encoders lack a list of the depths, which AV1 states itself. */
static void configure(const struct tri_source *source, avifDecoder *decoder)
{
    decoder->maxThreads = tri_pool_workers(source->pool);
    decoder->imageDimensionLimit = 0; /* ours follow */
    decoder->imageCountLimit = FRAMES_MOST;
    decoder->strictFlags &= ~(avifStrictFlags)AVIF_STRICT_PIXI_REQUIRED;
}

/* Finds the parts of the file; decodes no pixels yet. */
static enum tri_status open_file(const struct tri_source *source, avifDecoder **opened)
{
    avifDecoder *decoder = *opened = avifDecoderCreate();
    if (decoder == NULL)
        return tri_source_fail(source, "out of memory for libavif");
    configure(source, decoder);
    avifResult result = avifDecoderSetIOMemory(decoder, source->data, source->size);
    if (result == AVIF_RESULT_OK)
        result = avifDecoderParse(decoder);
    return result == AVIF_RESULT_OK
               ? tri_source_check_size(source, decoder->image->width, decoder->image->height)
               : failed(source, decoder, result);
}

static enum tri_status decode(struct tri_source *source, avifDecoder *decoder,
                              struct tri_image **image)
{
    int orientation;
    const avifResult result = avifDecoderNextImage(decoder);
    if (result != AVIF_RESULT_OK)
        return failed(source, decoder, result);
    enum tri_status status = tri_avif_image(source, decoder->image, image);
    if (status == TRI_OK)
        status = tri_avif_metadata(source, decoder->image, &orientation);
    return status == TRI_OK ? tri_source_orient(source, orientation, image) : status;
}

static void destroy(avifDecoder *decoder)
{
    if (decoder != NULL)
        avifDecoderDestroy(decoder);
}

enum tri_status tri_avif_read(struct tri_source *source, struct tri_image **image)
{
    avifDecoder *decoder;
    enum tri_status status = open_file(source, &decoder);
    if (status == TRI_OK && decoder->imageCount > 1) {
        source->pictures = decoder->imageCount;
        source->animated = true;
        tri_source_warn(source, "only the first of %d frames is read", decoder->imageCount);
    }
    if (status == TRI_OK)
        status = decode(source, decoder, image);
    destroy(decoder);
    return status;
}

/* ---- sequences ---- */

/* In parts of a second that an int can count. */
static struct tri_duration duration_of(const avifImageTiming *timing)
{
    uint64_t count = timing->durationInTimescales, per = timing->timescale;
    while (count > INT_MAX || per > INT_MAX) {
        count /= 2;
        per /= 2;
    }
    return (struct tri_duration){(int)count, (int)per};
}

static enum tri_status describe(const struct tri_source *source, const avifDecoder *decoder,
                                struct tri_series *series)
{
    const int count = decoder->imageCount;
    int loops = 0;
#if AVIF_VERSION >= 1000000
    loops = decoder->repetitionCount >= 0 ? decoder->repetitionCount + 1 : 0;
#endif
    series->info = (struct tri_pictures_info){series->info.format, "frame", count, true, loops};
    series->durations = calloc((size_t)count, sizeof series->durations[0]);
    if (series->durations == NULL)
        return tri_source_fail(source, "out of memory for the times of %d frames", count);
    for (int i = 0; i < count; i++) {
        avifImageTiming timing;
        const avifResult result = avifDecoderNthImageTiming(decoder, (uint32_t)i, &timing);
        if (result != AVIF_RESULT_OK)
            return failed(source, decoder, result);
        series->durations[i] = duration_of(&timing);
    }
    return TRI_OK;
}

enum tri_status tri_avif_open(struct tri_source *source, struct tri_series *series)
{
    avifDecoder *decoder;
    enum tri_status status = open_file(source, &decoder);
    if (status == TRI_OK && decoder->imageCount > 1) {
        series->state = decoder;
        return describe(source, decoder, series);
    }
    destroy(decoder);
    return status;
}

enum tri_status tri_avif_next(struct tri_source *source, struct tri_series *series,
                              struct tri_image **image)
{
    *image = NULL;
    return decode(source, series->state, image);
}

void tri_avif_close(struct tri_series *series)
{
    destroy(series->state);
    series->state = NULL;
}
