/* The oracle of multiply. */
#include "../oracle.h"

#include <math.h>

static double point(double a, double b, double max)
{
    return floor(a * b / max + 0.5);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)operation;
    (void)before;
    oracle_pairs(in, oracle_with(pipeline), out, point);
}

const struct oracle oracle_multiply = {.name = "multiply", .alpha = ORACLE_KEPT, .run = run};
