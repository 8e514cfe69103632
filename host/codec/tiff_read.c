/* tiff_read.c -- reads a page of a TIFF file into a planar image, by libtiff. Of the metadata,
 * orientation is read here, the rest in tiff_tags.c. */
#include "tiff_colours.h"
#include "tiff_tags.h"

#include <stdlib.h>
#include <string.h>

/* tiles of up to this many pixels may be larger than the picture */
#define BLOCK_MIN (UINT64_C(1) << 24)

struct reader {
    struct tri_source *source;
    struct tri_tiff tiff;
    uint32_t width, height;
    uint32_t tile_width; /* 0: in strips */
    uint32_t strip_rows; /* rows stored together */
    uint16_t bits, samples, photometric, layout, orientation;
    int colours;   /* samples without alpha */
    bool inverted; /* 0 is white */
    enum { OPAQUE, STRAIGHT, PREMULTIPLIED } alpha;
    void *strip, *tile; /* rows in the file's layout; part of them */
    void *unpacked;     /* a row's samples if they are not whole bytes */
    uint32_t *raster;   /* a picture converted by libtiff */
    struct tri_image *image;
};

/* libtiff's own message if there is one. */
static enum tri_status fail(const struct reader *reader, const char *text)
{
    return tri_source_fail(reader->source, "%s",
                           reader->tiff.error[0] != '\0' ? reader->tiff.error : text);
}

/* ---- the kind of file ---- */

static enum tri_status check_samples(struct reader *reader)
{
    uint16_t format;
    TIFFGetFieldDefaulted(reader->tiff.handle, TIFFTAG_SAMPLEFORMAT, &format);
    if (format == SAMPLEFORMAT_IEEEFP)
        return tri_source_fail(
            reader->source, "floating-point samples are not supported; expected unsigned integers");
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
        return tri_source_fail(
            reader->source,
            "signed or complex samples are not supported; expected unsigned integers");
    if (reader->samples < 1 || reader->samples > TRI_PLANES_MAX)
        return tri_source_fail(reader->source,
                               "%d samples per pixel are not supported; expected 1 to 4",
                               reader->samples);
    if (reader->bits > 16)
        return tri_source_fail(reader->source,
                               "%d bits per sample are not supported; expected at most 16",
                               reader->bits);
    return TRI_OK;
}

static enum tri_status check_tiles(struct reader *reader)
{
    const uint64_t picture = (uint64_t)reader->width * reader->height;
    const uint64_t most = picture > BLOCK_MIN ? picture : BLOCK_MIN;
    const uint32_t width = reader->tile_width, height = reader->strip_rows;
    if (width < 1 || height < 1 || width > TRI_SIDE_MAX || height > TRI_SIDE_MAX ||
        (uint64_t)width * height > most)
        return tri_source_fail(reader->source,
                               "invalid tile size of %u x %u pixels for a picture of %u x %u",
                               width, height, reader->width, reader->height);
    return TRI_OK;
}

/* According to the header, before memory is allocated. */
static enum tri_status check_size(struct reader *reader)
{
    TIFF *tiff = reader->tiff.handle;
    if (reader->width == 0 || reader->height == 0)
        return tri_source_fail(reader->source, "a picture of %u x %u pixels is empty",
                               reader->width, reader->height);
    if (tri_source_check_size(reader->source, reader->width, reader->height) != TRI_OK)
        return TRI_FAILED;
    if (TIFFIsTiled(tiff)) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &reader->tile_width);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &reader->strip_rows);
        return check_tiles(reader);
    }
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &reader->strip_rows);
    return reader->strip_rows > 0 ? TRI_OK
                                  : tri_source_fail(reader->source, "the strips have no rows");
}

