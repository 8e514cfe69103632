/* The oracle of gaussian: the bell curve in double, truncated at four sigma. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static struct oracle_weights bell(int side, double sigma)
{
    struct oracle_weights weights = oracle_weights_new(side, side);
    int radius = (int)ceil(4 * sigma);

    for (int o = 0; o < side; o++)
        for (int k = -radius; k <= radius; k++)
            oracle_weights_add(&weights, o, o + k, exp(-k * k / (2 * sigma * sigma)));
    oracle_weights_normalise(&weights);
    return weights;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double sigma = tri_pipeline_value(pipeline, operation, "sigma");
    struct oracle_weights across = bell(in->shape.width, sigma),
                          down = bell(in->shape.height, sigma);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  in->shape.bits == 8 ? 1 : 16);
    for (int plane = 0; plane < out->planes; plane++)
        oracle_weights_apply(&across, &down, in, plane, out);
    free(across.weight);
    free(down.weight);
}

static const char *const cases[] = {"sigma=0.5", "sigma=2", "sigma=7.3", "sigma=20", NULL};

const struct oracle oracle_gaussian = {
    .name = "gaussian", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
