/* label -- numbers connected components in the order of their first samples. Borders: nothing is
 * beyond the picture. */
#include "kernel.h"

#define LABEL_BLOCK 16

struct label {
    struct tri_runs runs;
    int down;   /* blocks of sums are columns, not rows */
    int inside; /* sums before a block are known */
};

/* Bits of the first samples of components. Inputs: pointers, bits. */
GATHER(label_firsts, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const int rows = k->runs.rows, pair = Y / rows;
    const uint word = (uint)X / 2;
    const ulong top = bits_word(&SAMPLE_INPUT(1, 0, pair * rows), word),
                both = top | bits_word(&SAMPLE_INPUT(1, 0, pair * rows + rows - 1), word);
    /* Each run's first sample in the upper row, where its first carry is, if it touches no other
     * above. In the lower row where a run begins that has none in the upper row. */
    ulong own = both & ~(both << 1) & ~top;
    if (Y == pair * rows) {
        const ulong above = Y > 0 ? bits_word(&SAMPLE_INPUT(1, 0, Y - 1), word) : 0;
        own = top & ~(both + top) & ~above & ~(rows == 2 ? above << 1 | above >> 1 : 0);
    }
    ulong left = own >> X % 2 * 32 & 0xffffffff;
    uint firsts = 0;
    for (int i = 0; i < 2 || left != 0; i++) { /* mostly there are no more than two */
        const int bit = left != 0 ? BIT_FIRST(left) : 0, x = X * 32 + bit;
        const ulong upper = Y == pair * rows ? 0 : run_bits(both, x % RUN_WORD) & top;
        const uint first = (SAMPLE(x / 2, pair) == COMPONENTS_END) & (upper == 0) & (left != 0);
        firsts |= first << bit;
        left &= left - 1;
    }
    return firsts;
}

/* First samples in a word. */
GATHER(label_count, u32, u32)
{
    return BIT_COUNT(bits_word(&SAMPLE(0, Y), X));
}

/* Sums of blocks of sums. */
GATHER(label_sum, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const int across = k->down == 0, most = across ? IN_WIDTH : IN_HEIGHT,
              begin = (across ? X : Y) * LABEL_BLOCK,
              end = begin + LABEL_BLOCK < most ? begin + LABEL_BLOCK : most;
    uint sum = 0;
    for (int i = begin; i < end; i++)
        sum += SAMPLE(across ? i : X, across ? Y : i);
    return sum;
}

/* The sum of what is before a place: in its block, and before the block. */
GATHER(label_before, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const int across = k->down == 0, end = across ? X : Y, begin = end & -LABEL_BLOCK;
    const int column = across ? X / LABEL_BLOCK : X, row = across ? Y : Y / LABEL_BLOCK;
    uint sum = k->inside != 0 ? SAMPLE_INPUT(1, column, row) : 0;
    for (int i = begin; i < end; i++)
        sum += SAMPLE(across ? i : X, across ? Y : i);
    return sum;
}

/* Inputs: pointers, where runs begin, bits, bits of first samples, how many come before a word. */
RUNS(label_give)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const int rows = k->runs.rows, shift = k->runs.shift;
    GLOBAL const uint *plane = &SAMPLE(0, 0), *bits = &SAMPLE_INPUT(2, 0, 0);
    const long stride = &SAMPLE(0, 1) - plane;
    uint next = run_pointer(bits, &SAMPLE_INPUT(2, 0, 1) - bits, rows, shift, X, Y), number;
    do {
        const uint x = (next - 1) & ((1u << shift) - 1);
        const int y = (int)((next - 1) >> shift);
        const ulong firsts = bits_word(&SAMPLE_INPUT(3, 0, y), x / RUN_WORD);
        number = SAMPLE_INPUT(4, x / RUN_WORD, y) + 1 +
                 BIT_COUNT(firsts & bits_below((int)(x % RUN_WORD)));
        next = (firsts >> x % RUN_WORD & 1) != 0 ? COMPONENTS_END
                                                 : plane[run_place(stride, rows, shift, next)];
    } while (next != COMPONENTS_END);
    return number < MAXIMUM ? number : MAXIMUM;
}