/* Extra samples of unspecified kind are taken as alpha, as by most programs. */
static enum tri_status find_alpha(struct reader *reader)
{
    uint16_t count = 0, *kinds = NULL;
    const int extra = reader->samples - reader->colours;
    TIFFGetFieldDefaulted(reader->tiff.handle, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    if (extra < 0 || extra > 1)
        return tri_source_fail(reader->source,
                               "%d samples per pixel, of which %d are colours, are not supported",
                               reader->samples, reader->colours);
    if (extra == 1)
        reader->alpha = count > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA ? PREMULTIPLIED : STRAIGHT;
    return TRI_OK;
}

/* Whether samples are used as stored or converted here; libtiff has to convert others. */
static bool is_direct(const struct reader *reader)
{
    const int samples = reader->samples;
    switch (reader->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_SEPARATED:
        return true;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
        return samples == 3 && (reader->bits == 8 || reader->bits == 16);
    case PHOTOMETRIC_PALETTE:
        return samples == 1 && reader->bits == 16;
    default:
        return false;
    }
}

static int colours_of(const struct reader *reader)
{
    switch (reader->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        return 1;
    case PHOTOMETRIC_SEPARATED:
        return 4;
    case PHOTOMETRIC_PALETTE:
        return reader->bits == 16 ? 1 : 3;
    default:
        return 3;
    }
}

/* Other inks have no known colours. */
static enum tri_status check_inks(const struct reader *reader)
{
    uint16_t set = INKSET_CMYK;
    if (reader->photometric != PHOTOMETRIC_SEPARATED)
        return TRI_OK;
    TIFFGetFieldDefaulted(reader->tiff.handle, TIFFTAG_INKSET, &set);
    return set == INKSET_CMYK && reader->samples == 4
               ? TRI_OK
               : tri_source_fail(reader->source,
                                 "this set of %d inks is not supported; expected cyan, magenta, "
                                 "yellow and black",
                                 reader->samples);
}

static enum tri_status read_header(struct reader *reader)
{
    TIFF *tiff = reader->tiff.handle;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &reader->width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &reader->height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &reader->layout);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &reader->orientation);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric))
        reader->photometric = reader->samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    reader->inverted = reader->photometric == PHOTOMETRIC_MINISWHITE;
    reader->colours = colours_of(reader);
    if (check_size(reader) != TRI_OK || check_inks(reader) != TRI_OK)
        return TRI_FAILED;
    return check_samples(reader);
}

/* ---- samples as stored ---- */

/* The number of a pixel's samples that are stored together. */
static size_t together(const struct reader *reader)
{
    return reader->layout == PLANARCONFIG_SEPARATE ? 1 : reader->samples;
}

static size_t row_bytes(const struct reader *reader, uint32_t width)
{
    return (width * together(reader) * reader->bits + 7) / 8;
}

static enum tri_status read_strip(struct reader *reader, uint32_t top, uint32_t rows,
                                  uint16_t plane)
{
    TIFF *tiff = reader->tiff.handle;
    const tmsize_t size = (tmsize_t)(rows * row_bytes(reader, reader->width));
    if (TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, top, plane), reader->strip, size) != size)
        return fail(reader, "a strip is damaged or truncated");
    return TRI_OK;
}

static enum tri_status read_tiles(struct reader *reader, uint32_t top, uint32_t rows,
                                  uint16_t plane)
{
    TIFF *tiff = reader->tiff.handle;
    const uint32_t width = reader->tile_width;
    const size_t row = row_bytes(reader, reader->width), tile_row = row_bytes(reader, width);
    const tmsize_t size = TIFFTileSize(tiff);
    for (uint32_t x = 0; x < reader->width; x += width) {
        const size_t from = row_bytes(reader, x),
                     part = row - from < tile_row ? row - from : tile_row;
        if (TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, top, 0, plane), reader->tile,
                                size) != size)
            return fail(reader, "a tile is damaged or truncated");
        for (uint32_t y = 0; y < rows; y++)
            memcpy((char *)reader->strip + y * row + from, (char *)reader->tile + y * tile_row,
                   part);
    }
    return TRI_OK;
}

static bool is_packed(const struct reader *reader)
{
    return reader->bits != 8 && reader->bits != 16;
}

static void take_row(struct reader *reader, uint32_t y, uint16_t plane, const void *row)
{
    const size_t samples = (size_t)reader->width * together(reader);
    if (is_packed(reader)) {
        tri_tiff_unpack(row, reader->unpacked, samples, reader->bits);
        row = reader->unpacked;
    }
    if (reader->layout == PLANARCONFIG_SEPARATE)
        memcpy(tri_image_row(reader->image, plane, (int)y), row,
               samples * tri_sample_bytes(&reader->image->shape));
    else
        tri_row_split(reader->image, (int)y, row);
}

static enum tri_status make_tile(struct reader *reader)
{
    const tmsize_t size = TIFFTileSize(reader->tiff.handle);
    const size_t row = row_bytes(reader, reader->tile_width);
    if (size <= 0 || (size_t)size != row * reader->strip_rows ||
        reader->tile_width * together(reader) * reader->bits % 8 > 0)
        return fail(reader, "the size of its tiles is not supported");
    reader->tile = calloc(1, (size_t)size);
    return reader->tile != NULL ? TRI_OK
                                : tri_source_fail(reader->source, "out of memory for a tile");
}

static enum tri_status make_memory(struct reader *reader)
{
    if (reader->tile_width > 0 && make_tile(reader) != TRI_OK)
        return TRI_FAILED;
    reader->strip_rows = reader->strip_rows < reader->height ? reader->strip_rows : reader->height;
    reader->strip = calloc(reader->strip_rows, row_bytes(reader, reader->width));
    reader->unpacked = is_packed(reader) ? calloc(reader->width, 2 * together(reader)) : NULL;
    if (reader->strip == NULL || (is_packed(reader) && reader->unpacked == NULL))
        return tri_source_fail(reader->source, "out of memory for rows");
    return tri_source_image(reader->source, reader->width, reader->height, reader->samples,
                            reader->bits > 8 ? 16 : 8, &reader->image);
}

