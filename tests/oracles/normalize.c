/* The oracle of normalize: percentiles of the sorted samples. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static int64_t percentile(const int64_t *samples, size_t count, double percent)
{
    size_t at_least = (size_t)ceil(percent * (double)count / 100);

    return samples[at_least ? at_least - 1 : 0];
}

static void stretch(const struct tri_image *in, int first, int planes, double from, double to,
                    struct expected *out)
{
    size_t count;
    int64_t *samples = oracle_sorted(in, first, planes, &count);
    int64_t low = percentile(samples, count, from), high = percentile(samples, count, to);

    for (int plane = first; plane < first + planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t v = oracle_sample(in, plane, x, y);

                if (high > low)
                    v = v <= low    ? 0
                        : v >= high ? oracle_max(in)
                                    : oracle_divide((v - low) * oracle_max(in), high - low);
                *oracle_at(out, plane, x, y) = (double)v;
            }
    free(samples);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int together = oracle_chosen(pipeline, operation, "planes", "joint") ? in->shape.planes : 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane += together)
        stretch(in, plane, together, tri_pipeline_value(pipeline, operation, "low"),
                tri_pipeline_value(pipeline, operation, "high"), out);
}

static bool refuses(const double *values)
{
    return values[0] >= values[1];
}

static const char *const cases[] = {"low=0:high=100", "low=25:high=75", "low=0.15:high=99.95",
                                    "low=10:high=60:planes=separate", NULL};

const struct oracle oracle_normalize = {
    .name = "normalize", .alpha = ORACLE_KEPT, .run = run, .refuses = refuses, .cases = cases};
