/* cluster_tiff.c -- TIFF files by rows, with libtiff: strips and tiles, classic and BigTIFF. */
#include "cluster_parts.h"

#ifdef TRI_CLUSTER_TIFF

#include "../image/image.h"

#include <tiffio.h>
#include <stdlib.h>
#include <string.h>

#define STRIP_WRITTEN ((size_t)1 << 18) /* bytes, as the codec's */
#define BLOCK_MOST ((uint64_t)96 << 20) /* bytes of a strip, or of a row of tiles */
#define CLASSIC_MOST UINT64_C(3900000000)

struct messages {
    char error[500];
};

static int on_error(TIFF *handle, void *user, const char *module, const char *format,
                    va_list arguments)
{
    struct messages *messages = user;
    (void)handle, (void)module;
    if (messages->error[0] == '\0')
        vsnprintf(messages->error, sizeof messages->error, format, arguments);
    messages->error[strcspn(messages->error, "\n")] = '\0';
    return 1;
}

static int on_warning(TIFF *handle, void *user, const char *module, const char *format,
                      va_list arguments)
{
    (void)handle, (void)user, (void)module, (void)format, (void)arguments;
    return 1;
}

static TIFF *open_tiff(const char *path, const char *mode, struct messages *messages)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, messages);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, NULL);
    TIFF *handle = TIFFOpenExt(path, mode, options);
    TIFFOpenOptionsFree(options);
    return handle;
}

/* ---- reading ---- */

struct reader {
    struct tri_row_reader base;
    struct messages messages;
    char *path;
    TIFF *handle;
    uint32_t tile_width, block_rows; /* tile_width 0: strips */
    bool separate;                   /* planes are stored one after another */
    int stored;                      /* planes of a stored pixel */
    unsigned char *block, *tile;
};

static enum tri_status cannot_read(struct reader *reader, const char *text, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s: %s", reader->path,
                    reader->messages.error[0] != '\0' ? reader->messages.error : text);
}

static enum tri_status in_rows(const struct reader *reader, const char *text,
                               struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot read %s in rows: %s", reader->path, text);
}

static uint32_t block_columns(const struct reader *reader)
{
    const uint32_t width = (uint32_t)reader->base.shape.width;
    return reader->tile_width == 0
               ? width
               : (width + reader->tile_width - 1) / reader->tile_width * reader->tile_width;
}

static size_t pixel_bytes(const struct reader *reader)
{
    return (size_t)reader->stored * tri_sample_bytes(&reader->base.shape);
}

/* Puts a tile's rows into those of its row of tiles. */
static void place_tile(const struct reader *reader, uint32_t x)
{
    const size_t pixel = pixel_bytes(reader), width = reader->tile_width * pixel,
                 stride = block_columns(reader) * pixel;
    for (uint32_t y = 0; y < reader->block_rows; y++)
        memcpy(reader->block + y * stride + x * pixel, reader->tile + y * width, width);
}

static bool read_tiles(const struct reader *reader, uint32_t y, uint16_t plane)
{
    const uint32_t width = (uint32_t)reader->base.shape.width;
    for (uint32_t x = 0; x < width; x += reader->tile_width) {
        if (TIFFReadTile(reader->handle, reader->tile, x, y, 0, plane) < 0)
            return false;
        place_tile(reader, x);
    }
    return true;
}

/* Reads the strip or row of tiles in which row y is. */
static bool read_block(const struct reader *reader, uint32_t y, uint16_t plane)
{
    const uint32_t top = y / reader->block_rows * reader->block_rows;
    if (reader->tile_width > 0)
        return read_tiles(reader, top, plane);
    return TIFFReadEncodedStrip(reader->handle, TIFFComputeStrip(reader->handle, top, plane),
                                reader->block, -1) >= 0;
}

static void take_row(const struct reader *reader, int y, int plane, struct tri_image *image)
{
    const size_t stride = block_columns(reader) * pixel_bytes(reader);
    const unsigned char *row = reader->block + (uint32_t)y % reader->block_rows * stride;
    if (reader->separate)
        memcpy(tri_image_row(image, plane, y), row,
               (size_t)image->shape.width * pixel_bytes(reader));
    else
        tri_row_split(image, y, row);
}

