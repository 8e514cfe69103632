/* The oracle of percentile: sorts the window. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static int64_t ranked(const struct tri_image *in, int plane, int x, int y, int radius, double part)
{
    int64_t window[49];
    int count = 0;

    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            window[count++] = oracle_sample(in, plane, x + dx, y + dy);
    qsort(window, (size_t)count, sizeof(window[0]), oracle_ascending);
    return window[(int)floor((count - 1) * part / 100 + 0.5)];
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double part = tri_pipeline_value(pipeline, operation, "rank");
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius");

    (void)before;
    if (radius > 3) {
        fprintf(stderr, "tests: percentile: its window is made for radii up to 3\n");
        exit(1);
    }
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)ranked(in, plane, x, y, radius, part);
}

static const char *const cases[] = {"rank=0",           "rank=100:radius=3",
                                    "rank=50:radius=2", "rank=12.5:radius=3",
                                    "rank=98:radius=2", NULL};

const struct oracle oracle_percentile = {
    .name = "percentile", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
