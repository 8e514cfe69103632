/* temporal_denoise -- removes noise from video: a small mean that keeps edges, then a running mean
 * over time that gives way to motion. Borders replicate the edge sample.
 *
 * Space: each of the eight neighbours pulls the sample towards itself by g * w(d) * d; d is their
 * difference, g is 1/8 (corners 1/16) and w(d) = max(0, 1 - d / limit). Time: w(d)^2 of the
 * difference from the previous result remains. 8 bits are computed as integers with 8 fraction
 * bits, 16 bits as floats. */
#include "kernel.h"

struct temporal_denoise {
    /* 8 bits. Space: `limit` applies to differences times `scale`; `unit` converts sums to 256ths.
     * Time: the limit is in 256ths; `stretch` and `norm` scale it to 32767. */
    ushort scale, limit;
    short unit;
    ushort past_limit, stretch, norm;
    /* 16 bits: 1 / limit. */
    float per_limit, per_past_limit;
};

#if BITS == 8
#define DENOISE_TYPE u16
#define DENOISE_PULL(dx, dy) \
    denoise_pull(I16(U16(AT(dx, dy))) - sample, ALL(u16, k->scale), ALL(u16, k->limit))

INLINE i16 denoise_pull(i16 difference, u16 scale, u16 limit)
{
    const u16 scaled = U16(ABS(difference)) * scale;
    return difference * I16(MAX(limit, scaled) - scaled);
}
#else
#define DENOISE_TYPE f32
#define DENOISE_PULL(dx, dy) denoise_pull(F32(AT(dx, dy)) - sample, ALL(f32, k->per_limit))

INLINE f32 denoise_pull(f32 difference, f32 per_limit)
{
    return difference * FLOAT_MAX(ALL(f32, 1.0f) - ABS(difference) * per_limit, ALL(f32, 0.0f));
}
#endif

PASS(temporal_denoise_widen, S, DENOISE_TYPE)
{
#if BITS == 8
    PUT(U16(AT(0, 0)) << ALL(u16, 8));
#else
    PUT(F32(AT(0, 0)));
#endif
}

PASS(temporal_denoise_space, S, DENOISE_TYPE)
{
    CONSTANT struct temporal_denoise *k = CONSTANTS(struct temporal_denoise);
#if BITS == 8
    const i16 sample = I16(U16(AT(0, 0)));
    const i16 corners =
        DENOISE_PULL(-1, -1) + DENOISE_PULL(1, -1) + DENOISE_PULL(-1, 1) + DENOISE_PULL(1, 1);
    const i16 sides =
        DENOISE_PULL(0, -1) + DENOISE_PULL(-1, 0) + DENOISE_PULL(1, 0) + DENOISE_PULL(0, 1);
    const i16 sum = corners + sides + sides;
    PUT((U16(sample) << ALL(u16, 8)) + U16(MUL_HIGH_SIGNED(sum, ALL(i16, k->unit))));
#else
    const f32 sample = F32(AT(0, 0));
    const f32 corners =
        DENOISE_PULL(-1, -1) + DENOISE_PULL(1, -1) + DENOISE_PULL(-1, 1) + DENOISE_PULL(1, 1);
    const f32 sides =
        DENOISE_PULL(0, -1) + DENOISE_PULL(-1, 0) + DENOISE_PULL(1, 0) + DENOISE_PULL(0, 1);
    PUT(sample + (corners + (sides + sides)) * ALL(f32, 0.0625f));
#endif
}

/* Inputs: this frame, and the previous result plus 1 (0: none yet). Outputs: the result, and the
 * result plus 1, to be kept. */
PASS(temporal_denoise_time, DENOISE_TYPE, DENOISE_TYPE)
{
    CONSTANT struct temporal_denoise *k = CONSTANTS(struct temporal_denoise);
    const DENOISE_TYPE now = AT_INPUT(0, 0, 0), kept = AT_INPUT(1, 0, 0),
                       one = ALL(DENOISE_TYPE, 1);
    const DENOISE_TYPE before = SELECT(kept == ALL(DENOISE_TYPE, 0), now, kept - one);
#if BITS == 8
    const u16 difference = ABS_DIFFERENCE(now, before), limit = ALL(u16, k->past_limit);
    const u16 below = (limit - MIN(difference, limit)) * ALL(u16, k->stretch);
    const u16 weight = MUL_HIGH(below, ALL(u16, k->norm)),
              square = MUL_HIGH(weight + weight, weight);
    const u16 previous = MUL_HIGH(square + square, difference);
    const u16 result = SELECT(now > before, now - previous, now + previous);
#else
    const f32 difference = before - now;
    const f32 weight =
        FLOAT_MAX(ALL(f32, 1.0f) - ABS(difference) * ALL(f32, k->per_past_limit), ALL(f32, 0.0f));
    const f32 result = now + difference * (weight * weight);
#endif
    PUT_OUTPUT(0, result);
    PUT_OUTPUT(1, result + one);
}

