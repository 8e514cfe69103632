/* histogram -- reports how many samples have each value; the picture stays as it is. */
#include "kernel.h"

#ifdef HOST
USES(histogram)

KERNEL(
    histogram, tri_alpha_plain, "how many samples have each value, as data",
    "Writes one line of data for each bin of each plane: the lowest and the highest value of the "
    "bin, and how many samples lie between them. Bins divide the values into equal ranges, up to "
    "one value in width, so that 8-bit pictures have 256 at most. With planes=joint samples of "
    "all planes, also alpha, are counted together. The data goes to the file of --data; the "
    "picture does not change. Videos in Y'CbCr are counted in R, G, B.",
    "histogram:bins=64",
    PARAM_INT(bins, 256, 1, 65536, "ranges of values; a divisor of 256, or at 16 bits of 65536")
        PARAM_CHOICE(planes, 0, 2, "separate|joint", "count each plane, or all together"))
ALIASES(histogram, ALIAS("hist|calchist|histfind|imhist|count", "histogram"))

KNOWN(histogram, "histogram:bins=4", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255))

static void histogram_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                             void *constants)
{
    const double asked = tri_operation_value(operation, "bins");
    const int bins = asked < counts->bins ? (int)asked : counts->bins;
    const int width = counts->bins / bins;
    for (int i = 0; i < bins; i++) {
        uint64_t sum = 0;
        for (int v = i * width; v < (i + 1) * width; v++)
            sum += counts->count[v];
        tri_figure_set(constants, i, sum);
    }
}

static void histogram_table(FILE *to, const struct tri_data *data)
{
    const int bins = data->width / 2, width = (1 << data->bits) / bins;
    const uint32_t *constants = data->constants;
    const bool joint = constants[1] != 0;
    for (int p = 0; p < data->height; p++)
        for (int i = 0; i < bins; i++)
            fprintf(to, "%s,%d,%d,%llu\n", joint ? "all" : tri_plane_name(p, data->height),
                    i * width, (i + 1) * width - 1, (unsigned long long)tri_figure(data, p, i));
}

GRAPH(histogram)
{
    const int values = 1 << tri_graph_bits(graph), asked = (int)VALUE(bins);
    const int bins = asked < values ? asked : values;
    const bool joint = VALUE(planes) == 1;
    int histograms[TRI_PLANES_MAX] = {0};
    if (values % bins != 0)
        tri_graph_fail(graph, "histogram: %d bins do not divide %d values; use a power of two",
                       bins, values);
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
