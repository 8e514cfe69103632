/* trails -- light leaves trails: each sample is the highest so far, which decays from frame to
 * frame. */
#include "kernel.h"

/* The trail has 8 fraction bits, in 16 bits for samples of 8. */
#if BITS == 8
#define TRAIL u16
#define TRAIL_OF U16
#else
#define TRAIL u32
#define TRAIL_OF U32
#endif

struct trails {
    uint decay; /* in 65536ths, at most 65535 */
    uint hold;  /* all ones: it does not decay; else 0 */
};

/* Inputs: this frame, and the trail so far, 0 before the first. Outputs: the result, and the trail,
 * to be kept. */
PASS(trails_start, S, TRAIL)
{
    PUT(TRAIL_OF(AT(0, 0)) << ALL(TRAIL, 8));
}

PASS(trails_decay, TRAIL, TRAIL)
{
    CONSTANT struct trails *k = CONSTANTS(struct trails);
    const TRAIL now = AT_INPUT(0, 0, 0), kept = AT_INPUT(1, 0, 0);
#if BITS == 8
    const u16 decayed = MUL_HIGH(kept, ALL(u16, k->decay));
#else
    const u32 decayed = ((kept >> ALL(u32, 8)) * ALL(u32, k->decay)) >> ALL(u32, 8);
#endif
    const TRAIL trail = MAX(now, MAX(decayed, kept & ALL(TRAIL, k->hold)));
    PUT_OUTPUT(0, trail);
    PUT_OUTPUT(1, trail);
}

PASS(trails_end, TRAIL, S)
{
    PUT(TO_S((AT(0, 0) + ALL(TRAIL, 128)) >> ALL(TRAIL, 8)));
}

#ifdef HOST
KERNEL(
    trails, tri_alpha_kept, "bright things leave trails that fade",
    "Each sample is the higher of that of the frame and of the trail, which is the result of the "
    "frame before times decay. The trail has 8 fraction bits and is rounded down, so it ends; "
    "decay is rounded to 65536ths, and 1 keeps the highest sample of all frames. The result is "
    "rounded half up. Alpha is kept.",
    "trails:decay=0.9",
    PARAM_FLOAT(decay, 0.95, 0, 1, "part of the trail that is left in the next frame"))
ALIASES(trails, ALIAS("lagfun|lightpainting", "trails"))

/* 200 * 0.95 is 190, and 101 * 0.95 is 95.95, which rounds to 96. */
KNOWN(trails, "trails", PICTURE(4, 1, 1, 10, 195, 0, 0), PICTURE(4, 1, 1, 190, 195, 96, 0),
      PICTURE(4, 1, 1, 200, 200, 101, 0))

GRAPH_PLANE(trails)
{
    const uint decay = (uint)(VALUE(decay) * 65536 + 0.5);
    const struct trails k = {decay < 65536 ? decay : 65535, decay < 65536 ? 0
                                                            : tri_graph_bits(graph) == 8
                                                                ? 0xffff
                                                                : 0xffffffff};
    tri_graph_needs_rgb(graph); /* the highest of chroma is another colour */
    const int now = NODE(trails_start, .in = {in});
    const int before = tri_graph_state(graph, now);
    const int out = NODE(trails_decay, .in = {now, before}, .outputs = 2, .constants = &k,
                         .constants_size = sizeof k);
    tri_graph_feedback(graph, before, out + 1);
    return NODE(trails_end, .in = {out});
}
#endif
