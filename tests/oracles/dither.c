/* The oracle of dither: the matrix by its recursion, fractions compared crosswise; errors handed to
 * the samples that follow. */
#include "../oracle.h"

#include <stdlib.h>

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

/* In sixteenths, to a sample that may be outside the picture. */
static void leave(const struct expected *out, int64_t *errors, int x, int y, int64_t error)
{
    if (x >= 0 && x < out->width && y < out->height)
        errors[(int64_t)y * out->width + x] += error;
}

static void diffuse(const struct tri_image *in, int plane, int64_t steps, struct expected *out)
{
    int64_t *errors = oracle_memory((size_t)out->width * (size_t)out->height, sizeof *errors);
    int64_t max = oracle_max(in);

    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int64_t given = errors[(int64_t)y * out->width + x];
            int64_t v = oracle_sample(in, plane, x, y) + (given < 0 ? -(-given >> 4) : given >> 4);

            v = v < 0 ? 0 : v > max ? max : v;
            int64_t value = oracle_divide(oracle_divide(v * steps, max) * max, steps);

            *oracle_at(out, plane, x, y) = (double)value;
            leave(out, errors, x + 1, y, 7 * (v - value));
            leave(out, errors, x - 1, y + 1, 3 * (v - value));
            leave(out, errors, x, y + 1, 5 * (v - value));
            leave(out, errors, x + 1, y + 1, v - value);
        }
    free(errors);
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int side = 2 << (int)tri_pipeline_value(pipeline, operation, "size");
    int64_t steps = (int64_t)tri_pipeline_value(pipeline, operation, "levels") - 1;

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++) {
        if (oracle_chosen(pipeline, operation, "method", "floyd-steinberg")) {
            diffuse(in, plane, steps, out);
            continue;
        }
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    (double)dithered(oracle_sample(in, plane, x, y), oracle_max(in), steps,
                                     matrix(x % side, y % side, side), side * side);
    }
}

static const char *const cases[] = {"levels=3:size=4",
                                    "levels=6:size=8",
                                    "levels=128:size=2",
                                    "levels=100:size=16",
                                    "method=floyd-steinberg",
                                    "levels=3:method=floyd-steinberg",
                                    "levels=128:method=floyd-steinberg",
                                    NULL};

const struct oracle oracle_dither = {
    .name = "dither", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
