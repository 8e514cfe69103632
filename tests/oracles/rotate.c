/* The oracle of rotate: a quarter turn clockwise moves the first row to the last column. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width = in->shape.width, height = in->shape.height;
    bool half = oracle_chosen(pipeline, operation, "angle", "180");
    bool left = oracle_chosen(pipeline, operation, "angle", "270");

    (void)before;
    oracle_expect(out, half ? width : height, half ? height : width, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                int to_x = half ? width - 1 - x : left ? y : height - 1 - y;
                int to_y = half ? height - 1 - y : left ? width - 1 - x : x;

                *oracle_at(out, plane, to_x, to_y) = (double)oracle_sample(in, plane, x, y);
            }
}

const struct oracle oracle_rotate = {.name = "rotate", .alpha = ORACLE_PLAIN, .run = run};
