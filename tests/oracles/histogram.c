/* The oracle of histogram: the picture stays as it is; test_data.c checks the data. */
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

static bool refuses_shape(const struct tri_pipeline *pipeline, int operation,
                          const struct tri_shape *in)
{
    const int values = 1 << in->bits, bins = (int)tri_pipeline_value(pipeline, operation, "bins");

    return bins < values && values % bins != 0;
}

static const char *const cases[] = {"bins=1", "bins=128:planes=joint", "bins=65536", NULL};

const struct oracle oracle_histogram = {.name = "histogram",
                                        .alpha = ORACLE_PLAIN,
                                        .run = run,
                                        .refuses_shape = refuses_shape,
                                        .cases = cases};
