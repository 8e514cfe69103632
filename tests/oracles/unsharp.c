/* The oracle of unsharp, based on the kernel's own gaussian (which has an oracle of its own). */
#include "../oracle.h"

#include <math.h>

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    double amount = tri_pipeline_value(pipeline, operation, "amount");
    double threshold = tri_pipeline_value(pipeline, operation, "threshold");
    struct tri_image *blurred;
    char text[60];

    (void)before;
    snprintf(text, sizeof(text), "gaussian:sigma=%.10g",
             tri_pipeline_value(pipeline, operation, "sigma"));
    blurred = oracle_other(text, in);
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  0.5 + (in->shape.bits == 8 ? 1e-2 : 0.2));
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double v = (double)oracle_sample(in, plane, x, y);
                double d = v - (double)oracle_sample(blurred, plane, x, y);
                bool small = fabs(2 * d) < threshold * oracle_max(in);

                *oracle_at(out, plane, x, y) =
                    small ? v : oracle_clamp(v + amount * d, 0, oracle_max(in));
            }
    tri_image_free(blurred);
}

static const char *const cases[] = {"sigma=2:amount=1.5:threshold=0.1", "amount=0.3",
                                    "amount=10:threshold=0.5", NULL};

const struct oracle oracle_unsharp = {
    .name = "unsharp", .alpha = ORACLE_PREMULTIPLIED, .run = run, .cases = cases};
