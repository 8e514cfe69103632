/* The oracle of median: sorts the window. */
#include "../oracle.h"

#include <stdlib.h>

static int64_t median(const struct tri_image *in, int plane, int x, int y, int radius)
{
    int64_t window[25];
    int count = 0;

    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            window[count++] = oracle_sample(in, plane, x + dx, y + dy);
    qsort(window, (size_t)count, sizeof(window[0]), oracle_ascending);
    return window[count / 2];
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius");

    (void)before;
    if (radius > 2) {
        fprintf(stderr, "tests: median: its window is made for radius 1 and 2\n");
        exit(1);
    }
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)median(in, plane, x, y, radius);
}

const struct oracle oracle_median = {.name = "median", .alpha = ORACLE_PREMULTIPLIED, .run = run};