static enum tri_status make_rgb(struct reader *reader)
{
    uint16_t *maps[3] = {NULL};
    switch (reader->photometric) {
    case PHOTOMETRIC_SEPARATED:
        reader->colours = 3;
        return tri_tiff_from_cmyk(reader->source, &reader->image);
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
        return tri_tiff_from_lab(reader->source, &reader->image,
                                 reader->photometric == PHOTOMETRIC_ICCLAB);
    case PHOTOMETRIC_PALETTE:
        if (!TIFFGetField(reader->tiff.handle, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]))
            return fail(reader, "the palette is missing");
        reader->colours = 3;
        return tri_tiff_from_palette(reader->source, &reader->image, maps);
    default:
        return TRI_OK;
    }
}

static enum tri_status read_direct(struct reader *reader)
{
    const uint16_t planes = reader->layout == PLANARCONFIG_SEPARATE ? reader->samples : 1;
    const size_t bytes = row_bytes(reader, reader->width);
    enum tri_status status = find_alpha(reader) == TRI_OK ? make_memory(reader) : TRI_FAILED;
    for (uint16_t plane = 0; plane < planes; plane++) {
        for (uint32_t top = 0; top < reader->height && status == TRI_OK;
             top += reader->strip_rows) {
            const uint32_t left = reader->height - top;
            const uint32_t rows = left < reader->strip_rows ? left : reader->strip_rows;
            status = (reader->tile != NULL ? read_tiles : read_strip)(reader, top, rows, plane);
            for (uint32_t y = 0; y < rows && status == TRI_OK; y++)
                take_row(reader, top + y, plane, (char *)reader->strip + y * bytes);
        }
    }
    return status == TRI_OK ? make_rgb(reader) : status;
}

/* ---- samples converted by libtiff ---- */

static void take_raster(const struct reader *reader)
{
    for (uint32_t y = 0; y < reader->height; y++) {
        const uint32_t *from = reader->raster + (size_t)y * reader->width;
        for (int plane = 0; plane < reader->image->shape.planes; plane++) {
            uint8_t *row = tri_image_row(reader->image, plane, (int)y);
            for (uint32_t x = 0; x < reader->width; x++)
                row[x] = (uint8_t)(from[x] >> 8 * plane);
        }
    }
}

static enum tri_status convert(struct reader *reader, TIFFRGBAImage *picture)
{
    /* Equal, so that libtiff ignores the orientation: it only mirrors, and does not transpose. */
    picture->orientation = picture->req_orientation = ORIENTATION_TOPLEFT;
    /* libtiff premultiplies any alpha */
    reader->alpha = picture->alpha != 0 ? PREMULTIPLIED : OPAQUE;
    reader->colours = 3;
    reader->inverted = false;
    const enum tri_status status =
        tri_source_image(reader->source, reader->width, reader->height,
                         reader->alpha == OPAQUE ? 3 : 4, 8, &reader->image);
    if (status != TRI_OK)
        return status;
    reader->raster = calloc((size_t)reader->width * reader->height, sizeof reader->raster[0]);
    if (reader->raster == NULL)
        return tri_source_fail(reader->source, "out of memory for the pixels");
    if (!TIFFRGBAImageGet(picture, reader->raster, reader->width, reader->height))
        return fail(reader, "the pixels are damaged or truncated");
    take_raster(reader);
    return TRI_OK;
}

static enum tri_status read_converted(struct reader *reader)
{
    TIFFRGBAImage picture;
    char why[1024] = "";
    if (!TIFFRGBAImageOK(reader->tiff.handle, why) ||
        !TIFFRGBAImageBegin(&picture, reader->tiff.handle, 1, why))
        return fail(reader, why[0] != '\0' ? why : "libtiff cannot convert the pixels");
    const enum tri_status status = convert(reader, &picture);
    TIFFRGBAImageEnd(&picture);
    return status;
}

/* ---- samples in triptych's form ---- */

/* Make alpha straight; invert samples stored with 0 as white. */
#define LOOPS(type) \
    static void divide_##type(type *row, const type *alpha, int width, unsigned most) \
    { \
        for (int x = 0; x < width; x++) { \
            const unsigned a = alpha[x]; \
            const unsigned sample = a > 0 ? (row[x] * most + a / 2) / a : 0; \
            row[x] = (type)(sample < most ? sample : most); \
        } \
    } \
    static void invert_##type(type *row, int width) \
    { \
        for (int x = 0; x < width; x++) \
            row[x] = (type)~row[x]; \
    }

