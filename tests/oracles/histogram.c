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

static const char *const cases[] = {"bins=1", "bins=128:planes=joint", "bins=65536", NULL};

const struct oracle oracle_histogram = {
    .name = "histogram", .alpha = ORACLE_PLAIN, .run = run, .cases = cases};
