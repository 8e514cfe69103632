/* The oracle of difference. */
#include "../oracle.h"

#include <math.h>

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const struct tri_image *in = frames[index], *before = frames[index ? index - 1 : 0];

    (void)pipeline;
    (void)operation;
    (void)count;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = fabs((double)oracle_sample(in, plane, x, y) -
                                                    (double)oracle_sample(before, plane, x, y));
}

const struct oracle oracle_difference = {
    .name = "difference", .alpha = ORACLE_KEPT, .over_time = over_time};
