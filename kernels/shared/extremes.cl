/* extremes -- the least and the greatest sample of each piece of a row. Who needs only those of all
 * rows need not count the others. */
#include "kernel.h"

/* Long, as the lanes of a vector are compared with each other once for each piece. */
#define EXTREMES_PIECE 512

#if BITS == 8
#define EXTREMES_SAMPLE uchar
#else
#define EXTREMES_SAMPLE ushort
#endif

#define EXTREMES(name, FIRST, CHOOSE) \
    GATHER(name, S, S) \
    { \
        const int begin = X * EXTREMES_PIECE; \
        const int end = begin + EXTREMES_PIECE < IN_WIDTH ? begin + EXTREMES_PIECE : IN_WIDTH; \
        EXTREMES_SAMPLE found = FIRST; \
        for (int x = begin; x < end; x++) { \
            const EXTREMES_SAMPLE sample = ROW_SAMPLE(x); \
            found = CHOOSE(found, sample); \
        } \
        return found; \
    }

#define EXTREMES_LESS(a, b) ((b) < (a) ? (b) : (a))
#define EXTREMES_MORE(a, b) ((b) > (a) ? (b) : (a))
EXTREMES(extremes_least, MAXIMUM, EXTREMES_LESS)
EXTREMES(extremes_most, 0, EXTREMES_MORE)

#ifdef HOST
USES(histogram)
USES(lookup)

struct tri_value tri_graph_by_extremes(struct tri_graph *graph, bool joint,
                                       void (*finish)(const struct tri_counts *,
                                                      const struct tri_operation *, void *),
                                       struct tri_value in)
{
    int histogram[TRI_PLANES_MAX] = {0};
    for (int p = 0; p < in.planes; p++) {
        const int width =
            (tri_graph_width(graph, in.channel[p]) + EXTREMES_PIECE - 1) / EXTREMES_PIECE;
        const int least = NODE(extremes_least, .in = {in.channel[p]}, .width = width,
                               .operations = EXTREMES_PIECE),
                  most = NODE(extremes_most, .in = {in.channel[p]}, .width = width,
                              .operations = EXTREMES_PIECE);
        histogram[p] =
            NODE(histogram, .in = {least}, .histogram = joint && p > 0 ? histogram[0] : 0);
        NODE(histogram, .in = {most}, .histogram = histogram[p]);
    }
    return tri_graph_by_counts(graph, &tri_pass_lookup, histogram, finish, in);
}
#endif
