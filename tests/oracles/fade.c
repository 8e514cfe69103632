/* The oracle of fade. */
#include "../oracle.h"

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    int64_t start = (int64_t)tri_pipeline_value(pipeline, operation, "start");
    int64_t length = (int64_t)tri_pipeline_value(pipeline, operation, "frames");
    int64_t step = (int64_t)oracle_clamp((double)(index - start), 0, (double)length), weight;
    const struct tri_image *in = frames[index];

    (void)count;
    if (oracle_chosen(pipeline, operation, "type", "out"))
        step = length - step;
    weight = oracle_divide(65536 * step, length);
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    (double)oracle_divide(weight * oracle_sample(in, plane, x, y), 65536);
}

static const char *const cases[] = {"type=in:start=2:frames=3", "type=out:start=5:frames=30",
                                    "type=out:frames=1", NULL};

const struct oracle oracle_fade = {
    .name = "fade", .alpha = ORACLE_KEPT, .over_time = over_time, .cases = cases};
