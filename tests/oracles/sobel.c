/* The oracle of sobel, with the root found by counting. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

/* sqrt(square) rounded to the nearest integer: the r with (2r-1)^2 < 4 square < (2r+1)^2. */
static int64_t root(int64_t square)
{
    int64_t r = (int64_t)sqrt((double)square);

    while (r > 0 && (2 * r - 1) * (2 * r - 1) > 4 * square)
        r--;
    while ((2 * r + 1) * (2 * r + 1) < 4 * square)
        r++;
    return r;
}

static int64_t gradient(const struct tri_image *in, int plane, int x, int y, bool across)
{
    int64_t sum = 0;

    for (int side = -1; side <= 1; side += 2)
        for (int along = -1; along <= 1; along++)
            sum += side * (2 - abs(along)) *
                   (across ? oracle_sample(in, plane, x + side, y + along)
                           : oracle_sample(in, plane, x + along, y + side));
    return sum;
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
                int64_t gx = gradient(in, plane, x, y, true), gy = gradient(in, plane, x, y, false);
                int64_t norm = l2 ? root(gx * gx + gy * gy) : llabs(gx) + llabs(gy);

                *oracle_at(out, plane, x, y) =
                    norm < oracle_max(in) ? (double)norm : oracle_max(in);
            }
}

const struct oracle oracle_sobel = {.name = "sobel", .alpha = ORACLE_PREMULTIPLIED, .run = run};
