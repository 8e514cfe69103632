/* The oracle of percentile: the window's sample at a rank. */
#include "../oracle_window.h"

#include <math.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double part = tri_pipeline_value(pipeline, operation, "rank");
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius"), side = 2 * radius + 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        oracle_rank(in, plane, radius, (int64_t)floor((side * side - 1) * part / 100 + 0.5), out);
}

static const char *const cases[] = {
    "rank=0",           "rank=100:radius=3", "rank=50:radius=2", "rank=12.5:radius=3",
    "rank=98:radius=2", "rank=99:radius=4",  "rank=3:radius=60", NULL};

const struct oracle oracle_percentile = {
    .name = "percentile", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
