/* The oracle of channels: takes planes by the letters of `order`. */
#include "../oracle.h"

#include <string.h>

static const char *const orders[] = {"bgr", "rgb", "rbg",   "grb",  "gbr",
                                     "brg", "red", "green", "blue", NULL};

static const char colours[] = "rgb";

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int i = 0;
    bool one;

    (void)before;
    while (!oracle_chosen(pipeline, operation, "order", orders[i]))
        i++;
    one = in->shape.planes == 1 || i >= 6;
    oracle_expect(out, in->shape.width, in->shape.height, one ? 1 : 3, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int from = (int)(strchr(colours, orders[i][plane]) - colours);

                *oracle_at(out, plane, x, y) =
                    (double)oracle_sample(in, in->shape.planes == 1 ? 0 : from, x, y);
            }
}

const struct oracle oracle_channels = {.name = "channels", .alpha = ORACLE_KEPT, .run = run};
