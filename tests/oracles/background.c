/* The oracle of background: sample by sample, through all frames. By the kernel's definition the
 * average is a multiple of 2^-(24 - bits), and so are its steps. */
#include "../oracle.h"

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const struct tri_shape *shape = &frames[0]->shape;
    int64_t one = shape->bits == 8 ? 65536 : 256, max = oracle_max(frames[0]);
    int64_t rate = (int64_t)(65536 * tri_pipeline_value(pipeline, operation, "rate") + 0.5);
    double threshold =
        tri_pipeline_value(pipeline, operation, "threshold") / 255 * (double)(max * one);
    bool mask = oracle_chosen(pipeline, operation, "output", "mask");

    (void)count;
    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t average = oracle_sample(frames[0], plane, x, y) * one, distance = 0;

                for (int i = 0; i <= index; i++) {
                    int64_t sample = oracle_sample(frames[i], plane, x, y) * one;
                    int64_t step;

                    distance = sample > average ? sample - average : average - sample;
                    step = distance / 256 * rate / 256;
                    average += sample > average ? step : -step;
                }
                *oracle_at(out, plane, x, y) =
                    mask ? ((double)distance > threshold ? (double)max : 0)
                         : (double)oracle_divide(average, one);
            }
}

static const char *const cases[] = {"rate=0.3:output=background", "rate=0.01:threshold=8",
                                    "rate=1:threshold=0", "rate=0.001:output=background", NULL};

const struct oracle oracle_background = {
    .name = "background", .alpha = ORACLE_KEPT, .over_time = over_time, .cases = cases};
