/* The oracle of mask. */
#include "../oracle.h"

#include <math.h>

static double mask_at(const struct tri_pipeline *pipeline, int operation, int x, int y, int64_t max)
{
    const struct tri_image *with = oracle_with(pipeline);
    int alpha = with->shape.planes % 2 == 0 ? with->shape.planes - 1 : -1;
    int64_t value = max;

    if (oracle_chosen(pipeline, operation, "from", "gray"))
        value = oracle_with_sample(with, 1, 0, x, y, (int)max);
    else if (alpha >= 0)
        value = oracle_with_alpha(with, x, y, (int)max);
    return oracle_chosen(pipeline, operation, "invert", "yes") ? (double)(max - value)
                                                               : (double)value;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const char *const names[3] = {"red", "green", "blue"};
    int planes = in->shape.planes, colours = planes > 2 ? 3 : 1;
    bool to_colour = oracle_chosen(pipeline, operation, "to", "colour");
    double max = oracle_max(in);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, to_colour ? planes : colours + 1, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                double mask = mask_at(pipeline, operation, x, y, oracle_max(in));
                double value = plane < planes ? (double)oracle_sample(in, plane, x, y) : max,
                       hidden = 0;

                if (to_colour && plane < colours)
                    hidden = floor(
                        tri_pipeline_value(pipeline, operation, names[colours == 1 ? 1 : plane]) *
                            max +
                        0.5);
                else if (to_colour || plane < colours)
                    mask = max;
                *oracle_at(out, plane, x, y) =
                    floor((value * mask + hidden * (max - mask)) / max + 0.5);
            }
}

static const char *const cases[] = {"to=colour:red=1:green=0.5:blue=0.25",
                                    "to=colour:from=alpha:invert=yes:green=1",
                                    "to=alpha:from=alpha", "to=alpha:invert=yes", NULL};

const struct oracle oracle_mask = {.name = "mask", .alpha = ORACLE_OWN, .run = run, .cases = cases};
