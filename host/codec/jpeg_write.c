/* jpeg_write.c -- an image becomes a JPEG file, by libjpeg. */
#include "jpeg_codec.h"
#include "reduce.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define ROWS 16 /* handed to libjpeg at a time */
#define QUALITY 90
#define MARKER_MAX 65533                      /* bytes in a marker */
#define PROFILE_MAX (255 * (MARKER_MAX - 14)) /* a profile spans as many markers (ICC.1:2022, B.4) */

/* libjpeg leaves a failed call by longjmp; all that must survive it is in here, and not in locals. */
struct writer {
    const struct tri_sink *sink;
    struct tri_image image; /* 8 bits, 1 or 3 planes; owns no memory */
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf failed;
    JOCTET buffer[1 << 16];
};

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct writer *writer = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    tri_sink_fail(writer->sink, "%s", text);
    longjmp(writer->failed, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level; /* none of them concerns what is written here */
}

/* ---- where libjpeg puts its bytes ---- */

static void on_start(j_compress_ptr jpeg)
{
    struct writer *writer = jpeg->client_data;
    writer->destination.next_output_byte = writer->buffer;
    writer->destination.free_in_buffer = sizeof writer->buffer;
}

static void write_out(struct writer *writer, size_t size)
{
    if (tri_sink_write(writer->sink, writer->buffer, size) != TRI_OK)
        longjmp(writer->failed, 1);
}

/* libjpeg calls it when the whole buffer is full, whatever free_in_buffer says. */
static boolean on_full(j_compress_ptr jpeg)
{
    struct writer *writer = jpeg->client_data;
    write_out(writer, sizeof writer->buffer);
    on_start(jpeg);
    return TRUE;
}

static void on_end(j_compress_ptr jpeg)
{
    struct writer *writer = jpeg->client_data;
    write_out(writer, sizeof writer->buffer - writer->destination.free_in_buffer);
}

/* ---- metadata ---- */

static uint32_t get_32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t per_inch(uint32_t per_metre)
{
    return (uint32_t)(per_metre * 0.0254 + 0.5);
}

/* Dots per inch are usual, but cannot say everything that dots per cm can. */
static bool wants_cm(uint32_t per_metre)
{
    const uint32_t dots = per_inch(per_metre);
    return per_metre % 100 == 0 && (dots > 0xffff || (uint32_t)(dots / 0.0254 + 0.5) != per_metre);
}

static void set_density(struct jpeg_compress_struct *jpeg, const struct tri_metadata_item *item)
{
    if (item == NULL || item->size != 9)
        return;
    uint32_t x = get_32(item->data), y = get_32(item->data + 4);
    int unit = 0;
    if (item->data[8] == 1) {
        unit = (wants_cm(x) || wants_cm(y)) && x % 100 == 0 && y % 100 == 0 ? 2 : 1;
        x = unit == 2 ? x / 100 : per_inch(x);
        y = unit == 2 ? y / 100 : per_inch(y);
    }
    if (x < 1 || y < 1 || x > 0xffff || y > 0xffff) /* more than JFIF can say */
        return;
    jpeg->density_unit = (UINT8)unit;
    jpeg->X_density = (UINT16)x;
    jpeg->Y_density = (UINT16)y;
}

static void write_exif(struct jpeg_compress_struct *jpeg, const struct tri_metadata_item *item)
{
    if (item == NULL || item->size > MARKER_MAX - 6) /* there is no way to write more */
        return;
    jpeg_write_m_header(jpeg, JPEG_APP0 + 1, (unsigned)item->size + 6);
    for (size_t i = 0; i < 6; i++)
        jpeg_write_m_byte(jpeg, "Exif\0"[i]);
    for (size_t i = 0; i < item->size; i++)
        jpeg_write_m_byte(jpeg, item->data[i]);
}

static void write_comments(struct jpeg_compress_struct *jpeg, const struct tri_metadata *metadata)
{
    for (int i = 0; i < tri_metadata_count(metadata); i++) {
        const struct tri_metadata_item *item = tri_metadata_at(metadata, i);
        if (strcmp(item->type, "tEXt") == 0 && item->size >= 8 && item->size - 8 <= MARKER_MAX &&
            memcmp(item->data, "Comment", 8) == 0)
            jpeg_write_marker(jpeg, JPEG_COM, item->data + 8, (unsigned)(item->size - 8));
    }
}

