/* montage_sheet.c -- where pictures of a sheet go, and their samples in its form. */
#include "cli/montage_sheet.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

/* The cells' places along one axis. */
struct axis {
    int count;
    int64_t *start; /* of each */
    int *size;
};

struct grid {
    struct axis across, down;
};

/* ---- places ---- */

static bool axis_new(struct axis *axis, int count)
{
    axis->count = count;
    axis->start = calloc((size_t)count, sizeof *axis->start);
    axis->size = calloc((size_t)count, sizeof *axis->size);
    return axis->start != NULL && axis->size != NULL;
}

static void axis_free(struct axis *axis)
{
    free(axis->start);
    free(axis->size);
}

static void widen(int *size, int by)
{
    *size = by > *size ? by : *size;
}

static int64_t place_cells(struct axis *axis, const struct cli_sheet *sheet)
{
    int64_t at = sheet->border;

    for (int i = 0; i < axis->count; i++) {
        axis->start[i] = at;
        at += axis->size[i] + (i + 1 < axis->count ? sheet->gap : 0);
    }
    return at + sheet->border;
}

/* Fills in the grid and the sheet's sides. */
static void lay_out(const struct cli_sheet *sheet, struct grid *grid, int64_t sides[2])
{
    for (int i = 0; i < sheet->count; i++) {
        const struct tri_shape *shape = &sheet->pictures[i]->shape;
        const int column = i % sheet->columns, row = i / sheet->columns;
        widen(&grid->across.size[column], sheet->cell_width > 0 ? sheet->cell_width : shape->width);
        widen(&grid->down.size[row], sheet->cell_height > 0 ? sheet->cell_height : shape->height);
    }
    sides[0] = place_cells(&grid->across, sheet);
    sides[1] = place_cells(&grid->down, sheet);
}

/* ---- samples ---- */

static unsigned get(const struct tri_image *image, int plane, int x, int y)
{
    const void *row = tri_image_row(image, plane, y);

    return image->shape.bits == 16 ? ((const uint16_t *)row)[x] : ((const uint8_t *)row)[x];
}

static void set(struct tri_image *image, int plane, int x, int y, unsigned sample)
{
    void *row = tri_image_row(image, plane, y);

    if (image->shape.bits == 16)
        ((uint16_t *)row)[x] = (uint16_t)sample;
    else
        ((uint8_t *)row)[x] = (uint8_t)sample;
}

/* The plane of a picture that becomes plane `plane` of the sheet; -1: it is opaque there. */
static int plane_of(const struct tri_shape *picture, const struct tri_shape *sheet, int plane)
{
    const bool alpha = sheet->planes % 2 == 0 && plane == sheet->planes - 1;

    if (alpha)
        return picture->planes % 2 == 0 ? picture->planes - 1 : -1;
    return picture->planes > 2 ? plane : 0;
}

static void paste_plane(struct tri_image *sheet, int plane, const struct tri_image *picture,
                        int left, int top)
{
    const int from = plane_of(&picture->shape, &sheet->shape, plane);
    const unsigned most = sheet->shape.bits == 16 ? 65535 : 255;
    const unsigned scale = sheet->shape.bits > picture->shape.bits ? 257 : 1;
    const size_t size = (size_t)picture->shape.width * tri_sample_bytes(&sheet->shape);

    for (int y = 0; y < picture->shape.height; y++) {
        if (from >= 0 && scale == 1) {
            unsigned char *row = tri_image_row(sheet, plane, top + y);
            memcpy(row + (size_t)left * tri_sample_bytes(&sheet->shape),
                   tri_image_row(picture, from, y), size);
            continue;
        }
        for (int x = 0; x < picture->shape.width; x++)
            set(sheet, plane, left + x, top + y,
                from < 0 ? most : get(picture, from, x, y) * scale);
    }
}

/* In a cell that is larger by `room`; gravity 0, 1, 2 is the start, the middle, the end. */
static int within(int room, int gravity)
{
    return gravity == 0 ? 0 : gravity == 1 ? room / 2 : room;
}

static void paste(const struct cli_sheet *sheet, const struct grid *grid, int number,
                  struct tri_image *image)
{
    const struct tri_image *picture = sheet->pictures[number];
    const int column = number % sheet->columns, row = number / sheet->columns;
    const int left = (int)grid->across.start[column] +
                     within(grid->across.size[column] - picture->shape.width, sheet->gravity % 3),
              top = (int)grid->down.start[row] +
                    within(grid->down.size[row] - picture->shape.height, sheet->gravity / 3);

