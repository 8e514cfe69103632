/* The oracle of trails: the highest of all frames' samples, each decayed since its own frame. That
 * is the same as the kernel's recursion, because decaying keeps the order of samples. */
#include "../oracle.h"

/* A sample, in 256ths, after so many frames. */
static int64_t decayed(int64_t value, int64_t decay, int frames, int bits)
{
    int64_t whole =
        bits == 8 ? 1 : 256; /* 16 bits lose their fraction before they are multiplied */

    for (int i = 0; i < frames && decay < 65536; i++)
        value = value / whole * decay / (65536 / whole);
    return value;
}

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const struct tri_shape *shape = &frames[0]->shape;
    int64_t decay = (int64_t)(65536 * tri_pipeline_value(pipeline, operation, "decay") + 0.5);

    (void)count;
    oracle_expect(out, shape->width, shape->height, shape->planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t most = 0;

                for (int i = 0; i <= index; i++) {
                    int64_t sample = oracle_sample(frames[i], plane, x, y);
                    int64_t left = decayed(256 * sample, decay, index - i, shape->bits);

                    most = left > most ? left : most;
                }
                *oracle_at(out, plane, x, y) = (double)oracle_divide(most, 256);
            }
}

static const char *const cases[] = {"decay=0.5", "decay=1", "decay=0", "decay=0.999", NULL};

const struct oracle oracle_trails = {
    .name = "trails", .alpha = ORACLE_KEPT, .over_time = over_time, .cases = cases};
