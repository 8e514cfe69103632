/* The oracle of median: the middle one of the window's samples. */
#include "../oracle_window.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius"), side = 2 * radius + 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        oracle_rank(in, plane, radius, side * side / 2, out);
}

static const char *const cases[] = {"radius=3", "radius=4", "radius=15", "radius=100", NULL};

const struct oracle oracle_median = {
    .name = "median", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
