/* The oracle of posterize: looks for the nearest level among all of them. */
#include "../oracle.h"

#include <math.h>

static double point(double value, double max, const double *params)
{
    int steps = (int)params[0] - 1, nearest = 0;

    for (int i = 1; i <= steps; i++)
        if (fabs(value * steps - i * max) < fabs(value * steps - nearest * max))
            nearest = i;
    return (double)oracle_divide((int64_t)nearest * (int64_t)max, steps);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double levels = tri_pipeline_value(pipeline, operation, "levels");

    (void)before;
    oracle_points(in, out, point, &levels);
}

static const char *const cases[] = {"levels=3", "levels=5", "levels=17", "levels=128", NULL};

const struct oracle oracle_posterize = {
    .name = "posterize", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
