/* ssim -- reports how alike two pictures look: the mean structural similarity of windows of 8 x 8;
 * the picture stays as it is. Passes make sums of blocks of 4 x 4, exact integers; four of them are
 * a window. */
#include "kernel.h"

struct ssim {
    int columns, rows, planes; /* of blocks */
};

/* What is beyond the edge of pictures with a side below 8. */
#define SSIM_INSIDE(at, size) ((at) < (size) ? (at) : (size)-1)

/* Four words for each block: the sums of the first and of the second picture in 20 bits, above them
 * what exceeds 32 bits of the sum of both squares and of the sum of products, which follow. */
GATHER(ssim_blocks, S, u32)
{
    const int left = (X >> 2) * 4, top = Y * 4, second = X & 1;
    uint sum = 0;
    ulong products = 0;
    for (int j = 0; j < 4; j++) {
        const int y = SSIM_INSIDE(top + j, IN_HEIGHT);
        for (int i = 0; i < 4; i++) {
            const int x = SSIM_INSIDE(left + i, IN_WIDTH);
            const uint a = SAMPLE_INPUT(0, x, y), b = SAMPLE_INPUT(1, x, y);
            sum += second ? b : a;
            products += second ? (ulong)a * b : (ulong)a * a + (ulong)b * b;
        }
    }
    return (X & 2) ? (uint)products : sum | (uint)(products >> 32) << 20;
}

/* The planes one below the other. */
GATHER(ssim_join, u32, u32)
{
    const int rows = CONSTANTS(struct ssim)->rows, plane = Y / rows, y = Y - plane * rows;
    return plane == 0   ? SAMPLE_INPUT(0, X, y)
           : plane == 1 ? SAMPLE_INPUT(1, X, y)
           : plane == 2 ? SAMPLE_INPUT(2, X, y)
                        : SAMPLE_INPUT(3, X, y);
}

#ifdef HOST
#include <math.h>

KERNEL(
    ssim, tri_alpha_plain, "how alike two pictures look: structural similarity",
    "Compares the picture with the second one, of the same size, and writes one line of data for "
    "each plane, and for several one for all together: the mean structural similarity (SSIM, Wang "
    "et al. 2004), 1 for equal pictures. Windows have 8 x 8 samples that all count the same, at "
    "each fourth column and row, as in FFmpeg's filter ssim; columns and rows after the last whole "
    "block of 4 are left out, and a side below 8 is continued with its last sample. K1 is 0.01, K2 "
    "0.03. The lines also have the number of windows and the sum of their similarities, each "
    "rounded to a billionth, in billionths. Of several frames or pictures, lines for all of them "
    "together follow. The data goes to the file of --data; the picture does not change. Sums are "
    "exact integers, so the numbers are the same on every backend. The second picture takes the "
    "first one's depth and number of colours; its alpha counts if the first has alpha. Videos in "
    "Y'CbCr are compared in R, G, B.",
    "ssim", NO_PARAMS)
ALIASES(ssim, ALIAS("dssim|structuralsimilarity|qualityssim", "ssim"))

KNOWN(ssim, "ssim", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255),
      .with = PICTURE(3, 1, 1, 1, 7, 250))

struct ssim_line {
    long long windows, sum;
};

static void ssim_print(FILE *to, const char *name, const struct ssim_line *line)
{
    fprintf(to, "%s,%lld,%lld,%.6f\n", name, line->windows, line->sum,
            (double)line->sum / (double)line->windows * 1e-9);
}

struct ssim_sums {
    uint64_t a, b, squares, products;
};

static void ssim_add_block(struct ssim_sums *to, const uint32_t *words)
{
    to->a += words[0] & 0xfffff;
    to->b += words[1] & 0xfffff;
    to->squares += words[2] | (uint64_t)(words[0] >> 20) << 32;
    to->products += words[3] | (uint64_t)(words[1] >> 20) << 32;
}

/* Of 64 samples. Each factor is below 2^53 and so exact; the constants are whole, as in FFmpeg. */
static double ssim_of(const struct ssim_sums *sums, int bits)
{
    const double peak = (1 << bits) - 1, a = (double)sums->a, b = (double)sums->b;
    const double c1 = floor(.01 * .01 * peak * peak * 64 + .5),
                 c2 = floor(.03 * .03 * peak * peak * 64 * 63 + .5);
    const double spread = (double)(sums->squares * 64) - a * a - b * b;
    const double common = (double)(sums->products * 64) - a * b;
    return (2 * a * b + c1) * (2 * common + c2) / ((a * a + b * b + c1) * (spread + c2));
}

static struct ssim_line ssim_plane(const struct tri_data *data, const struct ssim *k, int plane)
{
    struct ssim_line line = {(long long)(k->columns - 1) * (k->rows - 1), 0};
    for (int y = 0; y < k->rows - 1; y++) {
        const uint32_t *row = data->samples + (plane * k->rows + y) * data->stride;
        for (int x = 0; x < k->columns - 1; x++) {
            struct ssim_sums sums = {0};
            for (int i = 0; i < 4; i++)
                ssim_add_block(&sums, row + (i / 2) * data->stride + 4 * (x + i % 2));
            line.sum += llround(ssim_of(&sums, data->bits) * 1e9);
        }
    }
    return line;
}

static void ssim_table(FILE *to, const struct tri_data *data)
{
    const struct ssim *k = data->constants;
    struct ssim_line all = {0};
    for (int p = 0; p < k->planes; p++) {
        const struct ssim_line line = ssim_plane(data, k, p);
        all.windows += line.windows;
        all.sum += line.sum;
        ssim_print(to, tri_plane_name(p, k->planes), &line);
    }
    if (k->planes > 1)
        ssim_print(to, "all", &all);
}

static const char *ssim_parse(const char *text, char name[8], struct ssim_line *line)
{
    if (sscanf(text, "%7[a-z],%lld,%lld", name, &line->windows, &line->sum) != 3)
        return NULL;
    text = strchr(text, '\n');
    return text != NULL ? text + 1 : NULL;
}

static void ssim_merge(FILE *to, const char *total, const char *lines)
{
    char name[8];
    struct ssim_line sum, line;
    while (total != NULL && lines != NULL && (total = ssim_parse(total, name, &sum)) != NULL &&
           (lines = ssim_parse(lines, name, &line)) != NULL) {
        sum.windows += line.windows;
        sum.sum += line.sum;
        ssim_print(to, name, &sum);
    }
}

static int ssim_count(int size)
{
    return size < 8 ? 2 : size / 4;
}

GRAPH(ssim)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    const struct ssim k = {ssim_count(tri_graph_width(graph, in.channel[0])),
                           ssim_count(tri_graph_height(graph, in.channel[0])), in.planes};
    int blocks[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < TRI_PLANES_MAX; p++)
        blocks[p] = p >= in.planes
                        ? blocks[0]
                        : NODE(ssim_blocks, .in = {in.channel[p], with.channel[p]}, .whole = true,
                               .width = 4 * k.columns, .height = k.rows, .operations = 48,
                               .constants = &k, .constants_size = sizeof k);
    const int all =
        in.planes == 1
            ? blocks[0]
            : NODE(ssim_join, .in = {blocks[0], blocks[1], blocks[2], blocks[3]}, .whole = true,
                   .height = in.planes * k.rows, .constants = &k, .constants_size = sizeof k);
    tri_graph_same_samples(graph);
    tri_graph_planes_differ(graph); /* the second picture's planes */
    tri_graph_table(graph, all, "plane,windows,sum,ssim", ssim_table);
    tri_graph_totals(graph, ssim_merge);
    return in;
}
#endif
