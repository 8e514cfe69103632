/* composite -- puts the second picture over the first: Porter and Duff's operators and the blend
 * modes of W3C's Compositing and Blending Level 1, in integers. */
#include "kernel.h"

/* Operators in one form: each picture's share is its alpha times a factor, which is 0, the maximum,
 * the other's alpha or what it lacks of the maximum. */
struct composite {
    uint opacity;           /* 0 to the maximum */
    uint and_over, or_over; /* factor of the second: (alpha of the first & and) ^ or */
    uint and_under, or_under;
};

INLINE S composite_rest(S a)
{
    return ALL(S, MAXIMUM) - a;
}

INLINE S composite_product(S a, S b)
{
    return divide_maximum(TO_WIDE(a) * TO_WIDE(b));
}

/* share of `a`, the rest of `b` */
INLINE S composite_mix(S share, S a, S b)
{
    return divide_maximum(TO_WIDE(share) * TO_WIDE(a) +
                          TO_WIDE(composite_rest(share)) * TO_WIDE(b));
}

/* ---- modes: `a` below, `b` above ---- */

INLINE S composite_screen(S a, S b)
{
    return composite_rest(composite_product(composite_rest(a), composite_rest(b)));
}

/* Twice b is at most the maximum, or twice b less the maximum is at least 1. */
INLINE S composite_hard_light(S a, S b)
{
    const S twice = b + b;
    return SELECT(b < ALL(S, MAXIMUM / 2 + 1), composite_product(a, twice),
                  composite_screen(a, twice + ALL(S, 1)));
}

/* a / (1 - b): where b is the maximum, all but 0 is beyond. */
INLINE S composite_dodge(S a, S b)
{
    const u32 rest = MAX(U32(composite_rest(b)), ALL(u32, 1)), part = MIN(U32(a), rest);
    return TO_S(divide_lanes(part * ALL(u32, MAXIMUM) + (rest >> ALL(u32, 1)), rest));
}

INLINE S composite_burn(S a, S b)
{
    return composite_rest(composite_dodge(composite_rest(a), composite_rest(b)));
}

/* 1 / MAXIMUM, rounded here rather than by a device's division. */
#if BITS == 8
#define COMPOSITE_PART 0x1.010102p-8f
#else
#define COMPOSITE_PART 0x1.0001p-16f
#endif

/* The curve towards which soft-light goes where b is light: the root, or below a quarter
 * ((16 a - 12) a + 4) a, in samples. */
INLINE f32 composite_curve(u32 a)
{
    const f32 part = F32(a) * ALL(f32, COMPOSITE_PART);
    const f32 dark = ((part * ALL(f32, 16.0f) - ALL(f32, 12.0f)) * part + ALL(f32, 4.0f)) * F32(a);
#if BITS == 8 /* 256ths of a sample */
    const f32 root = F32(round_sqrt(a * ALL(u32, MAXIMUM << 16))) * ALL(f32, 0.00390625f);
#else
    const f32 root = F32(round_sqrt(a * ALL(u32, MAXIMUM)));
#endif
    return SELECT(a * ALL(u32, 4) < ALL(u32, MAXIMUM + 1), dark, root);
}

INLINE S composite_soft_light(S a, S b)
{
    const f32 below = F32(U32(a)),
              above = F32(U32(b)) * ALL(f32, 2.0f * COMPOSITE_PART) - ALL(f32, 1.0f);
    const f32 darker = below * F32(U32(composite_rest(a))) * ALL(f32, COMPOSITE_PART);
    const f32 lighter = composite_curve(U32(a)) - below;
    return S_FROM_F32(below + above * SELECT(above > ALL(f32, 0.0f), lighter, darker));
}

/* All but normal, which is b. */
#define COMPOSITE_MODES(MODE) \
    MODE(multiply, composite_product(a, b)) \
    MODE(screen, composite_screen(a, b)) \
    MODE(overlay, composite_hard_light(b, a)) \
    MODE(darken, MIN(a, b)) \
    MODE(lighten, MAX(a, b)) \
    MODE(color_dodge, composite_dodge(a, b)) \
    MODE(color_burn, composite_burn(a, b)) \
    MODE(hard_light, composite_hard_light(a, b)) \
    MODE(soft_light, composite_soft_light(a, b)) \
    MODE(difference, ABS_DIFFERENCE(a, b)) \
    MODE(exclusion, divide_maximum(TO_WIDE(a) * TO_WIDE(composite_rest(b)) + \
                                   TO_WIDE(composite_rest(a)) * TO_WIDE(b)))

