/* The oracle of dither: the matrix by its recursion, fractions compared crosswise. */
#include "../oracle.h"

/* [[4 b, 4 b + 2], [4 b + 3, 4 b + 1]], where b is the matrix of half the side. */
static int64_t matrix(int x, int y, int side)
{
    static const int quarter[2][2] = {{0, 2}, {3, 1}};
    int half = side / 2;

    if (side == 1)
        return 0;
    return 4 * matrix(x % half, y % half, half) + quarter[y / half][x / half];
}

static int64_t dithered(int64_t v, int64_t max, int64_t steps, int64_t number, int64_t cells)
{
    int64_t lower = v * steps / max, rest = v * steps - lower * max;

    /* rest / max + (number + 1/2) / cells >= 1 */
    if (2 * cells * rest + (2 * number + 1) * max >= 2 * cells * max)
        lower++;
    return oracle_divide(lower * max, steps);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int side = 2 << (int)tri_pipeline_value(pipeline, operation, "size");
    int64_t steps = (int64_t)tri_pipeline_value(pipeline, operation, "levels") - 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    (double)dithered(oracle_sample(in, plane, x, y), oracle_max(in), steps,
                                     matrix(x % side, y % side, side), side * side);
}

static const char *const cases[] = {"levels=3:size=4", "levels=6:size=8", "levels=128:size=2",
                                    "levels=100:size=16", NULL};

const struct oracle oracle_dither = {
    .name = "dither", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
