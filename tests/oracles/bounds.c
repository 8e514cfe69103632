/* The oracle of bounds: the picture stays as it is; test_data.c checks the data. */
#include "../oracle.h"

static double point(double value, double max, const double *params)
{
    (void)max;
    (void)params;
    return value;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)pipeline;
    (void)operation;
    (void)before;
    oracle_points(in, out, point, NULL);
}

const struct oracle oracle_bounds = {.name = "bounds", .alpha = ORACLE_PLAIN, .run = run};
