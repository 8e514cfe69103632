/* The oracle of temporal_median: sorts the frames. */
#include "../oracle.h"

#include <stdlib.h>

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius"), number = 2 * radius + 1;
    int64_t *window = oracle_memory((size_t)number, sizeof(*window));
    const struct tri_shape *shape = &frames[0]->shape;

    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                for (int i = 0; i < number; i++) {
                    int from = (int)oracle_clamp(index - radius + i, 0, count - 1);

                    window[i] = oracle_sample(frames[from], plane, x, y);
                }
                qsort(window, (size_t)number, sizeof(*window), oracle_ascending);
                *oracle_at(out, plane, x, y) = (double)window[radius];
            }
    free(window);
}

const struct oracle oracle_temporal_median = {
    .name = "temporal_median", .alpha = ORACLE_KEPT, .over_time = over_time};
