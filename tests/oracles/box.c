/* The oracle of box: integer sums along rows, then columns, divided once. */
#include "../oracle.h"

#include <stdlib.h>

/* The sum of the samples from x - radius to x + radius. */
static int64_t along_row(const struct tri_image *in, int plane, int x, int y, int radius)
{
    int64_t sum = 0;

    for (int k = -radius; k <= radius; k++)
        sum += oracle_sample(in, plane, x + k, y);
    return sum;
}

/* The same for `count` values, whose ends repeat. */
static int64_t along_column(const int64_t *values, int count, int y, int radius)
{
    int64_t sum = 0;

    for (int k = y - radius; k <= y + radius; k++)
        sum += values[k < 0 ? 0 : k >= count ? count - 1 : k];
    return sum;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius");
    int64_t samples = (int64_t)(2 * radius + 1) * (2 * radius + 1);
    int64_t *column = oracle_memory((size_t)in->shape.height, sizeof(int64_t));

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int x = 0; x < out->width; x++) {
            for (int y = 0; y < out->height; y++)
                column[y] = along_row(in, plane, x, y, radius);
            for (int y = 0; y < out->height; y++)
                *oracle_at(out, plane, x, y) =
                    (double)oracle_divide(along_column(column, out->height, y, radius), samples);
        }
    free(column);
}

static const char *const cases[] = {"radius=2",  "radius=7",   "radius=31",
                                    "radius=64", "radius=128", NULL};

const struct oracle oracle_box = {
    .name = "box", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
