/* The oracle of saturation, in real numbers. */
#include "../oracle.h"

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    bool bt709 = oracle_chosen(pipeline, operation, "standard", "bt709");
    double amount = tri_pipeline_value(pipeline, operation, "amount");
    double red = bt709 ? 0.2126 : 0.299, blue = bt709 ? 0.0722 : 0.114;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  in->shape.planes == 1 ? 0
                  : in->shape.bits == 8 ? 0.75
                                        : 1.5);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double v = (double)oracle_sample(in, plane, x, y), luma = v;

                if (out->planes == 3)
                    luma = red * (double)oracle_sample(in, 0, x, y) +
                           (1 - red - blue) * (double)oracle_sample(in, 1, x, y) +
                           blue * (double)oracle_sample(in, 2, x, y);
                *oracle_at(out, plane, x, y) =
                    oracle_clamp(luma + amount * (v - luma), 0, oracle_max(in));
            }
}

static const char *const cases[] = {"amount=0.3", "amount=1", "amount=3.3:standard=bt709", NULL};

const struct oracle oracle_saturation = {
    .name = "saturation", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
