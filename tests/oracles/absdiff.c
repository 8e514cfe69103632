/* The oracle of absdiff. */
#include "../oracle.h"

static double point(double a, double b, double max)
{
    (void)max;
    return a > b ? a - b : b - a;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)operation;
    (void)before;
    oracle_pairs(in, oracle_with(pipeline), out, point);
}

const struct oracle oracle_absdiff = {.name = "absdiff", .alpha = ORACLE_KEPT, .run = run};
