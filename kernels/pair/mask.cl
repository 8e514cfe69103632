/* mask -- shows the first picture where the second is white. */
#include "kernel.h"

struct mask {
    uint colour, flip; /* in one plane; flip: the maximum where the mask counts inverted */
};

/* Inputs: the mask, then alpha if the picture has one. */
PASS(mask_alpha, S, S)
{
    PUT(AT(0, 0) ^ ALL(S, CONSTANTS(struct mask)->flip));
}

PASS(mask_alphas, S, S)
{
    const S mask = AT_INPUT(0, 0, 0) ^ ALL(S, CONSTANTS(struct mask)->flip);
    PUT(divide_maximum(TO_WIDE(mask) * TO_WIDE(AT_INPUT(1, 0, 0))));
}

/* Inputs: the mask, then a colour. */
PASS(mask_colour, S, S)
{
    CONSTANT struct mask *k = CONSTANTS(struct mask);
    const S mask = AT_INPUT(0, 0, 0) ^ ALL(S, k->flip);
    PUT(divide_maximum(TO_WIDE(AT_INPUT(1, 0, 0)) * TO_WIDE(mask) +
                       ALL(WIDE, k->colour) * TO_WIDE(ALL(S, MAXIMUM) - mask)));
}

#ifdef HOST
KERNEL(mask, tri_alpha_plain, "second picture as mask of the first",
       "White samples of the second picture keep the first, black ones hide it, gray ones do both "
       "in part. It counts as gray (from=gray), or its alpha does (from=alpha). to=alpha: alpha is "
       "multiplied by it, or becomes it where the first picture has none. to=colour: it mixes the "
       "samples with the colour red, green, blue, as fractions of the maximum (gray pictures: "
       "with green), and alpha is kept. Results are rounded to nearest. Both have one size.",
       "mask:to=colour:red=1:green=1:blue=1",
       PARAM_CHOICE(to, 0, 2, "alpha|colour", "what the mask sets")
           PARAM_CHOICE(from, 0, 2, "gray|alpha", "what of the second picture is the mask")
               PARAM_CHOICE(invert, 0, 2, "no|yes", "whether white hides instead of black")
                   PARAM_FLOAT(red, 0, 0, 1, "red where it hides")
                       PARAM_FLOAT(green, 0, 0, 1, "green where it hides")
                           PARAM_FLOAT(blue, 0, 0, 1, "blue where it hides"))
ALIASES(mask, ALIAS("copyopacity|alphamerge|putalpha|joinchannel", "mask")
                  ALIAS("maskedmerge", "mask:to=colour"))

/* 200 * 51 / 255 = 40; 100 * 128 / 255 = 50.2. */
KNOWN(mask, "mask:to=colour", PICTURE(3, 1, 1, 200, 100, 7), PICTURE(3, 1, 1, 40, 50, 7),
      .with = PICTURE(3, 1, 1, 51, 128, 255))

GRAPH(mask)
{
    const int last = in.planes - 1, colours = in.planes > 2 ? 3 : 1;
    const double maximum = (1 << tri_graph_bits(graph)) - 1;
    const double colour[3] = {VALUE(red), VALUE(green), VALUE(blue)};
    const struct tri_value gray = {1, {in.channel[0]}};
    const struct tri_value with = tri_graph_with_equal(graph, &gray);
    const int mask = with.channel[(int)VALUE(from)];
    struct mask k = {0, VALUE(invert) > 0 ? (uint)maximum : 0};
    if (VALUE(to) > 0) {
        for (int p = 0; p < colours; p++) {
            k.colour = (uint)(colour[colours == 1 ? 1 : p] * maximum + 0.5);
            in.channel[p] = NODE(mask_colour, .in = {mask, in.channel[p]}, .constants = &k,
                                 .constants_size = sizeof k);
        }
    } else if (in.planes == colours) {
        in.channel[in.planes++] =
            NODE(mask_alpha, .in = {mask}, .constants = &k, .constants_size = sizeof k);
    } else {
        in.channel[last] = NODE(mask_alphas, .in = {mask, in.channel[last]}, .constants = &k,
                                .constants_size = sizeof k);
    }
    return in;
}
#endif
