/* histogram -- reports how many samples have each value; the picture stays as it is. */
#include "kernel.h"

#ifdef HOST
USES(histogram)

KERNEL(
    histogram, tri_alpha_plain, "how many samples have each value, as data",
    "Writes one line of data for each bin of each plane: the lowest and the highest value of the "
    "bin, and how many samples lie between them. Bins divide the values as equally as whole "
    "values can, and are no narrower than one, so that 8-bit pictures have 256 at most. With "
    "planes=joint samples of all planes, also alpha, are counted together. The data goes to the "
    "file of --data; the picture does not change. Videos in Y'CbCr are counted in R, G, B.",
    "histogram:bins=64",
    PARAM_INT(bins, 256, 1, 65536, "ranges of values")
        PARAM_CHOICE(planes, 0, 2, "separate|joint", "count each plane, or all together"))
ALIASES(histogram, ALIAS("hist|calchist|histfind|imhist|count", "histogram"))

KNOWN(histogram, "histogram:bins=4", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255))

/* The first value of bin `i`. */
static int histogram_first(int i, int bins, int values)
{
    return (int)(((int64_t)i * values + bins - 1) / bins);
}

static void histogram_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                             void *constants)
{
    const double asked = tri_operation_value(operation, "bins");
    const int bins = asked < counts->bins ? (int)asked : counts->bins;
    for (int i = 0, v = 0; i < bins; i++) {
        uint64_t sum = 0;
        for (; v < histogram_first(i + 1, bins, counts->bins); v++)
            sum += counts->count[v];
        tri_figure_set(constants, i, sum);
    }
}

static void histogram_table(FILE *to, const struct tri_data *data)
{
    const int bins = data->width / 2, values = 1 << data->bits;
    const uint32_t *constants = data->constants;
    const bool joint = constants[1] != 0;
    for (int p = 0; p < data->height; p++)
        for (int i = 0; i < bins; i++)
            fprintf(to, "%s,%d,%d,%llu\n", joint ? "all" : tri_plane_name(p, data->height),
                    histogram_first(i, bins, values), histogram_first(i + 1, bins, values) - 1,
                    (unsigned long long)tri_figure(data, p, i));
}

GRAPH(histogram)
{
    const int values = 1 << tri_graph_bits(graph), asked = (int)VALUE(bins);
    const int bins = asked < values ? asked : values;
    const bool joint = VALUE(planes) == 1;
    int histograms[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < in.planes; p++)
        histograms[p] =
            NODE(histogram, .in = {in.channel[p]}, .histogram = joint && p > 0 ? histograms[0] : 0);
    const int figures = tri_graph_figures(
        graph, in.channel[0], histograms, joint ? 1 : in.planes,
        &(struct tri_figures){.count = bins, .parameters = {joint}, .finish = histogram_finish});
    tri_graph_same_samples(graph);
    tri_graph_table(graph, figures, "plane,from,to,samples", histogram_table);
    return in;
}
#endif
