/* The oracle of range. */
#include "../oracle.h"

#include <math.h>

static const char *const names[3][2] = {
    {"red_low", "red_high"}, {"green_low", "green_high"}, {"blue_low", "blue_high"}};

static bool within(const struct tri_pipeline *pipeline, int operation, int plane, int64_t value,
                   int max)
{
    int64_t low =
        (int64_t)floor(tri_pipeline_value(pipeline, operation, names[plane][0]) * max + 0.5);
    int64_t high =
        (int64_t)floor(tri_pipeline_value(pipeline, operation, names[plane][1]) * max + 0.5);

    return low <= high ? low <= value && value <= high : value >= low || value <= high;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, 1, 0);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            bool inside = true;

            for (int plane = 0; plane < in->shape.planes; plane++)
                inside &= within(pipeline, operation, plane, oracle_sample(in, plane, x, y),
                                 oracle_max(in));
            *oracle_at(out, 0, x, y) = inside ? oracle_max(in) : 0;
        }
}

static const char *const cases[] = {"red_low=0.3:red_high=0.7",
                                    "red_low=0.9:red_high=0.1:green_low=0.5",
                                    "red_high=0.6:green_high=0.6:blue_high=0.6",
                                    "red_low=0.5:red_high=0.5",
                                    "red_low=1:red_high=0",
                                    NULL};

const struct oracle oracle_range = {
    .name = "range", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
