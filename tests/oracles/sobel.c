/* The oracle of sobel. */
#include "../oracle_window.h"

#include <stdlib.h>

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
    (void)before;
    oracle_strength(pipeline, operation, in, gradient, out);
}

const struct oracle oracle_sobel = {.name = "sobel", .alpha = ORACLE_PREMULTIPLIED, .run = run};
