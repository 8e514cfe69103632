/* The oracle of average. */
#include "../oracle.h"

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    int number = (int)tri_pipeline_value(pipeline, operation, "frames");
    const struct tri_shape *shape = &frames[0]->shape;

    (void)count;
    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t sum = 0;

                for (int i = 0; i < number; i++)
                    sum += oracle_sample(frames[index > i ? index - i : 0], plane, x, y);
                *oracle_at(out, plane, x, y) = (double)oracle_divide(sum, number);
            }
}

static const char *const cases[] = {"frames=2", "frames=4",  "frames=5", "frames=8",
                                    "frames=9", "frames=17", NULL};

const struct oracle oracle_average = {
    .name = "average", .alpha = ORACLE_KEPT, .over_time = over_time, .cases = cases};
