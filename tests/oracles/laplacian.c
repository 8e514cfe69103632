/* The oracle of laplacian: differences from each neighbour. */
#include "../oracle.h"

#include <stdlib.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    bool corners = oracle_chosen(pipeline, operation, "neighbours", "8");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t sum = 0;

                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        if (corners || dx == 0 || dy == 0)
                            sum += oracle_sample(in, plane, x + dx, y + dy) -
                                   oracle_sample(in, plane, x, y);
                *oracle_at(out, plane, x, y) = oracle_clamp((double)llabs(sum), 0, oracle_max(in));
            }
}

const struct oracle oracle_laplacian = {.name = "laplacian", .alpha = ORACLE_KEPT, .run = run};
