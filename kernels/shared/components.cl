/* components -- connected components, by union and find of runs: each run of a component points to
 * the first sample of a run that is before it, in raster order, or is an end.
 *
 * Merging lowers pointers, never raises one, and what a pointer loses to a lower one is merged with
 * that. So the run of a component's first sample alone remains an end, whatever the order and
 * however many work at once. Komura, "GPU-based cluster-labeling algorithm without the use of
 * conventional iteration", 2015; Playne and Hawick, "A new algorithm for parallel
 * connected-component labelling on GPUs", 2018. With corners all samples in 2 x 2 touch: Grana,
 * Borghesani and Cucchiara, "Optimized block-based connected components labeling with decision
 * trees", 2010. */
#include "kernel.h"

#define COMPONENTS_STRIDE(input) (&SAMPLE_INPUT(input, 0, 1) - &SAMPLE_INPUT(input, 0, 0))

struct components {
    struct tri_runs runs;
    int strong; /* there may be strong samples */
};

struct components_bits {
    uint least; /* a sample to be set in bits */
};

/* Rows that fill up the last pair have no bits. */
GATHER(components_bits, S, u32)
{
    const uint least = CONSTANTS(struct components_bits)->least;
    const int begin = X * 32, count = Y >= IN_HEIGHT ? 0 : IN_WIDTH - begin;
    uint bits = 0;
    if (count >= 32) {
        for (int i = 0; i < 32; i++)
            bits |= (uint)(ROW_SAMPLE(begin + i) >= least) << i;
    } else {
        for (int i = 0; i < count; i++)
            bits |= (uint)(ROW_SAMPLE(begin + i) >= least) << i;
    }
    return bits;
}

/* Where runs begin: in a word of 64, and after a column without samples. */
GATHER(components_begins, u32, u32)
{
    const int rows = CONSTANTS(struct tri_runs)->rows, y = Y * rows, below = y + rows - 1;
    const uint both = SAMPLE(X, y) | SAMPLE(X, below);
    const uint before = X % 2 == 0 ? 0 : (SAMPLE(X - 1, y) | SAMPLE(X - 1, below)) >> 31;
    return both & ~(both << 1 | before);
}

/* Each run is an end. */
GATHER(components_ends, u32, u32)
{
    return COMPONENTS_END;
}

/* All of the runs that have a strong sample. A carry goes from the first one to the end. Inputs:
 * bits, bits of strong samples. */
GATHER(components_strong, u32, u32)
{
    const int rows = CONSTANTS(struct tri_runs)->rows, y = Y * rows;
    const uint word = (uint)X / 2;
    const ulong both = bits_word(&SAMPLE(0, y), word) | bits_word(&SAMPLE(0, y + rows - 1), word);
    ulong strong = bits_word(&SAMPLE_INPUT(1, 0, y), word) |
                   bits_word(&SAMPLE_INPUT(1, 0, y + rows - 1), word);
    strong = both & ~(both + (strong & ~(both + strong)));
    ulong reach = both;
    for (int i = 1; i < RUN_WORD; i *= 2) {
        strong |= reach & strong >> i;
        reach &= reach >> i;
    }
    return (uint)(strong >> X % 2 * 32);
}

/* Where runs touch runs above: where a sample touches the one above it, or with corners the one
 * before that; or, with no sample here, where the one before touches what is above here. Where both
 * columns before have samples, those touch. `last` are bits of the columns before words, which are
 * those of the word before in the highest bit. */
INLINE ulong components_touching(ulong row, ulong row_last, ulong above, ulong above_last,
                                 int corners)
{
    const ulong row_before = row << 1 | row_last >> 63,
                above_before = above << 1 | above_last >> 63;
    const ulong known = row_before & above_before;
    if (corners == 0)
        return row & above & ~known;
    return (row & (above | above_before) & ~known) | (~row & row_before & above & ~above_before);
}

/* Of those, the first for any two runs. Some bits that no run begins after follow it; a carry goes
 * from a bit to the next such bits. */
INLINE ulong components_first_touching(ulong touching, ulong both, ulong both_above)
{
    const ulong goes_on = ~((both & ~(both << 1)) | (both_above & ~(both_above << 1)));
    const ulong sum = (goes_on | touching) + touching;
    return touching & ~(goes_on & (sum ^ (goes_on | touching) ^ touching));
}

/* The same without those of two strong runs, and where runs go on in the next word. Inputs: bits,
 * strong runs. */
GATHER(components_touches, u32, u32)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const int rows = k->runs.rows, y = Y * rows;
    const uint word = (uint)X / 2;
    GLOBAL const uint *upper = &SAMPLE(0, y), *lower = &SAMPLE(0, y + rows - 1),
                      *above = &SAMPLE(0, y > 0 ? y - 1 : 0),
                      *above_upper = &SAMPLE(0, y > 0 ? y - rows : 0);
    const ulong any = y > 0 ? ~(ulong)0 : 0, last = word > 0 ? ~(ulong)0 : 0;
    const uint before = word > 0 ? word - 1 : 0;
    const ulong row = bits_word(upper, word), both = row | bits_word(lower, word),
                row_last = bits_word(upper, before) & last,
                both_last = (row_last | bits_word(lower, before)) & last;
    const ulong over = bits_word(above, word) & any,
                both_over = (over | bits_word(above_upper, word)) & any,
                over_last = bits_word(above, before) & any & last;
    ulong touches = components_first_touching(
        components_touching(row, row_last, over, over_last, rows == 2), both, both_over);
    ulong goes_on = both & both_last >> 63;
    if (k->strong != 0) {
        GLOBAL const uint *strong = &SAMPLE_INPUT(1, 0, Y),
                          *strong_above = &SAMPLE_INPUT(1, 0, Y > 0 ? Y - 1 : 0);
        const ulong here = bits_word(strong, word), there = bits_word(strong_above, word),
                    here_before = here << 1 | (bits_word(strong, before) & last) >> 63,
                    there_before = there << 1 | (bits_word(strong_above, before) & last) >> 63,
                    aside = row & ~over; /* touches above and before */
        touches &=
            ~(((row & here) | (~row & here_before)) & ((~aside & there) | (aside & there_before)));
        goes_on &= ~(here & here_before);
    }
    return (uint)((touches | (goes_on & 1)) >> X % 2 * 32);
}

