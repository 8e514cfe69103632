/* The oracle of composite: W3C's formulas in fractions, rounded where the kernel says so. */
#include "../oracle.h"

#include <math.h>
#include <string.h>

/* To a multiple of 1 / max. */
static double rounded(double value, double max)
{
    return floor(value * max + 0.5 + 1e-7) / max;
}

static double product(double a, double b, double max)
{
    return rounded(a * b, max);
}

static double hard_light(double below, double above, double max)
{
    if (above <= 0.5)
        return product(below, 2 * above, max);
    return 1 - product(1 - below, 2 - 2 * above, max);
}

static double dodge(double below, double above, double max)
{
    if (below <= 0)
        return 0;
    return above >= 1 || below >= 1 - above ? 1 : rounded(below / (1 - above), max);
}

static double soft_light(double below, double above)
{
    double curve = below <= 0.25 ? ((16 * below - 12) * below + 4) * below : sqrt(below);

    if (above <= 0.5)
        return below - (1 - 2 * above) * below * (1 - below);
    return below + (2 * above - 1) * (curve - below);
}

static double mixed(const char *mode, double below, double above, double max)
{
    if (!strcmp(mode, "multiply"))
        return product(below, above, max);
    if (!strcmp(mode, "screen"))
        return 1 - product(1 - below, 1 - above, max);
    if (!strcmp(mode, "overlay"))
        return hard_light(above, below, max);
    if (!strcmp(mode, "darken"))
        return fmin(below, above);
    if (!strcmp(mode, "lighten"))
        return fmax(below, above);
    if (!strcmp(mode, "color-dodge"))
        return dodge(below, above, max);
    if (!strcmp(mode, "color-burn"))
        return 1 - dodge(1 - below, 1 - above, max);
    if (!strcmp(mode, "hard-light"))
        return hard_light(below, above, max);
    if (!strcmp(mode, "soft-light"))
        return rounded(soft_light(below, above), max);
    if (!strcmp(mode, "difference"))
        return fabs(below - above);
    if (!strcmp(mode, "exclusion"))
        return rounded(below + above - 2 * below * above, max);
    return above;
}

struct shares {
    double below, above, alpha;
};

static struct shares share(const char *shapes, double below, double above, double max)
{
    double of_above = 1, of_below = 1 - above, sum;

    if (!strcmp(shapes, "in") || !strcmp(shapes, "atop"))
        of_above = below;
    else if (!strcmp(shapes, "plus"))
        of_below = 1;
    else if (strcmp(shapes, "over") && strcmp(shapes, "dest_in") && strcmp(shapes, "dest_out"))
        of_above = 1 - below;
    else if (strcmp(shapes, "over"))
        of_above = 0;
    if (!strcmp(shapes, "in") || !strcmp(shapes, "out"))
        of_below = 0;
    else if (!strcmp(shapes, "dest_over"))
        of_below = 1;
    else if (!strcmp(shapes, "dest_in") || !strcmp(shapes, "dest_atop"))
        of_below = above;
    above = product(above, of_above, max);
    below = product(below, of_below, max);
    sum = above + below;
    return (struct shares){below, above, sum < 1 ? sum : 1};
}

static const char *chosen(const struct tri_pipeline *pipeline, int operation, const char *param,
                          const char *const *names)
{
    while (*names && !oracle_chosen(pipeline, operation, param, *names))
        names++;
    return *names ? *names : "";
}

static int place(int side, int room, int size, int offset)
{
    return side == 0   ? offset
           : side == 2 ? room - size - offset
                       : (int)floor((room - size) / 2.0) + offset;
}

struct request {
    const char *mode, *shapes;
    double opacity;
    int x, y; /* of the second picture's corner */
};

static struct request request_of(const struct tri_pipeline *pipeline, int operation,
                                 const struct tri_image *in, const struct tri_image *with)
{
    static const char *const modes[] = {"multiply",   "screen",      "overlay",    "darken",
                                        "lighten",    "color-dodge", "color-burn", "hard-light",
                                        "soft-light", "difference",  "exclusion",  NULL};
    static const char *const shapes[] = {"over",     "in",        "out",       "atop",
                                         "xor",      "plus",      "dest_over", "dest_in",
                                         "dest_out", "dest_atop", NULL};
    static const char *const sides[] = {"northwest", "north", "northeast", "west", "center", "east",
                                        "southwest", "south", "southeast", NULL};
    double max = oracle_max(in);
    int side = 0;

    while (sides[side] && !oracle_chosen(pipeline, operation, "gravity", sides[side]))
        side++;
    return (struct request){chosen(pipeline, operation, "mode", modes),
                            chosen(pipeline, operation, "operator", shapes),
                            rounded(tri_pipeline_value(pipeline, operation, "opacity"), max),
                            place(side % 3, in->shape.width, with->shape.width,
                                  (int)tri_pipeline_value(pipeline, operation, "x")),
                            place(side / 3, in->shape.height, with->shape.height,
                                  (int)tri_pipeline_value(pipeline, operation, "y"))};
}

static void pixel(const struct request *request, const struct tri_image *in,
                  const struct tri_image *with, int x, int y, struct expected *out)
{
    int planes = in->shape.planes, colours = planes > 2 ? 3 : 1, max = oracle_max(in);
    int at_x = x - request->x, at_y = y - request->y;
    double below = planes > colours ? (double)oracle_sample(in, colours, x, y) / max : 1;
    double above =
        product((double)oracle_with_alpha(with, at_x, at_y, max) / max, request->opacity, max);
    struct shares shares = share(request->shapes, below, above, max);

    for (int plane = 0; plane < colours; plane++) {
        double under = (double)oracle_sample(in, plane, x, y) / max;
        double over = (double)oracle_with_sample(with, colours, plane, at_x, at_y, max) / max;

        over = rounded(below * mixed(request->mode, under, over, max) + (1 - below) * over, max);
        *oracle_at(out, plane, x, y) =
            shares.alpha > 0
                ? max *
                      rounded(fmin(1, (shares.below * under + shares.above * over) / shares.alpha),
                              max)
                : 0;
    }
    if (out->planes > colours)
        *oracle_at(out, colours, x, y) = shares.alpha * max;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    const struct tri_image *with = oracle_with(pipeline);
    struct request request = request_of(pipeline, operation, in, with);
    int planes = in->shape.planes;
    bool opaque =
        planes % 2 && (!strcmp(request.shapes, "over") || !strcmp(request.shapes, "atop"));

    (void)before;
    /* Only the root of soft-light is rounded before it is used, in 16 bits to whole samples. */
    oracle_expect(out, in->shape.width, in->shape.height,
                  planes % 2 && !opaque ? planes + 1 : planes,
                  strcmp(request.mode, "soft-light") ? 1e-3
                  : in->shape.bits == 8              ? 1.001
                                                     : 2.001);
    for (int y = 0; y < in->shape.height; y++)
        for (int x = 0; x < in->shape.width; x++)
            pixel(&request, in, with, x, y, out);
}

static const char *const cases[] = {
    "mode=overlay:operator=atop:opacity=0.7", "mode=soft-light:operator=plus:x=3:y=-1",
    "mode=color-dodge:operator=xor:opacity=0.9:gravity=center", NULL};

const struct oracle oracle_composite = {
    .name = "composite", .alpha = ORACLE_OWN, .run = run, .cases = cases};
