/* The oracle of add. */
#include "../oracle.h"

static double point(double a, double b, double max)
{
    return a + b < max ? a + b : max;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)operation;
    (void)before;
    oracle_pairs(in, oracle_with(pipeline), out, point);
}

const struct oracle oracle_add = {.name = "add", .alpha = ORACLE_KEPT, .run = run};
