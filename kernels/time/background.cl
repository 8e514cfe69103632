/* background -- learns the still part of the scene as a running average and masks what differs from
 * it. The average moves by ((|difference| >> 8) * rate) >> 8, in 24 bits, with the rate in
 * 65536ths. */
#include "kernel.h"

/* Samples and the average have 24 bits, of which BACKGROUND_FRACTION are fraction bits. */
#define BACKGROUND_FRACTION (24 - BITS)

struct background {
    uint rate;      /* in 65536ths */
    uint threshold; /* in 24 bits, like samples */
};

PASS(background_widen, S, u32)
{
    PUT(U32(AT(0, 0)) << ALL(u32, BACKGROUND_FRACTION));
}

/* Inputs: this frame, and the average so far plus 1 (0: none yet). Output 1 is kept. */
#define BACKGROUND_LEARN(k) \
    const u32 sample = AT_INPUT(0, 0, 0), kept = AT_INPUT(1, 0, 0); \
    const u32 before = SELECT(kept == ALL(u32, 0), sample, kept - ALL(u32, 1)); \
    const u32 difference = ABS_DIFFERENCE(sample, before); \
    const u32 step = ((difference >> ALL(u32, 8)) * ALL(u32, (k)->rate)) >> ALL(u32, 8); \
    const u32 after = SELECT(sample > before, before + step, before - step); \
    PUT_OUTPUT(1, after + ALL(u32, 1));

PASS(background_mask, u32, u32)
{
    CONSTANT struct background *k = CONSTANTS(struct background);
    BACKGROUND_LEARN(k)
    PUT(SELECT(difference > ALL(u32, k->threshold), ALL(u32, MAXIMUM), ALL(u32, 0)));
}

PASS(background_average, u32, u32)
{
    BACKGROUND_LEARN(CONSTANTS(struct background))
    PUT((after + ALL(u32, (1u << BACKGROUND_FRACTION) / 2)) >> ALL(u32, BACKGROUND_FRACTION));
}

PASS(background_narrow, u32, S)
{
    PUT(TO_S(AT(0, 0)));
}

#ifdef HOST
KERNEL(background, tri_alpha_kept, "motion in front of a learnt background",
       "The background starts as the first frame and moves towards each frame by rate times the "
       "difference, in 24-bit fixed point. The mask is white where a sample differs from the "
       "background "
       "before this frame by more than threshold, and black elsewhere. Alpha is kept.",
       "background:rate=0.2:threshold=20",
       PARAM_FLOAT(rate, 0.05, 0, 1, "weight of a new frame in the background")
           PARAM_FLOAT(threshold, 30, 0, 255, "largest difference, out of 255, that is background")
               PARAM_CHOICE(output, 0, 2, "mask|background", "what to show"))
ALIASES(background, NO_ALIASES)

/* The second frame: a difference of 30 is still background. */
KNOWN(background, "background", PICTURE(4, 1, 1, 100, 131, 130, 69),
      PICTURE(4, 1, 1, 0, 255, 0, 255), PICTURE(4, 1, 1, 100, 100, 100, 100))

GRAPH_PLANE(background)
{
    const int bits = tri_graph_bits(graph);
    const double one = (double)(1 << (24 - bits)) * ((1 << bits) - 1) / 255;
    const struct background k = {(uint)(VALUE(rate) * 65536 + 0.5), (uint)(VALUE(threshold) * one)};
    const int wide = NODE(background_widen, .in = {in});
    const int before = tri_graph_state(graph, wide);
    const struct tri_node_spec spec = {
        .in = {wide, before}, .outputs = 2, .constants = &k, .constants_size = sizeof k};
    const struct tri_pass *pass =
        VALUE(output) == 0 ? &tri_pass_background_mask : &tri_pass_background_average;
    if (VALUE(output) == 0)
        tri_graph_monochrome(graph);
    const int out = tri_graph_add(graph, pass, &spec);
    tri_graph_feedback(graph, before, out + 1);
    return NODE(background_narrow, .in = {out});
}
#endif