/* ---- over an opaque picture: inputs are a plane below, one above, and its alpha ---- */

#define COMPOSITE_OVER(name, mixed) \
    PASS(composite_over_##name, S, S) \
    { \
        const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0); \
        const S opacity = ALL(S, CONSTANTS(struct composite)->opacity); \
        PUT(composite_mix(composite_product(AT_INPUT(2, 0, 0), opacity), mixed, a)); \
    }
COMPOSITE_OVER(normal, b)
COMPOSITE_MODES(COMPOSITE_OVER)

/* ---- with alpha in both ---- */

/* What is above, where the picture below has alpha: inputs are planes below and above, and the
 * alpha below. */
#define COMPOSITE_MODE(name, mixed) \
    PASS(composite_mode_##name, S, S) \
    { \
        const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0); \
        PUT(composite_mix(AT_INPUT(2, 0, 0), mixed, b)); \
    }
COMPOSITE_MODES(COMPOSITE_MODE)

PASS(composite_opaque, S, S)
{
    PUT(AT(0, 0) | ALL(S, MAXIMUM));
}

/* Inputs: alpha below and above. Outputs: the shares of below and above, and their sum. */
PASS(composite_shares, S, S)
{
    CONSTANT struct composite *k = CONSTANTS(struct composite);
    const S under = AT_INPUT(0, 0, 0);
    const S over = composite_product(AT_INPUT(1, 0, 0), ALL(S, k->opacity));
    const S share_over =
        composite_product(over, (under & ALL(S, k->and_over)) ^ ALL(S, k->or_over));
    const S share_under =
        composite_product(under, (over & ALL(S, k->and_under)) ^ ALL(S, k->or_under));
    PUT_OUTPUT(0, share_under);
    PUT_OUTPUT(1, share_over);
    PUT_OUTPUT(2, share_under + MIN(share_over, composite_rest(share_under)));
}

/* Inputs: below, above, their shares, and the sum. Only the operator plus has shares that sum to
 * more than the maximum. */
PASS(composite_colour, S, S)
{
    const u32 alpha = U32(AT_INPUT(4, 0, 0)), divisor = MAX(alpha, ALL(u32, 1));
    const u32 most = alpha * ALL(u32, MAXIMUM);
    const u32 below = MIN(U32(AT_INPUT(0, 0, 0)) * U32(AT_INPUT(2, 0, 0)), most);
    const u32 above = MIN(U32(AT_INPUT(1, 0, 0)) * U32(AT_INPUT(3, 0, 0)), most - below);
    PUT(TO_S(divide_lanes(below + above + (alpha >> ALL(u32, 1)), divisor)));
}

#ifdef HOST
KERNEL(composite, tri_alpha_plain, "second picture over the first",
       "Puts the second picture, of any size, at (x, y) from the side or corner that gravity names "
       "(with negative numbers beyond it), and clips it. The mode makes a colour of both where "
       "both are opaque; the operator decides whose shapes stay: over keeps both, in and out the "
       "second inside or outside the first, atop the second inside the first over it, xor what "
       "lies in one of them, the dest_ operators the same with the pictures exchanged, and plus "
       "adds. Modes and operators are those of W3C's Compositing and Blending Level 1, on the "
       "samples as they are. Opacity multiplies the second picture's alpha. Each mode, product, "
       "mix and quotient is rounded to nearest; hidden pixels become 0. A first picture "
       "without alpha gets one if the operator can clear it.",
       "composite:x=10:y=10:gravity=southeast:opacity=0.6",
       PARAM_INT(x, 0, -1000000, 1000000, "pixels from gravity's side, or right of the centre")
           PARAM_INT(y, 0, -1000000, 1000000, "pixels from gravity's side, or below the centre")
               PARAM_CHOICE(gravity, 0, 9,
                            "northwest|north|northeast|west|center|east|southwest|south|southeast",
                            "side or corner from which x and y count")
                   PARAM_CHOICE(operator, 0, 10,
                                "over|in|out|atop|xor|plus|dest_over|dest_in|dest_out|dest_atop",
                                "whose shapes stay")
                       PARAM_CHOICE(mode, 0, 12,
                                    "normal|multiply|screen|overlay|darken|lighten|color-dodge|"
                                    "color-burn|hard-light|soft-light|difference|exclusion",
                                    "how colours combine")
                           PARAM_FLOAT(opacity, 1, 0, 1, "of the second picture"))
ALIASES(composite, ALIAS("overlay|over|watermark|alphablend|compositing", "composite")
                       ALIAS("softlight", "composite:mode=soft-light")
                           ALIAS("hardlight", "composite:mode=hard-light"))

