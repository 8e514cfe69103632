/* median -- the median of a square window; borders replicate the edge sample.
 *
 * Each column is sorted once for all windows that contain it. A window is then a matrix whose
 * columns ascend; sorting its rows keeps them ascending (Knuth, TAOCP 3, 5.2.4). In the fully
 * ordered matrix only samples near the antidiagonal can be the median: an element with more than
 * half of the samples known to be below or above it cannot. */
#include "kernel.h"

#define ORDER(a, b) \
    { \
        const S smaller = MIN(a, b); \
        b = MAX(a, b); \
        a = smaller; \
    }
#define ORDER_3(a, b, c) \
    ORDER(a, b) \
    ORDER(b, c) \
    ORDER(a, b)
#define ORDER_5(a, b, c, d, e) \
    ORDER(a, b) \
    ORDER(d, e) \
    ORDER(c, e) \
    ORDER(c, d) \
    ORDER(b, e) \
    ORDER(a, d) \
    ORDER(a, c) \
    ORDER(b, d) \
    ORDER(b, c)

CHOOSE(median_sort_3)
{
    S a = AT(0, -1), b = AT(0, 0), c = AT(0, 1);
    ORDER_3(a, b, c)
    PUT_OUTPUT(0, a);
    PUT_OUTPUT(1, b);
    PUT_OUTPUT(2, c);
}

/* The median of three sorted columns is the median of the largest minimum, the median of the
 * middle samples and the smallest maximum. */
CHOOSE(median_select_3)
{
    S low = MAX(MAX(AT_INPUT(0, -1, 0), AT_INPUT(0, 0, 0)), AT_INPUT(0, 1, 0));
    S a = AT_INPUT(1, -1, 0), b = AT_INPUT(1, 0, 0), c = AT_INPUT(1, 1, 0);
    S high = MIN(MIN(AT_INPUT(2, -1, 0), AT_INPUT(2, 0, 0)), AT_INPUT(2, 1, 0));
    ORDER_3(a, b, c)
    ORDER_3(low, b, high)
    PUT(b);
}

FUSE(median_3, median_sort_3, median_select_3);

CHOOSE(median_sort_5)
{
    S a = AT(0, -2), b = AT(0, -1), c = AT(0, 0), d = AT(0, 1), e = AT(0, 2);
    ORDER_5(a, b, c, d, e)
    PUT_OUTPUT(0, a);
    PUT_OUTPUT(1, b);
    PUT_OUTPUT(2, c);
    PUT_OUTPUT(3, d);
    PUT_OUTPUT(4, e);
}

#define SORTED_ROW(r, a, b, c, d, e) \
    S a = AT_INPUT(r, -2, 0), b = AT_INPUT(r, -1, 0), c = AT_INPUT(r, 0, 0), \
      d = AT_INPUT(r, 1, 0), e = AT_INPUT(r, 2, 0); \
    ORDER_5(a, b, c, d, e)

/* Once the rows are sorted, 6 of the 25 samples cannot be as large as the median and 6 cannot be as
 * small. These choices reduce the other 13 to three, with the median in the middle. They were found
 * by a search. They are right for each of the 252 patterns of zeros and ones with ascending rows
 * and columns, so by the 0-1 principle for all samples. */
CHOOSE(median_select_5)
{
    SORTED_ROW(0, a0, a1, a2, a3, a4)
    SORTED_ROW(1, b0, b1, b2, b3, b4)
    SORTED_ROW(2, c0, c1, c2, c3, c4)
    SORTED_ROW(3, d0, d1, d2, d3, d4)
    SORTED_ROW(4, e0, e1, e2, e3, e4)
    const S over = MAX(b2, d1);
    S under = MIN(MIN(d2, e1), MAX(MAX(b3, c1), d0));
    ORDER(under, c2)
    S low = MAX(MIN(MAX(a3, over), a4), under), high = MIN(MAX(MIN(over, b4), a4), c2),
      last = MIN(c3, e0);
    ORDER_3(low, high, last)
    PUT(high);
}

FUSE(median_5, median_sort_5, median_select_5);

#ifdef HOST

KERNEL(
    median, tri_alpha_premultiplied, "median of a square window: removes specks, keeps edges",
    "The median of the (2 radius + 1)^2 samples around each sample. From radius 4 on, 8 bits "
    "cost CPUs the same whatever the radius, by counts that slide; 16 bits, and GPUs, take longer "
    "the larger it is. Borders replicate the edge sample.",
    "median:radius=2",
    PARAM_LENGTH(radius, TRI_INT, 1, 1, RANK_RADIUS, "window radius in pixels", TRI_RADIUS))
ALIASES(median, ALIAS("medianblur|medianfilter|despeckle", "median:radius=1"))

/* A bright speck in the dark disappears. */
KNOWN(median, "median", PICTURE(3, 3, 1, 1, 2, 3, 4, 250, 6, 7, 8, 9),
      PICTURE(3, 3, 1, 2, 3, 3, 4, 6, 6, 7, 8, 9))

GRAPH_PLANE(median)
{
    const int radius = (int)VALUE(radius);
    if (radius >= 3) /* of half the samples */
        return tri_graph_kernel(graph, "percentile", "radius", radius, in);
    if (radius == 1) {
        const int c =
            NODE(median_sort_3, .in = {in}, .outputs = 3, .low = -1, .high = 1, .operations = 2);
        return NODE(median_select_3, .in = {c, c + 1, c + 2}, .reach = 1, .operations = 16,
                    .fused = &tri_pass_median_3);
    }
    const int c =
        NODE(median_sort_5, .in = {in}, .outputs = 5, .low = -2, .high = 2, .operations = 18 / 5.0);
    return NODE(median_select_5, .in = {c, c + 1, c + 2, c + 3, c + 4}, .reach = 2,
                .operations = 110, .fused = &tri_pass_median_5);
}
#endif
