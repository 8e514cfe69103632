/* oracle_window.c -- the highest and lowest samples of windows, one by one, and gradients. Samples
 * beyond an edge repeat one that is nearer to the middle in the same row or column, so every window
 * has it too. */
#include "oracle_window.h"

#include <math.h>
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

/* sqrt(square) rounded to the nearest integer: the r with (2r-1)^2 < 4 square < (2r+1)^2. */
static int64_t root(int64_t square)
{
    int64_t r = (int64_t)sqrt((double)square);

    while (r > 0 && (2 * r - 1) * (2 * r - 1) > 4 * square)
        r--;
    while ((2 * r + 1) * (2 * r + 1) < 4 * square)
        r++;
    return r;
}

int64_t oracle_derivative(const struct tri_image *in, int plane, int x, int y, bool across)
{
    int64_t sum = 0;

    for (int side = -1; side <= 1; side += 2)
        for (int along = -1; along <= 1; along++)
            sum += side * (2 - abs(along)) *
                   (across ? oracle_sample(in, plane, x + side, y + along)
                           : oracle_sample(in, plane, x + along, y + side));
    return sum;
}

void oracle_strength(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                     int64_t (*component)(const struct tri_image *in, int plane, int x, int y,
                                          bool across),
                     struct expected *out)
{
    bool l2 = oracle_chosen(pipeline, operation, "norm", "l2");

    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                int64_t gx = component(in, plane, x, y, true);
                int64_t gy = component(in, plane, x, y, false);
                int64_t norm = l2 ? root(gx * gx + gy * gy) : llabs(gx) + llabs(gy);

                *oracle_at(out, plane, x, y) =
                    norm < oracle_max(in) ? (double)norm : oracle_max(in);
            }
}

const char *const oracle_shapes[] = {"radius=2",
                                     "radius=5",
                                     "radius=31",
                                     "radius=1:shape=disk",
                                     "radius=2:shape=disk",
                                     "radius=4:shape=disk",
                                     "radius=7:shape=disk",
                                     "radius=21:shape=disk",
                                     "radius=3:shape=cross",
                                     "radius=17:shape=cross",
                                     NULL};

static int64_t sorted_rank(const struct tri_image *in, int plane, int x, int y, int radius,
                           int64_t rank)
{
    int64_t window[49];
    int count = 0;

    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            window[count++] = oracle_sample(in, plane, x + dx, y + dy);
    qsort(window, (size_t)count, sizeof(window[0]), oracle_ascending);
    return window[rank];
}

/* The window's samples less than `value`, and those of each value. */
struct window_counts {
    int64_t value, less, *of;
};

static void count_column(const struct tri_image *in, int plane, int x, int y, int radius, int by,
                         struct window_counts *counts)
{
    for (int dy = -radius; dy <= radius; dy++) {
        int64_t v = oracle_sample(in, plane, x, y + dy);

        counts->of[v] += by;
        counts->less += v < counts->value ? by : 0;
    }
}

static int64_t counted_rank(struct window_counts *counts, int64_t rank)
{
    while (counts->less > rank)
        counts->less -= counts->of[--counts->value];
    while (counts->less + counts->of[counts->value] <= rank)
        counts->less += counts->of[counts->value++];
    return counts->value;
}

static void count_row(const struct tri_image *in, int plane, int y, int radius, int64_t rank,
                      struct expected *out)
{
    struct window_counts counts = {.of =
                                       oracle_memory((size_t)oracle_max(in) + 1, sizeof(int64_t))};

    for (int x = -radius; x < radius; x++)
        count_column(in, plane, x, y, radius, 1, &counts);
    for (int x = 0; x < out->width; x++) {
        count_column(in, plane, x + radius, y, radius, 1, &counts);
        *oracle_at(out, plane, x, y) = (double)counted_rank(&counts, rank);
        count_column(in, plane, x - radius, y, radius, -1, &counts);
    }
    free(counts.of);
}

void oracle_rank(const struct tri_image *in, int plane, int radius, int64_t rank,
                 struct expected *out)
{
    for (int y = 0; y < out->height; y++) {
        if (radius > 3)
            count_row(in, plane, y, radius, rank, out);
        for (int x = 0; x < out->width && radius <= 3; x++)
            *oracle_at(out, plane, x, y) = (double)sorted_rank(in, plane, x, y, radius, rank);
    }
}
