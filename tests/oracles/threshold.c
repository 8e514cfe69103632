/* The oracle of threshold: Otsu's and the triangle method from their definitions, exactly. */
#include "../oracle.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

/* The counts of a plane's values. */
static int64_t *counts_of(const struct tri_image *in, int plane)
{
    int64_t *counts = oracle_memory((size_t)oracle_max(in) + 1, sizeof(int64_t));

    for (int y = 0; y < in->shape.height; y++)
        for (int x = 0; x < in->shape.width; x++)
            counts[oracle_sample(in, plane, x, y)]++;
    return counts;
}

/* The variance within the classes is least where the sum of their squared sums, each divided by
 * its number of samples, is largest: a fraction. */
static int64_t otsu(const int64_t *counts, int max)
{
    wide best_top = 0, best_bottom = 1, n[2] = {0}, sum[2] = {0};
    int64_t best = 0;

    for (int v = 0; v <= max; v++) {
        n[1] += counts[v];
        sum[1] += (wide)counts[v] * v;
    }
    best_top = sum[1] * sum[1];
    best_bottom = n[1];
    for (int v = 0; v < max; v++) {
        wide top, bottom;

        n[0] += counts[v];
        n[1] -= counts[v];
        sum[0] += (wide)counts[v] * v;
        sum[1] -= (wide)counts[v] * v;
        if (!n[0] || !n[1])
            continue;
        top = sum[0] * sum[0] * n[1] + sum[1] * sum[1] * n[0];
        bottom = n[0] * n[1];
        if (top * best_bottom > best_top * bottom) {
            best_top = top;
            best_bottom = bottom;
            best = v;
        }
    }
    return best;
}

/* Twice the area of the triangle of the line's ends and the count of `v`: in proportion to the
 * distance, above 0 where the count is below the line, whichever end is farther left. */
static int64_t depth(const int64_t *counts, int end, int peak, int v)
{
    int64_t area = counts[peak] * (v - end) - counts[v] * (peak - end);

    return end < peak ? area : -area;
}

static int64_t triangle(const int64_t *counts, int max)
{
    int first = 0, last = max, peak = 0, end, step;
    int64_t found = -1;

    for (int v = max; v >= 0; v--) {
        first = counts[v] ? v : first;
        last = counts[max - v] ? max - v : last;
        peak = counts[v] && counts[v] >= counts[peak] ? v : peak;
    }
    first = first ? first - 1 : 0;
    last = last < max ? last + 1 : max;
    end = 2 * peak < first + last ? last : first;
    step = end < peak ? 1 : -1;
    for (int v = end; v != peak; v += step)
        if (found < 0 || depth(counts, end, peak, v + step) > depth(counts, end, peak, (int)found))
            found = v + step;
    if (found < 0 || ((end == 0 || end == max) && depth(counts, end, peak, (int)found) <= 0))
        found = end;
    return found - step;
}

static void run(const struct tri_pipeline *pipeline, int operation, const struct tri_image *in,
                const struct tri_image *before, struct expected *out)
{
    int max = oracle_max(in);

    (void)before;
    oracle_expect(out, in->shape.width, in->shape.height, in->shape.planes, 0);
    for (int plane = 0; plane < out->planes; plane++) {
        int64_t *counts = counts_of(in, plane);
        double level = tri_pipeline_value(pipeline, operation, "level") * max;

        if (oracle_chosen(pipeline, operation, "method", "otsu"))
            level = (double)otsu(counts, max);
        else if (oracle_chosen(pipeline, operation, "method", "triangle"))
            level = (double)triangle(counts, max);
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                *oracle_at(out, plane, x, y) =
                    (double)oracle_sample(in, plane, x, y) > level ? max : 0;
        free(counts);
    }
}

static const char *const cases[] = {"level=0.2", "level=0.999", NULL};

const struct oracle oracle_threshold = {
    .name = "threshold", .alpha = ORACLE_KEPT, .run = run, .cases = cases};