static void write_metadata(struct writer *writer)
{
    const struct tri_metadata *metadata = writer->sink->options->metadata;
    const struct tri_metadata_item *profile = tri_metadata_profile(metadata, writer->image.shape.planes);
    write_exif(&writer->jpeg, tri_metadata_find(metadata, "eXIf"));
    if (profile != NULL && profile->size <= PROFILE_MAX)
        jpeg_write_icc_profile(&writer->jpeg, profile->data, (unsigned)profile->size);
    write_comments(&writer->jpeg, metadata);
}

/* ---- pixels ---- */

static void set_up(struct writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;
    const struct tri_write_options *options = writer->sink->options;
    jpeg_create_compress(jpeg);
    writer->destination = (struct jpeg_destination_mgr){
        .init_destination = on_start, .empty_output_buffer = on_full, .term_destination = on_end};
    jpeg->dest = &writer->destination;
    jpeg->image_width = (JDIMENSION)writer->image.shape.width;
    jpeg->image_height = (JDIMENSION)writer->image.shape.height;
    jpeg->input_components = writer->image.shape.planes;
    jpeg->in_color_space = writer->image.shape.planes == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, options->quality > 0 ? options->quality : QUALITY, TRUE);
    if (writer->image.shape.planes == 3) {
        jpeg->comp_info[0].h_samp_factor = options->subsampling == TRI_444 ? 1 : 2;
        jpeg->comp_info[0].v_samp_factor = options->subsampling == TRI_420 ? 2 : 1;
    }
    set_density(jpeg, tri_metadata_find(options->metadata, "pHYs"));
}

static void write_rows(struct writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;
    JSAMPARRAY rows = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
                                              jpeg->image_width * (JDIMENSION)jpeg->input_components, ROWS);
    for (JDIMENSION y = 0; y < jpeg->image_height; y += ROWS) {
        const JDIMENSION left = jpeg->image_height - y, count = left < ROWS ? left : ROWS;
        for (JDIMENSION i = 0; i < count; i++)
            tri_row_join(&writer->image, (int)(y + i), rows[i]);
        jpeg_write_scanlines(jpeg, rows, count);
    }
}

static enum tri_status encode(struct writer *writer)
{
    if (setjmp(writer->failed) != 0)
        return TRI_FAILED;
    set_up(writer);
    jpeg_start_compress(&writer->jpeg, TRUE);
    write_metadata(writer);
    write_rows(writer);
    jpeg_finish_compress(&writer->jpeg);
    return TRI_OK;
}

/* TRI_USAGE, and why, where JPEG cannot hold the picture. */
static enum tri_status check(const struct tri_sink *sink, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    if (shape->width > JPEG_MAX_DIMENSION || shape->height > JPEG_MAX_DIMENSION)
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: %d x %d pixels; in JPEG a side has at most %ld", sink->name,
                        shape->width, shape->height, JPEG_MAX_DIMENSION);
    if (!tri_image_opaque(image))
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: JPEG has no transparency; use --format png or webp, or --background white", sink->name);
    return TRI_OK;
}

static enum tri_status write_8_bits(const struct tri_sink *sink, const struct tri_image *image)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return tri_sink_fail(sink, "no memory");
    writer->sink = sink;
    writer->image = *image;
    writer->image.shape.planes = image->shape.planes < 3 ? 1 : 3; /* without alpha */
    writer->jpeg.err = jpeg_std_error(&writer->errors);
    writer->jpeg.client_data = writer;
    writer->errors.error_exit = on_error;
    writer->errors.emit_message = on_message;
    const enum tri_status status = encode(writer);
    jpeg_destroy_compress(&writer->jpeg);
    free(writer);
    return status;
}

enum tri_status tri_jpeg_write(const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_image *reduced;
    struct tri_error why;
    enum tri_status status = check(sink, image);
    if (status != TRI_OK)
        return status;
    if (tri_image_reduce(image, &reduced, &why) != TRI_OK)
        return tri_sink_fail(sink, "%s", why.text);
    status = write_8_bits(sink, reduced != NULL ? reduced : image);
    tri_image_free(reduced);
    return status;
}
