/* threshold -- white where a sample is above a level, black elsewhere. The level is given, or found
 * in the histogram. */
#include "kernel.h"

struct threshold {
    uint level; /* samples above it become white */
    uint other; /* what the others become */
};

PASS(threshold, S, S)
{
    CONSTANT struct threshold *k = CONSTANTS(struct threshold);
    PUT(SELECT(AT(0, 0) > ALL(S, k->level), ALL(S, MAXIMUM), ALL(S, k->other)));
}

#ifdef HOST
USES(histogram)

KERNEL(threshold, tri_alpha_kept, "white above a level, black elsewhere",
       "In each plane separately: the maximum where the sample is greater than level times the "
       "maximum, 0 elsewhere. With method=otsu the level is the lowest of those that maximise the "
       "variance between the two classes (Otsu 1979); with triangle it is the value before the one "
       "whose count lies farthest below the line from the histogram's peak to the end of its "
       "longer tail (Zack, Rogers and Latt 1977). Both use the histogram of the whole plane, and "
       "find the level that OpenCV finds; with gray before, colours have one level. Alpha is kept.",
       "gray,threshold:level=0.4",
       PARAM_FLOAT(level, 0.5, 0, 1, "fraction of the maximum, for method=level")
           PARAM_CHOICE(method, 0, 3, "level|otsu|triangle", "how the level is found"))
ALIASES(threshold, ALIAS("binarize|binarise|blackwhite", "gray,threshold:level=0.5")
                       ALIAS("otsu|autothreshold|threshotsu", "gray,threshold:method=otsu")
                           ALIAS("triangle|threshtriangle", "gray,threshold:method=triangle"))

KNOWN(threshold, "threshold:level=0.5", PICTURE(3, 1, 1, 127, 128, 255),
      PICTURE(3, 1, 1, 0, 255, 255))

/* The variance between classes is (n1 * n2 / n^2) * (mean1 - mean2)^2, which is largest where
 * (sum1 * n - sum * n1)^2 / (n1 * n2) is. */
static int threshold_otsu(const struct tri_counts *counts)
{
    const double n = (double)counts->total;
    double sum = 0, below = 0, sum_below = 0, most = 0;
    int best = 0;
    for (int v = 0; v < counts->bins; v++)
        sum += (double)counts->count[v] * v;
    for (int v = 0; v < counts->bins; v++) {
        below += (double)counts->count[v];
        sum_below += (double)counts->count[v] * v;
        const double apart = sum_below * n - sum * below;
        if (below == 0 || below == n || apart * apart / (below * (n - below)) <= most)
            continue;
        most = apart * apart / (below * (n - below));
        best = v;
    }
    return best;
}

/* The line goes from the peak to no samples at the farther end of the histogram: at the first value
 * that none has, or at the end of the range. Only there is a line possible that no count lies
 * below; the result is then the value beyond the end. Returns -1 to the maximum + 1. */
static int threshold_triangle(const struct tri_counts *counts)
{
    int first = 0, last = counts->bins - 1, peak = 0;
    while (counts->count[first] == 0)
        first++;
    while (counts->count[last] == 0)
        last--;
    for (int v = first; v <= last; v++)
        peak = counts->count[v] > counts->count[peak] ? v : peak;
    first -= first > 0;
    last += last < counts->bins - 1;
    const bool above = peak - first < last - peak;
    const int end = above ? last : first, towards = above ? -1 : 1;
    const int64_t height = (int64_t)counts->count[peak], length = (peak - end) * towards;
    int64_t farthest = end == 0 || end == counts->bins - 1 ? 0 : -1;
    int best = 0; /* steps from the end */
    for (int i = 1; i <= length; i++) {
        const int64_t depth = height * i - length * (int64_t)counts->count[end + towards * i];
        if (depth > farthest) {
            farthest = depth;
            best = i;
        }
    }
    return end + towards * (best - 1);
}

static void threshold_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                             void *constants)
{
    struct threshold *k = constants;
    const int level = tri_operation_value(operation, "method") == 1 ? threshold_otsu(counts)
                                                                    : threshold_triangle(counts);
    const int maximum = counts->bins - 1;
    k->level = level < 0 ? 0 : (uint)(level < maximum ? level : maximum);
    k->other = level < 0 ? (uint)maximum : 0;
}

GRAPH_PLANE(threshold)
{
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const struct threshold k = {(uint)(VALUE(level) * maximum), 0};
    tri_graph_monochrome(graph);
    if (VALUE(method) == 0)
        return NODE(threshold, .in = {in}, .constants = &k, .constants_size = sizeof k);
    const int counts = NODE(histogram, .in = {in});
    return NODE(threshold, .in = {in}, .constants = &k, .constants_size = sizeof k,
                .histogram = counts, .finish = threshold_finish);
}
#endif
