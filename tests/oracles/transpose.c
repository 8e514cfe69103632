/* The oracle of transpose: moves each sample to its place on the other side of the diagonal. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int width = in->shape.width, height = in->shape.height;
    bool anti = oracle_chosen(pipeline, operation, "diagonal", "anti");

    (void)before;
    oracle_expect(out, height, width, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                *oracle_at(out, plane, anti ? height - 1 - y : y, anti ? width - 1 - x : x) =
                    (double)oracle_sample(in, plane, x, y);
}

const struct oracle oracle_transpose = {.name = "transpose", .alpha = ORACLE_PLAIN, .run = run};