PASS(temporal_denoise_narrow, DENOISE_TYPE, S)
{
#if BITS == 8
    PUT(U8((AT(0, 0) + ALL(u16, 128)) >> ALL(u16, 8)));
#else
    PUT(S_FROM_F32(AT(0, 0)));
#endif
}

#ifdef HOST
KERNEL(
    temporal_denoise, tri_alpha_kept, "noise removal for video: keeps edges and motion",
    "A mean of the 3x3 window in which neighbours weigh less the more they differ, then a running "
    "mean "
    "over time in which the past does the same. Both have a quarter of their weight at the given "
    "difference; 0 skips the step. Borders replicate the edge sample. Alpha is kept.",
    "temporal_denoise:spatial=6:temporal=10",
    PARAM_FLOAT(spatial, 4, 0, 40,
                "difference, out of 255, at which a neighbour has a quarter of its weight")
        PARAM_FLOAT(temporal, 6, 0, 127,
                    "difference, out of 255, at which the past has a quarter of its weight"))
ALIASES(temporal_denoise, ALIAS("denoise|hqdn3d|atadenoise", "temporal_denoise"))

/* The past is flat: (1 - 3 / 12)^2 of a difference of 3 remains, and nothing of one of 12. */
KNOWN(temporal_denoise, "temporal_denoise:spatial=0", PICTURE(4, 1, 1, 13, 10, 22, 7),
      PICTURE(4, 1, 1, 11, 10, 22, 9), PICTURE(4, 1, 1, 10, 10, 10, 10))

static struct temporal_denoise temporal_denoise_of(double spatial, double temporal, int bits)
{
    struct temporal_denoise k = {.scale = 1};
    /* 1 - 3 / 4 and (1 - 1 / 2)^2 are a quarter. */
    const double limit = spatial * 4 / 3, past_limit = temporal * 2;
    const double level = bits == 8 ? 1 : 257;
    k.per_limit = limit == 0 ? 0 : (float)(1 / (limit * level));
    k.per_past_limit = past_limit == 0 ? 0 : (float)(1 / (past_limit * level));
    /* 12 times the largest pull, limit / 2 * scale * limit / 2, fits 16 bits; so do scaled
     * differences. */
    while (k.scale < 256 && 12 * limit * limit / 4 * (k.scale * 2 + 1) < 32767)
        k.scale = (ushort)(k.scale * 2);
    k.limit = (ushort)(limit * k.scale + 0.5);
    /* With a limit of 1 or less no neighbour pulls. */
    k.unit = (short)(k.limit <= k.scale ? 0 : 16 * 65536.0 / k.limit + 0.5);
    k.past_limit = (ushort)(past_limit * 256);
    k.stretch = 1;
    while (k.past_limit != 0 && k.past_limit * k.stretch < 32768)
        k.stretch = (ushort)(k.stretch * 2);
    k.norm = (ushort)(k.past_limit == 0 ? 0 : 32767 * 65536.0 / (k.past_limit * k.stretch));
    return k;
}

GRAPH_PLANE(temporal_denoise)
{
    const double spatial = VALUE(spatial), temporal = VALUE(temporal);
    const struct temporal_denoise k = temporal_denoise_of(spatial, temporal, tri_graph_bits(graph));
    int frame;
    if (spatial == 0)
        frame = NODE(temporal_denoise_widen, .in = {in});
    else
        frame = NODE(temporal_denoise_space, .in = {in}, .low = -1, .high = 1, .reach = 1,
                     .constants = &k, .constants_size = sizeof k);
    if (temporal != 0) {
        const int before = tri_graph_state(graph, frame);
        frame = NODE(temporal_denoise_time, .in = {frame, before}, .outputs = 2, .constants = &k,
                     .constants_size = sizeof k);
        tri_graph_feedback(graph, before, frame + 1);
    }
    return NODE(temporal_denoise_narrow, .in = {frame});
}
#endif
