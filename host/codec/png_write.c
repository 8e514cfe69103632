/* png_write.c -- an image becomes a PNG file, by libpng. */
#include "png_codec.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* libpng leaves a failed call by longjmp; all that must survive it is in here, and not in locals. */
struct writer {
    const struct tri_sink *sink;
    png_structp png;
    png_infop info;
    png_bytep row; /* interleaved */
};

static enum tri_status cannot_write(const struct writer *writer, const char *why)
{
    return tri_sink_fail(writer->sink, "%s", why);
}

PNG_NORETURN static void on_error(png_structp png, png_const_charp message)
{
    cannot_write(png_get_error_ptr(png), message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message; /* none of them concerns what is written here */
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    const struct writer *writer = png_get_io_ptr(png);
    if (fwrite(data, 1, size, writer->sink->file) != size)
        png_error(png, strerror(errno));
}

static void on_flush(png_structp png)
{
    (void)png; /* tri_output_close flushes */
}

static void write_header(png_structp png, png_infop info, const struct tri_shape *shape)
{
    static const int colour_types[1 + TRI_PLANES_MAX] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                                         PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    const uint16_t probe = 1;

    png_set_IHDR(png, info, (png_uint_32)shape->width, (png_uint_32)shape->height, shape->bits,
                 colour_types[shape->planes], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    /* For photographs the quickest of what zlib offers at a decent size: of a noisy 3840 x 2160 one
     * 17.9 MB in 360 ms, where level 1 with matches takes 540 ms to 17.1 MB. */
    png_set_compression_level(png, 1);
    png_set_compression_strategy(png, Z_RLE);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_AVG);
    png_write_info(png, info);
    if (shape->bits == 16 && *(const uint8_t *)&probe == 1)
        png_set_swap(png);
}

static enum tri_status encode(struct writer *writer, const struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;

    writer->row = malloc((size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape));
    writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, on_error, on_warning);
    if (writer->png)
        writer->info = png_create_info_struct(writer->png);
    if (!writer->info || !writer->row)
        return cannot_write(writer, "no memory for libpng");
    if (setjmp(png_jmpbuf(writer->png)))
        return TRI_FAILED;
    png_set_write_fn(writer->png, writer, on_write, on_flush);
    write_header(writer->png, writer->info, shape);
    for (int y = 0; y < shape->height; y++) {
        tri_row_join(image, y, writer->row);
        png_write_row(writer->png, writer->row);
    }
    png_write_end(writer->png, NULL);
    return TRI_OK;
}

enum tri_status tri_png_write(const struct tri_sink *sink, const struct tri_image *image)
{
    struct writer writer = {.sink = sink};

    enum tri_status status = encode(&writer, image);
    png_destroy_write_struct(&writer.png, &writer.info);
    free(writer.row);
    return status;
}
