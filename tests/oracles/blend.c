/* The oracle of blend: the modes in integers, the mixture after opacity's own rounding. */
#include "../oracle.h"

#include <math.h>

static int64_t mixed(const struct tri_pipeline *pipeline, int operation, int64_t a, int64_t b,
                     int64_t max)
{
    if (oracle_chosen(pipeline, operation, "mode", "add"))
        return a + b < max ? a + b : max;
    if (oracle_chosen(pipeline, operation, "mode", "multiply"))
        return oracle_divide(a * b, max);
    if (oracle_chosen(pipeline, operation, "mode", "screen"))
        return max - oracle_divide((max - a) * (max - b), max);
    if (oracle_chosen(pipeline, operation, "mode", "darken"))
        return a < b ? a : b;
    if (oracle_chosen(pipeline, operation, "mode", "lighten"))
        return a > b ? a : b;
    if (oracle_chosen(pipeline, operation, "mode", "difference"))
        return a > b ? a - b : b - a;
    return b;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int64_t max = oracle_max(in), unit = max == 255 ? 16384 : 65536;
    int64_t share = llround(tri_pipeline_value(pipeline, operation, "opacity") * (double)unit);

    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t a = oracle_sample(in, plane, x, y), b = oracle_sample(before, plane, x, y);
                int64_t m = mixed(pipeline, operation, a, b, max);

                *oracle_at(out, plane, x, y) =
                    (double)oracle_divide(a * (unit - share) + m * share, unit);
            }
}

static const char *const cases[] = {"mode=add:opacity=1",        "mode=multiply:opacity=1",
                                    "mode=screen:opacity=1",     "mode=lighten:opacity=0.3",
                                    "mode=difference:opacity=1", NULL};

const struct oracle oracle_blend = {
    .name = "blend", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