static enum tri_status read_rows(struct tri_row_reader *base, int from, int to,
                                 struct tri_image *image, struct tri_error *error)
{
    struct reader *reader = (struct reader *)base;
    const int rows = (int)reader->block_rows;
    for (int plane = 0; plane < (reader->separate ? base->shape.planes : 1); plane++) {
        for (int y = from; y < to; y++) {
            if ((y == from || y % rows == 0) && !read_block(reader, (uint32_t)y, (uint16_t)plane))
                return cannot_read(reader, "out of memory for its rows", error);
            take_row(reader, y, plane, image);
        }
    }
    return TRI_OK;
}

static void close_reader(struct tri_row_reader *base)
{
    struct reader *reader = (struct reader *)base;
    if (reader->handle != NULL)
        TIFFClose(reader->handle);
    free(reader->path);
    free(reader->block);
    free(reader->tile);
    free(reader);
}

/* Gray and R, G, B, without alpha or with straight alpha. */
static enum tri_status read_kind(struct reader *reader, struct tri_error *error)
{
    uint16_t bits, samples, photometric = 0, format, layout, orientation, extra = 0, *kinds = NULL;
    uint32_t width = 0, height = 0;
    TIFF *tiff = reader->handle;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    const int colours = photometric == PHOTOMETRIC_RGB ? 3 : 1;
    if (photometric != PHOTOMETRIC_RGB && photometric != PHOTOMETRIC_MINISBLACK)
        return in_rows(reader, "it is neither gray with 0 for black nor R, G, B", error);
    if ((bits != 8 && bits != 16) || (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID))
        return in_rows(reader, "its samples are no unsigned integers of 8 or 16 bits", error);
    if (samples != colours &&
        !(samples == colours + 1 && extra == 1 && kinds[0] == EXTRASAMPLE_UNASSALPHA))
        return in_rows(reader, "it has other samples than colours and straight alpha", error);
    if (orientation != ORIENTATION_TOPLEFT)
        return in_rows(reader, "it is stored turned or mirrored", error);
    if (width > TRI_SIDE_MAX || height > TRI_SIDE_MAX)
        return in_rows(reader, "it has too many pixels", error);
    reader->base.shape = (struct tri_shape){(int)width, (int)height, samples, bits};
    reader->separate = layout == PLANARCONFIG_SEPARATE && samples > 1;
    reader->stored = reader->separate ? 1 : samples;
    return tri_shape_check(&reader->base.shape, error) == TRI_OK ? TRI_OK : TRI_FAILED;
}

static enum tri_status find_blocks(struct reader *reader, struct tri_error *error)
{
    uint32_t height = (uint32_t)reader->base.shape.height;
    if (TIFFIsTiled(reader->handle)) {
        TIFFGetField(reader->handle, TIFFTAG_TILEWIDTH, &reader->tile_width);
        TIFFGetField(reader->handle, TIFFTAG_TILELENGTH, &reader->block_rows);
        if (reader->tile_width == 0 || reader->tile_width > TRI_SIDE_MAX)
            return in_rows(reader, "its tiles are too wide", error);
    } else {
        TIFFGetFieldDefaulted(reader->handle, TIFFTAG_ROWSPERSTRIP, &reader->block_rows);
        reader->block_rows = reader->block_rows > height ? height : reader->block_rows;
    }
    const uint64_t row = (uint64_t)block_columns(reader) * pixel_bytes(reader);
    if (reader->block_rows == 0 || row * reader->block_rows > BLOCK_MOST)
        return in_rows(reader,
                       "its strips are too large, as if it were written at once; write it with "
                       "fewer rows per strip (tiffcp -r 64)",
                       error);
    reader->base.unit = (int)reader->block_rows;
    reader->block = malloc((size_t)(row * reader->block_rows));
    reader->tile = reader->tile_width > 0 ? malloc((size_t)TIFFTileSize(reader->handle)) : NULL;
    const bool fits = reader->tile_width == 0 ||
                      (uint64_t)TIFFTileSize(reader->handle) ==
                          (uint64_t)reader->tile_width * reader->block_rows * pixel_bytes(reader);
    return reader->block != NULL && (reader->tile_width == 0 || reader->tile != NULL) && fits
               ? TRI_OK
               : cannot_read(reader, "out of memory for its rows", error);
}

