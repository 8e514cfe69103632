/* equalize -- histogram equalization: maps each sample through a table made from the histogram. */
#include "kernel.h"

#ifdef HOST
USES(histogram)
USES(lookup)

KERNEL(equalize, tri_alpha_kept, "histogram equalization",
       "Maps v to round((cdf(v) - cdf_min) / (N - cdf_min) * maximum), with one histogram per "
       "plane or "
       "one for all. A plane of a single value does not change. Alpha is kept.",
       "equalize:planes=joint",
       PARAM_CHOICE(planes, 0, 2, "separate|joint", "one histogram per plane, or one for all"))
ALIASES(equalize, ALIAS("histeq|histequal|equalizehist|equalise|histogrameq", "equalize"))

/* Of four samples, one is 10, two are 20, one is 30: (cdf - 1) / 3 is 0, 2/3 and 1. */
KNOWN(equalize, "equalize", PICTURE(4, 1, 1, 10, 20, 20, 30), PICTURE(4, 1, 1, 0, 170, 170, 255))

static void equalize_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                            void *constants)
{
    ushort *table = constants;
    uint64_t cdf = 0, lowest = 0;
    (void)operation;
    for (int v = 0; v < counts->bins; v++) {
        cdf += counts->count[v];
        if (lowest == 0)
            lowest = cdf;
        const uint64_t range = counts->total - lowest, maximum = (uint64_t)counts->bins - 1;
        table[v] = (ushort)(range == 0 ? (uint64_t)v
                                       : ((cdf - lowest) * maximum * 2 + range) / (range * 2));
    }
}

GRAPH(equalize)
{
    return tri_graph_by_histogram(graph, &tri_pass_histogram, &tri_pass_lookup, VALUE(planes) == 1,
                                  equalize_finish, in);
}
#endif