    for (int plane = 0; plane < image->shape.planes; plane++)
        paste_plane(image, plane, picture, left, top);
}

/* What is behind the pictures. */
static void fill(const struct cli_sheet *sheet, struct tri_image *image)
{
    const struct tri_shape *shape = &image->shape;

    for (int plane = 0; plane < shape->planes; plane++) {
        const bool alpha = shape->planes % 2 == 0 && plane == shape->planes - 1;
        const unsigned sample = sheet->clear ? 0 : alpha ? 255 : sheet->colour[plane % 3];
        for (int x = 0; x < shape->width; x++)
            set(image, plane, x, 0, shape->bits == 16 ? sample * 257 : sample);
        for (int y = 1; y < shape->height; y++)
            memcpy(tri_image_row(image, plane, y), tri_image_row(image, plane, 0),
                   (size_t)shape->width * tri_sample_bytes(shape));
    }
}

/* ---- the sheet ---- */

static struct tri_shape shape_of(const struct cli_sheet *sheet, const int64_t sides[2])
{
    const uint8_t *c = sheet->colour;
    bool colour = !sheet->clear && (c[0] != c[1] || c[1] != c[2]), alpha = sheet->clear;
    int bits = 8;

    for (int i = 0; i < sheet->count; i++) {
        const struct tri_shape *shape = &sheet->pictures[i]->shape;
        colour |= shape->planes > 2;
        alpha |= shape->planes % 2 == 0;
        bits = shape->bits > bits ? shape->bits : bits;
    }
    return (struct tri_shape){(int)sides[0], (int)sides[1], (colour ? 3 : 1) + alpha, bits};
}

static enum tri_status make(const struct cli_sheet *sheet, struct grid *grid, uint64_t max_pixels,
                            struct tri_image **image, struct tri_error *error)
{
    int64_t sides[2];

    lay_out(sheet, grid, sides);
    if (sides[0] > TRI_SIDE_MAX || sides[1] > TRI_SIDE_MAX ||
        (uint64_t)sides[0] * (uint64_t)sides[1] > max_pixels)
        return tri_fail(
            error, TRI_USAGE,
            "%s: %lld x %lld pixels exceed the limit of %llu, and %d per side; use smaller cells "
            "(%s), or --max-pixels",
            sheet->command, (long long)sides[0], (long long)sides[1],
            (unsigned long long)max_pixels, TRI_SIDE_MAX, sheet->smaller);
    const struct tri_shape shape = shape_of(sheet, sides);
    if (tri_image_new(&shape, image, error) != TRI_OK)
        return error->status;
    fill(sheet, *image);
    for (int i = 0; i < sheet->count; i++)
        paste(sheet, grid, i, *image);
    (*image)->padded = false;
    return TRI_OK;
}

enum tri_status cli_sheet_make(const struct cli_sheet *sheet, uint64_t max_pixels,
                               struct tri_image **image, struct tri_error *error)
{
    struct grid grid = {0};
    const bool room = axis_new(&grid.across, sheet->columns) &&
                      axis_new(&grid.down, (sheet->count + sheet->columns - 1) / sheet->columns);
    const enum tri_status status =
        room ? make(sheet, &grid, max_pixels, image, error)
             : tri_fail(error, TRI_FAILED, "%s: out of memory for %d cells", sheet->command,
                        sheet->count);

    axis_free(&grid.across);
    axis_free(&grid.down);
    return status;
}

/* ---- its file ---- */

int cli_sheet_columns(int count)
{
    int root = 1;

    while ((int64_t)root * root < count)
        root++;
    return root;
}

static void tell(void *listener, const char *text)
{
    (void)listener;
    cli_note("%s", text);
}

enum tri_status cli_sheet_write(const struct cli_sheet *sheet, const struct cli_sheet_file *file,
                                struct tri_error *error)
{
    const struct tri_write_options with = {.size = sizeof with,
                                           .format = file->format,
                                           .quality = file->quality,
                                           .background = {TRI_BACKGROUND_TOLD, {255, 255, 255}},
                                           .tell = tell};
    struct tri_image *image = NULL;

    enum tri_status status = cli_sheet_make(
        sheet, file->max_pixels > 0 ? file->max_pixels : TRI_PIXEL_LIMIT, &image, error);
    if (status == TRI_OK) {
        cli_interrupt_catch();
        cli_write_begin();
        status = tri_image_write(file->path, image, &with, error);
        cli_write_end();
    }
    tri_image_free(image);
    return status;
}
