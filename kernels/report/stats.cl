/* stats -- reports the minimum, maximum, mean and more of each plane; the picture stays as it is.
 */
#include "kernel.h"

#ifdef HOST
#include <math.h>

USES(histogram)

KERNEL(
    stats, tri_alpha_plain, "minimum, maximum, mean, deviation of each plane, as data",
    "Writes one line of data for each plane, and for several one for all together: how many "
    "samples it has, their minimum, maximum and sum, mean and standard deviation (of the "
    "population), how many different values there are (empty for all planes), and how many samples "
    "are 0 and the maximum, as clipped ones are. The data goes to the file of --data; the picture "
    "does not change. Sums are exact, and the same on every backend. Videos in Y'CbCr are "
    "measured in R, G, B.",
    "stats", NO_PARAMS)
ALIASES(stats,
        ALIAS("identify|statistics|signalstats|meanstddev|minmaxloc|avg|deviate|minmax", "stats"))

KNOWN(stats, "stats", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255))

enum { COUNT, LEAST, MOST, SUM, SQUARES, DISTINCT = SQUARES + 2, BLACK, WHITE, FIGURES };

static void stats_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                         void *constants)
{
    uint64_t least = UINT64_MAX, most = 0, sum = 0, distinct = 0;
    tri_wide squares = 0;
    (void)operation;
    for (uint64_t v = 0; v < (uint64_t)counts->bins; v++) {
        const uint64_t n = counts->count[v];
        if (n == 0)
            continue;
        least = least == UINT64_MAX ? v : least;
        most = v;
        sum += n * v;
        squares += (tri_wide)n * (v * v);
        distinct++;
    }
    tri_figure_set(constants, COUNT, counts->total);
    tri_figure_set(constants, LEAST, least);
    tri_figure_set(constants, MOST, most);
    tri_figure_set(constants, SUM, sum);
    tri_figure_set_wide(constants, SQUARES, squares);
    tri_figure_set(constants, DISTINCT, distinct);
    tri_figure_set(constants, BLACK, counts->count[0]);
    tri_figure_set(constants, WHITE, counts->count[counts->bins - 1]);
}

struct stats_line {
    uint64_t count, least, most, sum, black, white;
    tri_wide squares;
};

static void stats_add(struct stats_line *line, const struct tri_data *data, int p)
{
    const uint64_t least = tri_figure(data, p, LEAST), most = tri_figure(data, p, MOST);
    line->least = line->count == 0 || least < line->least ? least : line->least;
    line->most = most > line->most ? most : line->most;
    line->count += tri_figure(data, p, COUNT);
    line->sum += tri_figure(data, p, SUM);
    line->squares += tri_figure_wide(data, p, SQUARES);
    line->black += tri_figure(data, p, BLACK);
    line->white += tri_figure(data, p, WHITE);
}

/* The variance is (n * squares - sum^2) / n^2, whose numerator is exact. */
static void stats_print(FILE *to, const char *name, const struct stats_line *line,
                        const char *distinct)
{
    const double count = (double)line->count;
    const tri_wide spread = line->count * line->squares - (tri_wide)line->sum * line->sum;
    fprintf(to, "%s,%llu,%llu,%llu,%llu,%.6f,%.6f,%s,%llu,%llu\n", name,
            (unsigned long long)line->count, (unsigned long long)line->least,
            (unsigned long long)line->most, (unsigned long long)line->sum,
            (double)line->sum / count, sqrt((double)spread) / count, distinct,
            (unsigned long long)line->black, (unsigned long long)line->white);
}

static void stats_table(FILE *to, const struct tri_data *data)
{
    struct stats_line all = {0};
    for (int p = 0; p < data->height; p++) {
        struct stats_line one = {0};
        char distinct[24];
        snprintf(distinct, sizeof distinct, "%llu",
                 (unsigned long long)tri_figure(data, p, DISTINCT));
        stats_add(&one, data, p);
        stats_add(&all, data, p);
        stats_print(to, tri_plane_name(p, data->height), &one, distinct);
    }
    if (data->height > 1)
        stats_print(to, "all", &all, "");
}

GRAPH(stats)
{
    int histograms[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < in.planes; p++)
        histograms[p] = NODE(histogram, .in = {in.channel[p]});
    const int figures =
        tri_graph_figures(graph, in.channel[0], histograms, in.planes,
                          &(struct tri_figures){.count = FIGURES, .finish = stats_finish});
    tri_graph_same_samples(graph);
    tri_graph_table(graph, figures,
                    "plane,samples,minimum,maximum,sum,mean,deviation,distinct,at_zero,at_maximum",
                    stats_table);
    return in;
}
#endif
