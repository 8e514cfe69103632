/* percentile -- any rank of the samples of a square window; borders replicate the edge sample.
 *
 * Up to a radius of 3 the result is found bit by bit, from the highest: a bit is 1 if enough
 * samples of the window are at least as large as what that makes. */
#include "kernel.h"

#define PERCENTILE_RADIUS 3

struct percentile {
    int radius;
    int enough; /* samples that are at least as large as the result; 49 fit in 8 bits */
};

PASS(percentile, S, S)
{
    CONSTANT struct percentile *k = CONSTANTS(struct percentile);
    S found = ALL(S, 0);
    for (int bit = BITS - 1; bit >= 0; bit--) {
        const S tried = found | ALL(S, 1u << bit);
        S count = ALL(S, 0);
        UNROLL
        for (int dy = -k->radius; dy <= k->radius; dy++) {
            UNROLL
            for (int dx = -k->radius; dx <= k->radius; dx++)
                count = count + SELECT(AT(dx, dy) >= tried, ALL(S, 1), ALL(S, 0));
        }
        found = SELECT(count >= ALL(S, k->enough), tried, found);
    }
    PUT(found);
}

#ifdef HOST
USES(rank)

KERNEL(percentile, tri_alpha_premultiplied,
       "any rank of a square window, from darkest to brightest",
       "Sorts the (2 radius + 1)^2 samples around each sample and takes the one at rank percent of "
       "the way from the smallest, 0, to the largest, 100; the nearest one, the upper if two are "
       "as near. 50 is the median, whose help says what large windows cost. Borders replicate the "
       "edge sample.",
       "percentile:rank=25:radius=2",
       PARAM_FLOAT(rank, 50, 0, 100, "percent of the way from the smallest sample to the largest")
           PARAM_LENGTH(radius, TRI_INT, 1, 1, RANK_RADIUS, "window radius in pixels", TRI_RADIUS))
ALIASES(percentile, ALIAS("rank|rankfilter|percentilefilter|quantile", "percentile:rank=50")
                        ALIAS("median7|medianblur7", "percentile:radius=3"))

/* Of nine samples, 25 percent of the way is the third smallest. The only row counts three times:
 * 0 0 0 0 0 0 9 9 9, then 0 0 0 9 9 9 20 20 20, then 9 9 9 and six times 20. */
KNOWN(percentile, "percentile:rank=75", PICTURE(3, 1, 1, 0, 9, 20), PICTURE(3, 1, 1, 9, 20, 20))

GRAPH_PLANE(percentile)
{
    const int radius = (int)VALUE(radius), count = (2 * radius + 1) * (2 * radius + 1);
    const int below = (int)(VALUE(rank) * (count - 1) / 100 + 0.5);
    const struct percentile k = {radius, count - below};
    if (below == 0 || below == count - 1)
        return tri_graph_kernel(graph, below == 0 ? "erode" : "dilate", "radius", radius, in);
    if (2 * below == count - 1 && radius <= 2)
        return tri_graph_kernel(graph, "median", "radius", radius, in);
    if (radius > PERCENTILE_RADIUS) {
        const struct tri_ranks ranks = {radius, below};
        return NODE(rank, .in = {in}, .whole = true, .block = RANK_ROWS,
                    .operations = tri_graph_bits(graph) == 8 ? 40 : 12 * radius,
                    .constants = &ranks, .constants_size = sizeof ranks);
    }
    return NODE(percentile, .in = {in}, .low = -radius, .high = radius, .reach = radius,
                .operations = (double)count * tri_graph_bits(graph), .constants = &k,
                .constants_size = sizeof k, .specialize = true);
}
#endif
