/* average -- mean of each sample over the last frames; the first frame stands in for earlier ones.
 */
#include "kernel.h"

struct average {
    int frames;
    uint rounding;
    ushort multiplier,
        shift; /* divide 16-bit sums: floor(n / frames) is n * multiplier >> 16 >> shift */
    struct tri_divisor divisor;
};

/* A sum of 8-bit samples fits in 16 bits, the fastest lanes to divide. */
#if BITS == 8
#define AVERAGE_OF(sum, k) \
    TO_S(MUL_HIGH((sum) + ALL(u16, (k)->rounding), ALL(u16, (k)->multiplier)) >> \
         ALL(u16, (k)->shift))
#else
#define AVERAGE_OF(sum, k) TO_S(DIVIDE((sum) + ALL(u32, (k)->rounding), (k)->divisor))
#endif

/* Inputs: one frame each, up to 8. */
PASS(average_few, S, S)
{
    CONSTANT struct average *k = CONSTANTS(struct average);
    WIDE sum = TO_WIDE(AT_INPUT(0, 0, 0)) + TO_WIDE(AT_INPUT(1, 0, 0));
    UNROLL
    for (int i = 2; i < k->frames; i++)
        sum += TO_WIDE(AT_INPUT(i, 0, 0));
    PUT(AVERAGE_OF(sum, k));
}

/* More frames: a sum carried from frame to frame. It starts at zero; the first frame is added once
 * for each frame that it stands in for, and nothing is subtracted then. */
struct average_change {
    ushort entering, leaving;
};

PASS(average_change, S, WIDE)
{
    CONSTANT struct average_change *k = CONSTANTS(struct average_change);
    const WIDE entering = TO_WIDE(AT_INPUT(0, 0, 0)), leaving = TO_WIDE(AT_INPUT(1, 0, 0));
    PUT(entering * ALL(WIDE, k->entering) - leaving * ALL(WIDE, k->leaving));
}

/* Outputs the sum twice: for the passes that follow, and to be kept. */
PASS(average_sum, WIDE, WIDE)
{
    const WIDE sum = AT_INPUT(0, 0, 0) + AT_INPUT(1, 0, 0);
    PUT_OUTPUT(0, sum);
    PUT_OUTPUT(1, sum);
}

PASS(average_mean, WIDE, S)
{
    PUT(AVERAGE_OF(AT(0, 0), CONSTANTS(struct average)));
}

#ifdef HOST
KERNEL(average, tri_alpha_kept, "mean of the last frames: less noise, moving things blur",
       "The exact mean of the last frames, sample by sample, rounded half up. The first frame "
       "stands in "
       "for earlier ones. Alpha is that of the current frame.",
       "average:frames=5", PARAM_INT(frames, 3, 1, 32, "number of frames"))
ALIASES(average, ALIAS("tmix", "average:frames=3"))

/* The frame before counts twice, since it is the first: (2 * 10 + 13) / 3, (2 * 255 + 0) / 3, (0 +
 * 1) / 3, (2 * 2 + 1) / 3. */
KNOWN(average, "average", PICTURE(4, 1, 1, 13, 0, 1, 1), PICTURE(4, 1, 1, 11, 170, 0, 2),
      PICTURE(4, 1, 1, 10, 255, 0, 2))

/* Exact for up to 127 frames: the multiplier is less than 1 too large, so the quotient is less than
 * 1 / frames too large. */
static struct average average_of(int frames)
{
    struct average k = {.frames = frames, .rounding = (uint)frames / 2};
    k.divisor = tri_divisor_make((uint32_t)frames);
    while (2 << k.shift < frames)
        k.shift++;
    k.multiplier = (ushort)(((65536u << k.shift) + (uint)frames - 1) / (uint)frames);
    return k;
}

static void average_frame(long number, const struct tri_operation *operation, void *constants)
{
    const struct average_change first = {(ushort)tri_operation_value(operation, "frames"), 0},
                                later = {1, 1};
    *(struct average_change *)constants = number == 0 ? first : later;
}

static int average_many(struct tri_graph *graph, int in, const struct average *k)
{
    const struct average_change change = {1, 1};
    const int leaving = tri_graph_previous(graph, in, k->frames);
    const int difference = NODE(average_change, .in = {in, leaving}, .constants = &change,
                                .constants_size = sizeof change, .frame = average_frame);
    const int before = tri_graph_state(graph, difference);
    const int sum = NODE(average_sum, .in = {difference, before}, .outputs = 2);
    tri_graph_feedback(graph, before, sum + 1);
    return NODE(average_mean, .in = {sum}, .constants = k, .constants_size = sizeof *k);
}

GRAPH_PLANE(average)
{
    const struct average k = average_of((int)VALUE(frames));
    struct tri_node_spec spec = {
        .in = {in}, .constants = &k, .constants_size = sizeof k, .specialize = true};
    if (k.frames == 1)
        return in;
    if (k.frames > TRI_INPUTS)
        return average_many(graph, in, &k);
    for (int i = 1; i < k.frames; i++)
        spec.in[i] = tri_graph_previous(graph, in, i);
    return tri_graph_add(graph, &tri_pass_average_few, &spec);
}
#endif