#ifdef HOST
KERNEL(label, tri_alpha_kept, "numbers connected components",
       "Samples other than 0 that touch form a component; with neighbours=8, also those that "
       "touch at a corner. Each component has a number, from 1 on in the order of first "
       "samples, row by row, and each sample becomes the number of its component, or stays 0. "
       "The maximum means that there are more: at 8 bits 254 components have numbers of their "
       "own, and all others have 255; in pictures of 16 bits it is 65534. With --data each "
       "component of a picture or frame is a line: its number, which has no such limit, and its "
       "first sample. Each plane has components of its own, so gray and threshold often come "
       "before. Alpha is kept.",
       "gray,threshold,label", PARAM_CHOICE(neighbours, 1, 2, "4|8", "neighbours of a sample"))
ALIASES(label, ALIAS("connectedcomponents|components|bwlabel|labelregions|ccl",
                     "gray,threshold,label:neighbours=8"))

/* A sample alone, and a pair that touches at a corner. */
KNOWN(label, "label", PICTURE(5, 2, 1, 9, 0, 9, 0, 0, 0, 0, 0, 7, 0),
      PICTURE(5, 2, 1, 1, 0, 2, 0, 0, 0, 0, 0, 2, 0))

static int label_blocks(int size)
{
    return (size + LABEL_BLOCK - 1) / LABEL_BLOCK;
}

/* Returns, for each sum, those before it in raster order, from sums of larger and larger blocks. */
static int label_all_before(struct tri_graph *graph, int sums)
{
    const int width = tri_graph_width(graph, sums), height = tri_graph_height(graph, sums);
    struct label k = {.down = width == 1};
    int before = 0;
    if (k.down ? height > LABEL_BLOCK : width > 1) {
        const int blocks =
            k.down ? NODE(label_sum, .in = {sums}, .whole = true, .height = label_blocks(height),
                          .constants = &k, .constants_size = sizeof k)
                   : NODE(label_sum, .in = {sums}, .whole = true, .width = label_blocks(width),
                          .constants = &k, .constants_size = sizeof k);
        before = label_all_before(graph, blocks);
        k.inside = 1;
    }
    return NODE(label_before, .in = {sums, before}, .whole = true, .constants = &k,
                .constants_size = sizeof k);
}

/* From bits of first samples. */
static void label_lines(FILE *to, const struct tri_data *data)
{
    uint number = 0;
    for (int y = 0; y < data->height; y++)
        for (int x = 0; x < 32 * data->width; x++)
            if ((data->samples[y * data->stride + x / 32] >> x % 32 & 1) != 0)
                fprintf(to, "%u,%d,%d\n", ++number, x, y);
}

GRAPH_PLANE(label)
{
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    tri_graph_monochrome(graph);
    const struct tri_components c = tri_graph_components(graph, in, VALUE(neighbours) == 1, false);
    const struct label k = {.runs = {c.rows, c.shift}};
    const int firsts =
        NODE(label_firsts, .in = {c.pointers, c.bits}, .whole = true,
             .width = tri_graph_width(graph, c.bits), .height = tri_graph_height(graph, c.bits),
             .constants = &k, .constants_size = sizeof k, .operations = 64);
    const int counts = NODE(label_count, .in = {firsts}, .whole = true,
                            .width = tri_graph_width(graph, firsts) / 2);
    const int before = label_all_before(graph, counts);
    tri_graph_table(graph, firsts, "number,x,y", label_lines);
    return NODE(label_give, .in = {c.pointers, c.begins, c.bits, firsts, before}, .whole = true,
                .block = c.rows, .width = width, .height = height, .constants = &k,
                .constants_size = sizeof k);
}
#endif
