/* png_rows.c -- the rows of an image in PNG form. */
#include "png_rows.h"

#include <stdlib.h>
#include <string.h>

#define TABLE(level, argument) &tri_png_filter_##level,
static const struct tri_png_filter *const filters[] = {TRI_LEVELS(TABLE, 0)};

bool tri_png_rows_open(struct tri_png_rows *rows, const struct tri_image *image)
{
    const int pixel = image->shape.planes * (int)tri_sample_bytes(&image->shape);
    const size_t size = (size_t)image->shape.width * (size_t)pixel;
    /* Rows start at cache lines, for vectors. */
    const size_t room = TRI_PNG_BEFORE + (size + 63) / 64 * 64;
    uint8_t *memory = aligned_alloc(64, 4 * room);
    if (memory == NULL)
        return false;
    *rows = (struct tri_png_rows){
        .image = image, .filter = filters[tri_isa_best()], .pixel = pixel, .size = size};
    for (int i = 0; i < 3; i++)
        memset(memory + (size_t)i * room, 0, i < 2 ? TRI_PNG_BEFORE : room);
    rows->memory = memory;
    rows->rows[0] = memory + TRI_PNG_BEFORE;
    rows->rows[1] = memory + room + TRI_PNG_BEFORE;
    rows->nothing = memory + 2 * room + TRI_PNG_BEFORE;
    rows->other = memory + 3 * room + TRI_PNG_BEFORE;
    rows->held[0] = rows->held[1] = -1;
    return true;
}

void tri_png_rows_close(struct tri_png_rows *rows)
{
    free(rows->memory);
    rows->memory = NULL;
}

static const uint8_t *joined(struct tri_png_rows *rows, int y)
{
    const uint16_t probe = 1;
    if (y < 0)
        return rows->nothing;
    uint8_t *row = rows->rows[y & 1];
    if (rows->held[y & 1] != y) {
        tri_row_join(rows->image, y, row);
        if (rows->image->shape.bits == 16 && *(const uint8_t *)&probe == 1)
            rows->filter->swap((uint16_t *)(void *)row, rows->size / 2);
        rows->held[y & 1] = y;
    }
    return row;
}

void tri_png_rows_filter(struct tri_png_rows *rows, int y, unsigned set, uint8_t *out)
{
    const uint8_t *above = joined(rows, y - 1), *row = joined(rows, y);
    uint64_t least = UINT64_MAX;
    uint8_t *to = out + 1;
    for (int type = 0; type < TRI_PNG_FILTERS; type++) {
        if ((set & TRI_PNG_SET(type)) == 0)
            continue;
        const uint64_t sum = rows->filter->filter[type](to, row, above, rows->pixel, rows->size);
        if (sum < least) {
            least = sum;
            out[0] = (uint8_t)type;
            if (to != out + 1)
                memcpy(out + 1, to, rows->size);
            to = rows->other;
        }
    }
}
