/* stretch -- maps a range of samples linearly to all of them: for normalize and autolevels. Samples
 * of 8 bits go through a table; one for 16 bits would take longer to make than the samples. */
#include "kernel.h"

struct stretch {
    struct tri_divisor range; /* high - low */
    int low;
};

/* (from * maximum + range / 2) / range, where from * (maximum - range) stays below 2^31. */
PASS(stretch, S, S)
{
    CONSTANT struct stretch *k = CONSTANTS(struct stretch);
    const S low = ALL(S, k->low), range = ALL(S, k->range.divisor);
    const u32 from = U32(MIN(MAX(AT(0, 0), low) - low, range));
    const u32 rest = from * ALL(u32, MAXIMUM - k->range.divisor) + ALL(u32, k->range.divisor / 2);
    PUT(TO_S(from + DIVIDE(rest, k->range)));
}

/* The least and the greatest sample of a piece of a row: who needs only those of all rows need not
 * count the others. Pieces are long, as the lanes of a vector are compared with each other once for
 * each. */
#define STRETCH_PIECE 512
#define STRETCH_EXTREMES(name, FIRST, CHOOSE) \
    GATHER(name, S, S) \
    { \
        const int begin = X * STRETCH_PIECE; \
        const int end = begin + STRETCH_PIECE < IN_WIDTH ? begin + STRETCH_PIECE : IN_WIDTH; \
        SAMPLE_TYPE found = FIRST; \
        for (int x = begin; x < end; x++) { \
            const SAMPLE_TYPE sample = ROW_SAMPLE(x); \
            found = CHOOSE(found, sample); \
        } \
        return found; \
    }

#define STRETCH_LESS(a, b) ((b) < (a) ? (b) : (a))
#define STRETCH_MORE(a, b) ((b) > (a) ? (b) : (a))
STRETCH_EXTREMES(stretch_least, MAXIMUM, STRETCH_LESS)
STRETCH_EXTREMES(stretch_most, 0, STRETCH_MORE)

#ifdef HOST
USES(histogram)
USES(lookup)

static int stretch_extremes(struct tri_graph *graph, int in, int histogram)
{
    const int width = (tri_graph_width(graph, in) + STRETCH_PIECE - 1) / STRETCH_PIECE;
    const int least = NODE(stretch_least, .in = {in}, .width = width, .operations = STRETCH_PIECE);
    const int most = NODE(stretch_most, .in = {in}, .width = width, .operations = STRETCH_PIECE);
    histogram = NODE(histogram, .in = {least}, .histogram = histogram);
    NODE(histogram, .in = {most}, .histogram = histogram);
    return histogram;
}

void tri_stretch_range(const struct tri_counts *counts, int low, int high, void *constants)
{
    const int maximum = counts->bins - 1;
    const struct stretch k = {tri_divisor_make((uint)(low < high ? high - low : maximum)),
                              low < high ? low : 0};
    if (counts->bins == 256)
        tri_table_stretch(constants, maximum, low, high);
    else
        *(struct stretch *)constants = k;
}

struct tri_value tri_graph_stretch(struct tri_graph *graph, bool joint, bool extremes,
                                   void (*finish)(const struct tri_counts *,
                                                  const struct tri_operation *, void *),
                                   struct tri_value in)
{
    static const struct stretch none;
    int histogram[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < in.planes; p++) {
        const int with = joint && p > 0 ? histogram[0] : 0;
        histogram[p] = extremes ? stretch_extremes(graph, in.channel[p], with)
                                : NODE(histogram, .in = {in.channel[p]}, .histogram = with);
    }
    if (tri_graph_bits(graph) == 8)
        return tri_graph_by_counts(graph, &tri_pass_lookup, histogram, finish, in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] =
            NODE(stretch, .in = {in.channel[p]}, .constants = &none, .constants_size = sizeof none,
                 .histogram = histogram[p], .finish = finish);
    return in;
}
#endif
