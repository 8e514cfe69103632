/* png_read.c -- reads a PNG file of any kind into a planar image, by libpng. */
#include "png_codec.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* libpng leaves a failed call by longjmp; state that must survive is in here, not in locals. */
struct reader {
    struct tri_source *source;
    size_t at; /* bytes read */
    png_structp png;
    png_infop info;
    png_bytep row; /* interleaved */
    struct tri_image *image;
};

/* libpng's own errors; a preceding warning is more specific, as for a bad IHDR. */
PNG_NORETURN static void on_error(png_structp png, png_const_charp message)
{
    const struct reader *reader = png_get_error_ptr(png);
    const char *warning = reader->source->warning;
    tri_source_fail(reader->source, "%s%s%s", message, warning[0] ? "; " : "", warning);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    struct reader *reader = png_get_error_ptr(png);
    /* Newer libpng only warns of these: zlib's checksum over the pixels, and IEND's. Here they are
     * damage. */
    if (strstr(message, "incorrect data check") != NULL || strcmp(message, "IEND: CRC error") == 0)
        png_error(png, message);
    tri_source_warn(reader->source, "%s", message);
}

static void on_read(png_structp png, png_bytep data, size_t size)
{
    struct reader *reader = png_get_io_ptr(png);
    if (size > reader->source->size - reader->at) {
        tri_source_fail(reader->source, "the file is truncated");
        png_longjmp(png, 1);
    }
    memcpy(data, reader->source->data + reader->at, size);
    reader->at += size;
}

/* Makes libpng deliver 8 or 16 bits per sample, native, and 1 to 4 samples per pixel. */
static void choose_transforms(png_structp png, png_infop info)
{
    const uint16_t probe = 1;

    png_set_expand(png);
    if (png_get_bit_depth(png, info) == 16 && *(const uint8_t *)&probe == 1)
        png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static enum tri_status make_image(struct reader *reader)
{
    const enum tri_status status =
        tri_source_image(reader->source, png_get_image_width(reader->png, reader->info),
                         png_get_image_height(reader->png, reader->info),
                         png_get_channels(reader->png, reader->info),
                         png_get_bit_depth(reader->png, reader->info), &reader->image);
    if (status != TRI_OK)
        return status;
    reader->row = calloc(1, png_get_rowbytes(reader->png, reader->info));
    return reader->row ? TRI_OK : tri_source_fail(reader->source, "out of memory for a row");
}

/* Each pass of an interlaced file adds pixels to rows, so a row is interleaved again first: slower
 * than libpng's way, but without a second copy of the image. */
static void read_rows(struct reader *reader, int passes)
{
    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < reader->image->shape.height; y++) {
            if (pass > 0)
                tri_row_join(reader->image, y, reader->row);
            png_read_row(reader->png, reader->row, NULL);
            tri_row_split(reader->image, y, reader->row);
        }
    }
}

static enum tri_status decode(struct reader *reader)
{
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png)
        reader->info = png_create_info_struct(reader->png);
    if (!reader->info)
        return tri_source_fail(reader->source, "cannot initialize libpng");
    if (setjmp(png_jmpbuf(reader->png)))
        return TRI_FAILED;
    png_set_read_fn(reader->png, reader, on_read);
    /* tri_source_check_size has the better message; libpng allocates nothing for pixels before
     * that. */
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    /* Profiles, gamma, text and the like change no samples here: checking their checksums is
     * enough. */
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(reader->png, reader->info);
    enum tri_status status =
        tri_source_check_size(reader->source, png_get_image_width(reader->png, reader->info),
                              png_get_image_height(reader->png, reader->info));
    if (status)
        return status;
    int passes = png_get_interlace_type(reader->png, reader->info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
    choose_transforms(reader->png, reader->info);
    status = make_image(reader);
    if (status)
        return status;
    read_rows(reader, passes);
    png_read_end(reader->png, NULL); /* a file cut short after the pixels is also an error */
    return TRI_OK;
}

enum tri_status tri_png_read(struct tri_source *source, struct tri_image **image)
{
    struct reader reader = {.source = source};
    const enum tri_status status = decode(&reader);

    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    free(reader.row);
    *image = reader.image;
    return status;
}
