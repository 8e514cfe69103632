/* The oracle of scharr, from its two matrices, with the root found by counting. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static int64_t component(const struct tri_image *in, int plane, int x, int y, bool across)
{
    static const int weight[3][3] = {{-3, 0, 3}, {-10, 0, 10}, {-3, 0, 3}};
    int64_t sum = 0;

    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            sum += (across ? weight[r][c] : weight[c][r]) *
                   oracle_sample(in, plane, x + c - 1, y + r - 1);
    return oracle_divide(llabs(sum), 4);
}

/* The r with (2r-1)^2 < 4 square < (2r+1)^2. */
static int64_t root(int64_t square)
{
    int64_t r = (int64_t)sqrt((double)square);

    while (r > 0 && (2 * r - 1) * (2 * r - 1) > 4 * square)
        r--;
    while ((2 * r + 1) * (2 * r + 1) < 4 * square)
        r++;
    return r;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    bool l2 = oracle_chosen(pipeline, operation, "norm", "l2");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t gx = component(in, plane, x, y, true);
                int64_t gy = component(in, plane, x, y, false);
                int64_t norm = l2 ? root(gx * gx + gy * gy) : gx + gy;

                *oracle_at(out, plane, x, y) =
                    norm < oracle_max(in) ? (double)norm : oracle_max(in);
            }
}

const struct oracle oracle_scharr = {.name = "scharr", .alpha = ORACLE_KEPT, .run = run};
