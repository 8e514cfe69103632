/* blend -- blends the previous frame over the current one. */
#include "kernel.h"

/* The weights sum to 16384 at 8 bits, so that products can be added in pairs, and to 65536 at 16.
 */
struct blend {
    uint below, above;
};

/* `a` is this frame's sample, `b` the previous frame's, `mixed` the mode's result. BLEND_PRODUCT
 * holds the product of two samples. */
#if BITS == 8
#define BLEND_MIX(a, mixed) \
    U8(ACC_NARROW(ACC_ADD_PAIR(ACC_ZERO(), I16(a), I16(mixed), (short)k->below, (short)k->above), \
                  14))
#define BLEND_PRODUCT u16
#else
#define BLEND_MIX(a, mixed) \
    U16((U32(a) * ALL(u32, k->below) + U32(mixed) * ALL(u32, k->above) + ALL(u32, 32768)) >> \
        ALL(u32, 16))
#define BLEND_PRODUCT u32
#endif

/* a * b / MAXIMUM, rounded: exact for all pairs, as in alpha_multiply. */
INLINE S blend_product(S a, S b)
{
    const BLEND_PRODUCT rounding = ALL(BLEND_PRODUCT, 1u << (BITS - 1)),
                        bits = ALL(BLEND_PRODUCT, BITS);
    const BLEND_PRODUCT product = TO_WIDE(a) * TO_WIDE(b) + rounding;
    return TO_S((product + (product >> bits)) >> bits);
}

#define BLEND(name, mixed) \
    PASS(name, S, S) \
    { \
        CONSTANT struct blend *k = CONSTANTS(struct blend); \
        const S a = AT_INPUT(0, 0, 0), b = AT_INPUT(1, 0, 0); \
        PUT(BLEND_MIX(a, mixed)); \
    }

BLEND(blend_normal, b)
BLEND(blend_add, TO_S(MIN(TO_WIDE(a) + TO_WIDE(b), ALL(WIDE, MAXIMUM))))
BLEND(blend_multiply, blend_product(a, b))
BLEND(blend_screen, TO_S(TO_WIDE(a) + TO_WIDE(b) - TO_WIDE(blend_product(a, b))))
BLEND(blend_darken, MIN(a, b))
BLEND(blend_lighten, MAX(a, b))
BLEND(blend_difference, ABS_DIFFERENCE(a, b))

#ifdef HOST
KERNEL(
    blend, tri_alpha_kept, "blend the previous frame over the current one",
    "The mode combines each sample with that of the previous frame; opacity is the weight of the "
    "result "
    "in a mix with the sample. normal: the previous frame; add: the sum, clamped to the maximum; "
    "multiply: the product, as a fraction of the maximum; screen: the same on inverted samples, "
    "inverted "
    "again; darken and lighten: the lower and the higher; difference: the absolute difference. "
    "Opacity "
    "is rounded to 16384ths (8 bits) or 65536ths (16 bits), samples are rounded half up. The first "
    "frame "
    "is blended with itself. Alpha is that of the current frame.",
    "blend:mode=screen:opacity=0.8",
    PARAM_FLOAT(opacity, 0.5, 0, 1, "weight of the mode's result")
        PARAM_CHOICE(mode, 0, 7, "normal|add|multiply|screen|darken|lighten|difference",
                     "how to combine two samples"))
ALIASES(blend, ALIAS("mix|merge", "blend"))

/* Screen: 100 + 50 - 100 * 50 / 255 = 130.4; a quarter of the way there from 50 is 70. */
KNOWN(blend, "blend:mode=screen:opacity=0.25", PICTURE(3, 1, 1, 50, 0, 255),
      PICTURE(3, 1, 1, 70, 25, 255), PICTURE(3, 1, 1, 100, 100, 100))

GRAPH_PLANE(blend)
{
    static const struct tri_pass *const modes[] = {
        &tri_pass_blend_normal,    &tri_pass_blend_add,    &tri_pass_blend_multiply,
        &tri_pass_blend_screen,    &tri_pass_blend_darken, &tri_pass_blend_lighten,
        &tri_pass_blend_difference};
    const uint whole = tri_graph_bits(graph) == 8 ? 16384 : 65536;
    const uint above = (uint)(VALUE(opacity) * whole + 0.5);
    const struct blend k = {whole - above, above};
    const struct tri_node_spec spec = {
        .in = {in, tri_graph_previous(graph, in, 1)}, .constants = &k, .constants_size = sizeof k};
    if (VALUE(mode) > 0) /* normal is a mean, which is right in any colour space */
        tri_graph_needs_rgb(graph);
    return tri_graph_add(graph, modes[(int)VALUE(mode)], &spec);
}
#endif