enum tri_status tri_row_tiff_open(const char *path, struct tri_row_reader **result,
                                  struct tri_error *error)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL || (reader->path = strdup(path)) == NULL) {
        free(reader);
        return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    }
    reader->base = (struct tri_row_reader){.read = read_rows, .close = close_reader};
    /* Not mapped: pages of the file would count as this rank's memory. */
    reader->handle = open_tiff(path, "rm", &reader->messages);
    enum tri_status status =
        reader->handle != NULL ? TRI_OK : cannot_read(reader, "it is no TIFF file", error);
    if (status == TRI_OK)
        status = read_kind(reader, error);
    if (status == TRI_OK)
        status = find_blocks(reader, error);
    if (status == TRI_OK)
        *result = &reader->base;
    else
        close_reader(&reader->base);
    return status;
}

/* ---- writing ---- */

struct writer {
    struct tri_row_writer base;
    struct messages messages;
    struct tri_shape shape;
    char *path;
    TIFF *handle;
    unsigned char *row; /* libtiff changes what it is given */
};

static size_t row_bytes(const struct tri_shape *shape)
{
    return (size_t)shape->width * (size_t)shape->planes * tri_sample_bytes(shape);
}

static enum tri_status cannot_write(struct writer *writer, struct tri_error *error)
{
    return tri_fail(error, TRI_FAILED, "cannot write %s: %s", writer->path,
                    writer->messages.error[0] != '\0' ? writer->messages.error
                                                      : "libtiff gives no reason");
}

static enum tri_status write_rows(struct tri_row_writer *base, int from, int to, const void *rows,
                                  struct tri_error *error)
{
    struct writer *writer = (struct writer *)base;
    const size_t bytes = row_bytes(&writer->shape);
    for (int y = from; y < to; y++) {
        memcpy(writer->row, (const unsigned char *)rows + (size_t)(y - from) * bytes, bytes);
        if (TIFFWriteScanline(writer->handle, writer->row, (uint32_t)y, 0) < 0)
            return cannot_write(writer, error);
    }
    return TRI_OK;
}

static enum tri_status end_writer(struct tri_row_writer *base, struct tri_error *error)
{
    struct writer *writer = (struct writer *)base;
    const bool flushed = TIFFFlush(writer->handle) && writer->messages.error[0] == '\0';
    TIFFClose(writer->handle);
    writer->handle = NULL;
    return flushed && writer->messages.error[0] == '\0' ? TRI_OK : cannot_write(writer, error);
}

static void close_writer(struct tri_row_writer *base)
{
    struct writer *writer = (struct writer *)base;
    if (writer->handle != NULL)
        TIFFClose(writer->handle);
    free(writer->path);
    free(writer->row);
    free(writer);
}

/* As the codec writes it. */
static bool set_kind(TIFF *tiff, const struct tri_shape *shape)
{
    const uint16_t straight = EXTRASAMPLE_UNASSALPHA;
    const size_t bytes = row_bytes(shape);
    const uint32_t rows = bytes < STRIP_WRITTEN ? (uint32_t)(STRIP_WRITTEN / bytes) : 1;
    return TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)shape->width) &&
           TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)shape->height) &&
           TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, shape->bits) &&
           TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, shape->planes) &&
           TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                        shape->planes < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB) &&
           TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) &&
           TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) &&
           TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows) &&
           (shape->planes % 2 == 1 || TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &straight)) &&
           TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE) &&
           TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL) &&
           TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, 1);
}

enum tri_status tri_row_tiff_create(const char *path, const struct tri_shape *shape,
                                    struct tri_row_writer **result, struct tri_error *error)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL || (writer->path = strdup(path)) == NULL ||
        (writer->row = malloc(row_bytes(shape))) == NULL) {
        if (writer != NULL)
            close_writer(&writer->base);
        return tri_fail(error, TRI_FAILED, "out of memory for %s", path);
    }
    writer->base =
        (struct tri_row_writer){.write = write_rows, .end = end_writer, .close = close_writer};
    writer->shape = *shape;
    const uint64_t whole = (uint64_t)row_bytes(shape) * (uint64_t)shape->height;
    writer->handle = open_tiff(path, whole > CLASSIC_MOST ? "w8" : "w", &writer->messages);
    if (writer->handle != NULL && set_kind(writer->handle, shape)) {
        *result = &writer->base;
        return TRI_OK;
    }
    cannot_write(writer, error);
    close_writer(&writer->base);
    return TRI_FAILED;
}

#endif
