/* label -- numbers connected components in the order of their first samples. Borders: nothing is
 * beyond the picture. */
#include "kernel.h"

#define LABEL_BLOCK 64

struct label {
    int shift;  /* of pointers */
    int down;   /* blocks of sums are columns, not rows */
    int inside; /* sums before a block are known */
};

PASS(label_mark, S, S)
{
    PUT(MIN(AT(0, 0), ALL(S, 1)));
}

/* How many samples of the row, up to this one, are not 0: up to twice as many as were counted. */
PASS(label_run, S, S)
{
    CONSTANT int *counted = CONSTANTS(int);
    const S run = AT(0, 0);
    PUT(SELECT(run == ALL(S, *counted), run + AT(-*counted, 0), run));
}

/* First samples in a block of a row. */
GATHER(label_count, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const int begin = X * LABEL_BLOCK,
              end = begin + LABEL_BLOCK < IN_WIDTH ? begin + LABEL_BLOCK : IN_WIDTH;
    uint count = 0;
    for (int x = begin; x < end; x++)
        count += SAMPLE(x, Y) == COMPONENTS_POINTER(x, Y, k->shift);
    return count;
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

/* The number of a component at its first sample, else 0. Input 1: how many begin before a block. */
GATHER(label_number, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    if (SAMPLE(X, Y) != COMPONENTS_POINTER(X, Y, k->shift))
        return 0;
    uint number = SAMPLE_INPUT(1, X / LABEL_BLOCK, Y) + 1;
    for (int x = X & -LABEL_BLOCK; x < X; x++)
        number += SAMPLE(x, Y) == COMPONENTS_POINTER(x, Y, k->shift);
    return number;
}

GATHER(label_give, u32, u32)
{
    CONSTANT struct label *k = CONSTANTS(struct label);
    const uint at = SAMPLE(X, Y) - 1;
    if (at == COMPONENTS_NONE - 1)
        return 0;
    return SAMPLE_INPUT(1, at & ((1u << k->shift) - 1), at >> k->shift);
}

PASS(label_limit, u32, S)
{
    PUT(TO_S(MIN(AT(0, 0), ALL(u32, MAXIMUM))));
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

/* Returns the runs of a row up to each sample, of up to 64. */
static int label_runs(struct tri_graph *graph, int in)
{
    int runs = NODE(label_mark, .in = {in});
    for (int counted = 1; counted < 64; counted *= 2)
        runs = NODE(label_run, .in = {runs}, .reach = counted, .specialize = true,
                    .constants = &counted, .constants_size = sizeof counted);
    return runs;
}

static void label_line(FILE *to, int x, int y, uint sample, const void *constants)
{
    (void)constants;
    if (sample != 0)
        fprintf(to, "%u,%d,%d\n", sample, x, y);
}

GRAPH_PLANE(label)
{
    const int width = tri_graph_width(graph, in);
    const struct label k = {.shift = components_shift(width)};
    tri_graph_monochrome(graph);
    const int firsts =
        tri_graph_components(graph, label_runs(graph, in), true, VALUE(neighbours) == 1);
    const int counts =
        NODE(label_count, .in = {firsts}, .whole = true, .width = label_blocks(width),
             .constants = &k, .constants_size = sizeof k);
    const int numbers = NODE(label_number, .in = {firsts, label_all_before(graph, counts)},
                             .whole = true, .constants = &k, .constants_size = sizeof k);
    tri_graph_data(graph, numbers, "number,x,y", label_line);
    const int given = NODE(label_give, .in = {firsts, numbers}, .whole = true, .constants = &k,
                           .constants_size = sizeof k);
    return NODE(label_limit, .in = {given});
}
#endif
