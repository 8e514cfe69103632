/* The oracle of invert. */
#include "../oracle.h"

static double point(double value, double max, const double *params)
{
    (void)params;
    return max - value;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)pipeline;
    (void)operation;
    (void)before;
    oracle_points(in, out, point, NULL);
}

const struct oracle oracle_invert = {.name = "invert", .alpha = ORACLE_KEPT, .run = run};
