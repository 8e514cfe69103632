/* The oracle of distance: looks at all samples of 0. */
#include "../oracle.h"

#include <math.h>
#include <stdlib.h>

#define FAR 65535

/* Euclidean distances squared. */
static int64_t between(const char *metric, int64_t dx, int64_t dy)
{
    if (metric[0] == 'e')
        return dx * dx + dy * dy;
    dx = llabs(dx);
    dy = llabs(dy);
    return metric[1] == 'i' ? dx + dy : dx > dy ? dx : dy;
}

static int64_t nearest(const struct tri_image *in, int plane, const char *metric, int x, int y)
{
    int64_t least = metric[0] == 'e' ? (int64_t)FAR * FAR : FAR;

    for (int row = 0; row < in->shape.height; row++)
        for (int column = 0; column < in->shape.width; column++)
            if (oracle_sample(in, plane, column, row) == 0) {
                int64_t distance = between(metric, column - x, row - y);

                least = distance < least ? distance : least;
            }
    return least;
}

/* round(distance * scale / 256): of whole numbers, so that halves are exact. */
static int64_t scaled(int64_t distance, int64_t scale, bool squared, int64_t max)
{
    int64_t low = 0, high = max;

    if (!squared)
        return oracle_divide(distance * scale, 256) < max ? oracle_divide(distance * scale, 256)
                                                          : max;
    /* The largest r with (256 r - 128)^2 <= distance * scale^2. */
    while (low < high) {
        int64_t r = (low + high + 1) / 2, edge = 256 * r - 128;

        if ((uint64_t)(edge * edge) <= (uint64_t)distance * (uint64_t)(scale * scale))
            low = r;
        else
            high = r - 1;
    }
    return low;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    static const char *const metrics[] = {"euclidean", "cityblock", "chessboard"};
    int64_t scale = (int64_t)(tri_pipeline_value(pipeline, operation, "scale") * 256 + 0.5);
    const char *metric = metrics[0];

    (void)before;
    for (int i = 1; i < 3; i++)
        metric = oracle_chosen(pipeline, operation, "metric", metrics[i]) ? metrics[i] : metric;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)scaled(
                    nearest(in, plane, metric, x, y), scale, metric[0] == 'e', oracle_max(in));
}

static const char *const cases[] = {"scale=8", "scale=0.5:metric=cityblock",
                                    "metric=chessboard:scale=100", "scale=256", NULL};

const struct oracle oracle_distance = {
    .name = "distance", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
