/* The oracle of equalize: counts the samples up to each value. */
#include "../oracle.h"

#include <stdlib.h>

/* cdf[v]: the number of samples of `planes` planes from `first` on that are at most v. */
static void count_up_to(const struct tri_image *in, int first, int planes, int64_t *cdf)
{
    for (int v = 0; v <= oracle_max(in); v++)
        cdf[v] = 0;
    for (int plane = first; plane < first + planes; plane++)
        for (int y = 0; y < in->shape.height; y++)
            for (int x = 0; x < in->shape.width; x++)
                cdf[oracle_sample(in, plane, x, y)]++;
    for (int v = 1; v <= oracle_max(in); v++)
        cdf[v] += cdf[v - 1];
}

static void equalize(const struct tri_image *in, int first, int planes, int64_t *cdf,
                     struct expected *out)
{
    int64_t all, lowest = 0;

    count_up_to(in, first, planes, cdf);
    all = cdf[oracle_max(in)];
    for (int v = 0; v <= oracle_max(in) && !lowest; v++)
        lowest = cdf[v];
    for (int plane = first; plane < first + planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t v = oracle_sample(in, plane, x, y);

                if (all != lowest)
                    v = oracle_divide((cdf[v] - lowest) * oracle_max(in), all - lowest);
                *oracle_at(out, plane, x, y) = (double)v;
            }
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int together = oracle_chosen(pipeline, operation, "planes", "joint") ? in->shape.planes : 1;
    int64_t *cdf = oracle_memory(65536, sizeof(int64_t));

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane += together)
        equalize(in, plane, together, cdf, out);
    free(cdf);
}

const struct oracle oracle_equalize = {.name = "equalize", .alpha = ORACLE_KEPT, .run = run};
