/* oracle_window.c -- the highest and lowest samples of windows, one by one. Samples beyond an edge
 * repeat one that is nearer to the middle in the same row or column, so every window has it too. */
#include "oracle_window.h"

#include <stdlib.h>

void oracle_plain(const struct tri_image *in, struct expected *out)
{
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = (double)oracle_sample(in, plane, x, y);
}

struct window {
    bool cross, disk;
    int radius, sign;
};

static bool has(const struct window *window, int dx, int dy)
{
    if (window->cross)
        return dx == 0 || dy == 0;
    return !window->disk || dx * dx + dy * dy <= window->radius * window->radius;
}

static int at_least(int value, int low)
{
    return value > low ? value : low;
}

static double extreme(const struct window *window, const struct expected *in, int plane, int x,
                      int y)
{
    double best = *oracle_at(in, plane, x, y);

    for (int v = at_least(y - window->radius, 0); v < in->height && v <= y + window->radius; v++) {
        const double *row = oracle_at(in, plane, 0, v);

        for (int u = at_least(x - window->radius, 0); u < in->width && u <= x + window->radius; u++)
            if ((row[u] - best) * window->sign > 0 && has(window, u - x, v - y))
                best = row[u];
    }
    return best;
}

void oracle_extreme(const struct tri_pipeline *pipeline, int operation, const struct expected *in,
                    int sign, struct expected *out)
{
    struct window window = {
        oracle_chosen(pipeline, operation, "shape", "cross"),
        oracle_chosen(pipeline, operation, "shape", "disk"),
        (int)tri_pipeline_value(pipeline, operation, "radius"),
        sign,
    };

    oracle_expect(out, in->width, in->height, in->planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) = extreme(&window, in, plane, x, y);
}

void oracle_less(const struct expected *a, const struct expected *b, struct expected *out)
{
    for (int i = 0; i < a->width * a->height * a->planes; i++)
        out->value[i] = a->value[i] - b->value[i];
}
