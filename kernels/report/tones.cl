/* tones -- sums of samples by their value, block by block, and of the second picture's samples at
 * the same places: how tones of one become tones of the other. The picture stays as it is. */
#include "kernel.h"

#define TONES_COLUMNS 256
#define TONES_ROWS 64
#define TONES_FIGURES 3 /* how many samples, their sum, and that of the second picture's */

struct tones {
    int planes, ranges, columns, rows; /* columns, rows: of blocks */
};

#define TONES_LESS(a, b) ((a) < (b) ? (a) : (b))

/* What is at an end of the range was perhaps beyond it: it does not count. */
#define TONES_ADD(number) \
    REDUCTION for (int x = 0; x < width; x++) \
    { \
        const uint is_in = (from[x] * ranges >> BITS) == range, \
                   counts = to[x] - 1u < MAXIMUM - 1u; \
        sum += is_in & counts ? number : 0; \
    }

/* Row Y is a block, and samples 3 X, 3 X + 1 and 3 X + 2 are the figures of range X. */
GATHER(tones, S, u32)
{
    CONSTANT struct tones *k = CONSTANTS(struct tones);
    const int left = Y % k->columns * TONES_COLUMNS, top = Y / k->columns * TONES_ROWS;
    const int width = TONES_LESS(TONES_COLUMNS, IN_WIDTH - left);
    const int bottom = TONES_LESS(top + TONES_ROWS, IN_HEIGHT);
    const int figure = X % TONES_FIGURES;
    const uint range = (uint)(X / TONES_FIGURES), ranges = (uint)k->ranges;
    uint sum = 0;
    for (int y = top; y < bottom; y++) {
        GLOBAL const SAMPLE_TYPE *from = &SAMPLE_INPUT(0, left, y);
        GLOBAL const SAMPLE_TYPE *to = &SAMPLE_INPUT(1, left, y);
        if (figure == 0)
            TONES_ADD(1u)
        else if (figure == 1)
            TONES_ADD((uint)from[x])
        else
            TONES_ADD((uint)to[x])
    }
    return sum;
}

/* Planes one below the other. */
GATHER(tones_join, u32, u32)
{
    CONSTANT struct tones *k = CONSTANTS(struct tones);
    const int blocks = k->columns * k->rows, plane = Y / blocks, y = Y - plane * blocks;
    return plane == 0   ? SAMPLE_INPUT(0, X, y)
           : plane == 1 ? SAMPLE_INPUT(1, X, y)
                        : SAMPLE_INPUT(2, X, y);
}

#ifdef HOST
KERNEL(tones, tri_alpha_kept, "which tones become which in a second picture",
       "For each plane and each range of values, writes a line of data: how many samples are in "
       "the range, their sum, and the sum of the second picture's samples at the same places; the "
       "quotients are points of the curve that maps one picture's tones to the other's. Samples "
       "whose partner is 0 or the maximum do not count, as it may have been clamped. Sums are "
       "exact. The second picture has the same size; this one does not change, and alpha does not "
       "count. 'triptych learn --colors' finds curves by them.",
       "tones:ranges=16", PARAM_INT(ranges, 16, 1, 256, "equal ranges of values"))
ALIASES(tones, ALIAS("jointhistogram|transfercurve|tonemapping|histogrammatching", "tones"))

KNOWN(tones, "tones", PICTURE(3, 1, 1, 0, 7, 255), PICTURE(3, 1, 1, 0, 7, 255),
      .with = PICTURE(3, 1, 1, 1, 7, 250))

static void tones_line(FILE *to, const struct tri_data *data, const struct tones *k, int plane,
                       int range)
{
    static const char *const names[] = {"red", "green", "blue"};
    const int blocks = k->columns * k->rows;
    uint64_t sums[TONES_FIGURES] = {0};
    for (int y = plane * blocks; y < (plane + 1) * blocks; y++)
        for (int i = 0; i < TONES_FIGURES; i++)
            sums[i] += data->samples[y * data->stride + TONES_FIGURES * range + i];
    fprintf(to, "%s,%d,%llu,%llu,%llu\n", k->planes == 1 ? "gray" : names[plane], range,
            (unsigned long long)sums[0], (unsigned long long)sums[1], (unsigned long long)sums[2]);
}

static void tones_table(FILE *to, const struct tri_data *data)
{
    const struct tones *k = data->constants;
    for (int p = 0; p < k->planes; p++)
        for (int range = 0; range < k->ranges; range++)
            tones_line(to, data, k, p, range);
}

static int tones_blocks(int size, int block)
{
    return (size + block - 1) / block;
}

GRAPH(tones)
{
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    const struct tones k = {in.planes, (int)VALUE(ranges),
                            tones_blocks(tri_graph_width(graph, in.channel[0]), TONES_COLUMNS),
                            tones_blocks(tri_graph_height(graph, in.channel[0]), TONES_ROWS)};
    const int width = TONES_FIGURES * k.ranges, blocks = k.columns * k.rows;
    int sums[3] = {0};
    for (int p = 0; p < 3; p++)
        sums[p] = p >= in.planes ? sums[0]
                                 : NODE(tones, .in = {in.channel[p], with.channel[p]},
                                        .whole = true, .width = width, .height = blocks,
                                        .operations = TONES_COLUMNS * TONES_ROWS, .constants = &k,
                                        .constants_size = sizeof k);
    const int all =
        NODE(tones_join, .in = {sums[0], sums[1], sums[2]}, .whole = true, .width = width,
             .height = in.planes * blocks, .constants = &k, .constants_size = sizeof k);
    tri_graph_same_samples(graph);
    tri_graph_planes_differ(graph); /* the second picture's planes */
    tri_graph_table(graph, all, "plane,range,samples,sum,with", tones_table);
    return in;
}
#endif
