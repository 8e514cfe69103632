/* The oracle of chroma_key: fractions in double, which are exact but for the last division. */
#include "../oracle.h"

#include <math.h>

struct rgb {
    double red, green, blue;
};

static double distance(struct rgb a, struct rgb b)
{
    double red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    double cb = fabs(128 * blue - 43 * red - 85 * green) / 256;
    double cr = fabs(128 * red - 107 * green - 21 * blue) / 256;

    return cb > cr ? cb : cr;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int last = in->shape.planes - 1, max = oracle_max(in);
    double unit = max == 255 ? 256 : 1, units = unit * max;
    struct rgb key = {floor(tri_pipeline_value(pipeline, operation, "red") * max + 0.5),
                      floor(tri_pipeline_value(pipeline, operation, "green") * max + 0.5),
                      floor(tri_pipeline_value(pipeline, operation, "blue") * max + 0.5)};
    double near = floor(tri_pipeline_value(pipeline, operation, "tolerance") * units + 0.5);
    double span = floor(tri_pipeline_value(pipeline, operation, "softness") * units + 0.5);

    (void)before;
    span = span < 1 ? 1 : span;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            struct rgb here = {(double)oracle_sample(in, 0, x, y),
                               (double)oracle_sample(in, last ? 1 : 0, x, y),
                               (double)oracle_sample(in, last ? 2 : 0, x, y)};
            double beyond = oracle_clamp(floor(distance(here, key) * unit) - near, 0, span);
            double share = floor(beyond * 32768 / span + 0.5);

            for (int plane = 0; plane <= last; plane++)
                *oracle_at(out, plane, x, y) = floor(
                    ((double)oracle_sample(in, plane, x, y) * share +
                     (double)oracle_with_sample(oracle_with(pipeline), last + 1, plane, x, y, max) *
                         (32768 - share)) /
                        32768 +
                    0.5);
        }
}

static const char *const cases[] = {"red=0.2:green=0.5:blue=0.3:tolerance=0.05:softness=0.5",
                                    "tolerance=0.3:softness=0", "tolerance=0:softness=1",
                                    "red=1:green=0:blue=1:tolerance=0.1:softness=0.003", NULL};

const struct oracle oracle_chroma_key = {
    .name = "chroma_key", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
