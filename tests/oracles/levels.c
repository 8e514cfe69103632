/* The oracle of levels: the formula with libm's pow. */
#include "../oracle.h"

#include <math.h>

static double point(double value, double max, const double *params)
{
    double black = params[0], white = params[1], gamma = params[2];

    return max * pow(oracle_clamp((value / max - black) / (white - black), 0, 1), 1 / gamma);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double params[3] = {tri_pipeline_value(pipeline, operation, "black"),
                        tri_pipeline_value(pipeline, operation, "white"),
                        tri_pipeline_value(pipeline, operation, "gamma")};

    (void)before;
    oracle_points(in, out, point, params);
    out->bound = 0.5 + 1e-3;
}

static bool refuses(const double *values)
{
    return values[1] <= values[0];
}

static const char *const cases[] = {
    "black=0.2:white=0.7:gamma=2.2", "gamma=0.1",           "gamma=10", "gamma=0.45",
    "black=0.5:white=0.502",         "black=0.999:white=1", NULL};

const struct oracle oracle_levels = {
    .name = "levels", .alpha = ORACLE_KEPT, .run = run, .refuses = refuses, .cases = cases};