/* `a` needs not be at its end: it is lowered, too. */
INLINE void components_merge(GLOBAL uint *plane, long stride, int rows, int shift, uint a, uint b)
{
    b = components_first(plane, stride, rows, shift, b);
    while (a != b) {
        const uint high = a > b ? a : b, low = a > b ? b : a;
        const uint before = LOWER(plane + run_place(stride, rows, shift, high), low);
        a = before == COMPONENTS_END ? low : before; /* what it has led to is to be merged, too */
        b = low;
    }
}

/* Inputs: pointers, where runs touch others, bits, strong runs. */
UPDATE_BITS(components_merge_runs)
{
    CONSTANT struct components *k = CONSTANTS(struct components);
    const int rows = k->runs.rows, shift = k->runs.shift, strong = k->strong, y = Y * rows;
    const uint x = (uint)X;
    GLOBAL uint *plane = PLACE(0, 0);
    GLOBAL const uint *bits = &SAMPLE_INPUT(2, 0, 0);
    const long stride = COMPONENTS_STRIDE(0), bits_stride = COMPONENTS_STRIDE(2);
#define COMPONENTS_BIT(input, x, y) (SAMPLE_INPUT(input, (x) / 32, y) >> (x) % 32 & 1)
#define COMPONENTS_OF(x, y) \
    (strong != 0 && COMPONENTS_BIT(3, x, y) != 0 \
         ? 0 \
         : run_pointer(bits, bits_stride, rows, shift, x, y))
    const uint row = COMPONENTS_BIT(2, x, y), over = y > 0 ? COMPONENTS_BIT(2, x, y - 1) : 0;
    if (x % RUN_WORD == 0 && x > 0) {
        const uint last = COMPONENTS_BIT(2, x - 1, y),
                   over_last = y > 0 ? COMPONENTS_BIT(2, x - 1, y - 1) : 0,
                   below = COMPONENTS_BIT(2, x, y + rows - 1),
                   below_last = COMPONENTS_BIT(2, x - 1, y + rows - 1);
        if (((row | below) & (last | below_last)) != 0)
            components_merge(plane, stride, rows, shift, COMPONENTS_OF(x, Y),
                             COMPONENTS_OF(x - 1, Y));
        if ((components_touching(row, (ulong)last << 63, over, (ulong)over_last << 63, rows == 2) &
             1) == 0)
            return;
    }
    const uint column = row != 0 ? x : x - 1, column_over = row != 0 && over == 0 ? x - 1 : x;
    components_merge(plane, stride, rows, shift, COMPONENTS_OF(column, Y),
                     COMPONENTS_OF(column_over, Y - 1));
}

#ifdef HOST
static int components_bits_of(struct tri_graph *graph, int in, uint least, int rows)
{
    const struct components_bits k = {least};
    const int words = (tri_graph_width(graph, in) + RUN_WORD - 1) / RUN_WORD,
              pairs = (tri_graph_height(graph, in) + rows - 1) / rows;
    return NODE(components_bits, .in = {in}, .width = 2 * words, .height = rows * pairs,
                .constants = &k, .constants_size = sizeof k);
}

struct tri_components tri_graph_components(struct tri_graph *graph, int in, bool corners,
                                           bool strong)
{
    const int width = tri_graph_width(graph, in), height = tri_graph_height(graph, in);
    const struct tri_runs runs = {corners ? 2 : 1, components_shift(width)};
    const struct components k = {runs, strong};
    if ((uint64_t)height << runs.shift >= COMPONENTS_END && !tri_graph_any_size(graph))
        tri_graph_fail(graph,
                       "components in a picture of %d x %d pixels need pointers of more than "
                       "32 bits: cut the picture",
                       width, height);
    const int bits = components_bits_of(graph, in, 1, runs.rows),
              pairs = tri_graph_height(graph, bits) / runs.rows;
    const int begins = NODE(components_begins, .in = {bits}, .whole = true, .height = pairs,
                            .constants = &runs, .constants_size = sizeof runs);
    const int pointers = NODE(components_ends, .in = {bits}, .whole = true, .height = pairs,
                              .width = tri_graph_width(graph, bits) * 16);
    int strong_runs = begins; /* none */
    if (strong) {
        const uint most = (1u << tri_graph_bits(graph)) - 1;
        strong_runs =
            NODE(components_strong, .in = {bits, components_bits_of(graph, in, most, runs.rows)},
                 .whole = true, .height = pairs, .constants = &runs, .constants_size = sizeof runs,
                 .operations = 32);
    }
    const int touches =
        NODE(components_touches, .in = {bits, strong_runs}, .whole = true, .height = pairs,
             .constants = &k, .constants_size = sizeof k, .operations = 32);
    NODE(components_merge_runs, .in = {pointers, touches, bits, strong_runs}, .constants = &k,
         .constants_size = sizeof k, .operations = 8);
    return (struct tri_components){runs.rows, runs.shift, pointers, begins, bits, strong_runs};
}
#endif
