/* autolevels -- stretches the used range, less a fraction of samples at each end, to the full
 * range. */
#include "kernel.h"

#ifdef HOST
KERNEL(
    autolevels, tri_alpha_kept, "stretch the used range to the full range",
    "Ignores a fraction of the samples at each end (clip), then maps the lowest and highest of the "
    "rest to 0 and the maximum, and those between linearly, rounded to nearest. With planes=joint "
    "one "
    "range for all planes keeps the hues. A plane of a single value does not change. Alpha is "
    "kept.",
    "autolevels:clip=0.01:planes=joint",
    PARAM_FLOAT(clip, 0.005, 0, 0.49, "fraction of the samples to ignore at each end")
        PARAM_CHOICE(planes, 0, 2, "separate|joint", "one range per plane, or one for all"))
ALIASES(autolevels,
        ALIAS("contraststretch|linearstretch|autocontrast|autolevel|stretch", "autolevels"))

KNOWN(autolevels, "autolevels:clip=0", PICTURE(4, 1, 1, 50, 60, 70, 100),
      PICTURE(4, 1, 1, 0, 51, 102, 255))

static void autolevels_finish(const struct tri_counts *counts,
                              const struct tri_operation *operation, void *constants)
{
    const int maximum = counts->bins - 1;
    const uint64_t clip =
        (uint64_t)(tri_operation_value(operation, "clip") * (double)counts->total);
    int low = 0, high = maximum;
    for (uint64_t below = counts->count[0]; below <= clip && low < maximum;
         below += counts->count[low])
        low++;
    for (uint64_t above = counts->count[maximum]; above <= clip && high > 0;
         above += counts->count[high])
        high--;
    tri_stretch_range(counts, low, high, constants);
}

GRAPH(autolevels)
{
    return tri_graph_stretch(graph, VALUE(planes) == 1, VALUE(clip) == 0, autolevels_finish, in);
}
#endif
