/* The oracle of hue: to Y'CbCr, a rotation with libm's functions, and back, in real numbers. */
#include "../oracle.h"

#include <math.h>

static void rotate(double rgb[3], double red, double blue, double degrees)
{
    double green = 1 - red - blue, luma = red * rgb[0] + green * rgb[1] + blue * rgb[2];
    double cb = (rgb[2] - luma) / (2 - 2 * blue), cr = (rgb[0] - luma) / (2 - 2 * red);
    double angle = degrees * acos(-1.0) / 180;
    double turned_cb = cos(angle) * cb - sin(angle) * cr;
    double turned_cr = sin(angle) * cb + cos(angle) * cr;

    rgb[0] = luma + (2 - 2 * red) * turned_cr;
    rgb[2] = luma + (2 - 2 * blue) * turned_cb;
    rgb[1] = (luma - red * rgb[0] - blue * rgb[2]) / green;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    bool bt709 = oracle_chosen(pipeline, operation, "standard", "bt709");
    double degrees = tri_pipeline_value(pipeline, operation, "angle");

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes,
                  in->shape.planes == 1 ? 0
                  : in->shape.bits == 8 ? 0.6
                                        : 0.75);
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double rgb[3];

            for (int plane = 0; plane < out->planes; plane++)
                rgb[plane] = (double)oracle_sample(in, plane, x, y);
            if (out->planes == 3)
                rotate(rgb, bt709 ? 0.2126 : 0.299, bt709 ? 0.0722 : 0.114, degrees);
            for (int plane = 0; plane < out->planes; plane++)
                *oracle_at(out, plane, x, y) = oracle_clamp(rgb[plane], 0, oracle_max(in));
        }
}

static const char *const cases[] = {"angle=0", "angle=30", "angle=-120:standard=bt709",
                                    "angle=233.3", NULL};

const struct oracle oracle_hue = {.name = "hue", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
