/* range -- a mask: white where every colour lies within its bounds, black elsewhere. */
#include "kernel.h"

/* Samples from `low` to low + span are inside, modulo 2^bits: one comparison suffices, and bounds
 * may wrap around. */
struct range {
    uint low[3], span[3];
};

INLINE S range_within(S inside, S v, uint low, uint span)
{
    const S above = TO_S(v - ALL(S, low));
    return SELECT(above > ALL(S, span), ALL(S, 0), inside);
}

PASS(range, S, S)
{
    CONSTANT struct range *k = CONSTANTS(struct range);
    PUT(range_within(ALL(S, MAXIMUM), AT(0, 0), k->low[0], k->span[0]));
}

PASS(range_of_colours, S, S)
{
    CONSTANT struct range *k = CONSTANTS(struct range);
    const S red = range_within(ALL(S, MAXIMUM), AT_INPUT(0, 0, 0), k->low[0], k->span[0]);
    const S green = range_within(red, AT_INPUT(1, 0, 0), k->low[1], k->span[1]);
    PUT(range_within(green, AT_INPUT(2, 0, 0), k->low[2], k->span[2]));
}

#ifdef HOST
KERNEL(range, tri_alpha_kept, "mask of the colours within bounds",
       "Gray: the maximum where red, green and blue all lie within their bounds, 0 elsewhere, as "
       "OpenCV's inRange. Bounds belong to the range, and are rounded to the nearest sample value. "
       "If low is above high, samples from low up and from high down are inside, which suits hues: "
       "after colorspace:to=hsv red is a hue. For gray pictures the bounds of red count. Alpha is "
       "kept.",
       "range:red_low=0.5:green_high=0.5",
       PARAM_FLOAT(red_low, 0, 0, 1, "fraction of the maximum, of red or the first plane")
           PARAM_FLOAT(red_high, 1, 0, 1, "fraction of the maximum")
               PARAM_FLOAT(green_low, 0, 0, 1, "fraction of the maximum, of green")
                   PARAM_FLOAT(green_high, 1, 0, 1, "fraction of the maximum")
                       PARAM_FLOAT(blue_low, 0, 0, 1, "fraction of the maximum, of blue")
                           PARAM_FLOAT(blue_high, 1, 0, 1, "fraction of the maximum"))
ALIASES(range, ALIAS("inrange|colorthreshold|hsvkey", "range:red_low=0.5:green_high=0.5"))

/* 0.2, 0.6 and 0.5 are 51, 153 and 128. The third pixel's green is too high. */
KNOWN(range, "range:red_low=0.2:red_high=0.6:green_high=0.5",
      PICTURE(4, 1, 3, 51, 154, 100, 153, 0, 0, 129, 128, 9, 9, 9, 255),
      PICTURE(4, 1, 1, 255, 0, 0, 255))

GRAPH(range)
{
    const uint maximum = (1u << tri_graph_bits(graph)) - 1;
    const double low[3] = {VALUE(red_low), VALUE(green_low), VALUE(blue_low)};
    const double high[3] = {VALUE(red_high), VALUE(green_high), VALUE(blue_high)};
    struct range k;
    for (int i = 0; i < 3; i++) {
        k.low[i] = (uint)(low[i] * maximum + 0.5);
        k.span[i] = ((uint)(high[i] * maximum + 0.5) - k.low[i]) & maximum;
    }
    const int mask =
        in.planes == 1
            ? NODE(range, .in = {in.channel[0]}, .constants = &k, .constants_size = sizeof k)
            : NODE(range_of_colours, .in = {in.channel[0], in.channel[1], in.channel[2]},
                   .constants = &k, .constants_size = sizeof k);
    return (struct tri_value){1, {mask}};
}
#endif
