/* The oracle of adjust: real numbers, after rounding the two parameters as documented. */
#include "../oracle.h"

#include <math.h>

static double point(double value, double max, const double *params)
{
    double contrast = floor(params[1] * 65536 + 0.5) / 65536;
    double brightness = floor(params[0] * 65536 + 0.5) / 65536;

    return oracle_clamp(floor(contrast * (value - max / 2) + max / 2 + brightness * max + 0.5), 0,
                        max);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double params[2] = {tri_pipeline_value(pipeline, operation, "brightness"),
                        tri_pipeline_value(pipeline, operation, "contrast")};

    (void)before;
    oracle_points(in, out, point, params);
}

static const char *const cases[] = {
    "brightness=0.25",           "brightness=-0.3:contrast=2.5", "contrast=0.333",
    "brightness=0.1:contrast=0", "brightness=-1:contrast=16",    NULL};

const struct oracle oracle_adjust = {
    .name = "adjust", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
