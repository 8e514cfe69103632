/* jxl_codec.h -- the functions of the JPEG XL codec. */
#ifndef TRI_JXL_CODEC_H
#define TRI_JXL_CODEC_H

#include "codec.h"

#include <jxl/decode.h>
#include <jxl/encode.h>
#include <jxl/version.h>

/* 7 for 0.7; from 1.0 on, 100 and more. */
#define TRI_JXL_VERSION (JPEGXL_MAJOR_VERSION * 100 + JPEGXL_MINOR_VERSION)

enum tri_status tri_jxl_read(struct tri_source *source, struct tri_image **image);
enum tri_status tri_jxl_open(struct tri_source *source, struct tri_series *series);
enum tri_status tri_jxl_next(struct tri_source *source, struct tri_series *series,
                             struct tri_image **image);
void tri_jxl_close(struct tri_series *series);
enum tri_status tri_jxl_write(const struct tri_sink *sink, const struct tri_image *image);

/* What can be learnt of a file without decoding its pixels. */
struct tri_jxl_box {
    unsigned char *data;
    size_t size, room;
};
struct tri_jxl_survey {
    JxlBasicInfo info;
    long frames;
    struct tri_duration *durations; /* one per frame */
    long room;
    struct tri_jxl_box exif, xmp;
};
/* Free with tri_jxl_survey_free, even after a failure. */
enum tri_status tri_jxl_survey(const struct tri_source *source, struct tri_jxl_survey *survey);
void tri_jxl_survey_free(struct tri_jxl_survey *survey);
enum tri_status tri_jxl_metadata(struct tri_source *source, const struct tri_jxl_survey *survey);

/* A decoder that has the whole file, and the caller's threads. NULL if out of memory. */
JxlDecoder *tri_jxl_decoder(const struct tri_source *source, int events);
/* Why there is no further event. */
enum tri_status tri_jxl_ended(const struct tri_source *source, JxlDecoderStatus event);

/* Before the pixels: which colours the decoder gives. */
void tri_jxl_choose_colour(struct tri_source *source, const JxlBasicInfo *info,
                           JxlDecoder *decoder);
/* Adds the colours of the pixels that the decoder gives. */
enum tri_status tri_jxl_read_colour(const struct tri_source *source, const JxlDecoder *decoder);
/* Tells the encoder what the pixels' colours are. */
enum tri_status tri_jxl_write_colour(const struct tri_sink *sink, int planes, JxlEncoder *encoder);

/* libjxl's interface to threads; `pool` is a struct tri_pool, or NULL. */
JxlParallelRetCode tri_jxl_run(void *pool, void *job, JxlParallelRunInit begin,
                               JxlParallelRunFunction work, uint32_t from, uint32_t to);

#endif
