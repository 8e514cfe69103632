/* The oracle of autolevels: sorts the samples and drops a share of them at either end. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

static void stretch(const struct tri_image *in, int first, int planes, double clip,
                    struct expected *out)
{
    size_t count;
    int64_t *samples = oracle_sorted(in, first, planes, &count);
    /* More than `cut` samples are at most the one at index `cut`, which is the lowest such sample.
     */
    size_t cut = (size_t)floor(clip * (double)count);
    int64_t low = samples[cut], high = samples[count - 1 - cut], max = oracle_max(in);

    for (int plane = first; plane < first + planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t v = oracle_sample(in, plane, x, y);

                if (high > low)
                    v = v <= low ? 0 : v >= high ? max : oracle_divide((v - low) * max, high - low);
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
        stretch(in, plane, together, tri_pipeline_value(pipeline, operation, "clip"), out);
}

static const char *const cases[] = {"clip=0", "clip=0.25", "clip=0.1:planes=joint", NULL};

const struct oracle oracle_autolevels = {
    .name = "autolevels", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
