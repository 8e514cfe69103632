/* The oracle of adaptive_threshold: means by sums of rows and columns; Gaussian ones are those of
 * the kernel gaussian, which has an oracle of its own. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

/* The exact means. */
static void mean(const struct tri_image *in, int radius, struct expected *out)
{
    int side = 2 * radius + 1;
    struct expected rows;

    oracle_expect(&rows, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                for (int dx = -radius; dx <= radius; dx++)
                    *oracle_at(&rows, plane, x, y) += (double)oracle_sample(in, plane, x + dx, y);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                for (int dy = -radius; dy <= radius; dy++)
                    *oracle_at(out, plane, x, y) +=
                        *oracle_at(&rows, plane, x, (int)oracle_clamp(y + dy, 0, out->height - 1));
                *oracle_at(out, plane, x, y) /= side * side;
            }
    free(rows.value);
}

static void gaussian(const struct tri_image *in, int radius, struct expected *out)
{
    char text[60];
    struct tri_image *blurred;

    snprintf(text, sizeof(text), "gaussian:sigma=%.10g", 0.3 * radius + 0.5);
    blurred = oracle_other(text, in);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)oracle_sample(blurred, plane, x, y);
    tri_image_free(blurred);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double offset = tri_pipeline_value(pipeline, operation, "offset") * oracle_max(in);
    int radius = (int)tri_pipeline_value(pipeline, operation, "radius");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    if (oracle_chosen(pipeline, operation, "method", "gaussian"))
        gaussian(in, radius, out);
    else
        mean(in, radius, out);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double *around = oracle_at(out, plane, x, y);
                bool above = (double)oracle_sample(in, plane, x, y) > floor(*around + 0.5) - offset;

                *around = above ? oracle_max(in) : 0;
            }
}

static const char *const cases[] = {"offset=0",
                                    "radius=1:offset=-0.02",
                                    "radius=40:offset=0.1",
                                    "method=gaussian:radius=1",
                                    "method=gaussian:radius=9:offset=0",
                                    NULL};

const struct oracle oracle_adaptive_threshold = {
    .name = "adaptive_threshold", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
