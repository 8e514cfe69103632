/* The oracle of solarize. */
#include "../oracle.h"

static double point(double value, double max, const double *params)
{
    return value > params[0] * max ? max - value : value;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double level = tri_pipeline_value(pipeline, operation, "level");

    (void)before;
    oracle_points(in, out, point, &level);
}

static const char *const cases[] = {"level=0.2", "level=0.999", NULL};

const struct oracle oracle_solarize = {
    .name = "solarize", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
