/* png_read.c -- tri_png_read: a PNG file of any kind becomes a planar image, by libpng. */
#include "image.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* libpng leaves a failed call by longjmp; all that must survive it is in here, and not in locals. */
struct reader {
    const char *name; /* for messages */
    FILE *file;
    png_structp png;
    png_infop info;
    png_bytep row; /* interleaved */
    struct tri_image *image;
    char warning[200]; /* the first one */
    struct tri_error *error;
};

static enum tri_status cannot_read(const struct reader *reader, const char *why)
{
    return tri_fail(reader->error, TRI_FAILED, "cannot read %s: %s", reader->name, why);
}

/* Errors of libpng's own; a warning that went before tells more, as for a bad IHDR. */
PNG_NORETURN static void on_error(png_structp png, png_const_charp message)
{
    const struct reader *reader = png_get_error_ptr(png);
    tri_fail(reader->error, TRI_FAILED, "cannot read %s: %s%s%s", reader->name, message,
             reader->warning[0] ? "; " : "", reader->warning);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    struct reader *reader = png_get_error_ptr(png);
    if (strstr(message, "incorrect data check")) /* zlib's sum over the pixels: they are damaged */
        png_error(png, message);
    if (!reader->warning[0])
        snprintf(reader->warning, sizeof reader->warning, "%s", message);
}

static void on_read(png_structp png, png_bytep data, size_t size)
{
    const struct reader *reader = png_get_io_ptr(png);
    if (fread(data, 1, size, reader->file) == size)
        return;
    cannot_read(reader, ferror(reader->file) ? strerror(errno) : "the file is cut short");
    png_longjmp(png, 1);
}

static enum tri_status check_signature(struct reader *reader)
{
    unsigned char signature[8];
    size_t size = fread(signature, 1, sizeof signature, reader->file);

    if (ferror(reader->file))
        return cannot_read(reader, strerror(errno));
    if (size == 0)
        return cannot_read(reader, "the file is empty");
    if (size < sizeof signature || png_sig_cmp(signature, 0, sizeof signature) != 0)
        return cannot_read(reader, "not a PNG file (signature missing)");
    return TRI_OK;
}

static enum tri_status check_size(const struct reader *reader, uint64_t max_pixels)
{
    uint64_t width = png_get_image_width(reader->png, reader->info);
    uint64_t height = png_get_image_height(reader->png, reader->info);

    if (width > TRI_SIDE_MAX || height > TRI_SIDE_MAX)
        return tri_fail(reader->error, TRI_FAILED,
                        "cannot read %s: %llu x %llu pixels; a side may have at most %d", reader->name,
                        (unsigned long long)width, (unsigned long long)height, TRI_SIDE_MAX);
    if (width * height > max_pixels)
        return tri_fail(reader->error, TRI_FAILED,
                        "cannot read %s: %llu x %llu pixels are more than the limit of %llu"
                        " (raise it with --max-pixels)",
                        reader->name, (unsigned long long)width, (unsigned long long)height,
                        (unsigned long long)max_pixels);
    return TRI_OK;
}

/* Has libpng deliver 8 or 16 bits per sample, native, and 1 to 4 samples per pixel. */
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
    struct tri_shape shape = {
        .width = (int)png_get_image_width(reader->png, reader->info),
        .height = (int)png_get_image_height(reader->png, reader->info),
        .planes = png_get_channels(reader->png, reader->info),
        .bits = png_get_bit_depth(reader->png, reader->info),
    };
    struct tri_error why;

    if (tri_image_new(&shape, &reader->image, &why))
        return cannot_read(reader, why.text);
    reader->row = calloc(1, png_get_rowbytes(reader->png, reader->info));
    return reader->row ? TRI_OK : cannot_read(reader, "no memory for a row");
}

/* Each pass of an interlaced file adds pixels to rows, so a row goes back into its interleaved form
 * first: slower than libpng's way, but without a second copy of the image. */
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

static enum tri_status decode(struct reader *reader, uint64_t max_pixels)
{
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png)
        reader->info = png_create_info_struct(reader->png);
    if (!reader->info)
        return cannot_read(reader, "libpng cannot be set up");
    if (setjmp(png_jmpbuf(reader->png)))
        return TRI_FAILED;
    png_set_read_fn(reader->png, reader, on_read);
    png_set_sig_bytes(reader->png, 8);
    /* check_size has the better message; libpng takes no memory for pixels before. */
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    /* Profiles, gamma, text and the like change no sample here: their checksums are enough. */
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(reader->png, reader->info);
    enum tri_status status = check_size(reader, max_pixels);
    if (status)
        return status;
    int passes = png_get_interlace_type(reader->png, reader->info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
    choose_transforms(reader->png, reader->info);
    status = make_image(reader);
    if (status)
        return status;
    read_rows(reader, passes);
    png_read_end(reader->png, NULL); /* a file cut short after the pixels is an error too */
    return TRI_OK;
}

enum tri_status tri_png_read(const char *path, uint64_t max_pixels, struct tri_image **image,
                             char warning[200], struct tri_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    struct reader reader = {.name = standard ? "standard input" : path, .error = error};

    *image = NULL;
    if (warning)
        warning[0] = '\0';
    reader.file = standard ? stdin : fopen(path, "rbe");
    if (!reader.file)
        return cannot_read(&reader, strerror(errno));

    enum tri_status status = check_signature(&reader);
    if (!status)
        status = decode(&reader, max_pixels ? max_pixels : TRI_PIXEL_LIMIT);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    free(reader.row);
    if (!standard)
        fclose(reader.file);
    if (status) {
        tri_image_free(reader.image);
        return status;
    }
    *image = reader.image;
    if (warning)
        memcpy(warning, reader.warning, sizeof reader.warning);
    return TRI_OK;
}
