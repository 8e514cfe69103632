/* The oracle of dilate: the highest sample of a square window, found along rows and then columns.
 */
#include "../oracle.h"

#include <stdlib.h>

static double along_row(const struct tri_image *in, int plane, int x, int y, int radius)
{
    int64_t best = oracle_sample(in, plane, x, y);

    for (int dx = -radius; dx <= radius; dx++)
        if (oracle_sample(in, plane, x + dx, y) > best)
            best = oracle_sample(in, plane, x + dx, y);
    return (double)best;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius");
    struct expected rows;

    (void)before;
    oracle_expect(&rows, in->shape.width, in->shape.height, in->shape.planes, 0);
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int x = 0; x < out->width; x++) {
            for (int y = 0; y < out->height; y++)
                *oracle_at(&rows, plane, x, y) = along_row(in, plane, x, y, radius);
            /* Rows beyond the edge repeat the edge row, which adds nothing to a window that has it.
             */
            for (int y = 0; y < out->height; y++) {
                *oracle_at(out, plane, x, y) = *oracle_at(&rows, plane, x, y);
                for (int v = 0; v < out->height; v++)
                    if (abs(v - y) <= radius &&
                        *oracle_at(&rows, plane, x, v) > *oracle_at(out, plane, x, y))
                        *oracle_at(out, plane, x, y) = *oracle_at(&rows, plane, x, v);
            }
        }
    free(rows.value);
}

static const char *const cases[] = {"radius=2", "radius=5", "radius=31", NULL};

const struct oracle oracle_dilate = {
    .name = "dilate", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
