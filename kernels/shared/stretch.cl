/* stretch -- maps a range of samples linearly to all of them: for normalize and autolevels. Samples
 * of 8 bits go through a table; one for 16 bits would take longer to make than the samples. */
#include "kernel.h"

/* From `low` on, `range` samples are mapped: times (2^32 * times + 2^16 * high + rest) / 2^32, with
 * 16 bits in each of them. */
struct stretch {
    ushort low, range, times, high, rest;
};

/* Rounds to nearest. The lowest bits of the product, as many as a sample has, are dropped: the half
 * that rounds lies above them, so they cannot change the result. */
PASS(stretch, S, S)
{
    CONSTANT struct stretch *k = CONSTANTS(struct stretch);
    const S low = ALL(S, k->low);
    const u16 from = U16(MIN(MAX(AT(0, 0), low) - low, ALL(S, k->range)));
    const u16 high = ALL(u16, k->high), rest = MUL_HIGH(from, ALL(u16, k->rest));
    const u16 fraction = U16(U16(U32(from) * U32(high)) + rest);
    const u16 carry = SELECT(fraction < rest, ALL(u16, 1), ALL(u16, 0));
    const u16 whole = U16(U32(from) * ALL(u32, k->times)) + MUL_HIGH(from, high);
    PUT(TO_S(whole + carry + (fraction >> ALL(u16, 15))));
}

EXTREMES(stretch_extremes, S);

#ifdef HOST
USES(histogram)
USES(lookup)

/* The factor maximum / range in units of 2^-32. The result is that of (from * maximum + range / 2)
 * / range, as range^2 < 2^32: if range is even, these quotients have the denominator range, and the
 * product is too large by less than from / 2^32. If it is odd, quotients are never halves but at
 * least 1 / (2 * range) from them, and the product is off by at most from / 2^33. */
static struct stretch stretch_constants(int maximum, int low, int high)
{
    const uint64_t range = (uint64_t)(high - low), least = ((uint64_t)maximum << 32) / range;
    const uint64_t left = ((uint64_t)maximum << 32) % range;
    const uint64_t factor = least + (range % 2 == 0 ? left > 0 : left > range / 2);
    return (struct stretch){(ushort)low, (ushort)range, (ushort)(factor >> 32),
                            (ushort)(factor >> 16 & 65535), (ushort)(factor & 65535)};
}

void tri_stretch_range(const struct tri_counts *counts, int low, int high, void *constants)
{
    const int maximum = counts->bins - 1;
    if (counts->bins == 256)
        tri_table_stretch(constants, maximum, low, high);
    else
        *(struct stretch *)constants = low < high ? stretch_constants(maximum, low, high)
                                                  : stretch_constants(maximum, 0, maximum);
}

static void stretch_between_extremes(const struct tri_counts *counts,
                                     const struct tri_operation *operation, void *constants)
{
    (void)operation;
    tri_stretch_range(counts, counts->bins - 1 - (int)counts->count[0], (int)counts->count[1],
                      constants);
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
        histogram[p] = extremes ? NODE(stretch_extremes, .in = {in.channel[p]}, .histogram = with)
                                : NODE(histogram, .in = {in.channel[p]}, .histogram = with);
    }
    if (extremes)
        finish = stretch_between_extremes;
    if (tri_graph_bits(graph) == 8)
        return tri_graph_by_counts(graph, &tri_pass_lookup, histogram, finish, in);
    for (int p = 0; p < in.planes; p++)
        in.channel[p] =
            NODE(stretch, .in = {in.channel[p]}, .constants = &none, .constants_size = sizeof none,
                 .histogram = histogram[p], .finish = finish);
    return in;
}
#endif
