/* The oracle of flip. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    bool vertical = oracle_chosen(pipeline, operation, "axis", "vertical");
    int last_x = in->shape.width - 1, last_y = in->shape.height - 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y <= last_y; y++)
            for (int x = 0; x <= last_x; x++)
                *oracle_at(out, plane, x, y) =
                    (double)(vertical ? oracle_sample(in, plane, x, last_y - y)
                                      : oracle_sample(in, plane, last_x - x, y));
}

const struct oracle oracle_flip = {.name = "flip", .alpha = ORACLE_PLAIN, .run = run};
