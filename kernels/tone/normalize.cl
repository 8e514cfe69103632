/* normalize -- stretches the range between two percentiles of the samples to the full range. */
#include "kernel.h"

#ifdef HOST
#include <math.h>

KERNEL(
    normalize, tri_alpha_kept, "stretch from a low to a high percentile",
    "Maps the low percentile of the samples to 0, the high one to the maximum, and those between "
    "linearly, rounded to nearest. A percentile is the lowest value that at least so many "
    "percent of the samples do not exceed. All colours have one range (planes=joint), which "
    "keeps hues, or each its own (separate). If both percentiles are the same value, nothing "
    "changes. autolevels drops one fraction at both ends, and by default treats planes "
    "separately; the defaults here are those of ImageMagick's -normalize. Alpha is kept.",
    "normalize:low=1:high=99",
    PARAM_FLOAT(low, 2, 0, 100, "percentile that becomes black")
        PARAM_FLOAT(high, 99, 0, 100, "percentile that becomes white")
            PARAM_CHOICE(planes, 0, 2, "joint|separate", "one range for all, or one per plane"))
ALIASES(normalize, ALIAS("normalise|percentilestretch|rescaleintensity|histnorm|histogramstretch",
                         "normalize"))

/* Of four samples, the 25th percentile is the first, the 75th the third: from 60 to 110. */
KNOWN(normalize, "normalize:low=25:high=75", PICTURE(4, 1, 1, 200, 60, 110, 80),
      PICTURE(4, 1, 1, 255, 0, 255, 102))

static int normalize_percentile(const struct tri_counts *counts, double percent)
{
    const uint64_t rank = (uint64_t)ceil(percent * (double)counts->total / 100);
    int v = 0;
    for (uint64_t sum = counts->count[0]; sum < rank || sum == 0; sum += counts->count[v])
        v++;
    return v;
}

static void normalize_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                             void *constants)
{
    const int low = normalize_percentile(counts, tri_operation_value(operation, "low"));
    const int high = normalize_percentile(counts, tri_operation_value(operation, "high"));
    tri_stretch_range(counts, low, high, constants);
}

GRAPH(normalize)
{
    if (VALUE(low) >= VALUE(high))
        tri_graph_fail(graph, "normalize: high (%g) must be above low (%g)", VALUE(high),
                       VALUE(low));
    const bool extremes = VALUE(low) == 0 && VALUE(high) == 100;
    return tri_graph_stretch(graph, VALUE(planes) == 0, extremes, normalize_finish, in);
}
#endif
