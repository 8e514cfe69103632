/* The oracle of vignette, in real numbers. */
#include "../oracle.h"

static double square(double v)
{
    return v * v;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double strength = tri_pipeline_value(pipeline, operation, "strength");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  in->shape.bits == 8 ? 0.501 : 0.55);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double across = (x + 0.5) / out->width - 0.5, down = (y + 0.5) / out->height - 0.5;
                double r2 = (square(across) + square(down)) / (square(0.5) + square(0.5));

                *oracle_at(out, plane, x, y) =
                    (double)oracle_sample(in, plane, x, y) * square(1 - strength * r2);
            }
}

static const char *const cases[] = {"strength=0.5", "strength=0.9", NULL};

const struct oracle oracle_vignette = {
    .name = "vignette", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
