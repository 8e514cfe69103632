/* The oracle of temporal_denoise: in real numbers, from the first frame on. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static double weight(double difference, double limit)
{
    return fabs(difference) < limit ? 1 - fabs(difference) / limit : 0;
}

static double smooth(const struct tri_image *in, int plane, int x, int y, double limit)
{
    double sample = (double)oracle_sample(in, plane, x, y), pull = 0;

    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            double difference = (double)oracle_sample(in, plane, x + dx, y + dy) - sample;

            pull += difference * weight(difference, limit) * (dx && dy ? 1.0 / 16 : 1.0 / 8);
        }
    return sample + pull;
}

/* The kernel may round the other way near a half. At 8 bits it takes `limit` as a multiple of 1 /
 * scale, a power of two above 5461 / limit^2 - 1/2 or 256, which moves a sum of pulls by up to 3/8
 * / scale; numbers are truncated to 256ths, and weights to a few 32768ths. The error of a frame's
 * mean at most doubles over time: with x = difference / limit a result moves by a = (1 - x)(1 - 3
 * x) of the past's change, -1/3 <= a <= 1, and by 1 - a of the frame's. The error of the past's
 * weight adds up. At 16 bits floats err by 2^-24 of 2^16 a few times. */
static double bound(int bits, double spatial, double temporal, int frames)
{
    double limit = spatial * 4 / 3,
           scale = limit > 0 ? fmin(256, fmax(1, 5461 / (limit * limit) - 0.5)) : 256;
    double space = bits == 8 ? 0.375 / scale + 0.005 : 0.05;
    double time = bits == 8 ? 2e-4 * 2 * temporal + 0.005 : 0.03;

    return 0.5 + 2 * space + frames * time;
}

static void over_time(const struct tri_pipeline *pipeline, int operation,
                      struct tri_image *const *frames, int count, int index, struct expected *out)
{
    const struct tri_shape *shape = &frames[0]->shape;
    double spatial = tri_pipeline_value(pipeline, operation, "spatial");
    double temporal = tri_pipeline_value(pipeline, operation, "temporal");
    double level = oracle_max(frames[0]) / 255.0;

    (void)count;
    oracle_expect(out, shape->width, shape->height, shape->planes,
                  bound(shape->bits, spatial, temporal, index + 1));
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double result = smooth(frames[0], plane, x, y, spatial * 4 / 3 * level);

                for (int i = 1; i <= index; i++) {
                    double now = smooth(frames[i], plane, x, y, spatial * 4 / 3 * level);
                    double previous = weight(result - now, temporal * 2 * level);

                    result = now + (result - now) * previous * previous;
                }
                *oracle_at(out, plane, x, y) = result;
            }
}

static const char *const cases[] = {"spatial=0", "temporal=0", "spatial=1:temporal=2",
                                    "spatial=12:temporal=30", NULL};

const struct oracle oracle_temporal_denoise = {
    .name = "temporal_denoise", .alpha = ORACLE_KEPT, .over_time = over_time, .cases = cases};