/* Half of 200 over 100 is 150 (128 / 255: 150.2); outside the second picture nothing changes. */
KNOWN(composite, "composite:x=1:opacity=0.5", PICTURE(3, 1, 1, 50, 100, 255),
      PICTURE(3, 1, 1, 50, 150, 255), .with = PICTURE(2, 1, 2, 200, 255, 255, 255))

#define OVER_PASS(name, mixed) &tri_pass_composite_over_##name,
#define MODE_PASS(name, mixed) &tri_pass_composite_mode_##name,

static struct composite composite_of(const struct tri_graph *graph)
{
    enum { NONE, ALL_OF_IT, INSIDE, OUTSIDE };
    static const uchar factors[10][2] = {
        /* second, first */
        {ALL_OF_IT, OUTSIDE}, {INSIDE, NONE},         {OUTSIDE, NONE},      {INSIDE, OUTSIDE},
        {OUTSIDE, OUTSIDE},   {ALL_OF_IT, ALL_OF_IT}, {OUTSIDE, ALL_OF_IT}, {NONE, INSIDE},
        {NONE, OUTSIDE},      {OUTSIDE, INSIDE}};
    const uchar *of = factors[(int)VALUE(operator)];
    const uint maximum = (1u << tri_graph_bits(graph)) - 1;
    return (struct composite){(uint)(VALUE(opacity) * maximum + 0.5), of[0] >= INSIDE ? maximum : 0,
                              of[0] % 2 == 1 ? maximum : 0, of[1] >= INSIDE ? maximum : 0,
                              of[1] % 2 == 1 ? maximum : 0};
}

/* The place of `size` pixels in `room`: `side` 0, 1 or 2 for its start, middle or end. */
static int composite_place(int side, int room, int size, int offset)
{
    const int middle = room - size;
    return side == 0   ? offset
           : side == 2 ? room - size - offset
                       : (middle - (middle < 0 ? 1 : 0)) / 2 + offset;
}

static struct tri_value composite_second(struct tri_graph *graph, const struct tri_value *in)
{
    const int gravity = (int)VALUE(gravity);
    return tri_graph_with(graph, in,
                          composite_place(gravity % 3, tri_graph_width(graph, in->channel[0]),
                                          tri_graph_with_width(graph, in), (int)VALUE(x)),
                          composite_place(gravity / 3, tri_graph_height(graph, in->channel[0]),
                                          tri_graph_with_height(graph, in), (int)VALUE(y)));
}

/* With alpha in both: the mode's colour counts as far as the picture below is opaque. */
static struct tri_value composite_shapes(struct tri_graph *graph, struct tri_value in,
                                         struct tri_value with, const struct composite *k)
{
    static const struct tri_pass *const modes[] = {COMPOSITE_MODES(MODE_PASS)};
    const int mode = (int)VALUE(mode), colours = with.planes - 1;
    const int alpha =
        in.planes > colours ? in.channel[colours] : NODE(composite_opaque, .in = {in.channel[0]});
    const int shares = NODE(composite_shares, .in = {alpha, with.channel[colours]}, .outputs = 3,
                            .constants = k, .constants_size = sizeof *k);
    for (int p = 0; p < colours; p++) {
        const struct tri_node_spec spec = {.in = {in.channel[p], with.channel[p], alpha}};
        const int above =
            mode == 0 ? with.channel[p] : tri_graph_add(graph, modes[mode - 1], &spec);
        in.channel[p] =
            NODE(composite_colour, .in = {in.channel[p], above, shares, shares + 1, shares + 2});
    }
    in.channel[colours] = shares + 2;
    in.planes = colours + 1;
    return in;
}

GRAPH(composite)
{
    static const struct tri_pass *const over[] = {OVER_PASS(normal, b) COMPOSITE_MODES(OVER_PASS)};
    const struct composite k = composite_of(graph);
    const struct tri_value with = composite_second(graph, &in);
    const int mode = (int)VALUE(mode), shapes = (int)VALUE(operator), colours = with.planes - 1;
    const bool stays_opaque = in.planes == colours && (shapes == 0 || shapes == 3); /* over, atop */
    for (int p = 0; p < colours && stays_opaque; p++) {
        const struct tri_node_spec spec = {
            .in = {in.channel[p], with.channel[p], with.channel[colours]},
            .constants = &k,
            .constants_size = sizeof k};
        in.channel[p] = tri_graph_add(graph, over[mode], &spec);
    }
    return stays_opaque ? in : composite_shapes(graph, in, with, &k);
}
#endif
