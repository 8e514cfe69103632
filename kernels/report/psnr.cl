/* psnr -- reports how far two pictures are apart: PSNR, mean squared and absolute errors, and how
 * many samples differ; the picture stays as it is. */
#include "kernel.h"

#ifdef HOST
#include <math.h>

USES(histogram)
USES(apart)

KERNEL(
    psnr, tri_alpha_plain, "how far two pictures are apart: PSNR, MSE, MAE, changed samples",
    "Compares the picture with the second one, of the same size, and writes one line of data for "
    "each plane, and for several one for all together: how many samples there are, how many differ "
    "by more than the threshold, the largest difference, the sums of differences and of their "
    "squares, the mean of both (mae, mse), and the peak signal-to-noise ratio in decibels, "
    "10 log10(maximum^2 / mse), which is inf for equal pictures. Of several frames or pictures, "
    "lines for all of them together follow. The data goes to the file of --data; the picture does "
    "not change. Sums are exact, and the same on every backend. The second picture takes the "
    "first one's depth and number of colours; its alpha counts if the first has alpha. Videos in "
    "Y'CbCr are compared in R, G, B.",
    "psnr:threshold=0.02",
    PARAM_FLOAT(threshold, 0, 0, 1, "differences up to this part of the maximum do not count"))
ALIASES(psnr, ALIAS("ae|mae|mse|rmse|metric|imgdiff|comparepictures", "psnr"))

KNOWN(psnr, "psnr", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255),
      .with = PICTURE(3, 1, 1, 1, 7, 250))

enum { SAMPLES, CHANGED, LARGEST, SUM, SQUARES, FIGURES = SQUARES + 2 };

static void psnr_finish(const struct tri_counts *counts, const struct tri_operation *operation,
                        void *constants)
{
    const double part = tri_operation_value(operation, "threshold");
    const uint64_t threshold = (uint64_t)floor(part * (counts->bins - 1));
    uint64_t changed = 0, largest = 0, sum = 0;
    tri_wide squares = 0;
    for (uint64_t v = 1; v < (uint64_t)counts->bins; v++) {
        const uint64_t n = counts->count[v];
        changed += v > threshold ? n : 0;
        largest = n > 0 ? v : largest;
        sum += n * v;
        squares += (tri_wide)n * (v * v);
    }
    tri_figure_set(constants, SAMPLES, counts->total);
    tri_figure_set(constants, CHANGED, changed);
    tri_figure_set(constants, LARGEST, largest);
    tri_figure_set(constants, SUM, sum);
    tri_figure_set_wide(constants, SQUARES, squares);
}

struct psnr_line {
    uint64_t samples, changed, largest, sum;
    tri_wide squares;
};

static void psnr_add(struct psnr_line *to, const struct psnr_line *line)
{
    to->samples += line->samples;
    to->changed += line->changed;
    to->largest = line->largest > to->largest ? line->largest : to->largest;
    to->sum += line->sum;
    to->squares += line->squares;
}

static void psnr_print(FILE *to, const char *name, const struct psnr_line *line, int bits)
{
    const double samples = (double)line->samples, mse = (double)line->squares / samples;
    const double maximum = (1 << bits) - 1;
    struct tri_wide_text squares;
    fprintf(to, "%s,%d,%llu,%llu,%llu,%llu,%s,%.6f,%.6f,", name, bits,
            (unsigned long long)line->samples, (unsigned long long)line->changed,
            (unsigned long long)line->largest, (unsigned long long)line->sum,
            tri_wide_text(line->squares, &squares), (double)line->sum / samples, mse);
    if (line->squares == 0)
        fputs("inf\n", to);
    else
        fprintf(to, "%.6f\n", 10 * log10(maximum * maximum / mse));
}

static void psnr_table(FILE *to, const struct tri_data *data)
{
    struct psnr_line all = {0};
    for (int p = 0; p < data->height; p++) {
        const struct psnr_line line = {tri_figure(data, p, SAMPLES), tri_figure(data, p, CHANGED),
                                       tri_figure(data, p, LARGEST), tri_figure(data, p, SUM),
                                       tri_figure_wide(data, p, SQUARES)};
        psnr_add(&all, &line);
        psnr_print(to, tri_plane_name(p, data->height), &line, data->bits);
    }
    if (data->height > 1)
        psnr_print(to, "all", &all, data->bits);
}

static const char *psnr_parse(const char *text, char name[8], int *bits, struct psnr_line *line)
{
    unsigned long long samples, changed, largest, sum;
    char squares[48];
    if (sscanf(text, "%7[a-z],%d,%llu,%llu,%llu,%llu,%47[0-9]", name, bits, &samples, &changed,
               &largest, &sum, squares) != 7)
        return NULL;
    *line = (struct psnr_line){samples, changed, largest, sum, tri_wide_of(squares)};
    text = strchr(text, '\n');
    return text != NULL ? text + 1 : NULL;
}

static void psnr_merge(FILE *to, const char *total, const char *lines)
{
    char name[8];
    int bits = 8;
    struct psnr_line sum, line;
    while (total != NULL && lines != NULL &&
           (total = psnr_parse(total, name, &bits, &sum)) != NULL &&
           (lines = psnr_parse(lines, name, &bits, &line)) != NULL) {
        psnr_add(&sum, &line);
        psnr_print(to, name, &sum, bits);
    }
}

GRAPH(psnr)
{
    int histograms[TRI_PLANES_MAX] = {0};
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    for (int p = 0; p < in.planes; p++) {
        const int apart = NODE(apart, .in = {in.channel[p], with.channel[p]});
        histograms[p] = NODE(histogram, .in = {apart});
    }
    const int figures =
        tri_graph_figures(graph, in.channel[0], histograms, in.planes,
                          &(struct tri_figures){.count = FIGURES, .finish = psnr_finish});
    tri_graph_same_samples(graph);
    tri_graph_table(graph, figures, "plane,bits,samples,changed,largest,sum,squares,mae,mse,psnr",
                    psnr_table);
    tri_graph_totals(graph, psnr_merge);
    return in;
}
#endif
