/* jpeg_write.c -- writes an image to a JPEG file, by libjpeg. */
#include "jpeg_parts.h"
#include "reduce_depth.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 16 /* passed to libjpeg at a time */
#define QUALITY 90

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct tri_jpeg_writer *writer = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    tri_sink_fail(writer->sink, "%s", text);
    longjmp(writer->failed, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level; /* none concerns the images written here */
}

/* ---- output ---- */

static void on_start(j_compress_ptr jpeg)
{
    struct tri_jpeg_writer *writer = jpeg->client_data;
    writer->destination.next_output_byte = writer->buffer;
    writer->destination.free_in_buffer = sizeof writer->buffer;
}

static void write_out(struct tri_jpeg_writer *writer, size_t size)
{
    if (tri_sink_write(writer->sink, writer->buffer, size) != TRI_OK)
        longjmp(writer->failed, 1);
}

/* Called when the whole buffer is full, whatever free_in_buffer is. */
static boolean on_full(j_compress_ptr jpeg)
{
    struct tri_jpeg_writer *writer = jpeg->client_data;
    write_out(writer, sizeof writer->buffer);
    on_start(jpeg);
    return TRUE;
}

static void on_end(j_compress_ptr jpeg)
{
    struct tri_jpeg_writer *writer = jpeg->client_data;
    write_out(writer, sizeof writer->buffer - writer->destination.free_in_buffer);
}

/* ---- the file ---- */

void tri_jpeg_writer_begin(struct tri_jpeg_writer *writer)
{
    writer->jpeg.err = jpeg_std_error(&writer->errors);
    writer->jpeg.client_data = writer;
    writer->errors.error_exit = on_error;
    writer->errors.emit_message = on_message;
}

void tri_jpeg_writer_open(struct tri_jpeg_writer *writer)
{
    jpeg_create_compress(&writer->jpeg);
    writer->destination = (struct jpeg_destination_mgr){
        .init_destination = on_start, .empty_output_buffer = on_full, .term_destination = on_end};
    writer->jpeg.dest = &writer->destination;
}

/* ---- pixels ---- */

static void set_up(struct tri_jpeg_writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;
    const struct tri_write_options *options = writer->sink->options;
    tri_jpeg_writer_open(writer);
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
    if (options->interlace == TRI_INTERLACED)
        jpeg_simple_progression(jpeg);
    tri_jpeg_set_density(writer->sink, jpeg);
}

static void write_rows(struct tri_jpeg_writer *writer)
{
    struct jpeg_compress_struct *jpeg = &writer->jpeg;
    JSAMPARRAY rows =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
                                jpeg->image_width * (JDIMENSION)jpeg->input_components, ROWS);
    for (JDIMENSION y = 0; y < jpeg->image_height; y += ROWS) {
        const JDIMENSION left = jpeg->image_height - y, count = left < ROWS ? left : ROWS;
        for (JDIMENSION i = 0; i < count; i++)
            tri_row_join(&writer->image, (int)(y + i), rows[i]);
        jpeg_write_scanlines(jpeg, rows, count);
    }
}

static enum tri_status encode(struct tri_jpeg_writer *writer)
{
    if (setjmp(writer->failed) != 0)
        return TRI_FAILED;
    set_up(writer);
    jpeg_start_compress(&writer->jpeg, TRUE);
    if (tri_jpeg_write_metadata(writer->sink, &writer->jpeg, writer->image.shape.planes) != TRI_OK)
        return TRI_FAILED;
    write_rows(writer);
    jpeg_finish_compress(&writer->jpeg);
    return TRI_OK;
}

/* TRI_USAGE, with the reason, if JPEG cannot hold the picture. */
static enum tri_status check(const struct tri_sink *sink, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;
    if (shape->width > JPEG_MAX_DIMENSION || shape->height > JPEG_MAX_DIMENSION)
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: %d x %d pixels exceed JPEG's limit of %ld per side",
                        sink->name, shape->width, shape->height, JPEG_MAX_DIMENSION);
    if (!tri_image_opaque(image))
        return tri_fail(sink->error, TRI_USAGE,
                        "cannot write %s: JPEG has no transparency; use --format png or webp, or "
                        "--background white",
                        sink->name);
    return TRI_OK;
}

static enum tri_status write_8_bits(const struct tri_sink *sink, const struct tri_image *image)
{
    struct tri_jpeg_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return tri_sink_fail(sink, "out of memory");
    writer->sink = sink;
    writer->image = *image;
    writer->image.shape.planes = image->shape.planes < 3 ? 1 : 3; /* without alpha */
    tri_jpeg_writer_begin(writer);
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