LOOPS(uint8_t)
LOOPS(uint16_t)

static void finish_row(const struct reader *reader, int y)
{
    const struct tri_shape *shape = &reader->image->shape;
    void *alpha = tri_image_row(reader->image, shape->planes - 1, y);
    for (int plane = 0; plane < reader->colours; plane++) {
        void *row = tri_image_row(reader->image, plane, y);
        if (reader->inverted && shape->bits == 8)
            invert_uint8_t(row, shape->width);
        else if (reader->inverted)
            invert_uint16_t(row, shape->width);
        if (reader->alpha == PREMULTIPLIED && shape->bits == 8)
            divide_uint8_t(row, alpha, shape->width, 255);
        else if (reader->alpha == PREMULTIPLIED)
            divide_uint16_t(row, alpha, shape->width, 65535);
    }
}

static int orientation_of(const struct reader *reader)
{
    return reader->orientation >= 1 && reader->orientation <= 8 ? reader->orientation : 1;
}

static enum tri_status finish(struct reader *reader)
{
    struct tri_error why;
    if (reader->alpha == PREMULTIPLIED || reader->inverted) {
        for (int y = 0; y < reader->image->shape.height; y++)
            finish_row(reader, y);
    }
    return tri_image_orient(&reader->image, orientation_of(reader), &why) == TRI_OK
               ? TRI_OK
               : tri_source_fail(reader->source, "%s", why.text);
}

/* Discards libtiff's messages about other pages. */
static enum tri_status count_pages(struct reader *reader)
{
    const struct tri_tiff kept = reader->tiff;
    struct tri_source *source = reader->source;
    char stack[TRI_NOTE_MAX] = "";
    long others;
    if (source->several)
        return TRI_OK;
    if (TIFFLastDirectory(reader->tiff.handle)) {
        tri_tiff_note_stack(reader->tiff.handle, 1, stack);
        if (stack[0] != '\0')
            tri_source_warn(source, "%s", stack);
        return TRI_OK;
    }
    uint64_t *places = tri_tiff_find_pages(&reader->tiff, &source->pictures, &others);
    free(places);
    memcpy(reader->tiff.error, kept.error, sizeof kept.error);
    memcpy(reader->tiff.warning, kept.warning, sizeof kept.warning);
    if (places == NULL)
        return tri_source_fail(source, "out of memory for a list of pages");
    if (source->pictures > 1)
        tri_source_warn(source, "only the first of %ld pages is read", source->pictures);
    if (others > 0)
        tri_source_warn(source, TRI_TIFF_OTHERS, others);
    return TRI_OK;
}

static enum tri_status add_metadata(struct reader *reader)
{
    return reader->source->metadata != NULL
               ? tri_tiff_read_tags(reader->source, &reader->tiff, orientation_of(reader))
               : TRI_OK;
}

uint64_t tri_tiff_memory(const struct tri_source *source)
{
    const uint64_t pixels =
        source->max_pixels < PTRDIFF_MAX / 16 ? source->max_pixels : PTRDIFF_MAX / 16;
    return (pixels + BLOCK_MIN) * 8;
}

static enum tri_status decode(struct reader *reader)
{
    if (!tri_tiff_open(&reader->tiff, reader->source->name, "r", tri_tiff_memory(reader->source)))
        return fail(reader, "libtiff cannot open the file");
    if (reader->source->place != 0 &&
        !TIFFSetSubDirectory(reader->tiff.handle, reader->source->place))
        return fail(reader, "the directory of the page is damaged");
    enum tri_status status = read_header(reader);
    if (status == TRI_OK)
        status = is_direct(reader) ? read_direct(reader) : read_converted(reader);
    if (status == TRI_OK)
        status = add_metadata(reader);
    if (status == TRI_OK)
        status = finish(reader);
    if (status == TRI_OK) {
        tri_tiff_note_inside(reader->source, &reader->tiff);
        status = count_pages(reader);
    }
    /* libtiff continues after some errors */
    if (status == TRI_OK && reader->tiff.error[0] != '\0')
        return fail(reader, "");
    return status;
}

enum tri_status tri_tiff_read(struct tri_source *source, struct tri_image **image)
{
    /* libtiff only reads this; its interface lacks const. */
    struct reader reader = {.source = source,
                            .tiff = {.data = (unsigned char *)source->data, .size = source->size}};
    const enum tri_status status = decode(&reader);
    tri_tiff_close(&reader.tiff);
    if (reader.tiff.warning[0] != '\0')
        tri_source_warn(source, "%s", reader.tiff.warning);
    free(reader.strip);
    free(reader.tile);
    free(reader.unpacked);
    free(reader.raster);
    *image = reader.image;
    return status;
}
