/* chroma_key -- shows the second picture where the first has a colour. */
#include "kernel.h"

/* The distance is that of chroma: BT.601's weights of R, G and B in Cb and Cr, times 256. It counts
 * in units of which there are UNITS between the ends of the range. */
#define KEY_FINER (BITS - 8) /* a unit is 2^this: 65280 of them at 8 bits, 65535 at 16 */

struct key {
    int blue, red; /* weighted sums of the key */
    uint near, span;
    struct tri_divisor by_span;
};

/* Inputs: red, green, blue. Output: how much of the first picture stays, 0 to 32768. */
INLINE u32 key_share(CONSTANT struct key *k, i32 red, i32 green, i32 blue)
{
    const i32 cb =
        blue * ALL(i32, 128) - red * ALL(i32, 43) - green * ALL(i32, 85) - ALL(i32, k->blue);
    const i32 cr =
        red * ALL(i32, 128) - green * ALL(i32, 107) - blue * ALL(i32, 21) - ALL(i32, k->red);
    const u32 distance = U32(MAX(ABS(cb), ABS(cr))) >> ALL(u32, KEY_FINER);
    const u32 beyond = MIN(distance - MIN(distance, ALL(u32, k->near)), ALL(u32, k->span));
    return DIVIDE(beyond * ALL(u32, 32768) + ALL(u32, k->by_span.divisor / 2), k->by_span);
}

#define KEY_MIX(share, a, b) \
    TO_S((U32(a) * (share) + U32(b) * (ALL(u32, 32768) - (share)) + ALL(u32, 16384)) >> \
         ALL(u32, 15))

PASS(chroma_key, S, S)
{
    const S red = AT_INPUT(0, 0, 0), green = AT_INPUT(1, 0, 0), blue = AT_INPUT(2, 0, 0);
    const u32 share = key_share(CONSTANTS(struct key), I32(red), I32(green), I32(blue));
    PUT_OUTPUT(0, KEY_MIX(share, red, AT_INPUT(3, 0, 0)));
    PUT_OUTPUT(1, KEY_MIX(share, green, AT_INPUT(4, 0, 0)));
    PUT_OUTPUT(2, KEY_MIX(share, blue, AT_INPUT(5, 0, 0)));
}

PASS(chroma_key_gray, S, S)
{
    const S gray = AT_INPUT(0, 0, 0);
    const u32 share = key_share(CONSTANTS(struct key), I32(gray), I32(gray), I32(gray));
    PUT(KEY_MIX(share, gray, AT_INPUT(1, 0, 0)));
}

#ifdef HOST
KERNEL(chroma_key, tri_alpha_kept, "second picture where the first has a colour",
       "Shows the second picture where the first has the key, a colour such as that of a green "
       "screen; brightness does not count. A sample's distance is the greater of those in Cb and "
       "Cr, weighted sums of red, green and blue (BT.601), as a fraction of their range. Up to the "
       "tolerance only the second picture shows; from there over the softness the two mix evenly "
       "up to the first alone, rounded to nearest. Both have one size. Alpha is that of the first "
       "picture; that of the second does not count.",
       "chroma_key:red=0.1:green=0.7:blue=0.2",
       PARAM_FLOAT(red, 0, 0, 1, "red of the key, as a fraction of the maximum")
           PARAM_FLOAT(green, 1, 0, 1, "green of the key")
               PARAM_FLOAT(blue, 0, 0, 1, "blue of the key")
                   PARAM_FLOAT(tolerance, 0.15, 0, 1, "distance up to which the second shows")
                       PARAM_FLOAT(softness, 0.1, 0, 1, "distance over which the two mix"))
ALIASES(chroma_key, ALIAS("chromakey|colorkey|greenscreen|bluescreen|keying", "chroma_key"))

/* The key stays hidden, red is far from it. */
KNOWN(chroma_key, "chroma_key", PICTURE(2, 1, 3, 0, 255, 255, 0, 0, 0),
      PICTURE(2, 1, 3, 9, 255, 8, 0, 7, 0), .with = PICTURE(2, 1, 3, 9, 1, 8, 2, 7, 3))

static struct key key_of(const struct tri_graph *graph)
{
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const double units = maximum * 256 / (1 << (tri_graph_bits(graph) - 8));
    const int red = (int)(VALUE(red) * maximum + 0.5), green = (int)(VALUE(green) * maximum + 0.5),
              blue = (int)(VALUE(blue) * maximum + 0.5);
    const uint span = (uint)(VALUE(softness) * units + 0.5);
    return (struct key){128 * blue - 43 * red - 85 * green, 128 * red - 107 * green - 21 * blue,
                        (uint)(VALUE(tolerance) * units + 0.5), span < 1 ? 1 : span,
                        tri_divisor_make(span < 1 ? 1 : span)};
}

GRAPH(chroma_key)
{
    const struct key k = key_of(graph);
    const struct tri_value with = tri_graph_with_equal(graph, &in);
    if (in.planes == 1) {
        in.channel[0] = NODE(chroma_key_gray, .in = {in.channel[0], with.channel[0]},
                             .constants = &k, .constants_size = sizeof k);
        return in;
    }
    const int first = NODE(chroma_key,
                           .in = {in.channel[0], in.channel[1], in.channel[2], with.channel[0],
                                  with.channel[1], with.channel[2]},
                           .outputs = 3, .constants = &k, .constants_size = sizeof k);
    return (struct tri_value){3, {first, first + 1, first + 2}};
}
#endif
